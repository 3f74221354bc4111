package registry_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
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

func TestAHeadMayReviewOnlyWhereThePointSaysSoAndNeverRegistersThatCase(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reviewed := func() registry.Ref {
		f := w.Submit(w.Content())
		ref := registry.Ref{ID: f.ID}
		_, err := w.S.Accept(ctx, w.Registrar, ref)
		registrytest.Check(t, err)
		w.Review(w.Registrar, f.ID, nil)
		_, err = w.S.PassFirstReview(ctx, w.Registrar, ref)
		registrytest.Check(t, err)
		return ref
	}
	ref := reviewed()
	if _, err := w.S.PassSecondReview(ctx, w.Head, ref, "同意"); !fault.HasCode(err, "wrong_part") {
		t.Errorf("a head reviewed where only reviewers may: %v", err)
	}
	settings := registry.PointSettings{Version: 1, NumberSource: registry.OwnNumbers, SecondReview: registry.ReviewerOrHead}
	if _, err := w.S.SavePointSettings(ctx, w.Reviewer, w.County.ID, settings); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a reviewer set the rule: %v", err)
	}
	_, err := w.S.SavePointSettings(ctx, w.Head, w.County.ID, settings)
	registrytest.Check(t, err)
	if _, err := w.S.PassSecondReview(ctx, w.Head, ref, "同意"); !fault.HasCode(err, "no_other_head") {
		t.Errorf("the only head reviewed, so that nobody could register: %v", err)
	}
	other := w.Person(w.Head, actor.PointHead)
	f, err := w.S.PassSecondReview(ctx, w.Head, ref, "同意")
	registrytest.Check(t, err)
	if f.State != registry.AwaitingRegistration || f.Reviewer != w.Head.AccountID {
		t.Errorf("%s, reviewer %d", f.State, f.Reviewer)
	}
	if _, err := w.S.Register(ctx, w.Head, ref, ""); !fault.HasCode(err, "part_taken") {
		t.Errorf("the head registered the case reviewed before: %v", err)
	}
	shown, err := w.S.Case(ctx, w.Head, ref.ID)
	registrytest.Check(t, err)
	if slices.Contains(shown.Allowed, registry.EventRegister) {
		t.Error("the head is offered the registration")
	}
	if _, err := w.DB.Exec(ctx, `update filing set head = reviewer where id = $1`, ref.ID); err == nil {
		t.Error("the database let one person be reviewer and head")
	}
	if _, err := w.S.Register(ctx, other, ref, ""); err != nil {
		t.Errorf("the other head: %v", err)
	}
	own := w.Head
	own.Roles = []actor.Role{actor.Registrar, actor.PointHead}
	f = w.Submit(w.Content())
	ref = registry.Ref{ID: f.ID}
	_, err = w.S.Accept(ctx, own, ref)
	registrytest.Check(t, err)
	w.Review(own, f.ID, nil)
	_, err = w.S.PassFirstReview(ctx, own, ref)
	registrytest.Check(t, err)
	if _, err := w.S.PassSecondReview(ctx, own, ref, "同意"); !fault.HasCode(err, "part_taken") {
		t.Errorf("a head reviewed the own first review: %v", err)
	}
}

func TestAPointAsksTheExpertsEarlierButNeverLaterThanTheRegion(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	settings := registry.PointSettings{Version: 1, NumberSource: registry.OwnNumbers, SecondReview: registry.ReviewerOnly, ExpertsFrom: 5_000_000*yuan + 1}
	if _, err := w.S.SavePointSettings(ctx, w.Head, w.County.ID, settings); !fault.Is(err, fault.Invalid) {
		t.Errorf("an amount above the region's: %v", err)
	}
	before := w.Pass(w.Submit(w.Content()).ID, nil)
	settings.ExpertsFrom = 800_000 * yuan
	_, err := w.S.SavePointSettings(ctx, w.Head, w.County.ID, settings)
	registrytest.Check(t, err)
	f := w.Pass(w.Submit(w.Content()).ID, nil)
	if before.State != registry.AwaitingRegistration || f.State != registry.AwaitingExperts {
		t.Errorf("800,000 元 went to %s before the setting, to %s with it", before.State, f.State)
	}
	if !f.LegalOn.Equal(*before.LegalOn) || !f.TargetOn.Equal(*before.TargetOn) {
		t.Error("the point's own amount moved the clock")
	}
	shown, err := w.S.Case(ctx, w.Reviewer, f.ID)
	registrytest.Check(t, err)
	if !shown.Large || shown.Experts != settings.ExpertsFrom || !shown.Decision.Expert {
		t.Errorf("large %v, experts from %s, rules say experts %v", shown.Large, shown.Experts, shown.Decision.Expert)
	}
	edited, err := w.S.SavePoint(ctx, w.Regional, registry.PointInput{ID: w.County.ID, Version: 2, Name: w.County.Name, Kind: w.County.Kind, OrganisationID: w.County.OrganisationID,
		Division: w.County.Division, Code2: w.County.Code2, AuthorisedFrom: "2020-01-01"})
	registrytest.Check(t, err)
	if edited.ExpertsFrom != settings.ExpertsFrom || edited.SecondReview != registry.ReviewerOnly {
		t.Errorf("editing the point lost its settings: %+v", edited)
	}
	w.Finish(f)
}
