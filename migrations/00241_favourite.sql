-- +goose Up

-- What an account wants to find again. The title is what it was called then: a listing that has ended is named by it.
create table favourite (
    account_id bigint      not null references account,
    listing_id bigint      not null references listing on delete cascade,
    title      text        not null,
    version    int         not null,                        -- published version that was seen
    at         timestamptz not null,
    primary key (account_id, listing_id)
);
create index favourite_listing on favourite (listing_id);
