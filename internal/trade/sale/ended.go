package sale

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// Ended is how a bidding was decided, for the ledger: codes, no names. Digest is of the record with every bid (SHA-256 of its JSON).
type Ended struct {
	Sale     int64     `json:"sale"`
	State    Stage     `json:"state"`
	Reason   string    `json:"reason"`
	Winner   string    `json:"winner"`
	Price    money.Fen `json:"priceFen"`
	EndsAt   time.Time `json:"endsAt"`
	Accepted int       `json:"accepted"`
	Attempts int       `json:"attempts"` // before the end; later ones are refused and decide nothing
	Digest   string    `json:"digest"`
	Sample   bool      `json:"sample"`
}

// ended is what a finished sale and its record come to.
func ended(sale Sale, r AuctionRecord) (Ended, error) {
	e := Ended{Sale: sale.ID, State: sale.State, Reason: sale.Reason, EndsAt: sale.EndsAt.UTC(), Accepted: sale.Seq, Attempts: len(r.Attempts),
		Sample: sale.Sample}
	if sale.State == Sold {
		e.Winner, e.Price = sale.Leader, sale.Top
	}
	var err error
	e.Digest, err = r.digest(sale.EndsAt)
	return e, err
}

// digest leaves out deposits that were confirmed after the end: they decide nothing.
func (r AuctionRecord) digest(end time.Time) (string, error) {
	r.Sale.Bidders = slices.Clone(r.Sale.Bidders)
	for i, b := range r.Sale.Bidders {
		if b.ConfirmedAt != nil && b.ConfirmedAt.After(end) {
			r.Sale.Bidders[i].ConfirmedAt = nil
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("digest of a bidding: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Differs runs a decided bidding again by the step that the site takes and says in words what is not as the ledger keeps it; nothing where
// all is. The sample market may have been taken away.
func (s *Service) Differs(ctx context.Context, kept Ended) (found []string, err error) {
	sale, err := one[Sale](ctx, s.config.DB, selectSale, pgx.StrictNamedArgs{"id": kept.Sale})
	switch {
	case fault.Is(err, fault.NotFound) && kept.Sample:
		return nil, nil
	case fault.Is(err, fault.NotFound):
		return []string{"登记簿里有，数据库里没有，可能被直接删除"}, nil
	case err != nil:
		return nil, fmt.Errorf("sale: differs: %w", postgres.Fault(err))
	}
	record, attempts, err := readRecord(ctx, s.config.DB, sale)
	if err != nil {
		return nil, err
	}
	attempts, record.Attempts = attempts[:min(kept.Attempts, len(attempts))], record.Attempts[:min(kept.Attempts, len(attempts))]
	say := func(what string, said, is any) {
		if fmt.Sprint(said) != fmt.Sprint(is) {
			found = append(found, fmt.Sprintf("%s：登记簿记载 %v，现在是 %v", what, said, is))
		}
	}
	again := ReplayAuction(record)
	winner, price := "", money.Fen(0)
	if again.Winner != nil {
		winner, price = *again.Winner, *again.Price
	}
	say("重算的结果", kept.State, again.State)
	say("重算的受让方", kept.Winner, winner)
	say("重算的成交价", kept.Price, price)
	say("重算的结束时间", kept.EndsAt.UTC(), again.EndsAt.UTC())
	say("重算的有效出价数", kept.Accepted, again.Accepted)
	say("表 sale 的结束时间", kept.EndsAt.UTC(), sale.EndsAt.UTC())
	say("表 sale 的有效出价数", kept.Accepted, sale.Seq)
	if kept.State == Sold {
		say("表 sale 的领先者", kept.Winner, sale.Leader)
		say("表 sale 的最高价", kept.Price, sale.Top)
	}
	decided := sale.State == kept.State || kept.State == Sold && (sale.State == Confirmed || sale.State == Defaulted)
	if !decided {
		say("表 sale 的状态", kept.State, sale.State)
	}
	for i, a := range attempts {
		if answer := again.Attempts[i]; a.Accepted != answer.Accepted {
			say(fmt.Sprintf("第 %d 次出价（%s）是否有效，按规则重算", i+1, a.Code), answer.Accepted, a.Accepted)
		}
	}
	digest, err := record.digest(kept.EndsAt)
	if err == nil && digest != kept.Digest {
		found = append(found, "竞价记录（条件、资格、每次出价）与登记簿里的摘要不符")
	}
	return found, err
}

// cleared holds a confirmation against the notice of its price.
func (s *Service) cleared(ctx context.Context, tx pgx.Tx, c Command) error {
	if c.Event != EventConfirm || s.config.Cleared == nil {
		return nil
	}
	return s.config.Cleared(ctx, tx, c.Sale)
}
