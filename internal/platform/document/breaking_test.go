package document

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// cells measures as a terminal does: an ideograph takes two.
func cells(s string) float64 {
	n := 0.0
	for _, r := range s {
		if r < 0x2e80 {
			n++
		} else {
			n += 2
		}
	}
	return n
}

func TestBreakLines_FollowsChineseRules(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		width      float64
		want       []string
	}{
		{"mark never begins a line", "技术合同认定，登记", 12, []string{"技术合同认", "定，登记"}},
		{"opening never ends a line", "技术合同（认定）", 10, []string{"技术合同", "（认定）"}},
		{"book marks stay outside", "依据《办法》办理", 6, []string{"依据", "《办", "法》办", "理"}},
		{"number stays whole", "合同金额1234567.89元整", 12, []string{"合同金额", "1234567.89元", "整"}},
		{"thousands and codes", "编号GB/T 15834-2011共1,234,567项", 16, []string{"编号GB/T", "15834-2011共", "1,234,567项"}},
		{"percent stays with its number", "增长了百分率12.5%以上", 14, []string{"增长了百分率", "12.5%以上"}},
		{"forced line", "甲方\n\n乙方", 20, []string{"甲方", "", "乙方"}},
		{"words", "Inner Mongolia tech market", 14, []string{"Inner Mongolia", "tech market"}},
		{"too long a word is cut", "abcdefghij甲", 4, []string{"abcd", "efgh", "ij甲"}},
		{"empty", "", 10, []string{""}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, breakLines(c.text, c.width, cells)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestBreakLines_LosesNothingAndFits(t *testing.T) {
	t.Parallel()
	alphabet := []rune("技术合同登记，。（）《》“”1234567890.,%abcXYZ -/\n€ᠮ𠮷é")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 80, -1).Draw(t, "text")
		width := float64(rapid.IntRange(2, 40).Draw(t, "width"))
		lines := breakLines(text, width, cells)
		bare := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if got := bare(strings.Join(lines, "")); got != bare(text) {
			t.Fatalf("got %q, want %q", got, bare(text))
		}
		for _, line := range lines {
			if cells(line) > width && utf8.RuneCountInString(line) > 1 {
				t.Fatalf("line %q is wider than %v", line, width)
			}
		}
	})
}

func FuzzBreakLines(f *testing.F) {
	f.Add("技术合同，登记 1,234.5%\n（完）", 7.0)
	f.Fuzz(func(t *testing.T, text string, width float64) {
		if !utf8.ValidString(text) || width != width || len(text) > 2000 {
			t.Skip()
		}
		kept := strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "")
		if got := strings.Join(breakLines(text, width, cells), ""); kept.Replace(got) != kept.Replace(text) {
			t.Fatalf("got %q from %q", got, text)
		}
	})
}
