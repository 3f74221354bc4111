package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// Word is a .docx document being written, top down: headings, paragraphs and ruled tables. Text may hold marks like
// {{name}} for FillWord. It is used by one goroutine.
type Word struct {
	options WordOptions
	body    strings.Builder
}

// WordOptions says what a document is.
type WordOptions struct {
	Title  string
	Header string    // small line at the top of every page, may be empty
	At     time.Time // date of the parts: the business date, never now
}

// NewWord starts a document.
func NewWord(o WordOptions) *Word { return &Word{options: o} }

// Title writes the centred name of the document.
func (w *Word) Title(text string) { w.paragraph("Title", text) }

// Heading starts a section.
func (w *Word) Heading(text string) { w.paragraph("Heading1", text) }

// Paragraph writes running text; a line break inside stays one.
func (w *Word) Paragraph(text string) { w.paragraph("", text) }

// Note writes small grey text.
func (w *Word) Note(text string) { w.paragraph("Note", text) }

// Pairs writes facts as a ruled table of two columns.
func (w *Word) Pairs(pairs []Pair) {
	rows := make([][]string, len(pairs))
	for i, p := range pairs {
		rows[i] = []string{p.Label, p.Value}
	}
	w.table([]float64{0.28, 0.72}, nil, rows)
}

// Table writes a ruled table whose heading repeats on every page. A row with marks {{group.field}} is written once for
// each row of the group by FillWord.
func (w *Word) Table(columns []Column, rows [][]string) {
	shares, head := make([]float64, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		shares[i], head[i] = c.Share, c.Title
	}
	w.table(shares, head, rows)
}

func (w *Word) paragraph(style, text string) {
	w.body.WriteString("<w:p>")
	if style != "" {
		fmt.Fprintf(&w.body, `<w:pPr><w:pStyle w:val="%s"/></w:pPr>`, style)
	}
	w.body.WriteString("<w:r>")
	for i, line := range strings.Split(clean(text), "\n") {
		if i > 0 {
			w.body.WriteString("<w:br/>")
		}
		w.body.WriteString(`<w:t xml:space="preserve">`)
		_ = xml.EscapeText(&w.body, []byte(line)) // a strings.Builder never fails
		w.body.WriteString("</w:t>")
	}
	w.body.WriteString("</w:r></w:p>")
}

// wordTextWidth is the text width of the page in twentieths of a point: A4 less two margins of 25 mm.
const wordTextWidth = 9070

func (w *Word) table(shares []float64, head []string, rows [][]string) {
	fmt.Fprintf(&w.body, `<w:tbl><w:tblPr><w:tblStyle w:val="Ruled"/><w:tblW w:w="%d" w:type="dxa"/></w:tblPr><w:tblGrid>`, wordTextWidth)
	for _, s := range shares {
		fmt.Fprintf(&w.body, `<w:gridCol w:w="%d"/>`, int(s*wordTextWidth))
	}
	w.body.WriteString("</w:tblGrid>")
	row := func(cells []string, properties, style string) {
		w.body.WriteString("<w:tr>" + properties)
		for i, s := range shares {
			fmt.Fprintf(&w.body, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, int(s*wordTextWidth))
			text := ""
			if i < len(cells) {
				text = cells[i]
			}
			w.paragraph(style, text)
			w.body.WriteString("</w:tc>")
		}
		w.body.WriteString("</w:tr>")
	}
	if head != nil {
		row(head, "<w:trPr><w:tblHeader/></w:trPr>", "CellHead")
	}
	for _, cells := range rows {
		row(cells, "<w:trPr><w:cantSplit/></w:trPr>", "Cell")
	}
	w.body.WriteString("</w:tbl>")
	w.paragraph("Note", "") // two tables that touch become one
}

const (
	wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	office    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	wordTypes = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// Bytes finishes the document; the same content gives the same bytes.
func (w *Word) Bytes() ([]byte, error) {
	header := NewWord(WordOptions{})
	header.paragraph("Note", w.options.Header)
	var title strings.Builder
	_ = xml.EscapeText(&title, []byte(clean(w.options.Title)))
	override := func(part, kind string) string {
		return `<Override PartName="/word/` + part + `.xml" ContentType="` + wordTypes + kind + `+xml"/>`
	}
	link := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="` + office + "/" + kind + `" Target="` + target + `"/>`
	}
	const relationships = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	parts := []struct{ name, content string }{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			override("document", "document.main") + override("styles", "styles") + override("header1", "header") + override("footer1", "footer") +
			`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`},
		{"_rels/.rels", relationships + link("rId1", "officeDocument", "word/document.xml") +
			`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" ` +
			`Target="docProps/core.xml"/></Relationships>`},
		{"word/_rels/document.xml.rels", relationships + link("rId1", "styles", "styles.xml") + link("rId2", "header", "header1.xml") +
			link("rId3", "footer", "footer1.xml") + `</Relationships>`},
		{"docProps/core.xml", `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
			`xmlns:dc="http://purl.org/dc/elements/1.1/" ` +
			`xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` + title.String() +
			`</dc:title><dcterms:created xsi:type="dcterms:W3CDTF">` + w.options.At.UTC().Format(time.RFC3339) +
			`</dcterms:created></cp:coreProperties>`},
		{"word/styles.xml", wordStyles()},
		{"word/header1.xml", `<w:hdr ` + wordSpace + `>` + header.body.String() + `</w:hdr>`},
		{"word/footer1.xml", `<w:ftr ` + wordSpace +
			`><w:p><w:pPr><w:pStyle w:val="Note"/><w:jc w:val="center"/></w:pPr><w:r><w:t>第 </w:t></w:r>` +
			`<w:fldSimple w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple><w:r><w:t> 页</w:t></w:r></w:p></w:ftr>`},
		{"word/document.xml", `<w:document ` + wordSpace + `><w:body>` + w.body.String() +
			`<w:sectPr><w:headerReference w:type="default" r:id="rId2"/>` +
			`<w:footerReference w:type="default" r:id="rId3"/><w:pgSz w:w="11906" w:h="16838"/>` +
			`<w:pgMar w:top="1418" w:right="1418" w:bottom="1418" w:left="1418" w:header="708" w:footer="708" w:gutter="0"/>` +
			`</w:sectPr></w:body></w:document>`},
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range parts {
		if err := addPart(z, p.name, w.options.At, []byte(xmlHead+p.content)); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("word: %w", err)
	}
	return out.Bytes(), nil
}

func addPart(z *zip.Writer, name string, at time.Time, content []byte) error {
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at.UTC()})
	if err == nil {
		_, err = f.Write(content)
	}
	if err != nil {
		return fmt.Errorf("word: %s: %w", name, err)
	}
	return nil
}

func wordStyles() string {
	fonts := `<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体"/>`
	style := func(id, paragraph, run string) string {
		return `<w:style w:type="paragraph" w:styleId="` + id + `"><w:name w:val="` + id + `"/><w:pPr>` + paragraph + `</w:pPr><w:rPr>` + fonts +
			run + `</w:rPr></w:style>`
	}
	border := func(side string) string {
		return `<w:` + side + ` w:val="single" w:sz="4" w:space="0" w:color="808080"/>`
	}
	return `<w:styles ` + wordSpace + `><w:docDefaults><w:rPrDefault><w:rPr>` + fonts +
		`<w:sz w:val="24"/><w:lang w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>` +
		`<w:pPrDefault><w:pPr><w:spacing w:after="80" w:line="360" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>` +
		style("Title", `<w:spacing w:before="240" w:after="240"/><w:jc w:val="center"/>`, `<w:b/><w:sz w:val="40"/>`) +
		style("Heading1", `<w:keepNext/><w:spacing w:before="200" w:after="80"/><w:outlineLvl w:val="0"/>`, `<w:b/><w:sz w:val="26"/>`) +
		style("Note", `<w:spacing w:after="40" w:line="280" w:lineRule="auto"/>`, `<w:color w:val="595959"/><w:sz w:val="18"/>`) +
		style("Cell", `<w:spacing w:after="0" w:line="300" w:lineRule="auto"/>`, `<w:sz w:val="21"/>`) +
		style("CellHead", `<w:keepNext/><w:spacing w:after="0" w:line="300" w:lineRule="auto"/>`, `<w:b/><w:sz w:val="21"/>`) +
		`<w:style w:type="table" w:styleId="Ruled"><w:name w:val="Ruled"/><w:tblPr><w:tblBorders>` + border("top") + border("left") +
		border("bottom") + border("right") + border("insideH") + border("insideV") +
		`</w:tblBorders><w:tblCellMar><w:left w:w="100" w:type="dxa"/><w:right w:w="100" w:type="dxa"/></w:tblCellMar>` +
		`</w:tblPr></w:style></w:styles>`
}

// Limits of a Word file that is read.
const (
	maxWordParts = 2000
	maxWordPart  = 16 << 20 // bytes of one part, unpacked
	maxWordAll   = 48 << 20 // of all parts
	maxWordNodes = 500_000  // of one part: an element takes many times the memory of its mark
	maxWordDepth = 200
)
