-- +goose Up

-- Statistics by 社会经济目标 (GB/T 24450): a cell of its own, like field and plan source.
alter table registration add column social_goal text not null default '';
alter table period_entry add column social_goal text not null default '';

-- What is registered says it in its document. Entries are never rewritten: this one column is new to them.
update registration r set social_goal = coalesce((select v.content->'elements'->>'socialGoal' from contract_version v
    where v.contract_id = r.contract_id order by v.number desc limit 1), '');
alter table period_entry disable trigger period_entry_fixed;
update period_entry e set social_goal = r.social_goal from registration r where r.number = e.number;
alter table period_entry enable trigger period_entry_fixed;

create or replace view stats_entry as
select e.id, e.number, e.version, e.kind, e.leg, e.booked_on, e.contracts, e.amount, e.technical, left(e.class, 2) as class, e.class as subclass,
    e.field, e.seller_kind, e.plan_source, e.ip_kind, e.is_sample,
    e.seller_country, e.seller_division, e.buyer_country, e.buyer_division,
    -- an import is filed where the buyer is (办法第8条)
    case when e.seller_country = '156' then e.seller_division else e.buyer_division end as filed_division,
    r.title, r.state, e.social_goal
from period_entry e left join registration r on r.number = e.number;
