package demo

import (
	"context"
	"fmt"
	"slices"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/notice"
	"techmarket/internal/trade/rights"
)

// How far the sample's distributions go, one a contract.
const (
	shareDraft = iota
	shareNoticing
	shareObjected
	sharePartly // a correction was booked, one member is not paid yet
	sharePaid
	shareClosed
	shareEnd
)

// unitActors are an administrator of a unit, and others of it who can be of a team.
func (l *loader) unitActors(org int64) (admin actor.Actor, team []actor.Actor) {
	for _, who := range l.actors {
		if who.In(org) && who.Has(actor.OrgAdmin) && (admin.AccountID == 0 || who.AccountID < admin.AccountID) {
			admin = who
		}
	}
	for _, who := range l.actors {
		if who.In(org) && who.AccountID != admin.AccountID {
			team = append(team, who)
		}
	}
	slices.SortFunc(team, func(a, b actor.Actor) int { return int(a.AccountID - b.AccountID) })
	return admin, slices.CompactFunc(team, func(a, b actor.Actor) bool { return a.AccountID == b.AccountID })
}

// shareOut makes the sample's distributions and grants at the end of its history, through the same commands as people.
func (l *loader) shareOut(ctx context.Context) error {
	step, granted := 0, 0
	for _, o := range l.market.Organisations {
		who := l.contact(o.Key)
		if who.OrgState != actor.Confirmed || who.OrgKind != actor.University && who.OrgKind != actor.Institute {
			continue
		}
		admin, team := l.unitActors(who.OrgID)
		if admin.AccountID == 0 {
			continue
		}
		made, err := l.Contracts.List(ctx, admin, contract.Filter{State: contract.Registered, Limit: 20})
		if err != nil {
			return err
		}
		for _, c := range made {
			if step == shareEnd || c.SellerOrg != admin.OrgID {
				continue
			}
			if err := l.onePlan(ctx, c, admin, team, step); err != nil {
				if err := l.refused(c.Content.Elements.Name, err); err != nil {
					return err
				}
				continue
			}
			step++
			l.counts["收益分配"]++
		}
		if granted < 4 {
			n, err := l.grants(ctx, admin, team, granted)
			if err != nil {
				return err
			}
			granted += n
		}
	}
	return nil
}

func (l *loader) onePlan(ctx context.Context, c contract.Contract, admin actor.Actor, team []actor.Actor, upTo int) error {
	d := rights.Draw{Title: "样例：" + short(c.Content.Elements.Name) + "收益分配", BP: 7000, Basis: "样例：本单位成果转化管理办法，净收入的 70% 奖励完成人",
		Decision: "样例：成果转化领导小组会议纪要，列席人员和表决情况见附件"}
	for i, name := range []string{"样例甲", "样例乙", "样例丙"} {
		m := rights.Person{Name: name, Weight: int64(3 - i), Main: i < 2, Contribution: []string{"样例：总体方案", "样例：关键试验", "样例：数据与测试"}[i]}
		if i < len(team) {
			m.Name, m.AccountID = team[i].Name, team[i].AccountID
		}
		d.Members = append(d.Members, m)
	}
	id, err := l.Rights.Create(ctx, admin, c.ID, d)
	if err != nil {
		return err
	}
	do := func(x rights.Command) error {
		x.Plan = id
		_, err := l.Rights.Do(ctx, admin, x)
		return err
	}
	now, err := postgres.Now(ctx, l.Platform.DB)
	if err != nil {
		return err
	}
	day := fact.DayOf(now)
	amount := max(c.Content.Elements.Amount, 30_000*money.Yuan)
	for _, e := range []rights.Command{{Kind: rights.Receipt, Amount: amount / 3}, {Kind: rights.Cost, Amount: amount / 50},
		{Kind: rights.Tax, Amount: amount / 100}} {
		e.Event, e.On, e.Voucher = rights.EventBook, day, "样例凭证"
		if err := do(e); err != nil {
			return err
		}
	}
	if upTo == shareDraft {
		return nil
	}
	if err := do(rights.Command{Event: rights.EventSubmit}); err != nil || upTo == shareNoticing {
		return err
	}
	v, err := l.Rights.Read(ctx, admin, id)
	if err != nil {
		return err
	}
	if upTo == shareObjected {
		return l.Public.Do(ctx, l.region, notice.Command{Notice: v.Plan.NoticeID, Event: notice.EventObject, Key: "样例",
			Reason: "样例异议：主要贡献人员的排序与项目验收材料不一致，请核实。"})
	}
	if err := moveNoticeBack(ctx, l.Platform.DB, v.Plan.NoticeID, 40); err != nil {
		return err
	}
	if _, err := l.Rights.Tick(ctx); err != nil {
		return err
	}
	return l.paySample(ctx, id, admin, do, upTo, amount/3, day)
}

// paySample pays what is due, with a correction on the way.
func (l *loader) paySample(
	ctx context.Context,
	id int64,
	admin actor.Actor,
	do func(rights.Command) error,
	upTo int,
	first money.Fen,
	day fact.Day,
) error {
	v, err := l.Rights.Read(ctx, admin, id)
	if err != nil {
		return err
	}
	if upTo == sharePartly {
		if err := do(rights.Command{Event: rights.EventCorrect, Entry: v.Entries[0].ID, Amount: first - 1_000*money.Yuan, Voucher: "样例更正单",
			Reason: "样例：到账金额录入时多记一千元"}); err != nil {
			return err
		}
		if v, err = l.Rights.Read(ctx, admin, id); err != nil {
			return err
		}
	}
	pay := rights.Command{Event: rights.EventPay, On: day}
	for i, s := range v.Shares {
		if s.Payable > 0 && (upTo != sharePartly || i < 2) {
			pay.Pay = append(pay.Pay, rights.Voucher{Member: s.Number, Amount: s.Payable, Number: fmt.Sprintf("样例发放单 %d-%d", id, s.Number)})
		}
	}
	if err := do(pay); err != nil || upTo != shareClosed {
		return err
	}
	return do(rights.Command{Event: rights.EventClose, Reason: "样例：合同款项已全部到账并分配完毕"})
}

// short keeps a title within the form.
func short(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 50)])
}

// grants makes grants for achievements of a unit: one waits for consents, one is public, one holds, one was refused.
func (l *loader) grants(ctx context.Context, admin actor.Actor, team []actor.Actor, from int) (n int, err error) {
	if len(team) == 0 {
		return 0, nil
	}
	own, _, err := l.Listings.Own(ctx, admin, achievement.Descriptor().Kind, listing.Filter{Limit: 20})
	if err != nil {
		return 0, err
	}
	for _, item := range own {
		if from+n == 4 || item.State != listing.Published {
			continue
		}
		if err := l.oneGrant(ctx, item.ID, admin, team[0], from+n); err != nil {
			if err := l.refused(item.Title, err); err != nil {
				return n, err
			}
			continue
		}
		l.counts["权属与赋权"]++
		n++
	}
	return n, nil
}

func (l *loader) oneGrant(ctx context.Context, id int64, admin, inventor actor.Actor, number int) error {
	d := rights.GrantDraw{Kind: rights.Ownership, Clear: true, Free: true, Terms: "样例：收益按份额分配，对外许可由双方协商一致，专利年费由单位承担。",
		Holders: []rights.Holder{{Name: admin.OrgName, OrgID: admin.OrgID, ShareBP: 2000, Basis: rights.BasisService},
			{Name: inventor.Name, AccountID: inventor.AccountID, ShareBP: 8000, Basis: rights.BasisGrant}}}
	if number == 2 {
		d.Kind, d.Holders[0].ShareBP, d.Holders[1].ShareBP, d.Holders[1].Basis = rights.Joint, 5000, 5000, rights.BasisAgreement
	}
	grant, err := l.Rights.CreateGrant(ctx, admin, id, d)
	if err != nil {
		return err
	}
	for i, s := range []struct {
		who actor.Actor
		on  rights.Event
	}{{admin, rights.EventSubmit}, {admin, rights.EventConsent}, {inventor, rights.EventConsent}, {admin, rights.EventCheck}} {
		c := rights.GrantCommand{Grant: grant, Event: s.on, Reason: "样例：权属清楚，团队有承接方"}
		if number == 3 && i == 2 {
			c.Event, c.Reason = rights.EventRefuse, "样例：份额与课题组商定的不一致"
		}
		if number == 0 && i == 2 || number == 2 && i == 3 || number == 3 && i == 3 {
			return nil
		}
		if _, err := l.Rights.DoGrant(ctx, s.who, c); err != nil {
			return err
		}
	}
	return nil
}
