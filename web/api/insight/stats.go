package insight

import (
	"bytes"
	"context"
	"io"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/insight/price"
	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/document"
	"techmarket/web"
	"techmarket/web/api"
	"techmarket/web/ui/words"
)

// StatsInput is the question of a table.
type StatsInput struct {
	From      string          `query:"from" format:"date" doc:"起，含；空为今年"`
	To        string          `query:"to" format:"date" doc:"止，含"`
	Period    stats.Period    `query:"period" enum:"month,quarter,half,year"`
	Rows      stats.Dimension `query:"rows" enum:"area,class,subclass,field,seller_kind,plan_source,ip_kind,social_goal,other_side"`
	Direction stats.Direction `query:"direction" enum:"filed,output,absorption" doc:"登记、输出、吸纳"`
	Area      string          `query:"area" maxLength:"6" doc:"盟市或旗县；空为全区"`
	Class     string          `query:"class" maxLength:"4"`
	Field     string          `query:"field" maxLength:"2"`
	Sample    bool            `query:"sample" doc:"也计入样例数据"`
}

func (in StatsInput) query(s *stats.Service) stats.Query {
	q := s.Default()
	if in.From != "" {
		q.From = in.From
	}
	if in.To != "" {
		q.To = in.To
	}
	if in.Rows != "" {
		q.Rows = in.Rows
	}
	if in.Direction != "" {
		q.Direction = in.Direction
	}
	if in.Area != "" {
		q.Area = in.Area
	}
	q.Period, q.Class, q.Field, q.Sample = in.Period, in.Class, in.Field, in.Sample
	return q
}

func (o *Operations) statsOperations(a *api.API) {
	api.Op(a, "GET /prices", web.SignedIn(), "价格参考：同类登记合同的成交额区间，不足以保护单份合同的自动放宽或不显示",
		func(ctx context.Context, who actor.Actor, in *struct {
			Way    string `query:"way" required:"true" maxLength:"2" doc:"合同类别，01 到 05"`
			Field  string `query:"field" maxLength:"2"`
			Region string `query:"region" maxLength:"6" doc:"卖方所在盟市"`
		}) (price.Answer, error) {
			return o.Prices.Evidence(ctx, who, price.Ask{Way: in.Way, Field: in.Field, Region: in.Region})
		})
	api.Op(a, "GET /stats", web.Anyone(), "合同统计表：项数、成交额、技术交易额", func(ctx context.Context, _ actor.Actor, in *StatsInput) (stats.Table, error) {
		return o.Stats.Table(ctx, in.query(o.Stats))
	})
	api.File(a, "GET /stats/export/{format}", web.Anyone(), "统计表下载", func(ctx context.Context, _ actor.Actor, in *struct {
		Format string `path:"format" enum:"csv,xlsx"`
		Part   string `query:"part" enum:"table,needs,reasons" default:"table" doc:"csv 下载哪一张：统计表、需求的去向、判断和未成的原因；xlsx 三张都有"`
		StatsInput
	}) (api.Download, error) {
		t, err := o.Stats.Table(ctx, in.query(o.Stats))
		if err != nil {
			return api.Download{}, err
		}
		q := in.query(o.Stats)
		paths, err := o.Stats.Needs(ctx, q.From, q.To, q.Sample)
		if err != nil {
			return api.Download{}, err
		}
		all, err := o.Stats.Reasons(ctx, q.From, q.To, q.Sample)
		if err != nil {
			return api.Download{}, err
		}
		needs, reasons := words.NeedSheet(q, paths), words.ReasonSheet(q, all)
		var b bytes.Buffer
		switch {
		case in.Format == "csv" && in.Part == "needs":
			err = document.WriteCSV(&b, needs)
		case in.Format == "csv" && in.Part == "reasons":
			err = document.WriteCSV(&b, reasons)
		default:
			err = t.Export(&b, in.Format, needs, reasons)
		}
		kind := "text/csv; charset=utf-8"
		if in.Format == "xlsx" {
			kind = web.ExcelMIME
		}
		return api.Download{Name: "统计表." + in.Format, MIME: kind, Body: io.NopCloser(&b)}, err
	}, "text/csv", web.ExcelMIME)
	api.Op(a, "GET /stats/entries", web.Anyone(), "统计表一格背后的明细", func(ctx context.Context, who actor.Actor, in *struct {
		StatsInput
		Row    string `query:"row" maxLength:"40" doc:"行的代码；空为合计"`
		Column string `query:"column" maxLength:"40" doc:"列的代码；空为合计"`
		Cursor string `query:"cursor" maxLength:"20"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
	}) (api.List[stats.Entry], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[stats.Entry]{}, err
		}
		found, err := o.Stats.Entries(ctx, who, in.query(o.Stats), in.Row, in.Column, after, in.Limit)
		if err != nil {
			return api.List[stats.Entry]{}, err
		}
		return api.Numbered(found, in.Limit, func(e stats.Entry) int64 { return e.ID }), nil
	})
	api.Op(
		a,
		"GET /stats/map",
		web.Anyone(),
		"各旗县的合同额",
		func(ctx context.Context, _ actor.Actor, in *StatsInput) (api.List[stats.AreaFigure], error) {
			q := in.query(o.Stats)
			found, err := o.Stats.Map(ctx, q.Direction, q.From, q.To, q.Sample)
			return api.All(found), err
		},
	)
	api.Op(
		a,
		"GET /stats/funnel",
		web.Anyone(),
		"从发布到登记各步的数量",
		func(ctx context.Context, _ actor.Actor, in *StatsInput) (api.List[stats.Step], error) {
			q := in.query(o.Stats)
			found, err := o.Stats.Funnel(ctx, q.From, q.To, q.Sample)
			return api.All(found), err
		},
	)
	api.Op(a, "GET /stats/needs", web.Anyone(), "需求的去向：诊断、发布、达成一致", func(ctx context.Context, _ actor.Actor, in *StatsInput) (
		api.List[stats.NeedPath], error,
	) {
		q := in.query(o.Stats)
		found, err := o.Stats.Needs(ctx, q.From, q.To, q.Sample)
		return api.All(found), err
	})
	api.Op(a, "GET /stats/reasons", web.Anyone(), "需求判断和未成的原因", func(ctx context.Context, _ actor.Actor, in *StatsInput) (
		api.List[stats.Reason], error,
	) {
		q := in.query(o.Stats)
		found, err := o.Stats.Reasons(ctx, q.From, q.To, q.Sample)
		return api.All(found), err
	})
	api.Op(a, "GET /stats/listings", web.Anyone(), "公开的成果和需求数量：本地与导入、活跃与休眠分开", func(ctx context.Context, _ actor.Actor, in *struct {
		Sample bool `query:"sample"`
	}) (api.List[stats.Listings], error) {
		found, err := o.Stats.Listings(ctx, in.Sample)
		return api.All(found), err
	})
	api.Op(a, "GET /stats/targets", web.Anyone(), "规划目标与本平台数", func(ctx context.Context, _ actor.Actor, in *struct {
		Sample bool `query:"sample"`
	}) (api.List[stats.Target], error) {
		found, err := o.Stats.Targets(ctx, in.Sample)
		return api.All(found), err
	})
	api.Op(
		a,
		"GET /stats/published",
		web.Anyone(),
		"公开数据：他处公布的数字及来源",
		func(ctx context.Context, _ actor.Actor, _ *struct{}) (api.List[stats.Published], error) {
			found, err := o.Stats.Published(ctx)
			return api.All(found), err
		},
	)
	api.Op(
		a,
		"GET /stats/definitions",
		web.Anyone(),
		"口径",
		func(ctx context.Context, _ actor.Actor, _ *struct{}) (api.List[stats.Definition], error) {
			found, err := o.Stats.Definitions(ctx, a.Now())
			return api.All(found), err
		},
	)
}
