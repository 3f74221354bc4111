-- +goose Up

-- Open on a day (listing.Listing.Public): the one text of the rule in SQL. The listing store and the views' readers call it with their
-- own clock; PostgreSQL writes its body into the query, so that the partial indexes of listing serve it.
-- +goose StatementBegin
create function listing_open(state text, hidden boolean, expires_at timestamptz, day timestamptz) returns boolean
language sql immutable parallel safe as $$
    select state in ('published','revising','resubmitted') and not hidden and expires_at > day
$$;
-- +goose StatementEnd

drop view stats_listing;
create view stats_listing as
select kind, origin, is_sample, first_published_at, coalesce(confirmed_at, published_at) as alive_at, state, hidden, expires_at
from listing;

-- For the quality figures of matching: where a listing comes from.
drop view match_listing;
create view match_listing as
select l.id, l.kind, l.title, left(l.field, 2) as field, left(l.division, 4) || '00' as league, l.organisation_id, l.is_sample,
    o.kind as organisation_kind, l.state, l.hidden, l.expires_at
from listing l join organisation o on o.id = l.organisation_id;
