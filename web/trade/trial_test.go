package trade

import (
	"slices"
	"testing"
	"time"

	"techmarket/internal/trade/trial"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// What is due on a day is overdue when that day is over here: not at 08:00, which is when it begins or ends elsewhere.
func TestTrial_WhatIsDueIsOverdueFromMidnightHere(t *testing.T) {
	t.Parallel()
	due, err := time.Parse(time.DateOnly, "2026-11-28")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]bool{
		"2026-11-27T23:00:00Z": false, "2026-11-28T15:59:59Z": false, "2026-11-28T16:00:00Z": true, "2026-11-28T23:30:00Z": true,
		"2026-11-29T00:30:00Z": true,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		v := trial.View{AsOf: now, Reports: []trial.Report{{DueOn: due}}, Payments: []trial.Payment{{DueOn: due}}}
		for what, block := range map[string]ui.Block{"report": reportsBlock(v), "payment": duesBlock(v)} {
			cell := block.Parts[0].(view.Table).Rows[0].Cells[0]
			if got := slices.ContainsFunc(cell.Tags, func(t view.Tag) bool { return t.Label == "逾期" }); got != want {
				t.Errorf("%s at %s: overdue %v, want %v", what, at, got, want)
			}
		}
	}
}
