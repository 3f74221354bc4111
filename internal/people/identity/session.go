package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// cacheFor is how long an actor may be served from the cache: a change of roles made by somebody else while a request of
// the same session is under way is seen after this at the latest (normally at once: the change deletes the cached actor).
const cacheFor = 30 * time.Second

// SignIn is one attempt.
type SignIn struct {
	Login     string
	Password  string
	Address   string // remote address
	RequestID string
}

// Session is a signed-in browser. Token goes into the cookie and is kept nowhere else.
type Session struct {
	Token     string
	ExpiresAt time.Time // absolute end; the idle limit may end it earlier
	Actor     actor.Actor
	NeedsCode bool // nobody is signed in yet: Token goes to SignInCode with a code
}

// Membership is one organisation that a person can act for.
type Membership struct {
	ID               int64
	OrganisationID   int64
	OrganisationName string
	OrganisationKind actor.OrgKind
	Roles            []actor.Role
}

var errThrottled = fault.New(fault.TooMany, "sign_in_throttled", "登录尝试过多，请 15 分钟后再试；忘记密码请联系本单位管理员")

// SignIn checks name and password (argon2id) and opens a session for the person's first live membership; where two steps
// are set up, one that waits for SignInCode. Anybody may call. Failures of both steps count: 5 per account and 30 per
// address in 15 minutes.
// Faults: unauthorized "sign_in_failed" (never saying which part was wrong); too many "sign_in_throttled".
func (s *Service) SignIn(ctx context.Context, in SignIn) (Session, error) {
	if !s.allow(ctx, "signin:address:"+in.Address, s.config.Policy.TriesPerAddress) {
		return Session{}, errThrottled
	}
	login := strings.TrimSpace(in.Login)
	a, err := s.accountByLogin(ctx, login)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	known := err == nil
	if !s.allow(ctx, attemptKey(login, a), s.config.Policy.FailsPerAccount) {
		return Session{}, errThrottled
	}
	hash := s.decoy
	if known {
		hash = a.PasswordHash
	}
	match := false
	if len(in.Password) <= 1000 {
		if match, err = argon2id.ComparePasswordAndHash(in.Password, hash); err != nil {
			return Session{}, fmt.Errorf("sign in: %w", err)
		}
	}
	if !known || !match || a.DisabledAt != nil {
		return Session{}, s.refuseSignIn(ctx, a.ID, in.RequestID)
	}
	if a.TotpSecret != "" {
		return s.openFirstStep(ctx, a.ID)
	}
	return s.open(ctx, a.ID, in.RequestID)
}

// refuseSignIn records a failed attempt and returns the one message for all of them.
func (s *Service) refuseSignIn(ctx context.Context, accountID int64, requestID string) error {
	err := s.inTx(ctx, "sign in", func(tx pgx.Tx) error {
		return s.config.Audit.Record(ctx, tx, audit.Event{Actor: actor.Actor{AccountID: accountID, RequestID: requestID},
			Action:     "session.sign_in",
			ObjectKind: "account", ObjectID: strconv.FormatInt(accountID, 10), Refused: true})
	})
	if err != nil {
		return err
	}
	return fault.New(fault.Unauthorized, "sign_in_failed", "登录名或密码不对，请检查后重试")
}

func (s *Service) open(ctx context.Context, accountID int64, requestID string) (session Session, err error) {
	err = s.inTx(ctx, "sign in", func(tx pgx.Tx) error {
		session, err = s.openIn(ctx, tx, accountID, requestID)
		return err
	})
	return session, err
}

func (s *Service) openIn(ctx context.Context, tx pgx.Tx, accountID int64, requestID string) (Session, error) {
	session, err := s.insertSession(ctx, tx, accountID, s.config.Policy.Absolute, false)
	if err != nil {
		return Session{}, err
	}
	if _, err := tx.Exec(ctx, touchAccount, pgx.StrictNamedArgs{"id": accountID, "now": s.config.Now()}); err != nil {
		return Session{}, err
	}
	row, err := s.readSession(ctx, tx, digest(session.Token))
	if err != nil {
		return Session{}, err
	}
	session.Actor = s.actorOf(row.actorRow)
	session.Actor.RequestID = requestID
	return session, s.record(ctx, tx, session.Actor, "session.sign_in", "account", accountID, nil)
}

// Authenticate returns the actor behind a session token and keeps the session alive. A session ends after 30 idle minutes
// and after 12 hours. Fault: unauthorized "session_ended".
func (s *Service) Authenticate(ctx context.Context, token, requestID string) (actor.Actor, error) {
	key := sessionKey(digest(token))
	now := s.config.Now()
	if s.config.Cache != nil {
		var cached struct {
			Actor actor.Actor
			Ends  time.Time
		}
		if b, ok := s.config.Cache.Get(ctx, key); ok && json.Unmarshal(b, &cached) == nil && now.Before(cached.Ends) {
			cached.Actor.RequestID = requestID
			return cached.Actor, nil
		}
	}
	row, err := s.readSession(ctx, s.config.DB, digest(token))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return actor.Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	idleEnd := row.SeenAt.Add(s.config.Policy.Idle)
	if err != nil || row.DisabledAt != nil || !now.Before(row.ExpiresAt) || !now.Before(idleEnd) {
		return actor.Actor{}, fault.New(fault.Unauthorized, "session_ended", "登录已失效，请重新登录")
	}
	// Noting every request would make each page a write; a minute is precise enough for a limit of thirty.
	if now.Sub(row.SeenAt) >= time.Minute {
		if _, err := s.config.DB.Exec(ctx, touchSession, pgx.StrictNamedArgs{"token_hash": digest(token), "now": now}); err != nil {
			return actor.Actor{}, fmt.Errorf("authenticate: %w", err)
		}
		idleEnd = now.Add(s.config.Policy.Idle)
	}
	who := s.actorOf(row.actorRow)
	if s.config.Cache != nil {
		ends := now.Add(cacheFor)
		for _, t := range []time.Time{row.ExpiresAt, idleEnd} {
			if t.Before(ends) {
				ends = t
			}
		}
		if b, err := json.Marshal(struct {
			Actor actor.Actor
			Ends  time.Time
		}{who, ends}); err == nil {
			s.config.Cache.Set(ctx, key, b, ends.Sub(now))
		}
	}
	who.RequestID = requestID
	return who, nil
}

// Memberships lists the organisations that the actor can act for.
func (s *Service) Memberships(ctx context.Context, who actor.Actor) ([]Membership, error) {
	rows, _ := s.config.DB.Query(ctx, membershipsOf, pgx.StrictNamedArgs{"account_id": who.AccountID})
	ms, err := pgx.CollectRows(rows, pgx.RowToStructByName[Membership])
	if err != nil {
		return nil, fmt.Errorf("memberships: %w", err)
	}
	return ms, nil
}

// Switch lets the session act for another organisation of the same person. Faults: not found "membership"; unauthorized.
func (s *Service) Switch(ctx context.Context, who actor.Actor, token string, membershipID int64) error {
	err := s.inTx(ctx, "switch organisation", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, switchSession,
			pgx.StrictNamedArgs{"token_hash": digest(token), "account_id": who.AccountID, "membership_id": membershipID})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "membership", "您不是那个单位的成员，请从列表中选择")
		}
		return s.record(ctx, tx, who, "session.switch", "membership", membershipID, nil)
	})
	s.forget(ctx, digest(token))
	return err
}

// SignOut ends the session; an unknown token is no error.
func (s *Service) SignOut(ctx context.Context, who actor.Actor, token string) error {
	err := s.inTx(ctx, "sign out", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, deleteSession, pgx.StrictNamedArgs{"token_hash": digest(token)}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "session.sign_out", "account", who.AccountID, nil)
	})
	s.forget(ctx, digest(token))
	return err
}

// SignOutEverywhere ends all sessions of the actor's account.
func (s *Service) SignOutEverywhere(ctx context.Context, who actor.Actor) error {
	var ended []string
	err := s.inTx(ctx, "sign out everywhere", func(tx pgx.Tx) error {
		var err error
		if ended, err = s.endSessions(ctx, tx, who.AccountID, ""); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "session.sign_out_everywhere", "account", who.AccountID, map[string]any{"sessions": len(ended)})
	})
	s.forget(ctx, ended...)
	return err
}

// endSessions deletes the account's sessions but the kept one and returns the hashes of those ended.
func (s *Service) endSessions(ctx context.Context, tx pgx.Tx, accountID int64, keep string) ([]string, error) {
	rows, _ := tx.Query(ctx, deleteSessions, pgx.StrictNamedArgs{"account_id": accountID, "keep": keep})
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// CleanSessions deletes sessions that have ended; a job calls it daily.
func (s *Service) CleanSessions(ctx context.Context) error {
	now := s.config.Now()
	if _, err := s.config.DB.Exec(ctx, cleanSessions, pgx.StrictNamedArgs{"now": now, "idle": now.Add(-s.config.Policy.Idle)}); err != nil {
		return fmt.Errorf("clean sessions: %w", err)
	}
	return nil
}

func sessionKey(hash string) string { return "session:" + hash }

func (s *Service) forget(ctx context.Context, hashes ...string) {
	if s.config.Cache == nil || len(hashes) == 0 {
		return
	}
	keys := make([]string, len(hashes))
	for i, h := range hashes {
		keys[i] = sessionKey(h)
	}
	postgres.After(ctx, func() {
		s.config.Cache.Del(context.WithoutCancel(ctx), keys...) // not confirmed: the entry expires after cacheFor
	})
}

// forgetOrganisation drops the cached actors of everybody who acts for the organisation.
func (s *Service) forgetOrganisation(ctx context.Context, orgID int64) {
	if s.config.Cache == nil {
		return
	}
	rows, _ := s.config.DB.Query(ctx, sessionsOfOrganisation, pgx.StrictNamedArgs{"organisation_id": orgID})
	if hashes, err := pgx.CollectRows(rows, pgx.RowTo[string]); err == nil {
		s.forget(ctx, hashes...)
	}
}

func (s *Service) forgetAccount(ctx context.Context, accountID int64) {
	if s.config.Cache == nil {
		return
	}
	rows, _ := s.config.DB.Query(ctx, sessionsOfAccount, pgx.StrictNamedArgs{"account_id": accountID})
	if hashes, err := pgx.CollectRows(rows, pgx.RowTo[string]); err == nil {
		s.forget(ctx, hashes...)
	}
}

func (s *Service) allow(ctx context.Context, key string, n int) bool {
	if s.config.Limiter == nil {
		return true
	}
	ok, _ := s.config.Limiter.Allow(ctx, key, n, s.config.Policy.Window)
	return ok
}

// attemptKey counts the attempts for one login since its last success: a success starts a new key, so only failures in a
// row lock, and there is nothing to reset.
func attemptKey(login string, a credentials) string {
	var since int64
	if a.SignedInAt != nil {
		since = a.SignedInAt.UnixMicro()
	}
	return "signin:account:" + digest(strings.ToLower(login))[:32] + ":" + strconv.FormatInt(since, 10)
}
