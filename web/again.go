package web

import (
	"crypto/subtle"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"techmarket/web/view"
)

// mostKept bounds what a page about a refused form gives back, in bytes.
const mostKept = 1 << 20

// again is the posted form that was refused for a reason that passes (no room, no database, too many, session over), so that what
// somebody typed does not hang on the browser's back button. It must be a form of this site: a foreign page's is never offered for
// sending. Passwords and codes are left out, and files, which no page can fill in.
// nil: nothing to send again.
func (c *Ctx) again(status int) *view.Again {
	r := c.echo.Request()
	switch status {
	case http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable:
	default:
		return nil
	}
	if r.Method != http.MethodPost || strings.HasPrefix(r.URL.Path, "/signin") || strings.HasPrefix(r.URL.Path, TwoFactorPath) {
		return nil
	}
	r.Body = http.MaxBytesReader(c.echo.Response(), r.Body, largestBody) // the failure may have come before any bound
	form, err := c.Form()
	if err != nil || !c.ownForm(form) {
		return nil
	}
	out := &view.Again{Action: r.URL.RequestURI(), SignIn: status == http.StatusUnauthorized}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(form.Values)) {
		if name == csrfField || name == onceField || name == asField || Secret(name) {
			continue
		}
		for _, value := range form.Values[name] {
			size += len(name) + len(value)
			out.Keep = append(out.Keep, view.Pair{Name: name, Value: value})
			if readable(value) {
				out.Texts = append(out.Texts, value)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(form.Files)) {
		field := view.Field{Kind: view.File, Name: name, Label: "附件", Multiple: len(form.Files[name]) > 1}
		var names []string
		for _, file := range form.Files[name] {
			names = append(names, "“"+file.Filename+"”")
		}
		field.Hint = "刚才选的" + strings.Join(names, "、") + "没有保存，请重新选择。"
		out.Files = append(out.Files, field)
	}
	if size > mostKept {
		return nil
	}
	return out
}

// readable: a sentence somebody typed, not a code.
func readable(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// Secret tells whether a field holds what no page may show again; a test holds the password fields of all pages against it.
func Secret(field string) bool { return strings.Contains(strings.ToLower(field), "password") }

const csrfField = "_csrf"

// formToken is the CSRF token of the browser, also where the request failed before it was checked; "" for none.
func (c *Ctx) formToken() string {
	cookie, err := c.echo.Cookie(csrfCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// ownForm tells whether a page of this site sent the form, also where the request failed before that was checked. A browser says so
// itself and is given no token then; an older one brings its token.
func (c *Ctx) ownForm(form *Form) bool {
	r := c.echo.Request()
	if site := r.Header.Get(echo.HeaderSecFetchSite); site != "" {
		return site == "same-origin"
	}
	token := form.Values.Get(csrfField)
	if token == "" {
		token = r.Header.Get("X-CSRF-Token")
	}
	return c.formToken() != "" && subtle.ConstantTimeCompare([]byte(token), []byte(c.formToken())) == 1
}

// cameFrom is the page of this site that sent the request, or the home page.
func (c *Ctx) cameFrom() string {
	r := c.echo.Request()
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	if from, ok := Local(u.RequestURI()); ok {
		return from
	}
	return "/"
}
