package demo

import (
	"context"
	"fmt"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
)

// Papers of vouchers, beside those of contracts.
const (
	serviceContract contract.FileRole = "service_contract"
	serviceInvoice  contract.FileRole = "service_invoice"
	serviceReceipt  contract.FileRole = "service_receipt"
)

// voucherSample is how far a sample voucher goes: the acts after the application, a day or more apart.
type voucherSample struct {
	back int // days before the end at which it begins
	acts []voucher.Act
}

func voucherSamples() []voucherSample {
	toClaim := []voucher.Act{voucher.ActGrant, voucher.ActUse, voucher.ActFinish, voucher.ActClaim}
	and := func(acts []voucher.Act, more ...voucher.Act) []voucher.Act {
		return append(append([]voucher.Act{}, acts...), more...)
	}
	paid := and(toClaim, voucher.ActApprove, voucher.ActPay)
	return []voucherSample{{5, nil}, {60, paid}, {12, toClaim[:1]}, {30, toClaim}, {45, and(toClaim, voucher.ActAsk)}, {100, toClaim[:1]},
		// expires
		{25, toClaim[:2]}, {28, toClaim[:3]}, {40, and(toClaim, voucher.ActApprove)}, {80, and(paid, voucher.ActCancel)},
		{90, and(paid, voucher.ActVoid, voucher.ActRepay)}, {35, []voucher.Act{voucher.ActDecline}}, {20, []voucher.Act{voucher.ActRecall}}, {3,
			nil},
		{50, and(toClaim, voucher.ActAsk, voucher.ActSupplement)}, {70, paid}, {55, and(toClaim[:2], voucher.ActCancel)}, {2, nil}}
}

// planVouchers lets the region and a league issue vouchers, and firms apply for them, through the same commands as people.
func (l *loader) planVouchers() {
	league := l.signedIn("demo-league")
	firm := l.signedIn("demo-company")
	samples := voucherSamples()
	if l.limit > 0 {
		samples = samples[:min(len(samples), 2*l.limit)]
	}
	l.planScheme(l.region, "样例自治区科技创新券（试行）", 20_000_000, samples, firm)
	l.planScheme(league, "样例盟市科技创新券", 300_000, samples[:min(len(samples), 6)], actor.Actor{})
}

func (l *loader) signedIn(login string) actor.Actor {
	for _, p := range l.market.People {
		if p.Login == login {
			return l.actors[p.Key]
		}
	}
	return actor.Actor{}
}

func (l *loader) planScheme(issuer actor.Actor, title string, budget int64, samples []voucherSample, first actor.Actor) {
	begin := l.end.AddDate(0, 0, -120)
	var scheme int64
	l.then(begin, func(ctx context.Context) (err error) {
		day := fact.DayOf(begin)
		scheme, err = l.Vouchers.CreateScheme(ctx, issuer, voucher.Draw{Title: title, Number: "样例科发〔2026〕1号", FirstDay: day, LastDay: day + 365,
			Limit: 100_000 * money.Yuan, RateBP: 5000, Budget: money.Fen(budget) * money.Yuan, ValidDays: 60,
			Kinds: []string{"testing", "design", "evaluation", "pilot"}, Terms: "样例条件：区内科技型企业；附营业执照和服务报价。强制检测等法定事项除外。",
			Source: "样例：比例、上限和期限为举例，没有文件依据"})
		return err
	})
	var firms []actor.Actor
	for _, a := range l.ownersOf([]actor.OrgKind{actor.Enterprise}) {
		if (voucher.Scheme{Division: issuer.Division, FirstDay: begin, LastDay: l.end}).Takes(a.Division, begin) {
			firms = append(firms, a)
		}
	}
	if len(firms) == 0 {
		return
	}
	for i, s := range samples {
		who := firms[(i*5+1)%len(firms)]
		if first.Member() && i%2 == 0 {
			who = first
		}
		l.planVoucher(&scheme, issuer, who, i, s)
	}
}

// planVoucher walks one voucher; its provider is found on the register when the firm applies.
func (l *loader) planVoucher(scheme *int64, issuer, firm actor.Actor, i int, s voucherSample) {
	at := l.end.AddDate(0, 0, -s.back)
	price := money.Fen(8_000+4_500*(i%7)) * money.Yuan
	var id int64
	var provider actor.Actor
	l.then(at, func(ctx context.Context) error {
		entry, by, err := l.voucherService(ctx, firm, i)
		if err != nil || entry.ID == 0 {
			return err
		}
		made, err := l.Vouchers.Apply(ctx, firm, voucher.Application{Scheme: *scheme, Entry: entry.ID, Contract: price, Voluntary: true,
			Need: pick(i, "样例：新产品送检，出具第三方报告", "样例：优化外壳结构，降低重量", "样例：成果评价，用于申报项目", "样例：小试放大到公斤级")})
		if err != nil {
			return l.refused("创新券", err)
		}
		id, provider = made, by
		l.counts["创新券"]++
		return nil
	})
	for n, act := range s.acts {
		on := at.AddDate(0, 0, 1+2*n).Add(time.Hour)
		l.then(on, func(ctx context.Context) error {
			if id == 0 {
				return nil
			}
			who, c, err := l.voucherStep(ctx, issuer, firm, provider, act, price)
			if err != nil {
				return err
			}
			c.Voucher = id
			if _, err = l.Vouchers.Do(ctx, who, c); err != nil {
				return l.refused(fmt.Sprintf("创新券 %s", act), err)
			}
			return nil
		})
	}
}

// voucherService is a service that takes vouchers, of another unit; the sample's university first where it has one.
func (l *loader) voucherService(ctx context.Context, firm actor.Actor, i int) (register.Item, actor.Actor, error) {
	var found []register.Item
	for n := range 4 { // early in the history a kind may have nobody yet
		items, _, err := l.Registers.List(ctx, firm, register.Filter{Kind: "provider", Limit: 100, Facets: map[string]string{
			"service": pick(i+n, "testing", "design", "evaluation", "pilot")}})
		if err != nil {
			return register.Item{}, actor.Actor{}, err
		}
		for _, item := range items {
			if item.Content.Yes("voucher") && !firm.In(item.OrganisationID) {
				found = append(found, item)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	if len(found) == 0 {
		return register.Item{}, actor.Actor{}, nil
	}
	item := found[i%len(found)]
	for _, o := range found {
		if i%3 == 0 && l.signedIn("demo-university").In(o.OrganisationID) {
			item = o
		}
	}
	for _, a := range l.ownersOf([]actor.OrgKind{actor.University, actor.Institute, actor.Enterprise, actor.Agency}) {
		if a.In(item.OrganisationID) {
			return item, a, nil
		}
	}
	return register.Item{}, actor.Actor{}, nil
}

// voucherStep is who takes an act, with what.
func (l *loader) voucherStep(ctx context.Context, issuer, firm, provider actor.Actor, act voucher.Act, price money.Fen) (actor.Actor,
	voucher.Command, error) {
	c := voucher.Command{Act: act}
	attach := func(who actor.Actor, paper contract.FileRole, role voucher.PaperRole) error {
		id, err := l.paper(ctx, who, paper)
		c.Files = append(c.Files, voucher.Attached{ID: id, Role: role})
		return err
	}
	who := issuer
	var err error
	switch act {
	case voucher.ActUse:
		who, c.Number = firm, "样例服〔2026〕12号"
		err = attach(firm, serviceContract, voucher.FileContract)
	case voucher.ActFinish, voucher.ActRecall:
		who = firm
	case voucher.ActCancel:
		who, c.Reason = firm, "样例：项目调整，服务合同解除"
	case voucher.ActClaim:
		who, c.Amount = provider, price-money.Fen(500)*money.Yuan
		if err = attach(provider, serviceInvoice, voucher.FileInvoice); err == nil {
			err = attach(provider, serviceReceipt, voucher.FilePayment)
		}
	case voucher.ActSupplement:
		who = provider
		err = attach(provider, serviceContract, voucher.FileOther)
	case voucher.ActDecline:
		c.Reason = "样例：服务内容属于法定强制检测，不在支持范围"
	case voucher.ActAsk:
		c.Reason = "样例：发票抬头与企业名称不一致，请换开后补传"
	case voucher.ActPay, voucher.ActRepay:
		c.Reason, c.Amount = "样例拨付凭证", 1_000*money.Yuan
	case voucher.ActVoid:
		c.Reason = "样例：核查发现服务没有实际发生"
	}
	return who, c, err
}
