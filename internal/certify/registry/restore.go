package registry

import (
	"context"
	"fmt"
	"time"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// restoreFiling sets a decision against the applicant aside (复议): the original point goes on where the decision was taken, with its
// clock begun anew. Conflict "contract_filed" where the contract was filed anew meanwhile.
func (s *Service) restoreFiling(ctx context.Context, w *work) error {
	if err := noted(w, "请写明复议决定的文号和理由"); err != nil {
		return err
	}
	f := &w.filing
	policy, days, err := s.clock(ctx, w.tx, *f)
	if err != nil {
		return err
	}
	if err := s.reopen(ctx, w); err != nil {
		return err
	}
	w.to = AwaitingAcceptance
	if f.PriorState == Refused {
		w.to = InReview
		policy.Start(days, &f.Run, w.today)
	} else {
		f.Run = deadline.Run{DueOn: days.Add(w.today, policy.TargetDays, policy.TargetUnit)}
	}
	f.PriorState, f.Refusal, f.Correction = "", nil, nil
	f.Class, f.Amount, f.Deducted, f.Technical, f.VATBase = "", nil, nil, nil, nil
	for i := range f.Review.Panel {
		f.Review.Panel[i].Void = true
	}
	w.tell, w.say = []int64{f.Applicant, f.Registrar}, "复议撤销了原决定，登记点重新办理"
	return nil
}

// reopen gives the document of a restored filing back to the desk as it was filed; a change puts its registration under review again.
func (s *Service) reopen(ctx context.Context, w *work) error {
	err := s.config.Contracts.Restore(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "contract_filed", "这份合同已经另行申请或正在变更，原申请不能恢复。请办结复议，由登记点在新的申请中办理")
	}
	if err != nil || w.filing.Kind != Change {
		return err
	}
	return carry(ctx, w, EventRequestChange, Applicant, EventRow{Account: w.who.AccountID, Part: w.part, Event: EventRestore})
}

// restoreRegistration sets a cancellation or revocation aside (复议): the registration stands again under its number, with the
// certificate of its last version, and +1/+C/+T is booked today. Lists that were voided stay void.
func (s *Service) restoreRegistration(ctx context.Context, w *work) error {
	if err := noted(w, "请写明复议决定的文号和理由"); err != nil {
		return err
	}
	r := &w.reg
	words := string(r.EndWords())
	if r.Ending != nil { // what was ended from a list of before has no words
		e := *r.Ending
		e.As, e.Restored, e.RestoredOn = r.PriorState, w.Text, w.today.Format(time.DateOnly)
		r.Ending = &e
	}
	w.to, r.PriorState, r.EndedOn, r.CancelRequest, r.Revocation = Registered, "", nil, nil, nil
	err := s.config.Contracts.Restore(ctx, w.tx, r.ContractID, 0)
	if postgres.Constraint(err) == "contract_deal" {
		return fault.New(fault.Conflict, "contract_filed", "同一洽谈已经另订合同，原登记不能恢复。请先核对两份合同")
	}
	if err != nil {
		return err
	}
	if err := reviveCertificate(ctx, w.tx, r.Number, r.Version); err != nil {
		return err
	}
	if err := book(ctx, w.tx, *r, "restore", "in", w.today, 1, r.Amount, r.Technical); err != nil {
		return fmt.Errorf("book restore: %w", err)
	}
	for audience, who := range map[string]string{"tax": "税务机关", "finance": "财政部门"} {
		body := fmt.Sprintf("登记编号 %s《%s》原%s，经行政复议恢复，自今日起有效。成交额 %s 元，技术交易额 %s 元。",
			r.Number, r.Title, words, r.Amount.Grouped(), r.Technical.Grouped())
		if err := addNotice(ctx, w.tx, *r, audience, "告知"+who+"：登记已恢复", body, w.now); err != nil {
			return err
		}
	}
	w.tell, w.say = w.people, "登记经复议恢复，现在有效"
	return nil
}
