-- +goose Up

-- A notice of a price names the public sale whose confirmation waits for it.
alter table notice add column sale_id bigint references sale;
create index notice_sale on notice (sale_id, id desc) where sale_id is not null;
