// Package api owns /api/v1: the same services, permission checks and faults as the pages, as JSON. Every operation is
// declared once, with the people who may use it beside its address; the OpenAPI 3.1 document and the reference page
// /api/v1/docs are made from the same declarations (huma), so contract and handlers cannot drift.
//
// It refuses rules and SQL: an operation decodes, calls one service method and encodes. It refuses secrets in answers but
// the one of a token just made, and contact persons before guests.
//
// Amounts are whole numbers of 分 in fields named …Fen, times RFC 3339 with zone, dates 2006-01-02, enums stable codes.
// Lists answer {items, next}: next is the cursor of the following page, "" at the end.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/idempotency"
	"techmarket/web"
)

// Prefix is where the API lives.
const Prefix = "/api/v1"

// Config is what the API itself needs; all must be set.
type Config struct {
	Keys *idempotency.Store // of operations that are asked for twice
	Now  func() time.Time
}

// Part is one group of operations, under a heading of the document.
type Part struct {
	Tag     string
	Wing    string // of its scopes: operations that only read need wing:read, others wing:write
	Declare func(*API)
}

// API is the mounted API, as the wings declare their operations on it.
type API struct {
	Config
	server *web.Server
	huma   huma.API
	tag    string // of the operations being declared
	wing   string
	dated  dated
}

// Mount declares every operation on the server, the OpenAPI document and its readable page.
func Mount(server *web.Server, c Config, parts ...Part) *API {
	config := huma.DefaultConfig("科技大市场开放接口", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.Formats = map[string]huma.Format{} // the library's own map is one of its package variables
	for name, format := range huma.DefaultFormats {
		config.Formats[name] = readVisible(format)
	}
	config.FieldsOptionalByDefault = true
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "登录后在“账号—令牌”里新建，或在服务器上运行 techmarket token create"},
		"cookie": {Type: "apiKey", In: "cookie", Name: web.SessionCookie, Description: "网页登录的会话；改动数据还须带 X-CSRF-Token"},
	}
	config.Info.Description = introduction
	a := &API{Config: c, server: server}
	config.Transformers = []huma.Transformer{a.inOurWords, a.inDays}
	a.huma = humaecho.New(server.Echo(), config)
	a.huma.OpenAPI().Components.Responses = a.problems()
	for _, part := range parts {
		a.tag, a.wing = part.Tag, part.Wing
		a.huma.OpenAPI().Tags = append(a.huma.OpenAPI().Tags, &huma.Tag{Name: part.Tag})
		part.Declare(a)
	}
	nullable(a.huma.OpenAPI().Components.Schemas)
	a.dated = newDated(a.huma.OpenAPI())
	a.documents()
	return a
}

const introduction = `与网页同一套服务、同一套权限。金额字段以 Fen 结尾，单位为分的整数；时间为带时区的 RFC 3339；日期为 2006-01-02，还没有日期的字段不出现或为 null。
列表返回 items 和 next，next 原样作为下一页的 cursor，空表示已到最后。
新建类请求带上 Idempotency-Key（自拟，例如 UUID），网络中断后可用同一个键、同样的内容重发：只会办理一次，7 天内得到同样的答复。
令牌有权限范围：每个接口写明需要哪一项（如 market:read），没有的回答 403 token_scope；新建令牌时逐项选择，够用就好。
出错时返回 application/problem+json：code 是稳定代码，errors 逐项指出字段（path）、代码和改法；每个接口列出会答复的状态码。
没有列出的查询参数答 422；重复的、没有值的查询参数答 400，均指出是哪一个。
HEAD 与 GET 答复相同而没有内容；OPTIONS 答复 204 和 Allow；接口没有列出的方法（如 TRACE）答 405 和 Allow。`

// None is the answer of an operation that has nothing to say.
type None struct{}

type answer[O any] struct{ Body O }

// List is one page of a list. (Embedded types are exported because huma skips others.)
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next" doc:"下一页的游标；空表示最后一页"`
}

// Paging is the part of the query that all lists share.
type Paging struct {
	Cursor string `query:"cursor" doc:"上一页的 next" maxLength:"300"`
	Limit  int    `query:"limit" doc:"每页条数" minimum:"1" maximum:"100" default:"20"`
}

// ByID is the path of one row.
type ByID struct {
	ID int64 `path:"id" minimum:"1"`
}

type option func(*huma.Operation)

// Created says that the operation makes something: status 201.
func Created(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }

const holdsSecret = "secret"

// Secret says that the answer holds a secret, which is given once and kept nowhere: a repeated request does not get it again.
func Secret(op *huma.Operation) { op.Metadata = map[string]any{holdsSecret: true} }

// Op declares one operation. route is "METHOD /path" below Prefix.
func Op[I, O any](
	a *API,
	route string,
	access web.Access,
	summary string,
	handle func(ctx context.Context, who actor.Actor, in *I) (O, error),
	options ...option,
) {
	o := a.operation(route, access, summary, options)
	if reflect.TypeFor[O]() == reflect.TypeFor[None]() {
		if o.DefaultStatus == 0 {
			o.DefaultStatus = http.StatusNoContent
		}
		huma.Register(a.huma, o, func(ctx context.Context, in *I) (*struct{}, error) {
			c := Entered(ctx)
			if _, err := handle(ctx, c.Actor(), in); err != nil {
				return nil, &problem{c.Problem(err)}
			}
			return &struct{}{}, nil
		})
		return
	}
	huma.Register(a.huma, o, func(ctx context.Context, in *I) (*answer[O], error) {
		c := Entered(ctx)
		out, err := handle(ctx, c.Actor(), in)
		if err != nil {
			return nil, &problem{c.Problem(err)}
		}
		return &answer[O]{out}, nil
	})
}

// Download is a file as answer.
type Download struct {
	Name, MIME string
	Body       io.ReadCloser
}

// File declares an operation that answers a file of one of the media types.
func File[I any](
	a *API,
	route string,
	access web.Access,
	summary string,
	handle func(ctx context.Context, who actor.Actor, in *I) (Download, error),
	types ...string,
) {
	o := a.operation(route, access, summary, nil)
	content := map[string]*huma.MediaType{}
	for _, t := range types {
		content[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
		if t == "application/json" {
			content[t].Schema = &huma.Schema{Type: "object"}
		}
	}
	o.Responses["200"] = &huma.Response{Description: "文件", Content: content}
	huma.Register(a.huma, o, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		c := Entered(ctx)
		d, err := handle(ctx, c.Actor(), in)
		if err != nil {
			return nil, &problem{c.Problem(err)}
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			defer d.Body.Close()
			h.SetHeader("Content-Type", d.MIME)
			h.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
			h.SetHeader("Content-Security-Policy", "default-src 'none'; sandbox")
			h.SetHeader("Cache-Control", "private, no-cache")
			h.SetStatus(http.StatusOK)
			_, _ = io.Copy(h.BodyWriter(), d.Body) // the status is sent: a broken connection is all that is left to see
		}}, nil
	})
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// operation makes what is alike for all: access, errors, the idempotency key, body bounds.
func (a *API) operation(route string, access web.Access, summary string, options []option) huma.Operation {
	method, path, _ := strings.Cut(route, " ")
	o := huma.Operation{
		Method: method, Path: Prefix + path, Summary: summary, Tags: []string{a.tag},
		OperationID: strings.ToLower(method) + "-" + strings.Trim(strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path), "-"),
		Security:    []map[string][]string{{"bearer": {}}, {"cookie": {}}},
		Extensions:  map[string]any{"x-access": access.Name, "x-who": access.Who},
		Responses:   map[string]*huma.Response{},
	}
	for _, status := range refusals(method, path) {
		o.Responses[status] = &huma.Response{Ref: responsePath + status}
	}
	if access.Allows(actor.Guest()) {
		o.Security = append(o.Security, map[string][]string{})
	}
	declared := web.Route{Method: method, Path: pathParameter.ReplaceAllString(Prefix+path, ":$1"), Access: access, Scope: a.wing + ":write"}
	if method == http.MethodGet {
		declared.Scope = a.wing + ":read"
	}
	o.Extensions["x-scope"] = declared.Scope
	o.Description = "令牌权限：" + declared.Scope
	for _, option := range options {
		option(&o)
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = 1 << 20
	}
	declared.MaxBody = o.MaxBodyBytes
	o.BodyReadTimeout = -1 // the body is read before huma sees it; uploads take their time
	a.server.Declare(declared)
	if method == http.MethodPost {
		o.Parameters = append(o.Parameters, &huma.Param{Name: keyHeader, In: "header",
			Description: "自拟的唯一键：同一个键、同样的内容只办理一次，重发得到第一次的答复（保留 7 天）",
			Schema:      &huma.Schema{Type: "string", Pattern: `^[!-~]{1,200}$`}})
	}
	o.Middlewares = append(o.Middlewares, a.enter(declared))
	return o
}

// guestsPerMinute bounds what one address may ask without signing in (docs/rules/security.md §3).
const guestsPerMinute = 60

type ctxKey struct{}

func Entered(ctx context.Context) *web.Ctx { return ctx.Value(ctxKey{}).(*web.Ctx) }

// enter is what happens before an operation: access, bounds, text that can be kept, the idempotency key.
func (a *API) enter(route web.Route) func(huma.Context, func(huma.Context)) {
	return func(h huma.Context, next func(huma.Context)) {
		e := humaecho.Unwrap(h)
		c, err := a.server.Enter(e, route)
		if err == nil && !c.Actor().SignedIn() {
			err = c.Limit("api", guestsPerMinute, time.Minute)
		}
		if err == nil {
			err = checkQuery(h.Operation(), e.Request().URL.RawQuery)
		}
		if err == nil {
			err = readable(e)
		}
		if err != nil {
			e.Error(err)
			return
		}
		a.once(c, e, h.Operation().Metadata[holdsSecret] != nil, func(ctx context.Context) {
			next(huma.WithContext(h, context.WithValue(ctx, ctxKey{}, c)))
		})
	}
}

// schemaName names the schema of a Go type after its package: achievement.Content is AchievementContent.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		name = hint
	} else if t.PkgPath() != "" && !strings.Contains(t.PkgPath(), "/web/api") {
		name = t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:] + "." + name
	}
	name = packagePath.ReplaceAllString(name, "")
	var b strings.Builder
	var last string
	for _, word := range strings.FieldsFunc(name, func(r rune) bool {
		return r == '.' || r == '[' || r == ']' || r == ',' || r == '*' || r == '-' || r == '_'
	}) {
		word = strings.ToUpper(word[:1]) + word[1:]
		if word == last { // deal.Deal
			continue
		}
		last = word
		b.WriteString(word)
	}
	return b.String()
}

var packagePath = regexp.MustCompile(`[\w.-]+/`)

// nullable says in the schemas what encoding/json does: a nil pointer or map is null unless it is left out.
func nullable(r huma.Registry) {
	for name, schema := range r.Map() {
		t := r.TypeFromRef("#/components/schemas/" + name)
		for t != nil && t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		for _, f := range reflect.VisibleFields(t) {
			key, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := schema.Properties[key]
			if p == nil || strings.Contains(rest, "omit") || f.Type.Kind() != reflect.Pointer && f.Type.Kind() != reflect.Map {
				continue
			}
			if p.Ref != "" {
				schema.Properties[key] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
			} else {
				p.Nullable = true
			}
		}
	}
}

// documents serves the OpenAPI document and the page made from it.
func (a *API) documents() {
	delete(a.huma.OpenAPI().Components.Schemas.Map(), "HumaErrorModel") // never answered: see inOurWords
	document := sync.OnceValues(func() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) })
	reference := newReference(a.huma.OpenAPI())
	a.server.Mount(
		web.GET(Prefix+"/openapi.json", web.Anyone(), func(c *web.Ctx) error {
			written, err := document()
			if err != nil {
				return fmt.Errorf("write the OpenAPI document: %w", err)
			}
			return c.Blob("application/vnd.oai.openapi+json;version=3.1", written)
		}),
		web.GET(Prefix+"/docs", web.Anyone(), reference.serve),
	)
}
