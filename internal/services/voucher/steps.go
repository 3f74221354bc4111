package voucher

import (
	"context"
	"slices"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
)

// step lets the rule decide, or does what the rule does not know.
func (s *Service) step(ctx context.Context, b *bench, m move, c Command, h *Happening) error {
	if m.rule == "" {
		b.c.State = m.to
		b.c.Asked = c.Act == ActAsk
		b.c.Reason = c.Reason
		return nil
	}
	var v Voucher
	var out Outcome
	var err error
	if m.rule == Apply {
		if v, out, err = s.try(ctx, b, b.c); err != nil {
			return err
		}
		b.scheme.Issued++
	} else {
		v, out = Step(b.scheme.Policy(nil), Books{Voucher: b.c.rule()}, Event{Event: m.rule, On: s.today(),
			Voucher: strconv.FormatInt(b.c.ID, 10), Paid: c.Amount, Amount: c.Amount, Reason: c.Reason != ""})
	}
	if out.Refusal != nil {
		return refusal(*out.Refusal)
	}
	b.c.take(b.scheme.Policy(nil), v)
	h.Moved = out.Amount
	b.c.Asked = false
	switch c.Act {
	case ActUse:
		b.c.Number = c.Number
	case ActClaim:
		b.c.Claimed, h.Said = c.Amount, c.Amount
	case ActRepay:
		h.Said = c.Amount
	case ActCancel, ActVoid:
		b.c.Reason = c.Reason
	}
	return nil
}

// check holds a step back whose words or papers are missing.
func (b *bench) check(m move, c Command) error {
	var f fault.Fields
	n := len([]rune(c.Reason))
	if m.reason {
		f.Checkf(n >= 2 && n <= maxText, "reason", "required", "请填写，对方会看到（2—%d 字）", maxText)
	}
	has := func(r PaperRole) bool { return slices.Contains(b.left, r) }
	switch c.Act {
	case ActUse:
		digits := len([]rune(c.Number))
		f.Check(digits >= 2 && digits <= 60, "number", "required", "请填写服务合同编号（2—60 字）；没有编号的写签订日期")
		f.Check(has(FileContract), "contract", "required", "请上传双方签字盖章的服务合同")
	case ActClaim:
		f.Check(c.Amount > 0 && c.Amount <= money.Max, "amount", "amount", "请填写企业实际支付的服务费，例如 20000")
		f.Check(has(FileInvoice), "invoice", "required", "请上传发票")
		f.Check(has(FilePayment), "payment", "required", "请上传企业付款的银行回单")
	case ActSupplement:
		f.Check(len(c.Files) > 0, "other", "required", "请上传补充的材料")
	case ActRepay:
		f.Check(c.Amount > 0, "amount", "amount", "请填写追回的金额")
	}
	return f.Err()
}

// papers attaches the files of a step; they belong to the unit that uploaded them.
func (s *Service) papers(ctx context.Context, b *bench, who actor.Actor, c Command) error {
	if len(c.Files) == 0 {
		return nil
	}
	if c.Act != ActUse && c.Act != ActClaim && c.Act != ActSupplement {
		return fault.New(fault.Invalid, "no_files", "这一步不需要附件，请去掉附件再提交")
	}
	if len(b.left)+len(c.Files) > maxFiles {
		return fault.Newf(fault.Conflict, "too_many_files", "一张券最多附 %d 个文件，请合并后再上传", maxFiles)
	}
	for _, a := range c.Files {
		if !slices.Contains(PaperRoles(), a.Role) {
			return fault.New(fault.Invalid, "file_role", "请选择附件是什么：服务合同、发票、付款回单或其他")
		}
		kept, err := s.config.Files.Own(ctx, b.tx, who.OrgID, a.ID)
		if err != nil {
			return err
		}
		if err := attach(ctx, b.tx, b.c.ID, Paper{FileID: a.ID, Role: a.Role, Name: kept.Name, Size: kept.Size, AddedAt: b.now}); err != nil {
			return err
		}
		b.left = append(b.left, a.Role)
	}
	return nil
}

const maxFiles = 20

// note writes history, audit row and messages of a step.
func (s *Service) note(ctx context.Context, b *bench, who actor.Actor, c Case, h Happening, by Side) error {
	h.At = b.now
	if err := addHappening(ctx, b.tx, c, who.AccountID, h); err != nil {
		return err
	}
	if err := s.tell(ctx, b, c, h, by); err != nil {
		return err
	}
	return s.config.Audit.Record(ctx, b.tx, audit.Event{Actor: who, Action: "voucher." + string(h.Act), ObjectKind: "voucher",
		ObjectID: strconv.FormatInt(c.ID, 10), Detail: map[string]any{"state": c.State, "scheme": c.Scheme}})
}

// tell leaves a message with who has to know: the firm and the provider of what others did, the desk of what waits for it.
func (s *Service) tell(ctx context.Context, b *bench, c Case, h Happening, by Side) error {
	if c.Sample && by == system {
		return nil
	}
	var to []int64
	if by != Firm {
		to = append(to, c.FirmAccount)
	}
	if by != Provider && by != system && !c.State.Before() {
		to = append(to, b.near.provider...)
	}
	if by != Desk && slices.Contains([]Act{ActApply, ActClaim, ActSupplement, ActCancel}, h.Act) {
		to = append(to, b.near.desk...)
	}
	if len(to) == 0 {
		return nil
	}
	body := "请打开创新券页面查看。"
	if h.Reason != "" {
		body = h.Reason
	}
	return s.config.Notices.Tell(ctx, b.tx, notify.Note{To: to, Kind: "voucher", Title: titles()[h.Act] + "：" + c.Service, Body: body,
		Link: Path(c.ID), At: b.now})
}

// Path is the page of a voucher.
func Path(id int64) string { return "/vouchers/" + strconv.FormatInt(id, 10) }

func titles() map[Act]string {
	return map[Act]string{ActApply: "有企业申请创新券", ActRecall: "创新券申请已撤回", ActGrant: "创新券已发放", ActDecline: "创新券没有批准", ActUse: "创新券已用于服务合同",
		ActFinish: "企业确认服务完成", ActClaim: "服务机构申请兑付", ActAsk: "兑付材料需要补充", ActSupplement: "兑付材料已补充", ActApprove: "兑付审核通过",
		ActPay: "创新券已兑付", ActCancel: "服务取消，创新券作废", ActVoid: "创新券被作废", ActRepay: "创新券款项已追回", ActExpire: "创新券过期"}
}
