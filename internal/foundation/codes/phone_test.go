package codes_test

import (
	"testing"

	"techmarket/internal/foundation/codes"
)

func TestIsPhone_TakesWhatPeopleWriteAndNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": true, "13800000000": true, "0471-6543210": true, "0471-6543210转8001": true, "0471-6543210 转 8001": true,
		"(0471) 6543210": true, "0471-6543210分机8001": true, "0471—6543210（转8001）": true, "+86 138 0000 0000": true,
		"＋８６－１３８００００００００": true, "400-820-8820": true, "12345": true, "0471-6543210-8001": true, "+976 11 329911": true,
		"13800000000、0471-6543210": true, "6543210/6543211": true, "0471-6543210 ext 12": true, "0471-6543210 x12": true,
		"1.38E+10": false, "张三": false, "13800000000张三": false, "1380": false, "a@b.cn": false, "转8001": false, "TRUE": false,
		"1380000000013800000000": false, "138-0000-0000（微信同号）": false, "、": false, "0471-6543210转": false,
	} {
		if got := codes.IsPhone(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestTidyPhone_FoldsTheWidthAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", " １３９１２３４５６７８ ": "13912345678", "（０４７１）６５４３２１０转８００１": "(0471)6543210转8001",
		"0471—6543210、13800000000": "0471-6543210、13800000000", "张三": "张三"} {
		if got := codes.TidyPhone(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzIsPhone(f *testing.F) {
	f.Add("0471-6543210转8001")
	f.Fuzz(func(t *testing.T, text string) { codes.IsPhone(text) })
}
