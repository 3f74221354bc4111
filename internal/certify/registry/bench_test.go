package registry_test

import (
	"context"
	"testing"

	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
)

// BenchmarkDesk measures the desk's pages over 1,000,000 filings at 100 points, the newest 12,000 of them open: p95 per call.
func BenchmarkDesk(b *testing.B) {
	w, ctx := registrytest.New(b), context.Background()
	one := w.Submit(w.Content())
	_, err := w.DB.Exec(ctx, `
		set session_replication_role = replica;
		insert into point (name, kind, organisation_id, division, region4, code2, authorised_from, created_at)
			select 'P' || i, 'county', 900000 + i, '15' || lpad((1 + i / 10)::text, 2, '0') || lpad((21 + i % 10)::text,
			2, '0'), '15' || lpad((50 + i / 50)::text, 2, '0'), lpad((i % 50 + 40)::text, 2, '0'), '2020-01-01', now()
			from generate_series(0, 99) i;
		insert into filing (contract_id, contract_version, kind, point_id, division, intake_no, state, title, seller_name,
		buyer_name, seller_org, buyer_org, applicant_org,
				applicant, claimed_class, claimed_amount, policy_id, submitted_at, due_on, decided_at, updated_at)
			select 1000000 + i, 1, 'initial', p.id, p.division, 'SL-X-' || i,
			case when i > 988000 then 'in_review' else 'registered' end, '合同 ' || i, '卖方 ' || i % 5000, '买方 ' || i % 7000,
				i % 5000, i % 7000, i % 5000, 1, '0101', 100000 + i, 1, now() - (i % 1000) * interval '1 day', current_date + (i % 60),
				case when i > 988000 then null else now() end, now()
			from generate_series(1, 1000000) i join point p on p.organisation_id = 900000 + i % 100;
		set session_replication_role = origin;
		`)
	registrytest.Check(b, err)
	_, err = w.DB.Exec(ctx, `vacuum analyze filing`)
	registrytest.Check(b, err)
	desk := func(role actor.Role) actor.Actor {
		return actor.Actor{
			AccountID: w.Registrar.AccountID,
			OrgID:     900007,
			OrgState:  actor.Confirmed,
			Division:  "150128",
			Roles:     []actor.Role{role},
		}
	}
	company := actor.Actor{AccountID: w.Seller.AccountID, OrgID: 4321, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Member}}
	done := []registry.State{registry.Registered}
	for name, call := range map[string]func() error{
		"queue of a point": func() error { _, err := w.S.Queue(ctx, desk(actor.Registrar), registry.QueueFilter{}); return err },
		"closed cases of a point": func() error {
			_, err := w.S.Queue(ctx, desk(actor.Registrar), registry.QueueFilter{States: done})
			return err
		},
		"queue of a league": func() error { _, err := w.S.Queue(ctx, w.League, registry.QueueFilter{}); return err },
		"closed cases of a league": func() error {
			_, err := w.S.Queue(ctx, w.League, registry.QueueFilter{States: done})
			return err
		},
		"queue of the region":    func() error { _, err := w.S.Queue(ctx, w.Regional, registry.QueueFilter{}); return err },
		"filings of a company":   func() error { _, err := w.S.Queue(ctx, company, registry.QueueFilter{States: done}); return err },
		"one case (review page)": func() error { _, err := w.S.Case(ctx, w.Registrar, one.ID); return err },
	} {
		b.Run(name, func(b *testing.B) { registrytest.P95(b, call) })
	}
}
