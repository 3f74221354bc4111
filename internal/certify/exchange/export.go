package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// MaxDirectExport is how many registrations a download makes at once; more are made by a job.
const MaxDirectExport = 2000

// exportPart is how many rows one workbook of a large export holds: it still opens on an office computer.
const exportPart = 25_000

// Filter is what is on the screen: the list's filter and a period of registration days.
type Filter struct {
	registry.RegistrationFilter
	Archives int `json:"archives,omitempty"` // a year: the archives of the point's registrations of that year instead of a workbook
}

func (f Filter) check() error {
	var bad fault.Fields
	bad.Check(f.From == "" || clock.IsDate(f.From), "from", "format", "请填写日期，如 2026-01-01")
	bad.Check(f.To == "" || clock.IsDate(f.To), "to", "format", "请填写日期，如 2026-12-31")
	bad.Check(f.From == "" || f.To == "" || f.From <= f.To, "to", "order", "结束日期不应早于开始日期")
	return bad.Err()
}

// exchangeRows walks the registrations behind a query, newest number first, in batches.
func (s *Service) exchangeRows(
	ctx context.Context,
	sc registry.Scope,
	f Filter,
	after string,
	most int,
	last *string,
) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		points, err := point.All(ctx, s.config.DB)
		if err != nil {
			yield(nil, err)
			return
		}
		names := pointNames(points)
		own := ownColumns()
		for done := 0; done < most; {
			const batch = 500
			regs, err := s.config.Registry.RegistrationsAfter(ctx, sc, f.RegistrationFilter, after, min(batch, most-done))
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
			contents, err := s.config.Contracts.Registered(ctx, ids)
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

func pointNames(points []point.Point) map[int64]string {
	names := make(map[int64]string, len(points))
	for _, p := range points {
		names[p.ID] = p.Name
	}
	return names
}

// ExportCount says how many registrations a filter holds in the actor's scope. Fault: Invalid fields from, to.
func (s *Service) ExportCount(ctx context.Context, a actor.Actor, f Filter) (int, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	sc, err := s.config.Registry.ScopeOf(ctx, a)
	if err != nil {
		return 0, err
	}
	return s.config.Registry.CountRegistrations(ctx, sc, f.RegistrationFilter)
}

// ExportRegistrations writes the registrations of a filter in the actor's scope as a workbook. It writes nothing before the
// first row was read. Faults: Invalid fields from, to; Conflict "export_too_large" above MaxDirectExport: RequestExport.
func (s *Service) ExportRegistrations(ctx context.Context, a actor.Actor, f Filter, w io.Writer) error {
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
func (s *Service) WriteRegistrations(ctx context.Context, a actor.Actor, f Filter, write func(document.Sheet) error) (rows int, err error) {
	n, err := s.ExportCount(ctx, a, f)
	if err != nil {
		return 0, err
	}
	sc, err := s.config.Registry.ScopeOf(ctx, a)
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
	return rows, s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.trail.Record(ctx, tx, a, "export", "registration", "", map[string]any{"rows": rows, "from": f.From, "to": f.To})
	})
}

func (s *Service) exportNotes(n int) []string {
	return []string{
		fmt.Sprintf(
			"技术合同登记，共 %d 项，%s 导出。括号内为全国登记表的字段名（2021-03 公开的填报脚本，卖方字段按买方推定）；金额单位元；技术交易额以登记点认定的为准。",
			n,
			clock.Local(s.config.Now()).Format("2006-01-02 15:04"),
		),
	}
}

// Export is a large export of one person.
type Export struct {
	ID         int64
	AccountID  int64
	Filter     Filter
	Scope      exportScope
	State      string // waiting, running, done
	Rows, Done int
	FileIDs    []int64
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// Expired says that the files were made too long ago to be there still.
func (e Export) Expired(now time.Time) bool {
	return e.FinishedAt != nil && now.Sub(*e.FinishedAt) > files.PassingLife-24*time.Hour // the job that removes them runs daily
}

// exportScope keeps what the person could see when asking, for the job.
type exportScope struct {
	registry.Scope
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
func (s *Service) RequestExport(ctx context.Context, a actor.Actor, f Filter) (Export, error) {
	n, err := s.ExportCount(ctx, a, f)
	if err != nil {
		return Export{}, err
	}
	sc, err := s.config.Registry.ScopeOf(ctx, a)
	if err != nil {
		return Export{}, err
	}
	var e Export
	err = s.trail.Guard(ctx, a, "export", "registration", "", func(ctx context.Context, tx pgx.Tx) error {
		if e, err = addExport(ctx, tx, a.AccountID, f, exportScope{Scope: sc}, n, s.config.Now()); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "export", "registration_export", strconv.FormatInt(e.ID, 10),
			map[string]any{"rows": n}); err != nil {
			return err
		}
		return s.config.Jobs.Enqueue(ctx, tx, ExportArgs{e.ID}, jobs.Options{})
	})
	return e, err
}

// Exports lists the actor's own exports, newest first; Export reads one. NotFound "export_not_found" for somebody else's.
func (s *Service) Exports(ctx context.Context, a actor.Actor) ([]Export, error) {
	return postgres.Many[Export](ctx, s.config.DB, selectExports, pgx.StrictNamedArgs{"account": a.AccountID})
}

// Export reads one export of the actor's own.
func (s *Service) Export(ctx context.Context, a actor.Actor, id int64) (Export, error) {
	e, err := postgres.One[Export](ctx, s.config.DB, selectExport, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && e.AccountID != a.AccountID {
		return Export{}, fault.New(fault.NotFound, "export_not_found", "没有这次导出，请在登记簿重新导出")
	}
	return e, err
}

// SeesExportFiles is the rule of files.Reader: who asked for an export reads its files.
func (s *Service) SeesExportFiles(ctx context.Context, a actor.Actor, of files.Object) ([]string, error) {
	_, err := s.Export(ctx, a, of.ID)
	return []string{"result"}, err
}

// MakeExport is the worker of ExportArgs: one workbook for each part of the rows; a run that was killed begins anew.
func (s *Service) MakeExport(ctx context.Context, args ExportArgs) error {
	e, err := postgres.One[Export](ctx, s.config.DB, selectExport, pgx.StrictNamedArgs{"id": args.ID})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && e.State == "done" {
		return nil
	}
	if err != nil {
		return err
	}
	if e.Filter.Archives != 0 {
		return s.makeArchives(ctx, e)
	}
	e.State, e.Done, e.FileIDs = "running", 0, []int64{}
	if err := storeExport(ctx, s.config.DB, e); err != nil {
		return err
	}
	parts := max(1, (e.Rows+exportPart-1)/exportPart)
	last := ""
	for part := range parts {
		file, err := s.exportFile(ctx, &e, part, parts, &last)
		if err != nil {
			return err
		}
		e.FileIDs = append(e.FileIDs, file)
	}
	now := s.config.Now()
	e.State, e.Done, e.FinishedAt = "done", e.Rows, &now
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := storeExport(ctx, tx, e); err != nil {
			return err
		}
		return s.tell(
			ctx,
			tx,
			e.AccountID,
			"登记导出已完成",
			fmt.Sprintf("共 %d 项，%d 个文件，可以下载。", e.Rows, len(e.FileIDs)),
			fmt.Sprintf("/registrations/exports/%d", e.ID),
		)
	})
}

// exportFile writes one part through a temporary file: the workbook is only complete at its end.
func (s *Service) exportFile(ctx context.Context, e *Export, part, parts int, last *string) (int64, error) {
	rows := s.exchangeRows(ctx, e.Scope.Scope, e.Filter, *last, min(exportPart, e.Rows-part*exportPart), last)
	counted := func(yield func([]any, error) bool) {
		for row, err := range rows {
			if e.Done++; e.Done%1000 == 0 && err == nil {
				err = storeExport(ctx, s.config.DB, *e)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	name := fmt.Sprintf("技术合同登记-%s.xlsx", clock.Local(e.CreatedAt).Format("20060102-1504"))
	if parts > 1 {
		name = strings.Replace(name, ".xlsx", fmt.Sprintf("-%d之%d.xlsx", parts, part+1), 1)
	}
	content, err := s.keep(ctx, name, excelMIME, func(w io.Writer) error {
		return document.WriteExcel(w, exchangeSheet(counted, s.exportNotes(e.Rows)...))
	})
	if err != nil {
		return 0, err
	}
	var f files.File
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err = s.config.Files.Record(ctx, tx, content, files.Meta{Purpose: "export", UploadedBy: e.AccountID})
		return err
	})
	return f.ID, err
}
