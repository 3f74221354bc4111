package view

import (
	"fmt"
	"html"
	"io/fs"
	"regexp"
	"strconv"
)

// Words gives the sentence of a key in the reader's language; it answers the key itself where there is none.
type Words func(key string, params ...any) string

// spoken puts the words of one language into templates when they are read, so that a page costs nothing more to draw and a key
// without words stops the start. {{t "key"}} stands in text and attributes, also with trim markers; (t "key") inside another
// action.
type spoken struct {
	fs.FS
	words Words
}

var (
	inText   = regexp.MustCompile(`(?:\s*\{\{- |\{\{)t "([a-z0-9_.]+)"(?: -\}\}\s*|\}\})`)
	inAction = regexp.MustCompile(`\(t "([a-z0-9_.]+)"\)`)
)

// ReadFile is the template with its words.
func (s spoken) ReadFile(name string) ([]byte, error) {
	text, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return nil, err
	}
	put := func(form *regexp.Regexp, quote func(string) string) {
		text = form.ReplaceAllFunc(text, func(found []byte) []byte {
			key := string(form.FindSubmatch(found)[1])
			said := s.words(key)
			if said == key {
				err = fmt.Errorf("%s: no words for %q", name, key)
			}
			return []byte(quote(said))
		})
	}
	put(inText, html.EscapeString)
	put(inAction, strconv.Quote)
	return text, err
}
