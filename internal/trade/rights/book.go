package rights

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// day checks the day of a paper: none, or one in the future, is refused.
func day(f *fault.Fields, on fact.Day, now time.Time) time.Time {
	f.Check(on > 0 && on <= fact.DayOf(now), "on", "bad_date", "请填写凭证日期，不能晚于今天")
	return on.Date()
}

func voucher(f *fault.Fields, path, number string) {
	n := len([]rune(number))
	f.Check(n >= 2 && n <= 100, path, "missing", "请填写凭证号（2—100 字），例如银行回单号")
}

func (a *account) book(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command, now time.Time) error {
	var f fault.Fields
	f.Check(slices.Contains([]string{Receipt, Cost, Tax}, c.Kind), "kind", "unknown_code", "请选择到账、直接费用或税费")
	f.Check(c.Amount > 0 && c.Amount <= money.Max, "amount", "amount", "金额应大于零；记错的用“更正”")
	voucher(&f, "voucher", c.Voucher)
	on := day(&f, c.On, now)
	if err := f.Err(); err != nil {
		return err
	}
	return a.addEntry(ctx, tx, who, Booked{Kind: c.Kind, Amount: c.Amount, On: on, Voucher: c.Voucher, Note: c.Reason}, now)
}

// correct books the difference to what an entry should have been.
func (a *account) correct(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command, now time.Time) error {
	wrong, standing, ok := a.standing(c.Entry)
	var f fault.Fields
	f.Check(ok, "entry", "unknown_code", "请选择要更正的一笔")
	f.Check(c.Amount >= 0 && c.Amount <= money.Max, "amount", "amount", "请填写更正后的金额，不能为负；整笔取消的填 0")
	f.Check(!ok || c.Amount != standing, "amount", "same", "更正后的金额与现在的相同，请核对")
	voucher(&f, "voucher", c.Voucher)
	if err := f.Err(); err != nil {
		return err
	}
	return a.addEntry(ctx, tx, who, Booked{Kind: wrong.Kind, Amount: c.Amount - standing, Corrects: wrong.ID, On: fact.DayOf(now).Date(),
		Voucher: c.Voucher, Note: c.Reason}, now)
}

// pay pays members what is due to them. The amounts are those that the payer saw.
func (a *account) pay(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command, now time.Time) error {
	d, _ := a.distribution()
	due := Payable(d, a.paid())
	var f fault.Fields
	on := day(&f, c.On, now)
	n := 0
	for i, v := range c.Pay {
		if v.Number = strings.TrimSpace(v.Number); v.Number == "" {
			continue
		}
		at := fmt.Sprintf("pay.%d.voucher", i)
		voucher(&f, at, v.Number)
		if v.Member < 1 || v.Member > len(due) {
			f.Add(at, "unknown_code", "没有这名成员")
			continue
		}
		if v.Amount != due[v.Member-1] || v.Amount == 0 {
			return fault.New(fault.Conflict, "changed", "应发金额已经变化，或这笔已经发放，请刷新页面核对后再登记")
		}
		due[v.Member-1] = 0 // named twice, paid once
		n++
	}
	f.Check(n > 0, "pay.0.voucher", "missing", "请至少填写一名成员的发放凭证号")
	if err := f.Err(); err != nil {
		return err
	}
	for _, v := range c.Pay {
		if number := strings.TrimSpace(v.Number); number != "" {
			if err := a.addPayout(ctx, tx, who, Payout{Number: v.Member, Amount: v.Amount, Voucher: number, On: on}, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *account) takeBack(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command, now time.Time) error {
	paid := a.paid()
	var f fault.Fields
	on := day(&f, c.On, now)
	voucher(&f, "voucher", c.Voucher)
	known := c.Member >= 1 && c.Member <= len(paid)
	f.Check(known, "member", "unknown_code", "请选择退回的成员")
	f.Check(c.Amount > 0 && (!known || c.Amount <= paid[c.Member-1]), "amount", "amount", "退回金额应大于零，且不超过已发给他的金额")
	if err := f.Err(); err != nil {
		return err
	}
	return a.addPayout(ctx, tx, who, Payout{Number: c.Member, Amount: -c.Amount, Voucher: c.Voucher, On: on}, now)
}

// settled refuses to close a plan while something is due.
func (a *account) settled() error {
	d, _ := a.distribution()
	for _, due := range Payable(d, a.paid()) {
		if due > 0 {
			return fault.New(fault.Conflict, "still_due", "还有应发未发的金额，发放之后才能结束")
		}
	}
	return nil
}
