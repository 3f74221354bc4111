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
	"strconv"

	"techmarket/internal/foundation/fault"
)

// cursorFault is what a damaged cursor is answered with.
func CursorFault() error {
	var f fault.Fields
	f.Add("cursor", "bad_cursor", "游标不正确，请从第一页重新开始")
	return f.Err()
}

// all answers a list that is always whole.
func All[T any](items []T) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items}
}

func Each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// number reads a cursor that is the id of the last row.
func Number(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 0 {
		return 0, CursorFault()
	}
	return n, nil
}

// numbered answers a page of rows whose cursor is an id. A full page may be the last: the next one is then empty.
func Numbered[T any](items []T, limit int, id func(T) int64) List[T] {
	out := All(items)
	if len(items) == limit {
		out.Next = strconv.FormatInt(id(items[len(items)-1]), 10)
	}
	return out
}
