package view

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"techmarket/internal/foundation/region"
)

// mapNote is part of the drawing, so that no page can leave it out: a tile map is no map in the sense of 地图管理条例.
const mapNote = "示意图，不表示行政区域界线"

// Measure says how a value of the tile map is read.
type Measure struct {
	Title string                   // 各旗县技术合同成交额
	Unit  string                   // 万元
	Show  func(float64) string     // the number without unit
	Say   Words                    // of the reader's language; nil for Chinese
	List  func(code string) string // address of the list behind a county; nil for none
}

// TileMap shades one square for each of the 103 counties, grouped by league, in five steps of one hue with the same
// number of counties in each (0 has its own), and lists all counties in the table twin. A county that is not in
// values has no figure, which is not the same as 0.
func TileMap(m Measure, values map[string]float64) Chart {
	const size, gap = 21, 3
	breaks := fifths(values)
	var b strings.Builder
	say := m.Say
	if say == nil {
		say = fmt.Sprintf
	}
	role := "img"
	if m.List != nil {
		role = "group"
	}
	fmt.Fprintf(&b, `<svg class="map" viewBox="0 0 640 412" role="%s" aria-label="%s。%s">`, role, esc(say(m.Title)), say(mapNote))
	twin := Table{Caption: m.Title, HideCaption: true, Compact: true,
		Columns: []Column{{Label: "旗县"}, {Label: "盟市"}, {Label: m.Unit, Numeric: true}},
		Empty:   Empty{Title: "还没有数据"}}
	for _, t := range region.Tiles() {
		x0, y0 := t.X*(size+gap)+8, (t.Y+1.6)*(size+gap)
		league := region.Name(t.League)
		fmt.Fprintf(&b, `<text class="lg" x="%s" y="%s">%s</text>`, num(x0), num(y0-7), esc(strings.TrimSuffix(region.ShortName(t.League), "盟")))
		i := 0
		for _, d := range region.Children(t.League) {
			if d.Kind != region.CountyKind {
				continue
			}
			v, known := values[d.Code]
			shown, class := say("没有数据"), "qn"
			if known {
				shown, class = m.Show(v)+" "+say(m.Unit), fmt.Sprintf("q%d", step(v, breaks))
			}
			rect := fmt.Sprintf(`<rect class="%s" x="%s" y="%s" width="%d" height="%d" rx="3"><title>%s：%s</title></rect>`, class,
				num(x0+float64(i%t.Columns*(size+gap))), num(y0+float64(i/t.Columns*(size+gap))), size, size, esc(d.Name), esc(shown))
			cell := Cell{Text: none}
			if known {
				cell.Text = m.Show(v)
			}
			if m.List != nil && known {
				cell.Href = m.List(d.Code)
				rect = fmt.Sprintf(`<a href="%s" tabindex="-1" aria-label="%s：%s">%s</a>`, esc(cell.Href), esc(d.Name), esc(shown), rect)
			}
			b.WriteString(rect)
			twin.Rows = append(twin.Rows, TableRow{Cells: []Cell{{Text: d.Name, Header: true}, {Text: league}, cell}})
			i++
		}
	}
	legend(&b, m, breaks)
	fmt.Fprintf(&b, `<text x="8" y="406">%s</text></svg>`, esc(say("单位：%s；空心为没有数据。%s。", say(m.Unit), say(mapNote))))
	return Chart{Title: m.Title, Picture: Picture{template.HTML(b.String())}, Twin: twin}
}

// legend writes the upper end of each step under its colour.
func legend(b *strings.Builder, m Measure, breaks []float64) {
	for i := range len(breaks) + 1 {
		label := "0"
		if i > 0 {
			label = "≤ " + m.Show(breaks[i-1])
		}
		fmt.Fprintf(b, `<rect class="q%d" x="%d" y="356" width="100" height="9"/><text x="%d" y="384">%s</text>`, i, 8+i*104, 8+i*104, esc(label))
	}
}

// fifths returns the upper ends of five classes of equal count over the positive values; fewer when there are
// fewer distinct ones.
func fifths(values map[string]float64) []float64 {
	var vs []float64
	for _, v := range values {
		if v > 0 {
			vs = append(vs, v)
		}
	}
	slices.Sort(vs)
	var out []float64
	for i := 1; i <= 5 && len(vs) > 0; i++ {
		out = append(out, vs[(len(vs)*i-1)/5])
	}
	return slices.Compact(out)
}

func step(v float64, breaks []float64) int {
	if v <= 0 {
		return 0
	}
	for i, top := range breaks {
		if v <= top {
			return i + 1
		}
	}
	return len(breaks)
}
