-- +goose Up

-- Exchange: files made from the register and files read into it. Rows go with the account, point or registration they belong to
-- (real ones are never deleted; the sample market can be taken away).

create table registration_export (                         -- a large export made by a job
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

create table registration_import (                         -- historic registrations: dry run first
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
    is_sample  boolean     not null default false,
    created_at timestamptz not null,
    finished_at timestamptz
);
create index registration_import_account on registration_import (account_id, id desc);
create table registration_import_row (
    batch_id bigint not null references registration_import on delete cascade,
    row      int    not null,
    content  jsonb  not null,
    primary key (batch_id, row)
);

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
create table registration_list_item (
    list      text not null references registration_list on delete cascade,
    number    text not null references registration on delete cascade,
    version   int  not null,
    primary key (list, number)
);
create index registration_list_item_number on registration_list_item (number);
create table list_sequence (
    point_id bigint not null references point on delete cascade,
    year     int    not null,
    last     int    not null check (last between 1 and 9999),
    primary key (point_id, year)
);

create table subsidy_rate (                                -- dated: rates change, a calculation names the row it used
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

-- Points: training records of the staff, yearly assessment.

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

-- What the clock has told whom, so that nobody is told twice.

create table deadline_warning (
    filing_id bigint      not null references filing on delete cascade,
    level     text        not null check (level in ('half','near','target','legal')),
    due_on    date        not null,                        -- a new date (after a pause) warns anew
    at        timestamptz not null,
    primary key (filing_id, level, due_on)
);
