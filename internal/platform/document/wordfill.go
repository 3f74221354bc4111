package document

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

// FillWord replaces the marks of a .docx: {{name}} by values, and every table row with marks {{group.name}} by one row for
// each entry of the group. It works whatever runs a word processor cut the mark into, in the text, headers and footers;
// a mark whose name is not known becomes missing. Faults (Invalid): word_broken, word_too_large.
func FillWord(docx []byte, values map[string]string, groups map[string][]map[string]string, missing string) ([]byte, error) {
	parts, err := openWord(context.Background(), docx) // our own model texts: small
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	f := filler{values: values, groups: groups, missing: missing}
	for _, p := range parts {
		if p.name == "word/document.xml" || strings.HasPrefix(p.name, "word/header") || strings.HasPrefix(p.name, "word/footer") {
			root, err := parseWord(context.Background(), p.content)
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

// WordText reads the text of a .docx: one line a paragraph, cells of a table row separated by tabs. Faults as FillWord; the
// context's end ends the work.
func WordText(ctx context.Context, docx []byte) (string, error) {
	parts, err := openWord(ctx, docx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(parts, func(p wordPart) bool { return p.name == "word/document.xml" })
	root, err := parseWord(ctx, parts[at].content)
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

func openWord(ctx context.Context, docx []byte) ([]wordPart, error) {
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
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("word: %w", err)
		}
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

func parseWord(ctx context.Context, content []byte) (*node, error) {
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
		if err := ctx.Err(); err != nil && nodes%1024 == 0 {
			return nil, fmt.Errorf("word: %w", err)
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
