package site

import (
	"maps"
	"net/url"
	"slices"
	"strconv"

	"techmarket/internal/market/catalogue"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// foundSize is how many hits a page shows, foundPages how many pages somebody turns.
const (
	foundSize  = 20
	foundPages = 25
)

// search looks through everything: what was found stands under tabs by kind. A whole problem goes to matching, a chosen kind of listing
// to its list.
func (p *Pages) search(c *web.Ctx) error {
	q := c.QueryForm()
	text, in := q.Text("q"), q.Text("in")
	query := url.Values{"q": {text}}
	if in == "match" || search.IsProblem(text) {
		return c.See("/match?" + query.Encode())
	}
	for _, kind := range p.Listings.Kinds().All() {
		if kind.Path == in {
			return c.See(kind.ListPath() + "?" + query.Encode())
		}
	}
	a := catalogue.Across{Text: text, Limit: foundSize}
	for _, f := range p.Finders {
		for _, kind := range f.Kinds {
			if a.Kinds = append(a.Kinds, kind.Code); kind.Code == in {
				a.Only = in
				query.Set("in", in)
			}
		}
	}
	number := max(1, q.Int("page"))
	if ui.FormErr(q) != nil {
		number = 1
	}
	a.Offset = (min(number, foundPages) - 1) * foundSize
	page := c.Page("搜索")
	body := ui.Listing{Pager: view.Pager{Total: -1}, Search: &view.Search{Action: "/search", Value: text, Label: "全站搜索",
		Placeholder: "关键词，或直接粘贴一段技术难题"}}
	if !search.HasText(text) {
		body.Lead = c.T("在成果、需求、人员与服务、政策里一起找。")
		body.Rows = &view.Rows{Label: "搜索结果", Empty: view.Empty{Icon: "search", Title: "请输入要找的内容",
			Text: "可以是一个词，也可以是整段技术难题。"}}
		return ui.ShowList(c, page, body)
	}
	found, err := p.Catalogue.Across(c.Context(), a)
	if err != nil {
		return err
	}
	body.Tabs = p.foundTabs(c, text, a.Only, found)
	body.Head = &view.ListHead{Found: found.Total, Unit: "条"}
	if found.Notice != "" {
		body.Notices = append(body.Notices, view.Notice{Tone: view.Warn, Title: found.Notice})
	}
	if found.Relaxed && len(found.Hits) > 0 {
		body.Notices = append(body.Notices, view.Notice{Title: "没有一条包含全部词语，下面是包含其中一部分的。"})
	}
	if found.Total == 0 && a.Only == "" {
		p.Missed(text)
	}
	rows, err := p.foundRows(c, found.Hits)
	if err != nil {
		return err
	}
	rows.Empty = p.nothingFound(c, text, found)
	body.Rows = &rows
	at := func(n int) string {
		query.Set("page", strconv.Itoa(n))
		return "/search?" + query.Encode()
	}
	if number > 1 {
		body.Pager.Prev = at(number - 1)
	}
	if number < foundPages && a.Offset+foundSize < found.Total {
		body.Pager.Next = at(number + 1)
	}
	return ui.ShowList(c, page, body)
}

// foundTabs are the kinds that hold the words, with how many; listings' lead to their lists, which can be narrowed.
func (p *Pages) foundTabs(c *web.Ctx, text, only string, found search.Result) *view.Tabs {
	counts, sum := found.Facets["kind"], 0
	t := &view.Tabs{Label: "在哪里找", Items: []view.Link{{Label: "全部", Href: "/search?" + url.Values{"q": {text}}.Encode(),
		Current: only == "", HasCount: true}}}
	for _, f := range p.Finders {
		for _, kind := range f.Kinds {
			n := counts[kind.Code]
			sum += n
			if n == 0 && kind.Code != only {
				continue
			}
			link := view.Link{Label: c.T(kind.Label), Current: kind.Code == only, HasCount: true, Count: n}
			if link.Href = "/search?" + (url.Values{"q": {text}, "in": {kind.Code}}).Encode(); kind.Path != "" {
				link.Href = kind.Path + "?" + url.Values{"q": {text}}.Encode()
			}
			t.Items = append(t.Items, link)
		}
	}
	t.Items[0].Count = sum
	return t
}

// foundRows draws hits in their order, each with the name of its kind.
func (p *Pages) foundRows(c *web.Ctx, hits []search.Hit) (view.Rows, error) {
	rows := view.Rows{Label: "搜索结果"}
	drawn := map[string]view.Row{}
	label := map[string]string{}
	for _, f := range p.Finders {
		var own []search.Hit
		for _, h := range hits {
			if i := slices.IndexFunc(f.Kinds, func(k ui.FoundKind) bool { return k.Code == h.Kind }); i >= 0 {
				own = append(own, h)
				label[h.Kind] = f.Kinds[i].Label
			}
		}
		if len(own) == 0 {
			continue
		}
		of, err := f.Rows(c, own)
		if err != nil {
			return rows, err
		}
		maps.Copy(drawn, of)
	}
	for _, h := range hits {
		row, there := drawn[h.ID]
		if !there {
			continue // withdrawn a moment ago
		}
		row.Title, row.Lead = ui.Spans(h.Highlights["title"], row.Title.String()), ui.Spans(h.Highlights["summary"], row.Lead.String())
		row.Thumb, row.Gain = nil, nil
		row.Meta = slices.Insert(row.Meta, 0, c.T(label[h.Kind]))
		rows.Items = append(rows.Items, row)
	}
	return rows, nil
}

// nothingFound says what else may be tried.
func (p *Pages) nothingFound(c *web.Ctx, text string, found search.Result) view.Empty {
	e := view.Empty{Icon: "search", Title: "没有找到", Text: "换一个说法再搜；说清要解决的问题，可以按难题匹配。"}
	if found.Suggestion != "" {
		e.Text = c.T("您要找的是不是：%s", found.Suggestion)
		e.Actions = append(e.Actions, view.Action{Label: c.T("搜索“%s”", found.Suggestion),
			Href: "/search?" + url.Values{"q": {found.Suggestion}}.Encode()})
	}
	e.Actions = append(e.Actions, view.Action{Label: "按难题匹配", Href: "/match?" + url.Values{"q": {text}}.Encode(), Kind: view.Quiet},
		view.Action{Label: "请技术经纪人帮忙", Href: "/brokers", Kind: view.Quiet})
	return e
}
