package codes_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/codes"
)

// The worked values of docs/rules/identifiers.md §3–6.
func TestUSCCWorkedValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in       string
		level    codes.Level
		code     string
		computed string
	}{
		{"91350100M000100Y43", codes.Silent, "", "3"},
		{"91110000802100433B", codes.Silent, "", "B"},
		{"9144030071526726XG", codes.Silent, "", "G"},
		{"91110108351303601C", codes.Silent, "", "C"},
		{"91150100MA00000660", codes.Silent, "", "0"}, // remainder 0
		{"91150100MA0000410Y", codes.Silent, "", "Y"}, // remainder 1
		{"91350100M0001TGQXM", codes.Mild, "pilot", "1"},
		{"91350211M0000XUF46", codes.Mild, "pilot", "R"},
		{"91350203M0001FUE2P", codes.Mild, "pilot", "J"},
		{"91350100M000100Y44", codes.Mild, "pilot", "3"},
		{"91350100M000101Y43", codes.Strong, "check_digit", ""},
		{" 9135 0100-M000100y43 ", codes.Silent, "", "3"},
		{"９１３５０１００Ｍ０００１００Ｙ４３", codes.Silent, "", "3"},
		{"91350100M000100Y4", codes.Strong, "length", ""},
		{"9I350100M000100Y43", codes.Strong, "character", ""},
		{"", codes.Silent, "", ""},
	} {
		got := codes.USCC(c.in)
		if got.Level != c.level || got.Code != c.code || (c.computed != "" && got.Computed != c.computed) {
			t.Errorf("%q: got %+v", c.in, got)
		}
		if got.Warned() != (got.Message() != "") {
			t.Errorf("%q: warning without words: %+v", c.in, got)
		}
	}
	if got := codes.USCC("9I350100M000100Y43"); got.Position != 2 || !strings.Contains(got.Message(), "数字 1") {
		t.Errorf("likely slip: got %+v", got)
	}
}

func TestBodyCodeWorkedValues(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"M000100Y-4", "71526726X", "802100433", "351303601", "MA0000410", "MA0000066", "M0001TGQX", "M0000XUF4",
		"M0001FUE2"} {
		if got := codes.BodyCode(in); got.Warned() {
			t.Errorf("%s: got %+v", in, got)
		}
	}
	if got := codes.BodyCode("715267261"); got.Code != "check_digit" || got.Computed != "X" {
		t.Errorf("got %+v", got)
	}
}

func TestPatentWorkedValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		level codes.Level
		code  string
	}{
		{"ZL201510237122.7", codes.Silent, ""},
		{"90101673.X", codes.Silent, ""},
		{"201511034171.7", codes.Silent, ""},
		{"201510104674.0", codes.Silent, ""},
		{"201510222662.8", codes.Silent, ""},
		{"201510621320.3", codes.Silent, ""},
		{"201510224934.8", codes.Silent, ""},
		{"201510637001.1", codes.Silent, ""},
		{"201820836992.5", codes.Silent, ""},
		{"201820557176.0", codes.Silent, ""},
		{"201820847903.7", codes.Silent, ""},
		{"CN201310699744.2", codes.Silent, ""},
		{"ZL201820468923.4", codes.Strong, "check_digit"},
		{"zl 2015 1023 7122．7", codes.Silent, ""},
		{"201510237122", codes.Silent, "no_check_digit"},
		{"90101673", codes.Silent, "no_check_digit"},
		{"CN104735421A", codes.Silent, "no_check_digit"},
		{"ZL201570237122.7", codes.Strong, "type"},
		{"2015102371227777", codes.Strong, "length"},
		{"2015102371Z2.7", codes.Strong, "character"},
		{"ZL", codes.Silent, ""},
		{"发明", codes.Strong, "character"},
	} {
		if got := codes.Patent(c.in); got.Level != c.level || got.Code != c.code {
			t.Errorf("%q: got %+v", c.in, got)
		}
	}
	if got := codes.Patent("ZL201820468923.4"); got.Computed != "3" {
		t.Errorf("computed: got %s, want 3", got.Computed)
	}
}

func TestIDCardAndORCIDWorkedValues(t *testing.T) {
	t.Parallel()
	if got := codes.IDCard("34052419800101001x"); got.Warned() {
		t.Errorf("got %+v", got)
	}
	got := codes.IDCard("340524198001010011")
	if got.Code != "check_digit" || got.Computed != "" || strings.Contains(got.Message(), "X") {
		t.Errorf("the mend must not give the number away: %+v", got)
	}
	for _, in := range []string{"0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"} {
		if got := codes.ORCID(in); got.Warned() {
			t.Errorf("%s: got %+v", in, got)
		}
	}
	if got := codes.ORCID("0000-0002-1825-0098"); got.Computed != "7" || !got.Warned() {
		t.Errorf("got %+v", got)
	}
}

func TestContractNumbersOfBothForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, text, code string
		old            bool
	}{
		{"2025150203000017", "2025150203000017", "", false},
		{"2025 1500 01 000001", "2025150001000001", "", false},
		{"09150203000017", "2009150203000017", "", true},
		{"98150203000017", "1998150203000017", "", true},
		{"1800150203000017", "1800150203000017", "year", false},
		{"2025159903000017", "2025159903000017", "region", false},
		{"2025110103000017", "2025110103000017", "", false},
		{"2025150203000000", "2025150203000000", "serial", false},
		{"202515020300001", "0000000000", "length", false},
		{"20251502O3000017", "0000000000", "character", false},
	} {
		n, check := codes.ParseContractNumber(c.in)
		if n.String() != c.text || check.Code != c.code || n.Old != c.old {
			t.Errorf("%s: got %s %+v", c.in, n, check)
		}
	}
}

// docs/rules/identifiers.md §7: every single wrong character and every swap of two unequal neighbours is caught.
func TestPrimeModulusCatchesEverySingleSlip(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct {
		name, alphabet, last string
		body                 func(*rapid.T) string
		check                func(string) codes.Check
	}{
		{"uscc", "0123456789ABCDEFGHJKLMNPQRTUWXY", "",
			func(t *rapid.T) string {
				return rapid.StringMatching(`91150[0-9]{3}M[0-9A-HJ-NPQRTUWXY]{8}`).Draw(t, "body")
			}, codes.USCC},
		{"patent", "0123456789", "X",
			func(t *rapid.T) string { return rapid.StringMatching(`20[0-2][0-9][12389][0-9]{7}`).Draw(t, "body") }, codes.Patent},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				body := kind.body(t)
				code := body + kind.check(body+"0").Computed
				if got := kind.check(code); got.Warned() {
					t.Fatalf("%s: got %+v", code, got)
				}
				i := rapid.IntRange(0, len(code)-1).Draw(t, "at")
				r := rapid.SampledFrom([]byte(kind.alphabet)).Draw(t, "wrong")
				if r != code[i] {
					if wrong := code[:i] + string(r) + code[i+1:]; !kind.check(wrong).Warned() {
						t.Fatalf("%s passes for %s", wrong, code)
					}
				}
				if i > 0 && code[i] != code[i-1] {
					if swapped := code[:i-1] + code[i:i+1] + code[i-1:i] + code[i+1:]; !kind.check(swapped).Warned() {
						t.Fatalf("%s passes for %s", swapped, code)
					}
				}
			})
		})
	}
}

func FuzzChecksNeverBlock(f *testing.F) {
	for _, s := range []string{"", "91350100M000100Y43", "ZL201510237122.7", "CNZL", "2025150203000017", "\xff\xfe", "９１", "X"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n := codes.Normalise(s); codes.Normalise(n) != n {
			t.Errorf("normalising %q twice differs: %q", s, n)
		}
		number, c := codes.ParseContractNumber(s)
		if !c.Warned() && number.Year != 0 && len(number.String()) != 16 {
			t.Errorf("%q: %v", s, number)
		}
		for _, c := range []codes.Check{c, codes.USCC(s), codes.BodyCode(s), codes.Patent(s), codes.IDCard(s), codes.ORCID(s)} {
			if c.Warned() != (c.Message() != "") || c.Position < 0 {
				t.Errorf("%q: %+v", s, c)
			}
		}
		codes.MatchTopics(s)
	})
}

// A number or code is read off the paper as it stands there: with the words around it, in full width, in groups.
func TestPrinted_IsTheNumberWithoutItsSurroundings(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"2026150103000001": "2026150103000001", "第2026150103000001号": "2026150103000001", "第 ２０２６１５０１０３０００００１ 号": "2026150103000001",
		"登记编号：2026 1501 03 000001": "2026150103000001", "2026—150103—000001": "2026150103000001", "№ 2026150103000001": "2026150103000001",
		"No.2026150103000001": "2026150103000001", "2026150103000001\u200b\n": "2026150103000001", "【2026150103000001】": "2026150103000001",
		"ａｂｃｄ－２３４５": "ABCD2345", "校验码 abcd 2345": "ABCD2345", "号": "", "": "",
	} {
		if got := codes.Printed(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
