package sample

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/money"
)

// transitions is the state machine of docs/rules/registration.md §6, typed here by hand and not taken
// from the generator.
var transitions = map[string]string{
	"submit": "draft>awaiting_acceptance", "accept": "awaiting_acceptance>in_review", "decline_intake": "awaiting_acceptance>declined",
	"request_correction": "in_review>correcting", "submit_correction": "correcting>in_review", "lapse_correction": "correcting>refused",
	"pass_first_review":  "in_review>awaiting_second_review",
	"pass_second_review": "awaiting_second_review>awaiting_experts|awaiting_second_review>awaiting_registration",
	"return_to_review":   "awaiting_second_review>in_review", "pass_experts": "awaiting_experts>awaiting_registration",
	"register": "awaiting_registration>registered",
	"refuse":   "in_review>refused|awaiting_second_review>refused", "request_change": "registered>changing",
	"register_change": "changing>registered",
	"cancel":          "registered>cancelled", "revoke": "registered>revoked", "open_reconsideration": "refused>in_reconsideration",
	"open_re_recognition": "registered>in_re_recognition",
}

func TestContractsKeepTheRules(t *testing.T) { checkContracts(t, market(t), fixedNow) }

func checkContracts(t *testing.T, m Market, now time.Time) {
	t.Helper()
	people := index(m.People, func(p Person) string { return p.Key })
	points := index(m.Points, func(p Point) string { return p.Key })
	states := map[string]int{}
	large, changed := 0, 0
	for _, c := range m.Contracts {
		states[c.State]++
		checkAmounts(t, c)
		if c.Seller.Name == c.Buyer.Name || c.Ends.Before(c.Begins) || len(c.Text) < 10 || c.Title == "" {
			t.Errorf("%s: parties, dates or text", c.Key)
		}
		if c.Import != (c.Seller.Country != "156") || people[c.Applicant].Key == "" {
			t.Errorf("%s: import %v of %s", c.Key, c.Import, c.Seller.Country)
		}
		checkSteps(t, c, people, now)
		asked := false
		for _, e := range c.Events {
			asked = asked || e.Event == "request_correction"
			if e.Event == "refuse" && recognition.Mendable(e.Code) && !asked {
				t.Errorf("%s is refused for %s, which nobody was asked to mend", c.Key, e.Code)
			}
		}
		if c.State != StateDeclined && c.Point != c.RightPoint {
			t.Errorf("%s is at a wrong point", c.Key)
		}
		if c.State == StateRegistered && c.Amounts.Technical >= largeAmount {
			large++
		}
		if (c.Number != "") != (len(c.Versions) > 0) {
			t.Errorf("%s: number without a version or the other way round", c.Key)
		}
		if c.Number != "" {
			checkNumber(t, c, points[c.Point])
		}
		changed += max(0, len(c.Versions)-1)
	}
	for _, s := range []string{StateDraft, StateAwaiting, StateDeclined, StateInReview, StateCorrecting, StateSecondReview, StateExperts,
		StateToRegister,
		StateRegistered, StateRefused, StateChanging, StateCancelled, StateRevoked, StateReconsider, StateReRecognise} {
		if states[s] < 3 {
			t.Errorf("state %s has %d contracts", s, states[s])
		}
	}
	if large < 5 || changed < 5 {
		t.Errorf("%d large and %d changed contracts", large, changed)
	}
}

// checkAmounts holds C, N, T, V and ΣR of a contract against each other, and its class against its right.
func checkAmounts(t *testing.T, c Contract) {
	t.Helper()
	a := c.Amounts
	var n money.Fen
	for _, r := range c.Costs {
		n += r.Deducted()
		if r.Granted != (r.Reason != "") || r.Reasonable > r.Quantity {
			t.Errorf("%s: cost row %+v", c.Key, r)
		}
	}
	if a.Total <= 0 || a.Deducted != n || a.Technical != a.Total-n || a.Technical <= 0 || a.VATBase > a.Technical || a.VATBase < 0 {
		t.Errorf("%s: amounts %+v with N %d", c.Key, a, n)
	}
	if c.Class[:2] >= "04" && a.VATBase != 0 {
		t.Errorf("%s: V of class %s", c.Key, c.Class)
	}
	if (c.Class[:2] == "02" || c.Class[:2] == "03") && c.IP.Kind == "none" || (c.Class[:2] == "03") != (c.Licence != nil) {
		t.Errorf("%s: class %s with ip %s", c.Key, c.Class, c.IP.Kind)
	}
	var income money.Fen
	for _, r := range c.Incomes {
		income += r.Amount
	}
	if income > a.Technical {
		t.Errorf("%s: ΣR %s > T %s", c.Key, income, a.Technical)
	}
}

// checkSteps walks the events of a contract over the table.
func checkSteps(t *testing.T, c Contract, people map[string]Person, now time.Time) {
	t.Helper()
	state, registrar, last := "draft", "", time.Time{}
	for _, e := range c.Events {
		if !strings.Contains("|"+transitions[e.Event]+"|", "|"+e.From+">"+e.To+"|") || e.From != state {
			t.Errorf("%s: %s %s>%s in state %s", c.Key, e.Event, e.From, e.To, state)
		}
		if e.At.Before(last) || e.At.After(now) {
			t.Errorf("%s: %s at %s", c.Key, e.Event, e.At)
		}
		state, last = e.To, e.At
		switch e.Event {
		case "accept":
			registrar = e.Actor
		case "pass_second_review":
			if e.Actor == registrar || e.Actor == c.Applicant || people[e.Actor].Point != c.Point {
				t.Errorf("%s: reviewer %s", c.Key, e.Actor)
			}
			if wants := c.Disputed || versionOne(c).Technical >= largeAmount; wants != (e.To == StateExperts) {
				t.Errorf("%s: T %s goes to %s", c.Key, versionOne(c).Technical, e.To)
			}
		}
	}
	if state != c.State {
		t.Errorf("%s: events end in %s, state is %s", c.Key, state, c.State)
	}
}

var number = regexp.MustCompile(`^\d{16}$`)

func checkNumber(t *testing.T, c Contract, p Point) {
	t.Helper()
	if !number.MatchString(c.Number) || c.Number[:10] != fmt.Sprintf("%d%s%s", c.Registered.Year(), p.Region4, p.Code) {
		t.Errorf("%s: number %s", c.Key, c.Number)
	}
	if c.Licence != nil && c.Deal == "" && c.Class[:2] == "03" && c.Ends.AddDate(0, 0, 1).Before(c.Signed.AddDate(c.Licence.Years, 0, 0)) {
		t.Errorf("%s grants a right of %d years and ends on %s", c.Title, c.Licence.Years, c.Ends.Format(time.DateOnly))
	}
	if c.Signed.After(c.Applied) || c.Applied.After(c.Ends.AddDate(0, 0, 1)) {
		t.Errorf("%s applied outside its validity", c.Key)
	}
}

func versionOne(c Contract) Amounts {
	if len(c.Versions) > 0 {
		return c.Versions[0].Amounts
	}
	return c.Amounts
}
