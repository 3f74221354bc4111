package locales

import (
	"strings"
	"testing"
	"testing/fstest"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
)

const head = "msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\n"

func po(pairs ...string) *fstest.MapFile {
	var text strings.Builder
	text.WriteString(head)
	for i := 0; i < len(pairs); i += 2 {
		text.WriteString("msgid \"" + pairs[i] + "\"\nmsgstr \"" + pairs[i+1] + "\"\n\n")
	}
	return &fstest.MapFile{Data: []byte(text.String())}
}

func TestALanguageThatLacksASentenceIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		other *fstest.MapFile
		want  string
	}{
		"complete":                    {po("甲", "A", "乙", "B"), ""},
		"a sentence is missing":       {po("甲", "A"), `en lacks "乙"`},
		"a sentence is empty":         {po("甲", "A", "乙", ""), `en lacks "乙"`},
		"a sentence that nobody says": {po("甲", "A", "乙", "B", "丙", "C"), `en has "丙"`},
	} {
		_, err := Read(fstest.MapFS{"messages.pot": po("甲", "", "乙", ""), "en.po": c.other})
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := Read(fstest.MapFS{"en.po": po("甲", "A")}); err == nil {
		t.Error("a language is read although nobody knows what it has to say")
	}
}

func TestASentenceIsSaidWithItsParameters(t *testing.T) {
	t.Parallel()
	c, err := Read(fstest.MapFS{"messages.pot": po("共 %d 项", "", "免费 100%", ""), "en.po": po("共 %d 项", "%d in all", "免费 100%", "100% free")})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		tag      lang.Tag
		sentence string
		params   []any
		want     string
	}{
		{lang.Chinese, "共 %d 项", []any{3}, "共 3 项"},
		{lang.Chinese, "免费 100%", nil, "免费 100%"},
		{"en", "共 %d 项", []any{3}, "3 in all"},
		{"en", "免费 100%", nil, "100% free"},
		{"en", "样例稀土研究院", nil, "样例稀土研究院"},
	} {
		if got := c.In(one.tag).Say(one.sentence, one.params...); got != one.want {
			t.Errorf("%s: got %q, want %q", one.tag, got, one.want)
		}
	}
}

func TestAFaultIsSaidByItsSentenceWithItsParameters(t *testing.T) {
	t.Parallel()
	c, err := Read(
		fstest.MapFS{
			"messages.pot": po("还差 %d 项", "", "第 %d 行%s有误：%s", "", "日期", "", "写成 %s", ""),
			"en.po": po("还差 %d 项", "%d more needed", "第 %d 行%s有误：%s", "row %d: the %s is wrong: %s", "日期", "date",
				"写成 %s", "write %s"),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	f := fault.Newf(fault.Invalid, "too_few", "还差 %d 项", 3)
	var fields fault.Fields
	fields.Addf("rows.1", "range", "第 %d 行%s有误：%s", 2, fault.Sentence("日期"), fault.Newf(fault.Invalid, "form", "写成 %s", "2026"))
	fields.Add("title", "required", "请填写名称")
	f.Fields = fields.List()
	said := c.In("en").Fault(f)
	if said.Message != "3 more needed" || said.Fields[0].Message != "row 2: the date is wrong: write 2026" ||
		said.Fields[1].Message != "请填写名称" {
		t.Errorf("got %+v", said)
	}
	if f.Message != "还差 3 项" || f.Fields[0].Message != "第 2 行日期有误：写成 2026" {
		t.Errorf("the fault itself was changed: %+v", f)
	}
	if got := c.In(lang.Chinese).Fault(f); got != f {
		t.Error("Chinese is the sentence of the fault itself")
	}
	if got := c.In("fr").Tag; got != lang.Chinese {
		t.Errorf("an unknown language is answered in %s", got)
	}
}
