package e2e

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
)

// once sends one request without following where the answer leads.
func (w *world) once(method, path string) *http.Response {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, nil)
	apptest.NoErr(w.t, err)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	apptest.NoErr(w.t, err)
	w.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// Every address answers every method as HTTP says.
func TestDoor_MethodsAndAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paths := []string{"/", "/achievements", "/achievements/1", "/desk", "/signin", "/favicon.ico", "/robots.txt",
		"/api/v1/points", "/api/v1/me",
		"/api/v1/openapi.json", "/stats.csv", "/nothing/here"}
	for _, path := range paths {
		get, head := w.once("GET", path), w.once("HEAD", path)
		if get.StatusCode != head.StatusCode || get.Header.Get("Content-Type") != head.Header.Get("Content-Type") ||
			get.Header.Get("Location") != head.Header.Get("Location") {
			t.Errorf("%s: HEAD answers %d, GET %d", path, head.StatusCode, get.StatusCode)
		}
	}
	for _, path := range paths[:len(paths)-1] {
		options := w.once("OPTIONS", path)
		if options.StatusCode != 204 || !strings.Contains(options.Header.Get("Allow"), "GET, HEAD") {
			t.Errorf("OPTIONS %s: got %d, Allow %q", path, options.StatusCode, options.Header.Get("Allow"))
		}
		for _, method := range []string{"TRACE", "PROPFIND"} {
			if got := w.once(method, path); got.StatusCode != 405 || got.Header.Get("Allow") == "" {
				t.Errorf("%s %s: got %d, Allow %q", method, path, got.StatusCode, got.Header.Get("Allow"))
			}
		}
	}
	if got := w.once("GET", "/signout"); got.StatusCode != 405 || !strings.Contains(got.Header.Get("Allow"), "POST") {
		t.Errorf("GET of an action: got %d, Allow %q", got.StatusCode, got.Header.Get("Allow"))
	}
	for _, path := range []string{"/favicon.ico", "/robots.txt"} {
		if got := w.once("GET", path); got.StatusCode >= 400 {
			t.Errorf("%s: got %d", path, got.StatusCode)
		}
	}
	for _, odd := range []string{"/v/%00", "/verify?number=%00", "/units/%ff", "/registrations/a%00b", "/api/v1/verify/%00?code=x",
		"/search?q=%ff",
		"/search?q=%E7%BE%8", "/invitations/%00", "/feeds/%c0%af", "/signin/reset/%00", "/api/v1/points?q=%00", "/assets/%00/x"} {
		if got := w.once("GET", odd); got.StatusCode != 400 {
			t.Errorf("%s: got %d", odd, got.StatusCode)
		}
	}
	for query, field := range map[string]string{"/contracts?state=": "state", "/filings?pointId=": "pointId",
		"/filings?dueBefore=":      "dueBefore",
		"/filings?limit=1&limit=2": "limit", "/achievements?q=a&q=b": "q", "/achievements?field=01&field=02": "field",
		"/achievements?facets=": "facets"} {
		r := w.caller("member").get(query)
		r.refused(400, "bad_query")
		if !strings.Contains(string(r.body), `"path":"`+field+`"`) {
			t.Errorf("%s: the answer does not name %s: %s", query, field, r.body)
		}
	}
	w.caller("member").get("/achievements?q=&field=01,02&cursor=").want(200)
}

// An address of another site is never followed, whatever form or query names it.
func TestDoor_NextStaysOnTheSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, next := range []string{"//other.test/", "/%09/other.test", "/\\other.test", "/\t/other.test", "https://other.test/",
		"/%2f%2fother.test"} {
		p := w.visitor("visitor")
		got := p.get("/signin").submit("/signin", values{"login": "member", "password": password, "next": next}).want(200)
		if got.path != "/desk" {
			t.Errorf("%q: signing in leads to %s", next, got.path)
		}
		if got := p.get("/theme?" + url.Values{"to": {"elder"}, "back": {next}}.Encode()); got.path != "/" {
			t.Errorf("%q: changing the theme leads to %s", next, got.path)
		}
	}
	p := w.visitor("visitor")
	got := p.get("/signin?next=/messages").submit("/signin", values{"login": "member", "password": password}).want(200)
	if got.path != "/messages" {
		t.Errorf("a page of this site: %s", got.path)
	}
}

// A form that is shown again because it was sent too often says when it may be sent again, as every other refusal of that kind does.
func TestDoor_TooOftenSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	p := newWorld(t).visitor("guesser")
	for range 20 {
		got := p.get("/signin").submit("/signin", values{"login": "member", "password": "not the password"})
		if got.status != http.StatusTooManyRequests {
			continue
		}
		if wait, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || wait < 60 {
			t.Errorf("Retry-After: %q", got.header.Get("Retry-After"))
		}
		return
	}
	t.Error("twenty wrong passwords and no end")
}
