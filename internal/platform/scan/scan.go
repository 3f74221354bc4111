// Package scan reads the text of pictures of paper with two programs of the system: Tesseract for the text and Poppler's pdftoppm for
// the pages of a PDF. Both are optional: without them Find says what to install. What they may use is bounded: the size of a picture,
// the time and, where prlimit is there, the memory of each page.
package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // so that image.Decode knows the two kinds that are accepted
	_ "image/png"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

// The bounds of one page.
const (
	longSide  = 2340             // pixels: A4 at 200 dpi
	otherSide = 3040             // of the second look
	maxPage   = 16 << 20         // bytes of a drawn page, in grey
	maxTime   = 10 * time.Minute // of both programs and looks together, on a busy machine
	maxBytes  = 1 << 30          // of memory of each program
	maxCPU    = 60               // seconds of each program
	maxText   = 200_000          // bytes of text of a page
)

// Scanner runs the programs.
type Scanner struct {
	tesseract, pdftoppm, prlimit string
	mode                         string // --psm: 1 finds out which way is up, 3 cannot
	Version                      string
}

// Find looks for the programs and their languages. Fault: Unavailable "scan_missing", which says what to install.
func Find(ctx context.Context, look func(name string) (string, error)) (*Scanner, error) {
	missing := func(what string) error {
		return fault.Newf(fault.Unavailable, "scan_missing", "没有安装 %s，扫描件里的文字不能识别，只能人工阅读。"+
			"在 Debian 上运行 apt install tesseract-ocr tesseract-ocr-chi-sim poppler-utils，再重启市场。", what)
	}
	s := &Scanner{mode: "3"}
	var err error
	if s.tesseract, err = look("tesseract"); err != nil {
		return nil, missing("tesseract-ocr")
	}
	if s.pdftoppm, err = look("pdftoppm"); err != nil {
		return nil, missing("poppler-utils")
	}
	if s.prlimit, err = look("prlimit"); err != nil {
		s.prlimit = "" // its absence only lifts the bound on memory
	}
	out, err := exec.CommandContext(ctx, s.tesseract, "--list-langs").Output()
	languages := strings.Fields(string(out))
	if err != nil || !slices.Contains(languages, "chi_sim") { // it reads Latin letters and figures too; with eng beside it Han is taken for Latin
		return nil, missing("tesseract-ocr-chi-sim")
	}
	if slices.Contains(languages, "osd") {
		s.mode = "1"
	}
	if out, err = exec.CommandContext(ctx, s.tesseract, "--version").CombinedOutput(); err == nil {
		s.Version, _, _ = strings.Cut(string(out), "\n")
	}
	return s, nil
}

// Text is what a page says, looked at twice, at two sizes and with two ways to tell black from white: what one misreads the other often
// does not, and where both agree there is less to doubt.
type Text struct{ First, Second string }

// Page reads one page of a PDF on disk, from 1. Errors say that the page could not be drawn or read in its bounds.
func (s *Scanner) Page(ctx context.Context, path string, page int) (Text, error) {
	n := strconv.Itoa(page)
	return s.twice(ctx, func(ctx context.Context, side int) (io.Reader, error) {
		picture, err := s.run(ctx, nil, maxPage, s.pdftoppm, "-f", n, "-l", n, "-singlefile", "-gray", "-scale-to", strconv.Itoa(side), path)
		return bytes.NewReader(picture), err
	})
}

// Picture reads a photograph or scan in PNG or JPEG of at most 60 million pixels.
func (s *Scanner) Picture(ctx context.Context, picture io.Reader) (Text, error) {
	decoded, _, err := image.Decode(picture)
	if err != nil {
		return Text{}, fmt.Errorf("scan: %w", err)
	}
	return s.twice(ctx, func(_ context.Context, side int) (io.Reader, error) { return drawn(decoded, side), nil })
}

// twice reads a page whose longer side has that many pixels.
func (s *Scanner) twice(ctx context.Context, draw func(ctx context.Context, side int) (io.Reader, error)) (out Text, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	for _, look := range []struct {
		side      int
		threshold string // 2: from what lies around each point, for paper in uneven light; 0: one for the page
		text      *string
	}{{longSide, "2", &out.First}, {otherSide, "0", &out.Second}} {
		picture, err := draw(ctx, look.side)
		if err != nil {
			return out, err
		}
		text, err := s.run(ctx, picture, maxText, s.tesseract, "stdin", "stdout", "-l", "chi_sim", "--dpi", "200", "--psm", s.mode,
			"-c", "thresholding_method="+look.threshold)
		if err != nil {
			return out, err
		}
		*look.text = strings.ToValidUTF8(string(text), "")
	}
	return out, nil
}

// run gives what a program writes, up to most bytes.
func (s *Scanner) run(ctx context.Context, in io.Reader, most int, program string, args ...string) ([]byte, error) {
	if s.prlimit != "" {
		args = append([]string{"--as=" + strconv.Itoa(maxBytes), "--cpu=" + strconv.Itoa(maxCPU), program}, args...)
		program = s.prlimit
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"OMP_THREAD_LIMIT=1", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"} // one core a page, and nothing of our own settings
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdin = in
	out := &limited{most: most}
	cmd.Stdout = out
	said := &limited{most: 400}
	cmd.Stderr = said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("scan: %s: %w: %s", program, errors.Join(ctx.Err(), err), said)
	}
	return out.Bytes(), nil
}

// limited keeps the first bytes and lets the rest go, so that the program ends by itself.
type limited struct {
	bytes.Buffer
	most int
}

func (l *limited) Write(p []byte) (int, error) {
	l.Buffer.Write(p[:min(len(p), max(0, l.most-l.Len()))])
	return len(p), nil
}
