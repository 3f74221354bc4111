package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// Mount adds routes after New, for what is built upon the server (the API's documents). It panics as New does.
func (s *Server) Mount(routes ...Route) {
	for _, r := range routes {
		s.Declare(r)
		s.echo.Add(r.Method, r.Path, s.handle(r))
	}
}

// Declare notes a route that web/api serves itself through Echo and Enter, so that Routes covers it. It panics on a route
// without access or declared twice, which are programming errors.
func (s *Server) Declare(r Route) {
	if r.Access.allow == nil {
		panic("web: route without access: " + r.Method + " " + r.Path)
	}
	for _, known := range s.routes {
		if known.Method == r.Method && known.Path == r.Path {
			panic("web: route declared twice: " + r.Method + " " + r.Path)
		}
	}
	s.routes = append(s.routes, r)
	if r.live {
		s.live[r.Path] = true
	}
	if r.public {
		s.shared[r.Path] = r.params
	}
}

// TwoFactorPath is the page that sets the second step of signing in up.
const TwoFactorPath = "/account/two-factor"

const twoFactorNeeded = "two_factor_needed"

// beforeTwoFactor is all that an account may reach that must set its second step up first.
var beforeTwoFactor = []string{TwoFactorPath, "/signout", "/theme", "/assets/*"}

// Enter bounds the body of a request and lets it in by the route's access; a refusal is written to the audit trail.
func (s *Server) Enter(e echo.Context, r Route) (*Ctx, error) {
	limit := r.MaxBody
	if limit == 0 {
		limit = 1 << 20
	}
	e.Request().Body = http.MaxBytesReader(e.Response(), e.Request().Body, limit)
	c := &Ctx{echo: e, server: s, access: r.Access}
	if c.Actor().MustSetUpTwoFactor && !slices.Contains(beforeTwoFactor, r.Path) {
		return c, fault.New(fault.Forbidden, twoFactorNeeded, "您的账号必须先设置两步登录：请在网页的“账号与单位”里设置，再继续。")
	}
	if !r.Access.Allows(c.Actor()) {
		if form, err := c.postedForm(); err == nil && form != nil && c.Actor().SignedIn() {
			if err := c.notOurs(form); err != nil {
				return c, err
			}
		}
		return c, s.refuse(c, r)
	}
	if err := scoped(c.Actor(), r); err != nil {
		return c, err
	}
	if err := s.confirmed(c.Actor(), r); err != nil {
		return c, err
	}
	if s.cfg.Room != nil && r.Method != http.MethodGet && !strings.HasPrefix(r.Path, "/signin") && r.Path != "/signout" {
		return c, s.cfg.Room()
	}
	return c, nil
}

const scopeNeeded = "token_scope"

// scoped lets a token do what it was made for; the one place that checks it.
func scoped(who actor.Actor, r Route) error {
	switch {
	case !who.ByToken(), r.Scope != "" && slices.Contains(who.Scopes, r.Scope):
		return nil
	case r.Scope != "":
		return fault.Newf(fault.Forbidden, scopeNeeded, "这个令牌没有 %s 的权限。请在“接口令牌”里新建一个，选上这一项。", r.Scope)
	case strings.HasPrefix(r.Path, "/api/") && r.Access.Allows(actor.Guest()): // the documents of the API
		return nil
	}
	return fault.New(fault.Forbidden, scopeNeeded, "令牌只用于接口（/api/v1），不能打开网页。")
}

// Problem describes an error for API callers and logs the cause of one that is ours.
func (c *Ctx) Problem(err error) Problem {
	f, status := c.server.judge(err, c.echo)
	return NewProblem(status, f, c.RequestID())
}

// judge turns an error into a fault and its status, and logs the cause of a failure that is ours, once; an object
// hidden from a signed-in person is written to the audit trail.
func (s *Server) judge(err error, e echo.Context) (*fault.Error, int) {
	if s.cfg.Explain != nil {
		err = s.cfg.Explain(err)
	}
	var away *fault.Error
	if errors.Is(err, context.Canceled) && errors.As(context.Cause(e.Request().Context()), &away) {
		err = away
	}
	f := s.Fault(err)
	status := statusOf(f.Kind)
	if status >= 500 && f.Code != "busy" && !errors.Is(err, context.Canceled) {
		s.cfg.Log.Error("request failed", "id", e.Response().Header().Get(echo.HeaderXRequestID), "route", e.Path(),
			"code", f.Code, "cause", errText(errors.Unwrap(f)))
	}
	// Somebody asked for an object that does not exist for them: with ids in the address that is worth a line in the trail.
	c := &Ctx{echo: e, server: s}
	who := c.Actor()
	hidden := f.Kind == fault.NotFound && f.Code != "page_not_found" && who.SignedIn() && strings.Contains(e.Path(), ":")
	if s.cfg.Auditor != nil && (hidden || f.Kind == fault.TooMany || f.Code == unconfirmed || f.Code == scopeNeeded) {
		ctx := context.WithoutCancel(c.Context()) // errors are judged after the handler's time is over
		s.cfg.Auditor.Refused(ctx, who, e.Request().Method+" "+e.Path(), witnessed(e), f.Code)
	}
	retryAfter(e.Response().Header(), status, f.Wait)
	return f, status
}

// retryAfter says when to come back, of an answer that asks for it; wait 0: as long as is usual.
func retryAfter(h http.Header, status int, wait time.Duration) {
	usual, told := map[int]time.Duration{http.StatusTooManyRequests: time.Minute, http.StatusServiceUnavailable: 5 * time.Second}[status]
	if told && h.Get("Retry-After") == "" {
		h.Set("Retry-After", strconv.Itoa(int((cmp.Or(wait, usual)+time.Second-1)/time.Second)))
	}
}

// TellWait says with a form that is shown again when it may be sent again.
func (c *Ctx) TellWait(err error) {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.TooMany {
		retryAfter(c.echo.Response().Header(), http.StatusTooManyRequests, f.Wait)
	}
}

// address refuses what can't be read, before anything asks the database with it, and methods that the address does not take.
func (s *Server) address(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if !readableAddress(r.URL) {
			return fault.New(fault.Malformed, "bad_address", "地址里有无法识别的字符（不是 UTF-8，或含空字符），请检查地址后重新打开。")
		}
		if r.Method != http.MethodGet {
			allow := s.allowed(r.URL.Path)
			if allow != "" && (r.Method == http.MethodOptions || !slices.Contains(strings.Split(allow, ", "), r.Method)) {
				return otherMethod(c, allow)
			}
		}
		return next(c)
	}
}

// allowed lists the methods that the address takes; "" where there is no such page.
func (s *Server) allowed(path string) string {
	var methods []string
	for _, r := range s.routes {
		if !slices.Contains(methods, r.Method) && fits(r.Path, path) {
			methods = append(methods, r.Method)
		}
	}
	if len(methods) == 0 {
		return ""
	}
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	methods = append(methods, http.MethodOptions)
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// fits tells whether an address is one of the pattern.
func fits(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, part := range want {
		switch {
		case part == "*":
			return true
		case i >= len(have), !strings.HasPrefix(part, ":") && part != have[i], strings.HasPrefix(part, ":") && have[i] == "":
			return false
		}
	}
	return len(want) == len(have)
}

// otherMethod answers OPTIONS with what is allowed, and refuses every method that the address does not take.
func otherMethod(c echo.Context, allow string) error {
	c.Response().Header().Set(echo.HeaderAllow, allow)
	if c.Request().Method == http.MethodOptions {
		return c.NoContent(http.StatusNoContent)
	}
	return fault.New(fault.NotAllowed, "method_not_allowed", "这个地址不支持这样的请求。")
}

// witnessed is the address that the trail keeps: of one that holds a secret only its pattern.
func witnessed(e echo.Context) string {
	if strings.Contains(e.Path(), ":token") {
		return e.Path()
	}
	return e.Request().URL.Path
}

// Problem is the error document of the API (RFC 9457) with our code and field paths.
type Problem struct {
	Type     string        `json:"type"`
	Title    string        `json:"title"`
	Status   int           `json:"status"`
	Detail   string        `json:"detail"`
	Code     string        `json:"code"`
	Instance string        `json:"instance,omitempty"`
	Errors   []fault.Field `json:"errors,omitempty"`
}

// NewProblem describes a fault for API callers.
func NewProblem(status int, f *fault.Error, requestID string) Problem {
	return Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: f.Message,
		Code: f.Code, Instance: "urn:request:" + requestID, Errors: f.Fields}
}
