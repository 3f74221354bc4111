-- +goose Up

-- Trade: staged disclosure. A room shows the papers of a listing, or of a talk, layer by layer; a seat is what one named person may see
-- in it; every step and every copy is a chained row.
create table disclosure_room (
    id              bigint generated always as identity primary key,
    organisation_id bigint      not null references organisation, -- whose papers
    created_by      bigint      not null references account,
    listing_id      bigint      references listing,
    deal_id         bigint      references deal,
    title           text        not null,
    entries         int         not null default 0,               -- rows of its ledger, and the digest of the last:
    head            bytea       not null default '',              -- a ledger cut at its end does not fit them
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    check ((listing_id is null) <> (deal_id is null))
);
create unique index disclosure_room_listing on disclosure_room (listing_id) where listing_id is not null;
create unique index disclosure_room_deal on disclosure_room (deal_id, organisation_id) where deal_id is not null;
create index disclosure_room_deals on disclosure_room (deal_id) where deal_id is not null;
create index disclosure_room_org on disclosure_room (organisation_id, id desc);

create table disclosure_paper (
    id         bigint generated always as identity primary key,
    room_id    bigint      not null references disclosure_room on delete cascade,
    layer      text        not null check (layer in ('registered','nda','room')),
    file_id    bigint      not null references file,
    name       text        not null,
    pages      int         not null,                              -- 1 for a picture
    added_by   bigint      not null references account,
    added_at   timestamptz not null,
    removed_at timestamptz
);
create index disclosure_paper_room on disclosure_paper (room_id, id);
create index disclosure_paper_file on disclosure_paper (file_id);

-- Frozen words: what is accepted is this text and no other. They are never changed, only superseded.
create table disclosure_words (
    id         bigint generated always as identity primary key,
    room_id    bigint      not null references disclosure_room on delete cascade,
    kind       text        not null check (kind in ('nda','agreement')),
    body       text        not null,                              -- the canonical text, whole
    digest     text        not null,                              -- SHA-256 of body
    file_id    bigint      references file,                       -- the unit's own paper, whose digest stands in body
    valid_to   date,                                              -- of an NDA: the last day of access
    created_by bigint      not null references account,
    created_at timestamptz not null
);
create index disclosure_words_room on disclosure_words (room_id, id);
create index disclosure_words_file on disclosure_words (file_id) where file_id is not null;

create table disclosure_seat (
    id              bigint generated always as identity primary key,
    room_id         bigint      not null references disclosure_room on delete cascade,
    words_id        bigint      references disclosure_words,      -- null while the person only asks
    account_id      bigint      not null references account,
    organisation_id bigint      not null references organisation, -- for which he reads; leaving it ends the access
    name            text        not null,
    org_name        text        not null,
    purpose         text        not null default '',
    state           text        not null check (state in ('requested','offered','active','declined','revoked','expired','closed')),
    room_from       date,                                         -- days of the layer room
    room_to         date,
    accepted_at     timestamptz,
    reason          text        not null default '',
    updated_at      timestamptz not null
);
create index disclosure_seat_room on disclosure_seat (room_id, id);
create index disclosure_seat_words on disclosure_seat (words_id) where words_id is not null;
create index disclosure_seat_account on disclosure_seat (account_id, id desc);
create index disclosure_seat_org on disclosure_seat (organisation_id);

create table disclosure_entry (
    room_id    bigint      not null references disclosure_room on delete cascade,
    seq        int         not null,
    at         timestamptz not null,
    account_id bigint      references account,                    -- null: the job
    event      text        not null,
    paper_id   bigint,
    seat_id    bigint,
    detail     text        not null default '',
    digest     text        not null default '',                   -- of the words accepted, or of the copy given
    hash       bytea       not null,                              -- over this row and the hash of the one before
    primary key (room_id, seq)
);

-- +goose StatementBegin
create function refuse_disclosure_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and not exists (select from disclosure_room r where r.id = old.room_id and not r.is_sample) then
        return old;                                       -- the sample market can be taken away again
    end if;
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger disclosure_entry_append_only before update or delete on disclosure_entry
    for each row execute function refuse_disclosure_rewrite();
create trigger disclosure_words_append_only before update or delete on disclosure_words
    for each row execute function refuse_disclosure_rewrite();
