package registry

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/platform/audit"
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
	ExpertsFor(ctx context.Context, division string) ([]int64, error)  // of the departments of the league and of the region
}

// Enqueuer inserts background work in the caller's transaction; *jobs.Client is one.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Config is what a Service needs.
type Config struct {
	DB        *postgres.DB
	Contracts *contract.Service
	Ledger    *ledger.Ledger
	Audit     audit.Recorder
	People    People
	Jobs      Enqueuer
	Files     *files.Store
	Reader    *files.Reader
	Papers    *extract.Papers
	Now       func() time.Time
	Random    io.Reader           // of the check codes
	Drawable  func(...Text) error // refuses what no paper could print; nil: anything can be printed
	Alarm     witness.Alarm       // hears of a record that differs from the ledger; nil: nobody
	// Ended follows the end of a registration in its transaction; reason says which and how. It names the lists that fell.
	// nil: nothing follows.
	Ended func(ctx context.Context, tx pgx.Tx, number, reason string, at time.Time) (lists []string, err error)
}

// Service is the desk and the register. Every event that changes something writes, in one transaction: the new state, a
// filing_event, a ledger row and an audit row. A refused call changes nothing and leaves an audit row "refused".
type Service struct {
	config Config
	trail  audit.Trail
	book   *witness.Book
}

// New builds the service.
func New(c Config) *Service {
	return &Service{
		config: c,
		trail:  audit.Trail{DB: c.DB, Recorder: c.Audit, Now: c.Now, Room: "registry"},
		book:   witness.New(c.DB, c.Ledger, c.Alarm),
	}
}

// finish stores the filing and everything that goes with an event.
func (s *Service) finish(ctx context.Context, w *work, from State) error {
	w.filing.State = w.to
	switch {
	case !w.to.Open() && w.filing.DecidedAt == nil:
		w.filing.DecidedAt = &w.now
	case w.to.Open():
		w.filing.DecidedAt = nil
	}
	w.filing.Number = w.number
	if err := storeFiling(ctx, w.tx, w.filing, w.now); err != nil {
		return fmt.Errorf("store filing: %w", err)
	}
	w.filing.Version++
	w.filing.UpdatedAt = w.now
	if w.Event == EventSaveReview { // no decision, but what the next one rests on
		return s.book.Note(ctx, w.tx, w.subjects()...)
	}
	return s.noteFiling(ctx, w, from)
}

// noteFiling writes history, audit, ledger and messages. Audit and ledger each have one chain head to lock, always taken in this
// order (certify/contract writes its audit rows before).
func (s *Service) noteFiling(ctx context.Context, w *work, from State) error {
	row := EventRow{At: w.now, Account: w.who.AccountID, Part: w.part, Event: w.Event, From: from, To: w.to, Note: w.note, Internal: w.inside}
	if err := addEvent(ctx, w.tx, w.filing.ID, w.number, row, w.detail); err != nil {
		return fmt.Errorf("add event: %w", err)
	}
	if err := s.trail.Record(ctx, w.tx, w.who, string(w.Event), "filing", strconv.FormatInt(w.filing.ID, 10),
		map[string]any{"from": from, "to": w.to, "part": w.part}); err != nil {
		return err
	}
	if w.Event != EventRegister && w.Event != EventRegisterChange { // the certificate's own row says it
		payload := decision{
			Filing:          w.filing.IntakeNo,
			Number:          w.number,
			Event:           w.Event,
			From:            from,
			To:              w.to,
			Part:            w.part,
			Account:         w.who.AccountID,
			Point:           w.filing.PointID,
			ContractID:      w.filing.ContractID,
			ContractVersion: w.filing.ContractVersion,
			TextDigest:      w.filing.TextDigest,
			Class:           w.filing.Class,
			Amount:          w.filing.Amount,
			Technical:       w.filing.Technical,
			Note:            w.note,
			At:              clock.Local(w.now).Format(time.RFC3339),
		}
		if _, err := s.chain(ctx, w.tx, "decision", w.filing.IntakeNo, payload); err != nil {
			return err
		}
	}
	if err := s.book.Note(ctx, w.tx, w.subjects()...); err != nil {
		return err
	}
	if w.say == "" {
		return nil
	}
	return s.message(
		ctx,
		w.tx,
		w.tell,
		w.who.AccountID,
		w.say,
		w.filing.Title+"（"+w.filing.IntakeNo+"）",
		cmp.Or(w.link, "/filings/"+strconv.FormatInt(w.filing.ID, 10)),
	)
}

// noteRegistration is noteFiling for registrations.
func (s *Service) noteRegistration(ctx context.Context, w *work, from State) error {
	r := w.reg
	row := EventRow{At: w.now, Account: w.who.AccountID, Part: w.part, Event: w.Event, From: from, To: w.to, Note: w.note}
	if err := addEvent(ctx, w.tx, 0, r.Number, row, nil); err != nil {
		return fmt.Errorf("add event: %w", err)
	}
	if err := s.trail.Record(ctx, w.tx, w.who, string(w.Event), "registration", r.Number,
		map[string]any{"from": from, "to": w.to, "part": w.part}); err != nil {
		return err
	}
	payload := decision{Number: r.Number, Event: w.Event, From: from, To: w.to, Part: w.part, Account: w.who.AccountID, Point: r.PointID,
		ContractID: r.ContractID, Class: r.Class, Amount: r.Amount, Technical: r.Technical, Income: r.Income, Note: w.note,
		At: clock.Local(w.now).Format(time.RFC3339)}
	if _, err := s.chain(ctx, w.tx, "decision", r.Number, payload); err != nil {
		return err
	}
	if err := s.book.Note(ctx, w.tx, w.subjects()...); err != nil {
		return err
	}
	if w.say == "" {
		return nil
	}
	return s.message(ctx, w.tx, w.tell, w.who.AccountID, w.say, r.Title+"（"+r.Number+"）", "/registrations/"+r.Number)
}

// subjects are the records that the work touches.
func (w *work) subjects() []witness.Subject {
	var all []witness.Subject
	if w.filing.ID != 0 {
		all = append(all, witness.Filing(w.filing.IntakeNo), witness.Contract(w.filing.ContractID))
	}
	if number := cmp.Or(w.number, w.reg.Number); number != "" {
		all = append(all, witness.Registration(number))
	}
	for _, list := range w.lists {
		all = append(all, witness.List(list))
	}
	return all
}

// chain appends one canonical row to the ledger.
func (s *Service) chain(ctx context.Context, tx pgx.Tx, kind, ref string, payload any) (seq int64, err error) {
	row, err := s.config.Ledger.Append(ctx, tx, ledger.Entry{Kind: kind, Ref: ref, Payload: payload})
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
	return notify.Message(ctx, tx, notify.Note{To: to, Kind: "registration", Title: title, Body: body, Link: link, At: s.config.Now()})
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
