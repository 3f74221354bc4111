package market

import (
	"bytes"
	"strconv"
	"strings"

	"techmarket/internal/platform/document"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// matchLine is one row of a match sheet for a meeting.
type matchLine struct {
	rank              int
	title, unit, area string
	score             int
	reasons, lack     string
	price, ways       string
	maturity          int
	id                int64
}

func (m matched) lines() []matchLine {
	out := make([]matchLine, len(m.cards))
	for i, card := range m.cards {
		l := matchLine{
			rank:     i + 1,
			title:    card.Row.Title.String(),
			score:    card.Score,
			lack:     strings.TrimPrefix(card.Short.String(), "不足："),
			price:    card.Row.Right,
			ways:     card.Row.RightNote,
			maturity: card.Row.TRL,
			id:       m.places[i].Listing.ID,
			unit:     ui.RowAt(card.Row.Meta, 0),
			area:     ui.RowAt(card.Row.Meta, 1),
		}
		var reasons []string
		for _, r := range card.Top() {
			reasons = append(reasons, r.String())
		}
		l.reasons = strings.Join(reasons, "；")
		out[i] = l
	}
	return out
}

// printMatches is the match sheet on paper: one table, no menus.
func (p *Pages) printMatches(c *web.Ctx, kind drawnKind) error {
	m, err := p.matched(c, kind)
	if err != nil {
		return err
	}
	type row = matchLine
	t := ui.Columns[row]{
		ui.CountColumn("序", func(l row) int { return l.rank }),
		{Label: m.want.Label, Cell: func(l row) view.Cell {
			return view.Cell{Text: l.title, Header: true, Note: c.T("%s，%s，编号 %d", l.unit, l.area, l.id), Href: m.want.PagePath(l.id)}
		}},
		ui.CountColumn("匹配度", func(l row) int { return l.score }),
		ui.TextColumn("理由与不足", func(l row) string {
			if l.lack == "" {
				return l.reasons
			}
			return l.reasons + c.T("。不足：%s", l.lack)
		}),
		{Label: "价格、方式", Cell: func(l row) view.Cell { return view.Cell{Text: l.price, Note: l.ways} }},
		ui.TextColumn("会上记录", func(row) string { return "　　　　　　" }),
	}.Table(m.note(c), m.lines())
	t.Compact, t.HideCaption = true, false
	t.Empty = view.Empty{Title: c.T("暂无合适%s", m.want.Label)}
	page := c.Page("匹配单")
	lead := c.T("%s编号 %s · %s · 打印于 %s", kind.Label, strconv.FormatInt(
		m.listing.ID,
		10,
	), strings.Join(
		m.lead,
		" · ",
	), view.DayTime(
		c.Now(),
	))
	if m.listing.Sample {
		lead = c.T("样例 · %s", lead)
	}
	return ui.ShowSheet(
		c,
		page,
		ui.Sheet{Heading: view.T(c.T("匹配单：%s", m.listing.Title)), Lead: lead, Main: []ui.Block{{Parts: view.Parts{t}}},
			Actions: []view.Action{{Label: "返回匹配页", Href: kind.MatchesPath(m.listing.ID), Kind: view.Quiet, Small: true}}},
	)
}

func (p *Pages) matchesExcel(c *web.Ctx, kind drawnKind) error {
	m, err := p.matched(c, kind)
	if err != nil {
		return err
	}
	s := document.Sheet{Name: "匹配单", Notes: []string{kind.Label + "：" + m.listing.Title, c.T("%s；生成于 %s", m.note(c), view.DayTime(c.Now()))},
		Columns: []document.SheetColumn{
			{Title: "序", Kind: document.Count, Width: 6},
			{Title: m.want.Label, Width: 40},
			{Title: "单位", Width: 26},
			{Title: "地区", Width: 22},
			{Title: "匹配度", Kind: document.Count, Width: 9},
			{
				Title: "理由",
				Width: 60,
			},
			{Title: "不足", Width: 30},
			{Title: "成熟度", Kind: document.Count, Width: 9},
			{Title: "价格", Width: 16},
			{Title: "合作方式", Width: 20},
			{Title: "编号", Width: 10},
			{Title: "地址", Width: 36},
			{Title: "会上记录", Width: 30},
		}}
	if m.listing.Sample {
		s.Notes = append(s.Notes, "样例数据，单位和内容均为虚构")
	}
	lines := m.lines()
	s.Rows = func(yield func([]any, error) bool) {
		for _, l := range lines {
			var maturity any // a need's row has none, which is not 0
			if l.maturity > 0 {
				maturity = l.maturity
			}
			if !yield(
				[]any{
					l.rank,
					l.title,
					l.unit,
					l.area,
					l.score,
					l.reasons,
					l.lack,
					maturity,
					l.price,
					l.ways,
					strconv.FormatInt(l.id, 10),
					c.BaseURL() + m.want.PagePath(l.id),
					"",
				},
				nil,
			) {
				return
			}
		}
	}
	var b bytes.Buffer
	if err := document.WriteExcel(&b, s); err != nil {
		return err
	}
	return c.Download(c.T("匹配单-%d.xlsx", m.listing.ID), web.ExcelMIME, &b)
}
