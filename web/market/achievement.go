package market

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Achievement is the body of the page "market/achievement": what a buyer decides on stands in the first screen.
type Achievement struct {
	Title   string
	Lead    string
	Quiet   []string // what nobody decides on
	Sample  bool
	Stale   string // says that nobody confirmed it for long
	Picture Picture
	Gain    *view.Gain
	Price   string
	Ways    string
	Level   int
	Judged  string
	Owner   view.Link
	Place   string
	Replies string
	Actions []view.Action
	Compare Comparison
	Rest    []ui.Block
	History []ui.Block
}

// Picture is the first of a listing's own, or the tile of its field.
type Picture struct {
	Href, Alt string
	More      int // others
	Icon      string
	Field     string
}

// Comparison sets an achievement beside today's way.
type Comparison struct {
	Units bool // some rows have one
	Rows  []Compared
}

// Compared is one row of it; bars only where both are numbers.
type Compared struct {
	Name, Ours, Present, Unit string
	Change                    string
	Bars                      bool
	OursBar, PresentBar       int // of 100
}

// offersTrial tells whether the reader's unit may propose 先用后转 at a listing of somebody else.
func offersTrial(c *web.Ctx, l listing.Listing, mine bool, ways []string) bool {
	return slices.Contains(ways, "trial") && !mine && !l.Anonymous && l.Public(c.Now()) && web.Members().Allows(c.Actor())
}

// roomAction adds the way to a listing's disclosure room: for its owner always, for others where there is one.
func (p *Pages) roomAction(c *web.Ctx, l listing.Listing, mine bool, actions []view.Action) ([]view.Action, error) {
	if l.Anonymous || !l.Public(c.Now()) {
		return actions, nil
	}
	there, err := p.Room(c.Context(), l.ID)
	if err != nil || !there && !(mine && web.Members().Allows(c.Actor())) {
		return actions, err
	}
	return append(actions, view.Action{Label: "披露室", Href: fmt.Sprintf("/rooms/of/%d", l.ID), Kind: view.Quiet}), nil
}

// achievementPage is the public page of an achievement.
func (p *Pages) achievementPage(
	c *web.Ctx, it achievement.Item, org identity.Organisation, actions []view.Action, history []listing.Happening,
) error {
	k := ui.Shown(it)
	replies, err := p.Replies(c.Context(), org.ID, c.Now().AddDate(-1, 0, 0), org.Sample)
	if err != nil {
		return err
	}
	page := c.Page(k.Title)
	page.Nav, page.Description = achievement.Path, ui.Clip(cmp.Or(k.Summary, k.Problem, k.Description), 120)
	page.Breadcrumbs = []view.Link{{Label: c.T("成果"), Href: "/" + achievement.Path}}
	body := Achievement{
		Title: k.Title, Lead: k.Summary, Sample: it.Sample, Picture: pictureOf(k), Gain: ui.GainOf(c, k),
		Price: k.Price.String(), Ways: ui.Cooperation(k.Cooperation), Level: k.Maturity.Level, Judged: maturityNote(c, k.Maturity),
		Owner: view.Link{Label: org.Name, Href: ui.UnitPath(org)}, Place: ui.Place(k.Division, org.Division),
		Replies: replyWords(c, replies), Actions: actions, Compare: comparison(c, k), Rest: achievementRest(c, k),
		History: []ui.Block{{Title: c.T("经过"), Parts: view.Parts{listingTimeline(history)}}},
	}
	if offersTrial(c, it.Listing, it.Mine, k.Cooperation) {
		body.Actions = append(body.Actions, view.Action{Label: "申请试用", Href: fmt.Sprintf("/trials/new?achievement=%d", it.ID), Kind: view.Quiet})
	}
	if body.Actions, err = p.roomAction(c, it.Listing, it.Mine, body.Actions); err != nil {
		return err
	}
	body.Rest = append(body.Rest, contactBlock(k.Contact, c.Actor())...)
	if !it.Mine && k.Person() != (listing.Contact{}) {
		body.Rest = append(body.Rest, revealForm(ui.NewAsk(c, nil, nil), fmt.Sprintf("/achievements/%d", it.ID), c.Actor())...)
	}
	if len(k.Topics) > 0 {
		body.Quiet = append(body.Quiet, codes.TopicLabel(k.Topics[0]))
	}
	body.Quiet = append(body.Quiet, codes.Field.Label(k.Field))
	if it.ConfirmedAt != nil {
		body.Quiet = append(body.Quiet, c.T("%s确认有效", view.Ago(c.Now(), *it.ConfirmedAt)))
	}
	if it.ExpiresAt != nil {
		body.Quiet = append(body.Quiet, c.T("有效到 %s", view.Day(*it.ExpiresAt)))
	}
	body.Quiet = slices.DeleteFunc(append(body.Quiet, c.T("编号 %d", it.ID)), func(s string) bool { return s == "" })
	if it.Sleeping() {
		body.Stale = c.T("发布单位已经很久没有确认这项成果仍然有效，联系前请先核对。")
	}
	if body.Picture.Href != "" {
		page.Picture = c.BaseURL() + body.Picture.Href
	}
	return c.Render("market/achievement", view.With[Achievement]{Page: page, Body: body})
}

func pictureOf(k achievement.Content) Picture {
	out := Picture{Icon: ui.FieldIcon(k.Field), Field: codes.Field.Label(k.Field[:min(2, len(k.Field))])}
	for _, f := range k.Files {
		switch {
		case f.Role != listing.FilePicture:
		case out.Href == "":
			out.Href, out.Alt = fmt.Sprintf("/files/%d", f.FileID), cmp.Or(f.Caption, k.Title)
		default:
			out.More++
		}
	}
	return out
}

func replyWords(c *web.Ctx, r Replied) string {
	switch {
	case r.Received == 0:
		return c.T("近一年还没有收到对接意向")
	case r.Answered == 0:
		return c.T("近一年收到 %d 次对接意向，还没有答复", r.Received)
	case r.MedianHours >= 48:
		return c.T("通常 %s 天内答复；近一年收到 %d 次，答复 %d 次", strconv.FormatFloat(float64(r.MedianHours)/24, 'f', 1, 64), r.Received, r.Answered)
	}
	return c.T("通常 %d 小时内答复；近一年收到 %d 次，答复 %d 次", max(1, r.MedianHours), r.Received, r.Answered)
}

func comparison(c *web.Ctx, k achievement.Content) Comparison {
	var out Comparison
	for _, a := range k.Advantages {
		row := Compared{Name: a.Name, Ours: a.Ours, Present: a.Present, Unit: a.Unit}
		out.Units = out.Units || a.Unit != ""
		if change, ok := a.Change(); ok {
			row.Change = ui.ChangeWords(c, change)
			if most := max(change.Ours, change.Present); change.Ours >= 0 && change.Present >= 0 && most > 0 {
				row.Bars = true
				row.OursBar, row.PresentBar = int(math.Round(change.Ours/most*100)), int(math.Round(change.Present/most*100))
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// achievementRest is what stands below: how it works, evidence, rights, cases, team.
func achievementRest(c *web.Ctx, k achievement.Content) []ui.Block {
	out := slices.Concat(prose("解决的问题", k.Problem), prose("怎么做到的", k.Description))
	out = slices.Concat(out, filesBlock(c, k.Files), rightsBlock(k.IP), casesBlock(k.Cases), teamBlock(k.Team))
	facts := []view.Fact{{Label: "技术领域", Value: codes.Field.Label(k.Field)}, {Label: "规划方向", Value: topicNames(k.Topics)},
		{Label: "应用行业", Value: codes.Industry.Label(k.Industry)}, {Label: "关键词", Value: strings.Join(k.Keywords, "、")}}
	facts = slices.DeleteFunc(facts, func(f view.Fact) bool { return f.Value == "" })
	if len(facts) > 0 {
		out = append(out, ui.Block{Title: "分类", Parts: view.Parts{view.Facts{Items: facts}}})
	}
	return out
}

func rightsBlock(rights []achievement.IP) []ui.Block {
	if len(rights) == 0 {
		return nil
	}
	columns := ui.Columns[achievement.IP]{
		{Label: "名称", Cell: func(ip achievement.IP) view.Cell { return view.Cell{Text: ip.Title} }},
		{Label: "种类", Cell: func(ip achievement.IP) view.Cell { return view.Cell{Text: codes.IPKind.Label(ip.Kind)} }},
		{Label: "号码", Cell: func(ip achievement.IP) view.Cell { return view.Cell{Text: ip.Number} }},
		{Label: "状态", Cell: func(ip achievement.IP) view.Cell { return view.Cell{Text: choice(achievement.IPStatuses(), ip.Status)} }},
		{Label: "有效期到", Cell: func(ip achievement.IP) view.Cell { return view.Cell{Text: ip.Expires} }},
	}
	return []ui.Block{{Title: "知识产权", Parts: view.Parts{columns.Table("知识产权", rights)}}}
}

func casesBlock(cases []achievement.Case) []ui.Block {
	if len(cases) == 0 {
		return nil
	}
	var rows view.Rows
	for _, s := range cases {
		rows.Items = append(rows.Items, view.Row{Title: view.T(s.Organisation), Lead: view.T(s.Effect), Meta: ui.NotEmpty(s.Year)})
	}
	return []ui.Block{{Title: "应用案例", Parts: view.Parts{rows}}}
}

func teamBlock(t achievement.Team) []ui.Block {
	facts := []view.Fact{{Label: "负责人", Value: t.Lead}, {Label: "成员", Value: ui.Join(t.Members)},
		{Label: "介绍", Text: view.T(t.Introduction)}}
	facts = slices.DeleteFunc(facts, func(f view.Fact) bool { return f.Value == "" && len(f.Text) == 0 })
	if len(facts) == 0 {
		return nil
	}
	return []ui.Block{{Title: "团队", Parts: view.Parts{view.Facts{Items: facts}}}}
}
