package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"techmarket/internal/app"
	"techmarket/internal/certify/exchange"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/document"
)

// exporting says what to write out.
type exporting struct {
	what     string // the path of a kind of listing, or registrations
	from, to string // of registrations: days of registration
	contacts bool   // of listings: with the contact person
}

// runExport writes public listings in the columns of the import template, or registrations in the columns of the national
// form, into a new file.
func runExport(ctx context.Context, env *app.Environment, args []string) error {
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	var e exporting
	flags.StringVar(&e.from, "from", "", "登记日期从，如 2026-01-01（只用于 registrations）")
	flags.StringVar(&e.to, "to", "", "登记日期到，如 2026-12-31（只用于 registrations）")
	flags.BoolVar(&e.contacts, "contacts", false, "带联系人、电话和邮箱（只用于"+kindLabels("、")+"；含个人信息，请妥善保管）")
	flags.Usage = func() {
		fmt.Fprint(env.Stderr, "用法：techmarket export "+kindPaths()+"|registrations 文件 [参数]\n"+
			"文件为 .xlsx 或 .csv，不会覆盖已有的文件。"+kindLabels("、")+"写公开的内容，用导入模板的列；登记用全国登记表的列。\n")
		flags.PrintDefaults()
	}
	words, err := parseMixed(flags, args)
	if err != nil {
		return exitCode(2)
	}
	if len(words) != 2 {
		flags.Usage()
		return exitCode(2)
	}
	e.what = words[0]
	kind, known := kindAt(e.what)
	if !known && e.what != "registrations" || known && e.from+e.to != "" || !known && e.contacts {
		flags.Usage()
		return exitCode(2)
	}
	write, err := sheetWriter(words[1])
	if err != nil {
		return err
	}
	if err := unusedName(words[1]); err != nil {
		return err
	}
	return withServices(ctx, env, func(s *app.Services) error {
		var n int
		err := writeNew(words[1], func(w io.Writer) (err error) {
			n, err = export(ctx, s, e, func(sheet document.Sheet) error { return write(w, sheet) })
			return err
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Stdout, "已导出 %d 条%s到 %s。\n", n, cmp.Or(kind.Label, "登记"), words[1])
		return err
	})
}

// sheetWriter chooses the form of the file by its name.
func sheetWriter(path string) (func(io.Writer, document.Sheet) error, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".xlsx":
		return func(w io.Writer, s document.Sheet) error { return document.WriteExcel(w, s) }, nil
	case ".csv":
		return document.WriteCSV, nil
	}
	return nil, fault.New(fault.Invalid, "file_kind", "请给文件起以 .xlsx 或 .csv 结尾的名字，例如 成果.xlsx。")
}

// export gives the rows to write and says how many there were.
func export(ctx context.Context, s *app.Services, e exporting, write func(document.Sheet) error) (int, error) {
	if kind, known := kindAt(e.what); known {
		return exportListings(ctx, s, kind, e.contacts, write)
	}
	return s.Exchange.WriteRegistrations(
		ctx,
		operator(),
		exchange.Filter{RegistrationFilter: registry.RegistrationFilter{From: e.from, To: e.to}},
		write,
	)
}

// exportListings walks the public listings of a kind, newest publication first. By its number and its
// organisation, a row that is imported again finds its listing; the other columns in front are left out then.
func exportListings(ctx context.Context, s *app.Services, kind listing.Descriptor, contacts bool,
	write func(document.Sheet) error) (n int, err error) {
	columns, err := s.Importer.Columns(kind.Kind, contacts)
	if err != nil {
		return 0, err
	}
	sheet := document.Sheet{Name: kind.Label, Columns: append([]document.SheetColumn{
		{Title: importer.NumberHeading, Width: 10},
		{Title: "单位", Width: 28}, {Title: "统一社会信用代码", Width: 20}, {Title: "样例", Width: 8},
		{Title: "来源", Width: 8}, {Title: "在线情况", Width: 10}, {Title: "发布日期", Kind: document.Date, Width: 12},
		{Title: "有效到", Kind: document.Date, Width: 12}}, columns...)}
	sheet.Rows = func(yield func([]any, error) bool) {
		for items, err := range catalogue.Walk(ctx, s.Listings, kind.Kind, operator()) {
			if err != nil {
				yield(nil, err)
				return
			}
			ids := make([]int64, len(items))
			for i, it := range items {
				ids[i] = it.OrganisationID
			}
			owners, err := s.Identity.Organisations(ctx, ids)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, it := range items {
				content := it.Content
				if it.Anonymous && !contacts {
					content = kind.Veiled(content)
				}
				cells, err := s.Importer.Cells(kind.Kind, content, contacts)
				if err == nil {
					n++
				}
				if !yield(append(ownCells(it.Listing, owners[it.OrganisationID], contacts), cells...), err) {
					return
				}
			}
		}
	}
	err = write(sheet)
	return n, err
}

// ownCells are what stands before the content. An export without contacts is for others: it keeps the names that were not published.
func ownCells(l listing.Listing, owner identity.Organisation, contacts bool) []any {
	if l.Anonymous && !contacts {
		owner = identity.Organisation{Name: identity.Anonymous}
	}
	choose := func(yes bool, then, otherwise string) string {
		if yes {
			return then
		}
		return otherwise
	}
	return []any{strconv.FormatInt(l.ID, 10), owner.Name, owner.CreditCode, choose(l.Sample, "样例", ""),
		choose(l.Origin == listing.OriginImport, "导入", "本站"),
		choose(l.Sleeping(), "沉睡", "在线"), *l.PublishedAt, *l.ExpiresAt}
}
