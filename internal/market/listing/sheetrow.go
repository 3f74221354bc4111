package listing

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/platform/document"
)

// readRow fills a content from the cells of a row and says which columns it filled and which cells it could not read.
func readRow[C any](columns []Column[C], entries []Entry) (c C, has []int, bad []CellProblem) {
	rest := slices.IndexFunc(columns, func(c Column[C]) bool { return c.Rest })
	var left []Entry
	keep := func(e Entry, why string) {
		if rest < 0 {
			return
		}
		left = append(left, e)
		if why != "" {
			bad = append(bad, CellProblem{Column: e.Column, At: e.At, Code: "kept", Warning: true,
				Message: "“" + e.Title + "”" + why + "。原文已放进“" + columns[rest].Title + "”，请核对"})
		}
	}
	for i, column := range columns {
		if i == rest {
			continue
		}
		mine := entriesOf(entries, i)
		if len(mine) == 0 {
			if column.Need {
				bad = append(bad, CellProblem{Column: i, Code: "required", Message: "请填写" + column.Title})
			}
			continue
		}
		if column.Joins {
			text, wrong := joined(column.Heading, mine)
			bad = append(bad, wrong...)
			if text == "" {
				continue
			}
			mine = []Entry{{Column: i, Own: true, Cell: document.Cell{Kind: document.Words, Text: text}, At: mine[0].At}}
		}
		for _, more := range mine[1:] {
			keep(more, "")
		}
		if code, message := column.fill(&c, mine[0].Cell); message == "" {
			has = append(has, i)
		} else if _, err := mine[0].Cell.Words(); mine[0].Own || err != nil {
			bad = append(bad, CellProblem{Column: i, At: mine[0].At, Code: code, Message: column.Title + message})
		} else {
			keep(mine[0], message)
		}
	}
	if rest < 0 {
		return c, has, bad
	}
	text, wrong := joined(columns[rest].Heading, append(entriesOf(entries, rest), left...))
	bad = append(bad, wrong...)
	switch {
	case text != "":
		if err := columns[rest].Set(&c, document.Cell{Kind: document.Words, Text: text}); err == nil {
			has = append(has, rest)
		}
	case columns[rest].Need:
		bad = append(bad, CellProblem{Column: rest, Code: "required", Message: "请填写" + columns[rest].Title})
	}
	return c, has, bad
}

func entriesOf(entries []Entry, column int) (out []Entry) {
	for _, e := range entries {
		if e.Column == column && e.Cell.Kind != document.Blank {
			out = append(out, e)
		}
	}
	return out
}

// joined brings cells together, each under its heading but for the column's own. A cell that cannot be read is wrong where the
// column knows its title, and left out with a warning where it is only kept.
func joined(h Heading, entries []Entry) (string, []CellProblem) {
	var lines []string
	var bad []CellProblem
	for _, e := range entries {
		text, err := e.Cell.Words()
		switch {
		case err != nil:
			bad = append(bad, CellProblem{Column: e.Column, At: e.At, Code: "format", Message: "“" + e.Title + "”" + said(err),
				Warning: h.Rest && !e.Own})
		case e.Own || len(entries) == 1 && !h.Rest:
			lines = append(lines, text)
		default:
			lines = append(lines, document.ColumnTitle(e.Title)+"："+text)
		}
	}
	return strings.Join(lines, "\n"), bad
}

// fill sets one cell; the message says what is wrong with it.
func (column Column[C]) fill(c *C, cell document.Cell) (code, message string) {
	if len(column.Choices) > 0 && !column.Answer {
		text, err := cell.Words()
		if err != nil {
			return "format", said(err)
		}
		found, err := lookUp(column.Choices, text, column.Many)
		if err != nil && cell.Kind == document.Number { // a code that lost its leading zero
			if padded, again := lookUp(column.Choices, "0"+text, column.Many); again == nil {
				found, err = padded, nil
			}
		}
		if err != nil {
			return "choose", said(err)
		}
		cell = document.Cell{Kind: document.Words, Text: found}
	}
	if column.Set == nil {
		return "", ""
	}
	if err := column.Set(c, cell); err != nil {
		return "format", said(err)
	}
	return "", ""
}

// mergeRow lays filled columns over a stored content. It compares what would be written out, so that a file that was written and is
// read again changes nothing.
func mergeRow[C Content[C]](columns []Column[C], old, in json.RawMessage, has []int) (json.RawMessage, bool, error) {
	var to, from C
	if err := stored.Unmarshal(old, &to); err != nil {
		return nil, false, err
	}
	if err := stored.Unmarshal(in, &from); err != nil {
		return nil, false, err
	}
	changed := false
	for _, i := range has {
		if i >= len(columns) || columns[i].Set == nil {
			continue
		}
		was, now := to, from // Get may make room for what it looks for
		text := columns[i].Get(&now)
		if text == columns[i].Get(&was) {
			continue
		}
		if err := columns[i].Set(&to, document.Cell{Kind: document.Words, Text: text}); err != nil {
			continue // what could be read a moment ago
		}
		changed = true
	}
	if !changed {
		return old, false, nil
	}
	raw, err := stored.Marshal(to.Tidy())
	return raw, true, err
}

// said is what is wrong with a cell: a reader's fault in its words, or a column's own refusal.
func said(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message
	}
	return err.Error()
}
