package catalogue_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/zh"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type silent struct{}

func (silent) Record(context.Context, pgx.Tx, audit.Event) error { return nil }

// lab is the content of a kind that only this test knows: an instrument that can be used by the hour.
type lab struct {
	Title string   `json:"title"`
	Use   string   `json:"use,omitempty"`
	Ways  []string `json:"ways,omitempty"`
}

func (l *lab) texts() []listing.Text {
	return []listing.Text{{Path: "title", Label: "名称", Value: &l.Title, Max: 80, Min: 2},
		{Path: "use", Label: "用途", Value: &l.Use, Max: 500, Min: 4, Long: true}}
}

func (l lab) Tidy() lab { listing.TidyTexts(l.texts()); return l }

func (l lab) Validate(forSubmit bool) error {
	var f fault.Fields
	listing.CheckTexts(&f, l.texts(), forSubmit)
	return f.Err()
}

func (l lab) Warnings() []fault.Field { return nil }

func (l lab) Completeness() listing.Completeness { return listing.Completeness{Percent: 100} }

func (l lab) Facts() listing.Facts { return listing.Facts{Title: l.Title, Lead: l.Use} }

func (l lab) ForGuest() lab { return l }
func (l lab) Veiled() lab   { return l }

func (l lab) Person() listing.Contact { return listing.Contact{} }

func (l lab) WithPerson(listing.Contact) lab { return l }

func (l lab) Document(of listing.Listing, organisation string) search.Document {
	d := listing.BaseDocument(of, organisation, nil, nil, l.Ways, "", "", listing.Range{}, 100)
	d.Title, d.Summary = l.Title, l.Use
	return d
}

// instrument is the whole declaration of the third kind.
func instrument() listing.Descriptor {
	return listing.Declare[lab](listing.Descriptor{
		Kind: "instrument", Label: "仪器", Path: "instruments", Prefix: "in", Side: listing.SideSupply, Counterpart: demand.Kind,
		Authors: []actor.Role{actor.Member}, Life: 30 * 24 * time.Hour,
		Narrowed: []facet.Question{{Facet: facet.Cooperation, Words: "facet.cooperation"}},
		Ordered:  []facet.Order{facet.OrderBy(facet.ByRelevance), facet.OrderBy(facet.Newest)},
		Sheet: listing.SheetOf("仪器导入模板", []listing.Column[lab]{
			listing.TextColumn("名称", "title", "", true, func(l *lab) *string { return &l.Title }),
		}, func(title, text string) lab { return lab{Title: title, Use: text} }),
	})
}

type bundle struct {
	db            *postgres.DB
	listings      *listing.Service
	labs          *listing.Book[lab]
	catalogue     *catalogue.Service
	jobs          *jobs.Client
	now           time.Time
	owner, editor actor.Actor
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{db: pgtest.New(t), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return b.now }
	workers := jobs.NewWorkers()
	var err error
	b.jobs, err = jobs.New(jobs.Config{DB: b.db, Log: slog.New(slog.DiscardHandler), Now: now, Workers: workers, Parallel: 1})
	must(t, err)
	store, err := files.New(t.TempDir(), now)
	must(t, err)
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1 // tests don't guard passwords
	people, err := identity.New(identity.Config{DB: b.db, Audit: silent{}, Now: now, Policy: policy})
	must(t, err)
	b.listings, err = listing.New(listing.Config{DB: b.db, Directory: people, Queue: b.jobs, Files: store, Now: now,
		Kinds: []listing.Descriptor{achievement.Descriptor(), demand.Descriptor(), instrument()}})
	must(t, err)
	b.labs = listing.NewBook[lab](b.listings, "instrument")
	analyzer, err := zh.New()
	must(t, err)
	engine, err := local.Open("", analyzer)
	must(t, err)
	t.Cleanup(func() { _ = engine.Close() })
	b.listings.Register(workers, engine)
	b.catalogue = catalogue.New(catalogue.Config{Listings: b.listings, Engine: engine, People: people, Now: now})
	person := func(login string, roles ...actor.Role) []identity.ProvisionPerson {
		return []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: login, DisplayName: login, Password: "x"}, Roles: roles}}
	}
	_, err = people.Provision(t.Context(), []identity.ProvisionOrganisation{
		{Organisation: identity.Organisation{Name: "青山示范大学", Kind: actor.University, Division: "150204", State: actor.Confirmed},
			People: person("owner", actor.Member)},
		{Organisation: identity.Organisation{Name: "示范科技厅", Kind: actor.Government, Division: "150000", State: actor.Confirmed},
			People: person("editor", actor.RegionOfficer)},
	})
	must(t, err)
	b.owner, err = people.ActorFor(t.Context(), "owner")
	must(t, err)
	b.editor, err = people.ActorFor(t.Context(), "editor")
	must(t, err)
	return b
}

func (b *bundle) publish(t *testing.T, l lab) listing.Listing {
	t.Helper()
	it, err := b.labs.Create(t.Context(), b.owner, l)
	must(t, err)
	out, err := b.listings.Do(t.Context(), b.owner, listing.Command{ID: it.ID, Version: it.Version, Event: listing.EventSubmit})
	must(t, err)
	queue, err := b.listings.ReviewQueue(t.Context(), b.editor, listing.QueueFilter{Kind: "instrument"})
	if err != nil || len(queue.Listings) != 1 {
		t.Fatalf("waiting for review: %+v, %v", queue, err)
	}
	out, err = b.listings.Do(t.Context(), b.editor, listing.Command{ID: out.ID, Version: out.Version, Event: listing.EventPublish})
	must(t, err)
	must(t, b.jobs.Drain(t.Context()))
	return out
}

// A third kind is one declaration and its content type: it goes from draft to publication, is found, suggested, listed, fed and
// offered to deals, and ends at its own time. No other package was told of it.
func TestKind_AThirdOneIsOneDeclaration(t *testing.T) {
	t.Parallel()
	ctx, b := t.Context(), setup(t)
	l := b.publish(t, lab{Title: "透射电子显微镜", Use: "观察材料的微观结构，可按小时预约", Ways: []string{"transfer"}})
	if want := b.now.Add(30 * 24 * time.Hour); l.ExpiresAt == nil || !l.ExpiresAt.Equal(want) {
		t.Errorf("it ends %v, want the kind's own 30 days", l.ExpiresAt)
	}

	ask := func(k listing.Kind, text string) catalogue.Ask {
		return catalogue.Ask{Criteria: catalogue.Criteria{Kind: k, Text: text}, Counted: true, Limit: 10}
	}
	found, err := b.catalogue.List(ctx, ask("instrument", "电子显微镜"))
	must(t, err)
	if len(found.Hits) != 1 || !strings.HasPrefix(found.Hits[0].ID, "in") || !slices.Equal(catalogue.IDs(found.Hits), []int64{l.ID}) ||
		found.Facets[facet.Cooperation]["transfer"] != 1 {
		t.Errorf("searched: %+v", found)
	}
	if other, err := b.catalogue.List(ctx, ask(achievement.Kind, "")); err != nil || other.Total != 0 {
		t.Errorf("among achievements: %+v, %v", other, err)
	}
	suggested, err := b.catalogue.Suggest(ctx, "透射电", []listing.Kind{"instrument"}, 5)
	if err != nil || len(suggested) != 1 || suggested[0].Title != l.Title {
		t.Errorf("suggested: %+v, %v", suggested, err)
	}
	entries, err := b.catalogue.Feed(ctx, catalogue.Criteria{Kind: "instrument", Text: "显微镜"}, time.Time{}, 10)
	if err != nil || len(entries) != 1 || entries[0].Organisation != "青山示范大学" || entries[0].Lead == "" {
		t.Errorf("fed: %+v, %v", entries, err)
	}
	page, err := b.labs.Latest(ctx, actor.Guest(), listing.Filter{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Content.Title != l.Title {
		t.Errorf("latest: %+v, %v", page, err)
	}
	counts, err := b.catalogue.Counts(ctx, false)
	if err != nil || counts["instrument"].Local != 1 {
		t.Errorf("counted: %+v, %v", counts, err)
	}
	// What a deal asks of a listing comes from the declaration too (internal/app hands it over).
	shown, facts, err := b.listings.Shown(ctx, l.ID)
	if err != nil || !shown.Public(b.now) || facts.Title != l.Title || b.listings.Kinds().Of(shown.Kind).Side != listing.SideSupply {
		t.Errorf("for a deal: %+v, %+v, %v", shown, facts, err)
	}

	b.now = l.ExpiresAt.Add(time.Minute)
	if gone, err := b.catalogue.List(ctx, ask("instrument", "")); err != nil || gone.Total != 0 {
		t.Errorf("after its time: %+v, %v", gone, err)
	}
}

// Declarations that are not whole or contradict each other stop the start.
func TestKinds_AreChecked(t *testing.T) {
	t.Parallel()
	twice := instrument()
	twice.Kind, twice.Path = "second", "seconds" // the prefix is taken
	sameSide := instrument()
	sameSide.Counterpart = achievement.Kind
	nobody := instrument()
	nobody.Authors = nil
	for name, bad := range map[string][]listing.Descriptor{
		"a taken prefix":      {instrument(), twice, demand.Descriptor(), achievement.Descriptor()},
		"a counterpart away":  {instrument()},
		"matched on its side": {sameSide, achievement.Descriptor(), demand.Descriptor()},
		"without authors":     {nobody, achievement.Descriptor(), demand.Descriptor()},
		"without a content": {{Kind: "bare", Label: "空", Path: "bares", Prefix: "b", Side: listing.SideSupply,
			Authors: []actor.Role{actor.Member}}},
	} {
		if _, err := listing.NewKinds(bad...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
