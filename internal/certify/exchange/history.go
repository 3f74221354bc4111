package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// MaxHistoryRows is how many registrations one file may hold.
const MaxHistoryRows = 20_000

// readWithin bounds the reading of a file: a file may unpack slowly, and the person waits.
const readWithin = time.Minute

// historyStep is how many rows one job registers before it hands on: far below the jobs' time limit.
const historyStep = 500

// Problem is one thing that is wrong or odd in a file, found in its cell.
type Problem struct {
	Row     int    `json:"row"`
	Cell    string `json:"cell"` // "C7"; in a CSV file "第 7 行第 3 列"
	Message string `json:"message"`
}

// HistoryReport is what the dry run found. The lists are bounded, the counts are not.
type HistoryReport struct {
	Problems     []Problem `json:"problems"` // of rows that are left out
	ProblemCount int       `json:"problemCount"`
	Warnings     []Problem `json:"warnings"` // of rows that go in all the same
	WarningCount int       `json:"warningCount"`
	Unchanged    int       `json:"unchanged,omitempty"` // rows that say what the register says under their number
	Differing    []Problem `json:"differing,omitempty"` // rows that say otherwise than the register does: it stays as it is
	DifferCount  int       `json:"differCount,omitempty"`
	Sheet        string    `json:"sheet,omitempty"` // of a workbook: the one that was read
	Amount       money.Fen `json:"amountFen"`       // ΣC of the good rows
	Technical    money.Fen `json:"technicalFen"`
}

func (r *HistoryReport) add(list *[]Problem, count *int, p Problem) {
	const listed = 200
	if *count++; len(*list) < listed {
		*list = append(*list, p)
	}
}

// HistoryBatch is one file of historic registrations.
type HistoryBatch struct {
	ID              int64
	AccountID       int64
	FileName        string
	Digest          string
	State           string // checked, running, done
	Rows, Good, Bad int
	Done, Skipped   int // skipped: registered by somebody between check and run
	Report          HistoryReport
	MarkedFile      int64 // the upload with a column 错误说明; 0 where no row was refused
	Sample          bool
	CreatedAt       time.Time
	FinishedAt      *time.Time
}

// HistoryArgs is the job that registers the good rows of a batch.
type HistoryArgs struct {
	ID int64 `json:"id"`
}

// Kind names the job.
func (HistoryArgs) Kind() string { return "registration_history" }

func mayImportHistory(a actor.Actor) error {
	if a.Officer() || a.Has(actor.PointHead) {
		return nil
	}
	return fault.New(fault.Forbidden, "history_forbidden", "历史登记由登记点负责人、盟市和自治区管理员导入")
}

// CheckHistory reads a table of historic registrations and keeps what could be registered; nothing is registered yet. A number
// must lie at a point that the actor may act for. Heads of points, league and region officers. Faults: Invalid "file_kind",
// "no_heading", "too_many_rows" and those of the reader.
func (s *Service) CheckHistory(ctx context.Context, a actor.Actor, name string, r io.Reader) (HistoryBatch, error) {
	if err := mayImportHistory(a); err != nil {
		return HistoryBatch{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, 50<<20))
	if err != nil {
		return HistoryBatch{}, fmt.Errorf("read history: %w", err)
	}
	sum := sha256.Sum256(raw)
	b := HistoryBatch{
		AccountID: a.AccountID,
		FileName:  name,
		Digest:    hex.EncodeToString(sum[:]),
		State:     "checked",
		Sample:    a.Sample,
		CreatedAt: s.config.Now(),
	}
	points, err := point.All(ctx, s.config.DB)
	if err != nil {
		return b, err
	}
	limited, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	good, marks, err := s.readHistory(limited, a, points, name, raw, &b)
	if err != nil {
		return b, err
	}
	for _, h := range good {
		b.Report.Amount += h.Content.Elements.Amount
		b.Report.Technical += h.Content.Technical
	}
	b.Good, b.Bad = len(good), b.Rows-len(good)-b.Report.Unchanged-b.Report.DifferCount
	marked, err := s.markHistory(limited, name, raw, marks)
	if err != nil {
		return b, err
	}
	err = s.trail.Guard(ctx, a, "check_history", "registration_import", "", func(ctx context.Context, tx pgx.Tx) error {
		if marked.Digest != "" {
			f, err := s.config.Files.Record(ctx, tx, marked, files.Meta{Purpose: "import", UploadedBy: a.AccountID})
			if err != nil {
				return err
			}
			b.MarkedFile = f.ID
		}
		if err := addHistory(ctx, tx, &b, good); err != nil {
			return err
		}
		return s.trail.Record(
			ctx,
			tx,
			a,
			"check_history",
			"registration_import",
			strconv.FormatInt(b.ID, 10),
			map[string]any{"digest": b.Digest, "rows": b.Rows, "good": b.Good},
		)
	})
	return b, err
}

// marks gathers what the red column says, all of it: the report's lists are bounded.
type marks struct {
	head int
	rows map[int]string
}

func (m *marks) refuse(r *HistoryReport, p Problem) {
	r.add(&r.Problems, &r.ProblemCount, p)
	m.say(p)
}

func (m *marks) say(p Problem) {
	said := p.Cell + "：" + p.Message
	if m.rows[p.Row] != "" {
		said = m.rows[p.Row] + "\n" + said
	}
	m.rows[p.Row] = said
}

// markHistory keeps the upload with its red column; an empty content where nothing was refused.
func (s *Service) markHistory(ctx context.Context, name string, raw []byte, m marks) (files.Content, error) {
	if len(m.rows) == 0 {
		return files.Content{}, nil
	}
	var b bytes.Buffer
	if err := document.Annotate(ctx, &b, name, raw, m.head, m.rows); err != nil {
		return files.Content{}, err
	}
	kept, err := s.config.Files.Receive(ctx, strings.TrimSuffix(name, filepath.Ext(name))+"-错误说明.xlsx", &b)
	if fault.Is(err, fault.Invalid) { // what packs too well looks like a bomb; the report says the same
		return files.Content{}, nil
	}
	return kept, err
}

// Histories lists the actor's own files; History reads one. NotFound "import_not_found" for somebody else's.
func (s *Service) Histories(ctx context.Context, a actor.Actor) ([]HistoryBatch, error) {
	if err := mayImportHistory(a); err != nil {
		return nil, err
	}
	return postgres.Many[HistoryBatch](ctx, s.config.DB, selectHistories, pgx.StrictNamedArgs{"account": a.AccountID})
}

// History reads one file of the actor's own.
func (s *Service) History(ctx context.Context, a actor.Actor, id int64) (HistoryBatch, error) {
	b, err := postgres.One[HistoryBatch](ctx, s.config.DB, selectHistory, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && b.AccountID != a.AccountID {
		return HistoryBatch{}, fault.New(fault.NotFound, "import_not_found", "没有这次导入，请重新上传文件")
	}
	return b, err
}

// SeesHistoryFiles is the rule of files.Reader: who brought a table reads what is wrong in it.
func (s *Service) SeesHistoryFiles(ctx context.Context, a actor.Actor, of files.Object) ([]string, error) {
	_, err := s.History(ctx, a, of.ID)
	return []string{"result"}, err
}

// ConfirmHistory lets a job register the good rows. The person who checked. Conflict "import_started" the second time,
// "nothing_to_import" where no row is good.
func (s *Service) ConfirmHistory(ctx context.Context, a actor.Actor, id int64) (HistoryBatch, error) {
	var b HistoryBatch
	err := s.trail.Guard(
		ctx,
		a,
		"import_history",
		"registration_import",
		strconv.FormatInt(id, 10),
		func(ctx context.Context, tx pgx.Tx) error {
			if err := mayImportHistory(a); err != nil {
				return err
			}
			var err error
			b, err = postgres.One[HistoryBatch](ctx, tx, lockHistory, pgx.StrictNamedArgs{"id": id})
			switch {
			case errors.Is(err, pgx.ErrNoRows) || err == nil && b.AccountID != a.AccountID:
				return fault.New(fault.NotFound, "import_not_found", "没有这次导入，请重新上传文件")
			case err != nil:
				return err
			case b.State != "checked":
				return fault.New(fault.Conflict, "import_started", "这个文件已经确认导入")
			case b.Good == 0:
				return fault.New(fault.Conflict, "nothing_to_import", "没有可以导入的行，请改正后重新上传")
			}
			b.State = "running"
			if err := storeHistory(ctx, tx, b); err != nil {
				return err
			}
			if err := s.trail.Record(ctx, tx, a, "import_history", "registration_import", strconv.FormatInt(id, 10),
				map[string]any{"digest": b.Digest, "good": b.Good}); err != nil {
				return err
			}
			return s.config.Jobs.Enqueue(ctx, tx, HistoryArgs{id}, jobs.Options{})
		},
	)
	return b, err
}

// RunHistory is the worker of HistoryArgs: it registers the next rows in one transaction and hands on to the next job.
func (s *Service) RunHistory(ctx context.Context, args HistoryArgs) error {
	points, err := point.All(ctx, s.config.DB)
	if err != nil {
		return err
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := postgres.One[HistoryBatch](ctx, tx, lockHistory, pgx.StrictNamedArgs{"id": args.ID})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && b.State != "running" {
			return nil
		}
		if err != nil {
			return err
		}
		rows, _ := tx.Query(
			ctx,
			takeHistoryRows,
			pgx.StrictNamedArgs{"batch": b.ID, "limit": historyStep},
		) // its error comes back from CollectRows
		next, err := pgx.CollectRows(rows, pgx.RowTo[historic])
		if err != nil {
			return fmt.Errorf("historic rows: %w", err)
		}
		if len(next) == 0 {
			now := s.config.Now()
			b.State, b.FinishedAt = "done", &now
			if err := storeHistory(ctx, tx, b); err != nil {
				return err
			}
			return s.tell(
				ctx,
				tx,
				b.AccountID,
				"历史登记导入完成",
				fmt.Sprintf("导入 %d 项，跳过 %d 项。", b.Done-b.Skipped, b.Skipped),
				fmt.Sprintf("/registrations/history/%d", b.ID),
			)
		}
		numbers := make([]string, len(next))
		for i, h := range next {
			numbers[i] = h.Number
		}
		taken, err := registry.ByNumber(ctx, tx, numbers)
		if err != nil {
			return err
		}
		slices.SortFunc(next, func(a, b historic) int { return strings.Compare(a.Number, b.Number) })
		for _, h := range next {
			b.Done++
			if slices.ContainsFunc(taken, func(r registry.Registration) bool { return r.Number == h.Number }) {
				b.Skipped++
				b.Report.add(&b.Report.Differing, &b.Report.DifferCount, Problem{h.Row, "第 " + strconv.Itoa(h.Row) + " 行",
					"检查之后已由他人登记，未改。请重新上传文件，核对与登记簿是否相同"})
				continue
			}
			i := slices.IndexFunc(points, func(p point.Point) bool { return p.ID == h.PointID })
			if i < 0 {
				return jobs.Discard(fmt.Errorf("historic row %d: point %d is gone", h.Row, h.PointID))
			}
			if err := s.register(ctx, tx, b, h, points[i]); err != nil {
				return fmt.Errorf("historic %s: %w", h.Number, err)
			}
		}
		if err := storeHistory(ctx, tx, b); err != nil {
			return err
		}
		return s.config.Jobs.Enqueue(ctx, tx, HistoryArgs{b.ID}, jobs.Options{})
	})
}

func (s *Service) register(ctx context.Context, tx pgx.Tx, b HistoryBatch, h historic, p point.Point) error {
	on, err := time.Parse(time.DateOnly, h.On)
	if err != nil {
		return err
	}
	return s.config.Registry.AddHistoric(ctx, tx, registry.Historic{Number: h.Number, On: on, Point: p, Content: h.Content, Income: h.Income,
		Import: b.ID, File: b.FileName, Digest: b.Digest, Account: b.AccountID, Sample: b.Sample})
}
