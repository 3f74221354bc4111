// Package locales holds the words of the pages, one gettext catalogue a language.
//
// A page names a sentence by its key ({{t "layout.skip"}}); a fault is named by its code. Chinese is complete: the loader refuses
// a catalogue that lacks a key which Chinese has. The Chinese sentence of a fault stands beside its code in the domain, as the
// source texts of gettext do; other languages find it by the code and get the same parameters.
package locales

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/leonelquinteros/gotext"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
)

//go:embed *.po
var files embed.FS

// faultKey is what the keys of faults begin with: fault.listing_not_confirmed.
const faultKey = "fault."

// Catalogue holds every language. It is read once and never changes.
type Catalogue struct{ languages map[lang.Tag]*Language }

// Language is one language's words.
type Language struct {
	Tag lang.Tag
	po  *gotext.Po
}

// Load reads the catalogues that the build brings. Errors: a key that is missing or empty, or one that Chinese does not know.
func Load() (*Catalogue, error) { return load(files) }

func load(files fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(files, "*.po")
	if err != nil {
		return nil, fmt.Errorf("locales: %w", err)
	}
	c := &Catalogue{languages: map[lang.Tag]*Language{}}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("locales: %w", err)
		}
		po := gotext.NewPo()
		po.Parse(text)
		tag := lang.Tag(strings.TrimSuffix(name, ".po"))
		c.languages[tag] = &Language{Tag: tag, po: po}
	}
	chinese := c.languages[lang.Chinese]
	if chinese == nil {
		return nil, errors.New("locales: no Chinese catalogue")
	}
	var all []error
	for tag, l := range c.languages {
		for _, key := range chinese.Keys() {
			if !l.Has(key) {
				all = append(all, fmt.Errorf("locales: %s lacks %q", tag, key))
			}
		}
		for _, key := range l.Keys() {
			if !chinese.Has(key) && !strings.HasPrefix(key, faultKey) {
				all = append(all, fmt.Errorf("locales: %s has %q, which no page asks for", tag, key))
			}
		}
	}
	return c, errors.Join(all...)
}

// In gives one language; Chinese when the market does not speak it.
func (c *Catalogue) In(tag lang.Tag) *Language {
	if l, ok := c.languages[tag]; ok {
		return l
	}
	return c.languages[lang.Chinese]
}

// Keys lists the keys of the language, sorted.
func (l *Language) Keys() []string {
	var keys []string
	for key := range l.po.GetDomain().GetTranslations() {
		if key != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Has tells whether the language has words for the key.
func (l *Language) Has(key string) bool { return l.po.IsTranslated(key) }

// Text is the sentence of the key, with its parameters put in. Error: the key is missing.
func (l *Language) Text(key string, params ...any) (string, error) {
	if !l.Has(key) {
		return "", fmt.Errorf("locales: %s lacks %q", l.Tag, key)
	}
	return l.po.Get(key, params...), nil
}

// Say is Text for a key that a test has looked for; the key itself where there are no words.
func (l *Language) Say(key string, params ...any) string {
	filled := slices.Clone(params) // a key is no format: vet takes what is handed on as it came for one
	if text, err := l.Text(key, filled...); err == nil {
		return text
	}
	return key
}

// Fault says a fault in this language. What the language has no words for stays Chinese.
func (l *Language) Fault(f *fault.Error) *fault.Error {
	if l.Tag == lang.Chinese {
		return f
	}
	said := *f
	said.Message = l.say(f.Code, f.Params, f.Message)
	said.Fields = slices.Clone(f.Fields)
	for i, field := range f.Fields {
		said.Fields[i].Message = l.say(field.Code, field.Params, field.Message)
	}
	return &said
}

func (l *Language) say(code string, params []any, otherwise string) string {
	if text, err := l.Text(faultKey+code, params...); err == nil {
		return text
	}
	return otherwise
}
