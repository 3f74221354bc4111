package witness_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/migrations"
)

// column is one column of the schema.
type column struct{ Table, Name, Type string }

const selectColumns = `select table_name::text as table, column_name::text as name, data_type::text as type
	from information_schema.columns where table_schema = current_schema() order by table_name, ordinal_position`

// verdicts are the columns by table: true where the ledger vouches for it.
func verdicts() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, tables := range witness.Tables() {
		for _, t := range tables {
			all[t.Name] = map[string]bool{}
			for c := range strings.FieldsSeq(t.Vouched + " " + t.Digested) {
				all[t.Name][c] = true
			}
			for c := range t.Not {
				all[t.Name][c] = false
			}
		}
	}
	return all
}

// Every column of the register's tables has a verdict, and every table that belongs to it has one too: what a migration adds fails here
// until somebody says whether the ledger vouches for it.
func TestEveryColumnOfTheRegisterHasAVerdict(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows, _ := db.Query(t.Context(), selectColumns)
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByName[column])
	registrytest.Check(t, err)
	judged, unvouched := verdicts(), witness.Unvouched()
	seen := map[string]bool{}
	for _, c := range columns {
		if judged[c.Table] == nil {
			continue
		}
		seen[c.Table+"."+c.Name] = true
		if _, ok := judged[c.Table][c.Name]; !ok {
			t.Errorf("%s.%s has no verdict: say in tables.go whether the ledger vouches for it", c.Table, c.Name)
		}
	}
	for table, names := range judged {
		for name := range names {
			if !seen[table+"."+name] {
				t.Errorf("%s.%s has a verdict and is not in the schema", table, name)
			}
		}
	}
	rows, _ = db.Query(t.Context(), `select distinct conrelid::regclass::text from pg_constraint where contype = 'f'
		and confrelid::regclass::text in ('registration', 'certificate', 'filing', 'contract_version', 'registration_list', 'income')`)
	belong, err := pgx.CollectRows(rows, pgx.RowTo[string])
	registrytest.Check(t, err)
	made, err := fs.ReadFile(migrations.FS, "00205_certify.sql")
	registrytest.Check(t, err)
	for _, m := range regexp.MustCompile(`(?m)^create table (\w+)`).FindAllSubmatch(made, -1) {
		belong = append(belong, string(m[1]))
	}
	for _, table := range belong {
		if judged[table] == nil && unvouched[table] == "" {
			t.Errorf("the table %s belongs to the register and has no verdict", table)
		}
	}
}

// history leaves rows in every vouched table: a registration with income, a reversal, a payment, a list, an amendment, a revocation that
// is announced, and one that was cancelled.
func history(t *testing.T, w *registrytest.World) (cancelled string) {
	t.Helper()
	do := registrytest.RegistrationOf
	reg := w.Register(w.Content(), registrytest.Deduct(registrytest.Carrier(50_000*money.Yuan, 1)))
	ctx := context.Background()
	step := func(_ registry.Registration, err error) { t.Helper(); registrytest.Check(t, err) }
	step(do(w.S.Do(ctx, w.Registrar, registry.Command{Number: reg.Number, Event: registry.EventBookIncome, Amount: 500 * money.Yuan,
		Text: "核定表 1 号", Paper: w.Paper(w.Registrar)})))
	var income int64
	w.Scan(&income, `select id from income`)
	step(do(w.S.Do(ctx, w.Registrar, registry.Command{Number: reg.Number, Event: registry.EventReverseIncome, Income: income, Text: "录错"})))
	registrytest.Check(t, w.Benefits.AddPayment(ctx, w.Buyer, reg.Number,
		benefits.Payment{Amount: money.Yuan, PaidOn: w.Now.AddDate(0, 0, -1), FileID: w.Paper(w.Buyer)}))
	_, err := w.Benefits.IssueList(ctx, w.Head, benefits.SubsidyList, []string{reg.Number})
	registrytest.Check(t, err)
	w.Amend(reg)
	step(do(w.S.Do(ctx, w.Regional, registry.Command{Number: reg.Number, Event: registry.EventAnnounceRevocation, Ground: "fraud",
		Text: "查实为虚假合同"})))
	other := w.Register(w.Content(), nil)
	step(do(w.S.Do(ctx, w.Seller, registry.Command{Number: other.Number, Event: registry.EventRequestCancel, Text: "合同解除"})))
	step(do(w.S.Do(ctx, w.Head, registry.Command{Number: other.Number, Event: registry.EventCancel, Ground: "terminated", Text: "已解除"})))
	registrytest.Check(t, w.Jobs.Drain(ctx)) // the certificates' papers
	return other.Number
}

// unlock takes away what would only get in the way of the test: checks, keys, unique indexes, generated identities.
const unlock = `do $$ declare c record; begin
	for c in select conrelid::regclass as t, conname from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace
		loop execute format('alter table %s drop constraint %I', c.t, c.conname); end loop;
	for c in select conrelid::regclass as t, conname from pg_constraint where contype in ('c', 'u', 'p')
		and connamespace = current_schema()::regnamespace loop execute format('alter table %s drop constraint %I', c.t, c.conname); end loop;
	for c in select table_name as t, column_name as n from information_schema.columns where is_identity = 'YES'
		and table_schema = current_schema() loop execute format('alter table %I alter column %I drop identity', c.t, c.n); end loop;
	for c in select indexrelid::regclass as n from pg_index join pg_class i on i.oid = indexrelid where indisunique
		and i.relnamespace = current_schema()::regnamespace and not indisprimary loop execute format('drop index %s', c.n); end loop;
	end $$`

// other gives another value of a column's type.
func other(c column) string {
	switch c.Type {
	case "bigint", "integer", "smallint":
		return "coalesce(" + c.Name + ", 0) + 1"
	case "boolean":
		return "not " + c.Name
	case "date":
		return "coalesce(" + c.Name + ", '2020-01-01') + 1"
	case "timestamp with time zone":
		return "coalesce(" + c.Name + ", now()) + interval '1 microsecond'"
	case "jsonb":
		return "coalesce(" + c.Name + `, '{}') || '{"forged": 1}'`
	case "ARRAY":
		return "array_append(" + c.Name + ", 1)"
	case "character":
		return "reverse(" + c.Name + ")"
	default:
		return "coalesce(" + c.Name + ", '') || '1'"
	}
}

// With SQL and triggers off, every vouched column of every row is changed, one at a time, and each is found and named; so is every row
// taken away or put in twice. What the ledger does not vouch for is not found.
func TestAForgedColumnIsNamed(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	history(t, w)
	ctx := t.Context()
	clean(t, w)
	_, err := w.DB.Exec(ctx, unlock)
	registrytest.Check(t, err)
	rows, _ := w.DB.Query(ctx, selectColumns)
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByName[column])
	registrytest.Check(t, err)
	judged := verdicts()
	for _, c := range columns {
		vouched, ok := judged[c.Table][c.Name]
		if !ok {
			continue
		}
		found := forge(t, w, fmt.Sprintf(`update %s set %s = %s where ctid = (select min(ctid) from %[1]s%[4]s)`, c.Table, c.Name, other(c),
			map[bool]string{true: ` where purpose in ('contract', 'certificate')`}[c.Table == "file"]))
		if named := slices.ContainsFunc(found, func(d witness.Difference) bool { return names(d, c) }); named != vouched {
			t.Errorf("%s.%s (%s): found %v, vouched for %t", c.Table, c.Name, c.Type, found, vouched)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(judged)) {
		pick := `ctid = (select min(ctid) from ` + table + `)`
		if table == "file" {
			pick = `ctid = (select min(ctid) from file where purpose in ('contract', 'certificate'))`
		}
		if found := forge(t, w, `delete from `+table+` where `+pick); len(found) == 0 {
			t.Errorf("%s: a deleted row is not found", table)
		}
		key := map[string]string{
			"registration":           `{"number": "2026150103999999"}`,
			"filing":                 `{"id": 999, "intake_no": "SL-150103-20260410-9999"}`,
			"certificate":            `{"version": 9}`,
			"contract_version":       `{"number": 9}`,
			"registration_list":      `{"number": "QD20261501039999"}`,
			"registration_list_item": `{"number": "2026150103999999"}`,
			"filing_part":            `{"account_id": 999}`,
			"contract":               "",
			"file":                   "",
		}
		change, special := key[table]
		if !special {
			change = `{"id": 999}`
		}
		if change == "" { // of no subject until something vouched names it
			continue
		}
		if found := forge(t, w, fmt.Sprintf(`insert into %s select (jsonb_populate_record(t, '%s')).* from %[1]s t where %[3]s`, table, change,
			pick)); len(found) == 0 {
			t.Errorf("%s: an inserted row is not found", table)
		}
	}
}

// names reports whether a difference names the column, or that the row it tells apart is missing.
func names(d witness.Difference, c column) bool {
	table, _, _ := strings.Cut(d.Row, "/")
	return table == c.Table && d.Column == c.Name || d.Reason != ""
}

func clean(t *testing.T, w *registrytest.World) {
	t.Helper()
	r, err := w.Book.All(t.Context(), func(d witness.Difference) { t.Errorf("before anything was forged: %s", d) })
	registrytest.Check(t, err)
	if r.Subjects < 7 || r.Older != 0 {
		t.Fatalf("%+v", r)
	}
}

// forge runs a statement with triggers off and gives what the comparison finds, then takes it back.
func forge(t *testing.T, w *registrytest.World, sql string) (found []witness.Difference) {
	t.Helper()
	tx, err := w.DB.Pool.Begin(t.Context())
	registrytest.Check(t, err)
	defer func() { registrytest.Check(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	_, err = tx.Exec(t.Context(), `set local session_replication_role = replica`)
	registrytest.Check(t, err)
	tag, err := tx.Exec(t.Context(), sql)
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%s: %v, %d rows", sql, err, tag.RowsAffected())
	}
	_, err = witness.AllIn(w.Book, t.Context(), tx, func(d witness.Difference) { found = append(found, d) })
	registrytest.Check(t, err)
	return found
}

// A cancelled registration that somebody sets back to valid: verify names state and certificate, the public is told that it is being
// examined, and nobody can go on with it.
func TestACancelledRegistrationSetBackIsUnderExamination(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	number := history(t, w)
	ctx := t.Context()
	var code string
	w.Scan(&code, `select check_code from certificate where number = $1`, number)
	result, err := w.S.Check(ctx, number, code)
	registrytest.Check(t, err)
	if result.Certificate.State != "cancelled" {
		t.Fatalf("%+v", result)
	}
	_, err = w.DB.Exec(ctx, `update registration set state = 'registered', ended_on = null, ending = null where number = '`+number+`'`)
	registrytest.Check(t, err)
	_, err = w.DB.Exec(ctx, `update certificate set state = 'valid' where number = $1`, number)
	registrytest.Check(t, err)
	for range 3 {
		result, err = w.S.Check(ctx, number, code)
		registrytest.Check(t, err)
		if result.Certificate.State != registry.UnderExamination || strings.Contains(result.StateWords, "有效") || result.View.Title != "" {
			t.Errorf("the public is told %+v", result)
		}
	}
	var alarms int
	w.Scan(&alarms, `select count(*) from record_alarm where subject = 'registration/' || $1`, number)
	if alarms != 4 { // state, ended_on, ending, and the certificate's state
		t.Errorf("%d alarms", alarms)
	}
	_, err = w.S.Do(ctx, w.Seller, registry.Command{Number: number, Event: registry.EventStartChange})
	if err == nil || !strings.Contains(err.Error(), "核查") {
		t.Errorf("going on with it: %v", err)
	}
}

// A row of the ledger that somebody without the key adds, or plays again, vouches for nothing.
func TestARecordWithoutTheKeyVouchesForNothing(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	number := history(t, w)
	for _, sql := range []string{
		`insert into ledger_row select (select max(seq) + 1 from ledger_row), at, kind, ref, payload, prev_hash, '\x00' from ledger_row
			where kind = 'record' and ref = 'registration/' || $1 order by seq limit 1`,
		`insert into ledger_row select (select max(seq) + 1 from ledger_row), at, kind, ref, replace(payload, '"step":1', '"step":99'),
			prev_hash, '\x00' from ledger_row where kind = 'record' and ref = 'registration/' || $1 order by seq limit 1`,
	} {
		if found := forge(t, w, strings.Replace(sql, "$1", "'"+number+"'", 1)); len(found) != 1 || !strings.Contains(found[0].Reason, "行") {
			t.Errorf("%v", found)
		}
	}
}
