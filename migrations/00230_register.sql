-- +goose Up

-- The register pattern: agencies, platforms, instruments, people … are rows of one table, whose kinds are declarations in code.

-- +goose StatementBegin
create function refuse_register_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and exists (select from register_entry e where e.id = old.entry_id and e.is_sample) then
        return old;                                         -- the sample market can be taken away again
    end if;
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd

create table register_entry (
    id              bigint generated always as identity primary key,
    kind            text        not null,
    organisation_id bigint      not null references organisation,
    account_id      bigint      references account,        -- the person himself, where the kind holds persons
    division        text        not null,                  -- whose desk examines it
    name            text        not null,
    content         jsonb       not null,                  -- the owner's working copy
    listed          jsonb,                                 -- what was examined last, null before
    listed_name     text        not null default '',
    state           text        not null
        check (state in ('draft','submitted','listed','revised','suspended','lapsed','withdrawn','removed')),
    reason          text        not null default '',       -- of the last decision
    valid_to        date,                                  -- last day of the listing
    needs_consent   boolean     not null,                  -- a person's public card needs a dated consent
    consent_at      timestamptz,                           -- null: none, or withdrawn
    consent_to      date,
    identity        text        not null default '',       -- what makes two rows the same thing; empty: nothing
    confirmed_at    timestamptz not null,
    listed_at       timestamptz,                           -- the first time
    is_sample       boolean     not null default false,
    version         int         not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index register_entry_listed on register_entry (kind, id desc) where state in ('listed','revised');
create index register_entry_facets on register_entry using gin (listed jsonb_path_ops) where state in ('listed','revised');
create index register_entry_own on register_entry (organisation_id, kind, id desc);
create index register_entry_person on register_entry (account_id) where account_id is not null;
create index register_entry_desk on register_entry (division, id) where state in ('submitted','revised');
create index register_entry_end on register_entry (valid_to) where state in ('listed','revised');
create unique index register_entry_same on register_entry (kind, identity, is_sample)
    where identity <> '' and state not in ('withdrawn','removed');

-- Grades and yearly marks: never a column of the entry. A lost grade gets a last day, the row stays.
create table register_grade (
    id          bigint generated always as identity primary key,
    entry_id    bigint      not null references register_entry on delete cascade,
    kind        text        not null check (kind in ('grade','mark')),
    level       text        not null,
    issuer      text        not null,
    number      text        not null default '',           -- of the document
    from_on     date        not null,
    to_on       date,                                      -- last day
    recorded_by bigint      not null references account,
    recorded_at timestamptz not null,
    check (to_on is null or to_on >= from_on)
);
create index register_grade_entry on register_grade (entry_id, from_on);

-- Where an entry is from: one that stands in two lists has two rows.
create table register_origin (
    entry_id bigint      not null references register_entry on delete cascade,
    kind     text        not null check (kind in ('typed','imported','harvested')),
    source   text        not null,                         -- file, list or address
    row_key  text        not null default '',              -- of the row in the file: the same file twice makes no second entry
    at       timestamptz not null,
    primary key (entry_id, kind, source, row_key)
);
create index register_origin_row on register_origin (row_key) where row_key <> '';

create table register_event (
    id              bigint generated always as identity primary key,
    entry_id        bigint      not null references register_entry,
    at              timestamptz not null,
    account_id      bigint      references account,        -- null: the clock
    organisation_id bigint      references organisation,
    event           text        not null,
    from_state      text        not null
        check (from_state in ('','draft','submitted','listed','revised','suspended','lapsed','withdrawn','removed')),
    to_state        text        not null
        check (to_state in ('draft','submitted','listed','revised','suspended','lapsed','withdrawn','removed')),
    reason          text        not null default '',
    content         jsonb                                  -- as it was then, of events that change it
);
create index register_event_entry on register_event (entry_id, id);
create trigger register_event_fixed before update or delete on register_event for each row execute function refuse_register_rewrite();

-- What other rooms may count: entries that stand on the register, with their dated grades.
create view register_standing as
select e.id, e.kind, e.division, e.state, e.is_sample, e.listed_at, g.kind as grade_kind, g.level, g.from_on, g.to_on
from register_entry e left join register_grade g on g.entry_id = e.id
where e.listed_at is not null and e.state in ('listed','revised','suspended');
