package benefits

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/registry"
	"techmarket/internal/platform/postgres"
)

const nextList = `insert into list_sequence (point_id, year, last) values (@point, @year, 1)
	on conflict (point_id, year) do update set last = list_sequence.last + 1 returning last`

const listColumns = `number, point_id, division, applicant_org, purpose, is_large as large, state, void_reason, body, digest,
	suite, key_id, signature, check_code,
	ledger_seq, issued_at, voided_at, is_sample as sample`

const selectList = `select ` + listColumns + ` from registration_list where number = @number`

const insertList = `insert into registration_list (number, point_id,
	division, applicant_org, purpose, is_large, body, digest, suite, key_id, signature, check_code,
		ledger_seq, issued_by, issued_at, is_sample)
	values (@number, @point, @division, @org, @purpose, @large, @body, @digest, @suite, @key, @signature, @code, @seq, @by, @at, @sample)`

const insertListItem = `insert into registration_list_item (list, number, version) values (@list, @number, @version)`

const updateListsVoid = `update registration_list set state = 'void', void_reason = @reason, voided_at = @at
	where number = any(@lists)`

const lockValidLists = `select number from registration_list where state = 'valid'
	and number in (select list from registration_list_item where number = @number) order by number for update`

const rateColumns = `id, name, side, classes, valid_from, valid_to, tiers, cap, source, confirmed`

const selectRates = `select ` + rateColumns + ` from subsidy_rate order by valid_from desc, id desc`

const lockRates = selectRates + ` for update`

const insertRate = `insert into subsidy_rate (name, side, classes, valid_from, valid_to, tiers, cap, source, confirmed)
	values (@name, @side, @classes, @from, @to, @tiers, @cap, @source, @confirmed) returning id`

const updateRate = `update subsidy_rate set name = @name, side = @side,
	classes = @classes, valid_from = @from, valid_to = @to, tiers = @tiers, cap = @cap,
		source = @source, confirmed = @confirmed
	where id = @id returning id`

const selectRateFor = `select ` + rateColumns + ` from subsidy_rate
	where side = 'buyer' and @class::text = any(classes) and valid_from <= @day and (valid_to is null or valid_to >= @day)
	order by valid_from desc, id desc limit 1`

const selectPayments = `select id, amount, paid_on, file_id, note from payment_proof where number = @number order by paid_on, id`

const selectSubsidyLists = `select l.number, l.issued_at from registration_list l join registration_list_item i on i.list = l.number
	where i.number = @number and l.purpose = 'subsidy' and l.state = 'valid' order by l.issued_at, l.number`

const sumPayments = `select coalesce(sum(amount), 0)::bigint from payment_proof where number = @number`

const insertPayment = `insert into payment_proof (number, amount, paid_on, file_id, note, added_by, added_at)
	values (@number, @amount, @paid_on, @file, @note, @by, @now)`

const selectListed = `select number from registration_list_item where list = @list order by number`

func listed(ctx context.Context, q postgres.Querier, list string) ([]string, error) {
	rows, _ := q.Query(ctx, selectListed, pgx.StrictNamedArgs{"list": list}) // its error comes back from CollectRows
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func validLists(ctx context.Context, tx pgx.Tx, number string) ([]string, error) {
	rows, _ := tx.Query(ctx, lockValidLists, pgx.StrictNamedArgs{"number": number}) // its error comes back from CollectRows
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func addList(ctx context.Context, tx pgx.Tx, l List, by int64, regs []registry.Registration) error {
	_, err := tx.Exec(ctx, insertList, pgx.StrictNamedArgs{"number": l.Number, "point": l.PointID, "division": l.Division,
		"org": l.ApplicantOrg, "purpose": l.Purpose, "large": l.Large,
		"body": l.Body, "digest": l.Digest, "suite": l.Suite, "key": l.KeyID, "signature": l.Signature, "code": l.CheckCode, "seq": l.LedgerSeq,
		"by": by, "at": l.IssuedAt, "sample": l.Sample})
	if err != nil {
		return fmt.Errorf("add list: %w", err)
	}
	for _, r := range regs {
		if _, err := tx.Exec(ctx, insertListItem, pgx.StrictNamedArgs{"list": l.Number, "number": r.Number, "version": r.Version}); err != nil {
			return fmt.Errorf("add list item: %w", err)
		}
	}
	return nil
}

func storeRate(ctx context.Context, tx pgx.Tx, r Rate) (id int64, err error) {
	args := pgx.StrictNamedArgs{"name": r.Name, "side": r.Side, "classes": r.Classes, "from": r.ValidFrom, "to": r.ValidTo, "tiers": r.Tiers,
		"cap":    r.Cap,
		"source": r.Source, "confirmed": r.Confirmed}
	if r.ID == 0 {
		err = tx.QueryRow(ctx, insertRate, args).Scan(&id)
		return id, err
	}
	args["id"] = r.ID
	err = tx.QueryRow(ctx, updateRate, args).Scan(&id)
	return id, err
}

func oneList(ctx context.Context, q postgres.Querier, number string) (List, error) {
	l, err := postgres.One[List](ctx, q, selectList, pgx.StrictNamedArgs{"number": number})
	if errors.Is(err, pgx.ErrNoRows) {
		return List{}, listNotFound()
	}
	return l, err
}

func readLists(ctx context.Context, q postgres.Querier, sc registry.Scope) ([]List, error) {
	args := pgx.StrictNamedArgs{}
	within := sc.Condition(args, "applicant_org")
	return postgres.Many[List](ctx, q, `select `+listColumns+` from registration_list where `+within+
		` order by issued_at desc, number desc limit 100`, args)
}
