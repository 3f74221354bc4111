package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// saveReview keeps the sheet as it is, complete or not, for autosave; the last one to save is the registrar of the case. What the
// applicant claims of a row stands in the contract, not in what the registrar sends.
func (s *Service) saveReview(ctx context.Context, w *work) error {
	in := w.Review
	for i, finding := range in.Findings {
		if !recognition.IsFinding(finding.Code) {
			return &fault.Error{Kind: fault.Invalid, Code: "invalid_input", Message: "核对表里没有这一项，请刷新页面",
				Fields: []fault.Field{{Path: fmt.Sprintf("findings.%d.code", i), Code: "unknown", Message: "没有这一项"}}}
		}
	}
	if _, err := recognition.Compute(in.Class, in.Amount, in.costs(), in.Biological, in.Tied); err != nil {
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
	in.Second, in.Experts, in.Minutes = w.filing.Review.Second, w.filing.Review.Experts, w.filing.Review.Minutes
	w.filing.Review, w.filing.Registrar = in, w.who.AccountID
	return nil
}

// sheet is the review as it begins: the applicant's figures, no carrier granted (docs/rules/amounts.md §2: our choice).
func sheet(c contract.Content) Review {
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

func (r Review) costs() []recognition.Cost {
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

// assess asks the rule book about the sheet: the facts are those of the applicant's own pre-check, with what the desk found in
// their place. The area was decided at submission, so the point counts as the right one.
func (s *Service) assess(
	ctx context.Context,
	q postgres.Querier,
	f Filing,
	p point.Point,
	v contract.Frozen,
	r Review,
	large money.Fen,
) (recognition.Decision, error) {
	var duplicate bool
	if err := q.QueryRow(ctx, existsDuplicate,
		pgx.StrictNamedArgs{"contract": f.ContractID, "id": f.ID, "sample": f.Sample, "digest": f.TextDigest,
			"seller": f.SellerName, "buyer": f.BuyerName}).Scan(&duplicate); err != nil {
		return recognition.Decision{}, fmt.Errorf("look for duplicates: %w", err)
	}
	app := contract.Facts(v.Content, v.Files, contract.Date(recognition.DateOf(clock.Date(f.SubmittedAt))))
	app.Class, app.Costs, app.Biological, app.Tied = r.Class, r.costs(), r.Biological, r.Tied
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
	app.Refused = f.Correction != nil
	return recognition.Assess(app, recognition.Policy{LargeAmount: large}), nil
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
	d, err := s.assess(ctx, w.tx, w.filing, w.point, frozen, review, policy.LargeAmount)
	if err != nil {
		return err
	}
	if d.Outcome != recognition.Register {
		return notRegistrable(d)
	}
	if err := s.drawable(frozen.Content); err != nil {
		return err
	}
	var bad fault.Fields
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
	w.to = AwaitingRegistration
	if *w.filing.Technical >= w.point.ExpertLimit(policy) || w.filing.Disputed {
		w.to = AwaitingExperts
	}
	w.note, w.inside = w.Text, true
	return nil
}

// returnToReview sends the case back to the registrar with a reason.
func returnToReview(w *work) error {
	var bad fault.Fields
	bad.Required("reason", w.Text, "请写明退回的理由")
	w.filing.Reviewer = w.who.AccountID
	w.note, w.inside, w.tell, w.say = w.Text, true, []int64{w.filing.Registrar}, "复核退回，请重新审查"
	return bad.Err()
}

// experts records the experts' opinion and minutes.
func experts(w *work) error {
	var bad fault.Fields
	bad.Required("opinion", w.Text, "请填写专家意见")
	bad.Check(w.Minutes != 0, "minutesFileId", "required", "请上传专家意见文件")
	w.filing.Expert, w.filing.Review.Experts, w.filing.Review.Minutes = w.who.AccountID, w.Text, w.Minutes
	w.note, w.inside = w.Text, true
	return bad.Err()
}

// rejectByExperts refuses on the experts' opinion.
func (s *Service) rejectByExperts(ctx context.Context, w *work) error {
	if err := experts(w); err != nil {
		return err
	}
	w.inside = false
	return s.turnDown(ctx, w)
}

// refuse ends the case with 不予登记: the registrar during the review, the reviewer during the second one.
func (s *Service) refuse(ctx context.Context, w *work) error {
	if w.part == Reviewer {
		w.filing.Reviewer = w.who.AccountID
	} else {
		w.filing.Registrar = w.who.AccountID
	}
	return s.turnDown(ctx, w)
}

// turnDown ends the case with 不予登记 on the ground that the command names.
func (s *Service) turnDown(ctx context.Context, w *work) error {
	in := w.Refusal
	var bad fault.Fields
	bad.Check(len(in.Codes) > 0, "codes", "required", "请选择不予登记的理由")
	for i, code := range in.Codes {
		bad.Check(codes.Refusal.Has(code), fmt.Sprintf("codes.%d", i), "unknown", "请选择 R1–R11 中的理由代码")
	}
	bad.Required("text", in.Text, "请写明理由，申请人将在通知书上看到")
	if err := bad.Err(); err != nil {
		return err
	}
	if in.Articles == nil {
		in.Articles = []string{}
	}
	w.filing.Refusal = &in
	w.note, w.tell, w.say = in.Text, []int64{w.filing.Applicant}, "登记申请不予登记"
	return s.release(ctx, w)
}
