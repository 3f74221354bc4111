-- +goose Up

-- Services: a firm's request for a finance product. What the bank may read of the firm is named record by record, until a day.
create table finance_request (
    id             bigint generated always as identity primary key,
    entry_id       bigint      not null references register_entry,     -- the product, as it is listed
    product        text        not null,                               -- its name when it was asked for
    firm_org       bigint      not null references organisation,
    firm_account   bigint      not null references account,
    bank_org       bigint      not null references organisation,
    division       text        not null,                               -- of the firm, for figures
    amount_fen     bigint      not null check (amount_fen > 0),
    months         int         not null check (months between 1 and 600),
    purpose        text        not null,
    state          text        not null check (state in ('asked','offered','declined','withdrawn','granted','overdue','repaid')),
    offered_fen    bigint      not null default 0 check (offered_fen >= 0),
    granted_fen    bigint      not null default 0 check (granted_fen >= 0),
    answer         text        not null default '',                    -- terms of the offer, reason of the refusal
    consent_at     timestamptz,                                        -- null: none, or withdrawn
    consent_to     date,                                               -- last day
    version        int         not null default 1,
    is_sample      boolean     not null default false,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    check ((consent_at is null) = (consent_to is null))
);
create index finance_request_firm on finance_request (firm_org, id desc);
create index finance_request_bank on finance_request (bank_org, id desc);
create index finance_request_entry on finance_request (entry_id);
create unique index finance_request_open on finance_request (firm_org, entry_id) where state in ('asked','offered');

-- The records of a consent: certificates of the register, by their numbers. They are read where they stand, none is copied.
create table finance_record (
    request_id bigint not null references finance_request on delete cascade,
    number     text   not null references registration,
    primary key (request_id, number)
);
create index finance_record_number on finance_record (number);

create table finance_event (
    id         bigint generated always as identity primary key,
    request_id bigint      not null references finance_request on delete cascade,
    at         timestamptz not null,
    account_id bigint      not null references account,
    event      text        not null,                                   -- look: a record was opened
    from_state text        not null check (from_state in ('asked','offered','declined','withdrawn','granted','overdue','repaid')),
    to_state   text        not null check (to_state in ('asked','offered','declined','withdrawn','granted','overdue','repaid')),
    reason     text        not null default ''
);
create index finance_event_of on finance_event (request_id, id);
