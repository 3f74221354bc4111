package certify

import (
	"net/url"
	"strings"
	"time"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// rules lists every rule of recognition with its article, as the desk applies it.
func (p *Pages) rules(c *web.Ctx) error {
	type row = recognition.Rule
	t := ui.Columns[row]{
		{Label: "问题", Cell: func(r row) view.Cell { return view.Cell{Text: r.Question, Note: r.Mend} }},
		ui.TextColumn("适用类别", func(r row) string {
			if len(r.Classes) == 0 {
				return "全部"
			}
			return ui.Join(ui.Labels(codes.ContractClass, r.Classes))
		}),
		ui.TextColumn("处理结果", func(r row) string { return outcomeLabel(r.Outcome) }),
		{Label: "理由", Cell: func(r row) view.Cell { return view.Cell{Text: r.Reason, Note: ui.Known(codes.Refusal, r.Reason)} }},
		ui.TextColumn("依据", article),
	}.Table("认定规则", recognition.Rules())
	t.Compact = true
	page := c.Page("认定规则")
	page.Breadcrumbs = []view.Link{{Label: "登记点", Href: "/points"}}
	return ui.ShowSheet(
		c,
		page,
		ui.Sheet{Lead: "预审和登记点的审查用同一套规则。条款号来自《技术合同认定规则》（国科发政字〔2001〕253号）等文件，标注“未核实”的请以正式文本为准。", Main: []ui.Block{{Parts: view.Parts{t}}}},
	)
}

func (p *Pages) verify(c *web.Ctx) error {
	q := c.QueryForm()
	if number := q.Text("number"); number != "" {
		return c.See("/v/" + url.PathEscape(number) + "?c=" + url.QueryEscape(q.Text("c")))
	}
	return p.showVerify(c, 200, "", "", nil)
}

func (p *Pages) showVerify(c *web.Ctx, status int, number, code string, err error) error {
	page := c.Page("证明核验")
	page.Nav = "verify"
	f := view.Form{Action: "/verify", Get: true, Actions: []view.Action{{Label: "核验"}}, Sections: []view.Section{{Fields: []view.Field{
		{Name: "number", Label: "登记编号", Value: number, Required: true, Hint: "16 位数字，在证明标题下方", InputMode: "numeric", Width: "m"},
		{Name: "c", Label: "校验码", Value: code, Required: true, Hint: "8 位，在证明左下方二维码旁", Width: "s"}}}}}
	body := ui.Sheet{Lead: "核对一张技术合同认定登记证明现在是否有效。不需要登录；扫证明上的二维码也可以。"}
	if err != nil {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Bad, Title: c.Fault(err).Message}}})
	}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{f}})
	return ui.ShowSheetStatus(c, status, page, body)
}

func (p *Pages) verified(c *web.Ctx) error {
	if err := c.Limit("verify", 30, time.Minute); err != nil {
		return err
	}
	number, code := c.Param("number"), c.Query().Get("c")
	if code == "" { // a number alone, from a link or a search: nothing was asked yet
		return p.showVerify(c, 200, number, "", nil)
	}
	result, err := p.Registry.Check(c.Context(), number, code)
	if fault.Is(err, fault.NotFound) {
		return p.showVerify(c, 404, number, code, err)
	}
	if err != nil {
		return err
	}
	if result.Certificate.State == registry.UnderExamination {
		return ui.ShowSheet(c, examinedPage(c), examined(c.T("登记编号 %s", ui.GroupNumber(result.View.Number))))
	}
	page := c.Page("核验结果")
	page.Nav, page.NoIndex = "verify", true
	page.Breadcrumbs = []view.Link{{Label: "证明核验", Href: "/verify"}}
	paper, err := checkedPaper(c, result)
	if err != nil {
		return err
	}
	body := ui.Sheet{Heading: view.T(c.T("这张证明：%s", result.StateWords)),
		Main: []ui.Block{{Parts: view.Parts{verdict(c, result)}}, {Title: c.T("和您手里的纸逐项对一对"), Parts: view.Parts{paper}}}}
	if len(result.Versions) > 1 {
		body.Main = append(body.Main, ui.Block{Title: "全部版本", Parts: view.Parts{checkedVersions(c).Table("版本", result.Versions)}})
	}
	return ui.ShowSheet(c, page, body)
}

// verdict is what the state means for who holds the paper.
func verdict(c *web.Ctx, result registry.CheckResult) view.Stamp {
	s := view.Stamp{State: view.StampVoid, Word: certificateTag(result.Certificate.State).Label, Mean: c.T("不能使用。这项登记已被撤销。"),
		Number: ui.GroupNumber(result.View.Number), At: c.Now(), Sample: result.View.Sample}
	switch result.Certificate.State {
	case "valid":
		s.State, s.Mean = view.StampValid, c.T("可以采信。这张证明现在有效。")
		if result.StateWords != s.Word { // a change or a reconsideration is under way
			s.Mean = result.StateWords
		}
	case "superseded":
		s.State, s.Mean = view.StampChanged, c.T("您手里的是旧版，请以最新版为准。")
	case "cancelled":
		s.State, s.Mean = view.StampEnded, c.T("这项登记已经注销，注销之日起不再有效。")
	}
	return s
}

// checkedPaper is the certificate as the check page shows it.
func checkedPaper(c *web.Ctx, result registry.CheckResult) (view.Certificate, error) {
	v := result.View
	qr, err := view.QR(c.BaseURL()+"/v/"+v.Number+"?c="+v.CheckCode, "核验二维码")
	if err != nil {
		return view.Certificate{}, err
	}
	paper := view.Certificate{
		Number:   ui.GroupNumber(v.Number),
		State:    certificateTag(result.Certificate.State),
		StateDay: result.StateWords,
		Sample:   v.Sample,
		Check:    groupCode(v.CheckCode),
		VerifyAt: "/verify",
		QR:       &qr,
		Clause:   "上述技术合同经本登记点审查，符合技术合同认定规则，准予登记。单位名称和信用代码已部分隐去。",
		Facts: view.Facts{Items: []view.Fact{
			{Label: "合同名称", Value: v.Title},
			{Label: "合同类别", Value: v.ClassName + " " + v.Class},
			{Label: "卖方", Value: v.Seller, Note: v.SellerCode},
			{Label: "买方", Value: v.Buyer, Note: v.BuyerCode},
			{Label: "合同成交额", Value: ui.AmountWords(v.Amount), Num: true, Note: strings.TrimSpace(v.Amount.Han() + "　" + v.Foreign)},
			{Label: "其中：技术交易额", Value: ui.AmountWords(v.Technical), Num: true, Note: v.Technical.Han()},
			{Label: "登记点", Value: v.Point},
			{Label: "登记日期", Value: v.RegisteredOn, Num: true},
			{Label: "版本", Value: c.T("第 %d 版", v.Version)},
		}},
		Digests: []view.Digest{
			{Label: "平台校验码（非印章）", Value: result.Certificate.Digest},
			{Label: "登记簿", Value: c.T("第 %d 行", result.Certificate.LedgerSeq)},
		},
	}
	if paper.StateDay == paper.State.Label { // 有效 is not said twice
		paper.StateDay = ""
	}
	return paper, nil
}

func checkedVersions(c *web.Ctx) ui.Columns[registry.VersionLine] {
	return ui.Columns[registry.VersionLine]{
		{Label: "版本", Cell: func(x registry.VersionLine) view.Cell { return view.Cell{Text: c.T("第 %d 版", x.Version)} }},
		{Label: "签发", Cell: func(x registry.VersionLine) view.Cell { return view.Cell{Text: view.Day(x.IssuedAt)} }},
		{Label: "状态", Cell: func(x registry.VersionLine) view.Cell {
			return view.Cell{Tags: []view.Tag{certificateTag(x.State)}}
		}},
	}
}

func examinedPage(c *web.Ctx) view.Page {
	page := c.Page("核验结果")
	page.Nav, page.NoIndex, page.Breadcrumbs = "verify", true, []view.Link{{Label: "证明核验", Href: "/verify"}}
	return page
}

// examined is the answer about a record that does not say what the ledger vouches for.
func examined(title string) ui.Sheet {
	return ui.Sheet{Heading: view.T(title), Main: []ui.Block{{Parts: view.Parts{view.Notice{Tone: view.Bad, Title: registry.ExaminationWords,
		Text: "平台管理员已收到通知。急需使用的，请向原登记点查询。"}}}}}
}

func groupCode(code string) string {
	if len(code) != 8 {
		return code
	}
	return code[:4] + "-" + code[4:]
}
