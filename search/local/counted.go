package local

import (
	"encoding/json"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"techmarket/search"
)

// entry is what bleve keeps of a document: its words counted, so that bleve has nothing to cut.
func (e *Engine) entry(d search.Document) (*document.Document, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	row, err := json.Marshal(search.Document{ID: d.ID, Kind: d.Kind, Version: d.Version, Facets: d.Facets, Numbers: d.Numbers})
	if err != nil {
		return nil, err
	}
	title := e.analyzer.IndexWords(d.Title)
	keywords := e.analyzer.IndexWords(strings.Join(d.Keywords, "\n"))
	var inTitle, inAll, pinyin counts
	inTitle.add(title, 1)
	inTitle.add(keywords, 1)
	inAll.add(title, 3)
	inAll.add(keywords, 2)
	inAll.add(e.analyzer.IndexWords(d.Summary), 2)
	inAll.add(e.analyzer.IndexWords(d.Body+"\n"+d.Names), 1)
	pinyin.add(e.analyzer.Pinyin(d.Title+"\n"+strings.Join(d.Keywords, "\n")), 1)
	doc := document.NewDocument(d.ID)
	doc.AddField(inTitle.field(fieldTitle)).AddField(inAll.field(fieldWords)).AddField(pinyin.field(fieldPinyin))
	doc.AddField(kept(fieldDoc, raw)).AddField(kept(fieldRow, row)).AddField(kept(fieldPrepared, d.Prepared))
	return doc, nil
}

// kept is a field that is only stored.
func kept(name string, value []byte) document.Field {
	return document.NewTextFieldWithIndexingOptions(name, nil, value, index.StoreField)
}

// counts says how often each word stands in a field.
type counts struct {
	words index.TokenFrequencies
	all   int
}

func (c *counts) add(words []string, times int) {
	if c.words == nil {
		c.words = make(index.TokenFrequencies, len(words))
	}
	for _, w := range words {
		f := c.words[w]
		if f == nil {
			f = &index.TokenFreq{Term: []byte(w)}
			c.words[w] = f
		}
		f.SetFrequency(f.Frequency() + times)
	}
	c.all += times * len(words)
}

func (c *counts) field(name string) document.Field {
	return &countedField{document.NewTextFieldWithIndexingOptions(name, nil, nil, index.IndexField), *c}
}

// countedField is a text field whose words are known.
type countedField struct {
	*document.TextField
	counts counts
}

func (f *countedField) Analyze() {}

func (f *countedField) AnalyzedLength() int { return f.counts.all }

func (f *countedField) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.counts.words }
