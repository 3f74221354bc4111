package services

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/services/finance"
	"techmarket/web"
	"techmarket/web/api"
)

//nolint:dupl // two rooms with a list, one, a start and its steps
func (o *Operations) financeOperations(a *api.API) {
	api.Op(a, "GET /finance-requests", web.Members(), "本单位的融资申请，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		State finance.Stage `query:"state" maxLength:"20"`
	}) (api.List[finance.Item], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[finance.Item]{}, err
		}
		found, err := o.Finance.List(ctx, who, finance.Filter{State: in.State, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[finance.Item]{}, err
		}
		return api.Numbered(found, in.Limit, func(i finance.Item) int64 { return i.ID }), nil
	})
	api.Op(a, "GET /finance-requests/{id}", web.Members(), "一件融资申请：答复、授权和本人现在能办的步骤",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (finance.View, error) {
			return o.Finance.Read(ctx, who, in.ID)
		})
	api.Op(a, "POST /finance-requests", web.Members(), "企业申请一个金融产品，可以同时授权查看登记合同", func(ctx context.Context, who actor.Actor, in *struct {
		Body finance.Asking
	}) (finance.View, error) {
		id, err := o.Finance.Ask(ctx, who, in.Body)
		if err != nil {
			return finance.View{}, err
		}
		return o.Finance.Read(ctx, who, id)
	}, api.Created)
	api.Op(a, "POST /finance-requests/{id}/events", web.Members(), "办理融资申请的一步：答复、发放、授权、撤回授权……",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body finance.Command
		}) (finance.View, error) {
			in.Body.Request = in.ID
			if _, err := o.Finance.Do(ctx, who, in.Body); err != nil {
				return finance.View{}, err
			}
			return o.Finance.Read(ctx, who, in.ID)
		})
	api.Op(a, "GET /finance-requests/{id}/records/{number}", web.Members(), "授权查看的一份登记合同；每次查看都有记录",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Number string `path:"number" maxLength:"16"`
		}) (finance.Record, error) {
			return o.Finance.Look(ctx, who, in.ID, in.Number)
		})
}
