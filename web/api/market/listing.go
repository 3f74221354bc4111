package market

import (
	"context"
	"strconv"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/internal/market/watch"
	"techmarket/web"
	"techmarket/web/api"
)

// Finder matches listings; matching.Finder fulfils it.
type Finder interface {
	Find(ctx context.Context, r matching.Request) (matching.Matches, error)
}

// item is one listing with its content of kind C, as the reader may see it.
type item[C any] struct {
	ID               int64           `json:"id"`
	Kind             listing.Kind    `json:"kind" doc:"类别代码，如 achievement、demand"`
	OrganisationID   int64           `json:"organisationId" doc:"-1：发布者不公开单位名称"`
	Organisation     string          `json:"organisation"`
	State            listing.State   `json:"state"`
	Version          int             `json:"version" doc:"保存和操作时原样带回"`
	PublishedVersion int             `json:"publishedVersion"`
	Division         string          `json:"division"`
	Origin           string          `json:"origin" enum:"local,import"`
	Sample           bool            `json:"sample"`
	Sleeping         bool            `json:"sleeping" doc:"久未确认仍然有效"`
	ReturnReason     string          `json:"returnReason,omitempty"`
	Triage           string          `json:"triage,omitempty"`
	ClosedReason     string          `json:"closedReason,omitempty"`
	CreatedAt        time.Time       `json:"createdAt"`
	UpdatedAt        time.Time       `json:"updatedAt"`
	PublishedAt      *time.Time      `json:"publishedAt,omitempty"`
	ConfirmedAt      *time.Time      `json:"confirmedAt,omitempty"`
	ExpiresAt        *time.Time      `json:"expiresAt,omitempty"`
	Content          C               `json:"content" doc:"本单位和审核人看到在编内容，其他人看到已发布内容"`
	Published        *C              `json:"published,omitempty" doc:"已发布内容与在编内容不同时，仅本单位和审核人可见"`
	Completeness     int             `json:"completeness" doc:"完整度，百分比"`
	Warnings         []fault.Field   `json:"warnings,omitempty"`
	Mine             bool            `json:"mine"`
	Actions          []listing.Event `json:"actions,omitempty" doc:"您现在可以做的操作"`
}

func itemOf[C listing.Content[C]](it listing.Item[C], organisation string) item[C] {
	out := item[C]{
		ID:               it.ID,
		Kind:             it.Kind,
		OrganisationID:   it.OrganisationID,
		Organisation:     organisation,
		State:            it.State,
		Version:          it.Version,
		PublishedVersion: it.PublishedVersion,
		Division:         it.Division,
		Origin:           it.Origin,
		Sample:           it.Sample,
		Sleeping:         it.Sleeping(),
		ReturnReason:     it.ReturnReason,
		Triage:           it.Triage,
		ClosedReason:     it.ClosedReason,
		CreatedAt:        it.CreatedAt,
		UpdatedAt:        it.UpdatedAt,
		PublishedAt:      it.PublishedAt,
		ConfirmedAt:      it.ConfirmedAt,
		ExpiresAt:        it.ExpiresAt,
		Content:          it.Content,
		Completeness:     it.Content.Completeness().Percent,
		Mine:             it.Mine,
		Actions:          it.Actions,
	}
	if it.Mine {
		out.Warnings = it.Content.Warnings()
	}
	if it.Mine || len(it.Actions) > 0 {
		out.Published = it.Published
	}
	return out
}

type found[C any] struct {
	api.List[item[C]]
	Total      int                       `json:"total"`
	Facets     map[string]map[string]int `json:"facets,omitempty" doc:"栏目 → 代码 → 条数"`
	Relaxed    bool                      `json:"relaxed" doc:"没有一项包含全部词语，这些包含其中一部分"`
	Suggestion string                    `json:"suggestion,omitempty"`
	Notice     string                    `json:"notice,omitempty"`
}

type searchInput struct {
	Cursor      string   `query:"cursor" maxLength:"12" pattern:"^[0-9]*$" doc:"上一页的 next"`
	Limit       int      `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Q           string   `query:"q" doc:"搜索词，前 200 字有效；一段技术难题按匹配度列出，前 20,000 字有效"`
	Field       []string `query:"field" doc:"技术领域代码，可多个，逗号分隔"`
	Topic       []string `query:"topic" doc:"规划方向"`
	League      []string `query:"league" doc:"盟市"`
	County      []string `query:"county" doc:"旗县"`
	Stage       []string `query:"stage" doc:"成熟度 1—9"`
	Cooperation []string `query:"cooperation" doc:"合作方式"`
	PriceBand   []string `query:"priceBand" doc:"价格或预算区间"`
	Industry    []string `query:"industry" doc:"行业门类"`
	Challenge   []string `query:"challenge" doc:"yes、no：揭榜挂帅"`
	Org         []string `query:"org" doc:"单位编号"`
	Sort        string   `query:"sort" enum:"relevance,new,price,maturity,deadline" default:"relevance"`
	Facets      bool     `query:"facets" doc:"给出各筛选值的条数"`
}

// ask is the question to the catalogue.
func (in searchInput) ask(kind listing.Kind) (catalogue.Ask, error) {
	offset, err := api.Number(in.Cursor)
	if err != nil || offset > 1_000_000 {
		return catalogue.Ask{}, api.CursorFault()
	}
	out := catalogue.Ask{
		Criteria: catalogue.Criteria{Kind: kind, Text: in.Q, Facets: map[string][]string{}},
		Order:    in.Sort,
		Counted:  in.Facets,
		Limit:    in.Limit,
		Offset:   int(offset),
	}
	for name, codes := range map[string][]string{facet.Field: in.Field, facet.Topic: in.Topic, facet.League: in.League,
		facet.County: in.County,
		facet.Stage:  in.Stage, facet.Cooperation: in.Cooperation, facet.PriceBand: in.PriceBand, facet.Industry: in.Industry,
		facet.Challenge: in.Challenge, facet.Org: in.Org} {
		if len(codes) > 0 {
			out.Facets[name] = codes
		}
	}
	return out, nil
}

type historyRow struct {
	At        time.Time     `json:"at"`
	Name      string        `json:"name"`
	Event     listing.Event `json:"event"`
	FromState listing.State `json:"fromState"`
	ToState   listing.State `json:"toState"`
	Reason    string        `json:"reason,omitempty"`
}

type version[C any] struct {
	Number      int       `json:"number"`
	Content     C         `json:"content"`
	PublishedAt time.Time `json:"publishedAt"`
}

type match struct {
	ID      int64    `json:"id"`
	Title   string   `json:"title"`
	Score   float64  `json:"score" doc:"0—1"`
	Band    string   `json:"band" doc:"高、中、低"`
	Reasons []string `json:"reasons" doc:"至多三条，最重要的在前"`
	Lack    string   `json:"lack" doc:"不足；没有时为空"`
	Words   []string `json:"words" doc:"相合的词"`
}

type matches struct {
	api.List[match]
	Filtered int    `json:"filtered" doc:"因硬性条件未列出的条数"`
	Under    int    `json:"under" doc:"有相同的词、匹配度在最低要求以下而没有列出的条数"`
	Notice   string `json:"notice,omitempty" doc:"有一部分没有参加匹配时的说明，如内置检索代替"`
	Weights  string `json:"weights" doc:"评分权重的版本"`
}

// events of an owner and of an editor; the service's table has the last word.
type listingEvent struct {
	Version int           `json:"version" required:"true" doc:"您看到的版本"`
	Event   listing.Event `json:"event" required:"true" enum:"submit,recall,revise,discard,confirm,renew,withdraw,close,archive,reopen"`
	Reason  string        `json:"reason" doc:"close 的原因代码：signed、solved、expired、withdrawn"`
}

type reviewEvent struct {
	Version int           `json:"version" required:"true" doc:"您看到的版本"`
	Event   listing.Event `json:"event" required:"true" enum:"publish,return,withdraw"`
	Reason  string        `json:"reason" doc:"退回、撤下必填"`
	Triage  string        `json:"triage" enum:"publish,diagnose,long_term," doc:"需求的研判"`
}

func (o *Operations) achievementOperations(a *api.API) {
	listingOperations(a, o, o.Listings.Kinds().Of(achievement.Kind), o.Achievements.Book)
}

func (o *Operations) demandOperations(a *api.API) {
	listingOperations(a, o, o.Listings.Kinds().Of(demand.Kind), o.Demands.Book)
}

func listingOperations[C listing.Content[C]](a *api.API, o *Operations, kind listing.Descriptor, book *listing.Book[C]) {
	at, what := kind.ListPath(), kind.Label
	one := func(ctx context.Context, it listing.Item[C], err error) (item[C], error) {
		if err != nil {
			return item[C]{}, err
		}
		items, err := named(ctx, o, []listing.Item[C]{it})
		if err != nil {
			return item[C]{}, err
		}
		return items[0], nil
	}
	api.Op(a, "GET "+at, web.Anyone(), "搜索和筛选已发布的"+what, func(ctx context.Context, who actor.Actor, in *searchInput) (found[C], error) {
		ask, err := in.ask(kind.Kind)
		if err != nil {
			return found[C]{}, err
		}
		result, err := o.listed(ctx, kind, ask)
		if err != nil {
			return found[C]{}, err
		}
		// Read again: what was withdrawn a moment ago is not shown.
		rows, err := book.Many(ctx, who, catalogue.IDs(result.Hits))
		if err != nil {
			return found[C]{}, err
		}
		items, err := named(ctx, o, rows)
		if err != nil {
			return found[C]{}, err
		}
		out := found[C]{
			List:       api.All(items),
			Total:      result.Total,
			Facets:     result.Facets,
			Relaxed:    result.Relaxed,
			Suggestion: result.Suggestion,
			Notice:     result.Notice,
		}
		if end := ask.Offset + len(result.Hits); len(result.Hits) > 0 && end < result.Total {
			out.Next = strconv.Itoa(end)
		}
		return out, nil
	})
	api.Op(a, "GET /own"+at, web.Members(), "本单位的"+what+"，含草稿", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		State []listing.State `query:"state" doc:"状态，可多个"`
		Q     string          `query:"q" maxLength:"100" doc:"标题的一部分"`
	}) (api.List[item[C]], error) {
		page, err := book.Mine(ctx, who, listing.Filter{States: in.State, Text: in.Q, After: in.Cursor, Limit: in.Limit})
		if err != nil {
			return api.List[item[C]]{}, err
		}
		items, err := named(ctx, o, page.Items)
		return api.List[item[C]]{Items: items, Next: page.Next}, err
	})
	api.Op(a, "POST "+at, web.Members(), "新建"+what+"草稿", func(ctx context.Context, who actor.Actor, in *struct{ Body C }) (item[C], error) {
		it, err := book.Create(ctx, who, in.Body)
		return one(ctx, it, err)
	}, api.Created)
	api.Op(a, "GET "+at+"/{id}", web.Anyone(), "一项"+what, func(ctx context.Context, who actor.Actor, in *api.ByID) (item[C], error) {
		it, err := book.Get(ctx, who, in.ID)
		return one(ctx, it, err)
	})
	api.Op(a, "PUT "+at+"/{id}", web.Members(), "保存"+what+"的在编内容", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int `json:"version" required:"true" doc:"您看到的版本"`
			Content C   `json:"content" required:"true"`
		}
	}) (item[C], error) {
		it, err := book.Save(ctx, who, in.ID, in.Body.Version, in.Body.Content)
		return one(ctx, it, err)
	})
	contactOperations(a, o, at, book)
	do := func(ctx context.Context, who actor.Actor, c listing.Command) (item[C], error) {
		// The address names the kind; the event is refused for a listing of the other.
		if _, err := book.Get(ctx, who, c.ID); err != nil {
			return item[C]{}, err
		}
		if _, err := o.Listings.Do(ctx, who, c); err != nil {
			return item[C]{}, err
		}
		it, err := book.Get(ctx, who, c.ID)
		return one(ctx, it, err)
	}
	api.Op(a, "POST "+at+"/{id}/events", web.Members(), "提交、撤回、修订、确认、续期、撤下、关闭、归档、重新编辑", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body listingEvent
	}) (item[C], error) {
		return do(ctx, who, listing.Command{ID: in.ID, Version: in.Body.Version, Event: in.Body.Event, Reason: in.Body.Reason})
	})
	api.Op(a, "POST "+at+"/{id}/review", web.Officers(), "审核：发布、退回、撤下", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body reviewEvent
	}) (item[C], error) {
		return do(
			ctx,
			who,
			listing.Command{ID: in.ID, Version: in.Body.Version, Event: in.Body.Event, Reason: in.Body.Reason, Triage: in.Body.Triage},
		)
	})
	api.Op(
		a,
		"GET "+at+"/{id}/history",
		web.Anyone(),
		"办理经过；其他单位只见发布",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.List[historyRow], error) {
			if _, err := book.Get(ctx, who, in.ID); err != nil {
				return api.List[historyRow]{}, err
			}
			rows, err := o.Listings.History(ctx, who, in.ID)
			return api.All(api.Each(rows, func(h listing.Happening) historyRow {
				return historyRow{h.At, h.Name, h.Event, h.FromState, h.ToState, h.Reason}
			})), err
		},
	)
	api.Op(
		a,
		"GET "+at+"/{id}/versions",
		web.Anyone(),
		"已发布过的各版",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.List[version[C]], error) {
			rows, err := book.Versions(ctx, who, in.ID)
			return api.All(api.Each(rows, func(v listing.Version[C]) version[C] { return version[C](v) })), err
		},
	)
	other, matched := o.Listings.Kinds().Counterpart(kind.Kind)
	if !matched {
		return
	}
	api.Op(a, "GET "+at+"/{id}/matches", web.Anyone(), "匹配的"+other.Label+"及理由", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
	}) (matches, error) {
		it, err := book.Get(ctx, who, in.ID)
		if err != nil {
			return matches{}, err
		}
		doc, err := book.Document(ctx, it)
		if err != nil {
			return matches{}, err
		}
		m, err := o.Finder.Find(ctx, matching.Request{Listing: doc, Want: string(other.Kind), Limit: in.Limit, Hard: watch.Hard(doc),
			Visible: o.Catalogue.Visible()})
		if err != nil {
			return matches{}, err
		}
		return matches{
			Filtered: m.Filtered,
			Under:    m.Under,
			Notice:   m.Notice,
			Weights:  m.Weights,
			List: api.All(api.Each(m.Items, func(m matching.Match) match {
				return match{
					ID:      listing.IDOf(m.Document.ID),
					Title:   m.Document.Title,
					Score:   m.Explained.Score,
					Band:    m.Explained.Band.String(),
					Reasons: m.Explained.Reasons,
					Lack:    m.Explained.Lack,
					Words:   m.Explained.Words,
				}
			})),
		}, nil
	})
}

// named adds the organisations' names.
func named[C listing.Content[C]](ctx context.Context, o *Operations, rows []listing.Item[C]) ([]item[C], error) {
	orgs, err := o.Identity.Organisations(ctx, api.Each(rows, func(it listing.Item[C]) int64 { return it.OrganisationID }))
	if err != nil {
		return nil, err
	}
	return api.Each(rows, func(it listing.Item[C]) item[C] { return itemOf(it, orgs[it.OrganisationID].Name) }), nil
}

type waiting struct {
	ID           int64         `json:"id"`
	Kind         listing.Kind  `json:"kind" doc:"类别代码，如 achievement、demand"`
	Title        string        `json:"title"`
	Organisation string        `json:"organisation"`
	Division     string        `json:"division"`
	State        listing.State `json:"state"`
	Version      int           `json:"version"`
	Sample       bool          `json:"sample"`
	SubmittedAt  *time.Time    `json:"submittedAt,omitempty"`
}

func (o *Operations) reviewOperations(a *api.API) {
	api.Op(a, "GET /review", web.Officers(), "待审核的成果和需求，等得最久的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Kind listing.Kind `query:"kind" doc:"类别代码，如 achievement、demand"`
	}) (api.List[waiting], error) {
		page, err := o.Listings.ReviewQueue(ctx, who, listing.QueueFilter{Kind: in.Kind, After: in.Cursor, Limit: in.Limit})
		if err != nil {
			return api.List[waiting]{}, err
		}
		orgs, err := o.Identity.Organisations(ctx, api.Each(page.Listings, func(l listing.Listing) int64 { return l.OrganisationID }))
		out := api.All(api.Each(page.Listings, func(l listing.Listing) waiting {
			return waiting{l.ID, l.Kind, l.Title, orgs[l.OrganisationID].Name, l.Division, l.State, l.Version, l.Sample, l.SubmittedAt}
		}))
		out.Next = page.Next
		return out, err
	})
}
