package trade

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) termsBlock(v deal.View, t *deal.Proposal, orgs map[int64]identity.Organisation, mayAccept bool, accept string) ui.Block {
	accepted := func(side deal.Side, at *time.Time) string {
		if t.Accepted(side) && at != nil {
			return "已接受，" + view.DayTime(*at)
		}
		return "未接受"
	}
	terms := t.Terms
	facts := []view.Fact{
		{Label: "合同类别", Value: ui.ClassName(terms.ClassCode)}, {Label: "标的", Text: view.T(terms.Object)},
		{
			Label: "成交额",
			Value: ui.AmountWords(terms.Amount),
			Num:   true,
		}, {Label: "支付方式", Value: codes.Payment.Label(terms.Payment), Note: terms.PaymentTerms},
	}
	if terms.Royalty {
		facts = append(facts, view.Fact{Label: "提成", Value: terms.RoyaltyTerms})
	}
	facts = append(
		facts,
		view.Fact{Label: "期限", Value: terms.StartsOn + " 至 " + terms.EndsOn, Num: true},
		view.Fact{Label: "知识产权归属", Text: view.T(terms.Ownership)},
	)
	if terms.LicenceYears > 0 {
		facts = append(facts, view.Fact{Label: "许可", Value: fmt.Sprintf("%d 年，%s", terms.LicenceYears, exclusiveLabel(terms.Exclusive))})
	}
	if terms.CommissionBP > 0 {
		facts = append(facts, view.Fact{Label: "佣金", Value: ui.AmountWords(terms.Commission()), Num: true,
			Note: fmt.Sprintf("成交额的 %s%%，由%s支付", ui.Percent(terms.CommissionBP), sideLabel(terms.CommissionBy))})
	}
	facts = append(facts, view.Fact{Label: "成果方", Value: accepted(deal.Supply, t.SupplyAcceptedAt), Note: orgs[v.Deal.SupplyOrg].Name},
		view.Fact{Label: "需求方", Value: accepted(deal.Demand, t.DemandAcceptedAt), Note: orgs[v.Deal.DemandOrg].Name})
	b := ui.Block{
		ID:    "terms",
		Title: fmt.Sprintf("条款（第 %d 版）", t.Number),
		Intro: "由" + sideLabel(t.ProposedSide) + "提出，" + view.DayTime(t.ProposedAt),
		Parts: view.Parts{view.Facts{Items: facts}},
	}
	if mayAccept {
		b.Add(view.Actions{{Label: "接受这一版条款", Post: accept, Hidden: []view.Pair{{Name: "number", Value: strconv.Itoa(t.Number)}}}})
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

// termsForm proposes the last terms again; the first time what the two listings already say.
func (p *Pages) termsForm(c *web.Ctx, a *ui.Ask, v deal.View, action string) (view.Form, error) {
	t := deal.Terms{StartsOn: string(p.Contracts.Today())}
	number := 0
	if last := v.Terms(); last != nil {
		t, number = last.Terms, last.Number
	} else {
		var need listing.Item[demand.Content]
		if v.Deal.DemandListing != 0 {
			var err error
			if need, err = p.Demands.Get(c.Context(), c.Actor(), v.Deal.DemandListing); err != nil && !fault.Is(err, fault.NotFound) {
				return view.Form{}, err
			}
		}
		t.Object = termsObject(v.Deal, need.Published)
	}
	sections := []view.Section{
		{Fields: []view.Field{
			a.Choose("classCode", "合同类别", t.ClassCode, ui.ClassOptions(), ui.Required),
			a.Area("object", "标的", t.Object, ui.Required, ui.Lines(4), ui.Limit(5000), ui.Hint("交付什么、达到什么指标")),
			a.Yuan("amountFen", "成交额", t.Amount, ui.Required, ui.Hint("有提成的填固定部分")),
			a.Choose("payment", "支付方式", t.Payment, ui.ListOptions(codes.Payment, "请选择"), ui.Required, ui.Width("m")),
			a.Text("paymentTerms", "支付约定", t.PaymentTerms, ui.Limit(500)),
			a.Checks("royalty", "提成", ui.BoolList(t.Royalty), []view.Option{{Value: "yes", Label: "部分价款按销售额或利润提成"}}),
			a.Text("royaltyTerms", "提成约定", t.RoyaltyTerms, ui.Limit(500)),
			a.Kind(
				view.Date,
				"startsOn",
				"开始",
				t.StartsOn,
				ui.Required,
				ui.Width("m"),
			), a.Kind(view.Date, "endsOn", "结束", t.EndsOn, ui.Required, ui.Width("m")),
			a.Area("ownership", "知识产权归属", t.Ownership, ui.Required, ui.Lines(3), ui.Limit(2000)),
		}},
		{Title: "只有许可合同要填", Fields: []view.Field{
			a.Text("licenceYears", "许可年限（年）", ui.IntText(t.LicenceYears), ui.Width("s")),
			a.Choose(
				"exclusive",
				"许可方式",
				t.Exclusive,
				[]view.Option{{Label: "请选择"}, {Value: "exclusive", Label: "独占许可"}, {Value: "sole", Label: "排他许可"}, {Value: "ordinary", Label: "普通许可"}},
				ui.Width("m"),
			),
		}},
	}
	if v.Deal.BrokerAccount != 0 {
		bp := ""
		if t.CommissionBP > 0 {
			bp = ui.Percent(t.CommissionBP)
		}
		sections = append(sections, view.Section{Title: "经纪人佣金", Hint: "按成交额的比例约定，金额由系统计算。", Fields: []view.Field{
			a.Text("commissionBp", "比例", bp, ui.Width("s"), func(f *view.Field) { f.Unit = "%" }),
			a.Radio(
				"commissionBy",
				"支付方",
				string(t.CommissionBy),
				[]view.Option{{Value: "supply", Label: "成果方"}, {Value: "demand", Label: "需求方"}},
			)}})
	}
	form := ui.FormOf(action, "提出这版条款", sections...)
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
	t := deal.Terms{
		ClassCode:    f.Text("classCode"),
		Object:       f.Text("object"),
		Amount:       f.Yuan("amountFen"),
		Payment:      f.Text("payment"),
		PaymentTerms: f.Text("paymentTerms"),
		Royalty: f.Bool(
			"royalty",
		),
		RoyaltyTerms: f.Text("royaltyTerms"),
		StartsOn:     f.Text("startsOn"),
		EndsOn:       f.Text("endsOn"),
		Ownership:    f.Text("ownership"),
		LicenceYears: f.Int(
			"licenceYears",
		),
		Exclusive:    f.Text("exclusive"),
		CommissionBP: f.Percent("commissionBp"),
		CommissionBy: deal.Side(f.Text("commissionBy")),
	}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Deals.Propose(c.Context(), c.Actor(), id, f.Int("after"), t)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showDeal(c, f, err, "terms")
		}
		return err
	}
	c.Flash(view.OK, "条款已提出，等待对方接受。")
	return c.See(fmt.Sprintf("/deals/%d#terms", id))
}
