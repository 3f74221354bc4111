package document_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

// book zips a workbook of one sheet, as other programs write it.
func book(t testing.TB, sheetData string, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"_rels/.rels": `<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="r"><sheets><sheet name="封面" sheetId="1" state="hidden" r:id="rId9"/>` +
			`<sheet name="征集表" sheetId="2" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId9" Type="http://x/worksheet" Target="worksheets/sheet9.xml"/>` +
			`<Relationship Id="rId2" Type="http://x/styles" Target="/xl/styles.xml"/>` +
			`<Relationship Id="rId3" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<?xml version="1.0"?><worksheet>` + sheetData + `</worksheet>`,
	}
	maps.Copy(all, parts)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range all {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// styled makes styles whose cell formats show these codes; "" is General, a number a built-in format.
func styled(formats ...string) map[string]string {
	var custom, cells strings.Builder
	for i, f := range formats {
		id := 164 + i
		if _, err := fmt.Sscanf(f, "#%d", &id); err != nil && f != "" {
			fmt.Fprintf(&custom, `<numFmt numFmtId="%d" formatCode="%s"/>`, id, strings.NewReplacer(`"`, "&quot;").Replace(f))
		}
		if f == "" {
			id = 0
		}
		fmt.Fprintf(&cells, `<xf numFmtId="%d"/>`, id)
	}
	return map[string]string{"xl/styles.xml": `<styleSheet><numFmts>` + custom.String() +
		`</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>` +
		`<cellXfs>` + cells.String() + `</cellXfs></styleSheet>`}
}

func one(t *testing.T, raw []byte) document.Cell {
	t.Helper()
	for row, err := range document.ReadExcel(bg, bytes.NewReader(raw)) {
		if err != nil {
			t.Fatal(err)
		}
		return row.At(0)
	}
	return document.Cell{}
}

func TestReadExcel_GivesWhatIsStoredNotWhatIsShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cell, format string
		kind         document.CellKind
		text         string
	}{
		{`<c r="A1" s="0"><v>120000.55</v></c>`, "#,##0", document.Number, "120000.55"},
		{`<c r="A1" s="0"><v>0.3</v></c>`, "0", document.Number, "0.3"},
		{`<c r="A1" s="0"><v>0.29999999999999999</v></c>`, "0", document.Number, "0.3"},
		{`<c r="A1" s="0"><v>0.996</v></c>`, "0%", document.Percent, "99.6%"},
		{`<c r="A1" s="0"><v>0.07</v></c>`, "#10", document.Percent, "7%"},
		{`<c r="A1" s="0"><v>1.2345678901234501E+3</v></c>`, "", document.Number, "1234.56789012345"},
		{`<c r="A1" s="0"><v>-1E-3</v></c>`, "", document.Number, "-0.001"},
		{`<c r="A1" s="0"><v>46451</v></c>`, "#14", document.Moment, "2027-03-05"},
		{`<c r="A1" s="0"><v>46451</v></c>`, "#31", document.Moment, "2027-03-05"},
		{`<c r="A1" s="0"><v>46451.5</v></c>`, "#22", document.Moment, "2027-03-05 12:00:00"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `yyyy"年"m"月"d"日"`, document.Moment, "2027-03-05"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `[$-804]yyyy年m月d日;@`, document.Moment, "2027-03-05"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `yyyy"年"m"月"`, document.Moment, "2027年3月"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `m"月"d"日"`, document.Moment, "3月5日"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `[$-409]mmm\-yy;@`, document.Moment, "2027年3月"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `yyyy`, document.Moment, "2027年"},
		{`<c r="A1" s="0"><v>46451</v></c>`, "#17", document.Moment, "2027年3月"},
		{`<c r="A1" s="0"><v>46451</v></c>`, "#57", document.Moment, "2027年3月"},
		{`<c r="A1" s="0"><v>46451</v></c>`, "#58", document.Moment, "3月5日"},
		{`<c r="A1" s="0"><v>46451.5</v></c>`, "hh:mm:ss", document.Moment, "12:00:00"},
		{`<c r="A1" s="0"><v>46451.5</v></c>`, "yyyy/m/d h:mm", document.Moment, "2027-03-05 12:00:00"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `yyyy"年"m"月"d"日" dddd`, document.Moment, "2027-03-05"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `yyyy"年"m"月" dddd`, document.Moment, "2027年3月"},
		{`<c r="A1" s="0"><v>1.5</v></c>`, `[h]:mm`, document.Number, "1.5"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `[Red]#,##0.00_);"days"0`, document.Number, "46451"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `General"元"`, document.Number, "46451"},
		{`<c r="A1" s="0"><v>46451</v></c>`, `0.00E+00`, document.Number, "46451"},
		{`<c r="A1" t="d"><v>2027-03-05T00:00:00</v></c>`, "", document.Moment, "2027-03-05"},
		{`<c r="A1" t="inlineStr"><is><r><t>甲</t></r><rPh><t>jia</t></rPh><r><t>乙_x000D_</t></r></is></c>`, "", document.Words, "甲乙\r"},
		{`<c r="A1" t="s"><v>1</v></c>`, "", document.Words, "第二"},
		{`<c r="A1" t="str"><f>A2</f><v>结果</v></c>`, "", document.Words, "结果"},
		{`<c r="A1"><f>A2+1</f></c>`, "", document.Uncomputed, ""},
		{`<c r="A1"><f>A2+1</f><v></v></c>`, "", document.Uncomputed, ""},
		{`<c r="A1"><f>A2+1</f><v>2</v></c>`, "", document.Number, "2"},
		{`<c r="A1" t="e"><v>#NAME?</v></c>`, "", document.Failed, "#NAME?"},
		{`<c r="A1" t="inlineStr"><is><t>#DIV/0!</t></is></c>`, "", document.Failed, "#DIV/0!"},
		{`<c r="A1" t="b"><v>1</v></c>`, "", document.Truth, "TRUE"},
	} {
		parts := styled(c.format)
		parts["xl/sharedStrings.xml"] = `<sst><si><t>第一</t></si><si><t>第二</t></si></sst>`
		got := one(t, book(t, `<sheetData><row r="1">`+c.cell+`</row></sheetData>`, parts))
		if got.Kind != c.kind || got.Text != c.text {
			t.Errorf("%s under %q: got %d %q, want %d %q", c.cell, c.format, got.Kind, got.Text, c.kind, c.text)
		}
	}
	old := styled("#14")
	old["xl/workbook.xml"] = `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>`
	if got := one(t, book(t, `<sheetData><row><c s="0"><v>44989</v></c></row></sheetData>`, old)); got.Text != "2027-03-05" {
		t.Errorf("counted from 1904: got %q", got.Text)
	}
}

func TestReadExcel_MergedCellsAndHiddenRows(t *testing.T) {
	t.Parallel()
	text := func(at, s string) string { return `<c r="` + at + `" t="inlineStr"><is><t>` + s + `</t></is></c>` }
	raw := book(t, `<sheetData><row r="2">`+text("A2", "*需求名称：")+text("B2", "指标")+`</row><row r="3">`+text("B3", "名称")+text("C3", "目标值(必填)")+
		`</row><row r="4" hidden="1">`+text("A4", "甲")+text("B4", "收率")+`</row><row r="5">`+text("B5", "纯度")+`</row></sheetData>`+
		`<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:C2"/><mergeCell ref="A4:A5"/></mergeCells>`, nil)
	var rows []document.TableRow
	for row, err := range document.ReadExcel(bg, bytes.NewReader(raw)) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if len(rows) != 4 || rows[0].Number != 2 || !rows[2].Hidden || rows[3].Hidden || !rows[1].Continues() || rows[3].Cell(0) != "甲" ||
		rows[0].Sheet != "征集表" {
		t.Fatalf("got %+v", rows)
	}
	want := [][]string{{"需求名称"}, {"指标名称", "名称"}, {"指标目标值", "目标值"}}
	if diff := cmp.Diff(want, document.Titles(rows[0].Cells, rows[1].Cells)); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
}

// A file may say of itself what it likes: what is unpacked is counted.
func TestReadExcel_RefusesWhatUnpacksWithoutEnd(t *testing.T) {
	t.Parallel()
	many := `<sheetData>` + strings.Repeat(strings.Repeat(" ", 1<<19)+`<row/>`, 260) + `</sheetData>`
	text := strings.Repeat("a", 4<<20)
	for name, raw := range map[string][]byte{
		"a long text":       book(t, `<sheetData><row><c t="inlineStr"><is><t>`+text+`</t></is></c></row></sheetData>`, nil),
		"a long attribute":  book(t, `<sheetData><row><c r="`+text+`"></c></row></sheetData>`, nil),
		"cells without end": book(t, many, nil),
		"texts without end": book(t, `<sheetData/>`,
			map[string]string{"xl/sharedStrings.xml": `<sst>` + strings.Repeat(`<si/>`, 3<<20) + `</sst>`}),
		"a comment behind cells": book(t, `<sheetData><row/></sheetData>`+
			strings.Repeat(" ", 70<<10)+`<!--`+strings.Repeat("<>", 1<<20)+`-->`, nil),
	} {
		err := first(document.ReadExcel(bg, bytes.NewReader(raw)))
		if !fault.HasCode(err, "sheet_too_large") && !fault.HasCode(err, "sheet_broken") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRead_EndsWithTheRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(bg)
	cancel()
	for name, rows := range map[string]error{
		"xlsx": first(document.ReadExcel(ctx, bytes.NewReader(book(t, `<sheetData/>`, nil)))),
		"csv":  first(document.ReadCSV(ctx, strings.NewReader("a,b\n1,2\n"))),
	} {
		if !fault.HasCode(rows, "sheet_timeout") || !errors.Is(rows, context.Canceled) {
			t.Errorf("%s: got %v", name, rows)
		}
	}
}

func TestReadCSV_OneBadQuoteCostsOneLine(t *testing.T) {
	t.Parallel()
	got := [][]string{}
	var broken []int
	for row, err := range document.ReadCSV(bg, strings.NewReader("名称,介绍\n甲,\"开始了没完\n乙,\"两\n行\"\n丙,5\"管\n丁,\"x\"y\n戊,末\n")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row.Texts())
		if row.Broken {
			broken = append(broken, row.Number)
		}
	}
	want := [][]string{{"名称", "介绍"}, {"甲", "开始了没完"}, {"乙", "两\n行"}, {"丙", "5\"管"}, {"丁", "x\"y"}, {"戊", "末"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2, 6}, broken); diff != "" {
		t.Errorf("broken (-want +got):\n%s", diff)
	}
}

func TestCell_BecomesAFieldOrIsRefusedWithTheMend(t *testing.T) {
	t.Parallel()
	number := func(raw string) document.Cell {
		return one(t, book(t, `<sheetData><row r="1"><c r="A1"><v>`+raw+`</v></c></row></sheetData>`, nil))
	}
	text := document.TextCell
	yuan := func(c document.Cell) (string, error) { v, err := c.Yuan(); return v.String(), err }
	wan := func(c document.Cell) (string, error) { v, err := c.Wan(); return v.String(), err }
	for _, c := range []struct {
		name string
		read func(document.Cell) (string, error)
		cell document.Cell
		want string // "" : refused
	}{
		{"元", yuan, number("120000.55"), "120000.55"},
		{"元", yuan, text("￥１２０，０００．５５ 元"), "120000.55"},
		{"元", yuan, text("12万元"), "120000.00"},
		{"元", yuan, text("1.2亿元"), "120000000.00"},
		{"元", yuan, text("人民币：12万元整"), "120000.00"},
		{"元", yuan, text("RMB 120,000.5500"), "120000.55"},
		{"元", yuan, text("12.5000万"), "125000.00"},
		{"元", yuan, text("12."), ""},
		{"元", yuan, number("120000.555"), ""},
		{"元", yuan, number("0.1"), "0.10"},
		{"元", yuan, text("约12万"), ""},
		{"元", yuan, document.Cell{Kind: document.Moment, Text: "2027-03-05"}, ""},
		{"元", yuan, document.Cell{Kind: document.Percent, Text: "99.6%"}, ""},
		{"元", yuan, document.Cell{Kind: document.Truth, Text: "TRUE"}, ""},
		{"万元", wan, number("12.345678"), "123456.78"},
		{"万元", wan, number("12.3456789"), ""},
		{"万元", wan, text("30"), "300000.00"},
		{"万元", wan, text("300000元"), "300000.00"},
		{"日期", document.Cell.Day, number("20270305"), "2027-03-05"},
		{"日期", document.Cell.Day, text("2027年3月5日"), "2027-03-05"},
		{"日期", document.Cell.Day, document.Cell{Kind: document.Moment, Text: "2027-03-05 08:00:00"}, "2027-03-05"},
		{"日期", document.Cell.Day, document.Cell{Kind: document.Moment, Text: "2027年3月"}, ""},
		{"日期", document.Cell.Day, document.Cell{Kind: document.Moment, Text: "3月5日"}, ""},
		{"日期", document.Cell.Day, number("46451"), ""},
		{"日期", document.Cell.Day, text("2026年2月30日"), ""},
		{"日期", document.Cell.Day, text("2027年3月"), ""},
		{"号码", document.Cell.Code, number("2024150103000007"), ""},
		{"号码", document.Cell.Code, number("2.024150103E+15"), ""},
		{"号码", document.Cell.Code, text("2.02415E+15"), ""},
		{"号码", document.Cell.Code, text("2024150103000007"), "2024150103000007"},
		{"号码", document.Cell.Code, number("150203"), "150203"},
		{"电话", document.Cell.Phone, number("13800000000"), "13800000000"},
		{"电话", document.Cell.Phone, text("0471-6543210转8001"), "0471-6543210转8001"},
		{"电话", document.Cell.Phone, text("1.38E+10"), ""},
		{"电话", document.Cell.Phone, number("4716543210"), ""},
		{"电话", document.Cell.Phone, number("1012345678"), ""},
		{"电话", document.Cell.Phone, number("1380000000"), ""},
		{"电话", document.Cell.Phone, number("8613800000000"), "8613800000000"},
		{"文字", document.Cell.Words, number("0.3"), "0.3"},
		{"文字", document.Cell.Words, document.Cell{Kind: document.Percent, Text: "99.6%"}, "99.6%"},
		{"文字", document.Cell.Words, text("TRUE"), ""},
		{"文字", document.Cell.Words, text("#NAME?"), ""},
		{"文字", document.Cell.Words, document.Cell{Kind: document.Uncomputed}, ""},
		{"文字", document.Cell.Words, text(" 稀土\u200b永磁 "), "稀土永磁"},
	} {
		got, err := c.read(c.cell)
		switch {
		case c.want == "" && (err == nil || len([]rune(err.Error())) < 8):
			t.Errorf("%s %+v: got %q, %v, want a mend", c.name, c.cell, got, err)
		case c.want != "" && (err != nil || got != c.want):
			t.Errorf("%s %+v: got %q, %v, want %q", c.name, c.cell, got, err, c.want)
		}
	}
}

func TestColumnTitle_SeesThroughWhatPeopleWriteAroundIt(t *testing.T) {
	t.Parallel()
	for heading, want := range map[string]string{
		"名称(必填)": "名称", "*名称": "名称", "名称＊": "名称", "名称：": "名称", "名 称:": "名称", "名\u200b称": "名称", "名称\n（选填）": "名称",
		"1.技术需求名称": "技术需求名称", "一、需求背景": "需求背景", "（一）需求背景": "需求背景", "预算（万元）": "预算(万元)", "ＩＤ": "ID", "2026": "2026", "": "",
	} {
		if got := document.ColumnTitle(heading); got != want {
			t.Errorf("%q: got %q, want %q", heading, got, want)
		}
	}
}

// What is written comes back: the guard is put on once and taken off once.
func TestCSV_RoundTripChangesNothing(t *testing.T) {
	t.Parallel()
	word := rapid.StringOf(rapid.OneOf(rapid.SampledFrom([]rune("'=+-@,;\"\n\t 甲a1％")), rapid.RuneFrom([]rune("稀土永磁0.5"))))
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(word, 1, 4).Draw(t, "texts")
		row := make([]any, len(texts)+1)
		sheet := document.Sheet{Name: "a", Columns: []document.SheetColumn{{Title: "头"}}}
		row[0] = "x"
		for i, s := range texts {
			row[i+1] = s
			sheet.Columns = append(sheet.Columns, document.SheetColumn{Title: "列"})
		}
		sheet.Rows = values(row)
		var b bytes.Buffer
		if err := document.WriteCSV(&b, sheet); err != nil {
			t.Fatal(err)
		}
		n := 0
		for r, err := range document.ReadCSV(bg, bytes.NewReader(b.Bytes())) {
			if err != nil || r.Broken {
				t.Fatalf("%v %+v", err, r)
			}
			if n++; n == 1 {
				continue
			}
			for i, s := range texts {
				if got := r.Cell(i + 1); got != strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) {
					t.Fatalf("wrote %q, read %q", s, got)
				}
			}
		}
	})
}

func FuzzCell(f *testing.F) {
	f.Add("120000.555", 1)
	f.Add("2027年3月5日", 2)
	f.Fuzz(func(t *testing.T, text string, kind int) {
		for _, c := range []document.Cell{document.TextCell(text), {Kind: document.CellKind(kind % 8), Text: text}} {
			if v, err := c.Yuan(); err == nil && (v > money.Max || v < -money.Max) {
				t.Fatalf("%q: %d", text, v)
			}
			if day, err := c.Day(); err == nil {
				if _, err := time.Parse(time.DateOnly, day); err != nil {
					t.Fatalf("%q: %q", text, day)
				}
			}
			_, _ = c.Wan()
			_, _ = c.Phone()
			_, _ = c.Yes()
			document.ColumnTitle(text)
		}
	})
}
