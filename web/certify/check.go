package certify

import (
	"fmt"
	"strconv"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// checkContract is 核对: everything on one page with the pre-check by the desk's own rules.
func (p *Pages) checkContract(c *web.Ctx) error { return p.showCheck(c, nil) }

func (p *Pages) showCheck(c *web.Ctx, ferr error) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	page := c.Page("核对并提交")
	page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}, {Label: contractTitle(k), Href: fmt.Sprintf("/contracts/%d", k.ID)}}
	body := ui.Sheet{Lead: "下面是将要报送的内容和系统按认定规则给出的预审意见。预审只是提示，以登记点的决定为准。", Sample: k.Sample}
	missing, warnings, err := p.lacking(c, k)
	if err != nil {
		return err
	}
	body.Main = append(body.Main, refusalNotice(c, ferr)...)
	if len(missing) > 0 {
		body.Main = append(
			body.Main,
			ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: fmt.Sprintf("还有 %d 处没有填好", len(missing)), Items: missing}}},
		)
	}
	if len(warnings) > 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{lookAgain(c, k, warnings)}})
	}
	before, err := p.beforeSubmission(c, k)
	if err != nil {
		return err
	}
	body.Main = append(body.Main, before...)
	point, err := p.Points.Right(c.Context(), k.ApplicantOrg, k.Content.Area(), k.Sample)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	outlook, perr := p.Contracts.Precheck(
		c.Context(),
		c.Actor(),
		k.ID,
		contract.Place{Point: point.Division, Points: []string{point.Division}, OwnPoint: point.ServesOrg != 0},
		recognition.DefaultPolicy(),
	)
	if perr != nil {
		return perr
	}
	body.Main = append(body.Main, preCheckBlock(outlook))
	body.Main = append(body.Main, p.contractFacts(k)...)
	if err != nil {
		body.Side = append(body.Side, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: c.Fault(err).Message}}})
	} else {
		side := ui.Block{Card: true, Title: "报送到", Parts: view.Parts{view.Facts{Wide: true, Items: []view.Fact{
			{Label: "登记点", Value: point.Name, Href: fmt.Sprintf("/points/%d", point.ID)}, {Label: "地址", Value: point.Address},
			{Label: "电话", Value: point.Phone, Num: true}, {Label: "办公时间", Value: point.Hours}}}}}
		if mayEdit(c.Actor(), k) {
			door, err := p.otherDoor(c, k)
			if err != nil {
				return err
			}
			if door != nil {
				side.Add(view.Actions{*door})
			} else if len(missing) == 0 {
				side.Add(view.Actions{{Label: "提交到这个登记点", Post: fmt.Sprintf("/contracts/%d/submit", k.ID),
					Hidden: []view.Pair{{Name: "point", Value: strconv.FormatInt(point.ID, 10)}, {Name: "version", Value: strconv.Itoa(k.Version)}}}})
			} else {
				side.Add(view.Actions{{Label: "提交到这个登记点", Off: "先把缺的填好"}})
			}
		}
		body.Side = append(body.Side, side)
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// lacking lists what stops the submission, and what is odd, each with the way to its field.
func (p *Pages) lacking(c *web.Ctx, k contract.Contract) (missing []view.Link, warnings []contract.Issue, err error) {
	if warnings, err = p.Contracts.OtherCodes(c.Context(), k); err != nil {
		return nil, nil, err
	}
	for _, s := range contract.Sections(k.Content, k.Files, p.Contracts.ApplicationDay(k)) {
		warnings = append(warnings, s.Warnings...)
		for _, i := range s.Issues {
			missing = append(
				missing,
				view.Link{Label: c.T("%s：%s", sectionLabels[s.Section], c.Said(i.Field)),
					Href: fmt.Sprintf("/contracts/%d/%s#%s", k.ID, s.Section, i.Path)},
			)
		}
	}
	if err := p.Registry.Printable(k.Content); err != nil {
		for _, f := range c.Fault(err).Fields {
			section, _, _ := strings.Cut(strings.Replace(f.Path, "coSellers", "seller", 1), ".")
			missing = append(missing, view.Link{Label: f.Message, Href: fmt.Sprintf("/contracts/%d/%s#%s", k.ID, section, f.Path)})
		}
	}
	return missing, warnings, nil
}

// otherDoor is where the words of a contract that is at a desk already are submitted: the correction at the application, a change at the
// registration. nil: it is submitted here.
func (p *Pages) otherDoor(c *web.Ctx, k contract.Contract) (*view.Action, error) {
	if k.State != contract.Correcting && k.State != contract.Changing {
		return nil, nil
	}
	filings, err := p.Registry.Queue(c.Context(), c.Actor(), registry.QueueFilter{ContractID: k.ID})
	if err != nil {
		return nil, err
	}
	for _, f := range filings.Rows { // newest first
		switch {
		case k.State == contract.Correcting && f.State == registry.Correcting:
			return &view.Action{Label: "逐项答复，提交补正", Href: fmt.Sprintf("/filings/%d", f.ID)}, nil
		case k.State == contract.Changing && f.Number != "":
			return &view.Action{Label: "写明原因，申请变更登记", Href: "/registrations/" + f.Number + "#step-" + string(registry.EventRequestChange)}, nil
		}
	}
	return nil, nil
}

// lookAgain lists what is odd and blocks nothing, each with the way to its field.
func lookAgain(c *web.Ctx, k contract.Contract, warnings []contract.Issue) view.Notice {
	n := view.Notice{Tone: view.Warn, Title: "请再看一眼，不影响提交"}
	for _, i := range warnings {
		n.Items = append(n.Items, view.Link{Label: c.Said(i.Field), Href: fmt.Sprintf("/contracts/%d/%s#%s", k.ID, i.Section, i.Path)})
	}
	return n
}

// preCheckBlock says in words what the rules make of the contract as filed.
func preCheckBlock(o contract.Outlook) ui.Block {
	if !o.Judged {
		return ui.Block{Title: "预审意见", Parts: view.Parts{view.Notice{Title: "还没有预审", Text: "填好合同类别、成交总额、签订日期和有效期以后，这里按认定规则预审。"}}}
	}
	d := o.Decision
	facts := []view.Fact{{Label: "结论", Value: outcomeLabel(d.Outcome)}}
	if d.Outcome == recognition.Register && d.Amounts != nil {
		facts = append(
			facts,
			view.Fact{Label: "类别", Value: ui.ClassName(d.Class)},
			view.Fact{Label: "扣除的非技术性费用", Value: d.Amounts.Deducted.Grouped() + " 元", Num: true},
			view.Fact{Label: "技术交易额", Value: ui.AmountWords(d.Amounts.Technical), Num: true},
			view.Fact{Label: "增值税免税基数", Value: d.Amounts.VATBase.Grouped() + " 元", Num: true, Note: vatNote},
		)
		if d.Expert {
			facts = append(facts, view.Fact{Label: "专家评审", Value: "需要", Note: "技术交易额达到大额标准或有争议"})
		}
	}
	for _, r := range d.Reasons {
		facts = append(facts, view.Fact{Label: "理由 " + r, Value: codes.Refusal.Label(r)})
	}
	if d.Outcome != recognition.Register {
		for _, r := range d.Rules {
			facts = append(facts, view.Fact{Label: "怎样改", Value: r.Mend})
		}
	}
	if len(d.Articles) > 0 {
		facts = append(facts, view.Fact{Label: "依据", Value: "条款 " + ui.Join(d.Articles)})
	}
	for _, flag := range d.Flags {
		facts = append(facts, view.Fact{Label: "提示", Value: flagLabel(flag)})
	}
	return ui.Block{Title: "预审意见", Parts: view.Parts{view.Facts{Items: facts}}}
}

func outcomeLabel(o recognition.Outcome) string {
	switch o {
	case recognition.Register:
		return "可以登记"
	case recognition.Correct:
		return "需要补正"
	case recognition.Refuse:
		return "不予登记"
	default:
		return "不予受理"
	}
}

func flagLabel(flag string) string {
	switch flag {
	case "amount_to_be_corrected":
		return "提成部分未定：先登记固定部分，以后用变更补正金额"
	case "cit_transfer":
		return "可能符合企业所得税技术转让所得优惠的条件（提示，以税务机关意见为准）"
	case "import":
		return "境外卖方：由境内买方申请登记"
	case "reason_required":
		return "登记员须书面说明理由"
	default:
		return flag
	}
}

func (p *Pages) submitContract(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	filing, err := p.Registry.Submit(c.Context(), c.Actor(), id, f.ID("point"))
	if err != nil {
		if ui.Refused(err) {
			return p.showCheck(c, err)
		}
		return err
	}
	c.Flash(view.OK, "已提交，受理编号 "+filing.IntakeNo+"。登记点受理后开始计时。")
	return c.See(fmt.Sprintf("/filings/%d", filing.ID))
}

func (p *Pages) discardContract(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Contracts.Discard(c.Context(), c.Actor(), id, f.Int("version")); err != nil {
		return ui.FlashRefusal(c, err, fmt.Sprintf("/contracts/%d", id))
	}
	c.Flash(view.OK, "草稿已放弃。")
	return c.See("/contracts")
}
