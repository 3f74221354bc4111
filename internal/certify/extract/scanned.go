package extract

import (
	"regexp"
	"strings"
)

// What a recogniser makes of the marks of a contract. Only marks are mended, never a digit of an amount or a letter of a name.
var (
	marks    = strings.NewReplacer("〈(", "(", "(〈", "(", "《(", "(", "〈", "(", "〉", ")")
	brackets = regexp.MustCompile(`《([^《》()]{1,12})\)`)           // 乙方《研究开发人)
	zero     = regexp.MustCompile(`二[O0o○〇Q]{1,2}([一二三])`)        // 二O二六
	dash     = regexp.MustCompile(`(\d)一(\d)`)                    // 2026.08.01一2027.07.28
	currency = regexp.MustCompile(`[Y半羊壮](\d[\d,]*(?:\.\d{2})?)`) // ￥
	quotes   = regexp.MustCompile(`["“”]+((?:甲|乙|丙|丁)方|有效期|\d{4})`)
)

// mended is plain text of a picture with the marks that recognisers misread.
func mended(page string) string {
	page = marks.Replace(page)
	page = brackets.ReplaceAllString(page, "($1)")
	page = zero.ReplaceAllString(page, "二〇$1")
	page = dash.ReplaceAllString(page, "$1-$2")
	page = currency.ReplaceAllString(page, "¥$1")
	return quotes.ReplaceAllString(page, "$1")
}

// introduced ends what stands before an amount in capitals. In a picture a misread 捌 before 拾万 would else make another amount of it.
var introduced = regexp.MustCompile(`(?:大写|人民币|为|计|[:(),])$`)
