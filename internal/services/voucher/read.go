package voucher

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// View is a voucher as somebody sees it who is part of it.
type View struct {
	Case     Case        `json:"voucher"`
	Scheme   Scheme      `json:"scheme"`
	Firm     string      `json:"firm"`
	Provider string      `json:"provider"`
	Issuer   string      `json:"issuer"`
	Side     Side        `json:"side"`
	Papers   []Paper     `json:"papers"`
	Steps    []Happening `json:"steps"`
	Acts     []Act       `json:"events"` // what the actor may do now
	Would    *money.Fen  `json:"wouldFen" doc:"还没有发放时：按现在的账，规则会发多少"`
	Hinders  string      `json:"hinders" doc:"按现在的账发不出的原因"`
	SameHead bool        `json:"sameLegalRepresentative" doc:"两家单位法定代表人姓名相同，发券单位可见"`
	AsOf     time.Time   `json:"asOf"`
}

// Read shows one voucher. Faults: Unauthorized, NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (View, error) {
	if !who.SignedIn() {
		return View{}, fmt.Errorf("voucher: read: %w", fault.SignIn())
	}
	v, err := s.read(ctx, who, id)
	if err != nil {
		return View{}, fmt.Errorf("voucher: read: %w", postgres.Fault(err))
	}
	return v, nil
}

func (s *Service) read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	q := s.config.DB
	if v.Case, err = oneCase(ctx, q, id, who); err != nil {
		return View{}, err
	}
	if v.Scheme, err = oneScheme(ctx, q, selectScheme, v.Case.Scheme); err != nil {
		return View{}, err
	}
	if v.Side = side(who, v.Scheme, v.Case); v.Side == nobody {
		return View{}, errNoCase
	}
	orgs, err := s.config.Directory.Organisations(ctx, []int64{v.Case.FirmOrg, v.Case.ProviderOrg, v.Scheme.OrgID})
	if err != nil {
		return View{}, err
	}
	firm, provider := orgs[v.Case.FirmOrg], orgs[v.Case.ProviderOrg]
	v.Firm, v.Provider, v.Issuer = firm.Name, provider.Name, orgs[v.Scheme.OrgID].Name
	if v.Papers, err = papersOf(ctx, q, id); err != nil {
		return View{}, err
	}
	if v.Steps, err = postgres.Many[Happening](ctx, q, selectEvents, pgx.StrictNamedArgs{"id": id}); err != nil {
		return View{}, err
	}
	v.AsOf = s.config.Now()
	if v.Case.State == StageGranted && fact.OfDate(*v.Case.DueOn) < s.today() { // the clock has not come round yet
		v.Case.State, v.Case.Held = StageExpired, 0
	}
	for _, m := range moves() {
		if m.from == v.Case.State && slices.Contains(m.sides, v.Side) && (m.on != ActRepay || v.Case.Owes > 0) {
			v.Acts = append(v.Acts, m.on)
		}
	}
	if v.Case.State == StageApplied {
		head := firm.Profile.LegalRepresentative
		v.SameHead = v.Side == Desk && head != "" && head == provider.Profile.LegalRepresentative
		return v, s.foresee(ctx, &v)
	}
	return v, nil
}

// foresee says what the rule would grant on the books of this moment; nothing is promised.
func (s *Service) foresee(ctx context.Context, v *View) error {
	near, err := s.around(ctx, v.Scheme, v.Case)
	if err != nil {
		return err
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, out, err := s.try(ctx, &bench{tx: tx, scheme: v.Scheme, now: v.AsOf, near: near}, v.Case)
		if err != nil {
			return err
		}
		v.Would = out.Amount
		if out.Refusal != nil {
			v.Hinders = fault.Words(refusal(*out.Refusal))
		}
		return nil
	})
}

// SeesFiles is the rule of files.Reader: who sees a voucher reads its papers. Faults: Unauthorized, NotFound.
func (s *Service) SeesFiles(ctx context.Context, who actor.Actor, of files.Object) ([]string, error) {
	if _, err := s.Read(ctx, who, of.ID); err != nil {
		return nil, err
	}
	return []string{"paper"}, nil
}

// Filter narrows and pages a list.
type Filter struct {
	State  Stage
	Scheme int64 // 0: all
	After  int64 // id of the last voucher of the page before
	Limit  int   // 1 … 100
}

// Item is a voucher in a list, with the names of its units.
type Item struct {
	Case
	Firm     string `json:"firm"`
	Provider string `json:"provider"`
	Side     Side   `json:"side"`
}

// List returns the vouchers that the actor is part of or watches over, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Item, error) {
	const op = "voucher: list: %w"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op, fault.SignIn())
	}
	args := scope(who)
	args["state"], args["scheme"], args["after"], args["limit"] = f.State, f.Scheme, f.After, min(max(f.Limit, 1), 100)
	list, err := postgres.Many[Case](ctx, s.config.DB, listCases, args)
	if err != nil {
		return nil, fmt.Errorf(op, postgres.Fault(err))
	}
	out, err := s.items(ctx, who, list)
	if err != nil {
		return nil, fmt.Errorf(op, err)
	}
	return out, nil
}

func (s *Service) items(ctx context.Context, who actor.Actor, list []Case) ([]Item, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var ids []int64
	for _, c := range list {
		ids = append(ids, c.FirmOrg, c.ProviderOrg)
	}
	orgs, err := s.config.Directory.Organisations(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(list))
	for i, c := range list {
		out[i] = Item{Case: c, Firm: orgs[c.FirmOrg].Name, Provider: orgs[c.ProviderOrg].Name, Side: Above}
		switch {
		case who.Member() && who.In(c.FirmOrg):
			out[i].Side = Firm
		case who.Member() && who.In(c.ProviderOrg):
			out[i].Side = Provider
		}
	}
	return out, nil
}

// Awaiting lists the vouchers at a step that the actor's unit takes, the first to end before others. Members and officers; others have
// none.
func (s *Service) Awaiting(ctx context.Context, who actor.Actor) ([]Item, error) {
	if !who.Member() && !who.Officer() {
		return nil, nil
	}
	args := scope(who)
	args["desk"] = who.Officer()
	list, err := postgres.Many[Case](ctx, s.config.DB, waitingCases, args)
	if err != nil {
		return nil, fmt.Errorf("voucher: awaiting: %w", postgres.Fault(err))
	}
	out, err := s.items(ctx, who, list)
	if err != nil {
		return nil, fmt.Errorf("voucher: awaiting: %w", err)
	}
	return out, nil
}

// Count is how many vouchers stand at a stage, and their sums.
type Count struct {
	State  Stage     `json:"state"`
	N      int       `json:"count"`
	Amount money.Fen `json:"amountFen"`
	Paid   money.Fen `json:"paidFen"`
	Owes   money.Fen `json:"owesFen"`
}

// Counts are the figures of what the actor sees, by stage in the order of life. Scheme 0: of all.
func (s *Service) Counts(ctx context.Context, who actor.Actor, scheme int64) ([]Count, error) {
	if !who.SignedIn() {
		return nil, fmt.Errorf("voucher: counts: %w", fault.SignIn())
	}
	args := scope(who)
	args["scheme"] = scheme
	out, err := postgres.Many[Count](ctx, s.config.DB, countCases, args)
	if err != nil {
		return nil, fmt.Errorf("voucher: counts: %w", postgres.Fault(err))
	}
	order := Stages()
	slices.SortFunc(out, func(a, b Count) int { return slices.Index(order, a.State) - slices.Index(order, b.State) })
	return out, nil
}

// Shown is a scheme with its issuer.
type Shown struct {
	Scheme
	Issuer string `json:"issuer"`
}

// Schemes lists schemes, newest first; without all only those that are not over. Everybody may.
func (s *Service) Schemes(ctx context.Context, org int64, all bool, after int64, limit int) ([]Shown, error) {
	list, err := postgres.Many[Scheme](ctx, s.config.DB, listSchemes, pgx.StrictNamedArgs{"org": org, "all": all, "after": after,
		"today": s.today().Date(), "limit": min(max(limit, 1), 100)})
	if err != nil {
		return nil, fmt.Errorf("voucher: schemes: %w", postgres.Fault(err))
	}
	return s.shown(ctx, list)
}

func (s *Service) shown(ctx context.Context, list []Scheme) ([]Shown, error) {
	var ids []int64
	for _, x := range list {
		ids = append(ids, x.OrgID)
	}
	orgs, err := s.config.Directory.Organisations(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("voucher: schemes: %w", err)
	}
	out := make([]Shown, len(list))
	for i, x := range list {
		out[i] = Shown{x, orgs[x.OrgID].Name}
	}
	return out, nil
}

// ReadScheme shows one scheme to everybody. Fault: NotFound.
func (s *Service) ReadScheme(ctx context.Context, id int64) (Shown, error) {
	x, err := oneScheme(ctx, s.config.DB, selectScheme, id)
	if err != nil {
		return Shown{}, fmt.Errorf("voucher: read scheme: %w", postgres.Fault(err))
	}
	list, err := s.shown(ctx, []Scheme{x})
	if err != nil {
		return Shown{}, err
	}
	return list[0], nil
}

// Today is the day by this service's clock.
func (s *Service) Today() time.Time { return s.today().Date() }

// Replay gives what `techmarket replay voucher` asks for: the scheme with every step that the rule decided, so that anybody comes to the
// same account. Who: officers of the issuer and above. Faults: Unauthorized, NotFound.
func (s *Service) Replay(ctx context.Context, who actor.Actor, id int64) (Facts, error) {
	const op = "voucher: replay: %w"
	if !who.SignedIn() {
		return Facts{}, fmt.Errorf(op, fault.SignIn())
	}
	x, err := oneScheme(ctx, s.config.DB, selectScheme, id)
	if err == nil && (!who.Officer() || !who.In(x.OrgID) && !who.Covers(x.Division)) {
		err = errNoScheme
	}
	var rows []ruled
	if err == nil {
		rows, err = postgres.Many[ruled](ctx, s.config.DB, selectRuled, pgx.StrictNamedArgs{"id": id})
	}
	if err != nil {
		return Facts{}, fmt.Errorf(op, postgres.Fault(err))
	}
	f := Facts{Policy: x.Policy([]string{}), Groups: []Member{}, AsOf: s.today(), Events: []Event{}}
	for _, r := range rows {
		e := Event{Event: string(r.Act), On: fact.DayOf(r.At), Voucher: strconv.FormatInt(r.Voucher, 10)}
		switch r.Act {
		case ActGrant:
			e.Event, e.Firm, e.Provider, e.Kind, e.Contract = Apply, name(r.Firm), name(r.Provider), r.Kind, r.Contract
			if !slices.Contains(f.Policy.Providers, e.Provider) {
				f.Policy.Providers = append(f.Policy.Providers, e.Provider)
			}
		case ActClaim:
			e.Paid = r.Said
		case ActRepay:
			e.Amount = r.Said
		case ActVoid:
			e.Event, e.Reason = Annul, true
		}
		f.Events = append(f.Events, e)
	}
	return f, nil
}

// Tick expires what was not used in time. It may come late or twice.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	due, err := postgres.Many[struct{ ID int64 }](ctx, s.config.DB, dueSchemes, pgx.StrictNamedArgs{"today": s.today().Date()})
	if err != nil {
		return 0, fmt.Errorf("voucher: tick: %w", postgres.Fault(err))
	}
	for _, d := range due {
		err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			_, err := s.open(ctx, tx, d.ID)
			return err
		})
		if err != nil {
			return n, fmt.Errorf("voucher: tick: %w", err)
		}
		n++
	}
	return n, nil
}
