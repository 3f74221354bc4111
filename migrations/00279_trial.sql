-- +goose Up

-- Trade: trials (先用后转). The terms come first; what is reported, triggered, paid and insured are rows and states.
create table trial (
    id              bigint generated always as identity primary key,
    state           text        not null check (state in ('proposed','agreed','trialling','confirming','converting','converted','settled',
        'declined','ended')),
    supply_org      bigint      not null references organisation,
    company_org     bigint      not null references organisation,
    supply_account  bigint      not null references account,
    company_account bigint      not null references account,
    listing_id      bigint      not null references listing,   -- the achievement
    need_id         bigint      references listing,            -- where the unit answered a need
    object          text        not null,                      -- title of the achievement when the trial began
    terms           jsonb       not null,
    proposed_side   text        not null check (proposed_side in ('supply','company')),
    begins_on       date,
    ends_on         date,
    extended        boolean     not null default false,        -- at most once
    asked_to        date,                                      -- an extension waits for the other side
    triggered_at    timestamptz,
    confirm_by      date,                                      -- silence until then is a yes
    insurance       text        not null default '' check (insurance in ('','applied','insured','claimed','paid','refused')),
    deal_id         bigint      references deal,
    reason_code     text        not null default '',
    reason          text        not null default '',
    version         int         not null default 1,
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index trial_supply on trial (supply_org, id desc);
create index trial_company on trial (company_org, id desc);
create index trial_listing on trial (listing_id);
create index trial_need on trial (need_id) where need_id is not null;
create index trial_deal on trial (deal_id) where deal_id is not null;
create unique index trial_open on trial (listing_id, company_org) where state not in ('settled','declined','ended');

create table trial_report (
    trial_id bigint      not null references trial on delete cascade,
    number   int         not null,                             -- month of the trial, from 1
    due_on   date        not null,
    body     text        not null default '',
    figures  text        not null default '',                  -- what was measured
    at       timestamptz,                                      -- null: not handed in yet
    told     int         not null default 0,                   -- reminders so far
    primary key (trial_id, number)
);
create index trial_report_due on trial_report (due_on) where at is null;

create table trial_payment (
    trial_id   bigint not null references trial on delete cascade,
    number     int    not null,
    due_on     date   not null,
    amount_fen bigint not null check (amount_fen > 0),
    why        text   not null,                                -- the instalment, or the base of a royalty
    paid_on    date,
    voucher    text   not null default '',
    told       int    not null default 0,                      -- 30, 60, 90: days over that were told
    primary key (trial_id, number)
);
create index trial_payment_due on trial_payment (due_on) where paid_on is null;

create table trial_event (
    id         bigint generated always as identity primary key,
    trial_id   bigint      not null references trial on delete cascade,
    at         timestamptz not null,
    account_id bigint      references account,
    event      text        not null,
    from_state text        not null check (from_state in ('proposed','agreed','trialling','confirming','converting','converted','settled',
        'declined','ended')),
    to_state   text        not null check (to_state in ('proposed','agreed','trialling','confirming','converting','converted','settled',
        'declined','ended')),
    reason     text        not null default ''
);
create index trial_event_of on trial_event (trial_id, id);
