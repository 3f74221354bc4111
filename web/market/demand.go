package market

import (
	"fmt"
	"slices"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Demand is the body of the page "market/demand": what has to be solved, how it is measured, and what a solver gets.
type Demand struct {
	Title    string
	Tags     []view.Tag // fresh, challenge …
	Quiet    []string   // what nobody decides on
	Sample   bool
	Notice   *view.Notice // the owner stays unnamed
	Need     []ui.Block   // the problem and its measures
	Budget   string
	Ways     string
	Deadline string
	Level    int // the least maturity; 0: any
	Owner    view.Link
	Place    string
	Actions  []view.Action
	Rest     []ui.Block
}

// demandPage is the public page of a demand.
func (p *Pages) demandPage(
	c *web.Ctx, it demand.Item, org identity.Organisation, actions []view.Action, history []listing.Happening,
) error {
	k := ui.Shown(it)
	page := c.Page(k.Title)
	page.Nav, page.Description = demand.Path, ui.Clip(k.Problem, 120)
	page.Breadcrumbs = []view.Link{{Label: c.T("需求"), Href: "/" + demand.Path}}
	if offersTrial(c, it.Listing, it.Mine, k.Cooperation) {
		actions = append(actions, view.Action{Label: "用先用后转应答", Href: fmt.Sprintf("/trials/new?need=%d", it.ID), Kind: view.Quiet})
	}
	actions, err := p.roomAction(c, it.Listing, it.Mine, actions)
	if err != nil {
		return err
	}
	row := view.Row{}
	ui.AddListingTags(c, &row, it.Listing, k.Field, k.Topics)
	body := Demand{
		Title: k.Title, Tags: row.Tags, Sample: it.Sample, Notice: anonymityNotice(it.Listing),
		Need:   slices.Concat(prose("要解决的问题", k.Problem), targetsBlock(k.Targets), prose("考核指标", k.Goals)),
		Budget: k.Budget.String(), Ways: ui.Cooperation(k.Cooperation), Deadline: ui.DeadlineWords(c, k.Deadline), Level: k.MaturityMin,
		Owner: view.Link{Label: org.Name, Href: ui.UnitPath(org)}, Place: ui.Place(k.Division, org.Division), Actions: actions,
		Rest: demandRest(c, k),
	}
	if row.Fresh != "" {
		body.Tags = append(body.Tags, view.Tag{Label: row.Fresh, Tone: view.OK})
	}
	body.Rest = append(body.Rest, contactBlock(k.Contact, c.Actor())...)
	if !it.Mine && k.Person() != (listing.Contact{}) {
		body.Rest = append(body.Rest, revealForm(ui.NewAsk(c, nil, nil), demand.PagePath(it.ID), c.Actor())...)
	}
	if it.Public(c.Now()) && p.Help != nil {
		help, err := p.Help(c, it.Listing)
		if err != nil {
			return err
		}
		body.Rest = append(body.Rest, help...)
	}
	body.Rest = append(body.Rest, ui.Block{Title: "经过", Parts: view.Parts{listingTimeline(history)}})
	if it.PublishedAt != nil {
		body.Quiet = append(body.Quiet, c.T("%s发布", view.Day(*it.PublishedAt)), c.T("第 %d 版", it.PublishedVersion))
	}
	if it.ExpiresAt != nil {
		body.Quiet = append(body.Quiet, c.T("有效到 %s", view.Day(*it.ExpiresAt)))
	}
	body.Quiet = append(body.Quiet, c.T("编号 %d", it.ID))
	return c.Render("market/demand", view.With[Demand]{Page: page, Body: body})
}

func targetsBlock(targets []demand.Target) []ui.Block {
	if len(targets) == 0 {
		return nil
	}
	var rows [][]string
	for _, g := range targets {
		rows = append(rows, []string{g.Name, g.Present, g.Target, g.Unit})
	}
	return []ui.Block{measuresBlock("要达到的指标", "现值", "目标值", rows)}
}

// demandWords are what a need says at length beside its problem.
func demandWords(k demand.Content) []ui.Block {
	var out []ui.Block
	for _, part := range [][2]string{{"限制条件", k.Limits}, {"已做过的尝试", k.Tried}, {"背景和现有基础", k.Background},
		{"预期效益", k.Benefit}, {"揭榜方条件", k.Solver}, {"产权归属", k.Ownership}, {"意向合作单位", k.Partners}, {"所需人才", k.Talent},
		{"揭榜奖励和评判办法", k.Reward}} {
		out = append(out, prose(part[0], part[1])...)
	}
	return out
}

// demandRest is what stands below the problem: limits, history, terms, files, how it is classed.
func demandRest(c *web.Ctx, k demand.Content) []ui.Block {
	out := append(demandWords(k), filesBlock(c, k.Files)...)
	facts := []view.Fact{{Label: "技术领域", Value: codes.Field.Label(k.Field)}, {Label: "规划方向", Value: topicNames(k.Topics)},
		{Label: "所属行业", Value: codes.Industry.Label(k.Industry)}, {Label: "关键词", Value: strings.Join(k.Keywords, "、")}}
	facts = slices.DeleteFunc(facts, func(f view.Fact) bool { return f.Value == "" })
	if len(facts) > 0 {
		out = append(out, ui.Block{Title: "分类", Parts: view.Parts{view.Facts{Items: facts}}})
	}
	return out
}
