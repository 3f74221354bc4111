package cli

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
	"techmarket/search/zh"
)

// EvalDocument is a row of the corpus file; evalQuery one of the queries file.
type EvalDocument struct {
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

	Grades map[string]int `json:"grades"` // level by document, of those above 0; absent in the tasks without levels
}

// evalTask is what is measured of one task.
type evalTask struct {
	Queries int     `json:"queries"`
	NDCG10  float64 `json:"ndcg10"`
	Recall  float64 `json:"recall10"`
	MRR     float64 `json:"mrr"`
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`

	Graded *evalGraded `json:"graded,omitempty"` // of a task with levels
}

const (
	evalDeep   = 100 // how deep T5 is searched, and runs at most
	evalCut    = 10
	evalMaxRow = 4 << 20
)

// evalFlags are the arguments of the command.
type evalFlags struct {
	corpus, queries, engine, runs, labels string
	json                                  bool
	depth                                 int
	embedder                              embedderFlags
}

func readEvalFlags(args []string, stderr io.Writer) (f evalFlags, err error) {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&f.corpus, "corpus", "", "语料文件（jsonl：id、abstract、discipline、split_at）")
	flags.StringVar(&f.queries, "queries", "", "查询文件（jsonl：qid、task、query、rel、exclude、discipline）")
	flags.StringVar(&f.engine, "engine", "local", "检索引擎：local 或 meili（地址取自 MEILI_URL，密钥取自 MEILI_KEY）")
	flags.BoolVar(&f.json, "json", false, "输出 JSON")
	flags.StringVar(&f.runs, "runs", "", "把每个查询的前几个结果写入文件（jsonl：qid、ids、scores、bands、reasons），供比较")
	flags.IntVar(&f.depth, "depth", evalCut, "写入每个查询的前几个，1—100；有人工标注的一套要 100")
	flags.StringVar(&f.labels, "labels", "",
		"分级标注文件（jsonl：need、doc、rel 或 req、ach、level），含 0 级；不写则用查询自带的 grades，未评与 0 级不分")
	f.embedder.register(flags)
	switch err := flags.Parse(args); {
	case err != nil:
		return f, err
	case f.corpus == "" || f.queries == "":
		return f, fault.New(fault.Invalid, "eval_files", "请用 --corpus 和 --queries 指明语料文件和查询文件。")
	case f.depth < 1 || f.depth > evalDeep:
		return f, fault.New(fault.Invalid, "eval_depth", "--depth 请写 1 到 100 之间的数。")
	}
	return f, nil
}

// runEval measures the ranking on labelled queries through the same Finder that serves people, over an index in a scratch place.
// A listing is made from a document's text as its description and from nothing else.
func runEval(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	f, err := readEvalFlags(args, stderr)
	if err != nil {
		return err
	}
	e := evaluation{runs: evalRuns{json.NewEncoder(io.Discard), f.depth}}
	defer func() { err = errors.Join(err, e.remove()) }()
	if err := e.open(ctx, f, stderr); err != nil {
		return err
	}
	if f.runs != "" {
		out, err := os.Create(f.runs)
		if err != nil {
			return fault.Wrapf(err, fault.Invalid, "eval_files", "不能写文件 %s，请检查路径和权限。", filepath.Base(f.runs))
		}
		defer out.Close()
		e.runs.out = json.NewEncoder(out)
	}
	weight := 0.0
	result := map[string]any{"engine": f.engine}
	if e.embedder != nil {
		trial := func(w float64) (map[string]evalTask, error) { return e.measure(ctx, w, embedderEvery, io.Discard) }
		trials, best, err := e.embedder.tune(trial, stderr)
		if err != nil {
			return err
		}
		weight = best
		result["embedder"] = map[string]any{"model": f.embedder.config.Model, "weight": best, "trials": trials}
	}
	tasks, err := e.measure(ctx, weight, 1, stderr)
	if err != nil {
		return err
	}
	result["tasks"] = tasks
	if f.json {
		return json.NewEncoder(stdout).Encode(result)
	}
	if e.embedder != nil {
		fmt.Fprintf(stdout, "模型 %s，融合权重 %.1f\n", f.embedder.config.Model, weight)
	}
	fmt.Fprintf(stdout, "引擎 %s\n任务  查询数  nDCG@10  Recall@10  MRR     p50 ms  p95 ms\n", f.engine)
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		t := tasks[name]
		fmt.Fprintf(stdout, "%-4s  %5d  %.4f   %.4f     %.4f  %6.1f  %6.1f\n", name, t.Queries, t.NDCG10, t.Recall, t.MRR, t.P50, t.P95)
	}
	printGraded(stdout, tasks)
	return nil
}

// evaluation is what one run of the command holds.
type evaluation struct {
	corpus   []EvalDocument
	labels   *evalLabels
	embedder *evalEmbedder // nil without one
	markets  []*evalMarket
	runs     evalRuns
}

// open reads the files and fills the markets: T3 searches the second halves, the others the whole texts.
func (e *evaluation) open(ctx context.Context, f evalFlags, stderr io.Writer) (err error) {
	if e.corpus, err = ReadRows[EvalDocument](f.corpus); err != nil {
		return err
	}
	queries, err := ReadRows[evalQuery](f.queries)
	if err != nil {
		return err
	}
	if e.labels, err = readEvalLabels(f.labels, queries); err != nil {
		return err
	}
	analyzer, err := zh.New()
	if err != nil {
		return err
	}
	if e.embedder, err = f.embedder.open(); err != nil {
		return err
	}
	for _, halves := range []bool{false, true} {
		asked := slices.DeleteFunc(slices.Clone(queries), func(q evalQuery) bool { return (q.Task == "T3") != halves })
		if len(asked) == 0 {
			continue
		}
		fmt.Fprintf(stderr, "建立索引（%s，%d 篇）……\n", map[bool]string{false: "全文", true: "后半篇"}[halves], len(e.corpus))
		m, err := newEvalMarket(ctx, analyzer, f.engine, e.corpus, halves)
		if err != nil {
			return err
		}
		e.markets = append(e.markets, m)
		m.asked = asked
		if e.embedder != nil {
			if m.semantic, err = e.embedder.semantic(ctx, m.docs, asked, stderr); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure runs every n-th query; a trial, which leaves some out, is not written down.
func (e *evaluation) measure(ctx context.Context, weight float64, every int, out io.Writer) (map[string]evalTask, error) {
	tasks, to := map[string]evalTask{}, e.runs
	if every > 1 {
		to.out = json.NewEncoder(io.Discard)
	}
	for _, m := range e.markets {
		var part []evalQuery
		for i := 0; i < len(m.asked); i += every {
			part = append(part, m.asked[i])
		}
		if err := evalTasks(ctx, m.finder(weight), e.corpus, part, e.labels, tasks, to, out); err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

func (e *evaluation) remove() (err error) {
	for _, m := range e.markets {
		err = errors.Join(err, m.remove())
	}
	return err
}

// ReadRows reads a jsonl file; the error names file and line.
func ReadRows[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrapf(err, fault.Invalid, "eval_files", "打不开文件 %s，请检查路径。", filepath.Base(path))
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
			return nil, fault.Wrapf(err, fault.Invalid, "eval_files", "文件 %s 第 %d 行不是有效的 JSON。", filepath.Base(path), n)
		}
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

// evalTasks runs the queries one after the other and adds up each task.
func evalTasks(ctx context.Context, f *matching.Finder, corpus []EvalDocument, queries []evalQuery, labels *evalLabels,
	tasks map[string]evalTask, runs evalRuns, stderr io.Writer) error {
	discipline, sizes := map[string]string{}, map[string]int{}
	for _, d := range corpus {
		discipline[d.ID] = d.Discipline
		sizes[d.Discipline]++
	}
	times, graded := map[string][]float64{}, map[string][]evalNeed{}
	for n, q := range queries {
		start := time.Now()
		found, err := f.Find(ctx, matching.Request{Listing: search.Document{ID: "query", Kind: "demand", Body: q.Query}, Want: "achievement",
			Limit: evalDeep})
		if err != nil && !fault.HasCode(err, "match_empty") {
			return err
		}
		times[q.Task] = append(times[q.Task], float64(time.Since(start).Microseconds())/1000)
		var ids []string
		for _, m := range found.Items {
			ids = append(ids, m.Document.ID)
		}
		if err := runs.write(q.ID, found); err != nil {
			return err
		}
		if levels, ok := labels.of[q.ID]; ok {
			graded[q.Task] = append(graded[q.Task], labels.measure(ids, levels))
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
		t.Graded = summarize(graded[name])
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
