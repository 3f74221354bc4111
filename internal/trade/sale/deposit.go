package sale

import (
	"slices"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// DepositPolicy are the periods of the dated policy table.
type DepositPolicy struct {
	SignWorkingDays int `json:"sign_working_days" min:"0" max:"1000"`
	RefundHours     int `json:"refund_hours" min:"0" max:"100000"`
}

// Depositor is a bidder with his deposit; it was paid only where it was confirmed at some time.
type Depositor struct {
	Code        string     `json:"code"`
	Deposit     money.Fen  `json:"deposit" min:"0"`
	ConfirmedAt *time.Time `json:"confirmed_at"`
}

// Instruction tells the bank or partner to send a deposit back.
type Instruction struct {
	Code string    `json:"code"`
	At   time.Time `json:"at"`
}

// EndedSale is a sale that is over; Costs are those of the sale, claimed from a defaulter first.
type EndedSale struct {
	EndedAt      time.Time     `json:"ended_at"`
	Outcome      string        `json:"outcome" words:"sold unsold withdrawn"`
	Winner       *string       `json:"winner"`
	Price        *money.Fen    `json:"price" min:"0"`
	SignedOn     *fact.Day     `json:"signed_on"`
	Costs        money.Fen     `json:"costs" min:"0"`
	Bidders      []Depositor   `json:"bidders"`
	Instructions []Instruction `json:"instructions"`
}

// Check wants winner and price where the object was sold.
func (s EndedSale) Check() (key string, why fault.Sentence) {
	switch {
	case s.Outcome == StateSold && s.Winner == nil:
		return "winner", "成交须有买受人"
	case s.Outcome == StateSold && s.Price == nil:
		return "price", "成交须有成交价"
	default:
		return "", ""
	}
}

// DepositRecord are the sales of one object in order: each later one sells it again.
type DepositRecord struct {
	Policy   DepositPolicy `json:"policy"`
	Calendar fact.Calendar `json:"calendar"`
	AsOf     fact.Day      `json:"as_of"`
	Sales    []EndedSale   `json:"sales"`
}

// States of a sold object: whether the contract was signed.
const (
	StateSigned    = "signed"
	StateWaiting   = "waiting"
	StateDefaulted = "defaulted"
)

// What becomes of an instruction.
const (
	NothingPaid   Refusal = "nothing_paid"
	NotRefundable Refusal = "not_refundable"
	TooEarly      Refusal = "too_early"
	Duplicate     Refusal = "duplicate"
	RefundLate    Refusal = "late" // sent all the same
	RefundOK      Refusal = "ok"
)

// Refund is a deposit to be sent back.
type Refund struct {
	Code   string    `json:"code"`
	Amount money.Fen `json:"amount"`
}

// WinnersDeposit is where the winner's deposit goes; what does not apply is 0.
type WinnersDeposit struct {
	Code           string    `json:"code"`
	AppliedToPrice money.Fen `json:"applied_to_price"`
	LeftToPay      money.Fen `json:"left_to_pay"`
	ToCosts        money.Fen `json:"to_costs"`
	ToGap          money.Fen `json:"to_gap"`
	Held           money.Fen `json:"held"`
	Surplus        money.Fen `json:"surplus"` // kept by the seller
	Owes           money.Fen `json:"owes"`
}

// SettledSale is what became of the deposits of one sale.
type SettledSale struct {
	State        string          `json:"state"`
	SignBy       *fact.Day       `json:"sign_by"`
	RefundBy     time.Time       `json:"refund_by"`
	Refunds      []Refund        `json:"refunds"`
	Instructions []Refusal       `json:"instructions"`
	Barred       []string        `json:"barred"`
	Winner       *WinnersDeposit `json:"winner"`
}

// DepositResult is what became of all deposits of an object.
type DepositResult struct {
	Sales  []SettledSale `json:"sales"`
	Barred []string      `json:"barred"` // in the order of default
}

// SettleDeposits says for each sale of an object who gets his deposit back and where the winner's goes (法释〔2016〕18号 17, 24).
func SettleDeposits(in DepositRecord) DepositResult {
	var out DepositResult
	calendar := in.Calendar.Days()
	for i, s := range in.Sales {
		done := s.settle(in.Policy, calendar, in.AsOf)
		for _, b := range s.Bidders {
			if slices.Contains(out.Barred, b.Code) && !slices.Contains(done.Barred, b.Code) {
				done.Barred = append(done.Barred, b.Code)
			}
		}
		if s.Outcome == StateSold {
			done.Winner = s.winnersDeposit(done.State, nextPrice(in.Sales[i+1:]))
			if done.State == StateDefaulted && !slices.Contains(out.Barred, *s.Winner) {
				out.Barred = append(out.Barred, *s.Winner)
			}
		}
		out.Sales = append(out.Sales, done)
	}
	return out
}

// nextPrice is the price of the next sale that was sold, whatever became of it afterwards; nil where there is none.
func nextPrice(later []EndedSale) *money.Fen {
	for _, s := range later {
		if s.Outcome == StateSold {
			return s.Price
		}
	}
	return nil
}

func (s EndedSale) settle(policy DepositPolicy, calendar clock.Calendar, asOf fact.Day) SettledSale {
	done := SettledSale{State: s.Outcome, RefundBy: s.EndedAt.Add(time.Duration(policy.RefundHours) * time.Hour)}
	if s.Outcome == StateSold {
		by := fact.Due(calendar, fact.DayOf(s.EndedAt), policy.SignWorkingDays, fact.WorkingDays)
		done.SignBy = &by
		switch {
		case s.SignedOn != nil && *s.SignedOn <= by && *s.SignedOn <= asOf:
			done.State = StateSigned
		case asOf <= by:
			done.State = StateWaiting
		default:
			done.State = StateDefaulted // a later signature does not heal it
		}
	}
	for _, b := range s.Bidders {
		if b.ConfirmedAt != nil && !s.won(b.Code) {
			done.Refunds = append(done.Refunds, Refund{b.Code, b.Deposit})
		}
	}
	sent := map[string]bool{}
	for _, n := range s.Instructions {
		answer := s.instruct(n, done.RefundBy, sent[n.Code])
		sent[n.Code] = sent[n.Code] || answer == RefundOK || answer == RefundLate
		done.Instructions = append(done.Instructions, answer)
	}
	return done
}

func (s EndedSale) won(code string) bool { return s.Outcome == StateSold && *s.Winner == code }

// instruct judges one instruction to send a deposit back; sent tells that one was sent before.
func (s EndedSale) instruct(n Instruction, by time.Time, sent bool) Refusal {
	switch {
	case s.paid(n.Code) == nil:
		return NothingPaid
	case s.won(n.Code):
		return NotRefundable
	case n.At.Before(s.EndedAt):
		return TooEarly
	case sent:
		return Duplicate
	case n.At.After(by):
		return RefundLate
	default:
		return RefundOK
	}
}

// paid is the deposit that somebody paid, nil where none was ever confirmed.
func (s EndedSale) paid(code string) *money.Fen {
	for _, b := range s.Bidders {
		if b.Code == code && b.ConfirmedAt != nil {
			return &b.Deposit
		}
	}
	return nil
}

// winnersDeposit is counted into the price by a signature. After a default it pays the costs, then the gap to the price of the next
// sale; until that one the rest is held.
func (s EndedSale) winnersDeposit(state string, next *money.Fen) *WinnersDeposit {
	w := WinnersDeposit{Code: *s.Winner}
	var deposit money.Fen
	if paid := s.paid(w.Code); paid != nil {
		deposit = *paid
	}
	switch state {
	case StateSigned:
		w.AppliedToPrice = min(deposit, *s.Price)
		w.LeftToPay = *s.Price - w.AppliedToPrice
	case StateWaiting:
		w.Held = deposit
	case StateDefaulted:
		w.ToCosts = min(deposit, s.Costs)
		rest := deposit - w.ToCosts
		w.Owes = s.Costs - w.ToCosts
		if next == nil {
			w.Held = rest
			break
		}
		gap := max(0, *s.Price-*next)
		w.ToGap = min(rest, gap)
		w.Surplus = rest - w.ToGap
		w.Owes += gap - w.ToGap
	}
	return &w
}
