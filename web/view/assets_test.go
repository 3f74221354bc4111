package view

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func testAssets(t *testing.T, css string) *Assets {
	t.Helper()
	a, err := newAssets(fstest.MapFS{
		"app.css":               {Data: []byte(css)},
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
	url, err := a.URL("app.css")
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := testAssets(t, css+"b{}").URL("app.css"); other == url {
		t.Error("other content, same address")
	}
	for _, c := range []struct{ path, encoding, cache, content string }{
		{url, "br, gzip", "public, max-age=31536000, immutable", "gzip"},
		{url, "gzip;q=0", "public, max-age=31536000, immutable", ""},
		{"/assets/000000000000/app.css", "", "no-cache", ""},
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
	for _, path := range []string{"/assets/", "/assets/x", "/assets/x/vendor/.gitignore", "/assets/x/../app.css"} {
		if res := get(a, path, ""); res.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", path, res.StatusCode)
		}
	}
	if _, err := a.URL("nothing.css"); err == nil {
		t.Error("an address for a file that is not there")
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
