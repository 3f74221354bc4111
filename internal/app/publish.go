package app

import (
	"context"
	"crypto/rand"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/region"
	"techmarket/internal/publish/event"
	"techmarket/internal/publish/policy"
)

func (s *Services) buildPublish(post notices) {
	p := s.Platform
	s.Events = event.New(event.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Queue: s.enqueue, Directory: s.Identity, Listings: s.Listings,
		Deals: s.Deals, Calendar: s.calendar, Random: rand.Reader, Now: p.Now})
	s.Policies = policy.New(policy.Config{DB: p.DB, Audit: p.Audit(), Queue: s.enqueue, Facts: s.factsOf, Rest: s.calendar, Now: p.Now})
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
