package app

import (
	"context"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/region"
	"techmarket/internal/publish/policy"
)

func (s *Services) buildPublish() {
	p := s.Platform
	s.Policies = policy.New(policy.Config{DB: p.DB, Audit: p.Audit(), Facts: s.factsOf, Rest: s.restDays, Now: p.Now})
}

// factsOf are the dated facts that the market holds of an organisation: its profile as it stands.
func (s *Services) factsOf(ctx context.Context, organisation int64) ([]policy.Fact, error) {
	o, err := s.Identity.Organisation(ctx, organisation)
	if err != nil {
		return nil, err
	}
	since := fact.DayOf(o.CreatedAt)
	facts := []policy.Fact{{Fact: "org_kind", Value: string(o.Kind), From: since}}
	if region.Valid(o.Division) {
		facts = append(facts, policy.Fact{Fact: "division", Value: o.Division, From: since})
	}
	return facts, nil
}

// restDays is the calendar that the desks count with.
func (s *Services) restDays(ctx context.Context) (clock.Calendar, error) {
	days, err := s.Registry.Holidays(ctx)
	if err != nil {
		return nil, err
	}
	return calendarOf(days), nil
}

func calendarOf(days []registry.Holiday) clock.Calendar {
	c := clock.Calendar{}
	for _, d := range days {
		c[d.Day.Format(time.DateOnly)] = d.Kind
	}
	return c
}
