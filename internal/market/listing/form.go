package listing

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

// lineEnds makes every line end \n, a lone \r too: what stays of "\r\r\n" would otherwise change when it is saved again.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Text is one text of a content: its place, its name, its bounds. A content lists all its texts once; tidying, checking and the
// near-limit warning follow from that list.
type Text struct {
	Path  string
	Label fault.Sentence
	Value *string
	Max   int  // runes
	Min   int  // runes when submitted; 0: may stay empty
	Long  bool // several lines
	Phone bool // a telephone number, see codes.TidyPhone
}

// TidyTexts trims all texts, joins the lines of one-line texts and cuts the carriage returns of forms.
func TidyTexts(texts []Text) {
	for _, t := range texts {
		v := strings.TrimSpace(lineEnds.Replace(lang.Visible(*t.Value)))
		if t.Phone {
			v = codes.TidyPhone(v)
		}
		if !t.Long {
			v = strings.Join(strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
		}
		*t.Value = v
	}
}

// CheckTexts notes texts out of their bounds.
func CheckTexts(f *fault.Fields, texts []Text, forSubmit bool) {
	for _, t := range texts {
		n := utf8.RuneCountInString(*t.Value)
		switch {
		case !utf8.ValidString(*t.Value) || strings.ContainsRune(*t.Value, 0):
			f.Addf(t.Path, "bad_text", "%s含有无法识别的字符，请重新输入", t.Label)
		case n > t.Max:
			f.Addf(t.Path, "too_long", "%s最多 %d 字，现在是 %d 字，请删减", t.Label, t.Max, n)
		case forSubmit && t.Min > 0 && n == 0:
			f.Addf(t.Path, "required", "请填写%s", t.Label)
		case forSubmit && n < t.Min:
			f.Addf(t.Path, "too_short", "%s至少 %d 字，现在是 %d 字，请补充", t.Label, t.Min, n)
		}
	}
}

// NearLimits warns of texts that have used nine tenths of their room.
func NearLimits(texts []Text) []fault.Field {
	var out []fault.Field
	for _, t := range texts {
		if n := utf8.RuneCountInString(*t.Value); t.Max >= 50 && n <= t.Max && n*10 >= t.Max*9 {
			out = append(out, fault.At(t.Path, "near_limit", "%s还可以写 %d 字", t.Label, t.Max-n))
		}
	}
	return out
}

// CheckCodes notes codes that are not in the list, and too many of them.
func CheckCodes(f *fault.Fields, path string, label fault.Sentence, values []string, has func(string) bool, most int) {
	if len(values) > most {
		f.Addf(path, "too_many", "%s最多选 %d 项", label, most)
		return
	}
	for _, v := range values {
		if !has(v) {
			f.Addf(path, "choose", "请从列表中选择%s", label)
			return
		}
	}
}

// CheckCount notes a list that is too long.
func CheckCount(f *fault.Fields, path string, label fault.Sentence, n, most int) {
	if n > most {
		f.Addf(path, "too_many", "%s最多 %d 项，现在是 %d 项", label, most, n)
	}
}

// CheckDate notes a text that is no date like 2026-11-23; "" passes.
func CheckDate(f *fault.Fields, path string, label fault.Sentence, v string) {
	f.Checkf(IsDate(v), path, "date", "%s请写成 2026-11-23 这样的日期", label)
}

// IsDate tells whether a text is a date like 2026-11-23, or nothing.
func IsDate(v string) bool {
	t, err := time.Parse(time.DateOnly, v)
	return v == "" || err == nil && t.Year() >= 1900 && t.Year() <= 2200
}

// CheckDivision notes a code that is no division; "" passes.
func CheckDivision(f *fault.Fields, path, v string) {
	f.Check(v == "" || region.Valid(v), path, "choose", "请从列表中选择所在地区")
}

// IsTopic reports whether the code is a topic or area of the region's plan.
func IsTopic(code string) bool { _, ok := codes.TopicByCode(code); return ok }

// Unique drops blanks and repetitions and keeps the order.
func Unique(values []string) []string {
	var out []string
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// Range is a price or a budget. Negotiable is 面议; amounts may stand beside it as a hint. 0 is "not said".
type Range struct {
	Negotiable bool      `json:"negotiable,omitempty"`
	MinFen     money.Fen `json:"minFen,omitempty"`
	MaxFen     money.Fen `json:"maxFen,omitempty"`
}

// Said reports whether anything was said.
func (r Range) Said() bool { return r.Negotiable || r.MinFen > 0 || r.MaxFen > 0 }

// Check notes amounts out of bounds.
func (r Range) Check(f *fault.Fields, path string, label fault.Sentence, forSubmit bool) {
	switch {
	case r.MinFen < 0 || r.MaxFen < 0 || r.MinFen > money.Max || r.MaxFen > money.Max:
		f.Addf(path+".minFen", "range", "%s须在 0 到 %s 之间", label, money.Max.Short())
	case r.MaxFen > 0 && r.MinFen > r.MaxFen:
		f.Addf(path+".maxFen", "range", "%s的上限不能低于下限", label)
	case forSubmit && !r.Said():
		f.Addf(path, "required", "请填写%s，或选择面议", label)
	}
}

// String says it the way people do.
func (r Range) String() string {
	switch {
	case r.MinFen > 0 && r.MaxFen > 0 && r.MinFen == r.MaxFen:
		return r.MinFen.Short()
	case r.MinFen > 0 && r.MaxFen > 0:
		from, to := r.MinFen.Short(), r.MaxFen.Short()
		if number, unit, _ := strings.Cut(from, " "); strings.HasSuffix(to, " "+unit) {
			from = number // 80—130 万元
		}
		return from + "—" + to
	case r.MaxFen > 0:
		return r.MaxFen.Short() + "以内"
	case r.MinFen > 0:
		return r.MinFen.Short() + "起"
	case r.Negotiable:
		return "面议"
	}
	return ""
}

// PriceBands are the bands of the filter rail.
func PriceBands() []Choice {
	return []Choice{{"negotiable", "面议"}, {"under10", "10 万元以下"}, {"10to50", "10 万—50 万元"}, {"50to100", "50 万—100 万元"},
		{"100to500", "100 万—500 万元"}, {"500up", "500 万元以上"}}
}

// bands are all bands that the range touches.
func (r Range) bands() []string {
	if r.MinFen == 0 && r.MaxFen == 0 {
		if r.Negotiable {
			return []string{"negotiable"}
		}
		return nil
	}
	lo, hi := r.MinFen, r.MaxFen
	switch { // one end alone is the amount that was said: 80 万元以内 is not "from nothing"
	case hi == 0:
		hi = lo
	case lo == 0:
		lo = hi
	}
	var out []string
	for _, b := range []struct {
		code     string
		from, to money.Fen // from ≤ x < to
	}{{"under10", 0, 10 * money.WanYuan}, {"10to50", 10 * money.WanYuan, 50 * money.WanYuan},
		{"50to100", 50 * money.WanYuan, 100 * money.WanYuan},
		{"100to500", 100 * money.WanYuan, 500 * money.WanYuan}, {"500up", 500 * money.WanYuan, math.MaxInt64}} {
		if lo < b.to && hi >= b.from {
			out = append(out, b.code)
		}
	}
	if r.Negotiable {
		out = append(out, "negotiable")
	}
	return out
}

// Contact is the person to talk to. Guests see none, others a masked one until they say what for, see Book.Reveal.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
}

// Texts lists the contact's texts.
func (c *Contact) Texts(path string) []Text {
	return []Text{
		{Path: path + ".name", Label: "联系人", Value: &c.Name, Max: 50, Min: 1},
		{Path: path + ".phone", Label: "联系电话", Value: &c.Phone, Max: 50, Phone: true},
		{Path: path + ".email", Label: "联系邮箱", Value: &c.Email, Max: 200},
	}
}

// Check notes a contact that nobody can reach.
func (c Contact) Check(f *fault.Fields, path string, forSubmit bool) {
	f.Check(!forSubmit || c.Phone != "" || c.Email != "", path+".phone", "required", "请填写联系电话或邮箱，至少一项")
	f.Check(codes.IsPhone(c.Phone), path+".phone", "format", "联系电话"+codes.PhoneMend)
	f.Check(
		c.Email == "" || (strings.Count(c.Email, "@") == 1 && !strings.ContainsAny(c.Email, " ,;<>\n")),
		path+".email",
		"format",
		"邮箱格式不对，例如 zhang@example.com",
	)
}

// Attachment is a file of a content.
type Attachment struct {
	FileID  int64  `json:"fileId"`
	Role    string `json:"role"` // FilePicture, FileEvidence, FileAttachment
	Caption string `json:"caption,omitempty"`
}

// CheckAttachments notes too many or unknown kinds of files.
func CheckAttachments(f *fault.Fields, path string, as []Attachment) {
	CheckCount(f, path, "附件", len(as), 30)
	for i, a := range as {
		p := path + "." + strconv.Itoa(i)
		f.Check(a.FileID > 0, p+".fileId", "required", "请重新选择文件")
		f.Check(a.Role == FilePicture || a.Role == FileEvidence || a.Role == FileAttachment, p+".role", "choose", "请选择附件的用途")
	}
}

// Score adds up the parts that are there. Each part's weight is its share of the sum.
func Score(parts []ScoredPart) Completeness {
	var sum, have int
	var missing []ScoredPart
	for _, p := range parts {
		sum += p.Weight
		if p.There {
			have += p.Weight
		} else {
			missing = append(missing, p)
		}
	}
	slices.SortStableFunc(missing, func(a, b ScoredPart) int { return b.Weight - a.Weight })
	c := Completeness{Percent: have * 100 / max(sum, 1)}
	for _, m := range missing {
		c.Missing = append(c.Missing, m.Part)
	}
	return c
}

// ScoredPart is one part with its weight.
type ScoredPart struct {
	Part
	Weight int
	There  bool
}
