package codes

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"techmarket/internal/foundation/fault"
)

// PhoneMend says how a telephone number is written; it stands behind the name of the field.
const PhoneMend fault.Sentence = "请写成 0471-6543210、13800000000 或 0471-6543210转8001，多个号码用顿号分开"

// One number: digits with blanks, hyphens and brackets, a + in front, an extension behind.
var phoneShape = regexp.MustCompile(`^\+?[0-9()\- ]{4,24}(?:(?:转|转接|分机|分机号|EXT\.?|X|#)[:：]? ?[0-9]{1,6})?$`)

// TidyPhone is a telephone number in the characters in which it is kept and dialled: full-width digits, brackets and dashes become
// plain ones; what else was typed stays.
func TidyPhone(text string) string {
	folded := phoneDashes.Replace(norm.NFKC.String(text))
	if !strings.ContainsAny(folded, "0123456789") {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(folded)
}

var phoneDashes = strings.NewReplacer("—", "-", "–", "-", "－", "-", "−", "-", "‐", "-")

// IsPhone reports whether a text is one or several telephone numbers as people write them; every door of the market asks it. ""
// passes. Nobody is refused for a number that might not exist: each has 5 to 15 digits before its extension, at most 50 characters
// in all.
func IsPhone(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" {
		return true
	}
	if len([]rune(text)) > 50 {
		return false
	}
	text = strings.ToUpper(TidyPhone(text))
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、,;/|\n", r) }) {
		one = strings.Join(strings.Fields(one), " ")
		one = strings.NewReplacer(" 转", "转", " 分", "分", " EXT", "EXT", " X", "X", " #", "#").Replace(one)
		one = strings.ReplaceAll(strings.ReplaceAll(one, "(转", "转"), "(分", "分")
		if strings.Contains(one, "转") || strings.Contains(one, "分机") {
			one = strings.TrimSuffix(one, ")")
		}
		if !phoneShape.MatchString(one) {
			return false
		}
		main := one
		if i := strings.IndexAny(one, "转分EX#"); i >= 0 {
			main = one[:i]
		}
		digits := 0
		for _, r := range main {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		if digits < 5 || digits > 15 {
			return false
		}
	}
	return strings.ContainsAny(text, "0123456789")
}
