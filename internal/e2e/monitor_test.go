package e2e

import (
	"context"
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/insight/monitor"
	"techmarket/internal/insight/stats"
)

// The sums by day come to what the raw entries come to, for every side and breakdown, also after a change was booked on another day.
func TestMonitor_SumsByDayAreThoseOfTheRegister(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.things()
	if days, err := w.s.Monitor.Refresh(ctx); err != nil || days == 0 {
		t.Fatalf("%d days, %v", days, err)
	}
	_, err := w.s.Platform.DB.Exec(ctx, `insert into period_entry (number, version, kind, booked_on, contracts, amount, technical,
		class, field,
		seller_kind, plan_source, ip_kind, social_goal, seller_country, seller_division, buyer_country, buyer_division, point_id, is_sample)
		select number, version + 1, 'change', booked_on + 1, 0, -1000, -500, class, field, seller_kind, plan_source, ip_kind, social_goal,
		seller_country, seller_division, buyer_country, buyer_division, point_id, is_sample from period_entry where kind = 'register'`)
	apptest.NoErr(t, err)
	if days, err := w.s.Monitor.Refresh(ctx); err != nil || days != 1 {
		t.Fatalf("one day is due: %d, %v", days, err)
	}
	if days, err := w.s.Monitor.Refresh(ctx); err != nil || days != 0 {
		t.Fatalf("nothing is due: %d, %v", days, err)
	}
	for _, dim := range []struct{ day, raw string }{{"total", ""}, {"class", "class"}, {"field", "field"}, {"seller", "seller_kind"},
		{"plan", "plan_source"}, {"ip", "ip_kind"}, {"goal", "social_goal"}} {
		for _, side := range []stats.Direction{stats.Filed, stats.Output, stats.Absorption} {
			raw, err := w.s.Stats.Table(ctx, stats.Query{From: "2026-01-01", To: "2026-12-31", Rows: stats.Dimension(dim.raw), Direction: side})
			apptest.NoErr(t, err)
			var kept stats.Measure
			apptest.NoErr(t, w.s.Platform.DB.QueryRow(ctx, `select coalesce(sum(contracts), 0)::int, coalesce(sum(amount), 0)::bigint,
				coalesce(sum(technical), 0)::bigint from monitor_day where area = '150000' and side = $1 and dim = $2`, string(side), dim.day).
				Scan(&kept.Contracts, &kept.Amount, &kept.Technical))
			if raw.Total != kept {
				t.Errorf("%s by %s: raw %+v, kept %+v", side, dim.day, raw.Total, kept)
			}
		}
	}
}

// One contract tells of one seller and one buyer: the public sees the totals, the officers everything in their area.
func TestMonitor_ThePublicCannotReadSingleParties(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.things()
	_, err := w.s.Monitor.Refresh(ctx)
	apptest.NoErr(t, err)
	public, err := w.s.Monitor.Read(ctx, w.who("member"), monitor.Ask{})
	apptest.NoErr(t, err)
	desk, err := w.s.Monitor.Read(ctx, w.who("region"), monitor.Ask{})
	apptest.NoErr(t, err)
	if public.Output.C[0] != "*" || strings.Contains(strings.Join(desk.Output.C, ""), "*") || desk.Output.C[0] == "0.00" {
		t.Errorf("the league's cell: public %s, desk %s", public.Output.C[0], desk.Output.C[0])
	}
	for _, v := range public.Values {
		if v.Dim != "" {
			t.Errorf("the public reads %s of %s", v.Code, v.Key)
		}
	}
	if _, err := w.s.Monitor.Read(ctx, w.who("member"), monitor.Ask{Area: ownLeague}); !fault.HasCode(err, "outside_area") {
		t.Errorf("a league's figures for everybody: %v", err)
	}
	if _, err := w.s.Monitor.Read(ctx, w.who("otherLeague"), monitor.Ask{Area: ownLeague}); !fault.HasCode(err, "outside_area") {
		t.Errorf("a league's figures for another league: %v", err)
	}
	w.guest.get("/monitor").want(200, "M01", "M34", "尚未接入", "缺分母：地区生产总值", "第 1 版")
	w.guest.get("/monitor/board").want(200, "成交额（M02）", "截至")
	region := w.as("region")
	region.get("/monitor").want(200, "合同类别结构：")
	form := values{"indicator": "gdp", "area": "", "year": "2026", "value": "26000", "source": "统计公报"}
	region.get("/monitor").submit("/monitor/figures", with(form, values{"value": "两万六"})).want(422, "请填写大于 0 的数字")
	region.get("/monitor").submit("/monitor/figures", form).want(200, "已录入", "地区生产总值：统计公报")
	region.get("/monitor.csv").want(200)
	w.as("league").get("/monitor").want(200, "呼和浩特市")
}
