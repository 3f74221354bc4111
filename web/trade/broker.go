package trade

import (
	"fmt"
	"net/url"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/trade/broker"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) brokerRoutes() []web.Route {
	anyone := web.Anyone()
	self := web.Brokers()
	return []web.Route{
		web.GET("/brokers", anyone, p.brokers).Public("field", "league", "after"),
		web.GET("/brokers/:id", anyone, p.broker).Public(),
		web.GET("/account/broker", self, func(c *web.Ctx) error { return p.showBrokerForm(c, nil, nil) }),
		web.POST("/account/broker", self, p.saveBroker),
		web.GET("/desk/broker", self, p.brokerDesk),
	}
}

// qualification says what the certificate is worth today.
func qualification(c *web.Ctx, b broker.Card) view.Tag {
	switch {
	case b.Level == "":
		return view.Tag{Label: "未填资质"}
	case b.Qualified:
		return view.Tag{Label: c.T("%s，有效", codes.BrokerLevel.Label(b.Level)), Tone: view.OK}
	default:
		return view.Tag{Label: c.T("%s，不在有效期", codes.BrokerLevel.Label(b.Level)), Tone: view.Warn}
	}
}

func (p *Pages) brokers(c *web.Ctx) error {
	const size = 20
	q := c.QueryForm()
	filter := broker.Filter{Field: q.Text("field"), League: q.Text("league"), After: q.ID("after"), Limit: size}
	if filter.Field != "" && !codes.Field.Has(filter.Field) {
		q.Errors.Add("field", "unknown", "没有这个技术领域，请从列表中选择")
	}
	if filter.League != "" && !region.Valid(filter.League) {
		q.Errors.Add("league", "unknown", "没有这个盟市，请从列表中选择")
	}
	if err := ui.FormErr(q); err != nil {
		return err
	}
	cards, err := p.Brokers.Directory(c.Context(), filter)
	if err != nil {
		return err
	}
	page := c.Page("技术经纪人")
	page.Nav = "registers"
	rail, chips := brokerFilter(filter)
	rows := view.Rows{Label: "技术经纪人", Empty: view.Empty{Icon: "users", Title: "没有符合条件的技术经纪人", Text: "去掉一个条件再看；服务全区的经纪人在每个盟市下都会列出。"}}
	for _, b := range cards {
		rows.Items = append(rows.Items, brokerRow(c, b))
	}
	body := ui.Listing{Lead: "帮供需双方对接、谈成、签约的人。促成和登记的项数由本平台按实际交易计数，不能自己填写。", Rail: rail, Rows: &rows, Pager: view.Pager{Total: -1}}
	if len(chips) > 0 {
		body.Head = &view.ListHead{Found: len(cards), Unit: "位", OnPage: true, Chips: chips, Clear: "/brokers"}
	}
	if len(cards) == size {
		filter.After = cards[size-1].AccountID
		body.Pager.Next = brokersAddress(filter)
	}
	if c.Actor().Has(actor.Broker) {
		body.Actions = []view.Action{{Label: "填写我的资料", Href: "/account/broker", Kind: view.Quiet}}
	}
	return ui.ShowList(c, page, body)
}

// brokersAddress is the directory under a filter.
func brokersAddress(f broker.Filter) string {
	v := url.Values{}
	for name, value := range map[string]string{"field": f.Field, "league": f.League} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if f.After != 0 {
		v.Set("after", strconv.FormatInt(f.After, 10))
	}
	if len(v) == 0 {
		return "/brokers"
	}
	return "/brokers?" + v.Encode()
}

// brokerFilter offers the fields and leagues, and a chip for each that is chosen, which takes it away.
func brokerFilter(now broker.Filter) (*view.Rail, []view.Chip) {
	fields := view.FilterGroup{Legend: "擅长领域", Name: "field", Single: true, Fold: 12,
		Options: []view.Option{{Label: "全部", Checked: now.Field == ""}}}
	for _, f := range codes.Field.Children("") {
		fields.Options = append(fields.Options, view.Option{Value: f.Code, Label: f.Label, Checked: f.Code == now.Field})
	}
	leagues := view.FilterGroup{Legend: "服务盟市", Name: "league", Single: true, Fold: 13,
		Options: []view.Option{{Label: "全部", Checked: now.League == ""}}}
	for _, l := range region.Leagues() {
		leagues.Options = append(leagues.Options, view.Option{Value: l.Code, Label: l.Name, Checked: l.Code == now.League})
	}
	var chips []view.Chip
	if now.League != "" {
		chips = append(chips, view.Chip{Label: region.Name(now.League), On: true, Href: brokersAddress(broker.Filter{Field: now.Field})})
	}
	if now.Field != "" {
		chips = append(chips, view.Chip{Label: codes.Field.Label(now.Field), On: true, Href: brokersAddress(broker.Filter{League: now.League})})
	}
	return &view.Rail{Action: "/brokers", Clear: "/brokers", Groups: []view.FilterGroup{leagues, fields}, Active: len(chips)}, chips
}

func brokerRow(c *web.Ctx, b broker.Card) view.Row {
	return view.Row{
		Title:     view.T(b.Name),
		Href:      fmt.Sprintf("/brokers/%d", b.AccountID),
		Lead:      view.T(ui.Clip(b.Introduction, 90)),
		Meta:      ui.NotEmpty(b.Organisation, ui.Join(ui.Labels(codes.Field, b.Fields)), c.T("服务%s", ui.PlaceNames(b.Divisions))),
		Tags:      []view.Tag{qualification(c, b)},
		Sample:    b.Sample,
		Right:     c.T("促成 %d 项", b.Record.Agreed),
		RightNote: c.T("引荐 %d · 已登记 %d", b.Record.Introduced, b.Record.Registered),
	}
}

func (p *Pages) broker(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	b, err := p.Brokers.Get(c.Context(), id)
	if err != nil {
		return err
	}
	page := c.Page(b.Name)
	page.Nav = "brokers"
	page.Breadcrumbs = []view.Link{{Label: "技术经纪人", Href: "/brokers"}}
	body := ui.Sheet{Heading: view.T(b.Name), Tags: []view.Tag{qualification(c, b)}, Sample: b.Sample, Lead: b.Organisation}
	figure := func(n int64, label string) view.Figure {
		return view.Figure{Value: view.Count(int(n)), Unit: "项", Label: label, AsOf: c.Now(), Source: "本市场", Sample: b.Sample}
	}
	body.Main = []ui.Block{
		{
			Title: "业绩",
			Intro: "引荐：双方由其介绍开始对接。促成：引荐后谈成并确认条款。已登记：促成的技术合同完成登记。都由本平台按实际交易计数。",
			Parts: view.Parts{view.Figures{figure(b.Record.Introduced, "引荐"), figure(b.Record.Agreed, "促成"), figure(b.Record.Registered, "已登记")}},
		},
	}
	intro := view.T(b.Introduction)
	if b.Introduction == "" {
		intro = view.T("还没有写介绍。")
	}
	var places []string
	for _, d := range b.Divisions {
		places = append(places, region.FullName(d))
	}
	body.Main = append(
		body.Main,
		ui.Block{Title: "介绍", Parts: view.Parts{view.Prose{intro}}},
		ui.Block{Title: "擅长与服务地区", Parts: view.Parts{view.Facts{
			Items: []view.Fact{{Label: "技术领域", Value: ui.Join(ui.Labels(codes.Field, b.Fields))}, {Label: "服务地区", Value: ui.Join(places)}},
		}}},
	)
	if b.Level == "" {
		body.Side = append(body.Side, ui.Block{Card: true, Title: "资质", Intro: "本人没有填写技术经纪人证书。"})
	} else {
		valid := "长期有效"
		switch {
		case b.ValidFrom != "" && b.ValidTo != "":
			valid = c.T("%s至 %s", ui.ChineseDay(b.ValidFrom), ui.ChineseDay(b.ValidTo))
		case b.ValidTo != "":
			valid = c.T("至 %s", ui.ChineseDay(b.ValidTo))
		case b.ValidFrom != "":
			valid = c.T("自 %s起", ui.ChineseDay(b.ValidFrom))
		}
		note := "由本人填写，平台按日期判断是否在有效期。"
		body.Side = append(body.Side, ui.Block{Card: true, Title: "资质", Intro: note,
			Parts: view.Parts{view.Facts{Wide: true, Items: []view.Fact{{Label: "等级", Tags: []view.Tag{qualification(c, b)}},
				{Label: "证书编号", Value: b.CertificateNo, Num: true}, {Label: "发证单位", Value: b.Issuer}, {Label: "有效期", Value: valid}}}}})
	}
	body.Side = append(
		body.Side,
		ui.Block{
			Card:  true,
			Title: "所在机构",
			Parts: view.Parts{view.Links{{Label: b.Organisation, Href: fmt.Sprintf("/units/%d", b.OrganisationID)}}},
		},
	)
	if c.Actor().AccountID == b.AccountID {
		body.Actions = []view.Action{{Label: "修改资料", Href: "/account/broker", Kind: view.Quiet}}
	}
	return ui.ShowSheet(c, page, body)
}

// ownBroker is the actor's profile, empty when there is none yet.
func (p *Pages) ownBroker(c *web.Ctx) (broker.Profile, error) {
	card, err := p.Brokers.Get(c.Context(), c.Actor().AccountID)
	if fault.Is(err, fault.NotFound) {
		return broker.Profile{}, nil
	}
	return card.Profile, err
}

func (p *Pages) showBrokerForm(c *web.Ctx, form *web.Form, ferr error) error {
	b, err := p.ownBroker(c)
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, form, ferr)
	fields := ui.TopOptions(codes.Field, "")
	places := []view.Option{{Value: region.Root, Label: "全区"}}
	for _, l := range region.Leagues() {
		places = append(places, view.Option{Value: l.Code, Label: l.Name})
	}
	counties := keepCounties(b.Divisions)
	if form != nil {
		counties = form.List("county")
	}
	var single []view.Field
	for i := range min(len(counties)+1, mostCounties) { // one empty line more
		single = append(
			single,
			view.Field{
				Kind:    view.Combo,
				Name:    "county",
				ID:      fmt.Sprintf("county-%d", i),
				Label:   c.T("旗县 %d", i+1),
				Value:   ui.RowAt(counties, i),
				Options: ui.DivisionOptions("不填", false),
				Width:   "m",
			},
		)
	}
	f := ui.FormOf("/account/broker", "保存并公开",
		view.Section{Title: "服务什么", Fields: []view.Field{
			a.Checks("fields", "擅长的技术领域", b.Fields, fields, ui.Required),
			a.Checks("divisions", "服务地区", b.Divisions, places, ui.Required, ui.Hint("选盟市即包括其全部旗县；只服务个别旗县的，在后面一栏选")),
			a.Area("introduction", "介绍", b.Introduction, ui.Limit(2000), ui.Lines(5), ui.Hint("做过什么、能帮双方做什么；不要写联系方式，对接后双方自然看到")),
		}},
		view.Section{Title: "只服务个别旗县的", Hint: "选好后保存，会再多出一行。", Fields: single},
		view.Section{Title: "技术经纪人证书", Hint: "没有证书就全部留空。过期的证书会照实显示“不在有效期”。", Fields: []view.Field{
			a.Choose("level", "等级", b.Level, ui.ListOptions(codes.BrokerLevel, "没有证书"), ui.Width("m")),
			a.Text("certificateNo", "证书编号", b.CertificateNo, ui.Limit(100), ui.Width("m")),
			a.Text("issuer", "发证单位", b.Issuer, ui.Limit(100)),
			a.Kind(view.Date, "validFrom", "有效期起", b.ValidFrom, ui.Width("m")),
			a.Kind(view.Date, "validTo", "有效期止", b.ValidTo, ui.Width("m"), ui.Hint("长期有效的不填")),
		}})
	f.Hidden = []view.Pair{{Name: "version", Value: a.Value("version", strconv.Itoa(b.Version))}}
	f.Guard = true
	body := ui.Sheet{Tabs: ui.AccountTabs(c.Actor(), "/account/broker"), Lead: "资料保存后在技术经纪人名录公开。业绩由本平台计数。", Main: a.Blocks(f)}
	if fault.Is(ferr, fault.Conflict) && a.Notice != nil {
		a.Notice.Actions = []view.Action{{Label: "看已保存的资料", Href: "/account/broker", Kind: view.Quiet, Small: true}}
	}
	if b.Version > 0 {
		body.Actions = []view.Action{{Label: "看公开的样子", Href: fmt.Sprintf("/brokers/%d", b.AccountID), Kind: view.Quiet}}
	}
	status := 200
	switch {
	case fault.Is(ferr, fault.Conflict):
		status = 409
	case ferr != nil:
		status = 422
	}
	return ui.ShowSheetStatus(c, status, c.Page("技术经纪人资料"), body)
}

// mostCounties bounds the lines for single counties; who serves more serves the league.
const mostCounties = 12

// keepCounties are those of the divisions that are neither the region nor a league.
func keepCounties(divisions []string) []string {
	var out []string
	for _, d := range divisions {
		if league, ok := region.League(d); ok && league.Code != d {
			out = append(out, d)
		}
	}
	return out
}

func (p *Pages) saveBroker(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	profile := broker.Profile{
		Fields:       form.List("fields"),
		Divisions:    append(form.List("divisions"), form.List("county")...),
		Introduction: form.Text("introduction"),
		Level: form.Text(
			"level",
		),
		CertificateNo: form.Text("certificateNo"),
		Issuer:        form.Text("issuer"),
		ValidFrom:     form.Text("validFrom"),
		ValidTo:       form.Text("validTo"),
		Version:       form.Int("version"),
	}
	if err = ui.FormErr(form); err == nil {
		_, err = p.Brokers.Save(c.Context(), c.Actor(), profile)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showBrokerForm(c, form, err)
		}
		return err
	}
	c.Flash(view.OK, "资料已保存并公开。")
	return c.See(fmt.Sprintf("/brokers/%d", c.Actor().AccountID))
}
