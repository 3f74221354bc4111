package listing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
)

// Ticked says what a Tick did.
type Ticked struct{ Expired, Asked, Demoted, Archived, Noticed int }

// Tick runs the clock of living listings once: expire what is over its time, give notice before, ask owners to confirm, put to
// sleep those who stayed silent after being asked, archive those who slept on, and archive what ended long ago
// (docs/rules/listings.md §4: silence demotes, then archives, always with notice first). One message per person and kind of news,
// however many listings. Running it twice does nothing twice.
func (s *Service) Tick(ctx context.Context) (Ticked, error) {
	now := s.config.Now()
	var done Ticked
	for _, c := range []struct {
		sql    string
		before time.Time
		event  Event
		count  *int
		title  string
	}{
		{dueExpiry, now, EventExpire, &done.Expired, "已到期，不再公开。需要继续公开请续期"},
		{dueAsleep, now.Add(-s.config.Clock.ArchiveAfter), EventArchive, &done.Archived, "长期未确认，已归档。需要时可以重新编辑"},
		{dueEnded, now.Add(-s.config.Clock.KeepEnded), EventArchive, &done.Archived, ""},
	} {
		if err := s.tickEvents(ctx, c.sql, c.before, c.event, c.count, c.title); err != nil {
			return done, fmt.Errorf("tick %s: %w", c.event, err)
		}
	}
	for _, c := range []struct {
		sql   string
		args  pgx.StrictNamedArgs
		count *int
		title string
		index bool
	}{
		{noticeExpiry, pgx.StrictNamedArgs{"now": now, "before": now.Add(s.config.Clock.Expiring)}, &done.Noticed, "即将到期，请续期或撤下", false},
		{askOwners, pgx.StrictNamedArgs{"now": now, "before": now.Add(-s.config.Clock.AskAfter)}, &done.Asked,
			"请确认是否仍然有效；长期不确认会降低排序，之后归档", false},
		{demote, pgx.StrictNamedArgs{"now": now, "before": now.Add(-s.config.Clock.DemoteAfter), "reminded": now.Add(-s.config.Clock.Grace)},
			&done.Demoted, "因长期未确认已降低排序，确认后恢复", true},
	} {
		if err := s.tickNotices(ctx, c.sql, c.args, c.count, c.title, c.index); err != nil {
			return done, fmt.Errorf("tick: %w", err)
		}
	}
	return done, nil
}

// told is a listing whose owner hears about it.
type told struct {
	ID           int64
	Kind         Kind
	OwnerAccount int64
	Title        string
}

// tickEvents applies a system event to everything due, 500 to a transaction.
func (s *Service) tickEvents(ctx context.Context, sql string, before time.Time, e Event, count *int, title string) error {
	for {
		n := 0
		err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			args := pgx.StrictNamedArgs{"before": before}
			if e == EventExpire {
				args = pgx.StrictNamedArgs{"now": before}
			}
			q, _ := tx.Query(ctx, sql+" for update skip locked", args)
			ids, err := pgx.CollectRows(q, pgx.RowTo[int64])
			if err != nil {
				return err
			}
			n = len(ids)
			var news []told
			for _, id := range ids {
				r, err := s.lock(ctx, tx, id)
				if err != nil {
					return err
				}
				l, err := s.move(ctx, tx, actor.Actor{}, RoleSystem, r, Command{ID: id, Event: e}, nil)
				if err != nil && !fault.Is(err, fault.Conflict) { // moved on meanwhile
					return err
				}
				news = append(news, told{l.ID, l.Kind, l.OwnerAccount, l.Title})
			}
			if title == "" {
				return nil
			}
			return s.tellOwners(ctx, tx, news, title)
		})
		if err != nil {
			return err
		}
		*count += n
		if n < 500 {
			return nil
		}
	}
}

func (s *Service) tickNotices(ctx context.Context, sql string, args pgx.StrictNamedArgs, count *int, title string, index bool) error {
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		q, _ := tx.Query(ctx, sql, args)
		news, err := pgx.CollectRows(q, pgx.RowToStructByName[told])
		if err != nil {
			return err
		}
		*count = len(news)
		if len(news) == 0 {
			return nil
		}
		if err := s.tellOwners(ctx, tx, news, title); err != nil {
			return err
		}
		if !index {
			return nil
		}
		ids := make([]int64, len(news))
		for i, n := range news {
			ids[i] = n.ID
		}
		if err := s.enqueueIndex(ctx, tx, ids); err != nil {
			return err
		}
		return audit.Record(
			ctx,
			tx,
			audit.Entry{At: s.config.Now(), Action: "listing.demote", ObjectKind: "listing", ObjectID: "clock", Detail: map[string]any{"ids": ids}},
		)
	})
}

// tellOwners sends one message per owner and kind of listing.
func (s *Service) tellOwners(ctx context.Context, tx pgx.Tx, news []told, title string) error {
	type key struct {
		account int64
		kind    Kind
	}
	groups := map[key][]told{}
	var order []key
	for _, n := range news {
		k := key{n.OwnerAccount, n.Kind}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], n)
	}
	for _, k := range order {
		g := groups[k]
		kind := s.kinds.Of(k.kind)
		n := notify.Note{To: []int64{k.account}, Kind: "listing", At: s.config.Now(), Title: kind.Label + "“" + g[0].Title + "”" + title,
			Link: kind.DeskPath(g[0].ID)}
		if len(g) > 1 {
			n.Title, n.Link = fmt.Sprintf("%d 条%s%s", len(g), kind.Label, title), kind.OwnPath()
		}
		if err := notify.Message(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}
