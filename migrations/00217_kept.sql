-- +goose Up

-- A form that was sent after its session had ended, until its author signs in again; and files that were chosen for a form that is not
-- submitted yet. Both are forgotten after a day.
create table kept_form (
    id         bigint generated always as identity primary key,
    browser    text        not null,  -- sha256 of the browser's own secret, lower-case hex
    account_id bigint      not null,  -- whose form it is; nobody else is shown it
    sealed     bytea       not null,  -- can be opened with the browser's secret only
    created_at timestamptz not null
);
create index kept_form_browser on kept_form (browser, account_id);

create table kept_upload (
    file_id    bigint      primary key references file on delete cascade,
    account_id bigint      not null,
    created_at timestamptz not null
);
create index kept_upload_account on kept_upload (account_id);
