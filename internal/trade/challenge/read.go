package challenge

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// View is a challenge with what the actor may see of it.
type View struct {
	Challenge    Challenge     `json:"challenge"`
	Questions    []Question    `json:"questions"`
	Applications []Application `json:"applications"` // after the opening: for those who judge with content, for others who applied without
	Files        []File        `json:"files"`
	Mine         *Application  `json:"mine"` // the actor's own unit's
	Panel        []Member      `json:"panel"`
	Sheets       []Sheet       `json:"sheets"`
	Ranking      []Ranked      `json:"ranking"`
	Race         *RaceResult   `json:"race"`
	Results      []Result      `json:"results"`
	Steps        []Step        `json:"steps"`
	Events       []Event       `json:"events"` // what the actor may do now
	HasKey       bool          `json:"hasKey"` // the actor's side has taken its code
	KeysTaken    int           `json:"keysTaken"`
	Given        []Side        `json:"given"` // who has given the code of the opening
	OnPanel      bool          `json:"onPanel"`
	Now          time.Time     `json:"asOf"` // of the database, which decides
}

// Read shows one challenge. Faults: NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (View, error) {
	v, err := s.read(ctx, who, id)
	if err != nil {
		return View{}, fmt.Errorf("challenge: read: %w", postgres.Fault(err))
	}
	return v, nil
}

func (s *Service) read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	b := &bench{}
	q := s.config.DB
	if b.c, err = one(ctx, q, selectChallenge, id); err != nil {
		return v, err
	}
	if err := b.read(ctx, q); err != nil {
		return v, err
	}
	if b.now, err = postgres.Now(ctx, q); err != nil {
		return v, err
	}
	var roles []string
	if who.SignedIn() {
		if roles, err = s.roles(who, b); err != nil {
			return v, err
		}
	} else if !published(b.c) {
		return v, errNotFound
	}
	args := pgx.StrictNamedArgs{"id": id}
	v = View{Challenge: b.c, Now: b.now}
	if v.Questions, err = postgres.Many[Question](ctx, q, selectQuestions, args); err != nil {
		return v, err
	}
	if v.Steps, err = postgres.Many[Step](ctx, q, selectEvents, args); err != nil {
		return v, err
	}
	if v.Files, err = postgres.Many[File](ctx, q, selectFiles, args); err != nil {
		return v, err
	}
	b.show(&v, who, roles)
	for _, m := range moves() {
		if m.from == b.c.State && m.by(roles) && m.offered(b) {
			v.Events = append(v.Events, m.on)
		}
	}
	return v, nil
}

// show fills what depends on the reader.
func (b *bench) show(v *View, who actor.Actor, roles []string) {
	v.OnPanel = slices.ContainsFunc(b.panel(), func(m Member) bool { return m.AccountID == who.AccountID })
	inside := slices.Contains(roles, RoleAsker) || slices.Contains(roles, RoleDesk)
	for i := range b.apps {
		if a := &b.apps[i]; who.In(a.OrgID) && who.Member() {
			v.Mine = a
		}
	}
	if inside {
		v.KeysTaken = len(b.keys)
		side := SideDesk
		if slices.Contains(roles, RoleAsker) {
			side = SideAsker
		}
		v.HasKey = b.key(side) != nil
		for _, k := range b.keys {
			if k.Half != "" {
				v.Given = append(v.Given, k.Side)
			}
		}
	}
	if b.c.hidden() || b.c.OpenedAt == nil {
		v.Files = nil
		return
	}
	judges := inside || v.OnPanel
	v.Files = slices.DeleteFunc(v.Files, func(f File) bool {
		return !judges && (v.Mine == nil || f.ApplicationID != v.Mine.ID)
	})
	for _, a := range b.apps {
		if a.State == AppWithdrawn {
			continue
		}
		if !judges && !who.In(a.OrgID) {
			a.Content, a.Screening, a.Loss, a.Feedback, a.DealID = nil, "", "", "", 0
		}
		v.Applications = append(v.Applications, a)
	}
	closed := panelClosed(b) == nil && len(b.members) > 0
	past := !slices.Contains([]Stage{Screening, Reviewing}, b.c.State) && len(b.members) > 0
	if past || inside {
		v.Panel = b.members
	}
	for _, sheet := range b.sheets {
		if sheet.AccountID == who.AccountID || inside && (closed || past) {
			v.Sheets = append(v.Sheets, sheet)
		}
	}
	if past || inside && closed {
		v.Ranking = b.ranking()
	}
	if teams := b.teams(); len(teams) > 0 {
		r := Judge(b.race(teams))
		v.Race, v.Results = &r, b.results
	}
}

// SeesFiles says whose papers' files the actor may read: the own unit's, and after the opening all for the asker, the desk and the panel.
func (s *Service) SeesFiles(ctx context.Context, who actor.Actor, of files.Object) (parts []string, err error) {
	v, err := s.Read(ctx, who, of.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range v.Files {
		parts = append(parts, strconv.FormatInt(f.ApplicationID, 10))
	}
	return parts, nil
}

// Paper gives one application after the opening. Before it is refused to everybody: Forbidden sealed. Faults: NotFound.
func (s *Service) Paper(ctx context.Context, who actor.Actor, id, app int64) (Application, error) {
	v, err := s.Read(ctx, who, id)
	if err != nil {
		return Application{}, err
	}
	if v.Challenge.hidden() {
		if err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return s.record(ctx, tx, who, "challenge.sealed_refused", id, map[string]any{"event": "read"})
		}); err != nil {
			return Application{}, fmt.Errorf("challenge: paper: %w", err)
		}
		return Application{}, fmt.Errorf("challenge: paper: %w", errSealed)
	}
	for _, a := range v.Applications {
		if a.ID == app && a.Content != nil {
			return a, nil
		}
	}
	return Application{}, fmt.Errorf("challenge: paper: %w", fault.New(fault.NotFound, "application_not_found", "没有找到这份申请，或它不对您公开"))
}

// Filter narrows and pages a list.
type Filter struct {
	State  Stage
	Kind   Kind
	Mode   Mode
	Field  string
	League string
	After  int64 // id of the last challenge of the page before
	Limit  int   // 1 … 100
}

// List returns the published challenges, the actor's own, and for officers those of their area that were handed in, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Challenge, error) {
	org := int64(-1)
	if who.Member() {
		org = who.OrgID
	}
	list, err := postgres.Many[Challenge](
		ctx,
		s.config.DB,
		listChallenges,
		pgx.StrictNamedArgs{"org": org, "area": who.Area(), "state": f.State,
			"kind": f.Kind, "mode": f.Mode, "field": f.Field, "league": f.League, "after": f.After, "limit": min(max(f.Limit, 1), 100)},
	)
	if err != nil {
		return nil, fmt.Errorf("challenge: list: %w", postgres.Fault(err))
	}
	return list, nil
}

// Panels are the challenges that an expert is to judge now, newest first.
func (s *Service) Panels(ctx context.Context, who actor.Actor) ([]int64, error) {
	if !who.SignedIn() {
		return nil, nil
	}
	rows, _ := s.config.DB.Query(ctx, panelOf, pgx.StrictNamedArgs{"account": who.AccountID})
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("challenge: panels: %w", postgres.Fault(err))
	}
	return ids, nil
}

// Met tells how the program sees a condition: met, not met, or "" where the applicant declares it.
func (c Condition) Met(kind actor.OrgKind, division string) string {
	var met bool
	switch c.Rule {
	case InRegion:
		met = len(division) == 6 && division[:2] == "15"
	case OfKind:
		met = slices.Contains(c.Kinds, string(kind))
	default:
		return ""
	}
	if met {
		return "met"
	}
	return "not_met"
}

func (s *Service) tell(ctx context.Context, b *bench, to []int64, title string) error {
	return s.config.Notices.Tell(ctx, b.tx, notify.Note{To: to, Kind: "challenge", Title: title + "：" + b.c.Title, Body: "请打开榜单页面查看。",
		Link: "/challenges/" + strconv.FormatInt(b.c.ID, 10), At: b.now})
}
