package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"techmarket/search/zh"
)

// ClipText cuts a search-box text to MaxTextRunes; engines call it before anything else.
func ClipText(text string) string {
	text = strings.ToValidUTF8(text, " ")
	return text[:forward(text, 0, MaxTextRunes)]
}

// A problem is told from keywords by its length: Han characters, other words counting two.
const (
	problemLeast  = 40
	problemPhrase = 20 // with marks of a sentence in it
)

// IsProblem reports whether a text tells a problem rather than naming keywords. It is for matching: no list answers a paragraph.
func IsProblem(text string) bool {
	length, sentence, inWord := 0, false, false
	for _, r := range text {
		word := r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
		switch {
		case word && !inWord:
			length += 2
		case unicode.Is(unicode.Han, r):
			length++
		case strings.ContainsRune("，。；！？,;!?\n", r):
			sentence = true
		}
		inWord = word
	}
	return length > problemLeast || sentence && length > problemPhrase
}

// HasText reports whether anything visible was typed, be it only signs.
func HasText(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Cc, r) && !unicode.Is(unicode.Cf, r)
	})
}

// Typos returns how many wrong letters are forgiven in a word: from five Latin letters one, from nine two (the rule of
// Meilisearch); none in Chinese or in anything with digits, where Q235 and Q345 are different steels.
func Typos(word string) int {
	for _, r := range word {
		if r < 'a' || r > 'z' {
			return 0
		}
	}
	switch n := len(word); {
	case n >= 9:
		return 2
	case n >= 5:
		return 1
	}
	return 0
}

// Suggest replaces each Chinese word of text by one that sounds the same and occurs in a title. find returns the title of a document with
// this pinyin, or "", holds whether anything is found for a text. It is sure or silent: a word that finds something is not replaced, and
// what is suggested finds something. Without that it returns "".
func Suggest(
	a *zh.Analyzer,
	text string,
	words []string,
	find func(pinyin string) (string, error),
	holds func(text string) (bool, error),
) (string, error) {
	out := a.Normalize(text)
	before := out
	for _, run := range append([]string{strings.TrimSpace(out)}, words...) {
		py := a.ToPinyin(run)
		n := utf8.RuneCountInString(run)
		if py == "" || n < 2 || !strings.Contains(out, run) {
			continue
		}
		if known, err := holds(run); err != nil {
			return "", err
		} else if known {
			continue
		}
		title, err := find(py)
		if err != nil {
			return "", err
		}
		runes := []rune(a.Normalize(title))
		for i := 0; i+n <= len(runes); i++ {
			if same := string(runes[i : i+n]); a.ToPinyin(same) == py {
				out = strings.ReplaceAll(out, run, same)
				break
			}
		}
	}
	if out == before {
		return "", nil
	}
	if found, err := holds(out); err != nil || !found {
		return "", err
	}
	return out, nil
}
