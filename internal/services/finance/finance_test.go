package finance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/services/finance"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const number = "2027150104000001"

// world is a firm with a registered contract, a bank with a product, another bank and an officer.
type world struct {
	*finance.Service
	db                        *postgres.DB
	now                       time.Time
	entry                     int64
	firm, bank, other, league actor.Actor
	reads                     []actor.Actor
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: w.now, Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), now: time.Date(2027, 3, 2, 1, 0, 0, 0, time.UTC)}
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1 // tests don't guard passwords
	now := func() time.Time { return w.now }
	people, err := identity.New(identity.Config{DB: w.db, Audit: w, Now: now, Policy: policy})
	must(t, err)
	record := finance.Record{Number: number, Title: "样例合同", Amount: 5_000_000 * money.Yuan}
	w.Service = finance.New(finance.Config{DB: w.db, Audit: w, Notices: w, Directory: people, Now: now,
		Product: func(_ context.Context, entry int64) (finance.Product, error) {
			return finance.Product{OrgID: w.bank.OrgID, Name: "样例成果贷", From: 500_000 * money.Yuan, To: 2_000_000 * money.Yuan, Months: 24}, nil
		},
		Own: func(_ context.Context, who actor.Actor) ([]finance.Record, error) {
			if who.In(w.firm.OrgID) {
				return []finance.Record{record}, nil
			}
			return nil, nil
		},
		Record: func(_ context.Context, firm actor.Actor, _ string) (finance.Record, error) {
			w.reads = append(w.reads, firm)
			return record, nil
		}})
	org := func(name string, k actor.OrgKind, login string, role actor.Role) identity.ProvisionOrganisation {
		return identity.ProvisionOrganisation{
			Organisation: identity.Organisation{Name: name, Kind: k, Division: "150104", State: actor.Confirmed},
			People: []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: login, DisplayName: login, Password: "x"},
				Roles: []actor.Role{role}}}}
	}
	_, err = people.Provision(t.Context(), []identity.ProvisionOrganisation{org("样例公司", actor.Enterprise, "firm", actor.Member),
		org("样例银行", actor.Enterprise, "bank", actor.Member), org("样例乙银行", actor.Enterprise, "other", actor.Member),
		org("样例科技局", actor.Government, "league", actor.LeagueOfficer)})
	must(t, err)
	for login, to := range map[string]*actor.Actor{"firm": &w.firm, "bank": &w.bank, "other": &w.other, "league": &w.league} {
		*to, err = people.ActorFor(t.Context(), login)
		must(t, err)
	}
	must(t, w.db.QueryRow(t.Context(), `insert into register_entry (kind, organisation_id, division, name, content, state, needs_consent,
		confirmed_at, created_at, updated_at) values ('finance', $1, '150104', '样例成果贷', '{"schema":1}', 'listed', false, now(), now(), now())
		returning id`, w.bank.OrgID).Scan(&w.entry))
	// The number must stand on the register; what else the register knows of it is no matter of this room.
	_, err = w.db.Exec(t.Context(), `alter table finance_record drop constraint finance_record_number_fkey`)
	must(t, err)
	return w
}

func (w *world) asking() finance.Asking {
	return finance.Asking{Entry: w.entry, Amount: 1_000_000 * money.Yuan, Months: 12, Purpose: "样例：采购设备", Records: []string{number},
		Until: "2027-03-31"}
}

func TestConsent_ToOneBankAndNoLongerThanItLives(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	id, err := w.Ask(ctx, w.firm, w.asking())
	must(t, err)
	look := func(who actor.Actor) error { _, err := w.Look(ctx, who, id, number); return err }
	must(t, look(w.bank))
	if len(w.reads) != 1 || w.reads[0].OrgID != w.firm.OrgID {
		t.Errorf("read in the name of %+v", w.reads)
	}
	for who, a := range map[string]actor.Actor{"another bank": w.other, "an officer": w.league} { // consent to one bank
		if err := look(a); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if _, err := w.Look(ctx, w.bank, id, "2027150104000002"); !fault.Is(err, fault.NotFound) {
		t.Errorf("what was not named: %v", err)
	}
	// Withdrawn while the bank reads: its page still stands open, the next request is refused, and the looks stay written down.
	open, err := w.Read(ctx, w.bank, id)
	must(t, err)
	_, err = w.Do(ctx, w.firm, finance.Command{Request: id, Event: finance.EventRevoke})
	must(t, err)
	if !open.Open || len(open.Numbers) != 1 {
		t.Errorf("before: %+v", open)
	}
	if err := look(w.bank); !fault.HasCode(err, "consent_over") {
		t.Errorf("after the withdrawal: %v", err)
	}
	after, err := w.Read(ctx, w.bank, id)
	must(t, err)
	if after.Open || len(after.Numbers) != 0 {
		t.Errorf("after: %+v", after.Numbers)
	}
	if !slices.ContainsFunc(after.Steps, func(s finance.Step) bool { return s.Event == finance.EventLook && s.Reason == number }) {
		t.Error("the look is not written down")
	}
	// Given again until a day, both inside; over at midnight here.
	_, err = w.Do(ctx, w.firm, finance.Command{Request: id, Event: finance.EventShare, Records: []string{number}, Until: "2027-03-03"})
	must(t, err)
	w.now = time.Date(2027, 3, 3, 15, 59, 0, 0, time.UTC)
	must(t, look(w.bank))
	w.now = w.now.Add(time.Minute)
	if err := look(w.bank); !fault.HasCode(err, "consent_over") {
		t.Errorf("after its last day: %v", err)
	}
	// The end of a request is the end of its consent.
	w.now = time.Date(2027, 3, 4, 2, 0, 0, 0, time.UTC)
	_, err = w.Do(ctx, w.firm, finance.Command{Request: id, Event: finance.EventShare, Records: []string{number}, Until: "2027-03-31"})
	must(t, err)
	_, err = w.Do(ctx, w.bank, finance.Command{Request: id, Event: finance.EventDecline, Reason: "样例：现金流不足"})
	must(t, err)
	if err := look(w.bank); !fault.HasCode(err, "consent_over") {
		t.Errorf("after the refusal: %v", err)
	}
}

func TestRequest_FromAskToRepaidWithItsFigures(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	a := w.asking()
	a.Amount = 3_000_000 * money.Yuan // the product ends at 200 万元
	if got := fields(call(w.Ask(ctx, w.firm, a))); !slices.Equal(got, []string{"amount"}) {
		t.Errorf("outside the product: %v", got)
	}
	a = finance.Asking{Entry: w.entry, Records: []string{"2027150104000009"}, Until: "2026-01-01"}
	if got := fields(call(w.Ask(ctx, w.firm, a))); !slices.Equal(got, strings.Fields("amount months purpose records until")) {
		t.Errorf("all wrong: %v", got)
	}
	id, err := w.Ask(ctx, w.firm, w.asking())
	must(t, err)
	if err := call(w.Ask(ctx, w.firm, w.asking())); !fault.HasCode(err, "already_asked") {
		t.Errorf("twice: %v", err)
	}
	if got, err := w.Awaiting(ctx, w.bank); err != nil || len(got) != 1 {
		t.Errorf("waits for the bank: %d %v", len(got), err)
	}
	for _, c := range []finance.Command{{Event: finance.EventOffer, Amount: 800_000 * money.Yuan, Reason: "样例：年化 3.65%"},
		{Event: finance.EventGrant, Amount: 700_000 * money.Yuan, Reason: "样例借字 1 号"}, {Event: finance.EventOverdue, Reason: "样例：利息逾期"},
		{Event: finance.EventRepaid}} {
		c.Request = id
		if _, err := w.Do(ctx, w.firm, c); !fault.HasCode(err, "wrong_side") {
			t.Errorf("%s by the firm: %v", c.Event, err)
		}
		_, err := w.Do(ctx, w.bank, c)
		must(t, err)
	}
	if _, err := w.Do(ctx, w.bank, finance.Command{Request: id, Event: finance.EventOffer}); !fault.HasCode(err, "wrong_state") {
		t.Errorf("after the end: %v", err)
	}
	got, err := w.Figures(ctx, w.league)
	must(t, err)
	if want := []finance.Count{{State: finance.Repaid, N: 1, Asked: 1_000_000 * money.Yuan,
		Granted: 700_000 * money.Yuan}}; !slices.Equal(got, want) {
		t.Errorf("figures %+v", got)
	}
	if list, err := w.List(ctx, w.league, finance.Filter{Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("an officer lists %d: %v", len(list), err)
	}
}

func call(_ int64, err error) error { return err }

func fields(err error) (out []string) {
	var f *fault.Error
	if errors.As(err, &f) {
		for _, x := range f.Fields {
			out = append(out, x.Path)
		}
	}
	return out
}
