package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/search"
	"techmarket/web/locales"
	"techmarket/web/view"
)

// quietMarket changes when the test says so.
type quietMarket struct {
	state atomic.Uint64
	deaf  atomic.Bool
	syncs atomic.Int32
}

func (m *quietMarket) State() (uint64, bool) { return m.state.Load(), !m.deaf.Load() }
func (m *quietMarket) Sync(context.Context)  { m.syncs.Add(1) }

// oneSession knows the cookie "member".
type oneSession struct{}

func (oneSession) Authenticate(_ context.Context, token, _ string) (actor.Actor, error) {
	if token != "member" {
		return actor.Guest(), fault.New(fault.Unauthorized, "session_over", "over")
	}
	return actor.Actor{AccountID: 1, Name: "白音"}, nil
}

func (oneSession) ActorFromToken(context.Context, string, string) (actor.Actor, error) {
	return actor.Guest(), nil
}

func (oneSession) Owner(context.Context, string) (int64, error) { return 0, nil }

// site is a server with one public page, /page, that tells how often it was worked out and who asked.
type site struct {
	*Server
	market *quietMarket
	worked atomic.Int32
	now    atomic.Int64 // Unix
	inside func()       // while the page is worked out
}

func newSite(t *testing.T, gate Gate) *site {
	t.Helper()
	s := &site{market: &quietMarket{}, inside: func() {}}
	s.now.Store(time.Date(2026, 4, 10, 15, 59, 50, 0, time.UTC).Unix()) // ten seconds before midnight in Shanghai
	catalogue, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	assets, err := view.NewAssets()
	if err != nil {
		t.Fatal(err)
	}
	language := catalogue.In(lang.Chinese)
	views, err := view.New(view.Options{Words: language.Words(), Assets: assets})
	if err != nil {
		t.Fatal(err)
	}
	page := func(c *Ctx) error {
		s.inside()
		name := c.Actor().Name
		return c.Blob("text/html; charset=utf-8", fmt.Appendf(nil, "%d %s %s", s.worked.Add(1), name, c.Query().Get("q")))
	}
	s.Server = New(Config{Views: views, Language: language, Sessions: oneSession{}, Changes: s.market, Shelf: 1 << 20, Gate: gate,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Unix(s.now.Load(), 0) }, BaseURL: "http://market.test"},
		[]Route{GET("/page", Anyone(), page).Public("q"), POST("/page", Anyone(), func(c *Ctx) error { return c.See("/page") })})
	return s
}

func (s *site) get(address string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestGuests_ShareOnePageUntilTheMarketOrTheDayChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	first := s.get("/page")
	if first.Body.String() != "1  " || first.Header().Get("Set-Cookie") != "" || first.Header().Get("ETag") == "" {
		t.Fatalf("got %q, %v", first.Body, first.Header())
	}
	for name, c := range map[string]struct {
		address string
		header  []string
	}{
		"again":                    {"/page", nil},
		"parameter without value":  {"/page?q=", nil},
		"a strange cookie":         {"/page", []string{"Cookie", "tm_csrf=x; other=y"}},
		"a visitor with a referer": {"/page", []string{"Referer", "http://elsewhere.test/", "User-Agent", "白音", "X-Forwarded-For", "10.0.0.1"}},
	} {
		if got := s.get(c.address, c.header...).Body.String(); got != "1  " {
			t.Errorf("%s: worked out again: %q", name, got)
		}
	}
	if got := s.get("/page", "If-None-Match", first.Header().Get("ETag")); got.Code != http.StatusNotModified || got.Body.Len() > 0 {
		t.Errorf("unchanged: got %d", got.Code)
	}
	s.market.state.Add(1)
	if got := s.get("/page", "If-None-Match", first.Header().Get("ETag")); got.Code != http.StatusOK || got.Body.String() != "2  " {
		t.Errorf("the market changed: got %d %q", got.Code, got.Body)
	}
	s.now.Add(10)
	if got := s.get("/page").Body.String(); got != "3  " {
		t.Errorf("a new day: got %q", got)
	}
	s.market.deaf.Store(true)
	s.get("/page")
	if got := s.get("/page").Body.String(); got != "5  " {
		t.Errorf("nobody listens, and the page was kept: got %q", got)
	}
}

func TestSignedInVisitors_NeitherGetNorFillTheSharedPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	mine := s.get("/page", "Cookie", SessionCookie+"=member")
	if mine.Body.String() != "1 白音 " || mine.Header().Get("ETag") != "" {
		t.Fatalf("got %q, %v", mine.Body, mine.Header())
	}
	if got := s.get("/page").Body.String(); got != "2  " {
		t.Errorf("a guest read %q", got)
	}
	for _, own := range [][]string{{"Cookie", SessionCookie + "=member"}, {"Cookie", SessionCookie + "=over"}, {"Authorization", "Bearer x"},
		{"HX-Request", "true"}} {
		if got := s.get("/page", own...); strings.HasPrefix(got.Body.String(), "2 ") {
			t.Errorf("%v: got the guests' page", own)
		}
	}
}

func TestOnlyParametersThatThePageReadsMakeAnAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for i := range 50 {
		s.get(fmt.Sprintf("/page?rubbish=%d", i))
		s.get("/page?q=" + strings.Repeat("x", 500+i))
	}
	if n := len(s.sharing.shelf.places); n != 0 {
		t.Errorf("%d pages of rubbish are kept", n)
	}
	s.get("/page?q=a")
	if got := s.get("/page?q=a").Body.String(); got != "101  a" {
		t.Errorf("got %q", got)
	}
}

func TestManyGuestsOfOneAddressWaitForOneAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	begun, proceed := make(chan struct{}), make(chan struct{})
	s.inside = func() { close(begun); <-proceed }
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if got := s.get("/page").Body.String(); got != "1  " {
				t.Errorf("got %q", got)
			}
		})
	}
	<-begun
	close(proceed)
	all.Wait()
}

// A change during the work makes the page one of no state: who waited gets it, nobody later.
func TestAPageOfTwoStatesIsNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.inside = func() { s.market.state.Add(1); s.inside = func() {} }
	s.get("/page")
	if got := s.get("/page").Body.String(); got != "2  " {
		t.Errorf("got %q", got)
	}
}

func TestWhatFindsNoRoomIsToldToComeBackAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, search.NewGate(1, time.Millisecond))
	begun, proceed := make(chan struct{}), make(chan struct{})
	s.inside = func() { close(begun); <-proceed }
	done := make(chan struct{})
	go func() { defer close(done); s.get("/page") }()
	<-begun
	for name, got := range map[string]*httptest.ResponseRecorder{"a guest": s.get("/page?q=2&sort=1"), "a kept address": s.get("/page?q=3"),
		"a signed-in visitor": s.get("/page?q=4", "Cookie", SessionCookie+"=member")} {
		if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") != "5" ||
			!strings.Contains(got.Body.String(), "/page?q=") || !strings.Contains(got.Body.String(), "请稍等几秒") {
			t.Errorf("%s: got %d, %v, %s", name, got.Code, got.Header(), got.Body)
		}
	}
	close(proceed)
	<-done
	s.inside = func() {}
	if got := s.get("/page"); got.Code != http.StatusOK || got.Body.String() != "1  " {
		t.Errorf("kept: got %d %q", got.Code, got.Body)
	}
	if got := s.get("/page?q=5"); got.Code != http.StatusOK {
		t.Errorf("room again: got %d", got.Code)
	}
}

func TestAnActionIsAnsweredWhenItsChangeIsKnown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequest(http.MethodPost, server.URL+"/page", strings.NewReader("_csrf=t"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: csrfCookie, Value: "t"})
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode != http.StatusSeeOther || s.market.syncs.Load() != 1 {
		t.Errorf("got %d after %d syncs", answer.StatusCode, s.market.syncs.Load())
	}
	refused, err := client.Post(server.URL+"/page", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Body.Close()
	if refused.StatusCode < 400 || s.market.syncs.Load() != 1 {
		t.Errorf("refused with %d, %d syncs: nothing changed", refused.StatusCode, s.market.syncs.Load())
	}
}
