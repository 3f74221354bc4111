package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/vault"
)

// MemberInfo is one live member of an organisation.
type MemberInfo struct {
	MembershipID int64
	AccountID    int64
	DisplayName  string
	LoginName    string
	Email        string
	Phone        string
	TwoFactor    bool
	Roles        []actor.Role
	CreatedAt    time.Time
}

// Invitation lets one person join an organisation.
type Invitation struct {
	ID               int64
	OrganisationID   int64
	OrganisationName string
	Email            string
	Roles            []actor.Role
	InvitedBy        string // display name
	Inviter          int64  // account
	CreatedAt        time.Time
	ExpiresAt        time.Time
	AcceptedAt       *time.Time
	RevokedAt        *time.Time
}

// Open reports whether the invitation can still be accepted.
func (i Invitation) Open(now time.Time) bool {
	return i.AcceptedAt == nil && i.RevokedAt == nil && now.Before(i.ExpiresAt)
}

// checkRoles: what the actor may not give, the actor may not take away either, so roles already held stay allowed.
// A system administrator touches no business data and therefore holds no other role (三员分立, docs/rules/security.md §2).
func checkRoles(who actor.Actor, org Organisation, held, roles []actor.Role) error {
	var f fault.Fields
	f.Check(len(roles) > 0, "roles", "required", "请至少选择一个角色")
	may := Grantable(who, org)
	for _, r := range roles {
		f.Checkf(slices.Contains(may, r) || slices.Contains(held, r), "roles", "not_grantable", "角色“%s”不能由您在本单位授予，请联系自治区管理员", string(r))
	}
	for _, r := range held {
		f.Checkf(slices.Contains(roles, r) || slices.Contains(may, r), "roles", "not_grantable", "角色“%s”只能由自治区管理员收回", string(r))
	}
	f.Check(!slices.Contains(roles, actor.SystemAdmin) || len(roles) == 1, "roles", "exclusive", "系统管理员不能同时担任其他角色")
	return f.Err()
}

// mayManage: the organisation's own admin, or a region officer for any organisation.
func mayManage(who actor.Actor, orgID int64) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case who.Has(actor.RegionOfficer), who.In(orgID) && who.Has(actor.OrgAdmin):
		return nil
	}
	return errNotAdmin
}

// Members lists the live members of an organisation. Its members and officers whose area covers it may call; contacts are
// masked but for the own and before the organisation's administrator.
// Faults: not found; forbidden.
func (s *Service) Members(ctx context.Context, who actor.Actor, orgID int64) ([]MemberInfo, error) {
	org, err := s.Organisation(ctx, orgID)
	if err != nil {
		return nil, err
	}
	if !who.In(orgID) && !who.Covers(org.Division) {
		return nil, errNoOrganisation
	}
	rows, _ := s.config.DB.Query(ctx, membersOf, pgx.StrictNamedArgs{"organisation_id": orgID})
	ms, err := pgx.CollectRows(rows, pgx.RowToStructByName[MemberInfo])
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	for i, m := range ms {
		if err := s.openContact(&m.Email, &m.Phone); err != nil {
			return nil, err
		}
		ms[i].Email, ms[i].Phone = m.Email, m.Phone
		if m.AccountID != who.AccountID && !(who.In(orgID) && who.Has(actor.OrgAdmin)) {
			ms[i].Email, ms[i].Phone = codes.MaskEmail(m.Email), codes.MaskPhone(m.Phone)
		}
	}
	return ms, nil
}

// SetRoles replaces the roles of a member. The organisation's admin or a region officer may call.
// Faults: not found "membership"; forbidden; invalid roles; conflict "last_admin".
func (s *Service) SetRoles(ctx context.Context, who actor.Actor, membershipID int64, roles []actor.Role) error {
	return s.changeMember(ctx, who, membershipID, roles)
}

// EndMembership takes a member out of the organisation: the person's sessions that act for it and its tokens end.
// Who may call and faults as SetRoles; a member may also leave alone.
func (s *Service) EndMembership(ctx context.Context, who actor.Actor, membershipID int64) error {
	return s.changeMember(ctx, who, membershipID, nil)
}

// changeMember sets the roles, or ends the membership where roles is nil.
func (s *Service) changeMember(ctx context.Context, who actor.Actor, membershipID int64, roles []actor.Role) error {
	var accountID int64
	var ended []string
	err := s.inTx(ctx, "change member", func(tx pgx.Tx) error {
		m, err := s.membership(ctx, tx, membershipID)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, "membership", "没有找到这个成员")
		}
		if err != nil {
			return err
		}
		accountID = m.AccountID
		leaving := roles == nil && who.SignedIn() && m.AccountID == who.AccountID
		if err := mayManage(who, m.OrganisationID); err != nil && !leaving {
			if who.SignedIn() && !who.In(m.OrganisationID) {
				return fault.New(fault.NotFound, "membership", "没有找到这个成员")
			}
			return err
		}
		// The organisation's row is the lock of its set of members: two admins can't remove each other at once.
		org, err := s.lockOrganisation(ctx, tx, m.OrganisationID)
		if err != nil {
			return err
		}
		if m, err = s.membership(ctx, tx, membershipID); err != nil {
			return err
		}
		if roles != nil {
			slices.Sort(roles)
			roles = slices.Compact(roles)
			if err := checkRoles(who, org, m.Roles, roles); err != nil {
				return err
			}
			if m.AccountID == who.AccountID {
				if err := checkOwn(m.Roles, roles); err != nil {
					return err
				}
			}
		}
		if slices.Contains(m.Roles, actor.OrgAdmin) && !slices.Contains(roles, actor.OrgAdmin) {
			var admins int
			if err := tx.QueryRow(ctx, countAdmins, pgx.StrictNamedArgs{"organisation_id": org.ID}).Scan(&admins); err != nil {
				return err
			}
			if admins < 2 {
				return fault.New(fault.Conflict, "last_admin", "这是本单位最后一位管理员，请先指定另一位管理员")
			}
		}
		if roles != nil {
			if _, err := tx.Exec(ctx, updateRoles, pgx.StrictNamedArgs{"id": m.ID, "roles": roleTexts(roles)}); err != nil {
				return err
			}
			return s.record(ctx, tx, who, "membership.set_roles", "membership", m.ID, map[string]any{"roles": roles, "was": m.Roles})
		}
		for _, sql := range []string{endMembership, endMembershipTokens} {
			if _, err := tx.Exec(ctx, sql, pgx.StrictNamedArgs{"id": m.ID, "now": s.config.Now()}); err != nil {
				return err
			}
		}
		rows, _ := tx.Query(ctx, endMembershipSessions, pgx.StrictNamedArgs{"id": m.ID})
		if ended, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "membership.end", "membership", m.ID, map[string]any{"account": m.AccountID})
	})
	if err == nil {
		s.forget(ctx, ended...)
		s.forgetAccount(ctx, accountID)
	}
	return err
}

// Invite makes an invitation and mails it where a mailer is set. The organisation's admin or a region officer may call. The
// token is returned once, for the admin to pass on by hand. Faults: forbidden; not found; invalid email, roles.
func (s *Service) Invite(ctx context.Context, who actor.Actor, orgID int64, email string,
	roles []actor.Role) (inv Invitation, token string, err error) {
	if err := mayManage(who, orgID); err != nil {
		return Invitation{}, "", err
	}
	email = strings.TrimSpace(email)
	if len(email) > 200 || !plausibleEmail(email) {
		var f fault.Fields
		f.Add("email", "format", "请填写被邀请人的邮箱，例如 zhang@example.com")
		return Invitation{}, "", f.Err()
	}
	if token, err = s.secret(); err != nil {
		return Invitation{}, "", err
	}
	err = s.inTx(ctx, "invite", func(tx pgx.Tx) error {
		org, err := s.lockOrganisation(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if err := checkRoles(who, org, nil, roles); err != nil {
			return err
		}
		now := s.config.Now()
		inv = Invitation{OrganisationID: orgID, OrganisationName: org.Name, Email: email, Roles: roles, InvitedBy: who.Name,
			Inviter:   who.AccountID,
			CreatedAt: now,
			ExpiresAt: now.Add(s.config.Policy.InvitationLife)}
		sealed, err := s.contents().SealText(sealedInvited, email)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, insertInvitation, pgx.StrictNamedArgs{
			"organisation_id": orgID, "email": sealed, "roles": roleTexts(roles), "token_hash": vault.Digest(token), "invited_by": who.AccountID,
			"created_at": now, "expires_at": inv.ExpiresAt,
		}).Scan(&inv.ID); err != nil {
			return err
		}
		if s.config.Mail != nil {
			body := fmt.Sprintf("%s 邀请您加入“%s”。请在 %s 前打开下面的链接完成注册或登录：\n\n%s/invitations/%s\n\n如果您不认识对方，请忽略这封信。",
				plain(who.Name), plain(org.Name), clock.Local(inv.ExpiresAt).Format("2006年1月2日"), s.config.BaseURL, token)
			if err := s.send(ctx, tx, email, "邀请您加入科技大市场上的一个单位", body); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, "invitation.create", "invitation", inv.ID, map[string]any{"roles": roles})
	})
	return inv, token, err
}

// Invitations lists an organisation's invitations, newest first. Who may call: as Invite.
func (s *Service) Invitations(ctx context.Context, who actor.Actor, orgID int64) ([]Invitation, error) {
	if err := mayManage(who, orgID); err != nil {
		return nil, err
	}
	rows, _ := s.config.DB.Query(ctx, invitationsOf, pgx.StrictNamedArgs{"organisation_id": orgID})
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Invitation])
	if err != nil {
		return nil, fmt.Errorf("invitations: %w", err)
	}
	for i := range list {
		if err := s.contents().OpenText(sealedInvited, &list[i].Email); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// InvitationByToken shows an open invitation to the person who holds its token. Fault: not found "invitation".
func (s *Service) InvitationByToken(ctx context.Context, token string) (Invitation, error) {
	rows, _ := s.config.DB.Query(ctx, invitationByToken, pgx.StrictNamedArgs{"token_hash": vault.Digest(token)})
	inv, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Invitation])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Invitation{}, fmt.Errorf("invitation: %w", err)
	}
	if err != nil || !inv.Open(s.config.Now()) {
		return Invitation{}, errNoInvitation
	}
	return inv, s.contents().OpenText(sealedInvited, &inv.Email)
}

var errNoInvitation = fault.New(fault.NotFound, "invitation", "这份邀请不存在、已使用、已撤回或已过期，请向对方再要一份")

// AcceptInvitation makes the signed-in person a member. Faults: unauthorized; not found "invitation"; conflict "already_member".
func (s *Service) AcceptInvitation(ctx context.Context, who actor.Actor, token string) error {
	if !who.SignedIn() {
		return fault.SignIn()
	}
	return s.inTx(ctx, "accept invitation", func(tx pgx.Tx) error {
		inv, err := s.lockInvitation(ctx, tx, token)
		if err != nil {
			return err
		}
		if inv.Inviter == who.AccountID {
			if err := checkOwn(nil, inv.Roles); err != nil {
				return err
			}
		}
		return s.acceptInvitation(ctx, tx, who, inv)
	})
}

func (s *Service) acceptInvitation(ctx context.Context, tx pgx.Tx, who actor.Actor, inv Invitation) error {
	id, err := s.insertMembership(ctx, tx, who.AccountID, inv.OrganisationID, inv.Roles)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, acceptInvitation, pgx.StrictNamedArgs{"id": inv.ID, "now": s.config.Now()}); err != nil {
		return err
	}
	return s.record(ctx, tx, who, "invitation.accept", "invitation", inv.ID, map[string]any{"membership": id})
}

func (s *Service) lockInvitation(ctx context.Context, tx pgx.Tx, token string) (Invitation, error) {
	rows, _ := tx.Query(ctx, invitationByToken+" for update of i", pgx.StrictNamedArgs{"token_hash": vault.Digest(token)})
	inv, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Invitation])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Invitation{}, err
	}
	if err != nil || !inv.Open(s.config.Now()) {
		return Invitation{}, errNoInvitation
	}
	return inv, s.contents().OpenText(sealedInvited, &inv.Email)
}

// RevokeInvitation withdraws an open invitation. Who may call: as Invite. Fault: not found "invitation".
func (s *Service) RevokeInvitation(ctx context.Context, who actor.Actor, orgID, id int64) error {
	if err := mayManage(who, orgID); err != nil {
		return err
	}
	return s.inTx(ctx, "revoke invitation", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, revokeInvitation, pgx.StrictNamedArgs{"id": id, "organisation_id": orgID, "now": s.config.Now()})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "invitation", "这份邀请已使用或已撤回，请刷新页面")
		}
		return s.record(ctx, tx, who, "invitation.revoke", "invitation", id, nil)
	})
}

func roleTexts(roles []actor.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}
