package broker

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const profileColumns = `account_id, organisation_id, fields, divisions, introduction, level, certificate_no, issuer,
	coalesce(valid_from::text, '') as valid_from, coalesce(valid_to::text, '') as valid_to, is_sample as sample, version, updated_at`

const (
	selectProfile  = `select ` + profileColumns + ` from broker_profile where account_id = @account`
	selectProfiles = `select ` + profileColumns + ` from broker_profile
where (@field::text = '' or fields @> array[@field::text])
	and (@league::text = '' or exists (select from unnest(divisions) d where d = '150000' or left(d, 4) = left(@league, 4)))
	and (@after::bigint = 0 or account_id > @after)
order by account_id limit @limit`
	selectNear = `select ` + profileColumns + ` from broker_profile
where fields @> array[@field::text] or exists (select from unnest(divisions) d where d = '150000' or left(d, 4) = left(@division, 4))
order by fields @> array[@field::text] desc, updated_at desc, account_id limit @limit`
	insertProfile = `insert into broker_profile (account_id, organisation_id, fields, divisions, introduction, level, certificate_no,
	issuer, valid_from, valid_to, is_sample, updated_at)
values (@account, @organisation, @fields, @divisions, @introduction, @level, @certificate, @issuer,
	nullif(@valid_from::text, '')::date, nullif(@valid_to::text, '')::date, @sample, @now)
on conflict (account_id) do nothing`
	updateProfile = `update broker_profile set organisation_id = @organisation, fields = @fields, divisions = @divisions,
	introduction = @introduction, level = @level, certificate_no = @certificate, issuer = @issuer,
	valid_from = nullif(@valid_from::text, '')::date, valid_to = nullif(@valid_to::text, '')::date,
	is_sample = @sample, version = version + 1, updated_at = @now
where account_id = @account and version = @version::bigint` // what a program sends may be larger than the column
)

func collect(ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]Profile, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, postgres.Fault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[Profile])
	return out, postgres.Fault(err)
}

// save inserts a first profile (version 0) or replaces the version the person saw.
func save(ctx context.Context, tx pgx.Tx, p Profile) error {
	args := pgx.StrictNamedArgs{"account": p.AccountID, "organisation": p.OrganisationID, "fields": p.Fields, "divisions": p.Divisions,
		"introduction": p.Introduction, "level": p.Level, "certificate": p.CertificateNo, "issuer": p.Issuer,
		"valid_from": p.ValidFrom, "valid_to": p.ValidTo, "sample": p.Sample, "now": p.UpdatedAt}
	sql := insertProfile
	if p.Version > 0 {
		sql = updateProfile
		args["version"] = p.Version
	}
	tag, err := tx.Exec(ctx, sql, args)
	if err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "stale_version", "您的资料已在别处保存过，请对照最新内容后再保存")
	}
	return err
}
