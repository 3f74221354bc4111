package app

import (
	"cmp"
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/register/kind"
	"techmarket/internal/services/voucher"
	"techmarket/search"
	"techmarket/web"
	pagesservices "techmarket/web/services"
	"techmarket/web/ui"
)

func (s *Services) buildServices(post notices) (err error) {
	p := s.Platform
	s.Registers, err = register.New(register.Config{DB: p.DB, Kinds: kind.All(), Directory: s.Identity, Queue: s.enqueue, Notices: post,
		Audit: p.Audit(), Now: p.Now, Engine: func() search.Engine { return s.Engine }})
	var kinds []string
	for _, k := range kind.ServiceKinds() {
		kinds = append(kinds, k.Code)
	}
	s.Vouchers = voucher.New(voucher.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Directory: s.Identity, Files: p.Files,
		Service: s.offeredService, Kinds: kinds, Now: p.Now, Fonts: p.Fonts})
	s.Finance = finance.New(finance.Config{DB: p.DB, Audit: p.Audit(), Notices: post, Directory: s.Identity, Product: s.financeProduct,
		Own: s.ownRecords, Record: s.oneRecord, Now: p.Now})
	return err
}

// offeredService tells vouchers of a service that everybody sees on the register of providers.
func (s *Services) offeredService(ctx context.Context, entry int64) (voucher.Offered, error) {
	i, err := s.Registers.Read(ctx, actor.Guest(), entry)
	if err != nil {
		return voucher.Offered{}, err
	}
	if i.Kind != kind.Provider().Kind {
		return voucher.Offered{}, fault.New(fault.NotFound, "service", "这不是科技服务名录里的一条，请重新选择")
	}
	return voucher.Offered{OrgID: i.OrganisationID, Name: i.Name, Kind: i.Content.Text("service"), Listed: true,
		Voucher: i.Content.Yes("voucher")}, nil
}

// financeProduct tells finance requests of a product that everybody sees on the register.
func (s *Services) financeProduct(ctx context.Context, entry int64) (finance.Product, error) {
	i, err := s.Registers.Read(ctx, actor.Guest(), entry)
	if err != nil {
		return finance.Product{}, err
	}
	if i.Kind != kind.Finance().Kind {
		return finance.Product{}, fault.New(fault.NotFound, "product", "这不是科技金融产品名录里的一条，请重新选择")
	}
	return finance.Product{OrgID: i.OrganisationID, Name: i.Name, From: i.Content.Fen("amountFrom"), To: i.Content.Fen("amountTo"),
		Months: i.Content.Int("months")}, nil
}

// ownRecords are the registrations that a party can let a bank read.
func (s *Services) ownRecords(ctx context.Context, who actor.Actor) ([]finance.Record, error) {
	page, err := s.Registry.Registrations(ctx, who, registry.RegistrationFilter{Limit: 100})
	if err != nil {
		return nil, err
	}
	out := make([]finance.Record, 0, len(page.Rows))
	for _, r := range page.Rows {
		if who.In(r.SellerOrg) || who.In(r.BuyerOrg) || who.In(r.ApplicantOrg) {
			out = append(out, recordOf(r))
		}
	}
	return out, nil
}

func (s *Services) oneRecord(ctx context.Context, firm actor.Actor, number string) (finance.Record, error) {
	e, err := s.Registry.Entry(ctx, firm, number)
	return recordOf(e.Registration), err
}

func recordOf(r registry.Registration) finance.Record {
	return finance.Record{Number: r.Number, Title: r.Title, Class: r.Class, Seller: r.SellerName, Buyer: r.BuyerName, Amount: r.Amount,
		Technical: r.Technical, RegisteredOn: r.RegisteredOn, Ended: r.EndedOn != nil}
}

// registerFiles lets the importer read files of registers. The service is made after the importer, so it is asked when a row comes.
func (s *Services) registerFiles() (out []importer.Target) {
	for _, d := range kind.All() {
		out = append(
			out,
			importer.Target{
				Kind:  listing.Kind(d.Kind),
				Label: d.Label,
				Sheet: d.Sheet(),
				Take: func(ctx context.Context, tx pgx.Tx, b listing.Bulk) (listing.Bulked, error) {
					return s.Registers.Take(ctx, tx, b)
				},
			},
		)
	}
	return out
}

// helpWith hands a need's public facts to the registers, for the block 谁能帮忙 on its page.
func (s *Services) helpWith(pages *pagesservices.Pages) func(c *web.Ctx, l listing.Listing) ([]ui.Block, error) {
	return func(c *web.Ctx, l listing.Listing) ([]ui.Block, error) {
		it, err := s.Demands.Get(c.Context(), actor.Guest(), l.ID)
		if err != nil {
			return nil, err
		}
		k := ui.Shown(it)
		text := strings.Join(append([]string{k.Title, k.Problem, k.Goals, k.Background}, k.Keywords...), "\n")
		return pages.Help(c, register.Need{Text: text, Field: k.Field, Division: cmp.Or(k.Division, l.Division), Stage: k.MaturityMin})
	}
}
