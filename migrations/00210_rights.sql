-- +goose Up

-- Rights at the desk: income is booked from a paper and put right by a counter row, a revocation is announced before it is
-- decided, a reconsideration can restore, several experts decide, a change rests on a supplementary agreement.

alter table contract_file drop constraint contract_file_role_check;
alter table contract_file add check (role in ('signed_text','supplement','undertaking','ip_certificate','plan_consent','authority',
    'permit','import_certificate','minutes','other'));

alter table period_entry drop constraint period_entry_kind_check;
alter table period_entry add check (kind in ('register','change','cancel','revoke','restore'));
drop index period_entry_once;
create unique index period_entry_once on period_entry (number, version, kind, leg, booked_on); -- restored, it may end once more

alter table income drop constraint income_amount_check;
alter table income add column file_id bigint references file;               -- the sealed 核定表; null: booked before it was asked for
alter table income add column reverses bigint unique references income;     -- a counter row names the row it takes back
alter table income add constraint income_sign check (case when reverses is null then amount > 0 else amount < 0 end);
create index income_file on income (file_id);

alter table registration add column revocation jsonb;  -- announced, not yet decided: ground, facts, who, term, the applicant's statement

alter table sla_policy add column experts int not null default 2 check (experts between 2 and 15); -- equal votes that decide a case
alter table sla_policy add column tied_agency_vat boolean not null default false;  -- tied 0502 and 0503 count for V
