-- +goose Up

-- Trade: rights and income. What the law or the region asks at least of a reward, by the day from which it holds.
create table rights_policy (
    from_on date   primary key,
    bp      int    not null check (bp between 0 and 10000),      -- of the net income, in 1/10,000
    main_bp int    not null check (main_bp between 0 and 10000), -- of the reward, for the main contributors
    source  text   not null
);
insert into rights_policy values ('2015-10-01', 5000, 5000,
    '促进科技成果转化法（2015）第四十五条：不低于净收入的 50%；国发〔2016〕16号：主要贡献人员不低于奖励总额的 50%');

-- A plan says who gets what of a contract's income.
create table rights_plan (
    id              bigint generated always as identity primary key,
    state           text        not null check (state in ('draft','noticing','active','closed','withdrawn')),
    organisation_id bigint      not null references organisation,
    created_by      bigint      not null references account,
    contract_id     bigint      not null references contract,
    listing_id      bigint      references listing,       -- the achievement, where the contract came from one
    title           text        not null,
    bp              int         not null check (bp between 0 and 10000),
    main_bp         int         not null check (main_bp between 0 and 10000),
    basis           text        not null,                 -- the unit's rule or the agreement
    decision        text        not null,                 -- of the unit: paper and day
    notice_id       bigint      references notice,
    reason          text        not null default '',
    version         int         not null default 1,
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index rights_plan_org on rights_plan (organisation_id, id desc);
create unique index rights_plan_contract on rights_plan (contract_id) where state not in ('closed','withdrawn');
create index rights_plan_of_contract on rights_plan (contract_id, id desc);
create index rights_plan_listing on rights_plan (listing_id) where listing_id is not null;
create index rights_plan_notice on rights_plan (notice_id) where notice_id is not null;

create table rights_member (
    plan_id      bigint  not null references rights_plan on delete cascade,
    number       int     not null,                        -- from 1, the order that breaks ties
    account_id   bigint  references account,              -- who sees his own share; null: has no account here
    name         text    not null,
    weight       bigint  not null check (weight >= 0),
    main         boolean not null,
    leader       boolean not null,                        -- holds a leading post: his reward is public
    contribution text    not null,
    primary key (plan_id, number)
);
create index rights_member_account on rights_member (account_id) where account_id is not null;

-- Booked income, costs and taxes. Nothing is edited: a correction is one more row that names the row it puts right.
create table rights_entry (
    id         bigint generated always as identity primary key,
    plan_id    bigint      not null references rights_plan on delete cascade,
    kind       text        not null check (kind in ('receipt','cost','tax')),
    amount_fen bigint      not null check (amount_fen <> 0),
    corrects   bigint      references rights_entry,
    on_day     date        not null,
    voucher    text        not null,
    note       text        not null default '',
    booked_by  bigint      not null references account,
    booked_at  timestamptz not null,
    check (corrects is not null or amount_fen > 0)
);
create index rights_entry_plan on rights_entry (plan_id, id);
create index rights_entry_corrects on rights_entry (corrects) where corrects is not null;

-- What was paid to whom. Money that came back is a row below zero.
create table rights_payout (
    id         bigint generated always as identity primary key,
    plan_id    bigint      not null references rights_plan on delete cascade,
    number     int         not null,                      -- of the member
    amount_fen bigint      not null check (amount_fen <> 0),
    voucher    text        not null,
    on_day     date        not null,
    paid_by    bigint      not null references account,
    paid_at    timestamptz not null,
    foreign key (plan_id, number) references rights_member
);
create index rights_payout_plan on rights_payout (plan_id, id);

create table rights_event (
    id         bigint generated always as identity primary key,
    plan_id    bigint      not null references rights_plan on delete cascade,
    at         timestamptz not null,
    account_id bigint      references account,
    event      text        not null,
    from_state text        not null check (from_state in ('draft','noticing','active','closed','withdrawn')),
    to_state   text        not null check (to_state in ('draft','noticing','active','closed','withdrawn')),
    reason     text        not null default ''
);
create index rights_event_plan on rights_event (plan_id, id);

-- +goose StatementBegin
create function refuse_rights_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and not exists (select from rights_plan p where p.id = old.plan_id and not p.is_sample) then
        return old;                                       -- the sample market can be taken away again
    end if;
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger rights_entry_append_only before update or delete on rights_entry for each row execute function refuse_rights_rewrite();
create trigger rights_payout_append_only before update or delete on rights_payout for each row execute function refuse_rights_rewrite();

-- +goose StatementBegin
create function refuse_plan_deletion() returns trigger language plpgsql as $$
begin
    raise exception 'rights_plan is kept: delete refused' using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger rights_plan_kept before delete on rights_plan for each row when (not old.is_sample) execute function refuse_plan_deletion();
