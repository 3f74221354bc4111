package scan

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os/exec"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
)

// What is missing is named with the command that brings it.
func TestFind_NamesWhatToInstall(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"tesseract", "pdftoppm"} {
		_, err := Find(t.Context(), func(name string) (string, error) {
			if name == missing {
				return "", exec.ErrNotFound
			}
			return "/bin/true", nil
		})
		if !fault.HasCode(err, "scan_missing") || !strings.Contains(fault.Words(err), "apt install") {
			t.Errorf("%s: %v", missing, err)
		}
	}
	_, err := Find(t.Context(), func(string) (string, error) { return "/bin/true", nil }) // no language
	if !fault.HasCode(err, "scan_missing") || !strings.Contains(fault.Words(err), "tesseract-ocr-chi-sim") {
		t.Errorf("without Chinese: %v", err)
	}
}

// A picture of any size and shape is drawn in the size that is asked for.
func TestDrawn_HasTheLongerSideAskedFor(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {3, 4000}, {500, 20}, {900, 1200}} {
		p := image.NewGray(image.Rectangle{Max: size})
		for i := range p.Pix {
			p.Pix[i] = 200
		}
		p.SetGray(0, 0, color.Gray{Y: 200})
		raw, err := io.ReadAll(drawn(p, 300))
		if err != nil {
			t.Fatal(err)
		}
		var w, h int
		if _, err := fmt.Sscanf(string(raw[:min(len(raw), 30)]), "P5\n%d %d\n255\n", &w, &h); err != nil || max(w, h) != 300 || min(w, h) < 1 {
			t.Errorf("%v became %d × %d, %v", size, w, h, err)
		}
		if pixels := raw[len(raw)-w*h:]; bytes.Count(pixels, []byte{200}) < len(pixels)*9/10 {
			t.Errorf("%v lost its grey", size)
		}
	}
}

// What a program writes beyond the bound is let go, so that it ends by itself.
func TestRun_KeepsTheBoundAndTellsWhatFailed(t *testing.T) {
	t.Parallel()
	s := &Scanner{}
	out, err := s.run(t.Context(), strings.NewReader(strings.Repeat("字", 1000)), 90, "/bin/cat")
	if err != nil || len(out) != 90 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	var exit *exec.ExitError
	if _, err := s.run(t.Context(), nil, 90, "/bin/sh", "-c", "echo no such page >&2; exit 3"); !errors.As(err, &exit) ||
		!strings.Contains(err.Error(), "no such page") {
		t.Errorf("got %v", err)
	}
}
