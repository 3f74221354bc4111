package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/embedded"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/vault"
)

// Platform is the technology under the market, opened by configuration: what serve and every command that needs the
// database build on.
type Platform struct {
	Config Config
	Log    *slog.Logger
	Out    io.Writer // what the person at the terminal reads
	Now    func() time.Time

	DB    *postgres.DB
	Cache *cache.Cache
	Files *files.Store
	Mail  *notify.Sender
	Vault *vault.Vault // seals what must not lie in the database in clear

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

// RunningFile holds the connection string of the embedded database while it runs, for commands beside a running market.
const RunningFile = "postgres.running"

// OpenPlatform claims the data folder and opens database (migrated), cache, files and mail. With attach, a data folder in use
// by a running market is no error: the command joins its database.
func OpenPlatform(ctx context.Context, env *Environment, c Config, attach bool) (_ *Platform, err error) {
	p := &Platform{Config: c, Log: NewLogger(env.Stderr, c.LogLevel), Out: env.Stdout, Now: env.Now,
		Fonts: sync.OnceValues(func() (*document.Fonts, error) { return LoadFonts(c) })}
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
	if p.Cache, err = cache.Open(redisURL, p.Log, p.Now); err != nil {
		return nil, err
	}
	p.defers(func(context.Context) error { return p.Cache.Close() })
	if p.Files, err = files.New(filepath.Join(data, "files"), p.Now); err != nil {
		return nil, err
	}
	if p.Vault, err = vault.Open(data, c.SecretKeys, rand.Reader); err != nil {
		return nil, err
	}
	p.Mail, err = notify.NewSender(notify.SMTP{Addr: c.SMTPAddr, User: c.SMTPUser, Password: c.SMTPPassword, From: c.SMTPFrom},
		filepath.Join(data, "outbox"), p.Vault)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "config_wrong", "TECHMARKET_SMTP_FROM 应形如“科技大市场 <noreply@example.cn>”。")
	}
	return p, nil
}

func (p *Platform) embeddedDatabase(ctx context.Context, env *Environment, data string) (string, error) {
	running := filepath.Join(data, RunningFile)
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

// LoadFonts looks for the PDF fonts where the person stands and beside the program.
func LoadFonts(c Config) (*document.Fonts, error) {
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

func (p *Platform) defers(f func(context.Context) error) { p.closers = append(p.closers, f) }

// Close gives everything back in reverse order.
func (p *Platform) Close(ctx context.Context) error {
	var all []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		all = append(all, p.closers[i](ctx))
	}
	p.closers = nil
	return errors.Join(all...)
}
