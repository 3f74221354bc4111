-- +goose Up

-- An account shows that its mail address is its own before it does anything that costs a stranger. Accounts of organisations that an
-- officer has confirmed have shown who they are.
alter table account add column email_confirmed_at timestamptz;
update account a set email_confirmed_at = now() where a.is_sample or exists (
    select from membership m join organisation o on o.id = m.organisation_id
    where m.account_id = a.id and m.ended_at is null and o.state = 'confirmed');

-- A mail address that waits for its owner to open the mailed link; a newer link replaces it.
create table email_confirmation (
    account_id bigint      primary key references account on delete cascade,
    email      text        not null,
    token_hash text        not null unique,               -- sha256 of the link's token
    expires_at timestamptz not null
);

-- What accounts, organisations, addresses and mailboxes used up in a window of time.
create table quota_use (
    name    text        not null,
    per     text        not null,
    subject text        not null,                         -- an id; of addresses and mailboxes a digest
    begins  timestamptz not null,
    ends    timestamptz not null,
    used    bigint      not null check (used >= 0),
    primary key (name, per, subject, ends, begins)
);
create index quota_age on quota_use (ends);
