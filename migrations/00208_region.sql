-- +goose Up

-- Publish: policies with their clauses, and the questions asked about them. Insight: the indicators of plans.

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

-- Indicators of a plan are data: the next plan needs no code. Numbers keep the decimals of their source.
create table plan_indicator (
    id          bigint generated always as identity primary key,
    plan        text    not null,
    number      text    not null,                          -- as the plan counts
    name        text    not null,
    measured_in text    not null,                          -- 亿元, %, 件 …
    kind        text    not null check (kind in ('level','at_least','range','about','yearly_mean','each_year','coverage')),
    base        numeric,
    base_year   int     not null,
    base_note   text    not null default '',
    target      numeric,
    low         numeric,
    high        numeric,
    target_year int     not null,
    path        text    not null check (path in ('geometric','linear','none')),
    decimals    int     not null default 2 check (decimals between 0 and 12),
    owner       text    not null default '',               -- who owes the figures
    clause      text    not null,                          -- where it stands in the plan
    own_figure  text    not null default '',               -- what the platform itself counts beside it: amount
    place       int     not null,                          -- in the list
    unique (plan, number),
    check (target_year >= base_year)
);

-- Official figures as they were told; a later row of a year mends the earlier. Never mixed with the platform's own sums.
create table plan_value (
    id           bigint generated always as identity primary key,
    indicator_id bigint      not null references plan_indicator,
    series       text        not null check (series in ('value','denominator')),
    year         int         not null check (year between 1900 and 2200),
    value        numeric     not null,
    source       text        not null,
    note         text        not null default '',
    is_sample    boolean     not null default false,
    entered_by   bigint      references account,           -- null: came with the plan
    entered_at   timestamptz not null
);
create index plan_value_indicator on plan_value (indicator_id, year, id);

insert into plan_indicator (plan, number, name, measured_in, kind, base, base_year, base_note,
    target, low, high, target_year, path, decimals, clause,
    own_figure, place) values
    ('自治区“十四五”科技创新规划', '1', '全社会研发经费投入增长（年均）', '%', 'yearly_mean', 2.2, 2020, '2020 年为估计值', 12, null, null, 2025, 'none', 1, '1-4', '', 1),
    ('自治区“十四五”科技创新规划', '2', '每万名就业人员中研发人员', '人年', 'level', 18.7, 2020, '2019 年的数值', 30, null, null, 2025, 'none', 1, '1-4', '', 2),
    ('自治区“十四五”科技创新规划', '3', '技术市场合同成交金额', '亿元', 'level', 48.19, 2020, '', 100, null, null, 2025, 'geometric', 1, '1-4', 'amount', 3),
    ('自治区“十四五”科技创新规划', '4', '每万人口高价值发明专利拥有量', '件', 'level', 0.93, 2020, '', 1.80, null, null, 2025, 'none', 2, '1-4', '', 4),
    ('自治区“十四五”科技创新规划', '5', '每万企业中高新技术企业数', '家', 'level', 33.37, 2020, '', 50, null, null, 2025, 'none', 2, '1-4', '', 5),
    ('自治区“十四五”科技创新规划', '6', '数字经济核心产业增加值占地区生产总值比重', '%', 'about', 2.00, 2020, '', 2.50, null, null, 2025, 'none', 2, '1-4', '', 6),
    ('自治区“十四五”科技创新规划', '7', '规模以上工业企业研发经费支出与营业收入之比', '%',
        'level', 0.72, 2020, '2020 年为估计值', 1.00, null, null, 2025, 'none', 2, '1-4', '', 7),
    ('自治区“十四五”科技创新规划', '8', '公民具备科学素质的比例', '%', 'level', 8.73, 2020, '', 12, null, null, 2025, 'none', 2, '1-4', '', 8),
    ('自治区“十四五”科技创新规划', 'A5', '自治区级技术转移机构', '家', 'at_least', null, 2020, '', 50, null, null, 2025, 'none', 0, '7-4(1)', '', 9),
    ('自治区“十四五”科技创新规划', 'A7', '累计培养技术经纪人', '人', 'at_least', null, 2020, '', 500, null, null, 2025, 'none', 0, '7-3(1)', '', 10),
    ('自治区“十四五”科技创新规划', 'A7-year', '每年培养技术经纪人', '人', 'each_year', null, 2020, '', 100, null, null, 2025, 'none', 0, '7-3(1)', '', 11),
    ('自治区“十四五”科技创新规划', 'A8', '国家级技术转移人才培养基地', '个', 'range', null, 2020, '', null, 2, 3, 2025, 'none', 0, '7-4(1)', '', 12),
    ('自治区“十四五”科技创新规划', 'C2-base', '中试示范基地', '个', 'range', null, 2020, '', null, 5, 6, 2025, 'none', 0, '7-4(2)', '', 13),
    ('自治区“十四五”科技创新规划', 'C2-platform', '中试公共服务平台', '个', 'range', null, 2020, '', null, 2, 3, 2025, 'none', 0, '7-4(2)', '', 14),
    ('自治区“十四五”科技创新规划', 'H3', '科技特派员服务的规上工业企业和高新技术企业', '家',
        'coverage', null, 2020, '规划写“基本全覆盖”，这里按 95%', 95, null, null, 2025, 'none', 1, '7-1', '', 15);

insert into plan_value (indicator_id, series, year, value, source, note, entered_at)
select i.id, 'value', v.year, v.value, v.source, v.note, '2026-01-01'
from plan_indicator i, (values
    (2021, 46.12, '内蒙古日报 2023-08-13', '由 2022 年 52.49 亿元及增幅 13.8% 推算，约数'),
    (2022, 52.49, '内蒙古日报 2023-08-13', ''),
    (2023, 61.71, '北疆新闻 2024-06', '')) as v (year, value, source, note)
where i.number = '3';
