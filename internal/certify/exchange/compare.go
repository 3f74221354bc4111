package exchange

import (
	"context"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

// registered is what stands in the register under a number, as the export writes it.
type registered struct {
	registration registry.Registration
	content      contract.Content
	point        string
}

// registered reads what stands under those of the numbers that are taken.
func (s *Service) registered(ctx context.Context, points []point.Point, numbers []string) (map[string]registered, error) {
	regs, err := registry.ByNumber(ctx, s.config.DB, numbers)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(regs))
	for i, r := range regs {
		ids[i] = r.ContractID
	}
	contents, err := s.config.Contracts.Registered(ctx, ids)
	if err != nil {
		return nil, err
	}
	names := pointNames(points)
	out := make(map[string]registered, len(regs))
	for _, r := range regs {
		out[r.Number] = registered{r, contents[r.ContractID], names[r.PointID]}
	}
	return out, nil
}

// differences says what a row states otherwise than the register does, "字段 旧→新" each, with the first such column. What a row
// leaves empty it does not state. A legal register is changed by a decision, never by a table.
func differences(row document.TableRow, heads []heading, h historic, now registered) (said []string, column int) {
	own := ownColumns()
	day, _ := time.Parse(time.DateOnly, h.On) // read from the cell before
	claimed := registry.Registration{Number: h.Number, RegisteredOn: day, Income: h.Income,
		Amount: h.Content.Elements.Amount, Technical: h.Content.Technical, Class: h.Content.Elements.ClassCode}
	was := exchangeRow(own, now.registration, now.content, now.point)
	says := exchangeRow(own, claimed, h.Content, "")
	for i, x := range heads {
		cell := row.At(i)
		if x == (heading{}) || cell.Kind == document.Blank {
			continue
		}
		before, after := sheetWords(was[x.at]), sheetWords(says[x.at])
		if x.own != nil && (x.own.set == nil || x.own.title == stateHeading) { // kept as the text that it is
			after = sheetWords(cell.Text)
		}
		if before == after {
			continue
		}
		if len(said) == 0 {
			column = i
		}
		said = append(said, x.difference(before, after))
	}
	return said, column
}

// difference says one field. Persons and their numbers are not repeated in a report that is kept.
func (x heading) difference(before, after string) string {
	if strings.HasSuffix(x.key, "_contact") || strings.HasSuffix(x.key, "_contacttel") {
		return x.label
	}
	if before == "" {
		before = "（空）"
	}
	return x.label + " " + before + "→" + after
}

// sheetWords is a value of the sheet as it is read back: no space around it, an amount in 元 with 分, a day as 2006-01-02.
func sheetWords(value any) string {
	switch v := value.(type) {
	case string:
		text, _ := document.TextCell(v).Words() // what no cell can hold was never written
		return strings.Join(strings.Fields(text), " ")
	case money.Fen:
		return v.Grouped()
	case time.Time:
		return v.Format(time.DateOnly)
	}
	return ""
}
