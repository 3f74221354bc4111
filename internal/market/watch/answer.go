package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
)

// impression is one shown pair, waiting to be written.
type impression struct {
	At             time.Time       `json:"at"`
	Account        int64           `json:"account"`
	Query          int64           `json:"query"`
	QueryVersion   int             `json:"query_version"`
	Result         int64           `json:"result"`
	ResultVersion  int             `json:"result_version"`
	Rank           int             `json:"rank"`
	Score          int             `json:"score"` // thousandths
	WeightsVersion int             `json:"weights_version"`
	Explained      json.RawMessage `json:"explained"`
}

// noteLimit bounds what waits for the database; more is counted and dropped, because a page must never wait for its log.
const noteLimit = 2000

// Place is one match as it stood on the page.
type Place struct {
	Listing   listing.Listing // the found one
	Rank      int             // from 1
	Explained matching.Explained
}

// Shown notes that a signed-in person of the owner's side saw these matches of query. It only fills a buffer; Flush writes.
// Other people's looks are not kept.
func (s *Service) Shown(who actor.Actor, query listing.Listing, places []Place) {
	if !who.SignedIn() || !who.In(query.OrganisationID) {
		return
	}
	now := s.config.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range places {
		if len(s.shown) >= noteLimit {
			s.dropped++
			continue
		}
		raw, err := json.Marshal(p.Explained)
		if err != nil { // not a number: nothing worth keeping
			continue
		}
		s.shown = append(
			s.shown,
			impression{now, who.AccountID, query.ID, query.PublishedVersion, p.Listing.ID, p.Listing.PublishedVersion, p.Rank,
				int(math.Round(p.Explained.Score * 1000)), s.active.Version, raw},
		)
	}
}

type missKey struct{ kind, words string }

const (
	missLimit  = 5000 // rows kept; the oldest go
	missRunes  = 30
	missBuffer = 500
)

// Missed notes a search that found nothing, by its words alone. Texts that may name a person (digits of a telephone or
// identity number, addresses of mail) and long texts are not kept.
func (s *Service) Missed(kind listing.Kind, text string) {
	words := plainWords(s.config.Analyzer.Normalize(text))
	if words == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := (missKey{string(kind), words}); len(s.missed) < missBuffer || s.missed[k] > 0 {
		s.missed[k]++
	}
}

// plainWords tidies a normalised search text, or returns "" when it is better forgotten.
func plainWords(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	n := utf8.RuneCountInString(text)
	if n < 2 || n > missRunes || strings.ContainsAny(text, "@\x00") || strings.Contains(text, "://") {
		return ""
	}
	digits := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			if digits++; digits >= 7 {
				return ""
			}
		} else if r != '-' && r != ' ' {
			digits = 0
		}
	}
	return text
}

// Flush writes what was noted. It is called by Run and by tests.
func (s *Service) Flush(ctx context.Context) error {
	s.mu.Lock()
	shown, missed, dropped := s.shown, s.missed, s.dropped
	s.shown, s.missed, s.dropped = nil, map[missKey]int{}, 0
	s.mu.Unlock()
	if dropped > 0 {
		s.config.Log.Warn("impressions dropped", "count", dropped)
	}
	if len(shown) == 0 && len(missed) == 0 {
		return nil
	}
	return s.inTx(ctx, "flush", func(ctx context.Context, tx pgx.Tx) error {
		if len(shown) > 0 {
			raw, err := json.Marshal(shown)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, insertImpressions, pgx.StrictNamedArgs{"rows": raw}); err != nil {
				return err
			}
		}
		for k, n := range missed {
			if _, err := tx.Exec(ctx, insertEmpty,
				pgx.StrictNamedArgs{"kind": k.kind, "words": k.words, "times": n, "at": s.config.Now()}); err != nil {
				return err
			}
		}
		if len(missed) == 0 {
			return nil
		}
		_, err := tx.Exec(ctx, trimEmpty, pgx.StrictNamedArgs{"limit": missLimit})
		return err
	})
}

// Answer is what somebody says to a pair.
type Answer string

// The answers. Drop takes Keep back, Restore takes Refuse back.
const (
	Open    Answer = "open"
	Keep    Answer = "keep"
	Drop    Answer = "drop"
	Refuse  Answer = "refuse"
	Restore Answer = "restore"
)

// Say records an answer of the actor's organisation to a pair: query is its own listing, result the other side's. A refused pair
// is not shown to the organisation again until restored. Faults: unauthorized; forbidden "not_member"; not found "listing" when
// query is not the organisation's or result is not public; invalid for an unknown answer, or a refusal without a reason of codes.Decline.
func (s *Service) Say(ctx context.Context, who actor.Actor, query, result int64, a Answer, reason string) error {
	q, err := s.own(ctx, who, query)
	if err != nil {
		return err
	}
	r, err := s.config.Listings.Any(ctx, result)
	if err != nil {
		return err
	}
	if r.Kind != s.other(q.Kind) || r.OrganisationID != who.OrgID && !r.Public(s.config.Now()) && a != Drop && a != Restore {
		return errNoListing
	}
	switch a {
	case Open, Keep, Drop, Restore:
		reason = ""
	case Refuse:
		if !codes.Decline.Has(reason) {
			var f fault.Fields
			f.Add("reason", "choose", "请选择不合适的原因，匹配会据此改进。")
			return f.Err()
		}
	default:
		return fault.New(fault.Invalid, "match_answer", "没有这种答复，请从页面上的按钮中选择。")
	}
	return s.inTx(ctx, "answer a match", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertAnswer, pgx.StrictNamedArgs{"at": s.config.Now(), "account": who.AccountID, "org": who.OrgID,
			"query": query, "result": result, "answer": a, "reason": reason})
		return err
	})
}

// Standing is what an organisation last said to the pairs of one of its listings, by the found listing.
type Standing struct {
	Kept    map[int64]bool
	Refused map[int64]string // reason code
}

// Standing reads the answers about one own listing; guests and other organisations get an empty one.
func (s *Service) Standing(ctx context.Context, who actor.Actor, query listing.Listing) (Standing, error) {
	out := Standing{Kept: map[int64]bool{}, Refused: map[int64]string{}}
	if !who.SignedIn() || !who.In(query.OrganisationID) {
		return out, nil
	}
	pairs, err := s.pairs(ctx, who.OrgID, query.ID, maxPairs)
	if err != nil {
		return out, err
	}
	for _, p := range pairs {
		if p.Answer == Keep {
			out.Kept[p.Result] = true
		} else {
			out.Refused[p.Result] = p.Reason
		}
	}
	return out, nil
}

const maxPairs = 500 // search.MaxCodes: more refusals of one listing than this are shown again

// Pair is a kept or refused pair.
type Pair struct {
	Query, Result int64
	Answer        Answer // Keep or Refuse
	Reason        string
	At            time.Time
	Account       int64
}

// Pairs lists what the actor's organisation keeps and refused, newest first, at most 500. Fault: unauthorized.
func (s *Service) Pairs(ctx context.Context, who actor.Actor) ([]Pair, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	return s.pairs(ctx, who.OrgID, 0, maxPairs)
}

func (s *Service) pairs(ctx context.Context, org, query int64, limit int) ([]Pair, error) {
	rows, _ := s.config.DB.Query(ctx, selectPairs, pgx.StrictNamedArgs{"org": org, "query": query, "limit": limit})
	pairs, err := pgx.CollectRows(rows, pgx.RowToStructByName[Pair])
	if err != nil {
		return nil, fmt.Errorf("kept pairs: %w", err)
	}
	return pairs, nil
}

// Hidden are the ids of documents of a kind that a Standing keeps off the list.
func (st Standing) Hidden(kind listing.Descriptor) []string {
	var ids []string
	for id := range st.Refused {
		ids = append(ids, kind.DocumentID(id))
	}
	slices.Sort(ids)
	return ids
}
