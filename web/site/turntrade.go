package site

import (
	"fmt"

	"techmarket/internal/trade/disclosure"
	"techmarket/internal/trade/trial"
	"techmarket/web"
	"techmarket/web/view"
)

// tradeTurns are what trials, grants and distributions wait for.
func (p *Pages) tradeTurns(c *web.Ctx, w *waiting) error {
	if !c.Actor().SignedIn() {
		return nil
	}
	trials, err := p.Trials.Awaiting(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for i, t := range trials {
		if i == listedTurns {
			break
		}
		w.add(trialTurn(t))
	}
	w.rest(len(trials), listedTurns, "/trials")
	grants, err := p.Rights.Consents(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for i, g := range grants {
		if i == listedTurns {
			break
		}
		at := fmt.Sprintf("/grants/%d", g.ID)
		w.add(turn{answer: true, since: g.UpdatedAt, row: view.Turn{Kind: "同意", Title: g.Object, Href: at, Sample: g.Sample,
			Said: "成果权属和份额等您同意", Action: view.Action{Label: "看份额", Href: at, Said: "《" + g.Object + "》"}}})
	}
	w.rest(len(grants), listedTurns, "/grants")
	plans, err := p.Rights.Due(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for i, r := range plans {
		if i == listedTurns {
			break
		}
		at := fmt.Sprintf("/distributions/%d", r.ID)
		w.add(turn{since: r.UpdatedAt, row: view.Turn{Kind: "发放", Title: r.Title, Href: at, Sample: r.Sample,
			Said: "可以发放 " + view.Yuan(r.Payable), Action: view.Action{Label: "去发放", Href: at, Said: "《" + r.Title + "》"}}})
	}
	w.rest(len(plans), listedTurns, "/distributions")
	return p.roomTurns(c, w)
}

// roomTurns are words that wait for the person's acceptance, and people who ask the unit for access to papers.
func (p *Pages) roomTurns(c *web.Ctx, w *waiting) error {
	list, err := p.Rooms.Awaiting(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for i, s := range list {
		if i == listedTurns {
			break
		}
		at := fmt.Sprintf("/rooms/%d", s.Room)
		row := view.Turn{Kind: "披露", Title: s.Title, Href: at, Sample: s.Sample, Said: "有一份协议请您阅读后接受",
			Action: view.Action{Label: "去阅读", Href: at, Said: "《" + s.Title + "》"}}
		if s.State == disclosure.Requested {
			row.Said, row.Action.Label = s.OrgName+"的"+s.Name+"申请查看资料", "答复"
		}
		w.add(turn{answer: true, since: s.Since, row: row})
	}
	w.rest(len(list), listedTurns, "/rooms")
	return nil
}

func trialTurn(t trial.Waiting) turn {
	at := fmt.Sprintf("/trials/%d", t.ID)
	out := turn{since: t.UpdatedAt, row: view.Turn{Kind: "试用", Title: t.Object, Href: at, Sample: t.Sample,
		Action: view.Action{Href: at, Said: "《" + t.Object + "》"}}}
	said, label := &out.row.Said, &out.row.Action.Label
	switch t.On {
	case trial.EventAgree:
		out.answer, *said, *label = true, "对方提出了试用条款", "看条款"
	case trial.EventStart:
		*said, *label = "条款已谈妥，等本单位交接", "去交接"
	case trial.EventExtend:
		out.answer, *said, *label = true, "对方申请延长试用", "答复"
	case trial.EventReport:
		*said, *label = "试用报告", "交报告"
	case trial.EventConfirm:
		out.answer, *said, *label = true, "对方认为已达到转化条件", "去确认"
	case trial.EventPay:
		*said, *label = "先用后转的一期付款", "登记付款"
	}
	if t.Due != nil {
		out.due = *t.Due
	}
	return out
}
