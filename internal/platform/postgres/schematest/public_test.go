package schematest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres/pgtest"
)

// noPublicPage are the tables that no page of a guest reads, so that changing them drops no kept page. Every other table must tell
// (trigger public_change, migration 00215).
const noPublicPage = `
	annual_report api_token audit_row challenge_application challenge_file challenge_key challenge_member challenge_paper challenge_sheet
	contract_file deadline_warning deal_event deal_file deal_message deal_terms diagnosis empty_search file file_text
	filing_event filing_part idempotency_key import_batch import_row intake_sequence invitation ledger_root ledger_row list_sequence
	listing_vector match_alert match_alert_end match_alert_off match_answer match_impression match_run match_weights membership message
	notice_task monitor_due monitor_due_year number_sequence password_reset payment_proof phrase registration_export registration_import
	registration_import_row
	registration_list registration_list_item rights_entry rights_event rights_grant rights_grant_event rights_holder rights_member
	rights_payout rights_plan rights_policy saved_search saved_search_hit session subsidy_rate
	contact_reveal email_confirmation favourite kept_form sealed_column kept_upload listing_triage quota_use record_alarm refusal
	trial trial_event trial_payment trial_report
	event_report event_result event_seat event_signup event_slot event_step event_table event_task event_wish
	finance_event finance_record finance_request
	voucher voucher_event voucher_file
	price_policy price_shown
	disclosure_entry disclosure_paper disclosure_room disclosure_seat disclosure_words
	goose_db_version`

func TestPublicTables_TellOfEveryChange(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows, err := db.Query(t.Context(), `select c.relname,
			exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'public_change')
		from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'river%'`)
	if err != nil {
		t.Fatal(err)
	}
	tells := map[string]bool{}
	var name string
	var tell bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &tell}, func() error { tells[name] = tell; return nil }); err != nil {
		t.Fatal(err)
	}
	private := strings.Fields(noPublicPage)
	for _, table := range slices.Sorted(maps.Keys(tells)) {
		if named := slices.Contains(private, table); named == tells[table] {
			t.Errorf("table %s: tells of changes: %t, named as one that no public page reads: %t", table, tells[table], named)
		}
	}
	for _, table := range private {
		if _, there := tells[table]; !there {
			t.Errorf("no table %s", table)
		}
	}
}
