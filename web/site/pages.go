// Package site is the pages that belong to no single wing: home, desk, messages, an organisation's public page, theme and assets.
//
// A handler decodes, calls one service method and composes the page from parts of web/ui and web/view; it refuses rules and SQL.
package site

import (
	"context"
	"slices"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/notify"
	"techmarket/internal/publish/event"
	"techmarket/internal/publish/policy"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/voucher"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/disclosure"
	"techmarket/internal/trade/rights"
	"techmarket/internal/trade/trial"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Inbox is a person's messages in the site; internal/app supplies it over platform/notify.
type Inbox interface {
	// Box lists messages, newest first, with ids below before (0: from the newest).
	Box(ctx context.Context, account, before int64, limit int) ([]notify.Received, error)
	// Read marks one message (0: all) as read and returns its link. Fault: not found.
	Read(ctx context.Context, account, id int64) (string, error)
}

// Pages holds the services that these pages call; internal/app fills it.
type Pages struct {
	Identity     *identity.Service
	Listings     *listing.Service
	Catalogue    *catalogue.Service
	Achievements *achievement.Service
	Demands      *demand.Service
	Deals        *deal.Service
	Registry     *registry.Service
	Points       *point.Service
	Stats        *stats.Service
	Inbox        Inbox
	Brokers      *broker.Service
	Policies     *policy.Service
	Events       *event.Service
	Trials       *trial.Service
	Vouchers     *voucher.Service
	Finance      *finance.Service
	Rights       *rights.Service
	Rooms        *disclosure.Service
	Finders      []ui.Finder       // of the search over everything, in the order of its tabs
	Missed       func(text string) // counts a search in vain
	Assets       *view.Assets
	Dev          bool // shows /design
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	return slices.Concat(p.siteRoutes(), p.homeRoutes(), p.deskRoutes(), p.unitRoutes())
}

// Declared lists the templates of this wing's own pages.
func Declared() []view.Decl {
	return []view.Decl{view.Declare[Home]("site/home"), view.Declare[ui.Sheet]("site/desk")}
}

// Menu is the main navigation.
func Menu(t view.Words, kinds []listing.Descriptor) []view.Link {
	var lists []view.Link
	for _, kind := range kinds {
		lists = append(lists, view.Link{Label: t(kind.Label), Href: kind.ListPath(), Key: kind.Path})
	}
	return append(lists, []view.Link{
		{Label: t("交易"), Href: "/challenges", Key: "sales"},
		{Label: t("人员与服务"), Href: "/registers", Key: "registers"},
		{Label: t("登记点"), Href: "/points", Key: "points"},
		{Label: t("政策"), Href: "/policies", Key: "policies"},
		{Label: t("活动"), Href: "/events", Key: "events"},
		{Label: t("数据"), Href: "/stats", Key: "stats"},
		{Label: t("证明核验"), Href: "/verify", Key: "verify"},
	}...)
}

func (p *Pages) siteRoutes() []web.Route {
	routes := []web.Route{
		web.GET("/assets/*", web.Anyone(), func(c *web.Ctx) error { return c.Serve(p.Assets) }),
		web.GET("/favicon.ico", web.Anyone(), p.icon),
		web.GET("/robots.txt", web.Anyone(), robots),
		web.GET("/theme", web.Anyone(), p.theme),
	}
	if p.Dev {
		routes = append(routes, web.GET("/design", web.Anyone(), func(c *web.Ctx) error {
			return c.Render("view/design", view.DesignPage(c.T, c.Page("组件")))
		}))
	}
	return routes
}

// theme remembers how the reader wants to see pages. It is a link, because a form would put the reader's token into every page.
func (p *Pages) theme(c *web.Ctx) error {
	theme := view.Theme("")
	if c.QueryForm().Text("to") == string(view.ThemeElder) {
		theme = view.ThemeElder
	}
	c.SetTheme(theme)
	return c.SeeNext("/")
}

// icon is for programs that ask for it without reading a page.
func (p *Pages) icon(c *web.Ctx) error {
	mark, err := p.Assets.URL("mark.svg")
	if err != nil {
		return err
	}
	return c.Moved(mark)
}

// robots keeps programs that collect pages off what is no public page: desks, filters without end, addresses with a secret.
func robots(c *web.Ctx) error {
	return c.Blob("text/plain; charset=utf-8", []byte("User-agent: *\n"+
		"Disallow: /account\nDisallow: /desk\nDisallow: /signin\nDisallow: /invitations/\nDisallow: /feeds/\nDisallow: /match\n"+
		"Disallow: /search\nDisallow: /theme\nDisallow: /suggest\nDisallow: /api/\nDisallow: /v/\n"))
}
