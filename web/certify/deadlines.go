package certify

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// deadlineRoutes are the clock of the desk: what is open by urgency, and the calendar it counts with.
func (p *Pages) deadlineRoutes() []web.Route {
	region := web.RegionOfficers()
	return []web.Route{
		web.GET("/registry/deadlines", web.Desk(), p.deadlines),
		web.GET("/registry/holidays", region, func(c *web.Ctx) error { return p.showHolidays(c, nil) }),
		web.POST("/registry/holidays", region, p.saveHolidays).WithFiles(),
	}
}

func levelTone(l deadline.Level) view.Tone {
	switch l {
	case deadline.Legal, deadline.Target:
		return view.Bad
	case deadline.Near, deadline.Half:
		return view.Warn
	default:
		return view.Plain
	}
}

func (p *Pages) deadlines(c *web.Ctx) error {
	d, err := p.Registry.Deadlines(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	page := c.Page("在办时限")
	page.Breadcrumbs = []view.Link{{Label: "登记工作台", Href: "/registry"}}
	body := ui.Sheet{Lead: fmt.Sprintf("在办 %d 件。目标期限和法定期限按受理时的时限规则计算，补正期间不计时。", d.Open)}
	t := ui.Columns[deadline.Level]{
		{Label: "紧急程度", Cell: func(l deadline.Level) view.Cell {
			return view.Cell{Tags: []view.Tag{{Label: words.Urgency(l), Tone: levelTone(l)}}}
		}},
		ui.CountColumn("件数", func(l deadline.Level) int { return d.Counts[l] }),
	}.Table("按紧急程度", deadline.Levels())
	body.Main = append(body.Main, ui.Block{Title: "按紧急程度", Parts: view.Parts{t}})
	urgent := urgentColumns.Table("要尽快办理的", d.Urgent)
	urgent.Empty = view.Empty{Icon: "circle-check", Title: "没有到期或将到期的申请", Text: "三个工作日内到期的会列在这里。"}
	body.Main = append(body.Main, ui.Block{Title: "要尽快办理的", Parts: view.Parts{urgent}})
	points := pointColumns().Table("按登记点", d.Points)
	if len(points.Rows) > 0 {
		body.Main = append(body.Main, ui.Block{Title: "按登记点", Parts: view.Parts{view.WideTable{Table: points}}})
	}
	policies, err := p.Deadlines.Policies(c.Context())
	if err != nil {
		return err
	}
	body.Main = append(
		body.Main,
		ui.Block{
			Fold:  "时限规则、节假日和费率",
			Parts: view.Parts{view.WideTable{Table: policyTable(policies, false)}, view.Links(regionLinks(c.Actor()))},
		},
	)
	return ui.ShowSheet(c, page, body)
}

// urgentColumns is the list of cases that are past a date or near it.
var urgentColumns = ui.Columns[registry.UrgentCase]{
	{Label: "合同", Cell: urgentCell},
	{Label: "登记点", Cell: func(u registry.UrgentCase) view.Cell { return view.Cell{Text: u.PointName} }},
	{Label: "状态", Cell: func(u registry.UrgentCase) view.Cell { return view.Cell{Tags: []view.Tag{stateTag(u.State)}} }},
	{Label: "期限", Cell: func(u registry.UrgentCase) view.Cell {
		return view.Cell{Tags: []view.Tag{{Label: u.Due.Words, Tone: levelTone(u.Level)}}, Note: u.Due.On.Format("2006-01-02")}
	}},
	{Label: "法定期限", Cell: legalDay},
}

func urgentCell(u registry.UrgentCase) view.Cell {
	cell := view.Cell{Text: u.Title, Href: fmt.Sprintf("/filings/%d", u.ID), Note: u.IntakeNo}
	if u.Sample {
		cell.Tags = append(cell.Tags, ui.SampleTag())
	}
	return cell
}

func legalDay(u registry.UrgentCase) view.Cell {
	if u.Due.LegalOn == nil {
		return view.Cell{}
	}
	return view.Cell{Text: u.Due.LegalOn.Format("2006-01-02")}
}

// pointColumns counts the open cases of each registration point by level.
func pointColumns() ui.Columns[registry.PointDeadlines] {
	cols := ui.Columns[registry.PointDeadlines]{
		{Label: "登记点", Cell: func(x registry.PointDeadlines) view.Cell {
			return view.Cell{Text: x.Point.Name, Href: fmt.Sprintf("/points/%d", x.Point.ID)}
		}},
		ui.CountColumn("在办", func(x registry.PointDeadlines) int { return x.Open }),
	}
	for _, l := range deadline.Levels() {
		cols = append(
			cols,
			ui.Column[registry.PointDeadlines]{Label: words.Urgency(l), Numeric: true, Cell: func(x registry.PointDeadlines) view.Cell {
				return view.Cell{Text: strconv.Itoa(x.Counts[l]), Strong: x.Counts[l] > 0 && levelTone(l) == view.Bad}
			}},
		)
	}
	return cols
}

func regionLinks(a actor.Actor) []view.Link {
	if !a.Has(actor.RegionOfficer) {
		return nil
	}
	return []view.Link{
		{Label: "时限规则", Href: "/registry/policies", Note: "新文件规定了别的期限或大额界线时，新增一条"},
		{Label: "节假日表", Href: "/registry/holidays", Note: "导入国务院办公厅每年公布的放假和调休"},
		{Label: "后补助费率", Href: "/registry/rates", Note: "按正式文件新增或修改"},
	}
}

func (p *Pages) showHolidays(c *web.Ctx, ferr error) error {
	days, err := p.Deadlines.Holidays(c.Context())
	if err != nil {
		return err
	}
	page := c.Page("节假日表")
	page.Breadcrumbs = []view.Link{{Label: "在办时限", Href: "/registry/deadlines"}}
	upload := view.NewForm(
		"/registry/holidays",
		"导入",
		view.Field{
			Kind:     view.File,
			Name:     "file",
			Label:    "文件",
			Required: true,
			Accept:   ".xlsx,.csv",
			Hint:     "Excel 或 CSV，表头：日期、类型（放假、调休上班）、名称。已有的日期以新导入的为准",
		},
	)
	body := ui.Sheet{Lead: "工作日按星期推算，再按本表更正。表变动后，已经开始计时的件不改变期限。"}
	status := 200
	if ferr != nil {
		status = 422
		f := c.Fault(ferr)
		n := &view.Notice{Tone: view.Bad, Title: f.Message, Text: "没有写入任何日期。"}
		for _, x := range f.Fields {
			n.Items = append(n.Items, view.Link{Label: x.Message})
		}
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{n}})
	}
	body.Main = append(body.Main, ui.Block{Title: "导入", Parts: view.Parts{upload}})
	type row = deadline.Holiday
	t := ui.Columns[row]{
		ui.TextColumn("日期", func(d row) string { return d.Day.Format(time.DateOnly) }),
		ui.TextColumn("类型", func(d row) string { return map[string]string{"holiday": "放假", "workday": "调休上班"}[d.Kind] }),
		ui.TextColumn("名称", func(d row) string { return d.Name }),
	}.Table("节假日", days)
	t.Empty = view.Empty{Title: "还没有节假日", Text: "没有导入的年份只按星期计算工作日。"}
	body.Main = append(body.Main, ui.Block{Title: "已有的日期", Parts: view.Parts{t}})
	return ui.ShowSheetStatus(c, status, page, body)
}

func (p *Pages) saveHolidays(c *web.Ctx) error {
	name, file, err := ui.UploadedFile(c)
	if ui.Refused(err) {
		return p.showHolidays(c, err)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, 4<<20))
	if err != nil {
		return fmt.Errorf("read holidays: %w", err)
	}
	days, err := deadline.ReadHolidays(c.Context(), name, raw)
	if err == nil {
		err = p.Deadlines.SaveHolidays(c.Context(), c.Actor(), days)
	}
	if fault.Is(err, fault.Invalid) {
		return p.showHolidays(c, err)
	}
	if err != nil {
		return err
	}
	c.Flash(view.OK, fmt.Sprintf("已导入 %d 天。", len(days)))
	return c.See("/registry/holidays")
}
