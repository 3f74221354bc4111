package identity

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/vault"
)

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

const organisationColumns = `id, kind, name, credit_code, division, state, state_reason, profile, is_sample, version, created_at,
	confirmed_at`

const (
	organisationsByID  = `select ` + organisationColumns + ` from organisation where id = any(@ids)`
	lockOrganisation   = `select ` + organisationColumns + ` from organisation where id = @id for update`
	shareOrganisation  = `select ` + organisationColumns + ` from organisation where id = @id for share`
	organisationsNamed = `select ` + organisationColumns + ` from organisation where name = any(@names::text[])
		or credit_code <> '' and credit_code = any(@codes::text[]) order by id limit 5000`
	findOrganisations = `select ` + organisationColumns + ` from organisation
		where id > @after
		and (@text = '' or name ilike @text or credit_code = @code)
		and (cardinality(@kinds::text[]) = 0 or kind = any(@kinds))
		and (@state = '' or state = @state)
		and starts_with(division, @division)
		and (state = 'confirmed' or id = @own or starts_with(division, @area))
		order by id limit @limit`
	organisationByCode = `select id from organisation where credit_code = @code and name = @name and state = 'confirmed'
		and is_sample = @sample`
	countOrganisations = `select state, count(*)::int from organisation where @sample or not is_sample group by state`
	insertOrganisation = `insert into organisation (kind, name, credit_code, division, state, profile, is_sample, created_at, confirmed_at)
		values (@kind, @name, @credit_code, @division, @state, @profile, @is_sample, @now, @confirmed_at) returning id`
	updateOrganisation = `update organisation set kind = @kind, name = @name, credit_code = @credit_code, division = @division, state = @state,
		state_reason = @state_reason, profile = @profile, version = @version, confirmed_at = @confirmed_at where id = @id`

	insertAccount = `insert into account (login_name, display_name, email, phone, password_hash, is_sample, created_at, email_confirmed_at)
		values (@login_name, @display_name, @email, @phone, @password_hash, @is_sample, @now, @confirmed) returning id`
	credentialColumns = `select id, login_name, password_hash, totp_secret, recovery_hashes, disabled_at, signed_in_at from account`
	credentialsByID   = credentialColumns + ` where id = @id`
	credentialsByName = credentialColumns + ` where lower(login_name) = lower(@login)`
	accountByID       = `select id, login_name, display_name, email,
		phone, theme, totp_secret <> '' as two_factor, email_confirmed_at is not null as confirmed,
		cardinality(recovery_hashes) as recovery, is_sample, created_at from account
		where id = @id`
	accountNames    = `select id, display_name from account where id = any(@ids)`
	updateAccount   = `update account set display_name = @display_name, email = @email, phone = @phone, theme = @theme where id = @id`
	updatePassword  = `update account set password_hash = @password_hash where id = @id`
	touchAccount    = `update account set signed_in_at = @now where id = @id`
	disableAccount  = `update account set disabled_at = @at where id = @id`
	updateTwoFactor = `update account set totp_secret = @totp_secret, recovery_hashes = @recovery_hashes where id = @id`
	dropTwoFactor   = `update account set totp_secret = '', recovery_hashes = '{}' where id = @id and totp_secret <> ''`
	useRecovery     = `update account set recovery_hashes = array_remove(recovery_hashes, @hash) where id = @id
		and @hash = any(recovery_hashes)`
	accountsOf = `select m.account_id from membership m join account a on a.id = m.account_id and a.disabled_at is null
		where m.organisation_id = @organisation_id and m.ended_at is null and (cardinality(@roles::text[]) = 0 or m.roles && @roles)
		order by m.id`
	officersFor = `select m.account_id, bool_or('league_officer' = any(m.roles)) as league
		from membership m join organisation o on o.id = m.organisation_id join account a on a.id = m.account_id and a.disabled_at is null
		where m.ended_at is null and ('region_officer' = any(m.roles) or ('league_officer' = any(m.roles) and left(o.division, 4) = @league))
		group by m.account_id order by m.account_id`

	expertsFor = `select m.account_id
		from membership m join organisation o on o.id = m.organisation_id join account a on a.id = m.account_id and a.disabled_at is null
		where m.ended_at is null and 'expert' = any(m.roles) and o.kind = 'government'
		and (o.division in (@division, '150000') or o.division = @league || '00')
		order by m.account_id`

	// Experts of any unit, with every unit they belong to.
	panelOf = `select m.account_id, array_agg(distinct o2.name order by o2.name) as units
		from membership m join account a on a.id = m.account_id and a.disabled_at is null and a.is_sample = @sample
		join membership m2 on m2.account_id = m.account_id and m2.ended_at is null join organisation o2 on o2.id = m2.organisation_id
		where m.ended_at is null and 'expert' = any(m.roles) group by m.account_id order by m.account_id`

	confirmEmail       = `update account set email = @email, email_confirmed_at = @now where id = @id`
	insertConfirmation = `insert into email_confirmation (account_id, email, token_hash, expires_at)
		values (@account_id, @email, @token_hash, @expires_at) on conflict (account_id) do update
		set email = excluded.email, token_hash = excluded.token_hash, expires_at = excluded.expires_at`
	confirmationByToken = `select c.account_id, c.email from email_confirmation c
		join account a on a.id = c.account_id and a.disabled_at is null where c.token_hash = @token_hash and c.expires_at > @now`
	confirmationOf     = `select account_id, email from email_confirmation where account_id = @account_id`
	deleteConfirmation = `delete from email_confirmation where account_id = @account_id`

	insertReset = `insert into password_reset (account_id, token_hash, expires_at) values (@account_id, @token_hash, @expires_at)
		on conflict (account_id) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at`
	deleteReset  = `delete from password_reset where account_id = @account_id`
	resetByToken = `select a.id, a.login_name, a.password_hash, a.totp_secret, a.recovery_hashes, a.disabled_at, a.signed_in_at
		from password_reset r
		join account a on a.id = r.account_id and a.disabled_at is null where r.token_hash = @token_hash and r.expires_at > @now`

	insertMembership = `insert into membership (account_id, organisation_id, roles, created_at)
		values (@account_id, @organisation_id, @roles, @now) returning id`
	membershipsOf = `select m.id, m.organisation_id, o.name as organisation_name, o.kind as organisation_kind, m.roles
		from membership m join organisation o on o.id = m.organisation_id where m.account_id = @account_id and m.ended_at is null order by m.id`
	membershipByID = `select id, account_id, organisation_id, roles from membership where id = @id and ended_at is null`
	membersOf      = `select m.id as membership_id, m.account_id,
		a.display_name, a.login_name, a.email, a.phone, a.totp_secret <> '' as two_factor, m.roles, m.created_at
		from membership m join account a on a.id = m.account_id where m.organisation_id = @organisation_id and m.ended_at is null order by m.id`
	countAdmins = `select count(*) from membership m join account a on a.id = m.account_id and a.disabled_at is null
		where m.organisation_id = @organisation_id and m.ended_at is null and 'org_admin' = any(m.roles)`
	updateRoles           = `update membership set roles = @roles where id = @id`
	endMembership         = `update membership set ended_at = @now where id = @id`
	endMembershipTokens   = `update api_token set revoked_at = @now where membership_id = @id and revoked_at is null`
	endMembershipSessions = `delete from session where membership_id = @id returning token_hash`

	insertInvitation = `insert into invitation (organisation_id, email, roles, token_hash, invited_by, created_at, expires_at)
		values (@organisation_id, @email, @roles, @token_hash, @invited_by, @created_at, @expires_at) returning id`
	invitationColumns = `select i.id, i.organisation_id, o.name as organisation_name, i.email, i.roles, a.display_name as invited_by,
		i.invited_by as inviter,
		i.created_at, i.expires_at, i.accepted_at, i.revoked_at
		from invitation i join organisation o on o.id = i.organisation_id join account a on a.id = i.invited_by`
	invitationByToken = invitationColumns + ` where i.token_hash = @token_hash`
	invitationsOf     = invitationColumns + ` where i.organisation_id = @organisation_id order by i.id desc limit 200`
	acceptInvitation  = `update invitation set accepted_at = @now where id = @id`
	revokeInvitation  = `update invitation set revoked_at = @now where id = @id and organisation_id = @organisation_id and accepted_at is null
		and revoked_at is null`

	insertToken = `insert into api_token (account_id, membership_id, name, scopes, token_hash, created_at, expires_at)
		values (@account_id, @membership_id, @name, @scopes, @token_hash, @created_at, @expires_at) returning id`
	tokensOf = `select t.id, t.name, t.scopes, o.name as organisation_name, t.created_at, t.expires_at, t.used_at, t.revoked_at
		from api_token t join membership m on m.id = t.membership_id join organisation o on o.id = m.organisation_id
		where t.account_id = @account_id order by t.id desc`
	revokeToken = `update api_token set revoked_at = @now where id = @id and account_id = @account_id and revoked_at is null`
	endTokens   = `update api_token set revoked_at = @now where account_id = @account_id and revoked_at is null`
	touchToken  = `update api_token set used_at = @now where id = @id`

	insertSession = `insert into session (token_hash, account_id, membership_id, created_at, seen_at, expires_at, waits_for_code)
		values (@token_hash, @account_id, (select min(id) from membership where account_id = @account_id
		and ended_at is null), @now, @now, @expires_at, @waits_for_code)`
	// The oldest go: a script that signs in again and again fills nothing.
	trimSessions = `delete from session where account_id = @account_id and token_hash not in (
		select token_hash from session where account_id = @account_id order by created_at desc, token_hash limit @most) returning token_hash`
	firstStep = `select a.id, a.login_name, a.password_hash, a.totp_secret, a.recovery_hashes, a.disabled_at, a.signed_in_at from session s
		join account a on a.id = s.account_id and a.disabled_at is null where s.token_hash = @token_hash and s.waits_for_code
		and s.expires_at > @now`
	touchSession  = `update session set seen_at = @now where token_hash = @token_hash and seen_at < @now`
	switchSession = `update session set membership_id = @membership_id where token_hash = @token_hash and account_id = @account_id
		and exists (select 1 from membership where id = @membership_id and account_id = @account_id and ended_at is null)`
	deleteSession          = `delete from session where token_hash = @token_hash`
	deleteSessions         = `delete from session where account_id = @account_id and token_hash <> @keep returning token_hash`
	cleanSessions          = `delete from session where expires_at <= @now or seen_at <= @idle`
	sessionsOfAccount      = `select token_hash from session where account_id = @account_id`
	sessionsOfOrganisation = `select s.token_hash from session s join membership m on m.id = s.membership_id
		where m.organisation_id = @organisation_id`

	actorColumns = `a.id as account_id, a.display_name, a.is_sample, a.disabled_at, a.totp_secret <> '' as two_factor,
		a.email_confirmed_at is null as unconfirmed, coalesce(m.id, 0) as membership_id, coalesce(m.roles, '{}') as roles,
		coalesce(o.id, 0) as org_id, coalesce(o.name, '') as org_name, coalesce(o.kind, '') as org_kind, coalesce(o.state, '') as org_state,
		coalesce(o.division, '') as division`
	actorBySession = `select ` + actorColumns + `, s.seen_at, s.expires_at from session s join account a on a.id = s.account_id
		left join membership m on m.id = s.membership_id and m.ended_at is null left join organisation o on o.id = m.organisation_id
		where s.token_hash = @token_hash and not s.waits_for_code`
	actorByToken = `select ` + actorColumns +
		`, t.id as token_id, t.used_at, t.expires_at, t.scopes from api_token t join account a on a.id = t.account_id and a.disabled_at is null
		join membership m on m.id = t.membership_id and m.ended_at is null join organisation o on o.id = m.organisation_id
		where t.token_hash = @token_hash and t.revoked_at is null and t.expires_at > @now and o.state <> 'suspended'`
	actorByLogin = `select ` + actorColumns +
		` from account a left join membership m on m.id = (select min(id) from membership where account_id = a.id and ended_at is null)
		left join organisation o on o.id = m.organisation_id where lower(a.login_name) = lower(@login) and a.disabled_at is null`
)

type credentials struct {
	ID             int64
	LoginName      string
	PasswordHash   string
	TotpSecret     string
	RecoveryHashes []string
	DisabledAt     *time.Time
	SignedInAt     *time.Time // last success
}

type actorRow struct {
	AccountID    int64
	DisplayName  string
	IsSample     bool
	DisabledAt   *time.Time
	TwoFactor    bool
	Unconfirmed  bool
	MembershipID int64
	Roles        []actor.Role
	OrgID        int64
	OrgName      string
	OrgKind      actor.OrgKind
	OrgState     string
	Division     string
}

func (s *Service) actorOf(r actorRow) actor.Actor {
	a := actor.Actor{AccountID: r.AccountID, MembershipID: r.MembershipID, OrgID: r.OrgID, Name: r.DisplayName, OrgName: r.OrgName,
		OrgKind: r.OrgKind, OrgState: r.OrgState, Division: r.Division, Roles: r.Roles, Sample: r.IsSample,
		Unconfirmed: r.Unconfirmed}
	a.MustSetUpTwoFactor = s.config.Policy.RequireTwoFactor && !r.TwoFactor && a.Has(twoFactorRoles...)
	return a
}

type sessionRow struct {
	actorRow
	SeenAt    time.Time
	ExpiresAt time.Time
}

type tokenRow struct {
	actorRow
	TokenID   int64
	UsedAt    *time.Time
	ExpiresAt time.Time
	Scopes    []string
}

type membershipRow struct {
	ID             int64
	AccountID      int64
	OrganisationID int64
	Roles          []actor.Role
}

func (s *Service) organisations(ctx context.Context, q querier, sql string, args pgx.StrictNamedArgs) ([]Organisation, error) {
	rows, _ := q.Query(ctx, sql, args)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Organisation])
	for i := range list {
		if err := s.openProfile(&list[i].Profile); err != nil {
			return nil, err
		}
	}
	return list, err
}

func (s *Service) insertOrganisation(ctx context.Context, tx pgx.Tx, o Organisation) (id int64, err error) {
	if err = s.sealProfile(&o.Profile); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, insertOrganisation,
		pgx.StrictNamedArgs{"kind": o.Kind, "name": o.Name, "credit_code": o.CreditCode, "division": o.Division,
			"state": o.State, "profile": o.Profile, "is_sample": o.Sample, "now": s.config.Now(), "confirmed_at": o.ConfirmedAt}).Scan(&id)
	return id, err
}

func (s *Service) insertAccount(ctx context.Context, tx pgx.Tx, p NewPerson, hash string, sample, confirmed bool) (id int64, err error) {
	now := s.config.Now()
	if p.Email, p.Phone, err = s.sealContact(p.Email, p.Phone); err != nil {
		return 0, err
	}
	args := pgx.StrictNamedArgs{"login_name": p.LoginName, "display_name": p.DisplayName, "email": p.Email, "phone": p.Phone,
		"password_hash": hash, "is_sample": sample, "now": now, "confirmed": nil}
	if confirmed {
		args["confirmed"] = now
	}
	err = tx.QueryRow(ctx, insertAccount, args).Scan(&id)
	return id, err
}

func (s *Service) insertMembership(ctx context.Context, tx pgx.Tx, accountID, orgID int64, roles []actor.Role) (id int64, err error) {
	err = tx.QueryRow(ctx, insertMembership,
		pgx.StrictNamedArgs{"account_id": accountID, "organisation_id": orgID, "roles": roleTexts(roles), "now": s.config.Now()}).Scan(&id)
	return id, err
}

func (s *Service) accountByLogin(ctx context.Context, login string) (credentials, error) {
	rows, _ := s.config.DB.Query(ctx, credentialsByName, pgx.StrictNamedArgs{"login": strings.TrimSpace(login)})
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[credentials])
}

func (s *Service) membership(ctx context.Context, tx pgx.Tx, id int64) (membershipRow, error) {
	rows, _ := tx.Query(ctx, membershipByID, pgx.StrictNamedArgs{"id": id})
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[membershipRow])
}

// mostSessions is how many browsers of one account stay signed in.
const mostSessions = 50

func (s *Service) insertSession(ctx context.Context, tx pgx.Tx, accountID int64, life time.Duration, waits bool) (Session, error) {
	token, err := s.secret()
	if err != nil {
		return Session{}, err
	}
	rows, _ := tx.Query(ctx, trimSessions, pgx.StrictNamedArgs{"account_id": accountID, "most": mostSessions - 1})
	ended, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return Session{}, err
	}
	s.forget(ctx, ended...)
	now := s.config.Now()
	session := Session{Token: token, ExpiresAt: now.Add(life), NeedsCode: waits}
	_, err = tx.Exec(ctx, insertSession, pgx.StrictNamedArgs{"token_hash": vault.Digest(token), "account_id": accountID, "now": now,
		"expires_at": session.ExpiresAt, "waits_for_code": waits})
	return session, err
}

func (s *Service) readSession(ctx context.Context, q querier, hash string) (sessionRow, error) {
	rows, _ := q.Query(ctx, actorBySession, pgx.StrictNamedArgs{"token_hash": hash})
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[sessionRow])
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action, kind string, id int64, detail map[string]any) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: kind, ObjectID: strconv.FormatInt(id, 10),
		Detail: detail})
}
