-- +goose Up

-- Trade: who holds an achievement, and 赋权: the team gets a share of the ownership or a long licence.
create table rights_grant (
    id              bigint generated always as identity primary key,
    state           text        not null check (state in ('draft','consenting','checking','noticing','approved','agreed','active','ended',
        'withdrawn')),
    organisation_id bigint      not null references organisation,
    created_by      bigint      not null references account,
    listing_id      bigint      not null references listing,
    object          text        not null,                 -- title of the achievement when the grant began
    kind            text        not null check (kind in ('joint','ownership','licence')),
    years           int         not null,                 -- of a licence; 0 else
    terms           text        not null,                 -- income, decisions, costs between the holders
    decision        text        not null default '',      -- of the unit: paper and day
    agreement       text        not null default '',      -- with the team's representative
    proof           text        not null default '',      -- of the new entry at the office
    notice_id       bigint      references notice,
    reason          text        not null default '',
    version         int         not null default 1,
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index rights_grant_org on rights_grant (organisation_id, id desc);
create unique index rights_grant_active on rights_grant (listing_id) where state = 'active';
create unique index rights_grant_pending on rights_grant (listing_id) where state not in ('active','ended','withdrawn');
create index rights_grant_listing on rights_grant (listing_id, id desc);
create index rights_grant_notice on rights_grant (notice_id) where notice_id is not null;

create table rights_holder (
    grant_id        bigint  not null references rights_grant on delete cascade,
    number          int     not null,
    organisation_id bigint  references organisation,      -- of a unit; its administrator consents
    account_id      bigint  references account,           -- of a person; null: consented on paper
    name            text    not null,
    share_bp        int     not null check (share_bp between 0 and 10000),
    basis           text    not null check (basis in ('service','agreement','grant','transfer')),
    leader          boolean not null,
    consented_at    timestamptz,
    consent         text    not null default '',          -- the paper, where it was given on paper
    primary key (grant_id, number)
);
create index rights_holder_org on rights_holder (organisation_id) where organisation_id is not null;
create index rights_holder_account on rights_holder (account_id) where account_id is not null;

create table rights_grant_event (
    id         bigint generated always as identity primary key,
    grant_id   bigint      not null references rights_grant on delete cascade,
    at         timestamptz not null,
    account_id bigint      references account,
    event      text        not null,
    from_state text        not null check (from_state in ('draft','consenting','checking','noticing','approved','agreed','active','ended',
        'withdrawn')),
    to_state   text        not null check (to_state in ('draft','consenting','checking','noticing','approved','agreed','active','ended',
        'withdrawn')),
    reason     text        not null default ''
);
create index rights_grant_event_of on rights_grant_event (grant_id, id);
