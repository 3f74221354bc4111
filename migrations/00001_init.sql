-- +goose Up

-- Platform: files, messages, audit, idempotency. --------------------------------------------------

create table file (
    id           bigint generated always as identity primary key,
    digest       text        not null,                    -- sha256, lower-case hex; the name on disk
    name         text        not null,
    mime         text        not null,
    size         bigint      not null check (size >= 0),  -- bytes
    purpose      text        not null,
    owner_org    bigint,
    uploaded_by  bigint,
    created_at   timestamptz not null
);
create index file_digest on file (digest);

create table message (
    id          bigint generated always as identity primary key,
    account_id  bigint      not null,
    kind        text        not null,
    title       text        not null,
    body        text        not null default '',
    link        text        not null default '',
    created_at  timestamptz not null,
    read_at     timestamptz
);
create index message_inbox on message (account_id, id desc);
create index message_unread on message (account_id) where read_at is null;

create table audit_row (
    id            bigint generated always as identity primary key,
    at            timestamptz not null,
    actor_account bigint,
    actor_org     bigint,
    action        text        not null,
    object_kind   text        not null,
    object_id     text        not null,
    result        text        not null,                   -- ok, refused
    detail        jsonb       not null default '{}',
    request_id    text        not null default '',
    prev_hash     bytea       not null,
    hash          bytea       not null unique
);
create index audit_object on audit_row (object_kind, object_id, id);

create table idempotency_key (
    account_id   bigint      not null,
    key          text        not null,
    request_hash text        not null,                    -- sha256 of method, path and body
    status       int,                                     -- null while the first request runs
    content_type text        not null default '',
    body         bytea,
    created_at   timestamptz not null,
    primary key (account_id, key)
);
create index idempotency_age on idempotency_key (created_at);

-- Identity. ---------------------------------------------------------------------------------------

create table organisation (
    id             bigint generated always as identity primary key,
    kind           text        not null check (kind in ('university','institute','enterprise','agency','point_host','government')),
    name           text        not null,
    credit_code    text        not null default '',       -- as typed, normalised; a wrong check digit warns only
    division       text        not null,                  -- GB/T 2260, six digits
    state          text        not null default 'pending' check (state in ('pending','confirmed','returned','suspended')),
    state_reason   text        not null default '',
    profile        jsonb       not null default '{}',     -- address, legal representative, contact, party nature …
    is_sample      boolean     not null default false,
    version        int         not null default 1,
    created_at     timestamptz not null,
    confirmed_at   timestamptz
);
create unique index organisation_credit_code on organisation (credit_code) where credit_code <> '' and not is_sample;
create index organisation_name on organisation (name);

create table account (
    id             bigint generated always as identity primary key,
    login_name     text        not null,
    display_name   text        not null,
    email          text        not null default '',
    phone          text        not null default '',
    password_hash  text        not null,
    totp_secret    text        not null default '',
    theme          text        not null default 'standard',
    disabled_at    timestamptz,
    signed_in_at   timestamptz,                           -- last success; also starts a new count of failures
    is_sample      boolean     not null default false,
    created_at     timestamptz not null
);
create unique index account_login on account (lower(login_name));

create table membership (
    id              bigint generated always as identity primary key,
    account_id      bigint      not null references account,
    organisation_id bigint      not null references organisation,
    roles           text[]      not null,
    created_at      timestamptz not null,
    ended_at        timestamptz
);
create unique index membership_live on membership (account_id, organisation_id) where ended_at is null;
create index membership_org on membership (organisation_id) where ended_at is null;

create table session (
    token_hash    text        primary key,                -- sha256 of the cookie value
    account_id    bigint      not null references account,
    membership_id bigint      references membership,      -- the organisation the person acts for
    created_at    timestamptz not null,
    seen_at       timestamptz not null,
    expires_at    timestamptz not null                    -- absolute end
);
create index session_account on session (account_id);

create table api_token (
    id            bigint generated always as identity primary key,
    account_id    bigint      not null references account,
    membership_id bigint      not null references membership,
    name          text        not null,
    token_hash    text        not null unique,
    created_at    timestamptz not null,
    expires_at    timestamptz,
    used_at       timestamptz,
    revoked_at    timestamptz
);

create table invitation (
    id              bigint generated always as identity primary key,
    organisation_id bigint      not null references organisation,
    email           text        not null,
    roles           text[]      not null,
    token_hash      text        not null unique,
    invited_by      bigint      not null references account,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    accepted_at     timestamptz,
    revoked_at      timestamptz
);

-- Market: listings. The content of a listing is a typed JSON document of its kind; the columns beside
-- it are the facts that lists, scopes and clocks need. -----------------------------------------------

create table listing (
    id                bigint generated always as identity primary key,
    kind              text        not null,                -- a code that the program declares
    organisation_id   bigint      not null references organisation,
    owner_account     bigint      not null references account,
    state             text        not null,
    version           int         not null default 1,      -- lock: grows with every change
    draft             jsonb       not null,                -- the working content
    published         jsonb,                               -- the content the public sees
    published_version int         not null default 0,      -- grows with every publication
    title             text        not null default '',     -- of the published content, else of the draft
    division          text        not null default '',     -- of the published content, else the organisation's
    field             text        not null default '',
    reviewer_scope    text        not null default '150000', -- league or region whose editor reviews
    return_reason     text        not null default '',
    triage            text        not null default '',     -- demand: publish, diagnose, long_term
    origin            text        not null default 'local',-- local, import
    origin_key        text,                                -- row key of an import, unique per organisation
    is_sample         boolean     not null default false,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    submitted_at      timestamptz,
    first_published_at timestamptz,
    published_at      timestamptz,
    confirmed_at      timestamptz,                         -- last time the owner said "still true"
    reminded_at       timestamptz,                         -- asked to confirm since then
    demoted_at        timestamptz,                         -- asleep since: the owner did not answer
    expires_at        timestamptz,
    expiring_noticed_at timestamptz,
    closed_reason     text        not null default '',
    hidden            boolean     not null default false,  -- the organisation is suspended
    origin_hash       text        not null default ''      -- of the imported row: the same file twice changes nothing
);
create unique index listing_origin on listing (organisation_id, kind, origin_key) where origin_key is not null;
create index listing_org on listing (organisation_id, kind, updated_at desc, id desc);
create index listing_review on listing (reviewer_scope, submitted_at) where state = 'submitted';
create index listing_public on listing (kind, published_at desc, id desc) where state in ('published','revising','resubmitted');
create index listing_confirm on listing (confirmed_at) where state in ('published','revising','resubmitted');
create index listing_ended on listing (updated_at) where state in ('withdrawn','expired','closed');
create index listing_expiry on listing (expires_at) where state in ('published','revising','resubmitted');

create table listing_version (
    listing_id   bigint      not null references listing on delete cascade,
    number       int         not null,
    content      jsonb       not null,
    published_at timestamptz not null,
    published_by bigint,
    primary key (listing_id, number)
);

create table listing_event (
    id         bigint generated always as identity primary key,
    listing_id bigint      not null references listing on delete cascade,
    at         timestamptz not null,
    account_id bigint,
    event      text        not null,
    from_state text        not null,
    to_state   text        not null,
    reason     text        not null default ''
);
create index listing_event_listing on listing_event (listing_id, id);

create table listing_file (
    listing_id bigint not null references listing on delete cascade,
    file_id    bigint not null references file,
    role       text   not null,                            -- picture, evidence, attachment
    caption    text   not null default '',
    position   int    not null default 0,
    public     boolean not null default false,             -- part of the published content
    primary key (listing_id, file_id)
);
create index listing_file_file on listing_file (file_id);

-- Matching: weights are versioned data; a run keeps what was shown and why. ---------------------------

create table match_weights (
    version    int         primary key,
    weights    jsonb       not null,
    note       text        not null default '',
    created_at timestamptz not null,
    active     boolean     not null default false
);
create unique index match_weights_active on match_weights (active) where active;

create table match_impression (
    id             bigint generated always as identity primary key,
    at             timestamptz not null,
    account_id     bigint,
    query_listing  bigint      not null references listing on delete cascade,
    result_listing bigint      not null references listing on delete cascade,
    query_version  int         not null,
    result_version int         not null,
    rank           int         not null,
    score          int         not null,                   -- thousandths
    weights_version int        not null,
    explained      jsonb       not null,
    unique (query_listing, query_version, result_listing, result_version, weights_version)
);

create table match_answer (
    id             bigint generated always as identity primary key,
    at             timestamptz not null,
    account_id     bigint      not null,
    organisation_id bigint     not null,
    query_listing  bigint      not null references listing on delete cascade,
    result_listing bigint      not null references listing on delete cascade,
    answer         text        not null,                   -- open, keep, contact, refuse
    reason         text        not null default ''
);
create index match_answer_query on match_answer (query_listing, result_listing);

create table saved_search (
    id          bigint generated always as identity primary key,
    account_id  bigint      not null references account,
    name        text        not null,
    query       jsonb       not null,
    notice      text        not null default 'daily',      -- none, daily, immediate
    feed_token  text        not null unique,
    created_at  timestamptz not null,
    noticed_at  timestamptz,
    ended_at    timestamptz
);

-- Trade. ----------------------------------------------------------------------------------------------

create table broker_profile (
    account_id    bigint      primary key references account,
    organisation_id bigint    not null references organisation,
    fields        text[]      not null default '{}',
    divisions     text[]      not null default '{}',
    introduction  text        not null default '',
    level         text        not null default '',
    certificate_no text       not null default '',
    issuer        text        not null default '',
    valid_from    date,
    valid_to      date,
    is_sample     boolean     not null default false,
    version       int         not null default 1,
    updated_at    timestamptz not null
);
create index broker_profile_fields on broker_profile using gin (fields);

create table deal (
    id             bigint generated always as identity primary key,
    state          text        not null,
    version        int         not null default 1,
    supply_listing_id bigint   references listing,         -- of the side that sells
    demand_listing_id bigint   references listing,
    supply_org     bigint      not null references organisation,
    demand_org     bigint      not null references organisation,
    opened_by      bigint      not null references account,
    opened_side    text        not null check (opened_side in ('supply','demand')), -- for a broker: the side it spoke for
    supply_account bigint      references account,
    demand_account bigint      references account,
    broker_account bigint      references account,
    broker_org     bigint      references organisation,
    subject        text        not null,
    decline_code   text        not null default '',
    end_reason     text        not null default '',
    note           text        not null default '',        -- words beside the coded reason
    is_sample      boolean     not null default false,
    created_at     timestamptz not null,
    answered_at    timestamptz,
    agreed_at      timestamptz,
    updated_at     timestamptz not null,
    check (supply_org <> demand_org),
    check (supply_listing_id is not null or demand_listing_id is not null)
);
create index deal_supply on deal (supply_org, updated_at desc);
create index deal_demand on deal (demand_org, updated_at desc);
create index deal_broker on deal (broker_account, updated_at desc);
create unique index deal_open_pair on deal (supply_org, demand_org, coalesce(supply_listing_id, 0), coalesce(demand_listing_id, 0)) where state in ('interested','talking');

create table deal_message (
    id         bigint generated always as identity primary key,
    deal_id    bigint      not null references deal on delete cascade,
    at         timestamptz not null,
    account_id bigint      not null references account,
    side       text        not null,                       -- supply, demand, broker
    body       text        not null
);
create index deal_message_deal on deal_message (deal_id, id);

create table deal_file (
    deal_id    bigint not null references deal on delete cascade,
    message_id bigint not null references deal_message on delete cascade,
    file_id    bigint not null references file,
    name       text   not null,
    size       bigint not null,
    primary key (message_id, file_id)
);
create index deal_file_deal on deal_file (deal_id, file_id);

create table deal_terms (
    deal_id            bigint      not null references deal on delete cascade,
    number             int         not null,
    terms              jsonb       not null,
    proposed_by        bigint      not null references account,
    proposed_side      text        not null,
    proposed_at        timestamptz not null,
    supply_accepted_by bigint      references account,
    supply_accepted_at timestamptz,
    demand_accepted_by bigint      references account,
    demand_accepted_at timestamptz,
    primary key (deal_id, number)
);

create table deal_event (
    id         bigint generated always as identity primary key,
    deal_id    bigint      not null references deal on delete cascade,
    at         timestamptz not null,
    account_id bigint,
    event      text        not null,
    from_state text        not null,
    to_state   text        not null,
    reason     text        not null default ''
);
create index deal_event_deal on deal_event (deal_id, id);

-- Certify: points, contracts, filings, registrations, certificates. ------------------------------------

create table point (
    id              bigint generated always as identity primary key,
    name            text        not null,
    kind            text        not null check (kind in ('region','league','county','university','institute','zone')),
    organisation_id bigint      not null references organisation,  -- the host; its members are the staff
    division        text        not null,                  -- the area it serves
    serves_org      bigint      references organisation,   -- university and institute points serve their own organisation
    region4         char(4)     not null,                  -- digits 5–8 of its numbers
    code2           char(2)     not null,                  -- digits 9–10 of its numbers
    state           text        not null default 'normal' check (state in ('normal','rectifying','suspended')),
    address         text        not null default '',
    phone           text        not null default '',
    hours           text        not null default '',
    number_source   text        not null default 'own' check (number_source in ('own','national')),
    authorised_from date        not null,
    authorised_to   date,
    is_sample       boolean     not null default false,
    version         int         not null default 1,
    created_at      timestamptz not null,
    unique (region4, code2)
);
create index point_org on point (organisation_id);
create index point_division on point (division);

create table sla_policy (
    id            bigint generated always as identity primary key,
    name          text    not null,
    valid_from    date    not null,
    valid_to      date,
    target_days   int     not null,
    target_unit   text    not null check (target_unit in ('working','calendar')),
    legal_days    int     not null,
    legal_unit    text    not null check (legal_unit in ('working','calendar')),
    large_target_days int not null,
    large_legal_days  int not null,
    large_amount  bigint  not null,                        -- 分
    correction_days int   not null,                        -- working days the applicant has
    correction_resets_clock boolean not null,
    active        boolean not null,
    source        text    not null
);

create table holiday (
    day  date primary key,
    kind text not null check (kind in ('holiday','workday')),
    name text not null default ''
);

create table contract (
    id              bigint generated always as identity primary key,
    deal_id         bigint      references deal,
    seller_org      bigint      references organisation,   -- null: foreign seller
    buyer_org       bigint      references organisation,
    applicant_org   bigint      not null references organisation, -- whose side files: seller, or the domestic buyer of an import
    created_by      bigint      not null references account,
    broker_account  bigint      references account,
    state           text        not null check (state in ('draft','filed','correcting','registered','changing','closed')),
    version         int         not null default 1,        -- lock
    content         jsonb       not null,                  -- the working document (contract.Content)
    registered_version int      not null default 0,        -- the frozen version that is registered; 0: none yet
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index contract_applicant on contract (applicant_org, id desc);
create index contract_seller on contract (seller_org, id desc);
create index contract_buyer on contract (buyer_org, id desc);
create index contract_broker on contract (broker_account, id desc);
create unique index contract_deal on contract (deal_id) where deal_id is not null and state <> 'closed';

create table contract_version (
    contract_id bigint      not null references contract on delete cascade,
    number      int         not null,
    content     jsonb       not null,
    files       jsonb       not null default '[]',         -- the attachments handed in with it (contract.File)
    text_digest text        not null default '',           -- digest of the signed text
    frozen_at   timestamptz not null,
    primary key (contract_id, number)
);

create table contract_file (
    contract_id bigint not null references contract on delete cascade,
    file_id     bigint not null references file,
    role        text   not null,                           -- signed_text, undertaking, ip_certificate, plan_consent, authority, permit, import_certificate, minutes, other
    name        text   not null,                           -- name, digest and size as they were when attached
    digest      text   not null,
    size        bigint not null,
    added_at    timestamptz not null,
    added_by    bigint not null references account,
    primary key (contract_id, file_id)
);

create table filing (                                      -- one application at a desk: first filing or change
    id               bigint generated always as identity primary key,
    contract_id      bigint      not null references contract,
    contract_version int         not null,
    kind             text        not null check (kind in ('initial','change')),
    point_id         bigint      not null references point,
    division         text        not null,                 -- the point's area, for the scope of league and region
    intake_no        text        not null unique,
    state            text        not null,
    prior_state      text        not null default '',      -- where a reconsideration came from
    version          int         not null default 1,
    title            text        not null,
    seller_name      text        not null,
    buyer_name       text        not null,
    seller_org       bigint      references organisation,
    buyer_org        bigint      references organisation,
    text_digest      text        not null default '',      -- of the signed text
    applicant_org    bigint      not null references organisation,
    applicant        bigint      not null references account,
    registrar        bigint      references account,
    reviewer         bigint      references account,
    expert           bigint      references account,
    head             bigint      references account,
    claimed_class    text        not null,
    claimed_amount   bigint      not null check (claimed_amount >= 0), -- C as filed, 分
    class            text        not null default '',
    amount           bigint      check (amount >= 0),      -- C, 分
    deducted         bigint      check (deducted >= 0),    -- N
    technical        bigint      check (technical >= 0),   -- T
    vat_base         bigint      check (vat_base >= 0),    -- V
    disputed         boolean     not null default false,
    review           jsonb       not null default '{}',    -- findings, deduction sheet, opinions
    correction       jsonb,                                -- the one list of missing items and the answers
    refusal          jsonb,                                -- reason codes, articles, text
    number           text,                                 -- set at registration
    is_sample        boolean     not null default false,
    policy_id        bigint      not null references sla_policy,
    submitted_at     timestamptz not null,
    accepted_at      timestamptz,
    clock_started_on date,
    paused_on        date,
    paused_working   int         not null default 0,       -- days the clock stood still
    paused_calendar  int         not null default 0,
    target_on        date,
    legal_on         date,
    due_on           date        not null,                 -- the queue's order: target, or the applicant's day while correcting
    decided_at       timestamptz,
    updated_at       timestamptz not null,
    foreign key (contract_id, contract_version) references contract_version (contract_id, number),
    constraint filing_registrar_not_applicant check (registrar <> applicant),
    constraint filing_reviewer_apart check (reviewer <> applicant and reviewer <> registrar),
    constraint filing_expert_apart check (expert <> applicant and expert <> registrar and expert <> reviewer),
    constraint filing_head_not_applicant check (head <> applicant),
    constraint filing_amounts check (technical = amount - deducted and vat_base <= technical)
);
create index filing_queue on filing (point_id, due_on, id) where decided_at is null;
create index filing_open on filing (due_on, id) include (state, division, point_id) where decided_at is null; -- also counts the queue
create index filing_parties on filing (seller_name, buyer_name);
create index filing_point on filing (point_id, id desc);
create index filing_division on filing (division text_pattern_ops, id desc);
create index filing_applicant on filing (applicant_org, id desc);
create index filing_seller on filing (seller_org, id desc);
create index filing_buyer on filing (buyer_org, id desc);
create index filing_text on filing (text_digest) where text_digest <> '';
create unique index filing_contract_open on filing (contract_id) -- not "decided_at is null": the planner would scan this one for the queue
    where state in ('awaiting_acceptance','in_review','correcting','awaiting_second_review','awaiting_experts','awaiting_registration');
create index filing_contract on filing (contract_id, id);

create table filing_part (                                 -- one person plays one part in one case, whatever roles come later
    filing_id  bigint not null references filing,
    account_id bigint not null references account,
    part       text   not null check (part in ('applicant','registrar','reviewer','expert','head')),
    primary key (filing_id, account_id)
);

create table filing_event (
    id         bigint generated always as identity primary key,
    filing_id  bigint      references filing,              -- null: an event of the registration alone
    number     text,                                       -- the registration, once there is one
    at         timestamptz not null,
    account_id bigint,
    part       text        not null,
    event      text        not null,
    from_state text        not null,
    to_state   text        not null,
    note       text        not null default '',
    detail     jsonb       not null default '{}',
    internal   boolean     not null default false,         -- not for the parties
    check (filing_id is not null or number is not null)
);
create index filing_event_filing on filing_event (filing_id, id);
create index filing_event_number on filing_event (number, id) where number is not null;

create table number_sequence (
    point_id bigint not null references point,
    year     int    not null,
    last     int    not null check (last between 0 and 999999),
    primary key (point_id, year)
);

create table intake_sequence (
    division text not null,
    day      date not null,
    last     int  not null check (last between 1 and 9999),
    primary key (division, day)
);

create table registration (
    number         text        primary key check (number ~ '^[0-9]{16}$'),
    contract_id    bigint      not null references contract,
    point_id       bigint      not null references point,
    division       text        not null,                   -- the point's area
    applicant_org  bigint      not null references organisation,
    state          text        not null,                   -- registered, changing, cancelled, revoked, in_reconsideration, in_re_recognition
    prior_state    text        not null default '',        -- where a reconsideration came from
    version        int         not null default 1,         -- version of the certificate: a change adds one
    lock_version   int         not null default 1,
    title          text        not null,
    class          text        not null,
    field          text        not null,
    plan_source    text        not null default '',
    ip_kind        text        not null default '',
    seller_name    text        not null,
    seller_org     bigint      references organisation,
    seller_kind    text        not null,                   -- university, institute, enterprise, other
    seller_country text        not null default '156',
    seller_division text       not null default '',
    buyer_name     text        not null,
    buyer_org      bigint      references organisation,
    buyer_country  text        not null default '156',
    buyer_division text        not null default '',
    amount         bigint      not null check (amount > 0),
    technical      bigint      not null check (technical > 0 and technical <= amount),
    vat_base       bigint      not null check (vat_base >= 0 and vat_base <= technical),
    income         bigint      not null default 0 check (income >= 0), -- ΣR, 分
    registered_on  date        not null,
    ended_on       date,
    tax_review     text        not null default '' check (tax_review in ('','ok','no')),
    cancel_request jsonb,                                  -- reason, person and day of the applicant's request
    ending         jsonb,                                  -- grounds, person and day of cancellation or revocation
    is_sample      boolean     not null default false,
    check (income <= technical)
);
create index registration_point on registration (point_id, number desc);
create index registration_division on registration (division text_pattern_ops, number desc);
create index registration_contract on registration (contract_id);
create index registration_seller on registration (seller_org, number desc);
create index registration_buyer on registration (buyer_org, number desc);

create table certificate (
    number         text        not null references registration,
    version        int         not null,
    state          text        not null,                   -- valid, superseded, cancelled, revoked
    body           text        not null,                   -- canonical JSON
    digest         text        not null,                   -- hex
    suite          text        not null,
    key_id         text        not null,
    signature      text        not null,                   -- base64
    check_code     text        not null,                   -- 8 characters, printed and in the QR link
    ledger_seq     bigint      not null,
    issued_at      timestamptz not null,
    root           jsonb,                                  -- the signed ledger root printed on the PDF
    file_id        bigint      references file,            -- the PDF; null until the job made it
    primary key (number, version)
);

create table period_entry (                                -- what statistics add up; never rewritten
    id              bigint generated always as identity primary key,
    number          text        not null references registration,
    version         int         not null,
    kind            text        not null check (kind in ('register','change','cancel','revoke')),
    leg             text        not null default 'in' check (leg in ('in','out')), -- a change of class, field or division takes out and puts in
    booked_on       date        not null,
    contracts       int         not null,                  -- +1, 0, −1
    amount          bigint      not null,                  -- ΔC, 分
    technical       bigint      not null,                  -- ΔT, 分
    class           text        not null,
    field           text        not null,
    seller_kind     text        not null,
    plan_source     text        not null default '',
    ip_kind         text        not null default '',
    seller_country  text        not null,
    seller_division text        not null,
    buyer_country   text        not null,
    buyer_division  text        not null,
    point_id        bigint      not null references point,
    is_sample       boolean     not null
);
create index period_entry_day on period_entry (booked_on, is_sample);
create unique index period_entry_once on period_entry (number, version, kind, leg);

-- +goose StatementBegin
create function refuse_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.is_sample then return old; end if;  -- the sample market can be taken away again
    raise exception 'a booked period entry is never rewritten: book a new entry' using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger period_entry_fixed before update or delete on period_entry for each row execute function refuse_rewrite();

create table notice_task (                                 -- who must be told of a cancellation or revocation (办法第15条)
    id         bigint generated always as identity primary key,
    number     text        not null references registration,
    division   text        not null,
    audience   text        not null check (audience in ('tax','finance')),
    title      text        not null,
    body       text        not null,
    created_at timestamptz not null,
    done_at    timestamptz,
    done_by    bigint      references account
);
create index notice_task_open on notice_task (division, id) where done_at is null;

create table income (
    id        bigint generated always as identity primary key,
    number    text        not null references registration,
    amount    bigint      not null check (amount > 0),     -- 分
    booked_on date        not null,
    booked_by bigint      not null references account,
    note      text        not null default ''
);
create index income_number on income (number);

create table ledger_row (
    seq       bigint      primary key,
    at        timestamptz not null,
    kind      text        not null,
    ref       text        not null,
    payload   text        not null,                        -- canonical JSON
    prev_hash bytea       not null,
    hash      bytea       not null unique
);
create index ledger_ref on ledger_row (kind, ref);

create table ledger_root (
    id        bigint generated always as identity primary key,
    size      bigint      not null,
    root      bytea       not null,
    suite     text        not null,
    key_id    text        not null,
    signature bytea       not null,
    at        timestamptz not null
);

-- Imports: dry run first, confirm later. ----------------------------------------------------------------

create table import_batch (
    id              bigint generated always as identity primary key,
    kind            text        not null,                  -- achievement, demand
    organisation_id bigint      not null references organisation,
    account_id      bigint      not null references account,
    file_name       text        not null,
    digest          text        not null,
    state           text        not null,                  -- checked, running, done, failed
    rows            int         not null default 0,
    good            int         not null default 0,
    bad             int         not null default 0,
    done            int         not null default 0,
    report          jsonb       not null default '{}',     -- what the check found, with bounded lists of {cell, code, message}
    publish         boolean     not null default false,    -- publish at once instead of making drafts
    created         int         not null default 0,
    updated         int         not null default 0,
    unchanged       int         not null default 0,
    last_row        int         not null default 0,        -- a run that was killed goes on behind it
    created_at      timestamptz not null,
    finished_at     timestamptz
);
create table import_row (
    batch_id bigint not null references import_batch on delete cascade,
    row      int    not null,
    row_key  text   not null,
    hash     text   not null,
    content  jsonb  not null,
    primary key (batch_id, row)
);
