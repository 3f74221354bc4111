// Package docs holds what people read. Its tests see to it that what the code cites and what ARCHITECTURE.md names exists.
package docs

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	root = os.DirFS("..")

	mention = regexp.MustCompile(`([\w./-]*\w\.md)\b((?:,? (?:and )?§\d+(?:[–-]\d+)?)*)`)
	number  = regexp.MustCompile(`\d+`)
	heading = regexp.MustCompile(`(?m)^## (.*)$`)
	outside = regexp.MustCompile(`(^|[\s("'])(\.\./)*(reference|shared|cases)/\w`) // folders that are no part of this repository
)

// text is what one file says to a reader: the comments of a Go file, all of any other.
type text struct {
	file string
	line int
	says string
}

// TestCitations_LeadSomewhere looks at every mention of a page in a comment: the page must exist, and so must its section.
func TestCitations_LeadSomewhere(t *testing.T) {
	t.Parallel()
	cited := 0
	for _, x := range texts(t) {
		for _, m := range mention.FindAllStringSubmatch(x.says, -1) {
			if strings.HasPrefix(m[1], "/") || strings.Contains(m[1], "..") {
				continue // an address, or a link of a page
			}
			page, ok := resolve(x.file, m[1])
			switch rule := strings.HasPrefix(page, "docs/rules/"); {
			case !ok:
				t.Errorf("%s:%d cites %s, which does not exist; rules stand in docs/rules", x.file, x.line, m[1])
			case rule && m[2] == "" && !strings.HasSuffix(x.file, ".md"):
				t.Errorf("%s:%d cites %s without a section, such as §1", x.file, x.line, page)
			case m[2] != "":
				cited++
				for _, s := range strings.Split(m[2], "§")[1:] {
					for _, n := range number.FindAllString(s, -1) {
						if !slices.Contains(sections(t, page), n) {
							t.Errorf("%s:%d cites %s §%s, which does not exist", x.file, x.line, page, n)
						}
					}
				}
			}
		}
		if m := outside.FindString(x.says); m != "" && !strings.HasSuffix(x.file, ".md") {
			t.Errorf("%s:%d names %s…, which is no part of this repository", x.file, x.line, strings.TrimSpace(m))
		}
	}
	if cited < 50 {
		t.Errorf("found %d citations with a section: this test looks at the wrong texts", cited)
	}
}

// TestRules_AreNumberedAndListed keeps the sections of a page in order, so that a citation can be found by eye.
func TestRules_AreNumberedAndListed(t *testing.T) {
	t.Parallel()
	pages, err := fs.Glob(root, "docs/rules/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("docs/rules has %d pages, %v", len(pages), err)
	}
	list := read(t, "docs/rules/README.md")
	for _, page := range pages {
		if path.Base(page) == "README.md" {
			continue
		}
		if !strings.Contains(list, "("+path.Base(page)+")") {
			t.Errorf("docs/rules/README.md does not list %s", page)
		}
		for i, h := range heading.FindAllStringSubmatch(read(t, page), -1) {
			if n := number.FindString(h[1]); !strings.HasPrefix(h[1], "§") || number.FindString(h[1]) != strconv.Itoa(i+1) {
				t.Errorf("%s: section %q stands where §%d should (found §%s)", page, h[1], i+1, n)
			}
		}
	}
}

var (
	quoted = regexp.MustCompile("`([^`\n]+)`")
	fenced = regexp.MustCompile("(?s)```.*?```")
	goFile = regexp.MustCompile(`^\w+\.go$`)
	aPath  = regexp.MustCompile(`^(\./)?[\w.*-]+(/[\w.*-]+)+/?$`)
)

// TestArchitecture_NamesWhatExists checks every path in backquotes: from the root or from internal/, and a bare x.go anywhere.
func TestArchitecture_NamesWhatExists(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, file := range files(t) {
		names[path.Base(file)] = true
	}
	found := 0
	for _, m := range quoted.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, "ARCHITECTURE.md"), ""), -1) {
		for word := range strings.FieldsSeq(m[1]) {
			switch {
			case goFile.MatchString(word):
				found++
				if !names[word] {
					t.Errorf("ARCHITECTURE.md names %s: no file has this name", word)
				}
			case aPath.MatchString(word):
				found++
				word = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(word, "./"), "/..."), "/")
				if !exists(word) && !exists("internal/"+word) {
					t.Errorf("ARCHITECTURE.md names %s: it is neither here nor in internal/", word)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("found %d paths in ARCHITECTURE.md: this test reads it wrongly", found)
	}
}

// TestArchitecture_DrawsEveryRoom: each folder of a wing stands in the wing's part of the drawing of the rooms, and the drawing has no wing
// that is not there.
func TestArchitecture_DrawsEveryRoom(t *testing.T) {
	t.Parallel()
	_, rooms, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "\ninternal/\n")
	rooms, _, _ = strings.Cut(rooms, "\nsearch/")
	drawn := map[string]string{}
	var wing string
	for line := range strings.Lines(rooms) {
		if m := wingLine.FindStringSubmatch(line); m != nil {
			if wing = m[1]; !exists("internal/" + wing) {
				t.Errorf("ARCHITECTURE.md draws the wing %s: there is no such folder", wing)
			}
		}
		drawn[wing] += line
	}
	wings := 0
	for _, file := range files(t) {
		parts := strings.Split(file, "/")
		if len(parts) < 3 || parts[0] != "internal" {
			continue
		}
		if wings++; drawn[parts[1]] == "" {
			t.Errorf("ARCHITECTURE.md does not draw the wing of %s", file)
		}
		if len(parts) > 3 && parts[2] != "testdata" && !slices.Contains(aWord.FindAllString(drawn[parts[1]], -1), parts[2]) {
			t.Errorf("ARCHITECTURE.md does not draw the room of %s", file)
		}
	}
	if wings < 300 {
		t.Errorf("found %d files of wings: this test reads the tree wrongly", wings)
	}
}

var (
	wingLine = regexp.MustCompile(`^  (\w+)/`)
	aWord    = regexp.MustCompile(`\w+`)
)

var stop = regexp.MustCompile("`([\\w/.-]+\\.go)`\\s+`([\\w.]+)`") // a file and what it declares

// TestArchitecture_WalksNameWhatIsDeclared: each stop of the three walks is a file and a name that this file declares.
func TestArchitecture_WalksNameWhatIsDeclared(t *testing.T) {
	t.Parallel()
	_, walks, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "\n## Three walks\n")
	walks, _, _ = strings.Cut(walks, "\n## ")
	stops := stop.FindAllStringSubmatch(walks, -1)
	for _, m := range stops {
		file := m[1]
		if !exists(file) {
			file = "internal/" + file
		}
		if !slices.Contains(declared(t, file), m[2]) {
			t.Errorf("the walk stops at %s %s, which is not declared there", file, m[2])
		}
	}
	if len(stops) < 25 {
		t.Errorf("found %d stops of the walks: this test reads them wrongly", len(stops))
	}
}

// TestArchitecture_EveryWingHasItsChanges: the table of where a change goes has a row for each wing, and each row says how to check.
func TestArchitecture_EveryWingHasItsChanges(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "\n## Where a change goes\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		rows++
		if cells := strings.Split(line, " | "); len(cells) != 3 || strings.TrimSpace(strings.Trim(cells[2], "| \n")) == "" {
			t.Errorf("ARCHITECTURE.md, where a change goes: no change, place and check in %s", line)
		}
	}
	for _, wing := range []string{"market", "trade", "certify", "services", "publish", "insight", "app", "web", "migrations", "people", "platform"} {
		if !strings.Contains(table, wing+"/") && !strings.Contains(table, "wing "+wing) {
			t.Errorf("ARCHITECTURE.md, where a change goes: nothing for the wing %s", wing)
		}
	}
	if rows < 25 {
		t.Errorf("found %d rows: this test reads the table wrongly", rows)
	}
}

// declared are the functions, methods (Type.Method) and types of a file.
func declared(t *testing.T, file string) (names []string) {
	t.Helper()
	if !exists(file) {
		return nil
	}
	tree, err := parser.ParseFile(token.NewFileSet(), file, read(t, file), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				of := d.Recv.List[0].Type
				if star, ok := of.(*ast.StarExpr); ok {
					of = star.X
				}
				if id, ok := of.(*ast.Ident); ok {
					name = id.Name + "." + name
				}
			}
			names = append(names, name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					names = append(names, ts.Name.Name)
				}
			}
		}
	}
	return names
}

func exists(pattern string) bool {
	m, err := fs.Glob(root, pattern)
	return err == nil && len(m) > 0
}

// resolve finds the page that a file means: a page of docs/rules may name its neighbours.
func resolve(from, page string) (string, bool) {
	for _, p := range []string{page, path.Join(path.Dir(from), page)} {
		if strings.HasSuffix(from, ".md") || p == page {
			if i, err := fs.Stat(root, p); err == nil && !i.IsDir() {
				return p, true
			}
		}
	}
	return page, false
}

func sections(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, h := range heading.FindAllStringSubmatch(read(t, page), -1) {
		if strings.HasPrefix(h[1], "§") {
			out = append(out, number.FindString(h[1]))
		}
	}
	return out
}

// texts are the readable texts of the repository.
func texts(t *testing.T) []text {
	t.Helper()
	var out []text
	for _, file := range files(t) {
		switch {
		case strings.HasSuffix(file, ".go"):
			out = append(out, comments(file, read(t, file))...)
		case slices.Contains([]string{".sql", ".html", ".css", ".js", ".mjs", ".md", ".yaml", ".yml"}, path.Ext(file)), path.Base(file) == "Makefile":
			for i, line := range strings.Split(read(t, file), "\n") {
				out = append(out, text{file, i + 1, line})
			}
		}
	}
	return out
}

// comments are the comment groups of a Go file, each as one line of words, since a citation may be broken over two lines.
func comments(file, src string) []text {
	var out []text
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile(file, -1, len(src)), []byte(src), nil, scanner.ScanComments)
	last := 0
	for {
		pos, tok, lit := s.Scan()
		line := set.Position(pos).Line
		switch {
		case tok == token.EOF:
			return out
		case tok != token.COMMENT:
			continue
		}
		says := strings.TrimSpace(strings.TrimPrefix(lit, "//"))
		if len(out) > 0 && line == last+1 {
			out[len(out)-1].says += " " + says
		} else {
			out = append(out, text{file, line, says})
		}
		last = line
	}
}

// files lists the repository's own files; what npm fetches and what programs write is left out.
func files(t *testing.T) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			out = append(out, filepath.ToSlash(name))
		case slices.Contains([]string{".git", "node_modules", "bin", "data", "dist", "screens", "web/assets/vendor"}, name):
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(root, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
