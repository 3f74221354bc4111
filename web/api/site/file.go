package site

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/web"
	"techmarket/web/api"
)

// Inbox is a person's messages; internal/app supplies it over platform/notify.
type Inbox interface {
	Box(ctx context.Context, account, before int64, limit int) ([]notify.Received, error)
	Read(ctx context.Context, account, id int64) (string, error)
}

type message struct {
	ID        int64      `json:"id"`
	Kind      string     `json:"kind"`
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	Link      string     `json:"link"`
	CreatedAt time.Time  `json:"createdAt"`
	ReadAt    *time.Time `json:"readAt,omitempty"`
}

type uploadForm struct {
	File    huma.FormFile `form:"file" required:"true" doc:"不超过 50 MB；按内容识别类型"`
	Purpose string        `form:"purpose" required:"true" enum:"listing,deal,contract,minutes,disclosure,voucher"`
}

func (o *Operations) fileOperations(a *api.API) {
	api.Op(a, "POST /files", web.SignedIn(), "上传文件，归本单位；再附到成果、需求、留言或合同上", func(ctx context.Context, who actor.Actor, in *struct {
		RawBody huma.MultipartFormFiles[uploadForm]
	}) (api.StoredFile, error) {
		f := in.RawBody.Data()
		defer f.File.Close()
		if err := api.Plain("file", f.File.Filename); err != nil {
			return api.StoredFile{}, err
		}
		return o.Files.Store(ctx, who, f.Purpose, f.File.Filename, f.File)
	}, api.Created, api.WithFiles)
	api.File(
		a,
		"GET /files/{id}",
		web.Anyone(),
		"下载成果、需求上公开给您的文件，和本人上传的文件",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.Download, error) {
			return api.Read(ctx, o.Files, who, files.Object{Kind: "listing"}, in.ID)
		},
		"*/*",
	)
	api.Op(
		a,
		"GET /messages",
		web.SignedIn(),
		"本人的消息，新的在前",
		func(ctx context.Context, who actor.Actor, in *api.Paging) (api.List[message], error) {
			before, err := api.Number(in.Cursor)
			if err != nil {
				return api.List[message]{}, err
			}
			found, err := o.Inbox.Box(ctx, who.AccountID, before, in.Limit)
			if err != nil {
				return api.List[message]{}, err
			}
			out := api.Each(found, func(m notify.Received) message { return message(m) })
			return api.Numbered(out, in.Limit, func(m message) int64 { return m.ID }), nil
		},
	)
	api.Op(a, "POST /messages/{id}/read", web.SignedIn(), "标为已读；编号 0 为全部", func(ctx context.Context, who actor.Actor, in *struct {
		ID int64 `path:"id" minimum:"0"`
	}) (api.None, error) {
		_, err := o.Inbox.Read(ctx, who.AccountID, in.ID)
		return api.None{}, err
	})
}
