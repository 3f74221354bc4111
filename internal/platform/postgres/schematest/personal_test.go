package schematest

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app"
	"techmarket/internal/platform/postgres/pgtest"
)

// What may lie in a column of free text:
//
//	sealed  how somebody is reached, or a secret that is shown again: sealed at the start and under every new key (app.SealedColumns)
//	once    the same, sealed as it is written and not again (the ledger vouches for it, or it lives for days)
//	digest  only a digest of a secret, or of bytes
//	names   of persons and units, which the register, the market and the trail exist to state
//	words   what persons write to one another or to a desk; forms ask for no number or address there
//	public  what everybody may read
//	coded   codes, numbers and words of the program
var personal = map[string]string{
	"account":               "sealed:email,phone,totp_secret digest:password_hash,recovery_hashes names:display_name,login_name",
	"annual_report":         "words:note,said",
	"api_token":             "digest:token_hash words:name coded:scopes",
	"audit_row":             "digest:hash,prev_hash coded:action,detail,object_id,object_kind,request_id",
	"broker_mandate":        "words:note",
	"broker_profile":        "public:certificate_no,divisions,fields,introduction,issuer,level",
	"certificate":           "public:body,check_code,digest,key_id,number,root,signature,suite coded:failure",
	"challenge":             "public:content,title coded:division,draw,field words:decision,reason",
	"challenge_application": "words:content,feedback,screening coded:loss",
	"challenge_event":       "coded:detail,event words:reason",
	"challenge_file":        "words:name",
	"challenge_key":         "sealed:half,private_key public:public_key",
	"challenge_member":      "words:reason",
	"challenge_paper":       "digest:digest once:sealed",
	"challenge_question":    "public:body,reply",
	"challenge_result":      "words:note,voucher",
	"challenge_sheet":       "words:note digest:digest",
	"contact_reveal":        "words:note",
	"contract":              "sealed:content",
	"contract_file":         "digest:digest words:name",
	"contract_version":      "once:content words:files digest:text_digest",
	"deal":                  "coded:decline_code words:end_reason,note,subject",
	"deal_event":            "coded:event words:reason",
	"deal_file":             "words:name",
	"deal_message":          "words:body",
	"deal_terms":            "words:terms",
	"diagnosis":             "words:advice",
	"email_confirmation":    "sealed:email digest:token_hash",
	"empty_search":          "coded:kind words:words",
	"event":                 "coded:division words:link,reason public:audience,languages,place,secrecy,summary,title",
	"event_item":            "public:speaker,title",
	"event_report":          "coded:figures",
	"event_result":          "words:note",
	"event_signup":          "sealed:code,phone names:name,unit words:note,reason",
	"event_step":            "coded:act words:reason",
	"event_task":            "words:reason",
	"event_wish":            "words:answer,reason",
	"external_figure":       "coded:area,indicator public:edition,measured_in,note,source",
	"favourite":             "public:title",
	"figure_definition":     "public:code,name,text",
	"file":                  "digest:digest coded:mime,purpose words:name",
	"file_text":             "digest:digest coded:failure words:again,pages",
	"filing": "names:buyer_name,seller_name coded:claimed_class,class,division,intake_no,number " +
		"words:correction,refusal,review,title digest:text_digest",
	"filing_event":    "coded:detail,event words:note",
	"holiday":         "public:name",
	"idempotency_key": "once:body digest:key,request_hash coded:content_type,location",
	"import_batch":    "digest:digest words:file_name,report coded:kind",
	"import_row":      "sealed:content digest:hash words:row_key",
	"income":          "words:note coded:number",
	"intake_sequence": "coded:division",
	"invitation":      "sealed:email digest:token_hash coded:roles",
	"kept_form":       "digest:browser once:sealed",
	"ledger_root":     "public:key_id,root,signature,suite",
	"ledger_row":      "digest:hash,prev_hash coded:kind,ref names:payload",
	"listing": "sealed:draft,published words:closed_reason,return_reason coded:division,field,kind,reviewer_scope " +
		"digest:origin_hash words:origin_key public:title",
	"listing_event":     "coded:event words:reason",
	"listing_file":      "words:caption",
	"listing_vector":    "digest:digest coded:document,kind,model,vector",
	"listing_version":   "sealed:content",
	"match_alert":       "coded:reasons",
	"match_alert_end":   "sealed:token digest:token_hash",
	"match_answer":      "words:reason",
	"match_impression":  "coded:explained",
	"match_weights":     "words:note coded:weights",
	"membership":        "coded:roles",
	"message":           "words:body,title coded:kind,link",
	"monitor_day":       "coded:area,key",
	"monitor_indicator": "public:code,denominator,measured_in,name,note,numerator,room",
	"monitor_policy":    "public:source",
	"monitor_shape":     "coded:col,row",
	"notice":            "public:body,title names:party words:reason",
	"notice_event":      "coded:event,refusal words:reason",
	"notice_objection":  "words:evidence,reason,reply coded:key",
	"notice_task":       "words:body,title coded:division,number",
	"organisation":      "coded:credit_code,division names:name sealed:profile words:state_reason",
	"password_reset":    "digest:token_hash",
	"payment_proof":     "words:note coded:number",
	"period_entry": "coded:buyer_country,buyer_division,class,field,ip_kind,number," +
		"plan_source,seller_country,seller_division,social_goal",
	"phrase":           "words:words",
	"plan_indicator":   "public:base_note,clause,measured_in,name,number,owner,plan coded:own_figure",
	"plan_target":      "public:code,name,note,own_measure,source",
	"price_policy":     "public:source",
	"price_shown":      "coded:field,region,way",
	"plan_value":       "public:note,source",
	"point":            "public:address,division,hours,name,phone",
	"point_assessment": "coded:figures words:opinion",
	"point_training":   "words:course",
	"policy":           "public:content,division,issuer,number,source,title",
	"policy_question":  "words:answer,question coded:division",
	"published_figure": "public:note,period,source",
	"quota_use":        "coded:name,per digest:subject",
	"record_alarm":     "digest:digest words:found coded:subject",
	"refusal":          "coded:action,code,sample",
	"register_entry":   "sealed:content,listed coded:division,kind names:identity,listed_name,name words:reason",
	"register_event":   "once:content coded:event words:reason",
	"register_grade":   "public:issuer,level,number",
	"register_origin":  "words:row_key,source",
	"registration": "coded:buyer_country,buyer_division,class,division,field,ip_kind,plan_source,seller_country,seller_division,social_goal " +
		"names:shares,buyer_name,seller_name " +
		"words:cancel_request,ending,revocation public:title",
	"registration_export":     "coded:filter,scope",
	"registration_import":     "digest:digest words:file_name,report",
	"registration_import_row": "sealed:content",
	"registration_list":       "public:body,check_code,digest,key_id,signature,suite coded:division words:void_reason",
	"registration_list_item":  "coded:list,number",
	"rights_entry":            "words:note,voucher",
	"rights_event":            "coded:event words:reason",
	"rights_grant":            "words:agreement,decision,proof,reason,terms public:object",
	"rights_grant_event":      "coded:event words:reason",
	"rights_holder":           "names:name words:consent",
	"rights_member":           "names:name words:contribution",
	"rights_payout":           "words:voucher",
	"rights_plan":             "words:basis,decision,reason,title",
	"rights_policy":           "public:source",
	"disclosure_entry":        "coded:event words:detail digest:digest,hash",
	"disclosure_paper":        "words:name",
	"disclosure_room":         "public:title digest:head",
	"disclosure_seat":         "names:name,org_name words:purpose,reason",
	"disclosure_words":        "words:body digest:digest",
	"trial":                   "coded:reason_code words:reason,terms public:object",
	"trial_event":             "coded:event words:reason",
	"trial_payment":           "words:voucher,why",
	"trial_report":            "words:body,figures",
	"finance_event":           "coded:event words:reason",
	"finance_record":          "coded:number",
	"finance_request":         "coded:division words:answer,purpose public:product",
	"voucher":                 "coded:kind words:contract_number,need,reason public:service",
	"voucher_event":           "coded:event words:reason",
	"voucher_file":            "words:name",
	"voucher_scheme":          "coded:division,kinds public:number,source,terms,title",
	"sale":                    "public:conditions,object,title coded:leader words:reason",
	"sale_attempt":            "coded:code,key,refusal",
	"sale_event":              "coded:event words:reason",
	"sale_intent":             "coded:code words:reason,voucher",
	"sale_pause":              "words:reason",
	"saved_search":            "digest:feed_hash sealed:feed_token words:name,query",
	"sealed_column":           "coded:place,prefix",
	"session":                 "digest:token_hash",
	"sla_policy":              "public:name,source",
	"subsidy_rate":            "public:classes,name,source,tiers",
}

// textSQL are the columns of free text: those with a CHECK hold one of its words.
const textSQL = `select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
	and not a.attisdropped where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
	and c.relname not like 'river%' and c.relname not like 'goose%'
	and a.atttypid in ('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype, 'bytea'::regtype)
	and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.conkey @> array[a.attnum]) order by 1`

func TestPersonal_EveryColumnOfTextHasAVerdict(t *testing.T) {
	t.Parallel()
	verdict := map[string]string{}
	for table, line := range personal {
		for part := range strings.FieldsSeq(line) {
			kind, columns, _ := strings.Cut(part, ":")
			for c := range strings.SplitSeq(columns, ",") {
				if verdict[table+"."+c] != "" {
					t.Errorf("%s.%s stands twice", table, c)
				}
				verdict[table+"."+c] = kind
			}
		}
	}
	rows, _ := pgtest.New(t).Query(t.Context(), textSQL)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	sealed := map[string]bool{}
	for _, c := range app.SealedColumns() {
		sealed[c.Table+"."+c.Column] = true
	}
	for _, c := range columns {
		switch kind := verdict[c]; {
		case kind == "":
			t.Errorf("%s: say what may lie there, and seal it where somebody can be reached by it", c)
		case (kind == "sealed") != sealed[c]:
			t.Errorf("%s is called %s; sealed at the start: %v", c, kind, sealed[c])
		case !slices.Contains(strings.Fields("sealed once digest names words public coded"), kind):
			t.Errorf("%s: no such verdict %q", c, kind)
		}
		delete(verdict, c)
		delete(sealed, c)
	}
	for c := range verdict {
		t.Errorf("%s: no such column of free text", c)
	}
	for c := range sealed {
		t.Errorf("%s: sealed, and no column", c)
	}
}
