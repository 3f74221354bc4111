package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/postgres"
)

const entryColumns = `id, kind, organisation_id, account_id, division, name, content, listed, listed_name, state, reason, valid_to,
	needs_consent, consent_at, consent_to, confirmed_at, listed_at, is_sample, version, created_at, updated_at, identity`

// public is Entry.Public in SQL.
const public = ` state in ('listed','revised') and (valid_to is null or valid_to >= @today)
	and (not needs_consent or consent_at is not null and (consent_to is null or consent_to >= @today)) `

const (
	insertEntry = `insert into register_entry (kind, organisation_id, account_id, division, name, content, listed, listed_name, state,
		valid_to,
		needs_consent, consent_at, confirmed_at, listed_at, identity, is_sample, created_at, updated_at)
		values (@kind, @org, @account, @division, @name, @content, @listed, @listed_name, @state, @valid_to, @needs_consent, @consent_at,
		@confirmed, @listed_at, @identity, @sample, @now, @now) returning id`
	updateEntry = `update register_entry set account_id = @account, division = @division, name = @name, content = @content,
		listed = coalesce(@listed::jsonb, listed), listed_name = @listed_name, state = @state, reason = @reason, valid_to = @valid_to,
		consent_at = @consent_at, consent_to = @consent_to, confirmed_at = @confirmed, listed_at = @listed_at, identity = @identity,
		version = version + 1, updated_at = @now where id = @id returning version`
	entryByID   = `select ` + entryColumns + ` from register_entry where id = @id`
	lockedEntry = entryByID + ` for no key update`
	// A scope is what an actor may touch: the own organisation, the own card, or the officer's area (a prefix of divisions).
	mineEntry = `select ` + entryColumns + ` from register_entry where id = @id and (organisation_id = @org or account_id = @account
		or division like @area) for no key update`
	readMine = `select ` + entryColumns + ` from register_entry where id = @id and (organisation_id = @org or account_id = @account
		or division like @area)`
	publicByID = `select ` + entryColumns + ` from register_entry where id = @id and ` + public
	sameEntry  = `select ` + entryColumns + ` from register_entry where kind = @kind and identity = @identity and is_sample = @sample
		and state not in ('withdrawn','removed')`

	publicList = `select ` + entryColumns + ` from register_entry where kind = @kind and ` + public + `
		and (@match::jsonb is null or listed @> @match::jsonb) and (@area = '' or division like @area)
		and (@text = '' or listed_name ilike @text) and (@level = '' or exists (select from register_grade g where g.entry_id = register_entry.id
			and g.level = @level and g.from_on <= @today and (g.to_on is null or g.to_on >= @today)))
		and (@after::bigint = 0 or id < @after) order by id desc limit @limit`
	publicCount = `select count(*) from (select 1 from register_entry where kind = @kind and ` + public + `
		and (@match::jsonb is null or listed @> @match::jsonb) and (@area = '' or division like @area)
		and (@text = '' or listed_name ilike @text) and (@level = '' or exists (select from register_grade g where g.entry_id = register_entry.id
			and g.level = @level and g.from_on <= @today and (g.to_on is null or g.to_on >= @today))) limit @most) counted`
	nearbyList = `select ` + entryColumns + `, total from (select *, row_number() over (partition by kind order by id desc) as place,
			count(*) over (partition by kind)::int as total from register_entry where ` + public + ` and division like @area) near
		where place <= @per order by kind, id desc`
	ownList = `select ` + entryColumns + ` from register_entry where (organisation_id = @org or account_id = @account)
		and (@kind = '' or kind = @kind) and (@after::bigint = 0 or id < @after) order by id desc limit @limit`
	deskList = `select ` + entryColumns + ` from register_entry where division like @area and organisation_id <> @org
		and (@kind = '' or kind = @kind) and (@state = '' or state = @state) and state <> 'draft' and (@after::bigint = 0 or id < @after)
		order by id desc limit @limit`
	dueList = `select ` + entryColumns + ` from register_entry where valid_to < @today and state in ('listed','revised') order by valid_to
		limit 1000`
	indexList = `select ` + entryColumns + ` from register_entry where id = any(@ids)`
	fillList  = `select ` + entryColumns + ` from register_entry where id > @after and ` + public + ` order by id limit 1000`
	standing  = `select ` + entryColumns + ` from register_entry where kind = @kind and ` + public + ` order by id desc limit 2000`

	rowEntry = `select ` + entryColumns + ` from register_entry where kind = @kind and organisation_id = @org and id in (
		select entry_id from register_origin where row_key = @key and row_key <> '') order by id limit 1`
	insertOrigin = `insert into register_origin (entry_id, kind, source, row_key, at) values (@entry, @kind, @source, @key, @at)
		on conflict do nothing`
	originsOf = `select kind, source, at from register_origin where entry_id = @id order by at, source`
	insertOne = `insert into register_grade (entry_id, kind, level, issuer, number, from_on, to_on, recorded_by, recorded_at)
		values (@entry, @kind, @level, @issuer, @number, @from, @to, @account, @now)`
	endOne   = `update register_grade set to_on = @to where id = @id and entry_id = @entry and to_on is null and from_on <= @to`
	gradesOf = `select id, entry_id, kind, level, issuer, number, from_on, to_on, recorded_at from register_grade
		where entry_id = any(@ids) order by entry_id, from_on desc, id desc`
	insertEvent = `insert into register_event (entry_id, at, account_id, organisation_id, event, from_state, to_state, reason, content)
		values (@entry, @now, nullif(@account::bigint, 0), nullif(@org::bigint, 0), @event, @from, @to, @reason, @content)`
	historyOf = `select e.at, coalesce(a.display_name, '') as account, e.event, e.from_state, e.to_state, e.reason
		from register_event e left join account a on a.id = e.account_id where e.entry_id = @id order by e.id desc limit 100`
	leaguesOf = `select left(division, 4) || '00' as league, count(distinct id)::int as n from register_standing
		where kind = @kind and is_sample = @sample group by 1 order by 1`
	levelsOf = `select left(division, 4) || '00' as league, level, count(distinct id)::int as n from register_standing
		where kind = @kind and is_sample = @sample and level is not null and from_on <= @day and (to_on is null or to_on >= @day)
		group by 1, 2 order by 1, 2`
)

// Sealed are the columns of this room in which something lies sealed. Its history is sealed as it is written and never changed.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "register_entry", Column: "content", Document: true},
		{Table: "register_entry", Column: "listed", Document: true}}
}

func (s *Service) insert(ctx context.Context, tx pgx.Tx, e *Entry, from Origin) error {
	var listed *Content
	if e.Listed != nil {
		listed = &e.Content
	}
	if err := s.unique(ctx, tx, *e); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, insertEntry, pgx.StrictNamedArgs{"kind": e.Kind, "org": e.OrganisationID, "account": e.AccountID,
		"division": e.Division, "name": e.Name, "content": e.Content, "listed": listed, "listed_name": e.ListedName, "state": e.State,
		"valid_to": e.ValidTo, "needs_consent": e.NeedsConsent, "consent_at": e.ConsentAt, "confirmed": e.ConfirmedAt,
		"listed_at": e.ListedAt, "identity": e.Identity, "sample": e.Sample, "now": e.CreatedAt}).Scan(&e.ID); err != nil {
		return same(err)
	}
	return addOrigin(ctx, tx, e.ID, from)
}

func (s *Service) update(ctx context.Context, tx pgx.Tx, e *Entry) error {
	var listed *Content
	if e.Listed != nil {
		listed = &e.Listed
	}
	if e.State != Withdrawn && e.State != Removed {
		if err := s.unique(ctx, tx, *e); err != nil {
			return err
		}
	}
	e.UpdatedAt = s.config.Now()
	err := tx.QueryRow(ctx, updateEntry, pgx.StrictNamedArgs{"id": e.ID, "account": e.AccountID, "division": e.Division, "name": e.Name,
		"content": e.Content, "listed": listed, "listed_name": e.ListedName, "state": e.State, "reason": e.Reason, "valid_to": e.ValidTo,
		"consent_at": e.ConsentAt, "consent_to": e.ConsentTo, "confirmed": e.ConfirmedAt, "listed_at": e.ListedAt, "identity": e.Identity,
		"now": e.UpdatedAt}).Scan(&e.Version)
	return same(err)
}

// unique names the entry that is the same thing, before the index refuses it without words.
func (s *Service) unique(ctx context.Context, tx pgx.Tx, e Entry) error {
	other, err := sameAs(ctx, tx, e)
	if err != nil || other.ID == 0 || other.ID == e.ID {
		return err
	}
	return fault.Newf(fault.Conflict, "register_same", "名录里已经有这一条（%s，编号 %d）。同一个对象只登记一次，请核对后修改",
		other.Name, other.ID).In("name")
}

func sameAs(ctx context.Context, tx pgx.Tx, e Entry) (Entry, error) {
	if e.Identity == "" {
		return Entry{}, nil
	}
	rows, _ := tx.Query(ctx, sameEntry, pgx.StrictNamedArgs{"kind": e.Kind, "identity": e.Identity, "sample": e.Sample})
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Entry])
	if err != nil || len(found) == 0 {
		return Entry{}, err
	}
	return found[0], nil
}

// rowOf is the entry that a row of a file made before; none has the id 0.
func rowOf(ctx context.Context, tx pgx.Tx, kind Kind, org int64, key string) (Entry, error) {
	rows, _ := tx.Query(ctx, rowEntry, pgx.StrictNamedArgs{"kind": kind, "org": org, "key": key})
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Entry])
	if err != nil || len(found) == 0 {
		return Entry{}, err
	}
	return found[0], nil
}

func same(err error) error {
	if postgres.Constraint(err) == "register_entry_same" {
		return fault.New(fault.Conflict, "register_same", "名录里已经有这一条，同一个对象只登记一次，请核对后修改")
	}
	return err
}

func one(rows pgx.Rows) (Entry, error) {
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Entry])
	if errors.Is(err, pgx.ErrNoRows) {
		return Entry{}, errNoEntry
	}
	return e, err
}

func (s *Service) locked(ctx context.Context, tx pgx.Tx, id int64) (Entry, error) {
	rows, _ := tx.Query(ctx, lockedEntry, pgx.StrictNamedArgs{"id": id})
	return one(rows)
}

// mine is an entry that the actor owns, is, or supervises; any other is not found.
func (s *Service) mine(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64) (Entry, error) {
	rows, _ := tx.Query(ctx, mineEntry, pgx.StrictNamedArgs{"id": id, "org": who.OrgID, "account": who.AccountID, "area": who.Area()})
	return one(rows)
}

func (s *Service) collect(ctx context.Context, sql string, args pgx.StrictNamedArgs) ([]Entry, error) {
	rows, _ := s.config.DB.Query(ctx, sql, args)
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[Entry])
	if err != nil {
		return nil, postgres.Fault(err)
	}
	return out, nil
}

func (s *Service) overdue(ctx context.Context) ([]Entry, error) {
	return s.collect(ctx, dueList, pgx.StrictNamedArgs{"today": s.today()})
}

func addOrigin(ctx context.Context, tx pgx.Tx, entry int64, o Origin) error {
	_, err := tx.Exec(ctx, insertOrigin, pgx.StrictNamedArgs{"entry": entry, "kind": o.Kind, "source": o.Source, "key": o.rowKey, "at": o.At})
	return err
}

func insertGrade(ctx context.Context, tx pgx.Tx, entry int64, g Grade, account int64, now time.Time) error {
	_, err := tx.Exec(ctx, insertOne, pgx.StrictNamedArgs{"entry": entry, "kind": g.Kind, "level": g.Level, "issuer": g.Issuer,
		"number": g.Number, "from": g.FromOn, "to": g.ToOn, "account": account, "now": now})
	return err
}

func endGrade(ctx context.Context, tx pgx.Tx, entry, id int64, last string) error {
	tag, err := tx.Exec(ctx, endOne, pgx.StrictNamedArgs{"id": id, "entry": entry, "to": last})
	if err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "grade_ended", "这个等级已经终止，或终止日期早于起始日期，请刷新页面核对")
	}
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, who actor.Actor, e Entry, from State, event Event, reason string, withContent bool,
	now time.Time) error {
	var content *Content
	if withContent {
		content = &e.Content
	}
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"entry": e.ID, "now": now, "account": who.AccountID, "org": who.OrgID,
		"event": event, "from": from, "to": e.State, "reason": reason, "content": content})
	return err
}

// Filter narrows a list.
type Filter struct {
	Kind   Kind
	Facets map[string]string // field → code
	Text   string            // a part of the name
	Area   string            // a league or county
	Level  string            // a grade that holds today
	State  State             // of the desk's list
	After  int64             // id of the last one of the page before
	Limit  int               // 1 … 100
}

func (f Filter) args(today time.Time) (pgx.StrictNamedArgs, error) {
	a := pgx.StrictNamedArgs{"kind": f.Kind, "today": today, "text": "", "area": "", "level": f.Level, "match": nil}
	if f.Text != "" {
		a["text"] = "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Text) + "%"
	}
	if len(f.Area) == 6 {
		a["area"] = region.Prefix(f.Area) + "%"
	}
	if len(f.Facets) == 0 {
		return a, nil
	}
	match := map[string][]string{}
	for field, code := range f.Facets {
		match[field] = []string{code}
	}
	raw, err := json.Marshal(match)
	a["match"] = string(raw)
	return a, err
}

func (s *Service) publicPage(ctx context.Context, f Filter, after int64, limit int) ([]Entry, error) {
	args, err := f.args(s.today())
	if err != nil {
		return nil, err
	}
	args["after"], args["limit"] = after, limit
	return s.collect(ctx, publicList, args)
}

type counted struct {
	Entry
	Total int
}

func (s *Service) nearby(ctx context.Context, place string, per int) ([]counted, error) {
	args, err := Filter{Area: place}.args(s.today())
	if err != nil {
		return nil, err
	}
	rows, _ := s.config.DB.Query(ctx, nearbyList, pgx.StrictNamedArgs{"today": args["today"], "area": args["area"], "per": per})
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[counted])
	return out, postgres.Fault(err)
}

// CountMost is where counting a list ends: beyond, the page says "1000 以上".
const CountMost = 1000

func (s *Service) countPublic(ctx context.Context, f Filter) (n int, err error) {
	args, err := f.args(s.today())
	if err != nil {
		return 0, err
	}
	args["most"] = CountMost + 1
	if err := s.config.DB.QueryRow(ctx, publicCount, args).Scan(&n); err != nil {
		return 0, postgres.Fault(err)
	}
	return n, nil
}

func (s *Service) grades(ctx context.Context, entries []Entry) (map[int64][]Grade, error) {
	ids := make([]int64, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	rows, _ := s.config.DB.Query(ctx, gradesOf, pgx.StrictNamedArgs{"ids": ids})
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Grade])
	if err != nil {
		return nil, fmt.Errorf("grades: %w", postgres.Fault(err))
	}
	out := map[int64][]Grade{}
	for _, g := range all {
		out[g.EntryID] = append(out[g.EntryID], g)
	}
	return out, nil
}

func (s *Service) origins(ctx context.Context, id int64) ([]Origin, error) {
	rows, _ := s.config.DB.Query(ctx, originsOf, pgx.StrictNamedArgs{"id": id})
	return pgx.CollectRows(rows, pgx.RowToStructByName[Origin])
}

func (s *Service) history(ctx context.Context, id int64) ([]Happening, error) {
	rows, _ := s.config.DB.Query(ctx, historyOf, pgx.StrictNamedArgs{"id": id})
	return pgx.CollectRows(rows, pgx.RowToStructByName[Happening])
}

// Count is a figure of a register: entries that stand in a league, with a grade or (level "") all.
type Count struct {
	League string
	Level  string
	N      int
}

func (s *Service) counts(ctx context.Context, kind Kind, sample bool, day time.Time) (all, levels []Count, err error) {
	args := pgx.StrictNamedArgs{"kind": kind, "sample": sample}
	rows, _ := s.config.DB.Query(ctx, leaguesOf, args)
	if all, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[Count]); err != nil {
		return nil, nil, postgres.Fault(err)
	}
	args["day"] = day
	rows, _ = s.config.DB.Query(ctx, levelsOf, args)
	if levels, err = pgx.CollectRows(rows, pgx.RowToStructByName[Count]); err != nil {
		return nil, nil, postgres.Fault(err)
	}
	return all, levels, nil
}
