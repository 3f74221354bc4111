package witness

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const step = 500 // subjects read at once

// subjectsSQL are the subjects of a kind after one of them, in order.
const (
	nextRegistrations = `select number from registration where number > @after order by number limit @limit`
	nextFilings       = `select intake_no from filing where intake_no > @after order by intake_no limit @limit`
	nextContracts     = `select c.id::text from contract c where c.id > (coalesce(nullif(@after, ''), '0'))::bigint
	and exists (select from contract_version v where v.contract_id = c.id) order by c.id limit @limit`
	nextLists = `select number from registration_list where number > @after order by number limit @limit`
)

// The subjects that have records and are not in the database.
const (
	goneRegistrations = `select distinct substr(ref, 14) from ledger_row l where kind = 'record' and ref like 'registration/%'
	and not exists (select from registration where number = substr(l.ref, 14)) order by 1`
	goneFilings = `select distinct substr(ref, 8) from ledger_row l where kind = 'record' and ref like 'filing/%'
	and not exists (select from filing where intake_no = substr(l.ref, 8)) order by 1`
	goneContracts = `select distinct substr(ref, 10) from ledger_row l where kind = 'record' and ref like 'contract/%'
	and not exists (select from contract where id = substr(l.ref, 10)::bigint) order by 1`
	goneLists = `select distinct substr(ref, 6) from ledger_row l where kind = 'record' and ref like 'list/%'
	and not exists (select from registration_list where number = substr(l.ref, 6)) order by 1`
)

// What the ledger decided about subjects before it kept records.
const (
	first             = `coalesce((select min(seq) from ledger_row where kind = 'record'), 9223372036854775807)`
	olderRegistration = `select r from unnest(@refs::text[]) r where exists (select from ledger_row
	where (kind = 'certificate' and ref = r || '/1' or kind = 'history' and ref = r) and seq < ` + first + `)`
	olderFiling = `select r from unnest(@refs::text[]) r where exists (select from ledger_row
	where kind = 'decision' and ref = r and seq < ` + first + `)`
	olderContract = `select r from unnest(@refs::text[]) r where exists (select from filing f join ledger_row l
	on l.kind = 'decision' and l.ref = f.intake_no where f.contract_id = r::bigint and l.seq < ` + first + `)
	or exists (select from registration g join ledger_row l on l.kind = 'history' and l.ref = g.number
	where g.contract_id = r::bigint and l.seq < ` + first + `)`
	olderList = `select r from unnest(@refs::text[]) r where exists (select from ledger_row
	where kind = 'list' and ref = r and seq < ` + first + `)`
)

const insertAlarm = `insert into record_alarm (subject, digest, found, found_at)
	values (@subject, encode(sha256(convert_to(@found, 'UTF8')),
	'hex'), @found, now()) on conflict do nothing`

// addAlarm notes a finding and reports whether it is new.
func addAlarm(ctx context.Context, q postgres.Querier, d Difference) (fresh bool, err error) {
	tag, err := q.Exec(ctx, insertAlarm, pgx.StrictNamedArgs{"subject": d.Subject.String(), "found": d.String()})
	return err == nil && tag.RowsAffected() == 1, err
}

func texts(ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]string, error) {
	rows, _ := q.Query(ctx, sql, args) // its error comes back from CollectRows
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func subjects(ctx context.Context, q postgres.Querier, kind, after string) ([]string, error) {
	sql := map[string]string{registrationKind: nextRegistrations, filingKind: nextFilings, contractKind: nextContracts,
		listKind: nextLists}[kind]
	return texts(ctx, q, sql, pgx.StrictNamedArgs{"after": after, "limit": step})
}

func missing(ctx context.Context, q postgres.Querier, kind string) ([]string, error) {
	sql := map[string]string{registrationKind: goneRegistrations, filingKind: goneFilings, contractKind: goneContracts,
		listKind: goneLists}[kind]
	return texts(ctx, q, sql, pgx.StrictNamedArgs{})
}

// before tells which subjects the ledger decided about before it kept records.
func before(ctx context.Context, q postgres.Querier, kind string, refs []string) (map[string]bool, error) {
	sql := map[string]string{registrationKind: olderRegistration, filingKind: olderFiling, contractKind: olderContract,
		listKind: olderList}[kind]
	found, err := texts(ctx, q, sql, pgx.StrictNamedArgs{"refs": refs})
	known := make(map[string]bool, len(found))
	for _, ref := range found {
		known[ref] = true
	}
	return known, err
}

type recordRow struct {
	Seq     int64
	Payload string
}

// reading is what is read of a subject: its records in order, and its rows as the database says them.
type reading struct {
	records []recordRow
	now     Record
}

// recordKind marks the records among the rows that readSQL gives.
const recordKind = "record"

// readSQL reads subjects of some kinds, the numbers of the first kind as $1 and so on, and their records, "kind/number" as the last
// parameter: kind, subject, name of the row or place in the ledger, and its compared columns as text (times in the zone of every
// connection). It is one statement, because a decision at a desk waits for it twice.
func readSQL(kinds []string) string {
	var parts []string
	for i, kind := range kinds {
		for _, t := range Tables()[kind] {
			parts = append(parts, strings.ReplaceAll(t.rowsSQL(kind), "$1", "$"+strconv.Itoa(i+1)))
		}
	}
	parts = append(parts, "select '"+recordKind+"', ref, seq::text, array[payload] from ledger_row where kind = 'record' and ref = any($"+
		strconv.Itoa(len(kinds)+1)+")")
	return strings.Join(parts, " union all ")
}

// rowsSQL reads the table's rows of the subjects $1.
func (t Table) rowsSQL(kind string) string {
	name := "'" + t.Name + "'"
	if t.key != "" {
		name = "'" + t.Name + "/' || (" + t.key + ")::text"
	}
	var cells []string
	for c := range strings.FieldsSeq(t.Vouched) {
		cells = append(cells, "t."+c+"::text")
	}
	for c := range strings.FieldsSeq(t.Digested) {
		cells = append(cells, "encode(sha256(convert_to(t."+c+"::text, 'UTF8')), 'hex')")
	}
	return "select '" + kind + "' as kind, (" + t.ref + ")::text as ref, " + name + " as name, array[" + strings.Join(cells, ", ") +
		"] as cells from " + t.from + " where " + t.where
}

// read reads what the ledger recorded and what the database says about subjects; each of them is in the answer.
func read(ctx context.Context, q postgres.Querier, subjects []Subject) (map[Subject]*reading, error) {
	found := make(map[Subject]*reading, len(subjects))
	refs := map[string][]string{}
	var full []string
	for _, s := range subjects {
		if found[s] == nil {
			found[s] = &reading{now: Record{}}
			refs[s.Kind], full = append(refs[s.Kind], s.Ref), append(full, s.String())
		}
	}
	kinds := slices.Sorted(maps.Keys(refs))
	columns := map[string][]string{}
	var args []any
	for _, kind := range kinds {
		args = append(args, refs[kind])
		for _, t := range Tables()[kind] {
			columns[kind+"/"+t.Name] = t.columns()
		}
	}
	rows, err := q.Query(ctx, readSQL(kinds), append(args, full)...)
	if err != nil {
		return nil, err
	}
	var kind, ref, name string
	var cells []*string
	_, err = pgx.ForEachRow(rows, []any{&kind, &ref, &name, &cells}, func() error {
		if kind == recordKind {
			seq, err := strconv.ParseInt(name, 10, 64)
			of := found[subjectOf(ref)]
			of.records = append(of.records, recordRow{seq, *cells[0]})
			return err
		}
		table, _, _ := strings.Cut(name, "/")
		row := make(map[string]*string, len(cells))
		for i, c := range columns[kind+"/"+table] {
			row[c] = cells[i]
		}
		found[Subject{kind, ref}].now[name] = row
		return nil
	})
	for _, r := range found {
		slices.SortFunc(r.records, func(a, b recordRow) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return found, err
}
