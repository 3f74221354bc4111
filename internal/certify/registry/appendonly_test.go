package registry_test

import (
	"context"
	"strings"
	"testing"

	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/platform/postgres/pgtest"
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

// The program's own role cannot delete a real row of the register, whatever statement it sends; the sample market's rows go.
func TestTheProgramDeletesNoRealRowOfTheRegister(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	w.Register(w.Content(), nil)
	program := pgtest.Program(t, w.DB)
	for _, table := range []string{"contract", "filing", "registration", "period_entry"} {
		var before, seen int
		w.Scan(&before, "select count(*) from "+table)
		if tag, err := program.Exec(ctx, "delete from "+table); err != nil || tag.RowsAffected() != 0 {
			t.Errorf("%s: %d real rows deleted, %v", table, tag.RowsAffected(), err)
		}
		registrytest.Check(t, program.QueryRow(ctx, "select count(*) from "+table).Scan(&seen))
		if before == 0 || seen != before {
			t.Errorf("%s: %d rows, the program sees %d", table, before, seen)
		}
	}
	_, err := w.DB.Exec(ctx, `alter table period_entry disable trigger all; update period_entry set is_sample = true;
		alter table period_entry enable trigger all`)
	registrytest.Check(t, err)
	if tag, err := program.Exec(ctx, `delete from period_entry`); err != nil || tag.RowsAffected() != 1 {
		t.Errorf("a sample row: %d, %v", tag.RowsAffected(), err)
	}
}
