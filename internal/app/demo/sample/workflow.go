package sample

import (
	"time"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/money"
)

// step appends an event some working days after the last one and moves the contract's state.
func (g *generator) step(c *Contract, event, from, to, who string, days int, code, note string) time.Time {
	at := c.Applied
	if n := len(c.Events); n > 0 {
		at = c.Events[n-1].At
	}
	next := g.workTime(at.AddDate(0, 0, days))
	if !next.After(at) {
		next = at.Add(time.Duration(g.between(3, 25)) * time.Minute)
	}
	if next.After(g.now) {
		next = g.now
	}
	c.Events = append(c.Events, Event{Event: event, From: from, To: to, Actor: who, At: next, Code: code, Note: note})
	return next
}

var corrections = []string{
	"请补交：1. 买方盖章页；2. 附件一技术指标表。其余材料齐全。",
	"合同第三条与附件的付款比例不一致（60%与50%），请双方更正后一并提交。",
	"请补交承诺书原件扫描件，并在登记表中填写买方统一社会信用代码。",
	"设备清单没有单价，无法核定非技术性费用，请补充明细。",
	"专利证书复印件缺最近一次年费缴纳凭证，请补交。",
	"合同名称为技术开发，第二条内容为测试分析，请改正名称或内容。",
}

// opinions of the first review: one that fits every contract, and one of each class.
const opinion = "标的明确，指标可测，类别与内容一致，价款与附件核对无误。"

var opinions = map[string]string{
	"01": "签约时没有现成的解决方案，有创新内容，符合技术开发合同特征。",
	"02": "权属清楚，转让的范围和后续改进的归属明确，价款构成明确。",
	"03": "许可的权利、方式和年限明确，权属清楚，价款构成明确。",
	"04": "就专项技术课题作论证，交付咨询报告，符合技术咨询合同特征。",
	"05": "服务对象与问题具体，以报告和现场指标验收，符合技术服务合同特征。",
}

// workflow writes the events that lead to the contract's state.
func (g *generator) workflow(c *Contract, i int) {
	var refusal Event
	if len(c.Events) > 0 { // prepared by refuse
		refusal = c.Events[0]
		c.Events = nil
	}
	state := c.State
	if state == StateDraft {
		c.Applied = time.Time{}
		return
	}
	registrars := g.desk[c.Point+"/"+RoleRegistrar]
	registrar := registrars[i%len(registrars)]
	reviewer := g.desk[c.Point+"/"+RoleReviewer][0]
	head := g.desk[c.Point+"/"+RoleHead][0]

	if state == StateDeclined {
		g.decline(c, i)
		return
	}
	c.Events = append(c.Events, Event{Event: "submit", From: StateDraft, To: StateAwaiting, Actor: c.Applicant, At: c.Applied})
	if state == StateAwaiting {
		return
	}
	g.step(c, "accept", StateAwaiting, StateInReview, registrar, 1, "", "材料齐全，已受理。")
	if state == StateInReview || !g.firstReview(c, i, refusal, registrar, reviewer) || state == StateSecondReview {
		return
	}
	if !g.secondReview(c, i, reviewer) {
		return
	}
	c.Registered = g.step(c, "register", StateToRegister, StateRegistered, head, 1, "", "")
	c.Versions = []Version{{No: 1, Amounts: c.Amounts, At: c.Registered, Note: "首次登记"}}
	g.afterwards(c, i, head)
}

// firstReview goes from acceptance to the second review; false where the case ends or rests before it.
func (g *generator) firstReview(c *Contract, i int, refusal Event, registrar, reviewer string) bool {
	state := c.State
	// Never refused before the applicant was asked, where it can be mended or no question of the sheet finds it.
	mendable := refusal.Code != "" && (recognition.Mendable(refusal.Code) || c.Finding == "")
	if state == StateCorrecting || mendable || i%6 == 2 && c.Registered.IsZero() && state != StateExperts {
		g.step(c, "request_correction", StateInReview, StateCorrecting, registrar, 1, "", corrections[i%len(corrections)])
		if state == StateCorrecting {
			return false
		}
		if mendable {
			c.Disputed = false
			g.step(c, "lapse_correction", StateCorrecting, StateRefused, registrar, 20, refusal.Code, refusal.Note)
			g.reconsider(c, state)
			return false
		}
		g.step(c, "submit_correction", StateCorrecting, StateInReview, c.Applicant, g.between(1, 4), "", "已按告知补齐。")
	}
	if refusal.Code != "" && i%3 != 0 {
		g.step(c, "refuse", StateInReview, StateRefused, registrar, 3, refusal.Code, refusal.Note)
		g.reconsider(c, state)
		return false
	}
	note := opinion
	if i%2 == 0 {
		note = opinions[c.Class[:2]]
	}
	g.step(c, "pass_first_review", StateInReview, StateSecondReview, registrar, g.between(1, 5), "", note)
	if refusal.Code != "" {
		g.step(c, "refuse", StateSecondReview, StateRefused, reviewer, 2, refusal.Code, refusal.Note)
		g.reconsider(c, state)
		return false
	}
	if i%17 == 3 {
		g.step(c, "return_to_review", StateSecondReview, StateInReview, reviewer, 1, "", "设备清单第2行的合理数量请再核，样机只需一套。")
		g.step(c, "pass_first_review", StateInReview, StateSecondReview, registrar, 1, "", "已按复核意见重新核定。")
	}
	return true
}

// secondReview goes on until the case waits for registration; false where it ends or rests before that.
func (g *generator) secondReview(c *Contract, i int, reviewer string) bool {
	state, expert := c.State, g.experts[i%len(g.experts)]
	if state == StateExperts && c.Amounts.Technical < largeAmount {
		c.Disputed = true
	}
	if c.Amounts.Technical >= largeAmount || c.Disputed {
		g.step(c, "pass_second_review", StateSecondReview, StateExperts, reviewer, 2, "", "复核一致，按规定提请专家审查。")
		if state == StateExperts {
			return false
		}
		g.step(c, "pass_experts", StateExperts, StateToRegister, expert, g.between(3, 7), "", "专家组三人一致同意，意见见会议纪要。")
	} else {
		g.step(c, "pass_second_review", StateSecondReview, StateToRegister, reviewer, g.between(1, 2), "", "复核一致。")
	}
	return state != StateToRegister
}

// afterwards is what happens to a registered contract: change, income, tax review, cancel, revoke.
func (g *generator) afterwards(c *Contract, i int, head string) {
	switch c.State {
	case StateRegistered:
		if i%19 == 5 && c.Registered.Before(g.now.AddDate(0, -6, 0)) {
			g.change(c, i, head)
		}
	case StateChanging:
		g.step(c, "request_change", StateRegistered, StateChanging, c.Applicant, 20, "", "双方签订补充协议，调整价款和交付期限，申请变更。")
	case StateCancelled:
		note := "买方项目停建，双方签订解除协议，申请注销。"
		if i%2 == 0 {
			note = "试验未达到约定指标，双方同意解除合同。"
		}
		g.step(c, "cancel", StateRegistered, StateCancelled, head, g.between(20, 55), "", note)
	case StateRevoked:
		p := g.point(c.Point)
		who := g.region
		if officer, ok := g.league[p.Region4+"00"]; ok && i%2 == 0 {
			who = officer
		}
		g.step(c, "revoke", StateRegistered, StateRevoked, who, 45, "", "检查发现合同双方为虚构交易，发票已作废，撤销登记并通知税务部门。")
	case StateReRecognise:
		g.step(c, "open_re_recognition", StateRegistered, StateReRecognise, "", 40, "", "样例税务机关对技术交易额提出异议，请求重新认定。")
	}
	if (c.State == StateRegistered || c.State == StateChanging) && i%4 == 1 {
		g.income(c)
	}
	if c.Class[:2] <= "03" && c.State == StateRegistered && i%8 == 3 {
		c.TaxReview = "ok"
		if i%40 == 3 {
			c.TaxReview = "no"
		}
	}
}

// change registers a second version under the same number; T is determined anew.
func (g *generator) change(c *Contract, i int, head string) {
	g.step(c, "request_change", StateRegistered, StateChanging, c.Applicant, 60, "", "增加一项试验内容，价款增加，提交补充协议。")
	more := c.Amounts.Total / 100 * money.Fen(g.between(8, 30))
	more -= more % (100 * money.Yuan)
	c.Amounts.Total += more
	note := "补充协议增加价款" + more.Short() + "。"
	if i%2 == 0 && c.Class[:2] == "01" {
		c.Costs = append(c.Costs, Cost{Kind: "material", Name: "补充试验用料", Quantity: 1, Unit: more / 4})
	}
	c.settle()
	at := g.step(c, "register_change", StateChanging, StateRegistered, head, 9, "", note)
	c.Versions = append(c.Versions, Version{No: 2, Amounts: c.Amounts, At: at, Note: note})
}

// income books 技术性收入 up to T: ΣR ≤ T.
func (g *generator) income(c *Contract) {
	left := c.Amounts.Technical
	if c.State == StateChanging {
		left = c.Versions[0].Amounts.Technical
	}
	at := c.Registered
	for k, share := range []money.Fen{30, 40, 30}[:g.between(1, 3)] {
		at = g.workTime(at.AddDate(0, 0, g.between(20, 120)))
		amount := c.Versions[0].Amounts.Technical / 100 * share
		if amount == 0 || amount > left || !at.Before(g.now) {
			return
		}
		left -= amount
		c.Incomes = append(c.Incomes, Income{Amount: amount, At: at, Note: []string{"首付款到账", "阶段验收后支付", "尾款到账"}[k]})
	}
}

// decline ends at the counter: wrong area, oral contract or outside its validity.
func (g *generator) decline(c *Contract, i int) {
	code, note := "wrong_area", ""
	switch i % 3 {
	case 0:
		for _, p := range g.m.Points {
			if p.HostKind == "league" && p.Region4 != g.point(c.RightPoint).Region4 {
				c.Point = p.Key
				if g.chance(30) {
					break
				}
			}
		}
		note = "卖方不在本登记点范围内，请到" + g.point(c.RightPoint).Name + "申请。"
	case 1:
		code, note = "oral", "没有书面合同文本，只有会议记录，依办法第九条不予受理。"
	case 2:
		code, note = "expired", "申请日已超过合同有效期，不予受理。"
		c.Ends = dateOf(c.Applied).AddDate(0, 0, -g.between(3, 30))
		c.Begins = c.Ends.AddDate(-1, 0, 1)
		c.Signed = c.Begins
	}
	registrar := g.desk[c.Point+"/"+RoleRegistrar][0]
	c.Events = append(c.Events, Event{Event: "submit", From: StateDraft, To: StateAwaiting, Actor: c.Applicant, At: c.Applied})
	g.step(c, "decline_intake", StateAwaiting, StateDeclined, registrar, 1, code, note)
}

func (g *generator) reconsider(c *Contract, state string) {
	if state == StateReconsider {
		g.step(c, "open_reconsideration", StateRefused, StateReconsider, c.Applicant, 12, "", "对不予登记决定不服，已申请行政复议。")
	}
}
