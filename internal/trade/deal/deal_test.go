package deal

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a market with a university (supply), a company (demand), an agency with a broker, and strangers.
type world struct {
	*Service
	reader   *files.Reader
	db       *postgres.DB
	listings map[int64]ListingFacts
	now      time.Time

	university, colleague, company, broker, stranger, otherBroker, officer, registrar, guest actor.Actor
}

const (
	universityOrg = int64(1)
	companyOrg    = int64(2)
	agencyOrg     = int64(3)
	strangerOrg   = int64(4)
)

func (w *world) Facts(_ context.Context, id int64) (ListingFacts, error) {
	l, ok := w.listings[id]
	if !ok {
		return ListingFacts{}, fault.New(fault.NotFound, "listing_not_found", "没有找到")
	}
	return l, nil
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: w.now, Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

func (w *world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// Holds: the company has given every broker a mandate, the university none.
func (w *world) Holds(_ context.Context, _ postgres.Querier, _, org int64) (bool, error) {
	return org == companyOrg, nil
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), listings: map[int64]ListingFacts{}, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	for _, name := range []string{"样例大学", "样例企业", "样例转移机构", "样例旁观企业"} {
		w.exec(
			t,
			`insert into organisation (kind, name, division, state, created_at) values ('enterprise', $1, '150104', 'confirmed', $2)`,
			name,
			w.now,
		)
	}
	account := int64(0)
	who := func(org int64, name string, roles ...actor.Role) actor.Actor {
		account++
		w.exec(t, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', $2)`, name, w.now)
		return actor.Actor{AccountID: account, OrgID: org, Name: name, OrgName: fmt.Sprintf("单位%d", org), OrgState: actor.Confirmed, Roles: roles}
	}
	w.university = who(universityOrg, "university", actor.Member)
	w.colleague = who(universityOrg, "colleague", actor.OrgAdmin)
	w.company = who(companyOrg, "company", actor.Member)
	w.broker = who(agencyOrg, "broker", actor.Broker)
	w.stranger = who(strangerOrg, "stranger", actor.Member)
	w.otherBroker = who(agencyOrg, "other", actor.Broker, actor.Member)
	w.officer = who(strangerOrg, "officer", actor.RegionOfficer, actor.SystemAdmin)
	w.registrar = who(universityOrg, "registrar", actor.Registrar)
	store, err := files.New(t.TempDir(), func() time.Time { return w.now })
	if err != nil {
		t.Fatal(err)
	}
	w.Service = New(Config{DB: w.db, Audit: w, Listings: w, Files: store, Notices: w, Mandates: w,
		Now: func() time.Time { return w.now }})
	w.reader = files.NewReader(store, w.db)
	w.reader.Sees("deal", w.SeesFiles)
	return w
}

// opens tries to read a file of a talk.
func (w *world) opens(who actor.Actor, deal, file int64) error {
	f, err := w.reader.Open(context.Background(), who, files.Object{Kind: "deal", ID: deal}, file)
	switch {
	case err == nil:
		f.Close()
	case fault.HasCode(err, "file_lost"): // let in: these tests keep no contents
		return nil
	}
	return err
}

func (w *world) listing(t testing.TB, kind string, owner actor.Actor) int64 {
	t.Helper()
	var id int64
	err := w.db.QueryRow(context.Background(),
		`insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
values ($1, $2, $3, 'published', '{}', $4, $4) returning id`, kind, owner.OrgID, owner.AccountID, w.now).
		Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	w.listings[id] = ListingFacts{
		ID:           id,
		Kind:         kind,
		Side:         map[string]Side{"achievement": Supply, "demand": Demand}[kind],
		OrgID:        owner.OrgID,
		OwnerAccount: owner.AccountID,
		Title:        fmt.Sprintf("样例%s %d", kind, id),
		Open:         true,
		Field:        "05",
	}
	return id
}

// at puts a deal opened by the broker for the company into a state; in talking, terms version 1 of the broker
// is on the table and the sides named have accepted it.
func (w *world) at(t testing.TB, state State, accepted ...Side) Deal {
	t.Helper()
	ctx := context.Background()
	d, err := w.Open(
		ctx,
		w.broker,
		Approach{
			SupplyListing: w.listing(t, "achievement", w.university),
			DemandListing: w.listing(t, "demand", w.company),
			BrokerFor:     Demand,
			Message:       "愿意牵线",
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	switch state {
	case Interested:
	case Declined:
		must(w.Decline(ctx, w.university, d.ID, "price", ""))
	case Withdrawn:
		must(w.Withdraw(ctx, w.company, d.ID))
	default:
		must(w.Accept(ctx, w.university, d.ID))
		if state == Ended {
			must(w.End(ctx, w.university, d.ID, "leakage", ""))
			break
		}
		must(w.Propose(ctx, w.broker, d.ID, 0, terms()))
		if state == Agreed {
			accepted = []Side{Supply, Demand}
		}
		for _, s := range accepted {
			must(w.AcceptTerms(ctx, map[Side]actor.Actor{Supply: w.university, Demand: w.company}[s], d.ID, 1))
		}
	}
	return d
}

func terms() Terms {
	return Terms{ClassCode: "0101", Object: "稀土尾矿分选工艺开发，回收率不低于八成", Amount: 80 * money.WanYuan, Payment: "installments",
		StartsOn: "2026-03-10", EndsOn: "2027-03-09", Ownership: "双方共有", CommissionBP: 250, CommissionBy: Demand}
}

func (w *world) fire(who actor.Actor, d Deal, on Event) error {
	ctx := context.Background()
	var err error
	switch on {
	case EventAccept:
		_, err = w.Accept(ctx, who, d.ID)
	case EventDecline:
		_, err = w.Decline(ctx, who, d.ID, "maturity", "")
	case EventWithdraw:
		_, err = w.Withdraw(ctx, who, d.ID)
	case EventMessage:
		_, err = w.Say(ctx, who, d.ID, "您好", nil)
	case EventPropose:
		_, err = w.Propose(ctx, who, d.ID, 1, terms())
	case EventAcceptTerms:
		_, err = w.AcceptTerms(ctx, who, d.ID, 1)
	case EventEnd:
		_, err = w.End(ctx, who, d.ID, "price", "")
	case EventPassOver: // the market's own step: no person has a command for it
		_, err = w.step(ctx, who, d.ID, on, func(context.Context, *change) error { return nil })
	}
	return err
}

// TestEveryStateEventAndRole walks all triples; `allowed` is written out by hand, not taken from the table.
func TestEveryStateEventAndRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type key struct {
		state State
		on    Event
		who   string
	}
	// The deal was opened by the broker for the company, so the university answers.
	allowed := map[key]State{
		{Interested, EventAccept, "university"}: Talking, {Interested, EventAccept, "colleague"}: Talking,
		{Interested, EventDecline, "university"}: Declined, {Interested, EventDecline, "colleague"}: Declined,
		{Interested, EventWithdraw, "company"}: Withdrawn, {Interested, EventWithdraw, "broker"}: Withdrawn,
		{Talking, EventMessage, "university"}: Talking, {Talking, EventMessage, "colleague"}: Talking,
		{Talking, EventMessage, "company"}: Talking, {Talking, EventMessage, "broker"}: Talking,
		{Talking, EventPropose, "university"}: Talking, {Talking, EventPropose, "colleague"}: Talking,
		{Talking, EventPropose, "company"}: Talking, {Talking, EventPropose, "broker"}: Talking,
		{Talking, EventAcceptTerms, "university"}: Talking, {Talking, EventAcceptTerms, "colleague"}: Talking,
		{Talking, EventAcceptTerms, "company"}: Talking,
		{Talking, EventEnd, "university"}:      Ended, {Talking, EventEnd, "colleague"}: Ended, {Talking, EventEnd, "company"}: Ended,
		{Agreed, EventMessage, "university"}: Agreed, {Agreed, EventMessage, "colleague"}: Agreed,
		{Agreed, EventMessage, "company"}: Agreed, {Agreed, EventMessage, "broker"}: Agreed,
	}
	actors := map[string]actor.Actor{"university": w.university, "colleague": w.colleague, "company": w.company, "broker": w.broker,
		"stranger": w.stranger, "otherBroker": w.otherBroker, "officer": w.officer, "registrar": w.registrar, "guest": w.guest}
	parties := []string{"university", "colleague", "company", "broker"}
	states := []State{Interested, Talking, Agreed, Declined, Withdrawn, Ended}
	events := []Event{EventAccept, EventDecline, EventWithdraw, EventMessage, EventPropose, EventAcceptTerms, EventEnd, EventPassOver}
	for _, state := range states {
		d := w.at(t, state)
		for _, on := range events {
			known := slices.ContainsFunc(parties, func(p string) bool { _, ok := allowed[key{state, on, p}]; return ok }) ||
				on == EventPassOver && (state == Interested || state == Talking)
			for name, who := range actors {
				to, ok := allowed[key{state, on, name}]
				target := d
				if ok {
					target = w.at(t, state)
				}
				err := w.fire(who, target, on)
				at := fmt.Sprintf("%s in %s by %s", on, state, name)
				switch {
				case ok && err != nil:
					t.Errorf("%s: %v", at, err)
				case ok:
					if got, _, _ := w.visible(context.Background(), w.db, w.university, target.ID, false); got.State != to {
						t.Errorf("%s: state %s, want %s", at, got.State, to)
					}
				case !slices.Contains(parties, name):
					if !fault.HasCode(err, "deal_not_found") {
						t.Errorf("%s: %v, want deal_not_found", at, err)
					}
				case known && !fault.HasCode(err, "wrong_side"):
					t.Errorf("%s: %v, want wrong_side", at, err)
				case !known && !fault.HasCode(err, "wrong_state"):
					t.Errorf("%s: %v, want wrong_state", at, err)
				}
			}
		}
		if got, _, _ := w.visible(context.Background(), w.db, w.university, d.ID, false); got.State != state {
			t.Errorf("refused events moved the deal from %s to %s", state, got.State)
		}
	}
}

func TestAgreementNeedsBothSidesOnTheSameVersion(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	d := w.at(t, Talking, Supply)
	if _, err := w.AcceptTerms(ctx, w.colleague, d.ID, 1); !fault.HasCode(err, "already_accepted") {
		t.Errorf("second acceptance of one side: %v", err)
	}
	if _, err := w.Agreed(ctx, w.university, d.ID); !fault.HasCode(err, "deal_not_agreed") {
		t.Errorf("agreement after one acceptance: %v", err)
	}
	better := terms()
	better.Amount += money.WanYuan
	p, err := w.Propose(ctx, w.company, d.ID, 1, better)
	if err != nil || p.Number != 2 || !p.Accepted(Demand) || p.Accepted(Supply) {
		t.Fatalf("proposal %+v, %v", p, err)
	}
	if _, err := w.AcceptTerms(ctx, w.university, d.ID, 1); !fault.HasCode(err, "terms_moved") {
		t.Errorf("acceptance of the older version: %v", err)
	}
	if _, err := w.Propose(ctx, w.university, d.ID, 1, terms()); !fault.HasCode(err, "terms_moved") {
		t.Errorf("proposal on top of a version not seen: %v", err)
	}
	got, err := w.AcceptTerms(ctx, w.university, d.ID, 2)
	if err != nil || got.State != Agreed || got.AgreedAt == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	a, err := w.Agreed(ctx, w.broker, d.ID)
	if err != nil || a.Terms.Amount != better.Amount || a.Terms.Commission() != 2_025_000 || a.Supply == nil || a.Demand == nil {
		t.Errorf("agreement %+v, %v", a, err)
	}
}

func TestBothAcceptAtOnceAgreesExactlyOnce(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	for range 5 {
		d := w.at(t, Talking)
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i, a := range []actor.Actor{w.university, w.company, w.colleague, w.company} {
			wg.Go(func() { _, errs[i] = w.AcceptTerms(ctx, a, d.ID, 1) })
		}
		wg.Wait()
		refused := 0
		for _, err := range errs {
			if err != nil {
				refused++
				if !fault.Is(err, fault.Conflict) {
					t.Errorf("loser got %v", err)
				}
			}
		}
		v, err := w.Read(ctx, w.company, d.ID)
		accepted := 0
		for _, h := range v.History {
			if h.To == Agreed {
				accepted++
			}
		}
		if err != nil || v.Deal.State != Agreed || refused != 2 || accepted != 1 {
			t.Errorf("state %s, refused %d, agreed %d times, %v", v.Deal.State, refused, accepted, err)
		}
	}
}

func TestAnUnknownDealDoesNotExist(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	if _, err := w.Read(ctx, w.university, 99); !fault.HasCode(err, "deal_not_found") {
		t.Error(err)
	}
	if _, err := w.Accept(ctx, w.university, 99); !fault.HasCode(err, "deal_not_found") {
		t.Error(err)
	}
	if _, err := w.Agreed(ctx, w.university, 99); !fault.HasCode(err, "deal_not_found") {
		t.Error(err)
	}
}

func TestASuspendedOrganisationMayOnlyLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	suspended := w.university
	suspended.OrgState = actor.Suspended
	for _, on := range []Event{EventMessage, EventPropose, EventAcceptTerms} {
		if err := w.fire(suspended, w.at(t, Talking), on); !fault.HasCode(err, "org_not_confirmed") {
			t.Errorf("%s: %v", on, err)
		}
	}
	if err := w.fire(suspended, w.at(t, Interested), EventAccept); !fault.HasCode(err, "org_not_confirmed") {
		t.Errorf("accept: %v", err)
	}
	if err := w.fire(suspended, w.at(t, Talking), EventEnd); err != nil {
		t.Errorf("end: %v", err)
	}
	if err := w.fire(suspended, w.at(t, Interested), EventDecline); err != nil {
		t.Errorf("decline: %v", err)
	}
}

func TestOpenRefusesWhatIsNoApproach(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	achievement, demand := w.listing(t, "achievement", w.university), w.listing(t, "demand", w.company)
	ownNeed := w.listing(t, "demand", w.university)
	closed := w.listing(t, "achievement", w.university)
	l := w.listings[closed]
	l.Open = false
	w.listings[closed] = l
	pending := w.company
	pending.OrgState = actor.Pending
	for _, c := range []struct {
		rule string
		who  actor.Actor
		a    Approach
		code string
	}{
		{"guests sign in first", w.guest, Approach{SupplyListing: achievement}, "sign_in_needed"},
		{"a registrar is no member", w.registrar, Approach{DemandListing: demand}, "not_member"},
		{"a member without the role is no broker", w.company, Approach{SupplyListing: achievement, DemandListing: demand, BrokerFor: Demand},
			"not_broker"},
		{"a pending organisation waits", pending, Approach{SupplyListing: achievement}, "org_not_confirmed"},
		{"one listing is named", w.company, Approach{}, "supplyListingId missing"},
		{"a broker names the client's listing", w.broker, Approach{SupplyListing: achievement, BrokerFor: Demand}, "demandListingId missing"},
		{"the own achievement is no partner", w.university, Approach{SupplyListing: achievement}, "supplyListingId same_organisation"},
		{"nobody deals with itself", w.university, Approach{SupplyListing: achievement, DemandListing: ownNeed},
			"supplyListingId same_organisation"},
		{"a foreign need is no own need", w.stranger, Approach{SupplyListing: achievement, DemandListing: demand}, "demandListingId not_own"},
		{"closed listings rest", w.company, Approach{SupplyListing: closed}, "supplyListingId not_open"},
		{"a need is no achievement", w.company, Approach{SupplyListing: ownNeed}, "supplyListingId wrong_kind"},
		{"an unknown listing", w.company, Approach{SupplyListing: 9999}, "listing_not_found"},
		{"a message is written", w.company, Approach{SupplyListing: achievement, Message: " "}, "message too_short"},
		{"a message is bounded", w.company, Approach{SupplyListing: achievement, Message: strings.Repeat("字", maxMessage+1)}, "message too_long"},
	} {
		if c.a.Message == "" {
			c.a.Message = "希望合作"
		}
		_, err := w.Open(ctx, c.who, c.a)
		if got := describe(err); !strings.Contains(got, c.code) {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.code)
		}
	}
	if _, err := w.Open(ctx, w.company, Approach{SupplyListing: achievement, Message: "希望合作"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Open(ctx, w.company, Approach{SupplyListing: achievement, Message: "再次联系"}); !fault.HasCode(err, "already_open") {
		t.Errorf("a second open approach: %v", err)
	}
	if _, err := w.Open(ctx, w.university, Approach{SupplyListing: achievement, DemandListing: demand, Message: "我们有成果"}); err != nil {
		t.Errorf("another pair of listings: %v", err)
	}
}

// describe shows a fault's code or its fields as "path code; …".
func describe(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return fmt.Sprint(err)
	}
	var out strings.Builder
	out.WriteString(f.Code)
	for _, field := range f.Fields {
		out.WriteString("; " + field.Path + " " + field.Code)
	}
	return out.String()
}

func TestTermsNameEveryWrongField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule   string
		change func(*Terms)
		broker bool
		want   string
	}{
		{"good", func(*Terms) {}, true, "<nil>"},
		{"class", func(t *Terms) { t.ClassCode = "01" }, true, "classCode unknown_code"},
		{"free of charge", func(t *Terms) { t.Amount = 0 }, true, "amountFen bad_amount"},
		{"end before start", func(t *Terms) { t.EndsOn = "2026-03-09" }, true, "endsOn ends_before_begins"},
		{"no day", func(t *Terms) { t.StartsOn = "2026-02-30" }, true, "startsOn bad_date"},
		{"royalty without terms", func(t *Terms) { t.Royalty = true }, true, "royaltyTerms too_short"},
		{"royalty payment without royalty", func(t *Terms) { t.Payment = "sales_share" }, true, "royalty royalty_mismatch"},
		{"licence without years", func(t *Terms) { t.ClassCode = "0301" }, true, "licenceYears bad_years; exclusive unknown_code"},
		{"commission without broker", func(*Terms) {}, false, "commissionBp no_broker"},
		{"commission without payer", func(t *Terms) { t.CommissionBy = "" }, true, "commissionBy missing"},
		{"commission above the guard", func(t *Terms) { t.CommissionBP = 3001 }, true, "commissionBp bad_share"},
	} {
		terms := terms()
		c.change(&terms)
		if got := describe(terms.check(c.broker)); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
}

func TestCommissionIsTheShareRoundedHalfUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := Terms{
			Amount:       money.Fen(rapid.Int64Range(0, int64(money.Max)).Draw(t, "amount")),
			CommissionBP: rapid.Int64Range(0, MaxCommissionBP).Draw(t, "bp"),
		}
		twice := new(big.Int).Mul(big.NewInt(int64(terms.Amount)), big.NewInt(2*terms.CommissionBP))
		want := twice.Add(twice, big.NewInt(10_000)).Quo(twice, big.NewInt(20_000)).Int64()
		if got := int64(terms.Commission()); got != want {
			t.Fatalf("commission %d, want %d", got, want)
		}
	})
}

func TestThreadKeepsOrderFilesAndBounds(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	d := w.at(t, Talking)
	file := func(owner int64) (id int64) {
		err := w.db.QueryRow(ctx, `insert into file (digest, name, mime, size, purpose, owner_org, created_at)
			values ('ab', '方案.pdf', 'application/pdf', 10, 'deal', $1, $2) returning id`, owner, w.now).
			Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	own, foreign := file(universityOrg), file(companyOrg)
	if _, err := w.Say(ctx, w.university, d.ID, "附方案", []int64{own, own}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Say(ctx, w.university, d.ID, "别人的文件", []int64{foreign}); !fault.HasCode(err, "file_not_found") {
		t.Errorf("file of another organisation: %v", err)
	}
	if _, err := w.Say(ctx, w.university, d.ID, "太多", []int64{1, 2, 3, 4, 5, 6}); !strings.Contains(describe(err), "files too_many") {
		t.Errorf("six files: %v", err)
	}
	if _, err := w.Say(ctx, w.university, d.ID, "零\x00字节", nil); !strings.Contains(describe(err), "body bad_text") {
		t.Errorf("a NUL byte: %v", err)
	}
	thread, err := w.Messages(ctx, w.company, d.ID, 0, 100)
	if err != nil || len(thread) != 2 || thread[0].Side != Broker || thread[1].Side != Supply || len(thread[1].Files) != 1 ||
		thread[1].Files[0].Name != "方案.pdf" {
		t.Fatalf("thread %+v, %v", thread, err)
	}
	if rest, err := w.Messages(ctx, w.company, d.ID, thread[0].ID, 100); err != nil || len(rest) != 1 {
		t.Errorf("page after the first: %d, %v", len(rest), err)
	}
	if err := w.opens(w.company, d.ID, own); err != nil {
		t.Errorf("the other side reads the file: %v", err)
	}
	for _, a := range []actor.Actor{w.stranger, w.officer, w.registrar, w.guest} {
		if err := w.opens(a, d.ID, own); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads the file: %v", a.Name, err)
		}
		if _, err := w.Messages(ctx, a, d.ID, 0, 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads the thread: %v", a.Name, err)
		}
	}
	if err := w.opens(w.company, d.ID, foreign); !fault.HasCode(err, "file_not_found") {
		t.Errorf("a file that is not in the thread: %v", err)
	}
}

func TestEveryStepTellsTheOthersAndIsAudited(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	d := w.at(t, Agreed)
	inbox := func(a actor.Actor) []notify.Received {
		list, err := notify.Box(ctx, w.db, a.AccountID, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	// open, accept, propose, two acceptances: each tells everybody but the one who acted.
	for _, c := range []struct {
		who  actor.Actor
		want int
	}{{w.university, 3}, {w.company, 4}, {w.broker, 3}, {w.stranger, 0}} {
		list := inbox(c.who)
		if len(list) != c.want {
			t.Errorf("%s has %d messages, want %d: %+v", c.who.Name, len(list), c.want, list)
		}
		for _, m := range list {
			if m.Link != fmt.Sprintf("/deals/%d", d.ID) {
				t.Errorf("link %q", m.Link)
			}
		}
	}
	v, err := w.Read(ctx, w.company, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	var history []Event
	for _, s := range v.History {
		history = append(history, s.Event)
	}
	if want := []Event{EventOpen, EventAccept, EventPropose, EventAcceptTerms, EventAcceptTerms}; !slices.Equal(history, want) {
		t.Errorf("history %v, want %v", history, want)
	}
	if !slices.Equal(v.Events, []Event{EventMessage}) || v.Side != Demand {
		t.Errorf("events %v as %s", v.Events, v.Side)
	}
	if rows, _, err := audit.Verify(ctx, w.db); err != nil || rows != 5 {
		t.Errorf("audit rows %d, %v", rows, err)
	}
}

func TestRepliesCountApproachesReceived(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	w.at(t, Interested)
	w.at(t, Withdrawn)
	d := w.at(t, Interested)
	w.now = w.now.Add(30 * time.Hour)
	if _, err := w.Accept(ctx, w.university, d.ID); err != nil {
		t.Fatal(err)
	}
	got, err := w.Replies(ctx, universityOrg, w.now.AddDate(-1, 0, 0), false)
	if want := (Replies{Received: 2, Answered: 1, MedianHours: 30}); err != nil || got != want {
		t.Errorf("university %+v, %v, want %+v", got, err, want)
	}
	if got, err := w.Replies(ctx, companyOrg, w.now.AddDate(-1, 0, 0), false); err != nil || got != (Replies{}) {
		t.Errorf("the approaching side %+v, %v", got, err)
	}
	w.at(t, Agreed)
	records, err := w.Records(ctx, []int64{w.broker.AccountID, w.otherBroker.AccountID}, false)
	if want := (Record{Introduced: 4, Accepted: 2, Agreed: 1}); err != nil || records[w.broker.AccountID] != want || len(records) != 1 {
		t.Errorf("records %+v, %v", records, err)
	}
}

func TestListsShowOnlyOwnDeals(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	first, second := w.at(t, Talking), w.at(t, Declined)
	for _, c := range []struct {
		who  actor.Actor
		f    Filter
		want []int64
	}{
		{w.university, Filter{Limit: 10}, []int64{second.ID, first.ID}},
		{w.company, Filter{Limit: 1}, []int64{second.ID}},
		{w.company, Filter{Limit: 1, After: second.ID}, []int64{first.ID}},
		{w.broker, Filter{Limit: 10, State: Talking}, []int64{first.ID}},
		{w.university, Filter{Limit: 10, Listing: first.SupplyListing}, []int64{first.ID}},
		{w.otherBroker, Filter{Limit: 10}, nil},
		{w.registrar, Filter{Limit: 10}, nil},
		{w.officer, Filter{Limit: 10}, nil},
	} {
		list, err := w.List(ctx, c.who, c.f)
		var got []int64
		for _, d := range list {
			got = append(got, d.ID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s %+v: got %v, %v, want %v", c.who.Name, c.f, got, err, c.want)
		}
	}
}

// TestRandomSequencesKeepTheInvariants fires random events of random people and checks what must always hold.
func TestRandomSequencesKeepTheInvariants(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	actors := []actor.Actor{w.university, w.colleague, w.company, w.broker, w.stranger}
	rapid.Check(t, func(rt *rapid.T) {
		d := w.at(t, Interested)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			who := rapid.SampledFrom(actors).Draw(rt, "actor")
			v, err := w.Read(ctx, w.university, d.ID)
			if err != nil {
				rt.Fatal(err)
			}
			seen := len(v.Proposals)
			switch rapid.IntRange(0, 6).Draw(rt, "event") {
			case 0:
				_, err = w.Accept(ctx, who, d.ID)
			case 1:
				_, err = w.Decline(ctx, who, d.ID, "price", "")
			case 2:
				_, err = w.Say(ctx, who, d.ID, "您好", nil)
			case 3:
				_, err = w.Propose(ctx, who, d.ID, seen, terms())
			case 4, 5:
				_, err = w.AcceptTerms(ctx, who, d.ID, seen)
			case 6:
				_, err = w.End(ctx, who, d.ID, "price", "")
			}
			if err != nil && fault.Is(err, fault.Internal) {
				rt.Fatal(err)
			}
			after, err := w.Read(ctx, w.university, d.ID)
			if err != nil {
				rt.Fatal(err)
			}
			last := after.Terms()
			agreed := last != nil && last.Accepted(Supply) && last.Accepted(Demand)
			if (after.Deal.State == Agreed) != agreed {
				rt.Fatalf("state %s with terms %+v", after.Deal.State, last)
			}
			if (after.Deal.AnsweredAt == nil) != (after.Deal.State == Interested) {
				rt.Fatalf("state %s answered at %v", after.Deal.State, after.Deal.AnsweredAt)
			}
			if len(after.History) > 0 && after.History[len(after.History)-1].To != after.Deal.State {
				rt.Fatalf("history ends in %s, deal in %s", after.History[len(after.History)-1].To, after.Deal.State)
			}
		}
	})
}
