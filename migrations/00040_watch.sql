-- +goose Up

-- What follows a match: pairs that were announced, who asked not to hear, answers over time, what nobody found.

-- Each pair once per version of both published contents.
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

-- A listing whose new publication was run against the other side, by its published version.
create table match_run (
    listing_id bigint      primary key references listing on delete cascade,
    version    int         not null,
    at         timestamptz not null
);

create table match_alert_off (
    listing_id bigint      primary key references listing on delete cascade,
    account_id bigint      not null references account,
    at         timestamptz not null
);

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
create index saved_search_live on saved_search (account_id) where ended_at is null;

-- Words that found nothing: the words, the day and how often; nobody's name. Bounded by the writer.
create table empty_search (
    kind     text        not null,
    words    text        not null,
    times    int         not null default 1,
    last_at  timestamptz not null,
    primary key (kind, words)
);
create index empty_search_last on empty_search (last_at);

create index match_answer_org on match_answer (organisation_id, id desc);
create index match_impression_at on match_impression (at);

-- For the quality figures: where a listing comes from, and which pairs came to an approach. Sample data apart.
create view match_listing as
select l.id, l.kind, l.title, left(l.field, 2) as field, left(l.division, 4) || '00' as league, l.organisation_id, l.is_sample, o.kind as organisation_kind,
    l.state in ('published', 'revising', 'resubmitted') and not l.hidden as public
from listing l join organisation o on o.id = l.organisation_id;

create view match_deal as
select supply_listing_id, demand_listing_id, created_at, agreed_at, decline_code
from deal where supply_listing_id is not null and demand_listing_id is not null;
