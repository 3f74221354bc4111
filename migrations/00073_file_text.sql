-- +goose Up

-- The text of attached PDFs, a page each, without white space: read once, searched beside the checklist. Derived: it may be
-- emptied at any time.
create table file_text (
    digest  text        primary key,
    pages   text[]      not null,
    failure text        not null default '',               -- why there is no text
    read_at timestamptz not null
);
