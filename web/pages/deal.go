package pages

import (
	"context"
	"fmt"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/view"
)

func (p *Pages) dealRoutes() []web.Route {
	trader := web.Roles("单位经办人、技术经纪人", actor.Member, actor.OrgAdmin, actor.Broker)
	return []web.Route{
		web.GET("/deals", trader, p.deals),
		web.GET("/deals/new", trader, p.newDeal),
		web.POST("/deals", trader, p.openDeal).WithFiles(),
		web.GET("/deals/:id", trader, p.deal),
		web.POST("/deals/:id/accept", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Accept(c.Context(), c.Actor(), id)
			return "已接受。可以开始洽谈。", err
		})),
		web.POST("/deals/:id/decline", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Decline(c.Context(), c.Actor(), id, f.Text("code"), f.Text("note"))
			return "已婉拒，对方会看到理由。", err
		})),
		web.POST("/deals/:id/withdraw", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Withdraw(c.Context(), c.Actor(), id)
			return "已撤回。", err
		})),
		web.POST("/deals/:id/end", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.End(c.Context(), c.Actor(), id, f.Text("code"), f.Text("note"))
			return "洽谈已结束。", err
		})),
		web.POST("/deals/:id/accept-terms", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			d, err := p.Deals.AcceptTerms(c.Context(), c.Actor(), id, f.Int("number"))
			if err == nil && d.State == deal.Agreed {
				return "双方都已接受，条款已固定。卖方可以生成合同草稿。", nil
			}
			return "已接受这一版条款，等待对方。", err
		})),
		web.POST("/deals/:id/messages", trader, p.sayInDeal).WithFiles(),
		web.POST("/deals/:id/terms", trader, p.proposeTerms),
		web.GET("/deals/:id/files/:file", trader, p.dealFile),
	}
}

func dealStateTag(s deal.State) view.Tag {
	switch s {
	case deal.Interested:
		return view.Tag{Label: "等待答复", Tone: view.Warn}
	case deal.Talking:
		return view.Tag{Label: "洽谈中", Tone: view.Info}
	case deal.Agreed:
		return view.Tag{Label: "已达成", Tone: view.OK}
	case deal.Declined:
		return view.Tag{Label: "已婉拒"}
	case deal.Withdrawn:
		return view.Tag{Label: "已撤回"}
	default:
		return view.Tag{Label: "已结束"}
	}
}

func (p *Pages) deals(c *web.Ctx) error {
	q := c.QueryForm()
	state := deal.State(q.Text("state"))
	list, err := p.Deals.List(c.Context(), c.Actor(), deal.Filter{State: state, After: q.ID("after"), Limit: 20})
	if err != nil {
		return err
	}
	orgs, err := p.dealOrgs(c, list)
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "对接与洽谈", Empty: view.Empty{Icon: "handshake", Title: "还没有对接",
		Text: "在成果或需求的页面点“发起对接”，对方会收到消息。", Actions: []view.Action{{Label: "找成果", Href: "/achievements", Kind: view.Quiet}, {Label: "找需求", Href: "/demands", Kind: view.Quiet}}}}
	if state != "" {
		rows.Empty.Title = "没有" + string(dealStateTag(state).Label) + "的对接"
	}
	for _, d := range list {
		rows.Items = append(rows.Items, view.Row{Title: view.T(d.Subject), Href: fmt.Sprintf("/deals/%d", d.ID), Sample: d.Sample,
			Meta: []string{"成果方 " + orgs[d.SupplyOrg].Name, "需求方 " + orgs[d.DemandOrg].Name, "更新于 " + view.Ago(c.Now(), d.UpdatedAt)}, Tags: []view.Tag{dealStateTag(d.State)}})
	}
	tabs := &view.Tabs{Label: "按状态"}
	for _, t := range []struct {
		state deal.State
		label string
	}{{"", "全部"}, {deal.Interested, "等待答复"}, {deal.Talking, "洽谈中"}, {deal.Agreed, "已达成"}, {deal.Ended, "已结束"}} {
		tabs.Items = append(tabs.Items, view.Link{Label: t.label, Href: "/deals?state=" + string(t.state), Current: t.state == state})
	}
	pager := view.Pager{Total: -1}
	if len(list) == 20 {
		pager.Next = fmt.Sprintf("/deals?state=%s&after=%d", state, list[len(list)-1].ID)
	}
	return listPageOf(c, c.Page("对接与洽谈"), Listing{Tabs: tabs, Rows: &rows, Pager: pager})
}

func (p *Pages) dealOrgs(c *web.Ctx, list []deal.Deal) (map[int64]identity.Organisation, error) {
	var ids []int64
	for _, d := range list {
		ids = append(ids, d.SupplyOrg, d.DemandOrg)
		if d.BrokerOrg != 0 {
			ids = append(ids, d.BrokerOrg)
		}
	}
	return p.Identity.Organisations(c.Context(), ids)
}

func (p *Pages) newDeal(c *web.Ctx) error {
	return p.showNewDeal(c, c.QueryForm(), nil)
}

func (p *Pages) showNewDeal(c *web.Ctx, f *web.Form, ferr error) error {
	a := asking(f, ferr)
	achievement, demand := f.ID("achievementId"), f.ID("demandId")
	body := Sheet{Lead: "对方单位会收到消息，接受后双方在这里洽谈；不合适会写明原因。"}
	var facts []view.Fact
	for _, id := range []int64{achievement, demand} {
		if id == 0 {
			continue
		}
		l, err := p.Listings.Find(c.Context(), c.Actor(), id)
		if err != nil {
			return err
		}
		org, err := p.Identity.Organisation(c.Context(), l.OrganisationID)
		if err != nil {
			return err
		}
		facts = append(facts, view.Fact{Label: l.Kind.Label(), Value: l.Title, Href: listingPath(l.Kind, l.ID), Note: org.Name})
	}
	if len(facts) > 0 {
		body.Main = append(body.Main, Block{Facts: &view.Facts{Items: facts}})
	}
	fields := []view.Field{}
	if c.Actor().Has(actor.Broker) {
		speaks := a.radio("brokerFor", "您代表", "", []view.Option{
			{Value: "", Label: "本单位"}, {Value: "supply", Label: "成果方（我为它寻找需求）"}, {Value: "demand", Label: "需求方（我为它寻找成果）"}},
			hint("经纪人代表一方时，成果和需求两边都要选定"))
		if achievement != 0 && demand != 0 && ferr == nil { // from the matches of a need: a broker looks for its side
			speaks.Options[0].Checked, speaks.Options[2].Checked = false, true
		}
		fields = append(fields, speaks)
	}
	var known []view.Pair
	for _, side := range []struct {
		kind listing.Kind
		id   int64
	}{{listing.Achievement, achievement}, {listing.Demand, demand}} {
		name, label := string(side.kind)+"Id", side.kind.Label()
		own, err := p.openListings(c, side.kind)
		switch {
		case err != nil:
			return err
		case side.id != 0 && a.errors[name] == "": // chosen on the page before: nobody types a number
			known = append(known, view.Pair{Name: name, Value: idText(side.id)})
		case achievement+demand == 0 || a.errors[name] != "" || c.Actor().Has(actor.Broker):
			fields = append(fields, a.text(name, label+"编号", idText(side.id), hint("在"+label+"页面“发布单位”一栏的最后一行"), width("s")))
		case len(own) > 0:
			fields = append(fields, a.choose(name, "带上本单位的"+label, "", append([]view.Option{{Label: "不带"}}, own...)))
		}
	}
	fields = append(fields,
		a.area("message", "给对方的话", "", required, lines(6), limit(4000), hint("为什么合适、想怎样合作、希望什么时候谈")),
		view.Field{Kind: view.File, Name: "files", Label: "附件", Multiple: true, Hint: "最多 5 个", Error: a.errors["files"]})
	form := view.NewForm("/deals", "发出对接意向", fields...)
	form.Guard, form.Hidden = true, known
	body.Main = append(body.Main, a.blocks(form)...)
	return sheetStatus(c, formStatus(ferr), c.Page("发起对接"), body)
}

// openListings are the organisation's own public listings of a kind, to choose from.
func (p *Pages) openListings(c *web.Ctx, kind listing.Kind) ([]view.Option, error) {
	own, _, err := p.mine(c, kind, listing.Filter{States: []listing.State{listing.Published}, Limit: 100})
	var out []view.Option
	for _, l := range own {
		out = append(out, view.Option{Value: idText(l.ID), Label: l.Title})
	}
	return out, err
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func (p *Pages) openDeal(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := deal.Approach{AchievementID: f.ID("achievementId"), DemandID: f.ID("demandId"), BrokerFor: deal.Side(f.Text("brokerFor")), Message: f.Text("message")}
	if err = formErr(f); err == nil {
		in.Files, err = p.uploads(c, f, "files", "deal")
	}
	var d deal.Deal
	if err == nil {
		d, err = p.Deals.Open(c.Context(), c.Actor(), in)
	}
	if err != nil {
		if refused(err) || fault.Is(err, fault.Forbidden) {
			return p.showNewDeal(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "对接意向已发出，对方会收到消息。")
	return c.See(fmt.Sprintf("/deals/%d", d.ID))
}

func (p *Pages) deal(c *web.Ctx) error { return p.showDeal(c, nil, nil, "") }

// showDeal shows the talk; part names the form that a refused post belongs to ("message" or "terms").
func (p *Pages) showDeal(c *web.Ctx, f *web.Form, ferr error, part string) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Deals.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	messages, err := p.Deals.Messages(c.Context(), c.Actor(), id, 0, 200)
	if err != nil {
		return err
	}
	orgs, err := p.dealOrgs(c, []deal.Deal{v.Deal})
	if err != nil {
		return err
	}
	people := []int64{v.Deal.OpenedBy, v.Deal.BrokerAccount}
	for _, m := range messages {
		people = append(people, m.AccountID)
	}
	for _, h := range v.History {
		people = append(people, h.AccountID)
	}
	names, err := p.Identity.Names(c.Context(), people)
	if err != nil {
		return err
	}
	at := func(path string) string { return fmt.Sprintf("/deals/%d/%s", id, path) }
	can := map[deal.Event]bool{}
	for _, e := range v.Events {
		can[e] = true
	}
	page := c.Page(v.Deal.Subject)
	page.Breadcrumbs = []view.Link{{Label: "对接与洽谈", Href: "/deals"}}
	body := Sheet{Tags: []view.Tag{dealStateTag(v.Deal.State)}, Sample: v.Deal.Sample, Steps: dealSteps(v.Deal.State)}

	if v.Deal.State == deal.Interested {
		if can[deal.EventAccept] {
			decline := view.NewForm(at("decline"), "婉拒",
				view.Field{Kind: view.Select, Name: "code", Label: "理由", Required: true, Options: listOptions(codes.Decline, "请选择")},
				view.Field{Kind: view.Area, Name: "note", Label: "补充说明", Rows: 2, Max: 500})
			decline.Actions[0].Kind = view.Danger
			body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Info, Title: "对方想与您对接", Text: "接受后双方可以在这里洽谈；婉拒请选一个理由，帮助市场改进匹配。",
				Actions: []view.Action{{Label: "接受，开始洽谈", Post: at("accept")}}}}, Block{Fold: "婉拒…", Forms: []view.Form{decline}})
		} else {
			n := &view.Notice{Tone: view.Info, Title: "等待对方答复", Text: "对方已收到消息。"}
			if can[deal.EventWithdraw] {
				n.Actions = []view.Action{{Label: "撤回", Post: at("withdraw"), Kind: view.Quiet, Small: true}}
			}
			body.Main = append(body.Main, Block{Notice: n})
		}
	}
	if v.Deal.State == deal.Declined || v.Deal.State == deal.Ended {
		reason := codes.Decline.Label(v.Deal.DeclineCode)
		for _, r := range deal.EndReasons() {
			if r.Code == v.Deal.EndReason {
				reason = r.Label
			}
		}
		body.Main = append(body.Main, Block{Notice: &view.Notice{Title: "已结束：" + reason, Text: v.Deal.Note}})
	}
	if v.Deal.State == deal.Agreed {
		n := &view.Notice{Tone: view.OK, Title: "双方已达成一致，条款已固定"}
		made, err := p.Contracts.List(c.Context(), c.Actor(), contract.Filter{Deal: id, Limit: 1})
		if err != nil {
			return err
		}
		switch {
		case len(made) > 0:
			n.Text = "合同已经生成：" + contractStateTag(made[0].State).Label + "。"
			n.Actions = []view.Action{{Label: "打开合同", Href: fmt.Sprintf("/contracts/%d", made[0].ID)}}
			if made[0].RegisteredVersion > 0 {
				body.Steps.Items[3].State = "done"
			}
		case v.Side == deal.Supply:
			n.Text = "由卖方填写合同并申请登记。已有的信息会自动带入。"
			n.Actions = []view.Action{{Label: "生成合同草稿", Post: at("contract")}}
		default:
			n.Text = "由卖方填写合同并申请登记，您可以在“我的合同”里查看进度。"
		}
		body.Main = append(body.Main, Block{Notice: n})
	}

	terms := v.Terms()
	if terms == nil && can[deal.EventPropose] {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Title: "下一步：提出条款", Text: "谈妥以后，任何一方点下面的“提出条款”。双方都接受同一版就算达成，条款直接进入合同，不用再填。"}})
	}
	if terms != nil {
		body.Main = append(body.Main, p.termsBlock(v, terms, orgs, can[deal.EventAcceptTerms], at("accept-terms")))
	}
	thread := view.Thread{Empty: view.Empty{Title: "还没有消息"}}
	for _, m := range messages {
		item := view.Message{Who: names[m.AccountID], Org: sideLabel(m.Side), At: m.At, Body: m.Body, Mine: m.AccountID == c.Actor().AccountID}
		for _, file := range m.Files {
			item.Files = append(item.Files, view.FileItem{Name: file.Name, Href: at(fmt.Sprintf("files/%d", file.ID)), Size: fileSize(file.Size)})
		}
		thread.Messages = append(thread.Messages, item)
	}
	body.Main = append(body.Main, Block{ID: "thread", Title: "洽谈", Thread: &thread})
	if can[deal.EventMessage] {
		var fm *web.Form
		var em error
		if part == "message" {
			fm, em = f, ferr
		}
		a := asking(fm, em)
		form := view.NewForm(at("messages"), "发送",
			a.area("body", "消息", "", required, lines(4), limit(4000)),
			view.Field{Kind: view.File, Name: "files", Label: "附件", Multiple: true, Hint: "最多 5 个，每个不超过 50 MB", Error: a.errors["files"]})
		body.Main = append(body.Main, a.blocks(form)...)
	}
	if can[deal.EventPropose] {
		var fm *web.Form
		var em error
		if part == "terms" {
			fm, em = f, ferr
		}
		form, err := p.termsForm(c, asking(fm, em), v, at("terms"))
		if err != nil {
			return err
		}
		block := Block{Fold: "提出条款", Forms: []view.Form{form}}
		if terms != nil {
			block.Fold = "提出新一版条款"
		}
		if em != nil {
			block.Fold, block.Title = "", "提出条款"
			if n := asking(fm, em).notice; n != nil {
				block.Notice = n
			}
		}
		body.Main = append(body.Main, block)
	}
	if can[deal.EventEnd] {
		var reasons []view.Option
		for _, r := range deal.EndReasons() {
			reasons = append(reasons, view.Option{Value: r.Code, Label: r.Label})
		}
		end := view.NewForm(at("end"), "结束洽谈",
			view.Field{Kind: view.Select, Name: "code", Label: "原因", Required: true, Options: append([]view.Option{{Label: "请选择"}}, reasons...)},
			view.Field{Kind: view.Area, Name: "note", Label: "补充说明", Rows: 2, Max: 500})
		end.Actions[0].Kind = view.Danger
		body.Main = append(body.Main, Block{Fold: "谈不成，结束洽谈…", Forms: []view.Form{end}})
	}

	facts := []view.Fact{{Label: "成果方", Value: orgs[v.Deal.SupplyOrg].Name}, {Label: "需求方", Value: orgs[v.Deal.DemandOrg].Name}}
	for _, side := range []struct {
		kind listing.Kind
		id   int64
	}{{listing.Achievement, v.Deal.AchievementID}, {listing.Demand, v.Deal.DemandID}} {
		if side.id == 0 {
			continue
		}
		l, err := p.Listings.Find(c.Context(), c.Actor(), side.id)
		switch {
		case fault.Is(err, fault.NotFound): // the other side's need is closed once it is met
			facts = append(facts, view.Fact{Label: side.kind.Label(), Value: "已成交或已撤下，不再公开"})
		case err != nil:
			return err
		default:
			facts = append(facts, view.Fact{Label: side.kind.Label(), Value: l.Title, Href: listingPath(side.kind, side.id)})
		}
	}
	if v.Deal.BrokerAccount != 0 {
		facts = append(facts, view.Fact{Label: "技术经纪人", Value: names[v.Deal.BrokerAccount], Note: orgs[v.Deal.BrokerOrg].Name + "，引荐于 " + view.DayTime(v.Deal.CreatedAt)})
	}
	body.Side = append(body.Side, Block{Card: true, Title: "双方", Facts: &view.Facts{Items: facts, Wide: true}})
	timeline := view.Timeline{}
	for i := len(v.History) - 1; i >= 0; i-- {
		h := v.History[i]
		who := names[h.AccountID]
		if h.AccountID == 0 {
			who = "系统"
		}
		timeline.Events = append(timeline.Events, view.Event{At: h.At, Who: who, What: dealEventLabel(h.Event)})
	}
	body.Side = append(body.Side, Block{Title: "经过", Events: &timeline})
	return sheetStatus(c, formStatus(ferr), page, body)
}

func dealSteps(s deal.State) view.Steps {
	steps := view.Steps{Label: "对接进度", Items: []view.Step{{Label: "对接意向", State: "done"}, {Label: "洽谈", State: "todo"}, {Label: "达成", State: "todo"}, {Label: "合同与登记", State: "todo"}}}
	switch s {
	case deal.Interested:
		steps.Items[0].State = "now"
	case deal.Talking:
		steps.Items[1].State = "now"
	case deal.Agreed:
		steps.Items[1].State, steps.Items[2].State, steps.Items[3].State = "done", "done", "now"
	case deal.Declined, deal.Withdrawn:
		steps.Items[0].State = "fail"
	default:
		steps.Items[1].State = "fail"
	}
	return steps
}

func sideLabel(s deal.Side) string {
	switch s {
	case deal.Supply:
		return "成果方"
	case deal.Demand:
		return "需求方"
	default:
		return "技术经纪人"
	}
}

func dealEventLabel(e deal.Event) string {
	switch e {
	case deal.EventOpen:
		return "发出对接意向"
	case deal.EventAccept:
		return "接受对接"
	case deal.EventDecline:
		return "婉拒"
	case deal.EventWithdraw:
		return "撤回"
	case deal.EventMessage:
		return "发送消息"
	case deal.EventPropose:
		return "提出条款"
	case deal.EventAcceptTerms:
		return "接受条款"
	default:
		return "结束洽谈"
	}
}

func (p *Pages) termsBlock(v deal.View, t *deal.Proposal, orgs map[int64]identity.Organisation, mayAccept bool, accept string) Block {
	accepted := func(side deal.Side, at *time.Time) string {
		if t.Accepted(side) && at != nil {
			return "已接受，" + view.DayTime(*at)
		}
		return "未接受"
	}
	terms := t.Terms
	facts := []view.Fact{
		{Label: "合同类别", Value: className(terms.ClassCode)}, {Label: "标的", Text: view.T(terms.Object)},
		{Label: "成交额", Value: amountWords(terms.Amount), Num: true}, {Label: "支付方式", Value: codes.Payment.Label(terms.Payment), Note: terms.PaymentTerms},
	}
	if terms.Royalty {
		facts = append(facts, view.Fact{Label: "提成", Value: terms.RoyaltyTerms})
	}
	facts = append(facts, view.Fact{Label: "期限", Value: terms.StartsOn + " 至 " + terms.EndsOn, Num: true}, view.Fact{Label: "知识产权归属", Text: view.T(terms.Ownership)})
	if terms.LicenceYears > 0 {
		facts = append(facts, view.Fact{Label: "许可", Value: fmt.Sprintf("%d 年，%s", terms.LicenceYears, exclusiveLabel(terms.Exclusive))})
	}
	if terms.CommissionBP > 0 {
		facts = append(facts, view.Fact{Label: "佣金", Value: amountWords(terms.Commission()), Num: true,
			Note: fmt.Sprintf("成交额的 %s%%，由%s支付", percent(terms.CommissionBP), sideLabel(terms.CommissionBy))})
	}
	facts = append(facts, view.Fact{Label: "成果方", Value: accepted(deal.Supply, t.SupplyAcceptedAt), Note: orgs[v.Deal.SupplyOrg].Name},
		view.Fact{Label: "需求方", Value: accepted(deal.Demand, t.DemandAcceptedAt), Note: orgs[v.Deal.DemandOrg].Name})
	b := Block{ID: "terms", Title: fmt.Sprintf("条款（第 %d 版）", t.Number), Intro: "由" + sideLabel(t.ProposedSide) + "提出，" + view.DayTime(t.ProposedAt), Facts: &view.Facts{Items: facts}}
	if mayAccept {
		b.Actions = []view.Action{{Label: "接受这一版条款", Post: accept, Hidden: []view.Pair{{Name: "number", Value: strconv.Itoa(t.Number)}}}}
	}
	return b
}

func exclusiveLabel(code string) string {
	switch code {
	case "exclusive":
		return "独占许可"
	case "sole":
		return "排他许可"
	case "ordinary":
		return "普通许可"
	default:
		return ""
	}
}

// percent writes basis points as percent without trailing zeros: 350 → 3.5.
func percent(bp int64) string {
	s := strconv.FormatInt(bp/100, 10)
	if rest := bp % 100; rest != 0 {
		s += fmt.Sprintf(".%02d", rest)
		if s[len(s)-1] == '0' {
			s = s[:len(s)-1]
		}
	}
	return s
}

// termsForm proposes the last terms again; the first time what the two listings already say.
func (p *Pages) termsForm(c *web.Ctx, a *ask, v deal.View, action string) (view.Form, error) {
	t := deal.Terms{StartsOn: string(p.Contracts.Today())}
	number := 0
	if last := v.Terms(); last != nil {
		t, number = last.Terms, last.Number
	} else {
		var need listing.Item[demand.Content]
		if v.Deal.DemandID != 0 {
			var err error
			if need, err = p.Demands.Get(c.Context(), c.Actor(), v.Deal.DemandID); err != nil && !fault.Is(err, fault.NotFound) {
				return view.Form{}, err
			}
		}
		t.Object = termsObject(v.Deal, need.Published)
	}
	sections := []view.Section{
		{Fields: []view.Field{
			a.choose("classCode", "合同类别", t.ClassCode, classOptions(), required),
			a.area("object", "标的", t.Object, required, lines(4), limit(5000), hint("交付什么、达到什么指标")),
			a.yuan("amountFen", "成交额", t.Amount, required, hint("有提成的填固定部分")),
			a.choose("payment", "支付方式", t.Payment, listOptions(codes.Payment, "请选择"), required, width("m")),
			a.text("paymentTerms", "支付约定", t.PaymentTerms, limit(500)),
			a.checks("royalty", "提成", boolList(t.Royalty), []view.Option{{Value: "yes", Label: "部分价款按销售额或利润提成"}}),
			a.text("royaltyTerms", "提成约定", t.RoyaltyTerms, limit(500)),
			a.kind(view.Date, "startsOn", "开始", t.StartsOn, required, width("m")), a.kind(view.Date, "endsOn", "结束", t.EndsOn, required, width("m")),
			a.area("ownership", "知识产权归属", t.Ownership, required, lines(3), limit(2000)),
		}},
		{Title: "只有许可合同要填", Fields: []view.Field{
			a.text("licenceYears", "许可年限（年）", intText(t.LicenceYears), width("s")),
			a.choose("exclusive", "许可方式", t.Exclusive, []view.Option{{Label: "请选择"}, {Value: "exclusive", Label: "独占许可"}, {Value: "sole", Label: "排他许可"}, {Value: "ordinary", Label: "普通许可"}}, width("m")),
		}},
	}
	if v.Deal.BrokerAccount != 0 {
		bp := ""
		if t.CommissionBP > 0 {
			bp = percent(t.CommissionBP)
		}
		sections = append(sections, view.Section{Title: "经纪人佣金", Hint: "按成交额的比例约定，金额由系统计算。", Fields: []view.Field{
			a.text("commissionBp", "比例", bp, width("s"), func(f *view.Field) { f.Unit = "%" }),
			a.radio("commissionBy", "支付方", string(t.CommissionBy), []view.Option{{Value: "supply", Label: "成果方"}, {Value: "demand", Label: "需求方"}})}})
	}
	form := formOf(action, "提出这版条款", sections...)
	form.Hidden = []view.Pair{{Name: "after", Value: strconv.Itoa(number)}}
	return form, nil
}

// termsObject names what is traded: the achievement, and what the need wants it to reach.
func termsObject(d deal.Deal, need *demand.Content) string {
	object := "《" + d.Subject + "》"
	if need == nil || len(need.Targets) == 0 {
		return object
	}
	var targets []string
	for _, g := range need.Targets {
		targets = append(targets, strings.TrimSpace(g.Name+"达到 "+g.Target+" "+g.Unit))
	}
	return object + "。要达到的指标：" + strings.Join(targets, "；") + "。"
}

func (p *Pages) proposeTerms(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	t := deal.Terms{ClassCode: f.Text("classCode"), Object: f.Text("object"), Amount: f.Yuan("amountFen"), Payment: f.Text("payment"), PaymentTerms: f.Text("paymentTerms"),
		Royalty: f.Bool("royalty"), RoyaltyTerms: f.Text("royaltyTerms"), StartsOn: f.Text("startsOn"), EndsOn: f.Text("endsOn"), Ownership: f.Text("ownership"),
		LicenceYears: f.Int("licenceYears"), Exclusive: f.Text("exclusive"), CommissionBP: f.Percent("commissionBp"), CommissionBy: deal.Side(f.Text("commissionBy"))}
	if err = formErr(f); err == nil {
		_, err = p.Deals.Propose(c.Context(), c.Actor(), id, f.Int("after"), t)
	}
	if err != nil {
		if refused(err) {
			return p.showDeal(c, f, err, "terms")
		}
		return err
	}
	c.Flash(view.OK, "条款已提出，等待对方接受。")
	return c.See(fmt.Sprintf("/deals/%d#terms", id))
}

// dealAction wraps a one-button step: done or refused, the talk is shown again with the sentence.
func (p *Pages) dealAction(do func(c *web.Ctx, id int64, f *web.Form) (string, error)) web.Handler {
	return func(c *web.Ctx) error {
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		f, err := c.Form()
		if err != nil {
			return err
		}
		back := fmt.Sprintf("/deals/%d", id)
		said, err := do(c, id, f)
		if err != nil {
			return p.flashRefusal(c, err, back)
		}
		c.Flash(view.OK, said)
		return c.See(back)
	}
}

func (p *Pages) sayInDeal(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	files, err := p.uploads(c, f, "files", "deal")
	if err == nil {
		_, err = p.Deals.Say(c.Context(), c.Actor(), id, f.Text("body"), files)
	}
	if err != nil {
		if refused(err) {
			return p.showDeal(c, f, err, "message")
		}
		return err
	}
	return c.See(fmt.Sprintf("/deals/%d#thread", id))
}

func (p *Pages) dealFile(c *web.Ctx) error {
	return p.sendAttached(c, p.Deals.MayReadFile)
}

// upload stores the one file of a form field.
func (p *Pages) upload(c *web.Ctx, f *web.Form, field, purpose string) (int64, error) {
	headers := f.Files[field]
	if len(headers) == 0 || headers[0].Size == 0 && headers[0].Filename == "" {
		f.Errors.Add(field, "required", "请选择一个文件")
		return 0, formErr(f)
	}
	return p.store(c, headers[0], field, purpose)
}

// uploads stores all files of a form field; none is fine.
func (p *Pages) uploads(c *web.Ctx, f *web.Form, field, purpose string) ([]int64, error) {
	var ids []int64
	for _, h := range f.Files[field] {
		if h.Filename == "" {
			continue
		}
		id, err := p.store(c, h, field, purpose)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (p *Pages) store(c *web.Ctx, h *multipart.FileHeader, field, purpose string) (int64, error) {
	r, err := h.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	id, err := p.Files.Receive(c.Context(), c.Actor(), purpose, h.Filename, r)
	if fault.Is(err, fault.Invalid) { // say it at the field
		f := web.AsFault(err)
		return 0, &fault.Error{Kind: fault.Invalid, Code: f.Code, Message: f.Message, Fields: []fault.Field{{Path: field, Code: f.Code, Message: f.Message}}}
	}
	return id, err
}

// sendAttached serves {file} of the deal or contract {id} once its service has said that the visitor may read it.
func (p *Pages) sendAttached(c *web.Ctx, mayRead func(ctx context.Context, who actor.Actor, id, file int64) error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	file, err := c.ID("file")
	if err != nil {
		return err
	}
	if err := mayRead(c.Context(), c.Actor(), id, file); err != nil {
		return err
	}
	return p.sendFile(c, file)
}

// sendFile sends a file that the owner of its object has let through: pictures and PDF may be looked at, the
// rest is saved.
func (p *Pages) sendFile(c *web.Ctx, id int64) error {
	file, err := p.Files.Open(c.Context(), id)
	if err != nil {
		return err
	}
	defer file.Close()
	switch file.MIME {
	case "application/pdf", "image/png", "image/jpeg":
		if !c.Query().Has("download") {
			return c.Inline(file.Name, file.MIME, file)
		}
	}
	return c.Download(file.Name, file.MIME, file)
}

// mayDeal tells whether 发起对接 is offered: a guest is asked to sign in, the desks have no part in deals.
func mayDeal(a actor.Actor) bool {
	return !a.SignedIn() || a.Has(actor.Member, actor.OrgAdmin, actor.Broker)
}
