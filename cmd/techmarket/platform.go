package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/embedded"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// platform is the technology under the market, opened by configuration: what serve and every command that needs the
// database build on.
type platform struct {
	config config
	log    *slog.Logger
	out    io.Writer // what the person at the terminal reads
	now    func() time.Time

	DB    *postgres.DB
	Cache *cache.Cache
	Files *files.Store
	Mail  *notify.Sender

	// Attached says that another process serves this data folder right now and this command uses its database: the
	// search index on disk and the working of jobs belong to that process.
	Attached bool
	// Sole says that no other process can reach the database, because it is embedded and the folder is ours.
	Sole bool
	// Died is closed when the embedded database ends by itself; nil without one.
	Died <-chan struct{}

	// Fonts are loaded with the first PDF: 20 MB that a command without PDF need not read.
	Fonts func() (*document.Fonts, error)

	closers []func(context.Context) error
}

const databaseName = "techmarket"

// runningFile holds the connection string of the embedded database while it runs, for commands beside a running market.
const runningFile = "postgres.running"

// openPlatform claims the data folder and opens database (migrated), cache, files and mail. With attach, a data folder in use
// by a running market is no error: the command joins its database.
func openPlatform(ctx context.Context, env *environment, c config, attach bool) (_ *platform, err error) {
	p := &platform{config: c, log: newLogger(env, c), out: env.Stdout, now: env.Now, Fonts: sync.OnceValues(func() (*document.Fonts, error) { return loadFonts(c) })}
	defer func() {
		if err != nil {
			_ = p.Close(context.WithoutCancel(ctx))
		}
	}()
	folder, err := embedded.Claim(c.Data)
	switch {
	case err == nil:
		p.defers(func(context.Context) error { folder.Release(); return nil })
	case attach && fault.HasCode(err, "folder_in_use"):
		p.Attached = true
	default:
		return nil, err
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return nil, fmt.Errorf("open platform: %w", err)
	}
	url := c.DatabaseURL
	if url == "" {
		if url, err = p.embeddedDatabase(ctx, env, data); err != nil {
			return nil, err
		}
		p.Sole = !p.Attached
	}
	if p.DB, err = postgres.Open(ctx, url, postgres.Options{MaxConns: c.DatabaseMax}); err != nil {
		return nil, err
	}
	p.defers(func(context.Context) error { p.DB.Close(); return nil })
	if err := postgres.Migrate(ctx, p.DB.Pool); err != nil {
		return nil, err
	}
	redisURL := c.RedisURL
	if redisURL == "" {
		redis, err := embedded.StartRedis()
		if err != nil {
			return nil, err
		}
		p.defers(func(context.Context) error { redis.Stop(); return nil })
		redisURL = redis.URL()
	}
	if p.Cache, err = cache.Open(redisURL, p.log, p.now); err != nil {
		return nil, err
	}
	p.defers(func(context.Context) error { return p.Cache.Close() })
	if p.Files, err = files.New(filepath.Join(data, "files"), p.now); err != nil {
		return nil, err
	}
	p.Mail, err = notify.NewSender(notify.SMTP{Addr: c.SMTPAddr, User: c.SMTPUser, Password: c.SMTPPassword, From: c.SMTPFrom},
		filepath.Join(data, "outbox"))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "config_wrong", "TECHMARKET_SMTP_FROM 应形如“科技大市场 <noreply@example.cn>”。")
	}
	return p, nil
}

func (p *platform) embeddedDatabase(ctx context.Context, env *environment, data string) (string, error) {
	running := filepath.Join(data, runningFile)
	if p.Attached {
		raw, err := os.ReadFile(running)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fault.New(fault.Unavailable, "market_starting", "正在运行的市场还没有准备好。请等它启动完成后再试。")
		}
		if err != nil {
			return "", fault.Wrap(err, fault.Unavailable, "folder_denied", "不能读取正在运行的市场的数据库地址。请用启动市场的那个用户运行本命令。")
		}
		return strings.TrimSpace(string(raw)), nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("open platform: %w", err)
	}
	binaries, err := embedded.FindBinaries(env.Getenv, cwd)
	if err != nil {
		return "", err
	}
	server, err := embedded.StartServer(ctx, embedded.ServerOptions{Binaries: binaries, Folder: filepath.Join(data, "postgres")})
	if err != nil {
		return "", err
	}
	p.Died = server.Exited()
	p.defers(func(ctx context.Context) error {
		_ = os.Remove(running)
		return server.Stop(ctx)
	})
	if err := server.CreateDatabase(ctx, databaseName); err != nil {
		return "", err
	}
	url := server.URL(databaseName)
	if err := os.WriteFile(running, []byte(url+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("open platform: %w", err)
	}
	return url, nil
}

// loadFonts looks for the PDF fonts where the person stands and beside the program.
func loadFonts(c config) (*document.Fonts, error) {
	starts := []string{}
	if cwd, err := os.Getwd(); err == nil {
		starts = append(starts, cwd)
	}
	if program, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(program))
	}
	folder, err := document.FindFonts(c.Fonts, starts...)
	if err != nil {
		return nil, err
	}
	return document.LoadFonts(folder, c.RareFont)
}

func (p *platform) defers(f func(context.Context) error) { p.closers = append(p.closers, f) }

// Close gives everything back in reverse order.
func (p *platform) Close(ctx context.Context) error {
	var all []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		all = append(all, p.closers[i](ctx))
	}
	p.closers = nil
	return errors.Join(all...)
}

// newLogger writes JSON lines to stderr; each carries the request id of its context and no personal data.
func newLogger(env *environment, c config) *slog.Logger {
	return slog.New(requestHandler{slog.NewJSONHandler(env.Stderr, &slog.HandlerOptions{Level: c.LogLevel})})
}

type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, masked(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		switch v := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(masked(v))
		case error:
			a.Value = slog.StringValue(masked(v.Error()))
		}
		line.AddAttrs(a)
		return true
	})
	if id := audit.Request(ctx); id != "" {
		line.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, line)
}

// personal is what must not stand in a log though an error of another program may say it: mail addresses, mobile and identity
// numbers, tokens of the API.
var personal = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b1[3-9]\d{9}\b|\b\d{17}[\dXx]\b|\b` + identity.TokenPrefix + `[\w-]{20,}`)

func masked(text string) string { return personal.ReplaceAllString(text, "（已隐去）") }

func (h requestHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(a)}
}

func (h requestHandler) WithGroup(n string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(n)}
}
