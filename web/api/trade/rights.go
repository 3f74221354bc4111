package trade

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/trade/rights"
	"techmarket/web"
	"techmarket/web/api"
)

func (o *Operations) rightsOperations(a *api.API) {
	//nolint:dupl // lists of two rooms have one shape
	api.Op(a, "GET /distributions", web.SignedIn(), "本单位的收益分配方案和有本人份额的方案，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Contract    int64 `query:"contractId" minimum:"1" doc:"只看这份合同的"`
		Achievement int64 `query:"achievementId" minimum:"1" doc:"只看这项成果的"`
	}) (api.List[rights.Row], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[rights.Row]{}, err
		}
		found, err := o.Rights.List(ctx, who, rights.Filter{Contract: in.Contract, Listing: in.Achievement, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[rights.Row]{}, err
		}
		return api.Numbered(found, in.Limit, func(r rights.Row) int64 { return r.ID }), nil
	})
	api.Op(a, "GET /distributions/{id}", web.SignedIn(), "一个收益分配方案：各人份额、逐笔计算、收支、发放；完成人只看到本人的份额",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (rights.View, error) {
			return o.Rights.Read(ctx, who, in.ID)
		})
	api.Op(a, "POST /distributions", web.Members(), "为一份已报送的合同建收益分配方案草稿", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Contract int64       `json:"contractId" required:"true" minimum:"1"`
			Draw     rights.Draw `json:"draw" required:"true"`
		}
	}) (rights.View, error) {
		id, err := o.Rights.Create(ctx, who, in.Body.Contract, in.Body.Draw)
		if err != nil {
			return rights.View{}, err
		}
		return o.Rights.Read(ctx, who, id)
	}, api.Created)
	api.Op(a, "PUT /distributions/{id}", web.Members(), "保存收益分配方案草稿", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int         `json:"version" required:"true" doc:"您看到的版本"`
			Draw    rights.Draw `json:"draw" required:"true"`
		}
	}) (rights.View, error) {
		if err := o.Rights.Save(ctx, who, in.ID, in.Body.Version, in.Body.Draw); err != nil {
			return rights.View{}, err
		}
		return o.Rights.Read(ctx, who, in.ID)
	})
	api.Op(a, "POST /distributions/{id}/events", web.Members(), "办理收益分配的一步：提交公示、登记收支、更正、发放、退回、结束、撤回",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body rights.Command
		}) (rights.View, error) {
			in.Body.Plan = in.ID
			if _, err := o.Rights.Do(ctx, who, in.Body); err != nil {
				return rights.View{}, err
			}
			return o.Rights.Read(ctx, who, in.ID)
		})
	api.Op(a, "GET /distributions/{id}/file", web.Members(), "勤勉尽责材料：本市场记录的决策、发布、定价、公示、合同、收支和变更",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (rights.Diligence, error) {
			return o.Rights.File(ctx, who, in.ID)
		})
	o.grantOperations(a)
}

func (o *Operations) grantOperations(a *api.API) {
	api.Op(a, "GET /grants", web.SignedIn(), "本单位的权属登记和赋权，和有本人或本单位份额的，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Achievement int64 `query:"achievementId" minimum:"1" doc:"只看这项成果的"`
	}) (api.List[rights.Grant], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[rights.Grant]{}, err
		}
		found, err := o.Rights.Grants(ctx, who, rights.GrantFilter{Listing: in.Achievement, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[rights.Grant]{}, err
		}
		return api.Numbered(found, in.Limit, func(g rights.Grant) int64 { return g.ID }), nil
	})
	api.Op(
		a,
		"GET /grants/{id}",
		web.SignedIn(),
		"一件权属登记或赋权",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (rights.GrantView, error) {
			return o.Rights.ReadGrant(ctx, who, in.ID)
		},
	)
	api.Op(a, "POST /grants", web.Members(), "为本单位的成果建权属登记或赋权草稿", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Achievement int64            `json:"achievementId" required:"true" minimum:"1"`
			Draw        rights.GrantDraw `json:"draw" required:"true"`
		}
	}) (rights.GrantView, error) {
		id, err := o.Rights.CreateGrant(ctx, who, in.Body.Achievement, in.Body.Draw)
		if err != nil {
			return rights.GrantView{}, err
		}
		return o.Rights.ReadGrant(ctx, who, id)
	}, api.Created)
	api.Op(a, "PUT /grants/{id}", web.Members(), "保存权属登记或赋权草稿", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int              `json:"version" required:"true" doc:"您看到的版本"`
			Draw    rights.GrantDraw `json:"draw" required:"true"`
		}
	}) (rights.GrantView, error) {
		if err := o.Rights.SaveGrant(ctx, who, in.ID, in.Body.Version, in.Body.Draw); err != nil {
			return rights.GrantView{}, err
		}
		return o.Rights.ReadGrant(ctx, who, in.ID)
	})
	api.Op(a, "POST /grants/{id}/events", web.SignedIn(), "办理权属登记或赋权的一步；consent 和 refuse 由权利人办理",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body rights.GrantCommand
		}) (rights.GrantView, error) {
			in.Body.Grant = in.ID
			if _, err := o.Rights.DoGrant(ctx, who, in.Body); err != nil {
				return rights.GrantView{}, err
			}
			return o.Rights.ReadGrant(ctx, who, in.ID)
		})
}
