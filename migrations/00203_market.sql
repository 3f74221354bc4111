-- +goose Up

-- Market: listings, imports, matching and what follows a match.

-- Achievements (成果) and demands (需求). The content is a typed JSON document of its kind; the columns beside it are the facts that
-- lists, scopes and clocks need.
create table listing (
    id                bigint generated always as identity primary key,
    kind              text        not null,                -- a code that the program declares
    organisation_id   bigint      not null references organisation,
    owner_account     bigint      not null references account,
    state             text        not null
        check (state in ('draft','submitted','returned','published','revising','resubmitted','withdrawn','expired','closed','archived')),
    version           int         not null default 1,      -- lock: grows with every change
    draft             jsonb       not null,                -- the working content
    published         jsonb,                               -- the content the public sees
    published_version int         not null default 0,      -- grows with every publication
    title             text        not null default '',     -- of the published content, else of the draft
    division          text        not null default '',     -- of the published content, else the organisation's
    field             text        not null default '',
    reviewer_scope    text        not null default '150000', -- league or region whose editor reviews
    return_reason     text        not null default '',
    triage            text        not null default '' check (triage in ('','publish','diagnose','long_term')),
    origin            text        not null default 'local' check (origin in ('local','import')),
    origin_key        text,                                -- row key of an import, unique per organisation
    origin_hash       text        not null default '',     -- of the imported row: the same file twice changes nothing
    is_sample         boolean     not null default false,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    submitted_at      timestamptz,
    first_published_at timestamptz,
    published_at      timestamptz,
    confirmed_at      timestamptz,                         -- last time the owner said "still true"
    reminded_at       timestamptz,                         -- asked to confirm since then
    demoted_at        timestamptz,                         -- asleep since: the owner did not answer
    expires_at        timestamptz,
    expiring_noticed_at timestamptz,
    closed_reason     text        not null default '',
    hidden            boolean     not null default false   -- the organisation is suspended
);
create unique index listing_origin on listing (organisation_id, kind, origin_key) where origin_key is not null;
create index listing_org on listing (organisation_id, kind, updated_at desc, id desc);
create index listing_review on listing (reviewer_scope, submitted_at) where state = 'submitted';
create index listing_public on listing (kind, published_at desc, id desc) where state in ('published','revising','resubmitted');
create index listing_confirm on listing (confirmed_at) where state in ('published','revising','resubmitted');
create index listing_ended on listing (updated_at) where state in ('withdrawn','expired','closed');
create index listing_expiry on listing (expires_at) where state in ('published','revising','resubmitted');
select create_trigram_index('listing_words', 'listing', 'title');

-- Every published content.
create table listing_version (
    listing_id   bigint      not null references listing on delete cascade,
    number       int         not null,
    content      jsonb       not null,
    published_at timestamptz not null,
    published_by bigint,
    primary key (listing_id, number)
);

-- What happened to a listing.
create table listing_event (
    id         bigint generated always as identity primary key,
    listing_id bigint      not null references listing on delete cascade,
    at         timestamptz not null,
    account_id bigint,
    event      text        not null,
    from_state text        not null
        check (from_state in ('','draft','submitted','returned','published','revising','resubmitted','withdrawn','expired','closed',
            'archived')),
    to_state   text        not null
        check (to_state in ('draft','submitted','returned','published','revising','resubmitted','withdrawn','expired','closed','archived')),
    reason     text        not null default ''
);
create index listing_event_listing on listing_event (listing_id, id);

-- Files of a listing.
create table listing_file (
    listing_id bigint not null references listing on delete cascade,
    file_id    bigint not null references file,
    role       text   not null check (role in ('picture','evidence','attachment')),
    caption    text   not null default '',
    position   int    not null default 0,
    public     boolean not null default false,             -- part of the published content
    primary key (listing_id, file_id)
);
create index listing_file_file on listing_file (file_id);

-- 需求诊断: the editor returns a need that is not yet clear and asks a broker to look at it with the company.
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

-- An uploaded table of listings: checked first, confirmed later.
create table import_batch (
    id              bigint generated always as identity primary key,
    kind            text        not null,                  -- achievement, demand
    organisation_id bigint      not null references organisation,
    account_id      bigint      not null references account,
    file_name       text        not null,
    digest          text        not null,
    state           text        not null check (state in ('checked','running','done','failed')),
    rows            int         not null default 0,
    good            int         not null default 0,
    bad             int         not null default 0,
    done            int         not null default 0,
    report          jsonb       not null default '{}',     -- what the check found, with bounded lists of {cell, code, message}
    marked_file     bigint      references file on delete set null, -- given back with a column 错误说明; null: no row was refused
    publish         boolean     not null default false,    -- publish at once instead of making drafts
    created         int         not null default 0,
    updated         int         not null default 0,
    unchanged       int         not null default 0,
    last_row        int         not null default 0,        -- a run that was killed goes on behind it
    created_at      timestamptz not null,
    finished_at     timestamptz
);
create index import_batch_org on import_batch (organisation_id, id desc);

-- The good rows of a checked table, kept until it is confirmed.
create table import_row (
    batch_id bigint not null references import_batch on delete cascade,
    row      int    not null,
    row_key  text   not null,
    hash     text   not null,
    content  jsonb  not null,
    primary key (batch_id, row)
);

-- Weights of the matching are versioned data.
create table match_weights (
    version    int         primary key,
    weights    jsonb       not null,
    note       text        not null default '',
    created_at timestamptz not null,
    active     boolean     not null default false
);
create unique index match_weights_active on match_weights (active) where active;

-- Matches that were shown, and why.
create table match_impression (
    id             bigint generated always as identity primary key,
    at             timestamptz not null,
    account_id     bigint,
    query_listing  bigint      not null references listing on delete cascade,
    result_listing bigint      not null references listing on delete cascade,
    query_version  int         not null,
    result_version int         not null,
    rank           int         not null,
    score          int         not null,                   -- thousandths
    weights_version int        not null,
    explained      jsonb       not null,
    unique (query_listing, query_version, result_listing, result_version, weights_version)
);
create index match_impression_at on match_impression (at);

-- What somebody answered to a shown match.
create table match_answer (
    id             bigint generated always as identity primary key,
    at             timestamptz not null,
    account_id     bigint      not null,
    organisation_id bigint     not null,
    query_listing  bigint      not null references listing on delete cascade,
    result_listing bigint      not null references listing on delete cascade,
    answer         text        not null check (answer in ('open','keep','drop','refuse','restore')),
    reason         text        not null default ''
);
create index match_answer_query on match_answer (query_listing, result_listing);
create index match_answer_org on match_answer (organisation_id, id desc);

-- Listings whose new publication was run against the other side, by published version.
create table match_run (
    listing_id bigint      primary key references listing on delete cascade,
    version    int         not null,
    at         timestamptz not null
);

-- Pairs whose owners were told: each pair once per version of both published contents.
create table match_alert (
    listing_id      bigint      not null references listing on delete cascade, -- whose owner hears
    listing_version int         not null,
    found_id        bigint      not null references listing on delete cascade, -- the newly published one
    found_version   int         not null,
    account_id      bigint      not null references account,
    score           int         not null,                                      -- thousandths, as the owner's match page shows it
    rank            int         not null,
    reasons         text[]      not null default '{}',
    at              timestamptz not null,
    mailed_at       timestamptz,
    primary key (listing_id, found_id, listing_version, found_version)
);
create index match_alert_unmailed on match_alert (account_id) where mailed_at is null;

-- Owners who asked not to hear about a listing.
create table match_alert_off (
    listing_id bigint      primary key references listing on delete cascade,
    account_id bigint      not null references account,
    at         timestamptz not null
);

-- The address in a mail that ends the alerts of one listing without signing in (RFC 8058).
create table match_alert_end (
    listing_id bigint primary key references listing on delete cascade,
    token      text   not null unique
);

-- Searches kept by an account.
create table saved_search (
    id          bigint generated always as identity primary key,
    account_id  bigint      not null references account,
    name        text        not null,
    query       jsonb       not null,
    notice      text        not null default 'daily' check (notice in ('none','daily','immediate')),
    feed_token  text        not null unique,
    created_at  timestamptz not null,
    noticed_at  timestamptz,
    ended_at    timestamptz
);
create index saved_search_account on saved_search (account_id);

-- What a saved search has announced, each version once.
create table saved_search_hit (
    search_id  bigint      not null references saved_search on delete cascade,
    listing_id bigint      not null references listing on delete cascade,
    version    int         not null,
    at         timestamptz not null,
    mailed_at  timestamptz,
    primary key (search_id, listing_id, version)
);
create index saved_search_hit_unmailed on saved_search_hit (search_id) where mailed_at is null;

-- Words that found nothing: the words, the day and how often; nobody's name. Bounded by the writer.
create table empty_search (
    kind     text        not null,
    words    text        not null,
    times    int         not null default 1,
    last_at  timestamptz not null,
    primary key (kind, words)
);
create index empty_search_last on empty_search (last_at);

-- Vectors of the embedder, when one is configured (TECHMARKET_EMBEDDER_URL), one row a public document. A row of another model
-- or of another text is made anew by a job; losing them all loses nothing but time.
create table listing_vector (
    document   text        primary key,              -- as in the index: a12, d7
    kind       text        not null,
    model      text        not null,
    digest     bytea       not null,                 -- SHA-256 of the text that was embedded
    vector     bytea       not null,                 -- float32, little endian, length 1
    updated_at timestamptz not null
);

-- For the quality figures of matching: where a listing comes from.
create view match_listing as
select l.id, l.kind, l.title, left(l.field, 2) as field, left(l.division, 4) || '00' as league, l.organisation_id, l.is_sample,
    o.kind as organisation_kind,
    l.state in ('published', 'revising', 'resubmitted') and not l.hidden as public
from listing l join organisation o on o.id = l.organisation_id;
