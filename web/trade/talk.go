package trade

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// talkLength is how many messages a page of the thread shows, the newest first asked for.
const talkLength = 50

// talk is one talk while its page is put together.
type talk struct {
	*Pages
	c        *web.Ctx
	id       int64
	view     deal.View
	messages []deal.Message
	earlier  bool // there are messages before those
	orgs     map[int64]identity.Organisation
	names    map[int64]string
	can      map[deal.Event]bool
	refused  refusedPart
}

// refusedPart is the form of the page that was refused: "message" or "terms", with what was typed.
type refusedPart struct {
	name string
	form *web.Form
	err  error
}

// ask gives the form and the error to the part that they belong to.
func (r refusedPart) ask(c *web.Ctx, name string) *ui.Ask {
	if r.name == name {
		return ui.NewAsk(c, r.form, r.err)
	}
	return ui.NewAsk(c, nil, nil)
}

func (p *Pages) deal(c *web.Ctx) error { return p.showDeal(c, refusedPart{}) }

// Talk is the body of the page "trade/talk": what has to be answered first, then the thread; the terms stay in view beside it.
type Talk struct {
	Heading         string
	State           view.Tag
	Sample          bool
	Steps           view.Steps
	First           []ui.Block // what waits for an answer, or how the talk ended
	Thread          view.Thread
	Earlier, Latest string // ways to the messages that are not shown
	Compose         []ui.Block
	After           []ui.Block // the next version of the terms, the way out
	Terms           *TermsPanel
	Side            []ui.Block // the parties, the history
}

// TermsPanel is the version on the table: what changed in it, who accepts it, the step of accepting with what that means.
type TermsPanel struct {
	Number  int
	By      string
	At      time.Time
	Changed int // lines that differ from the version before
	Lines   []TermLine
	Sides   []Acceptance
	Accept  *AcceptTerms // nil: not this reader, not now
	Propose string       // words of the way to the form of the next version
	Before  []ui.Block   // earlier versions, folded
}

// TermLine is one term; Was is what it was before.
type TermLine struct {
	Label, Now, Was string
	Changed, Num    bool
}

// Acceptance is where one side stands.
type Acceptance struct {
	Side, Text string
	Done       bool
}

// AcceptTerms asks for the second look.
type AcceptTerms struct {
	Means   view.Notice
	Confirm view.Action
}

// showDeal shows the talk.
func (p *Pages) showDeal(c *web.Ctx, refused refusedPart) error {
	t, err := p.readTalk(c)
	if err != nil {
		return err
	}
	t.refused = refused
	page := c.Page(t.view.Deal.Subject)
	page.Breadcrumbs = []view.Link{{Label: "对接与洽谈", Href: "/deals"}}
	d := t.view.Deal
	body := Talk{Heading: d.Subject, State: dealStateTag(d.State), Sample: d.Sample, Steps: dealSteps(d.State), First: t.approach()}
	agreed, err := t.agreed(&body.Steps)
	if err != nil {
		return err
	}
	body.First = append(body.First, agreed...)
	t.thread(&body)
	body.After, err = t.proposal()
	if err != nil {
		return err
	}
	body.After = append(body.After, t.leave()...)
	parties, err := t.parties()
	if err != nil {
		return err
	}
	if terms := t.view.Terms(); terms != nil {
		body.Terms = t.terms(terms)
	}
	body.Side = []ui.Block{parties}
	if room := t.room(); room != nil {
		body.Side = append(body.Side, *room)
	}
	body.Side = append(body.Side, t.history())
	return c.RenderStatus(ui.FormStatus(refused.err), "trade/talk", view.With[Talk]{Page: page, Body: body})
}

func (p *Pages) readTalk(c *web.Ctx) (*talk, error) {
	t := &talk{Pages: p, c: c, can: map[deal.Event]bool{}}
	var err error
	if t.id, err = c.ID("id"); err != nil {
		return nil, err
	}
	if t.view, err = p.Deals.Read(c.Context(), c.Actor(), t.id); err != nil {
		return nil, err
	}
	// one more than shown tells whether there are earlier ones
	if t.messages, err = p.Deals.LastMessages(c.Context(), c.Actor(), t.id, c.QueryForm().ID("before"), talkLength+1); err != nil {
		return nil, err
	}
	if t.earlier = len(t.messages) > talkLength; t.earlier {
		t.messages = t.messages[1:]
	}
	if t.orgs, err = p.dealOrgs(c, []deal.Deal{t.view.Deal}); err != nil {
		return nil, err
	}
	people := []int64{t.view.Deal.OpenedBy, t.view.Deal.BrokerAccount}
	for _, m := range t.messages {
		people = append(people, m.AccountID)
	}
	for _, h := range t.view.History {
		people = append(people, h.AccountID)
	}
	if t.names, err = p.Identity.Names(c.Context(), people); err != nil {
		return nil, err
	}
	t.names[actor.Undisclosed] = "未公开姓名"
	for _, e := range t.view.Events {
		t.can[e] = true
	}
	return t, nil
}

func (t *talk) at(path string) string { return fmt.Sprintf("/deals/%d/%s", t.id, path) }

// approach asks for the answer to an approach, or says how the talk ended.
func (t *talk) approach() []ui.Block {
	d := t.view.Deal
	switch {
	case d.State == deal.Interested && t.can[deal.EventAccept]:
		decline := view.NewForm(t.at("decline"), "婉拒",
			view.Field{Kind: view.Select, Name: "code", Label: "理由", Required: true, Options: ui.ListOptions(codes.Decline, "请选择")},
			view.Field{Kind: view.Area, Name: "note", Label: "补充说明", Rows: 2, Max: 500, Sometimes: true, Hint: "选“其他”时必填"})
		decline.Actions[0].Kind = view.Danger
		means := "接受后双方可以在这里洽谈；婉拒请选一个理由，帮助市场改进匹配。"
		if d.Undisclosed == t.view.Side {
			means = "接受后对方看到贵单位的名称，双方可以在这里洽谈；婉拒不会透露名称，请选一个理由。"
		}
		return []ui.Block{
			{Parts: view.Parts{view.Notice{Tone: view.Info, Title: "对方想与您对接", Text: means,
				Actions: []view.Action{{Label: "接受，开始洽谈", Post: t.at("accept")}}}}},
			{Fold: "婉拒…", Parts: view.Parts{decline}},
		}
	case d.State == deal.Interested:
		n := view.Notice{Tone: view.Info, Title: "等待对方答复", Text: "对方已收到消息。"}
		switch d.Undisclosed {
		case "":
		case t.view.Side:
			n.Text += "接受以前看不到贵单位的名称。"
		default:
			n.Text += "对方没有公开单位名称，接受后才能看到。"
		}
		if t.can[deal.EventWithdraw] {
			n.Actions = []view.Action{{Label: "撤回", Post: t.at("withdraw"), Kind: view.Quiet, Small: true}}
		}
		return []ui.Block{{Parts: view.Parts{n}}}
	case d.State == deal.Declined || d.State == deal.Ended:
		reason := codes.Decline.Label(d.DeclineCode)
		for _, r := range deal.EndReasons() {
			if r.Code == d.EndReason {
				reason = r.Label
			}
		}
		return []ui.Block{{Parts: view.Parts{view.Notice{Title: "已结束：" + reason, Text: d.Note}}}}
	case t.view.Terms() == nil && t.can[deal.EventPropose]:
		return []ui.Block{{Parts: view.Parts{view.Notice{Title: "下一步：提出条款",
			Text: "谈妥以后，任何一方点下面的“提出条款”。双方都接受同一版就算达成，条款直接进入合同，不用再填。"}}}}
	}
	return nil
}

// agreed points from the agreement to its contract.
func (t *talk) agreed(steps *view.Steps) ([]ui.Block, error) {
	if t.view.Deal.State != deal.Agreed {
		return nil, nil
	}
	n := view.Notice{Tone: view.OK, Title: "双方已达成一致，条款已固定"}
	made, ok, err := t.Contracts.OfDeal(t.c.Context(), t.c.Actor(), t.id)
	if err != nil {
		return nil, err
	}
	switch {
	case ok:
		n.Text = "合同已经生成：" + made.State + "。"
		n.Actions = []view.Action{{Label: "打开合同", Href: fmt.Sprintf("/contracts/%d", made.ID)}}
		if made.Registered {
			steps.Items[3].State = "done"
		}
	case t.view.Side == deal.Supply:
		n.Text = "由卖方填写合同并申请登记，已有的信息会自动带入。需求在签订的合同报送登记时关闭，在那以前别人仍可对接。"
		n.Actions = []view.Action{{Label: "生成合同草稿", Post: t.at("contract")}}
		if t.c.Actor().Has(actor.OrgAdmin) {
			n.Actions = append(
				n.Actions,
				view.Action{Label: "发布协议定价公示", Href: fmt.Sprintf("/notices/new?deal=%d", t.view.Deal.ID), Kind: view.Quiet},
			)
		}
	default:
		n.Text = "由卖方填写合同并申请登记，您可以在“我的合同”里查看进度。需求在签订的合同报送登记时关闭。"
	}
	return []ui.Block{{Parts: view.Parts{n}}}, nil
}

// thread is the newest messages with a way to the earlier ones, and the box for one's own.
func (t *talk) thread(body *Talk) {
	thread := view.Thread{Empty: view.Empty{Title: "还没有消息"}}
	for _, m := range t.messages {
		item := view.Message{Who: t.names[m.AccountID], Org: sideLabel(m.Side), At: m.At, Body: m.Body,
			Mine: m.AccountID == t.c.Actor().AccountID}
		for _, file := range m.Files {
			item.Files = append(item.Files, view.FileItem{Name: file.Name, Href: t.at(fmt.Sprintf("files/%d", file.ID)),
				Size: view.FileSize(file.Size)})
		}
		thread.Messages = append(thread.Messages, item)
	}
	here := fmt.Sprintf("/deals/%d", t.id)
	body.Thread = thread
	if t.earlier {
		body.Earlier = fmt.Sprintf("%s?before=%d#thread", here, t.messages[0].ID)
	}
	if t.c.QueryForm().ID("before") != 0 {
		body.Latest = here + "#thread"
	}
	if t.can[deal.EventMessage] {
		a := t.refused.ask(t.c, "message")
		body.Compose = a.Blocks(view.NewForm(t.at("messages"), "发送",
			a.Area("body", "消息", "", ui.Required, ui.Lines(4), ui.Limit(4000)),
			view.Field{Kind: view.File, Name: "files", Label: "附件", Multiple: true, Hint: "最多 5 个，每个不超过 50 MB", Error: a.Errors["files"]}))
	}
}

// proposal is the form of the next version of the terms.
func (t *talk) proposal() ([]ui.Block, error) {
	if !t.can[deal.EventPropose] {
		return nil, nil
	}
	ask := t.refused.ask(t.c, "terms")
	form, err := t.termsForm(t.c, ask, t.view, t.at("terms"))
	if err != nil {
		return nil, err
	}
	block := ui.Block{ID: "propose", Fold: "提出条款"}
	if t.view.Terms() != nil {
		block.Fold = "提出新一版条款"
	}
	if t.refused.name == "terms" {
		block.Fold, block.Title = "", "提出条款"
		block.Add(ask.Notice)
	}
	block.Add(form)
	return []ui.Block{block}, nil
}

func (t *talk) leave() []ui.Block {
	if !t.can[deal.EventEnd] {
		return nil
	}
	reasons := []view.Option{{Label: "请选择"}}
	for _, r := range deal.EndReasons() {
		reasons = append(reasons, view.Option{Value: r.Code, Label: r.Label})
	}
	end := view.NewForm(t.at("end"), "结束洽谈",
		view.Field{Kind: view.Select, Name: "code", Label: "原因", Required: true, Options: reasons},
		view.Field{Kind: view.Area, Name: "note", Label: "补充说明", Rows: 2, Max: 500, Sometimes: true, Hint: "选“其他”时必填"})
	end.Actions[0].Kind = view.Danger
	return []ui.Block{{Fold: "谈不成，结束洽谈…", Parts: view.Parts{end}}}
}

// terms is the version on the table beside the one before.
func (t *talk) terms(now *deal.Proposal) *TermsPanel {
	var before []view.Fact
	versions := t.view.Proposals
	if len(versions) > 1 {
		before = termFacts(versions[len(versions)-2].Terms)
	}
	panel := &TermsPanel{Number: now.Number, By: sideLabel(now.ProposedSide), At: now.ProposedAt}
	for _, f := range changedFacts(before, termFacts(now.Terms)) {
		line := TermLine{Label: f.Label, Now: f.Value, Was: f.Note, Changed: len(f.Tags) > 0, Num: f.Num}
		if line.Changed {
			panel.Changed++
		}
		panel.Lines = append(panel.Lines, line)
	}
	for _, side := range []deal.Side{deal.Supply, deal.Demand} {
		panel.Sides = append(panel.Sides, Acceptance{Side: sideLabel(side), Text: acceptance(now, side), Done: now.Accepted(side)})
	}
	if t.can[deal.EventAcceptTerms] {
		panel.Accept = t.acceptTerms(now)
	}
	if t.can[deal.EventPropose] {
		panel.Propose = "提出新一版条款"
	}
	for i := len(versions) - 2; i >= 0 && i >= len(versions)-11; i-- {
		var older []view.Fact
		if i > 0 {
			older = termFacts(versions[i-1].Terms)
		}
		v := versions[i]
		panel.Before = append(panel.Before, ui.Block{
			Fold:  fmt.Sprintf("第 %d 版，%s提出，%s", v.Number, sideLabel(v.ProposedSide), view.DayTime(v.ProposedAt)),
			Parts: view.Parts{view.Facts{Items: changedFacts(older, termFacts(v.Terms)), Wide: true}}})
	}
	return panel
}

// acceptTerms says what accepting means before the button that does it.
func (t *talk) acceptTerms(now *deal.Proposal) *AcceptTerms {
	means := "接受后等待对方接受同一版；在那以前任何一方提出新一版，这次接受就作废。"
	if now.Accepted(t.view.Side.Other()) {
		means = "对方已经接受这一版。您接受后双方即达成一致，条款固定，不能再改；由成果方据此生成合同。需求在签订的合同报送登记时才关闭。"
	}
	return &AcceptTerms{
		Means: view.Notice{Tone: view.Warn, Title: fmt.Sprintf("接受第 %d 版，成交额 %s", now.Number, ui.AmountWords(now.Terms.Amount)), Text: means},
		Confirm: view.Action{Label: "确认接受", Post: t.at("accept-terms"),
			Hidden: []view.Pair{{Name: "number", Value: strconv.Itoa(now.Number)}}},
	}
}

// parties are the two sides, their listings and the broker.
func (t *talk) parties() (ui.Block, error) {
	d := t.view.Deal
	facts := []view.Fact{{Label: "成果方", Value: t.orgs[d.SupplyOrg].Name}, {Label: "需求方", Value: t.orgs[d.DemandOrg].Name}}
	for _, side := range []struct {
		label string
		id    int64
	}{{"成果", d.SupplyListing}, {"需求", d.DemandListing}} {
		if side.id == 0 {
			continue
		}
		l, err := t.Listings.Find(t.c.Context(), t.c.Actor(), side.id)
		switch {
		case fault.Is(err, fault.NotFound): // the other side's need is closed once it is met
			facts = append(facts, view.Fact{Label: side.label, Value: "已成交或已撤下，不再公开"})
		case err != nil:
			return ui.Block{}, err
		default:
			kind := t.Listings.Kinds().Of(l.Kind)
			facts = append(facts, view.Fact{Label: kind.Label, Value: l.Title, Href: kind.PagePath(side.id)})
		}
	}
	if d.BrokerAccount != 0 {
		facts = append(facts, view.Fact{Label: "技术经纪人", Value: t.names[d.BrokerAccount],
			Note: t.orgs[d.BrokerOrg].Name + "，引荐于 " + view.DayTime(d.CreatedAt)})
	}
	return ui.Block{Card: true, Title: "双方", Parts: view.Parts{view.Facts{Items: facts, Wide: true}}}, nil
}

func (t *talk) history() ui.Block {
	timeline := view.Timeline{}
	for _, h := range slices.Backward(t.view.History) {
		who := t.names[h.AccountID]
		if h.AccountID == 0 {
			who = "系统"
		}
		timeline.Events = append(timeline.Events, view.Event{At: h.At, Who: who, What: dealEventLabel(h.Event)})
	}
	return ui.Block{Title: "经过", Parts: view.Parts{timeline}}
}
