package document

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/signintech/gopdf"
	"rsc.io/qr"

	"techmarket/internal/foundation/fault"
)

// The page: A4 in millimetres.
const (
	pageWidth, pageHeight = 210.0, 297.0
	marginSide            = 22.0
	marginTop             = 22.0
	marginBottom          = 20.0
	textWidth             = pageWidth - 2*marginSide
)

// PDFOptions says what a document is.
type PDFOptions struct {
	Title   string
	At      time.Time // written as the creation date: the business date, never now
	Sample  bool      // draws 样例 across every page
	Header  string    // small line at the top of every page, may be empty
	Numbers bool      // page numbers at the foot
	Strict  bool      // refuses a character that nothing draws instead of drawing a box: a certificate's names
	Plain   bool      // headings in the regular weight: one font in the file, half the time to make it
}

// PDF is a document being written, top down, with page breaks where needed. The first error stays and is returned by
// Bytes. It is used by one goroutine.
type PDF struct {
	fonts   *Fonts
	options PDFOptions
	gp      *gopdf.GoPdf
	y       float64 // mm from the top of the page
	known   map[glyph]bool
	missing []rune
	opened  int // fallback fonts this document draws with
	attach  []attachment
	faint   *gopdf.Transparency // of marks; nil: as drawn
	err     error
}

type glyph struct {
	family string
	char   rune
}

type attachment struct {
	name, mime string
	data       []byte
}

// New starts a document with its first page.
func (f *Fonts) New(o PDFOptions) *PDF {
	p := &PDF{fonts: f, options: o, gp: &gopdf.GoPdf{}, known: map[glyph]bool{}}
	p.gp.Start(gopdf.Config{Unit: gopdf.UnitMM, PageSize: gopdf.Rect{W: pageWidth, H: pageHeight}})
	p.gp.SetInfo(gopdf.PdfInfo{Title: o.Title, Creator: "techmarket", Producer: "techmarket", CreationDate: o.At.UTC()})
	families := []string{regular, bold}
	if o.Plain {
		families = families[:1]
	}
	for _, family := range families {
		p.fail(p.gp.AddTTFFontFromFontContainer(family, f.container))
	}
	p.newPage()
	return p
}

func (p *PDF) fail(err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("pdf: %w", err)
	}
}

func (p *PDF) newPage() {
	p.gp.AddPage()
	p.y = marginTop
	if p.options.Sample {
		p.watermark("样例")
	}
	if p.options.Header != "" {
		p.draw(style{size: 9, grey: 110}, p.options.Header, marginSide, 12)
	}
}

// watermark is drawn first, so everything else lies over it.
func (p *PDF) watermark(text string) {
	const size = 110
	p.gp.Rotate(45, pageWidth/2, pageHeight/2)
	w := p.measure(style{size: size, bold: true}, text)
	p.draw(style{size: size, bold: true, grey: 232}, text, (pageWidth-w)/2, pageHeight/2-20)
	p.gp.RotateReset()
}

// room breaks the page when less than h millimetres are left.
func (p *PDF) room(h float64) {
	if p.y+h > pageHeight-marginBottom {
		p.newPage()
	}
}

type style struct {
	size float64 // points
	bold bool
	grey uint8
}

// lineHeight in millimetres: one and a half of the size.
func (s style) lineHeight() float64 { return s.size * 1.5 * 25.4 / 72 }

var (
	titleStyle   = style{size: 20, bold: true}
	headingStyle = style{size: 13, bold: true}
	bodyStyle    = style{size: 10.5}
	labelStyle   = style{size: 10.5, grey: 90}
	smallStyle   = style{size: 9, grey: 90}
	footStyle    = style{size: 7, grey: 110}
)

// family picks the font for a character; not ok where none has it.
func (p *PDF) family(s style, r rune) (name string, ok bool) {
	first := regular
	if s.bold && !p.options.Plain {
		first = bold
	}
	if p.has(first, s.size, r) {
		return first, true
	}
	for i, b := range p.fonts.fallbacks {
		if i == p.opened {
			container, err := b.container()
			p.fail(err)
			if err != nil {
				return first, false
			}
			p.fail(p.gp.AddTTFFontFromFontContainer(b.family, container))
			p.opened++
		}
		if p.has(b.family, s.size, r) {
			return b.family, true
		}
	}
	return first, false
}

func (p *PDF) has(family string, size float64, r rune) bool {
	// Mongolian letters are written joined. gopdf sets them apart, which nobody can read: they count as missing.
	if r >= 0x1800 && r <= 0x18af {
		return false
	}
	g := glyph{family, r}
	has, asked := p.known[g]
	if !asked {
		p.fail(p.gp.SetFont(family, "", size))
		var err error
		has, err = p.gp.IsCurrFontContainGlyph(r)
		p.fail(err)
		p.known[g] = has
	}
	return has
}

// runs cuts text where font, size or height change.
func (p *PDF) runs(s style, text string, visit func(shape)) {
	var run shape
	for _, r := range text {
		for _, g := range p.shapes(s, r) {
			if run.text != "" && g.family == run.family && g.scale == run.scale && g.rise == run.rise {
				run.text += g.text
				continue
			}
			if run.text != "" {
				visit(run)
			}
			run = g
		}
	}
	if run.text != "" {
		visit(run)
	}
}

func (p *PDF) measure(s style, text string) float64 {
	total := 0.0
	p.runs(s, text, func(g shape) {
		p.fail(p.gp.SetFont(g.family, "", s.size*g.scale))
		w, err := p.gp.MeasureTextWidth(g.text)
		p.fail(err)
		total += w
	})
	return total
}

// draw writes one line with its top left corner at x, y.
func (p *PDF) draw(s style, text string, x, y float64) {
	p.gp.SetTextColor(s.grey, s.grey, s.grey)
	p.runs(s, text, func(g shape) {
		p.fail(p.gp.SetFont(g.family, "", s.size*g.scale))
		down := s.size * 25.4 / 72 * (1 - g.scale - g.rise) // a smaller font starts higher: bring it to the line, then raise it
		if g.scale == 1 {
			down = 0
		}
		p.gp.SetXY(x, y+down)
		if p.faint != nil {
			p.fail(p.gp.CellWithOption(nil, g.text, gopdf.CellOption{Align: gopdf.Left | gopdf.Top, Float: gopdf.Right, Transparency: p.faint}))
		} else {
			p.fail(p.gp.Cell(nil, g.text))
		}
		x = p.gp.GetX()
	})
}

func (p *PDF) lines(s style, text string, width float64) []string {
	return breakLines(clean(text), width, func(part string) float64 { return p.measure(s, part) })
}

// clean drops what cannot be drawn and has no meaning on paper: control characters and direction marks.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\u00a0':
			return ' '
		case r < ' ', r == 0x7f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff,
			r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef: // the last two only choose between forms of a character
			return -1
		}
		return r
	}, text)
}

// Title writes the centred name of the document.
func (p *PDF) Title(text string) {
	for _, line := range p.lines(titleStyle, text, textWidth) {
		p.room(titleStyle.lineHeight())
		p.draw(titleStyle, line, marginSide+(textWidth-p.measure(titleStyle, line))/2, p.y)
		p.y += titleStyle.lineHeight()
	}
	p.y += 4
}

// Heading starts a section; it never stands alone at the foot of a page.
func (p *PDF) Heading(text string) {
	p.y += 3
	p.room(headingStyle.lineHeight() + 2*bodyStyle.lineHeight())
	p.block(headingStyle, text, marginSide, textWidth)
	p.y++
}

// Paragraph writes running text.
func (p *PDF) Paragraph(text string) {
	p.block(bodyStyle, text, marginSide, textWidth)
	p.y += 1.5
}

// Signed writes who signs a paper and when, at the right under the text.
func (p *PDF) Signed(lines ...string) {
	p.y += 4
	p.room(float64(len(lines)) * (bodyStyle.lineHeight() + 1))
	for _, line := range lines {
		for _, part := range p.lines(bodyStyle, line, textWidth) {
			p.draw(bodyStyle, part, marginSide+textWidth-p.measure(bodyStyle, part), p.y)
			p.y += bodyStyle.lineHeight() + 1
		}
	}
}

// Note writes small grey text: definitions, sources, how to check.
func (p *PDF) Note(text string) {
	p.block(smallStyle, text, marginSide, textWidth)
	p.y++
}

// Space leaves a gap, in millimetres.
func (p *PDF) Space(mm float64) { p.y += mm }

func (p *PDF) block(s style, text string, x, width float64) {
	for _, line := range p.lines(s, text, width) {
		p.room(s.lineHeight())
		p.draw(s, line, x, p.y)
		p.y += s.lineHeight()
	}
}

// Pair is a label and its value.
type Pair struct{ Label, Value string }

// Pairs writes facts as a ruled list: labels at the left in grey, values wrapped at the right.
func (p *PDF) Pairs(pairs []Pair) {
	rows := make([][]string, len(pairs))
	for i, pair := range pairs {
		rows[i] = []string{pair.Label, pair.Value}
	}
	p.rows([]Column{{Share: 0.24, label: true}, {Share: 0.76}}, nil, rows)
}

// Column is one column of a table.
type Column struct {
	Title string
	Share float64 // of the text width; shares add up to 1
	Right bool    // figures
	label bool
}

// Table writes a ruled table, its heading repeated on every page.
func (p *PDF) Table(columns []Column, rows [][]string) {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.Title
	}
	p.rows(columns, head, rows)
}

const cellPad = 1.6 // mm

func (p *PDF) rows(columns []Column, head []string, rows [][]string) {
	p.gp.SetLineWidth(0.15)
	p.gp.SetStrokeColor(170, 170, 170)
	if head != nil {
		p.row(columns, head, style{size: bodyStyle.size, bold: true}, nil)
	}
	for _, row := range rows {
		p.row(columns, row, bodyStyle, head)
	}
	p.y += 4
}

// row draws one row; a row taller than what is left moves to the next page, one taller than a page is continued there.
func (p *PDF) row(columns []Column, values []string, s style, head []string) {
	cells, most := make([][]string, len(columns)), 1
	for i, c := range columns {
		if i < len(values) {
			cells[i] = p.lines(s, values[i], c.Share*textWidth-2*cellPad)
			most = max(most, len(cells[i]))
		}
	}
	again := func() {
		p.newPage()
		p.gp.SetLineWidth(0.15)
		p.gp.SetStrokeColor(170, 170, 170)
		if head != nil {
			p.row(columns, head, style{size: s.size, bold: true}, nil)
		}
	}
	const bottom = pageHeight - marginBottom
	page := bottom - marginTop - 15
	if h := float64(most)*s.lineHeight() + 2*cellPad; p.y+h > bottom && (h <= page || p.y+s.lineHeight()+2*cellPad > bottom) {
		again()
	}
	for from := 0; from < most; {
		fitting := max(int((bottom-p.y-2*cellPad)/s.lineHeight()), 1)
		to := min(from+fitting, most)
		h := float64(to-from)*s.lineHeight() + 2*cellPad
		x := marginSide
		for i, c := range columns {
			w := c.Share * textWidth
			p.gp.RectFromUpperLeft(x, p.y, w, h)
			cs := s
			if c.label {
				cs = labelStyle
			}
			for n := from; n < min(to, len(cells[i])); n++ {
				at := x + cellPad
				if c.Right {
					at = x + w - cellPad - p.measure(cs, cells[i][n])
				}
				p.draw(cs, cells[i][n], at, p.y+cellPad+float64(n-from)*s.lineHeight()+0.8)
			}
			x += w
		}
		p.y += h
		if from = to; from < most {
			again()
		}
	}
}

// QR draws a code of the text with a caption at its right, side millimetres wide.
func (p *PDF) QR(text string, side float64, caption string) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		p.fail(err)
		return
	}
	p.y += 3 // the quiet zone readers need around a code
	p.room(side)
	module := side / float64(code.Size)
	p.gp.SetFillColor(0, 0, 0)
	for y := range code.Size {
		for x := 0; x < code.Size; {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				p.gp.RectFromUpperLeftWithStyle(marginSide+float64(x)*module, p.y+float64(y)*module, float64(run)*module, module, "F")
			}
			x += run + 1
		}
	}
	top := p.y
	p.block(smallStyle, caption, marginSide+side+5, textWidth-side-5)
	p.y = max(p.y, top+side) + 2
}

// Attach embeds a file (ASCII name); readers list it beside the pages.
func (p *PDF) Attach(name, mime string, data []byte) {
	p.attach = append(p.attach, attachment{name, mime, data})
}

// Bytes finishes the document. Where boxes stand for characters that nothing draws, a note names them. Fault, for Strict papers:
// Invalid char_not_drawable naming them, since a certificate with a box instead of a name is worse than none.
func (p *PDF) Bytes() ([]byte, error) {
	if len(p.missing) > 0 && !p.options.Strict {
		codes := make([]string, len(p.missing))
		for i, r := range p.missing {
			codes[i] = fmt.Sprintf("U+%04X", r)
		}
		p.Note("〓 代替字体里没有的字：" + strings.Join(codes, "、") + "。以登记系统中的文字为准。")
	}
	pages := p.gp.GetNumberOfPages()
	for n := 1; p.options.Numbers && n <= pages; n++ {
		p.fail(p.gp.SetPage(n))
		text := fmt.Sprintf("第 %d 页，共 %d 页", n, pages)
		p.draw(smallStyle, text, (pageWidth-p.measure(smallStyle, text))/2, pageHeight-13)
	}
	if len(p.missing) > 0 && p.options.Strict {
		return nil, fault.Newf(fault.Invalid, "char_not_drawable",
			"字体里没有这些字：%s。请管理员用 TECHMARKET_RARE_FONT 配置包含这些字的字体，再生成文件。", NameChars(p.missing))
	}
	if p.err != nil {
		return nil, p.err
	}
	var b bytes.Buffer
	if _, err := p.gp.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return appendAttachments(mendUnicode(b.Bytes()), p.attach)
}

// mendUnicode rewrites the characters beyond the basic plane in the maps from glyph to text as UTF-16. gopdf writes them as
// five digits, which readers cut to four: copying 𠮷 gave another character. The places in the file must not move, so the
// room comes from CIDSystemInfo, which a text map does not need; it is enough for 23 such characters a font.
func mendUnicode(pdf []byte) []byte {
	const spare = "/CIDSystemInfo << /Registry (Adobe)/Ordering (UCS)/Supplement 0>> def\n"
	rest := pdf
	for {
		from := bytes.Index(rest, []byte(spare))
		if from < 0 {
			return pdf
		}
		to := bytes.Index(rest[from:], []byte("endbfrange"))
		if to < 0 {
			return pdf
		}
		part := rest[from : from+to]
		added := 0
		mended := beyond.ReplaceAllFunc(part[len(spare):], func(entry []byte) []byte {
			r, _ := strconv.ParseInt(string(entry[1:6]), 16, 32)
			high, low := utf16.EncodeRune(rune(r))
			added += 3
			return fmt.Appendf(nil, "<%04X%04X>", high, low)
		})
		if added > 0 && added < len(spare) {
			copy(part[copy(part, strings.Repeat(" ", len(spare)-added)):], mended)
		}
		rest = rest[from+to:]
	}
}

var beyond = regexp.MustCompile(`<[0-9A-F]{5}>`)
