package recognition_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

func yuan(s string) money.Fen {
	f, err := money.Parse(s)
	if err != nil {
		panic(err)
	}
	return f
}

func price(s string) *money.Fen { f := yuan(s); return &f }

// base is A1: 委托开发, 800,000 元, nothing to find fault with.
func base() recognition.Application {
	return recognition.Application{
		Class: "0101", Title: "样例合同", Medium: recognition.Paper,
		Signed: "2026-03-02", Begins: "2026-03-02", Ends: "2027-03-01", Applied: "2026-04-10",
		Amount: price("800000"),
		Seller: recognition.Party{Name: "样例大学", Country: "156", Division: "150104"},
		Buyer:  recognition.Party{Name: "样例公司", Country: "156", Division: "150203"},
		Point:  "150104", Points: []string{"150104", "150100", "150000"},
		IP: recognition.IP{Kind: "none", OwnershipAgreed: true},
	}
}

func cost(amount string, carrier, reasonable bool) recognition.Cost {
	c := recognition.Cost{Name: "样例", Kind: "equipment", Quantity: 1, Unit: yuan(amount), Carrier: carrier}
	if reasonable {
		c.Reasonable = 1
	}
	return c
}

func right(kind string, certificate, valid bool) recognition.IP {
	return recognition.IP{Kind: kind, Certificate: certificate, Valid: valid, OwnershipAgreed: true}
}

// want is what a case expects; empty amounts mean that it does not register.
type want struct {
	outcome           recognition.Outcome
	n, t, v           string
	expert            bool
	reasons, articles string // space-separated, sorted as text
	flags, rightPoint string
}

func registers(n, t, v string) want { return want{outcome: recognition.Register, n: n, t: t, v: v} }

func stops(o recognition.Outcome, reasons, articles string) want {
	return want{outcome: o, reasons: reasons, articles: articles}
}

type testCase struct {
	id   string
	edit func(*recognition.Application)
	want want
}

// cases are A1–A15 and B1–B11 of docs/rules/recognition.md §6, and E cases of our own for the sentences of the rule book that
// those leave untested.
func cases() []testCase {
	type app = recognition.Application
	found := func(class, amount string, findings ...string) func(*app) {
		return func(a *app) { a.Class, a.Amount, a.Findings = class, price(amount), findings }
	}
	deal := func(class, amount string, ip recognition.IP) func(*app) {
		return func(a *app) { a.Class, a.Amount, a.IP = class, price(amount), ip }
	}
	also := func(edits ...func(*app)) func(*app) {
		return func(a *app) {
			for _, e := range edits {
				e(a)
			}
		}
	}
	refused := func(a *app) { a.Refused = true }
	spare := func(a *app) {
		a.Class, a.Amount, a.Costs = "0501", price("1100000"), []recognition.Cost{cost("280000", false, false)}
	}
	with := func(w want, edit func(*want)) want { edit(&w); return w }
	const refuse, correct, notAccept = recognition.Refuse, recognition.Correct, recognition.NotAccept
	return []testCase{
		{"A1", func(*app) {}, registers("0.00", "800000.00", "800000.00")},
		{"A2", func(a *app) {
			a.Amount, a.Costs = price("3000000"), []recognition.Cost{cost("900000", false, false), cost("150000", false, false)}
		}, registers("1050000.00", "1950000.00", "1950000.00")},
		{"A3", func(a *app) {
			a.Amount = price("2600000")
			a.Costs = []recognition.Cost{cost("400000", true, true), cost("350000", true, true), cost("350000", true, false)}
		}, registers("350000.00", "2250000.00", "1500000.00")},
		{
			"A4",
			deal("0202", "1200000", right("invention", true, true)),
			with(registers("0.00", "1200000.00", "1200000.00"), func(w *want) { w.flags = "cit_transfer" }),
		},
		{"A4b", deal("0202", "1200000", right("invention", false, true)), stops(correct, "R7", "29")},
		{"A4c", also(deal("0202", "1200000", right("invention", false, true)), refused), stops(refuse, "R7", "29")},
		{"A4d", deal("0202", "1200000", right("invention", true, false)), stops(refuse, "R2", "29 31")},
		{"A5", also(deal("0301", "300000", right("invention", true, true)), func(a *app) {
			a.Royalty, a.Licence, a.Ends = true, &recognition.Licence{Years: 6}, "2032-03-01"
		}), with(registers("0.00", "300000.00", "300000.00"), func(w *want) { w.flags = "amount_to_be_corrected cit_transfer" })},
		{"A5 变更", also(deal("0301", "425000", right("invention", true, true)), func(a *app) {
			a.Licence, a.Ends = &recognition.Licence{Years: 6}, "2032-03-01"
		}),
			with(registers("0.00", "425000.00", "425000.00"), func(w *want) { w.flags = "cit_transfer" })},
		{"A6", found("0401", "260000"), registers("0.00", "260000.00", "0.00")},
		{"A6b", found("0401", "260000", "economic_analysis", "legal_advice"), stops(refuse, "R2", "38")},
		{"A7", spare, registers("280000.00", "820000.00", "0.00")},
		{"A7b", also(spare, func(a *app) { a.Tied = true }), registers("280000.00", "820000.00", "820000.00")},
		{
			"A8",
			also(deal("0201", "1500000", right("know_how", false, true)), func(a *app) { a.Findings = []string{"product_trade"} }),
			stops(refuse, "R2", "32 5"),
		},
		{"A8b", found("0501", "100000"), registers("0.00", "100000.00", "0.00")},
		{"A9", found("0501", "450000", "routine_processing"), stops(refuse, "R2", "42-1")},
		{"A10", found("0501", "60000", "printing"), stops(refuse, "R2", "42-1")},
		{"A10b", found("0501", "60000", "advertising"), stops(refuse, "R2", "42-1")},
		{"A11a", found("0501", "35000", "copying"), stops(refuse, "R2", "42-2")},
		{"A11b", found("0501", "35000", "translation"), stops(refuse, "R2", "42-2")},
		{"A11c", found("0501", "35000", "photography"), stops(refuse, "R2", "42-2")},
		{"A11d", found("0501", "35000", "compulsory_verification"), stops(refuse, "R2", "42-3")},
		{"A11e", found("0501", "35000", "instrument_lease"), stops(refuse, "R2", "42-4")},
		{"A12a", found("0501", "500000", "surveying"), stops(refuse, "R2", "42-1")},
		{
			"A12b",
			found("0501", "500000", "surveying", "unconventional_separate"),
			with(registers("0.00", "500000.00", "0.00"), func(w *want) { w.flags = "reason_required" }),
		},
		{"A13a", found("0503", "90000"), registers("0.00", "90000.00", "0.00")},
		{"A13b", found("0503", "90000", "product_use_training"), stops(refuse, "R2", "46")},
		{"A13c", found("0101", "800000", "training_inside"), registers("0.00", "800000.00", "800000.00")},
		{"A14a", deal("0201", "2000000", right("know_how", false, true)), registers("0.00", "2000000.00", "2000000.00")},
		{"A14b", found("0502", "60000"), registers("0.00", "60000.00", "0.00")},
		{"A15a", func(a *app) {
			a.Amount, a.Costs = price("5600000"), []recognition.Cost{cost("600000", false, false)}
		}, with(registers("600000.00", "5000000.00", "5000000.00"), func(w *want) { w.expert = true })},
		{"A15b", func(a *app) {
			a.Amount, a.Costs = price("5599999.99"), []recognition.Cost{cost("600000", false, false)}
		}, registers("600000.00", "4999999.99", "4999999.99")},
		{"B1", func(a *app) { a.Amount = nil }, stops(correct, "R3", "15")},
		{"B1b", func(a *app) { a.Amount, a.Refused = nil, true }, stops(refuse, "R3", "15")},
		{"B2", found("0101", "150000", "title_mismatch"), stops(correct, "R5", "17")},
		{"B2b", also(found("0101", "150000", "title_mismatch"), refused), stops(refuse, "R5", "17")},
		{"B2 改报", found("0501", "150000"), registers("0.00", "150000.00", "0.00")},
		{"B3", found("0101", "800000", "monopoly_clause"), stops(refuse, "R6", "18")},
		{"B4a", found("0101", "800000", "basic_research"), stops(refuse, "R2", "22")},
		{"B4b", found("0101", "800000", "soft_science"), stops(refuse, "R2", "22")},
		{"B4c", found("0101", "800000", "routine_change"), stops(refuse, "R2", "24")},
		{"B4d", func(a *app) { a.Medium = recognition.Oral }, stops(notAccept, "R1", "9")},
		{"B5", func(a *app) {
			a.Seller.Division, a.Point, a.Points = "152221", "150203", []string{"150203", "152200", "150000"}
		}, want{outcome: notAccept, articles: "8", rightPoint: "152200"}},
		{"B6", func(a *app) { a.Duplicate = true }, stops(refuse, "R10", "")},
		{"B7", func(a *app) { a.Applied = "2027-03-02" }, stops(notAccept, "R11", "")},
		{"B7 受理后", func(a *app) { a.Applied, a.Accepted = "2027-03-02", true }, stops(refuse, "R11", "")},
		{"B8", func(a *app) {
			a.Amount, a.Costs = price("1000000"), []recognition.Cost{cost("50000", false, false)}
		}, registers("50000.00", "950000.00", "950000.00")},
		{"B11", also(deal("0201", "800000", right("know_how", false, true)), func(a *app) {
			a.Seller = recognition.Party{Name: "Sample GmbH", Country: "276"}
			a.Buyer.Division, a.Point, a.Points = "150102", "150102", []string{"150102", "150000"}
		}), with(registers("0.00", "800000.00", "800000.00"), func(w *want) { w.flags = "import" })},

		// The price.
		{"E1", func(a *app) { a.Costs = []recognition.Cost{cost("900000", false, false)} }, stops(correct, "R3", "15")},
		{"E1 恰为零", func(a *app) { a.Costs = []recognition.Cost{cost("800000", false, false)} }, stops(correct, "R3", "15")},
		{"E1 载体超价", func(a *app) { a.Costs = []recognition.Cost{cost("800000.01", true, true)} }, stops(correct, "R3", "15")},
		{"E1 纯提成", func(a *app) { a.Amount, a.Royalty = nil, true }, stops(correct, "R3", "15")},
		{"E1 一分钱", func(a *app) { a.Amount = price("0.01") }, registers("0.00", "0.01", "0.01")},
		{
			"E1 上限",
			func(a *app) { a.Amount = price("99999999999.99") },
			with(registers("0.00", "99999999999.99", "99999999999.99"), func(w *want) { w.expert = true }),
		},
		{"E1 非载体而称合理", func(a *app) { a.Costs = []recognition.Cost{cost("1000", false, true)} }, registers("1000.00", "799000.00", "799000.00")},
		{"E1 菌种", func(a *app) {
			a.Biological, a.Costs = true, []recognition.Cost{cost("1000", true, true), cost("500", true, false)}
		}, registers("500.00", "799500.00", "799500.00")},
		{
			"E1 配套服务的载体",
			also(spare, func(a *app) { a.Tied, a.Costs = true, []recognition.Cost{cost("100000", true, true)} }),
			registers("0.00", "1100000.00", "1000000.00"),
		},
		// Several findings at once.
		{"E2", found("0101", "800000", "parties_unclear", "subject_unclear", "price_unclear"), stops(refuse, "R3", "15")},
		{"E2 拒先于补", found("0101", "800000", "title_mismatch", "monopoly_clause"), stops(refuse, "R6", "18")},
		{"E2 拒不补正并有他因", also(found("0101", "800000", "title_mismatch", "monopoly_clause"), refused), stops(refuse, "R5 R6", "17 18")},
		{"E2 两项补正", also(found("0101", "800000", "title_mismatch"), func(a *app) { a.Amount = nil }), stops(correct, "R3 R5", "15 17")},
		{
			"E2 不受理先于拒",
			also(found("0101", "800000", "monopoly_clause"), func(a *app) { a.Medium, a.Applied = recognition.Oral, "2026-03-01" }),
			stops(notAccept, "R1 R11", "9"),
		},
		{
			"E2 地域与口头",
			func(a *app) { a.Medium, a.Point = recognition.Oral, "150100" },
			want{outcome: notAccept, reasons: "R1", articles: "8 9", rightPoint: "150104"},
		},
		{"E3", found("0101", "800000", "approval_missing", "seal_mismatch"), stops(refuse, "R4 R8", "12 13 8")},
		{"E4", found("0101", "800000", "proof_missing"), stops(correct, "R7", "7")},
		{
			"E4 两种证明",
			also(deal("0206", "1200000", right("plant_variety", false, true)), func(a *app) { a.Findings = []string{"proof_missing"} }),
			stops(correct, "R7", "29 7"),
		},
		{"E4 失效且无证书", deal("0202", "1200000", right("design", false, false)), stops(refuse, "R2", "29 31")},
		{
			"E4 软件无证书",
			deal("0204", "1200000", right("software", false, true)),
			with(registers("0.00", "1200000.00", "1200000.00"), func(w *want) { w.flags = "cit_transfer" }),
		},
		{"E4 开发涉及专利", deal("0101", "1200000", right("invention", false, false)), registers("0.00", "1200000.00", "1200000.00")},
		// Findings of one class say nothing in another.
		{"E5", found("0102", "800000", "solution_mastered"), stops(refuse, "R2", "24")},
		{"E5 许可", found("0302", "800000", "public_domain"), stops(refuse, "R2", "31")},
		{"E5 咨询", found("0401", "800000", "purchase_information"), stops(refuse, "R2", "38")},
		{"E5 培训", found("0503", "800000", "general_staff_training"), stops(refuse, "R2", "46")},
		{
			"E5 他类",
			found("0501", "800000", "solution_mastered", "routine_change", "public_domain", "general_staff_training"),
			registers("0.00", "800000.00", "0.00"),
		},
		// Work of another kind stays that under whatever class it is filed; unconventional means make a service of it, nothing else.
		{"F3", found("0101", "800000", "other_kind"), stops(refuse, "R2", "5")},
		{"F3 评价", found("0401", "800000", "social_appraisal"), stops(refuse, "R2", "38")},
		{"F3 开发中的加工", found("0101", "800000", "routine_processing"), stops(refuse, "R2", "42-1")},
		{"F3 开发中的测绘", found("0101", "800000", "surveying", "unconventional_separate"), stops(refuse, "R2", "42-1")},
		{"F3 服务中的法律意见", found("0501", "800000", "legal_advice"), stops(refuse, "R2", "38")},
		{"F3 咨询中的勘察", found("0401", "800000", "construction"), stops(refuse, "R2", "42-1")},
		{"F1", found("0101", "800000", "not_effective", "guarantee_unmet"), stops(refuse, "R1", "16 8")},
		{"F2", func(a *app) {
			deal("0202", "300000", right("invention", true, true))(a)
			a.Findings = []string{"unit_unauthorised", "plan_consent_missing", "certificate_differs"}
		}, stops(correct, "R7", "10 29 9")},
		{"F4", deal("0202", "300000", right("software", true, true)), stops(correct, "R5", "17")},
		{"F4 没有权利", deal("0302", "300000", right("none", false, false)), stops(correct, "R5", "17")},
		{"F4 技术入股", deal("0208", "300000", right("know_how", false, true)), registers("0.00", "300000.00", "300000.00")},
		{"F5", deal("0201", "300000", recognition.IP{Kind: "know_how", Valid: true}), stops(correct, "R3", "26")},
		{"F5 开发", func(a *app) { a.IP.OwnershipAgreed = false }, registers("0.00", "800000.00", "800000.00")},
		{"F6", also(deal("0301", "300000", right("invention", true, true)), func(a *app) { a.Licence = &recognition.Licence{Years: 6} }),
			stops(correct, "R3", "15")},
		{"F6 正好一年", also(deal("0302", "300000", right("know_how", false, true)), func(a *app) { a.Licence = &recognition.Licence{Years: 1} }),
			registers("0.00", "300000.00", "300000.00")},
		{"F7 没有条款", found("0502", "60000", "intermediary_unclear"), stops(correct, "R3", "47")},
		{"F7", found("0502", "60000", "intermediary_unclear", "intermediary_with_main"), stops(refuse, "R10", "47")},
		{"F8", found("0503", "90000", "training_inside"), stops(refuse, "R2", "45")},
		// A pending application registers as such, without a granted right and without the hint that needs one.
		{"F9 申请权", deal("0203", "300000", right("invention", true, false)), registers("0.00", "300000.00", "300000.00")},
		{"F9 申请权已授权", deal("0203", "300000", right("invention", true, true)), registers("0.00", "300000.00", "300000.00")},
		{"F9 没有受理通知书", deal("0203", "300000", right("invention", false, false)), stops(correct, "R7", "29")},
		{"F9 冒充已授权", deal("0202", "300000", right("invention", true, false)), stops(refuse, "R2", "29 31")},
		{"F10 全是载体", func(a *app) { a.Costs = []recognition.Cost{cost("800000", true, true)} }, stops(correct, "R3", "15")},
		{"F10 差一分", func(a *app) { a.Costs = []recognition.Cost{cost("799999.99", true, true)} }, registers("0.00", "800000.00", "0.01")},
		{"F11 配套中介", func(a *app) { found("0502", "60000")(a); a.Tied = true }, registers("0.00", "60000.00", "0.00")},
		{"F11 配套培训", func(a *app) { found("0503", "60000")(a); a.Tied = true }, registers("0.00", "60000.00", "0.00")},
		{"F12 期满后变更", func(a *app) { a.Applied, a.Change = "2028-01-01", true }, registers("0.00", "800000.00", "800000.00")},
		{"F13 告知过的", func(a *app) { found("0101", "800000", "title_mismatch")(a); a.Told = []string{"R5"} }, stops(refuse, "R5", "17")},
		{"F13 没有告知的", func(a *app) { found("0101", "800000", "title_mismatch")(a); a.Told = []string{"R7"} }, stops(correct, "R5", "17")},
		{"E6", found("0501", "500000", "repair", "standard_testing", "construction"), stops(refuse, "R2", "42-1")},
		{"E6 只解除四十二条一项", found("0501", "500000", "surveying", "unconventional_separate", "translation"), stops(refuse, "R2", "42-2")},
		{"E7", found("0101", "100", "disputed"), with(registers("0.00", "100.00", "100.00"), func(w *want) { w.expert = true })},
		{"E7 争议而须补正", found("0101", "100", "disputed", "title_mismatch"), stops(correct, "R5", "17")},
		// Area.
		{"E8 旗县无点", func(a *app) { a.Point, a.Points = "150100", []string{"150100", "150000"} }, registers("0.00", "800000.00", "800000.00")},
		{"E8 越级", func(a *app) { a.Point = "150000" }, want{outcome: notAccept, articles: "8", rightPoint: "150104"}},
		{"E8 区外卖方", func(a *app) { a.Seller.Division = "110108" }, want{outcome: notAccept, articles: "8"}},
		{
			"E8 功能区",
			func(a *app) { a.Seller.Division, a.Point, a.Points = "150271", "150200", []string{"150200", "150203"} },
			registers("0.00", "800000.00", "800000.00"),
		},
		{"E8 本单位登记点", func(a *app) { a.OwnPoint, a.Point = true, "150100" }, registers("0.00", "800000.00", "800000.00")},
		{"E8 进口找错", func(a *app) {
			a.Seller = recognition.Party{Country: "276"}
		}, want{outcome: notAccept, articles: "8", rightPoint: "150000"}},
		{"E8 进口到买方旗县", func(a *app) {
			a.Seller = recognition.Party{Country: "276"}
			a.Points = append(a.Points, "150203")
		}, want{outcome: notAccept, articles: "8", rightPoint: "150203"}},
		{"E8 双方境外", func(a *app) {
			a.Seller, a.Buyer = recognition.Party{Country: "276"}, recognition.Party{Country: "840"}
		}, want{outcome: notAccept, articles: "8"}},
		{"E8 出口", func(a *app) { a.Buyer = recognition.Party{Country: "840"} },
			with(registers("0.00", "800000.00", "800000.00"), func(w *want) { w.flags = "export" })},
		// Validity: first and last day count.
		{"E9 首日", func(a *app) { a.Applied = "2026-03-02" }, registers("0.00", "800000.00", "800000.00")},
		{"E9 末日", func(a *app) { a.Applied = "2027-03-01" }, registers("0.00", "800000.00", "800000.00")},
		{"E9 生效前", func(a *app) { a.Begins = "2026-05-01" }, stops(notAccept, "R11", "")},
		// Income-tax hint.
		{
			"E10 四年许可",
			also(
				deal("0301", "300000", right("invention", true, true)),
				func(a *app) { a.Licence, a.Ends = &recognition.Licence{Years: 4, Exclusive: true}, "2031-03-01" },
			),
			registers("0.00", "300000.00", "300000.00"),
		},
		{
			"E10 五年独占",
			also(
				deal("0301", "300000", right("invention", true, true)),
				func(a *app) { a.Licence, a.Ends = &recognition.Licence{Years: 5, Exclusive: true}, "2031-03-01" },
			),
			with(registers("0.00", "300000.00", "300000.00"), func(w *want) { w.flags = "cit_transfer" }),
		},
		{"E10 境外卖方", also(deal("0202", "300000", right("invention", true, true)), func(a *app) {
			a.Seller, a.Point, a.Points = recognition.Party{Country: "276"}, "150203", []string{"150203"}
		}), with(registers("0.00", "300000.00", "300000.00"), func(w *want) { w.flags = "import" })},
	}
}

func check(t *testing.T, got recognition.Decision, w want) {
	t.Helper()
	g := want{
		outcome: got.Outcome, expert: got.Expert, rightPoint: got.RightPoint, reasons: strings.Join(got.Reasons, " "),
		articles: strings.Join(got.Articles, " "), flags: strings.Join(got.Flags, " "),
	}
	if got.Amounts != nil {
		g.n, g.t, g.v = got.Amounts.Deducted.String(), got.Amounts.Technical.String(), got.Amounts.VATBase.String()
	}
	if g != w {
		t.Errorf("got  %+v\nwant %+v", g, w)
	}
	if (got.Class != "") != (w.outcome == recognition.Register) {
		t.Errorf("class %q with %s", got.Class, got.Outcome)
	}
}

func TestAcceptanceCases(t *testing.T) {
	t.Parallel()
	for _, c := range cases() {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			a := base()
			c.edit(&a)
			check(t, recognition.Assess(a, recognition.DefaultPolicy()), c.want)
		})
	}
}

func TestEveryRuleIsTestedByTheCasesItNames(t *testing.T) {
	t.Parallel()
	byID := map[string]testCase{}
	for _, c := range cases() {
		byID[c.id] = c
	}
	seen := map[string]bool{}
	for _, r := range recognition.Rules() {
		if seen[r.ID] || r.Question == "" || r.Mend == "" || r.Law == "" || len(r.Cases) == 0 {
			t.Errorf("incomplete rule %+v", r)
		}
		seen[r.ID] = true
		if r.Reason != "" && !codes.Refusal.Has(r.Reason) {
			t.Errorf("%s: unknown reason %s", r.ID, r.Reason)
		}
		if r.Finding != recognition.IsFinding(r.ID) {
			t.Errorf("%s: finding or not?", r.ID)
		}
		for _, id := range r.Cases {
			c, ok := byID[id]
			if !ok {
				t.Errorf("%s names the missing case %s", r.ID, id)
				continue
			}
			a := base()
			c.edit(&a)
			d := recognition.Assess(a, recognition.DefaultPolicy())
			fired := slices.ContainsFunc(d.Rules, func(f recognition.Rule) bool { return f.ID == r.ID })
			if !fired && !slices.Contains(a.Findings, r.ID) {
				t.Errorf("case %s does not touch rule %s", id, r.ID)
			}
		}
	}
}

// otherWork are findings of work of another kind, which count under every class.
var otherWork = []string{"routine_processing", "repair", "printing", "advertising", "surveying", "standard_testing", "construction",
	"economic_analysis", "legal_advice", "purchase_information"}

func TestThePolicyRowDecidesWhetherTiedIntermediationCountsForTheVATBase(t *testing.T) {
	t.Parallel()
	for _, class := range []string{"0502", "0503", "0501"} {
		for _, counts := range []bool{false, true} {
			m, err := recognition.Policy{TiedAgencyVAT: counts}.Compute(class, yuan("60000"), nil, false, true)
			want := yuan("0")
			if counts || class == "0501" {
				want = yuan("60000")
			}
			if err != nil || m.VATBase != want {
				t.Errorf("%s, policy %v: V %s, %v", class, counts, m.VATBase, err)
			}
		}
	}
}

func TestAPriceNobodyMeansIsAHint(t *testing.T) {
	t.Parallel()
	for amount, hinted := range map[string]bool{"0.01": true, "99.99": true, "100": false} {
		a := base()
		a.Amount = price(amount)
		d := recognition.Assess(a, recognition.DefaultPolicy())
		if got := slices.ContainsFunc(d.Hints, func(h recognition.Hint) bool { return h.Code == "token_price" }); got != hinted {
			t.Errorf("%s: hinted %v", amount, got)
		}
		if d.Outcome != recognition.Register {
			t.Errorf("%s: %s", amount, d.Outcome)
		}
	}
}

// Every finding with a refusal refuses, in a class it applies to, and says nothing in one it does not.
func TestEveryFindingDecidesInItsClassOnly(t *testing.T) {
	t.Parallel()
	for _, r := range recognition.Rules() {
		if !r.Finding || r.Outcome == recognition.Register {
			continue
		}
		for _, class := range codes.ContractClass.Leaves() {
			a := base()
			a.Class, a.IP, a.Findings = class.Code, right("know_how", true, true), []string{r.ID}
			for _, kind := range codes.IPKind.Leaves() {
				if recognition.Fits(class.Code, kind.Code) {
					a.IP.Kind = kind.Code
				}
			}
			d := recognition.Assess(a, recognition.DefaultPolicy())
			if decides := r.Applies(class.Code) || slices.Contains(otherWork, r.ID); decides != (d.Outcome == r.Outcome) ||
				(!decides && d.Outcome != recognition.Register) {
				t.Errorf("%s in %s: got %s", r.ID, class.Code, d.Outcome)
			}
		}
	}
	for _, q := range recognition.Checklist("0401") {
		if !q.Finding || !q.Applies("0401") {
			t.Errorf("not a question for 0401: %s", q.ID)
		}
	}
}

func TestQuantityTimesUnitEqualsOneUnitRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := recognition.Cost{
			Quantity: rapid.Int64Range(1, 40).Draw(t, "qty"), Unit: money.Fen(rapid.Int64Range(0, 1e9).Draw(t, "unit")),
			Carrier: rapid.Bool().Draw(t, "carrier"), Biological: rapid.Bool().Draw(t, "biological"),
		}
		c.Reasonable = rapid.Int64Range(0, c.Quantity).Draw(t, "reasonable")
		var units []recognition.Cost
		for i := range c.Quantity {
			u := c
			u.Quantity, u.Reasonable = 1, 0
			if i < c.Reasonable {
				u.Reasonable = 1
			}
			units = append(units, u)
		}
		class := rapid.SampledFrom([]string{"0101", "0201", "0301", "0401", "0501"}).Draw(t, "class")
		tied := rapid.Bool().Draw(t, "tied")
		one, err1 := (recognition.Policy{}).Compute(class, 1e12, []recognition.Cost{c}, false, tied)
		many, err2 := (recognition.Policy{}).Compute(class, 1e12, units, false, tied)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		one.Rows, many.Rows = nil, nil
		if d := cmp.Diff(one, many); d != "" {
			t.Fatal(d)
		}
	})
}

func TestComputeNamesTheRow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path string
		cost recognition.Cost
	}{
		{"costs.0.quantity", recognition.Cost{Quantity: 0, Unit: 1}},
		{"costs.0.unit", recognition.Cost{Quantity: 1, Unit: -1}},
		{"costs.0.reasonable", recognition.Cost{Quantity: 1, Unit: 1, Reasonable: 2}},
		{"costs.0.unit", recognition.Cost{Quantity: 1 << 62, Unit: money.Max}},
		{"costs.0.unit", recognition.Cost{Quantity: 2, Unit: money.Max}},
	} {
		_, err := (recognition.Policy{}).Compute("0101", 100, []recognition.Cost{c.cost}, false, false)
		if !fault.Is(err, fault.Invalid) {
			t.Fatalf("%+v: got %v", c.cost, err)
		}
		if f := err.(*fault.Error).Fields; len(f) != 1 || f[0].Path != c.path {
			t.Errorf("%+v: got %+v, want %s", c.cost, f, c.path)
		}
	}
}

func drawApplication(t *rapid.T) recognition.Application {
	a := base()
	leaves := codes.ContractClass.Leaves()
	a.Class = rapid.SampledFrom(leaves).Draw(t, "class").Code
	a.Medium = rapid.SampledFrom([]recognition.Medium{"paper", "electronic", "paper", "electronic", "oral"}).Draw(t, "medium")
	a.Applied = recognition.Date(
		rapid.SampledFrom([]string{"2026-03-01", "2026-03-02", "2026-04-10", "2027-03-01", "2027-03-02"}).Draw(t, "applied"),
	)
	if rapid.IntRange(0, 9).Draw(t, "priced") > 0 {
		c := money.Fen(rapid.Int64Range(0, int64(money.Max)).Draw(t, "amount"))
		a.Amount = &c
	} else {
		a.Amount = nil
	}
	a.Royalty, a.Biological, a.Tied, a.Refused = rapid.Bool().
		Draw(t, "royalty"),
		rapid.Bool().
			Draw(t, "bio"),
		rapid.Bool().
			Draw(t, "tied"),
		rapid.Bool().
			Draw(t, "refused")
	for range rapid.IntRange(0, 4).Draw(t, "costs") {
		c := recognition.Cost{
			Kind:     "part",
			Quantity: rapid.Int64Range(1, 9).Draw(t, "qty"),
			Unit:     money.Fen(rapid.Int64Range(0, 1e11).Draw(t, "unit")),
			Carrier:  rapid.Bool().Draw(t, "carrier"),
		}
		c.Reasonable = rapid.Int64Range(0, c.Quantity).Draw(t, "reasonable")
		a.Costs = append(a.Costs, c)
	}
	a.IP = right(
		rapid.SampledFrom(codes.IPKind.Leaves()).Draw(t, "ip").Code,
		rapid.Bool().Draw(t, "certificate"),
		rapid.Bool().Draw(t, "valid"),
	)
	if rapid.Bool().Draw(t, "licensed") {
		a.Licence = &recognition.Licence{Years: float64(rapid.IntRange(0, 20).Draw(t, "years"))}
	}
	if rapid.IntRange(0, 3).Draw(t, "faulty") == 0 {
		var ids []string
		for _, r := range recognition.Rules() {
			if r.Finding {
				ids = append(ids, r.ID)
			}
		}
		a.Findings = rapid.SliceOfN(rapid.SampledFrom(ids), 0, 3).Draw(t, "findings")
	}
	a.Seller.Country = rapid.SampledFrom([]string{"156", "156", "156", "276"}).Draw(t, "country")
	a.Point = rapid.SampledFrom([]string{"150104", "150104", "150104", "150203", "150000"}).Draw(t, "point")
	a.Points = append(a.Points, "150203")
	return a
}

func TestInvariants(t *testing.T) {
	t.Parallel()
	policy := recognition.DefaultPolicy()
	rapid.Check(t, func(t *rapid.T) {
		a := drawApplication(t)
		d := recognition.Assess(a, policy)
		if !slices.IsSorted(d.Reasons) || !slices.IsSorted(d.Articles) || !slices.IsSorted(d.Flags) {
			t.Fatalf("unsorted: %+v", d)
		}
		if d.Outcome != recognition.Register {
			if len(d.Rules) == 0 || d.Amounts != nil || d.Expert || len(d.Flags) != 0 || d.Class != "" {
				t.Fatalf("a stop without a rule, or with figures: %+v", d)
			}
			for _, r := range d.Rules {
				if !r.Applies(a.Class) && !r.Finding { // what was found counts under any class
					t.Fatalf("rule %s does not apply to %s", r.ID, a.Class)
				}
			}
			// Being told once and refusing never turns a stop into a registration.
			a.Refused = true
			if again := recognition.Assess(a, policy); again.Outcome == recognition.Register || again.Outcome == recognition.Correct {
				t.Fatalf("%s became %s", d.Outcome, again.Outcome)
			}
			return
		}
		m := d.Amounts
		if m.Technical != m.Contract-m.Deducted || m.Technical <= 0 || m.Technical > m.Contract || m.VATBase < 0 || m.VATBase > m.Technical ||
			m.Contract != *a.Amount {
			t.Fatalf("amounts: %+v", m)
		}
		var rows money.Fen
		for _, r := range m.Rows {
			rows += r.Deducted
			if r.Total != r.Deducted+r.Kept || r.Deducted < 0 || r.Kept < 0 {
				t.Fatalf("row: %+v", r)
			}
		}
		if rows != m.Deducted {
			t.Fatalf("rows add up to %s, N is %s", rows, m.Deducted)
		}
		if d.Expert != (m.Technical >= policy.LargeAmount || slices.Contains(a.Findings, recognition.Disputed)) {
			t.Fatalf("expert: %+v", d)
		}
		// More price, more T; a further cost row that is no carrier never raises T or V; a finding never mends.
		if *a.Amount < money.Max {
			more := *a.Amount + 1
			b := a
			b.Amount = &more
			if e := recognition.Assess(b, policy); e.Amounts == nil || e.Amounts.Technical != m.Technical+1 {
				t.Fatalf("one 分 more: %+v", e)
			}
		}
		b := a
		b.Costs = append(slices.Clone(a.Costs), recognition.Cost{Kind: "part", Quantity: 1, Unit: 1})
		if e := recognition.Assess(b, policy); e.Amounts != nil && (e.Amounts.Technical != m.Technical-1 || e.Amounts.VATBase > m.VATBase) {
			t.Fatalf("one more cost: %+v", e)
		}
		b = a
		b.Findings = append(slices.Clone(a.Findings), "monopoly_clause")
		if e := recognition.Assess(b, policy); e.Outcome != recognition.Refuse {
			t.Fatalf("monopoly clause: %+v", e)
		}
	})
}

func TestAssessIsTheSameWhateverTheOrderOfFindings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := drawApplication(t)
		d := recognition.Assess(a, recognition.DefaultPolicy())
		a.Findings = slices.Clone(a.Findings)
		slices.Reverse(a.Findings)
		e := recognition.Assess(a, recognition.DefaultPolicy())
		if d.Outcome != e.Outcome || !slices.Equal(d.Reasons, e.Reasons) || !slices.Equal(d.Articles, e.Articles) ||
			!slices.Equal(d.Flags, e.Flags) {
			t.Fatalf("got %+v and %+v", d, e)
		}
	})
}

const line = `{"class":"0101","title":"样例","medium":"paper","signed":"2026-03-02","begins":"2026-03-02","ends":"2027-03-01",` +
	`"applied":"2026-04-10",` +
	`"amount":"800000.00","royalty":false,"costs":[{"name":"设备","kind":"equipment","amount":"100.00","carrier":false,"reasonable":false}],` +
	`"biological":false,"tied":false,` +
	`"seller":{"name":"甲","country":"156","division":"150104"},"buyer":{"name":"乙","country":"156","division":"150203"},` +
	`"point":"150104","points":["150104"],"ip":{"kind":"none","certificate":false,"valid":false,"ownership_agreed":true},"licence":null,` +
	`"findings":[],"refused_to_correct":false}`

func assess(t *testing.T, in string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := recognition.AssessJSONL(strings.NewReader(in), &out, recognition.DefaultPolicy())
	return out.String(), err
}

func TestAssessJSONLReadsBareAndWrappedApplications(t *testing.T) {
	t.Parallel()
	const tail = `"outcome":"register","class":"0101","deducted":"100.00","technical":"799900.00","vat_base":"799900.00",` +
		`"expert":false,"reasons":[],"articles":[],"flags":[],"right_point":null}` + "\n"
	got, err := assess(t, "\ufeff"+line+"\r\n\n"+
		`{"id":"X1","note":"n","application":`+line+`,"expect":{"Any":1}}`+"\n"+
		`{"id":"X2",`+line[1:])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"id":null,` + tail + `{"id":"X1",` + tail + `{"id":"X2",` + tail; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got, err = assess(t, strings.Replace(line, `"150104","points":["150104"]`, `"150203","points":["150203"]`, 1))
	if want := `{"id":null,"outcome":"not_accept","class":null,"deducted":null,"technical":null,"vat_base":null,` +
		`"expert":false,"reasons":[],"articles":["8"],"flags":[],"right_point":null}` + "\n"; err != nil ||
		got != want {
		t.Errorf("got %s %v", got, err)
	}
}

func TestAssessJSONLNamesTheLineAndGoesOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, names string }{
		{`"title"`, `"titel"`, "titel"},
		{`"title"`, `"Title"`, "Title"},
		{`"kind":"none"`, `"kind":"none","kind":"none"`, "kind"},
		{`"carrier"`, `"carier"`, "carier"},
		{`"800000.00"`, `800000.00`, "amount"},
		{`"800000.00"`, `"800000"`, "amount"},
		{`"800000.00"`, `"-1.00"`, "amount"},
		{`"800000.00"`, `"8,000.00"`, "amount"},
		{`"800000.00"`, `"100000000000.00"`, "amount"},
		{`"100.00"`, `"1e2"`, "costs.0.amount"},
		{`"equipment"`, `"machine"`, "costs.0.kind"},
		{`"0101"`, `"01"`, "class"},
		{`"paper"`, `"fax"`, "medium"},
		{`"2026-04-10"`, `"2026-02-30"`, "applied"},
		{`"findings":[]`, `"findings":["nonsense"]`, "nonsense"},
		{`"kind":"none"`, `"kind":"patent"`, "ip.kind"},
		{`"150104"}`, `null}`, "seller.division"},
		{`"156","division":"150203"`, `"CN","division":"150203"`, "buyer.country"},
		{`"point":"150104"`, `"point":"15010"`, "point"},
		{`{"class"`, `{"note":"x","class"`, "note"},
		{`{"class"`, `[{"class"`, "JSON"},
	} {
		bad := strings.Replace(line, c.old, c.new, 1)
		if bad == line {
			t.Fatalf("%s is not in the line", c.old)
		}
		got, err := assess(t, bad+"\n"+line+"\n")
		if !fault.Is(err, fault.Invalid) || len(err.(*fault.Error).Fields) != 1 || err.(*fault.Error).Fields[0].Path != "line 1" {
			t.Errorf("%s: got error %v", c.new, err)
		}
		lines := strings.Split(strings.TrimSpace(got), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `"error"`) || !strings.Contains(lines[0], c.names) ||
			!strings.Contains(lines[1], "register") {
			t.Errorf("%s: got %s", c.new, got)
		}
	}
}

func TestAssessJSONLRefusesAnEndlessLine(t *testing.T) {
	t.Parallel()
	_, err := assess(t, line+"\n"+strings.Repeat("x", 9<<20))
	if !fault.HasCode(err, "line_too_long") {
		t.Errorf("got %v", err)
	}
}

// A larger file of cases may lie beside the repository; without it the test is skipped, and says so.
func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "..", "shared", "cases", "recognition.jsonl")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skip("skipped: ../shared/cases/recognition.jsonl is not here")
	}
	got, err := assess(t, string(b))
	if err != nil {
		t.Fatal(err)
	}
	out := strings.Split(strings.TrimSpace(got), "\n")
	in := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(in) != len(out) {
		t.Fatalf("got %d lines, want %d", len(out), len(in))
	}
	for i := range in {
		var c struct {
			ID     string         `json:"id"`
			Expect map[string]any `json:"expect"`
		}
		var d map[string]any
		if err := json.Unmarshal([]byte(in[i]), &c); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(out[i]), &d); err != nil {
			t.Fatal(err)
		}
		c.Expect["id"] = c.ID
		if diff := cmp.Diff(c.Expect, d); diff != "" {
			t.Errorf("%s: %s", c.ID, diff)
		}
	}
}

func FuzzAssessJSONL(f *testing.F) {
	f.Add(line)
	f.Add(`{"id":"X","application":` + line + `}`)
	f.Add(`{"application":null}`)
	f.Add("\ufeff{}\n\n[]")
	f.Add("\ufeff\ufeff")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := assess(t, in)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("%v", err)
		}
		n := 0
		for dec := json.NewDecoder(strings.NewReader(got)); dec.More(); n++ {
			var d struct {
				Outcome, Error, Technical string
			}
			if err := dec.Decode(&d); err != nil {
				t.Fatal(err)
			}
			if (d.Outcome == "") == (d.Error == "") {
				t.Fatalf("neither decision nor error: %s", got)
			}
			if d.Technical != "" {
				if v, err := money.Parse(d.Technical); err != nil || v <= 0 {
					t.Fatalf("T = %s", d.Technical)
				}
			}
		}
		if lines := strings.Count(in, "\n") + 1; n > lines {
			t.Fatalf("%d answers for at most %d lines", n, lines)
		}
	})
}

func BenchmarkAssess(b *testing.B) {
	a := base()
	a.Costs = []recognition.Cost{cost("400", true, true), cost("350", true, false)}
	policy := recognition.DefaultPolicy()
	for b.Loop() {
		if d := recognition.Assess(a, policy); d.Outcome != recognition.Register {
			b.Fatal(d.Outcome)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N), "µs/application")
}

func ExampleAssess() {
	a := base()
	a.Amount = price("3000000")
	a.Costs = []recognition.Cost{{Name: "分选设备", Kind: "equipment", Quantity: 1, Unit: yuan("900000")}}
	d := recognition.Assess(a, recognition.DefaultPolicy())
	fmt.Println(d.Outcome, d.Amounts.Technical)
	// Output: register 2100000.00
}

// What the facts answer agrees with the decision: a rule that decided holds among the readings, and no finding is read from the facts.
func TestReadings_AgreeWithTheDecision(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := base()
		a.Class = rapid.SampledFrom([]string{"0101", "0202", "0301", "0401", "0501", "0503"}).Draw(t, "class")
		a.Medium = rapid.SampledFrom([]recognition.Medium{recognition.Paper, recognition.Oral}).Draw(t, "medium")
		a.Applied = rapid.SampledFrom([]recognition.Date{a.Applied, "2020-01-01", "2050-01-01"}).Draw(t, "applied")
		a.IP.Kind = rapid.SampledFrom([]string{"none", "invention", "software"}).Draw(t, "right")
		a.IP.Valid, a.IP.Certificate = rapid.Bool().Draw(t, "valid"), rapid.Bool().Draw(t, "certificate")
		a.IP.OwnershipAgreed, a.Duplicate = rapid.Bool().Draw(t, "ownership"), rapid.Bool().Draw(t, "duplicate")
		holds := map[string]bool{}
		for _, r := range recognition.Readings(a) {
			if r.Rule.Finding || !r.Rule.Applies(a.Class) {
				t.Errorf("%s is no rule that the facts answer under %s", r.Rule.ID, a.Class)
			}
			holds[r.Rule.ID] = r.Holds
		}
		for _, r := range recognition.Assess(a, recognition.DefaultPolicy()).Rules {
			if !r.Finding && !holds[r.ID] {
				t.Errorf("%s decided and does not hold among the readings", r.ID)
			}
		}
	})
}
