package exchange

import (
	"io"
	"iter"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

// ownColumn is a column without a known key of the national form.
type ownColumn struct {
	title string
	kind  document.SheetKind
	width float64
	get   func(r registry.Registration, c contract.Content, point string) any
	set   func(h *historic, cell document.Cell) string // "" or what is wrong with the cell; nil: not read back
	whole bool                                         // what it says belongs to the registration and cannot be read back
}

func ownColumns() []ownColumn {
	text := func(title string, width float64, at func(*contract.Content) *string, valid func(string) string) ownColumn {
		return ownColumn{title, document.Text, width, func(_ registry.Registration, c contract.Content, _ string) any { return *at(&c) },
			func(h *historic, cell document.Cell) string {
				return coded(cell, func(text string) string {
					*at(&h.Content) = text
					return valid(text)
				})
			}, false}
	}
	party := func(title string, at func(*contract.Content) *contract.Party) []ownColumn {
		return []ownColumn{
			text(title+"统一社会信用代码", 22, func(c *contract.Content) *string { return &at(c).CreditCode }, func(string) string { return "" }),
			text(title+"国别代码", 10, func(c *contract.Content) *string { return &at(c).Country }, func(s string) string {
				if len(s) == 3 && isDigits(s) {
					return ""
				}
				return "国别代码是三位数字，中国为 156"
			}),
			text(title+"行政区划代码", 14, func(c *contract.Content) *string { return &at(c).Division }, func(s string) string {
				if len(s) == 6 && isDigits(s) {
					return ""
				}
				return "行政区划代码是六位数字，如 150203"
			}),
		}
	}
	out := []ownColumn{
		{
			numberHeading,
			document.Text,
			20,
			func(r registry.Registration, _ contract.Content, _ string) any { return r.Number },
			func(h *historic, cell document.Cell) string {
				return coded(cell, func(text string) string {
					h.Number = strings.ReplaceAll(text, " ", "")
					return ""
				})
			}, false,
		},
		{
			"登记日期",
			document.Date,
			12,
			func(r registry.Registration, _ contract.Content, _ string) any { return r.RegisteredOn },
			func(h *historic, cell document.Cell) string {
				day, err := cell.Day()
				if err != nil {
					return "登记日期" + fault.Words(err)
				}
				h.On = day
				return ""
			}, false,
		},
		{title: "全部卖方及份额", kind: document.Text, width: 30, whole: true,
			get: func(_ registry.Registration, c contract.Content, _ string) any { return sharesColumn(c) }},
		{title: "外币价款", kind: document.Text, width: 24, whole: true,
			get: func(_ registry.Registration, c contract.Content, _ string) any { return c.Elements.Foreign.Words() }},
		{"登记点", document.Text, 24, func(_ registry.Registration, _ contract.Content, point string) any { return point }, nil, false},
		{
			stateHeading,
			document.Text,
			12,
			func(r registry.Registration, _ contract.Content, _ string) any { return stateColumn(r.State) },
			func(h *historic, cell document.Cell) string {
				return coded(cell, func(text string) string {
					h.State = text
					return ""
				})
			}, false,
		},
		{
			"认定技术性收入（元）",
			document.Yuan,
			18,
			func(r registry.Registration, _ contract.Content, _ string) any { return r.Income },
			func(h *historic, cell document.Cell) string {
				amount, err := cell.Yuan()
				h.Income = amount
				switch {
				case err != nil:
					return "认定技术性收入" + fault.Words(err)
				case amount < 0:
					return "认定技术性收入不能为负数"
				}
				return ""
			}, false,
		},
	}
	out = append(out, party("卖方", func(c *contract.Content) *contract.Party { return &c.Seller })...)
	out = append(out, party("买方", func(c *contract.Content) *contract.Party {
		if len(c.Buyers) == 0 {
			c.Buyers = []contract.Party{{}}
		}
		return &c.Buyers[0]
	})...)
	return append(out, text("社会经济目标", 14, func(c *contract.Content) *string { return &c.Elements.SocialGoal }, func(s string) string {
		if codes.SocialGoal.Has(s) {
			return ""
		}
		return "社会经济目标不在目录中，请填写代码"
	}))
}

// sharesColumn names several sellers with their parts of the price; empty where one has all.
func sharesColumn(c contract.Content) string {
	if len(c.CoSellers) == 0 {
		return ""
	}
	var out []string
	for _, s := range c.Sellers() {
		out = append(out, s.Name+" "+s.Share.Grouped()+" 元")
	}
	return strings.Join(out, "；")
}

// coded gives the text of a cell that holds a number or a word, or says what is wrong with the cell.
func coded(cell document.Cell, take func(text string) string) string {
	text, err := cell.Code()
	if err != nil {
		return "这一格" + fault.Words(err)
	}
	return take(text)
}

const (
	numberHeading = "合同登记编号"
	stateHeading  = "状态"
)

// nationalHeading is the heading of a field of the national form: its words and its key.
func nationalHeading(f contract.NationalField) string { return f.Label + "（" + f.Key + "）" }

func exchangeSheet(rows iter.Seq2[[]any, error], notes ...string) document.Sheet {
	s := document.Sheet{Name: "登记", Notes: notes, Rows: rows}
	for _, c := range ownColumns() {
		s.Columns = append(s.Columns, document.SheetColumn{Title: c.title, Kind: c.kind, Width: c.width})
	}
	for _, f := range contract.National(contract.Content{}) {
		s.Columns = append(s.Columns, document.SheetColumn{Title: nationalHeading(f), Kind: nationalKind(f.Key), Width: 16})
	}
	return s
}

func nationalKind(key string) document.SheetKind {
	if strings.HasSuffix(key, "amount") {
		return document.Yuan
	}
	return document.Text
}

// exchangeRow writes one registration; C, T and class are what the desk registered, not what the applicant claimed.
func exchangeRow(own []ownColumn, r registry.Registration, c contract.Content, point string) []any {
	c.Elements.Amount, c.Technical, c.Elements.ClassCode = r.Amount, r.Technical, r.Class
	row := make([]any, 0, 50)
	for _, o := range own {
		row = append(row, o.get(r, c, point))
	}
	for _, f := range contract.National(c) {
		switch {
		case f.Key == "totalamount":
			row = append(row, r.Amount)
		case f.Key == "technicalamount":
			row = append(row, r.Technical)
		default:
			row = append(row, f.Value)
		}
	}
	return row
}

// Template writes the empty form for historic registrations.
func Template(w io.Writer) error {
	s := exchangeSheet(nil, "从各登记点以前的系统导入历史登记。", "编号为 16 位：年 4 + 地区 4 + 登记点 2 + 序号 6，登记点须已在名录中。",
		"类别、单位性质、知识产权等填代码或名称；金额单位元。", "上传后先检查，逐格列出问题；确认后才写入。")
	for i, c := range s.Columns {
		s.Columns[i].Required = mustHave(document.ColumnTitle(c.Title))
	}
	return document.WriteTemplate(w, s, "历史登记导入模板 2026-1")
}

func mustHave(title string) bool {
	for _, need := range []string{numberHeading, "登记日期", "卖方行政区划代码", "买方行政区划代码", "projectname", "contracttype", "totalamount",
		"technicalamount", "（sellername", "（buyername", "techarea"} {
		if strings.Contains(title, need) {
			return true
		}
	}
	return false
}

// stateColumn is what the column 状态 says of a registration; an import reads 已登记 back.
func stateColumn(s registry.State) string {
	return map[registry.State]string{registry.Registered: "已登记", registry.Changing: "变更审查中", registry.Cancelled: "已注销",
		registry.Revoked:           "已撤销",
		registry.InReconsideration: "复议中", registry.InReRecognition: "重新认定中"}[s]
}

func isDigits(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
