package view

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"
)

// Page is what the layout needs on every request. Handlers fill it once, in one place, and embed it through With.
type Page struct {
	Title        string
	Nav          string // Key of the active main menu entry, "" for none
	User         *User  // nil for a guest
	CSRF         string
	Account      int64 // of the signed-in person; forms carry it
	Theme        Theme
	Flash        []Notice
	Sample       bool // draws the ribbon 样例数据
	NoIndex      bool
	Path         string // path and query of this page, to come back after sign-in or a theme switch
	CanonicalURL string
	Origin       string // of the site, before addresses that are read elsewhere
	Description  string // one sentence for search programs and share cards; "" takes the site's own
	Picture      string // address of the share card's picture; "" takes one with the site's mark
	Breadcrumbs  []Link // without the page itself
	RequestID    string
	Now          time.Time
}

// With is a page's data: the frame and the body the page declared.
type With[T any] struct {
	Page
	Body T
}

func (p Page) csrfToken() string { return p.CSRF }

// author is the account that the page's forms are drawn for, "" for a guest.
func (p Page) author() string {
	if p.Account == 0 {
		return ""
	}
	return strconv.FormatInt(p.Account, 10)
}

// Theme is 标准版 (zero value) or 长辈版.
type Theme string

// ThemeElder is larger, one column and of high contrast.
const ThemeElder Theme = "elder"

// Elder tells whether the 长辈版 is on.
func (p Page) Elder() bool { return p.Theme == ThemeElder }

// User is the signed-in person as the header shows them.
type User struct {
	Name, Org string
	Roles     []string // labels in Chinese
	Unread    int
	Desk      []Link // what this person can open: 工作台, 我的需求, 待办 …
}

// Site is set once by the operator; empty entries are left out, never invented.
type Site struct {
	Name, Tagline string
	Region        string
	Sponsor       string // 主办单位
	Undertaker    string // 承办单位
	SiteCode      string // 网站标识码
	ICP           string // ICP 备案号
	Police        string // 公安备案号
	Contact       string
	ErrorReport   string // address for 网站找错
}

// Link is a place to go. Key names it in menus; Count is shown when HasCount.
type Link struct {
	Label, Href string
	Key, Icon   string
	Note        string
	Current     bool
	Count       int
	HasCount    bool
}

// Tone colours a tag, notice, task or event; a word always says the same.
type Tone string

// Tones.
const (
	Plain Tone = ""
	Info  Tone = "info"
	OK    Tone = "ok"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Tag is a small label in a row's meta line.
type Tag struct {
	Label string
	Tone  Tone
}

// Span is a piece of running text; Mark paints it as a matched word.
type Span struct {
	Text string
	Mark bool
	Gone bool // stood in the text before
	New  bool // was not in it
}

// Text is running text with optional marks. Escaping happens in the template; spans are never HTML.
type Text []Span

// T is unmarked text.
func T(s string) Text {
	if s == "" {
		return nil
	}
	return Text{{Text: s}}
}

// String is the text without marks.
func (t Text) String() string {
	var s strings.Builder
	for _, p := range t {
		s.WriteString(p.Text)
	}
	return s.String()
}

// Kind of an action.
type Kind string

// Kinds of action: one primary per view, the rest quiet; danger needs a second look; link is the least.
const (
	Primary Kind = ""
	Quiet   Kind = "quiet"
	Danger  Kind = "danger"
	Plainly Kind = "link"
)

// Action is a button. With Href it is a link; with Post it is a one-button form posting to Post (with the
// CSRF field); otherwise it submits the form it stands in, with Name=Value when named.
type Action struct {
	Label, Href, Post string
	Name, Value       string
	Kind              Kind
	Small             bool
	Icon              string
	Dialog            string // id of a <dialog> opened when scripts run; Href or Post works without
	Key               string // desk shortcut, one letter, shown beside the label
	Off               string // why it can't be used now; draws the button disabled and says why
	Hidden            []Pair // more fields of the Post form
	Said              string // what a screen reader hears after the label: which of many alike buttons this is
}

// Class is the button's class attribute.
func (a Action) Class() string {
	if a.Kind == Plainly {
		return "linkish"
	}
	small := ""
	if a.Small {
		small = "s"
	}
	return joinClass("btn", string(a.Kind), small)
}

// Pair is a name and a value, for hidden fields and query parts.
type Pair struct{ Name, Value string }

// QR draws a QR code of a short text, such as the check address of a certificate; label says what it is for.
func QR(text, label string) (Picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return Picture{}, fmt.Errorf("view.QR: %w", err)
	}
	// The quiet zone of 4 modules belongs to the code; readers need it.
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="-4 -4 %d %d" role="img" aria-label="%s"><path d="`, code.Size+8, code.Size+8, esc(label))
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return Picture{template.HTML(b.String())}, nil
}

// Picture is server-drawn SVG. Only this package makes one, so no caller can pass foreign markup.
type Picture struct{ svg template.HTML }

// SVG is the markup.
func (p Picture) SVG() template.HTML { return p.svg }
