package trade

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/api"
)

func (o *Operations) dealOperations(a *api.API) {
	trader := web.Traders()
	api.Op(a, "GET /deals", trader, "本单位和本人撮合的对接与洽谈，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		State   deal.State `query:"state" enum:"interested,talking,agreed,declined,withdrawn,ended"`
		Listing int64      `query:"listingId" minimum:"1" doc:"只看涉及这项成果或需求的"`
	}) (api.List[deal.Deal], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[deal.Deal]{}, err
		}
		found, err := o.Deals.List(ctx, who, deal.Filter{State: in.State, Listing: in.Listing, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[deal.Deal]{}, err
		}
		return api.Numbered(found, in.Limit, func(d deal.Deal) int64 { return d.ID }), nil
	})
	api.Op(
		a,
		"POST /deals",
		trader,
		"发出对接意向",
		func(ctx context.Context, who actor.Actor, in *struct{ Body deal.Approach }) (deal.Deal, error) {
			return o.Deals.Open(ctx, who, in.Body)
		},
		api.Created,
	)
	api.Op(a, "GET /deals/{id}", trader, "一项洽谈，含各版条款和经过", func(ctx context.Context, who actor.Actor, in *api.ByID) (deal.View, error) {
		return o.Deals.Read(ctx, who, in.ID)
	})
	api.Op(a, "POST /deals/{id}/accept", trader, "接受对接，开始洽谈", func(ctx context.Context, who actor.Actor, in *api.ByID) (deal.Deal, error) {
		return o.Deals.Accept(ctx, who, in.ID)
	})
	api.Op(a, "POST /deals/{id}/decline", trader, "婉拒对接", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body api.ReasonBody
	}) (deal.Deal, error) {
		return o.Deals.Decline(ctx, who, in.ID, in.Body.Code, in.Body.Note)
	})
	api.Op(a, "POST /deals/{id}/withdraw", trader, "撤回未答复的意向", func(ctx context.Context, who actor.Actor, in *api.ByID) (deal.Deal, error) {
		return o.Deals.Withdraw(ctx, who, in.ID)
	})
	api.Op(a, "POST /deals/{id}/end", trader, "终止洽谈", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body api.ReasonBody
	}) (deal.Deal, error) {
		return o.Deals.End(ctx, who, in.ID, in.Body.Code, in.Body.Note)
	})
	api.Op(a, "GET /deals/{id}/messages", trader, "留言，早的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		api.Paging
	}) (api.List[deal.Message], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[deal.Message]{}, err
		}
		found, err := o.Deals.Messages(ctx, who, in.ID, after, in.Limit)
		if err != nil {
			return api.List[deal.Message]{}, err
		}
		return api.Numbered(found, in.Limit, func(m deal.Message) int64 { return m.ID }), nil
	})
	api.Op(a, "POST /deals/{id}/messages", trader, "留言，可附文件", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Body  string  `json:"body" required:"true"`
			Files []int64 `json:"files" doc:"先经 POST /files 上传" maxItems:"5"`
		}
	}) (deal.Message, error) {
		return o.Deals.Say(ctx, who, in.ID, in.Body.Body, in.Body.Files)
	}, api.Created)
	api.Op(a, "POST /deals/{id}/terms", trader, "提出新一版条款", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			After int        `json:"after" doc:"您看到的最新一版的序号，还没有时为 0"`
			Terms deal.Terms `json:"terms" required:"true"`
		}
	}) (deal.Proposal, error) {
		return o.Deals.Propose(ctx, who, in.ID, in.Body.After, in.Body.Terms)
	}, api.Created)
	api.Op(a, "POST /deals/{id}/terms/{number}/accept", trader, "接受这一版条款；双方都接受即达成", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Number int `path:"number" minimum:"1" maximum:"1000000"`
	}) (deal.Deal, error) {
		return o.Deals.AcceptTerms(ctx, who, in.ID, in.Number)
	})
	api.File(
		a,
		"GET /deals/{id}/files/{file}",
		trader,
		"下载留言的附件",
		func(ctx context.Context, who actor.Actor, in *api.FileOf) (api.Download, error) {
			return api.Read(ctx, o.Files, who, files.Object{Kind: "deal", ID: in.ID}, in.File)
		},
		"*/*",
	)
}

func (o *Operations) brokerOperations(a *api.API) {
	api.Op(a, "GET /brokers", web.Anyone(), "技术经纪人名录", func(ctx context.Context, _ actor.Actor, in *struct {
		api.Paging
		Field  string `query:"field" maxLength:"2" doc:"技术领域，两位"`
		League string `query:"league" maxLength:"6" doc:"盟市代码"`
	}) (api.List[broker.Card], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[broker.Card]{}, err
		}
		found, err := o.Brokers.Directory(ctx, broker.Filter{Field: in.Field, League: in.League, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[broker.Card]{}, err
		}
		return api.Numbered(found, in.Limit, func(c broker.Card) int64 { return c.AccountID }), nil
	})
	api.Op(
		a,
		"GET /brokers/{id}",
		web.Anyone(),
		"一位技术经纪人；编号为账号编号",
		func(ctx context.Context, _ actor.Actor, in *api.ByID) (broker.Card, error) {
			return o.Brokers.Get(ctx, in.ID)
		},
	)
	api.Op(
		a,
		"GET /brokers/me",
		web.Brokers(),
		"本人的经纪人资料",
		func(ctx context.Context, who actor.Actor, _ *struct{}) (broker.Card, error) {
			return o.Brokers.Get(ctx, who.AccountID)
		},
	)
	api.Op(a, "GET /brokers/me/board", web.Brokers(), "本人的引荐走到了哪一步，最近 100 项；核对日是双方另行登记合同的日子，只是一件要核对的事实",
		func(ctx context.Context, who actor.Actor, _ *struct{}) (api.List[broker.BoardCard], error) {
			found, err := o.Brokers.Board(ctx, who)
			return api.All(found), err
		})
	api.Op(a, "PUT /brokers/me", web.Brokers(), "保存本人的经纪人资料", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Version       int      `json:"version" doc:"您看到的版本，首次填写为 0"`
			Fields        []string `json:"fields" required:"true" doc:"技术领域，两位"`
			Divisions     []string `json:"divisions" required:"true" doc:"服务地区"`
			Introduction  string   `json:"introduction"`
			Level         string   `json:"level"`
			CertificateNo string   `json:"certificateNo"`
			Issuer        string   `json:"issuer"`
			ValidFrom     string   `json:"validFrom" format:"date"`
			ValidTo       string   `json:"validTo" format:"date"`
		}
	}) (broker.Profile, error) {
		b := in.Body
		return o.Brokers.Save(ctx, who, broker.Profile{Version: b.Version, Fields: b.Fields, Divisions: b.Divisions, Introduction: b.Introduction,
			Level: b.Level, CertificateNo: b.CertificateNo, Issuer: b.Issuer, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo})
	})
	for _, kind := range o.Listings.Kinds().All() {
		api.Op(a, "GET "+kind.ListPath()+"/{id}/brokers", web.Anyone(), "适合这一项的技术经纪人及理由", func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Limit int `query:"limit" minimum:"1" maximum:"20" default:"5"`
		}) (api.List[broker.Suggestion], error) {
			l, err := o.Listings.Find(ctx, who, in.ID)
			if err == nil && l.Kind != kind.Kind {
				err = fault.New(fault.NotFound, "listing", "没有找到这条信息，可能已撤下或已到期")
			}
			if err != nil {
				return api.List[broker.Suggestion]{}, err
			}
			found, err := o.Brokers.Suggest(ctx, l.Field, l.Division, in.Limit)
			return api.All(found), err
		})
	}
}
