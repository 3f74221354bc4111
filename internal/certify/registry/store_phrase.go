package registry

const (
	selectPhrases = `select id, use, words from phrase where account_id = @account order by id`
	insertPhrase  = `insert into phrase (account_id, use, words, created_at)
select @account, @use, @words, @now where (select count(*) from phrase where account_id = @account) < @most::int`
	deletePhrase = `delete from phrase where id = @id and account_id = @account`
)
