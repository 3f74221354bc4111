-- +goose Up

-- Insight: figures. Views read the other wings; they carry no rule beyond naming the cell a fact belongs to.

create view stats_entry as
select e.id, e.number, e.version, e.kind, e.leg, e.booked_on, e.contracts, e.amount, e.technical, left(e.class, 2) as class,
    e.class as subclass, e.field, e.seller_kind, e.plan_source, e.ip_kind, e.is_sample,
    e.seller_country, e.seller_division, e.buyer_country, e.buyer_division,
    -- an import is filed where the buyer is (办法第8条)
    case when e.seller_country = '156' then e.seller_division else e.buyer_division end as filed_division,
    r.title, r.state, e.social_goal
from period_entry e left join registration r on r.number = e.number;

create view stats_listing as
select kind, origin, is_sample, first_published_at, coalesce(confirmed_at, published_at) as alive_at
from listing where published is not null and state in ('published', 'revising', 'resubmitted');

create view stats_funnel as
select 'listing' as step, first_published_at as at, is_sample from listing where first_published_at is not null
union all select 'match', i.at, l.is_sample from match_impression i join listing l on l.id = i.query_listing
union all select 'interest', created_at, is_sample from deal
union all select 'talk', answered_at, is_sample from deal where answered_at is not null and state <> 'declined'
union all select 'agreement', updated_at, is_sample from deal where state = 'agreed'
union all select 'contract', created_at, is_sample from contract
union all select 'filing', submitted_at, is_sample from filing where kind = 'initial'
union all select 'registration', registered_on::timestamptz, is_sample from registration;

create view stats_point as
select kind, division, state, is_sample, authorised_from, authorised_to from point;

-- Published figures: shown with year and source, never mixed with the platform's own sums.
create table published_figure (
    period    text   not null,
    starts_on date   not null,
    ends_on   date   not null,
    measure   text   not null check (measure in ('contracts','amount','technical')),
    value     bigint not null,                             -- 项, or 分
    certainty text   not null check (certainty in ('published','derived','plan')),
    note      text   not null default '',
    source    text   not null,
    primary key (period, measure)
);

insert into published_figure (period, starts_on, ends_on, measure, value, certainty, note, source) values
    ('2020年', '2020-01-01', '2020-12-31', 'amount', 481900000000, 'plan', '规划所列基数，未见其他文本印证', '自治区“十四五”科技创新规划'),
    ('2021年', '2021-01-01', '2021-12-31', 'amount', 461200000000, 'derived', '由 2022 年 52.49 亿元及增幅 13.8% 推算，约数', '内蒙古日报 2023-08-13'),
    ('2022年', '2022-01-01', '2022-12-31', 'amount', 524900000000, 'published', '', '内蒙古日报 2023-08-13'),
    ('2022年', '2022-01-01', '2022-12-31', 'contracts', 1527, 'derived', '由 2023 年 2219 项及增幅 45.32% 推算，约数', '北疆新闻 2024-06'),
    ('2023年上半年', '2023-01-01', '2023-06-30', 'contracts', 605, 'published', '同比增长 26.30%', '内蒙古日报 2023-08-13'),
    ('2023年上半年', '2023-01-01', '2023-06-30', 'amount', 186600000000, 'published', '同比增长 56.02%', '内蒙古日报 2023-08-13'),
    ('2023年上半年', '2023-01-01', '2023-06-30', 'technical', 120900000000, 'published', '同比增长 32.71%', '内蒙古日报 2023-08-13'),
    ('2023年', '2023-01-01', '2023-12-31', 'contracts', 2219, 'published', '同比增长 45.32%', '北疆新闻 2024-06'),
    ('2023年', '2023-01-01', '2023-12-31', 'amount', 617100000000, 'published', '同比增长 17.57%', '北疆新闻 2024-06'),
    ('2024年1月1日至5月15日', '2024-01-01', '2024-05-15', 'contracts', 444, 'published', '同比增长 7.77%', '北疆新闻 2024-06'),
    ('2024年1月1日至5月15日', '2024-01-01', '2024-05-15', 'amount', 112709680000, 'published', '同比增长 52.42%', '北疆新闻 2024-06');

-- Targets of a plan are data: the next plan needs no code.
create table plan_target (
    code        text   primary key,
    name        text   not null,
    unit        text   not null check (unit in ('fen','count')),
    kind        text   not null check (kind in ('at_least','range','level')),
    base_year   int,
    base        bigint,                                    -- 分 for amounts, else a count
    target_year int    not null,
    target      bigint not null,
    own_measure text   not null default '',                -- what the platform counts itself: amount, points_county …
    note        text   not null default '',
    source      text   not null
);

insert into plan_target (code, name, unit, kind, base_year, base, target_year, target, own_measure, note, source) values
    ('3', '技术市场合同成交金额', 'fen', 'level', 2020, 481900000000, 2025, 1000000000000, 'amount',
     '预期性；规划没有写明按输出还是吸纳统计', '自治区“十四五”科技创新规划 1-4'),
    ('A1-county', '旗县（市、区）技术合同登记点', 'count', 'at_least', null, null, 2025, 40, 'points_county', '盟市、开发区登记点不计入', '自治区“十四五”科技创新规划 7-4(1)'),
    ('A1-university', '本科高校技术合同登记点', 'count', 'at_least', null, null, 2025, 5, 'points_university', '', '自治区“十四五”科技创新规划 7-4(1)'),
    ('A1-institute', '科研院所技术合同登记点', 'count', 'at_least', null, null, 2025, 5, 'points_institute', '', '自治区“十四五”科技创新规划 7-4(1)');

-- Definitions (口径) of every figure shown; dated, so that an old figure keeps its own.
create table figure_definition (
    code       text not null,
    valid_from date not null,
    name       text not null,
    text       text not null,
    primary key (code, valid_from)
);

insert into figure_definition (code, valid_from, name, text) values
    ('contracts', '2026-01-01', '合同项数', '期内登记的技术合同数。首次登记记 1 项，变更不计项数，注销、撤销在其发生的期间记 −1 项；已经公布的期间不改写。'),
    ('amount', '2026-01-01', '合同成交额', '期内登记合同的成交总额（元）。变更记差额，注销、撤销记负数，均记入其发生的期间。'),
    ('technical', '2026-01-01', '技术交易额', '成交额减去登记员认定扣除的非技术性费用（元）。单元格含冲减时，技术交易额可能大于成交额。'),
    ('output', '2026-01-01', '输出', '按卖方所在行政区划统计。卖方在境外的不计入任何区内输出。'),
    ('absorption', '2026-01-01', '吸纳', '按买方所在行政区划统计；多个买方的按第一买方。区内成交同时计入输出和吸纳，两者不相加。'),
    ('filed', '2026-01-01', '登记', '按申请登记一方所在行政区划统计：一般为卖方，技术进口为买方。'),
    ('period', '2026-01-01', '期间', '按登记日期（北京时间）归入月、季、半年、年。'),
    ('leagues', '2026-01-01', '盟市范围', '呼伦贝尔市含满洲里市，锡林郭勒盟含二连浩特市。'),
    ('sample', '2026-01-01', '样例数据', '统计默认不含样例数据；选择包含时整张表标注“含样例”。'),
    ('listing_live', '2026-01-01', '活跃与沉睡', '发布中的成果或需求，近 180 天内发布或由发布方确认过的为活跃，其余为沉睡（本平台自定）。'),
    ('listing_origin', '2026-01-01', '本地与导入', '由发布单位在本平台填写的为本地，批量导入的为导入，分开计数。'),
    ('published', '2026-01-01', '公开数据', '来自公开报道或规划，注明年份和来源，不与本平台统计相加。');
