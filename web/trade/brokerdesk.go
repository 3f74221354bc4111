package trade

import (
	"fmt"
	"strings"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// brokerStage is a column of the board in words: what it is called, who must move and what comes next.
func brokerStage(s broker.Stage) (label, mover, next string) {
	switch s {
	case broker.Introduced:
		return "已引荐", "被邀请的一方", "答复是否对接"
	case broker.Talking:
		return "洽谈中", "双方", "提出条款并都接受"
	case broker.Agreed:
		return "已谈成", "成果方", "起草合同"
	case broker.Contracted:
		return "合同在办", "报送单位", "办完登记"
	default:
		return "已登记", "付款方", "收到价款后付佣金"
	}
}

// brokerDesk shows the broker's clients and the board of own introductions (docs/rules/listings.md §9).
func (p *Pages) brokerDesk(c *web.Ctx) error {
	cards, err := p.Brokers.Board(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	mandates, err := p.Brokers.Mandates(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	var ids []int64
	for _, card := range cards {
		ids = append(ids, card.Deal.SupplyOrg, card.Deal.DemandOrg)
	}
	var own []broker.Mandate
	for _, m := range mandates {
		if m.BrokerAccount == c.Actor().AccountID && (m.State == broker.MandateAsked || m.Current(c.Now())) {
			own, ids = append(own, m), append(ids, m.ClientOrg)
		}
	}
	orgs, err := p.Identity.Organisations(c.Context(), ids)
	if err != nil {
		return err
	}
	body := ui.Sheet{Lead: "您的引荐走到了哪一步，都由对接、条款、合同和登记得出，不用另填。最久没有动静的排在最前，最多列最近 100 项。",
		Actions: []view.Action{{Label: "委托", Href: "/mandates", Kind: view.Quiet}, {Label: "找需求", Href: "/demands", Kind: view.Quiet}}}
	check := view.Rows{Label: "请核对"}
	columns := map[broker.Stage][]view.Row{}
	for _, card := range cards {
		if card.CheckedOn != "" {
			check.Items = append(check.Items, checkRow(c, card, orgs))
		}
		columns[card.Stage] = append(columns[card.Stage], boardRow(c, card, orgs))
	}
	if len(check.Items) > 0 {
		body.Main = append(body.Main, ui.Block{Title: "请核对", Parts: view.Parts{check},
			Intro: "您引荐的双方另有已登记的合同，没有写明您。这只是一件要核对的事实：可能与您的引荐无关，请先问双方。"})
	}
	var none []string
	for _, s := range broker.Stages() {
		label, _, _ := brokerStage(s)
		if len(columns[s]) == 0 {
			none = append(none, label)
			continue
		}
		body.Main = append(body.Main, ui.Block{Title: c.T("%s（%d 项）", label, len(columns[s])),
			Parts: view.Parts{view.Rows{Label: label, Items: columns[s]}}})
	}
	switch {
	case len(cards) == 0:
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Rows{Label: "进展", Empty: view.Empty{Icon: "handshake",
			Title: "还没有引荐", Text: "有了委托，就可以在需求或成果的页面上代表客户发起对接，进展会出现在这里。",
			Actions: []view.Action{{Label: "找需求", Href: "/demands", Kind: view.Quiet}}}}}})
	case len(none) > 0:
		body.Main = append(body.Main, ui.Block{Intro: c.T("现在没有：%s。", strings.Join(none, "、"))})
	}
	body.Side = append(body.Side, ui.Block{Card: true, Title: "我的客户", Parts: view.Parts{clientRows(own, orgs)}})
	return ui.ShowSheet(c, c.Page("经纪人工作台"), body)
}

func clientRows(own []broker.Mandate, orgs map[int64]identity.Organisation) view.Rows {
	rows := view.Rows{Label: "我的客户", Empty: view.Empty{Icon: "users", Title: "还没有客户", Text: "先向单位请求委托，对方同意后就可以代表它发起对接。",
		Actions: []view.Action{{Label: "请求委托", Href: "/mandates", Kind: view.Quiet}}}}
	for _, m := range own {
		row := view.Row{Title: view.T(orgs[m.ClientOrg].Name), Href: "/mandates", Lead: view.T(m.Note), Sample: m.Sample,
			Tags: []view.Tag{mandateTag(m, m.State == broker.MandateGiven)}}
		if m.ValidTo != "" {
			row.Meta = []string{"到 " + m.ValidTo + " 为止"}
		}
		rows.Items = append(rows.Items, row)
	}
	return rows
}

func boardRow(c *web.Ctx, card broker.BoardCard, orgs map[int64]identity.Organisation) view.Row {
	_, mover, next := brokerStage(card.Stage)
	d := card.Deal
	if card.Stage == broker.Introduced {
		if mover = orgs[d.SupplyOrg].Name; d.OpenedSide == deal.Supply {
			mover = orgs[d.DemandOrg].Name
		}
	}
	row := view.Row{Title: view.T(d.Subject), Href: fmt.Sprintf("/deals/%d", d.ID), Sample: d.Sample,
		Lead: view.T(c.T("下一步：%s%s", mover, next)),
		Meta: []string{orgs[d.SupplyOrg].Name + " → " + orgs[d.DemandOrg].Name, "引荐于 " + view.DayTime(d.CreatedAt)}}
	if row.Right = "今天有进展"; card.StillDays > 0 {
		row.Right = c.T("%d 天没有进展", card.StillDays)
	}
	if card.FollowUpOn != "" {
		row.RightNote = c.T("跟进日 %s", card.FollowUpOn)
		if card.Due(clock.Day(c.Now())) {
			row.Tags = []view.Tag{{Label: "该跟进了", Tone: view.Warn}}
		}
	}
	if card.ShareBP > 0 {
		row.Meta = append(row.Meta, c.T("约定佣金 %s 元，%s在收付价款后支付", card.Commission.Grouped(), sideLabel(card.PaidBy)))
	}
	return row
}

func checkRow(c *web.Ctx, card broker.BoardCard, orgs map[int64]identity.Organisation) view.Row {
	d := card.Deal
	return view.Row{Title: view.T(d.Subject), Href: fmt.Sprintf("/deals/%d", d.ID), Sample: d.Sample,
		Lead: view.T(c.T("双方 %s 建立的合同已登记，没有写明您", card.CheckedOn)),
		Meta: []string{orgs[d.SupplyOrg].Name + " → " + orgs[d.DemandOrg].Name, "引荐于 " + view.DayTime(d.CreatedAt)},
		Tags: []view.Tag{{Label: "待核对", Tone: view.Warn}}}
}
