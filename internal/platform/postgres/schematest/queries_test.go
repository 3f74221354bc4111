package schematest

import (
	"context"
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres/pgtest"
)

// dynamic are the functions whose SQL is put together while the program runs, each with the reason. What they make is only
// tested where it runs.
var dynamic = map[string]string{
	"benefits.readLists":     listQuery,
	"demo.deleteSample":      "one statement for each of the tables that hold sample rows",
	"registry.count":         "counts what a list of listQuery shows",
	"registry.counts":        listQuery,
	"registry.deadlineQuery": listQuery,
	"registry.sql":           listQuery,
	"stats.cells":            statsQuery,
	"witness.readSQL":        verdicts,
	"witness.rowsSQL":        verdicts,
	"stats.entries":          statsQuery,
}

const (
	verdicts   = "the columns that the table of verdicts names"
	listQuery  = "the scope of a desk decides the conditions: one alone lets PostgreSQL use its index over a million rows"
	statsQuery = "rows, columns and conditions of a table of figures are chosen by the reader"
)

// fragments are constants that begin like a statement and are only the beginning of others.
var fragments = []string{"watch.shownPairs"}

// statement is one SQL text that the source knows in full.
type statement struct {
	name string // package and constant, or package and function
	sql  string
}

var verb = regexp.MustCompile(`(?i)^\s*(select|insert into|update|delete from|with|lock table|truncate)\s`)

// isStore tells the files that may hold SQL, as the house test does.
func isStore(path string) bool {
	base := filepath.Base(path)
	return base == "store.go" || strings.HasPrefix(base, "store_") || strings.HasSuffix(base, "_store.go")
}

// readStatements finds the statements of every store file, and the functions that put SQL together at run time.
func readStatements() (static []statement, made map[string]bool, err error) {
	made = map[string]bool{}
	err = filepath.WalkDir(filepath.Join(root, "internal"), func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		stores, info, err := readPackage(dir)
		for _, file := range stores {
			r := reader{pkg: file.Name.Name, info: info, made: made}
			ast.Walk(&r, file)
			static = append(static, r.static...)
		}
		return err
	})
	return static, made, err
}

// readPackage parses a folder and works out its constants. Imports are not followed: a constant of another package is unknown
// here, and what is built with it counts as put together at run time.
func readPackage(dir string) (stores []*ast.File, info *types.Info, err error) {
	paths, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	fset := token.NewFileSet()
	var all []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, file)
		if isStore(path) {
			stores = append(stores, file)
		}
	}
	if stores == nil {
		return nil, nil, nil
	}
	info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Error: func(error) {}, Importer: noImports{}, DisableUnusedImportCheck: true}
	_, _ = config.Check(dir, fset, all, info) // unknown imports are errors; the constants are known all the same
	return stores, info, nil
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not followed") }

// reader walks one file. It stops at the widest constant text: the parts of a statement are not statements.
type reader struct {
	pkg      string
	info     *types.Info
	function string
	building int // inside an expression that is put together at run time
	static   []statement
	made     map[string]bool
}

func (r *reader) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.FuncDecl:
		inner := *r
		inner.function, inner.static = n.Name.Name, nil
		if n.Body != nil {
			ast.Walk(&inner, n.Body)
		}
		r.static = append(r.static, inner.static...)
		return nil
	case *ast.ValueSpec:
		for i, value := range n.Values {
			inner := *r
			inner.static = nil
			if inner.function == "" && i < len(n.Names) {
				inner.function = n.Names[i].Name
			}
			ast.Walk(&inner, value)
			r.static = append(r.static, inner.static...)
		}
		return nil
	case ast.Expr:
		if sql, ok := r.text(n); ok {
			r.note(sql)
			return nil
		}
		if call, ok := n.(*ast.CallExpr); ok && names(call, "Errorf") {
			return nil // "delete from %s: %w" tells of an error
		}
		if puts(n) {
			inner := *r
			inner.building++
			inner.static = nil
			for _, part := range parts(n) {
				ast.Walk(&inner, part)
			}
			return nil
		}
	}
	return r
}

func (r *reader) text(e ast.Expr) (string, bool) {
	value := r.info.Types[e].Value
	if value == nil || value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(value), true
}

func (r *reader) note(sql string) {
	if !verb.MatchString(sql) {
		return
	}
	name := r.pkg + "." + r.function
	if r.building > 0 {
		r.made[name] = true
		return
	}
	r.static = append(r.static, statement{name, sql})
}

// puts reports whether an expression puts a text together: a sum that is no constant, or fmt.Sprintf.
func puts(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return e.Op == token.ADD
	case *ast.CallExpr:
		return names(e, "Sprintf")
	}
	return false
}

// names reports whether a call is of a function of that name in another package.
func names(call *ast.CallExpr, name string) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && f.Sel.Name == name
}

func parts(e ast.Expr) []ast.Expr {
	if sum, ok := e.(*ast.BinaryExpr); ok {
		return []ast.Expr{sum.X, sum.Y}
	}
	return e.(*ast.CallExpr).Args
}

// Every statement of the stores fits the schema: its tables, columns and types are there. A column renamed in a migration fails
// here, also where no test runs the statement.
func TestQueries_FitTheSchema(t *testing.T) {
	t.Parallel()
	static, made, err := readStatements()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgtest.Program(t, pgtest.New(t)).Pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	seen := map[string]bool{}
	for _, s := range static {
		if seen[s.sql] || slices.Contains(fragments, s.name) {
			continue
		}
		seen[s.sql] = true
		if err := prepare(t.Context(), conn.Conn(), s.sql); err != nil {
			t.Errorf("%s: %v\n%s", s.name, err, s.sql)
		}
	}
	for name := range made {
		if dynamic[name] == "" {
			t.Errorf("%s puts SQL together at run time: make it a constant, or say in dynamic why it cannot be one", name)
		}
	}
	for name := range dynamic {
		if !made[name] {
			t.Errorf("%s: in dynamic, but puts no SQL together", name)
		}
	}
	t.Logf("%d statements fit the schema; %d functions put SQL together at run time", len(seen), len(made))
	if len(seen) < 250 {
		t.Errorf("only %d statements found", len(seen))
	}
}

var planned = regexp.MustCompile(`(?i)^\s*(select|with|insert|update|delete)\b`)

// prepare has the server parse a statement as pgx would send it, and plan it: then it says whether the program's role may do it.
func prepare(ctx context.Context, conn *pgx.Conn, sql string) error {
	numbered, _, err := pgx.NamedArgs{}.RewriteQuery(ctx, conn, sql, nil)
	if err != nil {
		return err
	}
	if _, err = conn.Prepare(ctx, "", numbered); err != nil || !planned.MatchString(numbered) {
		return err
	}
	_, err = conn.PgConn().Exec(ctx, "explain (generic_plan) "+numbered).ReadAll()
	return err
}
