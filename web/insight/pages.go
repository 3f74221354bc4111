// Package insight is the pages of figures: what the market did, by region and time.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package insight

import (
	"slices"

	"techmarket/internal/insight/annual"
	"techmarket/internal/insight/monitor"
	"techmarket/internal/insight/place"
	"techmarket/internal/insight/plan"
	"techmarket/internal/insight/price"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/view"
)

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Stats    *stats.Service
	Plans    *plan.Service
	Prices   *price.Service
	Places   *place.Service
	Annuals  *annual.Service
	Monitor  *monitor.Service
	Listings *listing.Service
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	return slices.Concat(p.statsRoutes(), p.planRoutes(), p.placeRoutes(), p.annualRoutes(), p.priceRoutes(), p.monitorRoutes())
}

// Declared lists the templates of this wing's own pages.
func Declared() []view.Decl {
	return []view.Decl{view.Declare[Board]("insight/board"), view.Declare[Wall]("insight/wall").In("plain")}
}
