package listing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
)

func (b *bundle) importer(t *testing.T) *importer.Service {
	t.Helper()
	s, err := importer.New(importer.Config{DB: b.db, Listings: b.listings, Directory: b.identity, Queue: b.jobs, Files: b.files, Now: b.now})
	if err != nil {
		t.Fatal(err)
	}
	b.opened.Sees("import", s.SeesFiles)
	return s
}

func jsonl(t *testing.T, rows ...map[string]any) io.Reader {
	t.Helper()
	var b bytes.Buffer
	for _, r := range rows {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return &b
}

func TestImport_SameFileTwiceMakesNoDuplicates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	imp := b.importer(t)
	var rows []map[string]any
	for i := range 1201 { // more than two parts
		rows = append(
			rows,
			map[string]any{"id": fmt.Sprintf("z%04d", i), "abstract": fmt.Sprintf("研究了第%d号样例合金的凝固组织，结果表明晶粒明显细化，强度提高。", i), "discipline": "冶金"},
		)
	}
	run := func(rows []map[string]any) importer.Batch {
		t.Helper()
		batch, err := imp.CheckAsOperator(
			ctx,
			0,
			importer.Upload{Kind: achievement.Kind, Name: "样例.jsonl", Body: jsonl(t, rows...), OrgID: b.org, Publish: true},
		)
		if err != nil || batch.Good != len(rows) {
			t.Fatalf("%+v, %v", batch, err)
		}
		last := 0
		batch, err = imp.RunNow(ctx, batch.ID, func(done, total int) {
			if done < last || total != len(rows) {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
		})
		if err != nil || batch.State != importer.Done || last != len(rows) || batch.FinishedAt == nil {
			t.Fatalf("%+v, %v", batch, err)
		}
		return batch
	}
	count := func(sql string) (n int) {
		t.Helper()
		if err := b.db.QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := run(rows); got.Created != 1201 {
		t.Errorf("first run: %+v", got)
	}
	p, err := b.achievements.Latest(ctx, actor.Guest(), listing.Filter{Text: "第7号"})
	if err != nil || len(p.Items) != 1 || p.Items[0].Title != "研究了第7号样例合金的凝固组织" || p.Items[0].Origin != listing.OriginImport ||
		p.Items[0].OwnerAccount != b.owner.AccountID {
		t.Fatalf("imported: %+v, %v", p.Items, err)
	}
	rows[7]["abstract"] = "研究了第7号样例合金的时效，结果表明硬度提高。"
	if got := run(rows); got.Created != 0 || got.Updated != 1 || got.Unchanged != 1200 {
		t.Errorf("second run: %+v", got)
	}
	it, err := b.achievements.Get(ctx, actor.Guest(), p.Items[0].ID)
	if err != nil || it.Title != "研究了第7号样例合金的时效" || it.PublishedVersion != 2 {
		t.Errorf("updated: %+v, %v", it, err)
	}
	if n := count(`select count(*) from listing`); n != 1201 {
		t.Errorf("%d listings", n)
	}
	if n := count(`select count(*) from listing_version`); n != 1202 {
		t.Errorf("%d versions", n)
	}
	if n := count(`select count(*) from river_job where kind = 'listing_index_many'`); n != 4 {
		t.Errorf("%d index jobs, want three parts and the one update", n)
	}
	if n := count(`select count(*) from import_row`); n != 0 {
		t.Errorf("%d rows left over", n)
	}
}

func TestImport_OneBadRowNeverBlocksTheGoodOnes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	imp := b.importer(t)
	var file bytes.Buffer
	if name, err := imp.Template(achievement.Kind, &file); err != nil || name != "成果导入模板.xlsx" {
		t.Fatal(name, err)
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	headings, err := book.GetRows("成果")
	if err != nil || len(headings) != 1 {
		t.Fatalf("template: %v, %v", headings, err)
	}
	column := func(name string) string {
		t.Helper()
		i := slices.IndexFunc(headings[0], func(h string) bool { return document.ColumnTitle(h) == document.ColumnTitle(name) })
		letter, err := excelize.ColumnNumberToName(i + 1)
		if i < 0 || err != nil {
			t.Fatalf("no column %s: %v", name, err)
		}
		return letter
	}
	put := func(row int, cells map[string]string) {
		for name, value := range cells {
			if err := book.SetCellStr("成果", fmt.Sprintf("%s%d", column(name), row), value); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(3, map[string]string{"编号": "A-1", "成果名称": "样例稀土永磁电机", "成果介绍": "用于风机的低速直驱永磁电机，效率高。", "技术领域": "先进制造", "合作方式": "转让、先用后转",
		"价格下限（万元）": "30", "价格上限（万元）": "80.5", "成熟度": "TRL 7", "所在地区": "包头市青山区", "知识产权种类": "发明专利", "专利号或证书号": "ZL201820468923.4"})
	put(4, map[string]string{"编号": "A-2", "成果名称": "坏行", "成果介绍": "价格和领域都不对。", "技术领域": "不存在的领域", "价格下限（万元）": "三十", "成熟度": "12", "所在地区": "月球"})
	put(5, map[string]string{"编号": "A-3", "成果介绍": "没有名称。"})
	put(6, map[string]string{"编号": "A-1", "成果名称": "重复编号", "成果介绍": "编号与第三行相同。"})
	put(8, map[string]string{"成果名称": "没有编号的好行", "成果介绍": "空行之后仍然读到。"})
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	up := importer.Upload{Kind: achievement.Kind, Name: "成果.xlsx", Body: &out}
	if _, err := imp.Check(ctx, b.reader, up); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a broker imports: %v", err)
	}
	if _, err := imp.Check(ctx, b.owner, importer.Upload{Kind: up.Kind, Name: up.Name, Publish: true, Body: strings.NewReader("")}); !fault.Is(
		err,
		fault.Forbidden,
	) {
		t.Errorf("a member publishes without review: %v", err)
	}
	batch, err := imp.Check(ctx, b.owner, up)
	if err != nil || batch.Rows != 5 || batch.Good != 2 || batch.Bad != 3 {
		t.Fatalf("%+v, %v", batch, err)
	}
	for cell, code := range map[string]string{column("技术领域") + "4": "choose", column("价格下限（万元）") + "4": "format",
		column("成熟度") + "4":  "format",
		column("所在地区") + "4": "format", column("成果名称") + "5": "required", "第 6 行": "repeated"} {
		if !slices.ContainsFunc(
			batch.Report.Problems,
			func(p importer.Problem) bool { return p.Cell == cell && p.Code == code && p.Message != "" },
		) {
			t.Errorf("no %q at %q: %+v", code, cell, batch.Report.Problems)
		}
	}
	if w := batch.Report.Warnings; len(w) != 1 || w[0].Cell != column("专利号或证书号")+"3" {
		t.Errorf("warnings: %+v", w)
	}
	marked, err := b.opened.Open(ctx, b.owner, files.Object{Kind: "import", ID: batch.ID}, batch.MarkedFile)
	if err != nil || marked.Name != "成果-错误说明.xlsx" {
		t.Fatalf("marked file %+v, %v", marked, err)
	}
	defer marked.Close()
	said := map[int]string{}
	for row, err := range document.ReadExcel(t.Context(), marked) {
		if err != nil {
			t.Fatal(err)
		}
		said[row.Number] = row.Cell(len(headings[0]))
	}
	if said[1] != "错误说明" || said[3] != "" || !strings.Contains(said[4], column("技术领域")+"4：") ||
		!strings.Contains(said[4], column("成熟度")+"4：") ||
		!strings.Contains(said[6], "与第 3 行重复") {
		t.Errorf("the red column says %v", said)
	}
	if _, err := imp.Confirm(ctx, b.stranger, batch.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger confirms: %v", err)
	}
	if _, err := imp.Confirm(ctx, b.owner, batch.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := imp.Confirm(ctx, b.owner, batch.ID); !fault.HasCode(err, "import_state") {
		t.Errorf("confirmed twice: %v", err)
	}
	if batch, err = imp.Run(ctx, batch.ID, nil); err != nil || batch.Created != 2 {
		t.Fatalf("%+v, %v", batch, err)
	}
	p, err := b.achievements.Mine(ctx, b.owner, listing.Filter{States: []listing.State{listing.Draft}, Text: "永磁"})
	if err != nil || len(p.Items) != 1 {
		t.Fatal(p, err)
	}
	c := p.Items[0].Content
	if c.Field != "03" || !slices.Equal(c.Cooperation, []string{"transfer", "trial"}) || c.Price.MaxFen != 80_500_000 ||
		c.Maturity.Level != 7 ||
		c.Maturity.Basis != achievement.BasisSelf || c.Division != "150204" ||
		c.IP[0].Kind != "invention" ||
		p.Items[0].Division != "150204" {
		t.Errorf("content: %+v", c)
	}
	if _, err := b.achievements.Get(ctx, actor.Guest(), p.Items[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a member's import is public: %v", err)
	}
}

func TestImport_LeavesAloneWhatTheOwnerIsWorkingOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	imp := b.importer(t)
	run := func(abstract string) importer.Batch {
		t.Helper()
		batch, err := imp.CheckAsOperator(ctx, 0, importer.Upload{Kind: demand.Kind, Name: "需求.jsonl", OrgID: b.org, Publish: true,
			Body: jsonl(t, map[string]any{"id": 1, "abstract": abstract})})
		if err != nil {
			t.Fatal(err)
		}
		if batch, err = imp.RunNow(ctx, batch.ID, nil); err != nil {
			t.Fatal(err)
		}
		return batch
	}
	run("需要降低转炉烟气的粉尘浓度，现在超过排放要求。")
	p, err := b.demands.Mine(ctx, b.owner, listing.Filter{})
	if err != nil || len(p.Items) != 1 {
		t.Fatal(p, err)
	}
	id := p.Items[0].ID
	l := b.do(t, b.owner, id, listing.EventRevise, "")
	mine := p.Items[0].Content
	mine.Limits = "场地只有两百平方米"
	if _, err := b.demands.Save(ctx, b.owner, id, l.Version, mine); err != nil {
		t.Fatal(err)
	}
	if got := run("需要降低转炉烟气的粉尘浓度，另外还要节水。"); got.Updated != 0 || got.Unchanged != 1 {
		t.Errorf("import over a revision: %+v", got)
	}
	if it, _ := b.demands.Get(ctx, b.owner, id); it.Content.Limits != mine.Limits || it.State != listing.Revising {
		t.Errorf("the revision was lost: %+v", it)
	}
	b.do(t, b.owner, id, listing.EventWithdraw, "")
	if got := run("需要降低转炉烟气的粉尘浓度，第三种写法。"); got.Updated != 0 {
		t.Errorf("import over a withdrawn one: %+v", got)
	}
	if _, err := b.demands.Get(ctx, actor.Guest(), id); !fault.Is(err, fault.Gone) {
		t.Errorf("withdrawn and public again: %v", err)
	}
}

func TestImport_GoesOnWhereAKilledRunStopped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	imp := b.importer(t)
	var rows []map[string]any
	for i := range 1100 {
		rows = append(rows, map[string]any{"abstract": fmt.Sprintf("第%d项样例研究，说明了过程和结果。", i)})
	}
	batch, err := imp.CheckAsOperator(
		ctx,
		0,
		importer.Upload{Kind: achievement.Kind, Name: "a.jsonl", Body: jsonl(t, rows...), OrgID: b.org, Publish: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	killed := make(chan struct{})
	func() {
		defer func() { _ = recover(); close(killed) }()
		_, _ = imp.RunNow(ctx, batch.ID, func(done, _ int) { panic("kill -9") }) // after the first part was committed
	}()
	<-killed
	if batch, err = imp.Batch(ctx, b.regional, batch.ID); err != nil || batch.Done != 500 || batch.State != importer.Running {
		t.Fatalf("%+v, %v", batch, err)
	}
	if batch, err = imp.Run(ctx, batch.ID, nil); err != nil || batch.State != importer.Done || batch.Created != 1100 || batch.Done != 1100 {
		t.Fatalf("%+v, %v", batch, err)
	}
}

func TestImport_RefusesFilesItCannotReadWithAMend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	imp := b.importer(t)
	// 成果名称,成果介绍 in GB 18030
	gbk := "\xb3\xc9\xb9\xfb\xc3\xfb\xb3\xc6,\xb3\xc9\xb9\xfb\xbd\xe9\xc9\xdc\n" +
		"\xc9\xea\xb7\xfd\xb2\xfa\xc6\xb7,\xb9\xa4\xd2\xd5\xcb\xb5\xc3\xf7\xb9\xa4\xd2\xd5\xcb\xb5\xc3\xf7\n"
	for _, c := range []struct{ name, body, code string }{
		{"a.exe", "MZ", "import_format"},
		{"a.xlsx", "not a zip", "sheet_broken"},
		{"a.csv", "甲,乙\n1,2\n", "import_headings"},
		{"a.csv", "", "import_headings"},
		{"a.jsonl", "", "import_broken"},
		{"a.jsonl", strings.Repeat("x", 2<<20), "import_broken"},
		{"a.csv", "\xff\xff\x00\x01", "csv_encoding"},
		{"gbk.csv", gbk, ""},
		{"utf8.csv", "\xef\xbb\xbf成果名称,成果介绍\n名称甲,\"跨\n行的介绍，含逗号,和引号\"\"\"\n", ""},
		{"title.csv", "某校成果汇总表\n\n成果名称,成果介绍,备注\n名称甲,介绍介绍介绍\n", ""},
	} {
		batch, err := imp.Check(t.Context(), b.owner, importer.Upload{Kind: achievement.Kind, Name: c.name, Body: strings.NewReader(c.body)})
		switch {
		case c.code == "" && (err != nil || batch.Good != 1):
			t.Errorf("%s: %+v, %v", c.name, batch, err)
		case c.code != "" && !fault.HasCode(err, c.code):
			t.Errorf("%s %.10q: got %v, want %s", c.name, c.body, err, c.code)
		}
	}
}

// A deadline that is over is remarked in its cell, as submission would refuse it; a row that would be published at once is refused.
func TestImport_RemarksADeadlineThatIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	imp := b.importer(t)
	file := "需求名称,要解决的问题,期限\n转炉烟气除尘,粉尘浓度高,2020-03-05\n加热炉余热回收,余热没有利用,2099-03-05\n"
	check := func(publish bool) importer.Batch {
		t.Helper()
		who := b.owner
		if publish {
			who = b.regional
		}
		batch, err := imp.Check(t.Context(), who, importer.Upload{Kind: demand.Kind, Name: "a.csv", Body: strings.NewReader(file),
			OrgID: b.owner.OrgID, Publish: publish})
		if err != nil {
			t.Fatal(err)
		}
		return batch
	}
	want := []importer.Problem{{Row: 2, Cell: "第 2 行第 3 列", Code: "past", Message: "期限 2020-03-05 已经过去，请改为今天以后的日期，或清空"}}
	late := func(ps []importer.Problem) []importer.Problem {
		return slices.DeleteFunc(ps, func(p importer.Problem) bool { return p.Code != "past" })
	}
	if got := check(false); got.Good != 2 || !slices.Equal(late(got.Report.Warnings), want) || got.Report.ProblemCount != 0 {
		t.Errorf("as drafts: %d good, %+v", got.Good, got.Report)
	}
	if got := check(true); got.Good != 1 || !slices.Equal(got.Report.Problems, want) {
		t.Errorf("published: %d good, %+v", got.Good, got.Report)
	}
}

// Whoever publishes, one by one, by an import or over an earlier row: a need without its organisation's name does not tell it.
func TestImport_PublishesNoAnonymousNeedThatNamesItsOrganisation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	imp := b.importer(t)
	name := b.scan(t, `select name from organisation where id = $1`, b.org)
	run := func(rows string) importer.Batch {
		t.Helper()
		batch, err := imp.CheckAsOperator(ctx, 0, importer.Upload{Kind: demand.Kind, Name: "需求.csv", OrgID: b.org, Publish: true,
			Body: strings.NewReader("需求名称,要解决的问题,不公开单位名称\n" + rows)})
		if err != nil {
			t.Fatal(err)
		}
		if batch, err = imp.RunNow(ctx, batch.ID, nil); err != nil {
			t.Fatal(err)
		}
		return batch
	}
	public := func() string {
		return b.scan(t, `select count(*)::text from listing where published is not null and organisation_id = $1`, b.org)
	}
	got := run("降低粉尘浓度,需要降低转炉烟气的粉尘浓度，现在超过排放要求。,是\n降低噪声," + name + "的车间噪声超过限值，需要降低。,是\n降低能耗," + name + "的窑炉能耗偏高，需要降低。,否\n")
	if got.Created != 2 || got.Bad != 1 || len(got.Report.Problems) != 1 || !strings.Contains(got.Report.Problems[0].Message, "单位名称") {
		t.Errorf("dry run: %+v", got)
	}
	if public() != "2" {
		t.Errorf("%s public", public())
	}
	// The row was checked before the organisation took the name that it holds.
	batch, err := imp.CheckAsOperator(ctx, 0, importer.Upload{Kind: demand.Kind, Name: "需求.csv", OrgID: b.org, Publish: true,
		Body: strings.NewReader("需求名称,要解决的问题,不公开单位名称\n降低粉尘浓度,北疆新名称公司需要降低转炉烟气的粉尘浓度。,是\n另一项需求,北疆新名称公司需要节水。,是\n第三项需求,需要节电。,是\n")})
	if err != nil || batch.Good != 3 {
		t.Fatalf("%+v %v", batch, err)
	}
	b.scan(t, `update organisation set name = '北疆新名称公司' where id = $1 returning name`, b.org)
	if batch, err = imp.RunNow(ctx, batch.ID, nil); err != nil || batch.Created != 1 || batch.Updated != 0 || batch.Report.ProblemCount != 2 {
		t.Errorf("run: %+v %v", batch, err)
	}
	if n := b.scan(t, `select count(*)::text from listing where published::text like '%北疆新名称%'`); n != "0" {
		t.Errorf("%s listings tell the name", n)
	}
}

func (b *bundle) scan(t *testing.T, sql string, args ...any) (text string) {
	t.Helper()
	if err := b.db.QueryRow(t.Context(), sql, args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
