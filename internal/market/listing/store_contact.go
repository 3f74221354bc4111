package listing

const (
	insertReveal = `insert into contact_reveal (listing_id, account_id, organisation_id, purpose, note, at)
	values (@listing, @account, @org, @purpose, @note, @at)`
	revealsOf = `select account_id, organisation_id, purpose, note, at from contact_reveal where listing_id = @listing
		order by id desc limit 200`
)
