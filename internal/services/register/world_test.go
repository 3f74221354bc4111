package register_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/services/register"
	"techmarket/internal/services/register/kind"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/zh"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is two organisations in 呼和浩特 and 包头, their people, and three officers.
type world struct {
	*register.Service
	db                          *postgres.DB
	jobs                        *jobs.Client
	engine                      search.Engine
	now                         time.Time
	owner, person, outsider     actor.Actor
	hohhot, baotou, region, own actor.Actor
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
	w := &world{db: pgtest.New(t), now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	workers := jobs.NewWorkers()
	var err error
	w.jobs, err = jobs.New(jobs.Config{DB: w.db, Log: slog.New(slog.DiscardHandler), Now: now, Workers: workers, Parallel: 1})
	must(t, err)
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1 // tests don't guard passwords
	people, err := identity.New(identity.Config{DB: w.db, Audit: w, Now: now, Policy: policy})
	must(t, err)
	analyzer, err := zh.New()
	must(t, err)
	engine, err := local.Open("", analyzer)
	must(t, err)
	t.Cleanup(func() { _ = engine.Close() })
	w.engine = engine
	w.Service, err = register.New(
		register.Config{DB: w.db, Kinds: kind.All(), Directory: people, Queue: w.jobs, Notices: w, Audit: w, Now: now,
			Engine: func() search.Engine { return engine }},
	)
	must(t, err)
	w.Register(workers, engine)
	person := func(login string, roles ...actor.Role) identity.ProvisionPerson {
		return identity.ProvisionPerson{Person: identity.NewPerson{LoginName: login, DisplayName: login, Password: "x"}, Roles: roles}
	}
	org := func(name string, k actor.OrgKind, division string, people ...identity.ProvisionPerson) identity.ProvisionOrganisation {
		return identity.ProvisionOrganisation{
			Organisation: identity.Organisation{Name: name, Kind: k, Division: division, State: actor.Confirmed},
			People:       people,
		}
	}
	_, err = people.Provision(t.Context(), []identity.ProvisionOrganisation{
		org("样例大学", actor.University, "150104", person("owner", actor.Member, actor.OrgAdmin), person("person", actor.Member)),
		org("样例公司", actor.Enterprise, "150203", person("outsider", actor.Member)),
		org("样例呼和浩特科技局", actor.Government, "150100", person("hohhot", actor.LeagueOfficer), person("clerk", actor.Member)),
		org("样例包头科技局", actor.Government, "150200", person("baotou", actor.LeagueOfficer)),
		org("样例科技厅", actor.Government, "150000", person("region", actor.RegionOfficer)),
	})
	must(t, err)
	for login, to := range map[string]*actor.Actor{"owner": &w.owner, "person": &w.person, "outsider": &w.outsider, "hohhot": &w.hohhot,
		"baotou": &w.baotou, "region": &w.region, "clerk": &w.own} {
		*to, err = people.ActorFor(t.Context(), login)
		must(t, err)
	}
	return w
}

func agency(name string) register.Input {
	return register.Input{Name: name, Content: register.Content{"hostKind": {"university"}, "fields": {"04"}, "services": {"match"},
		"keywords": {"稀土材料", "磁材"}, "about": {"样例机构，做稀土成果的对接"}, "contactName": {"样例联系人"}, "contactPhone": {"0471-1234567"}}}
}

func expert(name string) register.Input {
	return register.Input{Name: name, Self: true, Content: register.Content{"fields": {"04"}, "title": {"教授"}, "unit": {"样例大学"},
		"discipline": {"材料科学"}, "keywords": {"稀土永磁"}, "about": {"会做磁体的晶界扩散"}, "roles": {"review"}, "perYear": {"4"},
		"units": {"样例大学，2015-09-01，，教授"}, "phone": {"13800000000"}}}
}

// list brings an input on the register.
func (w *world) list(t *testing.T, owner actor.Actor, k register.Kind, in register.Input) register.Entry {
	t.Helper()
	e, err := w.Create(t.Context(), owner, k, in)
	must(t, err)
	e, err = w.Do(t.Context(), owner, register.Command{ID: e.ID, Version: e.Version, Event: register.EventSubmit})
	must(t, err)
	e, err = w.Do(t.Context(), w.region, register.Command{ID: e.ID, Version: e.Version, Event: register.EventList})
	must(t, err)
	must(t, w.jobs.Drain(t.Context()))
	return e
}

func (w *world) found(t *testing.T, text string) int {
	t.Helper()
	r, err := w.engine.Search(t.Context(), search.Query{Text: text, Limit: 10})
	must(t, err)
	return r.Total
}
