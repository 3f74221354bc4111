package contract

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

func wordContent(class string) Content {
	return Content{Seller: Party{Name: "样例研究院", CreditCode: "12150000460029132D", Address: "某路 1 号", Representative: "甲"},
		Buyers: []Party{{Name: "样例矿业䶮"}, {Name: "样例能源"}},
		Elements: Elements{
			Name:         "稀土尾矿分选工艺 <二期>",
			ClassCode:    class,
			Summary:      "交付工艺文件\n交付样机",
			SignedOn:     "2026-03-02",
			BeginsOn:     "2026-03-02",
			EndsOn:       "2027-03-01",
			Amount:       3_000_000 * money.Yuan,
			Payment:      "lump_sum",
			IP:           []IP{{Kind: "invention", Title: "一种分选方法", Number: "ZL202310000000.0"}},
			Licence:      Licence{Years: 6, Exclusive: "ordinary"},
			Field:        "05",
			Confidential: "business",
			Confidence:   "三年",
		},
		Costs: []CostRow{{Kind: "equipment", Name: "分选机", Quantity: 2, UnitCost: 450_000 * money.Yuan}}}
}

func readWord(t *testing.T, c Content, sample bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := Word(c, sample, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), &b); err != nil {
		t.Fatal(err)
	}
	if folder := os.Getenv("PAPERS"); folder != "" { // to look at: PAPERS=folder go test -run Word
		_ = os.WriteFile(filepath.Join(folder, "contract-"+c.Elements.ClassCode+".docx"), b.Bytes(), 0o600)
	}
	text, err := document.WordText(context.Background(), b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A word processor refuses a part with anything but white space between its declaration and its root, and says only that the
// file is broken. Where LibreOffice is installed it opens the text itself.
func TestAWordProcessorOpensTheContract(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Word(wordContent("0101"), false, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), &b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	begins := regexp.MustCompile(`^<\?xml [^>]*\?>\s*<[A-Za-z]`)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(r)
		if err != nil || !begins.Match(part) {
			t.Errorf("%s begins with %.80q (%v)", f.Name, part, err)
		}
	}
	program, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		t.Skip("没有 LibreOffice（Debian: libreoffice-writer），跳过用它打开合同")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "合同.docx")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(program, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "pdf", "--outdir",
		dir, file).
		CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	pdf, err := os.ReadFile(filepath.Join(dir, "合同.pdf"))
	if err != nil {
		t.Fatalf("not opened: %s", said)
	}
	pages, err := document.PDFText(bytes.NewReader(pdf), int64(len(pdf)))
	if err != nil || !strings.Contains(strings.Join(pages, ""), "样例研究院") {
		t.Errorf("%d pages without the seller's name: %v", len(pages), err)
	}
}

func TestEachKindOfContractIsAWordTextWithItsOwnSidesAndClauses(t *testing.T) {
	t.Parallel()
	for class, words := range map[string][]string{
		"0101": {"技术开发（委托）合同\n", "甲方（委托人）\t样例矿业䶮\n样例能源\n", "乙方（研究开发人）\t样例研究院\n", "研究开发风险的承担\n无\n"},
		"0102": {"技术开发（合作）合同\n", "甲方（研究开发人）\t", "合作各方的分工和投入\n无\n"},
		"0202": {"技术转让合同\n", "甲方（受让人）", "乙方（让与人）", "发明专利\t一种分选方法\tZL202310000000.0\n"},
		"0301": {"技术许可合同\n", "甲方（被许可人）", "许可方式：普通许可\n许可年限：6 年\n"},
		"0401": {"技术咨询合同\n", "咨询报告的形式和要求"},
		"0501": {"技术服务合同\n", "所配套的技术合同\n无\n"},
		"0502": {"技术服务（中介）合同\n", "乙方（中介人）"},
		"0503": {"技术服务（培训）合同\n", "乙方（培训人）"},
	} {
		got := readWord(t, wordContent(class), false)
		words = append(words, "项目名称\t稀土尾矿分选工艺 <二期>\n", "交付工艺文件\n交付样机\n", "3,000,000.00 元（人民币叁佰万元整）", "自 2026 年 3 月 2 日 至 2027 年 3 月 1 日",
			"分选机\t2\t450,000.00\t900,000.00\n", "本合同涉及商业秘密。三年\n", "提成的约定：无\n", "是否含增值税：没有约定", "统一社会信用代码：12150000460029132D\n", "第十一条")
		for _, want := range words {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not say %q:\n%s", class, want, got)
			}
		}
		if strings.Contains(got, "{{") {
			t.Errorf("%s: a mark stayed", class)
		}
	}
}

func TestAnEmptyDraftIsAWordTextOfUnusedClauses(t *testing.T) {
	t.Parallel()
	got := readWord(t, Content{Elements: Elements{ClassCode: "0202"}}, true)
	for _, want := range []string{"项目名称\t无\n", "无\t无\t无\n", "合同成交总额：无\n", "名称：\n统一社会信用代码：无\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("does not say %q:\n%s", want, got)
		}
	}
}
