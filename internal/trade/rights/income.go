// Package rights owns who holds an achievement and who gets what of its income.
//
// The distribution is cumulative: at each receipt the whole pool so far is computed anew and only what is still missing is paid, so
// that many small receipts never round up to more than one large one would give.
package rights

import (
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Member of the team with the weight of his share. Main marks the main contributors, who get at least half of the reward
// (促进科技成果转化法 44, 45).
type Member struct {
	Name   string `json:"name"`
	Weight int64  `json:"weight" min:"0"`
	Main   bool   `json:"main"`
}

// Kinds of an entry.
const (
	Receipt = "receipt"
	Cost    = "cost"
	Tax     = "tax"
)

// Entry is booked income, cost or tax; a correction is an entry with a negative amount.
type Entry struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind" words:"receipt cost tax"`
	Amount money.Fen `json:"amount"`
}

// Agreement is what the unit decided: BP of the net income is the pool, MainBP of the pool the least for main members, in 1/10,000.
type Agreement struct {
	BP      int64
	MainBP  int64
	Members []Member
}

// Payment is what one receipt brings. Ahead is what was paid beyond the pool; later payments are smaller by it. MainOK is a finding, it
// changes no share.
type Payment struct {
	Receipt    string      `json:"receipt"`
	Net        money.Fen   `json:"net"`
	Pool       money.Fen   `json:"pool"`
	Pay        money.Fen   `json:"pay"`
	Ahead      money.Fen   `json:"ahead"`
	Shares     []money.Fen `json:"shares"`
	MainPaid   money.Fen   `json:"main_paid"`
	MainNeeded money.Fen   `json:"main_needed"`
	MainOK     bool        `json:"main_ok"`
}

// Distribution is where the payments of an agreement stand.
type Distribution struct {
	Agreement
	Net    money.Fen   // receipts − costs − taxes, below 0 where the costs are larger
	Paid   money.Fen   // to all
	Totals []money.Fen // to each member
}

// NewDistribution is one before the first entry.
func NewDistribution(a Agreement) *Distribution {
	return &Distribution{Agreement: a, Totals: make([]money.Fen, len(a.Members))}
}

// Book takes the next entry; a receipt (also a negative one) brings a payment, anything else nil.
func (d *Distribution) Book(e Entry) *Payment {
	if e.Kind != Receipt {
		d.Net -= e.Amount
		return nil
	}
	d.Net += e.Amount
	p := Payment{Receipt: e.ID, Net: max(0, d.Net)}
	p.Pool = pool(d)
	p.Pay = max(0, p.Pool-d.Paid)
	d.Paid += p.Pay
	p.Ahead = d.Paid - p.Pool
	weights := make([]int64, len(d.Members))
	for i, m := range d.Members {
		weights[i] = m.Weight
	}
	p.Shares = fact.Split(p.Pay, weights)
	for i, share := range p.Shares {
		d.Totals[i] += share
		if d.Members[i].Main {
			p.MainPaid += d.Totals[i]
		}
	}
	p.MainNeeded = fact.Ceil(p.Pool, d.MainBP, 10_000)
	p.MainOK = p.MainPaid >= p.MainNeeded
	return &p
}

// IncomeRecord is an agreement with its entries in the order of booking.
type IncomeRecord struct {
	BP      int64    `json:"bp" min:"0" max:"10000"`
	MainBP  int64    `json:"main_bp" min:"0" max:"10000"`
	Members []Member `json:"members"`
	Entries []Entry  `json:"entries"`
}

// Check wants somebody to pay to.
func (r IncomeRecord) Check() (key string, why fault.Sentence) {
	for _, m := range r.Members {
		if m.Weight > 0 {
			return "", ""
		}
	}
	return "members", "权重之和为零"
}

// IncomeResult are the payments, their sum, and the totals of the members in listed order.
type IncomeResult struct {
	Payments []Payment   `json:"payments"`
	Paid     money.Fen   `json:"paid"`
	Members  []money.Fen `json:"members"`
}

// Distribute books stored entries again, one by one.
func Distribute(in IncomeRecord) IncomeResult {
	d := NewDistribution(Agreement{in.BP, in.MainBP, in.Members})
	var out IncomeResult
	for _, e := range in.Entries {
		if p := d.Book(e); p != nil {
			out.Payments = append(out.Payments, *p)
		}
	}
	out.Paid, out.Members = d.Paid, d.Totals
	return out
}
