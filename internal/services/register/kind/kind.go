// Package kind declares the registers of this market, one file each. A new register is a file here, its line in All and sample rows:
// list, page, form, sheet, API, search and figures follow from the declaration.
package kind

import (
	"slices"
	"strconv"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/services/register"
)

// All lists the registers in the order of menus.
func All() []register.Descriptor {
	return []register.Descriptor{Agency(), Alliance(), Platform(), Incubator(), Finance(), Instrument(), Provider(), Base(), Station(),
		Contact(), Pool(), Expert(), Specialist()}
}

// The fields that several registers share.

func fields(need bool) register.Field {
	return register.Field{Code: "fields", Label: "技术领域", Type: register.Many, Choices: register.FieldChoices(), Need: need, Facet: true,
		Row: true}
}

func about(label, hint string) register.Field {
	return register.Field{Code: "about", Label: label, Hint: hint, Type: register.Long, Max: 1000, Need: true, Found: true}
}

func keywords(label string) register.Field {
	return register.Field{Code: "keywords", Label: label, Hint: "用顿号分开，最多 20 个", Type: register.Words, Need: true, Found: true, Row: true}
}

// contact is how to reach somebody: a name and a number that guests do not see.
func contact() []register.Field {
	return []register.Field{
		{Code: "address", Label: "地址", Type: register.Line},
		{Code: "contactName", Label: "联系人", Type: register.Line, Max: 50, Need: true, Sight: register.Signed},
		{Code: "contactPhone", Label: "联系电话", Hint: "登录后可见", Type: register.Phone, Need: true, Sight: register.Signed},
	}
}

func choices(pairs ...string) []register.Choice {
	var out []register.Choice
	for pair := range slices.Chunk(pairs, 2) {
		out = append(out, register.Choice{Code: pair[0], Label: pair[1]})
	}
	return out
}

// ordered notes a range whose ends are the wrong way round.
func ordered(c register.Content, wrong *fault.Fields, from, to string, message fault.Sentence) {
	a, b := c.Text(from), c.Text(to)
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	wrong.Check(errX != nil || errY != nil || x <= y, to, "range", message)
}

func reviewMarks() []register.Choice {
	return choices("excellent", "优秀", "good", "良好", "pass", "合格", "fail", "不合格")
}

// byKeywords proposes what has a keyword of the need, or its field of technology.
func byKeywords(what string) func(register.Need, register.Standing) (register.Fit, bool) {
	return func(n register.Need, s register.Standing) (register.Fit, bool) {
		return register.ByWords(n, s.Entry.Content, "keywords", "fields", what)
	}
}
