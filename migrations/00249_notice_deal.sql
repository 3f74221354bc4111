-- +goose Up

-- A notice of an agreed price names the talk whose contract waits for it.
alter table notice add column deal_id bigint references deal;
create index notice_deal on notice (deal_id, id desc) where deal_id is not null;
