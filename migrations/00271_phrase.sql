-- +goose Up

-- Text blocks (常用语) of a person at a desk.
create table phrase (
    id         bigint generated always as identity primary key,
    account_id bigint      not null references account on delete cascade,
    use        text        not null check (use in ('correction','opinion','reason')), -- 补正事项; 初审、复核意见; 不予受理、不予登记、退回的理由
    words      text        not null,
    created_at timestamptz not null
);
create index phrase_account on phrase (account_id, id);
