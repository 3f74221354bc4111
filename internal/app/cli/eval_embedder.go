package cli

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"techmarket/internal/app"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/matching"
	"techmarket/internal/market/matching/vector"
	"techmarket/internal/platform/embedding"
	"techmarket/search"
)

// embedderFlags name the embedding server that eval measures.
type embedderFlags struct {
	config embedding.Config
	kind   string
	cache  string
	keep   string
}

func (e *embedderFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&e.config.URL, "embedder", "", "向量服务的地址，如 http://127.0.0.1:8000/v1；不写则不用向量")
	flags.StringVar(&e.kind, "embedder-kind", "openai", "向量服务的类型：openai 或 ollama")
	flags.StringVar(&e.config.Model, "embedder-model", "e5-passage", "模型名称")
	flags.StringVar(&e.config.QueryModel, "embedder-query-model", "", "查询用的模型名称，不写与模型相同")
	flags.StringVar(&e.config.QueryPrefix, "query-prefix", "", "查询文字的前缀")
	flags.StringVar(&e.config.PassagePrefix, "passage-prefix", "", "被查文字的前缀")
	flags.StringVar(&e.cache, "embedder-cache", "", "保存向量的文件，再次测量时不必重算（一个模型一个文件）")
	flags.StringVar(&e.keep, "keep", "", "把测得的最佳融合权重记入这个数据文件夹，serve 会采用")
}

// evalEmbedder gives vectors of texts, from the cache where it has them.
type evalEmbedder struct {
	flags  *embedderFlags
	client *embedding.Client
	known  map[[sha256.Size]byte][]float32
	out    *os.File // nil without a cache
}

func (e *embedderFlags) open() (*evalEmbedder, error) {
	if e.config.URL == "" {
		return nil, nil
	}
	e.config.Kind = embedding.Kind(e.kind)
	client, err := embedding.New(e.config)
	if err != nil {
		return nil, err
	}
	v := &evalEmbedder{flags: e, client: client, known: map[[sha256.Size]byte][]float32{}}
	if e.cache == "" {
		return v, nil
	}
	return v, v.load()
}

// load reads the cache: the dimensions as four bytes, then for each text its digest and its vector. A record that was cut off is
// written again.
func (v *evalEmbedder) load() error {
	raw, err := os.ReadFile(v.flags.cache)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrapf(err, fault.Invalid, "eval_cache", "读不到向量文件 %s，请检查路径和权限。", filepath.Base(v.flags.cache))
	}
	whole := 0
	if len(raw) >= 4 {
		record := sha256.Size + 4*int(binary.LittleEndian.Uint32(raw))
		for whole = 4; whole+record <= len(raw); whole += record {
			var key [sha256.Size]byte
			copy(key[:], raw[whole:])
			vec := make([]float32, (record-sha256.Size)/4)
			for i := range vec {
				vec[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[whole+sha256.Size+4*i:]))
			}
			v.known[key] = vec
		}
	}
	if v.out, err = os.OpenFile(v.flags.cache, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return fault.Wrapf(err, fault.Invalid, "eval_cache", "不能写向量文件 %s，请检查路径和权限。", filepath.Base(v.flags.cache))
	}
	if err := v.out.Truncate(int64(whole)); err != nil {
		return err
	}
	_, err = v.out.Seek(0, io.SeekEnd)
	return err
}

func textKey(mode, text string) [sha256.Size]byte { return sha256.Sum256([]byte(mode + "\n" + text)) }

func (v *evalEmbedder) keep(key [sha256.Size]byte, vec []float32) error {
	v.known[key] = vec
	if v.out == nil {
		return nil
	}
	var b []byte
	if at, err := v.out.Seek(0, io.SeekCurrent); err != nil {
		return err
	} else if at == 0 {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(vec)))
	}
	b = append(b, key[:]...)
	for _, x := range vec {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	_, err := v.out.Write(b)
	return err
}

// semantic embeds the documents and the queries of one market.
func (v *evalEmbedder) semantic(ctx context.Context, docs []search.Document, asked []evalQuery, stderr io.Writer) (matching.Semantic,
	error) {
	var texts []string
	for _, d := range docs {
		if text := vector.Text(d); v.known[textKey("p", text)] == nil {
			texts = append(texts, text)
		}
	}
	bar := app.NewProgress(stderr)
	for from := 0; from < len(texts); from += 32 {
		part := texts[from:min(from+32, len(texts))]
		vectors, err := v.client.Passages(ctx, part)
		if err != nil {
			return nil, err
		}
		for i, vec := range vectors {
			if err := v.keep(textKey("p", part[i]), vec); err != nil {
				return nil, err
			}
		}
		bar.At("计算向量", from+len(part), len(texts), "")
	}
	s := &evalSemantic{evalEmbedder: v}
	for _, d := range docs {
		s.index.Put(d.Kind, d.ID, v.known[textKey("p", vector.Text(d))])
	}
	for _, q := range asked { // before the clock of the queries runs: a person's own query takes 30 ms more
		if _, err := s.query(ctx, vector.Text(search.Document{Body: q.Query})); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// evalSemantic is matching.Semantic over one market.
type evalSemantic struct {
	*evalEmbedder
	index vector.Index
}

func (s *evalSemantic) query(ctx context.Context, text string) ([]float32, error) {
	key := textKey("q", text)
	if vec := s.known[key]; vec != nil {
		return vec, nil
	}
	vec, err := s.client.Query(ctx, text)
	if err != nil {
		return nil, err
	}
	return vec, s.keep(key, vec)
}

func (s *evalSemantic) Near(ctx context.Context, listing search.Document, kind string, k int) ([]matching.Neighbour, error) {
	vec, err := s.query(ctx, vector.Text(listing))
	if err != nil {
		return nil, err
	}
	return s.index.Near(kind, vec, k), nil
}

// Weights that are tried, on every fourth query.
var embedderGrid = []float64{.5, 1, 1.5, 2}

const embedderEvery = 4

// tune measures each weight and gives the one with the best mean nDCG@10 over the tasks; it is kept for the model where asked.
func (v *evalEmbedder) tune(measure func(weight float64) (map[string]evalTask, error), stderr io.Writer) (trials map[string]float64,
	best float64, err error) {
	trials = map[string]float64{}
	for _, w := range embedderGrid {
		tasks, err := measure(w)
		if err != nil {
			return nil, 0, err
		}
		mean := 0.0
		for _, t := range tasks {
			mean += t.NDCG10 / float64(len(tasks))
		}
		name := fmt.Sprintf("%.1f", w)
		if trials[name] = mean; mean > trials[fmt.Sprintf("%.1f", best)] {
			best = w
		}
		fmt.Fprintf(stderr, "融合权重 %s：平均 nDCG@10 %.4f\n", name, mean)
	}
	if v.flags.keep == "" {
		return trials, best, nil
	}
	return trials, best, app.KeepWeight(v.flags.keep, v.client.Model(), best)
}
