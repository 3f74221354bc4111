package extract

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	hanDay  = `[〇○零一二三四五六七八九]{4}年[〇○零一二三四五六七八九十]{1,3}月[〇○零一二三四五六七八九十]{1,4}日`
	dayForm = `(?:(?:19|20)\d{2}年\d{1,2}月\d{1,2}日|(?:19|20)\d{2}[-./]\d{1,2}[-./]\d{1,2}|` + hanDay + `)`
)

var (
	aDay       = regexp.MustCompile(dayForm)
	signLabel  = regexp.MustCompile(`(?:签订|签约|签署|订立|合同签订)(?:日期|时间|日|于):?`)
	signature  = regexp.MustCompile(`(?:盖章|公章|签章|签字|签名|印章)\)?:?[^。]{0,60}?(` + dayForm + `)`)
	periodPair = regexp.MustCompile(`(?:自|从|由)?(` + dayForm + `)(?:起|始|开始)?[,、]?(?:至|到|-)(` + dayForm + `)`)
	periodEnd  = regexp.MustCompile(`(?:签订|签字|签署|生效|盖章)[^。;]{0,12}?(?:之)?日起?[,、]?(?:至|到)(` + dayForm + `)`)
	periodLong = regexp.MustCompile(`(?:签订|签字|签署|生效|盖章)[^。;]{0,12}?(?:之)?日起[,、]?(?:的|有效期为?)?(\d{1,3}|[一二两三四五六七八九十]{1,3})(?:个)?(年|月|日|天)`)
	// validity names the term of the contract itself, work the term of its performance.
	validity = regexp.MustCompile(`(?:合同)?有效期限?|合同期限?`)
	work     = regexp.MustCompile(`履行期限?|(?:研究)?开发期限?|服务期限?|许可期限|咨询期限|起止(?:时间|日期|年限)|期限`)
	spelled  = strings.NewReplacer("〇", "0", "○", "0", "零", "0", "一", "1", "二", "2", "三", "3", "四", "4", "五", "5",
		"六", "6", "七", "7", "八", "8", "九", "9")
)

// parseDay reads a day of the text; ok is false where the calendar has no such day.
func parseDay(s string) (day string, ok bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("年月日-./", r) })
	if len(parts) != 3 {
		return "", false
	}
	var n [3]int
	for i, p := range parts {
		v, ok := number(p, i == 0)
		if !ok {
			return "", false
		}
		n[i] = v
	}
	at := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
	if at.Year() != n[0] || int(at.Month()) != n[1] || at.Day() != n[2] {
		return "", false
	}
	return at.Format(time.DateOnly), true
}

// number reads 12, 十二, 二十, 二〇二六 (digits).
func number(s string, digits bool) (int, bool) {
	if v, err := strconv.Atoi(s); err == nil {
		return v, true
	}
	if tens, ones, ok := strings.Cut(s, "十"); ok && !digits {
		s = cmp.Or(spelled.Replace(tens), "1") + cmp.Or(spelled.Replace(ones), "0")
	} else {
		s = strings.ReplaceAll(spelled.Replace(s), "两", "2")
	}
	v, err := strconv.Atoi(s)
	return v, err == nil
}

// day makes the fact of a day; a day that the calendar does not have is told.
func (t *text) day(path string, from, to int, sure bool, why string) Fact {
	value, ok := parseDay(t.all[from:to])
	if !ok {
		sure, why = false, "“"+t.all[from:to]+"”不是日历上的一天"
	}
	f := t.fact(path, value, from, to, sure, why)
	f.Clash = !ok && !t.ocr
	return f
}

// signedOn reads the day of signing: the label of the cover and the days of the signatures. The last signature makes the contract.
func (t *text) signedOn() []Fact {
	const path = "elements.signedOn"
	var cover, last *Fact
	for _, m := range signLabel.FindAllStringIndex(t.all, -1) {
		d := aDay.FindStringIndex(t.all[m[1]:min(len(t.all), m[1]+64)])
		if d == nil || d[0] > 0 {
			continue
		}
		f := t.day(path, m[1]+d[0], m[1]+d[1], !t.ocr, "首部写明签订日期")
		cover = &f
		break
	}
	days := 0
	for _, m := range signature.FindAllStringSubmatchIndex(t.all, -1) {
		f := t.day(path, m[2], m[3], false, "落款日期")
		if f.Value == "" {
			continue
		}
		days++
		if last == nil || f.Value > last.Value {
			last = &f
		}
	}
	switch {
	case cover == nil && last == nil:
		return nil
	case cover == nil:
		if days > 1 {
			last.Why = "各方落款日期中最晚的一天"
		}
		return []Fact{*last}
	case last != nil && last.Value != cover.Value && cover.Value != "":
		cover.Sure, cover.Why = false, "首部写 "+cover.Value+"，落款最晚的一天是 "+last.Value
	case last != nil && cover.Value != "":
		cover.Sure, cover.Why = true, "首部与落款一致"
	}
	return []Fact{*cover}
}

// term is a stretch of days with what names it.
type term struct {
	begins, ends Fact
	rank         int // 2 validity of the contract, 1 its performance, 0 neither
}

// period reads the term of the contract. The validity goes before the term of performance.
func (t *text) period(signed []Fact) []Fact {
	var best *term
	for _, m := range periodPair.FindAllStringSubmatchIndex(t.all, -1) {
		rank := t.rank(m[0])
		sure := rank == 2 && !t.ocr
		why := map[int]string{2: "有效期限写明", 1: "履行期限写明，文本没有单独写有效期", 0: "文本没有写明这是什么期限"}[rank]
		x := term{t.day("elements.beginsOn", m[2], m[3], sure, why), t.day("elements.endsOn", m[4], m[5], sure, why), rank}
		if x.begins.Value != "" && x.ends.Value != "" && x.begins.Value > x.ends.Value {
			x.begins.Sure, x.ends.Sure = false, false
			x.begins.Clash, x.ends.Clash = !t.ocr, !t.ocr
			x.begins.Why, x.ends.Why = "开始晚于结束", "开始晚于结束"
		}
		switch {
		case best == nil || x.rank > best.rank:
			best = &x
		case x.rank == best.rank && (x.begins.Value != best.begins.Value || x.ends.Value != best.ends.Value):
			best.begins.Sure, best.ends.Sure = false, false
			best.ends.Why = "文本有几个期限，另一个到 " + cmp.Or(x.ends.Value, "（无效日期）")
		}
	}
	if best != nil && best.rank > 0 {
		return []Fact{best.begins, best.ends}
	}
	if out := t.fromSigning(signed); out != nil {
		return out
	}
	if best != nil {
		return []Fact{best.begins, best.ends}
	}
	return nil
}

// rank says what a stretch of days is called in the sixty characters before it.
func (t *text) rank(at int) int {
	before := t.all[max(0, at-120):at]
	if i := strings.LastIndexAny(before, "。;"); i >= 0 {
		before = before[i:]
	}
	if validity.MatchString(before) {
		return 2
	}
	if work.MatchString(before) {
		return 1
	}
	return 0
}

// fromSigning reads a term that begins with the signature.
func (t *text) fromSigning(signed []Fact) []Fact {
	if m := periodEnd.FindStringSubmatchIndex(t.all); m != nil {
		out := []Fact{}
		if len(signed) > 0 && signed[0].Value != "" {
			out = append(out, t.fact("elements.beginsOn", signed[0].Value, m[0], m[1], false, "从签订之日起"))
		}
		return append(out, t.day("elements.endsOn", m[2], m[3], t.rank(m[0]) == 2 && !t.ocr, "期限写明"))
	}
	m := periodLong.FindStringSubmatchIndex(t.all)
	if m == nil || len(signed) == 0 || signed[0].Value == "" {
		return nil
	}
	n, ok := number(t.all[m[2]:m[3]], false)
	begin, err := time.Parse(time.DateOnly, signed[0].Value)
	if !ok || err != nil {
		return nil
	}
	var end time.Time
	unit := t.all[m[4]:m[5]]
	switch unit {
	case "年":
		end = begin.AddDate(n, 0, -1)
	case "月":
		end = begin.AddDate(0, n, -1)
	default:
		end = begin.AddDate(0, 0, n-1)
	}
	why := fmt.Sprintf("按签订之日起 %d %s推算", n, map[string]string{"年": "年", "月": "个月", "日": "天", "天": "天"}[unit])
	return []Fact{t.fact("elements.beginsOn", signed[0].Value, m[0], m[1], false, "从签订之日起"),
		t.fact("elements.endsOn", end.Format(time.DateOnly), m[0], m[1], false, why)}
}
