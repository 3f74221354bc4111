package registry

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// The yearly bundle of a point holds the archive of each registration of that year as it is, and a list of them with their
// digests. A large year is cut into several zips, each complete in itself.

const bundleFormat = "techmarket-bundle-1"

// bundlePart is how many archives one zip, and one run of the job, takes: far below the jobs' time limit.
const bundlePart = 100

type bundle struct {
	Format   string            `json:"format"`
	Point    string            `json:"point"`
	Year     int               `json:"year"`
	MadeAt   time.Time         `json:"madeAt"`
	Sample   bool              `json:"sample"`
	Archives []bundledArchive  `json:"archives"`
	Missing  map[string]string `json:"missing"` // number → why it is not here
}

type bundledArchive struct {
	Number string `json:"number"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Digest string `json:"sha256"`
}

// RequestArchives asks a job for the archives of a point's registrations of a year. Head of the point, officers of its area;
// NotFound "point_not_found" for others. Conflicts: "no_registrations", "export_running".
func (s *Service) RequestArchives(ctx context.Context, a actor.Actor, point int64, year int) (Export, error) {
	var e Export
	err := s.trail.Guard(ctx, a, "archive", "point", strconv.FormatInt(point, 10), func(ctx context.Context, tx pgx.Tx) error {
		p, err := s.managed(ctx, tx, a, point)
		if err != nil {
			return err
		}
		var regs []Registration
		if year >= 1 && year <= 9999 {
			if regs, err = s.ofYear(ctx, p, year); err != nil {
				return err
			}
		}
		if len(regs) == 0 {
			return fault.New(fault.Conflict, "no_registrations", fmt.Sprintf("%s在 %d 年没有登记", p.Name, year))
		}
		f := ExportFilter{RegistrationFilter: RegistrationFilter{PointID: point}, Archives: year}
		if e, err = addExport(ctx, tx, a.AccountID, f, exportScope{Actor: &a}, len(regs), s.d.Now()); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "archive", "registration_export", strconv.FormatInt(e.ID, 10), map[string]any{"point": point, "year": year, "rows": len(regs)}); err != nil {
			return err
		}
		return s.d.Jobs.Enqueue(ctx, tx, ExportArgs{e.ID}, jobs.Options{})
	})
	return e, err
}

// ofYear lists the registrations of a point by number.
func (s *Service) ofYear(ctx context.Context, p Point, year int) ([]Registration, error) {
	regs, err := postgres.Many[Registration](ctx, s.d.DB, selectOfYear, pgx.StrictNamedArgs{"point": p.ID, "first": fmt.Sprintf("%04d-01-01", year), "last": fmt.Sprintf("%04d-12-31", year)})
	if err != nil {
		return nil, fmt.Errorf("registrations of %d: %w", year, err)
	}
	return regs, nil
}

// makeArchives makes the next part and hands on; a run that was killed makes its part again.
func (s *Service) makeArchives(ctx context.Context, e Export) error {
	p, err := s.Point(ctx, e.Filter.PointID)
	if err != nil {
		return err
	}
	regs, err := s.ofYear(ctx, p, e.Filter.Archives)
	if err != nil {
		return err
	}
	e.Rows = len(regs) // registered since the question: a larger part
	done := min(len(e.FileIDs)*bundlePart, len(regs))
	next := regs[done:min(done+bundlePart, len(regs))]
	e.Done = done
	content, err := s.archivePart(ctx, e, p, next)
	if err != nil {
		return err
	}
	return s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err := s.d.Files.Record(ctx, tx, content, files.Meta{Purpose: "export", UploadedBy: e.AccountID})
		if err != nil {
			return err
		}
		e.FileIDs = append(e.FileIDs, f.ID)
		e.State, e.Done = "running", e.Done+len(next)
		if e.Done < e.Rows {
			if err := storeExport(ctx, tx, e); err != nil {
				return err
			}
			return s.d.Jobs.Enqueue(ctx, tx, ExportArgs{e.ID}, jobs.Options{})
		}
		now := s.d.Now()
		e.State, e.FinishedAt = "done", &now
		if err := storeExport(ctx, tx, e); err != nil {
			return err
		}
		return s.message(ctx, tx, []int64{e.AccountID}, 0, "年度档案已完成", fmt.Sprintf("%s %d 年共 %d 项登记，%d 个文件，可以下载。", p.Name, e.Filter.Archives, e.Rows, len(e.FileIDs)),
			fmt.Sprintf("/registrations/exports/%d", e.ID))
	})
}

// archivePart writes a zip of archives through a temporary file. A registration whose archive cannot be made yet is named in
// the list with the reason.
func (s *Service) archivePart(ctx context.Context, e Export, p Point, regs []Registration) (files.Content, error) {
	temp, err := os.CreateTemp("", "archives-")
	if err != nil {
		return files.Content{}, fmt.Errorf("archives: %w", err)
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	z := zip.NewWriter(temp)
	add := func(name string, content []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: e.CreatedAt.UTC()}) // archives are packed already
		if err == nil {
			_, err = f.Write(content)
		}
		return err
	}
	list := bundle{Format: bundleFormat, Point: p.Name, Year: e.Filter.Archives, MadeAt: s.d.Now().UTC(), Sample: p.Sample, Archives: []bundledArchive{}, Missing: map[string]string{}}
	for i, r := range regs {
		var b bytes.Buffer
		err := s.Archive(ctx, *e.Scope.Actor, r.Number, &b)
		if err != nil && fault.KindOf(err) == fault.Internal {
			return files.Content{}, err
		}
		if err != nil {
			list.Missing[r.Number] = fault.Words(err)
			continue
		}
		sum := sha256.Sum256(b.Bytes())
		kept := bundledArchive{r.Number, r.Title, string(r.State), "档案-" + r.Number + ".zip", int64(b.Len()), hex.EncodeToString(sum[:])}
		if err := add(kept.Name, b.Bytes()); err != nil {
			return files.Content{}, fmt.Errorf("archives: %w", err)
		}
		list.Archives = append(list.Archives, kept)
		if i%20 == 19 {
			seen := e
			seen.State, seen.Done = "running", e.Done+i+1
			if err := storeExportProgress(ctx, s.d.DB, seen); err != nil {
				return files.Content{}, err
			}
		}
	}
	raw, err := json.MarshalIndent(list, "", " ")
	if err == nil {
		err = add("bundle.json", raw)
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		_, err = temp.Seek(0, io.SeekStart)
	}
	if err != nil {
		return files.Content{}, fmt.Errorf("archives: %w", err)
	}
	name := fmt.Sprintf("年度档案-%s-%d-%d.zip", p.Name, e.Filter.Archives, len(e.FileIDs)+1)
	return s.d.Files.Keep(ctx, name, "application/zip", temp)
}

// BundleReport is what VerifyBundle found.
type BundleReport struct {
	Point    string
	Year     int
	Sample   bool
	Archives []ArchiveReport
	Missing  []string // "2026150103000007：…"
}

// IsBundle reports whether a zip is a yearly bundle rather than one archive.
func IsBundle(r io.ReaderAt, size int64) bool {
	z, err := zip.NewReader(r, size)
	return err == nil && slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "bundle.json" })
}

// VerifyBundle checks that a yearly bundle holds exactly what it lists, and each archive in it as VerifyArchive does. Fault:
// Invalid "archive_broken" naming the archive.
func VerifyBundle(r io.ReaderAt, size int64) (BundleReport, error) {
	var out BundleReport
	broken := func(format string, args ...any) error {
		return fault.Newf(fault.Invalid, "archive_broken", "年度档案没有通过核验："+format, args...)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return out, broken("不是完整的 zip 文件")
	}
	entries := map[string]*zip.File{}
	for _, f := range z.File {
		if entries[f.Name] != nil {
			return out, broken("%s 出现了两次", f.Name)
		}
		entries[f.Name] = f
	}
	read := func(name string) ([]byte, error) {
		f := entries[name]
		if f == nil || f.UncompressedSize64 > maxArchive {
			return nil, broken("缺少 %s", name)
		}
		body, err := f.Open()
		if err != nil {
			return nil, broken("%s 不能读取", name)
		}
		defer body.Close()
		raw, err := io.ReadAll(io.LimitReader(body, maxArchive))
		if err != nil {
			return nil, broken("%s 不能读取", name)
		}
		delete(entries, name)
		return raw, nil
	}
	raw, err := read("bundle.json")
	if err != nil {
		return out, err
	}
	var list bundle
	if json.Unmarshal(raw, &list) != nil || list.Format != bundleFormat {
		return out, broken("目录 bundle.json 不是本平台的格式")
	}
	out.Point, out.Year, out.Sample = list.Point, list.Year, list.Sample
	for _, a := range list.Archives {
		raw, err := read(a.Name)
		if err != nil {
			return out, err
		}
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != a.Digest {
			return out, broken("%s 与目录中的摘要不符", a.Name)
		}
		report, err := VerifyArchive(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return out, broken("%s：%s", a.Name, strings.TrimPrefix(fault.Words(err), "档案没有通过核验："))
		}
		if report.Number != a.Number {
			return out, broken("%s 是 %s 的档案", a.Name, report.Number)
		}
		out.Archives = append(out.Archives, report)
	}
	for name := range entries {
		return out, broken("多出了目录里没有的 %s", name)
	}
	for number, why := range list.Missing {
		out.Missing = append(out.Missing, number+"："+why)
	}
	slices.Sort(out.Missing)
	return out, nil
}
