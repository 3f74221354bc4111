package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/web/view"
)

// PlaceNames lists places by their short names; the region stands for all.
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

// OrDash shows that nothing was filled in.
func OrDash(s string) string {
	if s == "" {
		return "（未填写）"
	}
	return s
}

// ChineseDay is a date in words; what is no date is shown as it was typed.
func ChineseDay[T ~string](d T) string {
	if t := TimeOf(d); !t.IsZero() {
		return t.Format("2006 年 1 月 2 日")
	}
	return string(d)
}

// ClassName names a class of contracts with its code and the class above it.
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

// TimeOf is the day as a time, zero for none.
func TimeOf[T ~string](d T) time.Time {
	t, _ := time.Parse(time.DateOnly, string(d)) // no day: the zero time, and the field shows what was typed
	return t
}

// IDText is a number for a form field, empty for none.
func IDText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// FirstOf is the first text that is not empty.
func FirstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Clip cuts a text to n characters at the end of a line of thought where it can.
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

// Labels names the codes of a list.
func Labels(l codes.List, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = l.Label(v)
	}
	return out
}

// NotEmpty leaves out empty words.
func NotEmpty(words ...string) []string {
	return slices.DeleteFunc(words, func(s string) bool { return s == "" })
}

// FirstTwo is the beginning of a code that names the group.
func FirstTwo(code string) string { return code[:min(2, len(code))] }

// Join lists words the way a sentence does.
func Join(words []string) string { return strings.Join(words, "、") }

// DealField is the name of the form field that holds a side's listing.
func DealField(side listing.Side) string { return string(side) + "ListingId" }

// LeagueName names a league, or says that there is none.
func LeagueName(code string) string {
	if name := region.Name(code); name != "" {
		return name
	}
	return "区外或未填写"
}

// Known names a code that the list has, else nothing.
func Known(l codes.List, code string) string {
	if l.Has(code) {
		return l.Label(code)
	}
	return ""
}

// GroupNumber sets the 16 digits of a registration apart.
func GroupNumber(n string) string {
	if len(n) != 16 {
		return n
	}
	return n[:4] + " " + n[4:8] + " " + n[8:10] + " " + n[10:]
}

// SampleTag marks invented data.
func SampleTag() view.Tag { return view.Tag{Label: "样例", Tone: "sample"} }
