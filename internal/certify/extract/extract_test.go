package extract

import (
	"fmt"
	"strings"
	"testing"

	"techmarket/internal/foundation/money"
)

// made is a generated contract and what it says.
type made struct {
	name, text string
	truth      map[string]string
}

// wordings of one class: its title, what the sides are called, what is bought.
type wording struct {
	code, title, buyer, seller, project, work, price string
}

var wordings = []wording{
	{"0101", "技术开发（委托）合同", "委托方", "受托方", "高寒地区风电叶片除冰装置研制", "研究开发", "研究开发经费和报酬总额"},
	{"0102", "合作开发合同", "委托人", "研究开发人", "盐碱地羊草包衣种子配方", "开发", "经费总额"},
	{"0202", "专利权转让合同", "受让方", "让与方", "一种煤矸石制备多孔陶瓷的方法", "转让", "转让费总额"},
	{"0301", "专利实施许可合同", "被许可方", "许可方", "稀土抛光粉回收工艺", "许可实施", "许可使用费总额"},
	{"0401", "技术咨询合同", "委托人", "受托人", "乳品厂污水提标改造方案论证", "咨询", "咨询报酬总额"},
	{"0501", "技术服务合同", "委托方", "服务方", "马铃薯贮藏窖通风系统调试", "服务", "服务费总额"},
}

var (
	buyers  = []string{"呼和浩特市示范乳业有限公司", "包头示范稀土新材料股份有限公司", "鄂尔多斯市示范和谐煤业集团有限责任公司", "锡林郭勒示范牧业专业合作社"}
	sellers = []string{"内蒙古示范大学", "示范北方农牧业科学研究院", "赤峰示范职业技术学院", "内蒙古大学示范科技园有限公司"}
	people  = []string{"白音", "其其格", "张示范", "阿拉坦"}
	codes18 = []string{"12150000460029132U", "911500001141506290"}
	sums    = []money.Fen{80_000_000, 12_345_600, 300_000_000, 5_000_000, 98_765_432, 1_050_000_000}
)

// layouts write the same facts as papers do: the official form, a letter, an opening sentence, a table without colons, a form with
// boxes, a text whose sides are named by their role only.
var layouts = []func(w wording, f facts) string{
	func(w wording, f facts) string {
		return "合同登记编号：□□□□□□\n" + w.title + "\n项目名称：" + w.project + "\n" + w.buyer + "（甲方）：" + f.buyer + "\n" + w.seller + "（乙方）：" + f.seller +
			"\n签订时间：" + f.signedHan + "\n签订地点：呼和浩特市\n有效期限：" + f.beginHan + "至" + f.endHan + "\n中华人民共和国科学技术部印制\n填写说明\n一、本合同为" + w.title +
			"示范文本。\n" + w.title + "\n" + w.buyer + "（甲方）：" + f.buyer + "\n住所地：示范路1号\n法定代表人：" + f.person +
			"\n项目联系人：其其格\n电话：0471-5550100\n统一社会信用代码：" + f.buyerCode +
			"\n" + w.seller + "（乙方）：" + f.seller + "\n法定代表人：白音\n本合同甲方委托乙方进行" + w.project + w.work + "，双方约定如下。\n第三条 " + w.price +
			"为：人民币" + f.amount.Grouped() +
			"元（大写：" + f.amount.Han() + "）。其中：设备费" + (f.amount / 10).Grouped() + "元。\n第四条 支付方式：分期支付，第一期支付" + (f.amount / 2).Grouped() +
			"元。\n第九条 技术成果的知识产权归双方共有。\n甲方（盖章）：" + f.signedHan + "\n乙方（盖章）：" + f.signedHan
	},
	func(w wording, f facts) string {
		return w.title + "\n甲方（" + w.buyer + "）：" + f.buyer + "（盖章）\n统一社会信用代码：" + f.buyerCode + "\n乙方（" + w.seller + "）：" +
			f.seller + "（盖章）\n合同名称：" + w.project +
			"\n根据《中华人民共和国民法典》，就“" + w.project + "”达成如下协议。一、合同总价款：大写" + strings.TrimPrefix(
			f.amount.Han(),
			"人民币",
		) + "（小写：¥" + f.amount.String() +
			"）。二、付款方式：一次性支付。三、本合同有效期自" + f.begin + "至" + f.end + "止。四、违约方按总额的20%支付违约金10万元。\n签订日期：" + f.signed
	},
	func(w wording, f facts) string {
		return f.buyer + "（以下简称“甲方”）与" + f.seller + "（以下简称“乙方”）签订本" + w.title + "。乙方接受甲方委托，就" + w.project + "提供" + w.work +
			"。\n1. 履行期限：" + f.beginHan + "起至" + f.endHan +
			"。\n2. 合同总金额" + f.amount.Wan() + "万元，合同签订后十日内一次付清。\n3. 乙方研究成果的专利申请权归甲方所有。\n甲方：" + f.buyer + "（公章）\n日期：" + f.signedHan +
			"\n乙方：" + f.seller + "（公章）\n日期：" + f.signedHan
	},
	func(w wording, f facts) string {
		return w.title + "\n项目名称\t" + w.project + "\n甲方（" + w.buyer + "）\t" + f.buyer + "\n乙方（" + w.seller + "）\t" + f.seller +
			"\n签订日期\t" + f.signed + "\n有效期限\t" + f.begin + " 至 " + f.end +
			"\n第一条 标的\n完成" + w.project + "。\n第二条 合同价款及其支付\n合同成交总额：" + f.amount.Grouped() + " 元（" + f.amount.Han() + "）\n支付方式：一次总付"
	},
	func(w wording, f facts) string {
		return w.title + "\n" + w.buyer + "：" + f.buyer + "\n法定代表人：" + f.person + "\n" + w.seller + "：" + f.seller +
			"\n法定代表人：阿拉坦\n技术项目：" + w.project + "。\n费用总计人民币：" + f.amount.Han() +
			"（￥" + f.amount.Grouped() + "元），含税。支付方式（打√）：√分期支付 一次总付 提成支付。本合同有效期：自签订之日起至" + f.endHan + "。\n" + w.buyer + "（签章）：" +
			f.buyer + " " + f.signed + "\n" +
			w.seller + "（签章）：" + f.seller + " " + f.signed
	},
}

// facts are what a generated contract says, and the days as papers write them.
type facts struct {
	buyer, seller, person, buyerCode                string
	amount                                          money.Fen
	signed, begin, end, signedHan, beginHan, endHan string
}

func generate() []made {
	var out []made
	for i, w := range wordings {
		for j, layout := range layouts {
			for k := range 2 {
				n := i*len(layouts)*2 + j*2 + k
				f := facts{buyer: buyers[n%4], seller: sellers[(n/2+k)%4], person: people[n%4], buyerCode: codes18[n%2], amount: sums[n%6]}
				month := n%11 + 1
				f.signed, f.begin = fmt.Sprintf("2026-%02d-%02d", month, n%27+1), fmt.Sprintf("2026-%02d-01", month+1)
				f.end = fmt.Sprintf("2027-%02d-28", month)
				han := func(d string) string {
					var y, m, day int
					_, _ = fmt.Sscanf(d, "%d-%d-%d", &y, &m, &day)
					return fmt.Sprintf("%d年%d月%d日", y, m, day)
				}
				f.signedHan, f.beginHan, f.endHan = han(f.signed), han(f.begin), han(f.end)
				truth := map[string]string{"seller.name": f.seller, "buyers.0.name": f.buyer, "elements.amountFen": f.amount.String(),
					"elements.endsOn": f.end, "elements.signedOn": f.signed, "elements.classCode": w.code}
				if j != 4 {
					truth["elements.beginsOn"] = f.begin
				}
				out = append(out, made{fmt.Sprintf("%s layout %d.%d", w.code, j, k), layout(w, f), truth})
			}
		}
	}
	return out
}

// Of sixty generated contracts of all five classes at least 95 % of the amounts, 90 % of the parties and of the days are right, and no
// value that is shown as sure is wrong.
func TestRead_SixtyContractsOfAllClasses(t *testing.T) {
	t.Parallel()
	all := generate()
	if len(all) != 60 {
		t.Fatalf("%d contracts", len(all))
	}
	right, sure, asked := map[string]int{}, map[string]int{}, map[string]int{}
	for _, m := range all {
		r := Read([]string{m.text}, false)
		for path, want := range m.truth {
			asked[path]++
			f, ok := r.Fact(path)
			switch {
			case ok && f.Value == want:
				right[path]++
				if f.Sure {
					sure[path]++
				}
			case ok && f.Sure:
				t.Errorf("%s: %s is sure and wrong: %q (%s), want %q\n…%s…", m.name, path, f.Value, f.Why, want, f.Quote)
			case testing.Verbose():
				t.Logf("%s: %s: got %q (%s), want %q", m.name, path, f.Value, f.Why, want)
			}
		}
	}
	for path, least := range map[string]int{"elements.amountFen": 95, "seller.name": 90, "buyers.0.name": 90, "elements.signedOn": 90,
		"elements.beginsOn": 90, "elements.endsOn": 90, "elements.classCode": 90} {
		t.Logf("%-20s right %d of %d, sure %d", path, right[path], asked[path], sure[path])
		if right[path]*100 < least*asked[path] {
			t.Errorf("%s: %d of %d right, want %d %%", path, right[path], asked[path], least)
		}
	}
}

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
	m := generate()[0]
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
	for _, m := range generate()[:8] {
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
	pages := []string{generate()[0].text}
	for range 19 {
		pages = append(pages, strings.Repeat(clause, 12))
	}
	for b.Loop() {
		if len(Read(pages, false).Facts) < 10 {
			b.Fatal("too few facts")
		}
	}
}
