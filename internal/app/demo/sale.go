package demo

import (
	"context"
	"fmt"
	"time"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/notice"
	"techmarket/internal/trade/sale"
)

// sampleSale is a sale that is driven through the services and then moved back in time: its clock is the database's.
type sampleSale struct {
	title   string
	start   money.Fen // in 元
	reserve money.Fen // in 元; 0: open
	back    time.Duration
	bids    int
	upTo    sale.Event // the last step; "" stays in review
}

// The bidding of a sample sale begins an hour after it is made and lasts thirty.
const (
	sampleLead = time.Hour
	sampleLong = 30 * time.Hour
)

var sampleSales = []sampleSale{
	{title: "样例：稀土荧光粉制备方法发明专利", start: 1_000_000},
	{title: "样例：奶牛乳房炎快速检测试剂专利许可", start: 300_000, upTo: sale.EventPublish},
	{title: "样例：风电叶片除冰装置发明专利", start: 800_000, back: 10 * time.Hour, bids: 5, upTo: sale.EventPublish},
	{title: "样例：煤矸石制陶粒工艺专利（今日截止）", start: 500_000, back: 29 * time.Hour, bids: 3, upTo: sale.EventPublish},
	{title: "样例：盐碱地改良菌剂专利独占许可", start: 600_000, back: 24 * time.Hour, bids: 4, upTo: sale.EventConfirm},
	{title: "样例：马铃薯茎尖脱毒方法专利", start: 400_000, reserve: 900_000, back: 24 * time.Hour, bids: 2, upTo: sale.EventFinish},
}

// sell makes the sample's sales and notices at the end of its history.
func (l *loader) sell(ctx context.Context) error {
	var owner, admin actor.Actor
	var bidders []actor.Actor
	for _, o := range l.market.Organisations {
		who := l.contact(o.Key)
		switch {
		case who.OrgState != actor.Confirmed || !who.Member():
		case o.Kind == sample.OrgUniversity && owner.AccountID == 0:
			owner = who
		case o.Kind == sample.OrgCompany && len(bidders) < 3:
			bidders = append(bidders, who)
		}
	}
	for _, who := range l.actors {
		if who.In(owner.OrgID) && who.Has(actor.OrgAdmin) && (admin.AccountID == 0 || who.AccountID < admin.AccountID) {
			admin = who
		}
	}
	if owner.AccountID == 0 || len(bidders) == 0 {
		return nil
	}
	for _, s := range sampleSales {
		if err := l.oneSale(ctx, s, owner, bidders); err != nil {
			if err := l.refused(s.title, err); err != nil {
				return err
			}
			continue
		}
		l.counts["挂牌"]++
	}
	if admin.AccountID == 0 {
		return nil
	}
	return l.publicNotices(ctx, admin, bidders[0])
}

func (l *loader) oneSale(ctx context.Context, s sampleSale, owner actor.Actor, bidders []actor.Actor) error {
	now, err := postgres.Now(ctx, l.Platform.DB)
	if err != nil {
		return err
	}
	if now.Before(l.end) {
		now = l.end
	}
	o := sale.Offer{Title: s.title, Start: s.start * money.Yuan, Step: s.start * money.Yuan / 50, Deposit: s.start * money.Yuan / 10,
		Object:     "样例标的：发明专利一件，法律状态有效，没有质押和已有许可；内部决策文件和评估说明见附件。",
		Conditions: "样例条件：签约后十个工作日内付清；转让方提供两次现场培训。", BeginsAt: now.Add(sampleLead),
		PlannedEnd: now.Add(sampleLead + sampleLong), WindowMinutes: 5}
	if s.reserve > 0 {
		reserve := s.reserve * money.Yuan
		o.Reserve = &reserve
	}
	id, err := l.Sales.Create(ctx, owner, o)
	if err != nil {
		return err
	}
	step := func(who actor.Actor, on sale.Event) error {
		_, err := l.Sales.Do(ctx, who, sale.Command{Sale: id, Event: on})
		return err
	}
	if err := step(owner, sale.EventSubmit); err != nil || s.upTo == "" {
		return err
	}
	if err := step(l.region, sale.EventPublish); err != nil {
		return err
	}
	for i, b := range bidders {
		code, err := l.Sales.FileIntent(ctx, b, id, false)
		if err != nil {
			return err
		}
		if err := l.Sales.Decide(ctx, l.region, sale.Decision{Sale: id, Code: code, Qualify: true, Paid: true,
			Voucher: fmt.Sprintf("样例凭证 %d-%d", id, i+1)}); err != nil {
			return err
		}
	}
	if err := moveSaleBack(ctx, l.Platform.DB, id, s.back); err != nil {
		return err
	}
	for i := range s.bids {
		amount := o.Start + money.Fen(i)*o.Step
		if _, err := l.Sales.Bid(ctx, bidders[i%len(bidders)], id, fmt.Sprint("样例", i), amount); err != nil {
			return err
		}
	}
	if s.upTo == sale.EventPublish {
		return nil
	}
	if err := moveSaleBack(ctx, l.Platform.DB, id, sampleLong); err != nil {
		return err
	}
	if _, err := l.Sales.Finish(ctx); err != nil || s.upTo == sale.EventFinish {
		return err
	}
	return step(owner, s.upTo)
}

// publicNotices makes one notice that runs, one that an objection stopped, and one that has passed.
func (l *loader) publicNotices(ctx context.Context, admin, objector actor.Actor) error {
	price := 800_000 * money.Yuan
	for i, n := range []notice.Text{
		{Use: notice.Price, Title: "样例：沙地樟子松育苗技术许可协议定价公示", Party: objector.OrgName, Amount: &price},
		{Use: notice.Grant, Title: "样例：职务科技成果赋权公示", Party: "样例课题组", Related: true},
		{Use: notice.Reward, Title: "样例：成果转化收益分配公示", Party: "样例课题组全体成员", Amount: &price},
	} {
		n.Body = "样例内容：成果、转化方式、定价依据和内部决策情况见附件，公示期内接受实名异议。"
		id, err := l.Public.Publish(ctx, admin, n)
		if err != nil {
			return l.refused(n.Title, err)
		}
		l.counts["公示"]++
		switch i {
		case 1:
			err = l.Public.Do(ctx, objector, notice.Command{Notice: id, Event: notice.EventObject, Key: "样例",
				Reason: "样例异议：课题组成员名单与验收材料不一致，请核实贡献排序。"})
		case 2:
			err = moveNoticeBack(ctx, l.Platform.DB, id, 40)
		}
		if err != nil {
			return err
		}
	}
	_, err := l.Public.Expire(ctx)
	return err
}
