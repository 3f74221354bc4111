package reading

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
)

// more labels that people write above a part of a need; those of tables are the sheet's own.
func moreLabels() map[string]string {
	return map[string]string{"目标": "goals", "目标要求": "goals", "指标要求": "goals", "技术要求": "goals", "具体要求": "goals", "现状": "background",
		"预算": "budget.maxFen", "投入预算": "budget.maxFen", "拟投入": "budget.maxFen", "拟投入资金": "budget.maxFen",
		"投入资金": "budget.maxFen", "经费预算": "budget.maxFen", "预算金额": "budget.maxFen", "拟投入金额": "budget.maxFen", "榜单金额": "budget.maxFen",
		"约束": "limits", "已做工作": "tried", "前期工作": "tried",
		"已有尝试": "tried", "问题描述": "problem", "技术简介": "description", "摘要": "description", "成果简介": "description"}
}

// private labels: what stands under them is somebody's, not the need's.
var private = regexp.MustCompile(`^(联系人?|联系人?(姓名|电话|方式|手机|地址|邮箱)|手机(号码?)?|电话|传真|邮箱|电子邮[箱件]|E-?mail|微信号?|QQ|身份证号?码?|法定代表人|法人(代表)?|` +
	`负责人(姓名|电话)?|统一社会信用代码|组织机构代码|通[讯信]地址|单位地址|地址|邮(政)?编(码)?|填[表报](人|日期|时间|单位)|单位(名称|盖章|公章)?|企业名称|需求(单位|方|企业)|申报单位|` +
	`所属单位|职务|职称|日期|盖章|签字|序号|编号)(\(.*\))?$`)

// formTitle is the heading of a form, no title of a need.
var formTitle = regexp.MustCompile(`^(附件?\s*[0-9一二三四五]*[:：]?)?.{0,30}(征集表|征集表\(.*\)|登记表|申报表|调查表|汇总表|信息表|需求表)$|^附件?\s*[0-9一二三四五]*[:：]?$`)

// sections cuts the text at its labels: "需求名称：…" on a line, a label alone on its line, or label and value in cells beside each
// other. Everything else is free text, a span a line.
func (r *reader) sections() {
	r.own = len(r.spans)
	open := -1 // the span that the next line continues
	start := 0
	for start <= len(r.text) {
		end := strings.IndexByte(r.text[start:], '\n')
		if end < 0 {
			end = len(r.text)
		} else {
			end += start
		}
		if r.taken(start, end) {
			start = end + 1
			continue
		}
		cells := cellsOf(r.text, start, end)
		if len(cells) > 1 {
			open = r.tableLine(cells)
		} else if len(cells) == 1 {
			open = r.line(cells[0][0], cells[0][1], open)
		}
		start = end + 1
	}
}

// taken: a line of which the patent's own parts were read.
func (r *reader) taken(from, to int) bool {
	return slices.ContainsFunc(r.spans[:r.own], func(s span) bool { return from < s.to && to > s.from })
}

func cellsOf(text string, from, to int) [][2]int {
	var out [][2]int
	start := from
	for start <= to {
		end := strings.IndexByte(text[start:to], '\t')
		if end < 0 {
			end = to
		} else {
			end += start
		}
		if strings.TrimSpace(text[start:end]) != "" {
			out = append(out, [2]int{start, end})
		}
		start = end + 1
	}
	return out
}

const withheldPath = "-" // of a span that is not taken

// line reads one line without cells and returns the span that the next line continues, -1 for none.
func (r *reader) line(from, to, open int) int {
	text := r.text[from:to]
	if path, title, value, ok := r.label(text); ok {
		r.spans = append(r.spans, span{path: path, title: title, from: to - len(value), to: to, goals: path == "goals"})
		if path == withheldPath {
			r.withheld = true
			return -1
		}
		if longText(path) || strings.TrimSpace(value) == "" {
			return len(r.spans) - 1
		}
		return -1
	}
	if formTitle.MatchString(strings.TrimSpace(text)) {
		return -1
	}
	if open >= 0 && r.spans[open].path != withheldPath {
		r.spans[open].to = to
		if !longText(r.spans[open].path) {
			return -1
		}
		return open
	}
	r.spans = append(r.spans, span{from: from, to: to})
	return -1
}

// tableLine reads cells: a label and its value behind it.
func (r *reader) tableLine(cells [][2]int) int {
	open := -1
	for i := 0; i < len(cells); i++ {
		from, to := cells[i][0], cells[i][1]
		path, title, value, ok := r.label(r.text[from:to])
		text := strings.TrimSpace(r.text[from:to])
		switch {
		case ok && strings.TrimSpace(value) != "":
			r.spans = append(r.spans, span{path: path, title: title, from: to - len(value), to: to, goals: path == "goals"})
		case ok:
			s := span{path: path, title: title, from: to, to: to, goals: path == "goals"}
			if i+1 < len(cells) {
				if _, _, _, next := r.label(r.text[cells[i+1][0]:cells[i+1][1]]); !next {
					i++
					s.from, s.to = cells[i][0], cells[i][1]
				}
			}
			r.spans = append(r.spans, s)
		case i+1 < len(cells) && utf8.RuneCountInString(text) <= 14 && !strings.ContainsAny(text, "，。；0123456789"):
			i++
			r.spans = append(r.spans, span{path: "background", title: text, from: cells[i][0], to: cells[i][1]})
		default:
			r.spans = append(r.spans, span{from: from, to: to})
		}
		if open = len(r.spans) - 1; r.spans[open].path == withheldPath {
			r.withheld = true
			open = -1
		}
	}
	if open >= 0 && !longText(r.spans[open].path) {
		return -1
	}
	return open
}

// label finds the label that a text begins with; value is what stands behind it.
func (r *reader) label(text string) (path, title, value string, ok bool) {
	trimmed := strings.TrimSpace(text)
	if utf8.RuneCountInString(trimmed) <= 24 {
		if path, ok := r.pathOf(trimmed); ok {
			return path, trimmed, "", true
		}
	}
	if rest, found := strings.CutPrefix(trimmed, "【"); found {
		if title, value, found := strings.Cut(rest, "】"); found {
			if path, ok := r.pathOf(title); ok {
				return path, title, value, true
			}
		}
	}
	at := strings.IndexAny(trimmed, ":：")
	if at <= 0 || utf8.RuneCountInString(trimmed[:at]) > 24 {
		return "", "", "", false
	}
	title = trimmed[:at]
	_, size := utf8.DecodeRuneInString(trimmed[at:])
	path, ok = r.pathOf(title)
	return path, title, strings.TrimLeft(trimmed[at+size:], " \t"), ok
}

func (r *reader) column(title string) int {
	i, _ := r.sheet.Match(title)
	return i
}

func (r *reader) pathOf(title string) (string, bool) {
	bare := strings.TrimSpace(title)
	if private.MatchString(plainTitle(bare)) {
		return withheldPath, true
	}
	if i := r.column(bare); i >= 0 {
		h := r.sheet.Columns[i]
		switch {
		case h.Personal():
			return withheldPath, true
		case strings.HasPrefix(h.Path, "targets.") || strings.HasPrefix(h.Path, "advantages."):
			return "goals", true
		}
		return h.Path, true
	}
	path, ok := moreLabels()[plainTitle(bare)]
	return path, ok
}

// numbered is what stands before a label, as 一、 or 1. or （一） or ★ do.
var numbered = regexp.MustCompile(`^(?:[★*●◆■]\s*|[0-9]{1,2}[.、)）]\s*|[一二三四五六七八九十]{1,3}、\s*|[（(][0-9一二三四五六七八九十]{1,3}[)）]\s*)+`)

func plainTitle(title string) string {
	title = numbered.ReplaceAllString(strings.TrimSpace(title), "")
	title = strings.NewReplacer("（", "(", "）", ")", " ", "").Replace(title)
	return strings.Trim(title, ":：;；")
}

// labelled reads the values of short fields under their labels.
func (r *reader) labelled() {
	for _, s := range r.spans {
		value := strings.TrimSpace(r.text[s.from:s.to])
		if value == "" || s.path == "" || s.path == withheldPath || longText(s.path) {
			continue
		}
		switch {
		case s.path == "title":
			r.add(s.path, strings.Join(strings.Fields(value), " "), s.from, s.to, !r.has("title"))
		case strings.HasPrefix(s.path, "budget"), strings.HasPrefix(s.path, "price"):
			r.budget(s, s.title)
		case s.path == "deadline":
			r.deadline(s, true)
		case s.path == "division":
			code := divisionOf(value)
			r.add(s.path, code, s.from, s.to, code != "")
		default:
			r.choice(s, value)
		}
	}
}

// choice reads a field of codes, or one line of text.
func (r *reader) choice(s span, value string) {
	i := slices.IndexFunc(r.sheet.Columns, func(h listing.Heading) bool { return h.Path == s.path })
	if i < 0 {
		return
	}
	h := r.sheet.Columns[i]
	if h.Answer {
		return
	}
	if len(h.Choices) == 0 {
		r.add(s.path, strings.Join(strings.Fields(value), " "), s.from, s.to, utf8.RuneCountInString(value) <= 100)
		return
	}
	chosen := chosenIn(h.Choices, value)
	if len(chosen) == 1 || h.Many && len(chosen) > 0 {
		r.add(s.path, strings.Join(chosen, "、"), s.from, s.to, true)
		return
	}
	r.add(s.path, "", s.from, s.to, false)
}

// chosenIn are the codes whose labels stand in the value; where boxes are drawn, those of ticked boxes.
func chosenIn(choices []listing.Choice, value string) []string {
	var out []string
	boxed := strings.ContainsAny(value, "□☐")
	for _, c := range choices {
		at := strings.Index(value, c.Label)
		inside := slices.ContainsFunc(choices, func(o listing.Choice) bool { // of a longer label that stands there
			return o.Label != c.Label && strings.Contains(o.Label, c.Label) && strings.Contains(value, o.Label)
		})
		if at < 0 || c.Label == "" || inside {
			continue
		}
		before := strings.TrimRight(value[:at], " ")
		if boxed && !strings.HasSuffix(before, "☑") && !strings.HasSuffix(before, "√") && !strings.HasSuffix(before, "■") &&
			!strings.HasSuffix(before, "✓") {
			continue
		}
		out = append(out, c.Code)
	}
	return out
}

// divisionOf is the county, else the league, that a value names; "" where it names none or several.
func divisionOf(value string) string {
	var leagues, counties []region.Division
	for _, l := range region.Leagues() {
		if strings.Contains(value, l.Name) {
			leagues = append(leagues, l)
		}
	}
	for _, l := range region.Leagues() {
		if len(leagues) > 0 && !slices.Contains(leagues, l) {
			continue
		}
		for _, c := range region.Children(l.Code) {
			if strings.Contains(value, c.Name) {
				counties = append(counties, c)
			}
		}
	}
	switch {
	case len(counties) == 1:
		return counties[0].Code
	case len(counties) == 0 && len(leagues) == 1:
		return leagues[0].Code
	}
	return ""
}

// dayWords is a whole day in running text.
var dayWords = regexp.MustCompile(`20[0-9]{2}\s*(?:年\s*[0-9]{1,2}\s*月\s*[0-9]{1,2}\s*日|[-/.][0-9]{1,2}[-/.][0-9]{1,2})`)

var (
	untilCue = regexp.MustCompile(`截止|期限|时限|之前|日前|前(完成|解决|交付|提交|投产|见效|达到|验收)|有效期|完成时间`)
	vagueDay = regexp.MustCompile(`20[0-9]{2}\s*年\s*(底|末|前|内|[上下]半年|[0-9]{1,2}\s*月)|[0-9一二三四五六七八九十两半]+\s*(个月|年|天|日)(之?内|以内)`)
)

// deadline reads the last day of a span: a whole day that is called one, and that lies ahead.
func (r *reader) deadline(s span, labelled bool) {
	for _, at := range sentences(r.text, s.from, s.to) {
		sentence := r.text[at[0]:at[1]]
		if !labelled && !untilCue.MatchString(sentence) {
			continue
		}
		days := dayWords.FindAllString(sentence, -1)
		if len(days) == 0 {
			if labelled || vagueDay.MatchString(sentence) {
				r.add("deadline", "", at[0], at[1], false)
			}
			continue
		}
		day, ok := clock.ParseDay(strings.Join(strings.Fields(days[len(days)-1]), ""))
		sure := ok && (len(days) == 1 || labelled) && day >= r.today
		r.add("deadline", day, at[0], at[1], sure)
		if sure {
			return
		}
	}
}
