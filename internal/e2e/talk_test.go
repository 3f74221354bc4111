package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// Accepting says what it means first and closes nothing; the signed contract closes the need, ends the other talks about it and tells
// everybody.
func TestTalk_TheContractClosesTheNeedAndNotTheClick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seller, buyer := w.as("member"), w.as("company")
	seller.publish("achievement", "league", meadowAchievement)
	need := buyer.publish("demand", "otherLeague", meadowDemand)
	at := "/demands/" + need
	rival := w.as("rival").get("/deals/new?demandListingId="+need).submit("/deals", values{"message": "我们也想试试。"}).want(200, "等待对方答复").path
	talk := buyer.get(buyer.get(at+"/matches").link("/deals/new?")).submit("/deals", values{"message": "想一起做中试。"}).want(200).path
	seller.get(talk).submit(talk+"/accept", nil).want(200, "洽谈中")
	w.guest.get(at).want(200, meadowDemand["title"])

	form := seller.get(talk).want(200, "提出条款")
	object := form.form(talk+"/terms", nil).values.Get("object")
	if strings.Contains(object, "70") || !strings.Contains(object, meadowAchievement["title"]) {
		t.Errorf("the terms begin with %q", object)
	}
	terms := values{"classCode": "0101", "object": "开发羊草种子包衣配方。", "amountFen": "800000", "payment": "lump_sum", "startsOn": "2026-04-01",
		"endsOn": "2027-10-31", "ownership": "专利申请权归双方共有。"}
	form.submit(talk+"/terms", terms).want(200, "条款已提出")
	buyer.get(talk).submit(talk+"/terms", values{"amountFen": "750000"}).want(200, "条款（第 2 版）", "上一版：800,000.00 元", "750,000.00 元", "1 处已标出")
	if waits := seller.get(talk).want(200, "等您答复", "接受第 2 版，成交额 750,000.00 元", "双方即达成一致", "报送登记时才关闭"); strings.Contains(
		waits.text(), "800000") {
		t.Error("an amount without its unit")
	}
	seller.get(talk).submit(talk+"/accept-terms", values{"number": "2"}).want(200, "双方已达成一致", "报送登记时关闭")
	w.drain()
	w.guest.get(at).want(200, meadowDemand["title"])
	w.as("rival").get(rival).want(200, "等待对方答复")

	contract := seller.get(talk).submit(talk+"/contract", nil).want(200, "合同草稿已生成").path
	seller.completeContract(contract)
	seller.get(contract+"/amounts").submit(contract+"/amounts", values{"technicalFen": "650000"}).want(200, "已保存")
	w.guest.get(at).want(200, meadowDemand["title"])
	seller.get(contract+"/check").submit(contract+"/submit", nil).want(200, "受理编号")
	w.drain()
	w.guest.get(at).want(410)
	w.as("rival").get(rival).want(200, "已结束")
	for _, login := range []string{"rival", "company"} {
		w.as(login).get("/messages").want(200, "这次对接已结束")
	}
	seller.get(talk).want(200, "已达成")
}

// A broker who speaks for somebody is asked for that somebody's mandate first, and told where to ask for it.
func TestTalk_ABrokerNeedsTheMandateFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	achievement := w.as("member").publish("achievement", "league", meadowAchievement)
	need := w.as("company").publish("demand", "otherLeague", meadowDemand)
	form := w.as("broker").get(fmt.Sprintf("/deals/new?supplyListingId=%s&demandListingId=%s", achievement, need))
	ask := values{"brokerFor": "demand", "message": "为贵公司寻找成果。"}
	form.submit("/deals", ask).want(422, "委托")
	if n := w.scan(`select count(*)::text from deal`); n != "0" {
		t.Fatalf("%s talks without a mandate", n)
	}
	w.as("broker").get("/mandates").submit("/mandates", values{"organisation": "敕勒川示范乳业有限公司", "note": "为它寻找成果。"}).want(200)
	id := w.scan(`select id::text from broker_mandate`)
	form.submit("/deals", ask).want(422, "委托")
	w.as("company").get("/mandates").submit("/mandates/"+id+"/give", nil).want(200, "已同意委托")
	form.submit("/deals", ask).want(200, "等待对方答复")
}

// However long the thread, its page ends with the newest message and leads back to the first.
func TestTalk_ThePageShowsTheNewestMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	need := w.as("company").publish("demand", "otherLeague", meadowDemand)
	talk := w.as("rival").get("/deals/new?demandListingId="+need).submit("/deals", values{"message": "我们也想试试。"}).want(200).path
	w.as("company").get(talk).submit(talk+"/accept", nil).want(200)
	w.scan(`with said as (insert into deal_message (deal_id, account_id, side, body, at)
		select $1::bigint, $2, 'supply', 'No ' || n || '.', now() + n * interval '1 second' from generate_series(1, 230) n returning 1)
		select count(*)::text from said`, strings.TrimPrefix(talk, "/deals/"), w.who("rival").AccountID)
	page := w.as("company").get(talk).want(200, "No 230.", "更早的消息")
	if strings.Contains(page.text(), "No 1.") {
		t.Error("the first message stands on the newest page")
	}
	for range 10 {
		if strings.Contains(page.text(), "No 1.") {
			page.want(200, "我们也想试试。", "回到最新的消息")
			return
		}
		page = w.as("company").get(page.link(talk + "?before="))
	}
	t.Error("ten pages back and no first message")
}
