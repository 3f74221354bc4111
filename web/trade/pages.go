// Package trade is the pages of brokers, of talks between two organisations, of sales by bidding and of public notices, of rights and
// income, of trials and of disclosure.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package trade

import (
	"context"
	"slices"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/live"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/challenge"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/disclosure"
	"techmarket/internal/trade/notice"
	"techmarket/internal/trade/rights"
	"techmarket/internal/trade/sale"
	"techmarket/internal/trade/trial"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Deals      *deal.Service
	Brokers    *broker.Service
	Notices    *notice.Service
	Sales      *sale.Service
	Challenges *challenge.Service
	Rights     *rights.Service
	Trials     *trial.Service
	Rooms      *disclosure.Service
	// PriceHint says what registered contracts of a class cost, beside the field of a price.
	PriceHint func(c *web.Ctx, way string) (string, error)
	// OnTrial are the achievements that the person's unit offers for trial.
	OnTrial      func(ctx context.Context, who actor.Actor) ([]listing.Listing, error)
	Listings     *listing.Service
	Achievements *achievement.Service
	Demands      *demand.Service
	Contracts    Contracts
	Identity     *identity.Service
	Files        ui.Files
	SaleLines    *live.Hub // of those who watch a bidding: see WatchSales
}

// Contracts tells what became of an agreement; internal/app supplies it over the contracts, which stand right of this wing.
type Contracts interface {
	// OfDeal is the contract that was made of a deal, as far as the person may see it; false without one.
	OfDeal(ctx context.Context, who actor.Actor, deal int64) (MadeContract, bool, error)
	// Name is the name of a contract that the person may read.
	Name(ctx context.Context, who actor.Actor, id int64) (string, error)
}

// MadeContract is a contract as its deal shows it.
type MadeContract struct {
	ID         int64
	State      string // in words
	Registered bool
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	return slices.Concat(p.dealRoutes(), p.brokerRoutes(), p.mandateRoutes(), p.saleRoutes(), p.noticeRoutes(), p.challengeRoutes(),
		p.incomeRoutes(), p.grantRoutes(), p.trialRoutes(), p.roomRoutes())
}

// Declared lists the pages of this package.
func Declared() []view.Decl { return []view.Decl{view.Declare[Talk]("trade/talk")} }
