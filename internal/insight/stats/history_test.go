package stats_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// TestRandomCommandsNeverBreakAPromise lets people who hold every desk role at once, and applicants who moved to the
// desk, try anything at any time: 2,000 commands on one database, others in each run. Whatever was refused or done, the rules of
// docs/rules/statistics.md §3 hold: separation of duties, numbers, ledger, ΣR ≤ T, and every breakdown of the statistics.
func TestRandomCommandsNeverBreakAPromise(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	all := []actor.Role{actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert}
	turncoat := w.Seller
	turncoat.OrgID, turncoat.Roles = w.Registrar.OrgID, all
	actors := []actor.Actor{w.Seller, w.Seller2, turncoat, w.League, w.Tax, w.Stranger}
	for _, a := range []actor.Actor{w.Registrar, w.Registrar2, w.Reviewer, w.Head} {
		a.Roles = all
		actors = append(actors, a, a)
	}
	actors = append(actors, w.Person(w.Head, actor.PointHead)) // reviews where the point lets heads do so
	var events []registry.Rule
	for _, r := range registry.Table() {
		if r.Event != registry.EventSubmit && r.Event != registry.EventKeep {
			events = append(events, r)
		}
	}
	var filings []registry.Filing
	var numbers []string
	commands, refused, histories := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) { // rapid runs it 100 times; 20 of them take half a minute
		if histories >= 20 {
			return
		}
		county, err := w.Points.Get(ctx, w.County.ID)
		registrytest.Check(w.T, err)
		_, err = w.Points.SaveSettings(ctx, w.Head, county.ID, point.Settings{Version: county.Version, NumberSource: point.OwnNumbers,
			SecondReview: rapid.SampledFrom([]point.SecondReview{point.ReviewerOnly, point.ReviewerOrHead}).Draw(t, "second review"),
			ExpertsFrom:  rapid.SampledFrom([]money.Fen{0, 1_000_000_00, 5_000_000_00}).Draw(t, "experts from")})
		registrytest.Check(w.T, err)
		for range 100 {
			commands++
			if len(filings) == 0 || rapid.IntRange(0, 14).Draw(t, "new") == 7 {
				c := w.Content()
				c.Elements.Amount = rapid.SampledFrom([]money.Fen{800_000_00, 5_000_000_00, 4_999_999_99}).Draw(t, "amount")
				c.Technical = c.Elements.Amount
				filings = append(filings, w.Submit(c))
			}
			f := rapid.SampledFrom(filings[max(0, len(filings)-3):]).Draw(t, "filing")
			a := rapid.SampledFrom(actors).Draw(t, "actor")
			rule := rapid.SampledFrom(events).Draw(t, "rule")
			number := "0000000000000000"
			if len(numbers) > 0 {
				number = rapid.SampledFrom(numbers).Draw(t, "number")
			}
			if now := state(w, f.ID); rapid.IntRange(0, 2).Draw(t, "sensible") != 2 { // most commands fit the state, so that histories get somewhere
				forward := map[registry.State]registry.Event{
					registry.AwaitingAcceptance:   registry.EventAccept,
					registry.InReview:             registry.EventPassFirstReview,
					registry.Correcting:           registry.EventSubmitCorrection,
					registry.AwaitingSecondReview: registry.EventPassSecondReview,
					registry.AwaitingExperts:      registry.EventPassExperts,
					registry.AwaitingRegistration: registry.EventRegister,
				}
				for _, r := range events {
					if r.Event == forward[now.State] {
						rule = r
					}
				}
				if now.State == registry.InReview && now.Opinion == "" {
					_, _ = w.S.Do(
						ctx,
						a,
						registry.Command{
							Filing: f.ID,
							Event:  registry.EventSaveReview,
							Review: registry.Review{Class: "0101", Amount: f.ClaimedAmount, Opinion: "符合"},
						},
					)
				}
			}
			if rule.Event == registry.EventSaveReview {
				continue // its input above
			}
			err := w.Fire(rule.On, rule.Event, a, f, number)
			if err != nil && fault.KindOf(err) == fault.Internal {
				t.Fatalf("%s: %v", rule.Event, err)
			}
			if err != nil {
				refused++
			} else if now := state(w, f.ID); now.State == registry.Registered && now.Kind == registry.Initial &&
				!slices.Contains(numbers, now.Number) {
				numbers = append(numbers, now.Number)
			}
		}
		for what, sql := range map[string]string{
			"people with two parts in one case": `select count(*) from (select from filing_event where filing_id is not null
				and part in ('applicant','registrar','reviewer','expert')
				group by filing_id, account_id having count(distinct part) > 1) x`,
			"reviewers who registered their own case":  `select count(*) from filing where head = reviewer`,
			"applicants who registered their own case": `select count(*) from filing where head = applicant`,
			"large cases registered without experts": `select count(*) from filing where state = 'registered' and technical >= 500000000
				and expert is null`,
			"registrations without second review": `select count(*) from filing where state = 'registered' and (reviewer is null
				or registrar is null)`,
			"numbers out of line": `select abs(count(*) - coalesce(max(right(number, 6)::int), 0)) from registration`,
			"gaps in the ledger": `select count(*) from (select seq - lag(seq, 1, 0::bigint) over (order by seq) as step
				from ledger_row) s where step <> 1`,
			"registrations with ΣR above T": `select count(*) from registration r where income > technical
				or income <> coalesce((select sum(amount) from income i where i.number = r.number), 0)`,
			"entries that do not sum up": `select count(*) from registration r join (select number, sum(contracts) n, sum(amount) c, sum(technical) t
				from period_entry group by number) e using (number)
				where (ended_on is null and (n, c, t) is distinct from (1, r.amount, r.technical)) or (ended_on is not null and (n, c, t) is distinct
				from (0, 0, 0))`,
			"certificates without their ledger row": `select count(*) from certificate c where not exists (select from ledger_row l
				where l.seq = c.ledger_seq and l.kind = 'certificate' and l.ref = c.number || '/' || c.version)`,
			"valid certificates of ended contracts": `select count(*) from certificate c join registration r using (number)
				where (c.state = 'valid') <> (r.ended_on is null and c.version = r.version)`,
		} {
			var n int
			w.Scan(&n, sql)
			if n != 0 {
				t.Fatalf("%d %s", n, what)
			}
		}
		if histories++; histories%20 == 0 {
			holds(t, w)
		}
	})
	t.Logf("%d commands, %d of them refused, %d filings, %d registrations", commands, refused, len(filings), len(numbers))
	if commands < 2_000 && !t.Failed() {
		t.Errorf("only %d commands", commands)
	}
}

// standing is what the next command is chosen by, read without the service: its reading costs more than most commands.
type standing struct {
	State   registry.State
	Kind    registry.FilingKind
	Number  string
	Opinion string
}

func state(w *registrytest.World, filing int64) (s standing) {
	w.T.Helper()
	registrytest.Check(
		w.T,
		w.DB.QueryRow(context.Background(), `select state, kind, coalesce(number, ''), coalesce(review->>'opinion', '') from filing
			where id = $1`, filing).
			Scan(&s.State, &s.Kind, &s.Number, &s.Opinion),
	)
	return s
}
