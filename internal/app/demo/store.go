package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// marketState says what a database holds of the sample market and what stands against loading it.
type marketState struct {
	Complete          bool  // loaded to the end and not removed since
	Organisations     int64 // sample ones
	RealOrganisations int64
	RealPoints        int64
	RealContracts     int64
}

const stateSQL = `select
	coalesce((select action = 'demo.load' from audit_row where object_kind = 'demo' order by id desc limit 1), false) as complete,
	(select count(*) from organisation where is_sample) as organisations,
	(select count(*) from organisation where not is_sample) as real_organisations,
	(select count(*) from point where not is_sample) as real_points,
	(select count(*) from contract where not is_sample) as real_contracts`

func readState(ctx context.Context, q postgres.Querier) (marketState, error) {
	rows, _ := q.Query(ctx, stateSQL)
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[marketState])
	if err != nil {
		return s, fmt.Errorf("state of the sample market: %w", postgres.Fault(err))
	}
	return s, nil
}

// markRead marks what sample people were told more than two weeks before the end as read: three years of unread messages
// would bury what is new.
func markRead(ctx context.Context, tx pgx.Tx, end time.Time) error {
	_, err := tx.Exec(ctx, `update message m set read_at = m.created_at from account a
		where a.id = m.account_id and a.is_sample and m.read_at is null and m.created_at < @before`,
		pgx.StrictNamedArgs{"before": end.AddDate(0, 0, -14)})
	return err
}

// deletion is one statement of taking the sample market away; what names a row goes before the row.
type deletion struct{ Table, where string }

const (
	sampleOrg     = `(select id from organisation where is_sample)`
	sampleAccount = `(select id from account where is_sample)`
	sampleListing = `(select id from listing where is_sample)`
	sampleCall    = `(select id from challenge where is_sample)`
	sampleDeal    = `(select id from deal where is_sample)`
	sampleDraft   = `(select id from contract where is_sample)`
	sampleFiling  = `(select id from filing where is_sample)`
	sampleNumber  = `(select number from registration where is_sample)`
	sampleEntry   = `(select id from register_entry where is_sample)`
	samplePoint   = `(select id from point where is_sample)`
)

// deletions reaches every table that can hold sample rows. Files go last: nothing names them any more; their contents on
// disk are swept a day later.
var deletions = []deletion{
	{"finance_request", "is_sample"}, // with its records and steps
	// A wish keeps its table, so wishes go before the slots.
	{"event_wish", "event_id in (select id from event where is_sample)"}, // with seats, results and tasks
	{"event", "is_sample"}, // with its programme, slots, sign-ups, reports and steps
	{"income", "number in " + sampleNumber},
	{"notice_task", "number in " + sampleNumber},
	{"period_entry", "is_sample"},
	{"certificate", "number in " + sampleNumber},
	{"filing_event", "filing_id in " + sampleFiling + " or number in " + sampleNumber},
	{"filing_part", "filing_id in " + sampleFiling},
	{"registration", "is_sample"},
	{"filing", "is_sample"},
	{"number_sequence", "point_id in " + samplePoint},
	{"disclosure_seat", "room_id in (select id from disclosure_room where is_sample)"},
	{"disclosure_room", "is_sample"}, // with its papers, words and ledger
	{"trial", "is_sample"},           // with its reports, payments and events
	{"rights_plan", "is_sample"},     // with its members, entries, payouts and events
	{"rights_grant", "is_sample"},    // with its holders and events
	{"contract_file", "contract_id in " + sampleDraft},
	{"contract_version", "contract_id in " + sampleDraft},
	{"contract", "is_sample"},
	{"point", "is_sample"},
	{"challenge_file", "application_id in (select id from challenge_application where challenge_id in " + sampleCall + ")"},
	{"challenge", "is_sample"}, // with its keys, questions, applications, panel, sheets, results and events
	{"notice", "is_sample"},    // with its objections and events
	{"deal_file", "deal_id in " + sampleDeal},
	{"deal", "is_sample"}, // with its messages, terms and events
	{"sale", "is_sample"}, // with its intents, attempts, pauses and events
	{"broker_mandate", "broker_account in " + sampleAccount + " or answered_by in " + sampleAccount +
		" or broker_org in " + sampleOrg + " or client_org in " + sampleOrg},
	{"broker_profile", "is_sample"},
	{"favourite", "account_id in " + sampleAccount},
	{"saved_search", "account_id in " + sampleAccount},
	{"match_answer", "account_id in " + sampleAccount + " or organisation_id in " + sampleOrg},
	{"listing_file", "listing_id in " + sampleListing},
	{"listing", "is_sample"}, // with its versions, events, impressions and answers
	{"import_batch", "organisation_id in " + sampleOrg},
	{"voucher", "is_sample"}, // with its papers and events
	{"voucher_scheme", "is_sample"},
	{"register_event", "entry_id in " + sampleEntry},
	{"register_entry", "is_sample"}, // with its grades and origins
	{"plan_value", "is_sample"},
	{"annual_report", "is_sample"},
	{"monitor_day", "is_sample"},
	{"monitor_shape", "is_sample"},
	{"external_figure", "is_sample"},
	{"policy_question", "is_sample"},
	{"policy", "is_sample"},
	{"message", "account_id in " + sampleAccount},
	{"idempotency_key", "account_id in " + sampleAccount},
	{"session", "account_id in " + sampleAccount},
	{"api_token", "account_id in " + sampleAccount},
	{"password_reset", "account_id in " + sampleAccount},
	{"invitation", "organisation_id in " + sampleOrg + " or invited_by in " + sampleAccount},
	{"membership", "account_id in " + sampleAccount + " or organisation_id in " + sampleOrg},
	{"file", "owner_org in " + sampleOrg + " or uploaded_by in " + sampleAccount},
	{"account", "is_sample"},
	{"organisation", "is_sample"},
}

// deleteSample deletes every sample row and tells how many of each table.
func deleteSample(ctx context.Context, tx pgx.Tx) (map[string]int64, error) {
	deleted := map[string]int64{}
	for _, d := range deletions {
		tag, err := tx.Exec(ctx, "delete from "+d.Table+" where "+d.where)
		if err != nil {
			return nil, fmt.Errorf("delete from %s: %w", d.Table, postgres.Fault(err))
		}
		deleted[d.Table] = tag.RowsAffected()
	}
	return deleted, nil
}

// moveBack are the statements that move a sale with everything in it back in time by @seconds.
var moveBack = []string{
	`update sale set begins_at = begins_at - make_interval(secs => @seconds), planned_end = planned_end - make_interval(secs => @seconds),
	ends_at = ends_at - make_interval(secs => @seconds), created_at = created_at - make_interval(secs => @seconds) where id = @id`,
	`update sale_intent set filed_at = filed_at - make_interval(secs => @seconds),
	confirmed_at = confirmed_at - make_interval(secs => @seconds) where sale_id = @id`,
	`update sale_attempt set arrived_at = arrived_at - make_interval(secs => @seconds), ends_at = ends_at - make_interval(secs => @seconds),
	served_at = served_at - make_interval(secs => @seconds) where sale_id = @id`,
	`update sale_event set at = at - make_interval(secs => @seconds) where sale_id = @id`,
}

func moveSaleBack(ctx context.Context, q postgres.Querier, id int64, by time.Duration) error {
	for _, sql := range moveBack {
		if _, err := q.Exec(ctx, sql, pgx.StrictNamedArgs{"id": id, "seconds": by.Seconds()}); err != nil {
			return fmt.Errorf("move a sample sale: %w", postgres.Fault(err))
		}
	}
	return nil
}

// moveCallBack moves what has dates of a challenge back in time.
func moveCallBack(ctx context.Context, q postgres.Querier, id int64, by time.Duration) error {
	for _, sql := range []string{
		`update challenge set apply_until = apply_until - make_interval(secs => @seconds),
	questions_until = questions_until - make_interval(secs => @seconds), published_at = published_at - make_interval(secs => @seconds),
	apply_on = (apply_on - make_interval(secs => @seconds))::date, created_at = created_at - make_interval(secs => @seconds) where id = @id`,
		`update challenge_paper p set arrived_at = arrived_at - make_interval(secs => @seconds) from challenge_application a
	where a.id = p.application_id and a.challenge_id = @id`,
		`update challenge_question set at = at - make_interval(secs => @seconds), replied_at = replied_at - make_interval(secs => @seconds)
	where challenge_id = @id`,
		`update challenge_event set at = at - make_interval(secs => @seconds) where challenge_id = @id`,
	} {
		if _, err := q.Exec(ctx, sql, pgx.StrictNamedArgs{"id": id, "seconds": by.Seconds()}); err != nil {
			return fmt.Errorf("move a sample challenge: %w", postgres.Fault(err))
		}
	}
	return nil
}

func moveNoticeBack(ctx context.Context, q postgres.Querier, id int64, days int) error {
	_, err := q.Exec(ctx, `update notice set begins_at = begins_at - make_interval(days => @days), last_day = last_day - @days::int,
		ends_at = ends_at - make_interval(days => @days) where id = @id`, pgx.StrictNamedArgs{"id": id, "days": days})
	if err != nil {
		return fmt.Errorf("move a sample notice: %w", postgres.Fault(err))
	}
	return nil
}
