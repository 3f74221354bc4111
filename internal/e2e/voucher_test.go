package e2e

import (
	"context"
	"fmt"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
)

// provider is a service of the university on the register that takes vouchers.
func (w *world) provider() int64 {
	w.t.Helper()
	e, err := w.s.Registers.Create(context.Background(), w.who("member"), "provider", register.Input{Name: "草原种子检验",
		Content: register.Content{"service": {"testing"}, "fields": {"09"}, "keywords": {"种子", "检验"}, "about": {"出苗率、净度和水分检验，出具报告。"},
			"price": {"每批 3000 元"}, "days": {"7"}, "voucher": {"yes"}, "contactName": {"其其格"}, "contactPhone": {"0471-5550100"}}})
	apptest.NoErr(w.t, err)
	return w.listed(e.ID)
}

// finance is a request of the company to the university, which has a product on the register.
func (w *world) finance() string {
	w.t.Helper()
	ctx := context.Background()
	e, err := w.s.Registers.Create(ctx, w.who("member"), "finance", register.Input{Name: "成果转化贷", Content: register.Content{
		"mode": {"credit"}, "amountFrom": {"10000000"}, "amountTo": {"200000000"}, "months": {"24"}, "rate": {"年化 3.65% 起"},
		"keywords": {"成果转化"}, "conditions": {"有已登记的技术合同。"}, "validTo": {"2027-12-31"}, "contactName": {"其其格"},
		"contactPhone": {"0471-5550100"}}})
	apptest.NoErr(w.t, err)
	id, err := w.s.Finance.Ask(ctx, w.who("company"), finance.Asking{Entry: w.listed(e.ID), Amount: 500_000 * money.Yuan, Months: 12,
		Purpose: "购置检测设备，用销售回款还款"})
	apptest.NoErr(w.t, err)
	return fmt.Sprint(id)
}

// scheme is a voucher scheme of the other league, where the company is.
func (w *world) scheme() int64 {
	w.t.Helper()
	day := fact.DayOf(w.s.Platform.Now())
	id, err := w.s.Vouchers.CreateScheme(context.Background(), w.who("otherLeague"), voucher.Draw{Title: "科技创新券试行办法", FirstDay: day - 30,
		LastDay: day + 300, Limit: 100_000 * money.Yuan, RateBP: 5000, Budget: 15_000 * money.Yuan, ValidDays: 60, Kinds: []string{"testing"},
		Terms: "本地区科技型企业，附营业执照。", Source: "拟定中"})
	apptest.NoErr(w.t, err)
	return id
}

// voucher is one that the other league granted to the company for a service of the university.
func (w *world) voucher() (scheme, id string) {
	w.t.Helper()
	ctx, under := context.Background(), w.scheme()
	made, err := w.s.Vouchers.Apply(ctx, w.who("company"), voucher.Application{Scheme: under, Entry: w.provider(),
		Contract: 6_000 * money.Yuan,
		Need:     "检验一批苜蓿种子", Voluntary: true})
	apptest.NoErr(w.t, err)
	_, err = w.s.Vouchers.Do(ctx, w.who("otherLeague"), voucher.Command{Voucher: made, Act: voucher.ActGrant})
	apptest.NoErr(w.t, err)
	return fmt.Sprint(under), fmt.Sprint(made)
}
