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
	"techmarket/internal/platform/vault"
)

// TokenPrefix starts every API token, so that leaked ones can be searched for.
const TokenPrefix = "tm_"

// tokenLife is how long a token works at most, and where nobody says when it ends.
const tokenLife = 366 * 24 * time.Hour

// APIToken is a bearer token of one person for one organisation, without its secret.
type APIToken struct {
	ID               int64
	Name             string
	Scopes           []string
	OrganisationName string
	CreatedAt        time.Time
	ExpiresAt        *time.Time
	UsedAt           *time.Time // to the minute
	RevokedAt        *time.Time
}

// CreateToken makes a token that acts as the actor for the present organisation, within the scopes; the secret is returned this
// once. A token makes none that can do more or lives longer than itself. Faults: unauthorized; invalid name, scopes, expiresAt.
func (s *Service) CreateToken(ctx context.Context, who actor.Actor, name string, scopes []string,
	expires *time.Time) (t APIToken, secret string, err error) {
	if who.MembershipID == 0 {
		return APIToken{}, "", fault.SignIn()
	}
	now := s.config.Now()
	name = strings.TrimSpace(name)
	var fields fault.Fields
	length(&fields, "name", "令牌名称", name, 1, 50)
	scopes = checkScopes(&fields, who, scopes)
	last := now.Add(tokenLife)
	if who.ByToken() && who.TokenEnds.Before(last) {
		last = who.TokenEnds
	}
	if expires == nil {
		expires = &last
	}
	fields.Check(expires.After(now), "expiresAt", "past", "到期时间必须晚于现在")
	fields.Check(!expires.After(last), "expiresAt", "too_far", "令牌最长有效一年，令牌新建的令牌不能比它自己更晚到期")
	if err := fields.Err(); err != nil {
		return APIToken{}, "", err
	}
	if secret, err = s.secret(); err != nil {
		return APIToken{}, "", err
	}
	secret = TokenPrefix + secret
	t = APIToken{Name: name, Scopes: scopes, OrganisationName: who.OrgName, CreatedAt: now, ExpiresAt: expires}
	err = s.inTx(ctx, "create token", func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, insertToken, pgx.StrictNamedArgs{"account_id": who.AccountID, "membership_id": who.MembershipID,
			"name": name, "scopes": scopes, "token_hash": vault.Digest(secret), "created_at": now, "expires_at": expires}).Scan(&t.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "api_token.create", "api_token", t.ID, map[string]any{"name": name, "scopes": scopes})
	})
	return t, secret, err
}

// CreateTokenFor makes a token for an account and its first live membership, one that only reads where no scopes are named: only the
// command line may call. Faults: not found "account"; invalid scopes.
func (s *Service) CreateTokenFor(ctx context.Context, login, name string, scopes ...string) (string, error) {
	if len(scopes) == 0 {
		scopes = ReadScopes()
	}
	a, err := s.accountByLogin(ctx, login)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.Newf(fault.NotFound, "account", "没有登录名为 %s 的账号", login)
	}
	if err != nil {
		return "", fmt.Errorf("create token: %w", err)
	}
	ms, err := s.Memberships(ctx, actor.Actor{AccountID: a.ID})
	if err != nil {
		return "", err
	}
	if len(ms) == 0 {
		return "", fault.Newf(fault.NotFound, "membership", "账号 %s 不属于任何单位", login)
	}
	_, secret, err := s.CreateToken(ctx, actor.Actor{AccountID: a.ID, MembershipID: ms[0].ID, OrgID: ms[0].OrganisationID,
		OrgName: ms[0].OrganisationName}, name, scopes, nil)
	return secret, err
}

// ActorFor returns the actor of an account acting for its first live membership: only the command line and jobs may call.
// Fault: not found "account".
func (s *Service) ActorFor(ctx context.Context, login string) (actor.Actor, error) {
	rows, _ := s.config.DB.Query(ctx, actorByLogin, pgx.StrictNamedArgs{"login": strings.TrimSpace(login)})
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[actorRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return actor.Actor{}, fault.Newf(fault.NotFound, "account", "没有登录名为 %s 的账号", login)
	}
	if err != nil {
		return actor.Actor{}, fmt.Errorf("actor: %w", err)
	}
	return s.actorOf(row), nil
}

// Tokens lists the actor's own tokens, newest first.
func (s *Service) Tokens(ctx context.Context, who actor.Actor) ([]APIToken, error) {
	rows, _ := s.config.DB.Query(ctx, tokensOf, pgx.StrictNamedArgs{"account_id": who.AccountID})
	ts, err := pgx.CollectRows(rows, pgx.RowToStructByName[APIToken])
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	return ts, nil
}

// RevokeToken ends one of the actor's own tokens. Fault: not found "api_token".
func (s *Service) RevokeToken(ctx context.Context, who actor.Actor, id int64) error {
	return s.inTx(ctx, "revoke token", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, revokeToken, pgx.StrictNamedArgs{"id": id, "account_id": who.AccountID, "now": s.config.Now()})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "api_token", "没有找到这个令牌，或它已经停用")
		}
		return s.record(ctx, tx, who, "api_token.revoke", "api_token", id, nil)
	})
}

// ActorFromToken returns the actor behind a bearer token. Fault: unauthorized "token_invalid".
func (s *Service) ActorFromToken(ctx context.Context, token, requestID string) (actor.Actor, error) {
	invalid := fault.New(fault.Unauthorized, "token_invalid", "令牌无效、已停用或已过期，请在“我的令牌”里新建一个")
	if !strings.HasPrefix(token, TokenPrefix) {
		return actor.Actor{}, invalid
	}
	now := s.config.Now()
	rows, _ := s.config.DB.Query(ctx, actorByToken, pgx.StrictNamedArgs{"token_hash": vault.Digest(token), "now": now})
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[tokenRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return actor.Actor{}, invalid
	}
	if err != nil {
		return actor.Actor{}, fmt.Errorf("actor from token: %w", err)
	}
	if row.UsedAt == nil || now.Sub(*row.UsedAt) >= time.Minute {
		if _, err := s.config.DB.Exec(ctx, touchToken, pgx.StrictNamedArgs{"id": row.TokenID, "now": now}); err != nil {
			return actor.Actor{}, fmt.Errorf("actor from token: %w", err)
		}
	}
	who := s.actorOf(row.actorRow)
	who.RequestID, who.TokenEnds, who.Scopes = requestID, row.ExpiresAt, row.Scopes
	return who, nil
}
