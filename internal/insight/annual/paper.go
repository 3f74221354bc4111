package annual

import (
	"fmt"
	"io"
	"iter"
	"strconv"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
)

// standing says what a paper is made of: a frozen edition with its digest, or a draft of a day.
func (v View) standing() string {
	if v.State == Frozen {
		return fmt.Sprintf("第 %d 版，%s 提交，摘要 SHA-256 %s", v.Edition, clock.Local(v.AsOf).Format("2006-01-02 15:04"), v.Digest)
	}
	return fmt.Sprintf("草稿，截至 %s；提交前数字还会变", clock.Local(v.AsOf).Format("2006-01-02 15:04"))
}

// Workbook writes the figures and the projects as two sheets.
func (v View) Workbook(w io.Writer) error {
	notes := []string{v.Title(), v.standing(), "合同金额为成交额；到账、成交额、技术交易额不相加。指标编号和名称为本平台整理，国家报表的代码未取得。"}
	if v.Sample {
		notes = append(notes, "样例数据，不能作为统计依据")
	}
	return document.WriteExcel(
		w,
		document.Sheet{
			Name:  "指标",
			Notes: notes,
			Rows:  v.figureRows(),
			Columns: []document.SheetColumn{{Title: "序号", Kind: document.Count, Width: 6},
				{Title: "指标", Width: 44}, {Title: "单位", Width: 8}, {Title: "本年", Width: 18}, {Title: "上年（同单位）", Width: 18}, {Title: "增长", Width: 10},
				{Title: "来源", Width: 12}},
		},
		document.Sheet{Name: "转化项目清单", Notes: notes[:2], Rows: v.projectRows(), Columns: []document.SheetColumn{{Title: "登记编号", Width: 20},
			{Title: "项目名称", Width: 44}, {Title: "方式", Width: 10}, {Title: "受让方", Width: 32}, {Title: "受让方所在地", Width: 20},
			{Title: "签订日期", Width: 12},
			{Title: "合同金额（元）", Kind: document.Yuan, Width: 18}, {Title: "当年到账（元）", Kind: document.Yuan, Width: 18}, {Title: "效果", Width: 30}}},
	)
}

func shown(l Line, v *int64) string {
	if v == nil {
		return ""
	}
	return l.Show(*v)
}

func (v View) figureRows() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, f := range v.Figures {
			l, ok := LineOf(f.Code)
			if !ok {
				continue
			}
			from := "本市场"
			if f.Typed {
				from = "单位填报"
			}
			if !yield([]any{l.Number, l.Label, string(l.Unit), shown(l, f.Value), shown(l, f.Before), f.Growth, from}, nil) {
				return
			}
		}
	}
}

// Projects are the contracts of the list (17).
func (v View) Projects() []Contract {
	l, _ := LineOf("projects")
	return l.Behind(v.Facts)
}

// Place is where the buyer is.
func (c Contract) Place() string {
	if where(c) == Abroad {
		return "境外"
	}
	return region.FullName(c.Division)
}

func (v View) projectRows() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, c := range v.Projects() {
			row := []any{c.Number, c.Title, WayOf(c.Class).Label(), c.Buyer, c.Place(), c.Signed, c.Amount, c.Received, ""}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Word writes the text of the six parts with the figures and the projects.
func (v View) Word() ([]byte, error) {
	header := ""
	if v.Sample {
		header = "样例数据，不能作为统计依据"
	}
	w := document.NewWord(document.WordOptions{Title: v.Title(), Header: header, At: v.AsOf})
	w.Title(v.Title())
	w.Note(v.standing())
	if v.Note != "" {
		w.Note("更正说明：" + v.Note)
	}
	for _, p := range v.Text() {
		w.Heading(p.Title)
		w.Paragraph(p.Drawn)
		if p.Said != "" {
			w.Paragraph(p.Said)
		} else {
			w.Note("（请补充：" + p.Ask + "）")
		}
	}
	w.Heading("附一　指标")
	var rows [][]string
	for _, f := range v.Figures {
		if l, ok := LineOf(f.Code); ok {
			rows = append(rows, []string{strconv.Itoa(l.Number), l.Label, shown(l, f.Value) + " " + string(l.Unit), shown(l, f.Before), f.Growth})
		}
	}
	w.Table([]document.Column{{Title: "序号", Share: 0.08}, {Title: "指标", Share: 0.44}, {Title: "本年", Share: 0.20}, {Title: "上年", Share: 0.16},
		{Title: "增长", Share: 0.12}}, rows)
	w.Heading("附二　转化项目清单")
	rows = nil
	for _, c := range v.Projects() {
		rows = append(rows, []string{c.Title, WayOf(c.Class).Label(), c.Buyer + "（" + c.Place() + "）", c.Amount.Wan(), c.Received.Wan()})
	}
	w.Table(
		[]document.Column{{Title: "项目", Share: 0.32}, {Title: "方式", Share: 0.12}, {Title: "受让方", Share: 0.28}, {Title: "金额（万元）", Share: 0.14},
			{Title: "到账（万元）", Share: 0.14}},
		rows,
	)
	w.Note("成交额、到账不相加；" + clock.Local(v.AsOf).Format("2006 年 1 月 2 日") + "编制。")
	return w.Bytes()
}
