package listing

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// listingColumns gives contents as text: pgx would check each once more as JSON, a tenth of a list page's time.
const listingColumns = `id, kind, organisation_id, owner_account, state, version, published_version, title, division, field,
	reviewer_scope, anonymous, named_at,
	return_reason, triage, origin, is_sample, hidden, created_at, updated_at, submitted_at, first_published_at, published_at, confirmed_at,
	reminded_at, demoted_at, expires_at, closed_reason, draft::text, coalesce(published, 'null')::text as published, expiring_noticed_at`

const isLive = `state in ('published','revising','resubmitted')`

// openOn is Listing.Public in SQL: open on a day (migration 00263).
const openOn = `listing_open(state, hidden, expires_at, @now)`

const (
	listingByID   = `select ` + listingColumns + ` from listing where id = @id`
	lockListing   = listingByID + ` for update`
	listingsByID  = `select ` + listingColumns + ` from listing where id = any(@ids) and kind = @kind`
	insertListing = `insert into listing (kind, organisation_id, owner_account, state, draft, title, division, field, reviewer_scope, origin,
		is_sample, hidden, anonymous, created_at, updated_at)
		values (@kind, @organisation_id, @owner_account, @state, @draft, @title, @division, @field, @reviewer_scope, @origin,
		@is_sample, @hidden, @anonymous, @created_at, @created_at) returning id`
	updateListing = `update listing set state = @state, version = @version, draft = @draft, published = nullif(@published::jsonb, 'null'),
		published_version = @published_version, title = @title, division = @division, field = @field,
		anonymous = @anonymous, named_at = @named_at, return_reason = @return_reason,
		triage = @triage, updated_at = @updated_at, submitted_at = @submitted_at, first_published_at = @first_published_at,
		published_at = @published_at, confirmed_at = @confirmed_at, reminded_at = @reminded_at, demoted_at = @demoted_at,
		expires_at = @expires_at, expiring_noticed_at = @expiring_noticed_at, closed_reason = @closed_reason where id = @id`
	insertVersion = `insert into listing_version (listing_id, number, content, published_at, published_by)
		values (@id, @number, @content, @at, @by)`
	insertEvent = `insert into listing_event (listing_id, at, account_id, event, from_state, to_state, reason)
		values (@id, @at, @account, @event, @from, @to, @reason)`
	history = `select at, account_id, event, from_state, to_state, reason from listing_event
		where listing_id = @id and (@insider or event in ('publish','import','withdraw','close','expire','renew')) order by id desc limit 500`
	versionsOf = `select number, content, published_at from listing_version where listing_id = @id order by number desc limit 100`

	reviewQueue = `select ` + listingColumns +
		` from listing where state in ('submitted','resubmitted') and starts_with(reviewer_scope, @scope)
		and organisation_id <> @own and (@kind = '' or kind = @kind) and (submitted_at, id) > (@at, @id) order by submitted_at, id limit @limit`
	reviewCount = `select count(*) from listing where state in ('submitted','resubmitted') and starts_with(reviewer_scope, @scope)
		and organisation_id <> @own`

	listFilters = ` and (@text = '' or title ilike @text) and starts_with(field, @field) and starts_with(division, @division) `
	ownList     = `select ` + listingColumns + ` from listing where organisation_id = @org and kind = @kind
		and (cardinality(@states::text[]) = 0 or state = any(@states)) and (not @asked or (` + isLive + ` and reminded_at is not null))` +
		listFilters + `and (updated_at, id) < (@at, @id_before)
		order by updated_at desc, id desc limit @limit`
	publicList = `select ` + listingColumns + ` from listing where kind = @kind and ` + openOn + `
		and (@org::bigint = 0 or organisation_id = @org and (@own or not anonymous))` + listFilters + `
		and (published_at, id) < (@at, @id_before) order by published_at desc, id desc
		limit @limit`

	publicCounts = `select kind,
		count(*) filter (where origin = 'local' and demoted_at is null)::int as local,
		count(*) filter (where origin = 'local' and demoted_at is not null)::int as local_sleeping,
		count(*) filter (where origin <> 'local' and demoted_at is null)::int as imported,
		count(*) filter (where origin <> 'local' and demoted_at is not null)::int as imported_sleeping,
		count(*) filter (where first_published_at > @since)::int as new_this_month
		from listing where ` + openOn + ` and (@sample or not is_sample) group by kind`
	deskCounts = `select state, count(*)::int from listing where organisation_id = @org and kind = @kind group by state`

	// lastSave is the last thing that happened to a listing, where that was a save.
	lastSave = `select account_id, at from (select * from listing_event where listing_id = @id order by id desc limit 1) e
		where event in ('save', 'create')`
	deleteListing = `delete from listing where id = @id`
	hideListings  = `update listing set hidden = @hidden, version = version + 1 where organisation_id = @org and (hidden <> @hidden or ` +
		isLive + `) returning id`

	filesOf      = `select file_id from listing_file where listing_id = @id`
	replaceFiles = `delete from listing_file where listing_id = @id`
	insertFile   = `insert into listing_file (listing_id, file_id, role, caption, position, public)
		values (@id, @file, @role, @caption, @position, @public)`
	indexRows  = `select ` + listingColumns + ` from listing where id = any(@ids)`
	publicRows = `select ` + listingColumns + ` from listing where ` + openOn + ` and id > @after order by id limit @limit`

	lockImported = `select ` + listingColumns + `, origin_key, origin_hash from listing
		where organisation_id = @org and kind = @kind and origin_key = any(@keys) for update`
	rememberHash = `update listing set origin_hash = @hash where id = @id`
	// Three tables in one statement: a listing, its first version where it is published, and the first row of its history.
	insertImported = `with input as (
			select * from unnest(@keys::text[], @hashes::text[], @contents::jsonb[], @titles::text[], @divisions::text[], @fields::text[],
				@expires::timestamptz[], @anonymous::boolean[]) as t (key, hash, content, title, division, field, expires, anonymous)),
		made as (
			insert into listing (kind, organisation_id, owner_account, state, version, draft, published, published_version, title, division, field,
				reviewer_scope, origin, origin_key, origin_hash, is_sample, hidden, created_at, updated_at, first_published_at,
				published_at, confirmed_at, expires_at, anonymous, named_at)
			select @kind, @org, @owner, case when @publish then 'published' else 'draft' end, 1, content, case when @publish then content end,
				case when @publish then 1 else 0 end, title, division, field, @scope, 'import', key, hash, @sample, @hidden, @now, @now,
				case when @publish then @now::timestamptz end, case when @publish then @now::timestamptz end,
				case when @publish then @now::timestamptz end, case when @publish then expires end, anonymous,
				case when @publish and not anonymous then @now::timestamptz end
			from input
			on conflict (organisation_id, kind, origin_key) where origin_key is not null do nothing
			returning id, draft),
		versions as (
			insert into listing_version (listing_id, number, content, published_at, published_by)
			select id, 1, draft, @now, @by from made where @publish),
		events as (
			insert into listing_event (listing_id, at, account_id, event, from_state, to_state)
			select id, @now, @by, 'import', '', case when @publish then 'published' else 'draft' end from made)
		select id from made`

	dueExpiry = `select id from listing where ` + isLive + ` and expires_at <= @now order by expires_at limit 500`
	dueAsleep = `select id from listing where ` + isLive + ` and demoted_at <= @before order by demoted_at limit 500`
	dueEnded  = `select id from listing where state in ('withdrawn','expired','closed') and updated_at <= @before order by updated_at
		limit 500`
	askOwners = `update listing set reminded_at = @now where ` + isLive + ` and confirmed_at <= @before and reminded_at is null
		returning id, kind, owner_account, title`
	demote = `update listing set demoted_at = @now, version = version + 1, updated_at = @now where ` + isLive + ` and confirmed_at <= @before
		and reminded_at <= @reminded and demoted_at is null returning id, kind, owner_account, title`
	confirmAsked = `with done as (
			update listing set confirmed_at = @now, reminded_at = null, demoted_at = null, version = version + 1, updated_at = @now
			where organisation_id = @org and kind = @kind and ` + isLive + ` and reminded_at is not null returning id, state),
		events as (
			insert into listing_event (listing_id, at, account_id, event, from_state, to_state) select id, @now, @by, 'confirm', state, state
			from done)
		select id from done`
	noticeExpiry = `update listing set expiring_noticed_at = @now where ` + isLive +
		` and expires_at <= @before and expiring_noticed_at is null
		returning id, kind, owner_account, title`
)

// row is a listing with everything the service needs of it.
type row struct {
	Listing
	Draft             json.RawMessage
	Published         json.RawMessage
	ExpiringNoticedAt *time.Time
}

type importedRow struct {
	row
	OriginKey  string
	OriginHash string
}

func (s *Service) row(ctx context.Context, q postgres.Querier, id int64) (row, error) {
	return s.one(q.Query(ctx, listingByID, pgx.StrictNamedArgs{"id": id}))
}

func (s *Service) lock(ctx context.Context, tx pgx.Tx, id int64) (row, error) {
	return s.one(tx.Query(ctx, lockListing, pgx.StrictNamedArgs{"id": id}))
}

func (s *Service) one(rows pgx.Rows, err error) (row, error) {
	if err != nil {
		return row{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[row])
	if errors.Is(err, pgx.ErrNoRows) {
		return row{}, errNotFound
	}
	if err == nil {
		err = s.open(&r)
	}
	return r, err
}

// open opens the contacts of a row, and turns the JSON null of a listing that was never published into nothing.
func (s *Service) open(r *row) (err error) {
	if string(r.Published) == "null" {
		r.Published = nil
	}
	contents := s.config.DB.Contents()
	if r.Draft, err = contents.Open(r.Draft); err == nil {
		r.Published, err = contents.Open(r.Published)
	}
	return err
}

// Sealed are the columns of this room in which something lies sealed.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "listing", Column: "draft", Document: true}, {Table: "listing", Column: "published", Document: true},
		{Table: "listing_version", Column: "content", Document: true}}
}

func (s *Service) list(ctx context.Context, sql string, args pgx.StrictNamedArgs) ([]row, error) {
	q, _ := s.config.DB.Query(ctx, sql, args)
	rows, err := pgx.CollectRows(q, pgx.RowToStructByName[row])
	for i := range rows {
		if err := s.open(&rows[i]); err != nil {
			return nil, err
		}
	}
	return rows, err
}

func (s *Service) insert(ctx context.Context, tx pgx.Tx, r *row) error {
	draft, err := s.config.DB.Contents().Seal(r.Draft)
	if err != nil {
		return err
	}
	return tx.QueryRow(ctx, insertListing, pgx.StrictNamedArgs{
		"kind": r.Kind, "organisation_id": r.OrganisationID, "owner_account": r.OwnerAccount, "state": r.State, "draft": draft,
		"title":    r.Title,
		"division": r.Division, "field": r.Field, "reviewer_scope": r.ReviewerScope, "origin": r.Origin, "is_sample": r.Sample,
		"hidden":     r.Hidden,
		"anonymous":  r.Anonymous,
		"created_at": r.CreatedAt,
	}).Scan(&r.ID)
}

// store writes the row with the next lock version.
func (s *Service) store(ctx context.Context, tx pgx.Tx, r *row, now time.Time) error {
	r.Version++
	r.UpdatedAt = now
	contents := s.config.DB.Contents()
	draft, err := contents.Seal(r.Draft)
	if err != nil {
		return err
	}
	published, err := contents.Seal(r.Published)
	if err != nil {
		return err
	}
	if published == nil {
		published = []byte("null")
	}
	_, err = tx.Exec(ctx, updateListing, pgx.StrictNamedArgs{
		"id": r.ID, "state": r.State, "version": r.Version, "draft": draft, "published": published, "published_version": r.PublishedVersion,
		"title": r.Title, "division": r.Division, "field": r.Field, "return_reason": r.ReturnReason, "triage": r.Triage, "updated_at": now,
		"anonymous": r.Anonymous, "named_at": r.NamedAt,
		"submitted_at": r.SubmittedAt, "first_published_at": r.FirstPublishedAt, "published_at": r.PublishedAt, "confirmed_at": r.ConfirmedAt,
		"reminded_at": r.RemindedAt, "demoted_at": r.DemotedAt, "expires_at": r.ExpiresAt, "expiring_noticed_at": r.ExpiringNoticedAt,
		"closed_reason": r.ClosedReason,
	})
	return err
}

func (s *Service) keepVersion(ctx context.Context, tx pgx.Tx, r row, by int64, now time.Time) error {
	content, err := s.config.DB.Contents().Seal(r.Published)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, insertVersion,
		pgx.StrictNamedArgs{"id": r.ID, "number": r.PublishedVersion, "content": content, "at": now, "by": someone(by)})
	return err
}

// note writes the visible history and the audit trail; the audit chain is locked from here, so it is the last step.
func (s *Service) note(
	ctx context.Context,
	tx pgx.Tx,
	who actor.Actor,
	l Listing,
	e Event,
	before State,
	reason string,
	now time.Time,
) error {
	if _, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": l.ID, "at": now, "account": someone(who.AccountID), "event": e,
		"from": before, "to": l.State, "reason": reason}); err != nil {
		return err
	}
	return audit.Record(
		ctx,
		tx,
		audit.Entry{At: now, Account: who.AccountID, Org: who.OrgID, Action: "listing." + string(e), ObjectKind: "listing",
			ObjectID: strconv.FormatInt(l.ID, 10), Detail: map[string]any{"from": before, "to": l.State, "version": l.Version}},
	)
}

func someone(account int64) *int64 {
	if account == 0 {
		return nil
	}
	return &account
}

// syncFiles makes the file table say what draft and published content name together. A file that is new to the listing must
// belong to its organisation: otherwise naming a number would open somebody else's file.
func (s *Service) syncFiles(ctx context.Context, tx pgx.Tx, r row) error {
	kind := s.kinds.Of(r.Kind)
	facts, err := kind.rules.facts(r.Draft)
	if err != nil {
		return err
	}
	wanted := facts.Files
	public := map[int64]bool{}
	if len(r.Published) > 0 {
		facts, err := kind.rules.facts(r.Published)
		if err != nil {
			return err
		}
		for _, f := range facts.Files {
			public[f.ID] = true
			if !slices.ContainsFunc(wanted, func(w File) bool { return w.ID == f.ID }) {
				wanted = append(wanted, f)
			}
		}
	}
	q, _ := tx.Query(ctx, filesOf, pgx.StrictNamedArgs{"id": r.ID})
	had, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	if len(wanted) == 0 && len(had) == 0 {
		return nil
	}
	for _, f := range wanted {
		if slices.Contains(had, f.ID) {
			continue
		}
		_, err := s.config.Files.Own(ctx, tx, r.OrganisationID, f.ID)
		if fault.Is(err, fault.NotFound) {
			var bad fault.Fields
			bad.Add("files", "unknown_file", "有一个附件不存在或不属于本单位，请重新上传")
			return bad.Err()
		}
		if err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, replaceFiles, pgx.StrictNamedArgs{"id": r.ID}); err != nil {
		return err
	}
	seen := map[int64]bool{}
	for i, f := range wanted {
		if seen[f.ID] {
			continue
		}
		seen[f.ID] = true
		if _, err := tx.Exec(ctx, insertFile, pgx.StrictNamedArgs{"id": r.ID, "file": f.ID, "role": f.Role, "caption": f.Caption, "position": i,
			"public": public[f.ID]}); err != nil {
			return err
		}
	}
	return nil
}

func likePattern(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}
