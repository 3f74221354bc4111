package event

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

// Result is what one of the two says came of a meeting.
type Result string

// The results.
const (
	ResultNone   Result = "none"
	ResultAgain  Result = "again"
	ResultIntent Result = "intent"
	ResultPapers Result = "papers"
)

// Results lists them.
func Results() []Result { return []Result{ResultNone, ResultAgain, ResultIntent, ResultPapers} }

// leads reports whether a result makes a task.
func (r Result) leads() bool { return r == ResultAgain || r == ResultIntent }

const (
	// resultDays are the working days after the end in which both say what came of a meeting (docs/rules/events.md §6).
	resultDays = 5
	// taskDays are the days that a task has where nobody says otherwise.
	taskDays = 14
	maxAhead = 366
)

// Told is a result as somebody told it.
type Told struct {
	Wish   int64     `json:"wishId"`
	Signup int64     `json:"signupId"`
	Result Result    `json:"result"`
	Note   string    `json:"note"`
	At     time.Time `json:"at"`
}

// Telling says what came of a meeting.
type Telling struct {
	Wish   int64  `json:"-"`
	Result Result `json:"result" required:"true" enum:"none,again,intent,papers"`
	Note   string `json:"note,omitempty"`
	DueOn  string `json:"dueOn,omitempty" format:"date" doc:"again、intent：下一步的日期，空为 14 天后"`
}

// Tell keeps what one of the two says came of a booked meeting; said again, the later word counts. 再谈 and 意向 make a task of who says
// so. Who: the two of the meeting, from its slot on. Faults: Unauthorized, NotFound, Conflict too_early, wrong_state; Invalid.
func (s *Service) Tell(ctx context.Context, who actor.Actor, id int64, in Telling) error {
	const op = "event: tell: %w"
	if !who.SignedIn() {
		return fmt.Errorf(op, fault.SignIn())
	}
	in.Note = strings.TrimSpace(in.Note)
	now := s.config.Now()
	due := clock.Date(now).AddDate(0, 0, taskDays)
	var f fault.Fields
	f.Check(slices.Contains(Results(), in.Result), "result", "choose", "请选择洽谈结果")
	f.Checkf(count(in.Note) <= maxNote, "note", "length", "说明最多 %d 字", maxNote)
	if in.DueOn != "" && in.Result.leads() {
		due = dueDay(&f, in.DueOn, now)
	}
	if err := f.Err(); err != nil {
		return fmt.Errorf(op, err)
	}
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, mine, err := s.mine(ctx, tx, who, id)
		if err != nil {
			return err
		}
		w, err := wishAt(ctx, tx, id, in.Wish)
		switch {
		case err != nil:
			return err
		case w.From != mine.ID && w.To != mine.ID:
			return errNoWish
		case w.State != WishBooked || a.State != Running && a.State != Reporting:
			return fault.New(fault.Conflict, "wrong_state", "洽谈定了时间、活动开始以后才能填写结果")
		}
		args := pgx.StrictNamedArgs{"wish": w.ID, "signup": mine.ID, "result": in.Result, "note": in.Note, "now": now}
		if _, err := tx.Exec(ctx, putResult, args); err != nil {
			return err
		}
		if in.Result.leads() {
			_, err = tx.Exec(ctx, putTask, pgx.StrictNamedArgs{"event": id, "wish": w.ID, "signup": mine.ID, "due": due, "now": now})
		} else {
			_, err = tx.Exec(ctx, dropTask, pgx.StrictNamedArgs{"wish": w.ID, "signup": mine.ID})
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "tell", id, map[string]any{"wish": w.ID, "result": in.Result})
	})
	if err != nil {
		return fmt.Errorf(op, err)
	}
	return nil
}

func dueDay(f *fault.Fields, text string, now time.Time) time.Time {
	today := clock.Date(now)
	day, err := time.Parse(time.DateOnly, text)
	f.Checkf(err == nil && !day.Before(today) && !day.After(today.AddDate(0, 0, maxAhead)), "dueOn", "date", "请填写日期，从今天起 %d 天以内", maxAhead)
	return day
}

// Task is what somebody promised to do next, with whom.
type Task struct {
	ID        int64      `json:"id"`
	Event     int64      `json:"eventId"`
	Wish      int64      `json:"wishId"`
	Signup    int64      `json:"signupId"`
	DueOn     time.Time  `json:"dueOn" format:"date"`
	State     TaskStage  `json:"state"`
	Reason    string     `json:"reason"`
	Moved     int        `json:"moved"`
	Deal      int64      `json:"dealId,omitempty"`
	DoneAt    *time.Time `json:"doneAt"`
	CreatedAt time.Time  `json:"createdAt"`
	Name      string     `json:"owner"`
	Unit      string     `json:"unit"`
	Account   int64      `json:"-"`
	With      int64      `json:"withSignupId"`
	WithName  string     `json:"withName"`
	WithUnit  string     `json:"withUnit"`
	Title     string     `json:"-"`
	Sample    bool       `json:"-"`
}

// Overdue reports whether the day of an open task is over.
func (t Task) Overdue(now time.Time) bool { return t.State == TaskOpen && clock.Days(t.DueOn, now) > 0 }

// TaskCommand is one step of a task.
type TaskCommand struct {
	Activity int64  `json:"-"`
	Task     int64  `json:"-"`
	Act      Act    `json:"event" enum:"move,done"`
	DueOn    string `json:"dueOn,omitempty" format:"date" doc:"move：新的日期"`
	Reason   string `json:"reason,omitempty" doc:"move：原因；done：做了什么"`
}

// DoTask carries out one step of a task. Who: its owner. Faults: Unauthorized, NotFound, Forbidden, Conflict, Invalid.
func (s *Service) DoTask(ctx context.Context, who actor.Actor, c TaskCommand) (out Task, err error) {
	op := "event: task: " + string(c.Act) + ": %w"
	if !who.SignedIn() {
		return out, fmt.Errorf(op, fault.SignIn())
	}
	c.Reason = strings.TrimSpace(c.Reason)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		t, by, err := s.task(ctx, tx, who, c.Activity, c.Task)
		if err != nil {
			return err
		}
		m, refused := find(taskMoves(), t.State, c.Act, by)
		if refused != nil {
			return refused
		}
		now := s.config.Now()
		var f fault.Fields
		if m.reason {
			f.Checkf(count(c.Reason) >= 2 && count(c.Reason) <= maxNote, "reason", "required", "请填写改期的原因（2—%d 字）", maxNote)
		}
		f.Checkf(count(c.Reason) <= maxNote, "reason", "length", "说明最多 %d 字", maxNote)
		if c.Act == ActMove {
			t.DueOn = dueDay(&f, c.DueOn, now)
			t.Moved++
		}
		if err := f.Err(); err != nil {
			return err
		}
		t.State, t.Reason = m.to, c.Reason
		if t.State == TaskDone {
			t.DoneAt = &now
		}
		out = t
		if err := setTask(ctx, tx, t, now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "task_"+c.Act, t.Event, map[string]any{"task": t.ID})
	})
	if err != nil {
		return Task{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// task locks a task for its owner or the host; nobody else finds it.
func (s *Service) task(ctx context.Context, tx pgx.Tx, who actor.Actor, event, id int64) (Task, Side, error) {
	a, err := one(ctx, tx, selectEvent, event, who)
	if err != nil {
		return Task{}, stranger, err
	}
	t, err := postgres.One[Task](ctx, tx, lockedTask, pgx.StrictNamedArgs{"event": event, "id": id})
	missing := fault.New(fault.NotFound, "event_task", "没有找到这项后续事项，请刷新页面")
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return t, stranger, missing
	case err != nil:
		return t, stranger, err
	case t.Account == who.AccountID:
		return t, Self, nil
	case a.hostedBy(who):
		return t, Host, nil
	}
	return t, stranger, missing
}

// Interest opens an interest in the market for a task, through the door that everybody uses, and keeps which. The event stands in the
// message, so that the other side knows from where. Who: the owner of the task. Faults: those of deal.Open; NotFound; Conflict has_deal.
func (s *Service) Interest(ctx context.Context, who actor.Actor, event, id int64, a deal.Approach) (talk int64, err error) {
	const op = "event: interest: %w"
	if !who.SignedIn() {
		return 0, fmt.Errorf(op, fault.SignIn())
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		t, by, err := s.task(ctx, tx, who, event, id)
		switch {
		case err != nil:
			return err
		case by != Self:
			return fault.New(fault.Forbidden, "wrong_side", "这一步不由您办理，请联系活动主办单位")
		case t.Deal != 0:
			return fault.New(fault.Conflict, "has_deal", "这项后续事项已经发起对接，请打开对接查看")
		}
		if strings.TrimSpace(a.Message) == "" {
			a.Message = "我们在活动“" + t.Title + "”的一对一洽谈中谈过，希望继续对接。"
		}
		d, err := s.config.Deals.Open(ctx, who, a)
		if err != nil {
			return err
		}
		t.Deal, talk = d.ID, d.ID
		if err := setTask(ctx, tx, t, s.config.Now()); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "interest", event, map[string]any{"task": t.ID, "deal": d.ID})
	})
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	return talk, nil
}

// Figures are what an event led to. Each is defined in docs/rules/events.md §7; nothing is counted without a named pair.
type Figures struct {
	Admitted  int       `json:"admitted"`
	Present   int       `json:"present"`
	WalkedIn  int       `json:"walkedIn"`
	Planned   int       `json:"meetingsPlanned"`
	Held      int       `json:"meetingsHeld"`
	Told      int       `json:"resultsTold"`
	Tasks     int       `json:"tasks"`
	Done      int       `json:"tasksDone"`
	Overdue   int       `json:"tasksOverdue"`
	Interests int       `json:"interests"`
	Contracts int       `json:"contracts"`
	Amount    money.Fen `json:"contractAmountFen"`
}

// SchemaVersion is the form in which they are stored, see package stored.
func (Figures) SchemaVersion() int { return 1 }

// Report is the figures as they stood so many days after the end.
type Report struct {
	Days    int       `json:"days"`
	Figures Figures   `json:"figures"`
	MadeAt  time.Time `json:"madeAt"`
}

func (s *Service) figures(ctx context.Context, q postgres.Querier, id int64) (Figures, error) {
	return postgres.One[Figures](ctx, q, figuresOf, pgx.StrictNamedArgs{"id": id, "today": clock.Date(s.config.Now())})
}

// freeze keeps the figures of 30 and of 180 days; after the second the event is over.
func (s *Service) freeze(ctx context.Context, tx pgx.Tx, a Activity) (over bool, err error) {
	f, err := s.figures(ctx, tx, a.ID)
	if err != nil || a.FinishedAt == nil {
		return false, err
	}
	now := s.config.Now()
	for _, days := range []int{30, 180} {
		if now.Before(a.FinishedAt.AddDate(0, 0, days)) {
			continue
		}
		if _, err := tx.Exec(ctx, insertReport, pgx.StrictNamedArgs{"id": a.ID, "days": days, "figures": f, "now": now}); err != nil {
			return false, err
		}
		over = days == 180
	}
	return over, nil
}
