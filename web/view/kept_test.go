package view

import (
	"reflect"
	"strings"
	"testing"
)

func TestWhatWasDrawnBeforeIsDrawnOnceAndAnyOtherContentAnew(t *testing.T) {
	t.Parallel()
	e, err := New(Options{Assets: builtAssets(t)})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, mark := range []string{"收藏", "已收藏", "收藏"} {
		html, err := e.drawKept(Rows{Items: []Row{{Title: T("稀土永磁"), Href: "/achievements/1", Actions: []Action{{Label: mark, Post: "/x"}}}}})
		if err != nil || !strings.Contains(string(html), ">"+mark+"<") {
			t.Fatalf("%s: got %s, %v", mark, html, err)
		}
		seen[string(html)] = true
	}
	if len(seen) != 2 || len(e.kept.drawn) != 2 {
		t.Errorf("two contents were drawn as %d, %d kept", len(seen), len(e.kept.drawn))
	}
	if html, err := e.drawKept(Rail{}); err != nil || seen[string(html)] {
		t.Errorf("another component with other content: %s, %v", html, err)
	}
}

// A field that JSON leaves out would let two contents count as one.
func TestKeptComponentsHaveOnlyExportedFields(t *testing.T) {
	t.Parallel()
	known := map[reflect.Type]bool{}
	var look func(t reflect.Type, at string)
	look = func(of reflect.Type, at string) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() == reflect.Func || of.Kind() == reflect.Interface || of.Kind() == reflect.Chan {
			t.Errorf("%s is a %s", at, of.Kind())
		}
		if of.Kind() != reflect.Struct || known[of] || of.PkgPath() == "time" {
			return
		}
		known[of] = true
		for f := range of.Fields() {
			if !f.IsExported() || f.Tag.Get("json") != "" {
				t.Errorf("%s.%s is left out", at, f.Name)
			}
			look(f.Type, at+"."+f.Name)
		}
	}
	look(reflect.TypeFor[Rows](), "Rows")
	look(reflect.TypeFor[Rail](), "Rail")
}
