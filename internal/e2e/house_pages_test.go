package e2e

import (
	"bytes"
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
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
