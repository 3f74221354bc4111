-- +goose Up

-- Insight: the yearly report of a university or institute on the transfer of its achievements. The figures of a draft are worked out from
-- views each time; a frozen edition keeps its own under a digest.
create table annual_report (
    id              bigint generated always as identity primary key,
    organisation_id bigint      not null references organisation,
    year            int         not null check (year between 2000 and 2200),
    edition         int         not null check (edition >= 1),
    state           text        not null check (state in ('draft','frozen')),
    said            jsonb       not null,                  -- what persons have added
    content         jsonb,                                 -- of a frozen edition
    digest          text        not null default '',
    note            text        not null default '',       -- what this edition puts right
    created_by      bigint      not null references account,
    frozen_by       bigint      references account,
    frozen_at       timestamptz,
    version         int         not null default 1,
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (organisation_id, year, edition),
    check ((state = 'frozen') = (content is not null and digest <> '' and frozen_by is not null and frozen_at is not null))
);
create unique index annual_report_open on annual_report (organisation_id, year) where state = 'draft';
create index annual_report_frozen on annual_report (year desc, id desc) where state = 'frozen';

-- +goose StatementBegin
create function refuse_annual_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.is_sample then
        return old;                                        -- the sample market can be taken away again
    end if;
    raise exception 'a frozen annual_report stays as it is: % refused', lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger annual_report_frozen before update or delete on annual_report for each row when (old.state = 'frozen')
    execute function refuse_annual_rewrite();

-- Registered contracts that still stand, by their seller, with what the frozen text says of the first buyer.
create view annual_contract as
select r.number, r.seller_org as organisation_id, r.title, r.class, r.plan_source as plan, r.buyer_name as buyer,
    r.buyer_country as country,
    r.buyer_division as division, r.amount, coalesce(v.content->'buyers'->0->>'scale', '') as scale,
    left(coalesce(v.content->'buyers'->0->>'industry', ''), 1) as industry,
    coalesce(nullif(v.content->'elements'->>'signedOn', ''), r.registered_on::text) as signed
from registration r join contract c on c.id = r.contract_id
    left join contract_version v on v.contract_id = c.id and v.number = c.registered_version
where r.ended_on is null and r.seller_org is not null;

-- Money that came in: as the unit books it in its plan of the income; of contracts without such bookings, what buyers proved to have paid.
create view annual_receipt as
select r.number, r.seller_org as organisation_id, e.on_day, e.amount_fen as amount
from rights_entry e join rights_plan p on p.id = e.plan_id join registration r on r.contract_id = p.contract_id and r.ended_on is null
where e.kind = 'receipt' and p.state <> 'withdrawn'
union all
select r.number, r.seller_org, f.paid_on, f.amount
from payment_proof f join registration r on r.number = f.number and r.ended_on is null
where not exists (select from rights_plan p join rights_entry e on e.plan_id = p.id and e.kind = 'receipt'
    where p.contract_id = r.contract_id and p.state <> 'withdrawn');

create view annual_booking as
select p.organisation_id, e.kind, e.on_day, e.amount_fen as amount from rights_entry e join rights_plan p on p.id = e.plan_id
where p.state <> 'withdrawn' and e.kind <> 'receipt';

create view annual_payout as
select p.organisation_id, o.plan_id, o.number, m.main, o.on_day, o.amount_fen as amount
from rights_payout o join rights_plan p on p.id = o.plan_id join rights_member m on m.plan_id = o.plan_id and m.number = o.number;

create view annual_unit as
select o.id as organisation_id,
    (select count(*) from listing l where l.organisation_id = o.id and l.kind = 'achievement' and l.published is not null
        and l.state in ('published','revising','resubmitted'))::int as achievements,
    (select count(*) from contract c where c.seller_org = o.id and c.state in ('filed','correcting'))::int as unregistered,
    (select count(*) from register_entry e where e.organisation_id = o.id and e.kind = 'agency' and e.state in ('listed','revised'))::int
        as bodies,
    (select coalesce(sum((e.listed->'staff'->>0)::int), 0) from register_entry e where e.organisation_id = o.id and e.kind = 'agency'
        and e.state in ('listed','revised') and e.listed->'staff'->>0 ~ '^[0-9]{1,6}$')::int as staff
from organisation o;

create view annual_grant as
select g.organisation_id, e.at from rights_grant_event e join rights_grant g on g.id = e.grant_id
where e.to_state = 'active' and e.from_state <> 'active';
