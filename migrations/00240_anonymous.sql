-- +goose Up

-- A need can be published without the name of its organisation, which is verified all the same.
alter table listing
    add column anonymous boolean not null default false,     -- of the published content, else of the draft
    add column named_at  timestamptz;                         -- when it was last published under the organisation's name
update listing set named_at = published_at where published_at is not null;

-- Which side of a talk stands behind such a need: the others learn its name when the approach is accepted.
alter table deal add column undisclosed text not null default '' check (undisclosed in ('','supply','demand'));
