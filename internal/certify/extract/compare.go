package extract

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/certify/contract"
)

// Row sets what was typed beside what the paper says of the same field.
type Row struct {
	Label string
	Typed string // as the form takes it; empty while unanswered
	Fact  Fact
	Same  bool
}

// labels are the fields that are compared, in the order of the form. What is only quoted (ownership, address) is left to reading.
var labels = []struct{ path, label string }{
	{"elements.name", "合同名称"}, {"elements.classCode", "合同类别"}, {"elements.amountFen", "合同成交总额（元）"}, {"elements.signedOn", "签订日期"},
	{"elements.beginsOn", "有效期起"}, {"elements.endsOn", "有效期止"}, {"elements.payment", "支付方式"},
	{"seller.name", "卖方"}, {"seller.creditCode", "卖方统一社会信用代码"}, {"seller.representative", "卖方法定代表人"},
}

// bare is a value as it is compared: titles say 合同 at the end of a project's name, the form does not.
func bare(path, value string) string {
	value = plain(value)
	if path == "elements.name" {
		value = strings.TrimSuffix(strings.TrimSuffix(value, "协议"), "合同")
	}
	return value
}

// Compare lists the fields that a text speaks of: first those in which the paper and the form differ, the sure ones before the others.
func Compare(c contract.Content, r Reading) []Row {
	var out []Row
	add := func(label, typed, path string) {
		f, ok := r.Fact(path)
		if !ok {
			return
		}
		out = append(out, Row{Label: label, Typed: typed, Fact: f, Same: f.Value != "" && bare(path, typed) == bare(path, f.Value)})
	}
	e, s := c.Elements, c.Seller
	typed := map[string]string{"elements.name": e.Name, "elements.classCode": e.ClassCode, "elements.signedOn": string(e.SignedOn),
		"elements.beginsOn": string(e.BeginsOn), "elements.endsOn": string(e.EndsOn), "elements.payment": e.Payment, "seller.name": s.Name,
		"seller.creditCode": s.CreditCode, "seller.representative": s.Representative}
	if e.Amount != 0 {
		typed["elements.amountFen"] = e.Amount.String()
	}
	for _, l := range labels {
		add(l.label, typed[l.path], l.path)
	}
	for i, b := range c.Buyers {
		label, path := "买方", "buyers."+strconv.Itoa(i)
		if len(c.Buyers) > 1 {
			label += " " + strconv.Itoa(i+1)
		}
		add(label, b.Name, path+".name")
		add(label+"统一社会信用代码", b.CreditCode, path+".creditCode")
		add(label+"法定代表人", b.Representative, path+".representative")
	}
	numbers := []string{}
	for _, ip := range e.IP {
		numbers = append(numbers, strings.ReplaceAll(plain(ip.Number), ".", ""))
	}
	for i := range 20 {
		f, ok := r.Fact("elements.ip." + strconv.Itoa(i) + ".number")
		if !ok {
			break
		}
		row := Row{Label: "知识产权编号", Fact: f, Same: slices.Contains(numbers, strings.ReplaceAll(f.Value, ".", ""))}
		if row.Same {
			row.Typed = f.Value
		}
		out = append(out, row)
	}
	rank := func(x Row) int {
		switch {
		case x.Same:
			return 2
		case x.Fact.Sure:
			return 0
		default:
			return 1
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}
