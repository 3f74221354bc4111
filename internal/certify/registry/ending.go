package registry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// requestCancel asks the original point to cancel.
func requestCancel(w *work) error {
	var bad fault.Fields
	bad.Required("reason", w.Text, "请写明申请注销的原因")
	w.reg.CancelRequest = &Request{Reason: w.Text, Account: w.who.AccountID, On: w.today.Format(time.DateOnly)}
	w.note, w.tell, w.say = w.Text, w.people, "申请人申请注销登记，请决定"
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

// statementDays are the working days that the applicant has to answer an announced revocation (our choice: the 办法 names none).
const statementDays = 5

// announceRevocation tells the applicant ground, facts and the right to answer (告知、陈述申辩), before anything is decided.
func (s *Service) announceRevocation(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Check(codes.RevocationGround.Has(w.Ground), "ground", "unknown", "请选择撤销的理由")
	bad.Required("reason", w.Text, "请写明事实和依据")
	if err := bad.Err(); err != nil {
		return err
	}
	days, err := deadline.Days(ctx, w.tx)
	if err != nil {
		return err
	}
	due := days.Add(w.today, statementDays, "working").Format(time.DateOnly)
	w.reg.Revocation = &Revocation{Ground: w.Ground, Reason: w.Text, Account: w.who.AccountID, On: w.today.Format(time.DateOnly), DueOn: due}
	w.to, w.note = w.reg.State, codes.RevocationGround.Label(w.Ground)+"。"+w.Text
	w.tell, w.say = w.people, "登记拟被撤销，请在 "+due+" 前陈述、申辩"
	return nil
}

// stateCase records what the applicant answers.
func stateCase(w *work) error {
	r := *w.reg.Revocation
	r.Statement, r.StatedOn = w.Text, w.today.Format(time.DateOnly)
	w.reg.Revocation, w.to = &r, w.reg.State
	w.tell, w.say = []int64{r.Account}, "申请人已对拟撤销作出陈述、申辩"
	return noted(w, "请写明陈述、申辩的内容")
}

// dropRevocation gives an announced revocation up.
func dropRevocation(w *work) error {
	w.reg.Revocation, w.to = nil, w.reg.State
	w.tell, w.say = w.people, "登记不予撤销"
	return noted(w, "请写明不予撤销的理由")
}

// revoke ends the registration from above (办法第17条) on the ground that was announced; the second officer adds what was found of the
// applicant's statement. It books −1/−C/−T today and leaves the notice tasks.
func (s *Service) revoke(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Required("reason", w.Text, "请写明决定的理由，包括对陈述、申辩的意见")
	if err := bad.Err(); err != nil {
		return err
	}
	w.Ground = w.reg.Revocation.Ground
	w.Text = w.reg.Revocation.Reason + "\n" + w.Text
	w.reg.Revocation = nil
	w.tell, w.say = w.people, "登记已被撤销"
	return s.end(ctx, w, Revoked, "revoke", codes.RevocationGround.Label(w.Ground))
}

// end books the end of a registration under a kind of period entry and tells everybody whom it concerns.
func (s *Service) end(ctx context.Context, w *work, to State, kind, ground string) error {
	e := Ending{Ground: w.Ground, Reason: w.Text, On: w.today.Format(time.DateOnly), As: to}
	w.to, w.note, w.reg.Ending, w.reg.EndedOn, w.reg.CancelRequest = to, ground+"。"+e.Reason, &e, &w.today, nil
	w.reg.State, w.reg.PriorState = to, "" // an end that a re-recognition led to settles it
	if err := markCertificates(ctx, w.tx, w.reg.Number, string(to)); err != nil {
		return err
	}
	if err := book(ctx, w.tx, w.reg, kind, "out", w.today, -1, -w.reg.Amount, -w.reg.Technical); err != nil {
		return fmt.Errorf("book %s: %w", kind, err)
	}
	if s.config.Ended != nil {
		lists, err := s.config.Ended(ctx, w.tx, w.reg.Number, w.reg.Number+string(w.reg.EndWords()), w.now)
		if err != nil {
			return err
		}
		w.lists = lists
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
		if err := addNotice(ctx, w.tx, r, audience, "告知"+who+"：登记"+string(r.EndWords()), body, w.now); err != nil {
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

// bookIncome books 技术性收入 from a 核定表 with the finance seal, which is kept with the row.
func (s *Service) bookIncome(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Check(w.Amount > 0 && w.Amount <= money.Max, "amount", "range", "核定金额应大于零")
	bad.Check(w.Paper != 0, "paper", "required", "请上传加盖财务印章的技术性收入核定表")
	if err := bad.Err(); err != nil {
		return err
	}
	if err := s.ownFile(ctx, w, "paper", w.Paper); err != nil {
		return err
	}
	w.reg.Income += w.Amount
	w.note = w.Amount.Grouped() + " 元 " + w.Text
	return addIncome(ctx, w.tx, w.Number, Income{Amount: w.Amount, BookedOn: w.today, Note: w.Text, FileID: w.Paper}, w.who.AccountID)
}

// reverseIncome takes a booked row back by a counter row. Conflict "income_reversed".
func (s *Service) reverseIncome(ctx context.Context, w *work) error {
	if err := noted(w, "请写明冲销的原因"); err != nil {
		return err
	}
	row, err := readIncome(ctx, w.tx, w.Number, w.Income)
	if err != nil {
		return err
	}
	if row.Reverses != 0 || row.Reversed {
		return fault.New(fault.Conflict, "income_reversed", "这一笔已经冲销，或本身就是冲销")
	}
	w.reg.Income -= row.Amount
	w.note = "冲销 " + row.BookedOn.Format(time.DateOnly) + " 核定的 " + row.Amount.Grouped() + " 元：" + w.Text
	return addIncome(ctx, w.tx, w.Number, Income{Amount: -row.Amount, BookedOn: w.today, Note: w.Text, Reverses: row.ID}, w.who.AccountID)
}
