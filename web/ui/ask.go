package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/view"
)

// StatusAfter is the status of a form that is shown again after a refusal.
func StatusAfter(err error) int {
	switch {
	case err == nil:
		return 200
	case fault.Is(err, fault.TooMany):
		return 429
	}
	return 422
}

// FlashRefusal answers a one-button action that the service refused: the reason is shown on the page it came from.
func FlashRefusal(c *web.Ctx, err error, back string) error {
	if !Refused(err) {
		return err
	}
	f := c.Fault(err)
	var text strings.Builder
	text.WriteString(f.Message)
	for _, field := range f.Fields {
		text.WriteString("：" + field.Message)
	}
	c.Flash(view.Bad, text.String())
	return c.See(back)
}

// Ask makes the fields of a form: with what was typed after a refused post, else with what is stored,
// and with the message at the field.
type Ask struct {
	Form   *web.Form // nil on the first showing
	Errors map[string]string
	Notice *view.Notice // a message that belongs to no field
}

// FormStatus is the status of a page with a form: 200, or 422 with what the service said about the last post.
func FormStatus(ferr error) int {
	if ferr != nil {
		return 422
	}
	return 200
}

// NewAsk starts a form. err is what the service said about the last post, nil on the first showing.
func NewAsk(c *web.Ctx, form *web.Form, err error) *Ask {
	c.TellWait(err)
	a := &Ask{Form: form, Errors: map[string]string{}}
	if form != nil {
		form.KeepFiles(c.Fault)
		for _, f := range form.Errors.List() {
			a.Errors[f.Path] = c.Said(f)
		}
	}
	if err == nil {
		return a
	}
	f := c.Fault(err)
	for _, field := range f.Fields {
		if _, taken := a.Errors[field.Path]; !taken {
			a.Errors[field.Path] = field.Message
		}
	}
	if len(f.Fields) == 0 {
		a.Notice = &view.Notice{Tone: view.Bad, Title: f.Message, Text: "您填的内容都还在，没有丢失。"}
	}
	return a
}

// Refused tells whether the error is one that a form shows again (wrong input or a conflict with words),
// as opposed to one that ends the page.
func Refused(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.TooMany)
}

// Reason is a refusal in one sentence: its own, or that of the first field.
func Reason(c *web.Ctx, err error) string {
	f := c.Fault(err)
	if len(f.Fields) > 0 {
		return f.Fields[0].Message
	}
	return f.Message
}

// FormErr joins the readers' mistakes with the service's, so that one page shows all.
func FormErr(form *web.Form) error { return form.Errors.Err() }

func (a *Ask) Value(name, stored string) string {
	if a.Form == nil {
		return stored
	}
	return a.Form.Values.Get(name)
}

func (a *Ask) fill(f view.Field, stored string) view.Field {
	f.Value = a.Value(f.Name, stored)
	f.Error = a.Errors[f.Name]
	return f
}

func (a *Ask) Text(name, label, stored string, more ...func(*view.Field)) view.Field {
	return a.Make(view.Field{Name: name, Label: label}, stored, more)
}

func (a *Ask) Area(name, label, stored string, more ...func(*view.Field)) view.Field {
	return a.Make(view.Field{Kind: view.Area, Name: name, Label: label}, stored, more)
}

func (a *Ask) Date(name, label string, stored time.Time, more ...func(*view.Field)) view.Field {
	s := ""
	if !stored.IsZero() {
		s = clock.Day(stored)
	}
	return a.Make(view.Field{Kind: view.Date, Name: name, Label: label, Width: "m"}, s, more)
}

func (a *Ask) Yuan(name, label string, stored money.Fen, more ...func(*view.Field)) view.Field {
	s := ""
	if stored != 0 {
		s = stored.String()
	}
	return a.Make(view.Field{Kind: view.Money, Name: name, Label: label, Unit: "元", Width: "m"}, s, more)
}

func (a *Ask) Wan(name, label string, stored money.Fen, more ...func(*view.Field)) view.Field {
	s := ""
	if stored != 0 {
		s = strings.ReplaceAll(stored.Wan(), ",", "")
	}
	return a.Make(view.Field{Kind: view.Money, Name: name, Label: label, Unit: "万元", Width: "m"}, s, more)
}

func (a *Ask) Kind(k view.FieldKind, name, label, stored string, more ...func(*view.Field)) view.Field {
	return a.Make(view.Field{Kind: k, Name: name, Label: label}, stored, more)
}

func (a *Ask) Choose(name, label, stored string, options []view.Option, more ...func(*view.Field)) view.Field {
	return a.Make(view.Field{Kind: view.Select, Name: name, Label: label, Options: options}, stored, more)
}

func (a *Ask) Radio(name, label, stored string, options []view.Option, more ...func(*view.Field)) view.Field {
	return a.Make(view.Field{Kind: view.Radio, Name: name, Label: label, Options: options}, stored, more)
}

// Checks is a group of check boxes; stored are the chosen values.
func (a *Ask) Checks(name, label string, stored []string, options []view.Option, more ...func(*view.Field)) view.Field {
	if a.Form != nil {
		stored = a.Form.List(name)
	}
	f := view.Field{Kind: view.Check, Name: name, Label: label, Error: a.Errors[name], Options: chosen(options, stored...)}
	for _, m := range more {
		m(&f)
	}
	return f
}

func (a *Ask) Make(f view.Field, stored string, more []func(*view.Field)) view.Field {
	for _, m := range more {
		m(&f)
	}
	f = a.fill(f, stored)
	f.Options = chosen(f.Options, f.Value)
	return f
}

// chosen are the options with those of these values checked.
func chosen(options []view.Option, values ...string) []view.Option {
	options = slices.Clone(options)
	for i := range options {
		options[i].Checked = slices.Contains(values, options[i].Value)
	}
	return options
}

func Required(f *view.Field) { f.Required = true }

// Sometimes marks a field that submission demands in some cases, which its hint names: it is neither required nor optional.
func Sometimes(f *view.Field) { f.Sometimes = true }

func Hint(text string) func(*view.Field) { return func(f *view.Field) { f.Hint = text } }

func Limit(n int) func(*view.Field) { return func(f *view.Field) { f.Max = n } }

func Width(w string) func(*view.Field) { return func(f *view.Field) { f.Width = w } }

func Fill(autocomplete string) func(*view.Field) {
	return func(f *view.Field) { f.Autocomplete = autocomplete }
}

func Lines(n int) func(*view.Field) { return func(f *view.Field) { f.Rows = n } }

// FormOf closes a form of several sections with its button and the summary of what is wrong.
func FormOf(action, submit string, sections ...view.Section) view.Form {
	f := view.Form{Action: action, Sections: sections, Actions: []view.Action{{Label: submit}}}
	return f.Summed()
}

// Blocks puts the message that belongs to no field above a form.
func (a *Ask) Blocks(f view.Form) []Block {
	var out []Block
	if a.Notice != nil {
		out = append(out, Block{Parts: view.Parts{a.Notice}})
	}
	return append(out, Block{Parts: view.Parts{a.withFiles(f)}})
}

// withFiles shows at each file field what was chosen for it before the form was refused.
func (a *Ask) withFiles(f view.Form) view.Form {
	if a.Form == nil || len(a.Form.Kept) == 0 {
		return f
	}
	f.Sections = slices.Clone(f.Sections)
	for i := range f.Sections {
		f.Sections[i].Fields = slices.Clone(f.Sections[i].Fields)
		for j := range f.Sections[i].Fields {
			field := &f.Sections[i].Fields[j]
			field.Chosen = nil
			for _, u := range a.Form.Kept[field.Name] {
				field.Chosen = append(field.Chosen, view.Chosen{ID: strconv.FormatInt(u.ID, 10), Name: u.Name, Size: view.FileSize(u.Size)})
			}
		}
	}
	return f
}

// options of code lists.

func ListOptions(l codes.List, first string) []view.Option {
	var out []view.Option
	if first != "" {
		out = append(out, view.Option{Label: first})
	}
	for _, it := range l.Leaves() {
		out = append(out, view.Option{Value: it.Code, Label: it.Label})
	}
	return out
}

func TopOptions(l codes.List, first string) []view.Option {
	var out []view.Option
	if first != "" {
		out = append(out, view.Option{Label: first})
	}
	for _, it := range l.Children("") {
		out = append(out, view.Option{Value: it.Code, Label: it.Label})
	}
	return out
}

// DivisionOptions lists leagues and counties, grouped by league.
func DivisionOptions(first string, withLeagues bool) []view.Option {
	out := []view.Option{{Label: first}}
	for _, l := range region.Leagues() {
		if withLeagues {
			out = append(out, view.Option{Value: l.Code, Label: l.Name, Group: l.Name})
		}
		for _, d := range region.Children(l.Code) {
			out = append(out, view.Option{Value: d.Code, Label: d.Name, Group: l.Name})
		}
	}
	return out
}

func TopicOptions() []view.Option {
	var out []view.Option
	for _, t := range codes.Topics() {
		if t.Broad {
			continue
		}
		out = append(out, view.Option{Value: t.Code, Label: t.Name, Group: t.Area})
	}
	return out
}

var OrgKinds = []view.Option{
	{Value: string(actor.University), Label: "高校"},
	{Value: string(actor.Institute), Label: "科研院所"},
	{Value: string(actor.Enterprise), Label: "企业（含合作社）"},
	{Value: string(actor.Agency), Label: "技术转移机构"},
	{Value: string(actor.Individual), Label: "个人（自然人）"},
	{Value: string(actor.PointHost), Label: "登记点主办单位"},
}

func OrgKindLabel(k actor.OrgKind) string {
	for _, o := range OrgKinds {
		if o.Value == string(k) {
			return o.Label
		}
	}
	if k == actor.Government {
		return "政府部门"
	}
	return string(k)
}

func OrgStateTag(state string) view.Tag {
	switch state {
	case actor.Confirmed:
		return view.Tag{Label: "已确认", Tone: view.OK}
	case actor.Pending:
		return view.Tag{Label: "待确认", Tone: view.Warn}
	case actor.Returned:
		return view.Tag{Label: "已退回", Tone: view.Bad}
	default:
		return view.Tag{Label: "已暂停", Tone: view.Bad}
	}
}

var YesNo = []view.Option{{Value: "yes", Label: "是"}, {Value: "no", Label: "否"}}

func BoolList(b bool) []string {
	if b {
		return []string{"yes"}
	}
	return nil
}

func IntText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// Repeat makes the fields of a repeated group, one line a row: what is stored and one or two empty rows.
func Repeat(a *Ask, title, hint, group string, stored, most int, row func(i int) []view.Field) []view.Section {
	n := min(most, max(2, stored+1))
	if a.Form != nil {
		n = min(most, max(n, a.Form.Rows(group, most)+1))
	}
	sections := []view.Section{{Title: title, Hint: hint}}
	for i := range n {
		sections = append(sections, view.Section{Inline: true, Fields: row(i)})
	}
	return sections
}

func RowAt[T any](list []T, i int) T {
	var zero T
	if i < len(list) {
		return list[i]
	}
	return zero
}
