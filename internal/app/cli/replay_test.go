package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techmarket/internal/foundation/fault"
)

// The cases are the auditor's: they stand beside the repository where somebody audits it. Each kind of the command that has a file is
// run over it, and every answer must be its "expect" key by key.
func TestReplay_EveryCaseOfEveryKind(t *testing.T) {
	t.Parallel()
	rules := replays()
	delete(rules, "meetings") // several answers are right: the checker stands beside the rule
	for _, kind := range slices.Sorted(maps.Keys(rules)) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			file := casesFile(t, kind)
			var out bytes.Buffer
			if err := runReplay(context.Background(), []string{kind, file}, nil, &out); err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			answers := strings.Split(strings.TrimSpace(out.String()), "\n")
			cases := strings.Split(strings.TrimSpace(string(raw)), "\n")
			if len(answers) != len(cases) {
				t.Fatalf("%d answers to %d cases", len(answers), len(cases))
			}
			for i, line := range cases {
				compareCase(t, kind, line, answers[i])
			}
		})
	}
}

// casesFile finds the cases beside the repository, in whichever folder above it they stand.
func casesFile(t *testing.T, kind string) string {
	t.Helper()
	for dir := "../../../.."; len(dir) < 40; dir += "/.." {
		if file := filepath.Join(dir, "shared", "cases", kind+".jsonl"); exists(file) {
			return file
		}
	}
	t.Skip("no ../shared/cases/" + kind + ".jsonl beside the repository")
	return ""
}

func exists(file string) bool { _, err := os.Stat(file); return err == nil }

func compareCase(t *testing.T, kind, line, answer string) {
	t.Helper()
	var c struct {
		ID, Note string
		Expect   map[string]any
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &c); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	c.Expect["id"] = c.ID
	if diff := cmp.Diff(c.Expect, got); diff != "" {
		t.Errorf("%s %s %s: (-want +got)\n%s", kind, c.ID, c.Note, diff)
	}
}

func TestReplay_NamesItsKindsAndTheFirstBadLine(t *testing.T) {
	t.Parallel()
	const good = `{"bp":7000,"main_bp":5000,"members":[{"name":"样例甲","weight":1,"main":true}],` +
		`"entries":[{"id":"e1","kind":"receipt","amount":"1.00"}]}`
	var out bytes.Buffer
	in := strings.NewReader(good + "\n" + strings.Replace(good, `"1.00"`, `"1.0"`, 1) + "\n" + good)
	err := runReplay(context.Background(), []string{"income", "-"}, in, &out)
	if !fault.HasCode(err, "line_malformed") || !strings.Contains(err.Error(), "第 2 行 entries[0].amount") ||
		strings.Count(out.String(), "\n") != 1 {
		t.Errorf("got %v after %s", err, out.String())
	}
	for _, args := range [][]string{nil, {"income"}, {"incomes", "-"}, {"income", filepath.Join(t.TempDir(), "missing")}} {
		if err := runReplay(context.Background(), args, strings.NewReader(""), &out); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	if err := runReplay(context.Background(), []string{"x", "-"}, nil, &out); !strings.Contains(err.Error(), "auction") {
		t.Errorf("the kinds are not named: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := runReplay(ctx, []string{"income", "-"}, strings.NewReader(good), &out); err == nil {
		t.Error("an interrupted command succeeds")
	}
}
