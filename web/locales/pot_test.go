package locales

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var write = flag.Bool("write", false, "write messages.pot")

// spokenFile is one Go file of pages.
type spokenFile struct {
	path   string
	syntax *ast.File
}

// spokenFiles are the files that say something on a page, and those among them whose pages let anyone in: by the handlers that their
// routes name, and the kit that draws them.
func spokenFiles(t *testing.T, set *token.FileSet) (all, guest []spokenFile) {
	t.Helper()
	guests := map[string]bool{} // folder + handler
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.HasPrefix(path, filepath.Join("..", "api")) || strings.HasPrefix(d.Name(), "design") { // the workshop's page of components
			return err
		}
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		all = append(all, spokenFile{path, f})
		for _, name := range guestHandlers(f) {
			guests[filepath.Dir(path)+" "+name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	kit := []string{filepath.Join("..", "ui"), filepath.Join("..", "ui", "words")}
	guest = slices.DeleteFunc(slices.Clone(all), func(f spokenFile) bool {
		dir := filepath.Dir(f.path)
		return !slices.Contains(kit, dir) && !slices.ContainsFunc(f.syntax.Decls, func(d ast.Decl) bool {
			fn, ok := d.(*ast.FuncDecl)
			return ok && guests[dir+" "+fn.Name.Name]
		})
	})
	declared, err := filepath.Glob(filepath.Join("..", "..", "internal", "services", "register", "kind", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range declared { // a declaration names its pages and fields
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, spokenFile{path, f})
	}
	return all, guest
}

// guestHandlers names the functions that the routes of a file let anyone in to.
func guestHandlers(f *ast.File) []string {
	var names []string
	anyone := map[string]bool{} // variables that hold that access
	ast.Inspect(f, func(n ast.Node) bool {
		if given, ok := n.(*ast.AssignStmt); ok {
			for i, value := range given.Rhs {
				if name, ok := given.Lhs[i].(*ast.Ident); ok && called(value, "Anyone") {
					anyone[name.Name] = true
				}
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 3 {
			return true
		}
		access, held := call.Args[1].(*ast.Ident)
		if !called(call.Args[1], "Anyone") && (!held || !anyone[access.Name]) {
			return true
		}
		ast.Inspect(call.Args[2], func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				names = append(names, n.Name)
			case *ast.SelectorExpr:
				names = append(names, n.Sel.Name)
			}
			return true
		})
		return true
	})
	return names
}

// called tells whether an expression calls a function or method of that name.
func called(e ast.Expr, names ...string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return slices.Contains(names, f.Name)
	case *ast.SelectorExpr:
		return slices.Contains(names, f.Sel.Name)
	}
	return false
}

func chineseLiteral(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil && chinese(text)
}

func chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// sentencesOf lists what a file says, and where it puts a sentence together from pieces that no catalogue could translate.
func sentencesOf(f *ast.File) (said []string, pieced []ast.Node) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.CallExpr:
			if fun, ok := n.Fun.(*ast.SelectorExpr); ok {
				if pkg, ok := fun.X.(*ast.Ident); ok && pkg.Name == "fault" {
					return false // faultSentences finds them
				}
			}
			if called(n, "Sprintf", "Appendf", "Fprintf") {
				for _, arg := range n.Args {
					if _, ok := chineseLiteral(arg); ok {
						pieced = append(pieced, arg)
					}
				}
			}
		case *ast.BinaryExpr:
			for _, side := range []ast.Expr{n.X, n.Y} {
				if _, ok := chineseLiteral(side); ok && n.Op == token.ADD {
					pieced = append(pieced, side)
				}
			}
		case *ast.BasicLit:
			if text, ok := chineseLiteral(n); ok {
				said = append(said, text)
			}
		}
		return true
	})
	return said, pieced
}

var inTemplate = regexp.MustCompile(`[{( -]t ("(?:[^"\\]|\\.)*")`)

// pot is messages.pot as it has to be: every sentence with the files that say it.
func pot(t *testing.T, files []spokenFile) []byte {
	t.Helper()
	where := map[string][]string{}
	say := func(sentence, path string) {
		path = strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(path), "../"), "../")
		if !slices.Contains(where[sentence], path) {
			where[sentence] = append(where[sentence], path)
		}
	}
	faultSentences(t, say)
	for _, f := range files {
		said, _ := sentencesOf(f.syntax)
		for _, sentence := range said {
			say(sentence, f.path)
		}
	}
	err := filepath.WalkDir(filepath.Join("..", "templates"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".html") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range inTemplate.FindAllSubmatch(text, -1) {
			sentence, wrong := strconv.Unquote(string(found[1]))
			if wrong != nil {
				return wrong
			}
			say(sentence, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("# What another language has to say: go test ./web/locales -write writes this file.\n" +
		"msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n")
	for _, sentence := range slices.Sorted(maps.Keys(where)) {
		fmt.Fprintf(&b, "\n#: %s\nmsgid %s\nmsgstr \"\"\n", strings.Join(where[sentence], " "), strconv.Quote(sentence))
	}
	return b.Bytes()
}

func TestGuestsPagesSayWholeSentencesThatACatalogueCanTranslate(t *testing.T) {
	t.Parallel()
	set := token.NewFileSet()
	files, guest := spokenFiles(t, set)
	if len(guest) < 35 {
		t.Fatalf("only %d files of guests' pages found: routes are no longer read", len(guest))
	}
	for _, f := range guest {
		_, pieced := sentencesOf(f.syntax)
		for _, n := range pieced {
			t.Errorf("%s: a sentence put together from pieces: c.T(\"共 %%d 项\", n)", set.Position(n.Pos()))
		}
	}
	want := pot(t, files)
	if *write {
		if err := os.WriteFile(template, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(template); err != nil || !bytes.Equal(got, want) {
		t.Errorf("messages.pot is not what pages say (%v): go test ./web/locales -write", err)
	}
}

func TestTemplatesSayNothingThatIsNotKeyed(t *testing.T) {
	t.Parallel()
	actions := regexp.MustCompile(`(?s)\{\{/\*.*?\*/\}\}|\{\{-? ?/\*.*?\*/ ?-?\}\}|[{( -]t "(?:[^"\\]|\\.)*"`)
	err := filepath.WalkDir(filepath.Join("..", "templates"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".html") || strings.HasSuffix(path, "design.html") {
			return err
		}
		text, err := os.ReadFile(path)
		for i, line := range strings.Split(string(actions.ReplaceAll(text, nil)), "\n") {
			if chinese(line) {
				t.Errorf("%s:%d: %s", path, i+1, strings.TrimSpace(line))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
