package certify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/web"
	"techmarket/web/api"
)

// checked is the task list and the pre-check of a contract.
type checked struct {
	contract.Outlook
	Point *point.Point `json:"point" doc:"应报送的登记点；所在地区没有时为空"`
}

// fileRole is what an attachment is to its contract.
type fileRole contract.FileRole

func (fileRole) Schema(huma.Registry) *huma.Schema { return api.Enum(contract.FileRoles()) }

func (o *Operations) contractOperations(a *api.API) {
	member, trader := web.Members(), web.Traders()
	api.Op(a, "GET /contracts", trader, "本单位的合同，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		State contract.State `query:"state" enum:"draft,filed,correcting,registered,changing,closed"`
		Deal  int64          `query:"dealId" minimum:"1"`
	}) (api.List[contract.Contract], error) {
		after, err := api.Number(in.Cursor)
		if err != nil {
			return api.List[contract.Contract]{}, err
		}
		found, err := o.Contracts.List(ctx, who, contract.Filter{State: in.State, Deal: in.Deal, After: after, Limit: in.Limit})
		if err != nil {
			return api.List[contract.Contract]{}, err
		}
		for i := range found {
			found[i].Content = found[i].Content.Unsealed()
		}
		return api.Numbered(found, in.Limit, func(c contract.Contract) int64 { return c.ID }), nil
	})
	api.Op(
		a,
		"POST /deals/{id}/contract",
		member,
		"从达成的洽谈起草合同；已有时返回那一份",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (contract.Contract, error) {
			return unsealed(o.Contracts.Draft(ctx, who, in.ID))
		},
		api.Created,
	)
	api.Op(a, "POST /contracts", member, "新建空白合同（洽谈不在本市场）", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Buying bool `json:"buying" doc:"本单位为境内买方（技术进口）"`
		}
	}) (contract.Contract, error) {
		return unsealed(o.Contracts.Create(ctx, who, in.Body.Buying))
	}, api.Created)
	api.Op(a, "GET /contracts/{id}", trader, "一份合同", func(ctx context.Context, who actor.Actor, in *api.ByID) (contract.Contract, error) {
		return unsealed(o.Contracts.Read(ctx, who, in.ID))
	})
	api.Op(
		a,
		"PUT /contracts/{id}/sections/{section}",
		member,
		"保存一部分：只取 content 中属于该部分的内容",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Section contract.Section `path:"section" enum:"seller,buyers,elements,amounts,statement"`
			Body    struct {
				Version int              `json:"version" required:"true" doc:"您看到的版本"`
				Content contract.Content `json:"content" required:"true"`
			}
		}) (contract.Contract, error) {
			return unsealed(o.Contracts.Save(ctx, who, in.ID, in.Body.Version, in.Section, in.Body.Content))
		},
	)
	api.Op(a, "POST /contracts/{id}/files", member, "附上已上传的文件", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			File int64    `json:"fileId" required:"true" minimum:"1"`
			Role fileRole `json:"role" required:"true"`
		}
	}) (contract.Contract, error) {
		return unsealed(o.Contracts.Attach(ctx, who, in.ID, in.Body.File, contract.FileRole(in.Body.Role)))
	}, api.Created)
	api.Op(
		a,
		"DELETE /contracts/{id}/files/{file}",
		member,
		"撤下附件",
		func(ctx context.Context, who actor.Actor, in *api.FileOf) (contract.Contract, error) {
			return unsealed(o.Contracts.Detach(ctx, who, in.ID, in.File))
		},
	)
	api.File(
		a,
		"GET /contracts/{id}/files/{file}",
		trader,
		"下载附件",
		func(ctx context.Context, who actor.Actor, in *api.FileOf) (api.Download, error) {
			return api.Read(ctx, o.Files, who, files.Object{Kind: "contract", ID: in.ID}, in.File)
		},
		"*/*",
	)
	api.Op(
		a,
		"GET /contracts/{id}/check",
		trader,
		"核对：各部分还缺什么，按认定规则预审的结果，应报送的登记点",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (checked, error) {
			k, err := o.Contracts.Read(ctx, who, in.ID)
			if err != nil {
				return checked{}, err
			}
			out := checked{}
			var place contract.Place
			point, err := o.Points.Right(ctx, k.ApplicantOrg, k.Content.Area(), k.Sample)
			switch {
			case err == nil:
				out.Point = &point
				place = contract.Place{Point: point.Division, Points: []string{point.Division}, OwnPoint: point.ServesOrg != 0}
			case !fault.Is(err, fault.NotFound):
				return checked{}, err
			}
			out.Outlook, err = o.Contracts.Precheck(ctx, who, in.ID, place, recognition.DefaultPolicy())
			return out, err
		},
	)
	api.Op(
		a,
		"GET /contracts/{id}/versions",
		trader,
		"历次报送的版本",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (api.List[contract.Frozen], error) {
			found, err := o.Contracts.Versions(ctx, who, in.ID)
			return api.All(found), err
		},
	)
	api.Op(a, "DELETE /contracts/{id}", member, "放弃草稿", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Version int `query:"version" required:"true" minimum:"1" maximum:"2000000000" doc:"您看到的版本"`
	}) (api.None, error) {
		return api.None{}, o.Contracts.Discard(ctx, who, in.ID, in.Version)
	})
	api.Op(a, "POST /contracts/{id}/submit", member, "报送登记点", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Point int64 `json:"pointId" minimum:"0" doc:"空：系统按属地选定"`
		}
	}) (registry.Filing, error) {
		point := in.Body.Point
		if point == 0 {
			k, err := o.Contracts.Read(ctx, who, in.ID)
			if err != nil {
				return registry.Filing{}, err
			}
			p, err := o.Points.Right(ctx, k.ApplicantOrg, k.Content.Area(), k.Sample)
			if err != nil {
				return registry.Filing{}, err
			}
			point = p.ID
		}
		return o.Registry.Submit(ctx, who, in.ID, point)
	}, api.Created)
	api.Op(
		a,
		"POST /recognition/assess",
		web.SignedIn(),
		"按认定规则判断一份申请；内容与答复同 techmarket assess 文件的一行",
		func(_ context.Context, _ actor.Actor, in *struct {
			Body map[string]any `doc:"一份申请，或 {id, application}；金额为两位小数的文本，单位元" nullable:"false"`
		}) (assessment, error) {
			return assess(in.Body)
		},
	)
}

// assessment is one line of the answer of techmarket assess.
type assessment struct {
	ID         *string  `json:"id"`
	Outcome    string   `json:"outcome"`
	Class      *string  `json:"class"`
	Deducted   *string  `json:"deducted" doc:"N，元"`
	Technical  *string  `json:"technical" doc:"T，元"`
	VATBase    *string  `json:"vat_base" doc:"V，元"`
	Expert     bool     `json:"expert"`
	Reasons    []string `json:"reasons"`
	Articles   []string `json:"articles"`
	Flags      []string `json:"flags"`
	RightPoint *string  `json:"right_point"`
	Error      string   `json:"error,omitempty"`
}

func assess(application map[string]any) (assessment, error) {
	line, err := json.Marshal(application)
	if err != nil {
		return assessment{}, err
	}
	var b bytes.Buffer
	lines := recognition.AssessJSONL(bytes.NewReader(line), &b, recognition.DefaultPolicy())
	var out assessment
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		return assessment{}, errors.Join(lines, err)
	}
	if out.Error != "" {
		return assessment{}, fault.Newf(fault.Invalid, "unreadable", "%s", out.Error)
	}
	return out, nil
}

// unsealed is a contract as it leaves the market.
func unsealed(k contract.Contract, err error) (contract.Contract, error) {
	k.Content = k.Content.Unsealed()
	return k, err
}
