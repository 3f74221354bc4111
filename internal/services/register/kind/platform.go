package kind

import (
	"fmt"
	"slices"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/services/register"
)

// Platform is the register of pilot bases and pilot platforms (plan C2). Where its permit is over, the clock suspends it.
func Platform() register.Descriptor {
	return register.Descriptor{
		Kind: "platform", Label: "中试平台", Path: "platforms", NameOf: "平台名称",
		Lead: "可以对外做放大试验的中试基地和平台，按工艺、规模和空档时间查找。",
		Fields: append([]register.Field{
			fields(true),
			{Code: "process", Label: "工艺能力", Type: register.Many, Need: true, Facet: true, Row: true,
				Choices: choices("synthesis", "合成与聚合", "separation", "分离提纯", "smelting", "冶炼与热处理", "powder", "粉体与成型",
					"fermentation", "发酵与提取", "food", "农畜产品加工", "electronics", "电子与装配", "energy", "储能与氢能")},
			keywords("擅长工艺"),
			{Code: "scale", Label: "规模", Hint: "批量，带单位，例如 500 L 反应釜，日处理 2 吨", Type: register.Line, Need: true, Row: true, Found: true},
			{Code: "trlFrom", Label: "承接成熟度（从）", Type: register.Number, Max: 9, Need: true},
			{Code: "trlTo", Label: "承接成熟度（到）", Type: register.Number, Max: 9, Need: true},
			about("平台介绍", "设备、人员、做过的项目"),
			{Code: "price", Label: "收费办法", Type: register.Line, Need: true},
			{Code: "freeDates", Label: "近期空档", Hint: "例如 2026 年 9 月起", Type: register.Line, Row: true},
			{Code: "outside", Label: "对外服务机时占比（%）", Type: register.Number, Max: 100},
			{Code: "gain", Label: "收益分成与知识产权约定", Type: register.Long, Max: 500},
			{Code: "permitTo", Label: "安全、环保手续有效期至", Type: register.Day, Need: true},
		}, contact()...),
		Grades: choices("base", "中试示范基地", "public", "中试公共服务平台"),
		Marks:  reviewMarks(), Failing: []string{"fail"},
		Ends: "permitTo", AtEnd: register.EventSuspend,
		Rule: func(c register.Content, wrong *fault.Fields) {
			ordered(c, wrong, "trlFrom", "trlTo", "承接成熟度的上限不能低于下限")
		},
		Fits: pilots,
	}
}

// pilots fits a need or an achievement at TRL 4–6 of the same field, inside what the platform takes.
func pilots(n register.Need, s register.Standing) (register.Fit, bool) {
	c := s.Entry.Content
	if n.Stage < 4 || n.Stage > 6 || n.Stage < c.Int("trlFrom") || n.Stage > c.Int("trlTo") || !slices.Contains(c["fields"], n.Group()) {
		return register.Fit{}, false
	}
	fit, worded := register.ByWords(n, c, "keywords", "fields", "做过")
	if !worded {
		fit.Reason = "技术领域相同"
	}
	fit.Score++
	fit.Reason += fmt.Sprintf("，承接成熟度 %d 级的放大试验", n.Stage)
	return fit, true
}
