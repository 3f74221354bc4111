package registry

import (
	"context"
	"fmt"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// register gives number, certificate, ledger row and period entry in one transaction; the PDF follows by a job. For a
// change filing it registers version v+1 under the same number and books the difference.
// Faults: Invalid "number_format", Conflict "number_taken", "income_exceeds" (change: ΣR above the new T).
func (s *Service) register(ctx context.Context, w *work) error {
	frozen, err := s.config.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
	if err != nil {
		return err
	}
	if err := s.drawable(contentTexts(frozen.Content)...); err != nil {
		return err
	}
	w.filing.Head = w.who.AccountID
	if w.filing.Kind == Change {
		w.reg, err = s.registerChange(ctx, w, frozen)
	} else {
		w.reg, err = s.registerFirst(ctx, w, frozen)
	}
	if err != nil {
		return err
	}
	w.number = w.reg.Number
	w.tell, w.say = []int64{w.filing.Applicant}, "技术合同已登记，编号 "+w.reg.Number
	w.link = "/registrations/" + w.number // the certificate is there
	if err := s.config.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventRegister); err != nil {
		return err
	}
	return s.issue(ctx, w, frozen)
}

func (s *Service) registerFirst(ctx context.Context, w *work, v contract.Frozen) (Registration, error) {
	reg := Registration{ContractID: w.filing.ContractID, PointID: w.point.ID, Division: w.point.Division, ApplicantOrg: w.filing.ApplicantOrg,
		State: Registered, Version: 1, LockVersion: 1, SellerOrg: w.filing.SellerOrg, BuyerOrg: w.filing.BuyerOrg, RegisteredOn: w.today,
		Sample: w.filing.Sample}
	reg.take(w.filing, v)
	var err error
	if reg.Number, err = point.GiveNumber(ctx, w.tx, w.point, w.today.Year(), w.National); err != nil {
		return reg, err
	}
	if err := addRegistration(ctx, w.tx, reg); err != nil {
		if postgres.Constraint(err) == "registration_pkey" {
			return reg, fault.New(fault.Conflict, "number_taken", "这个登记编号已被使用，请核对国家系统给出的编号")
		}
		return reg, fmt.Errorf("add registration: %w", err)
	}
	return reg, book(ctx, w.tx, reg, "register", "in", w.today, 1, reg.Amount, reg.Technical)
}

func (s *Service) registerChange(ctx context.Context, w *work, v contract.Frozen) (Registration, error) {
	reg, err := lockOne(ctx, w.tx, w.number)
	if err != nil {
		return reg, fmt.Errorf("registration of the change: %w", err)
	}
	rule, err := find(OnRegistration, reg.State, EventRegisterChange, []Part{Head})
	if err != nil {
		return reg, err
	}
	old := reg
	reg.State = rule.To[0]
	reg.Version++
	reg.take(w.filing, v)
	if reg.Income > reg.Technical {
		return reg, fault.Newf(
			fault.Conflict,
			"income_exceeds",
			"已核定技术性收入 %s 元，超过变更后的技术交易额 %s 元。请先核对收入记录",
			reg.Income.Grouped(),
			reg.Technical.Grouped(),
		)
	}
	if err := storeRegistration(ctx, w.tx, reg); err != nil {
		return reg, err
	}
	reg.LockVersion++
	if err := markCertificates(ctx, w.tx, reg.Number, "superseded"); err != nil {
		return reg, err
	}
	if old.cells() == reg.cells() && old.Shares == nil && reg.Shares == nil {
		return reg, book(ctx, w.tx, reg, "change", "in", w.today, 0, reg.Amount-old.Amount, reg.Technical-old.Technical)
	}
	// The change moved the contract to another class, field or division, or several sellers share it: out of the old cells, into the new ones.
	out := old
	out.Version = reg.Version
	if err := book(ctx, w.tx, out, "change", "out", w.today, -1, -old.Amount, -old.Technical); err != nil {
		return reg, err
	}
	return reg, book(ctx, w.tx, reg, "change", "in", w.today, 1, reg.Amount, reg.Technical)
}

// requestChange files the amended contract at the original point (办法第15条). Conflict "change_not_started".
func (s *Service) requestChange(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Required("reason", w.Text, "请写明变更的原因")
	if err := bad.Err(); err != nil {
		return err
	}
	w.note = w.Text
	c, err := s.config.Contracts.Get(ctx, w.tx, w.reg.ContractID)
	if err != nil {
		return err
	}
	if c.State != contract.Changing {
		return fault.New(fault.Conflict, "change_not_started", "请先在合同页修改变更的内容，再提交变更申请")
	}
	w.filing, err = s.add(ctx, w.tx, w.who, c, w.point, Change, w.reg.Number, w.people)
	return err
}
