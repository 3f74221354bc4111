-- +goose Up

-- The clock of the desk (reference registration.md §8). Days from acceptance. Where only a year is known the row starts
-- on 1 January. Rows that are not active are shown for comparison and never counted with.
insert into sla_policy (name, valid_from, valid_to, target_days, target_unit, legal_days, legal_unit, large_target_days, large_legal_days,
    large_amount, correction_days, correction_resets_clock, active, source)
values
    ('2000办法', '2000-01-01', null, 30, 'calendar', 30, 'calendar', 30, 30, 500000000, 10, false, true,
     '技术合同认定登记管理办法（国科发政字〔2000〕063号）第11条：受理之日起30日内完成；按日历日计算'),
    ('天津', '2000-01-01', null, 10, 'working', 10, 'working', 30, 30, 1000000000, 10, false, false,
     '天津市南开区办事指南：10个工作日；开发、转让合同1000万元以上的专家评审30日。仅供比较'),
    ('2024征求意见稿', '2024-12-20', null, 15, 'working', 15, 'working', 30, 30, 500000000, 10, true, false,
     '技术合同认定登记管理办法（征求意见稿，2024-12-20）第14条：15个工作日，专家评审30个工作日；尚未施行，不启用'),
    ('default', '2020-01-01', null, 15, 'working', 30, 'calendar', 15, 30, 500000000, 10, false, true,
     '本平台默认：目标15个工作日，不超过2000办法的30日；大额界线500万元取自征求意见稿。补正期限10个工作日为本平台自定');
