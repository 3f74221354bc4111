package place

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/document"
)

// Paper kinds.
const (
	Sheet  = "sheet"  // 一页纸: the place on A4
	Poster = "poster" // 海报: name, code, telephone
)

// Print draws a place as PDF on A4: the sheet, or the poster to hang up. What no font draws is drawn as 〓. Anybody may ask. Faults: as
// Read; Unavailable "fonts_missing"; Invalid "paper" for another kind.
func (s *Service) Print(ctx context.Context, who actor.Actor, code, kind string, sample bool) (name string, pdf []byte, err error) {
	p, err := s.Read(ctx, who, code, sample)
	if err != nil {
		return "", nil, err
	}
	draw, ok := map[string]func(*document.PDF, Place, string){Sheet: sheet, Poster: poster}[kind]
	if !ok {
		return "", nil, fault.New(fault.Invalid, "paper", "请选择一页纸或海报")
	}
	if s.config.Fonts == nil {
		return "", nil, fault.New(fault.Unavailable, "fonts_missing", "服务器没有配置 PDF 字体，文书暂时不能生成。请系统管理员运行 techmarket doctor 查看")
	}
	fonts, err := s.config.Fonts()
	if err != nil {
		return "", nil, fmt.Errorf("place: print: %w", err)
	}
	title := fullName(p.Division) + "技术市场服务"
	paper := fonts.New(document.PDFOptions{Title: title, At: p.Figures.AsOf, Sample: p.holdsSamples(), Numbers: kind == Sheet})
	draw(paper, p, s.config.BaseURL+Path(code))
	pdf, err = paper.Bytes()
	return title + map[string]string{Sheet: "一页纸", Poster: "海报"}[kind] + ".pdf", pdf, err
}

// fullName is league and county, a zone that names its league's town by its own name.
func fullName(d region.Division) string {
	league, _ := region.League(d.Code)
	if strings.Contains(d.Name, strings.TrimSuffix(league.Short, "盟")) {
		return d.Name
	}
	return league.Name + d.Name
}

// Name is league and county as people read them.
func (p Place) Name() string { return fullName(p.Division) }

func (p Place) holdsSamples() bool {
	if p.Figures.Sample || p.Point != nil && p.Point.Sample {
		return true
	}
	for _, l := range p.Listed {
		for _, h := range l.Items {
			if h.Sample {
				return true
			}
		}
	}
	for _, h := range p.Helpers {
		for _, i := range h.Items {
			if i.Sample {
				return true
			}
		}
	}
	return false
}

// where are the facts of the point as lines.
func (p Place) where() []document.Pair {
	if p.Point == nil {
		return []document.Pair{{Label: "登记点", Value: "本地和上级还没有登记点，请联系自治区科技厅"}}
	}
	name := p.Point.Name
	if !p.Here {
		name += "（本地没有登记点，到这里办理）"
	}
	lines := []document.Pair{{Label: "登记点", Value: name}, {Label: "地址", Value: p.Point.Address}, {Label: "电话", Value: p.Point.Phone},
		{Label: "办公时间", Value: p.Point.Hours}}
	return slices.DeleteFunc(lines, func(l document.Pair) bool { return l.Value == "" })
}

func poster(d *document.PDF, p Place, address string) {
	d.Space(18)
	d.Title(p.Name())
	d.Title("技术市场服务")
	d.Space(8)
	d.QR(address, 80, "扫码查看本地的登记点、帮办人员、技术需求和科技成果、扶持政策。\n\n"+address)
	d.Space(10)
	d.Pairs(p.where())
	d.Paragraph("有技术难题：扫码后点“发布需求”，按难题找成果，也可以请技术经纪人帮忙说清楚。")
	d.Paragraph("签了技术合同：由卖方到登记点认定登记，凭登记证明办理税收优惠和补助。")
	d.Note("截至 " + clock.Local(p.Figures.AsOf).Format("2006 年 1 月 2 日") + "。以页面上的最新信息为准。")
}

// mostPrinted is how many kinds of helpers the sheet has room for.
const mostPrinted = 5

func sheet(d *document.PDF, p Place, address string) {
	d.Title(p.Name() + "技术市场服务")
	d.Heading("到哪里办合同登记")
	d.Pairs(p.where())
	for _, l := range p.Listed {
		d.Heading(fmt.Sprintf("本地%s（%d 项）", l.Kind.Label, l.Total))
		if len(l.Items) == 0 {
			d.Paragraph("还没有公开的" + l.Kind.Label + "。有的请扫码发布，免费。")
		}
		for _, h := range l.Items {
			d.Paragraph("· " + h.Title)
		}
	}
	d.Heading("谁能帮忙")
	var helpers [][]string
	var brokers []string
	for _, b := range p.Brokers[:min(2, len(p.Brokers))] {
		brokers = append(brokers, b.Name)
	}
	if len(brokers) > 0 {
		helpers = append(helpers, []string{"技术经纪人", strings.Join(brokers, "、"), ""})
	}
	for _, h := range p.Helpers[:min(mostPrinted, len(p.Helpers))] {
		var names []string
		for _, item := range h.Items[:min(2, len(h.Items))] {
			names = append(names, item.Name)
		}
		helpers = append(helpers, []string{h.Kind.Label, strings.Join(names, "、"), strconv.Itoa(h.Total)})
	}
	if len(helpers) == 0 {
		d.Paragraph("本地还没有在册的服务人员和机构，可以在网上请全区的技术经纪人帮忙。")
	} else {
		d.Table([]document.Column{{Title: "类别", Share: 0.22}, {Title: "名称", Share: 0.62}, {Title: "在册", Share: 0.16, Right: true}}, helpers)
	}
	d.Heading("今年登记的技术合同")
	row := func(label string, m stats.Measure) []string {
		return []string{label, strconv.Itoa(m.Contracts), m.Amount.Wan(), m.Technical.Wan()}
	}
	d.Table(
		[]document.Column{{Title: "口径", Share: 0.34}, {Title: "项数", Share: 0.16, Right: true}, {Title: "成交额（万元）", Share: 0.25, Right: true},
			{Title: "技术交易额（万元）", Share: 0.25, Right: true}},
		[][]string{row("登记（申请方在这里）", p.Figures.Filed),
			row("输出（卖方在这里）", p.Figures.Output), row("吸纳（买方在这里）", p.Figures.Absorption)},
	)
	note := fmt.Sprintf("%s 至 %s，本平台登记，输出与吸纳不相加。", p.Figures.From, p.Figures.To)
	if p.Zone() {
		note += "开发区另列，与所在旗县不相加。"
	}
	d.Note(note)
	d.QR(address, 28, "网上查看和办理：\n"+address)
}
