-- +goose Up

-- Who was shown the contact person of a listing, when and why. Its owner reads the list.
create table contact_reveal (
    id              bigint generated always as identity primary key,
    listing_id      bigint      not null references listing on delete cascade,
    account_id      bigint      not null,
    organisation_id bigint      not null,
    purpose         text        not null check (purpose in ('cooperate','consult','broker','verify','other')),
    note            text        not null default '',
    at              timestamptz not null
);
create index contact_reveal_listing on contact_reveal (listing_id, id desc);

-- Attempts that were refused, counted: one row an actor, route and hour. A closed hour is summed into one row of the audit trail.
create table refusal (
    begins   timestamptz not null,                        -- the hour
    account  bigint      not null,                        -- 0: nobody signed in
    org      bigint      not null,
    action   text        not null,                        -- the route, or what a room was asked
    code     text        not null,                        -- of the refusal
    n        bigint      not null check (n > 0),
    sample   text        not null default '',             -- the first address or object
    summed   boolean     not null default false,
    primary key (begins, account, org, action, code)
);
create index refusal_open on refusal (begins) where not summed;
