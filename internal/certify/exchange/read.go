package exchange

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
)

// historic is one good row.
type historic struct {
	Row     int              `json:"row"`
	Number  string           `json:"number"`
	On      string           `json:"on"`
	PointID int64            `json:"pointId"`
	State   string           `json:"state,omitempty"` // as the column 状态 says it
	Income  money.Fen        `json:"incomeFen"`
	Content contract.Content `json:"content"`
}

// HoldsContacts as its content.
func (historic) HoldsContacts() {}

// SchemaVersion is the form in which it is stored, see package stored.
func (historic) SchemaVersion() int { return 1 }

// heading says what a column of the file holds: one of our own columns or a key of the national form. The zero value is neither.
type heading struct {
	own   *ownColumn
	key   string
	label string // how people call it
	at    int    // its column in the exported sheet
}

// headings finds the heading row; a heading may be the words, the key, or both as the export writes them, alone or under the name of
// a group in the row above.
func headings(above, row []document.Cell) []heading {
	known := map[string]heading{}
	own := ownColumns()
	for i := range own {
		known[document.ColumnTitle(own[i].title)] = heading{own: &own[i], label: own[i].title, at: i}
	}
	for i, f := range contract.National(contract.Content{}) {
		for _, words := range []string{f.Key, f.Label, nationalHeading(f)} {
			if words = document.ColumnTitle(words); known[words] == (heading{}) {
				known[words] = heading{key: f.Key, label: f.Label, at: len(own) + i}
			}
		}
	}
	out := make([]heading, len(row))
	found := false
	for i, titles := range document.Titles(above, row) {
		for _, title := range titles {
			if h, ok := known[title]; ok {
				out[i] = h
				found = found || title == numberHeading
				break
			}
		}
	}
	if !found {
		return nil
	}
	return out
}

// lookUpRows is how many rows are held against the register at once.
const lookUpRows = 500

// historyReader walks a table of historic registrations; what is wrong with a row goes to the report with its cell.
type historyReader struct {
	service *Service
	actor   actor.Actor
	points  []point.Point
	today   string
	batch   *HistoryBatch
	heads   []heading
	marks   marks
	seen    map[string]int // row of a number
	read    []readRow      // not yet held against the register
	good    []historic
}

type readRow struct {
	row      document.TableRow
	historic historic
	bad      []Problem
}

func (s *Service) readHistory(ctx context.Context, a actor.Actor, points []point.Point, name string, raw []byte,
	b *HistoryBatch) ([]historic, marks, error) {
	r := historyReader{service: s, actor: a, points: points, today: clock.Date(s.config.Now()).Format(time.DateOnly), batch: b,
		marks: marks{rows: map[int]string{}}, seen: map[string]int{}}
	table, err := document.ReadTable(ctx, name, raw)
	if err != nil {
		return nil, r.marks, err
	}
	var above []document.Cell
	for row, err := range table {
		if err != nil {
			return nil, r.marks, err
		}
		if r.heads == nil {
			r.marks.head, b.Report.Sheet = row.Number, row.Sheet
			if r.heads = headings(nil, row.Cells); r.heads == nil && row.Number > 20 {
				break
			}
			above = row.Cells
			continue
		}
		if row.Number == r.marks.head+1 && row.Continues() {
			if both := headings(above, row.Cells); both != nil {
				r.heads, r.marks.head = both, row.Number
				continue
			}
		}
		if row.Empty() {
			continue
		}
		if b.Rows++; b.Rows > MaxHistoryRows {
			return nil, r.marks, fault.Newf(fault.Invalid, "too_many_rows", "一个文件最多 %d 行，请按年份拆分", MaxHistoryRows)
		}
		r.take(row)
		if len(r.read) == lookUpRows {
			if err := r.lookUp(ctx); err != nil {
				return nil, r.marks, err
			}
		}
	}
	if r.heads == nil {
		return nil, r.marks, fault.New(fault.Invalid, "no_heading", "没有找到表头“"+numberHeading+"”。请下载模板，按模板的表头填写")
	}
	err = r.lookUp(ctx)
	return r.good, r.marks, err
}

// at is the cell of a row under a heading.
func (r *historyReader) at(row document.TableRow, title string) string {
	for i, x := range r.heads {
		if x.key == title || x.own != nil && x.own.title == title {
			return row.Addr(i)
		}
	}
	return "第 " + strconv.Itoa(row.Number) + " 行"
}

// take reads a row and holds it against the rules and the rows before it.
func (r *historyReader) take(row document.TableRow) {
	h, bad, odd := readHistoric(row, r.heads)
	whole := "第 " + strconv.Itoa(row.Number) + " 行"
	if row.Broken {
		bad = []Problem{{row.Number, whole, "引号不成对，不能分清各列。请改正这一行的引号，或用 Excel 另存为“CSV UTF-8”"}}
	}
	if row.Hidden {
		odd = append(odd, Problem{row.Number, whole, "这一行在表格里是隐藏的，也一并读取。不要导入的话，请删除这一行"})
	}
	at := func(title string) string { return r.at(row, title) }
	if len(bad) == 0 {
		bad = append(bad, h.check(r.actor, r.points, r.today, at)...)
	}
	if first, twice := r.seen[h.Number]; twice && h.Number != "" {
		bad = append(bad, Problem{row.Number, at(numberHeading), fmt.Sprintf("编号与第 %d 行重复", first)})
	} else {
		r.seen[h.Number] = row.Number
	}
	for _, p := range odd {
		r.batch.Report.add(&r.batch.Report.Warnings, &r.batch.Report.WarningCount, p)
	}
	r.read = append(r.read, readRow{row, h, bad})
}

// lookUp holds the rows read so far against the register: what stands there already is left as it is, and where the row says otherwise
// the report names what.
func (r *historyReader) lookUp(ctx context.Context) error {
	var numbers []string
	for _, x := range r.read {
		if len(x.bad) == 0 {
			numbers = append(numbers, x.historic.Number)
		}
	}
	taken, err := r.service.registered(ctx, r.points, numbers)
	if err != nil {
		return err
	}
	report := &r.batch.Report
	for _, x := range r.read {
		now, here := taken[x.historic.Number]
		if len(x.bad) == 0 && !here {
			x.bad = r.unregistrable(x.row, x.historic)
		}
		switch {
		case len(x.bad) > 0:
			for _, p := range x.bad {
				r.marks.refuse(report, p)
			}
		case here:
			said, column := differences(x.row, r.heads, x.historic, now)
			if len(said) == 0 {
				report.Unchanged++
				continue
			}
			p := Problem{x.row.Number, x.row.Addr(column), "已登记，与表中不同：" + strings.Join(said, "；") + "，未改"}
			report.add(&report.Differing, &report.DifferCount, p)
			r.marks.say(p)
		default:
			r.good = append(r.good, x.historic)
		}
	}
	r.read = r.read[:0]
	return nil
}

// unregistrable is what a table cannot bring in new, though the register may hold it.
func (r *historyReader) unregistrable(row document.TableRow, h historic) (bad []Problem) {
	if h.State != "" && h.State != stateColumn(registry.Registered) {
		bad = append(bad, Problem{row.Number, r.at(row, stateHeading), "只能导入状态为“已登记”的登记；已注销、已撤销的不再计入"})
	}
	for i, x := range r.heads {
		if x.own != nil && x.own.whole && row.At(i).Kind != document.Blank {
			bad = append(bad, Problem{row.Number, row.Addr(i), x.own.title + "不能从表格导入，导入后只剩一个卖方或人民币价款。请由登记点按合同登记，并从表中删去这一行"})
		}
	}
	return bad
}

// readHistoric turns the cells of a row into a registration; what cannot be read is named with its cell.
func readHistoric(row document.TableRow, heads []heading) (h historic, bad, odd []Problem) {
	values, at := map[string]document.Cell{}, map[string]string{}
	for i, x := range heads {
		if cell := row.At(i); x.key != "" && cell.Kind != document.Blank {
			values[x.key], at[x.key] = cell, row.Addr(i)
		}
	}
	content, wrong := contract.FromNational(values)
	for _, w := range wrong {
		bad = append(bad, Problem{row.Number, at[w.Path], w.Message})
	}
	h = historic{Row: row.Number, Content: content}
	for i, x := range heads {
		cell := row.At(i)
		if x.own == nil || x.own.set == nil || cell.Kind == document.Blank {
			continue
		}
		if message := x.own.set(&h, cell); message != "" {
			bad = append(bad, Problem{row.Number, row.Addr(i), message})
		}
	}
	parties := []contract.Party{h.Content.Seller}
	if len(h.Content.Buyers) > 0 {
		parties = append(parties, h.Content.Buyers[0])
	}
	for _, p := range parties {
		if c := codes.USCC(p.CreditCode); p.CreditCode != "" && c.Warned() { // real early codes have wrong check digits: never an obstacle
			odd = append(odd, Problem{row.Number, "第 " + strconv.Itoa(row.Number) + " 行", p.Name + "：" + c.Message()})
		}
	}
	return h, bad, odd
}

// check holds a row against docs/rules/registration.md §5 and the directory of points.
func (h *historic) check(a actor.Actor, points []point.Point, today string, at func(title string) string) []Problem {
	var out []Problem
	wrong := func(ok bool, title, message string) {
		if !ok {
			out = append(out, Problem{h.Row, at(title), message})
		}
	}
	c := h.Content
	n, _ := codes.ParseContractNumber(h.Number)
	if n.Year == 0 || n.Old || n.String() != h.Number {
		return append(out, Problem{h.Row, at(numberHeading), "登记编号应为 16 位数字：年 4 + 地区 4 + 登记点 2 + 序号 6"})
	}
	i := slices.IndexFunc(points, func(p point.Point) bool { return p.Region4 == n.Region && p.Code2 == n.Point && p.Sample == a.Sample })
	if i < 0 {
		return append(out, Problem{h.Row, at(numberHeading), "没有代码为 " + n.Region + n.Point + " 的登记点，请先在名录中设立"})
	}
	p := points[i]
	h.PointID = p.ID
	wrong(a.Covers(p.Division) || a.Has(actor.PointHead) && a.In(p.OrganisationID), numberHeading, p.Name+"不在您的管辖范围")
	wrong(n.Serial > 0, numberHeading, "序号不应为 0")
	wrong(h.On != "" && strings.HasPrefix(h.On, fmt.Sprintf("%04d-", n.Year)), "登记日期", "登记日期应在编号的年份 "+strconv.Itoa(n.Year)+" 年内")
	wrong(h.On <= today, "登记日期", "登记日期晚于今天")
	wrong(!c.Elements.SignedOn.Valid() || string(c.Elements.SignedOn) <= h.On, "signdate", "签订日期晚于登记日期，请核对；合同订立后才能登记")
	if begins, ends := c.Elements.BeginsOn, c.Elements.EndsOn; ends.Valid() {
		wrong(!begins.Valid() || begins <= ends, "contractenddate", "有效期止早于有效期起，请核对")
		wrong(h.On <= string(ends), "contractenddate", "有效期在登记日期前已满，请核对；已续期的，请填写新的期限")
	}
	wrong(c.Elements.Name != "", "projectname", "请填写合同名称")
	wrong(len(c.Elements.ClassCode) == 4, "contracttype", "请填写四位合同类别，如 0101")
	wrong(len(c.Elements.Field) == 2, "techarea", "请填写技术领域")
	wrong(c.Elements.Amount > 0 && c.Elements.Amount <= money.Max, "totalamount", "合同成交总额应大于 0")
	wrong(c.Technical > 0 && c.Technical <= c.Elements.Amount, "technicalamount", "技术交易额应大于 0，且不大于合同成交总额")
	wrong(h.Income <= c.Technical, "认定技术性收入（元）", "认定的技术性收入不应大于技术交易额")
	side := func(p contract.Party, words, key string) {
		wrong(p.Name != "", key, "请填写"+words+"名称")
		if p.Foreign() {
			return
		}
		wrong(p.Division != "", words+"行政区划代码", "请填写"+words+"的行政区划代码")
		wrong(!strings.HasPrefix(p.Division, "15") || region.Valid(p.Division), words+"行政区划代码", "行政区划代码 "+p.Division+" 不在内蒙古的区划表中")
	}
	side(c.Seller, "卖方", "sellername")
	if len(c.Buyers) == 0 {
		c.Buyers = []contract.Party{{}}
	}
	side(c.Buyers[0], "买方", "buyername")
	return out
}
