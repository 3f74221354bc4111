package insight

import (
	"bytes"
	"context"
	"io"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/insight/monitor"
	"techmarket/web"
	"techmarket/web/api"
)

func (o *Operations) monitorOperations(a *api.API) {
	type asked struct {
		Area   string `query:"area" maxLength:"6" doc:"盟市；空为全区。盟市的明细只给它的主管部门"`
		Year   int    `query:"year" minimum:"2000" maximum:"2200" doc:"空为今年"`
		Sample bool   `query:"sample" doc:"也计入样例数据"`
		Public bool   `query:"public" doc:"主管部门看公开视图"`
	}
	ask := func(in asked) monitor.Ask {
		return monitor.Ask{Area: in.Area, Year: in.Year, Sample: in.Sample, Public: in.Public}
	}
	api.Op(a, "GET /monitor", web.Anyone(), "监测指标 M01–M34、各盟市和流向；公众看到的隐去能推出单个单位的数",
		func(ctx context.Context, who actor.Actor, in *asked) (monitor.Reading, error) {
			return o.Monitor.Read(ctx, who, ask(*in))
		})
	api.File(a, "GET /monitor/export/{format}", web.Anyone(), "监测指标下载", func(ctx context.Context, who actor.Actor, in *struct {
		Format string `path:"format" enum:"csv,xlsx"`
		asked
	}) (api.Download, error) {
		r, err := o.Monitor.Read(ctx, who, ask(in.asked))
		if err != nil {
			return api.Download{}, err
		}
		var b bytes.Buffer
		err = r.Export(&b, in.Format, func(v monitor.Value) string { return v.Key })
		kind := "text/csv; charset=utf-8"
		if in.Format == "xlsx" {
			kind = web.ExcelMIME
		}
		return api.Download{Name: "技术市场监测." + in.Format, MIME: kind, Body: io.NopCloser(&b)}, err
	}, "text/csv", web.ExcelMIME)
}
