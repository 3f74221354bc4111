package contract

import (
	"testing"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/people/identity"
)

// A party that is a confirmed member under another code is remarked at its field; the same code, another market's or a new unit is not.
func TestOtherCodes_RemarksAMemberUnderAnotherCode(t *testing.T) {
	t.Parallel()
	w := &world{organisations: map[int64]identity.Organisation{
		1: {Name: "样例矿业", CreditCode: "91350100M000100Y43", State: actor.Confirmed},
		2: {Name: "样例研究院", CreditCode: "12150000460029132D", State: actor.Confirmed},
		3: {Name: "未确认单位", CreditCode: "91150000114150629E"},
		4: {Name: "样例牧业", CreditCode: "91150000114150629E", State: actor.Confirmed, Sample: true},
	}}
	s := &Service{Config{People: w}}
	got, err := s.OtherCodes(t.Context(), Contract{Content: Content{Seller: Party{Name: "样例研究院", CreditCode: "12150000460029132d"},
		Buyers: []Party{
			{Name: "样例矿业", CreditCode: "91150000114150629E"}, {Name: "未确认单位", CreditCode: "91350100M000100Y43"},
			{Name: "样例牧业", CreditCode: "91350100M000100Y43"}, {Name: "新来的", CreditCode: "91350100M000100Y43"}}}})
	if err != nil || len(got) != 1 || got[0].Path != "buyers.0.creditCode" || got[0].Level != Warn || got[0].Section != SectionBuyers {
		t.Errorf("got %+v, %v", got, err)
	}
}

// An empty draft is not judged: without days and amount no rule says anything of it.
func TestLook_JudgesOnlyWhatIsFilledIn(t *testing.T) {
	t.Parallel()
	full := complete()
	for name, c := range map[string]struct {
		content Content
		want    bool
	}{"empty": {Content{}, false}, "whole": {full, true}, "no last day": {func() Content {
		c := full
		c.Elements.EndsOn = ""
		return c
	}(), false}} {
		if got := Look(c.content, nil, "2026-04-01", Place{}, recognition.DefaultPolicy()).Judged; got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
