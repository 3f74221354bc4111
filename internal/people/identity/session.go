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
	"techmarket/internal/platform/vault"
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

func throttled(wait time.Duration) error {
	f := fault.New(fault.TooMany, "sign_in_throttled", "登录尝试过多，请稍后再试；忘记密码可以在登录页重设")
	f.Wait = wait
	return f
}

// SignIn checks name and password (argon2id) and opens a session for the person's first live membership; where two steps
// are set up, one that waits for SignInCode. Anybody may call. Only failures of both steps count, see tries.
// Faults: unauthorized "sign_in_failed" (never saying which part was wrong); too many "sign_in_throttled".
func (s *Service) SignIn(ctx context.Context, in SignIn) (Session, error) {
	login := strings.TrimSpace(in.Login)
	a, err := s.accountByLogin(ctx, login)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	known := err == nil
	if err := s.mayTry(ctx, login, in.Address, a); err != nil {
		return Session{}, err
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
		s.failed(ctx, login, in.Address, a)
		return Session{}, s.refuseSignIn(ctx, a.ID, in.RequestID)
	}
	s.known(ctx, login, in.Address)
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
	row, err := s.readSession(ctx, tx, vault.Digest(session.Token))
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
	key := sessionKey(vault.Digest(token))
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
	row, err := s.readSession(ctx, s.config.DB, vault.Digest(token))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return actor.Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	idleEnd := row.SeenAt.Add(s.config.Policy.Idle)
	if err != nil || row.DisabledAt != nil || !now.Before(row.ExpiresAt) || !now.Before(idleEnd) {
		return actor.Actor{}, fault.New(fault.Unauthorized, "session_ended", "登录已失效，请重新登录")
	}
	// Noting every request would make each page a write; a minute is precise enough for a limit of thirty.
	if now.Sub(row.SeenAt) >= time.Minute {
		if _, err := s.config.DB.Exec(ctx, touchSession, pgx.StrictNamedArgs{"token_hash": vault.Digest(token), "now": now}); err != nil {
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

// Owner is the account that a session was opened for, also when the session is over; 0 for one that is forgotten. It opens nothing.
func (s *Service) Owner(ctx context.Context, token string) (int64, error) {
	row, err := s.readSession(ctx, s.config.DB, vault.Digest(token))
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("owner of a session: %w", err)
	}
	return row.AccountID, nil
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
			pgx.StrictNamedArgs{"token_hash": vault.Digest(token), "account_id": who.AccountID, "membership_id": membershipID})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "membership", "您不是那个单位的成员，请从列表中选择")
		}
		return s.record(ctx, tx, who, "session.switch", "membership", membershipID, nil)
	})
	s.forget(ctx, vault.Digest(token))
	return err
}

// SignOut ends the session; an unknown token is no error.
func (s *Service) SignOut(ctx context.Context, who actor.Actor, token string) error {
	err := s.inTx(ctx, "sign out", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, deleteSession, pgx.StrictNamedArgs{"token_hash": vault.Digest(token)}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "session.sign_out", "account", who.AccountID, nil)
	})
	s.forget(ctx, vault.Digest(token))
	return err
}

// SignOutEverywhere ends all sessions and API tokens of the actor's account.
func (s *Service) SignOutEverywhere(ctx context.Context, who actor.Actor) error {
	var ended []string
	err := s.inTx(ctx, "sign out everywhere", func(tx pgx.Tx) error {
		var err error
		if ended, err = s.endAccess(ctx, tx, who.AccountID); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "session.sign_out_everywhere", "account", who.AccountID, map[string]any{"sessions": len(ended)})
	})
	s.forget(ctx, ended...)
	return err
}

// endAccess ends all that was opened with the credentials so far: sessions and API tokens. It returns the hashes of the sessions.
func (s *Service) endAccess(ctx context.Context, tx pgx.Tx, accountID int64) ([]string, error) {
	if _, err := tx.Exec(ctx, endTokens, pgx.StrictNamedArgs{"account_id": accountID, "now": s.config.Now()}); err != nil {
		return nil, err
	}
	return s.endSessions(ctx, tx, accountID, "")
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

// A try is one limit of failed sign-ins. They count for account and address together, so that whoever fails elsewhere never locks
// the owner out; who goes on failing waits longer. All addresses together have a limit for one account too, which an address that
// has signed in to it before doesn't meet. A success starts the account's counts anew, so there is nothing to reset; a
// whole campus behind one address is bounded by its failures alone.
type try struct {
	key string
	n   int
	per time.Duration
}

func (s *Service) tries(ctx context.Context, login, address string, a credentials) []try {
	var since int64
	if a.SignedInAt != nil {
		since = a.SignedInAt.UnixMicro()
	}
	p := s.config.Policy
	account := fmt.Sprintf("signin:account:%s:%d", vault.Digest(strings.ToLower(login))[:32], since)
	here := account + ":" + address
	all := []try{{"signin:address:" + address, p.TriesPerAddress, p.Window}, {here, p.FailsPerAccount, p.Window},
		{here + ":long", 2 * p.FailsPerAccount, 8 * p.Window}, {here + ":day", 4 * p.FailsPerAccount, 96 * p.Window}}
	if s.config.Cache != nil {
		if _, before := s.config.Cache.Get(ctx, knownKey(login, address)); before {
			return all
		}
	}
	return append(all, try{account, 10 * p.FailsPerAccount, p.Window})
}

func (s *Service) mayTry(ctx context.Context, login, address string, a credentials) error {
	if s.config.Limiter == nil {
		return nil
	}
	var longest time.Duration
	for _, t := range s.tries(ctx, login, address, a) {
		if spent, wait := s.config.Limiter.Spent(ctx, t.key, t.n); spent {
			longest = max(longest, wait, time.Second)
		}
	}
	if longest > 0 {
		return throttled(longest)
	}
	return nil
}

func (s *Service) failed(ctx context.Context, login, address string, a credentials) {
	if s.config.Limiter == nil {
		return
	}
	for _, t := range s.tries(ctx, login, address, a) {
		_, _ = s.config.Limiter.Allow(ctx, t.key, t.n, t.per)
	}
}

// known notes that the account was opened from the address.
func (s *Service) known(ctx context.Context, login, address string) {
	if s.config.Cache != nil {
		s.config.Cache.Set(ctx, knownKey(login, address), []byte{1}, 30*24*time.Hour)
	}
}

func knownKey(login, address string) string {
	return "signin:known:" + vault.Digest(strings.ToLower(login) + " " + address)[:32]
}
