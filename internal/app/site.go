package app

import (
	"context"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/web"
	"techmarket/web/api"
	"techmarket/web/pages"
	"techmarket/web/view"
)

// Site mounts pages and API. Observe, which may be nil, is told how long each request took.
func (s *Services) Site(observe Observer) (*web.Server, error) {
	p := s.Platform
	assets, err := view.NewAssets()
	if err != nil {
		return nil, err
	}
	views, err := view.New(view.Options{Site: view.Site{Region: "内蒙古自治区"}, Menu: pages.Menu(), Assets: assets}, append(pages.Declared(), api.Declared()...)...)
	if err != nil {
		return nil, err
	}
	site := &pages.Pages{Identity: s.Identity, Listings: s.Listings, Achievements: s.Achievements, Demands: s.Demands, Search: s.Engine, Matcher: s.Watch, Watch: s.Watch, Synonyms: s.analyzer.Synonyms, Brokers: s.Brokers,
		Deals: s.Deals, Contracts: s.Contracts, Registry: s.Registry, Stats: s.Stats, Importer: s.Importer, Files: pageFiles{p}, Inbox: inbox{p}, Assets: assets, Dev: p.Config.Dev}
	server := web.New(web.Config{Views: views, Sessions: s.Identity, Limiter: limiter{p.Cache}, Auditor: routeAuditor{p}, Observe: observe,
		Unread:  inbox{p}.unread,
		Explain: postgres.Outage, Room: s.Room, Log: p.Log, Now: p.Now, BaseURL: p.Config.BaseURL, Dev: p.Config.Dev}, site.Routes())
	s.mountAPI(server)
	return server, nil
}

// mountAPI puts /api/v1 on the site.
func (s *Services) mountAPI(server *web.Server) {
	p := s.Platform
	api.Mount(server, api.Services{Identity: s.Identity, Listings: s.Listings, Achievements: s.Achievements, Demands: s.Demands, Importer: s.Importer,
		Search: s.Engine, Finder: s.Watch, Deals: s.Deals, Brokers: s.Brokers, Contracts: s.Contracts, Registry: s.Registry, Stats: s.Stats,
		Files: apiFiles{p}, Inbox: inbox{p}, Keys: idempotency.New(p.DB, p.Now), Now: p.Now})
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
	return notify.Box(ctx, i.p.DB.Pool, account, before, limit)
}

func (i inbox) Read(ctx context.Context, account, id int64) (string, error) {
	return notify.Read(ctx, i.p.DB.Pool, account, id, i.p.Now())
}

// unread is the number beside the bell.
func (i inbox) unread(ctx context.Context, a actor.Actor) int {
	n, err := notify.Unread(ctx, i.p.DB.Pool, a.AccountID)
	if err != nil {
		return 0 // the badge is decoration
	}
	return n
}
