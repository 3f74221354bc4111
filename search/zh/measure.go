package zh

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Measure is a figure that a text states: what it measures, its bound and its value.
type Measure struct {
	Name    string  // the characters before it in its clause, without what says the bound; normalised
	Least   bool    // 不低于, ≥, 以上
	Most    bool    // 不超过, ≤, 以下
	Value   float64 // in Unit
	Number  string  // as people write it: 99.999
	Unit    string  // canonical
	Written string  // the unit as the text has it: ℃
}

var (
	leastWords = strings.Fields("≥ ⩾ ≧ > 不低于 不小于 不少于 大于等于 大于 高于 超过 至少 达到 提高到 提高至 提升到 提升至 可达 达")
	mostWords  = strings.Fields("≤ ⩽ ≦ < 不高于 不大于 不超过 不多于 小于等于 小于 低于 少于 至多 降低到 降低至 降到 降至 控制在")
	plainWords = strings.Fields("为 是 约 约为 在 : = 仅 了")
)

// nameRunes bounds a Measure's name.
const nameRunes = 12

// Measures finds the figures with units of a text. Ranges are left out: they state no single value.
func (a *Analyzer) Measures(text string) []Measure {
	folded, at := a.foldWithOffsets(text)
	var found []Measure
	clause := 0
	for i := 0; i < len(folded); {
		r, n := utf8.DecodeRuneInString(folded[i:])
		if strings.ContainsRune("，。；;、,!！?？()（）\n\t", r) || r == ' ' && i > 0 && folded[i-1] == ' ' {
			clause = i + n
		}
		if !wordRune(r) {
			i += n
			continue
		}
		if r < '0' || r > '9' {
			i = wordEnd(folded, i)
			continue
		}
		f, ok := a.figureAt(folded, i)
		if !ok || len(f.tokens) != 1 || f.unit == "" {
			i = max(wordEnd(folded, i), i+n)
			clause = i
			continue
		}
		m := Measure{Unit: f.unit, Number: strings.Replace(f.amount, "d", ".", 1)}
		m.Value, _ = strconv.ParseFloat(m.Number, 64)
		if strings.HasPrefix(f.tokens[0], "neg") {
			m.Value, m.Number = -m.Value, "-"+m.Number
		}
		m.Written = strings.TrimSpace(text[at[min(f.digits, len(at)-1)]:at[f.end]])
		m.Name, m.Least, m.Most = bound(folded[clause:i])
		rest := strings.TrimLeft(folded[f.end:], " ")
		m.Least = m.Least || strings.HasPrefix(rest, "以上") || strings.HasPrefix(rest, "及以上")
		m.Most = m.Most || strings.HasPrefix(rest, "以下") || strings.HasPrefix(rest, "以内") || strings.HasPrefix(rest, "及以下")
		if m.Least != m.Most || !m.Least {
			found = append(found, m)
		}
		i, clause = f.end, f.end
	}
	return found
}

// bound takes the words of a bound off the end of what stands before a figure.
func bound(before string) (name string, least, most bool) {
	name = strings.TrimRight(before, " -−+±零下负")
	for {
		longest, says := "", (*bool)(nil) // 不超过 ends in 超过
		for _, set := range []struct {
			words []string
			says  *bool
		}{{leastWords, &least}, {mostWords, &most}, {plainWords, nil}} {
			for _, w := range set.words {
				if len(w) > len(longest) && strings.HasSuffix(name, w) && (set.says == nil || !least && !most) {
					longest, says = w, set.says
				}
			}
		}
		if longest == "" {
			break
		}
		name = strings.TrimRight(strings.TrimSuffix(name, longest), " ")
		if says != nil {
			*says = true
		}
	}
	if i := strings.LastIndexByte(name, ' '); i >= 0 && utf8.RuneCountInString(name[i+1:]) > 1 {
		name = name[i+1:]
	}
	name = strings.TrimFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for utf8.RuneCountInString(name) > nameRunes {
		_, n := utf8.DecodeRuneInString(name)
		name = name[n:]
	}
	return name, least, most
}
