package listing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
)

// Happening is one row of a listing's history.
type Happening struct {
	At        time.Time
	AccountID *int64 // nil: the system
	Name      string // of the account; "系统" without one
	Event     Event
	FromState State
	ToState   State
	Reason    string
}

// History tells everything that happened, newest first. Who may see the listing's desk view may call: own organisation and
// editors see all, the public only the publications. Fault: not found "listing".
func (s *Service) History(ctx context.Context, who actor.Actor, id int64) ([]Happening, error) {
	r, err := s.row(ctx, s.config.DB, id)
	if err != nil {
		return nil, err
	}
	if !s.visible(who, r) {
		return nil, errNotFound
	}
	insider := who.In(r.OrganisationID) || who.Covers(r.ReviewerScope)
	q, _ := s.config.DB.Query(ctx, history, pgx.StrictNamedArgs{"id": id, "insider": insider})
	hs, err := pgx.CollectRows(q, pgx.RowToStructByNameLax[Happening])
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	var ids []int64
	for _, h := range hs {
		if h.AccountID != nil {
			ids = append(ids, *h.AccountID)
		}
	}
	names, err := s.config.Directory.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range hs {
		hs[i].Name = "系统"
		if hs[i].AccountID != nil {
			hs[i].Name = names[*hs[i].AccountID]
		}
		if !insider {
			hs[i].AccountID, hs[i].Name, hs[i].Reason = nil, "", ""
		}
	}
	return hs, nil
}

// Counts are the figures of one kind. Local and imported, live and sleeping are never added up here (R11).
type Counts struct {
	Local            int // public, not sleeping
	LocalSleeping    int
	Imported         int
	ImportedSleeping int
	NewThisMonth     int // first published in the last 30 days
}

// PublicCounts counts what is public; sample listings only with sample set.
func (s *Service) PublicCounts(ctx context.Context, sample bool) (map[Kind]Counts, error) {
	now := s.config.Now()
	q, _ := s.config.DB.Query(ctx, publicCounts, pgx.StrictNamedArgs{"now": now, "since": now.AddDate(0, 0, -30), "sample": sample})
	rows, err := pgx.CollectRows(q, pgx.RowToStructByName[struct {
		Kind Kind
		Counts
	}])
	if err != nil {
		return nil, fmt.Errorf("public counts: %w", err)
	}
	m := map[Kind]Counts{}
	for _, r := range rows {
		m[r.Kind] = r.Counts
	}
	return m, nil
}

// DeskCounts counts the actor's organisation's listings of a kind by state. Fault: unauthorized.
func (s *Service) DeskCounts(ctx context.Context, who actor.Actor, k Kind) (map[State]int, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	q, _ := s.config.DB.Query(ctx, deskCounts, pgx.StrictNamedArgs{"org": who.OrgID, "kind": k})
	m := map[State]int{}
	var st State
	var n int
	if _, err := pgx.ForEachRow(q, []any{&st, &n}, func() error { m[st] = n; return nil }); err != nil {
		return nil, fmt.Errorf("desk counts: %w", err)
	}
	return m, nil
}

// Find returns a listing without its content, under the same rule of sight as Book.Get. Fault: not found "listing".
func (s *Service) Find(ctx context.Context, who actor.Actor, id int64) (Listing, error) {
	r, err := s.row(ctx, s.config.DB, id)
	if err != nil {
		return Listing{}, err
	}
	if !s.visible(who, r) {
		return Listing{}, errNotFound
	}
	return forReader(who, r.Listing), nil
}

// SeesFiles is the rule of files.Reader: pictures and attachments of what is published are read with the public listing, evidence and
// the files of drafts by the own organisation and the editor. Fault: not found "listing".
func (s *Service) SeesFiles(ctx context.Context, who actor.Actor, of files.Object) ([]string, error) {
	r, err := s.row(ctx, s.config.DB, of.ID)
	switch {
	case err != nil:
		return nil, err
	case who.In(r.OrganisationID) || r.SubmittedAt != nil && who.Covers(r.ReviewerScope):
		return []string{"public", "inside"}, nil
	case r.Listing.Public(s.config.Now()):
		return []string{"public"}, nil
	}
	return nil, errNotFound
}
