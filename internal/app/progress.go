package app

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Progress shows how far long work is: one line that redraws itself on a terminal, a line per stage elsewhere.
type Progress struct {
	Out   io.Writer
	live  bool // out is a terminal
	stage string
	drawn time.Time
	width int // of the line on the terminal, in columns
}

func NewProgress(out io.Writer) *Progress {
	p := &Progress{Out: out}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// At tells that done of total are through; note says where the work stands.
func (p *Progress) At(stage string, done, total int, note string) {
	first, last := stage != p.stage, done >= total
	p.stage = stage
	if !p.live {
		if last {
			fmt.Fprintf(p.Out, "%s：%d\n", stage, done)
		}
		return
	}
	if !first && !last && time.Since(p.drawn) < 100*time.Millisecond {
		return
	}
	p.drawn = time.Now()
	const bar = 24
	filled := bar
	if total > 0 {
		filled = min(bar, done*bar/total)
	}
	line := fmt.Sprintf("%s [%s%s] %d/%d %s", stage, strings.Repeat("#", filled), strings.Repeat("·", bar-filled), done, total, note)
	columns := len(line) // bytes: never less than what the terminal needs
	fmt.Fprintf(p.Out, "\r%s%s", line, strings.Repeat(" ", max(0, p.width-columns)))
	p.width = columns
	if last {
		fmt.Fprintln(p.Out)
		p.width = 0
	}
}
