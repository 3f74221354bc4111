package extract

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
)

// What the sides are called (认定登记管理办法第8条, 民法典 851–887 and everyday wording). 被许可方 stands before 许可方: the longer word first.
const (
	buyerRoles  = `被许可方|被许可人|委托方|委托人|受让方|受让人|买方|需方|接受方|使用方`
	sellerRoles = `研究开发方|研究开发人|研发方|受托方|受托人|让与方|让与人|转让方|转让人|出让方|许可方|许可人|服务方|顾问方|卖方|供方|中介方|中介人|居间人|培训方|培训人|提供方|承担方|承接方`
)

// stopWords end a value: the labels that follow one another on a cover page or in a signature block.
const stopWords = `法定代表人|法人代表|代表人|负责人|委托代理人|代理人|联系人|经办人|通讯地址|通信地址|注册地址|单位地址|地址|住所|邮政编码|邮编|联系电话|电话|传真|手机|` +
	`电子邮箱|电子邮件|E-?mail|统一社会信用代码|社会信用代码|信用代码|组织机构代码|纳税人识别号|税号|开户银行|开户行|银行账号|账号|帐号|账户|` +
	`签订地点|签订日期|签订时间|签约|签署日期|有效期|项目名称|合同名称|合同编号|登记编号|填写说明|填报说明|甲方|乙方|丙方|丁方|` +
	buyerRoles + `|` + sellerRoles + `|盖章|公章|签章|签字|印章|签名|中华人民共和国|印制|身份证|年月日|依据|根据|鉴于|经双方|双方|本合同|为一方|以下简称`

var (
	partyLabel = regexp.MustCompile(`((?:甲方|乙方|丙方|丁方|` + buyerRoles + `|` + sellerRoles + `|名称|全称|单位|盖章|公章|签章|[()/、])+)(:?)`)
	roleBuyer  = regexp.MustCompile(buyerRoles)
	roleSeller = regexp.MustCompile(sellerRoles)
	shortName  = regexp.MustCompile(`\((?:以下)?(?:简)?称:?["“”「]*(甲方|乙方|丙方|丁方|` + buyerRoles + `|` + sellerRoles + `)`)
	linked     = regexp.MustCompile(`(?:由|与|同|(?:公司|大学|学院|研究院|研究所|中心|集团|\))(?:和|及|以及))`) // 和 alone is part of many names
	letter     = regexp.MustCompile(`[甲乙丙丁]方`)
	stop       = regexp.MustCompile(`(?i)` + stopWords + `|[;。,:!?_]`)
	orgName    = regexp.MustCompile(`^[\p{Han}A-Za-z0-9()·&.-]{1,60}(?:公司|厂|大学|学院|研究院|研究所|设计院|科学院|中心|集团|医院|合作社|合作联社|局|厅|委员会|协会|学会|` +
		`站|所|场|院|学校|联盟|企业|事务所|银行|馆|基地|园|商行|经营部|工作室|\(普通合伙\)|\(有限合伙\)|\(特殊普通合伙\))$`)
	duty       = regexp.MustCompile(`^(?:应|须|可|有权|有义务|负责|提供|同意|向|在|将|已|未|不|按|对|为|与|和|承担|保证|指派|委派|支付|完成)`) // of a clause, not a name
	creditCode = regexp.MustCompile(`[0-9A-HJ-NP-RT-UW-Y]{18}`)
)

// party is one side as a label of the text names it.
type party struct {
	letter   string // 甲方 …; empty where only the role is written
	role     int    // -1 buyer, 1 seller, 0 not written
	name     string
	from, to int // of the name
	count    int // how many labels name it alike
	differs  string
}

// parties lists the sides in the order in which they are first named.
func (t *text) parties() []party {
	out := t.introduced()
	for _, m := range partyLabel.FindAllStringSubmatchIndex(t.all, -1) {
		label, colon := t.all[m[2]:m[3]], m[4] < m[5]
		p := party{letter: letter.FindString(label)}
		buys, sells := roleBuyer.MatchString(label), false
		for _, r := range roleSeller.FindAllStringIndex(label, -1) {
			sells = sells || !strings.HasSuffix(label[:r[0]], "被")
		}
		switch {
		case buys && !sells:
			p.role = -1
		case sells && !buys:
			p.role = 1
		}
		if p.letter == "" && p.role == 0 || !colon && (p.letter == "" || p.role == 0) && !strings.HasSuffix(label, ")") {
			continue
		}
		p.from = m[1]
		p.name = t.value(p.from, 60)
		if !orgName.MatchString(p.name) || duty.MatchString(p.name) || utf8.RuneCountInString(p.name) < 4 {
			continue
		}
		p.to = p.from + len(p.name)
		out = join(out, p)
	}
	return out
}

// introduced lists the sides of an opening sentence: 某公司（以下简称“甲方”）与某大学（以下简称“乙方”）.
func (t *text) introduced() []party {
	var out []party
	for _, m := range shortName.FindAllStringSubmatchIndex(t.all, -1) {
		before := t.all[max(0, m[0]-200):m[0]]
		if i := strings.LastIndexFunc(before, func(r rune) bool { return strings.ContainsRune("。;,:、“”\"", r) }); i >= 0 {
			_, size := utf8.DecodeRuneInString(before[i:])
			before = before[i+size:]
		}
		if i := linked.FindAllStringIndex(before, -1); i != nil {
			before = before[i[len(i)-1][1]:]
		}
		if !orgName.MatchString(before) {
			continue
		}
		word := t.all[m[2]:m[3]]
		p := party{letter: letter.FindString(word), name: before, from: m[0] - len(before), to: m[0]}
		switch {
		case roleBuyer.MatchString(word):
			p.role = -1
		case roleSeller.MatchString(word):
			p.role = 1
		}
		out = join(out, p)
	}
	return out
}

// value is what stands from a place up to the next label or stop, at most n characters.
func (t *text) value(from, n int) string {
	rest := t.all[from:min(len(t.all), from+4*n+40)]
	if i := stop.FindStringIndex(rest); i != nil {
		rest = rest[:i[0]]
	}
	for utf8.RuneCountInString(rest) > n {
		_, size := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-size]
	}
	for _, pair := range []string{"()", "(", "、"} {
		rest = strings.TrimSuffix(rest, pair)
	}
	return rest
}

// join adds a naming to the side that it belongs to.
func join(all []party, p party) []party {
	i := slices.IndexFunc(all, func(q party) bool {
		if q.letter != "" && p.letter != "" {
			return q.letter == p.letter
		}
		return q.role != 0 && q.role == p.role && (q.name == p.name || q.letter == "" != (p.letter == "")) || q.name == p.name
	})
	if i < 0 {
		p.count = 1
		return append(all, p)
	}
	q := &all[i]
	q.letter, q.role = cmp.Or(q.letter, p.letter), cmp.Or(q.role, p.role)
	switch {
	case q.name == p.name:
		q.count++
	case q.differs == "":
		q.differs = p.name
	}
	return all
}

// Verbs that say which side gives the technology, where no label does.
var (
	secondGives = regexp.MustCompile(`甲方(?:特|现)?(?:委托|聘请)乙方|乙方(?:接受|受)甲方(?:的)?委托|乙方(?:同意)?(?:向甲方(?:转让|许可|提供)|将)`)
	firstGives  = regexp.MustCompile(`乙方(?:特|现)?(?:委托|聘请)甲方|甲方(?:接受|受)乙方(?:的)?委托|甲方(?:同意)?(?:向乙方(?:转让|许可|提供)|将)`)
)

// partyFacts turns the sides into the seller and the buyers of the form.
func (t *text) partyFacts(all []party) []Fact {
	doubt := ""
	if !slices.ContainsFunc(all, func(p party) bool { return p.role != 0 }) && len(all) > 1 {
		second, first := secondGives.MatchString(t.all), firstGives.MatchString(t.all)
		seller := "乙方"
		if first && !second {
			seller = "甲方"
		}
		if first == second {
			doubt = "文本没有写明哪一方提供技术，暂按乙方是卖方"
		}
		for i := range all {
			all[i].role = -1
			if all[i].letter == seller {
				all[i].role = 1
			}
		}
	}
	all = otherSide(all)
	sellers := 0
	for _, p := range all {
		if p.role == 1 {
			sellers++
		}
	}
	if sellers > 1 {
		doubt = "有两方都写作提供技术的一方"
	}
	var out []Fact
	buyer, sold := 0, false
	for i, p := range all {
		path := "seller."
		if p.role != 1 || sold {
			path = fmt.Sprintf("buyers.%d.", buyer)
			buyer++
		} else {
			sold = true
		}
		sure := doubt == "" && p.role != 0 && p.differs == "" && (p.count > 1 || !t.ocr && all[i].to < len(t.all))
		why := cmp.Or(doubt, "合同首部写明")
		switch {
		case p.differs != "":
			why = "另一处写作“" + p.differs + "”"
		case p.count > 1:
			why = cmp.Or(doubt, "首部与落款一致")
		}
		out = append(out, t.fact(path+"name", p.name, p.from, p.to, sure, why))
		out = append(out, t.details(path, all, i)...)
	}
	return out
}

// otherSide gives a side without a role the one that is missing, where only two sides are.
func otherSide(all []party) []party {
	if len(all) == 2 {
		for i := range all {
			if all[i].role == 0 {
				all[i].role = -all[1-i].role
			}
		}
	}
	return all
}

// details are what stands between a side's name and the next side's.
func (t *text) details(path string, all []party, i int) []Fact {
	end := min(len(t.all), all[i].to+1200)
	for _, other := range all {
		if other.from > all[i].to {
			end = min(end, other.from)
		}
	}
	block := t.all[all[i].to:end]
	var out []Fact
	for _, m := range creditCode.FindAllStringIndex(block, -1) {
		if code := codes.USCC(block[m[0]:m[1]]); code.Level == codes.Silent {
			at := all[i].to + m[0]
			out = append(out, t.fact(path+"creditCode", code.Value, at, at+18, true, "校验码相符"))
			break
		}
	}
	for _, d := range []struct {
		field  string
		label  *regexp.Regexp
		longer int
		shape  *regexp.Regexp
		sure   bool
	}{
		{"representative", representative, 8, personName, !t.ocr}, {"contact", contactName, 8, personName, false},
		{"address", address, 60, anything, false}, {"phone", phone, 24, phoneShape, false},
	} {
		m := d.label.FindStringIndex(block)
		if m == nil {
			continue
		}
		from := all[i].to + m[1]
		v := t.value(from, d.longer)
		if d.field == "phone" { // a telephone number has no stop but its own end
			v = phoneShape.FindString(t.all[from:min(len(t.all), from+24)])
		}
		if v != "" && d.shape.MatchString(v) {
			out = append(out, t.fact(path+d.field, v, from, from+len(v), d.sure, "合同首部写明"))
		}
	}
	return out
}

var (
	representative = regexp.MustCompile(`(?:法定代表人|法人代表|法定代表人或负责人|单位负责人)(?:\((?:签字|签章|盖章|签名)\))?:`)
	contactName    = regexp.MustCompile(`(?:联系人|项目联系人|经办人):`)
	address        = regexp.MustCompile(`(?:通讯地址|通信地址|单位地址|注册地址|地址|住所地?):`)
	phone          = regexp.MustCompile(`(?:联系电话|电话|手机):`)
	personName     = regexp.MustCompile(`^[\p{Han}·]{2,8}$`)
	phoneShape     = regexp.MustCompile(`^(?:0\d{2,3}-?\d{7,8}|1\d{10})`)
	anything       = regexp.MustCompile(`.`)
)
