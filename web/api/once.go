package api

import (
	"bytes"
	"context"
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
	if f := web.AsFault(err); f.Code == "body_too_large" || f.Kind == fault.Forbidden {
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

// once carries a POST out once per account and key: key, effect and answer are one transaction. Only an answer of success is kept:
// after any other nothing was changed, and the mended request may use the key again. While the first one runs its twins wait.
func (a *API) once(c *web.Ctx, e echo.Context, secret bool, run func(context.Context)) {
	charge, err := c.Charge()
	if err != nil {
		e.Error(brokenBody(err))
		return
	}
	carried := func(ctx context.Context) error { run(ctx); return nil } //nolint:unparam // Carry takes work that can fail
	key := e.Request().Header.Get(keyHeader)
	if e.Request().Method != http.MethodPost || len(e.Request().Header.Values(keyHeader)) == 0 {
		if err := c.Counted(charge, carried); err != nil {
			e.Error(err)
		}
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
	sum, err := c.Parameters()
	if err != nil {
		e.Error(brokenBody(err))
		return
	}
	// The caller may hang up in the middle; what was begun is brought to an end, so that its twin gets the true answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), time.Minute)
	defer cancel()
	var answer web.Answer
	first, err := a.Keys.Once(ctx, account, key, sum, func(ctx context.Context) (idempotency.Result, bool, error) {
		done, err := c.Carry(ctx, charge, &answer, carried)
		if err != nil {
			return idempotency.Result{}, false, err
		}
		r := idempotency.Result{Status: answer.Status, ContentType: e.Response().Header().Get(echo.HeaderContentType)}
		if !secret {
			r.Body = append([]byte{}, answer.Body.Bytes()...)
		}
		return r, done && answer.Status <= 299, nil
	})
	switch {
	case err != nil:
		answer.Drop()
		e.Error(err)
	case first == nil:
		_ = answer.Send() // done and kept: who hung up asks again
	default:
		a.again(e, *first, sum)
	}
}

// again answers a repetition.
func (a *API) again(e echo.Context, first idempotency.Result, sum string) {
	switch {
	case first.Hash != sum:
		var f fault.Fields
		f.Add(keyHeader, "idempotency_reused", "这个 Idempotency-Key 已用于另一个请求，新的请求请换一个键")
		e.Error(f.Err())
		return
	case first.Body == nil:
		e.Error(fault.New(fault.Conflict, "secret_not_repeated",
			"这个请求已经办好。答复里的密钥只给出一次，不再重放：没有收到的，请撤销后换一个键重新办理。"))
		return
	}
	e.Response().Header().Set("Idempotency-Replayed", "true")
	if len(first.Body) == 0 {
		_ = e.NoContent(first.Status)
		return
	}
	_ = e.Blob(first.Status, first.ContentType, first.Body)
}
