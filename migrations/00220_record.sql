-- +goose Up

-- Records whose rows do not say what the ledger vouches for, so that each finding is told to the operators once.
create table record_alarm (
    subject  text        not null,                         -- registration/1502…, list/QD…
    digest   text        not null,                         -- of what was found
    found    text        not null,
    found_at timestamptz not null,
    primary key (subject, digest)
);
