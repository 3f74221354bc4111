-- +goose Up

-- A request's key, its effect and its answer are written in one transaction, so a key without an answer is no longer there. Of an answer
-- that holds a secret only the status stays. The hash is of the parameters, not of the bytes that carried them.
delete from idempotency_key;
alter table idempotency_key add column location text not null default '';
alter table idempotency_key alter column status set default 0;
update idempotency_key set status = 0 where status is null;
alter table idempotency_key alter column status set not null;

-- Every token ends: what was made without an end works for another year at most.
update api_token set expires_at = now() + interval '366 days' where expires_at is null;
alter table api_token alter column expires_at set not null;
