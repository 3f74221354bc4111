package embedding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"techmarket/internal/foundation/fault"
)

// RerankConfig says which re-ranking server is asked: POST {url}/rerank with model, query and documents.
type RerankConfig struct {
	URL, Model, Key string

	HTTP *http.Client     // nil: a client of its own
	Now  func() time.Time // nil: time.Now
}

// Reranker asks how well documents answer a query. It is safe for concurrent use.
type Reranker struct {
	config RerankConfig

	mu     sync.Mutex
	failed int // in a row
	until  time.Time
}

// NewReranker checks the configuration. Fault: invalid "reranker_config".
func NewReranker(c RerankConfig) (*Reranker, error) {
	if !strings.HasPrefix(c.URL, "http://") && !strings.HasPrefix(c.URL, "https://") {
		return nil, fault.New(fault.Invalid, "reranker_config", "重排服务的地址应以 http:// 或 https:// 开头，请改正 TECHMARKET_RERANKER_URL。")
	}
	c.URL = strings.TrimRight(c.URL, "/")
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Reranker{config: c}, nil
}

const rerankTimeout = 500 * time.Millisecond

// Rerank gives the relevance of each document to the query, in order, 0 for the least and 1 for the most of them, within half a second.
// After three failures in a row it answers "unavailable" at once for half a minute. Fault: unavailable "reranker_unavailable".
func (r *Reranker) Rerank(ctx context.Context, query string, documents []string) ([]float64, error) {
	if len(documents) == 0 {
		return nil, nil
	}
	r.mu.Lock()
	waiting := r.config.Now().Before(r.until)
	r.mu.Unlock()
	if waiting {
		return nil, rerankUnavailable(errors.New("embedding: waiting after failures"))
	}
	short, cancel := context.WithTimeout(ctx, rerankTimeout)
	defer cancel()
	scores, err := r.ask(short, query, documents)
	if ctx.Err() != nil { // the asker has gone; that says nothing about the server
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if r.failed++; r.failed >= breakAfter {
			r.until = r.config.Now().Add(breakFor)
		}
		return nil, rerankUnavailable(err)
	}
	r.failed = 0
	return scores, nil
}

func rerankUnavailable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "reranker_unavailable", "重排服务暂时不可用，结果按文字和各项条件排列。")
}

func (r *Reranker) ask(ctx context.Context, query string, documents []string) ([]float64, error) {
	texts := make([]string, len(documents))
	for i, d := range documents {
		texts[i] = clipped(d)
	}
	raw, err := post(ctx, r.config.HTTP, r.config.URL+"/rerank", r.config.Key,
		map[string]any{"model": r.config.Model, "query": clipped(query), "documents": texts})
	if err != nil {
		return nil, fmt.Errorf("embedding: rerank: %w", err)
	}
	return readRelevance(raw, len(documents))
}

func clipped(text string) string {
	if r := []rune(text); len(r) > maxTextRunes {
		return string(r[:maxTextRunes])
	}
	return text
}

// readRelevance reads results[index, relevance_score] and scales the scores to 0–1: some models give logits, others probabilities.
func readRelevance(raw []byte, n int) ([]float64, error) {
	var answer struct {
		Results []struct {
			Index int      `json:"index"`
			Score *float64 `json:"relevance_score"`
		} `json:"results"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%w: %w", errNonsense, err)
	}
	scores, seen := make([]float64, n), make([]bool, n)
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range answer.Results {
		if r.Index < 0 || r.Index >= n || r.Score == nil || seen[r.Index] {
			return nil, fmt.Errorf("%w: index %d of %d", errNonsense, r.Index, n)
		}
		scores[r.Index], seen[r.Index] = *r.Score, true
		low, high = min(low, *r.Score), max(high, *r.Score)
	}
	if len(answer.Results) != n {
		return nil, fmt.Errorf("%w: %d scores for %d documents", errNonsense, len(answer.Results), n)
	}
	for i := range scores {
		if high > low {
			scores[i] = (scores[i] - low) / (high - low)
		} else {
			scores[i] = 1
		}
	}
	return scores, nil
}
