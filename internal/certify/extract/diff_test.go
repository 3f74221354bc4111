package extract

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sides(pieces []Piece) (was, is string) {
	for _, p := range pieces {
		if p.Was {
			was += p.Text
		}
		if p.Is {
			is += p.Text
		}
	}
	return was, is
}

// Whatever two texts are, the pieces make both of them again, and alike neighbours are one piece.
func TestChanges_TheSidesAreTheTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("甲乙方付款12.a。；\n")), 0, 60, -1)
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		pieces, share := Changes(before, after)
		if was, is := sides(pieces); was != before || is != after {
			t.Fatalf("%q and %q became %q and %q", before, after, was, is)
		}
		if share < 0 || share > 100 || before == after && before != "" && (share != 100 || len(pieces) != 1) {
			t.Fatalf("%d %% alike in %d pieces", share, len(pieces))
		}
		for i := range pieces[min(1, len(pieces)):] {
			if pieces[i].Was == pieces[i+1].Was && pieces[i].Is == pieces[i+1].Is {
				t.Fatalf("two neighbours of a kind: %+v", pieces)
			}
		}
	})
}

func TestChanges_AreMarkedWordByWord(t *testing.T) {
	t.Parallel()
	const before = "第一条 甲方委托乙方。第二条 总价款80,000.00元，一次付清。第三条 保密两年。"
	pieces, share := Changes(before, "第一条 甲方委托乙方。第二条 总价款95,000.00元，分期付清。第三条 保密两年。第四条 争议提交仲裁。")
	var marked []string
	for _, p := range pieces {
		switch {
		case p.Was && !p.Is:
			marked = append(marked, "-"+p.Text)
		case p.Is && !p.Was:
			marked = append(marked, "+"+p.Text)
		}
	}
	if got := strings.Join(marked, " "); got != "-80,000.00 +95,000.00 -一次 +分期 +第四条 争议提交仲裁。" || share < 50 {
		t.Errorf("%s, %d %% alike", got, share)
	}
}

// Two long texts that have nothing in common are told as a whole, soon.
func TestChanges_LongTextsAreBounded(t *testing.T) {
	t.Parallel()
	var a, b strings.Builder
	for i := range 20_000 {
		a.WriteString(string(rune(0x4e00+i%5000)) + "甲。")
		b.WriteString(string(rune(0x6e00+i%5000)) + "乙；")
	}
	pieces, _ := Changes(a.String(), b.String())
	if was, is := sides(pieces); was != a.String() || is != b.String() {
		t.Error("something is lost")
	}
}
