package api

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/broker"
	"techmarket/internal/trade/deal"
	"techmarket/web"
)

// reasonBody is a coded reason with words.
type reasonBody struct {
	Code string `json:"code" required:"true"`
	Note string `json:"note" doc:"代码为 other 时必填"`
}

func (a *API) dealOperations() {
	trader := traderAccess()
	op(a, "GET /deals", trader, "本单位和本人撮合的对接与洽谈，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		Paging
		State   deal.State `query:"state" enum:"interested,talking,agreed,declined,withdrawn,ended"`
		Listing int64      `query:"listingId" minimum:"1" doc:"只看涉及这项成果或需求的"`
	}) (List[deal.Deal], error) {
		after, err := number(in.Cursor)
		if err != nil {
			return List[deal.Deal]{}, err
		}
		found, err := a.Deals.List(ctx, who, deal.Filter{State: in.State, Listing: in.Listing, After: after, Limit: in.Limit})
		if err != nil {
			return List[deal.Deal]{}, err
		}
		return numbered(found, in.Limit, func(d deal.Deal) int64 { return d.ID }), nil
	})
	op(a, "POST /deals", trader, "发出对接意向", func(ctx context.Context, who actor.Actor, in *struct{ Body deal.Approach }) (deal.Deal, error) {
		return a.Deals.Open(ctx, who, in.Body)
	}, created)
	op(a, "GET /deals/{id}", trader, "一项洽谈，含各版条款和经过", func(ctx context.Context, who actor.Actor, in *ByID) (deal.View, error) {
		return a.Deals.Read(ctx, who, in.ID)
	})
	op(a, "POST /deals/{id}/accept", trader, "接受对接，开始洽谈", func(ctx context.Context, who actor.Actor, in *ByID) (deal.Deal, error) {
		return a.Deals.Accept(ctx, who, in.ID)
	})
	op(a, "POST /deals/{id}/decline", trader, "婉拒对接", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Body reasonBody
	}) (deal.Deal, error) {
		return a.Deals.Decline(ctx, who, in.ID, in.Body.Code, in.Body.Note)
	})
	op(a, "POST /deals/{id}/withdraw", trader, "撤回未答复的意向", func(ctx context.Context, who actor.Actor, in *ByID) (deal.Deal, error) {
		return a.Deals.Withdraw(ctx, who, in.ID)
	})
	op(a, "POST /deals/{id}/end", trader, "终止洽谈", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Body reasonBody
	}) (deal.Deal, error) {
		return a.Deals.End(ctx, who, in.ID, in.Body.Code, in.Body.Note)
	})
	op(a, "GET /deals/{id}/messages", trader, "留言，早的在前", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Paging
	}) (List[deal.Message], error) {
		after, err := number(in.Cursor)
		if err != nil {
			return List[deal.Message]{}, err
		}
		found, err := a.Deals.Messages(ctx, who, in.ID, after, in.Limit)
		if err != nil {
			return List[deal.Message]{}, err
		}
		return numbered(found, in.Limit, func(m deal.Message) int64 { return m.ID }), nil
	})
	op(a, "POST /deals/{id}/messages", trader, "留言，可附文件", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Body struct {
			Body  string  `json:"body" required:"true"`
			Files []int64 `json:"files" doc:"先经 POST /files 上传" maxItems:"5"`
		}
	}) (deal.Message, error) {
		return a.Deals.Say(ctx, who, in.ID, in.Body.Body, in.Body.Files)
	}, created)
	op(a, "POST /deals/{id}/terms", trader, "提出新一版条款", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Body struct {
			After int        `json:"after" doc:"您看到的最新一版的序号，还没有时为 0"`
			Terms deal.Terms `json:"terms" required:"true"`
		}
	}) (deal.Proposal, error) {
		return a.Deals.Propose(ctx, who, in.ID, in.Body.After, in.Body.Terms)
	}, created)
	op(a, "POST /deals/{id}/terms/{number}/accept", trader, "接受这一版条款；双方都接受即达成", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Number int `path:"number" minimum:"1" maximum:"1000000"`
	}) (deal.Deal, error) {
		return a.Deals.AcceptTerms(ctx, who, in.ID, in.Number)
	})
	file(a, "GET /deals/{id}/files/{file}", trader, "下载留言的附件", func(ctx context.Context, who actor.Actor, in *fileOf) (download, error) {
		if err := a.Deals.MayReadFile(ctx, who, in.ID, in.File); err != nil {
			return download{}, err
		}
		return a.read(ctx, in.File)
	}, "application/octet-stream")
}

// fileOf names a file of a row.
type fileOf struct {
	ID   int64 `path:"id" minimum:"1"`
	File int64 `path:"file" minimum:"1"`
}

func (a *API) brokerOperations() {
	op(a, "GET /brokers", web.Anyone(), "技术经纪人名录", func(ctx context.Context, _ actor.Actor, in *struct {
		Paging
		Field  string `query:"field" maxLength:"2" doc:"技术领域，两位"`
		League string `query:"league" maxLength:"6" doc:"盟市代码"`
	}) (List[broker.Card], error) {
		after, err := number(in.Cursor)
		if err != nil {
			return List[broker.Card]{}, err
		}
		found, err := a.Brokers.Directory(ctx, broker.Filter{Field: in.Field, League: in.League, After: after, Limit: in.Limit})
		if err != nil {
			return List[broker.Card]{}, err
		}
		return numbered(found, in.Limit, func(c broker.Card) int64 { return c.AccountID }), nil
	})
	op(a, "GET /brokers/{id}", web.Anyone(), "一位技术经纪人；编号为账号编号", func(ctx context.Context, _ actor.Actor, in *ByID) (broker.Card, error) {
		return a.Brokers.Get(ctx, in.ID)
	})
	op(a, "PUT /brokers/me", web.Roles("技术经纪人本人", actor.Broker), "保存本人的经纪人资料", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Version       int      `json:"version" doc:"您看到的版本，首次填写为 0"`
			Fields        []string `json:"fields" required:"true" doc:"技术领域，两位"`
			Divisions     []string `json:"divisions" required:"true" doc:"服务地区"`
			Introduction  string   `json:"introduction"`
			Level         string   `json:"level"`
			CertificateNo string   `json:"certificateNo"`
			Issuer        string   `json:"issuer"`
			ValidFrom     string   `json:"validFrom"`
			ValidTo       string   `json:"validTo"`
		}
	}) (broker.Profile, error) {
		b := in.Body
		return a.Brokers.Save(ctx, who, broker.Profile{Version: b.Version, Fields: b.Fields, Divisions: b.Divisions, Introduction: b.Introduction,
			Level: b.Level, CertificateNo: b.CertificateNo, Issuer: b.Issuer, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo})
	})
	for _, kind := range []string{"achievements", "demands"} {
		op(a, "GET /"+kind+"/{id}/brokers", web.Anyone(), "适合这一项的技术经纪人及理由", func(ctx context.Context, who actor.Actor, in *struct {
			ByID
			Limit int `query:"limit" minimum:"1" maximum:"20" default:"5"`
		}) (List[broker.Suggestion], error) {
			l, err := a.Listings.Find(ctx, who, in.ID)
			if err == nil && string(l.Kind)+"s" != kind {
				err = fault.New(fault.NotFound, "listing", "没有找到这条信息，可能已撤下或已到期")
			}
			if err != nil {
				return List[broker.Suggestion]{}, err
			}
			found, err := a.Brokers.Suggest(ctx, l.Field, l.Division, in.Limit)
			return all(found), err
		})
	}
}
