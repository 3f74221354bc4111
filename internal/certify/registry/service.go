package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// People knows who works where. It is asked outside transactions.
type People interface {
	AccountsOf(ctx context.Context, orgID int64, roles ...actor.Role) ([]int64, error)
	Names(ctx context.Context, accounts []int64) (map[int64]string, error)
	OfficersFor(ctx context.Context, division string) ([]int64, error) // of the league; of the region where the league has none
}

// Enqueuer inserts background work in the caller's transaction; *jobs.Client is one.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Deps is what the desk is built on.
type Deps struct {
	DB        *postgres.DB
	Contracts *contract.Service
	Ledger    *ledger.Ledger
	Audit     audit.Recorder
	People    People
	Jobs      Enqueuer
	Files     *files.Store                    // of the certificates' PDFs
	Fonts     func() (*document.Fonts, error) // of all papers, loaded with the first; nil: none can be made
	Now       func() time.Time
	Random    io.Reader // of the check codes
	BaseURL   string    // of the verify page, without a trailing slash
}

// Service is the desk and the register. Every event that changes something writes, in one transaction: the new state, a
// filing_event, a ledger row and an audit row. A refused call changes nothing and leaves an audit row "refused".
//
// Faults of every event: Unauthorized "sign_in", NotFound "filing_not_found" or "registration_not_found" (also for cases
// out of the actor's scope), Conflict "wrong_state" and "stale_version", Forbidden "wrong_part" and "part_taken" (the
// person already plays another part in this case).
type Service struct {
	d     Deps
	trail audit.Trail
}

// New builds the service.
func New(d Deps) *Service {
	return &Service{d: d, trail: audit.Trail{DB: d.DB, Recorder: d.Audit, Room: "registry"}}
}

// work is one event on one filing inside its transaction.
type work struct {
	tx     pgx.Tx
	who    actor.Actor
	now    time.Time
	today  time.Time
	part   Part
	filing Filing
	point  Point
	to     State
	number string // of the registration, once there is one
	note   string
	detail map[string]any // for the ledger and the history
	inside bool           // not for the parties
	tell   []int64        // accounts that get a message
	say    string         // its words; empty: nothing is sent
	link   string         // of the message; "" the filing
}

// onFiling runs one event: lock, scope, table, separation of duties, fn, then everything that must be written with it.
// fn changes w.filing and may choose w.to among the rule's states.
func (s *Service) onFiling(ctx context.Context, a actor.Actor, r Ref, event Event, fn func(ctx context.Context, w *work) error) (Filing, error) {
	var done Filing
	err := s.trail.Guard(ctx, a, string(event), "filing", strconv.FormatInt(r.ID, 10), func(ctx context.Context, tx pgx.Tx) error {
		f, err := postgres.One[Filing](ctx, tx, lockFiling, pgx.StrictNamedArgs{"id": r.ID})
		if errors.Is(err, pgx.ErrNoRows) {
			return filingNotFound()
		}
		if err != nil {
			return err
		}
		p, err := readPoint(ctx, tx, f.PointID)
		if err != nil {
			return err
		}
		parts := stand(a, f.ApplicantOrg, []int64{f.SellerOrg, f.BuyerOrg}, p)
		if len(parts) == 0 {
			return filingNotFound()
		}
		if event == EventRegister && f.Kind == Change {
			event = EventRegisterChange
		}
		rule, err := find(OnFiling, f.State, event, parts)
		if err != nil {
			return err
		}
		if r.Version != 0 && r.Version != f.Version {
			return fault.Stale()
		}
		w := &work{tx: tx, who: a, now: s.d.Now(), part: rule.Part, filing: f, point: p, to: rule.To[0], number: f.Number}
		w.today = clock.Date(w.now)
		if err := play(ctx, tx, f.ID, a.AccountID, rule.Part); err != nil {
			return err
		}
		if err := fn(ctx, w); err != nil {
			return err
		}
		if !slices.Contains(rule.To, w.to) {
			return fmt.Errorf("registry: %s leads from %s to %s, which the table does not know", event, f.State, w.to)
		}
		done, err = s.finish(ctx, w, event, f.State)
		return err
	})
	return done, err
}

// finish stores the filing and everything that goes with an event.
func (s *Service) finish(ctx context.Context, w *work, event Event, from State) (Filing, error) {
	w.filing.State = w.to
	switch {
	case !w.to.Open() && w.filing.DecidedAt == nil:
		w.filing.DecidedAt = &w.now
	case w.to.Open():
		w.filing.DecidedAt = nil
	}
	w.filing.Number = w.number
	if err := storeFiling(ctx, w.tx, w.filing, w.now); err != nil {
		return Filing{}, fmt.Errorf("store filing: %w", err)
	}
	w.filing.Version++
	w.filing.UpdatedAt = w.now
	if event != EventSaveReview {
		if err := s.note(ctx, w, event, from); err != nil {
			return Filing{}, err
		}
	}
	return w.filing, nil
}

// note writes history, audit, ledger and messages. Audit and ledger each have one chain head to lock, always taken in this
// order (certify/contract writes its audit rows before).
func (s *Service) note(ctx context.Context, w *work, event Event, from State) error {
	row := EventRow{At: w.now, Account: w.who.AccountID, Part: w.part, Event: event, From: from, To: w.to, Note: w.note, Internal: w.inside}
	if err := addEvent(ctx, w.tx, w.filing.ID, w.number, row, w.detail); err != nil {
		return fmt.Errorf("add event: %w", err)
	}
	if err := s.trail.Record(ctx, w.tx, w.who, string(event), "filing", strconv.FormatInt(w.filing.ID, 10), map[string]any{"from": from, "to": w.to, "part": w.part}); err != nil {
		return err
	}
	if event != EventRegister && event != EventRegisterChange { // the certificate's own row says it
		payload := decision{Filing: w.filing.IntakeNo, Number: w.number, Event: event, From: from, To: w.to, Part: w.part, Account: w.who.AccountID,
			Point: w.filing.PointID, ContractID: w.filing.ContractID, ContractVersion: w.filing.ContractVersion, TextDigest: w.filing.TextDigest,
			Class: w.filing.Class, Amount: w.filing.Amount, Technical: w.filing.Technical, Note: w.note, At: clock.Local(w.now).Format(time.RFC3339)}
		if _, err := s.chain(ctx, w.tx, "decision", w.filing.IntakeNo, payload); err != nil {
			return err
		}
	}
	if w.say == "" {
		return nil
	}
	return s.message(ctx, w.tx, w.tell, w.who.AccountID, w.say, w.filing.Title+"（"+w.filing.IntakeNo+"）", cmp.Or(w.link, "/filings/"+strconv.FormatInt(w.filing.ID, 10)))
}

// chain appends one canonical row to the ledger.
func (s *Service) chain(ctx context.Context, tx pgx.Tx, kind, ref string, payload any) (seq int64, err error) {
	row, err := s.d.Ledger.Append(ctx, tx, ledger.Entry{Kind: kind, Ref: ref, Payload: payload})
	if err != nil {
		return 0, fmt.Errorf("append to ledger: %w", err)
	}
	return row.Seq, nil
}

func (s *Service) message(ctx context.Context, tx pgx.Tx, to []int64, from int64, title, body, link string) error {
	to = slices.DeleteFunc(slices.Clone(to), func(account int64) bool { return account == 0 || account == from })
	if len(to) == 0 {
		return nil
	}
	return notify.Message(ctx, tx, notify.Note{To: to, Kind: "registration", Title: title, Body: body, Link: link, At: s.d.Now()})
}

// play notes that the person plays the part in the case, or refuses where the person already plays another one.
// The head may also have been registrar (registration.md §6 asks only applicant ≠ registrar ≠ reviewer), never reviewer.
func play(ctx context.Context, tx pgx.Tx, filing, account int64, part Part) error {
	if !slices.Contains([]Part{Applicant, Registrar, Reviewer, Expert, Head}, part) {
		return nil
	}
	args := pgx.StrictNamedArgs{"filing": filing, "account": account}
	var held Part
	err := tx.QueryRow(ctx, selectPart, args).Scan(&held)
	if errors.Is(err, pgx.ErrNoRows) {
		args["part"] = part
		_, err = tx.Exec(ctx, insertPart, args)
		return err
	}
	if err != nil {
		return err
	}
	if fits(held, part) {
		return nil
	}
	return fault.Newf(fault.Forbidden, "part_taken", "您已作为%s办理过本件，不能再作为%s。请由其他人员办理", held.Label(), part.Label())
}

// fits reports whether somebody who holds a part (or none) in a case may play the other one there.
func fits(held, part Part) bool {
	switch part {
	case Head:
		return held != Applicant && held != Reviewer
	case Applicant, Registrar, Reviewer, Expert:
		return held == "" || held == part
	default:
		return true
	}
}

// decision is the ledger payload of an event; certificates have their own.
type decision struct {
	Filing          string `json:"filing,omitempty"`
	Number          string `json:"number,omitempty"`
	Event           Event  `json:"event"`
	From            State  `json:"from"`
	To              State  `json:"to"`
	Part            Part   `json:"part"`
	Account         int64  `json:"account"`
	Point           int64  `json:"point"`
	ContractID      int64  `json:"contract"`
	ContractVersion int    `json:"contractVersion,omitempty"`
	TextDigest      string `json:"textDigest,omitempty"`
	Class           string `json:"class,omitempty"`
	Amount          any    `json:"amountFen,omitempty"`
	Technical       any    `json:"technicalFen,omitempty"`
	Income          any    `json:"incomeFen,omitempty"`
	Note            string `json:"note,omitempty"`
	At              string `json:"at"`
}
