package kind

import (
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/services/register"
)

// Incubator is the register of 创业苗圃, 孵化器 and 加速器 (plan C3).
func Incubator() register.Descriptor {
	return register.Descriptor{
		Kind: "incubator", Label: "孵化载体", Path: "incubators", NameOf: "载体名称",
		Lead: "创业苗圃、孵化器和加速器，按阶段、领域和地区查找。",
		Fields: append([]register.Field{
			{Code: "stage", Label: "阶段", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("nursery", "创业苗圃", "incubator", "孵化器", "accelerator", "加速器", "space", "星创天地")},
			fields(true),
			keywords("孵化方向"),
			about("载体介绍", "场地、导师、投资和服务"),
			{Code: "since", Label: "开始运营", Type: register.Day, Need: true},
			{Code: "area", Label: "面积（平方米）", Type: register.Number, Max: 10_000_000, Need: true, Row: true},
			{Code: "tenantArea", Label: "其中在孵企业使用（平方米）", Type: register.Number, Max: 10_000_000},
			{Code: "fund", Label: "孵化资金", Type: register.Amount},
			{Code: "tenants", Label: "在孵企业数", Type: register.Number, Max: 10_000, Row: true},
			{Code: "graduates", Label: "累计毕业企业数", Type: register.Number, Max: 100_000},
			{Code: "financed", Label: "获得投融资的在孵企业数", Type: register.Number, Max: 10_000},
			{Code: "remote", Label: "在边远地区", Type: register.YesNo},
		}, contact()...),
		Grades: choices("national", "国家级", "region", "自治区级", "league", "盟市级"),
		Marks:  reviewMarks(), Failing: []string{"fail"},
		Rule: func(c register.Content, wrong *fault.Fields) {
			ordered(c, wrong, "tenantArea", "area", "面积不能小于在孵企业使用的面积")
			ordered(c, wrong, "financed", "tenants", "在孵企业数不能小于获得投融资的企业数")
		},
		Fits: byKeywords("孵化方向"),
	}
}

// Criteria are what a national incubator had to have in one edition of the rule; editions are dated, so a newer one is a new row.
type Criteria struct {
	From     time.Time
	Years    int   // in operation
	Area     int   // square metres
	TenantBP int   // share of tenants, in basis points
	Fund     int64 // 分
	ShareBP  int   // of tenants that were financed, in basis points
	Cases    int   // that were financed
	RemoteBP int   // what remains of areas and numbers in remote places
}

// Editions lists the criteria that are known: 国科发区〔2018〕300号.
func Editions() []Criteria {
	return []Criteria{
		{From: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), Years: 3, Area: 10_000, TenantBP: 7500, Fund: 500_0000_00, ShareBP: 1000,
			Cases: 3, RemoteBP: 8000},
	}
}

// Short names the heads of the criteria in force on a day that an incubator does not meet; none: it may be recommended.
func Short(c register.Content, on time.Time) []string {
	var k Criteria
	for _, e := range Editions() {
		if !e.From.After(on) {
			k = e
		}
	}
	least := func(n int) int {
		if c.Yes("remote") {
			return n * k.RemoteBP / 10_000
		}
		return n
	}
	var out []string
	since, err := time.Parse(time.DateOnly, c.Text("since"))
	if err != nil || since.AddDate(k.Years, 0, 0).After(on) {
		out = append(out, "运营年限")
	}
	if c.Int("area") < least(k.Area) {
		out = append(out, "面积")
	}
	if c.Int("tenantArea")*10_000 < c.Int("area")*k.TenantBP {
		out = append(out, "在孵企业使用面积占比")
	}
	if int64(c.Fen("fund")) < k.Fund {
		out = append(out, "孵化资金")
	}
	if c.Int("financed") < least(k.Cases) || c.Int("financed")*10_000 < c.Int("tenants")*k.ShareBP {
		out = append(out, "投融资企业")
	}
	return out
}

// Graduation is what a tenant shows when it leaves.
type Graduation struct {
	HighTech   bool
	Investment int64 // 分
	TwoYears   int64 // sales of the last two years, 分
	Listed     bool  // or bought
}

// Grounds lists the grounds on which a tenant has graduated; none: it has not.
func (g Graduation) Grounds() []string {
	var out []string
	for _, ground := range []struct {
		met   bool
		label string
	}{{g.HighTech, "高新技术企业"}, {g.Investment >= 500_0000_00, "获得投资 500 万元以上"}, {g.TwoYears > 1000_0000_00, "连续两年营业收入累计超过 1000 万元"},
		{g.Listed, "被并购或上市、挂牌"}} {
		if ground.met {
			out = append(out, ground.label)
		}
	}
	return out
}
