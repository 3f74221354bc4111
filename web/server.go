package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/kept"
	"techmarket/web/locales"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// Sessions finds out who stands behind a cookie or a bearer token. Both return a fault of kind
// unauthorized for one that is unknown, over or revoked.
type Sessions interface {
	Authenticate(ctx context.Context, token, requestID string) (actor.Actor, error)
	ActorFromToken(ctx context.Context, token, requestID string) (actor.Actor, error)
	// Owner is the account that a session was opened for, also when it is over; 0 for one that is forgotten.
	Owner(ctx context.Context, token string) (int64, error)
}

// Limiter counts requests; it answers true when memory is lost rather than locking people out.
type Limiter interface {
	Allow(ctx context.Context, key string, n int, window time.Duration) bool
}

// Auditor counts an attempt that was refused: denied, out of scope or throttled.
type Auditor interface {
	Refused(ctx context.Context, who actor.Actor, action, path, code string)
}

// Config is what the server is made of.
type Config struct {
	Views    *view.Engine
	Language *locales.Language // in which pages and faults speak
	Sessions Sessions
	Limiter  Limiter
	Auditor  Auditor
	Observe  func(route, method string, status int, took time.Duration) // metrics; may be nil
	// Unread returns how many messages wait for the person; may be nil.
	Unread func(context.Context, actor.Actor) int
	// Keys carries forms out once; nil: as often as they are sent.
	Keys Keys
	// Quotas bounds what accounts, organisations and addresses fill; nil: nothing does.
	Quotas Quotas
	// Kept holds forms that met no session, and chosen files of refused forms; nil: nothing does.
	Kept *kept.Store
	// Room refuses what would be saved while the disk has no room; nil: there always is.
	Room func() error
	// Bound gives the context of a request that ends, with a fault as its cause, when the database goes away; nil: none.
	Bound func(context.Context) (context.Context, context.CancelFunc)
	// Explain gives errors of other programs (database away, disk full) their fault; nil: they are ours.
	Explain func(error) error
	// Changes and Shelf keep what guests see of public pages, in at most so many bytes; nil or 0: every page is worked out.
	Changes Changes
	Shelf   int
	Gate    Gate                 // of what is worked out; nil: no bound
	Kinds   []listing.Descriptor // of the market, in the order of its menus
	Log     *slog.Logger
	Now     func() time.Time
	BaseURL string // https://… as people see it; makes cookies secure when https
	Sample  bool   // the sample market is loaded: the ribbon says so
	Dev     bool   // shows /design
}

// Server is the HTTP handler of pages and API.
type Server struct {
	cfg    Config
	echo   *echo.Echo
	routes []Route
	costs  map[string]Cost

	shared   map[string][]string // public pages with the parameters they know, by pattern
	sharing  *sharing            // nil: nothing is kept
	live     map[string]bool     // answers that go on, by pattern
	lines    context.Context     // of those answers: see Close
	endLines context.CancelFunc
	busy     func() []byte // the page that says so, worked out once
}

// requestTime bounds the work of one request; exports and imports run as jobs.
const requestTime = 20 * time.Second

// failureTime bounds what answering a failure may take: keeping the form, drawing the page.
const failureTime = 10 * time.Second

const (
	largestBody = 61 << 20 // of any request; an upload route's own bound is 60 MiB
	parsedForm  = 10 << 20 // net/http reads no larger form that is not multipart
)

// New makes the server with its routes. It panics on a route without access or declared twice, which
// are programming errors.
func New(cfg Config, routes []Route) *Server {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetLevel(7) // gommon's logger is off: slog logs
	e.IPExtractor = echo.ExtractIPFromXFFHeader(echo.TrustLoopback(true), echo.TrustPrivateNet(false), echo.TrustLinkLocal(false))
	s := &Server{cfg: cfg, echo: e, costs: Costs(cfg.Kinds...), shared: map[string][]string{}, live: map[string]bool{}}
	if cfg.Changes != nil && cfg.Shelf > 0 {
		s.sharing = &sharing{changes: cfg.Changes, shelf: newShelf(cfg.Shelf)}
	}
	s.busy = sync.OnceValue(s.busyPage)
	s.lines, s.endLines = context.WithCancel(context.Background())
	e.HTTPErrorHandler = s.failed
	e.Use(s.identify, s.guard, s.secure, s.address, s.giveUp, s.share, s.bound)
	e.Use(middleware.ContextTimeoutWithConfig(middleware.ContextTimeoutConfig{Timeout: requestTime,
		Skipper: func(c echo.Context) bool { return s.live[c.Path()] }}))
	e.Use(middleware.GzipWithConfig(middleware.GzipConfig{Level: gzip.BestSpeed, MinLength: 1400, Skipper: func(c echo.Context) bool {
		return strings.HasPrefix(c.Path(), "/assets/") || strings.HasPrefix(c.Path(), "/files/") || s.live[c.Path()]
	}}))
	e.Use(s.session)
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc { // the token is looked up in the form before a route's own bound holds
		return func(c echo.Context) error {
			c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, largestBody)
			return next(c)
		}
	})
	e.Use(middleware.CSRFWithConfig(middleware.CSRFConfig{
		TokenLookup: "form:" + csrfField + ",header:X-CSRF-Token", ContextKey: csrfKey, CookieName: csrfCookie, CookiePath: "/",
		CookieHTTPOnly: true, CookieSecure: s.secureCookies(), CookieSameSite: http.SameSiteLaxMode,
		// A program without a session has nothing that a foreign page could misuse; a mail program that ends a subscription is one.
		Skipper: func(c echo.Context) bool {
			r := c.Request()
			return bearer(c) || workingOf(r) != nil || r.Method == http.MethodGet && (s.live[c.Path()] || slices.Contains(formless, c.Path())) ||
				c.Get(sessionKey) == nil &&
					(strings.HasPrefix(r.URL.Path, "/api/") || r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/feeds/"))
		},
		ErrorHandler: func(_ error, c echo.Context) error {
			if c.Request().ContentLength > parsedForm { // the token was in a form too large to be read
				return &http.MaxBytesError{Limit: parsedForm}
			}
			return fault.New(fault.Forbidden, "csrf", "页面已过期：请返回上一页，刷新后再提交一次。您填写的内容仍在上一页。")
		},
	}))
	s.Mount(routes...)
	e.RouteNotFound("/*", func(c echo.Context) error {
		if allow := s.allowed(c.Request().URL.Path); allow != "" {
			return otherMethod(c, allow)
		}
		return fault.New(fault.NotFound, "page_not_found", "没有这个页面。请检查地址，或从首页重新查找。")
	})
	return s
}

// ServeHTTP serves one request. HEAD is answered as GET is, everywhere: net/http leaves the body out.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
		r.Method = http.MethodGet
	}
	if s.sharing != nil && r.Method != http.MethodGet {
		w = &syncing{ResponseWriter: w, sync: func() { s.sharing.changes.Sync(r.Context()) }}
	}
	s.echo.ServeHTTP(w, r)
}

// Routes returns the routes with their access, for the matrix test.
func (s *Server) Routes() []Route { return Sorted(s.routes) }

// Echo gives web/api the router to mount huma on; nobody else uses it.
func (s *Server) Echo() *echo.Echo { return s.echo }

// formless are the addresses of what holds no form, so that reading it sets no cookie.
var formless = []string{"/assets/*", "/feeds/:token", "/favicon.ico", "/robots.txt"}

const (
	csrfKey    = "csrf"
	actorKey   = "actor"
	sessionKey = "session"
	csrfCookie = "tm_csrf"
	// SessionCookie holds the session token.
	SessionCookie = "tm_session"
)

func (s *Server) secureCookies() bool { return strings.HasPrefix(s.cfg.BaseURL, "https://") }

func bearer(c echo.Context) bool {
	return strings.HasPrefix(c.Request().Header.Get(echo.HeaderAuthorization), "Bearer ")
}

// identify gives the request an id, logs and measures it once it is answered.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.cfg.Now()
		var b [8]byte
		_, _ = rand.Read(b[:])
		id := hex.EncodeToString(b[:])
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		if err := next(c); err != nil {
			c.Error(err)
		}
		if workingOf(c.Request()) != nil {
			return nil // the request it is for is noted
		}
		took := s.cfg.Now().Sub(start)
		route := c.Path()
		if s.cfg.Observe != nil {
			s.cfg.Observe(route, c.Request().Method, c.Response().Status, took)
		}
		// The route pattern, not the address: addresses can hold names that people searched for.
		s.cfg.Log.Info("request", "id", id, "method", c.Request().Method, "route", route,
			"status", c.Response().Status, "ms", took.Milliseconds(), "bytes", c.Response().Size)
		return nil
	}
}

// guard turns a panic into an error that is logged with its stack by failed.
func (s *Server) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return middleware.RecoverWithConfig(middleware.RecoverConfig{
		DisableErrorHandler: true,
		LogErrorFunc: func(_ echo.Context, err error, stack []byte) error {
			s.cfg.Log.Error("panic", "error", err.Error(), "stack", string(stack))
			return err
		},
	})(next)
}

// giveUp ends what waits for a database that no longer answers.
func (s *Server) giveUp(next echo.HandlerFunc) echo.HandlerFunc {
	if s.cfg.Bound == nil {
		return next
	}
	return func(c echo.Context) error {
		ctx, end := s.cfg.Bound(c.Request().Context())
		defer end()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// secure sets the headers that make a browser refuse what these pages never do.
func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(
			"Content-Security-Policy",
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "+
				"frame-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; manifest-src 'self'",
		)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if s.secureCookies() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// session puts the actor behind the cookie or the bearer token into the request.
func (s *Server) session(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Path(), "/assets/") {
			return next(c)
		}
		ctx, id := c.Request().Context(), c.Response().Header().Get(echo.HeaderXRequestID)
		who := actor.Guest()
		if bearer(c) {
			var err error
			if who, err = s.cfg.Sessions.ActorFromToken(ctx, strings.TrimPrefix(c.Request().Header.Get(echo.HeaderAuthorization), "Bearer "),
				id); err != nil {
				return err
			}
		} else if cookie, cerr := c.Cookie(SessionCookie); cerr == nil && cookie.Value != "" {
			var err error
			switch who, err = s.cfg.Sessions.Authenticate(ctx, cookie.Value, id); {
			case fault.Is(err, fault.Unauthorized):
				who = actor.Guest() // the session is over: the page shows what a guest sees
			case err != nil:
				return err
			default:
				c.Set(sessionKey, cookie.Value)
			}
		}
		who.RequestID = id
		c.Set(actorKey, who)
		return next(c)
	}
}

// handle checks access, bounds the body and calls the handler.
func (s *Server) handle(r Route) echo.HandlerFunc {
	return func(e echo.Context) error {
		c, err := s.Enter(e, r)
		if err != nil {
			return err
		}
		return s.onceOnly(c, r.Handle)
	}
}

// refuse answers an actor that the route does not let in: guests are asked to sign in.
func (s *Server) refuse(c *Ctx, r Route) error {
	who := c.Actor()
	if !who.SignedIn() {
		return fault.SignIn()
	}
	if s.cfg.Auditor != nil {
		s.cfg.Auditor.Refused(c.Context(), who, r.Method+" "+r.Path, c.echo.Request().URL.Path, "no_permission")
	}
	return fault.Newf(fault.Forbidden, "no_permission", "您现在的身份不能使用这项功能。可以使用的人：%s。", r.Access.Who)
}

// statusOf maps a kind of fault to its HTTP status, the only place that does.
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.NotAllowed:
		return http.StatusMethodNotAllowed
	case fault.Gone:
		return http.StatusGone
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// AsFault makes a fault of any error: Echo's own errors and body limits get their words here.
func AsFault(err error) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return words.Fault(f)
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return fault.Wrap(err, fault.TooLarge, "body_too_large", "提交的内容太大：单个文件不超过 50 MB，文字请分段填写。")
	}
	if he, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch he.Code {
		case http.StatusNotFound:
			return fault.Wrap(err, fault.NotFound, "page_not_found", "没有这个页面。请检查地址，或从首页重新查找。")
		case http.StatusMethodNotAllowed:
			return fault.Wrap(err, fault.NotAllowed, "method_not_allowed", "这个地址不支持这样的请求。")
		case http.StatusRequestEntityTooLarge:
			return fault.Wrap(err, fault.TooLarge, "body_too_large", "提交的内容太大：单个文件不超过 50 MB，文字请分段填写。")
		case http.StatusForbidden:
			return fault.Wrap(err, fault.Forbidden, "csrf", "页面已过期：请返回上一页，刷新后再提交一次。")
		case http.StatusBadRequest, http.StatusUnsupportedMediaType:
			return fault.Wrap(err, fault.Invalid, "bad_request", "请求的格式不正确，请返回上一页重试。")
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "too_slow", "这一步用时过长，没有保存任何改动。请稍后重试。")
	}
	return fault.Wrap(err, fault.Internal, "internal", "这一步没有完成，没有保存任何改动。请稍后重试；若仍然如此，请把页面下方的编号告诉我们。")
}

// Fault is an error in the language of the site.
func (s *Server) Fault(err error) *fault.Error { return s.cfg.Language.Fault(AsFault(err)) }

// failed answers a request that ended in an error, once.
func (s *Server) failed(err error, e echo.Context) {
	if e.Response().Committed {
		s.cfg.Log.Error("failed after answer", "error", err.Error())
		return
	}
	f, status := s.judge(err, e)
	ctx, done := context.WithTimeout(context.WithoutCancel(e.Request().Context()), failureTime) // the handler's time is over by now
	defer done()
	c := &Ctx{echo: e, server: s, ctx: ctx}
	if strings.HasPrefix(e.Request().URL.Path, "/api/") {
		_ = c.problem(status, f)
		return
	}
	if f.Code == "busy" && e.Request().Method == http.MethodGet && !c.Fragment() { // saying so must cost next to nothing
		e.Response().Header().Set("Cache-Control", "no-store")
		_ = e.HTMLBlob(status, bytes.ReplaceAll(s.busy(), []byte(busyAddress), []byte(html.EscapeString(e.Request().URL.RequestURI()))))
		return
	}
	if f.Kind == fault.Unauthorized && e.Request().Method == http.MethodGet {
		_ = e.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(e.Request().URL.RequestURI()))
		return
	}
	if f.Kind == fault.Unauthorized && c.holdUnsent() {
		c.Flash(view.Warn, "您的登录已经结束。刚才填写的内容没有丢失：用原来的账号登录，就回到这张表单。")
		_ = c.See("/signin?next=" + url.QueryEscape(UnsentPath))
		return
	}
	if f.Code == twoFactorNeeded {
		_ = e.Redirect(http.StatusSeeOther, TwoFactorPath)
		return
	}
	if rerr := c.renderFault(status, f); rerr != nil {
		s.cfg.Log.Error("error page failed", "id", c.RequestID(), "cause", errText(rerr))
		_ = e.String(status, f.Message)
	}
}

// busyAddress stands for the address in the page that says so.
const busyAddress = "/busy-0"

// busyPage is what everybody reads whose request found no room.
func (s *Server) busyPage() []byte {
	page := view.ProblemPage(s.cfg.Language.Say, view.Page{Now: s.cfg.Now()}, http.StatusServiceUnavailable)
	page.Body.Title, page.Body.Text, page.Body.Kept = s.cfg.Language.Say("请稍等几秒"), s.cfg.Language.Say("现在访问的人很多，这一次没有轮到。请过几秒再打开。"), ""
	page.Title, page.Body.Actions[0].Href = page.Body.Title, busyAddress
	var b bytes.Buffer
	if err := s.cfg.Views.Render(&b, "error/problem", page); err != nil {
		s.cfg.Log.Error("busy page failed", "cause", err.Error())
		return []byte(page.Body.Title)
	}
	return b.Bytes()
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
