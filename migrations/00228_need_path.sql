-- +goose Up

-- Every judgement of a need in its order: that one needed a diagnosis is not forgotten when it is published later.
create table listing_triage (
    id         bigint generated always as identity primary key,
    listing_id bigint      not null references listing on delete cascade,
    triage     text        not null check (triage in ('publish','diagnose','long_term')),
    at         timestamptz not null
);
create index listing_triage_listing on listing_triage (listing_id, id);
insert into listing_triage (listing_id, triage, at)
    select d.listing_id, 'diagnose', d.asked_at from diagnosis d join listing l on l.id = d.listing_id where l.triage <> 'diagnose';
insert into listing_triage (listing_id, triage, at) select id, triage, coalesce(submitted_at, updated_at) from listing where triage <> '';

-- The path of each need that was submitted: judged, diagnosed, published, agreed.
create view stats_need as
select l.id, l.submitted_at, l.is_sample,
    exists (select from listing_triage t where t.listing_id = l.id and t.triage = 'diagnose') as diagnosed,
    l.first_published_at is not null as published,
    exists (select from deal d where d.demand_listing_id = l.id and d.state = 'agreed') as agreed
from listing l where l.kind = 'demand' and l.submitted_at is not null;

-- Why something came to no end that its owner wanted, each once: the code is one of the list of its room.
create view stats_reason as
select 'triage' as what, t.triage as code, t.at, l.is_sample from listing_triage t join listing l on l.id = t.listing_id
union all select 'close', closed_reason, updated_at, is_sample from listing where state = 'closed' and closed_reason <> ''
union all select 'decline', decline_code, updated_at, is_sample from deal where state = 'declined'
union all select 'end', end_reason, updated_at, is_sample from deal where state = 'ended'
union all select 'intake', coalesce(refusal->'codes'->>0, ''), updated_at, is_sample from filing where state = 'declined'
union all select 'refuse', coalesce(refusal->'codes'->>0, ''), updated_at, is_sample from filing where state = 'refused';

insert into figure_definition (code, valid_from, name, text) values
    ('need_path', '2026-01-01', '需求的去向', '期内提交审核的需求，按是否曾被判断为“需要再诊断”、是否发布过、是否达成一致分开计数；每条需求只计一次，先诊断后发布的仍计入“诊断过”。'),
    ('reasons', '2026-01-01', '判断和未成的原因', '期内每一次需求判断、关闭、谢绝、结束洽谈、不予受理和不予登记，按登记的原因代码计数；一件有几个原因的，按第一个。');
