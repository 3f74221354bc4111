package importer

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"techmarket/internal/market/listing"
)

// Template writes the xlsx template of a kind and returns its file name: headings (needed ones with *), a row of hints that the
// reader skips, and drop-downs for codes. Fault: invalid "import_kind".
func (s *Service) Template(kind listing.Kind, w io.Writer) (name string, err error) {
	form, err := s.form(kind)
	if err != nil {
		return "", err
	}
	if err := form.template(w); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	return form.name + ".xlsx", nil
}

const templateRows = 5000 // that have drop-downs

func (f Form) template(w io.Writer) error {
	book := excelize.NewFile()
	defer book.Close()
	const sheet, options = "数据", "选项"
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	if _, err := book.NewSheet(options); err != nil {
		return err
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF7"}}})
	if err != nil {
		return err
	}
	grey, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Italic: true, Color: "666666"}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	text, err := book.NewStyle(&excelize.Style{NumFmt: 49}) // @: numbers and dates stay as typed
	if err != nil {
		return err
	}
	columns := append([]heading{{Heading: keyHeadings[0], Hint: "本单位自己的编号；再次导入时凭它更新，可不填"}}, f.columns...)
	for i, h := range columns {
		letter, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		title := h.Heading
		if h.Need {
			title += "*"
		}
		for cell, value := range map[string]string{letter + "1": title, letter + "2": h.Hint} {
			if err := book.SetCellStr(sheet, cell, value); err != nil {
				return err
			}
		}
		if err := book.SetColStyle(sheet, letter, text); err != nil {
			return err
		}
		if err := book.SetColWidth(sheet, letter, letter, 22); err != nil {
			return err
		}
		if len(h.Choices) == 0 {
			continue
		}
		for n, c := range h.Choices {
			if err := book.SetCellStr(options, fmt.Sprintf("%s%d", letter, n+1), c.Label); err != nil {
				return err
			}
		}
		drop := excelize.NewDataValidation(true)
		drop.Sqref = fmt.Sprintf("%s3:%s%d", letter, letter, templateRows)
		drop.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", options, letter, letter, len(h.Choices)))
		if h.Many {
			drop.SetError(excelize.DataValidationErrorStyleInformation, "多项", "可以填多项，用顿号分开")
		} else {
			drop.SetError(excelize.DataValidationErrorStyleStop, "不在选项中", "请从下拉选项中选择")
		}
		if err := book.AddDataValidation(sheet, drop); err != nil {
			return err
		}
	}
	last, err := excelize.ColumnNumberToName(len(columns))
	if err != nil {
		return err
	}
	if err := book.SetCellStyle(sheet, "A1", last+"1", bold); err != nil {
		return err
	}
	if err := book.SetCellStyle(sheet, "A2", last+"2", grey); err != nil {
		return err
	}
	if err := book.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return book.Write(w)
}
