package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// Command is one event on one filing or on one registration, with what the event needs; the rest stays empty.
type Command struct {
	Filing  int64  // the filing that moves; 0 where a registration does
	Number  string // the registration that moves
	Version int    // that the person looked at: of the filing, or the registration's lock version. 0 acts on the newest
	Event   Event

	Text      string           // the reason, opinion, note or situation; most events need one
	Code      string           // decline_intake: one of codes.IntakeRefusal
	Items     []CorrectionItem // request_correction: everything that is missing
	Answers   []string         // submit_correction: one for each item
	Refusal   Refusal          // refuse, lapse_correction, reject_by_experts
	Experts   []int64          // assign_experts: accounts
	Colleague int64            // hand_over: account
	Review    Review           // save_review
	Shown     bool             // save_review: the person saw what application and text answer, and left it or changed it
	Minutes   int64            // pass_experts, reject_by_experts: id of the experts' minutes, an uploaded file
	National  string           // register: the 16-digit number of the national system where the point enters it

	Ground   string    // cancel: a key of CancelGrounds; announce_revocation: one of codes.RevocationGround
	Approved bool      // review_tax_relief: the re-check was passed
	Amount   money.Fen // book_income
	Paper    int64     // book_income: id of the sealed 核定表, an uploaded file
	Income   int64     // reverse_income: id of the row to take back
}

// Outcome is what an event left behind: the filing, the registration, or both where it moved both.
type Outcome struct {
	Filing       Filing       // of a registration's event: the filing that it made (request_change)
	Registration Registration // of a filing's event: what it registered
}

// work is one event on one filing or registration inside its transaction.
type work struct {
	Command
	moment
	tx     pgx.Tx
	who    actor.Actor
	people []int64 // read before the transaction: see recipients
	read   []Read  // as people; see answered
	part   Part
	point  point.Point
	filing Filing
	reg    Registration
	to     State
	number string   // of the registration, once there is one
	lists  []string // that fell with it
	note   string
	detail map[string]any // for the ledger and the history
	inside bool           // not for the parties
	tell   []int64        // accounts that get a message
	say    string         // its words; empty: nothing is sent
	link   string         // of the message; "" the filing or registration
}

// moment is when an event happens.
type moment struct {
	now   time.Time
	today time.Time // the day in Shanghai
}

func (s *Service) moment() moment {
	now := s.config.Now()
	return moment{now, clock.Date(now)}
}

// Do applies one event of the state table; see Table for who may do what, where, and under which guard. The new state, its history
// row, the ledger row, the audit row, messages and jobs are one transaction.
// Faults: Unauthorized "sign_in_needed"; NotFound "filing_not_found", "registration_not_found" (also for cases out of the actor's scope);
// Conflict "wrong_state", "stale_version", "record_under_examination" and those of the guards; Forbidden "wrong_part", "part_taken";
// Invalid "unknown_event" and with fields, where what the event needs is missing or wrong.
//
// What follows goes on from what the one before left, all of them or none.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command, following ...Command) (out Outcome, err error) {
	if len(following) == 0 {
		return s.do(ctx, who, c)
	}
	err = s.config.DB.Together(ctx, func(ctx context.Context) error {
		out, err = s.do(ctx, who, c)
		for _, next := range following {
			if err != nil {
				return err
			}
			next.Version = out.Filing.Version
			out, err = s.do(ctx, who, next)
		}
		return err
	})
	return out, err
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command) (Outcome, error) {
	if !who.SignedIn() {
		return Outcome{}, fault.SignIn()
	}
	on := OnFiling
	switch {
	case c.Number != "":
		on = OnRegistration
	case c.Event == EventRegisterChange:
		c.Event = EventRegister // which of the two it is, the filing says
	}
	if !slices.Contains(Events(on), c.Event) {
		return Outcome{}, fault.New(fault.Invalid, "unknown_event", "没有这一步，请刷新页面后再试。")
	}
	people, err := s.recipients(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	read, err := s.answered(ctx, who, c)
	if err != nil {
		return Outcome{}, err
	}
	kind, id, move := "filing", strconv.FormatInt(c.Filing, 10), s.moveFiling
	if on == OnRegistration {
		kind, id, move = "registration", c.Number, s.moveRegistration
	}
	var out Outcome
	err = s.trail.Guard(ctx, who, string(c.Event), kind, id, func(ctx context.Context, tx pgx.Tx) error {
		w := &work{Command: c, moment: s.moment(), tx: tx, who: who, people: people, read: read}
		err := move(ctx, w)
		out = Outcome{w.filing, w.reg}
		return err
	})
	if err != nil {
		return Outcome{}, err
	}
	return out, nil
}

// recipients reads before the transaction whom an event tells, or who could do the next step: one request never holds two
// connections.
func (s *Service) recipients(ctx context.Context, c Command) ([]int64, error) {
	people := s.config.People
	switch c.Event {
	case EventHandOver, EventPassFirstReview, EventPassSecondReview, EventAssignExperts, EventPassExperts, EventRejectByExperts:
		f, err := readFiling(ctx, s.config.DB, c.Filing)
		if err != nil {
			return nil, err
		}
		p, err := point.Read(ctx, s.config.DB, f.PointID)
		if err != nil {
			return nil, err
		}
		switch {
		case c.Event == EventAssignExperts:
			return s.expertsFor(ctx, p)
		case c.Event == EventHandOver:
			return people.AccountsOf(ctx, p.OrganisationID, actor.Registrar)
		case c.Event != EventPassFirstReview:
			return people.AccountsOf(ctx, p.OrganisationID, actor.PointHead)
		case p.SecondReview == point.ReviewerOrHead:
			return people.AccountsOf(ctx, p.OrganisationID, actor.Reviewer, actor.PointHead)
		default:
			return people.AccountsOf(ctx, p.OrganisationID, actor.Reviewer)
		}
	case EventRequestChange, EventRequestCancel, EventAnnounceRevocation, EventDropRevocation, EventRevoke, EventRestore:
		if c.Number == "" {
			return nil, nil
		}
		r, err := ReadRegistration(ctx, s.config.DB, c.Number)
		if err != nil {
			return nil, err
		}
		if c.Event != EventRequestChange && c.Event != EventRequestCancel {
			return people.AccountsOf(ctx, r.ApplicantOrg, Applicant.Roles()...)
		}
		p, err := point.Read(ctx, s.config.DB, r.PointID)
		if err != nil {
			return nil, err
		}
		if c.Event == EventRequestCancel {
			return people.AccountsOf(ctx, p.OrganisationID, actor.Registrar, actor.PointHead)
		}
		return people.AccountsOf(ctx, p.OrganisationID, actor.Registrar)
	default:
		return nil, nil
	}
}

// permit finds the row of the table that lets the person do the event, and holds it against the version the person saw.
func (w *work) permit(on Aggregate, from State, parts []Part, version int) (Rule, error) {
	rule, err := find(on, from, w.Event, parts)
	if err != nil {
		return rule, err
	}
	if w.Version != 0 && w.Version != version {
		return rule, fault.Stale()
	}
	w.part, w.to = rule.Part, rule.To[0]
	return rule, nil
}

// take runs guard and step of a row of the table, and holds where it led against the row.
func (w *work) take(ctx context.Context, rule Rule, from State, step func(context.Context, *work) error) error {
	if err := rule.check(w); err != nil {
		return err
	}
	if err := step(ctx, w); err != nil {
		return err
	}
	if !slices.Contains(rule.To, w.to) {
		return fmt.Errorf("registry: %s leads from %s to %s, which the table does not know", w.Event, from, w.to)
	}
	return nil
}

// moveFiling runs one event: lock, scope, table, separation of duties, guard, step, then everything that must be written with it.
func (s *Service) moveFiling(ctx context.Context, w *work) error {
	f, err := postgres.One[Filing](ctx, w.tx, lockFiling, pgx.StrictNamedArgs{"id": w.Filing})
	if errors.Is(err, pgx.ErrNoRows) {
		return filingNotFound()
	}
	if err != nil {
		return err
	}
	if w.point, err = point.Read(ctx, w.tx, f.PointID); err != nil {
		return err
	}
	parts, err := s.standing(ctx, w.tx, w.who, f, w.point)
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		return filingNotFound()
	}
	if w.Event == EventRegister && f.Kind == Change {
		w.Event = EventRegisterChange
	}
	rule, err := w.permit(OnFiling, f.State, parts, f.Version)
	if err != nil {
		return err
	}
	w.filing, w.number = f, f.Number
	if err := s.book.Hold(ctx, w.tx, w.subjects()...); err != nil {
		return err
	}
	if err := play(ctx, w.tx, f.ID, w.who.AccountID, rule.Part); err != nil {
		return err
	}
	if err := w.take(ctx, rule, f.State, s.filingStep); err != nil {
		return err
	}
	return s.finish(ctx, w, f.State)
}

// moveRegistration is moveFiling for registrations.
func (s *Service) moveRegistration(ctx context.Context, w *work) error {
	reg, err := lockOne(ctx, w.tx, w.Number)
	if err != nil {
		return err
	}
	if w.point, err = point.Read(ctx, w.tx, reg.PointID); err != nil {
		return err
	}
	parties, err := s.parties(ctx, w.tx, w.who, reg.ContractID, reg.SellerOrg, reg.BuyerOrg)
	if err != nil {
		return err
	}
	parts := Stand(w.who, reg.ApplicantOrg, parties, w.point)
	if len(parts) == 0 {
		return RegistrationNotFound()
	}
	rule, err := w.permit(OnRegistration, reg.State, parts, reg.LockVersion)
	if err != nil {
		return err
	}
	w.reg = reg
	if err := s.book.Hold(ctx, w.tx, w.subjects()...); err != nil {
		return err
	}
	if err := w.take(ctx, rule, reg.State, s.registrationStep); err != nil {
		return err
	}
	w.reg.State = w.to
	if err := storeRegistration(ctx, w.tx, w.reg); err != nil {
		return fmt.Errorf("store registration: %w", err)
	}
	w.reg.LockVersion++
	return s.noteRegistration(ctx, w, reg.State)
}

// filingStep does what an event of a filing needs beyond moving it.
func (s *Service) filingStep(ctx context.Context, w *work) error {
	switch w.Event {
	case EventWithdraw:
		w.note = w.Text
		return s.release(ctx, w)
	case EventAccept:
		return s.accept(ctx, w)
	case EventDeclineIntake:
		return s.declineIntake(ctx, w)
	case EventRequestCorrection:
		return s.requestCorrection(ctx, w)
	case EventSubmitCorrection:
		return s.submitCorrection(ctx, w)
	case EventDeclineCorrection:
		return declineCorrection(w)
	case EventReturnCorrection:
		return s.returnCorrection(ctx, w)
	case EventLapseCorrection:
		return s.lapseCorrection(ctx, w)
	case EventSaveReview:
		return s.saveReview(ctx, w)
	case EventHandOver:
		return handOver(ctx, w)
	case EventPassFirstReview:
		return s.passFirstReview(ctx, w)
	case EventPassSecondReview:
		return s.passSecondReview(ctx, w)
	case EventReturnToReview:
		return returnToReview(w)
	case EventAssignExperts:
		return s.assignExperts(ctx, w)
	case EventPassExperts, EventRejectByExperts:
		return s.vote(ctx, w)
	case EventRefuse:
		return s.refuse(ctx, w)
	case EventRegister, EventRegisterChange:
		return s.register(ctx, w)
	case EventOpenReconsideration, EventOpenReRecognition:
		return reexamine(w, &w.filing.PriorState, w.filing.State)
	case EventRestore:
		return s.restoreFiling(ctx, w)
	default:
		return conclude(w, &w.filing.PriorState)
	}
}

// registrationStep does what an event of a registration needs beyond moving it.
func (s *Service) registrationStep(ctx context.Context, w *work) error {
	switch w.Event {
	case EventStartChange:
		return s.config.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventChange)
	case EventAbandonChange:
		return s.config.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventKeep)
	case EventRequestChange:
		return s.requestChange(ctx, w)
	case EventRequestCancel:
		return requestCancel(w)
	case EventAnnounceRevocation:
		return s.announceRevocation(ctx, w)
	case EventState:
		return stateCase(w)
	case EventDropRevocation:
		return dropRevocation(w)
	case EventDeclineCancel:
		return declineCancel(w)
	case EventCancel:
		return s.cancel(ctx, w)
	case EventRevoke:
		return s.revoke(ctx, w)
	case EventReviewTaxRelief:
		return reviewTaxRelief(w)
	case EventBookIncome:
		return s.bookIncome(ctx, w)
	case EventReverseIncome:
		return s.reverseIncome(ctx, w)
	case EventOpenReconsideration, EventOpenReRecognition:
		return reexamine(w, &w.reg.PriorState, w.reg.State)
	case EventRestore:
		return s.restoreRegistration(ctx, w)
	default:
		return conclude(w, &w.reg.PriorState)
	}
}

// reexamine opens 复议 or 重新认定: the state is kept for the way back.
func reexamine(w *work, prior *State, now State) error {
	*prior = now
	return noted(w, "请写明请求和理由")
}

// conclude goes back to the state before; what must change then follows by change or revocation.
func conclude(w *work, prior *State) error {
	w.to, *prior = *prior, ""
	return noted(w, "请写明结论")
}

// noted takes the text of the command as the note, which must not be empty.
func noted(w *work, ask fault.Sentence) error {
	var bad fault.Fields
	bad.Required("note", w.Text, ask)
	w.note = w.Text
	return bad.Err()
}
