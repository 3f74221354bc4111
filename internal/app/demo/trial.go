package demo

import (
	"context"
	"slices"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/trial"
)

// sampleTrials are how far the sample's trials go.
func sampleTrials() []trial.Stage {
	return []trial.Stage{trial.Proposed, trial.Trialling, trial.Converted, trial.Agreed, trial.Confirming, trial.Ended, trial.Settled,
		trial.Converting, trial.Declined, trial.Trialling}
}

// offer is an achievement that its unit lets firms try.
type offer struct {
	id   int64
	unit actor.Actor
}

// try makes the sample's trials at the end of its history, through the same commands as people.
func (l *loader) try(ctx context.Context) error {
	var firms []actor.Actor
	var offers []offer
	for _, o := range l.market.Organisations {
		who := l.contact(o.Key)
		switch {
		case who.OrgState != actor.Confirmed || !who.Has(actor.Member, actor.OrgAdmin):
		case o.Kind == sample.OrgCompany:
			firms = append(firms, who)
		default:
			own, err := l.offers(ctx, who)
			if err != nil {
				return err
			}
			offers = append(offers, own...)
		}
	}
	if len(firms) == 0 || len(offers) == 0 {
		return nil
	}
	for i, upTo := range sampleTrials() {
		of, firm := offers[i%len(offers)], firms[(i+i/len(offers))%len(firms)]
		if err := l.oneTrial(ctx, of.id, of.unit, firm, upTo); err != nil {
			if err := l.refused("trial "+string(upTo), err); err != nil {
				return err
			}
			continue
		}
		l.counts["先用后转"]++
	}
	return nil
}

func (l *loader) offers(ctx context.Context, unit actor.Actor) (out []offer, err error) {
	own, _, err := l.Listings.Own(ctx, unit, achievement.Descriptor().Kind, listing.Filter{Limit: 50})
	if err != nil {
		return nil, err
	}
	for _, item := range own {
		if item.State != listing.Published || item.Anonymous {
			continue
		}
		a, err := l.Achievements.Get(ctx, unit, item.ID)
		if err != nil {
			return nil, err
		}
		if a.Published != nil && slices.Contains(a.Published.Cooperation, wayNames[sample.WayTrial]) {
			out = append(out, offer{item.ID, unit})
		}
	}
	return out, nil
}

func (l *loader) oneTrial(ctx context.Context, id int64, unit, firm actor.Actor, upTo trial.Stage) error {
	price := 600_000 * money.Yuan
	terms := trial.Terms{Months: 6, Sites: "样例：一号车间一条线", Success: "样例：连续运行 72 小时，合格率不低于 95%", Trigger: "样例：上述指标达到，或试用期满企业愿意留用",
		ReportDays: 30, Pay: trial.PayInstalments, Price: price, Plan: []trial.Instalment{{Days: 30, Amount: price / 3, Why: "首付"},
			{Days: 365, Amount: price - price/3, Why: "尾款"}}, Improvement: "样例：归改进方，对方可在本企业免费使用", Secrecy: "样例：双方保密三年",
		Liability: "样例：设备损坏由企业承担，产品损失各自承担", Insurance: "样例保险公司先用后转责任险", Return: "样例：样机归还，数据销毁", Silence: true}
	made, err := l.Trials.Create(ctx, firm, id, 0, terms)
	if err != nil || upTo == trial.Proposed {
		return err
	}
	if upTo == trial.Declined {
		_, err := l.Trials.Do(ctx, unit, trial.Command{Trial: made, Event: trial.EventDecline, Reason: "样例：近期产能已排满"})
		return err
	}
	for _, s := range []struct {
		to  trial.Stage
		who actor.Actor
		on  trial.Event
	}{{trial.Agreed, unit, trial.EventAgree}, {trial.Trialling, unit, trial.EventStart}, {"", firm, trial.EventInsure},
		{"", firm, trial.EventReport},
		{trial.Confirming, firm, trial.EventTrigger}, {trial.Converting, unit, trial.EventConfirm}} {
		c := trial.Command{
			Trial:   made,
			Event:   s.on,
			Version: 1,
			Reason:  "样例：设备一台已交接，运行平稳",
			Figures: "样例：合格率 95.6%",
			State:   trial.InsuranceInsured,
		}
		if upTo == trial.Ended && s.on == trial.EventTrigger {
			c.Event, c.Reason, c.Code, c.List = trial.EventStop, "样例：能耗高于预期", "cost", "样机一台已归还"
		}
		t, err := l.Trials.Do(ctx, s.who, c)
		if err != nil || t.State == trial.Ended || s.to == upTo && upTo != trial.Trialling ||
			s.on == trial.EventReport && upTo == trial.Trialling {
			return err
		}
		if t.State == trial.Converting {
			return l.convert(ctx, t, unit, firm, upTo == trial.Settled)
		}
	}
	return nil
}

// convert agrees the talk that a trial led to; the market's job then makes the plan of payments, of which the first is paid, or all.
func (l *loader) convert(ctx context.Context, t trial.Trial, unit, firm actor.Actor, all bool) error {
	today := clock.Local(l.end)
	_, err := l.Deals.Propose(ctx, unit, t.DealID, 0, deal.Terms{ClassCode: "0302", Object: "样例：" + t.Object, Amount: t.Terms.Price,
		Payment: payments["instalments"], PaymentTerms: "样例：按先用后转条款分两期支付。", StartsOn: today.Format(time.DateOnly),
		EndsOn: today.AddDate(1, 0, 0).Format(time.DateOnly), Ownership: "样例：改进成果归改进方，对方可免费使用。", LicenceYears: 5, Exclusive: "ordinary"})
	if err == nil {
		_, err = l.Deals.AcceptTerms(ctx, firm, t.DealID, 1)
	}
	if err == nil {
		_, err = l.Trials.Tick(ctx)
	}
	for number := range len(t.Terms.Plan) {
		if err == nil && (all || number == 0) {
			_, err = l.Trials.Do(
				ctx,
				firm,
				trial.Command{Trial: t.ID, Event: trial.EventPay, Number: number + 1, Voucher: "样例回单", Day: fact.DayOf(l.end)},
			)
		}
	}
	if err == nil && all {
		_, err = l.Trials.Do(ctx, unit, trial.Command{Trial: t.ID, Event: trial.EventSettle})
	}
	return err
}
