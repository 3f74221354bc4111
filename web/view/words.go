package view

import (
	"fmt"
	"html"
	"io/fs"
	"regexp"
	"strconv"
)

// Words gives a Chinese sentence in the reader's language, with its parameters put in.
type Words func(sentence string, params ...any) string

// spoken puts the words of one language into templates when they are read, so that a page costs nothing more to draw. {{t "跳到正文"}}
// stands in text and attributes, also with trim markers; (t "跳到正文") inside another action. {{w .Label}} looks up what a component
// carries when it is drawn; where pages speak the language that they are written in it falls away.
type spoken struct {
	fs.FS
	words   Words
	written bool // the language is the one that pages are written in
}

const quoted = `("(?:[^"\\]|\\.)*")`

var (
	inText   = regexp.MustCompile(`(?:\s*\{\{- |\{\{)t ` + quoted + `(?: -\}\}\s*|\}\})`)
	inAction = regexp.MustCompile(`\(t ` + quoted + `\)`)
	carried  = regexp.MustCompile(`(\{\{(?:- )?)w (\$?\.)`)
	within   = regexp.MustCompile(`\(w (\$?\.[A-Za-z.]*)\)`)
)

// ReadFile is the template with its words.
func (s spoken) ReadFile(name string) ([]byte, error) {
	text, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return nil, err
	}
	put := func(form *regexp.Regexp, quote func(string) string) {
		text = form.ReplaceAllFunc(text, func(found []byte) []byte {
			sentence, wrong := strconv.Unquote(string(form.FindSubmatch(found)[1]))
			if wrong != nil {
				err = fmt.Errorf("%s: %s: %w", name, found, wrong)
			}
			return []byte(quote(s.words(sentence)))
		})
	}
	put(inText, html.EscapeString)
	put(inAction, strconv.Quote)
	if s.written {
		text = within.ReplaceAll(carried.ReplaceAll(text, []byte("$1$2")), []byte("$1"))
	}
	return text, err
}

// carriedWords is {{w …}}: a component's text in the reader's language. Other values are drawn as they are.
func carriedWords(words Words) func(any) any {
	return func(value any) any {
		if text, ok := value.(string); ok {
			return words(text)
		}
		return value
	}
}
