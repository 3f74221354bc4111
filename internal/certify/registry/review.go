package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// saveReview keeps the sheet as it is, complete or not, for autosave; the last one to save is the registrar of the case. What the
// applicant claims of a row stands in the contract, not in what the registrar sends.
func (s *Service) saveReview(ctx context.Context, w *work) error {
	in := w.Review
	for i, finding := range in.Findings {
		if !recognition.IsFinding(finding.Code) {
			f := fault.New(fault.Invalid, "invalid_input", "核对表里没有这一项，请刷新页面")
			f.Fields = []fault.Field{fault.At(fmt.Sprintf("findings.%d.code", i), "unknown", "没有这一项")}
			return f
		}
	}
	if _, err := (recognition.Policy{}).Compute(in.Class, in.Amount, in.Costs(), in.Biological, in.Tied); err != nil {
		return err
	}
	frozen, err := s.config.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
	if err != nil {
		return err
	}
	claimed := map[string]bool{}
	for _, row := range frozen.Content.Costs {
		claimed[row.Name] = row.Carrier
	}
	for i := range in.Deductions {
		in.Deductions[i].Claimed = claimed[in.Deductions[i].Name]
	}
	in.Read = w.read
	kept := w.filing.Review // what others wrote, and where the sheet came from
	in.Second, in.Experts, in.Minutes, in.Panel, in.Carried = kept.Second, kept.Experts, kept.Minutes, kept.Panel, kept.Carried
	w.filing.Review, w.filing.Registrar = in, w.who.AccountID
	return nil
}

// Sheet is the review as it begins: the applicant's figures, no carrier granted (docs/rules/amounts.md §2: our choice).
func Sheet(c contract.Content) Review {
	r := Review{Class: c.Elements.ClassCode, Amount: c.Elements.Amount, Findings: []Finding{}, Deductions: []Deduction{},
		Biological: c.Elements.Biological, Tied: c.Elements.Tied}
	for _, row := range c.Costs {
		r.Deductions = append(
			r.Deductions,
			Deduction{Kind: row.Kind, Name: row.Name, Quantity: row.Quantity, UnitCost: row.UnitCost, Claimed: row.Carrier},
		)
	}
	return r
}

// carry takes over what the desk answered and decided about the version that stands: a change asks about what changed. The opinion
// is written anew, a deduction whose goods changed begins without grant.
func (r *Review) carry(before Review) {
	r.Carried = true
	r.Biological, r.Tied, r.Disputed = before.Biological, before.Tied, before.Disputed
	if r.Class == before.Class {
		r.Findings, r.Cleared, r.Read = slices.Clone(before.Findings), slices.Clone(before.Cleared), slices.Clone(before.Read)
	}
	for i, row := range r.Deductions {
		for _, old := range before.Deductions {
			if row.Kind == old.Kind && row.Name == old.Name && row.Quantity == old.Quantity && row.UnitCost == old.UnitCost {
				r.Deductions[i].Granted, r.Deductions[i].Reasonable, r.Deductions[i].Reason = old.Granted, old.Reasonable, old.Reason
			}
		}
	}
}

// Costs are the rows of the sheet as the rule book takes them.
func (r Review) Costs() []recognition.Cost {
	out := make([]recognition.Cost, 0, len(r.Deductions))
	for _, d := range r.Deductions {
		out = append(
			out,
			recognition.Cost{
				Name:       d.Name,
				Kind:       d.Kind,
				Quantity:   d.Quantity,
				Unit:       d.UnitCost,
				Carrier:    d.Granted,
				Reasonable: d.Reasonable,
				Reason:     d.Reason,
			},
		)
	}
	return out
}

// assess asks the rule book about the sheet.
func (s *Service) assess(
	ctx context.Context,
	q postgres.Querier,
	f Filing,
	p point.Point,
	v contract.Frozen,
	r Review,
	policy recognition.Policy,
) (recognition.Decision, error) {
	app, err := s.application(ctx, q, f, p, v, r)
	if err != nil {
		return recognition.Decision{}, err
	}
	return recognition.Assess(app, policy), nil
}

// application puts the sheet before the rule book: the facts are those of the applicant's own pre-check, with what the desk found in
// their place. The area was decided at submission, so the point counts as the right one.
func (s *Service) application(
	ctx context.Context,
	q postgres.Querier,
	f Filing,
	p point.Point,
	v contract.Frozen,
	r Review,
) (recognition.Application, error) {
	var duplicate bool
	if err := q.QueryRow(ctx, existsDuplicate,
		pgx.StrictNamedArgs{"contract": f.ContractID, "id": f.ID, "change": f.Kind == Change, "sample": f.Sample, "digest": f.TextDigest,
			"seller": f.SellerName, "buyer": f.BuyerName}).Scan(&duplicate); err != nil {
		return recognition.Application{}, fmt.Errorf("look for duplicates: %w", err)
	}
	applied := contract.Date(recognition.DateOf(clock.Date(f.SubmittedAt)))
	if f.Kind == Change {
		applied = contract.NoDay
	}
	app := contract.Facts(v.Content, v.Files, applied)
	app.Class, app.Costs, app.Biological, app.Tied = r.Class, r.Costs(), r.Biological, r.Tied
	app.Point, app.Points, app.OwnPoint, app.Duplicate, app.Accepted = p.Division, []string{p.Division}, true, duplicate, true
	if app.Amount = nil; r.Amount > 0 {
		app.Amount = &r.Amount
	}
	for _, finding := range r.Findings {
		app.Findings = append(app.Findings, finding.Code)
	}
	if r.Disputed && !slices.Contains(app.Findings, recognition.Disputed) {
		app.Findings = append(app.Findings, recognition.Disputed)
	}
	app.Told = f.told(clock.Date(s.config.Now()))
	return app, nil
}

// passFirstReview stores class, C, N, T, V as the rule book computes them from the saved sheet. Faults: Conflict
// "not_registrable" where the rules refuse or ask for a correction (names reasons and articles); Invalid where the opinion or the
// reason of a granted carrier is missing.
func (s *Service) passFirstReview(ctx context.Context, w *work) error {
	review := w.filing.Review
	policy, days, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return err
	}
	frozen, err := s.config.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
	if err != nil {
		return err
	}
	d, err := s.assess(ctx, w.tx, w.filing, w.point, frozen, review, ruleBook(policy))
	if err != nil {
		return err
	}
	if d.Outcome != recognition.Register {
		return notRegistrable(d)
	}
	if err := s.drawable(contentTexts(frozen.Content)...); err != nil {
		return err
	}
	var bad fault.Fields
	for _, rule := range review.Unanswered() {
		bad.Addf("finding-"+rule.ID, "unanswered", "请回答：“%s”", rule.Question)
	}
	bad.Required("opinion", review.Opinion, "请填写初审意见")
	for i, row := range review.Deductions {
		if row.Granted {
			bad.Required(fmt.Sprintf("deductions.%d.reason", i), row.Reason, "认可为技术载体须写明理由（认定规则第 19 条）")
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	m := d.Amounts
	w.filing.Class, w.filing.Disputed, w.filing.Registrar = d.Class, review.Disputed, w.who.AccountID
	w.filing.Amount, w.filing.Deducted, w.filing.Technical, w.filing.VATBase = &m.Contract, &m.Deducted, &m.Technical, &m.VATBase
	policy.Set(days, &w.filing.Run, d.Expert)
	w.note, w.inside = review.Opinion, true
	w.tell, w.say = w.people, "有一件待复核"
	return nil
}

func notRegistrable(d recognition.Decision) error {
	var why []string
	for _, rule := range d.Rules {
		text := rule.Mend
		if rule.Reason != "" {
			text = rule.Reason + "：" + text
		}
		why = append(why, text)
	}
	next := "请按理由作出不予登记决定"
	if d.Outcome == recognition.Correct {
		next = "请先一次性告知补正"
	}
	return fault.Newf(fault.Conflict, "not_registrable", "按认定规则不能通过初审。%s。%s", strings.Join(why, "；"), next)
}

// ruleBook is what a dated row of the clock sets in the rule book.
func ruleBook(p deadline.Policy) recognition.Policy {
	return recognition.Policy{LargeAmount: p.LargeAmount, TiedAgencyVAT: p.TiedAgencyVAT}
}

// passSecondReview passes to the experts where T reaches the point's amount for them or the case is disputed, else to
// registration.
func (s *Service) passSecondReview(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Required("opinion", w.Text, "请填写复核意见")
	if err := bad.Err(); err != nil {
		return err
	}
	policy, _, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return err
	}
	w.filing.Reviewer, w.filing.Review.Second = w.who.AccountID, w.Text
	w.to, w.tell, w.say = AwaitingRegistration, w.people, "有一件待登记"
	if *w.filing.Technical >= w.point.ExpertLimit(policy) || w.filing.Disputed {
		w.to, w.say = AwaitingExperts, "有一件请指定评审专家"
	}
	w.note, w.inside = w.Text, true
	return nil
}

// returnToReview sends the case back to the registrar with a reason: the reviewer's, or the head's who can't register it as it
// stands. Opinions of experts given so far no longer count: they were about the sheet as it was.
func returnToReview(w *work) error {
	var bad fault.Fields
	bad.Required("reason", w.Text, "请写明退回的理由")
	w.say = "复核退回，请重新审查"
	if w.part == Head {
		w.say = "负责人退回，请重新审查"
	} else {
		w.filing.Reviewer = w.who.AccountID
	}
	for i := range w.filing.Review.Panel {
		w.filing.Review.Panel[i].Void = true
	}
	w.note, w.inside, w.tell = w.Text, true, []int64{w.filing.Registrar}
	return bad.Err()
}

// refuse ends the case with 不予登记: the registrar during the review, the reviewer during the second one.
func (s *Service) refuse(ctx context.Context, w *work) error {
	if w.part == Reviewer {
		w.filing.Reviewer = w.who.AccountID
	} else {
		w.filing.Registrar = w.who.AccountID
	}
	if err := s.refusable(ctx, w); err != nil {
		return err
	}
	return s.turnDown(ctx, w)
}

// turnDown ends the case with 不予登记 on the ground that the command names.
func (s *Service) turnDown(ctx context.Context, w *work) error {
	in := w.Refusal
	var bad fault.Fields
	checkRefusal(&bad, in)
	if err := bad.Err(); err != nil {
		return err
	}
	if len(in.Articles) == 0 {
		sheet, err := s.sheet(ctx, w)
		if err != nil {
			return err
		}
		in.Articles = recognition.ArticlesOf(in.Codes, sheet.Rules)
	}
	w.filing.Refusal = &in
	w.note, w.tell, w.say = in.Text, []int64{w.filing.Applicant}, "登记申请不予登记"
	return s.release(ctx, w)
}

func checkRefusal(bad *fault.Fields, in Refusal) {
	bad.Check(len(in.Codes) > 0, "codes", "required", "请选择不予登记的理由")
	for i, code := range in.Codes {
		bad.Check(codes.Refusal.Has(code), fmt.Sprintf("codes.%d", i), "unknown", "请选择 R1–R11 中的理由代码")
	}
	bad.Required("text", in.Text, "请写明理由，申请人将在通知书上看到")
}

// refusable holds each reason of a refusal against the sheet and the applicant's right to mend (一次性告知). A fault that can be mended
// is refused only after it was asked for and its term has passed, and so is what no question of the sheet finds; any other by the first
// officer only where the saved sheet comes to it. Conflict "not_asked",
// "correction_running", "not_on_sheet". docs/rules/registration.md §6.
func (s *Service) refusable(ctx context.Context, w *work) error {
	var asked []string
	if c := w.filing.Correction; c != nil {
		asked = c.reasons()
	}
	told := w.filing.told(w.today)
	sheet, err := s.sheet(ctx, w)
	if err != nil {
		return err
	}
	for _, code := range w.Refusal.Codes {
		found := (sheet.Outcome == recognition.Refuse || sheet.Outcome == recognition.NotAccept) && slices.Contains(sheet.Reasons, code)
		onSheet := slices.ContainsFunc(recognition.Checklist(w.filing.Review.Class), func(r recognition.Rule) bool {
			return r.Finding && r.Reason == code
		})
		switch {
		case slices.Contains(told, code), found && !recognition.AskedFirst(code):
		case slices.Contains(asked, code):
			return w.filing.Correction.over(w.today)
		case recognition.Mendable(code) || !onSheet:
			return notAsked(code)
		case w.part != Reviewer: // the second officer's sheet is complete, and his reason stands against the first one's answers
			return fault.Newf(fault.Conflict, "not_on_sheet",
				"审查表还没有得出 %s（%s）：请先在审查表上回答对应的问题并保存，再以此不予登记", code, codes.Refusal.Label(code))
		}
	}
	return nil
}

// sheet is what the rule book makes of the saved sheet.
func (s *Service) sheet(ctx context.Context, w *work) (recognition.Decision, error) {
	policy, _, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return recognition.Decision{}, err
	}
	frozen, err := s.config.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
	if err != nil {
		return recognition.Decision{}, err
	}
	return s.assess(ctx, w.tx, w.filing, w.point, frozen, w.filing.Review, ruleBook(policy))
}

func notAsked(code string) error {
	return fault.Newf(fault.Conflict, "not_asked", "%s（%s）没有一次性告知过。请先告知补正，期限届满仍未补正的才能以此不予登记",
		code, codes.Refusal.Label(code))
}
