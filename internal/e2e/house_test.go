package e2e

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The rules of the house (ARCHITECTURE.md) that a machine can check.

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func listPackages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "techmarket/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		// Packages named …test only serve tests: they may import what tests may, and a shipped package that imports one is
		// refused below.
		for _, to := range p.Imports {
			if testOnly(to) && !testOnly(p.ImportPath) {
				t.Errorf("%s imports %s outside its tests", p.ImportPath, to)
			}
		}
		if !testOnly(p.ImportPath) {
			all = append(all, p)
		}
	}
}

func testOnly(path string) bool {
	return strings.HasPrefix(path, "techmarket/") && strings.HasSuffix(path, "test")
}

// wing tells how far right a package stands; imports may only point left or stay.
func wing(path string) int {
	for i, prefix := range []string{
		"techmarket/internal/foundation/", "techmarket/search", "techmarket/migrations", "techmarket/internal/platform/", "techmarket/internal/people/",
		"techmarket/internal/market/", "techmarket/internal/trade/", "techmarket/internal/certify/",
		"techmarket/internal/insight/", "techmarket/web", "techmarket/cmd/",
	} {
		if strings.HasPrefix(path, prefix) {
			return i
		}
	}
	return -1
}

// rooms are the only edges between two packages of one wing.
var rooms = map[string][]string{
	"techmarket/internal/market/achievement":     {"listing"},
	"techmarket/internal/market/demand":          {"listing"},
	"techmarket/internal/market/matching":        {"listing", "achievement", "demand"},
	"techmarket/internal/market/watch":           {"listing", "achievement", "demand", "matching"},
	"techmarket/internal/trade/broker":           {"deal"},
	"techmarket/internal/trade/deal":             {"broker"},
	"techmarket/internal/certify/contract":       {"recognition"},
	"techmarket/internal/certify/point":          {"deadline"},
	"techmarket/internal/certify/registry":       {"contract", "recognition", "ledger", "deadline", "point"},
	"techmarket/internal/certify/benefits":       {"ledger", "deadline", "point", "registry"},
	"techmarket/internal/certify/papers":         {"contract", "ledger", "point", "registry", "benefits"},
	"techmarket/internal/certify/archive":        {"contract", "ledger", "point", "registry", "papers"},
	"techmarket/internal/certify/exchange":       {"contract", "point", "registry", "archive"},
	"techmarket/internal/foundation/codes":       {"fault", "region", "money"},
	"techmarket/internal/foundation/region":      {"fault"},
	"techmarket/internal/market/matching/vector": {"fault"},
}

func TestHouse_ImportsPointLeft(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		from := wing(p.ImportPath)
		if from < 0 {
			t.Errorf("%s stands outside the house", p.ImportPath)
			continue
		}
		for _, to := range p.Imports {
			if !strings.HasPrefix(to, "techmarket/") {
				continue
			}
			switch w := wing(to); {
			case w > from:
				t.Errorf("%s imports %s, which stands to its right", p.ImportPath, to)
			case w == from && strings.HasPrefix(to, "techmarket/internal/") && !strings.HasPrefix(to, "techmarket/internal/platform/"):
				room, _, _ := strings.Cut(strings.TrimPrefix(to, to[:strings.LastIndex(wingPath(to), "/")+1]), "/")
				if !slices.Contains(rooms[p.ImportPath], room) && !strings.HasPrefix(to, p.ImportPath+"/") && !strings.HasPrefix(p.ImportPath, to+"/") {
					t.Errorf("%s imports its neighbour %s: no such edge in the house", p.ImportPath, to)
				}
			}
		}
	}
}

// wingPath cuts a package path after its room: techmarket/internal/market/matching/vector → techmarket/internal/market/matching.
func wingPath(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[:min(len(parts), 4)], "/")
}

func TestHouse_LibrariesStayInTheirTree(t *testing.T) {
	t.Parallel()
	only := map[string][]string{ // library → trees that may import it outside tests
		"github.com/labstack/echo":              {"techmarket/web"},
		"github.com/danielgtaylor/huma":         {"techmarket/web"},
		"github.com/redis/go-redis":             {"techmarket/internal/platform/cache", "techmarket/cmd/"},
		"github.com/alicebob/miniredis":         {"techmarket/internal/platform/embedded", "techmarket/cmd/"},
		"github.com/meilisearch/meilisearch-go": {"techmarket/search/meili"},
		"github.com/blevesearch/bleve":          {"techmarket/search/"},
		"github.com/emmansun/gmsm":              {"techmarket/internal/certify/ledger"},
		"github.com/riverqueue/river":           {"techmarket/internal/platform/", "techmarket/cmd/"},
		"github.com/signintech/gopdf":           {"techmarket/internal/platform/document"},
	}
	for _, p := range listPackages(t) {
		for _, to := range p.Imports {
			for lib, trees := range only {
				if strings.HasPrefix(to, lib) && !strings.HasPrefix(p.ImportPath, lib) &&
					!slices.ContainsFunc(trees, func(tree string) bool { return strings.HasPrefix(p.ImportPath, tree) }) {
					t.Errorf("%s imports %s, which only %v may", p.ImportPath, to, trees)
				}
			}
			if strings.HasPrefix(p.ImportPath, "techmarket/web") && (to == "techmarket/internal/platform/postgres" || to == "techmarket/search/meili" || to == "techmarket/search/local") {
				t.Errorf("%s imports %s: pages don't know where things are kept", p.ImportPath, to)
			}
		}
	}
}

// SQL stands in store.go of a domain package only. A statement is recognised by its first words.
func TestHouse_SQLOnlyInStores(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	for _, tree := range []string{"internal/foundation", "internal/people", "internal/market", "internal/trade", "internal/certify", "internal/insight", "web"} {
		err := filepath.WalkDir(filepath.Join(root, tree), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(filepath.Dir(path), "test") {
				return err
			}
			base := filepath.Base(path)
			if base == "store.go" || strings.HasSuffix(base, "_store.go") || strings.HasPrefix(base, "store_") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text := strings.ToLower(strings.TrimLeft(lit.Value, "`\" \n\t"))
				for _, verb := range []string{"select ", "insert into ", "update ", "delete from ", "with ", "create table "} {
					if strings.HasPrefix(text, verb) && (strings.Contains(text, " from ") || strings.Contains(text, " set ") || strings.Contains(text, " values")) && strings.Contains(lit.Value, "`") {
						t.Errorf("%s holds SQL: %.60s", path, text)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
