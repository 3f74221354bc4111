package rights

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
	"techmarket/internal/trade/notice"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a university with an administrator, a clerk and three inventors, one of whom is an administrator too, and a stranger.
type world struct {
	*Service
	db                                     *postgres.DB
	public                                 *notice.Service
	contract, listing                      int64
	admin, clerk, boss, li, zhao, stranger actor.Actor
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
	w := &world{db: pgtest.New(t)}
	unit := func(kind string) int64 {
		return w.id(t, `insert into organisation (kind, name, division, state, created_at)
			values ($1, $2, '150105', 'confirmed', now()) returning id`, kind, "样例单位"+kind)
	}
	university, firm := unit("university"), unit("enterprise")
	who := func(name string, org int64, roles ...actor.Role) actor.Actor {
		id := w.id(t, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now()) returning id`, name)
		return actor.Actor{
			AccountID: id,
			OrgID:     org,
			OrgKind:   actor.University,
			OrgName:   "样例大学",
			Name:      name,
			OrgState:  actor.Confirmed,
			Roles:     roles,
		}
	}
	w.admin, w.clerk = who("管理员", university, actor.Member, actor.OrgAdmin), who("经办人", university, actor.Member)
	w.boss = who("院长", university, actor.Member, actor.OrgAdmin)
	w.li, w.zhao = who("李样", university, actor.Expert), who("赵样", university, actor.Expert)
	w.stranger = who("旁人", firm, actor.Member, actor.OrgAdmin)
	w.listing = w.id(t, `insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
		values ('achievement', $1, $2, 'published', '{}', now(), now()) returning id`, university, w.clerk.AccountID)
	w.contract = w.id(t, `insert into contract (seller_org, buyer_org, applicant_org, created_by, state, content, created_at, updated_at)
		values ($1, $2, $1, $3, 'registered', '{}', now(), now()) returning id`, university, firm, w.clerk.AccountID)
	w.public = notice.New(notice.Config{DB: w.db, Audit: w, Notices: w, Now: time.Now,
		Calendar: func(context.Context) (clock.Calendar, error) { return clock.Calendar{}, nil }})
	w.Service = New(Config{DB: w.db, Audit: w, Notices: w, Public: w.public,
		Contract: func(_ context.Context, _ actor.Actor, id int64) (Source, error) {
			if id != w.contract {
				return Source{}, fault.New(fault.NotFound, "contract_not_found", "没有找到")
			}
			return Source{Seller: university, Listing: w.listing, Name: "样例合同", Signed: true}, nil
		},
		Outside: func(context.Context, actor.Actor, int64, int64) ([]Evidence, error) {
			return []Evidence{{Part: PartContract, At: time.Now(), What: "样例合同第 1 版", Source: "/contracts/1", Digest: "00"}}, nil
		},
		Achievement: func(context.Context, int64) (Holding, error) {
			return Holding{OrgID: university, Title: "样例成果"}, nil
		},
		Staff: func(_ context.Context, _ actor.Actor, org int64) (map[int64]string, error) {
			out := map[int64]string{}
			for _, a := range []actor.Actor{w.admin, w.clerk, w.boss, w.li, w.zhao} {
				if a.OrgID == org {
					out[a.AccountID] = a.Name
				}
			}
			return out, nil
		}})
	return w
}

func (w *world) draw(bp int64, weights ...int64) Draw {
	d := Draw{Title: "样例：收益分配方案", BP: bp, Basis: "样例大学成果转化办法第十条", Decision: "样例校长办公会纪要"}
	team := []actor.Actor{w.li, w.zhao, w.boss}
	for i, weight := range weights {
		d.Members = append(d.Members, Person{Name: team[i].Name, AccountID: team[i].AccountID, Weight: weight, Main: i < 2, Contribution: "样例贡献"})
	}
	return d
}

func (w *world) plan(t testing.TB, bp int64, weights ...int64) int64 {
	t.Helper()
	id, err := w.Create(t.Context(), w.clerk, w.contract, w.draw(bp, weights...))
	check(t, err)
	return id
}

func (w *world) do(t testing.TB, who actor.Actor, c Command) {
	t.Helper()
	_, err := w.Do(context.Background(), who, c)
	check(t, err)
}

func today() fact.Day { return fact.DayOf(time.Now()) }

func (w *world) book(t testing.TB, plan int64, kind, amount string) {
	t.Helper()
	w.do(t, w.clerk, Command{Plan: plan, Event: EventBook, Kind: kind, Amount: fen(amount), On: today(), Voucher: "样例回单"})
}

// noticed submits a plan, lets its notice run out and the job come.
func (w *world) noticed(t testing.TB, plan int64) {
	t.Helper()
	w.do(t, w.admin, Command{Plan: plan, Event: EventSubmit})
	w.past(t)
}

func (w *world) past(t testing.TB) {
	t.Helper()
	w.exec(t, `update notice set begins_at = begins_at - interval '40 days', last_day = last_day - 40, ends_at = ends_at - interval '40 days'`)
	_, err := w.Tick(t.Context())
	check(t, err)
}

func (w *world) view(t testing.TB, who actor.Actor, plan int64) View {
	t.Helper()
	v, err := w.Read(t.Context(), who, plan)
	check(t, err)
	return v
}

// payAll pays what the view shows as due.
func (w *world) payAll(t testing.TB, plan int64) {
	t.Helper()
	c := Command{Plan: plan, Event: EventPay, On: today()}
	for _, s := range w.view(t, w.admin, plan).Shares {
		if s.Payable > 0 {
			c.Pay = append(c.Pay, Voucher{s.Number, s.Payable, "样例发放单"})
		}
	}
	w.do(t, w.admin, c)
}

// T14: received 1,200,000.00, costs 199,999.99, 70 %, three equal members.
func TestT14IncomeIsSharedOutToTheFen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 7000, 1, 1, 1)
	w.book(t, plan, Cost, "199999.99")
	w.book(t, plan, Receipt, "1200000.00")
	w.noticed(t, plan)
	v := w.view(t, w.admin, plan)
	if v.Net != fen("1000000.01") || v.Pool != fen("700000.01") {
		t.Errorf("net %s, pool %s", v.Net, v.Pool)
	}
	if got := fmt.Sprint(v.Payments[0].Shares); got != "[233333.34 233333.34 233333.33]" {
		t.Errorf("shares %s", got)
	}
	if p := v.Payments[0]; !p.MainOK || p.MainPaid != fen("466666.68") || p.MainNeeded != fen("350000.01") {
		t.Errorf("main contributors: %+v", p)
	}
	w.payAll(t, plan)
	if v = w.view(t, w.admin, plan); v.Paid != v.Pool || v.Shares[0].Payable != 0 {
		t.Errorf("after paying: %s of %s", v.Paid, v.Pool)
	}
}

// T15: three receipts of 33.33 net each, 70 %: 70.00 in all, never 70.02.
func TestT15ManyReceiptsDoNotDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 7000, 1)
	w.noticed(t, plan)
	for range 3 {
		w.book(t, plan, Receipt, "33.33")
		w.payAll(t, plan)
	}
	v := w.view(t, w.admin, plan)
	var got []money.Fen
	for _, p := range v.Payments {
		got = append(got, p.Pay)
	}
	if fmt.Sprint(got) != "[23.34 23.33 23.33]" || v.Paid != fen("70.00") {
		t.Errorf("pays %v, in all %s", got, v.Paid)
	}
}

func TestNothingIsPaidBeforeTheNoticeHasPassed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 5000, 1, 1)
	w.book(t, plan, Receipt, "100.00")
	pay := Command{Plan: plan, Event: EventPay, On: today(), Pay: []Voucher{{1, fen("25.00"), "样例发放单"}}}
	_, err := w.Do(t.Context(), w.admin, pay)
	refused(t, err, "notice_not_passed")
	w.do(t, w.admin, Command{Plan: plan, Event: EventSubmit})
	_, err = w.Do(t.Context(), w.admin, pay)
	refused(t, err, "notice_not_passed")
	// An objection of the last hour: the job finds nothing passed.
	notices, err := w.public.List(t.Context(), w.admin, 0, 1)
	check(t, err)
	check(t, w.public.Do(t.Context(), w.stranger, notice.Command{Notice: notices[0].ID, Event: notice.EventObject, Key: "1",
		Reason: "样例异议：完成人排序与验收材料不一致，请单位核实之后再分配。"}))
	w.past(t)
	_, err = w.Do(t.Context(), w.admin, pay)
	refused(t, err, "notice_not_passed")
	// Upheld: the plan goes back to the draft and is noticed anew for a full period.
	o, err := w.public.Read(t.Context(), w.boss, notices[0].ID)
	check(t, err)
	check(t, w.public.Do(t.Context(), w.boss, notice.Command{Notice: notices[0].ID, Event: notice.EventUphold, Objection: o.Objections[0].ID,
		Answer: "样例答复：排序有误，重新公示。"}))
	_, err = w.Tick(t.Context())
	check(t, err)
	if v := w.view(t, w.admin, plan); v.Plan.State != Draft {
		t.Fatalf("after the objection: %s", v.Plan.State)
	}
	w.noticed(t, plan)
	w.do(t, w.admin, pay)
}

func TestACorrectionIsANewRowAndNeverPaysAFenTooMuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 5000, 1, 1)
	w.book(t, plan, Receipt, "1000.00") // typed ten times too large
	w.noticed(t, plan)
	entry := w.view(t, w.admin, plan).Entries[0].ID
	_, err := w.Do(t.Context(), w.clerk, Command{Plan: plan, Event: EventCorrect, Entry: entry, Amount: fen("1000.00"), Voucher: "样例更正单",
		Reason: "到账金额录错"})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("a correction to the same amount: %v", err)
	}
	w.do(t, w.clerk, Command{Plan: plan, Event: EventCorrect, Entry: entry, Amount: fen("100.00"), Voucher: "样例更正单", Reason: "到账金额录错"})
	v := w.view(t, w.admin, plan)
	if len(v.Entries) != 2 || v.Entries[0].Amount != fen("1000.00") || v.Entries[1].Amount != fen("-900.00") ||
		v.Entries[1].Corrects != entry {
		t.Fatalf("entries %+v", v.Entries)
	}
	if v.Shares[0].Payable+v.Shares[1].Payable != fen("50.00") {
		t.Errorf("payable %s and %s of 50.00", v.Shares[0].Payable, v.Shares[1].Payable)
	}
	w.payAll(t, plan)
	w.book(t, plan, Receipt, "900.00")
	w.payAll(t, plan)
	if v = w.view(t, w.admin, plan); v.Paid != fen("500.00") || v.Shares[0].Paid != fen("250.00") {
		t.Errorf("paid %s, the first %s", v.Paid, v.Shares[0].Paid)
	}
	for _, sql := range []string{`update rights_entry set amount_fen = 1`, `delete from rights_entry`,
		`update rights_payout set amount_fen = 1`,
		`delete from rights_payout`} {
		if _, err := w.db.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s is possible", sql)
		}
	}
}

func TestMoneyThatCameBackIsARowAndDueAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 5000, 1)
	w.noticed(t, plan)
	w.book(t, plan, Receipt, "100.00")
	w.payAll(t, plan)
	back := Command{Plan: plan, Event: EventTakeBack, Member: 1, Amount: fen("50.01"), On: today(), Voucher: "样例退款", Reason: "账号有误退回"}
	if _, err := w.Do(t.Context(), w.admin, back); err == nil {
		t.Error("more came back than was paid")
	}
	back.Amount = fen("50.00")
	w.do(t, w.admin, back)
	if v := w.view(t, w.admin, plan); v.Paid != 0 || v.Shares[0].Payable != fen("50.00") || len(v.Payouts) != 2 {
		t.Errorf("%+v", v.Shares)
	}
	_, err := w.Do(t.Context(), w.admin, Command{Plan: plan, Event: EventClose, Reason: "合同已履行完毕"})
	refused(t, err, "still_due")
	w.payAll(t, plan)
	w.do(t, w.admin, Command{Plan: plan, Event: EventClose, Reason: "合同已履行完毕"})
}

func TestTwoTabsPayOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 5000, 1)
	w.noticed(t, plan)
	w.book(t, plan, Receipt, "100.00")
	pay := Command{Plan: plan, Event: EventPay, On: today(), Pay: []Voucher{{1, fen("50.00"), "样例发放单"}}}
	w.do(t, w.admin, pay)
	_, err := w.Do(t.Context(), w.admin, pay)
	refused(t, err, "changed")
	pay.Pay = append(pay.Pay, pay.Pay[0])
	w.book(t, plan, Receipt, "100.00")
	_, err = w.Do(t.Context(), w.admin, pay)
	refused(t, err, "changed") // one member twice in one form
}

func TestWhoSeesAPlanAndWhoDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 5000, 2, 1, 1)
	w.book(t, plan, Receipt, "100.00")
	_, err := w.Read(t.Context(), w.stranger, plan)
	refused(t, err, "distribution_not_found")
	_, err = w.Read(t.Context(), actor.Guest(), plan)
	refused(t, err, "sign_in_needed")
	_, err = w.Do(t.Context(), w.stranger, Command{Plan: plan, Event: EventSubmit})
	refused(t, err, "distribution_not_found")
	_, err = w.Do(t.Context(), w.li, Command{Plan: plan, Event: EventBook, Kind: Receipt, Amount: 1, On: today(), Voucher: "样例"})
	refused(t, err, "wrong_role")
	_, err = w.Do(t.Context(), w.clerk, Command{Plan: plan, Event: EventSubmit})
	refused(t, err, "wrong_role")
	_, err = w.Do(t.Context(), w.boss, Command{Plan: plan, Event: EventSubmit}) // one of the team
	refused(t, err, "own_interest")
	v := w.view(t, w.li, plan)
	if len(v.Shares) != 1 || v.Shares[0].Name != w.li.Name || len(v.Payments[0].Shares) != 1 || v.Entries[0].Voucher != "" || v.Own != 1 {
		t.Errorf("an inventor sees %+v", v)
	}
	rows, err := w.List(t.Context(), w.zhao, Filter{Limit: 10})
	check(t, err)
	if len(rows) != 1 || !rows[0].Mine || rows[0].Payable != fen("12.50") {
		t.Errorf("the inventor's list: %+v", rows)
	}
	rows, err = w.List(t.Context(), w.stranger, Filter{Limit: 10})
	check(t, err)
	if len(rows) != 0 {
		t.Errorf("a stranger's list: %+v", rows)
	}
	_, err = w.Create(t.Context(), w.stranger, w.contract, w.draw(5000, 1))
	refused(t, err, "not_seller")
	_, err = w.Create(t.Context(), w.clerk, w.contract, w.draw(5000, 1))
	refused(t, err, "already_planned")
}

func TestAPlanNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	policy := Policy{BP: 5000, MainBP: 5000}
	for name, c := range map[string]struct {
		change func(*Draw)
		path   string
		kind   actor.OrgKind
	}{
		"below the law's half":       {func(d *Draw) { d.BP = 4999 }, "bp", actor.University},
		"nothing at all, a firm too": {func(d *Draw) { d.BP = 0 }, "bp", actor.Enterprise},
		"main contributors under half": {
			func(d *Draw) { d.Members[0].Main, d.Members[1].Main = false, false }, "members.0.main", actor.University,
		},
		"a share of nothing":            {func(d *Draw) { d.Members[1].Weight = 0 }, "members.1.weight", actor.University},
		"no contribution":               {func(d *Draw) { d.Members[2].Contribution = "" }, "members.2.contribution", actor.University},
		"no basis":                      {func(d *Draw) { d.Basis = "" }, "basis", actor.University},
		"nobody":                        {func(d *Draw) { d.Members = nil }, "members.0.name", actor.University},
		"a firm may agree on less":      {func(d *Draw) { d.BP = 1000 }, "", actor.Enterprise},
		"half for the main, to the bit": {func(d *Draw) { d.Members[0].Weight, d.Members[1].Main = 2, false }, "", actor.Institute},
	} {
		d := w.draw(7000, 1, 1, 1)
		c.change(&d)
		err := d.check(c.kind, policy)
		got := ""
		if f, ok := errors.AsType[*fault.Error](err); ok {
			got = f.Fields[0].Path
		}
		if got != c.path {
			t.Errorf("%s: got %q (%v)", name, got, err)
		}
	}
	d := w.draw(7000, 1)
	d.Members[0].AccountID = w.stranger.AccountID
	_, err := w.Create(t.Context(), w.clerk, w.contract, d)
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Fields[0].Code != "not_staff" {
		t.Errorf("somebody of another unit: %v", err)
	}
}

func TestTheDiligenceFileCollectsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(t, 5000, 1, 1)
	w.book(t, plan, Receipt, "100.00")
	w.noticed(t, plan)
	w.payAll(t, plan)
	f, err := w.File(t.Context(), w.clerk, plan)
	check(t, err)
	var parts []string
	for _, e := range f.Evidence {
		parts = append(parts, e.Part)
	}
	if got := fmt.Sprint(parts); got != "[decision notice contract money money money]" {
		t.Errorf("parts %s", got)
	}
	if got := fmt.Sprint(f.Missing); got != "[search price]" {
		t.Errorf("missing %s", got)
	}
	for _, who := range []actor.Actor{w.li, w.stranger} {
		_, err = w.File(t.Context(), who, plan)
		refused(t, err, "distribution_not_found")
	}
	_, _, err = w.Print(t.Context(), w.clerk, plan)
	refused(t, err, "fonts_missing")
}
