package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// EventMove takes an open case of a suspended point to the point now competent (our choice: 办法第18–21条 only say that the
// point stops).
const EventMove Event = "move"

// Training is one training record of a member of staff (办法第16条: registrars are trained and assessed).
type Training struct {
	ID        int64
	AccountID int64
	Course    string
	HeldOn    time.Time
	Hours     int
	Passed    bool
	ValidTo   *time.Time
}

// TrainedMember is one person of a point's staff with the training records, newest first.
type TrainedMember struct {
	Member
	Training []Training
	Trained  bool // a passed record that is valid today
}

// PointFigures are the computed figures of a point's year. Days are Asia/Shanghai.
type PointFigures struct {
	Submitted  int       `json:"submitted"`
	Accepted   int       `json:"accepted"`
	Decided    int       `json:"decided"`
	Declined   int       `json:"declined"`
	Refused    int       `json:"refused"`
	Registered int       `json:"registered"` // 项数 by period entries, change legs left out
	Amount     money.Fen `json:"amountFen"`
	Technical  money.Fen `json:"technicalFen"`
	InTarget   int       `json:"inTarget"`  // decided on or before the target day
	PastLegal  int       `json:"pastLegal"` // decided after the legal limit
	Corrected  int       `json:"corrected"` // cases with a correction
	Returned   int       `json:"returned"`  // returned by the second review
	Cancelled  int       `json:"cancelled"`
	Revoked    int       `json:"revoked"`
	Staff      int       `json:"staff"`
	Trained    int       `json:"trained"` // of the staff, with a passed training in the year
}

// Assessment is the yearly sheet of a point as it was signed.
type Assessment struct {
	PointID    int64
	Year       int
	Figures    PointFigures
	Grade      string // excellent, qualified, rectify
	Opinion    string
	AssessedBy int64
	AssessedAt time.Time
}

// Grades lists the grades in order.
func Grades() [][2]string {
	return [][2]string{{"excellent", "优秀"}, {"qualified", "合格"}, {"rectify", "整改"}}
}

// overPoint reports whether the actor manages a point's staff: its head, or an officer of its area.
func overPoint(a actor.Actor, p Point) bool {
	return a.Covers(p.Division) || a.Has(actor.PointHead) && a.In(p.OrganisationID)
}

func (s *Service) managed(ctx context.Context, q postgres.Querier, a actor.Actor, id int64) (Point, error) {
	p, err := readPoint(ctx, q, id)
	if err == nil && !overPoint(a, p) {
		err = fault.New(fault.NotFound, "point_not_found", "没有这个登记点，或不在您的管辖范围")
	}
	return p, err
}

// StaffTraining lists the people of a point with their training. Head of the point, officers of its area; NotFound
// "point_not_found" for others.
func (s *Service) StaffTraining(ctx context.Context, a actor.Actor, point int64) ([]TrainedMember, error) {
	if _, err := s.managed(ctx, s.d.DB, a, point); err != nil {
		return nil, err
	}
	staff, err := s.Staff(ctx, a, point)
	if err != nil {
		return nil, err
	}
	records, err := postgres.Many[Training](ctx, s.d.DB, selectTraining, pgx.StrictNamedArgs{"point": point})
	if err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	today := clock.Date(s.d.Now())
	out := make([]TrainedMember, len(staff))
	for i, member := range staff {
		m := TrainedMember{Member: member}
		for _, t := range records {
			if t.AccountID == m.AccountID {
				m.Training = append(m.Training, t)
				m.Trained = m.Trained || t.Passed && (t.ValidTo == nil || !t.ValidTo.Before(today))
			}
		}
		out[i] = m
	}
	return out, nil
}

// AddTraining records a training. Head of the point, officers of its area. Fault: Invalid fields.
func (s *Service) AddTraining(ctx context.Context, a actor.Actor, point int64, t Training) error {
	return s.trail.Guard(ctx, a, "add_training", "point", strconv.FormatInt(point, 10), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := s.managed(ctx, tx, a, point); err != nil {
			return err
		}
		staff, err := s.Staff(ctx, a, point)
		if err != nil {
			return err
		}
		var bad fault.Fields
		bad.Check(slices.ContainsFunc(staff, func(m Member) bool { return m.AccountID == t.AccountID }), "account", "unknown", "请选择本登记点的人员")
		bad.Required("course", t.Course, "请填写培训名称")
		bad.Check(t.Hours >= 1 && t.Hours <= 1000, "hours", "range", "学时为 1 至 1000 的整数")
		bad.Check(!t.HeldOn.IsZero() && !t.HeldOn.After(clock.Date(s.d.Now())), "heldOn", "range", "培训日期不应晚于今天")
		bad.Check(t.ValidTo == nil || !t.ValidTo.Before(t.HeldOn), "validTo", "order", "有效期不应早于培训日期")
		if err := bad.Err(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertTraining, pgx.StrictNamedArgs{"point": point, "account": t.AccountID, "course": t.Course, "held_on": t.HeldOn, "hours": t.Hours,
			"passed": t.Passed, "valid_to": t.ValidTo, "by": a.AccountID, "now": s.d.Now()}); err != nil {
			return err
		}
		return s.trail.Record(ctx, tx, a, "add_training", "point", strconv.FormatInt(point, 10), map[string]any{"account": t.AccountID, "course": t.Course})
	})
}

// Figures computes a point's year. Head of the point, officers of its area.
func (s *Service) Figures(ctx context.Context, a actor.Actor, point int64, year int) (PointFigures, error) {
	staff, err := s.StaffTraining(ctx, a, point)
	if err != nil {
		return PointFigures{}, err
	}
	from := time.Date(year, 1, 1, 0, 0, 0, 0, clock.Zone())
	f, err := postgres.One[PointFigures](ctx, s.d.DB, selectFigures, pgx.StrictNamedArgs{"point": point, "from": from, "to": from.AddDate(1, 0, 0),
		"first": fmt.Sprintf("%d-01-01", year), "last": fmt.Sprintf("%d-12-31", year)})
	if err != nil {
		return f, fmt.Errorf("figures of point %d: %w", point, err)
	}
	f.Staff = len(staff)
	for _, m := range staff {
		if slices.ContainsFunc(m.Training, func(t Training) bool { return t.Passed && t.HeldOn.Year() == year }) {
			f.Trained++
		}
	}
	return f, nil
}

// Assessments lists the signed sheets of a point, newest first. Head of the point, officers of its area.
func (s *Service) Assessments(ctx context.Context, a actor.Actor, point int64) ([]Assessment, error) {
	if _, err := s.managed(ctx, s.d.DB, a, point); err != nil {
		return nil, err
	}
	return postgres.Many[Assessment](ctx, s.d.DB, selectAssessments, pgx.StrictNamedArgs{"point": point})
}

// Assess signs the sheet of a year that has ended, with the figures as they are computed now. Region officers. Faults: Invalid
// fields, Conflict "assessed" the second time.
func (s *Service) Assess(ctx context.Context, a actor.Actor, point int64, year int, grade, opinion string) error {
	return s.trail.Guard(ctx, a, "assess_point", "point", strconv.FormatInt(point, 10), func(ctx context.Context, tx pgx.Tx) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "年度考核由自治区管理员作出")
		}
		var bad fault.Fields
		bad.Check(slices.ContainsFunc(Grades(), func(g [2]string) bool { return g[0] == grade }), "grade", "unknown", "请选择考核结果")
		bad.Required("opinion", opinion, "请写明考核意见")
		bad.Check(year >= 2000 && year < clock.Date(s.d.Now()).Year(), "year", "range", "只能考核已经结束的年度")
		if err := bad.Err(); err != nil {
			return err
		}
		f, err := s.Figures(ctx, a, point, year)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, insertAssessment, pgx.StrictNamedArgs{"point": point, "year": year, "figures": f, "grade": grade, "opinion": opinion, "by": a.AccountID, "now": s.d.Now()})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Conflict, "assessed", fmt.Sprintf("%d 年度已经考核，不再更改", year))
		}
		return s.trail.Record(ctx, tx, a, "assess_point", "point", strconv.FormatInt(point, 10), map[string]any{"year": year, "grade": grade})
	})
}

// MoveCases takes the open cases of a suspended point to the points now competent, each with a record and a ledger row; its clock
// runs on. A case for which there is no other point stays. Region officers. Conflict "point_not_suspended".
func (s *Service) MoveCases(ctx context.Context, a actor.Actor, point int64) (moved, left int, err error) {
	err = s.trail.Guard(ctx, a, string(EventMove), "point", strconv.FormatInt(point, 10), func(ctx context.Context, tx pgx.Tx) error {
		moved, left = 0, 0
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "移交在办件由自治区管理员决定")
		}
		p, err := readPoint(ctx, tx, point)
		if err != nil {
			return err
		}
		if p.State != PointSuspended {
			return fault.New(fault.Conflict, "point_not_suspended", "只移交暂停受理的登记点的在办件")
		}
		open, err := postgres.Many[Filing](ctx, tx, lockOpenOfPoint, pgx.StrictNamedArgs{"point": point})
		if err != nil {
			return err
		}
		now := s.d.Now()
		for _, f := range open {
			v, err := s.d.Contracts.Frozen(ctx, tx, f.ContractID, f.ContractVersion)
			if err != nil {
				return err
			}
			to, err := rightPoint(ctx, tx, f.ApplicantOrg, v.Content.Area(), f.Sample, clock.Date(now))
			if fault.Is(err, fault.NotFound) || err == nil && to.ID == point || f.Kind == Change { // a change stays at the original point (办法第15条)
				left++
				continue
			}
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, updateFilingPoint, pgx.StrictNamedArgs{"id": f.ID, "point": to.ID, "division": to.Division, "now": now}); err != nil {
				return err
			}
			f.PointID, f.Division = to.ID, to.Division
			w := &work{tx: tx, who: a, now: now, today: clock.Date(now), part: Supervisor, filing: f, point: to, to: f.State, number: f.Number,
				note: p.Name + "暂停受理，移交" + to.Name, tell: []int64{f.Applicant}, say: "登记申请已移交" + to.Name}
			if err := s.note(ctx, w, EventMove, f.State); err != nil {
				return err
			}
			moved++
		}
		return nil
	})
	return moved, left, err
}
