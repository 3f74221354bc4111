package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

func dayOf(t *time.Time) fact.Day { return fact.OfDate(*t) }

func date(d fact.Day) *time.Time {
	t := d.Date()
	return &t
}

// apply is what a step changes.
func (s *Service) apply(ctx context.Context, b *bench, side Side, c Command) error {
	switch c.Event {
	case EventPropose:
		return b.propose(side, c)
	case EventAgree:
		switch {
		case side == b.t.ProposedSide:
			return fault.New(fault.Forbidden, "wrong_side", "最新一版条款是本方提出的，请等对方答复")
		case c.Version != b.t.Version:
			return fault.Stale()
		}
	case EventDecline:
		b.t.Reason = c.Reason
	case EventStart:
		return b.start(ctx)
	case EventReport:
		return b.report(ctx, c)
	case EventAskExtend, EventExtend:
		return b.extend(ctx, c)
	case EventTrigger:
		return s.trigger(ctx, b)
	case EventConfirm, EventSilence:
		return s.convert(ctx, b, c)
	case EventDispute:
		b.t.TriggeredAt, b.t.ConfirmBy = nil, nil
	case EventStop:
		return b.stop(c)
	case EventConvert:
		return b.planPayments(ctx)
	case EventAddDue, EventPay, EventSettle:
		return b.money(ctx, c)
	case EventInsure:
		return b.insure(c)
	}
	return nil
}

func (b *bench) propose(side Side, c Command) error {
	if c.Terms == nil {
		return fault.New(fault.Invalid, "terms", "请填写试用条款")
	}
	if c.Version != b.t.Version {
		return fault.Stale()
	}
	terms := *c.Terms
	terms.tidy()
	if err := terms.check(); err != nil {
		return err
	}
	b.t.Terms, b.t.ProposedSide = terms, side
	return nil
}

// start fixes the days of the trial and of its reports.
func (b *bench) start(ctx context.Context) error {
	begin := b.today()
	end := EndOf(begin, b.t.Terms.Months)
	b.t.BeginsOn, b.t.EndsOn = date(begin), date(end)
	return b.addReports(ctx, 0, b.t.Terms.Reports(begin, end))
}

func (b *bench) report(ctx context.Context, c Command) error {
	for _, r := range b.reports {
		if r.At == nil {
			return storeReport(ctx, b.tx, b.t.ID, r.Number, c.Reason, c.Figures, b.now)
		}
	}
	return fault.New(fault.Conflict, "all_reported", "试用期内的报告都已经交了")
}

// extend asks for a later end, once, and the other side grants it.
func (b *bench) extend(ctx context.Context, c Command) error {
	if b.t.Extended {
		return fault.New(fault.Conflict, "extended", "试用期只能延长一次")
	}
	if c.Event == EventAskExtend {
		var f fault.Fields
		end := dayOf(b.t.EndsOn)
		f.Check(c.Day > end && c.Day <= end+366, "day", "range", "请填写延长到哪一天，在原结束日之后一年之内")
		if err := f.Err(); err != nil {
			return err
		}
		b.t.AskedTo = date(c.Day)
		return nil
	}
	if b.t.AskedTo == nil {
		return fault.New(fault.Conflict, "not_asked", "对方还没有申请延长")
	}
	old, end := dayOf(b.t.EndsOn), dayOf(b.t.AskedTo)
	b.t.EndsOn, b.t.AskedTo, b.t.Extended = date(end), nil, true
	return b.addReports(ctx, len(b.reports), b.t.Terms.Reports(old, end))
}

func (b *bench) addReports(ctx context.Context, from int, due []fact.Day) error {
	for i, d := range due {
		if err := insertReport(ctx, b.tx, b.t.ID, from+i+1, d.Date()); err != nil {
			return err
		}
	}
	return nil
}

// trigger opens the time in which the unit confirms or disputes.
func (s *Service) trigger(ctx context.Context, b *bench) error {
	calendar, err := s.config.Calendar(ctx)
	if err != nil {
		return err
	}
	b.t.TriggeredAt, b.t.ConfirmBy = &b.now, date(fact.Due(calendar, b.today(), confirmIn, fact.WorkingDays))
	return nil
}

// convert opens the talk in which the contract is made of the terms. Silence converts only where the terms say so.
func (s *Service) convert(ctx context.Context, b *bench, c Command) (err error) {
	if c.Event == EventSilence && (!b.t.Terms.Silence || !b.now.After(dayOf(b.t.ConfirmBy).End())) {
		return fault.New(fault.Conflict, "not_silent", "条款没有约定默示确认，或期限未到")
	}
	b.t.DealID, err = s.config.Deals.Award(
		ctx,
		b.tx,
		deal.Award{SupplyListing: b.t.Listing, DemandListing: b.t.Need, DemandOrg: b.t.CompanyOrg,
			DemandAccount: b.t.CompanyAccount, SupplyOrg: b.t.SupplyOrg, SupplyAccount: b.t.SupplyAccount, Subject: b.t.Object,
			Sample: b.t.Sample, At: b.now},
	)
	return err
}

func (b *bench) stop(c Command) error {
	var f fault.Fields
	f.Check(StopLabel(c.Code) != "", "code", "unknown_code", "请选择没有转化的原因")
	f.Check(len([]rune(c.List)) >= 2, "list", "missing", "请写明样品和数据已经归还、销毁了哪些；没有的写“无”")
	b.t.ReasonCode, b.t.Reason = c.Code, c.Reason+"；归还和销毁："+c.List
	return f.Err()
}

// planPayments turns the plan of the terms into days from the conversion.
func (b *bench) planPayments(ctx context.Context) error {
	for i, p := range b.t.Terms.Plan {
		if err := insertPayment(ctx, b.tx, b.t.ID, Payment{Number: i + 1, DueOn: (b.today() + fact.Day(p.Days)).Date(), Amount: p.Amount,
			Why: p.Why}); err != nil {
			return err
		}
	}
	return nil
}

// money books what is due beside the plan and what was paid; the platform holds none of it.
func (b *bench) money(ctx context.Context, c Command) error {
	var f fault.Fields
	switch c.Event {
	case EventAddDue:
		f.Check(b.t.Terms.Pay == PayRoyalty || b.t.Terms.Pay == PayConditional, "amount", "no_royalty", "只有提成和附条件的可以另记应付款")
		f.Check(c.Amount > 0 && c.Amount <= money.Max, "amount", "amount", "请填写应付金额")
		f.Check(c.Day >= b.today(), "day", "bad_date", "请填写到期日，不早于今天")
		if err := f.Err(); err != nil {
			return err
		}
		return insertPayment(ctx, b.tx, b.t.ID, Payment{Number: len(b.payments) + 1, DueOn: c.Day.Date(), Amount: c.Amount, Why: c.Reason})
	case EventPay:
		at := slices.IndexFunc(b.payments, func(p Payment) bool { return p.Number == c.Number })
		f.Check(at >= 0, "number", "unknown_code", "请选择付的是哪一期")
		f.Check(len([]rune(c.Voucher)) >= 2, "voucher", "missing", "请填写银行回单号")
		f.Check(c.Day > 0 && c.Day <= b.today(), "day", "bad_date", "请填写付款日期，不能晚于今天")
		if err := f.Err(); err != nil {
			return err
		}
		if b.payments[at].PaidOn != nil {
			return fault.New(fault.Conflict, "already_paid", "这一期已经登记付款")
		}
		return storePaid(ctx, b.tx, b.t.ID, c.Number, c.Day.Date(), c.Voucher)
	default:
		if slices.ContainsFunc(b.payments, func(p Payment) bool { return p.PaidOn == nil }) {
			return fault.New(fault.Conflict, "still_due", "还有没付的期次，付清才能结清")
		}
		return nil
	}
}

// insure keeps what became of the insurance; the terms name the insurer.
func (b *bench) insure(c Command) error {
	var f fault.Fields
	f.Check(slices.Contains(InsuranceStates(), c.State), "insurance", "unknown_code", "请选择保险状态")
	f.Check(b.t.Terms.Insurance != "", "insurance", "none", "条款里没有约定保险或担保")
	b.t.Insurance = c.State
	return f.Err()
}

// Tick confirms by silence, follows the talks, and reminds of reports and payments. It may come late or twice.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	due, err := postgres.Many[struct {
		ID   int64
		Deal int64
	}](ctx, s.config.DB, dueTrials, pgx.StrictNamedArgs{})
	if err != nil {
		return 0, fmt.Errorf("trial: tick: %w", postgres.Fault(err))
	}
	for _, d := range due {
		on := EventSilence
		if d.Deal != 0 {
			on = EventConvert
			if agreed, err := s.config.Deals.HasAgreed(ctx, s.config.DB, d.Deal); err != nil || !agreed {
				if err != nil {
					return n, fmt.Errorf("trial: tick: %w", err)
				}
				continue
			}
		}
		_, err := s.do(ctx, actor.Actor{}, Command{Trial: d.ID, Event: on}, true)
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // somebody was faster
			return n, fmt.Errorf("trial: tick: %w", err)
		}
	}
	told, err := s.remind(ctx)
	return n + told, err
}

// remind tells of a report 5 and 15 days late, and of a payment 30, 60 and 90 days late, each once; from 30 days on the insurer or
// guarantor of the terms is named.
func (s *Service) remind(ctx context.Context) (n int, err error) {
	late, err := postgres.Many[struct {
		Trial  int64
		Number int
		Report bool
		Days   int
		Told   int
	}](ctx, s.config.DB, lateRows, pgx.StrictNamedArgs{})
	if err != nil {
		return 0, fmt.Errorf("trial: remind: %w", postgres.Fault(err))
	}
	for _, l := range late {
		marks, title, to := []int{30, 60, 90}, "付款逾期", system
		if l.Report {
			marks, title = []int{remindLate, flagLate}, "试用报告逾期"
		}
		reached := 0
		for _, m := range marks {
			if l.Days >= m {
				reached = m
			}
		}
		if reached <= l.Told {
			continue
		}
		if l.Report && reached == remindLate {
			to = Supply // the firm alone is told
		}
		err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			b, err := lock(ctx, tx, l.Trial)
			if err != nil {
				return err
			}
			said := fmt.Sprintf("%s %d 天", title, l.Days)
			if !l.Report && b.t.Terms.Insurance != "" {
				said += "，请通知" + b.t.Terms.Insurance
			}
			if err := storeTold(ctx, tx, l.Trial, l.Number, l.Report, reached); err != nil {
				return err
			}
			return s.tell(ctx, tx, b.t, to, said, b.now)
		})
		if err != nil {
			return n, fmt.Errorf("trial: remind: %w", err)
		}
		n++
	}
	return n, nil
}
