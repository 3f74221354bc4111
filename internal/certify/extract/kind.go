package extract

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
)

// heads are the names of the classes as titles write them, the more exact first. sure is false where a title fits several sub-classes.
var heads = []struct {
	title *regexp.Regexp
	code  string
	sure  bool
}{
	{regexp.MustCompile(`技术开发\(委托\)合同|技术\(委托\)开发合同|委托(?:技术)?(?:研究)?开发合同|技术委托开发合同|技术开发委托合同`), "0101", true},
	{regexp.MustCompile(`技术开发\(合作\)合同|技术\(合作\)开发合同|合作(?:技术)?(?:研究)?开发合同|技术合作开发合同|联合开发合同`), "0102", true},
	{regexp.MustCompile(`专利申请权转让(?:合同|协议)`), "0203", true},
	{regexp.MustCompile(`(?:发明|实用新型|外观设计)?专利权?转让(?:合同|协议)|技术转让\(专利权\)合同`), "0202", true},
	{regexp.MustCompile(`技术(?:秘密|诀窍)转让(?:合同|协议)|专有技术转让(?:合同|协议)|技术转让\(技术秘密\)合同`), "0201", true},
	{regexp.MustCompile(`软件著作权转让(?:合同|协议)`), "0204", true},
	{regexp.MustCompile(`布图设计(?:专有权)?转让(?:合同|协议)`), "0205", true},
	{regexp.MustCompile(`植物新品种权?转让(?:合同|协议)|品种权转让(?:合同|协议)`), "0206", true},
	{regexp.MustCompile(`(?:新药|医药新品种)(?:技术)?转让(?:合同|协议)`), "0207", false},
	{regexp.MustCompile(`技术入股(?:合同|协议)|作价(?:投资|入股)(?:合同|协议)`), "0208", false},
	{regexp.MustCompile(`专利(?:权)?(?:实施)?(?:普通|排他|独占)?(?:实施)?许可(?:合同|协议)|技术许可\(专利实施\)合同`), "0301", true},
	{regexp.MustCompile(`技术秘密(?:使用)?许可(?:使用)?(?:合同|协议)|专有技术许可(?:合同|协议)`), "0302", true},
	{regexp.MustCompile(`软件(?:著作权)?(?:使用)?许可(?:使用)?(?:合同|协议)`), "0303", true},
	{regexp.MustCompile(`布图设计(?:专有权)?许可(?:合同|协议)`), "0304", true},
	{regexp.MustCompile(`(?:植物新)?品种权?(?:实施)?许可(?:合同|协议)`), "0305", true},
	{regexp.MustCompile(`技术中介合同|技术服务\(中介\)合同|居间合同|技术中介服务合同`), "0502", true},
	{regexp.MustCompile(`技术培训合同|技术服务\(培训\)合同|技术培训服务合同`), "0503", true},
	{regexp.MustCompile(`技术咨询(?:服务)?合同`), "0401", true},
	{regexp.MustCompile(`技术服务合同`), "0501", true},
	{regexp.MustCompile(`技术开发合同`), "0101", false},
	{regexp.MustCompile(`技术转让合同`), "0201", false},
	{regexp.MustCompile(`技术许可合同|技术实施许可合同`), "0301", false},
}

// titleEnd is how far into the text a title is looked for, in bytes: a cover and its notes.
const titleEnd = 1500

// class reads the class from the title. Sure: one exact title, and no other in the head of the text.
func (t *text) class() []Fact {
	head := t.all[:min(len(t.all), titleEnd)]
	var found *Fact
	for _, h := range heads {
		m := h.title.FindStringIndex(head)
		if m == nil || strings.HasPrefix(head[m[1]:], "登记") || strings.HasPrefix(head[m[1]:], "认定") {
			continue
		}
		why := "标题写“" + head[m[0]:m[1]] + "”"
		if found == nil {
			f := t.fact("elements.classCode", h.code, m[0], m[1], h.sure && !t.ocr, why)
			if !h.sure {
				f.Why += "，请选择小类"
			}
			found = &f
			continue
		}
		if found.Value[:2] != h.code[:2] { // another class is named beside it: a form with several to choose from, or a mixed contract
			found.Sure, found.Why = false, found.Why+"，另有“"+head[m[0]:m[1]]+"”"
			break
		}
	}
	if found == nil {
		return nil
	}
	return []Fact{*found}
}

var nameLabel = regexp.MustCompile(`(?:项目名称|合同名称|技术项目名称|课题名称|技术项目|项目名)(?:为)?:?`)

// title reads the name of the project, up to the next label.
func (t *text) title() []Fact {
	for _, m := range nameLabel.FindAllStringIndex(t.all, -1) {
		name := t.value(m[1], 80)
		ended := m[1]+len(name) < len(t.all) && utf8.RuneCountInString(name) < 80
		name = strings.Trim(name, "《》“”\"")
		if utf8.RuneCountInString(name) < 4 {
			continue
		}
		at := m[1] + strings.Index(t.all[m[1]:], name)
		colon := strings.HasSuffix(t.all[m[0]:m[1]], ":")
		f := t.fact("elements.name", name, at, at+len(name), false, "首部写明")
		f.Sure = colon && ended && !t.ocr && strings.Count(t.all, name) > 1
		if f.Sure {
			f.Why = "首部与正文一致"
		}
		return []Fact{f}
	}
	return nil
}

var (
	ways = []struct {
		code string
		word *regexp.Regexp
	}{
		{"lump_sum", regexp.MustCompile(`一次总付|一次性(?:总)?(?:支付|付清|付款)`)},
		{"installments", regexp.MustCompile(`分期(?:支付|付款|总付)|分[两二三四五六\d](?:期|次|笔)(?:支付|付清|付款)|第[一1](?:期|笔|次)[^。;]{0,40}(?:支付|付)`)},
		{"sales_share", regexp.MustCompile(`销售(?:额|收入)[^。;]{0,16}(?:提成|\d%|百分之)`)},
		{"profit_share", regexp.MustCompile(`利润[^。;]{0,16}(?:提成|分成)`)},
	}
	payLabel = regexp.MustCompile(`(?:支付|付款)方式`)
	ticked   = regexp.MustCompile(`[☑√✓■]`)
)

// payment reads how the price is paid. A form that prints all ways says nothing unless one is ticked.
func (t *text) payment() []Fact {
	var found []Fact
	for _, w := range ways {
		m := w.word.FindStringIndex(t.all)
		if m == nil {
			continue
		}
		f := t.fact("elements.payment", w.code, m[0], m[1], false, "文本写“"+t.all[m[0]:m[1]]+"”")
		if tick := ticked.FindStringIndex(t.all[max(0, m[0]-8):m[0]]); tick != nil {
			f.Sure, f.Why = !t.ocr, "勾选了“"+t.all[m[0]:m[1]]+"”"
			return []Fact{f}
		}
		found = append(found, f)
	}
	if len(found) != 1 {
		return nil
	}
	found[0].Sure = !t.ocr && payLabel.MatchString(t.all)
	return found
}

var (
	patent    = regexp.MustCompile(`(?:ZL)?(?:19|20)\d{2}[1238]\d{7}\.?[\dX]|ZL\d{8}\.?[\dX]`)
	software  = regexp.MustCompile(`(?:19|20)\d{2}SR\d{6,7}`)
	ownerText = regexp.MustCompile(`[^。;]*(?:知识产权|专利申请权|技术成果|研究开发成果|开发成果|后续改进)[^。;]{0,60}(?:归|享有|共有|所有|属于)[^。;]*`)
)

// rights lists numbers of rights with a valid check character; the kind of a patent stands in its number.
func (t *text) rights() []Fact {
	var out []Fact
	seen := map[string]bool{}
	add := func(number, kind, why string, m []int) {
		if seen[number] || len(seen) == 20 {
			return
		}
		path := fmt.Sprintf("elements.ip.%d.", len(seen))
		seen[number] = true
		out = append(out, t.fact(path+"kind", kind, m[0], m[1], true, why), t.fact(path+"number", number, m[0], m[1], true, why))
	}
	for _, m := range patent.FindAllStringIndex(t.all, -1) {
		c := codes.Patent(t.all[m[0]:m[1]])
		if c.Level != codes.Silent || c.Code != "" {
			continue
		}
		at := 4
		if len(c.Value) <= 9 {
			at = 2
		}
		kind := map[byte]string{'1': "invention", '2': "utility_model", '3': "design", '8': "invention"}[c.Value[at]]
		add(t.all[m[0]:m[1]], cmp.Or(kind, "invention"), "专利号校验位相符", m)
	}
	for _, m := range software.FindAllStringIndex(t.all, -1) {
		add(t.all[m[0]:m[1]], "software", "软件著作权登记号", m)
	}
	if t.ocr {
		for i := range out {
			out[i].Sure = out[i].Sure && strings.HasPrefix(out[i].Why, "专利号")
		}
	}
	return out
}

// ownership quotes the sentence on whose the results are; what it means a person decides.
func (t *text) ownership() []Fact {
	m := ownerText.FindStringIndex(t.all)
	if m == nil {
		return nil
	}
	from := m[1]
	words := t.all[m[0]:m[1]]
	if n := utf8.RuneCountInString(words); n > 300 {
		return nil
	}
	if i := strings.LastIndex(words, ":"); i >= 0 {
		words = words[i+1:]
	}
	return []Fact{t.fact("elements.ownershipTerms", words, from-len(words), from, false, "文本原句")}
}
