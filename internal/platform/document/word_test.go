package document

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func model(t testing.TB) []byte {
	t.Helper()
	w := NewWord(WordOptions{Title: "合同 <甲&乙>", Header: "参考文本 {{header}}", At: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)})
	w.Title("技术开发合同")
	w.Heading("第一条 标的")
	w.Paragraph("名称：{{name}}；没有的：{{nothing}}")
	w.Pairs([]Pair{{"甲方", "{{buyer}}"}, {"乙方", "固定 <&>"}})
	w.Table([]Column{{Title: "名称", Share: 0.5}, {Title: "金额", Share: 0.5}}, [][]string{{"{{costs.name}}", "{{costs.sum}}"}})
	b, err := w.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAWordModelIsFilledAndReadBack(t *testing.T) {
	t.Parallel()
	values := map[string]string{"name": "牧草“收割”<算法>&\n第二行\x00", "buyer": "样例矿业䶮", "header": "样例"}
	groups := map[string][]map[string]string{"costs": {{"name": "设备", "sum": "1.00"}, {"name": "材料", "sum": "2.00"}}}
	filled, err := FillWord(model(t), values, groups, "无")
	if err != nil {
		t.Fatal(err)
	}
	got, err := WordText(context.Background(), filled)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"技术开发合同\n", "名称：牧草“收割”<算法>&\n第二行；没有的：无\n", "甲方\t样例矿业䶮\n", "乙方\t固定 <&>\n", "设备\t1.00\n材料\t2.00\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "{{") {
		t.Errorf("a mark stayed:\n%s", got)
	}
	again, err := FillWord(model(t), values, groups, "无")
	if err != nil || !bytes.Equal(again, filled) {
		t.Errorf("a second rendering differs (%v)", err)
	}
}

func TestAnEmptyGroupTakesItsRowAway(t *testing.T) {
	t.Parallel()
	filled, err := FillWord(model(t), nil, map[string][]map[string]string{"costs": nil}, "无")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := WordText(context.Background(), filled); strings.Contains(got, "costs") || !strings.Contains(got, "名称\t金额\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestAMarkCutIntoRunsIsFound(t *testing.T) {
	t.Parallel()
	root, err := parseWord(context.Background(), []byte(`<w:p><w:r><w:t>前{</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>{na</w:t></w:r>`+
		`<w:r><w:t/></w:r><w:r><w:t>me}}后{{name}}{{</w:t></w:r></w:p>`))
	if err != nil {
		t.Fatal(err)
	}
	filler{values: map[string]string{"name": "值"}}.fill(root, nil)
	var b strings.Builder
	root.text(&b)
	if got, want := b.String(), "前值后值{{\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsNoWordFileIsRefused(t *testing.T) {
	t.Parallel()
	var other bytes.Buffer
	z := zip.NewWriter(&other)
	_, _ = z.Create("a.txt")
	_ = z.Close()
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("合同"), "another zip": other.Bytes(), "cut": model(t)[:400]} {
		if _, err := WordText(context.Background(), b); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// TestLibreOfficeReadsIt is the only judge at hand of whether a word processor opens the file; its own copy is filled too.
func TestLibreOfficeReadsIt(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("libreoffice"); err != nil {
		t.Skip("没有 libreoffice，跳过用它打开")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "model.docx"), model(t), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	cmd := exec.Command("libreoffice", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "docx",
		"--outdir", out, filepath.Join(dir, "model.docx"))
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	saved, err := os.ReadFile(filepath.Join(out, "model.docx"))
	if err != nil {
		t.Fatal(err)
	}
	filled, err := FillWord(saved, map[string]string{"name": "名", "buyer": "买"},
		map[string][]map[string]string{"costs": {{"name": "甲"}, {"name": "乙"}}}, "无")
	if err != nil {
		t.Fatal(err)
	}
	got, err := WordText(context.Background(), filled)
	if err != nil || !strings.Contains(got, "名称：名；没有的：无") || !strings.Contains(got, "甲\t无\n乙\t无\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

func FuzzWordText(f *testing.F) {
	f.Add(model(f))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := WordText(context.Background(), b); err != nil {
			return
		}
		if _, err := FillWord(b, map[string]string{"name": "x"}, nil, "无"); err != nil {
			t.Errorf("read but not filled: %v", err)
		}
	})
}

func FuzzWordXML(f *testing.F) {
	f.Add([]byte(`<w:p a="1"><w:r><w:t>{{a}}</w:t></w:r></w:p>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		root, err := parseWord(context.Background(), b)
		if err != nil {
			return
		}
		filler{missing: "无"}.fill(root, nil)
		var out bytes.Buffer
		root.write(&out)
		if _, err := parseWord(context.Background(), out.Bytes()); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, out.Bytes())
		}
	})
}

// A reader of an upload ends with the request that asked for it.
func TestWordText_EndsWithItsRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := WordText(ctx, model(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
