// Package certify is the pages of contracts and of the desks that register them.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package certify

import (
	"slices"

	"techmarket/internal/certify/archive"
	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/exchange"
	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
)

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Contracts *contract.Service
	Registry  *registry.Service
	Texts     *extract.Papers
	Points    *point.Service
	Papers    *papers.Service
	Deadlines *deadline.Service
	Benefits  *benefits.Service
	Archive   *archive.Service
	Exchange  *exchange.Service
	Identity  *identity.Service
	Files     ui.Files
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	return slices.Concat(p.contractRoutes(), p.registryRoutes(), p.paperRoutes(), p.exchangeRoutes(), p.listRoutes(), p.rateRoutes(),
		p.pointDeskRoutes(), p.policyRoutes(), p.deadlineRoutes())
}
