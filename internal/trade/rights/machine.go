package rights

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/platform/notify"
)

// Stage is where a plan of distribution stands.
type Stage string

// The stages.
const (
	Draft     Stage = "draft"
	Noticing  Stage = "noticing" // 公示中
	Active    Stage = "active"   // the notice has passed: what is due may be paid
	Closed    Stage = "closed"
	Withdrawn Stage = "withdrawn"
)

// Event moves a plan.
type Event string

// The events.
const (
	EventSubmit    Event = "submit"
	EventNoticed   Event = "notice_passed"
	EventNoticeOff Event = "notice_void"
	EventBook      Event = "book"
	EventCorrect   Event = "correct"
	EventPay       Event = "pay"
	EventTakeBack  Event = "take_back" // money that was paid came back
	EventClose     Event = "close"
	EventWithdraw  Event = "withdraw"
)

// Roles that may cause an event.
const (
	RoleUnit   = "unit"   // members of the unit
	RoleAdmin  = "admin"  // its administrators, who decide and pay
	RoleSystem = "system" // the job
)

// move is a line of a table; text names what the step must bring: the reason, or the paper.
type move[S ~string] struct {
	from S
	on   Event
	role string
	text string
	to   string // stages, separated by spaces; the effect picks
}

// moves is the whole table of a plan:
//
//	draft    ──submit (admin; complete; not one of the team)──▶ noticing
//	         ──withdraw (admin; reason)──▶ withdrawn
//	noticing ──notice_passed (job)──▶ active; ──notice_void (job)──▶ draft
//	active   ──pay (admin; notice passed; what is due)──▶ active; ──take_back (admin; reason)──▶ active
//	         ──close (admin; reason; nothing due)──▶ closed
//	draft, noticing, active ──book, correct (unit; correct with reason)──▶ the same
func moves() []move[Stage] {
	table := []move[Stage]{
		{Draft, EventSubmit, RoleAdmin, "", "noticing"},
		{Draft, EventWithdraw, RoleAdmin, "原因", "withdrawn"},
		{Noticing, EventNoticed, RoleSystem, "", "active"},
		{Noticing, EventNoticeOff, RoleSystem, "", "draft"},
		{Active, EventPay, RoleAdmin, "", "active"},
		{Active, EventTakeBack, RoleAdmin, "原因", "active"},
		{Active, EventClose, RoleAdmin, "原因", "closed"},
	}
	for _, s := range []Stage{Draft, Noticing, Active} {
		table = append(table, move[Stage]{s, EventBook, RoleUnit, "", string(s)}, move[Stage]{s, EventCorrect, RoleUnit, "原因", string(s)})
	}
	return table
}

// find is the line of a table for a stage, an event and the roles of whoever causes it.
func find[S ~string](table []move[S], from S, on Event, roles []string) (move[S], *fault.Error) {
	for _, m := range table {
		if m.from != from || m.on != on {
			continue
		}
		if !slices.Contains(roles, m.role) {
			return move[S]{}, errRole
		}
		return m, nil
	}
	if of, plan := any(from).(Stage); plan && on == EventPay && (of == Draft || of == Noticing) {
		return move[S]{}, fault.New(fault.Conflict, "notice_not_passed", "分配方案公示期满无异议之后才能发放")
	}
	return move[S]{}, fault.New(fault.Conflict, "wrong_state", "现在不能办这一步，请刷新页面看最新状态")
}

// matter is what a command moves under its lock: a plan of distribution, or a grant.
type matter[S ~string] interface {
	roles(who actor.Actor) ([]string, error)
	table() []move[S]
	stage() *S
	keep(ctx context.Context, tx pgx.Tx, now time.Time) error
	log(ctx context.Context, tx pgx.Tx, e stepOf[S]) error
	// news is what to tell of a step and whom; without a title nobody is told.
	news(on Event) notify.Note
	// trail names the matter in the audit trail.
	trail() (action string, id int64)
}

// stepOf is what happened to a matter.
type stepOf[S ~string] struct {
	At        time.Time
	AccountID int64
	Event     Event
	From      S
	To        S
	Reason    string
}

// run carries out one step of a matter's table: roles, line, the text it wants, the effect, history, message and trail. The actor of a
// job has no account.
func run[S ~string](ctx context.Context, tx pgx.Tx, s *Service, m matter[S], who actor.Actor, on Event, reason string, now time.Time,
	effect func() error) error {
	roles := []string{RoleSystem}
	if who.SignedIn() {
		var err error
		if roles, err = m.roles(who); err != nil {
			return err
		}
	}
	from := *m.stage()
	line, refused := find(m.table(), from, on, roles)
	if refused != nil {
		return refused
	}
	if n := len([]rune(reason)); line.text != "" && (n < 4 || n > 1000) {
		var f fault.Fields
		f.Addf("reason", "missing", "请写明%s（4—1000 字）", line.text)
		return f.Err()
	}
	ends := strings.Fields(line.to)
	*m.stage() = S(ends[0])
	if err := effect(); err != nil {
		return err
	}
	to := *m.stage()
	if !slices.Contains(ends, string(to)) {
		panic("rights: " + string(on) + " led to " + string(to)) // a fault of the program: the table is the promise
	}
	if err := m.keep(ctx, tx, now); err != nil {
		return err
	}
	if err := m.log(ctx, tx, stepOf[S]{now, who.AccountID, on, from, to, reason}); err != nil {
		return err
	}
	if note := m.news(on); note.Title != "" {
		slices.Sort(note.To)
		note.To, note.Kind, note.Title, note.At = slices.Compact(note.To), "rights", lang.Clip(note.Title, 100), now
		if err := s.config.Notices.Tell(ctx, tx, note); err != nil {
			return err
		}
	}
	action, id := m.trail()
	return s.record(ctx, tx, who, action+string(on), id, map[string]any{"from": from, "to": to})
}

var (
	errRole     = fault.New(fault.Forbidden, "wrong_role", "这一步不由您办理")
	errInterest = fault.New(fault.Forbidden, "own_interest", "您是分配或赋权对象，不能由您决定，请本单位其他管理员办理")
)
