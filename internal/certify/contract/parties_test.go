package contract

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/vault"
)

// The parts of a split add up to the amount, and none is a 分 or more away from its exact share.
func TestSplit_AddsUpAndIsFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Fen(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "amount"))
		var parts []money.Fen
		var whole money.Fen
		for _, p := range rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_000), 1, 10).Draw(t, "parts") {
			parts, whole = append(parts, money.Fen(p)), whole+money.Fen(p)
		}
		var sum money.Fen
		for i, got := range Split(amount, parts) {
			sum += got
			exact := float64(amount) * float64(parts[i]) / float64(whole)
			if d := float64(got) - exact; d >= 1.001 || d <= -1.001 {
				t.Fatalf("part %d is %d, exactly %f", i, got, exact)
			}
		}
		if sum != amount {
			t.Fatalf("parts add up to %d of %d", sum, amount)
		}
		back := Split(-amount, parts)
		for i, got := range Split(amount, parts) {
			if got != -back[i] {
				t.Fatalf("what was booked and taken back leaves %d", got+back[i])
			}
		}
	})
}

func TestForeign_FollowsTheRateOfItsDay(t *testing.T) {
	t.Parallel()
	base := Foreign{Currency: "USD", Amount: "100000.01", On: "2026-03-02", Rate: "712.345", Per: 100, RateOn: "2026-02-27"}
	for _, x := range []struct {
		what   string
		change func(*Foreign)
		want   string
	}{
		{"half up to 分", func(*Foreign) {}, "712345.07"},
		{"for one unit", func(f *Foreign) { f.Rate, f.Per = "7.12345", 1 }, "712345.07"},
		{"the rate of the day itself", func(f *Foreign) { f.RateOn = f.On }, "712345.07"},
		{"too old a rate", func(f *Foreign) { f.RateOn = "2026-02-19" }, ""},
		{"the oldest rate that may be", func(f *Foreign) { f.RateOn = "2026-02-20" }, "712345.07"},
		{"a later rate", func(f *Foreign) { f.RateOn = "2026-03-03" }, ""},
		{"no amount", func(f *Foreign) { f.Amount = "" }, ""},
		{"a negative amount", func(f *Foreign) { f.Amount = "-5" }, ""},
		{"no rate", func(f *Foreign) { f.Rate = "0" }, ""},
		{"no unit", func(f *Foreign) { f.Per = 0 }, ""},
		{"more than the market holds", func(f *Foreign) { f.Amount = "99999999999999" }, ""},
	} {
		f := base
		x.change(&f)
		got, ok := f.Yuan()
		if ok != (x.want != "") || ok && got.String() != x.want {
			t.Errorf("%s: got %s %v, want %s", x.what, got, ok, x.want)
		}
	}
}

// The number of a person is never in the document: it is sealed when saved, its mask comes back from the form and keeps the seal.
func TestSealPersons_LeaveTheMask(t *testing.T) {
	t.Parallel()
	keys, err := vault.Open(t.TempDir(), "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := Content{Seller: Party{Nature: "person", Name: "某人", IDNumber: "11010519491231002x", CreditCode: "x"},
		CoSellers: []CoSeller{
			{Party: Party{Nature: "person", IDNumber: "E12345678"}},
		}, Buyers: []Party{{Nature: "150", IDNumber: "11010519491231002X"}}}
	if err := sealPersons(&c, Content{}, keys); err != nil {
		t.Fatal(err)
	}
	if c.Seller.IDNumber != "110*************2X" || c.CoSellers[0].IDNumber != "E12****78" || c.Buyers[0].IDNumber != "" ||
		c.Seller.CreditCode != "" {
		t.Errorf("got %+v", c)
	}
	if opened, err := keys.Open(identityPurpose, c.Seller.IDSealed); err != nil || opened != "11010519491231002X" {
		t.Errorf("opened %q %v", opened, err)
	}
	again := c
	again.Seller.IDSealed = "" // a form does not send it
	if err := sealPersons(&again, c, keys); err != nil || again.Seller.IDSealed != c.Seller.IDSealed ||
		again.CoSellers[0].IDSealed == "" || again.CoSellers[0] != c.CoSellers[0] {
		t.Errorf("the mask lost the seal: %v", err)
	}
	for _, wrong := range []string{"110105194912310021", "12", "110*************21", "身份证号码"} {
		bad := Content{Seller: Party{Nature: "person", IDNumber: wrong}}
		if err := sealPersons(&bad, c, keys); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q was taken", wrong)
		}
	}
	for _, leaf := range leaves(c) {
		if strings.Contains(leaf.path, "idSealed") && leaf.value != "" {
			t.Errorf("%s stands among the differences", leaf.path)
		}
	}
}

func TestSellers_ShareThePriceAndApplyOnce(t *testing.T) {
	t.Parallel()
	c := complete()
	second := c.Seller
	second.Name, second.CreditCode, second.Contact, second.Phone = "样例研究所", "121500004600291408", "", ""
	c.CoSellers = []CoSeller{{second, 100_000 * money.Yuan}}
	codesOf := func(c Content) []string {
		var out []string
		for _, i := range Check(c, signed(), "2026-04-10") {
			if i.Level != Warn {
				out = append(out, i.Path+" "+i.Code)
			}
		}
		return out
	}
	if got := codesOf(c); len(got) > 0 {
		t.Errorf("two sellers: %v", got)
	}
	if s := c.Sellers(); s[0].Share+s[1].Share != c.Elements.Amount || s[1].Share != 100_000*money.Yuan {
		t.Errorf("shares %v", s)
	}
	for _, x := range []struct {
		what   string
		change func(*Content)
		want   string
	}{
		{"no share", func(c *Content) { c.CoSellers[0].Share = 0 }, "coSellers.0.shareFen missing"},
		{"shares of the whole price", func(c *Content) { c.CoSellers[0].Share = c.Elements.Amount }, "coSellers shares_above_amount"},
		{"one twice", func(c *Content) { c.CoSellers[0].Party = c.Seller }, "coSellers.0.name same_party"},
		{"a seller buys", func(c *Content) { c.Buyers[0] = second }, "buyers.0.name same_party"},
		{"the foreign one applies", func(c *Content) { c.Seller.Country, c.Seller.Division = "502", "" },
			"coSellers.0.country domestic_first"},
		{"a person without a document", func(c *Content) { c.CoSellers[0].Nature = "person" }, "coSellers.0.idNumber missing"},
	} {
		changed := c
		changed.CoSellers, changed.Buyers = slices.Clone(c.CoSellers), slices.Clone(c.Buyers)
		x.change(&changed)
		if got := codesOf(changed); !slices.Contains(got, x.want) {
			t.Errorf("%s: %v lacks %s", x.what, got, x.want)
		}
	}
}
