// Package annual drafts the yearly report of a university or institute on the transfer of its achievements (科技成果转化年度报告) from
// what the market holds: registered contracts, receipts, payouts, grants. A person adds what the market does not know.
//
//	draft –freeze(unit's administrator)→ frozen –correct(unit, note)→ draft of the next edition
//
// A frozen edition is never changed: its content lies under a digest, and what turned out wrong becomes an edition of its own.
//
// Source: 促进科技成果转化法（2015）第二十一条 and the six parts that notices of the ministry ask for (docs/rules/annual.md §1–9). The official form
// with its codes was not found: names of lines are ours, and the national code of every line is empty.
package annual

import (
	"slices"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

// Way is one of the six ways of a transfer. A contract with two ways counts under its registered class, which is its main way.
type Way string

// The ways, in the order of the report.
const (
	Sale    Way = "sale"    // 转让
	Licence Way = "licence" // 许可
	Equity  Way = "equity"  // 作价投资
	Develop Way = "develop" // 开发
	Consult Way = "consult" // 咨询
	Serve   Way = "serve"   // 服务
)

// Ways lists them.
func Ways() []Way { return []Way{Sale, Licence, Equity, Develop, Consult, Serve} }

// Label is the Chinese word.
func (w Way) Label() string {
	return map[Way]string{Sale: "转让", Licence: "许可", Equity: "作价投资", Develop: "技术开发", Consult: "技术咨询", Serve: "技术服务"}[w]
}

// equityClass is 技术入股等其他转让.
const equityClass = "0208"

// WayOf is the way of a contract by its registered class.
func WayOf(class string) Way {
	switch {
	case class == equityClass:
		return Equity
	case strings.HasPrefix(class, "02"):
		return Sale
	case strings.HasPrefix(class, "03"):
		return Licence
	case strings.HasPrefix(class, "04"):
		return Consult
	case strings.HasPrefix(class, "05"):
		return Serve
	default:
		return Develop
	}
}

// Contract is a registered contract of the unit as seller that was signed in the year, or brought money in it.
type Contract struct {
	Number   string    `json:"number"`
	Title    string    `json:"title"`
	Class    string    `json:"class"`
	Plan     string    `json:"plan"`
	Buyer    string    `json:"buyer"`
	Country  string    `json:"country"`
	Division string    `json:"division"`
	Scale    string    `json:"scale"`
	Industry string    `json:"industry"`
	Amount   money.Fen `json:"amountFen"`   // C
	Received money.Fen `json:"receivedFen"` // 到账 in the year
	Booked   bool      `json:"booked"`      // something was ever received
	Signed   string    `json:"signed"`      // day, 2006-01-02
	InYear   bool      `json:"inYear"`      // signed in the year
}

// Facts are what the market knows of a unit's year.
type Facts struct {
	Contracts    []Contract
	Costs, Taxes money.Fen // of the income plans, booked in the year
	Rewards      money.Fen // cash paid out of income plans in the year
	MainRewards  money.Fen // of it to main contributors
	Rewarded     int       // person-times: a person in a plan counts once a plan
	MainRewarded int
	Grants       int // 赋权 that came into force in the year
	Achievements int // on the market now
	Bodies       int // transfer bodies of the unit in the register of agencies
	Staff        int // their full-time people, as they say
	Unregistered int // contracts filed but not registered yet, whatever their day
}

// Unit is what a figure counts. Money is in 分.
type Unit string

// The units.
const (
	Items   Unit = "项"
	Money   Unit = "万元"
	Times   Unit = "人次"
	People  Unit = "人"
	Bodies  Unit = "家"
	Pieces  Unit = "件"
	Centres Unit = "个"
)

// Line is one figure of the report.
type Line struct {
	Code   string
	Number int // indicator 1 … 17
	Label  string
	Unit   Unit
	keep   func(Contract) bool // contracts that it counts; nil: it counts none
	value  func(Contract) int64
	of     func(Facts) int64
}

// Typed reports whether a person has to say the figure: the market does not know it.
func (l Line) Typed() bool { return l.keep == nil && l.of == nil }

// Listed reports whether a list of contracts stands behind the figure.
func (l Line) Listed() bool { return l.keep != nil }

func one(Contract) int64           { return 1 }
func amount(c Contract) int64      { return int64(c.Amount) }
func received(c Contract) int64    { return int64(c.Received) }
func signed(c Contract) bool       { return c.InYear }
func paid(c Contract) bool         { return c.Received != 0 }
func transferred(c Contract) bool  { return c.InYear && slices.Index(Ways(), WayOf(c.Class)) < 3 }
func commissioned(c Contract) bool { return c.InYear && !transferred(c) }

func by(w Way, and func(Contract) bool) func(Contract) bool {
	return func(c Contract) bool { return and(c) && WayOf(c.Class) == w }
}

// both are the two lines of a kind of contracts: how many, and how much.
func both(number int, code, label string, keep func(Contract) bool) []Line {
	return []Line{{Code: code + ".n", Number: number, Label: label + "合同", Unit: Items, keep: keep, value: one},
		{Code: code + ".c", Number: number, Label: label + "合同金额", Unit: Money, keep: keep, value: amount}}
}

func typed(number int, code, label string, unit Unit) Line {
	return Line{Code: code, Number: number, Label: label, Unit: unit}
}

func known(number int, code, label string, unit Unit, of func(Facts) int64) Line {
	return Line{Code: code, Number: number, Label: label, Unit: unit, of: of}
}

// Lines are all figures in their order.
func Lines() []Line { return slices.Concat(contractLines(), placeLines(), moneyLines(), peopleLines()) }

func contractLines() (out []Line) {
	for _, w := range Ways()[:3] {
		out = append(out, both(1, string(w), w.Label(), by(w, signed))...)
	}
	out = append(out, both(1, "transferred", "转让、许可、作价投资", transferred)...)
	for _, w := range Ways()[3:] {
		out = append(out, both(2, string(w), w.Label(), by(w, signed))...)
	}
	out = append(out, both(2, "commissioned", "开发、咨询、服务", commissioned)...)
	out = append(out, both(3, "all", "六种方式", signed)...)
	for _, w := range Ways() {
		out = append(out, Line{Code: "received." + string(w), Number: 4, Label: w.Label() + "当年到账金额", Unit: Money, keep: by(w, paid),
			value: received})
	}
	out = append(out, Line{Code: "received", Number: 4, Label: "当年到账总额", Unit: Money, keep: paid, value: received},
		known(5, "mean", "转让、许可、作价投资平均合同金额", Money, mean))
	above := func(least money.Fen) func(Contract) bool {
		return func(c Contract) bool { return transferred(c) && c.Amount >= least }
	}
	out = append(out, both(5, "above.1m", "其中 100 万元以上", above(100*money.WanYuan))...)
	out = append(out, both(5, "above.100m", "其中 1 亿元以上", above(money.YiYuan))...)
	out = append(out, both(6, "funded", "财政资助项目成果转让、许可、作价投资",
		func(c Contract) bool { return transferred(c) && c.Plan != "" && c.Plan != unplanned })...)
	return append(out, typed(7, "granted.n", "新立项财政资助科技项目", Items), typed(7, "granted.c", "新立项财政资助金额", Money))
}

// unplanned is 计划外 of the list of plan sources.
const unplanned = "9"

func mean(f Facts) int64 {
	n, sum := int64(0), money.Fen(0)
	for _, c := range f.Contracts {
		if transferred(c) {
			n, sum = n+1, sum+c.Amount
		}
	}
	if n == 0 {
		return 0
	}
	return int64(sum.MulRatio(1, n))
}

// Where the buyers are, and who they are.
const (
	Inside  = "inside"
	Outside = "outside"
	Abroad  = "abroad"
)

func where(c Contract) string {
	switch {
	case c.Country != "" && c.Country != region.China:
		return Abroad
	case strings.HasPrefix(c.Division, region.Root[:2]):
		return Inside
	default:
		return Outside
	}
}

func scale(c Contract) string {
	switch c.Scale {
	case "large", "medium":
		return "larger"
	case "small", "micro":
		return "smaller"
	}
	return "other"
}

func placeLines() (out []Line) {
	for _, p := range []struct{ code, label string }{{Inside, "转化到区内"}, {Outside, "转化到区外（国内）"}, {Abroad, "转化到境外"}} {
		out = append(out, both(8, "to."+p.code, p.label, func(c Contract) bool { return c.InYear && where(c) == p.code })...)
	}
	for _, p := range []struct{ code, label string }{{"larger", "受让方为大中型企业"}, {"smaller", "受让方为小微企业"}, {"other", "受让方为其他单位"}} {
		out = append(out, both(8, "by."+p.code, p.label, func(c Contract) bool { return c.InYear && scale(c) == p.code })...)
	}
	for _, i := range codes.Industry.Items() {
		out = append(out, both(9, "industry."+i.Code, "受让方行业："+i.Label, func(c Contract) bool { return c.InYear && c.Industry == i.Code })...)
	}
	return append(out, both(9, "industry.none", "受让方行业未填", func(c Contract) bool {
		return c.InYear && !slices.ContainsFunc(codes.Industry.Items(), func(i codes.Item) bool { return i.Code == c.Industry })
	})...)
}

func moneyLines() []Line {
	return []Line{
		known(10, "reward.c", "现金奖励金额", Money, func(f Facts) int64 { return int64(f.Rewards) }),
		known(10, "reward.n", "现金奖励", Times, func(f Facts) int64 { return int64(f.Rewarded) }),
		known(10, "reward.main.c", "其中主要贡献人员现金奖励金额", Money, func(f Facts) int64 { return int64(f.MainRewards) }),
		known(10, "reward.main.n", "其中主要贡献人员", Times, func(f Facts) int64 { return int64(f.MainRewarded) }),
		typed(10, "shares.c", "股权奖励金额", Money), typed(10, "shares.n", "股权奖励", Times),
		known(11, "kept", "单位留存收入（到账减成本、税费和现金奖励）", Money, func(f Facts) int64 {
			var sum money.Fen
			for _, c := range f.Contracts {
				sum += c.Received
			}
			return int64(sum - f.Costs - f.Taxes - f.Rewards)
		}),
		typed(11, "office", "其中用于技术转移机构的金额", Money),
	}
}

func peopleLines() []Line {
	return []Line{
		typed(12, "parttime", "兼职从事成果转化人员", People), typed(12, "startup", "离岗创业人员", People),
		typed(12, "companies", "创设和参股公司", Bodies),
		known(13, "bodies", "自建技术转移机构", Bodies, func(f Facts) int64 { return int64(f.Bodies) }),
		known(13, "staff", "专职从事技术转移人员", People, func(f Facts) int64 { return int64(f.Staff) }),
		typed(13, "staff.part", "兼职从事技术转移人员", People),
		typed(14, "joint.research", "与企业共建研发机构", Centres), typed(14, "joint.transfer", "与企业共建转移机构", Centres),
		typed(14, "joint.platform", "与企业共建转化服务平台", Centres),
		known(15, "achievements", "本市场在架科技成果", Pieces, func(f Facts) int64 { return int64(f.Achievements) }),
		typed(15, "patents.new", "当年授权专利", Pieces), typed(15, "patents", "有效专利", Pieces),
		known(16, "grants", "赋予科研人员所有权或长期使用权", Items, func(f Facts) int64 { return int64(f.Grants) }),
		typed(16, "price.agreed", "以协议定价转化", Items), typed(16, "price.listed", "以挂牌交易转化", Items),
		typed(16, "price.auction", "以拍卖转化", Items), typed(16, "relief", "享受税收优惠金额", Money), typed(16, "loss", "转化失败和投资损失", Money),
		{Code: "projects", Number: 17, Label: "转化项目清单", Unit: Items, keep: func(c Contract) bool { return signed(c) || paid(c) }, value: one},
	}
}

// LineOf finds a line.
func LineOf(code string) (Line, bool) {
	all := Lines()
	i := slices.IndexFunc(all, func(l Line) bool { return l.Code == code })
	if i < 0 {
		return Line{}, false
	}
	return all[i], true
}

// Behind are the contracts that a line counts.
func (l Line) Behind(f Facts) (out []Contract) {
	for _, c := range f.Contracts {
		if l.keep != nil && l.keep(c) {
			out = append(out, c)
		}
	}
	return out
}

// Figure is a line with its value; nil: nobody has said it.
type Figure struct {
	Code   string `json:"code"`
	Value  *int64 `json:"value"`          // in the line's unit, money in 分
	Before *int64 `json:"before"`         // of the same unit in the year before
	Growth string `json:"growth"`         // percent with its sign, or "" where none is given
	Typed  bool   `json:"typed,omitzero"` // a person said it
}

// fewContracts is the base below which no percentage is given (docs/rules/annual.md §4).
const fewContracts = 5

// Draw computes every figure of a year. before are the facts of the year before of the same unit; said is what a person has added, by code.
func Draw(f, before Facts, said, saidBefore map[string]int64) []Figure {
	base := len(Line{keep: signed}.Behind(before))
	var out []Figure
	for _, l := range Lines() {
		fig := Figure{Code: l.Code, Value: l.in(f, said), Before: l.in(before, saidBefore), Typed: l.Typed()}
		if fig.Value != nil && fig.Before != nil && *fig.Before > 0 && base >= fewContracts {
			if p := fact.Percent(*fig.Value-*fig.Before, *fig.Before); p != nil {
				fig.Growth = plus(*p)
			}
		}
		out = append(out, fig)
	}
	return out
}

func plus(percent string) string {
	if strings.HasPrefix(percent, "-") || strings.Trim(percent, "0.") == "" {
		return percent + "%"
	}
	return "+" + percent + "%"
}

func (l Line) in(f Facts, said map[string]int64) *int64 {
	var v int64
	switch {
	case l.keep != nil:
		for _, c := range l.Behind(f) {
			v += l.value(c)
		}
	case l.of != nil:
		v = l.of(f)
	default:
		s, ok := said[l.Code]
		if !ok {
			return nil
		}
		v = s
	}
	return &v
}

// Task is one missing fact: what is missing, how often, and where it is mended.
type Task struct {
	What  string
	Count int
	Path  string
}

// Tasks are what should be mended before the report is frozen. None of them stands in the way.
func Tasks(f Facts, said map[string]int64) (out []Task) {
	add := func(n int, what, path string) {
		if n > 0 {
			out = append(out, Task{what, n, path})
		}
	}
	var silent, industry, scales int
	for _, c := range f.Contracts {
		if !c.InYear {
			continue
		}
		if !c.Booked {
			silent++
		}
		if c.Industry == "" {
			industry++
		}
		if c.Scale == "" && c.Country == region.China {
			scales++
		}
	}
	add(f.Unregistered, "份合同已报送、还没有登记，登记后才计入", "/contracts")
	add(silent, "份当年合同没有到账记录：到收益分配里入账，或由买方补付款凭证", "/distributions")
	add(industry, "份合同没有填受让方行业", "/contracts")
	add(scales, "份合同没有填受让企业规模", "/contracts")
	missing := 0
	for _, l := range Lines() {
		if _, ok := said[l.Code]; l.Typed() && !ok {
			missing++
		}
	}
	add(missing, "个数本市场不掌握，请填写", "#typed")
	return out
}
