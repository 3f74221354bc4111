package schematest

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

// "Open on a day" stands once in the schema, in listing_open: a view or function that names its states says the rule again.
func TestOpenListing_IsSaidOnce(t *testing.T) {
	t.Parallel()
	said := namesOf(t, pgtest.New(t), `select name from (
			select viewname::text as name, definition from pg_views where schemaname = 'public'
			union all select proname::text, coalesce(prosrc, '') from pg_proc where pronamespace = 'public'::regnamespace) said
		where definition like '%''revising''%' and definition like '%''resubmitted''%'`)
	if !slices.Equal(said, []string{"listing_open"}) {
		t.Errorf("the states of an open listing stand in %v", said)
	}
}

// readRowByRow are columns that an ilike reads without a trigram index, each with the reason.
var readRowByRow = map[string]string{}

// putTogether are the columns of an ilike that a store adds to its statements at run time: package and column, and the tables it asks.
var putTogether = map[string]string{
	"registry.title": "filing registration", "registry.seller_name": "filing registration", "registry.buyer_name": "filing registration",
}

var (
	ilike = regexp.MustCompile(`(?i)\bilike\b`)
	part  = regexp.MustCompile(`(?i)(\w+)\s+(?:not\s+)?ilike\b`)
	asked = regexp.MustCompile(`(?i)\b(?:from|join|update)\s+(\w+)`)
)

// Each column in which a store searches for a part of a text has a trigram index; and each such index is used.
func TestPartsOfTexts_HaveTrigramIndexes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if namesOf(t, db, `select extname from pg_extension where extname = 'pg_trgm'`) == nil {
		t.Skip("this server has no pg_trgm")
	}
	indexed := namesOf(t, db, `select distinct c.relname || '.' || a.attname
		from pg_index i join pg_class c on c.oid = i.indrelid join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey::int2[])
		where exists (select from pg_opclass o where o.oid = any(i.indclass::oid[]) and o.opcname = 'gin_trgm_ops')`)
	columns := namesOf(t, db, `select table_name || '.' || column_name from information_schema.columns where table_schema = 'public'`)
	searched := searchedColumns(t, columns)
	for _, name := range slices.Sorted(maps.Keys(searched)) {
		if slices.Contains(indexed, name) == (readRowByRow[name] != "") {
			t.Errorf("%s ilike: give it a trigram index (create_trigram_index), or say in readRowByRow why it needs none", name)
		}
	}
	for name := range readRowByRow {
		if !searched[name] {
			t.Errorf("%s: in readRowByRow, but no store searches it", name)
		}
	}
	for _, name := range indexed {
		if !searched[name] {
			t.Errorf("%s has a trigram index that no store uses", name)
		}
	}
}

// searchedColumns finds the left side of every ilike in the store files, as table and column: the table is one that the statement asks
// and that has the column. Every ilike must be understood.
func searchedColumns(t *testing.T, columns []string) map[string]bool {
	t.Helper()
	static, _, err := readStatements()
	if err != nil {
		t.Fatal(err)
	}
	searched, known := map[string]bool{}, map[string]bool{}
	for _, s := range static {
		pkg, _, _ := strings.Cut(s.name, ".")
		for _, column := range part.FindAllStringSubmatch(s.sql, -1) {
			for _, table := range asked.FindAllStringSubmatch(s.sql, -1) {
				if name := table[1] + "." + column[1]; slices.Contains(columns, name) {
					searched[name], known[pkg+"."+column[1]] = true, true
				}
			}
		}
	}
	for place, tables := range putTogether {
		_, column, _ := strings.Cut(place, ".")
		for table := range strings.FieldsSeq(tables) {
			searched[table+"."+column] = true
		}
	}
	used := map[string]bool{}
	if err := eachFile(func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || !isStore(path) {
				return true
			}
			found := part.FindAllStringSubmatch(lit.Value, -1)
			if len(found) != len(ilike.FindAllString(lit.Value, -1)) {
				t.Errorf("%s: an ilike whose left side is no column: no index can serve it", path)
			}
			for _, column := range found {
				place := file.Name.Name + "." + column[1]
				if used[place] = true; !known[place] && putTogether[place] == "" {
					t.Errorf("%s: which table does %s belong to? Say it in putTogether", path, column[1])
				}
			}
			return true
		})
	}); err != nil {
		t.Fatal(err)
	}
	for place := range putTogether {
		if !used[place] || known[place] {
			t.Errorf("%s: in putTogether, but no store adds it at run time", place)
		}
	}
	return searched
}

func namesOf(t *testing.T, db *postgres.DB, sql string) []string {
	t.Helper()
	rows, _ := db.Query(t.Context(), sql)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}
