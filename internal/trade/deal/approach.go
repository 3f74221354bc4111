package deal

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// Approach is an expression of interest. One or both listings are named; a broker names both, and holds a mandate of the
// side that he speaks for.
type Approach struct {
	SupplyListing int64   `json:"supplyListingId"`
	DemandListing int64   `json:"demandListingId"`
	BrokerFor     Side    `json:"brokerFor"` // "" for the own organisation; supply or demand for a broker's client
	Message       string  `json:"message"`   // 2 … 4000 characters
	Files         []int64 `json:"files"`
}

// Open sends an expression of interest to the owner of the other listing and tells it.
//
// Who: members of a confirmed organisation for themselves; a person with the broker role in a confirmed
// organisation that is neither side, for the owner of one of the two listings that has given him a mandate.
// Faults: Unauthorized; Forbidden not_member, not_broker, org_not_confirmed, no_mandate; Invalid with fields (own_listing,
// not_open, same_organisation …); Conflict already_open; NotFound.
func (s *Service) Open(ctx context.Context, who actor.Actor, a Approach) (Deal, error) {
	const op = "deal: open"
	d, err := s.approach(ctx, who, a)
	if err != nil {
		return Deal{}, fmt.Errorf(op+": %w", err)
	}
	attached, err := s.attachments(ctx, who, a.Files)
	if err != nil {
		return Deal{}, fmt.Errorf(op+": %w", err)
	}
	side := d.OpenedSide
	if d.BrokerAccount != 0 {
		side = Broker
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.mandated(ctx, tx, d); err != nil {
			return err
		}
		if d.ID, err = insert(ctx, tx, d); err != nil {
			return err
		}
		m := Message{At: d.CreatedAt, AccountID: who.AccountID, Side: side, Body: strings.TrimSpace(a.Message), Files: attached}
		if _, err := addMessage(ctx, tx, d.ID, m); err != nil {
			return err
		}
		if err := addEvent(ctx, tx, d.ID, who.AccountID, Step{At: d.CreatedAt, Event: EventOpen, To: Interested}); err != nil {
			return err
		}
		title := d.speaker(who, side) + "想与您对接"
		if d.BrokerAccount != 0 {
			title = who.OrgName + "的技术经纪人" + who.Name + "为您牵线"
		}
		if err := s.tell(ctx, tx, who, d, title, "请尽快答复：接受后进入洽谈，不合适请选择原因婉拒。"); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "deal.open", d.ID, map[string]any{"supply": d.SupplyListing, "demand": d.DemandListing})
	})
	if err != nil {
		return Deal{}, fmt.Errorf(op+": %w", err)
	}
	d.Version = 1
	return d.forReader(side), nil
}

// mandated refuses a broker who speaks for an organisation that has not asked him to.
func (s *Service) mandated(ctx context.Context, tx pgx.Tx, d Deal) error {
	if d.BrokerAccount == 0 {
		return nil
	}
	client := d.SupplyOrg
	if d.OpenedSide == Demand {
		client = d.DemandOrg
	}
	held, err := s.config.Mandates.Holds(ctx, tx, d.BrokerAccount, client)
	if err == nil && !held {
		return fault.New(fault.Forbidden, "no_mandate", "对方单位还没有委托您。请先在“委托”里请求，对方同意后再发起对接")
	}
	return err
}

// approach works out the sides and refuses what cannot be one.
func (s *Service) approach(ctx context.Context, who actor.Actor, a Approach) (Deal, error) {
	if err := mayApproach(who, a); err != nil {
		return Deal{}, err
	}
	var f fault.Fields
	f.Check(a.BrokerFor == nobody || a.BrokerFor == Supply || a.BrokerFor == Demand, "brokerFor", "unknown_code", "请选择代表成果方还是需求方")
	f.Check(a.SupplyListing != 0 || a.DemandListing != 0, "supplyListingId", "missing", "请选择要对接的成果或需求")
	f.Check(a.BrokerFor == nobody || a.SupplyListing != 0 && a.DemandListing != 0, "demandListingId", "missing",
		"技术经纪人牵线须同时选择成果和需求")
	text(&f, "message", a.Message, 2, maxMessage, "请写几句话：想解决什么问题，希望怎样合作")
	if err := f.Err(); err != nil {
		return Deal{}, err
	}
	supply, err := s.approached(ctx, &f, a.SupplyListing, Supply)
	if err != nil {
		return Deal{}, err
	}
	demand, err := s.approached(ctx, &f, a.DemandListing, Demand)
	if err != nil {
		return Deal{}, err
	}
	now := s.config.Now()
	d := Deal{State: Interested, SupplyListing: a.SupplyListing, DemandListing: a.DemandListing, OpenedBy: who.AccountID,
		Sample: who.Sample, CreatedAt: now, UpdatedAt: now}
	if supply != nil {
		d.SupplyOrg, d.SupplyAccount, d.Subject = supply.OrgID, supply.OwnerAccount, supply.Title
		d.Sample = d.Sample || supply.Sample
		if supply.Anonymous {
			d.Undisclosed = Supply
		}
	}
	if demand != nil {
		d.DemandOrg, d.DemandAccount = demand.OrgID, demand.OwnerAccount
		d.Sample = d.Sample || demand.Sample
		if demand.Anonymous {
			d.Undisclosed = Demand
		}
		if d.Subject == "" {
			d.Subject = demand.Title
		}
	}
	d.sides(&f, who, a, supply, demand)
	f.Check(d.SupplyOrg != d.DemandOrg, "supplyListingId", "same_organisation", "成果和需求属于同一单位，不能与自己对接")
	return d, f.Err()
}

// MayTrade asks whether somebody may act for an organisation in any room of the wing: a member of a confirmed one.
// Faults: Unauthorized; Forbidden not_member, org_not_confirmed.
func MayTrade(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Member():
		return fault.New(fault.Forbidden, "not_member", "只有单位的经办人可以代表单位办理，请联系本单位管理员")
	case who.OrgState != actor.Confirmed:
		return errNotConfirmed
	}
	return nil
}

// mayApproach is MayTrade for a member, and its like for a broker who speaks for a client.
func mayApproach(who actor.Actor, a Approach) error {
	if a.BrokerFor == nobody {
		return MayTrade(who)
	}
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Has(actor.Broker):
		return fault.New(fault.Forbidden, "not_broker", "只有技术经纪人可以代表客户发起对接")
	case who.OrgState != actor.Confirmed:
		return errNotConfirmed
	}
	return nil
}

// approached reads the listing of one side; nil where none is named.
func (s *Service) approached(ctx context.Context, f *fault.Fields, id int64, side Side) (*ListingFacts, error) {
	if id == 0 {
		return nil, nil
	}
	l, err := s.config.Listings.Facts(ctx, id)
	if err != nil {
		return nil, err
	}
	path := string(side) + "ListingId"
	f.Checkf(l.Side == side, path, "wrong_kind", "选择的不是%s，请重新选择", map[Side]fault.Sentence{Supply: "成果", Demand: "需求"}[side])
	f.Checkf(l.Open, path, "not_open", "《%s》已下架、到期或成交，不能再对接", l.Title)
	return &l, nil
}

// sides puts the actor's organisation, or the broker's client, on its side.
func (d *Deal) sides(f *fault.Fields, who actor.Actor, a Approach, supply, demand *ListingFacts) {
	if a.BrokerFor != nobody {
		d.OpenedSide, d.BrokerAccount, d.BrokerOrg = a.BrokerFor, who.AccountID, who.OrgID
		f.Check(!who.In(d.SupplyOrg) && !who.In(d.DemandOrg), "brokerFor", "own_side", "您的单位是其中一方，请以本单位身份发起对接")
		return
	}
	// The side whose listing is missing, or whose listing is the own one, is ours.
	if supply == nil || demand != nil && who.In(d.SupplyOrg) {
		d.OpenedSide = Supply
		f.Check(supply == nil || who.In(d.SupplyOrg), "supplyListingId", "not_own", "请选择本单位的成果")
		d.SupplyOrg, d.SupplyAccount = who.OrgID, who.AccountID
		return
	}
	d.OpenedSide = Demand
	f.Check(demand == nil || who.In(d.DemandOrg), "demandListingId", "not_own", "请选择本单位的需求")
	d.DemandOrg, d.DemandAccount = who.OrgID, who.AccountID
}
