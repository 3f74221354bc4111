package kept

const (
	insertForm = `insert into kept_form (browser, account_id, sealed, created_at)
		select @browser, @account, @sealed, @now where (select coalesce(sum(length(sealed)), 0) from kept_form) + length(@sealed::bytea) <= @most`
	trimForms = `delete from kept_form where browser = @browser and id not in
		(select id from kept_form where browser = @browser order by id desc limit @most)`
	formsOf = `select id, sealed, created_at from kept_form where browser = @browser and account_id = @account and created_at > @since
		order by id desc`
	dropForm   = `delete from kept_form where id = @id`
	cleanForms = `delete from kept_form where created_at <= @before`

	lockAccount = `select pg_advisory_xact_lock(hashtextextended('kept_upload', @account))`
	uploadsHeld = `select count(*)::int, coalesce(sum(f.size), 0)::bigint from kept_upload k join file f on f.id = k.file_id
		where k.account_id = @account and k.created_at > @since`
	insertUpload = `insert into kept_upload (file_id, account_id, created_at) values (@file, @account, @now)`
	uploadsByID  = `select f.id, f.name, f.size from kept_upload k join file f on f.id = k.file_id
		where k.account_id = @account and f.id = any(@ids) and k.created_at > @since order by array_position(@ids, f.id)`
	takeUpload   = `delete from kept_upload where file_id = @id and account_id = @account`
	nameUpload   = `update file set purpose = @purpose, owner_org = nullif(@org::bigint, 0) where id = @id`
	cleanUploads = `delete from file where id in (select file_id from kept_upload where created_at <= @before)` // takes its row along
)
