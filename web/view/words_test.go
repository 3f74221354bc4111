package view

import (
	"testing"
	"testing/fstest"

	"techmarket/web/locales"
)

// written are the words in which pages are written.
func written(sentence string, params ...any) string {
	return (&locales.Language{}).Say(sentence, params...)
}

func TestATemplateSpeaksTheLanguageOfItsReader(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"a.html": {Data: []byte(`<p title="{{t "您好"}}">{{pick (w .X) (t "您好")}}{{- w .Y -}}{{w $.Z}}</p>`)}}
	words := func(sentence string, _ ...any) string {
		if sentence == "您好" {
			return `早 "安" <`
		}
		return sentence
	}
	for name, c := range map[string]struct {
		files spoken
		want  string
	}{
		"another than it is written in": {spoken{files, words, false},
			`<p title="早 &#34;安&#34; &lt;">{{pick (w .X) "早 \"安\" <"}}{{- w .Y -}}{{w $.Z}}</p>`},
		"the one it is written in": {spoken{files, func(s string, _ ...any) string { return s }, true},
			`<p title="您好">{{pick .X "您好"}}{{- .Y -}}{{$.Z}}</p>`},
	} {
		if got, err := c.files.ReadFile("a.html"); err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v\nwant %s", name, got, err, c.want)
		}
	}
}
