package registry_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

func TestQueueFilters(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	a := w.Submit(w.Content())
	other := w.Content()
	other.Elements.Name, other.Elements.ClassCode = "100%_纯技术服务", "0501"
	b := w.Submit(other)
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: b.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	done := w.Register(w.Content(), nil)
	for name, c := range map[string]struct {
		who    actor.Actor
		filter registry.QueueFilter
		want   []int64
	}{
		"all open":           {w.Registrar, registry.QueueFilter{}, []int64{a.ID, b.ID}},
		"state":              {w.Registrar, registry.QueueFilter{States: []registry.State{registry.InReview}}, []int64{b.ID}},
		"class":              {w.Registrar, registry.QueueFilter{Class: "05"}, []int64{b.ID}},
		"mine":               {w.Registrar, registry.QueueFilter{Mine: true}, []int64{b.ID}},
		"due before":         {w.Registrar, registry.QueueFilter{DueBefore: "2026-04-10"}, nil},
		"title":              {w.Registrar, registry.QueueFilter{Text: "牧草"}, []int64{a.ID}},
		"wildcards are text": {w.Registrar, registry.QueueFilter{Text: "%_"}, []int64{b.ID}},
		"intake number":      {w.Registrar, registry.QueueFilter{Text: a.IntakeNo}, []int64{a.ID}},
		"point":              {w.Regional, registry.QueueFilter{PointID: w.Elsewhere.ID}, nil},
		"applicant":          {w.Seller, registry.QueueFilter{}, []int64{a.ID, b.ID}},
		"broken cursor":      {w.Registrar, registry.QueueFilter{Cursor: "'; drop table"}, []int64{a.ID, b.ID}},
		"forged cursor":      {w.Registrar, registry.QueueFilter{Cursor: "eHx5"}, []int64{a.ID, b.ID}}, // x|y
		"wrong day":          {w.Registrar, registry.QueueFilter{DueBefore: "yesterday"}, []int64{a.ID, b.ID}},
	} {
		page, err := w.S.Queue(ctx, c.who, c.filter)
		registrytest.Check(t, err)
		var got []int64
		for _, r := range page.Rows {
			got = append(got, r.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	closed, err := w.S.Queue(ctx, w.Registrar, registry.QueueFilter{States: []registry.State{registry.Registered}})
	registrytest.Check(t, err)
	if len(closed.Rows) != 1 || closed.Rows[0].Number != done.Number || closed.Rows[0].Due.Words != "已办结" {
		t.Errorf("closed %+v", closed.Rows)
	}
}

func TestRegistrationsAreListedInScope(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	one, two := w.Register(w.Content(), nil), w.Register(w.Content(), nil)
	for name, c := range map[string]struct {
		who  actor.Actor
		text string
		want int
	}{"head": {w.Head, "", 2}, "by number": {w.Head, one.Number, 1}, "seller": {w.Seller, "", 2}, "buyer": {w.Buyer, "", 2},
		"tax":    {w.Tax, "", 2},
		"league": {w.League, "", 2}, "other league": {w.OtherLeague, "", 0}, "other county": {w.Stranger, "", 0}} {
		page, err := w.S.Registrations(ctx, c.who, registry.RegistrationFilter{Text: c.text})
		registrytest.Check(t, err)
		if len(page.Rows) != c.want {
			t.Errorf("%s: %d rows, want %d", name, len(page.Rows), c.want)
		}
	}
	first, err := w.S.Registrations(
		ctx,
		w.Head,
		registry.RegistrationFilter{Limit: 1, Class: "01", States: []registry.State{registry.Registered}},
	)
	registrytest.Check(t, err)
	second, err := w.S.Registrations(ctx, w.Head, registry.RegistrationFilter{Limit: 1, Cursor: first.Next})
	registrytest.Check(t, err)
	if first.Rows[0].Number != two.Number || second.Rows[0].Number != one.Number || second.Next != "" {
		t.Errorf("pages %s %s next %q", first.Rows[0].Number, second.Rows[0].Number, second.Next)
	}
}

func TestPreviewComputesWithoutSaving(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f, err := registrytest.FilingOf(w.S.Do(ctx, w.Registrar, registry.Command{Filing: w.Submit(w.Content()).ID, Event: registry.EventAccept}))
	registrytest.Check(t, err)
	r := f.Review
	r.Deductions = []registry.Deduction{registrytest.Goods("equipment", 300_000*yuan)}
	d, amounts, err := w.S.Preview(ctx, w.Registrar, f.ID, r)
	registrytest.Check(t, err)
	if d.Outcome != "register" || amounts.Technical != 500_000*yuan {
		t.Errorf("decision %+v amounts %+v", d, amounts)
	}
	r.Deductions = []registry.Deduction{registrytest.Goods("equipment", 800_000*yuan)}
	if d, _, err = w.S.Preview(ctx, w.Registrar, f.ID, r); err != nil || d.Outcome == "register" {
		t.Errorf("nothing left of T: %+v %v", d, err)
	}
	if _, _, err = w.S.Preview(ctx, w.Seller, f.ID, r); !fault.Is(err, fault.NotFound) {
		t.Errorf("the applicant used the desk's sheet: %v", err)
	}
	if got := w.Filing(f.ID); len(got.Review.Deductions) != 0 || got.Version != f.Version {
		t.Errorf("preview saved %+v", got.Review)
	}
}

func TestHolidaysMoveTheClockAndCorrectionsStopIt(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	days := []deadline.Holiday{{Day: time.Date(2026, 4, 13, 0, 0, 0, 0, time.UTC), Kind: "holiday", Name: "测试假日"}}
	if err := w.Deadlines.SaveHolidays(ctx, w.League, days); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a league changed the calendar: %v", err)
	}
	registrytest.Check(t, w.Deadlines.SaveHolidays(ctx, w.Regional, days))
	f, err := registrytest.FilingOf(w.S.Do(ctx, w.Registrar, registry.Command{Filing: w.Submit(w.Content()).ID, Event: registry.EventAccept}))
	registrytest.Check(t, err)
	on := func(day *time.Time) string { return day.Format(time.DateOnly) }
	if on(f.TargetOn) != "2026-05-04" || on(f.LegalOn) != "2026-05-10" { // 15 working days from Friday 10 April, Monday 13 off
		t.Errorf("target %s legal %s", on(f.TargetOn), on(f.LegalOn))
	}
	f, err = registrytest.FilingOf(
		w.S.Do(
			ctx,
			w.Registrar,
			registry.Command{Filing: f.ID, Event: registry.EventRequestCorrection, Items: []registry.CorrectionItem{{Text: "请补交承诺书", Reason: "R7"}}},
		),
	)
	registrytest.Check(t, err)
	if f.DueOn.Format(time.DateOnly) != "2026-04-27" { // ten working days for the applicant
		t.Errorf("correction due %s", f.DueOn)
	}
	w.Later(7)
	f, err = registrytest.FilingOf(
		w.S.Do(ctx, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventSubmitCorrection, Answers: []string{"已补交"}}),
	)
	registrytest.Check(t, err)
	if on(f.TargetOn) != "2026-05-08" || on(f.LegalOn) != "2026-05-17" || f.PausedWorking != 4 || f.PausedCalendar != 7 {
		t.Errorf("after a week's pause: target %s legal %s paused %d/%d", on(f.TargetOn), on(f.LegalOn), f.PausedWorking, f.PausedCalendar)
	}
	policies, err := w.Deadlines.Policies(ctx)
	registrytest.Check(t, err)
	if len(policies) != 4 || slices.ContainsFunc(policies, func(p deadline.Policy) bool { return p.Active && p.LegalDays > 30 }) {
		t.Errorf("policies %+v", policies)
	}
}

func TestACorrectionRestartsTheClockWhereThePolicySaysSo(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	_, err := w.DB.Exec(ctx, `update sla_policy set correction_resets_clock = true where active`)
	registrytest.Check(t, err)
	f, err := registrytest.FilingOf(w.S.Do(ctx, w.Registrar, registry.Command{Filing: w.Submit(w.Content()).ID, Event: registry.EventAccept}))
	registrytest.Check(t, err)
	w.Later(5)
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{Filing: f.ID, Event: registry.EventRequestCorrection, Items: []registry.CorrectionItem{{Text: "请补交承诺书", Reason: "R7"}}},
	)
	registrytest.Check(t, err)
	w.Later(7)
	f, err = registrytest.FilingOf(
		w.S.Do(ctx, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventSubmitCorrection, Answers: []string{"已补交"}}),
	)
	registrytest.Check(t, err)
	if got := f.TargetOn.Format(time.DateOnly) + " " + f.LegalOn.Format(time.DateOnly); got != "2026-05-13 2026-05-22" ||
		f.PausedWorking != 0 { // 15 working, 30 calendar days from 22 April
		t.Errorf("target and legal %s, paused %d", got, f.PausedWorking)
	}
}

func TestReconsiderationAndReRecognitionReturnToTheStateBefore(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventDeclineIntake, Code: "expired", Text: "已过期"})
	registrytest.Check(t, err)
	f, err = registrytest.FilingOf(
		w.S.Do(ctx, w.Seller, registry.Command{Filing: f.ID, Event: registry.EventOpenReconsideration, Text: "合同已续签"}),
	)
	registrytest.Check(t, err)
	if f.State != registry.InReconsideration {
		t.Errorf("state %s", f.State)
	}
	f, err = registrytest.FilingOf(
		w.S.Do(ctx, w.League, registry.Command{Filing: f.ID, Event: registry.EventConcludeReexamination, Text: "撤销原决定，请重新提交"}),
	)
	registrytest.Check(t, err)
	if f.State != registry.Declined {
		t.Errorf("state %s", f.State)
	}
	_, err = w.S.Submit(ctx, w.Seller, f.ContractID, w.County.ID) // the document was given back
	registrytest.Check(t, err)

	reg := w.Register(w.Content(), nil)
	n := reg.Number
	if _, err := w.S.Do(ctx, w.Seller, registry.Command{Number: n, Event: registry.EventOpenReRecognition, Text: "x"}); !fault.Is(
		err,
		fault.Forbidden,
	) {
		t.Errorf("the seller opened a re-recognition: %v", err)
	}
	_, err = w.S.Do(ctx, w.Tax, registry.Command{Number: n, Event: registry.EventOpenReRecognition, Text: "技术交易额偏高"})
	registrytest.Check(t, err)
	reg, err = registrytest.RegistrationOf(
		w.S.Do(ctx, w.League, registry.Command{Number: n, Event: registry.EventConcludeReexamination, Text: "维持"}),
	)
	registrytest.Check(t, err)
	if reg.State != registry.Registered || reg.PriorState != "" {
		t.Errorf("state %s before %s", reg.State, reg.PriorState)
	}
	reg, err = registrytest.RegistrationOf(
		w.S.Do(ctx, w.League, registry.Command{Number: n, Event: registry.EventReviewTaxRelief, Text: "缺少证书"}),
	)
	registrytest.Check(t, err)
	if reg.TaxReview != "no" {
		t.Errorf("tax review %q", reg.TaxReview)
	}
	service := w.Content()
	registrytest.Class("0501", 100_000*yuan)(&service)
	if _, err := w.S.Do(ctx, w.League, registry.Command{Number: w.Register(service, nil).Number, Event: registry.EventReviewTaxRelief,
		Approved: true}); !fault.HasCode(
		err,
		"class_not_reviewed",
	) {
		t.Errorf("a service was reviewed for tax relief: %v", err)
	}
}
