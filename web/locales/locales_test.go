package locales

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
)

const head = "msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\n"

func po(pairs ...string) *fstest.MapFile {
	text := head
	for i := 0; i < len(pairs); i += 2 {
		text += "msgid \"" + pairs[i] + "\"\nmsgstr \"" + pairs[i+1] + "\"\n\n"
	}
	return &fstest.MapFile{Data: []byte(text)}
}

func TestALanguageThatLacksAKeyIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		other *fstest.MapFile
		want  string
	}{
		"complete":          {po("a", "A", "b", "B", "fault.gone", "gone"), ""},
		"a key is missing":  {po("a", "A"), `en lacks "b"`},
		"a word is empty":   {po("a", "A", "b", ""), `en lacks "b"`},
		"a key nobody asks": {po("a", "A", "b", "B", "c", "C"), `en has "c"`},
		"no Chinese at all": {nil, "no Chinese"},
	} {
		files := fstest.MapFS{"zh-CN.po": po("a", "甲", "b", "乙"), "en.po": c.other}
		if c.other == nil {
			files = fstest.MapFS{"en.po": po("a", "A")}
		}
		_, err := load(files)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestAFaultIsSaidByItsCodeWithItsParameters(t *testing.T) {
	t.Parallel()
	c, err := load(fstest.MapFS{"zh-CN.po": po("a", "甲"),
		"en.po": po("a", "A", "fault.too_few", "%d more needed", "fault.range", "row %d is wrong")})
	if err != nil {
		t.Fatal(err)
	}
	f := fault.Newf(fault.Invalid, "too_few", "还差 %d 项", 3)
	var fields fault.Fields
	fields.Addf("rows.1", "range", "第 %d 行有误", 2)
	fields.Add("title", "required", "请填写名称")
	f.Fields = fields.List()
	said := c.In("en").Fault(f)
	if said.Message != "3 more needed" || said.Fields[0].Message != "row 2 is wrong" || said.Fields[1].Message != "请填写名称" {
		t.Errorf("got %+v", said)
	}
	if f.Message != "还差 3 项" || f.Fields[0].Message != "第 2 行有误" {
		t.Errorf("the fault itself was changed: %+v", f)
	}
	if got := c.In(lang.Chinese).Fault(f); got != f {
		t.Error("Chinese is the sentence of the fault itself")
	}
	if got := c.In("fr").Tag; got != lang.Chinese {
		t.Errorf("an unknown language is answered in %s", got)
	}
}

// Keys stand in templates as t "key" and in Go as t("key") or c.T("key").
func TestEveryKeyThatAPageAsksForIsThereAndEveryKeyIsAskedFor(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]string{}
	form := regexp.MustCompile(`(?:\bt "|\bt\("|\.T\("|\.Say\(")([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"`)
	for _, tree := range []string{"..", "../../internal/app"} {
		err := fs.WalkDir(os.DirFS(tree), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") ||
				!strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") ||
				strings.HasPrefix(path, "locales/") {
				return err
			}
			text, err := os.ReadFile(tree + "/" + path)
			for _, found := range form.FindAllSubmatch(text, -1) {
				asked[string(found[1])] = path
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	chinese := c.In(lang.Chinese)
	for key, where := range asked {
		if !chinese.Has(key) {
			t.Errorf("%s asks for %q, which has no words", where, key)
		}
	}
	for _, key := range chinese.Keys() {
		if _, ok := asked[key]; !ok {
			t.Errorf("nobody asks for %q", key)
		}
	}
	if len(asked) < 60 || !slices.Contains(chinese.Keys(), "layout.skip") {
		t.Errorf("only %d keys found: the pattern no longer fits", len(asked))
	}
}
