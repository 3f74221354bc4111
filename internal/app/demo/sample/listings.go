package sample

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
)

// ways maps the letters of the data files.
var ways = map[byte]string{'T': WayTransfer, 'L': WayLicence, 'E': WayEquity, 'J': WayJoint, 'R': WayTrial, 'S': WayService}

func waysOf(letters string) []string {
	var out []string
	for i := range len(letters) {
		w, ok := ways[letters[i]]
		if !ok {
			panic("sample: way " + letters)
		}
		out = append(out, w)
	}
	return out
}

// achievements reads the blocks of achievements-*.txt:
//
//	topic|maturity|ways|price in 万元 ("80-150", "-" = 面议)|keywords、…|field/industry (only where the area's do not fit)
//	title
//	problem
//	method
//	figures compared with the present solution
//	evidence of maturity (may be missing)
func (g *generator) achievements() {
	for i, b := range readBlocks(achievementFiles...) {
		h := strings.Split(b[0], "|")
		if len(h) < 5 || len(b) < 5 || len(b) > 6 {
			panic("sample: achievement block " + strings.Join(b[:2], " / "))
		}
		topic := h[0]
		def := g.tables.areas[topic[:2]]
		a := Achievement{Key: fmt.Sprintf("ach-%03d", i+1), Sample: true, Topic: topic, Title: b[1], Problem: b[2], Method: b[3], Figures: b[4],
			Ways: waysOf(h[2]), Keywords: strings.Split(h[4], "、"), Field: def.field, Industry: def.industry}
		if len(b) == 6 {
			a.Evidence = b[5]
		}
		if len(h) > 5 {
			a.Field, a.Industry, _ = strings.Cut(h[5], "/")
		}
		a.Maturity = atoi(h[1])
		if low, high, ok := strings.Cut(h[3], "-"); ok && low != "" {
			a.PriceLow, a.PriceHigh = g.tenThousand(atoi(low)), g.tenThousand(atoi(high))
		}
		suppliers := g.byArea[topic[:2]]
		a.Owner = suppliers[(i*5+g.rng.IntN(3))%len(suppliers)]
		owner := g.org(a.Owner)
		a.Lister, a.Division = owner.Contact, owner.Division
		a.Team = []string{g.person(a.Lister).Name}
		for range g.between(1, 4) {
			a.Team = append(a.Team, g.personName())
		}
		a.IP = g.ipItems(a)
		a.State, a.Reason = listingState(i)
		a.CreatedAt, a.PublishedAt, a.ExpiresAt = g.listingTimes(a.State)
		g.m.Achievements = append(g.m.Achievements, a)
	}
	g.edgeAchievements()
}

// listingState spreads the states: most are published, a few in each other state.
func listingState(i int) (state, reason string) {
	switch i % 25 {
	case 7:
		return ListingExpired, ""
	case 13:
		return ListingInReview, ""
	case 19:
		if i%2 == 0 {
			return ListingWithdrawn, "已与一家企业签约，不再对外征集。"
		}
		return ListingReturned, "请补充成熟度的证明材料，并说明对比数据的测试条件。"
	case 23:
		return ListingDraft, ""
	}
	return ListingPublished, ""
}

func (g *generator) listingTimes(state string) (created, published, expires time.Time) {
	switch state {
	case ListingDraft, ListingInReview, ListingReturned:
		created = g.daysAgo(g.between(2, 20))
	case ListingExpired:
		created = g.daysAgo(g.between(420, 700))
		published = g.workTime(created.AddDate(0, 0, g.between(1, 5)))
		expires = dateOf(published).AddDate(1, 0, 0)
	default:
		created = g.daysAgo(g.between(6, 340))
		published = g.workTime(created.AddDate(0, 0, g.between(1, 5)))
		expires = dateOf(published).AddDate(1, 0, 0)
	}
	return
}

func (g *generator) ipItems(a Achievement) []IP {
	kinds := []string{"invention", "invention", "utility_model"}
	switch a.Topic {
	case "1202", "1203":
		kinds = []string{"plant_variety"}
	case "1204", "1205", "1206":
		kinds = []string{"invention", "know_how"}
	}
	if a.Topic[:2] == "11" || a.Topic == "1403" || a.Topic == "2005" {
		kinds = []string{"software", "invention"}
	}
	if a.Maturity <= 3 && g.chance(50) {
		return nil
	}
	var items []IP
	for n := range g.between(1, min(3, len(kinds))) {
		items = append(items, g.ip(kinds[n], a.Keywords[0], a.Maturity <= 4))
	}
	return items
}

func (g *generator) ip(kind, subject string, pending bool) IP {
	year := g.now.Year() - g.between(2, 7)
	item := IP{Kind: kind, Status: "granted"}
	if pending {
		year, item.Status = g.now.Year()-1, "pending"
	}
	filed := time.Date(year, time.Month(g.between(1, 12)), g.between(1, 28), 0, 0, 0, 0, clock.Zone())
	switch kind {
	case "invention":
		item.Number, item.Until = g.patentNumber(year, '1', !pending), filed.AddDate(20, 0, 0)
		item.Title = "样例：一种" + subject + "方法"
	case "utility_model":
		item.Number, item.Until = g.patentNumber(year, '2', !pending), filed.AddDate(10, 0, 0)
		item.Title = "样例：" + subject + "装置"
	case "design":
		item.Number, item.Until = g.patentNumber(year, '3', !pending), filed.AddDate(15, 0, 0)
		item.Title = "样例：" + subject + "外观"
	case "software":
		g.patents++
		item.Number, item.Status = fmt.Sprintf("样例软著%d%06d", year, g.patents), "granted"
		item.Title = "样例：" + subject + "软件 V1.0"
	case "plant_variety":
		g.patents++
		item.Number, item.Until = fmt.Sprintf("样例CNA%d%06d", year, g.patents), filed.AddDate(15, 0, 0)
		item.Title = "样例：" + subject + "品种权"
	default:
		item.Status, item.Title = "granted", "样例："+subject+"技术秘密"
	}
	return item
}

// demands reads the blocks of demands-*.txt:
//
//	topic|budget in 万元 ("-" = 面议)|months to the deadline|ways|least maturity|who decides|keywords、…
//	title
//	present state
//	name:present→wanted; …   (present may be empty)
//	limits
//	what was tried (may be missing)
func (g *generator) demands() {
	unnamed := 0
	for i, b := range readBlocks(demandFiles...) {
		h := strings.Split(b[0], "|")
		if len(h) < 7 || len(b) < 5 || len(b) > 6 {
			panic("sample: demand block " + strings.Join(b[:2], " / "))
		}
		topic := h[0]
		def := g.tables.areas[topic[:2]]
		d := Demand{Key: fmt.Sprintf("dem-%03d", i+1), Sample: true, Topic: topic, Title: b[1], Present: b[2], Limits: b[4],
			Ways: waysOf(h[3]), MinMaturity: atoi(h[4]), Decider: h[5], Keywords: strings.Split(h[6], "、"), Field: def.field, Industry: def.industry,
			Challenge: i%9 == 4}
		if len(b) == 6 {
			d.Tried = b[5]
		}
		for part := range strings.SplitSeq(b[3], ";") {
			name, rest, ok := strings.Cut(strings.TrimSpace(part), ":")
			present, wanted, ok2 := strings.Cut(rest, "→")
			if !ok || !ok2 || wanted == "" {
				panic("sample: target " + part)
			}
			d.Targets = append(d.Targets, Target{Name: name, Present: present, Wanted: wanted})
		}
		if h[1] != "-" {
			d.Budget = g.tenThousand(atoi(h[1]))
		}
		owners := g.buyers[topic[:2]]
		d.Owner = owners[i*3%len(owners)]
		if topic[:2] == "07" && i%2 == 0 {
			d.Owner = g.demoCompany
		}
		o := g.org(d.Owner)
		d.Poster, d.Division, d.Industry = o.Contact, o.Division, o.Industry
		d.State, d.Reason = listingState(i + 3)
		if d.State == ListingWithdrawn {
			d.Reason = "厂内自行解决，撤回需求。"
		} else if d.State == ListingReturned {
			d.Reason = "目标值没有写测试条件，请补充后再提交。"
		}
		d.CreatedAt, d.PublishedAt, d.ExpiresAt = g.listingTimes(d.State)
		d.Deadline = dateOf(g.now).AddDate(0, atoi(h[2]), 0)
		if d.State == ListingExpired {
			d.Deadline = d.ExpiresAt
		}
		if d.Owner == g.demoCompany && d.State == ListingPublished && !d.Challenge {
			unnamed = i // one of the company that people sign in as, so that all sides of it can be looked at
		}
		g.m.Demands = append(g.m.Demands, d)
	}
	g.m.Demands[unnamed].Anonymous = true
	g.edgeDemands()
}

func atoi(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	must(err)
	return n
}
