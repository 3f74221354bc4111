package e2e

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
)

// docs/rules/security.md §5: who signs up, signs in rightly and wrongly, resets a password, lists, deals, files and searches
// leaves no name, phone, mail address, password, token or search text in the log.
func TestLog_HoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const wrong = "Never-the-password-91"
	p := w.signUp("lark", "enterprise", "百灵示范有限公司", ownCounty)
	p.tellProfile("150", "C")
	v := w.visitor("lark-again")
	v.get("/signin").submit("/signin", values{"login": "lark", "password": wrong}).want(422)
	v.get("/signin/forgot").submit("/signin/forgot", values{"login": "lark"}).want(200)
	reset := strings.TrimPrefix(w.linkIn("重设密码", "/signin/reset/"), "/signin/reset/")
	v.get("/signin/reset/" + reset).want(200)
	p.get("/account/members").submit("/account/members/invite", values{"email": "sparrow@example.com", "roles": "member"}).want(200, "邀请已生成")
	secret, recovery := w.as("member").setUpTwoFactor()
	w.things()
	v.get("/achievements?q=13847112345&page=x").want(200)
	v.get("/achievements/13847112345").want(404)
	v.get("/v/2026150103030001?c=WRONG123")
	token, err := w.s.Identity.CreateTokenFor(t.Context(), "lark", "接口")
	apptest.NoErr(t, err)
	for _, bearer := range []string{token, token + "x"} {
		for _, path := range []string{"/api/v1/me", "/api/v1/achievements?q=13847112345", "/api/v1/deals/13847112345"} {
			r, err := http.NewRequest("GET", w.server.URL+path, nil)
			apptest.NoErr(t, err)
			r.Header.Set("Authorization", "Bearer "+bearer)
			v.send(r)
		}
	}
	w.holdsNoSecret(map[string]string{"a phone": "0471-5550123", "an authenticator's secret": secret, "a recovery code": recovery[0],
		"a token": token, "a reset link": reset, "a password": password,
		"a mail address": "lark@example.com", "an invited address": "sparrow@example.com"})
	w.drain()
	log := w.log.String()
	if n := strings.Count(log, "\n"); n < 100 {
		t.Fatalf("the log was not captured: %d lines", n)
	}
	for what, text := range map[string]string{"a password": password, "a wrong password": wrong, "a mail address": "@example.com",
		"a name": "示范lark", "an organisation's contact": "其其格",
		"a legal representative": "白音", "a phone number": "0471-5550", "what was searched": "13847112345", "a token": token,
		"a reset link": reset, "an authenticator's secret": secret, "a recovery code": recovery[0]} {
		if at := strings.Index(log, text); at >= 0 {
			t.Errorf("%s is in the log: …%s…", what, log[max(0, at-150):min(len(log), at+100)])
		}
	}
}

// holdsNoSecret walks every text column of every table for what was planted.
func (w *world) holdsNoSecret(planted map[string]string) {
	w.t.Helper()
	rows, err := w.s.Platform.DB.Query(w.t.Context(), `select quote_ident(c.relname), quote_ident(a.attname) from pg_class c
		join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.atttypid in
			('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype, 'bytea'::regtype, 'json'::regtype)`)
	apptest.NoErr(w.t, err)
	var table, column string
	var columns [][2]string
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error { columns = append(columns, [2]string{table, column}); return nil })
	apptest.NoErr(w.t, err)
	for _, c := range columns {
		for what, text := range planted {
			n := w.scan("select count(*)::text from "+c[0]+" where position($1 in "+c[1]+"::text) > 0 or position($2 in "+c[1]+"::text) > 0",
				text, hex.EncodeToString([]byte(text)))
			if n != "0" {
				w.t.Errorf("%s lies in clear in %s.%s", what, c[0], c[1])
			}
		}
	}
}

// What another program says in an error is masked before it is written.
func TestLog_MasksWhatErrorsSay(t *testing.T) {
	t.Parallel()
	out := &apptest.Output{}
	log := app.NewLogger(out, slog.LevelInfo)
	log.Warn("job failed", "error", fmt.Errorf("send mail: %w", errors.New("550 5.1.1 <baiyin@example.com>: user unknown")), "panic",
		"phone 13847112345", "job", 7,
		"trace", "id 15010219900101123X token tm_0123456789abcdefghijABCDEFGHIJ")
	line := out.String()
	for _, text := range []string{"baiyin", "13847112345", "15010219900101123X", "tm_0123"} {
		if strings.Contains(line, text) {
			t.Errorf("%s is in the log: %s", text, line)
		}
	}
	if !strings.Contains(line, "550 5.1.1") || !strings.Contains(line, `"job":7`) {
		t.Errorf("too much is gone: %s", line)
	}
}
