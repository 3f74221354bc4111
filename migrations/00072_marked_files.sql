-- +goose Up

-- The uploaded table given back with a red column 错误说明; null where no row was refused.
alter table registration_import add column marked_file bigint references file on delete set null;
alter table import_batch add column marked_file bigint references file on delete set null;
