-- +goose Up

-- Trade: brokers and talks.

-- Technology brokers (技术经纪人).
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
create index broker_profile_org on broker_profile (organisation_id);

-- Talks (洽谈) between a supply side and a demand side, from the first interest to the agreement.
create table deal (
    id             bigint generated always as identity primary key,
    state          text        not null check (state in ('interested','talking','agreed','declined','withdrawn','ended')),
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
create unique index deal_open_pair on deal (supply_org, demand_org, coalesce(supply_listing_id, 0), coalesce(demand_listing_id, 0))
    where state in ('interested','talking');
create index deal_supply_listing on deal (supply_listing_id) where supply_listing_id is not null;
create index deal_demand_listing on deal (demand_listing_id) where demand_listing_id is not null;

-- What was said in a talk.
create table deal_message (
    id         bigint generated always as identity primary key,
    deal_id    bigint      not null references deal on delete cascade,
    at         timestamptz not null,
    account_id bigint      not null references account,
    side       text        not null check (side in ('supply','demand','broker')),
    body       text        not null
);
create index deal_message_deal on deal_message (deal_id, id);

-- Files sent with a message of a talk.
create table deal_file (
    deal_id    bigint not null references deal on delete cascade,
    message_id bigint not null references deal_message on delete cascade,
    file_id    bigint not null references file,
    name       text   not null,
    size       bigint not null,
    primary key (message_id, file_id)
);
create index deal_file_deal on deal_file (deal_id, file_id);
create index deal_file_file on deal_file (file_id);

-- Proposed terms, numbered within a talk; agreed once both sides accepted the same number.
create table deal_terms (
    deal_id            bigint      not null references deal on delete cascade,
    number             int         not null,
    terms              jsonb       not null,
    proposed_by        bigint      not null references account,
    proposed_side      text        not null check (proposed_side in ('supply','demand','broker')),
    proposed_at        timestamptz not null,
    supply_accepted_by bigint      references account,
    supply_accepted_at timestamptz,
    demand_accepted_by bigint      references account,
    demand_accepted_at timestamptz,
    primary key (deal_id, number)
);

-- What happened to a talk.
create table deal_event (
    id         bigint generated always as identity primary key,
    deal_id    bigint      not null references deal on delete cascade,
    at         timestamptz not null,
    account_id bigint,
    event      text        not null,
    from_state text        not null check (from_state in ('','interested','talking','agreed','declined','withdrawn','ended')),
    to_state   text        not null check (to_state in ('interested','talking','agreed','declined','withdrawn','ended')),
    reason     text        not null default ''
);
create index deal_event_deal on deal_event (deal_id, id);

-- For the quality figures of matching: which pairs came to an approach.
create view match_deal as
select supply_listing_id, demand_listing_id, created_at, agreed_at, decline_code
from deal where supply_listing_id is not null and demand_listing_id is not null;
