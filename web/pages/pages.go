package pages

import (
	"context"
	"fmt"
	"io"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/notify"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/view"
)

// Files keeps uploads; serve.go supplies it over platform/files.
type Files interface {
	// Receive stores an upload for the actor's organisation. Faults: invalid (kind, size …), unavailable.
	Receive(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (int64, error)
	// Open gives a stored file; the caller has checked that the reader may have it.
	Open(ctx context.Context, id int64) (*StoredFile, error)
}

// StoredFile is an open file with its name and kind.
type StoredFile struct {
	Name, MIME string
	io.ReadSeekCloser
}

// Inbox is a person's messages in the site; serve.go supplies it over platform/notify.
type Inbox interface {
	// Box lists messages, newest first, with ids below before (0: from the newest).
	Box(ctx context.Context, account, before int64, limit int) ([]notify.Received, error)
	// Read marks one message (0: all) as read and returns its link. Fault: not found.
	Read(ctx context.Context, account, id int64) (string, error)
}

// Pages holds the services that pages call. serve.go fills it.
type Pages struct {
	Identity     *identity.Service
	Listings     *listing.Service
	Achievements *achievement.Service
	Demands      *demand.Service
	Search       search.Engine
	Matcher      Matcher
	Watch        *watch.Service
	Synonyms     func(text string) []string // other names of what a text holds
	Brokers      *broker.Service
	Deals        *deal.Service
	Contracts    *contract.Service
	Registry     *registry.Service
	Stats        *stats.Service
	Importer     *importer.Service
	Files        Files
	Inbox        Inbox
	Assets       *view.Assets
	Dev          bool // shows /design
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	var routes []web.Route
	for _, part := range [][]web.Route{p.siteRoutes(), p.homeRoutes(), p.accountRoutes(), p.listingRoutes(), p.matchRoutes(), p.dealRoutes(), p.contractRoutes(), p.registryRoutes(), p.paperRoutes(), p.deskRoutes(), p.statsRoutes(), p.importRoutes(), p.brokerRoutes(), p.unitRoutes(), p.compareRoutes(), p.suggestRoutes(), p.watchRoutes(), p.gateRoutes(), p.qualityRoutes(), p.diagnosisRoutes()} {
		routes = append(routes, part...)
	}
	return routes
}

// Declared lists the page templates, for view.New.
func Declared() []view.Decl { return declared() }

// Menu is the main navigation.
func Menu() []view.Link {
	return []view.Link{
		{Label: "成果", Href: "/achievements", Key: "achievements"},
		{Label: "需求", Href: "/demands", Key: "demands"},
		{Label: "技术经纪人", Href: "/brokers", Key: "brokers"},
		{Label: "登记点", Href: "/points", Key: "points"},
		{Label: "数据", Href: "/stats", Key: "stats"},
		{Label: "证明核验", Href: "/verify", Key: "verify"},
	}
}

func (p *Pages) siteRoutes() []web.Route {
	routes := []web.Route{
		web.GET("/assets/*", web.Anyone(), func(c *web.Ctx) error { return c.Serve(p.Assets) }),
		web.POST("/theme", web.Anyone(), p.theme),
	}
	if p.Dev {
		routes = append(routes, web.GET("/design", web.Anyone(), func(c *web.Ctx) error {
			return c.Render("design", view.DesignPage(c.Page("组件")))
		}))
	}
	return routes
}

func (p *Pages) theme(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	theme := view.Theme("")
	if form.Text("theme") == string(view.ThemeElder) {
		theme = view.ThemeElder
	}
	c.SetTheme(theme)
	return c.SeeNext("/")
}

// join lists words the way a sentence does.
func join(words []string) string { return strings.Join(words, "、") }

// listingPath is the public address of a listing.
func listingPath(k listing.Kind, id int64) string {
	if k == listing.Demand {
		return fmt.Sprintf("/demands/%d", id)
	}
	return fmt.Sprintf("/achievements/%d", id)
}
