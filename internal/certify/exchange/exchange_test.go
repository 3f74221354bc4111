package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/certify/archive"
	"techmarket/internal/certify/exchange"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

func sheetOf(t *testing.T, content []byte) [][]string {
	t.Helper()
	var out [][]string
	for row, err := range document.ReadExcel(t.Context(), bytes.NewReader(content)) {
		registrytest.Check(t, err)
		out = append(out, row.Texts())
	}
	return out
}

func TestTheExportHoldsWhatIsOnTheScreenUnderTheKeysOfTheNationalForm(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	registrytest.Class("0101", 3_000_000*money.Yuan)(&content)
	first := w.Register(content, registrytest.Deduct(registrytest.Goods("equipment", 900_000*money.Yuan)))
	w.Later(40)
	second := w.Register(w.Content(), nil)
	var b bytes.Buffer
	registrytest.Check(
		t,
		w.Exchange.ExportRegistrations(ctx, w.Head, exchange.Filter{RegistrationFilter: registry.RegistrationFilter{To: "2026-04-30"}}, &b),
	)
	rows := sheetOf(t, b.Bytes())
	if len(rows) != 3 { // note, heading, one row
		t.Fatalf("%d rows: %v", len(rows), rows)
	}
	cell := func(row int, heading string) string {
		i := slices.Index(rows[1], heading)
		if i < 0 {
			t.Fatalf("no column %s in %v", heading, rows[1])
		}
		return strings.ReplaceAll(rows[row][i], ",", "")
	}
	for heading, want := range map[string]string{"合同登记编号": first.Number, "登记日期": "2026-04-10", "登记点": "回民区登记点", "状态": "已登记",
		"项目/合同名称（projectname）":   content.Elements.Name,
		"合同成交总额（元）（totalamount）": "3000000", "技术交易额（元）（technicalamount）": "2100000", "卖方名称（sellername）": "样例研究院", "买方行政区划代码": "150203"} {
		if got := cell(2, heading); got != want {
			t.Errorf("%s: got %q, want %q", heading, got, want)
		}
	}
	b.Reset()
	registrytest.Check(t, w.Exchange.ExportRegistrations(ctx, w.Stranger, exchange.Filter{}, &b))
	if rows := sheetOf(t, b.Bytes()); len(rows) != 2 {
		t.Errorf("another desk got %d rows", len(rows)-2)
	}
	if n, err := w.Exchange.ExportCount(ctx, w.League,
		exchange.Filter{RegistrationFilter: registry.RegistrationFilter{From: "2026-05-01"}}); err != nil ||
		n != 1 {
		t.Errorf("period: %d %v, want 1 (%s)", n, err, second.Number)
	}
	if _, err := w.Exchange.ExportCount(ctx, w.League,
		exchange.Filter{RegistrationFilter: registry.RegistrationFilter{From: "2026-05-01", To: "2026-04-01"}}); !fault.Is(
		err,
		fault.Invalid,
	) {
		t.Errorf("a period that ends before it begins: %v", err)
	}
}

func TestALargeExportIsMadeByAJobForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	for range 3 {
		w.Register(w.Content(), nil)
	}
	e, err := w.Exchange.RequestExport(ctx, w.Head, exchange.Filter{})
	registrytest.Check(t, err)
	if _, err := w.Exchange.RequestExport(ctx, w.Head, exchange.Filter{}); !fault.HasCode(err, "export_running") {
		t.Errorf("a second one at once: %v", err)
	}
	registrytest.Check(t, w.Jobs.Drain(ctx))
	registrytest.Check(t, w.Exchange.MakeExport(ctx, exchange.ExportArgs{ID: e.ID})) // a job that runs twice
	e, err = w.Exchange.Export(ctx, w.Head, e.ID)
	registrytest.Check(t, err)
	if e.State != "done" || e.Done != 3 || len(e.FileIDs) != 1 {
		t.Errorf("got %+v", e)
	}
	if _, err := w.Exchange.Export(ctx, w.Registrar, e.ID); !fault.HasCode(err, "export_not_found") {
		t.Errorf("a colleague's export: %v", err)
	}
}

// history writes a table of historic registrations as CSV.
func history(rows ...string) string {
	return "说明行\n合同登记编号,登记日期,项目/合同名称,contracttype,signdate,合同成交总额（元）,technicalamount,techarea,卖方名称,卖方行政区划代码,buyername,买方行政区划代码,卖方统一社会信用代码\n" +
		strings.Join(
			rows,
			"\n",
		) + "\n"
}

func historyLine(number, on, amount, technical, extra string) string {
	return fmt.Sprintf("%s,%s,旧合同,0501,2024-01-02,%s,%s,09,样例研究院,150103,样例矿业,%s", number, on, amount, technical, extra)
}

func TestHistoricRegistrationsAreCheckedThenRegisteredOnce(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	now := w.Register(w.Content(), nil)
	file := history(
		historyLine("2024150103000007", "2024-03-02", `"800,000.00"`, "700000", "150203,"),
		historyLine("2024150103000008", "2024-03-02", "800000", "900000", "150203,"),               // T > C
		historyLine("2024150103000007", "2024-03-03", "800000", "700000", "150203,"),               // twice
		historyLine("2024150299000001", "2024-03-03", "800000", "700000", "150203,"),               // no such point
		historyLine("2024150202000001", "2024-03-03", "800000", "700000", "150203,"),               // another league's point
		historyLine("2024150103000009", "2023-12-31", "800000", "700000", "150203,"),               // another year
		historyLine("20241501030009", "2024-03-03", "800000", "700000", "150203,"),                 // too short
		historyLine(now.Number, "2026-04-10", "800000", "700000", "150203,"),                       // registered already
		historyLine("2024150103000010", "2024-05-02", "100000.5", "100000.5", "110000,"),           // a buyer outside the region
		historyLine("2024150103000011", "2024-05-02", "abc", "100000", "150203,"),                  // no amount
		historyLine("2024150103000012", "2024-05-02", "5", "5", "159999,"),                         // no such division
		historyLine("2024150103000013", "2024-05-02", "1000000", "1", "150203,12150000460029132X"), // odd credit code: a warning
	)
	b, err := w.Exchange.CheckHistory(ctx, w.League, "历史.csv", strings.NewReader(file))
	registrytest.Check(t, err)
	if b.Rows != 12 || b.Good != 3 || b.Bad != 8 || b.Report.DifferCount != 1 {
		t.Errorf("rows %d good %d bad %d, want 12 3 8, one that differs from the register\n%+v", b.Rows, b.Good, b.Bad, b.Report)
	}
	wantCells := []string{
		"第 4 行第 7 列",
		"第 5 行第 1 列",
		"第 6 行第 1 列",
		"第 7 行第 1 列",
		"第 8 行第 2 列",
		"第 8 行第 5 列", // signed after that day, too
		"第 9 行第 1 列",
		"第 12 行第 6 列",
		"第 13 行第 12 列",
	}
	var got []string
	for _, p := range b.Report.Problems {
		got = append(got, p.Cell)
	}
	if !slices.Equal(got, wantCells) {
		t.Errorf("cells\n%v\nwant\n%v", got, wantCells)
	}
	if b.Report.WarningCount != 1 {
		t.Errorf("warnings %+v", b.Report.Warnings)
	}
	var before int
	w.Scan(&before, `select count(*) from registration`)
	if before != 1 {
		t.Error("the dry run registered something")
	}
	if _, err := w.Exchange.ConfirmHistory(ctx, w.Regional, b.ID); !fault.HasCode(err, "import_not_found") {
		t.Errorf("somebody else confirmed: %v", err)
	}
	_, err = w.Exchange.ConfirmHistory(ctx, w.League, b.ID)
	registrytest.Check(t, err)
	if _, err := w.Exchange.ConfirmHistory(ctx, w.League, b.ID); !fault.HasCode(err, "import_started") {
		t.Errorf("confirmed twice: %v", err)
	}
	registrytest.Check(t, w.Jobs.Drain(ctx))
	if b, err = w.Exchange.History(ctx, w.League, b.ID); err != nil || b.State != "done" || b.Done != 3 || b.Skipped != 0 {
		t.Errorf("after the run %+v %v", b, err)
	}
	d, err := w.S.Dossier(ctx, w.Head, "2024150103000007")
	registrytest.Check(t, err)
	if r := d.Registration; r.Amount != 800_000*money.Yuan || r.Technical != 700_000*money.Yuan || r.Class != "0501" || len(d.Entries) != 1 ||
		d.Entries[0].BookedOn.Year() != 2024 {
		t.Errorf("got %+v %+v", r, d.Entries)
	}
	var rows int
	w.Scan(&rows, `select count(*) from ledger_row where kind = 'history'`)
	if rows != 3 {
		t.Errorf("%d ledger rows, want 3", rows)
	}
	w.Register(w.Content(), nil) // its certificate signs the next root
	registrytest.Check(t, w.Jobs.Drain(ctx))
	var zip bytes.Buffer
	registrytest.Check(t, w.Archive.Write(ctx, w.Head, "2024150103000007", &zip))
	if _, err := archive.Verify(bytes.NewReader(zip.Bytes()), int64(zip.Len())); err != nil {
		t.Errorf("the archive of a historic registration: %v", err)
	}
	_, err = w.Revoke("2024150103000007", "fraud")
	registrytest.Check(t, err)
	if _, _, err := w.Papers.Registration(ctx, w.Head, "2024150103000007", papers.Revoke); err != nil {
		t.Errorf("the paper of a historic registration: %v", err)
	}
	again, err := w.Exchange.CheckHistory(ctx, w.League, "历史.csv", strings.NewReader(file))
	registrytest.Check(t, err)
	if again.Good != 0 {
		t.Errorf("the same file again: %d good", again.Good)
	}
	if _, err := w.Exchange.CheckHistory(ctx, w.Registrar, "历史.csv", strings.NewReader(file)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a registrar imported: %v", err)
	}
	if _, err := w.Exchange.CheckHistory(ctx, w.League, "历史.csv", strings.NewReader("a,b\n1,2\n")); !fault.HasCode(err, "no_heading") {
		t.Errorf("no heading: %v", err)
	}
}

// The days of a row are in the order in which they can happen: signed, registered, within the term.
func TestHistoricRegistrations_DaysThatCannotBeAreNamed(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	line := func(n int, signed, begins, ends string) string {
		return fmt.Sprintf("20231501030000%02d,2023-05-06,旧合同,0501,%s,800000,700000,09,样例研究院,150103,样例矿业,150203,,%s,%s", n, signed, begins, ends)
	}
	file := "合同登记编号,登记日期,项目/合同名称,contracttype,signdate,合同成交总额（元）,technicalamount,techarea,卖方名称,卖方行政区划代码,buyername,买方行政区划代码," +
		"卖方统一社会信用代码,contractbegindate,contractenddate\n" + strings.Join([]string{
		line(1, "2023-05-06", "2023-05-01", "2023-05-06"),
		line(2, "2024-01-01", "2023-05-01", ""), // signed after the registration
		line(3, "2023-01-01", "2023-05-01", "2023-04-30"),
		line(4, "2023-01-01", "2023-01-01", "2023-05-05"), // over when it was registered
		line(5, "", "", ""),
	}, "\n") + "\n"
	b, err := w.Exchange.CheckHistory(t.Context(), w.League, "历史.csv", strings.NewReader(file))
	registrytest.Check(t, err)
	var got []string
	for _, p := range b.Report.Problems {
		got = append(got, p.Cell)
	}
	if want := []string{"第 3 行第 5 列", "第 4 行第 15 列", "第 4 行第 15 列", "第 5 行第 15 列"}; b.Good != 2 || !slices.Equal(got, want) {
		t.Errorf("%d good, cells %v, want 2, %v\n%+v", b.Good, got, want, b.Report.Problems)
	}
}

func TestAnExportedFileCanBeImportedElsewhere(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	var b bytes.Buffer
	registrytest.Check(t, w.Exchange.ExportRegistrations(ctx, w.Head, exchange.Filter{}, &b))
	other := registrytest.New(t)
	batch, err := other.Exchange.CheckHistory(ctx, other.Head, "登记.xlsx", &b)
	registrytest.Check(t, err)
	if batch.Good != 1 || batch.Report.Amount != 800_000*money.Yuan {
		t.Fatalf("got %+v", batch)
	}
	_, err = other.Exchange.ConfirmHistory(ctx, other.Head, batch.ID)
	registrytest.Check(t, err)
	registrytest.Check(t, other.Jobs.Drain(ctx))
	d, err := other.S.Dossier(ctx, other.Head, reg.Number)
	registrytest.Check(t, err)
	got, want := d.Registration, reg
	if got.Title != want.Title || got.SellerDivision != want.SellerDivision || got.BuyerDivision != want.BuyerDivision ||
		got.SellerKind != want.SellerKind ||
		got.Field != want.Field ||
		!got.RegisteredOn.Equal(want.RegisteredOn) ||
		got.Technical != want.Technical {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	f := other.Submit(other.Content())
	if next := other.Finish(other.Pass(f.ID, nil)); next.Number <= reg.Number {
		t.Errorf("the own sequence did not skip past %s: %s", reg.Number, next.Number)
	}
}

func TestATableThatDiffersFromTheRegisterChangesNothingAndSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	w.Later(1)
	content := w.Content()
	content.Elements.Name, content.Seller.Phone = "含  空格 的“名称”₂", "0471-1234567转8"
	w.Register(content, nil)
	var b bytes.Buffer
	registrytest.Check(t, w.Exchange.ExportRegistrations(ctx, w.Head, exchange.Filter{}, &b))
	batch, err := w.Exchange.CheckHistory(ctx, w.Head, "登记.xlsx", &b)
	registrytest.Check(t, err)
	if batch.Rows != 2 || batch.Report.Unchanged != 2 || batch.Report.DifferCount != 0 || batch.Bad != 0 {
		t.Errorf("an exported file changes nothing: %+v", batch)
	}
	for _, c := range []struct{ name, heading, cell, want string }{
		{"an amount", "合同成交总额（元）", "900000.55", "合同成交总额（元） 800,000.00→900,000.55"},
		{"a day", "登记日期", "2026-04-11", "登记日期 2026-04-10→2026-04-11"},
		{"a party", "buyername", "另一家公司", "买方名称 " + reg.BuyerName + "→另一家公司"},
		{"a class", "contracttype", "0502", "合同类别 " + reg.Class + "→0502"},
		{"a number where the register holds none", "卖方统一社会信用代码", "91150100MA0N00000X", "→91150100MA0N00000X"},
		{"a column that is not read back", "登记点", "别的登记点", "登记点 回民区登记点→别的登记点"},
		{"an ended state", "状态", "已注销", "状态 已登记→已注销"},
		{"a person is not repeated", "seller_contacttel", "0471-7654321", "卖方联系电话，未改"},
		{"an empty cell states nothing", "卖方统一社会信用代码", "", ""},
	} {
		file := "合同登记编号,登记日期,projectname,contracttype,合同成交总额（元）,technicalamount,techarea,sellername,卖方行政区划代码,buyername,买方行政区划代码," +
			"卖方统一社会信用代码,登记点,状态,seller_contacttel\n"
		head := strings.Split(strings.TrimSpace(file), ",")
		cells := []string{reg.Number, "2026-04-10", reg.Title, reg.Class, "800000", "800000", reg.Field, reg.SellerName, reg.SellerDivision,
			reg.BuyerName, reg.BuyerDivision, "", "", "", ""}
		cells[slices.Index(head, c.heading)] = c.cell
		batch, err := w.Exchange.CheckHistory(ctx, w.Head, "登记.csv", strings.NewReader(file+strings.Join(cells, ",")+"\n"))
		registrytest.Check(t, err)
		if c.want == "" {
			if batch.Report.Unchanged != 1 || batch.Report.DifferCount != 0 {
				t.Errorf("%s: %+v", c.name, batch.Report)
			}
			continue
		}
		if batch.Good != 0 || batch.Bad != 0 || batch.Report.Unchanged != 0 || batch.Report.DifferCount != 1 {
			t.Errorf("%s: %+v", c.name, batch)
			continue
		}
		said := batch.Report.Differing[0].Message
		if !strings.HasPrefix(said, "已登记，与表中不同：") || !strings.Contains(said, c.want) || !strings.HasSuffix(said, "，未改") ||
			batch.MarkedFile == 0 {
			t.Errorf("%s: %q, marked %d", c.name, said, batch.MarkedFile)
		}
	}
	after, err := w.S.Dossier(ctx, w.Head, reg.Number)
	registrytest.Check(t, err)
	if after.Registration.Amount != reg.Amount || after.Registration.BuyerName != reg.BuyerName {
		t.Errorf("the register was changed: %+v", after.Registration)
	}
}

func TestAnEndedRegistrationComesBackUnchangedAndIsNotBroughtInAnew(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	_, err := w.Revoke(reg.Number, "fraud")
	registrytest.Check(t, err)
	var b bytes.Buffer
	registrytest.Check(t, w.Exchange.ExportRegistrations(ctx, w.Head, exchange.Filter{}, &b))
	file := b.Bytes()
	batch, err := w.Exchange.CheckHistory(ctx, w.Head, "登记.xlsx", bytes.NewReader(file))
	registrytest.Check(t, err)
	if batch.Report.Unchanged != 1 || batch.Bad != 0 || batch.Report.DifferCount != 0 {
		t.Errorf("here: %+v", batch)
	}
	other := registrytest.New(t)
	batch, err = other.Exchange.CheckHistory(ctx, other.Head, "登记.xlsx", bytes.NewReader(file))
	registrytest.Check(t, err)
	if batch.Good != 0 || batch.Bad != 1 {
		t.Errorf("elsewhere: %+v", batch)
	}
}
