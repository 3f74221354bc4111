package contract

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/platform/postgres"
)

// Freeze hands the document in: it checks it as on today's date in Asia/Shanghai, makes the next immutable
// version and moves the contract to filed. It runs inside the transaction of certify/registry's submission,
// which has checked the actor (MayApply) and the version that the person saw, and writes the audit row.
// Faults: Invalid invalid_input with every missing and wrong field; Conflict not_editable; NotFound.
func (s *Service) Freeze(ctx context.Context, tx pgx.Tx, id int64) (Frozen, error) {
	const op = "contract: freeze"
	c, err := load(ctx, tx, id, true)
	if err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", missing(err))
	}
	if !c.State.Editable() {
		return Frozen{}, fmt.Errorf(op+": %w", errNotEditable)
	}
	on := s.ApplicationDay(c)
	if c.State == Correcting && on != NoDay { // the day of application counts: a contract that ends during the review is not refused (B7)
		handed, err := collectVersions(ctx, tx, selectVersions, pgx.StrictNamedArgs{"id": id})
		if err != nil {
			return Frozen{}, fmt.Errorf(op+": %w", postgres.Fault(err))
		}
		if n := len(handed); n > 0 {
			on = DateOf(clock.Local(handed[n-1].FrozenAt))
		}
	}
	if err := blocking(Check(c.Content, c.Files, on)); err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", err)
	}
	if err := s.supplemented(ctx, tx, c); err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", err)
	}
	if err := s.linkBuyer(ctx, tx, &c); err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", err)
	}
	if err := s.linkSellers(ctx, tx, &c); err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", err)
	}
	if err := c.move(EventSubmit); err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", err)
	}
	f := Frozen{ContractID: id, Content: c.Content, Files: c.Files, TextDigest: textDigest(c.Files), FrozenAt: s.Now()}
	if f.Number, err = freeze(ctx, tx, f); err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if err := c.store(ctx, tx, s.Now()); err != nil {
		return Frozen{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if f.Number == 1 && c.DealID != 0 && s.OnSigned != nil {
		if err := s.OnSigned(ctx, tx, c.DealID); err != nil {
			return Frozen{}, fmt.Errorf(op+": %w", err)
		}
	}
	return f, nil
}

// linkBuyer ties the buyer of a contract that came from no deal to its organisation on this market when the contract is
// handed in, so that the buyer can see it. A draft ties nobody: what is typed there is not yet said to anyone.
func (s *Service) linkBuyer(ctx context.Context, tx pgx.Tx, c *Contract) error {
	if s.OrgOf == nil || c.DealID != 0 || c.SellerOrg == 0 || c.State != Draft {
		return nil
	}
	main := mainBuyer(c.Content)
	org, err := s.OrgOf(ctx, tx, main.Name, main.CreditCode, c.Sample)
	if err != nil || org == 0 || org == c.SellerOrg {
		return err
	}
	c.BuyerOrg = org
	c.Content.Buyers = slices.Clone(c.Content.Buyers)
	i := slices.Index(c.Content.Buyers, main)
	c.Content.Buyers[i].OrgID = org
	return nil
}

// linkSellers ties the sellers beside the applicant to their organisations on this market, as linkBuyer does, each time the contract is
// handed in: a change may name others.
func (s *Service) linkSellers(ctx context.Context, tx pgx.Tx, c *Contract) error {
	if s.OrgOf == nil {
		return nil
	}
	c.Content.CoSellers = slices.Clone(c.Content.CoSellers)
	for i := range c.Content.CoSellers {
		p := &c.Content.CoSellers[i].Party
		org, err := s.OrgOf(ctx, tx, p.Name, p.CreditCode, c.Sample)
		if err != nil {
			return err
		}
		p.OrgID = org
	}
	c.CoSellerOrgs = c.Content.coSellerOrgs()
	return nil
}

// coSellerOrgs are the organisations that linkSellers found.
func (c Content) coSellerOrgs() []int64 {
	var orgs []int64
	for _, s := range c.CoSellers {
		if s.OrgID != 0 {
			orgs = append(orgs, s.OrgID)
		}
	}
	return orgs
}

// CoSellers are the organisations that sell beside the applicant, for rooms that have the contract's cases. No permission check.
func (s *Service) CoSellers(ctx context.Context, q postgres.Querier, id int64) (orgs []int64, err error) {
	err = q.QueryRow(ctx, coSellersOf, pgx.StrictNamedArgs{"id": id}).Scan(&orgs)
	if err != nil {
		return nil, fmt.Errorf("contract: co-sellers: %w", missing(err))
	}
	return orgs, nil
}

// CoSold are the contracts that an organisation sells beside another applicant. No permission check.
func (s *Service) CoSold(ctx context.Context, org int64) ([]int64, error) {
	rows, _ := s.DB.Query(ctx, coSoldBy, pgx.StrictNamedArgs{"org": org}) // its error comes back from CollectRows
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("contract: co-sold: %w", postgres.Fault(err))
	}
	return ids, nil
}

// Move follows a decision of the desk (every event but submit) inside the desk's transaction; the desk has
// checked who decides and writes the audit row.
//
// Effects: register notes the latest frozen version as the registered one; keep puts the document and its
// files back to the registered version. Faults: Conflict wrong_state; NotFound.
func (s *Service) Move(ctx context.Context, tx pgx.Tx, id int64, on Event) error {
	const op = "contract: move"
	c, err := load(ctx, tx, id, true)
	if err != nil {
		return fmt.Errorf(op+": %w", missing(err))
	}
	if on == EventSubmit || on == EventRestore { // only Freeze submits, only Restore restores
		return fmt.Errorf(op+": %w", errWrongState)
	}
	if on == EventRelease && c.RegisteredVersion != 0 || on == EventKeep && c.RegisteredVersion == 0 {
		return fmt.Errorf(op+": %w", errWrongState)
	}
	if err := c.move(on); err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	switch on {
	case EventRegister:
		if err := tx.QueryRow(ctx, latestVersion, pgx.StrictNamedArgs{"id": id}).Scan(&c.RegisteredVersion); err != nil {
			return fmt.Errorf(op+": %w", postgres.Fault(err))
		}
	case EventKeep:
		registered, err := s.Frozen(ctx, tx, id, c.RegisteredVersion)
		if err != nil {
			return fmt.Errorf(op+": %w", err)
		}
		c.Content = registered.Content
		c.CoSellerOrgs = c.Content.coSellerOrgs()
		if err := restoreFiles(ctx, tx, id, c.CreatedBy, registered.Files); err != nil {
			return fmt.Errorf(op+": %w", postgres.Fault(err))
		}
	}
	if err := c.store(ctx, tx, s.Now()); err != nil {
		return fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return nil
}

// Frozen returns one version as it was handed in. No permission check: the desk that asks has its own.
// Faults: NotFound.
func (s *Service) Frozen(ctx context.Context, tx pgx.Tx, id int64, number int) (Frozen, error) {
	found, err := collectVersions(ctx, tx, selectVersion, pgx.StrictNamedArgs{"id": id, "number": number})
	if err == nil && len(found) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Frozen{}, fmt.Errorf("contract: frozen: %w", missing(err))
	}
	return found[0], nil
}

// Versions returns every version handed in, oldest first. Who: as Read. Faults: NotFound.
func (s *Service) Versions(ctx context.Context, who actor.Actor, id int64) ([]Frozen, error) {
	if _, err := s.Read(ctx, who, id); err != nil {
		return nil, err
	}
	out, err := collectVersions(ctx, s.DB, selectVersions, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return nil, fmt.Errorf("contract: versions: %w", postgres.Fault(err))
	}
	return out, nil
}
