package market

import (
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/facet"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) compareRoutes() []web.Route {
	return []web.Route{web.GET("/compare", web.Anyone(), p.compare).Public("ids")}
}

// maxCompared is how many columns can still be read side by side.
const maxCompared = 4

// compareAddress is the page with these achievements.
func compareAddress(ids []int64) string {
	if len(ids) == 0 {
		return "/compare"
	}
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return "/compare?ids=" + strings.Join(words, ",")
}

// compared reads the ids of the address: those that are numbers, each once.
func compared(raw string) []int64 {
	var ids []int64
	for _, word := range strings.FieldsFunc(raw, func(r rune) bool { return r == ',' || r == '，' || r == ' ' }) {
		if id, err := strconv.ParseInt(word, 10, 64); err == nil && id > 0 && !slices.Contains(ids, id) && len(ids) <= maxCompared {
			ids = append(ids, id)
		}
	}
	return ids
}

// compare sets up to four achievements side by side. The address is the whole state: adding and taking away are links.
func (p *Pages) compare(c *web.Ctx) error {
	f := c.QueryForm()
	wanted := compared(f.Text("ids"))
	var notices []ui.Block
	if len(wanted) > maxCompared {
		wanted = wanted[:maxCompared]
		notices = append(
			notices,
			ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: c.T("最多比较 %d 项，只取了前 %d 项", maxCompared, maxCompared)}}},
		)
	}
	items, err := p.Achievements.Many(c.Context(), c.Actor(), wanted)
	if err != nil {
		return err
	}
	items = slices.DeleteFunc(items, func(it achievement.Item) bool { return it.Published == nil })
	if len(items) < len(wanted) {
		notices = append(
			notices,
			ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: c.T("有 %d 项已经不公开，没有列出", len(wanted)-len(items))}}},
		)
	}
	ids := make([]int64, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	orgs, err := p.Identity.Organisations(c.Context(), ui.OrgIDs(items))
	if err != nil {
		return err
	}
	page := c.Page("成果比较")
	page.Nav, page.NoIndex = "achievements", true
	page.Breadcrumbs = []view.Link{{Label: "成果", Href: "/achievements"}}
	body := ui.Sheet{Main: notices, Lead: c.T("最多 %d 项并排看，不一样的地方标出来。网址就是比较的内容，可以直接发给同事。", maxCompared)}
	switch {
	case len(items) == 0:
		body.Main = append(
			body.Main,
			ui.Block{Parts: view.Parts{view.Empty{Icon: "search", Title: "还没有选要比较的成果", Text: "在下面搜索并点“加入比较”，或在成果页上点“加入比较”。"}}},
		)
	default:
		table := compareTable(c, items, orgs)
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Chips(removeChips(items, ids))}}, ui.Block{Parts: view.Parts{table}})
		if len(items) == 1 {
			body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Title: "再加一项才能比较", Text: "在下面选一项加入。"}}})
		}
	}
	if len(items) < maxCompared {
		more, err := p.comparable(c, f.Text("q"), items, ids)
		if err != nil {
			return err
		}
		body.Main = append(body.Main, more...)
	}
	return ui.ShowSheet(c, page, body)
}

func removeChips(items []achievement.Item, ids []int64) []view.Chip {
	var chips []view.Chip
	for _, it := range items {
		rest := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return id == it.ID })
		chips = append(chips, view.Chip{Label: ui.Clip(ui.Shown(it).Title, 16), On: true, Href: compareAddress(rest)})
	}
	return chips
}

// comparable offers achievements to add: those searched for, else new ones of the first one's field.
func (p *Pages) comparable(c *web.Ctx, text string, items []achievement.Item, ids []int64) ([]ui.Block, error) {
	const offered = 6
	b := ui.Block{ID: "add", Title: "加入比较"}
	box := view.Search{Action: "/compare", Value: text, Label: "搜索要加入的成果", Placeholder: "成果名称或关键词", Submit: "搜索"}
	criteria := catalogue.Criteria{Kind: achievement.Kind, Text: text}
	if len(ids) > 0 {
		box.Hidden = []view.Pair{{Name: "ids", Value: strings.TrimPrefix(compareAddress(ids), "/compare?ids=")}}
		if field := ui.Shown(items[0]).Field; text == "" && field != "" {
			criteria.Facets = map[string][]string{facet.Field: {field}}
			b.Intro = "下面是同一技术领域里新近发布的成果，也可以自己搜索。"
		}
	}
	b.Add(box)
	if text == "" && criteria.Facets == nil {
		return []ui.Block{b}, nil
	}
	hits, err := p.Catalogue.Others(c.Context(), criteria, ids, offered)
	if err != nil {
		return nil, err
	}
	kind, err := p.kind(achievement.Kind)
	if err != nil {
		return nil, err
	}
	rows, err := p.hitRows(c, kind, hits)
	if err != nil {
		return nil, err
	}
	for i := range rows.Items {
		id, _ := strconv.ParseInt(strings.TrimPrefix(rows.Items[i].Href, "/achievements/"), 10, 64)
		rows.Items[i].Actions = []view.Action{{Label: "加入比较", Href: compareAddress(append(slices.Clone(ids), id)), Kind: view.Quiet, Small: true}}
	}
	rows.Empty = view.Empty{Title: "没有找到别的成果", Text: "换一个说法再搜。"}
	return []ui.Block{b, {Parts: view.Parts{rows}}}, nil
}

func compareTable(c *web.Ctx, items []achievement.Item, orgs map[int64]identity.Organisation) view.Compare {
	t := view.Compare{Caption: "成果比较"}
	for _, it := range items {
		link := view.Link{Label: it.Title, Href: achievement.PagePath(it.ID), Note: orgs[it.OrganisationID].Name}
		if it.Sample {
			link.Note += "（样例）"
		}
		t.Items = append(t.Items, link)
	}
	// Free text always differs, so only what can be the same is marked.
	row := func(label string, marked bool, of func(achievement.Item, achievement.Content) string) {
		r := view.CompareRow{Label: label}
		filled := false
		for i, it := range items {
			text := of(it, ui.Shown(it))
			filled = filled || text != ""
			r.Cells = append(r.Cells, view.T(ui.FirstOf(text, "—")))
			r.Differs = r.Differs || marked && i > 0 && r.Cells[i].String() != r.Cells[0].String()
		}
		if filled {
			t.Rows = append(t.Rows, r)
		}
	}
	type item = achievement.Item
	type content = achievement.Content
	row("一句话", false, func(_ item, k content) string { return k.Summary })
	row("解决的问题", false, func(_ item, k content) string { return ui.Clip(k.Problem, 160) })
	row("主要优势", false, func(_ item, k content) string {
		var all []string
		for _, a := range k.Advantages {
			words := a.Name + " " + a.Ours + a.Unit
			if a.Present != "" {
				words += c.T("（现有 %s%s）", a.Present, a.Unit)
			}
			all = append(all, words)
		}
		return strings.Join(all, "；")
	})
	row("成熟度", true, func(_ item, k content) string {
		if k.Maturity.Level == 0 {
			return ""
		}
		return c.T("%d 级，%s", k.Maturity.Level, maturityNote(c, k.Maturity))
	})
	row("价格", true, func(_ item, k content) string { return k.Price.String() })
	row("合作方式", true, func(_ item, k content) string { return ui.Join(ui.Labels(codes.Cooperation, k.Cooperation)) })
	row("技术领域", true, func(_ item, k content) string { return codes.Field.Label(k.Field) })
	row("规划方向", true, func(_ item, k content) string { return topicNames(k.Topics) })
	row("应用行业", true, func(_ item, k content) string { return ui.Known(codes.Industry, k.Industry) })
	row("知识产权", false, func(_ item, k content) string {
		var all []string
		for _, ip := range k.IP {
			all = append(all, strings.Join(ui.NotEmpty(codes.IPKind.Label(ip.Kind), ip.Number, choice(achievement.IPStatuses(), ip.Status)), " "))
		}
		return strings.Join(all, "；")
	})
	row("应用案例", true, func(_ item, k content) string {
		if len(k.Cases) == 0 {
			return ""
		}
		return c.T("%d 个", len(k.Cases))
	})
	row("所在地", true, func(it item, k content) string { return ui.Place(k.Division, it.Division) })
	row("最近确认", false, func(it item, _ content) string {
		if it.ConfirmedAt == nil {
			return ""
		}
		return view.Day(*it.ConfirmedAt)
	})
	return t
}
