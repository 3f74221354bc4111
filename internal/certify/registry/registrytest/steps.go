package registrytest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/money"
)

// end is what the application wires: a registration that ends takes its lists with it.
func (w *World) end(ctx context.Context, tx pgx.Tx, number, reason string, at time.Time) ([]string, error) {
	return w.Benefits.VoidLists(ctx, tx, number, reason, at)
}

// Supplement attaches a supplementary agreement to a contract that is being changed.
func (w *World) Supplement(contractID int64) {
	w.T.Helper()
	_, err := w.DB.Exec(context.Background(), `insert into contract_file (contract_id, file_id, role, name, digest, size, added_at, added_by)
		select $1, id, 'supplement', name, digest, size, now(), $3 from file where id = $2`, contractID, w.Paper(w.Seller), w.Seller.AccountID)
	Check(w.T, err)
}

// Revoke announces a revocation, lets the term pass and decides it by a second officer.
func (w *World) Revoke(number, ground string) (registry.Registration, error) {
	w.T.Helper()
	ctx := context.Background()
	_, err := w.S.Do(ctx, w.League, registry.Command{Number: number, Event: registry.EventAnnounceRevocation, Ground: ground, Text: "查实为虚假合同"})
	Check(w.T, err)
	w.Later(14)
	return RegistrationOf(w.S.Do(ctx, w.Regional, registry.Command{Number: number, Event: registry.EventRevoke, Text: "未收到陈述，决定撤销"}))
}

// Amend takes a registration through an amendment of +200,000 元.
func (w *World) Amend(reg registry.Registration) registry.Registration {
	w.T.Helper()
	ctx := context.Background()
	r := reg.Number
	_, err := w.S.Do(ctx, w.Seller, registry.Command{Number: r, Event: registry.EventStartChange})
	Check(w.T, err)
	w.Edit(reg.ContractID, func(c *contract.Content) {
		c.Elements.Amount += 200_000 * money.Yuan
		c.Technical += 200_000 * money.Yuan
	})
	w.Supplement(reg.ContractID)
	f, err := FilingOf(w.S.Do(ctx, w.Seller, registry.Command{Number: r, Event: registry.EventRequestChange, Text: "补充协议"}))
	Check(w.T, err)
	return w.Finish(w.Pass(f.ID, nil))
}
