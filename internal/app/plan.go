package app

import (
	"context"
	"fmt"
	"math/big"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/insight/annual"
	"techmarket/internal/insight/monitor"
	"techmarket/internal/insight/place"
	"techmarket/internal/insight/plan"
	"techmarket/internal/insight/price"
	"techmarket/internal/insight/stats"
	"techmarket/web"
	pagesinsight "techmarket/web/insight"
)

func (s *Services) buildInsight() {
	p := s.Platform
	s.Stats = stats.New(p.DB, p.Now)
	s.Prices = price.New(price.Config{DB: p.DB, Now: p.Now})
	s.Plans = plan.New(plan.Config{DB: p.DB, Audit: p.Audit(), Own: s.ownFigure, Now: p.Now})
	s.Monitor = monitor.New(p.DB, p.Audit(), p.Now)
	s.Annual = annual.New(annual.Config{DB: p.DB, Audit: p.Audit(), Now: p.Now})
}

// openPlaces makes the pages of places, which ask the catalogue.
func (s *Services) openPlaces() {
	p := s.Platform
	s.Places = place.New(place.Config{Points: s.Points, Registers: s.Registers, Brokers: s.Brokers, Catalogue: s.Catalogue,
		Listings: s.Listings, Policies: s.Policies, Stats: s.Stats, Fonts: p.Fonts, BaseURL: p.Config.BaseURL, Now: p.Now})
}

// priceHint is what stands beside the field of a price.
func (s *Services) priceHint(c *web.Ctx, way string) (string, error) {
	answer, err := s.Prices.Evidence(c.Context(), c.Actor(), price.Ask{Way: way})
	if err != nil {
		return "", err
	}
	return pagesinsight.HintOf(c, answer), nil
}

// ownFigure is what the platform counts for an indicator of a plan: 成交额 registered in the year, in 亿元.
func (s *Services) ownFigure(ctx context.Context, figure string, year int, sample bool) (*fact.Dec, error) {
	if figure != "amount" {
		return nil, nil
	}
	t, err := s.Stats.Table(ctx, stats.Query{From: fmt.Sprintf("%d-01-01", year), To: fmt.Sprintf("%d-12-31", year), Sample: sample})
	if err != nil {
		return nil, err
	}
	d := fact.Dec(fact.Round(big.NewRat(int64(t.Total.Amount), int64(money.YiYuan)), 2))
	return &d, nil
}
