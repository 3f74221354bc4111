package view

import (
	"io"
	"testing"
)

// One list page of 20 rows with a rail is the page the market serves most.
func BenchmarkListPage(b *testing.B) {
	e, err := New(Options{Assets: builtAssets(b)})
	if err != nil {
		b.Fatal(err)
	}
	page := DesignPage(written, Page{})
	rows := page.Body.Rows.Items
	for len(page.Body.Rows.Items) < 20 {
		page.Body.Rows.Items = append(page.Body.Rows.Items, rows...)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, part := range []struct {
			name string
			data any
		}{{"rail", page.Body.Rail}, {"listhead", page.Body.Head}, {"rows", page.Body.Rows}, {"pager", page.Body.Pager}} {
			if err := e.Fragment(io.Discard, "", part.name, "", part.data); err != nil {
				b.Fatal(err)
			}
		}
	}
}
