-- +goose Up

-- A client's word that a broker may speak for it. Without one a broker opens no talk in the client's name.
create table broker_mandate (
    id             bigint generated always as identity primary key,
    broker_account bigint      not null references account,
    broker_org     bigint      not null references organisation,
    client_org     bigint      not null references organisation,
    state          text        not null check (state in ('asked','given','refused','ended')),
    note           text        not null default '',
    valid_to       date,       -- last day, set when it is given
    asked_at       timestamptz not null,
    answered_by    bigint      references account,
    answered_at    timestamptz,
    is_sample      boolean     not null default false
);
create unique index broker_mandate_open on broker_mandate (broker_account, client_org) where state in ('asked','given');
create index broker_mandate_broker on broker_mandate (broker_account, id);
create index broker_mandate_org on broker_mandate (broker_org);
create index broker_mandate_client on broker_mandate (client_org, id);
create index broker_mandate_answered on broker_mandate (answered_by);

-- Talks of before this rule keep the client's published listing as their mandate, as the market said then.
insert into broker_mandate (broker_account, broker_org, client_org, state, note, valid_to, asked_at, answered_at, is_sample)
select distinct on (broker_account, client) broker_account, broker_org, client, 'given', '原有撮合，按当时的规则视为委托',
    (current_date + 365), created_at, created_at, is_sample
from (select broker_account, broker_org, created_at, is_sample, case opened_side when 'supply' then supply_org else demand_org end as client
      from deal where broker_account is not null and state in ('interested','talking','agreed')) d
order by broker_account, client, created_at;
