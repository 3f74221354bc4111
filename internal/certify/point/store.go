package point

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/postgres"
)

const pointColumns = `id, name, kind, organisation_id, division, coalesce(serves_org, 0) as serves_org, region4, code2, state,
	address, phone, hours, number_source, second_review, coalesce(experts_from, 0) as experts_from, authorised_from, authorised_to,
	is_sample as sample, version`

const selectPoint = `select ` + pointColumns + ` from point where id = @id`

const selectPoints = `select ` + pointColumns + ` from point
	where (@league = '' or left(division, 4) = left(@league, 4))
	  and (@kind = '' or kind = @kind)
	  and (@text = '' or name ilike '%' || @text || '%' or address ilike '%' || @text || '%')
	order by division, code2, id`

const selectHosted = `select ` + pointColumns + ` from point where organisation_id = @org order by id`

const selectCandidates = `select ` + pointColumns + ` from point
	where (division = any(@path) or serves_org = @org) and state <> 'suspended' and is_sample = @sample
	  and authorised_from <= @today and (authorised_to is null or authorised_to >= @today)
	order by id`

const insertPoint = `insert into point (name, kind, organisation_id, division, serves_org, region4, code2, address, phone, hours,
		authorised_from, authorised_to, is_sample, created_at)
	values (@name, @kind, @org, @division, nullif(@serves, 0), @region4, @code2, @address, @phone, @hours, @from, @to, @sample, @now)
	returning id`

const updatePoint = `update point set name = @name, kind = @kind,
	organisation_id = @org, division = @division, serves_org = nullif(@serves, 0),
		region4 = @region4, code2 = @code2, address = @address, phone = @phone, hours = @hours, number_source = @source,
		second_review = @second_review, experts_from = nullif(@experts_from,
		0), state = @state, authorised_from = @from, authorised_to = @to, version = version + 1
	where id = @id and version = @version::bigint` // what a program sends may be larger than the column

// Read reads one point in the caller's transaction. NotFound "point_not_found".
func Read(ctx context.Context, q postgres.Querier, id int64) (Point, error) {
	p, err := postgres.One[Point](ctx, q, selectPoint, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Point{}, fault.New(fault.NotFound, "point_not_found", "没有这个登记点。请从登记点名录中选择")
	}
	return p, err
}

// All reads every point by division.
func All(ctx context.Context, q postgres.Querier) ([]Point, error) {
	return postgres.Many[Point](ctx, q, selectPoints, pgx.StrictNamedArgs{"league": "", "kind": Kind(""), "text": ""})
}

// Hosted reads the points that an organisation hosts.
func Hosted(ctx context.Context, q postgres.Querier, organisationID int64) ([]Point, error) {
	return postgres.Many[Point](ctx, q, selectHosted, pgx.StrictNamedArgs{"org": organisationID})
}

// Right finds the point that is competent on a day; see Service.Right.
func Right(ctx context.Context, q postgres.Querier, org int64, division string, sample bool, today time.Time) (Point, error) {
	path := region.Path(division)
	found, err := postgres.Many[Point](
		ctx,
		q,
		selectCandidates,
		pgx.StrictNamedArgs{"path": path, "org": org, "sample": sample, "today": today},
	)
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

func addPoint(ctx context.Context, tx pgx.Tx, p Point, now time.Time) (id int64, err error) {
	args := p.args()
	args["sample"], args["now"] = p.Sample, now
	return id, tx.QueryRow(ctx, insertPoint, args).Scan(&id)
}

func storePoint(ctx context.Context, tx pgx.Tx, p Point) error {
	args := p.args()
	args["id"], args["version"], args["source"], args["state"] = p.ID, p.Version, p.NumberSource, p.State
	args["second_review"], args["experts_from"] = p.SecondReview, p.ExpertsFrom
	tag, err := tx.Exec(ctx, updatePoint, args)
	if err == nil && tag.RowsAffected() == 0 {
		return fault.Stale()
	}
	return err
}

// --- numbers ---

const nextNumber = `insert into number_sequence (point_id, year, last) values (@point, @year, 1)
	on conflict (point_id, year) do update set last = number_sequence.last + 1 returning last`

const skipNumber = `insert into number_sequence (point_id, year, last) values (@point, @year, @serial)
	on conflict (point_id, year) do update set last = greatest(number_sequence.last, excluded.last)`

// takeNumber gives the next 16-digit number of a point and year: year, region4, point, serial (docs/rules/registration.md §7).
func takeNumber(ctx context.Context, tx pgx.Tx, p Point, year int) (string, error) {
	var serial int
	err := tx.QueryRow(ctx, nextNumber, pgx.StrictNamedArgs{"point": p.ID, "year": year}).Scan(&serial)
	if postgres.Constraint(err) == "number_sequence_last_check" {
		return "", fault.New(fault.Conflict, "numbers_used_up", "本登记点今年的编号已用完。请联系自治区管理员增设登记点代码")
	}
	if err != nil {
		return "", fmt.Errorf("take number: %w", err)
	}
	return fmt.Sprintf("%04d%s%s%06d", year, p.Region4, p.Code2, serial), nil
}

// SkipNumber takes a number out of the sequence of its point and year because it was given elsewhere.
func SkipNumber(ctx context.Context, tx pgx.Tx, point int64, year, serial int) error {
	if _, err := tx.Exec(ctx, skipNumber, pgx.StrictNamedArgs{"point": point, "year": year, "serial": serial}); err != nil {
		return fmt.Errorf("skip number: %w", err)
	}
	return nil
}
