package search

import (
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
