package contract

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/trade/deal"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	sellerOrg  = int64(1)
	buyerOrg   = int64(2)
	agencyOrg  = int64(3)
	outsideOrg = int64(4)
)

type world struct {
	*Service
	reader        *files.Reader
	db            *postgres.DB
	now           time.Time
	agreement     deal.Agreement
	organisations map[int64]identity.Organisation

	seller, colleague, buyer, broker, stranger, registrar, officer, guest actor.Actor
}

func (w *world) Agreed(_ context.Context, a actor.Actor, id int64) (deal.Agreement, error) {
	if id != w.agreement.Deal.ID || !a.In(sellerOrg) && !a.In(buyerOrg) {
		return deal.Agreement{}, fault.New(fault.NotFound, "deal_not_found", "没有找到")
	}
	return w.agreement, nil
}

func (w *world) Organisation(_ context.Context, org int64) (identity.Organisation, error) {
	return w.organisations[org], nil
}

func (w *world) Names(_ context.Context, ids []int64) (map[int64]string, error) {
	return map[int64]string{ids[0]: "样例经纪人"}, nil
}

func (w *world) OrganisationsNamed(_ context.Context, names, _ []string) (out []identity.Organisation, err error) {
	for _, o := range w.organisations {
		if slices.Contains(names, o.Name) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: w.now, Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

// opens tries to read a file of a contract.
func (w *world) opens(who actor.Actor, contract, file int64) error {
	f, err := w.reader.Open(context.Background(), who, files.Object{Kind: "contract", ID: contract}, file)
	switch {
	case err == nil:
		f.Close()
	case fault.HasCode(err, "file_lost"): // let in: these tests keep no contents
		return nil
	}
	return err
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ctx := context.Background()
	// 00:30 in Shanghai is still the day before in UTC: "today" must be the Shanghai date.
	w := &world{db: pgtest.New(t), now: time.Date(2026, 4, 9, 16, 30, 0, 0, time.UTC), organisations: map[int64]identity.Organisation{
		sellerOrg: {ID: sellerOrg, Kind: actor.Institute, Name: "样例研究院甲", CreditCode: "91350100M000100Y43", Division: "150104",
			Profile: identity.OrgProfile{Address: "样例路 1 号", LegalRepresentative: "甲某", Contact: "乙某", Phone: "0471-0000000"}},
		buyerOrg: {
			ID:         buyerOrg,
			Kind:       actor.Enterprise,
			Name:       "样例企业乙",
			CreditCode: "91150203MA000YY223",
			Division:   "150203",
			Profile:    identity.OrgProfile{Nature: "150"},
		},
		agencyOrg:  {ID: agencyOrg, Kind: actor.Agency, Name: "样例转移机构"},
		outsideOrg: {ID: outsideOrg, Kind: actor.Enterprise, Name: "样例旁观企业"}}}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := w.db.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		exec(`insert into organisation (kind, name, division, state, created_at) values ('enterprise', '样例', '150104', 'confirmed', $1)`, w.now)
	}
	account := int64(0)
	who := func(org int64, name string, roles ...actor.Role) actor.Actor {
		account++
		exec(`insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', $2)`, name, w.now)
		return actor.Actor{AccountID: account, OrgID: org, Name: name, OrgState: actor.Confirmed, Roles: roles}
	}
	w.seller = who(sellerOrg, "seller", actor.Member)
	w.colleague = who(sellerOrg, "colleague", actor.OrgAdmin)
	w.buyer = who(buyerOrg, "buyer", actor.Member)
	w.broker = who(agencyOrg, "broker", actor.Broker)
	w.stranger = who(outsideOrg, "stranger", actor.Member)
	w.registrar = who(sellerOrg, "registrar", actor.Registrar)
	w.officer = who(outsideOrg, "officer", actor.RegionOfficer)
	exec(
		`insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
			values ('achievement', 1, 1, 'published', '{}', $1, $1)`,
		w.now,
	)
	exec(`insert into deal (state, supply_listing_id, supply_org, demand_org, opened_by, opened_side, subject, created_at, updated_at)
values ('agreed', 1, 1, 2, 3, 'demand', '稀土尾矿分选', $1, $1)`, w.now)
	w.agreement = deal.Agreement{
		Deal: deal.Deal{
			ID:            1,
			State:         deal.Agreed,
			SupplyListing: 1,
			SupplyOrg:     sellerOrg,
			DemandOrg:     buyerOrg,
			BrokerAccount: w.broker.AccountID,
			BrokerOrg:     agencyOrg,
			Subject:       "稀土尾矿分选",
		},
		Terms: deal.Terms{
			ClassCode:    "0301",
			Object:       "专利实施许可",
			Amount:       300_000 * money.Yuan,
			Payment:      "sales_share",
			Royalty:      true,
			RoyaltyTerms: "销售额的 3%",
			StartsOn:     "2026-03-02",
			EndsOn:       "2032-03-01",
			Ownership:    "归许可方",
			LicenceYears: 6,
			Exclusive:    "ordinary",
			CommissionBP: 200,
			CommissionBy: deal.Demand,
		},
		Supply: &deal.ListingFacts{ID: 1, Kind: "achievement", OrgID: sellerOrg, Field: "05", Industry: "C",
			IP: []deal.Right{{Kind: "invention", Number: "ZL201510237122.7", Title: "分选方法"}}},
	}
	store, err := files.New(t.TempDir(), func() time.Time { return w.now })
	if err != nil {
		t.Fatal(err)
	}
	w.reader = files.NewReader(store, w.db)
	w.Service = New(Config{DB: w.db, Audit: w, Deals: w, People: w, Files: store, Now: func() time.Time { return w.now }})
	w.reader.Sees("contract", w.SeesFiles)
	return w
}

func (w *world) file(t testing.TB, owner int64) (id int64) {
	t.Helper()
	err := w.db.QueryRow(context.Background(), `insert into file (digest, name, mime, size, purpose, owner_org, created_at)
values (md5(random()::text), '合同.pdf', 'application/pdf', 10, 'contract', $1, $2) returning id`, owner, w.now).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func seller() Party {
	return Party{
		Name:           "样例研究院甲",
		CreditCode:     "91350100M000100Y43",
		Country:        China,
		Division:       "150104",
		Address:        "样例路 1 号",
		Representative: "甲某",
		Contact:        "乙某",
		Phone:          "0471-0000000",
		Nature:         "0211",
	}
}

func buyer() Party {
	return Party{Name: "样例企业乙", CreditCode: "91150203MA000YY223", Country: China, Division: "150203", Nature: "150"}
}

// complete is acceptance case A2 as a form: C 3,000,000 with equipment and material for the buyer.
func complete() Content {
	return Content{
		Seller: seller(), Buyers: []Party{buyer()},
		Elements: Elements{
			Name:          "稀土尾矿分选工艺委托开发",
			ClassCode:     "0101",
			Summary:       "开发分选工艺",
			SignedOn:      "2026-03-02",
			BeginsOn:      "2026-03-02",
			EndsOn:        "2027-03-01",
			Amount:        3_000_000 * money.Yuan,
			Payment:       "lump_sum",
			Royalty:       No,
			RelatedParty:  No,
			Medium:        "paper",
			PlanSource:    "9",
			IP:            []IP{{Kind: "none"}},
			OwnershipDone: Yes,
			Field:         "05",
			SocialGoal:    "10",
			Industry:      "C",
		},
		Technical: 1_950_000 * money.Yuan,
		Costs: []CostRow{
			{Kind: "equipment", Name: "分选设备", Quantity: 1, UnitCost: 900_000 * money.Yuan},
			{Kind: "material", Name: "药剂原料", Quantity: 3, UnitCost: 50_000 * money.Yuan},
		},
		Statement: Statement{True: true, Same: true, Unfiled: true, Applicant: "乙某", Phone: "0471-0000000"},
	}
}

func signed() []File {
	return []File{{ID: 1, Role: SignedText, Digest: "ab"}, {ID: 2, Role: Undertaking, Digest: "cd"}}
}

func describe(issues []Issue) []string {
	out := []string{}
	for _, i := range issues {
		out = append(out, fmt.Sprintf("%s %s %s", i.Level, i.Path, i.Code))
	}
	return out
}

func TestCheckNamesTheFieldAndTheMend(t *testing.T) {
	t.Parallel()
	patent := func(c *Content) {
		c.Elements.ClassCode = "0202"
		c.Elements.IP = []IP{{Kind: "invention", Number: "ZL201510237122.7", Certificate: Yes, Valid: Yes}}
	}
	for _, c := range []struct {
		rule   string
		change func(*Content)
		files  []File
		want   []string
	}{
		{"a complete document passes", func(*Content) {}, signed(), nil},
		{"C is above 0", func(c *Content) { c.Elements.Amount = -1 }, signed(), []string{"wrong elements.amountFen bad_amount"}},
		{"C is answered", func(c *Content) { c.Elements.Amount = 0 }, signed(), []string{"missing elements.amountFen missing"}},
		{"T is above 0", func(c *Content) { c.Technical = -5 }, signed(), []string{"wrong technicalFen bad_amount"}},
		{"T is at most C", func(c *Content) { c.Technical = 3_000_001 * money.Yuan }, signed(),
			[]string{"wrong technicalFen technical_above_amount"}},
		{"T leaves out what is no carrier", func(c *Content) { c.Technical++ }, signed(), []string{"wrong technicalFen costs_not_deducted"}},
		{"a deduction is listed", func(c *Content) { c.Technical-- }, signed(), []string{"wrong technicalFen deduction_unexplained"}},
		{"a claimed carrier may stay in T", func(c *Content) { c.Costs[0].Carrier = true; c.Technical = 2_850_000 * money.Yuan }, signed(), nil},
		{"costs fit into C", func(c *Content) { c.Costs[0].Quantity = 4 }, signed(), []string{"wrong costs costs_above_amount"}},
		{"a cost that overflows", func(c *Content) { c.Costs[0].Quantity = 1 << 62 }, signed(), []string{"wrong costs.0.quantity too_large"}},
		{"a cost row is whole", func(c *Content) { c.Costs[0] = CostRow{} }, signed(),
			[]string{"missing costs.0.kind missing", "missing costs.0.name missing",
				"missing costs.0.quantity missing", "missing costs.0.unitCostFen missing", "wrong technicalFen deduction_unexplained"}},
		{"the end is not before the beginning", func(c *Content) { c.Elements.BeginsOn = "2027-03-02" }, signed(),
			[]string{"wrong elements.endsOn ends_before_begins"}},
		{"an expired contract", func(c *Content) { c.Elements.EndsOn = "2026-04-09" }, signed(), []string{"wrong elements.endsOn expired"}},
		{"the last day counts", func(c *Content) { c.Elements.EndsOn = "2026-04-10" }, signed(), nil},
		{"signed after the application", func(c *Content) { c.Elements.SignedOn = "2026-04-11" }, signed(),
			[]string{"wrong elements.signedOn signed_later"}},
		{"29 February of no leap year", func(c *Content) { c.Elements.SignedOn = "2026-02-29" }, signed(),
			[]string{"wrong elements.signedOn bad_date"}},
		{"no text, no filing", func(*Content) {}, []File{{Role: Undertaking}}, []string{"missing files.signed_text missing"}},
		{"a plan project shows its paper", func(c *Content) { c.Elements.PlanSource = "3"; c.Elements.PlanName = "自治区重大专项" }, signed(),
			[]string{"missing files.plan_consent missing"}},
		{"a transfer names its right", func(c *Content) { c.Elements.ClassCode = "0201" }, signed(), []string{"wrong elements.ip ip_needed"}},
		{"a patent transfer without the certificate is warned", patent, signed(), []string{"warn files.ip_certificate certificate_missing"}},
		{"a patent transfer with it passes", patent, append(signed(), File{Role: IPCertificate}), nil},
		{"a patent has its number", func(c *Content) { patent(c); c.Elements.IP[0].Number = "" }, append(signed(), File{Role: IPCertificate}),
			[]string{"missing elements.ip.0.number missing"}},
		{"a wrong patent check digit only warns", func(c *Content) { patent(c); c.Elements.IP[0].Number = "ZL201510237122.8" },
			append(signed(), File{Role: IPCertificate}), []string{"warn elements.ip.0.number check_digit"}},
		{"an early pilot credit code only warns", func(c *Content) { c.Seller.CreditCode = "91350100M0001TGQXM" }, signed(),
			[]string{"warn seller.creditCode check_digit"}},
		{"a credit code that nobody was given is wrong", func(c *Content) { c.Buyers[0].CreditCode = "91150203MA000013XX" }, signed(),
			[]string{"wrong buyers.0.creditCode check_digit"}},
		{"nor one of seventeen signs", func(c *Content) { c.Buyers[0].CreditCode = "91150203MA000013X" }, signed(),
			[]string{"wrong buyers.0.creditCode check_digit"}},
		{"a licence has years and a kind", func(c *Content) {
			c.Elements.ClassCode = "0302"
			c.Elements.IP = []IP{{Kind: "know_how"}}
		}, signed(), []string{"missing elements.licence.years missing", "missing elements.licence.exclusive missing"}},
		{"the class is a leaf of the list", func(c *Content) { c.Elements.ClassCode = "01" }, signed(),
			[]string{"wrong elements.classCode unknown_code"}},
		{"an unknown county of the region", func(c *Content) { c.Seller.Division = "150199" }, signed(),
			[]string{"wrong seller.division bad_division"}},
		{"a nature without its fourth digit", func(c *Content) { c.Seller.Nature = "022" }, signed(), nil},
		{"a group is no nature", func(c *Content) { c.Seller.Nature = "020" }, signed(), []string{"wrong seller.nature unknown_code"}},
		{"a party of another province", func(c *Content) { c.Buyers[0].Division = "110108" }, signed(), nil},
		{"a foreign buyer has a country and no division", func(c *Content) { c.Buyers[0] = Party{Name: "Beispiel AG", Country: "276"} },
			signed(), nil},
		{"a foreign buyer with a division", func(c *Content) { c.Buyers[0] = Party{Name: "Beispiel AG", Country: "276", Division: "150104"} },
			signed(), []string{"wrong buyers.0.division foreign_division"}},
		{"an import is filed by the domestic buyer", func(c *Content) {
			c.Seller = Party{Name: "Beispiel AG", Country: "276"}
			c.Elements.TradePaper = "样例 1"
		}, append(signed(), File{Role: ImportCertificate}), []string{"missing buyers.0.contact missing", "missing buyers.0.phone missing",
			"missing buyers.0.address missing", "missing buyers.0.representative missing"}},
		{"no deal with oneself", func(c *Content) { c.Buyers[0].CreditCode = c.Seller.CreditCode }, signed(),
			[]string{"wrong buyers.0.name same_party"}},
		{"only consulting and service can be tied", func(c *Content) { c.Elements.Tied = true; c.Elements.TiedTo = "甲" }, signed(),
			[]string{"wrong elements.tied not_tied"}},
		{"an oral contract", func(c *Content) { c.Elements.Medium = "oral" }, signed(), []string{"wrong elements.medium unknown_code"}},
	} {
		doc := complete()
		c.change(&doc)
		got := describe(Check(doc, c.files, "2026-04-10"))
		if diff := cmp.Diff(append([]string{}, c.want...), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.rule, diff)
		}
	}
}

func TestTaskListFollowsTheDocument(t *testing.T) {
	t.Parallel()
	state := func(list []SectionState) (out []string) {
		for _, s := range list {
			out = append(out, string(s.Section)+" "+s.State)
		}
		return out
	}
	if got, want := state(Sections(Content{Seller: Party{Country: China}, Buyers: []Party{{Country: China}}}, nil, "2026-04-10")),
		[]string{"seller empty", "buyers empty", "elements empty", "amounts empty", "files empty", "statement empty"}; !slices.Equal(got, want) {
		t.Errorf("empty: %v", got)
	}
	doc := complete()
	doc.Seller.Contact, doc.Statement.True = "", false
	if got, want := state(Sections(doc, signed(), "2026-04-10")),
		[]string{"seller started", "buyers done", "elements done", "amounts done", "files done", "statement started"}; !slices.Equal(got, want) {
		t.Errorf("started: %v", got)
	}
}

// TestAcceptanceAmounts gives N, T and V of the cases whose amounts the form itself decides.
func TestAcceptanceAmounts(t *testing.T) {
	t.Parallel()
	place := Place{Points: []string{"150104", "150100", "150000"}}
	for _, c := range []struct {
		id                          string
		change                      func(*Content)
		outcome                     recognition.Outcome
		claimedT, claimedV, strictT money.Fen
	}{
		{"A1", func(c *Content) { c.Elements.Amount, c.Technical, c.Costs = 80*money.WanYuan, 80*money.WanYuan, nil }, recognition.Register,
			80 * money.WanYuan, 80 * money.WanYuan, 80 * money.WanYuan},
		{"A2", func(*Content) {}, recognition.Register, 195 * money.WanYuan, 195 * money.WanYuan, 195 * money.WanYuan},
		{"A3 as claimed", func(c *Content) {
			c.Elements.Amount = 260 * money.WanYuan
			c.Costs = []CostRow{{Kind: "prototype", Name: "装置一", Quantity: 1, UnitCost: 40 * money.WanYuan, Carrier: true},
				{Kind: "prototype", Name: "装置二", Quantity: 1, UnitCost: 35 * money.WanYuan, Carrier: true},
				{Kind: "prototype", Name: "装置三", Quantity: 1, UnitCost: 35 * money.WanYuan}}
		}, recognition.Register, 225 * money.WanYuan, 150 * money.WanYuan, 150 * money.WanYuan},
		{"A7", func(c *Content) {
			c.Elements.ClassCode, c.Elements.Amount = "0501", 110*money.WanYuan
			c.Costs = []CostRow{{Kind: "part", Name: "备件", Quantity: 4, UnitCost: 7 * money.WanYuan}}
		}, recognition.Register, 82 * money.WanYuan, 0, 82 * money.WanYuan},
	} {
		doc := complete()
		c.change(&doc)
		got := Look(doc, signed(), "2026-04-10", place, recognition.DefaultPolicy())
		if got.Decision.Outcome != c.outcome || got.Claimed == nil || got.Strict == nil {
			t.Errorf("%s: %+v", c.id, got.Decision)
			continue
		}
		if got.Claimed.Technical != c.claimedT || got.Claimed.VATBase != c.claimedV || got.Strict.Technical != c.strictT {
			t.Errorf("%s: T %s V %s strict T %s", c.id, got.Claimed.Technical, got.Claimed.VATBase, got.Strict.Technical)
		}
	}
}

func TestPrecheckSpeaksWithTheRuleBook(t *testing.T) {
	t.Parallel()
	place := Place{Points: []string{"150200", "152200", "150000"}}
	policy := recognition.DefaultPolicy()
	doc := complete()
	doc.Seller.Division = "152221"
	if got := Look(doc, signed(), "2026-04-10", place, policy); got.Decision.Outcome != recognition.Register || got.Area != "152221" {
		t.Errorf("without a point the competent one is assumed: %+v", got.Decision)
	}
	place.Point = "150200"
	if got := Look(doc, signed(), "2026-04-10", place, policy); got.Decision.Outcome != recognition.NotAccept ||
		got.Decision.RightPoint != "152200" {
		t.Errorf("B5: %+v", got.Decision)
	}
	transfer := complete()
	transfer.Elements.ClassCode = "0202"
	transfer.Costs, transfer.Technical = nil, transfer.Elements.Amount
	transfer.Elements.IP = []IP{{Kind: "invention", Number: "ZL201510237122.7", Certificate: Yes, Valid: Yes}}
	place.Point = ""
	if got := Look(transfer, signed(), "2026-04-10", place, policy); got.Decision.Outcome != recognition.Correct {
		t.Errorf("A4 without the certificate: %+v", got.Decision)
	}
	with := append(signed(), File{Role: IPCertificate})
	if got := Look(transfer, with, "2026-04-10", place, policy); got.Decision.Outcome != recognition.Register ||
		!slices.Contains(got.Decision.Flags, recognition.FlagCIT) {
		t.Errorf("A4: %+v", got.Decision)
	}
	transfer.Elements.IP[0].Valid = No
	if got := Look(transfer, with, "2026-04-10", place, policy); got.Decision.Outcome != recognition.Refuse {
		t.Errorf("A4 lapsed: %+v", got.Decision)
	}
	imported := complete()
	imported.Seller = Party{Name: "Beispiel AG", Country: "276"}
	imported.Buyers = []Party{{Name: "Beispiel BV", Country: "528"}, {Name: "样例企业乙", Country: China, Division: "150102"}}
	if got := Look(imported, signed(), "2026-04-10", Place{Points: []string{"150000"}}, policy); got.Area != "150102" ||
		!slices.Contains(got.Decision.Flags, recognition.FlagImport) {
		t.Errorf("B11: area %s, %+v", got.Area, got.Decision)
	}
}

func TestDraftFromADealTypesNothingTwice(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, err := w.Draft(ctx, w.seller, 1)
	if err != nil {
		t.Fatal(err)
	}
	e := c.Content.Elements
	if c.Content.Seller.Name != "样例研究院甲" || c.Content.Seller.OrgID != sellerOrg || c.Content.Buyers[0].Division != "150203" ||
		e.ClassCode != "0301" ||
		e.Amount != 300_000*money.Yuan || !e.AmountOpen || e.Royalty != Yes || e.EndsOn != "2032-03-01" ||
		e.Licence != (Licence{6, "ordinary"}) ||
		e.Field != "05" || e.Industry != "C" || len(e.IP) != 1 || e.IP[0].Number != "ZL201510237122.7" || e.BrokerFee != 6_000*money.Yuan ||
		e.Broker != "样例经纪人" ||
		e.Agency != "样例转移机构" ||
		c.BrokerAccount != w.broker.AccountID {
		t.Errorf("%+v", c.Content)
	}
	for path, from := range map[string]string{"seller.name": "organisation", "buyers.0.division": "organisation", "elements.amountFen": "deal",
		"elements.ip.0.number": "achievement", "elements.field": "achievement"} {
		if got := c.Content.Origins[path]; got.From != from {
			t.Errorf("origin of %s is %+v, want %s", path, got, from)
		}
	}
	for path := range c.Content.Origins {
		if !slices.ContainsFunc(leaves(c.Content), func(l leafValue) bool { return l.path == path && l.value != "" }) {
			t.Errorf("origin of the empty field %s", path)
		}
	}
	// What a deal cannot know is all that is left to type.
	var left []string
	for _, i := range Check(c.Content, c.Files, w.Today()) {
		if i.Level != Warn {
			left = append(left, i.Path)
		}
	}
	if want := []string{"elements.signedOn", "elements.relatedParty", "elements.medium", "elements.planSource", "elements.ip.0.certificate",
		"elements.ip.0.valid",
		"elements.socialGoal", "technicalFen", "files.signed_text", "statement.true", "statement.same", "statement.unfiled",
		"statement.phone"}; !slices.Equal(
		left,
		want,
	) {
		t.Errorf("left to type: %q", left)
	}
	again, err := w.Draft(ctx, w.colleague, 1)
	if err != nil || again.ID != c.ID {
		t.Errorf("a second draft of the same deal: %d, %v", again.ID, err)
	}
	if list, err := w.List(ctx, w.buyer, Filter{Deal: 1, Limit: 10}); err != nil || len(list) != 1 {
		t.Errorf("the buyer finds the contract of the deal: %d, %v", len(list), err)
	}
	if list, err := w.List(ctx, w.buyer, Filter{Deal: 2, Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("contracts of another deal: %d, %v", len(list), err)
	}
	if err := w.Discard(ctx, w.seller, c.ID, c.Version); err != nil {
		t.Fatal(err)
	}
	if fresh, err := w.Draft(ctx, w.seller, 1); err != nil || fresh.ID == c.ID || fresh.State != Draft {
		t.Errorf("a draft after a discarded one: %d %s, %v", fresh.ID, fresh.State, err)
	}
	if _, err := w.Draft(ctx, w.buyer, 1); !fault.HasCode(err, "not_applicant") {
		t.Errorf("the buyer drafts: %v", err)
	}
}

func TestSaveKeepsTheLaterOfTwoPeopleFromOverwriting(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, err := w.Draft(ctx, w.seller, 1)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := c.Content, c.Content
	mine.Elements.Name, theirs.Elements.Name = "我的名称", "同事的名称"
	if _, err := w.Save(ctx, w.colleague, c.ID, c.Version, SectionElements, theirs); err != nil {
		t.Fatal(err)
	}
	stored, err := w.Save(ctx, w.seller, c.ID, c.Version, SectionElements, mine)
	if !fault.HasCode(err, "stale_version") || stored.Content.Elements.Name != "同事的名称" {
		t.Fatalf("later save: %v, stored %q", err, stored.Content.Elements.Name)
	}
	diff := Diff(stored.Content, mine)
	if len(diff) != 1 || diff[0] != (Difference{"elements.name", "同事的名称", "我的名称"}) {
		t.Errorf("difference %+v", diff)
	}
	got, err := w.Save(ctx, w.seller, c.ID, stored.Version, SectionElements, mine)
	if err != nil || got.Content.Elements.Name != "我的名称" {
		t.Fatalf("save over the seen version: %v", err)
	}
	if _, kept := got.Content.Origins["elements.name"]; kept {
		t.Error("a changed field still claims its origin")
	}
	if got.Content.Origins["elements.amountFen"].From != "deal" {
		t.Error("an unchanged field lost its origin")
	}

	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() {
			doc := got.Content
			doc.Statement.Applicant = fmt.Sprint("同事", i)
			_, errs[i] = w.Save(ctx, w.seller, got.ID, got.Version, SectionStatement, doc)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !fault.HasCode(err, "stale_version") {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d of six saves from one version won", won)
	}
}

func TestSaveChangesOneSectionAndBoundsIt(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, err := w.Create(ctx, w.seller, false)
	if err != nil {
		t.Fatal(err)
	}
	doc := complete()
	doc.Seller.OrgID, doc.Buyers[0].OrgID = 99, 98
	got, err := w.Save(ctx, w.seller, c.ID, 1, SectionBuyers, doc)
	if err != nil || got.Content.Buyers[0].Name != "样例企业乙" || got.Content.Buyers[0].OrgID != 0 || got.Content.Elements.Name != "" ||
		got.Version != 2 {
		t.Errorf("%+v, %v", got.Content, err)
	}
	if got, err := w.Save(ctx, w.seller, c.ID, 2, SectionSeller, doc); err != nil || got.Content.Seller.OrgID != sellerOrg {
		t.Errorf("a form moved the seller to organisation %d, %v", got.Content.Seller.OrgID, err)
	}
	for _, bad := range []struct {
		path   string
		change func(*Content)
	}{
		{"elements.name", func(c *Content) { c.Elements.Name = strings.Repeat("字", 301) }},
		{"elements.summary", func(c *Content) { c.Elements.Summary = strings.Repeat("字", 10_000_000/3) }},
		{"elements.paymentTerms", func(c *Content) { c.Elements.PaymentTerms = "\x00" }},
		{"elements.ip", func(c *Content) { c.Elements.IP = make([]IP, 51) }},
	} {
		doc := complete()
		bad.change(&doc)
		_, err := w.Save(ctx, w.seller, c.ID, 3, SectionElements, doc)
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Path != bad.path {
			t.Errorf("%s: %v", bad.path, err)
		}
	}
	for _, section := range []Section{SectionFiles, "all"} {
		if _, err := w.Save(ctx, w.seller, c.ID, 3, section, doc); !fault.HasCode(err, "unknown_section") {
			t.Errorf("section %s: %v", section, err)
		}
	}
}

// filed brings a complete contract to a desk: version 1 frozen.
func (w *world) filed(t testing.TB) Contract {
	t.Helper()
	ctx := context.Background()
	c, err := w.Create(ctx, w.seller, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Section{SectionSeller, SectionBuyers, SectionElements, SectionAmounts, SectionStatement} {
		if c, err = w.Save(ctx, w.seller, c.ID, c.Version, s, complete()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = w.Attach(ctx, w.seller, c.ID, w.file(t, sellerOrg), SignedText); err != nil {
		t.Fatal(err)
	}
	w.freeze(t, c.ID)
	if c, err = w.Read(ctx, w.seller, c.ID); err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) freeze(t testing.TB, id int64) (f Frozen) {
	t.Helper()
	err := w.db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) (err error) {
		f, err = w.Freeze(ctx, tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (w *world) decide(id int64, events ...Event) error {
	return w.db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		for _, e := range events {
			if err := w.Move(ctx, tx, id, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestTodayIsTheDateInShanghai(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, err := w.Create(ctx, w.seller, false)
	if err != nil {
		t.Fatal(err)
	}
	doc := complete()
	doc.Elements.EndsOn = "2026-04-09" // over since midnight in Shanghai, today in UTC
	if _, err := w.Save(ctx, w.seller, c.ID, c.Version, SectionElements, doc); err != nil {
		t.Fatal(err)
	}
	err = w.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { _, err := w.Freeze(ctx, tx, c.ID); return err })
	var f *fault.Error
	if !errors.As(err, &f) || !slices.ContainsFunc(f.Fields, func(f fault.Field) bool { return f.Code == "expired" }) {
		t.Errorf("freeze after the end: %v", err)
	}
	look, err := w.Precheck(ctx, w.colleague, c.ID, Place{Points: []string{"150000"}}, recognition.DefaultPolicy())
	if err != nil || look.Decision.Outcome != recognition.NotAccept || !slices.Contains(look.Decision.Reasons, "R11") {
		t.Errorf("pre-check after the end: %+v, %v", look.Decision, err)
	}
}

func TestAnUnknownContractDoesNotExist(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	calls := map[string]func(context.Context, pgx.Tx) error{
		"read": func(ctx context.Context, _ pgx.Tx) error { _, err := w.Read(ctx, w.seller, 99); return err },
		"save": func(ctx context.Context, _ pgx.Tx) error {
			_, err := w.Save(ctx, w.seller, 99, 1, SectionSeller, Content{})
			return err
		},
		"get":    func(ctx context.Context, tx pgx.Tx) error { _, err := w.Get(ctx, tx, 99); return err },
		"freeze": func(ctx context.Context, tx pgx.Tx) error { _, err := w.Freeze(ctx, tx, 99); return err },
		"frozen": func(ctx context.Context, tx pgx.Tx) error { _, err := w.Frozen(ctx, tx, 99, 1); return err },
		"move":   func(ctx context.Context, tx pgx.Tx) error { return w.Move(ctx, tx, 99, EventRegister) },
	}
	for name, call := range calls {
		if err := w.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return call(ctx, tx) }); !fault.HasCode(err, "contract_not_found") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFrozenVersionsNeverChange(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c := w.filed(t)
	if c.State != Filed || len(c.Files) != 1 {
		t.Fatalf("%s with %d files", c.State, len(c.Files))
	}
	first, err := w.Versions(ctx, w.seller, c.ID)
	if err != nil || len(first) != 1 || first[0].TextDigest == "" || first[0].TextDigest != c.Files[0].Digest {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := w.Save(ctx, w.seller, c.ID, c.Version, SectionElements, complete()); !fault.HasCode(err, "not_editable") {
		t.Errorf("save at the desk: %v", err)
	}
	if _, err := w.Detach(ctx, w.seller, c.ID, c.Files[0].ID); !fault.HasCode(err, "not_editable") {
		t.Errorf("detach at the desk: %v", err)
	}
	if err := w.decide(c.ID, EventCorrect); err != nil {
		t.Fatal(err)
	}
	doc := complete()
	doc.Elements.Name = "补正后的名称"
	if _, err := w.Save(ctx, w.seller, c.ID, c.Version+1, SectionElements, doc); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Detach(ctx, w.seller, c.ID, c.Files[0].ID); err != nil {
		t.Fatal(err)
	}
	err = w.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { _, err := w.Freeze(ctx, tx, c.ID); return err })
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Path != "files.signed_text" {
		t.Errorf("freeze without the text: %v", err)
	}
	if _, err := w.Attach(ctx, w.seller, c.ID, w.file(t, sellerOrg), SignedText); err != nil {
		t.Fatal(err)
	}
	if second := w.freeze(t, c.ID); second.Number != 2 || second.Content.Elements.Name != "补正后的名称" {
		t.Errorf("%+v", second)
	}
	after, err := w.Versions(ctx, w.buyer, c.ID)
	if !fault.Is(err, fault.NotFound) || after != nil {
		t.Errorf("an unlinked buyer reads versions: %v", err)
	}
	after, err = w.Versions(ctx, w.colleague, c.ID)
	if err != nil || len(after) != 2 || cmp.Diff(first[0], after[0]) != "" {
		t.Errorf("version 1 changed: %s, %v", cmp.Diff(first[0], after[0]), err)
	}
	if err := w.opens(w.seller, c.ID, c.Files[0].ID); err != nil {
		t.Errorf("the file of version 1: %v", err)
	}
}

func TestARefusedChangePutsTheRegisteredVersionBack(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c := w.filed(t)
	if err := w.decide(c.ID, EventRegister, EventChange); err != nil {
		t.Fatal(err)
	}
	c, _ = w.Read(ctx, w.seller, c.ID)
	if c.State != Changing || c.RegisteredVersion != 1 {
		t.Fatalf("%s, registered version %d", c.State, c.RegisteredVersion)
	}
	doc := complete()
	doc.Elements.Amount += 200_000 * money.Yuan
	doc.Technical += 200_000 * money.Yuan
	for _, s := range []Section{SectionElements, SectionAmounts} {
		var err error
		if c, err = w.Save(ctx, w.seller, c.ID, c.Version, s, doc); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Attach(ctx, w.seller, c.ID, w.file(t, sellerOrg), Supplement); err != nil {
		t.Fatal(err)
	}
	if f := w.freeze(t, c.ID); f.Number != 2 || len(f.Files) != 2 {
		t.Fatalf("%+v", f)
	}
	if err := w.decide(c.ID, EventKeep); err != nil {
		t.Fatal(err)
	}
	c, _ = w.Read(ctx, w.seller, c.ID)
	if c.State != Registered || c.RegisteredVersion != 1 || c.Content.Elements.Amount != 3_000_000*money.Yuan || len(c.Files) != 1 {
		t.Errorf("%s version %d amount %s files %d", c.State, c.RegisteredVersion, c.Content.Elements.Amount, len(c.Files))
	}
	if err := w.decide(c.ID, EventChange); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Attach(ctx, w.seller, c.ID, w.file(t, sellerOrg), Supplement); err != nil {
		t.Fatal(err)
	}
	if f := w.freeze(t, c.ID); f.Number != 3 {
		t.Errorf("numbers are never reused: %d", f.Number)
	}
	if err := w.decide(c.ID, EventRegister); err != nil {
		t.Fatal(err)
	}
	if c, _ = w.Read(ctx, w.seller, c.ID); c.RegisteredVersion != 3 {
		t.Errorf("registered version %d, want 3", c.RegisteredVersion)
	}
}

// TestEveryStateAndEvent walks all pairs through the desk's Move; `allowed` is written out by hand.
func TestEveryStateAndEvent(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	allowed := map[State]map[Event]State{
		Draft:      {EventClose: Closed},
		Filed:      {EventCorrect: Correcting, EventRelease: Draft, EventRegister: Registered},
		Correcting: {EventRelease: Draft},
		Registered: {EventChange: Changing, EventClose: Closed},
		Changing:   {EventKeep: Registered},
		Closed:     {},
	}
	reach := map[State][]Event{
		Filed:      nil,
		Correcting: {EventCorrect},
		Registered: {EventRegister},
		Changing:   {EventRegister, EventChange},
		Draft:      {EventRelease},
		Closed:     {EventRelease, EventClose},
	}
	for _, state := range slices.Sorted(maps.Keys(reach)) {
		for _, on := range []Event{EventSubmit, EventCorrect, EventRelease, EventRegister, EventKeep, EventChange, EventClose} {
			c := w.filed(t)
			if err := w.decide(c.ID, reach[state]...); err != nil {
				t.Fatal(err)
			}
			err := w.decide(c.ID, on)
			c, _ = w.Read(ctx, w.seller, c.ID)
			if to, ok := allowed[state][on]; ok {
				if err != nil || c.State != to {
					t.Errorf("%s in %s: %s, %v, want %s", on, state, c.State, err, to)
				}
			} else if !fault.HasCode(err, "wrong_state") || c.State != state {
				t.Errorf("%s in %s: %s, %v, want wrong_state", on, state, c.State, err)
			}
		}
	}
	// Cases that need a registered version before.
	for _, on := range []struct {
		events []Event
		want   State
	}{{[]Event{EventKeep}, Registered}, {[]Event{EventCorrect, EventKeep}, Registered}, {[]Event{EventRelease}, ""},
		{[]Event{EventCorrect, EventRelease}, ""}} {
		c := w.filed(t)
		if err := w.decide(c.ID, EventRegister, EventChange); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Attach(ctx, w.seller, c.ID, w.file(t, sellerOrg), Supplement); err != nil {
			t.Fatal(err)
		}
		w.freeze(t, c.ID)
		err := w.decide(c.ID, on.events...)
		c, _ = w.Read(ctx, w.seller, c.ID)
		if on.want == "" && !fault.HasCode(err, "wrong_state") || on.want != "" && (err != nil || c.State != on.want) {
			t.Errorf("change at the desk, %v: %s, %v", on.events, c.State, err)
		}
	}
}

func TestBrokersGetCreditForRegisteredContracts(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	count := func(sample bool) int64 {
		t.Helper()
		got, err := w.ByBroker(ctx, []int64{w.broker.AccountID}, sample)
		if err != nil {
			t.Fatal(err)
		}
		return got[w.broker.AccountID]
	}
	c := w.filed(t)
	if _, err := w.db.Exec(ctx, `update contract set broker_account = $1, is_sample = true where id = $2`, w.broker.AccountID,
		c.ID); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		event        Event
		live, sample int64
	}{{"", 0, 0}, {EventRegister, 0, 1}, {EventClose, 0, 0}} {
		if step.event != "" {
			if err := w.decide(c.ID, step.event); err != nil {
				t.Fatal(err)
			}
		}
		if live, sample := count(false), count(true); live != step.live || sample != step.sample {
			t.Errorf("after %q: %d, with sample %d", step.event, live, sample)
		}
	}
}

// The brokers' room learns that a contract stands: its own one at any stage, and one without the broker only when it is registered,
// of just these two organisations and made in the span.
func TestOfPairs_TellsOwnAndRegisteredContractsOnly(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c := w.filed(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := w.db.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	span := func(from, to int) Pair {
		return Pair{Deal: 99, Seller: sellerOrg, Buyer: buyerOrg, From: c.CreatedAt.AddDate(0, 0, from), To: c.CreatedAt.AddDate(0, 0, to)}
	}
	reversed := span(-1, 1)
	reversed.Seller, reversed.Buyer = buyerOrg, sellerOrg
	for _, x := range []struct {
		name  string
		set   string
		pair  Pair
		count int
		own   bool
	}{
		{"not registered yet", `registered_version = 0, broker_account = null`, span(-1, 1), 0, false},
		{"registered without the broker", `registered_version = 1, broker_account = null`, span(-1, 1), 1, false},
		{"of another broker's introduction", `registered_version = 1, broker_account = created_by`, span(-1, 1), 1, false},
		{"before the introduction", `registered_version = 1, broker_account = null`, span(1, 2), 0, false},
		{"after the term", `registered_version = 1, broker_account = null`, span(-2, -1), 0, false},
		{"the other way round", `registered_version = 1, broker_account = null`, reversed, 0, false},
		{"names the broker", fmt.Sprintf(`registered_version = 1, broker_account = %d`, w.broker.AccountID), span(-1, 1), 0, false},
		{"closed", `registered_version = 1, broker_account = null, state = 'closed'`, span(-1, 1), 0, false},
	} {
		exec(`update contract set seller_org = $2, buyer_org = $3, `+x.set+` where id = $1`, c.ID, sellerOrg, buyerOrg)
		got, err := w.OfPairs(ctx, w.broker.AccountID, []Pair{x.pair})
		if err != nil || len(got) != x.count || len(got) == 1 && (got[0].Own != x.own || !got[0].Registered || got[0].Deal != 99) {
			t.Errorf("%s: %+v, %v, want %d", x.name, got, err, x.count)
		}
	}
}

func TestOnlyThePartiesReadAndOnlyTheApplicantEdits(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	c, err := w.Draft(ctx, w.seller, 1)
	if err != nil {
		t.Fatal(err)
	}
	file := w.file(t, sellerOrg)
	pending := w.seller
	pending.OrgState = actor.Pending
	for _, x := range []struct {
		name       string
		who        actor.Actor
		read, edit string
	}{
		{"seller", w.seller, "", ""}, {"colleague", w.colleague, "", ""},
		{"pending seller", pending, "", "org_not_confirmed"},
		{"buyer", w.buyer, "", "not_applicant"}, {"broker", w.broker, "", "not_applicant"},
		{"stranger", w.stranger, "contract_not_found", "contract_not_found"},
		{"registrar", w.registrar, "contract_not_found", "contract_not_found"},
		{"officer", w.officer, "contract_not_found", "contract_not_found"}, {"guest", w.guest, "contract_not_found", "contract_not_found"},
	} {
		code := func(err error) string {
			if f, ok := errors.AsType[*fault.Error](err); ok {
				return f.Code
			}
			return ""
		}
		_, err := w.Read(ctx, x.who, c.ID)
		if code(err) != x.read {
			t.Errorf("%s reads: %v", x.name, err)
		}
		current, _ := w.Read(ctx, w.seller, c.ID)
		_, save := w.Save(ctx, x.who, c.ID, current.Version, SectionElements, current.Content)
		if code(save) != x.edit {
			t.Errorf("%s saves: %v", x.name, save)
		}
		if x.edit != "" {
			owner := x.who
			_, attach := w.Attach(ctx, owner, c.ID, w.file(t, max(owner.OrgID, 1)), SignedText)
			if attach == nil {
				t.Errorf("%s attaches", x.name)
			}
			if err := w.Discard(ctx, owner, c.ID, current.Version); code(err) != x.edit {
				t.Errorf("%s discards: %v", x.name, err)
			}
		}
		list, err := w.List(ctx, x.who, Filter{Limit: 10})
		if visible := x.read == ""; x.who.SignedIn() && (err != nil || (len(list) == 1) != visible) {
			t.Errorf("%s lists %d, %v", x.name, len(list), err)
		}
	}
	if _, err := w.Attach(ctx, w.seller, c.ID, w.file(t, buyerOrg), SignedText); !fault.HasCode(err, "file_not_found") {
		t.Errorf("a file of the other side: %v", err)
	}
	if _, err := w.Attach(ctx, w.seller, c.ID, file, "picture"); !fault.HasCode(err, "unknown_role") {
		t.Errorf("an unknown role: %v", err)
	}
	if got, err := w.Attach(ctx, w.seller, c.ID, file, SignedText); err != nil || len(got.Files) != 1 {
		t.Errorf("%d files, %v", len(got.Files), err)
	}
	if got, err := w.Attach(ctx, w.seller, c.ID, file, OtherFile); err != nil || len(got.Files) != 1 || got.Files[0].Role != OtherFile {
		t.Errorf("another role for the same file: %+v, %v", got.Files, err)
	}
	if err := w.opens(w.broker, c.ID, file); err != nil {
		t.Errorf("the broker reads the file: %v", err)
	}
	if err := w.opens(w.broker, c.ID, file+1000); !fault.HasCode(err, "file_not_found") {
		t.Errorf("a file elsewhere: %v", err)
	}
}

func TestCorrection_AContractThatEndsDuringTheReviewMayStillBeCorrected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.filed(t)
	if err := w.decide(c.ID, EventCorrect); err != nil {
		t.Fatal(err)
	}
	w.now = time.Date(2027, 3, 5, 10, 0, 0, 0, time.UTC) // after EndsOn; it was applied for in time (B7)
	if second := w.freeze(t, c.ID); second.Number != 2 {
		t.Errorf("%+v", second)
	}
}

// A contract made without a deal reaches its buyer on this market when it is handed in.
func TestFreezeTiesABuyerOfThisMarket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if c := w.filed(t); c.BuyerOrg != 0 {
		t.Errorf("a buyer nobody knows: tied to %d", c.BuyerOrg)
	}
	w.OrgOf = func(_ context.Context, _ pgx.Tx, name, code string, sample bool) (int64, error) {
		if want := mainBuyer(complete()); name != want.Name || code != want.CreditCode || sample {
			t.Errorf("asked for %s %s %v", name, code, sample)
		}
		return buyerOrg, nil
	}
	if c := w.filed(t); c.BuyerOrg != buyerOrg || mainBuyer(c.Content).OrgID != buyerOrg {
		t.Errorf("tied to %d, party %d", c.BuyerOrg, mainBuyer(c.Content).OrgID)
	}
}
