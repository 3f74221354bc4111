package site

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Home is the body of the page "home".
type Home struct {
	Search       view.Search
	Topics       []view.Chip
	Figures      []view.Figure
	Doors        []view.Entry
	Achievements view.Rows
	Demands      view.Rows
	DemandsTitle string
	Map          view.Picture
	MapNote      string
	Top          view.Table
	TopNote      string
}

func (p *Pages) homeRoutes() []web.Route {
	return []web.Route{
		web.GET("/", web.Anyone(), p.home).Public(),
		web.GET("/search", web.Anyone(), p.search),
	}
}

// home is what is new, what the figures say, and the five things people come for.
func (p *Pages) home(c *web.Ctx) error {
	body := Home{
		Search: view.Search{
			Action:      "/search",
			Scope:       "in",
			Scopes:      p.scopes(c),
			Placeholder: "关键词，或直接粘贴一段技术难题",
		},
		Doors: doors(c),
	}
	for _, t := range codes.Topics() {
		if t.Broad && len(body.Topics) < 8 {
			body.Topics = append(body.Topics, view.Chip{Label: t.Area, Href: "/achievements?topic=" + t.Code})
		}
	}
	body.Topics = append(body.Topics, view.Chip{Label: "全部方向", Href: "/achievements"})

	achievements, err := p.Achievements.Latest(c.Context(), c.Actor(), listing.Filter{Limit: 4})
	if err != nil {
		return err
	}
	orgs, err := p.Identity.Organisations(c.Context(), ui.OrgIDs(achievements.Items))
	if err != nil {
		return err
	}
	body.Achievements = view.Rows{
		Label: "新近成果",
		Empty: view.Empty{Title: "还没有成果", Actions: []view.Action{{Label: "发布第一项成果", Href: "/achievements/new"}}},
	}
	for _, it := range achievements.Items {
		body.Achievements.Items = append(body.Achievements.Items, ui.AchievementRow(c, it, orgs[it.OrganisationID]))
	}
	if err := p.homeNeeds(c, &body); err != nil {
		return err
	}
	if err := p.homeFigures(c, &body); err != nil {
		return err
	}
	page := c.Page("")
	return c.Render("site/home", view.With[Home]{Page: page, Body: body})
}

// scopes are where the box of the first page looks.
func (p *Pages) scopes(c *web.Ctx) []view.Option {
	out := []view.Option{{Label: "全部"}}
	for _, kind := range p.Listings.Kinds().All() {
		out = append(out, view.Option{Value: kind.Path, Label: c.T("找%s", kind.Label)})
	}
	return append(out, view.Option{Value: "match", Label: "按难题匹配"})
}

// doors are the eight services by the names under which people ask for them. What is not done here says so.
func doors(c *web.Ctx) []view.Entry {
	who := c.Actor()
	// Whom a form would refuse is led to what others have posted.
	posts := func(form, list string) string {
		if !web.AskedToPost(who) {
			return list
		}
		return form
	}
	filing := "/contracts"
	switch {
	case who.Staff() || who.Officer():
		filing = "/registry"
	case who.SignedIn() && !web.Traders().Allows(who):
		filing = "/points"
	}
	return []view.Entry{
		{Icon: "book-open", Label: c.T("政策咨询"), Note: c.T("查政策、核对条件、提问"), Href: "/policies"},
		{Icon: "circle-help", Label: c.T("科技研发"), Note: c.T("提出技术难题，找研发单位"), Href: posts("/demands/new", "/demands")},
		{Icon: "lightbulb", Label: c.T("成果登记"), Note: c.T("发布成果；科技成果登记在科技主管部门办理"),
			Href: posts("/achievements/new", "/achievements")},
		{Icon: "building-2", Label: c.T("创业孵化"), Note: c.T("园区、孵化器和中试平台名录"), Href: "/registers"},
		{Icon: "landmark", Label: c.T("科技金融"), Note: c.T("贷款、保险等产品名录和条件"), Href: "/registers/finance"},
		{Icon: "badge-check", Label: c.T("知识产权"), Note: c.T("专利池和服务机构名录；质押暂未办理"), Href: "/registers/patent-pools"},
		{Icon: "scale", Label: c.T("技术产权交易"), Note: c.T("挂牌、竞价、公示"), Href: "/sales"},
		{Icon: "stamp", Label: c.T("技术合同登记"), Note: c.T("预审、提交、进度"), Href: filing},
	}
}

// homeNeeds are this week's needs, or the newest where the week has brought none.
func (p *Pages) homeNeeds(c *web.Ctx, body *Home) error {
	demands, err := p.Demands.Latest(c.Context(), c.Actor(), listing.Filter{Limit: 4})
	if err != nil {
		return err
	}
	orgs, err := p.Identity.Organisations(c.Context(), ui.OrgIDs(demands.Items))
	if err != nil {
		return err
	}
	body.DemandsTitle = c.T("等你来解的需求")
	body.Demands = view.Rows{
		Label: body.DemandsTitle,
		Empty: view.Empty{Title: "还没有需求"},
	}
	if web.AskedToPost(c.Actor()) {
		body.Demands.Empty.Actions = []view.Action{{Label: "发布第一条需求", Href: "/demands/new"}}
	}
	week := c.Now().AddDate(0, 0, -7)
	for i, it := range demands.Items {
		fresh := it.PublishedAt != nil && it.PublishedAt.After(week)
		if i == 0 && fresh {
			body.DemandsTitle = c.T("本周新需求")
		}
		if !fresh && body.DemandsTitle == c.T("本周新需求") {
			break
		}
		body.Demands.Items = append(body.Demands.Items, ui.DemandRow(c, it, orgs[it.OrganisationID]))
	}
	return nil
}

// homeFigures fills the head figures and the map: published figures with their year and source, the market's own
// with the day, sample data only where there is nothing else, and then marked.
func (p *Pages) homeFigures(c *web.Ctx, body *Home) error {
	if err := p.publishedFigures(c, body); err != nil {
		return err
	}
	if err := p.listedFigures(c, body); err != nil {
		return err
	}
	return p.homeMap(c, body)
}

// publishedFigures are the newest published yearly figures of the region.
func (p *Pages) publishedFigures(c *web.Ctx, body *Home) error {
	published, err := p.Stats.Published(c.Context())
	if err != nil {
		return err
	}
	for _, measure := range []struct{ name, label string }{{"amount", "全区技术合同成交额"}, {"contracts", "全区登记合同"}} {
		for _, f := range slices.Backward(published) {
			if f.Measure != measure.name || f.Certainty != "published" || f.EndsOn.Sub(f.StartsOn) < 360*24*time.Hour {
				continue
			}
			figure := view.Figure{Label: measure.label, Period: f.Period, Source: "公开数据", Definition: "/stats/definitions", List: "/stats#published"}
			if measure.name == "amount" {
				figure.Value, figure.Unit, _ = strings.Cut(money.Fen(f.Value).Short(), " ")
			} else {
				figure.Value, figure.Unit = view.Count(int(f.Value)), "项"
			}
			if figure.Unit == "" {
				figure.Unit = "元"
			}
			body.Figures = append(body.Figures, figure)
			break
		}
	}
	return nil
}

// listedFigures count the live listings of the market itself.
func (p *Pages) listedFigures(c *web.Ctx, body *Home) error {
	counts, err := p.Catalogue.Counts(c.Context(), false)
	if err != nil {
		return err
	}
	local := 0
	for _, n := range counts {
		local += n.Local
	}
	sample := local == 0
	if sample {
		if counts, err = p.Catalogue.Counts(c.Context(), true); err != nil {
			return err
		}
	}
	for _, k := range p.Catalogue.Kinds().All() {
		body.Figures = append(body.Figures, view.Figure{Value: view.Count(counts[k.Kind].Local), Unit: "项",
			Label: c.T("在架%s（近期确认有效）", k.Label), AsOf: clock.Local(c.Now()), Source: "本市场",
			Definition: "/stats/definitions#listing_live", List: k.ListPath(), Sample: sample})
	}
	return nil
}

// homeMap draws what was registered this year by county, and the first five leagues.
func (p *Pages) homeMap(c *web.Ctx, body *Home) error {
	now := clock.Local(c.Now())
	from, to := fmt.Sprintf("%d-01-01", now.Year()), now.Format(time.DateOnly)
	areas, err := p.Stats.Map(c.Context(), stats.Output, from, to, false)
	if err != nil {
		return err
	}
	body.MapNote = c.T("%d 年，按卖方所在地（输出），截至 %s", now.Year(), view.Day(now))
	suffix := ""
	if len(areas) == 0 {
		if areas, err = p.Stats.Map(c.Context(), stats.Output, from, to, true); err != nil {
			return err
		}
		suffix = "&sample=1"
		body.MapNote = c.T("样例数据 · %s", body.MapNote)
		body.TopNote = "样例数据，不代表真实登记情况。"
	}
	values, byLeague := map[string]float64{}, map[string]money.Fen{}
	for _, a := range areas {
		values[a.Division] += float64(a.Measure.Amount) / float64(money.WanYuan)
		if l, ok := region.League(a.Division); ok {
			byLeague[l.Code] += a.Measure.Amount
		}
	}
	chart := view.TileMap(
		view.Measure{Title: "各旗县技术合同成交额", Unit: "万元", Say: c.T, Show: func(f float64) string { return view.Count(int(f + .5)) },
			List: func(code string) string {
				return "/stats/list?direction=output&from=" + from + "&to=" + to + "&area=" + code + suffix
			}},
		values,
	)
	body.Map = chart.Picture
	body.Top = topLeagues(byLeague, suffix)
	return nil
}

// topLeagues are the five leagues with the largest amounts; suffix goes to their pages of figures.
func topLeagues(byLeague map[string]money.Fen, suffix string) view.Table {
	leagues := slices.SortedFunc(maps.Keys(byLeague), func(a, b string) int {
		return cmp.Or(cmp.Compare(byLeague[b], byLeague[a]), strings.Compare(a, b))
	})
	t := ui.Columns[string]{
		{Label: "盟市", Cell: func(code string) view.Cell {
			return view.Cell{Text: region.Name(code), Href: "/stats?direction=output&area=" + code + suffix}
		}},
		ui.CountColumn("成交额（万元）", func(code string) int { return int(byLeague[code] / money.WanYuan) }),
	}.Table("盟市前五", leagues[:min(5, len(leagues))])
	t.Compact = true
	t.Empty = view.Empty{Title: "今年还没有登记"}
	return t
}
