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
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/vault"
)

// How long a mailed link to a new password works, and how many an account is sent in one window of the policy.
const (
	resetLife  = 30 * time.Minute
	resetMails = 3
)

// RequestReset mails a link to a new password to the address of the account. It answers the same whether or not the account
// exists, has an address or was sent too many: who asks learns nothing. Anybody may call.
// Fault: invalid login.
func (s *Service) RequestReset(ctx context.Context, login, requestID string) error {
	login = strings.TrimSpace(login)
	var fields fault.Fields
	length(&fields, "login", "登录名", login, 1, 50)
	if err := fields.Err(); err != nil {
		return err
	}
	a, err := s.accountByLogin(ctx, login)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("request reset: %w", err)
	}
	if err != nil || a.DisabledAt != nil || s.config.Mail == nil || !s.allow(ctx, "reset:account:"+strconv.FormatInt(a.ID, 10), resetMails) {
		return nil //nolint:nilerr // an unknown name is answered like a known one
	}
	to, err := s.Account(ctx, actor.Actor{AccountID: a.ID})
	if err != nil || to.Email == "" {
		return err
	}
	token, err := s.secret()
	if err != nil {
		return err
	}
	err = s.inTx(ctx, "request reset", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertReset,
			pgx.StrictNamedArgs{"account_id": a.ID, "token_hash": vault.Digest(token), "expires_at": s.config.Now().Add(resetLife)}); err != nil {
			return err
		}
		body := fmt.Sprintf("有人申请重设登录名“%s”的密码。请在 30 分钟内打开下面的链接设置新密码，链接只能用一次：\n\n%s/signin/reset/%s\n\n如果不是您本人申请的，请忽略这封信，密码不会改变。",
			a.LoginName, s.config.BaseURL, token)
		if err := s.send(ctx, tx, to.Email, "重设密码", body); err != nil {
			return err
		}
		return s.record(ctx, tx, actor.Actor{RequestID: requestID}, "account.request_reset", "account", a.ID, nil)
	})
	if fault.HasCode(err, "quota_mail") { // the mailbox has had enough: who asks learns nothing of it
		return nil
	}
	return err
}

// ResetOpen tells whether a link still works. Fault: not found "reset".
func (s *Service) ResetOpen(ctx context.Context, token string) error {
	_, err := s.resetAccount(ctx, s.config.DB, resetByToken, token)
	return err
}

// Reset sets the password of the account that the link was mailed for and ends all its sessions; two-factor sign-in stays on.
// Anybody who holds the token may call, once. Faults: not found "reset"; invalid newPassword.
func (s *Service) Reset(ctx context.Context, token, password, requestID string) error {
	a, err := s.resetAccount(ctx, s.config.DB, resetByToken, token)
	if err != nil {
		return err
	}
	var fields fault.Fields
	checkPassword(&fields, "newPassword", password, a.LoginName)
	if err := fields.Err(); err != nil {
		return err
	}
	hash, err := argon2id.CreateHash(password, s.config.Policy.Argon)
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	var ended []string
	err = s.inTx(ctx, "reset password", func(tx pgx.Tx) error {
		if _, err := s.resetAccount(ctx, tx, resetByToken+" for update of r", token); err != nil { // used meanwhile
			return err
		}
		if _, err := tx.Exec(ctx, deleteReset, pgx.StrictNamedArgs{"account_id": a.ID}); err != nil {
			return err
		}
		ended, err = s.storeReset(ctx, tx, actor.Actor{RequestID: requestID}, a.ID, hash)
		return err
	})
	s.forget(ctx, ended...)
	return err
}

// storeReset stores a password nobody proved the old one for: failed attempts are cleared, all sessions and tokens end.
func (s *Service) storeReset(ctx context.Context, tx pgx.Tx, who actor.Actor, accountID int64, hash string) (ended []string, err error) {
	if _, err := tx.Exec(ctx, updatePassword, pgx.StrictNamedArgs{"id": accountID, "password_hash": hash}); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, touchAccount, pgx.StrictNamedArgs{"id": accountID, "now": s.config.Now()}); err != nil {
		return nil, err
	}
	if ended, err = s.endAccess(ctx, tx, accountID); err != nil {
		return nil, err
	}
	return ended, s.record(ctx, tx, who, "account.reset_password", "account", accountID, nil)
}

func (s *Service) resetAccount(ctx context.Context, q querier, sql, token string) (credentials, error) {
	rows, _ := q.Query(ctx, sql, pgx.StrictNamedArgs{"token_hash": vault.Digest(token), "now": s.config.Now()})
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[credentials])
	if errors.Is(err, pgx.ErrNoRows) {
		return a, fault.New(fault.NotFound, "reset", "这个链接不存在、已使用或已过期，请重新申请")
	}
	if err != nil {
		return a, fmt.Errorf("reset password: %w", err)
	}
	return a, nil
}
