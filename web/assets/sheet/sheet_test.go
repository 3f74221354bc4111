package sheet

import (
	"bytes"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"
)

func sources() fs.FS { return os.DirFS("../css") }

func TestTheStyleSheetStaysSmallAndUsesDeclaredTokens(t *testing.T) {
	t.Parallel()
	all, err := Build(sources())
	if err != nil {
		t.Fatal(err)
	}
	b := all["app.css"]
	if len(b) > 40_000 {
		t.Errorf("the style sheet has %d bytes, want at most 40,000", len(b))
	}
	for area := range Areas() { // a page loads the one for all and that of its area
		if n := len(b) + len(all[area]); n > 60_000 {
			t.Errorf("app.css and %s have %d bytes, want at most 60,000", area, n)
		}
		b = append(b, all[area]...)
	}
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)\)`).FindAllSubmatch(b, -1) {
		if !bytes.Contains(b, append(slices.Clone(m[1]), ':')) {
			t.Errorf("%s is not declared", m[1])
		}
	}
}

func TestEveryFileIsReadableAndWhole(t *testing.T) {
	t.Parallel()
	for _, name := range everyFile() {
		css := read(t, name)
		for i, line := range strings.Split(css, "\n") {
			if n := utf8.RuneCountInString(line); n > 100 {
				t.Errorf("%s:%d has %d characters, want at most 100", name, i+1, n)
			}
		}
		if !strings.HasPrefix(css, "/* ") {
			t.Errorf("%s does not begin with a comment that says what it is for", name)
		}
		if strings.Count(css, "{") != strings.Count(css, "}") {
			t.Errorf("%s: braces do not pair", name)
		}
	}
}

// The floor is Chromium 86. An older browser ignores a declaration that it does not know, but a selector that
// it does not know costs the whole rule, and a newer way to place boxes costs the layout.
func TestTheSheetKeepsToChromium86(t *testing.T) {
	t.Parallel()
	tooNew := regexp.MustCompile(`:(is|where|dir)\(|:user-(in)?valid|:not\([^()]*,|&|` +
		`(^|[\s;{])(inset(-[a-z-]+)?|(margin|padding)-(inline|block)|aspect-ratio|translate|rotate|scale|container(-[a-z]+)?)\s*:|` +
		`@(layer|container|scope|starting-style|property)\b|\(\s*(width|height)\s*[<>=]|` +
		`\b(color-mix|oklch|oklab|lab|lch|hwb|light-dark)\(|\d(dvh|svh|lvh|dvw|lh|rlh|cqw|cqi)\b`)
	for _, name := range everyFile() {
		css := withoutComments(read(t, name))
		for _, m := range tooNew.FindAllString(css, -1) {
			t.Errorf("%s: %q is newer than Chromium 86", name, strings.TrimSpace(m))
		}
		for _, selector := range nested(css) {
			t.Errorf("%s: %q stands inside another rule; nesting is newer than Chromium 86", name, selector)
		}
	}
}

// :has() is allowed in a rule of its own whose loss leaves the page whole; these are all of them.
func TestHasIsOnlyAnImprovement(t *testing.T) {
	t.Parallel()
	improvements := []string{
		".entries ul:has(> :nth-child(8):last-child)", // without it, the eight doors break where they do
		".entries ul:has(> :nth-child(8):last-child)", // on a narrow page
		"body:has(main .find) .slim",                  // without it, two search boxes stand on a page
		".choices:has(> :nth-child(7))",               // without it, many choices stand in one column
		fourInARow,                                    // without it, four fields break into two lines
	}
	var found []string
	for _, name := range everyFile() {
		for _, m := range rule.FindAllStringSubmatch(withoutComments(read(t, name)), -1) {
			if selector := strings.TrimSpace(m[1]); strings.Contains(selector, ":has(") {
				found = append(found, selector)
			}
		}
	}
	slices.Sort(found)
	slices.Sort(improvements)
	if !slices.Equal(found, improvements) {
		t.Errorf("rules with :has() are %q, want %q", found, improvements)
	}
}

const fourInARow = ".inline:has(> .field:nth-of-type(4)):not(:has(> .field:nth-of-type(5)))"

func TestBuildNamesAFileThatTheOrderLacksAndOneThatIsMissing(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{}
	for _, name := range everyFile() {
		files[name] = &fstest.MapFile{Data: []byte("a { color: red; }\n")}
	}
	if b, err := Build(files); err != nil || !strings.HasPrefix(string(b["app.css"]), "a{color:red}") {
		t.Errorf("got %q, %v", b, err)
	}
	files["new.css"] = &fstest.MapFile{}
	if _, err := Build(files); err == nil || !strings.Contains(err.Error(), "new.css") {
		t.Errorf("a file outside the order: got %v", err)
	}
	delete(files, "new.css")
	delete(files, "print.css")
	if _, err := Build(files); err == nil || !strings.Contains(err.Error(), "print.css") {
		t.Errorf("a missing file: got %v", err)
	}
}

func everyFile() []string {
	all := Files()
	for _, files := range Areas() {
		all = append(all, files...)
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(sources(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	rule    = regexp.MustCompile(`([^{};]+)\{`)
)

func withoutComments(css string) string { return comment.ReplaceAllString(css, "") }

// nested lists the selectors that stand inside a rule which is not an @-rule.
func nested(css string) []string {
	var open, found []string
	start := 0
	for i, c := range css {
		switch c {
		case '{':
			selector := strings.TrimSpace(css[start:i])
			if n := len(open); n > 0 && !strings.HasPrefix(open[n-1], "@") {
				found = append(found, selector)
			}
			open = append(open, selector)
			start = i + 1
		case '}':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			start = i + 1
		case ';':
			start = i + 1
		}
	}
	return found
}
