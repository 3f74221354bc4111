package listing

import (
	"bytes"
	"testing"
)

func TestFirstClause(t *testing.T) {
	t.Parallel()
	long := "很长的一句话没有任何停顿" + string(bytes.Repeat([]byte("长"), 100))
	for text, want := range map[string]string{
		"对紫色氧化钨的制取工艺进行了研究.对产品进行了分析.": "对紫色氧化钨的制取工艺进行了研究",
		"21世纪是信息社会,高校图书馆应承担起责任":      "21世纪是信息社会",
		"含碳0.45%的钢在1,200℃下保温,得到了组织":  "含碳0.45%的钢在1,200℃下保温",
		"摘要。后面的一句话说明内容。":             "摘要。后面的一句话说明内容",
		"没有标点的短文":                    "没有标点的短文",
		"":                           "",
		long:                         string([]rune(long)[:79]) + "…",
	} {
		if got := firstClause(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
