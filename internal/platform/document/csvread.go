package document

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"techmarket/internal/foundation/fault"
)

// maxQuoted is how far a quoted field may reach: a cell of a spreadsheet holds at most 32,767 characters.
const maxQuoted = 128 << 10 // bytes

// ReadCSV walks the rows of a CSV file in UTF-8, UTF-16 (by its mark) or GB18030, told apart by content; commas, semicolons or tabs,
// told apart by the first line. A line whose quotes don't pair is cut at the separators and marked Broken; the lines below it are
// read as usual. The apostrophe that WriteCSV puts before a formula is taken off again.
//
// Faults: Invalid csv_encoding, sheet_too_large; Unavailable sheet_timeout.
func ReadCSV(ctx context.Context, r io.Reader) iter.Seq2[TableRow, error] {
	return func(yield func(TableRow, error) bool) {
		left := int64(maxUnpacked)
		raw, err := io.ReadAll(counted{ctx, r, &left})
		if err != nil {
			yield(TableRow{}, keepFault(err, func(err error) error { return fmt.Errorf("read csv: %w", err) }))
			return
		}
		text, err := decodeText(raw)
		if err != nil {
			yield(TableRow{}, err)
			return
		}
		s := csvReader{text: text, comma: separator(text), line: 1}
		for rows := 0; len(s.text) > 0; {
			row := s.next()
			switch {
			case ctx.Err() != nil:
				yield(TableRow{}, errSlow(ctx.Err()))
				return
			case len(row.Cells) > maxTableColumns:
				yield(TableRow{}, errTooLarge)
				return
			case row.Empty():
				continue
			}
			if rows++; rows > maxTableRows {
				yield(TableRow{}, errTooLarge)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

type csvReader struct {
	text  []byte
	comma byte
	line  int
}

// next takes one record away; it may go over several lines.
func (s *csvReader) next() TableRow {
	row := TableRow{Number: s.line}
	rest, fields, ok := s.record()
	if !ok {
		row.Broken = true
		var line []byte
		line, rest, _ = bytes.Cut(s.text, []byte("\n"))
		fields = nil
		for f := range bytes.SplitSeq(bytes.TrimSuffix(line, []byte("\r")), []byte{s.comma}) {
			fields = append(fields, strings.Trim(string(f), `"`))
		}
	}
	s.line += bytes.Count(s.text[:len(s.text)-len(rest)], []byte("\n"))
	s.text = rest
	for len(fields) > 0 && strings.TrimSpace(fields[len(fields)-1]) == "" {
		fields = fields[:len(fields)-1]
	}
	row.Cells = make([]Cell, len(fields))
	for i, f := range fields {
		row.Cells[i] = TextCell(unguard(f))
	}
	return row
}

// record reads fields up to the end of a record; false where a quoted field does not end as it should.
func (s *csvReader) record() (rest []byte, fields []string, ok bool) {
	at := s.text
	for {
		if len(at) > 0 && at[0] == '"' {
			field, after, ok := quoted(at)
			if !ok {
				return nil, nil, false
			}
			fields = append(fields, field)
			at = after
			switch {
			case len(at) == 0:
				return at, fields, true
			case at[0] == s.comma:
				at = at[1:]
				continue
			case at[0] == '\n':
				return at[1:], fields, true
			case bytes.HasPrefix(at, []byte("\r\n")):
				return at[2:], fields, true
			}
			return nil, nil, false
		}
		end := bytes.IndexAny(at, string(rune(s.comma))+"\n")
		if end < 0 {
			return nil, append(fields, strings.TrimSuffix(string(at), "\r")), true
		}
		fields = append(fields, strings.TrimSuffix(string(at[:end]), "\r"))
		if at[end] == '\n' {
			return at[end+1:], fields, true
		}
		at = at[end+1:]
	}
}

// quoted reads a field in quotes; a quote inside it is written twice.
func quoted(at []byte) (field string, rest []byte, ok bool) {
	var b strings.Builder
	for i := 1; i < len(at) && i < maxQuoted; {
		end := bytes.IndexByte(at[i:min(len(at), maxQuoted)], '"')
		if end < 0 {
			return "", nil, false
		}
		b.Write(at[i : i+end])
		if i += end + 1; i >= len(at) || at[i] != '"' {
			return strings.ReplaceAll(b.String(), "\r\n", "\n"), at[i:], true
		}
		b.WriteByte('"')
		i++
	}
	return "", nil, false
}

func decodeText(raw []byte) ([]byte, error) {
	wrong := fault.New(fault.Invalid, "csv_encoding", "文件的文字编码无法识别。请用 Excel 或 WPS 另存为“CSV UTF-8”后重新上传。")
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(raw)
		if err != nil || bytes.ContainsRune(text, utf8.RuneError) || bytes.IndexByte(text, 0) >= 0 {
			return nil, wrong
		}
		return text, nil
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if utf8.Valid(raw) {
		return raw, nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, wrong
	}
	return text, nil
}

// separator is what stands most often in the first line that has any.
func separator(text []byte) byte {
	for line := range bytes.SplitSeq(text[:min(len(text), 64<<10)], []byte("\n")) {
		best, most := byte(','), 0
		for _, s := range []byte{',', '\t', ';'} {
			if n := bytes.Count(line, []byte{s}); n > most {
				best, most = s, n
			}
		}
		if most > 0 {
			return best
		}
	}
	return ','
}

// guard keeps a spreadsheet from running a text as a formula (OWASP, CSV injection): an apostrophe in front. A text that already
// begins with apostrophes before such a sign gets one more, so that unguard gives back exactly what was written.
func guard(text string) string {
	if guarded(text) {
		return "'" + text
	}
	return text
}

// unguard takes off the one apostrophe that guard puts on.
func unguard(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && guarded(rest) {
		return rest
	}
	return text
}

// guarded reports whether a text begins with a sign of a formula, be it behind apostrophes.
func guarded(text string) bool {
	text = strings.TrimLeft(text, "'")
	return text != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(text)[0])
}
