package identity

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/vault"
)

// Themes of the pages.
const (
	ThemeStandard = "standard"
	ThemeElder    = "elder" // 适老/高对比度
)

// Account is a person as the person sees it.
type Account struct {
	ID          int64
	LoginName   string
	DisplayName string
	Email       string
	Phone       string
	Theme       string
	TwoFactor   bool
	Confirmed   bool // the mail address is the account's own
	Recovery    int  // recovery codes that are left
	Sample      bool `db:"is_sample"`
	CreatedAt   time.Time
}

// AccountUpdate changes what is not nil.
type AccountUpdate struct {
	DisplayName *string
	Email       *string
	Phone       *string
	Theme       *string
}

// Account returns the actor's own account. Fault: unauthorized.
func (s *Service) Account(ctx context.Context, who actor.Actor) (Account, error) {
	if !who.SignedIn() {
		return Account{}, fault.SignIn()
	}
	rows, _ := s.config.DB.Query(ctx, accountByID, pgx.StrictNamedArgs{"id": who.AccountID})
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Account])
	if err != nil {
		return Account{}, fmt.Errorf("account: %w", err)
	}
	return a, s.openContact(&a.Email, &a.Phone)
}

// UpdateAccount changes the actor's own name, contact and theme. Another mail address counts once it is confirmed: a link is mailed to
// it, and asked is that address. Faults: unauthorized; invalid; too many "quota_confirm", "quota_mail".
func (s *Service) UpdateAccount(ctx context.Context, who actor.Actor, u AccountUpdate) (a Account, asked string, err error) {
	if a, err = s.Account(ctx, who); err != nil {
		return Account{}, "", err
	}
	before := a.Email
	for _, p := range []struct{ to, from *string }{{&a.DisplayName, u.DisplayName}, {&a.Email, u.Email}, {&a.Phone, u.Phone},
		{&a.Theme, u.Theme}} {
		if p.from != nil {
			*p.to = strings.TrimSpace(*p.from)
		}
	}
	a.Phone = codes.TidyPhone(a.Phone)
	var fields fault.Fields
	checkContact(&fields, a.DisplayName, a.Email, a.Phone)
	fields.Check(a.Theme == ThemeStandard || a.Theme == ThemeElder, "theme", "choose", "请选择标准或适老显示")
	if err := fields.Err(); err != nil {
		return Account{}, "", err
	}
	err = s.inTx(ctx, "update account", func(tx pgx.Tx) error {
		if a.Email != before && a.Email != "" {
			asked = a.Email
			if a.Confirmed { // the old address stays until the new one is confirmed
				a.Email = before
			}
			if err := s.askConfirmation(ctx, tx, a.ID, asked); err != nil {
				return err
			}
		}
		email, phone, err := s.sealContact(a.Email, a.Phone)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, updateAccount,
			pgx.StrictNamedArgs{"id": a.ID, "display_name": a.DisplayName, "email": email, "phone": phone, "theme": a.Theme}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.update", "account", a.ID, nil)
	})
	s.forgetAccount(ctx, a.ID)
	return a, asked, err
}

// Names returns the display names of accounts by id, for histories and lists.
func (s *Service) Names(ctx context.Context, ids []int64) (map[int64]string, error) {
	rows, _ := s.config.DB.Query(ctx, accountNames, pgx.StrictNamedArgs{"ids": ids})
	names := make(map[int64]string, len(ids))
	var id int64
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	return names, nil
}

// AccountsOf returns the live members of an organisation who hold one of the roles (any role when none is named), in
// order of joining: whom to tell.
func (s *Service) AccountsOf(ctx context.Context, orgID int64, roles ...actor.Role) ([]int64, error) {
	rows, _ := s.config.DB.Query(ctx, accountsOf, pgx.StrictNamedArgs{"organisation_id": orgID, "roles": roleTexts(roles)})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("accounts of organisation: %w", err)
	}
	return ids, nil
}

// OfficersFor returns the accounts of the officers whose area covers the division: the league's, or the region's where
// the league has none.
func (s *Service) OfficersFor(ctx context.Context, division string) ([]int64, error) {
	if len(division) != 6 {
		division = "150000"
	}
	rows, _ := s.config.DB.Query(ctx, officersFor, pgx.StrictNamedArgs{"league": division[:4]})
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		AccountID int64
		League    bool
	}])
	if err != nil {
		return nil, fmt.Errorf("officers: %w", err)
	}
	var league, region []int64
	for _, f := range found {
		if f.League {
			league = append(league, f.AccountID)
		} else {
			region = append(region, f.AccountID)
		}
	}
	if len(league) > 0 {
		return league, nil
	}
	return region, nil
}

// ExpertsFor returns the experts of the departments that stand above a division: its own, its league's and the region's.
func (s *Service) ExpertsFor(ctx context.Context, division string) ([]int64, error) {
	if len(division) != 6 {
		division = "150000"
	}
	rows, _ := s.config.DB.Query(ctx, expertsFor, pgx.StrictNamedArgs{"division": division, "league": division[:4]})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("experts of division: %w", err)
	}
	return ids, nil
}

// Panellist is an expert with the units he works for.
type Panellist struct {
	AccountID int64
	Units     []string
}

// Panellists are the experts of the market, of the sample market or not, from whom panels are drawn.
func (s *Service) Panellists(ctx context.Context, sample bool) ([]Panellist, error) {
	rows, _ := s.config.DB.Query(ctx, panelOf, pgx.StrictNamedArgs{"sample": sample})
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Panellist])
	if err != nil {
		return nil, fmt.Errorf("panellists: %w", err)
	}
	return found, nil
}

// ContactOf returns name, confirmed mail address and phone of an account, for notices. Callers check who may see it.
// Fault: not found "account".
func (s *Service) ContactOf(ctx context.Context, id int64) (name, email, phone string, err error) {
	rows, _ := s.config.DB.Query(ctx, accountByID, pgx.StrictNamedArgs{"id": id})
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Account])
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", "", fault.New(fault.NotFound, "account", "没有找到这个人，请从成员名单重新选择")
	}
	if err != nil {
		return "", "", "", fmt.Errorf("contact: %w", err)
	}
	if !a.Confirmed { // it may be a stranger's
		a.Email = ""
	}
	if err := s.openContact(&a.Email, &a.Phone); err != nil {
		return "", "", "", err
	}
	return a.DisplayName, a.Email, a.Phone, nil
}

// ChangePassword checks the old password, stores the new one and ends the account's other sessions; the one of keepToken
// stays. Wrong old passwords count like failed sign-ins.
// Faults: unauthorized; invalid oldPassword, newPassword; too many "sign_in_throttled".
func (s *Service) ChangePassword(ctx context.Context, who actor.Actor, keepToken, oldPassword, newPassword string) error {
	a, err := s.checkOwnPassword(ctx, who, "oldPassword", oldPassword)
	if err != nil {
		return err
	}
	var fields fault.Fields
	checkPassword(&fields, "newPassword", newPassword, a.LoginName)
	fields.Check(oldPassword != newPassword, "newPassword", "same", "新密码不能与原密码相同")
	if err := fields.Err(); err != nil {
		return err
	}
	hash, err := argon2id.CreateHash(newPassword, s.config.Policy.Argon)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	var ended []string
	err = s.inTx(ctx, "change password", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, updatePassword, pgx.StrictNamedArgs{"id": a.ID, "password_hash": hash}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endTokens, pgx.StrictNamedArgs{"account_id": a.ID, "now": s.config.Now()}); err != nil {
			return err
		}
		if ended, err = s.endSessions(ctx, tx, a.ID, vault.Digest(keepToken)); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "account.change_password", "account", a.ID, nil)
	})
	s.forget(ctx, ended...)
	return err
}

// ResetPassword sets a password and ends all sessions without knowing the old one: only the command line may call.
// Faults: not found "account"; invalid password.
func (s *Service) ResetPassword(ctx context.Context, login, password string) error {
	a, err := s.accountByLogin(ctx, login)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Newf(fault.NotFound, "account", "没有登录名为 %s 的账号", login)
	}
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	var fields fault.Fields
	checkPassword(&fields, "password", password, a.LoginName)
	if err := fields.Err(); err != nil {
		return err
	}
	hash, err := argon2id.CreateHash(password, s.config.Policy.Argon)
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	var ended []string
	err = s.inTx(ctx, "reset password", func(tx pgx.Tx) error {
		ended, err = s.storeReset(ctx, tx, actor.Actor{}, a.ID, hash)
		return err
	})
	s.forget(ctx, ended...)
	return err
}

// SetDisabled locks an account out, ending its sessions and tokens, or lets it in again. System
// administrators and region officers may call, never for themselves. Faults: forbidden; not found "account".
func (s *Service) SetDisabled(ctx context.Context, who actor.Actor, accountID int64, disabled bool) error {
	if !who.Has(actor.SystemAdmin, actor.RegionOfficer) || who.AccountID == accountID {
		return fault.New(fault.Forbidden, "forbidden", "您不能停用或启用这个账号")
	}
	action, at := "account.enable", (*time.Time)(nil)
	if disabled {
		now := s.config.Now()
		action, at = "account.disable", &now
	}
	var ended []string
	err := s.inTx(ctx, "set disabled", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, disableAccount, pgx.StrictNamedArgs{"id": accountID, "at": at})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "account", "没有找到这个人，请从成员名单重新选择")
		}
		if disabled {
			if ended, err = s.endAccess(ctx, tx, accountID); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, who, action, "account", accountID, nil)
	})
	s.forget(ctx, ended...)
	return err
}

func (s *Service) checkOwnPassword(ctx context.Context, who actor.Actor, path, password string) (credentials, error) {
	if !who.SignedIn() {
		return credentials{}, fault.SignIn()
	}
	rows, _ := s.config.DB.Query(ctx, credentialsByID, pgx.StrictNamedArgs{"id": who.AccountID})
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[credentials])
	if err != nil {
		return a, fmt.Errorf("check password: %w", err)
	}
	if !s.allow(ctx, "password:"+strconv.FormatInt(a.ID, 10), s.config.Policy.FailsPerAccount) {
		return a, fault.New(fault.TooMany, "sign_in_throttled", "密码错误次数过多，请 15 分钟后再试")
	}
	match := false
	if len(password) <= 1000 {
		if match, err = argon2id.ComparePasswordAndHash(password, a.PasswordHash); err != nil {
			return a, fmt.Errorf("check password: %w", err)
		}
	}
	if !match {
		var f fault.Fields
		f.Add(path, "mismatch", "密码不对，请重新输入")
		return a, f.Err()
	}
	return a, nil
}
