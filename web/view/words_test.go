package view

import (
	"strings"
	"testing"
	"testing/fstest"

	"techmarket/internal/foundation/lang"
	"techmarket/web/locales"
)

// chinese are the words that the market ships.
func chinese(t testing.TB) Words {
	t.Helper()
	catalogue, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue.In(lang.Chinese).Say
}

func TestATemplateSpeaksItsLanguageAndAKeyWithoutWordsStopsTheStart(t *testing.T) {
	t.Parallel()
	words := func(key string, _ ...any) string {
		if key == "greeting" {
			return `早 "安" <`
		}
		return key
	}
	files := spoken{fstest.MapFS{
		"a.html": {Data: []byte(`<p title="{{t "greeting"}}">{{pick .X (t "greeting")}}</p>`)},
		"b.html": {Data: []byte(`{{t "nothing"}}`)},
	}, words}
	got, err := files.ReadFile("a.html")
	want := `<p title="早 &#34;安&#34; &lt;">{{pick .X "早 \"安\" <"}}</p>`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
	if _, err := files.ReadFile("b.html"); err == nil || !strings.Contains(err.Error(), `no words for "nothing"`) {
		t.Errorf("got %v", err)
	}
}
