package rights

import (
	"fmt"
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Policy is what is asked at least of a reward from a day on.
type Policy struct {
	FromOn time.Time
	BP     int64  // of the net income, in 1/10,000
	MainBP int64  // of the reward, for the main contributors
	Source string // law or rule, with its article
}

// Person is a member of the team in a plan.
type Person struct {
	Number       int    `json:"number"`
	AccountID    int64  `json:"accountId"` // 0: has no account here
	Name         string `json:"name"`
	Weight       int64  `json:"weight"`
	Main         bool   `json:"main"`
	Leader       bool   `json:"leader"`
	Contribution string `json:"contribution"`
}

// Draw is what a unit writes into a plan.
type Draw struct {
	Title    string   `json:"title"`
	BP       int64    `json:"bp"` // of the net income for the team, in 1/10,000
	Basis    string   `json:"basis"`
	Decision string   `json:"decision"`
	Members  []Person `json:"members"`
}

const (
	maxMembers = 50
	maxWeight  = 1_000_000
)

func (d *Draw) tidy() {
	for _, s := range []*string{&d.Title, &d.Basis, &d.Decision} {
		*s = strings.TrimSpace(*s)
	}
	for i := range d.Members {
		m := &d.Members[i]
		m.Number, m.Name, m.Contribution = i+1, strings.TrimSpace(m.Name), strings.TrimSpace(m.Contribution)
	}
}

// check names what is wrong with a plan. State universities and institutes may not go below the policy (促进科技成果转化法 45); others
// name the rule or agreement that they go by.
func (d Draw) check(kind actor.OrgKind, p Policy) error {
	var f fault.Fields
	length := func(path, s string, least, most int, label string) {
		if n := len([]rune(s)); n < least || n > most {
			f.Addf(path, "length", "请写明%s（%d—%d 字）", label, least, most)
		}
	}
	length("title", d.Title, 4, 80, "方案名称")
	length("basis", d.Basis, 4, 1000, "依据：单位的规定或与完成人的约定")
	length("decision", d.Decision, 4, 1000, "内部决策：文件名称和日期")
	floor := int64(0)
	if kind == actor.University || kind == actor.Institute {
		floor = p.BP
	}
	if d.BP < floor || d.BP <= 0 || d.BP > 10_000 {
		f.Addf("bp", "range", "奖励比例应在 %s 与 100.00 之间；高校、院所不得低于规定的下限", percent(max(floor, 1)))
	}
	f.Check(len(d.Members) > 0 && len(d.Members) <= maxMembers, "members.0.name", "missing", "请至少写一名完成人，最多 50 名")
	var sum, main int64
	for i, m := range d.Members {
		at := fmt.Sprintf("members.%d.", i)
		length(at+"name", m.Name, 2, 40, "姓名")
		length(at+"contribution", m.Contribution, 2, 200, "贡献")
		f.Check(m.Weight > 0 && m.Weight <= maxWeight, at+"weight", "range", "份额应大于零")
		sum += m.Weight
		if m.Main {
			main += m.Weight
		}
	}
	if sum > 0 && main*10_000 < sum*p.MainBP {
		f.Addf("members.0.main", "main_half", "主要贡献人员合计应不少于奖励总额的 %s%%，现在是 %s%%，请核对份额和“主要贡献”", percent(p.MainBP), percent(main*10_000/sum))
	}
	return f.Err()
}

// percent prints 1/10,000 as a percent with two decimals.
func percent(bp int64) string { return fmt.Sprintf("%d.%02d", bp/100, bp%100) }

// Plan is a stored plan.
type Plan struct {
	ID        int64     `json:"id"`
	State     Stage     `json:"state"`
	OrgID     int64     `json:"organisationId"`
	CreatedBy int64     `json:"-"`
	Contract  int64     `json:"contractId"`
	Listing   int64     `json:"achievementId"` // 0: none here
	Title     string    `json:"title"`
	BP        int64     `json:"bp"`
	MainBP    int64     `json:"mainBp"`
	Basis     string    `json:"basis"`
	Decision  string    `json:"decision"`
	NoticeID  int64     `json:"noticeId"`
	Reason    string    `json:"reason"`
	Version   int       `json:"version"`
	Sample    bool      `json:"sample"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Booked is a stored entry.
type Booked struct {
	ID       int64     `json:"id"`
	Kind     string    `json:"kind"`
	Amount   money.Fen `json:"amountFen"`
	Corrects int64     `json:"corrects"` // 0: an entry of its own
	On       time.Time `json:"on" format:"date"`
	Voucher  string    `json:"voucher"`
	Note     string    `json:"note"`
	BookedAt time.Time `json:"bookedAt"`
}

// Payout is money that went to a member; below zero it came back.
type Payout struct {
	Number  int       `json:"number"`
	Amount  money.Fen `json:"amountFen"`
	Voucher string    `json:"voucher"`
	On      time.Time `json:"on" format:"date"`
	PaidAt  time.Time `json:"paidAt"`
}

// account is a plan with everything that counts for its money.
type account struct {
	plan    Plan
	people  []Person
	entries []Booked
	payouts []Payout
}

// distribution books the stored entries by the rule that `techmarket replay income` runs too.
func (a *account) distribution() (*Distribution, []Payment) {
	agreement := Agreement{BP: a.plan.BP, MainBP: a.plan.MainBP}
	for _, p := range a.people {
		agreement.Members = append(agreement.Members, Member{Name: p.Name, Weight: p.Weight, Main: p.Main})
	}
	d := NewDistribution(agreement)
	var payments []Payment
	for _, e := range a.entries {
		if p := d.Book(Entry{ID: fmt.Sprint(e.ID), Kind: e.Kind, Amount: e.Amount}); p != nil {
			payments = append(payments, *p)
		}
	}
	return d, payments
}

// paid is what each member has in hand.
func (a *account) paid() []money.Fen {
	out := make([]money.Fen, len(a.people))
	for _, p := range a.payouts {
		out[p.Number-1] += p.Amount
	}
	return out
}

// pool is what the net income so far gives the team.
func pool(d *Distribution) money.Fen { return fact.Ceil(max(0, d.Net), d.BP, 10_000) }

// Payable is what may be paid to each member now: his shares so far less what he has. Where a correction made the pool smaller than the
// shares, no more than the pool still holds goes out, split by what is open.
func Payable(d *Distribution, paid []money.Fen) []money.Fen {
	open := make([]int64, len(paid))
	var want, out money.Fen
	for i := range paid {
		open[i] = max(0, int64(d.Totals[i]-paid[i]))
		want += money.Fen(open[i])
		out += paid[i]
	}
	left := max(0, pool(d)-out)
	if want == 0 || left == 0 {
		return make([]money.Fen, len(paid))
	}
	return fact.Split(min(want, left), open)
}

// of is the account id's place in the team, -1 for none.
func (a *account) of(id int64) int {
	for i, p := range a.people {
		if p.AccountID != 0 && p.AccountID == id {
			return i
		}
	}
	return -1
}

// standing is an entry with its corrections so far.
func (a *account) standing(id int64) (of Booked, amount money.Fen, ok bool) {
	for _, e := range a.entries {
		switch {
		case e.ID == id && e.Corrects == 0:
			of, ok = e, true
			amount += e.Amount
		case e.Corrects == id:
			amount += e.Amount
		}
	}
	return of, amount, ok
}
