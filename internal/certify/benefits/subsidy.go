package benefits

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// --- subsidy ---

// Subsidy is a worked calculation: a hint, never a decision.
type Subsidy struct {
	Registration registry.Registration
	Rate         *Rate     // nil: no rate covers the class on that day
	Paid         money.Fen // proven payments
	Base         money.Fen // the smaller of T and what was paid
	Total        money.Fen
	Steps        []Step
	Payments     []Payment
	Lists        []ListRef // the subsidy lists it stands on
	Certificate  *registry.Certificate
	Point        string
}

// ListRef names a list without what else stands on it.
type ListRef struct {
	Number   string
	IssuedAt time.Time
}

// Payment is one proof of payment.
type Payment struct {
	ID     int64
	Amount money.Fen
	PaidOn time.Time
	FileID int64
	Note   string
}

// Subsidy works out the buyer's subsidy of a registration by the rate of its registration day and the payments proven. Scope as
// registry.Entry.
func (s *Service) Subsidy(ctx context.Context, a actor.Actor, number string) (Subsidy, error) {
	d, err := s.config.Registry.Entry(ctx, a, number)
	if err != nil {
		return Subsidy{}, err
	}
	out := Subsidy{Registration: d.Registration, Point: d.Point.Name}
	if len(d.Certificates) > 0 {
		out.Certificate = &d.Certificates[0]
	}
	if out.Lists, err = postgres.Many[ListRef](ctx, s.config.DB, selectSubsidyLists, pgx.StrictNamedArgs{"number": number}); err != nil {
		return out, fmt.Errorf("subsidy lists: %w", err)
	}
	if out.Payments, err = postgres.Many[Payment](ctx, s.config.DB, selectPayments, pgx.StrictNamedArgs{"number": number}); err != nil {
		return out, fmt.Errorf("payments: %w", err)
	}
	for _, p := range out.Payments {
		out.Paid += p.Amount
	}
	out.Base = min(out.Paid, d.Registration.Technical)
	rate, err := postgres.One[Rate](
		ctx,
		s.config.DB,
		selectRateFor,
		pgx.StrictNamedArgs{"class": d.Registration.Class[:2], "day": d.Registration.RegisteredOn},
	)
	if errors.Is(err, pgx.ErrNoRows) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("subsidy rate: %w", err)
	}
	out.Rate = &rate
	out.Total, out.Steps = rate.Compute(out.Base)
	return out, nil
}

// AddPayment keeps a proof of payment. Members of a party's organisation, with a file of their own; ΣC is the most. Faults:
// Invalid fields, Conflict "paid_above_amount", "list_not_standing" where the registration ended.
func (s *Service) AddPayment(ctx context.Context, a actor.Actor, number string, p Payment) error {
	return s.trail.Guard(ctx, a, "add_payment", "registration", number, func(ctx context.Context, tx pgx.Tx) error {
		found, err := s.config.Registry.Lock(ctx, tx, []string{number})
		if err != nil {
			return err
		}
		r := found[0]
		if !a.In(r.ApplicantOrg) && !a.In(r.SellerOrg) && !a.In(r.BuyerOrg) || !a.Has(registry.Applicant.Roles()...) {
			return registry.RegistrationNotFound()
		}
		var bad fault.Fields
		bad.Check(p.Amount > 0 && p.Amount <= money.Max, "amountFen", "range", "请填写实际支付的金额")
		bad.Check(!p.PaidOn.IsZero() && !p.PaidOn.After(clock.Date(s.config.Now())), "paidOn", "range", "支付日期不应晚于今天")
		_, err = s.config.Files.Own(ctx, tx, a.OrgID, p.FileID)
		bad.Check(err == nil, "file", "required", "请上传付款凭证")
		if err := bad.Err(); err != nil {
			return err
		}
		if r.EndedOn != nil {
			return fault.Newf(fault.Conflict, "list_not_standing", "登记%s，不再接收付款凭证", r.EndWords())
		}
		var paid money.Fen
		if err := tx.QueryRow(ctx, sumPayments, pgx.StrictNamedArgs{"number": number}).Scan(&paid); err != nil {
			return err
		}
		if paid+p.Amount > r.Amount {
			return fault.Newf(fault.Conflict, "paid_above_amount", "累计支付 %s 元将超过合同成交额 %s 元，请核对", (paid + p.Amount).Grouped(), r.Amount.Grouped())
		}
		if _, err := tx.Exec(ctx, insertPayment,
			pgx.StrictNamedArgs{"number": number, "amount": p.Amount, "paid_on": p.PaidOn, "file": p.FileID, "note": p.Note, "by": a.AccountID,
				"now": s.config.Now()}); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "add_payment", "registration", number, map[string]any{"amountFen": p.Amount}); err != nil {
			return err
		}
		return s.book.Note(ctx, tx, witness.Registration(number))
	})
}

// PaymentFile names the file of a payment for download. Scope as registry.Entry. NotFound "file_not_found".
func (s *Service) PaymentFile(ctx context.Context, a actor.Actor, number string, payment int64) (file int64, err error) {
	sub, err := s.Subsidy(ctx, a, number)
	if err != nil {
		return 0, err
	}
	for _, p := range sub.Payments {
		if p.ID == payment {
			return p.FileID, nil
		}
	}
	return 0, fault.New(fault.NotFound, "file_not_found", "没有这份付款凭证")
}
