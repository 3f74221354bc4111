-- +goose Up
-- 需求诊断: the editor returns a need that is not yet clear and asks a broker to look at it with the company (reference/market.md §3.4).
create table diagnosis (
    id          bigint generated always as identity primary key,
    listing_id  bigint      not null references listing on delete cascade,
    broker      bigint      not null references account,
    asked_by    bigint      not null references account,
    asked_at    timestamptz not null,
    advice      text        not null default '',
    answered_at timestamptz                              -- null: the broker has not answered
);
create index diagnosis_listing on diagnosis (listing_id);
create index diagnosis_broker on diagnosis (broker, id desc);
