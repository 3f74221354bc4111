-- +goose Up

-- Certify: points, contracts, filings, the register and what is made from it.

-- +goose StatementBegin
create function refuse_event_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and (exists (select from filing f where f.id = old.filing_id and f.is_sample)
            or exists (select from registration r where r.number = old.number and r.is_sample)) then
        return old;                                        -- the sample market can be taken away again
    end if;
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function refuse_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.is_sample then return old; end if;  -- the sample market can be taken away again
    raise exception 'a booked period entry is never rewritten: book a new entry' using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd

-- Points and the clock. -----------------------------------------------------------------------------------

-- Registration points (登记点).
create table point (
    id              bigint generated always as identity primary key,
    name            text        not null,
    kind            text        not null check (kind in ('region','league','county','university','institute','zone')),
    organisation_id bigint      not null references organisation,  -- the host; its members are the staff
    division        text        not null,                  -- the area it serves
    serves_org      bigint      references organisation,   -- university and institute points serve their own organisation
    region4         char(4)     not null,                  -- digits 5–8 of its numbers
    code2           char(2)     not null,                  -- digits 9–10 of its numbers
    state           text        not null default 'normal' check (state in ('normal','rectifying','suspended')),
    address         text        not null default '',
    phone           text        not null default '',
    hours           text        not null default '',
    number_source   text        not null default 'own' check (number_source in ('own','national')),
    second_review   text        not null default 'reviewer' check (second_review in ('reviewer','reviewer_or_head')), -- who may do it
    experts_from    bigint      check (experts_from > 0),  -- the T from which experts look, 分; null: as the policy says
    authorised_from date        not null,
    authorised_to   date,
    is_sample       boolean     not null default false,
    version         int         not null default 1,
    created_at      timestamptz not null,
    unique (region4, code2)
);
create index point_org on point (organisation_id);
create index point_division on point (division);
create index point_serves on point (serves_org);

-- Training records of the staff of a point.
create table point_training (
    id          bigint generated always as identity primary key,
    point_id    bigint      not null references point on delete cascade,
    account_id  bigint      not null references account on delete cascade,
    course      text        not null,
    held_on     date        not null,
    hours       int         not null check (hours between 1 and 1000),
    passed      boolean     not null,
    valid_to    date,
    recorded_by bigint      not null references account,
    recorded_at timestamptz not null
);
create index point_training_point on point_training (point_id, held_on desc);
create index point_training_account on point_training (account_id);

-- Yearly assessment of a point.
create table point_assessment (
    point_id    bigint      not null references point on delete cascade,
    year        int         not null,
    figures     jsonb       not null,                      -- as computed on the day of the assessment
    grade       text        not null check (grade in ('excellent','qualified','rectify')),
    opinion     text        not null,
    assessed_by bigint      not null references account,
    assessed_at timestamptz not null,
    primary key (point_id, year)
);

-- The clock of the desk: how many days a case may take, counted from acceptance.
create table sla_policy (
    id            bigint generated always as identity primary key,
    name          text    not null,
    valid_from    date    not null,
    valid_to      date,
    target_days   int     not null,
    target_unit   text    not null check (target_unit in ('working','calendar')),
    legal_days    int     not null,
    legal_unit    text    not null check (legal_unit in ('working','calendar')),
    large_target_days int not null,
    large_legal_days  int not null,
    large_amount  bigint  not null,                        -- 分
    correction_days int   not null,                        -- working days the applicant has
    correction_resets_clock boolean not null,
    active        boolean not null,
    source        text    not null
);

-- Where only a year is known the row starts on 1 January. Rows that are not active are shown for comparison and never counted with.
insert into sla_policy (name, valid_from, valid_to, target_days, target_unit, legal_days, legal_unit, large_target_days, large_legal_days,
    large_amount, correction_days, correction_resets_clock, active, source)
values
    ('2000办法', '2000-01-01', null, 30, 'calendar', 30, 'calendar', 30, 30, 500000000, 10, false, true,
     '技术合同认定登记管理办法（国科发政字〔2000〕063号）第11条：受理之日起30日内完成；按日历日计算'),
    ('天津', '2000-01-01', null, 10, 'working', 10, 'working', 30, 30, 1000000000, 10, false, false,
     '天津市南开区办事指南：10个工作日；开发、转让合同1000万元以上的专家评审30日。仅供比较'),
    ('2024征求意见稿', '2024-12-20', null, 15, 'working', 15, 'working', 30, 30, 500000000, 10, true, false,
     '技术合同认定登记管理办法（征求意见稿，2024-12-20）第14条：15个工作日，专家评审30个工作日；尚未施行，不启用'),
    ('本平台默认', '2020-01-01', null, 15, 'working', 30, 'calendar', 15, 30, 500000000, 10, false, true,
     '本平台默认：目标15个工作日，不超过2000办法的30日；大额界线500万元取自征求意见稿。补正期限10个工作日为本平台自定');

-- Days that differ from the week: public holidays and working weekends.
create table holiday (
    day  date primary key,
    kind text not null check (kind in ('holiday','workday')),
    name text not null default ''
);

-- Contracts. ----------------------------------------------------------------------------------------------

-- Technology contracts (技术合同) as they are being written.
create table contract (
    id              bigint generated always as identity primary key,
    deal_id         bigint      references deal,
    seller_org      bigint      references organisation,   -- null: foreign seller
    buyer_org       bigint      references organisation,
    applicant_org   bigint      not null references organisation, -- whose side files: seller, or the domestic buyer of an import
    created_by      bigint      not null references account,
    broker_account  bigint      references account,
    state           text        not null check (state in ('draft','filed','correcting','registered','changing','closed')),
    version         int         not null default 1,        -- lock
    content         jsonb       not null,                  -- the working document (contract.Content)
    registered_version int      not null default 0,        -- the frozen version that is registered; 0: none yet
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index contract_applicant on contract (applicant_org, id desc);
create index contract_seller on contract (seller_org, id desc);
create index contract_buyer on contract (buyer_org, id desc);
create index contract_broker on contract (broker_account, id desc);
create unique index contract_deal on contract (deal_id) where deal_id is not null and state <> 'closed';
create index contract_of_deal on contract (deal_id) where deal_id is not null;

-- Frozen contents of a contract, as filed.
create table contract_version (
    contract_id bigint      not null references contract on delete cascade,
    number      int         not null,
    content     jsonb       not null,
    files       jsonb       not null default '[]',         -- the attachments handed in with it (contract.File)
    text_digest text        not null default '',           -- digest of the signed text
    frozen_at   timestamptz not null,
    primary key (contract_id, number)
);

-- Attachments of a contract.
create table contract_file (
    contract_id bigint not null references contract on delete cascade,
    file_id     bigint not null references file,
    role        text   not null
        check (role in ('signed_text','undertaking','ip_certificate','plan_consent','authority','permit','import_certificate','minutes',
            'other')),
    name        text   not null,                           -- name, digest and size as they were when attached
    digest      text   not null,
    size        bigint not null,
    added_at    timestamptz not null,
    added_by    bigint not null references account,
    primary key (contract_id, file_id)
);
create index contract_file_file on contract_file (file_id);

-- Filings. ------------------------------------------------------------------------------------------------

-- One application at a desk: first filing or change.
create table filing (
    id               bigint generated always as identity primary key,
    contract_id      bigint      not null references contract,
    contract_version int         not null,
    kind             text        not null check (kind in ('initial','change')),
    point_id         bigint      not null references point,
    division         text        not null,                 -- the point's area, for the scope of league and region
    intake_no        text        not null unique,
    state            text        not null
        check (state in ('awaiting_acceptance','declined','withdrawn','in_review','correcting','awaiting_second_review',
            'awaiting_experts','awaiting_registration','refused','registered','in_reconsideration','in_re_recognition')),
    prior_state      text        not null default '' check (prior_state in ('','declined','refused')), -- where a reconsideration came from
    version          int         not null default 1,
    title            text        not null,
    seller_name      text        not null,
    buyer_name       text        not null,
    seller_org       bigint      references organisation,
    buyer_org        bigint      references organisation,
    text_digest      text        not null default '',      -- of the signed text
    applicant_org    bigint      not null references organisation,
    applicant        bigint      not null references account,
    registrar        bigint      references account,
    reviewer         bigint      references account,
    expert           bigint      references account,
    head             bigint      references account,
    claimed_class    text        not null,
    claimed_amount   bigint      not null check (claimed_amount >= 0), -- C as filed, 分
    class            text        not null default '',
    amount           bigint      check (amount >= 0),      -- C, 分
    deducted         bigint      check (deducted >= 0),    -- N
    technical        bigint      check (technical >= 0),   -- T
    vat_base         bigint      check (vat_base >= 0),    -- V
    disputed         boolean     not null default false,
    review           jsonb       not null default '{}',    -- findings, deduction sheet, opinions
    correction       jsonb,                                -- the one list of missing items and the answers
    refusal          jsonb,                                -- reason codes, articles, text
    number           text,                                 -- set at registration
    is_sample        boolean     not null default false,
    policy_id        bigint      not null references sla_policy,
    submitted_at     timestamptz not null,
    accepted_at      timestamptz,
    clock_started_on date,
    paused_on        date,
    paused_working   int         not null default 0,       -- days the clock stood still
    paused_calendar  int         not null default 0,
    target_on        date,
    legal_on         date,
    due_on           date        not null,                 -- the queue's order: target, or the applicant's day while correcting
    decided_at       timestamptz,
    updated_at       timestamptz not null,
    foreign key (contract_id, contract_version) references contract_version (contract_id, number),
    constraint filing_registrar_not_applicant check (registrar <> applicant),
    constraint filing_reviewer_apart check (reviewer <> applicant and reviewer <> registrar),
    constraint filing_expert_apart check (expert <> applicant and expert <> registrar and expert <> reviewer),
    constraint filing_head_not_applicant check (head <> applicant),
    constraint filing_head_not_reviewer check (head <> reviewer),
    constraint filing_amounts check (technical = amount - deducted and vat_base <= technical)
);
create index filing_queue on filing (point_id, due_on, id) where decided_at is null;
create index filing_open on filing (due_on, id) include (state, division, point_id) where decided_at is null; -- also counts the queue
create index filing_parties on filing (seller_name, buyer_name);
create index filing_point on filing (point_id, id desc);
create index filing_division on filing (division text_pattern_ops, id desc);
create index filing_applicant on filing (applicant_org, id desc);
create index filing_seller on filing (seller_org, id desc);
create index filing_buyer on filing (buyer_org, id desc);
create index filing_text on filing (text_digest) where text_digest <> '';
create unique index filing_contract_open on filing (contract_id) -- not "decided_at is null": the planner would scan this one for the queue
    where state in ('awaiting_acceptance','in_review','correcting','awaiting_second_review','awaiting_experts','awaiting_registration');
create index filing_contract on filing (contract_id, id);
create index filing_number on filing (number) where number is not null;
select create_trigram_index('filing_words', 'filing', 'title', 'seller_name', 'buyer_name');

-- One person plays one part in one case, whatever roles come later.
create table filing_part (
    filing_id  bigint not null references filing,
    account_id bigint not null references account,
    part       text   not null check (part in ('applicant','registrar','reviewer','expert','head')),
    primary key (filing_id, account_id)
);

-- The history of a case or of a registration; append-only.
create table filing_event (
    id         bigint generated always as identity primary key,
    filing_id  bigint      references filing,              -- null: an event of the registration alone
    number     text,                                       -- the registration, once there is one
    at         timestamptz not null,
    account_id bigint,
    part       text        not null
        check (part in ('applicant','registrar','reviewer','expert','head','supervisor','tax_reader','system','party')),
    event      text        not null,
    from_state text        not null
        check (from_state in ('draft','awaiting_acceptance','declined','withdrawn','in_review','correcting','awaiting_second_review',
            'awaiting_experts','awaiting_registration','refused','registered','changing','cancelled','revoked',
            'in_reconsideration','in_re_recognition')),
    to_state   text        not null
        check (to_state in ('draft','awaiting_acceptance','declined','withdrawn','in_review','correcting','awaiting_second_review',
            'awaiting_experts','awaiting_registration','refused','registered','changing','cancelled','revoked',
            'in_reconsideration','in_re_recognition')),
    note       text        not null default '',
    detail     jsonb       not null default '{}',
    internal   boolean     not null default false,         -- not for the parties
    check (filing_id is not null or number is not null)
);
create index filing_event_filing on filing_event (filing_id, id);
create index filing_event_number on filing_event (number, id) where number is not null;
create trigger filing_event_fixed before update or delete on filing_event for each row execute function refuse_event_rewrite();
create trigger filing_event_kept before truncate on filing_event for each statement execute function refuse_append_only();

-- What the clock has told whom, so that nobody is told twice.
create table deadline_warning (
    filing_id bigint      not null references filing on delete cascade,
    level     text        not null check (level in ('half','near','target','legal')),
    due_on    date        not null,                        -- a new date (after a pause) warns anew
    at        timestamptz not null,
    primary key (filing_id, level, due_on)
);

-- Last registration number of a point and year; never reused.
create table number_sequence (
    point_id bigint not null references point,
    year     int    not null,
    last     int    not null check (last between 0 and 999999),
    primary key (point_id, year)
);

-- Last intake number of an area and day.
create table intake_sequence (
    division text not null,
    day      date not null,
    last     int  not null check (last between 1 and 9999),
    primary key (division, day)
);

-- The register. -------------------------------------------------------------------------------------------

-- Registered contracts, one row a number.
create table registration (
    number         text        primary key check (number ~ '^[0-9]{16}$'),
    contract_id    bigint      not null references contract,
    point_id       bigint      not null references point,
    division       text        not null,                   -- the point's area
    applicant_org  bigint      not null references organisation,
    state          text        not null
        check (state in ('registered','changing','cancelled','revoked','in_reconsideration','in_re_recognition')),
    prior_state    text        not null default '' -- where a reconsideration came from
        check (prior_state in ('','registered','cancelled','revoked')),
    version        int         not null default 1,         -- version of the certificate: a change adds one
    lock_version   int         not null default 1,
    title          text        not null,
    class          text        not null,
    field          text        not null,
    plan_source    text        not null default '',
    ip_kind        text        not null default '',
    social_goal    text        not null default '',        -- GB/T 24450
    seller_name    text        not null,
    seller_org     bigint      references organisation,
    seller_kind    text        not null check (seller_kind in ('','university','institute','enterprise','other')),
    seller_country text        not null default '156',
    seller_division text       not null default '',
    buyer_name     text        not null,
    buyer_org      bigint      references organisation,
    buyer_country  text        not null default '156',
    buyer_division text        not null default '',
    amount         bigint      not null check (amount > 0),
    technical      bigint      not null check (technical > 0 and technical <= amount),
    vat_base       bigint      not null check (vat_base >= 0 and vat_base <= technical),
    income         bigint      not null default 0 check (income >= 0), -- ΣR, 分
    registered_on  date        not null,
    ended_on       date,
    tax_review     text        not null default '' check (tax_review in ('','ok','no')),
    cancel_request jsonb,                                  -- reason, person and day of the applicant's request
    ending         jsonb,                                  -- grounds, person and day of cancellation or revocation
    is_sample      boolean     not null default false,
    check (income <= technical)
);
create index registration_point on registration (point_id, number desc);
create index registration_division on registration (division text_pattern_ops, number desc);
create index registration_contract on registration (contract_id);
create index registration_seller on registration (seller_org, number desc);
create index registration_buyer on registration (buyer_org, number desc);
create index registration_applicant on registration (applicant_org, number desc);
select create_trigram_index('registration_words', 'registration', 'title', 'seller_name', 'buyer_name');

-- Certificates (认定登记证明), one row a version.
create table certificate (
    number         text        not null references registration,
    version        int         not null,
    state          text        not null check (state in ('valid','superseded','cancelled','revoked')),
    body           text        not null,                   -- canonical JSON
    digest         text        not null,                   -- hex
    suite          text        not null,
    key_id         text        not null,
    signature      text        not null,                   -- base64
    check_code     text        not null,                   -- 8 characters, printed and in the QR link
    ledger_seq     bigint      not null,
    issued_at      timestamptz not null,
    root           jsonb,                                  -- the signed ledger root printed on the PDF
    file_id        bigint      references file,            -- the PDF; null until the job made it
    failure        text        not null default '',        -- why the PDF cannot be made, in words for the desk
    primary key (number, version)
);

-- What statistics add up; never rewritten: a correction is an entry of its own period.
create table period_entry (
    id              bigint generated always as identity primary key,
    number          text        not null references registration,
    version         int         not null,
    kind            text        not null check (kind in ('register','change','cancel','revoke')),
    leg             text        not null default 'in' check (leg in ('in','out')), -- a change of cell takes out and puts in
    booked_on       date        not null,
    contracts       int         not null,                  -- +1, 0, −1
    amount          bigint      not null,                  -- ΔC, 分
    technical       bigint      not null,                  -- ΔT, 分
    class           text        not null,
    field           text        not null,
    seller_kind     text        not null check (seller_kind in ('','university','institute','enterprise','other')),
    plan_source     text        not null default '',
    ip_kind         text        not null default '',
    social_goal     text        not null default '',
    seller_country  text        not null,
    seller_division text        not null,
    buyer_country   text        not null,
    buyer_division  text        not null,
    point_id        bigint      not null references point,
    is_sample       boolean     not null
);
create index period_entry_day on period_entry (booked_on, is_sample);
create unique index period_entry_once on period_entry (number, version, kind, leg);
create index period_entry_point on period_entry (point_id, booked_on);
create index period_entry_seller on period_entry (seller_division text_pattern_ops, booked_on);
create index period_entry_buyer on period_entry (buyer_division text_pattern_ops, booked_on);
create trigger period_entry_fixed before update or delete on period_entry for each row execute function refuse_rewrite();
create trigger period_entry_kept before truncate on period_entry for each statement execute function refuse_append_only();

-- Technical income (R) that a seller has declared.
create table income (
    id        bigint generated always as identity primary key,
    number    text        not null references registration,
    amount    bigint      not null check (amount > 0),     -- 分
    booked_on date        not null,
    booked_by bigint      not null references account,
    note      text        not null default ''
);
create index income_number on income (number);

-- Who must be told of a cancellation or revocation (办法第15条).
create table notice_task (
    id         bigint generated always as identity primary key,
    number     text        not null references registration,
    division   text        not null,
    audience   text        not null check (audience in ('tax','finance')),
    title      text        not null,
    body       text        not null,
    created_at timestamptz not null,
    done_at    timestamptz,
    done_by    bigint      references account
);
create index notice_task_open on notice_task (division, id) where done_at is null;
create index notice_task_number on notice_task (number);

-- The hash-chained ledger: every decision and certificate.
create table ledger_row (
    seq       bigint      primary key,
    at        timestamptz not null,
    kind      text        not null,
    ref       text        not null,
    payload   text        not null,                        -- canonical JSON
    prev_hash bytea       not null,
    hash      bytea       not null unique
);
create index ledger_ref on ledger_row (kind, ref);
create trigger ledger_row_fixed before update or delete on ledger_row for each row execute function refuse_append_only();
create trigger ledger_row_kept before truncate on ledger_row for each statement execute function refuse_append_only();

-- Signed roots of the ledger.
create table ledger_root (
    id        bigint generated always as identity primary key,
    size      bigint      not null,
    root      bytea       not null,
    suite     text        not null,
    key_id    text        not null,
    signature bytea       not null,
    at        timestamptz not null
);
create trigger ledger_root_fixed before update or delete on ledger_root for each row execute function refuse_append_only();
create trigger ledger_root_kept before truncate on ledger_root for each statement execute function refuse_append_only();

-- Lists, subsidies and proof of payment. ------------------------------------------------------------------

-- Stamped lists of registered contracts for tax and subsidy formalities.
create table registration_list (
    number        text        primary key check (number ~ '^QD[0-9]{14}$'), -- QD, year, region4, point, serial of four digits
    point_id      bigint      not null references point on delete cascade,
    division      text        not null,
    applicant_org bigint      not null references organisation on delete cascade,
    purpose       text        not null check (purpose in ('tax','subsidy')),
    is_large      boolean     not null,                    -- large and ordinary contracts never stand on one list
    state         text        not null default 'valid' check (state in ('valid','void')),
    void_reason   text        not null default '',
    body          text        not null,                    -- canonical JSON
    digest        text        not null,
    suite         text        not null,
    key_id        text        not null,
    signature     text        not null,
    check_code    text        not null,
    ledger_seq    bigint      not null,
    issued_by     bigint      not null references account,
    issued_at     timestamptz not null,
    voided_at     timestamptz,
    is_sample     boolean     not null default false
);
create index registration_list_point on registration_list (point_id, number desc);
create index registration_list_org on registration_list (applicant_org, number desc);

-- The registrations on a list.
create table registration_list_item (
    list      text not null references registration_list on delete cascade,
    number    text not null references registration on delete cascade,
    version   int  not null,
    primary key (list, number)
);
create index registration_list_item_number on registration_list_item (number);

-- Last list number of a point and year.
create table list_sequence (
    point_id bigint not null references point on delete cascade,
    year     int    not null,
    last     int    not null check (last between 1 and 9999),
    primary key (point_id, year)
);

-- Subsidy rates. Dated: rates change, and a calculation names the row it used.
create table subsidy_rate (
    id         bigint generated always as identity primary key,
    name       text    not null,
    side       text    not null check (side in ('buyer','seller','service')),
    classes    text[]  not null,                           -- contract classes it covers, two digits
    valid_from date    not null,
    valid_to   date,
    tiers      jsonb   not null,                           -- [{"overFen": 0, "rateBp": 1000}, …] rate on the part above
    cap        bigint  not null check (cap > 0),           -- 分
    source     text    not null,
    confirmed  boolean not null                            -- false: not confirmed to be in force, shown with its warning
);

insert into subsidy_rate (name, side, classes, valid_from, tiers, cap, source, confirmed) values
    ('购买技术成果后补助', 'buyer', '{02,03}', '2018-01-01',
     '[{"overFen": 0, "rateBp": 1000}, {"overFen": 100000000, "rateBp": 500}, {"overFen": 500000000, "rateBp": 300}]', 200000000,
     '内财科规〔2018〕11号（据 2020 年后补助报道；2021 年的办法可能已经替代，未核实）', false);

-- Proof that a buyer has paid.
create table payment_proof (
    id       bigint generated always as identity primary key,
    number   text        not null references registration on delete cascade,
    amount   bigint      not null check (amount > 0),      -- 分 really paid
    paid_on  date        not null,
    file_id  bigint      not null references file,
    note     text        not null default '',
    added_by bigint      not null references account,
    added_at timestamptz not null
);
create index payment_proof_number on payment_proof (number, id);
create index payment_proof_file on payment_proof (file_id);

-- Exports and imports. -------------------------------------------------------------------------------------

-- Rows go with the account, point or registration they belong to (real ones are never deleted; the sample market can be
-- taken away).

-- A large export, made by a job.
create table registration_export (
    id         bigint generated always as identity primary key,
    account_id bigint      not null references account on delete cascade,
    filter     jsonb       not null,
    scope      jsonb       not null,                       -- what the person could see when asking
    state      text        not null default 'waiting' check (state in ('waiting','running','done')),
    rows       int         not null,
    done       int         not null default 0,
    file_ids   bigint[]    not null default '{}',
    created_at timestamptz not null,
    finished_at timestamptz
);
create index registration_export_account on registration_export (account_id, id desc);

-- An uploaded table of historic registrations: checked first, confirmed later.
create table registration_import (
    id         bigint generated always as identity primary key,
    account_id bigint      not null references account on delete cascade,
    file_name  text        not null,
    digest     text        not null,
    state      text        not null default 'checked' check (state in ('checked','running','done')),
    rows       int         not null,
    good       int         not null,
    bad        int         not null,
    done       int         not null default 0,
    skipped    int         not null default 0,             -- registered by somebody between check and run
    report     jsonb       not null,
    marked_file bigint     references file on delete set null, -- given back with a column 错误说明; null: no row was refused
    is_sample  boolean     not null default false,
    created_at timestamptz not null,
    finished_at timestamptz
);
create index registration_import_account on registration_import (account_id, id desc);

-- The good rows of a checked table, kept until it is confirmed.
create table registration_import_row (
    batch_id bigint not null references registration_import on delete cascade,
    row      int    not null,
    content  jsonb  not null,
    primary key (batch_id, row)
);
