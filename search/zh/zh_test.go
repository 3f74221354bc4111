package zh_test

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"techmarket/search/zh"
)

// analyzer is read-only; loading it once keeps the tests fast.
var analyzer = sync.OnceValues(func() (*zh.Analyzer, error) { return zh.New() })

func load(t testing.TB) *zh.Analyzer {
	t.Helper()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWordsAreShortAndFormulasWhole(t *testing.T) {
	t.Parallel()
	a := load(t)
	for text, want := range map[string]string{
		"利用高炉煤气干法脱硫技术":       "利用 高炉 煤气 干法 脱硫 技术",
		"稀土永磁電機":             "稀土 永磁 电机",
		"Nd-Fe-B磁体":          "ndfeb 磁体",
		"ＳｉＯ₂ 与 SiO2":        "sio2 与 sio2",
		"-40℃":               "neg40c",
		"20-40℃":             "20c 40c",
		"0.5% 与 05%":         "0d5pct 与 05pct",
		"Q235B钢":             "q235b 钢",
		"\u202e脱\u200b硫\x00": "脱硫",
		"！？":                 "",
	} {
		if got := strings.Join(a.Words(text), " "); got != want {
			t.Errorf("Words(%q) = %q, want %q", text, got, want)
		}
	}
}

// One figure is one token in every spelling, in a query as in a text.
func TestFiguresAreOneTokenHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	a := load(t)
	for token, spellings := range map[string][]string{
		"99d999pct": {"99.999%", "99.999 %", "９９．９９９％", "99.999\u00a0%", "百分之99.999"},
		"1200c":     {"1200℃", "1200 ℃", "1,200℃", "1 200 °C", "1200摄氏度", "1200 摄氏度", "1200度", "１２００℃", "1，200 ℃"},
		"neg45c":    {"-45℃", "−45℃", "–45 ℃", "零下45℃", "零下45度", "零下45摄氏度", "负45℃"},
		"50ppm":     {"50ppm", "50 ppm", "50 PPM"},
		"1250kg":    {"1250kg", "1 250 kg", "1,250公斤", "1\u2009250千克"},
		"50mgl":     {"50mg/L", "50 mg/L", "50 mg·L-1", "50 mg·L⁻¹", "50毫克/升", "50 毫克每升"},
		"5um":       {"5μm", "5µm", "5 um", "5微米"},
		"100000ta":  {"10万吨/年", "10 万 t/a", "100,000吨/年"},
		"3000rmin":  {"3000rpm", "3 000 r/min", "3000转/分"},
		"10kv":      {"10kV", "10 千伏"},
	} {
		for _, s := range spellings {
			if got := a.QueryWords(s); len(got) != 1 || got[0] != token {
				t.Errorf("QueryWords(%q) = %q, want %q", s, got, token)
			}
			if got := a.IndexWords("温度" + s + "以上"); !slices.Contains(got, token) {
				t.Errorf("IndexWords(温度%s以上) = %q, want %q in it", s, got, token)
			}
		}
	}
	for text, want := range map[string]string{
		"20～40℃":            "20c 40c",
		"-40~60 ℃":          "neg40c 60c",
		"3天然气":              "3 天然气",
		"Q235 钢":            "q235 钢",
		"16Mn":              "16mn",
		"2020 升级":           "2020 升级",
		"1,4-丁二醇":           "1 4 丁二醇",
		"50纳米材料":            "50nm 材料",
		"GB/T 4754":         "gbt 4754",
		"2026-01-02":        "20260102",
		"lithium batteries": "lithium battery",
	} {
		if got := strings.Join(a.QueryWords(text), " "); got != want {
			t.Errorf("QueryWords(%q) = %q, want %q", text, got, want)
		}
	}
}

// Names of the trade in English, abbreviations and short forms stand in the index of the Chinese word, and the other way round.
func TestEnglishNamesAndShortFormsFindTheChineseWord(t *testing.T) {
	t.Parallel()
	a := load(t)
	for query, text := range map[string]string{
		"PV": "光伏组件回收", "photovoltaic": "光伏组件回收", "lithium battery": "锂离子电池负极", "Lithium-ion batteries": "锂电池",
		"hydrogen storage": "固态储氢装置", "rare earth permanent magnet": "稀土永磁体", "氢储": "氢能储存技术", "储氢": "氢储系统",
		"光伏": "PV module", "flue gas desulfurization": "烟气脱硫",
	} {
		index := a.IndexWords(text)
		for _, w := range a.QueryWords(query) {
			if !slices.Contains(index, w) {
				t.Errorf("%s: %q is not in the index of %s: %q", query, w, text, index)
			}
		}
	}
	if got := a.IndexWords("高温能量"); slices.Contains(got, "高能") {
		t.Errorf("a common word is no short form: %q", got)
	}
	if got := a.Pinyin("马铃薯种植"); !slices.Contains(got, "tudou") {
		t.Errorf("pinyin of a synonym: %q", got)
	}
}

func TestIndexWordsHoldInnerWordsAndSynonyms(t *testing.T) {
	t.Parallel()
	a := load(t)
	for text, want := range map[string]string{
		"稀土永磁材料": "稀土永磁 稀土 永磁", "可编程逻辑控制器": "plc 逻辑 控制器", "PLC柜": "plc 可编程逻辑控制器 控制器",
		"Nd-Fe-B": "ndfeb nd fe 钕铁硼", "钕铁硼": "ndfeb", "X射线衍射分析": "xrd", "CO2": "二氧化碳",
	} {
		got := a.IndexWords(text)
		for w := range strings.FieldsSeq(want) {
			if !slices.Contains(got, w) {
				t.Errorf("IndexWords(%q) = %q, want %q in it", text, got, w)
			}
		}
	}
	if got := a.IndexWords("坐标 x 轴"); slices.Contains(got, "衍射") {
		t.Errorf("a lone x is no X射线衍射: %q", got)
	}
}

func TestPinyinFindsTitles(t *testing.T) {
	t.Parallel()
	got := load(t).Pinyin("稀土永磁电机")
	for _, want := range []string{"xitu", "xt", "xituyongcidianji", "xtycdj", "dianji"} {
		if !slices.Contains(got, want) {
			t.Errorf("Pinyin = %q, want %q in it", got, want)
		}
	}
	if load(t).ToPinyin("西土") != load(t).ToPinyin("稀土") || load(t).ToPinyin("a土") != "" {
		t.Error("homophones must agree, and mixed text has no pinyin")
	}
}

func TestMarksAreRangesOfTheOriginalText(t *testing.T) {
	t.Parallel()
	a := load(t)
	text := "高爐煤氣與Nd-Fe-B、ＰＬＣ"
	var got []string
	for _, m := range a.Marks(text, []string{"高炉", "煤气", "ndfeb", "plc"}, false) {
		got = append(got, text[m[0]:m[1]])
	}
	if s := strings.Join(got, "|"); s != "高爐煤氣|Nd-Fe-B|ＰＬＣ" {
		t.Errorf("marked %q", s)
	}
}

// hostile are seeds for the fuzz targets.
func hostile(f *testing.F) {
	for _, s := range []string{"", "高炉煤气脱硫", "Nd-Fe-B -40℃ 0.5% SiO₂", "\xff\xfe脱", "ᠮᠣᠩᠭᠣᠯ", "👍🏽", "---...", "-", "İ", "ﷺ", "x'-/y",
		strings.Repeat("a-", 200), "𠮷野家", "℃%°-1"} {
		f.Add(s)
	}
}

// FuzzWords: tokens are never empty, hold no space or sign that an engine would cut at, and every query word of a text is in its index.
func FuzzWords(f *testing.F) {
	hostile(f)
	a := load(f)
	f.Fuzz(func(t *testing.T, text string) {
		index := a.IndexWords(text)
		for _, w := range index {
			if w == "" || !utf8.ValidString(w) || strings.ContainsFunc(w, func(r rune) bool {
				return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.Is(unicode.Cc, r)
			}) {
				t.Fatalf("token %q of %q", w, text)
			}
		}
		for _, w := range a.QueryWords(text) {
			if !slices.Contains(index, w) {
				t.Fatalf("%q of %q is not in its own index %q", w, text, index)
			}
		}
	})
}

// FuzzMarks: ranges are in order, apart, inside the text and at character borders.
func FuzzMarks(f *testing.F) {
	hostile(f)
	a := load(f)
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		end := -1
		for _, m := range a.Marks(text, append(a.QueryWords(text), "脱硫", "a", "c"), true) {
			if m[0] <= end || m[1] <= m[0] || m[1] > len(text) || !utf8.ValidString(text[m[0]:m[1]]) {
				t.Fatalf("mark %v after %d in %q", m, end, text)
			}
			end = m[1]
		}
	})
}

// FuzzPinyin: tokens can be typed.
func FuzzPinyin(f *testing.F) {
	hostile(f)
	a := load(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range a.Pinyin(text) {
			if len(p) < 2 || len(p) > 64 || strings.ContainsAny(p, " \n") {
				t.Fatalf("pinyin %q of %q", p, text)
			}
		}
	})
}

func BenchmarkWords(b *testing.B) {
	a := load(b)
	text := strings.Repeat("利用高炉煤气干法脱硫技术处理待处理废水，在建工程管理，Nd-Fe-B 磁体在 -40℃ 的性能。", 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		a.Words(text)
	}
}

// BenchmarkLoad prints what the dictionary keeps on the heap.
func BenchmarkLoad(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var a *zh.Analyzer
	for b.Loop() {
		var err error
		if a, err = zh.New(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "heap-MB")
	runtime.KeepAlive(a)
}

// A site adds its own synonyms beside those of the program; a line that is no group is passed over.
func TestOwnSynonymsJoinTheTable(t *testing.T) {
	t.Parallel()
	a, err := zh.New("蒙草\t羊草改良种\r\n单独一个\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Synonyms("蒙草种子"); !slices.Contains(got, "羊草改良种") {
		t.Errorf("own: got %v", got)
	}
	if got := a.Synonyms("PLC 程序"); !slices.Contains(got, "可编程逻辑控制器") {
		t.Errorf("the program's: got %v", got)
	}
}
