package trade

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/trade/trial"
	"techmarket/web"
	"techmarket/web/api"
)

func (o *Operations) trialOperations(a *api.API) {
	api.Op(a, "GET /trials", web.Members(), "本单位的先用后转，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		State   trial.Stage `query:"state" maxLength:"20"`
		Listing int64       `query:"achievementId" minimum:"1"`
	}) (api.List[trial.Trial], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[trial.Trial]{}, err
		}
		found, err := o.Trials.List(ctx, who, trial.Filter{State: in.State, Listing: in.Listing, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[trial.Trial]{}, err
		}
		return api.Numbered(found, in.Limit, func(t trial.Trial) int64 { return t.ID }), nil
	})
	api.Op(a, "GET /trials/{id}", web.Members(), "一件先用后转：条款、报告、付款和本人现在能办的步骤",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (trial.View, error) {
			return o.Trials.Read(ctx, who, in.ID)
		})
	api.Op(a, "POST /trials", web.Members(), "企业申请试用一项成果；成果单位用自己的成果应答一项需求时写 demandId", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Achievement int64       `json:"achievementId" required:"true" minimum:"1"`
			Need        int64       `json:"demandId"`
			Terms       trial.Terms `json:"terms" required:"true"`
		}
	}) (trial.View, error) {
		id, err := o.Trials.Create(ctx, who, in.Body.Achievement, in.Body.Need, in.Body.Terms)
		if err != nil {
			return trial.View{}, err
		}
		return o.Trials.Read(ctx, who, id)
	}, api.Created)
	api.Op(a, "POST /trials/{id}/events", web.Members(), "办理先用后转的一步", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body trial.Command
	}) (trial.View, error) {
		in.Body.Trial = in.ID
		if _, err := o.Trials.Do(ctx, who, in.Body); err != nil {
			return trial.View{}, err
		}
		return o.Trials.Read(ctx, who, in.ID)
	})
}
