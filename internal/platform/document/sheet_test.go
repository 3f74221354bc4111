package document_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

var bg = context.Background()

func values(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

var register = document.Sheet{
	Name: "合同", Notes: []string{"样例数据，不计入统计"},
	Columns: []document.SheetColumn{
		{Title: "登记编号"}, {Title: "名称", Width: 40}, {Title: "成交额（元）", Kind: document.Yuan}, {Title: "登记日期", Kind: document.Date},
		{Title: "份数", Kind: document.Count},
	},
	Rows: values(
		[]any{"2026150101000001", "=cmd|' /C calc'!A0", money.Fen(999999999999), time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), 2},
		[]any{"0012", "-样例,\"引号\"\n换行", money.Fen(-1), time.Time{}, int64(1234567)},
	),
}

func collect(t *testing.T, rows iter.Seq2[document.TableRow, error]) (out [][]string) {
	t.Helper()
	for r, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.Texts())
	}
	return out
}

func TestWriteExcel_KeepsWhatWasGiven(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := document.WriteExcel(&b, register); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"A1": "样例数据，不计入统计", "A2": "登记编号", "A3": "2026150101000001", "B3": "=cmd|' /C calc'!A0", "C3": "9,999,999,999.99",
		"D3": "2024-02-29", "A4": "0012", "C4": "-0.01", "D4": "", "E4": "1,234,567",
	} {
		if got, err := f.GetCellValue("合同", addr); err != nil || got != want {
			t.Errorf("%s: got %q, err %v; want %q", addr, got, err, want)
		}
	}
	if formula, _ := f.GetCellFormula("合同", "B3"); formula != "" {
		t.Errorf("a text became the formula %q", formula)
	}
}

func TestWriteExcel_WritesNothingWhenARowFails(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	lost := errors.New("connection lost")
	s := register
	s.Rows = func(yield func([]any, error) bool) { yield(nil, lost) }
	if err := document.WriteExcel(&b, s); !errors.Is(err, lost) || b.Len() != 0 {
		t.Errorf("got %v and %d bytes, want the error and none", err, b.Len())
	}
}

func TestWriteCSV_IsHarmlessAndReadable(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := document.WriteCSV(&b, register); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "\ufeff登记编号,") {
		t.Errorf("got %q, want a byte order mark first", b.String()[:20])
	}
	if !strings.Contains(b.String(), ",'=cmd") {
		t.Error("a formula stands in the file without its guard")
	}
	want := [][]string{
		{"登记编号", "名称", "成交额（元）", "登记日期", "份数"},
		{"2026150101000001", "=cmd|' /C calc'!A0", "9999999999.99", "2024-02-29", "2"},
		{"0012", "-样例,\"引号\"\n换行", "-0.01", "", "1234567"},
	}
	if diff := cmp.Diff(want, collect(t, document.ReadCSV(bg, &b))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadCSV_UnderstandsBothEncodingsAndSeparators(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("名称\t地区\n稀土䶮\t包头\n")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"名称", "地区"}, {"稀土䶮", "包头"}}
	for name, text := range map[string]string{"gb18030, tabs": gb, "utf-8": "名称,地区\r\n稀土䶮,包头", "mark, semicolons": "\ufeff名称;地区\n稀土䶮;包头\n"} {
		if diff := cmp.Diff(want, collect(t, document.ReadCSV(bg, strings.NewReader(text)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func first(rows iter.Seq2[document.TableRow, error]) error {
	for _, err := range rows {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestRead_SaysWhatIsWrongWithTheFile(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	w := zip.NewWriter(&bomb)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		f, _ := w.Create(name)
		_, _ = io.Copy(f, io.LimitReader(zeros{}, 120<<20))
	}
	_ = w.Close()
	cases := []struct {
		name, code string
		rows       iter.Seq2[document.TableRow, error]
	}{
		{"broken workbook", "sheet_broken", document.ReadExcel(bg, strings.NewReader("PK\x03\x04 not really"))},
		{"zip bomb", "sheet_too_large", document.ReadExcel(bg, &bomb)},
		{"neither encoding", "csv_encoding", document.ReadCSV(bg, strings.NewReader("a\xff\xff\xffb"))},
		{"too wide", "sheet_too_large", document.ReadCSV(bg, strings.NewReader(strings.Repeat("a,", 300)))},
		{"too long", "sheet_too_large", document.ReadCSV(bg, strings.NewReader(strings.Repeat("a\n", 200_001)))},
	}
	for _, c := range cases {
		if err := first(c.rows); !fault.HasCode(err, c.code) || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestTemplate_ComesBackAsItsTitles(t *testing.T) {
	t.Parallel()
	many := make([]string, 103)
	for i := range many {
		many[i] = "样例旗县" + strings.Repeat("长", i%7)
	}
	var b bytes.Buffer
	err := document.WriteTemplate(&b, document.Sheet{Name: "成果", Notes: []string{"每行一项成果"}, Columns: []document.SheetColumn{
		{Title: "成果名称", Required: true, Hint: "不超过 60 字"}, {Title: "旗县", Choices: many},
	}}, "achievements-1")
	if err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	for r, err := range document.ReadExcel(bg, bytes.NewReader(raw)) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Number == 1 && (document.ColumnTitle(r.Cell(0)) != "成果名称" || r.Cell(0) == "成果名称" || r.Cell(1) != "旗县") {
			t.Errorf("got heading %q", r.Texts())
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := f.GetDataValidations("成果")
	if err != nil || len(rules) != 2 {
		t.Fatalf("got %d rules, err %v; want 2", len(rules), err)
	}
	if visible, _ := f.GetSheetVisible("选项"); visible {
		t.Error("the choices are on a visible sheet")
	}
	if version, _ := f.GetCellValue("填写说明", "A1"); version != "achievements-1" {
		t.Errorf("got version %q", version)
	}
}

func TestAnnotate_SaysItBesideTheRowAndOnlyOnce(t *testing.T) {
	t.Parallel()
	var book, once, twice bytes.Buffer
	if err := document.WriteExcel(&book, register); err != nil {
		t.Fatal(err)
	}
	if err := document.Annotate(bg, &once, "登记.xlsx", book.Bytes(), 2, map[int]string{4: "C4：金额不能为负数"}); err != nil {
		t.Fatal(err)
	}
	if err := document.Annotate(bg, &twice, "登记.xlsx", once.Bytes(), 2, map[int]string{3: "B3：请填写名称"}); err != nil {
		t.Fatal(err)
	}
	rows := collect(t, document.ReadExcel(bg, &twice))
	if got := rows[1]; len(got) != 6 || got[5] != "错误说明" {
		t.Errorf("got heading %q", got)
	}
	if len(rows[3]) > 5 && rows[3][5] != "" {
		t.Errorf("the mended row still says %q", rows[3][5])
	}
	if rows[2][5] != "B3：请填写名称" || rows[2][0] != "2026150101000001" {
		t.Errorf("got row %q", rows[2])
	}
}

func TestAnnotate_MakesAWorkbookOfACSVFile(t *testing.T) {
	t.Parallel()
	raw := []byte("编号,名称\r\n1,\"两\n行\",=1+1\r\n2,乙\r\n")
	var once, twice bytes.Buffer
	if err := document.Annotate(bg, &once, "登记.CSV", raw, 1, map[int]string{4: "第 4 行第 2 列：请填写名称"}); err != nil {
		t.Fatal(err)
	}
	rows := collect(t, document.ReadExcel(bg, bytes.NewReader(once.Bytes())))
	if rows[0][3] != "错误说明" || rows[1][2] != "=1+1" || len(rows[1]) > 3 || rows[2][3] != "第 4 行第 2 列：请填写名称" || rows[2][0] != "2" {
		t.Errorf("got %q", rows)
	}
	if err := document.Annotate(bg, &twice, "登记.xlsx", once.Bytes(), 1, map[int]string{2: "改"}); err != nil {
		t.Fatal(err)
	}
	if rows := collect(t, document.ReadExcel(bg, &twice)); rows[1][3] != "改" || len(rows[2]) > 3 && rows[2][3] != "" {
		t.Errorf("got %q", rows)
	}
}

func TestTableRow_NamesItsCells(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := document.WriteExcel(&b, register); err != nil {
		t.Fatal(err)
	}
	for r, err := range document.ReadExcel(bg, &b) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Number == 3 && r.Addr(2) != "C3" {
			t.Errorf("got %s, want C3", r.Addr(2))
		}
	}
	for r := range document.ReadCSV(bg, strings.NewReader("a,b\n\"c\nd\",e\nf,g")) {
		if r.Cell(0) == "f" && r.Addr(1) != "第 4 行第 2 列" {
			t.Errorf("got %s, want line 4 as an editor counts", r.Addr(1))
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("名称,地区\n\"a\"\"b\",c\n"))
	f.Add([]byte("\xc3\xc9\xb9\xc5;1\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for r, err := range document.ReadCSV(bg, bytes.NewReader(raw)) {
			if err != nil {
				if !fault.Is(err, fault.Invalid) {
					t.Fatalf("got %v, want an invalid fault", err)
				}
				return
			}
			if r.Number < 1 || r.Cell(len(r.Cells)) != "" {
				t.Fatalf("row %+v", r)
			}
		}
	})
}

func FuzzReadExcel(f *testing.F) {
	var b bytes.Buffer
	if err := document.WriteExcel(&b, register); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := first(document.ReadExcel(bg, bytes.NewReader(raw))); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("got %v, want an invalid fault", err)
		}
	})
}

func BenchmarkWriteExcel_100000Rows(b *testing.B) {
	row := []any{"2026150101000001", "稀土永磁材料制备技术开发", money.Fen(123456789), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 2}
	for b.Loop() {
		s := register
		s.Rows = func(yield func([]any, error) bool) {
			for range 100_000 {
				if !yield(row, nil) {
					return
				}
			}
		}
		if err := document.WriteExcel(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}
