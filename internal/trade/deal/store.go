package deal

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const dealColumns = `id, state, version, coalesce(supply_listing_id, 0) as supply_listing,
	coalesce(demand_listing_id, 0) as demand_listing,
	supply_org, demand_org, opened_by, opened_side, coalesce(supply_account, 0) as supply_account,
	coalesce(demand_account, 0) as demand_account, coalesce(broker_account, 0) as broker_account,
	coalesce(broker_org, 0) as broker_org, undisclosed, subject, decline_code, end_reason, note, is_sample as sample,
	created_at, answered_at, agreed_at, updated_at`

const (
	selectDeal      = `select ` + dealColumns + ` from deal where id = @id`
	selectForUpdate = selectDeal + ` for update`
	insertDeal      = `insert into deal (state, supply_listing_id, demand_listing_id, supply_org, demand_org, opened_by, opened_side,
	supply_account, demand_account, broker_account, broker_org, undisclosed, subject, is_sample, created_at, updated_at)
values (@state, nullif(@supply_listing::bigint, 0), nullif(@demand_listing::bigint, 0), @supply_org, @demand_org, @opened_by, @opened_side,
	nullif(@supply_account::bigint, 0), nullif(@demand_account::bigint, 0), nullif(@broker_account::bigint, 0),
	nullif(@broker_org::bigint, 0), @undisclosed, @subject, @sample, @now, @now)
returning id`
	updateDeal = `update deal set state = @state, version = @version, supply_account = nullif(@supply_account::bigint, 0),
	demand_account = nullif(@demand_account::bigint, 0), decline_code = @decline, end_reason = @ended, note = @note,
	answered_at = @answered, agreed_at = @agreed, updated_at = @now where id = @id`
	openPair = `select id from deal where supply_org = @supply and demand_org = @demand
	and case when @listing::bigint <> 0 then demand_listing_id = @listing else supply_listing_id = @offered end
	and state in ('interested','talking','agreed') order by id limit 1`
	listDeals = `select ` + dealColumns + ` from deal
where (supply_org = @org or demand_org = @org or broker_account = @broker)
	and (@state::text = '' or state = @state) and (@listing::bigint = 0 or supply_listing_id = @listing or demand_listing_id = @listing)
	and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`

	// What waits for an answer of one organisation: approaches that it did not open, and terms that it has not accepted.
	selectAwaiting = `select ` + dealColumns + `, coalesce(t.number, 0) as terms, coalesce(t.proposed_at, created_at) as since
from deal left join lateral (select number, proposed_at, supply_accepted_by, demand_accepted_by from deal_terms
	where deal_id = deal.id order by number desc limit 1) t on state = 'talking'
where (supply_org = @org or demand_org = @org) and (
	state = 'interested' and (opened_side = 'supply') = (demand_org = @org)
	or state = 'talking' and t.number is not null
		and case when supply_org = @org then t.supply_accepted_by is null else t.demand_accepted_by is null end)
order by since limit 100`

	insertMessage = `insert into deal_message (deal_id, at, account_id, side, body)
values (@id, @now, @account, @side, @body) returning id`
	insertFile = `insert into deal_file (deal_id, message_id, file_id, name, size)
values (@id, @message, @file, @name, @size)`
	selectMessages = `select id, at, account_id, side, body from deal_message
where deal_id = @id and (@from::bigint = 0 or id > @from) order by id limit @limit`
	selectLastMessages = `select * from (select id, at, account_id, side, body from deal_message
where deal_id = @id and (@from::bigint = 0 or id < @from) order by id desc limit @limit) last order by id`
	// The open talks about a listing but one, each locked for its step.
	selectOthers = `select id from deal where state in ('interested','talking') and id <> @but
	and (supply_listing_id = @listing or demand_listing_id = @listing) order by id limit 500`
	selectFiles = `select message_id, file_id, name, size from deal_file where message_id = any(@ids) order by file_id`

	insertTerms = `insert into deal_terms (deal_id, number, terms, proposed_by, proposed_side, proposed_at,
	supply_accepted_by, supply_accepted_at, demand_accepted_by, demand_accepted_at)
values (@id, @number, @terms, @account, @side, @now, nullif(@supply::bigint, 0), case when @supply::bigint <> 0 then @now::timestamptz end,
	nullif(@demand::bigint, 0), case when @demand::bigint <> 0 then @now::timestamptz end)`
	termsColumns = `number, terms, proposed_by, proposed_side, proposed_at, coalesce(supply_accepted_by, 0) as supply_accepted_by,
	supply_accepted_at, coalesce(demand_accepted_by, 0) as demand_accepted_by, demand_accepted_at`
	selectTerms = `select ` + termsColumns + ` from deal_terms where deal_id = @id order by number`
	// The version that both sides accepted is the frozen one.
	selectShares = `select d.id, t.terms from deal d join deal_terms t on t.deal_id = d.id
where d.broker_account = @broker and d.state = 'agreed' and t.supply_accepted_at is not null and t.demand_accepted_at is not null
order by d.id desc limit 100`
	acceptTerms = `update deal_terms set supply_accepted_by = nullif(@supply::bigint, 0), supply_accepted_at = @supply_at,
	demand_accepted_by = nullif(@demand::bigint, 0), demand_accepted_at = @demand_at
where deal_id = @id and number = @number`

	insertEvent = `insert into deal_event (deal_id, at, account_id, event, from_state, to_state, reason)
values (@id, @now, nullif(@account::bigint, 0), @event, @from, @to, @reason)`
	selectEvents = `select at, coalesce(account_id, 0) as account_id, event, from_state as "from", to_state as "to", reason
from deal_event where deal_id = @id order by id`

	// A reply is an answer of the approached side; an approach withdrawn before the answer counts for nobody. Neither does one to an
	// undisclosed side before talks begin: the figure would tell who it is.
	selectReplies = `select count(*) as received, count(answered_at) as answered,
	coalesce((extract(epoch from percentile_disc(0.5) within group (order by answered_at - created_at)) / 3600)::bigint, 0) as median_hours
from deal
where (case opened_side when 'supply' then demand_org else supply_org end) = @org and created_at >= @since
	and state <> 'withdrawn' and (undisclosed = '' or state not in ('interested','declined')) and (@sample or not is_sample)`
	selectRecords = `select broker_account as account, count(*) as introduced,
	count(*) filter (where answered_at is not null and decline_code = '') as accepted, count(agreed_at) as agreed
from deal where broker_account = any(@accounts) and (@sample or not is_sample) group by broker_account`
)

func load(ctx context.Context, q postgres.Querier, id int64, lock bool) (Deal, error) {
	sql := selectDeal
	if lock {
		sql = selectForUpdate
	}
	rows, err := q.Query(ctx, sql, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Deal{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Deal])
}

func insert(ctx context.Context, tx pgx.Tx, d Deal) (id int64, err error) {
	err = tx.QueryRow(ctx, insertDeal, pgx.StrictNamedArgs{"state": d.State, "supply_listing": d.SupplyListing,
		"demand_listing": d.DemandListing,
		"supply_org":     d.SupplyOrg, "demand_org": d.DemandOrg, "opened_by": d.OpenedBy, "opened_side": d.OpenedSide,
		"supply_account": d.SupplyAccount, "demand_account": d.DemandAccount, "broker_account": d.BrokerAccount,
		"broker_org": d.BrokerOrg, "undisclosed": d.Undisclosed, "subject": d.Subject, "sample": d.Sample, "now": d.CreatedAt}).
		Scan(&id)
	if postgres.Constraint(err) == "deal_open_pair" {
		err = fault.Wrap(err, fault.Conflict, "already_open", "双方就同一成果或需求已有进行中的对接，请在“我的洽谈”里继续")
	}
	return id, err
}

func (d *Deal) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	d.Version++
	d.UpdatedAt = now
	_, err := tx.Exec(ctx, updateDeal, pgx.StrictNamedArgs{"id": d.ID, "state": d.State, "version": d.Version,
		"supply_account": d.SupplyAccount, "demand_account": d.DemandAccount, "decline": d.DeclineCode, "ended": d.EndReason,
		"note": d.Note, "answered": d.AnsweredAt, "agreed": d.AgreedAt, "now": now})
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, id, account int64, s Step) error {
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": id, "now": s.At, "account": account, "event": s.Event,
		"from": s.From, "to": s.To, "reason": s.Reason})
	return err
}

func addMessage(ctx context.Context, tx pgx.Tx, deal int64, m Message) (id int64, err error) {
	err = tx.QueryRow(ctx, insertMessage, pgx.StrictNamedArgs{"id": deal, "now": m.At, "account": m.AccountID, "side": m.Side,
		"body": m.Body}).
		Scan(&id)
	if err != nil {
		return 0, err
	}
	for _, f := range m.Files {
		if _, err := tx.Exec(ctx, insertFile, pgx.StrictNamedArgs{"id": deal, "message": id, "file": f.ID, "name": f.Name,
			"size": f.Size}); err != nil {
			return 0, err
		}
	}
	return id, nil
}

func messages(ctx context.Context, q postgres.Querier, sql string, deal, from int64, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, sql, pgx.StrictNamedArgs{"id": deal, "from": from, "limit": limit})
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (m Message, err error) {
		m.Files = []File{}
		return m, r.Scan(&m.ID, &m.At, &m.AccountID, &m.Side, &m.Body)
	})
	if err != nil {
		return nil, err
	}
	ids, at := make([]int64, len(list)), map[int64]int{}
	for i, m := range list {
		ids[i], at[m.ID] = m.ID, i
	}
	rows, err = q.Query(ctx, selectFiles, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	var message int64
	var f File
	_, err = pgx.ForEachRow(rows, []any{&message, &f.ID, &f.Name, &f.Size}, func() error {
		list[at[message]].Files = append(list[at[message]].Files, f)
		return nil
	})
	return list, err
}

func proposals(ctx context.Context, q postgres.Querier, deal int64) ([]Proposal, error) {
	rows, err := q.Query(ctx, selectTerms, pgx.StrictNamedArgs{"id": deal})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Proposal])
}

func addProposal(ctx context.Context, tx pgx.Tx, deal int64, p Proposal) error {
	_, err := tx.Exec(ctx, insertTerms, pgx.StrictNamedArgs{"id": deal, "number": p.Number, "terms": p.Terms, "account": p.ProposedBy,
		"side": p.ProposedSide, "now": p.ProposedAt, "supply": p.SupplyAcceptedBy, "demand": p.DemandAcceptedBy})
	return err
}

func storeAcceptance(ctx context.Context, tx pgx.Tx, deal int64, p Proposal) error {
	_, err := tx.Exec(ctx, acceptTerms, pgx.StrictNamedArgs{"id": deal, "number": p.Number, "supply": p.SupplyAcceptedBy,
		"supply_at": p.SupplyAcceptedAt, "demand": p.DemandAcceptedBy, "demand_at": p.DemandAcceptedAt})
	return err
}

func steps(ctx context.Context, q postgres.Querier, deal int64) ([]Step, error) {
	rows, err := q.Query(ctx, selectEvents, pgx.StrictNamedArgs{"id": deal})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Step])
}

var errNotFound = fault.New(fault.NotFound, "deal_not_found", "没有找到这次对接，请从“我的洽谈”重新打开")

func missing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return errNotFound
	}
	return postgres.Fault(err)
}
