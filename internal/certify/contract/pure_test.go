package contract

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

func TestNationalFormRoundTrip(t *testing.T) {
	t.Parallel()
	doc := complete()
	doc.Seller.Agency, doc.Buyers[0].Listed, doc.Buyers[0].Scale, doc.Seller.Postcode = Yes, No, "中型", "010000"
	doc.Elements.IP = []IP{{Kind: "invention"}}
	values := map[string]string{}
	for _, f := range National(doc) {
		if _, twice := values[f.Key]; twice {
			t.Errorf("key %s twice", f.Key)
		}
		values[f.Key] = f.Value
	}
	for key, want := range map[string]string{"buyername": "样例企业乙", "paymethod": "2", "ipr": "0201", "totalamount": "3000000.00",
		"isrelated":    "否",
		"buyer_islist": "否", "seller_jszyjg": "是", "buyer_zzkyys": "", "contracttype": "0101", "sellertype": "0211"} {
		if got, ok := values[key]; !ok || got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	back, bad := FromNational(cells(values))
	if len(bad) != 0 {
		t.Fatalf("%+v", bad)
	}
	again := map[string]string{}
	for _, f := range National(back) {
		again[f.Key] = f.Value
	}
	if diff := cmp.Diff(values, again); diff != "" {
		t.Error(diff)
	}
}

func TestSellerKindTradeAndAreaAreDerived(t *testing.T) {
	t.Parallel()
	for nature, want := range map[string]string{"": "", "0211": "institute", "022": "university", "0222": "university", "0231": "other",
		"150": "enterprise", "340": "enterprise",
		"400": "other", "person": "other", "other": "other", "030": "other"} {
		if got := (Party{Nature: nature}).SellerKind(); got != want {
			t.Errorf("nature %q: %q, want %q", nature, got, want)
		}
	}
	home, away := Party{Country: China, Division: "150102"}, Party{Country: "276"}
	for _, c := range []struct {
		doc         Content
		trade, area string
	}{
		{Content{Seller: home, Buyers: []Party{home}}, "domestic", "150102"},
		{Content{Seller: home, Buyers: []Party{home, away}}, "export", "150102"},
		{Content{Seller: away, Buyers: []Party{away, home}}, "import", "150102"},
		{Content{Seller: away, Buyers: []Party{away}}, "import", ""},
	} {
		if c.doc.Trade() != c.trade || c.doc.Area() != c.area {
			t.Errorf("%s %s, want %s %s", c.doc.Trade(), c.doc.Area(), c.trade, c.area)
		}
	}
}

func TestNationalImportNamesEveryBadValueAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	c, bad := FromNational(
		cells(map[string]string{"projectname": " 名称 ", "totalamount": "1,000.00", "technicalamount": "12.345", "signdate": "2026/03/02",
			"contractenddate": "明年", "isrelated": "也许", "paymethod": "分期支付", "techarea": "99", "colour": "red"}),
	)
	if c.Elements.Name != "名称" || c.Elements.Amount != 1000*money.Yuan || c.Elements.SignedOn != "2026-03-02" ||
		c.Elements.Payment != "installments" ||
		c.Elements.Field != "" {
		t.Errorf("%+v", c.Elements)
	}
	var got []string
	for _, f := range bad {
		got = append(got, f.Path+" "+f.Code)
	}
	want := []string{
		"contractenddate bad_date",
		"technicalamount bad_amount",
		"isrelated bad_answer",
		"techarea unknown_code",
		"colour unknown_key",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func cells(texts map[string]string) map[string]document.Cell {
	out := map[string]document.Cell{}
	for key, text := range texts {
		out[key] = document.TextCell(text)
	}
	return out
}

func FuzzFromNationalNeverPanics(f *testing.F) {
	for _, seed := range []string{"2026-03-02", "-1", "99999999999999999999", "是", "\x00", "１００．００"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		values := map[string]string{}
		for _, r := range national() {
			values[r.key] = value
		}
		c, _ := FromNational(cells(values))
		if c.Elements.Amount < 0 || c.Elements.Amount > money.Max {
			t.Fatalf("amount %d from %q", c.Elements.Amount, value)
		}
		Check(c, nil, "2026-04-10")
		National(c)
	})
}

// TestChecksNeverPanicAndAgreeWithTheAmounts draws documents at random: whatever passes the checks has 0 < T ≤ C, and
// its costs explain the difference.
func TestChecksNeverPanicAndAgreeWithTheAmounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := complete()
		fen := rapid.OneOf(rapid.Int64Range(-2, 400_000_000), rapid.Int64())
		doc.Elements.Amount, doc.Technical = money.Fen(fen.Draw(t, "C")), money.Fen(fen.Draw(t, "T"))
		doc.Costs = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) CostRow {
			return CostRow{Kind: "part", Name: "件", Quantity: rapid.OneOf(rapid.Int64Range(-1, 5), rapid.Int64()).Draw(t, "qty"),
				UnitCost: money.Fen(fen.Draw(t, "unit")), Carrier: rapid.Bool().Draw(t, "carrier")}
		}), 0, 4).Draw(t, "costs")
		if blocking(Check(doc, signed(), "2026-04-10")) != nil {
			return
		}
		sum, ok := doc.CostTotal()
		if !ok || doc.Technical <= 0 || doc.Technical > doc.Elements.Amount || doc.Elements.Amount-doc.Technical > sum {
			t.Fatalf("passed with C %d T %d costs %+v", doc.Elements.Amount, doc.Technical, doc.Costs)
		}
	})
}

func TestDiffIsEmptyOnlyForEqualDocuments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Content {
			c := complete()
			c.Elements.Name = rapid.SampledFrom([]string{"甲", "乙"}).Draw(t, name)
			c.Elements.AmountOpen = rapid.Bool().Draw(t, name)
			c.Costs = c.Costs[:rapid.IntRange(0, 2).Draw(t, name)]
			return c
		}
		a, b := draw("a"), draw("b")
		ja, _ := json.Marshal(a)
		jb, _ := json.Marshal(b)
		forth, back := Diff(a, b), Diff(b, a)
		if (len(forth) == 0) != (string(ja) == string(jb)) || len(forth) != len(back) {
			t.Fatalf("%s\n%s\n%+v", ja, jb, forth)
		}
		for i := range forth {
			if forth[i].Path != back[i].Path || forth[i].Before != back[i].After {
				t.Fatalf("%+v and %+v", forth[i], back[i])
			}
		}
	})
}

// The sheet answers a question for the desk only where its field leaves no doubt.
func TestEvident_AnswersOnlyWhatTheFieldLeavesNoDoubtAbout(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Elements
		want map[string]string
	}{
		{"outside every plan", Elements{PlanSource: "9"}, map[string]string{"plan_consent_missing": "计划外"}},
		{"in a plan", Elements{PlanSource: "1"}, map[string]string{}},
		{"nothing said", Elements{}, map[string]string{}},
		{"know-how has no certificate", Elements{IP: []IP{{Kind: "know_how"}}}, map[string]string{"certificate_differs": "技术秘密"}},
		{"a patent has one", Elements{IP: []IP{{Kind: "know_how"}, {Kind: "invention"}}}, map[string]string{}},
	} {
		got := map[string]string{}
		for code, line := range Evident(Content{Elements: c.in}) {
			got[code] = line.Value
			if !recognition.IsFinding(code) {
				t.Errorf("%s: %s is no finding", c.name, code)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Whatever an applicant changes, the reviewer reads: each field of the document stands on the sheet beside the paper, in both versions.
func TestChanges_EveryFieldThatChangesIsShown(t *testing.T) {
	t.Parallel()
	full := complete()
	e := &full.Elements
	e.AmountOpen, e.VATIncluded, e.PaymentTerms, e.RoyaltyTerms = true, Yes, "分两期", "销售额的 2%"
	e.PlanName, e.PlanNumber, e.OwnershipTerms, e.SubField = "计划", "2026-1", "双方共有", "子领域"
	e.IP = []IP{{Kind: "invention", Title: "方法", Number: "ZL201510237122.7", Certificate: Yes, Valid: Yes}}
	e.Licence, e.Confidential, e.Confidence = Licence{Years: 5, Exclusive: "sole"}, "business", "三年"
	e.TradePaper, e.ExpectedInput, e.ExpectedOutput, e.Agency, e.Broker = "证书 1 号", 100, 200, "示范机构", "示范经纪人"
	e.BrokerFee, e.Biological, e.Tied, e.TiedTo = 300, true, true, "2026150103000001"
	e.Foreign = Foreign{Currency: "USD", Amount: "1000.00", On: "2026-03-02", Rate: "700.00", Per: 100, RateOn: "2026-03-02"}
	full.CoSellers = []CoSeller{{Party: buyer(), Share: 50_000}}
	full.Costs[0].Note, full.Costs[1].Note = "按发票", "按清单"
	for _, p := range full.parties() {
		p.Address, p.Representative, p.Contact, p.Phone, p.Postcode = "示范路 1 号", "白音", "其其格", "0471-5550100", "010000"
		p.Agency, p.Research, p.Converted, p.HighTechZone, p.Listed, p.Scale = No, No, No, Yes, No, "small"
	}
	raw, err := json.Marshal(full.Unsealed())
	if err != nil {
		t.Fatal(err)
	}
	unread := map[string]bool{ // not of the form: links and what the machine works out
		"orgId": true, "idNumber": true,
	}
	for _, leaf := range leaves(full) {
		name := leaf.path[strings.LastIndexByte(leaf.path, '.')+1:]
		if unread[name] {
			continue
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		changeAt(tree, strings.Split(leaf.path, "."))
		changed, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		var after Content
		if err := json.Unmarshal(changed, &after); err != nil {
			t.Fatalf("%s: %v", leaf.path, err)
		}
		if len(Changes(full, after)) == 0 {
			t.Errorf("%s changes and the reviewer does not see it", leaf.path)
		}
	}
}

// changeAt gives the field at a path of a JSON document another value of its type.
func changeAt(tree any, path []string) {
	at := func(v any) any {
		switch v := v.(type) {
		case string:
			return "改"
		case float64:
			return v + 1
		case bool:
			return !v
		default:
			changeAt(v, path[1:])
			return v
		}
	}
	switch tree := tree.(type) {
	case map[string]any:
		tree[path[0]] = at(tree[path[0]])
	case []any:
		i, _ := strconv.Atoi(path[0])
		tree[i] = at(tree[i])
	}
}

// A state secret stops at the form: nothing of it is kept, and the reason names the way to the desk (办法第12条).
func TestAStateSecretStopsAtTheForm(t *testing.T) {
	t.Parallel()
	doc := complete()
	doc.Elements.Confidential = "state"
	var f *fault.Error
	if err := bounds(doc); !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Path != "elements.confidential" ||
		f.Fields[0].Code != "state_secret" || !strings.Contains(f.Fields[0].Message, "第12条") {
		t.Errorf("got %v", err)
	}
	for _, open := range []string{"none", "business", ""} {
		doc.Elements.Confidential = open
		if err := bounds(doc); err != nil {
			t.Errorf("%q: %v", open, err)
		}
	}
}
