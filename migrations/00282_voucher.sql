-- +goose Up

-- Services: science and technology vouchers (科技创新券). The scheme of an issuer, dated, and every voucher under it.
create table voucher_scheme (
    id              bigint generated always as identity primary key,
    organisation_id bigint      not null references organisation,      -- the issuer
    division        text        not null,                              -- whose firms may apply
    title           text        not null,
    number          text        not null default '',                   -- of the document
    first_day       date        not null,
    last_day        date        not null,                              -- both inside
    limit_fen       bigint      not null check (limit_fen > 0),        -- of a firm in a year
    rate_bp         int         not null check (rate_bp between 1 and 10000),
    budget_fen      bigint      not null check (budget_fen > 0),
    valid_days      int         not null check (valid_days between 1 and 3660),
    kinds           text[]      not null,                              -- codes of services
    terms           text        not null,                              -- who may apply, which papers
    source          text        not null,
    verified        boolean     not null default false,                -- somebody compared it with the document
    held_fen        bigint      not null default 0,                    -- what the vouchers hold of the budget
    issued          int         not null default 0,                    -- vouchers granted so far
    created_by      bigint      not null references account,
    version         int         not null default 1,
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    check (last_day >= first_day),
    constraint voucher_budget check (held_fen between 0 and budget_fen)
);
create index voucher_scheme_org on voucher_scheme (organisation_id, id desc);
create trigger public_change after insert or update or delete or truncate on voucher_scheme
    for each statement execute function tell_public_change();

create table voucher (
    id               bigint generated always as identity primary key,
    scheme_id        bigint      not null references voucher_scheme,
    firm_org         bigint      not null references organisation,
    firm_account     bigint      not null references account,
    provider_org     bigint      not null references organisation,
    entry_id         bigint      not null references register_entry,    -- the service, as it is listed
    service          text        not null,                              -- its name when it was applied for
    kind             text        not null,                              -- code of the kind of service
    need             text        not null,
    contract_fen     bigint      not null check (contract_fen > 0),     -- what the service costs
    related          boolean     not null,                              -- the firm says so of itself and the provider
    state            text        not null check (state in ('applied','declined','withdrawn','granted','committed','done','claimed',
        'approved','paid','expired','void')),
    granted_on       date,
    due_on           date,                                              -- last day of use
    amount_fen       bigint      not null default 0,
    paid_fen         bigint      not null default 0,
    owes_fen         bigint      not null default 0,
    held_fen         bigint      not null default 0,
    contract_number  text        not null default '',
    claimed_fen      bigint      not null default 0,                    -- what the firm paid, as the provider says
    asked            boolean     not null default false,                -- the desk waits for papers
    reason           text        not null default '',
    version          int         not null default 1,
    is_sample        boolean     not null default false,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    check (amount_fen >= 0 and paid_fen between 0 and amount_fen and owes_fen between 0 and paid_fen and held_fen between 0 and amount_fen)
);
create index voucher_scheme_state on voucher (scheme_id, state, id);
create index voucher_firm on voucher (firm_org, id desc);
create index voucher_provider on voucher (provider_org, id desc);
create index voucher_entry on voucher (entry_id);
create index voucher_due on voucher (due_on) where state = 'granted';
-- A service is applied for once at a time.
create unique index voucher_open on voucher (firm_org, entry_id, scheme_id) where state = 'applied';

create table voucher_file (
    voucher_id bigint      not null references voucher on delete cascade,
    file_id    bigint      not null references file,
    role       text        not null check (role in ('contract','invoice','payment','other')),
    name       text        not null,
    size       bigint      not null,
    added_at   timestamptz not null,
    primary key (voucher_id, file_id)
);
create index voucher_file_file on voucher_file (file_id);

create table voucher_event (
    id         bigint generated always as identity primary key,
    voucher_id bigint      not null references voucher on delete cascade,
    scheme_id  bigint      not null references voucher_scheme,
    at         timestamptz not null,
    account_id bigint      references account,                          -- null: the clock
    event      text        not null,
    from_state text        not null check (from_state in ('applied','declined','withdrawn','granted','committed','done','claimed',
        'approved','paid','expired','void')),
    to_state   text        not null check (to_state in ('applied','declined','withdrawn','granted','committed','done','claimed',
        'approved','paid','expired','void')),
    reason     text        not null default '',
    said_fen   bigint      not null default 0,                          -- claim: what was paid; repay: what came back
    moved_fen  bigint                                                   -- what the rule made of it
);
create index voucher_event_of on voucher_event (voucher_id, id);
create index voucher_event_scheme on voucher_event (scheme_id, id);

-- Contract, invoice and receipt of a voucher are read as a part of it.
create or replace view file_grant (file_id, object, id, number, part) as
    select file_id, 'contract', contract_id, '', 'paper' from contract_file
    union all
    select (f ->> 'id')::bigint, 'contract', v.contract_id, '', 'paper'
        from contract_version v cross join jsonb_array_elements(v.files) f
    union all
    select (f ->> 'id')::bigint, 'filing', x.id, '', 'paper'
        from filing x join contract_version v on v.contract_id = x.contract_id and v.number = x.contract_version
        cross join jsonb_array_elements(v.files) f
    union all
    select (x.review ->> 'minutesFileId')::bigint, 'filing', x.id, '', 'minutes' from filing x
        where (x.review ->> 'minutesFileId')::bigint <> 0
    union all
    select (v ->> 'minutesFileId')::bigint, 'filing', x.id, '', 'minutes'
        from filing x cross join jsonb_array_elements(coalesce(x.review -> 'panel', '[]')) v
        where (v ->> 'minutesFileId')::bigint <> 0
    union all
    select file_id, 'registration', 0, number, 'certificate' from certificate where file_id is not null
    union all
    select file_id, 'registration', 0, number, 'income' from income where file_id is not null
    union all
    select file_id, 'registration', 0, number, 'payment' from payment_proof
    union all
    select file_id, 'deal', deal_id, '', 'thread' from deal_file
    union all
    select file_id, 'listing', listing_id, '', case when public and role <> 'evidence' then 'public' else 'inside' end from listing_file
    union all
    select unnest(file_ids), 'export', id, '', 'result' from registration_export
    union all
    select marked_file, 'history', id, '', 'result' from registration_import where marked_file is not null
    union all
    select marked_file, 'import', id, '', 'result' from import_batch where marked_file is not null
    union all
    select f.file_id, 'challenge', a.challenge_id, '', a.id::text from challenge_file f
        join challenge_application a on a.id = f.application_id
    union all
    select file_id, 'voucher', voucher_id, '', 'paper' from voucher_file;
