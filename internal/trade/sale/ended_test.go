package sale

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/money"
)

// What was decided is run again and compared with what the ledger keeps: a changed bid, result or bidder is named; a refused attempt after
// the end, a confirmation and a deposit that comes too late are none.
func TestADecidedBiddingIsRunAgain(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	var kept Ended
	w.config.Ended = func(_ context.Context, _ pgx.Tx, e Ended) error { kept = e; return nil }
	id := w.bidding(t)
	for i, amount := range []int64{1_000_000, 1_020_000} {
		a, err := w.Bid(ctx, w.bidders[i], id, "k", money.Fen(amount)*yuan)
		check(t, err)
		if !a.Accepted {
			t.Fatalf("%+v", a)
		}
	}
	w.exec(t, `update sale set begins_at = begins_at - interval '2 hours', planned_end = planned_end - interval '2 hours',
		ends_at = ends_at - interval '2 hours' where id = $1`, id)
	w.exec(t, `update sale_attempt set arrived_at = arrived_at - interval '2 hours', served_at = served_at - interval '2 hours'
		where sale_id = $1`, id)
	w.exec(t, `update sale_intent set confirmed_at = confirmed_at - interval '2 hours' where sale_id = $1`, id)
	if n, err := w.Finish(ctx); err != nil || n != 1 {
		t.Fatalf("finished %d, %v", n, err)
	}
	_, err := w.Bid(ctx, w.bidders[0], id, "late", money.Fen(2_000_000)*yuan)
	check(t, err)
	_, err = w.Do(ctx, w.owner, Command{Sale: id, Event: EventConfirm})
	check(t, err)
	if kept.State != Sold || kept.Price != money.Fen(1_020_000)*yuan || kept.Attempts != 2 {
		t.Fatalf("%+v", kept)
	}
	if found, err := w.Differs(ctx, kept); err != nil || found != nil {
		t.Fatalf("nothing was changed: %v, %v", found, err)
	}
	for _, c := range []struct{ change, said, back string }{
		{`update sale_attempt set amount_fen = amount_fen + 2000000 where sale_id = $1 and seq = 2`, "重算的成交价",
			`update sale_attempt set amount_fen = amount_fen - 2000000 where sale_id = $1 and seq = 2`},
		{`update sale set leader = 'X' where id = $1`, "表 sale 的领先者", ""},
		{`update sale set leader = (select code from sale_attempt where sale_id = $1 and seq = 2), top_fen = 1 where id = $1`,
			"表 sale 的最高价", `update sale set top_fen = 102000000 where id = $1`},
		{`update sale set state = 'unsold' where id = $1`, "表 sale 的状态", `update sale set state = 'confirmed' where id = $1`},
		{`update sale_intent set related = true where sale_id = $1`, "竞价记录", `update sale_intent set related = false where sale_id = $1`},
		{`delete from sale_attempt where sale_id = $1 and seq = 2`, "重算的受让方", ""},
	} {
		w.exec(t, c.change, id)
		found, err := w.Differs(ctx, kept)
		check(t, err)
		if !strings.Contains(strings.Join(found, "；"), c.said) {
			t.Errorf("%s: found %v", c.change, found)
		}
		if c.back != "" {
			w.exec(t, c.back, id)
		}
	}
}
