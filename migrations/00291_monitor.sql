-- +goose Up

-- Insight: monitoring. Sums by day of what the register booked, so that a page over a million registrations reads some thousand rows.
-- A day is worked out anew whenever an entry of it was added: its number stands in monitor_due until then.
create table monitor_due (day date not null);
create table monitor_due_year (year int primary key);            -- its cells are worked out once its days are done

-- +goose StatementBegin
create function monitor_note_day() returns trigger language plpgsql as $$
begin
    insert into monitor_due select distinct booked_on from added;
    return null;
end $$;
-- +goose StatementEnd
create trigger period_entry_monitor after insert on period_entry referencing new table as added for each statement
    execute function monitor_note_day();
insert into monitor_due select distinct booked_on from period_entry;

create table monitor_day (
    day       date    not null,
    is_sample boolean not null,
    area      text    not null,                            -- the region or a league
    side      text    not null check (side in ('filed','output','absorption')),
    dim       text    not null check (dim in ('total','class','field','seller','plan','ip','goal','partner')),
    key       text    not null,
    contracts int     not null,
    amount    bigint  not null,                            -- C, 分
    technical bigint  not null,                            -- T, 分
    primary key (area, side, dim, day, is_sample, key)
);
create index monitor_day_day on monitor_day (day);

-- What a published cell would say of single parties, by year: filed by what the year's contracts came to.
create table monitor_shape (
    year       int     not null,
    is_sample  boolean not null,
    side       text    not null check (side in ('output','absorption','matrix')),
    row        text    not null,                           -- league of the seller, of the buyer for absorption
    col        text    not null,                           -- league of the buyer in a matrix
    contracts  int     not null,
    amount     bigint  not null,
    sellers    int     not null,
    buyers     int     not null,
    top_seller bigint  not null,                           -- C of the largest, of contracts that add to the cell
    top_buyer  bigint  not null,
    counted    bigint  not null,                           -- C of the contracts that add to the cell
    primary key (year, is_sample, side, row, col)
);

-- Limits of what is published, by the day from which they hold (docs/rules/monitor.md §4: settings, no law names them).
create table monitor_policy (
    from_on      date primary key,
    min_parties  int  not null check (min_parties >= 0),
    dominance_bp int  not null check (dominance_bp between 0 and 10000),
    growth_min   int  not null check (growth_min >= 0),
    source       text not null
);
insert into monitor_policy values ('2000-01-01', 3, 8500, 5, '本平台自定，可由自治区调整；没有查到规定的数值');

-- Definitions of M01 … M34, by version; a version that breaks the series says so and no growth is given over it.
create table monitor_indicator (
    code        text    not null,
    version     int     not null,
    valid_from  date    not null,
    name        text    not null,
    numerator   text    not null,
    denominator text    not null default '',
    measured_in text    not null,
    room        text    not null,                          -- where its facts come from
    breaks      boolean not null default false,
    note        text    not null default '',
    primary key (code, version)
);

-- Figures of others that rates need: population, GDP … Imported with their source, never ours.
create table external_figure (
    id         bigint generated always as identity primary key,
    indicator  text        not null,
    area       text        not null,
    year       int         not null check (year between 1900 and 2200),
    value      numeric     not null,
    measured_in text       not null,
    source     text        not null,
    edition    text        not null default '',
    note       text        not null default '',
    is_sample  boolean     not null default false,
    entered_by bigint      not null references account,
    entered_at timestamptz not null
);
create index external_figure_of on external_figure (area, year, indicator, id desc);

insert into monitor_indicator (code, version, valid_from, name, numerator, denominator, measured_in, room, note) values
    ('M01', 1, '2000-01-01', '合同项数', '期内登记记录的项数之和：登记 +1，注销、撤销 −1', '', '项', '登记', ''),
    ('M02', 1, '2000-01-01', '成交额', '同一批记录的成交额之和', '', '万元', '登记', ''),
    ('M03', 1, '2000-01-01', '技术交易额', '同一批记录的技术交易额之和', '', '万元', '登记', ''),
    ('M04', 1, '2000-01-01', '技术交易额占比', 'M03', 'M02', '%', '登记', ''),
    ('M05', 1, '2000-01-01', '项均成交额', 'M02', 'M01', '万元', '登记', ''),
    ('M06', 1, '2000-01-01', '成交额占地区生产总值', 'M02', '当年地区生产总值（录入）', '%', '登记、录入', '同一来源和版次的分母'),
    ('M07', 1, '2000-01-01', '万人成交额', 'M02', '常住人口 ÷ 10000（录入）', '万元', '登记、录入', ''),
    ('M08', 1, '2000-01-01', '合同类别结构', '各类别的成交额', 'M02', '%', '登记', '技术许可自成一类之前的年份为四类'),
    ('M09', 1, '2000-01-01', '技术领域结构', '各领域的成交额', 'M02', '%', '登记', ''),
    ('M10', 1, '2000-01-01', '涉及知识产权的占比', '知识产权不是“未涉及”的成交额', 'M02', '%', '登记', ''),
    ('M11', 1, '2000-01-01', '各级计划项目占比', '计划来源不是“计划外”的成交额', 'M02', '%', '登记', ''),
    ('M12', 1, '2000-01-01', '社会经济目标结构', '各目标的成交额', 'M02', '%', '登记', ''),
    ('M13', 1, '2000-01-01', '企业输出占比', '卖方为企业的成交额', 'M16', '%', '登记', ''),
    ('M14', 1, '2000-01-01', '企业吸纳占比', '买方为企业的成交额', 'M17', '%', '登记', ''),
    ('M15', 1, '2000-01-01', '高校院所输出', '卖方为高校、科研机构的成交额', '', '万元', '登记', ''),
    ('M16', 1, '2000-01-01', '输出', '卖方在本地的成交额', '', '万元', '登记', ''),
    ('M17', 1, '2000-01-01', '吸纳', '买方在本地的成交额', '', '万元', '登记', ''),
    ('M18', 1, '2000-01-01', '本地消化率', '买卖双方都在本地的成交额', 'M16', '%', '登记', ''),
    ('M19', 1, '2000-01-01', '吸纳输出比', 'M17', 'M16', '', '登记', '大于 1 为净吸纳'),
    ('M20', 1, '2000-01-01', '与各省区市的流向', '流出到和流入自各地的成交额', '', '万元', '登记', ''),
    ('M21', 1, '2000-01-01', '技术出口和进口', '与境外的成交额，按方向', '', '万元', '登记', '不计入 M18'),
    ('M22', 1, '2000-01-01', '大额合同', '技术交易额达到大额界线的合同', '', '项、万元', '登记', ''),
    ('M23', 1, '2000-01-01', '集中度', '成交额最大的十项合同', 'M02', '%', '登记', ''),
    ('M24', 1, '2000-01-01', '有成交的卖方', '期内成交额为正的不同卖方', '', '家', '登记', ''),
    ('M25', 1, '2000-01-01', '登记点覆盖', '有正常受理登记点的旗县', '103', '%', '登记点', '高校、院所登记点另计'),
    ('M26', 1, '2000-01-01', '办理时间', '受理到决定的工作日：中位数、90 分位、期限内的占比', '', '工作日', '登记', ''),
    ('M27', 1, '2000-01-01', '一次通过率', '没有补正就登记的', '已作决定的', '%', '登记', ''),
    ('M28', 1, '2000-01-01', '技术性收入到位率', '当年合同迄今核定的技术性收入', '当年合同的技术交易额', '%', '登记', ''),
    ('M29', 1, '2000-01-01', '变更、注销、撤销率', '期内变更、注销、撤销', '期初有效的登记', '%', '登记', ''),
    ('M30', 1, '2000-01-01', '在架信息', '有效期内确认过的成果和需求；沉睡的、导入的另计', '', '条', '成果、需求', ''),
    ('M31', 1, '2000-01-01', '对接答复率', '规定工作日内答复的意向', '收到的意向', '%', '洽谈', ''),
    ('M32', 1, '2000-01-01', '从发布到登记', '各环节的件数；全程在本平台的占比', '', '件', '全程', ''),
    ('M33', 1, '2000-01-01', '经纪促成占比', '有技术经纪人的合同', 'M01', '%', '登记、经纪人', ''),
    ('M34', 1, '2000-01-01', '未满足的需求', '公开超过 90 天、没有接受匹配的需求', '', '条', '需求', '');

-- Guests read them, see 00215.
create trigger public_change after insert or update or delete or truncate on monitor_day for each statement
    execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on monitor_shape for each statement
    execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on monitor_policy for each statement
    execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on monitor_indicator for each statement
    execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on external_figure for each statement
    execute function tell_public_change();

-- An entry with the parties of its registration, for the shapes.
create view monitor_entry as
select e.number, e.booked_on, e.contracts, e.amount, e.is_sample, e.seller_country, e.seller_division, e.buyer_country, e.buyer_division,
    coalesce(r.seller_org::text, r.seller_name) as seller, coalesce(r.buyer_org::text, r.buyer_name) as buyer
from period_entry e join registration r on r.number = e.number;
