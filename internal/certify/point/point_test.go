package point_test

import (
	"context"
	"testing"
	"time"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

func TestAPointsYearIsComputedAndAssessedOnce(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	f := w.Submit(w.Content())
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	w.Review(w.Registrar, f.ID, func(r *registry.Review) { r.Findings = []registry.Finding{{Code: "not_effective"}} })
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{Filing: f.ID, Event: registry.EventRefuse, Refusal: registry.Refusal{Codes: []string{"R1"}, Text: "合同未生效"}},
	)
	registrytest.Check(t, err)
	w.Submit(w.Content()) // stays open
	held := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	training := point.Training{AccountID: w.Registrar.AccountID, Course: "技术合同认定登记培训", HeldOn: held, Hours: 16, Passed: true}
	registrytest.Check(t, w.Points.AddTraining(ctx, w.Head, w.County.ID, training))
	if err := w.Points.AddTraining(ctx, w.Registrar, w.County.ID, training); !fault.Is(err, fault.NotFound) {
		t.Errorf("a registrar recorded the own training: %v", err)
	}
	training.AccountID = w.Seller.AccountID
	if err := w.Points.AddTraining(ctx, w.League, w.County.ID, training); !fault.Is(err, fault.Invalid) {
		t.Errorf("somebody who does not work there: %v", err)
	}
	staff, err := w.Points.StaffTraining(ctx, w.League, w.County.ID)
	registrytest.Check(t, err)
	trained := 0
	for _, m := range staff {
		if m.Trained {
			trained++
		}
	}
	if len(staff) != 6 || trained != 1 {
		t.Errorf("%d staff, %d trained", len(staff), trained)
	}
	w.Later(300) // 2027
	_, err = w.Revoke(reg.Number, "fraud")
	registrytest.Check(t, err)
	got, err := w.Points.Figures(ctx, w.League, w.County.ID, 2026)
	registrytest.Check(t, err)
	want := point.Figures{
		Submitted:  3,
		Accepted:   2,
		Decided:    2,
		Refused:    1,
		Registered: 1,
		Amount:     800_000 * money.Yuan,
		Technical:  800_000 * money.Yuan,
		InTarget:   2,
		Staff:      6,
		Trained:    1,
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if next, _ := w.Points.Figures(ctx, w.League, w.County.ID, 2027); next.Revoked != 1 || next.Amount != -800_000*money.Yuan {
		t.Errorf("the next year: %+v", next)
	}
	if _, err := w.Points.Figures(ctx, w.OtherLeague, w.County.ID, 2026); !fault.Is(err, fault.NotFound) {
		t.Errorf("another league: %v", err)
	}
	if err := w.Points.Assess(ctx, w.League, w.County.ID, 2026, "qualified", "合格"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a league assessed: %v", err)
	}
	if err := w.Points.Assess(ctx, w.Regional, w.County.ID, 2027, "qualified", "合格"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a year that runs: %v", err)
	}
	registrytest.Check(t, w.Points.Assess(ctx, w.Regional, w.County.ID, 2026, "qualified", "按时办结"))
	if err := w.Points.Assess(ctx, w.Regional, w.County.ID, 2026, "excellent", "改"); !fault.HasCode(err, "assessed") {
		t.Errorf("assessed twice: %v", err)
	}
	sheets, err := w.Points.Assessments(ctx, w.Head, w.County.ID)
	if err != nil || len(sheets) != 1 || sheets[0].Figures != want || sheets[0].Grade != "qualified" {
		t.Errorf("got %+v %v", sheets, err)
	}
}

func TestAPointKnowsItsStaff(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	staff, err := w.Points.Staff(ctx, w.Head, w.County.ID)
	registrytest.Check(t, err)
	if len(staff) != 6 {
		t.Errorf("staff %+v", staff)
	}
	if _, err := w.Points.Staff(ctx, w.Stranger, w.County.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger read the staff list: %v", err)
	}
	points, err := w.Points.List(ctx, point.Filter{League: "150100"})
	registrytest.Check(t, err)
	if len(points) != 2 {
		t.Errorf("%d points in 呼和浩特", len(points))
	}
	if _, err := w.Points.Save(ctx, w.Regional,
		point.Input{Name: "重号", Kind: point.County, OrganisationID: w.Head.OrgID, Division: "150104", Code2: "03",
			AuthorisedFrom: "2026-01-01"}); !fault.HasCode(
		err,
		"point_code_taken",
	) {
		t.Errorf("one code twice in a league: %v", err)
	}
	if _, err := w.Points.Save(ctx, w.Head, point.Input{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a head founded a point: %v", err)
	}
}
