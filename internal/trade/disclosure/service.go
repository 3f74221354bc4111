package disclosure

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Files keeps the originals (files.Store). Nobody reads an original through a page: every reading is a marked copy.
type Files interface {
	Own(ctx context.Context, q postgres.Querier, org, file int64) (files.File, error)
	Kept(ctx context.Context, q postgres.Querier, file int64) (files.File, error)
	Content(f files.File) ([]byte, error)
}

// Mark is what a copy carries: lines that are seen, and the number under which the ledger knows it.
type Mark struct {
	Lines []string
	ID    string
}

// Marker makes marked copies of PDF files and pictures (platform/document).
type Marker interface {
	// Pages counts, and refuses what cannot be marked. Faults: Invalid mark_kind, mark_broken, mark_pages.
	Pages(ctx context.Context, mime string, raw []byte) (int, error)
	Mark(ctx context.Context, mime string, raw []byte, m Mark) ([]byte, error)
}

// Listed is a listing as disclosure sees it.
type Listed struct {
	OrgID     int64
	Title     string
	Open      bool // anybody finds it
	Anonymous bool // its unit is not public
}

// Talk is a talk as its party sees it; a broker is no party here.
type Talk struct {
	Subject  string
	Contacts []Named // who carries it for the two sides
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB      *postgres.DB
	Audit   audit.Recorder
	Notices Notices
	Files   Files
	Marker  Marker
	Listing func(ctx context.Context, id int64) (Listed, error)
	// Talk is NotFound for whoever is not of one of its two units.
	Talk func(ctx context.Context, who actor.Actor, id int64) (Talk, error)
	// Signed keeps an agreement that everybody accepted in the market's register of proofs.
	Signed func(ctx context.Context, tx pgx.Tx, s Signature) error
}

// Service carries disclosure rooms.
type Service struct {
	config Config
	gate   chan struct{} // copies that are made at the same time
}

// New makes the service.
func New(c Config) *Service { return &Service{config: c, gate: make(chan struct{}, 2)} }

// Room is a stored room.
type Room struct {
	ID        int64     `json:"id"`
	OrgID     int64     `json:"organisationId"`
	CreatedBy int64     `json:"-"`
	Listing   int64     `json:"listingId"` // 0: of a talk
	Deal      int64     `json:"dealId"`    // 0: of a listing
	Title     string    `json:"title"`
	Entries   int       `json:"-"`
	Head      []byte    `json:"-"`
	Sample    bool      `json:"sample"`
	CreatedAt time.Time `json:"createdAt"`
}

// Paper is a stored paper of a room.
type Paper struct {
	ID        int64      `json:"id"`
	Layer     Layer      `json:"layer"`
	File      int64      `json:"-"`
	Name      string     `json:"name"`
	Pages     int        `json:"pages"`
	AddedAt   time.Time  `json:"addedAt"`
	RemovedAt *time.Time `json:"-"`
}

// Words are stored words.
type Words struct {
	ID        int64      `json:"id"`
	Kind      string     `json:"kind"`
	Body      string     `json:"body"` // Frozen as JSON
	Digest    string     `json:"digest"`
	File      int64      `json:"-"`
	ValidTo   *time.Time `json:"validTo" format:"date"`
	CreatedBy int64      `json:"-"`
	CreatedAt time.Time  `json:"createdAt"`
}

// Seat is a stored seat.
type Seat struct {
	ID         int64      `json:"id"`
	Words      int64      `json:"wordsId"` // 0: the person only asks
	Account    int64      `json:"accountId"`
	Org        int64      `json:"organisationId"`
	Name       string     `json:"name"`
	OrgName    string     `json:"organisation"`
	Purpose    string     `json:"purpose"`
	State      Stage      `json:"state"`
	RoomFrom   *time.Time `json:"roomFrom" format:"date"`
	RoomTo     *time.Time `json:"roomTo" format:"date"`
	AcceptedAt *time.Time `json:"acceptedAt"`
	Reason     string     `json:"reason"`
	UpdatedAt  time.Time  `json:"updatedAt"`
}

// bench is a room under its lock with everything in it but the ledger.
type bench struct {
	tx     pgx.Tx
	room   Room
	papers []Paper
	words  []Words
	seats  []Seat
	now    time.Time
}

func (b *bench) today() fact.Day { return fact.DayOf(b.now) }

func (b *bench) owns(who actor.Actor) bool { return who.In(b.room.OrgID) && who.Member() }

func (b *bench) wordsOf(id int64) Words {
	for _, w := range b.words {
		if w.ID == id {
			return w
		}
	}
	return Words{}
}

// reach is the innermost layer that somebody may read now, "" for none. The seat is his only while he acts for the unit for which it was
// given.
func (b *bench) reach(who actor.Actor, registered bool) Layer {
	if b.owns(who) {
		return Inner
	}
	if !who.Member() || who.OrgState != actor.Confirmed {
		return ""
	}
	reached, today := Layer(""), b.today()
	if registered {
		reached = Registered
	}
	for _, s := range b.seats {
		w := b.wordsOf(s.Words)
		if s.State != Active || s.Account != who.AccountID || !who.In(s.Org) || w.Kind != KindNDA || fact.OfDate(*w.ValidTo) < today {
			continue
		}
		if s.RoomFrom != nil && fact.OfDate(*s.RoomFrom) <= today && today <= fact.OfDate(*s.RoomTo) {
			return Inner
		}
		reached = NDA
	}
	return reached
}

// registered tells whether somebody sees the outermost layer: of a listing every member of a confirmed unit, of a talk its other side.
func (s *Service) registered(ctx context.Context, who actor.Actor, r Room) (bool, error) {
	if deal.MayTrade(who) != nil {
		return false, nil //nolint:nilerr // who may not trade is not registered; the reason is of no interest
	}
	if r.Deal != 0 {
		_, err := s.config.Talk(ctx, who, r.Deal)
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		return err == nil, err
	}
	of, err := s.config.Listing(ctx, r.Listing)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return of.Open, err
}

// Open opens the room of an own listing, or the own room in a talk; where it is open already, that one. Faults: Unauthorized, Forbidden
// not_own, NotFound, Invalid subject.
func (s *Service) Open(ctx context.Context, who actor.Actor, listing, talk int64) (id int64, err error) {
	const op = "disclosure: open"
	if err := deal.MayTrade(who); err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	r := Room{OrgID: who.OrgID, CreatedBy: who.AccountID, Listing: listing, Deal: talk, Sample: who.Sample}
	switch {
	case (listing == 0) == (talk == 0):
		err = fault.New(fault.Invalid, "subject", "请从一项成果、一项需求或一次洽谈打开披露室")
	case listing != 0:
		var of Listed
		if of, err = s.config.Listing(ctx, listing); err == nil && !who.In(of.OrgID) {
			err = fault.New(fault.Forbidden, "not_own", "只能为本单位发布的信息开披露室")
		}
		if err == nil && of.Anonymous {
			err = fault.New(fault.Conflict, "anonymous", "这条信息没有公开单位名称，开披露室会让人看到。请在洽谈里开")
		}
		r.Title = of.Title
	default:
		var of Talk
		of, err = s.config.Talk(ctx, who, talk)
		r.Title = of.Subject
	}
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if id, err = existing(ctx, tx, r); err != nil || id != 0 {
			return err
		}
		if r.CreatedAt, err = postgres.Now(ctx, tx); err != nil {
			return err
		}
		if id, err = insertRoom(ctx, tx, r); err != nil {
			return err
		}
		r.ID = id
		b := &bench{tx: tx, room: r, now: r.CreatedAt}
		return s.note(ctx, b, who, Entry{Event: EventOpen})
	})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return id, nil
}

// AddPaper adds an uploaded PDF or picture of the owner to a layer. Faults: NotFound, Forbidden, Invalid (what cannot be marked is
// refused by its name).
func (s *Service) AddPaper(ctx context.Context, who actor.Actor, room int64, layer Layer, file int64) error {
	err := s.with(ctx, who, room, func(ctx context.Context, b *bench, _ Layer) error {
		if !b.owns(who) {
			return errOwner
		}
		if err := deal.MayTrade(who); err != nil {
			return err
		}
		var f fault.Fields
		f.Check(layer.depth() > 0, "layer", "unknown_code", "请选择资料放在哪一层")
		f.Check(len(b.papers) < maxPapers, "file", "too_many", "一个披露室最多 200 份资料，请先撤下不用的")
		if err := f.Err(); err != nil {
			return err
		}
		of, err := s.config.Files.Own(ctx, b.tx, who.OrgID, file)
		if err != nil {
			return err
		}
		raw, err := s.config.Files.Content(of)
		if err != nil {
			return err
		}
		pages, err := s.config.Marker.Pages(ctx, of.MIME, raw)
		if err != nil {
			f.Addf("file", "mark_refused", "《%s》：%s", of.Name, fault.Words(err))
			return f.Err()
		}
		p := Paper{Layer: layer, File: file, Name: of.Name, Pages: pages, AddedAt: b.now}
		if p.ID, err = insertPaper(ctx, b.tx, room, who.AccountID, p); err != nil {
			return err
		}
		return s.note(ctx, b, who, Entry{Event: EventAdd, Paper: p.ID, Detail: of.Name, Digest: of.Digest})
	})
	return wrapped("disclosure: add paper", err)
}

// RemovePaper takes a paper away from everybody at once. Faults: NotFound, Forbidden.
func (s *Service) RemovePaper(ctx context.Context, who actor.Actor, room, paper int64) error {
	err := s.with(ctx, who, room, func(ctx context.Context, b *bench, _ Layer) error {
		if !b.owns(who) {
			return errOwner
		}
		p, err := b.paper(paper)
		if err != nil {
			return err
		}
		if err := removePaper(ctx, b.tx, paper, b.now); err != nil {
			return err
		}
		return s.note(ctx, b, who, Entry{Event: EventRemove, Paper: paper, Detail: p.Name})
	})
	return wrapped("disclosure: remove paper", err)
}

func (b *bench) paper(id int64) (Paper, error) {
	for _, p := range b.papers {
		if p.ID == id {
			return p, nil
		}
	}
	return Paper{}, errNoPaper
}

// Request asks the owner for access to what lies deeper. Faults: NotFound, Conflict already_seated, Invalid.
func (s *Service) Request(ctx context.Context, who actor.Actor, room int64, purpose string) error {
	err := s.with(ctx, who, room, func(ctx context.Context, b *bench, _ Layer) error {
		if err := deal.MayTrade(who); err != nil {
			return err
		}
		purpose = strings.TrimSpace(purpose)
		var f fault.Fields
		n := len([]rune(purpose))
		f.Check(n >= 4 && n <= maxPurpose, "purpose", "length", "请写明想了解什么、准备怎么用（4—500 字）")
		if err := f.Err(); err != nil {
			return err
		}
		if b.owns(who) || b.seated(who.AccountID) {
			return fault.New(fault.Conflict, "already_seated", "您已经申请或已经可以查看，不用再申请")
		}
		seat := Seat{Account: who.AccountID, Org: who.OrgID, Name: who.Name, OrgName: who.OrgName, Purpose: purpose, State: Requested}
		var err error
		if seat.ID, err = insertSeat(ctx, b.tx, room, seat, b.now); err != nil {
			return err
		}
		if err := s.tell(ctx, b, []int64{b.room.CreatedBy}, who.OrgName+"申请查看资料"); err != nil {
			return err
		}
		return s.note(ctx, b, who, Entry{Event: EventRequest, Seat: seat.ID, Detail: purpose})
	})
	return wrapped("disclosure: request", err)
}

// seated tells whether somebody asks already, or has an agreement on secrecy offered or accepted.
func (b *bench) seated(account int64) bool {
	for _, s := range b.seats {
		if s.Account == account && !s.State.Over() && b.wordsOf(s.Words).Kind != KindAgreement {
			return true
		}
	}
	return false
}

// with runs a step under the room's lock for somebody who sees the room at all.
func (s *Service) with(ctx context.Context, who actor.Actor, room int64, step func(context.Context, *bench, Layer) error) error {
	if !who.SignedIn() {
		return fault.SignIn()
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := lock(ctx, tx, room)
		if err != nil {
			return err
		}
		registered, err := s.registered(ctx, who, b.room)
		if err != nil {
			return err
		}
		if !b.sees(who, registered) {
			return errNotFound
		}
		return step(ctx, b, b.reach(who, registered))
	})
}

// sees tells whether the room exists for somebody: its unit, whoever has or had a seat, and who sees the outermost layer.
func (b *bench) sees(who actor.Actor, registered bool) bool {
	if b.owns(who) || registered {
		return true
	}
	for _, s := range b.seats {
		if s.Account == who.AccountID {
			return true
		}
	}
	return false
}

// note appends to the room's ledger and to the trail.
func (s *Service) note(ctx context.Context, b *bench, who actor.Actor, e Entry) error {
	e.Seq, e.At, e.AccountID = b.room.Entries+1, b.now.Truncate(time.Microsecond), who.AccountID
	e.Hash = e.hash(b.room.ID, b.room.Head)
	b.room.Entries, b.room.Head = e.Seq, e.Hash
	if err := insertEntry(ctx, b.tx, b.room.ID, e); err != nil {
		return err
	}
	return s.config.Audit.Record(ctx, b.tx, audit.Event{Actor: who, Action: "disclosure." + string(e.Event), ObjectKind: "disclosure",
		ObjectID: strconv.FormatInt(b.room.ID, 10), Detail: map[string]any{"entry": e.Seq}})
}

func (s *Service) tell(ctx context.Context, b *bench, to []int64, title string) error {
	return s.config.Notices.Tell(ctx, b.tx, notify.Note{To: to, Kind: "disclosure", Title: lang.Clip(title+"："+b.room.Title, 100),
		Body: "请打开披露室查看。", Link: "/rooms/" + strconv.FormatInt(b.room.ID, 10), At: b.now})
}

func wrapped(op string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", op, postgres.Fault(err))
	}
	return nil
}

var (
	errNotFound = fault.New(fault.NotFound, "room_not_found", "没有找到这个披露室")
	errNoPaper  = fault.New(fault.NotFound, "paper_not_found", "没有找到这份资料，可能已经撤下")
	errOwner    = fault.New(fault.Forbidden, "wrong_role", "这一步由资料所属单位办理")
)
