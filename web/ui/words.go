package ui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/web/view"
)

func PlaceNames(divisions []string) string {
	names := make([]string, len(divisions))
	for i, d := range divisions {
		if d == region.Root {
			return "全区"
		}
		names[i] = region.ShortName(d)
	}
	return Join(names)
}

func Escape(s string) string { return url.QueryEscape(s) }

func OrDash(s string) string {
	if s == "" {
		return "（未填写）"
	}
	return s
}

func ChineseDay(d contract.Date) string {
	if t := TimeOf(d); !t.IsZero() {
		return t.Format("2006 年 1 月 2 日")
	}
	return string(d)
}

func ClassName(code string) string {
	if code == "" {
		return ""
	}
	if it, ok := codes.ContractClass.Get(code); ok {
		if it.Parent != "" {
			if top := codes.ContractClass.Label(it.Parent); top != it.Label { // 技术咨询 has one class of its own name
				return top + "：" + it.Label + " " + code
			}
		}
		return it.Label + " " + code
	}
	return code
}

func TimeOf(d contract.Date) time.Time {
	t, _ := time.Parse(time.DateOnly, string(d)) // no day: the zero time, and the field shows what was typed
	return t
}

func IdText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func FirstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// clip cuts a text to n characters at the end of a line of thought where it can.
func Clip(s string, n int) string {
	var b strings.Builder
	written := 0
	for word := range strings.FieldsSeq(s) { // of a long text only the beginning is looked at
		if written > 0 {
			word = " " + word
		}
		for _, r := range word {
			if written == n {
				return strings.TrimRight(b.String(), "，、；,; ") + "…"
			}
			b.WriteRune(r)
			written++
		}
	}
	return b.String()
}

func Labels(l codes.List, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = l.Label(v)
	}
	return out
}

func NotEmpty(words ...string) []string {
	return slices.DeleteFunc(words, func(s string) bool { return s == "" })
}

func FirstTwo(code string) string { return code[:min(2, len(code))] }

// join lists words the way a sentence does.
func Join(words []string) string { return strings.Join(words, "、") }

// DealField is the name of the form field that holds a side's listing.
func DealField(side listing.Side) string { return string(side) + "ListingId" }

func LeagueName(code string) string {
	if name := region.Name(code); name != "" {
		return name
	}
	return "区外或未填写"
}

func Known(l codes.List, code string) string {
	if l.Has(code) {
		return l.Label(code)
	}
	return ""
}

func GroupNumber(n string) string {
	if len(n) != 16 {
		return n
	}
	return n[:4] + " " + n[4:8] + " " + n[8:10] + " " + n[10:]
}

func SampleTag() view.Tag { return view.Tag{Label: "样例", Tone: "sample"} }
