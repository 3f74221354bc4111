-- +goose Up

-- Why the PDF of a certificate cannot be made, in words for the desk; empty while it is on its way or there.
alter table certificate add column failure text not null default '';
