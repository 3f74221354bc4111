package registry_test

import (
	"context"
	"strings"
	"testing"

	"techmarket/internal/certify/registry/registrytest"
)

func TestWhatIsWrittenIntoRegisterTrailAndHistoryStaysAsItIs(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	w.Register(w.Content(), nil)
	registrytest.Check(t, w.Jobs.Drain(ctx)) // signs the first root
	for _, table := range []string{"ledger_row", "ledger_root", "audit_row", "period_entry", "filing_event"} {
		var rows int
		w.Scan(&rows, "select count(*) from "+table)
		if rows == 0 {
			t.Errorf("%s is empty: nothing is proved", table)
		}
		for _, sql := range []string{"update " + table + " set " +
			map[string]string{"ledger_row": "kind", "ledger_root": "suite", "audit_row": "action", "period_entry": "class",
				"filing_event": "note"}[table] + " = 'x'",
			"delete from " + table, "truncate " + table} {
			if _, err := w.DB.Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), "23001") {
				t.Errorf("%s: %v, want a restrict violation", sql, err)
			}
		}
	}
}
