package listing

import (
	"strconv"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
)

// The columns that kinds share; each is made for a place in the content.

// TextColumn is a plain text.
func TextColumn[C any](heading, path, hint string, need bool, to func(*C) *string, aliases ...string) Column[C] {
	return Column[C]{Heading: Heading{Title: heading, Path: path, Hint: hint, Need: need, Aliases: aliases},
		Set: func(c *C, cell document.Cell) (err error) {
			*to(c), err = cell.Words()
			return err
		}, Get: func(c *C) string { return *to(c) }}
}

// NumberColumn is the number of a paper: never what Excel made of a long number.
func NumberColumn[C any](heading, path, hint string, to func(*C) *string, aliases ...string) Column[C] {
	c := TextColumn(heading, path, hint, false, to, aliases...)
	c.Set = func(c *C, cell document.Cell) (err error) {
		*to(c), err = cell.Code()
		return err
	}
	return c
}

// PhoneColumn is a telephone number.
func PhoneColumn[C any](heading, path, hint string, to func(*C) *string, aliases ...string) Column[C] {
	c := TextColumn(heading, path, hint, false, to, aliases...)
	c.Set = func(c *C, cell document.Cell) (err error) {
		*to(c), err = cell.Phone()
		return err
	}
	return c
}

// DayColumn is a day.
func DayColumn[C any](heading, path, hint string, to func(*C) *string, aliases ...string) Column[C] {
	c := TextColumn(heading, path, hint, false, to, aliases...)
	c.Set = func(c *C, cell document.Cell) (err error) {
		*to(c), err = cell.Day()
		return err
	}
	return c
}

// CodeColumn is one code of a list.
func CodeColumn[C any](heading, path, hint string, choices []Choice, to func(*C) *string, aliases ...string) Column[C] {
	c := TextColumn(heading, path, hint, false, to, aliases...)
	c.Choices = choices
	return c
}

// CodesColumn is several codes of a list.
func CodesColumn[C any](heading, path, hint string, choices []Choice, to func(*C) *[]string, aliases ...string) Column[C] {
	return Column[C]{Heading: Heading{Title: heading, Path: path, Hint: hint, Choices: choices, Many: true, Aliases: aliases},
		Set: func(c *C, cell document.Cell) error {
			text, err := cell.Words()
			*to(c) = SplitCell(text)
			return err
		}, Get: func(c *C) string { return strings.Join(*to(c), "、") }}
}

// WordsColumn is several free words.
func WordsColumn[C any](heading, path, hint string, to func(*C) *[]string, aliases ...string) Column[C] {
	return Column[C]{Heading: Heading{Title: heading, Path: path, Hint: hint, Aliases: aliases}, Set: func(c *C, cell document.Cell) error {
		text, err := cell.Words()
		*to(c) = SplitCell(strings.NewReplacer("，", "、", ",", "、").Replace(text))
		return err
	}, Get: func(c *C) string { return strings.Join(*to(c), "、") }}
}

// WanColumn is an amount in 万元.
func WanColumn[C any](heading, path, hint string, to func(*C) *money.Fen, aliases ...string) Column[C] {
	head := Heading{Title: heading, Path: path, Hint: hint, Aliases: aliases}
	return Column[C]{Heading: head, Set: func(c *C, cell document.Cell) (err error) {
		*to(c), err = cell.Wan()
		return err
	}, Get: func(c *C) string {
		if *to(c) == 0 {
			return ""
		}
		return to(c).Wan()
	}}
}

// YesColumn is yes or no.
func YesColumn[C any](heading, path, hint string, to func(*C) *bool, aliases ...string) Column[C] {
	return Column[C]{Heading: Heading{Title: heading, Path: path, Hint: hint, Aliases: aliases, Answer: true,
		Choices: []Choice{{Code: "yes", Label: "是"}, {Code: "no", Label: "否"}}},
		Set: func(c *C, cell document.Cell) (err error) {
			*to(c), err = cell.Yes()
			return err
		}, Get: func(c *C) string {
			if *to(c) {
				return "yes"
			}
			return "no"
		}}
}

// LevelColumn is a TRL level 1–9.
func LevelColumn[C any](heading, path, hint string, to func(*C) *int, aliases ...string) Column[C] {
	return Column[C]{Heading: Heading{Title: heading, Path: path, Hint: hint, Aliases: aliases}, Set: func(c *C, cell document.Cell) error {
		text, err := cell.Words()
		text = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.ToUpper(text), "TRL"), "级"))
		if err == nil && (len(text) != 1 || text[0] < '1' || text[0] > '9') {
			err = fault.New(fault.Invalid, "cell", "请写 1—9 的数字")
		}
		if err != nil {
			return err
		}
		*to(c) = int(text[0] - '0')
		return nil
	}, Get: func(c *C) string {
		if *to(c) == 0 {
			return ""
		}
		return strconv.Itoa(*to(c))
	}}
}

// DivisionColumn is a league or county by its six-digit code or full name ("包头市昆都仑区").
func DivisionColumn[C any](heading, path, hint string, to func(*C) *string, aliases ...string) Column[C] {
	return Column[C]{Heading: Heading{Title: heading, Path: path, Hint: hint, Aliases: aliases}, Set: func(c *C, from document.Cell) error {
		cell, err := from.Words()
		if err != nil {
			return err
		}
		cell = strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimPrefix(cell, "内蒙古自治区"), "内蒙古")), "")
		if region.Valid(cell) {
			*to(c) = cell
			return nil
		}
		found := ""
		for _, d := range region.All() {
			if cell != "" && (region.FullName(d.Code) == cell || d.Name == cell) {
				if found != "" {
					return fault.New(fault.Invalid, "cell", "有同名地区，请写上盟市，例如“包头市青山区”")
				}
				found = d.Code
			}
		}
		if found == "" {
			return fault.New(fault.Invalid, "cell", "没有这个旗县（市、区），请写全称或六位代码")
		}
		*to(c) = found
		return nil
	}, Get: func(c *C) string { return region.FullName(*to(c)) }}
}

// TopicChoices are the topics and areas of the region's plan.
func TopicChoices() []Choice {
	var out []Choice
	for _, t := range codes.Topics() {
		out = append(out, Choice{Code: t.Code, Label: t.Name})
	}
	return out
}

// ChoicesOf turns a code list into the choices of a column.
func ChoicesOf(items []codes.Item) []Choice {
	out := make([]Choice, len(items))
	for i, it := range items {
		out[i] = Choice{Code: it.Code, Label: it.Label}
	}
	return out
}
