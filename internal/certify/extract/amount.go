package extract

import (
	"regexp"
	"strings"

	"techmarket/internal/foundation/money"
)

var (
	// totalLabel names the whole price; what follows up to the end of the sentence is looked at.
	totalLabel = regexp.MustCompile(`(?:合同|项目|技术)?(?:成交|研究开发经费|开发经费|研发经费|经费|报酬|价款|价金|使用费|许可费|转让费|转让价款|服务费|服务报酬|咨询费|咨询报酬|培训费|` +
		`中介费|中介报酬|居间报酬|开发费|费用|金额|款项|价格)?(?:和报酬|及报酬|、报酬|或使用费|或者使用费|、价款)*(?:总额|总价款?|总金额|总计|合计|共计|总费用|总经费|总报酬|价款为|金额为|报酬为|费用为|经费为|` +
		`使用费为|转让费为|服务费为|咨询费为|许可费为)` +
		`|(?:合同金额|合同价款|合同价|成交金额|转让价款|许可使用费|咨询报酬|服务报酬|培训费用|中介报酬)(?:\(|:|为|是|总)` +
		`|总(?:价款|金额|额|费用|经费|报酬|价)`)
	// partWord marks an amount as a part of the price or as none of it.
	partWord = regexp.MustCompile(`其中|预付|首付|首期|首笔|第[一二三四五六七八九十\d]+[期笔次阶]|尾款|余款|违约金|赔偿|押金|保证金|定金|订金|设备费|材料费|单价|每年|每月|每台|每次|每人|税额|税金|增值税额|` +
		`利润|产值|销售额|注册资本|投资额|奖励|罚|已支付|支付总额的|总额的\d`)
	// unitFirst is a price under a heading that names the unit: 总金额（万元）：80.
	unitFirst = regexp.MustCompile(`^\(?(?:单位:?)?(万元|元)\)?:?(\d[\d,]*(?:\.\d+)?)`)
	// bareFigures are what a recogniser leaves of ￥987654.32 where it lost the sign: with 分, directly behind the label.
	bareFigures = regexp.MustCompile(`^:(\d[\d,]*\.\d{2})(?:[^\d万亿]|$)`)
	figures     = regexp.MustCompile(`(?:人民币|RMB|CNY|[¥￥])*(?:\(?小写\)?:?)?(?:人民币|RMB|CNY|[¥￥])*(\d[\d,]*(?:\.\d+)?)(亿元|万元|万圆|元|圆|万)?`)
	capital     = regexp.MustCompile(`[零〇一二三四五六七八九十百千壹贰貳两叁叄肆伍陆柒捌玖拾佰仟万亿]{1,24}[元圆](?:[零一二三四五六七八九壹贰叁肆伍陆柒捌玖]角)?(?:[零一二三四五六七八九壹贰叁肆伍陆柒捌玖]+分)?[整正]?`)
)

// price is one amount of the text.
type price struct {
	value    money.Fen
	from, to int
}

// amountWindow is how far behind a label of the whole price an amount is looked for, in bytes.
const amountWindow = 240

// amount reads the whole price. Sure: figures and capitals stand together and say the same. Where they differ both are told.
func (t *text) amount() []Fact {
	var best *Fact
	for _, m := range totalLabel.FindAllStringIndex(t.all, -1) {
		end := min(len(t.all), m[1]+amountWindow)
		window := t.all[m[1]:end]
		if i := strings.Index(window, "。"); i >= 0 {
			window = window[:i]
		}
		if i := partWord.FindStringIndex(window); i != nil {
			window = window[:i[0]]
		}
		if strings.HasPrefix(window, "的") { // 总价款的 20%
			continue
		}
		if f, ok := t.priceIn(m[1], window); ok && best == nil {
			best = &f
		} else if ok {
			best = t.better(*best, f)
		}
	}
	if best == nil {
		return nil
	}
	out := []Fact{*best}
	if v, ok := t.vat(best.Quote); ok {
		f := *best
		f.Path, f.Value, f.Sure, f.Why = "elements.vatIncluded", v, false, "价款旁写明"
		out = append(out, f)
	}
	return out
}

// better weighs a second naming of the whole price against the first. Agreeing namings make a price sure; a larger one beside it, or two
// that are both written out, leave it to a person.
func (t *text) better(best, f Fact) *Fact {
	one, _ := money.Parse(best.Value)
	other, _ := money.Parse(f.Value)
	switch {
	case one == other && !strings.HasPrefix(best.Why, unequal):
		if f.Sure {
			return &f
		}
		if !best.Sure && !t.ocr && !strings.HasPrefix(f.Why, unequal) {
			best.Sure, best.Why = true, "两处写明，一致"
		}
	case one == other:
	case f.Sure && !best.Sure && !strings.HasPrefix(best.Why, unequal):
		if one > other {
			f.Sure, f.Why = false, "另一处写 "+one.Grouped()+" 元"
		}
		return &f
	case !best.Sure || f.Sure || other > one:
		if !strings.HasPrefix(best.Why, unequal) {
			best.Why = "另一处写 " + other.Grouped() + " 元"
		}
		best.Sure = false
	}
	return &best
}

// unequal begins the doubt that figures and capitals differ; no second naming removes it.
const unequal = "大小写不一致"

// priceIn reads the first amount of a sentence, in figures, in capitals or both.
func (t *text) priceIn(at int, window string) (Fact, bool) {
	const path = "elements.amountFen"
	digits, han := t.firstFigures(window), t.firstCapital(at, window)
	switch {
	case digits == nil && han == nil:
		return Fact{}, false
	case han == nil:
		return t.fact(path, digits.value.String(), at+digits.from, at+digits.to, false, "只有小写，没有大写可以核对"), true
	case digits == nil:
		return t.fact(path, han.value.String(), at+han.from, at+han.to, false, "只有大写，没有小写可以核对"), true
	}
	from, to := min(digits.from, han.from), max(digits.to, han.to)
	if digits.value != han.value {
		f := t.fact(path, digits.value.String(), at+from, at+to, false,
			unequal+"：小写 "+digits.value.Grouped()+" 元，大写 "+han.value.Grouped()+" 元")
		f.Clash = true
		return f, true
	}
	return t.fact(path, digits.value.String(), at+from, at+to, true, "大小写一致"), true
}

// firstFigures is the first amount in figures that has a unit or a currency sign.
func (t *text) firstFigures(window string) *price {
	if m := bareFigures.FindStringSubmatchIndex(window); m != nil && t.ocr {
		if v, ok := inUnit(window[m[2]:m[3]], "元"); ok {
			return &price{value: v, from: m[2], to: m[3]}
		}
	}
	if m := unitFirst.FindStringSubmatchIndex(window); m != nil {
		if v, ok := inUnit(window[m[4]:m[5]], window[m[2]:m[3]]); ok {
			return &price{value: v, from: m[4], to: m[5]}
		}
	}
	for _, m := range figures.FindAllStringSubmatchIndex(window, -1) {
		number, unit := window[m[2]:m[3]], ""
		if m[4] >= 0 {
			unit = window[m[4]:m[5]]
		}
		sign := window[m[0]:m[2]]
		if unit == "" && sign == "" || strings.HasPrefix(window[m[1]:], "%") {
			continue
		}
		v, ok := inUnit(number, unit)
		if !ok {
			continue
		}
		return &price{value: v, from: m[0], to: m[1]}
	}
	return nil
}

// inUnit reads figures in 元, 万元 or 亿元; ok is false for what is no positive amount.
func inUnit(number, unit string) (v money.Fen, ok bool) {
	parse, times := money.Parse, money.Fen(1)
	switch unit {
	case "万元", "万圆", "万":
		parse = money.ParseWan
	case "亿元":
		parse, times = money.ParseWan, 10_000
	}
	v, err := parse(number)
	return v * times, err == nil && v > 0 && v <= money.Max/times
}

func (t *text) firstCapital(at int, window string) *price {
	for _, m := range capital.FindAllStringIndex(window, -1) {
		if t.ocr && !introduced.MatchString(t.all[max(0, at+m[0]-12):at+m[0]]) {
			continue
		}
		if v, err := money.ParseHan(window[m[0]:m[1]]); err == nil && v > 0 {
			return &price{value: v, from: m[0], to: m[1]}
		}
	}
	return nil
}

var (
	withoutVAT = regexp.MustCompile(`不含(?:增值)?税`)
	withVAT    = regexp.MustCompile(`含(?:增值)?税`)
)

// vat reads whether the price holds the tax, from the words beside it.
func (t *text) vat(quote string) (string, bool) {
	switch {
	case withoutVAT.MatchString(quote):
		return "no", true
	case withVAT.MatchString(quote):
		return "yes", true
	}
	return "", false
}
