package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/quota"
	"techmarket/internal/platform/vault"
)

// confirmLife is how long the link of a confirmation mail works; a newer one replaces it.
const confirmLife = 7 * 24 * time.Hour

// confirmation is a mail address that waits for its owner's word.
type confirmation struct {
	AccountID int64
	Email     string
}

// askConfirmation mails a link that confirms the address of the account. Faults: too many "quota_confirm", "quota_mail".
func (s *Service) askConfirmation(ctx context.Context, tx pgx.Tx, accountID int64, email string) error {
	if s.config.Quotas != nil {
		if err := s.config.Quotas.SpendIn(ctx, tx, quota.Subject{Account: accountID}, quota.Use{Name: quota.Confirm, N: 1}); err != nil {
			return err
		}
	}
	token, err := s.secret()
	if err != nil {
		return err
	}
	sealed, err := s.contents().SealText(sealedWaiting, email)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertConfirmation, pgx.StrictNamedArgs{"account_id": accountID, "email": sealed,
		"token_hash": vault.Digest(token),
		"expires_at": s.config.Now().Add(confirmLife)}); err != nil {
		return err
	}
	if s.config.Mail == nil {
		return nil
	}
	body := "有人用这个邮箱在科技大市场注册或修改了账号。是您本人的，请在 7 天内打开下面的链接，点“确认”：\n\n" +
		s.config.BaseURL + "/confirm/" + token + "\n\n不是您本人的，请忽略这封信：没有确认的账号不能向别人发信，也不能用这个邮箱收信。"
	return s.send(ctx, tx, email, "请确认您的邮箱", body)
}

// send queues a mail, within what one mailbox gets in a day. Fault: too many "quota_mail".
func (s *Service) send(ctx context.Context, tx pgx.Tx, to, subject, body string) error {
	if s.config.Quotas != nil {
		if err := s.config.Quotas.SpendIn(ctx, tx, quota.Subject{Mailbox: to}, quota.Use{Name: quota.Mail, N: 1}); err != nil {
			return err
		}
	}
	return s.config.Mail.Mail(ctx, tx, to, subject, body)
}

// plain makes a name that somebody chose fit for a mail to a third person: one line in which no mail program finds a link.
func plain(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	return strings.NewReplacer(".", "．", ":", "：", "/", "／", "@", "＠").Replace(name)
}

// ResendConfirmation mails the link again, to the address that waits or to the account's own. Faults: unauthorized; conflict
// "email_confirmed"; invalid email; too many "quota_confirm", "quota_mail".
func (s *Service) ResendConfirmation(ctx context.Context, who actor.Actor) (email string, err error) {
	if email, err = s.WaitingEmail(ctx, who); err != nil {
		return "", err
	}
	if email == "" {
		me, err := s.Account(ctx, who)
		if err != nil {
			return "", err
		}
		if me.Confirmed {
			return "", fault.New(fault.Conflict, "email_confirmed", "邮箱已经确认过，不需要再确认")
		}
		email = me.Email
	}
	if email == "" {
		var f fault.Fields
		f.Add("email", "required", "账号里还没有邮箱，请先在“账号”里填写")
		return "", f.Err()
	}
	return email, s.inTx(ctx, "resend confirmation", func(tx pgx.Tx) error { return s.askConfirmation(ctx, tx, who.AccountID, email) })
}

// WaitingEmail is the address that the actor still has to confirm, "" for none. Fault: unauthorized.
func (s *Service) WaitingEmail(ctx context.Context, who actor.Actor) (string, error) {
	if !who.SignedIn() {
		return "", fault.SignIn()
	}
	rows, _ := s.config.DB.Query(ctx, confirmationOf, pgx.StrictNamedArgs{"account_id": who.AccountID})
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[confirmation])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("waiting email: %w", err)
	}
	err = s.contents().OpenText(sealedWaiting, &c.Email)
	return c.Email, err
}

// ConfirmationOpen tells the address that a link would confirm. Fault: not found "confirmation".
func (s *Service) ConfirmationOpen(ctx context.Context, token string) (email string, err error) {
	c, err := s.confirmation(ctx, s.config.DB, token)
	return c.Email, err
}

// Confirm takes the word of whoever holds the link, that the address is the account's own. Anybody with the token may call, once.
// Fault: not found "confirmation".
func (s *Service) Confirm(ctx context.Context, token, requestID string) error {
	var c confirmation
	err := s.inTx(ctx, "confirm email", func(tx pgx.Tx) (err error) {
		if c, err = s.confirmation(ctx, tx, token); err != nil {
			return err
		}
		return s.confirm(ctx, tx, actor.Actor{AccountID: c.AccountID, RequestID: requestID}, c)
	})
	s.forgetAccount(ctx, c.AccountID)
	return err
}

// ConfirmFor confirms the mail address of an account that gets no mail: only the command line may call. Fault: not found "account".
func (s *Service) ConfirmFor(ctx context.Context, login string) error {
	a, err := s.accountByLogin(ctx, login)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Newf(fault.NotFound, "account", "没有登录名为 %s 的账号", login)
	}
	if err != nil {
		return fmt.Errorf("confirm email: %w", err)
	}
	me, err := s.Account(ctx, actor.Actor{AccountID: a.ID})
	if err != nil {
		return err
	}
	err = s.inTx(ctx, "confirm email", func(tx pgx.Tx) error {
		return s.confirm(ctx, tx, actor.Actor{}, confirmation{a.ID, me.Email})
	})
	s.forgetAccount(ctx, a.ID)
	return err
}

func (s *Service) confirm(ctx context.Context, tx pgx.Tx, who actor.Actor, c confirmation) error {
	email, err := s.contents().SealText(sealedEmail, c.Email)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, confirmEmail, pgx.StrictNamedArgs{"id": c.AccountID, "email": email, "now": s.config.Now()}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, deleteConfirmation, pgx.StrictNamedArgs{"account_id": c.AccountID}); err != nil {
		return err
	}
	return s.record(ctx, tx, who, "account.confirm_email", "account", c.AccountID, nil)
}

func (s *Service) confirmation(ctx context.Context, q querier, token string) (confirmation, error) {
	rows, _ := q.Query(ctx, confirmationByToken, pgx.StrictNamedArgs{"token_hash": vault.Digest(token), "now": s.config.Now()})
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[confirmation])
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fault.New(fault.NotFound, "confirmation", "这个链接不存在、已使用或已过期。请登录后在“账号与单位”的“确认邮箱”里重发一封")
	}
	if err != nil {
		return c, fmt.Errorf("confirm email: %w", err)
	}
	return c, s.contents().OpenText(sealedWaiting, &c.Email)
}
