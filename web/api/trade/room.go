package trade

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/trade/disclosure"
	"techmarket/web"
	"techmarket/web/api"
)

// byPaper names a paper of a room.
type byPaper struct {
	api.ByID
	Paper int64 `path:"paper" minimum:"1"`
}

func (o *Operations) roomOperations(a *api.API) {
	//nolint:dupl // lists of two rooms have one shape
	api.Op(a, "GET /rooms", web.SignedIn(), "本单位的、本人能看的披露室，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Listing int64 `query:"listingId" minimum:"1"`
		Deal    int64 `query:"dealId" minimum:"1"`
	}) (api.List[disclosure.Room], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[disclosure.Room]{}, err
		}
		found, err := o.Rooms.List(ctx, who, disclosure.Filter{Listing: in.Listing, Deal: in.Deal, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[disclosure.Room]{}, err
		}
		return api.Numbered(found, in.Limit, func(r disclosure.Room) int64 { return r.ID }), nil
	})
	api.Op(a, "POST /rooms", web.Members(), "为本单位的一条信息，或在一次洽谈里，开本单位的披露室；已有的返回原来那个",
		func(ctx context.Context, who actor.Actor, in *struct {
			Body struct {
				Listing int64 `json:"listingId"`
				Deal    int64 `json:"dealId"`
			}
		}) (disclosure.View, error) {
			id, err := o.Rooms.Open(ctx, who, in.Body.Listing, in.Body.Deal)
			if err != nil {
				return disclosure.View{}, err
			}
			return o.Rooms.Read(ctx, who, id)
		}, api.Created)
	api.Op(a, "GET /rooms/{id}", web.SignedIn(), "一个披露室：本人现在能看的资料、协议和本人能办的步骤；资料所属单位还看到名单和披露记录",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (disclosure.View, error) {
			return o.Rooms.Read(ctx, who, in.ID)
		})
	o.roomPapers(a)
	o.roomSteps(a)
}

func (o *Operations) roomPapers(a *api.API) {
	api.Op(a, "POST /rooms/{id}/papers", web.Members(), "放入一份已上传的 PDF 或图片（上传时 purpose 为 disclosure）",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body struct {
				File  int64            `json:"fileId" required:"true" minimum:"1"`
				Layer disclosure.Layer `json:"layer" required:"true" enum:"registered,nda,room"`
			}
		}) (disclosure.View, error) {
			if err := o.Rooms.AddPaper(ctx, who, in.ID, in.Body.Layer, in.Body.File); err != nil {
				return disclosure.View{}, err
			}
			return o.Rooms.Read(ctx, who, in.ID)
		})
	api.Op(a, "DELETE /rooms/{id}/papers/{paper}", web.Members(), "撤下一份资料，谁也不能再看",
		func(ctx context.Context, who actor.Actor, in *byPaper) (disclosure.View, error) {
			if err := o.Rooms.RemovePaper(ctx, who, in.ID, in.Paper); err != nil {
				return disclosure.View{}, err
			}
			return o.Rooms.Read(ctx, who, in.ID)
		})
	api.File(a, "GET /rooms/{id}/papers/{paper}", web.SignedIn(), "本人的水印副本；每次都重新查权限、重新生成并记入披露记录",
		func(ctx context.Context, who actor.Actor, in *byPaper) (api.Download, error) {
			out, err := o.Rooms.Copy(ctx, who, in.ID, in.Paper)
			return api.Download{Name: out.Name, MIME: out.MIME, Body: io.NopCloser(bytes.NewReader(out.Bytes))}, err
		}, "application/pdf", "image/png", "image/jpeg")
	api.File(a, "GET /rooms/{id}/words/{words}/pack", web.SignedIn(), "一份协议的签署包，可用 techmarket verify --pack 离线核对",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Words int64 `path:"words" minimum:"1"`
		}) (api.Download, error) {
			sig, err := o.Rooms.Pack(ctx, who, in.ID, in.Words)
			if err != nil {
				return api.Download{}, err
			}
			raw, err := json.Marshal(sig)
			return api.Download{Name: fmt.Sprintf("签署包-%d.json", in.Words), MIME: "application/json",
				Body: io.NopCloser(bytes.NewReader(raw))}, err
		}, "application/json")
}

func (o *Operations) roomSteps(a *api.API) {
	api.Op(a, "POST /rooms/{id}/requests", web.Members(), "申请查看更深一层的资料", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Purpose string `json:"purpose" required:"true"`
		}
	}) (disclosure.View, error) {
		if err := o.Rooms.Request(ctx, who, in.ID, in.Body.Purpose); err != nil {
			return disclosure.View{}, err
		}
		return o.Rooms.Read(ctx, who, in.ID)
	})
	api.Op(a, "POST /rooms/{id}/offers", web.Members(), "固定一份协议的全文，发给申请过查看的人或洽谈的联系人接受",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body struct {
				disclosure.ChosenWords
				Accounts []int64 `json:"accountIds" required:"true"`
			}
		}) (disclosure.View, error) {
			if _, err := o.Rooms.Offer(ctx, who, in.ID, in.Body.ChosenWords, in.Body.Accounts); err != nil {
				return disclosure.View{}, err
			}
			return o.Rooms.Read(ctx, who, in.ID)
		}, api.Created)
	api.Op(a, "POST /rooms/{id}/seats/{seat}/events", web.SignedIn(), "办理一人查看权限的一步：接受、不接受、放行、撤销、归还",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Seat int64 `path:"seat" minimum:"1"`
			Body disclosure.Command
		}) (disclosure.View, error) {
			in.Body.Room, in.Body.Seat = in.ID, in.Seat
			if err := o.Rooms.Do(ctx, who, in.Body); err != nil {
				return disclosure.View{}, err
			}
			return o.Rooms.Read(ctx, who, in.ID)
		})
}
