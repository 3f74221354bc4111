package watch_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"regexp"
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
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/zh"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type silent struct{}

func (silent) Record(context.Context, pgx.Tx, audit.Event) error { return nil }

// bundle is the market's rooms around watch, with the embedded engine and a queue whose jobs run when a test drains it.
type bundle struct {
	t            *testing.T
	db           *postgres.DB
	jobs         *jobs.Client
	people       *identity.Service
	listings     *listing.Service
	achievements *achievement.Service
	demands      *demand.Service
	catalogue    *catalogue.Service
	engine       search.Engine
	watch        *watch.Service
	outbox       *[]notify.Mail
	offset       atomic.Int64

	university, company, rival, sampler, editor, guest actor.Actor
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, clock.Zone())

func (b *bundle) now() time.Time { return start.Add(time.Duration(b.offset.Load())) }

func (b *bundle) advance(d time.Duration) { b.offset.Add(int64(d)) }

func (b *bundle) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: pgtest.New(t), outbox: &[]notify.Mail{}}
	workers := jobs.NewWorkers()
	jobs.Register(workers, func(_ context.Context, m notify.Mail) error { *b.outbox = append(*b.outbox, m); return nil })
	var err error
	b.jobs, err = jobs.New(jobs.Config{DB: b.db, Log: slog.New(slog.DiscardHandler), Now: b.now, Workers: workers, Parallel: 1})
	b.must(err)
	store, err := files.New(t.TempDir(), b.now)
	b.must(err)
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1 // tests don't guard passwords
	b.people, err = identity.New(identity.Config{DB: b.db, Audit: silent{}, Now: b.now, Policy: policy})
	b.must(err)
	b.listings, err = listing.New(listing.Config{DB: b.db, Directory: b.people, Queue: b.jobs, Files: store, Now: b.now,
		Kinds:   []listing.Descriptor{achievement.Descriptor(), demand.Descriptor()},
		Indexed: func(ctx context.Context, ids []int64) error { return b.watch.Published(ctx, ids) }})
	b.must(err)
	b.achievements, b.demands = achievement.New(b.listings), demand.New(b.listings)
	analyzer, err := zh.New()
	b.must(err)
	b.engine, err = local.Open("", analyzer)
	b.must(err)
	t.Cleanup(func() { _ = b.engine.Close() })
	model, err := matching.Learn(t.Context(), analyzer, func(func(search.Document, error) bool) {})
	b.must(err)
	b.catalogue = catalogue.New(catalogue.Config{Listings: b.listings, Engine: b.engine, People: b.people, Now: b.now})
	b.watch = watch.New(watch.Config{DB: b.db, Listings: b.listings, Catalogue: b.catalogue, People: b.people, Analyzer: analyzer,
		Queue: b.jobs, Audit: silent{}, Now: b.now, Random: rand.Reader, BaseURL: "http://market.test", Log: slog.New(slog.DiscardHandler),
		Finder: func(w matching.Weights) watch.Finder {
			return matching.NewFinder(b.engine, analyzer, model, w, b.now, func(_, code string) string { return code })
		}})
	b.must(b.watch.Load(t.Context(), plain()))
	b.listings.Register(workers, b.engine)
	b.watch.Register(workers)

	org := func(name string, kind actor.OrgKind, division string, sample bool, login string,
		roles ...actor.Role) identity.ProvisionOrganisation {
		return identity.ProvisionOrganisation{
			Organisation: identity.Organisation{Name: name, Kind: kind, Division: division, State: actor.Confirmed, Sample: sample},
			People: []identity.ProvisionPerson{
				{Person: identity.NewPerson{LoginName: login, DisplayName: login, Email: login + "@example.com", Password: "x"}, Roles: roles},
			},
		}
	}
	_, err = b.people.Provision(t.Context(), []identity.ProvisionOrganisation{
		org("青山示范大学", actor.University, "150204", false, "university", actor.OrgAdmin, actor.Member),
		org("乌海示范公司", actor.Enterprise, "150302", false, "company", actor.OrgAdmin, actor.Member),
		org("敕勒川示范公司", actor.Enterprise, "150103", false, "rival", actor.OrgAdmin, actor.Member),
		org("阴山样例公司", actor.Enterprise, "150103", true, "sampler", actor.OrgAdmin, actor.Member),
		org("示范科技厅", actor.Government, "150000", false, "editor", actor.RegionOfficer),
	})
	b.must(err)
	for login, to := range map[string]*actor.Actor{"university": &b.university, "company": &b.company, "rival": &b.rival,
		"sampler": &b.sampler, "editor": &b.editor} {
		*to, err = b.people.ActorFor(t.Context(), login)
		b.must(err)
	}
	return b
}

func (b *bundle) drain() {
	b.t.Helper()
	b.must(b.jobs.Drain(b.t.Context()))
}

func (b *bundle) do(who actor.Actor, id int64, e listing.Event) {
	b.t.Helper()
	l, err := b.listings.Any(b.t.Context(), id)
	b.must(err)
	_, err = b.listings.Do(b.t.Context(), who, listing.Command{ID: id, Version: l.Version, Event: e})
	b.must(err)
}

func (b *bundle) publish(who actor.Actor, id int64) int64 {
	b.t.Helper()
	b.do(who, id, listing.EventSubmit)
	b.do(b.editor, id, listing.EventPublish)
	b.drain()
	return id
}

func (b *bundle) need(who actor.Actor, title string) int64 {
	b.t.Helper()
	it, err := b.demands.Create(
		b.t.Context(),
		who,
		demand.Content{Title: title, Problem: "焦炉煤气含硫高，干法脱硫剂寿命目前只有 45 天，希望提高到 90 天以上，脱硫后硫化氢不高于 20 mg/m³。",
			Targets: []demand.Target{{Name: "脱硫剂寿命", Present: "45", Target: "90", Unit: "天"}}, Field: "0701", Cooperation: []string{"transfer"},
			Budget: listing.Range{MaxFen: 100 * money.WanYuan}, Contact: listing.Contact{Name: "白音", Phone: "0473-5550100"}},
	)
	b.must(err)
	return b.publish(who, it.ID)
}

func (b *bundle) result(who actor.Actor, title string) int64 {
	b.t.Helper()
	it, err := b.achievements.Create(
		b.t.Context(),
		who,
		achievement.Content{Title: title, Summary: "用干法脱硫剂把焦炉煤气的硫化氢降到 20 mg/m³ 以下，寿命 95 天", Problem: "焦化厂煤气含硫高，湿法脱硫废液难处理",
			Description: "复合金属氧化物干法脱硫剂，一次脱除焦炉煤气中的硫化氢和有机硫，脱硫剂可再生二十次以上。", Field: "0701", Cooperation: []string{"transfer", "trial"},
			Price: listing.Range{
				MinFen: 30 * money.WanYuan,
				MaxFen: 80 * money.WanYuan,
			}, Maturity: achievement.Maturity{Level: 7, Basis: achievement.BasisSelf},
			Contact: listing.Contact{Name: "张示范", Phone: "0472-0000000"}},
	)
	b.must(err)
	return b.publish(who, it.ID)
}

// told are the titles of an account's messages about matches and subscriptions, oldest first.
func (b *bundle) told(who actor.Actor) []string {
	b.t.Helper()
	box, err := notify.Box(b.t.Context(), b.db, who.AccountID, 0, 100)
	b.must(err)
	var out []string
	for _, m := range slices.Backward(box) {
		if m.Kind == "match" {
			out = append(out, m.Title)
		}
	}
	return out
}

func (b *bundle) mailsTo(who actor.Actor) []string {
	var out []string
	for _, m := range *b.outbox {
		if strings.HasPrefix(m.To, who.Name+"@") {
			out = append(out, m.Subject+"\n"+m.Body)
		}
	}
	return out
}

func (b *bundle) digest() {
	b.t.Helper()
	b.must(b.db.InTx(b.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return b.jobs.Enqueue(ctx, tx, watch.DigestArgs{}, jobs.Options{})
	}))
	b.drain()
}

func TestAlert_TellsTheOwnerOfTheOtherSideOncePerVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	need := b.need(b.company, "焦炉煤气干法脱硫剂寿命提升")
	if got := b.told(b.company); len(got) != 0 {
		t.Fatalf("nothing is there to match yet: %v", got)
	}
	found := b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	if got := b.told(b.company); len(got) != 1 || !strings.Contains(got[0], "新的成果可能适合您的需求") {
		t.Fatalf("the need's owner: got %v", got)
	}
	if got := b.told(b.university); len(got) != 0 {
		t.Errorf("the publisher is not told of its own listing: %v", got)
	}
	b.must(b.watch.Published(t.Context(), []int64{found, found}))
	b.do(b.university, found, listing.EventConfirm) // indexed again, the same version
	b.drain()
	if got := b.told(b.company); len(got) != 1 {
		t.Errorf("the same version is announced once: got %v", got)
	}
	b.digest()
	mails := b.mailsTo(b.company)
	if len(mails) != 1 || !strings.Contains(mails[0], "长寿命焦炉煤气干法脱硫剂") ||
		!strings.Contains(mails[0], fmt.Sprintf("/demands/%d/matches", need)) {
		t.Errorf("digest: got %q", mails)
	}
	b.digest()
	if got := b.mailsTo(b.company); len(got) != 1 {
		t.Errorf("a second digest says nothing again: got %q", got)
	}
	b.do(b.university, found, listing.EventRevise)
	b.publish(b.university, found)
	if got := b.told(b.company); len(got) != 2 {
		t.Errorf("a new version is announced again: got %v", got)
	}

	// One address in the mail ends it, for whoever holds the mail, as often as it is called.
	token := regexp.MustCompile(`/feeds/([^/]+)/end`).FindStringSubmatch(mails[0])
	if token == nil {
		t.Fatalf("the digest has no address that ends it: %q", mails[0])
	}
	if name, err := b.watch.Ending(t.Context(), token[1]); err != nil || name != "焦炉煤气干法脱硫剂寿命提升" {
		t.Errorf("what ends: got %q, %v", name, err)
	}
	b.must(b.watch.EndByToken(t.Context(), token[1]))
	b.must(b.watch.EndByToken(t.Context(), token[1]))
	b.do(b.university, found, listing.EventRevise)
	b.publish(b.university, found)
	if got := b.told(b.company); len(got) != 2 {
		t.Errorf("ended alerts stay silent: got %v", got)
	}
	if err := b.watch.EndByToken(t.Context(), "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown address: got %v", err)
	}
}

func TestAlert_StaysSilentWhereNobodyWantsOrMayHear(t *testing.T) {
	t.Parallel()
	b := setup(t)
	off := b.need(b.company, "焦炉煤气干法脱硫剂寿命提升")
	b.need(b.sampler, "焦炉煤气干法脱硫剂寿命提升（样例）")
	own := b.need(b.university, "焦炉煤气脱硫剂采购")
	gone := b.need(b.rival, "焦炉煤气精脱硫")
	b.must(b.watch.SetWanted(t.Context(), b.company, off, false))
	if err := b.watch.SetWanted(t.Context(), b.rival, off, true); !fault.Is(err, fault.NotFound) {
		t.Errorf("another organisation switches the alerts on: got %v", err)
	}
	b.do(b.rival, gone, listing.EventWithdraw)
	b.drain()
	before := len(b.told(b.university))
	b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	for name, who := range map[string]actor.Actor{"switched off": b.company, "sample market": b.sampler, "withdrawn": b.rival} {
		if got := b.told(who); len(got) != 0 {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if got := b.told(b.university); len(got) != before {
		t.Errorf("own organisation's need %d: got %v", own, got)
	}
	b.digest()
	if len(*b.outbox) != 0 {
		t.Errorf("mails: got %v", *b.outbox)
	}
}

func TestAlert_ForgetsWhatIsOld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	found := b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	b.advance(10 * 24 * time.Hour)
	b.need(b.company, "焦炉煤气干法脱硫剂寿命提升")
	b.must(b.watch.Published(t.Context(), []int64{found})) // as a rebuilt index would
	b.drain()
	if got := b.told(b.company); len(got) != 0 {
		t.Errorf("an index job of an old listing announces it: got %v", got)
	}
	if got := b.told(b.university); len(got) != 1 {
		t.Errorf("the new need is announced to the old achievement's owner: got %v", got)
	}
}

func TestSay_RefusedPairsStayAwayFromThatOrganisationOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	need := b.need(b.company, "焦炉煤气干法脱硫剂寿命提升")
	found := b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	l, err := b.listings.Any(t.Context(), need)
	b.must(err)

	if err := b.watch.Say(t.Context(), b.company, need, found, watch.Refuse, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("a refusal without a reason: got %v", err)
	}
	for name, tc := range map[string]struct {
		who           actor.Actor
		query, result int64
		kind          fault.Kind
	}{
		"guest":              {b.guest, need, found, fault.Unauthorized},
		"other organisation": {b.rival, need, found, fault.NotFound},
		"officer":            {b.editor, need, found, fault.Forbidden},
		"wrong side":         {b.company, need, need, fault.NotFound},
		"unknown":            {b.company, need, 999, fault.NotFound},
	} {
		if err := b.watch.Say(t.Context(), tc.who, tc.query, tc.result, watch.Keep, ""); !fault.Is(err, tc.kind) {
			t.Errorf("%s: got %v, want %v", name, err, tc.kind)
		}
	}
	b.must(b.watch.Say(t.Context(), b.company, need, found, watch.Keep, ""))
	b.must(b.watch.Say(t.Context(), b.company, need, found, watch.Refuse, "price"))
	st, err := b.watch.Standing(t.Context(), b.company, l)
	b.must(err)
	if got, want := st.Hidden(achievement.Descriptor()), []string{achievement.Descriptor().DocumentID(found)}; !slices.Equal(got, want) ||
		st.Refused[found] != "price" {
		t.Errorf("after the refusal: got %v %v", got, st)
	}
	if st, err := b.watch.Standing(t.Context(), b.rival, l); err != nil || len(st.Refused)+len(st.Kept) != 0 {
		t.Errorf("another organisation reads the answers: got %v, %v", st, err)
	}
	pairs, err := b.watch.Pairs(t.Context(), b.company)
	b.must(err)
	if len(pairs) != 1 || pairs[0].Answer != watch.Refuse {
		t.Errorf("pairs: got %+v", pairs)
	}
	if pairs, err = b.watch.Pairs(t.Context(), b.university); err != nil || len(pairs) != 0 {
		t.Errorf("the other side reads the answers: got %+v, %v", pairs, err)
	}
	before := len(b.told(b.company))
	b.do(b.university, found, listing.EventRevise)
	b.publish(b.university, found)
	if got := b.told(b.company); len(got) != before {
		t.Errorf("a refused pair is announced again: got %v", got)
	}
	b.must(b.watch.Say(t.Context(), b.company, need, found, watch.Restore, ""))
	if st, err := b.watch.Standing(t.Context(), b.company, l); err != nil || len(st.Refused) != 0 {
		t.Errorf("restored: got %v, %v", st, err)
	}
	b.do(b.university, found, listing.EventWithdraw)
	if err := b.watch.Say(t.Context(), b.company, need, found, watch.Keep, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("keeping what is withdrawn: got %v", err)
	}
}

func TestShown_IsWrittenForTheOwnersSideOnlyAndOncePerVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	need := b.need(b.company, "焦炉煤气干法脱硫剂寿命提升")
	found := b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	q, err := b.listings.Any(t.Context(), need)
	b.must(err)
	r, err := b.listings.Any(t.Context(), found)
	b.must(err)
	places := []watch.Place{{Listing: r, Rank: 1, Explained: matching.Explained{Score: .731, Reasons: []string{"命中关键词：脱硫"}}}}
	for _, who := range []actor.Actor{b.guest, b.rival, b.editor, b.company, b.company} {
		b.watch.Shown(who, q, places)
	}
	b.must(b.watch.Flush(t.Context()))
	b.must(b.watch.Flush(t.Context()))
	rows, _ := b.db.Query(t.Context(), `select account_id, rank, score, query_version, result_version, weights_version from match_impression`)
	got, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (a [6]int64, err error) {
		return a, r.Scan(&a[0], &a[1], &a[2], &a[3], &a[4], &a[5])
	})
	b.must(err)
	if want := [][6]int64{{b.company.AccountID, 1, 731, 1, 1, 1}}; !slices.Equal(got, want) {
		t.Errorf("impressions: got %v, want %v", got, want)
	}
}

func TestSaved_FindsTellsAndEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := catalogue.Criteria{Kind: achievement.Kind, Text: "焦炉煤气 脱硫", Facets: map[string][]string{"field": {"07"}}}
	if _, err := b.watch.Save(t.Context(), b.guest, q, "", watch.Daily); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("guest: got %v", err)
	}
	if _, err := b.watch.Save(t.Context(), b.company, catalogue.Criteria{Kind: achievement.Kind}, "", watch.Daily); !fault.Is(
		err,
		fault.Invalid,
	) {
		t.Errorf("empty search: got %v", err)
	}
	daily, err := b.watch.Save(t.Context(), b.company, q, "", watch.Daily)
	b.must(err)
	again, err := b.watch.Save(t.Context(), b.company, q, "别名", watch.Daily)
	b.must(err)
	if again.ID != daily.ID {
		t.Errorf("the same search twice: got %d and %d", daily.ID, again.ID)
	}
	now, err := b.watch.Save(t.Context(), b.rival, q, "脱硫", watch.Immediate)
	b.must(err)
	never, err := b.watch.Save(t.Context(), b.rival, catalogue.Criteria{Kind: achievement.Kind, Text: "肉羊育种"}, "羊", watch.Immediate)
	b.must(err)

	b.advance(time.Hour)
	b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	b.result(b.sampler, "焦炉煤气脱硫塔（样例）")
	if got := b.told(b.rival); len(got) != 1 || !strings.Contains(got[0], "脱硫") {
		t.Errorf("immediate: got %v", got)
	}
	if got := b.mailsTo(b.rival); len(got) != 1 || !strings.Contains(got[0], "/feeds/"+now.FeedToken+"/end") {
		t.Errorf("immediate mail: got %q", got)
	}
	if got := b.told(b.company); len(got) != 0 {
		t.Errorf("daily waits for the morning: got %v", got)
	}
	b.advance(20 * time.Hour)
	b.digest()
	b.digest()
	if got := b.mailsTo(b.company); len(got) != 1 || !strings.Contains(got[0], "长寿命焦炉煤气干法脱硫剂") || strings.Contains(got[0], "样例") {
		t.Errorf("daily: got %q", got)
	}

	if err := b.watch.End(t.Context(), b.rival, daily.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ending another's search: got %v", err)
	}
	if err := b.watch.SetNotice(t.Context(), b.company, daily.ID, "hourly"); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown notice: got %v", err)
	}
	b.must(b.watch.End(t.Context(), b.company, daily.ID))
	b.must(b.watch.EndByToken(t.Context(), now.FeedToken))
	for _, s := range []watch.Saved{daily, now} {
		if _, _, err := b.watch.Feed(t.Context(), s.FeedToken); !fault.Is(err, fault.NotFound) {
			t.Errorf("the feed of an ended search: got %v", err)
		}
	}
	if mine, err := b.watch.Mine(t.Context(), b.rival); err != nil || len(mine) != 1 || mine[0].ID != never.ID {
		t.Errorf("live searches: got %v, %v", mine, err)
	}
}

func TestFeed_HoldsWhatAGuestMaySee(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := catalogue.Criteria{Kind: achievement.Kind, Text: "脱硫"}
	real, err := b.watch.Save(t.Context(), b.company, q, "", watch.Never)
	b.must(err)
	sampled, err := b.watch.Save(t.Context(), b.sampler, q, "", watch.Never)
	b.must(err)
	b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	b.result(b.sampler, "焦炉煤气脱硫塔（样例）")
	gone := b.result(b.university, "湿法脱硫废液处理")
	draft, err := b.achievements.Create(t.Context(), b.company, achievement.Content{Title: "未公开的脱硫草稿"})
	b.must(err)
	// Withdrawn, but the index has not heard of it.
	b.do(b.university, gone, listing.EventWithdraw)
	titles := func(s watch.Saved) []string {
		_, entries, err := b.watch.Feed(t.Context(), s.FeedToken)
		b.must(err)
		var out []string
		for _, e := range entries {
			if e.ID == draft.ID || strings.Contains(e.Lead+e.Title, "张示范") || e.Organisation == "" {
				t.Errorf("entry: %+v", e)
			}
			out = append(out, e.Title)
		}
		slices.Sort(out)
		return out
	}
	if got, want := titles(real), []string{"长寿命焦炉煤气干法脱硫剂"}; !slices.Equal(got, want) {
		t.Errorf("feed: got %v, want %v", got, want)
	}
	if got, want := titles(sampled), []string{"焦炉煤气脱硫塔（样例）", "长寿命焦炉煤气干法脱硫剂"}; !slices.Equal(got, want) {
		t.Errorf("a sample account's feed: got %v, want %v", got, want)
	}
	if _, _, err := b.watch.Feed(t.Context(), "nonsense"); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown token: got %v", err)
	}
}

func TestMissed_KeepsWordsAndForgetsPeople(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, text := range []string{"石墨烯散热膜", "石墨烯 散热膜", "石墨烯　散热膜", "13800001234", "张三 150-2041-9900", "a@example.com", "x",
		strings.Repeat("长", 31), "http://x.cn"} {
		b.watch.Missed(achievement.Kind, text)
	}
	b.must(b.watch.Flush(t.Context()))
	q, err := b.watch.Quality(t.Context(), b.editor, b.now().Add(-time.Hour), true)
	b.must(err)
	got := map[string]int{}
	for _, e := range q.Empty {
		got[e.Words] = e.Times
	}
	if len(got) != 2 || got["石墨烯散热膜"] != 1 || got["石墨烯 散热膜"] != 2 {
		t.Errorf("empty searches: got %v", got)
	}
}

func TestQuality_CountsThePairsThatWereShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	need := b.need(b.company, "焦炉煤气干法脱硫剂寿命提升")
	found, other := b.result(b.university, "长寿命焦炉煤气干法脱硫剂"), b.result(b.university, "焦炉煤气脱硫塔改造")
	q, err := b.listings.Any(t.Context(), need)
	b.must(err)
	var places []watch.Place
	for i, id := range []int64{found, other} {
		l, err := b.listings.Any(t.Context(), id)
		b.must(err)
		places = append(places, watch.Place{Listing: l, Rank: i + 1, Explained: matching.Explained{Score: []float64{.9, .4}[i]}})
	}
	b.watch.Shown(b.company, q, places)
	b.must(b.watch.Flush(t.Context()))
	b.must(b.watch.Say(t.Context(), b.company, need, found, watch.Open, ""))
	b.must(b.watch.Say(t.Context(), b.company, need, other, watch.Refuse, "maturity"))
	_, err = b.db.Exec(
		t.Context(),
		`insert into deal (state, supply_listing_id, demand_listing_id,
			supply_org, demand_org, opened_by, opened_side, subject, created_at, updated_at, agreed_at)
		values ('agreed', $1, $2, $3, $4, $5, 'demand', 'x', $6, $6, $6)`,
		found,
		need,
		b.university.OrgID,
		b.company.OrgID,
		b.company.AccountID,
		b.now(),
	)
	b.must(err)

	got, err := b.watch.Quality(t.Context(), b.editor, b.now().Add(-time.Hour), false)
	b.must(err)
	want := watch.Funnel{Code: "07", Shown: 2, Opened: 1, Refused: 1, Contacted: 1, Agreed: 1}
	if len(got.ByField) != 1 || got.ByField[0] != want {
		t.Errorf("by field: got %+v, want %+v", got.ByField, want)
	}
	truth := []watch.Truth{{Code: "07", Band: matching.High, Answered: 1, Useful: 1}, {Code: "07", Band: matching.Low, Answered: 1}}
	if !slices.Equal(got.Truth, truth) {
		t.Errorf("truth of the bands: got %+v, want %+v", got.Truth, truth)
	}
	if want.Code = "150300"; len(got.ByLeague) != 1 || got.ByLeague[0] != want {
		t.Errorf("by league: got %+v, want %+v", got.ByLeague, want)
	}
	if len(got.Refused) != 1 || got.Refused[0] != (watch.Reason{Source: "match", Code: "maturity", Times: 1}) {
		t.Errorf("reasons: got %+v", got.Refused)
	}
	exposed := map[string]watch.Exposure{}
	for _, e := range got.Exposure {
		exposed[e.By+" "+e.Code] = e
	}
	if e := exposed["kind university"]; e.Listings != 2 || e.Places != 2 {
		t.Errorf("exposure of universities: got %+v in %v", e, exposed)
	}
	if e := exposed["size 1"]; e.Listings != 3 || e.Places != 2 {
		t.Errorf("exposure of small ones: got %+v", e)
	}
	for _, who := range []actor.Actor{b.guest, b.company, b.university} {
		if _, err := b.watch.Quality(t.Context(), who, b.now(), false); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s reads the quality: got %v", who.Name, err)
		}
	}
}

// Places are compared among the listings that are open: one that is hidden, over or closed has no part in them.
func TestQuality_ExposureIsOfOpenListings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	open := b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	for _, change := range []string{"hidden = true", "expires_at = $2", "expires_at = null", "state = 'closed'"} {
		_, err := b.db.Exec(t.Context(), "update listing set "+change+" where id = $1 and $2::timestamptz is not null",
			b.result(b.university, "焦炉煤气脱硫塔改造"), b.now())
		b.must(err)
	}
	_, err := b.db.Exec(t.Context(), "update listing set demoted_at = $2 where id = $1", open, b.now()) // asleep is still open
	b.must(err)
	got, err := b.watch.Quality(t.Context(), b.editor, b.now().Add(-time.Hour), false)
	b.must(err)
	for _, e := range got.Exposure {
		if e.Listings != 1 {
			t.Errorf("%s %s: %d listings, one is open", e.By, e.Code, e.Listings)
		}
	}
	if len(got.Exposure) != 3 {
		t.Errorf("got %+v", got.Exposure)
	}
}

// plain are weights under which the second of two listings stays, however little it fits.
func plain() matching.Weights {
	w := matching.DefaultWeights()
	w.Threshold = 0
	return w
}

func TestWeights_AreVersionedTriedAndPutIntoUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	need := b.need(b.company, "焦炉煤气干法脱硫剂寿命提升")
	near := b.result(b.university, "长寿命焦炉煤气干法脱硫剂")
	it, err := b.achievements.Get(t.Context(), b.university, near)
	b.must(err)
	k := it.Content
	k.Title, k.Problem, k.Description, k.Summary = "焦炉煤气干法脱硫剂的现场更换", "焦炉煤气脱硫剂寿命短，需要就近更换", "焦炉煤气干法脱硫剂的更换装置，适合焦化厂现场改造，占地小，已有三处应用。",
		"焦炉煤气脱硫剂更换装置，现场改造"
	k.Division, k.Maturity.Level = "150302", 9
	second, err := b.achievements.Create(t.Context(), b.university, k)
	b.must(err)
	b.publish(b.university, second.ID)

	q, err := b.listings.Any(t.Context(), need)
	b.must(err)
	var places []watch.Place
	for i, id := range []int64{near, second.ID} {
		l, err := b.listings.Any(t.Context(), id)
		b.must(err)
		places = append(places, watch.Place{Listing: l, Rank: i + 1})
	}
	b.watch.Shown(b.company, q, places)
	b.must(b.watch.Flush(t.Context()))

	w := plain()
	same, err := b.watch.TryWeights(t.Context(), b.editor, w, false)
	b.must(err)
	if same.Matches != 2 || same.Queries != 1 || len(same.Changes) != 0 {
		t.Errorf("the weights in use change nothing: got %+v", same)
	}
	w.Text, w.Region = .01, 1
	trial, err := b.watch.TryWeights(t.Context(), b.editor, w, false)
	b.must(err)
	if want := []watch.Change{{Query: need, Result: near, Before: 1, After: 2},
		{Query: need, Result: second.ID, Before: 2, After: 1}}; !sameChanges(
		trial.Changes,
		want,
	) {
		t.Errorf("trial: got %+v, want %+v", trial.Changes, want)
	}
	if _, err := b.watch.SaveWeights(t.Context(), b.editor, w, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: got %v", err)
	}
	bad := w
	bad.Text = -1
	if _, err := b.watch.SaveWeights(t.Context(), b.editor, bad, "x"); !fault.Is(err, fault.Invalid) {
		t.Errorf("negative: got %v", err)
	}
	v, err := b.watch.SaveWeights(t.Context(), b.editor, w, "更看重就近")
	b.must(err)
	first := func() string {
		docs, err := b.engine.Get(t.Context(), demand.Descriptor().DocumentID(need))
		b.must(err)
		m, err := b.watch.Find(t.Context(), matching.Request{Listing: docs[0], Want: "achievement", Limit: 5})
		b.must(err)
		return m.Items[0].Document.ID + " " + m.Weights
	}
	if got := first(); got != achievement.Descriptor().DocumentID(near)+" "+matching.DefaultWeights().Version {
		t.Errorf("saved is not in use: got %s", got)
	}
	b.must(b.watch.Activate(t.Context(), b.editor, v.Version))
	if got, want := first(), achievement.Descriptor().DocumentID(second.ID)+" "+v.Weights.Version; got != want {
		t.Errorf("active: got %s, want %s", got, want)
	}
	b.must(b.watch.Load(t.Context(), plain())) // as a restart
	newer := matching.DefaultWeights()
	newer.Version = "2027-01-1"
	b.must(b.watch.Load(t.Context(), newer)) // a newer program does not replace what the operator chose
	if got, want := first(), achievement.Descriptor().DocumentID(second.ID)+" "+v.Weights.Version; got != want {
		t.Errorf("after a restart: got %s, want %s", got, want)
	}
	for _, who := range []actor.Actor{b.guest, b.company} {
		_, serr := b.watch.SaveWeights(t.Context(), who, w, "x")
		_, terr := b.watch.TryWeights(t.Context(), who, w, false)
		for _, err := range []error{serr, terr, b.watch.Activate(t.Context(), who, 1)} {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%q: got %v", who.Name, err)
			}
		}
	}
}

func sameChanges(got, want []watch.Change) bool {
	by := func(a, b watch.Change) int { return int(a.Result - b.Result) }
	slices.SortFunc(got, by)
	slices.SortFunc(want, by)
	return slices.Equal(got, want)
}
