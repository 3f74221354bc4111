-- +goose Up

-- People: organisations, accounts and how they sign in.

-- Organisations (单位).
create table organisation (
    id             bigint generated always as identity primary key,
    kind           text        not null check (kind in ('university','institute','enterprise','agency','point_host','government')),
    name           text        not null,
    credit_code    text        not null default '',       -- as typed, normalised; a wrong check digit warns only
    division       text        not null,                  -- GB/T 2260, six digits
    state          text        not null default 'pending' check (state in ('pending','confirmed','returned','suspended')),
    state_reason   text        not null default '',
    profile        jsonb       not null default '{}',     -- address, legal representative, contact, party nature …
    is_sample      boolean     not null default false,
    version        int         not null default 1,
    created_at     timestamptz not null,
    confirmed_at   timestamptz
);
create unique index organisation_credit_code on organisation (credit_code) where credit_code <> '' and not is_sample;
create index organisation_name on organisation (name);
select create_trigram_index('organisation_words', 'organisation', 'name');

-- Persons who can sign in.
create table account (
    id             bigint generated always as identity primary key,
    login_name     text        not null,
    display_name   text        not null,
    email          text        not null default '',
    phone          text        not null default '',
    password_hash  text        not null,
    totp_secret    text        not null default '',
    recovery_hashes text[]     not null default '{}',     -- codes that replace the authenticator once each (sha256)
    theme          text        not null default 'standard' check (theme in ('standard','elder')),
    disabled_at    timestamptz,
    signed_in_at   timestamptz,                           -- last success; also starts a new count of failures
    is_sample      boolean     not null default false,
    created_at     timestamptz not null
);
create unique index account_login on account (lower(login_name));

-- Who acts for which organisation, in which roles.
create table membership (
    id              bigint generated always as identity primary key,
    account_id      bigint      not null references account,
    organisation_id bigint      not null references organisation,
    roles           text[]      not null,
    created_at      timestamptz not null,
    ended_at        timestamptz
);
create unique index membership_live on membership (account_id, organisation_id) where ended_at is null;
create index membership_account on membership (account_id);
create index membership_org on membership (organisation_id);

-- Signed-in browsers.
create table session (
    token_hash    text        primary key,                -- sha256 of the cookie value
    account_id    bigint      not null references account,
    membership_id bigint      references membership,      -- the organisation the person acts for
    waits_for_code boolean    not null default false,     -- signed in by password, the second step is still to come
    created_at    timestamptz not null,
    seen_at       timestamptz not null,
    expires_at    timestamptz not null                    -- absolute end
);
create index session_account on session (account_id);
create index session_membership on session (membership_id);

-- Keys for the JSON API.
create table api_token (
    id            bigint generated always as identity primary key,
    account_id    bigint      not null references account,
    membership_id bigint      not null references membership,
    name          text        not null,
    token_hash    text        not null unique,
    created_at    timestamptz not null,
    expires_at    timestamptz,
    used_at       timestamptz,
    revoked_at    timestamptz
);
create index api_token_account on api_token (account_id);
create index api_token_membership on api_token (membership_id);

-- Invitations into an organisation.
create table invitation (
    id              bigint generated always as identity primary key,
    organisation_id bigint      not null references organisation,
    email           text        not null,
    roles           text[]      not null,
    token_hash      text        not null unique,
    invited_by      bigint      not null references account,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    accepted_at     timestamptz,
    revoked_at      timestamptz
);
create index invitation_org on invitation (organisation_id, id desc);

-- A link to a new password, mailed to the address of the account: used once, for half an hour; a newer one replaces it.
create table password_reset (
    token_hash  text        primary key,                  -- sha256 of the link's token
    account_id  bigint      not null unique references account,
    expires_at  timestamptz not null
);

