package idempotency

const (
	patience = `set local lock_timeout = '10s'`
	atEase   = `set local lock_timeout = 0`
	// claim inserts the key, or takes over one that is over its time. It waits for a transaction that holds the same key.
	claim = `
insert into idempotency_key as k (account_id, key, request_hash, created_at) values (@account, @key, @hash, @now)
on conflict (account_id, key) do update
    set request_hash = @hash, status = 0, content_type = '', location = '', body = null, created_at = @now
    where k.created_at < @expired`
	selectKey = `
select request_hash as hash, status, content_type, location, body from idempotency_key where account_id = @account and key = @key`
	finish = `
update idempotency_key set status = @status, content_type = @content_type, location = @location, body = @body
where account_id = @account and key = @key`
	clean = `delete from idempotency_key where created_at < @expired`
)
