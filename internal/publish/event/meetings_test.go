package event_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/publish/event"
)

// faults checks a plan against its wishes: a person in one meeting a slot, both free, tables and caps kept, booked ones where they
// were, every request once, and each reason true.
func faults(w event.Wishes, p event.Plan) []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	people, requests, booked := map[string]event.Participant{}, map[string]event.Request{}, map[string]string{}
	for _, x := range w.Participants {
		people[x.ID] = x
	}
	for _, r := range w.Requests {
		requests[r.ID] = r
	}
	for _, b := range w.Booked {
		booked[b.Request] = b.Slot
	}
	seen, busy, tables, caps := map[string]bool{}, map[string]bool{}, map[string]int{}, map[string]int{}
	for _, m := range p.Placed {
		r := requests[m.Request]
		if seen[m.Request] {
			say("%s twice", m.Request)
		}
		seen[m.Request] = true
		slot, fixed := booked[m.Request]
		if fixed && slot != m.Slot {
			say("%s is booked in %s and stands in %s", m.Request, slot, m.Slot)
		}
		if !fixed && reason(w, r) != event.Full {
			say("%s is not possible: %s", m.Request, reason(w, r))
		}
		for _, id := range []string{r.From, r.To} {
			if busy[id+" "+m.Slot] {
				say("%s twice in %s", id, m.Slot)
			}
			busy[id+" "+m.Slot] = true
			caps[id]++
			if !fixed && !slices.Contains(people[id].Free, m.Slot) {
				say("%s is not free in %s", id, m.Slot)
			}
			if caps[id] > people[id].Cap {
				say("%s has %d meetings", id, caps[id])
			}
		}
		tables[m.Slot]++
	}
	for _, s := range w.Slots {
		if tables[s.ID] > s.Tables {
			say("%d meetings at %d tables in %s", tables[s.ID], s.Tables, s.ID)
		}
	}
	for _, u := range p.Unplaced {
		if seen[u.Request] {
			say("%s twice", u.Request)
		}
		seen[u.Request] = true
		if _, fixed := booked[u.Request]; fixed || u.Reason != reason(w, requests[u.Request]) {
			say("%s is not placed for %s", u.Request, u.Reason)
		}
	}
	if len(seen) != len(w.Requests) {
		say("%d of %d requests", len(seen), len(w.Requests))
	}
	return bad
}

// reason is the first that makes a request impossible, full where none does.
func reason(w event.Wishes, r event.Request) string {
	var from, to event.Participant
	for _, p := range w.Participants {
		if p.ID == r.From {
			from = p
		}
		if p.ID == r.To {
			to = p
		}
	}
	switch {
	case !r.Accepted:
		return event.NotAccepted
	case !slices.Contains(w.MayAsk, event.MayAsk{From: from.Kind, To: to.Kind}):
		return event.KindNotAllowed
	case !slices.ContainsFunc(from.Free, func(s string) bool { return slices.Contains(to.Free, s) }):
		return event.NoCommonSlot
	default:
		return event.Full
	}
}

func TestSharedCasesArePlacedAsWellAsAsked(t *testing.T) {
	t.Parallel()
	for _, c := range facttest.Shared(t, "meetings") {
		var w event.Wishes
		if err := fact.Decode(c.Input, &w); err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		var want struct {
			MinPlaced int              `json:"min_placed"`
			Never     []event.Unplaced `json:"never"`
		}
		if err := json.Unmarshal(c.Expect, &want); err != nil {
			t.Fatal(err)
		}
		p := event.Place(w)
		var never []event.Unplaced
		for _, u := range p.Unplaced {
			if u.Reason != event.Full {
				never = append(never, u)
			}
		}
		if diff := cmp.Diff(want.Never, never); diff != "" && len(want.Never)+len(never) > 0 {
			t.Errorf("%s: %s", c.ID, diff)
		}
		if bad := faults(w, p); bad != nil || len(p.Placed) < want.MinPlaced {
			t.Errorf("%s: %d placed, %d asked; %v", c.ID, len(p.Placed), want.MinPlaced, bad)
		}
	}
}

// optimum tries every plan of few wishes.
func optimum(w event.Wishes) int {
	booked := map[string]string{}
	for _, b := range w.Booked {
		booked[b.Request] = b.Slot
	}
	busy, tables, caps := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, s := range w.Slots {
		tables[s.ID] = s.Tables
	}
	free := map[string][]string{}
	for _, p := range w.Participants {
		caps[p.ID], free[p.ID] = p.Cap, p.Free
	}
	put := func(r event.Request, slot string, n int) {
		busy[r.From+" "+slot], busy[r.To+" "+slot] = n > 0, n > 0
		tables[slot] -= n
		caps[r.From] -= n
		caps[r.To] -= n
	}
	var todo []event.Request
	for _, r := range w.Requests {
		if slot, ok := booked[r.ID]; ok {
			put(r, slot, 1)
		} else if reason(w, r) == event.Full {
			todo = append(todo, r)
		}
	}
	var try func(i, placed, best int) int
	try = func(i, placed, best int) int {
		if placed+len(todo)-i <= best {
			return best
		}
		if i == len(todo) {
			return placed
		}
		r := todo[i]
		for _, s := range w.Slots {
			if slices.Contains(free[r.From], s.ID) && slices.Contains(free[r.To], s.ID) && !busy[r.From+" "+s.ID] && !busy[r.To+" "+s.ID] &&
				tables[s.ID] > 0 && caps[r.From] > 0 && caps[r.To] > 0 {
				put(r, s.ID, 1)
				best = try(i+1, placed+1, best)
				put(r, s.ID, -1)
			}
		}
		return try(i+1, placed, best)
	}
	return len(w.Booked) + try(0, 0, -1)
}

func drawWishes(t *rapid.T) event.Wishes {
	w := event.Wishes{MayAsk: []event.MayAsk{{From: "企业", To: "团队"}, {From: "团队", To: "企业"}, {From: "企业", To: "企业"}}}
	var slots []string
	for i := range rapid.IntRange(1, 5).Draw(t, "slots") {
		slots = append(slots, fmt.Sprintf("s%d", i))
		w.Slots = append(w.Slots, event.Slot{ID: slots[i], Tables: rapid.IntRange(0, 3).Draw(t, "tables")})
	}
	n := rapid.IntRange(2, 7).Draw(t, "people")
	for i := range n {
		p := event.Participant{ID: fmt.Sprintf("p%d", i), Kind: rapid.SampledFrom([]string{"企业", "企业", "团队"}).Draw(t, "kind"),
			Cap: rapid.IntRange(0, 5).Draw(t, "cap")}
		for _, s := range slots {
			if rapid.IntRange(0, 3).Draw(t, "free") > 0 {
				p.Free = append(p.Free, s)
			}
		}
		w.Participants = append(w.Participants, p)
	}
	for i := range rapid.IntRange(0, 11).Draw(t, "requests") {
		a := rapid.IntRange(0, n-1).Draw(t, "from")
		b := (a + rapid.IntRange(1, n-1).Draw(t, "to")) % n
		w.Requests = append(w.Requests, event.Request{ID: fmt.Sprintf("r%02d", i), From: fmt.Sprintf("p%d", a), To: fmt.Sprintf("p%d", b),
			Accepted: rapid.IntRange(0, 9).Draw(t, "accepted") > 0})
	}
	// What is booked was placed before: a plan of some of the wishes.
	if len(w.Requests) > 2 && rapid.Bool().Draw(t, "booked") {
		early := w
		early.Requests = w.Requests[:2]
		w.Booked = event.Place(early).Placed
	}
	return w
}

func TestFewWishesArePlacedAsWellAsPossible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWishes(t)
		p := event.Place(w)
		if bad := faults(w, p); bad != nil {
			t.Fatalf("%v", bad)
		}
		if want := optimum(w); len(p.Placed) != want {
			t.Fatalf("%d placed, %d are possible", len(p.Placed), want)
		}
	})
}

// large makes an event of many wishes; the seed makes it the same each time.
func large(seed uint64, slots, tables, people, wishes, limit int) event.Wishes {
	r := rand.New(rand.NewPCG(seed, 1))
	w := event.Wishes{MayAsk: []event.MayAsk{{From: "企业", To: "团队"}, {From: "团队", To: "企业"}}}
	for i := range slots {
		w.Slots = append(w.Slots, event.Slot{ID: fmt.Sprintf("s%02d", i), Tables: tables})
	}
	for i := range people {
		p := event.Participant{ID: fmt.Sprintf("p%03d", i), Kind: []string{"企业", "团队"}[i%2], Cap: limit}
		for _, s := range w.Slots {
			if r.IntN(5) > 0 {
				p.Free = append(p.Free, s.ID)
			}
		}
		w.Participants = append(w.Participants, p)
	}
	for i := range wishes {
		a := r.IntN(people)
		b := (a + 1 + 2*r.IntN(people/2)) % people
		w.Requests = append(w.Requests, event.Request{ID: fmt.Sprintf("r%03d", i), From: w.Participants[a].ID, To: w.Participants[b].ID,
			Accepted: true})
	}
	return w
}

func TestManyWishesGiveTheSamePlanEachTime(t *testing.T) {
	t.Parallel()
	w := large(1, 12, 20, 80, 300, 8)
	p := event.Place(w)
	if bad := faults(w, p); bad != nil {
		t.Error(bad)
	}
	if diff := cmp.Diff(p, event.Place(w)); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkPlace600(b *testing.B) {
	for _, c := range []struct{ slots, tables, people, limit int }{{16, 30, 120, 10}, {20, 25, 100, 12}, {12, 40, 100, 99}, {24, 30, 90, 16}} {
		b.Run(fmt.Sprintf("%d slots %d tables %d people cap %d", c.slots, c.tables, c.people, c.limit), func(b *testing.B) {
			w := large(7, c.slots, c.tables, c.people, 600, c.limit)
			for b.Loop() {
				begin := time.Now()
				p := event.Place(w)
				b.ReportMetric(float64(len(p.Placed)), "placed")
				b.ReportMetric(time.Since(begin).Seconds(), "s")
			}
		})
	}
}

const wishes = `{"slots":[{"id":"s1","tables":1},{"id":"s2","tables":1}],"may_ask":[{"from":"企业","to":"团队"}],
	"participants":[{"id":"甲","kind":"企业","cap":1,"free":["s1"]},{"id":"乙","kind":"团队","cap":1,"free":["s1","s2"]},{"id":"丙",
	"kind":"团队","cap":9,"free":["s2"]}],
	"requests":[{"id":"一","from":"甲","to":"乙","accepted":true},{"id":"二","from":"甲","to":"乙","accepted":true},{"id":"三","from":"乙",
	"to":"甲","accepted":true},
	{"id":"四","from":"甲","to":"丙","accepted":true},{"id":"五","from":"丙","to":"甲","accepted":false},{"id":"六","from":"丙","to":"乙",
	"accepted":false}],
	"booked":[{"request":"六","slot":"s2"}]}`

func TestReasonsComeInOrderAndWhatIsBookedIsPossible(t *testing.T) {
	t.Parallel()
	// 乙 has his one meeting booked, though it was never accepted and is no pair that may meet: nothing else fits.
	facttest.Same(t, fact.Of(event.Place), wishes, `{"placed":[{"request":"六","slot":"s2"}],"unplaced":[{"request":"一",`+
		`"reason":"full"},{"request":"二","reason":"full"},
		{"request":"三","reason":"kind_not_allowed"},{"request":"四","reason":"no_common_slot"},{"request":"五","reason":"not_accepted"}]}`)
	facttest.Same(t, fact.Of(event.Place), strings.Replace(wishes, `{"request":"六","slot":"s2"}`, ``, 1),
		`{"placed":[{"request":"一","slot":"s1"}],
		"unplaced":[{"request":"二","reason":"full"},{"request":"三","reason":"kind_not_allowed"},{"request":"四","reason":"no_common_slot"},
		{"request":"五","reason":"not_accepted"},{"request":"六","reason":"not_accepted"}]}`)
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	for key, c := range map[string][2]string{
		"slots[1].id":             {`{"id":"s2"`, `{"id":"s1"`},
		"participants[1].id":      {`{"id":"乙"`, `{"id":"甲"`},
		"participants[0].free[0]": {`"free":["s1"]`, `"free":["s9"]`},
		"requests[0].from":        {`"id":"一","from":"甲"`, `"id":"一","from":"丁"`},
		"requests[0].to":          {`"id":"一","from":"甲"`, `"id":"一","from":"乙"`},
		"requests[1].id":          {`"id":"二"`, `"id":"一"`},
		"booked[0].request":       {`"request":"六"`, `"request":"七"`},
		"booked[0].slot":          {`"slot":"s2"`, `"slot":"s3"`},
		"slots[0].tables":         {`"tables":1`, `"tables":-1`},
		"requests[0].note":        {`"id":"一"`, `"id":"一","note":""`},
		"may_ask[0].to":           {`"from":"企业","to":"团队"`, `"from":"企业"`},
	} {
		facttest.Refused(t, fact.Of(event.Place), strings.Replace(wishes, c[0], c[1], 1), key)
	}
}
