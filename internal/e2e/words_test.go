package e2e

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/region"
	"techmarket/internal/publish/policy"
	"techmarket/web/locales"
)

// spellings are a language in which every sentence of the pages has the same length and no Chinese character.
func spellings(t *testing.T) *locales.Language {
	t.Helper()
	sentences, err := locales.Sentences()
	apptest.NoErr(t, err)
	var po strings.Builder
	po.WriteString("msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n")
	for _, s := range sentences {
		spelled := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Han, r) {
				return 'x'
			}
			return r
		}, s)
		fmt.Fprintf(&po, "\nmsgid %s\nmsgstr %s\n", strconv.Quote(s), strconv.Quote(spelled))
	}
	pot, err := os.ReadFile(filepath.Join("..", "..", "web", "locales", "messages.pot"))
	apptest.NoErr(t, err)
	c, err := locales.Read(fstest.MapFS{"messages.pot": {Data: pot}, "x.po": {Data: []byte(po.String())}})
	apptest.NoErr(t, err)
	return c.In("x")
}

// namesAndCodes are texts that are no sentence of a page: names of places and the labels of code lists, which are data.
func namesAndCodes(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	literal := regexp.MustCompile("\"[^\"\n]*\"|`[^`]*`")
	err := filepath.WalkDir(filepath.Join("..", "foundation"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, s := range literal.FindAllString(string(text), -1) {
			out[strings.Trim(s, "\"`")] = true
		}
		for _, cell := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune("\t\n,", r) }) {
			out[cell] = true
		}
		return err
	})
	apptest.NoErr(t, err)
	return out
}

// ear hears Chinese that no catalogue can translate.
type ear struct {
	known  map[string]bool // what is stored
	places *strings.Replacer
}

func newEar(t *testing.T) ear {
	t.Helper()
	e := ear{known: namesAndCodes(t)}
	for _, benefit := range policy.Benefits() { // are stored
		e.known[benefit] = true
	}
	var names []string
	divisions := region.All()
	slices.SortStableFunc(divisions, func(a, b region.Division) int { return len(b.Name) - len(a.Name) }) // 阿拉善右旗 before 阿拉善
	for _, d := range divisions {
		names = append(names, d.Name, "", region.ShortName(d.Code), "", strings.TrimSuffix(region.ShortName(d.Code), "盟"), "")
	}
	e.places = strings.NewReplacer(names...)
	return e
}

var (
	daysWritten = regexp.MustCompile(`\d+ ?年( \d+ 月)?( \d+ 日)?`) // are written, not said
	spoken      = regexp.MustCompile(`\p{Han}`)
)

// hears tells whether a text has Chinese that is neither a name nor a stored code. Names of the world say 示范.
func (e ear) hears(text string) bool {
	text = strings.TrimSpace(daysWritten.ReplaceAllString(e.places.Replace(text), ""))
	return spoken.MatchString(text) && !e.known[text] && !strings.Contains(text, "示范")
}

func TestGuestsPages_SpeakTheLanguageOfTheSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.s.Platform.Language = spellings(t)
	site, err := w.s.Site(nil)
	apptest.NoErr(t, err)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	ear := newEar(t)
	// Not /stats and /plan: what they list are published figures with the names of their sources.
	for _, path := range []string{"/", "/achievements", "/demands", "/sales", "/brokers", "/notices", "/registers", "/points", "/policies",
		"/verify", "/signin", "/signup", "/search?q=x"} {
		answer, err := http.Get(server.URL + path)
		apptest.NoErr(t, err)
		page, err := html.Parse(answer.Body)
		answer.Body.Close()
		apptest.NoErr(t, err)
		var walk func(*html.Node)
		say := func(text, where string) {
			if ear.hears(text) {
				t.Errorf("%s: %s says %q, which no catalogue can translate", path, where, text)
			}
		}
		walk = func(n *html.Node) {
			switch n.Type {
			case html.TextNode:
				say(n.Data, n.Parent.Data)
			case html.ElementNode:
				if n.Data == "script" || n.Data == "style" {
					return
				}
				for _, a := range n.Attr {
					switch a.Key {
					case "title", "aria-label", "placeholder", "alt", "data-label":
						say(a.Val, n.Data+" "+a.Key)
					}
				}
			}
			for child := n.FirstChild; child != nil; child = child.NextSibling {
				walk(child)
			}
		}
		walk(page)
	}
}
