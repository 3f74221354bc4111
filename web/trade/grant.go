package trade

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/trade/rights"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

//nolint:dupl // two tables of routes
func (p *Pages) grantRoutes() []web.Route {
	return []web.Route{
		web.GET("/grants", web.SignedIn(), p.grants),
		web.GET("/grants/new", web.Members(), func(c *web.Ctx) error { return p.showNewGrant(c, nil, nil) }),
		web.POST("/grants", web.Members(), p.createGrant),
		web.GET("/grants/:id", web.SignedIn(), func(c *web.Ctx) error { return p.showGrant(c, nil, nil, "") }),
		web.GET("/grants/:id/edit", web.Members(), func(c *web.Ctx) error { return p.editGrant(c, nil, nil) }),
		web.POST("/grants/:id", web.Members(), p.saveGrant),
		web.POST("/grants/:id/do", web.SignedIn(), p.doGrant),
	}
}

func grantPath(id int64) string { return fmt.Sprintf("/grants/%d", id) }

func grantTag(s rights.GrantStage) view.Tag {
	switch s {
	case rights.GrantDraft:
		return view.Tag{Label: "草稿"}
	case rights.GrantConsenting:
		return view.Tag{Label: "等权利人同意", Tone: view.Warn}
	case rights.GrantChecking:
		return view.Tag{Label: "等单位审查", Tone: view.Warn}
	case rights.GrantNoticing:
		return view.Tag{Label: "公示中", Tone: view.Info}
	case rights.GrantApproved:
		return view.Tag{Label: "已批准，待签协议", Tone: view.Info}
	case rights.GrantAgreed:
		return view.Tag{Label: "已签协议，待变更登记", Tone: view.Info}
	case rights.GrantActive:
		return view.Tag{Label: "有效", Tone: view.OK}
	case rights.GrantEnded:
		return view.Tag{Label: "已结束"}
	default:
		return view.Tag{Label: "已撤回"}
	}
}

func grantKind(k rights.GrantKind) string {
	switch k {
	case rights.Joint:
		return "权属登记"
	case rights.Ownership:
		return "赋予所有权"
	default:
		return "赋予长期使用权"
	}
}

func basisLabel(basis string) string {
	switch basis {
	case rights.BasisService:
		return "职务科技成果"
	case rights.BasisAgreement:
		return "合同约定"
	case rights.BasisGrant:
		return "本次赋权"
	default:
		return "受让"
	}
}

func (p *Pages) grants(c *web.Ctx) error {
	const size = 20
	q := c.QueryForm()
	list, err := p.Rights.Grants(c.Context(), c.Actor(), rights.GrantFilter{Listing: q.ID("achievement"), After: q.ID("after"), Limit: size})
	if err != nil {
		return err
	}
	table := ui.Columns[rights.Grant]{
		{Label: "成果", Cell: func(g rights.Grant) view.Cell {
			cell := view.Cell{Text: g.Object, Href: grantPath(g.ID), Tags: []view.Tag{grantTag(g.State)}}
			if g.Sample {
				cell.Tags = append(cell.Tags, view.Tag{Label: "样例"})
			}
			return cell
		}},
		ui.TextColumn("事项", func(g rights.Grant) string { return grantKind(g.Kind) }),
		ui.TextColumn("更新", func(g rights.Grant) string { return view.Day(g.UpdatedAt) }),
	}.Table("权属与赋权", list)
	table.Empty = view.Empty{Icon: "file", Title: "还没有权属登记或赋权", Text: "从本单位的一项成果开始：打开成果，选“权属与赋权”。需要您同意的份额也会出现在这里。"}
	body := ui.Listing{Lead: "写明成果归谁、各占多少：份额合计 100.00%，每位权利人都同意；赋权还要审查、公示、批准和变更登记。",
		Tabs: rightsTabs("/grants"), Table: &table, Pager: view.Pager{Total: -1}}
	if len(list) == size {
		body.Pager.Next = fmt.Sprintf("/grants?achievement=%d&after=%d", q.ID("achievement"), list[size-1].ID)
	}
	if id := q.ID("achievement"); id != 0 && web.Members().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "新建", Href: fmt.Sprintf("/grants/new?achievement=%d", id), Kind: view.Quiet}}
	}
	return ui.ShowList(c, c.Page("权属与赋权"), body)
}

func (p *Pages) showGrant(c *web.Ctx, f *web.Form, ferr error, on rights.Event) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Rights.ReadGrant(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page(grantKind(v.Grant.Kind) + "：" + v.Grant.Object)
	page.Breadcrumbs = []view.Link{{Label: "权属与赋权", Href: "/grants"}}
	body := ui.Sheet{Tags: []view.Tag{grantTag(v.Grant.State)}, Sample: v.Grant.Sample, Steps: grantSteps(v.Grant)}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{grantFacts(c, v)}}, holdersBlock(v))
	for _, e := range v.Events {
		a := ui.NewAsk(c, nil, nil)
		if e == on {
			a = ui.NewAsk(c, f, ferr)
		}
		if b := grantStep(v, e, a); b != nil {
			b.Title, b.Fold = cut(b.Title, e == on, b.Fold)
			body.Side = append(body.Side, *b)
		}
	}
	if v.Grant.State == rights.GrantDraft && slices.Contains(v.Events, rights.EventSubmit) {
		body.Actions = []view.Action{{Label: "修改", Href: grantPath(id) + "/edit", Kind: view.Quiet}}
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{grantHistory(v)}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func grantSteps(g rights.Grant) view.Steps {
	order := []rights.GrantStage{rights.GrantConsenting, rights.GrantChecking, rights.GrantNoticing, rights.GrantApproved, rights.GrantAgreed,
		rights.GrantActive}
	labels := []string{"征求同意", "单位审查", "公示", "批准、签协议", "变更登记", "有效"}
	if g.Kind == rights.Joint {
		order, labels = []rights.GrantStage{rights.GrantConsenting, rights.GrantActive}, []string{"征求同意", "有效"}
	}
	var out view.Steps
	at := slices.Index(order, g.State)
	if at < 0 {
		return out
	}
	for i, l := range labels {
		step := view.Step{Label: l, State: "todo"}
		switch {
		case i < at || g.State == rights.GrantActive:
			step.State = "done"
		case i == at:
			step.State = "now"
		}
		out.Items = append(out.Items, step)
	}
	return out
}

func grantFacts(c *web.Ctx, v rights.GrantView) view.Facts {
	g := v.Grant
	facts := []view.Fact{
		{Label: "成果", Value: g.Object, Href: fmt.Sprintf("/achievements/%d", g.Listing)},
		{Label: "事项", Value: grantKind(g.Kind)},
	}
	if g.Years > 0 {
		facts = append(facts, view.Fact{Label: "使用年限", Value: c.T("%d 年", g.Years)})
	}
	facts = append(facts, view.Fact{Label: "约定", Text: view.T(g.Terms)})
	for _, f := range []view.Fact{{Label: "决定", Text: view.T(g.Decision)}, {Label: "协议", Text: view.T(g.Agreement)},
		{Label: "变更登记凭证", Text: view.T(g.Proof)}, {Label: "原因", Text: view.T(g.Reason)}} {
		if len(f.Text) > 0 && f.Text[0].Text != "" {
			facts = append(facts, f)
		}
	}
	if g.NoticeID != 0 {
		facts = append(facts, view.Fact{Label: "公示", Value: noticeTag(v.Notice).Label, Href: fmt.Sprintf("/notices/%d", g.NoticeID)})
	}
	return view.Facts{Items: facts}
}

func holdersBlock(v rights.GrantView) ui.Block {
	table := ui.Columns[rights.Holder]{
		{Label: "权利人", Cell: func(h rights.Holder) view.Cell {
			cell := view.Cell{Text: h.Name}
			if h.Leader {
				cell.Tags = []view.Tag{{Label: "领导职务", Tone: view.Warn}}
			}
			return cell
		}},
		ui.FigureColumn("份额", func(h rights.Holder) string { return ui.Percent(h.ShareBP) + "%" }),
		ui.TextColumn("依据", func(h rights.Holder) string { return basisLabel(h.Basis) }),
		{Label: "同意", Cell: func(h rights.Holder) view.Cell {
			if h.ConsentedAt == nil {
				return view.Cell{Text: "还没有"}
			}
			return view.Cell{Text: view.DayTime(*h.ConsentedAt), Note: h.Consent}
		}},
	}.Table("权利人", v.Holders)
	return ui.Block{Title: "权利人", Parts: view.Parts{table}}
}

func grantHistory(v rights.GrantView) view.Timeline {
	words := map[rights.Event]string{rights.EventSubmit: "征求同意", rights.EventConsent: "权利人同意", rights.EventPaper: "登记书面同意",
		rights.EventRefuse: "权利人不同意，退回草稿", rights.EventCheck: "审查通过，开始公示", rights.EventReturn: "审查退回", rights.EventNoticeOff: "公示作废，退回草稿",
		rights.EventApprove: "批准", rights.EventAgree: "签协议", rights.EventRegister: "变更登记，生效", rights.EventEnd: "结束", rights.EventWithdraw: "撤回"}
	var out view.Timeline
	for _, s := range slices.Backward(v.Steps) {
		out.Events = append(out.Events, view.Event{At: s.At, What: words[s.Event], Note: s.Reason})
	}
	return out
}

// grantStep is the form of a step.
func grantStep(v rights.GrantView, on rights.Event, a *ui.Ask) *ui.Block {
	type made struct{ card, fold, label, intro, asks string }
	m, known := map[rights.Event]made{
		rights.EventSubmit:   {card: "征求同意", label: "发给权利人", intro: "提交后每位权利人确认自己的份额；都同意了才往下走。"},
		rights.EventConsent:  {card: "确认份额", label: "我同意", intro: "请核对份额、依据和约定。同意会记下时间。"},
		rights.EventPaper:    {fold: "登记书面同意…", label: "登记", asks: "书面同意书的名称和日期"},
		rights.EventRefuse:   {fold: "不同意…", label: "不同意", asks: "原因"},
		rights.EventCheck:    {card: "单位审查", label: "通过并公示", asks: "审查意见", intro: "核对权属清楚、有人承接、不涉密、没有独占许可。权利人本人不能审查。"},
		rights.EventReturn:   {fold: "退回修改…", label: "退回", asks: "原因"},
		rights.EventApprove:  {card: "批准", label: "批准", asks: "决定文件的名称和日期", intro: "公示期满无异议才能批准。"},
		rights.EventAgree:    {card: "签协议", label: "登记协议", asks: "协议编号、签订日期和团队代表"},
		rights.EventRegister: {card: "变更登记", label: "生效", asks: "变更登记或备案的凭证"},
		rights.EventEnd:      {fold: "结束…", label: "结束", asks: "原因"},
		rights.EventWithdraw: {fold: "撤回…", label: "撤回", asks: "原因"},
	}[on]
	if !known {
		return nil
	}
	var fields []view.Field
	if on == rights.EventPaper {
		people := []view.Option{}
		for _, h := range v.Holders {
			if h.AccountID == 0 && h.OrgID == 0 && h.ConsentedAt == nil {
				people = append(people, view.Option{Value: strconv.Itoa(h.Number), Label: h.Name})
			}
		}
		if len(people) == 0 {
			return nil
		}
		fields = append(fields, a.Choose("holder", "权利人", "", people, ui.Required))
	}
	if m.asks != "" {
		fields = append(fields, a.Area("reason", m.asks, "", ui.Required, ui.Lines(2), ui.Limit(1000)))
	}
	for i := range fields {
		fields[i].ID = string(on) + "-" + fields[i].Name
	}
	form := view.NewForm(grantPath(v.Grant.ID)+"/do", m.label, fields...)
	form.Hidden = []view.Pair{{Name: "event", Value: string(on)}}
	b := ui.Block{Card: m.card != "", Title: m.card, Fold: m.fold, Intro: m.intro}
	for _, part := range a.Blocks(form) {
		b.Add(part.Parts...)
	}
	return &b
}

func (p *Pages) doGrant(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	do := rights.GrantCommand{Grant: id, Event: rights.Event(f.Text("event")), Reason: f.Text("reason"), Holder: f.Int("holder")}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Rights.DoGrant(c.Context(), c.Actor(), do)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showGrant(c, f, err, do.Event)
		}
		return err
	}
	c.Flash(view.OK, "已办理。")
	return c.See(grantPath(id))
}
