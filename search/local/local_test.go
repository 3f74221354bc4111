package local_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
	"techmarket/search/enginetest"
	"techmarket/search/local"
	"techmarket/search/zh"
)

// analyzer is read-only; loading it once keeps the tests fast.
var analyzer = sync.OnceValues(func() (*zh.Analyzer, error) { return zh.New() })

func open(t testing.TB, dir string) *local.Engine {
	t.Helper()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	e, err := local.Open(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T) search.Engine {
		e := open(t, "")
		t.Cleanup(func() { e.Close() })
		return e
	})
}

// An engine whose answers are remembered is still an engine: what was written is found by the next search.
func TestConformanceRemembered(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T) search.Engine {
		e := search.NewRemember(open(t, ""), time.Hour, time.Now)
		t.Cleanup(func() { e.Close() })
		return e
	})
}

func TestConformanceOnDisk(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T) search.Engine {
		e := open(t, t.TempDir())
		t.Cleanup(func() { e.Close() })
		return e
	})
}

func TestAnIndexOnDiskSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), context.Background()
	e := open(t, dir)
	if !e.Fresh() {
		t.Error("first start: want Fresh")
	}
	fill := func(emit func(...search.Document) error) error {
		return emit(search.Document{ID: "a1", Kind: "achievement", Version: 1, Title: "稀土永磁"})
	}
	if err := e.Rebuild(ctx, fill); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = open(t, dir)
	defer e.Close()
	res, err := e.Search(ctx, search.Query{Text: "稀土", Limit: 1})
	if err != nil || res.Total != 1 || e.Fresh() {
		t.Errorf("after a restart: total %d, fresh %v, %v", res.Total, e.Fresh(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "index-*")); len(left) != 1 {
		t.Errorf("folders left: %d, want 1", len(left))
	}
}

func TestADamagedFolderBecomesAnEmptyIndexThatAsksForARebuild(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(dir string) error{
		"meta cut off": func(dir string) error { return truncate(dir, "index-*/index_meta.json") },
		"root cut off": func(dir string) error { return truncate(dir, "index-*/store/root.bolt") },
		"segment lost": func(dir string) error { return truncate(dir, "index-*/store/*.zap") },
		"folder gone":  func(dir string) error { return removeAll(dir, "index-*") },
		"pointer wrong": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "CURRENT-"+zh.Version), []byte("../etc"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, ctx := t.TempDir(), context.Background()
			e := open(t, dir)
			if err := e.Index(ctx, search.Document{ID: "a1", Kind: "achievement", Version: 1, Title: "稀土"}); err != nil {
				t.Fatal(err)
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			e = open(t, dir)
			defer e.Close()
			if st, err := e.Stats(ctx); !e.Fresh() || err != nil || st.Documents != 0 {
				t.Errorf("fresh %v, stats %+v, %v; want an empty index", e.Fresh(), st, err)
			}
			if err := e.Index(ctx, search.Document{ID: "a1", Kind: "achievement", Version: 1, Title: "稀土"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func truncate(dir, pattern string) error {
	paths, _ := filepath.Glob(filepath.Join(dir, pattern))
	if len(paths) == 0 {
		return errors.New("nothing to damage at " + pattern)
	}
	var err error
	for _, p := range paths {
		err = errors.Join(err, os.Chmod(p, 0o600), os.Truncate(p, 7))
	}
	return err
}

func removeAll(dir, pattern string) error {
	paths, _ := filepath.Glob(filepath.Join(dir, pattern))
	var err error
	for _, p := range paths {
		err = errors.Join(err, os.RemoveAll(p))
	}
	return err
}

func TestAFolderInUseIsToldClearly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := open(t, dir)
	defer e.Close()
	a, _ := analyzer()
	if _, err := local.Open(dir, a); !fault.HasCode(err, "search_locked") {
		t.Errorf("second open: %v, want search_locked", err)
	}
}
