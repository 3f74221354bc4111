package app

import (
	"context"
	"runtime"
	"slices"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/market/achievement"
	"techmarket/internal/people/quota"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/api"
	apicertify "techmarket/web/api/certify"
	apiinsight "techmarket/web/api/insight"
	apimarket "techmarket/web/api/market"
	apipeople "techmarket/web/api/people"
	apipublish "techmarket/web/api/publish"
	apiservices "techmarket/web/api/services"
	apisite "techmarket/web/api/site"
	apitrade "techmarket/web/api/trade"
	pagescertify "techmarket/web/certify"
	pagesinsight "techmarket/web/insight"
	"techmarket/web/locales"
	pagesmarket "techmarket/web/market"
	pagespeople "techmarket/web/people"
	pagespublish "techmarket/web/publish"
	pagesservices "techmarket/web/services"
	"techmarket/web/site"
	pagestrade "techmarket/web/trade"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// pageWait bounds how long a request for a page waits for its turn: with twice as many asked as can be answered, what is answered is
// still answered within half a second.
const pageWait = 150 * time.Millisecond

// Site mounts pages and API. Observe, which may be nil, is told how long each request took.
func (s *Services) Site(observe Observer) (*web.Server, error) {
	p := s.Platform
	keys := idempotency.New(p.DB, p.Now)
	assets, err := view.NewAssets()
	if err != nil {
		return nil, err
	}
	declared := slices.Concat(ui.Declared(), site.Declared(), pagesmarket.Declared(), pagestrade.Declared(), pagescertify.Declared(),
		pagesinsight.Declared(), api.Declared())
	language := p.Language
	if language == nil {
		catalogue, err := locales.Load()
		if err != nil {
			return nil, err
		}
		language = catalogue.In(lang.Chinese)
	}
	views, err := view.New(view.Options{Site: view.Site{Region: language.Say("内蒙古自治区")}, Menu: site.Menu(language.Say, Kinds()),
		Assets: assets,
		Words:  language.Words()}, declared...)
	if err != nil {
		return nil, err
	}
	shelf := p.Config.PagesMB << 20
	if shelf > 0 {
		s.changes.listen(p)
	}
	server := web.New(
		web.Config{Changes: s.changes, Shelf: shelf, Gate: search.NewGate(2*runtime.GOMAXPROCS(0), pageWait),
			Views: views, Language: language, Sessions: s.Identity, Limiter: limiter{p.Cache}, Auditor: routeAuditor{p}, Observe: observe,
			Unread:  inbox{p}.unread,
			Kinds:   Kinds(),
			Explain: postgres.Outage, Bound: p.DB.Bound, Room: s.Room,
			Keys: keys, Kept: p.kept(), Quotas: quota.New(p.DB, p.Now),
			Log: p.Log, Now: p.Now, BaseURL: p.Config.BaseURL, Dev: p.Config.Dev},
		s.pages(assets, views, language),
	)
	s.mountAPI(server, keys)
	return server, nil
}

// pages are the routes of every wing.
func (s *Services) pages(assets *view.Assets, views *view.Engine, language *locales.Language) []web.Route {
	kept := pageFiles{s.Platform, s.Reader}
	registers := &pagesservices.Pages{Registers: s.Registers, Vouchers: s.Vouchers, Finance: s.Finance, Files: kept}
	policies := &pagespublish.Pages{Policies: s.Policies, Events: s.Events, Listings: s.Listings}
	market := &pagesmarket.Pages{Achievements: s.Achievements, Demands: s.Demands, Listings: s.Listings, Catalogue: s.Catalogue,
		Matcher: s.Watch,
		Watch:   s.Watch, Synonyms: s.analyzer.Synonyms, Importer: s.Importer, Brokers: suggestions{s}, Replies: s.replies,
		Identity: s.Identity, Files: kept, Help: s.helpWith(registers), Room: s.hasRoom}
	return slices.Concat(
		(&site.Pages{Identity: s.Identity, Listings: s.Listings, Catalogue: s.Catalogue, Achievements: s.Achievements, Demands: s.Demands,
			Deals: s.Deals, Brokers: s.Brokers, Policies: s.Policies, Trials: s.Trials, Rights: s.Rights, Rooms: s.Rooms, Vouchers: s.Vouchers,
			Finance: s.Finance, Events: s.Events,
			Registry: s.Registry, Points: s.Points, Stats: s.Stats, Inbox: inbox{s.Platform}, Assets: assets,
			Finders: []ui.Finder{market.Finder(), registers.Finder(), policies.Finder()},
			Missed:  func(text string) { s.Watch.Missed(achievement.Kind, text) },
			Dev:     s.Platform.Config.Dev}).Routes(),
		(&pagespeople.Pages{Identity: s.Identity, Refusals: s.Platform.Refusals()}).Routes(),
		market.Routes(),
		(&pagestrade.Pages{Deals: s.Deals, Brokers: s.Brokers, Notices: s.Public, Sales: s.Sales, Challenges: s.Challenges,
			Rights: s.Rights, Trials: s.Trials, Rooms: s.Rooms, OnTrial: s.onTrial, PriceHint: s.priceHint,
			Listings: s.Listings, Achievements: s.Achievements, Demands: s.Demands,
			Contracts: madeContracts{s}, Identity: s.Identity, Files: kept,
			SaleLines: pagestrade.WatchSales(s.Sales, views, language.Say, func(err error) {
				s.Platform.Log.Warn("sales not watched", "cause", err.Error())
			})}).Routes(),
		(&pagescertify.Pages{Contracts: s.Contracts, Texts: s.Texts, Registry: s.Registry, Points: s.Points, Papers: s.Papers,
			Deadlines: s.Deadlines,
			Benefits:  s.Benefits, Archive: s.Archive, Exchange: s.Exchange, Identity: s.Identity, Files: kept}).Routes(),
		registers.Routes(),
		policies.Routes(),
		(&pagesinsight.Pages{Stats: s.Stats, Plans: s.Plans, Prices: s.Prices, Places: s.Places, Annuals: s.Annual, Monitor: s.Monitor,
			Listings: s.Listings}).Routes(),
	)
}

// replies tells the market's pages how a unit answers.
func (s *Services) replies(ctx context.Context, org int64, since time.Time, sample bool) (pagesmarket.Replied, error) {
	r, err := s.Deals.Replies(ctx, org, since, sample)
	return pagesmarket.Replied(r), err
}

// mountAPI puts /api/v1 on the site.
func (s *Services) mountAPI(server *web.Server, keys *idempotency.Store) {
	p := s.Platform
	kept := apiFiles{p, s.Reader}
	var parts []api.Part
	for _, wing := range []interface{ Parts() []api.Part }{
		&apipeople.Operations{Identity: s.Identity},
		&apimarket.Operations{Achievements: s.Achievements, Demands: s.Demands, Listings: s.Listings, Catalogue: s.Catalogue, Finder: s.Watch,
			Watch: s.Watch, Importer: s.Importer, Identity: s.Identity},
		&apitrade.Operations{Deals: s.Deals, Challenges: s.Challenges, Sales: s.Sales, Brokers: s.Brokers, Rights: s.Rights, Trials: s.Trials,
			Rooms: s.Rooms, Listings: s.Listings, Files: kept},
		&apicertify.Operations{Contracts: s.Contracts, Registry: s.Registry, Points: s.Points, Papers: s.Papers, Files: kept},
		&apiservices.Operations{Registers: s.Registers, Vouchers: s.Vouchers, Finance: s.Finance, Files: kept},
		&apipublish.Operations{Events: s.Events},
		&apiinsight.Operations{Stats: s.Stats, Prices: s.Prices, Places: s.Places, Annuals: s.Annual, Monitor: s.Monitor},
		&apisite.Operations{Listings: s.Listings, Files: kept, Inbox: inbox{p}},
	} {
		parts = append(parts, wing.Parts()...)
	}
	api.Mount(server, api.Config{Keys: keys, Now: p.Now}, parts...)
}

// limiter counts requests as the site asks for it.
type limiter struct{ *cache.Cache }

func (t limiter) Allow(ctx context.Context, key string, n int, window time.Duration) bool {
	ok, _ := t.Cache.Allow(ctx, key, n, window)
	return ok
}

// inbox is a person's messages.
type inbox struct{ p *Platform }

func (i inbox) Box(ctx context.Context, account, before int64, limit int) ([]notify.Received, error) {
	return notify.Box(ctx, i.p.DB, account, before, limit)
}

func (i inbox) Read(ctx context.Context, account, id int64) (string, error) {
	return notify.Read(ctx, i.p.DB, account, id, i.p.Now())
}

// unread is the number beside the bell.
func (i inbox) unread(ctx context.Context, a actor.Actor) int {
	n, err := notify.Unread(ctx, i.p.DB, a.AccountID)
	if err != nil {
		return 0 // the badge is decoration
	}
	return n
}
