package idempotency

const (
	// claim inserts the key, or takes over one that is over its time.
	claim = `
insert into idempotency_key as k (account_id, key, request_hash, created_at) values (@account, @key, '', @now)
on conflict (account_id, key) do update
    set request_hash = '', status = null, content_type = '', body = null, created_at = @now
    where k.created_at < @expired`
	selectKey = `
select request_hash as hash, status, content_type, body
from idempotency_key
where account_id = @account and key = @key and status is not null`
	finish = `
update idempotency_key
set request_hash = @hash, status = @status, content_type = @content_type, body = @body
where account_id = @account and key = @key`
	release = `delete from idempotency_key where account_id = @account and key = @key and status is null`
	clean   = `delete from idempotency_key where created_at < @expired`
)
