package pages

import (
	"strings"

	"techmarket/internal/foundation/identity"
	"techmarket/web"
	"techmarket/web/view"
)

// Pages holds the services that pages call. serve.go fills it.
type Pages struct {
	Identity *identity.Service
	Assets   *view.Assets
	Dev      bool // shows /design
}

// Routes lists every page and action with who may use it.
func (p *Pages) Routes() []web.Route {
	var routes []web.Route
	for _, part := range [][]web.Route{p.siteRoutes(), p.accountRoutes()} {
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
