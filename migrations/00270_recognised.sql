-- +goose Up

-- Pages that are pictures are recognised by a job. A scan that was read before it existed is looked at again when somebody opens it.
alter table file_text
    add column again      text[]  not null default '{}',    -- what a second look at another size reads, by page
    add column recognised int[]   not null default '{}',    -- the pages that were looked at
    add column waiting    boolean not null default false;   -- the job is on its way
