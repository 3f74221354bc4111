-- +goose Up

-- Publish: policies with their clauses, and the questions asked about them.

create table policy (
    id          bigint generated always as identity primary key,
    title       text        not null,
    number      text        not null default '',           -- 文号
    issuer      text        not null,
    division    text        not null default '',           -- whose policy: a league or county, 150000 the region, empty the state
    issued_on   date        not null,
    valid_from  date        not null,
    valid_to    date,
    state       text        not null check (state in ('in_force','repealed')),
    replaced_by bigint      references policy,
    source      text        not null default '',           -- address of the official text
    content     jsonb       not null,
    is_sample   boolean     not null default false,
    version     int         not null default 1,
    updated_at  timestamptz not null,
    check (valid_to is null or valid_to >= valid_from)
);
create index policy_list on policy (issued_on desc, id desc);
create index policy_replaced on policy (replaced_by);

create table policy_question (
    id              bigint generated always as identity primary key,
    policy_id       bigint      not null references policy,
    account_id      bigint      not null references account,
    organisation_id bigint      not null references organisation,
    division        text        not null,                  -- of the organisation that asked: who answers
    question        text        not null,
    state           text        not null check (state in ('asked','answered','closed','withdrawn')),
    due_on          date        not null,                  -- five working days after the day of asking
    answer          text        not null default '',
    published       boolean     not null default false,    -- question and answer may be read by all, without names
    rating          int         check (rating between 1 and 5),
    answered_by     bigint      references account,
    is_sample       boolean     not null default false,
    version         int         not null default 1,
    asked_at        timestamptz not null,
    answered_at     timestamptz,
    updated_at      timestamptz not null
);
create index policy_question_policy on policy_question (policy_id, id desc);
create index policy_question_account on policy_question (account_id, id desc);
create index policy_question_organisation on policy_question (organisation_id);
create index policy_question_open on policy_question (due_on, id) where state = 'asked';
