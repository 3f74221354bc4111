package watch

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/vault"
)

// Notice is how a saved search speaks up. The feed works with each.
type Notice string

// The notices.
const (
	Never     Notice = "none"
	Daily     Notice = "daily"     // one mail in the morning
	Immediate Notice = "immediate" // a message and a mail as soon as something is published
)

// Saved is one person's saved search.
type Saved struct {
	ID        int64
	AccountID int64
	Name      string
	Query     catalogue.Criteria
	Notice    Notice
	FeedToken string
	CreatedAt time.Time
	NoticedAt *time.Time
	EndedAt   *time.Time
}

const (
	maxSaved    = 50
	feedEntries = 30
)

// Save keeps a search for the actor; the same criteria twice are one search. Faults: unauthorized; invalid; conflict "saved_searches_full".
func (s *Service) Save(ctx context.Context, who actor.Actor, q catalogue.Criteria, name string, n Notice) (Saved, error) {
	if !who.SignedIn() {
		return Saved{}, fault.New(fault.Unauthorized, "sign_in", "登录后可以订阅搜索。")
	}
	q.Text, q.Sample = strings.TrimSpace(q.Text), who.Sample
	if err := s.config.Catalogue.Check(q); err != nil {
		return Saved{}, err
	}
	if err := n.check(); err != nil {
		return Saved{}, err
	}
	if name = catalogue.Clip(strings.Join(strings.Fields(name), " "), 60); name == "" {
		name = catalogue.Clip(q.Text, 60)
	}
	token, sealed, err := s.token()
	if err != nil {
		return Saved{}, err
	}
	var saved Saved
	err = s.inTx(ctx, "save search", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockAccount, pgx.StrictNamedArgs{"account": who.AccountID}); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, selectSaved, pgx.StrictNamedArgs{"account": who.AccountID})
		live, err := s.collectSaved(rows)
		if err != nil {
			return err
		}
		for _, l := range live {
			if l.Query.Same(q) {
				saved = l
				saved.Notice = n
				_, err := tx.Exec(ctx, updateNotice, pgx.StrictNamedArgs{"id": l.ID, "account": who.AccountID, "notice": n})
				return err
			}
		}
		if len(live) >= maxSaved {
			return fault.Newf(fault.Conflict, "saved_searches_full", "最多订阅 %d 个搜索，请先结束不再需要的。", maxSaved)
		}
		rows, _ = tx.Query(
			ctx,
			insertSaved,
			pgx.StrictNamedArgs{"account": who.AccountID, "name": name, "query": q, "notice": n, "token": sealed, "hash": vault.Digest(token),
				"at": s.config.Now()},
		)
		if saved, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Saved]); err != nil {
			return err
		}
		saved.FeedToken = token
		return nil
	})
	return saved, err
}

func (n Notice) check() error {
	if n == Never || n == Daily || n == Immediate {
		return nil
	}
	var f fault.Fields
	f.Add("notice", "choose", "请选择提醒方式：每天一次、立即，或不提醒。")
	return f.Err()
}

// sealedToken is the purpose of the sealed secret addresses.
const sealedToken = "feed.token"

// Sealed are the columns of this room in which something lies sealed.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "saved_search", Column: "feed_token", Purpose: sealedToken},
		{Table: "match_alert_end", Column: "token", Purpose: sealedToken}}
}

// token makes a secret address. It is found by its digest; sealed it is kept, because its owner is shown it again.
func (s *Service) token() (token, sealed string, err error) {
	b := make([]byte, 18)
	if _, err := io.ReadFull(s.config.Random, b); err != nil {
		return "", "", fmt.Errorf("feed token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(b)
	sealed, err = s.config.DB.Contents().SealText(sealedToken, token)
	return token, sealed, err
}

func (s *Service) collectSaved(rows pgx.Rows) ([]Saved, error) {
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[Saved])
	for i := range out {
		if err := s.config.DB.Contents().OpenText(sealedToken, &out[i].FeedToken); err != nil {
			return nil, err
		}
	}
	return out, err
}

// Mine lists the actor's live saved searches, newest first. Fault: unauthorized.
func (s *Service) Mine(ctx context.Context, who actor.Actor) ([]Saved, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	rows, _ := s.config.DB.Query(ctx, selectSaved, pgx.StrictNamedArgs{"account": who.AccountID})
	out, err := s.collectSaved(rows)
	if err != nil {
		return nil, fmt.Errorf("saved searches: %w", err)
	}
	return out, nil
}

var errNoSaved = fault.New(fault.NotFound, "saved_search", "没有这个订阅，或它已经结束。")

// SetNotice changes how an own saved search speaks up. Faults: unauthorized; not found "saved_search"; invalid.
func (s *Service) SetNotice(ctx context.Context, who actor.Actor, id int64, n Notice) error {
	if err := n.check(); err != nil {
		return err
	}
	return s.changeSaved(ctx, who, updateNotice, pgx.StrictNamedArgs{"id": id, "account": who.AccountID, "notice": n})
}

// End ends an own saved search with its feed. Faults: unauthorized; not found "saved_search".
func (s *Service) End(ctx context.Context, who actor.Actor, id int64) error {
	return s.changeSaved(ctx, who, endSaved, pgx.StrictNamedArgs{"id": id, "account": who.AccountID, "at": s.config.Now()})
}

func (s *Service) changeSaved(ctx context.Context, who actor.Actor, sql string, args pgx.StrictNamedArgs) error {
	if !who.SignedIn() {
		return fault.SignIn()
	}
	tag, err := s.config.DB.Exec(ctx, sql, args)
	if err != nil {
		return fmt.Errorf("change saved search: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errNoSaved
	}
	return nil
}

// Ending names what the link of a mail ends: a saved search, or the alerts of a listing. Fault: not found "saved_search".
func (s *Service) Ending(ctx context.Context, token string) (string, error) {
	rows, _ := s.config.DB.Query(ctx, selectEnding, pgx.StrictNamedArgs{"hash": vault.Digest(token)})
	name, err := pgx.CollectOneRow(rows, pgx.RowTo[string])
	if errors.Is(err, pgx.ErrNoRows) {
		return "", errNoSaved
	}
	if err != nil {
		return "", fmt.Errorf("end by mail: %w", err)
	}
	return name, nil
}

// EndByToken ends what the link of a mail stands for, for whoever holds it; the alerts of a listing as often as one likes.
// Fault: not found "saved_search".
func (s *Service) EndByToken(ctx context.Context, token string) error {
	tag, err := s.config.DB.Exec(ctx, endByToken, pgx.StrictNamedArgs{"hash": vault.Digest(token), "at": s.config.Now()})
	if err != nil {
		return fmt.Errorf("end saved search: %w", err)
	}
	if tag.RowsAffected() > 0 {
		return nil
	}
	var known int
	if err := s.config.DB.QueryRow(ctx, switchOffByToken,
		pgx.StrictNamedArgs{"hash": vault.Digest(token), "at": s.config.Now()}).Scan(&known); err != nil {
		return fmt.Errorf("end alerts: %w", err)
	}
	if known == 0 {
		return errNoSaved
	}
	return nil
}

// Feed returns the newest 30 of what a saved search finds, as a guest sees it; sample listings only when the account is a sample.
// Faults: not found "saved_search", also after its end; those of the engine.
func (s *Service) Feed(ctx context.Context, token string) (Saved, []catalogue.Entry, error) {
	rows, _ := s.config.DB.Query(ctx, savedByToken, pgx.StrictNamedArgs{"hash": vault.Digest(token)})
	saved, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Saved])
	if errors.Is(err, pgx.ErrNoRows) {
		return Saved{}, nil, errNoSaved
	}
	if err != nil {
		return Saved{}, nil, fmt.Errorf("feed: %w", err)
	}
	saved.FeedToken = token
	entries, err := s.config.Catalogue.Feed(ctx, saved.Query, time.Time{}, feedEntries)
	if err != nil {
		return Saved{}, nil, fmt.Errorf("feed: %w", err)
	}
	return saved, entries, nil
}
