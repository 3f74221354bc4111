// Package zh turns Chinese text (with the formulas, model numbers and Latin words in it) into words.
//
// It owns normalisation, the trimmed dictionary (NOTICE names its source), the domain's own words, synonyms and
// abbreviations, pinyin, and stop words. It knows neither documents nor engines. Both engines and matching
// cut text with the same Analyzer, so a word found by one is the word found by the other.
package zh

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:generate go run ./gendict

var (
	//go:embed dict.txt.gz
	dictGzip []byte
	//go:embed domain.txt
	domainWords string
	//go:embed synonyms.tsv
	synonymTable string
	//go:embed english.tsv
	englishTable string
	//go:embed stop.txt
	stopWords string
	//go:embed simplified.txt
	simplifiedTable string
)

// Version is that of the cut: an index made with another one is made anew.
const Version = "3"

// domainFrequency makes a domain word win over its parts in the shortest-path cut; jieba gives 3-character
// technical words between 3 and 1,000.
const domainFrequency = 1000

// Analyzer cuts text. It is read-only after New and safe for concurrent use. One takes about 10 MB: share it.
type Analyzer struct {
	lexicon    *lexicon
	stop       map[string]bool
	synonyms   synonyms
	units      units
	swapped    map[string]string // see loadSwapped
	simplified map[rune]rune
	folded     []rune   // see foldTable
	syllables  []string // of the characters from firstHan on
}

// New loads the dictionary (about 0.15 s). more are further tables of synonyms, as synonyms.tsv: on a line the forms that mean the
// same, between tabs.
func New(more ...string) (*Analyzer, error) {
	zr, err := gzip.NewReader(bytes.NewReader(dictGzip))
	if err != nil {
		return nil, fmt.Errorf("zh: dictionary: %w", err)
	}
	dict, err := io.ReadAll(zr)
	if err != nil {
		return nil, fmt.Errorf("zh: dictionary: %w", err)
	}
	a := &Analyzer{stop: map[string]bool{}, simplified: map[rune]rune{}}
	var list strings.Builder
	list.Write(dict)
	for w := range strings.FieldsSeq(domainWords) {
		fmt.Fprintf(&list, "%s %d\n", w, domainFrequency)
	}
	a.lexicon = newLexicon(list.String())
	for w := range strings.FieldsSeq(stopWords) {
		a.stop[w] = true
	}
	for pair := range strings.FieldsSeq(simplifiedTable) {
		r, n := utf8.DecodeRuneInString(pair)
		s, _ := utf8.DecodeRuneInString(pair[n:])
		a.simplified[r] = s
	}
	a.folded, a.syllables = a.foldTable(), syllableTable()
	a.units = a.loadUnits(unitTable)
	a.synonyms = a.loadSynonyms(strings.Join(append([]string{synonymTable, englishTable}, more...), "\n"))
	a.swapped = a.loadSwapped(string(dict))
	return a, nil
}

// Stop reports whether a word says nothing about the subject (function words, 研究, 方法 …).
func (a *Analyzer) Stop(word string) bool {
	return a.stop[word] || utf8.RuneCountInString(word) < 2 && !isHanWord(word)
}

// Rarity is how rare a word is in general Chinese text, in bits: −log₂ of its share of all occurrences. ok is false for a word that the
// dictionary doesn't hold.
func (a *Analyzer) Rarity(word string) (bits float64, ok bool) { return a.lexicon.rarity(word) }

func isHanWord(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return isHan(r)
}

// Words cuts text for matching and statistics: Han words of one to three characters (longer ones are cut again), formulas and
// model numbers whole and without punctuation (Nd-Fe-B → ndfeb), figures with their unit as one (1 250 kg → 1250kg), in the order of the
// text. Stop words are included.
func (a *Analyzer) Words(text string) []string { return a.words(text, false) }

// words cuts for matching, or (bare) for the search box, where the Chinese unit of a figure is no word of its own.
func (a *Analyzer) words(text string, bare bool) []string {
	var words []string
	a.each(a.Normalize(text), func(p piece) {
		if !p.han {
			words = append(words, p.text)
			return
		}
		run := p.text
		if bare {
			run = p.bare
			if _, short := a.swapped[run]; short { // 氢储
				words = append(words, run)
				return
			}
		}
		a.lexicon.cut(run, true, func(w string) { words = a.recut(words, w) })
	})
	return words
}

// IndexWords cuts text for an index field: Words, and besides whole long words, the words inside words, the parts of
// compound formulas and figures, short forms, and the other forms of every synonym in it.
func (a *Analyzer) IndexWords(text string) []string {
	norm := a.Normalize(text)
	words := a.indexWords(norm)
	for _, form := range a.synonyms.in(norm) {
		words = append(words, a.indexWords(form)...)
	}
	return words
}

func (a *Analyzer) indexWords(norm string) []string {
	var words []string
	a.each(norm, func(p piece) {
		if !p.han {
			words = append(append(words, p.text), p.parts...)
			return
		}
		from, last := len(words), ""
		a.lexicon.cut(p.text, true, func(w string) {
			own := len(words)
			words = a.inner(append(words, w), w)
			for _, w := range words[own:] {
				words = a.turned(words, w)
			}
			words = a.paired(words, last, w)
			last = w
		})
		if p.bare != p.text {
			a.lexicon.cut(p.bare, true, func(w string) {
				for _, w := range a.recut(nil, w) {
					if !slices.Contains(words[from:], w) {
						words = append(words, w)
					}
				}
			})
		}
	})
	return words
}

// QueryWords cuts a search-box text into the words that a document must all hold. A document indexed with IndexWords holds
// every word of its own text cut so. Stop words are left out unless there is nothing else.
func (a *Analyzer) QueryWords(text string) []string {
	var words, stopped []string
	seen := map[string]bool{}
	for _, w := range a.words(text, true) {
		if seen[w] {
			continue
		}
		seen[w] = true
		if a.stop[w] {
			stopped = append(stopped, w)
		} else {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return stopped
	}
	return words
}

// recut appends w, or, when it is longer than three characters, its parts.
func (a *Analyzer) recut(words []string, w string) []string {
	if utf8.RuneCountInString(w) <= 3 {
		return append(words, w)
	}
	a.lexicon.cut(w, false, func(part string) {
		if len(part) == len(w) { // no inner word at all: keep it whole rather than loop
			words = append(words, w)
			return
		}
		words = a.recut(words, part)
	})
	return words
}

// inner appends the dictionary words inside w that are shorter than w and have at least two characters, and, for a word
// whose cut leaves single characters, those too, so that every Words cut of w is in.
func (a *Analyzer) inner(words []string, w string) []string {
	size := utf8.RuneCountInString(w)
	if size < 3 {
		return words
	}
	for i := range w {
		a.lexicon.heads(w[i:], 4, func(part string, characters int) {
			if characters > 1 && characters < size {
				words = append(words, part)
			}
		})
	}
	if size > 3 {
		for _, part := range a.recut(nil, w) {
			if utf8.RuneCountInString(part) == 1 {
				words = append(words, part)
			}
		}
	}
	return words
}

// Bigrams returns the two-character pieces of the Han runs of text, and its other words whole, in order.
func (a *Analyzer) Bigrams(text string) []string {
	var grams []string
	a.each(a.Normalize(text), func(p piece) {
		if !p.han {
			grams = append(grams, p.text)
			return
		}
		prev := -1
		for i, r := range p.text {
			if prev >= 0 {
				grams = append(grams, p.text[prev:i+utf8.RuneLen(r)])
			}
			prev = i
		}
	})
	return grams
}
