package rights

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/notice"
)

// Parts of a diligence file (勤勉尽责: 民主决策、合理注意、公示、监督, as the provinces' lists ask for them), in this order.
const (
	PartDecision = "decision" // 民主决策
	PartSearch   = "search"   // 寻找受让方
	PartPrice    = "price"    // 定价依据
	PartNotice   = "notice"   // 公示与异议
	PartContract = "contract" // 合同
	PartMoney    = "money"    // 收入与发放
	PartChange   = "change"   // 变更与更正
)

// Parts lists them with their names.
func Parts() []Part {
	return []Part{{PartDecision, "民主决策"}, {PartSearch, "发布与寻找受让方"}, {PartPrice, "定价依据"}, {PartNotice, "公示与异议"}, {PartContract, "合同"},
		{PartMoney, "收入、费用与发放"}, {PartChange, "变更与更正"}}
}

// Part is one heading of a diligence file.
type Part struct {
	Key   string         `json:"key"`
	Title fault.Sentence `json:"title"`
}

// Evidence is one fact that the market keeps, with its day and where it stands.
type Evidence struct {
	Part   string    `json:"part"`
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Source string    `json:"source"` // page, number or voucher
	Digest string    `json:"digest"` // of the text, where there is one
}

// Diligence is the file of a plan: what was done, in order. Missing are the parts of which the market holds nothing; it says nothing of
// what lies elsewhere.
type Diligence struct {
	Plan     Plan       `json:"distribution"`
	Evidence []Evidence `json:"evidence"` // by part, then by time
	Missing  []string   `json:"missing"`
	AsOf     time.Time  `json:"asOf"`
}

// File collects the diligence file of a plan from what was done. Who: members of the unit. Faults: Unauthorized, NotFound.
func (s *Service) File(ctx context.Context, who actor.Actor, id int64) (Diligence, error) {
	f, err := s.file(ctx, who, id)
	if err != nil {
		return Diligence{}, fmt.Errorf("rights: file: %w", postgres.Fault(err))
	}
	return f, nil
}

func (s *Service) file(ctx context.Context, who actor.Actor, id int64) (f Diligence, err error) {
	v, err := s.read(ctx, who, id)
	if err != nil {
		return f, err
	}
	if !who.In(v.Plan.OrgID) || !who.Member() {
		return f, errNotFound // one of the team sees his share, not the file
	}
	f.Plan, f.AsOf = v.Plan, v.AsOf
	if f.Evidence, err = s.config.Outside(ctx, who, v.Plan.Contract, v.Plan.Listing); err != nil {
		return f, err
	}
	f.Evidence = append(f.Evidence, v.evidence()...)
	if v.Plan.NoticeID != 0 {
		n, err := s.config.Public.Read(ctx, who, v.Plan.NoticeID)
		if err != nil {
			return f, err
		}
		f.Evidence = append(f.Evidence, NoticeEvidence(n)...)
	}
	grants, err := postgres.Many[Grant](ctx, s.config.DB, listGrants, pgx.StrictNamedArgs{"org": v.Plan.OrgID, "account": int64(-1),
		"listing": v.Plan.Listing, "after": int64(0), "limit": 20})
	if err != nil {
		return f, err
	}
	for _, g := range grants {
		if v.Plan.Listing != 0 && g.State == GrantActive {
			f.Evidence = append(f.Evidence, Evidence{Part: PartDecision, At: g.UpdatedAt, What: "成果权属登记有效，各权利人已同意：" + g.Terms,
				Source: fmt.Sprintf("/grants/%d", g.ID)})
		}
	}
	parts := Parts()
	rank := func(key string) int { return slices.IndexFunc(parts, func(p Part) bool { return p.Key == key }) }
	slices.SortStableFunc(f.Evidence, func(a, b Evidence) int {
		if a.Part != b.Part {
			return rank(a.Part) - rank(b.Part)
		}
		return a.At.Compare(b.At)
	})
	for _, p := range parts {
		if !slices.ContainsFunc(f.Evidence, func(e Evidence) bool { return e.Part == p.Key }) && p.Key != PartChange {
			f.Missing = append(f.Missing, p.Key)
		}
	}
	return f, nil
}

// evidence is what the plan itself holds.
func (v View) evidence() []Evidence {
	at := fmt.Sprintf("/distributions/%d", v.Plan.ID)
	out := []Evidence{{Part: PartDecision, At: v.Plan.CreatedAt, What: "收益分配方案：" + v.Plan.Decision + "；依据：" + v.Plan.Basis, Source: at}}
	kinds := map[string]string{Receipt: "到账", Cost: "直接费用", Tax: "税费"}
	for _, e := range v.Entries {
		one := Evidence{Part: PartMoney, At: e.BookedAt, What: kinds[e.Kind] + " " + e.Amount.Grouped() + " 元", Source: e.Voucher}
		if e.Corrects != 0 {
			one.Part, one.What = PartChange, fmt.Sprintf("更正第 %d 笔%s，差额 %s 元：%s", e.Corrects, kinds[e.Kind], e.Amount.Grouped(), e.Note)
		}
		out = append(out, one)
	}
	for _, p := range v.Payouts {
		what := "发放 "
		if p.Amount < 0 {
			what = "退回 "
		}
		for _, s := range v.Shares {
			if s.Number == p.Number {
				what += s.Name + " "
			}
		}
		out = append(out, Evidence{Part: PartMoney, At: p.PaidAt, What: what + max(p.Amount, -p.Amount).Grouped() + " 元", Source: p.Voucher})
	}
	for _, s := range v.Steps {
		if s.Event == EventClose || s.Event == EventWithdraw || s.Event == EventNoticeOff {
			out = append(out, Evidence{Part: PartChange, At: s.At, What: map[Event]string{EventClose: "分配结束", EventWithdraw: "方案撤回",
				EventNoticeOff: "公示作废，方案退回"}[s.Event] + " " + s.Reason, Source: at})
		}
	}
	return out
}

// NoticeEvidence is a notice with its objections as evidence.
func NoticeEvidence(n notice.View) []Evidence {
	at := fmt.Sprintf("/notices/%d", n.Paper.ID)
	words := map[notice.State]string{notice.Running: "公示中", notice.Suspended: "有异议，暂停", notice.Passed: "期满无异议", notice.Void: "已作废",
		notice.Withdrawn: "已撤回", notice.Draft: "未开始"}
	one := Evidence{Part: PartNotice, At: n.Paper.CreatedAt, What: n.Paper.Title + "，" + words[n.State], Source: at}
	if n.Paper.LastDay != nil {
		one.What += "，公示至 " + n.Paper.LastDay.Format(time.DateOnly)
	}
	if n.Paper.Related {
		one.What += "，已标明关联关系"
	}
	out := []Evidence{one}
	for _, o := range n.Objections {
		what := "异议：" + o.Reason
		if o.Answer != "" {
			what += "；答复：" + o.Answer
		}
		out = append(out, Evidence{Part: PartNotice, At: o.At, What: what, Source: at})
	}
	return out
}

// Print draws the diligence file. Fault: Unavailable fonts_missing, and those of File.
func (s *Service) Print(ctx context.Context, who actor.Actor, id int64) (name string, pdf []byte, err error) {
	f, err := s.File(ctx, who, id)
	if err != nil {
		return "", nil, err
	}
	if s.config.Fonts == nil {
		return "", nil, fault.New(fault.Unavailable, "fonts_missing", "服务器没有配置 PDF 字体，文书暂时不能生成。请系统管理员运行 techmarket doctor 查看")
	}
	fonts, err := s.config.Fonts()
	if err != nil {
		return "", nil, fmt.Errorf("rights: print: %w", err)
	}
	drawn := fonts.Boxed
	p := fonts.New(document.PDFOptions{Title: "勤勉尽责材料 " + f.Plan.Title, At: f.AsOf, Sample: f.Plan.Sample, Numbers: true})
	p.Title("成果转化勤勉尽责材料")
	p.Pairs([]document.Pair{{Label: "事项", Value: drawn(f.Plan.Title)}, {Label: "单位", Value: drawn(who.OrgName)},
		{Label: "合同", Value: fmt.Sprintf("#%d", f.Plan.Contract)}, {Label: "制作时间", Value: clock.Local(f.AsOf).Format("2006 年 1 月 2 日 15:04")}})
	for _, part := range Parts() {
		p.Heading(string(part.Title))
		var rows [][]string
		for _, e := range f.Evidence {
			if e.Part == part.Key {
				what := drawn(e.What)
				if e.Digest != "" {
					what += "\n" + e.Digest[:min(32, len(e.Digest))]
				}
				rows = append(rows, []string{clock.Local(e.At).Format(time.DateOnly), what, drawn(e.Source)})
			}
		}
		if len(rows) == 0 {
			p.Paragraph("本市场没有这方面的记录。在线下办理的，请附原件。")
			continue
		}
		p.Table([]document.Column{{Title: "日期", Share: 0.16}, {Title: "做了什么", Share: 0.60}, {Title: "出处或凭证", Share: 0.24}}, rows)
	}
	p.Note("本材料由技术市场按办理记录自动汇集，只说明在本市场做过什么，不代替原件，也不是审计结论。〓 代替印不出的字。")
	pdf, err = p.Bytes()
	return fmt.Sprintf("勤勉尽责材料-%d.pdf", id), pdf, err
}
