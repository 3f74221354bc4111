package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"
	"github.com/labstack/echo/v4"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/idempotency"
	"techmarket/web/view"
)

// onceField is the hidden key of every form (see view.Engine): what a page offers once is carried out once.
const onceField = "_once"

var onceKey = regexp.MustCompile(`^[A-Za-z0-9]{10,60}$`)

// Keys carries a named request out once; platform/idempotency fulfils it.
type Keys interface {
	Once(ctx context.Context, account int64, key, hash string,
		run func(ctx context.Context) (r idempotency.Result, keep bool, err error)) (first *idempotency.Result, err error)
}

// Parameters is a digest of what a request asks for: method, path and parameters, not the bytes that carried them. So the order of
// JSON members, white space and the borders of a multipart body make no other request. Fault: as Form.
func (c *Ctx) Parameters() (string, error) {
	r := c.echo.Request()
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.Path)
	list := func(values map[string][]string) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if name != csrfField && name != onceField && name != asField {
				fmt.Fprintf(h, "%q=%q\n", name, values[name])
			}
		}
	}
	list(r.URL.Query())
	switch kind := r.Header.Get(echo.HeaderContentType); {
	case strings.HasPrefix(kind, echo.MIMEMultipartForm), strings.HasPrefix(kind, echo.MIMEApplicationForm):
		form, err := c.Form()
		if err != nil {
			return "", err
		}
		list(form.Values)
		for _, name := range slices.Sorted(maps.Keys(form.Files)) {
			for _, file := range form.Files[name] {
				f, err := file.Open()
				if err != nil {
					return "", bodyFault(err)
				}
				fmt.Fprintf(h, "%q: %q %d\n", name, file.Filename, file.Size)
				_, err = io.Copy(h, f)
				_ = f.Close()
				if err != nil {
					return "", bodyFault(err)
				}
			}
		}
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", bodyFault(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if plain, err := jcs.Transform(body); err == nil {
			body = plain
		}
		h.Write(body)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Held is an answer that waits until what it tells is committed.
type Held struct {
	http.ResponseWriter
	Status int
	Body   bytes.Buffer
}

// WriteHeader notes the status.
func (h *Held) WriteHeader(status int) { h.Status = status }

func (h *Held) Write(b []byte) (int, error) { return h.Body.Write(b) }

// Hold runs a handler and keeps its answer back; send gives it to the caller, drop forgets it, so that another can be given.
func (c *Ctx) Hold(run func() error) (held *Held, send func() error, drop func(), err error) {
	answer := c.echo.Response()
	held = &Held{ResponseWriter: answer.Writer, Status: http.StatusOK}
	before := answer.Header().Clone()
	release := func() { answer.Writer = held.ResponseWriter }
	drop = func() {
		release()
		answer.Committed, answer.Status, answer.Size = false, http.StatusOK, 0
		clear(answer.Header())
		maps.Copy(answer.Header(), before)
	}
	send = func() error {
		release()
		answer.Writer.WriteHeader(held.Status)
		_, err := answer.Writer.Write(held.Body.Bytes())
		return err
	}
	answer.Writer = held
	defer release()
	return held, send, drop, run()
}

// onceOnly carries a form of a signed-in person out once: its key, its effect and where its answer leads are one transaction, and
// the same form sent again is led to the same place. The key counts with the content: a form that was filled in anew is a new one.
func (s *Server) onceOnly(c *Ctx, handle Handler) error {
	r := c.echo.Request()
	charge, err := c.Charge()
	if err != nil {
		return err
	}
	carried := func(context.Context) error { return handle(c) }
	if s.cfg.Keys == nil || r.Method != http.MethodPost || !c.Actor().SignedIn() {
		return c.Counted(charge, carried)
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := c.notOurs(form); err != nil {
		return err
	}
	defer c.sent()
	key := form.Values.Get(onceField)
	if !onceKey.MatchString(key) {
		return c.Counted(charge, carried)
	}
	sum, err := c.Parameters()
	if err != nil {
		return err
	}
	var answer Answer
	// The browser may hang up in the middle; what was begun is brought to an end within the request's time.
	ctx := c.Context()
	run := func(ctx context.Context) (idempotency.Result, bool, error) {
		done, err := c.Carry(ctx, charge, &answer, carried)
		if err != nil {
			answer.Drop()
			return idempotency.Result{}, false, err
		}
		to := c.echo.Response().Header().Get("HX-Redirect")
		if answer.Status == http.StatusSeeOther {
			to = c.echo.Response().Header().Get(echo.HeaderLocation)
		}
		return idempotency.Result{Status: answer.Status, Location: to}, done, nil
	}
	first, err := s.cfg.Keys.Once(ctx, c.Actor().AccountID, "form "+key+" "+sum[:32], sum, run)
	switch {
	case err != nil:
		answer.Drop()
		return err
	case first == nil:
		return answer.Send()
	case first.Location == "":
		return fault.New(fault.Conflict, "already_done", "这张表单已经提交过，也已经办好，没有重复办理。请刷新页面查看结果。")
	}
	c.Flash(view.OK, "这张表单已经提交过，没有重复办理。")
	return c.See(first.Location)
}
