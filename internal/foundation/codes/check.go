package codes

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
)

// Level is how loud a check is. No level blocks saving, submitting, importing or deciding (docs/rules/identifiers.md §2).
type Level string

// The levels.
const (
	Silent Level = "silent" // nothing to check, or the check passed; a pass proves neither existence nor ownership
	Mild   Level = "mild"   // compare with the paper
	Strong Level = "strong" // correct it, or confirm "as printed"
)

// Check is the result of looking at one number.
type Check struct {
	Level    Level
	Code     string         // "", "length", "character", "type", "year", "region", "serial", "pilot", "check_digit", "no_check_digit"
	Format   fault.Sentence // what is odd and how to mend it; empty where Silent
	Params   []any          // of Format
	Value    string         // the normalised number; what the user typed is kept by the caller
	Computed string         // the check character that would fit, where one was computed
	Position int            // of the first odd character in Value, from 1; 0 where the whole is meant
}

// Message is Format with its parameters.
func (c Check) Message() string { return c.Format.Say(c.Params...) }

// At is the warning at a field.
func (c Check) At(path string) fault.Field { return fault.At(path, c.Code, c.Format, c.Params...) }

// Warned reports whether something is to be shown.
func (c Check) Warned() bool { return c.Level != Silent }

// Normalise trims, drops inner blanks and hyphens, turns full-width into half-width and upper-cases.
func Normalise(s string) string {
	// Dropping a character can bring two others together, hence NFKC again.
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '\u2212', r == '\ufeff', r == '\u200b':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, norm.NFKC.String(s)))
}

// Printed reads a number or code as people copy it off a paper: full-width forms, blanks, dashes and the words around it (第…号, 登记编号：)
// fall away, so that ASCII letters and digits remain, in capitals.
func Printed(s string) string {
	return strings.TrimPrefix(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, Normalise(s)), "NO")
}

const (
	usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" // GB 32100: no I O S V Z
	bodyAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	decimal      = "0123456789"
)

// likely names what a character outside the alphabet was probably meant to be.
func likely(r rune) fault.Sentence {
	switch r {
	case 'I':
		return "，可能是数字 1"
	case 'O':
		return "，可能是数字 0"
	case 'S':
		return "，可能是数字 5"
	case 'Z':
		return "，可能是数字 2"
	}
	return ""
}

// shape checks length and alphabet; a last character may also be one of extra.
func shape(name fault.Sentence, v string, length int, alphabet, extra string) (Check, bool) {
	runes := []rune(v)
	for i, r := range runes {
		if strings.ContainsRune(alphabet, r) || (i == len(runes)-1 && strings.ContainsRune(extra, r)) {
			continue
		}
		return Check{Level: Strong, Code: "character", Value: v, Position: i + 1,
			Format: "%s第 %d 位“%c”不是该号码使用的字符%s，请核对", Params: []any{name, i + 1, r, likely(r)}}, false
	}
	if len(runes) != length {
		return Check{Level: Strong, Code: "length", Value: v,
			Format: "%s应为 %d 位，现为 %d 位，请核对", Params: []any{name, length, len(runes)}}, false
	}
	return Check{}, true
}

// USCC looks at a 统一社会信用代码 (GB 32100-2015): 18 characters, the last a check character. Real codes of the early
// pilot fail it, so a code whose body code (positions 9–17) passes warns only mildly.
func USCC(s string) Check {
	v := Normalise(s)
	if v == "" {
		return Check{Level: Silent}
	}
	const name fault.Sentence = "统一社会信用代码"
	if c, ok := shape(name, v, 18, usccAlphabet, ""); !ok {
		return c
	}
	sum, weight := 0, 1
	for i := range 17 {
		sum += strings.IndexByte(usccAlphabet, v[i]) * weight
		weight = weight * 3 % 31
	}
	want := usccAlphabet[(31-sum%31)%31]
	c := Check{Level: Silent, Value: v, Computed: string(want)}
	switch {
	case v[17] == want:
	case bodyCheck(v[8:16]) == v[16]:
		c.Level, c.Code = Mild, "pilot"
		c.Format = name + "校验位不符，但其中的组织机构代码正确，可能是早期试点代码，请与证照核对"
	default:
		c.Level, c.Code, c.Position = Strong, "check_digit", 18
		c.Format, c.Params = "%s校验位应为 %c，现为 %c，请更正，或确认与证照一致", []any{name, want, v[17]}
	}
	return c
}

// bodyCheck computes the check character of eight characters of a body code (GB 11714). Its letters count A = 10 …
// Z = 35, unlike USCC's.
func bodyCheck(v string) byte {
	sum := 0
	for i, w := range []int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += strings.IndexByte(bodyAlphabet, v[i]) * w
	}
	return "0X987654321"[sum%11] // 11 − rem; 10 → X, 11 → 0
}

// BodyCode looks at a nine-character 组织机构代码 (GB 11714).
func BodyCode(s string) Check {
	v := Normalise(s)
	if v == "" {
		return Check{Level: Silent}
	}
	if c, ok := shape("组织机构代码", v, 9, bodyAlphabet, ""); !ok {
		return c
	}
	return compare("组织机构代码", v, bodyCheck(v[:8]))
}

func compare(name fault.Sentence, v string, want byte) Check {
	c := Check{Level: Silent, Value: v, Computed: string(want)}
	if last := v[len(v)-1]; last != want {
		c.Level, c.Code, c.Position = Strong, "check_digit", len(v)
		c.Format, c.Params = "%s校验位应为 %c，现为 %c，请核对", []any{name, want, last}
	}
	return c
}

// Patent looks at a Chinese patent or application number (ZC 0006-2003): 4 year + type + 7 serial + check since
// 2003-10, before that 2 year + type + 5 serial + check. ZL and CN in front are dropped. Publication numbers (a kind
// letter at the end) and numbers typed without their check digit are not tested. The rule of the check digit comes
// from public code; the standard's text gives no formula that is known here.
func Patent(s string) Check {
	v := strings.ReplaceAll(Normalise(s), ".", "")
	v = strings.ReplaceAll(v, "。", "")
	publication := strings.HasPrefix(v, "CN")
	v = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(v, "CN"), "ZL"), "CN")
	if v == "" {
		return Check{Level: Silent}
	}
	const name fault.Sentence = "专利号"
	if last := v[len(v)-1]; publication && strings.IndexByte("ABCSUY", last) >= 0 {
		return Check{Level: Silent, Code: "no_check_digit", Value: v}
	}
	length := 13
	if len(v) <= 9 {
		length = 9
	}
	if len(v) == 12 || len(v) == 8 { // typed without the check digit
		if c, ok := shape(name, v, len(v), decimal, ""); !ok {
			return c
		}
		return patentType(Check{Level: Silent, Code: "no_check_digit", Value: v, Computed: string(patentCheck(v))})
	}
	if c, ok := shape(name, v, length, decimal, "X"); !ok {
		return c
	}
	if c := patentType(Check{Level: Silent, Value: v}); c.Warned() {
		return c
	}
	return compare(name, v, patentCheck(v[:len(v)-1]))
}

func patentCheck(digits string) byte {
	sum := 0
	for i, w := range []int{2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}[:len(digits)] {
		sum += int(digits[i]-'0') * w
	}
	return "0123456789X"[sum%11]
}

func patentType(c Check) Check {
	at := 4
	if len(c.Value) <= 9 {
		at = 2
	}
	if strings.IndexByte("12389", c.Value[at]) < 0 {
		return Check{Level: Strong, Code: "type", Value: c.Value, Position: at + 1,
			Format: "专利号第 %d 位是种类号，应为 1、2、3、8 或 9，现为 %c，请核对", Params: []any{at + 1, c.Value[at]}}
	}
	return c
}

// IDCard looks at an 18-character 居民身份证号 (GB 11643). The number is personal: store it keyed-hashed, never show or
// log Check.Value; the messages do not hold it.
func IDCard(s string) Check {
	v := Normalise(s)
	if v == "" {
		return Check{Level: Silent}
	}
	if c, ok := shape("身份证号", v, 18, decimal, "X"); !ok {
		return c
	}
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(v[i]-'0') * w
	}
	c := compare("身份证号", v, "10X98765432"[sum%11])
	if c.Warned() {
		c.Format, c.Params, c.Computed = "身份证号校验位不符，请核对，或确认与证件一致", nil, "" // the computed digit would give the number away
	}
	return c
}

// ORCID looks at a researcher's ORCID iD (ISO 7064 MOD 11-2), with or without its address in front.
func ORCID(s string) Check {
	v := strings.TrimPrefix(strings.TrimPrefix(Normalise(s), "HTTPS://"), "HTTP://")
	v = strings.TrimPrefix(v, "ORCID.ORG/")
	if v == "" {
		return Check{Level: Silent}
	}
	if c, ok := shape("ORCID", v, 16, decimal, "X"); !ok {
		return c
	}
	total := 0
	for i := range 15 {
		total = (total + int(v[i]-'0')) * 2
	}
	return compare("ORCID", v, "0123456789X"[(12-total%11)%11])
}

// ContractNumber is a 技术合同登记编号 taken apart.
type ContractNumber struct {
	Year   int    // registration year
	Region string // four digits of GB/T 2260: province and league
	Point  string // two digits
	Serial int    // 1 … 999,999
	Old    bool   // the 14-digit form: 2 year + 2 province + 2 league + 2 point + 6 serial
}

// String prints the 16-digit form.
func (n ContractNumber) String() string {
	return fmt.Sprintf("%04d%s%s%06d", n.Year, n.Region, n.Point, n.Serial)
}

// ParseContractNumber reads a number of 16 or 14 digits. It has no check digit: only length, year, region and serial
// can look odd, and a number with an odd part is still taken apart. Not 14 or 16 digits: the zero number.
func ParseContractNumber(s string) (ContractNumber, Check) {
	v := Normalise(s)
	if v == "" {
		return ContractNumber{}, Check{Level: Silent}
	}
	const name fault.Sentence = "合同登记编号"
	if c, ok := shape(name, v, len([]rune(v)), decimal, ""); !ok {
		return ContractNumber{}, c
	}
	num := func(s string) (n int) {
		for i := range len(s) {
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	var n ContractNumber
	switch len(v) {
	case 16:
		n = ContractNumber{Year: num(v[:4]), Region: v[4:8], Point: v[8:10], Serial: num(v[10:])}
	case 14:
		n = ContractNumber{Year: 2000 + num(v[:2]), Region: v[2:6], Point: v[6:8], Serial: num(v[8:]), Old: true}
		if n.Year >= 2085 { // registration began in the eighties (inferred)
			n.Year -= 100
		}
	default:
		return ContractNumber{}, Check{Level: Strong, Code: "length", Value: v,
			Format: "%s应为 16 位（旧编号 14 位），现为 %d 位，请核对", Params: []any{name, len(v)}}
	}
	c := Check{Level: Silent, Value: v}
	switch {
	case n.Year < 1985 || n.Year > 2084:
		c = Check{Level: Strong, Code: "year", Value: v, Position: 1, Format: name + "前四位应为登记年份，请核对"}
	case !region.Valid(n.Region + "00"):
		c = Check{Level: Strong, Code: "region", Value: v, Position: len(v) - 11,
			Format: "%s中的地区 %s 不在行政区划表中，请核对", Params: []any{name, n.Region}}
	case n.Serial == 0:
		c = Check{Level: Strong, Code: "serial", Value: v, Position: len(v) - 5, Format: name + "的序号不应为 0，请核对"}
	}
	return n, c
}
