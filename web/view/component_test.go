package view

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A component that is not in the list would not be tried at the start.
func TestEveryComponentIsTriedAtTheStart(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("component.go")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, c := range components() {
		listed = append(listed, c.Partial())
	}
	for _, m := range regexp.MustCompile(`Partial\(\) string\s+\{ return "([a-z]+)" \}`).FindAllStringSubmatch(string(source), -1) {
		if !slices.Contains(listed, m[1]) {
			t.Errorf("%q has a Partial method but is not in components()", m[1])
		}
	}
	if n := strings.Count(string(source), ") Partial() string"); n != len(listed) {
		t.Errorf("%d Partial methods, %d components listed", n, len(listed))
	}
}

// misfit names a partial that takes another struct.
type misfit struct{ Name string }

func (misfit) Partial() string { return "facts" }

func TestAComponentThatDoesNotFitItsPartialIsRefused(t *testing.T) {
	t.Parallel()
	e, err := engineOf(t, `{{define "main"}}{{draw .Body.Form}}{{end}}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.tryComponents(Parts{misfit{}}); err == nil || !strings.Contains(err.Error(), "misfit") {
		t.Errorf("got %v, want an error that names the component", err)
	}
}

func TestPartsAreDrawnInTheirOrderWithTheTokenOfTheRequest(t *testing.T) {
	t.Parallel()
	e, err := engineOf(t, `{{define "main"}}{{draw .Body.Form}}{{end}}`)
	if err != nil {
		t.Fatal(err)
	}
	var none *Notice
	block := struct {
		Title, Intro string
		More         *Link
		Parts        Parts
	}{Parts: Parts{Links{{Label: "第二", Href: "/b"}}, none, nil, NewForm("/x", "好"), Prose{T("最后")}}}
	var b bytes.Buffer
	if err := e.Fragment(&b, "", "blockin", "t3", block); err != nil {
		t.Fatal(err)
	}
	rest := b.String()
	for _, want := range []string{`href="/b"`, `value="t3"`, "最后"} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%s is missing or out of order in %s", want, b.String())
		}
		rest = after
	}
}
