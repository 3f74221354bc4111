-- +goose Up

-- A frozen report stays as it is, a draft is written: the function is no "refuse…", which would take every update from the program's role
-- (postgres.Grant).
drop trigger annual_report_frozen on annual_report;
drop function refuse_annual_rewrite();

-- +goose StatementBegin
create function keep_frozen_annual() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.is_sample then
        return old;                                        -- the sample market can be taken away again
    end if;
    raise exception 'a frozen annual_report stays as it is: % refused', lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger annual_report_frozen before update or delete on annual_report for each row when (old.state = 'frozen')
    execute function keep_frozen_annual();

create or replace view annual_unit as
select o.id as organisation_id,
    (select count(*) from listing l where l.organisation_id = o.id and l.kind = 'achievement'
        and listing_open(l.state, l.hidden, l.expires_at, now()))::int as achievements,
    (select count(*) from contract c where c.seller_org = o.id and c.state in ('filed','correcting'))::int as unregistered,
    (select count(*) from register_entry e where e.organisation_id = o.id and e.kind = 'agency' and e.state in ('listed','revised'))::int
        as bodies,
    (select coalesce(sum((e.listed->'staff'->>0)::int), 0) from register_entry e where e.organisation_id = o.id and e.kind = 'agency'
        and e.state in ('listed','revised') and e.listed->'staff'->>0 ~ '^[0-9]{1,6}$')::int as staff
from organisation o;
