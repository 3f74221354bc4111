package web

import (
	"context"
	"crypto/rand"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/kept"
	"techmarket/web/view"
)

const (
	// UnsentPath shows a person the form that met no session.
	UnsentPath = "/unsent"
	// asField is the account that a form was drawn for. It is the form's own word: it opens nothing, it only keeps the form from others.
	asField = "_as"
	// keptSuffix names the field that holds the files which were chosen for a file field before.
	keptSuffix   = ".kept"
	unsentCookie = "tm_unsent"
)

var unsentSecret = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// secret is what this browser alone knows of its kept forms, "" for none.
func (c *Ctx) secret() string {
	cookie, err := c.echo.Cookie(unsentCookie)
	if err != nil || !unsentSecret.MatchString(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// author is whose form this is, and whether that is more than the form's own word: the session it was sent with, over or not, is his.
func (c *Ctx) author(form *Form) (account int64, sure bool) {
	claimed, _ := strconv.ParseInt(form.Values.Get(asField), 10, 64)
	var owner int64
	if cookie, err := c.echo.Cookie(SessionCookie); err == nil && cookie.Value != "" {
		owner, _ = c.server.cfg.Sessions.Owner(c.Context(), cookie.Value)
	}
	if claimed == 0 {
		return owner, owner != 0
	}
	return claimed, claimed == owner
}

// holdUnsent keeps a form that met no session until its author signs in again. False: it could not be kept.
func (c *Ctx) holdUnsent() bool {
	r := c.echo.Request()
	if c.server.cfg.Kept == nil || r.Method != http.MethodPost || c.quiet() || c.sealed() ||
		strings.HasPrefix(r.URL.Path, "/signin") || strings.HasPrefix(r.URL.Path, TwoFactorPath) || r.URL.Path == "/signout" {
		return false
	}
	form, err := c.Form()
	if err != nil || !c.ownForm(form) {
		return false
	}
	author, sure := c.author(form)
	if author == 0 || c.Limit("unsent", 30, time.Hour) != nil {
		return false
	}
	f := kept.Form{Address: r.URL.RequestURI(), Values: url.Values{}}
	size := 0
	for name, values := range form.Values {
		if Secret(name) { // it would have to be typed again anyway
			return false
		}
		if name == csrfField || name == onceField || name == asField {
			continue
		}
		f.Values[name] = values
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > kept.MostForm {
		return false
	}
	for _, field := range slices.Sorted(maps.Keys(form.Files)) {
		for _, header := range form.Files[field] {
			if header.Filename == "" {
				continue
			}
			u, err := kept.Upload{}, error(nil)
			if sure {
				u, err = c.keepUpload(c.Context(), author, 0, header)
			}
			if !sure || err != nil {
				f.Lost = append(f.Lost, header.Filename)
				continue
			}
			f.Values.Add(field+keptSuffix, strconv.FormatInt(u.ID, 10))
		}
	}
	secret := c.secret()
	if secret == "" {
		secret = rand.Text()
	}
	if err := c.server.cfg.Kept.Keep(c.Context(), secret, author, f); err != nil {
		return false
	}
	c.cookie(unsentCookie, secret, int(kept.Life.Seconds()))
	return true
}

// keepUpload stores a chosen file until its form is submitted.
func (c *Ctx) keepUpload(ctx context.Context, account, org int64, header *multipart.FileHeader) (kept.Upload, error) {
	f, err := header.Open()
	if err != nil {
		return kept.Upload{}, bodyFault(err)
	}
	defer f.Close()
	return c.server.cfg.Kept.Upload(ctx, account, org, header.Filename, f)
}

// quiet: a script asks beside the page (a meter, a draft that saves itself); what it sends stands in the page still.
func (c *Ctx) quiet() bool { return c.echo.Request().Header.Get("X-Quiet") != "" }

// sealed tells whether nothing of the form may be kept.
func (c *Ctx) sealed() bool {
	return slices.ContainsFunc(c.server.routes, func(r Route) bool {
		return r.sealed && r.Method == c.echo.Request().Method && r.Path == c.echo.Path()
	})
}

// chosenBefore reads which kept files the form names; those that are gone are left out.
func (c *Ctx) chosenBefore(f *Form) error {
	if c.server.cfg.Kept == nil || !c.Actor().SignedIn() || c.sealed() {
		return nil
	}
	f.keep = func(h *multipart.FileHeader) (kept.Upload, error) { // outside the request's transaction: the file stays when the form is refused
		return c.keepUpload(c.echo.Request().Context(), c.Actor().AccountID, c.Actor().OrgID, h)
	}
	for name, values := range f.Values {
		field, ok := strings.CutSuffix(name, keptSuffix)
		if !ok {
			continue
		}
		var ids []int64
		for _, v := range values {
			if id, err := strconv.ParseInt(v, 10, 64); err == nil && len(ids) < 40 {
				ids = append(ids, id)
			}
		}
		files, err := c.server.cfg.Kept.Uploads(c.Context(), c.Actor().AccountID, ids)
		if err != nil {
			return err
		}
		if len(files) > 0 {
			if f.Kept == nil {
				f.Kept = map[string][]kept.Upload{}
			}
			f.Kept[field] = files
		}
	}
	return nil
}

// KeepFiles stores the files of a form that is about to be shown again, so that they need not be chosen twice. What the rules of
// files refuse is a message at the field.
func (f *Form) KeepFiles(say func(error) *fault.Error) {
	if f.keep == nil {
		return
	}
	for field, headers := range f.Files {
		for _, h := range headers {
			if h.Filename == "" {
				continue
			}
			u, err := f.keep(h)
			if err != nil {
				refused := say(err)
				f.Errors.Addf(field, refused.Code, "“%s”没有保存：%s", h.Filename, refused.Message)
				continue
			}
			if f.Kept == nil {
				f.Kept = map[string][]kept.Upload{}
			}
			f.Kept[field] = append(f.Kept[field], u)
		}
	}
	f.Files = nil
}

// Unsent is the newest form of this person that met no session in this browser; nil for none.
func (c *Ctx) Unsent() (*kept.Form, error) {
	if c.server.cfg.Kept == nil || c.secret() == "" {
		return nil, nil
	}
	forms, err := c.server.cfg.Kept.Forms(c.Context(), c.secret(), c.Actor().AccountID)
	if err != nil || len(forms) == 0 {
		return nil, err
	}
	return &forms[0], nil
}

// DropUnsent forgets the form that was sent to the address.
func (c *Ctx) DropUnsent(address string) error {
	if c.server.cfg.Kept == nil || c.secret() == "" {
		return nil
	}
	return c.server.cfg.Kept.Drop(c.Context(), c.secret(), c.Actor().AccountID, address)
}

// sent forgets a kept form once its address has carried a form of the same person out.
func (c *Ctx) sent() {
	if c.secret() == "" || c.echo.Response().Status >= 400 {
		return
	}
	if err := c.DropUnsent(c.echo.Request().URL.RequestURI()); err != nil {
		c.server.cfg.Log.Error("kept form stays", "id", c.RequestID(), "cause", errText(err))
	}
}

// Refill draws a kept form as its own page draws a refused one. Its handler runs in a transaction of which nothing stays, with a mistake
// already noted in the form, so that it shows the form instead of carrying it out. False: its handler shows no form (a button), or the
// person may not use it any more; nothing is drawn then.
func (c *Ctx) Refill(f kept.Form, said view.Notice) (drawn bool, err error) {
	s := c.server
	to, err := url.ParseRequestURI(f.Address)
	if err != nil || s.cfg.Keys == nil {
		return false, nil //nolint:nilerr // an address that is none leads nowhere
	}
	r := c.echo.Request().Clone(c.echo.Request().Context())
	r.Method, r.URL, r.RequestURI = http.MethodPost, to, f.Address
	r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
	r.Header.Del("HX-Request")
	r.Body, r.Form, r.MultipartForm, r.PostForm = http.NoBody, nil, nil, f.Values
	e := s.echo.NewContext(r, c.echo.Response())
	s.echo.Router().Find(http.MethodPost, to.Path, e)
	at := slices.IndexFunc(s.routes, func(r Route) bool { return r.Method == http.MethodPost && r.Path == e.Path() })
	if at < 0 || !s.routes[at].Access.Allows(c.Actor()) {
		return false, nil
	}
	for _, key := range []string{actorKey, csrfKey, sessionKey} {
		e.Set(key, c.echo.Get(key))
	}
	shown := &Ctx{echo: e, server: s, access: s.routes[at].Access, refilled: &said}
	var send func() error
	_, err = s.cfg.Keys.Once(
		c.Context(),
		c.Actor().AccountID,
		"unsent "+rand.Text(),
		"",
		func(ctx context.Context) (idempotency.Result, bool, error) {
			shown.ctx = ctx
			held, answer, drop, err := c.Hold(func() error { return s.routes[at].Handle(shown) })
			if err != nil || held.Status != http.StatusUnprocessableEntity {
				drop()
				return idempotency.Result{}, false, nil //nolint:nilerr // what it would have answered is not asked for
			}
			held.Status, send = http.StatusOK, answer
			return idempotency.Result{}, false, nil
		},
	)
	if err != nil || send == nil {
		return false, err
	}
	return true, send()
}

// AgainOf is a kept form as one button with all that it holds.
func AgainOf(f kept.Form) *view.Again {
	out := &view.Again{Action: f.Address}
	for _, name := range slices.Sorted(maps.Keys(f.Values)) {
		for _, value := range f.Values[name] {
			out.Keep = append(out.Keep, view.Pair{Name: name, Value: value})
			if readable(value) {
				out.Texts = append(out.Texts, value)
			}
		}
	}
	return out
}

// postedForm is the form that a page sent; nil for other requests.
func (c *Ctx) postedForm() (*Form, error) {
	r := c.echo.Request()
	if r.Method != http.MethodPost || strings.HasPrefix(r.URL.Path, "/api/") {
		return nil, nil
	}
	return c.Form()
}

// notOurs refuses a form that was drawn for somebody else, who was signed in in this browser before.
func (c *Ctx) notOurs(form *Form) error {
	as := form.Values.Get(asField)
	if as == "" || as == strconv.FormatInt(c.Actor().AccountID, 10) {
		return nil
	}
	if c.holdUnsent() {
		return fault.New(fault.Conflict, "other_account",
			"这张表单是用另一个账号打开的，没有以您的名义提交。填写的内容留给那个账号：在这个浏览器上用它登录，就能接着办。")
	}
	return fault.New(fault.Conflict, "other_account", "这张表单是用另一个账号打开的，没有以您的名义提交。")
}
