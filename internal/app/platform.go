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
	"techmarket/search/zh"
	"techmarket/web/locales"
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
	// Role says what the database role of the program could undo.
	Role postgres.Standing

	Language *locales.Language // in which the site speaks; nil: Chinese

	// Fonts are loaded with the first PDF: 20 MB that a command without PDF need not read.
	Fonts func() (*document.Fonts, error)

	// Words is the Chinese analyzer with the folder's own synonyms. It is made while the embedded database starts.
	Words func() (*zh.Analyzer, error)

	ownerURL string // of the tables' owner: migrations and restoring; "" where the program's role has to do
	closers  []func(context.Context) error
}

const databaseName = "techmarket"

// RunningFile holds the connection string of the embedded database while it runs, for commands beside a running market.
const RunningFile = "postgres.running"

// OpenPlatform claims the data folder and opens database (migrated), cache, files and mail. With attach, a data folder in use
// by a running market is no error: the command joins its database.
func OpenPlatform(ctx context.Context, env *Environment, c Config, attach bool) (_ *Platform, err error) {
	p := &Platform{Config: c, Log: NewLogger(env.Stderr, c.LogLevel), Out: env.Stdout, Now: env.Now,
		Fonts: sync.OnceValues(func() (*document.Fonts, error) { return LoadFonts(c) }),
		Words: ReadWords(c.Data)}
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
	if url != "" {
		p.ownerURL = c.DatabaseOwnerURL
	} else {
		if url, err = p.embeddedDatabase(ctx, env, data); err != nil {
			return nil, err
		}
		p.Sole = !p.Attached
	}
	if p.Vault, err = vault.Open(data, c.SecretKeys, rand.Reader); err != nil {
		return nil, err
	}
	if err := p.openDatabase(ctx, url); err != nil {
		return nil, err
	}
	p.DB.SealWith(p.Vault)
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
	p.Mail, err = notify.NewSender(notify.SMTP{Addr: c.SMTPAddr, User: c.SMTPUser, Password: c.SMTPPassword, From: c.SMTPFrom},
		filepath.Join(data, "outbox"), p.Vault)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "config_wrong", "TECHMARKET_SMTP_FROM 应形如“科技大市场 <noreply@example.cn>”。")
	}
	return p, nil
}

// ReadWords makes the analyzer, once, when it is first asked for; the folder may hold the operator's own synonyms.
func ReadWords(folder string) func() (*zh.Analyzer, error) {
	return sync.OnceValues(func() (*zh.Analyzer, error) {
		own, err := os.ReadFile(filepath.Join(folder, ownSynonyms))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", ownSynonyms, err)
		}
		return zh.New(string(own))
	})
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
	go func() { _, _ = p.Words() }() // whoever needs them gets the same answer, with its error
	server, err := embedded.StartServer(ctx, embedded.ServerOptions{Binaries: binaries, Folder: filepath.Join(data, "postgres")})
	if err != nil {
		return "", err
	}
	p.defers(func(ctx context.Context) error {
		_ = os.Remove(running)
		return server.Stop(ctx)
	})
	passwords, err := embedded.KeptPasswords(data)
	if err == nil {
		err = server.Secure(ctx, passwords)
	}
	if err == nil {
		err = server.CreateDatabase(ctx, databaseName)
	}
	if err != nil {
		return "", err
	}
	kept, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.defers(func(context.Context) error { stop(); return nil })
	go server.Keep(kept, p.databaseState)
	p.ownerURL = server.URL(databaseName)
	url := server.ProgramURL(databaseName)
	if err := os.WriteFile(running, []byte(url+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("open platform: %w", err)
	}
	return url, nil
}

// Longest bounds a statement of the program, and waiting a request's wait for a connection.
const (
	longest = 2 * time.Minute
	waiting = 3 * time.Second
)

// openDatabase brings the schema to this program's version with the owner's role, and opens the pool with the program's. Where only one
// role is known it does both, if it can.
func (p *Platform) openDatabase(ctx context.Context, url string) (err error) {
	o := postgres.Options{MaxConns: p.Config.DatabaseMax}
	if p.ownerURL != "" {
		o.Longest, o.Acquire = longest, waiting
		if err := p.AsOwner(ctx, func(owner *postgres.DB) error {
			if err := postgres.Migrate(ctx, owner.Pool); err != nil {
				return err
			}
			role, err := postgres.RoleOf(url)
			if err != nil {
				return err
			}
			return postgres.Grant(ctx, owner, role)
		}); err != nil {
			return err
		}
	}
	if p.DB, err = postgres.Open(ctx, url, o); err != nil {
		return err
	}
	p.defers(func(context.Context) error { p.DB.Close(); return nil })
	if p.Role, err = postgres.StandingOf(ctx, p.DB); err != nil {
		return err
	}
	switch {
	case p.Role.Plain():
		return postgres.Ready(ctx, p.DB)
	case p.ownerURL == "":
		return postgres.Migrate(ctx, p.DB.Pool)
	default:
		return nil
	}
}

// AsOwner runs f with the role that owns the tables, which may be the program's own. Unavailable "owner_needed" where none is known.
func (p *Platform) AsOwner(ctx context.Context, f func(*postgres.DB) error) error {
	if p.ownerURL == "" && p.DB != nil {
		if role, err := postgres.StandingOf(ctx, p.DB); err != nil || !role.Plain() {
			if err != nil {
				return err
			}
			return f(p.DB)
		}
	}
	if p.ownerURL == "" {
		return fault.New(fault.Unavailable, "owner_needed",
			"这一步要改表，而 DATABASE_URL 的角色不能。请同时用 TECHMARKET_DATABASE_OWNER_URL 给出表的所有者。")
	}
	owner, err := postgres.Open(ctx, p.ownerURL, postgres.Options{MaxConns: 2, Name: "techmarket-owner"})
	if err != nil {
		return err
	}
	defer owner.Close()
	return f(owner)
}

// RoleWarning says what is wrong with the role that the program works with; nil where nothing is.
func RoleWarning(s postgres.Standing) *fault.Error {
	switch {
	case s.Superuser:
		return fault.Newf(fault.Unavailable, "database_role", "数据库角色 %s 是超级用户：程序一旦被攻破，登记簿的防篡改触发器可以被关掉。请按 README“数据库的两个角色”另建所有者和程序角色。", s.Name)
	case s.Owner:
		return fault.Newf(fault.Unavailable, "database_role", "数据库角色 %s 是表的所有者：程序一旦被攻破，登记簿的防篡改触发器可以被关掉。请按 README“数据库的两个角色”另建程序角色。", s.Name)
	default:
		return nil
	}
}

// databaseState tells the log and the terminal when the database goes and comes back.
func (p *Platform) databaseState(err error) {
	if err == nil {
		p.Log.Warn("database answers again")
		return
	}
	if free, ferr := FreeMB(p.Config.Data); ferr == nil && free < reserveMB {
		err = fault.Wrap(err, fault.Unavailable, "disk_full", "磁盘已满，内置数据库停止了。已保存的内容不会丢失：请清理数据目录所在的磁盘，数据库会自动恢复。")
	}
	p.Log.Error("database does not answer", "error", Words(err), "cause", err.Error())
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
