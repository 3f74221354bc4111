package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/search"
)

// content is a small content, so that the reader is tested without a domain.
type content struct {
	Title string   `json:"title"`
	Codes []string `json:"codes,omitempty"`
	Text  string   `json:"text,omitempty"`
}

func (c *content) texts() []listing.Text {
	return []listing.Text{
		{Path: "title", Label: "名称", Value: &c.Title, Max: 80},
		{Path: "text", Label: "介绍", Value: &c.Text, Max: 1000, Long: true},
	}
}

func (c content) Tidy() content { listing.TidyTexts(c.texts()); return c }

func (c content) Validate(bool) error {
	var f fault.Fields
	listing.CheckTexts(&f, c.texts(), false)
	return f.Err()
}

func (c content) Warnings() []fault.Field { return nil }

func (c content) Completeness() listing.Completeness { return listing.Completeness{} }

func (c content) Facts() listing.Facts { return listing.Facts{Title: c.Title} }

func (c content) ForGuest() content { return c }
func (c content) Veiled() content   { return c }

func (c content) Person() listing.Contact { return listing.Contact{} }

func (c content) WithPerson(listing.Contact) content { return c }

func (c content) Document(listing.Listing, string) search.Document {
	return search.Document{}
}

func form() sheet {
	return sheet{Sheet: listing.SheetOf("样例", []listing.Column[content]{
		listing.TextColumn("名称", "title", "提示一", true, func(c *content) *string { return &c.Title }),
		listing.CodesColumn(
			"方式",
			"codes",
			"提示二",
			[]listing.Choice{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}},
			func(c *content) *[]string { return &c.Codes },
		),
		listing.TextColumn("介绍", "text", "提示三", false, func(c *content) *string { return &c.Text }),
	}, func(title, text string) content { return content{Title: title, Text: text} })}
}

// checkReading holds for every file: counts add up, keys are unique, contents are valid JSON of valid content.
func checkReading(t *testing.T, r reading, err error) {
	t.Helper()
	if err != nil {
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Message == "" {
			t.Fatalf("not an invalid fault with a mend: %v", err)
		}
		return
	}
	if len(r.good) > r.rows || (len(r.good) < r.rows) != (r.report.ProblemCount > 0) {
		t.Fatalf("%d rows, %d good, %d problems", r.rows, len(r.good), r.report.ProblemCount)
	}
	if len(r.report.Problems) > maxListed || len(r.report.Warnings) > maxListed {
		t.Fatal("the report is not bounded")
	}
	keys := map[string]bool{}
	for _, g := range r.good {
		var c content
		if err := json.Unmarshal(g.content, &c); err != nil || c.Validate(true) != nil || utf8.RuneCountInString(c.Title) < 2 ||
			bytes.Contains(g.content, []byte(`\u0000`)) {
			t.Fatalf("bad content went through: %s", g.content)
		}
		if keys[g.key] || g.key == "" || !utf8.ValidString(g.key) {
			t.Fatalf("key %q", g.key)
		}
		keys[g.key] = true
	}
}

func FuzzReadText(f *testing.F) {
	f.Add("a.csv", []byte("编号,名称,方式\n1,样例一,甲、b\n1,样例二,丙\n"))
	f.Add("a.csv", []byte("名称\t介绍\n\"跨\n行\"\t=cmd\n"))
	f.Add("a.jsonl", []byte(`{"id":"x","abstract":"研究了某种过程，得到结果。"}`+"\n"+`{"title":5}`+"\n{\n"))
	f.Add("a.jsonl", []byte(`{"id":null,"title":"名称甲\u0000"}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		for _, n := range []string{name, "a.csv", "a.jsonl"} {
			r, err := form().read(t.Context(), n, bytes.NewReader(data))
			checkReading(t, r, err)
		}
	})
}

func FuzzReadXLSX(f *testing.F) {
	book := excelize.NewFile()
	for cell, v := range map[string]string{"A1": "编号", "B1": "名称", "C1": "方式", "A2": "1", "B2": "样例一", "C2": "甲；乙"} {
		if err := book.SetCellStr("Sheet1", cell, v); err != nil {
			f.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		f.Fatal(err)
	}
	r, err := form().read(f.Context(), "a.xlsx", bytes.NewReader(b.Bytes()))
	if err != nil || len(r.good) != 1 || r.good[0].key != "1" || string(r.good[0].content) != `{"title":"样例一","codes":["a","b"]}` {
		f.Fatalf("%+v, %v", r, err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := form().read(t.Context(), "a.xlsx", bytes.NewReader(data))
		checkReading(t, r, err)
	})
}
