package zh

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-ego/gse"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// dictionary is what the lexicon is made of, and gse with the same words.
var dictionary = sync.OnceValues(func() (*Analyzer, *gse.Segmenter) {
	a, err := New()
	if err != nil {
		panic(err)
	}
	zr, err := gzip.NewReader(bytes.NewReader(dictGzip))
	if err != nil {
		panic(err)
	}
	dict, err := io.ReadAll(zr)
	if err != nil {
		panic(err)
	}
	var lines strings.Builder
	lines.Write(dict)
	for w := range strings.FieldsSeq(domainWords) {
		fmt.Fprintf(&lines, "%s %d\n", w, domainFrequency)
	}
	g := &gse.Segmenter{SkipLog: true}
	if err := g.LoadDictStr(lines.String()); err != nil {
		panic(err)
	}
	return a, g
})

func (l *lexicon) pieces(text string, whole bool) (words []string) {
	l.cut(text, whole, func(w string) { words = append(words, w) })
	return words
}

func TestTextIsCutAsGseCutsIt(t *testing.T) {
	t.Parallel()
	a, g := dictionary()
	known := strings.Fields(domainWords)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				b.WriteString(rapid.SampledFrom(known).Draw(t, "word"))
			case 1: // of a word, so that what crosses its border comes up
				w := []rune(rapid.SampledFrom(known).Draw(t, "part"))
				b.WriteString(string(w[rapid.IntRange(0, len(w)-1).Draw(t, "from"):]))
			default:
				b.WriteRune(rune(rapid.IntRange(0x4e00, 0x9fa5).Draw(t, "character")))
			}
		}
		text := b.String()
		for _, whole := range []bool{true, false} {
			var want []string
			if !whole {
				if len([]rune(text)) == 1 {
					continue // gse gives nothing, and nobody asks
				}
			}
			for _, s := range g.ModeSegment([]byte(text), !whole) {
				want = append(want, text[s.Start():s.End()])
			}
			if got := a.lexicon.pieces(text, whole); !slices.Equal(got, want) {
				t.Fatalf("whole %v: %q is cut into %q, gse has %q", whole, text, got, want)
			}
		}
	})
}

// FuzzNormalize: the short way gives what the rule says.
func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", "Ａe\u0301 加\u0301速", "℃温度…", "\u200b\u0301a\u0301\u0302", "각각 \u1100\u1161\u11a8", "\xff\xfe脱", "İΑΣς",
		"ｶﾞ ﾊﾟ", "\u0f71\u0f72", strings.Repeat("\u0301", 40), "電機\u202e"} {
		f.Add(s)
	}
	a, _ := dictionary()
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.Map(a.fold, norm.NFKC.String(strings.ToValidUTF8(text, " ")))
		if got := a.Normalize(text); got != want {
			t.Fatalf("Normalize(%q) = %q, want %q", text, got, want)
		}
	})
}
