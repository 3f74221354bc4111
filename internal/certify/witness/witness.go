// Package witness lets the ledger vouch for the rows of the register, column by column.
//
// After a decision the rows it touched are read as they are stored, and what is new in them since the subject's last record becomes one
// more row of the ledger (kind "record"), signed with the ledger's key, in the transaction of the decision. What a table must say is the
// fold of these records; Check and All compare that with what it says. Somebody who can write to the database but has no key can
// therefore not change, delete or insert a row unnoticed, with triggers switched off or not.
//
// It knows which columns are vouched for (tables.go) and nothing of what they mean. It reads other rooms' tables and writes only its own:
// record_alarm. A record holds personal data only as digests, beside the parties' names and the numbers of accounts.
package witness

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Subject is what one chain of records is about.
type Subject struct {
	Kind string // registration, filing, contract, list
	Ref  string // its number
}

// Registration is a number of the register with its certificates, period entries, income and payments.
func Registration(number string) Subject { return Subject{registrationKind, number} }

// Filing is an application at a desk, with who played which part and its history.
func Filing(intakeNo string) Subject { return Subject{filingKind, intakeNo} }

// Contract is a contract with its frozen versions and their files.
func Contract(id int64) Subject { return Subject{contractKind, strconv.FormatInt(id, 10)} }

// List is a list with its items.
func List(number string) Subject { return Subject{listKind, number} }

func (s Subject) String() string { return s.Kind + "/" + s.Ref }

func subjectOf(ref string) Subject {
	kind, number, _ := strings.Cut(ref, "/")
	return Subject{kind, number}
}

// Record is what rows say: by row ("certificate/1") and column. nil: null.
type Record map[string]map[string]*string

// Difference is one thing in which the database does not say what the ledger vouches for.
type Difference struct {
	Subject Subject
	Row     string // table, and what tells the row from the others of the subject; "" where the whole subject is meant
	Column  string // "" where the row is missing or too much
	Said    string // by the ledger
	Found   string // in the database
	Reason  string // instead of Said and Found
}

// String is the difference in words for the person who runs the check.
func (d Difference) String() string {
	table, key, _ := strings.Cut(d.Row, "/")
	where := d.Subject.Ref
	if key != "" {
		where += "（" + key + "）"
	}
	if table == "" {
		table = d.Subject.Kind
	}
	switch {
	case d.Reason != "":
		return fmt.Sprintf("表 %s，编号 %s：%s", table, where, d.Reason)
	default:
		return fmt.Sprintf("表 %s，编号 %s，列 %s：登记簿记载 %s，数据库里是 %s", table, where, d.Column, d.Said, d.Found)
	}
}

// entry is the signed part of a record.
type entry struct {
	Of   string `json:"of"`
	Step int    `json:"step"` // 1, 2, …: an old record cannot be played again
	Rows Record `json:"rows"` // what is new; null: the row is gone
}

// kept is the payload of a ledger row of kind "record".
type kept struct {
	Record    json.RawMessage `json:"record"`
	KeyID     string          `json:"keyId"`
	Signature string          `json:"signature"`
}

const rowKind = "record"

// Book writes and checks records. It is safe for concurrent use.
type Book struct {
	db     *postgres.DB
	ledger *ledger.Ledger
	alarm  Alarm
	keys   sync.Map // ledger.PublicKey by id
}

// Alarm tells the operators what was found for the first time.
type Alarm func(ctx context.Context, found []Difference) error

// New makes the book; without an alarm nobody is told.
func New(db *postgres.DB, l *ledger.Ledger, alarm Alarm) *Book {
	return &Book{db: db, ledger: l, alarm: alarm}
}

// state is the fold of a subject's records beside what the database says.
type state struct {
	record  Record
	steps   int
	trouble string // why its records cannot be trusted; in words
	now     Record
}

// Note vouches for the subjects as the transaction leaves them; nothing is written where nothing changed. It takes the ledger's lock:
// call it last, after every other.
func (b *Book) Note(ctx context.Context, tx pgx.Tx, subjects ...Subject) error {
	if err := b.ledger.Lock(ctx, tx); err != nil { // from here on nobody else adds a step
		return fmt.Errorf("note: %w", err)
	}
	states, err := b.states(ctx, tx, subjects)
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	for _, s := range subjects {
		h := states[s]
		news := changes(h.record, h.now)
		if len(news) == 0 {
			continue
		}
		if h.trouble != "" {
			return underExamination(nil)
		}
		body, err := ledger.Canonical(entry{s.String(), h.steps + 1, news})
		if err != nil {
			return fmt.Errorf("note %s: %w", s, err)
		}
		signed, err := b.ledger.SignBody(ctx, []byte(body))
		if err != nil {
			return fmt.Errorf("note %s: %w", s, err)
		}
		e := ledger.Entry{Kind: rowKind, Ref: s.String(),
			Payload: kept{json.RawMessage(body), signed.KeyID, signed.Signature.String()}}
		if _, err := b.ledger.Append(ctx, tx, e); err != nil {
			return fmt.Errorf("note %s: %w", s, err)
		}
		h.record.apply(news) // a subject may be named twice
		h.steps++
	}
	return nil
}

// Check compares subjects with the ledger. What was decided before records were kept has none and is left out.
func (b *Book) Check(ctx context.Context, q postgres.Querier, subjects ...Subject) ([]Difference, error) {
	found, _, err := b.check(ctx, q, subjects)
	if err != nil {
		return nil, fmt.Errorf("check records: %w", err)
	}
	return found, nil
}

// Hold refuses to go on with a subject that does not say what the ledger vouches for: a decision on it would vouch for what was forged.
// Conflict "record_under_examination".
func (b *Book) Hold(ctx context.Context, q postgres.Querier, subjects ...Subject) error {
	found, err := b.Check(ctx, q, subjects...)
	if err == nil && len(found) > 0 {
		err = underExamination(fmt.Errorf("%s", found[0]))
	}
	return err
}

// Agrees is Check for the public: whether the subjects say what the ledger vouches for. What is found is told to the operators, once.
func (b *Book) Agrees(ctx context.Context, q postgres.Querier, subjects ...Subject) (bool, error) {
	found, err := b.Check(ctx, q, subjects...)
	if err != nil || len(found) == 0 {
		return err == nil, err
	}
	var fresh []Difference
	for _, d := range found {
		isNew, err := addAlarm(ctx, b.db, d)
		if err != nil {
			return false, fmt.Errorf("alarm: %w", err)
		}
		if isNew {
			fresh = append(fresh, d)
		}
	}
	if len(fresh) > 0 && b.alarm != nil {
		err = b.alarm(ctx, fresh)
	}
	return false, err
}

func underExamination(cause error) error {
	return fault.Wrap(cause, fault.Conflict, "record_under_examination",
		"这条记录与登记簿的记载不一致，正在核查，暂不能办理。请联系系统管理员（techmarket verify 会指出是哪一处）")
}

// Report is what All found.
type Report struct {
	Subjects    int // compared
	Older       int // decided before records were kept: only their certificates are checked
	Differences int
}

// All compares the whole register with the ledger, on one snapshot, and tells every difference.
func (b *Book) All(ctx context.Context, tell func(Difference)) (r Report, err error) {
	err = pgx.BeginTxFunc(ctx, b.db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		r, err = b.all(ctx, tx, tell)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("verify records: %w", postgres.Fault(err))
	}
	return r, nil
}

func (b *Book) all(ctx context.Context, q postgres.Querier, tell func(Difference)) (r Report, err error) {
	report := func(found []Difference) {
		r.Differences += len(found)
		for _, d := range found {
			tell(d)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(Tables())) {
		for after := ""; ; {
			refs, err := subjects(ctx, q, kind, after)
			if err != nil {
				return r, err
			}
			if len(refs) == 0 {
				break
			}
			after = refs[len(refs)-1]
			found, older, err := b.check(ctx, q, of(kind, refs))
			if err != nil {
				return r, err
			}
			r.Subjects, r.Older = r.Subjects+len(refs), r.Older+older
			report(found)
		}
		gone, err := b.gone(ctx, q, kind)
		if err != nil {
			return r, err
		}
		report(gone)
	}
	return r, nil
}

// check compares subjects; older counts those without a record that are from before the first.
func (b *Book) check(ctx context.Context, q postgres.Querier, subjects []Subject) (found []Difference, older int, err error) {
	states, err := b.states(ctx, q, subjects)
	if err != nil {
		return nil, 0, err
	}
	unsaid := map[string][]string{} // by kind
	for _, s := range subjects {
		switch h := states[s]; {
		case h.trouble != "":
			found = append(found, Difference{Subject: s, Reason: h.trouble})
		case h.steps == 0 && len(h.now) > 0:
			unsaid[s.Kind] = append(unsaid[s.Kind], s.Ref)
		default:
			found = append(found, compare(s, h.record, h.now)...)
		}
	}
	for kind, refs := range unsaid {
		known, err := before(ctx, q, kind, refs)
		if err != nil {
			return nil, 0, err
		}
		for _, ref := range refs {
			if known[ref] {
				older++
				continue
			}
			found = append(found, Difference{Subject: Subject{kind, ref}, Reason: "登记簿里没有这条记录，可能是直接写入数据库的"})
		}
	}
	return found, older, nil
}

// gone finds subjects that the ledger vouches for and the database no longer holds. The sample market may be taken away.
func (b *Book) gone(ctx context.Context, q postgres.Querier, kind string) ([]Difference, error) {
	refs, err := missing(ctx, q, kind)
	if err != nil {
		return nil, err
	}
	subjects := of(kind, refs)
	states, err := b.states(ctx, q, subjects)
	if err != nil {
		return nil, err
	}
	var found []Difference
	for _, s := range subjects {
		if h := states[s]; h.trouble != "" || !h.record.sample() {
			found = append(found, Difference{Subject: s, Reason: "登记簿里有，数据库里没有，可能被直接删除"})
		}
	}
	return found, nil
}

func (r Record) sample() bool {
	for _, row := range r {
		if v := row["is_sample"]; v != nil && *v == "true" {
			return true
		}
	}
	return false
}

// compare is the one comparison: of what the ledger vouches for with what the database says. A column that no record names is newer than
// they are.
func compare(s Subject, said, now Record) (found []Difference) {
	for _, name := range slices.Sorted(maps.Keys(said)) {
		row, ok := now[name]
		if !ok {
			found = append(found, Difference{Subject: s, Row: name, Reason: "登记簿里有这一行，数据库里没有，可能被直接删除"})
			continue
		}
		for _, column := range slices.Sorted(maps.Keys(said[name])) {
			value, known := row[column]
			if known && !same(said[name][column], value) {
				found = append(found, Difference{Subject: s, Row: name, Column: column, Said: words(said[name][column]), Found: words(value)})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, ok := said[name]; !ok {
			found = append(found, Difference{Subject: s, Row: name, Reason: "登记簿里没有这一行，可能是直接写入数据库的"})
		}
	}
	return found
}

// changes is what a record must tell so that the fold becomes now.
func changes(said, now Record) Record {
	news := Record{}
	for name, row := range now {
		was, known := said[name]
		fresh := map[string]*string{}
		for column, value := range row {
			if old, told := was[column]; !told || !same(old, value) {
				fresh[column] = value
			}
		}
		if len(fresh) > 0 || !known {
			news[name] = fresh
		}
	}
	for name := range said {
		if _, ok := now[name]; !ok {
			news[name] = nil
		}
	}
	return news
}

// apply folds one record into what was said before.
func (r Record) apply(news Record) {
	for name, row := range news {
		switch {
		case row == nil:
			delete(r, name)
		case r[name] == nil:
			r[name] = maps.Clone(row)
		default:
			maps.Copy(r[name], row)
		}
	}
}

func same(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

func words(v *string) string {
	if v == nil {
		return "（空）"
	}
	return "“" + *v + "”"
}

// of names subjects of one kind.
func of(kind string, refs []string) []Subject {
	all := make([]Subject, len(refs))
	for i, ref := range refs {
		all[i] = Subject{kind, ref}
	}
	return all
}

// states reads subjects and folds their records.
func (b *Book) states(ctx context.Context, q postgres.Querier, subjects []Subject) (map[Subject]*state, error) {
	all := make(map[Subject]*state, len(subjects))
	if len(subjects) == 0 {
		return all, nil
	}
	readings, err := read(ctx, q, subjects)
	if err != nil {
		return nil, err
	}
	for s, r := range readings {
		if all[s], err = b.fold(ctx, s, r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fold says what the records of a subject come to.
func (b *Book) fold(ctx context.Context, s Subject, r *reading) (*state, error) {
	h := &state{record: Record{}, now: r.now}
	for _, row := range r.records {
		e, err := b.open(ctx, row.Payload)
		switch {
		case err != nil && !fault.Is(err, fault.Invalid):
			return nil, err
		case err != nil:
			h.trouble = fmt.Sprintf("登记簿第 %d 行的签名无效", row.Seq)
			return h, nil
		case e.Of != s.String() || e.Step != h.steps+1:
			h.trouble = fmt.Sprintf("登记簿第 %d 行不是它的第 %d 条记录", row.Seq, h.steps+1)
			return h, nil
		}
		h.record.apply(e.Rows)
		h.steps++
	}
	return h, nil
}

// open checks the signature of a record. Invalid "record_forged".
func (b *Book) open(ctx context.Context, payload string) (e entry, err error) {
	forged := fault.New(fault.Invalid, "record_forged", "记录的签名无效")
	var k kept
	if json.Unmarshal([]byte(payload), &k) != nil {
		return e, forged
	}
	key, known := b.keys.Load(k.KeyID)
	if !known {
		public, err := b.ledger.PublicKey(ctx, k.KeyID)
		if fault.Is(err, fault.NotFound) {
			return e, forged
		}
		if err != nil {
			return e, err
		}
		b.keys.Store(k.KeyID, public)
		key = public
	}
	signature, err := base64.StdEncoding.DecodeString(k.Signature)
	if err != nil || !key.(ledger.PublicKey).Verify(k.Record, signature) || json.Unmarshal(k.Record, &e) != nil {
		return e, forged
	}
	return e, nil
}
