package disclosure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Place is a seat with what may be done about it now.
type Place struct {
	Seat
	Kind   string  `json:"kind"` // of its words; "" while the person only asks
	Events []Event `json:"events"`
}

// View is a room as somebody sees it: the owner everything, others the papers that they may read now and their own seats.
type View struct {
	Room     Room      `json:"room"`
	Owner    bool      `json:"owner"`
	Reach    Layer     `json:"reach"` // the innermost layer to be read now; "" for none
	Papers   []Paper   `json:"papers"`
	Places   []Place   `json:"places"`
	Words    []Words   `json:"words"`
	Entries  []Entry   `json:"entries"` // the ledger; the owner alone
	Broken   int       `json:"broken"`  // the first row of the ledger that does not follow; 0: none
	MayAsk   bool      `json:"mayAsk"`
	Contacts []Named   `json:"-"` // whom the owner may name: who asked, and the contacts of the talk
	AsOf     time.Time `json:"asOf"`
}

// Read shows one room. Faults: Unauthorized, NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	v, err = s.view(ctx, who, id)
	return v, wrapped("disclosure: read", err)
}

func (s *Service) view(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	if !who.SignedIn() {
		return v, fault.SignIn()
	}
	b, err := read(ctx, s.config.DB, selectRoom, id)
	if err != nil {
		return v, err
	}
	registered, err := s.registered(ctx, who, b.room)
	if err != nil {
		return v, err
	}
	if !b.sees(who, registered) {
		return v, errNotFound
	}
	v = View{Room: b.room, Owner: b.owns(who), Reach: b.reach(who, registered), AsOf: b.now}
	for _, p := range b.papers {
		if p.Layer.depth() <= v.Reach.depth() {
			v.Papers = append(v.Papers, p)
		}
	}
	for _, w := range b.words {
		if b.named(who, w) {
			v.Words = append(v.Words, w)
		}
	}
	for _, x := range b.seats {
		if v.Owner || x.Account == who.AccountID {
			v.Places = append(v.Places, b.place(x, v.Owner))
		}
	}
	v.MayAsk = registered && !v.Owner && !b.seated(who.AccountID)
	if !v.Owner {
		return v, nil
	}
	if v.Entries, err = postgres.Many[Entry](ctx, s.config.DB, selectEntries, pgx.StrictNamedArgs{"id": id}); err != nil {
		return v, err
	}
	v.Broken = follows(b.room, v.Entries)
	v.Contacts, err = s.contacts(ctx, who, b)
	return v, err
}

func (b *bench) place(x Seat, owner bool) Place {
	p := Place{Seat: x, Kind: b.wordsOf(x.Words).Kind}
	role := RoleReader
	if owner {
		role = RoleOwner
	}
	for _, m := range moves() {
		signed := x.State == Active && p.Kind == KindAgreement
		if m.from == x.State && m.role == role && !signed {
			p.Events = append(p.Events, m.on)
		}
	}
	return p
}

// contacts are those whom the owner may name: who has a seat here, and who carries the talk for the other side.
func (s *Service) contacts(ctx context.Context, who actor.Actor, b *bench) (out []Named, err error) {
	for _, x := range b.seats {
		if !slices.ContainsFunc(out, func(n Named) bool { return n.Account == x.Account }) {
			out = append(out, Named{Account: x.Account, Org: x.Org, Name: x.Name, OrgName: x.OrgName})
		}
	}
	if b.room.Deal == 0 {
		return out, nil
	}
	of, err := s.config.Talk(ctx, who, b.room.Deal)
	if err != nil {
		return nil, err
	}
	for _, n := range of.Contacts {
		if n.Org != b.room.OrgID && !slices.ContainsFunc(out, func(x Named) bool { return x.Account == n.Account }) {
			out = append(out, n)
		}
	}
	return out, nil
}

// Filter narrows and pages a list.
type Filter struct {
	Listing int64 // 0: all
	Deal    int64 // 0: all
	After   int64
	Limit   int // 1 … 100
}

// List returns the rooms of the actor's unit, those in which he has or had a seat, and all of a talk in which his unit is, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Room, error) {
	const op = "disclosure: list"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op+": %w", fault.SignIn())
	}
	org, deals := int64(-1), []int64{}
	if who.Member() {
		org = who.OrgID
	}
	if f.Deal != 0 {
		if _, err := s.config.Talk(ctx, who, f.Deal); err == nil {
			deals = append(deals, f.Deal)
		}
	}
	list, err := postgres.Many[Room](ctx, s.config.DB, listRooms, pgx.StrictNamedArgs{"org": org, "account": who.AccountID, "deals": deals,
		"listing": f.Listing, "deal": f.Deal, "after": f.After, "limit": min(max(f.Limit, 1), 100)})
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return list, nil
}

// OfListing is the room of a listing, false without one. That there is one is no secret: the listing's page leads to it.
func (s *Service) OfListing(ctx context.Context, listing int64) (Room, bool, error) {
	r, err := postgres.One[Room](ctx, s.config.DB, roomOfListing, pgx.StrictNamedArgs{"listing": listing})
	if errors.Is(err, pgx.ErrNoRows) {
		return Room{}, false, nil
	}
	if err != nil {
		return Room{}, false, fmt.Errorf("disclosure: of listing: %w", postgres.Fault(err))
	}
	return r, true, nil
}

// Waiting is a seat that waits for the actor: words offered to him, or somebody who asks his unit for access.
type Waiting struct {
	Room    int64
	Title   string
	Sample  bool
	State   Stage
	Name    string
	OrgName string
	Since   time.Time
}

// Awaiting lists what waits for the actor, longest waiting first, 100 at most.
func (s *Service) Awaiting(ctx context.Context, who actor.Actor) ([]Waiting, error) {
	org := int64(-1)
	if who.Member() {
		org = who.OrgID
	}
	list, err := postgres.Many[Waiting](ctx, s.config.DB, awaitingSeats, pgx.StrictNamedArgs{"org": org, "account": who.AccountID})
	if err != nil {
		return nil, fmt.Errorf("disclosure: awaiting: %w", postgres.Fault(err))
	}
	return list, nil
}
