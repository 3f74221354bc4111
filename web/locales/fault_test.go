package locales

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// faultSentences lists every sentence of a fault with the files that say it: the constants of type fault.Sentence, wherever they stand. A
// text that is put together while the program runs does not compile as one; what is converted to one all the same is reported here, and a
// sentence whose parameters are not those that it names.
func faultSentences(t *testing.T, say func(sentence, path string)) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range []string{"internal", "search", "web"} { // what go list sees is no input of the test's cache, what the test opens is
		if err := filepath.WalkDir(filepath.Join(root, tree), func(string, fs.DirEntry, error) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	all, err := packages.Load(&packages.Config{Dir: root, Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax |
		packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports}, "./internal/...", "./search/...", "./web/...")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, wrong := range p.Errors {
			t.Fatal(wrong)
		}
		for _, f := range p.Syntax {
			name := p.Fset.Position(f.Pos()).Filename
			path, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				at := p.Fset.Position(e.Pos())
				known := p.TypesInfo.Types[e]
				if call, ok := e.(*ast.CallExpr); ok {
					convert := p.TypesInfo.Types[call.Fun]
					if convert.IsType() && isSentence(convert.Type) && known.Value == nil {
						t.Errorf("%s: a text is made a sentence of a fault while the program runs: another language cannot find it", at)
					}
					if why := unfilled(p.TypesInfo, call); why != "" {
						t.Errorf("%s: %s", at, why)
					}
					return true
				}
				if sum, ok := e.(*ast.BinaryExpr); ok && sum.Op == token.ADD && known.Value == nil && isSentence(known.Type) {
					t.Errorf("%s: a sentence put together from pieces: Newf, Addf, Checkf take its parameters", at)
				}
				if known.Value != nil && isSentence(known.Type) {
					if text := constant.StringVal(known.Value); chinese(text) {
						say(text, strings.TrimPrefix(filepath.ToSlash(path), "web/"))
					}
					return false // "甲" + "乙" is one sentence
				}
				if lit, ok := e.(*ast.CompositeLit); ok {
					if why := composed(p.PkgPath, p.TypesInfo, lit); why != "" {
						t.Errorf("%s: %s", at, why)
					}
				}
				return true
			})
		}
	}
}

func named(t types.Type, pkg, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && strings.HasSuffix(n.Obj().Pkg().Path(), pkg)
}

func isSentence(t types.Type) bool { return named(t, "foundation/fault", "Sentence") }

// unfilled compares the verbs of a sentence with the parameters that follow it.
func unfilled(info *types.Info, call *ast.CallExpr) string {
	f, ok := info.TypeOf(call.Fun).(*types.Signature)
	if !ok || call.Ellipsis.IsValid() {
		return ""
	}
	for i := range min(f.Params().Len(), len(call.Args)) {
		value := info.Types[call.Args[i]].Value
		if !isSentence(f.Params().At(i).Type()) || value == nil {
			continue
		}
		format, given := constant.StringVal(value), 0
		if f.Variadic() && i == f.Params().Len()-2 {
			given = len(call.Args) - i - 1
		}
		verbs := strings.Count(strings.ReplaceAll(format, "%%", ""), "%")
		if given > 0 && verbs != given || given == 0 && verb.MatchString(format) { // without parameters a sentence is text: 100%
			return strconv.Quote(format) + " names other parameters than it gets"
		}
	}
	return ""
}

var verb = regexp.MustCompile(`%[sdcq%]`)

// composed refuses faults that are put together by hand: their message would have no sentence.
func composed(pkg string, info *types.Info, lit *ast.CompositeLit) string {
	t := info.TypeOf(lit)
	if !named(t, "foundation/fault", "Error") && !named(t, "foundation/fault", "Field") || strings.HasSuffix(pkg, "foundation/fault") {
		return ""
	}
	return "a fault is made by fault.New, Newf, Wrap, Wrapf, At, or Fields"
}

func TestFaultsAreSentencesThatACatalogueCanTranslate(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	faultSentences(t, func(sentence, _ string) { said[sentence] = true })
	if len(said) < 700 {
		t.Errorf("only %d sentences of faults found", len(said))
	}
	for _, want := range []string{"有 %d 处需要修改", "请先登录"} {
		if !said[want] {
			t.Errorf("%q was not found", want)
		}
	}
}
