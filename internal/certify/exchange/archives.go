package exchange

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/archive"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
)

// bundlePart is how many archives one zip, and one run of the job, takes: far below the jobs' time limit.
const bundlePart = 100

// RequestArchives asks a job for the archives of a point's registrations of a year. Head of the point, officers of its area;
// NotFound "point_not_found" for others. Conflicts: "no_registrations", "export_running".
func (s *Service) RequestArchives(ctx context.Context, a actor.Actor, pointID int64, year int) (Export, error) {
	var e Export
	err := s.trail.Guard(ctx, a, "archive", "point", strconv.FormatInt(pointID, 10), func(ctx context.Context, tx pgx.Tx) error {
		p, err := point.Managed(ctx, tx, a, pointID)
		if err != nil {
			return err
		}
		var regs []registry.Registration
		if year >= 1 && year <= 9999 {
			if regs, err = registry.OfYear(ctx, tx, pointID, year); err != nil {
				return err
			}
		}
		if len(regs) == 0 {
			return fault.Newf(fault.Conflict, "no_registrations", "%s在 %d 年没有登记", p.Name, year)
		}
		f := Filter{RegistrationFilter: registry.RegistrationFilter{PointID: pointID}, Archives: year}
		if e, err = addExport(ctx, tx, a.AccountID, f, exportScope{Actor: &a}, len(regs), s.config.Now()); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "archive", "registration_export", strconv.FormatInt(e.ID, 10),
			map[string]any{"point": pointID, "year": year, "rows": len(regs)}); err != nil {
			return err
		}
		return s.config.Jobs.Enqueue(ctx, tx, ExportArgs{e.ID}, jobs.Options{})
	})
	return e, err
}

// makeArchives makes the next part and hands on; a run that was killed makes its part again.
func (s *Service) makeArchives(ctx context.Context, e Export) error {
	p, err := point.Read(ctx, s.config.DB, e.Filter.PointID)
	if err != nil {
		return err
	}
	regs, err := registry.OfYear(ctx, s.config.DB, p.ID, e.Filter.Archives)
	if err != nil {
		return err
	}
	e.Rows = len(regs) // registered since the question: a larger part
	done := min(len(e.FileIDs)*bundlePart, len(regs))
	next := regs[done:min(done+bundlePart, len(regs))]
	e.Done = done
	name := fmt.Sprintf("年度档案-%s-%d-%d.zip", p.Name, e.Filter.Archives, len(e.FileIDs)+1)
	part := archive.Year{Point: p, Year: e.Filter.Archives, Registrations: next, AskedAt: e.CreatedAt}
	content, err := s.keep(ctx, name, "application/zip", func(w io.Writer) error {
		return s.config.Archive.WriteYear(ctx, *e.Scope.Actor, part, w, func(n int) error {
			seen := e
			seen.State, seen.Done = "running", done+n
			return storeExportProgress(ctx, s.config.DB, seen)
		})
	})
	if err != nil {
		return err
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err := s.config.Files.Record(ctx, tx, content, files.Meta{Purpose: "export", UploadedBy: e.AccountID})
		if err != nil {
			return err
		}
		e.FileIDs = append(e.FileIDs, f.ID)
		e.State, e.Done = "running", e.Done+len(next)
		if e.Done < e.Rows {
			if err := storeExport(ctx, tx, e); err != nil {
				return err
			}
			return s.config.Jobs.Enqueue(ctx, tx, ExportArgs{e.ID}, jobs.Options{})
		}
		now := s.config.Now()
		e.State, e.FinishedAt = "done", &now
		if err := storeExport(ctx, tx, e); err != nil {
			return err
		}
		return s.tell(
			ctx,
			tx,
			e.AccountID,
			"年度档案已完成",
			fmt.Sprintf("%s %d 年共 %d 项登记，%d 个文件，可以下载。", p.Name, e.Filter.Archives, e.Rows, len(e.FileIDs)),
			fmt.Sprintf("/registrations/exports/%d", e.ID),
		)
	})
}
