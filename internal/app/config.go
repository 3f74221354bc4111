package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"

	"techmarket/internal/foundation/fault"
)

// Config is everything the environment decides. A variable marked secret can also come from a file named by NAME_FILE.
type Config struct {
	Addr    string `env:"TECHMARKET_ADDR" envDefault:"localhost:8080"`
	OpsAddr string `env:"TECHMARKET_OPS_ADDR"` // /healthz, /readyz, /metrics; default 127.0.0.1 and Addr's port + 1
	Data    string `env:"TECHMARKET_DATA" envDefault:"data"`
	BaseURL string `env:"TECHMARKET_BASE_URL"` // default from Addr; printed in QR codes and mail
	Dev     bool   `env:"TECHMARKET_DEV"`      // shows /design
	// RequireTOTP sends registration points, government and administrators to the two-step set-up until they have it.
	RequireTOTP bool `env:"TECHMARKET_REQUIRE_TOTP"`

	// Keys of what is sealed in the database, base64 of 32 bytes each, the one in use first; none: a file in the data folder.
	SecretKeys string `env:"TECHMARKET_SECRET_KEYS" secret:"true"`

	DatabaseURL string `env:"DATABASE_URL" secret:"true"`
	// The owner of the tables, for migrate: the role in DATABASE_URL then needs rows only. The embedded database has both by itself.
	DatabaseOwnerURL string `env:"TECHMARKET_DATABASE_OWNER_URL" secret:"true"`

	DatabaseMax int32  `env:"TECHMARKET_DATABASE_CONNECTIONS" envDefault:"20"`
	RedisURL    string `env:"REDIS_URL" secret:"true"`
	MeiliURL    string `env:"MEILI_URL"`
	MeiliKey    string `env:"MEILI_KEY" secret:"true"`

	// An embedding server for matching by meaning; none by default.
	EmbedderURL           string `env:"TECHMARKET_EMBEDDER_URL"`
	EmbedderKind          string `env:"TECHMARKET_EMBEDDER_KIND"` // openai (default), ollama
	EmbedderModel         string `env:"TECHMARKET_EMBEDDER_MODEL"`
	EmbedderQueryModel    string `env:"TECHMARKET_EMBEDDER_QUERY_MODEL"` // default: the model
	EmbedderKey           string `env:"TECHMARKET_EMBEDDER_KEY" secret:"true"`
	EmbedderQueryPrefix   string `env:"TECHMARKET_EMBEDDER_QUERY_PREFIX"`
	EmbedderPassagePrefix string `env:"TECHMARKET_EMBEDDER_PASSAGE_PREFIX"`
	// default: what eval --embedder measured for the model, else that of the weights
	EmbedderWeight float64 `env:"TECHMARKET_EMBEDDER_WEIGHT"`

	// A server with POST …/rerank that orders the first matches; "" for none.
	RerankerURL   string `env:"TECHMARKET_RERANKER_URL"`
	RerankerModel string `env:"TECHMARKET_RERANKER_MODEL"`
	RerankerKey   string `env:"TECHMARKET_RERANKER_KEY" secret:"true"`

	SMTPAddr     string `env:"TECHMARKET_SMTP_ADDR"` // host:port; empty: mail goes to the data folder's outbox
	SMTPUser     string `env:"TECHMARKET_SMTP_USER"`
	SMTPPassword string `env:"TECHMARKET_SMTP_PASSWORD" secret:"true"`
	SMTPFrom     string `env:"TECHMARKET_SMTP_FROM" envDefault:"科技大市场 <noreply@localhost>"`

	PagesMB  int        `env:"TECHMARKET_PAGES_MB" envDefault:"64"`    // kept pages of guests; 0: every page is worked out
	LogLevel slog.Level `env:"TECHMARKET_LOG_LEVEL" envDefault:"info"` // debug, info, warn, error
	Fonts    string     `env:"TECHMARKET_FONTS"`                       // folder of the PDF fonts; default: node_modules
	RareFont string     `env:"TECHMARKET_RARE_FONT"`                   // TrueType file for characters the fonts lack
	PGBin    string     `env:"TECHMARKET_PG_BIN"`                      // read by platform/embedded
}

// readElsewhere are TECHMARKET_ variables that tests and scripts read, not the program.
var readElsewhere = []string{"TECHMARKET_REQUIRE_BROWSER", "TECHMARKET_SCREENS", "TECHMARKET_BENCH_CORPUS", "TECHMARKET_BENCH_LISTINGS",
	"TECHMARKET_BENCH_SOAK"}

// LoadConfig reads and checks the environment, and tells all mistakes at once. Fault: Invalid config_wrong.
func LoadConfig(e *Environment) (Config, error) {
	var c Config
	var wrong fault.Fields
	vars := map[string]string{}
	for _, pair := range e.Environ {
		key, value, _ := strings.Cut(pair, "=")
		vars[key] = value
	}
	known := map[string]bool{}
	for _, name := range readElsewhere {
		known[name] = true
	}
	for field := range reflect.TypeFor[Config]().Fields() {
		name := field.Tag.Get("env")
		known[name] = true
		if field.Tag.Get("secret") == "" {
			continue
		}
		file := name + "_FILE"
		known[file] = true
		path := vars[file]
		if path == "" {
			continue
		}
		if vars[name] != "" {
			wrong.Addf(file, "both", "%s 和 %s 只能设置一个，请去掉其中之一。", name, file)
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			wrong.Addf(file, "unreadable", "读不到文件 %s，请检查路径和权限。", path)
			continue
		}
		vars[name] = strings.TrimSpace(string(raw))
	}
	for key := range vars {
		if !strings.HasPrefix(key, "TECHMARKET_") || known[key] {
			continue
		}
		if near := Nearest(key, keys(known)); near != "" {
			wrong.Addf(key, "unknown", "没有这个配置项，是不是 %s？", near)
			continue
		}
		wrong.Add(key, "unknown", "没有这个配置项，请删除它。")
	}
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		var all env.AggregateError
		if !errors.As(err, &all) {
			return Config{}, fmt.Errorf("read configuration: %w", err)
		}
		for _, one := range all.Errors {
			if parse, ok := errors.AsType[env.ParseError](one); ok {
				name := parse.Name
				if field, ok := reflect.TypeFor[Config]().FieldByName(parse.Name); ok {
					name = field.Tag.Get("env")
				}
				wrong.Addf(name, "malformed", "“%s”不是可用的值。", vars[name])
			} else {
				wrong.Addf("环境变量", "malformed", "%s", one)
			}
		}
	}
	c.derive(&wrong)
	if len(wrong.List()) > 0 {
		f := fault.New(fault.Invalid, "config_wrong", "配置有误，请按下面的提示修改环境变量：")
		f.Fields = wrong.List()
		return Config{}, f
	}
	return c, nil
}

// derive fills what follows from other values and checks what has a form.
func (c *Config) derive(wrong *fault.Fields) {
	host, port, err := net.SplitHostPort(c.Addr)
	number, numErr := strconv.Atoi(port)
	if err != nil || numErr != nil || number < 0 || number > 65535 {
		wrong.Add("TECHMARKET_ADDR", "malformed", "应形如 localhost:8080 或 0.0.0.0:8080。")
		return
	}
	if c.OpsAddr == "" {
		ops := 0 // a free port follows a free port
		if number != 0 {
			ops = number%65535 + 1
		}
		c.OpsAddr = net.JoinHostPort("127.0.0.1", strconv.Itoa(ops))
	}
	if c.BaseURL == "" {
		if host == "" || host == "0.0.0.0" || host == "::" {
			host = "localhost"
		}
		c.BaseURL = "http://" + net.JoinHostPort(host, port)
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		wrong.Add("TECHMARKET_BASE_URL", "malformed", "应形如 https://market.example.cn。")
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	if c.MeiliURL != "" {
		if u, err := url.Parse(c.MeiliURL); err != nil || u.Host == "" {
			wrong.Add("MEILI_URL", "malformed", "应形如 http://127.0.0.1:7700。")
		}
	}
	if c.SMTPAddr != "" {
		if _, _, err := net.SplitHostPort(c.SMTPAddr); err != nil {
			wrong.Add("TECHMARKET_SMTP_ADDR", "malformed", "应形如 smtp.example.cn:587。")
		}
	}
	if c.DatabaseMax < 5 {
		wrong.Add("TECHMARKET_DATABASE_CONNECTIONS", "too_small", "至少需要 5 个连接。")
	}
}

func keys(m map[string]bool) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	return list
}
