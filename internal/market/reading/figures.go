package reading

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
)

const (
	number = `[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?`
	unit   = `%|‰|℃|°C|°|` +
		`(?:千瓦时|千瓦|兆瓦|兆帕|毫米|微米|纳米|厘米|公里|千米|米|千克|公斤|毫克|克|万?吨|毫升|升|立方米|平方米|小时|分钟|秒|天|周|个月|年|万?次|倍|级|件|台|套|头|亩|度|万?元)` +
		`(?:/(?:[A-Za-z]{1,3}[²³]?|\p{Han}{1,3}))?|` +
		`[A-Za-zμµΩ]{1,5}[²³]?(?:[/·][A-Za-zμ²³]{1,5}[²³]?){0,2}`
	least = `大于等于|不低于|不少于|不小于|至少|≥|>=`
	most  = `小于等于|不高于|不超过|不大于|不多于|至多|最多|≤|<=`
	over  = `大于|高于|超过|多于|>`
	under = `小于|低于|少于|<`
	reach = `(?:提高|提升|延长|增加|升高|增|升|降低|下降|减少|缩短|压缩|降|控制|保持|稳定|达|缩小|减小)(?:到|至|在)|达`
	plain = `约?为|是|[:：]|约`
)

var (
	figure = regexp.MustCompile(`(` + least + `)|(` + most + `)|(` + over + `)|(` + under + `)|(` + reach + `)|(` + plain + `)`)
	amount = regexp.MustCompile(
		`^\s*(约|大约|近)?\s*(` + number + `)(?:\s*[-—–~～至到]\s*(` + number + `))?\s*(` + unit + `)?\s*(以上|及以上|以下|及以下|以内|之内|左右|上下)?`,
	)
	change = regexp.MustCompile(`(?:由|从)\s*(?:目前|现在|现有|原来|当前)?的?\s*(` + number + `)\s*(` + unit + `)?\s*` +
		`(?:提高|提升|延长|增加|升高|降低|下降|减少|缩短|压缩|减小|缩小|增|升|降)(?:到|至)\s*(` + number + `)\s*(` + unit + `)?\s*(以上|以下|以内|左右)?`)
	presentCue = regexp.MustCompile(`目前|现在|当前|现有|现状|如今|仅|只能|只有|实际|原来|已(?:经)?达`)
	wishCue    = regexp.MustCompile(`要求|希望|目标|需要|期望|预期|力争|拟|应|需|须|要`)
	failCue    = regexp.MustCompile(`(达不|不能|无法|难以|未能|没有|尚未|不足|不到)(达)?到?$`)
	condition  = regexp.MustCompile(`^\s*(时|后|的|下|条件|环境|情况|工况|范围)`)
	nameFront  = regexp.MustCompile(`^(?:要求|希望|目标是?|需要|期望|预期|力争|实现|能够|使得?|将|把|并且?|且|同时|以及|其中|目前|现在|当前|现有|实际|原来|我(?:厂|公司|司|单位)|应|须|拟|` +
		`主要技术指标|考核指标|技术指标|指标要求|[0-9]{1,2}[.、)）]|[（(][0-9一二三四五六七八九十]{1,2}[)）]|[一二三四五六七八九十]{1,2}、|[:：\s、；，的])+`)
	nameBack = regexp.MustCompile(`(?:要求|应当?|须|能够|能|可|由|从|的|需要?|希望|必须|是|为|指标|保证|确保|目标|力争|要|仅|只有|只能|约|平均|[:：\s（(])+$`)
	nounBack = regexp.MustCompile(`(产能|性能|功能|节能|[热电动光势储]能|效应|反应|响应|供应)$`)
	clauses  = regexp.MustCompile(`[，；。;！？!?\n\t]|,[^0-9]`)
)

// said is one figure of a sentence.
type said struct {
	name, value, unit string
	present           bool
	sure              bool
}

// targets reads the figures of a span: name, present value, value to reach, unit.
func (r *reader) targets(s span) {
	for _, at := range sentences(r.text, s.from, s.to) {
		if r.rows >= 20 {
			return
		}
		sentence := r.text[at[0]:at[1]]
		if name, now, then, u, ok := changed(sentence); ok {
			r.target(at, name, now, then, u)
			continue
		}
		figures := figuresOf(sentence, s.goals)
		doubt := false
		for i, f := range figures {
			if f.present || strings.HasSuffix(f.unit, "元") {
				continue
			}
			if !f.sure || f.unit == "" || !goodName(f.name) {
				doubt = true
				continue
			}
			now := ""
			for _, p := range figures[:i] {
				if p.present && p.sure && p.unit == f.unit && (p.name == f.name || strings.HasSuffix(p.name, f.name)) {
					now = p.value
				}
			}
			r.target(at, f.name, now, f.value, f.unit)
		}
		if doubt {
			r.add("targets", "", at[0], at[1], false)
		}
	}
}

func (r *reader) target(at [2]int, name, now, then, unit string) {
	for _, f := range r.found { // the same figure said twice
		if strings.HasPrefix(f.Path, "targets.") && strings.HasSuffix(f.Path, ".name") && f.Value == name {
			r.add("targets", "", at[0], at[1], false)
			return
		}
	}
	r.add(row("targets", r.rows, "name"), name, at[0], at[1], true)
	if now != "" {
		r.add(row("targets", r.rows, "present"), now, at[0], at[1], true)
	}
	r.add(row("targets", r.rows, "target"), then, at[0], at[1], true)
	r.add(row("targets", r.rows, "unit"), unit, at[0], at[1], true)
	r.rows++
}

// changed reads "寿命由 45 天提高到 90 天以上".
func changed(sentence string) (name, now, then, u string, ok bool) {
	all := change.FindAllStringSubmatchIndex(sentence, -1)
	if len(all) != 1 {
		return "", "", "", "", false
	}
	part := func(i int) string {
		if all[0][2*i] < 0 {
			return ""
		}
		return sentence[all[0][2*i]:all[0][2*i+1]]
	}
	now, then = part(1), part(3)
	if u = part(4); u == "" {
		u = part(2)
	}
	if u == "" || part(2) != "" && part(2) != u || part(5) == "左右" {
		return "", "", "", "", false
	}
	then = bound(then, "", part(5))
	before := sentence[:all[0][0]]
	if cut := clauses.FindAllStringIndex(before, -1); len(cut) > 0 {
		before = before[cut[len(cut)-1][1]:]
	}
	name = cleanName(before)
	return name, now, then, u, goodName(name)
}

// figuresOf finds what a sentence says of how much: a name, how it is bounded, a figure, a unit.
func figuresOf(sentence string, goals bool) []said {
	var out []said
	wish := goals || wishCue.MatchString(sentence)
	last := ""
	start := 0
	cuts := append(clauses.FindAllStringIndex(sentence, -1), []int{len(sentence), len(sentence)})
	for _, cut := range cuts {
		clause := sentence[start:cut[0]]
		start = cut[1]
		if cut[1]-cut[0] > 1 && cut[0] < len(sentence) && sentence[cut[0]] == ',' {
			start = cut[0] + 1
		}
		f, ok := figureOf(clause, wish)
		if !ok {
			continue
		}
		if f.name == "" && !f.present {
			f.name = last
		}
		last = f.name
		out = append(out, f)
	}
	return out
}

func figureOf(clause string, wish bool) (said, bool) {
	for _, at := range figure.FindAllStringSubmatchIndex(clause, -1) {
		m := amount.FindStringSubmatchIndex(clause[at[1]:])
		if m == nil {
			continue
		}
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return clause[at[1]+m[2*i] : at[1]+m[2*i+1]]
		}
		op := ""
		for i, sign := range []string{"≥", "≤", ">", "<", "", "?"} {
			if at[2+2*i] >= 0 {
				op = sign
			}
		}
		before, after := clause[:at[0]], clause[at[1]+m[1]:]
		f := said{name: cleanName(before), unit: part(4)}
		f.present = presentCue.MatchString(before)
		if op == "?" && !wish && !f.present || condition.MatchString(after) { // a fact, or under which condition
			continue
		}
		value := part(2)
		if part(3) != "" {
			value += "—" + part(3)
		}
		f.value = bound(value, strings.Trim(op, "?"), part(5))
		f.sure = part(1) == "" && part(5) != "左右" && part(5) != "上下" && !failCue.MatchString(before) && clause[at[0]:at[1]] != "约" &&
			(wish || f.present) && !more(after, part(4))
		return f, true
	}
	return said{}, false
}

// more: the unit goes on, so it was not read whole.
func more(after, unit string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	return unit == "" || strings.ContainsRune("/·*×^", next) || next < utf8.RuneSelf && (unicode.IsLetter(next) || unicode.IsDigit(next))
}

// bound writes a figure with its bound: 以上 includes the figure itself (民法典 第 1259 条).
func bound(value, op, suffix string) string {
	switch suffix {
	case "以上", "及以上":
		op = "≥"
	case "以下", "及以下", "以内", "之内":
		op = "≤"
	}
	return op + value
}

func cleanName(text string) string {
	text = strings.TrimSpace(text)
	for {
		next := nameFront.ReplaceAllString(text, "")
		if !nounBack.MatchString(next) {
			next = nameBack.ReplaceAllString(next, "")
		}
		if next == text {
			return next
		}
		text = next
	}
}

// goodName: a short noun as an index has it, no sentence.
func goodName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 2 && n <= 14 && !strings.ContainsAny(name, "0123456789≥≤<>，。；、（）()“”") &&
		!strings.ContainsAny(strings.ReplaceAll(name, "时间", ""), "不未已是在时每") &&
		strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// advantages reads what an achievement made better: "寿命由 45 天提高到 90 天".
func (r *reader) advantages(s span) {
	for _, at := range sentences(r.text, s.from, s.to) {
		if r.rows >= 20 {
			return
		}
		name, now, then, u, ok := changed(r.text[at[0]:at[1]])
		if !ok {
			continue
		}
		for field, value := range map[string]string{"name": name, "ours": then, "present": now, "unit": u} {
			r.add(row("advantages", r.rows, field), value, at[0], at[1], true)
		}
		r.rows++
	}
}

var (
	moneyCue = regexp.MustCompile(`预算|拟?投入|经费|资金|出资|悬赏|榜(单)?金额|榜额|奖金`)
	moneyNot = regexp.MustCompile(`已(经)?(累计)?投入|累计|此前|先后投入|每年|年均|损失|节约|节省|产值|收入|利润|成本|效益|注册资[本金]|税`)
	sum      = regexp.MustCompile(
		`(约|大约|近)?\s*(` + number + `)(?:\s*(?:万元|亿元)?\s*[-—–~～至到]\s*(` + number + `))?\s*(亿元|万元|元|万|亿)?\s*(以上|以下|以内|之内|左右)?`,
	)
)

// budget reads what is to be spent. title is the label it stands under, "" in running text, where it must be called a budget; unclear
// ones (spent already, every year, several sums, about) are left to the person.
func (r *reader) budget(s span, title string) {
	group := "budget"
	if strings.HasPrefix(s.path, "price") {
		group = "price"
	}
	for _, at := range sentences(r.text, s.from, s.to) {
		sentence := r.text[at[0]:at[1]]
		if title == "" && !moneyCue.MatchString(sentence) {
			continue
		}
		if strings.Contains(sentence, "面议") {
			r.add(group+".negotiable", "yes", at[0], at[1], true)
			continue
		}
		low, high, sure, any := sumOf(sentence, title)
		if !any {
			continue
		}
		if !sure || title == "" && moneyNot.MatchString(sentence) {
			r.add(group+".maxFen", "", at[0], at[1], false)
			continue
		}
		if low > 0 {
			r.add(group+".minFen", strings.ReplaceAll(low.Wan(), ",", ""), at[0], at[1], true)
		}
		if high > 0 {
			r.add(group+".maxFen", strings.ReplaceAll(high.Wan(), ",", ""), at[0], at[1], true)
		}
		return
	}
}

func sumOf(sentence, title string) (low, high money.Fen, sure, any bool) {
	var hits [][]string
	var places [][]int
	for i, m := range sum.FindAllStringSubmatch(sentence, -1) {
		unitless := m[4] == ""
		if unitless && !(strings.Contains(title, "万元") || strings.Contains(title, "（元") || strings.Contains(title, "(元")) {
			continue
		}
		hits, places = append(hits, m), append(places, sum.FindAllStringSubmatchIndex(sentence, -1)[i])
	}
	if len(hits) == 0 {
		return 0, 0, false, false
	}
	m := hits[0]
	unit := m[4]
	if unit == "" {
		if unit = "万元"; !strings.Contains(title, "万元") {
			unit = "元"
		}
	}
	a, err := fen(m[2], unit)
	if err != nil || len(hits) > 1 || m[1] != "" || m[5] == "左右" {
		return 0, 0, false, true
	}
	if m[3] != "" {
		b, err := fen(m[3], unit)
		return a, b, err == nil && a <= b, true
	}
	switch m[5] {
	case "以上":
		return a, 0, true, true
	case "":
		switch bounded(sentence[:places[0][0]]) {
		case ">":
			return a, 0, true, true
		case "<":
			return 0, a, true, true
		}
		return a, a, true, true
	}
	return 0, a, true, true
}

// bounded tells which way the words before a sum bound it; the longer words first, 不低于 ends with 低于.
func bounded(before string) string {
	before = strings.TrimSpace(before)
	for _, b := range []struct{ words, way string }{{least, ">"}, {most, "<"}, {over, ">"}, {under, "<"}} {
		for w := range strings.SplitSeq(b.words, "|") {
			if strings.HasSuffix(before, w) {
				return b.way
			}
		}
	}
	return ""
}

func fen(digits, unit string) (money.Fen, error) {
	digits = strings.ReplaceAll(digits, ",", "")
	switch unit {
	case "元":
		return money.Parse(digits)
	case "亿元", "亿":
		v, err := money.ParseWan(digits)
		if err != nil || v > money.Max/10_000 {
			return 0, money.ErrRange
		}
		return v * 10_000, nil
	}
	return money.ParseWan(digits)
}

var (
	patentNumber = regexp.MustCompile(`(?:ZL|CN)?\s*(?:20[0-9]{2}|19[0-9]{2}|[089][0-9])[0-9 ]{6,12}\.[0-9Xx]`)
	patentTitle  = regexp.MustCompile(`\(54\)\s*(?:发明名称|实用新型名称|名称)?\s*\n?\s*([^\n]{2,60})`)
	patentText   = regexp.MustCompile(`(?s)\(57\)\s*(?:摘要)?\s*\n?(.+?)(?:\n\s*(?:权利要求|[0-9]+\.\s*一种|\([0-9]{2}\))|$)`)
)

// rights reads patent numbers whose check digit is right.
func (r *reader) rights(s span) {
	for _, m := range patentNumber.FindAllStringIndex(r.text[s.from:s.to], -1) {
		text := strings.Join(strings.Fields(r.text[s.from+m[0]:s.from+m[1]]), "")
		check := codes.Patent(text)
		if r.has("ip.0.number") {
			return
		}
		r.add("ip.0.number", text, s.from+m[0], s.from+m[1], !check.Warned())
	}
}

// patent reads the first page of a patent: its title (54) and its abstract (57).
func (r *reader) patent() {
	if m := patentTitle.FindStringSubmatchIndex(r.text); m != nil {
		r.spans = append(r.spans, span{path: "title", title: "发明名称", from: m[2], to: m[3]})
	}
	if m := patentText.FindStringSubmatchIndex(r.text); m != nil {
		r.spans = append(r.spans, span{path: "description", title: "摘要", from: m[2], to: m[3]})
	}
}
