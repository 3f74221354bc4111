package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// Files made from the register: a sheet in the columns and keys of the national form (registration.md §4; contract.National),
// with our own columns in front for what that form has no known key.

// MaxDirectExport is how many registrations a download makes at once; more are made by a job.
const MaxDirectExport = 2000

// exportPart is how many rows one workbook of a large export holds: it still opens on an office computer.
const exportPart = 25_000

// ExportFilter is what is on the screen: the list's filter and a period of registration days.
type ExportFilter struct {
	RegistrationFilter
	Archives int `json:"archives,omitempty"` // a year: the archives of the point's registrations of that year instead of a workbook
}

func (f ExportFilter) check() error {
	var bad fault.Fields
	bad.Check(f.From == "" || clock.IsDate(f.From), "from", "format", "请填写日期，如 2026-01-01")
	bad.Check(f.To == "" || clock.IsDate(f.To), "to", "format", "请填写日期，如 2026-12-31")
	bad.Check(f.From == "" || f.To == "" || f.From <= f.To, "to", "order", "结束日期不应早于开始日期")
	return bad.Err()
}

func exportQuery(sc scope, f ExportFilter) *listQuery {
	f.Cursor, f.Limit = "", 0
	return registrationQuery(sc, f.RegistrationFilter)
}

// ownColumn is a column without a known key of the national form.
type ownColumn struct {
	title string
	kind  document.SheetKind
	width float64
	get   func(r Registration, c contract.Content, point string) any
	set   func(h *historic, text string) string // "" or what is wrong with the text; nil: not read back
}

func ownColumns() []ownColumn {
	text := func(title string, width float64, at func(*contract.Content) *string, valid func(string) string) ownColumn {
		return ownColumn{title, document.Text, width, func(_ Registration, c contract.Content, _ string) any { return *at(&c) },
			func(h *historic, text string) string {
				*at(&h.Content) = text
				return valid(text)
			}}
	}
	party := func(title string, at func(*contract.Content) *contract.Party) []ownColumn {
		return []ownColumn{
			text(title+"统一社会信用代码", 22, func(c *contract.Content) *string { return &at(c).CreditCode }, func(string) string { return "" }),
			text(title+"国别代码", 10, func(c *contract.Content) *string { return &at(c).Country }, func(s string) string {
				if len(s) == 3 && isID(s) {
					return ""
				}
				return "国别代码是三位数字，中国为 156"
			}),
			text(title+"行政区划代码", 14, func(c *contract.Content) *string { return &at(c).Division }, func(s string) string {
				if len(s) == 6 && isID(s) {
					return ""
				}
				return "行政区划代码是六位数字，如 150203"
			}),
		}
	}
	out := []ownColumn{
		{numberHeading, document.Text, 20, func(r Registration, _ contract.Content, _ string) any { return r.Number }, func(h *historic, text string) string {
			h.Number = strings.ReplaceAll(text, " ", "")
			return ""
		}},
		{"登记日期", document.Date, 12, func(r Registration, _ contract.Content, _ string) any { return r.RegisteredOn }, func(h *historic, text string) string {
			h.On = strings.NewReplacer("/", "-", ".", "-").Replace(text)
			if clock.IsDate(h.On) {
				return ""
			}
			return "请填写日期，如 2024-03-02"
		}},
		{"登记点", document.Text, 24, func(_ Registration, _ contract.Content, point string) any { return point }, nil},
		{"状态", document.Text, 12, func(r Registration, _ contract.Content, _ string) any { return r.State.Label() }, func(_ *historic, text string) string {
			if text == "" || text == Registered.Label() {
				return ""
			}
			return "只能导入状态为“已登记”的登记；已注销、已撤销的不再计入"
		}},
		{"认定技术性收入（元）", document.Yuan, 18, func(r Registration, _ contract.Content, _ string) any { return r.Income }, func(h *historic, text string) string {
			amount, err := money.Parse(text)
			h.Income = amount
			if err != nil || amount < 0 {
				return "请填写以元为单位的金额，最多两位小数"
			}
			return ""
		}},
	}
	out = append(out, party("卖方", func(c *contract.Content) *contract.Party { return &c.Seller })...)
	out = append(out, party("买方", func(c *contract.Content) *contract.Party {
		if len(c.Buyers) == 0 {
			c.Buyers = []contract.Party{{}}
		}
		return &c.Buyers[0]
	})...)
	return append(out, text("社会经济目标", 14, func(c *contract.Content) *string { return &c.Elements.SocialGoal }, func(s string) string {
		if codes.SocialGoal.Has(s) {
			return ""
		}
		return "社会经济目标不在目录中，请填写代码"
	}))
}

const numberHeading = "合同登记编号"

// nationalHeading is the heading of a field of the national form: its words and its key.
func nationalHeading(f contract.NationalField) string { return f.Label + "（" + f.Key + "）" }

func exchangeSheet(rows iter.Seq2[[]any, error], notes ...string) document.Sheet {
	s := document.Sheet{Name: "登记", Notes: notes, Rows: rows}
	for _, c := range ownColumns() {
		s.Columns = append(s.Columns, document.SheetColumn{Title: c.title, Kind: c.kind, Width: c.width})
	}
	for _, f := range contract.National(contract.Content{}) {
		s.Columns = append(s.Columns, document.SheetColumn{Title: nationalHeading(f), Kind: nationalKind(f.Key), Width: 16})
	}
	return s
}

func nationalKind(key string) document.SheetKind {
	if strings.HasSuffix(key, "amount") {
		return document.Yuan
	}
	return document.Text
}

// exchangeRow writes one registration; C, T and class are what the desk registered, not what the applicant claimed.
func exchangeRow(own []ownColumn, r Registration, c contract.Content, point string) []any {
	c.Elements.Amount, c.Technical, c.Elements.ClassCode = r.Amount, r.Technical, r.Class
	row := make([]any, 0, 50)
	for _, o := range own {
		row = append(row, o.get(r, c, point))
	}
	for _, f := range contract.National(c) {
		switch {
		case f.Key == "totalamount":
			row = append(row, r.Amount)
		case f.Key == "technicalamount":
			row = append(row, r.Technical)
		default:
			row = append(row, f.Value)
		}
	}
	return row
}

// exchangeRows walks the registrations behind a query, newest number first, in batches.
func (s *Service) exchangeRows(ctx context.Context, sc scope, f ExportFilter, after string, most int, last *string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		points, err := s.Points(ctx, PointFilter{})
		if err != nil {
			yield(nil, err)
			return
		}
		names := make(map[int64]string, len(points))
		for _, p := range points {
			names[p.ID] = p.Name
		}
		own := ownColumns()
		for done := 0; done < most; {
			const batch = 500
			q := exportQuery(sc, f)
			if after != "" {
				q.and("number < @after_number", "after_number", after)
			}
			regs, err := postgres.Many[Registration](ctx, s.d.DB, q.sql(min(batch, most-done)), q.args)
			if err != nil {
				yield(nil, fmt.Errorf("export: %w", err))
				return
			}
			if len(regs) == 0 {
				return
			}
			ids := make([]int64, len(regs))
			for i, r := range regs {
				ids[i] = r.ContractID
			}
			contents, err := s.d.Contracts.Registered(ctx, ids)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range regs {
				if !yield(exchangeRow(own, r, contents[r.ContractID], names[r.PointID]), nil) {
					return
				}
				after = r.Number
				*last = after
			}
			done += len(regs)
		}
	}
}

// ExportCount says how many registrations a filter holds in the actor's scope. Fault: Invalid fields from, to.
func (s *Service) ExportCount(ctx context.Context, a actor.Actor, f ExportFilter) (int, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	sc, err := s.scope(ctx, a)
	if err != nil {
		return 0, err
	}
	q := exportQuery(sc, f)
	var n int
	err = s.d.DB.QueryRow(ctx, q.count(), q.args).Scan(&n)
	return n, err
}

// ExportRegistrations writes the registrations of a filter in the actor's scope as a workbook. It writes nothing before the
// first row was read. Faults: Invalid fields from, to; Conflict "export_too_large" above MaxDirectExport: RequestExport.
func (s *Service) ExportRegistrations(ctx context.Context, a actor.Actor, f ExportFilter, w io.Writer) error {
	n, err := s.ExportCount(ctx, a, f)
	if err != nil {
		return err
	}
	if n > MaxDirectExport {
		return fault.Newf(fault.Conflict, "export_too_large", "共 %d 项，超过 %d 项的由后台生成，完成后下载", n, MaxDirectExport)
	}
	_, err = s.WriteRegistrations(ctx, a, f, func(sheet document.Sheet) error { return document.WriteExcel(w, sheet) })
	return err
}

// WriteRegistrations gives write the registrations of a filter in the actor's scope as a sheet, however many there are, and
// says how many rows it took; for the command line. Fault: Invalid fields from, to.
func (s *Service) WriteRegistrations(ctx context.Context, a actor.Actor, f ExportFilter, write func(document.Sheet) error) (rows int, err error) {
	n, err := s.ExportCount(ctx, a, f)
	if err != nil {
		return 0, err
	}
	sc, err := s.scope(ctx, a)
	if err != nil {
		return 0, err
	}
	var last string
	sheet := exchangeSheet(func(yield func([]any, error) bool) {
		for row, err := range s.exchangeRows(ctx, sc, f, "", n, &last) {
			if err == nil {
				rows++
			}
			if !yield(row, err) {
				return
			}
		}
	}, s.exportNotes(n)...)
	if err := write(sheet); err != nil {
		return 0, err
	}
	return rows, s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.trail.Record(ctx, tx, a, "export", "registration", "", map[string]any{"rows": rows, "from": f.From, "to": f.To})
	})
}

func (s *Service) exportNotes(n int) []string {
	return []string{fmt.Sprintf("技术合同登记，共 %d 项，%s 导出。括号内为全国登记表的字段名（2021-03 公开的填报脚本，卖方字段按买方推定）；金额单位元；技术交易额以登记点认定的为准。", n, clock.Local(s.d.Now()).Format("2006-01-02 15:04"))}
}

// Export is a large export of one person.
type Export struct {
	ID         int64
	AccountID  int64
	Filter     ExportFilter
	Scope      exportScope
	State      string // waiting, running, done
	Rows, Done int
	FileIDs    []int64
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// exportScope keeps what the person could see when asking, for the job.
type exportScope struct {
	Points   []int64 `json:"points"`
	Division string  `json:"division"`
	Org      int64   `json:"org"`

	Actor *actor.Actor `json:"actor,omitempty"` // archives: read as this person
}

// ExportArgs is the job that makes the files of a large export.
type ExportArgs struct {
	ID int64 `json:"id"`
}

// Kind names the job.
func (ExportArgs) Kind() string { return "registration_export" }

// RequestExport asks a job for the files of a filter. Everybody who may list registrations. Faults: Invalid fields from, to;
// Conflict "export_running" while one of the person's own is not finished.
func (s *Service) RequestExport(ctx context.Context, a actor.Actor, f ExportFilter) (Export, error) {
	n, err := s.ExportCount(ctx, a, f)
	if err != nil {
		return Export{}, err
	}
	sc, err := s.scope(ctx, a)
	if err != nil {
		return Export{}, err
	}
	var e Export
	err = s.trail.Guard(ctx, a, "export", "registration", "", func(ctx context.Context, tx pgx.Tx) error {
		if e, err = addExport(ctx, tx, a.AccountID, f, exportScope{Points: sc.points, Division: sc.division, Org: sc.org}, n, s.d.Now()); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "export", "registration_export", strconv.FormatInt(e.ID, 10), map[string]any{"rows": n}); err != nil {
			return err
		}
		return s.d.Jobs.Enqueue(ctx, tx, ExportArgs{e.ID}, jobs.Options{})
	})
	return e, err
}

// Exports lists the actor's own exports, newest first; Export reads one. NotFound "export_not_found" for somebody else's.
func (s *Service) Exports(ctx context.Context, a actor.Actor) ([]Export, error) {
	return postgres.Many[Export](ctx, s.d.DB, selectExports, pgx.StrictNamedArgs{"account": a.AccountID})
}

// Export reads one export of the actor's own.
func (s *Service) Export(ctx context.Context, a actor.Actor, id int64) (Export, error) {
	e, err := postgres.One[Export](ctx, s.d.DB, selectExport, pgx.StrictNamedArgs{"id": id})
	if err == pgx.ErrNoRows || err == nil && e.AccountID != a.AccountID {
		return Export{}, fault.New(fault.NotFound, "export_not_found", "没有这次导出，请在登记簿重新导出")
	}
	return e, err
}

// MakeExport is the worker of ExportArgs: one workbook for each part of the rows; a run that was killed begins anew.
func (s *Service) MakeExport(ctx context.Context, args ExportArgs) error {
	e, err := postgres.One[Export](ctx, s.d.DB, selectExport, pgx.StrictNamedArgs{"id": args.ID})
	if err == pgx.ErrNoRows || err == nil && e.State == "done" {
		return nil
	}
	if err != nil {
		return err
	}
	if e.Filter.Archives != 0 {
		return s.makeArchives(ctx, e)
	}
	e.State, e.Done, e.FileIDs = "running", 0, []int64{}
	if err := storeExport(ctx, s.d.DB, e); err != nil {
		return err
	}
	sc := scope{points: e.Scope.Points, division: e.Scope.Division, org: e.Scope.Org, account: e.AccountID}
	parts := max(1, (e.Rows+exportPart-1)/exportPart)
	last := ""
	for part := range parts {
		file, err := s.exportFile(ctx, &e, sc, part, parts, &last)
		if err != nil {
			return err
		}
		e.FileIDs = append(e.FileIDs, file)
	}
	now := s.d.Now()
	e.State, e.Done, e.FinishedAt = "done", e.Rows, &now
	return s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := storeExport(ctx, tx, e); err != nil {
			return err
		}
		return s.message(ctx, tx, []int64{e.AccountID}, 0, "登记导出已完成", fmt.Sprintf("共 %d 项，%d 个文件，可以下载。", e.Rows, len(e.FileIDs)), fmt.Sprintf("/registrations/exports/%d", e.ID))
	})
}

// exportFile writes one part through a temporary file: the workbook is only complete at its end.
func (s *Service) exportFile(ctx context.Context, e *Export, sc scope, part, parts int, last *string) (int64, error) {
	temp, err := os.CreateTemp("", "export-")
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	rows := s.exchangeRows(ctx, sc, e.Filter, *last, min(exportPart, e.Rows-part*exportPart), last)
	counted := func(yield func([]any, error) bool) {
		for row, err := range rows {
			if e.Done++; e.Done%1000 == 0 && err == nil {
				err = storeExport(ctx, s.d.DB, *e)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	if err := document.WriteExcel(temp, exchangeSheet(counted, s.exportNotes(e.Rows)...)); err != nil {
		return 0, err
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	name := fmt.Sprintf("技术合同登记-%s.xlsx", clock.Local(e.CreatedAt).Format("20060102-1504"))
	if parts > 1 {
		name = strings.Replace(name, ".xlsx", fmt.Sprintf("-%d之%d.xlsx", parts, part+1), 1)
	}
	content, err := s.d.Files.Receive(ctx, name, temp)
	if err != nil {
		return 0, fmt.Errorf("store export: %w", err)
	}
	var f files.File
	err = s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err = s.d.Files.Record(ctx, tx, content, files.Meta{Purpose: "export", UploadedBy: e.AccountID})
		return err
	})
	return f.ID, err
}

// HistoryTemplate writes the empty form for historic registrations.
func HistoryTemplate(w io.Writer) error {
	s := exchangeSheet(nil, "从各登记点以前的系统导入历史登记。", "编号为 16 位：年 4 + 地区 4 + 登记点 2 + 序号 6，登记点须已在名录中。",
		"类别、单位性质、知识产权等填代码或名称；金额单位元。", "上传后先检查，逐格列出问题；确认后才写入。")
	for i, c := range s.Columns {
		s.Columns[i].Required = mustHave(document.ColumnTitle(c.Title))
	}
	return document.WriteTemplate(w, s, "历史登记导入模板 2026-1")
}

func mustHave(title string) bool {
	for _, need := range []string{numberHeading, "登记日期", "卖方行政区划代码", "买方行政区划代码", "projectname", "contracttype", "totalamount", "technicalamount", "（sellername", "（buyername", "techarea"} {
		if strings.Contains(title, need) {
			return true
		}
	}
	return false
}

// RegisterJobs says which function works which of the register's jobs.
func (s *Service) RegisterJobs(w *jobs.Workers) {
	jobs.Register(w, s.MakeCertificate)
	jobs.Register(w, s.MakeExport)
	jobs.Register(w, s.RunHistory)
	jobs.Register(w, func(ctx context.Context, _ WarnArgs) error { return errors.Join(s.Warn(ctx), s.retryCertificates(ctx)) })
}
