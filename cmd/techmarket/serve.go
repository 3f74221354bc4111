package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/matching"
	"techmarket/internal/market/matching/vector"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/meili"
	"techmarket/search/zh"
	"techmarket/web"
	"techmarket/web/api"
	pagescertify "techmarket/web/certify"
	pagesinsight "techmarket/web/insight"
	pagesmarket "techmarket/web/market"
	pagespeople "techmarket/web/people"
	"techmarket/web/site"
	pagestrade "techmarket/web/trade"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// ownSynonyms is the site's own table in the data folder, read at the start; the index knows it after a reindex.
const ownSynonyms = "synonyms.tsv"

// services are the rooms of the house, ready to be used by the site and by commands.
type services struct {
	platform       *platform
	queue          *jobs.Client
	enqueue        enqueuer // where the rooms put their jobs: the queue, for the sample market a sieve before it
	workers        *jobs.Workers
	engine         search.Engine
	embedded       *local.Engine    // the engine itself, or the one that answers while Meilisearch is away
	meili          *meili.Lazy      // nil without MEILI_URL
	fallback       *search.Fallback // nil without MEILI_URL
	healing        sync.Mutex       // held by the heal job at work
	compared       bool             // Meilisearch with the embedded engine, since the start; guarded by healing
	gate           *search.Gate     // of what costs much: searches and matches
	analyzer       *zh.Analyzer
	identity       *identity.Service
	listings       *listing.Service
	achievements   *achievement.Service
	demands        *demand.Service
	importer       *importer.Service
	model          atomic.Pointer[matching.Model]
	vectors        *vector.Service // nil without an embedder
	semanticWeight float64         // of the embedder's model; 0: that of the weights in use
	watch          *watch.Service  // matches with the weights in use, and what becomes of matches
	brokers        *broker.Service
	deals          *deal.Service
	contracts      *contract.Service
	ledger         *ledger.Ledger
	registry       *registry.Service
	stats          *stats.Service
	room           func() error // refuses saving while the disk is nearly full
}

// compose makes every service on the platform and registers the job workers.
func compose(ctx context.Context, p *platform) (*services, error) {
	s := &services{platform: p, workers: jobs.NewWorkers(), room: roomToWrite(p.config.Data, time.Now)}
	p.Mail.Register(s.workers)
	var err error
	config := jobs.Config{DB: p.DB, Workers: s.workers, Sole: p.Sole, Log: p.log, Now: p.now, Periodic: s.periodic()}
	if p.Attached { // the running market works the jobs
		config.Workers, config.Periodic = nil, nil
	}
	if s.queue, err = jobs.New(config); err != nil {
		return nil, err
	}
	s.enqueue = s.queue
	own, err := os.ReadFile(filepath.Join(p.config.Data, ownSynonyms))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", ownSynonyms, err)
	}
	if s.analyzer, err = zh.New(string(own)); err != nil {
		return nil, err
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	if err := s.openSearch(ctx); err != nil {
		return nil, err
	}
	model, err := s.loadModel()
	if err != nil {
		return nil, err
	}
	s.model.Store(model)
	if err := s.openEmbedder(ctx); err != nil {
		return nil, err
	}
	if err := s.openWatch(ctx); err != nil {
		return nil, err
	}
	s.listings.Register(s.workers, s.engine)
	s.importer.Register(s.workers)
	s.registry.RegisterJobs(s.workers)
	jobs.Register(s.workers, s.solved)
	jobs.Register(s.workers, func(ctx context.Context, _ tickArgs) error { _, err := s.listings.Tick(ctx); return err })
	jobs.Register(s.workers, func(ctx context.Context, _ learnArgs) error { return s.relearn(ctx) })
	jobs.Register(s.workers, func(ctx context.Context, _ rootArgs) error { _, _, err := s.ledger.SignRoot(ctx); return err })
	jobs.Register(s.workers, func(ctx context.Context, _ cleanArgs) error {
		return errors.Join(s.identity.CleanSessions(ctx), idempotency.New(p.DB, p.now).Clean(ctx))
	})
	jobs.RegisterLong(s.workers, fillTimeout, func(ctx context.Context, _ rebuildArgs) error { return s.rebuild(ctx) })
	jobs.RegisterLong(s.workers, fillTimeout, func(ctx context.Context, _ healArgs) error { return s.heal(ctx) })
	jobs.RegisterLong(s.workers, checkTimeout, s.answerCheck)
	return s, nil
}

// build gives each service the small interfaces it asks for. The sample market builds a second set, whose clock it moves.
func (s *services) build() error {
	p := s.platform
	var err error
	post := mailroom{queue: s.enqueue, now: p.now}

	policy := identity.DefaultPolicy()
	policy.RequireTwoFactor = p.config.RequireTOTP
	s.identity, err = identity.New(identity.Config{Pool: p.DB.Pool, Audit: trail{p.now}, Mail: post, Cache: p.Cache, Limiter: p.Cache,
		Now: p.now, BaseURL: p.config.BaseURL, Policy: policy,
		OrganisationChanged: func(ctx context.Context, tx pgx.Tx, o identity.Organisation) error {
			return s.listings.OrganisationChanged(ctx, tx, o)
		}})
	if err != nil {
		return err
	}
	s.listings, err = listing.New(listing.Config{DB: p.DB, Directory: s.identity, Queue: s.enqueue, Files: p.Files, Now: p.now,
		Rules:  []listing.Rules{achievement.Rules(), demand.Rules()},
		Broker: s.isBroker, Indexed: s.indexed})
	if err != nil {
		return err
	}
	s.achievements, s.demands = achievement.New(s.listings), demand.New(s.listings)
	s.importer, err = importer.New(importer.Config{DB: p.DB, Listings: s.listings, Directory: s.identity, Queue: s.enqueue, Files: p.Files, Now: p.now,
		Forms: []importer.Form{achievement.Form(), demand.Form()}})
	if err != nil {
		return err
	}
	s.deals = deal.New(deal.Config{DB: p.DB, Audit: trail{p.now}, Listings: catalogue{s}, Files: p.Files, Notices: post, Now: p.now, OnAgreed: s.agreed})
	s.contracts = contract.New(contract.Config{DB: p.DB, Audit: trail{p.now}, Deals: s.deals, People: s.identity, Files: p.Files, Now: p.now, OrgOf: s.identity.ConfirmedByCode})
	s.brokers = broker.New(broker.Config{DB: p.DB, Audit: trail{p.now}, People: s.identity, Deals: s.deals, Registrations: s.contracts, Now: p.now})
	suite, err := ledger.SuiteByName("intl")
	if err != nil {
		return err
	}
	keys, err := ledger.OpenKeys(filepath.Join(p.config.Data, "keys"), suite, rand.Reader)
	if err != nil {
		return err
	}
	s.ledger = ledger.New(p.DB, keys, p.now)
	s.registry = registry.New(registry.Deps{DB: p.DB, Contracts: s.contracts, Ledger: s.ledger, Audit: trail{p.now}, People: s.identity,
		Jobs: s.enqueue, Files: p.Files, Fonts: p.Fonts, Now: p.now, Random: rand.Reader, BaseURL: p.config.BaseURL})
	s.stats = stats.New(p.DB, p.now)
	return nil
}

// enqueuer inserts a job in the caller's transaction.
type enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// agreed closes the demand that found its solution by a job of the agreement's transaction; the achievement stays
// open, since it can be licensed again.
func (s *services) agreed(ctx context.Context, tx pgx.Tx, d deal.Deal) error {
	if d.DemandID == 0 {
		return nil
	}
	return s.queue.Enqueue(ctx, tx, solvedArgs{ListingID: d.DemandID}, jobs.Options{})
}

// solvedArgs closes a demand as signed.
type solvedArgs struct {
	ListingID int64 `json:"listingId"`
}

// Kind names the job.
func (solvedArgs) Kind() string { return "demand_solved" }

func (s *services) solved(ctx context.Context, a solvedArgs) error {
	_, err := s.listings.DoAsSystem(ctx, listing.Command{ID: a.ListingID, Event: listing.EventClose, Reason: "signed"})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		return nil // the owner was faster
	}
	return err
}

// The periodic jobs.
type (
	tickArgs    struct{} // clocks of living listings
	learnArgs   struct{} // word statistics for matching
	rootArgs    struct{} // signs the register's root when something changed
	cleanArgs   struct{} // ended sessions, old idempotency keys
	rebuildArgs struct{} // fills an empty index
	healArgs    struct{} // fills a Meilisearch that came (back) empty
	checkArgs   struct{} // compares the index with the database for a command that waits
)

// Kind names the job.
func (tickArgs) Kind() string { return "listing_tick" }

func (learnArgs) Kind() string { return "matching_learn" }

func (rootArgs) Kind() string { return "ledger_root" }

func (cleanArgs) Kind() string { return "session_clean" }

func (rebuildArgs) Kind() string { return "search_rebuild" }

func (healArgs) Kind() string { return "search_heal" }

func (checkArgs) Kind() string { return "search_check" }

func (s *services) periodic() []jobs.Periodic {
	all := []jobs.Periodic{
		{ID: "listing_tick", Next: jobs.Daily(3, 10), Args: func() jobs.Args { return tickArgs{} }, Start: true},
		{ID: "matching_learn", Next: jobs.Daily(3, 30), Args: func() jobs.Args { return learnArgs{} }, Start: true},
		{ID: "match_digest", Next: jobs.Daily(7, 30), Args: func() jobs.Args { return watch.DigestArgs{} }},
		{ID: "session_clean", Next: jobs.Daily(4, 0), Args: func() jobs.Args { return cleanArgs{} }},
		{ID: "deadline_warning", Next: jobs.Daily(8, 30), Args: func() jobs.Args { return registry.WarnArgs{} }},
		{ID: "search_heal", Next: jobs.Every(time.Minute), Args: func() jobs.Args { return healArgs{} }, Start: true},
		{ID: "ledger_root", Next: jobs.Every(time.Minute), Args: func() jobs.Args { return rootArgs{} }, Start: true},
	}
	if s.platform.config.EmbedderURL != "" {
		all = append(all, jobs.Periodic{ID: "embed_fill", Next: jobs.Every(10 * time.Minute), Args: func() jobs.Args { return vector.FillArgs{} }, Start: true})
	}
	return all
}

// openSearch opens the engine that the configuration asks for; a fresh index is filled by a job.
func (s *services) openSearch(ctx context.Context) error {
	dir := filepath.Join(s.platform.config.Data, "search")
	if s.platform.Attached {
		dir = "" // the folder belongs to the running market; this process only looks
	}
	engine, err := local.Open(dir, s.analyzer)
	if err != nil {
		return err
	}
	s.engine, s.embedded = engine, engine
	if url := s.platform.config.MeiliURL; url != "" {
		s.meili = meili.Connect(meili.Options{URL: url, Key: s.platform.config.MeiliKey}, s.analyzer)
		s.fallback = search.NewFallback(s.meili, engine, s.platform.now)
		s.engine = s.fallback
	}
	s.gate = search.NewGate(4*runtime.GOMAXPROCS(0), 2*time.Second)
	s.engine = matching.Prepared{Engine: search.NewRemember(search.Gated{Engine: s.engine, Gate: s.gate}, 10*time.Second, s.platform.now), Analyzer: s.analyzer}
	s.platform.defers(func(context.Context) error { return s.engine.Close() })
	if !engine.Fresh() || s.platform.Attached {
		return nil
	}
	return s.platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.queue.Enqueue(ctx, tx, rebuildArgs{}, jobs.Options{Unique: true})
	})
}

// fillTimeout bounds the filling of an index: 100,000 listings took Meilisearch seven and a half minutes on two cores.
const fillTimeout = 4 * time.Hour

// rebuild fills the index beside the serving one and swaps. What Meilisearch misses, heal makes good.
func (s *services) rebuild(ctx context.Context) error {
	err := s.fill(ctx, s.engine)
	if s.meili != nil && fault.HasCode(err, "search_unavailable") {
		s.meili.Distrust()
		s.platform.log.Warn("Meilisearch is not rebuilt", "error", words(err))
		err = nil
	}
	if err != nil || s.vectors == nil {
		return err
	}
	return s.vectors.Fill(ctx)
}

// fill rebuilds an engine from the database.
func (s *services) fill(ctx context.Context, e search.Engine) error {
	return e.Rebuild(ctx, func(emit func(...search.Document) error) error { return s.listings.Documents(ctx, emit) })
}

// fillAside makes a command beside a running market find everything: the index on disk belongs to the market, so this process holds
// its own in memory.
func (s *services) fillAside(ctx context.Context) error {
	if !s.platform.Attached {
		return nil
	}
	return s.fill(ctx, matching.Prepared{Engine: s.embedded, Analyzer: s.analyzer})
}

// heal brings Meilisearch in line: it fills one that came without our index (the first time, after a loss of its disk, after an
// update) and hands over what one that was away or full has missed. A server that is away is no error: the embedded engine answers,
// and the job looks again in a minute.
func (s *services) heal(ctx context.Context) error {
	if s.meili == nil || !s.healing.TryLock() { // filling takes longer than the minute between two jobs
		return nil
	}
	defer s.healing.Unlock()
	err := s.bringInLine(ctx)
	if fault.Is(err, fault.Unavailable) {
		s.platform.log.Warn("Meilisearch is behind", "error", words(err))
		return nil
	}
	return err
}

func (s *services) bringInLine(ctx context.Context) error {
	if s.embedded.Fresh() {
		return nil // nothing to compare with until the first rebuild, which fills both
	}
	fresh, err := s.meili.Check(ctx)
	if err != nil {
		return err
	}
	work := s.fill
	if !fresh {
		theirs, err := s.meili.Stats(ctx)
		if err != nil {
			return err
		}
		ours, err := s.embedded.Stats(ctx)
		if err != nil {
			return err
		}
		if s.compared && theirs.Documents == ours.Documents && !s.fallback.Behind() {
			return s.fallback.Mend(func() error { return nil }) // it answers again, also when nobody asks at present
		}
		if theirs.Documents >= ours.Documents/2 {
			work = s.mend
		} else {
			s.meili.Distrust() // left nearly empty by a rebuild that was cut off
		}
	}
	if err := s.fallback.Mend(func() error { return work(ctx, matching.Prepared{Engine: s.meili, Analyzer: s.analyzer}) }); err != nil {
		return err
	}
	s.compared = true
	return nil
}

// mend compares the versions that an engine holds with those of the embedded one, which follows the database by jobs, and indexes
// anew what differs.
func (s *services) mend(ctx context.Context, e search.Engine) error {
	differ := map[string]int64{}
	if err := s.embedded.Refs(ctx, func(r search.Ref) error { differ[r.ID] = r.Version; return nil }); err != nil {
		return err
	}
	err := e.Refs(ctx, func(r search.Ref) error {
		if version, there := differ[r.ID]; there && version == r.Version {
			delete(differ, r.ID)
		} else {
			differ[r.ID] = r.Version
		}
		return nil
	})
	if err != nil {
		return err
	}
	n, err := s.indexAnew(ctx, e, slices.Collect(maps.Keys(differ)))
	if n > 0 {
		s.platform.log.Info("Meilisearch caught up", "listings", n)
	}
	return err
}

// meiliCheck tells /readyz whether Meilisearch answers and holds everything; the market works without it.
func (s *services) meiliCheck() []check {
	if s.meili == nil {
		return nil
	}
	return []check{{"meilisearch", false, func(ctx context.Context) error {
		if _, err := s.meili.Stats(ctx); err != nil {
			return err
		}
		if s.fallback.Degraded() {
			return fault.New(fault.Unavailable, "search_behind", "Meilisearch 缺少最近的更新或刚刚没有回答，内置检索在回答；每分钟补齐一次。")
		}
		return nil
	}}}
}

// searchDegraded is 1 while the embedded engine stands in for Meilisearch.
func (s *services) searchDegraded() float64 {
	if s.fallback != nil && s.fallback.Degraded() {
		return 1
	}
	return 0
}

func (s *services) modelFile() string {
	return filepath.Join(s.platform.config.Data, "matching.model")
}

// loadModel reads what was learned last; without it matching begins with an empty model until the job has run.
func (s *services) loadModel() (*matching.Model, error) {
	if f, err := os.Open(s.modelFile()); err == nil {
		defer f.Close()
		if m, err := matching.Load(f); err == nil {
			return m, nil
		}
	}
	return matching.Learn(context.Background(), s.analyzer, func(func(search.Document, error) bool) {})
}

// relearn is the nightly job, which also runs at the start: then it leaves alone what was learned within the last 20 hours from nearly
// as many listings as there are, because learning from 100,000 keeps one core busy for a minute and a half.
func (s *services) relearn(ctx context.Context) error {
	if known, err := os.Stat(s.modelFile()); err == nil && s.platform.now().Sub(known.ModTime()) < 20*time.Hour {
		stats, err := s.embedded.Stats(ctx)
		if m := s.model.Load(); err == nil && m != nil && 10*max(stats.Documents-m.Docs, m.Docs-stats.Documents) <= stats.Documents {
			return nil
		}
	}
	return s.learn(ctx, true)
}

// learn reads all public listings and puts what their words teach into use.
// Beside visitors it rests after each batch for as long as it worked, so that they keep most of two cores.
func (s *services) learn(ctx context.Context, beside bool) error {
	stop, began := errors.New("stop"), time.Now()
	model, err := matching.Learn(ctx, s.analyzer, func(yield func(search.Document, error) bool) {
		err := s.listings.Documents(ctx, func(docs ...search.Document) error {
			for _, d := range docs {
				if !yield(d, nil) {
					return stop
				}
			}
			if beside {
				time.Sleep(time.Since(began))
				began = time.Now()
			}
			return ctx.Err()
		})
		if err != nil && !errors.Is(err, stop) {
			yield(search.Document{}, err)
		}
	})
	if err != nil {
		return err
	}
	s.model.Store(model)
	s.watch.Relearned()
	var b bytes.Buffer
	if err := model.Save(&b); err != nil {
		return err
	}
	temp := s.modelFile() + ".new"
	if err := os.WriteFile(temp, b.Bytes(), 0o600); err != nil {
		return err
	}
	debug.FreeOSMemory() // learning took many times what is kept
	return os.Rename(temp, s.modelFile())
}

// facetName names a code for the reasons of a match.
func facetName(facet, code string) string {
	switch facet {
	case "field":
		return codes.Field.Label(code)
	case "industry":
		return codes.Industry.Label(code)
	case "cooperation":
		return codes.Cooperation.Label(code)
	case "league", "county":
		return region.Name(code)
	case "topic":
		if t, ok := codes.TopicByCode(code); ok {
			if t.Broad {
				return t.Area
			}
			return t.Name
		}
	}
	return code
}

// assemble is the one place where packages meet: services, job workers and routes.
func assemble(ctx context.Context, p *platform, observe observer) (*market, error) {
	s, err := compose(ctx, p)
	if err != nil {
		return nil, err
	}
	handler, err := s.site(observe)
	if err != nil {
		return nil, err
	}
	return &market{handler: handler, queue: s.queue, checks: append(s.embedderCheck(), s.meiliCheck()...), embedded: s.embeddedSoFar(), degraded: s.searchDegraded, loadDemo: s.firstDemo, welcome: func() string { return s.welcome(ctx) }}, nil
}

// site mounts pages and API.
func (s *services) site(observe observer) (*web.Server, error) {
	p := s.platform
	assets, err := view.NewAssets()
	if err != nil {
		return nil, err
	}
	declared := slices.Concat(ui.Declared(), site.Declared(), pagesinsight.Declared(), api.Declared())
	views, err := view.New(view.Options{Site: view.Site{Region: "内蒙古自治区"}, Menu: site.Menu(), Assets: assets}, declared...)
	if err != nil {
		return nil, err
	}
	server := web.New(web.Config{Views: views, Sessions: s.identity, Limiter: turnstile{p.Cache}, Auditor: trail{p.now}.on(p), Observe: observe,
		Unread: func(ctx context.Context, a actor.Actor) int {
			n, err := notify.Unread(ctx, p.DB.Pool, a.AccountID)
			if err != nil {
				return 0 // the badge is decoration
			}
			return n
		},
		Explain: postgres.Outage, Room: s.room, Log: p.log, Now: p.now, BaseURL: p.config.BaseURL, Dev: p.config.Dev}, s.pages(assets))
	s.mountAPI(server)
	return server, nil
}

// pages are the routes of every wing.
func (s *services) pages(assets *view.Assets) []web.Route {
	kept := shelf{s.platform}
	return slices.Concat(
		(&site.Pages{Identity: s.identity, Listings: s.listings, Achievements: s.achievements, Demands: s.demands, Deals: s.deals,
			Registry: s.registry, Stats: s.stats, Inbox: inbox{s.platform}, Assets: assets, Dev: s.platform.config.Dev}).Routes(),
		(&pagespeople.Pages{Identity: s.identity}).Routes(),
		(&pagesmarket.Pages{Achievements: s.achievements, Demands: s.demands, Listings: s.listings, Search: s.engine, Matcher: s.watch,
			Watch: s.watch, Synonyms: s.analyzer.Synonyms, Importer: s.importer, Brokers: s.brokers, Identity: s.identity, Files: kept}).Routes(),
		(&pagestrade.Pages{Deals: s.deals, Brokers: s.brokers, Listings: s.listings, Achievements: s.achievements, Demands: s.demands,
			Contracts: s.contracts, Identity: s.identity, Files: kept}).Routes(),
		(&pagescertify.Pages{Contracts: s.contracts, Registry: s.registry, Identity: s.identity, Files: kept}).Routes(),
		(&pagesinsight.Pages{Stats: s.stats, Listings: s.listings}).Routes(),
	)
}

// trail writes the audit rows of the rooms.
type trail struct{ now func() time.Time }

func (t trail) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	result := audit.OK
	if e.Refused {
		result = audit.Refused
	}
	var detail any
	if len(e.Detail) > 0 {
		detail = e.Detail
	}
	return audit.Record(audit.WithRequest(ctx, e.Actor.RequestID), tx, audit.Entry{At: t.now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID,
		Action: e.Action, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Result: result, Detail: detail})
}

// on makes the auditor of refused routes, which come without a transaction.
func (t trail) on(p *platform) web.Auditor { return gate{t, p} }

type gate struct {
	trail
	p *platform
}

func (g gate) Refused(ctx context.Context, who actor.Actor, action, path string) {
	err := g.p.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return g.Record(ctx, tx, audit.Event{Actor: who, Action: "route.refused", ObjectKind: "route", ObjectID: action, Refused: true, Detail: map[string]any{"path": path}})
	})
	if err != nil {
		g.p.log.Error("audit of a refused route", "error", err.Error())
	}
}

// mailroom sends messages and mail as jobs of the caller's transaction.
type mailroom struct {
	queue enqueuer
	now   func() time.Time
}

func (m mailroom) Mail(ctx context.Context, tx pgx.Tx, to, subject, body string) error {
	return m.queue.Enqueue(ctx, tx, notify.Mail{To: to, Subject: subject, Body: body, At: m.now()}, jobs.Options{})
}

func (m mailroom) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

// turnstile is the limiter as the site asks for it.
type turnstile struct{ *cache.Cache }

func (t turnstile) Allow(ctx context.Context, key string, n int, window time.Duration) bool {
	ok, _ := t.Cache.Allow(ctx, key, n, window)
	return ok
}

// shelf is the file store as pages and deals ask for it.
type shelf struct{ p *platform }

func (s shelf) Receive(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (int64, error) {
	content, err := s.p.Files.Receive(ctx, name, r)
	if err != nil {
		return 0, err
	}
	var f files.File
	err = s.p.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err = s.p.Files.Record(ctx, tx, content, files.Meta{Purpose: purpose, OwnerOrg: who.OrgID, UploadedBy: who.AccountID})
		return err
	})
	return f.ID, err
}

func (s shelf) Open(ctx context.Context, id int64) (*ui.StoredFile, error) {
	f, err := s.p.Files.Get(ctx, s.p.DB.Pool, id)
	if err != nil {
		return nil, err
	}
	r, err := s.p.Files.Open(f)
	if err != nil {
		return nil, err
	}
	return &ui.StoredFile{Name: f.Name, MIME: f.MIME, ReadSeekCloser: r}, nil
}

// inbox is a person's messages.
type inbox struct{ p *platform }

func (i inbox) Box(ctx context.Context, account, before int64, limit int) ([]notify.Received, error) {
	return notify.Box(ctx, i.p.DB.Pool, account, before, limit)
}

func (i inbox) Read(ctx context.Context, account, id int64) (string, error) {
	return notify.Read(ctx, i.p.DB.Pool, account, id, i.p.now())
}

// catalogue tells deals about listings.
type catalogue struct{ s *services }

func (c catalogue) Facts(ctx context.Context, id int64) (deal.ListingFacts, error) {
	l, err := c.s.listings.Any(ctx, id)
	if err != nil {
		return deal.ListingFacts{}, err
	}
	f := deal.ListingFacts{ID: l.ID, Kind: string(l.Kind), OrgID: l.OrganisationID, OwnerAccount: l.OwnerAccount, Title: l.Title,
		Open: l.Public(c.s.platform.now()), Field: l.Field, Sample: l.Sample}
	if l.Kind == listing.Achievement {
		content, err := c.s.achievements.Shown(ctx, id)
		if err != nil {
			return f, err
		}
		f.Industry = content.Industry
		for _, ip := range content.IP {
			f.IP = append(f.IP, deal.Right{Kind: ip.Kind, Number: ip.Number, Title: ip.Title})
		}
	}
	return f, nil
}

// isBroker tells listing who can diagnose a need.
func (s *services) isBroker(ctx context.Context, account int64, sample bool) (bool, error) {
	card, err := s.brokers.Get(ctx, account)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && card.Sample == sample, err
}
