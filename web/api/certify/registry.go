package certify

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
	"techmarket/web"
	"techmarket/web/api"
)

// filingStep is an event of the table on a filing; the review sheet has an operation of its own.
type filingStep registry.Event

func (filingStep) Schema(huma.Registry) *huma.Schema {
	review := func(e registry.Event) bool { return e == registry.EventSaveReview }
	return api.Enum(slices.DeleteFunc(registry.Events(registry.OnFiling), review))
}

// registrationStep is an event of the table on a registration.
type registrationStep registry.Event

func (registrationStep) Schema(huma.Registry) *huma.Schema {
	return api.Enum(registry.Events(registry.OnRegistration))
}

// filingEvent carries one event with what it needs; the rest stays empty.
type filingEvent struct {
	Version   int                       `json:"version" doc:"您看到的版本；0 按最新办理"`
	Event     filingStep                `json:"event" required:"true"`
	Text      string                    `json:"text" doc:"withdraw、return_to_review 等的理由；pass_second_review 的意见；decline_intake 的说明"`
	Code      string                    `json:"code" doc:"decline_intake：不予受理的代码"`
	Items     []registry.CorrectionItem `json:"items,omitempty" doc:"request_correction：一次告知的全部事项" maxItems:"100"`
	Answers   []string                  `json:"answers,omitempty" doc:"submit_correction：逐项答复" maxItems:"100"`
	Refusal   registry.Refusal          `json:"refusal" doc:"refuse、lapse_correction、reject_by_experts"`
	Experts   []int64                   `json:"experts,omitempty" doc:"assign_experts：指定的专家账号" maxItems:"15"`
	Colleague int64                     `json:"colleague,omitempty" doc:"hand_over：接手的登记员账号" minimum:"0"`
	Opinion   string                    `json:"opinion" doc:"pass_experts、reject_by_experts：专家意见"`
	Minutes   int64                     `json:"minutesFileId" minimum:"0" doc:"专家评审意见的文件"`
	National  string                    `json:"nationalNumber" doc:"register：登记点录入国家系统编号时的 16 位编号"`
}

func (o *Operations) filingOperations(a *api.API) {
	reader := web.CaseReaders()
	api.Op(a, "GET /filings", reader, "申请列表：登记点人员见本点，管理员见本地区，申请单位见自己的", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Point     int64            `query:"pointId" minimum:"1"`
		Contract  int64            `query:"contractId" minimum:"1"`
		State     []registry.State `query:"state" doc:"状态，可多个；空为在办"`
		Class     string           `query:"class" maxLength:"4" doc:"合同类别或其前两位"`
		DueBefore string           `query:"dueBefore" format:"date" doc:"到期日不晚于"`
		Mine      bool             `query:"mine" doc:"只看本人经办的"`
		Q         string           `query:"q" maxLength:"100" doc:"名称、双方或编号的一部分"`
	}) (queue, error) {
		page, err := o.Registry.Queue(
			ctx,
			who,
			registry.QueueFilter{PointID: in.Point, ContractID: in.Contract, States: in.State, Class: in.Class,
				DueBefore: in.DueBefore, Mine: in.Mine, Text: in.Q, Cursor: in.Cursor, Limit: in.Limit},
		)
		out := queue{List: api.All(page.Rows), Counts: page.Counts, Overdue: page.Overdue}
		out.Next = page.Next
		return out, err
	})
	api.Op(
		a,
		"GET /filings/{id}",
		reader,
		"一件申请：冻结的合同、审查、时限、经过和您现在可以办的事",
		func(ctx context.Context, who actor.Actor, in *api.ByID) (registry.Case, error) {
			return o.Registry.Case(ctx, who, in.ID)
		},
	)
	api.Op(a, "PUT /filings/{id}/review", web.Registrars(), "保存审查表，未填完也可以", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int             `json:"version" doc:"您看到的版本；0 按最新办理"`
			Review  registry.Review `json:"review" required:"true"`
		}
	}) (registry.Filing, error) {
		out, err := o.Registry.Do(
			ctx,
			who,
			registry.Command{Filing: in.ID, Version: in.Body.Version, Event: registry.EventSaveReview, Review: in.Body.Review},
		)
		return out.Filing, err
	})
	api.Op(a, "POST /filings/{id}/preview", web.Desk(), "按审查表试算，不保存", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body registry.Review
	}) (preview, error) {
		d, amounts, err := o.Registry.Preview(ctx, who, in.ID, in.Body)
		return preview{d, amounts}, err
	})
	api.Op(a, "POST /filings/{id}/events", reader, "办理一步：受理、补正、初审、复核、专家、登记、不予登记、撤回……", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body filingEvent
	}) (filed, error) {
		return o.moveFiling(ctx, who, in.ID, in.Body)
	})
	api.File(
		a,
		"GET /filings/{id}/files/{file}",
		reader,
		"下载申请的附件",
		func(ctx context.Context, who actor.Actor, in *api.FileOf) (api.Download, error) {
			return api.Read(ctx, o.Files, who, files.Object{Kind: "filing", ID: in.ID}, in.File)
		},
		"*/*",
	)
	api.File(
		a,
		"GET /filings/{id}/papers/{kind}",
		reader,
		"文书：受理通知书、一次性告知书、不予受理通知书、不予登记通知书",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Kind papers.Kind `path:"kind" enum:"form,receipt,correction,decline,refusal"`
		}) (api.Download, error) {
			name, pdf, err := o.Papers.Filing(ctx, who, in.ID, in.Kind)
			return api.Download{Name: name, MIME: "application/pdf", Body: io.NopCloser(bytes.NewReader(pdf))}, err
		},
		"application/pdf",
	)
}

type queue struct {
	api.List[registry.QueueRow]
	Counts  map[registry.State]int `json:"counts,omitempty" doc:"在办件数，仅第一页"`
	Overdue int                    `json:"overdue"`
}

type preview struct {
	Decision recognition.Decision `json:"decision"`
	Amounts  recognition.Amounts  `json:"amounts"`
}

// filed is what an event left behind: the filing, or the registration it became.
type filed struct {
	Filing       *registry.Filing       `json:"filing,omitempty"`
	Registration *registry.Registration `json:"registration,omitempty"`
}

func (o *Operations) moveFiling(ctx context.Context, who actor.Actor, id int64, in filingEvent) (filed, error) {
	out, err := o.Registry.Do(
		ctx,
		who,
		registry.Command{Filing: id, Version: in.Version, Event: registry.Event(in.Event), Text: cmp.Or(in.Opinion, in.Text), Code: in.Code,
			Items: in.Items, Answers: in.Answers, Refusal: in.Refusal, Experts: in.Experts, Colleague: in.Colleague, Minutes: in.Minutes, National: in.National},
	)
	if out.Registration.Number != "" {
		return filed{Registration: &out.Registration}, err
	}
	return filed{Filing: &out.Filing}, err
}

type registrationEvent struct {
	Version int              `json:"version" doc:"登记的 lockVersion；0 按最新办理"`
	Event   registrationStep `json:"event" required:"true"`
	Text    string           `json:"text" doc:"理由或说明"`
	Ground  string           `json:"ground" doc:"cancel：terminated、rescinded、void；announce_revocation：撤销的情形代码"`
	OK      bool             `json:"ok" doc:"review_tax_relief：复核通过"`
	Amount  money.Fen        `json:"amountFen" doc:"book_income：核定的技术性收入，分"`
	Paper   int64            `json:"paperFileId" minimum:"0" doc:"book_income：加盖财务印章的核定表，先上传"`
	Income  int64            `json:"incomeId" minimum:"0" doc:"reverse_income：要冲销的一笔"`
}

// ByNumber is the path of one registration.
type ByNumber struct {
	Number string `path:"number" pattern:"^[0-9]{16}$" doc:"16 位登记编号"`
}

func (o *Operations) registrationOperations(a *api.API) {
	reader := web.CaseReaders()
	api.Op(a, "GET /registrations", reader, "登记簿：登记点人员见本点，管理员见本地区，双方见自己的", func(ctx context.Context, who actor.Actor, in *struct {
		api.Paging
		Point int64            `query:"pointId" minimum:"1"`
		State []registry.State `query:"state"`
		Class string           `query:"class" maxLength:"4"`
		Q     string           `query:"q" maxLength:"100" doc:"名称或双方的一部分，或完整编号"`
	}) (api.List[registry.Registration], error) {
		page, err := o.Registry.Registrations(
			ctx,
			who,
			registry.RegistrationFilter{PointID: in.Point, States: in.State, Class: in.Class, Text: in.Q,
				Cursor: in.Cursor, Limit: in.Limit},
		)
		out := api.All(page.Rows)
		out.Next = page.Next
		return out, err
	})
	api.Op(
		a,
		"GET /registrations/{number}",
		reader,
		"一项登记：证明各版、收入、台账、经过",
		func(ctx context.Context, who actor.Actor, in *ByNumber) (registry.Dossier, error) {
			return o.Registry.Dossier(ctx, who, in.Number)
		},
	)
	api.Op(
		a,
		"POST /registrations/{number}/events",
		reader,
		"办理一步：变更、注销、撤销、收入核定、减免税复核、复议、重新认定……",
		func(ctx context.Context, who actor.Actor, in *struct {
			ByNumber
			Body registrationEvent
		}) (filed, error) {
			return o.moveRegistration(ctx, who, in.Number, in.Body)
		},
	)
	api.File(a, "GET /registrations/{number}/certificate", reader, "认定登记证明（PDF）", func(ctx context.Context, who actor.Actor, in *struct {
		ByNumber
		Version int `query:"version" minimum:"0" maximum:"100000" doc:"证明的版本；不写为最新一版"`
	}) (api.Download, error) {
		name, pdf, err := o.Papers.Certificate(ctx, who, in.Number, in.Version)
		return api.Download{Name: name, MIME: "application/pdf", Body: io.NopCloser(bytes.NewReader(pdf))}, err
	}, "application/pdf")
	notices := web.NoticeReaders()
	api.Op(a, "GET /notices", notices, "注销、撤销后应告知税务、财政的事项", func(ctx context.Context, who actor.Actor, in *struct {
		Done bool `query:"done" doc:"也列出已告知的"`
	}) (api.List[registry.Notice], error) {
		found, err := o.Registry.Notices(ctx, who, in.Done)
		return api.All(found), err
	})
	api.Op(a, "POST /notices/{id}/close", notices, "已告知", func(ctx context.Context, who actor.Actor, in *api.ByID) (api.None, error) {
		return api.None{}, o.Registry.CloseNotice(ctx, who, in.ID)
	})
}

func (o *Operations) moveRegistration(ctx context.Context, who actor.Actor, number string, in registrationEvent) (filed, error) {
	out, err := o.Registry.Do(
		ctx,
		who,
		registry.Command{Number: number, Version: in.Version, Event: registry.Event(in.Event), Text: in.Text, Ground: in.Ground,
			Approved: in.OK, Amount: in.Amount, Paper: in.Paper, Income: in.Income},
	)
	if out.Filing.ID != 0 {
		return filed{Filing: &out.Filing}, err
	}
	return filed{Registration: &out.Registration}, err
}

func (o *Operations) pointOperations(a *api.API) {
	api.Op(a, "GET /points", web.Anyone(), "登记点名录", func(ctx context.Context, _ actor.Actor, in *struct {
		League string     `query:"league" maxLength:"6" doc:"盟市代码：它自己的和所辖旗县的"`
		Kind   point.Kind `query:"kind" enum:"region,league,county,university,institute,zone"`
		Q      string     `query:"q" maxLength:"100"`
	}) (api.List[point.Point], error) {
		found, err := o.Points.List(ctx, point.Filter{League: in.League, Kind: in.Kind, Text: in.Q})
		return api.All(found), err
	})
	api.Op(a, "GET /points/{id}", web.Anyone(), "一个登记点", func(ctx context.Context, _ actor.Actor, in *api.ByID) (point.Point, error) {
		return o.Points.Get(ctx, in.ID)
	})
	api.Op(
		a,
		"POST /points",
		web.RegionOfficers(),
		"设立登记点",
		func(ctx context.Context, who actor.Actor, in *struct{ Body point.Input }) (point.Point, error) {
			in.Body.ID = 0
			return o.Points.Save(ctx, who, in.Body)
		},
		api.Created,
	)
	api.Op(a, "PUT /points/{id}", web.RegionOfficers(), "修改登记点", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body point.Input
	}) (point.Point, error) {
		in.Body.ID = in.ID
		return o.Points.Save(ctx, who, in.Body)
	})
	api.Op(
		a,
		"PUT /points/{id}/settings",
		web.PointHeads(),
		"登记点自己的设置：编号来源、由谁复核、交专家的界线、联系方式",
		func(ctx context.Context, who actor.Actor, in *struct {
			api.ByID
			Body point.Settings
		}) (point.Point, error) {
			return o.Points.SaveSettings(ctx, who, in.ID, in.Body)
		},
	)
	api.Op(a, "POST /points/{id}/state", web.RegionOfficers(), "正常、整改、暂停", func(ctx context.Context, who actor.Actor, in *struct {
		api.ByID
		Body struct {
			Version int         `json:"version" required:"true"`
			State   point.State `json:"state" required:"true" enum:"normal,rectifying,suspended"`
			Reason  string      `json:"reason" required:"true"`
		}
	}) (point.Point, error) {
		return o.Points.SetState(ctx, who, in.ID, in.Body.Version, in.Body.State, in.Body.Reason)
	})
	api.Op(a, "GET /verify/{number}", web.Anyone(), "核验认定登记证明：编号和 8 位校验码", func(ctx context.Context, _ actor.Actor, in *struct {
		Number string `path:"number" maxLength:"40"`
		Code   string `query:"code" required:"true" maxLength:"40" doc:"证明上的校验码"`
	}) (registry.CheckResult, error) {
		if err := api.Entered(ctx).Limit("verify", api.ChecksPerMinute, api.Minute); err != nil {
			return registry.CheckResult{}, err
		}
		return o.Registry.Check(ctx, in.Number, in.Code)
	})
}
