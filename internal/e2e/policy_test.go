package e2e

import (
	"fmt"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/publish/policy"
)

// TestPolicy_FromTheLibraryToAPublicAnswer walks list, policy, check, question, answer, rating and repeal through the pages.
func TestPolicy_FromTheLibraryToAPublicAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.s.Platform.Now()
	limit := 10 * money.WanYuan
	day := fact.DayOf(now)
	firm := policy.Condition{Fact: "org_kind", Op: "eq", Type: "text", Values: []string{"enterprise"}}
	few := policy.Condition{Fact: "employees", Op: "le", Type: "number", Values: []string{"300"}}
	id, err := w.s.Policies.Publish(t.Context(), w.who("region"), policy.Policy{Title: "技术交易后补助办法", Number: "科发〔2026〕1号", Issuer: "科技厅",
		Division: "150000", IssuedOn: now, ValidFrom: now, Content: policy.Content{Summary: "对吸纳技术的企业给予补助。",
			Clauses: []policy.Provision{{Title: "吸纳补助", Benefit: "资金", Clause: policy.Clause{ID: "第五条", Conditions: []policy.Condition{firm, few},
				Amounts: []policy.Amount{{From: day, Fact: "paid_amount", Tiers: []policy.Tier{{RateBP: 1000}}, Cap: &limit}}}}}}})
	apptest.NoErr(t, err)
	at := fmt.Sprintf("/policies/%d", id)

	w.guest.get("/policies").want(200, "技术交易后补助办法", "有效", "资金", "自治区")
	w.guest.get("/policies?benefit=税收").want(200, "没有符合条件的政策")
	w.guest.get("/policies?division=999999").want(422, "没有这个地区")
	w.guest.get(at).want(200, "单位类型为企业", "职工人数不超过300人", "已付款金额（有凭证）按 10%，最高 10 万元", "登录后提问")
	w.guest.get(at+"/check").want(200, "缺信息", "还缺", "单位类型")
	w.as("company").get(at+"/check").want(200, "平台记录：企业", "缺信息", "职工人数")
	w.as("company").get(at+"/check?employees=300&paid_amount=123456.7").want(200, "可能符合", "12,345.67 元")
	w.as("member").get(at+"/check?employees=300").want(200, "不满足") // a university
	w.as("company").get(at+"/check?employees=三百").want(422, "请填写数字")

	company := w.as("company")
	company.get(at).submit(at+"/questions", values{"question": " "}).want(422, "请写下问题")
	question := company.get(at).submit(at+"/questions", values{"question": "分公司可以申请吗？"}).want(200, "问题已提交", "等待答复").path
	w.as("rival").get(question).want(404)
	w.as("region").get("/policies/questions").want(200, "政策问答台", "分公司可以申请吗？")
	w.as("region").get(question).submit(question+"/do", values{"event": "answer", "answer": "由法人提出。", "publish": "1"}).want(200, "已答复")
	company.get("/messages").want(200, "您的政策问题有了答复")
	w.guest.get(at).want(200, "问：分公司可以申请吗？", "由法人提出。")
	company.get(question).submit(question+"/do", values{"event": "rate", "rating": "5"}).want(200, "谢谢您的评价", "已评价")

	w.as("region").get(at).submit(at+"/repeal", nil).want(200, "已废止", "不再核对条款")
	w.guest.get(at+"/check").want(200, "不在有效期内")
	w.guest.get("/policies?inForce=1").want(200, "没有符合条件的政策")
}
