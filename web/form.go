package web

import (
	"errors"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/kept"
)

// Form reads what a person typed. Readers that convert note a wrong input under its field and return
// the zero value, so that one pass finds all mistakes; Values keeps the text as typed for showing it again.
type Form struct {
	Values url.Values
	Files  map[string][]*multipart.FileHeader
	Errors fault.Fields
	Kept   map[string][]kept.Upload // files that were chosen for a field before and are not submitted yet

	keep func(h *multipart.FileHeader) (kept.Upload, error) // nil: files can't be kept
}

// Text returns the trimmed text of a field without characters that show nothing.
func (f *Form) Text(name string) string { return strings.TrimSpace(lang.Visible(f.Values.Get(name))) }

// List returns the non-empty values of a field that may occur several times (check boxes).
func (f *Form) List(name string) []string {
	var out []string
	for _, v := range f.Values[name] {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// Under is the form that was carried along in this one under a prefix; nil for none.
func (f *Form) Under(prefix string) *Form {
	out := &Form{Values: url.Values{}}
	for name, values := range f.Values {
		if inner, ok := strings.CutPrefix(name, prefix); ok {
			out.Values[inner] = values
		}
	}
	if len(out.Values) == 0 {
		return nil
	}
	return out
}

// Lines splits a field into non-empty words at commas, enumeration commas, semicolons and line ends.
func (f *Form) Lines(name string) []string {
	return strings.FieldsFunc(f.Text(name), func(r rune) bool { return strings.ContainsRune(",，、;；\n\r\t", r) })
}

// Bool reports whether a check box is set.
func (f *Form) Bool(name string) bool {
	switch f.Values.Get(name) {
	case "", "0", "false", "no":
		return false
	}
	return true
}

// Int reads a whole number; empty is 0.
func (f *Form) Int(name string) int {
	s := f.Text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		f.Errors.Add(name, "not_a_number", "请填写整数，例如 6")
		return 0
	}
	return n
}

// ID reads a row id; empty is 0.
func (f *Form) ID(name string) int64 {
	s := f.Text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		f.Errors.Add(name, "not_an_id", "编号不正确，请重新选择")
		return 0
	}
	return n
}

// Yuan reads an amount whose number without a unit is 元, see money.Read; empty is 0.
func (f *Form) Yuan(name string) money.Fen {
	return f.amount(name, money.Read, "元，例如 1200000.00，或写 120 万元")
}

// Wan reads an amount whose number without a unit is 万元, see money.Read; empty is 0.
func (f *Form) Wan(name string) money.Fen {
	return f.amount(name, money.ReadWan, "万元，例如 120 或 0.5")
}

func (f *Form) amount(name string, read func(string) (money.Fen, error), unit string) money.Fen {
	s := f.Text(name)
	if s == "" {
		return 0
	}
	v, err := read(s)
	switch {
	case errors.Is(err, money.ErrRange):
		f.Errors.Add(name, "amount_range", "金额超出范围，最多 99,999,999,999.99 元")
	case errors.Is(err, money.ErrFine):
		f.Errors.Add(name, "too_fine", "金额最多精确到分（万元最多六位小数），请改填四舍五入后的金额")
	case err != nil:
		f.Errors.Addf(name, "not_an_amount", "请填写金额，单位%s", unit)
	case v < 0:
		f.Errors.Add(name, "negative", "金额不能为负数")
		v = 0
	}
	return v
}

// Percent reads a percentage with at most two decimals as basis points (3.5 → 350); empty is 0.
func (f *Form) Percent(name string) int64 {
	s := strings.TrimSuffix(f.Text(name), "%")
	if s == "" {
		return 0
	}
	v, err := money.Parse(s)
	if err != nil || v < 0 || v > 100_00 {
		f.Errors.Add(name, "not_a_percentage", "请填写 0 到 100 的百分比，最多两位小数，例如 3.5")
		return 0
	}
	return int64(v)
}

// Date reads a day as 2026-03-02; empty is the zero time.
func (f *Form) Date(name string) time.Time {
	s := f.Text(name)
	if s == "" {
		return time.Time{}
	}
	if day, ok := clock.ParseDay(s); ok {
		if t, err := time.Parse(time.DateOnly, day); err == nil {
			return t
		}
	}
	f.Errors.Add(name, "not_a_date", "请填写日期，例如 2026-03-02")
	return time.Time{}
}

// Moment reads a day with a time of day as 2026-03-02 09:30, in the market's own zone; empty is the zero time.
func (f *Form) Moment(name string) time.Time {
	s := strings.NewReplacer("：", ":", "T", " ", "　", " ").Replace(f.Text(name))
	if s == "" {
		return time.Time{}
	}
	at := strings.LastIndex(s, " ") // a day may be written with blanks
	if at > 0 {
		if day, ok := clock.ParseDay(strings.TrimSpace(s[:at])); ok {
			if t, err := time.ParseInLocation("2006-01-02 15:04", day+" "+s[at+1:], clock.Zone()); err == nil {
				return t
			}
		}
	}
	f.Errors.Add(name, "not_a_time", "请填写日期和时间，例如 2026-03-02 09:30")
	return time.Time{}
}

// Rows returns how many rows a repeated group has: fields are named group.0.name, group.1.name …, the paths
// that services use in their messages. At most limit rows are read.
func (f *Form) Rows(group string, limit int) int {
	rows := 0
	for name := range f.Values {
		rest, ok := strings.CutPrefix(name, group+".")
		if !ok {
			continue
		}
		index, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(index); err == nil && n >= 0 && n < limit && n+1 > rows {
			rows = n + 1
		}
	}
	return rows
}

// Row names a field of a repeated group: Row("targets", 2, "unit") is targets.2.unit.
func Row(group string, i int, name string) string {
	return group + "." + strconv.Itoa(i) + "." + name
}

// valid refuses text that PostgreSQL can't keep.
func (f *Form) valid() bool {
	for _, values := range f.Values {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return false
			}
		}
	}
	return true
}
