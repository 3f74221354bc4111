package view

import (
	"crypto/sha256"
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
)

// China has had no daylight saving since 1991, so a fixed zone is exact for every date the market holds.

// none stands for a value that is not there, so that a column never shows a hole.
const none = "—"

// Day is "2026 年 3 月 2 日" in Asia/Shanghai, or "—" for the zero time.
func Day(t time.Time) string { return format(t, "2006 年 1 月 2 日") }

// DayTime is "2026 年 3 月 2 日 16:30".
func DayTime(t time.Time) string { return format(t, "2006 年 1 月 2 日 15:04") }

// ShortDay is "3 月 2 日", for a clock or a list of this year.
func ShortDay(t time.Time) string { return format(t, "1 月 2 日") }

func format(t time.Time, layout string) string {
	if t.IsZero() {
		return none
	}
	return clock.Local(t).Format(layout)
}

// Ago says how old something is in words: 刚刚, 12 分钟前, 3 小时前, 5 天前, and from 30 days on the date.
func Ago(now, t time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return none
	case d < time.Minute:
		return "刚刚"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " 分钟前"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " 小时前"
	case d < 30*24*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " 天前"
	}
	return Day(t)
}

// Count groups thousands: 12,404.
func Count(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Yuan is "3,000,000.00 元".
func Yuan(f money.Fen) string { return f.Grouped() + " 元" }

// WanYuan is "300 万元".
func WanYuan(f money.Fen) string { return f.Wan() + " 万元" }

func formatFuncs() template.FuncMap {
	return template.FuncMap{
		"day":      Day,
		"daytime":  DayTime,
		"shortday": ShortDay,
		"ago":      Ago,
		"iso": func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return clock.Local(t).Format(time.RFC3339)
		},
		"yuan":   Yuan,
		"wan":    WanYuan,
		"short":  func(f money.Fen) string { return f.Short() },
		"han":    func(f money.Fen) string { return f.Han() },
		"count":  Count,
		"trl":    maturity,
		"bar":    func(n, outof int) template.HTML { return bar(n, outof).SVG() },
		"filter": func(g FilterGroup, o Option) filterOption { return filterOption{g.Name, g.Single, o} },
		"add":    func(a, b int) int { return a + b },
		"pick":   pick,
		"dates":  dates,
		"join":   strings.Join,
		"plain":  T,
		"tag":    func(label string, tone Tone) Tag { return Tag{label, tone} },
		"notice": func(tone Tone, title, text string) Notice { return Notice{Tone: tone, Title: title, Text: text} },
		"empty":  func(title, text string) Empty { return Empty{Title: title, Text: text} },
		"submit": func(label string) Action { return Action{Label: label} },
		"go": func(kind Kind, label, href string) Action {
			return Action{Label: label, Href: href, Kind: kind}
		},
	}
}

// isoDay is a date as forms and tables write it. A browser breaks a line after its hyphens, so dates keeps it whole.
var isoDay = regexp.MustCompile(`\d{4}-\d\d(-\d\d)?`)

func dates(s string) template.HTML {
	return template.HTML(isoDay.ReplaceAllString(template.HTMLEscapeString(s), `<span class="day">$0</span>`))
}

func pick(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// maturity draws TRL n as nine squares with the words beside them; 0 is 未评定.
func maturity(n int) template.HTML {
	if n < 1 || n > 9 {
		return `<span class="trl0">成熟度未评定</span>`
	}
	var b strings.Builder
	b.WriteString(`<span class="trl"><svg viewBox="0 0 97 9" width="97" height="9" aria-hidden="true" focusable="false">`)
	for i := range 9 {
		class := "off"
		if i < n {
			class = "on"
		}
		b.WriteString(`<rect class="` + class + `" x="` + strconv.Itoa(i*11) + `" width="9" height="9"/>`)
	}
	b.WriteString(`</svg>成熟度 ` + strconv.Itoa(n) + `</span>`)
	return template.HTML(b.String())
}

func hash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// FileSize is a size in bytes as people read it.
func FileSize(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	default:
		return fmt.Sprintf("%d 字节", n)
	}
}
