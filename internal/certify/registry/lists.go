package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/postgres"
)

// A list names registered contracts of one applicant for a tax or subsidy formality. It has its own number and check code, is
// signed and chained like a certificate, and bears no picture of a seal. Large and ordinary contracts never stand on one list;
// a list falls when one of its contracts is cancelled or revoked (the decision's ledger row says so).

// ListPurpose is what a list is for.
type ListPurpose string

// The purposes.
const (
	TaxList     ListPurpose = "tax"     // 免税备案: classes 01–03 (财税〔2016〕36号 附件3)
	SubsidyList ListPurpose = "subsidy" // 后补助
)

// Label is the purpose in words.
func (p ListPurpose) Label() string {
	return map[ListPurpose]string{TaxList: "办理税收手续", SubsidyList: "申报后补助"}[p]
}

// List is one issued list.
type List struct {
	Number       string
	PointID      int64
	Division     string
	ApplicantOrg int64
	Purpose      ListPurpose
	Large        bool
	State        string // valid, void
	VoidReason   string
	Body         string // canonical JSON of ListBody
	Digest       string
	Suite        string
	KeyID        string
	Signature    string
	CheckCode    string
	LedgerSeq    int64
	IssuedAt     time.Time
	VoidedAt     *time.Time
	Sample       bool
}

// ListBody is what a list says.
type ListBody struct {
	Number    string      `json:"number"`
	Purpose   ListPurpose `json:"purpose"`
	Large     bool        `json:"large"`
	Applicant string      `json:"applicant"` // the seller's name as registered
	Point     string      `json:"point"`
	Items     []ListItem  `json:"items"`
	Amount    money.Fen   `json:"amountFen"`    // ΣC
	Technical money.Fen   `json:"technicalFen"` // ΣT
	IssuedAt  string      `json:"issuedAt"`
	CheckCode string      `json:"checkCode"`
	Sample    bool        `json:"sample"`
}

// ListItem is one contract of a list, in the version that stood on the day of issue.
type ListItem struct {
	Number       string    `json:"number"`
	Version      int       `json:"version"`
	Title        string    `json:"title"`
	Class        string    `json:"class"`
	Seller       string    `json:"seller"`
	Buyer        string    `json:"buyer"`
	Amount       money.Fen `json:"amountFen"`
	Technical    money.Fen `json:"technicalFen"`
	RegisteredOn string    `json:"registeredOn"`
}

// View reads the body.
func (l List) View() (ListBody, error) {
	var b ListBody
	if err := json.Unmarshal([]byte(l.Body), &b); err != nil {
		return b, fmt.Errorf("list %s: %w", l.Number, err)
	}
	return b, nil
}

const maxListItems = 200

// IssueList stamps a list of registered contracts of one applicant at one point. Registrar or head of the point. Faults: Invalid
// fields; Conflict "list_mixed" (large and ordinary, or several applicants), "list_not_standing" (a contract that does not stand
// as registered), "list_class" (a tax list holds classes 01–03 without a failed tax review).
func (s *Service) IssueList(ctx context.Context, a actor.Actor, purpose ListPurpose, numbers []string) (List, error) {
	var l List
	err := s.trail.Guard(ctx, a, "issue_list", "registration_list", "", func(ctx context.Context, tx pgx.Tx) error {
		var bad fault.Fields
		bad.Check(purpose == TaxList || purpose == SubsidyList, "purpose", "unknown", "请选择清单的用途")
		numbers = slices.Clone(numbers)
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
		bad.Check(len(numbers) > 0 && len(numbers) <= maxListItems, "numbers", "count", fmt.Sprintf("请选择 1 至 %d 份合同", maxListItems))
		if err := bad.Err(); err != nil {
			return err
		}
		regs, err := postgres.Many[Registration](ctx, tx, lockRegistrations, pgx.StrictNamedArgs{"numbers": numbers})
		if err != nil {
			return err
		}
		if len(regs) != len(numbers) {
			return registrationNotFound()
		}
		p, err := readPoint(ctx, tx, regs[0].PointID)
		if err != nil {
			return err
		}
		if !a.Has(actor.Registrar, actor.PointHead) || !a.In(p.OrganisationID) {
			return registrationNotFound()
		}
		policy, err := postgres.One[Policy](ctx, tx, selectPolicyOn, pgx.StrictNamedArgs{"day": clock.Date(s.d.Now())})
		if err != nil {
			return fmt.Errorf("policy in force: %w", err)
		}
		large := func(r Registration) bool { return r.Technical >= policy.LargeAmount }
		first := regs[0]
		for _, r := range regs {
			switch {
			case r.PointID != p.ID:
				return registrationNotFound()
			case r.State != Registered:
				return fault.New(fault.Conflict, "list_not_standing", r.Number+"“"+r.State.Label()+"”，不能列入清单")
			case r.ApplicantOrg != first.ApplicantOrg || r.SellerName != first.SellerName:
				return fault.New(fault.Conflict, "list_mixed", "一份清单只列一个申请单位的合同，请分开办理")
			case large(r) != large(first):
				return fault.New(fault.Conflict, "list_mixed", "技术交易额 "+policy.LargeAmount.Short()+"以上的合同与其他合同不能列在同一份清单，请分开办理")
			case purpose == TaxList && (!slices.Contains([]string{"01", "02", "03"}, r.Class[:2]) || r.TaxReview == "no"):
				return fault.New(fault.Conflict, "list_class", r.Number+"不能列入税收清单：只列技术开发、转让、许可，且免税复核未被否定")
			}
		}
		if l, err = s.newList(ctx, tx, p, purpose, large(first), regs); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, "issue_list", "registration_list", l.Number, map[string]any{"numbers": numbers}); err != nil {
			return err
		}
		if l.LedgerSeq, err = s.chain(ctx, tx, "list", l.Number, listRow{Body: json.RawMessage(l.Body), Digest: l.Digest, Suite: l.Suite, KeyID: l.KeyID, Signature: l.Signature, Account: a.AccountID}); err != nil {
			return err
		}
		return addList(ctx, tx, l, a.AccountID, regs)
	})
	return l, err
}

// listRow is the ledger payload of a list.
type listRow struct {
	Body      json.RawMessage `json:"list"`
	Digest    string          `json:"digest"`
	Suite     string          `json:"suite"`
	KeyID     string          `json:"keyId"`
	Signature string          `json:"signature"`
	Account   int64           `json:"account"`
}

func (s *Service) newList(ctx context.Context, tx pgx.Tx, p Point, purpose ListPurpose, large bool, regs []Registration) (List, error) {
	now := s.d.Now()
	year := clock.Date(now).Year()
	var serial int
	if err := tx.QueryRow(ctx, nextList, pgx.StrictNamedArgs{"point": p.ID, "year": year}).Scan(&serial); err != nil {
		return List{}, fmt.Errorf("list number: %w", err)
	}
	code, err := ledger.CheckCode(s.d.Random)
	if err != nil {
		return List{}, err
	}
	body := ListBody{Number: fmt.Sprintf("QD%04d%s%s%04d", year, p.Region4, p.Code2, serial), Purpose: purpose, Large: large, Applicant: regs[0].SellerName, Point: p.Name,
		IssuedAt: clock.Local(now).Format(time.RFC3339), CheckCode: code, Sample: regs[0].Sample}
	for _, r := range regs {
		body.Items = append(body.Items, ListItem{r.Number, r.Version, r.Title, r.Class, r.SellerName, r.BuyerName, r.Amount, r.Technical, r.RegisteredOn.Format(time.DateOnly)})
		body.Amount += r.Amount
		body.Technical += r.Technical
	}
	canonical, err := ledger.Canonical(body)
	if err != nil {
		return List{}, fmt.Errorf("list: %w", err)
	}
	signed, err := s.d.Ledger.SignBody(ctx, []byte(canonical))
	if err != nil {
		return List{}, fmt.Errorf("sign list: %w", err)
	}
	return List{Number: body.Number, PointID: p.ID, Division: p.Division, ApplicantOrg: regs[0].ApplicantOrg, Purpose: purpose, Large: large, State: "valid", Body: canonical,
		Digest: signed.Digest.String(), Suite: signed.Suite, KeyID: signed.KeyID, Signature: signed.Signature.String(), CheckCode: body.CheckCode, IssuedAt: now, Sample: body.Sample}, nil
}

// voidLists lets the lists of a registration fall; it runs inside cancellation and revocation.
func voidLists(ctx context.Context, tx pgx.Tx, number, reason string, at time.Time) error {
	_, err := tx.Exec(ctx, updateListsVoid, pgx.StrictNamedArgs{"number": number, "reason": reason, "at": at})
	return err
}

// Lists gives the lists in the actor's scope, newest first, at most 100: of the points and the area, and of the own organisation.
func (s *Service) Lists(ctx context.Context, a actor.Actor) ([]List, error) {
	sc, err := s.scope(ctx, a)
	if err != nil {
		return nil, err
	}
	return readLists(ctx, s.d.DB, sc)
}

// List reads one list in the actor's scope. NotFound "list_not_found".
func (s *Service) List(ctx context.Context, a actor.Actor, number string) (List, error) {
	var l List
	err := s.trail.Guard(ctx, a, "read", "registration_list", number, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if l, err = oneList(ctx, tx, number); err != nil {
			return err
		}
		p, err := readPoint(ctx, tx, l.PointID)
		if err == nil && len(stand(a, l.ApplicantOrg, nil, p)) == 0 {
			err = listNotFound()
		}
		return err
	})
	if err != nil {
		return List{}, err
	}
	return l, nil
}

func listNotFound() error {
	return fault.New(fault.NotFound, "list_not_found", "没有找到这份清单。请核对清单编号和校验码")
}

// ListCheck is the public answer about a list.
type ListCheck struct {
	List  List // Body empty
	View  ListBody
	Words string
	Items []string // what became of each contract since: "", 已变更 …
}

// CheckList is the public answer about a list. Unknown number and wrong code look the same: NotFound "list_not_found".
func (s *Service) CheckList(ctx context.Context, number, code string) (ListCheck, error) {
	clean := strings.NewReplacer(" ", "", "　", "", "-", "")
	l, err := oneList(ctx, s.d.DB, strings.ToUpper(clean.Replace(number)))
	if err != nil {
		return ListCheck{}, err
	}
	if l.CheckCode != strings.ToUpper(clean.Replace(code)) {
		return ListCheck{}, listNotFound()
	}
	out := ListCheck{List: l, Words: "有效"}
	if out.View, err = l.View(); err != nil {
		return ListCheck{}, err
	}
	if l.State == "void" {
		out.Words = "已失效（" + clock.Local(*l.VoidedAt).Format("2006 年 1 月 2 日") + "）：" + l.VoidReason
	}
	out.View.Applicant, out.List.Body = Mask(out.View.Applicant), ""
	for i, item := range out.View.Items {
		r, err := s.registration(ctx, item.Number)
		if err != nil {
			return ListCheck{}, err
		}
		words := ""
		switch {
		case r.EndedOn != nil:
			words = r.Settled().Label()
		case r.Version != item.Version:
			words = "已变更，金额以新证明为准"
		}
		out.Items = append(out.Items, words)
		out.View.Items[i].Seller, out.View.Items[i].Buyer = Mask(item.Seller), Mask(item.Buyer)
	}
	return out, nil
}

// ListPDF draws a list, the same bytes as long as its state does not change. Scope as List.
func (s *Service) ListPDF(ctx context.Context, a actor.Actor, number string) (name string, pdf []byte, err error) {
	l, err := s.List(ctx, a, number)
	if err != nil {
		return "", nil, err
	}
	b, err := l.View()
	if err != nil {
		return "", nil, err
	}
	fonts, err := s.fonts()
	if err != nil {
		return "", nil, err
	}
	p := fonts.New(document.PDFOptions{Title: "技术合同登记清单 " + number, At: l.IssuedAt, Sample: l.Sample, Numbers: true})
	p.Title("技术合同登记清单")
	if l.State == "void" {
		p.Paragraph("本清单已失效：" + l.VoidReason)
	}
	kind := "一般合同"
	if b.Large {
		kind = "大额合同"
	}
	p.Pairs([]document.Pair{{Label: "清单编号", Value: b.Number}, {Label: "用途", Value: b.Purpose.Label()}, {Label: "申请单位", Value: b.Applicant}, {Label: "合同", Value: fmt.Sprintf("%d 份，%s", len(b.Items), kind)},
		{Label: "合同成交额合计", Value: inWords(b.Amount)}, {Label: "技术交易额合计", Value: inWords(b.Technical)}, {Label: "登记点", Value: b.Point}, {Label: "出具日期", Value: onDay(l.IssuedAt)}})
	p.Space(3)
	rows := make([][]string, len(b.Items))
	for i, x := range b.Items {
		rows[i] = []string{strconv.Itoa(i + 1), x.Number + "\n" + x.Title, x.Buyer, x.Amount.Grouped(), x.Technical.Grouped()}
	}
	p.Table([]document.Column{{Title: "序", Share: 0.07}, {Title: "登记编号和合同名称", Share: 0.37}, {Title: "买方", Share: 0.2}, {Title: "成交额（元）", Share: 0.18, Right: true}, {Title: "技术交易额（元）", Share: 0.18, Right: true}}, rows)
	p.Paragraph("以上合同均已登记并在有效状态。清单所列任何一份合同被注销或撤销的，本清单失效；合同变更的，以变更后的证明为准。本清单不是税务或财政部门的决定。")
	if l.Sample {
		p.Paragraph("样例数据，不具有任何效力。")
	}
	p.QR(s.ListURL(b.Number, b.CheckCode), 30, fmt.Sprintf("扫码或访问核验页，输入清单编号与校验码 %s-%s，可查看本清单现在的状态。\n平台校验码（非印章）　%s %s",
		b.CheckCode[:4], b.CheckCode[4:], map[string]string{"intl": "SHA-256", "guomi": "SM3"}[l.Suite], l.Digest))
	p.Attach("list.json", "application/json", []byte(l.Body))
	p.Attach("list.sig", "text/plain", []byte(l.Signature))
	pdf, err = p.Bytes()
	return "技术合同登记清单-" + number + ".pdf", pdf, err
}

// ListURL is the address in the QR code of a list.
func (s *Service) ListURL(number, code string) string {
	return s.d.BaseURL + "/l/" + number + "?c=" + code
}

// --- subsidy ---

// SubsidyRate is one dated row of the rate table (registration.md §12): a rate on the part of the amount above each step.
type SubsidyRate struct {
	ID        int64
	Name      string
	Side      string // buyer, seller, service
	Classes   []string
	ValidFrom time.Time
	ValidTo   *time.Time
	Tiers     []SubsidyTier
	Cap       money.Fen
	Source    string
	Confirmed bool // false: not confirmed to be in force
}

// SubsidyTier is a rate in basis points on the part above Over.
type SubsidyTier struct {
	Over   money.Fen `json:"overFen"`
	RateBP int64     `json:"rateBp"`
}

// SubsidyStep is one worked line of a calculation.
type SubsidyStep struct {
	Words  string
	Amount money.Fen
}

// Compute works the rate on an amount, tier by tier; each tier is rounded half up to whole 分, the sum is cut at the cap.
func (r SubsidyRate) Compute(base money.Fen) (total money.Fen, steps []SubsidyStep) {
	for i, t := range r.Tiers {
		part := base - t.Over
		words := t.Over.Short() + "以上的部分"
		if i+1 < len(r.Tiers) {
			part = min(part, r.Tiers[i+1].Over-t.Over)
			words = t.Over.Short() + "至 " + r.Tiers[i+1].Over.Short()
		}
		if part <= 0 {
			break
		}
		sum := part.MulRatio(t.RateBP, 10_000)
		total += sum
		steps = append(steps, SubsidyStep{fmt.Sprintf("%s：%s 元 × %s%%", words, part.Grouped(), percent(t.RateBP)), sum})
	}
	if total > r.Cap {
		steps = append(steps, SubsidyStep{"超过上限 " + r.Cap.Short() + "，按上限计", r.Cap - total})
		total = r.Cap
	}
	return total, steps
}

func percent(bp int64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", bp/100, bp%100), "0"), ".")
}

// Subsidy is a worked calculation: a hint, never a decision.
type Subsidy struct {
	Registration Registration
	Rate         *SubsidyRate // nil: no rate covers the class on that day
	Paid         money.Fen    // proven payments
	Base         money.Fen    // the smaller of T and what was paid
	Total        money.Fen
	Steps        []SubsidyStep
	Payments     []Payment
	Lists        []ListRef // the subsidy lists it stands on
	certificate  *Certificate
	point        string
}

// ListRef names a list without what else stands on it.
type ListRef struct {
	Number   string
	IssuedAt time.Time
}

// Payment is one proof of payment.
type Payment struct {
	ID     int64
	Amount money.Fen
	PaidOn time.Time
	FileID int64
	Note   string
}

// SubsidyOf works out the buyer's subsidy of a registration by the rate of its registration day and the payments proven. Scope as
// Dossier.
func (s *Service) SubsidyOf(ctx context.Context, a actor.Actor, number string) (Subsidy, error) {
	d, err := s.Dossier(ctx, a, number)
	if err != nil {
		return Subsidy{}, err
	}
	out := Subsidy{Registration: d.Registration, point: d.Point.Name}
	if len(d.Certificates) > 0 {
		out.certificate = &d.Certificates[0]
	}
	if out.Lists, err = postgres.Many[ListRef](ctx, s.d.DB, selectSubsidyLists, pgx.StrictNamedArgs{"number": number}); err != nil {
		return out, fmt.Errorf("subsidy lists: %w", err)
	}
	if out.Payments, err = postgres.Many[Payment](ctx, s.d.DB, selectPayments, pgx.StrictNamedArgs{"number": number}); err != nil {
		return out, fmt.Errorf("payments: %w", err)
	}
	for _, p := range out.Payments {
		out.Paid += p.Amount
	}
	out.Base = min(out.Paid, d.Registration.Technical)
	rate, err := postgres.One[SubsidyRate](ctx, s.d.DB, selectRateFor, pgx.StrictNamedArgs{"class": d.Registration.Class[:2], "day": d.Registration.RegisteredOn})
	if errors.Is(err, pgx.ErrNoRows) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("subsidy rate: %w", err)
	}
	out.Rate = &rate
	out.Total, out.Steps = rate.Compute(out.Base)
	return out, nil
}

// SubsidyPDF draws the calculation with every step, the same bytes as long as register, payments, lists and rate stay. The QR leads
// to the contract's certificate: the buyer reads this paper, and a list names other people's contracts. Scope as Dossier. Conflict
// "no_rate", "not_standing".
func (s *Service) SubsidyPDF(ctx context.Context, a actor.Actor, number string) (name string, pdf []byte, err error) {
	sub, err := s.SubsidyOf(ctx, a, number)
	if err != nil {
		return "", nil, err
	}
	r, rate := sub.Registration, sub.Rate
	switch {
	case r.EndedOn != nil:
		return "", nil, fault.New(fault.Conflict, "not_standing", "登记"+r.Settled().Label()+"，不再测算后补助")
	case rate == nil:
		return "", nil, fault.New(fault.Conflict, "no_rate", "费率表里没有适用于这类合同的买方补助费率，没有可以测算的")
	}
	fonts, err := s.fonts()
	if err != nil {
		return "", nil, err
	}
	at := r.RegisteredOn
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	lists := "还没有列入"
	for i, l := range sub.Lists {
		later(l.IssuedAt)
		if i == 0 {
			lists = l.Number
		} else {
			lists += "、" + l.Number
		}
	}
	for _, x := range sub.Payments {
		later(x.PaidOn)
	}
	if sub.certificate != nil {
		later(sub.certificate.IssuedAt)
	}
	p := fonts.New(document.PDFOptions{Title: "技术交易后补助测算表 " + number, At: at, Sample: r.Sample, Numbers: true})
	p.Title("技术交易后补助测算表")
	p.Pairs([]document.Pair{{Label: "登记编号", Value: r.Number}, {Label: "合同名称", Value: r.Title}, {Label: "合同类别", Value: codes.ClassName(r.Class)}, {Label: "买方（申报人）", Value: r.BuyerName}, {Label: "卖方", Value: r.SellerName},
		{Label: "登记点", Value: sub.point}, {Label: "登记日期", Value: r.RegisteredOn.Format("2006 年 1 月 2 日")}, {Label: "后补助清单", Value: lists}})
	p.Heading("所用的费率")
	period := rate.ValidFrom.Format("2006 年 1 月 2 日") + "起"
	if rate.ValidTo != nil {
		period += "，至 " + rate.ValidTo.Format("2006 年 1 月 2 日")
	}
	p.Pairs([]document.Pair{{Label: "名称", Value: rate.Name}, {Label: "有效期间", Value: period + "；按合同登记日期选取"}, {Label: "上限", Value: rate.Cap.Grouped() + " 元"}, {Label: "依据", Value: rate.Source}})
	if !rate.Confirmed {
		p.Paragraph("注意：这一费率还没有对照正式文件核实。")
	}
	p.Heading("付款")
	var rows [][]string
	for i, x := range sub.Payments {
		rows = append(rows, []string{strconv.Itoa(i + 1), x.PaidOn.Format(time.DateOnly), x.Note, x.Amount.Grouped()})
	}
	if len(rows) == 0 {
		p.Paragraph("还没有付款凭证，计算基数为零。")
	} else {
		p.Table([]document.Column{{Title: "序", Share: 0.08}, {Title: "支付日期", Share: 0.2}, {Title: "说明", Share: 0.47}, {Title: "金额（元）", Share: 0.25, Right: true}}, rows)
	}
	p.Heading("测算过程")
	rows = [][]string{{"技术交易额", r.Technical.Grouped()}, {"已有凭证的付款合计", sub.Paid.Grouped()}, {"计算基数：以上两者中较小的", sub.Base.Grouped()}}
	for _, step := range sub.Steps {
		rows = append(rows, []string{step.Words, step.Amount.Grouped()})
	}
	p.Table([]document.Column{{Title: "步骤", Share: 0.72}, {Title: "金额（元）", Share: 0.28, Right: true}}, rows)
	p.Pairs([]document.Pair{{Label: "测算的补助", Value: inWords(sub.Total)}})
	p.Paragraph("本表由登记系统按登记簿、付款凭证和费率表计算，只供申报时参考；补助与否、补助多少由主管部门决定。")
	if r.Sample {
		p.Paragraph("样例数据，不具有任何效力。")
	}
	if c := sub.certificate; c != nil {
		p.QR(s.CheckURL(number, c.CheckCode), 30, fmt.Sprintf("扫码或访问核验页，输入登记编号与校验码 %s-%s，可查看合同登记现在的状态和金额。", c.CheckCode[:4], c.CheckCode[4:]))
	}
	pdf, err = p.Bytes()
	return "技术交易后补助测算表-" + number + ".pdf", pdf, err
}

// SubsidyRates lists the rate table. Anybody may call it.
func (s *Service) SubsidyRates(ctx context.Context) ([]SubsidyRate, error) {
	return postgres.Many[SubsidyRate](ctx, s.d.DB, selectRates, pgx.StrictNamedArgs{})
}

// SaveSubsidyRate adds a row of the rate table, or mends the one with its ID. Region officers only. Two rows of one side never
// cover one class on one day: the earlier one gets its last day first. Faults: Invalid fields; NotFound "rate_not_found".
func (s *Service) SaveSubsidyRate(ctx context.Context, a actor.Actor, r SubsidyRate) (SubsidyRate, error) {
	err := s.trail.Guard(ctx, a, "save_rate", "subsidy_rate", strconv.FormatInt(r.ID, 10), func(ctx context.Context, tx pgx.Tx) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "补助费率由自治区管理员维护")
		}
		if err := r.check(); err != nil {
			return err
		}
		others, err := postgres.Many[SubsidyRate](ctx, tx, lockRates, pgx.StrictNamedArgs{})
		if err != nil {
			return err
		}
		known := r.ID == 0
		for _, o := range others {
			if o.ID == r.ID {
				known = true
			} else if o.Side == r.Side && o.overlaps(r) && slices.ContainsFunc(o.Classes, func(c string) bool { return slices.Contains(r.Classes, c) }) {
				var bad fault.Fields
				bad.Add("validFrom", "overlap", "与“"+o.Name+"”（"+o.ValidFrom.Format(time.DateOnly)+" 起）的类别和期间重叠，请先给它填写截止日期")
				return bad.Err()
			}
		}
		if !known {
			return fault.New(fault.NotFound, "rate_not_found", "没有这一条费率，请从费率表重新打开")
		}
		if r.ID, err = storeRate(ctx, tx, r); err != nil {
			return fmt.Errorf("store rate: %w", err)
		}
		return s.trail.Record(ctx, tx, a, "save_rate", "subsidy_rate", strconv.FormatInt(r.ID, 10), map[string]any{"rate": r})
	})
	return r, err
}

func (r SubsidyRate) overlaps(o SubsidyRate) bool {
	return (r.ValidTo == nil || !r.ValidTo.Before(o.ValidFrom)) && (o.ValidTo == nil || !o.ValidTo.Before(r.ValidFrom))
}

func (r SubsidyRate) check() error {
	var bad fault.Fields
	bad.Required("name", r.Name, "请填写名称，如“购买技术成果后补助”")
	bad.Check(slices.Contains([]string{"buyer", "seller", "service"}, r.Side), "side", "unknown", "请选择补助给哪一方")
	bad.Check(len(r.Classes) > 0, "classes", "required", "请选择适用的合同类别")
	for _, c := range r.Classes {
		bad.Check(len(c) == 2 && codes.ContractClass.Has(c), "classes", "unknown", "请从五类合同中选择")
	}
	bad.Check(!r.ValidFrom.IsZero(), "validFrom", "required", "请填写起始日期")
	bad.Check(r.ValidTo == nil || !r.ValidTo.Before(r.ValidFrom), "validTo", "order", "截止日期早于起始日期")
	bad.Check(len(r.Tiers) > 0, "tiers.0.rate", "required", "请至少填写一档的比例")
	for i, t := range r.Tiers {
		at := fmt.Sprintf("tiers.%d.", i)
		bad.Check(t.RateBP > 0 && t.RateBP <= 10_000, at+"rate", "range", "比例应大于 0，不超过 100%")
		if i == 0 {
			bad.Check(t.Over == 0, at+"over", "range", "第一档从 0 开始")
		} else {
			bad.Check(t.Over > r.Tiers[i-1].Over, at+"over", "order", "起点应大于上一档的起点")
		}
	}
	bad.Check(r.Cap > 0 && r.Cap <= money.Max, "cap", "range", "请填写补助的上限")
	bad.Required("source", r.Source, "请填写依据的文件和文号")
	return bad.Err()
}

// AddPayment keeps a proof of payment. Members of a party's organisation, with a file of their own; ΣC is the most. Faults:
// Invalid fields, Conflict "paid_above_amount", "list_not_standing" where the registration ended.
func (s *Service) AddPayment(ctx context.Context, a actor.Actor, number string, p Payment) error {
	return s.trail.Guard(ctx, a, "add_payment", "registration", number, func(ctx context.Context, tx pgx.Tx) error {
		r, err := postgres.One[Registration](ctx, tx, lockRegistration, pgx.StrictNamedArgs{"number": number})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && (!a.In(r.ApplicantOrg) && !a.In(r.SellerOrg) && !a.In(r.BuyerOrg) || !a.Has(Applicant.roles()...)) {
			return registrationNotFound()
		}
		if err != nil {
			return err
		}
		var bad fault.Fields
		bad.Check(p.Amount > 0 && p.Amount <= money.Max, "amountFen", "range", "请填写实际支付的金额")
		bad.Check(!p.PaidOn.IsZero() && !p.PaidOn.After(clock.Date(s.d.Now())), "paidOn", "range", "支付日期不应晚于今天")
		file, err := s.d.Files.Get(ctx, tx, p.FileID)
		bad.Check(err == nil && file.OwnerOrg != nil && a.In(*file.OwnerOrg), "file", "required", "请上传付款凭证")
		if err := bad.Err(); err != nil {
			return err
		}
		if r.EndedOn != nil {
			return fault.New(fault.Conflict, "list_not_standing", "登记"+r.Settled().Label()+"，不再接收付款凭证")
		}
		var paid money.Fen
		if err := tx.QueryRow(ctx, sumPayments, pgx.StrictNamedArgs{"number": number}).Scan(&paid); err != nil {
			return err
		}
		if paid+p.Amount > r.Amount {
			return fault.Newf(fault.Conflict, "paid_above_amount", "累计支付 %s 元将超过合同成交额 %s 元，请核对", (paid + p.Amount).Grouped(), r.Amount.Grouped())
		}
		if _, err := tx.Exec(ctx, insertPayment, pgx.StrictNamedArgs{"number": number, "amount": p.Amount, "paid_on": p.PaidOn, "file": p.FileID, "note": p.Note, "by": a.AccountID, "now": s.d.Now()}); err != nil {
			return err
		}
		return s.trail.Record(ctx, tx, a, "add_payment", "registration", number, map[string]any{"amountFen": p.Amount})
	})
}

// PaymentFile names the file of a payment for download. Scope as Dossier. NotFound "file_not_found".
func (s *Service) PaymentFile(ctx context.Context, a actor.Actor, number string, payment int64) (file int64, err error) {
	sub, err := s.SubsidyOf(ctx, a, number)
	if err != nil {
		return 0, err
	}
	for _, p := range sub.Payments {
		if p.ID == payment {
			return p.FileID, nil
		}
	}
	return 0, fault.New(fault.NotFound, "file_not_found", "没有这份付款凭证")
}
