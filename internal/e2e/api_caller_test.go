package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"

	"techmarket/internal/app/apptest"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/api"
)

// caller is a program at the API, with the token of a person ("" for a guest).
type caller struct {
	w           *world
	name, token string
}

func (w *world) caller(login string) caller {
	w.t.Helper()
	if login == "" {
		return caller{w, "guest", ""}
	}
	token, err := w.s.Identity.CreateTokenFor(context.Background(), login, "test", identity.AllScopes()...)
	apptest.NoErr(w.t, err)
	return caller{w, login, token}
}

var (
	instant       = regexp.MustCompile(`"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[^"\\]{0,20}"`)
	storedInstant = regexp.MustCompile(`^"[0-9T:-]{19}(?:\.[0-9]{1,6})?\+08:00"$`)
)

type reply struct {
	caller caller
	what   string
	status int
	header http.Header
	body   []byte
}

func (c caller) raw(method, path, media string, body io.Reader, header ...string) reply {
	c.w.t.Helper()
	r, err := http.NewRequest(method, c.w.server.URL+api.Prefix+path, body)
	apptest.NoErr(c.w.t, err)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	apptest.NoErr(c.w.t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	apptest.NoErr(c.w.t, err)
	c.w.documented(method, path, answer.StatusCode)
	if strings.Contains(answer.Header.Get("Content-Type"), "json") { // an answer to a write gives the instant that reading gives later
		for _, at := range instant.FindAll(b, -1) {
			if !storedInstant.Match(at) {
				c.w.t.Errorf("%s %s: the instant %s is not as the database keeps it", method, path, at)
			}
		}
	}
	return reply{c, method + " " + path, answer.StatusCode, answer.Header, b}
}

func (c caller) send(method, path string, body any, header ...string) reply {
	c.w.t.Helper()
	if body == nil {
		return c.raw(method, path, "", nil, header...)
	}
	b, err := json.Marshal(body)
	apptest.NoErr(c.w.t, err)
	return c.raw(method, path, "application/json", bytes.NewReader(b), header...)
}

func (c caller) get(path string) reply { return c.send("GET", path, nil) }

func (c caller) post(path string, body any) reply { return c.send("POST", path, body) }

func (c caller) put(path string, body any) reply { return c.send("PUT", path, body) }

// want stops the test unless the answer has the status.
func (r reply) want(status int) reply {
	r.caller.w.t.Helper()
	if r.status != status {
		r.caller.w.t.Fatalf("%s as %s: got %d, want %d\n%s", r.what, r.caller.name, r.status, status, r.body)
	}
	return r
}

// says wants the texts in the answer.
func (r reply) says(texts ...string) reply {
	r.caller.w.t.Helper()
	for _, text := range texts {
		if !bytes.Contains(r.body, []byte(text)) {
			r.caller.w.t.Errorf("%s as %s says nothing of %s: %s", r.what, r.caller.name, text, r.body)
		}
	}
	return r
}

// into reads the answer.
func (r reply) into(v any) {
	r.caller.w.t.Helper()
	apptest.NoErr(r.caller.w.t, json.Unmarshal(r.body, v))
}

// refused stops the test unless the answer is a problem document with the status and code.
func (r reply) refused(status int, code string) {
	r.caller.w.t.Helper()
	r.want(status)
	var p web.Problem
	apptest.NoErr(r.caller.w.t, json.Unmarshal(r.body, &p))
	if p.Code != code || p.Status != status || p.Detail == "" || !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") {
		r.caller.w.t.Errorf("%s as %s: got %s", r.what, r.caller.name, r.body)
	}
}

// object is the answer as loose JSON.
func (r reply) object() map[string]any {
	r.caller.w.t.Helper()
	var m map[string]any
	apptest.NoErr(r.caller.w.t, json.Unmarshal(r.body, &m))
	return m
}

func (r reply) id() int64 { return int64(r.object()["id"].(float64)) }

func (r reply) version() int { return int(r.object()["version"].(float64)) }

// file uploads a file and returns its id.
func (c caller) file(purpose, name string, content []byte) int64 {
	c.w.t.Helper()
	body, media := form(map[string]string{"purpose": purpose}, name, content)
	return c.raw("POST", "/files", media, body).want(201).id()
}

// form is a multipart body with one file.
func form(fields map[string]string, name string, content []byte) (*bytes.Buffer, string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		_ = m.WriteField(k, v)
	}
	part, _ := m.CreateFormFile("file", name)
	_, _ = part.Write(content)
	_ = m.Close()
	return &b, m.FormDataContentType()
}

// list is the items of a list.
func (r reply) list() []any { return r.object()["items"].([]any) }

// published takes a draft through review and returns its address.
func (w *world) published(owner, editor caller, kind string, content map[string]any) int64 {
	w.t.Helper()
	made := owner.post("/"+kind, content).want(201)
	at := fmt.Sprintf("/%s/%d", kind, made.id())
	v := owner.post(at+"/events", map[string]any{"version": made.version(), "event": "submit"}).want(200).version()
	editor.post(at+"/review", map[string]any{"version": v, "event": "publish"}).want(200)
	w.drain()
	return made.id()
}
