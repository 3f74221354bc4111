package trade

import (
	"context"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/trade/sale"
	"techmarket/web"
	"techmarket/web/api"
)

// bidAnswer is how an attempt was judged.
type bidAnswer struct {
	Accepted bool      `json:"accepted"`
	Refusal  string    `json:"refusal" doc:"出价没有成立的原因代码，与 techmarket replay auction 相同；成立的为空"`
	Repeat   bool      `json:"repeat" doc:"同一个 key 以前已经出过价，这是当时的答复"`
	Seq      int       `json:"seq" doc:"第几次有效出价；没有成立的为 0"`
	EndsAt   time.Time `json:"endsAt"`
	NextMin  money.Fen `json:"nextMinFen" doc:"下一次出价的最低金额，分"`
}

func (o *Operations) saleOperations(a *api.API) {
	api.Op(a, "GET /sales", web.Anyone(), "挂牌竞价，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
	}) (api.List[sale.Sale], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[sale.Sale]{}, err
		}
		found, err := o.Sales.List(ctx, who, sale.Filter{After: after, Limit: in.Limit})
		if err != nil {
			return api.List[sale.Sale]{}, err
		}
		return api.Numbered(found, in.Limit, func(s sale.Sale) int64 { return s.ID }), nil
	})
	api.Op(a, "GET /sales/{id}", web.Anyone(), "一项挂牌：竞价进行到哪里、出价记录（只有竞买代码）、本单位的意向和现在能办的步骤",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (sale.View, error) {
			return o.Sales.Read(ctx, who, in.ID)
		})
	api.Op(a, "POST /sales", web.Members(), "存挂牌草稿", func(ctx context.Context, who actor.Actor, in *struct {
		Body sale.Offer
	}) (sale.View, error) {
		id, err := o.Sales.Create(ctx, who, in.Body)
		if err != nil {
			return sale.View{}, err
		}
		return o.Sales.Read(ctx, who, id)
	}, api.Created)
	api.Op(a, "POST /sales/{id}/events", web.SaleKeepers(), "办理挂牌的一步", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body sale.Command
	}) (sale.View, error) {
		in.Body.Sale = in.ID
		if _, err := o.Sales.Do(ctx, who, in.Body); err != nil {
			return sale.View{}, err
		}
		return o.Sales.Read(ctx, who, in.ID)
	})
	o.bidOperations(a)
}

func (o *Operations) bidOperations(a *api.API) {
	api.Op(a, "POST /sales/{id}/intents", web.Members(), "提交受让意向，得到竞买代码", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Related bool `json:"related" required:"true" doc:"是转让方的母公司、子公司或受其委托（不得参加竞价）"`
		}
	}) (sale.View, error) {
		if _, err := o.Sales.FileIntent(ctx, who, in.ID, in.Body.Related); err != nil {
			return sale.View{}, err
		}
		return o.Sales.Read(ctx, who, in.ID)
	}, api.Created)
	api.Op(a, "POST /sales/{id}/decisions", web.Officers(), "审核一个受让意向的资格、保证金和优先顺位",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body sale.Decision
		}) (sale.View, error) {
			in.Body.Sale = in.ID
			if err := o.Sales.Decide(ctx, who, in.Body); err != nil {
				return sale.View{}, err
			}
			return o.Sales.Read(ctx, who, in.ID)
		})
	api.Op(a, "POST /sales/{id}/bids", web.Members(), "出价一次；没有成立的也答 200，写明原因；同一个 key 再发得到原来的答复",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body struct {
				Key    string    `json:"key" required:"true" maxLength:"100" doc:"您为这一次出价取的标识"`
				Amount money.Fen `json:"amountFen" required:"true" doc:"分"`
			}
		}) (bidAnswer, error) {
			answer, err := o.Sales.Bid(ctx, who, in.ID, in.Body.Key, in.Body.Amount)
			if err != nil {
				return bidAnswer{}, err
			}
			out := bidAnswer{Accepted: answer.Accepted, Repeat: answer.Repeat, EndsAt: answer.EndsAt, NextMin: answer.NextMin}
			if answer.Refusal != nil {
				out.Refusal = string(*answer.Refusal)
			}
			if answer.Seq != nil {
				out.Seq = *answer.Seq
			}
			return out, nil
		})
}
