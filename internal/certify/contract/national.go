package contract

import (
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

// NationalField is one field of the national form, for export.
type NationalField struct {
	Key      string `json:"key"`
	Label    string `json:"label"`
	Value    string `json:"value"`
	Verified bool   `json:"verified"` // the key was seen in public; seller keys are assumed symmetrical to the buyer's
}

// nationalRow ties a key of the national form to a field of the document.
type nationalRow struct {
	key, label string
	seen       bool
	list       codes.List // "" where the value is text
	at         func(*Content) any
}

// national is the mapping table (docs/rules/registration.md §4: keys from a public form-filling script of 2021-03).
// Fields without a known key are not in it; add rows when the official table is at hand.
func national() []nationalRow {
	rows := []nationalRow{
		{"projectname", "项目/合同名称", true, "", func(c *Content) any { return &c.Elements.Name }},
		{"contracttype", "合同类别", true, codes.ContractClass, func(c *Content) any { return &c.Elements.ClassCode }},
		{"signdate", "签订日期", true, "", func(c *Content) any { return &c.Elements.SignedOn }},
		{"contractbegindate", "有效期起", true, "", func(c *Content) any { return &c.Elements.BeginsOn }},
		{"contractenddate", "有效期止", true, "", func(c *Content) any { return &c.Elements.EndsOn }},
		{"totalamount", "合同成交总额（元）", true, "", func(c *Content) any { return &c.Elements.Amount }},
		{"technicalamount", "技术交易额（元）", true, "", func(c *Content) any { return &c.Technical }},
		{"paymethod", "支付方式", true, codes.Payment, func(c *Content) any { return &c.Elements.Payment }},
		{"isrelated", "是否关联交易", true, "", func(c *Content) any { return &c.Elements.RelatedParty }},
		{"projectplantype", "项目计划来源", true, codes.PlanSource, func(c *Content) any { return &c.Elements.PlanSource }},
		{"ipr", "知识产权", true, codes.IPKind, func(c *Content) any { return &firstIP(c).Kind }},
		{"techarea", "技术领域", true, codes.Field, func(c *Content) any { return &c.Elements.Field }},
	}
	for _, side := range []struct {
		key, label string
		seen       bool
		at         func(*Content) *Party
	}{
		{"seller", "卖方", false, func(c *Content) *Party { return &c.Seller }},
		{"buyer", "买方", true, firstBuyer},
	} {
		add := func(key, label string, list codes.List, at func(*Party) any) {
			rows = append(rows, nationalRow{side.key + key, side.label + label, side.seen, list, func(c *Content) any { return at(side.at(c)) }})
		}
		add("name", "名称", "", func(p *Party) any { return &p.Name })
		add("_address", "地址", "", func(p *Party) any { return &p.Address })
		add("_representative", "法定代表人", "", func(p *Party) any { return &p.Representative })
		add("_contact", "联系人", "", func(p *Party) any { return &p.Contact })
		add("_contacttel", "联系电话", "", func(p *Party) any { return &p.Phone })
		add("_zipcode", "邮政编码", "", func(p *Party) any { return &p.Postcode })
		add("type", "单位性质", codes.PartyNature, func(p *Party) any { return &p.Nature })
		add("_jszyjg", "是否技术转移机构", "", func(p *Party) any { return &p.Agency })
		add("_isyfjg", "是否研发机构", "", func(p *Party) any { return &p.Research })
		add("_zzkyys", "是否转制科研院所", "", func(p *Party) any { return &p.Converted })
		add("_countrygxqqy", "是否国家高新区内企业", "", func(p *Party) any { return &p.HighTechZone })
		add("_islist", "是否上市公司", "", func(p *Party) any { return &p.Listed })
		add("_scale", "企业规模", "", func(p *Party) any { return &p.Scale })
	}
	return rows
}

func firstIP(c *Content) *IP {
	if len(c.Elements.IP) == 0 {
		c.Elements.IP = []IP{{}}
	}
	return &c.Elements.IP[0]
}

func firstBuyer(c *Content) *Party {
	if len(c.Buyers) == 0 {
		c.Buyers = []Party{{}}
	}
	return &c.Buyers[0]
}

// National writes the document with the keys of the national form. Amounts are 元 with two decimals, answers
// 是/否, codes the form's own where they are known. Of several buyers or rights the form has room for the first.
func National(c Content) []NationalField {
	c.Buyers = append([]Party(nil), c.Buyers...)
	c.Elements.IP = append([]IP(nil), c.Elements.IP...)
	rows := national()
	out := make([]NationalField, 0, len(rows))
	for _, r := range rows {
		value := ""
		switch p := r.at(&c).(type) {
		case *string:
			value = *p
			if r.list != "" {
				value = formCode(r.list, value)
			}
		case *Date:
			value = string(*p)
		case *Answer:
			value = map[Answer]string{Yes: "是", No: "否"}[*p]
		case *money.Fen:
			if *p != 0 {
				value = p.String()
			}
		}
		out = append(out, NationalField{Key: r.key, Label: r.label, Value: value, Verified: r.seen})
	}
	return out
}

// FromNational reads cells by the keys of the national form. Wrong values are named with their key and left
// empty, the others are taken; an unknown key is named, never dropped in silence.
func FromNational(values map[string]document.Cell) (Content, []fault.Field) {
	c := Content{Seller: Party{Country: China}, Buyers: []Party{{Country: China}}}
	var bad fault.Fields
	known := map[string]bool{}
	for _, r := range national() {
		known[r.key] = true
		cell := values[r.key]
		if cell.Kind == document.Blank {
			continue
		}
		switch p := r.at(&c).(type) {
		case *string:
			read := document.Cell.Words
			if strings.HasSuffix(r.key, "tel") {
				read = document.Cell.Phone
			}
			text, err := read(cell)
			if err != nil {
				bad.Addf(r.key, "bad_text", "%s%s", r.label, err)
				continue
			}
			*p = text
			if r.list != "" {
				code, ok := fromForm(r.list, text)
				if !ok && cell.Kind == document.Number { // a code that lost its leading zero
					code, ok = fromForm(r.list, "0"+text)
				}
				*p = code
				bad.Checkf(ok, r.key, "unknown_code", "%s“%s”不在目录中，请改为目录中的代码或名称", r.label, text)
			}
		case *Date:
			day, err := cell.Day()
			if err != nil {
				bad.Addf(r.key, "bad_date", "%s%s", r.label, err)
				continue
			}
			*p = Date(day)
		case *Answer:
			yes, err := cell.Yes()
			if err != nil {
				bad.Addf(r.key, "bad_answer", "%s%s", r.label, err)
				continue
			}
			*p = map[bool]Answer{true: Yes, false: No}[yes]
		case *money.Fen:
			amount, err := cell.Yuan()
			if err == nil && amount < 0 {
				err = fault.New(fault.Invalid, "negative", "不能为负数，请填写以元为单位的金额")
			}
			if err != nil {
				bad.Addf(r.key, "bad_amount", "%s%s", r.label, err)
				continue
			}
			*p = amount
		}
	}
	for _, key := range sortedKeys(values) {
		bad.Checkf(known[key], key, "unknown_key", "全国登记表中没有“%s”这一项，请核对表头", key)
	}
	return c, bad.List()
}

// formCode gives the code the form uses where it differs from ours.
func formCode(list codes.List, code string) string {
	if it, ok := list.Get(code); ok {
		switch {
		case it.National != "":
			return it.National
		case it.Form != "":
			return it.Form
		}
	}
	return code
}

// fromForm finds our code by the form's code, our own code or the label. The form's code comes first: it is what
// an export of the form holds.
func fromForm(list codes.List, text string) (string, bool) {
	for _, same := range []func(codes.Item) bool{
		func(i codes.Item) bool { return i.National == text || i.National == "" && i.Form == text },
		func(i codes.Item) bool { return i.Code == text },
		func(i codes.Item) bool { return i.Label == text },
	} {
		for _, i := range list.Items() {
			if same(i) {
				return i.Code, true
			}
		}
	}
	return "", false
}
