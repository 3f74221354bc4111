package listing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// QueueFilter narrows an editor's queue.
type QueueFilter struct {
	Kind  Kind   // "" all
	After string // cursor of the page before
	Limit int    // 1–100, 20 when zero
}

// QueuePage is one page of it; Next is "" at the end.
type QueuePage struct {
	Listings []Listing
	Next     string
}

// ReviewQueue lists what waits for review in the actor's area, longest waiting first. Officers only; their own organisation's
// listings are left out. Faults: forbidden "not_editor"; invalid "after".
func (s *Service) ReviewQueue(ctx context.Context, who actor.Actor, f QueueFilter) (QueuePage, error) {
	scope, err := editorScope(who)
	if err != nil {
		return QueuePage{}, err
	}
	if _, known := s.kinds.Get(f.Kind); !known && f.Kind != "" {
		return QueuePage{}, fault.New(fault.Invalid, "kind", "没有这一类信息，请从页面上的选项中选择")
	}
	at, id, err := openCursor(f.After)
	if err != nil {
		return QueuePage{}, err
	}
	limit := pageSize(f.Limit)
	rows, err := s.list(
		ctx,
		reviewQueue,
		pgx.StrictNamedArgs{"scope": scope, "kind": f.Kind, "own": who.OrgID, "at": at, "id": id, "limit": limit + 1},
	)
	if err != nil {
		return QueuePage{}, fmt.Errorf("review queue: %w", err)
	}
	var p QueuePage
	if len(rows) > limit {
		rows = rows[:limit]
		p.Next = cursor(*rows[limit-1].SubmittedAt, rows[limit-1].ID)
	}
	for _, r := range rows {
		p.Listings = append(p.Listings, r.Listing)
	}
	return p, nil
}

// ReviewCount counts what ReviewQueue lists. Fault: forbidden "not_editor".
func (s *Service) ReviewCount(ctx context.Context, who actor.Actor) (n int, err error) {
	scope, err := editorScope(who)
	if err != nil {
		return 0, err
	}
	if err := s.config.DB.QueryRow(ctx, reviewCount, pgx.StrictNamedArgs{"scope": scope, "own": who.OrgID}).Scan(&n); err != nil {
		return 0, fmt.Errorf("review count: %w", err)
	}
	return n, nil
}

// editorScope is the area an officer reviews: "" is the whole region and everything from outside.
func editorScope(who actor.Actor) (string, error) {
	switch {
	case who.Has(actor.RegionOfficer):
		return "", nil
	case who.Has(actor.LeagueOfficer) && len(who.Division) == 6:
		return who.Division[:4], nil
	}
	return "", fault.New(fault.Forbidden, "not_editor", "只有盟市或自治区管理员可以审核")
}
