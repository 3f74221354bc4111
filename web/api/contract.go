package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
)

// checked is the task list and the pre-check of a contract.
type checked struct {
	contract.Outlook
	Point *registry.Point `json:"point" doc:"应报送的登记点；所在地区没有时为空"`
}

func (a *API) contractOperations() {
	member, trader := memberAccess(), traderAccess()
	op(a, "GET /contracts", trader, "本单位的合同，新的在前", func(ctx context.Context, who actor.Actor, in *struct {
		Paging
		State contract.State `query:"state" enum:"draft,filed,correcting,registered,changing,closed"`
		Deal  int64          `query:"dealId" minimum:"1"`
	}) (List[contract.Contract], error) {
		after, err := number(in.Cursor)
		if err != nil {
			return List[contract.Contract]{}, err
		}
		found, err := a.Contracts.List(ctx, who, contract.Filter{State: in.State, Deal: in.Deal, After: after, Limit: in.Limit})
		if err != nil {
			return List[contract.Contract]{}, err
		}
		return numbered(found, in.Limit, func(c contract.Contract) int64 { return c.ID }), nil
	})
	op(a, "POST /deals/{id}/contract", member, "从达成的洽谈起草合同；已有时返回那一份", func(ctx context.Context, who actor.Actor, in *ByID) (contract.Contract, error) {
		return a.Contracts.Draft(ctx, who, in.ID)
	}, created)
	op(a, "POST /contracts", member, "新建空白合同（洽谈不在本市场）", func(ctx context.Context, who actor.Actor, in *struct {
		Body struct {
			Buying bool `json:"buying" doc:"本单位为境内买方（技术进口）"`
		}
	}) (contract.Contract, error) {
		return a.Contracts.Create(ctx, who, in.Body.Buying)
	}, created)
	op(a, "GET /contracts/{id}", trader, "一份合同", func(ctx context.Context, who actor.Actor, in *ByID) (contract.Contract, error) {
		return a.Contracts.Read(ctx, who, in.ID)
	})
	op(a, "PUT /contracts/{id}/sections/{section}", member, "保存一部分：只取 content 中属于该部分的内容", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Section contract.Section `path:"section" enum:"seller,buyers,elements,amounts,statement"`
		Body    struct {
			Version int              `json:"version" required:"true" doc:"您看到的版本"`
			Content contract.Content `json:"content" required:"true"`
		}
	}) (contract.Contract, error) {
		return a.Contracts.Save(ctx, who, in.ID, in.Body.Version, in.Section, in.Body.Content)
	})
	op(a, "POST /contracts/{id}/files", member, "附上已上传的文件", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Body struct {
			File int64             `json:"fileId" required:"true" minimum:"1"`
			Role contract.FileRole `json:"role" required:"true" enum:"signed_text,undertaking,ip_certificate,plan_consent,authority,permit,import_certificate,minutes,other"`
		}
	}) (contract.Contract, error) {
		return a.Contracts.Attach(ctx, who, in.ID, in.Body.File, in.Body.Role)
	}, created)
	op(a, "DELETE /contracts/{id}/files/{file}", member, "撤下附件", func(ctx context.Context, who actor.Actor, in *fileOf) (contract.Contract, error) {
		return a.Contracts.Detach(ctx, who, in.ID, in.File)
	})
	file(a, "GET /contracts/{id}/files/{file}", trader, "下载附件", func(ctx context.Context, who actor.Actor, in *fileOf) (download, error) {
		if err := a.Contracts.MayReadFile(ctx, who, in.ID, in.File); err != nil {
			return download{}, err
		}
		return a.read(ctx, in.File)
	}, "application/octet-stream")
	op(a, "GET /contracts/{id}/check", trader, "核对：各部分还缺什么，按认定规则预审的结果，应报送的登记点", func(ctx context.Context, who actor.Actor, in *ByID) (checked, error) {
		k, err := a.Contracts.Read(ctx, who, in.ID)
		if err != nil {
			return checked{}, err
		}
		out := checked{}
		var place contract.Place
		point, err := a.Registry.RightPoint(ctx, k.ApplicantOrg, k.Content.Area(), k.Sample)
		switch {
		case err == nil:
			out.Point = &point
			place = contract.Place{Point: point.Division, Points: []string{point.Division}, OwnPoint: point.ServesOrg != 0}
		case !fault.Is(err, fault.NotFound):
			return checked{}, err
		}
		out.Outlook, err = a.Contracts.Precheck(ctx, who, in.ID, place, recognition.DefaultPolicy())
		return out, err
	})
	op(a, "GET /contracts/{id}/versions", trader, "历次报送的版本", func(ctx context.Context, who actor.Actor, in *ByID) (List[contract.Frozen], error) {
		found, err := a.Contracts.Versions(ctx, who, in.ID)
		return all(found), err
	})
	op(a, "DELETE /contracts/{id}", member, "放弃草稿", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Version int `query:"version" required:"true" minimum:"1" maximum:"2000000000" doc:"您看到的版本"`
	}) (none, error) {
		return none{}, a.Contracts.Discard(ctx, who, in.ID, in.Version)
	})
	op(a, "POST /contracts/{id}/submit", member, "报送登记点", func(ctx context.Context, who actor.Actor, in *struct {
		ByID
		Body struct {
			Point int64 `json:"pointId" minimum:"0" doc:"空：系统按属地选定"`
		}
	}) (registry.Filing, error) {
		point := in.Body.Point
		if point == 0 {
			k, err := a.Contracts.Read(ctx, who, in.ID)
			if err != nil {
				return registry.Filing{}, err
			}
			p, err := a.Registry.RightPoint(ctx, k.ApplicantOrg, k.Content.Area(), k.Sample)
			if err != nil {
				return registry.Filing{}, err
			}
			point = p.ID
		}
		return a.Registry.Submit(ctx, who, in.ID, point)
	}, created)
	op(a, "POST /recognition/assess", web.SignedIn(), "按认定规则判断一份申请；内容与答复同 techmarket assess 文件的一行", func(_ context.Context, _ actor.Actor, in *struct {
		Body map[string]any `doc:"一份申请，或 {id, application}；金额为两位小数的文本，单位元" nullable:"false"`
	}) (assessment, error) {
		return assess(in.Body)
	})
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
		return assessment{}, fault.New(fault.Invalid, "unreadable", out.Error)
	}
	return out, nil
}
