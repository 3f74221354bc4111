package sample

import (
	"strings"
	"time"

	"techmarket/internal/foundation/money"
)

// Edge rows: they replace a few values so that pages, indexes, exports and PDFs meet them.

func (g *generator) edgeAchievements() {
	a := g.m.Achievements
	a[1].Evidence, a[1].IP, a[1].PriceLow, a[1].PriceHigh = "", nil, 0, 0 // empty optional fields
	a[2].Evidence = join(a[2].Evidence, "测试记录原文摘录：<script>alert(\"样例\")</script> 与 A&B <b>批次</b> 均按原样登记。")
	a[3].Figures = join(a[3].Figures, "=SUM(A1:A9) 为原始表格中的公式，+12%、-3%、@批次一 按文本保存。")
	a[4].Evidence = join(a[4].Evidence, "蒙古文对照：ᠲᠡᠯᠡ ᠶᠢᠨ ᠱᠢᠵᠢᠯᠡᠭ᠌ ᠲᠡᠭᠨᠢᠭ（草原技术，样例译文待审）。")
	a[5].Evidence = join(a[5].Evidence, "合作方资料含双向文字标记：\u200fمثال\u200f（样例）\u202eABC\u202c，显示时不得打乱行序。")
	a[6].Team[0] = "\U00020BB7野远（样例）" // 𠮷, outside the BMP
}

func (g *generator) edgeDemands() {
	d := g.m.Demands
	d[1].Tried, d[1].Budget = "", 0
	d[2].Limits = join(d[2].Limits, "附件名为 <img src=x onerror=alert(1)>.pdf，请按文本显示。")
	d[3].Tried = join(d[3].Tried, "=HYPERLINK(\"http://example.com\",\"样例\")")
	d[4].Limits = join(d[4].Limits, "现场铭牌为蒙古文：ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ᠌（样例）。")
}

// edgePeople gives rare characters, a middle dot and a name of 60 characters.
func (g *generator) edgeNames() {
	company := func(n int) *Organisation { return g.org(g.buyers["07"][n]) }
	company(2).Name = "样例䶮北稀土材料有限公司"
	company(3).Name = "样例\U00020BB7朔永磁有限公司"
	company(4).Name = "样例内蒙古自治区阴山北麓稀土功能材料与永磁电机及储氢装置联合研究开发制造检测技术服务与成果转化及人才培训推广有限责任公司"
	for n := 2; n <= 4; n++ {
		company(n).Short = strings.TrimPrefix(company(n).Name, "样例")
		company(n).Intro = "样例企业，名称含生僻字或超长，用于检查显示与打印。"
	}
	g.person(company(2).Contact).Name = "王䶮（样例）"
	g.person(company(3).Contact).Name = "\U00020BB7田一郎（样例）"
	g.person(company(4).Contact).Name = "阿拉坦苏和·宝音德力格尔（样例）"
	empty := g.org(g.buyers["15"][1])
	empty.Legal, empty.Intro = "", ""
}

// edgeContracts sets amounts and dates on purpose; the rows keep the rules (T = C − N).
func (g *generator) edgeContracts() {
	set := func(state, class string, change func(*Contract)) {
		for i := range g.m.Contracts {
			c := &g.m.Contracts[i]
			if c.State == state && c.Class == class && c.Deal == "" && !g.edge[c.Key] {
				g.edge[c.Key] = true
				change(c)
				c.settle()
				return
			}
		}
		panic("sample: no contract for an edge row: " + state + " " + class)
	}
	set(StateRegistered, "0501", func(c *Contract) { c.Amounts.Total, c.Costs = 1, nil }) // 0.01 元
	experts := ""
	for _, c := range g.m.Contracts {
		if c.State == StateExperts && c.Deal == "" {
			experts = c.Class
			break
		}
	}
	set(StateExperts, experts, func(c *Contract) { c.Amounts.Total, c.Costs = 999_999_999_999, nil }) // 9,999,999,999.99 元
	// The pair around the large amount (acceptance case A15): T = 5,000,000.00 and 4,999,999.99.
	equipment := Cost{Kind: "equipment", Name: "试验机组", Quantity: 1, Unit: 60 * money.WanYuan}
	set(StateRegistered, "0101", func(c *Contract) { c.Amounts.Total, c.Costs = 560*money.WanYuan, []Cost{equipment} })
	set(StateRegistered, "0101", func(c *Contract) { c.Amounts.Total, c.Costs = 560*money.WanYuan-1, []Cost{equipment} })
	// Three prototypes, two of them in reasonable quantity (A3).
	set(StateRegistered, "0101", func(c *Contract) {
		c.Amounts.Total = 260 * money.WanYuan
		reason := "前两套为试验必需，第三套超出合理数量。"
		c.Costs = []Cost{
			{Kind: "equipment", Name: "试验装置一", Quantity: 1, Unit: 40 * money.WanYuan, Carrier: true, Granted: true, Reasonable: 1, Reason: reason},
			{Kind: "equipment", Name: "试验装置二、三", Quantity: 2, Unit: 35 * money.WanYuan, Carrier: true, Granted: true, Reasonable: 1, Reason: reason},
		}
	})
	// Signed on the last 29 February before now.
	set(StateRegistered, "0401", func(c *Contract) {
		year := g.now.Year()
		for year%4 != 0 || year%100 == 0 && year%400 != 0 || time.Date(year, 2, 29, 0, 0, 0, 0, g.now.Location()).AddDate(0, 0, 90).After(g.now) {
			year--
		}
		c.Signed = time.Date(year, 2, 29, 0, 0, 0, 0, g.now.Location())
		c.Begins, c.Ends = c.Signed, time.Date(year+1, 2, 28, 0, 0, 0, 0, g.now.Location())
		c.Applied = g.workTime(c.Signed.AddDate(0, 0, 11))
	})
	set(StateRegistered, "0501", func(c *Contract) { c.Title = "<script>alert('样例')</script>牧场网络安全检测技术服务" })
	set(StateRegistered, "0501", func(c *Contract) { c.Title = "=cmd|' /C calc'!A0 样例表格公式防护技术服务" })
	// A draft: a certificate cannot show joined Mongolian letters, so the market asks for a name in Han characters on submission.
	set(StateDraft, "0501", func(c *Contract) {
		c.Title = "蒙古文（ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ᠌）牧户培训资料编制技术服务"
	})
	// Imports: the seller is abroad, the buyer applies (B11).
	for _, r := range g.tables.abroad {
		set(StateRegistered, "0302", func(c *Contract) {
			if c.Buyer.Org == "" {
				c.Buyer = g.party(g.buyers[c.Topic[:2]][0])
			}
			c.Seller = Party{Name: r["name"], Country: r["country"], Address: r["address"], Legal: "样例代表", Contact: "样例联系人", Phone: "10099990001"}
			c.Achievement, c.Broker = "", ""
		})
	}
}
