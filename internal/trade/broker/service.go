package broker

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

// People names accounts and organisations (identity.Service).
type People interface {
	Names(ctx context.Context, accounts []int64) (map[int64]string, error)
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
	// AccountsOf lists the accounts of an organisation that hold one of the roles.
	AccountsOf(ctx context.Context, org int64, roles ...actor.Role) ([]int64, error)
}

// Deals lists and counts introductions and agreements (deal.Service).
type Deals interface {
	Records(ctx context.Context, accounts []int64, sample bool) (map[int64]deal.Record, error)
	List(ctx context.Context, who actor.Actor, f deal.Filter) ([]deal.Deal, error)
	// Shares are the agreed terms of the actor's introductions that name a share.
	Shares(ctx context.Context, who actor.Actor) (map[int64]deal.Terms, error)
}

// Registrations counts registered contracts that came from a broker's deals (contract.Service, at wiring).
type Registrations interface {
	ByBroker(ctx context.Context, accounts []int64, sample bool) (map[int64]int64, error)
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB            *postgres.DB
	Audit         audit.Recorder
	People        People
	Deals         Deals
	Registrations Registrations
	Now           func() time.Time
	// Made finds the contracts of the introduced organisations: those of the introduction, and registered ones without the broker.
	Made func(ctx context.Context, account int64, asked []Introduction) ([]Made, error)
}

// Service keeps the profiles and the directory.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

// Save keeps the actor's own profile. Version is the one the person saw, 0 for the first.
// Who: a person with the broker role in a confirmed organisation.
// Faults: Unauthorized; Forbidden not_broker, org_not_confirmed; Invalid with fields; Conflict stale_version.
func (s *Service) Save(ctx context.Context, who actor.Actor, p Profile) (Profile, error) {
	const op = "broker: save"
	if err := mayMediate(who); err != nil {
		return Profile{}, fmt.Errorf(op+": %w", err)
	}
	if err := p.check(); err != nil {
		return Profile{}, fmt.Errorf(op+": %w", err)
	}
	p.AccountID, p.OrganisationID, p.Sample, p.UpdatedAt = who.AccountID, who.OrgID, who.Sample, s.config.Now()
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := save(ctx, tx, p); err != nil {
			return err
		}
		return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: "broker.save", ObjectKind: "broker_profile",
			ObjectID: strconv.FormatInt(p.AccountID, 10), Detail: map[string]any{"level": p.Level, "certificateNo": p.CertificateNo}})
	})
	if err != nil {
		return Profile{}, fmt.Errorf(op+": %w", err)
	}
	p.Version++
	return p, nil
}

// Get returns one broker. Anybody may ask. Faults: NotFound broker_not_found.
func (s *Service) Get(ctx context.Context, account int64) (Card, error) {
	const op = "broker: get"
	found, err := collect(ctx, s.config.DB, selectProfile, pgx.StrictNamedArgs{"account": account})
	if err != nil {
		return Card{}, fmt.Errorf(op+": %w", err)
	}
	if len(found) == 0 {
		return Card{}, fmt.Errorf(op+": %w", fault.New(fault.NotFound, "broker_not_found", "没有找到这位技术经纪人，请从名录重新查找"))
	}
	cards, err := s.cards(ctx, found)
	if err != nil {
		return Card{}, fmt.Errorf(op+": %w", err)
	}
	return cards[0], nil
}

// Filter narrows the directory.
type Filter struct {
	Field  string // 技术领域, two digits
	League string // division of a league: brokers who serve it, a part of it or the whole region
	After  int64  // account of the last broker of the page before; 0 for the first page
	Limit  int    // 1 … 100
}

// Directory lists brokers by account. Anybody may ask.
func (s *Service) Directory(ctx context.Context, f Filter) ([]Card, error) {
	found, err := collect(
		ctx,
		s.config.DB,
		selectProfiles,
		pgx.StrictNamedArgs{"field": f.Field, "league": f.League, "after": f.After, "limit": min(max(f.Limit, 1), 100)},
	)
	if err != nil {
		return nil, fmt.Errorf("broker: directory: %w", err)
	}
	cards, err := s.cards(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("broker: directory: %w", err)
	}
	return cards, nil
}

// candidates bounds how many profiles a suggestion looks at: those of the field first, the freshest of them.
const candidates = 200

// Suggest returns up to limit brokers for a listing's field and division with the reasons. Anybody may ask.
func (s *Service) Suggest(ctx context.Context, field, division string, limit int) ([]Suggestion, error) {
	found, err := collect(ctx, s.config.DB, selectNear, pgx.StrictNamedArgs{"field": field, "division": division, "limit": candidates})
	if err != nil {
		return nil, fmt.Errorf("broker: suggest: %w", err)
	}
	cards, err := s.cards(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("broker: suggest: %w", err)
	}
	return rank(cards, field, division, min(max(limit, 1), 20)), nil
}

// cards adds names, today's standing of the qualification and the record. A sample broker's record counts sample
// deals: the card says 样例.
func (s *Service) cards(ctx context.Context, profiles []Profile) ([]Card, error) {
	accounts, organisations := make([]int64, len(profiles)), make([]int64, len(profiles))
	for i, p := range profiles {
		accounts[i], organisations[i] = p.AccountID, p.OrganisationID
	}
	names, err := s.config.People.Names(ctx, accounts)
	if err != nil {
		return nil, err
	}
	orgs, err := s.config.People.Organisations(ctx, organisations)
	if err != nil {
		return nil, err
	}
	records, err := s.records(ctx, accounts, false)
	if err != nil {
		return nil, err
	}
	withSample, err := s.records(ctx, accounts, true)
	if err != nil {
		return nil, err
	}
	today := clock.Local(s.config.Now()).Format(time.DateOnly)
	out := make([]Card, len(profiles))
	for i, p := range profiles {
		out[i] = Card{
			Profile:      p,
			Name:         names[p.AccountID],
			Organisation: orgs[p.OrganisationID].Name,
			Qualified:    p.Qualified(today),
			Record:       records[p.AccountID],
		}
		if p.Sample {
			out[i].Record = withSample[p.AccountID]
		}
	}
	return out, nil
}

func (s *Service) records(ctx context.Context, accounts []int64, sample bool) (map[int64]Record, error) {
	deals, err := s.config.Deals.Records(ctx, accounts, sample)
	if err != nil {
		return nil, err
	}
	registered, err := s.config.Registrations.ByBroker(ctx, accounts, sample)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Record, len(deals))
	for account, d := range deals {
		out[account] = Record{Introduced: d.Introduced, Agreed: d.Agreed, Registered: registered[account]}
	}
	return out, nil
}
