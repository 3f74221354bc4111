package finance

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// View is a request as one of its sides sees it.
type View struct {
	Request Request  `json:"request"`
	Firm    string   `json:"firm"`
	Bank    string   `json:"bank"`
	Side    Side     `json:"side"`
	Open    bool     `json:"consentOpen"`
	Numbers []string `json:"records" doc:"授权查看的登记编号；授权终止后银行看不到"`
	Steps   []Step   `json:"steps"`
	Events  []Event  `json:"events"`
}

// Read shows one request to its two sides. Faults: Unauthorized, NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	const op = "finance: read: %w"
	if !who.SignedIn() {
		return v, fmt.Errorf(op, fault.SignIn())
	}
	if v.Request, err = one(ctx, s.config.DB, selectRequest, id, who); err != nil {
		return View{}, fmt.Errorf(op, postgres.Fault(err))
	}
	v.Side, v.Open = v.Request.side(who), v.Request.Open(s.today())
	orgs, err := s.config.Directory.Organisations(ctx, []int64{v.Request.FirmOrg, v.Request.BankOrg})
	if err != nil {
		return View{}, fmt.Errorf(op, err)
	}
	v.Firm, v.Bank = orgs[v.Request.FirmOrg].Name, orgs[v.Request.BankOrg].Name
	if v.Numbers, err = s.shared(ctx, who, id); err != nil {
		return View{}, fmt.Errorf(op, postgres.Fault(err))
	}
	if v.Steps, err = postgres.Many[Step](ctx, s.config.DB, selectSteps, pgx.StrictNamedArgs{"id": id}); err != nil {
		return View{}, fmt.Errorf(op, postgres.Fault(err))
	}
	for _, e := range Events() {
		if _, refused := find(v.Request.State, e, v.Side); refused == nil && (e != EventRevoke || v.Request.ConsentAt != nil) {
			v.Events = append(v.Events, e)
		}
	}
	return v, nil
}

// Look opens one record for the bank while the consent lives, or for the firm itself. Each look of the bank is written down where the firm
// sees it. The record is read where it stands, in the firm's name: a certificate that was cancelled since says so. Faults: Unauthorized,
// NotFound, Conflict consent_over.
func (s *Service) Look(ctx context.Context, who actor.Actor, id int64, number string) (Record, error) {
	const op = "finance: look: %w"
	v, err := s.Read(ctx, who, id)
	if err != nil {
		return Record{}, err
	}
	if v.Side == Bank && !v.Open {
		return Record{}, fmt.Errorf(op, errConsentOver)
	}
	if !slices.Contains(v.Numbers, number) {
		return Record{}, fmt.Errorf(op, fault.New(fault.NotFound, "record", "没有找到这份授权的登记合同"))
	}
	if v.Side == Bank {
		err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			r, err := one(ctx, tx, lockedRequest, id, who) // a withdrawal waits for this, or this for it
			if err != nil {
				return err
			}
			if !r.Open(s.today()) {
				return errConsentOver
			}
			return s.note(ctx, tx, who, r, Step{Event: EventLook, From: r.State, To: r.State, Reason: number}, nil)
		})
		if err != nil {
			return Record{}, fmt.Errorf(op, err)
		}
	}
	firm := actor.Actor{AccountID: v.Request.FirmAccount, OrgID: v.Request.FirmOrg, Roles: []actor.Role{actor.Member},
		OrgState: actor.Confirmed}
	r, err := s.config.Record(ctx, firm, number)
	if err != nil {
		return Record{}, fmt.Errorf(op, err)
	}
	return r, nil
}

// Filter narrows and pages a list.
type Filter struct {
	State Stage
	After int64
	Limit int // 1 … 100
}

// Item is a request in a list.
type Item struct {
	Request
	Firm string `json:"firm"`
	Bank string `json:"bank"`
	Side Side   `json:"side"`
}

// List returns the requests of the actor's unit, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Item, error) {
	args := scope(who)
	args["state"], args["after"], args["limit"] = f.State, f.After, min(max(f.Limit, 1), 100)
	return s.items(ctx, who, listRequests, args)
}

// Awaiting lists the requests that the actor's unit answers, the longest untouched first.
func (s *Service) Awaiting(ctx context.Context, who actor.Actor) ([]Item, error) {
	if !who.Member() {
		return nil, nil
	}
	return s.items(ctx, who, waitingRequests, scope(who))
}

func (s *Service) items(ctx context.Context, who actor.Actor, sql string, args pgx.StrictNamedArgs) ([]Item, error) {
	const op = "finance: list: %w"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op, fault.SignIn())
	}
	list, err := postgres.Many[Request](ctx, s.config.DB, sql, args)
	switch {
	case err != nil:
		return nil, fmt.Errorf(op, postgres.Fault(err))
	case len(list) == 0:
		return nil, nil
	}
	var ids []int64
	for _, r := range list {
		ids = append(ids, r.FirmOrg, r.BankOrg)
	}
	orgs, err := s.config.Directory.Organisations(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf(op, err)
	}
	out := make([]Item, len(list))
	for i, r := range list {
		out[i] = Item{Request: r, Firm: orgs[r.FirmOrg].Name, Bank: orgs[r.BankOrg].Name, Side: r.side(who)}
	}
	return out, nil
}

// Figures count requests by stage: of the actor's unit, and for officers of their area, without names.
func (s *Service) Figures(ctx context.Context, who actor.Actor) ([]Count, error) {
	const op = "finance: figures: %w"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op, fault.SignIn())
	}
	args := scope(who)
	args["sample"], args["area"] = who.Sample, who.Area()
	out, err := postgres.Many[Count](ctx, s.config.DB, countRequests, args)
	if err != nil {
		return nil, fmt.Errorf(op, postgres.Fault(err))
	}
	slices.SortFunc(out, func(a, b Count) int { return slices.Index(Stages(), a.State) - slices.Index(Stages(), b.State) })
	return out, nil
}

// Own are the records that the actor's unit can name.
func (s *Service) Own(ctx context.Context, who actor.Actor) ([]Record, error) {
	return s.config.Own(ctx, who)
}
