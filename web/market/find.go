package market

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// rail is how one question of the filter rail is drawn.
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

// rails are the questions that the kind's lists are narrowed by.
func rails(c *web.Ctx, kind listing.Descriptor) []rail {
	out := make([]rail, 0, len(kind.Narrowed))
	for _, q := range kind.Narrowed {
		r := railOf(c, q.Facet)
		r.facet, r.legend = q.Facet, words.Facet(q)
		out = append(out, r)
	}
	return out
}

// railOf is how the codes of a facet are drawn, whatever the kind.
func railOf(c *web.Ctx, name string) rail {
	switch name {
	case facet.Field:
		return rail{label: codes.Field.Label, keep: func(c string) bool { return len(c) == 2 }, fold: 6}
	case facet.Topic:
		return rail{label: codes.TopicLabel, keep: func(c string) bool { return strings.HasSuffix(c, "00") }, fold: 6}
	case facet.League:
		return rail{label: region.Name, fold: 6}
	case facet.County:
		return rail{label: region.Name, sel: true}
	case facet.Stage:
		label := func(level string) string { return c.T("%s 级 %s", level, codes.TRL.Label(level)) }
		return rail{label: label, order: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, fold: 9}
	case facet.Cooperation:
		return rail{label: codes.Cooperation.Label, fold: 7}
	case facet.PriceBand:
		band, bands := choiceLabel(listing.PriceBands())
		return rail{label: band, order: bands, fold: 6}
	case facet.Industry:
		return rail{label: codes.Industry.Label, fold: 5}
	case facet.Challenge:
		return rail{label: func(code string) string {
			return map[bool]string{true: "揭榜挂帅", false: "一般需求"}[code == facet.Yes]
		}}
	}
	return rail{label: func(c string) string { return c }}
}

const pageSize = 20

// listParams are the parameters that a list of the kind reads.
func listParams(kind drawnKind) []string {
	names := []string{"q", "sort", "page"}
	for _, q := range kind.Narrowed {
		names = append(names, q.Facet)
	}
	return names
}

// found is an answered list page: query string → catalogue → rows.
type found struct {
	result search.Result
	ask    catalogue.Ask
	values url.Values
	page   int
}

func (p *Pages) find(c *web.Ctx, kind drawnKind) (found, error) {
	form := c.QueryForm()
	f := found{values: url.Values{}, page: 1}
	a := catalogue.Ask{Criteria: catalogue.Criteria{Kind: kind.Kind, Text: form.Text("q"), Facets: map[string][]string{}},
		Counted: true, Limit: pageSize}
	for _, q := range kind.Narrowed {
		var chosen []string
		for _, code := range form.List(q.Facet) {
			if search.ValidCode(code) && len(chosen) < 50 {
				chosen = append(chosen, code)
			}
		}
		if len(chosen) > 0 {
			a.Facets[q.Facet], f.values[q.Facet] = chosen, chosen
		}
	}
	if a.Text != "" {
		f.values.Set("q", a.Text)
	}
	if order, known := facet.OrderOf(form.Text("sort")); known && order.Number != "" {
		a.Order = order.Code
		f.values.Set("sort", order.Code)
	}
	f.page = max(1, form.Int("page"))
	if ui.FormErr(form) != nil {
		f.page = 1
	}
	a.Highlight = a.Text != ""
	a.Offset = min(f.page-1, 1_000_000) * pageSize
	var err error
	f.ask = a
	f.result, err = p.Catalogue.List(c.Context(), a)
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

func (f found) rail(c *web.Ctx, path string, kind drawnKind) (*view.Rail, []view.Chip) {
	out := &view.Rail{Action: path, Clear: path}
	if q := f.values.Get("q"); q != "" {
		out.Hidden = append(out.Hidden, view.Pair{Name: "q", Value: q})
		out.Clear = path + "?" + url.Values{"q": {q}}.Encode()
	}
	if s := f.values.Get("sort"); s != "" {
		out.Hidden = append(out.Hidden, view.Pair{Name: "sort", Value: s})
	}
	var chips []view.Chip
	for _, r := range rails(c, kind.Descriptor) {
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
	p := view.Pager{Total: total, From: f.ask.Offset + 1, To: f.ask.Offset + len(f.result.Hits)}
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

func (p *Pages) listPage(c *web.Ctx, kind drawnKind) error {
	path, scope := kind.ListPath(), kind.Label
	if text := c.QueryForm().Text("q"); kind.Counterpart != "" && search.IsProblem(text) {
		return c.See("/match?" + url.Values{"q": {text}}.Encode())
	}
	f, err := p.find(c, kind)
	if err != nil {
		return err
	}
	r, chips := f.rail(c, path, kind)
	page := c.Page(kind.Label)
	page.Nav = kind.Path
	body := ui.Listing{Rail: r, Pager: f.pager(path),
		Search: &view.Search{Action: path, Value: f.ask.Text, Label: c.T("在%s中搜索", scope), Placeholder: "关键词，或直接粘贴一段技术难题"}}
	head := &view.ListHead{Found: f.result.Total, Chips: chips}
	if r.Active > 0 {
		head.Clear = r.Clear
	}
	var sorts []view.Link
	for _, o := range kind.Ordered {
		link := view.Link{Key: o.Code, Label: words.Order(o)}
		if o.Number == "" {
			link.Key = "" // the address without an order
		}
		sorts = append(sorts, link)
	}
	current := f.values.Get("sort")
	if f.ask.Text == "" { // nothing to be relevant to: the newest come first
		sorts, current = sorts[1:], cmp.Or(current, facet.Newest)
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
	if f.result.Total == 0 || f.result.Notice != "" {
		c.Unshared() // every search in vain counts, and a disturbance passes
	}
	if f.result.Total == 0 && len(chips) == 0 {
		p.Watch.Missed(kind.Kind, f.ask.Text)
	}
	if f.result.Notice != "" {
		body.Notices = append(body.Notices, view.Notice{Tone: view.Warn, Title: f.result.Notice})
	}
	if f.result.Relaxed && len(f.result.Hits) > 0 {
		body.Notices = append(body.Notices, view.Notice{Title: c.T("没有一项包含全部词语，下面是包含其中一部分的%s。", scope)})
	}
	rows, err := p.hitRows(c, kind, f.result.Hits)
	if err != nil {
		return err
	}
	rows.Empty = view.Empty{Icon: "search", Title: c.T("没有找到符合条件的%s", scope), Text: "减少一两个条件，或换一个说法再搜。"}
	if f.result.Suggestion != "" {
		rows.Empty.Text = c.T("您要找的是不是：%s", f.result.Suggestion)
		rows.Empty.Actions = append(
			rows.Empty.Actions,
			view.Action{Label: c.T("搜索“%s”", f.result.Suggestion), Href: path + "?" + url.Values{"q": {f.result.Suggestion}}.Encode()},
		)
	}
	if web.AskedToPost(c.Actor()) {
		rows.Empty.Actions = append(rows.Empty.Actions, kind.unfound...)
	}
	rows.Empty.Actions = append(
		rows.Empty.Actions,
		view.Action{Label: "请技术经纪人帮忙", Href: "/brokers", Kind: view.Quiet},
	)
	body.Rows = &rows
	return ui.ShowList(c, page, body)
}

// hitRows reads the found listings again, so that what was withdrawn a moment ago is not shown.
func (p *Pages) hitRows(c *web.Ctx, kind drawnKind, hits []search.Hit) (view.Rows, error) {
	rows := view.Rows{Label: kind.Label}
	ids := catalogue.IDs(hits)
	byID := make(map[int64]search.Hit, len(hits))
	for i, h := range hits {
		byID[ids[i]] = h
	}
	items, err := p.publicRows(c, kind, ids)
	if err != nil {
		return rows, err
	}
	if err := p.markRows(c, items); err != nil {
		return rows, err
	}
	for _, it := range items {
		row, hit := it.row, byID[it.ID]
		row.Title, row.Lead = ui.Spans(hit.Highlights["title"], row.Title.String()), ui.Spans(hit.Highlights["summary"], row.Lead.String())
		rows.Items = append(rows.Items, row)
	}
	return rows, nil
}

// Finder draws listings in the search over everything.
func (p *Pages) Finder() ui.Finder {
	f := ui.Finder{Rows: func(c *web.Ctx, hits []search.Hit) (map[string]view.Row, error) {
		out := map[string]view.Row{}
		for _, kind := range p.kinds() {
			var of []search.Hit
			for _, h := range hits {
				if h.Kind == string(kind.Kind) {
					of = append(of, h)
				}
			}
			items, err := p.publicRows(c, kind, catalogue.IDs(of))
			if err != nil {
				return nil, err
			}
			for _, it := range items {
				out[kind.DocumentID(it.ID)] = it.row
			}
		}
		return out, nil
	}}
	for _, kind := range p.Listings.Kinds().All() {
		f.Kinds = append(f.Kinds, ui.FoundKind{Code: string(kind.Kind), Label: kind.Label, Path: kind.ListPath()})
	}
	return f
}

// listed is a listing with the row that lists it.
type listed struct {
	listing.Listing
	row view.Row
}

// publicRows are the rows of listings as a guest sees them, in the order of ids; what is published without its owner's name is read
// again for those who may know it.
func (p *Pages) publicRows(c *web.Ctx, kind drawnKind, ids []int64) ([]listed, error) {
	known, err := p.seen.Read(c, ids, func(guest *web.Ctx, ids []int64) (map[int64]listed, error) {
		items, err := kind.rows(guest, ids)
		out := make(map[int64]listed, len(items))
		for _, it := range items {
			out[it.ID] = it
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	var unnamed []int64
	out := make([]listed, 0, len(ids))
	for _, id := range ids {
		if it, ok := known[id]; ok && it.Kind == kind.Kind {
			out = append(out, it)
			if it.Anonymous {
				unnamed = append(unnamed, id)
			}
		}
	}
	if len(unnamed) == 0 || !c.Actor().SignedIn() {
		return out, nil
	}
	own, err := kind.rows(c, unnamed)
	for _, it := range own {
		out[slices.IndexFunc(out, func(o listed) bool { return o.ID == it.ID })] = it
	}
	return out, err
}
