package reading

import (
	"testing"

	"techmarket/internal/market/listing"
)

func TestUnwrapped_JoinsWhatAPageBroke(t *testing.T) {
	t.Parallel()
	got := unwrapped("主要问题：\n喷雾干燥塔的尾气粉尘浓度一直偏高而且布袋除尘器的布\n袋容易堵塞。\n雨季更明显\n1.粉尘浓度降到国家标准规定的排放限值以下并且长期\n2.布袋寿命", listing.Sheet{})
	want := "主要问题：\n喷雾干燥塔的尾气粉尘浓度一直偏高而且布袋除尘器的布袋容易堵塞。\n雨季更明显\n1.粉尘浓度降到国家标准规定的排放限值以下并且长期\n2.布袋寿命"
	if got != want {
		t.Errorf("got %q", got)
	}
}
