package clock

import (
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// dayShapes are the ways in which a day with year, month and day is written here; what lacks one of the three is no day, and
// neither is a year of two digits, which leaves open which number is the year.
var dayShapes = regexp.MustCompile(`^(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]|(\d{2})(\d{2}))` +
	`(?:[T ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$`)

// ParseDay reads a day as people write it (2027-03-05, 2027/3/5, 2027.3.5, 2027年3月5日, 20270305, with or without a time of day
// behind it, digits full-width too) and gives it as 2006-01-02; false for what is no day of 1900–2200.
func ParseDay(text string) (string, bool) {
	text = strings.TrimSpace(norm.NFKC.String(text))
	if strings.Contains(text, "年") || strings.ContainsAny(text, "/.") && !strings.Contains(text, ":") {
		text = strings.Join(strings.Fields(text), "")
	}
	m := dayShapes.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	day, err := time.Parse("2006-1-2", m[1]+"-"+trimZero(m[2]+m[4]+m[6])+"-"+trimZero(m[3]+m[5]+m[7]))
	if err != nil || day.Year() < 1900 || day.Year() > 2200 {
		return "", false
	}
	return day.Format(time.DateOnly), true
}

func trimZero(digits string) string {
	if len(digits) == 2 {
		return strings.TrimPrefix(digits, "0")
	}
	return digits
}
