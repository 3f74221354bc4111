package event

import "slices"

const (
	nowhere = -1 // a meeting without slot
	nobody  = -1 // a person without meeting in a slot
)

// meeting is a request on the board.
type meeting struct {
	a, b     int
	slots    []int // in which both are free
	possible bool  // and not booked
	fixed    bool
}

// shares tells whether two meetings have a person in common.
func (m meeting) shares(o meeting) bool { return m.a == o.a || m.b == o.b || m.a == o.b || m.b == o.a }

// board holds a plan while it is made.
type board struct {
	slots    int
	meetings []meeting
	at       []int   // slot of each meeting
	with     [][]int // meeting of each person in each slot
	tables   []int
	used     []int // tables taken in each slot
	left     []int // meetings that each person can still take
	best     []int // the best plan so far
}

func (b *board) put(i, s int) {
	m := b.meetings[i]
	b.at[i] = s
	b.with[m.a][s], b.with[m.b][s] = i, i
	b.used[s]++
	b.left[m.a]--
	b.left[m.b]--
}

func (b *board) take(i int) {
	m, s := b.meetings[i], b.at[i]
	b.at[i] = nowhere
	b.with[m.a][s], b.with[m.b][s] = nobody, nobody
	b.used[s]--
	b.left[m.a]++
	b.left[m.b]++
}

func (b *board) fits(i, s int) bool {
	m := b.meetings[i]
	return b.with[m.a][s] == nobody && b.with[m.b][s] == nobody && b.used[s] < b.tables[s] && b.left[m.a] > 0 && b.left[m.b] > 0
}

// fill places, again and again, the meeting with the fewest slots left, into the slot that the fewest others could still use.
func (b *board) fill() {
	for {
		pick, ways := -1, 0
		for i := range b.meetings {
			if !b.open(i) {
				continue
			}
			n := 0
			for _, s := range b.meetings[i].slots {
				if b.fits(i, s) {
					n++
				}
			}
			if n > 0 && (pick < 0 || n < ways) {
				pick, ways = i, n
			}
		}
		if pick < 0 {
			b.keep()
			return
		}
		b.put(pick, b.quietest(pick))
	}
}

func (b *board) open(i int) bool { return b.meetings[i].possible && b.at[i] == nowhere }

// quietest is the slot for a meeting in which the fewest open meetings of the same two people would lose a way; of equal ones the slot
// with the most tables left.
func (b *board) quietest(i int) int {
	best, bestLoss := nowhere, 0
	for _, s := range b.meetings[i].slots {
		if !b.fits(i, s) {
			continue
		}
		loss := 0
		for k, m := range b.meetings {
			if k != i && b.open(k) && m.shares(b.meetings[i]) && b.fits(k, s) {
				loss++
			}
		}
		loss = loss*10_000 - (b.tables[s] - b.used[s])
		if best == nowhere || loss < bestLoss {
			best, bestLoss = s, loss
		}
	}
	return best
}

func (b *board) keep() { b.best = slices.Clone(b.at) }

func (b *board) waiting() []int {
	var list []int
	for i := range b.meetings {
		if b.open(i) {
			list = append(list, i)
		}
	}
	return list
}

// Limits of the search: looks at a meeting and a slot in all, and turns since the last gain. 600 wishes then take about a third of a
// second.
const (
	budget   = 4_000_000
	patience = 30_000
)

// improve puts an open meeting into a slot and takes out what stands in its way, again and again; what was taken out stays away from
// its slot for some turns (tabu), so that the search does not go in circles. It ends when no bound allows more, or with its limits.
func (b *board) improve() {
	open := b.waiting()
	bound := b.mustWait(open)
	s := search{board: b, open: open, fewest: len(open), tabu: make([]int, len(b.meetings)*b.slots), taken: make([]int, len(b.meetings))}
	for gain := 0; s.fewest > bound && s.looks < budget && s.turn < gain+patience; {
		s.turn++
		s.move()
		if len(s.open) < s.fewest {
			s.fewest, gain = len(s.open), s.turn
			b.keep()
		}
	}
}

// mustWait is a bound: so many meetings stay open in any plan, for want of tables or because people have more than their slots or cap
// allow. A meeting has two people, so that half of what people have too much must go.
func (b *board) mustWait(open []int) int {
	movable, tables, tooMuch := len(open), 0, 0
	for s := range b.slots {
		tables += max(0, b.tables[s]-b.used[s])
	}
	wanted := make([]int, len(b.left))
	room := slices.Clone(b.left)
	for i, m := range b.meetings {
		if !m.possible {
			continue
		}
		wanted[m.a]++
		wanted[m.b]++
		if b.at[i] != nowhere {
			movable++
			tables++
			room[m.a]++
			room[m.b]++
		}
	}
	for p := range wanted {
		slots := 0
		for s := range b.slots {
			if k := b.with[p][s]; k == nobody || !b.meetings[k].fixed {
				slots++
			}
		}
		tooMuch += max(0, wanted[p]-max(0, min(slots, room[p])))
	}
	return max(movable-tables, (tooMuch+1)/2)
}

// search is the state of improve.
type search struct {
	*board
	open   []int // meetings without place
	fewest int
	turn   int
	looks  int   // of the budget
	tabu   []int // first turn in which a meeting may come back to a slot
	taken  []int // how often a meeting was taken out
}

// way is a place for an open meeting with what must leave it.
type way struct {
	open, slot int
	out        [4]int
	n          int
	cost       int
}

// move makes the best allowed move, if there is one.
func (s *search) move() {
	var best way
	found := false
	for k := range s.open {
		k = (k + s.turn) % len(s.open) // ties go round
		i := s.open[k]
		for _, slot := range s.meetings[i].slots {
			s.looks++
			w, ok := s.way(i, slot)
			if !ok || s.tabu[i*s.slots+slot] > s.turn && len(s.open)-1+w.n >= s.fewest {
				continue
			}
			if w.open = k; !found || w.cost < best.cost {
				best, found = w, true
			}
		}
	}
	if !found {
		return
	}
	i := s.open[best.open]
	s.open = slices.Delete(s.open, best.open, best.open+1)
	stay := s.turn + 2 + len(s.open)*6/10
	for n, out := range best.out[:best.n] {
		s.tabu[out*s.slots+s.at[out]] = stay + (s.turn+n*7)%10
		s.taken[out]++
		s.take(out)
		s.open = append(s.open, out)
	}
	s.put(i, best.slot)
}

// way finds what must leave so that a meeting fits into a slot: who meets its people then, one at a full table, and one of each person
// whose cap is reached. Of several the one taken out least often.
func (s *search) way(i, slot int) (way, bool) {
	w := way{slot: slot}
	m := s.meetings[i]
	if s.tables[slot] == 0 {
		return w, false
	}
	add := func(k int) bool {
		if k == nobody || s.meetings[k].fixed {
			return false
		}
		w.out[w.n] = k
		w.n++
		w.cost += 1_000_000 + s.taken[k]
		return true
	}
	for _, p := range [2]int{m.a, m.b} {
		if k := s.with[p][slot]; k != nobody && !slices.Contains(w.out[:w.n], k) && !add(k) {
			return w, false
		}
	}
	if w.n == 0 && s.used[slot] >= s.tables[slot] && !add(s.lightest(i, func(k int) bool { return s.at[k] == slot })) {
		return w, false
	}
	for _, p := range [2]int{m.a, m.b} {
		freed := 0
		for _, k := range w.out[:w.n] {
			if s.meetings[k].a == p || s.meetings[k].b == p {
				freed++
			}
		}
		if s.left[p]+freed <= 0 && (s.left[p] < 0 || !add(s.ofPerson(p))) {
			return w, false
		}
	}
	return w, true
}

// lightest is the placed meeting that was taken out least often, of those that match.
func (s *search) lightest(not int, match func(int) bool) int {
	best := nobody
	for k := range s.meetings {
		if k != not && s.at[k] != nowhere && !s.meetings[k].fixed && match(k) && (best == nobody || s.taken[k] < s.taken[best]) {
			best = k
		}
	}
	s.looks += len(s.meetings) / 8
	return best
}

// ofPerson is the meeting of a person that was taken out least often.
func (s *search) ofPerson(p int) int {
	s.looks += s.slots / 8
	best := nobody
	for _, k := range s.with[p] {
		if k != nobody && !s.meetings[k].fixed && (best == nobody || s.taken[k] < s.taken[best]) {
			best = k
		}
	}
	return best
}
