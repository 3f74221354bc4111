package point

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// People knows who works where. It is asked outside transactions.
type People interface {
	AccountsOf(ctx context.Context, orgID int64, roles ...actor.Role) ([]int64, error)
	Names(ctx context.Context, accounts []int64) (map[int64]string, error)
}

// Config is what a Service needs.
type Config struct {
	DB     *postgres.DB
	Audit  audit.Recorder
	People People
	Now    func() time.Time
	Year   func(ctx context.Context, q postgres.Querier, point int64, year int) (Figures, error) // what the desk did in a year
}

// Service keeps the directory of points.
type Service struct {
	config Config
	trail  audit.Trail
}

// New builds the service.
func New(c Config) *Service {
	return &Service{config: c, trail: audit.Trail{DB: c.DB, Recorder: c.Audit, Now: c.Now, Room: "registry"}}
}

// Filter narrows the directory.
type Filter struct {
	League string // division of a league: its own points and its counties'
	Kind   Kind
	Text   string
}

// List reads the directory by division. Anybody may call it.
func (s *Service) List(ctx context.Context, f Filter) ([]Point, error) {
	return postgres.Many[Point](
		ctx,
		s.config.DB,
		selectPoints,
		pgx.StrictNamedArgs{"league": f.League, "kind": f.Kind, "text": postgres.Literal(f.Text)},
	)
}

// Get reads one point. Anybody may call it. NotFound "point_not_found".
func (s *Service) Get(ctx context.Context, id int64) (Point, error) {
	return Read(ctx, s.config.DB, id)
}

// Hosted lists the points an organisation hosts: the desks its staff works at. Anybody may call it.
func (s *Service) Hosted(ctx context.Context, organisationID int64) ([]Point, error) {
	return Hosted(ctx, s.config.DB, organisationID)
}

// Save adds or edits a point. Region officers only. Faults: Invalid fields, Conflict "stale_version",
// "point_code_taken", NotFound "point_not_found".
func (s *Service) Save(ctx context.Context, a actor.Actor, in Input) (Point, error) {
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
			p.Sample, p.State, p.NumberSource, p.SecondReview, p.Version = a.Sample, Normal, OwnNumbers, ReviewerOnly, 1
			p.ID, err = addPoint(ctx, tx, p, s.config.Now())
		} else {
			var old Point
			if old, err = Read(ctx, tx, in.ID); err != nil {
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

// SetState moves a point to normal, rectifying or suspended with a reason (办法第16、18–21条). Region officers only.
func (s *Service) SetState(ctx context.Context, a actor.Actor, id int64, version int, to State, reason string) (Point, error) {
	return s.change(ctx, a, id, version, "set_point_state", func(p *Point) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "登记点状态由自治区管理员决定")
		}
		var f fault.Fields
		f.Required("reason", reason, "请写明理由")
		f.Check(slices.Contains([]State{Normal, Rectifying, Suspended}, to), "state", "unknown", "请选择正常、整改或暂停")
		p.State = to
		return f.Err()
	}, map[string]any{"state": to, "reason": reason})
}

// SaveSettings changes what the point decides itself. Its head or a region officer. Faults: Invalid fields (the amount
// for the experts above the large amount of the policy in force).
func (s *Service) SaveSettings(ctx context.Context, a actor.Actor, id int64, in Settings) (Point, error) {
	policy, err := deadline.InForce(ctx, s.config.DB, clock.Date(s.config.Now()))
	if err != nil {
		return Point{}, err
	}
	return s.change(ctx, a, id, in.Version, "save_point_settings", func(p *Point) error {
		if !a.Has(actor.RegionOfficer) && !(a.Has(actor.PointHead) && a.In(p.OrganisationID)) {
			return fault.New(fault.Forbidden, "head_only", "登记点设置由登记点负责人修改")
		}
		var f fault.Fields
		f.Check(in.NumberSource == OwnNumbers || in.NumberSource == NationalNumbers, "numberSource", "unknown", "请选择本点编号或录入国家系统编号")
		f.Check(in.SecondReview == ReviewerOnly || in.SecondReview == ReviewerOrHead, "secondReview", "unknown", "请选择由谁复核")
		f.Checkf(
			in.ExpertsFrom >= 0 && in.ExpertsFrom <= policy.LargeAmount,
			"expertsFromFen",
			"range",
			"交专家评审的界线不能高于全区的大额界线 %s，可以更低或留空", policy.LargeAmount.Short(),
		)
		p.NumberSource = in.NumberSource
		p.SecondReview = in.SecondReview
		p.ExpertsFrom = in.ExpertsFrom
		p.Address = in.Address
		f.Check(codes.IsPhone(in.Phone), "phone", "format", "电话"+codes.PhoneMend)
		p.Phone = codes.TidyPhone(in.Phone)
		p.Hours = in.Hours
		return f.Err()
	}, map[string]any{"numberSource": in.NumberSource, "secondReview": in.SecondReview, "expertsFromFen": in.ExpertsFrom})
}

func (s *Service) change(
	ctx context.Context,
	a actor.Actor,
	id int64,
	version int,
	event string,
	decide func(*Point) error,
	detail map[string]any,
) (Point, error) {
	var saved Point
	err := s.trail.Guard(ctx, a, event, "point", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		p, err := Read(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := decide(&p); err != nil {
			return err
		}
		p.Version = version
		if err := storePoint(ctx, tx, p); err != nil {
			return err
		}
		p.Version++
		saved = p
		return s.trail.Record(ctx, tx, a, event, "point", strconv.FormatInt(id, 10), detail)
	})
	return saved, err
}

// Right proposes where an organisation of that division files: its own university or institute point, then the
// point of its county (or zone), league, region (docs/rules/registration.md §2: order is our choice). Suspended points and points
// out of their authorisation are passed over. Sample organisations go to sample points. NotFound "no_point".
func (s *Service) Right(ctx context.Context, organisationID int64, division string, sample bool) (Point, error) {
	return Right(ctx, s.config.DB, organisationID, division, sample, clock.Date(s.config.Now()))
}

// GiveNumber takes the next number of the point's own sequence, or checks the one made by the national system: pattern,
// this year, this point; the own sequence then skips past it (docs/rules/registration.md §7). Faults: Invalid "number_format",
// Conflict "numbers_used_up".
func GiveNumber(ctx context.Context, tx pgx.Tx, p Point, year int, national string) (string, error) {
	if p.NumberSource == OwnNumbers {
		if national != "" {
			return "", fault.New(fault.Invalid, "number_format", "本登记点自行编号，不需要录入编号")
		}
		return takeNumber(ctx, tx, p, year)
	}
	prefix := fmt.Sprintf("%04d%s%s", year, p.Region4, p.Code2)
	national = strings.ReplaceAll(strings.TrimSpace(national), " ", "")
	serial, err := strconv.Atoi(strings.TrimPrefix(national, prefix))
	if err != nil || len(national) != 16 || !strings.HasPrefix(national, prefix) || serial < 1 {
		f := fault.New(fault.Invalid, "number_format", "登记编号不符合规则")
		f.Fields = []fault.Field{fault.At("number", "format", "编号为 16 位数字，本点今年的编号以 %s 开头", prefix)}
		return "", f
	}
	return national, SkipNumber(ctx, tx, p.ID, year, serial)
}
