// Package services is the pages of the registers: people and services around a deal. Every page is drawn from a kind's declaration.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package services

import (
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Registers *register.Service
	Vouchers  *voucher.Service
	Finance   *finance.Service
	Files     ui.Files
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	anyone, member := web.Anyone(), web.Members()
	return append(append(p.voucherRoutes(), p.financeRoutes()...), []web.Route{
		web.GET("/registers", anyone, p.registers),
		web.GET("/registers/:kind", anyone, p.list),
		web.GET("/registers/:kind/:id", anyone, p.detail),
		web.GET("/registers/:kind/figures", anyone, p.figures),
		web.GET("/registers/:kind/export", web.SignedIn(), p.export),
		web.GET("/registers/:kind/new", member, func(c *web.Ctx) error { return p.showNew(c, nil, nil) }),
		web.POST("/registers/:kind", member, p.create),
		web.GET("/desk/registers", web.SignedIn(), p.own),
		web.GET("/desk/registers/queue", web.Officers(), p.queue),
		web.GET("/desk/registers/:id", web.SignedIn(), func(c *web.Ctx) error { return p.showEntry(c, nil, nil) }),
		web.GET("/desk/registers/:id/edit", member, func(c *web.Ctx) error { return p.showEdit(c, nil, nil) }),
		web.POST("/desk/registers/:id/edit", member, p.save),
		web.POST("/desk/registers/:id/do", web.SignedIn(), p.do),
	}...)
}

func stateTag(s register.State) view.Tag {
	t := view.Tag{Label: words.RegisterState(s)}
	switch s {
	case register.Listed:
		t.Tone = view.OK
	case register.Submitted, register.Revised:
		t.Tone = view.Info
	case register.Suspended, register.Lapsed:
		t.Tone = view.Warn
	case register.Removed:
		t.Tone = view.Bad
	}
	return t
}

func (p *Pages) kindOf(c *web.Ctx) (register.Descriptor, error) {
	return p.Registers.Kinds().At(c.Param("kind"))
}
