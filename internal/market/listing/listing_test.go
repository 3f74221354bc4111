package listing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type silent struct{}

func (silent) Record(context.Context, pgx.Tx, audit.Event) error { return nil }

type bundle struct {
	db           *postgres.DB
	identity     *identity.Service
	files        *files.Store
	opened       *files.Reader
	jobs         *jobs.Client
	listings     *listing.Service
	achievements *achievement.Service
	demands      *demand.Service
	offset       atomic.Int64 // ns the clock is ahead

	owner, colleague, stranger, league, otherLeague, regional, reader actor.Actor
	org, otherOrg                                                     int64
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, clock.Zone())

func (b *bundle) now() time.Time { return start.Add(time.Duration(b.offset.Load())) }

func (b *bundle) advance(d time.Duration) { b.offset.Add(int64(d)) }

const day = 24 * time.Hour

func setup(t *testing.T) *bundle {
	t.Helper()
	ctx := t.Context()
	b := &bundle{db: pgtest.New(t)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	b.jobs, err = jobs.New(jobs.Config{DB: b.db, Log: slog.New(slog.DiscardHandler), Now: b.now})
	must(err)
	b.files, err = files.New(t.TempDir(), b.now)
	must(err)
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1 // tests don't guard passwords
	b.identity, err = identity.New(identity.Config{DB: b.db, Audit: silent{}, Now: b.now, Policy: policy,
		OrganisationChanged: func(ctx context.Context, tx pgx.Tx, o identity.Organisation) error {
			return b.listings.OrganisationChanged(ctx, tx, o)
		}})
	must(err)
	b.listings, err = listing.New(listing.Config{DB: b.db, Directory: b.identity, Queue: b.jobs, Files: b.files, Now: b.now,
		Kinds: []listing.Descriptor{achievement.Descriptor(), demand.Descriptor()},
		Broker: func(_ context.Context, account int64, sample bool) (bool, error) {
			return account == b.reader.AccountID && !sample, nil
		}})
	must(err)
	b.opened = files.NewReader(b.files, b.db)
	b.opened.Sees("listing", b.listings.SeesFiles)
	b.achievements, b.demands = achievement.New(b.listings), demand.New(b.listings)

	org := func(name string, kind actor.OrgKind, division string, people ...identity.ProvisionPerson) identity.ProvisionOrganisation {
		return identity.ProvisionOrganisation{
			Organisation: identity.Organisation{Name: name, Kind: kind, Division: division, State: actor.Confirmed},
			People:       people,
		}
	}
	person := func(login string, roles ...actor.Role) identity.ProvisionPerson {
		return identity.ProvisionPerson{Person: identity.NewPerson{LoginName: login, DisplayName: login, Password: "x"}, Roles: roles}
	}
	made, err := b.identity.Provision(ctx, []identity.ProvisionOrganisation{
		org(
			"青山样例大学",
			actor.University,
			"150204",
			person("owner", actor.OrgAdmin, actor.Member),
			person("colleague", actor.Member),
			person("reader", actor.Broker),
		),
		org("乌海样例公司", actor.Enterprise, "150302", person("stranger", actor.OrgAdmin, actor.Member)),
		org("包头市科技局（样例）", actor.Government, "150200", person("league", actor.LeagueOfficer, actor.Member)),
		org("乌海市科技局（样例）", actor.Government, "150300", person("otherleague", actor.LeagueOfficer)),
		org("自治区科技厅（样例）", actor.Government, "150000", person("regional", actor.RegionOfficer)),
	})
	must(err)
	b.org, b.otherOrg = made[0].OrgID, made[1].OrgID
	for login, to := range map[string]*actor.Actor{"owner": &b.owner, "colleague": &b.colleague, "reader": &b.reader, "stranger": &b.stranger,
		"league": &b.league, "otherleague": &b.otherLeague, "regional": &b.regional} {
		*to, err = b.identity.ActorFor(ctx, login)
		must(err)
	}
	return b
}

func full(title string) achievement.Content {
	return achievement.Content{Title: title, Summary: "用干法脱硫把焦炉煤气的硫降到二十毫克以下", Problem: "焦化厂煤气含硫高，湿法脱硫废液难处理",
		Description: "采用复合金属氧化物脱硫剂，在一百八十度下一次脱除硫化氢和有机硫，脱硫剂可再生二十次以上。", Field: "0701",
		Cooperation: []string{"transfer", "trial"}, Price: listing.Range{MinFen: 30 * money.WanYuan, MaxFen: 80 * money.WanYuan},
		Maturity: achievement.Maturity{Level: 7, Basis: achievement.BasisSelf}, Contact: listing.Contact{Name: "张样例", Phone: "0472-0000000"}}
}

func (b *bundle) do(t *testing.T, who actor.Actor, id int64, e listing.Event, reason string) listing.Listing {
	t.Helper()
	l, err := b.listings.Find(t.Context(), who, id)
	if err != nil {
		t.Fatal(err)
	}
	l, err = b.listings.Do(t.Context(), who, listing.Command{ID: id, Version: l.Version, Event: e, Reason: reason})
	if err != nil {
		t.Fatalf("%s: %v", e, err)
	}
	return l
}

func (b *bundle) draft(t *testing.T, title string) achievement.Item {
	t.Helper()
	it, err := b.achievements.Create(t.Context(), b.owner, full(title))
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func (b *bundle) publish(t *testing.T, title string) achievement.Item {
	t.Helper()
	it := b.draft(t, title)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	b.do(t, b.league, it.ID, listing.EventPublish, "")
	it, err := b.achievements.Get(t.Context(), b.owner, it.ID)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// put forces a state, with what that state needs, past the machine: for the walk over all triples.
func (b *bundle) put(t *testing.T, id int64, s listing.State) listing.Listing {
	t.Helper()
	_, err := b.db.Exec(t.Context(), `update listing set state = $2, published = draft,
		published_version = (select coalesce(max(number), 0) from listing_version where listing_id = id), submitted_at = $3, published_at = $3,
		first_published_at = $3, confirmed_at = $3, expires_at = $4, demoted_at = $3, hidden = false
		where id = $1`, id, s, b.now(), b.now().Add(day))
	if err != nil {
		t.Fatal(err)
	}
	l, err := b.listings.Find(t.Context(), b.owner, id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestDo_WalksEveryStateEventAndRole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	const owner, editor, system = "owner", "editor", "system"
	// The expected machine, written down a second time and by hand: from state and event to who may and where it leads.
	type arrow struct {
		who string
		to  listing.State
	}
	expected := map[listing.State]map[listing.Event][]arrow{
		listing.Draft: {listing.EventSubmit: {{owner, listing.Submitted}}, listing.EventArchive: {{owner, listing.Archived}}},
		listing.Submitted: {listing.EventRecall: {{owner, listing.Draft}}, listing.EventPublish: {{editor, listing.Published}},
			listing.EventReturn: {{editor, listing.Returned}}},
		listing.Returned: {listing.EventSubmit: {{owner, listing.Submitted}}, listing.EventArchive: {{owner, listing.Archived}}},
		listing.Published: {listing.EventRevise: {{owner, listing.Revising}}, listing.EventConfirm: {{owner, listing.Published}},
			listing.EventRenew: {{owner, listing.Published}}},
		listing.Revising: {listing.EventSubmit: {{owner, listing.Resubmitted}}, listing.EventDiscard: {{owner, listing.Published}},
			listing.EventConfirm: {{owner, listing.Revising}}, listing.EventRenew: {{owner, listing.Revising}}},
		listing.Resubmitted: {listing.EventRecall: {{owner, listing.Revising}}, listing.EventPublish: {{editor, listing.Published}},
			listing.EventReturn: {
				{editor, listing.Revising},
			}, listing.EventConfirm: {{owner, listing.Resubmitted}}, listing.EventRenew: {{owner, listing.Resubmitted}}},
		listing.Withdrawn: {
			listing.EventReopen:  {{owner, listing.Draft}},
			listing.EventArchive: {{owner, listing.Archived}, {system, listing.Archived}},
		},
		listing.Expired: {listing.EventReopen: {{owner, listing.Draft}}, listing.EventRenew: {{owner, listing.Published}},
			listing.EventArchive: {{owner, listing.Archived}, {system, listing.Archived}}},
		listing.Closed: {
			listing.EventReopen:  {{owner, listing.Draft}},
			listing.EventArchive: {{owner, listing.Archived}, {system, listing.Archived}},
		},
		listing.Archived: {listing.EventReopen: {{owner, listing.Draft}}},
	}
	for _, s := range []listing.State{listing.Published, listing.Revising, listing.Resubmitted} {
		expected[s][listing.EventWithdraw] = []arrow{{owner, listing.Withdrawn}, {editor, listing.Withdrawn}}
		expected[s][listing.EventClose] = []arrow{{owner, listing.Closed}, {system, listing.Closed}}
		expected[s][listing.EventExpire] = []arrow{{system, listing.Expired}}
		expected[s][listing.EventArchive] = []arrow{{system, listing.Archived}}
	}
	id := b.draft(t, "走遍状态表").ID
	actors := []struct {
		name, role string
		who        actor.Actor
	}{
		{"owner", owner, b.owner}, {"colleague", owner, b.colleague}, {"reader of the organisation", "", b.reader}, {"stranger", "", b.stranger},
		{
			"league",
			editor,
			b.league,
		}, {"region", editor, b.regional}, {"other league", "", b.otherLeague}, {"system", system, actor.Actor{}}, {"guest", "", actor.Actor{}},
	}
	tried := 0
	for _, s := range listing.States() {
		for _, e := range listing.Events() {
			for _, a := range actors {
				l := b.put(t, id, s)
				if e == listing.EventExpire {
					if _, err := b.db.Exec(ctx, `update listing set expires_at = $2 where id = $1`, id, b.now()); err != nil {
						t.Fatal(err)
					}
				}
				var want listing.State
				for _, w := range expected[s][e] {
					if w.who == a.role {
						want = w.to
					}
				}
				reason := "样例原因"
				if e == listing.EventClose {
					reason = "solved"
				}
				c := listing.Command{ID: id, Version: l.Version, Event: e, Reason: reason}
				var got listing.Listing
				var err error
				if a.role == system {
					got, err = b.listings.DoAsSystem(ctx, c)
				} else {
					got, err = b.listings.Do(ctx, a.who, c)
				}
				tried++
				where := fmt.Sprintf("%s + %s by %s", s, e, a.name)
				switch {
				case want != "" && err != nil:
					t.Errorf("%s: %v", where, err)
				case want != "" && got.State != want:
					t.Errorf("%s: got %s, want %s", where, got.State, want)
				case want == "" && err == nil:
					t.Errorf("%s: went to %s, want refused", where, got.State)
				case want == "" && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) &&
					!fault.Is(err, fault.Unauthorized):
					t.Errorf("%s: %v", where, err)
				}
				if want != "" && got.Version != l.Version+1 {
					t.Errorf("%s: version %d after %d", where, got.Version, l.Version)
				}
			}
		}
	}
	if want := len(listing.States()) * len(listing.Events()) * len(actors); tried != want {
		t.Errorf("tried %d, want %d", tried, want)
	}
}

func TestPublish_NothingIsPublicBeforeReview(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	it := b.draft(t, "焦炉煤气干法脱硫技术")
	unseen := func(when string, actors ...actor.Actor) {
		t.Helper()
		for _, a := range actors {
			if _, err := b.achievements.Get(ctx, a, it.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %q sees it: %v", when, a.Name, err)
			}
		}
	}
	unseen("draft", actor.Guest(), b.stranger, b.league, b.regional, b.otherLeague)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	unseen("submitted", actor.Guest(), b.stranger, b.otherLeague)
	q, err := b.listings.ReviewQueue(ctx, b.league, listing.QueueFilter{})
	if err != nil || len(q.Listings) != 1 || q.Listings[0].ID != it.ID {
		t.Fatalf("queue of the league: %+v, %v", q, err)
	}
	if q, err := b.listings.ReviewQueue(ctx, b.otherLeague, listing.QueueFilter{}); err != nil || len(q.Listings) != 0 {
		t.Errorf("queue of the other league: %+v, %v", q, err)
	}
	if _, err := b.listings.ReviewQueue(ctx, b.owner, listing.QueueFilter{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("queue of a member: %v", err)
	}
	if n, _ := notify.Unread(ctx, b.db, b.league.AccountID); n != 1 {
		t.Errorf("editor has %d messages, want 1", n)
	}
	b.do(t, b.league, it.ID, listing.EventPublish, "")
	got, err := b.achievements.Get(ctx, actor.Guest(), it.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Content.Contact != (listing.Contact{}) || got.Published.Contact != (listing.Contact{}) {
		t.Error("a guest sees the contact person")
	}
	if got, _ := b.achievements.Get(ctx, b.stranger, it.ID); got.Content.Contact.Name == "" {
		t.Error("a signed-in person does not see the contact person")
	}
	if want := b.now().Add(365 * day); !got.ExpiresAt.Equal(want) {
		t.Errorf("expires %v, want %v", got.ExpiresAt, want)
	}
	if _, err := b.demands.Get(ctx, b.owner, it.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("an achievement read as a demand: %v", err)
	}
}

func TestPublish_NeedsAConfirmedOrganisation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	account, org, err := b.identity.SignUp(
		ctx,
		identity.SignUp{
			Person: identity.NewPerson{
				LoginName:   "newcomer",
				DisplayName: "新人",
				Email:       "newcomer@example.com",
				Password:    "correct horse battery",
			},
			Organisation: identity.NewOrganisation{Kind: actor.Enterprise, Name: "新样例公司", Division: "150204"},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	newcomer, err := b.identity.ActorFor(ctx, "newcomer")
	if err != nil || newcomer.AccountID != account || newcomer.OrgID != org {
		t.Fatal(newcomer, err)
	}
	it, err := b.achievements.Create(ctx, newcomer, full("待确认单位的成果"))
	if err != nil {
		t.Fatal(err)
	}
	l := b.do(t, newcomer, it.ID, listing.EventSubmit, "")
	publish := listing.Command{ID: it.ID, Version: l.Version, Event: listing.EventPublish}
	if _, err := b.listings.Do(ctx, b.league, publish); !fault.HasCode(err, "organisation_not_confirmed") {
		t.Fatalf("published for a pending organisation: %v", err)
	}
	if _, err := b.identity.DoOrganisation(ctx, b.regional, org, identity.OrgConfirm, ""); err != nil {
		t.Fatal(err)
	}
	l, err = b.listings.Find(ctx, b.league, it.ID)
	if err != nil {
		t.Fatal(err)
	}
	publish.Version = l.Version
	if _, err := b.listings.Do(ctx, b.league, publish); err != nil {
		t.Fatal(err)
	}
	// Suspension hides, restoration shows again.
	if _, err := b.identity.DoOrganisation(ctx, b.regional, org, identity.OrgSuspend, "样例：资料不实"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.achievements.Get(ctx, actor.Guest(), it.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a suspended organisation's listing is public: %v", err)
	}
	if _, err := b.identity.DoOrganisation(ctx, b.regional, org, identity.OrgRestore, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := b.achievements.Get(ctx, actor.Guest(), it.ID); err != nil {
		t.Errorf("not public after restoration: %v", err)
	}
}

func TestSubmit_RefusesIncompleteContentWithFields(t *testing.T) {
	t.Parallel()
	b := setup(t)
	it, err := b.demands.Create(t.Context(), b.owner, demand.Content{Title: "降尘"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.listings.Do(t.Context(), b.owner, listing.Command{ID: it.ID, Version: it.Version, Event: listing.EventSubmit})
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid {
		t.Fatalf("got %v, want invalid", err)
	}
	for _, path := range []string{"title", "problem", "field", "cooperation", "contact.name", "contact.phone"} {
		if !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Path == path && x.Message != "" }) {
			t.Errorf("no message at %s: %+v", path, f.Fields)
		}
	}
}

func TestSave_StaleVersionCarriesBothContents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	it := b.draft(t, "两个人同时修改")
	theirs, yours := full("同事先保存的标题"), full("我后保存的标题")
	if _, err := b.achievements.Save(ctx, b.colleague, it.ID, it.Version, theirs); err != nil {
		t.Fatal(err)
	}
	_, err := b.achievements.Save(ctx, b.owner, it.ID, it.Version, yours)
	var stale *listing.Stale[achievement.Content]
	if !errors.As(err, &stale) || !fault.HasCode(err, "stale_version") || fault.KindOf(err) != fault.Conflict {
		t.Fatalf("got %v, want a stale_version conflict", err)
	}
	if stale.Theirs.Content.Title != theirs.Title || stale.Yours.Title != yours.Title || stale.Theirs.Version != it.Version+1 {
		t.Errorf("got %q (version %d) and %q", stale.Theirs.Content.Title, stale.Theirs.Version, stale.Yours.Title)
	}
	if _, err := b.achievements.Save(ctx, b.owner, it.ID, stale.Theirs.Version, yours); err != nil {
		t.Errorf("saving over the shown version: %v", err)
	}
	if _, err := b.listings.Do(ctx, b.owner, listing.Command{ID: it.ID, Version: it.Version, Event: listing.EventSubmit}); !fault.HasCode(
		err,
		"stale_version",
	) {
		t.Errorf("submitting an unseen version: %v", err)
	}
	if _, err := b.achievements.Save(ctx, b.stranger, it.ID, 3, yours); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger saves: %v", err)
	}
}

func TestRevise_ThePublicSeesTheOldVersionUntilReviewPasses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	it := b.publish(t, "第一版标题文字")
	l := b.do(t, b.owner, it.ID, listing.EventRevise, "")
	if _, err := b.achievements.Save(ctx, b.owner, it.ID, l.Version, full("第二版标题文字")); err != nil {
		t.Fatal(err)
	}
	public := func(want string, version int) {
		t.Helper()
		got, err := b.achievements.Get(ctx, actor.Guest(), it.ID)
		if err != nil || got.Content.Title != want || got.Title != want || got.PublishedVersion != version {
			t.Errorf("the public sees %q (%q, version %d), want %q: %v", got.Content.Title, got.Title, got.PublishedVersion, want, err)
		}
	}
	public("第一版标题文字", 1)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	public("第一版标题文字", 1)
	if got, _ := b.achievements.Get(ctx, b.league, it.ID); got.Content.Title != "第二版标题文字" || got.Published.Title != "第一版标题文字" {
		t.Errorf("the editor compares %q with %q", got.Content.Title, got.Published.Title)
	}
	b.do(t, b.league, it.ID, listing.EventReturn, "请写明数据来源")
	if got, _ := b.achievements.Get(ctx, b.owner, it.ID); got.ReturnReason != "请写明数据来源" || got.State != listing.Revising {
		t.Errorf("after return: %s %q", got.State, got.ReturnReason)
	}
	if got, _ := b.achievements.Get(ctx, b.stranger, it.ID); got.ReturnReason != "" {
		t.Error("a stranger sees the reason of the return")
	}
	public("第一版标题文字", 1)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	b.do(t, b.league, it.ID, listing.EventPublish, "")
	public("第二版标题文字", 2)
	vs, err := b.achievements.Versions(ctx, actor.Guest(), it.ID)
	if err != nil || len(vs) != 2 || vs[0].Content.Title != "第二版标题文字" || vs[1].Content.Title != "第一版标题文字" || vs[1].Content.Contact.Name != "" {
		t.Errorf("versions: %+v, %v", vs, err)
	}
	h, err := b.listings.History(ctx, b.owner, it.ID)
	if err != nil || len(h) != 9 || h[0].Event != listing.EventPublish || h[0].Name != "league" {
		t.Errorf("history: %+v, %v", h, err)
	}
	if h, _ := b.listings.History(ctx, b.stranger, it.ID); len(h) != 2 || h[0].Name != "" {
		t.Errorf("public history: %+v", h)
	}
}

func TestTick_AsksThenDemotesThenArchives(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	silentOne, answered := b.publish(t, "没人管的成果信息"), b.publish(t, "有人管的成果信息")
	tick := func() listing.Ticked {
		t.Helper()
		got, err := b.listings.Tick(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := tick(); got != (listing.Ticked{}) {
		t.Errorf("first day: %+v", got)
	}
	// Even when nobody ran the clock for half a year, notice comes first.
	b.advance(180 * day)
	if got := tick(); got != (listing.Ticked{Asked: 2}) {
		t.Errorf("after 180 days: %+v", got)
	}
	if got := tick(); got != (listing.Ticked{}) {
		t.Errorf("the same day again: %+v", got)
	}
	b.do(t, b.owner, answered.ID, listing.EventConfirm, "")
	b.advance(15 * day)
	if got := tick(); got != (listing.Ticked{Demoted: 1}) {
		t.Errorf("after the grace: %+v", got)
	}
	if l, err := b.listings.Find(ctx, actor.Guest(), silentOne.ID); err != nil || !l.Sleeping() {
		t.Errorf("demoted: %+v, %v", l, err)
	}
	counts, err := b.listings.PublicCounts(ctx, false)
	if err != nil || counts[achievement.Kind].Local != 1 || counts[achievement.Kind].LocalSleeping != 1 {
		t.Errorf("counts: %+v, %v", counts, err)
	}
	b.advance(61 * day)
	if got := tick(); got != (listing.Ticked{Archived: 1}) {
		t.Errorf("after sleeping on: %+v", got)
	}
	if _, err := b.listings.Find(ctx, actor.Guest(), silentOne.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("archived and public: %v", err)
	}
	b.do(t, b.owner, answered.ID, listing.EventConfirm, "")
	b.advance(85 * day)
	if got := tick(); got != (listing.Ticked{Noticed: 1}) {
		t.Errorf("a month before the end: %+v", got)
	}
	b.advance(60 * day)
	if got := tick(); got.Expired != 1 {
		t.Errorf("after a year: %+v", got)
	}
	l := b.do(t, b.owner, answered.ID, listing.EventRenew, "")
	if l.State != listing.Published || !l.Public(b.now()) || l.PublishedVersion != 1 {
		t.Errorf("renewed: %+v", l)
	}
}

func TestConfirmAsked_ConfirmsOnlyWhatWasAskedOfTheOrganisation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	old := b.publish(t, "很久以前发布的成果")
	b.advance(100 * day)
	b.publish(t, "今天发布的成果信息")
	if _, err := b.listings.Tick(ctx); err != nil {
		t.Fatal(err)
	}
	if p, err := b.achievements.Mine(ctx, b.owner, listing.Filter{Asked: true}); err != nil || len(p.Items) != 1 || p.Items[0].ID != old.ID {
		t.Errorf("asked: %+v, %v", p.Items, err)
	}
	if _, err := b.listings.ConfirmAsked(ctx, b.reader, achievement.Kind); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a broker confirms: %v", err)
	}
	if n, err := b.listings.ConfirmAsked(ctx, b.stranger, achievement.Kind); err != nil || n != 0 {
		t.Errorf("another organisation confirms %d, %v", n, err)
	}
	if n, err := b.listings.ConfirmAsked(ctx, b.colleague, achievement.Kind); err != nil || n != 1 {
		t.Errorf("confirmed %d, %v", n, err)
	}
	l, err := b.listings.Find(ctx, b.owner, old.ID)
	if err != nil || l.RemindedAt != nil || !l.ConfirmedAt.Equal(b.now()) || l.Version != old.Version+1 {
		t.Errorf("%+v, %v", l, err)
	}
	if h, _ := b.listings.History(ctx, b.owner, old.ID); h[0].Event != listing.EventConfirm || h[0].Name != "colleague" {
		t.Errorf("history: %+v", h[0])
	}
}

func TestFiles_ForeignFilesCannotBeAttachedAndFollowPublication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	upload := func(org int64, text string) int64 {
		t.Helper()
		c, err := b.files.Receive(ctx, "说明.txt", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var f files.File
		if err := b.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			f, err = b.files.Record(ctx, tx, c, files.Meta{Purpose: "listing", OwnerOrg: org})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return f.ID
	}
	foreign, picture, evidence := upload(b.otherOrg, "别家的"), upload(b.org, "图片"), upload(b.org, "证明")
	c := full("带附件的成果信息")
	c.Files = []listing.Attachment{{FileID: foreign, Role: listing.FileAttachment}}
	if _, err := b.achievements.Create(ctx, b.owner, c); !fault.Is(err, fault.Invalid) {
		t.Fatalf("attached a foreign file: %v", err)
	}
	c.Files = []listing.Attachment{{FileID: 1 << 40, Role: listing.FileAttachment}}
	if _, err := b.achievements.Create(ctx, b.owner, c); !fault.Is(err, fault.Invalid) {
		t.Fatalf("attached no file: %v", err)
	}
	c.Files = []listing.Attachment{{FileID: picture, Role: listing.FilePicture, Caption: "样机"}, {FileID: evidence, Role: listing.FileEvidence}}
	it, err := b.achievements.Create(ctx, b.owner, c)
	if err != nil {
		t.Fatal(err)
	}
	may := func(who actor.Actor, file int64, want bool) {
		t.Helper()
		f, err := b.opened.Open(ctx, who, files.Object{Kind: "listing"}, file)
		if err == nil {
			f.Close()
		}
		if (err == nil) != want || err != nil && !fault.HasCode(err, "file_not_found") {
			t.Errorf("%q reads file %d: %v, want %v", who.Name, file, err, want)
		}
	}
	may(b.owner, picture, true)
	may(actor.Guest(), picture, false)
	may(b.league, picture, false)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	may(b.league, evidence, true)
	b.do(t, b.league, it.ID, listing.EventPublish, "")
	may(actor.Guest(), picture, true)
	may(actor.Guest(), evidence, false)
	may(b.stranger, evidence, false)
	// A revision takes the picture out: it stays readable until the revision is published.
	l := b.do(t, b.owner, it.ID, listing.EventRevise, "")
	c.Files = nil
	if _, err := b.achievements.Save(ctx, b.owner, it.ID, l.Version, c); err != nil {
		t.Fatal(err)
	}
	may(actor.Guest(), picture, true)
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	b.do(t, b.league, it.ID, listing.EventPublish, "")
	may(actor.Guest(), picture, false)
}

func TestDiagnosis_TheAskedBrokerAnswersOnceAndOnlyTheCompanyReadsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	it, err := b.demands.Create(ctx, b.owner, demand.Content{Title: "焦炉煤气脱硫剂寿命提升", Problem: "脱硫剂寿命太短，希望延长，现在每四十五天就要停下来更换一次。",
		Targets: []demand.Target{
			{Name: "寿命", Target: "更长"},
		}, Field: "0701", Cooperation: []string{"transfer"}, Budget: listing.Range{MaxFen: 10 * money.WanYuan},
		Contact: listing.Contact{Name: "白样例", Phone: "0473-5550100"}})
	if err != nil {
		t.Fatal(err)
	}
	b.do(t, b.owner, it.ID, listing.EventSubmit, "")
	back := func(triage string, broker int64) error {
		l, err := b.listings.Find(ctx, b.league, it.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.listings.Do(
			ctx,
			b.league,
			listing.Command{ID: it.ID, Version: l.Version, Event: listing.EventReturn, Reason: "没有目标值", Triage: triage, Broker: broker},
		)
		return err
	}
	for label, err := range map[string]error{"no broker": back("diagnose", b.owner.AccountID),
		"another judgement": back("long_term", b.reader.AccountID)} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", label, err)
		}
	}
	if err := back("diagnose", b.reader.AccountID); err != nil {
		t.Fatal(err)
	}
	asked, err := b.listings.Diagnoses(ctx, b.reader)
	if err != nil || len(asked) != 1 || asked[0].Title != it.Title || asked[0].AnsweredAt != nil {
		t.Fatalf("the broker's tasks: %+v, %v", asked, err)
	}
	id := asked[0].ID
	if _, k, err := b.demands.ForDiagnosis(ctx, b.reader, id); err != nil || k.Title != it.Title || k.Contact.Phone != "" {
		t.Errorf("the broker reads %+v, %v; want the draft without the contact person", k, err)
	}
	for label, who := range map[string]actor.Actor{"stranger": b.stranger, "owner": b.owner, "editor": b.league, "guest": {}} {
		if _, _, err := b.demands.ForDiagnosis(ctx, who, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads it as the broker: %v", label, err)
		}
		if err := b.listings.Diagnose(ctx, who, id, "写上目标值"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s answers: %v", label, err)
		}
	}
	if err := b.listings.Diagnose(ctx, b.reader, id, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("an empty answer: %v", err)
	}
	if err := b.listings.Diagnose(ctx, b.reader, id, "请写明现值四十五天、目标九十天。"); err != nil {
		t.Fatal(err)
	}
	if err := b.listings.Diagnose(ctx, b.reader, id, "又想起一点"); !fault.HasCode(err, "diagnosis_answered") {
		t.Errorf("a second answer: %v", err)
	}
	if got, err := b.listings.DiagnosesOf(ctx, b.owner, it.ID); err != nil || len(got) != 1 || !strings.Contains(got[0].Advice, "九十天") ||
		got[0].Name != "reader" {
		t.Errorf("the company reads %+v, %v", got, err)
	}
	if _, err := b.listings.DiagnosesOf(ctx, b.stranger, it.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger reads it: %v", err)
	}
}

func TestLists_PageWithoutGapsOrRepeats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	for i := range 7 {
		b.publish(t, fmt.Sprintf("第 %d 项样例成果", i))
		if i%2 == 0 {
			b.advance(time.Minute) // the others share a moment
		}
	}
	b.draft(t, "还没有提交的草稿")
	walk := func(list func(f listing.Filter) (listing.Page[achievement.Content], error)) []int64 {
		t.Helper()
		var ids []int64
		f := listing.Filter{Limit: 3}
		for range 10 {
			p, err := list(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range p.Items {
				ids = append(ids, it.ID)
			}
			if f.After = p.Next; f.After == "" {
				break
			}
		}
		return ids
	}
	unique := func(ids []int64) int { return len(slices.Compact(slices.Sorted(slices.Values(ids)))) }
	latest := walk(func(f listing.Filter) (listing.Page[achievement.Content], error) {
		return b.achievements.Latest(ctx, actor.Guest(), f)
	})
	if len(latest) != 7 || unique(latest) != 7 {
		t.Errorf("latest: %v", latest)
	}
	mine := walk(func(f listing.Filter) (listing.Page[achievement.Content], error) {
		return b.achievements.Mine(ctx, b.owner, f)
	})
	if len(mine) != 8 || unique(mine) != 8 {
		t.Errorf("mine: %v", mine)
	}
	if p, err := b.achievements.Mine(ctx, b.stranger, listing.Filter{}); err != nil || len(p.Items) != 0 {
		t.Errorf("another organisation's desk: %v, %v", p, err)
	}
	if p, err := b.achievements.Latest(ctx, actor.Guest(), listing.Filter{Text: "第 3 项", Division: "150200", Field: "07"}); err != nil ||
		len(p.Items) != 1 {
		t.Errorf("filtered: %v, %v", p, err)
	}
	if _, err := b.achievements.Latest(ctx, actor.Guest(), listing.Filter{After: "???"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a broken cursor: %v", err)
	}
	items, err := b.achievements.Many(ctx, actor.Guest(), []int64{mine[0], latest[2], 1 << 40, latest[0]})
	if err != nil || len(items) != 2 && len(items) != 3 || items[len(items)-1].ID != latest[0] {
		t.Errorf("many: %v, %v", items, err)
	}
}
