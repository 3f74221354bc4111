package importer

import (
	"fmt"
	"io"

	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
)

// Template writes the xlsx template of a kind, with drop-downs for codes, and returns its file name.
// Fault: invalid "import_kind".
func (s *Service) Template(kind listing.Kind, w io.Writer) (name string, err error) {
	form, err := s.sheet(kind)
	if err != nil {
		return "", err
	}
	label := s.Label(kind)
	sheet := document.Sheet{Name: label, Notes: []string{
		"每行一条" + label + "，从第 2 行开始填写；不要改动表头。",
		"编号是本单位自己的编号：再次导入时凭它更新，不会重复。没有编号的行按内容辨认。",
		"一格里有多项时用顿号分开。价格和预算以万元为单位，日期写成 2026-12-31。电话、编号等请保持文本格式。",
		fmt.Sprintf("一次最多 %d 行。有错的行会指出单元格，不影响其他行导入。", MaxRows),
	}, Columns: []document.SheetColumn{{Title: keyHeading, Hint: "本单位自己的编号，可不填"}}}
	for _, h := range form.Columns {
		c := document.SheetColumn{Title: h.Title, Hint: h.Hint, Required: h.Need, Width: 20}
		for _, choice := range h.Choices {
			c.Choices = append(c.Choices, choice.Label)
		}
		sheet.Columns = append(sheet.Columns, c)
	}
	if err := document.WriteTemplate(w, sheet, form.Name+" 第 1 版"); err != nil {
		return "", err
	}
	return form.Name + ".xlsx", nil
}
