package registry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// requestCancel asks the original point to cancel.
func requestCancel(w *work) error {
	var bad fault.Fields
	bad.Required("reason", w.Text, "请写明申请注销的原因")
	w.reg.CancelRequest = &Request{Reason: w.Text, Account: w.who.AccountID, On: w.today.Format(time.DateOnly)}
	w.note = w.Text
	return bad.Err()
}

// declineCancel turns the request down with a reason.
func declineCancel(w *work) error {
	var bad fault.Fields
	bad.Required("reason", w.Text, "请写明不予注销的理由")
	w.tell, w.say = []int64{w.reg.CancelRequest.Account}, "注销申请未获同意"
	w.note, w.reg.CancelRequest = w.Text, nil
	return bad.Err()
}

// cancel ends the registration on the applicant's request, books −1/−C/−T today and leaves a notice task for 税务 and
// 财政 (办法第15条).
func (s *Service) cancel(ctx context.Context, w *work) error {
	var bad fault.Fields
	ground := CancelGrounds()[w.Ground]
	bad.Check(ground != "", "ground", "unknown", "请选择注销的原因")
	bad.Required("reason", w.Text, "请写明情况")
	if err := bad.Err(); err != nil {
		return err
	}
	w.tell, w.say = []int64{w.reg.CancelRequest.Account}, "登记已注销"
	return s.end(ctx, w, Cancelled, "cancel", ground)
}

// revoke ends the registration from above (办法第17条), books −1/−C/−T today and leaves the notice tasks.
func (s *Service) revoke(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Check(codes.RevocationGround.Has(w.Ground), "ground", "unknown", "请选择撤销的理由")
	bad.Required("reason", w.Text, "请写明事实和依据")
	if err := bad.Err(); err != nil {
		return err
	}
	return s.end(ctx, w, Revoked, "revoke", codes.RevocationGround.Label(w.Ground))
}

// end books the end of a registration under a kind of period entry and tells everybody whom it concerns.
func (s *Service) end(ctx context.Context, w *work, to State, kind, ground string) error {
	e := Ending{Ground: w.Ground, Reason: w.Text, On: w.today.Format(time.DateOnly)}
	w.to, w.note, w.reg.Ending, w.reg.EndedOn, w.reg.CancelRequest = to, ground+"。"+e.Reason, &e, &w.today, nil
	w.reg.State, w.reg.PriorState = to, "" // an end that a re-recognition led to settles it
	if err := markCertificates(ctx, w.tx, w.reg.Number, string(to)); err != nil {
		return err
	}
	if err := book(ctx, w.tx, w.reg, kind, "out", w.today, -1, -w.reg.Amount, -w.reg.Technical); err != nil {
		return fmt.Errorf("book %s: %w", kind, err)
	}
	if s.config.Ended != nil {
		if err := s.config.Ended(ctx, w.tx, w.reg.Number, w.reg.Number+w.reg.EndWords(), w.now); err != nil {
			return err
		}
	}
	if err := addEndNotices(ctx, w, ground); err != nil {
		return err
	}
	err := s.config.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventClose)
	if fault.Is(err, fault.Conflict) { // a change was being written: it ends with the registration
		if err = s.config.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventKeep); err == nil {
			err = s.config.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventClose)
		}
	}
	return err
}

// addEndNotices leaves a task to tell 税务 and 财政 that a registration ended (办法第15条).
func addEndNotices(ctx context.Context, w *work, ground string) error {
	r := w.reg
	for audience, who := range map[string]string{"tax": "税务机关", "finance": "财政部门"} {
		body := fmt.Sprintf("登记编号 %s《%s》%s（%s）。成交额 %s 元，技术交易额 %s 元，已核定技术性收入 %s 元。请通知已据此享受政策的单位。",
			r.Number, r.Title, r.EndWords(), ground, r.Amount.Grouped(), r.Technical.Grouped(), r.Income.Grouped())
		if err := addNotice(ctx, w.tx, r, audience, "告知"+who+"：登记"+r.EndWords(), body, w.now); err != nil {
			return err
		}
	}
	return nil
}

// reviewTaxRelief records the re-check of a class 01–03 registration.
func reviewTaxRelief(w *work) error {
	var bad fault.Fields
	w.reg.TaxReview = "ok"
	if !w.Approved {
		w.reg.TaxReview = "no"
		bad.Required("note", w.Text, "复核不通过须写明理由")
	}
	w.note = strings.TrimSuffix(map[bool]string{true: "通过", false: "不通过"}[w.Approved]+"："+strings.TrimSpace(w.Text), "：")
	return bad.Err()
}

// bookIncome books 技术性收入 from a 核定表 with the finance seal.
func (s *Service) bookIncome(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Check(w.Amount > 0 && w.Amount <= money.Max, "amount", "range", "核定金额应大于零")
	if err := bad.Err(); err != nil {
		return err
	}
	w.reg.Income += w.Amount
	w.note = w.Amount.Grouped() + " 元 " + w.Text
	return addIncome(ctx, w.tx, w.reg.Number, w.Amount, w.today, w.who.AccountID, w.Text)
}
