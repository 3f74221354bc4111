// Package sale owns the listing of an object for sale: open ascending bidding, sealed one-shot bidding, and what becomes of the
// deposits. The platform holds no money: deposits are states with the voucher of a bank or partner.
//
// The rules are pure: Auction.Attempt judges one bid under the lock of the sale, DecideSealed opens a sealed round, SettleDeposits
// shares out deposits. `techmarket replay` folds the same functions over stored facts.
//
// The table `moves` holds every step beside the bids:
//
//	draft     ──submit (owner)──▶ in_review;
//	in_review ──return (desk; reason)──▶ draft
//	          ──publish (desk; before the begin)──▶ disclosed;
//	disclosed ──withdraw (owner; before the begin; reason)──▶ withdrawn
//	          ──pause (desk; open; reason), resume (desk; paused)──▶ disclosed
//	          ──finish (job; after end and grace)──▶ sold or unsold
//	sold      ──confirm (owner)──▶ confirmed
//	          ──default (owner; reason)──▶ defaulted
package sale

import (
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Sale is a stored sale.
type Sale struct {
	ID            int64      `json:"id"`
	State         Stage      `json:"state"`
	OrgID         int64      `json:"organisationId"`
	CreatedBy     int64      `json:"-"`
	Title         string     `json:"title"`
	Object        string     `json:"object"`
	Conditions    string     `json:"conditions"`
	Start         money.Fen  `json:"startFen"`
	Step          money.Fen  `json:"stepFen"`
	StepMultiple  bool       `json:"stepMultiple"`
	WindowMinutes int        `json:"windowMinutes"`
	GraceSeconds  int        `json:"-"`
	Reserve       *money.Fen `json:"-"` // hidden
	Deposit       money.Fen  `json:"depositFen"`
	BeginsAt      time.Time  `json:"beginsAt"`
	PlannedEnd    time.Time  `json:"plannedEndAt"`
	EndsAt        time.Time  `json:"endsAt"`
	Leader        string     `json:"leader"`
	Top           money.Fen  `json:"topFen"`
	Seq           int        `json:"bids"`
	Turns         int        `json:"-"`
	Alarm         bool       `json:"-"`
	WithdrawnAt   *time.Time `json:"withdrawnAt"`
	EndedAt       *time.Time `json:"endedAt"`
	Reason        string     `json:"reason"`
	Sample        bool       `json:"sample"`
	CreatedAt     time.Time  `json:"createdAt"`
	UpdatedAt     time.Time  `json:"updatedAt"`
}

// Phases of a disclosed sale, by its times.
const (
	PhaseWaiting = "waiting" // disclosed, not yet begun
	PhaseOpen    = "open"
	PhasePaused  = "paused"
	PhaseClosing = "closing" // over; the job decides in a moment
)

// IntentState is where an intent stands.
type IntentState string

// The states of an intent.
const (
	IntentFiled     IntentState = "filed"
	IntentQualified IntentState = "qualified"
	IntentRefused   IntentState = "refused"
)

// Intent is an organisation that wants to bid, under its code.
type Intent struct {
	ID          int64       `json:"id"`
	SaleID      int64       `json:"saleId"`
	OrgID       int64       `json:"-"` // nobody is told who stands behind a code
	AccountID   int64       `json:"-"`
	Code        string      `json:"code"`
	State       IntentState `json:"state"`
	Related     bool        `json:"related"`
	Rank        int         `json:"rank"` // 0: no priority
	Voucher     string      `json:"voucher"`
	ConfirmedAt *time.Time  `json:"confirmedAt"`
	Reason      string      `json:"reason"`
	FiledAt     time.Time   `json:"filedAt"`
}

// storedPause is a pause as it is kept.
type storedPause struct {
	From    time.Time
	To      *time.Time
	Counted bool
	Reason  string
}

// auction puts the stored facts into the state of the rule.
func auction(s Sale, pauses []storedPause, intents []Intent) *Auction {
	a := NewAuction(Terms{Start: s.Start, Step: s.Step, StepMultiple: s.StepMultiple, WindowMinutes: s.WindowMinutes,
		GraceSeconds: s.GraceSeconds, Reserve: s.Reserve, Begins: s.BeginsAt, Ends: s.PlannedEnd, WithdrawAt: s.WithdrawnAt})
	a.End, a.Leader, a.Top, a.Seq, a.Alarm = s.EndsAt, s.Leader, s.Top, s.Seq, s.Alarm
	for _, p := range pauses {
		a.Pauses = append(a.Pauses, Pause{p.From, p.To})
		a.Settled = append(a.Settled, p.Counted)
	}
	for _, i := range intents { // a deposit is confirmed only with the qualification, and then stays: so a bidding can be run again
		a.Bidders = append(a.Bidders, Bidder{i.Code, i.Related, i.ConfirmedAt})
		if i.Rank > 0 {
			a.Priority = append(a.Priority, Priority{i.Code, i.Rank})
		}
	}
	return a
}

// Offer says what an owner wants to sell.
type Offer struct {
	Title         string     `json:"title" required:"true"`
	Object        string     `json:"object" required:"true" doc:"标的内容、权利状况、已有许可和质押"`
	Conditions    string     `json:"conditions"`
	Start         money.Fen  `json:"startFen" required:"true"`
	Step          money.Fen  `json:"stepFen" required:"true"`
	StepMultiple  bool       `json:"stepMultiple" doc:"加价须为幅度的整数倍"`
	Reserve       *money.Fen `json:"reserveFen" doc:"保留价，不公开；不写表示起始价就是底价"`
	Deposit       money.Fen  `json:"depositFen"`
	BeginsAt      time.Time  `json:"beginsAt" required:"true"`
	PlannedEnd    time.Time  `json:"plannedEndAt" required:"true"`
	WindowMinutes int        `json:"windowMinutes" required:"true"`
}

// Periods and limits of a sale; the platform's own (trade rules follow 法释〔2016〕18号, which binds courts, not us).
const (
	grace      = 2  // seconds between the end and the job, for bids that wait for the lock
	leastHours = 24 // of bidding
	maxText    = 4000
	maxTitle   = 80
)

// check names what is wrong with a new sale.
func (n Offer) check(now time.Time) error {
	var f fault.Fields
	text := func(path, value string, least, most int, mend fault.Sentence) {
		if l := len([]rune(value)); l < least || l > most {
			f.Addf(path, "length", "%s（%d—%d 字）", mend, least, most)
		}
	}
	text("title", n.Title, 4, maxTitle, "请写明标的名称")
	text("object", n.Object, 20, maxText, "请写明标的内容、权利状况、已有许可和质押")
	text("conditions", n.Conditions, 0, maxText, "受让条件")
	f.Check(n.Start > 0 && n.Start <= money.Max, "startFen", "amount", "请填写起始价")
	f.Check(n.Step > 0 && n.Step <= n.Start, "stepFen", "amount", "加价幅度应大于零，且不超过起始价")
	f.Check(n.Reserve == nil || *n.Reserve >= n.Start, "reserveFen", "amount", "保留价不得低于起始价；公开底价请留空")
	f.Check(n.Deposit >= 0 && n.Deposit*5 <= n.Start, "depositFen", "amount", "保证金不得超过起始价的 20%")
	f.Check(n.BeginsAt.After(now), "beginsAt", "past", "竞价开始时间须在以后")
	f.Check(!n.PlannedEnd.Before(n.BeginsAt.Add(leastHours*time.Hour)), "plannedEndAt", "short", "竞价时间不得少于 24 小时")
	f.Check(n.WindowMinutes >= 1 && n.WindowMinutes <= 60, "windowMinutes", "range", "延时周期应为 1—60 分钟")
	return f.Err()
}
