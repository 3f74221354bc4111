package identity

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/vault"
)

// Two-step sign-in: after the password a code of an authenticator app (TOTP, RFC 6238) or, once each, a recovery code.

// twoFactorRoles are those that a policy with RequireTwoFactor wants two steps from: registration points, government and
// administrators (等保2.0 三级 身份鉴别 d, docs/rules/security.md §1).
var twoFactorRoles = []actor.Role{actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert, actor.LeagueOfficer, actor.RegionOfficer,
	actor.TaxReader, actor.SystemAdmin}

const (
	firstStepLife = 5 * time.Minute // how long the second step may take
	recoveryCodes = 10
)

// openFirstStep notes that the password was right.
func (s *Service) openFirstStep(ctx context.Context, accountID int64) (session Session, err error) {
	err = s.inTx(ctx, "sign in", func(tx pgx.Tx) error {
		session, err = s.insertSession(ctx, tx, accountID, firstStepLife, true)
		return err
	})
	return session, err
}

// SignInCode is the second step: the token of a Session that NeedsCode and a code of the app, or a recovery code, open the
// real session. Anybody who holds the token may call. Wrong codes count like wrong passwords.
// Faults: unauthorized "first_step_over"; invalid code; too many "sign_in_throttled".
func (s *Service) SignInCode(ctx context.Context, token, code, address, requestID string) (session Session, err error) {
	rows, _ := s.config.DB.Query(ctx, firstStep, pgx.StrictNamedArgs{"token_hash": vault.Digest(token), "now": s.config.Now()})
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[credentials])
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, fault.New(fault.Unauthorized, "first_step_over", "等待验证码的时间过长，请重新输入登录名和密码")
	}
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	if err := s.mayTry(ctx, a.LoginName, address, a); err != nil {
		return Session{}, err
	}
	fits := false
	err = s.inTx(ctx, "sign in", func(tx pgx.Tx) error {
		if fits, err = s.takeCode(ctx, tx, a, code); err != nil || !fits {
			return err
		}
		if _, err := tx.Exec(ctx, deleteSession, pgx.StrictNamedArgs{"token_hash": vault.Digest(token)}); err != nil {
			return err
		}
		session, err = s.openIn(ctx, tx, a.ID, requestID)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	if !fits {
		s.failed(ctx, a.LoginName, address, a)
		if err := s.refuseSignIn(ctx, a.ID, requestID); !fault.HasCode(err, "sign_in_failed") {
			return Session{}, err
		}
		return Session{}, wrongCode("验证码不对。请输入身份验证器上当前的 6 位数字并检查手机时间，或输入一个没有用过的恢复码")
	}
	return session, nil
}

// takeCode accepts a code of the app, each only once, or uses up a recovery code.
func (s *Service) takeCode(ctx context.Context, tx pgx.Tx, a credentials, code string) (bool, error) {
	if s.codeFits(ctx, a.ID, a.TotpSecret, code) {
		return true, nil
	}
	hash := recoveryHash(code)
	if !slices.Contains(a.RecoveryHashes, hash) {
		return false, nil
	}
	tag, err := tx.Exec(ctx, useRecovery, pgx.StrictNamedArgs{"id": a.ID, "hash": hash})
	return err == nil && tag.RowsAffected() == 1, err
}

// codeFits checks an authenticator code and, where a limiter is there, takes every code only once.
func (s *Service) codeFits(ctx context.Context, accountID int64, secret, code string) bool {
	if s.contents().OpenText(sealedTOTP, &secret) != nil { // without the key nobody comes in; doctor says so
		return false
	}
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	ok, err := totp.ValidateCustom(code, secret, s.config.Now(), totp.ValidateOpts{Period: 30, Skew: 1, Digits: 6})
	if err != nil || !ok {
		return false
	}
	return s.allow(ctx, "totp:"+strconv.FormatInt(accountID, 10)+":"+code, 1)
}

func wrongCode(message fault.Sentence) error {
	var f fault.Fields
	f.Add("code", "mismatch", message)
	return f.Err()
}

// NewTwoFactor proposes a secret for an authenticator app; nothing is stored until EnableTwoFactor.
// url is the otpauth:// address for a QR picture. Fault: unauthorized.
func (s *Service) NewTwoFactor(ctx context.Context, who actor.Actor) (secret, url string, err error) {
	a, err := s.Account(ctx, who)
	if err != nil {
		return "", "", err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "科技大市场", AccountName: a.LoginName, Rand: s.config.Random})
	if err != nil {
		return "", "", fmt.Errorf("two factor: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// TwoFactorURL is the otpauth:// address of a secret that NewTwoFactor proposed, for showing it again. Faults: unauthorized;
// invalid secret.
func (s *Service) TwoFactorURL(ctx context.Context, who actor.Actor, secret string) (string, error) {
	a, err := s.Account(ctx, who)
	if err != nil {
		return "", err
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil || len(raw) != 20 {
		return "", fault.New(fault.Invalid, "secret", "密钥不完整，请重新打开设置页")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "科技大市场", AccountName: a.LoginName, Secret: raw})
	if err != nil {
		return "", fmt.Errorf("two factor: %w", err)
	}
	return key.URL(), nil
}

// EnableTwoFactor stores the secret once a code proves that the app has it, and returns the recovery codes, shown this once.
// Faults: unauthorized; conflict "two_factor_on"; invalid code.
func (s *Service) EnableTwoFactor(ctx context.Context, who actor.Actor, secret, code string) (recovery []string, err error) {
	a, err := s.Account(ctx, who)
	if err != nil {
		return nil, err
	}
	if a.TwoFactor {
		return nil, fault.New(fault.Conflict, "two_factor_on", "两步登录已经开启。换手机时，请先关闭再重新设置")
	}
	if _, err := s.TwoFactorURL(ctx, who, secret); err != nil {
		return nil, err
	}
	if !s.codeFits(ctx, who.AccountID, secret, code) {
		return nil, wrongCode("验证码不对，请输入身份验证器上当前的 6 位数字，并检查手机时间是否准确")
	}
	hashes := make([]string, recoveryCodes)
	for i := range hashes {
		code, err := s.recoveryCode()
		if err != nil {
			return nil, err
		}
		recovery, hashes[i] = append(recovery, code), recoveryHash(code)
	}
	if err := s.storeTwoFactor(ctx, who, who.AccountID, secret, hashes, "account.two_factor_on"); err != nil {
		return nil, err
	}
	return recovery, nil
}

// DisableTwoFactor switches the second step off after asking for the password and a code. Faults as ChangePassword; invalid code.
func (s *Service) DisableTwoFactor(ctx context.Context, who actor.Actor, password, code string) error {
	a, err := s.checkOwnPassword(ctx, who, "password", password)
	if err != nil {
		return err
	}
	if a.TotpSecret == "" {
		return nil
	}
	if !s.codeFits(ctx, a.ID, a.TotpSecret, code) && !slices.Contains(a.RecoveryHashes, recoveryHash(code)) {
		return wrongCode("验证码不对。请输入身份验证器上当前的 6 位数字，或一个没有用过的恢复码")
	}
	return s.storeTwoFactor(ctx, who, a.ID, "", []string{}, "account.two_factor_off")
}

// ResetTwoFactor switches the second step of a member off who lost the phone and the recovery codes, and ends the person's
// sessions. The organisation's admin or a region officer may call, for others than themselves; for officers and
// administrators only a region officer. Faults: not found "membership"; forbidden; conflict "two_factor_off".
func (s *Service) ResetTwoFactor(ctx context.Context, who actor.Actor, membershipID int64) error {
	var ended []string
	err := s.inTx(ctx, "reset two factor", func(tx pgx.Tx) error {
		m, err := s.membership(ctx, tx, membershipID)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && who.SignedIn() && !who.In(m.OrganisationID) && !who.Has(actor.RegionOfficer) {
			return fault.New(fault.NotFound, "membership", "没有找到这个成员，请从成员名单重新打开")
		}
		if err != nil {
			return err
		}
		if err := mayManage(who, m.OrganisationID); err != nil {
			return err
		}
		// The account may have a role elsewhere that the actor could not give; the actor must not remove the second step that protects it.
		all, err := s.Memberships(ctx, actor.Actor{AccountID: m.AccountID})
		if err != nil {
			return err
		}
		high := slices.ContainsFunc(all, func(m Membership) bool {
			return slices.ContainsFunc(m.Roles, func(r actor.Role) bool { return slices.Contains(officerRoles, r) })
		})
		if m.AccountID == who.AccountID || high && !who.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "not_resettable", "这个账号的两步登录不能由您重置：自己的请用恢复码关闭，管理员的请联系自治区管理员")
		}
		ended, err = s.dropTwoFactor(ctx, tx, who, m.AccountID)
		return err
	})
	if err == nil {
		s.forget(ctx, ended...)
	}
	return err
}

// ResetTwoFactorFor is ResetTwoFactor by login name: only the command line may call. Faults: not found "account"; conflict
// "two_factor_off".
func (s *Service) ResetTwoFactorFor(ctx context.Context, login string) error {
	a, err := s.accountByLogin(ctx, login)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Newf(fault.NotFound, "account", "没有登录名为 %s 的账号", login)
	}
	if err != nil {
		return fmt.Errorf("reset two factor: %w", err)
	}
	var ended []string
	err = s.inTx(ctx, "reset two factor", func(tx pgx.Tx) error {
		ended, err = s.dropTwoFactor(ctx, tx, actor.Actor{}, a.ID)
		return err
	})
	s.forget(ctx, ended...)
	return err
}

func (s *Service) dropTwoFactor(ctx context.Context, tx pgx.Tx, who actor.Actor, accountID int64) (ended []string, err error) {
	tag, err := tx.Exec(ctx, dropTwoFactor, pgx.StrictNamedArgs{"id": accountID})
	if err != nil {
		return nil, err
	}
	if tag.RowsAffected() == 0 {
		return nil, fault.New(fault.Conflict, "two_factor_off", "这个账号没有开启两步登录，不需要重置")
	}
	if ended, err = s.endAccess(ctx, tx, accountID); err != nil {
		return nil, err
	}
	return ended, s.record(ctx, tx, who, "account.two_factor_reset", "account", accountID, nil)
}

func (s *Service) storeTwoFactor(ctx context.Context, who actor.Actor, accountID int64, secret string, recovery []string,
	action string) error {
	secret, err := s.contents().SealText(sealedTOTP, secret)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, "two factor", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, updateTwoFactor,
			pgx.StrictNamedArgs{"id": accountID, "totp_secret": secret, "recovery_hashes": recovery}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, action, "account", accountID, nil)
	})
	s.forgetAccount(ctx, accountID)
	return err
}

// recoveryCode returns 60 random bits as "k7m2-p4qx-dwt5".
func (s *Service) recoveryCode() (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(s.config.Random, b[:]); err != nil {
		return "", fmt.Errorf("identity: random: %w", err)
	}
	text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12], nil
}

// recoveryHash ignores case, spaces and hyphens.
func recoveryHash(code string) string {
	return vault.Digest(strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code))))
}
