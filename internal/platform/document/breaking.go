package document

import (
	"strings"
	"unicode"
)

// Line breaking after the rules for Chinese composition (GB/T 15834 §5.1.10: marks that may not begin or end a line).
const (
	noStart = "，。、；：？！）】》」』〕〉〗”’…—·～％‰℃℉°,.;:?!)]}%"
	noEnd   = "（【《「『〔〈〖“‘￥$¥([{#№"
)

// breakLines cuts text into lines no wider than width, as measure tells it. Words, numbers and codes stay whole unless
// one alone is wider than a line; \n forces a new line; no character is lost but the spaces at a cut.
func breakLines(text string, width float64, measure func(string) float64) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, breakParagraph(strings.TrimRight(paragraph, " \r\t"), width, measure)...)
	}
	return lines
}

func breakParagraph(text string, width float64, measure func(string) float64) []string {
	var lines []string
	line, used := "", 0.0
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, used = "", 0
	}
	for _, piece := range glue(pieces(text)) {
		w, bare := measure(piece), measure(strings.TrimRight(piece, " "))
		if line != "" && used+bare > width {
			flush()
			piece = strings.TrimLeft(piece, " ")
		}
		if bare <= width {
			line, used = line+piece, used+w
			continue
		}
		for _, r := range piece { // wider than a whole line: cut where it must be
			w := measure(string(r))
			if line != "" && used+w > width {
				if r == ' ' {
					continue
				}
				flush()
			}
			line, used = line+string(r), used+w
		}
	}
	flush()
	return lines
}

// pieces cuts text into the smallest parts a line may hold: one ideograph, one mark, a run of spaces, or a whole word,
// number or code (letters, digits and what joins them).
func pieces(text string) []string {
	var out []string
	runes := []rune(text)
	for i := 0; i < len(runes); {
		j := i + 1
		switch {
		case runes[i] == ' ':
			for j < len(runes) && runes[j] == ' ' {
				j++
			}
		case wordRune(runes[i]):
			for j < len(runes) && (wordRune(runes[j]) || (joins(runes[j]) && j+1 < len(runes) && wordRune(runes[j+1]))) {
				j++
			}
		case unicode.IsMark(runes[i]):
			for j < len(runes) && unicode.IsMark(runes[j]) {
				j++
			}
		}
		for j < len(runes) && unicode.IsMark(runes[j]) { // an accent belongs to what it stands on
			j++
		}
		out = append(out, string(runes[i:j]))
		i = j
	}
	return out
}

// wordRune reports letters and digits of scripts that write words, not ideographs.
func wordRune(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || isScript(r)) && !unicode.Is(unicode.Han, r) &&
		!unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo)
}

// joins reports marks that hold a number or code together: 1,234.56 GB/T 2026-11-23 a@b.cn 08:30.
func joins(r rune) bool { return strings.ContainsRune(",.-/@:+&#=?%~", r) }

// glue joins pieces where no line may begin or end between them, and spaces to what they follow.
func glue(in []string) []string {
	var out []string
	for _, piece := range in {
		if n := len(out); n > 0 {
			first, last := []rune(piece)[0], []rune(strings.TrimRight(out[n-1], " "))
			if piece[0] == ' ' || strings.ContainsRune(noStart, first) || (len(last) > 0 && strings.ContainsRune(noEnd, last[len(last)-1])) {
				out[n-1] += piece
				continue
			}
		}
		out = append(out, piece)
	}
	return out
}
