package monitor_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/insight/monitor"
)

func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	facttest.Run(t, "flow", fact.Of(monitor.Compute))
}

func party(org, place string) string {
	country, division, zone := "156", `"`+place[:min(6, len(place))]+`"`, "null"
	if len(place) == 3 {
		country, division = place, "null"
	}
	if len(place) == 13 {
		zone = `"` + place[7:] + `"`
	}
	return fmt.Sprintf(`{"org":%q,"country":%q,"division":%s,"zone":%s}`, org, country, division, zone)
}

// contract is "day C seller@place buyer@place"; more holds other keys.
func contract(id, line, more string) string {
	f := strings.Fields(line)
	side := func(s string) string {
		org, place, _ := strings.Cut(s, "@")
		return party(org, place)
	}
	if more == "" {
		more = `"changes":[],"cancelled":null,"receipts":[]`
	}
	return fmt.Sprintf(`{"id":%q,"entered":%q,"c":%q,"t":%q,"seller":%s,"buyer":%s,%s}`, id, f[0], f[1], f[1], side(f[2]), side(f[3]), more)
}

func facts(queries, tables string, contracts ...string) string {
	return fmt.Sprintf(`{"policy":{"min_parties":2,"dominance_bp":8000,"growth_min":2},"contracts":[%s],"queries":[%s],"tables":[%s]}`,
		strings.Join(contracts, ","), queries, tables)
}

func query(regions, base string) string {
	return fmt.Sprintf(`{"name":"问","regions":[%s],"from":"2027-01-01","to":"2027-12-31","base":%s}`, regions, base)
}

// first answers a record with one query or table and gives it as one line of JSON.
func first(t *testing.T, list, input string) map[string]any {
	t.Helper()
	var out map[string][]map[string]any
	if err := json.Unmarshal(facttest.Answer(t, fact.Of(monitor.Compute), input), &out); err != nil {
		t.Fatal(err)
	}
	return out[list][0]
}

func shown(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhoIsInARegion(t *testing.T) {
	t.Parallel()
	for regions, want := range map[string]string{
		`"150000"`:          `"12.00"`, // 甲 sells 2 + 1, 乙 sells 4, imports to 甲 5; 外 sells from Beijing
		`"150200"`:          `"8.00"`,
		`"150202"`:          `"8.00"`,
		`"150203"`:          `"0.00"`,
		`"150271"`:          `"8.00"`, // the zone
		`"150400"`:          `"4.00"`,
		`"110000"`:          `"7.00"`,
		`"496"`:             `"0.00"`, // registered is what domestic sellers sold, and what was imported by the region
		`"150271","150202"`: `"8.00"`, // a union counts once
		`"150200","110000"`: `"15.00"`,
		`"156"`:             `"0.00"`, // three digits are a foreign country
		``:                  `"0.00"`,
	} {
		r := first(t, "queries", facts(query(regions, "null"), "",
			contract("一", "2027-02-01 2.00 甲@150202/150271 乙@150402", ""), contract("二", "2027-02-01 1.00 甲@150202/150271 国@643", ""),
			contract("三", "2027-02-01 4.00 乙@150402 甲@150202/150271", ""), contract("四", "2027-02-01 5.00 蒙@496 甲@150202/150271", ""),
			contract("五", "2027-02-01 7.00 外@110108 甲@150202/150271", "")))
		if got := shown(t, r["M02"]); got != want {
			t.Errorf("%s: got %s, want %s", regions, got, want)
		}
	}
}

func TestPartnersAreOutsideTheRegionAndListedByCode(t *testing.T) {
	t.Parallel()
	r := first(t, "queries", facts(query(`"150200"`, "null"), "",
		contract("一", "2027-02-01 2.00 甲@150202 乙@150402", ""),
		contract("二", "2027-02-01 1.00 甲@150202 丙@110108", `"changes":[{"on":"2027-03-01","c":"0.00","t":"0.00"}],`+
			`"cancelled":"2027-04-01","receipts":[]`),
		contract("三", "2026-02-01 3.00 甲@150202 丁@310104", ""), // no entry in the period
		contract("四", "2027-02-01 4.00 蒙@496 甲@150202", ""), contract("五", "2027-02-01 5.00 甲@150202 俄@643", ""),
		contract("六", "2027-02-01 6.00 甲@150202 甲@150203", ""), contract("七", "2027-02-01 7.00 蒙@496 乙@150402", "")))
	if got := shown(t, r["M20"]); got != `[{"in":"0.00","out":"0.00","province":"110000"},{"in":"0.00","out":"2.00","province":"150000"}]` {
		t.Errorf("M20: %s", got)
	}
	if got := shown(t, r["M21"]); got != `[{"country":"496","export":"0.00","import":"4.00"},{"country":"643","export":"5.00",`+
		`"import":"0.00"}]` {
		t.Errorf("M21: %s", got)
	}
	if r["M18"] != "46.2" || r["M19"] != "0.77" { // 6 of 13, 10 to 13
		t.Errorf("M18 %v, M19 %v", r["M18"], r["M19"])
	}
}

func TestACancellationTakesBackWhatTheContractWasOnItsDay(t *testing.T) {
	t.Parallel()
	// The difference of the change is 2.00; the day before it the contract was 3.00, from its day on 5.00.
	for cancelled, want := range map[string]string{"2027-06-01": "-3.00", "2027-05-31": "-1.00"} {
		r := first(t, "queries", facts(query(`"150000"`, "null"), "", contract("一", "2026-02-01 3.00 甲@150202 乙@150402",
			`"changes":[{"on":"2027-06-01","c":"5.00","t":"4.00"}],"cancelled":"`+cancelled+
				`","receipts":[{"on":"2027-12-31","amount":"-0.05"},{"on":"2028-01-01","amount":"9.00"}]`)))
		if r["M02"] != want || r["received"] != "-0.05" {
			t.Errorf("cancelled %s: C %v, received %v", cancelled, r["M02"], r["received"])
		}
	}
}

func TestGrowthOverALittleOrLessThanNothingGivesBothValues(t *testing.T) {
	t.Parallel()
	const base = `{"from":"2026-01-01","to":"2026-12-31"}`
	a := contract("一", "2026-02-01 2.00 甲@150202 乙@150402", "")
	b := contract("二", "2026-02-01 2.00 甲@150202 乙@110108", "")
	now := contract("三", "2027-02-01 3.00 甲@150202 乙@150402", "")
	minus := contract("四", "2025-02-01 9.00 甲@150202 乙@150402", `"changes":[{"on":"2026-05-01","c":"0.00","t":"9.00"}],`+
		`"cancelled":null,"receipts":[]`)
	for name, c := range map[string]struct {
		contracts []string
		want      string
	}{
		"down by a quarter, half to nothing": {[]string{a, b, now}, `{"M01":{"kind":"percent","value":"-50.0"},"M02":{"kind":"percent",` +
			`"value":"-25.0"},"M03":{"kind":"percent","value":"-25.0"},"M18":{"kind":"points","value":"+50.0"}}`},
		"too few items": {[]string{a, now}, `{"M01":{"base":"1","kind":"both","now":"1"},"M02":{"base":"2.00",` +
			`"kind":"both","now":"3.00"},"M03":{"base":"2.00","kind":"both","now":"3.00"},"M18":{"kind":"points","value":"0.0"}}`},
		"less than nothing": {[]string{a, b, minus, now}, `{"M01":{"kind":"percent","value":"-50.0"},` +
			`"M02":{"base":"-5.00","kind":"both","now":"3.00"},"M03":{"kind":"percent","value":"-25.0"},"M18":{"kind":"points","value":"-40.0"}}`},
		"nothing now": {[]string{a, b}, `{"M01":{"kind":"percent","value":"-100.0"},"M02":{"kind":"percent",` +
			`"value":"-100.0"},"M03":{"kind":"percent","value":"-100.0"},"M18":{"kind":"none"}}`},
	} {
		r := first(t, "queries", facts(query(`"150000"`, base), "", c.contracts...))
		if got := shown(t, r["growth"]); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func table(view, side, rows string) string {
	return fmt.Sprintf(`{"name":"表","view":%q,"side":%q,"rows":[%s],"cols":[],"from":"2027-01-01","to":"2027-12-31"}`, view, side, rows)
}

func TestWhatIsHiddenInAColumn(t *testing.T) {
	t.Parallel()
	big := []string{contract("一", "2027-02-01 4.00 甲@150202 丙@110108", ""), contract("二", "2027-02-01 4.00 乙@150202 丁@110108", "")}
	cases := map[string]struct {
		contracts []string
		want      string
	}{
		"nothing to hide": {nil, `["8.00","0.00","0.00"] "8.00"`},
		// One county of one seller is hidden, and the next smallest with it.
		"one seller": {[]string{contract("三", "2027-02-01 1.00 戊@150203 丙@110108", "")}, `["*","*","0.00"] "9.00"`},
		// An empty cell is printed, a cell that came and went is none.
		"nothing happened here": {[]string{contract("三", "2026-02-01 1.00 戊@150203 丙@110108", "")}, `["8.00","0.00","0.00"] "8.00"`},
		"only a change": {[]string{contract("三", "2026-02-01 1.00 戊@150203 丙@110108",
			`"changes":[{"on":"2027-02-01","c":"0.50","t":"0.00"}],"cancelled":null,"receipts":[]`)},
			`["*","*","0.00"] "7.50"`},
		"only T changed": {[]string{contract("三", "2026-02-01 1.00 戊@150203 丙@110108",
			`"changes":[{"on":"2027-02-01","c":"1.00","t":"0.00"}],"cancelled":null,"receipts":[]`)},
			`["8.00","0.00","0.00"] "8.00"`},
		// One party just above 80 %, and exactly 80 %.
		"dominant": {[]string{contract("三", "2027-02-01 4.01 戊@150203 丙@110108", ""), contract("四",
			"2027-02-01 1.00 己@150203 丁@110108", "")}, `["*","*","0.00"] "13.01"`},
		"not dominant": {[]string{contract("三", "2027-02-01 4.00 戊@150203 丙@110108", ""), contract("四",
			"2027-02-01 1.00 己@150203 丁@110108", "")}, `["8.00","5.00","0.00"] "13.00"`},
		// What was cancelled makes no party more.
		"cancelled": {[]string{contract("三", "2027-02-01 4.00 戊@150203 丙@110108", ""),
			contract("四", "2026-02-01 1.00 己@150203 丁@110108", `"changes":[],"cancelled":"2027-02-01","receipts":[]`)}, `["*","*","0.00"] "11.00"`},
	}
	for name, c := range cases {
		r := first(t, "tables", facts("", table("public", "output", `"150202","150203","150204"`), append(c.contracts, big...)...))
		if got := shown(t, r["c"]) + " " + shown(t, r["total_c"]); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
		if _, ok := r["rows_c"]; ok || len(r) != 5 {
			t.Errorf("%s: %v", name, r)
		}
	}
	lone := first(t, "tables", facts("", table("public", "input", `"110000"`), contract("一", "2027-02-01 4.00 甲@150202 丙@110108", "")))
	if got := shown(t, lone); got != `{"c":["*"],"n":["*"],"name":"表","total_c":"*","total_n":"*"}` {
		t.Errorf("a lone cell takes its total along: %s", got)
	}
	desk := first(t, "tables", facts("", table("desk", "input", `"110000"`), contract("一", "2027-02-01 4.00 甲@150202 丙@110108", "")))
	if got := shown(t, desk["c"]) + shown(t, desk["n"]); got != `["4.00"]["1"]` {
		t.Errorf("the desk sees all: %s", got)
	}
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	good := facts(query(`"150000"`, "null"), table("public", "output", `"150202"`), contract("一", "2027-02-01 4.00 甲@150202 丙@110108", ""))
	for key, c := range map[string][2]string{
		"contracts[0].seller.division":      {`"division":"150202"`, `"division":null`},
		"contracts[0].seller.country":       {`"country":"156"`, `"country":"CN"`},
		"contracts[0].buyer.division":       {`"110108"`, `"1101"`},
		"contracts[0].cancelled":            {`"cancelled":null,`, ``},
		"queries[0].regions[0]":             {`"regions":["150000"]`, `"regions":["15"]`},
		"queries[0].to":                     {`"to":"2027-12-31","base"`, `"to":"2026-12-31","base"`},
		"tables[0].cols":                    {`"cols":[]`, `"cols":["150000"]`},
		"tables[0].side":                    {`"output"`, `"both"`},
		"tables[0].view":                    {`"public"`, `"all"`},
		"policy.dominance_bp":               {`8000`, `80000`},
		"contracts[0].c":                    {`"c":"4.00"`, `"c":"4"`},
		"contracts[0].receipts[0].contract": {`"receipts":[]`, `"receipts":[{"contract":"x","on":"2027-01-01","amount":"1.00"}]`},
	} {
		facttest.Refused(t, fact.Of(monitor.Compute), strings.Replace(good, c[0], c[1], 1), key)
	}
}
