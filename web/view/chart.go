package view

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"techmarket/internal/foundation/lang"
)

// Chart is a drawing with its table twin: what cannot be seen can be read.
type Chart struct {
	Title   string
	Picture Picture
	Twin    Table
	Note    string // what is left out
}

// Point is one value of a chart; Href opens the list behind a bar or tile.
type Point struct {
	Label string
	Value float64 // drawn only; Shown is what is read
	Shown string
	Href  string
}

// BarChart draws horizontal bars, longest label first in reading order, with the value at the end of each bar.
// Negative values are drawn as 0: no figure of the market can be negative in a bar.
func BarChart(title, label, unit string, points []Point) Chart {
	const labelW, barW, valueW, rowH = 108, 210, 102, 28
	top := maxValue(points)
	var b strings.Builder
	h := len(points)*rowH + 4
	open(&b, "chart bars", labelW+barW+valueW, h, title)
	for i, p := range points {
		y := i*rowH + 2
		w := scale(p.Value, top, barW)
		fmt.Fprintf(&b, `<text class="end" x="%d" y="%d">%s</text>`, labelW-10, y+17, esc(lang.Clip(p.Label, 6)))
		fmt.Fprintf(
			&b,
			`<rect class="c0" x="%d" y="%d" width="%s" height="20" rx="2"><title>%s：%s</title></rect>`,
			labelW,
			y+1,
			num(w),
			esc(p.Label),
			esc(p.Shown),
		)
		fmt.Fprintf(&b, `<text class="v" x="%s" y="%d">%s</text>`, num(labelW+w+8), y+17, esc(p.Shown))
	}
	fmt.Fprintf(&b, `<line class="axis" x1="%d" y1="0" x2="%d" y2="%d"/></svg>`, labelW, labelW, h)
	return Chart{Title: title, Picture: Picture{template.HTML(b.String())}, Twin: twin(title, label, unit, points)}
}

// LineChart draws one line over its labels from a zero line; first, last and highest value are written at the line.
func LineChart(title, label, unit string, points []Point) Chart {
	const w, h, left, right, bottom, head = 420, 200, 8, 82, 28, 26
	top, low := maxValue(points), 0.0 // a period of cancellations alone lies under the zero line
	for _, p := range points {
		low = min(low, p.Value)
	}
	y := func(v float64) float64 { return float64(h-bottom) - scale(v-low, top-low, h-bottom-head) }
	var b strings.Builder
	open(&b, "chart line", w, h, title)
	for _, l := range []struct {
		class string
		at    float64
	}{{"grid", top}, {"grid", (top + low) / 2}, {"grid", low}, {"axis", 0}} {
		fmt.Fprintf(&b, `<line class="%s" x1="%d" y1="%s" x2="%d" y2="%s"/>`, l.class, left, num(y(l.at)), w-right, num(y(l.at)))
	}
	x := func(i int) float64 {
		if len(points) < 2 {
			return left
		}
		return left + float64(w-left-right)*float64(i)/float64(len(points)-1)
	}
	var path strings.Builder
	high := 0
	every := max(1, (len(points)+4)/5)
	for i, p := range points {
		fmt.Fprintf(&path, "%s,%s ", num(x(i)), num(y(p.Value)))
		if p.Value > points[high].Value {
			high = i
		}
		if i%every == 0 {
			anchor := "mid"
			if i == 0 {
				anchor = ""
			}
			fmt.Fprintf(&b, `<text class="%s" x="%s" y="%d">%s</text>`, anchor, num(x(i)), h-10, esc(p.Label))
		}
	}
	fmt.Fprintf(&b, `<polyline class="s0" points="%s"/>`, strings.TrimSpace(path.String()))
	for i, p := range points {
		fmt.Fprintf(
			&b,
			`<circle class="d0" cx="%s" cy="%s" r="3"><title>%s：%s</title></circle>`,
			num(x(i)),
			num(y(p.Value)),
			esc(p.Label),
			esc(p.Shown),
		)
	}
	if last := len(points) - 1; last >= 0 {
		fmt.Fprintf(&b, `<text class="v" x="%s" y="%s">%s</text>`, num(x(last)+8), num(y(points[last].Value)+5), esc(points[last].Shown))
		if high != last {
			fmt.Fprintf(
				&b,
				`<text class="v mid" x="%s" y="%s">%s</text>`,
				num(max(x(high), 40)),
				num(y(points[high].Value)-9),
				esc(points[high].Shown),
			)
		}
	}
	b.WriteString(`</svg>`)
	return Chart{Title: title, Picture: Picture{template.HTML(b.String())}, Twin: twin(title, label, unit, points)}
}

// Sparkline is a small line beside a figure; name says what it shows.
func Sparkline(name string, values []float64) Picture {
	const w, h = 96, 24
	var b, path strings.Builder
	open(&b, "spark", w, h, name)
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	var x, y float64
	for i, v := range values {
		x = 3
		if len(values) > 1 {
			x = 3 + float64(w-6)*float64(i)/float64(len(values)-1)
		}
		y = h - 3 - scale(v, top, h-6)
		fmt.Fprintf(&path, "%s,%s ", num(x), num(y))
	}
	fmt.Fprintf(&b, `<polyline class="s0" points="%s"/>`, strings.TrimSpace(path.String()))
	if len(values) > 0 {
		fmt.Fprintf(&b, `<circle class="d0" cx="%s" cy="%s" r="2.5"/>`, num(x), num(y))
	}
	b.WriteString(`</svg>`)
	return Picture{template.HTML(b.String())}
}

// bar is a share bar, decoration beside a number that is also written.
func bar(n, outof int) Picture {
	share := 0.0
	if outof > 0 {
		share = min(100, max(0, float64(n)*100/float64(outof)))
	}
	return Picture{
		template.HTML(
			`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">` +
				`<rect class="t" width="100" height="6"/><rect class="f" width="` + num(
				share,
			) + `" height="6"/></svg>`,
		),
	}
}

func open(b *strings.Builder, class string, w, h int, name string) {
	fmt.Fprintf(b, `<svg class="%s" viewBox="0 0 %d %d" role="img" aria-label="%s">`, class, w, h, esc(name))
}

func twin(title, label, unit string, points []Point) Table {
	t := Table{Caption: title, HideCaption: true, Compact: true, Columns: []Column{{Label: label}, {Label: unit, Numeric: true}}}
	for _, p := range points {
		t.Rows = append(t.Rows, TableRow{Cells: []Cell{{Text: p.Label, Header: true}, {Text: p.Shown, Href: p.Href}}})
	}
	return t
}

func maxValue(points []Point) float64 {
	top := 0.0
	for _, p := range points {
		top = max(top, p.Value)
	}
	return top
}

func scale(v, top float64, length int) float64 {
	if !(top > 0) || !(v > 0) || math.IsInf(top, 0) { // also catches NaN
		return 0
	}
	return v / top * float64(length)
}

func num(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

func esc(s string) string { return template.HTMLEscapeString(s) }
