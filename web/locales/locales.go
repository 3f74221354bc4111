// Package locales holds the words of the pages, one gettext catalogue a language.
//
// The Chinese sentence is the key, as gettext has it: it stands where it is drawn, {{t "跳到正文"}} in a template and c.T("共 %d 项", n)
// in Go, and what a component is given ({{w .Label}}) is looked up when it is drawn. So Chinese needs no catalogue. messages.pot lists
// what another language has to say, the sentences of faults among it; the loader refuses a catalogue that lacks one.
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

//go:embed *.po*
var files embed.FS

// template is the list of sentences that a language has to have.
const template = "messages.pot"

// Catalogue holds every language. It is read once and never changes.
type Catalogue struct{ languages map[lang.Tag]*Language }

// Language is one language's words.
type Language struct {
	Tag lang.Tag
	po  *gotext.Po // nil for Chinese, whose sentences are the keys
}

// Load reads the catalogues that the build brings. Errors: a sentence that is missing or empty, or one that no page says.
func Load() (*Catalogue, error) { return Read(files) }

// Read reads messages.pot and the catalogues of a folder.
func Read(files fs.FS) (*Catalogue, error) {
	names, err := fs.Glob(files, "*.po")
	if err != nil {
		return nil, fmt.Errorf("locales: %w", err)
	}
	wanted, err := parse(files, template)
	if err != nil {
		return nil, err
	}
	c := &Catalogue{languages: map[lang.Tag]*Language{lang.Chinese: {Tag: lang.Chinese}}}
	var all []error
	for _, name := range names {
		po, err := parse(files, name)
		if err != nil {
			return nil, err
		}
		l := &Language{Tag: lang.Tag(strings.TrimSuffix(name, ".po")), po: po}
		c.languages[l.Tag] = l
		for _, sentence := range sentences(wanted) {
			if !po.IsTranslated(sentence) {
				all = append(all, fmt.Errorf("locales: %s lacks %q", l.Tag, sentence))
			}
		}
		known := wanted.GetDomain().GetTranslations()
		for _, sentence := range sentences(po) {
			if known[sentence] == nil {
				all = append(all, fmt.Errorf("locales: %s has %q, which nothing says", l.Tag, sentence))
			}
		}
	}
	return c, errors.Join(all...)
}

func parse(files fs.FS, name string) (*gotext.Po, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("locales: %w", err)
	}
	po := gotext.NewPo()
	po.Parse(text)
	return po, nil
}

func sentences(po *gotext.Po) []string {
	var out []string
	for sentence := range po.GetDomain().GetTranslations() {
		if sentence != "" {
			out = append(out, sentence)
		}
	}
	slices.Sort(out)
	return out
}

// In gives one language; Chinese when the market does not speak it.
func (c *Catalogue) In(tag lang.Tag) *Language {
	if l, ok := c.languages[tag]; ok {
		return l
	}
	return c.languages[lang.Chinese]
}

// Sentences lists what a language has to say, sorted.
func Sentences() ([]string, error) {
	wanted, err := parse(files, template)
	if err != nil {
		return nil, err
	}
	return sentences(wanted), nil
}

// Say is a sentence in this language, with its parameters put in. What the language has no words for stays Chinese: it is a name, or
// something that somebody wrote.
func (l *Language) Say(sentence string, params ...any) string {
	said := sentence
	if l.po != nil && sentence != "" && l.po.IsTranslated(sentence) { // the empty one is the head of the catalogue
		said = l.po.Get(sentence, []any{}...)
	}
	if len(params) == 0 {
		return said
	}
	filled := slices.Clone(params)
	for i, p := range filled {
		switch text := p.(type) { // 搜索%s: 成果 is a word of the language too
		case string:
			filled[i] = l.Say(text)
		case fault.Sentence:
			filled[i] = l.Say(string(text))
		case *fault.Error:
			filled[i] = l.say(text.Format, text.Params, text.Message)
		case fault.Field:
			filled[i] = l.Field(text)
		}
	}
	return fmt.Sprintf(said, filled...)
}

// Fault says a fault in this language. What the language has no words for stays Chinese.
func (l *Language) Fault(f *fault.Error) *fault.Error {
	if l.po == nil {
		return f
	}
	said := *f
	said.Message = l.say(f.Format, f.Params, f.Message)
	said.Fields = slices.Clone(f.Fields)
	for i, field := range f.Fields {
		said.Fields[i].Message = l.Field(field)
	}
	return &said
}

// Field says a wrong input in this language.
func (l *Language) Field(f fault.Field) string { return l.say(f.Format, f.Params, f.Message) }

// say is for what may come without its sentence, read from a store.
func (l *Language) say(format fault.Sentence, params []any, otherwise string) string {
	if format == "" {
		return otherwise
	}
	return l.Say(string(format), params...)
}

// Words is Say for templates, which are written in Chinese: nil for that.
func (l *Language) Words() func(sentence string, params ...any) string {
	if l.po == nil {
		return nil
	}
	return l.Say
}
