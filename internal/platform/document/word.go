package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
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

// FillWord replaces the marks of a .docx: {{name}} by values, and every table row with marks {{group.name}} by one row for
// each entry of the group. It works whatever runs a word processor cut the mark into, in the text, headers and footers;
// a mark whose name is not known becomes missing. Faults (Invalid): word_broken, word_too_large.
func FillWord(docx []byte, values map[string]string, groups map[string][]map[string]string, missing string) ([]byte, error) {
	parts, err := openWord(docx)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	f := filler{values: values, groups: groups, missing: missing}
	for _, p := range parts {
		if p.name == "word/document.xml" || strings.HasPrefix(p.name, "word/header") || strings.HasPrefix(p.name, "word/footer") {
			root, err := parseWord(p.content)
			if err != nil {
				return nil, err
			}
			f.fill(root, nil)
			var b bytes.Buffer
			b.WriteString(xmlHead)
			root.write(&b)
			p.content = b.Bytes()
		}
		if err := addPart(z, p.name, p.at, p.content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("word: %w", err)
	}
	return out.Bytes(), nil
}

// WordText reads the text of a .docx: one line a paragraph, cells of a table row separated by tabs. Faults as FillWord.
func WordText(docx []byte) (string, error) {
	parts, err := openWord(docx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(parts, func(p wordPart) bool { return p.name == "word/document.xml" })
	root, err := parseWord(parts[at].content)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	root.text(&b)
	return b.String(), nil
}

type wordPart struct {
	name    string
	at      time.Time
	content []byte
}

func openWord(docx []byte) ([]wordPart, error) {
	broken := fault.New(fault.Invalid, "word_broken", "不是能读取的 Word 文件（.docx）。请用 Word 或 WPS 打开，另存为 .docx 后再上传。")
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	if err != nil {
		return nil, broken
	}
	large := fault.New(fault.Invalid, "word_too_large", "Word 文件太大，请删去图片后再上传。")
	if len(z.File) > maxWordParts {
		return nil, large
	}
	var parts []wordPart
	total, document := 0, false
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, broken
		}
		content, err := io.ReadAll(io.LimitReader(r, maxWordPart+1))
		r.Close()
		if err != nil {
			return nil, broken
		}
		if total += len(content); len(content) > maxWordPart || total > maxWordAll {
			return nil, large
		}
		document = document || f.Name == "word/document.xml"
		parts = append(parts, wordPart{f.Name, f.Modified, content})
	}
	if !document {
		return nil, broken
	}
	return parts, nil
}

// node is one element with its names as written: encoding/xml's own writer would rename the prefixes.
type node struct {
	name     string // w:p; "" for text
	attrs    []xml.Attr
	data     string
	children []*node
}

func parseWord(content []byte) (*node, error) {
	broken := func(err error) error {
		return fault.Wrap(err, fault.Invalid, "word_broken", "Word 文件的内容不完整。请用 Word 或 WPS 打开，另存为 .docx 后再上传。")
	}
	d := xml.NewDecoder(bytes.NewReader(content))
	top := &node{}
	stack := []*node{top}
	for nodes := 0; ; nodes++ {
		if nodes > maxWordNodes {
			return nil, broken(errors.New("word: too many elements"))
		}
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken(err)
		}
		at := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: joined(t.Name), attrs: slices.Clone(t.Attr)}
			at.children = append(at.children, n)
			if stack = append(stack, n); len(stack) > maxWordDepth {
				return nil, broken(errors.New("word: too deep"))
			}
		case xml.EndElement:
			if len(stack) == 1 || at.name != joined(t.Name) {
				return nil, broken(errors.New("word: elements do not match"))
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if at == top { // the line break after the declaration; written back as a reference it would break the file
				continue
			}
			at.children = append(at.children, &node{data: string(t)})
		}
	}
	if len(stack) != 1 {
		return nil, broken(errors.New("word: element not closed"))
	}
	return top, nil
}

func joined(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (n *node) write(b *bytes.Buffer) {
	if n.name == "" {
		_ = xml.EscapeText(b, []byte(n.data)) // a bytes.Buffer never fails
		for _, c := range n.children {
			c.write(b)
		}
		return
	}
	b.WriteString("<" + n.name)
	for _, a := range n.attrs {
		b.WriteString(" " + joined(a.Name) + `="`)
		_ = xml.EscapeText(b, []byte(a.Value))
		b.WriteByte('"')
	}
	if len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, c := range n.children {
		c.write(b)
	}
	b.WriteString("</" + n.name + ">")
}

func (n *node) text(b *strings.Builder) {
	switch n.name {
	case "w:t":
		for _, c := range n.children {
			b.WriteString(c.data)
		}
		return
	case "w:br", "w:cr":
		b.WriteByte('\n')
	case "w:tab":
		b.WriteByte('\t')
	}
	for i, c := range n.children {
		var part strings.Builder
		c.text(&part)
		switch {
		case n.name == "w:tr" && c.name == "w:tc":
			b.WriteString(strings.TrimSuffix(part.String(), "\n"))
			if i < len(n.children)-1 {
				b.WriteByte('\t')
			}
		default:
			b.WriteString(part.String())
		}
	}
	if n.name == "w:p" || n.name == "w:tr" {
		b.WriteByte('\n')
	}
}

func (n *node) clone() *node {
	c := &node{name: n.name, attrs: n.attrs, data: n.data, children: make([]*node, len(n.children))}
	for i, child := range n.children {
		c.children[i] = child.clone()
	}
	return c
}

type filler struct {
	values  map[string]string
	groups  map[string][]map[string]string
	missing string
}

// fill replaces the marks below n; row holds the values of the group's entry where n lies in a repeated row.
func (f filler) fill(n *node, row map[string]string) {
	if n.name == "w:p" {
		f.paragraph(n, row)
	}
	var out []*node
	for _, c := range n.children {
		if group := f.group(c); group != "" && row == nil {
			for _, entry := range f.groups[group] {
				named := make(map[string]string, len(entry))
				for k, v := range entry {
					named[group+"."+k] = v
				}
				again := c.clone()
				f.fill(again, named)
				out = append(out, again)
			}
			continue
		}
		f.fill(c, row)
		out = append(out, c)
	}
	n.children = out
}

// group names the group that a table row belongs to, "" for none.
func (f filler) group(n *node) string {
	if n.name != "w:tr" {
		return ""
	}
	var b strings.Builder
	n.text(&b)
	for name := range f.groups {
		if strings.Contains(b.String(), "{{"+name+".") {
			return name
		}
	}
	return ""
}

// paragraph replaces marks, which may lie across several runs: the value takes the place of the mark's first character.
func (f filler) paragraph(p *node, row map[string]string) {
	var texts []*node
	var runs []*node
	var find func(n *node)
	find = func(n *node) {
		for _, c := range n.children {
			if c.name == "w:t" {
				texts, runs = append(texts, c), append(runs, n)
			} else {
				find(c)
			}
		}
	}
	find(p)
	var all strings.Builder
	starts := make([]int, len(texts)+1)
	for i, t := range texts {
		for _, c := range t.children {
			all.WriteString(c.data)
		}
		starts[i+1] = all.Len()
	}
	whole := all.String()
	if !strings.Contains(whole, "{{") {
		return
	}
	pieces := make([]strings.Builder, len(texts))
	run := 0
	copyTo := func(from, to int) {
		for from < to {
			for from >= starts[run+1] {
				run++
			}
			end := min(to, starts[run+1])
			pieces[run].WriteString(whole[from:end])
			from = end
		}
	}
	at := 0
	for {
		open := strings.Index(whole[at:], "{{")
		if open < 0 {
			break
		}
		open += at
		length := strings.Index(whole[open:], "}}")
		if length < 0 {
			break
		}
		copyTo(at, open)
		for open >= starts[run+1] {
			run++
		}
		name := strings.TrimSpace(whole[open+2 : open+length])
		value, known := row[name]
		if !known {
			value, known = f.values[name]
		}
		if !known {
			value = f.missing
		}
		pieces[run].WriteString(clean(value))
		at = open + length + 2
	}
	copyTo(at, len(whole))
	for i, t := range texts {
		lines := strings.Split(pieces[i].String(), "\n")
		replacement := make([]*node, 0, 2*len(lines))
		for n, line := range lines {
			if n > 0 {
				replacement = append(replacement, &node{name: "w:br"})
			}
			replacement = append(replacement, &node{name: "w:t",
				attrs: []xml.Attr{{Name: xml.Name{Space: "xml", Local: "space"}, Value: "preserve"}}, children: []*node{{data: line}}})
		}
		k := slices.Index(runs[i].children, t)
		runs[i].children = slices.Replace(runs[i].children, k, k+1, replacement...)
	}
}
