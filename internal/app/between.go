package app

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/expert"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/vault"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/rights"
	"techmarket/internal/trade/trial"
	pagesmarket "techmarket/web/market"
	pagestrade "techmarket/web/trade"
	"techmarket/web/ui"
)

// facetName names a code for the reasons of a match.
func facetName(name, code string) string {
	switch name {
	case facet.Field:
		return codes.Field.Label(code)
	case facet.Industry:
		return codes.Industry.Label(code)
	case facet.Cooperation:
		return codes.Cooperation.Label(code)
	case facet.League, facet.County:
		return region.Name(code)
	case facet.Topic:
		return codes.TopicLabel(code)
	}
	return code
}

// notices sends messages and mail as jobs of the caller's transaction.
type notices struct {
	queue Enqueuer
	now   func() time.Time
}

// sealing hides every mail from whoever reads the queue.
type sealing struct {
	Enqueuer
	vault *vault.Vault
}

func (q sealing) Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) (err error) {
	if letter, ok := args.(notify.Mail); ok {
		if args, err = notify.Seal(letter, q.vault); err != nil {
			return err
		}
	}
	return q.Enqueuer.Enqueue(ctx, tx, args, o)
}

func (m notices) Mail(ctx context.Context, tx pgx.Tx, to, subject, body string) error {
	return m.queue.Enqueue(ctx, tx, notify.Mail{To: to, Subject: subject, Body: body, At: m.now()}, jobs.Options{})
}

func (m notices) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

// dealListings tells deals about listings of any kind.
type dealListings struct{ s *Services }

func (c dealListings) Facts(ctx context.Context, id int64) (deal.ListingFacts, error) {
	l, facts, err := c.s.Listings.Shown(ctx, id)
	if err != nil {
		return deal.ListingFacts{}, err
	}
	f := deal.ListingFacts{ID: l.ID, Kind: string(l.Kind), Side: deal.Side(c.s.Listings.Kinds().Of(l.Kind).Side), OrgID: l.OrganisationID,
		OwnerAccount: l.OwnerAccount, Anonymous: l.Anonymous,
		Title: l.Title, Open: l.Public(c.s.Platform.Now()), Field: l.Field, Industry: facts.Industry,
		Sample: l.Sample}
	for _, r := range facts.Rights {
		f.IP = append(f.IP, deal.Right(r))
	}
	return f, nil
}

// mandates asks the brokers' room, which stands right of deals.
type mandates struct{ s *Services }

func (m mandates) Holds(ctx context.Context, q postgres.Querier, account, org int64) (bool, error) {
	return m.s.Brokers.Holds(ctx, q, account, org)
}

// madeOf tells the brokers' room which contracts the organisations of its introductions have made.
func (s *Services) madeOf(ctx context.Context, account int64, asked []broker.Introduction) ([]broker.Made, error) {
	pairs := make([]contract.Pair, len(asked))
	for i, a := range asked {
		pairs[i] = contract.Pair{Deal: a.Deal, Seller: a.Supply, Buyer: a.Demand, From: a.From, To: a.To}
	}
	found, err := s.Contracts.OfPairs(ctx, account, pairs)
	out := make([]broker.Made, len(found))
	for i, f := range found {
		out[i] = broker.Made{Deal: f.Deal, Own: f.Own, Registered: f.Registered, MadeAt: f.CreatedAt, MovedAt: f.UpdatedAt}
	}
	return out, err
}

// calendar is the table of rest days, which the desk of the region keeps.
func (s *Services) calendar(ctx context.Context) (clock.Calendar, error) {
	days, err := s.Deadlines.Holidays(ctx)
	table := clock.Calendar{}
	for _, d := range days {
		table[d.Day.Format(time.DateOnly)] = d.Kind
	}
	return table, err
}

// saleOrganisations tells sales where a unit is.
type saleOrganisations struct{ s *Services }

func (o saleOrganisations) Division(ctx context.Context, org int64) (string, error) {
	found, err := o.s.Identity.Organisation(ctx, org)
	return found.Division, err
}

// experts are those who may be drawn into a panel: the experts whom units and departments have named.
func (s *Services) experts(ctx context.Context, sample bool) ([]expert.Candidate, error) {
	found, err := s.Identity.Panellists(ctx, sample)
	out := make([]expert.Candidate, len(found))
	for i, f := range found {
		out[i] = expert.Candidate{ID: f.AccountID, Most: maxPanels}
		for _, unit := range f.Units {
			out[i].Posts = append(out[i].Posts, expert.Post{Unit: unit})
		}
	}
	return out, err
}

// maxPanels is how many panels an expert may sit on in a year; the draw does not count them yet.
const maxPanels = 1000

// bidderCode is the code under which a bidder is shown: four letters and digits that are not mistaken for one another. Two bidders of
// one sale hardly ever draw the same; the later one is then asked to try again.
func bidderCode() string {
	const letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	raw := make([]byte, 4)
	rand.Read(raw) // never fails
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return string(raw)
}

// isBroker tells listing who can diagnose a need.
func (s *Services) isBroker(ctx context.Context, account int64, sample bool) (bool, error) {
	card, err := s.Brokers.Get(ctx, account)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && card.Sample == sample, err
}

// suggestions tells the market's pages of brokers.
type suggestions struct{ s *Services }

func (b suggestions) Suggest(ctx context.Context, field, division string, limit int) ([]pagesmarket.SuggestedBroker, error) {
	found, err := b.s.Brokers.Suggest(ctx, field, division, limit)
	out := make([]pagesmarket.SuggestedBroker, len(found))
	for i, f := range found {
		out[i] = pagesmarket.SuggestedBroker{AccountID: f.AccountID, Name: f.Name, Organisation: f.Organisation, Fields: f.Fields,
			Sample: f.Sample}
	}
	return out, err
}

// incomeOf tells the room of rights whose income a contract is and which achievement it came from.
func (s *Services) incomeOf(ctx context.Context, who actor.Actor, id int64) (rights.Source, error) {
	c, err := s.Contracts.Read(ctx, who, id)
	if err != nil {
		return rights.Source{}, err
	}
	out := rights.Source{Seller: c.SellerOrg, Name: c.Content.Elements.Name, Signed: c.State != contract.Draft}
	if c.DealID != 0 {
		talk, err := s.Deals.Signed(ctx, c.DealID)
		if err != nil {
			return rights.Source{}, err
		}
		out.Listing = talk.SupplyListing
	}
	return out, nil
}

// holding tells the room of rights whose an achievement is.
func (s *Services) holding(ctx context.Context, id int64) (rights.Holding, error) {
	l, _, err := s.Listings.Shown(ctx, id)
	if err == nil && s.Listings.Kinds().Of(l.Kind).Side != listing.SideSupply {
		err = fault.New(fault.NotFound, "listing", "没有找到这项成果，可能已撤下或已到期")
	}
	return rights.Holding{OrgID: l.OrganisationID, Title: l.Title}, err
}

// staff are the accounts of an organisation with their names.
func (s *Services) staff(ctx context.Context, who actor.Actor, org int64) (map[int64]string, error) {
	members, err := s.Identity.Members(ctx, who, org)
	out := map[int64]string{}
	for _, m := range members {
		out[m.AccountID] = m.DisplayName
	}
	return out, err
}

// madeContracts tells the pages of talks what became of an agreement.
type madeContracts struct{ s *Services }

func (m madeContracts) OfDeal(ctx context.Context, who actor.Actor, deal int64) (pagestrade.MadeContract, bool, error) {
	made, err := m.s.Contracts.List(ctx, who, contract.Filter{Deal: deal, Limit: 1})
	if err != nil || len(made) == 0 {
		return pagestrade.MadeContract{}, false, err
	}
	c := made[0]
	return pagestrade.MadeContract{ID: c.ID, State: ui.ContractStateTag(c.State).Label, Registered: c.RegisteredVersion > 0}, true, nil
}

func (m madeContracts) Name(ctx context.Context, who actor.Actor, id int64) (string, error) {
	c, err := m.s.Contracts.Read(ctx, who, id)
	return c.Content.Elements.Name, err
}

// onTrialWay is the way of cooperation 先用后转.
const onTrialWay = "trial"

// offeredOnTrial tells trials about an achievement.
func (s *Services) offeredOnTrial(ctx context.Context, id int64) (trial.Listed, error) {
	a, err := s.Achievements.Get(ctx, actor.Guest(), id)
	if err != nil {
		return trial.Listed{}, err
	}
	shown := ui.Shown(a)
	return trial.Listed{OrgID: a.OrganisationID, Account: a.OwnerAccount, Title: a.Title, Open: a.Public(s.Platform.Now()),
		OnTrial: slices.Contains(shown.Cooperation, onTrialWay) && !a.Anonymous}, nil
}

// needed tells trials about a need.
func (s *Services) needed(ctx context.Context, id int64) (trial.Listed, error) {
	f, err := dealListings{s}.Facts(ctx, id)
	if err == nil && f.Side != deal.Demand {
		err = fault.New(fault.NotFound, "listing", "没有找到这项需求，可能已撤下或已到期")
	}
	if err == nil && f.Anonymous {
		err = fault.New(fault.Conflict, "anonymous_need", "这项需求没有公开单位，请先发起对接，对方答复后再谈试用")
	}
	return trial.Listed{OrgID: f.OrgID, Account: f.OwnerAccount, Title: f.Title, Open: f.Open}, err
}

// onTrial are the achievements that the person's unit offers for trial.
func (s *Services) onTrial(ctx context.Context, who actor.Actor) (out []listing.Listing, err error) {
	own, _, err := s.Listings.Own(ctx, who, achievement.Descriptor().Kind, listing.Filter{Limit: 100})
	for _, l := range own {
		if of, err := s.offeredOnTrial(ctx, l.ID); err == nil && of.Open && of.OnTrial {
			out = append(out, l)
		}
	}
	return out, err
}
