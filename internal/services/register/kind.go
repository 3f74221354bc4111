package register

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/market/listing"
)

// Kind is the code of a register, such as "agency".
type Kind string

// Type is what the values of a field are.
type Type string

// The types of fields.
const (
	Line   Type = "line"   // one line of text
	Long   Type = "long"   // several lines
	Words  Type = "words"  // several short words
	Number Type = "number" // whole, not negative
	Amount Type = "amount" // 分
	Day    Type = "day"
	One    Type = "one"  // a code
	Many   Type = "many" // codes
	YesNo  Type = "yes"
	Link   Type = "link"  // http or https
	Phone  Type = "phone" // with Sight Signed or Own only
)

// Sight says who reads a field.
type Sight int

// The sights. Names of persons and numbers of theirs are never Public.
const (
	Public Sight = iota
	Signed       // signed-in people
	Own          // the owner, and the desk inside its area
)

// Choice is a code and its label.
type Choice = listing.Choice

// Field is one question of a kind. Code is its name in the content, in forms and in the API.
type Field struct {
	Code, Label, Hint string
	Type              Type
	Choices           []Choice // of One and Many
	Max               int      // runes of a text, the largest number; 0: the type's own bound
	Need              bool     // asked for when it is submitted
	Sight             Sight
	Facet             bool // lists are narrowed by it; One and Many only
	Found             bool // its words are searched
	Row               bool // stands in the line of a list
}

// Standing is an entry's public content as the rules of a kind see it beside a need.
type Standing struct{ Entry Entry }

// Descriptor declares one register: everything that pages, forms, sheets, the API, search and proposals ask about a kind.
type Descriptor struct {
	Kind    Kind
	Label   string         // the Chinese noun
	Path    string         // of its pages: /registers/agencies
	Lead    string         // what stands there, in one sentence
	NameOf  fault.Sentence // the label of its name field: 机构名称
	Person  bool           // entries are persons: public only by consent, their own
	Fields  []Field
	Grades  []Choice                             // levels that are given for a time
	Marks   []Choice                             // of yearly reviews
	Failing []string                             // marks of which two running ask for a decision
	Life    time.Duration                        // of a listing; 0: two years
	Ends    string                               // field of a day that ends the listing sooner; "": none
	AtEnd   Event                                // what the clock does then: EventLapse, or EventSuspend; "": EventLapse
	SameBy  []string                             // fields that together make two rows one thing; nil: the name
	Rule    func(Content, *fault.Fields)         // what no single field says; nil: nothing
	Fits    func(n Need, s Standing) (Fit, bool) // whether and why it helps with a need; nil: never proposed
}

// Kinds are all registers in the order of menus. They are fixed at the start.
type Kinds struct{ all []Descriptor }

var (
	kindPattern = regexp.MustCompile(`^[a-z][a-z_]{1,31}$`)
	pathPattern = regexp.MustCompile(`^[a-z][a-z-]{1,31}$`)
	codePattern = regexp.MustCompile(`^[a-z][A-Za-z0-9]{0,31}$`)
)

// NewKinds checks that the declarations are whole and don't contradict each other.
func NewKinds(all ...Descriptor) (Kinds, error) {
	for i, d := range all {
		if !kindPattern.MatchString(string(d.Kind)) || !pathPattern.MatchString(d.Path) || d.Label == "" || d.Lead == "" || d.NameOf == "" {
			return Kinds{}, fmt.Errorf("register: kind %q needs a code, a path, a label, a lead and a name", d.Kind)
		}
		for _, other := range all[:i] {
			if other.Kind == d.Kind || other.Path == d.Path {
				return Kinds{}, fmt.Errorf("register: kinds %q and %q share a code or a path", d.Kind, other.Kind)
			}
		}
		if err := d.whole(); err != nil {
			return Kinds{}, err
		}
	}
	return Kinds{all}, nil
}

func (d Descriptor) whole() error {
	for i, f := range d.Fields {
		coded := f.Type == One || f.Type == Many
		switch {
		case !codePattern.MatchString(f.Code), f.Code == "schema", f.Code == "name", f.Code == "division", f.Label == "":
			return fmt.Errorf("register: field %q of %q needs a code of its own and a label", f.Code, d.Kind)
		case coded != (len(f.Choices) > 0):
			return fmt.Errorf("register: field %q of %q has choices just where its type is a code", f.Code, d.Kind)
		case f.Facet && (!coded || f.Sight != Public):
			return fmt.Errorf("register: field %q of %q is no facet: it needs public codes", f.Code, d.Kind)
		case f.Type == Phone && !slices.Contains(stored.PersonalKeys(), f.Code):
			return fmt.Errorf("register: field %q of %q would lie in clear: numbers have one of the codes of stored.PersonalKeys", f.Code, d.Kind)
		case f.Type == Phone && f.Sight == Public:
			return fmt.Errorf("register: field %q of %q shows a number to everybody", f.Code, d.Kind)
		}
		if slices.ContainsFunc(d.Fields[:i], func(o Field) bool { return o.Code == f.Code || o.Label == f.Label }) {
			return fmt.Errorf("register: field %q of %q stands twice", f.Code, d.Kind)
		}
	}
	for _, code := range append(slices.Clone(d.SameBy), d.Ends) {
		if _, ok := d.Field(code); !ok && code != "" {
			return fmt.Errorf("register: kind %q names a field %q that it does not have", d.Kind, code)
		}
	}
	return nil
}

// All lists the kinds in the order of menus.
func (k Kinds) All() []Descriptor { return slices.Clone(k.all) }

// Get returns the declaration of a kind; false for an unknown one.
func (k Kinds) Get(kind Kind) (Descriptor, bool) {
	i := slices.IndexFunc(k.all, func(d Descriptor) bool { return d.Kind == kind })
	if i < 0 {
		return Descriptor{}, false
	}
	return k.all[i], true
}

// At returns the declaration whose pages have the path.
func (k Kinds) At(path string) (Descriptor, error) {
	i := slices.IndexFunc(k.all, func(d Descriptor) bool { return d.Path == path })
	if i < 0 {
		return Descriptor{}, errNoKind
	}
	return k.all[i], nil
}

var errNoKind = fault.New(fault.NotFound, "register_kind", "没有这个名录。请从“人员与服务”重新查找")

// ListPath is the page that lists the kind.
func (d Descriptor) ListPath() string { return "/registers/" + d.Path }

// PagePath is the public page of one entry.
func (d Descriptor) PagePath(id int64) string { return d.ListPath() + "/" + strconv.FormatInt(id, 10) }

// DeskPath is the page of one entry for its owner and for the desk.
func DeskPath(id int64) string { return "/desk/registers/" + strconv.FormatInt(id, 10) }

// Field is the declaration of a field; false for an unknown one.
func (d Descriptor) Field(code string) (Field, bool) {
	i := slices.IndexFunc(d.Fields, func(f Field) bool { return f.Code == code })
	if i < 0 {
		return Field{}, false
	}
	return d.Fields[i], true
}

// Facets are the fields that lists are narrowed by.
func (d Descriptor) Facets() []Field {
	return slices.DeleteFunc(slices.Clone(d.Fields), func(f Field) bool { return !f.Facet })
}

// Seen is the part of a content that one sight reads.
func (d Descriptor) Seen(c Content, sight Sight) Content {
	out := Content{}
	for _, f := range d.Fields {
		if v := c[f.Code]; len(v) > 0 && f.Sight <= sight {
			out[f.Code] = v
		}
	}
	return out
}

func (d Descriptor) levels(k GradeKind) []Choice {
	if k == Mark {
		return d.Marks
	}
	return d.Grades
}

// LevelLabel names a level or a mark.
func (d Descriptor) LevelLabel(code string) string {
	return label(slices.Concat(d.Grades, d.Marks), code)
}

func (d Descriptor) overdue() Event {
	if d.AtEnd != "" {
		return d.AtEnd
	}
	return EventLapse
}

// twoYears is how long a listing holds where its kind says nothing.
const twoYears = 2 * 365 * 24 * time.Hour

// validTo is the last day of a listing that begins today.
func (d Descriptor) validTo(c Content, today time.Time) time.Time {
	life := d.Life
	if life == 0 {
		life = twoYears
	}
	end := today.Add(life)
	if day, err := time.Parse(time.DateOnly, c.Text(d.Ends)); err == nil && day.Before(end) {
		return day
	}
	return end
}

// identity is what makes two rows of the kind the same thing, whatever blanks, widths and cases they were written with.
func (d Descriptor) identity(name string, c Content) string {
	if d.Person { // two persons may have one name
		return ""
	}
	if len(d.SameBy) > 0 {
		var parts []string
		for _, code := range d.SameBy {
			if c.Text(code) == "" {
				return "n:" + plain(name)
			}
			parts = append(parts, c.Text(code))
		}
		return "k:" + plain(strings.Join(parts, "|"))
	}
	return "n:" + plain(name)
}

// Tidy brings what was typed to the form in which it is kept: known fields only, trimmed, without blanks and repetitions.
func (d Descriptor) Tidy(c Content) Content {
	out := Content{}
	for _, f := range d.Fields {
		var values []string
		for _, v := range c[f.Code] {
			text := []listing.Text{{Value: &v, Long: f.Type == Long, Phone: f.Type == Phone}}
			listing.TidyTexts(text)
			values = append(values, v)
		}
		values = listing.Unique(values)
		if f.Type != Many && f.Type != Words && len(values) > 1 {
			values = values[:1]
		}
		if len(values) > 0 {
			out[f.Code] = values
		}
	}
	return out
}

// Check notes what is wrong with a tidy content; what is needed counts when it is submitted. Fault: invalid with fields.
func (d Descriptor) Check(c Content, forSubmit bool) error {
	var wrong fault.Fields
	for _, f := range d.Fields {
		if len(c[f.Code]) == 0 {
			if f.Need && forSubmit {
				wrong.Addf(f.Code, "required", "请填写%s", f.Label)
			}
			continue
		}
		f.check(c[f.Code], &wrong)
	}
	if d.Rule != nil {
		d.Rule(c, &wrong)
	}
	return wrong.Err()
}

const mostWords = 20

func (f Field) check(values []string, wrong *fault.Fields) {
	if len(values) > mostWords && f.Type == Words {
		wrong.Addf(f.Code, "too_many", "%s最多 %d 项", f.Label, mostWords)
		return
	}
	for _, v := range values {
		most := f.Max
		if most == 0 {
			most = map[Type]int{Long: 2000, Link: 300, Words: 20}[f.Type]
		}
		if most == 0 {
			most = 100
		}
		switch n := utf8.RuneCountInString(v); {
		case !utf8.ValidString(v) || strings.ContainsRune(v, 0):
			wrong.Addf(f.Code, "bad_text", "%s含有无法识别的字符，请重新输入", f.Label)
		case f.Type == Number:
			number, err := strconv.ParseInt(v, 10, 64)
			top := int64(1_000_000_000)
			if f.Max > 0 {
				top = int64(f.Max)
			}
			if err != nil || number < 0 || number > top {
				wrong.Addf(f.Code, "number", "%s应为 0 到 %d 的整数", f.Label, top)
			}
		case f.Type == Amount:
			fen, err := strconv.ParseInt(v, 10, 64)
			if err != nil || fen < 0 || fen > int64(money.Max) {
				wrong.Addf(f.Code, "amount", "%s请填写金额，单位万元，例如 120 或 0.5", f.Label)
			}
		case f.Type == Day:
			if !listing.IsDate(v) {
				wrong.Addf(f.Code, "date", "%s请写成 2026-11-23 这样的日期", f.Label)
			}
		case f.Type == One || f.Type == Many:
			if !slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Code == v }) {
				wrong.Addf(f.Code, "choose", "请从列表中选择%s", f.Label)
				return
			}
		case f.Type == YesNo:
			if v != yes && v != "no" {
				wrong.Addf(f.Code, "choose", "%s请填“是”或“否”", f.Label)
			}
		case n > most:
			wrong.Addf(f.Code, "too_long", "%s最多 %d 字，现在是 %d 字，请删减", f.Label, most, n)
		case f.Type == Link:
			u, err := url.Parse(v)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.ContainsAny(v, " \"<>") {
				wrong.Addf(f.Code, "link", "%s请填写网址，以 http:// 或 https:// 开头", f.Label)
			}
		case f.Type == Phone && !codes.IsPhone(v):
			wrong.Addf(f.Code, "format", "%s%s", f.Label, codes.PhoneMend)
		}
	}
}

// Show is the field's value for people.
func (f Field) Show(c Content) string {
	values := c[f.Code]
	switch {
	case len(values) == 0:
		return ""
	case f.Type == Amount:
		return c.Fen(f.Code).Wan() + " 万元"
	case f.Type == YesNo:
		return map[bool]string{true: "是", false: "否"}[c.Yes(f.Code)]
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v
		if f.Type == One || f.Type == Many {
			out[i] = label(f.Choices, v)
		}
	}
	return strings.Join(out, "、")
}

func label(choices []Choice, code string) string {
	for _, c := range choices {
		if c.Code == code {
			return c.Label
		}
	}
	return code
}

// FieldChoices are the eleven fields of technology, which registers, needs and achievements share.
func FieldChoices() []Choice { return listing.ChoicesOf(codes.Field.Children("")) }
