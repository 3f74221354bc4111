package voucher

import (
	"cmp"
	"slices"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

// Member says that a firm or provider belongs to a group.
type Member struct {
	Name  string `json:"name"`
	Group string `json:"group"`
}

// Facts are the policy of an issuer with all events, in the order in which they were committed.
type Facts struct {
	Policy Policy   `json:"policy"`
	Groups []Member `json:"groups"`
	AsOf   fact.Day `json:"as_of"`
	Events []Event  `json:"events"`
}

// Line is a voucher as the account shows it.
type Line struct {
	Voucher string    `json:"voucher"`
	State   State     `json:"state"`
	Amount  money.Fen `json:"amount"`
	Paid    money.Fen `json:"paid"`
	Owes    money.Fen `json:"owes"`
}

// FirmYear is what is left to a firm of a year in which it was granted a voucher.
type FirmYear struct {
	Firm string    `json:"firm"`
	Year int       `json:"year"`
	Left money.Fen `json:"left"`
}

// Account is what the events came to.
type Account struct {
	Events     []Outcome  `json:"events"`
	Vouchers   []Line     `json:"vouchers"` // in order of grant
	BudgetLeft money.Fen  `json:"budget_left"`
	Firms      []FirmYear `json:"firms"` // by firm, then year
}

// Related tells whether two names are one or share a group.
func Related(groups []Member, a, b string) bool {
	if a == b {
		return true
	}
	return slices.ContainsFunc(groups, func(m Member) bool { return m.Name == a && slices.Contains(groups, Member{b, m.Group}) })
}

// ledger holds the vouchers in order of grant.
type ledger struct {
	facts    Facts
	vouchers []Voucher
}

// expire lets the days run; what expired stays so.
func (l *ledger) expire(day fact.Day) {
	for i, v := range l.vouchers {
		l.vouchers[i] = v.Expire(l.facts.Policy, day)
	}
}

func (l *ledger) held(firm string, year int) (all, ofFirm money.Fen) {
	for _, v := range l.vouchers {
		all += v.Held()
		if v.Firm == firm && v.Granted.Year() == year {
			ofFirm += v.Held()
		}
	}
	return all, ofFirm
}

func (l *ledger) do(e Event) Outcome {
	l.expire(e.On)
	i := slices.IndexFunc(l.vouchers, func(v Voucher) bool { return v.ID == e.Voucher })
	b := Books{Related: Related(l.facts.Groups, e.Firm, e.Provider)}
	b.Held, b.FirmHeld = l.held(e.Firm, e.On.Year())
	if i >= 0 {
		b.Voucher = &l.vouchers[i]
	}
	v, out := Step(l.facts.Policy, b, e)
	switch {
	case i >= 0:
		l.vouchers[i] = v
	case v.State != None:
		l.vouchers = append(l.vouchers, v)
	}
	return out
}

// Balance folds all events; the vouchers, the budget and the firms are as they stand at the end of the day asked for.
func Balance(f Facts) Account {
	var out Account
	all, then := ledger{facts: f}, ledger{facts: f}
	for _, e := range f.Events {
		out.Events = append(out.Events, all.do(e))
		if e.On <= f.AsOf {
			then.do(e)
		}
	}
	then.expire(f.AsOf)
	held, _ := then.held("", 0)
	out.BudgetLeft = f.Policy.Budget - held
	for _, v := range then.vouchers {
		out.Vouchers = append(out.Vouchers, Line{v.ID, v.State, v.Amount, v.Paid, v.Owes})
		line := FirmYear{Firm: v.Firm, Year: v.Granted.Year()}
		_, held := then.held(line.Firm, line.Year)
		if line.Left = f.Policy.Limit - held; !slices.Contains(out.Firms, line) {
			out.Firms = append(out.Firms, line)
		}
	}
	slices.SortFunc(out.Firms, func(a, b FirmYear) int { return cmp.Or(cmp.Compare(a.Firm, b.Firm), cmp.Compare(a.Year, b.Year)) })
	return out
}
