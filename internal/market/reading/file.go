package reading

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
)

// MostFile is the largest file that is read, in bytes.
const MostFile = 20 << 20

// Text is the text of a unit's own form: cells of a row are separated by tabs. rows is how many listings a table holds, one a row under
// a heading of ours or of other people's tables; 0 where the file is one form.
// Faults (Invalid): file_kind, file_too_large, no_text (a scan), those of the readers. Unavailable: sheet_timeout.
func Text(ctx context.Context, name string, content []byte, sheet listing.Sheet) (text string, rows int, err error) {
	if len(content) > MostFile {
		return "", 0, fault.Newf(fault.Invalid, "file_too_large", "文件超过 %d MB。请删去图片后再试，或把文字复制到上面的框里。", MostFile>>20)
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx", ".csv":
		text, rows, err = tableText(ctx, name, content, sheet)
	case ".docx":
		text, err = document.WordText(ctx, content)
	case ".pdf":
		var pages []string
		pages, err = document.PDFLines(bytes.NewReader(content), int64(len(content)))
		text = unwrapped(strings.Join(pages, "\n"), sheet)
	case ".txt":
		if text = string(content); !utf8.ValidString(text) {
			decoded, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
			text = string(decoded)
		}
	default:
		return "", 0, fault.New(fault.Invalid, "file_kind", "请选择 Word（.docx）、Excel（.xlsx）、PDF 或文本文件；旧版 .doc、.xls 请先另存为新格式。")
	}
	if err == nil && strings.TrimSpace(text) == "" {
		err = fault.New(fault.Invalid, "no_text", "这个文件里没有读到文字，可能是扫描件。请把文字复制到上面的框里，或直接填写下面的表单。")
	}
	return text, rows, err
}

// unwrapped joins lines that a page broke: a long line without an end goes on in the next, unless that begins with a label or a number.
func unwrapped(text string, sheet listing.Sheet) string {
	r := reader{sheet: sheet}
	var b strings.Builder
	var last string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		_, _, _, label := r.label(line)
		goesOn := utf8.RuneCountInString(last) >= 20 && !strings.ContainsAny(last[len(last)-1:], ".;:!?") &&
			!strings.HasSuffix(last, "。") && !strings.HasSuffix(last, "；") && !strings.HasSuffix(last, "：") && !strings.HasSuffix(last, "！") &&
			!strings.HasSuffix(last, "？")
		if b.Len() > 0 && (!goesOn || label || numbered.MatchString(line)) {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		last = line
	}
	return b.String()
}

// tableText reads a table row by row. A row in which three cells at least, and most of them, are headings is the head of a list.
func tableText(ctx context.Context, name string, content []byte, sheet listing.Sheet) (string, int, error) {
	all, err := document.ReadTable(ctx, name, content)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	rows, head := 0, false
	for row, err := range all {
		if err != nil {
			return "", 0, err
		}
		if row.Empty() {
			continue
		}
		cells, titles := 0, 0
		for _, cell := range row.Texts() {
			if cell == "" {
				continue
			}
			if cells > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(strings.ReplaceAll(cell, "\t", " "))
			cells++
			if i, _ := sheet.Match(cell); i >= 0 {
				titles++
			}
		}
		b.WriteByte('\n')
		if head {
			rows++
		}
		head = head || titles >= 3 && titles*3 >= cells*2
		if b.Len() > MostText && !head {
			break
		}
	}
	return b.String(), rows, nil
}
