package demo

import (
	"context"
	"slices"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
	"techmarket/internal/trade/trial"
)

// sampleTrials are how far the sample's trials go.
var sampleTrials = []trial.Stage{
	trial.Proposed,
	trial.Declined,
	trial.Agreed,
	trial.Trialling,
	trial.Confirming,
	trial.Converting,
	trial.Ended,
}

// try makes the sample's trials at the end of its history, through the same commands as people.
func (l *loader) try(ctx context.Context) error {
	var firms []actor.Actor
	for _, o := range l.market.Organisations {
		who := l.contact(o.Key)
		if o.Kind == sample.OrgCompany && who.OrgState == actor.Confirmed && who.Has(actor.Member, actor.OrgAdmin) {
			firms = append(firms, who)
		}
	}
	n := 0
	for _, o := range l.market.Organisations {
		who := l.contact(o.Key)
		if o.Kind == sample.OrgCompany || who.OrgState != actor.Confirmed || !who.Has(actor.Member, actor.OrgAdmin) {
			continue
		}
		own, _, err := l.Listings.Own(ctx, who, achievement.Descriptor().Kind, listing.Filter{Limit: 50})
		if err != nil {
			return err
		}
		for _, item := range own {
			if n == len(sampleTrials) || len(firms) == 0 || item.State != listing.Published || item.Anonymous {
				continue
			}
			a, err := l.Achievements.Get(ctx, who, item.ID)
			if err != nil {
				return err
			}
			if a.Published == nil || !slices.Contains(a.Published.Cooperation, wayNames[sample.WayTrial]) {
				continue
			}
			if err := l.oneTrial(ctx, item.ID, who, firms[n%len(firms)], sampleTrials[n]); err != nil {
				if err := l.refused(item.Title, err); err != nil {
					return err
				}
				continue
			}
			n++
			l.counts["先用后转"]++
		}
	}
	return nil
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
	}
	return nil
}
