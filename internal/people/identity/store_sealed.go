package identity

const (
	unsealedAccounts = `select id, phone, totp_secret as totp from account
		where phone <> '' and not starts_with(phone, @prefix) or totp_secret <> '' and not starts_with(totp_secret, @prefix)
		order by id limit @limit for update`
	sealAccount           = `update account set phone = @phone, totp_secret = @totp where id = @id`
	unsealedOrganisations = `select id, profile->>'phone' as phone, '' as totp from organisation
		where coalesce(profile->>'phone', '') <> '' and not starts_with(profile->>'phone', @prefix) order by id limit @limit for update`
	sealOrganisation = `update organisation set profile = jsonb_set(profile, '{phone}', to_jsonb(@phone::text))
		where id = @id and @totp::text = ''`
)
