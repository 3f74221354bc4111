package registry_test

import (
	"context"
	"testing"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
)

func TestAPointsYearIsComputedAndAssessedOnce(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	f := w.Submit(w.Content())
	_, err := w.S.Accept(ctx, w.Registrar, registry.Ref{ID: f.ID})
	registrytest.Check(t, err)
	_, err = w.S.Refuse(ctx, w.Registrar, registry.Ref{ID: f.ID}, registry.Refusal{Codes: []string{"R1"}, Text: "合同未生效"})
	registrytest.Check(t, err)
	w.Submit(w.Content()) // stays open
	held := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	training := registry.Training{AccountID: w.Registrar.AccountID, Course: "技术合同认定登记培训", HeldOn: held, Hours: 16, Passed: true}
	registrytest.Check(t, w.S.AddTraining(ctx, w.Head, w.County.ID, training))
	if err := w.S.AddTraining(ctx, w.Registrar, w.County.ID, training); !fault.Is(err, fault.NotFound) {
		t.Errorf("a registrar recorded the own training: %v", err)
	}
	training.AccountID = w.Seller.AccountID
	if err := w.S.AddTraining(ctx, w.League, w.County.ID, training); !fault.Is(err, fault.Invalid) {
		t.Errorf("somebody who does not work there: %v", err)
	}
	staff, err := w.S.StaffTraining(ctx, w.League, w.County.ID)
	registrytest.Check(t, err)
	trained := 0
	for _, m := range staff {
		if m.Trained {
			trained++
		}
	}
	if len(staff) != 5 || trained != 1 {
		t.Errorf("%d staff, %d trained", len(staff), trained)
	}
	w.Later(300) // 2027
	_, err = w.S.Revoke(ctx, w.League, registry.NumberRef{Number: reg.Number}, "fraud", "虚假合同")
	registrytest.Check(t, err)
	got, err := w.S.Figures(ctx, w.League, w.County.ID, 2026)
	registrytest.Check(t, err)
	want := registry.PointFigures{Submitted: 3, Accepted: 2, Decided: 2, Refused: 1, Registered: 1, Amount: 800_000 * yuan, Technical: 800_000 * yuan, InTarget: 2, Staff: 5, Trained: 1}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if next, _ := w.S.Figures(ctx, w.League, w.County.ID, 2027); next.Revoked != 1 || next.Amount != -800_000*yuan {
		t.Errorf("the next year: %+v", next)
	}
	if _, err := w.S.Figures(ctx, w.OtherLeague, w.County.ID, 2026); !fault.Is(err, fault.NotFound) {
		t.Errorf("another league: %v", err)
	}
	if err := w.S.Assess(ctx, w.League, w.County.ID, 2026, "qualified", "合格"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a league assessed: %v", err)
	}
	if err := w.S.Assess(ctx, w.Regional, w.County.ID, 2027, "qualified", "合格"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a year that runs: %v", err)
	}
	registrytest.Check(t, w.S.Assess(ctx, w.Regional, w.County.ID, 2026, "qualified", "按时办结"))
	if err := w.S.Assess(ctx, w.Regional, w.County.ID, 2026, "excellent", "改"); !fault.HasCode(err, "assessed") {
		t.Errorf("assessed twice: %v", err)
	}
	sheets, err := w.S.Assessments(ctx, w.Head, w.County.ID)
	if err != nil || len(sheets) != 1 || sheets[0].Figures != want || sheets[0].Grade != "qualified" {
		t.Errorf("got %+v %v", sheets, err)
	}
}

func TestOpenCasesOfASuspendedPointMoveWithARecord(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	_, err := w.S.Accept(ctx, w.Registrar, registry.Ref{ID: f.ID})
	registrytest.Check(t, err)
	before := w.Filing(f.ID)
	if _, _, err := w.S.MoveCases(ctx, w.Regional, w.County.ID); !fault.HasCode(err, "point_not_suspended") {
		t.Errorf("a working point: %v", err)
	}
	_, err = w.S.SetPointState(ctx, w.Regional, w.County.ID, w.County.Version, registry.PointSuspended, "整改不力")
	registrytest.Check(t, err)
	if _, _, err := w.S.MoveCases(ctx, w.League, w.County.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a league moved cases: %v", err)
	}
	moved, left, err := w.S.MoveCases(ctx, w.Regional, w.County.ID)
	registrytest.Check(t, err)
	after := w.Filing(f.ID)
	if moved != 1 || left != 0 || after.PointID != w.LeaguePoint.ID || after.State != before.State || !after.DueOn.Equal(before.DueOn) {
		t.Errorf("moved %d left %d: %+v", moved, left, after)
	}
	if _, err := w.S.Case(ctx, w.Registrar, f.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("the old desk still reads it: %v", err)
	}
	var rows int
	w.Scan(&rows, `select count(*) from ledger_row where kind = 'decision' and payload like '%"event":"move"%'`)
	if rows != 1 {
		t.Errorf("%d ledger rows of the move", rows)
	}
	c, err := w.S.Case(ctx, w.Seller, f.ID)
	registrytest.Check(t, err)
	if last := c.Events[len(c.Events)-1]; last.Event.Label() != "移交登记点" {
		t.Errorf("the history says %q", last.Event.Label())
	}
}
