package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/matching"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/meili"
	"techmarket/search/zh"
)

// evalDocument is a row of the corpus file; evalQuery one of the queries file.
type evalDocument struct {
	ID         string `json:"id"`
	Abstract   string `json:"abstract"`
	Discipline string `json:"discipline"`
	SplitAt    int    `json:"split_at"`
}

type evalQuery struct {
	ID         string   `json:"qid"`
	Task       string   `json:"task"`
	Query      string   `json:"query"`
	Relevant   []string `json:"rel"`
	Exclude    []string `json:"exclude"`
	Discipline string   `json:"discipline"`
}

// evalTask is what is measured of one task.
type evalTask struct {
	Queries int     `json:"queries"`
	NDCG10  float64 `json:"ndcg10"`
	Recall  float64 `json:"recall10"`
	MRR     float64 `json:"mrr"`
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`
}

const (
	evalDepth  = 100 // how deep T5 is searched
	evalCut    = 10
	evalMaxRow = 4 << 20
)

// runEval measures the ranking on labelled queries through the same Finder that serves people, over an index in a scratch place.
// A listing is made from a document's text as its description and from nothing else.
func runEval(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	flags.SetOutput(stderr)
	corpusFile := flags.String("corpus", "", "语料文件（jsonl：id、abstract、discipline、split_at）")
	queriesFile := flags.String("queries", "", "查询文件（jsonl：qid、task、query、rel、exclude、discipline）")
	engineName := flags.String("engine", "local", "检索引擎：local 或 meili（地址取自 MEILI_URL，密钥取自 MEILI_KEY）")
	asJSON := flags.Bool("json", false, "输出 JSON")
	runsFile := flags.String("runs", "", "把每个查询的前十个结果写入文件（jsonl：qid、ids），供比较两种引擎")
	var em embedderFlags
	em.register(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *corpusFile == "" || *queriesFile == "" {
		return fault.New(fault.Invalid, "eval_files", "请用 --corpus 和 --queries 指明语料文件和查询文件。")
	}
	corpus, err := readRows[evalDocument](*corpusFile)
	if err != nil {
		return err
	}
	queries, err := readRows[evalQuery](*queriesFile)
	if err != nil {
		return err
	}
	analyzer, err := zh.New()
	if err != nil {
		return err
	}
	embedder, err := em.open()
	if err != nil {
		return err
	}
	var markets []*evalMarket
	defer func() {
		for _, m := range markets {
			err = errors.Join(err, m.remove())
		}
	}()
	// T3 searches the second halves, the others the whole texts: two markets
	for _, halves := range []bool{false, true} {
		asked := slices.DeleteFunc(slices.Clone(queries), func(q evalQuery) bool { return (q.Task == "T3") != halves })
		if len(asked) == 0 {
			continue
		}
		fmt.Fprintf(stderr, "建立索引（%s，%d 篇）……\n", map[bool]string{false: "全文", true: "后半篇"}[halves], len(corpus))
		m, err := newEvalMarket(ctx, analyzer, *engineName, corpus, halves)
		if err != nil {
			return err
		}
		markets = append(markets, m)
		m.asked = asked
		if embedder != nil {
			if m.semantic, err = embedder.semantic(ctx, m.docs, asked, stderr); err != nil {
				return err
			}
		}
	}
	runs := json.NewEncoder(io.Discard)
	if *runsFile != "" {
		f, err := os.Create(*runsFile)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "eval_files", "不能写文件 "+filepath.Base(*runsFile)+"，请检查路径和权限。")
		}
		defer f.Close()
		runs = json.NewEncoder(f)
	}
	measure := func(weight float64, every int, out io.Writer) (map[string]evalTask, error) {
		tasks, to := map[string]evalTask{}, runs
		if every > 1 { // a trial
			to = json.NewEncoder(io.Discard)
		}
		for _, m := range markets {
			var part []evalQuery
			for i := 0; i < len(m.asked); i += every {
				part = append(part, m.asked[i])
			}
			if err := evalTasks(ctx, m.finder(weight), corpus, part, tasks, to, out); err != nil {
				return nil, err
			}
		}
		return tasks, nil
	}
	weight := 0.0
	result := map[string]any{"engine": *engineName}
	if embedder != nil {
		trials, best, err := embedder.tune(func(w float64) (map[string]evalTask, error) { return measure(w, embedderEvery, io.Discard) }, stderr)
		if err != nil {
			return err
		}
		weight = best
		result["embedder"] = map[string]any{"model": em.config.Model, "weight": best, "trials": trials}
	}
	tasks, err := measure(weight, 1, stderr)
	if err != nil {
		return err
	}
	result["tasks"] = tasks
	if *asJSON {
		return json.NewEncoder(stdout).Encode(result)
	}
	if embedder != nil {
		fmt.Fprintf(stdout, "模型 %s，融合权重 %.1f\n", em.config.Model, weight)
	}
	fmt.Fprintf(stdout, "引擎 %s\n任务  查询数  nDCG@10  Recall@10  MRR     p50 ms  p95 ms\n", *engineName)
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		t := tasks[name]
		fmt.Fprintf(stdout, "%-4s  %5d  %.4f   %.4f     %.4f  %6.1f  %6.1f\n", name, t.Queries, t.NDCG10, t.Recall, t.MRR, t.P50, t.P95)
	}
	return nil
}

// readRows reads a jsonl file; the error names file and line.
func readRows[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "eval_files", "打不开文件 "+filepath.Base(path)+"，请检查路径。")
	}
	defer f.Close()
	var rows []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, evalMaxRow)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "eval_files", fmt.Sprintf("文件 %s 第 %d 行不是有效的 JSON。", filepath.Base(path), n))
		}
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

// evalMarket is an index and a model in a scratch place.
type evalMarket struct {
	docs     []search.Document
	asked    []evalQuery
	semantic matching.Semantic // nil without an embedder
	finder   func(weight float64) *matching.Finder
	remove   func() error
}

func newEvalMarket(ctx context.Context, a *zh.Analyzer, engineName string, corpus []evalDocument, halves bool) (*evalMarket, error) {
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
		weights.Threshold, weights.Far = 0, 0 // the whole order is measured, not what a page would leave out
		weights.TextLegs.Semantic = weight
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
		e, err := meili.Open(ctx, meili.Options{URL: url, Key: os.Getenv("MEILI_KEY"), Index: fmt.Sprintf("eval_%d_%d", os.Getpid(), time.Now().UnixNano()), SearchTimeout: 5 * time.Second}, a)
		if err != nil {
			return nil, nil, err
		}
		return e, func() error { return errors.Join(e.Drop(context.WithoutCancel(ctx)), e.Close()) }, nil
	}
	return nil, nil, fault.New(fault.Invalid, "eval_engine", "没有这种引擎，请用 --engine local 或 --engine meili。")
}

// evalTasks runs the queries one after the other and adds up each task.
func evalTasks(ctx context.Context, f *matching.Finder, corpus []evalDocument, queries []evalQuery, tasks map[string]evalTask, runs *json.Encoder, stderr io.Writer) error {
	discipline, sizes := map[string]string{}, map[string]int{}
	for _, d := range corpus {
		discipline[d.ID] = d.Discipline
		sizes[d.Discipline]++
	}
	times := map[string][]float64{}
	for n, q := range queries {
		start := time.Now()
		found, err := f.Find(ctx, matching.Request{Listing: search.Document{ID: "query", Kind: "demand", Body: q.Query}, Want: "achievement", Limit: evalDepth})
		if err != nil && !fault.HasCode(err, "match_empty") {
			return err
		}
		times[q.Task] = append(times[q.Task], float64(time.Since(start).Microseconds())/1000)
		var ids []string
		for _, m := range found.Items {
			ids = append(ids, m.Document.ID)
		}
		if err := runs.Encode(map[string]any{"qid": q.ID, "ids": ids[:min(len(ids), evalCut)]}); err != nil {
			return err
		}
		relevant := func(id string) bool { return slices.Contains(q.Relevant, id) }
		total := len(q.Relevant)
		if q.Task == "T5" && total == 0 { // same discipline; unlabelled documents and the paper itself don't count
			ids = slices.DeleteFunc(ids, func(id string) bool { return discipline[id] == "" || slices.Contains(q.Exclude, id) })
			relevant = func(id string) bool { return discipline[id] == q.Discipline }
			total = sizes[q.Discipline]
			for _, id := range q.Exclude {
				if discipline[id] == q.Discipline {
					total--
				}
			}
		}
		t := tasks[q.Task]
		t.Queries++
		if ndcg, recall, mrr, ok := measureRanking(ids, relevant, total); ok {
			t.NDCG10 += ndcg
			t.Recall += recall
			t.MRR += mrr
		}
		tasks[q.Task] = t
		if (n+1)%250 == 0 {
			fmt.Fprintf(stderr, "已查询 %d / %d\n", n+1, len(queries))
		}
	}
	for name, ms := range times {
		t := tasks[name]
		n := float64(t.Queries)
		slices.Sort(ms)
		t.NDCG10, t.Recall, t.MRR = t.NDCG10/n, t.Recall/n, t.MRR/n
		t.P50, t.P95 = ms[len(ms)/2], ms[min(len(ms)-1, len(ms)*95/100)]
		tasks[name] = t
	}
	return nil
}

// measureRanking gives nDCG@10 and Recall@10 (of at most ten relevant) and the reciprocal rank of the first relevant one.
func measureRanking(ids []string, relevant func(string) bool, total int) (ndcg, recall, mrr float64, ok bool) {
	if total <= 0 {
		return 0, 0, 0, false
	}
	for i, id := range ids {
		if !relevant(id) {
			continue
		}
		if mrr == 0 {
			mrr = 1 / float64(i+1)
		}
		if i < evalCut {
			ndcg += 1 / math.Log2(float64(i+2))
			recall++
		}
	}
	ideal := 0.0
	for i := range min(total, evalCut) {
		ideal += 1 / math.Log2(float64(i+2))
	}
	return ndcg / ideal, recall / float64(min(total, evalCut)), mrr, true
}
