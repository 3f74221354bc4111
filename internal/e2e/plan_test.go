package e2e

import (
	"strings"
	"testing"
)

// TestPlan_AFigureEnteredMovesTheVerdict walks the progress page: what is missing is named, the region enters a figure, all see it.
func TestPlan_AFigureEnteredMovesTheVerdict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.guest.get("/plan").want(200, "技术市场合同成交金额", "61.71 亿元", "北疆新闻 2024-06", "测算路径 74.7 亿元", "滞后", "缺2021 年", "责任单位未录入")
	w.guest.get("/plan?year=2021").want(200, "截至 2021 年所知", "46.12 亿元")
	w.guest.get("/plan?year=二〇二一").want(422)
	if p := w.as("member").get("/plan").want(200); strings.Contains(p.text(), "录入公布的数值") {
		t.Error("a member is offered the form")
	}
	region := w.as("region")
	id := w.scan(`select id::text from plan_indicator where number = '8'`)
	form := values{"indicator": id, "series": "value", "year": "2025", "value": "12.3", "source": "科协公报"}
	region.get("/plan").submit("/plan/values", with(form, values{"value": "百分之十二"})).want(422, "请填写数字")
	region.get("/plan").submit("/plan/values", form).want(200, "已录入", "12.3 %", "已达到")
	w.guest.get("/plan").want(200, "科协公报")
	w.guest.get("/stats").want(200, "规划进展")
}
