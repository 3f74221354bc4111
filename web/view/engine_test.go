package view

import (
	"bytes"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"techmarket/web/assets"
	"techmarket/web/assets/icons"
	"techmarket/web/templates"
)

type greeting struct {
	Name  string
	Names []string
	Form  Form
}

func engineOf(t *testing.T, main string) (*Engine, error) {
	t.Helper()
	files := copyOf(t, templates.FS)
	files["hello.html"] = &fstest.MapFile{Data: []byte(main)}
	return newEngine(files, Options{Assets: builtAssets(t)}, Declare[greeting]("hello"))
}

func TestAPageThatDoesNotFitItsStructStopsTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ main, want string }{
		"unknown field":                        {`{{define "main"}}{{.Body.Absent}}{{end}}`, "Absent"},
		"unknown field in a list":              {`{{define "main"}}{{range .Body.Names}}{{.Label}}{{end}}{{end}}`, "Label"},
		"unknown field behind a condition":     {`{{define "main"}}{{if .Body.Name}}{{.Body.Other}}{{end}}{{end}}`, "Other"},
		"unknown partial":                      {`{{define "main"}}{{template "nothing"}}{{end}}`, "nothing"},
		"no main":                              {`{{define "mian"}}{{end}}`, "main"},
		"syntax":                               {`{{define "main"}}{{if}}{{end}}`, "missing value"},
		"partial with the struct of another":   {`{{define "main"}}{{template "pager" .Body.Form}}{{end}}`, "Prev"},
		"ambiguous attribute (no safe output)": {`{{define "main"}}<a href={{.Body.Name}}" >{{end}}`, "in unquoted attr"},
	} {
		if _, err := engineOf(t, c.main); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestFormsCarryTheTokenOfTheRequest(t *testing.T) {
	t.Parallel()
	e, err := engineOf(t, `{{define "main"}}{{template "form" .Body.Form}}{{end}}`)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	page := With[greeting]{Page: Page{CSRF: `to"ken`}, Body: greeting{Form: NewForm("/x", "好", Field{Name: "a", Label: "甲"})}}
	if err := e.Render(&b, "hello", page); err != nil {
		t.Fatal(err)
	}
	if want := `<input type="hidden" name="_csrf" value="to&#34;ken">`; !strings.Contains(b.String(), want) {
		t.Errorf("page lacks %s", want)
	}
	if strings.Contains(b.String(), e.stand) {
		t.Error("the stand-in of the token reached the reader")
	}
	var part bytes.Buffer
	if err := e.Fragment(&part, "", "form", "t2", page.Body.Form); err != nil || !strings.Contains(part.String(), `value="t2"`) {
		t.Errorf("fragment: %v, got %s", err, part.String())
	}
}

func TestUserTextNeverBecomesMarkup(t *testing.T) {
	t.Parallel()
	e, err := engineOf(t, `{{define "main"}}{{range .Body.Names}}<p>{{.}}</p>{{end}}{{end}}`)
	if err != nil {
		t.Fatal(err)
	}
	bad := `<script>alert(1)</script>`
	var b bytes.Buffer
	chart := BarChart(bad, bad, bad, []Point{{Label: bad, Value: 1, Shown: bad}})
	if err := e.Fragment(&b, "", "chart", "", chart); err != nil {
		t.Fatal(err)
	}
	row := Row{Title: Text{{Text: bad, Mark: true}}, Lead: T(bad), Href: "javascript:alert(1)", Meta: []string{bad}, Right: bad}
	if err := e.Fragment(&b, "", "row", "", row); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script") || strings.Contains(b.String(), "javascript:") {
		t.Errorf("markup came through: %s", b.String())
	}
}

func TestARefusedPageWritesNothing(t *testing.T) {
	t.Parallel()
	e, err := engineOf(t, `{{define "main"}}好{{end}}`)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := e.Render(&b, "hello", struct{ Page }{}.Page.Title); err == nil || b.Len() != 0 {
		t.Errorf("got error %v and %d bytes, want an error and none", err, b.Len())
	}
	if err := e.Render(&b, "nowhere", Page{}); err == nil {
		t.Error("an undeclared page was rendered")
	}
}

// The content security policy forbids inline styles, scripts and handlers, so no template may have one.
func TestTemplatesKeepToThePolicyAndTheIconList(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`(?i)\sstyle\s*=|<style|<script[^>]*>[^<]|\son[a-z]+\s*=\s*["']|javascript:`)
	icon := regexp.MustCompile(`icon "([a-z0-9-]+)"|pick \.Icon "([a-z0-9-]+)"`)
	err := fs.WalkDir(templates.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(templates.FS, name)
		if found := forbidden.Find(b); found != nil {
			t.Errorf("%s: %q", name, found)
		}
		for _, m := range icon.FindAllStringSubmatch(string(b), -1) {
			if n := m[1] + m[2]; !slices.Contains(icons.Names(), n) {
				t.Errorf("%s: icon %q is not in web/assets/icons", name, n)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tone := range []Tone{Plain, Info, OK, Warn, Bad} {
		if n := (Notice{Tone: tone}).Icon(); !slices.Contains(icons.Names(), n) {
			t.Errorf("icon %q is not in web/assets/icons", n)
		}
	}
}

func TestModulesStayFew(t *testing.T) {
	t.Parallel()
	modules, err := fs.Glob(assets.FS, "js/*.js")
	if err != nil || len(modules) > 14 {
		t.Errorf("%d modules (%v), want at most 14: a page loads those it uses", len(modules), err)
	}
}

func TestEveryProblemPageSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503} {
		b := ProblemPage(written, Page{Path: "/x"}, status).Body
		if b.Title == "" || len(b.Actions) == 0 {
			t.Errorf("%d: no title or nothing to do: %+v", status, b)
		}
		if b.Status != status && status != 502 {
			t.Errorf("%d is told as %d: a person would take it for a failure of ours", status, b.Status)
		}
	}
}
