// Package market is the pages of achievements and needs: list, detail, form, match, import, alerts.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package market

import (
	"slices"

	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/broker"
	"techmarket/web"
	"techmarket/web/ui"
)

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Achievements *achievement.Service
	Demands      *demand.Service
	Listings     *listing.Service
	Catalogue    *catalogue.Service
	Matcher      Matcher
	Watch        *watch.Service
	Synonyms     func(text string) []string // other names of what a text holds
	Importer     *importer.Service
	Brokers      *broker.Service
	Identity     *identity.Service
	Files        ui.Files
	Help         func(c *web.Ctx, l listing.Listing) ([]ui.Block, error) // who else can help with a need: registers, which stand to the right
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	return slices.Concat(
		p.listingRoutes(),
		p.matchRoutes(),
		p.importRoutes(),
		p.compareRoutes(),
		p.suggestRoutes(),
		p.gateRoutes(),
		p.readRoutes(),
		p.watchRoutes(),
		p.qualityRoutes(),
		p.diagnosisRoutes(),
	)
}
