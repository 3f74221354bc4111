package e2e

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
)

// bodies are what an action needs so that its scope is asked, not only its form; others get "{}" or a stale version.
var bodies = map[string]string{
	"POST /signin":                              "login=%s&password=x",
	"POST /account/switch":                      "membership=%s",
	"POST /contracts/:id/submit":                "point=%s",
	"POST /deals/:id/decline":                   "code=other",
	"POST /notices/:id/answer":                  "outcome=reject",
	"POST /notices/:id/do":                      "step=withdraw",
	"POST /deals/:id/end":                       "code=other",
	"PUT /api/v1/achievements/:id":              `{"version":9999,"content":{"title":"改"}}`,
	"PUT /api/v1/demands/:id":                   `{"version":9999,"content":{"title":"改"}}`,
	"POST /api/v1/achievements/:id/events":      `{"version":9999,"event":"submit"}`,
	"POST /api/v1/demands/:id/events":           `{"version":9999,"event":"submit"}`,
	"POST /api/v1/achievements/:id/review":      `{"version":9999,"event":"publish"}`,
	"POST /api/v1/demands/:id/review":           `{"version":9999,"event":"publish"}`,
	"POST /api/v1/deals/:id/decline":            `{"code":"other"}`,
	"POST /api/v1/deals/:id/end":                `{"code":"other"}`,
	"POST /api/v1/deals/:id/messages":           `{"body":"您好"}`,
	"POST /api/v1/filings/:id/events":           `{"version":9999,"event":"accept"}`,
	"PUT /api/v1/filings/:id/review":            `{"version":9999}`,
	"POST /api/v1/registrations/:number/events": `{"version":9999,"event":"cancel"}`,
	"POST /api/v1/register-entries/:id/events":  `{"event":"submit"}`,
	"POST /api/v1/annual-reports":               `{"year":2024}`,
	"PUT /api/v1/annual-reports/:id":            `{"version":9999}`,
	"POST /api/v1/annual-reports/:id/events":    `{"version":9999,"event":"freeze"}`,
	"PUT /api/v1/memberships/:id/roles":         `{"roles":["member"]}`,
	"PUT /api/v1/points/:id/settings":           `{"version":9999,"numberSource":"own","secondReview":"reviewer"}`,
}

// knock asks once without following redirects and says what came of it in one letter, with the status.
func (p *person) knock(route, address string) (byte, int, []byte) {
	p.w.t.Helper()
	var body io.Reader
	kind := "application/x-www-form-urlencoded"
	method, _, _ := strings.Cut(route, " ")
	said := bodies[route]
	switch route {
	case "POST /signin":
		said = fmt.Sprintf(said, rand.Text())
	case "POST /account/switch":
		said = fmt.Sprintf(said, p.w.scan(`select coalesce(max(m.id), 0)::text
			from membership m join account a on a.id = account_id where login_name = $1`, p.name))
	case "POST /contracts/:id/submit":
		said = fmt.Sprintf(said, fmt.Sprint(p.w.points["county"].ID))
	}
	switch {
	case strings.HasPrefix(address, "/api/") && method != "GET":
		body, kind = strings.NewReader(cmp.Or(said, `{}`)), "application/json"
	case method == "POST":
		body = strings.NewReader("_csrf=" + p.csrf() + "&version=9999&event=nothing&" + said)
	}
	r, err := http.NewRequest(method, p.w.server.URL+address, body)
	apptest.NoErr(p.w.t, err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("X-CSRF-Token", p.csrf())
	r.Header.Set("X-Forwarded-For", p.addr)
	client := &http.Client{Jar: p.client.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	apptest.NoErr(p.w.t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	apptest.NoErr(p.w.t, err)
	switch status := answer.StatusCode; {
	case status == 401, status == 303 && strings.HasPrefix(answer.Header.Get("Location"), "/signin?next="):
		return 's', status, content
	case status == 403:
		return '-', status, content
	case status == 404:
		return 'h', status, content
	case status >= 500, status == 429:
		return '!', status, content
	default:
		return '+', status, content
	}
}

// Every route × role × scope, as the table says; nothing answers 5xx, and what is hidden from a signed-in person behind
// trade and certification is written to the audit trail.
func TestMatrix_EveryRouteLetsInExactlyWhomTheTableSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.things()
	last := []string{"POST /account/signout-everywhere", "POST /signout"} // they end the sessions of the others
	var routes []string
	for _, r := range w.site.Routes() {
		if route := r.Method + " " + r.Path; route != last[0] && route != last[1] {
			routes = append(routes, route)
		}
	}
	routes = append(routes, last...)
	known := map[string]bool{}
	for _, route := range routes {
		named := ofKind(route)
		known[named] = true
		want, ok := matrix[named]
		if !ok {
			t.Errorf("the matrix does not say who may use %s", route)
		}
		got := []byte{}
		for i, s := range subjects {
			p := w.visitor("guest")
			if s.login != "" {
				p = w.as(s.login)
			} else {
				p.addr = fmt.Sprintf("198.51.100.%d", len(known)%250)
			}
			address := w.address(m, route)
			before := w.refusals(s.login)
			letter, status, body := p.knock(route, address)
			got = append(got, letter)
			if letter == '!' {
				t.Errorf("%s by %s: %d %s", address, s.who, status, bytes.TrimSpace(body[:min(300, len(body))]))
			}
			if ok && i < len(want) && letter != want[i] {
				t.Errorf("%s by %s: got %c (%d), want %c", route, s.who, letter, status, want[i])
			}
			if letter == 'h' && s.login != "" && audited.MatchString(route) && w.refusals(s.login) == before {
				t.Errorf("%s by %s: hidden, but not in the audit trail", route, s.who)
			}
		}
		if !ok {
			t.Logf("\t%q: %q,", route, got)
		}
	}
	for route := range matrix {
		if !known[route] {
			t.Errorf("the matrix names %s, which does not exist", route)
		}
	}
}

// ofKind names the operations of all registers once: each kind declares the same.
func ofKind(route string) string {
	return regexp.MustCompile(`/api/v1/registers/[a-z-]+`).ReplaceAllString(route, "/api/v1/registers/:kind")
}

// audited are the rooms that write down who asked for a case, a contract or a talk of others.
var audited = regexp.MustCompile(`/(filings|registrations|contracts|deals)/:(id|number)`)

// refusals counts the refused attempts of a person in the audit trail.
func (w *world) refusals(login string) string {
	if login == "" {
		return ""
	}
	return w.scan(`select ((select count(*) from audit_row where actor_account = $1 and result = 'refused') +
		(select coalesce(sum(n), 0) from refusal where account = $1))::text`, w.who(login).AccountID)
}
