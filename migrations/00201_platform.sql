-- +goose Up

-- Platform: what every wing uses and no wing owns.

-- The register, the audit trail and the history of a case stay as they were written. The application never updates or deletes
-- these rows; triggers stop a mistake in code and a hand at the console alike. Somebody who may alter tables can still switch a
-- trigger off: that is what the hash chain, the signed roots and the anchors are for.

-- +goose StatementBegin
create function refuse_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd

-- pg_trgm serves searches for a part of a name or title (ilike '%…%'). It comes with PostgreSQL's contrib modules; a server that has
-- them not, or lets this role not create it, works without: such a search then reads the rows one by one.
-- +goose StatementBegin
do $$ begin
    create extension if not exists pg_trgm;
exception when undefined_file or feature_not_supported or insufficient_privilege then
    raise notice 'pg_trgm is not available: searches for parts of words go without their indexes';
end $$;
-- +goose StatementEnd

-- Makes the trigram index that serves ilike on those columns, where pg_trgm is there.
-- +goose StatementBegin
create function create_trigram_index(name text, on_table text, variadic columns text[]) returns void language plpgsql as $$
begin
    if exists (select from pg_extension where extname = 'pg_trgm') then
        execute format('create index %I on %I using gin (%s)', name, on_table,
            (select string_agg(format('%I gin_trgm_ops', c), ', ') from unnest(columns) c));
    end if;
end $$;
-- +goose StatementEnd

-- Every stored file; the bytes lie on disk under their digest.
create table file (
    id           bigint generated always as identity primary key,
    digest       text        not null,                    -- sha256, lower-case hex; the name on disk
    name         text        not null,
    mime         text        not null,
    size         bigint      not null check (size >= 0),  -- bytes
    purpose      text        not null,
    owner_org    bigint,
    uploaded_by  bigint,
    created_at   timestamptz not null
);
create index file_digest on file (digest);

-- The text of stored PDFs and scans, one element a page, without white space. Derived from the files: it may be emptied at any time.
create table file_text (
    digest  text        primary key,
    pages   text[]      not null,
    failure text        not null default '',               -- why there is no text
    read_at timestamptz not null
);

-- Messages to an account (站内消息).
create table message (
    id          bigint generated always as identity primary key,
    account_id  bigint      not null,
    kind        text        not null,
    title       text        not null,
    body        text        not null default '',
    link        text        not null default '',
    created_at  timestamptz not null,
    read_at     timestamptz
);
create index message_inbox on message (account_id, id desc);
create index message_unread on message (account_id) where read_at is null;

-- The audit trail, hash-chained and append-only.
create table audit_row (
    id            bigint generated always as identity primary key,
    at            timestamptz not null,
    actor_account bigint,
    actor_org     bigint,
    action        text        not null,
    object_kind   text        not null,
    object_id     text        not null,
    result        text        not null check (result in ('ok','refused')),
    detail        jsonb       not null default '{}',
    request_id    text        not null default '',
    prev_hash     bytea       not null,
    hash          bytea       not null unique
);
create index audit_object on audit_row (object_kind, object_id, id);
create trigger audit_row_fixed before update or delete on audit_row for each row execute function refuse_append_only();
create trigger audit_row_kept before truncate on audit_row for each statement execute function refuse_append_only();

-- Answers kept for a repeated request with the same Idempotency-Key.
create table idempotency_key (
    account_id   bigint      not null,
    key          text        not null,
    request_hash text        not null,                    -- sha256 of method, path and body
    status       int,                                     -- null while the first request runs
    content_type text        not null default '',
    body         bytea,
    created_at   timestamptz not null,
    primary key (account_id, key)
);
create index idempotency_age on idempotency_key (created_at);

