package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"techmarket/internal/platform/postgres"
)

// check is one part's health. Only a needed part makes the market not ready.
type check struct {
	name   string
	needed bool
	run    func(context.Context) error
}

// Ops serves /healthz, /readyz and /metrics on their own loopback port.
type Ops struct {
	checks   []check
	stopping atomic.Bool
	bound    func(context.Context) (context.Context, context.CancelFunc)
	Registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

func NewOps(p *Platform) *Ops {
	room := RoomToWrite(p.Config.Data, p.Now)
	o := &Ops{Registry: prometheus.NewRegistry(), bound: p.DB.Bound, checks: []check{
		{"database", true, func(ctx context.Context) error {
			if err := p.DB.Answers(); err != nil {
				return fmt.Errorf("does not answer for %.0f s: %w", time.Since(p.DB.Since()).Seconds(), err)
			}
			return p.DB.Pool.Ping(ctx)
		}},
		{"schema", true, func(ctx context.Context) error {
			current, target, err := postgres.SchemaVersion(ctx, p.DB.Pool)
			if err == nil && current != target {
				err = fmt.Errorf("schema is %d, program is %d", current, target)
			}
			return err
		}},
		{"disk", true, func(context.Context) error { return room() }},
		{"redis", false, p.Cache.Ping},
	}}
	o.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "techmarket_request_seconds", Help: "Time to answer a request.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})
	o.Registry.MustRegister(o.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("techmarket_database_connections", "Open database connections.", func() float64 { return float64(p.DB.Pool.Stat().TotalConns()) }),
		gauge("techmarket_database_connections_used", "Database connections in use.",
			func() float64 { return float64(p.DB.Pool.Stat().AcquiredConns()) }))
	return o
}

func gauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
}

// Watch adds what the wiring made; call it once, before serving.
func (o *Ops) Watch(s *Services) {
	o.checks = append(append(o.checks, s.embedderCheck()...), s.meiliCheck()...)
	o.Registry.MustRegister(gauge("techmarket_search_degraded", "1 while the embedded engine stands in for Meilisearch.", s.searchDegraded))
	o.Registry.MustRegister(gauge("techmarket_job_oldest_seconds", "Age of the oldest unfinished due job; -1 when unknown.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		age, err := s.Queue.Oldest(ctx)
		if err != nil {
			return -1
		}
		return age.Seconds()
	}))
}

// Observe records one answered request; route is the pattern, never the address.
func (o *Ops) Observe(route, method string, status int, took time.Duration) {
	o.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (o *Ops) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", o.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{}))
	return mux
}

func (o *Ops) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if o.bound != nil { // while the database is away, no check waits for it
		bound, end := o.bound(ctx)
		defer end()
		ctx = bound
	}
	status, report := http.StatusOK, map[string]string{}
	for _, c := range o.checks {
		report[c.name] = "ok"
		if err := c.run(ctx); err != nil {
			report[c.name] = err.Error()
			if c.needed {
				status = http.StatusServiceUnavailable
			}
		}
	}
	if o.stopping.Load() {
		status, report["process"] = http.StatusServiceUnavailable, "stopping"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(report) //nolint:errchkjson // the report holds texts and numbers; the caller may have hung up
}
