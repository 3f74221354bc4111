// Package web is the door of the house: the only importer of Echo. It owns requests, sessions in
// cookies, access to routes, security headers and how a fault becomes a page or a problem document.
//
// It refuses rules and SQL: a handler decodes, calls one service method and renders. Handlers live in
// the wings (web/market …, web/api/market …) and see only Ctx; moving to another HTTP library is a change to this tree.
package web

import (
	"slices"
	"strings"
)

// Handler serves one request; an error it returns becomes a page or a problem document.
type Handler func(*Ctx) error

// Route is one address with who may use it.
type Route struct {
	Method string
	Path   string // Echo pattern: /achievements/:id
	Access Access
	Handle Handler
	// MaxBody bounds the request body in bytes; 0 means 1 MiB.
	MaxBody int64
	// Scope is what a token needs of the API's route, "market:read"; "" for pages, which no token opens.
	Scope  string
	sealed bool     // see Sealed
	public bool     // see Public
	params []string // that the page reads
	live   bool     // see Live
}

// GET declares a page.
func GET(path string, access Access, h Handler) Route {
	return Route{Method: "GET", Path: path, Access: access, Handle: h}
}

// POST declares an action.
func POST(path string, access Access, h Handler) Route {
	return Route{Method: "POST", Path: path, Access: access, Handle: h}
}

// WithFiles raises the body bound of an action that takes uploads to 60 MiB (a file may have 50 MiB).
func (r Route) WithFiles() Route {
	r.MaxBody = 60 << 20
	return r
}

// Sealed says that nothing of this form may lie on the server but where its service seals it: neither what was typed nor a chosen file
// is kept for another try.
func (r Route) Sealed() Route {
	r.sealed = true
	return r
}

// Live says that this answer goes on for as long as its reader listens: see Follow.
func (r Route) Live() Route {
	r.live = true
	return r
}

// Public says that every guest gets the same bytes of this page, so that they are kept until the market changes. params are all the
// parameters that the page reads; with any other it is worked out each time.
func (r Route) Public(params ...string) Route {
	r.public, r.params = true, params
	return r
}

// Sorted returns the routes by path and method, for the matrix test and the route list.
func Sorted(routes []Route) []Route {
	out := slices.Clone(routes)
	slices.SortFunc(out, func(a, b Route) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return out
}
