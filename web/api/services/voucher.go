package services

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
	"techmarket/internal/services/voucher"
	"techmarket/web"
	"techmarket/web/api"
)

func (o *Operations) schemeOperations(a *api.API) {
	api.Op(a, "GET /voucher-schemes", web.Anyone(), "科技创新券办法，新的在前", func(ctx context.Context, _ actor.Actor, in *struct {
		api.Paging
		All bool `query:"all" doc:"包括已结束的"`
	}) (api.List[voucher.Shown], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[voucher.Shown]{}, err
		}
		found, err := o.Vouchers.Schemes(ctx, 0, in.All, after, in.Limit)
		if err != nil {
			return api.List[voucher.Shown]{}, err
		}
		return api.Numbered(found, in.Limit, func(x voucher.Shown) int64 { return x.ID }), nil
	})
	api.Op(a, "GET /voucher-schemes/{id}", web.Anyone(), "一个创新券办法，含经费余额",
		func(ctx context.Context, _ actor.Actor, in *api.ByID) (voucher.Shown, error) {
			return o.Vouchers.ReadScheme(ctx, in.ID)
		})
	api.Op(a, "POST /voucher-schemes", web.Officers(), "录入本单位的创新券办法", func(ctx context.Context, who actor.Actor, in *struct {
		Body voucher.Draw
	}) (voucher.Shown, error) {
		id, err := o.Vouchers.CreateScheme(ctx, who, in.Body)
		if err != nil {
			return voucher.Shown{}, err
		}
		return o.Vouchers.ReadScheme(ctx, id)
	}, api.Created)
	api.Op(a, "POST /voucher-schemes/{id}/budget", web.Officers(), "追加经费", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int       `json:"version"`
			More    money.Fen `json:"moreFen"`
			Reason  string    `json:"reason"`
		}
	}) (voucher.Shown, error) {
		if err := o.Vouchers.AddBudget(ctx, who, in.ID, in.Body.Version, in.Body.More, in.Body.Reason); err != nil {
			return voucher.Shown{}, err
		}
		return o.Vouchers.ReadScheme(ctx, in.ID)
	})
}

func (o *Operations) voucherOperations(a *api.API) {
	api.Op(a, "GET /vouchers", web.SignedIn(), "本单位申请、服务、发放和管辖的创新券，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		State  voucher.Stage `query:"state" maxLength:"20"`
		Scheme int64         `query:"schemeId" minimum:"1"`
	}) (api.List[voucher.Item], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[voucher.Item]{}, err
		}
		found, err := o.Vouchers.List(ctx, who, voucher.Filter{State: in.State, Scheme: in.Scheme, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[voucher.Item]{}, err
		}
		return api.Numbered(found, in.Limit, func(i voucher.Item) int64 { return i.ID }), nil
	})
	api.Op(a, "GET /vouchers/{id}", web.SignedIn(), "一张创新券：材料、经过和本人现在能办的步骤",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (voucher.View, error) {
			return o.Vouchers.Read(ctx, who, in.ID)
		})
	api.Op(a, "POST /vouchers", web.Members(), "企业申请创新券", func(ctx context.Context, who actor.Actor, in *struct {
		Body voucher.Application
	}) (voucher.View, error) {
		id, err := o.Vouchers.Apply(ctx, who, in.Body)
		if err != nil {
			return voucher.View{}, err
		}
		return o.Vouchers.Read(ctx, who, id)
	}, api.Created)
	api.Op(a, "POST /vouchers/{id}/events", web.SignedIn(), "办理创新券的一步：发放、使用、申请兑付、拨付、作废……",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body voucher.Command
		}) (voucher.View, error) {
			in.Body.Voucher = in.ID
			if _, err := o.Vouchers.Do(ctx, who, in.Body); err != nil {
				return voucher.View{}, err
			}
			return o.Vouchers.Read(ctx, who, in.ID)
		})
	api.File(a, "GET /vouchers/{id}/files/{file}", web.SignedIn(), "下载创新券的合同、发票、回单",
		func(ctx context.Context, who actor.Actor, in *api.FileOf) (api.Download, error) {
			return api.Read(ctx, o.Files, who, files.Object{Kind: "voucher", ID: in.ID}, in.File)
		}, "*/*")
}
