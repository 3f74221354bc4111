package api

import (
	"strconv"

	"techmarket/internal/foundation/fault"
)

// CursorFault is what a damaged cursor is answered with.
func CursorFault() error {
	var f fault.Fields
	f.Add("cursor", "bad_cursor", "游标不正确，请从第一页重新开始")
	return f.Err()
}

// All answers a list that is always whole.
func All[T any](items []T) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items}
}

// Each turns every row into what the API shows.
func Each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// Number reads a cursor that is the id of the last row.
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

// Numbered answers a page of rows whose cursor is an id. A full page may be the last: the next one is then empty.
func Numbered[T any](items []T, limit int, id func(T) int64) List[T] {
	out := All(items)
	if len(items) == limit {
		out.Next = strconv.FormatInt(id(items[len(items)-1]), 10)
	}
	return out
}
