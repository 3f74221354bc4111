// Package publish declares the API operations of events: the same services as the pages.
package publish

import (
	"context"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/publish/event"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/api"
)

// Operations holds the services that the operations call; internal/app fills it.
type Operations struct{ Events *event.Service }

// Parts are the groups of operations.
func (o *Operations) Parts() []api.Part {
	return []api.Part{{Tag: "活动", Wing: "publish", Declare: func(a *api.API) {
		o.host(a)
		o.participant(a)
		o.meetings(a)
	}}}
}

type made struct {
	ID int64 `json:"id"`
}

// host declares the list and what the host does.
func (o *Operations) host(a *api.API) {
	api.Op(a, "GET /events", web.Anyone(), "公开的活动：即将举办的，近的在前；past 为往期，新的在前", func(ctx context.Context, _ actor.Actor, in *struct {
		api.Paging
		Text     string     `query:"q" maxLength:"100" doc:"名称或地点的一部分"`
		Division string     `query:"division" maxLength:"6" doc:"盟市或旗县代码"`
		Kind     event.Kind `query:"kind" maxLength:"20"`
		Past     bool       `query:"past"`
	}) (api.List[event.Row], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[event.Row]{}, err
		}
		found, err := o.Events.List(ctx, event.Filter{Text: in.Text, Division: in.Division, Kind: in.Kind, Past: in.Past, After: after,
			Limit: in.Limit})
		if err != nil {
			return api.List[event.Row]{}, err
		}
		return api.Numbered(found, in.Limit, func(r event.Row) int64 { return r.ID }), nil
	})
	api.Op(a, "GET /events/{id}", web.Anyone(), "一场活动：日程、时段和本人的报名", func(ctx context.Context, who actor.Actor, in *api.ByID) (event.View,
		error) {
		return o.Events.Read(ctx, who, in.ID)
	})
	api.Op(a, "POST /events", web.SaleKeepers(), "新建活动，成为草稿", func(ctx context.Context, who actor.Actor, in *struct {
		Body event.Writing
	}) (event.View, error) {
		id, err := o.Events.Create(ctx, who, in.Body)
		if err != nil {
			return event.View{}, err
		}
		return o.Events.Read(ctx, who, id)
	}, api.Created)
	api.Op(a, "PUT /events/{id}", web.SaleKeepers(), "修改活动；发布后洽谈场次不变", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Version int `query:"version" doc:"您看到的版本；0 为不核对"`
		Body    event.Writing
	}) (event.View, error) {
		if err := o.Events.Edit(ctx, who, in.ID, in.Version, in.Body); err != nil {
			return event.View{}, err
		}
		return o.Events.Read(ctx, who, in.ID)
	})
	api.Op(a, "POST /events/{id}/events", web.SaleKeepers(), "办理活动的一步：发布、截止报名、开始、结束、取消、统一安排洽谈",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body event.Command
		}) (event.View, error) {
			in.Body.Activity = in.ID
			if _, err := o.Events.Do(ctx, who, in.Body); err != nil {
				return event.View{}, err
			}
			return o.Events.Read(ctx, who, in.ID)
		})
	api.Op(a, "GET /events/{id}/desk", web.SaleKeepers(), "主办单位的工作台：名单、洽谈、结果、后续事项、成效；上级管理员只读",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (event.Desk, error) {
			return o.Events.Desk(ctx, who, in.ID)
		})
	api.Op(a, "POST /events/{id}/checkins", web.SaleKeepers(), "签到：一个或多个入场码；离线的带时间，最早的算数",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body struct {
				Scans []event.Scan `json:"scans" required:"true" minItems:"1" maxItems:"2000"`
			}
		}) (api.List[event.Scanned], error) {
			found, err := o.Events.CheckIn(ctx, who, in.ID, in.Body.Scans)
			if err != nil {
				return api.List[event.Scanned]{}, err
			}
			return api.All(found), nil
		})
	api.Op(a, "POST /events/{id}/walkins", web.SaleKeepers(), "现场登记一个没有报名的人，同时签到", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body event.Walking
	}) (event.Signup, error) {
		return o.Events.WalkIn(ctx, who, in.ID, in.Body)
	}, api.Created)
}

// participant declares sign-up and what somebody has at an event.
func (o *Operations) participant(a *api.API) {
	api.Op(a, "GET /events/{id}/agenda", web.SignedIn(), "本人在一场活动的安排：入场码、洽谈、结果和后续事项",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (event.Agenda, error) {
			return o.Events.Agenda(ctx, who, in.ID)
		})
	api.Op(a, "POST /events/{id}/signups", web.SignedIn(), "报名：有席位就确认，满员则候补", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body event.Coming
	}) (event.Signup, error) {
		return o.Events.Ask(ctx, who, in.ID, in.Body)
	}, api.Created)
	api.Op(a, "PUT /events/{id}/signups/own", web.SignedIn(), "修改本人的报名", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body event.Coming
	}) (event.Signup, error) {
		return o.Events.Revise(ctx, who, in.ID, in.Body)
	})
	api.Op(a, "POST /events/{id}/signups/{signup}/events", web.SignedIn(), "办理报名的一步：主办单位确认、不通过、签到；本人取消",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Signup int64 `path:"signup" minimum:"1"`
			Body   event.SeatCommand
		}) (event.Signup, error) {
			in.Body.Activity, in.Body.Signup = in.ID, in.Signup
			return o.Events.Seat(ctx, who, in.Body)
		})
}

// meetings declares wishes, results and tasks.
func (o *Operations) meetings(a *api.API) {
	api.Op(a, "GET /events/{id}/people", web.SignedIn(), "本人可以约见的参加者", func(ctx context.Context, who actor.Actor, in *api.ByID) (
		api.List[event.Signup], error,
	) {
		found, err := o.Events.People(ctx, who, in.ID)
		if err != nil {
			return api.List[event.Signup]{}, err
		}
		return api.All(found), nil
	})
	api.Op(a, "POST /events/{id}/wishes", web.SignedIn(), "约一位参加者洽谈", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body event.Wishing
	}) (event.Wish, error) {
		return o.Events.Wish(ctx, who, in.ID, in.Body)
	}, api.Created)
	api.Op(a, "POST /events/{id}/wishes/{wish}/events", web.SignedIn(), "办理约见的一步：接受、不接受、撤回、取消；主办单位调整时段",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Wish int64 `path:"wish" minimum:"1"`
			Body event.MeetCommand
		}) (event.Wish, error) {
			in.Body.Activity, in.Body.Wish = in.ID, in.Wish
			return o.Events.Meet(ctx, who, in.Body)
		})
	api.Op(a, "PUT /events/{id}/wishes/{wish}/result", web.SignedIn(), "填写一场洽谈的结果；再谈和有意向的成为后续事项",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Wish int64 `path:"wish" minimum:"1"`
			Body event.Telling
		}) (api.None, error) {
			in.Body.Wish = in.Wish
			return api.None{}, o.Events.Tell(ctx, who, in.ID, in.Body)
		})
	api.Op(a, "POST /events/{id}/tasks/{task}/events", web.SignedIn(), "办理后续事项的一步：改期、登记已办", func(ctx context.Context, who actor.Actor,
		in *struct {
			api.ByID
			Task int64 `path:"task" minimum:"1"`
			Body event.TaskCommand
		}) (event.Task, error) {
		in.Body.Activity, in.Body.Task = in.ID, in.Task
		return o.Events.DoTask(ctx, who, in.Body)
	})
	api.Op(a, "POST /events/{id}/tasks/{task}/interest", web.Members(), "由后续事项发起对接意向", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Task int64 `path:"task" minimum:"1"`
		Body struct {
			Supply  int64  `json:"supplyListingId,omitempty"`
			Demand  int64  `json:"demandListingId,omitempty"`
			Message string `json:"message,omitempty" maxLength:"4000"`
		}
	}) (made, error) {
		id, err := o.Events.Interest(ctx, who, in.ID, in.Task, deal.Approach{SupplyListing: in.Body.Supply, DemandListing: in.Body.Demand,
			Message: in.Body.Message})
		return made{id}, err
	}, api.Created)
}
