-- +goose Up
-- The address in a mail that ends the alerts of one listing without signing in (RFC 8058).
create table match_alert_end (
    listing_id bigint primary key references listing on delete cascade,
    token      text   not null unique
);
