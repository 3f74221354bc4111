package view

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"strings"
	"sync"

	"techmarket/web/templates"
)

// Options is what differs between deployments and stays the same between requests.
type Options struct {
	Site   Site
	Menu   []Link // main navigation; Link.Key is compared with Page.Nav
	Words  Words  // of the language in which this engine speaks; nil: that in which pages are written
	Assets *Assets
}

// Engine renders declared pages. It is safe for concurrent use.
type Engine struct {
	parts   *template.Template
	pages   map[string]*template.Template
	layouts map[string]string
	stand   string // begins what stands inside templates for a request's own values, see standIn
	buffers sync.Pool
	kept    kept
}

// Decl says that a page exists, in which layout it is shown and which struct it takes.
type Decl struct {
	name, layout string
	data         reflect.Type
}

// Declare declares the page in templates/<name>.html whose data is With[T], shown in the site layout.
func Declare[T any](name string) Decl {
	return Decl{name: name, layout: "site", data: reflect.TypeFor[With[T]]()}
}

// In returns the declaration with another layout ("plain" has no header and footer: certificate, big screen).
func (d Decl) In(layout string) Decl {
	d.layout = layout
	return d
}

// New parses every declared page (the error pages and /design are always there) and executes each of them and each
// component's partial twice, with an empty and with a filled struct of its type, so that a wrong field name stops the
// start, not a reader.
func New(o Options, pages ...Decl) (*Engine, error) {
	return newEngine(templates.FS, o, pages...)
}

func newEngine(files fs.FS, o Options, pages ...Decl) (*Engine, error) {
	if o.Assets == nil {
		return nil, errors.New("view.New: no assets")
	}
	written := o.Words == nil
	if written {
		o.Words = func(sentence string, _ ...any) string { return sentence }
	}
	files = spoken{files, o.Words, written}
	e := &Engine{
		pages:   map[string]*template.Template{},
		layouts: map[string]string{},
		stand:   "stand-in-" + rand.Text(),
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
	base, err := template.New("base").Funcs(e.funcs(o)).Option("missingkey=error").
		ParseFS(files, "layouts/*.html", "parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("view.New: %w", err)
	}
	if e.parts, err = base.Clone(); err != nil {
		return nil, fmt.Errorf("view.New: %w", err)
	}
	if err := e.tryComponents(components()); err != nil {
		return nil, fmt.Errorf("view.New: %w", err)
	}
	for _, d := range append(ownPages(), pages...) {
		if err := e.add(files, base, d); err != nil {
			return nil, fmt.Errorf("view.New: page %s: %w", d.name, err)
		}
	}
	return e, nil
}

func (e *Engine) add(files fs.FS, base *template.Template, d Decl) error {
	if _, twice := e.pages[d.name]; twice {
		return errors.New("declared twice")
	}
	t, err := base.Clone()
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(files, d.name+".html")
	if err != nil {
		return err
	}
	if t, err = t.New(d.name).Parse(string(text)); err != nil {
		return err
	}
	layout := t.Lookup(d.layout)
	if layout == nil {
		return fmt.Errorf("no layout %q", d.layout)
	}
	if t.Lookup("main") == nil {
		return errors.New(`does not define "main"`)
	}
	e.pages[d.name], e.layouts[d.name] = t, d.layout
	for _, data := range []reflect.Value{reflect.Zero(d.data), filled(d.data)} {
		if err := e.Render(io.Discard, d.name, data.Interface()); err != nil {
			return err
		}
	}
	return nil
}

// Render writes the whole page, or nothing when executing it fails. data is With[T] as declared.
func (e *Engine) Render(w io.Writer, name string, data any) error {
	t, ok := e.pages[name]
	if !ok {
		return fmt.Errorf("view.Render: page %q is not declared", name)
	}
	return e.execute(w, t, e.layouts[name], data)
}

// Fragment writes one {{define}} of a page (or of the parts, when page is ""), for htmx. data is what the
// block takes; csrf is the page's token for forms inside it.
func (e *Engine) Fragment(w io.Writer, page, block, csrf string, data any) error {
	t := e.parts
	if page != "" {
		if t = e.pages[page]; t == nil {
			return fmt.Errorf("view.Fragment: page %q is not declared", page)
		}
	}
	return e.executeToken(w, t, block, csrf, "", data)
}

func (e *Engine) execute(w io.Writer, t *template.Template, block string, data any) error {
	var token, author string
	if p, ok := data.(interface {
		csrfToken() string
		author() string
	}); ok {
		token, author = p.csrfToken(), p.author()
	}
	return e.executeToken(w, t, block, token, author, data)
}

func (e *Engine) executeToken(w io.Writer, t *template.Template, block, token, author string, data any) error {
	b := e.buffer()
	defer e.release(b)
	if err := t.ExecuteTemplate(b, block, data); err != nil {
		return fmt.Errorf("view.Render: %w", err)
	}
	page := b.Bytes()
	if bytes.Contains(page, []byte(e.stand)) {
		filled := e.buffer()
		defer e.release(filled)
		e.fill(filled, page, token, author)
		page = filled.Bytes()
	}
	_, err := w.Write(page)
	return err
}

// What a stand-in is for: the CSRF token, the key of the page's forms, the account that they are drawn for.
const (
	standsForToken  = 't'
	standsForOnce   = 'o'
	standsForAuthor = 'a'
)

func (e *Engine) standIn(of rune) string { return e.stand + string(of) }

// fill puts the request's own values where the templates left their stand-ins.
func (e *Engine) fill(out *bytes.Buffer, page []byte, token, author string) {
	token, once := template.HTMLEscapeString(token), rand.Text() // each page that is drawn offers its forms once
	for {
		before, after, found := bytes.Cut(page, []byte(e.stand))
		out.Write(before)
		if !found {
			return
		}
		switch after[0] {
		case standsForToken:
			out.WriteString(token)
		case standsForOnce:
			out.WriteString(once)
		case standsForAuthor:
			out.WriteString(author)
		}
		page = after[1:]
	}
}

func (e *Engine) funcs(o Options) template.FuncMap {
	f := template.FuncMap{
		// csrf is the hidden fields every posted form carries: the browser's token and the key by which the
		// form is carried out once. Templates get a random stand-in that Render
		// replaces by the request's token, so components need not pass the token around.
		"csrf": func() template.HTML {
			return template.HTML(`<input type="hidden" name="_csrf" value="` + e.standIn(standsForToken) +
				`"><input type="hidden" name="_once" value="` + e.standIn(standsForOnce) +
				`"><input type="hidden" name="_as" value="` + e.standIn(standsForAuthor) + `">`)
		},
		"w":         carriedWords(o.Words),
		"csrfToken": func() string { return e.standIn(standsForToken) },
		"draw":      e.draw,
		"kept":      e.drawKept,
		"site":      func() Site { return o.Site },
		"menu":      func() []Link { return o.Menu },
		"asset":     o.Assets.URL,
		"hasAsset":  o.Assets.Has,
		"icon":      o.Assets.Icon,
	}
	maps.Copy(f, formatFuncs())
	return f
}

// digest names content in URLs; 12 hex digits tell apart every build that ever meets in one cache.
func digest(parts ...[]byte) string {
	return hex.EncodeToString(hash(parts...))[:12]
}

// joinClass builds a class attribute without empty words.
func joinClass(words ...string) string {
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}
