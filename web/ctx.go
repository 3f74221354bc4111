package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/web/view"
)

// Ctx is one request as handlers see it. It must not outlive the handler: copy values out, and pass
// Context() on.
type Ctx struct {
	echo   echo.Context
	server *Server
	access Access
	ctx    context.Context // of the transaction that the request is carried out in; nil: the request's own
	// refilled: the form is not carried out but shown again, under this notice.
	refilled *view.Notice
	guest    bool // what is read does not depend on who asks: see Known
	posted   *Form
	said     *fault.Error // the last refusal that a page put into words
}

// Context is the request's context, with its deadline.
func (c *Ctx) Context() context.Context {
	if c.ctx != nil {
		return c.ctx
	}
	return c.echo.Request().Context()
}

// Actor is who asks.
func (c *Ctx) Actor() actor.Actor {
	a, _ := c.echo.Get(actorKey).(actor.Actor)
	if c.guest {
		return actor.Actor{RequestID: a.RequestID}
	}
	return a
}

// Now is the injected clock, in the zone of the market: its day is the day that people here read.
func (c *Ctx) Now() time.Time { return clock.Local(c.server.cfg.Now()) }

// T is a Chinese sentence in the language of the reader, with its parameters put in.
func (c *Ctx) T(sentence string, params ...any) string {
	return c.server.cfg.Language.Say(sentence, params...)
}

// Fault is an error in the language of the reader.
func (c *Ctx) Fault(err error) *fault.Error {
	c.said = c.server.Fault(err)
	return c.said
}

// Refused is the form that was posted and what a page said against it; nil where no form was refused.
func (c *Ctx) Refused() (*Form, *fault.Error) {
	if c.posted == nil || c.said == nil {
		return nil, nil
	}
	return c.posted, c.said
}

// Path is the address that was asked for, without its query.
func (c *Ctx) Path() string { return c.echo.Request().URL.Path }

// Said is a wrong input, or what seems to be wrong, in the language of the reader.
func (c *Ctx) Said(f fault.Field) string { return c.server.cfg.Language.Field(f) }

// BaseURL is the site's address as people see it, without a trailing slash.
func (c *Ctx) BaseURL() string { return c.server.cfg.BaseURL }

// RequestID names this request in logs and in the audit trail.
func (c *Ctx) RequestID() string { return c.echo.Response().Header().Get(echo.HeaderXRequestID) }

// Param is a part of the path.
func (c *Ctx) Param(name string) string { return c.echo.Param(name) }

// ID is a numeric part of the path; anything else is a fault of kind not found.
func (c *Ctx) ID(name string) (int64, error) {
	n, err := strconv.ParseInt(c.echo.Param(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.New(fault.NotFound, "page_not_found", "没有这个页面。请检查地址，或从首页重新查找。")
	}
	return n, nil
}

// Query is the query string of the address.
func (c *Ctx) Query() url.Values { return c.echo.Request().URL.Query() }

// QueryForm reads the query string with the same readers as a form (filters, search).
func (c *Ctx) QueryForm() *Form {
	f := &Form{Values: c.Query()}
	if !f.valid() {
		f.Values = url.Values{}
	}
	return f
}

// Form parses the posted form. Fault: invalid, when the body is too large or not text.
func (c *Ctx) Form() (*Form, error) {
	r := c.echo.Request()
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(4 << 20) // more goes to temporary files
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, bodyFault(err)
	}
	f := &Form{Values: r.PostForm}
	if r.MultipartForm != nil {
		f.Values, f.Files = r.MultipartForm.Value, r.MultipartForm.File
	}
	if !f.valid() {
		return nil, fault.New(fault.Invalid, "bad_text", "文字里有无法保存的字符（不是 UTF-8，或含空字符）。请重新输入那一处。")
	}
	if c.refilled != nil {
		f.Errors.Addf("", "refilled", "%s", c.refilled.Title)
	}
	c.posted = f
	return f, c.chosenBefore(f)
}

func bodyFault(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errors.Is(err, http.ErrBodyReadAfterClose) {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "bad_request", "提交的内容没有完整收到，请返回上一页再试一次。")
}

// Body is the raw body, bounded by the route.
func (c *Ctx) Body() io.Reader { return c.echo.Request().Body }

// Fragment reports whether htmx asks for a part of a page.
func (c *Ctx) Fragment() bool { return c.echo.Request().Header.Get("HX-Request") == "true" }

// Page fills the frame of a page.
func (c *Ctx) Page(title string) view.Page {
	who := c.Actor()
	csrf, _ := c.echo.Get(csrfKey).(string)
	p := view.Page{
		Title: title, CSRF: csrf, Path: c.echo.Request().URL.RequestURI(), Now: c.Now(),
		Sample:       c.server.cfg.Sample,
		CanonicalURL: c.BaseURL() + c.echo.Request().URL.Path, Origin: c.BaseURL(),
		Flash: c.takeFlash(),
	}
	if cookie, err := c.echo.Cookie(themeCookie); err == nil && cookie.Value == string(view.ThemeElder) {
		p.Theme = view.ThemeElder
	}
	if room := c.server.cfg.Room; room != nil && who.SignedIn() { // told before a form is filled in, not only after
		if err := room(); err != nil {
			p.Flash = append(p.Flash, view.Notice{Tone: view.Warn, Title: c.Fault(err).Message})
		}
	}
	if who.Unconfirmed && who.SignedIn() {
		p.Flash = append(p.Flash, view.Notice{Tone: view.Warn, Title: "请确认邮箱", Text: "打开我们发到您邮箱的确认信就可以了。确认之前只能写草稿。",
			Actions: []view.Action{{Label: "没有收到？", Href: ConfirmPath, Kind: view.Quiet}}})
	}
	if c.refilled != nil {
		p.Flash = append(p.Flash, *c.refilled)
	}
	if who.SignedIn() {
		p.Account = who.AccountID
		p.RequestID = c.RequestID()
		p.User = &view.User{Name: who.Name, Org: who.OrgName, Roles: RoleLabels(who.Roles), Desk: c.deskLinks(who)}
		p.NoIndex = true
		if c.server.cfg.Unread != nil {
			p.User.Unread = c.server.cfg.Unread(c.Context(), who)
		}
	}
	return p
}

// Render answers with a declared page; data is view.With[T].
func (c *Ctx) Render(name string, data any) error { return c.RenderStatus(http.StatusOK, name, data) }

// RenderStatus answers with a declared page and a status: 422 for a form shown again with its mistakes.
func (c *Ctx) RenderStatus(status int, name string, data any) error {
	return c.html(status, func(w io.Writer) error { return c.server.cfg.Views.Render(w, name, data) })
}

// RenderFragment answers with one block of a page ("" for the shared parts).
func (c *Ctx) RenderFragment(page, block string, data any) error {
	return c.RenderFragmentStatus(http.StatusOK, page, block, data)
}

// RenderFragmentStatus is RenderFragment with a status.
func (c *Ctx) RenderFragmentStatus(status int, page, block string, data any) error {
	csrf, _ := c.echo.Get(csrfKey).(string)
	return c.html(status, func(w io.Writer) error {
		return c.server.cfg.Views.Fragment(w, page, block, csrf, data)
	})
}

func (c *Ctx) html(status int, write func(io.Writer) error) error {
	h := c.echo.Response().Header()
	h.Set(echo.HeaderContentType, "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache, private")
	h.Set("Vary", "HX-Request, Cookie")
	retryAfter(h, status, 0)
	return write(&answering{c.echo.Response(), status})
}

// See sends the browser to another page of this site after an action; an address that is none leads home.
func (c *Ctx) See(path string) error {
	path, ok := Local(path)
	if !ok {
		path = "/"
	}
	if c.Fragment() {
		c.echo.Response().Header().Set("HX-Redirect", path)
		return c.echo.NoContent(http.StatusNoContent)
	}
	return c.echo.Redirect(http.StatusSeeOther, path)
}

// SeeNext goes to the local address of the form field or query "next" or "back", or to fallback.
func (c *Ctx) SeeNext(fallback string) error {
	for _, name := range []string{"next", "back"} {
		if next, ok := Local(c.echo.FormValue(name)); ok {
			return c.See(next)
		}
	}
	return c.See(fallback)
}

// Moved answers a permanent redirect inside the site.
func (c *Ctx) Moved(path string) error { return c.echo.Redirect(http.StatusMovedPermanently, path) }

const (
	themeCookie = "tm_theme"
	flashCookie = "tm_flash"
	laterCookie = "tm_later"
)

// Flash keeps a sentence for the next page: what was done.
func (c *Ctx) Flash(tone view.Tone, text string) {
	b, _ := json.Marshal([]string{string(tone), text}) //nolint:errchkjson // texts always marshal
	c.cookie(flashCookie, base64.RawURLEncoding.EncodeToString(b), 60)
}

func (c *Ctx) takeFlash() []view.Notice {
	cookie, err := c.echo.Cookie(flashCookie)
	if err != nil || cookie.Value == "" {
		return nil
	}
	c.cookie(flashCookie, "", -1)
	var pair [2]string
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || json.Unmarshal(b, &pair) != nil || len(pair[1]) > 600 {
		return nil
	}
	return []view.Notice{{Tone: view.Tone(pair[0]), Title: pair[1]}}
}

// SetSession signs the browser in until the absolute end of the session.
func (c *Ctx) SetSession(token string, ends time.Time) {
	c.cookie(SessionCookie, token, int(ends.Sub(c.Now()).Seconds()))
}

// SessionToken is the token of the signed-in browser, "" for a guest or an API call.
func (c *Ctx) SessionToken() string {
	s, _ := c.echo.Get(sessionKey).(string)
	return s
}

// ClearSession signs the browser out.
func (c *Ctx) ClearSession() { c.cookie(SessionCookie, "", -1) }

// SetTheme remembers 标准版 or 长辈版 for a year.
func (c *Ctx) SetTheme(t view.Theme) { c.cookie(themeCookie, string(t), 365*24*3600) }

// Here is the address of this page with its query.
func (c *Ctx) Here() string { return c.echo.Request().URL.RequestURI() }

// AllowCamera lets this page read codes with the device's camera, which the site's pages otherwise may not touch.
func (c *Ctx) AllowCamera() {
	c.echo.Response().Header().Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
}

// Later remembers for an hour, in this browser, what a visitor asked for before signing in; TakeLater gives it back once.
func (c *Ctx) Later(what string) { c.cookie(laterCookie, url.QueryEscape(what), 3600) }

// TakeLater returns what Later remembered, "" for nothing, and forgets it.
func (c *Ctx) TakeLater() string {
	cookie, err := c.echo.Cookie(laterCookie)
	if err != nil || cookie.Value == "" {
		return ""
	}
	c.cookie(laterCookie, "", -1)
	what, err := url.QueryUnescape(cookie.Value)
	if err != nil {
		return ""
	}
	return what
}

func (c *Ctx) cookie(name, value string, seconds int) {
	c.echo.SetCookie(&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true,
		Secure: c.server.secureCookies(), SameSite: http.SameSiteLaxMode})
}

// RemoteAddr is the caller's address, for throttling; it is never logged.
func (c *Ctx) RemoteAddr() string { return c.echo.RealIP() }

// Limit throttles by key (n requests in window); fault of kind too many.
func (c *Ctx) Limit(key string, n int, window time.Duration) error {
	if c.server.cfg.Limiter == nil || c.server.cfg.Limiter.Allow(c.Context(), key+":"+c.RemoteAddr(), n, window) {
		return nil
	}
	return fault.New(fault.TooMany, "too_many", "请求太频繁，请一分钟后再试。")
}

// Kinds of files that an office program opens.
const (
	ExcelMIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	WordMIME  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// Download sends a file that the browser saves instead of showing.
func (c *Ctx) Download(name, mimeType string, r io.Reader) error {
	return c.stream(name, mimeType, "attachment", r)
}

// Inline sends a file that the browser may show in a frame of this site (PDF, pictures).
func (c *Ctx) Inline(name, mimeType string, r io.Reader) error {
	return c.stream(name, mimeType, "inline", r)
}

func (c *Ctx) stream(name, mimeType, disposition string, r io.Reader) error {
	h := c.echo.Response().Header()
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	h.Set("Cache-Control", "private, no-cache")
	if mimeType == "application/pdf" {
		// The browser's own PDF viewer needs to run inside the frame; the document itself can do nothing.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'")
	} else {
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	return c.echo.Stream(http.StatusOK, mimeType, r)
}

// Blob answers a small document made in memory (feeds, CSV).
func (c *Ctx) Blob(mimeType string, b []byte) error { return c.echo.Blob(http.StatusOK, mimeType, b) }

// Document answers a small document whose readers ask again and again whether it has changed; changed is when it last did. Its validator
// is weak, because it goes out compressed or not.
func (c *Ctx) Document(mimeType string, changed time.Time, b []byte) error {
	h, r := c.echo.Response().Header(), c.echo.Request()
	sum := sha256.Sum256(b)
	tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h.Set("ETag", tag)
	h.Set("Last-Modified", changed.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "no-cache, private")
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	switch known := r.Header.Get("If-None-Match"); {
	case known != "" && matches(known, strings.TrimPrefix(tag, "W/")),
		known == "" && err == nil && !changed.Truncate(time.Second).After(since):
		return c.echo.NoContent(http.StatusNotModified)
	}
	return c.Blob(mimeType, b)
}

// Serve lets an ordinary handler answer (embedded files with their caching headers).
func (c *Ctx) Serve(h http.Handler) error {
	h.ServeHTTP(c.echo.Response(), c.echo.Request())
	return nil
}

// problem answers RFC 9457 problem+json.
func (c *Ctx) problem(status int, f *fault.Error) error {
	c.echo.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	c.echo.Response().WriteHeader(status)
	return json.NewEncoder(c.echo.Response()).Encode(NewProblem(status, f, c.RequestID()))
}

// roleLabels are the names of the roles on pages.
func roleLabel(r actor.Role) string {
	switch r {
	case actor.OrgAdmin:
		return "单位管理员"
	case actor.Member:
		return "经办人"
	case actor.Broker:
		return "技术经纪人"
	case actor.Registrar:
		return "登记员"
	case actor.Reviewer:
		return "复核员"
	case actor.PointHead:
		return "登记点负责人"
	case actor.Expert:
		return "认定专家"
	case actor.LeagueOfficer:
		return "盟市管理员"
	case actor.RegionOfficer:
		return "自治区管理员"
	case actor.TaxReader:
		return "税务、财政"
	case actor.SystemAdmin:
		return "系统管理员"
	default:
		return string(r)
	}
}

// RoleLabels names roles in Chinese.
func RoleLabels(roles []actor.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = roleLabel(r)
	}
	return out
}

// renderFault answers a page about a failure.
func (c *Ctx) renderFault(status int, f *fault.Error) error {
	page := c.Page("")
	page.RequestID = c.RequestID()
	if c.Fragment() {
		return c.RenderFragmentStatus(status, "", "notice", view.Notice{Tone: view.Bad, Title: f.Message})
	}
	if c.echo.Request().Method == http.MethodPost { // where a form goes need not be a page: links lead to the page that showed it
		page.Path = c.cameFrom()
	} else if status == http.StatusUnprocessableEntity { // the page without the conditions that it can't answer
		page.Path = c.echo.Request().URL.Path
	}
	body := view.ProblemPage(c.T, page, status)
	body.Body.Text = f.Message
	if !strings.HasSuffix(f.Message, "。") { // some messages also stand at fields and in tables, without
		body.Body.Text += "。"
	}
	kept := status
	if f.Code == unconfirmed { // it can be sent once the mail is opened
		kept = http.StatusTooManyRequests
	}
	if again := c.again(kept); again != nil {
		body.CSRF = c.formToken()
		body.Body.Again, body.Body.Actions = again, nil
		body.Body.Kept = "您填写的内容都在这一页里，没有丢失。请不要关闭这一页，稍后点“再提交一次”。"
		if again.SignIn {
			body.Body.Text = "您的登录已经结束，这一次没有保存。"
			body.Body.Kept = "您填写的内容都在这一页里，没有丢失。请在新窗口登录，再回到这一页点“再提交一次”。"
		}
	}
	for _, field := range f.Fields {
		body.Body.Steps = append(body.Body.Steps, field.Message)
	}
	return c.RenderStatus(status, "error/problem", body)
}
