// Package identity owns people, organisations, roles and sign-in, and yields an actor.Actor.
package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/people/quota"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// Mailer queues a mail in the caller's transaction; platform/notify supplies it.
type Mailer interface {
	Mail(ctx context.Context, tx pgx.Tx, to, subject, body string) error
}

// Cache keeps small values for a while; it may forget anything at any time. platform/cache fulfils it and Limiter.
type Cache interface {
	Get(ctx context.Context, key string) ([]byte, bool)
	Set(ctx context.Context, key string, value []byte, ttl time.Duration)
	Del(ctx context.Context, keys ...string) bool
}

// Limiter counts attempts: Allow takes one of n in the window and says whether there was one left and, if not, how long
// to wait.
type Limiter interface {
	Allow(ctx context.Context, key string, n int, window time.Duration) (ok bool, wait time.Duration)
	// Spent says whether none of n is left, and how long to wait; it takes none.
	Spent(ctx context.Context, key string, n int) (spent bool, wait time.Duration)
}

// Policy holds the limits of sign-in. Defaults follow 等保2.0 三级 身份鉴别 a)–b) see docs/rules/security.md §1.
type Policy struct {
	Idle             time.Duration // a session without a request for so long ends; 30 minutes
	Absolute         time.Duration // every session ends after; 12 hours
	Window           time.Duration // of the two counts below; 15 minutes
	FailsPerAccount  int           // 5
	TriesPerAddress  int           // 30
	InvitationLife   time.Duration // 14 days
	Argon            *argon2id.Params
	RequireTwoFactor bool // of registration points, government and administrators, see twoFactorRoles
}

// DefaultPolicy returns the limits above with OWASP's second argon2id setting (19 MiB, 2 passes, 1 lane).
func DefaultPolicy() Policy {
	return Policy{
		Idle: 30 * time.Minute, Absolute: 12 * time.Hour, Window: 15 * time.Minute,
		FailsPerAccount: 5, TriesPerAddress: 30, InvitationLife: 14 * 24 * time.Hour,
		Argon: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
}

// Config is what a Service needs. DB, Audit and Now must be set; the rest may be nil.
type Config struct {
	DB      *postgres.DB
	Audit   audit.Recorder
	Mail    Mailer
	Vault   stored.Secrets // of phones, mail addresses and authenticators' secrets; nil: in clear, for tests alone
	Quotas  *quota.Store   // of mails to one mailbox; nil: no limit
	Cache   Cache
	Limiter Limiter
	Now     func() time.Time
	Random  io.Reader // crypto/rand when nil
	Policy  Policy    // DefaultPolicy when zero
	BaseURL string    // of links in mails, without a trailing slash
	// OrganisationChanged is called inside the transaction that changes an organisation's state, name or
	// division, so that the market can hide or re-index its listings.
	OrganisationChanged func(ctx context.Context, tx pgx.Tx, org Organisation) error
}

// Service is sign-up, sign-in, organisations, members and tokens.
type Service struct {
	config Config
	decoy  string // hash that unknown logins are compared with, so that they take as long
}

// New checks the configuration and fills the defaults.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Audit == nil || c.Now == nil {
		return nil, errors.New("identity: database, audit and clock are needed")
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Policy.Argon == nil {
		c.Policy = DefaultPolicy()
	}
	decoy, err := argon2id.CreateHash("decoy", c.Policy.Argon)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return &Service{config: c, decoy: decoy}, nil
}

// inTx runs fn in one transaction.
func (s *Service) inTx(ctx context.Context, op string, fn func(tx pgx.Tx) error) error {
	err := s.config.DB.InTx(ctx, func(_ context.Context, tx pgx.Tx) error { return translate(fn(tx)) })
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// translate turns the constraint violations a person can cause into faults.
func translate(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.ConstraintName {
	case "account_login":
		return duplicate(err, "loginName", "login_taken", "这个登录名已被使用，请换一个")
	case "organisation_credit_code":
		return duplicate(err, "organisation.creditCode", "credit_code_taken", "这个统一社会信用代码已经注册。请向本单位管理员要一份邀请；确认不是同一单位的，请联系自治区管理员")
	case "membership_live":
		return fault.Wrap(err, fault.Conflict, "already_member", "这个人已经是本单位成员，不需要再加入")
	}
	return err
}

func duplicate(cause error, path, code string, message fault.Sentence) error {
	return fault.Wrap(cause, fault.Conflict, code, message).In(path)
}

// secret returns 256 random bits as text that fits a cookie and an address.
func (s *Service) secret() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(s.config.Random, b[:]); err != nil {
		return "", fmt.Errorf("identity: random: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

var (
	errNotAdmin = fault.New(fault.Forbidden, "not_org_admin", "只有本单位管理员可以做这件事，请联系他")
)
