package matching

import (
	"slices"
	"strings"
	"testing"

	"techmarket/search/zh"
)

func TestElementsAreNoFiguresNorUnitsNorWordsThatEndLikeThings(t *testing.T) {
	t.Parallel()
	a, err := zh.New()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]struct {
		element Element
		words   string
	}{
		"把响应时间缩短 1.9 秒，避免事故": {Effect, "事故"},
		"每年停机 3 次，换一台离心压缩机":  {Product, "压缩机"},
		"降低能耗 15%，用于稀土分离":    {Effect, "能耗"},
	} {
		if got := ExtractElements(a, text)[want.element]; !slices.Contains(got, want.words) || slices.ContainsFunc(got, func(w string) bool {
			return strings.ContainsAny(w, "0123456789") || w == "停机" || w == "秒"
		}) {
			t.Errorf("%s of %q: %q, want %q in it and no figure", want.element, text, got, want.words)
		}
	}
}
