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
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/postgres"
)

// PointFilter narrows the directory.
type PointFilter struct {
	League string // division of a league: its own points and its counties'
	Kind   PointKind
	Text   string
}

// Points lists the directory by division. Anybody may call it.
func (s *Service) Points(ctx context.Context, f PointFilter) ([]Point, error) {
	return postgres.Many[Point](ctx, s.d.DB, selectPoints, pgx.StrictNamedArgs{"league": f.League, "kind": f.Kind, "text": postgres.Literal(f.Text)})
}

// Point reads one point. Anybody may call it. NotFound "point_not_found".
func (s *Service) Point(ctx context.Context, id int64) (Point, error) {
	return readPoint(ctx, s.d.DB, id)
}

// Hosted lists the points an organisation hosts: the desks its staff works at. Anybody may call it.
func (s *Service) Hosted(ctx context.Context, organisationID int64) ([]Point, error) {
	return postgres.Many[Point](ctx, s.d.DB, selectHosted, pgx.StrictNamedArgs{"org": organisationID})
}

// SavePoint adds or edits a point. Region officers only. Faults: Invalid fields, Conflict "stale_version",
// "point_code_taken", NotFound "point_not_found".
func (s *Service) SavePoint(ctx context.Context, a actor.Actor, in PointInput) (Point, error) {
	var saved Point
	err := s.trail.Guard(ctx, a, "save_point", "point", strconv.FormatInt(in.ID, 10), func(ctx context.Context, tx pgx.Tx) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "登记点由自治区管理员设立和变更")
		}
		p, err := in.point()
		if err != nil {
			return err
		}
		if in.ID == 0 {
			p.Sample, p.State, p.NumberSource, p.SecondReview, p.Version = a.Sample, PointNormal, OwnNumbers, ReviewerOnly, 1
			p.ID, err = addPoint(ctx, tx, p, s.d.Now())
		} else {
			var old Point
			if old, err = readPoint(ctx, tx, in.ID); err != nil {
				return err
			}
			p.ID, p.Version, p.State, p.Sample = in.ID, in.Version, old.State, old.Sample
			p.NumberSource, p.SecondReview, p.ExpertsFrom = old.NumberSource, old.SecondReview, old.ExpertsFrom
			err = storePoint(ctx, tx, p)
			p.Version++
		}
		if postgres.Constraint(err) == "point_region4_code2_key" {
			return fault.New(fault.Conflict, "point_code_taken", "该盟市已有登记点使用这个两位代码，请换一个")
		}
		if err != nil {
			return err
		}
		saved = p
		return s.trail.Record(ctx, tx, a, "save_point", "point", strconv.FormatInt(p.ID, 10), map[string]any{"version": p.Version})
	})
	return saved, err
}

func (in PointInput) point() (Point, error) {
	var f fault.Fields
	f.Required("name", in.Name, "请填写登记点名称")
	f.Check(in.OrganisationID != 0, "organisationId", "required", "请选择主办单位")
	d, known := region.Get(in.Division)
	f.Check(known, "division", "unknown", "请选择内蒙古的盟市或旗县")
	kinds := []PointKind{RegionPoint, LeaguePoint, CountyPoint, UniversityPoint, InstitutePoint, ZonePoint}
	f.Check(slices.Contains(kinds, in.Kind), "kind", "unknown", "请选择登记点类别")
	if own := in.Kind == UniversityPoint || in.Kind == InstitutePoint; own {
		f.Check(in.ServesOrg != 0, "servesOrgId", "required", "高校、院所登记点须选择所服务的单位")
	} else {
		f.Check(in.ServesOrg == 0, "servesOrgId", "not_empty", "只有高校、院所登记点服务单一单位")
	}
	_, err := strconv.ParseUint(in.Code2, 10, 8)
	f.Check(err == nil && len(in.Code2) == 2, "code2", "format", "登记点代码是两位数字，如 03")
	from, err := time.Parse(time.DateOnly, in.AuthorisedFrom)
	f.Check(err == nil, "authorisedFrom", "format", "请填写授权起始日期，如 2026-01-01")
	p := Point{Name: in.Name, Kind: in.Kind, OrganisationID: in.OrganisationID, Division: in.Division, ServesOrg: in.ServesOrg, Code2: in.Code2,
		Address: in.Address, Phone: in.Phone, Hours: in.Hours, AuthorisedFrom: from}
	if in.AuthorisedTo != "" {
		to, err := time.Parse(time.DateOnly, in.AuthorisedTo)
		f.Check(err == nil && !to.Before(from), "authorisedTo", "format", "授权截止日期应不早于起始日期")
		p.AuthorisedTo = &to
	}
	if known {
		p.Region4 = d.Code[:4]
	}
	return p, f.Err()
}

// SetPointState moves a point to normal, rectifying or suspended with a reason (办法第16、18–21条). Region officers only.
func (s *Service) SetPointState(ctx context.Context, a actor.Actor, id int64, version int, to PointState, reason string) (Point, error) {
	return s.changePoint(ctx, a, id, version, "set_point_state", func(p *Point) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "登记点状态由自治区管理员决定")
		}
		var f fault.Fields
		f.Required("reason", reason, "请写明理由")
		f.Check(slices.Contains([]PointState{PointNormal, PointRectifying, PointSuspended}, to), "state", "unknown", "请选择正常、整改或暂停")
		p.State = to
		return f.Err()
	}, map[string]any{"state": to, "reason": reason})
}

// SavePointSettings changes what the point decides itself. Its head or a region officer. Faults: Invalid fields (the amount
// for the experts above the large amount of the policy in force).
func (s *Service) SavePointSettings(ctx context.Context, a actor.Actor, id int64, in PointSettings) (Point, error) {
	policy, err := postgres.One[Policy](ctx, s.d.DB, selectPolicyOn, pgx.StrictNamedArgs{"day": clock.Date(s.d.Now())})
	if err != nil {
		return Point{}, fmt.Errorf("policy in force: %w", err)
	}
	return s.changePoint(ctx, a, id, in.Version, "save_point_settings", func(p *Point) error {
		if !a.Has(actor.RegionOfficer) && !(a.Has(actor.PointHead) && a.In(p.OrganisationID)) {
			return fault.New(fault.Forbidden, "head_only", "登记点设置由登记点负责人修改")
		}
		var f fault.Fields
		f.Check(in.NumberSource == OwnNumbers || in.NumberSource == NationalNumbers, "numberSource", "unknown", "请选择本点编号或录入国家系统编号")
		f.Check(in.SecondReview == ReviewerOnly || in.SecondReview == ReviewerOrHead, "secondReview", "unknown", "请选择由谁复核")
		f.Check(in.ExpertsFrom >= 0 && in.ExpertsFrom <= policy.LargeAmount, "expertsFromFen", "range", "交专家评审的界线不能高于全区的大额界线 "+policy.LargeAmount.Short()+"，可以更低或留空")
		p.NumberSource, p.SecondReview, p.ExpertsFrom, p.Address, p.Phone, p.Hours = in.NumberSource, in.SecondReview, in.ExpertsFrom, in.Address, in.Phone, in.Hours
		return f.Err()
	}, map[string]any{"numberSource": in.NumberSource, "secondReview": in.SecondReview, "expertsFromFen": in.ExpertsFrom})
}

// expertsFrom is the T from which a case of the point goes to the experts: its own amount, never above the policy's.
func (p Point) expertsFrom(policy Policy) money.Fen {
	if p.ExpertsFrom > 0 {
		return min(p.ExpertsFrom, policy.LargeAmount)
	}
	return policy.LargeAmount
}

func (s *Service) changePoint(ctx context.Context, a actor.Actor, id int64, version int, event Event, change func(*Point) error, detail map[string]any) (Point, error) {
	var saved Point
	err := s.trail.Guard(ctx, a, string(event), "point", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		p, err := readPoint(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		p.Version = version
		if err := storePoint(ctx, tx, p); err != nil {
			return err
		}
		p.Version++
		saved = p
		return s.trail.Record(ctx, tx, a, string(event), "point", strconv.FormatInt(id, 10), detail)
	})
	return saved, err
}

// RightPoint proposes where an organisation of that division files: its own university or institute point, then the
// point of its county (or zone), league, region (registration.md B5: order is our choice). Suspended points and points
// out of their authorisation are passed over. Sample organisations go to sample points. NotFound "no_point".
func (s *Service) RightPoint(ctx context.Context, organisationID int64, division string, sample bool) (Point, error) {
	return rightPoint(ctx, s.d.DB, organisationID, division, sample, clock.Date(s.d.Now()))
}

func rightPoint(ctx context.Context, q postgres.Querier, org int64, division string, sample bool, today time.Time) (Point, error) {
	path := region.Path(division)
	found, err := postgres.Many[Point](ctx, q, selectCandidates, pgx.StrictNamedArgs{"path": path, "org": org, "sample": sample, "today": today})
	if err != nil {
		return Point{}, err
	}
	for _, p := range found {
		if p.ServesOrg != 0 && p.ServesOrg == org {
			return p, nil
		}
	}
	for _, area := range path {
		for _, p := range found {
			if p.Division == area && p.ServesOrg == 0 {
				return p, nil
			}
		}
	}
	return Point{}, fault.New(fault.NotFound, "no_point", "您所在地区还没有可受理的登记点，请联系自治区科技厅")
}

// Member is one person of a point's staff.
type Member struct {
	AccountID int64        `json:"accountId"`
	Name      string       `json:"name"`
	Roles     []actor.Role `json:"roles"` // desk roles only
}

// Staff lists the people of a point's desk: the members of its host organisation with desk roles. Members of the host
// and officers of the area. Who they are is changed where members are, in identity.
func (s *Service) Staff(ctx context.Context, a actor.Actor, id int64) ([]Member, error) {
	p, err := s.Point(ctx, id)
	if err != nil {
		return nil, err
	}
	if !a.In(p.OrganisationID) && !a.Covers(p.Division) {
		return nil, fault.New(fault.Forbidden, "staff_forbidden", "登记点人员由本单位和管理员查看")
	}
	var out []Member
	var ids []int64
	for _, role := range []actor.Role{actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert} {
		accounts, err := s.d.People.AccountsOf(ctx, p.OrganisationID, role)
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
	names, err := s.d.People.Names(ctx, ids)
	for i := range out {
		out[i].Name = names[out[i].AccountID]
	}
	return out, err
}

// Holiday is a day on which the week says one thing and the State Council's notice another.
type Holiday struct {
	Day  time.Time `json:"day"`
	Kind string    `json:"kind"` // holiday, workday
	Name string    `json:"name"`
}

// SaveHolidays adds or corrects days of the calendar. Region officers only. Running clocks keep their dates.
func (s *Service) SaveHolidays(ctx context.Context, a actor.Actor, days []Holiday) error {
	return s.trail.Guard(ctx, a, "save_holidays", "holiday", "", func(ctx context.Context, tx pgx.Tx) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "节假日表由自治区管理员维护")
		}
		for i, d := range days {
			if d.Kind != clock.Holiday && d.Kind != clock.Workday {
				var f fault.Fields
				f.Add("days["+strconv.Itoa(i)+"].kind", "unknown", "请选择放假或调休上班")
				return f.Err()
			}
			if _, err := tx.Exec(ctx, upsertHoliday, pgx.StrictNamedArgs{"day": d.Day, "kind": d.Kind, "name": d.Name}); err != nil {
				return err
			}
		}
		return s.trail.Record(ctx, tx, a, "save_holidays", "holiday", "", map[string]any{"days": len(days)})
	})
}
