package registry

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/identity"
	"techmarket/internal/platform/postgres"
)

// Contracts is what the desk asks of certify/contract; every call runs in the desk's transaction.
type Contracts interface {
	// Get reads the working document without a permission check: the desk has made its own.
	Get(ctx context.Context, tx pgx.Tx, contractID int64) (contract.Contract, error)
	// Freeze checks the working document as on the day of application, keeps it as the next version and marks it filed.
	// Draft, correcting and changing documents can be frozen.
	Freeze(ctx context.Context, tx pgx.Tx, contractID int64) (contract.Frozen, error)
	// Frozen reads one frozen version.
	Frozen(ctx context.Context, tx pgx.Tx, contractID int64, number int) (contract.Frozen, error)
	// Move follows the desk: correct, release, register, keep, close.
	Move(ctx context.Context, tx pgx.Tx, contractID int64, on contract.Event) error
}

// Ledger is the tamper-evident register.
type Ledger interface {
	// Append adds one row in the caller's transaction and returns its number and chain value (hex).
	Append(ctx context.Context, tx pgx.Tx, kind, ref string, payload []byte) (seq int64, hash string, err error)
	// Sign signs a canonical body with the suite in force.
	Sign(body []byte) (Signature, error)
}

// Signature is a detached signature and what made it.
type Signature struct {
	Suite  string
	KeyID  string
	Digest string // hex
	Value  string // base64
}

// Audit writes one audit row; result is "ok" or "refused".
type Audit interface {
	Record(ctx context.Context, tx pgx.Tx, a identity.Actor, action, objectKind, objectID, result string, detail map[string]any) error
}

// Messages leaves in-site messages in the caller's transaction.
type Messages interface {
	Send(ctx context.Context, tx pgx.Tx, account int64, kind, title, body, link string) error
}

// People knows who works where.
type People interface {
	// WithRole lists the accounts that hold one of the roles in an organisation.
	WithRole(ctx context.Context, q postgres.Querier, organisationID int64, roles ...identity.Role) ([]int64, error)
	// Names gives display names.
	Names(ctx context.Context, q postgres.Querier, accounts []int64) (map[int64]string, error)
}

// Jobs inserts background work in the caller's transaction.
type Jobs interface {
	CertificatePDF(ctx context.Context, tx pgx.Tx, number string, version int) error
}

// Deps is what the desk is built on.
type Deps struct {
	DB        *postgres.DB
	Contracts Contracts
	Ledger    Ledger
	Audit     Audit
	Messages  Messages
	People    People
	Jobs      Jobs
	Now       func() time.Time
	Random    io.Reader // check codes
	BaseURL   string    // of the verify page, without a trailing slash
}

// Service is the desk and the register. Every method that changes something writes, in one transaction: the new state, a
// filing_event, a ledger row and an audit row. A refused call changes nothing and leaves an audit row "refused".
//
// Faults of every event: NotFound "filing_not_found"/"registration_not_found" (also for cases out of the actor's scope),
// Conflict "wrong_state" and "stale_version", Forbidden "wrong_part" and "part_taken" (the person already plays another
// part in this case), Unauthorized "sign_in".
type Service struct{ d Deps }

var errNotYet = errors.New("registry: not yet")

// New builds the service.
func New(d Deps) *Service { return &Service{d: d} }

// --- Points (public reading; changes by region officers) ---

// PointFilter narrows the directory.
type PointFilter struct {
	League string // division of a league: its own and its counties'
	Kind   PointKind
	Text   string
}

// Points lists the directory by division and number. Anybody may call it.
func (s *Service) Points(ctx context.Context, f PointFilter) ([]Point, error) { return nil, errNotYet }

// Point reads one point. Anybody may call it. NotFound "point_not_found".
func (s *Service) Point(ctx context.Context, id int64) (Point, error) { return Point{}, errNotYet }

// SavePoint adds or edits a point. Region officers only. Invalid fields; Conflict "stale_version", "point_code_taken".
func (s *Service) SavePoint(ctx context.Context, a identity.Actor, in PointInput) (Point, error) {
	return Point{}, errNotYet
}

// SetPointState moves a point to normal, rectifying or suspended with a reason (办法第16、18–21条). Region officers only.
func (s *Service) SetPointState(ctx context.Context, a identity.Actor, id int64, version int, to PointState, reason string) (Point, error) {
	return Point{}, errNotYet
}

// SavePointSettings changes what the point decides itself. Head of the point or a region officer.
func (s *Service) SavePointSettings(ctx context.Context, a identity.Actor, id int64, in PointSettings) (Point, error) {
	return Point{}, errNotYet
}

// RightPoint proposes where an organisation of that division files: its own university or institute point, then the
// point of its county (or zone), league, region (fallback order: registration.md B5, our choice). Suspended points and
// points out of their authorisation are passed over. NotFound "no_point".
func (s *Service) RightPoint(ctx context.Context, organisationID int64, division string) (Point, error) {
	return Point{}, errNotYet
}

// --- The desk ---

// Submit files a contract at a point: freezes its version, gives the intake number. Member of the applying organisation.
// Invalid "wrong_point" names the right point; Conflict "point_suspended", "contract_filed".
func (s *Service) Submit(ctx context.Context, a identity.Actor, contractID, pointID int64) (Filing, error) {
	return Filing{}, errNotYet
}

// Withdraw takes a filing back before acceptance or while correcting. Applicant.
func (s *Service) Withdraw(ctx context.Context, a identity.Actor, r Ref, reason string) (Filing, error) {
	return Filing{}, errNotYet
}

// Accept starts the clock and makes the actor the registrar. Registrar.
func (s *Service) Accept(ctx context.Context, a identity.Actor, r Ref) (Filing, error) {
	return Filing{}, errNotYet
}

// DeclineIntake ends a filing before acceptance. Registrar. Codes: see DeclineReasons.
func (s *Service) DeclineIntake(ctx context.Context, a identity.Actor, r Ref, code, text string) (Filing, error) {
	return Filing{}, errNotYet
}

// RequestCorrection tells the applicant once everything that is missing; the clock pauses. Registrar.
// Conflict "correction_used" the second time.
func (s *Service) RequestCorrection(ctx context.Context, a identity.Actor, r Ref, items []CorrectionItem) (Filing, error) {
	return Filing{}, errNotYet
}

// SubmitCorrection answers every item and freezes the mended contract. Applicant. The clock goes on, or starts anew
// where the policy says so; an unaccepted filing counts as accepted from now.
func (s *Service) SubmitCorrection(ctx context.Context, a identity.Actor, r Ref, answers []string) (Filing, error) {
	return Filing{}, errNotYet
}

// LapseCorrection refuses after the day for corrections has passed, or when the applicant refuses to correct (then the
// text says so). Registrar. Codes R3, R5, R7.
func (s *Service) LapseCorrection(ctx context.Context, a identity.Actor, r Ref, in Refusal, refusedToCorrect bool) (Filing, error) {
	return Filing{}, errNotYet
}

// SaveReview keeps the sheet as it is, for autosave. Registrar.
func (s *Service) SaveReview(ctx context.Context, a identity.Actor, r Ref, in Review) (Filing, error) {
	return Filing{}, errNotYet
}

// PassFirstReview stores class, N, T, V as recognition computes them from the sheet. Registrar.
// Conflict "not_registrable" where the rules refuse or ask for a correction: the message names reasons and articles.
func (s *Service) PassFirstReview(ctx context.Context, a identity.Actor, r Ref) (Filing, error) {
	return Filing{}, errNotYet
}

// PassSecondReview passes to the experts where T ≥ the policy's large amount or the case is disputed, else to
// registration. Reviewer, never the registrar or applicant of this case.
func (s *Service) PassSecondReview(ctx context.Context, a identity.Actor, r Ref, opinion string) (Filing, error) {
	return Filing{}, errNotYet
}

// ReturnToReview sends the case back to the registrar with a reason. Reviewer.
func (s *Service) ReturnToReview(ctx context.Context, a identity.Actor, r Ref, reason string) (Filing, error) {
	return Filing{}, errNotYet
}

// PassExperts records the experts' opinion and minutes (file id). Expert.
func (s *Service) PassExperts(ctx context.Context, a identity.Actor, r Ref, opinion string, minutes int64) (Filing, error) {
	return Filing{}, errNotYet
}

// RejectByExperts refuses on the experts' opinion. Expert.
func (s *Service) RejectByExperts(ctx context.Context, a identity.Actor, r Ref, in Refusal, opinion string, minutes int64) (Filing, error) {
	return Filing{}, errNotYet
}

// Refuse ends the case with 不予登记. Registrar during review, reviewer during second review.
func (s *Service) Refuse(ctx context.Context, a identity.Actor, r Ref, in Refusal) (Filing, error) {
	return Filing{}, errNotYet
}

// Register gives number, certificate, ledger row and period entry in one transaction; for a change filing it registers
// version v+1 under the same number. Head of the point. nationalNumber is empty where the point makes its own numbers.
func (s *Service) Register(ctx context.Context, a identity.Actor, r Ref, nationalNumber string) (Registration, error) {
	return Registration{}, errNotYet
}

// --- After registration ---

// RequestChange files the amended contract (state changing in certify/contract) at the original point. Applicant.
func (s *Service) RequestChange(ctx context.Context, a identity.Actor, r NumberRef, reason string) (Filing, error) {
	return Filing{}, errNotYet
}

// RequestCancel asks the original point to cancel. Applicant.
func (s *Service) RequestCancel(ctx context.Context, a identity.Actor, r NumberRef, reason string) (Registration, error) {
	return Registration{}, errNotYet
}

// DeclineCancel turns the request down with a reason. Head of the original point.
func (s *Service) DeclineCancel(ctx context.Context, a identity.Actor, r NumberRef, reason string) (Registration, error) {
	return Registration{}, errNotYet
}

// Cancel ends the registration, books −1/−C/−T today and tells 财政、税务 (办法第15条). Head of the original point.
func (s *Service) Cancel(ctx context.Context, a identity.Actor, r NumberRef, ground, reason string) (Registration, error) {
	return Registration{}, errNotYet
}

// Revoke ends the registration from above, books −1/−C/−T today. League or region officer of the area. Grounds:
// sham, void_not_cancelled, duplicate, text_incomplete.
func (s *Service) Revoke(ctx context.Context, a identity.Actor, r NumberRef, ground, reason string) (Registration, error) {
	return Registration{}, errNotYet
}

// ReviewTaxRelief records the re-check of a class 01–03 registration. League or region officer.
func (s *Service) ReviewTaxRelief(ctx context.Context, a identity.Actor, r NumberRef, ok bool, note string) (Registration, error) {
	return Registration{}, errNotYet
}

// BookIncome books 技术性收入; ΣR ≤ T, else Conflict "income_exceeds". Registrar of the original point.
func (s *Service) BookIncome(ctx context.Context, a identity.Actor, r NumberRef, amountFen int64, note string) (Registration, error) {
	return Registration{}, errNotYet
}

// OpenReconsideration notes that the applicant asked for 行政复议 of a registration (办法第13条). Applicant.
func (s *Service) OpenReconsideration(ctx context.Context, a identity.Actor, r NumberRef, note string) (Registration, error) {
	return Registration{}, errNotYet
}

// OpenFilingReconsideration is OpenReconsideration for a declined or refused filing.
func (s *Service) OpenFilingReconsideration(ctx context.Context, a identity.Actor, r Ref, note string) (Filing, error) {
	return Filing{}, errNotYet
}

// OpenReRecognition notes that 税务 or 财政 asked for 重新认定 of a registration (办法第14条). Tax reader of the area.
func (s *Service) OpenReRecognition(ctx context.Context, a identity.Actor, r NumberRef, note string) (Registration, error) {
	return Registration{}, errNotYet
}

// OpenFilingReRecognition is OpenReRecognition for a refused filing.
func (s *Service) OpenFilingReRecognition(ctx context.Context, a identity.Actor, r Ref, note string) (Filing, error) {
	return Filing{}, errNotYet
}

// Conclude ends 复议 or 重新认定 of a registration: it returns to the state before. Officer of the area.
func (s *Service) Conclude(ctx context.Context, a identity.Actor, r NumberRef, note string) (Registration, error) {
	return Registration{}, errNotYet
}

// ConcludeFiling ends 复议 or 重新认定 of a filing: upheld returns to the state before, otherwise it is reviewed again.
func (s *Service) ConcludeFiling(ctx context.Context, a identity.Actor, r Ref, upheld bool, note string) (Filing, error) {
	return Filing{}, errNotYet
}

// --- Reading ---

// Queue lists filings in the actor's scope: staff their point's, officers their area's, applicants their
// organisation's. At most QueueFilter.Limit rows, by due date.
func (s *Service) Queue(ctx context.Context, a identity.Actor, f QueueFilter) (QueuePage, error) {
	return QueuePage{}, errNotYet
}

// Case reads one filing. Parties get no internal notes and no review sheet before the decision. Out of scope:
// NotFound, and an audit row.
func (s *Service) Case(ctx context.Context, a identity.Actor, id int64) (Case, error) {
	return Case{}, errNotYet
}

// Dossier reads one registration in the actor's scope.
func (s *Service) Dossier(ctx context.Context, a identity.Actor, number string) (Dossier, error) {
	return Dossier{}, errNotYet
}

// Registrations lists registrations in the actor's scope, newest number first.
func (s *Service) Registrations(ctx context.Context, a identity.Actor, f RegistrationFilter) (RegistrationPage, error) {
	return RegistrationPage{}, errNotYet
}

// RegistrationFilter narrows Registrations.
type RegistrationFilter struct {
	PointID int64
	States  []State
	Class   string // prefix
	Text    string // part of title or a party, or the whole number
	Cursor  string
	Limit   int // at most 100; 0: 20
}

// RegistrationPage is one page.
type RegistrationPage struct {
	Rows []Registration `json:"rows"`
	Next string         `json:"next"`
}

// Check is the public answer about a certificate. Unknown number and wrong code look the same: NotFound
// "certificate_not_found". Parties are masked.
func (s *Service) Check(ctx context.Context, number, checkCode string) (CheckResult, error) {
	return CheckResult{}, errNotYet
}

// Paper renders a paper of a filing or a registration as PDF; the name is a file name. Same scope as Case and Dossier.
func (s *Service) Paper(ctx context.Context, a identity.Actor, filingID int64, kind PaperKind) (name string, pdf []byte, err error) {
	return "", nil, errNotYet
}

// PaperKind is one of the papers of a filing.
type PaperKind string

// The papers.
const (
	ReceiptPaper    PaperKind = "receipt"    // 受理通知书
	CorrectionPaper PaperKind = "correction" // 一次性告知书
	DeclinePaper    PaperKind = "decline"    // 不予受理通知书
	RefusalPaper    PaperKind = "refusal"    // 不予登记通知书
)

// CheckResult is what the public sees of a certificate.
type CheckResult struct {
	Certificate Certificate     `json:"certificate"` // the one the code belongs to
	View        CertificateBody `json:"view"`        // parties masked
	StateWords  string          `json:"stateWords"`  // 有效 / 已被第 2 版取代 / 已于 … 注销
	Versions    []VersionLine   `json:"versions"`
	LedgerHash  string          `json:"ledgerHash"`
}

// VersionLine is one version of a certificate on the check page.
type VersionLine struct {
	Version  int       `json:"version"`
	State    string    `json:"state"`
	IssuedAt time.Time `json:"issuedAt"`
}

// CertificateBody is what a certificate says; its canonical JSON is signed and chained.
type CertificateBody struct {
	Number       string `json:"number"`
	Version      int    `json:"version"`
	Title        string `json:"title"`
	Class        string `json:"class"`
	ClassName    string `json:"className"`
	Seller       string `json:"seller"`
	SellerCode   string `json:"sellerCode"`
	Buyer        string `json:"buyer"`
	BuyerCode    string `json:"buyerCode"`
	SignedOn     string `json:"signedOn"`
	BeginsOn     string `json:"beginsOn"`
	EndsOn       string `json:"endsOn"`
	AmountFen    int64  `json:"amountFen"`    // C
	TechnicalFen int64  `json:"technicalFen"` // T
	IncomeFen    int64  `json:"incomeFen"`    // R approved until the day of issue (2000 办法第11条)
	Point        string `json:"point"`
	RegisteredOn string `json:"registeredOn"`
	IssuedAt     string `json:"issuedAt"` // RFC 3339, +08:00
	CheckCode    string `json:"checkCode"`
	Open         bool   `json:"amountOpen"` // 金额待补正
	Sample       bool   `json:"sample"`
}
