// Package reading takes a pasted text, or what was read of a unit's own form (征集表), apart into the fields of a listing: each value with
// the words it came from and their place. It is pure.
//
// It refuses to invent: a field without a sentence stays empty, and a figure that could mean something else is not filled in but pointed
// out (Sure is false). It takes no contact data: who is to be asked is typed by a person. The cues are our choice, made on the way
// published needs are written.
package reading

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"techmarket/internal/foundation/lang"
	"techmarket/internal/market/listing"
)

// MostText is how much of a text is read, in bytes.
const MostText = 200_000

// Found is one value that a text says, or seems to say.
type Found struct {
	Path     string // of the form's field: "title", "targets.0.name", "budget.maxFen" (in 万元), "deadline" (2027-03-31)
	Value    string // "" where it is left to the person
	Quote    string // the words it comes from
	From, To int    // their place in Result.Text, in bytes
	Sure     bool
}

// Result is what a text says.
type Result struct {
	Text     string // as read: line ends \n, full-width figures plain
	Found    []Found
	Withheld bool // contact data stood in the text and was not taken
}

// Values are the values of the fields that were found.
func (r Result) Values() map[string]string {
	out := map[string]string{}
	for _, f := range r.Found {
		if f.Sure {
			out[f.Path] = f.Value
		}
	}
	return out
}

// Need reads a need. today is the day of reading (2006-01-02): a deadline before it is pointed out, not filled in.
func Need(text, today string, sheet listing.Sheet) Result {
	r := reader{text: tidy(text), today: today, sheet: sheet}
	r.sections()
	r.free(needCues())
	r.texts("problem", "background")
	r.labelled()
	for _, s := range r.spansOf("problem", "goals", "limits", "background", "") {
		r.targets(s)
		if !r.has("budget") {
			r.budget(s, "")
		}
		if !r.has("deadline") {
			r.deadline(s, false)
		}
	}
	return r.result()
}

// Achievement reads an achievement: its own form, its abstract, or the text of a patent.
func Achievement(text, today string, sheet listing.Sheet) Result {
	r := reader{text: tidy(text), today: today, sheet: sheet}
	r.patent()
	r.sections()
	r.free(achievementCues())
	r.texts("description", "description")
	r.labelled()
	for _, s := range r.spansOf("description", "problem", "summary", "") {
		r.advantages(s)
		r.rights(s)
	}
	return r.result()
}

// span is a part of the text that belongs to one field.
type span struct {
	path     string
	title    string // of its label, "" for none
	from, to int
	goals    bool // what stands in it is asked for
}

type reader struct {
	text, today string
	sheet       listing.Sheet
	spans       []span
	found       []Found
	withheld    bool
	rows        int // of targets or advantages
	own         int // spans of a patent's own parts, which stand first
}

func (r *reader) add(path, value string, from, to int, sure bool) {
	if !sure {
		value = ""
	}
	for _, f := range r.found {
		if f.Path == path && f.From == from && !f.Sure {
			return
		}
	}
	r.found = append(r.found, Found{path, value, strings.TrimSpace(r.text[from:to]), from, to, sure})
}

// has tells whether a value of the field, or of fields below it, was found.
func (r *reader) has(path string) bool {
	return slices.ContainsFunc(r.found, func(f Found) bool {
		return f.Sure && (f.Path == path || strings.HasPrefix(f.Path, path+"."))
	})
}

func (r *reader) spansOf(paths ...string) []span {
	var out []span
	for _, s := range r.spans {
		if slices.Contains(paths, s.path) {
			out = append(out, s)
		}
	}
	return out
}

func (r *reader) result() Result {
	// Where a value is sure, what else seemed to say it is no question any more.
	found := slices.DeleteFunc(r.found, func(f Found) bool {
		return !f.Sure && f.Path != "targets" && f.Path != "advantages" && r.has(f.Path)
	})
	slices.SortStableFunc(found, func(a, b Found) int { return a.From - b.From })
	return Result{Text: r.text, Found: found, Withheld: r.withheld}
}

// texts joins the spans of each field that takes running text; rest is where free text goes when the main field has a label of its own.
func (r *reader) texts(main, rest string) {
	labelled := slices.ContainsFunc(r.spans, func(s span) bool { return s.path == main && s.title != "" })
	for i := range r.spans {
		if s := &r.spans[i]; s.path == "" {
			if s.path = main; labelled {
				s.path = rest
			}
		}
	}
	var order []string
	parts := map[string][]span{}
	for _, s := range r.spans {
		if !longText(s.path) || strings.TrimSpace(r.text[s.from:s.to]) == "" {
			continue
		}
		if parts[s.path] == nil {
			order = append(order, s.path)
		}
		parts[s.path] = append(parts[s.path], s)
	}
	for _, path := range order {
		titles := map[string]bool{} // labels of other people's that come together in one field stand before their words
		for _, s := range parts[path] {
			if s.title != "" {
				titles[s.title] = true
			}
		}
		var b strings.Builder
		for i, s := range parts[path] {
			if i > 0 && (s.title != "" || !r.sameLine(parts[path][i-1].to, s.from)) {
				b.WriteByte('\n')
			}
			own := r.column(s.title)
			several := len(titles) > 1 && (own < 0 || r.sheet.Columns[own].Title != s.title)
			if s.title != "" && (several || path == "background" && own < 0) { // a label that the form has no field for stays with its words
				b.WriteString(s.title + "：")
			}
			b.WriteString(strings.TrimSpace(r.text[s.from:s.to]))
		}
		first, last := parts[path][0], parts[path][len(parts[path])-1]
		r.found = append(r.found, Found{path, b.String(), clip(strings.TrimSpace(r.text[first.from:first.to])), first.from, last.to, true})
	}
}

func (r *reader) sameLine(from, to int) bool {
	return from <= to && !strings.Contains(r.text[from:to], "\n")
}

func longText(path string) bool {
	return slices.Contains(
		[]string{"problem", "goals", "limits", "tried", "background", "ownership", "solver", "partners", "benefit", "talent",
			"description", "team.introduction"},
		path,
	)
}

// cue sends a sentence of free text to a field.
type cue struct {
	path string
	says *regexp.Regexp
}

func needCues() []cue {
	return []cue{
		{"tried", regexp.MustCompile(`试过|尝试过|曾经?(试|采?用|引进|请|做)|先后(试|采用|使用|更换|引进)|(做|引进|改造|使用)过|多次(试验|改造|尝试)`)},
		{"limits", regexp.MustCompile(`不得|不允许|不能(停产|停机|改变|超过|增加|影响|更换|使用|添加)|不停产|必须(满足|符合|采用|在)|只(允许|能使)|` +
			`受.{1,12}限制|占地(面积)?不|[须应需]符合`)},
	}
}

func achievementCues() []cue {
	return []cue{{"problem", regexp.MustCompile(`(解决|克服|针对).{2,60}(问题|难题|瓶颈|缺陷|不足)`)}}
}

// free sorts the text that stands under no label: a short first line is the title, contact data is left out, the rest goes sentence
// by sentence where a cue sends it.
func (r *reader) free(cues []cue) {
	var spans []span
	slices.SortStableFunc(r.spans, func(a, b span) int { return a.from - b.from })
	first := true
	titled := slices.ContainsFunc(r.spans, func(s span) bool { return s.path == "title" })
	for i, s := range r.spans {
		if s.path != "" {
			spans = append(spans, s)
			continue
		}
		if first && !titled && r.titleLine(s, i) {
			s.path = "title"
			spans = append(spans, s)
			first = false
			continue
		}
		first = false
		for _, at := range sentences(r.text, s.from, s.to) {
			sentence := r.text[at[0]:at[1]]
			if contact.MatchString(sentence) {
				r.withheld = true
				continue
			}
			part := span{from: at[0], to: at[1]}
			for _, c := range cues {
				if c.says.MatchString(sentence) {
					part.path = c.path
					break
				}
			}
			spans = append(spans, part)
		}
	}
	r.spans = spans
}

// titleLine: a first line that is no sentence, with more text behind it.
func (r *reader) titleLine(s span, i int) bool {
	line := strings.TrimSpace(r.text[s.from:s.to])
	n := utf8.RuneCountInString(line)
	return n >= 4 && n <= 60 && i+1 < len(r.spans) && !strings.ContainsAny(line, "。；;！？!?，") && !contact.MatchString(line)
}

var (
	contact = regexp.MustCompile(`联系(人|电话|方式)|手机号?|电话[:：]|邮箱|微信|(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)|0[0-9]{2,3}[-—][0-9]{7,8}|` +
		`[\w.+-]+@[\w-]+\.[\w.]+|身份证`)
	blanks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u3000", " ", "\f", "\n", "\v", "\n")
)

// sentences are the places of the sentences between from and to, each with its closing mark.
func sentences(text string, from, to int) [][2]int {
	var out [][2]int
	start := from
	for i, c := range text[from:to] {
		if strings.ContainsRune("。；;！？!?\n", c) {
			end := from + i + utf8.RuneLen(c)
			if strings.TrimSpace(text[start:end]) != "" {
				out = append(out, [2]int{start, end})
			}
			start = end
		}
	}
	if strings.TrimSpace(text[start:to]) != "" {
		out = append(out, [2]int{start, to})
	}
	return out
}

// tidy makes full-width figures, letters and percent signs plain and drops what shows nothing.
func tidy(text string) string {
	if len(text) > MostText {
		text = strings.ToValidUTF8(text[:MostText], "")
	}
	text = blanks.Replace(strings.ToValidUTF8(lang.Visible(text), ""))
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '０' && c <= '９', c >= 'Ａ' && c <= 'Ｚ', c >= 'ａ' && c <= 'ｚ':
			return c - '０' + '0'
		case c == '％':
			return '%'
		case c == '．':
			return '.'
		case c == '＞':
			return '>'
		case c == '＜':
			return '<'
		case c == '≧':
			return '≥'
		case c == '≦', c == '⩽':
			return '≤'
		case c == '⩾':
			return '≥'
		case c == 0:
			return -1
		}
		return c
	}, text)
}

func clip(text string) string {
	if utf8.RuneCountInString(text) <= 60 {
		return text
	}
	return string([]rune(text)[:60]) + "…"
}

func row(group string, i int, name string) string { return group + "." + strconv.Itoa(i) + "." + name }
