package challenge

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/people/expert"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/platform/vault"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/notice"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const yuan = money.Yuan

// world is a company that asks, three units that apply, an officer of its league and one of another, and twelve experts.
type world struct {
	*Service
	db                   *postgres.DB
	public               *notice.Service
	need                 int64
	agreed               map[int64]bool
	calendar             clock.Calendar
	asker, desk, far, it actor.Actor
	teams, experts       []actor.Actor
	codes                map[Side]string
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: time.Now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

func (w *world) Facts(context.Context, int64) (deal.ListingFacts, error) {
	return deal.ListingFacts{ID: w.need, Side: deal.Demand, OrgID: w.asker.OrgID, Open: true}, nil
}

func (w *world) Organisation(_ context.Context, id int64) (identity.Organisation, error) {
	return identity.Organisation{ID: id, Name: fmt.Sprint("样例单位", id), Division: "150203"}, nil
}

func (w *world) Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error) {
	out := map[int64]identity.Organisation{}
	for _, id := range ids {
		out[id], _ = w.Organisation(ctx, id)
	}
	return out, nil
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
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), agreed: map[int64]bool{}, calendar: clock.Calendar{}, codes: map[Side]string{}}
	n := int64(0)
	who := func(name string, roles ...actor.Role) actor.Actor {
		n++
		w.exec(t, `insert into organisation (kind, name, division, state, created_at) values ('enterprise', $1, '150203', 'confirmed', now())`,
			fmt.Sprint("样例单位", n))
		w.exec(t, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now())`, name)
		return actor.Actor{AccountID: n, OrgID: n, Name: name, OrgState: actor.Confirmed, Roles: roles, Division: "150200"}
	}
	w.asker = who("发榜", actor.Member, actor.OrgAdmin)
	w.desk, w.far = who("盟市", actor.LeagueOfficer), who("外盟", actor.LeagueOfficer)
	w.far.Division = "150100"
	w.it = who("系统", actor.SystemAdmin, actor.RegionOfficer)
	for i := range 3 {
		w.teams = append(w.teams, who(fmt.Sprint("团队", i), actor.Member))
	}
	for i := range 12 {
		w.experts = append(w.experts, who(fmt.Sprint("专家", i), actor.Expert))
	}
	if err := w.db.QueryRow(t.Context(), `insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
		values ('demand', $1, $2, 'published', '{}', now(), now()) returning id`, w.asker.OrgID, w.asker.AccountID).Scan(&w.need); err != nil {
		t.Fatal(err)
	}
	calendar := func(context.Context) (clock.Calendar, error) { return w.calendar, nil }
	w.public = notice.New(notice.Config{DB: w.db, Audit: w, Notices: w, Now: time.Now, Calendar: calendar})
	store, err := files.New(t.TempDir(), time.Now)
	check(t, err)
	keys, err := vault.Open(t.TempDir(), "", rand.Reader)
	check(t, err)
	w.Service = New(Config{DB: w.db, Audit: w, Notices: w, Public: w.public, Deals: deals{deal.New(deal.Config{DB: w.db}), w}, Needs: w,
		Organisations: w, Files: store, Vault: keys, Random: rand.Reader, Calendar: calendar,
		Experts: func(context.Context, bool) (out []expert.Candidate, _ error) {
			for _, e := range w.experts {
				out = append(out, expert.Candidate{ID: e.AccountID, Most: 9, Posts: []expert.Post{{Unit: fmt.Sprint("样例单位", e.OrgID)}}})
			}
			return out, nil
		}})
	return w
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

func entry(days int) Entry {
	day := fact.DayOf(time.Now())
	return Entry{Title: "样例：低品位稀土尾矿浮选回收率由 52% 提到 68%", Kind: Tackle, Mode: Single, Field: "05", ApplyOn: day + fact.Day(days),
		Content: Content{Problem: "在用工艺丢掉近一半稀土，要在不改动磨矿的前提下提高回收，还要少用药。", Deliverables: "工艺包一套",
			Ownership: "专利申请权归研究开发方，发榜方在本矿区免费使用。", Acceptance: "样例检测中心在现场检测",
			Targets:  []Target{{"稀土回收率", "52", "≥ 68", "%", "连续 72 小时全流程考核", "样例检测中心"}},
			AskerFen: 4_000_000 * yuan, Nodes: []PlanNode{{Name: "小试", Due: day + 200, Look: "公斤级回收率", Tranche: 1_500_000 * yuan, Teams: 1},
				{Name: "工业考核", Due: day + 400, Look: "目标全部测到", Tranche: 2_500_000 * yuan, Teams: 1}},
			Conditions: []Condition{{Rule: InRegion, Text: "在本区注册"}, {Text: "负责人每年到现场不少于 6 个月"}},
			Criteria:   []Criterion{{"技术路线", 60}, {"团队", 40}}, PassMark: 60}}
}

func raceEntry(days int) Entry {
	e := entry(days)
	e.Mode, e.Content.MaxTeams, e.Content.Rule, e.Content.Unpaid = Horses, 3, KeepPassMark, UnpaidRest
	e.Content.PassMark, e.Content.AskerFen = 70, 1_000_000*yuan
	e.Content.Nodes[0].Tranche, e.Content.Nodes[0].Teams, e.Content.Nodes[1].Tranche = 200_000*yuan, 2, 600_000*yuan
	return e
}

const marker = "样例密文标记QX7431"

func paper(ask money.Fen) Paper {
	return Paper{Plan: "样例方案：" + marker + "，从磨矿到浮选逐段验证，分三步达到指标。", Route: "脉动高梯度磁选加新捕收剂", Team: "样例团队八人，有中试线",
		Leader: "样例负责人", Ask: ask, Answers: []string{"69"}, Pledges: true, Declared: []bool{false, true},
		Files: []PaperFile{{Name: marker + ".txt", Body: []byte(marker + " 附件\n")}}}
}

func (w *world) do(t testing.TB, who actor.Actor, c Command) Done {
	t.Helper()
	done, err := w.Do(context.Background(), who, c)
	check(t, err)
	return done
}

// opened is a published challenge.
func (w *world) opened(t testing.TB, e Entry) int64 {
	t.Helper()
	id, err := w.Create(t.Context(), w.asker, w.need, e)
	check(t, err)
	w.do(t, w.asker, Command{Challenge: id, Event: EventSubmit})
	w.do(t, w.desk, Command{Challenge: id, Event: EventApprove, Reason: "指标可测，榜金合理。", Experts: []string{"甲", "乙", "丙"}})
	w.publish(t, id)
	return id
}

func (w *world) publish(t testing.TB, id int64) {
	t.Helper()
	w.codes[SideAsker] = w.do(t, w.asker, Command{Challenge: id, Event: EventTakeKey}).Code
	w.codes[SideDesk] = w.do(t, w.desk, Command{Challenge: id, Event: EventTakeKey}).Code
	w.do(t, w.desk, Command{Challenge: id, Event: EventPublish})
}

// close moves the deadline into the past and runs the job.
func (w *world) close(t testing.TB, id int64) {
	t.Helper()
	w.exec(t, `update challenge set apply_until = now() - interval '1 second' where id = $1`, id)
	_, err := w.Tick(t.Context())
	check(t, err)
}

func (w *world) unseal(t testing.TB, id int64) Challenge {
	t.Helper()
	w.do(t, w.asker, Command{Challenge: id, Event: EventUnseal, Code: w.codes[SideAsker]})
	return w.do(t, w.desk, Command{Challenge: id, Event: EventUnseal, Code: strings.ToLower(w.codes[SideDesk])}).Challenge
}

func (w *world) read(t testing.TB, who actor.Actor, id int64) View {
	t.Helper()
	v, err := w.Read(t.Context(), who, id)
	check(t, err)
	return v
}

// reviewing is a challenge under review with these many eligible applications.
func (w *world) reviewing(t testing.TB, e Entry, n int) int64 {
	t.Helper()
	id := w.opened(t, e)
	for i := range n {
		_, err := w.File(t.Context(), w.teams[i], id, paper(e.Content.AskerFen-money.Fen(i)*yuan))
		check(t, err)
	}
	w.close(t, id)
	w.unseal(t, id)
	for _, a := range w.read(t, w.desk, id).Applications {
		w.do(t, w.desk, Command{Challenge: id, Event: EventScreen, Application: a.ID, Fit: true})
	}
	w.do(t, w.desk, Command{Challenge: id, Event: EventReview})
	return id
}

func (w *world) expert(account int64) actor.Actor {
	return w.experts[slices.IndexFunc(w.experts, func(a actor.Actor) bool { return a.AccountID == account })]
}

// score locks every missing sheet: the first application best.
func (w *world) score(t testing.TB, id int64) {
	t.Helper()
	v := w.read(t, w.desk, id)
	for _, m := range v.Panel {
		if m.State != Active {
			continue
		}
		for i, a := range v.Applications {
			err := w.Score(t.Context(), w.expert(m.AccountID), id, ScoreSheet{a.ID, []int{90 - 10*i, 80}, "样例理由", true})
			if err != nil && !fault.HasCode(err, "locked") {
				t.Fatal(err)
			}
		}
	}
}

func losers(v View, winners ...int64) (out []Loss) {
	for _, a := range v.Applications {
		if !slices.Contains(winners, a.ID) && a.State == AppEligible {
			out = append(out, Loss{a.ID, "rank", "样例反馈"})
		}
	}
	return out
}

// running is a challenge at work with its winners, best first.
func (w *world) running(t testing.TB, e Entry, n int, winners int) (int64, []int64) {
	t.Helper()
	id := w.reviewing(t, e, n)
	w.score(t, id)
	v := w.read(t, w.asker, id)
	var won []int64
	for _, r := range v.Ranking[:winners] {
		won = append(won, r.Application)
	}
	w.do(t, w.asker, Command{Challenge: id, Event: EventDecide, Winners: won, Losers: losers(v, won...)})
	w.pass(t, id)
	for _, a := range w.read(t, w.asker, id).Applications {
		if a.State == AppChosen {
			w.agreed[a.DealID] = true
			w.do(t, w.asker, Command{Challenge: id, Event: EventSign, Application: a.ID})
		}
	}
	return id, won
}

// pass lets the notice of the winners end.
func (w *world) pass(t testing.TB, id int64) {
	t.Helper()
	w.exec(t, `update notice set begins_at = begins_at - interval '60 days', last_day = last_day - 60, ends_at = ends_at - interval '60 days'
		where id = (select notice_id from challenge where id = $1)`, id)
	_, err := w.Tick(t.Context())
	check(t, err)
}

func TestANeedBecomesAChallengeThatIsWonMeasuredAndPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, won := w.running(t, entry(30), 2, 1)
	day := w.read(t, w.asker, id)
	if day.Challenge.State != Running || len(day.Panel) != panelSize || len(day.Ranking) != 2 || !day.Ranking[0].Passed {
		t.Fatalf("%+v", day)
	}
	step := func(c Command) error {
		c.Challenge, c.Application = id, won[0]
		_, err := w.Do(t.Context(), w.asker, c)
		return err
	}
	refused(t, step(Command{Event: EventPay, Node: 1, Amount: 1, Voucher: "样例"}), "not_measured")
	refused(t, step(Command{Event: EventMeasure, Node: 2, Score: 90}), "not_open")
	check(t, step(Command{Event: EventMeasure, Node: 1, Score: 88}))
	refused(t, step(Command{Event: EventMeasure, Node: 1, Score: 90}), "not_open")
	check(t, step(Command{Event: EventPay, Node: 1, Amount: 1_500_000 * yuan, Voucher: "样例凭证"}))
	refused(t, step(Command{Event: EventPay, Node: 1, Amount: 1, Voucher: "样例凭证"}), "over_tranche")
	day1 := fact.DayOf(time.Now())
	refused(t, step(Command{Event: EventPostpone, Node: 2, Reason: "设备晚到", Day: day1 + 450}), "not_agreed")
	check(t, step(Command{Event: EventPostpone, Node: 2, Reason: "设备晚到", Day: day1 + 450, Agreed: true}))
	refused(t, step(Command{Event: EventPostpone, Node: 2, Reason: "设备晚到", Day: day1 + 460, Agreed: true}), "second_postponement")
	refused(t, step(Command{Event: EventAccept, Reason: "全部指标达到"}), "not_measured")
	check(t, step(Command{Event: EventMeasure, Node: 2, Score: 75}))
	check(t, step(Command{Event: EventAccept, Reason: "全部指标达到"}))
	check(t, step(Command{Event: EventPay, Node: 2, Amount: 2_500_000 * yuan, Voucher: "样例凭证"}))
	check(t, step(Command{Event: EventSettle}))
	v := w.read(t, actor.Guest(), id)
	if v.Challenge.State != Settled || v.Race.Left != 0 || v.Applications[0].State != AppAccepted || v.Applications[1].State != AppNotChosen {
		t.Errorf("%+v", v)
	}
	if v.Applications[0].Content != nil || v.Applications[1].Feedback != "" || len(v.Files) != 0 {
		t.Error("a guest sees what is not published")
	}
	lost := w.read(t, w.teams[1], id)
	if lost.Mine.Loss != "rank" || lost.Mine.Feedback != "样例反馈" || len(lost.Files) != 1 {
		t.Errorf("the loser sees no reason: %+v", lost.Mine)
	}
}

func TestSealed_NobodyOpensAndNothingTellsBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.opened(t, entry(30))
	before := w.dump(t)
	r, err := w.File(t.Context(), w.teams[0], id, paper(yuan))
	check(t, err)
	app := w.read(t, w.teams[0], id).Mine.ID
	for _, who := range []actor.Actor{w.asker, w.desk, w.far, w.it, w.experts[0], w.teams[1], w.teams[0]} {
		_, err := w.Paper(t.Context(), who, id, app)
		refused(t, err, "sealed")
		_, err = w.Do(t.Context(), who, Command{Challenge: id, Event: EventUnseal, Code: w.codes[SideDesk]})
		refused(t, err, "sealed")
		v := w.read(t, who, id)
		if len(v.Applications) != 0 || len(v.Files) != 0 || who.OrgID != w.teams[0].OrgID && v.Mine != nil {
			t.Errorf("%s sees applications", who.Name)
		}
	}
	if mine := w.read(t, w.teams[0], id).Mine; mine.Digest != r.Digest || mine.Content != nil {
		t.Errorf("receipt: %+v", mine)
	}
	after := w.dump(t)
	if strings.Contains(after, marker) {
		t.Error("the papers lie in the database")
	}
	for _, table := range []string{"message", "challenge_event", "challenge_file", "file"} {
		if grown(before, after, table) {
			t.Errorf("table %s tells that somebody applied", table)
		}
	}
}

// dump is every row of every table as text.
func (w *world) dump(t testing.TB) string {
	t.Helper()
	rows, err := w.db.Query(t.Context(), `select c.relname::text from pg_class c where c.relkind = 'r'
		and c.relnamespace = 'public'::regnamespace order by 1`)
	check(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	check(t, err)
	var b strings.Builder
	for _, table := range tables {
		rows, err := w.db.Query(
			t.Context(),
			`select x::text, convert_from(convert_to(x::text, 'UTF8'), 'UTF8') from `+pgx.Identifier{table}.Sanitize()+` x`,
		)
		check(t, err)
		var a, c string
		_, err = pgx.ForEachRow(rows, []any{&a, &c}, func() error { fmt.Fprintf(&b, "%s: %s\n", table, a); return nil })
		check(t, err)
	}
	raw, err := w.db.Query(t.Context(), `select sealed from challenge_paper`)
	check(t, err)
	all, err := pgx.CollectRows(raw, pgx.RowTo[[]byte])
	check(t, err)
	return b.String() + string(bytes.Join(all, nil))
}

func grown(before, after, table string) bool {
	return strings.Count(before, "\n"+table+": ") != strings.Count(after, "\n"+table+": ")
}
