package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// Case reads one filing. The parties get no internal notes, and no review sheet before the decision. Out of scope:
// NotFound "filing_not_found" and an audit row.
func (s *Service) Case(ctx context.Context, a actor.Actor, id int64) (Case, error) {
	var c Case
	err := s.trail.Guard(ctx, a, "read", "filing", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		c = Case{}
		f, err := readFiling(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.Point, c.Parts, err = s.seen(ctx, tx, a, f); err != nil {
			return err
		}
		if c.Contract, err = s.config.Contracts.Frozen(ctx, tx, f.ContractID, f.ContractVersion); err != nil {
			return err
		}
		policy, days, err := s.clock(ctx, tx, f)
		if err != nil {
			return err
		}
		c.Due = f.due(days, clock.Date(s.config.Now()))
		c.Experts, c.Votes, c.Policy = c.Point.ExpertLimit(policy), policy.Experts, ruleBook(policy)
		c.Large = f.Technical != nil && *f.Technical >= c.Experts
		if c.Events, err = postgres.Many[EventRow](ctx, tx, selectEvents, pgx.StrictNamedArgs{"filing": id, "number": ""}); err != nil {
			return err
		}
		if f.Kind == Change {
			if err := s.previous(ctx, tx, &c, f); err != nil {
				return err
			}
		}
		if desk(c.Parts) {
			if err := s.staffView(ctx, tx, &c, f); err != nil {
				return err
			}
		} else {
			c.Events = slices.DeleteFunc(c.Events, func(e EventRow) bool { return e.Internal })
			f.Review = f.Review.forParties(f.State.Open())
		}
		c.Filing = f
		c.Allowed, err = s.mayDo(ctx, tx, a, f, c.Parts)
		return err
	})
	if err != nil {
		return Case{}, err
	}
	return c, s.nameCase(ctx, &c)
}

// seen is who the person is to a case, for those who may see it. NotFound "filing_not_found" for all others; the tax office sees decided
// cases only.
func (s *Service) seen(ctx context.Context, tx pgx.Tx, a actor.Actor, f Filing) (p point.Point, parts []Part, err error) {
	if p, err = point.Read(ctx, tx, f.PointID); err != nil {
		return p, nil, err
	}
	if parts, err = s.standing(ctx, tx, a, f, p); err != nil {
		return p, nil, err
	}
	if len(parts) == 0 || f.State.Open() && slices.Equal(parts, []Part{TaxReader}) {
		return p, nil, filingNotFound()
	}
	return p, parts, nil
}

// SeesFilingFiles is the rule of files.Reader for a filing: its papers with the case, the experts' opinions for the desk. Scope as Case.
func (s *Service) SeesFilingFiles(ctx context.Context, a actor.Actor, of files.Object) (sees []string, err error) {
	err = s.trail.Guard(ctx, a, "read", "filing", strconv.FormatInt(of.ID, 10), func(ctx context.Context, tx pgx.Tx) error {
		f, err := readFiling(ctx, tx, of.ID)
		if err != nil {
			return err
		}
		_, parts, err := s.seen(ctx, tx, a, f)
		if sees = []string{"paper"}; desk(parts) {
			sees = append(sees, "minutes")
		}
		return err
	})
	return sees, err
}

// SeesRegistrationFiles is the rule of files.Reader for a registration: certificates, the papers of income and proofs of payment. Scope
// as Entry.
func (s *Service) SeesRegistrationFiles(ctx context.Context, a actor.Actor, of files.Object) ([]string, error) {
	_, err := s.Entry(ctx, a, of.Number)
	return []string{"certificate", "income", "payment"}, err
}

// nameCase puts names to accounts, outside the transaction.
func (s *Service) nameCase(ctx context.Context, c *Case) (err error) {
	var assigned, may []int64
	for _, m := range c.Panel {
		assigned = append(assigned, m.Account)
	}
	if slices.Contains(c.Allowed, EventAssignExperts) {
		if may, err = s.expertsFor(ctx, c.Point); err != nil {
			return err
		}
		may = slices.DeleteFunc(may, func(id int64) bool { return slices.Contains(assigned, id) })
	}
	if c.Panel, err = s.members(ctx, assigned); err != nil {
		return err
	}
	if c.Choice, err = s.members(ctx, may); err != nil {
		return err
	}
	if err := s.colleagues(ctx, c, c.Point.OrganisationID); err != nil {
		return err
	}
	names, err := s.config.People.Names(ctx, assigned)
	for i, v := range c.Filing.Review.Panel {
		c.Filing.Review.Panel[i].Name = names[v.Account]
	}
	if err != nil {
		return err
	}
	return s.names(ctx, c.Events)
}

func (s *Service) staffView(ctx context.Context, tx pgx.Tx, c *Case, f Filing) error {
	var err error
	if c.Similar, err = postgres.Many[Similar](ctx, tx, selectSimilar, pgx.StrictNamedArgs{"contract": f.ContractID, "digest": f.TextDigest,
		"seller": f.SellerName, "buyer": f.BuyerName, "amount": f.ClaimedAmount, "sample": f.Sample}); err != nil {
		return fmt.Errorf("similar filings: %w", err)
	}
	assigned, err := panel(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	for _, account := range assigned {
		c.Panel = append(c.Panel, Member{Account: account})
	}
	if amount := cmpAmount(f); amount < c.Experts {
		split, err := postgres.Many[Similar](ctx, tx, selectSplit, pgx.StrictNamedArgs{"contract": f.ContractID, "seller": f.SellerName,
			"buyer": f.BuyerName, "at": f.SubmittedAt, "amount": amount, "large": c.Experts, "sample": f.Sample})
		if err != nil {
			return fmt.Errorf("split contracts: %w", err)
		}
		c.Similar = append(c.Similar, split...)
	}
	review := f.Review
	if review.Class == "" {
		review = Sheet(c.Contract.Content)
	}
	policy := c.Policy
	policy.LargeAmount = c.Experts
	app, err := s.application(ctx, tx, f, c.Point, c.Contract, review)
	if err != nil {
		return err
	}
	d := recognition.Assess(app, policy)
	c.Decision, c.Readings = &d, recognition.Readings(app)
	return nil
}

// cmpAmount is the T of a filing as far as it is known: recognised, else the price as filed.
func cmpAmount(f Filing) money.Fen {
	if f.Technical != nil {
		return *f.Technical
	}
	return f.ClaimedAmount
}

func (s *Service) previous(ctx context.Context, tx pgx.Tx, c *Case, f Filing) error {
	before, err := registeredBefore(ctx, tx, f)
	if err != nil || before == nil {
		return err
	}
	v, err := s.config.Contracts.Frozen(ctx, tx, f.ContractID, before.ContractVersion)
	c.Previous = &v
	if before.Technical != nil {
		c.Stood = &Stood{*before.Amount, *before.Deducted, *before.Technical, *before.VATBase}
	}
	return err
}

// forParties keeps the decision's figures and drops what the desk wrote for itself.
func (r Review) forParties(open bool) Review {
	if open {
		return Review{}
	}
	r.Second, r.Experts, r.Minutes, r.Findings, r.Panel = "", "", 0, nil, nil
	return r
}

// mayDo lists the events of the table that separation of duties leaves to this person.
func (s *Service) mayDo(ctx context.Context, tx pgx.Tx, a actor.Actor, f Filing, parts []Part) ([]Event, error) {
	var held Part
	err := tx.QueryRow(ctx, selectPart, pgx.StrictNamedArgs{"filing": f.ID, "account": a.AccountID}).Scan(&held)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	free := slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return !fits(held, p) })
	events := allowed(OnFiling, f.State, free)
	return slices.DeleteFunc(events, func(e Event) bool {
		return (e == EventRegister && f.Kind == Change) || (e == EventRegisterChange && f.Kind == Initial) ||
			f.cannot(e, clock.Date(s.config.Now()), a.AccountID)
	}), nil
}

// cannot reports what the guards would refuse, so that no page offers it.
func (f Filing) cannot(e Event, today time.Time, account int64) bool {
	c := f.Correction
	switch e {
	case EventLapseCorrection:
		return c.over(today) != nil
	case EventDeclineCorrection:
		return c.Declined != nil
	case EventReturnCorrection:
		return c == nil || c.AnsweredAt == nil || c.over(today) == nil
	case EventPassExperts, EventRejectByExperts:
		return slices.ContainsFunc(f.Review.Panel, func(v Vote) bool { return !v.Void && v.Account == account })
	default:
		return false
	}
}

func (s *Service) names(ctx context.Context, events []EventRow) error {
	var ids []int64
	for _, e := range events {
		if e.Account != 0 && !slices.Contains(ids, e.Account) {
			ids = append(ids, e.Account)
		}
	}
	names, err := s.config.People.Names(ctx, ids)
	for i := range events {
		events[i].Name = names[events[i].Account]
	}
	return err
}

// Preview computes decision and amounts of a sheet without saving it. Desk staff and officers of the case. The amounts
// are given also where nothing can be registered; Invalid names a row that cannot be computed.
func (s *Service) Preview(ctx context.Context, a actor.Actor, id int64, r Review) (recognition.Decision, recognition.Amounts, error) {
	var d recognition.Decision
	var amounts recognition.Amounts
	err := s.trail.Guard(ctx, a, "preview", "filing", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		f, err := readFiling(ctx, tx, id)
		if err != nil {
			return err
		}
		p, err := point.Read(ctx, tx, f.PointID)
		if err != nil {
			return err
		}
		parts, err := s.standing(ctx, tx, a, f, p)
		if err != nil {
			return err
		}
		if !desk(parts) {
			return filingNotFound()
		}
		v, err := s.config.Contracts.Frozen(ctx, tx, f.ContractID, f.ContractVersion)
		if err != nil {
			return err
		}
		policy, _, err := s.clock(ctx, tx, f)
		if err != nil {
			return err
		}
		rules := ruleBook(policy)
		if amounts, err = rules.Compute(r.Class, r.Amount, r.Costs(), r.Biological, r.Tied); err != nil {
			return err
		}
		rules.LargeAmount = p.ExpertLimit(policy)
		d, err = s.assess(ctx, tx, f, p, v, r, rules)
		return err
	})
	return d, amounts, err
}

// Entry is one entry of the register: what stands under a number, at which point, with its certificates.
type Entry struct {
	Registration Registration  `json:"registration"`
	Point        point.Point   `json:"point"`
	Certificates []Certificate `json:"certificates"` // newest first
	Parts        []Part        `json:"parts"`        // what the reader is in this case
}

// Dossier is an entry with its money, its filings and its history.
type Dossier struct {
	Entry
	Incomes []Income      `json:"incomes"`
	Entries []PeriodEntry `json:"entries"`
	Filings []QueueRow    `json:"filings"`
	Events  []EventRow    `json:"events"`
	Allowed []Event       `json:"allowed"` // what the reader may do now
}

// Entry reads one entry in the actor's scope. Out of scope: NotFound "registration_not_found" and an audit row.
func (s *Service) Entry(ctx context.Context, a actor.Actor, number string) (Entry, error) {
	var e Entry
	err := s.trail.Guard(ctx, a, "read", "registration", number, func(ctx context.Context, tx pgx.Tx) (err error) {
		e, err = s.readEntry(ctx, tx, a, number)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

func (s *Service) readEntry(ctx context.Context, tx pgx.Tx, a actor.Actor, number string) (e Entry, err error) {
	if e.Registration, err = ReadRegistration(ctx, tx, number); err != nil {
		return e, err
	}
	r := e.Registration
	if e.Point, err = point.Read(ctx, tx, r.PointID); err != nil {
		return e, err
	}
	parties, err := s.parties(ctx, tx, a, r.ContractID, r.SellerOrg, r.BuyerOrg)
	if err != nil {
		return e, err
	}
	if e.Parts = Stand(a, r.ApplicantOrg, parties, e.Point); len(e.Parts) == 0 {
		return e, RegistrationNotFound()
	}
	e.Certificates, err = postgres.Many[Certificate](ctx, tx, selectCertificates, pgx.StrictNamedArgs{"number": number})
	return e, err
}

// Dossier reads one registration in the actor's scope. Out of scope: NotFound "registration_not_found" and an audit row.
func (s *Service) Dossier(ctx context.Context, a actor.Actor, number string) (Dossier, error) {
	var d Dossier
	err := s.trail.Guard(ctx, a, "read", "registration", number, func(ctx context.Context, tx pgx.Tx) error {
		d = Dossier{}
		args := pgx.StrictNamedArgs{"number": number}
		var err error
		if d.Entry, err = s.readEntry(ctx, tx, a, number); err != nil {
			return err
		}
		if d.Incomes, err = postgres.Many[Income](ctx, tx, selectIncomes, args); err != nil {
			return err
		}
		if d.Entries, err = postgres.Many[PeriodEntry](ctx, tx, selectEntries, args); err != nil {
			return err
		}
		filings, err := postgres.Many[queueRow](ctx, tx, selectFilingsOfNumber, args)
		if err != nil {
			return err
		}
		days, err := deadline.Days(ctx, tx)
		if err != nil {
			return err
		}
		for _, f := range filings {
			d.Filings = append(d.Filings, f.row(days, clock.Date(s.config.Now())))
		}
		if d.Events, err = postgres.Many[EventRow](ctx, tx, selectEvents, pgx.StrictNamedArgs{"filing": int64(0), "number": number}); err != nil {
			return err
		}
		if !desk(d.Parts) {
			d.Events = slices.DeleteFunc(d.Events, func(e EventRow) bool { return e.Internal })
		}
		r := d.Registration
		d.Allowed = slices.DeleteFunc(allowed(OnRegistration, r.State, d.Parts), func(e Event) bool {
			return r.cannot(e) || e == EventReverseIncome && !slices.ContainsFunc(d.Incomes, Income.stands)
		})
		return nil
	})
	if err != nil {
		return Dossier{}, err
	}
	return d, s.names(ctx, d.Events)
}

// stands reports whether a booked row counts and was not taken back.
func (in Income) stands() bool { return in.Reverses == 0 && !in.Reversed }

func (r Registration) cannot(e Event) bool {
	switch e {
	case EventCancel, EventDeclineCancel:
		return r.CancelRequest == nil
	case EventRequestCancel:
		return r.CancelRequest != nil
	case EventAnnounceRevocation:
		return r.Revocation != nil
	case EventState, EventDropRevocation, EventRevoke:
		return r.Revocation == nil
	case EventRestore:
		return r.PriorState != Cancelled && r.PriorState != Revoked
	default:
		return e == EventRegisterChange
	}
}

func (s *Service) registrars(ctx context.Context, pointID int64) ([]int64, error) {
	p, err := point.Read(ctx, s.config.DB, pointID)
	if err != nil {
		return nil, err
	}
	return s.config.People.AccountsOf(ctx, p.OrganisationID, actor.Registrar)
}
