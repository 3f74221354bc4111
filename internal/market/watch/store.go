package watch

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/stored"
)

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

const (
	// A listing that was deleted between showing and writing is left out by the joins.
	insertImpressions = `insert into match_impression (at, account_id,
		query_listing, result_listing, query_version, result_version, rank, score, weights_version, explained)
		select i.at, i.account, i.query, i.result, i.query_version, i.result_version, i.rank, i.score, i.weights_version, i.explained
		from jsonb_to_recordset(@rows::jsonb) as i (at timestamptz,
		account bigint, query bigint, query_version int, result bigint, result_version int,
			rank int, score int, weights_version int, explained jsonb)
		join match_listing q on q.id = i.query join match_listing r on r.id = i.result
		on conflict do nothing`
	insertEmpty = `insert into empty_search (kind, words, times, last_at) values (@kind, @words, @times, @at)
		on conflict (kind, words) do update set times = empty_search.times + excluded.times, last_at = excluded.last_at`
	trimEmpty = `delete from empty_search where (kind, words) in (select kind, words from empty_search order by last_at desc offset @limit)`

	insertAnswer = `insert into match_answer (at, account_id, organisation_id, query_listing, result_listing, answer, reason)
		values (@at, @account, @org, @query, @result, @answer, @reason)`
	// The last word of an organisation about each pair, where it is keep or refuse.
	selectPairs = `select query_listing as query, result_listing as result, answer, reason, at, account_id as account from (
			select distinct on (query_listing, result_listing) id, query_listing, result_listing, answer, reason, at, account_id from match_answer
			where organisation_id = @org and (@query::bigint = 0 or query_listing = @query) and answer <> 'open'
			order by query_listing, result_listing, id desc) last
		where answer in ('keep', 'refuse') order by id desc limit @limit`

	// The count is read before the row: two clicks at once may go over the bound by one.
	insertFavourite = `insert into favourite (account_id, listing_id, title, version, at)
		select @account, @listing, @title, @version, @at
		where (select count(*) from favourite where account_id = @account) < @most on conflict do nothing`
	deleteFavourite  = `delete from favourite where account_id = @account and listing_id = @listing`
	selectFavoured   = `select listing_id from favourite where account_id = @account and listing_id = any(@ids)`
	selectFavourites = `select listing_id, title, version, at from favourite where account_id = @account order by at desc, listing_id desc
		limit @most`

	savedColumns = `id, account_id, name, query, notice, feed_token, created_at, noticed_at, ended_at`
	lockAccount  = `select pg_advisory_xact_lock(hashtextextended('saved_search', @account))` // a double click is one search
	insertSaved  = `insert into saved_search (account_id, name, query, notice, feed_token, feed_hash, created_at)
		values (@account, @name, @query, @notice, @token, @hash, @at) returning ` + savedColumns
	selectSaved   = `select ` + savedColumns + ` from saved_search where account_id = @account and ended_at is null order by id desc`
	savedByToken  = `select ` + savedColumns + ` from saved_search where feed_hash = @hash and ended_at is null`
	selectSavedBy = `select ` + savedColumns + ` from saved_search where notice = @notice and ended_at is null order by id`
	updateNotice  = `update saved_search set notice = @notice where id = @id and account_id = @account and ended_at is null`
	endSaved      = `update saved_search set ended_at = @at where id = @id and account_id = @account and ended_at is null`
	endByToken    = `update saved_search set ended_at = @at where feed_hash = @hash and ended_at is null`
	markNoticed   = `update saved_search set noticed_at = @at where id = @id`
	insertHit     = `insert into saved_search_hit (search_id, listing_id, version, at, mailed_at)
		values (@search, @listing, @version, @at, @mailed) on conflict do nothing`

	selectRuns  = `select listing_id, version from match_run where listing_id = any(@ids)`
	rememberRun = `insert into match_run (listing_id, version, at) values (@id, @version, @at)
		on conflict (listing_id) do update set version = excluded.version, at = excluded.at`
	insertAlert = `insert into match_alert (listing_id, listing_version, found_id, found_version, account_id, score, rank, reasons, at)
		select @listing, @listing_version, @found, @found_version, @account, @score, @rank, @reasons, @at
		where not exists (select 1 from match_alert_off where listing_id = @listing)
			and coalesce((select answer from match_answer where organisation_id = @org and query_listing = @listing and result_listing = @found
				and answer in ('refuse', 'restore') order by id desc limit 1), '') <> 'refuse'
		on conflict do nothing`
	selectOff = `select exists (select 1 from match_alert_off where listing_id = @id)`
	switchOff = `insert into match_alert_off (listing_id, account_id, at) values (@id, @account, @at) on conflict do nothing`
	switchOn  = `delete from match_alert_off where listing_id = @id`

	insertEnd    = `insert into match_alert_end (listing_id, token, token_hash) values (@listing, @token, @hash) on conflict do nothing`
	selectEnding = `select name from saved_search where feed_hash = @hash and ended_at is null
		union all select l.title from match_alert_end e join match_listing l on l.id = e.listing_id where e.token_hash = @hash`
	switchOffByToken = `with known as (select listing_id from match_alert_end where token_hash = @hash),
		off as (insert into match_alert_off (listing_id, account_id, at)
			select k.listing_id, a.account_id, @at from known k, lateral (select account_id from match_alert where listing_id = k.listing_id
			order by at desc limit 1) a
			on conflict do nothing)
		select count(*) from known`

	selectUnmailed = `select account_id from match_alert where mailed_at is null
		union select s.account_id from saved_search_hit h join saved_search s on s.id = h.search_id where h.mailed_at is null order by 1`
	takeUnmailed = `with alerts as (
			update match_alert set mailed_at = @at where account_id = @account and mailed_at is null returning listing_id, found_id),
		hits as (
			update saved_search_hit h set mailed_at = @at from saved_search s where s.id = h.search_id and s.account_id = @account
			and h.mailed_at is null
			returning h.search_id, h.listing_id, s.name, s.feed_token, s.ended_at)
		select 0::bigint as search, l.title as head, coalesce(e.token,
		'') as token, a.listing_id as own, a.found_id as found, '' as kind, '' as title
		from alerts a join match_listing l on l.id = a.listing_id left join match_alert_end e on e.listing_id = a.listing_id
		union all
		select search_id, name, feed_token, 0, listing_id, '', '' from hits where ended_at is null
		order by 1, 4, 5`

	selectWeights    = `select version, weights, note, created_at, active from match_weights order by version desc`
	lockWeights      = selectWeights + ` for update`
	insertWeightsRow = `insert into match_weights (version, weights, note, created_at, active)
		values (@version, @weights, @note, @at, @active)`
	deactivateWeights = `update match_weights set active = false where active`
	activateWeights   = `update match_weights set active = true where version = @version`

	// One row per shown pair of listings, with what became of it; funnels count over it.
	shownPairs = `with shown as (
			select distinct i.query_listing as q, i.result_listing as r from match_impression i where i.at >= @since),
		said as (
			select query_listing as q, result_listing as r, bool_or(answer = 'open') as opened,
			bool_or(answer = 'keep') as kept, bool_or(answer = 'refuse') as refused
			from match_answer group by 1, 2),
		pairs as (
			select s.q, s.r, l.field, l.league, coalesce(a.opened, false) as opened,
			coalesce(a.kept, false) as kept, coalesce(a.refused, false) as refused,
				d.contacted, d.agreed
			from shown s join match_listing l on l.id = s.q left join said a on a.q = s.q and a.r = s.r
			cross join lateral (
				select count(*) > 0 as contacted, count(agreed_at) > 0 as agreed from match_deal d
				where (d.supply_listing_id, d.demand_listing_id) in ((s.q, s.r), (s.r, s.q))) d
			where @sample or not l.is_sample) `
	counts = `(count(*))::int as shown, (count(*) filter (where opened))::int as opened, (count(*) filter (where kept))::int as kept,
		(count(*) filter (where refused))::int as refused, (count(*) filter (where contacted))::int as contacted,
		(count(*) filter (where agreed))::int as agreed `
	funnelByField = shownPairs + `select field as code, ` + counts + `from pairs group by field order by shown desc, code`
	truthByField  = shownPairs + `select field as code,
		case when score >= @high then 3 when score >= @middle then 2 when score >= @low then 1 else 0 end as band,
		(count(*))::int as answered, (count(*) filter (where (kept or contacted) and not refused))::int as useful
		from pairs cross join lateral (select score from match_impression i
			where i.query_listing = pairs.q and i.result_listing = pairs.r order by i.id desc limit 1) last
		where kept or contacted or refused group by 1, 2 order by 1, 2 desc`
	funnelByLeague = shownPairs + `select league as code, ` + counts + `from pairs group by league order by shown desc, code`

	refusals = `select 'match' as source, a.reason as code, count(*)::int as times from match_answer a
		join match_listing l on l.id = a.query_listing
		where a.answer = 'refuse' and a.at >= @since and (@sample or not l.is_sample) group by a.reason
		union all
		select 'deal', d.decline_code, count(*)::int from match_deal d join match_listing l on l.id = d.supply_listing_id
		where d.decline_code <> '' and d.created_at >= @since and (@sample or not l.is_sample) group by d.decline_code
		order by 1 desc, 3 desc, 2`
	emptySearches = `select kind, words, times, last_at from empty_search where last_at >= @since order by times desc, last_at desc limit 50`

	exposure = `with live as (
			select l.*, count(*) over (partition by organisation_id) as size from match_listing l
			where listing_open(l.state, l.hidden, l.expires_at, @now) and (@sample or not l.is_sample)),
		placed as (
			select result_listing as id, count(*) as places from match_impression where at >= @since and rank <= 10 group by 1),
		groups as (
			select 'kind' as by, organisation_kind as code, id from live
			union all select 'size', case when size <= 2 then '1' when size <= 10 then '2' else '3' end, id from live
			union all select 'league', league, id from live)
		select g.by, g.code, count(*)::int as listings, coalesce(sum(p.places), 0)::int as places
		from groups g left join placed p on p.id = g.id group by 1, 2 order by 1, 4 desc, 2`

	lastMatches = `select query_listing as query, result_listing as result, '' as answer, '' as reason, at, coalesce(account_id, 0) as account
		from (
			select distinct on (i.query_listing, i.result_listing) i.id, i.query_listing, i.result_listing, i.at, i.account_id
			from match_impression i join match_listing l on l.id = i.query_listing where @sample or not l.is_sample
			order by i.query_listing, i.result_listing, i.id desc) last
		order by id desc limit @limit`
)

func (s *Service) insertWeights(ctx context.Context, tx pgx.Tx, w WeightsVersion) error {
	raw, err := stored.Marshal(w.Weights)
	if err != nil {
		return err
	}
	if w.Active {
		if _, err := tx.Exec(ctx, deactivateWeights); err != nil {
			return err
		}
	}
	_, err = tx.Exec(
		ctx,
		insertWeightsRow,
		pgx.StrictNamedArgs{"version": w.Version, "weights": raw, "note": w.Note, "at": w.CreatedAt, "active": w.Active},
	)
	return err
}
