package document

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"techmarket/internal/foundation/lang"
)

// requiredMark stands behind the title of a column that must be filled.
const requiredMark = "（必填）"

var (
	headingMarks = regexp.MustCompile(`\((?:必填|选填|可选|必须|必填项|选填项|非必填)\)|[*★]`)
	headingFront = regexp.MustCompile(`^(?:[0-9]{1,2}[.、)]|[一二三四五六七八九十]{1,3}[、.]|\([0-9一二三四五六七八九十]{1,3}\))`)
)

// ColumnTitle is a heading without what people write around it: marks like （必填） and *, numbers in front, a colon behind, blanks,
// line breaks and characters that show nothing; full-width letters and signs become plain. Compare two titles by it.
func ColumnTitle(heading string) string {
	heading = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(lang.Visible(heading)))
	heading = headingMarks.ReplaceAllString(heading, "")
	heading = strings.Trim(heading, ":;,。、")
	if rest := headingFront.ReplaceAllString(heading, ""); rest != "" {
		heading = rest
	}
	return heading
}

// Titles are the titles by column of a heading that stands in a row, and in the row above it where that holds the names of groups
// ("指标" over "名称", "目标值"): the group with the title, and the title alone. above may be nil.
func Titles(above, row []Cell) [][]string {
	out := make([][]string, len(row))
	group := ""
	for i, c := range row {
		own := ColumnTitle(c.Text)
		over := ""
		if i < len(above) {
			over = ColumnTitle(above[i].Text)
		}
		switch {
		case c.below: // one cell over both rows
			group = ""
		case over != "":
			group = over
		}
		if own == "" {
			continue
		}
		if above != nil && group != "" && !c.below {
			out[i] = append(out[i], group+own)
		}
		out[i] = append(out[i], own)
	}
	return out
}
