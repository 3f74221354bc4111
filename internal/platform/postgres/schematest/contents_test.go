package schematest

import (
	"context"
	"go/ast"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres/pgtest"
)

const (
	openMap  = "an open map for people to read; no program decides by it"
	jobOnly  = "lives as long as one upload or one job"
	listOnly = "a list, not an object; its items keep their few keys"
)

// contents are the JSON columns: the Go types whose SchemaVersion says in which form they are stored ("achievement.Content"), or the
// reason why a column needs none.
var contents = map[string]struct {
	types  []string
	reason string
}{
	"annual_report.content":           {types: []string{"annual.Content"}},
	"annual_report.said":              {types: []string{"annual.Said"}},
	"audit_row.detail":                {reason: "hashed as it is; " + openMap},
	"certificate.root":                {reason: "a signed root of the ledger, whose suite names its form"},
	"challenge.content":               {types: []string{"challenge.Content"}},
	"challenge.decision":              {types: []string{"challenge.Decision"}},
	"challenge.draw":                  {types: []string{"challenge.Draw"}},
	"trial.terms":                     {types: []string{"trial.Terms"}},
	"challenge_application.content":   {types: []string{"challenge.Paper"}},
	"challenge_event.detail":          {reason: openMap},
	"event_report.figures":            {types: []string{"event.Figures"}},
	"contract.content":                {types: []string{"contract.Content"}},
	"contract_version.content":        {types: []string{"contract.Content"}},
	"contract_version.files":          {reason: listOnly},
	"deal_terms.terms":                {types: []string{"deal.Terms"}},
	"filing.correction":               {types: []string{"registry.Correction"}},
	"filing.refusal":                  {types: []string{"registry.Refusal"}},
	"filing.review":                   {types: []string{"registry.Review"}},
	"filing_event.detail":             {reason: openMap},
	"import_batch.report":             {reason: jobOnly},
	"import_row.content":              {types: []string{"achievement.Content", "demand.Content"}},
	"listing.draft":                   {types: []string{"achievement.Content", "demand.Content"}},
	"listing.published":               {types: []string{"achievement.Content", "demand.Content"}},
	"listing_version.content":         {types: []string{"achievement.Content", "demand.Content"}},
	"match_impression.explained":      {reason: "evidence of what was shown, read by people; the row names the version of the weights"},
	"match_weights.weights":           {types: []string{"matching.Weights"}},
	"organisation.profile":            {types: []string{"identity.OrgProfile"}},
	"point_assessment.figures":        {types: []string{"point.Figures"}},
	"policy.content":                  {types: []string{"policy.Content"}},
	"register_entry.content":          {types: []string{"register.Content"}},
	"register_entry.listed":           {types: []string{"register.Content"}},
	"register_event.content":          {types: []string{"register.Content"}},
	"registration.cancel_request":     {types: []string{"registry.Request"}},
	"registration.ending":             {types: []string{"registry.Ending"}},
	"registration.revocation":         {types: []string{"registry.Revocation"}},
	"registration.shares":             {types: []string{"registry.Shares"}},
	"registration_export.filter":      {reason: jobOnly},
	"registration_export.scope":       {reason: jobOnly},
	"registration_import.report":      {reason: jobOnly},
	"registration_import_row.content": {types: []string{"exchange.historic"}},
	"saved_search.query":              {types: []string{"catalogue.Criteria"}},
	"subsidy_rate.tiers":              {reason: listOnly},
}

const jsonSQL = `select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
	where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'river%'
	and a.atttypid = 'jsonb'::regtype order by 1`

func TestContents_SayTheirForm(t *testing.T) {
	t.Parallel()
	versioned := map[string]bool{}
	if err := eachFile(func(_ string, file *ast.File) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "SchemaVersion" {
				if of, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
					versioned[file.Name.Name+"."+of.Name] = true
				}
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	rows, _ := pgtest.New(t).Query(context.Background(), jsonSQL)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	inSchema := map[string]bool{}
	for _, column := range columns {
		inSchema[column] = true
		if c := contents[column]; c.types == nil && c.reason == "" {
			t.Errorf("%s: name its Go type, or say why it needs no version", column)
		}
	}
	for column, c := range contents {
		if !inSchema[column] {
			t.Errorf("%s: no such JSON column in the schema", column)
		}
		for _, name := range c.types {
			if !versioned[name] {
				t.Errorf("%s: %s has no method SchemaVersion", column, name)
			}
		}
	}
}
