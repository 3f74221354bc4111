package app

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/disclosure"
)

// marker makes marked copies with the fonts of the market's papers.
type marker struct {
	fonts func() (*document.Fonts, error)
}

func (m marker) Pages(ctx context.Context, mime string, raw []byte) (int, error) {
	fonts, err := m.fonts()
	if err != nil {
		return 0, err
	}
	return fonts.Markable(ctx, mime, raw)
}

func (m marker) Mark(ctx context.Context, mime string, raw []byte, by disclosure.Mark) ([]byte, error) {
	fonts, err := m.fonts()
	if err != nil {
		return nil, err
	}
	return fonts.Marked(ctx, mime, raw, by.Lines, by.ID)
}

// disclosed tells disclosure about a listing.
func (s *Services) disclosed(ctx context.Context, id int64) (disclosure.Listed, error) {
	f, err := dealListings{s}.Facts(ctx, id)
	return disclosure.Listed{OrgID: f.OrgID, Title: f.Title, Open: f.Open, Anonymous: f.Anonymous}, err
}

// hasRoom tells the pages of listings whether there is a room to go to.
func (s *Services) hasRoom(ctx context.Context, listing int64) (bool, error) {
	_, ok, err := s.Rooms.OfListing(ctx, listing)
	return ok, err
}

// talkOf tells disclosure about a talk: its two units, no broker, and not before the approach was accepted.
func (s *Services) talkOf(ctx context.Context, who actor.Actor, id int64) (disclosure.Talk, error) {
	v, err := s.Deals.Read(ctx, who, id)
	if err == nil && v.Side == deal.Broker {
		err = fault.New(fault.NotFound, "deal_not_found", "没有找到这次对接")
	}
	if err == nil && v.Deal.State == deal.Interested {
		err = fault.New(fault.Conflict, "not_talking", "对方还没有接受对接，接受以后再开披露室")
	}
	if err != nil {
		return disclosure.Talk{}, err
	}
	d := v.Deal
	names, err := s.Identity.Names(ctx, []int64{d.SupplyAccount, d.DemandAccount})
	if err != nil {
		return disclosure.Talk{}, err
	}
	orgs, err := s.Identity.Organisations(ctx, []int64{d.SupplyOrg, d.DemandOrg})
	out := disclosure.Talk{Subject: d.Subject}
	for _, c := range []struct{ account, org int64 }{{d.SupplyAccount, d.SupplyOrg}, {d.DemandAccount, d.DemandOrg}} {
		out.Contacts = append(out.Contacts, disclosure.Named{Account: c.account, Org: c.org, Name: names[c.account], OrgName: orgs[c.org].Name})
	}
	return out, err
}

// provedWords gives an agreement that everybody accepted to the ledger: its digest and who, not its words.
func (s *Services) provedWords(ctx context.Context, tx pgx.Tx, sig disclosure.Signature) error {
	sig.Text = ""
	_, err := s.Ledger.Append(ctx, tx, ledger.Entry{Kind: "agreement", Ref: strconv.FormatInt(sig.Words, 10), Payload: sig})
	return err
}
