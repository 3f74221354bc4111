-- +goose Up

-- The clock's rows are read by officers now.
update sla_policy set name = '本平台默认' where name = 'default';
