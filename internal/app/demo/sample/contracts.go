package sample

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"techmarket/internal/foundation/money"
)

// Contract states, those of the registration state machine.
const (
	StateDraft        = "draft"
	StateAwaiting     = "awaiting_acceptance"
	StateDeclined     = "declined"
	StateInReview     = "in_review"
	StateCorrecting   = "correcting"
	StateSecondReview = "awaiting_second_review"
	StateExperts      = "awaiting_experts"
	StateToRegister   = "awaiting_registration"
	StateRegistered   = "registered"
	StateRefused      = "refused"
	StateChanging     = "changing"
	StateCancelled    = "cancelled"
	StateRevoked      = "revoked"
	StateReconsider   = "in_reconsideration"
	StateReRecognise  = "in_re_recognition"
)

const (
	contractCount = 500
	largeAmount   = 500 * money.WanYuan // T from which experts decide (draft of 2024, Art. 14)
	domestic      = "156"
)

// plan says how many contracts end in which state; the rest is registered.
var plan = []struct {
	state string
	count int
}{
	{StateDraft, 18}, {StateAwaiting, 12}, {StateDeclined, 14}, {StateInReview, 12}, {StateCorrecting, 10}, {StateSecondReview, 9},
	{StateExperts, 6}, {StateToRegister, 6}, {StateRefused, 22}, {StateChanging, 10}, {StateCancelled, 14}, {StateRevoked, 5},
	{StateReconsider, 4}, {StateReRecognise, 3},
}

// classWeights is how often a class is signed (service and development lead, as everywhere).
var classWeights = []struct {
	class  string
	weight int
}{
	{"0101", 28}, {"0102", 8}, {"0201", 5}, {"0202", 7}, {"0203", 2}, {"0208", 2}, {"0301", 7}, {"0302", 4}, {"0401", 9}, {"0501", 24},
	{"0502", 1}, {"0503", 3},
}

// contracts makes the contracts: one state list, shuffled, so that leagues and classes mix; then
// numbers in the order of registration.
func (g *generator) contracts() {
	var states []string
	for _, p := range plan {
		for range p.count {
			states = append(states, p.state)
		}
	}
	for len(states) < contractCount {
		states = append(states, StateRegistered)
	}
	g.rng.Shuffle(len(states), func(i, j int) { states[i], states[j] = states[j], states[i] })
	sources := g.rng.Perm(len(g.m.Achievements) + len(g.m.Demands))
	refusal := 0
	var agreed []*Deal
	for i := range g.m.Deals {
		if g.m.Deals[i].State == DealAgreed {
			agreed = append(agreed, &g.m.Deals[i])
		}
	}
	// A listing behind a deal is not used again: the deals' listings go first, where contracts take the deal.
	for i, d := range agreed {
		k := slices.Index(sources, atoi(strings.TrimPrefix(d.Achievement, "ach-"))-1)
		sources[i], sources[k] = sources[k], sources[i]
	}
	// Deals were agreed in the last weeks, so their contracts are still on the way.
	for i := range agreed {
		if !openState(states[i]) {
			k := len(agreed) + slices.IndexFunc(states[len(agreed):], openState)
			states[i], states[k] = states[k], states[i]
		}
	}
	g.fillDemoDesk(states, sources, len(agreed))
	for i, state := range states {
		c := Contract{Key: fmt.Sprintf("con-%03d", i+1), State: state, PlanSource: "9", Payment: "instalments"}
		switch {
		case i < len(agreed):
			g.fromDeal(&c, agreed[i])
		default:
			g.fromListing(&c, sources[i%len(sources)], i/len(sources))
		}
		if state == StateRefused || state == StateReconsider {
			g.refuse(&c, g.tables.refusals[refusal%len(g.tables.refusals)])
			refusal++
		}
		g.price(&c, i)
		g.schedule(&c)
		g.m.Contracts = append(g.m.Contracts, c)
	}
	g.edgeContracts()
	for i := range g.m.Contracts {
		c := &g.m.Contracts[i]
		g.route(c)
		g.workflow(c, i)
	}
	g.number()
	for i := range g.m.Contracts {
		c := &g.m.Contracts[i]
		c.Text = g.text(c)
	}
}

// openState reports a contract that is before its decision.
func openState(state string) bool {
	switch state {
	case StateDraft, StateAwaiting, StateInReview, StateCorrecting, StateSecondReview, StateExperts, StateToRegister:
		return true
	}
	return false
}

// fillDemoDesk gives the demo university one open contract of each state, so that the demo desk has
// work: it swaps the listings behind two contracts.
func (g *generator) fillDemoDesk(states []string, sources []int, from int) {
	mine := func(source int) bool {
		return source < len(g.m.Achievements) && g.m.Achievements[source].Owner == g.demoUniversity
	}
	given := map[string]bool{}
	for i := from; i < len(states); i++ {
		if !openState(states[i]) || given[states[i]] || i >= len(sources) {
			continue
		}
		for k := from; k < len(sources); k++ {
			if mine(sources[k]) && !openState(states[k]) {
				sources[i], sources[k] = sources[k], sources[i]
				given[states[i]] = true
				break
			}
		}
	}
}

func (g *generator) achievement(key string) *Achievement {
	return &g.m.Achievements[atoi(strings.TrimPrefix(key, "ach-"))-1]
}

func (g *generator) demand(key string) *Demand {
	return &g.m.Demands[atoi(strings.TrimPrefix(key, "dem-"))-1]
}

// route names the applicant and the right point. The seller files where it is: its own point, its
// zone's or county's, its league's, else the region's; an import is filed by the buyer (办法 Art. 8).
func (g *generator) route(c *Contract) {
	side := c.Seller
	if c.Seller.Country != domestic {
		side, c.Import = c.Buyer, true
	}
	c.Applicant = g.org(side.Org).Contact
	c.RightPoint = g.rightPoint(side)
	c.Point = c.RightPoint
}

func (g *generator) rightPoint(side Party) string {
	var found [4]string // own, place, league, region
	for _, p := range g.m.Points {
		switch {
		case p.HostKind == OrgUniversity || p.HostKind == OrgInstitute:
			if p.Host == side.Org {
				found[0] = p.Key
			}
		case p.Division == side.Division:
			found[1] = p.Key
		case p.HostKind == "league" && p.Region4 == side.Division[:4]:
			found[2] = p.Key
		case p.HostKind == "region":
			found[3] = p.Key
		}
	}
	return cmp.Or(found[0], found[1], found[2], found[3])
}

// number gives 16-digit numbers in the order of registration: year, region, point, serial.
func (g *generator) number() {
	var order []*Contract
	for i := range g.m.Contracts {
		if !g.m.Contracts[i].Registered.IsZero() {
			order = append(order, &g.m.Contracts[i])
		}
	}
	slices.SortStableFunc(order, func(a, b *Contract) int { return a.Registered.Compare(b.Registered) })
	for _, c := range order {
		p := g.point(c.Point)
		id := fmt.Sprintf("%s/%d", c.Point, c.Registered.Year())
		g.serials[id]++
		c.Number = fmt.Sprintf("%d%s%s%06d", c.Registered.Year(), p.Region4, p.Code, g.serials[id])
	}
	intakes := map[string]int{}
	for i := range g.m.Contracts {
		c := &g.m.Contracts[i]
		if k := slices.IndexFunc(c.Events, func(e Event) bool { return e.Event == "accept" }); k >= 0 {
			day := g.point(c.Point).Division + "-" + c.Events[k].At.Format("20060102")
			intakes[day]++
			c.Intake = fmt.Sprintf("SL-%s-%04d", day, intakes[day])
		}
	}
}
