// Package importer brings many listings in from a file: xlsx or csv after a template, or jsonl.
//
// It owns the reading of rows, the dry run with cell addresses, and the confirmed run in parts with visible progress; its
// tables are import_batch and import_row. It refuses to let one bad row block the good ones, to import before somebody
// confirmed the dry run, and to make duplicates: a row's key and content decide between new, changed and unchanged.
package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

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
	Ignored      []string  `json:"ignored,omitempty"` // headings that are not read
	Kept         []string  `json:"kept,omitempty"`    // headings without a column of their own, kept as background
	Sheet        string    `json:"sheet,omitempty"`   // of a workbook: the one that was read
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
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
	OrganisationsNamed(ctx context.Context, names, creditCodes []string) ([]identity.Organisation, error)
}

// Config is what a Service needs.
type Config struct {
	DB        *postgres.DB
	Listings  *listing.Service
	Directory Directory
	Queue     listing.Queue
	Files     *files.Store // keeps the upload with its column 错误说明
	Now       func() time.Time
	Targets   []Target // kinds that are no listings, with what takes their rows
}

// Target is a kind that is no listing, such as a register: its files are read, checked and confirmed as those of listings.
type Target struct {
	Kind  listing.Kind
	Label string
	Sheet listing.Sheet
	Take  func(ctx context.Context, tx pgx.Tx, b listing.Bulk) (listing.Bulked, error)
}

// Service checks and runs imports.
type Service struct{ config Config }

// New checks the configuration.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Listings == nil || c.Directory == nil || c.Queue == nil || c.Files == nil || c.Now == nil {
		return nil, errors.New("importer: database, listings, directory, queue, files and clock are needed")
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
		return Batch{}, fault.SignIn()
	}
	if up.OrgID == 0 {
		up.OrgID = who.OrgID
	}
	own := who.In(up.OrgID) && who.Member()
	if !who.Has(actor.RegionOfficer) && (!own || up.Publish) {
		return Batch{}, fault.New(fault.Forbidden, "import_forbidden", "只能为本单位导入草稿；直接发布由自治区管理员办理")
	}
	return s.check(ctx, who.AccountID, up, !who.Has(actor.RegionOfficer))
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
	return s.check(ctx, accountID, up, false)
}

// sheet reads files of one kind. Late says what is over by now in a row's content.
type sheet struct {
	listing.Sheet
	late func(json.RawMessage) ([]listing.CellProblem, error)
}

// sheet is the sheet of a kind. Fault: invalid "import_kind".
func (s *Service) sheet(k listing.Kind) (sheet, error) {
	if t, ok := s.target(k); ok {
		return sheet{Sheet: t.Sheet}, nil
	}
	d, ok := s.config.Listings.Kinds().Get(k)
	if !ok || len(d.Sheet.Columns) == 0 {
		return sheet{}, fault.New(fault.Invalid, "import_kind", "不能导入这一类信息。请在导入页面选择成果、需求或名录的一种")
	}
	return sheet{Sheet: d.Sheet}, nil
}

func (s *Service) target(k listing.Kind) (Target, bool) {
	i := slices.IndexFunc(s.config.Targets, func(t Target) bool { return t.Kind == k })
	if i < 0 {
		return Target{}, false
	}
	return s.config.Targets[i], true
}

// Importable lists every kind that files can be read of, in the order of menus.
func (s *Service) Importable() []listing.Choice {
	var out []listing.Choice
	for _, d := range s.config.Listings.Kinds().All() {
		out = append(out, listing.Choice{Code: string(d.Kind), Label: d.Label})
	}
	for _, t := range s.config.Targets {
		out = append(out, listing.Choice{Code: string(t.Kind), Label: t.Label})
	}
	return out
}

// Label names an importable kind.
func (s *Service) Label(k listing.Kind) string {
	if t, ok := s.target(k); ok {
		return t.Label
	}
	return s.config.Listings.Kinds().Of(k).Label
}

// take writes a part of a file where its kind belongs.
func (s *Service) take(ctx context.Context, tx pgx.Tx, b listing.Bulk) (listing.Bulked, error) {
	if t, ok := s.target(b.Kind); ok {
		return t.Take(ctx, tx, b)
	}
	return s.config.Listings.Bulk(ctx, tx, b)
}

// checkedRow is one good row.
type checkedRow struct {
	row     int
	key     string
	id      int64 // the listing's number on this market; 0: none
	org     int64 // whose it is
	owner   string
	code    string // 统一社会信用代码
	ownerAt string // the cell that names the owner
	has     []int  // columns of the sheet that the row fills
	hash    string
	content json.RawMessage
}

// readWithin bounds the reading of a file: a file may unpack slowly, and the person waits.
const readWithin = time.Minute

// check reads a file. A row may say whose listing it is: ownOnly lets nobody but the upload's organisation be named.
func (s *Service) check(ctx context.Context, accountID int64, up Upload, ownOnly bool) (Batch, error) {
	form, err := s.sheet(up.Kind)
	if err != nil {
		return Batch{}, err
	}
	form.late = s.lateness(up)
	// The file is read before the transaction: a slow upload must not hold a connection.
	limited, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	reading, err := form.read(limited, up.Name, up.Body)
	if err != nil {
		return Batch{}, err
	}
	if err := s.owners(ctx, &reading, up.OrgID, ownOnly); err != nil {
		return Batch{}, err
	}
	if err := s.unnamed(ctx, &reading, up); err != nil {
		return Batch{}, err
	}
	b := Batch{
		Kind:           up.Kind,
		OrganisationID: up.OrgID,
		AccountID:      accountID,
		FileName:       listing.ClipCell(up.Name, 200),
		Digest:         reading.digest,
		State:          Checked,
		Publish:        up.Publish,
		Rows:           reading.rows,
		Good:           len(reading.good),
		Bad:            reading.rows - len(reading.good),
		Report:         reading.report,
		CreatedAt:      s.config.Now(),
	}
	marked, err := s.mark(limited, up.Name, reading)
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
		return audit.Record(
			ctx,
			tx,
			audit.Entry{At: b.CreatedAt, Account: accountID, Org: up.OrgID, Action: "import.check", ObjectKind: "import_batch",
				ObjectID: strconv.FormatInt(b.ID, 10), Detail: map[string]any{"digest": b.Digest, "good": b.Good, "bad": b.Bad}},
		)
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
	if err := document.Annotate(ctx, &b, name, r.raw, r.head, r.wrong); err != nil {
		return files.Content{}, err
	}
	kept, err := s.config.Files.Receive(ctx, strings.TrimSuffix(name, filepath.Ext(name))+"-错误说明.xlsx", &b)
	if fault.Is(err, fault.Invalid) { // what packs too well looks like a bomb; the report says the same
		return files.Content{}, nil
	}
	return kept, err
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
		return audit.Record(
			ctx,
			tx,
			audit.Entry{
				At:         s.config.Now(),
				Account:    who.AccountID,
				Org:        who.OrgID,
				Action:     "import.confirm",
				ObjectKind: "import_batch",
				ObjectID:   strconv.FormatInt(id, 10),
			},
		)
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
	owner, err := s.owner(ctx, start.OrganisationID, start.AccountID)
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
			parts, err := s.bulks(ctx, b, owner, rows)
			if err != nil {
				return err
			}
			b.Done += len(rows)
			if len(rows) < part {
				if err := s.finish(ctx, tx, &b, Done); err != nil {
					return err
				}
			}
			for _, bulk := range parts { // each ends with the audit chain's lock, so next to last
				got, err := s.take(ctx, tx, bulk)
				if err != nil {
					return err
				}
				b.Created, b.Updated, b.Unchanged = b.Created+got.Created, b.Updated+got.Updated, b.Unchanged+got.Unchanged+got.Kept
				b.Report.unpublished(rows, got.Refused)
			}
			return s.progress(ctx, tx, b, rows[len(rows)-1].Row)
		})
		if fault.HasCode(err, "organisation_not_confirmed") {
			failed := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
				if b, _, err = s.lock(ctx, tx, id); err != nil {
					return err
				}
				b.Report.Problems = append(
					[]Problem{{Code: "organisation_not_confirmed", Message: "单位还没有通过确认，不能直接发布。请先确认单位，再重新上传"}},
					b.Report.Problems...)
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
func (s *Service) owner(ctx context.Context, org, account int64) (int64, error) {
	ids, err := s.config.Directory.AccountsOf(ctx, org, actor.OrgAdmin, actor.Member)
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 || slices.Contains(ids, account) {
		return account, nil
	}
	return ids[0], nil
}

// Batch returns a batch with its progress. The organisation's members and region officers may call. Fault: not found "import_batch".
func (s *Service) Batch(ctx context.Context, who actor.Actor, id int64) (Batch, error) {
	b, err := s.batch(ctx, id)
	if err != nil {
		return Batch{}, err
	}
	if !who.Has(actor.RegionOfficer) &&
		!(who.In(b.OrganisationID) && who.Member() && (!b.Publish || b.AccountID == who.AccountID)) {
		return Batch{}, errNoBatch
	}
	return b, nil
}

// SeesFiles is the rule of files.Reader: who may see a batch reads what is wrong in it.
func (s *Service) SeesFiles(ctx context.Context, who actor.Actor, of files.Object) ([]string, error) {
	_, err := s.Batch(ctx, who, of.ID)
	return []string{"result"}, err
}

// Batches lists the last 50 batches of the actor's organisation, newest first; region officers see those of all organisations.
func (s *Service) Batches(ctx context.Context, who actor.Actor) ([]Batch, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	return s.batches(ctx, who.OrgID, who.Has(actor.RegionOfficer))
}

var errNoBatch = fault.New(fault.NotFound, "import_batch", "没有找到这次导入，请从“批量导入”重新打开")
