package e2e

import (
	"io"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo"
	"techmarket/internal/foundation/fault"
)

func TestDemo_RefusesAMarketInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // has real points
	if _, err := demo.Load(t.Context(), w.s, demo.Options{Limit: 1}, io.Discard); !fault.HasCode(err, "demo_real_data") {
		t.Errorf("got %v, want demo_real_data", err)
	}
	apptest.NoErr(t, demo.FirstStart(t.Context(), w.s)) // the first start of a real market loads nothing
	if n := apptest.Count(t, w.s.Platform.DB, "select count(*) from organisation where is_sample"); n != 0 {
		t.Errorf("sample organisations: got %d", n)
	}
}
