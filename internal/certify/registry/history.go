package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// Historic registrations: a league starts with its past. What is read here was decided elsewhere: it gets no certificate of this
// market, a ledger row of kind "history" that names the file, and period entries of its own registration days.

// MaxHistoryRows is how many registrations one file may hold.
const MaxHistoryRows = 20_000

// historyStep is how many rows one job registers before it hands on: far below the jobs' time limit.
const historyStep = 500

// Problem is one thing that is wrong or odd in a file, found in its cell.
type Problem struct {
	Row     int    `json:"row"`
	Cell    string `json:"cell"` // "C7"; in a CSV file "第 7 行第 3 列"
	Message string `json:"message"`
}

// HistoryReport is what the dry run found. The lists are bounded, the counts are not.
type HistoryReport struct {
	Problems     []Problem `json:"problems"` // of rows that are left out
	ProblemCount int       `json:"problemCount"`
	Warnings     []Problem `json:"warnings"` // of rows that go in all the same
	WarningCount int       `json:"warningCount"`
	Amount       money.Fen `json:"amountFen"` // ΣC of the good rows
	Technical    money.Fen `json:"technicalFen"`
}

func (r *HistoryReport) add(list *[]Problem, count *int, p Problem) {
	const listed = 200
	if *count++; len(*list) < listed {
		*list = append(*list, p)
	}
}

// HistoryBatch is one file of historic registrations.
type HistoryBatch struct {
	ID              int64
	AccountID       int64
	FileName        string
	Digest          string
	State           string // checked, running, done
	Rows, Good, Bad int
	Done, Skipped   int // skipped: registered by somebody between check and run
	Report          HistoryReport
	MarkedFile      int64 // the upload with a column 错误说明; 0 where no row was refused
	Sample          bool
	CreatedAt       time.Time
	FinishedAt      *time.Time
}

// historic is one good row.
type historic struct {
	Row     int              `json:"row"`
	Number  string           `json:"number"`
	On      string           `json:"on"`
	PointID int64            `json:"pointId"`
	Income  money.Fen        `json:"incomeFen"`
	Content contract.Content `json:"content"`
}

// HistoryArgs is the job that registers the good rows of a batch.
type HistoryArgs struct {
	ID int64 `json:"id"`
}

// Kind names the job.
func (HistoryArgs) Kind() string { return "registration_history" }

func mayImportHistory(a actor.Actor) error {
	if a.Officer() || a.Has(actor.PointHead) {
		return nil
	}
	return fault.New(fault.Forbidden, "history_forbidden", "历史登记由登记点负责人、盟市和自治区管理员导入")
}

// CheckHistory reads a table of historic registrations and keeps what could be registered; nothing is registered yet. A number
// must lie at a point that the actor may act for. Heads of points, league and region officers. Faults: Invalid "file_kind",
// "no_heading", "too_many_rows" and those of the reader.
func (s *Service) CheckHistory(ctx context.Context, a actor.Actor, name string, r io.Reader) (HistoryBatch, error) {
	if err := mayImportHistory(a); err != nil {
		return HistoryBatch{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, 50<<20))
	if err != nil {
		return HistoryBatch{}, fmt.Errorf("read history: %w", err)
	}
	sum := sha256.Sum256(raw)
	b := HistoryBatch{AccountID: a.AccountID, FileName: name, Digest: hex.EncodeToString(sum[:]), State: "checked", Sample: a.Sample, CreatedAt: s.d.Now()}
	points, err := s.Points(ctx, PointFilter{})
	if err != nil {
		return b, err
	}
	rows, marks, err := s.readHistory(a, points, name, raw, &b)
	if err != nil {
		return b, err
	}
	numbers := make([]string, len(rows))
	for i, h := range rows {
		numbers[i] = h.Number
	}
	taken, err := takenNumbers(ctx, s.d.DB, numbers)
	if err != nil {
		return b, err
	}
	good := rows[:0]
	for _, h := range rows {
		if taken[h.Number] {
			marks.refuse(&b.Report, Problem{h.Row, "第 " + strconv.Itoa(h.Row) + " 行", "编号 " + h.Number + " 已在登记簿中，不再导入"})
			continue
		}
		b.Report.Amount += h.Content.Elements.Amount
		b.Report.Technical += h.Content.Technical
		good = append(good, h)
	}
	b.Good, b.Bad = len(good), b.Rows-len(good)
	marked, err := s.markHistory(ctx, name, raw, marks)
	if err != nil {
		return b, err
	}
	err = s.trail.Guard(ctx, a, "check_history", "registration_import", "", func(ctx context.Context, tx pgx.Tx) error {
		if marked.Digest != "" {
			f, err := s.d.Files.Record(ctx, tx, marked, files.Meta{Purpose: "import", UploadedBy: a.AccountID})
			if err != nil {
				return err
			}
			b.MarkedFile = f.ID
		}
		if err := addHistory(ctx, tx, &b, good); err != nil {
			return err
		}
		return s.trail.Record(ctx, tx, a, "check_history", "registration_import", strconv.FormatInt(b.ID, 10), map[string]any{"digest": b.Digest, "rows": b.Rows, "good": b.Good})
	})
	return b, err
}

// marks gathers what the red column says, all of it: the report's lists are bounded.
type marks struct {
	head int
	rows map[int]string
}

func (m *marks) refuse(r *HistoryReport, p Problem) {
	r.add(&r.Problems, &r.ProblemCount, p)
	said := p.Cell + "：" + p.Message
	if m.rows[p.Row] != "" {
		said = m.rows[p.Row] + "\n" + said
	}
	m.rows[p.Row] = said
}

// markHistory keeps the upload with its red column; an empty content where nothing was refused.
func (s *Service) markHistory(ctx context.Context, name string, raw []byte, m marks) (files.Content, error) {
	if len(m.rows) == 0 {
		return files.Content{}, nil
	}
	var b bytes.Buffer
	if err := document.Annotate(&b, name, raw, m.head, m.rows); err != nil {
		return files.Content{}, err
	}
	return s.d.Files.Receive(ctx, strings.TrimSuffix(name, filepath.Ext(name))+"-错误说明.xlsx", &b)
}

// heading says what a column of the file holds: one of our own columns or a key of the national form.
type heading struct {
	own *ownColumn
	key string
}

// headings finds the heading row; a heading may be the words, the key, or both as the export writes them.
func headings(row document.TableRow) []heading {
	known := map[string]heading{}
	own := ownColumns()
	for i := range own {
		known[own[i].title] = heading{own: &own[i]}
	}
	for _, f := range contract.National(contract.Content{}) {
		for _, words := range []string{f.Key, f.Label, nationalHeading(f)} {
			if _, taken := known[words]; !taken {
				known[words] = heading{key: f.Key}
			}
		}
	}
	out := make([]heading, len(row.Cells))
	found := false
	for i := range row.Cells {
		title := document.ColumnTitle(row.Cell(i))
		out[i] = known[title]
		found = found || title == numberHeading
	}
	if !found {
		return nil
	}
	return out
}

// readHistory walks the table; what is wrong with a row goes to the report with its cell.
func (s *Service) readHistory(a actor.Actor, points []Point, name string, raw []byte, b *HistoryBatch) ([]historic, marks, error) {
	m := marks{rows: map[int]string{}}
	table, err := document.ReadTable(name, raw)
	if err != nil {
		return nil, m, err
	}
	var heads []heading
	var rows []historic
	seen := map[string]int{}
	today := clock.Date(s.d.Now()).Format(time.DateOnly)
	for row, err := range table {
		if err != nil {
			return nil, m, err
		}
		if heads == nil {
			m.head = row.Number
			if heads = headings(row); heads == nil && row.Number > 20 {
				break
			}
			continue
		}
		if row.Empty() {
			continue
		}
		if b.Rows++; b.Rows > MaxHistoryRows {
			return nil, m, fault.Newf(fault.Invalid, "too_many_rows", "一个文件最多 %d 行，请按年份拆分", MaxHistoryRows)
		}
		h, bad, odd := readHistoric(row, heads)
		at := func(title string) string {
			for i, x := range heads {
				if x.key == title || x.own != nil && x.own.title == title {
					return row.Addr(i)
				}
			}
			return "第 " + strconv.Itoa(row.Number) + " 行"
		}
		if len(bad) == 0 {
			bad = append(bad, h.check(a, points, today, at)...)
		}
		if first, twice := seen[h.Number]; twice && h.Number != "" {
			bad = append(bad, Problem{row.Number, at(numberHeading), fmt.Sprintf("编号与第 %d 行重复", first)})
		} else {
			seen[h.Number] = row.Number
		}
		for _, p := range odd {
			b.Report.add(&b.Report.Warnings, &b.Report.WarningCount, p)
		}
		for _, p := range bad {
			m.refuse(&b.Report, p)
		}
		if len(bad) == 0 {
			rows = append(rows, h)
		}
	}
	if heads == nil {
		return nil, m, fault.New(fault.Invalid, "no_heading", "没有找到表头“"+numberHeading+"”。请下载模板，按模板的表头填写")
	}
	return rows, m, nil
}

// readHistoric turns the cells of a row into a registration; what cannot be read is named with its cell.
func readHistoric(row document.TableRow, heads []heading) (h historic, bad, odd []Problem) {
	values, at := map[string]string{}, map[string]string{}
	for i, x := range heads {
		text := row.Cell(i)
		if x.key != "" && text != "" {
			values[x.key], at[x.key] = text, row.Addr(i)
		}
	}
	content, wrong := contract.FromNational(values)
	for _, w := range wrong {
		bad = append(bad, Problem{row.Number, at[w.Path], w.Message})
	}
	h = historic{Row: row.Number, Content: content}
	for i, x := range heads {
		text := row.Cell(i)
		if x.own == nil || x.own.set == nil || text == "" {
			continue
		}
		if message := x.own.set(&h, text); message != "" {
			bad = append(bad, Problem{row.Number, row.Addr(i), message})
		}
	}
	parties := []contract.Party{h.Content.Seller}
	if len(h.Content.Buyers) > 0 {
		parties = append(parties, h.Content.Buyers[0])
	}
	for _, p := range parties {
		if c := codes.USCC(p.CreditCode); p.CreditCode != "" && c.Warned() { // real early codes have wrong check digits: never an obstacle
			odd = append(odd, Problem{row.Number, "第 " + strconv.Itoa(row.Number) + " 行", p.Name + "：" + c.Message})
		}
	}
	return h, bad, odd
}

// check holds a row against registration.md §15 and the directory of points.
func (h *historic) check(a actor.Actor, points []Point, today string, at func(title string) string) []Problem {
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
	i := slices.IndexFunc(points, func(p Point) bool { return p.Region4 == n.Region && p.Code2 == n.Point && p.Sample == a.Sample })
	if i < 0 {
		return append(out, Problem{h.Row, at(numberHeading), "没有代码为 " + n.Region + n.Point + " 的登记点，请先在名录中设立"})
	}
	p := points[i]
	h.PointID = p.ID
	wrong(a.Covers(p.Division) || a.Has(actor.PointHead) && a.In(p.OrganisationID), numberHeading, p.Name+"不在您的管辖范围")
	wrong(n.Serial > 0, numberHeading, "序号不应为 0")
	wrong(h.On != "" && strings.HasPrefix(h.On, fmt.Sprintf("%04d-", n.Year)), "登记日期", "登记日期应在编号的年份 "+strconv.Itoa(n.Year)+" 年内")
	wrong(h.On <= today, "登记日期", "登记日期晚于今天")
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

// Histories lists the actor's own files; History reads one. NotFound "import_not_found" for somebody else's.
func (s *Service) Histories(ctx context.Context, a actor.Actor) ([]HistoryBatch, error) {
	if err := mayImportHistory(a); err != nil {
		return nil, err
	}
	return postgres.Many[HistoryBatch](ctx, s.d.DB, selectHistories, pgx.StrictNamedArgs{"account": a.AccountID})
}

// History reads one file of the actor's own.
func (s *Service) History(ctx context.Context, a actor.Actor, id int64) (HistoryBatch, error) {
	b, err := postgres.One[HistoryBatch](ctx, s.d.DB, selectHistory, pgx.StrictNamedArgs{"id": id})
	if err == pgx.ErrNoRows || err == nil && b.AccountID != a.AccountID {
		return HistoryBatch{}, fault.New(fault.NotFound, "import_not_found", "没有这次导入，请重新上传文件")
	}
	return b, err
}

// ConfirmHistory lets a job register the good rows. The person who checked. Conflict "import_started" the second time,
// "nothing_to_import" where no row is good.
func (s *Service) ConfirmHistory(ctx context.Context, a actor.Actor, id int64) (HistoryBatch, error) {
	var b HistoryBatch
	err := s.trail.Guard(ctx, a, "import_history", "registration_import", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		if err := mayImportHistory(a); err != nil {
			return err
		}
		var err error
		b, err = postgres.One[HistoryBatch](ctx, tx, lockHistory, pgx.StrictNamedArgs{"id": id})
		switch {
		case err == pgx.ErrNoRows || err == nil && b.AccountID != a.AccountID:
			return fault.New(fault.NotFound, "import_not_found", "没有这次导入，请重新上传文件")
		case err != nil:
			return err
		case b.State != "checked":
			return fault.New(fault.Conflict, "import_started", "这个文件已经确认导入")
		case b.Good == 0:
			return fault.New(fault.Conflict, "nothing_to_import", "没有可以导入的行，请改正后重新上传")
		}
		b.State = "running"
		if err := storeHistory(ctx, tx, b); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "import_history", "registration_import", strconv.FormatInt(id, 10), map[string]any{"digest": b.Digest, "good": b.Good}); err != nil {
			return err
		}
		return s.d.Jobs.Enqueue(ctx, tx, HistoryArgs{id}, jobs.Options{})
	})
	return b, err
}

// RunHistory is the worker of HistoryArgs: it registers the next rows in one transaction and hands on to the next job.
func (s *Service) RunHistory(ctx context.Context, args HistoryArgs) error {
	points, err := s.Points(ctx, PointFilter{})
	if err != nil {
		return err
	}
	return s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := postgres.One[HistoryBatch](ctx, tx, lockHistory, pgx.StrictNamedArgs{"id": args.ID})
		if err == pgx.ErrNoRows || err == nil && b.State != "running" {
			return nil
		}
		if err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, takeHistoryRows, pgx.StrictNamedArgs{"batch": b.ID, "limit": historyStep}) // its error comes back from CollectRows
		next, err := pgx.CollectRows(rows, pgx.RowTo[historic])
		if err != nil {
			return fmt.Errorf("historic rows: %w", err)
		}
		if len(next) == 0 {
			now := s.d.Now()
			b.State, b.FinishedAt = "done", &now
			if err := storeHistory(ctx, tx, b); err != nil {
				return err
			}
			return s.message(ctx, tx, []int64{b.AccountID}, 0, "历史登记导入完成", fmt.Sprintf("导入 %d 项，跳过 %d 项。", b.Done-b.Skipped, b.Skipped), fmt.Sprintf("/registrations/history/%d", b.ID))
		}
		numbers := make([]string, len(next))
		for i, h := range next {
			numbers[i] = h.Number
		}
		taken, err := takenNumbers(ctx, tx, numbers)
		if err != nil {
			return err
		}
		slices.SortFunc(next, func(a, b historic) int { return strings.Compare(a.Number, b.Number) })
		for _, h := range next {
			b.Done++
			if taken[h.Number] {
				b.Skipped++
				continue
			}
			i := slices.IndexFunc(points, func(p Point) bool { return p.ID == h.PointID })
			if i < 0 {
				return jobs.Discard(fmt.Errorf("historic row %d: point %d is gone", h.Row, h.PointID))
			}
			if err := s.registerHistoric(ctx, tx, b, h, points[i]); err != nil {
				return fmt.Errorf("historic %s: %w", h.Number, err)
			}
		}
		if err := storeHistory(ctx, tx, b); err != nil {
			return err
		}
		return s.d.Jobs.Enqueue(ctx, tx, HistoryArgs{b.ID}, jobs.Options{})
	})
}

// historyRow is the ledger payload of a historic registration.
type historyRow struct {
	Number       string    `json:"number"`
	RegisteredOn string    `json:"registeredOn"`
	Title        string    `json:"title"`
	Class        string    `json:"class"`
	Seller       string    `json:"seller"`
	Buyer        string    `json:"buyer"`
	Amount       money.Fen `json:"amountFen"`
	Technical    money.Fen `json:"technicalFen"`
	Income       money.Fen `json:"incomeFen"`
	Import       int64     `json:"import"`
	FileDigest   string    `json:"fileDigest"`
	Account      int64     `json:"account"`
}

// registerHistoric writes contract, registration, period entry, history and ledger row. The host of the point stands as the
// applicant: the seller need not be on this market. V is not known and stays nought.
func (s *Service) registerHistoric(ctx context.Context, tx pgx.Tx, b HistoryBatch, h historic, p Point) error {
	on, err := time.Parse(time.DateOnly, h.On)
	if err != nil {
		return err
	}
	c := contract.Contract{ApplicantOrg: p.OrganisationID, CreatedBy: b.AccountID, Content: h.Content, Sample: b.Sample}
	id, err := s.d.Contracts.AddRegistered(ctx, tx, c)
	if err != nil {
		return err
	}
	reg := Registration{Number: h.Number, ContractID: id, PointID: p.ID, Division: p.Division, ApplicantOrg: p.OrganisationID, State: Registered, Version: 1, LockVersion: 1,
		RegisteredOn: on, Sample: b.Sample}
	none := money.Fen(0)
	reg.take(Filing{Class: h.Content.Elements.ClassCode, Amount: &h.Content.Elements.Amount, Technical: &h.Content.Technical, VATBase: &none}, contract.Frozen{Content: h.Content})
	if err := addRegistration(ctx, tx, reg); err != nil {
		return err
	}
	if h.Income > 0 {
		reg.Income = h.Income
		if err := storeRegistration(ctx, tx, reg); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertIncome, pgx.StrictNamedArgs{"number": reg.Number, "amount": h.Income, "booked_on": on, "by": b.AccountID, "note": "历史登记导入"}); err != nil {
			return err
		}
	}
	if err := book(ctx, tx, reg, "register", "in", on, 1, reg.Amount, reg.Technical); err != nil {
		return err
	}
	n, _ := codes.ParseContractNumber(h.Number)
	if _, err := tx.Exec(ctx, skipNumber, pgx.StrictNamedArgs{"point": p.ID, "year": n.Year, "serial": n.Serial}); err != nil {
		return err
	}
	if err := addEvent(ctx, tx, 0, reg.Number, EventRow{At: s.d.Now(), Account: b.AccountID, Part: System, Event: EventRegister, From: Draft, To: Registered,
		Note: "历史登记导入：" + b.FileName}, map[string]any{"import": b.ID}); err != nil {
		return err
	}
	_, err = s.chain(ctx, tx, "history", reg.Number, historyRow{Number: reg.Number, RegisteredOn: h.On, Title: reg.Title, Class: reg.Class, Seller: reg.SellerName,
		Buyer: reg.BuyerName, Amount: reg.Amount, Technical: reg.Technical, Income: h.Income, Import: b.ID, FileDigest: b.Digest, Account: b.AccountID})
	return err
}
