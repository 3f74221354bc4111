package deal

import (
	"context"
	"fmt"
	"testing"

	"techmarket/internal/foundation/fault"
)

// A signed contract closes the need for everybody: who still talks about it is told, and nobody waits for an answer that never comes.
func TestOtherTalksAboutASignedNeedEndAndEverybodyIsTold(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	need := w.listing(t, "demand", w.company)
	approach := func(text string) Deal {
		d, err := w.Open(ctx, w.broker, Approach{SupplyListing: w.listing(t, "achievement", w.university), DemandListing: need, BrokerFor: Demand,
			Message: text})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	signed, talking, waiting := approach("签约的一件"), approach("还在谈的一件"), approach("还没有答复的一件")
	for _, d := range []Deal{signed, talking} {
		if _, err := w.Accept(ctx, w.university, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // a job may run again
		if err := w.PassOver(ctx, need, signed.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []struct {
		deal   Deal
		state  State
		code   string
		reason string
	}{{signed, Talking, "", ""}, {talking, Ended, "", "other_partner"}, {waiting, Declined, "solved", ""}} {
		v, err := w.Read(ctx, w.company, want.deal.ID)
		if err != nil || v.Deal.State != want.state || v.Deal.DeclineCode != want.code || v.Deal.EndReason != want.reason {
			t.Errorf("deal %d: %+v, %v", want.deal.ID, v.Deal, err)
		}
		var told int
		if err := w.db.QueryRow(ctx, `select count(distinct account_id) from message where link = $1 and title like '这次对接已结束%'`,
			fmt.Sprintf("/deals/%d", want.deal.ID)).Scan(&told); err != nil {
			t.Fatal(err)
		}
		if expected := map[bool]int{true: 0, false: 3}[want.state == Talking]; told != expected {
			t.Errorf("deal %d: %d people were told, want %d", want.deal.ID, told, expected)
		}
	}
}

func TestABrokerSpeaksOnlyForWhoGaveAMandate(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	a := Approach{
		SupplyListing: w.listing(t, "achievement", w.university),
		DemandListing: w.listing(t, "demand", w.company),
		BrokerFor:     Supply,
		Message:       "愿意牵线",
	}
	if _, err := w.Open(ctx, w.broker, a); !fault.HasCode(err, "no_mandate") {
		t.Errorf("without the university's mandate: %v", err)
	}
	a.BrokerFor = Demand
	if _, err := w.Open(ctx, w.broker, a); err != nil {
		t.Errorf("with the company's mandate: %v", err)
	}
}

// The end of a long thread is what a page shows; every message can be reached going back.
func TestTheNewestMessagesShowHoweverLongTheThread(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	d := w.at(t, Talking)
	const said = 203
	for i := range said {
		if _, err := w.Say(ctx, w.university, d.ID, fmt.Sprintf("第 %d 条", i+1), nil); err != nil {
			t.Fatal(err)
		}
	}
	seen, before := 0, int64(0)
	for page := 0; ; page++ {
		m, err := w.LastMessages(ctx, w.company, d.ID, before, 50)
		if err != nil {
			t.Fatal(err)
		}
		if page == 0 && m[len(m)-1].Body != "第 203 条" {
			t.Errorf("the page ends with %q", m[len(m)-1].Body)
		}
		if seen += len(m); len(m) < 50 {
			break
		}
		before = m[0].ID
	}
	if seen != said+1 { // and the broker's own words of the approach
		t.Errorf("%d messages reached, want %d", seen, said+1)
	}
}
