// Package embedding asks an embedding server for vectors of texts: an OpenAI-compatible one (POST …/embeddings) or Ollama (POST
// …/api/embed). It owns batching, retries, deadlines and the checks of what comes back; it refuses to keep anything and knows no
// listing. Vectors come back with length 1.
package embedding

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"techmarket/internal/foundation/fault"
)

// Kind is the protocol of a server.
type Kind string

// The protocols.
const (
	OpenAI Kind = "openai" // POST {url}/embeddings
	Ollama Kind = "ollama" // POST {url}/api/embed
)

// Config says which server and how it wants texts.
type Config struct {
	URL        string // base address, such as http://127.0.0.1:8000/v1
	Kind       Kind   // "" is OpenAI
	Model      string
	QueryModel string // for servers that tell query and passage apart by the model's name; "" is Model
	Key        string // bearer token, "" for none
	// E5 models want "query: " and "passage: " before the text; a server that adds them itself wants nothing here.
	QueryPrefix, PassagePrefix string

	HTTP  *http.Client                               // nil: a client of its own
	Now   func() time.Time                           // nil: time.Now
	Sleep func(context.Context, time.Duration) error // nil: a timer; between tries
}

const (
	batchTexts    = 8                // small, so that a person's query waits behind no long batch
	batchTimeout  = 60 * time.Second // of one batch of passages; a job does it
	queryTimeout  = 300 * time.Millisecond
	tries         = 3
	maxAnswer     = 64 << 20
	maxDims       = 8192
	breakAfter    = 3 // failed queries in a row
	breakFor      = 30 * time.Second
	maxTextRunes  = 2000 // small models read 512 tokens; more costs time and says little more
	unavailableAs = "embedder_unavailable"
)

// Client talks to one server. It is safe for concurrent use.
type Client struct {
	config Config

	mu     sync.Mutex
	dims   int // of every vector, once the first has come
	failed int // queries in a row
	until  time.Time
}

// New checks the configuration. Fault: invalid "embedder_config".
func New(c Config) (*Client, error) {
	if c.Kind == "" {
		c.Kind = OpenAI
	}
	if c.Kind != OpenAI && c.Kind != Ollama {
		return nil, fault.New(fault.Invalid, "embedder_config", "向量服务的类型只能是 openai 或 ollama，请改正 TECHMARKET_EMBEDDER_KIND。")
	}
	if !strings.HasPrefix(c.URL, "http://") && !strings.HasPrefix(c.URL, "https://") {
		return nil, fault.New(fault.Invalid, "embedder_config", "向量服务的地址应以 http:// 或 https:// 开头，请改正 TECHMARKET_EMBEDDER_URL。")
	}
	if c.Model == "" {
		return nil, fault.New(fault.Invalid, "embedder_config", "请用 TECHMARKET_EMBEDDER_MODEL 写明向量模型的名称。")
	}
	c.URL = strings.TrimRight(c.URL, "/")
	if c.QueryModel == "" {
		c.QueryModel = c.Model
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d):
				return nil
			}
		}
	}
	return &Client{config: c}, nil
}

// Model identifies the vectors: two clients of the same Model may share stored vectors.
func (c *Client) Model() string { return c.config.Model + "\n" + c.config.PassagePrefix }

// Passages gives the vectors of texts that are to be found, in order. It tries a batch three times; an answer that makes no sense (other
// dimension, NaN, too few) is not tried again. Fault: unavailable "embedder_unavailable".
func (c *Client) Passages(ctx context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for from := 0; from < len(texts); from += batchTexts {
		part := texts[from:min(from+batchTexts, len(texts))]
		var vectors [][]float32
		for try := 1; ; try++ {
			within, cancel := context.WithTimeout(ctx, batchTimeout)
			var err error
			vectors, err = c.ask(within, c.config.Model, c.config.PassagePrefix, part)
			cancel()
			if err == nil {
				break
			}
			if try == tries || errors.Is(err, errNonsense) || ctx.Err() != nil {
				return nil, unavailable(err)
			}
			if err := c.config.Sleep(ctx, time.Duration(try*try)*500*time.Millisecond); err != nil {
				return nil, unavailable(err)
			}
		}
		out = append(out, vectors...)
	}
	return out, nil
}

// Query gives the vector of a text that is to find others, within 300 ms. After three failures in a row it answers "unavailable" at once
// for half a minute, so that a dead server costs nobody time. Fault: unavailable "embedder_unavailable".
func (c *Client) Query(ctx context.Context, text string) ([]float32, error) {
	c.mu.Lock()
	open := c.config.Now().Before(c.until)
	c.mu.Unlock()
	if open {
		return nil, unavailable(errors.New("embedding: waiting after failures"))
	}
	short, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	vectors, err := c.ask(short, c.config.QueryModel, c.config.QueryPrefix, []string{text})
	if ctx.Err() != nil { // the asker has gone; that says nothing about the server
		return nil, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if c.failed++; c.failed >= breakAfter {
			c.until = c.config.Now().Add(breakFor)
		}
		return nil, unavailable(err)
	}
	c.failed = 0
	return vectors[0], nil
}

// Ping asks for one vector; for health checks. It does not count as a query.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.ask(ctx, c.config.Model, "", []string{"稀土"})
	return err
}

func unavailable(err error) error {
	return fault.Wrap(err, fault.Unavailable, unavailableAs, "语义匹配的向量服务暂时不可用，匹配先按文字进行。")
}

var errNonsense = errors.New("embedding: the server's answer makes no sense")

// post sends one question to an endpoint, with its key when there is one, and returns the answer, of at most maxAnswer bytes.
func post(ctx context.Context, client *http.Client, url, key string, question map[string]any) ([]byte, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.200s", res.StatusCode, raw)
	}
	return raw, err
}

// ask makes one call.
func (c *Client) ask(ctx context.Context, model, prefix string, texts []string) ([][]float32, error) {
	input := make([]string, len(texts))
	for i, t := range texts {
		input[i] = prefix + clipped(t)
	}
	path := "/embeddings"
	if c.config.Kind == Ollama {
		path = "/api/embed"
	}
	raw, err := post(ctx, c.config.HTTP, c.config.URL+path, c.config.Key, map[string]any{"model": model, "input": input})
	if err != nil {
		return nil, fmt.Errorf("embedding: %w", err)
	}
	vectors, err := c.read(raw, len(texts))
	if err != nil {
		return nil, err
	}
	for _, v := range vectors {
		if err := c.check(v); err != nil {
			return nil, err
		}
	}
	return vectors, nil
}

// read takes the vectors out of either protocol's answer, in the order asked.
func (c *Client) read(raw []byte, n int) ([][]float32, error) {
	var answer struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
		Embeddings [][]float32 `json:"embeddings"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%w: %w", errNonsense, err)
	}
	vectors := answer.Embeddings
	if c.config.Kind == OpenAI {
		vectors = make([][]float32, n)
		for _, d := range answer.Data {
			if d.Index < 0 || d.Index >= n {
				return nil, fmt.Errorf("%w: index %d of %d", errNonsense, d.Index, n)
			}
			vectors[d.Index] = d.Embedding
		}
	}
	if len(vectors) != n {
		return nil, fmt.Errorf("%w: %d vectors for %d texts", errNonsense, len(vectors), n)
	}
	return vectors, nil
}

// check refuses what can't be compared with the others, and scales to length 1.
func (c *Client) check(v []float32) error {
	if len(v) == 0 || len(v) > maxDims {
		return fmt.Errorf("%w: %d dimensions", errNonsense, len(v))
	}
	c.mu.Lock()
	if c.dims == 0 {
		c.dims = len(v)
	}
	want := c.dims
	c.mu.Unlock()
	if len(v) != want {
		return fmt.Errorf("%w: %d dimensions, others have %d", errNonsense, len(v), want)
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return fmt.Errorf("%w: length %v", errNonsense, math.Sqrt(sum))
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return nil
}
