package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/trade/deal"
)

// facetName names a code for the reasons of a match.
func facetName(facet, code string) string {
	switch facet {
	case "field":
		return codes.Field.Label(code)
	case "industry":
		return codes.Industry.Label(code)
	case "cooperation":
		return codes.Cooperation.Label(code)
	case "league", "county":
		return region.Name(code)
	case "topic":
		if t, ok := codes.TopicByCode(code); ok {
			if t.Broad {
				return t.Area
			}
			return t.Name
		}
	}
	return code
}

// notices sends messages and mail as jobs of the caller's transaction.
type notices struct {
	queue Enqueuer
	now   func() time.Time
}

func (m notices) Mail(ctx context.Context, tx pgx.Tx, to, subject, body string) error {
	return m.queue.Enqueue(ctx, tx, notify.Mail{To: to, Subject: subject, Body: body, At: m.now()}, jobs.Options{})
}

func (m notices) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

// dealListings tells deals about listings.
type dealListings struct{ s *Services }

func (c dealListings) Facts(ctx context.Context, id int64) (deal.ListingFacts, error) {
	l, err := c.s.Listings.Any(ctx, id)
	if err != nil {
		return deal.ListingFacts{}, err
	}
	f := deal.ListingFacts{ID: l.ID, Kind: string(l.Kind), OrgID: l.OrganisationID, OwnerAccount: l.OwnerAccount, Title: l.Title,
		Open: l.Public(c.s.Platform.Now()), Field: l.Field, Sample: l.Sample}
	if l.Kind == listing.Achievement {
		content, err := c.s.Achievements.Shown(ctx, id)
		if err != nil {
			return f, err
		}
		f.Industry = content.Industry
		for _, ip := range content.IP {
			f.IP = append(f.IP, deal.Right{Kind: ip.Kind, Number: ip.Number, Title: ip.Title})
		}
	}
	return f, nil
}

// isBroker tells listing who can diagnose a need.
func (s *Services) isBroker(ctx context.Context, account int64, sample bool) (bool, error) {
	card, err := s.Brokers.Get(ctx, account)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && card.Sample == sample, err
}
