package notice

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a university with the administrator who decides the price, another who sits on the panel, a member, and an outsider.
type world struct {
	*Service
	db                               *postgres.DB
	decider, panel, member, outsider actor.Actor
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: time.Now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

func (w *world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t)}
	for _, name := range []string{"样例大学", "样例企业"} {
		w.exec(t, `insert into organisation (kind, name, division, state, created_at) values ('university', $1, '150104', 'confirmed', now())`,
			name)
	}
	account := int64(0)
	who := func(org int64, name string, roles ...actor.Role) actor.Actor {
		account++
		w.exec(t, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now())`, name)
		return actor.Actor{AccountID: account, OrgID: org, Name: name, OrgState: actor.Confirmed, Roles: roles}
	}
	w.decider, w.panel = who(1, "decider", actor.OrgAdmin), who(1, "panel", actor.OrgAdmin)
	w.member, w.outsider = who(1, "member", actor.Member), who(2, "outsider", actor.Member)
	w.Service = New(Config{DB: w.db, Audit: w, Notices: w, Now: time.Now,
		Sells:    func(_ context.Context, who actor.Actor, _, _ int64) (bool, error) { return who.OrgID == 1, nil },
		Calendar: func(context.Context) (clock.Calendar, error) { return nil, nil }})
	return w
}

func (w *world) publish(t testing.TB) int64 {
	t.Helper()
	price := 900_000 * money.Yuan
	id, err := w.Publish(context.Background(), w.decider, Text{Use: Price, Title: "样例：协议定价公示", Party: "样例企业", Amount: &price,
		Body: "样例成果以协议定价方式许可，经校务会议决定，现予公示，接受异议。"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// over moves the end of a notice into the past.
func (w *world) over(t testing.TB, id int64) {
	w.exec(t, `update notice set begins_at = begins_at - interval '40 days', last_day = last_day - 40, ends_at = ends_at - interval '40 days'
		where id = $1`, id)
}

func (w *world) state(t testing.TB, id int64) View {
	t.Helper()
	v, err := w.Read(context.Background(), w.outsider, id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const grounds = "拟定价格明显低于同类专利最近一年的许可价格"

func TestANoticeWithoutObjectionPassesByTime(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	id := w.publish(t)
	if v := w.state(t, id); v.State != Running || v.Paper.Days != 15 {
		t.Errorf("got %+v", v)
	}
	if err := w.Passed(ctx, w.db, id); !fault.HasCode(err, "notice_not_passed") {
		t.Errorf("signed while running: %v", err)
	}
	w.over(t, id)
	if v := w.state(t, id); v.State != Passed {
		t.Errorf("before the job: %s", v.State)
	}
	if err := w.Passed(ctx, w.db, id); err != nil {
		t.Error(err)
	}
	for want := range []int{1, 0} {
		if n, err := w.Expire(ctx); err != nil || n != 1-want {
			t.Errorf("run %d: %d, %v", want, n, err)
		}
	}
	if err := w.Do(ctx, w.outsider, Command{Notice: id, Event: EventObject, Key: "k", Reason: grounds}); !fault.HasCode(err, "late") {
		t.Errorf("late: %v", err)
	}
	if v := w.state(t, id); v.State != Passed || len(v.Objections) != 1 || !v.Objections[0].Complaint {
		t.Errorf("a late objection is no complaint: %+v", v)
	}
}

// The contract of a talk is handed in only after the price notice that names the talk has passed; taking a notice back opens nothing.
func TestATalkWaitsForItsPriceNotice(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	w.exec(t, `insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
		values ('achievement', 1, 1, 'draft', '{}', now(), now())`)
	w.exec(t, `insert into deal (state, supply_listing_id, supply_org, demand_org, opened_by, opened_side, subject, created_at, updated_at)
		values ('agreed', 1, 1, 2, 4, 'demand', '样例', now(), now())`)
	price := 900_000 * money.Yuan
	text := Text{Use: Price, Title: "样例：协议定价公示", Party: "样例企业", Amount: &price, Deal: 1,
		Body: "样例成果以协议定价方式许可，经校务会议决定，现予公示，接受异议。"}
	if err := w.Cleared(ctx, w.db, 1); err != nil {
		t.Errorf("without a notice: %v", err)
	}
	id, err := w.Publish(ctx, w.decider, text)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Cleared(ctx, w.db, 1); !fault.HasCode(err, "notice_not_passed") {
		t.Errorf("while it runs: %v", err)
	}
	w.over(t, id)
	if err := w.Cleared(ctx, w.db, 1); err != nil {
		t.Errorf("after it passed: %v", err)
	}
	if id, err = w.Publish(ctx, w.decider, text); err == nil {
		err = w.Do(ctx, w.decider, Command{Notice: id, Event: EventWithdraw, Reason: "不再按这个价格许可"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Cleared(ctx, w.db, 1); !fault.HasCode(err, "notice_not_passed") {
		t.Errorf("withdrawn: %v", err)
	}
	text.Use = Grant
	if _, err := w.Publish(ctx, w.decider, text); !fault.Is(err, fault.Invalid) {
		t.Error("a grant's notice names a talk")
	}
}

func TestAnObjectionSuspendsUntilThePanelAnswers(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	id := w.publish(t)
	object := func(key string) error {
		return w.Do(ctx, w.outsider, Command{Notice: id, Event: EventObject, Key: key, Reason: grounds})
	}
	if err := object("k1"); err != nil {
		t.Fatal(err)
	}
	if err := object("k1"); !fault.HasCode(err, "duplicate") {
		t.Errorf("sent twice: %v", err)
	}
	w.over(t, id)
	if n, err := w.Expire(ctx); n != 0 || err != nil {
		t.Errorf("the job passed over an open objection: %d, %v", n, err)
	}
	v := w.state(t, id)
	if v.State != Suspended || len(v.Objections) != 1 {
		t.Fatalf("got %+v", v)
	}
	answer := Command{Notice: id, Event: EventReject, Objection: v.Objections[0].ID, Answer: "经核实，定价依据充分，附评估报告摘要。"}
	for code, who := range map[string]actor.Actor{"wrong_role": w.member, "panel_conflict": w.decider} {
		if err := w.Do(ctx, who, answer); !fault.HasCode(err, code) {
			t.Errorf("%s answers: %v", who.Name, err)
		}
	}
	if err := w.Do(ctx, w.panel, answer); err != nil {
		t.Fatal(err)
	}
	if v := w.state(t, id); v.State != Passed || v.Objections[0].Outcome != EventReject || v.Objections[0].Answer == "" {
		t.Errorf("got %+v", v)
	}
}

func TestAnUpheldNoticeIsVoidAndBeginsAnew(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	id := w.publish(t)
	if err := w.Do(ctx, w.outsider, Command{Notice: id, Event: EventObject, Key: "k", Reason: "短", Evidence: "样例合同编号"}); err != nil {
		t.Fatal(err)
	}
	objection := w.state(t, id).Objections[0].ID
	if err := w.Do(ctx, w.panel, Command{Notice: id, Event: EventUphold, Objection: objection, Answer: "价格重新议定。"}); err != nil {
		t.Fatal(err)
	}
	if v := w.state(t, id); v.State != Void {
		t.Errorf("got %s", v.State)
	}
	if err := w.Do(ctx, w.outsider, Command{Notice: id, Event: EventRepublish}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an outsider publishes: %v", err)
	}
	if err := w.Do(ctx, w.decider, Command{Notice: id, Event: EventRepublish}); err != nil {
		t.Fatal(err)
	}
	if v := w.state(t, id); v.State != Running || v.Paper.Period != 2 {
		t.Errorf("got %+v", v)
	}
	if err := w.Do(ctx, w.decider, Command{Notice: id, Event: EventWithdraw}); !fault.HasCode(err, "no_reason") {
		t.Errorf("got %v", err)
	}
	if err := w.Do(ctx, w.decider, Command{Notice: id, Event: EventWithdraw, Reason: "双方不再交易"}); err != nil {
		t.Fatal(err)
	}
	list, err := w.List(ctx, actor.Actor{}, 0, 20)
	if err != nil || len(list) != 1 || list[0].State != Withdrawn {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestOnlyAnAdministratorPublishesACompleteNotice(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	if _, err := w.Publish(ctx, w.member, Text{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a member: %v", err)
	}
	if _, err := w.Publish(ctx, actor.Actor{}, Text{}); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a guest: %v", err)
	}
	if _, err := w.Publish(ctx, w.decider, Text{Use: Price, Title: "样例公示"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("incomplete: %v", err)
	}
	if err := w.Do(ctx, w.outsider, Command{Notice: 99, Event: EventObject}); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown: %v", err)
	}
}
