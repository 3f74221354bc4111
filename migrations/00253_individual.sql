-- +goose Up

-- 自然人 as an organisation of one: it applies for registration as any other seller does (办法第8条 names no legal form).
alter table organisation drop constraint organisation_kind_check;
alter table organisation add constraint organisation_kind_check
    check (kind in ('university','institute','enterprise','agency','individual','point_host','government'));
