-- +goose Up

-- A link to a new password, mailed to the address of the account: used once, for half an hour; a newer one replaces it.
create table password_reset (
    token_hash  text        primary key,                  -- sha256 of the link's token
    account_id  bigint      not null unique references account,
    expires_at  timestamptz not null
);
