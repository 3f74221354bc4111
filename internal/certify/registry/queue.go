package registry

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// Scope is what an actor may list: the points of the own organisation, the area supervised, the own organisation's cases.
type Scope struct {
	Points   []int64 `json:"points"`
	Division string  `json:"division"` // LIKE pattern of divisions; "" nothing, "15%" the region
	Org      int64   `json:"org"`
	CoSold   []int64 `json:"coSold,omitempty"` // contracts that the organisation sells beside another applicant
	Account  int64   `json:"account"`
	Expert   bool    `json:"expert,omitempty"` // also the filings that were assigned to the account
}

// ScopeOf works out what an actor may list. Unauthorized "sign_in_needed".
func (s *Service) ScopeOf(ctx context.Context, a actor.Actor) (Scope, error) {
	if !a.SignedIn() {
		return Scope{}, fault.SignIn()
	}
	sc := Scope{Points: []int64{}, Account: a.AccountID, Expert: a.Has(actor.Expert)}
	switch {
	case a.Has(actor.RegionOfficer):
		sc.Division = "15%"
	case a.Has(actor.LeagueOfficer) && len(a.Division) == 6:
		sc.Division = a.Division[:4] + "%"
	case a.Has(actor.TaxReader) && len(a.Division) == 6:
		sc.Division = strings.TrimRight(a.Division, "0") + "%"
		if len(sc.Division) < 3 {
			sc.Division = "15%"
		}
	}
	if a.Has(actor.Registrar, actor.Reviewer, actor.PointHead) {
		hosted, err := point.Hosted(ctx, s.config.DB, a.OrgID)
		if err != nil {
			return Scope{}, err
		}
		for _, p := range hosted {
			sc.Points = append(sc.Points, p.ID)
		}
	}
	if a.Has(Applicant.Roles()...) {
		sc.Org = a.OrgID
		cosold, err := s.config.Contracts.CoSold(ctx, a.OrgID)
		if err != nil {
			return Scope{}, err
		}
		sc.CoSold = cosold
	}
	return sc, nil
}

// QueueRow is one line of the desk's list.
type QueueRow struct {
	ID            int64        `json:"id"`
	IntakeNo      string       `json:"intakeNo"`
	Number        string       `json:"number"`
	Kind          FilingKind   `json:"kind"`
	State         State        `json:"state"`
	Title         string       `json:"title"`
	SellerName    string       `json:"sellerName"`
	BuyerName     string       `json:"buyerName"`
	PointID       int64        `json:"pointId"`
	Class         string       `json:"class"` // recognised, else claimed
	ClaimedAmount money.Fen    `json:"claimedAmountFen"`
	Technical     *money.Fen   `json:"technicalFen"`
	Registrar     int64        `json:"registrarId"`
	SubmittedAt   time.Time    `json:"submittedAt"`
	Sample        bool         `json:"sample"`
	Due           deadline.Due `json:"due"`
}

// QueueFilter narrows the list. Zero values ask for everything open that the actor may read, by due date.
type QueueFilter struct {
	PointID    int64
	ContractID int64   // every filing of one contract, open or not
	States     []State // empty: open filings; with closed states the order is newest first
	Class      string  // prefix: 01, 0101
	DueBefore  string  // 2006-01-02, inclusive
	Mine       bool    // cases in which the actor already plays a part
	Turn       bool    // without cases that wait for the opinion of other experts
	Lapsed     bool    // beside States: corrections whose term is over, which only the desk can end
	Text       string  // part of title or a party, or the intake or registration number
	Cursor     string
	Limit      int // at most 100; 0: 20

	today string // of Lapsed
}

// QueuePage is one page of the list.
type QueuePage struct {
	Rows    []QueueRow    `json:"rows"`
	Next    string        `json:"next"`    // cursor of the next page; empty on the last
	Counts  map[State]int `json:"counts"`  // open filings in the actor's scope, first page only
	Overdue int           `json:"overdue"` // of those, past the day that holds
	Others  int           `json:"others"`  // of those, waiting for the opinion of other experts than the actor
	Lapsed  int           `json:"lapsed"`  // of those, corrections whose term is over

	Cancels     int `json:"cancels"`     // registrations whose cancellation was asked for, first page only
	Revocations int `json:"revocations"` // registrations with an announced revocation, first page only
}

// DeskSteps are the states in which the actor's roles at a desk take the next step, sorted.
func DeskSteps(a actor.Actor) []State {
	var out []State
	for role, states := range map[actor.Role][]State{actor.Registrar: {AwaitingAcceptance, InReview}, actor.Reviewer: {AwaitingSecondReview},
		actor.Expert: {AwaitingExperts}, actor.PointHead: {AwaitingRegistration}} {
		if a.Has(role) {
			out = append(out, states...)
		}
	}
	slices.Sort(out)
	return out
}

// Waiting is how many of the open filings are at the step that the actor's role takes.
func (p QueuePage) Waiting(a actor.Actor) int {
	n := 0
	for _, state := range DeskSteps(a) {
		n += p.Counts[state]
	}
	if a.Has(actor.Expert) {
		n -= p.Others
	}
	if a.Has(actor.Registrar) {
		n += p.Lapsed
	}
	if a.Has(actor.PointHead) {
		n += p.Cancels
	}
	return n
}

// Queue lists filings in the actor's scope: staff their point's, officers and experts of a department their area's,
// applicants their organisation's own. Open filings come by the day that holds, others newest first.
func (s *Service) Queue(ctx context.Context, a actor.Actor, f QueueFilter) (QueuePage, error) {
	sc, err := s.ScopeOf(ctx, a)
	if err != nil {
		return QueuePage{}, err
	}
	today := clock.Date(s.config.Now())
	f.today = today.Format(time.DateOnly)
	open := f.ContractID == 0 && !slices.ContainsFunc(f.States, func(st State) bool { return !st.Open() })
	q := queueQuery(sc, f, open)
	limit := page(f.Limit)
	rows, err := postgres.Many[queueRow](ctx, s.config.DB, q.sql(limit+1), q.args)
	if err != nil {
		return QueuePage{}, fmt.Errorf("queue: %w", err)
	}
	days, err := deadline.Days(ctx, s.config.DB)
	if err != nil {
		return QueuePage{}, err
	}
	out := QueuePage{Rows: make([]QueueRow, 0, len(rows))}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		out.Next = cursor(last.DueOn.Format(time.DateOnly), strconv.FormatInt(last.ID, 10))
	}
	for _, r := range rows {
		out.Rows = append(out.Rows, r.row(days, today))
	}
	if f.Cursor != "" {
		return out, nil
	}
	out.Counts = map[State]int{}
	counted := queueQuery(sc, QueueFilter{PointID: f.PointID, Mine: f.Mine}, true)
	counts, err := postgres.Many[stateCount](ctx, s.config.DB, counted.counts(sc.Account, today), counted.args)
	if err != nil {
		return QueuePage{}, fmt.Errorf("queue counts: %w", err)
	}
	for _, c := range counts {
		out.Counts[c.State] = c.Count
		out.Overdue += c.Overdue
		out.Others += c.Others
		out.Lapsed += c.Lapsed
	}
	sc.Org = 0 // what waits at the desk, not what the own organisation asked for
	if out.Cancels, err = s.CountRegistrations(ctx, sc, RegistrationFilter{Waiting: WaitsCancel}); err != nil {
		return QueuePage{}, err
	}
	out.Revocations, err = s.CountRegistrations(ctx, sc, RegistrationFilter{Waiting: WaitsRevocation})
	return out, err
}

func (r queueRow) row(days clock.Calendar, today time.Time) QueueRow {
	run := deadline.Run{ClockStartedOn: r.ClockStartedOn, TargetOn: r.TargetOn, LegalOn: r.LegalOn, DueOn: r.DueOn}
	return QueueRow{ID: r.ID, IntakeNo: r.IntakeNo, Number: r.Number, Kind: r.Kind, State: r.State, Title: r.Title, SellerName: r.SellerName,
		BuyerName: r.BuyerName, PointID: r.PointID, Class: r.Class, ClaimedAmount: r.ClaimedAmount, Technical: r.Technical,
		Registrar:   r.Registrar,
		SubmittedAt: r.SubmittedAt, Sample: r.Sample, Due: deadline.Of(days, run, r.State.phase(), r.SubmittedAt, today)}
}

// RegistrationFilter narrows Registrations.
type RegistrationFilter struct {
	PointID int64
	States  []State
	Class   string // prefix
	Text    string // part of title or a party, or the whole number
	From    string `json:"from"` // registered on, 2006-01-02, inclusive; empty: from the beginning
	To      string `json:"to"`
	Waiting Wait   `json:"waiting,omitempty"`
	Cursor  string
	Limit   int // at most 100; 0: 20
}

// Wait is what a registration waits for.
type Wait string

// What registrations wait for.
const (
	WaitsCancel     Wait = "cancel" // the head's decision on the applicant's request
	WaitsRevocation Wait = "revoke" // statement or decision after a revocation was announced
)

// RegistrationPage is one page.
type RegistrationPage struct {
	Rows []Registration `json:"rows"`
	Next string         `json:"next"`
}

// Registrations lists registrations in the actor's scope, newest number first.
func (s *Service) Registrations(ctx context.Context, a actor.Actor, f RegistrationFilter) (RegistrationPage, error) {
	sc, err := s.ScopeOf(ctx, a)
	if err != nil {
		return RegistrationPage{}, err
	}
	q, limit := registrationQuery(sc, f), page(f.Limit)
	rows, err := postgres.Many[Registration](ctx, s.config.DB, q.sql(limit+1), q.args)
	if err != nil {
		return RegistrationPage{}, fmt.Errorf("registrations: %w", err)
	}
	out := RegistrationPage{Rows: rows}
	if len(rows) > limit {
		out.Rows = rows[:limit]
		out.Next = cursor(rows[limit-1].Number)
	}
	return out, nil
}

// CountRegistrations says how many registrations a filter holds in a scope, whatever its cursor.
func (s *Service) CountRegistrations(ctx context.Context, sc Scope, f RegistrationFilter) (n int, err error) {
	f.Cursor = ""
	q := registrationQuery(sc, f)
	return n, s.config.DB.QueryRow(ctx, q.count(), q.args).Scan(&n)
}

// RegistrationsAfter reads the next registrations of a filter in a scope, newest number first, from below a number; "" begins.
func (s *Service) RegistrationsAfter(
	ctx context.Context,
	sc Scope,
	f RegistrationFilter,
	number string,
	limit int,
) ([]Registration, error) {
	f.Cursor = ""
	if number != "" {
		f.Cursor = cursor(number)
	}
	q := registrationQuery(sc, f)
	return postgres.Many[Registration](ctx, s.config.DB, q.sql(limit), q.args)
}

func page(limit int) int {
	if limit == 0 {
		limit = 20
	}
	return min(max(limit, 1), 100)
}

func cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "|")))
}

// position reads a cursor; a broken one starts from the first page.
func position(c string, parts int) []string {
	raw, err := base64.RawURLEncoding.DecodeString(c)
	got := strings.Split(string(raw), "|")
	if c == "" || err != nil || len(got) != parts || !utf8.Valid(raw) || slices.Contains(raw, 0) { // text that PostgreSQL can't read
		return nil
	}
	return got
}
