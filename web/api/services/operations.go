// Package services declares the API operations of the registers: one set for each kind, whose schema comes from the declaration.
package services

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
	"techmarket/web"
	"techmarket/web/api"
)

// Operations holds the services that the operations call; internal/app fills it.
type Operations struct {
	Registers *register.Service
	Vouchers  *voucher.Service
	Finance   *finance.Service
	Files     api.Files
}

// Parts are the groups of operations.
func (o *Operations) Parts() []api.Part {
	return []api.Part{{Tag: "人员与服务", Wing: "services", Declare: o.registers},
		{Tag: "科技创新券", Wing: "services", Declare: func(a *api.API) {
			o.schemeOperations(a)
			o.voucherOperations(a)
		}}, {Tag: "融资申请", Wing: "services", Declare: o.financeOperations}}
}

// entry is an entry as the API shows it; the content's fields are those of the kind.
type entry struct {
	ID          int64            `json:"id"`
	Kind        register.Kind    `json:"kind"`
	Name        string           `json:"name"`
	Owner       string           `json:"owner" doc:"填报单位"`
	Division    string           `json:"division"`
	State       register.State   `json:"state"`
	Version     int              `json:"version"`
	Content     map[string]any   `json:"content"`
	Grades      []register.Grade `json:"grades" nullable:"false"`
	ValidTo     *time.Time       `json:"validTo,omitempty" format:"date"`
	ConfirmedAt time.Time        `json:"confirmedAt"`
	Sample      bool             `json:"sample"`
}

// input is an entry as the API takes it.
type input struct {
	Kind     register.Kind  `json:"kind" required:"true" doc:"名录代码，各自的字段见 x-kinds"`
	Name     string         `json:"name" required:"true" minLength:"2" maxLength:"100"`
	Division string         `json:"division,omitempty" doc:"六位行政区划代码；空为本单位所在地区"`
	Self     bool           `json:"self,omitempty" doc:"是本人的信息；本人才能同意公开"`
	Content  map[string]any `json:"content" required:"true"`
}

func (o *Operations) registers(a *api.API) {
	for _, d := range o.Registers.Kinds().All() {
		o.kind(a, d)
	}
	api.Op(a, "POST /register-entries", web.Members(), "填报一条，成为草稿", o.create, api.Created, o.kindSchemas)
	api.Op(a, "GET /register-entries/{id}", web.SignedIn(), "本单位、本人或管辖范围内的一条名录信息，含草稿", o.mine)
	api.Op(a, "POST /register-entries/{id}/events", web.SignedIn(), "办理一步：提交、审核、退回、等级、授权……", o.do)
}

func (o *Operations) kind(a *api.API, d register.Descriptor) {
	at := "/registers/" + d.Path
	api.Op(a, "GET "+at, web.Anyone(), d.Label+"名录，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Text  string `query:"q" maxLength:"100" doc:"名称的一部分"`
		Area  string `query:"area" maxLength:"6" doc:"盟市或旗县代码"`
		Level string `query:"level" maxLength:"32" doc:"现有的等级"`
	}) (api.List[entry], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[entry]{}, err
		}
		found, _, err := o.Registers.List(ctx, who, register.Filter{Kind: d.Kind, Text: in.Text, Area: in.Area, Level: in.Level, After: after,
			Limit: in.Limit})
		if err != nil {
			return api.List[entry]{}, err
		}
		return api.Numbered(
			api.Each(found, func(i register.Item) entry { return entryOf(d, i) }),
			in.Limit,
			func(e entry) int64 { return e.ID },
		), nil
	})
	api.Op(a, "GET "+at+"/{id}", web.Anyone(), d.Label+"的一条", func(ctx context.Context, who actor.Actor, in *api.ByID) (entry, error) {
		i, err := o.Registers.Read(ctx, who, in.ID)
		return entryOf(d, i), err
	})
}

func (o *Operations) create(ctx context.Context, who actor.Actor, in *struct{ Body input }) (entry, error) {
	d, ok := o.Registers.Kinds().Get(in.Body.Kind)
	if !ok {
		return entry{}, api.FormFault("kind", "choose", "没有这个名录，可用的代码见接口说明的 x-kinds")
	}
	content, err := d.FromJSON(in.Body.Content)
	if err != nil {
		return entry{}, err
	}
	e, err := o.Registers.Create(ctx, who, d.Kind, register.Input{Name: in.Body.Name, Division: in.Body.Division, Self: in.Body.Self,
		Content: content})
	return entryOf(d, register.Item{Entry: e, Owner: who.OrgName}), err
}

func entryOf(d register.Descriptor, i register.Item) entry {
	grades := i.Grades
	if grades == nil {
		grades = []register.Grade{}
	}
	return entry{ID: i.ID, Kind: i.Kind, Name: i.Name, Owner: i.Owner, Division: i.Division, State: i.State, Version: i.Version,
		Content: d.ToJSON(i.Content), Grades: grades, ValidTo: i.ValidTo, ConfirmedAt: i.ConfirmedAt, Sample: i.Sample}
}

func (o *Operations) mine(ctx context.Context, who actor.Actor, in *api.ByID) (entry, error) {
	v, err := o.Registers.Mine(ctx, who, in.ID)
	d, _ := o.Registers.Kinds().Get(v.Kind)
	return entryOf(d, v.Item), err
}

// step is an event of the table of entries that a person can do.
type step register.Event

func (step) Schema(huma.Registry) *huma.Schema {
	return api.Enum(slices.DeleteFunc(register.Events(), func(e register.Event) bool { return e == register.EventLapse }))
}

type doing struct {
	api.ByID
	Body struct {
		Event   step       `json:"event" required:"true"`
		Version int        `json:"version,omitempty" doc:"您看到的版本；0 为不核对"`
		Reason  string     `json:"reason,omitempty"`
		Grade   *gradeBody `json:"grade,omitempty"`
		GradeID int64      `json:"gradeId,omitempty"`
		Until   string     `json:"until,omitempty" format:"date" doc:"授权或等级的最后一日，2006-01-02"`
	}
}

type gradeBody struct {
	Kind   register.GradeKind `json:"kind" required:"true" enum:"grade,mark"`
	Level  string             `json:"level" required:"true"`
	Issuer string             `json:"issuer" required:"true"`
	Number string             `json:"number,omitempty"`
	FromOn string             `json:"fromOn" required:"true" format:"date"`
	ToOn   string             `json:"toOn,omitempty" format:"date" doc:"空为没有终止日期"`
}

func (o *Operations) do(ctx context.Context, who actor.Actor, in *doing) (entry, error) {
	c := register.Command{ID: in.ID, Event: register.Event(in.Body.Event), Version: in.Body.Version, Reason: in.Body.Reason,
		GradeID: in.Body.GradeID,
		Until:   in.Body.Until}
	if g := in.Body.Grade; g != nil {
		c.Grade = register.Grade{Kind: g.Kind, Level: g.Level, Issuer: g.Issuer, Number: g.Number}
		c.Grade.FromOn, _ = time.Parse(time.DateOnly, g.FromOn) // an unreadable day is told by the guard
		if g.ToOn != "" {
			to, err := time.Parse(time.DateOnly, g.ToOn)
			if err != nil {
				return entry{}, api.FormFault("grade.toOn", "date", "请填写日期，例如 2026-12-31")
			}
			c.Grade.ToOn = &to
		}
	}
	e, err := o.Registers.Do(ctx, who, c)
	d, _ := o.Registers.Kinds().Get(e.Kind)
	return entryOf(d, register.Item{Entry: e}), err
}

// kindSchemas puts the fields of every kind into the document. Bodies are checked by the declarations, which name the field and the mend.
func (o *Operations) kindSchemas(op *huma.Operation) {
	kinds := map[string]*huma.Schema{}
	for _, d := range o.Registers.Kinds().All() {
		content := &huma.Schema{Type: huma.TypeObject, Title: d.Label, Description: d.Lead, Properties: map[string]*huma.Schema{}}
		for _, f := range d.Fields {
			content.Properties[f.Code] = schemaOf(f)
		}
		kinds[string(d.Kind)] = content
	}
	op.Extensions["x-kinds"] = kinds
}

func schemaOf(f register.Field) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: f.Label}
	switch f.Type {
	case register.Number, register.Amount:
		s.Type = huma.TypeInteger
		if f.Type == register.Amount {
			s.Description += "，单位分"
		}
	case register.YesNo:
		s.Type = huma.TypeBoolean
	case register.Day:
		s.Format = "date"
	case register.One:
		s.Enum = codesOf(f)
	case register.Many, register.Words:
		s.Type, s.Items = huma.TypeArray, &huma.Schema{Type: huma.TypeString}
		if f.Type == register.Many {
			s.Items.Enum = codesOf(f)
		}
	}
	if f.Max > 0 && f.Type == register.Number {
		most := float64(f.Max)
		s.Maximum = &most
		s.Description += "，最多 " + strconv.Itoa(f.Max)
	}
	return s
}

func codesOf(f register.Field) []any {
	out := make([]any, len(f.Choices))
	for i, c := range f.Choices {
		out[i] = c.Code
	}
	return out
}
