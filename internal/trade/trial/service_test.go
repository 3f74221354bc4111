package trial

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/trade/deal"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a university with an achievement on trial, a firm, another firm, and a need of the firm.
type world struct {
	*Service
	db                    *postgres.DB
	listing, need         int64
	onTrial               bool
	agreed                map[int64]bool
	unit, firm, bystander actor.Actor
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: time.Now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

// deals are the talks, whose agreement the test gives.
type deals struct {
	*deal.Service
	w *world
}

func (d deals) HasAgreed(_ context.Context, _ postgres.Querier, id int64) (bool, error) {
	return d.w.agreed[id], nil
}

func (w *world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	_, err := w.db.Exec(context.Background(), sql, args...)
	check(t, err)
}

func (w *world) id(t testing.TB, sql string, args ...any) (id int64) {
	t.Helper()
	check(t, w.db.QueryRow(context.Background(), sql, args...).Scan(&id))
	return id
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.HasCode(err, code) {
		t.Errorf("want %s, got %v", code, err)
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), onTrial: true, agreed: map[int64]bool{}}
	who := func(kind, name string) actor.Actor {
		org := w.id(t, `insert into organisation (kind, name, division, state, created_at)
			values ($1, $2, '150105', 'confirmed', now()) returning id`, kind, "样例单位"+name)
		id := w.id(t, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now()) returning id`, name)
		return actor.Actor{AccountID: id, OrgID: org, Name: name, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Member}}
	}
	w.unit, w.firm, w.bystander = who("university", "大学"), who("enterprise", "企业"), who("enterprise", "旁人")
	listed := func(kind string, owner actor.Actor) int64 {
		return w.id(t, `insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
			values ($1, $2, $3, 'published', '{}', now(), now()) returning id`, kind, owner.OrgID, owner.AccountID)
	}
	w.listing, w.need = listed("achievement", w.unit), listed("demand", w.firm)
	w.Service = New(Config{DB: w.db, Audit: w, Notices: w, Deals: deals{deal.New(deal.Config{DB: w.db}), w},
		Achievement: func(context.Context, int64) (Listed, error) {
			return Listed{OrgID: w.unit.OrgID, Account: w.unit.AccountID, Title: "样例成果", Open: true, OnTrial: w.onTrial}, nil
		},
		Need: func(context.Context, int64) (Listed, error) {
			return Listed{OrgID: w.firm.OrgID, Account: w.firm.AccountID, Title: "样例需求", Open: true}, nil
		},
		Calendar: func(context.Context) (clock.Calendar, error) { return clock.Calendar{}, nil }})
	return w
}

const yuan = money.Yuan

func terms() Terms {
	return Terms{Months: 3, Sites: "样例一号产线", Success: "回收率不低于 68%，连续 72 小时", Trigger: "指标达到即付费", ReportDays: 30, Pay: PayInstalments,
		Price: 100 * yuan, Plan: []Instalment{{30, 40 * yuan, "首付"}, {180, 60 * yuan, "尾款"}}, Improvement: "归改进方", Secrecy: "双方保密",
		Liability: "各自承担", Insurance: "样例保险公司", Return: "样品归还", Silence: true}
}

func (w *world) do(t testing.TB, who actor.Actor, c Command) Trial {
	t.Helper()
	out, err := w.Do(context.Background(), who, c)
	check(t, err)
	return out
}

// at is a trial at a stage.
func (w *world) at(t testing.TB, stage Stage, terms Terms) int64 {
	t.Helper()
	id, err := w.Create(t.Context(), w.firm, w.listing, 0, terms)
	check(t, err)
	for _, s := range []struct {
		to  Stage
		who actor.Actor
		on  Event
	}{{Agreed, w.unit, EventAgree}, {Trialling, w.unit, EventStart}, {Confirming, w.firm, EventTrigger}, {Converting, w.unit, EventConfirm}} {
		v, err := w.Read(t.Context(), w.firm, id)
		check(t, err)
		if v.Trial.State == stage {
			return id
		}
		w.do(t, s.who, Command{Trial: id, Event: s.on, Reason: "样例交接和检测记录", Version: v.Trial.Version})
	}
	if stage == Converted {
		w.agreed[1] = true
		w.tick(t)
	}
	return id
}

func (w *world) tick(t testing.TB) int {
	t.Helper()
	n, err := w.Tick(context.Background())
	check(t, err)
	return n
}

func (w *world) read(t testing.TB, id int64) View {
	t.Helper()
	v, err := w.Read(context.Background(), w.firm, id)
	check(t, err)
	return v
}

func TestTermsComeFirstAndBothSidesAgreeOnTheSameVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.at(t, Proposed, terms())
	_, err := w.Do(t.Context(), w.firm, Command{Trial: id, Event: EventAgree, Version: 1})
	refused(t, err, "wrong_side") // its own proposal
	_, err = w.Do(t.Context(), w.unit, Command{Trial: id, Event: EventStart, Reason: "样例交接"})
	refused(t, err, "wrong_state")
	longer := terms()
	longer.Months = 6
	w.do(t, w.unit, Command{Trial: id, Event: EventPropose, Terms: &longer, Version: 1})
	_, err = w.Do(t.Context(), w.firm, Command{Trial: id, Event: EventAgree, Version: 1})
	refused(t, err, "stale_version")
	if got := w.do(t, w.firm, Command{Trial: id, Event: EventAgree, Version: 2}); got.State != Agreed || got.Terms.Months != 6 {
		t.Errorf("%+v", got)
	}
	_, err = w.Create(t.Context(), w.firm, w.listing, 0, terms())
	refused(t, err, "already_trying")
	_, err = w.Read(t.Context(), w.bystander, id)
	refused(t, err, "trial_not_found")
	_, err = w.Do(t.Context(), w.bystander, Command{Trial: id, Event: EventStart})
	refused(t, err, "trial_not_found")
	w.onTrial = false
	_, err = w.Create(t.Context(), w.bystander, w.listing, 0, terms())
	refused(t, err, "not_on_trial")
}

func TestAUnitAnswersANeedWithItsAchievement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Create(t.Context(), w.unit, w.listing, 0, terms())
	refused(t, err, "own_listing")
	_, err = w.Create(t.Context(), w.bystander, w.listing, w.need, terms())
	refused(t, err, "not_own")
	id, err := w.Create(t.Context(), w.unit, w.listing, w.need, terms())
	check(t, err)
	v := w.read(t, id)
	if v.Trial.CompanyOrg != w.firm.OrgID || v.Trial.ProposedSide != Supply || fmt.Sprint(v.Events) != "[propose agree decline]" {
		t.Errorf("%+v", v)
	}
}

func TestAConvertedTrialHasItsTalkAndItsPaymentPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.at(t, Converted, terms())
	v := w.read(t, id)
	if v.Trial.State != Converted || v.Trial.DealID == 0 || len(v.Payments) != 2 {
		t.Fatalf("%+v", v.Trial)
	}
	day := fact.DayOf(v.AsOf)
	if dayOf(&v.Payments[0].DueOn) != day+30 || v.Payments[1].Amount != 60*yuan {
		t.Errorf("payments %+v", v.Payments)
	}
	pay := Command{Trial: id, Event: EventPay, Number: 1, Voucher: "样例回单", Day: day}
	w.do(t, w.firm, pay)
	_, err := w.Do(t.Context(), w.firm, pay)
	refused(t, err, "already_paid")
	_, err = w.Do(t.Context(), w.unit, Command{Trial: id, Event: EventSettle})
	refused(t, err, "still_due")
	// The second is 30, then 61 days late: told once each, with the insurer named.
	for _, late := range []int{30, 61} {
		w.exec(t, `update trial_payment set due_on = (clock_timestamp() at time zone 'Asia/Shanghai')::date - $1::int where number = 2`, late)
		if n := w.tick(t); n != 1 {
			t.Errorf("%d days late: %d told", late, n)
		}
		if n := w.tick(t); n != 0 {
			t.Errorf("%d days late, again: %d told", late, n)
		}
	}
	if n := w.id(t, `select count(*) from message where title like '付款逾期%样例保险公司%'`); n != 4 {
		t.Errorf("%d messages name the insurer", n)
	}
	pay.Number = 2
	w.do(t, w.firm, pay)
	w.do(t, w.unit, Command{Trial: id, Event: EventSettle})
}

func TestSilenceConfirmsOnlyWhereTheTermsSaySo(t *testing.T) {
	t.Parallel()
	for _, silence := range []bool{true, false} {
		w := newWorld(t)
		agreed := terms()
		agreed.Silence = silence
		id := w.at(t, Confirming, agreed)
		if w.tick(t); w.read(t, id).Trial.State != Confirming {
			t.Error("confirmed before the ten working days were over")
		}
		w.exec(t, `update trial set confirm_by = confirm_by - 30`)
		w.tick(t)
		want := Confirming
		if silence {
			want = Converting
		}
		if got := w.read(t, id).Trial.State; got != want {
			t.Errorf("silence %t: %s", silence, got)
		}
	}
}

func TestReportsAreAskedForAndATrialIsExtendedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.at(t, Trialling, terms())
	v := w.read(t, id)
	if n := len(v.Reports); n != 3 && n != 4 {
		t.Fatalf("%d reports of three months", n)
	}
	end := dayOf(v.Trial.EndsOn)
	w.do(t, w.firm, Command{Trial: id, Event: EventAskExtend, Day: end + 60, Reason: "样例：原料不足"})
	before := len(v.Reports)
	if got := w.do(t, w.unit, Command{Trial: id, Event: EventExtend}); dayOf(got.EndsOn) != end+60 || len(w.read(t, id).Reports) != before+2 {
		t.Errorf("%+v", got)
	}
	_, err := w.Do(t.Context(), w.firm, Command{Trial: id, Event: EventAskExtend, Day: end + 90, Reason: "样例：再延长"})
	refused(t, err, "extended")
	for _, late := range []int{5, 15} {
		w.exec(t, `update trial_report set due_on = (clock_timestamp() at time zone 'Asia/Shanghai')::date - $1::int where number = 1`, late)
		if n := w.tick(t); n != 1 {
			t.Errorf("%d days late: %d told", late, n)
		}
	}
	w.do(t, w.firm, Command{Trial: id, Event: EventReport, Reason: "样例：运行平稳", Figures: "67.5%"})
	if n := w.tick(t); n != 0 || w.read(t, id).Reports[0].At == nil {
		t.Errorf("after the report %d told", n)
	}
}

func TestATrialThatEndsSaysWhyAndWhatWasReturned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.at(t, Trialling, terms())
	_, err := w.Do(t.Context(), w.firm, Command{Trial: id, Event: EventStop, Reason: "样例：指标不达"})
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) != 2 {
		t.Errorf("without code and list: %v", err)
	}
	got := w.do(t, w.unit, Command{Trial: id, Event: EventStop, Reason: "样例：指标不达", Code: "not_reached", List: "样机一台已归还"})
	if got.State != Ended || got.ReasonCode != "not_reached" {
		t.Errorf("%+v", got)
	}
}

func TestTermsNameEveryWrongField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Terms)
		path   string
	}{
		"the plan is not the price":         {func(x *Terms) { x.Plan[0].Amount++ }, "plan.0.amount"},
		"instalments of one":                {func(x *Terms) { x.Plan = []Instalment{{30, 100 * yuan, ""}} }, "plan.0.amount"},
		"deferred in two":                   {func(x *Terms) { x.Pay = PayDeferred }, "plan.0.amount"},
		"a condition without words":         {func(x *Terms) { x.Pay, x.Plan[1].Why = PayConditional, "" }, "plan.1.why"},
		"days run back":                     {func(x *Terms) { x.Plan[1].Days = 30 }, "plan.1.days"},
		"a royalty without its share":       {func(x *Terms) { x.Pay = PayRoyalty }, "royalty"},
		"a royalty without an entrance fee": {func(x *Terms) { x.Pay, x.Price, x.Plan, x.Royalty = PayRoyalty, 0, nil, "净销售额的 3%" }, ""},
		"words of a royalty beside a price": {func(x *Terms) { x.Royalty = "净销售额的 3%" }, "royalty"},
		"no trigger":                        {func(x *Terms) { x.Trigger = "" }, "trigger"},
		"four years":                        {func(x *Terms) { x.Months = 48 }, "months"},
	} {
		x := terms()
		c.change(&x)
		got := ""
		if f, ok := errors.AsType[*fault.Error](x.check()); ok {
			got = f.Fields[0].Path
		}
		if got != c.path {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
