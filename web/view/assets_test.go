package view

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"techmarket/internal/foundation/fault"
	"techmarket/web/assets"
	"techmarket/web/assets/sheet"
	"techmarket/web/templates"
)

// builtAssets are the embedded files with the style sheet made of the present css files, so that these tests need no
// `go generate` before them.
func builtAssets(t testing.TB) *Assets {
	t.Helper()
	sheets, err := sheet.Build(os.DirFS("../assets/css"))
	if err != nil {
		t.Fatal(err)
	}
	files := copyOf(t, assets.FS)
	for name, css := range sheets {
		files["vendor/"+name] = &fstest.MapFile{Data: css}
	}
	a, err := newAssets(files)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// copyOf reads a file system into a map, so that a test can change it.
func copyOf(t testing.TB, from fs.FS) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, name)
		files[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func testAssets(t *testing.T, css string) *Assets {
	t.Helper()
	a, err := newAssets(fstest.MapFS{
		"vendor/app.css":        {Data: []byte(css)},
		"js/app.js":             {Data: []byte("import './x.js'")},
		"vendor/.gitignore":     {Data: []byte("*")},
		"vendor/icons/star.svg": {Data: []byte("<!-- licence -->\n<svg class=\"a\"\n width=\"24\">\n <path d=\"M1\" />\n</svg>\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(a *Assets, path, encoding string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func TestAssetAddressesChangeWithContentAndAreImmutable(t *testing.T) {
	t.Parallel()
	css := strings.Repeat("a{color:red}", 50)
	a := testAssets(t, css)
	url, err := a.URL("vendor/app.css")
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := testAssets(t, css+"b{}").URL("vendor/app.css"); other == url {
		t.Error("other content, same address")
	}
	for _, c := range []struct{ path, encoding, cache, content string }{
		{url, "br, gzip", "public, max-age=31536000, immutable", "gzip"},
		{url, "gzip;q=0", "public, max-age=31536000, immutable", ""},
		{"/assets/000000000000/vendor/app.css", "", "no-cache", ""},
	} {
		res := get(a, c.path, c.encoding)
		if res.StatusCode != 200 || res.Header.Get("Cache-Control") != c.cache || res.Header.Get("Content-Encoding") != c.content {
			t.Errorf("%s (%s): got %d, %v", c.path, c.encoding, res.StatusCode, res.Header)
		}
		var body io.Reader = res.Body
		if c.content == "gzip" {
			if body, err = gzip.NewReader(res.Body); err != nil {
				t.Fatal(err)
			}
		}
		if b, _ := io.ReadAll(body); string(b) != css {
			t.Errorf("%s (%s): wrong body", c.path, c.encoding)
		}
	}
	for _, path := range []string{"/assets/", "/assets/x", "/assets/x/vendor/.gitignore", "/assets/x/../vendor/app.css"} {
		if res := get(a, path, ""); res.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", path, res.StatusCode)
		}
	}
	if _, err := a.URL("nothing.css"); err == nil {
		t.Error("an address for a file that is not there")
	}
}

func TestWithoutTheBuiltSheetTheStartFailsAndNamesTheMend(t *testing.T) {
	t.Parallel()
	_, err := newAssets(fstest.MapFS{"js/app.js": {Data: []byte("import './x.js'")}})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "sheet_missing" || !strings.Contains(f.Message, "make build") {
		t.Errorf("got %v, want sheet_missing and the command that mends it", err)
	}
}

func TestIconsAreInlinedAndAMissingOneIsBlank(t *testing.T) {
	t.Parallel()
	a := testAssets(t, "a{}")
	if got, want := string(a.Icon("star")), iconOpen+`<path d="M1" /></svg>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(a.Icon("none")), iconOpen+`</svg>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// hooks are classes without a rule of their own: they name a part of the page for scripts, tests and people.
var hooks = []string{"found", "meter"}

func TestEveryClassOfTheTemplatesHasARuleOrIsAHook(t *testing.T) {
	t.Parallel()
	sheets, err := sheet.Build(os.DirFS("../assets/css"))
	if err != nil {
		t.Fatal(err)
	}
	css, known := slices.Concat(slices.Collect(maps.Values(sheets))...), map[string]bool{}
	for _, m := range regexp.MustCompile(`\.([a-zA-Z][\w-]*)`).FindAllSubmatch(css, -1) {
		known[string(m[1])] = true
	}
	class, action := regexp.MustCompile(`class="((?:[^"{]|\{\{.*?\}\})*)"`), regexp.MustCompile(`\{\{.*?\}\}`)
	used := map[string]bool{}
	for name, file := range copyOf(t, templates.FS) {
		for _, m := range class.FindAllSubmatch(file.Data, -1) {
			for c := range strings.FieldsSeq(action.ReplaceAllString(string(m[1]), "\x00")) {
				used[c] = true
				if !strings.Contains(c, "\x00") && !known[c] && !slices.Contains(hooks, c) {
					t.Errorf("%s: class %q is in no file of web/assets/css; name it in hooks if that is meant", name, c)
				}
			}
		}
	}
	for _, c := range hooks {
		if known[c] || !used[c] {
			t.Errorf("%q is no hook any more: it has a rule, or no template uses it", c)
		}
	}
}
