package e2e

import (
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
