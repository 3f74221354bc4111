package insight

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/insight/annual"
	"techmarket/web"
	"techmarket/web/api"
)

// annualLine is a figure with what it means.
type annualLine struct {
	annual.Figure
	Number int    `json:"number" doc:"指标序号 1–17"`
	Label  string `json:"label"`
	Unit   string `json:"unit" doc:"金额以分为单位，显示为万元"`
}

type annualEdition struct {
	annual.Report
	Figures  []annualLine      `json:"figures"`
	Projects []annual.Contract `json:"projects"`
	Tasks    []annual.Task     `json:"tasks"`
}

func (o *Operations) annualEdition(ctx context.Context, who actor.Actor, id int64) (annualEdition, error) {
	v, err := o.Annuals.Read(ctx, who, id)
	if err != nil {
		return annualEdition{}, err
	}
	v.Report.Content = nil // its figures and contracts stand beside it
	out := annualEdition{Report: v.Report, Projects: v.Projects(), Tasks: v.Tasks}
	for _, f := range v.Figures {
		if l, ok := annual.LineOf(f.Code); ok {
			out.Figures = append(out.Figures, annualLine{f, l.Number, l.Label, string(l.Unit)})
		}
	}
	return out, nil
}

func (o *Operations) annualOperations(a *api.API) {
	readers, writers := web.SaleKeepers(), web.Members()
	api.Op(a, "GET /annual-reports", readers, "年度报告：本单位各版，或辖区已提交的",
		func(ctx context.Context, who actor.Actor, _ *struct{}) (api.List[annual.Report], error) {
			found, err := o.Annuals.List(ctx, who)
			for i := range found {
				found[i].Content = nil
			}
			return api.All(found), err
		})
	api.Op(a, "GET /annual-reports/{id}", readers, "一版年度报告：指标、项目清单、待补事项",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (annualEdition, error) {
			return o.annualEdition(ctx, who, in.ID)
		})
	api.Op(a, "POST /annual-reports", writers, "起草一年的报告", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Year int `json:"year" required:"true" minimum:"2000" maximum:"2200"`
		}
	}) (annualEdition, error) {
		id, err := o.Annuals.Start(ctx, who, in.Body.Year)
		if err != nil {
			return annualEdition{}, err
		}
		return o.annualEdition(ctx, who, id)
	}, api.Created)
	api.Op(a, "PUT /annual-reports/{id}", writers, "补充本市场不掌握的数和文字", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int         `json:"version" required:"true"`
			Said    annual.Said `json:"said"`
		}
	}) (annualEdition, error) {
		if err := o.Annuals.Save(ctx, who, in.ID, in.Body.Version, in.Body.Said); err != nil {
			return annualEdition{}, err
		}
		return o.annualEdition(ctx, who, in.ID)
	})
	api.Op(a, "POST /annual-reports/{id}/events", writers, "提交并锁定，或另起更正版", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Event   string `json:"event" required:"true" enum:"freeze,correct"`
			Version int    `json:"version" doc:"freeze：看到的版本"`
			Note    string `json:"note" doc:"correct：哪个数错了、怎样错的"`
		}
	}) (annualEdition, error) {
		id := in.ID
		var err error
		switch in.Body.Event {
		case "freeze":
			err = o.Annuals.Freeze(ctx, who, id, in.Body.Version)
		case "correct":
			id, err = o.Annuals.Correct(ctx, who, id, in.Body.Note)
		default:
			err = fault.New(fault.Invalid, "event", "请选择提交或更正")
		}
		if err != nil {
			return annualEdition{}, err
		}
		return o.annualEdition(ctx, who, id)
	})
}
