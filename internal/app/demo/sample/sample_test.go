package sample

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
)

var fixedNow = time.Date(2026, 11, 23, 15, 0, 0, 0, clock.Zone())

func market(t *testing.T) Market {
	t.Helper()
	t.Parallel()
	return Generate(Seed, fixedNow)
}

func TestCountsAreThoseOfTheBrief(t *testing.T) {
	m := market(t)
	kinds := map[string]int{}
	for _, o := range m.Organisations {
		kinds[o.Kind]++
	}
	roles := map[string]int{}
	for _, p := range m.People {
		roles[p.Role]++
	}
	got := map[string]int{"高校院所": kinds[OrgUniversity] + kinds[OrgInstitute], "企业": kinds[OrgCompany], "机构": kinds[OrgAgency],
		"依托单位": kinds[OrgHost],
		"经纪人":  roles[RoleBroker], "登记人员": roles[RoleRegistrar] + roles[RoleReviewer] + roles[RoleHead], "成果": len(m.Achievements),
		"需求": len(m.Demands),
		"洽谈": len(m.Deals), "合同": len(m.Contracts)}
	want := map[string]int{"高校院所": 40, "企业": 260, "机构": 30, "依托单位": 26, "经纪人": 60, "登记人员": 110, "成果": 300, "需求": 200, "洽谈": 40, "合同": 500}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%s: got %d, want %d", k, got[k], w)
		}
	}
}

func TestSameSeedGivesSameBytes(t *testing.T) {
	m := market(t)
	a, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(Generate(Seed, fixedNow))
	if !bytes.Equal(a, b) {
		t.Error("two runs with one seed differ")
	}
	c, _ := json.Marshal(Generate(Seed+1, fixedNow))
	if bytes.Equal(a, c) {
		t.Error("another seed gives the same market")
	}
}

func TestGenerateHoldsForOtherTimes(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{fixedNow.AddDate(0, 3, 6), fixedNow.AddDate(1, 0, 0), time.Date(2028, 2, 29, 9, 0, 0, 0, time.UTC)} {
		m := Generate(7, now)
		checkContracts(t, m, now)
	}
}

func TestKeysLoginsAndNumbersAreUnique(t *testing.T) {
	m := market(t)
	seen := map[string]bool{}
	once := func(kind, v string) {
		if v == "" {
			return
		}
		if seen[kind+v] {
			t.Errorf("%s %q occurs twice", kind, v)
		}
		seen[kind+v] = true
	}
	for _, o := range m.Organisations {
		once("key", o.Key)
		once("org", o.Name)
		once("code", o.CreditCode)
	}
	for _, p := range m.People {
		once("key", p.Key)
		once("login", p.Login)
		once("person", p.Name)
		once("phone", p.Phone)
	}
	for _, p := range m.Points {
		once("point", p.Region4+p.Code)
		once("point", p.Name)
	}
	for _, a := range m.Achievements {
		once("title", a.Title)
		for _, ip := range a.IP {
			once("ip", ip.Number)
		}
	}
	for _, d := range m.Demands {
		once("title", d.Title)
	}
	for _, c := range m.Contracts {
		once("key", c.Key)
		once("number", c.Number)
		once("intake", c.Intake)
		if c.State != StateRefused && c.State != StateReconsider {
			once("contract", c.Title)
		}
	}
}

// No two texts may share more than half of their sentences; a sentence is compared with its figures
// blanked, so that a template with other numbers counts as the same.
func TestNoTwoListingsReadAlike(t *testing.T) {
	m := market(t)
	digits := regexp.MustCompile(`[0-9０-９.]+`)
	sentences := func(text string) map[string]bool {
		out := map[string]bool{}
		for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。；\n", r) }) {
			if s = strings.TrimSpace(digits.ReplaceAllString(s, "0")); utf8.RuneCountInString(s) > 5 {
				out[s] = true
			}
		}
		return out
	}
	var texts []map[string]bool
	var names []string
	owners := map[string][]int{}
	add := func(name, text string) {
		set := sentences(text)
		if len(set) < 4 {
			t.Errorf("%s has only %d sentences", name, len(set))
		}
		for s := range set {
			owners[s] = append(owners[s], len(texts))
		}
		texts, names = append(texts, set), append(names, name)
	}
	for _, a := range m.Achievements {
		add(a.Title, a.Description())
	}
	for _, d := range m.Demands {
		add(d.Title, d.Description())
	}
	shared := map[[2]int]int{}
	for _, list := range owners {
		for i, a := range list {
			for _, b := range list[i+1:] {
				shared[[2]int{a, b}]++
			}
		}
	}
	for pair, n := range shared {
		if n*2 > min(len(texts[pair[0]]), len(texts[pair[1]])) {
			t.Errorf("%q and %q share %d sentences", names[pair[0]], names[pair[1]], n)
		}
	}
}

func TestListingsAreCompleteAndCarryFigures(t *testing.T) {
	m := market(t)
	orgs := index(m.Organisations, func(o Organisation) string { return o.Key })
	for _, a := range m.Achievements {
		if !a.Sample || a.Maturity < 1 || a.Maturity > 9 || len(a.Ways) == 0 || len(a.Keywords) < 2 || orgs[a.Owner].Key == "" {
			t.Errorf("%s is incomplete", a.Title)
		}
		if n := utf8.RuneCountInString(a.Description()); n < 110 {
			t.Errorf("%s: text of %d characters", a.Title, n)
		}
		if strings.IndexFunc(a.Figures, unicode.IsDigit) < 0 {
			t.Errorf("%s compares no figures", a.Title)
		}
		if a.PriceHigh < a.PriceLow {
			t.Errorf("%s: price band upside down", a.Title)
		}
		if (a.State == ListingPublished) != (!a.PublishedAt.IsZero() && a.ExpiresAt.After(fixedNow)) && a.State != ListingWithdrawn {
			t.Errorf("%s: state %s does not fit its dates", a.Title, a.State)
		}
	}
	for _, d := range m.Demands {
		if !d.Sample || len(d.Targets) < 2 || d.Decider == "" || len(d.Keywords) < 2 || orgs[d.Owner].Kind != OrgCompany {
			t.Errorf("%s is incomplete", d.Title)
		}
		if n := utf8.RuneCountInString(d.Description()); n < 85 {
			t.Errorf("%s: text of %d characters", d.Title, n)
		}
		if d.State == ListingPublished && !d.Deadline.After(fixedNow) {
			t.Errorf("%s is open after its deadline", d.Title)
		}
	}
}

func TestTopicsCoverThePlan(t *testing.T) {
	m := market(t)
	areas, topics := map[string]int{}, map[string]bool{}
	for _, a := range m.Achievements {
		areas[a.Topic[:2]]++
		topics[a.Topic] = true
	}
	for _, d := range m.Demands {
		topics[d.Topic] = true
	}
	for topic := range topics {
		if _, ok := codes.TopicByCode(topic); !ok {
			t.Errorf("topic %s is not in the plan", topic)
		}
	}
	for i := 1; i <= 20; i++ {
		if n := areas[fmt.Sprintf("%02d", i)]; n < 7 {
			t.Errorf("plan area %02d has %d achievements", i, n)
		}
	}
	if len(topics) < 110 {
		t.Errorf("listings cover %d topics of the plan, want ≥ 110", len(topics))
	}
}

func TestCodesHaveRightCheckDigitsAndReservedBodies(t *testing.T) {
	m := market(t)
	credit := regexp.MustCompile(`^(91|11|12)15\d{4}MA0000[0-9A-HJ-NP-RTUWXY]{2}[0-9X][0-9A-HJ-NP-RTUWXY]$`)
	for _, o := range m.Organisations {
		c := o.CreditCode
		if !credit.MatchString(c) || bodyCheck(c[8:16]) != c[16:17] || creditCheck(c) != c[17:] {
			t.Errorf("%s: credit code %s", o.Name, c)
		}
	}
	// The published examples (docs/rules/identifiers.md §3 and §4).
	for _, c := range []string{"91350100M000100Y43", "91110000802100433B", "9144030071526726XG", "91150100MA00000660", "91150100MA0000410Y"} {
		if got := creditCheck(c); got != c[17:] {
			t.Errorf("creditCheck(%s) = %s", c, got)
		}
		if got := bodyCheck(c[8:16]); got != c[16:17] {
			t.Errorf("bodyCheck(%s) = %s", c, got)
		}
	}
	patent := regexp.MustCompile(`^(ZL)?\d{4}[123]99\d{5}\.[0-9X]$`)
	n := 0
	for _, a := range m.Achievements {
		for _, ip := range a.IP {
			if !strings.HasPrefix(ip.Title, "样例") {
				t.Errorf("%s is not marked 样例", ip.Title)
			}
			if ip.Kind != "invention" && ip.Kind != "utility_model" {
				continue
			}
			n++
			digits := strings.TrimPrefix(ip.Number, "ZL")
			sum := 0
			for i := range 12 {
				sum += int(digits[i]-'0') * []int{2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}[i]
			}
			if !patent.MatchString(ip.Number) || "0123456789X"[sum%11] != digits[13] {
				t.Errorf("patent number %s", ip.Number)
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d patents", n)
	}
}

func TestEverythingSaysSampleAndNothingIsReal(t *testing.T) {
	m := market(t)
	for _, o := range m.Organisations {
		if !strings.Contains(o.Name, "样例") {
			t.Errorf("%s does not say 样例", o.Name)
		}
	}
	for _, p := range m.People {
		if !strings.Contains(p.Name, "样例") || !strings.HasSuffix(p.Mail, "@example.com") || !strings.HasPrefix(p.Phone, "100") {
			t.Errorf("person %s %s %s", p.Name, p.Mail, p.Phone)
		}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, real := range []string{"伊利", "蒙牛", "内蒙古大学", "内蒙古工业大学", "内蒙古农业大学", "内蒙古科技大学", "内蒙古医科大学", "内蒙古师范大学", "内蒙古民族大学",
		"内蒙古农牧业科学院", "包钢", "北方稀土", "包头稀土研究院", "神华", "国家能源集团", "中国科学院", "清华", "北京大学", "哈尔滨工业大学", "鄂尔多斯集团", "亿利",
		"远景", "隆基", "中环", "大全", "东方希望", "宁德时代", "比亚迪", "华为", "阿里云", "腾讯", "伊泰", "汇能", "君正", "中天合创", "蒙草", "赛科星", "优然", "圣牧", "科尔沁牛业", "小肥羊", "金宇",
		"生物股份", "阜丰", "梅花生物", "华能", "大唐", "国电", "中广核", "一机集团", "北奔"} {
		if bytes.Contains(raw, []byte(real)) {
			t.Errorf("the sample market names %s", real)
		}
	}
}

func TestDivisionsAreOfficialCodes(t *testing.T) {
	m := market(t)
	leagues, counties := map[string]bool{}, map[string]bool{}
	check := func(what, code string) {
		if _, ok := region.Get(code); !ok {
			t.Errorf("%s: division %s", what, code)
		}
		leagues[code[:4]], counties[code] = true, true
	}
	for _, o := range m.Organisations {
		check(o.Name, o.Division)
	}
	for _, p := range m.Points {
		check(p.Name, p.Division)
	}
	if len(leagues) != 13 || len(counties) < 50 { // twelve leagues and the region itself
		t.Errorf("places: %d leagues, %d divisions", len(leagues), len(counties))
	}
}

func TestEveryRoleHasItsDemoAccount(t *testing.T) {
	m := market(t)
	want := map[string]string{"demo-university": RoleOrgAdmin, "demo-company": RoleOrgAdmin, "demo-broker": RoleBroker,
		"demo-registrar": RoleRegistrar,
		"demo-reviewer":  RoleReviewer, "demo-head": RoleHead, "demo-expert": RoleExpert, "demo-league": RoleLeague, "demo-region": RoleRegion,
		"demo-administrator": RoleAdministrator}
	for _, p := range m.People {
		if r, ok := want[p.Login]; ok {
			if p.Role != r {
				t.Errorf("%s has role %s", p.Login, p.Role)
			}
			delete(want, p.Login)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing accounts: %v", want)
	}
	// The desk of the demo university's contracts is the one where the demo desk accounts sit.
	people := index(m.People, func(p Person) string { return p.Login })
	orgs := index(m.Organisations, func(o Organisation) string { return o.Key })
	points := index(m.Points, func(p Point) string { return p.Key })
	if got := points[people["demo-registrar"].Point].Division; got != orgs[people["demo-university"].Org].Division {
		t.Errorf("demo desk in %s", got)
	}
	if people["demo-league"].Org == "" || orgs[people["demo-league"].Org].Division != "150100" {
		t.Error("demo-league is not over the demo university")
	}
}

func TestDealsTalkBetweenTheirOwnPeople(t *testing.T) {
	m := market(t)
	people := index(m.People, func(p Person) string { return p.Key })
	states := map[string]int{}
	for _, d := range m.Deals {
		states[d.State]++
		for i, msg := range d.Messages {
			if o := people[msg.From].Org; o != d.Seller && o != d.Buyer && msg.From != d.Broker {
				t.Errorf("%s: message of a stranger", d.Key)
			}
			if i > 0 && msg.At.Before(d.Messages[i-1].At) || msg.At.After(fixedNow) {
				t.Errorf("%s: message %d out of time", d.Key, i)
			}
			if strings.ContainsAny(msg.Text, "{}") {
				t.Errorf("%s: %s", d.Key, msg.Text)
			}
		}
		if (d.Terms != nil) != (d.State == DealAgreed || d.State == DealProposed) || (d.Decline != "") != (d.State == DealDeclined) {
			t.Errorf("%s: terms or reason do not fit %s", d.Key, d.State)
		}
	}
	orgs, contracts := index(m.Organisations, func(o Organisation) string { return o.Key }),
		index(m.Contracts, func(c Contract) string { return c.Key })
	logins := index(m.People, func(p Person) string { return p.Login })
	mine := 0
	for _, d := range m.Deals {
		if d.State == DealAgreed {
			c := contracts[d.Contract]
			if c.Deal != d.Key || c.Seller.Name != orgs[d.Seller].Name || c.Amounts.Total != d.Terms.Amount || c.Class != d.Terms.Class ||
				c.Signed.Before(d.CreatedAt) {
				t.Errorf("%s: contract %s does not carry its terms", d.Key, c.Key)
			}
		}
		if d.Buyer == logins["demo-company"].Org {
			mine++
		}
	}
	if mine < 3 {
		t.Errorf("the demo company has %d deals", mine)
	}
	desk := map[string]int{}
	for _, c := range m.Contracts {
		if c.Point == logins["demo-registrar"].Point && openState(c.State) {
			desk[c.State]++
		}
	}
	if len(desk) < 5 {
		t.Errorf("the demo desk has open cases only in %v", desk)
	}
	if len(states) != 6 {
		t.Errorf("deal states: %v", states)
	}
}

func TestEdgeRowsArePresent(t *testing.T) {
	m := market(t)
	raw := &bytes.Buffer{}
	enc := json.NewEncoder(raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"䶮", "\U00020BB7", "<script>", "=cmd", "=SUM(", "ᠮᠣᠩᠭᠣᠯ", "\u200f", "·"} {
		if !strings.Contains(raw.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	var sixty, leap, fen, most, smallLarge, justBelow, imports bool
	for _, o := range m.Organisations {
		sixty = sixty || utf8.RuneCountInString(o.Name) == 60
	}
	for _, c := range m.Contracts {
		leap = leap || c.Signed.Month() == time.February && c.Signed.Day() == 29
		fen = fen || c.Amounts.Total == 1
		most = most || c.Amounts.Total == 999_999_999_999
		smallLarge = smallLarge || c.Amounts.Technical == largeAmount
		justBelow = justBelow || c.Amounts.Technical == largeAmount-1
		imports = imports || c.Import
	}
	for name, ok := range map[string]bool{"60 characters": sixty, "29 February": leap, "0.01": fen, "9,999,999,999.99": most,
		"T = 5,000,000.00": smallLarge, "T = 4,999,999.99": justBelow, "import": imports} {
		if !ok {
			t.Errorf("no row with %s", name)
		}
	}
	if a := m.Achievements[1]; a.Evidence != "" || a.IP != nil || a.PriceHigh != 0 {
		t.Error("no achievement with empty optional fields")
	}
}

func index[T any](list []T, key func(T) string) map[string]T {
	out := map[string]T{}
	for _, v := range list {
		out[key(v)] = v
	}
	return out
}

func TestAnAgreedTalkIsAboutANeedThatWasPublishedBefore(t *testing.T) {
	t.Parallel()
	for day := range 20 {
		m := Generate(Seed, time.Date(2026, 11, 10+day, 7, 0, 0, 0, clock.Zone()))
		published := map[string]time.Time{}
		for _, d := range m.Demands {
			published[d.Key] = d.PublishedAt
		}
		for _, d := range m.Deals {
			if d.State == DealAgreed && d.Demand != "" && !published[d.Demand].Before(d.CreatedAt) {
				t.Errorf("day %d: %s of %s is about %s, published %s", day, d.Key, d.CreatedAt, d.Demand, published[d.Demand])
			}
		}
	}
}
