// Package place puts together what the market knows of one county or zone: where contracts are registered, who helps, what is asked and
// offered there, what was registered, and which policies hold.
//
// It owns no table and decides nothing: each part is asked from the room that has it. A part without anything stays empty, and the page
// says what to do instead (docs/rules/places.md §1).
package place

import (
	"context"
	"fmt"
	"slices"
	"time"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
	"techmarket/internal/publish/policy"
	"techmarket/internal/services/register"
	"techmarket/internal/trade/broker"
)

// Config is what a Service needs; all fields but Fonts must be set.
type Config struct {
	Points    *point.Service
	Registers *register.Service
	Brokers   *broker.Service
	Catalogue *catalogue.Service
	Listings  *listing.Service
	Policies  *policy.Service
	Stats     *stats.Service
	Fonts     func() (*document.Fonts, error) // nil: no paper can be made
	BaseURL   string                          // of the page, without a trailing slash
	Now       func() time.Time
}

// Service answers questions about places.
type Service struct{ config Config }

// New builds the service.
func New(c Config) *Service { return &Service{config: c} }

// Path is the address of a place's page.
func Path(code string) string { return "/places/" + code }

// Shown bounds how many entries, brokers, listings and policies a page shows of a place; the lists have the others.
const Shown = 3

// Listed are the newest open listings of one kind, and how many there are.
type Listed struct {
	Kind  listing.Descriptor
	Total int
	Items []listing.Head
}

// Figures are what was registered this year: by the applying side, by the seller (输出) and by the buyer (吸纳). Output and absorption are
// never added.
type Figures struct {
	From       string        `json:"from" format:"date"`
	To         string        `json:"to" format:"date"`
	Filed      stats.Measure `json:"filed"`
	Output     stats.Measure `json:"output"`
	Absorption stats.Measure `json:"absorption"`
	Sample     bool          `json:"sample"` // sample data was counted
	AsOf       time.Time     `json:"asOf"`
}

// Place is one county or zone.
type Place struct {
	Division region.Division
	League   region.Division
	Point    *point.Point // where units of the place file; nil: there is none yet, nowhere above it either
	Here     bool         // the point is the place's own
	Helpers  []register.Nearby
	Brokers  []broker.Suggestion
	Listed   []Listed
	Policies []policy.Policy // of the place and of its league, in force
	Figures  Figures
}

// Zone reports whether the place is a statistical zone, whose figures stand beside those of counties.
func (p Place) Zone() bool { return p.Division.Kind == region.ZoneKind }

// Quiet reports whether nothing was registered by, from or to the place.
func (f Figures) Quiet() bool {
	return f.Filed == f.Output && f.Output == f.Absorption && f.Filed == stats.Measure{}
}

// Read puts a place together. Sample contracts count only when asked for. Anybody may ask. Fault: NotFound "place".
func (s *Service) Read(ctx context.Context, who actor.Actor, code string, sample bool) (Place, error) {
	d, ok := region.County(code)
	if !ok {
		return Place{}, fault.New(fault.NotFound, "place", "没有这个旗县或开发区，请从列表中选择")
	}
	p := Place{Division: d}
	p.League, _ = region.League(code)
	for _, part := range []func(context.Context, actor.Actor, *Place) error{s.point, s.helpers, s.listed, s.policies} {
		if err := part(ctx, who, &p); err != nil {
			return Place{}, fmt.Errorf("place %s: %w", code, err)
		}
	}
	var err error
	if p.Figures, err = s.figures(ctx, code, sample); err != nil {
		return Place{}, fmt.Errorf("place %s: %w", code, err)
	}
	return p, nil
}

// point finds the competent point; a sample market has sample points only, and they say so.
func (s *Service) point(ctx context.Context, _ actor.Actor, p *Place) error {
	for _, sample := range []bool{false, true} {
		found, err := s.config.Points.Right(ctx, 0, p.Division.Code, sample)
		switch {
		case err == nil:
			p.Point, p.Here = &found, found.Division == p.Division.Code
			return nil
		case !fault.Is(err, fault.NotFound):
			return err
		}
	}
	return nil
}

func (s *Service) helpers(ctx context.Context, who actor.Actor, p *Place) (err error) {
	if p.Helpers, err = s.config.Registers.Nearby(ctx, who, p.Division.Code, Shown); err != nil {
		return err
	}
	slices.SortStableFunc(p.Helpers, func(a, b register.Nearby) int { return order(a.Kind) - order(b.Kind) })
	p.Brokers, err = s.config.Brokers.Suggest(ctx, "", p.Division.Code, Shown)
	return err
}

// order puts persons first: whoever looks for help calls somebody.
func order(d register.Descriptor) int {
	if d.Person {
		return 0
	}
	return 1
}

func (s *Service) listed(ctx context.Context, who actor.Actor, p *Place) error {
	for _, kind := range s.config.Catalogue.Kinds().All() {
		found, err := s.config.Catalogue.List(ctx, catalogue.Ask{Limit: Shown,
			Criteria: catalogue.Criteria{Kind: kind.Kind, Facets: map[string][]string{facet.County: {p.Division.Code}}}})
		if err != nil {
			return err
		}
		heads, err := s.config.Listings.Heads(ctx, who, catalogue.IDs(found.Hits))
		if err != nil {
			return err
		}
		p.Listed = append(p.Listed, Listed{Kind: kind, Total: found.Total, Items: heads})
	}
	return nil
}

// policies are those that the place or its league issued; the wider ones hold everywhere and stand in the library.
func (s *Service) policies(ctx context.Context, _ actor.Actor, p *Place) error {
	found, err := s.config.Policies.List(ctx, policy.Filter{Division: p.Division.Code, InForce: true, Limit: 100})
	for _, k := range found {
		if (k.Division == p.Division.Code || k.Division == p.League.Code) && len(p.Policies) < Shown {
			p.Policies = append(p.Policies, k)
		}
	}
	return err
}

func (s *Service) figures(ctx context.Context, code string, sample bool) (Figures, error) {
	now := clock.Local(s.config.Now())
	f := Figures{From: now.Format("2006") + "-01-01", To: now.Format(time.DateOnly), AsOf: now}
	for _, one := range []struct {
		by stats.Direction
		to *stats.Measure
	}{{stats.Filed, &f.Filed}, {stats.Output, &f.Output}, {stats.Absorption, &f.Absorption}} {
		t, err := s.config.Stats.Table(ctx, stats.Query{From: f.From, To: f.To, Direction: one.by, Area: code, Sample: sample})
		if err != nil {
			return Figures{}, err
		}
		*one.to, f.Sample = t.Total, f.Sample || t.Sample
	}
	return f, nil
}
