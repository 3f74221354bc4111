-- +goose Up

-- Trade: challenges (揭榜挂帅, 赛马). What is asked, by whom, and where it stands; the states are those of package challenge.
create table challenge (
    id              bigint generated always as identity primary key,
    state           text        not null check (state in ('draft','in_review','approved','open','opening',
        'screening','reviewing','noticing',
        'contracting','running','completed','settled','terminated','breached','void','withdrawn')),
    organisation_id bigint      not null references organisation,
    created_by      bigint      not null references account,
    listing_id      bigint      not null references listing, -- the need that it came from
    title           text        not null,
    kind            text        not null check (kind in ('tackle','transform')), -- 技术攻关类: the asker claims the subsidy; 成果转化类: the taker
    mode            text        not null check (mode in ('single','race')),
    field           text        not null,
    division        text        not null,
    content         jsonb       not null,
    purse_fen       bigint      not null,
    apply_on        date        not null,
    apply_until     timestamptz,                    -- fixed at publication by the calendar
    questions_until timestamptz,
    published_at    timestamptz,
    round           int         not null default 1, -- an extension begins the next, with new keys
    choice          text        not null default '' check (choice in ('','single')), -- of the asker, when too few came to a race
    opened_at       timestamptz,
    draw            jsonb,                          -- of the panel: what went into it and what came out
    decision        jsonb,                          -- waits for the department where public money is in the purse
    notice_id       bigint      references notice,
    contracting_at  timestamptz,
    ended_at        timestamptz,
    reason          text        not null default '',
    version         int         not null default 1,
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index challenge_org on challenge (organisation_id, id desc);
create index challenge_listing on challenge (listing_id);
create index challenge_due on challenge (apply_until) where state = 'open';
create index challenge_notice on challenge (notice_id) where notice_id is not null;

-- The two key pairs of a round. The private half lies under a code that only its holder has, and under the key of the data folder; half is
-- what a holder gave out after the deadline.
create table challenge_key (
    challenge_id bigint      not null references challenge on delete cascade,
    round        int         not null,
    side         text        not null check (side in ('asker','desk')),
    public_key   bytea       not null,
    private_key  text        not null,
    taken_by     bigint      not null references account,
    taken_at     timestamptz not null,
    half         text        not null default '',
    given_by     bigint      references account,
    given_at     timestamptz,
    primary key (challenge_id, round, side)
);

-- Public questions and answers.
create table challenge_question (
    id           bigint generated always as identity primary key,
    challenge_id bigint      not null references challenge on delete cascade,
    at           timestamptz not null,
    account_id   bigint      not null references account,
    body         text        not null,
    reply        text        not null default '',
    replied_by   bigint      references account,
    replied_at   timestamptz
);
create index challenge_question_of on challenge_question (challenge_id, id);

-- Applications. What they hold is in challenge_paper, sealed, until the opening writes it here.
create table challenge_application (
    id              bigint generated always as identity primary key,
    challenge_id    bigint      not null references challenge on delete cascade,
    organisation_id bigint      not null references organisation,
    account_id      bigint      not null references account,
    state           text        not null check (state in ('sealed','withdrawn','opened','broken','eligible','ineligible','chosen','reserve',
        'not_chosen','contracted','declined','eliminated','accepted','ended')),
    version         int         not null,            -- the standing paper
    content         jsonb,                           -- null until the opening
    screening       text        not null default '', -- why it is not eligible
    loss            text        not null default '', -- code of the reason
    feedback        text        not null default '',
    deal_id         bigint      references deal,
    updated_at      timestamptz not null,
    unique (challenge_id, organisation_id)
);
create index challenge_application_org on challenge_application (organisation_id, id desc);
create index challenge_application_deal on challenge_application (deal_id) where deal_id is not null;

create table challenge_paper (
    application_id bigint      not null references challenge_application on delete cascade,
    version        int         not null,
    arrived_at     timestamptz not null,
    round          int         not null,
    digest         text        not null, -- of the sealed bytes: the receipt
    size           bigint      not null,
    sealed         bytea       not null,
    primary key (application_id, version)
);
alter table challenge_paper alter column sealed set storage external;

create table challenge_file (
    application_id bigint not null references challenge_application on delete cascade,
    file_id        bigint not null references file,
    name           text   not null,
    size           bigint not null,
    primary key (application_id, file_id)
);
create index challenge_file_file on challenge_file (file_id);

-- The panel and its sheets.
create table challenge_member (
    challenge_id bigint      not null references challenge on delete cascade,
    account_id   bigint      not null references account,
    state        text        not null check (state in ('active','left','conflict')),
    reason       text        not null default '',
    at           timestamptz not null,
    primary key (challenge_id, account_id)
);
create index challenge_member_account on challenge_member (account_id);

create table challenge_sheet (
    application_id bigint      not null references challenge_application on delete cascade,
    account_id     bigint      not null references account,
    scores         int[]       not null, -- by criterion, 0 to 100
    note           text        not null,
    saved_at       timestamptz not null,
    locked_at      timestamptz,
    digest         text        not null default '', -- of the locked sheet
    primary key (application_id, account_id)
);
create index challenge_sheet_account on challenge_sheet (account_id);

-- What was measured, postponed and paid at the nodes.
create table challenge_result (
    id             bigint generated always as identity primary key,
    challenge_id   bigint      not null references challenge on delete cascade,
    application_id bigint      not null references challenge_application on delete cascade,
    node           int         not null, -- from 1
    kind           text        not null check (kind in ('score','postpone','pay')),
    on_day         date        not null,
    score          int         not null default 0,
    to_day         date,
    amount_fen     bigint      not null default 0,
    voucher        text        not null default '',
    note           text        not null default ''
);
create index challenge_result_of on challenge_result (challenge_id, id);
create index challenge_result_application on challenge_result (application_id);

create table challenge_event (
    id           bigint generated always as identity primary key,
    challenge_id bigint      not null references challenge on delete cascade,
    at           timestamptz not null,
    account_id   bigint,
    event        text        not null,
    from_state   text        not null check (from_state in ('draft','in_review','approved','open','opening',
        'screening','reviewing','noticing',
        'contracting','running','completed','settled','terminated','breached','void','withdrawn')),
    to_state     text        not null check (to_state in ('draft','in_review','approved','open','opening',
        'screening','reviewing','noticing',
        'contracting','running','completed','settled','terminated','breached','void','withdrawn')),
    reason       text        not null default '',
    detail       jsonb       not null default '{}'
);
create index challenge_event_of on challenge_event (challenge_id, id);

-- Every table that a guest's page reads tells of its changes. Sealed papers don't: their number is nobody's to count.
-- +goose StatementBegin
do $$
declare name text;
begin
    foreach name in array array['challenge','challenge_question','challenge_event','challenge_result'] loop
        execute format('create trigger public_change after insert or update or delete or truncate on %I
            for each statement execute function tell_public_change()', name);
    end loop;
end $$;
-- +goose StatementEnd

-- What an opened application holds is read as a part of its challenge.
create or replace view file_grant (file_id, object, id, number, part) as
    select file_id, 'contract', contract_id, '', 'paper' from contract_file
    union all
    select (f ->> 'id')::bigint, 'contract', v.contract_id, '', 'paper'
        from contract_version v cross join jsonb_array_elements(v.files) f
    union all
    select (f ->> 'id')::bigint, 'filing', x.id, '', 'paper'
        from filing x join contract_version v on v.contract_id = x.contract_id and v.number = x.contract_version
        cross join jsonb_array_elements(v.files) f
    union all
    select (x.review ->> 'minutesFileId')::bigint, 'filing', x.id, '', 'minutes' from filing x
        where (x.review ->> 'minutesFileId')::bigint <> 0
    union all
    select (v ->> 'minutesFileId')::bigint, 'filing', x.id, '', 'minutes'
        from filing x cross join jsonb_array_elements(coalesce(x.review -> 'panel', '[]')) v
        where (v ->> 'minutesFileId')::bigint <> 0
    union all
    select file_id, 'registration', 0, number, 'certificate' from certificate where file_id is not null
    union all
    select file_id, 'registration', 0, number, 'income' from income where file_id is not null
    union all
    select file_id, 'registration', 0, number, 'payment' from payment_proof
    union all
    select file_id, 'deal', deal_id, '', 'thread' from deal_file
    union all
    select file_id, 'listing', listing_id, '', case when public and role <> 'evidence' then 'public' else 'inside' end from listing_file
    union all
    select unnest(file_ids), 'export', id, '', 'result' from registration_export
    union all
    select marked_file, 'history', id, '', 'result' from registration_import where marked_file is not null
    union all
    select marked_file, 'import', id, '', 'result' from import_batch where marked_file is not null
    union all
    select f.file_id, 'challenge', a.challenge_id, '', a.id::text from challenge_file f
        join challenge_application a on a.id = f.application_id;
