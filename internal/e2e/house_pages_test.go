package e2e

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A list declares the head and the cells of a column in one line (ui.Columns). So a page puts no table together from heads and rows: only
// the component and its maker do. A template that draws a table of its own, because its cells hold more than a text, is named here.
func TestHouse_ColumnsAreDeclaredOnce(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, "web") {
		if s.test() || path.Dir(s.path) == "web/view" || s.path == "web/ui/columns.go" {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if name, ok := n.(*ast.SelectorExpr); ok && isIdent(name.X, "view") && (name.Sel.Name == "Column" || name.Sel.Name == "TableRow") {
				t.Errorf("%s:%d declares the head or the cells of a list by themselves: ui.Columns holds both", s.path, s.line(n.Pos()))
			}
			return true
		})
	}
	own := map[string]string{
		"web/templates/parts/list.html":         "the component, and listings side by side",
		"web/templates/parts/flow.html":         "the score sheet of a match, which stays narrow on a phone",
		"web/templates/parts/basic.html":        "two versions of a text, with their line breaks",
		"web/templates/market/achievement.html": "figures with bars",
		"web/templates/certify/review.html":     "inputs; the head comes from the same cells",
		"web/templates/api/reference.html":      "code, with links to types",
	}
	drawn, twice := map[string]bool{}, regexp.MustCompile(`data-label="\{\{t `)
	for name, text := range written(t) {
		if !strings.HasPrefix(name, "web/templates/") {
			continue
		}
		if strings.Contains(string(text), `<th scope="col"`) {
			drawn[name] = true
		}
		if twice.Match(text) {
			t.Errorf("%s says the head of a column again at its cells: name it once ({{$unit := t …}})", name)
		}
	}
	if got, want := slices.Sorted(maps.Keys(drawn)), slices.Sorted(maps.Keys(own)); !slices.Equal(got, want) {
		t.Errorf("templates that draw a table:\n%q\nnamed here:\n%q", got, want)
	}
}

// The program's entrance only calls internal/app.
func TestHouse_MainOnlyCallsTheApp(t *testing.T) {
	t.Parallel()
	const maxMain = 40 // lines
	for _, s := range sources(t, "cmd") {
		if n := bytes.Count(s.text, []byte("\n")); s.tree.Name.Name == "main" && n > maxMain {
			t.Errorf("%s: %d lines, at most %d: what it does belongs into internal/app", s.path, n, maxMain)
		}
	}
}

// What is typed into the table of a state machine is sent by one door: a package with a Command has one Service.Do that takes it. Its only
// sister is DoAsSystem, for what the clock and the other rooms cause.
func TestHouse_CommandsHaveOneDoor(t *testing.T) {
	t.Parallel()
	declares, takes := map[string]bool{}, map[string][]string{}
	for _, s := range sources(t, "internal") {
		if s.test() {
			continue
		}
		for _, d := range s.tree.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if named, ok := spec.(*ast.TypeSpec); ok && named.Name.Name == "Command" {
						declares[path.Dir(s.path)] = true
					}
				}
			case *ast.FuncDecl:
				takesOne := func(p *ast.Field) bool { return isIdent(p.Type, "Command") }
				if isMethodOf(d, "Service") && d.Name.IsExported() && d.Name.Name != "DoAsSystem" &&
					slices.ContainsFunc(d.Type.Params.List, takesOne) {
					takes[path.Dir(s.path)] = append(takes[path.Dir(s.path)], d.Name.Name)
				}
			}
		}
	}
	for room := range declares {
		if !slices.Equal(takes[room], []string{"Do"}) {
			t.Errorf("%s: a Command is taken by %q, want Do alone", room, takes[room])
		}
	}
	if len(declares) < 6 {
		t.Errorf("found %d rooms with a Command: this test reads them wrongly", len(declares))
	}
}

func isMethodOf(d *ast.FuncDecl, of string) bool {
	if d.Recv == nil {
		return false
	}
	star, ok := d.Recv.List[0].Type.(*ast.StarExpr)
	return ok && isIdent(star.X, of)
}

// The foundation is pure: it opens no file, no connection and no database.
func TestHouse_FoundationIsPure(t *testing.T) {
	t.Parallel()
	for _, p := range shipped(t) {
		if _, wing, _ := place(p.ImportPath); wing != "foundation" {
			continue
		}
		for _, to := range p.Imports {
			if to == "os" || to == "net" || strings.HasPrefix(to, "net/") || to == "database/sql" || strings.Contains(to, "pgx") {
				t.Errorf("%s imports %s: what does I/O stands in the wing platform", p.ImportPath, to)
			}
		}
	}
}

// unitBehind finds an amount of a format with its unit: a verb, what stands between, 元 or 万元.
var unitBehind = regexp.MustCompile(`%[-+ #0]*[0-9]*(?:\.[0-9]+)?[a-z]([ \x{2009}]?)(亿元|万元|元)`)

// An amount in a sentence is grouped digits, one blank and its unit: money.Fen.Grouped before 元, money.Fen.Wan before 万元. Rates
// aren't amounts.
func TestHouse_AmountsSayTheirUnitOneWay(t *testing.T) {
	t.Parallel()
	by, other := map[string]string{" 元": "Grouped", " 万元": "Wan"}, "Grouped or Wan with a blank behind"
	said := func(e ast.Expr, method string) bool {
		call, ok := e.(*ast.CallExpr)
		if !ok {
			return false
		}
		s, ok := call.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == method
	}
	seen := 0
	for _, s := range sources(t, "internal", "search", "web", "cmd") {
		if s.test() || strings.HasPrefix(s.path, "internal/app/demo/") || strings.HasSuffix(s.path, "contract/foreign.go") {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				for at, arg := range n.Args {
					text := literal(arg)
					for _, m := range unitBehind.FindAllStringSubmatchIndex(text, -1) {
						seen++
						verb := at + 1 + len(formatVerbs.FindAllString(text[:m[0]], -1))
						if want := by[text[m[2]:m[5]]]; want == "" || verb >= len(n.Args) || !said(n.Args[verb], want) {
							t.Errorf("%s:%d: the amount in %q is not said by %s", s.path, s.line(n.Pos()), text[m[0]:m[1]], cmp.Or(want, other))
						}
					}
				}
			case *ast.BinaryExpr:
				text := literal(n.Y)
				for _, unit := range []string{" 元", " 万元", "元", "万元", "亿元"} {
					if !strings.HasPrefix(text, unit) {
						continue
					}
					left := n.X
					if b, ok := left.(*ast.BinaryExpr); ok {
						left = b.Y
					}
					seen++
					if want := by[unit]; want == "" || !said(left, want) {
						t.Errorf("%s:%d: the amount before %q is not said by %s", s.path, s.line(n.Pos()), text, cmp.Or(want, other))
					}
					break
				}
			}
			return true
		})
	}
	if seen < 40 {
		t.Errorf("only %d amounts looked at", seen)
	}
}

var formatVerbs = regexp.MustCompile(`%[-+ #0]*[0-9]*(?:\.[0-9]+)?[a-z]`)

// literal is the text of a string literal, or "".
func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		if text, err := strconv.Unquote(l.Value); err == nil {
			return text
		}
	}
	return ""
}
