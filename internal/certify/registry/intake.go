package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Submit files a draft contract at a point: freezes its version and gives the intake number. Member of the applying
// organisation. Faults beside the common ones: Invalid "wrong_point" (names the right one), "invalid_input" (what the
// contract lacks), Conflict "point_suspended", "contract_filed".
func (s *Service) Submit(ctx context.Context, a actor.Actor, contractID, pointID int64) (Filing, error) {
	var f Filing
	p, err := point.Read(ctx, s.config.DB, pointID)
	if err != nil {
		return f, err
	}
	registrars, err := s.registrars(ctx, pointID)
	if err != nil {
		return f, err
	}
	err = s.trail.Guard(
		ctx,
		a,
		string(EventSubmit),
		"contract",
		strconv.FormatInt(contractID, 10),
		func(ctx context.Context, tx pgx.Tx) error {
			c, err := s.config.Contracts.Get(ctx, tx, contractID)
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
		},
	)
	return f, err
}

// add makes the filing of a contract whose applicant, state and point were checked.
func (s *Service) add(
	ctx context.Context,
	tx pgx.Tx,
	a actor.Actor,
	c contract.Contract,
	p point.Point,
	kind FilingKind,
	number string,
	registrars []int64,
) (Filing, error) {
	rule, err := find(OnFiling, Draft, EventSubmit, Stand(a, c.ApplicantOrg, nil, p))
	if err != nil {
		return Filing{}, err
	}
	frozen, err := s.config.Contracts.Freeze(ctx, tx, c.ID)
	if err == nil {
		err = s.drawable(contentTexts(frozen.Content)...)
	}
	if err == nil {
		c, err = s.config.Contracts.Get(ctx, tx, c.ID) // handing it in may have tied the buyer to an organisation
	}
	if err != nil {
		return Filing{}, err
	}
	now := s.config.Now()
	today := clock.Date(now)
	policy, err := deadline.InForce(ctx, tx, today)
	if err != nil {
		return Filing{}, err
	}
	days, err := deadline.Days(ctx, tx)
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
		SubmittedAt: now, UpdatedAt: now, Run: deadline.Run{DueOn: days.Add(today, policy.TargetDays, policy.TargetUnit)}}
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
	w := &work{
		Command: Command{Event: EventSubmit},
		moment:  moment{now, today},
		tx:      tx,
		who:     a,
		part:    rule.Part,
		filing:  f,
		point:   p,
		to:      f.State,
		number:  number,
		tell:    registrars,
		say:     "新的登记申请待受理",
	}
	return f, s.noteFiling(ctx, w, Draft)
}

// checkPoint refuses a wrong or suspended point and names the right one (办法第8条).
func (s *Service) checkPoint(ctx context.Context, tx pgx.Tx, p point.Point, c contract.Contract) error {
	right, err := point.Right(ctx, tx, c.ApplicantOrg, c.Content.Area(), c.Sample, clock.Date(s.config.Now()))
	if err != nil {
		return err
	}
	switch {
	case p.ID == right.ID,
		p.State != point.Suspended && p.ServesOrg == 0 && right.ServesOrg == 0 && p.Division == right.Division && p.Sample == c.Sample:
		return nil
	case p.State == point.Suspended:
		return fault.Newf(fault.Conflict, "point_suspended", "%s已暂停受理，请到%s申请", p.Name, right.Name)
	default:
		f := fault.Newf(fault.Invalid, "wrong_point", "这份合同不属于%s受理，请到%s申请", p.Name, right.Name)
		f.Fields = []fault.Field{fault.At("pointId", "wrong_point", "请改选%s", right.Name)}
		return f
	}
}

// release gives the document back: a first filing may be mended and filed anew, a change leaves the registered version.
func (s *Service) release(ctx context.Context, w *work) error {
	if w.filing.Kind == Initial {
		return s.config.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventRelease)
	}
	if err := s.config.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventKeep); err != nil {
		return err
	}
	return carry(ctx, w, EventKeep, System, EventRow{Part: System, Event: EventKeep})
}

// carry moves the registration of a change along with its filing: event and part find the row of the table, note is what the history
// says of who did what.
func carry(ctx context.Context, w *work, event Event, part Part, note EventRow) error {
	reg, err := lockOne(ctx, w.tx, w.number)
	if err != nil {
		return fmt.Errorf("registration of the change: %w", err)
	}
	rule, err := find(OnRegistration, reg.State, event, []Part{part})
	if err != nil {
		return err
	}
	note.At, note.From, note.To, note.Note = w.now, reg.State, rule.To[0], w.filing.IntakeNo
	reg.State = note.To
	if err := storeRegistration(ctx, w.tx, reg); err != nil {
		return err
	}
	return addEvent(ctx, w.tx, 0, reg.Number, note, nil)
}

// accept starts the clock and makes the actor the registrar: the day counts as day nought, and the sheet begins with what the
// applicant filed.
func (s *Service) accept(ctx context.Context, w *work) error {
	policy, days, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return err
	}
	w.filing.Registrar = w.who.AccountID
	w.tell, w.say = []int64{w.filing.Applicant}, "登记申请已受理"
	policy.Start(days, &w.filing.Run, w.today)
	return s.begin(ctx, w)
}

// begin fills the sheet of a case that is accepted from now on.
func (s *Service) begin(ctx context.Context, w *work) error {
	w.filing.AcceptedAt = &w.now
	frozen, err := s.config.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
	if err != nil {
		return err
	}
	w.filing.Review = Sheet(frozen.Content)
	if w.filing.Kind != Change {
		return nil
	}
	before, err := registeredBefore(ctx, w.tx, w.filing)
	if err != nil || before == nil {
		return err
	}
	w.filing.Review.carry(before.Review)
	return nil
}

func (s *Service) clock(ctx context.Context, tx pgx.Tx, f Filing) (deadline.Policy, clock.Calendar, error) {
	policy, err := deadline.ByID(ctx, tx, f.PolicyID)
	if err != nil {
		return policy, nil, err
	}
	days, err := deadline.Days(ctx, tx)
	return policy, days, err
}

// declineIntake ends a filing before acceptance; wrong_area names the right point where there is one.
func (s *Service) declineIntake(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Check(codes.IntakeRefusal.Has(w.Code), "code", "unknown", "请选择不予受理的理由")
	bad.Required("text", w.Text, "请写明不予受理的具体情况")
	if err := bad.Err(); err != nil {
		return err
	}
	w.filing.Refusal = &Refusal{Codes: []string{w.Code}, Articles: []string{}, Text: w.Text}
	if w.Code == "wrong_area" {
		if err := s.nameRightPoint(ctx, w); err != nil {
			return err
		}
	}
	w.note, w.tell, w.say = w.Text, []int64{w.filing.Applicant}, "登记申请不予受理"
	return s.release(ctx, w)
}

func (s *Service) nameRightPoint(ctx context.Context, w *work) error {
	f := w.filing
	frozen, err := s.config.Contracts.Frozen(ctx, w.tx, f.ContractID, f.ContractVersion)
	if err != nil {
		return err
	}
	right, err := point.Right(ctx, w.tx, f.ApplicantOrg, frozen.Content.Area(), f.Sample, w.today)
	if err == nil && right.ID != w.point.ID {
		w.filing.Refusal.RightPoint = right.ID
	}
	return nil // where nobody is competent the notice names nobody
}

// requestCorrection tells the applicant once everything that is missing, each with the reason it would be refused with; the clock
// stands still.
func (s *Service) requestCorrection(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Check(len(w.Items) > 0, "items", "required", "请列出全部需要补正的内容")
	for i, item := range w.Items {
		bad.Required(fmt.Sprintf("items.%d.text", i), item.Text, "请写明缺什么、怎样补正")
		bad.Check(codes.Refusal.Has(item.Reason), fmt.Sprintf("items.%d.reason", i), "required", "请选择不补正时的理由（R1–R11），没有告知的理由以后不能据以不予登记")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	policy, days, err := s.clock(ctx, w.tx, w.filing)
	if err != nil {
		return err
	}
	for i := range w.Items {
		w.Items[i].Answer = ""
	}
	w.filing.Registrar = w.who.AccountID
	policy.Pause(days, &w.filing.Run, w.today)
	items := w.Items
	if earlier := w.filing.Correction; earlier != nil { // what was overlooked then, see firstCorrection
		items, w.note = append(slices.Clone(earlier.Items), items...), "补充告知："+w.Text
	}
	w.filing.Correction = &Correction{AskedAt: w.now, DueOn: w.filing.DueOn.Format(time.DateOnly), Items: items}
	w.tell, w.say = []int64{w.filing.Applicant}, "登记申请需要补正，请在 "+w.filing.Correction.DueOn+" 前办理"
	return s.config.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventCorrect)
}

// declineCorrection records the applicant's own word that nothing will be mended; only then may the desk decide before the term ends.
func declineCorrection(w *work) error {
	c := *w.filing.Correction
	c.Declined = &Declaration{At: w.now, Account: w.who.AccountID, Text: w.Text}
	w.filing.Correction = &c
	w.tell, w.say = []int64{w.filing.Registrar}, "申请人声明不补正"
	return noted(w, "请写明不补正的理由")
}

// returnCorrection gives an answer that mends nothing back within the term. The day stays; the clock stands still again.
func (s *Service) returnCorrection(ctx context.Context, w *work) error {
	if err := noted(w, "请写明还缺什么"); err != nil {
		return err
	}
	due, err := time.Parse(time.DateOnly, w.filing.Correction.DueOn)
	if err != nil {
		return fmt.Errorf("day of correction: %w", err)
	}
	c := *w.filing.Correction
	c.AnsweredAt = nil
	w.filing.Correction, w.filing.Registrar = &c, w.who.AccountID
	w.filing.DueOn, w.filing.PausedOn = due, &w.today
	w.tell, w.say = []int64{w.filing.Applicant}, "补正还没有补齐，请在 "+c.DueOn+" 前继续办理"
	return s.config.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventCorrect)
}

// submitCorrection answers every item and freezes the mended contract. The clock goes on, or starts anew where the policy says
// so; an unaccepted filing counts as accepted from now (征求意见稿第14条; policy row).
func (s *Service) submitCorrection(ctx context.Context, w *work) error {
	c := w.filing.Correction
	var bad fault.Fields
	bad.Check(len(w.Answers) == len(c.Items), "answers", "count", "请逐项答复补正内容")
	for i, answer := range w.Answers[:min(len(w.Answers), len(c.Items))] {
		bad.Required(fmt.Sprintf("answers.%d", i), answer, "请说明这一项怎样补正")
		c.Items[i].Answer = answer
	}
	if err := bad.Err(); err != nil {
		return err
	}
	c.AnsweredAt = &w.now
	frozen, err := s.config.Contracts.Freeze(ctx, w.tx, w.filing.ContractID)
	if err == nil {
		err = s.drawable(contentTexts(frozen.Content)...)
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
}

// lapseCorrection refuses for what was asked and not mended: after the applicant's day, or where the applicant declared that it
// stays (guard correctionOver).
func (s *Service) lapseCorrection(ctx context.Context, w *work) error {
	asked := w.filing.Correction.reasons()
	for _, code := range w.Refusal.Codes {
		if !slices.Contains(asked, code) {
			return notAsked(code)
		}
	}
	return s.turnDown(ctx, w)
}
