package demo

import (
	"context"
	"fmt"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
)

// planFinance lets firms ask for products of the register, through the same commands as people. The first firm is the sample's own.
func (l *loader) planFinance() {
	ways := [][]finance.Event{nil, {finance.EventOffer}, {finance.EventOffer, finance.EventGrant}, {finance.EventDecline},
		{finance.EventOffer, finance.EventGrant, finance.EventRepaid}, {finance.EventWithdraw}, {finance.EventRevoke},
		{finance.EventOffer, finance.EventGrant, finance.EventOverdue}, nil, {finance.EventOffer, finance.EventGrant}}
	firms := l.ownersOf([]actor.OrgKind{actor.Enterprise})
	if len(firms) == 0 {
		return
	}
	if l.limit > 0 {
		ways = ways[:min(len(ways), 2*l.limit)]
	}
	taken := map[int64]bool{} // each product is asked for once
	for i, way := range ways {
		firm := firms[(i*7)%len(firms)]
		if own := l.signedIn("demo-company"); i%2 == 0 && own.Member() {
			firm = own
		}
		l.planRequest(i, firm, way, taken)
	}
}

func (l *loader) planRequest(i int, firm actor.Actor, way []finance.Event, taken map[int64]bool) {
	at := l.end.AddDate(0, 0, -8-4*i)
	var id int64
	var bank actor.Actor
	var amount money.Fen
	l.then(at, func(ctx context.Context) error {
		items, _, err := l.Registers.List(ctx, firm, register.Filter{Kind: "finance", Limit: 100})
		if err != nil || len(items) == 0 {
			return err
		}
		at := i * 3
		for n := 0; n < len(items) && taken[items[at%len(items)].ID]; n++ {
			at++
		}
		product := items[at%len(items)]
		taken[product.ID] = true
		for _, a := range l.ownersOf([]actor.OrgKind{actor.University, actor.Institute, actor.Enterprise, actor.Agency}) {
			if a.In(product.OrganisationID) {
				bank = a
			}
		}
		own, err := l.Services.Finance.Own(ctx, firm)
		if err != nil {
			return err
		}
		amount = product.Content.Fen("amountFrom") * 2
		asking := finance.Asking{Entry: product.ID, Amount: amount, Months: 12, Purpose: "样例：采购中试设备，用销售回款还款"}
		for _, r := range own[:min(len(own), 2)] {
			asking.Records, asking.Until = append(asking.Records, r.Number), l.day(90)
		}
		if id, err = l.Services.Finance.Ask(ctx, firm, asking); err != nil {
			return l.refused("融资申请", err)
		}
		l.counts["融资申请"]++
		return nil
	})
	for n, event := range way {
		l.then(at.AddDate(0, 0, 1+n).Add(time.Hour), func(ctx context.Context) error {
			if id == 0 {
				return nil
			}
			who, c := bank, finance.Command{Request: id, Event: event, Amount: amount, Reason: "样例：年化 3.65%，按季付息，到期还本"}
			switch event {
			case finance.EventWithdraw, finance.EventRevoke:
				who = firm
			case finance.EventDecline:
				c.Reason = "样例：近一年经营现金流不足"
			case finance.EventGrant:
				c.Reason = "样例借字第 1 号"
			case finance.EventOverdue:
				c.Reason = "样例：第二期利息逾期 40 天"
			}
			if _, err := l.Services.Finance.Do(ctx, who, c); err != nil {
				return l.refused(fmt.Sprintf("融资申请 %s", event), err)
			}
			return nil
		})
	}
}
