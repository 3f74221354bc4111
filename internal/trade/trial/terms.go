package trial

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Ways to pay after the conversion.
const (
	PayDeferred    = "deferred"    // 延期：到期一次付清
	PayInstalments = "instalments" // 分期
	PayConditional = "conditional" // 附条件：条件达到才付
	PayRoyalty     = "royalty"     // 提成；可以加入门费
)

// Ways lists the ways to pay in the order of the form.
func Ways() []string { return []string{PayDeferred, PayInstalments, PayConditional, PayRoyalty} }

// Instalment is one row of the payment plan, counted from the day of the conversion.
type Instalment struct {
	Days   int       `json:"days"` // after the conversion
	Amount money.Fen `json:"amountFen"`
	Why    string    `json:"why"`
}

// Terms are agreed before anything is used.
type Terms struct {
	Months      int          `json:"months"`
	Sites       string       `json:"sites"`
	Success     string       `json:"success"`    // figures with the way in which they are tested
	Trigger     string       `json:"trigger"`    // what makes the firm take it
	ReportDays  int          `json:"reportDays"` // a report every so many days
	Pay         string       `json:"pay"`
	Price       money.Fen    `json:"priceFen"` // of a royalty the entrance fee, 0 for none
	Royalty     string       `json:"royalty"`  // share, base, term, inspection of the books (民法典 846)
	Plan        []Instalment `json:"plan"`
	Improvement string       `json:"improvement"` // to whom improvements belong
	Secrecy     string       `json:"secrecy"`
	Liability   string       `json:"liability"`
	Insurance   string       `json:"insurance"` // insurer or guarantor; empty: none
	Return      string       `json:"return"`    // data and samples at the end
	Silence     bool         `json:"silence"`   // no answer in ten working days confirms the trigger
}

// SchemaVersion is the form in which it is stored.
func (Terms) SchemaVersion() int { return 1 }

const (
	maxMonths  = 36
	maxPlan    = 12
	maxText    = 2000
	confirmIn  = 10 // working days, of silence
	remindLate = 5  // days after which a report is asked for
	flagLate   = 15 // days after which the delay is told to both
)

func (t *Terms) tidy() {
	for _, s := range []*string{&t.Sites, &t.Success, &t.Trigger, &t.Royalty, &t.Improvement, &t.Secrecy, &t.Liability,
		&t.Insurance, &t.Return} {
		*s = strings.TrimSpace(*s)
	}
}

// check names what is wrong with terms: they stand before the use, so they are complete.
func (t Terms) check() error {
	var f fault.Fields
	text := func(path, s string, least int, label string) {
		if n := len([]rune(s)); n < least || n > maxText {
			f.Addf(path, "length", "请写明%s（%d—%d 字）", label, least, maxText)
		}
	}
	f.Check(t.Months >= 1 && t.Months <= maxMonths, "months", "range", "试用期应为 1—36 个月")
	text("sites", t.Sites, 2, "在哪里试用")
	text("success", t.Success, 4, "达到什么指标、怎样检测")
	text("trigger", t.Trigger, 4, "什么情况转为付费")
	f.Check(t.ReportDays >= 7 && t.ReportDays <= 92, "reportDays", "range", "试用报告应每 7—92 天一次，通常 30 天")
	f.Check(slices.Contains(Ways(), t.Pay), "pay", "unknown_code", "请选择付款方式")
	f.Check(t.Price >= 0 && t.Price <= money.Max && (t.Price > 0 || t.Pay == PayRoyalty), "price", "amount", "请填写转化后的价款；提成可以没有入门费")
	if t.Pay == PayRoyalty {
		text("royalty", t.Royalty, 4, "提成的比例、基数、期限和查账办法")
	} else {
		f.Check(t.Royalty == "", "royalty", "not_royalty", "只有提成填写这一项，请清空或改选提成")
	}
	t.checkPlan(&f)
	text("improvement", t.Improvement, 2, "改进成果归谁")
	text("secrecy", t.Secrecy, 2, "保密义务")
	text("liability", t.Liability, 2, "损失由谁承担")
	text("insurance", t.Insurance, 0, "保险或担保")
	text("return", t.Return, 2, "结束时数据和样品怎么处理")
	return f.Err()
}

func (t Terms) checkPlan(f *fault.Fields) {
	var sum money.Fen
	before := -1
	for i, p := range t.Plan {
		at := fmt.Sprintf("plan.%d.", i)
		f.Check(p.Amount > 0, at+"amount", "amount", "每期金额应大于零")
		f.Check(p.Days > before && p.Days <= 3660, at+"days", "order", "各期按转化后的天数逐期向后")
		f.Check(t.Pay != PayConditional || len([]rune(p.Why)) >= 2, at+"why", "missing", "附条件付款的每期写明条件")
		sum += p.Amount
		before = p.Days
	}
	f.Check(len(t.Plan) <= maxPlan, "plan.0.amount", "many", "付款计划最多 12 期")
	f.Check(t.Pay != PayDeferred || len(t.Plan) == 1, "plan.0.amount", "one", "延期付款写一期：转化后多少天付清")
	f.Check(t.Pay != PayInstalments || len(t.Plan) >= 2, "plan.0.amount", "several", "分期付款至少写两期")
	f.Check(t.Pay != PayConditional || len(t.Plan) >= 1, "plan.0.amount", "missing", "请写明附条件的各期")
	if sum != t.Price && (len(t.Plan) > 0 || t.Price > 0) {
		f.Addf("plan.0.amount", "sum", "各期合计 %s 元，价款 %s 元，两者应相等", sum.Grouped(), t.Price.Grouped())
	}
}

// Reports are the days on which reports are due: every ReportDays from the begin, the last day too.
func (t Terms) Reports(begin, end fact.Day) (due []fact.Day) {
	for d := begin + fact.Day(t.ReportDays); d < end; d += fact.Day(t.ReportDays) {
		due = append(due, d)
	}
	return append(due, end)
}

// EndOf is the last day of a trial of so many months.
func EndOf(begin fact.Day, months int) fact.Day {
	b := begin.Date()
	last := time.Date(b.Year(), b.Month()+time.Month(months+1), 0, 0, 0, 0, 0, time.UTC)
	end := time.Date(b.Year(), b.Month()+time.Month(months), min(b.Day(), last.Day()), 0, 0, 0, 0, time.UTC)
	return fact.OfDate(end)
}

// StopReason is one coded reason why a trial ended without conversion.
type StopReason struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

// StopReasons lists them in the order of the form (our choice).
func StopReasons() []StopReason {
	return []StopReason{{"not_reached", "没有达到指标"}, {"cost", "使用成本太高"}, {"fit", "与现有产线不配套"}, {"service", "技术服务跟不上"},
		{"changed", "企业计划有变"}, {"terms", "转化条款没谈拢"}, {"other", "其他（请写明）"}}
}

// StopLabel names a reason.
func StopLabel(code string) string {
	for _, r := range StopReasons() {
		if r.Code == code {
			return r.Label
		}
	}
	return ""
}

// Insurance states.
const (
	InsuranceApplied = "applied"
	InsuranceInsured = "insured"
	InsuranceClaimed = "claimed"
	InsurancePaid    = "paid"
	InsuranceRefused = "refused"
)

// InsuranceStates lists them in order.
func InsuranceStates() []string {
	return []string{InsuranceApplied, InsuranceInsured, InsuranceClaimed, InsurancePaid, InsuranceRefused}
}
