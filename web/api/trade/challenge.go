package trade

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/files"
	"techmarket/internal/trade/challenge"
	"techmarket/web"
	"techmarket/web/api"
)

// filedPaper is an application as a program hands it in.
type filedPaper struct {
	challenge.Paper
	Attached []struct {
		Name string `json:"name" required:"true" maxLength:"200"`
		Body []byte `json:"body" required:"true" doc:"base64"`
	} `json:"attached" maxItems:"10"`
}

func (o *Operations) challengeOperations(a *api.API) {
	api.Op(a, "GET /challenges", web.Anyone(), "榜单，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		State  challenge.Stage `query:"state" maxLength:"20"`
		Kind   challenge.Kind  `query:"kind" enum:"tackle,transform"`
		Mode   challenge.Mode  `query:"mode" enum:"single,race"`
		Field  string          `query:"field" maxLength:"2" doc:"技术领域，两位"`
		League string          `query:"league" maxLength:"6" doc:"盟市代码"`
	}) (api.List[challenge.Challenge], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[challenge.Challenge]{}, err
		}
		found, err := o.Challenges.List(ctx, who, challenge.Filter{State: in.State, Kind: in.Kind, Mode: in.Mode, Field: in.Field,
			League: in.League, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[challenge.Challenge]{}, err
		}
		return api.Numbered(found, in.Limit, func(c challenge.Challenge) int64 { return c.ID }), nil
	})
	api.Op(a, "GET /challenges/{id}", web.Anyone(), "一个榜单，含问答、结果和本人现在能办的步骤",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (challenge.View, error) {
			return o.Challenges.Read(ctx, who, in.ID)
		})
	api.Op(a, "POST /challenges", web.Members(), "把本单位的需求转成榜单草稿", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Demand int64           `json:"demandId" required:"true" minimum:"1"`
			Entry  challenge.Entry `json:"entry" required:"true"`
		}
	}) (challenge.View, error) {
		id, err := o.Challenges.Create(ctx, who, in.Body.Demand, in.Body.Entry)
		if err != nil {
			return challenge.View{}, err
		}
		return o.Challenges.Read(ctx, who, id)
	}, api.Created)
	api.Op(a, "PUT /challenges/{id}", web.Members(), "保存榜单草稿", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int             `json:"version" required:"true" doc:"您看到的版本"`
			Entry   challenge.Entry `json:"entry" required:"true"`
		}
	}) (challenge.View, error) {
		if err := o.Challenges.Save(ctx, who, in.ID, in.Body.Version, in.Body.Entry); err != nil {
			return challenge.View{}, err
		}
		return o.Challenges.Read(ctx, who, in.ID)
	})
	api.Op(a, "POST /challenges/{id}/events", web.SaleKeepers(), "办理榜单的一步；take_key 的答复含开封码，只给一次",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body challenge.Command
		}) (challenge.Done, error) {
			in.Body.Challenge = in.ID
			return o.Challenges.Do(ctx, who, in.Body)
		}, api.Secret)
	api.Op(a, "POST /challenges/{id}/questions", web.SignedIn(), "公开提问", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Question string `json:"question" required:"true"`
		}
	}) (api.None, error) {
		return api.None{}, o.Challenges.Ask(ctx, who, in.ID, in.Body.Question)
	})
	o.applicationOperations(a)
}

func (o *Operations) applicationOperations(a *api.API) {
	api.Op(
		a,
		"POST /challenges/{id}/questions/{question}/reply",
		web.Members(),
		"答复提问",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Question int64 `path:"question" minimum:"1"`
			Body     struct {
				Reply string `json:"reply" required:"true"`
			}
		}) (api.None, error) {
			return api.None{}, o.Challenges.Answer(ctx, who, in.ID, in.Question, in.Body.Reply)
		},
	)
	api.Op(
		a,
		"POST /challenges/{id}/applications",
		web.Members(),
		"加密封存本单位的申请；再交一次即替换",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body filedPaper
		}) (challenge.Receipt, error) {
			p := in.Body.Paper
			p.Files = nil
			for _, f := range in.Body.Attached {
				p.Files = append(p.Files, challenge.PaperFile{Name: f.Name, Body: f.Body})
			}
			return o.Challenges.File(ctx, who, in.ID, p)
		},
		api.Created,
	)
	api.Op(a, "DELETE /challenges/{id}/own-application", web.Members(), "撤回本单位封存的申请",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.None, error) {
			return api.None{}, o.Challenges.TakeBack(ctx, who, in.ID)
		})
	api.Op(a, "GET /challenges/{id}/applications/{application}", web.SignedIn(), "一份已开封的申请；开封之前一律 403",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Application int64 `path:"application" minimum:"1"`
		}) (challenge.Application, error) {
			return o.Challenges.Paper(ctx, who, in.ID, in.Application)
		})
	api.Op(a, "POST /challenges/{id}/sheets", web.SignedIn(), "评审专家保存或锁定一份评分表", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body challenge.ScoreSheet
	}) (api.None, error) {
		return api.None{}, o.Challenges.Score(ctx, who, in.ID, in.Body)
	})
	api.File(a, "GET /challenges/{id}/files/{file}", web.SignedIn(), "下载已开封申请的附件",
		func(ctx context.Context, who actor.Actor, in *api.FileOf) (api.Download, error) {
			return api.Read(ctx, o.Files, who, files.Object{Kind: "challenge", ID: in.ID}, in.File)
		}, "*/*")
}
