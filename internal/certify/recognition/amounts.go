package recognition

import (
	"fmt"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Cost is one row of 非技术性费用明细. Goods of unequal unit cost take one row each.
type Cost struct {
	Name       string    `json:"name"`
	Kind       string    `json:"kind"` // code of codes.CostKind
	Quantity   int64     `json:"quantity"`
	Unit       money.Fen `json:"unitFen"`    // cost of one
	Carrier    bool      `json:"carrier"`    // the registrar grants that the goods carry the technical result (Art. 19)
	Reasonable int64     `json:"reasonable"` // quantity the registrar finds reasonable; counts only with Carrier
	Biological bool      `json:"biological"` // strain or variety: stays in the VAT base
	Reason     string    `json:"reason,omitempty"`
}

// Row is what became of one cost row.
type Row struct {
	Total    money.Fen `json:"totalFen"`
	Deducted money.Fen `json:"deductedFen"` // part of N
	Kept     money.Fen `json:"keptFen"`     // stays in T
}

// Amounts are the figures of one contract; four of them, never one.
type Amounts struct {
	Contract  money.Fen `json:"contractFen"`  // C 合同成交额
	Deducted  money.Fen `json:"deductedFen"`  // N
	Technical money.Fen `json:"technicalFen"` // T = C − N
	Goods     money.Fen `json:"goodsFen"`     // goods that stayed in T and leave V
	VATBase   money.Fen `json:"vatBaseFen"`   // V
	Rows      []Row     `json:"rows"`         // one for each cost row, in order
}

// Coherent reports whether the figures can stand in a registration: 0 < T ≤ C, and the goods kept in T leave a technical part. A
// price that is goods alone, all of them carriers, is a sale.
func (a Amounts) Coherent() bool {
	var kept money.Fen
	for _, r := range a.Rows {
		kept += r.Kept
	}
	return a.Technical > 0 && a.Technical <= a.Contract && kept < a.Technical
}

const maxRows = 10_000

// Compute works out N, T and V of a contract of class (0101 … 0503) with price c.
//
// Goods that are no granted carrier are deducted whole, granted ones only beyond the reasonable quantity (认定规则
// Art. 19, 52; "excess only" is inferred): N = Σ max(0, qty − reasonable) × unit. V = T − goods that stayed in T for
// classes 01, 02, 03 and for tied 04 and 05, strains and varieties staying in V; 0 for 04 and 05 that are not tied
// (财税〔2016〕36号, 财税字〔1999〕273号), and for 0502 and 0503 unless the policy counts them. Nothing is divided or rounded.
//
// The result need not be Coherent: a page shows it while the registrar types. The error is an Invalid fault naming
// the row: a negative amount, a quantity below one, a sum beyond money.Max.
func (p Policy) Compute(class string, c money.Fen, costs []Cost, biological, tied bool) (Amounts, error) {
	var bad fault.Fields
	bad.Check(c >= 0 && c <= money.Max, "amount", "range", "合同成交额应在 0.01 至 99,999,999,999.99 元之间")
	if len(costs) > maxRows {
		bad.Add("costs", "too_many", "费用明细最多 10,000 行，请合并后再填")
		return Amounts{}, bad.Err()
	}
	a := Amounts{Contract: c, Rows: make([]Row, len(costs))}
	var total money.Fen
	for i, row := range costs {
		path := fmt.Sprintf("costs.%d", i)
		switch {
		case row.Quantity < 1:
			bad.Addf(path+".quantity", "range", "第 %d 行：数量应为 1 以上的整数", i+1)
		case row.Unit < 0:
			bad.Addf(path+".unit", "range", "第 %d 行：单价不能为负数", i+1)
		case row.Reasonable < 0 || row.Reasonable > row.Quantity:
			bad.Addf(path+".reasonable", "range", "第 %d 行：合理数量应在 0 与数量之间", i+1)
		case row.Unit > 0 && row.Quantity > int64(money.Max/row.Unit):
			bad.Addf(path+".unit", "range", "第 %d 行：金额超过 99,999,999,999.99 元，请核对", i+1)
		default:
			kept := int64(0)
			if row.Carrier {
				kept = row.Reasonable
			}
			r := Row{Total: money.Fen(row.Quantity) * row.Unit, Kept: money.Fen(kept) * row.Unit}
			r.Deducted = r.Total - r.Kept
			a.Rows[i] = r
			a.Deducted += r.Deducted
			if !biological && !row.Biological {
				a.Goods += r.Kept
			}
			total += r.Total
		}
	}
	bad.Check(total <= money.Max, "costs", "range", "费用合计超过 99,999,999,999.99 元，请核对")
	if err := bad.Err(); err != nil {
		return Amounts{}, err
	}
	a.Technical = c - a.Deducted
	if exemptKind(class) || tied && (p.TiedAgencyVAT || !inClass(class, "0502", "0503")) {
		a.VATBase = a.Technical - a.Goods
	}
	return a, nil
}

// exemptKind reports whether the class is development, transfer or licence.
func exemptKind(class string) bool { return inClass(class, "01", "02", "03") }

func inClass(class string, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(class) >= len(p) && class[:len(p)] == p {
			return true
		}
	}
	return false
}
