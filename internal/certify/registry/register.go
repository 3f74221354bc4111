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

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// Register gives number, certificate, ledger row and period entry in one transaction; the PDF follows by a job. For a
// change filing it registers version v+1 under the same number and books the difference. Head of the point.
// national is the 16-digit number of the national system where the point enters it, empty otherwise.
// Faults: Invalid "number_format", Conflict "number_taken", "income_exceeds" (change: ΣR above the new T).
func (s *Service) Register(ctx context.Context, a actor.Actor, r Ref, national string) (Registration, error) {
	var reg Registration
	_, err := s.onFiling(ctx, a, r, EventRegister, func(ctx context.Context, w *work) error {
		frozen, err := s.d.Contracts.Frozen(ctx, w.tx, w.filing.ContractID, w.filing.ContractVersion)
		if err != nil {
			return err
		}
		if err := s.drawable(frozen.Content); err != nil {
			return err
		}
		w.filing.Head = a.AccountID
		if w.filing.Kind == Change {
			reg, err = s.registerChange(ctx, w, frozen)
		} else {
			reg, err = s.registerFirst(ctx, w, frozen, national)
		}
		if err != nil {
			return err
		}
		w.number = reg.Number
		w.tell, w.say = []int64{w.filing.Applicant}, "技术合同已登记，编号 "+reg.Number
		w.link = "/registrations/" + reg.Number // the certificate is there
		if err := s.d.Contracts.Move(ctx, w.tx, w.filing.ContractID, contract.EventRegister); err != nil {
			return err
		}
		return s.issue(ctx, w, reg, frozen)
	})
	return reg, err
}

func (s *Service) registerFirst(ctx context.Context, w *work, v contract.Frozen, national string) (Registration, error) {
	reg := Registration{ContractID: w.filing.ContractID, PointID: w.point.ID, Division: w.point.Division, ApplicantOrg: w.filing.ApplicantOrg,
		State: Registered, Version: 1, LockVersion: 1, SellerOrg: w.filing.SellerOrg, BuyerOrg: w.filing.BuyerOrg, RegisteredOn: w.today,
		Sample: w.filing.Sample}
	reg.take(w.filing, v)
	var err error
	if reg.Number, err = giveNumber(ctx, w, national); err != nil {
		return reg, err
	}
	if err := addRegistration(ctx, w.tx, reg); err != nil {
		if postgres.Constraint(err) == "registration_pkey" {
			return reg, fault.New(fault.Conflict, "number_taken", "这个登记编号已被使用，请核对国家系统给出的编号")
		}
		return reg, fmt.Errorf("add registration: %w", err)
	}
	return reg, book(ctx, w.tx, reg, "register", "in", w.today, 1, reg.Amount, reg.Technical)
}

// giveNumber takes the next number of the point's own sequence, or checks the one made by the national system: pattern,
// this year, this point; the own sequence then skips past it (registration.md §5, §15 rule 9).
func giveNumber(ctx context.Context, w *work, national string) (string, error) {
	year := w.today.Year()
	if w.point.NumberSource == OwnNumbers {
		if national != "" {
			return "", fault.New(fault.Invalid, "number_format", "本登记点自行编号，不需要录入编号")
		}
		return takeNumber(ctx, w.tx, w.point, year)
	}
	prefix := fmt.Sprintf("%04d%s%s", year, w.point.Region4, w.point.Code2)
	national = strings.ReplaceAll(strings.TrimSpace(national), " ", "")
	serial, err := strconv.Atoi(strings.TrimPrefix(national, prefix))
	if err != nil || len(national) != 16 || !strings.HasPrefix(national, prefix) || serial < 1 {
		return "", &fault.Error{Kind: fault.Invalid, Code: "number_format", Message: "登记编号不符合规则",
			Fields: []fault.Field{{Path: "number", Code: "format", Message: "编号为 16 位数字，本点今年的编号以 " + prefix + " 开头"}}}
	}
	_, err = w.tx.Exec(ctx, skipNumber, pgx.StrictNamedArgs{"point": w.point.ID, "year": year, "serial": serial})
	return national, err
}

func (s *Service) registerChange(ctx context.Context, w *work, v contract.Frozen) (Registration, error) {
	reg, err := postgres.One[Registration](ctx, w.tx, lockRegistration, pgx.StrictNamedArgs{"number": w.number})
	if err != nil {
		return reg, fmt.Errorf("registration of the change: %w", err)
	}
	rule, err := find(OnRegistration, reg.State, EventRegisterChange, []Part{Head})
	if err != nil {
		return reg, err
	}
	old := reg
	reg.State = rule.To[0]
	reg.Version++
	reg.take(w.filing, v)
	if reg.Income > reg.Technical {
		return reg, fault.Newf(fault.Conflict, "income_exceeds", "已核定技术性收入 %s 元，超过变更后的技术交易额 %s 元。请先核对收入记录", reg.Income.Grouped(), reg.Technical.Grouped())
	}
	if err := storeRegistration(ctx, w.tx, reg); err != nil {
		return reg, err
	}
	reg.LockVersion++
	if _, err := w.tx.Exec(ctx, markCertificates, pgx.StrictNamedArgs{"number": reg.Number, "state": "superseded"}); err != nil {
		return reg, err
	}
	if old.cells() == reg.cells() {
		return reg, book(ctx, w.tx, reg, "change", "in", w.today, 0, reg.Amount-old.Amount, reg.Technical-old.Technical)
	}
	// The change moved the contract to another class, field or division: out of the old cells, into the new ones.
	out := old
	out.Version = reg.Version
	if err := book(ctx, w.tx, out, "change", "out", w.today, -1, -old.Amount, -old.Technical); err != nil {
		return reg, err
	}
	return reg, book(ctx, w.tx, reg, "change", "in", w.today, 1, reg.Amount, reg.Technical)
}

// take copies what the desk decided and what statistics count by.
func (r *Registration) take(f Filing, v contract.Frozen) {
	c := v.Content
	r.Title, r.Class = c.Elements.Name, f.Class
	r.Amount, r.Technical, r.VATBase = *f.Amount, *f.Technical, *f.VATBase
	r.Field, r.PlanSource, r.IPKind, r.SocialGoal = c.Elements.Field, c.Elements.PlanSource, "none", c.Elements.SocialGoal
	if len(c.Elements.IP) > 0 {
		r.IPKind = c.Elements.IP[0].Kind
	}
	r.SellerName, r.SellerKind, r.SellerCountry, r.SellerDivision = c.Seller.Name, c.Seller.SellerKind(), country(c.Seller), c.Seller.Division
	r.BuyerName = buyers(c)
	if len(c.Buyers) > 0 {
		r.BuyerCountry, r.BuyerDivision = country(c.Buyers[0]), c.Buyers[0].Division
	}
}

func country(p contract.Party) string {
	if p.Country == "" {
		return contract.China
	}
	return p.Country
}

// cells is where statistics count a registration.
func (r Registration) cells() [10]string {
	return [10]string{r.Class, r.Field, r.SellerKind, r.PlanSource, r.IPKind, r.SocialGoal, r.SellerCountry, r.SellerDivision, r.BuyerCountry, r.BuyerDivision}
}

// CertificateBody is what a certificate says; its canonical JSON is signed and chained. The printed fields follow the
// 2000 办法 while it is in force: C, T and the approved 技术性收入 (第11条).
type CertificateBody struct {
	Number       string    `json:"number"`
	Version      int       `json:"version"`
	Title        string    `json:"title"`
	Class        string    `json:"class"`
	ClassName    string    `json:"className"`
	Seller       string    `json:"seller"`
	SellerCode   string    `json:"sellerCode"`
	Buyer        string    `json:"buyer"`
	BuyerCode    string    `json:"buyerCode"`
	SignedOn     string    `json:"signedOn"`
	BeginsOn     string    `json:"beginsOn"`
	EndsOn       string    `json:"endsOn"`
	Amount       money.Fen `json:"amountFen"`    // C
	Technical    money.Fen `json:"technicalFen"` // T
	Income       money.Fen `json:"incomeFen"`    // ΣR on the day of issue
	AmountOpen   bool      `json:"amountOpen"`   // 金额待补正
	Point        string    `json:"point"`
	RegisteredOn string    `json:"registeredOn"`
	IssuedAt     string    `json:"issuedAt"` // RFC 3339, +08:00
	CheckCode    string    `json:"checkCode"`
	Sample       bool      `json:"sample"`
}

// CertificateArgs is the job that makes a certificate's PDF.
type CertificateArgs struct {
	Number  string `json:"number"`
	Version int    `json:"version"`
}

// Kind names the job.
func (CertificateArgs) Kind() string { return "certificate_pdf" }

// issue writes the certificate of the registration's version: signed canonical JSON, its ledger row, the job of its PDF.
func (s *Service) issue(ctx context.Context, w *work, reg Registration, v contract.Frozen) error {
	code, err := ledger.CheckCode(s.d.Random)
	if err != nil {
		return err
	}
	c := v.Content
	body := CertificateBody{Number: reg.Number, Version: reg.Version, Title: reg.Title, Class: reg.Class, ClassName: codes.ClassName(reg.Class),
		Seller: reg.SellerName, SellerCode: c.Seller.CreditCode, Buyer: reg.BuyerName, SignedOn: string(c.Elements.SignedOn),
		BeginsOn: string(c.Elements.BeginsOn), EndsOn: string(c.Elements.EndsOn), Amount: reg.Amount, Technical: reg.Technical, Income: reg.Income,
		AmountOpen: c.Elements.AmountOpen || c.Elements.Royalty == contract.Yes, Point: w.point.Name, RegisteredOn: reg.RegisteredOn.Format(time.DateOnly),
		IssuedAt: clock.Local(w.now).Format(time.RFC3339), CheckCode: code, Sample: reg.Sample}
	if len(c.Buyers) > 0 {
		body.BuyerCode = c.Buyers[0].CreditCode
	}
	canonical, err := ledger.Canonical(body)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	signed, err := s.d.Ledger.SignBody(ctx, []byte(canonical))
	if err != nil {
		return fmt.Errorf("sign certificate: %w", err)
	}
	event := EventRegister
	if w.filing.Kind == Change {
		event = EventRegisterChange
	}
	// The audit chain is locked before the ledger's, as everywhere.
	if err := s.trail.Record(ctx, w.tx, w.who, string(event), "registration", reg.Number, map[string]any{"version": reg.Version}); err != nil {
		return err
	}
	seq, err := s.chain(ctx, w.tx, "certificate", certificateRef(reg.Number, reg.Version), certificateRow{Event: event, Filing: w.filing.IntakeNo,
		Account: w.who.AccountID, ContractVersion: v.Number, TextDigest: v.TextDigest, VATBase: reg.VATBase, Body: json.RawMessage(canonical),
		Digest: signed.Digest.String(), Suite: signed.Suite, KeyID: signed.KeyID, Signature: signed.Signature.String()})
	if err != nil {
		return err
	}
	if _, err := w.tx.Exec(ctx, insertCertificate, pgx.StrictNamedArgs{"number": reg.Number, "version": reg.Version, "body": canonical,
		"digest": signed.Digest.String(), "suite": signed.Suite, "key_id": signed.KeyID, "signature": signed.Signature.String(), "check_code": body.CheckCode,
		"ledger_seq": seq, "issued_at": w.now}); err != nil {
		return fmt.Errorf("add certificate: %w", err)
	}
	return s.d.Jobs.Enqueue(ctx, w.tx, CertificateArgs{reg.Number, reg.Version}, jobs.Options{})
}

// certificateRow is the ledger payload of a certificate.
type certificateRow struct {
	Event           Event           `json:"event"`
	Filing          string          `json:"filing"`
	Account         int64           `json:"account"`
	ContractVersion int             `json:"contractVersion"`
	TextDigest      string          `json:"textDigest"`
	VATBase         money.Fen       `json:"vatBaseFen"`
	Body            json.RawMessage `json:"certificate"`
	Digest          string          `json:"digest"`
	Suite           string          `json:"suite"`
	KeyID           string          `json:"keyId"`
	Signature       string          `json:"signature"`
}

func certificateRef(number string, version int) string { return number + "/" + strconv.Itoa(version) }

// standing is one event on a registration inside its transaction.
type standing struct {
	tx    pgx.Tx
	who   actor.Actor
	now   time.Time
	today time.Time
	part  Part
	reg   Registration
	point Point
	to    State
	note  string
	tell  []int64
	say   string
}

// onRegistration is onFiling for registrations.
func (s *Service) onRegistration(ctx context.Context, a actor.Actor, r NumberRef, event Event, fn func(ctx context.Context, w *standing) error) (Registration, error) {
	var done Registration
	err := s.trail.Guard(ctx, a, string(event), "registration", r.Number, func(ctx context.Context, tx pgx.Tx) error {
		reg, err := postgres.One[Registration](ctx, tx, lockRegistration, pgx.StrictNamedArgs{"number": r.Number})
		if errors.Is(err, pgx.ErrNoRows) {
			return registrationNotFound()
		}
		if err != nil {
			return err
		}
		p, err := readPoint(ctx, tx, reg.PointID)
		if err != nil {
			return err
		}
		parts := stand(a, reg.ApplicantOrg, []int64{reg.SellerOrg, reg.BuyerOrg}, p)
		if len(parts) == 0 {
			return registrationNotFound()
		}
		rule, err := find(OnRegistration, reg.State, event, parts)
		if err != nil {
			return err
		}
		if r.Version != 0 && r.Version != reg.LockVersion {
			return fault.Stale()
		}
		w := &standing{tx: tx, who: a, now: s.d.Now(), part: rule.Part, reg: reg, point: p, to: rule.To[0]}
		w.today = clock.Date(w.now)
		if err := fn(ctx, w); err != nil {
			return err
		}
		if !slices.Contains(rule.To, w.to) {
			return fmt.Errorf("registry: %s leads from %s to %s, which the table does not know", event, reg.State, w.to)
		}
		w.reg.State = w.to
		if err := storeRegistration(ctx, tx, w.reg); err != nil {
			return fmt.Errorf("store registration: %w", err)
		}
		w.reg.LockVersion++
		if err := addEvent(ctx, tx, 0, reg.Number, EventRow{At: w.now, Account: a.AccountID, Part: w.part, Event: event, From: reg.State, To: w.to, Note: w.note}, nil); err != nil {
			return err
		}
		if err := s.trail.Record(ctx, tx, a, string(event), "registration", reg.Number, map[string]any{"from": reg.State, "to": w.to, "part": w.part}); err != nil {
			return err
		}
		payload := decision{Number: reg.Number, Event: event, From: reg.State, To: w.to, Part: w.part, Account: a.AccountID, Point: reg.PointID,
			ContractID: reg.ContractID, Class: w.reg.Class, Amount: w.reg.Amount, Technical: w.reg.Technical, Income: w.reg.Income, Note: w.note,
			At: clock.Local(w.now).Format(time.RFC3339)}
		if _, err := s.chain(ctx, tx, "decision", reg.Number, payload); err != nil {
			return err
		}
		done = w.reg
		if w.say == "" {
			return nil
		}
		return s.message(ctx, tx, w.tell, a.AccountID, w.say, reg.Title+"（"+reg.Number+"）", "/registrations/"+reg.Number)
	})
	return done, err
}

// StartChange makes the registered contract's document editable for its applicant; nothing is filed yet. Applicant.
func (s *Service) StartChange(ctx context.Context, a actor.Actor, r NumberRef) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventStartChange, func(ctx context.Context, w *standing) error {
		return s.d.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventChange)
	})
}

// AbandonChange gives up a change that was not filed yet; the document returns to the registered version. Applicant.
func (s *Service) AbandonChange(ctx context.Context, a actor.Actor, r NumberRef) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventAbandonChange, func(ctx context.Context, w *standing) error {
		return s.d.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventKeep)
	})
}

// RequestChange files the amended contract at the original point (办法第15条). Applicant. Conflict "change_not_started".
func (s *Service) RequestChange(ctx context.Context, a actor.Actor, r NumberRef, reason string) (Filing, error) {
	reg, err := s.registration(ctx, r.Number)
	if err != nil {
		return Filing{}, err
	}
	var f Filing
	registrars, err := s.registrars(ctx, reg.PointID)
	if err != nil {
		return Filing{}, err
	}
	_, err = s.onRegistration(ctx, a, r, EventRequestChange, func(ctx context.Context, w *standing) error {
		var bad fault.Fields
		bad.Required("reason", reason, "请写明变更的原因")
		if err := bad.Err(); err != nil {
			return err
		}
		w.note = reason
		c, err := s.d.Contracts.Get(ctx, w.tx, w.reg.ContractID)
		if err != nil {
			return err
		}
		if c.State != contract.Changing {
			return fault.New(fault.Conflict, "change_not_started", "请先在合同页修改变更的内容，再提交变更申请")
		}
		f, err = s.add(ctx, w.tx, a, c, w.point, Change, w.reg.Number, registrars)
		return err
	})
	return f, err
}

// RequestCancel asks the original point to cancel. Applicant. Conflict "already_requested".
func (s *Service) RequestCancel(ctx context.Context, a actor.Actor, r NumberRef, reason string) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventRequestCancel, func(_ context.Context, w *standing) error {
		var bad fault.Fields
		bad.Required("reason", reason, "请写明申请注销的原因")
		if w.reg.CancelRequest != nil {
			return fault.New(fault.Conflict, "already_requested", "已经申请过注销，请等待登记点决定")
		}
		w.reg.CancelRequest = &Request{Reason: reason, Account: a.AccountID, On: w.today.Format(time.DateOnly)}
		w.note = reason
		return bad.Err()
	})
}

// DeclineCancel turns the request down with a reason. Head of the original point. Conflict "not_requested".
func (s *Service) DeclineCancel(ctx context.Context, a actor.Actor, r NumberRef, reason string) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventDeclineCancel, func(_ context.Context, w *standing) error {
		request, err := w.asked()
		if err != nil {
			return err
		}
		var bad fault.Fields
		bad.Required("reason", reason, "请写明不予注销的理由")
		w.note, w.reg.CancelRequest, w.tell, w.say = reason, nil, []int64{request.Account}, "注销申请未获同意"
		return bad.Err()
	})
}

func (w *standing) asked() (*Request, error) {
	if w.reg.CancelRequest == nil {
		return nil, fault.New(fault.Conflict, "not_requested", "注销须由申请人先提出")
	}
	if w.reg.CancelRequest.Account == w.who.AccountID {
		return nil, fault.New(fault.Forbidden, "part_taken", "注销申请由您提出，须由其他人员决定")
	}
	return w.reg.CancelRequest, nil
}

// CancelGrounds lists why a registration is cancelled (办法第15条).
func CancelGrounds() map[string]string {
	return map[string]string{"rescinded": "合同解除", "terminated": "合同终止", "void": "合同被确认无效", "annulled": "合同被撤销"}
}

// Cancel ends the registration on the applicant's request, books −1/−C/−T today and leaves a notice task for 税务 and
// 财政 (办法第15条). Head of the original point. Conflict "not_requested".
func (s *Service) Cancel(ctx context.Context, a actor.Actor, r NumberRef, ground, reason string) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventCancel, func(ctx context.Context, w *standing) error {
		request, err := w.asked()
		if err != nil {
			return err
		}
		var bad fault.Fields
		bad.Check(CancelGrounds()[ground] != "", "ground", "unknown", "请选择注销的原因")
		bad.Required("reason", reason, "请写明情况")
		if err := bad.Err(); err != nil {
			return err
		}
		w.tell, w.say = []int64{request.Account}, "登记已注销"
		return s.end(ctx, w, Cancelled, "cancel", "cancelled", CancelGrounds()[ground], Ending{Ground: ground, Reason: reason})
	})
}

// Revoke ends the registration from above (办法第17条), books −1/−C/−T today and leaves the notice tasks. ground is one
// of codes.RevocationGround. Officer of the area.
func (s *Service) Revoke(ctx context.Context, a actor.Actor, r NumberRef, ground, reason string) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventRevoke, func(ctx context.Context, w *standing) error {
		var bad fault.Fields
		bad.Check(codes.RevocationGround.Has(ground), "ground", "unknown", "请选择撤销的理由")
		bad.Required("reason", reason, "请写明事实和依据")
		if err := bad.Err(); err != nil {
			return err
		}
		return s.end(ctx, w, Revoked, "revoke", "revoked", codes.RevocationGround.Label(ground), Ending{Ground: ground, Reason: reason})
	})
}

func (s *Service) end(ctx context.Context, w *standing, to State, kind, certificate, ground string, e Ending) error {
	e.On = w.today.Format(time.DateOnly)
	w.to, w.note, w.reg.Ending, w.reg.EndedOn, w.reg.CancelRequest = to, ground+"。"+e.Reason, &e, &w.today, nil
	if _, err := w.tx.Exec(ctx, markCertificates, pgx.StrictNamedArgs{"number": w.reg.Number, "state": certificate}); err != nil {
		return err
	}
	if err := book(ctx, w.tx, w.reg, kind, "out", w.today, -1, -w.reg.Amount, -w.reg.Technical); err != nil {
		return fmt.Errorf("book %s: %w", kind, err)
	}
	if err := voidLists(ctx, w.tx, w.reg.Number, w.reg.Number+to.Label(), w.now); err != nil {
		return fmt.Errorf("void lists: %w", err)
	}
	for audience, who := range map[string]string{"tax": "税务机关", "finance": "财政部门"} {
		if _, err := w.tx.Exec(ctx, insertNotice, pgx.StrictNamedArgs{"number": w.reg.Number, "division": w.reg.Division, "audience": audience,
			"title": "告知" + who + "：登记" + to.Label(), "at": w.now,
			"body": fmt.Sprintf("登记编号 %s《%s》%s（%s）。成交额 %s 元，技术交易额 %s 元，已核定技术性收入 %s 元。请通知已据此享受政策的单位。",
				w.reg.Number, w.reg.Title, to.Label(), ground, w.reg.Amount.Grouped(), w.reg.Technical.Grouped(), w.reg.Income.Grouped())}); err != nil {
			return fmt.Errorf("notice task: %w", err)
		}
	}
	err := s.d.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventClose)
	if fault.Is(err, fault.Conflict) { // a change was being written: it ends with the registration
		if err = s.d.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventKeep); err == nil {
			err = s.d.Contracts.Move(ctx, w.tx, w.reg.ContractID, contract.EventClose)
		}
	}
	return err
}

// ReviewTaxRelief records the re-check of a class 01–03 registration. Officer of the area. Conflict "class_not_reviewed".
func (s *Service) ReviewTaxRelief(ctx context.Context, a actor.Actor, r NumberRef, ok bool, note string) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventReviewTaxRelief, func(_ context.Context, w *standing) error {
		if !slices.Contains([]string{"01", "02", "03"}, w.reg.Class[:2]) {
			return fault.New(fault.Conflict, "class_not_reviewed", "免税复核只针对技术开发、技术转让和技术许可")
		}
		var bad fault.Fields
		w.reg.TaxReview = "ok"
		if !ok {
			w.reg.TaxReview = "no"
			bad.Required("note", note, "复核不通过须写明理由")
		}
		w.note = strings.TrimSuffix(map[bool]string{true: "通过", false: "不通过"}[ok]+"："+strings.TrimSpace(note), "：")
		return bad.Err()
	})
}

// BookIncome books 技术性收入 from a 核定表 with the finance seal; ΣR ≤ T of the version that stands (规则第52条), else
// Conflict "income_exceeds". Registrar of the original point.
func (s *Service) BookIncome(ctx context.Context, a actor.Actor, r NumberRef, amount money.Fen, note string) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventBookIncome, func(ctx context.Context, w *standing) error {
		var bad fault.Fields
		bad.Check(amount > 0 && amount <= money.Max, "amount", "range", "核定金额应大于零")
		if err := bad.Err(); err != nil {
			return err
		}
		if w.reg.Income+amount > w.reg.Technical {
			return fault.Newf(fault.Conflict, "income_exceeds", "累计将达 %s 元，超过技术交易额 %s 元，最多还能核定 %s 元",
				(w.reg.Income + amount).Grouped(), w.reg.Technical.Grouped(), (w.reg.Technical - w.reg.Income).Grouped())
		}
		w.reg.Income += amount
		w.note = amount.Grouped() + " 元 " + note
		_, err := w.tx.Exec(ctx, insertIncome, pgx.StrictNamedArgs{"number": w.reg.Number, "amount": amount, "booked_on": w.today, "by": a.AccountID, "note": note})
		return err
	})
}

// OpenReconsideration notes that the applicant asked for 行政复议 (办法第13条). Applicant.
func (s *Service) OpenReconsideration(ctx context.Context, a actor.Actor, r NumberRef, note string) (Registration, error) {
	return s.reopen(ctx, a, r, EventOpenReconsideration, note)
}

// OpenReRecognition notes that 税务 or 财政 asked for 重新认定 (办法第14条). Tax reader of the area.
func (s *Service) OpenReRecognition(ctx context.Context, a actor.Actor, r NumberRef, note string) (Registration, error) {
	return s.reopen(ctx, a, r, EventOpenReRecognition, note)
}

func (s *Service) reopen(ctx context.Context, a actor.Actor, r NumberRef, event Event, note string) (Registration, error) {
	return s.onRegistration(ctx, a, r, event, func(_ context.Context, w *standing) error {
		var bad fault.Fields
		bad.Required("note", note, "请写明请求和理由")
		w.reg.PriorState, w.note = w.reg.State, note
		return bad.Err()
	})
}

// Conclude ends 复议 or 重新认定 of a registration: it returns to the state before; what must change then follows by
// change or revocation. Officer of the area.
func (s *Service) Conclude(ctx context.Context, a actor.Actor, r NumberRef, note string) (Registration, error) {
	return s.onRegistration(ctx, a, r, EventConcludeReexamination, func(_ context.Context, w *standing) error {
		var bad fault.Fields
		bad.Required("note", note, "请写明结论")
		w.to, w.reg.PriorState, w.note = w.reg.PriorState, "", note
		return bad.Err()
	})
}

// OpenFilingReconsideration is OpenReconsideration for a declined or refused filing. Applicant.
func (s *Service) OpenFilingReconsideration(ctx context.Context, a actor.Actor, r Ref, note string) (Filing, error) {
	return s.reopenFiling(ctx, a, r, EventOpenReconsideration, note)
}

// OpenFilingReRecognition is OpenReRecognition for a refused filing. Tax reader of the area.
func (s *Service) OpenFilingReRecognition(ctx context.Context, a actor.Actor, r Ref, note string) (Filing, error) {
	return s.reopenFiling(ctx, a, r, EventOpenReRecognition, note)
}

func (s *Service) reopenFiling(ctx context.Context, a actor.Actor, r Ref, event Event, note string) (Filing, error) {
	return s.onFiling(ctx, a, r, event, func(_ context.Context, w *work) error {
		var bad fault.Fields
		bad.Required("note", note, "请写明请求和理由")
		w.filing.PriorState, w.note = w.filing.State, note
		return bad.Err()
	})
}

// ConcludeFiling ends 复议 or 重新认定 of a filing: it returns to the state before. Where the decision was set aside the
// applicant files anew, the document being editable since. Officer of the area.
func (s *Service) ConcludeFiling(ctx context.Context, a actor.Actor, r Ref, note string) (Filing, error) {
	return s.onFiling(ctx, a, r, EventConcludeReexamination, func(_ context.Context, w *work) error {
		var bad fault.Fields
		bad.Required("note", note, "请写明结论")
		w.to, w.filing.PriorState, w.note = w.filing.PriorState, "", note
		return bad.Err()
	})
}

func (s *Service) registration(ctx context.Context, number string) (Registration, error) {
	r, err := postgres.One[Registration](ctx, s.d.DB, selectRegistration, pgx.StrictNamedArgs{"number": number})
	if errors.Is(err, pgx.ErrNoRows) {
		return r, registrationNotFound()
	}
	return r, err
}

func (s *Service) registrars(ctx context.Context, point int64) ([]int64, error) {
	p, err := s.Point(ctx, point)
	if err != nil {
		return nil, err
	}
	return s.d.People.AccountsOf(ctx, p.OrganisationID, actor.Registrar)
}
