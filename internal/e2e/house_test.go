package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// The rules of the house (ARCHITECTURE.md) about imports. What a machine can check in the text of the code is in
// house_code_test.go.

// wings of the house from left to right, each with its rooms. An import may only point left, or inside a wing along an edge that
// insideWings lists. A room that is not here fails the test, and so does one that does not exist.
var wings = []struct{ name, rooms string }{
	{"docs", ""}, // only a test: what the code cites exists
	{"foundation", "actor money fault region codes clock lang stored fact currency"},
	{"search", "local meili zh"},
	{"migrations", ""},
	{"platform", "postgres embedded jobs cache files document notify audit idempotency embedding kept vault scan live"},
	{"people", "identity quota expert"},
	{"market", "facet listing reading achievement demand catalogue matching watch survey"},
	{"trade", "broker deal notice challenge sale rights trial disclosure"},
	{"certify", "recognition contract ledger deadline point registry benefits papers archive exchange extract witness"},
	{"services", "register voucher finance"},
	{"publish", "policy event integrity"},
	{"insight", "stats monitor plan price place annual"},
	{"web", "view ui people market trade certify services publish insight site api assets templates locales"},
	{"app", "cli demo"},
	{"cmd", "techmarket"},
}

// insideWings are the only edges between two packages of one wing: importer → imported, as names inside the wing ("." is the wing's
// own package). An edge that nothing uses fails the test too, so that this table is the picture of the house.
var insideWings = map[string]map[string]string{
	"foundation": {"codes": "fault region", "stored": "fault", "fact": "clock fault money", "currency": "fact fault money"},
	"search":     {".": "zh", "local": ". zh", "meili": ". zh"},
	"platform": {"audit": "postgres", "files": "document postgres", "idempotency": "postgres", "jobs": "postgres", "kept": "files postgres",
		"notify": "jobs postgres vault"},
	"people": {"identity": "quota"},
	"market": {
		"listing":          "facet",
		"achievement":      "facet listing",
		"demand":           "facet listing",
		"listing/importer": "listing",
		"reading":          "listing",
		"catalogue":        "facet listing",
		"matching":         "facet",
		"matching/vector":  "matching",
		"watch":            "catalogue facet listing matching",
	},
	"trade": {"broker": "deal", "challenge": "deal notice", "rights": "deal notice", "sale": "deal", "trial": "deal", "disclosure": "deal"},
	"certify": {"contract": "recognition", "point": "deadline", "witness": "ledger",
		"extract":  "contract recognition",
		"registry": "contract deadline extract ledger point recognition witness",
		"benefits": "deadline ledger point registry witness", "papers": "benefits contract ledger point registry",
		"archive": "contract ledger papers point registry", "exchange": "archive contract point registry"},
	"services": {"register/kind": "register"},
	"insight":  {"place": "stats"},
	"web": {".": "locales ui/words view", "view": "assets templates", "ui": ". view", "assets/vendoring": "assets/icons assets/sheet",
		"people": ". ui view", "market": ". ui ui/words view", "trade": ". ui view", "certify": ". ui ui/words view",
		"services": ". ui ui/words view", "publish": ". ui ui/words view", "insight": ". ui ui/words view", "site": ". ui ui/words view",
		"api": ". view", "api/people": ". api", "api/market": ". api", "api/trade": ". api", "api/certify": ". api",
		"api/insight": ". api ui/words",
		"api/site":    ". api", "api/services": ". api", "api/publish": ". api"},
	"app": {"cli": ". demo", "demo": ". demo/sample"},
}

const module = "techmarket/"

type pkg struct {
	ImportPath string
	Imports    []string
}

// place finds the wing of a package, its position and its name inside the wing.
func place(importPath string) (at int, wing, name string) {
	inside := strings.TrimPrefix(strings.TrimPrefix(importPath, module), "internal/")
	wing, name, _ = strings.Cut(inside, "/")
	if name == "" {
		name = "."
	}
	return wingAt(wing), wing, name
}

func wingAt(name string) int {
	for i, w := range wings {
		if w.name == name {
			return i
		}
	}
	return -1
}

// shipped lists the packages of the program. Packages named …test only serve tests: they may import what tests may, and a shipped
// package that imports one fails here. So do rooms that the house does not know.
func shipped(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == module+"internal/e2e" || testOnly(p.ImportPath) {
			continue
		}
		all = append(all, p)
		for _, to := range p.Imports {
			if testOnly(to) {
				t.Errorf("%s imports %s outside its tests", p.ImportPath, to)
			}
		}
		at, wing, name := place(p.ImportPath)
		room, _, _ := strings.Cut(name, "/")
		if at < 0 || room != "." && !slices.Contains(strings.Fields(wings[at].rooms), room) {
			t.Errorf("%s is a room that the house does not know (wing %s)", p.ImportPath, wing)
		}
	}
	for _, w := range wings {
		for room := range strings.FieldsSeq(w.rooms) {
			if !slices.ContainsFunc(all, func(p pkg) bool { _, wing, name := place(p.ImportPath); return wing == w.name && inRoom(name, room) }) {
				t.Errorf("%s/%s stands in the list of rooms and nowhere else: strike it out", w.name, room)
			}
		}
	}
	return all
}

// inRoom reports whether a package, by its name inside the wing, lies in that room.
func inRoom(name, room string) bool { return name == room || strings.HasPrefix(name, room+"/") }

func testOnly(importPath string) bool {
	return strings.HasPrefix(importPath, module) && strings.HasSuffix(importPath, "test")
}

func TestHouse_ImportsPointLeft(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range shipped(t) {
		from, wing, name := place(p.ImportPath)
		for _, to := range p.Imports {
			if !strings.HasPrefix(to, module) {
				continue
			}
			at, _, imported := place(to)
			switch {
			case at > from:
				t.Errorf("%s imports %s, which stands to its right", p.ImportPath, to)
			case at == from && !slices.Contains(strings.Fields(insideWings[wing][name]), imported):
				t.Errorf("%s imports its neighbour %s: no such edge in the house", p.ImportPath, to)
			case at == from:
				used[wing+" "+name+" "+imported] = true
			}
		}
	}
	for _, wing := range slices.Sorted(maps.Keys(insideWings)) {
		for _, name := range slices.Sorted(maps.Keys(insideWings[wing])) {
			for imported := range strings.FieldsSeq(insideWings[wing][name]) {
				if !used[wing+" "+name+" "+imported] {
					t.Errorf("%s: the edge %s → %s is allowed and nothing uses it", wing, name, imported)
				}
			}
		}
	}
}

// A wing of the web and its half of the API see the services of their own wing and of those left of it: for what stands right of it, the
// wing declares a small interface and package app supplies it. The door, the page kit and the site's own pages belong to no wing.
func TestHouse_WebWingsLookLeft(t *testing.T) {
	t.Parallel()
	for _, p := range shipped(t) {
		short := strings.TrimPrefix(p.ImportPath, module)
		own := wingAt(path.Base(short))
		if !strings.HasPrefix(short, "web/") || own < 0 || own >= wingAt("web") {
			continue
		}
		for _, to := range p.Imports {
			at, wing, name := place(to)
			if strings.HasPrefix(to, module+"internal/") && at > own {
				t.Errorf("%s calls %s/%s, which stands to its right", short, wing, name)
			}
		}
	}
}

// onlyIn says which trees may import a library outside tests.
var onlyIn = map[string]string{
	"github.com/labstack/echo":              "web",
	"github.com/danielgtaylor/huma":         "web",
	"github.com/redis/go-redis":             "internal/platform/cache",
	"github.com/alicebob/miniredis":         "internal/platform/embedded",
	"github.com/meilisearch/meilisearch-go": "search/meili",
	"github.com/blevesearch/bleve":          "search/local",
	"github.com/emmansun/gmsm":              "internal/certify/ledger",
	"github.com/riverqueue/river":           "internal/platform/jobs internal/platform/postgres", // its tables are migrated with ours
	"github.com/signintech/gopdf":           "internal/platform/document",
	"github.com/xuri/excelize":              "internal/platform/document",
	"github.com/pressly/goose":              "internal/platform/postgres migrations",
	"github.com/prometheus/client_golang":   "internal/app",
}

func TestHouse_LibrariesStayInTheirTree(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range shipped(t) {
		short := strings.TrimPrefix(p.ImportPath, module)
		for _, to := range p.Imports {
			for library, trees := range onlyIn {
				if !strings.HasPrefix(to, library) {
					continue
				}
				used[library] = true
				if !slices.ContainsFunc(strings.Fields(trees), func(tree string) bool { return short == tree || strings.HasPrefix(short, tree+"/") }) {
					t.Errorf("%s imports %s, which only %s may", short, to, trees)
				}
			}
			kept := []string{"internal/platform/postgres", "search/meili", "search/local"}
			if strings.HasPrefix(short, "web") && slices.Contains(kept, strings.TrimPrefix(to, module)) {
				t.Errorf("%s imports %s: pages don't know where things are kept", short, to)
			}
		}
	}
	for library := range onlyIn {
		if !used[library] {
			t.Errorf("nothing imports %s any more: strike it out", library)
		}
	}
}
