package e2e

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/publish/event"
)

// event is a matchmaking of the university for which it and the company signed up; the company asked for a meeting.
func (w *world) event() (id, signup, wish string) {
	w.t.Helper()
	ctx := context.Background()
	now := w.s.Platform.Now().Truncate(time.Minute)
	begins, booking := now.AddDate(0, 0, 10), now.AddDate(0, 0, 9)
	from := now.Add(-time.Hour)
	e, err := w.s.Events.Create(ctx, w.who("member"), event.Writing{Kind: event.Matchmaking, Title: "产学研对接会", Place: "会展中心",
		Summary: "上午路演，下午一对一洽谈。", BeginsAt: begins, EndsAt: begins.Add(8 * time.Hour), SignupFrom: from, SignupUntil: begins, Capacity: 50,
		BookingFrom: &from, BookingUntil: &booking, MeetingCap: 5,
		Sessions: []event.Session{{From: begins.Add(time.Hour), Until: begins.Add(3 * time.Hour), Minutes: 20, Tables: 4}}})
	apptest.NoErr(w.t, err)
	_, err = w.s.Events.Do(ctx, w.who("member"), event.Command{Activity: e, Act: event.ActPublish})
	apptest.NoErr(w.t, err)
	own, err := w.s.Events.Ask(ctx, w.who("member"), e, event.Coming{Part: event.PartSupply, Meetings: true})
	apptest.NoErr(w.t, err)
	firm, err := w.s.Events.Ask(ctx, w.who("company"), e, event.Coming{Part: event.PartDemand, Meetings: true})
	apptest.NoErr(w.t, err)
	x, err := w.s.Events.Wish(ctx, w.who("company"), e, event.Wishing{To: own.ID, Reason: "想谈中试"})
	apptest.NoErr(w.t, err)
	return fmt.Sprint(e), fmt.Sprint(firm.ID), fmt.Sprint(x.ID)
}

// today moves an event so that it began an hour ago, with booking over.
func (w *world) today(id string) {
	w.t.Helper()
	begins := w.s.Platform.Now().Add(-time.Hour)
	w.scan(`with moved as (update event set begins_at = begins_at - d, ends_at = ends_at - d, signup_from = signup_from - d,
			signup_until = signup_until - d, booking_from = booking_from - d, booking_until = booking_until - d
			from (select begins_at - $2::timestamptz as d from event where id = $1::bigint) by where id = $1::bigint returning d)
		select count(*)::text from (select 1 from moved) x`, id, begins)
}

// An event by pages, from its draft to a task that becomes a talk: written and published by the host, two sign up, one asks,
// the other picks
// the time; the code is typed at the door; what came of the meeting is told.
func TestEvent_IsWalkedFromDraftToTalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	host, firm := w.as("member"), w.as("company")
	listing := host.publish("achievement", "league", meadowAchievement)
	here := clock.Local(w.s.Platform.Now())
	day, before := here.AddDate(0, 0, 10).Format(time.DateOnly), here.AddDate(0, 0, 9).Format(time.DateOnly)
	now := here.Add(-time.Hour).Format("2006-01-02 15:04")
	firm.get("/events/new").want(200, "企业请联系所在盟市科技局合办")
	form := host.get("/events/new")
	form.submit("/events", values{"title": "草", "beginsAt": "后天九点", "capacity": "很多"}).want(422, "请填写日期和时间，例如 2026-03-02 09:30", "请填写整数")
	desk := form.submit("/events", values{"kind": "matchmaking", "title": "牧草产学研对接会", "summary": "上午路演，下午一对一洽谈。",
		"beginsAt": day + " 09:00", "endsAt": day + " 17:30", "place": "会展中心", "signupOpensAt": now, "signupClosesAt": day + " 09:00",
		"capacity":         "50",
		"items.0.beginsAt": "09:30", "items.0.title": "项目路演", "items.0.listing": listing, "bookingOpensAt": now,
		"bookingClosesAt": before + " 18:00",
		"meetingCap":      "4", "sessions.0.beginsAt": "14:00", "sessions.0.endsAt": "15:00", "sessions.0.minutes": "20",
		"sessions.0.tables": "5"}).
		want(200, "草稿已保存").path
	at := strings.TrimSuffix(desk, "/desk")
	w.guest.get(at).want(404)
	host.get(desk).submit(at+"/do", values{"event": "publish"}).want(200, "已办理：发布")
	w.guest.get("/events").want(200, "牧草产学研对接会", "余 50 席")
	w.guest.get(at).want(200, "项目路演", "登录后报名", "每场 20 分钟，5 张桌")

	host.get(at).submit(at+"/signup", values{"side": "supply", "meetings": "yes", "listings": listing}).want(200, "报名已确认")
	firm.get(at).submit(at+"/signup", values{"meetings": "yes"}).want(422, "请选择以什么身份参加")
	mine := firm.get(at).submit(at+"/signup", values{"side": "demand", "meetings": "yes"}).want(200, "手输的六位")
	code := strings.Fields(mine.text()[strings.Index(mine.text(), "手输的六位")+len("手输的六位"):])[0]
	own := w.scan(`select id::text from event_signup where event_id = $1::bigint and side = 'supply'`, path.Base(at))
	firm.get(at+"/people").want(200, "可以约的参加者").submit(at+"/wishes", values{"toSignupId": own}).want(422, "请写想谈什么")
	firm.get(at+"/people").submit(at+"/wishes", values{"toSignupId": own, "reason": "想谈中试"}).want(200, "约见已发出")
	host.get("/desk").want(200, "1 人约您洽谈")
	wish := w.scan(`select id::text from event_wish where event_id = $1::bigint`, path.Base(at))
	answer := at + "/wishes/" + wish + "/do"
	host.get(at+"/mine").want(200, "想谈中试").submit(answer, values{"event": "accept"}).want(200, "时间已定")
	firm.get(at+"/mine").want(200, "已定时间", "14:00")
	firm.get(at+"/mine/print").want(200, code)
	host.get(at+"/meetings").want(200, "1 场，3 个时段")
	w.as("rival").get(at + "/desk").want(404)

	w.today(path.Base(at))
	door := host.get(at + "/door")
	door.submit(at+"/checkins", values{"code": "QQQQQQ"}).want(200, "不是这场活动的入场码")
	door.submit(at+"/checkins", values{"code": strings.ToLower(code)}).want(200, "签到成功")
	door.submit(at+"/checkins", values{"code": code}).want(200, "已签到")
	door.submit(at+"/walkins", values{"name": "巴图", "unit": "个人", "phone": "没有"}).want(422, "请填写电话")
	door.submit(at+"/walkins", values{"name": "巴图", "unit": "个人", "phone": "13900000000"}).want(200, "巴图 已登记并签到")
	if in := w.scan(`select phone from event_signup where walked_in`); !strings.HasPrefix(in, "sealed:") {
		t.Errorf("the telephone lies open: %s", in)
	}
	host.get(at+"/attendance").want(200, "签字", "巴图")
	for _, event := range []string{"close", "start", "finish"} {
		host.get(desk).submit(at+"/do", values{"event": event}).want(200, "已办理")
	}
	firm.get("/desk").want(200, "1 场洽谈等您填结果")
	tell := at + "/wishes/" + wish + "/result"
	firm.get(at+"/mine").submit(tell, nil).want(422, "请选择洽谈结果")
	firm.get(at+"/mine").submit(tell, values{"result": "intent"}).want(200, "结果已保存", "后续事项")
	task := at + "/tasks/" + w.scan(`select id::text from event_task`)
	firm.get(at+"/mine").submit(task+"/do", values{"event": "move", "reason": "等检测"}).want(422, "请填写日期")
	firm.get(at+"/mine").submit(task+"/interest", values{"listing": listing}).want(200, "对接已发起")
	firm.get(at+"/mine").submit(task+"/do", values{"event": "done", "reason": "已发样品"}).want(200, "已办")
	host.get(at+"/report").want(200, "发起对接", "结束时有席位的人，不含现场登记")
}

// The door without a line: what was typed while the server could not be reached is kept in the browser and counts from its own time.
func TestBrowser_TheDoorGoesOnWithoutALine(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newWorld(t)
	id, signup, _ := w.event()
	w.today(id)
	g, err := w.s.Events.Agenda(context.Background(), w.who("company"), idOf(t, id))
	apptest.NoErr(t, err)
	host := newTab(browser, t, w.server.URL, "host").signIn("member")
	host.open("/events/" + id + "/door").sees("还没有人签到")
	host.eval(`window.line = window.fetch; window.fetch = () => Promise.reject(new TypeError("no line"));
		Object.defineProperty(navigator, "onLine", {get: () => !!window.back, configurable: true}); ""`)
	typed := func(code string) {
		host.eval(fmt.Sprintf(`(f => { f.elements.code.value = %q; f.requestSubmit(); return "" })(document.querySelector("form[data-door]"))`,
			code))
	}
	typed("QQQQQQ")
	host.sees("名单里没有这个码")
	typed(g.Code[:6])
	host.sees("已记在本机", "待上传 1")
	if at := w.scan(`select coalesce(present_at::text, '') from event_signup where id = $1::bigint`, signup); at != "" {
		t.Errorf("present without a line: %s", at)
	}
	host.eval(`window.back = true; window.fetch = window.line; dispatchEvent(new Event("online")); ""`)
	host.sees("已上传", "签到成功", "已到 1 人")
	if left := host.eval(`localStorage.getItem("door-` + id + `")`); left != "[]" {
		t.Errorf("the browser still keeps %s", left)
	}
}

func idOf(t *testing.T, text string) int64 {
	t.Helper()
	id, err := strconv.ParseInt(text, 10, 64)
	apptest.NoErr(t, err)
	return id
}
