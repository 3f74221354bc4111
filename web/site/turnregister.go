package site

import (
	"fmt"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/web"
	"techmarket/web/view"
)

// registrationTurns are what a registration waits for: the head decides a request to cancel, the applicant answers an announced
// revocation, another officer than the one who announced decides it, and officers end a reconsideration.
func (p *Pages) registrationTurns(c *web.Ctx, w *waiting) error {
	who := c.Actor()
	list := func(f registry.RegistrationFilter, at string, turn func(registry.Registration) (turn, bool)) error {
		f.Limit = listedTurns
		page, err := p.Registry.Registrations(c.Context(), who, f)
		if err != nil {
			return err
		}
		for _, r := range page.Rows {
			t, mine := turn(r)
			if !mine {
				continue
			}
			t.row.Title, t.row.Href, t.row.Sample = r.Title, "/registrations/"+r.Number, r.Sample
			t.row.Action = view.Action{Label: t.row.Action.Label, Href: t.row.Href, Said: "《" + r.Title + "》"}
			w.add(t)
		}
		if page.Next != "" {
			w.rest(len(page.Rows)+1, len(page.Rows), at)
		}
		return nil
	}
	if who.Has(actor.PointHead) {
		if err := list(registry.RegistrationFilter{Waiting: registry.WaitsCancel}, "/registrations?waiting=cancel", cancelTurn); err != nil {
			return err
		}
	}
	member := web.Members().Allows(who)
	if !member && !who.Officer() {
		return nil
	}
	err := list(registry.RegistrationFilter{Waiting: registry.WaitsRevocation}, "/registrations?waiting=revoke",
		func(r registry.Registration) (turn, bool) { return revocationTurn(who, c.Now(), r) })
	if err != nil || !who.Officer() {
		return err
	}
	again := []registry.State{registry.InReconsideration, registry.InReRecognition}
	err = list(registry.RegistrationFilter{States: again}, "/registrations", func(r registry.Registration) (turn, bool) {
		return turn{row: view.Turn{Kind: "复议", Said: againSaid(r.State), Action: view.Action{Label: "去办结"}}}, true
	})
	if err != nil {
		return err
	}
	filings, err := p.Registry.Queue(c.Context(), who, registry.QueueFilter{States: again, Limit: listedTurns})
	if err != nil {
		return err
	}
	for _, r := range filings.Rows {
		at := fmt.Sprintf("/filings/%d", r.ID)
		w.add(turn{row: view.Turn{Kind: "复议", Title: r.Title, Href: at, Sample: r.Sample, Said: againSaid(r.State),
			Action: view.Action{Label: "去办结", Href: at, Said: "《" + r.Title + "》"}}})
	}
	if filings.Next != "" {
		w.rest(len(filings.Rows)+1, len(filings.Rows), "/registry?state="+string(registry.InReconsideration))
	}
	return nil
}

func againSaid(s registry.State) string {
	if s == registry.InReRecognition {
		return "税务、财政申请重新认定"
	}
	return "申请人申请复议"
}

func cancelTurn(r registry.Registration) (turn, bool) {
	return turn{since: dayOf(r.CancelRequest.On), row: view.Turn{Kind: "注销", Said: "申请人申请注销：" + r.CancelRequest.Reason,
		Action: view.Action{Label: "去决定"}}}, true
}

// revocationTurn is the applicant's while nothing was stated, and another officer's from the statement or the end of the term on.
func revocationTurn(who actor.Actor, now time.Time, r registry.Registration) (turn, bool) {
	v := r.Revocation
	t := turn{since: dayOf(v.On)}
	if !who.Officer() {
		t.due, t.answer = dayOf(v.DueOn), true
		t.row = view.Turn{Kind: "陈述", Said: "拟撤销登记，请在期限内陈述、申辩", Action: view.Action{Label: "去陈述"}}
		return t, who.In(r.ApplicantOrg) && v.StatedOn == ""
	}
	t.row = view.Turn{Kind: "撤销", Said: "陈述期已满，由另一位管理员决定", Action: view.Action{Label: "去决定"}}
	if v.StatedOn != "" {
		t.row.Said = "申请人已陈述，由另一位管理员决定"
	}
	return t, v.Account != who.AccountID && (v.StatedOn != "" || v.DueOn < clock.Day(now))
}

// dayOf is the moment at which a day begins in Shanghai; zero for a text that is no day.
func dayOf(day string) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, day, clock.Zone())
	return t
}
