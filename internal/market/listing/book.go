package listing

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/people/identity"
)

// Book is the typed face of Service for one kind of listing. achievement.Service and demand.Service are Books.
type Book[C Content[C]] struct {
	*Service
	kind Kind
}

// NewBook returns the book of a kind, which must be declared in the service's configuration with the same content type.
func NewBook[C Content[C]](s *Service, k Kind) *Book[C] { return &Book[C]{s, k} }

// Stale is the error of a save that came too late: it carries both versions so that a page can show them.
// fault.KindOf sees a conflict with code "stale_version".
type Stale[C any] struct {
	Theirs Item[C] // what is stored now
	Yours  C       // what was to be saved
}

// Error returns the fault's text.
func (s *Stale[C]) Error() string { return errStale.Error() }

// Unwrap makes the fault visible to errors.As.
func (s *Stale[C]) Unwrap() error { return errStale }

// Create starts a draft for the actor's organisation. The kind's authors may call. Incomplete content is fine, too long
// or malformed content is not. Faults: unauthorized; forbidden "not_member"; invalid.
func (b *Book[C]) Create(ctx context.Context, who actor.Actor, content C) (Item[C], error) {
	if !who.SignedIn() {
		return Item[C]{}, fault.SignIn()
	}
	if who.OrgID == 0 || !who.Has(b.kinds.Of(b.kind).Authors...) {
		return Item[C]{}, fault.New(fault.Forbidden, "not_member", "只有单位的经办人或管理员可以发布信息")
	}
	content = content.Tidy()
	if err := content.Validate(false); err != nil {
		return Item[C]{}, err
	}
	var item Item[C]
	err := b.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		org, err := b.config.Directory.OrganisationForShare(ctx, tx, who.OrgID)
		if err != nil {
			return err
		}
		now := b.config.Now()
		r := row{Listing: Listing{Kind: b.kind, OrganisationID: who.OrgID, OwnerAccount: who.AccountID, State: Draft,
			Version: 1, Division: org.Division, ReviewerScope: scopeOf(org.Division), Origin: OriginLocal,
			Sample: who.Sample || org.Sample, Hidden: org.State == actor.Suspended, CreatedAt: now, UpdatedAt: now}}
		if err := b.fill(&r, content); err != nil {
			return err
		}
		if err := checkAhead(b.kinds.Of(b.kind), r.Draft, now); err != nil {
			return err
		}
		if err := b.insert(ctx, tx, &r); err != nil {
			return err
		}
		if err := b.syncFiles(ctx, tx, r); err != nil {
			return err
		}
		if item, err = b.item(who, r); err != nil {
			return err
		}
		return b.note(ctx, tx, who, r.Listing, EventCreate, "", "", now)
	})
	if err != nil {
		return Item[C]{}, fmt.Errorf("create %s: %w", b.kind, err)
	}
	return item, nil
}

// Save replaces the working content of a draft, a returned listing or a revision. The owner may call with the version that
// was shown. Faults: unauthorized; not found "listing"; forbidden "listing_event"; conflict "listing_state"; *Stale[C]
// (conflict "stale_version"); invalid.
func (b *Book[C]) Save(ctx context.Context, who actor.Actor, id int64, version int, content C) (Item[C], error) {
	if !who.SignedIn() {
		return Item[C]{}, fault.SignIn()
	}
	content = content.Tidy()
	if err := content.Validate(false); err != nil {
		return Item[C]{}, err
	}
	var item Item[C]
	err := b.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := b.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.Kind != b.kind || !b.visible(who, r) {
			return errNotFound
		}
		switch {
		case b.roleOf(who, r.Listing) != RoleOwner:
			return refusal(r.State, EventSave, RoleNobody)
		case !r.State.editable():
			return refusal(r.State, EventSave, RoleOwner)
		}
		if r.Version != version {
			theirs, err := b.item(who, r)
			if err != nil {
				return err
			}
			return &Stale[C]{Theirs: theirs, Yours: content}
		}
		now := b.config.Now()
		if err := b.fill(&r, content); err != nil {
			return err
		}
		if err := checkAhead(b.kinds.Of(b.kind), r.Draft, now); err != nil {
			return err
		}
		if err := b.store(ctx, tx, &r, now); err != nil {
			return err
		}
		if err := b.syncFiles(ctx, tx, r); err != nil {
			return err
		}
		if item, err = b.item(who, r); err != nil {
			return err
		}
		if again, err := b.goesOn(ctx, tx, who, id, now); again || err != nil {
			return err
		}
		return b.note(ctx, tx, who, r.Listing, EventSave, r.State, "", now)
	})
	if err != nil {
		return Item[C]{}, fmt.Errorf("save %s: %w", b.kind, err)
	}
	return item, nil
}

// fill makes content the working content; the columns follow it until something is published.
func (b *Book[C]) fill(r *row, content C) error {
	raw, err := stored.Marshal(content)
	if err != nil {
		return err
	}
	r.Draft = raw
	if !r.State.Live() {
		return r.take(b.kinds.Of(b.kind), raw)
	}
	return nil
}

// Get returns one listing as the actor may see it: the own organisation its working content, an editor what is in review, the
// public what is published and not expired; guests without the contact person, others with a masked one (see Reveal).
// Faults: not found "listing"; gone
// "listing_gone" for what was public once and has ended.
func (b *Book[C]) Get(ctx context.Context, who actor.Actor, id int64) (Item[C], error) {
	r, err := b.row(ctx, b.config.DB, id)
	if err != nil {
		return Item[C]{}, err
	}
	if r.Kind != b.kind {
		return Item[C]{}, errNotFound
	}
	if !b.visible(who, r) {
		return Item[C]{}, gone(r.Listing)
	}
	return b.item(who, r)
}

// Many returns those of the listings that the actor may see, in the order of ids; for search hits and matches.
func (b *Book[C]) Many(ctx context.Context, who actor.Actor, ids []int64) ([]Item[C], error) {
	rows, err := b.list(ctx, listingsByID, pgx.StrictNamedArgs{"ids": ids, "kind": b.kind})
	if err != nil {
		return nil, fmt.Errorf("many: %w", err)
	}
	at := make(map[int64]row, len(rows))
	for _, r := range rows {
		at[r.ID] = r
	}
	var kept []row
	for _, id := range ids {
		if r, ok := at[id]; ok && b.visible(who, r) {
			kept = append(kept, r)
		}
	}
	return b.items(who, kept)
}

// Filter narrows the lists of Mine and Latest; zero values do not filter.
type Filter struct {
	States   []State // Mine only
	Asked    bool    // Mine only: those whose owner was asked to confirm
	Text     string  // part of the title
	Field    string  // code or the beginning of it
	Division string  // league or county
	Org      int64   // Latest only: listings of one organisation
	After    string  // cursor of the page before
	Limit    int     // 1–100, 20 when zero
}

// Page is one page of items; Next is "" at the end.
type Page[C any] struct {
	Items []Item[C]
	Next  string
}

// Mine lists the listings of the actor's organisation, last changed first. Faults: unauthorized; invalid "after".
func (b *Book[C]) Mine(ctx context.Context, who actor.Actor, f Filter) (Page[C], error) {
	rows, next, err := b.own(ctx, who, b.kind, f)
	if err != nil {
		return Page[C]{}, err
	}
	items, err := b.items(who, rows)
	return Page[C]{items, next}, err
}

// Own is Mine without the contents, for any kind; next is the cursor of the next page.
func (s *Service) Own(ctx context.Context, who actor.Actor, k Kind, f Filter) (listings []Listing, next string, err error) {
	rows, next, err := s.own(ctx, who, k, f)
	for _, r := range rows {
		listings = append(listings, r.Listing)
	}
	return listings, next, err
}

func (s *Service) own(ctx context.Context, who actor.Actor, k Kind, f Filter) ([]row, string, error) {
	if !who.SignedIn() {
		return nil, "", fault.SignIn()
	}
	states := make([]string, len(f.States))
	for i, s := range f.States {
		states[i] = string(s)
	}
	return s.page(ctx, k, f, ownList, pgx.StrictNamedArgs{"org": who.OrgID, "states": states, "asked": f.Asked},
		func(r row) time.Time { return r.UpdatedAt })
}

// Latest lists public listings, newest publication first: for the home page, feeds and an organisation's page. Searching
// and filter rails go to the search engine. Fault: invalid "after".
func (b *Book[C]) Latest(ctx context.Context, who actor.Actor, f Filter) (Page[C], error) {
	rows, next, err := b.page(ctx, b.kind, f, publicList, pgx.StrictNamedArgs{"org": f.Org, "own": who.In(f.Org), "now": b.config.Now()},
		func(r row) time.Time { return *r.PublishedAt })
	if err != nil {
		return Page[C]{}, err
	}
	items, err := b.items(who, rows)
	return Page[C]{items, next}, err
}

// Public is Latest for a caller that goes through several kinds; each Content is of its kind's content type.
func (s *Service) Public(ctx context.Context, who actor.Actor, k Kind, f Filter) (Page[any], error) {
	return s.kinds.Of(k).rules.public(ctx, s, who, f)
}

// page is one page of rows; key is the time they are ordered by.
func (s *Service) page(ctx context.Context, k Kind, f Filter, sql string, args pgx.StrictNamedArgs, key func(row) time.Time) (
	rows []row, next string, err error,
) {
	at, id, err := openCursor(f.After)
	if err != nil {
		return nil, "", err
	}
	if f.After == "" {
		at = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	limit := pageSize(f.Limit)
	args["kind"], args["text"], args["field"] = k, likePattern(f.Text), f.Field
	args["division"], args["at"], args["id_before"], args["limit"] = identity.DivisionPrefix(f.Division), at, id, limit+1
	if rows, err = s.list(ctx, sql, args); err != nil {
		return nil, "", fmt.Errorf("list %s: %w", k, err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor(key(rows[limit-1]), rows[limit-1].ID)
	}
	return rows, next, nil
}

// Version is one published version.
type Version[C any] struct {
	Number      int
	Content     C
	PublishedAt time.Time
}

// Versions lists what was public, newest first: the own organisation and editors see all, others only while the listing is
// public. Fault: not found "listing".
func (b *Book[C]) Versions(ctx context.Context, who actor.Actor, id int64) ([]Version[C], error) {
	it, err := b.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	q, _ := b.config.DB.Query(ctx, versionsOf, pgx.StrictNamedArgs{"id": id})
	rows, err := pgx.CollectRows(q, pgx.RowToStructByName[struct {
		Number      int
		Content     json.RawMessage
		PublishedAt time.Time
	}])
	if err != nil {
		return nil, fmt.Errorf("versions: %w", err)
	}
	var out []Version[C]
	for _, r := range rows {
		v := Version[C]{Number: r.Number, PublishedAt: r.PublishedAt}
		raw, err := b.config.DB.Contents().Open(r.Content)
		if err == nil {
			err = stored.Unmarshal(raw, &v.Content)
		}
		if err != nil {
			return nil, fmt.Errorf("versions: %w", err)
		}
		v.Content = shown(who, it.Listing, v.Content)
		out = append(out, v)
	}
	return out, nil
}

func (b *Book[C]) items(who actor.Actor, rows []row) ([]Item[C], error) {
	out := make([]Item[C], 0, len(rows))
	for _, r := range rows {
		it, err := b.item(who, r)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

func (b *Book[C]) item(who actor.Actor, r row) (Item[C], error) {
	it := Item[C]{Listing: r.Listing, Mine: who.In(r.OrganisationID), Actions: b.actions(who, r.Listing)}
	if len(r.Published) > 0 {
		var c C
		if err := stored.Unmarshal(r.Published, &c); err != nil {
			return it, fmt.Errorf("listing %d: %w", r.ID, err)
		}
		c = shown(who, r.Listing, c)
		it.Content, it.Published = c, &c
	}
	if seesDraft(who, r) {
		var c C
		if err := stored.Unmarshal(r.Draft, &c); err != nil {
			return it, fmt.Errorf("listing %d: %w", r.ID, err)
		}
		it.Content = shown(who, r.Listing, c)
	}
	it.Listing = forReader(who, it.Listing)
	return it, nil
}
