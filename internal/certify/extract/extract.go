// Package extract reads the facts of a signed contract out of its text: parties and their codes, class, amount in figures and in
// capitals, days, payment, rights. Every fact carries the place it was read from, and says whether it is sure. Sure means that two
// independent signs of the text agree (a checksum, figures and capitals, a heading and the signature); everything else is proposed
// and a person decides. It invents nothing: what the text does not say is not there.
//
// The reading is pure. Service brings the text of a stored paper and sets it against what was typed.
package extract

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fact is one field as the paper says it.
type Fact struct {
	Path  string `json:"path"`  // as in messages of the contract: elements.amountFen, buyers.0.name
	Value string `json:"value"` // as the form takes it: 800000.00, 2026-04-01, 0101; empty where the paper says something that is no value
	Sure  bool   `json:"sure"`
	Why   string `json:"why"` // what speaks for it, or why it is not sure
	Page  int    `json:"page"`
	Unit  string `json:"unit"`  // of Page: 页; of a Word text 段
	Clash bool   `json:"clash"` // the paper contradicts itself here: whatever was typed, somebody has to ask
	Quote string `json:"quote"` // the value with what stands around it
}

// Place names where the fact stands.
func (f Fact) Place() string { return fmt.Sprintf("第 %d %s", f.Page, f.Unit) }

// What a text is numbered by.
const (
	unitPage      = "页"
	unitParagraph = "段"
)

// Reading is what a text says, at most one fact a path, in the order of the form.
type Reading struct {
	Facts []Fact
	Pages int
	Blank int // pages without text: pictures

	text *text // nil: nothing was read
}

// Fact returns the fact of a path; ok is false where the text says nothing.
func (r Reading) Fact(path string) (Fact, bool) {
	for _, f := range r.Facts {
		if f.Path == path {
			return f, true
		}
	}
	return Fact{}, false
}

// beside puts a second reading of the same pictures next to the first: what both say alike stays, what only one could make out is taken,
// and where they differ nothing is sure.
func (r Reading) beside(other Reading) Reading {
	out := r
	out.Facts = nil
	for _, f := range r.Facts {
		g, ok := other.Fact(f.Path)
		switch {
		case !ok || f.Value == "" && g.Value == "":
		case f.Value == "":
			f = g
			f.Sure = false
		case g.Value == "":
		case f.Value != g.Value && strings.Contains(f.Why, "“"+g.Value+"”"): // the other place in the first reading says what the second says
			f.Value, f.Sure, f.Clash, f.Why = g.Value, false, false, "两次识别不一致，另一次读作“"+f.Value+"”"
		case f.Value != g.Value:
			f.Sure, f.Clash, f.Why = false, false, "两次识别不一致，另一次读作“"+g.Value+"”"
		case g.Sure && !f.Sure:
			f = g
		}
		out.Facts = append(out.Facts, f)
	}
	for _, g := range other.Facts {
		if _, ok := r.Fact(g.Path); !ok {
			out.Facts = append(out.Facts, g)
		}
	}
	return out
}

// The bounds of a text: what is longer is not read.
const (
	maxPages = 3000    // of Word: paragraphs
	maxText  = 2 << 20 // bytes
)

// text is a contract as one run of characters without white space, in their everyday forms, and where each page begins.
type text struct {
	all    string
	starts []int
	unit   string
	ocr    bool // read from a picture: a single sign proves nothing

	once   sync.Once
	looked map[string]Answer // see Reading.Answers
}

// Read reads the pages of a contract. scanned says that the text was recognised in pictures.
func Read(pages []string, scanned bool) Reading { return read(pages, unitPage, scanned) }

func read(pages []string, unit string, scanned bool) Reading {
	t := newText(pages, scanned)
	t.unit = unit
	r := Reading{Pages: len(pages), text: t}
	for _, p := range pages {
		if strings.TrimSpace(p) == "" {
			r.Blank++
		}
	}
	sides := t.parties()
	kind := t.class()
	signed := t.signedOn()
	r.Facts = append(r.Facts, t.title()...)
	r.Facts = append(r.Facts, kind...)
	r.Facts = append(r.Facts, t.amount()...)
	r.Facts = append(r.Facts, signed...)
	r.Facts = append(r.Facts, t.period(signed)...)
	r.Facts = append(r.Facts, t.payment()...)
	r.Facts = append(r.Facts, t.rights()...)
	r.Facts = append(r.Facts, t.ownership()...)
	r.Facts = append(r.Facts, t.partyFacts(sides)...)
	return r
}

func newText(pages []string, scanned bool) *text {
	t := &text{ocr: scanned}
	var b strings.Builder
	for i, p := range pages {
		if i == maxPages || b.Len() > maxText {
			break
		}
		t.starts = append(t.starts, b.Len())
		p = plain(p)
		if scanned {
			p = mended(p)
		}
		b.WriteString(p)
	}
	t.all = b.String()
	if len(t.all) > maxText {
		t.all = strings.ToValidUTF8(t.all[:maxText], "")
	}
	return t
}

// plain brings full-width and compatibility characters to their everyday forms and drops white space and what shows nothing. Numbers
// in circles end what stands before them, so that they never run into a figure.
func plain(page string) string {
	page = strings.Map(func(r rune) rune {
		switch {
		case r >= '①' && r <= '⓿' || r >= '❶' && r <= '➓':
			return ';'
		case r == '—' || r == '–' || r == '―' || r == '~' || r == '～' || r == '−':
			return '-'
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(page, ""))
	return strings.Join(strings.Fields(norm.NFKC.String(page)), "")
}

// page is the number of the page that a place lies on, from 1.
func (t *text) page(at int) int {
	return sort.Search(len(t.starts), func(i int) bool { return t.starts[i] > at })
}

// fact makes a fact of a place.
func (t *text) fact(path, value string, from, to int, sure bool, why string) Fact {
	return Fact{Path: path, Value: value, Sure: sure, Why: why, Page: t.page(from), Unit: t.unit, Quote: t.around(from, to)}
}

// around is a place with up to sixteen characters on both sides.
func (t *text) around(from, to int) string {
	const n = 16
	begin, end := from, to
	for i := 0; i < n && begin > 0; i++ {
		_, size := utf8.DecodeLastRuneInString(t.all[:begin])
		begin -= size
	}
	for i := 0; i < n && end < len(t.all); i++ {
		_, size := utf8.DecodeRuneInString(t.all[end:])
		end += size
	}
	return t.all[begin:end]
}
