package importer

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/people/identity"
)

func readDemands(t *testing.T, name, text string) (reading, []demand.Content) {
	t.Helper()
	r, err := sheet{Sheet: demand.Descriptor().Sheet}.read(t.Context(), name, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []demand.Content
	for _, g := range r.good {
		var c demand.Content
		if err := json.Unmarshal(g.content, &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return r, out
}

// The columns of tables that cities really hand round: nothing of a row is dropped.
func TestTable_UnderstandsTheTablesOfOthers(t *testing.T) {
	t.Parallel()
	r, got := readDemands(t, "征集表.csv", "2026年度技术需求征集表\n序号,*技术需求名称,主要问题：,需解决的主要技术难题,需求背景,期望目标,预期目标,行业领域,地区,现有工作基础,起止年限,归口单位,拟投入资金（万元）\n"+
		"1,转炉烟气除尘,粉尘高,湿法除尘不达标,两座转炉,降到 10 mg/m³,稳定运行,冶金烟气,月球,已做小试,2026.01-2028.12,某市科技局,约30\n")
	if len(got) != 1 || r.report.ProblemCount != 0 {
		t.Fatalf("%+v", r.report)
	}
	c := got[0]
	if c.Title != "转炉烟气除尘" || c.Problem != "主要问题：粉尘高\n需解决的主要技术难题：湿法除尘不达标" ||
		c.Goals != "期望目标：降到 10 mg/m³\n预期目标：稳定运行" || c.Field != "" || c.Division != "" {
		t.Errorf("got %+v", c)
	}
	for _, line := range []string{"需求背景：两座转炉", "现有工作基础：已做小试", "起止年限：2026.01-2028.12", "归口单位：某市科技局", "行业领域：冶金烟气", "地区：月球", "约30"} {
		if !strings.Contains(c.Background, line) {
			t.Errorf("background lost %q: %q", line, c.Background)
		}
	}
	if !slices.Contains(r.report.Kept, "起止年限") || len(r.report.Ignored) != 0 || r.report.WarningCount != 3 {
		t.Errorf("report %+v", r.report)
	}
}

func TestTable_NamesTheCellAndTheMend(t *testing.T) {
	t.Parallel()
	r, got := readDemands(t, "需求.csv", "编号,需求名称,要解决的问题,预算上限（万元）,期限,联系电话,决策人\n"+
		"A1,名称甲,问题,12.3456789,2027年3月5日,13800000000,总工\n"+
		"A2,名称乙,问题,12.5,2026年2月30日,13800000000,总工\n"+
		"A3,名称丙,问题,12.5,2027/3/5,1.38E+10,总工\n"+
		"A4,名称丁,问题,12.5,2027/3/5,0471-6543210转8001,TRUE\n"+
		"2.02E+15,名称戊,问题,12.5,2027/3/5,0471-6543210转8001,总工\n"+
		"A6,名称己,问题,#REF!,2027/3/5,,总工\n"+
		"A7,\"名称庚,问题,12.5,2027/3/5,,总工\n"+
		"A8,名称辛,问题,12.5,2027.3.5,０４７１－６５４３２１０转８００１,总工\n")
	var cells []string
	for _, p := range r.report.Problems {
		cells = append(cells, p.Cell)
	}
	want := []string{"第 2 行第 4 列", "第 3 行第 5 列", "第 4 行第 6 列", "第 5 行第 7 列", "第 6 行第 1 列", "第 7 行第 4 列", "第 8 行"}
	if !slices.Equal(cells, want) {
		t.Errorf("cells %q, want %q\n%+v", cells, want, r.report.Problems)
	}
	if len(got) != 1 || got[0].Deadline != "2027-03-05" || got[0].Contact.Phone != "0471-6543210转8001" || got[0].Budget.MaxFen != 12_500_000 {
		t.Errorf("good rows %+v", got)
	}
}

func TestTable_TwoRowHeadingHiddenRowAndNumbersAsStored(t *testing.T) {
	t.Parallel()
	book := excelize.NewFile()
	hundred := "#,##0"
	style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &hundred})
	if err != nil {
		t.Fatal(err)
	}
	for cell, v := range map[string]any{"A1": "需求名称(必填)", "B1": "要解决的问题", "C1": "指标", "D2": "现值", "C2": "名称", "E2": "目标值", "F1": "预算上限（万元）",
		"A3": "样例需求", "B3": "问题", "C3": "收率", "D3": 0.3, "E3": 0.996, "F3": 12.5, "A4": "藏起来的", "B4": "问题"} {
		if err := book.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	percent, err := book.NewStyle(&excelize.Style{NumFmt: 9})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{book.MergeCell("Sheet1", "A1", "A2"),
		book.MergeCell("Sheet1", "B1", "B2"), book.MergeCell("Sheet1", "C1", "E1"),
		book.MergeCell("Sheet1", "F1", "F2"), book.SetRowVisible("Sheet1", 4, false), book.SetCellStyle("Sheet1", "D3", "D3", style),
		book.SetCellStyle("Sheet1", "F3", "F3", style), book.SetCellStyle("Sheet1", "E3", "E3", percent)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	r, got := readDemands(t, "a.xlsx", b.String())
	if len(got) != 2 || len(got[0].Targets) != 1 || got[0].Targets[0] != (demand.Target{Name: "收率", Present: "0.3", Target: "99.6%"}) ||
		got[0].Budget.MaxFen != 12_500_000 {
		t.Errorf("%+v %+v", got, r.report)
	}
	hidden := func(p Problem) bool { return p.Code == "hidden" && p.Row == 4 }
	if !slices.ContainsFunc(r.report.Warnings, hidden) {
		t.Errorf("the hidden row is not told: %+v", r.report.Warnings)
	}
}

// A file written by the market: number, owner and content; laid over itself it changes nothing, and only what was changed changes.
func TestMerge_WhatWasWrittenChangesNothing(t *testing.T) {
	t.Parallel()
	s := achievement.Descriptor().Sheet
	c := achievement.Content{Title: "样例成果", Description: "'=1+1", Keywords: []string{"稀土"}, Team: achievement.Team{Introduction: "表里没有这一列"}}
	c.Price.Negotiable, c.Price.MaxFen = true, 123_456_789
	stored, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, len(s.Columns))
	for i := range all {
		all[i] = i
	}
	if _, changed, err := s.Merge(stored, stored, all); err != nil || changed {
		t.Errorf("changed %v, %v", changed, err)
	}
	raw, changed, err := s.Merge(stored, json.RawMessage(`{"title":"新名称"}`), []int{0})
	var after achievement.Content
	if err == nil {
		err = json.Unmarshal(raw, &after)
	}
	if err != nil || !changed || after.Title != "新名称" || after.Team.Introduction != c.Team.Introduction || after.Price != c.Price {
		t.Errorf("%+v %v %v", after, changed, err)
	}
}

func TestOwnerOf_OneConfirmedOrganisationByItsExactName(t *testing.T) {
	t.Parallel()
	found := []identity.Organisation{{ID: 1, Name: "甲公司", State: actor.Confirmed, CreditCode: "91150000"},
		{ID: 2, Name: "乙公司", State: actor.Pending},
		{ID: 3, Name: "丙公司", State: actor.Confirmed}, {ID: 4, Name: "丙公司", State: actor.Confirmed, CreditCode: "C4"}}
	for _, c := range []struct {
		row     checkedRow
		ownOnly bool
		want    int64
	}{
		{checkedRow{}, true, 9}, {checkedRow{owner: "甲公司"}, false, 1}, {checkedRow{code: "91150000"}, false, 1},
		{checkedRow{owner: "甲公司"}, true, 0},
		{checkedRow{owner: "乙公司"}, false, 0}, {checkedRow{owner: "丙公司"}, false, 0}, {checkedRow{owner: "丙公司", code: "C4"}, false, 4},
		{checkedRow{owner: "无此公司"}, false, 0},
	} {
		got, message := ownerOf(c.row, found, 9, c.ownOnly)
		if got != c.want || (message == "") != (c.want != 0) {
			t.Errorf("%+v: got %d %q, want %d", c.row, got, message, c.want)
		}
	}
}
