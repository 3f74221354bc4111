package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ledongthuc/pdf"

	"techmarket/internal/foundation/fault"
)

// The limits of a PDF whose text is read.
const (
	maxTextPages = 3000
	maxPageText  = 200_000 // bytes
	maxTextTime  = 10 * time.Second
)

// PDFText returns the text of each page without any white space, as searching wants it: a Chinese word goes on across lines.
// A scan has pages without text.
//
// Faults (Invalid): pdf_encrypted, pdf_broken, pdf_too_large (pages or time).
func PDFText(r io.ReaderAt, size int64) ([]string, error) {
	pages, err := PDFLines(r, size)
	for i := range pages {
		pages[i] = strings.Join(strings.Fields(pages[i]), "")
	}
	return pages, err
}

// PDFLines is PDFText with the lines as they stand on the page. Faults as PDFText.
func PDFLines(r io.ReaderAt, size int64) ([]string, error) {
	type result struct {
		pages []string
		err   error
	}
	done := make(chan result, 1)
	stop := make(chan struct{})
	go func() {
		var out result
		defer func() {
			if p := recover(); p != nil { // the reader panics on what it does not understand
				out = result{err: fmt.Errorf("%v", p)}
			}
			done <- out
		}()
		out.pages, out.err = readPDF(r, size, stop)
	}()
	timer := time.NewTimer(maxTextTime)
	defer timer.Stop()
	select {
	case out := <-done:
		var f *fault.Error
		switch {
		case out.err == nil:
			return out.pages, nil
		case errors.As(out.err, &f):
			return nil, f
		case errors.Is(out.err, pdf.ErrInvalidPassword) || strings.Contains(out.err.Error(), "encrypt"):
			return nil, fault.Wrap(out.err, fault.Invalid, "pdf_encrypted", "这份 PDF 设有密码，不能提取文字。")
		}
		return nil, fault.Wrap(out.err, fault.Invalid, "pdf_broken", "这份 PDF 的结构不规范，不能提取文字，请下载后查看，或用 WPS 另存为 PDF 后重新上传。")
	case <-timer.C:
		close(stop)
		return nil, fault.New(fault.Invalid, "pdf_too_large", "这份 PDF 太大或太复杂，没有提取文字，请下载后查看，或复制需要的文字。")
	}
}

// PDFLocked reports whether a PDF asks for a password, or is protected in a way that cannot be told from that. A PDF that only
// restricts printing or copying opens for everybody and is not locked.
func PDFLocked(r io.ReaderAt, size int64) bool {
	if !mentions(io.NewSectionReader(r, 0, size), []byte("/Encrypt")) {
		return false
	}
	open := make(chan bool, 1)
	go func() {
		defer func() {
			if recover() != nil {
				open <- false
			}
		}()
		_, err := pdf.NewReader(r, ended(r, size))
		open <- err == nil
	}()
	select {
	case ok := <-open:
		return !ok
	case <-time.After(maxTextTime):
		return true
	}
}

// mentions looks for a word in a stream, a piece at a time.
func mentions(r io.Reader, word []byte) bool {
	piece := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := io.ReadFull(r, piece[kept:])
		if bytes.Contains(piece[:kept+n], word) {
			return true
		}
		if err != nil {
			return false
		}
		kept = copy(piece, piece[len(piece)-len(word):])
	}
}

// ended is where the last %%EOF ends: scanners and mail programs leave bytes behind it, which every viewer passes over.
func ended(r io.ReaderAt, size int64) int64 {
	tail := make([]byte, min(size, 1024))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return size
	}
	if i := bytes.LastIndex(tail, []byte("%%EOF")); i >= 0 {
		return size - int64(len(tail)) + int64(i+len("%%EOF"))
	}
	return size
}

func readPDF(r io.ReaderAt, size int64, stop <-chan struct{}) ([]string, error) {
	in, err := pdf.NewReader(r, ended(r, size))
	if err != nil {
		return nil, err
	}
	n := in.NumPage()
	if n == 0 {
		return nil, errors.New("no pages")
	}
	if n > maxTextPages {
		return nil, fault.Newf(fault.Invalid, "pdf_too_large", "这份 PDF 有 %d 页，超过能提取文字的页数，请拆成几份上传。", n)
	}
	fonts := map[string]*pdf.Font{}
	pages := make([]string, n)
	for i := range n {
		select {
		case <-stop:
			return nil, errors.New("stopped")
		default:
		}
		page := in.Page(i + 1)
		if page.V.IsNull() {
			continue
		}
		clear(fonts)
		for _, name := range page.Fonts() {
			f := page.Font(name)
			fonts[name] = &f
		}
		text, err := page.GetPlainText(fonts)
		if err != nil {
			continue // one odd page hides only itself
		}
		var lines []string
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(clean(line)); line != "" {
				lines = append(lines, line)
			}
		}
		text = strings.Join(lines, "\n")
		pages[i] = strings.ToValidUTF8(text[:min(len(text), maxPageText)], "")
	}
	return pages, nil
}
