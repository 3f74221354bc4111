package app

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/archive"
	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/exchange"
	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/insight/annual"
	"techmarket/internal/insight/monitor"
	"techmarket/internal/insight/place"
	"techmarket/internal/insight/plan"
	"techmarket/internal/insight/price"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/matching"
	"techmarket/internal/market/matching/vector"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/internal/people/quota"
	"techmarket/internal/platform/embedding"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/publish/event"
	"techmarket/internal/publish/policy"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/challenge"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/disclosure"
	"techmarket/internal/trade/notice"
	"techmarket/internal/trade/rights"
	"techmarket/internal/trade/sale"
	"techmarket/internal/trade/trial"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/meili"
	"techmarket/search/zh"
)

// ownSynonyms is the site's own table in the data folder, read at the start; the index knows it after a reindex.
const ownSynonyms = "synonyms.tsv"

// Services are the rooms of the house, ready to be used by the site and by commands.
type Services struct {
	Platform *Platform
	Queue    *jobs.Client
	Room     func() error // refuses saving while the disk is nearly full
	enqueue  Enqueuer     // where the rooms put their jobs: the queue, for the sample market a sieve before it
	workers  *jobs.Workers

	Engine   search.Engine
	Embedded *local.Engine    // the engine itself, or the one that answers while Meilisearch is away
	Meili    *meili.Lazy      // nil without MEILI_URL
	Fallback *search.Fallback // nil without MEILI_URL
	analyzer *zh.Analyzer
	learning sync.Mutex   // held while the market's words are learned
	gate     *search.Gate // of what costs much: searches and matches
	changes  *changes     // of what guests see
	healing  sync.Mutex   // held by the heal job at work
	compared bool         // Meilisearch with the embedded engine, since the start; guarded by healing

	Reader   *files.Reader   // the one way to a stored file
	Texts    *extract.Papers // what papers say
	Identity *identity.Service

	Listings       *listing.Service
	Achievements   *achievement.Service
	Demands        *demand.Service
	Catalogue      *catalogue.Service
	Importer       *importer.Service
	Watch          *watch.Service // matches with the weights in use, and what becomes of matches
	model          atomic.Pointer[matching.Model]
	vectors        *vector.Service     // nil without an embedder
	reranker       *embedding.Reranker // nil without one
	semanticWeight float64             // of the embedder's model; 0: that of the weights in use

	Brokers    *broker.Service
	Deals      *deal.Service
	Public     *notice.Service // 公示
	Sales      *sale.Service
	Challenges *challenge.Service  // 揭榜挂帅
	Rights     *rights.Service     // 权属、赋权与收益分配
	Trials     *trial.Service      // 先用后转
	Rooms      *disclosure.Service // 披露室

	Contracts *contract.Service
	Ledger    *ledger.Ledger
	Registry  *registry.Service
	Deadlines *deadline.Service
	Points    *point.Service
	Benefits  *benefits.Service
	Papers    *papers.Service
	Archive   *archive.Service
	Exchange  *exchange.Service

	Registers *register.Service
	Vouchers  *voucher.Service // 科技创新券
	Finance   *finance.Service // 融资申请

	Policies *policy.Service
	Events   *event.Service // 活动

	Stats   *stats.Service
	Plans   *plan.Service
	Prices  *price.Service
	Places  *place.Service
	Annual  *annual.Service // 成果转化年度报告
	Monitor *monitor.Service
}

// Compose makes every service on the platform and registers the job workers.
func Compose(ctx context.Context, p *Platform) (*Services, error) {
	p.Now = clock.Stored(p.Now)
	s := &Services{Platform: p, workers: jobs.NewWorkers(), Room: RoomToWrite(p.Config.Data, time.Now)}
	p.Mail.Register(s.workers)
	var err error
	config := jobs.Config{DB: p.DB, Workers: s.workers, Sole: p.Sole, Log: p.Log, Now: p.Now, Periodic: s.periodic()}
	if p.Attached { // the running market works the jobs
		config.Workers, config.Periodic = nil, nil
	}
	if s.Queue, err = jobs.New(config); err != nil {
		return nil, err
	}
	s.enqueue = sealing{s.Queue, p.Vault}
	s.changes = newChanges(p.DB)
	if s.analyzer, err = p.Words(); err != nil {
		return nil, err
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	if !p.Attached {
		if _, err := SealAll(ctx, p); err != nil {
			return nil, err
		}
		if err := s.sealFrozen(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.openSearch(ctx); err != nil {
		return nil, err
	}
	s.Catalogue = catalogue.New(catalogue.Config{Listings: s.Listings, Engine: s.Engine, People: s.Identity, Now: p.Now})
	s.openPlaces()
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
	s.register()
	return s, nil
}

// build makes the services wing by wing, each with the small interfaces it asks for. The sample market builds a second set,
// whose clock it moves.
func (s *Services) build() error {
	s.Reader = files.NewReader(s.Platform.Files, s.Platform.DB)
	post := notices{queue: s.enqueue, now: s.Platform.Now}
	if err := s.buildPeople(post); err != nil {
		return err
	}
	if err := s.buildMarket(); err != nil {
		return err
	}
	s.buildTrade(post)
	if err := s.buildCertify(); err != nil {
		return err
	}
	if err := s.buildServices(post); err != nil {
		return err
	}
	s.openFiles()
	s.buildPublish(post)
	s.buildInsight()
	return nil
}

func (s *Services) buildPeople(post notices) (err error) {
	p := s.Platform
	policy := identity.DefaultPolicy()
	policy.RequireTwoFactor = p.Config.RequireTOTP
	s.Identity, err = identity.New(
		identity.Config{DB: p.DB, Audit: p.Audit(), Mail: post, Vault: p.Vault, Quotas: quota.New(p.DB, p.Now), Cache: p.Cache, Limiter: p.Cache,
			Now: p.Now, BaseURL: p.Config.BaseURL, Policy: policy,
			OrganisationChanged: func(ctx context.Context, tx pgx.Tx, o identity.Organisation) error {
				return s.Listings.OrganisationChanged(ctx, tx, o)
			}},
	)
	return err
}

// Kinds declares the kinds of listings of the market, in the order of its menus.
func Kinds() []listing.Descriptor {
	return []listing.Descriptor{achievement.Descriptor(), demand.Descriptor()}
}

func (s *Services) buildMarket() (err error) {
	p := s.Platform
	s.Listings, err = listing.New(listing.Config{DB: p.DB, Directory: s.Identity, Queue: s.enqueue, Files: p.Files, Now: p.Now,
		Kinds:  Kinds(),
		Broker: s.isBroker, Indexed: s.indexed})
	if err != nil {
		return err
	}
	s.Achievements, s.Demands = achievement.New(s.Listings), demand.New(s.Listings)
	s.Importer, err = importer.New(importer.Config{DB: p.DB, Listings: s.Listings, Directory: s.Identity, Queue: s.enqueue,
		Files: p.Files, Now: p.Now, Targets: s.registerFiles()})
	return err
}

// buildTrade makes the talks and, because brokers show their registered contracts, the contracts before the brokers.
func (s *Services) buildTrade(post notices) {
	p := s.Platform
	s.Deals = deal.New(deal.Config{DB: p.DB, Audit: p.Audit(), Listings: dealListings{s}, Files: p.Files, Notices: post, Now: p.Now,
		Mandates: mandates{s}})
	s.Contracts = contract.New(contract.Config{DB: p.DB, Audit: p.Audit(), Deals: s.Deals, People: s.Identity, Files: p.Files, Vault: p.Vault,
		Now: p.Now, OrgOf: s.Identity.ConfirmedByCode, OnSigned: s.signed})
	s.Brokers = broker.New(broker.Config{DB: p.DB, Audit: p.Audit(), People: s.Identity, Deals: s.Deals, Registrations: s.Contracts,
		Now: p.Now, Made: s.madeOf})
	s.Public = notice.New(notice.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Calendar: s.calendar, Now: p.Now,
		Sells: func(ctx context.Context, who actor.Actor, talk, sold int64) (bool, error) {
			if sold != 0 {
				v, err := s.Sales.Read(ctx, who, sold)
				return err == nil && who.In(v.Sale.OrgID), err
			}
			agreement, err := s.Deals.Agreed(ctx, who, talk)
			return err == nil && who.In(agreement.Deal.SupplyOrg), err
		}})
	s.Sales = sale.New(sale.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Organisations: saleOrganisations{s}, Now: p.Now,
		Code:    bidderCode,
		Cleared: func(ctx context.Context, tx pgx.Tx, id int64) error { return s.Public.SaleCleared(ctx, tx, id) },
		Ended: func(ctx context.Context, tx pgx.Tx, e sale.Ended) error {
			_, err := s.Ledger.Append(ctx, tx, ledger.Entry{Kind: "sale", Ref: strconv.FormatInt(e.Sale, 10), Payload: e})
			return err
		}})
	s.Challenges = challenge.New(challenge.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Public: s.Public, Deals: s.Deals,
		Needs: dealListings{s}, Organisations: s.Identity, Files: p.Files, Vault: p.Vault, Random: rand.Reader, Calendar: s.calendar,
		Experts: s.experts})
	s.Rights = rights.New(rights.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Public: s.Public, Contract: s.incomeOf,
		Achievement: s.holding, Staff: s.staff, Outside: s.diligence, Fonts: p.Fonts})
	s.Trials = trial.New(trial.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Deals: s.Deals, Achievement: s.offeredOnTrial,
		Need: s.needed, Calendar: s.calendar})
	s.Rooms = disclosure.New(disclosure.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Files: p.Files, Marker: marker{p.Fonts},
		Listing: s.disclosed, Talk: s.talkOf, Signed: s.provedWords})
}

func (s *Services) buildCertify() error {
	p := s.Platform
	suite, err := ledger.SuiteByName("intl")
	if err != nil {
		return err
	}
	keys, err := ledger.OpenKeys(filepath.Join(p.Config.Data, "keys"), suite, rand.Reader)
	if err != nil {
		return err
	}
	s.Ledger = ledger.New(p.DB, keys, p.Now)
	who, trail := s.Identity, p.Audit()
	s.Deadlines = deadline.New(deadline.Config{DB: p.DB, Audit: trail, Now: p.Now, Used: registry.PolicyUsed})
	s.Points = point.New(point.Config{DB: p.DB, Audit: trail, People: who, Now: p.Now, Year: registry.YearOf})
	s.Texts = extract.NewPapers(extract.PapersConfig{DB: p.DB, Files: p.Files, Jobs: s.enqueue, Recogniser: recogniser, Now: p.Now})
	s.Registry = registry.New(registry.Config{DB: p.DB, Contracts: s.Contracts, Ledger: s.Ledger, Audit: trail, People: who, Jobs: s.enqueue,
		Files: p.Files, Reader: s.Reader, Papers: s.Texts, Now: p.Now, Random: rand.Reader, Drawable: papers.Drawable(p.Fonts),
		Alarm: s.recordAlarm,
		Ended: func(ctx context.Context, tx pgx.Tx, number, reason string, at time.Time) ([]string, error) {
			return s.Benefits.VoidLists(ctx, tx, number, reason, at)
		}})
	s.Benefits = benefits.New(benefits.Config{DB: p.DB, Registry: s.Registry, Ledger: s.Ledger, Audit: trail, Files: p.Files, Now: p.Now,
		Random: rand.Reader, Alarm: s.recordAlarm})
	s.Papers = papers.New(
		papers.Config{DB: p.DB, Registry: s.Registry, Benefits: s.Benefits, Ledger: s.Ledger, Files: p.Files, Jobs: s.enqueue,
			Fonts: p.Fonts, BaseURL: p.Config.BaseURL},
	)
	s.Archive = archive.New(archive.Config{DB: p.DB, Registry: s.Registry, Papers: s.Papers, Ledger: s.Ledger, Files: s.Reader, Audit: trail,
		Now: p.Now})
	s.Exchange = exchange.New(exchange.Config{DB: p.DB, Registry: s.Registry, Contracts: s.Contracts, Archive: s.Archive, Audit: trail,
		Files: p.Files, Jobs: s.enqueue, Now: p.Now})
	return nil
}

// Beside makes a second set of the rooms over the same search index, with a database pool, a clock and a way to the queue of
// its own: the sample market moves that clock through its history.
func (s *Services) Beside(db *postgres.DB, now func() time.Time, queue Enqueuer) (*Services, error) {
	p := *s.Platform
	p.closers, p.DB, p.Now = nil, db, now
	var err error
	if p.Files, err = files.New(filepath.Join(p.Config.Data, "files"), now); err != nil {
		return nil, err
	}
	second := &Services{Platform: &p, Queue: s.Queue, enqueue: queue, workers: s.workers, Engine: s.Engine, analyzer: s.analyzer}
	return second, second.build()
}

// Enqueuer inserts a job in the caller's transaction.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}
