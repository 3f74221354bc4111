package listing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
)

// Any returns a listing without asking who looks: for rooms that have checked their own permission, such as a deal
// about a listing that was closed since. Fault: not found "listing".
func (s *Service) Any(ctx context.Context, id int64) (Listing, error) {
	r, err := s.row(ctx, s.config.DB, id)
	return r.Listing, err
}

// Shown returns a listing with the facts of its published content, else of the working one, without asking who looks; see Any.
func (s *Service) Shown(ctx context.Context, id int64) (Listing, Facts, error) {
	r, err := s.row(ctx, s.config.DB, id)
	if err != nil {
		return Listing{}, Facts{}, err
	}
	raw := r.Published
	if len(raw) == 0 {
		raw = r.Draft
	}
	f, err := s.kinds.Of(r.Kind).rules.facts(raw)
	if err != nil {
		return Listing{}, Facts{}, fmt.Errorf("listing %d: %w", id, err)
	}
	return r.Listing, f, nil
}

// Standing is what everybody may know of a listing that was public once: whether it still is, and until when.
type Standing struct {
	Kind      Kind
	State     State
	Open      bool
	Version   int    // the published one
	Deadline  string // 2006-01-02 of the published content, "" without one
	ExpiresAt *time.Time
	Sample    bool
}

// Standings tells where listings stand that the asker knew as public; it does not ask who looks and tells nothing of their contents.
func (s *Service) Standings(ctx context.Context, ids []int64) (map[int64]Standing, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.list(ctx, indexRows, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("standings: %w", err)
	}
	out := make(map[int64]Standing, len(rows))
	for _, r := range rows {
		st := Standing{Kind: r.Kind, State: r.State, Open: r.Public(s.config.Now()), Version: r.PublishedVersion, ExpiresAt: r.ExpiresAt,
			Sample: r.Sample}
		if len(r.Published) > 0 {
			f, err := s.kinds.Of(r.Kind).rules.facts(r.Published)
			if err != nil {
				return nil, fmt.Errorf("listing %d: %w", r.ID, err)
			}
			st.Deadline = f.Deadline
		}
		out[r.ID] = st
	}
	return out, nil
}

// Head is a listing of any kind with the line that stands under its title.
type Head struct {
	Listing
	Lead string // of the published content
}

// Heads returns those of the listings that the actor may see, in the order of ids, whatever their kinds.
func (s *Service) Heads(ctx context.Context, who actor.Actor, ids []int64) ([]Head, error) {
	rows, err := s.list(ctx, indexRows, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("heads: %w", err)
	}
	at := make(map[int64]row, len(rows))
	for _, r := range rows {
		at[r.ID] = r
	}
	out := make([]Head, 0, len(rows))
	for _, id := range ids {
		r, ok := at[id]
		if !ok || !s.visible(who, r) {
			continue
		}
		head := Head{Listing: forReader(who, r.Listing)}
		if len(r.Published) > 0 {
			f, err := s.kinds.Of(r.Kind).rules.facts(r.Published)
			if err != nil {
				return nil, fmt.Errorf("listing %d: %w", id, err)
			}
			head.Lead = f.Lead
		}
		out = append(out, head)
	}
	return out, nil
}
