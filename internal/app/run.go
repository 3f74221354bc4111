package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"techmarket/web"
)

// Observer takes the time of one answered request; route is the pattern, never the address.
type Observer func(route, method string, status int, took time.Duration)

// stopWithin bounds the whole shutdown; systemd's TimeoutStopSec must be longer.
const stopWithin = 15 * time.Second

// Options are what the caller of Run adds to the market. Nil functions have nothing to do.
type Options struct {
	Semantic bool                                          // start a small embedding server beside the market
	Ready    func(ctx context.Context, s *Services) error  // before the first request: the sample market of a first start
	Welcome  func(ctx context.Context, s *Services) string // what a newcomer should read once the site is up
}

// Run opens the platform, makes the services and serves until the context ends.
func Run(ctx context.Context, env *Environment, c Config, o Options) error {
	// The address first: being told after seconds of work that it is taken is annoying.
	site, err := Listen(env, c.Addr, "TECHMARKET_ADDR")
	if err != nil {
		return err
	}
	defer site.Close()
	opsListener, err := Listen(&Environment{}, c.OpsAddr, "TECHMARKET_OPS_ADDR")
	if err != nil {
		return err
	}
	defer opsListener.Close()

	if o.Semantic {
		stop := startSemantic(ctx, env, &c)
		defer stop()
	}
	p, err := OpenPlatform(ctx, env, c, false)
	if err != nil {
		return err
	}
	watch, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.defers(func(context.Context) error { stop(); return nil })
	p.DB.Watch(watch, p.databaseState)
	if warning := RoleWarning(p.Role); warning != nil {
		fmt.Fprintln(env.Stderr, "注意："+warning.Message)
	}
	r := &runningMarket{env: env, platform: p, ops: NewOps(p)}
	if err := r.prepare(ctx, o); err != nil {
		return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	return r.serve(ctx, o, site, opsListener)
}

// runningMarket is the market from its start to its end.
type runningMarket struct {
	env      *Environment
	platform *Platform
	ops      *Ops
	services *Services
	handler  *web.Server
}

// prepare wires everything together.
func (r *runningMarket) prepare(ctx context.Context, o Options) (err error) {
	if r.services, err = Compose(ctx, r.platform); err != nil {
		return err
	}
	if r.handler, err = r.services.Site(r.ops.Observe); err != nil {
		return err
	}
	r.ops.Watch(r.services)
	if o.Ready != nil {
		return o.Ready(ctx, r.services)
	}
	return nil
}

func (r *runningMarket) serve(ctx context.Context, o Options, site, opsListener net.Listener) error {
	p, queue := r.platform, r.services.Queue
	server := &http.Server{
		Handler: r.handler, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Minute, // 50 MB over a slow county line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	opsServer := &http.Server{Handler: r.ops.handler(), ReadHeaderTimeout: 5 * time.Second}
	// Jobs outlive the signal: they are stopped in their turn.
	if err := queue.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return unlessClosed(server.Serve(site)) })
	group.Go(func() error { return unlessClosed(opsServer.Serve(opsListener)) })
	group.Go(func() error {
		<-ctx.Done()
		r.ops.stopping.Store(true)
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		r.handler.Close()
		return errors.Join(server.Shutdown(stop), queue.Stop(stop), p.Close(stop), opsServer.Close())
	})
	go debug.FreeOSMemory() // loading dictionary, index and sample took much more than serving needs
	r.greet(ctx, o)
	p.Log.Info("serving", "addr", site.Addr().String(), "ops", opsListener.Addr().String(), "version", Version())
	err := group.Wait()
	if err == nil {
		fmt.Fprintln(r.env.Stdout, "科技大市场已停止。")
	}
	return err
}

// greet tells the person at the terminal that the site is up and what is still under way.
func (r *runningMarket) greet(ctx context.Context, o Options) {
	fmt.Fprintf(r.env.Stdout, "科技大市场已启动：%s\n", r.platform.Config.BaseURL)
	if o.Welcome != nil {
		if text := o.Welcome(ctx, r.services); text != "" {
			fmt.Fprintln(r.env.Stdout, text)
		}
	}
	if progress := r.services.embeddedSoFar(); progress != nil {
		go showEmbedding(ctx, r.env, progress)
	}
}

func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
