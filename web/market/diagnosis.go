package market

import (
	"fmt"
	"strconv"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// A need that is not yet clear goes to a broker, who tells the company what is missing.

func (p *Pages) diagnosisRoutes() []web.Route {
	broker := web.Brokers()
	return []web.Route{
		web.GET("/diagnoses", broker, p.diagnoses),
		web.GET("/diagnoses/:id", broker, func(c *web.Ctx) error { return p.diagnosis(c, nil, nil) }),
		web.POST("/diagnoses/:id", broker, p.diagnose),
	}
}

func (p *Pages) diagnoses(c *web.Ctx) error {
	found, err := p.Listings.Diagnoses(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "需求诊断", Empty: view.Empty{Icon: "circle-check", Title: "没有诊断任务", Text: "审核认为需求还不够清楚时，会请技术经纪人帮企业看一看，任务出现在这里。"}}
	for _, d := range found {
		tag := view.Tag{Label: "待答复", Tone: view.Warn}
		if d.AnsweredAt != nil {
			tag = view.Tag{Label: "已答复", Tone: view.OK}
		}
		rows.Items = append(
			rows.Items,
			view.Row{
				Title:  view.T(d.Title),
				Href:   listing.DiagnosisPath(d.ID),
				Tags:   []view.Tag{tag},
				Sample: d.Sample,
				Meta:   []string{view.Ago(c.Now(), d.AskedAt) + "请求"},
			},
		)
	}
	return ui.ShowList(c, c.Page("需求诊断"), ui.Listing{Rows: &rows, Pager: view.Pager{Total: -1}})
}

func (p *Pages) diagnosis(c *web.Ctx, form *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	d, k, err := p.Demands.ForDiagnosis(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page("诊断：" + d.Title)
	page.Breadcrumbs = []view.Link{{Label: "需求诊断", Href: "/diagnoses"}}
	k.Contact = listing.Contact{} // the answer goes through the platform
	body := ui.Sheet{
		Heading: view.T(d.Title),
		Lead:    "这条需求还没有公开。请看看缺什么、建议怎样补写，企业会收到您的意见。",
		Sample:  d.Sample,
		Main:    demandBlocks(c, k, c.Actor()),
	}
	meter := gateMeter(c, k.Gate(), "")
	for i := range meter.Parts {
		meter.Parts[i].Href = ""
	}
	body.Side = append(body.Side, ui.Block{Card: true, Title: "写清楚了吗", Parts: view.Parts{meter}})
	if d.AnsweredAt != nil {
		body.Side = append(
			body.Side,
			ui.Block{Card: true, Title: "您的意见", Intro: view.Day(*d.AnsweredAt) + "答复", Parts: view.Parts{view.Prose{view.T(d.Advice)}}},
		)
		return ui.ShowSheet(c, page, body)
	}
	a := ui.NewAsk(c, form, ferr)
	f := view.NewForm(
		listing.DiagnosisPath(id),
		"答复企业",
		a.Area("advice", "缺什么，建议怎样补写", "", func(f *view.Field) { f.Required, f.Rows, f.Max = true, 8, 2000 }),
	)
	body.Side = append([]ui.Block{{Card: true, Title: "诊断意见", Parts: view.Parts{f}}}, body.Side...)
	return ui.ShowSheet(c, page, body)
}

func (p *Pages) diagnose(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	err = p.Listings.Diagnose(c.Context(), c.Actor(), id, f.Text("advice"))
	if fault.Is(err, fault.Invalid) {
		return p.diagnosis(c, f, err)
	}
	if err != nil {
		return ui.FlashRefusal(c, err, listing.DiagnosisPath(id))
	}
	c.Flash(view.OK, "已答复，企业会收到消息。")
	return c.See("/diagnoses")
}

// diagnosisBlocks show the company and the editor what brokers said.
func (p *Pages) diagnosisBlocks(c *web.Ctx, id int64) ([]ui.Block, error) {
	found, err := p.Listings.DiagnosesOf(c.Context(), c.Actor(), id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	t := &view.Timeline{}
	for _, d := range found {
		e := view.Event{At: d.AskedAt, Who: d.Name, What: "已请技术经纪人诊断", Note: "等待答复", Tone: view.Warn}
		if d.AnsweredAt != nil {
			e = view.Event{At: *d.AnsweredAt, Who: d.Name, What: "诊断意见", Note: d.Advice, Tone: view.OK}
		}
		t.Events = append(t.Events, e)
	}
	return []ui.Block{{Card: true, Title: "技术经纪人的诊断", Parts: view.Parts{t}}}, nil
}

// brokerChoice offers the editor brokers of the need's field and place.
func (p *Pages) brokerChoice(c *web.Ctx, l listing.Listing) ([]view.Field, error) {
	if p.Brokers == nil {
		return nil, nil
	}
	found, err := p.Brokers.Suggest(c.Context(), ui.FirstTwo(l.Field), l.Division, 10)
	if err != nil {
		return nil, err
	}
	options := []view.Option{{Value: "", Label: "不请"}}
	for _, s := range found {
		if s.Sample == l.Sample {
			options = append(options, view.Option{Value: strconv.FormatInt(s.AccountID, 10), Label: fmt.Sprintf("%s（%s）", s.Name, s.Organisation)})
		}
	}
	if len(options) == 1 {
		return nil, nil
	}
	return []view.Field{
		{Kind: view.Select, Name: "broker", Label: "请技术经纪人诊断", Hint: "判断为“需要再诊断”并退回时，请这位技术经纪人帮企业把需求写清楚", Options: options},
	}, nil
}
