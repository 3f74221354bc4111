package extract

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/money"
)

// Row sets what was typed beside what the paper says of the same field.
type Row struct {
	Path  string
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

// Compare lists the fields that a text speaks of: first where the paper contradicts itself, then those in which it and the form differ,
// the sure ones before the others.
func Compare(c contract.Content, r Reading) []Row {
	var out []Row
	add := func(label, typed, path string) {
		f, ok := r.Fact(path)
		if !ok {
			return
		}
		out = append(out, Row{Path: path, Label: label, Typed: typed, Fact: f, Same: !f.Clash && f.Value != "" && bare(path, typed) == bare(path, f.Value)})
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
		row := Row{Path: f.Path, Label: "知识产权编号", Fact: f, Same: slices.Contains(numbers, strings.ReplaceAll(f.Value, ".", ""))}
		if row.Same {
			row.Typed = f.Value
		}
		out = append(out, row)
	}
	rank := func(x Row) int {
		switch {
		case x.Same:
			return 3
		case x.Fact.Clash:
			return 0
		case x.Fact.Sure:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// Signed is the signed text among the attachments, the first that can be read.
func Signed(attached []contract.File) (contract.File, bool) {
	i := slices.IndexFunc(attached, func(f contract.File) bool { return f.Role == contract.SignedText && Readable(f.Name) })
	if i < 0 {
		return contract.File{}, false
	}
	return attached[i], true
}

// besides are fields that are proposed while they are empty, and not compared: papers write them in many ways.
var besides = []struct{ path, label string }{{"elements.vatIncluded", "是否含增值税"}, {"elements.ownershipTerms", "成果归属的约定"}}

var partyBesides = []struct{ path, label string }{{"address", "地址"}, {"contact", "联系人"}, {"phone", "电话"}}

// Propose lists what a text could fill in: the rows of Compare that differ and have a value, and what else is empty.
func Propose(c contract.Content, r Reading) []Row {
	var out []Row
	for _, row := range Compare(c, r) {
		if !row.Same && row.Fact.Value != "" {
			out = append(out, row)
		}
	}
	add := func(path, label string) {
		if f, ok := r.Fact(path); ok && f.Value != "" && *field(&c, path) == "" {
			out = append(out, Row{Path: path, Label: label, Fact: f})
		}
	}
	for _, b := range besides {
		add(b.path, b.label)
	}
	for i := range max(1, len(c.Buyers)) {
		for _, b := range partyBesides {
			add("buyers."+strconv.Itoa(i)+"."+b.path, "买方"+b.label)
		}
	}
	return out
}

// Apply fills the facts of the paths into a document and returns the paths that it knows. It changes nothing else.
func Apply(c contract.Content, r Reading, paths []string) (contract.Content, []string) {
	c.Buyers, c.Elements.IP = slices.Clone(c.Buyers), slices.Clone(c.Elements.IP)
	var filled []string
	for _, path := range paths {
		f, ok := r.Fact(path)
		if !ok || f.Value == "" {
			continue
		}
		switch at := field(&c, path); {
		case path == "elements.amountFen":
			if c.Elements.Amount, ok = amountOf(f.Value); !ok {
				continue
			}
		case strings.HasPrefix(path, "elements.ip."):
			kind, _ := r.Fact(strings.TrimSuffix(path, "number") + "kind")
			c.Elements.IP = append(slices.DeleteFunc(c.Elements.IP, func(r contract.IP) bool { return r == contract.IP{} }),
				contract.IP{Kind: kind.Value, Number: f.Value})
		case at != nil:
			*at = f.Value
		default:
			continue
		}
		filled = append(filled, path)
	}
	return c, filled
}

func amountOf(s string) (money.Fen, bool) {
	v, err := money.Parse(s)
	return v, err == nil
}

// field is where a path stands in a document; a buyer that is not there yet is added. nil for what is no text.
func field(c *contract.Content, path string) *string {
	e := &c.Elements
	if at := map[string]*string{"elements.name": &e.Name, "elements.classCode": &e.ClassCode, "elements.signedOn": (*string)(&e.SignedOn),
		"elements.beginsOn": (*string)(&e.BeginsOn), "elements.endsOn": (*string)(&e.EndsOn), "elements.payment": &e.Payment,
		"elements.vatIncluded": (*string)(&e.VATIncluded), "elements.ownershipTerms": &e.OwnershipTerms}[path]; at != nil {
		return at
	}
	side, name, _ := strings.Cut(path, ".")
	party := &c.Seller
	if side == "buyers" {
		number, rest, _ := strings.Cut(name, ".")
		i, err := strconv.Atoi(number)
		if err != nil || i > 9 {
			return nil
		}
		for len(c.Buyers) <= i {
			c.Buyers = append(c.Buyers, contract.Party{Country: contract.China})
		}
		party, name = &c.Buyers[i], rest
	} else if side != "seller" {
		return nil
	}
	return map[string]*string{"name": &party.Name, "creditCode": &party.CreditCode, "representative": &party.Representative,
		"address": &party.Address, "contact": &party.Contact, "phone": &party.Phone}[name]
}
