package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/internal/platform/audit"
	"techmarket/search"
)

// Quality is what became of the matches shown since a day. Pairs are counted once per pair of listings, whatever their versions.
// Shown counts pairs that a person of the owner's side saw; approaches and agreements are of those pairs only, so that the steps are
// shares of one another.
type Quality struct {
	ByField  []Funnel // of the listing that was matched, codes.Field two digits
	ByLeague []Funnel // of the listing that was matched, six digits; "" unknown
	Truth    []Truth  // by field, the highest band first
	Refused  []Reason
	Empty    []EmptySearch
	Exposure []Exposure
}

// Funnel is one row of shown → opened → kept → contacted → agreed, and refused.
type Funnel struct {
	Code                                            string
	Shown, Opened, Kept, Refused, Contacted, Agreed int
}

// Truth is what the answers say of a band's pairs in a field: kept or contacted is useful, refused is not.
type Truth struct {
	Code             string
	Band             matching.Band
	Answered, Useful int
}

// Reason is how often a refusal gave a reason. Source is "match" for a refused proposal, "deal" for a declined approach.
type Reason struct {
	Source, Code string
	Times        int
}

// EmptySearch is a text that found nothing.
type EmptySearch struct {
	Kind   listing.Kind
	Words  string
	Times  int
	LastAt time.Time
}

// Exposure is how the shown places fall on the listings of a group; the share of places beside the share of listings tells whom
// the ranking favours. Size is by the number of public listings of the organisation (1–2, 3–10, more), since the market does not
// ask for the size of an organisation.
type Exposure struct {
	By       string // "kind", "size", "league"
	Code     string
	Listings int
	Places   int // shown among the first ten
}

// Quality answers the operator. Region officers may call; without sample, sample data is left out. Fault: forbidden.
func (s *Service) Quality(ctx context.Context, who actor.Actor, since time.Time, sample bool) (Quality, error) {
	if err := operator(who); err != nil {
		return Quality{}, err
	}
	var q Quality
	args := pgx.StrictNamedArgs{"since": since, "sample": sample}
	var err error
	if q.ByField, err = collect[Funnel](ctx, s, funnelByField, args); err != nil {
		return q, err
	}
	if q.ByLeague, err = collect[Funnel](ctx, s, funnelByLeague, args); err != nil {
		return q, err
	}
	open := pgx.StrictNamedArgs{"now": s.config.Now(), "since": since, "sample": sample}
	lines := pgx.StrictNamedArgs{"since": since, "sample": sample, "low": lineOf(matching.Low), "middle": lineOf(matching.Middle),
		"high": lineOf(matching.High)}
	if q.Truth, err = collect[Truth](ctx, s, truthByField, lines); err != nil {
		return q, err
	}
	if q.Refused, err = collect[Reason](ctx, s, refusals, args); err != nil {
		return q, err
	}
	if q.Exposure, err = collect[Exposure](ctx, s, exposure, open); err != nil {
		return q, err
	}
	q.Empty, err = collect[EmptySearch](ctx, s, emptySearches, pgx.StrictNamedArgs{"since": since})
	return q, err
}

// lineOf is the least score of a band in thousandths, as impressions keep it.
func lineOf(b matching.Band) int {
	for _, c := range matching.Calibrations() {
		if c.Band == b {
			return int(math.Round(c.From * 1000))
		}
	}
	return 0
}

func operator(who actor.Actor) error {
	if who.Has(actor.RegionOfficer) {
		return nil
	}
	return fault.New(fault.Forbidden, "not_operator", "只有自治区管理员可以查看和调整匹配质量。")
}

func collect[T any](ctx context.Context, s *Service, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, _ := s.config.DB.Query(ctx, sql, args)
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("match quality: %w", err)
	}
	return out, nil
}

// WeightsVersion is one stored set of weights.
type WeightsVersion struct {
	Version   int
	Weights   matching.Weights
	Note      string
	CreatedAt time.Time
	Active    bool
}

type weightsRow struct {
	Version   int
	Weights   json.RawMessage
	Note      string
	CreatedAt time.Time
	Active    bool
}

// shipped is the note of weights that came with the program; a newer program replaces them, but never what an operator chose.
const shipped = "随程序发布"

// Load puts the active weights into use; before that it stores the program's own when they are new. Call it once at the start.
func (s *Service) Load(ctx context.Context, own matching.Weights) error {
	err := s.inTx(ctx, "load weights", func(ctx context.Context, tx pgx.Tx) error {
		all, err := s.weights(ctx, tx, lockWeights)
		if err != nil {
			return err
		}
		last, replace := 0, true
		for _, w := range all {
			if w.Weights.Version == own.Version {
				return nil
			}
			last = max(last, w.Version)
			if w.Active && w.Note != shipped {
				replace = false
			}
		}
		return s.insertWeights(ctx, tx, WeightsVersion{last + 1, own, shipped, s.config.Now(), replace})
	})
	if err != nil {
		return err
	}
	all, err := s.weights(ctx, s.config.DB, selectWeights)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.Active {
			s.use(w)
			return nil
		}
	}
	return fmt.Errorf("load weights: none is active")
}

func (s *Service) use(w WeightsVersion) {
	f := s.config.Finder(w.Weights)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finder, s.active = f, w
}

// Relearned makes a new finder, because the model has changed.
func (s *Service) Relearned() {
	s.mu.Lock()
	w := s.active
	s.mu.Unlock()
	if w.Version != 0 {
		s.use(w)
	}
}

// Weights lists the versions, newest first. Region officers may call. Fault: forbidden.
func (s *Service) Weights(ctx context.Context, who actor.Actor) ([]WeightsVersion, error) {
	if err := operator(who); err != nil {
		return nil, err
	}
	return s.weights(ctx, s.config.DB, selectWeights)
}

// ActiveWeights are the weights in use, from which a proposal begins. Region officers may call. Fault: forbidden.
func (s *Service) ActiveWeights(who actor.Actor) (matching.Weights, error) {
	if err := operator(who); err != nil {
		return matching.Weights{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active.Weights, nil
}

// SaveWeights stores a new version without putting it into use. Region officers may call. Faults: forbidden; invalid.
func (s *Service) SaveWeights(ctx context.Context, who actor.Actor, w matching.Weights, note string) (WeightsVersion, error) {
	if err := operator(who); err != nil {
		return WeightsVersion{}, err
	}
	if note = catalogue.Clip(note, 200); note == "" {
		var f fault.Fields
		f.Add("note", "required", "请写明为什么调整，便于以后对照。")
		return WeightsVersion{}, f.Err()
	}
	if err := CheckWeights(w); err != nil {
		return WeightsVersion{}, err
	}
	var v WeightsVersion
	err := s.inTx(ctx, "save weights", func(ctx context.Context, tx pgx.Tx) error {
		all, err := s.weights(ctx, tx, lockWeights)
		if err != nil {
			return err
		}
		v = WeightsVersion{Version: 1, Weights: w, Note: note, CreatedAt: s.config.Now()}
		for _, old := range all {
			v.Version = max(v.Version, old.Version+1)
		}
		v.Weights.Version = "调整-" + strconv.Itoa(v.Version)
		if err := s.insertWeights(ctx, tx, v); err != nil {
			return err
		}
		return s.config.Audit.Record(
			ctx,
			tx,
			audit.Event{
				Actor:      who,
				Action:     "matching.weights",
				ObjectKind: "match_weights",
				ObjectID:   strconv.Itoa(v.Version),
				Detail:     map[string]any{"note": note},
			},
		)
	})
	return v, err
}

// Activate puts a version into use. Region officers may call. Faults: forbidden; not found "match_weights".
func (s *Service) Activate(ctx context.Context, who actor.Actor, version int) error {
	if err := operator(who); err != nil {
		return err
	}
	var chosen WeightsVersion
	err := s.inTx(ctx, "activate weights", func(ctx context.Context, tx pgx.Tx) error {
		all, err := s.weights(ctx, tx, lockWeights)
		if err != nil {
			return err
		}
		for _, w := range all {
			if w.Version == version {
				chosen = w
			}
		}
		if chosen.Version == 0 {
			return fault.New(fault.NotFound, "match_weights", "没有这一版权重。")
		}
		if _, err := tx.Exec(ctx, deactivateWeights); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, activateWeights, pgx.StrictNamedArgs{"version": version}); err != nil {
			return err
		}
		return s.config.Audit.Record(
			ctx,
			tx,
			audit.Event{Actor: who, Action: "matching.activate", ObjectKind: "match_weights", ObjectID: strconv.Itoa(version)},
		)
	})
	if err != nil {
		return err
	}
	chosen.Active = true
	s.use(chosen)
	return nil
}

// CheckWeights refuses weights that cannot rank: negative or above 1, or without any text. Faults name the feature.
func CheckWeights(w matching.Weights) error {
	var f fault.Fields
	for name, v := range map[string]float64{"text": w.Text, "subject": w.Subject, "maturity": w.Maturity, "terms": w.Terms,
		"region": w.Region, "record": w.Record, "freshness": w.Freshness, "threshold": w.Threshold} {
		f.Check(!math.IsNaN(v) && v >= 0 && v <= 1, name, "range", "请填写 0 到 1 的数")
	}
	f.Check(w.Text > 0, "text", "required", "文字内容的权重要大于 0，否则什么都不会匹配到")
	return f.Err()
}

func (s *Service) weights(ctx context.Context, q querier, sql string) ([]WeightsVersion, error) {
	rows, _ := q.Query(ctx, sql)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[weightsRow])
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	var out []WeightsVersion
	for _, r := range found {
		w := WeightsVersion{
			r.Version,
			matching.DefaultWeights(),
			r.Note,
			r.CreatedAt,
			r.Active,
		} // what an older version does not name is the default
		if err := stored.Unmarshal(r.Weights, &w.Weights); err != nil {
			return nil, fmt.Errorf("weights %d: %w", r.Version, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// Change is one of the last matches whose place would change. Rank 0 means not among the first twenty.
type Change struct {
	Query, Result int64
	Before, After int
}

// Trial is the outcome of a dry run.
type Trial struct {
	Matches int // that were compared
	Queries int
	Changes []Change
}

const (
	trialMatches = 200
	trialRanks   = 20
)

// TryWeights runs the listings of the last 200 shown matches with the weights in use and with w, and tells whose place would
// change. Nothing is stored. Region officers may call. Faults: forbidden; invalid.
func (s *Service) TryWeights(ctx context.Context, who actor.Actor, w matching.Weights, sample bool) (Trial, error) {
	if err := operator(who); err != nil {
		return Trial{}, err
	}
	if err := CheckWeights(w); err != nil {
		return Trial{}, err
	}
	pairs, err := collect[Pair](ctx, s, lastMatches, pgx.StrictNamedArgs{"sample": sample, "limit": trialMatches})
	if err != nil {
		return Trial{}, err
	}
	byQuery := map[int64][]int64{}
	var order []int64
	for _, p := range pairs {
		if byQuery[p.Query] == nil {
			order = append(order, p.Query)
		}
		byQuery[p.Query] = append(byQuery[p.Query], p.Result)
	}
	trial := s.config.Finder(w)
	var out Trial
	for _, id := range order {
		l, err := s.config.Listings.Any(ctx, id)
		if err != nil || !l.Public(s.config.Now()) {
			if err == nil || fault.Is(err, fault.NotFound) {
				continue
			}
			return out, fmt.Errorf("try weights: %w", err)
		}
		document, indexed, err := s.config.Catalogue.Indexed(ctx, l.Kind, id)
		if err != nil {
			return out, fmt.Errorf("try weights: %w", err)
		}
		if !indexed {
			continue
		}
		before, err := s.ranks(ctx, s, l, document)
		if err != nil {
			return out, err
		}
		after, err := s.ranks(ctx, trial, l, document)
		if err != nil {
			return out, err
		}
		out.Queries++
		for _, result := range byQuery[id] {
			doc := s.kind(s.other(l.Kind)).DocumentID(result)
			out.Matches++
			if before[doc] != after[doc] {
				out.Changes = append(out.Changes, Change{id, result, before[doc], after[doc]})
			}
		}
	}
	return out, nil
}

func (s *Service) ranks(ctx context.Context, f Finder, l listing.Listing, doc search.Document) (map[string]int, error) {
	found, err := f.Find(ctx, matching.Request{Listing: doc, Want: string(s.other(l.Kind)), Hard: Hard(doc), Limit: trialRanks,
		Visible: s.config.Catalogue.Visible()})
	if err != nil && !fault.HasCode(err, "match_empty") {
		return nil, fmt.Errorf("try weights: %w", err)
	}
	out := map[string]int{}
	for i, m := range found.Items {
		out[m.Document.ID] = i + 1
	}
	return out, nil
}
