package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// PointDeadlines counts the open cases of one point by level.
type PointDeadlines struct {
	Point  point.Point
	Counts map[deadline.Level]int
	Open   int
}

// Deadlines is the page 在办时限.
type Deadlines struct {
	Counts map[deadline.Level]int
	Open   int
	Points []PointDeadlines // most urgent first
	Urgent []UrgentCase     // past a date or near it, most urgent first; at most 100
}

// UrgentCase is one line of that page.
type UrgentCase struct {
	QueueRow
	Level     deadline.Level
	PointName string
}

// Deadlines counts the open cases of the actor's points or area by level. Staff of points, league and region officers;
// Forbidden "desk_only" for others.
func (s *Service) Deadlines(ctx context.Context, a actor.Actor) (Deadlines, error) {
	out := Deadlines{Counts: map[deadline.Level]int{}}
	if !a.Staff() && !a.Officer() {
		return out, fault.New(fault.Forbidden, "desk_only", "在办时限由登记点和管理员查看")
	}
	sc, err := s.ScopeOf(ctx, a)
	if err != nil {
		return out, err
	}
	sc.Org = 0 // the organisation's own applications are no work of the desk
	rows, err := postgres.Many[queueRow](ctx, s.config.DB, deadlineQuery(sc), deadlineArgs(sc))
	if err != nil {
		return out, fmt.Errorf("deadlines: %w", err)
	}
	days, err := deadline.Days(ctx, s.config.DB)
	if err != nil {
		return out, err
	}
	points, err := point.All(ctx, s.config.DB)
	if err != nil {
		return out, err
	}
	byID := make(map[int64]*PointDeadlines, len(points))
	for _, p := range points {
		byID[p.ID] = &PointDeadlines{Point: p, Counts: map[deadline.Level]int{}}
	}
	today := clock.Date(s.config.Now())
	for _, r := range rows {
		row := r.row(days, today)
		level := row.Due.Level
		out.Counts[level]++
		out.Open++
		p := byID[r.PointID]
		p.Counts[level]++
		p.Open++
		if level == deadline.Legal || level == deadline.Target || level == deadline.Near {
			out.Urgent = append(out.Urgent, UrgentCase{row, level, p.Point.Name})
		}
	}
	slices.SortStableFunc(out.Urgent, func(a, b UrgentCase) int { return deadline.Rank(a.Level) - deadline.Rank(b.Level) })
	out.Urgent = out.Urgent[:min(len(out.Urgent), 100)]
	for _, p := range byID {
		if p.Open > 0 {
			out.Points = append(out.Points, *p)
		}
	}
	slices.SortFunc(out.Points, func(a, b PointDeadlines) int {
		for _, l := range deadline.Levels() {
			if d := b.Counts[l] - a.Counts[l]; d != 0 {
				return d
			}
		}
		return int(a.Point.ID - b.Point.ID)
	})
	return out, nil
}

// WarnArgs is the periodic job of the clock.
type WarnArgs struct{}

// Kind names the job.
func (WarnArgs) Kind() string { return "deadline_warning" }

// RegisterJobs says which function works which of the desk's jobs.
func (s *Service) RegisterJobs(w *jobs.Workers) {
	jobs.Register(w, func(ctx context.Context, _ WarnArgs) error { return s.Warn(ctx) })
}

// Warn is the worker of WarnArgs: it tells the registrar (before a registrar took the case, all of the point) at half time and
// three working days before the end, the head of the point past the target, and the league's officers too past the legal
// limit. Each person is told once for each level and date. The system calls it every morning.
func (s *Service) Warn(ctx context.Context) error {
	rows, err := postgres.Many[queueRow](ctx, s.config.DB, deadlineQuery(Scope{Division: "15%"}), pgx.StrictNamedArgs{})
	if err != nil {
		return fmt.Errorf("warn: %w", err)
	}
	days, err := deadline.Days(ctx, s.config.DB)
	if err != nil {
		return err
	}
	today := clock.Date(s.config.Now())
	for _, r := range rows {
		row := r.row(days, today)
		level := row.Due.Level
		if level == deadline.Calm || level == deadline.Wait {
			continue
		}
		if err := s.warn(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) warn(ctx context.Context, row QueueRow) error {
	level := row.Due.Level
	p, err := point.Read(ctx, s.config.DB, row.PointID)
	if err != nil {
		return err
	}
	to := []int64{row.Registrar}
	if row.Registrar == 0 {
		if to, err = s.config.People.AccountsOf(ctx, p.OrganisationID, actor.Registrar); err != nil {
			return err
		}
	}
	if level == deadline.Target || level == deadline.Legal {
		heads, err := s.config.People.AccountsOf(ctx, p.OrganisationID, actor.PointHead)
		if err != nil {
			return err
		}
		to = append(to, heads...)
	}
	if level == deadline.Legal {
		officers, err := s.config.People.OfficersFor(ctx, p.Division)
		if err != nil {
			return err
		}
		to = append(to, officers...)
	}
	slices.Sort(to)
	to = slices.DeleteFunc(slices.Compact(to), func(account int64) bool { return account == 0 })
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		on := row.Due.On
		if level == deadline.Legal {
			on = *row.Due.LegalOn
		}
		tag, err := tx.Exec(ctx, insertWarning, pgx.StrictNamedArgs{"filing": row.ID, "level": level, "due": on, "now": s.config.Now()})
		if err != nil || tag.RowsAffected() == 0 || len(to) == 0 {
			return err
		}
		return notify.Message(ctx, tx, notify.Note{To: to, Kind: "deadline", Title: "登记时限提醒：" + warning(level), At: s.config.Now(),
			Body: row.Title + "（" + row.IntakeNo + "），" + p.Name + "，" + row.Due.Words + "。", Link: fmt.Sprintf("/filings/%d", row.ID)})
	})
}

// warning is how a message names a level that people are warned at.
func warning(l deadline.Level) string {
	return map[deadline.Level]string{deadline.Legal: "超过法定期限", deadline.Target: "超过目标期限", deadline.Near: "三个工作日内到期", deadline.Half: "时限已过半"}[l]
}
