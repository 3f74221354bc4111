package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// Submit files a draft contract at a point: freezes its version and gives the intake number. Member of the applying
// organisation. Faults beside the common ones: Invalid "wrong_point" (names the right one), "invalid_input" (what the
// contract lacks), Conflict "point_suspended", "contract_filed".
func (s *Service) Submit(ctx context.Context, a actor.Actor, contractID, pointID int64) (Filing, error) {
	var f Filing
	p, err := s.Point(ctx, pointID)
	if err != nil {
		return f, err
	}
	registrars, err := s.registrars(ctx, pointID)
	if err != nil {
		return f, err
	}
	err = s.trail.Guard(ctx, a, string(EventSubmit), "contract", strconv.FormatInt(contractID, 10), func(ctx context.Context, tx pgx.Tx) error {
		c, err := s.d.Contracts.Get(ctx, tx, contractID)
		if err != nil {
			return err
		}
		if !a.In(c.ApplicantOrg) && !a.In(c.SellerOrg) && !a.In(c.BuyerOrg) {
			return fault.New(fault.NotFound, "contract_not_found", "没有找到这份合同，请从“我的合同”重新打开")
		}
		if err := contract.MayApply(a, c.ApplicantOrg); err != nil {
			return err
		}
		if c.State != contract.Draft {
			return fault.New(fault.Conflict, "contract_filed", "这份合同已经报送或登记。补正请在申请页办理，变更请从登记页发起")
		}
		if err := s.checkPoint(ctx, tx, p, c); err != nil {
			return err
		}
		f, err = s.add(ctx, tx, a, c, p, Initial, "", registrars)
		return err
	})
	return f, err
}

// add makes the filing of a contract whose applicant, state and point were checked.
func (s *Service) add(ctx context.Context, tx pgx.Tx, a actor.Actor, c contract.Contract, p Point, kind FilingKind, number string, registrars []int64) (Filing, error) {
	rule, err := find(OnFiling, Draft, EventSubmit, stand(a, c.ApplicantOrg, nil, p))
	if err != nil {
		return Filing{}, err
	}
	frozen, err := s.d.Contracts.Freeze(ctx, tx, c.ID)
	if err == nil {
		err = s.drawable(frozen.Content)
	}
	if err == nil {
		c, err = s.d.Contracts.Get(ctx, tx, c.ID) // handing it in may have tied the buyer to an organisation
	}
	if err != nil {
		return Filing{}, err
	}
	now := s.d.Now()
	today := clock.Date(now)
	policy, err := postgres.One[Policy](ctx, tx, selectPolicyOn, pgx.StrictNamedArgs{"day": today})
	if err != nil {
		return Filing{}, fmt.Errorf("policy in force: %w", err)
	}
	days, err := readCalendar(ctx, tx)
	if err != nil {
		return Filing{}, err
	}
	var serial int
	if err := tx.QueryRow(ctx, nextIntake, pgx.StrictNamedArgs{"division": p.Division, "day": today}).Scan(&serial); err != nil {
		return Filing{}, fmt.Errorf("intake number: %w", err)
	}
	f := Filing{ContractID: c.ID, Kind: kind, PointID: p.ID, Division: p.Division, State: rule.To[0], Version: 1,
		IntakeNo: fmt.Sprintf("SL-%s-%s-%04d", p.Division, today.Format("20060102"), serial), SellerOrg: c.SellerOrg, BuyerOrg: c.BuyerOrg,
		ApplicantOrg: c.ApplicantOrg, Applicant: a.AccountID, Number: number, Sample: c.Sample, PolicyID: policy.ID,
		SubmittedAt: now, UpdatedAt: now, Run: Run{DueOn: days.Add(today, policy.TargetDays, policy.TargetUnit)}}
	f.take(frozen)
	f.ID, err = addFiling(ctx, tx, f, now)
	if postgres.Constraint(err) == "filing_contract_open" {
		return Filing{}, fault.New(fault.Conflict, "contract_filed", "这份合同正在办理中")
	}
	if err != nil {
		return Filing{}, fmt.Errorf("add filing: %w", err)
	}
	for _, account := range []int64{a.AccountID, c.CreatedBy} {
		if err := play(ctx, tx, f.ID, account, Applicant); err != nil {
			return Filing{}, err
		}
	}
	w := &work{tx: tx, who: a, now: now, part: rule.Part, filing: f, point: p, to: f.State, number: number,
		tell: registrars, say: "新的登记申请待受理"}
	return f, s.note(ctx, w, EventSubmit, Draft)
}

// checkPoint refuses a wrong or suspended point and names the right one (办法第8条).
func (s *Service) checkPoint(ctx context.Context, tx pgx.Tx, p Point, c contract.Contract) error {
	right, err := rightPoint(ctx, tx, c.ApplicantOrg, c.Content.Area(), c.Sample, clock.Date(s.d.Now()))
	if err != nil {
		return err
	}
	switch {
	case p.ID == right.ID, p.State != PointSuspended && p.ServesOrg == 0 && right.ServesOrg == 0 && p.Division == right.Division && p.Sample == c.Sample:
		return nil
	case p.State == PointSuspended:
		return fault.Newf(fault.Conflict, "point_suspended", "%s已暂停受理，请到%s申请", p.Name, right.Name)
	default:
		return &fault.Error{Kind: fault.Invalid, Code: "wrong_point", Message: "这份合同不属于" + p.Name + "受理，请到" + right.Name + "申请",
			Fields: []fault.Field{{Path: "pointId", Code: "wrong_point", Message: "请改选" + right.Name}}}
	}
}

// take copies what lists show from a frozen version.
func (f *Filing) take(v contract.Frozen) {
	c := v.Content
	f.ContractVersion, f.TextDigest = v.Number, v.TextDigest
	f.Title, f.SellerName, f.BuyerName = c.Elements.Name, c.Seller.Name, buyers(c)
	f.ClaimedClass, f.ClaimedAmount = c.Elements.ClassCode, c.Elements.Amount
}

func buyers(c contract.Content) string {
	switch len(c.Buyers) {
	case 0:
		return ""
	case 1:
		return c.Buyers[0].Name
	default:
		return fmt.Sprintf("%s等 %d 方", c.Buyers[0].Name, len(c.Buyers))
	}
}

// Withdraw takes a filing back before acceptance or while correcting. Applicant.
func (s *Service) Withdraw(ctx context.Context, a actor.Actor, r Ref, reason string) (Filing, error) {
	return s.onFiling(ctx, a, r, EventWithdraw, func(ctx context.Context, w *work) error {
		w.note = reason
		return s.release(ctx, w)
	})
}

// release gives the document back: a first filing may be mended and filed anew, a change leaves the registered version.
func (s *Service) release(ctx context.Context, w *work) error {
	if w.filing.Kind == Initial {
		return s.d.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventRelease)
	}
	if err := s.d.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventKeep); err != nil {
		return err
	}
	reg, err := postgres.One[Registration](ctx, w.tx, lockRegistration, pgx.StrictNamedArgs{"number": w.number})
	if err != nil {
		return fmt.Errorf("registration of the change: %w", err)
	}
	rule, err := find(OnRegistration, reg.State, EventKeep, []Part{System})
	if err != nil {
		return err
	}
	from := reg.State
	reg.State = rule.To[0]
	if err := storeRegistration(ctx, w.tx, reg); err != nil {
		return err
	}
	return addEvent(ctx, w.tx, 0, reg.Number, EventRow{At: w.now, Part: System, Event: EventKeep, From: from, To: reg.State, Note: w.filing.IntakeNo}, nil)
}

// Accept starts the clock and makes the actor the registrar. Registrar. Conflict "point_suspended".
func (s *Service) Accept(ctx context.Context, a actor.Actor, r Ref) (Filing, error) {
	return s.onFiling(ctx, a, r, EventAccept, func(ctx context.Context, w *work) error {
		if w.point.State == PointSuspended {
			return fault.New(fault.Conflict, "point_suspended", "本登记点已暂停，不能受理新申请。请联系自治区管理员")
		}
		w.filing.Registrar = a.AccountID
		w.tell, w.say = []int64{w.filing.Applicant}, "登记申请已受理"
		return s.start(ctx, w)
	})
}

// start accepts: the day counts as day nought, and the sheet begins with what the applicant filed.
func (s *Service) start(ctx context.Context, w *work) error {
	policy, days, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return err
	}
	policy.Start(days, &w.filing.Run, w.today)
	return s.begin(ctx, w)
}

// begin fills the sheet of a case that is accepted from now on.
func (s *Service) begin(ctx context.Context, w *work) error {
	w.filing.AcceptedAt = &w.now
	frozen, err := s.d.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
	if err != nil {
		return err
	}
	w.filing.Review = sheet(frozen.Content)
	return nil
}

func (s *Service) clock(ctx context.Context, tx pgx.Tx, f Filing) (Policy, clock.Calendar, error) {
	policy, err := postgres.One[Policy](ctx, tx, selectPolicy, pgx.StrictNamedArgs{"id": f.PolicyID})
	if err != nil {
		return Policy{}, nil, fmt.Errorf("policy: %w", err)
	}
	days, err := readCalendar(ctx, tx)
	return policy, days, err
}

// DeclineIntake ends a filing before acceptance. Registrar. code is one of codes.IntakeRefusal; wrong_area names the right
// point where there is one.
func (s *Service) DeclineIntake(ctx context.Context, a actor.Actor, r Ref, code, text string) (Filing, error) {
	return s.onFiling(ctx, a, r, EventDeclineIntake, func(ctx context.Context, w *work) error {
		var bad fault.Fields
		bad.Check(codes.IntakeRefusal.Has(code), "code", "unknown", "请选择不予受理的理由")
		bad.Required("text", text, "请写明不予受理的具体情况")
		if err := bad.Err(); err != nil {
			return err
		}
		w.filing.Refusal = &Refusal{Codes: []string{code}, Articles: []string{}, Text: text}
		if code == "wrong_area" {
			frozen, err := s.d.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
			if err != nil {
				return err
			}
			if right, err := rightPoint(ctx, w.tx, w.filing.ApplicantOrg, frozen.Content.Area(), w.filing.Sample, w.today); err == nil && right.ID != w.point.ID {
				w.filing.Refusal.RightPoint = right.ID
			}
		}
		w.note, w.tell, w.say = text, []int64{w.filing.Applicant}, "登记申请不予受理"
		return s.release(ctx, w)
	})
}

// RequestCorrection tells the applicant once everything that is missing; the clock stands still. Registrar.
// Conflict "correction_used" the second time.
func (s *Service) RequestCorrection(ctx context.Context, a actor.Actor, r Ref, items []CorrectionItem) (Filing, error) {
	return s.onFiling(ctx, a, r, EventRequestCorrection, func(ctx context.Context, w *work) error {
		if w.filing.Correction != nil {
			return fault.New(fault.Conflict, "correction_used", "补正只能一次性告知，本件已经告知过。请按现有材料作出决定")
		}
		var bad fault.Fields
		bad.Check(len(items) > 0, "items", "required", "请列出全部需要补正的内容")
		for i, item := range items {
			bad.Required(fmt.Sprintf("items.%d.text", i), item.Text, "请写明缺什么、怎样补正")
			bad.Check(item.Reason == "" || codes.Refusal.Has(item.Reason), fmt.Sprintf("items.%d.reason", i), "unknown", "请选择 R1–R11 中的理由代码")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		policy, days, err := s.clock(ctx, w.tx, w.filing)
		if err != nil {
			return err
		}
		for i := range items {
			items[i].Answer = ""
		}
		w.filing.Registrar = a.AccountID
		policy.Pause(days, &w.filing.Run, w.today)
		w.filing.Correction = &Correction{AskedAt: w.now, DueOn: w.filing.DueOn.Format(time.DateOnly), Items: items}
		w.tell, w.say = []int64{w.filing.Applicant}, "登记申请需要补正，请在 "+w.filing.Correction.DueOn+" 前办理"
		return s.d.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventCorrect)
	})
}

// SubmitCorrection answers every item and freezes the mended contract. Applicant. The clock goes on, or starts anew
// where the policy says so; an unaccepted filing counts as accepted from now (征求意见稿第14条; policy row).
func (s *Service) SubmitCorrection(ctx context.Context, a actor.Actor, r Ref, answers []string) (Filing, error) {
	return s.onFiling(ctx, a, r, EventSubmitCorrection, func(ctx context.Context, w *work) error {
		c := w.filing.Correction
		var bad fault.Fields
		bad.Check(len(answers) == len(c.Items), "answers", "count", "请逐项答复补正内容")
		for i, answer := range answers[:min(len(answers), len(c.Items))] {
			bad.Required(fmt.Sprintf("answers.%d", i), answer, "请说明这一项怎样补正")
			c.Items[i].Answer = answer
		}
		if err := bad.Err(); err != nil {
			return err
		}
		c.AnsweredAt = &w.now
		frozen, err := s.d.Contracts.Freeze(ctx, w.tx, w.filing.ContractID)
		if err == nil {
			err = s.drawable(frozen.Content)
		}
		if err != nil {
			return err
		}
		w.filing.take(frozen)
		w.tell, w.say = []int64{w.filing.Registrar}, "申请人已提交补正"
		policy, days, err := s.clock(ctx, w.tx, w.filing)
		if err != nil {
			return err
		}
		if policy.Resume(days, &w.filing.Run, w.today) {
			return s.begin(ctx, w)
		}
		return nil
	})
}

// LapseCorrection refuses after the applicant's day has passed, or at once where the applicant refuses to correct.
// Registrar. Codes R3, R5 or R7. Conflict "correction_running".
func (s *Service) LapseCorrection(ctx context.Context, a actor.Actor, r Ref, in Refusal, refusedToCorrect bool) (Filing, error) {
	return s.onFiling(ctx, a, r, EventLapseCorrection, func(ctx context.Context, w *work) error {
		if !refusedToCorrect && !w.today.After(w.filing.DueOn) {
			return fault.Newf(fault.Conflict, "correction_running", "补正期限到 %s，现在还不能终结", w.filing.DueOn.Format(time.DateOnly))
		}
		for _, code := range in.Codes {
			if code != "R3" && code != "R5" && code != "R7" {
				return fault.New(fault.Invalid, "invalid_input", "补正未完成的，理由是 R3、R5 或 R7")
			}
		}
		return s.turnDown(ctx, w, in)
	})
}

// Refuse ends the case with 不予登记. Registrar during review, reviewer during second review.
func (s *Service) Refuse(ctx context.Context, a actor.Actor, r Ref, in Refusal) (Filing, error) {
	return s.onFiling(ctx, a, r, EventRefuse, func(ctx context.Context, w *work) error {
		if w.part == Reviewer {
			w.filing.Reviewer = a.AccountID
		} else {
			w.filing.Registrar = a.AccountID
		}
		return s.turnDown(ctx, w, in)
	})
}

func (s *Service) turnDown(ctx context.Context, w *work, in Refusal) error {
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

// SaveReview keeps the sheet as it is, complete or not, for autosave. Registrar; the last one to save is the registrar
// of the case. Faults: Invalid where a row cannot be computed.
func (s *Service) SaveReview(ctx context.Context, a actor.Actor, r Ref, in Review) (Filing, error) {
	return s.onFiling(ctx, a, r, EventSaveReview, func(_ context.Context, w *work) error {
		for i, finding := range in.Findings {
			if !recognition.IsFinding(finding.Code) {
				return &fault.Error{Kind: fault.Invalid, Code: "invalid_input", Message: "核对表里没有这一项，请刷新页面",
					Fields: []fault.Field{{Path: fmt.Sprintf("findings.%d.code", i), Code: "unknown", Message: "没有这一项"}}}
			}
		}
		if _, err := recognition.Compute(in.Class, in.Amount, in.costs(), in.Biological, in.Tied); err != nil {
			return err
		}
		in.Second, in.Experts, in.Minutes = w.filing.Review.Second, w.filing.Review.Experts, w.filing.Review.Minutes
		w.filing.Review, w.filing.Registrar = in, a.AccountID
		return nil
	})
}

// sheet is the review as it begins: the applicant's figures, no carrier granted (registration.md §2: our choice).
func sheet(c contract.Content) Review {
	r := Review{Class: c.Elements.ClassCode, Amount: c.Elements.Amount, Findings: []Finding{}, Deductions: []Deduction{},
		Biological: c.Elements.Biological, Tied: c.Elements.Tied}
	for _, row := range c.Costs {
		r.Deductions = append(r.Deductions, Deduction{Kind: row.Kind, Name: row.Name, Quantity: row.Quantity, UnitCost: row.UnitCost, Claimed: row.Carrier})
	}
	return r
}

func (r Review) costs() []recognition.Cost {
	out := make([]recognition.Cost, 0, len(r.Deductions))
	for _, d := range r.Deductions {
		out = append(out, recognition.Cost{Name: d.Name, Kind: d.Kind, Quantity: d.Quantity, Unit: d.UnitCost, Carrier: d.Granted, Reasonable: d.Reasonable, Reason: d.Reason})
	}
	return out
}

// assess asks the rule book about the sheet: the facts are those of the applicant's own pre-check, with what the desk found in
// their place. The area was decided at submission, so the point counts as the right one.
func (s *Service) assess(ctx context.Context, q postgres.Querier, f Filing, p Point, v contract.Frozen, r Review, large money.Fen) (recognition.Decision, error) {
	var duplicate bool
	if err := q.QueryRow(ctx, existsDuplicate, pgx.StrictNamedArgs{"contract": f.ContractID, "id": f.ID, "sample": f.Sample, "digest": f.TextDigest,
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

// PassFirstReview stores class, C, N, T, V as the rule book computes them from the saved sheet. Registrar.
// Faults: Conflict "not_registrable" where the rules refuse or ask for a correction (names reasons and articles);
// Invalid where the opinion or the reason of a granted carrier is missing.
func (s *Service) PassFirstReview(ctx context.Context, a actor.Actor, r Ref) (Filing, error) {
	f, err := s.filing(ctx, r.ID)
	if err != nil {
		return Filing{}, err
	}
	p, err := s.Point(ctx, f.PointID)
	if err != nil {
		return Filing{}, err
	}
	roles := []actor.Role{actor.Reviewer}
	if p.SecondReview == ReviewerOrHead {
		roles = append(roles, actor.PointHead)
	}
	reviewers, err := s.d.People.AccountsOf(ctx, p.OrganisationID, roles...)
	if err != nil {
		return Filing{}, err
	}
	return s.onFiling(ctx, a, r, EventPassFirstReview, func(ctx context.Context, w *work) error {
		review := w.filing.Review
		policy, days, err := s.clock(ctx, w.tx, w.filing)
		if err != nil {
			return err
		}
		frozen, err := s.d.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
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
		w.filing.Class, w.filing.Disputed, w.filing.Registrar = d.Class, review.Disputed, a.AccountID
		w.filing.Amount, w.filing.Deducted, w.filing.Technical, w.filing.VATBase = &m.Contract, &m.Deducted, &m.Technical, &m.VATBase
		policy.Set(days, &w.filing.Run, d.Expert)
		w.note, w.inside = review.Opinion, true
		w.tell, w.say = reviewers, "有一件待复核"
		return nil
	})
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

// PassSecondReview passes to the experts where T reaches the point's amount for them or the case is disputed, else to
// registration. Reviewer (or head, as the point decides), never the registrar or applicant of this case. Conflict
// "no_other_head" where nobody could register the case afterwards.
func (s *Service) PassSecondReview(ctx context.Context, a actor.Actor, r Ref, opinion string) (Filing, error) {
	var heads []int64
	if a.Has(actor.PointHead) {
		var err error
		if heads, err = s.d.People.AccountsOf(ctx, a.OrgID, actor.PointHead); err != nil {
			return Filing{}, err
		}
	}
	return s.onFiling(ctx, a, r, EventPassSecondReview, func(ctx context.Context, w *work) error {
		var bad fault.Fields
		bad.Required("opinion", opinion, "请填写复核意见")
		if err := bad.Err(); err != nil {
			return err
		}
		if len(heads) == 1 && heads[0] == a.AccountID {
			return fault.New(fault.Conflict, "no_other_head", "本登记点只有您一位负责人，复核过的件不能再由您登记。请由复核员复核，或先增加一位负责人")
		}
		policy, _, err := s.clock(ctx, w.tx, w.filing)
		if err != nil {
			return err
		}
		w.filing.Reviewer, w.filing.Review.Second = a.AccountID, opinion
		w.to = AwaitingRegistration
		if *w.filing.Technical >= w.point.expertsFrom(policy) || w.filing.Disputed {
			w.to = AwaitingExperts
		}
		w.note, w.inside = opinion, true
		return nil
	})
}

// ReturnToReview sends the case back to the registrar with a reason. Reviewer.
func (s *Service) ReturnToReview(ctx context.Context, a actor.Actor, r Ref, reason string) (Filing, error) {
	return s.onFiling(ctx, a, r, EventReturnToReview, func(_ context.Context, w *work) error {
		var bad fault.Fields
		bad.Required("reason", reason, "请写明退回的理由")
		w.filing.Reviewer = a.AccountID
		w.note, w.inside, w.tell, w.say = reason, true, []int64{w.filing.Registrar}, "复核退回，请重新审查"
		return bad.Err()
	})
}

// PassExperts records the experts' opinion and minutes (id of an uploaded file). Expert.
func (s *Service) PassExperts(ctx context.Context, a actor.Actor, r Ref, opinion string, minutes int64) (Filing, error) {
	return s.onFiling(ctx, a, r, EventPassExperts, func(_ context.Context, w *work) error { return experts(w, opinion, minutes) })
}

// RejectByExperts refuses on the experts' opinion. Expert.
func (s *Service) RejectByExperts(ctx context.Context, a actor.Actor, r Ref, in Refusal, opinion string, minutes int64) (Filing, error) {
	return s.onFiling(ctx, a, r, EventRejectByExperts, func(ctx context.Context, w *work) error {
		if err := experts(w, opinion, minutes); err != nil {
			return err
		}
		w.inside = false
		return s.turnDown(ctx, w, in)
	})
}

func experts(w *work, opinion string, minutes int64) error {
	var bad fault.Fields
	bad.Required("opinion", opinion, "请填写专家意见")
	bad.Check(minutes != 0, "minutesFileId", "required", "请上传专家意见文件")
	w.filing.Expert, w.filing.Review.Experts, w.filing.Review.Minutes = w.who.AccountID, opinion, minutes
	w.note, w.inside = opinion, true
	return bad.Err()
}

func (s *Service) filing(ctx context.Context, id int64) (Filing, error) {
	f, err := postgres.One[Filing](ctx, s.d.DB, selectFiling, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Filing{}, filingNotFound()
	}
	return f, err
}
