// Package meili is the search.Engine on a Meilisearch server (v1.50 tried) through meilisearch-go.
//
// It owns one index on that server (and, while rebuilding, a second one beside it) and the settings of both. Words are cut by
// zh.Analyzer and sent as opaque Latin tokens (token.go), so Meilisearch never cuts Chinese itself and finds the same words as the
// embedded engine. It never waits without a limit: every search has a deadline, nothing is retried here, and every write is confirmed
// "succeeded" before it is reported done. When the server is away it says so (unavailable), and search.WithFallback answers.
package meili

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/meilisearch/meilisearch-go"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
	"techmarket/search/zh"
)

// Tried is the server's version that this package is tested with.
const Tried = "1.50"

// Attributes of a document in Meilisearch.
const (
	attrID       = "id"
	attrKind     = "kind"
	attrVersion  = "version"
	attrTitle    = "t" // Han words of title and keywords, as tokens
	attrWords    = "w" // Han words of everything, as tokens
	attrLatin    = "l" // all other words
	attrPinyin   = "p"
	attrFacets   = "f"
	attrNumbers  = "n"
	attrDoc      = "d" // the whole document
	attrPrepared = "g" // Document.Prepared, base64 on the wire

	// No document has it: an index whose settings name another version of the cut is filled anew.
	attrCut = "cut" + zh.Version
)

const (
	batchSize   = 1000
	maxDocBatch = 8 << 20 // bytes of one write; the server takes 100 MB
	pollEvery   = 20 * time.Millisecond
	taskTimeout = 5 * time.Minute
	maxHits     = 2_000_000
	callTimeout = 30 * time.Second // of one call that is no search: a server that accepts and never answers
)

// Options say where the server is.
type Options struct {
	URL           string
	Key           string
	Index         string        // name of the index; default "listings"
	SearchTimeout time.Duration // default 300 ms
	HTTP          *http.Client  // default: a client with kept-alive connections
}

// Engine is the search.Engine on Meilisearch. Only one process may write to an index: the version check and the write are two calls.
type Engine struct {
	server   meilisearch.ServiceManager
	analyzer *zh.Analyzer
	index    string
	timeout  time.Duration
	fresh    atomic.Bool

	write   sync.Mutex
	filling string // the index being rebuilt, "" otherwise
	deleted map[string]bool

	rebuild sync.Mutex
}

var _ search.Engine = (*Engine)(nil)

// Open connects, and creates the index with its settings when it is missing. Fault: unavailable "search_unavailable".
func Open(ctx context.Context, o Options, analyzer *zh.Analyzer) (*Engine, error) {
	e := newEngine(o, analyzer)
	return e, e.ensure(ctx)
}

func newEngine(o Options, analyzer *zh.Analyzer) *Engine {
	client := o.HTTP
	if client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 32
		// A compressed answer comes in several small packets, and the kernels on both ends then wait 40 ms for each other.
		transport.DisableCompression = true
		client = &http.Client{Transport: transport, Timeout: callTimeout}
	}
	e := &Engine{
		server:   meilisearch.New(o.URL, meilisearch.WithAPIKey(o.Key), meilisearch.WithCustomClient(client), meilisearch.DisableRetries()),
		analyzer: analyzer, index: o.Index, timeout: o.SearchTimeout,
	}
	if e.index == "" {
		e.index = "listings"
	}
	if e.timeout == 0 {
		e.timeout = 300 * time.Millisecond
	}
	return e
}

// Fresh reports whether the index is missing, was created empty or has settings of another program version: the caller must Rebuild.
func (e *Engine) Fresh() bool { return e.fresh.Load() }

// look finds out whether the index is there and fresh, and changes nothing.
func (e *Engine) look(ctx context.Context) (there bool, err error) {
	held, err := e.server.Index(e.index).GetSettingsWithContext(ctx)
	switch {
	case err == nil:
		if !sameSettings(held) {
			e.fresh.Store(true)
		}
		return true, nil
	case code(err) == "index_not_found":
		e.fresh.Store(true)
		return false, nil
	}
	return false, unavailable("open", err)
}

// ensure creates what is missing.
func (e *Engine) ensure(ctx context.Context) error {
	there, err := e.look(ctx)
	if err != nil || there {
		return err
	}
	return e.create(ctx, e.index)
}

// create makes an empty index with settings; settings before documents, or everything is indexed twice.
func (e *Engine) create(ctx context.Context, uid string) error {
	task, err := e.server.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: uid, PrimaryKey: attrID})
	if err := e.done(ctx, task, err); err != nil {
		return err
	}
	task, err = e.server.Index(uid).UpdateSettingsWithContext(ctx, settings())
	return e.done(ctx, task, err)
}

func settings() *meilisearch.Settings {
	return &meilisearch.Settings{
		SearchableAttributes: []string{attrTitle, attrWords, attrLatin, attrPinyin},
		FilterableAttributes: []string{attrID, attrKind, attrFacets, attrNumbers},
		SortableAttributes:   []string{attrNumbers},
		DisplayedAttributes:  []string{attrID, attrVersion, attrKind, attrFacets, attrNumbers, attrDoc, attrPrepared, attrCut},
		// sort before words: a person who sorts by price means it. No proximity: the words of an attribute are a bag.
		RankingRules:       []string{"sort", "words", "typo", "attribute", "exactness"},
		ProximityPrecision: meilisearch.ByAttribute,
		LocalizedAttributes: []*meilisearch.LocalizedAttributes{
			{AttributePatterns: []string{"*"}, Locales: []string{"cmn"}},
		},
		TypoTolerance: &meilisearch.TypoTolerance{
			Enabled: true, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: oneTypo, TwoTypos: twoTypos},
			DisableOnWords: []string{}, DisableOnAttributes: []string{attrTitle, attrWords},
		},
		Pagination: &meilisearch.Pagination{MaxTotalHits: maxHits},
		Faceting:   &meilisearch.Faceting{MaxValuesPerFacet: search.MaxCodes},
	}
}

// sameSettings compares what decides about results.
func sameSettings(held *meilisearch.Settings) bool {
	want := settings()
	return slices.Equal(held.SearchableAttributes, want.SearchableAttributes) &&
		slices.Equal(held.DisplayedAttributes, want.DisplayedAttributes) && slices.Equal(held.RankingRules, want.RankingRules) &&
		len(held.FilterableAttributes) == len(want.FilterableAttributes) && slices.Equal(held.SortableAttributes, want.SortableAttributes) &&
		held.Pagination != nil && held.Pagination.MaxTotalHits == want.Pagination.MaxTotalHits &&
		held.Faceting != nil && held.Faceting.MaxValuesPerFacet == want.Faceting.MaxValuesPerFacet &&
		held.TypoTolerance != nil && held.TypoTolerance.MinWordSizeForTypos == want.TypoTolerance.MinWordSizeForTypos &&
		slices.Equal(held.TypoTolerance.DisableOnAttributes, want.TypoTolerance.DisableOnAttributes)
}

// done waits until the server has really done a task.
func (e *Engine) done(ctx context.Context, info *meilisearch.TaskInfo, err error) error {
	if err != nil {
		return unavailable("write", err)
	}
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	task, err := e.server.WaitForTaskWithContext(ctx, info.TaskUID, pollEvery)
	if err != nil {
		return unavailable("write", err)
	}
	if task.Status != meilisearch.TaskStatusSucceeded { // a failed task comes with a nil error
		return fault.Wrap(fmt.Errorf("meili: task %d %s: %s %s", info.TaskUID, task.Status, task.Error.Code, task.Error.Message),
			fault.Unavailable, "search_unavailable", "检索服务没有完成写入，稍后会自动重试。")
	}
	return nil
}

// code is the server's own error code, "" when it did not answer.
func code(err error) string {
	if m, ok := errors.AsType[*meilisearch.Error](err); ok {
		return m.MeilisearchApiError.Code
	}
	return ""
}

// unavailable wraps a failed call. Whatever the reason, the answer to it is the same: use the fallback and try again later.
func unavailable(op string, err error) error {
	return fault.Wrap(fmt.Errorf("meili: %s: %w", op, err), fault.Unavailable, "search_unavailable", "检索服务暂时不可用，请稍后再试。")
}

// firsts are the first characters of words. Of a query's characters only the last is looked for as the start of a word, so 煤烯 would miss
// 煤制烯烃.
func firsts(words []string) []string {
	var out []string
	for _, w := range words {
		if r, n := utf8.DecodeRuneInString(w); isHan(w) && n < len(w) {
			out = append(out, string(r))
		}
	}
	return out
}

// entry is a document as Meilisearch sees it.
func (e *Engine) entry(d search.Document) map[string]any {
	keywords := strings.Join(d.Keywords, "\n")
	inTitle := e.analyzer.IndexWords(d.Title + "\n" + keywords)
	title, titleLatin := split(append(inTitle, firsts(inTitle)...))
	words, latin := split(e.analyzer.IndexWords(d.Title + "\n" + keywords + "\n" + d.Summary + "\n" + d.Body + "\n" + d.Names))
	_, pinyin := split(e.analyzer.Pinyin(d.Title + "\n" + keywords))
	facets := d.Facets
	if facets == nil {
		facets = map[string][]string{}
	}
	numbers := d.Numbers
	if numbers == nil {
		numbers = map[string]int64{}
	}
	return map[string]any{
		attrID: d.ID, attrKind: d.Kind, attrVersion: d.Version, attrTitle: title, attrWords: words,
		attrLatin: strings.TrimSpace(titleLatin + " " + latin), attrPinyin: pinyin,
		attrFacets: facets, attrNumbers: numbers, attrDoc: d, attrPrepared: d.Prepared,
	}
}

// Index implements search.Engine.
func (e *Engine) Index(ctx context.Context, docs ...search.Document) error {
	for _, d := range docs {
		if err := d.Validate(); err != nil {
			return err
		}
	}
	e.write.Lock()
	defer e.write.Unlock()
	err := e.put(ctx, e.index, docs, nil)
	if code(err) == "index_not_found" { // the server lost its disk
		if err := e.ensure(ctx); err != nil {
			return err
		}
		err = e.put(ctx, e.index, docs, nil)
	}
	if err != nil || e.filling == "" {
		return err
	}
	for _, d := range docs {
		delete(e.deleted, d.ID)
	}
	return e.put(ctx, e.filling, docs, nil)
}

// put writes documents that are not older than what the index holds, nor deleted meanwhile. The caller holds e.write.
func (e *Engine) put(ctx context.Context, uid string, docs []search.Document, deleted map[string]bool) error {
	var tasks []*meilisearch.TaskInfo
	for part := range slices.Chunk(docs, batchSize) {
		newest := map[string]search.Document{}
		var ids []string
		for _, d := range part {
			if old, ok := newest[d.ID]; deleted[d.ID] || ok && old.Version > d.Version {
				continue
			} else if !ok {
				ids = append(ids, d.ID)
			}
			newest[d.ID] = d
		}
		held, err := e.versions(ctx, uid, ids)
		if err != nil {
			return err
		}
		var body []map[string]any
		size := 0
		flush := func() error {
			if len(body) == 0 {
				return nil
			}
			task, err := e.server.Index(uid).AddDocumentsWithContext(ctx, body, nil)
			if err != nil {
				return unavailable("index", err)
			}
			tasks, body, size = append(tasks, task), nil, 0
			return nil
		}
		for _, id := range ids {
			d := newest[id]
			if v, ok := held[id]; ok && v > d.Version {
				continue
			}
			body = append(body, e.entry(d))
			if size += len(d.Body); size > maxDocBatch {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if err := flush(); err != nil {
			return err
		}
	}
	for _, task := range tasks {
		if err := e.done(ctx, task, nil); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) versions(ctx context.Context, uid string, ids []string) (map[string]int64, error) {
	held := map[string]int64{}
	if len(ids) == 0 {
		return held, nil
	}
	var res meilisearch.DocumentsResult
	q := &meilisearch.DocumentsQuery{Ids: ids, Limit: int64(len(ids)), Fields: []string{attrID, attrVersion}}
	if err := e.server.Index(uid).GetDocumentsWithContext(ctx, q, &res); err != nil {
		return nil, unavailable("versions", err)
	}
	for _, h := range res.Results {
		r, err := ref(h)
		if err != nil {
			return nil, err
		}
		held[r.ID] = r.Version
	}
	return held, nil
}

func ref(h meilisearch.Hit) (r search.Ref, err error) {
	err = errors.Join(json.Unmarshal(h[attrID], &r.ID), json.Unmarshal(h[attrVersion], &r.Version))
	return r, err
}

func document(h meilisearch.Hit) (d search.Document, err error) {
	if err := json.Unmarshal(h[attrDoc], &d); err != nil {
		return d, fmt.Errorf("meili: stored document: %w", err)
	}
	return d, nil
}

// Delete implements search.Engine.
func (e *Engine) Delete(ctx context.Context, ids ...string) error {
	e.write.Lock()
	defer e.write.Unlock()
	indexes := []string{e.index}
	if e.filling != "" {
		indexes = append(indexes, e.filling)
		for _, id := range ids {
			e.deleted[id] = true
		}
	}
	for _, uid := range indexes {
		task, err := e.server.Index(uid).DeleteDocumentsWithContext(ctx, ids, nil)
		if err := e.done(ctx, task, err); err != nil {
			return err
		}
	}
	return nil
}

// Get implements search.Engine.
func (e *Engine) Get(ctx context.Context, ids ...string) ([]search.Document, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	var res meilisearch.DocumentsResult
	q := &meilisearch.DocumentsQuery{Ids: ids, Limit: int64(len(ids)), Fields: []string{attrDoc}}
	if err := e.server.Index(e.index).GetDocumentsWithContext(ctx, q, &res); err != nil {
		return nil, unavailable("get", err)
	}
	docs := make([]search.Document, len(res.Results))
	for i, h := range res.Results {
		var err error
		if docs[i], err = document(h); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// Refs implements search.Engine.
func (e *Engine) Refs(ctx context.Context, yield func(search.Ref) error) error {
	for offset := int64(0); ; {
		var res meilisearch.DocumentsResult
		q := &meilisearch.DocumentsQuery{Offset: offset, Limit: batchSize, Fields: []string{attrID, attrVersion}}
		if err := e.server.Index(e.index).GetDocumentsWithContext(ctx, q, &res); err != nil {
			return unavailable("refs", err)
		}
		if len(res.Results) == 0 {
			return nil
		}
		for _, h := range res.Results {
			r, err := ref(h)
			if err != nil {
				return err
			}
			if err := yield(r); err != nil {
				return err
			}
		}
		offset += int64(len(res.Results))
	}
}

// Rebuild implements search.Engine: fill beside, swap, delete what was served before.
func (e *Engine) Rebuild(ctx context.Context, fill func(emit func(...search.Document) error) error) error {
	e.rebuild.Lock()
	defer e.rebuild.Unlock()
	next := e.index + "_next"
	if err := e.drop(ctx, next); err != nil { // left by an interrupted rebuild
		return err
	}
	if err := e.ensure(ctx); err != nil {
		return err
	}
	if err := e.create(ctx, next); err != nil {
		return err
	}
	e.write.Lock()
	e.filling, e.deleted = next, map[string]bool{}
	e.write.Unlock()
	err := fill(func(docs ...search.Document) error {
		for _, d := range docs {
			if err := d.Validate(); err != nil {
				return err
			}
		}
		e.write.Lock()
		defer e.write.Unlock()
		return errors.Join(e.put(ctx, next, docs, e.deleted), ctx.Err())
	})
	e.write.Lock()
	e.filling, e.deleted = "", nil
	if err == nil { // all writes are confirmed, so both queues are empty
		task, swapErr := e.server.SwapIndexesWithContext(ctx, []*meilisearch.SwapIndexesParams{{Indexes: []string{e.index, next}}})
		if err = e.done(ctx, task, swapErr); err == nil {
			e.fresh.Store(false)
		}
	}
	e.write.Unlock()
	return errors.Join(err, e.drop(context.WithoutCancel(ctx), next))
}

// drop deletes an index; a missing one is fine.
func (e *Engine) drop(ctx context.Context, uid string) error {
	if _, err := e.server.GetIndexWithContext(ctx, uid); err != nil {
		if code(err) == "index_not_found" {
			return nil
		}
		return unavailable("drop", err)
	}
	task, err := e.server.DeleteIndexWithContext(ctx, uid)
	return e.done(ctx, task, err)
}

// Drop deletes the index from the server; for scratch indexes of tests and measurements.
func (e *Engine) Drop(ctx context.Context) error { return e.drop(ctx, e.index) }

// Stats implements search.Engine.
func (e *Engine) Stats(ctx context.Context) (search.Stats, error) {
	st, err := e.server.Index(e.index).GetStatsWithContext(ctx, nil)
	if err != nil {
		return search.Stats{}, unavailable("stats", err)
	}
	return search.Stats{Engine: "meili", Documents: int(st.NumberOfDocuments)}, nil
}

// Close implements search.Engine.
func (e *Engine) Close() error {
	e.server.Close()
	return nil
}
