package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/matching"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/meili"
	"techmarket/search/zh"
)

// evalMarket is an index and a model in a scratch place.
type evalMarket struct {
	docs     []search.Document
	asked    []evalQuery
	semantic matching.Semantic // nil without an embedder
	finder   func(weight float64) *matching.Finder
	remove   func() error
}

func newEvalMarket(ctx context.Context, a *zh.Analyzer, engineName string, corpus []EvalDocument, halves bool) (*evalMarket, error) {
	bare, remove, err := scratchEngine(ctx, engineName, a)
	if err != nil {
		return nil, err
	}
	engine := matching.Prepared{Engine: bare, Analyzer: a}
	m := &evalMarket{docs: make([]search.Document, len(corpus)), remove: remove}
	for i, d := range corpus {
		text := []rune(d.Abstract)
		if halves {
			text = text[min(max(d.SplitAt, 0), len(text)):]
		}
		m.docs[i] = search.Document{ID: d.ID, Kind: "achievement", Version: 1, Body: string(text)}
	}
	if err := engine.Index(ctx, m.docs...); err != nil {
		return nil, errors.Join(err, remove())
	}
	model, err := matching.Learn(ctx, a, func(yield func(search.Document, error) bool) {
		for _, d := range m.docs {
			if !yield(d, nil) {
				return
			}
		}
	})
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	m.finder = func(weight float64) *matching.Finder {
		weights := matching.DefaultWeights()
		weights.Threshold = 0 // the whole order is measured, not what a page would leave out
		weights.TextLegs.Semantic, weights.PlainLegs.Semantic = weight, weight
		f := matching.NewFinder(engine, a, model, weights, time.Now, func(_, code string) string { return code })
		if m.semantic != nil {
			f.SetSemantic(m.semantic)
		}
		return f
	}
	return m, nil
}

// scratchEngine opens an empty engine of its own and returns how to remove it.
func scratchEngine(ctx context.Context, name string, a *zh.Analyzer) (search.Engine, func() error, error) {
	switch name {
	case "local":
		dir, err := os.MkdirTemp("", "techmarket-eval-")
		if err != nil {
			return nil, nil, err
		}
		e, err := local.Open(dir, a)
		if err != nil {
			return nil, nil, errors.Join(err, os.RemoveAll(dir))
		}
		return e, func() error { return errors.Join(e.Close(), os.RemoveAll(dir)) }, nil
	case "meili":
		url := os.Getenv("MEILI_URL")
		if url == "" {
			return nil, nil, fault.New(fault.Invalid, "eval_meili", "请用环境变量 MEILI_URL 指明 Meilisearch 的地址，如 http://127.0.0.1:7700。")
		}
		// a scratch index of its own name (two are open at once); the deadline is generous because quality is measured, and time is printed
		e, err := meili.Open(ctx, meili.Options{URL: url, Key: os.Getenv("MEILI_KEY"),
			Index: fmt.Sprintf("eval_%d_%d", os.Getpid(), time.Now().UnixNano()), SearchTimeout: 5 * time.Second}, a)
		if err != nil {
			return nil, nil, err
		}
		return e, func() error { return errors.Join(e.Drop(context.WithoutCancel(ctx)), e.Close()) }, nil
	}
	return nil, nil, fault.New(fault.Invalid, "eval_engine", "没有这种引擎，请用 --engine local 或 --engine meili。")
}
