package search

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// Series begins the ids of the documents of one kind of things, and numbers them: "r-12" is number 12 of the series "r-". A listing's
// document is letters and digits alone, so the two are never confused.
type Series string

// ID is the document of a number.
func (s Series) ID(n int64) string { return string(s) + strconv.FormatInt(n, 10) }

// Number is the number of a document; 0 for a document of anything else.
func (s Series) Number(document string) int64 {
	number, ok := strings.CutPrefix(document, string(s))
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n < 0 {
		return 0
	}
	return n
}

// Renew makes the engine hold exactly docs of these numbers: it deletes the documents of the others. It is idempotent.
func (s Series) Renew(ctx context.Context, e Engine, numbers []int64, docs []Document) error {
	var gone []string
	for _, n := range numbers {
		if id := s.ID(n); !slices.ContainsFunc(docs, func(d Document) bool { return d.ID == id }) {
			gone = append(gone, id)
		}
	}
	if len(gone) > 0 {
		if err := e.Delete(ctx, gone...); err != nil {
			return err
		}
	}
	if len(docs) == 0 {
		return nil
	}
	return e.Index(ctx, docs...)
}
