package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/idempotency"
	"techmarket/web"
)

const keyHeader = "Idempotency-Key"

var keyPattern = regexp.MustCompile(`^[!-~]{1,200}$`)

// readable reads the body of everything but uploads and refuses text that PostgreSQL cannot keep.
func readable(e echo.Context) error {
	r := e.Request()
	if r.Body == nil || strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		return brokenBody(err)
	case !utf8.Valid(body) || holdsNUL(body):
		return fault.New(fault.Invalid, "bad_text", "文字里有无法保存的字符（不是 UTF-8，或含空字符），请删去后重发")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

func brokenBody(err error) error {
	if f := web.AsFault(err); f.Code == "body_too_large" {
		return f
	}
	return fault.Wrap(err, fault.Invalid, "bad_request", "请求的内容没有完整收到，请重发")
}

// holdsNUL finds a NUL byte or its JSON escape, whose backslash is not itself escaped.
func holdsNUL(body []byte) bool {
	if bytes.IndexByte(body, 0) >= 0 {
		return true
	}
	for rest := body; ; {
		i := bytes.Index(rest, []byte(`\u0000`))
		if i < 0 {
			return false
		}
		slashes := 1
		for i-slashes >= 0 && rest[i-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 1 {
			return true
		}
		rest = rest[i+1:]
	}
}

// once carries a POST out once per account and key. Only an answer of success is kept: after any other nothing was changed,
// and the mended request may use the key again. While the first one runs its twins wait for its answer.
func (a *API) once(c *web.Ctx, e echo.Context, run func(context.Context)) {
	r := e.Request()
	key := r.Header.Get(keyHeader)
	if r.Method != http.MethodPost || key == "" {
		run(c.Context())
		return
	}
	if !keyPattern.MatchString(key) {
		var f fault.Fields
		f.Add(keyHeader, "format", "Idempotency-Key 应为 1—200 个不含空格的英文字符，例如 UUID")
		e.Error(f.Err())
		return
	}
	account := c.Actor().AccountID
	if account == 0 {
		key = c.RemoteAddr() + " " + key
	}
	// The caller may hang up in the middle; what was begun is brought to an end, so that its twin gets the true answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), time.Minute)
	defer cancel()
	first, err := a.Keys.Begin(ctx, account, key)
	if err != nil {
		e.Error(err)
		return
	}
	sum := newRequestHash(r)
	if first != nil {
		if _, err := io.Copy(sum, r.Body); err != nil {
			e.Error(brokenBody(err))
			return
		}
		a.again(e, *first, sum)
		return
	}
	kept := false
	defer func() {
		if !kept { // also when the operation panics
			if err := a.Keys.Release(ctx, account, key); err != nil {
				_ = c.Problem(err)
			}
		}
	}()
	source := r.Body
	r.Body = io.NopCloser(io.TeeReader(source, sum))
	record := &recorder{ResponseWriter: e.Response().Writer}
	e.Response().Writer = record
	run(ctx)
	e.Response().Writer = record.ResponseWriter
	if e.Response().Status < 200 || e.Response().Status > 299 {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body) // what the operation did not need is part of the request all the same
	kept = true
	if err := a.Keys.Finish(ctx, account, key, idempotency.Result{Hash: sum.String(), Status: e.Response().Status,
		ContentType: e.Response().Header().Get(echo.HeaderContentType), Body: record.body.Bytes()}); err != nil {
		_ = c.Problem(err) // done and answered: only a repetition will have to ask
	}
}

// again answers a repetition.
func (a *API) again(e echo.Context, first idempotency.Result, sum requestHash) {
	if first.Hash != sum.String() {
		var f fault.Fields
		f.Add(keyHeader, "idempotency_reused", "这个 Idempotency-Key 已用于另一个请求，新的请求请换一个键")
		e.Error(f.Err())
		return
	}
	e.Response().Header().Set("Idempotency-Replayed", "true")
	if len(first.Body) == 0 {
		_ = e.NoContent(first.Status)
		return
	}
	_ = e.Blob(first.Status, first.ContentType, first.Body)
}

// requestHash tells one request from another: method, address and body.
type requestHash struct{ hash.Hash }

func newRequestHash(r *http.Request) requestHash {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())
	return requestHash{h}
}

func (h requestHash) String() string { return hex.EncodeToString(h.Sum(nil)) }

// recorder keeps a copy of what is answered.
type recorder struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
