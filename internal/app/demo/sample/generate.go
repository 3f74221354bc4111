package sample

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
)

// Generate invents the sample market as seen at now. It is pure: the same seed and time give the
// same market. It panics on a mistake in the embedded data, which the tests exclude.
func Generate(seed uint64, now time.Time) Market {
	g := &generator{
		rng: rand.New(rand.NewPCG(seed, 0x6b6a64736331)), // second half fixed: one seed is enough for callers
		now: clock.Local(now).Truncate(time.Second),
	}
	g.load()
	g.organisations()
	g.achievements()
	g.demands()
	g.deals()
	g.contracts()
	slices.SortStableFunc(g.m.Contracts, func(a, b Contract) int { return cmp.Compare(a.Key, b.Key) })
	return g.m
}

// generator holds the state of one Generate call.
type generator struct {
	rng *rand.Rand
	now time.Time
	m   Market

	tables  tables
	words   map[string][]string
	names   map[string]bool
	bodies  int
	patents int
	phones  int

	orgs                        map[string]int      // organisation key → index
	persons                     map[string]int      // person key → index
	points                      map[string]int      // point key → index
	byArea                      map[string][]string // area → organisation keys that supply technology
	buyers                      map[string][]string // area → company keys
	desk                        map[string][]string // point key + "/" + role → person keys
	league                      map[string]string   // league division → officer
	region                      string              // the region's officer
	brokers                     []string
	brokered                    int // deals with a broker so far
	experts                     []string
	serials                     map[string]int // point key + year → last serial
	demoUniversity, demoCompany string
	edge                        map[string]bool // contracts already used as edge rows
}

func (g *generator) pick(s []string) string { return s[g.rng.IntN(len(s))] }

func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

func (g *generator) between(low, high int) int { return low + g.rng.IntN(high-low+1) }

func (g *generator) daysAgo(days int) time.Time { return g.workTime(g.now.AddDate(0, 0, -days)) }

func (g *generator) org(key string) *Organisation { return &g.m.Organisations[g.orgs[key]] }

func (g *generator) person(key string) *Person { return &g.m.People[g.persons[key]] }

func (g *generator) point(key string) *Point { return &g.m.Points[g.points[key]] }

func (g *generator) tenThousand(low int) money.Fen { return money.Fen(low) * money.WanYuan }

// workTime moves a time into office hours of a weekday (public holidays are not considered), never
// after now.
func (g *generator) workTime(t time.Time) time.Time {
	switch t.Weekday() {
	case time.Saturday:
		t = t.AddDate(0, 0, -1)
	case time.Sunday:
		t = t.AddDate(0, 0, -2)
	}
	t = time.Date(t.Year(), t.Month(), t.Day(), g.between(9, 16), g.rng.IntN(60), g.rng.IntN(60), 0, t.Location())
	if t.After(g.now) {
		return g.now
	}
	return t
}

func dateOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func (g *generator) phone() string {
	g.phones++
	return fmt.Sprintf("100%08d", g.phones*7+10000)
}

// creditCode makes a 统一社会信用代码 with right check digits (GB 32100, GB 11714) over the reserved
// body MA0000nn.
func (g *generator) creditCode(prefix, division string) string {
	n := g.bodies
	g.bodies++
	body := "MA0000" + string(creditAlphabet[n/31%31]) + string(creditAlphabet[n%31])
	code := prefix + division + body + bodyCheck(body)
	return code + creditCheck(code)
}

const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// bodyCheck is the ninth character of a body code (GB 11714).
func bodyCheck(body string) string {
	weights := [8]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i := range 8 {
		v := int(body[i] - '0')
		if body[i] >= 'A' {
			v = int(body[i]-'A') + 10
		}
		sum += v * weights[i]
	}
	switch c := 11 - sum%11; c {
	case 10:
		return "X"
	case 11:
		return "0"
	default:
		return fmt.Sprint(c)
	}
}

// creditCheck is the eighteenth character of a 统一社会信用代码 (GB 32100).
func creditCheck(code string) string {
	sum, weight := 0, 1
	for i := range 17 {
		sum += strings.IndexByte(creditAlphabet, code[i]) * weight
		weight = weight * 3 % 31
	}
	return string(creditAlphabet[(31-sum%31)%31])
}

// patentNumber makes a granted or pending number with the check digit of ZC 0006-2003; serials from
// 9900000 on are beyond any year's count.
func (g *generator) patentNumber(year int, kind byte, granted bool) string {
	g.patents++
	digits := fmt.Sprintf("%04d%c99%05d", year, kind, g.patents*37%100000)
	sum := 0
	for i := range 12 {
		sum += int(digits[i]-'0') * (2 + i%8)
	}
	check := "0123456789X"[sum%11]
	prefix := ""
	if granted {
		prefix = "ZL"
	}
	return prefix + digits + "." + string(check)
}

// personName invents a name not used before.
func (g *generator) personName() string {
	for range 200 {
		var n string
		if g.chance(28) {
			n = g.pick(g.words["mongol"])
			if g.names[n] {
				n = g.pick(g.words["mongol"]) + "·" + n
			}
		} else {
			n = g.pick(g.words["surnames"]) + g.pick(g.words["given"])
		}
		if !g.names[n] {
			g.names[n] = true
			return n + "（样例）"
		}
	}
	panic("sample: name lists exhausted")
}

func (g *generator) addPerson(p Person) string {
	p.Key = fmt.Sprintf("person-%04d", len(g.m.People)+1)
	if p.Name == "" {
		p.Name = g.personName()
	}
	if p.Login == "" {
		p.Login = fmt.Sprintf("sample-%04d", len(g.m.People)+1)
	}
	p.Phone = g.phone()
	p.Mail = p.Login + "@example.com"
	if p.CreatedAt.IsZero() {
		p.CreatedAt = g.daysAgo(g.between(1100, 1300))
	}
	g.persons[p.Key] = len(g.m.People)
	g.m.People = append(g.m.People, p)
	return p.Key
}

func (g *generator) addOrg(o Organisation, prefix, contactTitle string) string {
	o.Key = fmt.Sprintf("org-%03d", len(g.m.Organisations)+1)
	o.CreditCode = g.creditCode(prefix, o.Division)
	o.Phone = g.phone()
	o.CreatedAt = g.daysAgo(g.between(1100, 1400))
	if o.Short == "" {
		o.Short = strings.TrimPrefix(o.Name, "样例")
	}
	g.orgs[o.Key] = len(g.m.Organisations)
	g.m.Organisations = append(g.m.Organisations, o)
	if contactTitle != "" {
		key := g.addPerson(Person{Org: o.Key, Role: RoleOrgAdmin, Title: contactTitle, Areas: o.Areas})
		g.org(o.Key).Contact = key
		g.org(o.Key).Legal = g.personName()
	}
	return o.Key
}

func (g *generator) address(division string) string {
	p := g.tables.places[division]
	return p.league + p.county + p.street + fmt.Sprintf("%d号", g.between(1, 188))
}

// organisations makes all organisations, the points and the people of both.
func (g *generator) organisations() {
	for _, r := range g.tables.institutions {
		areas := strings.Split(r["areas"], ",")
		nature, title := "0221", "科研处副处长"
		intro := fmt.Sprintf("样例高校，设%s等方向的实验平台，科研处负责成果登记与转化。", g.areaNames(areas))
		if r["kind"] == OrgInstitute {
			nature, title = "0211", "成果转化部主任"
			intro = fmt.Sprintf("样例科研院所，从事%s方面的应用研究与技术服务。", g.areaNames(areas))
		}
		key := g.addOrg(Organisation{Name: r["name"], Short: r["short"], Kind: r["kind"], Division: r["division"],
			Address: g.address(r["division"]), Nature: nature, Areas: areas, Intro: intro}, "12", title)
		for _, a := range areas {
			g.byArea[a] = append(g.byArea[a], key)
		}
	}
	g.companies()
	g.agencies()
	g.governments()
	g.registrationPoints()
	g.edgeNames()
	g.demoAccounts()
}

func (g *generator) areaNames(areas []string) string {
	var names []string
	for _, a := range areas[:min(2, len(areas))] {
		names = append(names, g.tables.areas[a].name)
	}
	return strings.Join(names, "、")
}

const companyCount = 260

func (g *generator) companies() {
	scales := []string{"large", "medium", "small", "small", "small", "micro", "micro"}
	used := map[string]bool{}
	for i := range companyCount {
		r := g.tables.companies[i%len(g.tables.companies)]
		businesses := strings.Fields(r["businesses"])
		business := businesses[(i/len(g.tables.companies))%len(businesses)]
		leagues := strings.Split(r["leagues"], ",")
		division := g.placeIn(leagues[g.rng.IntN(len(leagues))])
		scale := g.pick(scales)
		nature, suffix := "150", "有限公司"
		switch {
		case scale == "large":
			nature, suffix = "160", "股份有限公司"
		case scale == "micro":
			nature = "170"
		case g.chance(15):
			nature, suffix = "110", "有限责任公司"
		}
		name := ""
		for name == "" || used[name] {
			name = "样例" + g.pick(g.words["brands"]) + business + suffix
		}
		used[name] = true
		p := g.tables.places[division]
		key := g.addOrg(Organisation{Name: name, Kind: OrgCompany, Division: division, Address: g.address(division), Nature: nature,
			Scale: scale, Industry: r["industry"], Areas: []string{r["area"]},
			Intro: fmt.Sprintf("样例企业，设在%s%s，主营%s。", p.league, p.county, business)}, "91", g.pick([]string{"技术部部长", "总工程师", "副总经理", "研发经理"}))
		g.buyers[r["area"]] = append(g.buyers[r["area"]], key)
		if scale == "large" || scale == "medium" {
			g.byArea[r["area"]] = append(g.byArea[r["area"]], key)
		}
	}
}

// placeIn draws a place of a league by weight; more companies sit in 呼和浩特, 包头 and 鄂尔多斯.
func (g *generator) placeIn(league4 string) string {
	if g.chance(12) {
		league4 = g.pick([]string{"1501", "1502", "1506"})
	}
	total := 0
	for _, d := range g.tables.placeOrder {
		if strings.HasPrefix(d, league4) {
			total += g.tables.places[d].weight
		}
	}
	n := g.rng.IntN(total)
	for _, d := range g.tables.placeOrder {
		if strings.HasPrefix(d, league4) {
			if n -= g.tables.places[d].weight; n < 0 {
				return d
			}
		}
	}
	panic("sample: no place in " + league4)
}

// leagueName cuts 包头市 out of 样例包头市科技创新服务中心.
func leagueName(title string) string {
	name := strings.TrimPrefix(title, "样例")
	return name[:strings.IndexAny(name, "市盟")+len("市")]
}

const brokerCount = 60

func (g *generator) agencies() {
	var keys []string
	for i, n := range g.words["agencies"] {
		division := g.placeIn([]string{"1501", "1502", "1506", "1504", "1505", "1508", "1507", "1509", "1522", "1525", "1503", "1529"}[i%12])
		keys = append(keys, g.addOrg(Organisation{Name: "样例" + n + g.pick([]string{"技术转移有限公司", "科技服务有限公司", "知识产权运营有限公司"}), Kind: OrgAgency,
			Division: division, Address: g.address(division), Nature: "150", Scale: "small",
			Intro: "样例技术转移机构，提供供需对接、合同起草与登记代办服务。"}, "91", "机构负责人"))
	}
	for i := range brokerCount {
		var areas []string
		for k := range 3 {
			areas = append(areas, fmt.Sprintf("%02d", (i*7+k*5)%20+1))
		}
		g.brokers = append(g.brokers, g.addPerson(Person{Org: keys[i%len(keys)], Role: RoleBroker, Areas: areas,
			Level: []string{"初级", "初级", "中级", "高级"}[i%4], Title: "技术经纪人"}))
	}
}

func (g *generator) governments() {
	region := g.addOrg(Organisation{Name: "样例自治区科学技术厅", Kind: OrgGovernment, Division: "150000", Nature: "0121",
		Address: "呼和浩特市样例政务路1号", Intro: "样例主管部门，指导全区技术合同认定登记。"}, "11", "")
	g.region = g.addPerson(Person{Org: region, Role: RoleRegion, Login: "demo-region", Title: "成果转化与区域创新处 二级主任科员"})
	g.addPerson(Person{Org: region, Role: RoleAdministrator, Login: "demo-administrator", Title: "平台运行管理员"})
	for _, r := range g.tables.points {
		if r["kind"] != "league" {
			continue
		}
		name := leagueName(r["title"])
		org := g.addOrg(Organisation{Name: "样例" + name + "科学技术局", Kind: OrgGovernment, Division: r["division"], Nature: "0131",
			Address: name + "样例政务路2号", Intro: "样例主管部门，管理本地区技术合同登记点。"}, "11", "")
		login := ""
		if r["division"] == "150100" {
			login = "demo-league"
		}
		g.league[r["division"]] = g.addPerson(Person{Org: org, Role: RoleLeague, Login: login, Title: "成果转化科科长"})
	}
}

func (g *generator) registrationPoints() {
	next := map[string]int{}
	add := func(name, host, kind, division, address, scope string) {
		region4 := division[:4]
		next[region4]++
		key := fmt.Sprintf("point-%02d", len(g.m.Points)+1)
		hours := "工作日 9:00–12:00，14:30–17:30"
		if kind == "university" || kind == "institute" {
			hours = "工作日 8:30–11:30，14:30–17:00，寒暑假每周三上午"
		}
		status := "normal"
		if division == "150402" {
			status = "rectifying" // one point in 整改, so that the directory shows it
		}
		g.points[key] = len(g.m.Points)
		g.m.Points = append(g.m.Points, Point{Key: key, Name: name + "技术合同认定登记点", Host: host, HostKind: kind, Division: division,
			Region4: region4, Code: fmt.Sprintf("%02d", next[region4]), Address: address, Phone: g.phone(), Hours: hours, Scope: scope,
			Status: status})
		roles := []struct{ role, title string }{{RoleHead, "登记点负责人"}, {RoleReviewer, "复核员"}, {RoleRegistrar, "登记员"}}
		if division == "150100" || division == "150200" {
			roles = append(roles, struct{ role, title string }{RoleRegistrar, "登记员"})
		}
		for _, r := range roles {
			login := ""
			if division == "150105" && kind == "county" {
				login = map[string]string{RoleHead: "demo-head", RoleReviewer: "demo-reviewer", RoleRegistrar: "demo-registrar"}[r.role]
			}
			p := g.addPerson(Person{Org: host, Role: r.role, Point: key, Login: login, Title: r.title})
			g.desk[key+"/"+r.role] = append(g.desk[key+"/"+r.role], p)
		}
	}
	for _, r := range g.tables.points {
		scope := map[string]string{
			"region": "受理在呼中央单位、自治区直属单位和没有登记点的地区的申请。",
			"league": "受理本盟市内没有旗县登记点的卖方的申请。",
			"county": "受理本旗县区卖方的申请。",
			"zone":   "受理本开发区内卖方的申请。",
		}[r["kind"]]
		var address string
		if p, ok := g.tables.places[r["division"]]; ok {
			address = p.league + p.county + p.street + "66号政务服务大厅"
		} else {
			address = "呼和浩特市样例政务路9号科技服务大厅"
			if r["kind"] == "league" {
				address = leagueName(r["title"]) + "样例政务路9号科技服务大厅"
			}
		}
		host := g.addOrg(Organisation{Name: r["title"], Kind: OrgHost, Division: r["division"], Nature: "0241", Address: address,
			Intro: "样例登记点依托单位。"}, "12", "")
		add(r["title"], host, r["kind"], r["division"], address, scope)
	}
	for _, r := range g.tables.institutions {
		if r["point"] == "Y" {
			o := g.orgByName(r["name"])
			add(o.Name, o.Key, o.Kind, o.Division, o.Address, "受理本单位作为卖方的技术合同。")
		}
	}
	for i := range 12 {
		univ := g.tables.institutions[i*3]
		login := ""
		if i == 0 {
			login = "demo-expert"
		}
		g.experts = append(g.experts, g.addPerson(Person{Org: g.orgByName(univ["name"]).Key, Role: RoleExpert, Login: login,
			Areas: strings.Split(univ["areas"], ","), Title: g.pick([]string{"教授", "研究员", "正高级工程师"})}))
	}
}

func (g *generator) orgByName(name string) *Organisation {
	for i := range g.m.Organisations {
		if g.m.Organisations[i].Name == name {
			return &g.m.Organisations[i]
		}
	}
	panic("sample: no organisation " + name)
}

// demoAccounts names the remaining accounts. The demo university has no point of its own, so its
// contracts come to the desk of 赛罕区, where demo-registrar, demo-reviewer and demo-head sit.
func (g *generator) demoAccounts() {
	university := g.orgByName("样例北疆理工大学")
	g.demoUniversity = university.Key
	g.rename(university.Contact, "demo-university")
	for _, key := range g.buyers["07"] {
		if strings.HasPrefix(g.org(key).Division, "1502") {
			g.demoCompany = key
			g.rename(g.org(key).Contact, "demo-company")
			break
		}
	}
	g.rename(g.brokers[0], "demo-broker")
}

func (g *generator) rename(person, login string) {
	p := g.person(person)
	p.Login, p.Mail = login, login+"@example.com"
}

// logNormal draws an amount with the given median in 元, whole hundreds of 元.
func (g *generator) logNormal(median, sigma float64) money.Fen {
	// The float ends here: the draw is rounded to whole 百元 before it becomes an amount.
	hundreds := int64(math.Round(median / 100 * math.Exp(sigma*g.rng.NormFloat64())))
	return money.Fen(max(50, hundreds)) * 100 * money.Yuan
}
