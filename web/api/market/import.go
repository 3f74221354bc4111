package market

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/web"
	"techmarket/web/api"
)

type batch struct {
	ID             int64           `json:"id"`
	Kind           listing.Kind    `json:"kind" doc:"类别代码，如 achievement、demand"`
	OrganisationID int64           `json:"organisationId"`
	FileName       string          `json:"fileName"`
	State          importer.State  `json:"state" enum:"checked,running,done,failed"`
	Publish        bool            `json:"publish"`
	Rows           int             `json:"rows"`
	Good           int             `json:"good"`
	Bad            int             `json:"bad"`
	Done           int             `json:"done" doc:"已处理的可导入行"`
	Created        int             `json:"created"`
	Updated        int             `json:"updated"`
	Unchanged      int             `json:"unchanged"`
	Report         importer.Report `json:"report"`
	CreatedAt      time.Time       `json:"createdAt"`
	FinishedAt     *time.Time      `json:"finishedAt,omitempty"`
}

func batchOf(b importer.Batch) batch {
	return batch{
		b.ID,
		b.Kind,
		b.OrganisationID,
		b.FileName,
		b.State,
		b.Publish,
		b.Rows,
		b.Good,
		b.Bad,
		b.Done,
		b.Created,
		b.Updated,
		b.Unchanged,
		b.Report,
		b.CreatedAt,
		b.FinishedAt,
	}
}

type importForm struct {
	File    huma.FormFile `form:"file" required:"true" doc:"xlsx、csv 或 jsonl，不超过 50 MB"`
	Kind    string        `form:"kind" required:"true" doc:"类别代码，如 achievement、demand"`
	OrgID   int64         `form:"organisationId" doc:"自治区管理员代录入的单位；空为本单位"`
	Publish bool          `form:"publish" doc:"不经审核直接发布，限自治区管理员"`
}

func (o *Operations) importOperations(a *api.API) {
	who := web.Importers()
	api.File(a, "GET /imports/templates/{kind}", web.SignedIn(), "下载导入模板", func(_ context.Context, _ actor.Actor, in *struct {
		Kind listing.Kind `path:"kind" doc:"类别代码，如 achievement、demand"`
	}) (api.Download, error) {
		var b bytes.Buffer
		name, err := o.Importer.Template(in.Kind, &b)
		return api.Download{Name: name, MIME: web.ExcelMIME, Body: io.NopCloser(&b)}, err
	}, web.ExcelMIME)
	api.Op(a, "GET /imports", who, "本单位最近的导入", func(ctx context.Context, who actor.Actor, _ *struct{}) (api.List[batch], error) {
		found, err := o.Importer.Batches(ctx, who)
		return api.All(api.Each(found, batchOf)), err
	})
	api.Op(a, "POST /imports", who, "上传文件并核对；还不导入，报告逐行指出单元格", func(ctx context.Context, who actor.Actor, in *struct {
		RawBody huma.MultipartFormFiles[importForm]
	}) (batch, error) {
		f := in.RawBody.Data()
		if f.OrgID < 0 {
			return batch{}, api.FormFault("organisationId", "range", "单位编号不正确")
		}
		if err := api.Plain("file", f.File.Filename); err != nil {
			return batch{}, err
		}
		defer f.File.Close()
		b, err := o.Importer.Check(
			ctx,
			who,
			importer.Upload{Kind: listing.Kind(f.Kind), Name: f.File.Filename, Body: f.File, OrgID: f.OrgID, Publish: f.Publish},
		)
		return batchOf(b), err
	}, api.Created, api.WithFiles)
	api.Op(a, "GET /imports/{id}", who, "一次导入：报告和进度", func(ctx context.Context, who actor.Actor, in *api.ByID) (batch, error) {
		b, err := o.Importer.Batch(ctx, who, in.ID)
		return batchOf(b), err
	})
	api.Op(a, "POST /imports/{id}/confirm", who, "确认导入可导入的行", func(ctx context.Context, who actor.Actor, in *api.ByID) (batch, error) {
		b, err := o.Importer.Confirm(ctx, who, in.ID)
		return batchOf(b), err
	})
}
