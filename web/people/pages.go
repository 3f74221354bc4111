// Package people is the pages of sign-in, accounts and organisations.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package people

import (
	"slices"

	"techmarket/internal/people/identity"
	"techmarket/web"
)

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Identity *identity.Service
	Refusals Refusals
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	return slices.Concat(p.accountRoutes(), p.unsentRoutes())
}
