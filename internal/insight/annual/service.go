package annual

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// Config is what a Service needs; all fields must be set.
type Config struct {
	DB    *postgres.DB
	Audit audit.Recorder
	Now   func() time.Time
}

// Service keeps the reports.
type Service struct{ c Config }

// New builds the service.
func New(c Config) *Service { return &Service{c} }

var errNotUnit = fault.New(fault.Forbidden, "not_reporting", "年度报告由高校和科研院所的经办人或管理员编制")

// reporting tells who may write for a unit.
func reporting(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Member() || who.OrgKind != actor.University && who.OrgKind != actor.Institute:
		return errNotUnit
	}
	return nil
}

// scope is what the actor may see: all of the own unit, frozen ones of an area.
func scope(who actor.Actor, id int64) pgx.StrictNamedArgs {
	args := pgx.StrictNamedArgs{"id": id, "org": int64(0), "area": who.Area()}
	if reporting(who) == nil {
		args["org"] = who.OrgID
	}
	return args
}

// List shows the editions that the actor may see, the newest year first. Fault: Unauthorized; Forbidden not_reporting.
func (s *Service) List(ctx context.Context, who actor.Actor) ([]Report, error) {
	const op = "annual: list: %w"
	if err := reporting(who); err != nil && !who.Officer() {
		return nil, fmt.Errorf(op, err)
	}
	found, err := reports(ctx, s.c.DB, selectReports, scope(who, 0))
	if err != nil {
		return nil, fmt.Errorf(op, err)
	}
	return found, nil
}

// Read shows one edition with its figures. Who: as List. Faults: Unauthorized; NotFound annual_report.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (View, error) {
	const op = "annual: read: %w"
	if !who.SignedIn() {
		return View{}, fmt.Errorf(op, fault.SignIn())
	}
	if id == 0 {
		return View{}, fmt.Errorf(op, errNoReport)
	}
	r, err := oneReport(ctx, s.c.DB, selectReports, scope(who, id))
	if err != nil {
		return View{}, fmt.Errorf(op, err)
	}
	v, err := s.view(ctx, s.c.DB, r)
	if err != nil {
		return View{}, fmt.Errorf(op, err)
	}
	return v, nil
}

func (s *Service) view(ctx context.Context, q postgres.Querier, r Report) (View, error) {
	if r.State == Frozen {
		return View{Report: r, Figures: r.Content.Figures, Facts: r.Content.Facts, AsOf: r.Content.AsOf}, nil
	}
	now, err := facts(ctx, q, r.OrganisationID, r.Year)
	if err != nil {
		return View{}, err
	}
	before, err := facts(ctx, q, r.OrganisationID, r.Year-1)
	if err != nil {
		return View{}, err
	}
	// What was submitted for the year before stands, whatever became of its contracts since.
	var said map[string]int64
	last, err := oneReport(ctx, q, selectNewest, pgx.StrictNamedArgs{"org": r.OrganisationID, "year": r.Year - 1})
	switch {
	case err == nil && last.State == Frozen:
		before, said = last.Content.Facts, last.Content.Said.Figures
	case err != nil && !fault.Is(err, fault.NotFound):
		return View{}, err
	}
	return View{
		Report:  r,
		Figures: Draw(now, before, r.Said.Figures, said),
		Facts:   now,
		Tasks:   Tasks(now, r.Said.Figures),
		AsOf:    s.c.Now(),
	}, nil
}

// Start drafts a year. Who: members of a university or institute. Faults: Unauthorized; Forbidden not_reporting; Invalid year; Conflict
// annual_there where the year has a draft, annual_frozen where it was submitted (correct it instead).
func (s *Service) Start(ctx context.Context, who actor.Actor, year int) (id int64, err error) {
	const op = "annual: start: %w"
	if err := reporting(who); err != nil {
		return 0, fmt.Errorf(op, err)
	}
	var f fault.Fields
	f.Check(year >= 2000 && year <= clock.Local(s.c.Now()).Year(), "year", "range", "请填写四位年份，不晚于今年")
	if err := f.Err(); err != nil {
		return 0, fmt.Errorf(op, err)
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		last, err := oneReport(ctx, tx, selectNewest, pgx.StrictNamedArgs{"org": who.OrgID, "year": year})
		switch {
		case err == nil && last.State == Frozen:
			return fault.New(fault.Conflict, "annual_frozen", "这一年的报告已经提交。有错的，请在那一份里另起更正版")
		case err == nil:
			return fault.New(fault.Conflict, "annual_there", "这一年的报告已经有一份草稿，请在那一份里继续")
		case !fault.Is(err, fault.NotFound):
			return err
		}
		id, err = insert(ctx, tx, Report{OrganisationID: who.OrgID, Year: year, Edition: 1, Sample: who.Sample}, who.AccountID, s.c.Now())
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "annual.start", id, map[string]any{"year": year})
	})
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	return id, nil
}

// locked is the actor's own draft in the version he saw.
func (s *Service) locked(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64, version int) (Report, error) {
	r, err := ownLocked(ctx, tx, who.OrgID, id)
	switch {
	case err != nil:
	case r.State == Frozen:
		err = fault.Newf(fault.Conflict, "annual_frozen", "这一版已由 %s 于 %s 提交，不能再改。有错的，请另起更正版",
			r.FrozenBy, clock.Local(*r.FrozenAt).Format("2006-01-02 15:04"))
	case r.Version != version:
		err = fault.Stale()
	}
	return r, err
}

// Save keeps what a person adds to a draft. Faults: as Start; NotFound; Invalid figures and texts; Conflict annual_frozen, stale_version.
func (s *Service) Save(ctx context.Context, who actor.Actor, id int64, version int, said Said) error {
	return s.change(ctx, who, "annual.save", id, func(ctx context.Context, tx pgx.Tx) error {
		if err := said.Check(); err != nil {
			return err
		}
		if _, err := s.locked(ctx, tx, who, id, version); err != nil {
			return err
		}
		return storeSaid(ctx, tx, id, said, s.c.Now())
	})
}

// Freeze submits a draft: its figures are worked out once more and lie under a digest from then on. Of two who freeze at once one wins.
// Who: the unit's administrator. Faults: as Save; Forbidden admin_only.
func (s *Service) Freeze(ctx context.Context, who actor.Actor, id int64, version int) error {
	return s.change(ctx, who, "annual.freeze", id, func(ctx context.Context, tx pgx.Tx) error {
		if !who.Has(actor.OrgAdmin) {
			return fault.New(fault.Forbidden, "admin_only", "年度报告由单位管理员提交；请把草稿告诉管理员")
		}
		r, err := s.locked(ctx, tx, who, id, version)
		if err != nil {
			return err
		}
		v, err := s.view(ctx, tx, r)
		if err != nil {
			return err
		}
		content := Content{Unit: r.Organisation, Year: r.Year, Edition: r.Edition, Figures: v.Figures, Facts: v.Facts, Said: r.Said, Note: r.Note,
			AsOf: v.AsOf.UTC().Truncate(time.Microsecond)}
		digest, err := content.Digest()
		if err != nil {
			return err
		}
		return storeFrozen(ctx, tx, id, content, digest, who.AccountID)
	})
}

// Correct begins the next edition of a frozen one, which stays readable under its own address; note says what was wrong and why. Who: as
// Start. Faults: as Start; NotFound; Invalid note; Conflict annual_there.
func (s *Service) Correct(ctx context.Context, who actor.Actor, id int64, note string) (next int64, err error) {
	err = s.change(ctx, who, "annual.correct", id, func(ctx context.Context, tx pgx.Tx) error {
		var f fault.Fields
		note = strings.TrimSpace(note)
		f.Check(note != "" && utf8.RuneCountInString(note) <= 500, "note", "required", "请写明哪个数错了、怎样错的、改成多少，不超过 500 字")
		if err := f.Err(); err != nil {
			return err
		}
		r, err := ownLocked(ctx, tx, who.OrgID, id)
		switch {
		case err != nil:
			return err
		case r.State != Frozen:
			return fault.New(fault.Conflict, "annual_draft", "这一版还没有提交，直接修改即可")
		}
		last, err := oneReport(ctx, tx, selectNewest, pgx.StrictNamedArgs{"org": r.OrganisationID, "year": r.Year})
		switch {
		case err != nil:
			return err
		case last.ID != r.ID:
			return fault.Newf(fault.Conflict, "annual_there", "这一年已经有第 %d 版，请在那一版里继续", last.Edition)
		}
		next, err = insert(ctx, tx, Report{OrganisationID: r.OrganisationID, Year: r.Year, Edition: r.Edition + 1, Said: r.Said, Note: note,
			Sample: r.Sample}, who.AccountID, s.c.Now())
		return err
	})
	return next, err
}

func (s *Service) change(ctx context.Context, who actor.Actor, action string, id int64,
	do func(ctx context.Context, tx pgx.Tx) error) error {
	err := reporting(who)
	if err == nil {
		err = s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			if err := do(ctx, tx); err != nil {
				return err
			}
			return s.record(ctx, tx, who, action, id, nil)
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	return nil
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.c.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: "annual_report", ObjectID: strconv.FormatInt(id, 10),
		Detail: detail})
}
