package extract

import (
	"strings"
	"testing"
)

// What a text says oddly is told, and never shown as sure.
func TestRead_WhatIsDoubtfulIsNotSure(t *testing.T) {
	t.Parallel()
	const sides = "技术服务合同\n委托方（甲方）：包头示范稀土新材料股份有限公司\n受托方（乙方）：内蒙古示范大学\n"
	for _, c := range []struct{ name, text, path, value, why string }{
		{"figures and capitals differ", sides + "合同总价款：80,000元（大写：捌拾万元整）。", "elements.amountFen", "80000.00", "大小写不一致"},
		{"a second naming does not heal it", sides + "合同总价款：80,000元（大写：捌拾万元整）。合同总金额80000元。", "elements.amountFen", "80000.00", "大小写不一致"},
		{"a day that no calendar has", sides + "签订日期：2026年2月30日", "elements.signedOn", "", "不是日历上的一天"},
		{"cover and signature differ", sides + "签订日期：2026年3月1日。乙方（盖章）2026年4月2日", "elements.signedOn", "2026-03-01", "落款最晚的一天是 2026-04-02"},
		{"a part before the whole", sides + "设备费共计人民币贰拾万元整（200000元）。合同总金额人民币1000000元（大写壹佰万元整）。",
			"elements.amountFen", "200000.00", "1,000,000.00"},
		{"two totals of two contracts", sides + "合同总价款10万元（大写：壹拾万元整）。技术服务合同。合同总价款20万元（大写：贰拾万元整）。",
			"elements.amountFen", "100000.00", "200,000.00"},
		{"heading and signature name two bodies", sides + "受托方（乙方）：内蒙古示范工业大学（盖章）", "seller.name", "内蒙古示范大学", "另一处写作“内蒙古示范工业大学”"},
		{"a title that fits several sub-classes", "技术转让合同\n", "elements.classCode", "0201", "请选择小类"},
		{"a form with several classes", "技术开发（委托）合同、技术服务合同\n", "elements.classCode", "0101", "另有"},
		{"a term from the signature", sides + "签订日期：2026年3月1日。本合同自签订之日起12个月内有效。", "elements.endsOn", "2027-02-28", "推算"},
		{"the beginning is after the end", sides + "合同有效期：2027年3月1日至2026年3月1日", "elements.endsOn", "2026-03-01", "开始晚于结束"},
		{"no role anywhere", "协议\n甲方：包头示范稀土新材料股份有限公司\n乙方：内蒙古示范大学\n", "seller.name", "内蒙古示范大学", "没有写明哪一方"},
	} {
		f, ok := Read([]string{c.text}, false).Fact(c.path)
		if !ok || f.Sure || f.Value != c.value || !strings.Contains(f.Why, c.why) {
			t.Errorf("%s: got %+v", c.name, f)
		}
	}
	for _, c := range []struct{ name, text, path, value string }{
		{"the first side gives", "协议\n甲方：内蒙古示范大学\n乙方：包头示范稀土新材料股份有限公司\n甲方将专利转让给乙方。", "seller.name", "内蒙古示范大学"},
		{"和 inside a name", "呼和浩特示范乳业有限公司（以下简称甲方）和和林格尔示范牧业有限公司（以下简称乙方）", "buyers.0.name", "呼和浩特示范乳业有限公司"},
		{"the unit in the heading", sides + "总金额（万元）：12.5", "elements.amountFen", "125000.00"},
		{"a blank form says nothing", sides + "合同总价款：____元（大写：____）", "elements.amountFen", ""},
		{"a share of the price is no price", sides + "违约金不超过合同总价款的20%，即5万元。", "elements.amountFen", ""},
		{"a code that fails its check", sides + "统一社会信用代码：911500001141506291", "seller.creditCode", ""},
		{"a duty is no name", "技术服务合同\n甲方：提供试验厂\n", "buyers.0.name", ""},
		{"digits in circles stand alone", sides + "合同总价款①800000元", "elements.amountFen", "800000.00"},
		{"Chinese digits in a day", sides + "签订日期：二〇二六年三月十二日", "elements.signedOn", "2026-03-12"},
		{"a patent by its check character", sides + "专利号ZL202210123456.1", "elements.ip.0.kind", "invention"},
	} {
		if f, _ := Read([]string{c.text}, false).Fact(c.path); f.Value != c.value {
			t.Errorf("%s: got %+v, want %q", c.name, f, c.value)
		}
	}
}

// A page number and a quote lead back to the place.
func TestRead_EveryFactNamesItsPlace(t *testing.T) {
	t.Parallel()
	m := generate(t)[0]
	cut := strings.Index(m.text, "第三条")
	r := Read([]string{m.text[:cut], "", m.text[cut:]}, false)
	if r.Pages != 3 || r.Blank != 1 {
		t.Errorf("%d pages, %d without text", r.Pages, r.Blank)
	}
	f, _ := r.Fact("elements.amountFen")
	if f.Page != 3 || !strings.Contains(f.Quote, "人民币") {
		t.Errorf("the amount stands at %d %q", f.Page, f.Quote)
	}
	for _, f := range r.Facts {
		if f.Page < 1 || f.Page > 3 || f.Quote == "" || f.Why == "" || f.Sure && f.Value == "" {
			t.Errorf("%+v", f)
		}
	}
}

// What was recognised in a picture is sure only where the text proves itself twice.
func TestRead_APictureAloneProvesNothing(t *testing.T) {
	t.Parallel()
	for _, f := range Read([]string{"技术服务合同\n委托方（甲方）：包头示范稀土新材料股份有限公司\n签订日期：2026年3月1日\n合同有效期：2026年3月1日至2027年3月1日"}, true).Facts {
		if f.Sure {
			t.Errorf("%+v", f)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, m := range generate(f)[:8] {
		f.Add(m.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seen, r := map[string]bool{}, Read([]string{s, s}, len(s)%2 == 0)
		for code, a := range r.Answers(applied(), nil) {
			if a.Why == "" || a.Page < 0 || a.Page > 2 || a.Sure && !a.No {
				t.Fatalf("%s: %+v", code, a)
			}
		}
		for _, f := range r.Facts {
			if seen[f.Path] {
				t.Fatalf("%s twice", f.Path)
			}
			seen[f.Path] = true
			if f.Page < 1 || f.Page > 2 || f.Sure && f.Value == "" {
				t.Fatalf("%+v", f)
			}
		}
	})
}

// BenchmarkRead is a contract of twenty pages: the facts of the form on the first, clauses on the others.
func BenchmarkRead(b *testing.B) {
	clause := "乙方应按照本条约定的技术指标完成相应工作，并于每个阶段结束后十日内（不含节假日）向甲方提交阶段报告；甲方收到报告后组织验收、书面答复。"
	pages := []string{generate(b)[0].text}
	for range 19 {
		pages = append(pages, strings.Repeat(clause, 12))
	}
	for b.Loop() {
		if len(Read(pages, false).Facts) < 10 {
			b.Fatal("too few facts")
		}
	}
}
