package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/jobs"
)

// market is what the wiring yields: everything above the platform. Nil functions have nothing to do.
type market struct {
	handler  http.Handler
	queue    *jobs.Client
	checks   []check                                         // parts beyond database and Redis, for /readyz
	degraded func() float64                                  // 1 while the embedded engine stands in for Meilisearch
	loadDemo func(context.Context) error                     // fills an empty market with the sample; does nothing otherwise
	welcome  func() string                                   // what a newcomer should read once the site is up
	embedded func(context.Context) (made, of int, err error) // vectors and listings; nil without an embedder
	close    func(context.Context) error                     // gives back what the wiring opened
}

// observer takes the time of one answered request; route is the pattern, never the address.
type observer func(route, method string, status int, took time.Duration)

// stopWithin bounds the whole shutdown; systemd's TimeoutStopSec must be longer.
const stopWithin = 15 * time.Second

// runServe runs the market until the context ends.
func runServe(ctx context.Context, env *environment, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	demo := flags.Bool("demo", false, "空库时先装入样例市场")
	semantic := flags.Bool("semantic", false, "在数据文件夹里安装并启动一个小的向量服务，匹配时加上语义")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	c, err := loadConfig(env)
	if err != nil {
		return err
	}
	// The address first: being told after seconds of work that it is taken is annoying.
	site, err := listen(env, c.Addr, "TECHMARKET_ADDR")
	if err != nil {
		return err
	}
	defer site.Close()
	opsListener, err := listen(&environment{}, c.OpsAddr, "TECHMARKET_OPS_ADDR")
	if err != nil {
		return err
	}
	defer opsListener.Close()

	if *semantic {
		stop := startSemantic(ctx, env, &c)
		defer stop()
	}
	p, err := openPlatform(ctx, env, c, false)
	if err != nil {
		return err
	}
	o := newOps(p)
	m, err := assemble(ctx, p, o.observe)
	if err != nil {
		return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	o.watch(m)
	if *demo && m.loadDemo != nil {
		if err := m.loadDemo(ctx); err != nil {
			return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
		}
	}
	tellAway(ctx, env, p)
	return serve(ctx, env, p, m, o, site, opsListener)
}

// tellAway says at the start which configured server does not answer; the market runs without it.
func tellAway(ctx context.Context, env *environment, p *platform) {
	for _, f := range servers(env, p.config) {
		limited, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := f.run(limited)
		cancel()
		if err != nil {
			fmt.Fprintf(env.Stdout, "注意：%s\n", words(err))
			p.log.Warn("a configured server does not answer", "server", f.name, "error", words(err))
		}
	}
}

func serve(ctx context.Context, env *environment, p *platform, m *market, o *ops, site, opsListener net.Listener) error {
	// Streams (live events) end with the base context: Shutdown alone would wait for them.
	base, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer endStreams()
	server := &http.Server{
		Handler: m.handler, BaseContext: func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Minute, // 50 MB over a slow county line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	opsServer := &http.Server{Handler: o.handler(), ReadHeaderTimeout: 5 * time.Second}
	// Jobs outlive the signal: they are stopped in their turn.
	if err := m.queue.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return unlessClosed(server.Serve(site)) })
	group.Go(func() error { return unlessClosed(opsServer.Serve(opsListener)) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-p.Died: // nil, so never, without an embedded database
			if free, err := freeMB(p.config.Data); err == nil && free < reserveMB {
				return fault.New(fault.Unavailable, "disk_full", "磁盘已满，内置数据库停止了。已保存的内容不会丢失：请清理数据目录所在的磁盘，再重新启动。")
			}
			return fault.New(fault.Unavailable, "postgres_died", "内置数据库意外退出。已保存的内容不会丢失，请重新启动；原因见数据目录里的 postgres/postgres.log。")
		}
	})
	group.Go(func() error {
		<-ctx.Done()
		o.stopping.Store(true)
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		endStreams()
		all := []error{server.Shutdown(stop), m.queue.Stop(stop)}
		if m.close != nil {
			all = append(all, m.close(stop))
		}
		all = append(all, p.Close(stop), opsServer.Close())
		return errors.Join(all...)
	})
	go debug.FreeOSMemory() // loading dictionary, index and sample took much more than serving needs
	fmt.Fprintf(env.Stdout, "科技大市场已启动：%s\n", p.config.BaseURL)
	if m.welcome != nil {
		if text := m.welcome(); text != "" {
			fmt.Fprintln(env.Stdout, text)
		}
	}
	if m.embedded != nil {
		go showEmbedding(ctx, env, m.embedded)
	}
	p.log.Info("serving", "addr", site.Addr().String(), "ops", opsListener.Addr().String(), "version", version())
	err := group.Wait()
	if err == nil {
		fmt.Fprintln(env.Stdout, "科技大市场已停止。")
	}
	return err
}

func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// listen takes systemd's socket when it passed one, so that a restart refuses nobody; otherwise it binds the address.
func listen(env *environment, addr, variable string) (net.Listener, error) {
	if env.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()) && env.Getenv("LISTEN_FDS") == "1" {
		const firstPassed = 3
		l, err := net.FileListener(os.NewFile(firstPassed, "systemd"))
		if err != nil {
			return nil, fmt.Errorf("listen on systemd's socket: %w", err)
		}
		return l, nil
	}
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(err, fault.Unavailable, "addr_in_use",
			fmt.Sprintf("地址 %s 已被别的程序占用。请停止那个程序，或换一个地址，例如 %s=localhost:8090。", addr, variable))
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrap(err, fault.Unavailable, "addr_denied",
			fmt.Sprintf("没有权限使用地址 %s（1024 以下的端口需要特权）。请用 %s 换一个端口，由 nginx 转发。", addr, variable))
	}
	return nil, fault.Wrap(err, fault.Invalid, "addr_wrong", fmt.Sprintf("不能使用地址 %s，请检查 %s。", addr, variable))
}

// runMigrate brings the database to this program's version and says which.
func runMigrate(ctx context.Context, env *environment, _ []string) error {
	c, err := loadConfig(env)
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, c, true)
	if err != nil {
		return err
	}
	if err := p.Close(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, "数据库已是本程序的版本。")
	return err
}
