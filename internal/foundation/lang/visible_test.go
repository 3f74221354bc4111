package lang_test

import (
	"testing"

	"techmarket/internal/foundation/lang"
)

func TestVisible_DropsWhatShowsNothing(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"稀土\u200b永磁":                 "稀土永磁",
		"\ufeff名称\u200e":             "名称",
		"甲\u202e乙\u2066丙\u2069":      "甲乙丙",
		"a\u200db":                   "ab",
		"ᠮᠣᠩᠭᠣᠯ\u200d":               "ᠮᠣᠩᠭᠣᠯ\u200d",
		"\U0001F468\u200d\U0001F52C": "\U0001F468\u200d\U0001F52C",
		"平常的字":                       "平常的字",
		"":                           "",
		"\u200b":                     "",
	} {
		if got := lang.Visible(text); got != want {
			t.Errorf("%+q: got %+q, want %+q", text, got, want)
		}
	}
}
