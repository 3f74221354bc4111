package witness

import "strings"

// The kinds of subjects.
const (
	registrationKind = "registration"
	filingKind       = "filing"
	contractKind     = "contract"
	listKind         = "list"
)

// Table says of every column of one table whether the ledger vouches for it. The mutation test holds it against the schema: a column
// without a verdict fails.
type Table struct {
	Name     string
	Vouched  string            // columns whose values the ledger repeats
	Digested string            // columns of which it holds the digest: long, or with what need not stand there twice
	Not      map[string]string // columns it does not vouch for, each with the reason

	from  string // the rows of the subjects $1, as t
	ref   string // the subject of a row
	key   string // what tells the rows of a subject apart; "": it has one
	where string
}

// columns lists what is compared.
func (t Table) columns() []string {
	return append(strings.Fields(t.Vouched), strings.Fields(t.Digested)...)
}

// Tables are the tables with vouched columns, by the kind of subject that their rows belong to.
func Tables() map[string][]Table {
	return map[string][]Table{
		registrationKind: registrationTables(),
		filingKind: {{
			Name: "filing",
			Vouched: `id contract_id contract_version kind point_id division intake_no state prior_state version title seller_name buyer_name
				seller_org buyer_org text_digest applicant_org applicant registrar reviewer expert head claimed_class claimed_amount class amount
				deducted technical vat_base disputed number is_sample policy_id submitted_at accepted_at clock_started_on paused_on
				paused_working paused_calendar target_on legal_on due_on decided_at updated_at`,
			Digested: "review correction refusal",
			from:     "filing t", ref: "t.intake_no", where: "t.intake_no = any($1)",
		}, {
			Name: "filing_part", Vouched: "filing_id account_id part",
			from: "filing_part t join filing f on f.id = t.filing_id", ref: "f.intake_no", key: "t.account_id", where: "f.intake_no = any($1)",
		}, {
			Name: "filing_event", Vouched: eventColumns, Digested: "note detail",
			from: "filing_event t join filing f on f.id = t.filing_id", ref: "f.intake_no", key: "t.id", where: "f.intake_no = any($1)",
		}, {
			Name: "file", Vouched: fileColumns, Digested: "name", key: "t.id", ref: "f.intake_no", where: "f.intake_no = any($1)",
			from: `filing f cross join lateral jsonb_path_query(f.review, '$.**.minutesFileId ? (@ > 0 && @ < 9000000000000000000)') m
				join file t on t.id = m::bigint`,
		}},
		contractKind: {{
			Name:    "contract",
			Vouched: "id deal_id seller_org applicant_org created_by broker_account is_sample created_at",
			Not: map[string]string{"state": working, "version": working, "content": working, "buyer_org": working, "co_seller_orgs": working,
				"registered_version": working, "updated_at": working},
			from: "contract t", ref: "t.id", where: "t.id = any($1::text[]::bigint[])",
		}, {
			Name: "contract_version", Vouched: "contract_id number text_digest frozen_at", Digested: "content files",
			from: "contract_version t", ref: "t.contract_id", key: "t.number", where: "t.contract_id = any($1::text[]::bigint[])",
		}, {
			Name: "file", Vouched: fileColumns, Digested: "name", key: "t.id", ref: "v.contract_id",
			where: "v.contract_id = any($1::text[]::bigint[])",
			from: `(select distinct contract_id, (f->>'id')::bigint as file from contract_version cross join jsonb_array_elements(files) f
				where contract_id = any($1::text[]::bigint[])) v join file t on t.id = v.file`,
		}},
		listKind: {{
			Name: "registration_list",
			Vouched: `number point_id division applicant_org purpose is_large state void_reason digest suite key_id signature check_code
				ledger_seq issued_by issued_at voided_at is_sample`,
			Digested: "body",
			from:     "registration_list t", ref: "t.number", where: "t.number = any($1)",
		}, {
			Name: "registration_list_item", Vouched: "list number version",
			from: "registration_list_item t", ref: "t.list", key: "t.number", where: "t.list = any($1)",
		}},
	}
}

func registrationTables() []Table {
	return []Table{{
		Name: "registration",
		Vouched: `number contract_id point_id division applicant_org state prior_state version lock_version title class field plan_source
			ip_kind social_goal seller_name seller_org seller_kind seller_country seller_division buyer_name buyer_org buyer_country
			buyer_division amount technical vat_base income registered_on ended_on tax_review is_sample`,
		Digested: "cancel_request ending revocation shares",
		from:     "registration t", ref: "t.number", where: "t.number = any($1)",
	}, {
		Name:     "certificate",
		Vouched:  "number version state digest suite key_id signature check_code ledger_seq issued_at file_id",
		Digested: "body root",
		Not:      map[string]string{"failure": "only says why the PDF could not be made; the job writes and clears it"},
		from:     "certificate t", ref: "t.number", key: "t.version", where: "t.number = any($1)",
	}, {
		Name: "income", Vouched: "id number amount booked_on booked_by file_id reverses", Digested: "note",
		from: "income t", ref: "t.number", key: "t.id", where: "t.number = any($1)",
	}, {
		Name: "period_entry",
		Vouched: `id number version kind leg booked_on contracts amount technical class field seller_kind plan_source ip_kind social_goal
			seller_country seller_division buyer_country buyer_division point_id is_sample part`,
		from: "period_entry t", ref: "t.number", key: "t.id", where: "t.number = any($1)",
	}, {
		Name: "payment_proof", Vouched: "id number amount paid_on file_id added_by added_at", Digested: "note",
		from: "payment_proof t", ref: "t.number", key: "t.id", where: "t.number = any($1)",
	}, {
		Name: "filing_event", Vouched: eventColumns, Digested: "note detail",
		from: "filing_event t", ref: "t.number", key: "t.id", where: "t.filing_id is null and t.number = any($1)",
	}, {
		Name: "file", Vouched: fileColumns, Digested: "name", key: "t.id", ref: "u.number", where: "true",
		from: `(select number, file_id from certificate where number = any($1) union select number, file_id from income where number = any($1)
			union select number, file_id from payment_proof where number = any($1)) u join file t on t.id = u.file_id`,
	}}
}

const (
	eventColumns = "id filing_id number at account_id part event from_state to_state internal"
	fileColumns  = "id digest mime size purpose owner_org uploaded_by created_at"
	working      = "the document as it is being written; what was filed stands in contract_version"
)

// Unvouched are the tables of the register's wing that no decision writes, each with the reason.
func Unvouched() map[string]string {
	return map[string]string{
		"point":                   "an office, not a decision; changes stand in the audit trail",
		"point_training":          "staff records; changes stand in the audit trail",
		"point_assessment":        "an opinion about a point; it stands in the audit trail",
		"sla_policy":              "dated settings (experts, tied_agency_vat too); a filing names the row it counts with, changes are audited",
		"holiday":                 "the calendar; changes are audited",
		"contract_file":           "attachments of the document as it is being written; what was filed stands in contract_version.files",
		"deadline_warning":        "who was reminded when",
		"number_sequence":         "the counter behind numbers; a number used twice fails its unique key",
		"intake_sequence":         "the counter behind intake numbers",
		"list_sequence":           "the counter behind list numbers",
		"finance_record":          "which certificates a firm lets its bank read; it decides nothing about them",
		"notice_task":             "a task to tell somebody; the decision it follows from is vouched",
		"ledger_row":              "the ledger itself: chained",
		"ledger_root":             "the ledger itself: signed",
		"subsidy_rate":            "dated settings; changes are audited",
		"registration_export":     "a copy made for one person",
		"registration_import":     "a sheet being taken in; each row becomes a vouched registration",
		"registration_import_row": "a sheet being taken in; each row becomes a vouched registration",
		"record_alarm":            "what was found, not what was decided",
	}
}
