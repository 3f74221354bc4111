package point

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

// Member is one person of a point's staff.
type Member struct {
	AccountID int64        `json:"accountId"`
	Name      string       `json:"name"`
	Roles     []actor.Role `json:"roles"` // desk roles only
}

// Staff lists the people of a point's desk: the members of its host organisation with desk roles. Members of the host
// and officers of the area. Who they are is changed where members are, in identity.
func (s *Service) Staff(ctx context.Context, a actor.Actor, id int64) ([]Member, error) {
	p, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !a.In(p.OrganisationID) && !a.Covers(p.Division) {
		return nil, fault.New(fault.Forbidden, "staff_forbidden", "登记点人员由本单位和管理员查看")
	}
	var out []Member
	var ids []int64
	for _, role := range []actor.Role{actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert} {
		accounts, err := s.config.People.AccountsOf(ctx, p.OrganisationID, role)
		if err != nil {
			return nil, err
		}
		for _, account := range accounts {
			i := slices.Index(ids, account)
			if i < 0 {
				i, ids, out = len(ids), append(ids, account), append(out, Member{AccountID: account})
			}
			out[i].Roles = append(out[i].Roles, role)
		}
	}
	names, err := s.config.People.Names(ctx, ids)
	for i := range out {
		out[i].Name = names[out[i].AccountID]
	}
	return out, err
}

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

// Figures are the computed figures of a point's year. Days are Asia/Shanghai.
type Figures struct {
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

// SchemaVersion is the form in which they are stored, see package stored.
func (Figures) SchemaVersion() int { return 1 }

// Assessment is the yearly sheet of a point as it was signed.
type Assessment struct {
	PointID    int64
	Year       int
	Figures    Figures
	Grade      string // excellent, qualified, rectify
	Opinion    string
	AssessedBy int64
	AssessedAt time.Time
}

// Grades lists the grades in order.
func Grades() [][2]string {
	return [][2]string{{"excellent", "优秀"}, {"qualified", "合格"}, {"rectify", "整改"}}
}

// Managed reads a point whose staff and work the actor manages: its head, or an officer of its area. NotFound "point_not_found" for
// others.
func Managed(ctx context.Context, q postgres.Querier, a actor.Actor, id int64) (Point, error) {
	p, err := Read(ctx, q, id)
	if err == nil && !(a.Covers(p.Division) || a.Has(actor.PointHead) && a.In(p.OrganisationID)) {
		err = fault.New(fault.NotFound, "point_not_found", "没有这个登记点，或不在您的管辖范围")
	}
	return p, err
}

// StaffTraining lists the people of a point with their training. Head of the point, officers of its area; NotFound
// "point_not_found" for others.
func (s *Service) StaffTraining(ctx context.Context, a actor.Actor, point int64) ([]TrainedMember, error) {
	if _, err := Managed(ctx, s.config.DB, a, point); err != nil {
		return nil, err
	}
	staff, err := s.Staff(ctx, a, point)
	if err != nil {
		return nil, err
	}
	records, err := postgres.Many[Training](ctx, s.config.DB, selectTraining, pgx.StrictNamedArgs{"point": point})
	if err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	today := clock.Date(s.config.Now())
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
		if _, err := Managed(ctx, tx, a, point); err != nil {
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
		bad.Check(!t.HeldOn.IsZero() && !t.HeldOn.After(clock.Date(s.config.Now())), "heldOn", "range", "培训日期不应晚于今天")
		bad.Check(t.ValidTo == nil || !t.ValidTo.Before(t.HeldOn), "validTo", "order", "有效期不应早于培训日期")
		if err := bad.Err(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertTraining,
			pgx.StrictNamedArgs{"point": point, "account": t.AccountID, "course": t.Course, "held_on": t.HeldOn, "hours": t.Hours,
				"passed": t.Passed, "valid_to": t.ValidTo, "by": a.AccountID, "now": s.config.Now()}); err != nil {
			return err
		}
		return s.trail.Record(
			ctx,
			tx,
			a,
			"add_training",
			"point",
			strconv.FormatInt(point, 10),
			map[string]any{"account": t.AccountID, "course": t.Course},
		)
	})
}

// Figures computes a point's year. Head of the point, officers of its area. Faults: Invalid year.
func (s *Service) Figures(ctx context.Context, a actor.Actor, point int64, year int) (Figures, error) {
	var bad fault.Fields
	bad.Check(year >= 2000 && year <= clock.Date(s.config.Now()).Year(), "year", "range", "请填写 2000 年以后的四位年份，不晚于今年")
	if err := bad.Err(); err != nil {
		return Figures{}, err
	}
	staff, err := s.StaffTraining(ctx, a, point)
	if err != nil {
		return Figures{}, err
	}
	f, err := s.config.Year(ctx, s.config.DB, point, year)
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
	if _, err := Managed(ctx, s.config.DB, a, point); err != nil {
		return nil, err
	}
	return postgres.Many[Assessment](ctx, s.config.DB, selectAssessments, pgx.StrictNamedArgs{"point": point})
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
		bad.Check(year >= 2000 && year < clock.Date(s.config.Now()).Year(), "year", "range", "只能考核已经结束的年度")
		if err := bad.Err(); err != nil {
			return err
		}
		f, err := s.Figures(ctx, a, point, year)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(
			ctx,
			insertAssessment,
			pgx.StrictNamedArgs{
				"point":   point,
				"year":    year,
				"figures": f,
				"grade":   grade,
				"opinion": opinion,
				"by":      a.AccountID,
				"now":     s.config.Now(),
			},
		)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fault.Newf(fault.Conflict, "assessed", "%d 年度已经考核，不再更改", year)
		}
		return s.trail.Record(ctx, tx, a, "assess_point", "point", strconv.FormatInt(point, 10), map[string]any{"year": year, "grade": grade})
	})
}
