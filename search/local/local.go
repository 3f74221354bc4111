// Package local is the embedded search engine: bleve (scorch, BM25) in the process, on disk or in memory.
//
// It owns the index folder and nothing else. Text is cut by zh.Analyzer and counted before bleve sees it, so that both engines know the
// same words. bleve says which documents hold which words and how well; codes and numbers are kept in memory
// (columns), where filters, counts and orders cost a hundredth. It refuses to repair a damaged folder: it starts an empty index and says so
// (Fresh), and the caller rebuilds from the database.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"golang.org/x/sync/errgroup"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
	"techmarket/search/zh"
)

// Fields of the bleve index.
const (
	fieldTitle  = "t" // words of title and keywords
	fieldWords  = "w" // words of everything; the title's three times, the keywords' and the summary's twice
	fieldPinyin = "p"

	// Stored only.
	fieldDoc      = "d" // the whole document as JSON
	fieldRow      = "c" // its row of the columns as JSON
	fieldPrepared = "g" // Document.Prepared
)

// Names of filters that are no facets of the document.
const (
	fieldKind = "kind"
	fieldID   = "id"
)

const batchSize = 2000

// Engine is the embedded search.Engine.
type Engine struct {
	dir      string // "" in memory
	analyzer *zh.Analyzer
	fresh    bool

	swap    sync.RWMutex // held for reading while the serving index is used, for writing while it is swapped
	serving *shelf

	write   sync.Mutex // one writer at a time, so that a version check and its write are one step
	filling *shelf     // the index being rebuilt, nil otherwise
	deleted map[string]bool

	rebuild sync.Mutex
}

// shelf is one bleve index with its columns; path is "" in memory.
type shelf struct {
	bleve.Index
	path    string
	columns *columns

	mu   sync.Mutex
	rows map[uint64][]int32 // rows of the columns by bleve's segment and document in it; segments never change
}

var _ search.Engine = (*Engine)(nil)

// Open opens the index in dir, or one in memory when dir is "". A missing or damaged index is replaced by an empty one;
// Fresh then reports true. Fault: unavailable "search_locked" when another process has the folder open.
func Open(dir string, analyzer *zh.Analyzer) (*Engine, error) {
	e := &Engine{dir: dir, analyzer: analyzer, fresh: true}
	if dir == "" {
		s, err := newShelf("")
		e.serving = s
		return e, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	if name, err := os.ReadFile(e.currentFile()); err == nil {
		path := filepath.Join(dir, filepath.Base(strings.TrimSpace(string(name))))
		s, err := openShelf(path)
		switch {
		case err == nil:
			e.serving, e.fresh = s, false
			e.removeOthers()
			return e, nil
		case strings.Contains(err.Error(), "timeout"): // bbolt's lock
			return nil, fault.Wrap(err, fault.Unavailable, "search_locked", "检索目录正被另一个进程使用，请先停止它。")
		}
	}
	s, err := newShelf(e.newPath())
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	e.serving = s
	if err := e.point(s.path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	e.removeOthers()
	return e, nil
}

// Fresh reports whether Open began an empty index (first start, damaged folder): the caller must Rebuild.
func (e *Engine) Fresh() bool {
	e.swap.RLock()
	defer e.swap.RUnlock()
	return e.fresh
}

// currentFile names the index in use. It is one for each version of the cut, so that an index of another is none.
func (e *Engine) currentFile() string { return filepath.Join(e.dir, "CURRENT-"+zh.Version) }

// newPath finds a folder name that is not taken.
func (e *Engine) newPath() string {
	if e.dir == "" {
		return ""
	}
	for n := 1; ; n++ {
		path := filepath.Join(e.dir, "index-"+strconv.Itoa(n))
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
}

// point makes path the index that the next start opens; the rename is atomic.
func (e *Engine) point(path string) error {
	tmp := e.currentFile() + ".tmp"
	if err := os.WriteFile(tmp, []byte(filepath.Base(path)+"\n"), 0o600); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	return os.Rename(tmp, e.currentFile())
}

// removeOthers deletes what an interrupted rebuild or a damaged index left behind; failing to is harmless.
func (e *Engine) removeOthers() {
	paths, _ := filepath.Glob(filepath.Join(e.dir, "index-*"))
	for _, p := range paths {
		if p != e.serving.path {
			os.RemoveAll(p)
		}
	}
}

func newShelf(path string) (*shelf, error) {
	m := bleve.NewIndexMapping() // no mapping: entry makes the fields itself
	var i bleve.Index
	var err error
	if path == "" {
		i, err = bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	} else {
		i, err = bleve.NewUsing(path, m, scorch.Name, scorch.Name, map[string]any{"bolt_timeout": "2s"})
	}
	if err != nil {
		return nil, err
	}
	return &shelf{Index: i, path: path, columns: newColumns(), rows: map[uint64][]int32{}}, nil
}

// openShelf opens and reads every row, because bleve opens some damaged folders without complaint. An index of an older program, without
// rows, is refused like a damaged one.
func openShelf(path string) (s *shelf, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("local: damaged index: %v", r)
		}
	}()
	i, err := bleve.OpenUsing(path, map[string]any{"bolt_timeout": "2s"})
	if err != nil {
		return nil, err
	}
	s = &shelf{Index: i, path: path, columns: newColumns(), rows: map[uint64][]int32{}}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return s, nil
}

// load fills the columns from the index.
func (s *shelf) load() error {
	snapshot, err := s.snapshot()
	if err != nil {
		return err
	}
	defer snapshot.Close()
	for _, segment := range snapshot.Segments() {
		live := segment.DocNumbersLive().Iterator()
		for live.HasNext() {
			var d search.Document
			raw, err := stored(segment, uint64(live.Next()), fieldRow)
			if err == nil {
				err = json.Unmarshal(raw, &d)
			}
			if err != nil || d.ID == "" {
				return fmt.Errorf("local: a row is missing: %w", errors.Join(err, errDamaged))
			}
			s.columns.put(d)
		}
	}
	return nil
}

var errDamaged = errors.New("local: the index is damaged or of another version")

// stored reads one stored field of a document of a segment.
func stored(segment *scorch.SegmentSnapshot, doc uint64, field string) (value []byte, err error) {
	err = segment.VisitDocument(doc, func(name string, _ byte, v []byte, _ []uint64) bool {
		if name == field {
			value = append([]byte(nil), v...)
		}
		return value == nil
	})
	return value, err
}

// Index implements search.Engine.
func (e *Engine) Index(ctx context.Context, docs ...search.Document) error {
	return e.feed(ctx, e.put, func(emit func(...search.Document) error) error { return emit(docs...) })
}

// part is some documents with what bleve keeps of them.
type part struct {
	docs    []search.Document
	entries []*document.Document
}

// feed writes what fill emits in parts, each while the next is being cut: bleve writes on one core. Larger parts make fewer segments to
// merge.
func (e *Engine) feed(ctx context.Context, write func(part) error, fill func(emit func(...search.Document) error) error) error {
	parts := make(chan part)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for p := range parts {
			if err := write(p); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		defer close(parts)
		var waiting []search.Document
		send := func(n int) error {
			p := part{docs: slices.Clone(waiting[:n])}
			waiting = slices.Delete(waiting, 0, n)
			var err error
			if p.entries, err = e.entries(ctx, p.docs); err != nil {
				return err
			}
			select {
			case parts <- p:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := fill(func(docs ...search.Document) error {
			waiting = append(waiting, docs...)
			for len(waiting) >= batchSize {
				if err := send(batchSize); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(waiting) == 0 {
			return err
		}
		return send(len(waiting))
	})
	return g.Wait()
}

// entries cuts the documents on all cores.
func (e *Engine) entries(ctx context.Context, docs []search.Document) ([]*document.Document, error) {
	entries := make([]*document.Document, len(docs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, d := range docs {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := d.Validate(); err != nil {
				return err
			}
			var err error
			entries[i], err = e.entry(d)
			return err
		})
	}
	return entries, g.Wait()
}

// put writes to the serving index and to the one being filled.
func (e *Engine) put(p part) error {
	e.write.Lock()
	defer e.write.Unlock()
	if err := e.serving.put(p, nil); err != nil {
		return err
	}
	if e.filling == nil {
		return nil
	}
	for _, d := range p.docs {
		delete(e.deleted, d.ID)
	}
	return e.filling.put(p, nil)
}

// put writes those documents that are not older than what the shelf holds, nor deleted meanwhile. The caller holds Engine.write.
func (s *shelf) put(p part, deleted map[string]bool) error {
	held := s.columns.versions(p.docs)
	b := s.NewBatch()
	var taken []search.Document
	for i, d := range p.docs {
		if v, ok := held[d.ID]; ok && v > d.Version || deleted[d.ID] {
			continue
		}
		held[d.ID] = d.Version
		if err := b.IndexAdvanced(p.entries[i]); err != nil {
			return fmt.Errorf("local: %w", err)
		}
		taken = append(taken, d)
	}
	if b.Size() == 0 {
		return nil
	}
	if err := s.Batch(b); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	s.columns.put(taken...)
	return nil
}

// get reads documents by id, in any order.
func (s *shelf) get(ctx context.Context, ids []string) ([]search.Document, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	req := bleve.NewSearchRequestOptions(bleve.NewDocIDQuery(ids), len(ids), 0, false)
	req.Fields = []string{fieldDoc}
	res, err := s.SearchInContext(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	docs := make([]search.Document, len(res.Hits))
	for i, h := range res.Hits {
		if docs[i], err = decode(h.Fields); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

func decode(fields map[string]any) (d search.Document, err error) {
	raw, _ := fields[fieldDoc].(string)
	if err = json.Unmarshal([]byte(raw), &d); err != nil {
		err = fmt.Errorf("local: stored document: %w", err)
	}
	return d, err
}

// Delete implements search.Engine.
func (e *Engine) Delete(_ context.Context, ids ...string) error {
	e.write.Lock()
	defer e.write.Unlock()
	shelves := []*shelf{e.serving}
	if e.filling != nil {
		shelves = append(shelves, e.filling)
		for _, id := range ids {
			e.deleted[id] = true
		}
	}
	for _, s := range shelves {
		b := s.NewBatch()
		for _, id := range ids {
			b.Delete(id)
		}
		if err := s.Batch(b); err != nil {
			return fmt.Errorf("local: %w", err)
		}
		s.columns.remove(ids...)
	}
	return nil
}

// Get implements search.Engine.
func (e *Engine) Get(ctx context.Context, ids ...string) ([]search.Document, error) {
	e.swap.RLock()
	defer e.swap.RUnlock()
	return e.serving.get(ctx, ids)
}

// Refs implements search.Engine.
func (e *Engine) Refs(_ context.Context, yield func(search.Ref) error) error {
	e.swap.RLock()
	refs := e.serving.columns.refs()
	e.swap.RUnlock()
	for _, r := range refs {
		if err := yield(r); err != nil {
			return err
		}
	}
	return nil
}

// Rebuild implements search.Engine. Only one runs at a time; a second waits.
func (e *Engine) Rebuild(ctx context.Context, fill func(emit func(...search.Document) error) error) error {
	e.rebuild.Lock()
	defer e.rebuild.Unlock()
	next, err := newShelf(e.newPath())
	if err != nil {
		return fmt.Errorf("local: %w", err)
	}
	e.write.Lock()
	e.filling, e.deleted = next, map[string]bool{}
	e.write.Unlock()
	err = e.feed(ctx, func(p part) error {
		e.write.Lock()
		defer e.write.Unlock()
		return next.put(p, e.deleted)
	}, fill)
	e.write.Lock()
	defer e.write.Unlock()
	e.filling, e.deleted = nil, nil
	if err == nil && e.dir != "" {
		err = e.point(next.path)
	}
	old := next
	if err == nil {
		e.swap.Lock()
		old, e.serving, e.fresh = e.serving, next, false
		e.swap.Unlock()
	}
	err = errors.Join(err, old.Close())
	if old.path != "" {
		err = errors.Join(err, os.RemoveAll(old.path))
	}
	return err
}

// Stats implements search.Engine.
func (e *Engine) Stats(context.Context) (search.Stats, error) {
	e.swap.RLock()
	defer e.swap.RUnlock()
	n, err := e.serving.DocCount()
	s := search.Stats{Engine: "local", Documents: int(n)}
	if e.serving.path != "" {
		err = errors.Join(err, filepath.WalkDir(e.serving.path, func(_ string, f fs.DirEntry, err error) error {
			if err == nil && f.Type().IsRegular() {
				if info, err := f.Info(); err == nil {
					s.Bytes += info.Size()
				}
			}
			return nil // a file merged away while walking is no error
		}))
	}
	return s, err
}

// Close implements search.Engine.
func (e *Engine) Close() error {
	e.write.Lock()
	defer e.write.Unlock()
	e.swap.Lock()
	defer e.swap.Unlock()
	return e.serving.Close()
}
