package schematest

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// words says where the words of a CHECK come from.
type words struct {
	from    string // a list of the code, see readLists; several with a blank between
	without string // those of it that this column never holds, with blanks between
	empty   bool   // and the empty word: not yet, or none
}

// The states of registry.State that only one of the two tables of the register knows.
const (
	filingOnly = "awaiting_acceptance declined withdrawn in_review correcting awaiting_second_review " +
		"awaiting_experts awaiting_registration refused"
	registrationOnly = "changing cancelled revoked"
)

// fromCode are the CHECKs whose words the code lists.
var fromCode = map[string]words{
	"account.theme":                 {from: "identity.ThemeStandard identity.ThemeElder"},
	"audit_row.result":              {from: "audit.OK audit.Refused"},
	"annual_report.state":           {from: "annual.State"},
	"broker_mandate.state":          {from: "broker.MandateState"},
	"contract.state":                {from: "contract.State"},
	"contract_file.role":            {from: ".FileRole"},
	"deadline_warning.level":        {from: "deadline.Legal deadline.Target deadline.Near deadline.Half"},
	"deal.opened_side":              {from: "deal.Side", without: "broker"},
	"deal.undisclosed":              {from: "deal.Side", without: "broker", empty: true},
	"deal.state":                    {from: "deal.State"},
	"deal_event.from_state":         {from: "deal.State", empty: true},
	"deal_event.to_state":           {from: "deal.State"},
	"deal_message.side":             {from: "deal.Side"},
	"deal_terms.proposed_side":      {from: "deal.Side"},
	"filing.kind":                   {from: ".FilingKind"},
	"filing.prior_state":            {from: "registry.Declined registry.Refused", empty: true},
	"filing.state":                  {from: "registry.State", without: "draft " + registrationOnly},
	"filing_event.from_state":       {from: "registry.State"},
	"filing_event.part":             {from: "registry.Part"},
	"filing_event.to_state":         {from: "registry.State"},
	"filing_part.part":              {from: "registry.Part", without: "supervisor tax_reader system party"},
	"import_batch.state":            {from: "importer.State"},
	"listing.origin":                {from: "listing.OriginLocal listing.OriginImport"},
	"listing.state":                 {from: "listing.State"},
	"listing.triage":                {from: "demand.Triages()", empty: true},
	"listing_event.from_state":      {from: "listing.State", empty: true},
	"listing_event.to_state":        {from: "listing.State"},
	"phrase.use":                    {from: "registry.PhraseUse"},
	"listing_file.role":             {from: "listing.FilePicture listing.FileEvidence listing.FileAttachment"},
	"listing_triage.triage":         {from: "demand.Triages()"},
	"contact_reveal.purpose":        {from: "listing.Purpose"},
	"match_answer.answer":           {from: "watch.Answer"},
	"challenge.choice":              {from: "challenge.ChooseSingle", empty: true},
	"challenge.kind":                {from: "challenge.Kind"},
	"challenge.mode":                {from: "challenge.Mode"},
	"challenge.state":               {from: "challenge.Stage"},
	"challenge_application.state":   {from: "challenge.AppState"},
	"challenge_event.from_state":    {from: "challenge.Stage"},
	"challenge_event.to_state":      {from: "challenge.Stage"},
	"challenge_key.side":            {from: "challenge.Side"},
	"challenge_member.state":        {from: "challenge.MemberState"},
	"challenge_result.kind":         {from: "challenge.ResultKind"},
	"notice.ended":                  {from: "notice.Void notice.Withdrawn", empty: true},
	"notice.unit":                   {from: "fact.CalendarDays fact.WorkingDays"},
	"notice.use":                    {from: "notice.Use"},
	"notice_objection.outcome":      {from: "notice.EventReject notice.EventUpholdMinor notice.EventUphold", empty: true},
	"organisation.kind":             {from: "actor.OrgKind"},
	"organisation.state":            {from: "actor.Pending actor.Confirmed actor.Returned actor.Suspended"},
	"point.kind":                    {from: "point.Kind"},
	"point.number_source":           {from: "point.NumberSource"},
	"point.second_review":           {from: "point.SecondReview"},
	"point.state":                   {from: "point.State"},
	"point_assessment.grade":        {from: ".Grades()"},
	"plan_indicator.kind":           {from: "plan.Kind"},
	"plan_indicator.path":           {from: "plan.Geometric plan.Linear plan.NoPath"},
	"plan_value.series":             {from: "plan.ValueSeries plan.DenominatorSeries"},
	"policy.state":                  {from: "policy.InForce policy.Repealed"},
	"policy_question.state":         {from: "policy.QuestionState"},
	"register_entry.state":          {from: "register.State"},
	"register_event.from_state":     {from: "register.State", empty: true},
	"register_event.to_state":       {from: "register.State"},
	"register_grade.kind":           {from: "register.GradeKind"},
	"register_origin.kind":          {from: "register.OriginKind"},
	"registration.prior_state":      {from: "registry.Registered registry.Cancelled registry.Revoked", empty: true},
	"registration.state":            {from: "registry.State", without: "draft " + filingOnly},
	"registration_list.purpose":     {from: "benefits.Purpose"},
	"rights_entry.kind":             {from: "rights.Receipt rights.Cost rights.Tax"},
	"rights_event.from_state":       {from: "rights.Stage"},
	"rights_event.to_state":         {from: "rights.Stage"},
	"rights_grant.kind":             {from: "rights.GrantKind"},
	"rights_grant.state":            {from: "rights.GrantStage"},
	"rights_grant_event.from_state": {from: "rights.GrantStage"},
	"rights_grant_event.to_state":   {from: "rights.GrantStage"},
	"rights_holder.basis":           {from: "rights.BasisService rights.BasisAgreement rights.BasisGrant rights.BasisTransfer"},
	"rights_plan.state":             {from: "rights.Stage"},
	"trial.insurance": {from: "trial.InsuranceApplied trial.InsuranceInsured trial.InsuranceClaimed trial.InsurancePaid " +
		"trial.InsuranceRefused", empty: true},
	"trial.proposed_side":      {from: "trial.Supply trial.Company"},
	"disclosure_paper.layer":   {from: "disclosure.Layer"},
	"disclosure_seat.state":    {from: "disclosure.Stage"},
	"disclosure_words.kind":    {from: "disclosure.KindNDA disclosure.KindAgreement"},
	"trial.state":              {from: "trial.Stage"},
	"trial_event.from_state":   {from: "trial.Stage"},
	"trial_event.to_state":     {from: "trial.Stage"},
	"event.kind":               {from: "event.Kind"},
	"event.state":              {from: "event.Stage"},
	"event_signup.side":        {from: "event.Part"},
	"event_signup.state":       {from: "event.SignStage"},
	"event_step.from_state":    {from: "event.Stage", empty: true},
	"event_step.to_state":      {from: "event.Stage"},
	"event_task.state":         {from: "event.TaskStage"},
	"event_result.result":      {from: "event.Result"},
	"event_wish.state":         {from: "event.WishStage"},
	"event_wish.why":           {from: "event.NoCommonSlot event.Full", empty: true},
	"finance_request.state":    {from: "finance.Stage"},
	"finance_event.from_state": {from: "finance.Stage"},
	"finance_event.to_state":   {from: "finance.Stage"},
	"voucher.state":            {from: "voucher.Stage"},
	"voucher_event.from_state": {from: "voucher.Stage"},
	"voucher_event.to_state":   {from: "voucher.Stage"},
	"voucher_file.role":        {from: "voucher.PaperRole"},
	"sale.state":               {from: "sale.Stage"},
	"sale_event.from_state":    {from: "sale.Stage"},
	"sale_event.to_state":      {from: "sale.Stage"},
	"sale_intent.state":        {from: "sale.IntentState"},
	"saved_search.notice":      {from: "watch.Notice"},
}

// onlyHere are CHECKs whose words the code writes where it uses them: there is no list to compare with.
var onlyHere = []string{
	"monitor_day.side", "monitor_day.dim", "monitor_shape.side",
	"certificate.state", "holiday.kind", "notice_task.audience", "period_entry.kind", "period_entry.leg", "period_entry.seller_kind",
	"plan_target.kind", "plan_target.unit",
	"published_figure.certainty", "published_figure.measure", "registration.seller_kind", "registration.tax_review",
	"registration_export.state", "registration_import.state", "registration_list.state", "sla_policy.legal_unit", "sla_policy.target_unit",
	"subsidy_rate.side",
}

// open are columns named like a closed list that are none, each with the reason.
var open = map[string]string{
	"plan_target.own_measure": "a plan may name a measure that the platform does not count yet",
	"policy_question.answer":  "free text: what the desk answers",
	"event.audience":          "free text: for whom an event is",
	"event_signup.unit":       "the name of a unit, also of one that the market does not know",
	"event_wish.answer":       "free text: what one of the two says to the other",
	"finance_request.answer":  "free text: the terms of an offer, or why there is none",
	"finance_request.purpose": "free text: what the money is for",
	"disclosure_seat.purpose": "free text: what somebody wants to know",
	"audit_row.object_kind":   "every room names its own objects",
	"empty_search.kind":       kindOfListing,
	"import_batch.kind":       kindOfListing,
	"ledger_row.kind":         "every room names its own entries; a reader of the chain passes over those it does not know",
	"listing.kind":            kindOfListing,
	"listing_vector.kind":     kindOfListing,
	"message.kind":            "every room names its own messages",
	"period_entry.ip_kind":    "a code of a national list, which is data (codes.IPKind)",
	"voucher.kind":            "a register of services declares its kinds in code: a new one needs no change of the schema",
	"register_entry.kind":     "a register is a declaration in code: a new one needs no change of the schema",
	"register_grade.level":    "every register declares its own levels and marks",
	"registration.ip_kind":    "a code of a national list, which is data (codes.IPKind)",
	"file.purpose":            "every room names what it keeps files for",
	"broker_profile.level":    "a code of a list that is data (codes.BrokerLevel)",
}

const kindOfListing = "a kind of listing is a declaration in code: a new one needs no change of the schema"

const checksSQL = `select c.conrelid::regclass::text || '.' || a.attname as name, pg_get_constraintdef(c.oid) as definition
	from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
	where c.contype = 'c' and cardinality(c.conkey) = 1 and c.connamespace = 'public'::regnamespace
	and c.conrelid::regclass::text not like 'river%'
	order by 1`

var (
	listCheck = regexp.MustCompile(`^CHECK \(\(?\w+ = ANY \(ARRAY\[(.*)\]\)\)?\)$`)
	oneWord   = regexp.MustCompile(`'([^']*)'::text`)
)

// listChecks returns the words of each CHECK of the form "column in (…)".
func listChecks(t *testing.T, db *postgres.DB) map[string][]string {
	t.Helper()
	rows, _ := db.Query(context.Background(), checksSQL)
	found := map[string][]string{}
	var name, definition string
	if _, err := pgx.ForEachRow(rows, []any{&name, &definition}, func() error {
		if m := listCheck.FindStringSubmatch(definition); m != nil {
			for _, w := range oneWord.FindAllStringSubmatch(m[1], -1) {
				found[name] = append(found[name], w[1])
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// What a column may hold is what the code's list holds: a new state is a migration, and is not forgotten on either side.
func TestChecks_HoldTheWordsOfTheCode(t *testing.T) {
	t.Parallel()
	checks := listChecks(t, pgtest.New(t))
	code, err := readLists()
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range fromCode {
		var want []string
		for from := range strings.FieldsSeq(w.from) {
			values := code.of(from)
			if values == nil {
				t.Errorf("%s: the code has no list %s", name, from)
			}
			want = append(want, values...)
		}
		for drop := range strings.FieldsSeq(w.without) {
			if !slices.Contains(want, drop) {
				t.Errorf("%s: %s has no %q to leave out", name, w.from, drop)
			}
			want = slices.DeleteFunc(want, func(s string) bool { return s == drop })
		}
		if w.empty {
			want = append(want, "")
		}
		if got, checked := checks[name]; !checked {
			t.Errorf("%s: no CHECK in the schema", name)
		} else if !same(got, want) {
			t.Errorf("%s: the schema says %q, the code %q", name, got, want)
		}
	}
	for name := range checks {
		if _, named := fromCode[name]; !named && !slices.Contains(onlyHere, name) {
			t.Errorf("%s: say in fromCode where its words come from", name)
		}
	}
	for _, name := range onlyHere {
		if checks[name] == nil {
			t.Errorf("%s: in onlyHere, but not in the schema", name)
		}
	}
}

const columnsSQL = `select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
	where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'river%' and a.atttypid = 'text'::regtype
	and a.attname ~ '(^|_)(state|kind|side|role|part|unit|grade|level|result|answer|notice|audience|purpose|leg|origin|theme|triage|measure)$'
	order by 1`

func TestChecks_StandOnEveryClosedList(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	checks := listChecks(t, db)
	rows, _ := db.Query(context.Background(), columnsSQL)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if checks[name] == nil && open[name] == "" {
			t.Errorf("%s: give it a CHECK, or say in open why any word may stand there", name)
		}
	}
	for name := range open {
		if checks[name] != nil || !slices.Contains(names, name) {
			t.Errorf("%s: in open, but it has a CHECK or is no such column", name)
		}
	}
}
