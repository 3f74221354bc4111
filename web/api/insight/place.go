package insight

import (
	"bytes"
	"context"
	"io"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/place"
	"techmarket/web"
	"techmarket/web/api"
)

// placeFacts is a place as programs read it.
type placeFacts struct {
	Division region.Division `json:"division"`
	League   region.Division `json:"league"`
	Zone     bool            `json:"zone" doc:"开发区：统计上另列，不与旗县相加"`
	Point    *point.Point    `json:"point" doc:"本地单位到这里登记技术合同；空：还没有"`
	Here     bool            `json:"here" doc:"是本地自己的登记点"`
	Listed   []placeCount    `json:"listed"`
	Helpers  []placeCount    `json:"helpers"`
	Figures  place.Figures   `json:"figures"`
}

// placeCount is how many there are of a kind, and the newest of them.
type placeCount struct {
	Kind  string      `json:"kind"`
	Label string      `json:"label"`
	Total int         `json:"total"`
	Items []placeItem `json:"items"`
}

type placeItem struct {
	ID     int64  `json:"id"`
	Title  string `json:"title"`
	Path   string `json:"path"`
	Sample bool   `json:"sample"`
}

func factsOf(p place.Place) placeFacts {
	out := placeFacts{Division: p.Division, League: p.League, Zone: p.Zone(), Point: p.Point, Here: p.Here, Figures: p.Figures,
		Listed: []placeCount{}, Helpers: []placeCount{}}
	for _, l := range p.Listed {
		n := placeCount{Kind: string(l.Kind.Kind), Label: l.Kind.Label, Total: l.Total, Items: []placeItem{}}
		for _, h := range l.Items {
			n.Items = append(n.Items, placeItem{h.ID, h.Title, l.Kind.PagePath(h.ID), h.Sample})
		}
		out.Listed = append(out.Listed, n)
	}
	for _, h := range p.Helpers {
		n := placeCount{Kind: string(h.Kind.Kind), Label: h.Kind.Label, Total: h.Total, Items: []placeItem{}}
		for _, i := range h.Items {
			n.Items = append(n.Items, placeItem{i.ID, i.Name, h.Kind.PagePath(i.ID), i.Sample})
		}
		out.Helpers = append(out.Helpers, n)
	}
	return out
}

func (o *Operations) placeOperations(a *api.API) {
	api.Op(a, "GET /places", web.Anyone(), "旗县和开发区", func(context.Context, actor.Actor, *struct{}) (api.List[region.Division], error) {
		var all []region.Division
		for _, l := range region.Leagues() {
			all = append(all, region.Children(l.Code)...)
		}
		return api.All(all), nil
	})
	api.Op(a, "GET /places/{code}", web.Anyone(), "一个旗县：登记点、需求、成果、服务和数字",
		func(ctx context.Context, who actor.Actor, in *struct {
			Code   string `path:"code" maxLength:"6" doc:"旗县或开发区代码"`
			Sample bool   `query:"sample" doc:"也计入样例数据"`
		}) (placeFacts, error) {
			p, err := o.Places.Read(ctx, who, in.Code, in.Sample)
			if err != nil {
				return placeFacts{}, err
			}
			return factsOf(p), nil
		})
	api.File(a, "GET /places/{code}/{paper}", web.Anyone(), "旗县的一页纸或海报", func(ctx context.Context, who actor.Actor, in *struct {
		Code   string `path:"code" maxLength:"6" doc:"旗县或开发区代码"`
		Paper  string `path:"paper" enum:"sheet,poster"`
		Sample bool   `query:"sample" doc:"也计入样例数据"`
	}) (api.Download, error) {
		name, pdf, err := o.Places.Print(ctx, who, in.Code, in.Paper, in.Sample)
		return api.Download{Name: name, MIME: "application/pdf", Body: io.NopCloser(bytes.NewReader(pdf))}, err
	}, "application/pdf")
}
