// Package market is the pages of achievements and needs: list, detail, form, match, import, alerts.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package market

import (
	"context"
	"slices"
	"time"

	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Replies tells how a unit has answered approaches since a day; internal/app supplies it over the talks.
type Replies func(ctx context.Context, org int64, since time.Time, sample bool) (Replied, error)

// Replied counts approaches. MedianHours is from approach to answer; 0 without answers.
type Replied struct{ Received, Answered, MedianHours int64 }

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
	Brokers      Brokers
	Replies      Replies
	Identity     *identity.Service
	Files        ui.Files
	Room         func(ctx context.Context, listing int64) (bool, error)  // whether a listing has a disclosure room
	Help         func(c *web.Ctx, l listing.Listing) ([]ui.Block, error) // who else can help with a need: registers, which stand to the right

	seen web.Known[listed] // rows of lists
}

// Declared lists the templates of this wing's own pages.
func Declared() []view.Decl {
	return []view.Decl{view.Declare[Achievement]("market/achievement"), view.Declare[Demand]("market/demand"),
		view.Declare[Match]("market/match")}
}

// Brokers proposes people who can help; internal/app supplies it over the brokers' room, which stands right of this wing.
type Brokers interface {
	// Suggest gives at most limit brokers for a field (two digits) and a place, the best first.
	Suggest(ctx context.Context, field, division string, limit int) ([]SuggestedBroker, error)
}

// SuggestedBroker is a broker as a listing shows one.
type SuggestedBroker struct {
	AccountID          int64
	Name, Organisation string
	Fields             []string
	Sample             bool
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
		p.favouriteRoutes(),
		p.qualityRoutes(),
		p.diagnosisRoutes(),
	)
}
