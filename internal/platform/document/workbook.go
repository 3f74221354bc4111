package document

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

// The limits of the parts of a workbook.
const (
	maxShared     = 48 << 20  // bytes of texts that cells share
	maxSharedN    = 2_000_000 // how many
	maxParts      = 5_000
	maxXMLRun     = 1 << 20 // bytes between two marks: a cell holds at most 32,767 characters
	maxStyleCount = 65_536
)

// workbook is an opened xlsx: only the parts that a table needs are read, as streams.
type workbook struct {
	ctx    context.Context
	files  map[string]*zip.File
	left   int64 // bytes that may still be unpacked
	since  bool  // days count from 1904
	sheet  string
	part   string // of the sheet
	shown  []numberFormat
	texts  []byte
	ends   []uint32
	shared string // part
	styles string // part
}

func bookFault(err error) error {
	return keepFault(err, func(err error) error {
		return fault.Wrap(err, fault.Invalid, "sheet_broken", "不能读取这个工作簿，文件可能已损坏。请用 Excel 或 WPS 打开并另存为 XLSX 后重新上传。")
	})
}

// openBook finds the first visible sheet and reads what its cells refer to. Faults (Invalid): sheet_broken, sheet_encrypted,
// sheet_too_large; Unavailable sheet_timeout.
func openBook(ctx context.Context, r io.Reader) (*workbook, error) {
	raw, at, size, err := whole(ctx, r)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return nil, fault.New(fault.Invalid, "sheet_encrypted", "工作簿设有密码，或是旧版的 XLS，不能读取。请去掉密码，另存为 XLSX 后重新上传。")
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return nil, bookFault(err)
	}
	if len(z.File) > maxParts {
		return nil, errTooLarge
	}
	b := &workbook{ctx: ctx, files: map[string]*zip.File{}, left: maxUnpacked}
	for _, f := range z.File {
		b.files[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))] = f
	}
	for _, step := range []func() error{b.readBook, b.readStyles, b.readShared} {
		if err := step(); err != nil {
			return nil, bookFault(err)
		}
	}
	return b, nil
}

// whole gives a reader's bytes for reading at any place.
func whole(ctx context.Context, r io.Reader) (head []byte, at io.ReaderAt, size int64, err error) {
	left := int64(maxUnpacked)
	raw, err := io.ReadAll(counted{ctx, r, &left})
	if err != nil {
		return nil, nil, 0, keepFault(err, func(err error) error { return fmt.Errorf("read workbook: %w", err) })
	}
	return raw[:min(len(raw), 8)], bytes.NewReader(raw), int64(len(raw)), nil
}

// open is a part as a stream that counts what it unpacks and refuses what no workbook holds.
func (b *workbook) open(name string) (io.ReadCloser, error) {
	f := b.files[strings.ToLower(name)]
	if f == nil {
		return nil, fmt.Errorf("no part %q", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&tame{r: counted{b.ctx, r, &b.left}}, r}, nil
}

// tame watches over XML that a decoder would gather in memory without end: long runs without a mark, and comments or CDATA, which
// writers of workbooks do not use behind the beginning.
type tame struct {
	r    io.Reader
	run  int
	read int
	last byte
}

func (t *tame) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	for _, c := range p[:n] {
		t.read++
		t.run++
		if (c == '!' || c == '?') && t.last == '<' && t.read > 64<<10 {
			return 0, errors.New("comments or instructions inside a part")
		}
		if c == '<' {
			t.run = 0
		}
		if t.run > maxXMLRun {
			return 0, errTooLarge
		}
		t.last = c
	}
	return n, err
}

// walk calls a function for every start, end and text of a part; names come without their prefix.
func (b *workbook) walk(name string, see func(xml.Token) error) error {
	r, err := b.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if _, rest := io.Copy(io.Discard, r); errors.Is(rest, errTooLarge) {
				return rest // too large says more than what stands at its beginning
			}
			return err
		}
		if err := see(token); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
}

// errStop ends a walk without a fault.
var errStop = errors.New("stop")

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// relations of a part: id → target and type.
func (b *workbook) relations(part string) (map[string][2]string, error) {
	out := map[string][2]string{}
	dir, file := path.Split(part)
	name := dir + "_rels/" + file + ".rels"
	if b.files[strings.ToLower(name)] == nil {
		return out, nil
	}
	err := b.walk(name, func(token xml.Token) error {
		if t, ok := token.(xml.StartElement); ok && t.Name.Local == "Relationship" {
			target := strings.ReplaceAll(attr(t, "Target"), `\`, "/")
			if rest, found := strings.CutPrefix(target, "/"); found {
				target = rest
			} else {
				target = path.Join(dir, target)
			}
			out[attr(t, "Id")] = [2]string{target, path.Base(attr(t, "Type"))}
		}
		return nil
	})
	return out, err
}

func (b *workbook) readBook() error {
	main := "xl/workbook.xml"
	top, err := b.relations("")
	if err != nil {
		return err
	}
	for _, r := range top {
		if r[1] == "officeDocument" {
			main = r[0]
		}
	}
	parts, err := b.relations(main)
	if err != nil {
		return err
	}
	for _, r := range parts {
		switch r[1] {
		case "sharedStrings":
			b.shared = r[0]
		case "styles":
			b.styles = r[0]
		}
	}
	err = b.walk(main, func(token xml.Token) error {
		t, ok := token.(xml.StartElement)
		if !ok {
			return nil
		}
		switch t.Name.Local {
		case "workbookPr":
			v := attr(t, "date1904")
			b.since = v == "1" || v == "true"
		case "sheet":
			id := ""
			for _, a := range t.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					id = a.Value
				}
			}
			if state := attr(t, "state"); b.sheet == "" && state != "hidden" && state != "veryHidden" && parts[id][1] == "worksheet" {
				b.sheet, b.part = attr(t, "name"), parts[id][0]
			}
		}
		return nil
	})
	if err == nil && b.part == "" {
		return fault.New(fault.Invalid, "sheet_broken", "工作簿里没有可以读取的工作表。请下载模板重新填写。")
	}
	if b.sheet == "" {
		b.sheet = "Sheet1"
	}
	return err
}

// readStyles finds which cell formats show a date and which a percentage; nothing else of a format is used.
func (b *workbook) readStyles() error {
	if b.files[strings.ToLower(b.styles)] == nil {
		return nil
	}
	custom := map[int]string{}
	inCells := false
	return b.walk(b.styles, func(token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "numFmt":
				if id, err := strconv.Atoi(attr(t, "numFmtId")); err == nil && len(custom) < maxStyleCount {
					custom[id] = attr(t, "formatCode")
				}
			case "cellXfs":
				inCells = true
			case "xf":
				if inCells && len(b.shown) < maxStyleCount {
					id, _ := strconv.Atoi(attr(t, "numFmtId")) // 0, General, where it is missing
					b.shown = append(b.shown, formatOf(id, custom[id]))
				}
			}
		case xml.EndElement:
			inCells = inCells && t.Name.Local != "cellXfs"
		}
		return nil
	})
}

var (
	formatQuoted  = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|(?i:general|上午|下午|am/pm|a/p)`)
	formatElapsed = regexp.MustCompile(`(?i)\[(?:h+|m+|s+)\]`)
	formatMinutes = regexp.MustCompile(`h+[^a-z]*m+|m+[^a-z]*s+`)
	formatWeekday = regexp.MustCompile(`d{3,}`)
)

// numberFormat is what a number format makes of a number: Moment, Percent or Number; of a moment, which parts of its day it shows.
type numberFormat struct {
	kind             CellKind
	year, month, day bool
}

// formatOf reads a number format. The formats of Chinese Excel without a code in the file are 27–36 and 50–58 (ECMA-376 18.8.30).
func formatOf(id int, code string) numberFormat {
	if code == "" {
		switch {
		case id == 14, id == 15, id == 22, id == 30, id == 31:
			return numberFormat{Moment, true, true, true}
		case id == 17, id == 27, id == 36, id == 50, id == 52, id == 57:
			return numberFormat{Moment, true, true, false}
		case id == 16, id == 28, id == 29, id == 51, id == 53, id == 54, id == 58:
			return numberFormat{Moment, false, true, true}
		case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
			return numberFormat{kind: Moment}
		case id == 9 || id == 10:
			return numberFormat{kind: Percent}
		}
		return numberFormat{kind: Number}
	}
	if formatElapsed.MatchString(code) {
		return numberFormat{kind: Number} // hours or minutes in all
	}
	code, _, _ = strings.Cut(formatQuoted.ReplaceAllString(code, ""), ";")
	code = strings.ToLower(code)
	switch {
	case strings.Contains(code, "%"):
		return numberFormat{kind: Percent}
	case strings.ContainsAny(code, "ydhsm年月日"), strings.Contains(code, "e") && !strings.ContainsAny(code, "0#?"):
		code = formatWeekday.ReplaceAllString(formatMinutes.ReplaceAllString(code, ""), "")
		return numberFormat{Moment, strings.ContainsAny(code, "ye"), strings.Contains(code, "m"), strings.Contains(code, "d")}
	}
	return numberFormat{kind: Number}
}

// write is a moment as the format shows it where that is less than a day, because nobody saw the rest when the sheet was filled in:
// 2027年3月, 3月5日, or the time of day alone.
func (f numberFormat) write(at time.Time) string {
	if !f.year && !f.month && !f.day {
		return at.Format(time.TimeOnly)
	}
	text := ""
	if f.year {
		text += at.Format("2006年")
	}
	if f.month {
		text += at.Format("1月")
	}
	if f.day {
		text += at.Format("2日")
	}
	return text
}

// readShared reads the texts that cells refer to by number.
func (b *workbook) readShared() error {
	if b.files[strings.ToLower(b.shared)] == nil {
		return nil
	}
	inText, phonetic := false, false
	return b.walk(b.shared, func(token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "t":
				inText = !phonetic
			case "rPh":
				phonetic = true
			}
		case xml.CharData:
			if inText {
				b.texts = append(b.texts, t...)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "t":
				inText = false
			case "rPh":
				phonetic = false
			case "si":
				b.ends = append(b.ends, uint32(len(b.texts))) // at most maxShared
			}
		}
		if len(b.texts) > maxShared || len(b.ends) > maxSharedN {
			return errTooLarge
		}
		return nil
	})
}

func (b *workbook) text(i int) (string, bool) {
	if i < 0 || i >= len(b.ends) {
		return "", false
	}
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return unescape(string(b.texts[from:b.ends[i]])), true
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape gives characters back that XML can't hold and Excel writes as _x000D_ (ECMA-376 22.9.2.19).
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped.ReplaceAllStringFunc(text, func(s string) string {
		n, err := strconv.ParseUint(s[2:6], 16, 32)
		if err != nil || n >= 0xd800 && n < 0xe000 {
			return s
		}
		return string(rune(n))
	})
}
