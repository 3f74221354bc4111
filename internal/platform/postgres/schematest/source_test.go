// Package schematest holds the schema and the SQL of the stores against each other and against the lists in code. It has
// only tests: it reads the source of the other packages and imports none of them.
package schematest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// root is the module's folder, seen from this one.
const root = "../../../.."

// lists are the closed lists of words that the code declares, by package and name.
type lists map[string][]string

// readLists reads the packages under internal. It knows three ways to declare a list: the typed constants of a type
// ("deal.State"), a function that returns codes with their words ("demand.Triages()"), and a single constant ("audit.OK").
func readLists() (lists, error) {
	found := lists{}
	err := eachFile(func(path string, file *ast.File) {
		pkg := file.Name.Name + "."
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				if d.Tok == token.CONST {
					found.constants(pkg, d)
				}
			case *ast.FuncDecl:
				if values := firstWords(d.Body); d.Recv == nil && values != nil {
					found[pkg+d.Name.Name+"()"] = values
				}
			}
		}
	})
	return found, err
}

func (l lists) constants(pkg string, d *ast.GenDecl) {
	for _, s := range d.Specs {
		spec := s.(*ast.ValueSpec)
		for i, name := range spec.Names {
			if i >= len(spec.Values) {
				continue
			}
			value, ok := text(spec.Values[i])
			if !ok || value == "" && !unicode.IsUpper(rune(name.Name[0])) { // an inner "none of them"
				continue
			}
			l[pkg+name.Name] = []string{value}
			if named, ok := spec.Type.(*ast.Ident); ok && named.Name != "string" {
				l[pkg+named.Name] = append(l[pkg+named.Name], value)
			}
		}
	}
}

// of finds a list by its name; ".Name" is the list of that name in whatever package, if there is only one.
func (l lists) of(name string) []string {
	if !strings.HasPrefix(name, ".") {
		return l[name]
	}
	var match []string
	for key, values := range l {
		if strings.HasSuffix(key, name) {
			if match != nil {
				return nil
			}
			match = values
		}
	}
	return match
}

// firstWords returns the codes of a function whose only statement returns a list of pairs or indexes a map of words.
func firstWords(body *ast.BlockStmt) []string {
	if body == nil || len(body.List) != 1 {
		return nil
	}
	back, ok := body.List[0].(*ast.ReturnStmt)
	if !ok || len(back.Results) != 1 {
		return nil
	}
	result := back.Results[0]
	if index, ok := result.(*ast.IndexExpr); ok {
		result = index.X
	}
	all, ok := result.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	var words []string
	for _, e := range all.Elts {
		switch pair := e.(type) {
		case *ast.KeyValueExpr:
			e = pair.Key
		case *ast.CompositeLit:
			if len(pair.Elts) == 0 {
				return nil
			}
			e = pair.Elts[0]
			if field, ok := e.(*ast.KeyValueExpr); ok { // Choice{Code: "publish", …}
				e = field.Value
			}
		}
		word, ok := text(e)
		if !ok {
			return nil
		}
		words = append(words, word)
	}
	return words
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// eachFile parses the shipped Go files under internal.
func eachFile(visit func(path string, file *ast.File)) error {
	return filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			visit(path, file)
		}
		return err
	})
}

// same reports whether two lists hold the same words, in whatever order.
func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
