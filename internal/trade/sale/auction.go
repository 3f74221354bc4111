package sale

import (
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Priority is somebody who may take the object at the price of another; rank 1 is best (民法典 847, 860; order fixed before the start).
type Priority struct {
	Code string `json:"code"`
	Rank int    `json:"rank" min:"1"`
}

// Bidder is a qualified intent under its code. A related one never gets through; ConfirmedAt is when the bank or partner confirmed
// the deposit.
type Bidder struct {
	Code        string     `json:"code"`
	Related     bool       `json:"related"`
	ConfirmedAt *time.Time `json:"confirmed_at"`
}

// Pause is a stop by the desk; without To it never ended.
type Pause struct {
	From time.Time  `json:"from"`
	To   *time.Time `json:"to"`
}

// Terms are what an auction was published with, and what happened to it from outside. Reserve nil means open: equal to Start.
type Terms struct {
	Start         money.Fen  `json:"start" min:"0"`
	Step          money.Fen  `json:"step" min:"1"`
	StepMultiple  bool       `json:"step_multiple"`
	WindowMinutes int        `json:"window_minutes" min:"0" max:"100000"`
	GraceSeconds  int        `json:"grace_seconds" min:"0" max:"100000"`
	Reserve       *money.Fen `json:"reserve" min:"0"`
	Begins        time.Time  `json:"begins"`
	Ends          time.Time  `json:"ends"`
	WithdrawAt    *time.Time `json:"withdraw_at"`
	Priority      []Priority `json:"priority"`
	Bidders       []Bidder   `json:"bidders"`
	Pauses        []Pause    `json:"pauses"`
}

// Check refuses pauses that run backwards or overlap. A pause without end overlaps nothing that begins later: it makes it void.
func (t Terms) Check() (key string, why fault.Sentence) {
	for i, p := range t.Pauses {
		if p.To == nil {
			continue
		}
		if p.To.Before(p.From) {
			return "pauses", "暂停在开始之前结束"
		}
		for j, q := range t.Pauses {
			later := q.From.After(p.From) || q.From.Equal(p.From) && j > i
			if later && q.From.Before(*p.To) {
				return "pauses", "暂停时段重叠"
			}
		}
	}
	if t.Ends.Before(t.Begins) {
		return "ends", "早于 begins"
	}
	return "", ""
}

// Bid is one attempt: At is its arrival, ServedAt the moment it got the lock of the sale (nil: at once). Key is the bidder's own, so
// that a repeated submission gets the stored answer.
type Bid struct {
	Key      string     `json:"key"`
	Code     string     `json:"code"`
	Amount   money.Fen  `json:"amount"`
	At       time.Time  `json:"at"`
	ServedAt *time.Time `json:"served_at"`
}

// Answer is what the bidder is told and what is stored beside the attempt: the end and the next ordinary minimum stand after it.
type Answer struct {
	Accepted bool      `json:"accepted"`
	Refusal  *Refusal  `json:"refusal"`
	Repeat   bool      `json:"repeat"`
	Seq      *int      `json:"seq"`
	EndsAt   time.Time `json:"ends_at"`
	NextMin  money.Fen `json:"next_min"`
}

// Refusal is the code of a refused attempt, paper, match or instruction.
type Refusal string

// Refusals of an attempt, in the order in which they are looked for.
const (
	KeyReused          Refusal = "key_reused"
	Withdrawn          Refusal = "withdrawn"
	NotOpen            Refusal = "not_open"
	Paused             Refusal = "paused"
	Closed             Refusal = "closed"
	ClosedWhileWaiting Refusal = "closed_while_waiting"
	NotABidder         Refusal = "not_a_bidder"
	RelatedParty       Refusal = "related_party"
	DepositUnconfirmed Refusal = "deposit_unconfirmed"
	OwnTop             Refusal = "own_top"
	BelowStart         Refusal = "below_start"
	PriorityOutranked  Refusal = "priority_outranked"
	BidTooLow          Refusal = "bid_too_low"
	NotStepMultiple    Refusal = "not_step_multiple"
)

// Auction is where an open ascending bidding stands: what one bid needs to be judged under the lock of the sale.
type Auction struct {
	Terms
	End     time.Time // now; moved by late bids and pauses
	Leader  string    // code of the top bid; "" before the first
	Top     money.Fen
	Seq     int    // accepted bids so far
	Settled []bool // of the first pauses: whether each counts
	Alarm   bool   // a bid in time was served after the finish job
}

// NewAuction is the auction before its first bid.
func NewAuction(t Terms) *Auction { return &Auction{Terms: t, End: t.Ends} }

// NextMin is the least amount of an ordinary next bid.
func (a *Auction) NextMin() money.Fen {
	if a.Leader == "" {
		return a.Start
	}
	return a.Top + a.Step
}

// withdrawn tells whether the owner withdrew in time: before the bidding began.
func (a *Auction) withdrawn() bool { return a.WithdrawAt != nil && a.WithdrawAt.Before(a.Begins) }

// settle looks at the pauses that began by at: each that counts moves the end by its length. A pause counts where it begins while the
// bidding is open and no counted pause before it is without end.
func (a *Auction) settle(at time.Time) {
	for i := len(a.Settled); i < len(a.Pauses) && !a.Pauses[i].From.After(at); i++ {
		p := a.Pauses[i]
		counts := !p.From.Before(a.Begins) && !p.From.After(a.End) && !a.withdrawn() && !a.stopped()
		a.Settled = append(a.Settled, counts)
		if counts && p.To != nil {
			a.End = a.End.Add(p.To.Sub(p.From))
		}
	}
}

// stopped tells whether a counted pause is without end.
func (a *Auction) stopped() bool {
	for i, counts := range a.Settled {
		if counts && a.Pauses[i].To == nil {
			return true
		}
	}
	return false
}

func (a *Auction) pausedAt(at time.Time) bool {
	for i, counts := range a.Settled {
		p := a.Pauses[i]
		if counts && !at.Before(p.From) && (p.To == nil || at.Before(*p.To)) {
			return true
		}
	}
	return false
}

// Stored is an attempt that was answered before.
type Stored struct {
	Amount money.Fen
	Answer Answer
}

// Attempt judges one bid in the order of the lock and moves the auction. before is the stored attempt of the same bidder and key, nil
// where there is none. The answer is to be stored unless it is a repeat or key_reused.
func (a *Auction) Attempt(b Bid, before *Stored) Answer {
	a.settle(b.At)
	if before != nil && before.Amount == b.Amount {
		again := before.Answer
		again.Repeat = true
		return again
	}
	refusal := a.refusal(b, before != nil)
	if refusal == ClosedWhileWaiting {
		a.Alarm = true
	}
	answer := Answer{Accepted: refusal == ""}
	if answer.Accepted {
		a.accept(b)
		seq := a.Seq
		answer.Seq = &seq
	} else {
		answer.Refusal = &refusal
	}
	answer.EndsAt, answer.NextMin = a.End, a.NextMin()
	return answer
}

// accept takes the lead. A bid in the window before the end moves the end to the window after the bid, never back (法释〔2016〕18号 19).
func (a *Auction) accept(b Bid) {
	a.Seq++
	a.Leader, a.Top = b.Code, b.Amount
	if moved := b.At.Add(time.Duration(a.WindowMinutes) * time.Minute); moved.After(a.End) {
		a.End = moved
	}
}

// refusal is the first reason against a bid, "" where it is accepted.
func (a *Auction) refusal(b Bid, keyUsed bool) Refusal {
	served := b.At
	if b.ServedAt != nil {
		served = *b.ServedAt
	}
	switch {
	case keyUsed:
		return KeyReused
	case a.withdrawn() && !b.At.Before(*a.WithdrawAt):
		return Withdrawn
	case b.At.Before(a.Begins):
		return NotOpen
	case a.pausedAt(b.At):
		return Paused
	case b.At.After(a.End):
		return Closed
	case served.After(a.End.Add(time.Duration(a.GraceSeconds) * time.Second)):
		return ClosedWhileWaiting
	}
	if r := admitted(a.Bidders, b.Code, b.At); r != "" {
		return r
	}
	switch {
	case b.Code == a.Leader:
		return OwnTop
	case b.Amount < a.Start:
		return BelowStart
	case a.Leader == "":
		return a.offGrid(b.Amount - a.Start)
	case b.Amount == a.Top && rankOf(a.Priority, b.Code) > 0:
		if outranks(a.Priority, b.Code, a.Leader) {
			return ""
		}
		return PriorityOutranked
	case b.Amount < a.Top+a.Step:
		return BidTooLow
	default:
		return a.offGrid(b.Amount - a.Top)
	}
}

func (a *Auction) offGrid(increment money.Fen) Refusal {
	if a.StepMultiple && increment%a.Step != 0 {
		return NotStepMultiple
	}
	return ""
}

// admitted is what keeps somebody out who is no bidder, is related to the owner, or whose deposit was not confirmed by then.
func admitted(bidders []Bidder, code string, by time.Time) Refusal {
	for _, b := range bidders {
		if b.Code != code {
			continue
		}
		switch {
		case b.Related:
			return RelatedParty
		case b.ConfirmedAt == nil || b.ConfirmedAt.After(by):
			return DepositUnconfirmed
		}
		return ""
	}
	return NotABidder
}

// rankOf is the rank of a priority holder, 0 for anybody else.
func rankOf(priority []Priority, code string) int {
	for _, p := range priority {
		if p.Code == code {
			return p.Rank
		}
	}
	return 0
}

// outranks tells whether a priority holder goes before somebody: of equal rank the earlier one stays.
func outranks(priority []Priority, holder, other string) bool {
	rank, against := rankOf(priority, holder), rankOf(priority, other)
	return rank > 0 && (against == 0 || rank < against)
}

// States of a sale that is over or stands still.
const (
	StateSold      = "sold"
	StateUnsold    = "unsold"
	StateWithdrawn = "withdrawn"
	StatePaused    = "paused"
)

// Reasons why nothing was sold.
const (
	NoBid        = "no_bid"
	BelowReserve = "below_reserve"
)

// Outcome is how a bidding ended. Winner and Price only where it is sold.
type Outcome struct {
	State  string
	Reason *string
	Winner *string
	Price  *money.Fen
}

// Finish settles what is left of the pauses and says how the auction ended.
func (a *Auction) Finish() Outcome {
	for _, p := range a.Pauses[len(a.Settled):] {
		a.settle(p.From)
	}
	switch {
	case a.withdrawn():
		return Outcome{State: StateWithdrawn}
	case a.stopped():
		return Outcome{State: StatePaused}
	case a.Leader == "":
		return unsold(NoBid)
	}
	return sell(a.Leader, a.Top, a.Reserve)
}

func unsold(reason string) Outcome { return Outcome{State: StateUnsold, Reason: &reason} }

// sell tests the reserve last.
func sell(winner string, price money.Fen, reserve *money.Fen) Outcome {
	if reserve != nil && price < *reserve {
		return unsold(BelowReserve)
	}
	return Outcome{State: StateSold, Winner: &winner, Price: &price}
}

// AuctionRecord is a whole auction as it is stored: attempts in the order in which they got the lock.
type AuctionRecord struct {
	Sale     Terms `json:"sale"`
	Attempts []Bid `json:"attempts"`
}

// AuctionResult is what an auction comes to.
type AuctionResult struct {
	Attempts []Answer   `json:"attempts"`
	Pauses   []bool     `json:"pauses"`
	Withdraw *string    `json:"withdraw"`
	State    string     `json:"state"`
	Reason   *string    `json:"reason"`
	Winner   *string    `json:"winner"`
	Price    *money.Fen `json:"price"`
	EndsAt   time.Time  `json:"ends_at"`
	Accepted int        `json:"accepted"`
	Alarm    bool       `json:"alarm"`
}

// ReplayAuction runs a stored auction again, bid by bid.
func ReplayAuction(in AuctionRecord) AuctionResult {
	a := NewAuction(in.Sale)
	type key struct{ code, key string }
	stored := map[key]*Stored{}
	var out AuctionResult
	for _, b := range in.Attempts {
		k := key{b.Code, b.Key}
		answer := a.Attempt(b, stored[k])
		if stored[k] == nil {
			stored[k] = &Stored{b.Amount, answer}
		}
		out.Attempts = append(out.Attempts, answer)
	}
	end := a.Finish()
	out.Pauses, out.EndsAt, out.Accepted, out.Alarm = a.Settled, a.End, a.Seq, a.Alarm
	out.State, out.Reason, out.Winner, out.Price = end.State, end.Reason, end.Winner, end.Price
	if a.WithdrawAt != nil {
		answer := "refused"
		if a.withdrawn() {
			answer = "accepted"
		}
		out.Withdraw = &answer
	}
	return out
}
