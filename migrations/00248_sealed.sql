-- +goose Up

-- Mail addresses, contacts in contents and the secrets of feeds lie sealed from now on; the program seals what is there when it starts,
-- as it did with telephone numbers. Which columns are done under which key: what was written since is sealed.
create table sealed_column (
    place  text primary key,                               -- table.column
    prefix text not null                                   -- of everything that the key sealed
);

-- The secret address of a feed and of an alert's end is found by its digest.
alter table saved_search add column feed_hash text;
update saved_search set feed_hash = encode(sha256(convert_to(feed_token, 'UTF8')), 'hex');
alter table saved_search alter column feed_hash set not null, add constraint saved_search_feed unique (feed_hash);
alter table saved_search drop constraint saved_search_feed_token_key;
alter table match_alert_end add column token_hash text;
update match_alert_end set token_hash = encode(sha256(convert_to(token, 'UTF8')), 'hex');
alter table match_alert_end alter column token_hash set not null, add constraint match_alert_end_hash unique (token_hash);
alter table match_alert_end drop constraint match_alert_end_token_key;

-- The history of a register keeps what an entry said, not how somebody was reached then: it cannot be sealed later, as it is only added to.
alter table register_event disable trigger register_event_fixed;
update register_event set content = content - 'phone' - 'contactPhone' - 'email' where content ?| array['phone','contactPhone','email'];
alter table register_event enable trigger register_event_fixed;
