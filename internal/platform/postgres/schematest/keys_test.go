package schematest

import (
	"context"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres/pgtest"
)

const (
	doer     = "who did it; accounts are deleted only with the sample market, and nothing is looked up by it"
	keptFile = "files are deleted only with the sample market and, a few a day, when an export or import is old; nothing is looked up by it"
	demoOnly = "listings are deleted only with the sample market, and nothing is looked up by it"
)

// withoutIndex are the foreign keys that no index leads, each with the reason.
var withoutIndex = map[string]string{
	"annual_report_created_by_fkey":            doer,
	"annual_report_frozen_by_fkey":             doer,
	"external_figure_entered_by_fkey":          doer,
	"certificate_file_id_fkey":                 keptFile,
	"contract_created_by_fkey":                 doer,
	"contract_file_added_by_fkey":              doer,
	"deal_broker_org_fkey":                     "organisations go only with the sample market; a broker's talks are found by the broker",
	"deal_demand_account_fkey":                 doer,
	"deal_message_account_id_fkey":             doer,
	"deal_opened_by_fkey":                      doer,
	"challenge_application_account_id_fkey":    doer,
	"challenge_created_by_fkey":                doer,
	"challenge_key_given_by_fkey":              doer,
	"challenge_key_taken_by_fkey":              doer,
	"challenge_question_account_id_fkey":       doer,
	"challenge_question_replied_by_fkey":       doer,
	"deal_supply_account_fkey":                 doer,
	"deal_terms_demand_accepted_by_fkey":       doer,
	"deal_terms_proposed_by_fkey":              doer,
	"deal_terms_supply_accepted_by_fkey":       doer,
	"diagnosis_asked_by_fkey":                  doer,
	"filing_applicant_fkey":                    doer,
	"filing_contract_id_contract_version_fkey": "filing_contract leads with the contract, which has few versions",
	"filing_expert_fkey":                       doer,
	"filing_head_fkey":                         doer,
	"filing_part_account_id_fkey":              "a part is looked up by its case, whose key leads with it; accounts are never deleted",
	"filing_policy_id_fkey":                    "asked when an officer changes a policy; an index would cost every filing",
	"filing_registrar_fkey":                    doer,
	"filing_reviewer_fkey":                     doer,
	"import_batch_account_id_fkey":             doer,
	"import_batch_marked_file_fkey":            keptFile,
	"income_booked_by_fkey":                    doer,
	"invitation_invited_by_fkey":               doer,
	"listing_owner_account_fkey":               doer,
	"match_alert_account_id_fkey":              "match_alert_unmailed serves the one look-up; accounts are never deleted",
	"match_alert_found_id_fkey":                demoOnly,
	"match_alert_off_account_id_fkey":          doer,
	"match_answer_result_listing_fkey":         demoOnly,
	"match_impression_result_listing_fkey":     demoOnly,
	"notice_decider_fkey":                      doer,
	"notice_objection_account_id_fkey":         doer,
	"notice_objection_answered_by_fkey":        doer,
	"notice_task_done_by_fkey":                 doer,
	"payment_proof_added_by_fkey":              doer,
	"point_assessment_assessed_by_fkey":        doer,
	"point_training_recorded_by_fkey":          doer,
	"plan_value_entered_by_fkey":               doer,
	"policy_question_answered_by_fkey":         doer,
	"register_event_account_id_fkey":           doer,
	"register_event_organisation_id_fkey":      "a history is read by its entry; nothing is looked up by the organisation",
	"register_grade_recorded_by_fkey":          doer,
	"registration_import_marked_file_fkey":     keptFile,
	"registration_list_issued_by_fkey":         doer,
	"rights_entry_booked_by_fkey":              doer,
	"rights_event_account_id_fkey":             doer,
	"rights_grant_created_by_fkey":             doer,
	"rights_grant_event_account_id_fkey":       doer,
	"rights_payout_paid_by_fkey":               doer,
	"rights_payout_plan_id_number_fkey":        "payouts are found by their plan, whose index leads with it",
	"rights_plan_created_by_fkey":              doer,
	"disclosure_entry_account_id_fkey":         doer,
	"disclosure_paper_added_by_fkey":           doer,
	"disclosure_room_created_by_fkey":          doer,
	"disclosure_words_created_by_fkey":         doer,
	"trial_company_account_fkey":               doer,
	"trial_event_account_id_fkey":              doer,
	"trial_supply_account_fkey":                doer,
	"event_host_account_fkey":                  doer,
	"event_step_account_id_fkey":               doer,
	"finance_event_account_id_fkey":            doer,
	"finance_request_firm_account_fkey":        doer,
	"voucher_event_account_id_fkey":            doer,
	"voucher_firm_account_fkey":                doer,
	"voucher_scheme_created_by_fkey":           doer,
	"sale_attempt_account_id_fkey":             doer,
	"sale_created_by_fkey":                     doer,
	"sale_intent_account_id_fkey":              doer,
	"saved_search_hit_listing_id_fkey":         demoOnly,
}

// A partial index counts when it leaves out only rows without the key.
const keysSQL = `select k.conname::text, exists (
		select from pg_index i join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
		where i.indrelid = k.conrelid and i.indisvalid
		and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname))
		and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
		and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] <@ k.conkey)
	from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace and k.conrelid::regclass::text not like 'river%'
	order by 1`

// A key without an index is read row by row when its other end is deleted or looked up.
func TestForeignKeys_LeadAnIndex(t *testing.T) {
	t.Parallel()
	rows, _ := pgtest.New(t).Query(context.Background(), keysSQL)
	keys, unused := 0, maps.Clone(withoutIndex)
	var name string
	var indexed bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &indexed}, func() error {
		keys++
		reason, excepted := withoutIndex[name]
		switch {
		case indexed && excepted:
			t.Errorf("%s has an index: take it out of withoutIndex", name)
		case !indexed && reason == "":
			t.Errorf("%s: no index leads with its columns; add one, or say in withoutIndex why none is needed", name)
		}
		delete(unused, name)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for name := range unused {
		t.Errorf("%s: in withoutIndex, but not in the schema", name)
	}
	if keys < 100 {
		t.Errorf("only %d foreign keys found", keys)
	}
}
