package e2e

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/trade/sale"
)

// A sale by bidding over the pages' own forms, without a script: from the draft to the price, and the record that anybody runs again.
func TestSale_IsBidForWithoutAScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, company, rival, league := w.as("member"), w.as("company"), w.as("rival"), w.as("league")
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	offer := values{"title": "种子包衣机专利", "object": "发明专利一件，权属清楚，没有质押和已有许可，附内部决策文件。", "startFen": "1000000", "stepFen": "20000",
		"depositFen": "100000", "beginsAt": day(3), "plannedEndAt": day(5), "windowMinutes": "5"}
	owner.get("/sales/new").submit("/sales", with(offer, values{"depositFen": "900000"})).want(422, "保证金不得超过起始价的 20%", offer["object"])
	at := owner.get("/sales/new").submit("/sales", offer).want(200, "草稿已保存").path
	w.guest.get(at).want(404)
	owner.get(at).submit(at+"/do", values{"event": "submit"}).want(200, "待审核")
	league.get("/sales").want(200, offer["title"])
	league.get(at).submit(at+"/do", values{"event": "publish"}).want(200, "已挂牌", "竞价")
	w.guest.get("/sales").want(200, offer["title"], "起始价")

	for _, p := range []*person{company, rival} {
		p.get(at).want(200, "参加竞价").submit(at+"/intent", values{"related": "no"}).want(200, "您的竞买代码是", "等待审核")
		league.get(at).submit(at+"/decide", values{"qualify": "yes", "voucher": "样例凭证 1"}).want(200, "已审核")
	}
	shift := func(sql string) {
		t.Helper()
		_, err := w.s.Platform.DB.Exec(context.Background(), sql)
		apptest.NoErr(t, err)
	}
	shift(`update sale set begins_at = clock_timestamp() - interval '1 hour'`)
	company.get(at).want(200, "竞价中", "出价不能撤回").submit(at+"/bid", values{"amount": "1000000"}).want(200, "是第 1 次出价")
	stale := rival.get(at)
	stale.submit(at+"/bid", values{"amount": "1010000"}).want(200, "低于现在的最低要求 1,020,000.00 元")
	rival.get(at).submit(at+"/bid", values{"amount": "不知道"}).want(422)
	again := rival.get(at)
	again.submit(at+"/bid", values{"amount": "1020000"}).want(200, "是第 2 次出价")
	again.submit(at+"/bid", values{"amount": "1020000"}).want(200, "已经提交过，没有重复办理") // the answer was lost: the same page again
	owner.get(at).want(200, "1,020,000.00 元")
	league.get(at).submit(at+"/do", values{"event": "pause", "reason": "机房断电"}).want(200, "竞价已暂停", "机房断电")
	league.get(at).submit(at+"/do", values{"event": "resume"}).want(200, "竞价中")
	w.guest.get(at + "/record").want(404)
	for _, sql := range []string{
		`update sale set begins_at = begins_at - interval '9 days', planned_end = planned_end - interval '9 days',
			ends_at = ends_at - interval '9 days'`,
		`update sale_intent set confirmed_at = confirmed_at - interval '9 days'`,
		`update sale_attempt set arrived_at = arrived_at - interval '9 days', served_at = served_at - interval '9 days'`,
		`update sale_pause set from_at = from_at - interval '9 days', to_at = to_at - interval '9 days'`,
	} {
		shift(sql)
	}
	company.get(at).want(200, "正在确认结果")
	if n, err := w.s.Sales.Finish(context.Background()); err != nil || n != 1 {
		t.Fatalf("finished %d, %v", n, err)
	}
	w.guest.get(at).want(200, "成交：竞买代码", "1,020,000.00 元")
	record := w.guest.get(at + "/record").want(200).body
	var replayed strings.Builder
	if err := fact.Replay(bytes.NewReader(record), &replayed, fact.Of(sale.ReplayAuction)); err != nil ||
		bytes.Contains(record, []byte("示范")) ||
		!strings.Contains(replayed.String(), `"state":"sold"`) || !strings.Contains(replayed.String(), `"price":"1020000.00"`) {
		t.Errorf("the record %s replays to %s, %v", record, replayed.String(), err)
	}
	w.confirmsAfterItsNotice(at)
}

// The same bidding by programs: from the draft to the bids, with the same checks and never a name.
func TestAPI_ASaleIsBidForByPrograms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, company, league, guest := w.caller("member"), w.caller("company"), w.caller("league"), w.caller("")
	begins := time.Now().Add(48 * time.Hour)
	offer := map[string]any{"title": "种子包衣机专利", "object": "发明专利一件，权属清楚，没有质押和已有许可，附内部决策文件。", "startFen": 1_000_000,
		"stepFen": 100_000, "reserveFen": 1_500_000, "depositFen": 100_000, "beginsAt": begins, "plannedEndAt": begins.Add(30 * time.Hour),
		"windowMinutes": 5}
	offer["depositFen"] = 900_000
	owner.post("/sales", offer).want(422).says("depositFen")
	offer["depositFen"] = 100_000
	var made struct{ Sale struct{ ID int64 } }
	owner.post("/sales", offer).want(201).into(&made)
	at := fmt.Sprintf("/sales/%d", made.Sale.ID)
	guest.get(at).want(404)
	owner.post(at+"/events", map[string]any{"event": "submit"}).want(200).says("in_review")
	league.post(at+"/events", map[string]any{"event": "publish"}).want(200).says("disclosed")
	guest.get("/sales").want(200).says("种子包衣机专利")
	var mine struct{ Mine struct{ Code string } }
	company.post(at+"/intents", map[string]any{"related": false}).want(201).into(&mine)
	owner.post(at+"/intents", map[string]any{"related": false}).want(403).says("own_sale")
	league.post(at+"/decisions", map[string]any{"code": "没有", "qualify": true}).want(404)
	league.post(at+"/decisions", map[string]any{"code": mine.Mine.Code, "qualify": true, "paid": true, "voucher": "样例"}).want(200)
	bid := map[string]any{"key": "一", "amountFen": 1_000_000}
	company.post(at+"/bids", bid).want(200).says(`"refusal":"not_open"`)
	w.scan(`update sale set begins_at = clock_timestamp() - interval '1 hour' where id = $1 returning id::text`, made.Sale.ID)
	bid["key"] = "二"
	company.post(at+"/bids", bid).want(200).says(`"accepted":true`, `"nextMinFen":1100000`, `"seq":1`)
	company.post(at+"/bids", bid).want(200).says(`"accepted":true`, `"repeat":true`)
	bid["amountFen"] = 1_200_000
	company.post(at+"/bids", bid).want(200).says(`"refusal":"key_reused"`)
	for _, shown := range []reply{guest.get(at), owner.get(at), league.get(at)} {
		shown.want(200).says(mine.Mine.Code)
		for _, hidden := range []string{"1500000", w.who("company").OrgName, fmt.Sprintf(`"organisationId":%d`, w.who("company").OrgID)} {
			if bytes.Contains(shown.body, []byte(hidden)) {
				t.Errorf("%s shows %s: %s", shown.what, hidden, shown.body)
			}
		}
	}
}

// A sale whose price is under public notice is confirmed when the notice has passed, and no stranger's notice holds it up.
func (w *world) confirmsAfterItsNotice(at string) {
	w.t.Helper()
	owner := w.as("member")
	text := values{"use": "price", "title": "成交价公示", "body": "种子包衣机专利挂牌成交，价格和买受人现予公示，接受异议。", "party": "竞买代码",
		"amount": "1020000", "related": "no"}
	w.as("rival").get("/notices/new?sale="+path.Base(at)).submit("/notices", text).want(403, "由卖方单位公示")
	form := owner.get(at).link("/notices/new?sale=")
	owner.get(form).submit("/notices", with(text, values{"use": "grant"})).want(422, "请选择协议定价")
	owner.get(form).submit("/notices", text).want(200, "公示已发布", "公示中")
	owner.get(at).submit(at+"/do", values{"event": "confirm"}).want(200, "公示尚未期满无异议")
	if state := w.scan(`select state from sale`); state != "sold" {
		w.t.Errorf("confirmed while the notice ran: %s", state)
	}
	w.scan(`update notice set begins_at = begins_at - interval '40 days', last_day = last_day - 40, ends_at = ends_at - interval '40 days'
		returning id::text`)
	owner.get(at).submit(at+"/do", values{"event": "confirm"}).want(200, "已签成交确认")
}

// A notice is objected to, answered by somebody who did not decide, and made anew.
func TestNotice_IsObjectedToAndAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, company := w.as("member"), w.as("company")
	text := values{"use": "price", "title": "协议定价公示", "body": "种子包衣机以协议定价方式许可，经校务会议决定，现予公示。", "party": "敕勒川示范乳业有限公司",
		"amount": "800000", "related": "yes"}
	owner.get("/notices/new").submit("/notices", with(text, values{"amount": ""})).want(422, "请填写拟交易价格")
	at := owner.get("/notices/new").submit("/notices", text).want(200, "公示已发布", "公示中", "关联交易").path
	w.guest.get("/notices").want(200, text["title"])
	w.guest.get(at).want(200, "800,000.00 元", "请先登录")
	company.get(at).submit(at+"/object", values{"reason": "太低"}).want(200, "至少 20 个字")
	company.get(at).submit(at+"/object", values{"reason": "拟定价格明显低于同类专利最近一年的许可价格。"}).want(200, "异议已提交", "有异议，暂停")
	owner.get(at).submit(at+"/answer", values{"outcome": "reject", "answer": "定价依据充分。"}).want(200, "作出定价决定的人不能答复异议")
	owner.get(at).submit(at+"/do", values{"reason": "双方不再交易"}).want(200, "已撤回")
}
