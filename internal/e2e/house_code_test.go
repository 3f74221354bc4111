package e2e

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// source is one Go file of the repository.
type source struct {
	path string // from the root, with slashes
	text []byte
	tree *ast.File
	pos  *token.FileSet
}

func (s source) test() bool {
	return strings.HasSuffix(s.path, "_test.go") || testOnly(module+path.Dir(s.path))
}

func (s source) line(p token.Pos) int { return s.pos.Position(p).Line }

// sources reads every Go file below these folders, without generated ones and what lies in testdata.
func sources(t *testing.T, trees ...string) []source {
	t.Helper()
	var all []source
	for _, tree := range trees {
		err := filepath.WalkDir(filepath.Join("../..", tree), func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(file, ".go") {
				return nil
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			s := source{path: strings.TrimPrefix(filepath.ToSlash(file), "../../"), text: text, pos: token.NewFileSet()}
			if s.tree, err = parser.ParseFile(s.pos, file, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
				return err
			}
			if !ast.IsGenerated(s.tree) {
				all = append(all, s)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Who may do what has a name in web/access.go; a page asks for the name (web.Members().Allows) and retypes no list of roles.
func TestHouse_RolesOfPagesAreNamedOnce(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, "web") {
		if s.test() || s.path == "web/access.go" {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Has" && (len(call.Args) > 1 || call.Ellipsis.IsValid()) {
				t.Errorf("%s:%d retypes a list of roles that web/access.go names", s.path, s.line(call.Pos()))
			}
			return true
		})
	}
}

// SQL stands in store files only, outside the packages of the platform. A statement is recognised by its first words.
func TestHouse_SQLOnlyInStores(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, "internal", "web") {
		base := path.Base(s.path)
		if s.test() || strings.HasPrefix(s.path, "internal/platform/") || base == "store.go" || strings.HasSuffix(base, "_store.go") ||
			strings.HasPrefix(base, "store_") {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && isSQL(lit.Value) {
				t.Errorf("%s:%d holds SQL: %.60s", s.path, s.line(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

func isSQL(literal string) bool {
	text := strings.ToLower(strings.TrimLeft(literal, "`\" \n\t"))
	for _, verb := range []string{"select ", "insert into ", "update ", "delete from ", "with ", "create table "} {
		if !strings.HasPrefix(text, verb) || !strings.Contains(literal, "`") {
			continue
		}
		if verb == "select " || strings.Contains(text, " from ") || strings.Contains(text, " set ") || strings.Contains(text, " values") {
			return true
		}
	}
	return false
}

// Every query of listings is composed in market/catalogue, so that what is open, found and counted is said once.
func TestHouse_QueriesOfListingsStandInTheCatalogue(t *testing.T) {
	t.Parallel()
	const home = "internal/market/catalogue/"
	for _, s := range sources(t, "internal", "web") {
		if s.test() || strings.HasPrefix(s.path, home) {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if name, ok := lit.Type.(*ast.SelectorExpr); ok && name.Sel.Name == "Query" && isIdent(name.X, "search") {
				t.Errorf("%s:%d composes a search.Query: ask market/catalogue", s.path, s.line(lit.Pos()))
			}
			return true
		})
	}
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// The limits of DESIGN §3: what is longer is cut where its parts have names.
const (
	maxFile    = 500 // lines of a file
	maxHandler = 80  // lines of a function
	maxLine    = 140 // characters of a line
)

// Tests beside what they test may be longer: a rule and its cases stay together.
func TestHouse_FilesStayShort(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, "cmd", "internal", "migrations", "search", "web") {
		if s.test() && !strings.HasPrefix(s.path, "internal/app/") && !strings.HasPrefix(s.path, "internal/e2e/") {
			continue
		}
		if n := bytes.Count(s.text, []byte("\n")); n > maxFile {
			t.Errorf("%s: %d lines, at most %d", s.path, n, maxFile)
		}
	}
}

// A handler takes a *web.Ctx. In the wiring and in the tests of the whole house every function is meant.
func TestHouse_HandlersStayShort(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, "web", "internal/app", "internal/e2e") {
		for _, d := range s.tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || strings.HasPrefix(s.path, "web/") && (s.test() || !takesCtx(f)) {
				continue
			}
			if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxHandler {
				t.Errorf("%s: %s has %d lines, at most %d", s.path, f.Name.Name, n, maxHandler)
			}
		}
	}
}

func takesCtx(f *ast.FuncDecl) bool {
	for _, p := range f.Type.Params.List {
		star, ok := p.Type.(*ast.StarExpr)
		if !ok {
			continue
		}
		if name, ok := star.X.(*ast.SelectorExpr); ok && name.Sel.Name == "Ctx" && isIdent(name.X, "web") || isIdent(star.X, "Ctx") {
			return true
		}
	}
	return false
}

func TestHouse_LinesStayShort(t *testing.T) {
	t.Parallel()
	texts := written(t)
	for _, s := range sources(t, "cmd", "internal", "migrations", "search", "web") {
		texts[s.path] = s.text
	}
	if len(texts) < 900 {
		t.Fatalf("only %d files found", len(texts))
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		n := 0
		for line := range bytes.Lines(texts[name]) {
			if n++; utf8.RuneCount(bytes.TrimRight(line, "\n")) > maxLine {
				t.Errorf("%s:%d is longer than %d characters", name, n, maxLine)
			}
		}
	}
}

// written reads what people write beside Go: templates, SQL, scripts, styles, the Makefile, deployment. Documents are paragraphs without
// an end of line; what is in testdata is data, what a tool brings or writes is its own.
func written(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "node_modules", "bin", "testdata", "vendor"}, d.Name()) {
			return filepath.SkipDir
		}
		kinds := []string{".html", ".sql", ".js", ".css", ".yaml", ".yml", ".conf", ".service"}
		if d.IsDir() || d.Name() != "Makefile" && !slices.Contains(kinds, path.Ext(d.Name())) {
			return nil
		}
		text, err := os.ReadFile(file)
		out[strings.TrimPrefix(filepath.ToSlash(file), "../../")] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A domain speaks in codes, whose Chinese words stand in web/ui/words: its states and events have no Label.
func TestHouse_StatesHaveNoWordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, "internal") {
		for _, d := range s.tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Label" {
				continue
			}
			of := f.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			if name, ok := of.(*ast.Ident); ok && (strings.HasSuffix(name.Name, "State") || strings.HasSuffix(name.Name, "Event")) {
				t.Errorf("%s:%d: %s.Label: its words belong into web/ui/words", s.path, s.line(f.Pos()), name.Name)
			}
		}
	}
}

// The zone is named once; every session of the database is in it, so that statements need not say it.
func TestHouse_TheZoneStandsOnce(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, "internal", "web", "search") {
		if s.test() || path.Dir(s.path) == "internal/foundation/clock" {
			continue
		}
		for i, line := range strings.Split(string(s.text), "\n") {
			if code, _, _ := strings.Cut(line, "//"); strings.Contains(code, "Asia/") {
				t.Errorf("%s:%d names the zone, as only clock.ZoneName may:\n\t%s", s.path, i+1, strings.TrimSpace(line))
			}
		}
	}
}

// Days are counted by foundation/clock, whose day ends at midnight here: hours divided by 24, or a day added to a SQL date and compared
// with an instant, end it at 08:00.
func TestHouse_DaysAreCountedByTheClock(t *testing.T) {
	t.Parallel()
	counted := regexp.MustCompile(`int\(.*(Hours\(\) ?/ ?24|/ ?\(?24 ?\* ?time\.Hour)|\.(After|Before)\(.*\.AddDate\(0, 0, 1\)\)`)
	for _, s := range sources(t, "internal", "web", "search") {
		if s.test() || path.Dir(s.path) == "internal/foundation/clock" || s.path == "web/view/format.go" { // 5 天前 is so many times 24 hours ago
			continue
		}
		for i, line := range strings.Split(string(s.text), "\n") {
			if counted.MatchString(line) {
				t.Errorf("%s:%d counts days by itself: clock.Days does\n\t%s", s.path, i+1, strings.TrimSpace(line))
			}
		}
	}
}
