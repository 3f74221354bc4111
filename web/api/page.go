package api

import (
	"strconv"
)

// number reads a cursor that is the id of the last row.
func number(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 0 {
		return 0, cursorFault()
	}
	return n, nil
}

// numbered answers a page of rows whose cursor is an id. A full page may be the last: the next one is then empty.
func numbered[T any](items []T, limit int, id func(T) int64) List[T] {
	out := all(items)
	if len(items) == limit {
		out.Next = strconv.FormatInt(id(items[len(items)-1]), 10)
	}
	return out
}
