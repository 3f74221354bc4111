package trade

import (
	"fmt"
	"strconv"
	"strings"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// termFacts are the terms in the order of the form. A fact that does not apply says so, so that two versions can be compared.
func termFacts(t deal.Terms) []view.Fact {
	facts := []view.Fact{
		{Label: "合同类别", Value: ui.ClassName(t.ClassCode)},
		{Label: "标的", Value: t.Object},
		{Label: "成交额", Value: ui.AmountWords(t.Amount), Num: true},
		{Label: "支付方式", Value: codes.Payment.Label(t.Payment)},
		{Label: "支付约定", Value: t.PaymentTerms},
		{Label: "提成", Value: t.RoyaltyTerms},
		{Label: "期限", Value: t.StartsOn + " 至 " + t.EndsOn, Num: true},
		{Label: "知识产权归属", Value: t.Ownership},
	}
	if t.LicenceYears > 0 {
		facts = append(facts, view.Fact{Label: "许可", Value: fmt.Sprintf("%d 年，%s", t.LicenceYears, exclusiveLabel(t.Exclusive))})
	}
	if t.CommissionBP > 0 {
		facts = append(facts, view.Fact{Label: "佣金", Value: fmt.Sprintf("%s，成交额的 %s%%，由%s支付", ui.AmountWords(t.Commission()),
			ui.Percent(t.CommissionBP), sideLabel(t.CommissionBy)), Num: true})
	}
	return facts
}

// changedFacts marks what differs from the version before (nil: there is none) and drops what both leave open.
func changedFacts(before, now []view.Fact) []view.Fact {
	was := map[string]string{}
	for _, f := range before {
		was[f.Label] = f.Value
	}
	var out []view.Fact
	for _, f := range now {
		old, asked := was[f.Label]
		delete(was, f.Label)
		if before != nil && old != f.Value {
			f.Tags = append(f.Tags, view.Tag{Label: "有改动", Tone: view.Warn})
			f.Note = "上一版：" + old
			if !asked || old == "" {
				f.Note = "上一版没有约定"
			}
			if f.Value == "" {
				f.Value = "（已删去）"
			}
		}
		if f.Value != "" {
			out = append(out, f)
		}
	}
	for _, f := range before { // what this version no longer has
		if old, gone := was[f.Label]; gone && old != "" {
			out = append(out, view.Fact{Label: f.Label, Value: "（已删去）", Note: "上一版：" + old, Tags: []view.Tag{{Label: "有改动", Tone: view.Warn}}})
		}
	}
	return out
}

func acceptance(p *deal.Proposal, side deal.Side) string {
	at := p.SupplyAcceptedAt
	if side == deal.Demand {
		at = p.DemandAcceptedAt
	}
	if p.Accepted(side) && at != nil {
		return "已接受，" + view.DayTime(*at)
	}
	return "未接受"
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
	t := deal.Terms{StartsOn: clock.Day(c.Now())}
	number := 0
	var need listing.Item[demand.Content]
	if v.Deal.DemandListing != 0 {
		var err error
		if need, err = p.Demands.Get(c.Context(), c.Actor(), v.Deal.DemandListing); err != nil && !fault.Is(err, fault.NotFound) {
			return view.Form{}, err
		}
	}
	if last := v.Terms(); last != nil {
		t, number = last.Terms, last.Number
	} else {
		t.Object = termsObject(v.Deal, need.Published)
	}
	way := "02" // before a class is chosen
	if t.ClassCode != "" {
		way = t.ClassCode[:2]
	}
	alike, err := p.PriceHint(c, way)
	if err != nil {
		return view.Form{}, err
	}
	sections := []view.Section{
		{Fields: []view.Field{
			a.Choose("classCode", "合同类别", t.ClassCode, ui.ClassOptions(), ui.Required),
			a.Area("object", "标的", t.Object, ui.Required, ui.Lines(4), ui.Limit(5000), ui.Hint(wantedTargets(need.Published))),
			a.Yuan("amountFen", "成交额", t.Amount, ui.Required, ui.Hint(c.T("有提成的填固定部分。%s", alike))),
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

// termsObject names what is traded, in the words of one listing: the achievement's title, or the need's with its targets.
func termsObject(d deal.Deal, need *demand.Content) string {
	object := "《" + d.Subject + "》"
	if d.SupplyListing != 0 || need == nil || len(need.Targets) == 0 {
		return object
	}
	return object + "。要达到的指标：" + targetWords(need) + "。"
}

// wantedTargets reminds of what the need asks for, beside the field: the parties decide what of it they promise.
func wantedTargets(need *demand.Content) string {
	if need == nil || len(need.Targets) == 0 {
		return "交付什么、达到什么指标"
	}
	return "交付什么、达到什么指标。需求提出的指标：" + targetWords(need)
}

func targetWords(need *demand.Content) string {
	var targets []string
	for _, g := range need.Targets {
		targets = append(targets, strings.TrimSpace(g.Name+"达到 "+g.Target+" "+g.Unit))
	}
	return strings.Join(targets, "；")
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
			return p.showDeal(c, refusedPart{"terms", f, err})
		}
		return err
	}
	c.Flash(view.OK, "条款已提出，等待对方接受。")
	return c.See(fmt.Sprintf("/deals/%d#terms", id))
}
