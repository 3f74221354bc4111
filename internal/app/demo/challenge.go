package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/challenge"
	"techmarket/internal/trade/deal"
)

// sampleCalls are the challenges of the sample market: how far each goes, with how many teams, of how many chosen.
var sampleCalls = []struct {
	upTo          challenge.Stage
	mode          challenge.Mode
	teams, chosen int
}{
	{challenge.InReview, challenge.Single, 0, 0},
	{challenge.Withdrawn, challenge.Single, 1, 0},
	{challenge.Void, challenge.Single, 0, 0},
	{challenge.Breached, challenge.Single, 2, 1},
	{challenge.Terminated, challenge.Single, 2, 1},
	{challenge.Settled, challenge.Single, 3, 1},
	{challenge.Running, challenge.Horses, 3, 2},
	{challenge.Contracting, challenge.Single, 2, 1},
	{challenge.Noticing, challenge.Single, 3, 1},
	{challenge.Reviewing, challenge.Horses, 3, 0},
	{challenge.Screening, challenge.Single, 2, 0},
	{challenge.Opening, challenge.Single, 2, 0},
	{challenge.Opened, challenge.Horses, 2, 0},
}

// calling is one sample challenge on its way.
type calling struct {
	*loader
	id           int64
	asker        actor.Actor
	teams        []actor.Actor
	codes        map[challenge.Side]string
	mode         challenge.Mode
	chosen       int
	applications []challenge.Application
	nodes        []challenge.PlanNode
}

// challenge turns needs into the sample's challenges, at the end of its history, through the same commands as people.
func (l *loader) challenge(ctx context.Context) error {
	var teams []actor.Actor
	for _, o := range l.market.Organisations {
		who := l.contact(o.Key)
		if (o.Kind == sample.OrgUniversity || o.Kind == sample.OrgInstitute) && who.OrgState == actor.Confirmed &&
			who.Member() {
			teams = append(teams, who)
		}
	}
	next := 0
	for _, d := range l.market.Demands {
		if next == len(sampleCalls) || len(teams) < 3 {
			break
		}
		x := sampleCalls[next]
		need := l.listings[d.Key]
		k := &calling{loader: l, codes: map[challenge.Side]string{}, mode: x.mode, chosen: x.chosen}
		for _, who := range l.actors {
			if who.In(need.OrganisationID) && who.Has(actor.OrgAdmin) && (k.asker.AccountID == 0 || who.AccountID < k.asker.AccountID) {
				k.asker = who
			}
		}
		if d.State != sample.ListingPublished || k.asker.AccountID == 0 {
			continue
		}
		for i := range x.teams {
			k.teams = append(k.teams, teams[(next+i)%len(teams)])
		}
		next++
		if err := k.run(ctx, need.ID, d, x.upTo); err != nil {
			if err := l.refused("榜单《"+d.Title+"》", err); err != nil {
				return err
			}
			continue
		}
		l.counts["榜单"]++
	}
	return nil
}

func (k *calling) run(ctx context.Context, need int64, d sample.Demand, upTo challenge.Stage) error {
	steps := []struct {
		to  challenge.Stage // that it stops at
		run func(ctx context.Context) error
	}{
		{"", func(ctx context.Context) error { return k.create(ctx, need, d) }},
		{challenge.InReview, func(ctx context.Context) error {
			return k.do(ctx, k.asker, challenge.Command{Event: challenge.EventSubmit})
		}},
		{challenge.Opened, k.open},
		{challenge.Withdrawn, func(ctx context.Context) error {
			if upTo != challenge.Withdrawn {
				return nil
			}
			return k.do(ctx, k.asker, challenge.Command{Event: challenge.EventWithdraw, Reason: "样例：生产线改造，需求有变"})
		}},
		{challenge.Opening, k.close},
		{challenge.Void, k.unseal},
		{challenge.Screening, nil},
		{challenge.Reviewing, k.review},
		{challenge.Noticing, k.decide},
		{challenge.Contracting, k.pass},
		{challenge.Running, k.sign},
		{challenge.Terminated, k.outcome(upTo, challenge.EventTerminate, "样例：现有材料达不到耐温要求，属双方认可的技术困难")},
		{challenge.Breached, k.outcome(upTo, challenge.EventBreach, "样例：承担单位未按约定投入人员，经催告仍未改正")},
		{challenge.Settled, k.accept},
	}
	for _, s := range steps {
		if s.run != nil {
			if err := s.run(ctx); err != nil {
				return err
			}
		}
		if s.to == upTo {
			return nil
		}
	}
	return nil
}

func (k *calling) do(ctx context.Context, who actor.Actor, c challenge.Command) error {
	c.Challenge = k.id
	done, err := k.Challenges.Do(ctx, who, c)
	if done.Code != "" {
		side := challenge.SideDesk
		if who.AccountID == k.asker.AccountID {
			side = challenge.SideAsker
		}
		k.codes[side] = done.Code
	}
	return err
}

func (k *calling) create(ctx context.Context, need int64, d sample.Demand) (err error) {
	now, err := postgres.Now(ctx, k.Platform.DB)
	if err != nil {
		return err
	}
	day := fact.DayOf(now)
	purse := money.Fen(200+100*(need%5)) * money.WanYuan
	e := challenge.Entry{Title: "样例：" + d.Title, Kind: challenge.Tackle, Mode: k.mode, Field: d.Field, ApplyOn: day + 40,
		Content: challenge.Content{Problem: k.demand(d).Problem, Limits: d.Limits, Tried: d.Tried, Deliverables: "样例：工艺包、操作规程和两次现场培训",
			Ownership: "样例：专利申请权归研究开发方，发榜方在本单位范围内免费使用。", Acceptance: "样例：由样例检测中心在发榜单位现场检测",
			AskerFen: purse, PassMark: 60,
			Criteria: []challenge.Criterion{{Name: "技术路线", Weight: 60}, {Name: "团队和条件", Weight: 25}, {Name: "资金安排", Weight: 15}},
			Conditions: []challenge.Condition{{Rule: challenge.OfKind, Kinds: []string{"university", "institute"}, Text: "高校或科研院所"},
				{Text: "项目负责人每年到现场不少于 6 个月"}},
			Nodes: []challenge.PlanNode{{Name: "小试", Due: day + 200, GraceDays: 15, Look: "公斤级试验达到目标", Tranche: purse / 4, Teams: 1},
				{Name: "工业考核", Due: day + 500, GraceDays: 30, Look: "全部指标连续考核合格", Tranche: purse / 4 * 3, Teams: 1}}}}
	if k.mode == challenge.Horses {
		c := &e.Content
		c.MaxTeams, c.Rule, c.Unpaid = 3, challenge.KeepPassMark, challenge.UnpaidBack
		c.Nodes[0].Tranche, c.Nodes[0].Teams, c.Nodes[1].Tranche = purse/4, 2, purse/2
	}
	for _, t := range d.Targets {
		e.Content.Targets = append(e.Content.Targets, challenge.Target{Name: t.Name, Present: t.Present, Target: t.Wanted, Unit: "按目标值",
			Method: "连续 72 小时运行考核", Tester: "样例检测中心"})
	}
	k.nodes = e.Content.Nodes
	k.id, err = k.Challenges.Create(ctx, k.asker, need, e)
	return err
}

func (k *calling) open(ctx context.Context) error {
	for _, s := range []struct {
		who actor.Actor
		c   challenge.Command
	}{
		{k.region, challenge.Command{Event: challenge.EventApprove, Reason: "样例：指标可检测，榜金与节点相当，没有重复的榜单。",
			Experts: []string{"样例专家甲", "样例专家乙", "样例专家丙"}}},
		{k.asker, challenge.Command{Event: challenge.EventTakeKey}},
		{k.region, challenge.Command{Event: challenge.EventTakeKey}},
		{k.region, challenge.Command{Event: challenge.EventPublish}},
	} {
		if err := k.do(ctx, s.who, s.c); err != nil {
			return err
		}
	}
	if len(k.teams) > 0 {
		if err := k.Challenges.Ask(ctx, k.teams[0], k.id, "样例提问：原料成分波动时，指标按哪一档考核？"); err != nil {
			return err
		}
		v, err := k.Challenges.Read(ctx, k.asker, k.id)
		if err != nil {
			return err
		}
		if err := k.Challenges.Answer(ctx, k.asker, k.id, v.Questions[0].ID, "样例答复：按考核期的实际来料，不另配料。"); err != nil {
			return err
		}
	}
	v, err := k.Challenges.Read(ctx, k.asker, k.id)
	if err != nil {
		return err
	}
	for i, team := range k.teams {
		p := challenge.Paper{Plan: "样例方案：先做小试验证关键步骤，再放大到中试，最后在现场连续运行考核。", Route: "样例路线：三步推进，每步都有可测的指标",
			Team: "样例团队八人，有中试线一条", Leader: "样例负责人", Ask: v.Challenge.Purse - money.Fen(i)*100_000*money.Yuan, Pledges: true,
			Declared: []bool{false, true}, Files: []challenge.PaperFile{{Name: "样例方案.txt", Body: []byte("样例附件\n")}}}
		for _, t := range v.Challenge.Content.Targets {
			p.Answers = append(p.Answers, t.Target)
		}
		if _, err := k.Challenges.File(ctx, team, k.id, p); err != nil {
			return err
		}
	}
	return nil
}

// close moves the call back until its deadline is just over.
func (k *calling) close(ctx context.Context) error {
	v, err := k.Challenges.Read(ctx, k.asker, k.id)
	if err != nil {
		return err
	}
	if err := moveCallBack(ctx, k.Platform.DB, k.id, v.Challenge.ApplyUntil.Sub(v.Now)+time.Hour); err != nil {
		return err
	}
	_, err = k.Challenges.Tick(ctx)
	return err
}

func (k *calling) unseal(ctx context.Context) error {
	if err := k.do(ctx, k.asker, challenge.Command{Event: challenge.EventUnseal, Code: k.codes[challenge.SideAsker]}); err != nil {
		return err
	}
	if err := k.do(ctx, k.region, challenge.Command{Event: challenge.EventUnseal, Code: k.codes[challenge.SideDesk]}); err != nil {
		return err
	}
	v, err := k.Challenges.Read(ctx, k.asker, k.id)
	k.applications = v.Applications
	return err
}

func (k *calling) review(ctx context.Context) error {
	for _, a := range k.applications {
		if err := k.do(ctx, k.region, challenge.Command{Event: challenge.EventScreen, Application: a.ID, Fit: true}); err != nil {
			return err
		}
	}
	return k.do(ctx, k.region, challenge.Command{Event: challenge.EventReview})
}

func (k *calling) decide(ctx context.Context) error {
	v, err := k.Challenges.Read(ctx, k.region, k.id)
	if err != nil {
		return err
	}
	for i, m := range v.Panel {
		for j, a := range v.Applications {
			if err := k.Challenges.Score(ctx, actor.Actor{AccountID: m.AccountID, Roles: []actor.Role{actor.Expert}}, k.id,
				challenge.ScoreSheet{Application: a.ID, Scores: []int{92 - 8*j - i, 85, 80 - j}, Note: "样例意见：路线清楚，风险可控", Lock: true}); err != nil {
				return err
			}
		}
	}
	if v, err = k.Challenges.Read(ctx, k.asker, k.id); err != nil {
		return err
	}
	c := challenge.Command{Event: challenge.EventDecide}
	for i, r := range v.Ranking {
		if i < k.chosen {
			c.Winners = append(c.Winners, r.Application)
		} else {
			c.Losers = append(c.Losers, challenge.Loss{Application: r.Application, Code: "rank", Text: "样例反馈：方案完整，中试条件弱于中选单位"})
		}
	}
	return k.do(ctx, k.asker, c)
}

func (k *calling) pass(ctx context.Context) error {
	v, err := k.Challenges.Read(ctx, k.asker, k.id)
	if err != nil {
		return err
	}
	if err := moveNoticeBack(ctx, k.Platform.DB, v.Challenge.NoticeID, 30); err != nil {
		return err
	}
	if _, err = k.Challenges.Tick(ctx); err != nil {
		return err
	}
	v, err = k.Challenges.Read(ctx, k.asker, k.id)
	k.applications = v.Applications
	return err
}

// sign has both sides agree on terms in their talk.
func (k *calling) sign(ctx context.Context) error {
	for _, a := range k.applications {
		if a.State != challenge.AppChosen {
			continue
		}
		i := slices.IndexFunc(k.teams, func(t actor.Actor) bool { return t.In(a.OrgID) })
		terms := deal.Terms{ClassCode: "0101", Object: "样例：按榜单指标研究开发", Amount: 1_000_000 * money.Yuan, Payment: "installments",
			PaymentTerms: "按榜单节点检测合格后拨付。", StartsOn: k.loader.end.Format(time.DateOnly), EndsOn: k.loader.end.AddDate(2, 0, 0).Format(time.DateOnly),
			Ownership: "专利申请权归研究开发方，发榜方免费使用。"}
		if _, err := k.Deals.Propose(ctx, k.teams[i], a.DealID, 0, terms); err != nil {
			return fmt.Errorf("terms: %w", err)
		}
		if _, err := k.Deals.AcceptTerms(ctx, k.asker, a.DealID, 1); err != nil {
			return fmt.Errorf("terms: %w", err)
		}
		if err := k.do(ctx, k.asker, challenge.Command{Event: challenge.EventSign, Application: a.ID}); err != nil {
			return err
		}
	}
	return k.measure(ctx, 1)
}

// measure records a node of every team that is still in, the first better than the second, and pays who passed.
func (k *calling) measure(ctx context.Context, node int) error {
	score := 82
	for _, a := range k.applications {
		if a.State != challenge.AppChosen {
			continue
		}
		if err := k.do(ctx, k.asker, challenge.Command{Event: challenge.EventMeasure, Application: a.ID, Node: node, Score: score,
			Reason: "样例检测报告"}); err != nil {
			return err
		}
		if score >= 60 {
			if err := k.do(ctx, k.asker, challenge.Command{Event: challenge.EventPay, Application: a.ID, Node: node,
				Amount: k.nodes[node-1].Tranche, Voucher: "样例凭证"}); err != nil {
				return err
			}
		}
		score -= 30
	}
	return nil
}

func (k *calling) outcome(upTo challenge.Stage, on challenge.Event, reason string) func(context.Context) error {
	if upTo == challenge.Terminated && on == challenge.EventTerminate || upTo == challenge.Breached && on == challenge.EventBreach {
		return func(ctx context.Context) error {
			return k.do(ctx, k.asker, challenge.Command{Event: on, Reason: reason})
		}
	}
	return nil
}

func (k *calling) accept(ctx context.Context) error {
	if err := k.measure(ctx, 2); err != nil {
		return err
	}
	if err := k.do(ctx, k.asker, challenge.Command{Event: challenge.EventAccept, Reason: "样例：各项指标检测合格，报告编号样例-1"}); err != nil {
		return err
	}
	return k.do(ctx, k.asker, challenge.Command{Event: challenge.EventSettle})
}
