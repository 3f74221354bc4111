package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/singleflight"

	"techmarket/internal/foundation/clock"
	"techmarket/web/view"
)

// What a guest sees of a public page is the same bytes for every guest: nothing of the visitor stands in it. So it is worked out once for
// an address and a state of the market, by a request that the server sends to itself without anything of the visitor's but the theme. A
// signed-in visitor neither gets such a page nor makes one.

// Changes tells when what guests see has changed.
type Changes interface {
	// State names the present state; ok is false while changes can't be heard, so that nothing may be kept.
	State() (state uint64, ok bool)
	// Sync returns when State knows of everything committed before the call.
	Sync(ctx context.Context)
}

// Gate bounds how much is worked out at once. Fault: unavailable "busy".
type Gate interface {
	Enter(ctx context.Context) (leave func(), err error)
}

// longestShared bounds how old a kept page is where nothing changes: pages say “3 分钟前”.
const longestShared = 30 * time.Second

// publicState is what a kept page depends on beside its address: the market, and the day in Shanghai, because pages count days.
type publicState struct {
	market uint64
	day    string
}

// sharing keeps the pages of guests.
type sharing struct {
	changes Changes
	shelf   *shelf
	flight  singleflight.Group

	mu   sync.Mutex
	last publicState // of the pages on the shelf
}

// working marks a request that the server sends to itself.
type working struct{ unshared bool }

type workingKey struct{}

func workingOf(r *http.Request) *working {
	w, _ := r.Context().Value(workingKey{}).(*working)
	return w
}

// Unshared says that this answer is not to be kept for other guests: it tells of something that passes, or noting it is the point.
func (c *Ctx) Unshared() {
	if w := workingOf(c.echo.Request()); w != nil {
		w.unshared = true
	}
}

func (s *Server) state() (publicState, bool) {
	market, ok := s.sharing.changes.State()
	now := publicState{market, clock.Local(s.cfg.Now()).Format(time.DateOnly)}
	s.sharing.mu.Lock()
	defer s.sharing.mu.Unlock()
	if s.sharing.last != now { // what is kept can't be asked for any more
		s.sharing.last = now
		s.sharing.shelf.clear()
	}
	return now, ok
}

// share answers guests from what is kept.
func (s *Server) share(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		key, elder, ok := s.sharedAddress(c)
		if !ok {
			return next(c)
		}
		state, ok := s.state()
		if !ok {
			return next(c)
		}
		name := key
		if elder {
			name += " elder"
		}
		if page := s.sharing.shelf.get(name, state, s.cfg.Now()); page != nil {
			return sendPublic(c, page)
		}
		done := s.sharing.flight.DoChan(name+" "+strconv.FormatUint(state.market, 10)+state.day, func() (any, error) {
			return s.work(key, name, elder, state), nil
		})
		select {
		case <-c.Request().Context().Done():
			return c.Request().Context().Err()
		case r := <-done:
			return r.Val.(worked).answer(c, next)
		}
	}
}

// sharedAddress is the address under which the answer is kept, its parameters sorted, for a guest who asks for a public page with no
// parameter but those the page knows.
func (s *Server) sharedAddress(c echo.Context) (key string, elder, ok bool) {
	r := c.Request()
	known, shared := s.shared[c.Path()]
	if s.sharing == nil || !shared || r.Method != http.MethodGet || workingOf(r) != nil || bearer(c) || r.Header.Get("HX-Request") != "" {
		return "", false, false
	}
	for _, cookie := range r.Cookies() {
		switch cookie.Name {
		case SessionCookie, flashCookie:
			if cookie.Value != "" {
				return "", false, false
			}
		case themeCookie:
			elder = cookie.Value == string(view.ThemeElder)
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", false, false
	}
	for name, values := range query {
		if !slices.Contains(known, name) {
			return "", false, false
		}
		if query[name] = slices.DeleteFunc(values, func(v string) bool { return v == "" }); len(query[name]) == 0 {
			delete(query, name)
		}
	}
	key = r.URL.EscapedPath()
	if len(query) > 0 {
		key += "?" + query.Encode()
	}
	return key, elder, len(key) <= 500
}

// worked is the answer to a request of the server to itself.
type worked struct {
	page   *publicPage // nil: not a page that every guest may have
	other  *recorded   // an answer that all who waited for it get, but nobody later
	failed error
}

func (w worked) answer(c echo.Context, next echo.HandlerFunc) error {
	switch {
	case w.failed != nil:
		return w.failed
	case w.page != nil:
		return sendPublic(c, w.page)
	case w.other == nil:
		return next(c)
	}
	h := c.Response().Header()
	for _, name := range []string{echo.HeaderContentType, echo.HeaderLocation, "Retry-After", "Cache-Control", "Vary", echo.HeaderXRequestID} {
		if value := w.other.header.Get(name); value != "" {
			h.Set(name, value)
		}
	}
	c.Response().WriteHeader(w.other.status)
	_, err := c.Response().Write(w.other.body.Bytes())
	return err
}

// work asks the server itself for a page and keeps it, unless the market changed meanwhile.
func (s *Server) work(key, name string, elder bool, state publicState) worked {
	mark := &working{}
	r, err := http.NewRequestWithContext(context.WithValue(context.Background(), workingKey{}, mark), http.MethodGet, key, nil)
	if err != nil {
		return worked{failed: err}
	}
	r.RemoteAddr = "127.0.0.1:0" // nobody in particular
	if base, err := url.Parse(s.cfg.BaseURL); err == nil {
		r.Host = base.Host
	}
	if elder {
		r.AddCookie(&http.Cookie{Name: themeCookie, Value: string(view.ThemeElder)})
	}
	answer := &recorded{header: http.Header{}, status: http.StatusOK}
	s.echo.ServeHTTP(answer, r)
	switch {
	case bytes.Contains(answer.body.Bytes(), []byte(`name="`+csrfField+`"`)):
		return worked{} // a form wants its own token
	case answer.status != http.StatusOK:
		return worked{other: answer}
	}
	page, err := newPublicPage(answer.header.Get(echo.HeaderContentType), answer.body.Bytes())
	if err != nil {
		return worked{failed: err}
	}
	if now, ok := s.state(); ok && now == state && !mark.unshared {
		s.sharing.shelf.put(name, page, state, s.cfg.Now().Add(longestShared))
	}
	return worked{page: page}
}

// sendPublic sends the page, or says that the browser has it.
func sendPublic(c echo.Context, page *publicPage) error {
	body, encoding, tag, err := page.in(c.Request().Header.Get(echo.HeaderAcceptEncoding))
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	h.Set(echo.HeaderVary, "Accept-Encoding, Cookie, HX-Request")
	if known := c.Request().Header.Get("If-None-Match"); known != "" && matches(known, tag) {
		c.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set(echo.HeaderContentType, page.mime)
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	if encoding != "" {
		h.Set(echo.HeaderContentEncoding, encoding)
	}
	c.Response().WriteHeader(http.StatusOK)
	_, err = c.Response().Write(body)
	return err
}

// recorded takes an answer down.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorded) Header() http.Header { return r.header }

// WriteHeader notes the status.
func (r *recorded) WriteHeader(status int) { r.status = status }

func (r *recorded) Write(b []byte) (int, error) { return r.body.Write(b) }

// bound lets so many requests be worked out at once and tells the others at once to come back. Room is given back with the first byte:
// a slow reader of a file takes none. What is posted is not turned away: somebody has typed it.
func (s *Server) bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.cfg.Gate == nil || c.Request().Method != http.MethodGet || c.Path() == "/assets/*" || s.live[c.Path()] {
			return next(c)
		}
		leave, err := s.cfg.Gate.Enter(c.Request().Context())
		if err != nil {
			return err
		}
		once := sync.OnceFunc(leave)
		c.Response().Before(once)
		defer once()
		return next(c)
	}
}

// syncing waits, before an action is answered, until its own change is known, so that the next page shows it to everybody.
type syncing struct {
	http.ResponseWriter
	sync func()
	once sync.Once
}

// WriteHeader sends the status.
func (w *syncing) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		w.once.Do(w.sync)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *syncing) Unwrap() http.ResponseWriter { return w.ResponseWriter }
