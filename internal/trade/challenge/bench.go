package challenge

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// bench is a challenge under its lock, with all that its steps look at.
type bench struct {
	tx      pgx.Tx
	now     time.Time // of the database, read after the lock
	c       Challenge
	keys    []heldKey
	apps    []Application
	members []Member
	sheets  []Sheet
	results []Result
	detail  map[string]any // of the event
}

func (s *Service) lock(ctx context.Context, tx pgx.Tx, id int64) (b *bench, err error) {
	b = &bench{tx: tx}
	if b.c, err = one(ctx, tx, lockedChallenge, id); err != nil {
		return nil, err
	}
	if b.now, err = postgres.Now(ctx, tx); err != nil {
		return nil, err
	}
	return b, b.read(ctx, tx)
}

func (b *bench) read(ctx context.Context, q postgres.Querier) (err error) {
	args := pgx.StrictNamedArgs{"id": b.c.ID}
	if b.keys, err = postgres.Many[heldKey](ctx, q, selectKeys, pgx.StrictNamedArgs{"id": b.c.ID, "round": b.c.Round}); err != nil {
		return err
	}
	if b.apps, err = postgres.Many[Application](ctx, q, selectApplications, args); err != nil {
		return err
	}
	if b.members, err = postgres.Many[Member](ctx, q, selectMembers, args); err != nil {
		return err
	}
	if b.sheets, err = postgres.Many[Sheet](ctx, q, selectSheets, args); err != nil {
		return err
	}
	b.results, err = postgres.Many[Result](ctx, q, selectResults, args)
	return err
}

func (b *bench) key(side Side) *heldKey {
	for i := range b.keys {
		if b.keys[i].Side == side {
			return &b.keys[i]
		}
	}
	return nil
}

func (b *bench) in(states ...AppState) (out []Application) {
	for _, a := range b.apps {
		if slices.Contains(states, a.State) {
			out = append(out, a)
		}
	}
	return out
}

// teams are those who run or ran.
func (b *bench) teams() []Application {
	return b.in(AppContracted, AppEliminated, AppAccepted, AppEnded)
}

func (b *bench) app(id int64) (*Application, error) {
	for i := range b.apps {
		if b.apps[i].ID == id {
			return &b.apps[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "application_not_found", "没有找到这份申请，请从榜单页面重新打开")
}

func (b *bench) panel() (out []Member) {
	for _, m := range b.members {
		if m.State == Active {
			out = append(out, m)
		}
	}
	return out
}

func (b *bench) sheet(app, account int64) *Sheet {
	for i, s := range b.sheets {
		if s.ApplicationID == app && s.AccountID == account {
			return &b.sheets[i]
		}
	}
	return nil
}

func (b *bench) today() fact.Day { return fact.DayOf(b.now) }

// become moves an application along its table.
func (b *bench) become(ctx context.Context, a *Application, on Event, to AppState) error {
	if !mayBecome(a.State, on, to) {
		return conflict("wrong_application_state", "这份申请现在的状态不能这样办理，请刷新页面")
	}
	a.State = to
	return a.store(ctx, b.tx, b.now)
}

// race puts stored facts into the state of the rule, with these teams.
func (b *bench) race(apps []Application) Race {
	c := b.c.Content
	r := Race{Purse: b.c.Purse, MinTeams: 1, MaxTeams: len(apps), PassMark: c.PassMark, Rule: KeepPassMark, Unpaid: UnpaidBack,
		Extended: b.c.Round > 1, AsOf: b.today()}
	if b.c.Mode == Horses {
		r.MinTeams, r.Rule, r.Unpaid = minTeams, c.Rule, c.Unpaid
		if c.Rule == KeepBest {
			r.Keep = &c.Keep
		}
		if b.c.Choice == ChooseSingle {
			r.Choice = &b.c.Choice
		}
		if len(b.teams()) > 0 { // it runs; one of two winners may have declined
			r.MinTeams = 1
		}
	}
	for _, a := range apps {
		r.Teams = append(r.Teams, teamOf(a.ID))
	}
	for i, n := range c.Nodes {
		node := Node{ID: strconv.Itoa(i + 1), Due: n.Due, GraceDays: n.GraceDays, Tranche: n.Tranche}
		for _, row := range b.results {
			on := fact.DayOf(row.On)
			switch {
			case row.Node != i+1:
			case row.Kind == Score:
				node.Results = append(node.Results, Row{Event: RowScore, Team: teamOf(row.ApplicationID), On: on, Score: row.Score})
			case row.Kind == Postpone:
				node.Results = append(node.Results, Row{Event: RowPostpone, Team: teamOf(row.ApplicationID), On: on, To: fact.DayOf(*row.To),
					Agreed: true})
			}
		}
		r.Nodes = append(r.Nodes, node)
	}
	for i, row := range b.results {
		if row.Kind == PaidOut {
			r.Claims = append(r.Claims, Claim{ID: strconv.Itoa(i), Team: teamOf(row.ApplicationID), Node: strconv.Itoa(row.Node),
				Amount: row.Amount, On: fact.DayOf(row.On)})
		}
	}
	return r
}

func teamOf(app int64) string { return strconv.FormatInt(app, 10) }
