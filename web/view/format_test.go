package view

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDatesAreShownInChinaTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 18, 5, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{Day(at), "2026 年 3 月 2 日"},
		{DayTime(at), "2026 年 3 月 2 日 02:05"},
		{ShortDay(at), "3 月 2 日"},
		{Day(time.Time{}), "—"},
		{Ago(at.Add(30*time.Second), at), "刚刚"},
		{Ago(at.Add(59*time.Minute), at), "59 分钟前"},
		{Ago(at.Add(47*time.Hour), at), "1 天前"},
		{Ago(at.AddDate(0, 0, 30), at), "2026 年 3 月 2 日"},
		{Ago(at, at.Add(time.Hour)), "刚刚"}, // a clock that is a little ahead
		{Ago(at, time.Time{}), "—"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestCountGroupsThousandsAndLosesNoDigit(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -12404: "-12,404", -100: "-100"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int().Draw(t, "n")
		if got := strings.ReplaceAll(Count(n), ",", ""); got != fmt.Sprint(n) {
			t.Fatalf("Count(%d) without commas = %q", n, got)
		}
	})
}

func TestMaturityDrawsNineSquaresAndSaysTheNumber(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 9; n++ {
		s := string(maturity(n))
		if on, off := strings.Count(s, `class="on"`), strings.Count(s, `class="off"`); on != n || off != 9-n ||
			!strings.Contains(s, fmt.Sprintf("成熟度 %d", n)) {
			t.Errorf("TRL %d: %d on, %d off: %s", n, on, off, s)
		}
	}
	for _, n := range []int{-1, 0, 10} {
		if !strings.Contains(string(maturity(n)), "未评定") {
			t.Errorf("TRL %d is drawn as a maturity", n)
		}
	}
}

func TestTheTileMapShowsEveryCountyOnceAndTellsZeroFromUnknown(t *testing.T) {
	t.Parallel()
	c := TileMap(
		Measure{Title: "图", Unit: "万元", Show: func(v float64) string { return fmt.Sprint(v) }},
		map[string]float64{"150102": 0, "150103": 5, "150104": 9},
	)
	svg := string(c.Picture.SVG())
	if got := strings.Count(svg, "<title>"); got != 103 || len(c.Twin.Rows) != 103 {
		t.Errorf("%d tiles and %d rows, want 103 of each", got, len(c.Twin.Rows))
	}
	for _, want := range []string{"新城区：0 万元", "回民区：5 万元", "赛罕区：没有数据", "示意图，不表示行政区域界线。</text>"} {
		if !strings.Contains(svg, want) {
			t.Errorf("map lacks %q", want)
		}
	}
	if got := c.Twin.Rows[0].Cells; len(got) != 3 {
		t.Errorf("twin row: %+v", got)
	}
}

func TestChartsSurviveAnyValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var points []Point
		for i, v := range rapid.SliceOfN(rapid.Float64(), 0, 20).Draw(t, "values") {
			points = append(points, Point{Label: fmt.Sprint(i), Value: v, Shown: "x"})
		}
		for _, c := range []Chart{BarChart("a", "b", "c", points), LineChart("a", "b", "c", points)} {
			svg := string(c.Picture.SVG())
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || strings.Contains(svg, `width="-`) ||
				!strings.HasSuffix(svg, "</svg>") {
				t.Fatalf("broken drawing: %s", svg)
			}
			if len(c.Twin.Rows) != len(points) {
				t.Fatalf("%d rows for %d points", len(c.Twin.Rows), len(points))
			}
		}
	})
}

func TestFoldedFiltersKeepCheckedOnesVisible(t *testing.T) {
	t.Parallel()
	g := FilterGroup{Fold: 2, Options: []Option{{Label: "a"}, {Label: "b"}, {Label: "c"}, {Label: "d", Checked: true}, {Label: "e"}}}
	var head, tail []string
	for _, o := range g.Head() {
		head = append(head, o.Label)
	}
	for _, o := range g.Tail() {
		tail = append(tail, o.Label)
	}
	if got, want := strings.Join(head, "")+"|"+strings.Join(tail, ""), "abd|ce"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if g.Fold = 3; len(g.Tail()) != 0 {
		t.Error("one or two left over are not worth a fold")
	}
}

func TestTheErrorSummaryLinksToTheFields(t *testing.T) {
	t.Parallel()
	f := NewForm(
		"/x",
		"好",
		Field{Name: "a", Label: "甲", Error: "请填写。"},
		Field{Name: "b", Label: "乙"},
		Field{Kind: File, Name: "c", ID: "c2", Label: "丙", Error: "太大。"},
	)
	if len(f.Errors.Items) != 2 || f.Errors.Items[0].Href != "#a" || f.Errors.Items[1].Href != "#c2" || !f.Multipart {
		t.Errorf("got %+v, multipart %v", f.Errors.Items, f.Multipart)
	}
	if again := f.Summed(); len(again.Errors.Items) != 2 {
		t.Error("summing twice doubles the errors")
	}
}

func TestALineGoesUnderZeroWhereAPeriodIsNegative(t *testing.T) {
	t.Parallel()
	svg := string(LineChart("a", "b", "c", []Point{{Label: "一", Value: 10}, {Label: "二", Value: -5}}).Picture.SVG())
	height := func(pattern string) float64 {
		m := regexp.MustCompile(pattern).FindStringSubmatch(svg)
		if m == nil {
			t.Fatalf("no %s in %s", pattern, svg)
		}
		f, _ := strconv.ParseFloat(m[1], 64)
		return f
	}
	zero, minus := height(`class="axis"[^>]* y1="([\d.]+)"`), height(`cy="([\d.]+)" r="3"><title>二`)
	if minus <= zero { // y grows downwards
		t.Errorf("−5 is drawn at %v, the zero line at %v", minus, zero)
	}
}

func TestADateIsNotBrokenAcrossLines(t *testing.T) {
	t.Parallel()
	want := `&lt;b&gt;，<span class="day">2026-01-01</span> 至 <span class="day">2026-12-31</span>，<span class="day">2024-06</span>`
	if got := string(dates("<b>，2026-01-01 至 2026-12-31，2024-06")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
