package disclosure

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const roomColumns = `r.id, r.organisation_id as org_id, r.created_by, coalesce(r.listing_id, 0) as listing,
	coalesce(r.deal_id, 0) as deal, r.title, r.entries, r.head, r.is_sample as sample, r.created_at`

const (
	insertRoomSQL = `insert into disclosure_room (organisation_id, created_by, listing_id, deal_id, title, is_sample, created_at)
values (@org, @account, nullif(@listing::bigint, 0), nullif(@deal::bigint, 0), @title, @sample, @now) returning id`
	existingRoom = `select id from disclosure_room where listing_id = nullif(@listing::bigint, 0)
	or deal_id = nullif(@deal::bigint, 0) and organisation_id = @org`
	selectRoom = `select ` + roomColumns + ` from disclosure_room r where id = @id`
	lockedRoom = selectRoom + ` for no key update`
	allRooms   = `select id from disclosure_room order by id`
	listRooms  = `select ` + roomColumns + ` from disclosure_room r
where (r.organisation_id = @org or exists (select from disclosure_seat s where s.room_id = r.id and s.account_id = @account)
		or r.deal_id is not null and r.deal_id = any(@deals::bigint[]))
	and (@listing::bigint = 0 or r.listing_id = @listing) and (@deal::bigint = 0 or r.deal_id = @deal)
	and (@after::bigint = 0 or r.id < @after)
order by r.id desc limit @limit`
	roomOfListing = `select ` + roomColumns + ` from disclosure_room r where listing_id = @listing`
	awaitingSeats = `select r.id as room, r.title, r.is_sample as sample, s.state, s.name, s.org_name, s.updated_at as since
from disclosure_seat s join disclosure_room r on r.id = s.room_id
where s.state = 'offered' and s.account_id = @account or s.state = 'requested' and r.organisation_id = @org
order by s.updated_at limit 100`

	insertPaperSQL = `insert into disclosure_paper (room_id, layer, file_id, name, pages, added_by, added_at)
values (@room, @layer, @file, @name, @pages, @account, @at) returning id`
	removePaperSQL = `update disclosure_paper set removed_at = @now where id = @id`
	selectPapers   = `select id, layer, file_id as file, name, pages, added_at, removed_at from disclosure_paper
where room_id = @id and removed_at is null order by id`

	insertWordsSQL = `insert into disclosure_words (room_id, kind, body, digest, file_id, valid_to, created_by, created_at)
values (@room, @kind, @body, @digest, nullif(@file::bigint, 0), @valid, @account, @now) returning id`
	selectWords = `select id, kind, body, digest, coalesce(file_id, 0) as file, valid_to, created_by, created_at from disclosure_words
where room_id = @id order by id`

	insertSeatSQL = `insert into disclosure_seat (room_id, words_id, account_id, organisation_id, name, org_name, purpose, state, updated_at)
values (@room, nullif(@words::bigint, 0), @account, @org, @name, @org_name, @purpose, @state, @now) returning id`
	updateSeat = `update disclosure_seat set words_id = nullif(@words::bigint, 0), organisation_id = @org, name = @name, org_name = @org_name,
	state = @state, room_from = @from, room_to = @to, accepted_at = @accepted, reason = @reason, updated_at = @now where id = @id`
	selectSeats = `select id, coalesce(words_id, 0) as words, account_id as account, organisation_id as org, name, org_name, purpose, state,
	room_from, room_to, accepted_at, reason, updated_at from disclosure_seat where room_id = @id order by id`
	dueSeats = `select s.room_id as room, s.id as seat from disclosure_seat s join disclosure_words w on w.id = s.words_id
where s.state in ('offered', 'active') and w.kind = 'nda' and w.valid_to < clock_timestamp()::date
order by s.id limit 500`

	insertEntrySQL = `insert into disclosure_entry (room_id, seq, at, account_id, event, paper_id, seat_id, detail, digest, hash)
values (@room, @seq, @at, nullif(@account::bigint, 0), @event, nullif(@paper::bigint, 0), nullif(@seat::bigint, 0), @detail, @digest,
	@hash)`
	updateHead    = `update disclosure_room set entries = @seq, head = @hash where id = @room`
	selectEntries = `select seq, at, coalesce(account_id, 0) as account_id, event, coalesce(paper_id, 0) as paper,
	coalesce(seat_id, 0) as seat, detail, digest, hash from disclosure_entry where room_id = @id order by seq`
)

func existing(ctx context.Context, tx pgx.Tx, r Room) (id int64, err error) {
	err = tx.QueryRow(ctx, existingRoom, pgx.StrictNamedArgs{"listing": r.Listing, "deal": r.Deal, "org": r.OrgID}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func insertRoom(ctx context.Context, tx pgx.Tx, r Room) (id int64, err error) {
	err = tx.QueryRow(ctx, insertRoomSQL, pgx.StrictNamedArgs{"org": r.OrgID, "account": r.CreatedBy, "listing": r.Listing, "deal": r.Deal,
		"title": r.Title, "sample": r.Sample, "now": r.CreatedAt}).Scan(&id)
	return id, err
}

func insertPaper(ctx context.Context, tx pgx.Tx, room, account int64, p Paper) (id int64, err error) {
	err = tx.QueryRow(ctx, insertPaperSQL, pgx.StrictNamedArgs{"room": room, "layer": p.Layer, "file": p.File, "name": p.Name,
		"pages": p.Pages, "account": account, "at": p.AddedAt}).Scan(&id)
	return id, err
}

func removePaper(ctx context.Context, tx pgx.Tx, id int64, now time.Time) error {
	_, err := tx.Exec(ctx, removePaperSQL, pgx.StrictNamedArgs{"id": id, "now": now})
	return err
}

func insertWords(ctx context.Context, tx pgx.Tx, room int64, w Words, now time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, insertWordsSQL, pgx.StrictNamedArgs{"room": room, "kind": w.Kind, "body": w.Body, "digest": w.Digest,
		"file": w.File, "valid": w.ValidTo, "account": w.CreatedBy, "now": now}).Scan(&id)
	return id, err
}

func insertSeat(ctx context.Context, tx pgx.Tx, room int64, x Seat, now time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, insertSeatSQL, pgx.StrictNamedArgs{"room": room, "words": x.Words, "account": x.Account, "org": x.Org,
		"name": x.Name, "org_name": x.OrgName, "purpose": x.Purpose, "state": x.State, "now": now}).Scan(&id)
	return id, err
}

func (x Seat) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, updateSeat, pgx.StrictNamedArgs{"id": x.ID, "words": x.Words, "org": x.Org, "name": x.Name, "org_name": x.OrgName,
		"state": x.State, "from": x.RoomFrom, "to": x.RoomTo, "accepted": x.AcceptedAt, "reason": x.Reason, "now": now})
	return err
}

func insertEntry(ctx context.Context, tx pgx.Tx, room int64, e Entry) error {
	if _, err := tx.Exec(ctx, insertEntrySQL, pgx.StrictNamedArgs{"room": room, "seq": e.Seq, "at": e.At, "account": e.AccountID,
		"event": e.Event, "paper": e.Paper, "seat": e.Seat, "detail": e.Detail, "digest": e.Digest, "hash": e.Hash}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, updateHead, pgx.StrictNamedArgs{"room": room, "seq": e.Seq, "hash": e.Hash})
	return err
}

func lock(ctx context.Context, tx pgx.Tx, id int64) (*bench, error) {
	b, err := read(ctx, tx, lockedRoom, id)
	if err == nil {
		b.tx = tx
	}
	return b, err
}

func read(ctx context.Context, q postgres.Querier, sql string, id int64) (*bench, error) {
	b, args := &bench{}, pgx.StrictNamedArgs{"id": id}
	var err error
	if b.room, err = postgres.One[Room](ctx, q, sql, args); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			err = errNotFound
		}
		return nil, err
	}
	if b.papers, err = postgres.Many[Paper](ctx, q, selectPapers, args); err != nil {
		return nil, err
	}
	if b.words, err = postgres.Many[Words](ctx, q, selectWords, args); err != nil {
		return nil, err
	}
	if b.seats, err = postgres.Many[Seat](ctx, q, selectSeats, args); err != nil {
		return nil, err
	}
	b.now, err = postgres.Now(ctx, q)
	return b, err
}
