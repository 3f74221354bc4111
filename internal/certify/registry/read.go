package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// scope is what an actor may list: the points of the own organisation, the area supervised, the own organisation's cases.
type scope struct {
	points   []int64
	division string // prefix of digits; "" nothing, "%" the region
	org      int64
	account  int64
}

func (s *Service) scope(ctx context.Context, a actor.Actor) (scope, error) {
	if !a.SignedIn() {
		return scope{}, fault.New(fault.Unauthorized, "sign_in", "请先登录")
	}
	sc := scope{points: []int64{}, account: a.AccountID}
	switch {
	case a.Has(actor.RegionOfficer):
		sc.division = "15%"
	case a.Has(actor.LeagueOfficer) && len(a.Division) == 6:
		sc.division = a.Division[:4] + "%"
	case a.Has(actor.TaxReader) && len(a.Division) == 6, a.Has(actor.Expert) && a.OrgKind == actor.Government && len(a.Division) == 6:
		sc.division = strings.TrimRight(a.Division, "0") + "%"
		if len(sc.division) < 3 {
			sc.division = "15%"
		}
	}
	if a.Staff() {
		hosted, err := s.Hosted(ctx, a.OrgID)
		if err != nil {
			return scope{}, err
		}
		for _, p := range hosted {
			sc.points = append(sc.points, p.ID)
		}
	}
	if a.Has(Applicant.roles()...) {
		sc.org = a.OrgID
	}
	return sc, nil
}

// Queue lists filings in the actor's scope: staff their point's, officers and experts of a department their area's,
// applicants their organisation's own. Open filings come by the day that holds, others newest first.
func (s *Service) Queue(ctx context.Context, a actor.Actor, f QueueFilter) (QueuePage, error) {
	sc, err := s.scope(ctx, a)
	if err != nil {
		return QueuePage{}, err
	}
	open := f.ContractID == 0 && !slices.ContainsFunc(f.States, func(st State) bool { return !st.Open() })
	q := queueQuery(sc, f, open)
	limit := page(f.Limit)
	rows, err := postgres.Many[queueRow](ctx, s.d.DB, q.sql(limit+1), q.args)
	if err != nil {
		return QueuePage{}, fmt.Errorf("queue: %w", err)
	}
	days, err := readCalendar(ctx, s.d.DB)
	if err != nil {
		return QueuePage{}, err
	}
	today := clock.Date(s.d.Now())
	out := QueuePage{Rows: make([]QueueRow, 0, len(rows))}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		out.Next = cursor(last.DueOn.Format(time.DateOnly), strconv.FormatInt(last.ID, 10))
	}
	for _, r := range rows {
		out.Rows = append(out.Rows, r.row(days, today))
	}
	if f.Cursor != "" {
		return out, nil
	}
	out.Counts = map[State]int{}
	counted := queueQuery(sc, QueueFilter{PointID: f.PointID, Mine: f.Mine}, true)
	counts, err := postgres.Many[stateCount](ctx, s.d.DB, counted.counts(), counted.argsWith("today", today))
	if err != nil {
		return QueuePage{}, fmt.Errorf("queue counts: %w", err)
	}
	for _, c := range counts {
		out.Counts[c.State] = c.Count
		out.Overdue += c.Overdue
	}
	return out, nil
}

func (r queueRow) row(days clock.Calendar, today time.Time) QueueRow {
	run := Run{ClockStartedOn: r.ClockStartedOn, TargetOn: r.TargetOn, LegalOn: r.LegalOn, DueOn: r.DueOn}
	return QueueRow{ID: r.ID, IntakeNo: r.IntakeNo, Number: r.Number, Kind: r.Kind, State: r.State, Title: r.Title, SellerName: r.SellerName,
		BuyerName: r.BuyerName, PointID: r.PointID, Class: r.Class, ClaimedAmount: r.ClaimedAmount, Technical: r.Technical, Registrar: r.Registrar,
		SubmittedAt: r.SubmittedAt, Sample: r.Sample, Due: Of(days, run, r.State.phase(), r.SubmittedAt, today)}
}

func page(limit int) int {
	if limit == 0 {
		limit = 20
	}
	return min(max(limit, 1), 100)
}

func cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "|")))
}

// position reads a cursor; a broken one starts from the first page.
func position(c string, parts int) []string {
	raw, err := base64.RawURLEncoding.DecodeString(c)
	got := strings.Split(string(raw), "|")
	if c == "" || err != nil || len(got) != parts || !utf8.Valid(raw) || slices.Contains(raw, 0) { // text that PostgreSQL can't read
		return nil
	}
	return got
}

// Case reads one filing. The parties get no internal notes, and no review sheet before the decision. Out of scope:
// NotFound "filing_not_found" and an audit row.
func (s *Service) Case(ctx context.Context, a actor.Actor, id int64) (Case, error) {
	var c Case
	err := s.trail.Guard(ctx, a, "read", "filing", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		c = Case{}
		f, err := postgres.One[Filing](ctx, tx, selectFiling, pgx.StrictNamedArgs{"id": id})
		if errors.Is(err, pgx.ErrNoRows) {
			return filingNotFound()
		}
		if err != nil {
			return err
		}
		if c.Point, err = readPoint(ctx, tx, f.PointID); err != nil {
			return err
		}
		c.Parts = stand(a, f.ApplicantOrg, []int64{f.SellerOrg, f.BuyerOrg}, c.Point)
		if len(c.Parts) == 0 || (f.State.Open() && slices.Equal(c.Parts, []Part{TaxReader})) {
			return filingNotFound()
		}
		if c.Contract, err = s.d.Contracts.Frozen(ctx, tx, f.ContractID, f.ContractVersion); err != nil {
			return err
		}
		policy, days, err := s.clock(ctx, tx, f)
		if err != nil {
			return err
		}
		c.Due = f.due(days, clock.Date(s.d.Now()))
		c.Experts = c.Point.expertsFrom(policy)
		c.Large = f.Technical != nil && *f.Technical >= c.Experts
		if c.Events, err = postgres.Many[EventRow](ctx, tx, selectEvents, pgx.StrictNamedArgs{"filing": id, "number": ""}); err != nil {
			return err
		}
		if f.Kind == Change {
			if err := s.previous(ctx, tx, &c, f); err != nil {
				return err
			}
		}
		if desk(c.Parts) {
			if err := s.staffView(ctx, tx, &c, f); err != nil {
				return err
			}
		} else {
			c.Events = slices.DeleteFunc(c.Events, func(e EventRow) bool { return e.Internal })
			f.Review = f.Review.forParties(f.State.Open())
		}
		c.Filing = f
		c.Allowed, err = s.mayDo(ctx, tx, a, f, c.Parts)
		return err
	})
	if err != nil {
		return Case{}, err
	}
	return c, s.names(ctx, c.Events)
}

func (s *Service) staffView(ctx context.Context, tx pgx.Tx, c *Case, f Filing) error {
	var err error
	if c.Similar, err = postgres.Many[Similar](ctx, tx, selectSimilar, pgx.StrictNamedArgs{"contract": f.ContractID, "digest": f.TextDigest,
		"seller": f.SellerName, "buyer": f.BuyerName, "amount": f.ClaimedAmount, "sample": f.Sample}); err != nil {
		return fmt.Errorf("similar filings: %w", err)
	}
	review := f.Review
	if review.Class == "" {
		review = sheet(c.Contract.Content)
	}
	d, err := s.assess(ctx, tx, f, c.Point, c.Contract, review, c.Experts)
	c.Decision = &d
	return err
}

func (s *Service) previous(ctx context.Context, tx pgx.Tx, c *Case, f Filing) error {
	before, err := postgres.One[versionRow](ctx, tx, selectVersionBefore, pgx.StrictNamedArgs{"contract": f.ContractID, "version": f.ContractVersion, "filing": f.ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	v, err := s.d.Contracts.Frozen(ctx, tx, f.ContractID, before.Version)
	c.Previous = &v
	return err
}

// forParties keeps the decision's figures and drops what the desk wrote for itself.
func (r Review) forParties(open bool) Review {
	if open {
		return Review{}
	}
	r.Second, r.Experts, r.Minutes, r.Findings = "", "", 0, nil
	return r
}

// mayDo lists the events of the table that separation of duties leaves to this person.
func (s *Service) mayDo(ctx context.Context, tx pgx.Tx, a actor.Actor, f Filing, parts []Part) ([]Event, error) {
	var held Part
	err := tx.QueryRow(ctx, selectPart, pgx.StrictNamedArgs{"filing": f.ID, "account": a.AccountID}).Scan(&held)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	free := slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return !fits(held, p) })
	events := allowed(OnFiling, f.State, free)
	return slices.DeleteFunc(events, func(e Event) bool {
		return (e == EventRegister && f.Kind == Change) || (e == EventRegisterChange && f.Kind == Initial) ||
			(e == EventRequestCorrection && f.Correction != nil)
	}), nil
}

func (s *Service) names(ctx context.Context, events []EventRow) error {
	var ids []int64
	for _, e := range events {
		if e.Account != 0 && !slices.Contains(ids, e.Account) {
			ids = append(ids, e.Account)
		}
	}
	names, err := s.d.People.Names(ctx, ids)
	for i := range events {
		events[i].Name = names[events[i].Account]
	}
	return err
}

// Preview computes decision and amounts of a sheet without saving it. Desk staff and officers of the case. The amounts
// are given also where nothing can be registered; Invalid names a row that cannot be computed.
func (s *Service) Preview(ctx context.Context, a actor.Actor, id int64, r Review) (recognition.Decision, recognition.Amounts, error) {
	amounts, err := recognition.Compute(r.Class, r.Amount, r.costs(), r.Biological, r.Tied)
	if err != nil {
		return recognition.Decision{}, amounts, err
	}
	var d recognition.Decision
	err = s.trail.Guard(ctx, a, "preview", "filing", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		f, err := postgres.One[Filing](ctx, tx, selectFiling, pgx.StrictNamedArgs{"id": id})
		if errors.Is(err, pgx.ErrNoRows) {
			return filingNotFound()
		}
		if err != nil {
			return err
		}
		p, err := readPoint(ctx, tx, f.PointID)
		if err != nil {
			return err
		}
		if !desk(stand(a, f.ApplicantOrg, nil, p)) {
			return filingNotFound()
		}
		v, err := s.d.Contracts.Frozen(ctx, tx, f.ContractID, f.ContractVersion)
		if err != nil {
			return err
		}
		policy, _, err := s.clock(ctx, tx, f)
		if err != nil {
			return err
		}
		d, err = s.assess(ctx, tx, f, p, v, r, p.expertsFrom(policy))
		return err
	})
	return d, amounts, err
}

// Dossier reads one registration in the actor's scope. Out of scope: NotFound "registration_not_found" and an audit row.
func (s *Service) Dossier(ctx context.Context, a actor.Actor, number string) (Dossier, error) {
	var d Dossier
	err := s.trail.Guard(ctx, a, "read", "registration", number, func(ctx context.Context, tx pgx.Tx) error {
		d = Dossier{}
		args := pgx.StrictNamedArgs{"number": number}
		var err error
		d.Registration, err = postgres.One[Registration](ctx, tx, selectRegistration, args)
		if errors.Is(err, pgx.ErrNoRows) {
			return registrationNotFound()
		}
		if err != nil {
			return err
		}
		r := d.Registration
		if d.Point, err = readPoint(ctx, tx, r.PointID); err != nil {
			return err
		}
		if d.Parts = stand(a, r.ApplicantOrg, []int64{r.SellerOrg, r.BuyerOrg}, d.Point); len(d.Parts) == 0 {
			return registrationNotFound()
		}
		if d.Certificates, err = postgres.Many[Certificate](ctx, tx, selectCertificates, args); err != nil {
			return err
		}
		if d.Incomes, err = postgres.Many[Income](ctx, tx, selectIncomes, args); err != nil {
			return err
		}
		if d.Entries, err = postgres.Many[PeriodEntry](ctx, tx, selectEntries, args); err != nil {
			return err
		}
		filings, err := postgres.Many[queueRow](ctx, tx, selectFilingsOfNumber, args)
		if err != nil {
			return err
		}
		days, err := readCalendar(ctx, tx)
		if err != nil {
			return err
		}
		for _, f := range filings {
			d.Filings = append(d.Filings, f.row(days, clock.Date(s.d.Now())))
		}
		if d.Events, err = postgres.Many[EventRow](ctx, tx, selectEvents, pgx.StrictNamedArgs{"filing": int64(0), "number": number}); err != nil {
			return err
		}
		if !desk(d.Parts) {
			d.Events = slices.DeleteFunc(d.Events, func(e EventRow) bool { return e.Internal })
		}
		d.Allowed = slices.DeleteFunc(allowed(OnRegistration, r.State, d.Parts), func(e Event) bool {
			waits := e == EventCancel || e == EventDeclineCancel
			return (waits && r.CancelRequest == nil) || (e == EventRequestCancel && r.CancelRequest != nil) || e == EventRegisterChange
		})
		return nil
	})
	if err != nil {
		return Dossier{}, err
	}
	return d, s.names(ctx, d.Events)
}

// RegistrationFilter narrows Registrations.
type RegistrationFilter struct {
	PointID int64
	States  []State
	Class   string // prefix
	Text    string // part of title or a party, or the whole number
	From    string `json:"from"` // registered on, 2006-01-02, inclusive; empty: from the beginning
	To      string `json:"to"`
	Cursor  string
	Limit   int // at most 100; 0: 20
}

// RegistrationPage is one page.
type RegistrationPage struct {
	Rows []Registration `json:"rows"`
	Next string         `json:"next"`
}

// Registrations lists registrations in the actor's scope, newest number first.
func (s *Service) Registrations(ctx context.Context, a actor.Actor, f RegistrationFilter) (RegistrationPage, error) {
	sc, err := s.scope(ctx, a)
	if err != nil {
		return RegistrationPage{}, err
	}
	q, limit := registrationQuery(sc, f), page(f.Limit)
	rows, err := postgres.Many[Registration](ctx, s.d.DB, q.sql(limit+1), q.args)
	if err != nil {
		return RegistrationPage{}, fmt.Errorf("registrations: %w", err)
	}
	out := RegistrationPage{Rows: rows}
	if len(rows) > limit {
		out.Rows = rows[:limit]
		out.Next = cursor(rows[limit-1].Number)
	}
	return out, nil
}

// CheckResult is what the public sees of a certificate.
type CheckResult struct {
	Certificate Certificate     `json:"certificate"` // the version the code belongs to; Body is empty: it names the parties
	View        CertificateBody `json:"view"`        // parties masked
	StateWords  string          `json:"stateWords"`
	Versions    []VersionLine   `json:"versions"`
	RowHash     string          `json:"rowHash"`
	Proof       *ledger.Proof   `json:"proof"` // that the row is under the latest signed root; nil in the first minute
}

// VersionLine is one version of a certificate on the check page.
type VersionLine struct {
	Version  int       `json:"version"`
	State    string    `json:"state"` // valid, superseded, cancelled, revoked
	IssuedAt time.Time `json:"issuedAt"`
}

// Check is the public answer about a certificate. Unknown number and wrong code look the same: NotFound
// "certificate_not_found". Blanks, dashes and lower-case letters are accepted.
func (s *Service) Check(ctx context.Context, number, code string) (CheckResult, error) {
	clean := strings.NewReplacer(" ", "", "　", "", "-", "")
	number, code = clean.Replace(number), strings.ToUpper(clean.Replace(code))
	all, err := postgres.Many[Certificate](ctx, s.d.DB, selectCertificates, pgx.StrictNamedArgs{"number": number})
	if err != nil {
		return CheckResult{}, fmt.Errorf("check: %w", err)
	}
	at := slices.IndexFunc(all, func(c Certificate) bool { return c.CheckCode == code })
	if at < 0 {
		return CheckResult{}, fault.New(fault.NotFound, "certificate_not_found", "没有查到。请核对 16 位编号和 8 位校验码，注意数字 0 和字母的区别")
	}
	reg, err := s.registration(ctx, number)
	if err != nil {
		return CheckResult{}, err
	}
	out := CheckResult{Certificate: all[at]}
	if out.View, err = out.Certificate.View(); err != nil {
		return CheckResult{}, err
	}
	out.View.Seller, out.View.Buyer = Mask(out.View.Seller), Mask(out.View.Buyer)
	out.View.SellerCode, out.View.BuyerCode = maskCode(out.View.SellerCode), maskCode(out.View.BuyerCode)
	out.Certificate.Body, out.Certificate.FileID = "", 0
	out.StateWords = stateWords(out.Certificate, reg)
	row, err := s.d.Ledger.Row(ctx, out.Certificate.LedgerSeq)
	if err != nil {
		return CheckResult{}, err
	}
	out.RowHash = row.Hash.String()
	proof, err := s.d.Ledger.Prove(ctx, out.Certificate.LedgerSeq)
	switch {
	case err == nil:
		proof.Row.Payload = "" // it names the parties; the hash alone is enough for the path
		out.Proof = &proof
	case !fault.Is(err, fault.NotFound):
		return CheckResult{}, err
	}
	for _, c := range all {
		out.Versions = append(out.Versions, VersionLine{c.Version, c.State, c.IssuedAt})
	}
	return out, nil
}

func stateWords(c Certificate, r Registration) string {
	var words string
	switch c.State {
	case "valid":
		words = "有效"
	case "superseded":
		words = fmt.Sprintf("已变更：本版已被第 %d 版取代", r.Version)
	case "cancelled":
		words = "已注销"
	case "revoked":
		words = "已撤销"
	}
	if r.EndedOn != nil {
		if c.State == "superseded" {
			words += "，登记" + map[State]string{Cancelled: "已注销", Revoked: "已撤销"}[r.Settled()]
		}
		words += "（" + r.EndedOn.Format("2006 年 1 月 2 日") + "）"
	}
	switch r.State {
	case Changing:
		words += "，变更审查中"
	case InReconsideration, InReRecognition:
		words += "，" + r.State.Label()
	}
	return words
}

// Settled is the state of the registration itself: a reconsideration or re-recognition does not hide it.
func (r Registration) Settled() State {
	if r.PriorState != "" {
		return r.PriorState
	}
	return r.State
}

// Mask keeps the first and last two characters of a name; short names keep the first only.
func Mask(name string) string {
	r := []rune(name)
	switch {
	case len(r) == 0:
		return ""
	case len(r) <= 5:
		return string(r[:1]) + strings.Repeat("＊", len(r)-1)
	default:
		return string(r[:2]) + strings.Repeat("＊", len(r)-4) + string(r[len(r)-2:])
	}
}

func maskCode(code string) string {
	if len(code) <= 8 {
		return strings.Repeat("*", len(code))
	}
	return code[:4] + strings.Repeat("*", len(code)-8) + code[len(code)-4:]
}

// Notices lists the notice tasks for 税务 and 财政 in the area of an officer, a tax reader or a point's staff.
func (s *Service) Notices(ctx context.Context, a actor.Actor, withDone bool) ([]Notice, error) {
	if !a.Officer() && !a.Has(actor.TaxReader, actor.PointHead, actor.Registrar) {
		return nil, fault.New(fault.Forbidden, "notices_forbidden", "告知事项由登记点、管理员和税务、财政查看")
	}
	all, err := postgres.Many[Notice](ctx, s.d.DB, selectNotices, pgx.StrictNamedArgs{"done": withDone, "prefix": areaDigits(a), "division": a.Division})
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	return all, nil
}

// CloseNotice notes that the office was told or has taken note. Same people as Notices. NotFound "notice_not_found".
func (s *Service) CloseNotice(ctx context.Context, a actor.Actor, id int64) error {
	return s.trail.Guard(ctx, a, "close_notice", "notice", strconv.FormatInt(id, 10), func(ctx context.Context, tx pgx.Tx) error {
		if !a.Officer() && !a.Has(actor.TaxReader, actor.PointHead, actor.Registrar) {
			return fault.New(fault.Forbidden, "notices_forbidden", "告知事项由登记点、管理员和税务、财政办理")
		}
		var number, division string
		err := tx.QueryRow(ctx, closeNotice, pgx.StrictNamedArgs{"id": id, "at": s.d.Now(), "by": a.AccountID}).Scan(&number, &division)
		if errors.Is(err, pgx.ErrNoRows) || (err == nil && !strings.HasPrefix(division, a.Division[:areaDigits(a)])) {
			return fault.New(fault.NotFound, "notice_not_found", "没有这项待告知事项，可能已由同事办理")
		}
		if err != nil {
			return err
		}
		return s.trail.Record(ctx, tx, a, "close_notice", "registration", number, nil)
	})
}

// areaDigits is how many leading digits of a division must agree for it to lie in the actor's area.
func areaDigits(a actor.Actor) int {
	switch {
	case len(a.Division) != 6:
		return 6
	case strings.HasSuffix(a.Division, "0000"):
		return 2
	case strings.HasSuffix(a.Division, "00"):
		return 4
	default:
		return 6
	}
}

// Notice is one task: tell 税务 or 财政 about a cancellation or revocation (办法第15条).
type Notice struct {
	ID        int64      `json:"id"`
	Number    string     `json:"number"`
	Division  string     `json:"division"`
	Audience  string     `json:"audience"` // tax, finance
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	CreatedAt time.Time  `json:"createdAt"`
	DoneAt    *time.Time `json:"doneAt"`
}
