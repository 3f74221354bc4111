package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/embedded"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/scan"
	"techmarket/internal/platform/vault"
	"techmarket/search/meili"
)

// finding is what one examination came to: fine says what was found, an error says what is wrong and the mend.
type finding struct {
	name string
	run  func(ctx context.Context) (fine string, err error)
}

// runDoctor examines configuration and surroundings without changing anything, prints a line for each, and fails when
// one is wrong. It works beside a running market.
func runDoctor(ctx context.Context, env *app.Environment, _ []string) error {
	c, err := app.LoadConfig(env)
	if err != nil {
		fmt.Fprintln(env.Stdout, "✗ 配置："+app.Words(err))
		return exitCode(1)
	}
	fmt.Fprintln(env.Stdout, "✓ 配置：没有写错的变量")
	bad := 0
	for _, f := range findings(env, c) {
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		fine, err := f.run(limited)
		cancel()
		if err != nil {
			bad++
			fmt.Fprintf(env.Stdout, "✗ %s：%s\n", f.name, app.Words(err))
			continue
		}
		fmt.Fprintf(env.Stdout, "✓ %s：%s\n", f.name, fine)
	}
	if bad > 0 {
		fmt.Fprintf(env.Stdout, "\n有 %d 项需要处理。\n", bad)
		return exitCode(1)
	}
	fmt.Fprintln(env.Stdout, "\n一切正常。")
	return nil
}

func findings(env *app.Environment, c app.Config) []finding {
	list := []finding{
		{"数据目录", func(context.Context) (string, error) { return examineFolder(c.Data) }},
		{"磁盘空间", func(context.Context) (string, error) { return examineDisk(c.Data) }},
		{"网站地址", func(context.Context) (string, error) { return examineAddr(c) }},
		{"数据库", func(ctx context.Context) (string, error) { return examineDatabase(ctx, env, c) }},
	}
	list = append(list, finding{"PDF 字体", func(context.Context) (string, error) {
		_, err := app.LoadFonts(c)
		return "可用", err
	}})
	list = append(list, finding{"扫描件识别", examineScans})
	list = append(list, servers(env, c)...)
	if c.SMTPAddr != "" {
		list = append(list, finding{"邮件服务器", func(ctx context.Context) (string, error) { return examineSMTP(ctx, c) }})
	}
	return list
}

// servers are those that the market uses but does not need.
func servers(env *app.Environment, c app.Config) (list []finding) {
	if c.RedisURL != "" {
		list = append(list, finding{"Redis", func(ctx context.Context) (string, error) { return examineRedis(ctx, env, c) }})
	}
	if c.MeiliURL != "" {
		list = append(list, finding{"Meilisearch", func(ctx context.Context) (string, error) { return examineMeili(ctx, c) }})
	}
	return list
}

// examineScans tells whether scans can be read. The market works without: then people read them, so this is no fault.
func examineScans(ctx context.Context) (string, error) {
	found, err := scan.Find(ctx, exec.LookPath)
	if fault.HasCode(err, "scan_missing") {
		return "没有启用。" + fault.Words(err), nil
	}
	if err != nil {
		return "", err
	}
	return "可用，" + found.Version, nil
}

func examineFolder(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(full); errors.Is(err, os.ErrNotExist) {
		return full + "（还没有，第一次运行时建立）", nil
	}
	held, err := embedded.Claim(full)
	if fault.HasCode(err, "folder_in_use") {
		return full + "（市场正在运行）", nil
	}
	if err != nil {
		return "", err
	}
	held.Release()
	return full, nil
}

func examineDisk(path string) (string, error) {
	free, err := app.FreeMB(path)
	if err != nil {
		return "", err
	}
	if free < 1024 {
		return "", fault.Newf(fault.Unavailable, "disk_full", "只剩 %d MB，建议至少 1024 MB。请清理磁盘，或用 TECHMARKET_DATA 换一个数据目录。", free)
	}
	return fmt.Sprintf("剩余 %d MB", free), nil
}

func examineAddr(c app.Config) (string, error) {
	l, err := app.Listen(&app.Environment{}, c.Addr, "TECHMARKET_ADDR")
	if fault.HasCode(err, "addr_in_use") {
		held, claimErr := embedded.Claim(c.Data)
		if claimErr == nil {
			held.Release()
			return "", err
		}
		return c.Addr + "（被正在运行的市场使用）", nil
	}
	if err != nil {
		return "", err
	}
	return c.Addr, l.Close()
}

func examineDatabase(ctx context.Context, env *app.Environment, c app.Config) (string, error) {
	url, kind := c.DatabaseURL, "外部服务器"
	if url == "" {
		kind = "内置"
		cwd, err := os.Getwd()
		if err != nil {
			return "", err
		}
		binaries, err := embedded.FindBinaries(env.Getenv, cwd)
		if err != nil {
			return "", err
		}
		raw, err := os.ReadFile(filepath.Join(c.Data, app.RunningFile))
		if err != nil {
			return fmt.Sprintf("内置，%s（没有运行）", binaries.Text), nil
		}
		url = strings.TrimSpace(string(raw))
	}
	db, err := postgres.Open(ctx, url, postgres.Options{MaxConns: 2, Wait: time.Second, Name: "techmarket-doctor"})
	if err != nil {
		return "", err
	}
	defer db.Close()
	major, ready, err := lookAtServer(ctx, db)
	if err != nil {
		return "", postgres.Fault(err)
	}
	if major < 15 {
		return "", fault.Newf(fault.Unavailable, "postgres_too_old", "PostgreSQL %d 太旧，需要 15 以上。请升级数据库服务器。", major)
	}
	if !ready {
		return fmt.Sprintf("%s，PostgreSQL %d，空库（首次运行时建表）", kind, major), nil
	}
	current, target, err := postgres.SchemaVersion(ctx, db.Pool)
	if err == nil {
		err = postgres.CheckVersion(current, target)
	}
	switch {
	case err != nil:
		return "", err
	case current < target:
		return "", fault.Newf(fault.Unavailable, "schema_older", "数据库版本 %d，本程序需要 %d。请运行 techmarket migrate。", current, target)
	}
	if err := examineKeys(ctx, c, db); err != nil {
		return "", err
	}
	standing, err := postgres.StandingOf(ctx, db)
	if err != nil {
		return "", err
	}
	if warning := app.RoleWarning(standing); warning != nil {
		return "", warning
	}
	return fmt.Sprintf("%s，PostgreSQL %d，版本 %d，角色 %s 不能改表结构", kind, major, current, standing.Name), nil
}

// examineKeys tells a key that sealed something and is missing, and what is not yet under the key in use.
func examineKeys(ctx context.Context, c app.Config, db *postgres.DB) error {
	found, err := postgres.KeysOf(ctx, db, app.SealedColumns()...)
	if err != nil {
		return postgres.Fault(err)
	}
	kept, err := postgres.KeysOf(ctx, db, app.KeptSealed()...)
	if err != nil {
		return postgres.Fault(err)
	}
	_, err = os.Stat(filepath.Join(c.Data, vault.File))
	if c.SecretKeys == "" && err != nil {
		if len(found) == 0 {
			return nil // made at the first start
		}
		return fault.New(fault.Unavailable, "secret_key_missing", "数据目录里没有数据密钥 "+vault.File+"，已加密的电话和两步登录打不开。请从备份放回，或设置 TECHMARKET_SECRET_KEYS。")
	}
	keys, err := vault.Open(c.Data, c.SecretKeys, rand.Reader)
	if err != nil {
		return err
	}
	old := 0
	for id, n := range kept {
		if !keys.Knows(id) {
			found[id] += n
		}
	}
	for id, n := range found {
		switch {
		case id != "" && !keys.Knows(id):
			return fault.Newf(fault.Unavailable, "secret_key_missing",
				"缺少数据密钥 %s：%d 项已加密的资料打不开。请把原来的密钥加回 %s 或 TECHMARKET_SECRET_KEYS。", id, n, vault.File)
		case !strings.HasPrefix(keys.Prefix(), "sealed:"+id+":"):
			old += n
		}
	}
	if old > 0 {
		return fault.Newf(fault.Unavailable, "secrets_old", "%d 项资料还没有换到现在的数据密钥。请运行 techmarket rotate-keys，或重启市场。", old)
	}
	return nil
}

func examineRedis(ctx context.Context, env *app.Environment, c app.Config) (string, error) {
	r, err := cache.Open(c.RedisURL, app.NewLogger(env.Stderr, c.LogLevel), env.Now)
	if err != nil {
		return "", err
	}
	defer r.Close()
	if err := r.Ping(ctx); err != nil {
		return "", fault.Wrap(err, fault.Unavailable, "redis_unreachable", "连不上 Redis。市场仍可运行，但多台服务器之间的限流和实时消息会各算各的。请检查 REDIS_URL 和 Redis 服务。")
	}
	return "可用", nil
}

func examineMeili(ctx context.Context, c app.Config) (string, error) {
	status, _, err := askMeili(ctx, c, "/indexes?limit=1")
	if err != nil {
		return "", fault.Wrap(err, fault.Unavailable, "meili_unreachable", "连不上 Meilisearch。市场会退回内置搜索。请检查 MEILI_URL 和 Meilisearch 服务。")
	}
	if status != http.StatusOK {
		return "", fault.Newf(fault.Unavailable, "meili_refused", "Meilisearch 回答 %d。请检查 MEILI_KEY 是否有管理索引的权限。", status)
	}
	var version struct{ PkgVersion string }
	if status, body, err := askMeili(ctx, c, "/version"); err != nil || status != http.StatusOK || json.Unmarshal(body, &version) != nil {
		return "可用", nil // a key may be without the right to ask
	}
	if !strings.HasPrefix(version.PkgVersion, meili.Tried+".") {
		return fmt.Sprintf("可用，版本 %s；本程序用 %s 测试过，别的版本如果回答不对，由内置搜索代替", version.PkgVersion, meili.Tried), nil
	}
	return "可用，版本 " + version.PkgVersion, nil
}

func askMeili(ctx context.Context, c app.Config, path string) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.MeiliURL, "/")+path, nil)
	if err != nil {
		return 0, nil, err
	}
	if c.MeiliKey != "" {
		request.Header.Set("Authorization", "Bearer "+c.MeiliKey)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, body, err
}

func examineSMTP(ctx context.Context, c app.Config) (string, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", c.SMTPAddr)
	if err != nil {
		return "", fault.Wrap(err, fault.Unavailable, "smtp_unreachable", "连不上邮件服务器。邮件会排队重试。请检查 TECHMARKET_SMTP_ADDR 和防火墙。")
	}
	return c.SMTPAddr, conn.Close()
}
