package e2e

import (
	"bytes"
	"context"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
)

// What a unit exports of its own needs and achievements changes nothing when it is imported again.
func TestOwnExport_ComesBackUnchanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("member").publish("achievement", "league", meadowAchievement)
	w.as("company").publish("demand", "otherLeague", with(meadowDemand, values{"tried": "=用过包衣剂\n'效果不好"}))
	for login, kind := range map[string]listing.Kind{"member": "achievement", "company": "demand"} {
		at := "/desk/" + string(kind) + "s"
		file := w.as(login).get(w.as(login).get(at).link(at + ".xlsx"))
		ctx := context.Background()
		b, err := w.s.Importer.Check(ctx, w.who(login), importer.Upload{Kind: kind, Name: "我的.xlsx", Body: bytes.NewReader(file.body)})
		apptest.NoErr(t, err)
		if b.Good != 1 || b.Report.ProblemCount != 0 {
			t.Fatalf("%s: %+v", kind, b.Report)
		}
		b, err = w.s.Importer.RunNow(ctx, b.ID, nil)
		apptest.NoErr(t, err)
		if b.Unchanged != 1 || b.Created != 0 || b.Updated != 0 {
			t.Errorf("%s: %d created, %d updated, %d unchanged", kind, b.Created, b.Updated, b.Unchanged)
		}
	}
}
