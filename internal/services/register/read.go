package register

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Item is an entry in a list, with its grades and the name of its owner.
type Item struct {
	Entry
	Owner  string
	Grades []Grade // newest first
}

// Holding are the levels that hold on a day.
func (i Item) Holding(day time.Time) []string { return holding(i.Grades, day) }

func holding(grades []Grade, day time.Time) []string {
	var out []string
	for _, g := range grades {
		if g.Kind == Level && g.On(day) && !slices.Contains(out, g.Level) {
			out = append(out, g.Level)
		}
	}
	return out
}

func (s *Service) items(ctx context.Context, entries []Entry) ([]Item, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	var owners []int64
	for _, e := range entries {
		owners = append(owners, e.OrganisationID)
	}
	orgs, err := s.config.Directory.Organisations(ctx, owners)
	if err != nil {
		return nil, err
	}
	grades, err := s.grades(ctx, entries)
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(entries))
	for i, e := range entries {
		out[i] = Item{Entry: e, Owner: orgs[e.OrganisationID].Name, Grades: grades[e.ID]}
	}
	return out, nil
}

// shown is an item as its readers may have it: the examined words, of them what the sight allows.
func (s *Service) shown(i Item, sight Sight) Item {
	d, _ := s.kinds.Get(i.Kind)
	i.Name, i.Content, i.Listed, i.Reason = i.ListedName, d.Seen(i.Listed, sight), nil, ""
	i.Grades = slices.DeleteFunc(slices.Clone(i.Grades), func(g Grade) bool { return g.Kind == Mark }) // marks are for owner and desk
	return i
}

func sightOf(who actor.Actor) Sight {
	if who.SignedIn() {
		return Signed
	}
	return Public
}

// List returns the public entries of a kind, newest first, and how many there are (at most CountMost + 1).
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (items []Item, total int, err error) {
	const op = "register: list: %w"
	d, ok := s.kinds.Get(f.Kind)
	if !ok {
		return nil, 0, fmt.Errorf(op, errNoKind)
	}
	if err := d.narrows(f); err != nil {
		return nil, 0, fmt.Errorf(op, err)
	}
	entries, err := s.publicPage(ctx, f, f.After, bounded(f.Limit))
	if err != nil {
		return nil, 0, fmt.Errorf(op, err)
	}
	if total, err = s.countPublic(ctx, f); err != nil {
		return nil, 0, fmt.Errorf(op, err)
	}
	if items, err = s.items(ctx, entries); err != nil {
		return nil, 0, fmt.Errorf(op, err)
	}
	for i := range items {
		items[i] = s.shown(items[i], sightOf(who))
	}
	return items, total, nil
}

// Nearby are the public entries of one kind in a place: the latest, and how many there are.
type Nearby struct {
	Kind  Descriptor
	Total int
	Items []Item
}

// Nearby lists the latest public entries of a league or county by kind, at most per of each, in the order of the kinds; kinds without any
// are left out. Anybody may ask.
func (s *Service) Nearby(ctx context.Context, who actor.Actor, place string, per int) ([]Nearby, error) {
	const op = "register: nearby: %w"
	found, err := s.nearby(ctx, place, bounded(per))
	if err != nil {
		return nil, fmt.Errorf(op, err)
	}
	entries := make([]Entry, len(found))
	for i, f := range found {
		entries[i] = f.Entry
	}
	items, err := s.items(ctx, entries)
	if err != nil {
		return nil, fmt.Errorf(op, err)
	}
	var out []Nearby
	for _, d := range s.kinds.all {
		near := Nearby{Kind: d}
		for i, f := range found {
			if f.Kind == d.Kind {
				near.Total, near.Items = f.Total, append(near.Items, s.shown(items[i], sightOf(who)))
			}
		}
		if near.Total > 0 {
			out = append(out, near)
		}
	}
	return out, nil
}

// narrows refuses what the kind's lists can't be narrowed by.
func (d Descriptor) narrows(f Filter) error {
	var wrong fault.Fields
	for code, value := range f.Facets {
		field, ok := d.Field(code)
		known := ok && field.Facet && slices.ContainsFunc(field.Choices, func(c Choice) bool { return c.Code == value })
		wrong.Check(known, code, "choose", "没有这个筛选条件，请从页面上的选项中选择")
	}
	wrong.Check(f.Level == "" || slices.ContainsFunc(d.Grades, func(c Choice) bool { return c.Code == f.Level }), "level", "choose",
		"没有这个等级，请从页面上的选项中选择")
	return wrong.Err()
}

func bounded(limit int) int {
	if limit <= 0 {
		return 20
	}
	return min(limit, 100)
}

// Some returns those of the entries that are public, in the order of ids.
func (s *Service) Some(ctx context.Context, who actor.Actor, ids []int64) ([]Item, error) {
	entries, err := s.collect(ctx, indexList, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("register: some: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return !e.Public(s.today()) })
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	items, err := s.items(ctx, entries)
	if err != nil {
		return nil, fmt.Errorf("register: some: %w", err)
	}
	for i := range items {
		items[i] = s.shown(items[i], sightOf(who))
	}
	return items, nil
}

// Read returns one public entry. Fault: not found, also for a person who does not wish to be shown any more.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (Item, error) {
	found, err := s.collect(ctx, publicByID, pgx.StrictNamedArgs{"id": id, "today": s.today()})
	if err == nil && len(found) == 0 {
		err = errNoEntry
	}
	if err != nil {
		return Item{}, fmt.Errorf("register: read: %w", err)
	}
	items, err := s.items(ctx, found)
	if err != nil {
		return Item{}, fmt.Errorf("register: read: %w", err)
	}
	return s.shown(items[0], sightOf(who)), nil
}

// View is an entry as its owner and its desk see it.
type View struct {
	Item
	Origins []Origin
	History []Happening // newest first
	Actions []Event     // what the actor may do now
	Failed  bool        // two failing marks running: somebody should decide
}

// KindOf is the kind of an entry that Mine would show, without the rest. Faults: as Mine.
func (s *Service) KindOf(ctx context.Context, who actor.Actor, id int64) (Descriptor, error) {
	e, err := s.readMine(ctx, who, id)
	d, _ := s.kinds.Get(e.Kind)
	return d, err
}

func (s *Service) readMine(ctx context.Context, who actor.Actor, id int64) (Entry, error) {
	if !who.SignedIn() {
		return Entry{}, fault.SignIn()
	}
	found, err := s.collect(ctx, readMine, pgx.StrictNamedArgs{"id": id, "org": who.OrgID, "account": who.AccountID, "area": who.Area()})
	if err == nil && len(found) == 0 {
		err = errNoEntry
	}
	if err != nil {
		return Entry{}, fmt.Errorf("register: read: %w", err)
	}
	return found[0], nil
}

// Mine returns an entry with everything to its owner, to the person it is about, and to the officers of its area. Fault: not found.
func (s *Service) Mine(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	const op = "register: read: %w"
	found, err := s.readMine(ctx, who, id)
	if err != nil {
		return v, err
	}
	items, err := s.items(ctx, []Entry{found})
	if err != nil {
		return v, fmt.Errorf(op, err)
	}
	v.Item = items[0]
	if v.Origins, err = s.origins(ctx, id); err != nil {
		return v, fmt.Errorf(op, postgres.Fault(err))
	}
	if v.History, err = s.history(ctx, id); err != nil {
		return v, fmt.Errorf(op, postgres.Fault(err))
	}
	d, _ := s.kinds.Get(v.Kind)
	v.Actions, v.Failed = s.Actions(who, v.Entry), FailedTwice(v.Grades, d.Failing)
	return v, nil
}

// Owned lists the entries of the actor's organisation and the actor's own cards, newest first.
func (s *Service) Owned(ctx context.Context, who actor.Actor, f Filter) ([]Item, error) {
	if !who.SignedIn() {
		return nil, fmt.Errorf("register: own: %w", fault.SignIn())
	}
	found, err := s.collect(ctx, ownList, pgx.StrictNamedArgs{"org": who.OrgID, "account": who.AccountID, "kind": f.Kind, "after": f.After,
		"limit": bounded(f.Limit)})
	if err != nil {
		return nil, fmt.Errorf("register: own: %w", err)
	}
	return s.items(ctx, found)
}

// Desk lists what the officers of an area supervise, newest first, without drafts. Faults: unauthorized, forbidden "not_officer".
func (s *Service) Desk(ctx context.Context, who actor.Actor, f Filter) ([]Item, error) {
	switch {
	case !who.SignedIn():
		return nil, fmt.Errorf("register: desk: %w", fault.SignIn())
	case !who.Officer():
		return nil, fmt.Errorf("register: desk: %w", fault.New(fault.Forbidden, "not_officer", "名录由盟市和自治区管理员审核"))
	case f.State != "" && !slices.Contains(States(), f.State):
		f.State = Submitted
	}
	found, err := s.collect(ctx, deskList, pgx.StrictNamedArgs{"org": who.OrgID, "area": who.Area(), "kind": f.Kind, "state": f.State,
		"after": f.After, "limit": bounded(f.Limit)})
	if err != nil {
		return nil, fmt.Errorf("register: desk: %w", err)
	}
	return s.items(ctx, found)
}

// Figures counts the standing entries of a kind by league: all, and those whose grade holds on a day.
func (s *Service) Figures(ctx context.Context, kind Kind, sample bool, day time.Time) (all, levels []Count, err error) {
	all, levels, err = s.counts(ctx, kind, sample, day)
	if err != nil {
		return nil, nil, fmt.Errorf("register: figures: %w", err)
	}
	return all, levels, nil
}

// Today is the day of the service's clock.
func (s *Service) Today() time.Time { return s.today() }

// remembered is how long the entries that proposals are picked of are kept; whoever was taken off meanwhile is left out all the same.
const remembered = time.Minute

// Help proposes entries of every kind for a need, at most three each. Kinds without a fitting entry are left out. Of a kind, the two
// thousand latest entries are looked at.
func (s *Service) Help(ctx context.Context, n Need) (map[Kind][]Proposal, error) {
	all, err := s.standing(ctx)
	if err != nil {
		return nil, fmt.Errorf("register: help: %w", err)
	}
	out := map[Kind][]Proposal{}
	var ids []int64
	for _, d := range s.kinds.all {
		if picked := Propose(d, n, all[d.Kind]); len(picked) > 0 {
			out[d.Kind] = picked
			for _, p := range picked {
				ids = append(ids, p.Entry.ID)
			}
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	now, err := s.collect(ctx, indexList, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("register: help: %w", err)
	}
	for k := range out {
		out[k] = slices.DeleteFunc(out[k], func(p Proposal) bool {
			return !slices.ContainsFunc(now, func(e Entry) bool { return e.ID == p.Entry.ID && e.Public(s.today()) })
		})
		if len(out[k]) == 0 {
			delete(out, k)
		}
	}
	return out, nil
}

func (s *Service) standing(ctx context.Context) (map[Kind][]Standing, error) {
	s.helpers.Lock()
	defer s.helpers.Unlock()
	if now := s.config.Now(); s.helpers.all != nil && now.Sub(s.helpers.at) < remembered && !now.Before(s.helpers.at) {
		return s.helpers.all, nil
	}
	all := map[Kind][]Standing{}
	for _, d := range s.kinds.all {
		if d.Fits == nil {
			continue
		}
		found, err := s.collect(ctx, standing, pgx.StrictNamedArgs{"kind": d.Kind, "today": s.today()})
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			e.Name, e.Content, e.Listed = e.ListedName, d.Seen(e.Listed, Public), nil
			all[d.Kind] = append(all[d.Kind], Standing{Entry: e})
		}
	}
	s.helpers.all, s.helpers.at = all, s.config.Now()
	return all, nil
}
