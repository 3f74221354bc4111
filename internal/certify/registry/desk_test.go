package registry_test

import (
	"context"
	"slices"
	"testing"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

func TestOpenCasesOfASuspendedPointMoveWithARecord(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	before := w.Filing(f.ID)
	if _, _, err := w.S.MoveCases(ctx, w.Regional, w.County.ID); !fault.HasCode(err, "point_not_suspended") {
		t.Errorf("a working point: %v", err)
	}
	_, err = w.Points.SetState(ctx, w.Regional, w.County.ID, w.County.Version, point.Suspended, "整改不力")
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
	if last := c.Events[len(c.Events)-1]; last.Event != registry.EventMove {
		t.Errorf("the history says %q", last.Event)
	}
}

func TestAHeadMayReviewOnlyWhereThePointSaysSoAndNeverRegistersThatCase(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reviewed := func() int64 {
		f := w.Submit(w.Content())
		ref := f.ID
		_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventAccept})
		registrytest.Check(t, err)
		w.Review(w.Registrar, f.ID, nil)
		_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventPassFirstReview})
		registrytest.Check(t, err)
		return ref
	}
	ref := reviewed()
	if _, err := w.S.Do(ctx, w.Head, registry.Command{Filing: ref, Event: registry.EventPassSecondReview, Text: "同意"}); !fault.HasCode(
		err,
		"wrong_part",
	) {
		t.Errorf("a head reviewed where only reviewers may: %v", err)
	}
	settings := point.Settings{Version: 1, NumberSource: point.OwnNumbers, SecondReview: point.ReviewerOrHead}
	if _, err := w.Points.SaveSettings(ctx, w.Reviewer, w.County.ID, settings); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a reviewer set the rule: %v", err)
	}
	_, err := w.Points.SaveSettings(ctx, w.Head, w.County.ID, settings)
	registrytest.Check(t, err)
	if _, err := w.S.Do(ctx, w.Head, registry.Command{Filing: ref, Event: registry.EventPassSecondReview, Text: "同意"}); !fault.HasCode(
		err,
		"no_other_head",
	) {
		t.Errorf("the only head reviewed, so that nobody could register: %v", err)
	}
	other := w.Person(w.Head, actor.PointHead)
	f, err := registrytest.FilingOf(w.S.Do(ctx, w.Head, registry.Command{Filing: ref, Event: registry.EventPassSecondReview, Text: "同意"}))
	registrytest.Check(t, err)
	if f.State != registry.AwaitingRegistration || f.Reviewer != w.Head.AccountID {
		t.Errorf("%s, reviewer %d", f.State, f.Reviewer)
	}
	if _, err := w.S.Do(ctx, w.Head, registry.Command{Filing: ref, Event: registry.EventRegister}); !fault.HasCode(err, "part_taken") {
		t.Errorf("the head registered the case reviewed before: %v", err)
	}
	shown, err := w.S.Case(ctx, w.Head, ref)
	registrytest.Check(t, err)
	if slices.Contains(shown.Allowed, registry.EventRegister) {
		t.Error("the head is offered the registration")
	}
	if _, err := w.DB.Exec(ctx, `update filing set head = reviewer where id = $1`, ref); err == nil {
		t.Error("the database let one person be reviewer and head")
	}
	if _, err := w.S.Do(ctx, other, registry.Command{Filing: ref, Event: registry.EventRegister}); err != nil {
		t.Errorf("the other head: %v", err)
	}
	own := w.Head
	own.Roles = []actor.Role{actor.Registrar, actor.PointHead}
	f = w.Submit(w.Content())
	ref = f.ID
	_, err = w.S.Do(ctx, own, registry.Command{Filing: ref, Event: registry.EventAccept})
	registrytest.Check(t, err)
	w.Review(own, f.ID, nil)
	_, err = w.S.Do(ctx, own, registry.Command{Filing: ref, Event: registry.EventPassFirstReview})
	registrytest.Check(t, err)
	if _, err := w.S.Do(ctx, own, registry.Command{Filing: ref, Event: registry.EventPassSecondReview, Text: "同意"}); !fault.HasCode(
		err,
		"part_taken",
	) {
		t.Errorf("a head reviewed the own first review: %v", err)
	}
}

func TestAPointAsksTheExpertsEarlierButNeverLaterThanTheRegion(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	settings := point.Settings{Version: 1, NumberSource: point.OwnNumbers, SecondReview: point.ReviewerOnly, ExpertsFrom: 5_000_000*yuan + 1}
	if _, err := w.Points.SaveSettings(ctx, w.Head, w.County.ID, settings); !fault.Is(err, fault.Invalid) {
		t.Errorf("an amount above the region's: %v", err)
	}
	before := w.Pass(w.Submit(w.Content()).ID, nil)
	settings.ExpertsFrom = 800_000 * yuan
	_, err := w.Points.SaveSettings(ctx, w.Head, w.County.ID, settings)
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
	edited, err := w.Points.Save(
		ctx,
		w.Regional,
		point.Input{ID: w.County.ID, Version: 2, Name: w.County.Name, Kind: w.County.Kind, OrganisationID: w.County.OrganisationID,
			Division: w.County.Division, Code2: w.County.Code2, AuthorisedFrom: "2020-01-01"},
	)
	registrytest.Check(t, err)
	if edited.ExpertsFrom != settings.ExpertsFrom || edited.SecondReview != point.ReviewerOnly {
		t.Errorf("editing the point lost its settings: %+v", edited)
	}
	w.Finish(f)
}
