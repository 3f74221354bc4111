package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
)

func load(vars ...string) (Config, map[string]string) {
	c, err := LoadConfig(&Environment{Environ: vars})
	wrong := map[string]string{}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		for _, field := range f.Fields {
			wrong[field.Path] = field.Message
		}
	} else if err != nil {
		wrong["error"] = err.Error()
	}
	return c, wrong
}

func TestConfig_DerivesWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	cases := []struct{ vars, base, ops string }{
		{"", "http://localhost:8080", "127.0.0.1:8081"},
		{"TECHMARKET_ADDR=0.0.0.0:9000", "http://localhost:9000", "127.0.0.1:9001"},
		{"TECHMARKET_ADDR=10.0.0.5:80", "http://10.0.0.5:80", "127.0.0.1:81"},
		{"TECHMARKET_BASE_URL=https://market.example.cn/", "https://market.example.cn", "127.0.0.1:8081"},
	}
	for _, c := range cases {
		got, wrong := load(c.vars)
		if len(wrong) > 0 || got.BaseURL != c.base || got.OpsAddr != c.ops {
			t.Errorf("%q: got %q and %q, wrong %v; want %q and %q", c.vars, got.BaseURL, got.OpsAddr, wrong, c.base, c.ops)
		}
	}
}

func TestConfig_NamesEveryMistakeAndTheMend(t *testing.T) {
	t.Parallel()
	_, wrong := load("TECHMARKET_DATTA=x", "TECHMARKET_ADDR=8080", "TECHMARKET_DEV=maybe", "TECHMARKET_LOG_LEVEL=loud",
		"TECHMARKET_ZZZZZZZZZZZZ=1", "OTHER=1", "TECHMARKET_REQUIRE_BROWSER=1")
	for path, part := range map[string]string{
		"TECHMARKET_DATTA": "TECHMARKET_DATA", "TECHMARKET_ADDR": "localhost:8080", "TECHMARKET_DEV": "maybe",
		"TECHMARKET_LOG_LEVEL": "loud", "TECHMARKET_ZZZZZZZZZZZZ": "请删除",
	} {
		if !strings.Contains(wrong[path], part) {
			t.Errorf("%s: got %q, want it to name %q", path, wrong[path], part)
		}
	}
	if len(wrong) != 5 {
		t.Errorf("got %v, want five mistakes", wrong)
	}
}

func TestConfig_ReadsSecretsFromFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, wrong := load("MEILI_KEY_FILE=" + path); c.MeiliKey != "s3cret" || len(wrong) > 0 {
		t.Errorf("got %q, wrong %v", c.MeiliKey, wrong)
	}
	if _, wrong := load("MEILI_KEY_FILE="+path, "MEILI_KEY=other"); wrong["MEILI_KEY_FILE"] == "" {
		t.Error("both given: no mistake told")
	}
	if _, wrong := load("MEILI_KEY_FILE=" + path + "x"); wrong["MEILI_KEY_FILE"] == "" {
		t.Error("missing file: no mistake told")
	}
}
