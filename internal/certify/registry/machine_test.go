package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// TestWhatTheTableDoesNotAllowIsRefusedAuditedAndChangesNothing walks every (state, event, part).
const refusals = `select coalesce(sum(n), 0) from refusal`

func TestWhatTheTableDoesNotAllowIsRefusedAuditedAndChangesNothing(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	reg := w.Register(w.Content(), nil)
	_, err := w.DB.Exec(ctx, `insert into filing_part (filing_id, account_id, part) values ($1, $2, 'expert')`, f.ID, w.Expert.AccountID)
	registrytest.Check(t, err)
	who := map[registry.Part]actor.Actor{
		registry.Applicant:  w.Seller,
		registry.Party:      w.Buyer,
		registry.Registrar:  w.Registrar,
		registry.Reviewer:   w.Reviewer,
		registry.Expert:     w.Expert,
		registry.Head:       w.Head,
		registry.Supervisor: w.League,
		registry.TaxReader:  w.Tax,
	}
	for _, on := range []registry.Aggregate{registry.OnFiling, registry.OnRegistration} {
		var states []registry.State
		var events []registry.Event
		permitted := map[string]bool{}
		for _, r := range registry.Table() {
			if r.On != on || r.Event == registry.EventSubmit || r.Event == registry.EventKeep {
				continue
			}
			for _, st := range append([]registry.State{r.From}, r.To...) {
				if !slices.Contains(states, st) {
					states = append(states, st)
				}
			}
			if on == registry.OnRegistration && r.Event == registry.EventRegisterChange {
				continue // its call is the filing's
			}
			if !slices.Contains(events, r.Event) {
				events = append(events, r.Event)
			}
			permitted[fmt.Sprint(r.From, r.Event, r.Part)] = true
			if r.Event == registry.EventRegister || r.Event == registry.EventRegisterChange {
				permitted[fmt.Sprint(r.From, registry.EventRegister, r.Part)], permitted[fmt.Sprint(r.From, registry.EventRegisterChange,
					r.Part)] = true, true
			}
		}
		snapshot := `select to_jsonb(filing)::text from filing where id = $1`
		set, key := `update filing set state = $2 where id = $1`, any(f.ID)
		if on == registry.OnRegistration {
			snapshot, set, key = `select to_jsonb(registration)::text from registration where number = $1`, `update registration set state = $2
				where number = $1`, any(
				reg.Number,
			)
		}
		for _, state := range states {
			_, err := w.DB.Exec(ctx, set, key, state)
			registrytest.Check(t, err)
			var before, after string
			var refusedBefore, refusedAfter, calls int
			w.Scan(&before, snapshot, key)
			w.Scan(&refusedBefore, refusals)
			for _, event := range events {
				for part, who := range who {
					if permitted[fmt.Sprint(state, event, part)] {
						continue
					}
					calls++
					err := w.Fire(on, event, who, f, reg.Number)
					unassigned := part == registry.Expert && on == registry.OnRegistration // an expert reads cases, not the register
					if fault.Is(err, fault.NotFound) != unassigned || !unassigned && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Forbidden) {
						t.Errorf("%s: %s by %s: %v", state, event, part, err)
					}
				}
			}
			w.Scan(&after, snapshot, key)
			w.Scan(&refusedAfter, refusals)
			if before != after {
				t.Errorf("%s: a refused event changed the row\n%s\n%s", state, before, after)
			}
			if refusedAfter-refusedBefore != calls {
				t.Errorf("%s: %d refusals audited of %d", state, refusedAfter-refusedBefore, calls)
			}
		}
	}
}

// contend runs the calls while the row is locked, so that all have started before the first can go on.
func contend(t *testing.T, w *registrytest.World, lock string, key any, calls ...func() error) []error {
	t.Helper()
	ctx := context.Background()
	tx, err := w.DB.Pool.Begin(ctx)
	registrytest.Check(t, err)
	_, err = tx.Exec(ctx, lock, key)
	registrytest.Check(t, err)
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() { errs[i] = call() })
	}
	for waiting := 0; waiting < len(calls); {
		w.Scan(&waiting, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
		time.Sleep(time.Millisecond)
	}
	registrytest.Check(t, tx.Commit(ctx))
	wg.Wait()
	return errs
}

const lockFiling = `select from filing where id = $1 for update`

func one(t *testing.T, errs []error) int {
	t.Helper()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Fatal("two calls won")
		case err == nil:
			winner = i
		case !fault.Is(err, fault.Conflict):
			t.Errorf("the loser was told %v, want a conflict", err)
		}
	}
	if winner < 0 {
		t.Fatalf("nobody won: %v", errs)
	}
	return winner
}

func TestOfTwoRegistrarsWhoAcceptOneIsTold(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	who := []actor.Actor{w.Registrar, w.Registrar2}
	winner := one(t, contend(t, w, lockFiling, f.ID,
		func() error {
			_, err := w.S.Do(ctx, who[0], registry.Command{Filing: f.ID, Event: registry.EventAccept})
			return err
		},
		func() error {
			_, err := w.S.Do(ctx, who[1], registry.Command{Filing: f.ID, Event: registry.EventAccept})
			return err
		}))
	if got := w.Filing(f.ID).Registrar; got != who[winner].AccountID {
		t.Errorf("registrar %d, want the winner %d", got, who[winner].AccountID)
	}
}

func TestAcceptWhileWithdrawnHasOneOutcome(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	winner := one(t, contend(t, w, lockFiling, f.ID,
		func() error {
			_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
			return err
		},
		func() error {
			_, err := w.S.Do(ctx, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventWithdraw, Text: "再改一改"})
			return err
		}))
	if got, want := w.Filing(f.ID).State, []registry.State{registry.InReview, registry.Withdrawn}[winner]; got != want {
		t.Errorf("state %s, want %s", got, want)
	}
}

func TestRegisteringTwiceGivesOneNumberAndOneEntry(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Pass(w.Submit(w.Content()).ID, nil)
	register := func() error {
		_, err := w.S.Do(ctx, w.Head, registry.Command{Filing: f.ID, Event: registry.EventRegister})
		return err
	}
	one(t, contend(t, w, lockFiling, f.ID, register, register))
	var registrations, entries, certificates, rows, jobs int
	w.Scan(&registrations, `select count(*) from registration`)
	w.Scan(&entries, `select count(*) from period_entry`)
	w.Scan(&certificates, `select count(*) from certificate`)
	w.Scan(&rows, `select count(*) from ledger_row where kind = 'certificate'`)
	w.Scan(&jobs, `select count(*) from river_job where kind = 'certificate_pdf'`)
	if registrations != 1 || entries != 1 || certificates != 1 || rows != 1 || jobs != 1 {
		t.Errorf(
			"registrations %d entries %d certificates %d ledger rows %d jobs %d, want one of each",
			registrations,
			entries,
			certificates,
			rows,
			jobs,
		)
	}
}

func TestAStaleSheetIsNotSaved(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f, err := registrytest.FilingOf(w.S.Do(ctx, w.Registrar, registry.Command{Filing: w.Submit(w.Content()).ID, Event: registry.EventAccept}))
	registrytest.Check(t, err)
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{Filing: f.ID, Version: f.Version, Event: registry.EventSaveReview, Review: registry.Review{Class: "0101", Opinion: "甲"}},
	)
	registrytest.Check(t, err)
	if _, err = w.S.Do(ctx, w.Registrar2, registry.Command{Filing: f.ID, Version: f.Version, Event: registry.EventSaveReview,
		Review: registry.Review{Class: "0101", Opinion: "乙"}}); !fault.HasCode(
		err,
		"stale_version",
	) {
		t.Errorf("the later save: %v", err)
	}
	if got := w.Filing(f.ID).Review.Opinion; got != "甲" {
		t.Errorf("opinion %q", got)
	}
}

func TestNumbersAreTakenOnceAndWithoutGapsWhenHeadsRegisterTogether(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	const n = 8
	var filings []registry.Filing
	for range n {
		filings = append(filings, w.Pass(w.Submit(w.Content()).ID, nil))
	}
	numbers := make([]string, n)
	var group errgroup.Group
	for i, f := range filings {
		group.Go(func() error {
			reg, err := registrytest.RegistrationOf(w.S.Do(ctx, w.Head, registry.Command{Filing: f.ID, Event: registry.EventRegister}))
			numbers[i] = reg.Number
			return err
		})
	}
	registrytest.Check(t, group.Wait())
	slices.Sort(numbers)
	for i, got := range numbers {
		if want := fmt.Sprintf("2026150103%06d", i+1); got != want {
			t.Errorf("number %s, want %s", got, want)
		}
	}
	w.Later(300) // another year: a new sequence
	content := w.Content()
	reg := w.Register(content, nil)
	if want := "2027150103000001"; reg.Number != want {
		t.Errorf("number of the next year %s, want %s", reg.Number, want)
	}
}

func TestANationalNumberIsEnteredOnceAndMustFitThePoint(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	_, err := w.Points.SaveSettings(
		ctx,
		w.Head,
		w.County.ID,
		point.Settings{Version: 1, NumberSource: point.NationalNumbers, SecondReview: point.ReviewerOnly},
	)
	registrytest.Check(t, err)
	a, b := w.Pass(w.Submit(w.Content()).ID, nil), w.Pass(w.Submit(w.Content()).ID, nil)
	for _, bad := range []string{"", "2025150103000017", "2026150203000017", "202615010300001", "20261501030000١٧", "2026150103000000"} {
		if _, err := w.S.Do(ctx, w.Head, registry.Command{Filing: a.ID, Event: registry.EventRegister, National: bad}); !fault.HasCode(
			err,
			"number_format",
		) {
			t.Errorf("number %q: %v", bad, err)
		}
	}
	_, err = w.S.Do(ctx, w.Head, registry.Command{Filing: a.ID, Event: registry.EventRegister, National: "2026 1501 03 000017"})
	registrytest.Check(t, err)
	if _, err := w.S.Do(ctx, w.Head, registry.Command{Filing: b.ID, Event: registry.EventRegister,
		National: "2026150103000017"}); !fault.HasCode(
		err,
		"number_taken",
	) {
		t.Errorf("a number was used twice: %v", err)
	}
	_, err = w.Points.SaveSettings(
		ctx,
		w.Head,
		w.County.ID,
		point.Settings{Version: 2, NumberSource: point.OwnNumbers, SecondReview: point.ReviewerOnly},
	)
	registrytest.Check(t, err)
	reg, err := registrytest.RegistrationOf(w.S.Do(ctx, w.Head, registry.Command{Filing: b.ID, Event: registry.EventRegister}))
	registrytest.Check(t, err)
	if want := "2026150103000018"; reg.Number != want {
		t.Errorf("the own sequence gave %s, want %s", reg.Number, want)
	}
}

func TestADeskSeesOnlyItsOwnCases(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f, err := registrytest.FilingOf(w.S.Do(ctx, w.Registrar, registry.Command{Filing: w.Submit(w.Content()).ID, Event: registry.EventAccept}))
	registrytest.Check(t, err)
	w.Review(w.Registrar, f.ID, nil)
	_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventPassFirstReview})
	registrytest.Check(t, err)
	for name, c := range map[string]struct {
		who  actor.Actor
		sees bool
	}{
		"registrar": {w.Registrar, true}, "reviewer": {w.Reviewer, true}, "seller": {w.Seller, true}, "colleague": {w.Seller2, true},
		"buyer":  {w.Buyer, true},
		"league": {w.League, true}, "region": {w.Regional, true}, "other league": {w.OtherLeague, false}, "other county": {w.Stranger, false},
		"tax while open": {w.Tax, false}, "guest": {actor.Guest(), false},
	} {
		shown, err := w.S.Case(ctx, c.who, f.ID)
		if c.sees != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !fault.Is(err, fault.NotFound) && c.who.SignedIn() {
			t.Errorf("%s learns that the case exists: %v", name, err)
		}
		page, err := w.S.Queue(ctx, c.who, registry.QueueFilter{})
		if c.who.SignedIn() {
			registrytest.Check(t, err)
		}
		if listed := len(page.Rows) == 1; name != "tax while open" && listed != c.sees {
			t.Errorf("%s: listed %v", name, listed)
		}
		if name == "seller" || name == "buyer" {
			if shown.Filing.Review.Opinion != "" || shown.Decision != nil ||
				slices.ContainsFunc(shown.Events, func(e registry.EventRow) bool { return e.Internal }) {
				t.Errorf("%s reads the desk's notes: %+v", name, shown.Filing.Review)
			}
		}
	}
	var refused int
	w.Scan(
		&refused,
		`select coalesce(sum(n), 0) from refusal where action = 'registry.read' and sample = 'filing/' || $1::text`,
		fmt.Sprint(f.ID),
	)
	if refused != 3 {
		t.Errorf("%d refused readings audited, want 3", refused)
	}
}

func TestQueuePagesByDueDateWithoutLossOrRepeat(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	want := map[int64]bool{}
	for i := range 7 {
		want[w.Submit(w.Content()).ID] = true
		if i%2 == 0 {
			w.Later(1)
		}
	}
	var last time.Time
	got, cursor := 0, ""
	for {
		page, err := w.S.Queue(ctx, w.Registrar, registry.QueueFilter{Limit: 3, Cursor: cursor})
		registrytest.Check(t, err)
		if cursor == "" && page.Counts[registry.AwaitingAcceptance] != 7 {
			t.Errorf("counts %v", page.Counts)
		}
		for _, r := range page.Rows {
			if !want[r.ID] || r.Due.On.Before(last) {
				t.Errorf("row %d due %s", r.ID, r.Due.On)
			}
			delete(want, r.ID)
			last = r.Due.On
			got++
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if got != 7 || len(want) != 0 {
		t.Errorf("%d rows, %d missing", got, len(want))
	}
	mine, err := w.S.Queue(ctx, w.Registrar, registry.QueueFilter{Mine: true})
	registrytest.Check(t, err)
	if len(mine.Rows) != 0 {
		t.Errorf("%d rows are mine before I accepted any", len(mine.Rows))
	}
}

func TestLargeCasesNeedExpertsAndRevocationComesFromAbove(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	registrytest.Class("0101", 6_000_000*yuan)(&content)
	f := w.Pass(w.Submit(content).ID, nil)
	if _, err := w.S.Do(ctx, w.Head, registry.Command{Filing: f.ID, Event: registry.EventRegister}); !fault.HasCode(err, "wrong_state") {
		t.Errorf("a large contract was registered without experts: %v", err)
	}
	w.Assign(f.ID)
	if _, err := w.S.Do(ctx, w.Expert, registry.Command{Filing: f.ID, Event: registry.EventPassExperts, Text: "同意"}); !fault.Is(
		err,
		fault.Invalid,
	) {
		t.Errorf("experts passed without minutes: %v", err)
	}
	reg := w.Finish(f)
	if _, err := w.S.Do(ctx, w.OtherLeague,
		registry.Command{Number: reg.Number, Event: registry.EventAnnounceRevocation, Ground: "fraud", Text: "查实为虚假合同"}); !fault.Is(
		err,
		fault.NotFound,
	) {
		t.Errorf("another league revoked it: %v", err)
	}
	got, err := w.Revoke(reg.Number, "fraud")
	registrytest.Check(t, err)
	if got.State != registry.Revoked {
		t.Errorf("state %s", got.State)
	}
}

func TestAPeriodEntryIsNeverRewritten(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	w.Register(w.Content(), nil)
	_, err := w.DB.Exec(context.Background(), `update period_entry set amount = 0`)
	if err == nil || !strings.Contains(err.Error(), "never rewritten") {
		t.Errorf("update: %v", err)
	}
	if _, err = w.DB.Exec(context.Background(), `delete from period_entry`); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v", err)
	}
}

func TestTheDeskCountsWhatWaitsForTheRole(t *testing.T) {
	t.Parallel()
	queue := registry.QueuePage{
		Counts: map[registry.State]int{
			registry.AwaitingAcceptance:   1,
			registry.InReview:             2,
			registry.Correcting:           4,
			registry.AwaitingSecondReview: 8,
			registry.AwaitingExperts:      16,
			registry.AwaitingRegistration: 32,
		},
	}
	for role, want := range map[actor.Role]int{actor.Registrar: 3, actor.Reviewer: 8, actor.Expert: 16, actor.PointHead: 32, actor.Member: 0} {
		if got := queue.Waiting(actor.Actor{Roles: []actor.Role{role}}); got != want {
			t.Errorf("%s: %d, want %d", role, got, want)
		}
	}
}
