package market

import (
	"cmp"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// rail describes one question of the filter rail over a facet of the index (listing.BaseDocument).
type rail struct {
	facet  string
	legend string
	label  func(code string) string
	keep   func(code string) bool // nil: all
	order  []string               // fixed order; nil: most frequent first
	fold   int
	sel    bool // a drop-down
}

func choiceLabel(choices []listing.Choice) (func(string) string, []string) {
	var order []string
	labels := map[string]string{}
	for _, c := range choices {
		labels[c.Code] = c.Label
		order = append(order, c.Code)
	}
	return func(code string) string { return labels[code] }, order
}

func rails(kind listing.Kind) []rail {
	band, bands := choiceLabel(listing.PriceBands())
	priceLegend := "价格"
	if kind == listing.Demand {
		priceLegend = "预算"
	}
	stageLegend := "成熟度"
	if kind == listing.Demand {
		stageLegend = "要求的成熟度"
	}
	out := []rail{
		{facet: "field", legend: "技术领域", label: codes.Field.Label, keep: func(c string) bool { return len(c) == 2 }, fold: 6},
		{facet: "topic", legend: "规划方向", label: ui.TopicLabel, keep: func(c string) bool { return strings.HasSuffix(c, "00") }, fold: 6},
		{facet: "league", legend: "盟市", label: region.Name, fold: 6},
		{facet: "county", legend: "旗县", label: region.Name, sel: true},
		{
			facet:  "stage",
			legend: stageLegend,
			label:  func(c string) string { return c + " 级 " + codes.TRL.Label(c) },
			order:  []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"},
			fold:   9,
		},
		{facet: "cooperation", legend: "合作方式", label: codes.Cooperation.Label, fold: 7},
		{facet: "priceBand", legend: priceLegend, label: band, order: bands, fold: 6},
		{facet: "industry", legend: "应用行业", label: codes.Industry.Label, fold: 5},
	}
	if kind == listing.Demand {
		out = append(out, rail{facet: "challenge", legend: "揭榜挂帅", label: func(c string) string {
			if c == "yes" {
				return "揭榜挂帅"
			}
			return "一般需求"
		}})
	}
	return out
}

const pageSize = 20

// find answers a list page: query string → engine → rows.
type found struct {
	result search.Result
	query  search.Query
	values url.Values
	page   int
}

func (p *Pages) find(c *web.Ctx, kind listing.Kind) (found, error) {
	form := c.QueryForm()
	f := found{values: url.Values{}, page: 1}
	q := search.Query{Text: form.Text("q"), Limit: pageSize,
		Filters: []search.Filter{
			search.AnyOf("kind", string(kind)),
			search.Between("expiresAt", c.Now().Truncate(time.Minute).Unix(), math.MaxInt64),
		}}
	for _, r := range rails(kind) {
		q.FacetNames = append(q.FacetNames, r.facet)
		var chosen []string
		for _, code := range form.List(r.facet) {
			if search.ValidCode(code) && len(chosen) < 50 {
				chosen = append(chosen, code)
			}
		}
		if len(chosen) > 0 {
			q.Filters = append(q.Filters, search.AnyOf(r.facet, chosen...))
			f.values[r.facet] = chosen
		}
	}
	if q.Text != "" {
		f.values.Set("q", q.Text)
	}
	switch sort := form.Text("sort"); sort {
	case "new":
		q.Sort = []search.Sort{{Number: "publishedAt", Desc: true}}
		f.values.Set("sort", sort)
	case "price":
		q.Sort = []search.Sort{{Number: "priceMinFen"}}
		f.values.Set("sort", sort)
	case "maturity":
		q.Sort = []search.Sort{{Number: "maturity", Desc: true}}
		f.values.Set("sort", sort)
	case "deadline":
		q.Sort = []search.Sort{{Number: "deadline"}}
		f.values.Set("sort", sort)
	default:
		if q.Text == "" {
			q.Sort = []search.Sort{{Number: "publishedAt", Desc: true}}
		}
	}
	f.page = max(1, form.Int("page"))
	if ui.FormErr(form) != nil {
		f.page = 1
	}
	q.Highlight = q.Text != ""
	q.Offset = min(f.page-1, 1_000_000) * pageSize
	var err error
	f.query = q
	f.result, err = p.Search.Search(c.Context(), q)
	return f, err
}

func (f found) address(path string, change func(url.Values)) string {
	v := maps.Clone(f.values)
	for k := range v {
		v[k] = slices.Clone(v[k])
	}
	change(v)
	if enc := v.Encode(); enc != "" {
		return path + "?" + enc
	}
	return path
}

func (f found) rail(path string, kind listing.Kind) (*view.Rail, []view.Chip) {
	out := &view.Rail{Action: path, Clear: path}
	if q := f.values.Get("q"); q != "" {
		out.Hidden = append(out.Hidden, view.Pair{Name: "q", Value: q})
		out.Clear = path + "?" + url.Values{"q": {q}}.Encode()
	}
	if s := f.values.Get("sort"); s != "" {
		out.Hidden = append(out.Hidden, view.Pair{Name: "sort", Value: s})
	}
	var chips []view.Chip
	for _, r := range rails(kind) {
		counts := f.result.Facets[r.facet]
		chosen := f.values[r.facet]
		var list []string
		for code := range counts {
			if r.keep == nil || r.keep(code) {
				list = append(list, code)
			}
		}
		for _, code := range chosen {
			if !slices.Contains(list, code) {
				list = append(list, code)
			}
			chips = append(chips, view.Chip{Label: r.label(code), On: true, Href: f.address(path, func(v url.Values) {
				v[r.facet] = slices.DeleteFunc(v[r.facet], func(x string) bool { return x == code })
				v.Del("page")
			})})
		}
		if len(list) == 0 {
			continue
		}
		slices.SortFunc(list, func(a, b string) int {
			if r.order != nil {
				return slices.Index(r.order, a) - slices.Index(r.order, b)
			}
			if counts[a] != counts[b] {
				return counts[b] - counts[a]
			}
			return strings.Compare(a, b)
		})
		g := view.FilterGroup{Legend: r.legend, Name: r.facet, Fold: r.fold, Select: r.sel}
		if r.sel {
			g.Options = append(g.Options, view.Option{Label: "不限", Checked: len(chosen) == 0})
		}
		for _, code := range list {
			g.Options = append(
				g.Options,
				view.Option{Value: code, Label: r.label(code), Count: counts[code], HasCount: true, Checked: slices.Contains(chosen, code)},
			)
		}
		out.Groups = append(out.Groups, g)
		out.Active += len(chosen)
	}
	return out, chips
}

func (f found) pager(path string) view.Pager {
	total := f.result.Total
	pages := (total + pageSize - 1) / pageSize
	p := view.Pager{Total: total, From: f.query.Offset + 1, To: f.query.Offset + len(f.result.Hits)}
	if len(f.result.Hits) == 0 {
		return view.Pager{}
	}
	at := func(n int) string {
		return f.address(path, func(v url.Values) { v.Set("page", strconv.Itoa(n)) })
	}
	if f.page > 1 {
		p.Prev = at(f.page - 1)
	}
	if f.page < pages {
		p.Next = at(f.page + 1)
	}
	if pages > 1 {
		last := 0
		for n := 1; n <= pages; n++ {
			if n != 1 && n != pages && (n < f.page-2 || n > f.page+2) {
				continue
			}
			if n > last+1 {
				p.Pages = append(p.Pages, view.Link{Label: "…"})
			}
			p.Pages = append(p.Pages, view.Link{Label: strconv.Itoa(n), Href: at(n), Current: n == f.page})
			last = n
		}
	}
	return p
}

func spans(hit search.Hit, field, plain string) view.Text {
	parts, ok := hit.Highlights[field]
	if !ok || len(parts) == 0 {
		return view.T(plain)
	}
	out := make(view.Text, len(parts))
	for i, s := range parts {
		out[i] = view.Span{Text: s.Text, Mark: s.Mark}
	}
	return out
}

func (p *Pages) listPage(c *web.Ctx, kind listing.Kind) error {
	path, title, scope := "/achievements", "成果", "成果"
	if kind == listing.Demand {
		path, title, scope = "/demands", "需求", "需求"
	}
	f, err := p.find(c, kind)
	if err != nil {
		return err
	}
	r, chips := f.rail(path, kind)
	page := c.Page(title)
	page.Nav = path[1:]
	body := ui.Listing{Rail: r, Pager: f.pager(path),
		Search: &view.Search{Action: path, Value: f.query.Text, Label: "在" + scope + "中搜索", Placeholder: "关键词，或直接粘贴一段技术难题"}}
	head := &view.ListHead{Found: f.result.Total, Chips: chips}
	if r.Active > 0 {
		head.Clear = r.Clear
	}
	sorts := []view.Link{
		{Key: "", Label: "按相关度"},
		{Key: "new", Label: "最新发布"},
		{Key: "price", Label: "价格从低到高"},
		{Key: "maturity", Label: "成熟度从高到低"},
	}
	if kind == listing.Demand {
		sorts = []view.Link{
			{Key: "", Label: "按相关度"},
			{Key: "new", Label: "最新发布"},
			{Key: "price", Label: "预算从低到高"},
			{Key: "deadline", Label: "快到期的在前"},
		}
	}
	current := f.values.Get("sort")
	if f.query.Text == "" { // nothing to be relevant to: the newest come first
		sorts, current = sorts[1:], cmp.Or(current, "new")
	}
	for _, s := range sorts {
		s.Href = f.address(path, func(v url.Values) {
			v.Del("page")
			if v.Set("sort", s.Key); s.Key == "" {
				v.Del("sort")
			}
		})
		s.Current = current == s.Key
		head.Sorts = append(head.Sorts, s)
	}
	head.Actions = p.subscribe(c, kind, f, chips)
	body.Head = head
	if f.result.Total == 0 && len(chips) == 0 {
		p.Watch.Missed(kind, f.query.Text)
	}
	if f.result.Notice != "" {
		body.Notices = append(body.Notices, view.Notice{Tone: view.Warn, Title: f.result.Notice})
	}
	if f.result.Relaxed && len(f.result.Hits) > 0 {
		body.Notices = append(body.Notices, view.Notice{Title: "没有一项包含全部词语，下面是包含其中一部分的" + scope + "。"})
	}
	rows, err := p.hitRows(c, kind, f.result.Hits)
	if err != nil {
		return err
	}
	rows.Empty = view.Empty{Icon: "search", Title: "没有找到符合条件的" + scope, Text: "减少一两个条件，或换一个说法再搜。"}
	if f.result.Suggestion != "" {
		rows.Empty.Text = "您要找的是不是：" + f.result.Suggestion
		rows.Empty.Actions = append(
			rows.Empty.Actions,
			view.Action{Label: "搜索“" + f.result.Suggestion + "”", Href: path + "?" + url.Values{"q": {f.result.Suggestion}}.Encode()},
		)
	}
	if kind == listing.Achievement {
		rows.Empty.Actions = append(rows.Empty.Actions, view.Action{Label: "把难题发布成需求", Href: "/demands/new", Kind: view.Quiet})
	}
	rows.Empty.Actions = append(rows.Empty.Actions, view.Action{Label: "请技术经纪人帮忙", Href: "/brokers", Kind: view.Quiet})
	body.Rows = &rows
	return ui.ShowList(c, page, body)
}

// hitRows reads the found listings again, so that what was withdrawn a moment ago is not shown.
func (p *Pages) hitRows(c *web.Ctx, kind listing.Kind, hits []search.Hit) (view.Rows, error) {
	rows := view.Rows{Label: kind.Label()}
	ids := make([]int64, 0, len(hits))
	byID := map[int64]search.Hit{}
	for _, h := range hits {
		id := listing.IDOf(h.ID)
		ids = append(ids, id)
		byID[id] = h
	}
	items, err := p.listed(c, kind, ids)
	if err != nil {
		return rows, err
	}
	for _, it := range items {
		row, hit := it.row, byID[it.ID]
		row.Title, row.Lead = spans(hit, "title", row.Title.String()), spans(hit, "summary", row.Lead.String())
		rows.Items = append(rows.Items, row)
	}
	return rows, nil
}

// listed is a listing with the row that lists it.
type listed struct {
	listing.Listing
	row view.Row
}

// listed reads listings of one kind as the visitor may see them, in the order of ids; what he may not see is left out.
func (p *Pages) listed(c *web.Ctx, kind listing.Kind, ids []int64) ([]listed, error) {
	if kind == listing.Achievement {
		return listedIn(p, c, p.Achievements.Book, ids, ui.AchievementRow)
	}
	return listedIn(p, c, p.Demands.Book, ids, ui.DemandRow)
}

func listedIn[C listing.Content[C]](
	p *Pages,
	c *web.Ctx,
	book *listing.Book[C],
	ids []int64,
	row func(*web.Ctx, listing.Item[C], identity.Organisation) view.Row,
) ([]listed, error) {
	items, err := book.Many(c.Context(), c.Actor(), ids)
	if err != nil {
		return nil, err
	}
	orgs, err := p.Identity.Organisations(c.Context(), ui.OrgIDs(items))
	if err != nil {
		return nil, err
	}
	out := make([]listed, len(items))
	for i, it := range items {
		out[i] = listed{it.Listing, row(c, it, orgs[it.OrganisationID])}
	}
	return out, nil
}
