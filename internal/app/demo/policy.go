package demo

import (
	"context"
	"fmt"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/publish/policy"
)

// scheme is a kind of policy that the sample market shows at three levels.
type scheme struct {
	title, summary, benefit, clause, article string
	papers                                   []string
	conditions                               []policy.Condition
	of                                       string // the amount it is worked out from; "" for none
	tiers                                    []policy.Tier
	limit                                    money.Fen
}

func condition(code, op string, values ...string) policy.Condition {
	kind, _ := policy.Kind(code)
	return policy.Condition{Fact: code, Op: op, Type: kind.Type, Values: values}
}

func upto(f money.Fen, bp int) policy.Tier { return policy.Tier{Upto: &f, RateBP: bp} }

// schemes are invented: their limits are nobody's rules, and every title says 样例.
func schemes() []scheme {
	firm := condition("org_kind", "eq", "enterprise")
	unit := condition("org_kind", "in", "university", "institute")
	return []scheme{
		{"技术交易后补助办法", "对吸纳技术成果并完成合同登记的企业，按实际付款给予补助。", "资金", "吸纳补助", "第五条",
			[]string{"登记证明", "付款凭证"}, []policy.Condition{firm}, "paid_amount", []policy.Tier{upto(100*money.WanYuan, 1000),
				upto(500*money.WanYuan, 500)}, 30 * money.WanYuan},
		{"科技成果转化奖励细则", "高校院所在区内转化成果，按技术交易额给予奖励。", "资金", "转化奖励", "第三条",
			[]string{"登记证明", "到账凭证"}, []policy.Condition{unit}, "technical_amount", []policy.Tier{{RateBP: 300}}, 50 * money.WanYuan},
		{"科技型中小企业研发投入补助办法", "研发投入稳定的中小企业，按上年研发投入给予补助。", "资金", "研发投入补助", "第四条",
			[]string{"研发费用辅助账", "审计报告"}, []policy.Condition{firm, condition("employees", "le", "500"), condition("revenue", "le",
				"200000000")}, "rd_spend", []policy.Tier{{RateBP: 800}}, 20 * money.WanYuan},
		{"高新技术企业认定奖补办法", "新认定的高新技术企业一次性奖补。", "资质", "认定奖补", "第二条",
			[]string{"高新技术企业证书"}, []policy.Condition{firm, condition("high_tech", "eq", "true")}, "", nil, 0},
		{"技术开发合同免征增值税办理指引", "技术转让、技术开发合同登记后，可以办理免税。", "税收", "免税办理", "第一条",
			[]string{"登记证明", "合同文本"}, []policy.Condition{condition("registered_on", "ge", "2024-01-01")}, "", nil, 0},
		{"中试服务支持办法", "为中小企业的中试活动提供场地和设备，减免部分费用。", "服务", "费用减免", "第六条",
			[]string{"中试服务合同"}, []policy.Condition{firm, condition("employees", "le", "300")}, "paid_amount", []policy.Tier{{RateBP: 5000}},
			10 * money.WanYuan},
		{"初创科技企业培育办法", "成立不满五年的科技企业，提供房租、培训和融资对接。", "服务", "培育服务", "第七条",
			[]string{"营业执照"}, []policy.Condition{firm, condition("founded", "ge", "2022-01-01")}, "", nil, 0},
		{"技术合同登记点运行补助办法", "登记点按上年登记的技术交易额给予补助。", "资金", "运行补助", "第八条",
			[]string{"年度工作总结"}, []policy.Condition{condition("org_kind", "eq", "point_host")}, "technical_amount",
			[]policy.Tier{upto(money.YiYuan, 10), {RateBP: 5}}, 20 * money.WanYuan},
		{"技术转移机构绩效评价办法", "对促成交易的技术转移机构按年评价并公布结果。", "资质", "绩效评价", "第九条",
			[]string{"促成合同清单"}, []policy.Condition{condition("org_kind", "eq", "agency")}, "", nil, 0},
		{"揭榜挂帅项目支持办法", "出题企业按研发投入给予支持，揭榜单位不限地区。", "资金", "出题方支持", "第十条",
			[]string{"揭榜协议", "研发投入证明"}, []policy.Condition{firm}, "rd_spend", []policy.Tier{{RateBP: 3000}}, 1000 * money.WanYuan},
	}
}

// planPolicies puts each scheme into the library for the region and for two leagues; some have ended, one replaces another.
func (l *loader) planPolicies() {
	leagues := region.Leagues()
	for i, s := range schemes() {
		for level := range 3 {
			division, issuer := region.Root, "样例自治区科技厅"
			if level > 0 {
				league := leagues[(2*i+level)%len(leagues)]
				division, issuer = league.Code, "样例"+league.Short+"科技局"
			}
			issued := l.end.AddDate(0, -30+2*i, -17*level-i)
			p := policy.Policy{Title: fmt.Sprintf("（样例）%s%s", region.ShortName(division), s.title),
				Number: fmt.Sprintf("样例科发〔%d〕%d号", issued.Year(), 10*level+i+1), Issuer: issuer, Division: division,
				IssuedOn:  fact.DayOf(issued).Date(),
				ValidFrom: fact.DayOf(issued.AddDate(0, 1, 0)).Date(), Content: policy.Content{Summary: s.summary,
					Clauses: []policy.Provision{s.provision(division, issuer, fact.DayOf(issued))}}}
			if (i+level)%4 == 0 {
				end := fact.DayOf(issued.AddDate(2, 0, 0)).Date()
				p.ValidTo = &end
			}
			l.planPolicy(p, issued, i, level)
		}
	}
}

func (s scheme) provision(division, issuer string, from fact.Day) policy.Provision {
	place := condition("division", "prefix", division[:2])
	if division != region.Root {
		place = condition("division", "prefix", division[:4])
	}
	out := policy.Provision{Title: s.clause, Benefit: s.benefit, Article: s.article, Papers: s.papers, Office: issuer + "成果处",
		Phone:  "0471-0000000",
		Clause: policy.Clause{ID: s.article, Conditions: append([]policy.Condition{place}, s.conditions...)}}
	if s.of != "" {
		out.Amounts = []policy.Amount{{From: from, Fact: s.of, Tiers: s.tiers, Cap: &s.limit}}
	}
	return out
}

// planPolicy publishes one; about the region's, somebody asks a question, which mostly is answered three days later.
func (l *loader) planPolicy(p policy.Policy, issued time.Time, i, level int) {
	var id, question int64
	l.then(issued, func(ctx context.Context) (err error) {
		if id, err = l.Policies.Publish(ctx, l.region, p); err == nil {
			l.counts["政策"]++
		}
		return err
	})
	asker, ok := l.asker(i)
	if level > 0 || !ok {
		return
	}
	questions := []string{"分公司可以单独申请吗？", "合同在外地登记的算不算？", "付款凭证要什么样的？", "同一份合同能否再申请盟市的补助？"}
	answers := []string{"应由法人提出申请，分公司的投入可以并入计算。", "以买方或卖方在区内登记的合同为准，外地登记的不计入。",
		"银行回单和对应的发票各一份。", "可以，但同一笔付款只能计算一次。"}
	l.then(issued.AddDate(0, 0, 9), func(ctx context.Context) (err error) {
		question, err = l.Policies.Ask(ctx, asker, id, questions[i%len(questions)])
		return err
	})
	if i%3 == 2 { // waits for its answer
		return
	}
	l.then(issued.AddDate(0, 0, 12), func(ctx context.Context) error {
		_, err := l.Policies.Do(ctx, l.region, policy.Command{Question: question, Version: 1, Event: policy.AnswerIt,
			Answer:  answers[i%len(answers)],
			Publish: i%2 == 0})
		return err
	})
}

// asker is one of the people of companies and universities, another for each n; false where the market has none.
func (l *loader) asker(n int) (actor.Actor, bool) {
	var people []actor.Actor
	for _, p := range l.market.People {
		if a := l.actors[p.Key]; p.Role == sample.RoleMember && a.OrgState == actor.Confirmed {
			people = append(people, a)
		}
	}
	if len(people) == 0 {
		return actor.Actor{}, false
	}
	return people[7*n%len(people)], true
}
