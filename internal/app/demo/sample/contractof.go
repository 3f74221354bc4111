package sample

import (
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
)

func (g *generator) fromDeal(c *Contract, d *Deal) {
	c.Deal, c.Achievement, c.Demand, c.Broker = d.Key, d.Achievement, d.Demand, d.Broker
	d.Contract = c.Key
	c.Class, c.Title, c.Payment = d.Terms.Class, d.Terms.Object, d.Terms.Payment
	c.Seller, c.Buyer = g.party(d.Seller), g.party(d.Buyer)
	c.Amounts.Total = d.Terms.Amount
	c.Begins, c.Ends = d.Terms.Begins, d.Terms.Ends
	g.subject(c)
}

// fromListing grows a contract from an achievement (its owner sells) or a demand (its owner buys).
func (g *generator) fromListing(c *Contract, source, round int) {
	if source < len(g.m.Achievements) {
		a := &g.m.Achievements[source]
		c.Achievement, c.Class = a.Key, g.class(a.Topic, a.Maturity)
		c.Seller, c.Buyer = g.party(a.Owner), g.buyerParty(a.Topic[:2], a.Owner)
	} else {
		d := &g.m.Demands[source-len(g.m.Achievements)]
		c.Demand, c.Class = d.Key, []string{"0101", "0101", "0501", "0401", "0102"}[g.rng.IntN(5)]
		c.Buyer = g.party(d.Owner)
		suppliers := g.byArea[d.Topic[:2]]
		seller := g.pick(suppliers)
		for seller == d.Owner {
			seller = g.pick(suppliers)
		}
		c.Seller = g.party(seller)
	}
	g.subject(c)
	c.Title = g.title(c)
	if round > 0 {
		c.Title += []string{"（二期）", "（三期）", "（四期）", "（五期）"}[min(round, 4)-1]
	}
	if g.chance(18) {
		c.Broker = g.pick(g.brokers)
	}
	if g.chance(12) {
		c.PlanSource = g.pick([]string{"1", "2", "3", "3", "4"})
	}
	c.Related = g.chance(4)
}

// subject copies field, topic and what follows from them.
func (g *generator) subject(c *Contract) {
	if c.Achievement != "" {
		a := g.achievement(c.Achievement)
		c.Topic, c.Field, c.Industry = a.Topic, a.Field, a.Industry
	} else {
		d := g.demand(c.Demand)
		c.Topic, c.Field, c.Industry = d.Topic, d.Field, d.Industry
	}
	c.Purpose = g.tables.areas[c.Topic[:2]].purpose
	c.IP = IP{Kind: "none"}
	subject := g.keyword(c)
	switch c.Class {
	case "0201", "0302", "0208":
		c.IP = g.ip("know_how", subject, false)
	case "0202", "0301":
		kind := "invention"
		if g.chance(30) {
			kind = "utility_model"
		}
		c.IP = g.ip(kind, subject, false)
	case "0203":
		c.IP = g.ip("invention", subject, true)
	case "0204", "0303":
		c.IP = g.ip("software", subject, false)
	case "0206", "0305":
		c.IP = g.ip("plant_variety", subject, false)
	case "0101", "0102":
		if g.chance(35) {
			c.IP = g.ip("know_how", subject, false)
		}
	}
	if strings.HasPrefix(c.Class, "03") {
		c.Licence = &Licence{Years: g.between(3, 10), Exclusive: g.chance(30)}
		c.Royalty = g.chance(25)
		if c.Royalty {
			c.Payment = "royalty"
		}
	}
}

func (g *generator) keyword(c *Contract) string {
	if c.Achievement != "" {
		return g.achievement(c.Achievement).Keywords[0]
	}
	return g.demand(c.Demand).Keywords[0]
}

func (g *generator) class(topic string, maturity int) string {
	switch topic {
	case "1202", "1203":
		if g.chance(45) {
			return g.pick([]string{"0206", "0305"})
		}
	case "1101", "1102", "1103", "1104", "1107", "1403":
		if g.chance(25) {
			return g.pick([]string{"0204", "0303"})
		}
	}
	if maturity <= 4 && g.chance(60) {
		return "0101" // not ready to be transferred: developed further for the buyer
	}
	total := 0
	for _, w := range classWeights {
		total += w.weight
	}
	n := g.rng.IntN(total)
	for _, w := range classWeights {
		if n -= w.weight; n < 0 {
			return w.class
		}
	}
	panic("unreachable")
}

func (g *generator) title(c *Contract) string {
	var base string
	if c.Achievement != "" {
		base = g.achievement(c.Achievement).Title
	} else {
		base = g.demand(c.Demand).Title
	}
	switch c.Class {
	case "0101":
		if c.Demand != "" {
			return base + "技术委托开发"
		}
		return base + g.pick([]string{"适用性技术开发", "工程化技术开发", "配套技术委托开发"})
	case "0102":
		return base + "合作开发"
	case "0201":
		return base + "技术秘密转让"
	case "0202":
		return "“" + base + "”专利权转让"
	case "0203":
		return "“" + base + "”专利申请权转让"
	case "0204":
		return base + "软件著作权转让"
	case "0206":
		return base + "植物新品种权转让"
	case "0208":
		return base + "技术入股"
	case "0301":
		return "“" + base + "”专利实施许可"
	case "0302":
		return base + "技术秘密使用许可"
	case "0303":
		return base + "软件著作权许可"
	case "0305":
		return base + "植物新品种实施许可"
	case "0401":
		return base + g.pick([]string{"可行性论证", "技术路线咨询", "实施方案专题咨询"})
	case "0502":
		return base + "技术中介"
	case "0503":
		return g.keyword(c) + "岗位技术培训（" + g.m.Organisations[g.orgs[c.Seller.Org]].Short + "）"
	}
	return base + g.pick([]string{"应用技术服务", "现场技术服务", "调试与技术指导"})
}

func (g *generator) party(org string) Party {
	o := g.org(org)
	contact := g.person(o.Contact)
	return Party{Org: org, Name: o.Name, CreditCode: o.CreditCode, Country: domestic, Division: o.Division, Address: o.Address, Legal: o.Legal,
		Contact: contact.Name, Phone: contact.Phone, Nature: o.Nature}
}

// buyerParty draws a buyer of the same area, sometimes from outside the region.
func (g *generator) buyerParty(area, seller string) Party {
	if g.chance(14) {
		r := g.tables.outside[g.rng.IntN(len(g.tables.outside))]
		return Party{Name: r["name"], CreditCode: g.creditCodeFor(r), Country: domestic, Division: r["division"], Address: r["address"],
			Legal:   "样例法定代表人",
			Contact: "样例联系人", Phone: "10099990000", Nature: r["nature"]}
	}
	for {
		if b := g.pick(g.buyers[area]); b != seller {
			return g.party(b)
		}
	}
}

// creditCodeFor is stable per outside party: its body comes after those of the market's own.
func (g *generator) creditCodeFor(r row) string {
	i := slices.IndexFunc(g.tables.outside, func(o row) bool { return o["name"] == r["name"] })
	kept := g.bodies
	g.bodies = 31*31 - 1 - i
	code := g.creditCode("91", r["division"])
	g.bodies = kept
	return code
}

// refuse turns a contract into one of the hand-written cases that may not be registered.
func (g *generator) refuse(c *Contract, r row) {
	c.Class, c.Title = r["class"], r["title"]
	c.Achievement, c.Demand, c.Broker, c.Royalty, c.Licence = "", "", "", false, nil
	c.PlanSource, c.Payment, c.IP = "9", "once", IP{Kind: "none"}
	switch c.Class {
	case "0202":
		c.IP = IP{Kind: "invention", Title: "样例：" + r["object"]}
	case "0301":
		c.IP = g.ip("invention", "节能加热炉", false)
		c.Licence = &Licence{Years: 5, Exclusive: false}
	}
	c.Amounts.Total = 0
	if c.Finding = r["finding"]; c.Finding == "-" {
		c.Finding = ""
	}
	c.Events = []Event{{Code: r["code"], Note: r["note"] + "（认定规则第" + r["article"] + "条）"}}
	if r["article"] == "-" {
		c.Events[0].Note = r["note"]
	}
}

// price draws C, the rows of non-technical cost and what follows: T = C − N and V.
func (g *generator) price(c *Contract, i int) {
	median := map[string]float64{"01": 520_000, "02": 460_000, "03": 300_000, "04": 160_000, "05": 210_000}[c.Class[:2]]
	if c.Class == "0503" || c.Class == "0502" {
		median = 60_000
	}
	if c.Amounts.Total == 0 {
		c.Amounts.Total = g.logNormal(median, 1.15)
		if len(c.Events) > 0 {
			c.Amounts.Total = g.logNormal(80_000, 0.8)
		}
	}
	if (c.State == StateExperts || i%47 == 11) && len(c.Events) == 0 && c.Deal == "" {
		c.Amounts.Total = max(c.Amounts.Total, money.Fen(g.between(620, 3200))*money.WanYuan)
	}
	goods := map[string]int{"01": 78, "05": 45}[c.Class[:2]]
	if c.Class != "0503" && c.Class != "0502" && len(c.Events) == 0 && g.chance(goods) {
		g.costs(c)
	}
	c.settle()
}

func (g *generator) costs(c *Contract) {
	budget := c.Amounts.Total / 100 * money.Fen(g.between(15, 50))
	list := g.tables.areas[c.Topic[:2]].goods
	offset := g.rng.IntN(len(list))
	for k := range g.between(1, 3) {
		parts := strings.Split(list[(offset+k)%len(list)], ":")
		unit := money.Fen(atoi(parts[2])) * money.Yuan / 100 * money.Fen(g.between(85, 125))
		if unit > budget { // a small contract buys a share of the thing
			unit = budget / 2
			unit -= unit % money.Yuan
		}
		if unit <= 0 {
			return
		}
		quantity := g.between(1, 6)
		for quantity > 1 && money.Fen(quantity)*unit > budget {
			quantity--
		}
		cost := Cost{Kind: parts[0], Name: parts[1], Quantity: quantity, Unit: unit}
		total := money.Fen(quantity) * unit
		if total > budget {
			continue
		}
		budget -= total
		if (parts[0] == "equipment" || parts[0] == "material") && g.chance(45) {
			cost.Carrier = true
			if g.chance(60) {
				cost.Granted, cost.Reasonable = true, min(quantity, 2)
				cost.Reason = "样机和试验用料为技术成果载体，按认定规则第十九条在合理数量内保留。"
			}
		}
		c.Costs = append(c.Costs, cost)
	}
}

// settle computes N, T and V from C and the rows.
func (c *Contract) settle() {
	var deducted, goods money.Fen
	for _, row := range c.Costs {
		deducted += row.Deducted()
		goods += money.Fen(row.Quantity) * row.Unit
	}
	a := &c.Amounts
	a.Deducted, a.Technical = deducted, a.Total-deducted
	a.VATBase = 0
	if c.Class[:2] <= "03" {
		a.VATBase = a.Technical - (goods - deducted)
	}
}

// schedule dates the contract: closed ones over 36 months, denser lately; open ones in the last weeks.
func (g *generator) schedule(c *Contract) {
	var applied time.Time
	switch c.State {
	case StateDraft, StateAwaiting:
		applied = g.daysAgo(g.between(1, 9))
	case StateInReview, StateCorrecting, StateSecondReview:
		applied = g.daysAgo(g.between(9, 24))
	case StateExperts, StateToRegister:
		applied = g.daysAgo(g.between(20, 30))
	default:
		newest := 75 // what comes after a registration takes its time
		if c.State == StateRegistered {
			newest = 25
		}
		r := g.rng.Float64() // position in time only, never an amount
		applied = g.daysAgo(newest + int(1000*(1-r)*(0.55+0.45*(1-r))))
	}
	c.Applied = applied
	if c.Deal != "" { // dates come from the agreed terms
		c.Signed = c.Begins
		if c.Licence != nil { // the licence ends with the contract
			c.Licence.Years = max(1, clock.Days(c.Begins, c.Ends)/365)
		}
		return
	}
	c.Signed = dateOf(applied).AddDate(0, 0, -g.between(2, 45))
	c.Begins = c.Signed
	c.Ends = c.Signed.AddDate(0, g.between(6, 36), -1)
	if c.Licence != nil {
		c.Ends = c.Signed.AddDate(c.Licence.Years, 0, -1)
	}
}
