package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/money"
)

// dealPlan is how many deals end in which state, in this order.
var dealPlan = []struct {
	state string
	count int
}{{DealAgreed, 12}, {DealTalking, 11}, {DealProposed, 4}, {DealSent, 6}, {DealDeclined, 5}, {DealWithdrawn, 2}}

// deals reads talks.txt: each block is one talk. Its first line is "state|class or decline code",
// the others are "B: …" (buyer), "S: …" (seller) or "K: …" (broker). {成果}, {买方}, {卖方}, {关键词}
// and {金额} are filled in.
func (g *generator) deals() {
	talks := map[string][][]string{}
	for _, b := range readBlocks("talks.txt") {
		state, _, _ := strings.Cut(b[0], "|")
		talks[state] = append(talks[state], b)
	}
	n := 0
	for _, p := range dealPlan {
		for k := range p.count {
			g.deal(n, p.state, talks[p.state][k%len(talks[p.state])])
			n++
		}
	}
}

func (g *generator) deal(n int, state string, talk []string) {
	d := Deal{Key: fmt.Sprintf("deal-%02d", n+1), State: state}
	_, detail, _ := strings.Cut(talk[0], "|")
	var a *Achievement
	if n%9 == 0 { // the demo company buys in its area, but for 0704: the hydrogen store answers its own need and comes through a broker
		if a = g.openAchievement(0, []string{"0705", "0707", "0702", "0706", "0703"}[n/9]); a != nil {
			d.Buyer = g.demoCompany
		}
	}
	if a == nil {
		a = g.openAchievement(n*7, "")
	}
	topic, title, keyword := a.Topic, a.Title, a.Keywords[0]
	d.Achievement, d.Seller = a.Key, a.Owner
	buyers := g.buyers[topic[:2]]
	by := g.now
	if state == DealAgreed { // 62 to 80 days old, and a contract follows it: what it is about was published before
		by = g.now.AddDate(0, 0, -82)
	}
	if need := g.needFor(a, by); d.Buyer == "" && need != nil {
		d.Demand, d.Buyer = need.Key, need.Owner
	}
	for d.Buyer == "" || d.Buyer == d.Seller {
		d.Buyer = g.pick(buyers)
	}
	buyer, seller := g.org(d.Buyer), g.org(d.Seller)
	switch {
	case !strings.Contains(strings.Join(talk, "\n"), "\nK: "):
	case d.Buyer == g.demoCompany: // the two sample accounts meet
		d.Broker = g.brokers[0]
	default:
		d.Broker = g.brokers[g.brokered%4*7] // four have a record, the sample account's broker first
		g.brokered++
	}
	amount := g.logNormal(480_000, 0.7)
	amount -= amount % money.WanYuan
	amount = max(amount, 5*money.WanYuan)
	at := g.daysAgo(g.between(25, 60))
	if state == DealAgreed {
		at = g.daysAgo(g.between(62, 80))
	}
	if state == DealSent {
		at = g.daysAgo(g.between(1, 8))
	}
	d.CreatedAt = at
	fill := strings.NewReplacer("{成果}", title, "{买方}", buyer.Short, "{卖方}", seller.Short, "{关键词}", keyword, "{金额}", amount.Short())
	for i, line := range talk[1:] {
		who, text, ok := strings.Cut(line, ": ")
		from := map[string]string{"B": buyer.Contact, "S": seller.Contact, "K": d.Broker}[who]
		if !ok || from == "" {
			panic("sample: talk line " + line)
		}
		if i == 0 {
			d.From = from
		} else {
			at = at.Add(time.Duration(g.between(90, 4200)) * time.Minute)
			if at.Hour() < 8 || at.Hour() > 21 {
				at = time.Date(at.Year(), at.Month(), at.Day(), g.between(9, 20), at.Minute(), at.Second(), 0, at.Location())
			}
			if last := d.Messages[i-1].At; !at.After(last) {
				at = last.Add(17 * time.Minute)
			}
		}
		if at.After(g.now) {
			at = g.now
		}
		d.Messages = append(d.Messages, Message{From: from, At: at, Text: fill.Replace(text)})
	}
	switch state {
	case DealDeclined:
		d.Decline = detail
	case DealProposed, DealAgreed:
		begins := dateOf(d.Messages[len(d.Messages)-1].At).AddDate(0, 0, g.between(2, 6))
		suffix := map[string]string{"0101": "适用性技术开发", "0202": "专利权转让", "0301": "专利实施许可", "0302": "技术秘密使用许可", "0501": "应用技术服务",
			"0401": "可行性论证"}[detail]
		d.Terms = &Terms{Class: detail, Object: title + suffix, Amount: amount, Payment: "instalments", Begins: begins,
			Ends: begins.AddDate(0, g.between(8, 24), 0)}
	}
	g.m.Deals = append(g.m.Deals, d)
}

// needFor is the open need of the area, published by then, that has most in common with the achievement; nil when none has anything.
func (g *generator) needFor(a *Achievement, by time.Time) (best *Demand) {
	most, have := 0, pairs(a.Title, a.Keywords)
	for i := range g.m.Demands {
		d := &g.m.Demands[i]
		if d.State != ListingPublished || !d.PublishedAt.Before(by) || d.Owner == a.Owner || d.Topic[:2] != a.Topic[:2] {
			continue
		}
		common := 0 // pairs of characters that titles and keywords share, and two for the same topic
		if d.Topic == a.Topic {
			common = 2
		}
		for p := range pairs(d.Title, d.Keywords) {
			if have[p] {
				common++
			}
		}
		if common > most {
			most, best = common, d
		}
	}
	return best
}

func pairs(title string, keywords []string) map[string]bool {
	out := map[string]bool{}
	for _, text := range append(slices.Clip(keywords), title) {
		for r := []rune(text); len(r) > 1; r = r[1:] {
			out[string(r[:2])] = true
		}
	}
	return out
}

// openAchievement finds an open achievement from a position on, within a topic if one is given; nil without one.
func (g *generator) openAchievement(from int, topic string) *Achievement {
	for i := range g.m.Achievements {
		if a := &g.m.Achievements[(from+i)%len(g.m.Achievements)]; strings.HasPrefix(a.Topic, topic) && g.open(a) {
			return a
		}
	}
	return nil
}

// open says whether a university or institute offers the achievement and no deal has taken it.
func (g *generator) open(a *Achievement) bool {
	kind := g.org(a.Owner).Kind
	return a.State == ListingPublished && (kind == OrgUniversity || kind == OrgInstitute) &&
		!slices.ContainsFunc(g.m.Deals, func(d Deal) bool { return d.Achievement == a.Key })
}
