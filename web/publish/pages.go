// Package publish is the pages of policies and events, and later of integrity.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package publish

import (
	"techmarket/internal/market/listing"
	"techmarket/internal/publish/event"
	"techmarket/internal/publish/policy"
	"techmarket/web"
)

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Policies *policy.Service
	Events   *event.Service
	Listings *listing.Service
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	anyone, asker := web.Anyone(), web.SignedIn()
	return append(p.eventRoutes(), []web.Route{
		web.GET("/policies", anyone, p.policies).Public("q", "division", "benefit", "inForce", "after"),
		web.GET("/policies/:id", anyone, func(c *web.Ctx) error { return p.showPolicy(c, nil, nil) }).Public(),
		web.GET("/policies/:id/check", anyone, p.check),
		web.POST("/policies/:id/repeal", web.RegionOfficers(), p.repeal),
		web.POST("/policies/:id/questions", asker, p.ask),
		web.GET("/policies/questions", asker, p.questions),
		web.GET("/policies/questions/:id", asker, func(c *web.Ctx) error { return p.showQuestion(c, nil, nil) }),
		web.POST("/policies/questions/:id/do", asker, p.do),
	}...)
}
