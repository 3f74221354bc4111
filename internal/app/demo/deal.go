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

// talk is one deal on its way.
type talk struct {
	sample.Deal
	id                              int64
	opener, answerer, buyer, seller actor.Actor
	approach                        deal.Approach
	rest                            []sample.Message // after the approach
	step                            func(when time.Time, what string, run func(ctx context.Context) error)
}

func (l *loader) planDeal(d sample.Deal) {
	if !l.published(d.Demand) { // only what is open can be approached
		d.Demand = ""
	}
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
	at, broken := d.CreatedAt, false
	t := &talk{Deal: d, buyer: l.contact(d.Buyer), seller: l.contact(d.Seller)}
	t.step = func(when time.Time, what string, run func(ctx context.Context) error) {
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
	l.openTalk(t)
	l.counts["洽谈"]++
	if l.talkOn(t) {
		l.agreed[d.Key] = at
	}
}

// openTalk decides who approaches whom, and does it.
func (l *loader) openTalk(t *talk) {
	t.opener = l.actors[t.From]
	t.approach, t.rest = deal.Approach{Message: t.Messages[0].Text}, t.Messages[1:]
	if t.Demand == "" && t.opener.OrgID == t.seller.OrgID { // who has the only listing cannot approach: the other side does
		t.opener, t.rest = t.buyer, t.Messages
		t.approach.Message = "您好，我们看到贵单位发布的这项成果，希望了解参数和合作方式。"
	}
	if t.Broker != "" { // a broker speaks for a client whose published listing is the mandate
		t.approach.BrokerFor = deal.Demand
		if t.opener.AccountID != l.actors[t.Broker].AccountID {
			t.approach.Message, t.rest = "您好，我受需求方委托联系贵单位：对方看到这项成果，希望了解参数和合作方式。", t.Messages
		}
		t.opener = l.actors[t.Broker]
		t.step(t.CreatedAt.Add(-time.Hour), "mandate", func(ctx context.Context) error { return l.mandate(ctx, t.opener, t.buyer) })
	}
	if t.answerer = t.seller; t.Broker == "" && t.opener.OrgID == t.seller.OrgID {
		t.answerer = t.buyer
	}
	t.step(t.CreatedAt, "open", func(ctx context.Context) error {
		t.approach.SupplyListing, t.approach.DemandListing = l.listings[t.Achievement].ID, l.listings[t.Demand].ID
		made, err := l.Services.Deals.Open(ctx, t.opener, t.approach)
		t.id = made.ID
		l.deals[t.Key] = t.id
		return err
	})
}

// talkOn plans what follows the approach, as far as the deal has come; true where it was agreed.
func (l *loader) talkOn(t *talk) (agreed bool) {
	deals, last := l.Services.Deals, t.Messages[len(t.Messages)-1].At
	switch t.State {
	case sample.DealSent:
		return false
	case sample.DealDeclined:
		t.step(last, "decline", func(ctx context.Context) error {
			_, err := deals.Decline(ctx, t.answerer, t.id, t.Decline, t.rest[len(t.rest)-1].Text)
			return err
		})
		return false
	case sample.DealWithdrawn:
		t.step(last.Add(3*time.Hour), "withdraw", func(ctx context.Context) error {
			_, err := deals.Withdraw(ctx, t.opener, t.id)
			return err
		})
		return false
	}
	answered := t.CreatedAt.Add(30 * time.Minute)
	if len(t.rest) > 0 {
		answered = t.rest[0].At.Add(-time.Minute)
	}
	t.step(answered, "accept", func(ctx context.Context) error { _, err := deals.Accept(ctx, t.answerer, t.id); return err })
	for _, m := range t.rest {
		t.step(m.At, "message", func(ctx context.Context) error {
			_, err := deals.Say(ctx, l.actors[m.From], t.id, m.Text, nil)
			return err
		})
	}
	if t.State == sample.DealTalking {
		return false
	}
	t.step(last.Add(2*time.Hour), "propose", func(ctx context.Context) error {
		_, err := deals.Propose(ctx, t.seller, t.id, 0, termsOf(t.Deal))
		return err
	})
	if t.State == sample.DealProposed {
		return false
	}
	t.step(last.Add(20*time.Hour), "agree", func(ctx context.Context) error {
		_, err := deals.AcceptTerms(ctx, t.buyer, t.id, 1)
		return err
	})
	return true
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
