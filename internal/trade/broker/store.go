package broker

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
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

const mandateColumns = `id, broker_account, broker_org, client_org, state, note, coalesce(valid_to::text, '') as valid_to, asked_at,
	answered_at, is_sample as sample`

const (
	newMandate = `insert into broker_mandate (broker_account, broker_org, client_org, state, note, asked_at, is_sample)
values (@broker, @broker_org, @client, @state, @note, @at, @sample) returning id`
	selectMandate  = `select ` + mandateColumns + ` from broker_mandate where id = @id for update`
	selectMandates = `select ` + mandateColumns + ` from broker_mandate
where broker_account = @broker or client_org = @client order by id desc limit 100`
	updateMandate = `update broker_mandate set state = @state, valid_to = nullif(@valid_to::text, '')::date, answered_by = @by,
	answered_at = @at where id = @id`
	waitingMandates = `select count(*) from broker_mandate where broker_account = @broker and state = 'asked'`
	heldMandate     = `select exists (select from broker_mandate where broker_account = @broker and client_org = @client and state = 'given'
	and valid_to >= @day::date)`
	// A mandate that ran out makes room for a new one.
	expireMandate = `update broker_mandate set state = 'ended' where broker_account = @broker and client_org = @client and state = 'given'
	and valid_to < @day::date`
)

func insertMandate(ctx context.Context, tx pgx.Tx, m Mandate) (id int64, err error) {
	if _, err := tx.Exec(ctx, expireMandate, pgx.StrictNamedArgs{"broker": m.BrokerAccount, "client": m.ClientOrg,
		"day": clock.Day(m.AskedAt)}); err != nil {
		return 0, postgres.Fault(err)
	}
	err = tx.QueryRow(ctx, newMandate, pgx.StrictNamedArgs{"broker": m.BrokerAccount, "broker_org": m.BrokerOrg, "client": m.ClientOrg,
		"state": m.State, "note": m.Note, "at": m.AskedAt, "sample": m.Sample}).
		Scan(&id)
	if postgres.Constraint(err) == "broker_mandate_open" {
		return 0, fault.Wrap(err, fault.Conflict, "mandate_open", "您向这个单位请求过委托，正在等待答复或仍在有效期内，请在“委托”里查看")
	}
	return id, postgres.Fault(err)
}

func lockMandate(ctx context.Context, tx pgx.Tx, id int64) (Mandate, error) {
	found, err := postgres.Many[Mandate](ctx, tx, selectMandate, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Mandate{}, err
	}
	if len(found) == 0 {
		return Mandate{}, errNoMandate
	}
	return found[0], nil
}

func storeMandate(ctx context.Context, tx pgx.Tx, m Mandate, by int64) error {
	_, err := tx.Exec(
		ctx,
		updateMandate,
		pgx.StrictNamedArgs{"id": m.ID, "state": m.State, "valid_to": m.ValidTo, "by": by, "at": m.AnsweredAt},
	)
	return postgres.Fault(err)
}

func countWaiting(ctx context.Context, tx pgx.Tx, broker int64) (n int, err error) {
	err = tx.QueryRow(ctx, waitingMandates, pgx.StrictNamedArgs{"broker": broker}).Scan(&n)
	return n, postgres.Fault(err)
}

func holdsMandate(ctx context.Context, q postgres.Querier, broker, client int64, day string) (held bool, err error) {
	err = q.QueryRow(ctx, heldMandate, pgx.StrictNamedArgs{"broker": broker, "client": client, "day": day}).Scan(&held)
	return held, err
}
