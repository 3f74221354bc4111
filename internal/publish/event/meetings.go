package event

import (
	"fmt"

	"techmarket/internal/foundation/fault"
)

// Slot is a time with so many tables.
type Slot struct {
	ID     string `json:"id"`
	Tables int    `json:"tables" min:"0" max:"10000"`
}

// MayAsk allows the people of one kind to ask those of another.
type MayAsk struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Participant is a person with the slots in which he is free.
type Participant struct {
	ID   string   `json:"id"`
	Kind string   `json:"kind"`
	Cap  int      `json:"cap" min:"0" max:"10000"`
	Free []string `json:"free"`
}

// Request asks for a meeting; the other may have accepted it.
type Request struct {
	ID       string `json:"id"`
	From     string `json:"from"`
	To       string `json:"to"`
	Accepted bool   `json:"accepted"`
}

// Placement puts a request into a slot.
type Placement struct {
	Request string `json:"request"`
	Slot    string `json:"slot"`
}

// Wishes are what a plan of meetings is made from: a person has one meeting a slot and a cap over all, a slot has so many tables, what is
// booked stays. As many requests as possible are placed: first those with the fewest ways, then by moving others
// (docs/rules/replay.md §14).
type Wishes struct {
	Slots        []Slot        `json:"slots"`
	MayAsk       []MayAsk      `json:"may_ask"`
	Participants []Participant `json:"participants"`
	Requests     []Request     `json:"requests"`
	Booked       []Placement   `json:"booked"` // stays where it is
}

// Check refuses numbers given twice and names that nobody has.
func (w Wishes) Check() (key string, why fault.Sentence) {
	slots, people, requests, booked := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, s := range w.Slots {
		if slots[s.ID] {
			return fmt.Sprintf("slots[%d].id", i), "编号重复"
		}
		slots[s.ID] = true
	}
	for i, p := range w.Participants {
		if people[p.ID] {
			return fmt.Sprintf("participants[%d].id", i), "编号重复"
		}
		people[p.ID] = true
		for k, s := range p.Free {
			if !slots[s] {
				return fmt.Sprintf("participants[%d].free[%d]", i, k), "没有这个时段"
			}
		}
	}
	for i, r := range w.Requests {
		switch {
		case requests[r.ID]:
			return fmt.Sprintf("requests[%d].id", i), "编号重复"
		case !people[r.From]:
			return fmt.Sprintf("requests[%d].from", i), "没有这位参加者"
		case !people[r.To]:
			return fmt.Sprintf("requests[%d].to", i), "没有这位参加者"
		case r.From == r.To:
			return fmt.Sprintf("requests[%d].to", i), "不能约见自己"
		}
		requests[r.ID] = true
	}
	for i, b := range w.Booked {
		switch {
		case !requests[b.Request]:
			return fmt.Sprintf("booked[%d].request", i), "没有这个请求"
		case booked[b.Request]:
			return fmt.Sprintf("booked[%d].request", i), "已经定过一次"
		case !slots[b.Slot]:
			return fmt.Sprintf("booked[%d].slot", i), "没有这个时段"
		}
		booked[b.Request] = true
	}
	return "", ""
}

// Why a request has no place.
const (
	NotAccepted    = "not_accepted"
	KindNotAllowed = "kind_not_allowed"
	NoCommonSlot   = "no_common_slot"
	Full           = "full"
)

// Unplaced is a request without a place, and why.
type Unplaced struct {
	Request string `json:"request"`
	Reason  string `json:"reason"`
}

// Plan places every request or says why not; both lists in the order of the requests.
type Plan struct {
	Placed   []Placement `json:"placed"`
	Unplaced []Unplaced  `json:"unplaced"`
}

// Place makes the plan. It is deterministic: the same wishes give the same plan.
func Place(w Wishes) Plan {
	b, reasons := newBoard(w)
	b.fill()
	b.improve()
	var out Plan
	for i, r := range w.Requests {
		switch {
		case b.best[i] != nowhere:
			out.Placed = append(out.Placed, Placement{r.ID, w.Slots[b.best[i]].ID})
		case reasons[i] != "":
			out.Unplaced = append(out.Unplaced, Unplaced{r.ID, reasons[i]})
		default:
			out.Unplaced = append(out.Unplaced, Unplaced{r.ID, Full})
		}
	}
	return out
}

// newBoard sets up the board with the booked meetings, and says of each request that can never be placed why.
func newBoard(w Wishes) (*board, []string) {
	person, slot := map[string]int{}, map[string]int{}
	for i, s := range w.Slots {
		slot[s.ID] = i
	}
	b := &board{slots: len(w.Slots), tables: make([]int, len(w.Slots)), used: make([]int, len(w.Slots))}
	kinds := make([]string, len(w.Participants))
	free := make([][]bool, len(w.Participants))
	for i, p := range w.Participants {
		person[p.ID], kinds[i] = i, p.Kind
		b.left = append(b.left, p.Cap)
		free[i] = make([]bool, len(w.Slots))
		for _, s := range p.Free {
			free[i][slot[s]] = true
		}
		row := make([]int, len(w.Slots))
		for s := range row {
			row[s] = nobody
		}
		b.with = append(b.with, row)
	}
	for i, s := range w.Slots {
		b.tables[i] = s.Tables
	}
	allowed := map[MayAsk]bool{}
	for _, m := range w.MayAsk {
		allowed[m] = true
	}
	reasons := make([]string, len(w.Requests))
	for i, r := range w.Requests {
		m := meeting{a: person[r.From], b: person[r.To]}
		for s := range w.Slots {
			if free[m.a][s] && free[m.b][s] {
				m.slots = append(m.slots, s)
			}
		}
		switch {
		case !r.Accepted:
			reasons[i] = NotAccepted
		case !allowed[MayAsk{kinds[m.a], kinds[m.b]}]:
			reasons[i] = KindNotAllowed
		case len(m.slots) == 0:
			reasons[i] = NoCommonSlot
		}
		m.possible = reasons[i] == ""
		b.meetings = append(b.meetings, m)
		b.at = append(b.at, nowhere)
	}
	index := map[string]int{}
	for i, r := range w.Requests {
		index[r.ID] = i
	}
	for _, p := range w.Booked { // always possible, even where lists or caps say otherwise
		i := index[p.Request]
		b.meetings[i].fixed, b.meetings[i].possible = true, false
		b.put(i, slot[p.Slot])
	}
	return b, reasons
}
