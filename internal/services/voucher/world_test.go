package voucher_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/services/voucher"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is two firms and a provider in 呼和浩特, a firm in 包头, their offices and the region.
type world struct {
	*voucher.Service
	db                         *postgres.DB
	store                      *files.Store
	now                        time.Time
	firm, other, far, provider actor.Actor
	desk, baotou, region       actor.Actor
	services                   map[int64]voucher.Offered
	entry, design              int64
	told                       []notify.Note
	mu                         sync.Mutex
	scheme                     int64
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: w.now, Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	w.mu.Lock()
	w.told = append(w.told, n)
	w.mu.Unlock()
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
	w := &world{db: pgtest.New(t), now: time.Date(2027, 3, 2, 1, 0, 0, 0, time.UTC), services: map[int64]voucher.Offered{}}
	now := func() time.Time { return w.now }
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1 // tests don't guard passwords
	people, err := identity.New(identity.Config{DB: w.db, Audit: w, Now: now, Policy: policy})
	must(t, err)
	w.store, err = files.New(t.TempDir(), now)
	must(t, err)
	w.Service = voucher.New(voucher.Config{DB: w.db, Audit: w, Notices: w, Directory: people, Files: w.store, Kinds: []string{"testing",
		"design"},
		Now: now, Service: func(_ context.Context, entry int64) (voucher.Offered, error) {
			if o, ok := w.services[entry]; ok {
				return o, nil
			}
			return voucher.Offered{}, fault.New(fault.NotFound, "register_entry", "没有")
		}})
	org := func(name string, k actor.OrgKind, division, login string, role actor.Role) identity.ProvisionOrganisation {
		return identity.ProvisionOrganisation{
			Organisation: identity.Organisation{Name: name, Kind: k, Division: division, State: actor.Confirmed},
			People: []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: login, DisplayName: login, Password: "x"},
				Roles: []actor.Role{role}}},
		}
	}
	_, err = people.Provision(t.Context(), []identity.ProvisionOrganisation{
		org("样例甲公司", actor.Enterprise, "150104", "firm", actor.Member), org("样例乙公司", actor.Enterprise, "150102", "other", actor.Member),
		org("样例包头公司", actor.Enterprise, "150203", "far", actor.Member), org("样例检测所", actor.Institute, "150104", "provider", actor.Member),
		org("样例呼和浩特科技局", actor.Government, "150100", "desk", actor.LeagueOfficer),
		org("样例包头科技局", actor.Government, "150200", "baotou", actor.LeagueOfficer),
		org("样例科技厅", actor.Government, "150000", "region", actor.RegionOfficer),
	})
	must(t, err)
	for login, to := range map[string]*actor.Actor{"firm": &w.firm, "other": &w.other, "far": &w.far, "provider": &w.provider, "desk": &w.desk,
		"baotou": &w.baotou, "region": &w.region} {
		*to, err = people.ActorFor(t.Context(), login)
		must(t, err)
	}
	w.entry, w.design = w.listed(t, "样例检测", "testing"), w.listed(t, "样例设计", "design")
	w.scheme, err = w.CreateScheme(t.Context(), w.desk, w.draw())
	must(t, err)
	return w
}

// draw is the scheme of the reference's cases: 100,000 元 a firm and year, half of the price.
func (w *world) draw() voucher.Draw {
	return voucher.Draw{Title: "样例创新券办法", FirstDay: day("2027-01-01"), LastDay: day("2028-12-31"), Limit: 100_000 * money.Yuan, RateBP: 5000,
		Budget: 1_000_000 * money.Yuan, ValidDays: 60, Kinds: []string{"testing"}, Terms: "样例：规模以下科技型企业", Source: "样例依据第一条"}
}

// listed is a service on the register.
func (w *world) listed(t *testing.T, name, kind string) (id int64) {
	t.Helper()
	must(t, w.db.QueryRow(t.Context(), `insert into register_entry (kind, organisation_id, division, name, content, state, needs_consent,
		confirmed_at, created_at, updated_at) values ('provider', $1, '150104', $2, '{"schema":1}', 'listed', false, now(), now(), now())
		returning id`, w.provider.OrgID, name).Scan(&id))
	w.services[id] = voucher.Offered{OrgID: w.provider.OrgID, Name: name, Kind: kind, Listed: true, Voucher: true}
	return id
}

func (w *world) application(yuan int64) voucher.Application {
	return voucher.Application{Scheme: w.scheme, Entry: w.entry, Contract: money.Fen(yuan) * money.Yuan, Need: "样例：送检一批磁体样品", Voluntary: true}
}

func (w *world) apply(t *testing.T, who actor.Actor, yuan int64) int64 {
	t.Helper()
	id, err := w.Apply(t.Context(), who, w.application(yuan))
	must(t, err)
	return id
}

func (w *world) file(t *testing.T, who actor.Actor, role voucher.PaperRole) voucher.Attached {
	t.Helper()
	content, err := w.store.Receive(t.Context(), string(role)+".pdf", strings.NewReader("%PDF-1.4\n%%EOF\n"))
	must(t, err)
	var f files.File
	must(t, w.db.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) (err error) {
		f, err = w.store.Record(ctx, tx, content, files.Meta{Purpose: "voucher", OwnerOrg: who.OrgID, UploadedBy: who.AccountID})
		return err
	}))
	return voucher.Attached{ID: f.ID, Role: role}
}

func (w *world) do(t *testing.T, who actor.Actor, c voucher.Command) voucher.Case {
	t.Helper()
	got, err := w.Do(t.Context(), who, c)
	if err != nil {
		t.Fatalf("%s: %v", c.Act, err)
	}
	return got
}

// claimed brings a voucher from its application to the desk that checks the claim.
func (w *world) claimed(t *testing.T, yuan, paid int64) voucher.Case {
	t.Helper()
	id := w.apply(t, w.firm, yuan)
	w.do(t, w.desk, voucher.Command{Voucher: id, Act: voucher.ActGrant})
	w.do(t, w.firm, voucher.Command{Voucher: id, Act: voucher.ActUse, Number: "样例-1", Files: []voucher.Attached{w.file(t, w.firm,
		voucher.FileContract)}})
	w.do(t, w.firm, voucher.Command{Voucher: id, Act: voucher.ActFinish})
	return w.do(t, w.provider, voucher.Command{Voucher: id, Act: voucher.ActClaim, Amount: money.Fen(paid) * money.Yuan,
		Files: []voucher.Attached{w.file(t, w.provider, voucher.FileInvoice), w.file(t, w.provider, voucher.FilePayment)}})
}
