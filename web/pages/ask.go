package pages

import (
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/view"
)

// ask makes the fields of a form: with what was typed after a refused post, else with what is stored,
// and with the message at the field.
type ask struct {
	form   *web.Form // nil on the first showing
	errors map[string]string
	notice *view.Notice // a message that belongs to no field
}

// formStatus is the status of a page with a form: 200, or 422 with what the service said about the last post.
func formStatus(ferr error) int {
	if ferr != nil {
		return 422
	}
	return 200
}

// asking starts a form. err is what the service said about the last post, nil on the first showing.
func asking(form *web.Form, err error) *ask {
	a := &ask{form: form, errors: map[string]string{}}
	if form != nil {
		for _, f := range form.Errors.List() {
			a.errors[f.Path] = f.Message
		}
	}
	if err == nil {
		return a
	}
	f := web.AsFault(err)
	for _, field := range f.Fields {
		if _, taken := a.errors[field.Path]; !taken {
			a.errors[field.Path] = field.Message
		}
	}
	if len(f.Fields) == 0 {
		a.notice = &view.Notice{Tone: view.Bad, Title: f.Message, Text: "您填的内容都还在，没有丢失。"}
	}
	return a
}

// refused tells whether the error is one that a form shows again (wrong input or a conflict with words),
// as opposed to one that ends the page.
func refused(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.TooMany)
}

// formErr joins the readers' mistakes with the service's, so that one page shows all.
func formErr(form *web.Form) error { return form.Errors.Err() }

func (a *ask) value(name, stored string) string {
	if a.form == nil {
		return stored
	}
	return a.form.Values.Get(name)
}

func (a *ask) fill(f view.Field, stored string) view.Field {
	f.Value = a.value(f.Name, stored)
	f.Error = a.errors[f.Name]
	return f
}

func (a *ask) text(name, label, stored string, more ...func(*view.Field)) view.Field {
	return a.make(view.Field{Name: name, Label: label}, stored, more)
}

func (a *ask) area(name, label, stored string, more ...func(*view.Field)) view.Field {
	return a.make(view.Field{Kind: view.Area, Name: name, Label: label}, stored, more)
}

func (a *ask) date(name, label string, stored time.Time, more ...func(*view.Field)) view.Field {
	s := ""
	if !stored.IsZero() {
		s = stored.Format("2006-01-02")
	}
	return a.make(view.Field{Kind: view.Date, Name: name, Label: label, Width: "m"}, s, more)
}

func (a *ask) yuan(name, label string, stored money.Fen, more ...func(*view.Field)) view.Field {
	s := ""
	if stored != 0 {
		s = stored.String()
	}
	return a.make(view.Field{Kind: view.Money, Name: name, Label: label, Unit: "元", Width: "m"}, s, more)
}

func (a *ask) wan(name, label string, stored money.Fen, more ...func(*view.Field)) view.Field {
	s := ""
	if stored != 0 {
		s = strings.ReplaceAll(stored.Wan(), ",", "")
	}
	return a.make(view.Field{Kind: view.Money, Name: name, Label: label, Unit: "万元", Width: "m"}, s, more)
}

func (a *ask) kind(k view.FieldKind, name, label, stored string, more ...func(*view.Field)) view.Field {
	return a.make(view.Field{Kind: k, Name: name, Label: label}, stored, more)
}

func (a *ask) choose(name, label, stored string, options []view.Option, more ...func(*view.Field)) view.Field {
	return a.make(view.Field{Kind: view.Select, Name: name, Label: label, Options: options}, stored, more)
}

func (a *ask) radio(name, label, stored string, options []view.Option, more ...func(*view.Field)) view.Field {
	return a.make(view.Field{Kind: view.Radio, Name: name, Label: label, Options: options}, stored, more)
}

// checks is a group of check boxes; stored are the chosen values.
func (a *ask) checks(name, label string, stored []string, options []view.Option, more ...func(*view.Field)) view.Field {
	chosen := map[string]bool{}
	if a.form != nil {
		stored = a.form.List(name)
	}
	for _, v := range stored {
		chosen[v] = true
	}
	f := view.Field{Kind: view.Check, Name: name, Label: label, Error: a.errors[name]}
	for _, o := range options {
		o.Checked = chosen[o.Value]
		f.Options = append(f.Options, o)
	}
	for _, m := range more {
		m(&f)
	}
	return f
}

func (a *ask) make(f view.Field, stored string, more []func(*view.Field)) view.Field {
	for _, m := range more {
		m(&f)
	}
	f = a.fill(f, stored)
	if len(f.Options) > 0 {
		options := make([]view.Option, len(f.Options))
		for i, o := range f.Options {
			o.Checked = o.Value == f.Value
			options[i] = o
		}
		f.Options = options
	}
	return f
}

func required(f *view.Field) { f.Required = true }

func hint(text string) func(*view.Field) { return func(f *view.Field) { f.Hint = text } }

func limit(n int) func(*view.Field) { return func(f *view.Field) { f.Max = n } }

func width(w string) func(*view.Field) { return func(f *view.Field) { f.Width = w } }

func fill(autocomplete string) func(*view.Field) {
	return func(f *view.Field) { f.Autocomplete = autocomplete }
}

func lines(n int) func(*view.Field) { return func(f *view.Field) { f.Rows = n } }

// formOf closes a form of several sections with its button and the summary of what is wrong.
func formOf(action, submit string, sections ...view.Section) view.Form {
	f := view.Form{Action: action, Sections: sections, Actions: []view.Action{{Label: submit}}}
	return f.Summed()
}

// blocks puts the message that belongs to no field above a form.
func (a *ask) blocks(f view.Form) []Block {
	var out []Block
	if a.notice != nil {
		out = append(out, Block{Notice: a.notice})
	}
	return append(out, Block{Forms: []view.Form{f}})
}

// options of code lists.

func listOptions(l codes.List, first string) []view.Option {
	var out []view.Option
	if first != "" {
		out = append(out, view.Option{Label: first})
	}
	for _, it := range l.Leaves() {
		out = append(out, view.Option{Value: it.Code, Label: it.Label})
	}
	return out
}

func topOptions(l codes.List, first string) []view.Option {
	var out []view.Option
	if first != "" {
		out = append(out, view.Option{Label: first})
	}
	for _, it := range l.Children("") {
		out = append(out, view.Option{Value: it.Code, Label: it.Label})
	}
	return out
}

// divisionOptions lists leagues and counties, grouped by league.
func divisionOptions(first string, withLeagues bool) []view.Option {
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

func topicOptions() []view.Option {
	var out []view.Option
	for _, t := range codes.Topics() {
		if t.Broad {
			continue
		}
		out = append(out, view.Option{Value: t.Code, Label: t.Name, Group: t.Area})
	}
	return out
}

var orgKinds = []view.Option{
	{Value: string(actor.University), Label: "高校"},
	{Value: string(actor.Institute), Label: "科研院所"},
	{Value: string(actor.Enterprise), Label: "企业（含合作社）"},
	{Value: string(actor.Agency), Label: "技术转移机构"},
	{Value: string(actor.PointHost), Label: "登记点主办单位"},
}

func orgKindLabel(k actor.OrgKind) string {
	for _, o := range orgKinds {
		if o.Value == string(k) {
			return o.Label
		}
	}
	if k == actor.Government {
		return "政府部门"
	}
	return string(k)
}

func orgStateTag(state string) view.Tag {
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
