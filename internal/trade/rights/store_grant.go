package rights

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const grantColumns = `id, state, organisation_id as org_id, created_by, listing_id as listing, object, kind, years, terms, decision,
	agreement, proof, coalesce(notice_id, 0) as notice_id, reason, version, is_sample as sample, created_at, updated_at`

const (
	insertGrant = `insert into rights_grant (state, organisation_id, created_by, listing_id, object, kind, years, terms, is_sample, created_at,
	updated_at) values (@state, @org, @account, @listing, @object, @kind, @years, @terms, @sample, @now, @now) returning id`
	selectGrant = `select ` + grantColumns + ` from rights_grant where id = @id`
	lockedGrant = selectGrant + ` for no key update`
	updateGrant = `update rights_grant set state = @state, kind = @kind, years = @years, terms = @terms, decision = @decision,
	agreement = @agreement, proof = @proof, notice_id = nullif(@notice::bigint, 0), reason = @reason, version = version + 1, updated_at = @now
where id = @id`
	listGrants = `select ` + grantColumns + ` from rights_grant g
where (organisation_id = @org or exists (select from rights_holder h where h.grant_id = g.id and g.state not in ('draft', 'withdrawn')
		and (h.account_id = @account or h.organisation_id = @org)))
	and (@listing::bigint = 0 or listing_id = @listing) and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`
	unconsented = `select ` + grantColumns + ` from rights_grant g where state = 'consenting' and exists (select from rights_holder h
	where h.grant_id = g.id and h.consented_at is null and (h.account_id = @account or h.organisation_id = @org))
order by updated_at, id limit 100`
	supersede = `update rights_grant set state = 'ended', reason = '被新的登记取代', version = version + 1, updated_at = @now
where listing_id = @listing and state = 'active'
returning id`

	deleteHolders = `delete from rights_holder where grant_id = @id`
	insertHolder  = `insert into rights_holder (grant_id, number, organisation_id, account_id, name, share_bp, basis, leader)
values (@id, @number, nullif(@org::bigint, 0), nullif(@account::bigint, 0), @name, @share, @basis, @leader)`
	selectHolders = `select number, coalesce(organisation_id, 0) as org_id, coalesce(account_id, 0) as account_id, name, share_bp, basis,
	leader, consented_at, consent from rights_holder where grant_id = @id order by number`
	updateConsent = `update rights_holder set consented_at = @at, consent = @paper where grant_id = @id and number = @number`
	clearConsents = `update rights_holder set consented_at = null, consent = '' where grant_id = @id`

	insertGrantEvent = `insert into rights_grant_event (grant_id, at, account_id, event, from_state, to_state, reason)
values (@id, @now, nullif(@account::bigint, 0), @event, @from, @to, @reason)`
	selectGrantEvents = `select at, coalesce(account_id, 0) as account_id, event, from_state as "from", to_state as "to", reason
from rights_grant_event where grant_id = @id order by id`
)

func insertOneGrant(ctx context.Context, tx pgx.Tx, g Grant) (id int64, err error) {
	err = tx.QueryRow(ctx, insertGrant, pgx.StrictNamedArgs{"state": g.State, "org": g.OrgID, "account": g.CreatedBy, "listing": g.Listing,
		"object": g.Object, "kind": g.Kind, "years": g.Years, "terms": g.Terms, "sample": g.Sample, "now": g.CreatedAt}).Scan(&id)
	if postgres.Constraint(err) == "rights_grant_pending" {
		err = fault.Wrap(err, fault.Conflict, "already_pending", "这项成果已有一件正在办理的权属登记或赋权，请先办完或撤回")
	}
	return id, err
}

func (g *Grant) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	g.UpdatedAt = now
	g.Version++
	_, err := tx.Exec(ctx, updateGrant, pgx.StrictNamedArgs{"id": g.ID, "state": g.State, "kind": g.Kind, "years": g.Years, "terms": g.Terms,
		"decision": g.Decision, "agreement": g.Agreement, "proof": g.Proof, "notice": g.NoticeID, "reason": g.Reason, "now": now})
	return err
}

func storeHolders(ctx context.Context, tx pgx.Tx, id int64, holders []Holder) error {
	if _, err := tx.Exec(ctx, deleteHolders, pgx.StrictNamedArgs{"id": id}); err != nil {
		return err
	}
	for _, h := range holders {
		_, err := tx.Exec(ctx, insertHolder, pgx.StrictNamedArgs{"id": id, "number": h.Number, "org": h.OrgID, "account": h.AccountID,
			"name": h.Name, "share": h.ShareBP, "basis": h.Basis, "leader": h.Leader})
		if postgres.Constraint(err) == "rights_holder_organisation_id_fkey" {
			err = fault.Wrap(err, fault.NotFound, "organisation_not_found", "没有找到这家单位")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func storeConsent(ctx context.Context, tx pgx.Tx, id int64, h Holder) error {
	_, err := tx.Exec(ctx, updateConsent, pgx.StrictNamedArgs{"id": id, "number": h.Number, "at": h.ConsentedAt, "paper": h.Consent})
	return err
}

func takeConsents(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, clearConsents, pgx.StrictNamedArgs{"id": id})
	return err
}

// endActive ends what stood for an achievement until now.
func endActive(ctx context.Context, tx pgx.Tx, listing int64, now time.Time) error {
	rows, _ := tx.Query(ctx, supersede, pgx.StrictNamedArgs{"listing": listing, "now": now})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, id := range ids {
		ended := GrantStep{At: now, Event: EventEnd, From: GrantActive, To: GrantEnded, Reason: "被新的登记取代"}
		if err := addGrantEvent(ctx, tx, id, ended); err != nil {
			return err
		}
	}
	return nil
}

func loadGrant(ctx context.Context, q postgres.Querier, sql string, id int64) (d *dossier, err error) {
	args := pgx.StrictNamedArgs{"id": id}
	d = &dossier{}
	if d.grant, err = postgres.One[Grant](ctx, q, sql, args); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			err = errNoGrant
		}
		return nil, err
	}
	if d.holders, err = postgres.Many[Holder](ctx, q, selectHolders, args); err != nil {
		return nil, err
	}
	d.now, err = postgres.Now(ctx, q)
	return d, err
}

func addGrantEvent(ctx context.Context, tx pgx.Tx, id int64, e GrantStep) error {
	_, err := tx.Exec(ctx, insertGrantEvent, pgx.StrictNamedArgs{"id": id, "now": e.At, "account": e.AccountID, "event": e.Event,
		"from": e.From, "to": e.To, "reason": e.Reason})
	return err
}

var errNoGrant = fault.New(fault.NotFound, "grant_not_found", "没有找到这件权属登记或赋权")
