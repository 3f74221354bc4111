package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
)

const assessLine = `{"id":"样例","application":{"class":"0101","medium":"paper","signed":"2026-03-02","begins":"2026-03-02",` +
	`"ends":"2027-03-01","applied":"2026-04-10","amount":"5000000.00",` +
	`"seller":{"name":"样例大学","country":"156","division":"150104"},` +
	`"buyer":{"name":"样例公司","country":"156","division":"150203"},"point":"150104","points":["150104"]}}`

func TestAssessCommandDecidesAFileAndNamesBadLines(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cases.jsonl")
	if err := os.WriteFile(file, []byte(assessLine+"\nnonsense\n"+assessLine+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	err := runAssess(context.Background(), []string{file}, nil, &out, &errs)
	if !fault.HasCode(err, "lines_unreadable") || !strings.Contains(errs.String(), "第 2 行") {
		t.Errorf("got %v, stderr %s", err, errs.String())
	}
	if got := strings.Count(out.String(), `"outcome":"register"`); got != 2 || !strings.Contains(out.String(), `"expert":true`) {
		t.Errorf("got %d decisions: %s", got, out.String())
	}
	out.Reset()
	if err := runAssess(context.Background(), []string{"-"}, strings.NewReader(assessLine), &out, &errs); err != nil || out.Len() == 0 {
		t.Errorf("from standard input: %v", err)
	}
	for _, args := range [][]string{nil, {"a", "b"}, {filepath.Join(t.TempDir(), "missing")}} {
		if err := runAssess(context.Background(), args, nil, &out, &errs); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := runAssess(ctx, []string{file}, nil, &out, &errs); err == nil {
		t.Error("an interrupted command succeeds")
	}
}
