package site

import (
	"fmt"

	"techmarket/internal/publish/event"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/voucher"
	"techmarket/web"
	"techmarket/web/view"
)

// serviceTurns are vouchers and finance requests at a step that the person's unit takes.
func (p *Pages) serviceTurns(c *web.Ctx, w *waiting) error {
	list, err := p.Vouchers.Awaiting(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for i, v := range list {
		if i == listedTurns {
			break
		}
		w.add(voucherTurn(v))
	}
	w.rest(len(list), listedTurns, "/desk/vouchers")
	asked, err := p.Finance.Awaiting(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for i, r := range asked {
		if i == listedTurns {
			break
		}
		at := finance.Path(r.ID)
		w.add(turn{answer: true, since: r.CreatedAt, row: view.Turn{Kind: "融资", Title: r.Product, Href: at, Sample: r.Sample,
			Said: r.Firm + "申请 " + view.WanYuan(r.Amount), Action: view.Action{Label: "答复", Href: at, Said: "《" + r.Product + "》"}}})
	}
	w.rest(len(asked), listedTurns, "/finance-requests")
	return nil
}

// eventTurns are what waits at events: for their host, and for who takes part.
func (p *Pages) eventTurns(c *web.Ctx, w *waiting) error {
	list, err := p.Events.Awaiting(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for i, n := range list {
		if i == listedTurns {
			break
		}
		w.add(eventTurn(n))
	}
	w.rest(len(list), listedTurns, "/events/mine")
	return nil
}

func eventTurn(n event.Waiting) turn {
	at, said, label := event.Path(n.Event), "", ""
	out := turn{since: n.Since}
	switch n.Need {
	case event.NeedAdmit:
		at, said, label, out.answer = at+"/desk?state=asked", fmt.Sprintf("%d 人报名，等您确认", n.N), "确认", true
	case event.NeedChase:
		at, said, label = at+"/report#tasks", fmt.Sprintf("%d 项后续事项已过期，请联系负责人", n.N), "查看"
	case event.NeedAnswer:
		at, said, label, out.answer = at+"/mine", fmt.Sprintf("%d 人约您洽谈", n.N), "答复", true
	case event.NeedTell:
		at, said, label = at+"/mine", fmt.Sprintf("%d 场洽谈等您填结果", n.N), "填写"
	case event.NeedTask:
		at, said, label = at+"/mine#tasks", fmt.Sprintf("%d 项后续事项快到期或已过期", n.N), "办理"
	}
	if n.Due != nil {
		out.due = *n.Due
	}
	out.row = view.Turn{Kind: "活动", Title: n.Title, Href: at, Sample: n.Sample, Said: said,
		Action: view.Action{Label: label, Href: at, Said: "《" + n.Title + "》"}}
	return out
}

func voucherTurn(v voucher.Item) turn {
	at := voucher.Path(v.ID)
	out := turn{since: v.UpdatedAt, row: view.Turn{Kind: "创新券", Title: v.Service, Href: at, Sample: v.Sample,
		Action: view.Action{Href: at, Said: "《" + v.Service + "》"}}}
	said, label := &out.row.Said, &out.row.Action.Label
	switch v.State {
	case voucher.StageApplied:
		out.answer, *said, *label = true, v.Firm+"申请创新券", "审核"
	case voucher.StageGranted:
		out.due = *v.DueOn
		*said, *label = "券已发放，签好服务合同后使用", "上传合同"
	case voucher.StageCommitted:
		*said, *label = "服务完成后请确认", "确认"
	case voucher.StageDone:
		*said, *label = v.Firm+"确认服务完成，可以申请兑付", "申请兑付"
	case voucher.StageClaimed:
		out.answer, *said, *label = true, v.Provider+"申请兑付", "审核"
		if v.Asked {
			*said, *label = "兑付材料需要补充", "补充"
		}
	case voucher.StageApproved:
		*said, *label = "审核通过，等拨付", "登记拨付"
	case voucher.StageVoid:
		*said, *label = "已作废，待追回 "+view.Yuan(v.Owes), "登记追回"
	}
	return out
}
