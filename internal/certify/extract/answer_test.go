package extract

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/money"
)

// clean is a signed service contract with nothing to doubt, and the application that was typed from it.
const clean = `技术服务合同
项目名称：高寒牧区光伏提水控制器现场调试
甲方（委托方）：包头示范稀土新材料股份有限公司，统一社会信用代码91150200MA0000015W，法定代表人：白音。
乙方（受托方）：内蒙古示范大学，统一社会信用代码1215000046000001XQ，法定代表人：张示范。
签订日期：2026年4月1日；有效期限：2026年4月1日至2027年3月31日。
第一条 服务内容
乙方针对零下四十度时控制器启动失败的问题，分析低温下电解电容的等效电阻，调整预热时序，在三处机井完成调试并交付参数表。
第二条 技术指标：启动成功率不低于99%，连续运行三十日。
第三条 合同总价款为120,000.00元（大写：人民币壹拾贰万元整）。支付方式：分期支付，第一期支付60,000.00元。
第四条 双方对对方的技术资料保密，保密期限为两年。
第五条 新的技术成果归完成方所有。
第六条 履行中出现现有技术水平下难以克服的困难，致使部分失败的，按已完成的工作量结算，其余损失各自承担。
第七条 本合同自双方签字盖章之日起生效。
甲方（盖章）：包头示范稀土新材料股份有限公司 2026年4月1日
乙方（盖章）：内蒙古示范大学 2026年4月1日`

func applied() contract.Content {
	var c contract.Content
	c.Elements.Name, c.Elements.ClassCode, c.Elements.PlanSource = "高寒牧区光伏提水控制器现场调试", "0501", "9"
	c.Elements.Amount = 12 * money.WanYuan
	c.Seller = contract.Party{Name: "内蒙古示范大学", CreditCode: "1215000046000001XQ"}
	c.Buyers = []contract.Party{{Name: "包头示范稀土新材料股份有限公司", CreditCode: "91150200MA0000015W"}}
	return c
}

func TestAnswers_ACleanContractLeavesLittleToJudge(t *testing.T) {
	t.Parallel()
	answers := Read([]string{clean}, false).Answers(applied(), nil)
	for _, code := range []string{"parties_unclear", "unit_unauthorised", "subject_unclear", "price_unclear", "title_mismatch",
		"not_effective",
		"approval_missing", "guarantee_unmet", "monopoly_clause", "product_trade", "other_kind", "repair", "construction", "training_inside",
		"unconventional_separate", "plan_consent_missing"} {
		if a := answers[code]; !a.No || !a.Sure || a.Why == "" {
			t.Errorf("%s: got %+v, want a sure 否 that says why", code, a)
		}
	}
	for _, code := range []string{"seal_mismatch", "disputed", "intermediary_with_main"} {
		if a, ok := answers[code]; ok {
			t.Errorf("%s: no text answers it, got %+v", code, a)
		}
	}
}

// A code that the book does not know would answer nothing, silently.
func TestAnswers_AreToQuestionsOfTheBook(t *testing.T) {
	t.Parallel()
	for code := range Read([]string{clean}, false).Answers(applied(), []contract.File{{Name: "承诺书"}, {Name: "合同"}}) {
		if !recognition.IsFinding(code) {
			t.Errorf("%s is no question of the checklist", code)
		}
	}
	for _, code := range ordinary {
		if !recognition.IsFinding(code) {
			t.Errorf("%s is no ordinary business of the checklist", code)
		}
	}
}

func TestAnswers_WhatSpeaksForARuleIsShownWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ old, new, code, quote string }{
		"security":                {"第五条 新的", "第五条 乙方提交履约保函。新的", "guarantee_unmet", "履约保函"},
		"approval":                {"第五条 新的", "第五条 本项目须经主管部门审批。新的", "approval_missing", "审批"},
		"improvement forbidden":   {"第五条 新的", "第五条 甲方不得改进该技术。新的", "monopoly_clause", "不得改进"},
		"tied purchase":           {"第五条 新的", "第五条 甲方应向乙方购买配件。新的", "monopoly_clause", "应向乙方购买"},
		"goods":                   {"第五条 新的", "第五条 规格型号见附表。新的", "product_trade", "规格型号"},
		"repair in the subject":   {"并交付参数表", "并检修水泵", "repair", "检修"},
		"training in the text":    {"第五条 新的", "第五条 乙方培训甲方人员四次。新的", "training_inside", "培训"},
		"a condition":             {"自双方签字盖章之日起生效", "经主管部门批准后生效", "not_effective", "批准后生效"},
		"an open price":           {"第四条", "第四条 增加的费用另行协商。", "price_unclear", "另行协商"},
		"a class of another kind": {"技术服务合同\n", "专利实施许可合同\n", "title_mismatch", "许可"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(clean, tt.old) {
				t.Fatalf("%q is not in the text", tt.old)
			}
			a := Read([]string{"封面", strings.Replace(clean, tt.old, tt.new, 1)}, false).Answers(applied(), nil)[tt.code]
			if a.No || a.Page != 2 || !strings.Contains(a.Quote, tt.quote) {
				t.Errorf("%s: got %+v", tt.code, a)
			}
		})
	}
}

func TestAnswers_WhatIsTakenBackSpeaksForNothing(t *testing.T) {
	t.Parallel()
	text := strings.Replace(clean, "第五条 新的", "第五条 本合同不涉及国家秘密，无需担保，不包括培训。新的", 1)
	answers := Read([]string{text}, false).Answers(applied(), nil)
	for _, code := range []string{"approval_missing", "guarantee_unmet", "training_inside"} {
		if !answers[code].No {
			t.Errorf("%s: got %+v", code, answers[code])
		}
	}
}

// A page that is a picture may hold anything: what is not in the rest proves nothing, and nothing of it is sure by absence.
func TestAnswers_AbsenceProvesNothingWherePagesAreMissing(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]Reading{"a picture": Read([]string{clean, ""}, false), "recognised": Read([]string{clean}, true),
		"a fragment": Read([]string{clean[:300]}, false), "nothing": {}} {
		for code, a := range r.Answers(applied(), nil) {
			if a.No && a.Sure && strings.Contains(a.Why, "没有“") {
				t.Errorf("%s: %s is answered by absence: %+v", name, code, a)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(Reading{}.Answers(applied(), nil))); !slices.Equal(got, []string{"plan_consent_missing"}) {
		t.Errorf("without a text: got %v", got)
	}
}

func TestAnswers_WhatDiffersFromTheApplicationIsNotAnswered(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Content){
		"parties_unclear":   func(c *contract.Content) { c.Buyers[0].Name = "包头示范铝业有限公司" },
		"unit_unauthorised": func(c *contract.Content) { c.Seller.CreditCode = "" },
		"price_unclear":     func(c *contract.Content) { c.Elements.Amount++ },
	} {
		c := applied()
		change(&c)
		if a, ok := Read([]string{clean}, false).Answers(c, nil)[name]; ok {
			t.Errorf("%s: got %+v", name, a)
		}
	}
	c := applied()
	c.Seller.Name = "内蒙古示范大学生命科学学院"
	if a := Read([]string{clean}, false).Answers(c, nil)["unit_unauthorised"]; a.No || a.Why == "" {
		t.Errorf("an inner unit: got %+v", a)
	}
}

// No generated contract gets a sure answer against its own words, and each answer names a place that exists.
func TestAnswers_HoldOnSixtyContracts(t *testing.T) {
	t.Parallel()
	for _, m := range generate(t) {
		r := Read([]string{m.text}, false)
		c := applied()
		c.Elements.ClassCode = m.truth["elements.classCode"]
		for code, a := range r.Answers(c, nil) {
			if a.Page < 0 || a.Page > 1 || a.Why == "" || a.Quote != "" && !strings.Contains(plain(m.text), a.Quote) {
				t.Errorf("%s: %s: got %+v", m.name, code, a)
			}
		}
		if a := r.Answers(c, nil)["parties_unclear"]; a.No {
			t.Errorf("%s: other parties were applied for: got %+v", m.name, a)
		}
	}
}

// BenchmarkAnswers is a contract of twenty pages.
func BenchmarkAnswers(b *testing.B) {
	clause := "乙方应按照本条约定的技术指标完成相应工作，并于每个阶段结束后十日内（不含节假日）向甲方提交阶段报告；甲方收到报告后组织验收、书面答复。"
	pages := []string{clean}
	for range 19 {
		pages = append(pages, strings.Repeat(clause, 12))
	}
	r := Read(pages, false)
	for b.Loop() {
		if len(r.Answers(applied(), nil)) < 20 {
			b.Fatal("too few answers")
		}
	}
}
