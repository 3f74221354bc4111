package services

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/services/register"
	"techmarket/internal/services/voucher"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// showVoucher is a voucher with what the reader may do; a refused step stands open with what was typed.
func (p *Pages) showVoucher(c *web.Ctx, f *web.Form, ferr error, on voucher.Act) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Vouchers.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page(c.T("创新券：%s", v.Case.Service))
	page.Breadcrumbs = []view.Link{{Label: "我的创新券", Href: "/desk/vouchers"}}
	body := ui.Sheet{Tags: []view.Tag{voucherTag(v.Case.State)}, Sample: v.Case.Sample, Steps: voucherSteps(v.Case.State)}
	if !v.Case.State.Before() {
		body.Actions = []view.Action{{Label: "打印凭证（PDF）", Href: voucher.Path(id) + "/proof", Kind: view.Quiet}}
	}
	body.Main = append(voucherNotices(c, v), ui.Block{Parts: view.Parts{voucherFacts(c, v)}})
	if len(v.Papers) > 0 {
		body.Main = append(body.Main, papersBlock(v))
	}
	for _, e := range v.Acts {
		a := ui.NewAsk(c, nil, nil)
		if e == on {
			a = ui.NewAsk(c, f, ferr)
		}
		body.Side = append(body.Side, voucherStep(c, v, e, a, e == on))
	}
	slices.SortStableFunc(body.Side, cardsFirst)
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{voucherHistory(v)}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// cardsFirst puts the step that carries a thing on before the folded ones.
func cardsFirst(a, b ui.Block) int {
	return map[bool]int{true: 1}[a.Fold != ""] - map[bool]int{true: 1}[b.Fold != ""]
}

// voucherSteps is how far a voucher came.
func voucherSteps(s voucher.Stage) view.Steps {
	steps := view.Steps{Label: "创新券进度", Items: []view.Step{{Label: "申请"}, {Label: "发放"}, {Label: "服务"}, {Label: "申请兑付"}, {Label: "审核"},
		{Label: "拨付"}}}
	at, over := map[voucher.Stage]int{voucher.StageApplied: 1, voucher.StageDeclined: 1, voucher.StageWithdrawn: 0, voucher.StageGranted: 2,
		voucher.StageExpired: 2, voucher.StageCommitted: 2, voucher.StageDone: 3, voucher.StageClaimed: 4, voucher.StageApproved: 5,
		voucher.StagePaid: 6, voucher.StageVoid: 5}[s],
		slices.Contains([]voucher.Stage{voucher.StageDeclined, voucher.StageWithdrawn, voucher.StageExpired, voucher.StageVoid}, s)
	for i := range steps.Items {
		state := "todo"
		switch {
		case i < at:
			state = "done"
		case i == at && over:
			state = "fail"
		case i == at:
			state = "now"
		}
		steps.Items[i].State = state
	}
	return steps
}

// voucherNotices say what somebody should know before anything else.
func voucherNotices(c *web.Ctx, v voucher.View) (out []ui.Block) {
	add := func(tone view.Tone, title, text string) {
		out = append(out, ui.Block{Parts: view.Parts{view.Notice{Tone: tone, Title: title, Text: text}}})
	}
	switch {
	case v.Would != nil:
		add(view.Info, c.T("按现在的账，这张券可以发 %s", view.Yuan(*v.Would)), "金额在发放时再算一次，以那时的经费和企业额度为准。")
	case v.Hinders != "":
		add(view.Warn, "按现在的账还发不出", v.Hinders)
	}
	if v.SameHead {
		add(view.Warn, "两家单位的法定代表人姓名相同", "请核实企业和服务机构有没有关联关系；有关联关系的不能发放。")
	}
	if v.Case.Asked {
		add(view.Warn, "兑付材料需要补充", v.Case.Reason)
	}
	if v.Case.Owes > 0 {
		add(view.Bad, c.T("待追回 %s", view.Yuan(v.Case.Owes)), "服务取消或券被作废，已拨付的款应当退回；退回后由发券单位登记。")
	}
	return out
}

func voucherFacts(c *web.Ctx, v voucher.View) view.Facts {
	x := v.Case
	facts := []view.Fact{{Label: "券号", Value: x.Label()}, {Label: "办法", Value: v.Scheme.Title, Href: schemePath(v.Scheme.ID)},
		{Label: "发券单位", Value: v.Issuer}, {Label: "用券企业", Value: v.Firm, Href: fmt.Sprintf("/units/%d", x.FirmOrg)},
		{Label: "服务机构", Value: v.Provider, Href: fmt.Sprintf("/units/%d", x.ProviderOrg)},
		{Label: "服务", Value: x.Service, Href: fmt.Sprintf("/registers/providers/%d", x.Entry), Note: serviceKind(x.Kind)},
		{Label: "做什么", Text: view.T(x.Need)}, {Label: "申请时的服务费用", Value: view.Yuan(x.Contract), Num: true}}
	if x.Related {
		facts = append(facts, view.Fact{Label: "关联关系", Value: "企业声明有关联关系"})
	}
	sum := func(label string, fen money.Fen, note string) {
		if fen > 0 {
			facts = append(facts, view.Fact{Label: label, Value: view.Yuan(fen), Note: note, Num: true})
		}
	}
	if x.GrantedOn != nil {
		facts = append(facts, view.Fact{Label: "发放日期", Value: view.Day(*x.GrantedOn)})
		facts = append(facts, view.Fact{Label: "使用期限", Value: view.Day(*x.DueOn), Note: "当天仍可使用"})
	}
	if x.Number != "" {
		facts = append(facts, view.Fact{Label: "服务合同", Value: x.Number})
	}
	sum("企业实际支付", x.Claimed, "服务机构申请兑付时填写")
	sum("券面金额", x.Amount, c.T("服务费的 %s，不超过企业当年余额", voucher.RateWord(v.Scheme.RateBP)))
	sum("已兑付", x.Paid, "")
	sum("待追回", x.Owes, "")
	if x.Reason != "" && !x.Asked {
		facts = append(facts, view.Fact{Label: "原因", Text: view.T(x.Reason)})
	}
	return view.Facts{Items: facts}
}

func papersBlock(v voucher.View) ui.Block {
	t := ui.Columns[voucher.Paper]{
		{Label: "材料", Cell: func(f voucher.Paper) view.Cell { return view.Cell{Text: words.VoucherPaper(f.Role)} }},
		{Label: "文件", Cell: func(f voucher.Paper) view.Cell {
			return view.Cell{Text: f.Name, Href: fmt.Sprintf("%s/files/%d", voucher.Path(v.Case.ID), f.FileID), Note: view.FileSize(f.Size)}
		}},
		ui.TextColumn("上传", func(f voucher.Paper) string { return view.Day(f.AddedAt) }),
	}.Table("凭证材料", v.Papers)
	return ui.Block{Title: "凭证材料", Intro: "企业、服务机构和发券单位都可以查看。", Parts: view.Parts{t}}
}

func voucherHistory(v voucher.View) view.Timeline {
	var out view.Timeline
	for _, s := range slices.Backward(v.Steps) {
		e := view.Event{At: s.At, What: words.VoucherAct(s.Act), Note: s.Reason}
		if s.Moved != nil {
			e.What += "，" + view.Yuan(*s.Moved)
		}
		out.Events = append(out.Events, e)
	}
	return out
}

const papersAccepted = ".pdf,.png,.jpg"

// voucherStep is the form of a step; the one that carries the voucher on stands open, the others are folded.
func voucherStep(c *web.Ctx, v voucher.View, on voucher.Act, a *ui.Ask, open bool) ui.Block {
	reason := func(label, hint string) view.Field {
		return a.Area("reason", label, "", ui.Required, ui.Lines(3), ui.Limit(500), ui.Hint(hint))
	}
	file := func(name, label, hint string) view.Field {
		return view.Field{Kind: view.File, Name: name, Label: label, Hint: hint, Required: true, Accept: papersAccepted, Error: a.Errors[name]}
	}
	b := ui.Block{Card: true}
	label := words.VoucherAct(on)
	var fields []view.Field
	switch on {
	case voucher.ActGrant:
		b.Title, b.Intro = "审核申请", "核对企业条件和服务内容。发放时按办法算出金额，并占用经费。"
	case voucher.ActDecline:
		b.Fold, fields = "不批准…", []view.Field{reason("原因", "企业会看到")}
	case voucher.ActRecall:
		b.Fold = "撤回申请…"
	case voucher.ActUse:
		b.Title, b.Intro, label = "使用这张券", c.T("请在 %s（含当天）以前与服务机构签好合同并上传，过期不能再用。", view.Day(*v.Case.DueOn)), "上传合同并使用"
		fields = []view.Field{a.Text("number", "服务合同编号", "", ui.Required, ui.Limit(60)), file("contract", "服务合同", "双方签字盖章；PDF 或图片")}
	case voucher.ActFinish:
		b.Title, b.Intro = "服务做完了吗", "确认以后，服务机构可以申请兑付。"
	case voucher.ActClaim:
		b.Title, b.Intro = "申请兑付", "兑付金额按企业实际支付的费用再算一次，取较小的。"
		fields = []view.Field{a.Yuan("amount", "企业实际支付的服务费", 0, ui.Required), file("invoice", "发票", "PDF 或图片"),
			file("payment", "付款回单", "企业付款的银行回单")}
	case voucher.ActAsk:
		b.Fold, fields = "要求补充材料…", []view.Field{reason("缺什么、怎么补", "服务机构会看到")}
	case voucher.ActSupplement:
		b.Title = "补充材料"
		if !v.Case.Asked {
			b.Title, b.Fold = "", "补充材料…"
		}
		fields = []view.Field{file("other", "补充的材料", "PDF 或图片")}
	case voucher.ActApprove:
		b.Title, b.Intro = "审核兑付材料", "核对合同、发票和付款回单的单位、金额和日期是否一致。"
	case voucher.ActPay:
		b.Title, b.Intro = "登记拨付", "平台不经手资金，拨付后登记凭证号。"
		fields = []view.Field{a.Text("reason", "拨付凭证号", "", ui.Required, ui.Limit(100))}
	case voucher.ActRepay:
		b.Title, fields = "登记追回", []view.Field{a.Yuan("amount", "追回的金额", v.Case.Owes, ui.Required),
			a.Text("reason", "入账凭证号", "", ui.Required, ui.Limit(100))}
	case voucher.ActCancel:
		b.Fold, label, fields = "服务取消…", "作废这张券", []view.Field{reason("为什么取消", "作废后不能恢复；已兑付的款要退回")}
	case voucher.ActVoid:
		b.Fold, fields = "使用不当，作废…", []view.Field{reason("查实的情况", "企业和服务机构会看到；作废后不能恢复")}
	}
	for i := range fields {
		fields[i].ID = string(on) + "-" + fields[i].Name
	}
	if open && b.Fold != "" {
		b.Title, b.Fold = words.VoucherAct(on), ""
	}
	form := view.NewForm(voucher.Path(v.Case.ID)+"/do", label, fields...)
	form.Hidden = []view.Pair{{Name: "event", Value: string(on)}, {Name: "version", Value: strconv.Itoa(v.Case.Version)}}
	if b.Fold != "" {
		b.Card, form.Actions[0].Kind = false, view.Quiet
	}
	for _, part := range a.Blocks(form) {
		b.Add(part.Parts...)
	}
	return b
}

func (p *Pages) doVoucher(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	do := voucher.Command{Voucher: id, Act: voucher.Act(f.Text("event")), Version: f.Int("version"), Reason: f.Text("reason"),
		Number: f.Text("number"), Amount: f.Yuan("amount")}
	if err = ui.FormErr(f); err == nil {
		do.Files, err = p.voucherFiles(c, f)
	}
	if err == nil {
		_, err = p.Vouchers.Do(c.Context(), c.Actor(), do)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showVoucher(c, f, err, do.Act)
		}
		return err
	}
	c.Flash(view.OK, "已办理，有关单位会收到消息。")
	return c.See(voucher.Path(id))
}

// voucherFiles keeps the files of a step under what they are.
func (p *Pages) voucherFiles(c *web.Ctx, f *web.Form) (out []voucher.Attached, err error) {
	for _, role := range voucher.PaperRoles() {
		ids, err := ui.Uploads(c, p.Files, f, string(role), "voucher")
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			out = append(out, voucher.Attached{ID: id, Role: role})
		}
	}
	return out, nil
}

func (p *Pages) voucherProof(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	name, pdf, err := p.Vouchers.Proof(c.Context(), c.Actor(), id)
	if err != nil {
		return ui.FlashRefusal(c, err, voucher.Path(id))
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

// replayVouchers gives the steps of a scheme in the form of techmarket replay, one line.
func (p *Pages) replayVouchers(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	facts, err := p.Vouchers.Replay(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	line, err := fact.Record(fmt.Sprintf("scheme-%d", id), facts)
	if err != nil {
		return err
	}
	return c.Download(fmt.Sprintf("创新券-%d.jsonl", id), "application/x-ndjson", bytes.NewReader(line))
}

// newVoucher asks what a firm wants a voucher for. It comes from a scheme, or from a service of the register.
func (p *Pages) newVoucher(c *web.Ctx, f *web.Form, ferr error) error {
	q := c.QueryForm()
	if f != nil {
		q = f
	}
	scheme, entry := q.ID("scheme"), q.ID("entry")
	a := ui.NewAsk(c, f, ferr)
	open, err := p.Vouchers.Schemes(c.Context(), 0, false, 0, 100)
	if err != nil {
		return err
	}
	schemes := []view.Option{{Label: "请选择"}}
	kinds := []string{}
	for _, x := range open {
		if x.Takes(c.Actor().Division, p.Vouchers.Today()) {
			schemes = append(schemes, view.Option{Value: strconv.FormatInt(x.ID, 10), Label: x.Title + "（" + x.Issuer + "）"})
			if scheme == 0 || scheme == x.ID {
				kinds = append(kinds, x.Kinds...)
			}
		}
	}
	if len(schemes) == 2 && scheme == 0 {
		scheme, _ = strconv.ParseInt(schemes[1].Value, 10, 64)
	}
	services, err := p.voucherServices(c, kinds, entry)
	if err != nil {
		return err
	}
	form := view.NewForm("/vouchers", "提交申请",
		a.Choose("scheme", "按哪个办法申请", idText(scheme), schemes, ui.Required),
		a.Choose("entry", "用哪家机构的哪项服务", idText(entry), services, ui.Required, ui.Hint("只列出在册、标明可用创新券的服务")),
		a.Yuan("contract", "服务费用", 0, ui.Required, ui.Hint("与服务机构谈好的价格；券按比例抵一部分")),
		a.Area("need", "做什么服务，用在哪里", "", ui.Required, ui.Lines(4), ui.Limit(500)),
		a.Radio("related", "与服务机构有没有关联关系", "no", ui.YesNo, ui.Required, ui.Hint("控股、参股、同一法定代表人或实际控制人；有关联关系的不能使用")),
		a.Checks("voluntary", "确认", nil, []view.Option{{Value: "yes", Label: "不属于强制检测等法定应当办理的事项"}}, ui.Required))
	form.Guard = true
	page := c.Page("申请科技创新券")
	page.Breadcrumbs = []view.Link{{Label: "科技创新券", Href: "/vouchers"}}
	body := ui.Sheet{Lead: "提交后由发券单位审核。金额按办法的比例计算，不超过企业当年的余额。", Main: a.Blocks(form)}
	if len(schemes) == 1 {
		body.Main = []ui.Block{{Parts: view.Parts{view.Empty{Icon: "file", Title: "本地区现在没有可以申请的创新券", Text: "可以先看看别的办法，或等发券单位发布。",
			Actions: []view.Action{{Label: "看创新券办法", Href: "/vouchers"}}}}}}
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// voucherServices are the services on the register that take vouchers, of some kinds, a hundred of each at most; the one asked for is
// among them.
func (p *Pages) voucherServices(c *web.Ctx, kinds []string, entry int64) ([]view.Option, error) {
	options := []view.Option{{Label: "请选择"}}
	add := func(i register.Item) {
		value := strconv.FormatInt(i.ID, 10)
		if i.Content.Yes("voucher") && !slices.ContainsFunc(options, func(o view.Option) bool { return o.Value == value }) {
			options = append(options, view.Option{Value: value, Label: i.Name + "（" + i.Owner + "）", Group: serviceKind(i.Content.Text("service"))})
		}
	}
	if entry != 0 {
		some, err := p.Registers.Some(c.Context(), c.Actor(), []int64{entry})
		if err != nil {
			return nil, err
		}
		for _, i := range some {
			add(i)
		}
	}
	slices.Sort(kinds)
	for _, k := range slices.Compact(kinds) {
		items, _, err := p.Registers.List(c.Context(), c.Actor(), register.Filter{Kind: "provider", Facets: map[string]string{"service": k},
			Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			add(i)
		}
	}
	return options, nil
}

func (p *Pages) applyVoucher(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := voucher.Application{Scheme: f.ID("scheme"), Entry: f.ID("entry"), Contract: f.Yuan("contract"), Need: f.Text("need"),
		Related: f.Text("related") == "yes", Voluntary: slices.Contains(f.List("voluntary"), "yes")}
	if in.Scheme == 0 {
		f.Errors.Add("scheme", "choose", "请选择按哪个办法申请")
	}
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Vouchers.Apply(c.Context(), c.Actor(), in)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.newVoucher(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "申请已提交，发券单位审核后会通知本单位。")
	return c.See(voucher.Path(id))
}
