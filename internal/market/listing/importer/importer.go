// Package importer brings many listings in from a file: xlsx or csv after a template, or jsonl.
//
// It owns the reading of rows, the dry run with cell addresses, and the confirmed run in parts with visible progress; its
// tables are import_batch and import_row. It refuses to let one bad row block the good ones, to import before somebody
// confirmed the dry run, and to make duplicates: a row's key and content decide between new, changed and unchanged.
package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// Column is one column of the template for content C.
type Column[C any] struct {
	Heading string
	Aliases []string // other headings that mean it
	Path    string   // of the content's field, so that a wrong field is found in its cell
	Hint    string   // shown in the template beside the cell
	Need    bool
	Choices []listing.Choice // codes with labels; a cell may hold either, in the template they drop down
	Many    bool             // several choices in one cell, separated by 、 ； or ;
	Set     func(c *C, cell string) error
	Get     func(c *C) string // what Set would read again, codes as codes
}

// Form is how files of one kind are read; FormOf makes it.
type Form struct {
	kind     listing.Kind
	name     string // of the template file, without extension
	columns  []heading
	row      func(cells map[int]string) (raw json.RawMessage, bad []fieldProblem, err error)
	object   func(line []byte) (raw json.RawMessage, bad []fieldProblem, err error)
	abstract func(text string) (raw json.RawMessage, bad []fieldProblem, err error)
	cells    func(content any) []any
}

type heading struct {
	Heading string
	Aliases []string
	Path    string
	Hint    string
	Need    bool
	Choices []listing.Choice
	Many    bool
}

// fieldProblem is a problem of one field before it has a cell.
type fieldProblem struct {
	column  int // -1: no column
	path    string
	code    string
	message string
	warning bool
}

// FormOf returns the form of a kind: its columns, and how a bare abstract becomes a content.
func FormOf[C listing.Content[C]](kind listing.Kind, name string, columns []Column[C], fromAbstract func(title, abstract string) C) Form {
	f := Form{kind: kind, name: name}
	for _, c := range columns {
		f.columns = append(f.columns, heading{c.Heading, c.Aliases, c.Path, c.Hint, c.Need, c.Choices, c.Many})
	}
	finish := func(c C, bad []fieldProblem) (json.RawMessage, []fieldProblem, error) {
		c = c.Tidy()
		facts := c.Facts()
		told := slices.ContainsFunc(bad, func(p fieldProblem) bool { return p.code == "required" })
		if utf8.RuneCountInString(facts.Title) < 2 && !told {
			bad = append(bad, fieldProblem{column: -1, path: "title", code: "required", message: "请填写名称，至少 2 个字"})
		}
		if err := c.Validate(false); err != nil {
			var wrong *fault.Error
			if !errors.As(err, &wrong) {
				return nil, nil, err
			}
			for _, w := range wrong.Fields {
				bad = append(bad, fieldProblem{column: -1, path: w.Path, code: w.Code, message: w.Message})
			}
		}
		for _, w := range c.Warnings() {
			if w.Code != "near_limit" {
				bad = append(bad, fieldProblem{column: -1, path: w.Path, code: w.Code, message: w.Message, warning: true})
			}
		}
		raw, err := stored.Marshal(c)
		return raw, bad, err
	}
	f.row = func(cells map[int]string) (json.RawMessage, []fieldProblem, error) {
		var c C
		var bad []fieldProblem
		for i, column := range columns {
			cell := strings.TrimSpace(cells[i])
			if cell == "" {
				if column.Need {
					bad = append(bad, fieldProblem{column: i, code: "required", message: "请填写" + column.Heading})
				}
				continue
			}
			if len(column.Choices) > 0 {
				code, err := lookUp(column.Choices, cell, column.Many)
				if err != nil {
					bad = append(bad, fieldProblem{column: i, code: "choose", message: column.Heading + err.Error()})
					continue
				}
				cell = code
			}
			if column.Set == nil {
				continue
			}
			if err := column.Set(&c, cell); err != nil {
				bad = append(bad, fieldProblem{column: i, code: "format", message: column.Heading + err.Error()})
			}
		}
		return finish(c, bad)
	}
	f.object = func(line []byte) (json.RawMessage, []fieldProblem, error) {
		var c C
		if err := json.Unmarshal(line, &c); err != nil {
			return nil, []fieldProblem{{column: -1, code: "json", message: "字段类型不对：" + jsonProblem(err)}}, nil
		}
		return finish(c, nil)
	}
	f.cells = func(content any) []any {
		c := content.(C)
		row := make([]any, len(columns))
		for i, column := range columns {
			row[i] = column.Get(&c)
			if len(column.Choices) > 0 {
				row[i] = labels(column.Choices, column.Get(&c), column.Many)
			}
		}
		return row
	}
	f.abstract = func(text string) (json.RawMessage, []fieldProblem, error) {
		return finish(fromAbstract(firstClause(text), text), nil)
	}
	return f
}

// lookUp finds codes by code or label.
func lookUp(choices []listing.Choice, cell string, many bool) (string, error) {
	parts := []string{cell}
	if many {
		parts = Split(cell)
	}
	var out []string
	for _, p := range parts {
		i := slices.IndexFunc(choices, func(c listing.Choice) bool {
			return strings.EqualFold(c.Code, p) || strings.EqualFold(c.Label, p) || strings.EqualFold(c.Code+" "+c.Label, p)
		})
		if i < 0 {
			return "", fmt.Errorf("里的“%s”不在选项中，请从模板的下拉选项中选择", clip(p, 30))
		}
		out = append(out, choices[i].Code)
	}
	return strings.Join(out, ";"), nil
}

// labels is lookUp the other way round: codes become labels, unless a label would be cut in two when it is read again.
func labels(choices []listing.Choice, cell string, many bool) string {
	parts := []string{cell}
	if many {
		parts = Split(cell)
	}
	for n, p := range parts {
		i := slices.IndexFunc(choices, func(c listing.Choice) bool { return c.Code == p })
		if i >= 0 && (!many || len(Split(choices[i].Label)) == 1) {
			parts[n] = choices[i].Label
		}
	}
	return strings.Join(parts, "、")
}

// Split cuts a cell that holds several values.
func Split(cell string) []string {
	return listing.Unique(strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("、；;|\n", r) }))
}

// Problem is one thing that is wrong or odd in a file.
type Problem struct {
	Row     int    `json:"row"`  // as the spreadsheet counts, from 1
	Cell    string `json:"cell"` // "C7"; in a csv "第 7 行第 3 列"; in jsonl "第 7 行 title"
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Report is what the dry run found. The lists are bounded; the counts are not.
type Report struct {
	Problems     []Problem `json:"problems,omitempty"` // rows that will be left out
	Warnings     []Problem `json:"warnings,omitempty"` // rows that go in all the same
	WarningCount int       `json:"warningCount,omitempty"`
	ProblemCount int       `json:"problemCount,omitempty"`
	Ignored      []string  `json:"ignored,omitempty"` // headings that mean nothing here
}

const maxListed = 200

// State of a batch.
type State string

// The states: checked → running → done | failed.
const (
	Checked State = "checked"
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Batch is one file.
type Batch struct {
	ID             int64
	Kind           listing.Kind
	OrganisationID int64
	AccountID      int64
	FileName       string
	Digest         string
	State          State
	Publish        bool
	Rows           int // data rows of the file
	Good           int
	Bad            int
	Done           int // good rows already worked
	Created        int
	Updated        int
	Unchanged      int // the same as last time, or left alone because the owner is at work on them
	Report         Report
	MarkedFile     int64 // the upload with a column 错误说明; 0 where no row was refused, and for jsonl
	CreatedAt      time.Time
	FinishedAt     *time.Time
}

// Directory finds the owner of imported listings; identity.Service fulfils it.
type Directory interface {
	AccountsOf(ctx context.Context, orgID int64, roles ...actor.Role) ([]int64, error)
}

// Config is what a Service needs.
type Config struct {
	DB        *postgres.DB
	Listings  *listing.Service
	Directory Directory
	Queue     listing.Queue
	Files     *files.Store // keeps the upload with its column 错误说明
	Now       func() time.Time
	Forms     []Form
}

// Service checks and runs imports.
type Service struct{ config Config }

// New checks the configuration.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Listings == nil || c.Directory == nil || c.Queue == nil || c.Files == nil || c.Now == nil || len(c.Forms) == 0 {
		return nil, errors.New("importer: database, listings, directory, queue, files, clock and forms are needed")
	}
	return &Service{c}, nil
}

// Upload is a file to check.
type Upload struct {
	Kind    listing.Kind
	Name    string // the extension decides how it is read: .xlsx, .csv, .jsonl
	Body    io.Reader
	OrgID   int64 // whose listings; 0: the actor's organisation
	Publish bool  // publish without review; region officers only
}

// Check reads a file, keeps its good rows and reports the bad ones; no listing changes. Members and org_admins may call for
// their organisation, region officers for any.
// Faults: unauthorized; forbidden "import_forbidden"; invalid "import_…" for a file that can't be read at all.
func (s *Service) Check(ctx context.Context, who actor.Actor, up Upload) (Batch, error) {
	if !who.SignedIn() {
		return Batch{}, fault.New(fault.Unauthorized, "sign_in_needed", "请先登录")
	}
	if up.OrgID == 0 {
		up.OrgID = who.OrgID
	}
	own := who.In(up.OrgID) && who.Has(actor.Member, actor.OrgAdmin)
	if !who.Has(actor.RegionOfficer) && (!own || up.Publish) {
		return Batch{}, fault.New(fault.Forbidden, "import_forbidden", "只能为本单位导入草稿；直接发布由自治区管理员办理")
	}
	return s.check(ctx, who.AccountID, up)
}

// CheckAsOperator is Check for the command line on the server, which needs no actor; the account stands in the history. With 0
// the organisation's first member does.
func (s *Service) CheckAsOperator(ctx context.Context, accountID int64, up Upload) (Batch, error) {
	if accountID == 0 {
		ids, err := s.config.Directory.AccountsOf(ctx, up.OrgID)
		if err != nil {
			return Batch{}, err
		}
		if len(ids) == 0 {
			return Batch{}, fault.New(fault.NotFound, "no_owner", "这个单位没有成员，无法作为导入信息的归属人")
		}
		accountID = ids[0]
	}
	return s.check(ctx, accountID, up)
}

func (s *Service) form(k listing.Kind) (Form, error) {
	i := slices.IndexFunc(s.config.Forms, func(f Form) bool { return f.kind == k })
	if i < 0 {
		return Form{}, fault.New(fault.Invalid, "import_kind", "不能导入这一类信息")
	}
	return s.config.Forms[i], nil
}

// checkedRow is one good row.
type checkedRow struct {
	row     int
	key     string
	hash    string
	content json.RawMessage
}

func (s *Service) check(ctx context.Context, accountID int64, up Upload) (Batch, error) {
	form, err := s.form(up.Kind)
	if err != nil {
		return Batch{}, err
	}
	// The file is read before the transaction: a slow upload must not hold a connection.
	reading, err := form.read(up.Name, up.Body)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Kind: up.Kind, OrganisationID: up.OrgID, AccountID: accountID, FileName: clip(up.Name, 200), Digest: reading.digest, State: Checked, Publish: up.Publish,
		Rows: reading.rows, Good: len(reading.good), Bad: reading.rows - len(reading.good), Report: reading.report, CreatedAt: s.config.Now()}
	marked, err := s.mark(ctx, up.Name, reading)
	if err != nil {
		return Batch{}, err
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if marked.Digest != "" {
			f, err := s.config.Files.Record(ctx, tx, marked, files.Meta{Purpose: "import", OwnerOrg: up.OrgID, UploadedBy: accountID})
			if err != nil {
				return err
			}
			b.MarkedFile = f.ID
		}
		if err := s.insert(ctx, tx, &b, reading.good); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: b.CreatedAt, Account: accountID, Org: up.OrgID, Action: "import.check", ObjectKind: "import_batch",
			ObjectID: strconv.FormatInt(b.ID, 10), Detail: map[string]any{"digest": b.Digest, "good": b.Good, "bad": b.Bad}})
	})
	if err != nil {
		return Batch{}, fmt.Errorf("check import: %w", err)
	}
	return b, nil
}

// mark keeps the upload with a red column that says what is wrong with each refused row; an empty content where none is.
func (s *Service) mark(ctx context.Context, name string, r reading) (files.Content, error) {
	if r.head == 0 || len(r.wrong) == 0 {
		return files.Content{}, nil
	}
	var b bytes.Buffer
	if err := document.Annotate(&b, name, r.raw, r.head, r.wrong); err != nil {
		return files.Content{}, err
	}
	return s.config.Files.Receive(ctx, strings.TrimSuffix(name, filepath.Ext(name))+"-错误说明.xlsx", &b)
}

// RunArgs is the job of a confirmed batch.
type RunArgs struct {
	BatchID int64 `json:"batchId"`
}

// Kind names the job.
func (RunArgs) Kind() string { return "import_run" }

// Register adds the worker.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Register(w, func(ctx context.Context, a RunArgs) error { _, err := s.Run(ctx, a.BatchID, nil); return err })
}

// Confirm starts the import of a checked batch as a job. Who may call: as Check; a region officer may confirm what a member
// checked. Faults: not found "import_batch"; conflict "import_state"; invalid "import_empty".
func (s *Service) Confirm(ctx context.Context, who actor.Actor, id int64) (Batch, error) {
	if _, err := s.Batch(ctx, who, id); err != nil {
		return Batch{}, err
	}
	var b Batch
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if b, err = s.start(ctx, tx, id); err != nil {
			return err
		}
		if err := s.config.Queue.Enqueue(ctx, tx, RunArgs{BatchID: id}, jobs.Options{}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.config.Now(), Account: who.AccountID, Org: who.OrgID, Action: "import.confirm", ObjectKind: "import_batch", ObjectID: strconv.FormatInt(id, 10)})
	})
	if err != nil {
		return Batch{}, fmt.Errorf("confirm import: %w", err)
	}
	return b, nil
}

func (s *Service) start(ctx context.Context, tx pgx.Tx, id int64) (Batch, error) {
	b, _, err := s.lock(ctx, tx, id)
	if err != nil {
		return Batch{}, err
	}
	switch {
	case b.State != Checked:
		return Batch{}, fault.New(fault.Conflict, "import_state", "这个文件已经确认导入过，请查看进度")
	case b.Good == 0:
		return Batch{}, fault.New(fault.Invalid, "import_empty", "文件里没有可以导入的行，请按提示改好后重新上传")
	}
	b.State = Running
	return b, s.progress(ctx, tx, b, 0)
}

// RunNow confirms and runs a batch in this process, telling progress after each part: for the command line.
func (s *Service) RunNow(ctx context.Context, id int64, progress func(done, total int)) (Batch, error) {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { _, err := s.start(ctx, tx, id); return err })
	if err != nil {
		return Batch{}, fmt.Errorf("run import: %w", err)
	}
	return s.Run(ctx, id, progress)
}

// part is how many rows one transaction carries.
const part = 500

// Run works a running batch to its end, part by part; it goes on where a killed run stopped, and two runs at once do no harm.
// What can't be done at all (the organisation lost its confirmation) fails the batch and keeps what is in.
func (s *Service) Run(ctx context.Context, id int64, progress func(done, total int)) (Batch, error) {
	start, err := s.batch(ctx, id)
	if err != nil {
		return Batch{}, err
	}
	owner, err := s.owner(ctx, start)
	if err != nil {
		return Batch{}, err
	}
	for {
		var b Batch
		err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			var last int
			var err error
			if b, last, err = s.lock(ctx, tx, id); err != nil || b.State != Running {
				return err
			}
			rows, err := s.next(ctx, tx, id, last)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				return s.finish(ctx, tx, &b, Done)
			}
			bulk := listing.Bulk{Kind: b.Kind, OrgID: b.OrganisationID, Owner: owner, Actor: actor.Actor{AccountID: b.AccountID}, Publish: b.Publish}
			for _, r := range rows {
				bulk.Rows = append(bulk.Rows, listing.BulkRow{Key: r.RowKey, Hash: r.Hash, Content: r.Content})
			}
			b.Done += len(rows)
			if len(rows) < part {
				if err := s.finish(ctx, tx, &b, Done); err != nil {
					return err
				}
			}
			got, err := s.config.Listings.Bulk(ctx, tx, bulk) // ends with the audit chain's lock, so next to last
			if err != nil {
				return err
			}
			b.Created, b.Updated, b.Unchanged = b.Created+got.Created, b.Updated+got.Updated, b.Unchanged+got.Unchanged+got.Kept
			return s.progress(ctx, tx, b, rows[len(rows)-1].Row)
		})
		if fault.HasCode(err, "organisation_not_confirmed") {
			failed := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
				if b, _, err = s.lock(ctx, tx, id); err != nil {
					return err
				}
				b.Report.Problems = append([]Problem{{Code: "organisation_not_confirmed", Message: "单位还没有通过确认，不能直接发布。请先确认单位，再重新上传"}}, b.Report.Problems...)
				return s.finish(ctx, tx, &b, Failed)
			})
			return b, failed
		}
		if err != nil {
			return Batch{}, fmt.Errorf("run import %d: %w", id, err)
		}
		if progress != nil {
			progress(b.Done, b.Good)
		}
		if b.State != Running {
			return b, nil
		}
	}
}

// owner is who answers for the imported listings: the importer where a member, else the organisation's first member.
func (s *Service) owner(ctx context.Context, b Batch) (int64, error) {
	ids, err := s.config.Directory.AccountsOf(ctx, b.OrganisationID, actor.OrgAdmin, actor.Member)
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 || slices.Contains(ids, b.AccountID) {
		return b.AccountID, nil
	}
	return ids[0], nil
}

// Batch returns a batch with its progress. The organisation's members and region officers may call. Fault: not found "import_batch".
func (s *Service) Batch(ctx context.Context, who actor.Actor, id int64) (Batch, error) {
	b, err := s.batch(ctx, id)
	if err != nil {
		return Batch{}, err
	}
	if !who.Has(actor.RegionOfficer) && !(who.In(b.OrganisationID) && who.Has(actor.Member, actor.OrgAdmin) && (!b.Publish || b.AccountID == who.AccountID)) {
		return Batch{}, errNoBatch
	}
	return b, nil
}

// Batches lists the last 50 batches of the actor's organisation, newest first; region officers see those of all organisations.
func (s *Service) Batches(ctx context.Context, who actor.Actor) ([]Batch, error) {
	if !who.SignedIn() {
		return nil, fault.New(fault.Unauthorized, "sign_in_needed", "请先登录")
	}
	return s.batches(ctx, who.OrgID, who.Has(actor.RegionOfficer))
}

var errNoBatch = fault.New(fault.NotFound, "import_batch", "没有找到这次导入")

func contentHash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// clip shortens what came from a file for a report, without characters that can't be stored.
func clip(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
