package api

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/platform/notify"
	"techmarket/web"
)

const (
	minute          = time.Minute
	checksPerMinute = 30 // of one address (reference/trust.md P9)
	uploadBytes     = 60 << 20
)

// withFiles lets an operation take uploads: a file may have 50 MiB.
func withFiles(op *huma.Operation) { op.MaxBodyBytes = uploadBytes }

func (a *API) read(ctx context.Context, id int64) (download, error) {
	f, body, err := a.Files.Read(ctx, id)
	return download{f.Name, f.MIME, body}, err
}

// formFault says that a part of an upload is wrong.
func formFault(path, code, message string) error {
	var f fault.Fields
	f.Add(path, code, message)
	return f.Err()
}

type batch struct {
	ID             int64           `json:"id"`
	Kind           listing.Kind    `json:"kind" enum:"achievement,demand"`
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
	return batch{b.ID, b.Kind, b.OrganisationID, b.FileName, b.State, b.Publish, b.Rows, b.Good, b.Bad, b.Done, b.Created, b.Updated, b.Unchanged,
		b.Report, b.CreatedAt, b.FinishedAt}
}

type importForm struct {
	File    huma.FormFile `form:"file" required:"true" doc:"xlsx、csv 或 jsonl，不超过 50 MB"`
	Kind    string        `form:"kind" required:"true" enum:"achievement,demand"`
	OrgID   int64         `form:"organisationId" doc:"自治区管理员代录入的单位；空为本单位"`
	Publish bool          `form:"publish" doc:"不经审核直接发布，限自治区管理员"`
}

func (a *API) importOperations() {
	who := web.Roles("单位经办人、单位管理员、自治区管理员", actor.Member, actor.OrgAdmin, actor.RegionOfficer)
	file(a, "GET /imports/templates/{kind}", web.SignedIn(), "下载导入模板", func(_ context.Context, _ actor.Actor, in *struct {
		Kind listing.Kind `path:"kind" enum:"achievement,demand"`
	}) (download, error) {
		var b bytes.Buffer
		name, err := a.Importer.Template(in.Kind, &b)
		return download{name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", io.NopCloser(&b)}, err
	}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	op(a, "GET /imports", who, "本单位最近的导入", func(ctx context.Context, who actor.Actor, _ *struct{}) (List[batch], error) {
		found, err := a.Importer.Batches(ctx, who)
		return all(each(found, batchOf)), err
	})
	op(a, "POST /imports", who, "上传文件并核对；还不导入，报告逐行指出单元格", func(ctx context.Context, who actor.Actor, in *struct {
		RawBody huma.MultipartFormFiles[importForm]
	}) (batch, error) {
		f := in.RawBody.Data()
		if f.OrgID < 0 {
			return batch{}, formFault("organisationId", "range", "单位编号不正确")
		}
		if err := plain("file", f.File.Filename); err != nil {
			return batch{}, err
		}
		defer f.File.Close()
		b, err := a.Importer.Check(ctx, who, importer.Upload{Kind: listing.Kind(f.Kind), Name: f.File.Filename, Body: f.File, OrgID: f.OrgID, Publish: f.Publish})
		return batchOf(b), err
	}, created, withFiles)
	op(a, "GET /imports/{id}", who, "一次导入：报告和进度", func(ctx context.Context, who actor.Actor, in *ByID) (batch, error) {
		b, err := a.Importer.Batch(ctx, who, in.ID)
		return batchOf(b), err
	})
	op(a, "POST /imports/{id}/confirm", who, "确认导入可导入的行", func(ctx context.Context, who actor.Actor, in *ByID) (batch, error) {
		b, err := a.Importer.Confirm(ctx, who, in.ID)
		return batchOf(b), err
	})
}

// plain refuses a file name that cannot be kept.
func plain(path, name string) error {
	if name == "" || strings.ContainsRune(name, 0) || strings.ToValidUTF8(name, "") != name || filepath.Base(name) != name {
		return formFault(path, "name", "文件名不正确，请改名后重新上传")
	}
	return nil
}

// StatsInput is the question of a table.
type StatsInput struct {
	From      string          `query:"from" format:"date" doc:"起，含；空为今年"`
	To        string          `query:"to" format:"date" doc:"止，含"`
	Period    stats.Period    `query:"period" enum:"month,quarter,half,year"`
	Rows      stats.Dimension `query:"rows" enum:"area,class,subclass,field,seller_kind,plan_source,ip_kind,social_goal,other_side"`
	Direction stats.Direction `query:"direction" enum:"filed,output,absorption" doc:"登记、输出、吸纳"`
	Area      string          `query:"area" maxLength:"6" doc:"盟市或旗县；空为全区"`
	Class     string          `query:"class" maxLength:"4"`
	Field     string          `query:"field" maxLength:"2"`
	Sample    bool            `query:"sample" doc:"也计入样例数据"`
}

func (in StatsInput) query(s *stats.Service) stats.Query {
	q := s.Default()
	if in.From != "" {
		q.From = in.From
	}
	if in.To != "" {
		q.To = in.To
	}
	if in.Rows != "" {
		q.Rows = in.Rows
	}
	if in.Direction != "" {
		q.Direction = in.Direction
	}
	if in.Area != "" {
		q.Area = in.Area
	}
	q.Period, q.Class, q.Field, q.Sample = in.Period, in.Class, in.Field, in.Sample
	return q
}

func (a *API) statsOperations() {
	op(a, "GET /stats", web.Anyone(), "合同统计表：项数、成交额、技术交易额", func(ctx context.Context, _ actor.Actor, in *StatsInput) (stats.Table, error) {
		return a.Stats.Table(ctx, in.query(a.Stats))
	})
	file(a, "GET /stats/export/{format}", web.Anyone(), "统计表下载", func(ctx context.Context, _ actor.Actor, in *struct {
		Format string `path:"format" enum:"csv,xlsx"`
		StatsInput
	}) (download, error) {
		t, err := a.Stats.Table(ctx, in.query(a.Stats))
		if err != nil {
			return download{}, err
		}
		var b bytes.Buffer
		err = t.Export(&b, in.Format)
		return download{"统计表." + in.Format, map[string]string{"csv": "text/csv; charset=utf-8",
			"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[in.Format], io.NopCloser(&b)}, err
	}, "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	op(a, "GET /stats/entries", web.Anyone(), "统计表一格背后的明细", func(ctx context.Context, who actor.Actor, in *struct {
		StatsInput
		Row    string `query:"row" maxLength:"40" doc:"行的代码；空为合计"`
		Column string `query:"column" maxLength:"40" doc:"列的代码；空为合计"`
		Cursor string `query:"cursor" maxLength:"20"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
	}) (List[stats.Entry], error) {
		after, err := number(in.Cursor)
		if err != nil {
			return List[stats.Entry]{}, err
		}
		found, err := a.Stats.Entries(ctx, who, in.query(a.Stats), in.Row, in.Column, after, in.Limit)
		if err != nil {
			return List[stats.Entry]{}, err
		}
		return numbered(found, in.Limit, func(e stats.Entry) int64 { return e.ID }), nil
	})
	op(a, "GET /stats/map", web.Anyone(), "各旗县的合同额", func(ctx context.Context, _ actor.Actor, in *StatsInput) (List[stats.AreaFigure], error) {
		q := in.query(a.Stats)
		found, err := a.Stats.Map(ctx, q.Direction, q.From, q.To, q.Sample)
		return all(found), err
	})
	op(a, "GET /stats/funnel", web.Anyone(), "从发布到登记各步的数量", func(ctx context.Context, _ actor.Actor, in *StatsInput) (List[stats.Step], error) {
		q := in.query(a.Stats)
		found, err := a.Stats.Funnel(ctx, q.From, q.To, q.Sample)
		return all(found), err
	})
	op(a, "GET /stats/listings", web.Anyone(), "公开的成果和需求数量：本地与导入、活跃与休眠分开", func(ctx context.Context, _ actor.Actor, in *struct {
		Sample bool `query:"sample"`
	}) (List[stats.Listings], error) {
		found, err := a.Stats.Listings(ctx, in.Sample)
		return all(found), err
	})
	op(a, "GET /stats/targets", web.Anyone(), "规划目标与本平台数", func(ctx context.Context, _ actor.Actor, in *struct {
		Sample bool `query:"sample"`
	}) (List[stats.Target], error) {
		found, err := a.Stats.Targets(ctx, in.Sample)
		return all(found), err
	})
	op(a, "GET /stats/published", web.Anyone(), "公开数据：他处公布的数字及来源", func(ctx context.Context, _ actor.Actor, _ *struct{}) (List[stats.Published], error) {
		found, err := a.Stats.Published(ctx)
		return all(found), err
	})
	op(a, "GET /stats/definitions", web.Anyone(), "口径", func(ctx context.Context, _ actor.Actor, _ *struct{}) (List[stats.Definition], error) {
		found, err := a.Stats.Definitions(ctx, a.Now())
		return all(found), err
	})
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
	Purpose string        `form:"purpose" required:"true" enum:"listing,deal,contract,minutes"`
}

func (a *API) fileOperations() {
	op(a, "POST /files", web.SignedIn(), "上传文件，归本单位；再附到成果、需求、留言或合同上", func(ctx context.Context, who actor.Actor, in *struct {
		RawBody huma.MultipartFormFiles[uploadForm]
	}) (StoredFile, error) {
		f := in.RawBody.Data()
		defer f.File.Close()
		if err := plain("file", f.File.Filename); err != nil {
			return StoredFile{}, err
		}
		return a.Files.Store(ctx, who, f.Purpose, f.File.Filename, f.File)
	}, created, withFiles)
	file(a, "GET /files/{id}", web.Anyone(), "下载成果、需求上公开给您的文件，和本人上传的文件", func(ctx context.Context, who actor.Actor, in *ByID) (download, error) {
		ok, err := a.Listings.MayReadFile(ctx, who, in.ID)
		if err == nil && !ok { // not attached to anything yet
			ok, err = a.Files.Own(ctx, who, in.ID)
		}
		if err == nil && !ok {
			err = fault.New(fault.NotFound, "file", "没有这个文件，或它不对您公开")
		}
		if err != nil {
			return download{}, err
		}
		return a.read(ctx, in.ID)
	}, "application/octet-stream")
	op(a, "GET /messages", web.SignedIn(), "本人的消息，新的在前", func(ctx context.Context, who actor.Actor, in *Paging) (List[message], error) {
		before, err := number(in.Cursor)
		if err != nil {
			return List[message]{}, err
		}
		found, err := a.Inbox.Box(ctx, who.AccountID, before, in.Limit)
		if err != nil {
			return List[message]{}, err
		}
		out := each(found, func(m notify.Received) message { return message(m) })
		return numbered(out, in.Limit, func(m message) int64 { return m.ID }), nil
	})
	op(a, "POST /messages/{id}/read", web.SignedIn(), "标为已读；编号 0 为全部", func(ctx context.Context, who actor.Actor, in *struct {
		ID int64 `path:"id" minimum:"0"`
	}) (none, error) {
		_, err := a.Inbox.Read(ctx, who.AccountID, in.ID)
		return none{}, err
	})
}
