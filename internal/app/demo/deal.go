package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	brokers "techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
)

// payments maps the generator's ways of paying; a royalty is paid on sales.
var payments = map[string]string{"once": "lump_sum", "instalments": "installments", "royalty": "sales_share"}

// planDeals puts every approach, talk and agreement into the history.
func (l *loader) planDeals() {
	for _, d := range l.market.Deals {
		l.planDeal(d)
	}
}

func (l *loader) planDeal(d sample.Deal) {
	var id int64
	broken := false
	at := d.CreatedAt
	if !l.published(d.Demand) { // only what is open can be approached
		d.Demand = ""
	}
	buyer, seller := l.contact(d.Buyer), l.contact(d.Seller)
	if d.Broker != "" && d.Demand == "" { // a broker needs the client's published listing; without it the two talk alone
		d.Messages = slices.DeleteFunc(slices.Clone(d.Messages), func(m sample.Message) bool { return m.From == d.Broker })
		d.From, d.Broker = d.Messages[0].From, ""
	}
	shift := time.Duration(0)
	for _, published := range []time.Time{l.publishedAt(d.Achievement), l.publishedAt(d.Demand)} {
		if wait := published.Add(2 * time.Hour).Sub(d.CreatedAt); wait > shift { // nobody answers what is not published yet
			shift = wait
		}
	}
	step := func(when time.Time, what string, run func(ctx context.Context) error) {
		if when = when.Add(shift); !when.After(at) {
			when = at.Add(time.Minute)
		}
		at = when
		l.then(when, func(ctx context.Context) error {
			if broken {
				return nil
			}
			if err := run(ctx); err != nil {
				broken = true
				return l.refused(d.Key+" "+what, err)
			}
			return nil
		})
	}
	opener := l.actors[d.From]
	approach := deal.Approach{Message: d.Messages[0].Text}
	rest := d.Messages[1:]
	if d.Demand == "" && opener.OrgID == seller.OrgID { // who has the only listing cannot approach: the other side does
		opener, rest = buyer, d.Messages
		approach.Message = "您好，我们看到贵单位发布的这项成果，希望了解参数和合作方式。"
	}
	if d.Broker != "" { // a broker speaks for a client whose published listing is the mandate
		approach.BrokerFor = deal.Demand
		if opener.AccountID != l.actors[d.Broker].AccountID {
			approach.Message, rest = "您好，我受需求方委托联系贵单位：对方看到这项成果，希望了解参数和合作方式。", d.Messages
		}
		opener = l.actors[d.Broker]
	}
	answerer := seller
	if d.Broker == "" && opener.OrgID == seller.OrgID {
		answerer = buyer
	}
	if d.Broker != "" {
		client := buyer
		step(d.CreatedAt.Add(-time.Hour), "mandate", func(ctx context.Context) error { return l.mandate(ctx, opener, client) })
	}
	step(d.CreatedAt, "open", func(ctx context.Context) error {
		approach.SupplyListing, approach.DemandListing = l.listings[d.Achievement].ID, l.listings[d.Demand].ID
		made, err := l.Services.Deals.Open(ctx, opener, approach)
		id = made.ID
		l.deals[d.Key] = id
		return err
	})
	l.counts["洽谈"]++
	last := d.Messages[len(d.Messages)-1].At
	switch d.State {
	case sample.DealSent:
		return
	case sample.DealDeclined:
		step(last, "decline", func(ctx context.Context) error {
			_, err := l.Services.Deals.Decline(ctx, answerer, id, d.Decline, rest[len(rest)-1].Text)
			return err
		})
		return
	case sample.DealWithdrawn:
		step(last.Add(3*time.Hour), "withdraw", func(ctx context.Context) error {
			_, err := l.Services.Deals.Withdraw(ctx, opener, id)
			return err
		})
		return
	}
	answered := d.CreatedAt.Add(30 * time.Minute)
	if len(rest) > 0 {
		answered = rest[0].At.Add(-time.Minute)
	}
	step(answered, "accept", func(ctx context.Context) error { _, err := l.Services.Deals.Accept(ctx, answerer, id); return err })
	for _, m := range rest {
		step(m.At, "message", func(ctx context.Context) error {
			_, err := l.Services.Deals.Say(ctx, l.actors[m.From], id, m.Text, nil)
			return err
		})
	}
	if d.State == sample.DealTalking {
		return
	}
	step(last.Add(2*time.Hour), "propose", func(ctx context.Context) error {
		_, err := l.Services.Deals.Propose(ctx, seller, id, 0, termsOf(d))
		return err
	})
	if d.State == sample.DealProposed {
		return
	}
	step(last.Add(20*time.Hour), "agree", func(ctx context.Context) error {
		_, err := l.Services.Deals.AcceptTerms(ctx, buyer, id, 1)
		return err
	})
	l.agreed[d.Key] = at
}

func termsOf(d sample.Deal) deal.Terms {
	t := deal.Terms{ClassCode: d.Terms.Class, Object: d.Terms.Object, Amount: d.Terms.Amount, Payment: payments[d.Terms.Payment],
		PaymentTerms: "合同生效后支付四成，阶段验收后支付四成，最终验收合格后支付两成。", StartsOn: d.Terms.Begins.Format(time.DateOnly),
		EndsOn:    d.Terms.Ends.Format(time.DateOnly),
		Ownership: "双方各自的原有成果归各自所有；合作中产生的新成果归完成方，对方有权免费使用。"}
	if strings.HasPrefix(t.ClassCode, "03") {
		t.LicenceYears, t.Exclusive = 5, "ordinary"
	}
	if d.Broker != "" {
		t.CommissionBP, t.CommissionBy = 200, deal.Demand
	}
	return t
}

// contact is the person who answers for an organisation.
func (l *loader) contact(org string) actor.Actor {
	for _, o := range l.market.Organisations {
		if o.Key == org {
			return l.actors[o.Contact]
		}
	}
	return actor.Actor{}
}

func (l *loader) published(demand string) bool {
	return slices.ContainsFunc(l.market.Demands, func(d sample.Demand) bool { return d.Key == demand && d.State == sample.ListingPublished })
}

func (l *loader) publishedAt(listing string) time.Time {
	for _, a := range l.market.Achievements {
		if a.Key == listing {
			return publication(a.CreatedAt, a.PublishedAt)
		}
	}
	for _, d := range l.market.Demands {
		if d.Key == listing {
			return publication(d.CreatedAt, d.PublishedAt)
		}
	}
	return time.Time{}
}

// mandate has the broker ask the client, who agrees, once for each pair.
func (l *loader) mandate(ctx context.Context, broker, client actor.Actor) error {
	held, err := l.Services.Brokers.Holds(ctx, l.Platform.DB, broker.AccountID, client.OrgID)
	if err != nil || held {
		return err
	}
	asked, err := l.Services.Brokers.AskMandate(ctx, broker, client.OrgID, "样例：为贵单位的技术需求寻找合适的成果，并牵线洽谈。")
	if err != nil {
		return err
	}
	_, err = l.Services.Brokers.DoMandate(ctx, client, brokers.MandateCommand{ID: asked.ID, Event: brokers.GiveMandate,
		ValidTo: clock.Day(l.Platform.Now().AddDate(1, 0, 0))})
	return err
}
