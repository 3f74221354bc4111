// Package facttest tries a rule on files of cases: one JSON object a line, {"id", "note", "input", "expect"}.
package facttest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techmarket/internal/foundation/fact"
)

// Case is one line of a file of cases.
type Case struct {
	ID     string          `json:"id"`
	Note   string          `json:"note"`
	Input  json.RawMessage `json:"input"`
	Expect json.RawMessage `json:"expect"`
}

// Shared reads the cases of a kind that may lie beside the repository, or beside a folder above it (a work tree); without them the
// test is skipped, and says so.
func Shared(t *testing.T, kind string) []Case {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("shared", "cases", kind+".jsonl")
	for !isFile(filepath.Join(dir, name)) {
		if dir == filepath.Dir(dir) {
			t.Skip("skipped: ../" + name + " is not here")
		}
		dir = filepath.Dir(dir)
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	var cases []Case
	for line := range strings.Lines(string(b)) {
		var c Case
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Run answers the shared cases of a kind by the rule and compares them key by key.
func Run(t *testing.T, kind string, rule fact.Rule) {
	t.Helper()
	for _, c := range Shared(t, kind) {
		if diff := cmp.Diff(object(t, c.Expect), object(t, Answer(t, rule, string(c.Input)))); diff != "" {
			t.Errorf("%s %s: %s", c.ID, c.Note, diff)
		}
	}
}

// Answer is what the rule answers to one bare input, without the id.
func Answer(t *testing.T, rule fact.Rule, input string) []byte {
	t.Helper()
	var out bytes.Buffer
	var line bytes.Buffer
	if err := json.Compact(&line, []byte(input)); err != nil {
		t.Fatal(err)
	}
	if err := fact.Replay(&line, &out, rule); err != nil {
		t.Fatal(err)
	}
	o := object(t, out.Bytes())
	delete(o, "id")
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Same fails unless the answer to an input holds exactly the keys and values of want, both JSON.
func Same(t *testing.T, rule fact.Rule, input, want string) {
	t.Helper()
	if diff := cmp.Diff(object(t, []byte(want)), object(t, Answer(t, rule, input))); diff != "" {
		t.Error(diff)
	}
}

// Refused fails unless the rule cannot read the input and names the key.
func Refused(t *testing.T, rule fact.Rule, input, key string) {
	t.Helper()
	var line bytes.Buffer
	if err := json.Compact(&line, []byte(input)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := fact.Replay(&line, &out, rule)
	if err == nil || out.Len() > 0 {
		t.Fatalf("answered %s, want %s refused", out.String(), key)
	}
	if !strings.Contains(err.Error(), " "+key+"：") {
		t.Errorf("got %v, want the key %s named", err, key)
	}
}

func object(t *testing.T, b []byte) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return o
}
