package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

const registrationColumns = `number, contract_id, point_id, division, applicant_org, state, prior_state, version,
	lock_version, title, class, field,
	plan_source, ip_kind, social_goal, seller_name, coalesce(seller_org,
	0) as seller_org, seller_kind, seller_country, seller_division, shares, buyer_name,
	coalesce(buyer_org, 0) as buyer_org, buyer_country, buyer_division,
	amount, technical, vat_base, income, registered_on, ended_on, tax_review,
	cancel_request, ending, revocation, is_sample as sample`

const selectRegistration = `select ` + registrationColumns + ` from registration where number = @number`

const lockRegistration = selectRegistration + ` for update`

const selectByNumber = `select ` + registrationColumns + ` from registration where number = any(@numbers) order by number`

const lockRegistrations = selectByNumber + ` for update`

const selectOfYear = `select ` + registrationColumns +
	` from registration where point_id = @point and registered_on between @first::date and @last::date order by number`

const insertRegistration = `insert into registration (number,
	contract_id, point_id, division, applicant_org, state, version, title, class, field, plan_source,
		ip_kind, social_goal, seller_name, seller_org, seller_kind, seller_country, seller_division, shares, buyer_name, buyer_org,
		buyer_country, buyer_division,
		amount, technical, vat_base, registered_on, is_sample)
	values (@number, @contract, @point, @division, @applicant_org,
	@state, @version, @title, @class, @field, @plan_source, @ip_kind, @social_goal, @seller, nullif(@seller_org, 0),
		@seller_kind, @seller_country, @seller_division, @shares, @buyer, nullif(@buyer_org, 0),
		@buyer_country, @buyer_division, @amount, @technical,
		@vat_base, @registered_on, @sample)`

const updateRegistration = `update registration set state = @state,
	prior_state = @prior_state, version = @version, lock_version = lock_version + 1, title = @title,
		class = @class, field = @field, plan_source = @plan_source, ip_kind = @ip_kind, social_goal = @social_goal,
		seller_name = @seller, seller_kind = @seller_kind,
		seller_country = @seller_country, seller_division = @seller_division, shares = @shares,
		buyer_name = @buyer, buyer_country = @buyer_country,
		buyer_division = @buyer_division,
		amount = @amount, technical = @technical, vat_base = @vat_base, income = @income, ended_on = @ended_on,
		tax_review = @tax_review, cancel_request = @cancel_request, ending = @ending, revocation = @revocation
	where number = @number and lock_version = @lock_version`

const insertEntry = `insert into period_entry (number, version,
	kind, leg, booked_on, contracts, amount, technical, class, field, seller_kind, plan_source,
		ip_kind, social_goal, seller_country, seller_division, buyer_country, buyer_division, point_id, is_sample, part)
	values (@number, @version, @kind, @leg, @booked_on, @contracts, @amount, @technical, @class, @field, @seller_kind, @plan_source, @ip_kind,
		@social_goal, @seller_country, @seller_division, @buyer_country, @buyer_division, @point, @sample, @part)`

const selectEntries = `select kind, leg, version, booked_on, contracts, amount, technical from period_entry where number = @number
	order by id`

const insertIncome = `insert into income (number, amount, booked_on, booked_by, note, file_id, reverses)
	values (@number, @amount, @booked_on, @by, @note, nullif(@file, 0), nullif(@reverses, 0))`

const incomeOf = `select id, amount, booked_on, note, coalesce(file_id, 0) as file_id, coalesce(reverses, 0) as reverses,
	exists (select from income r where r.reverses = income.id) as reversed from income where number = @number`

const selectIncomes = incomeOf + ` order by id`

const selectIncome = incomeOf + ` and id = @id`

const certificateColumns = `number, version, state, body, digest, suite, key_id, signature, check_code, ledger_seq,
	issued_at, root, coalesce(file_id, 0) as file_id, failure`

const selectCertificates = `select ` + certificateColumns + ` from certificate where number = @number order by version desc`

const selectCertificate = `select ` + certificateColumns + ` from certificate where number = @number and version = @version`

const insertCertificate = `insert into certificate (number, version,
	state, body, digest, suite, key_id, signature, check_code, ledger_seq, issued_at)
	values (@number, @version, 'valid', @body, @digest, @suite, @key_id, @signature, @check_code, @ledger_seq, @issued_at)`

const updateCertificates = `update certificate set state = @state where number = @number and state = 'valid'`

const restoreCertificate = `update certificate set state = 'valid' where number = @number and version = @version`

const lockCertificate = selectCertificate + ` for update`

const setCertificateRoot = `update certificate set root = @root where number = @number and version = @version and root is null`

const setCertificateFailure = `update certificate set failure = @failure where number = @number and version = @version and file_id is null`

const selectFailedCertificates = `select number, version from certificate where failure <> ''`

const setCertificateFile = `update certificate set file_id = @file, failure = '' where number = @number and version = @version
	and file_id is null`

const insertNotice = `insert into notice_task (number, division, audience, title, body, created_at)
	values (@number, @division, @audience, @title, @body, @at)`

const selectNotices = `select id, number, division, audience, title, body, created_at, done_at from notice_task
	where (done_at is null or @done) and left(division, @prefix) = left(@division, @prefix) order by id desc limit 200`

const closeNotice = `update notice_task set done_at = @at, done_by = @by where id = @id and done_at is null returning number, division`

func RegistrationNotFound() error {
	return fault.New(fault.NotFound, "registration_not_found", "没有找到这个登记编号。请核对 16 位编号")
}

func (r Registration) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"number":          r.Number,
		"state":           r.State,
		"version":         r.Version,
		"title":           r.Title,
		"class":           r.Class,
		"field":           r.Field,
		"plan_source":     r.PlanSource,
		"ip_kind":         r.IPKind,
		"social_goal":     r.SocialGoal,
		"seller":          r.SellerName,
		"seller_kind":     r.SellerKind,
		"seller_country":  r.SellerCountry,
		"seller_division": r.SellerDivision,
		"shares":          r.Shares,
		"buyer":           r.BuyerName,
		"buyer_country":   r.BuyerCountry,
		"buyer_division":  r.BuyerDivision,
		"amount":          r.Amount,
		"technical":       r.Technical,
		"vat_base":        r.VATBase,
	}
}

func addRegistration(ctx context.Context, tx pgx.Tx, r Registration) error {
	args := r.args()
	args["contract"], args["point"], args["division"], args["applicant_org"] = r.ContractID, r.PointID, r.Division, r.ApplicantOrg
	args["seller_org"], args["buyer_org"], args["registered_on"], args["sample"] = r.SellerOrg, r.BuyerOrg, r.RegisteredOn, r.Sample
	_, err := tx.Exec(ctx, insertRegistration, args)
	return err
}

func storeRegistration(ctx context.Context, tx pgx.Tx, r Registration) error {
	args := r.args()
	args["prior_state"], args["lock_version"], args["income"], args["ended_on"] = r.PriorState, r.LockVersion, r.Income, r.EndedOn
	args["tax_review"], args["cancel_request"], args["ending"], args["revocation"] = r.TaxReview, r.CancelRequest, r.Ending, r.Revocation
	tag, err := tx.Exec(ctx, updateRegistration, args)
	if err == nil && tag.RowsAffected() == 0 {
		return fault.Stale()
	}
	return err
}

// book writes the entries of today's period in the registration's own cells: one, or of several sellers one each with its part of the
// amounts. The contract counts once, for the seller that applied.
func book(
	ctx context.Context,
	tx pgx.Tx,
	r Registration,
	kind, leg string,
	day time.Time,
	contracts int,
	amount, technical money.Fen,
) error {
	for i, p := range r.parts(amount, technical) {
		if i > 0 {
			contracts = 0
		}
		args := pgx.StrictNamedArgs{"number": r.Number, "version": r.Version, "kind": kind, "leg": leg, "part": i, "booked_on": day,
			"contracts": contracts, "amount": p.amount, "technical": p.technical, "class": r.Class, "field": r.Field, "seller_kind": p.Kind,
			"plan_source": r.PlanSource, "ip_kind": r.IPKind, "social_goal": r.SocialGoal, "seller_country": p.Country,
			"seller_division": p.Division, "buyer_country": r.BuyerCountry, "buyer_division": r.BuyerDivision, "point": r.PointID,
			"sample": r.Sample}
		if _, err := tx.Exec(ctx, insertEntry, args); err != nil {
			return err
		}
	}
	return nil
}

// ByNumber reads what stands under those of the numbers that are in the register.
func ByNumber(ctx context.Context, q postgres.Querier, numbers []string) ([]Registration, error) {
	return postgres.Many[Registration](ctx, q, selectByNumber, pgx.StrictNamedArgs{"numbers": numbers})
}

// ReadRegistration reads what stands under a number. NotFound "registration_not_found".
func ReadRegistration(ctx context.Context, q postgres.Querier, number string) (Registration, error) {
	r, err := postgres.One[Registration](ctx, q, selectRegistration, pgx.StrictNamedArgs{"number": number})
	if errors.Is(err, pgx.ErrNoRows) {
		return r, RegistrationNotFound()
	}
	return r, err
}

func lockOne(ctx context.Context, tx pgx.Tx, number string) (Registration, error) {
	r, err := postgres.One[Registration](ctx, tx, lockRegistration, pgx.StrictNamedArgs{"number": number})
	if errors.Is(err, pgx.ErrNoRows) {
		return r, RegistrationNotFound()
	}
	return r, err
}

// Lock reads registrations for a change that rests on them, by number, and keeps them as they are until the transaction ends.
// NotFound "registration_not_found" where one is missing, Conflict "record_under_examination" where one is not what the ledger says.
func (s *Service) Lock(ctx context.Context, tx pgx.Tx, numbers []string) ([]Registration, error) {
	all, err := postgres.Many[Registration](ctx, tx, lockRegistrations, pgx.StrictNamedArgs{"numbers": numbers})
	if err == nil && len(all) != len(numbers) {
		return nil, RegistrationNotFound()
	}
	if err != nil {
		return nil, err
	}
	subjects := make([]witness.Subject, len(numbers))
	for i, number := range numbers {
		subjects[i] = witness.Registration(number)
	}
	return all, s.book.Hold(ctx, tx, subjects...)
}

// OfYear lists the registrations of a point and year by number.
func OfYear(ctx context.Context, q postgres.Querier, point int64, year int) ([]Registration, error) {
	all, err := postgres.Many[Registration](ctx, q, selectOfYear, pgx.StrictNamedArgs{"point": point,
		"first": fmt.Sprintf("%04d-01-01", year), "last": fmt.Sprintf("%04d-12-31", year)})
	if err != nil {
		return nil, fmt.Errorf("registrations of %d: %w", year, err)
	}
	return all, nil
}

// addIncome adds the row that a booking or a reversal makes; the registration's row is locked, so two reversals queue up.
func addIncome(ctx context.Context, tx pgx.Tx, number string, in Income, by int64) error {
	_, err := tx.Exec(ctx, insertIncome, pgx.StrictNamedArgs{"number": number, "amount": in.Amount, "booked_on": in.BookedOn,
		"by": by, "note": in.Note, "file": in.FileID, "reverses": in.Reverses})
	if err != nil {
		return fmt.Errorf("add income: %w", err)
	}
	return nil
}

// readIncome reads one booked row of a registration. NotFound "income_not_found".
func readIncome(ctx context.Context, tx pgx.Tx, number string, id int64) (Income, error) {
	row, err := postgres.One[Income](ctx, tx, selectIncome, pgx.StrictNamedArgs{"number": number, "id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, fault.New(fault.NotFound, "income_not_found", "没有找到这一笔收入，请刷新页面")
	}
	return row, err
}

func addNotice(ctx context.Context, tx pgx.Tx, r Registration, audience, title, body string, at time.Time) error {
	_, err := tx.Exec(ctx, insertNotice, pgx.StrictNamedArgs{"number": r.Number, "division": r.Division, "audience": audience, "title": title,
		"body": body, "at": at})
	if err != nil {
		return fmt.Errorf("notice task: %w", err)
	}
	return nil
}

func addCertificate(ctx context.Context, tx pgx.Tx, c Certificate) error {
	_, err := tx.Exec(ctx, insertCertificate, pgx.StrictNamedArgs{"number": c.Number, "version": c.Version, "body": c.Body, "digest": c.Digest,
		"suite": c.Suite, "key_id": c.KeyID, "signature": c.Signature, "check_code": c.CheckCode, "ledger_seq": c.LedgerSeq,
		"issued_at": c.IssuedAt})
	if err != nil {
		return fmt.Errorf("add certificate: %w", err)
	}
	return nil
}

// markCertificates says of the valid certificate of a number what became of it: superseded, cancelled, revoked.
func markCertificates(ctx context.Context, tx pgx.Tx, number, state string) error {
	_, err := tx.Exec(ctx, updateCertificates, pgx.StrictNamedArgs{"number": number, "state": state})
	return err
}

// reviveCertificate makes the certificate of a restored registration valid again.
func reviveCertificate(ctx context.Context, tx pgx.Tx, number string, version int) error {
	_, err := tx.Exec(ctx, restoreCertificate, pgx.StrictNamedArgs{"number": number, "version": version})
	return err
}

// --- what certify/papers keeps with a certificate ---

func (args CertificateArgs) key() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"number": args.Number, "version": args.Version}
}

// ReadCertificate reads one version of a certificate.
func ReadCertificate(ctx context.Context, q postgres.Querier, args CertificateArgs) (Certificate, error) {
	c, err := postgres.One[Certificate](ctx, q, selectCertificate, args.key())
	if err != nil {
		return c, fmt.Errorf("certificate %s/%d: %w", args.Number, args.Version, err)
	}
	return c, nil
}

// KeepRoot notes the root that the PDF of a certificate prints; the first one stays.
func (s *Service) KeepRoot(ctx context.Context, args CertificateArgs, root ledger.Root) error {
	key := args.key()
	key["root"] = root
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.keep(ctx, tx, args, setCertificateRoot, key)
	})
}

// keep writes what belongs to a certificate's paper, with its record.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, args CertificateArgs, sql string, key pgx.StrictNamedArgs) error {
	if _, err := lockOne(ctx, tx, args.Number); err != nil {
		return err
	}
	if err := s.book.Hold(ctx, tx, witness.Registration(args.Number)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sql, key); err != nil {
		return fmt.Errorf("note paper: %w", err)
	}
	return s.book.Note(ctx, tx, witness.Registration(args.Number))
}

// KeepFailure notes why the PDF of a certificate cannot be made.
func KeepFailure(ctx context.Context, q postgres.Querier, args CertificateArgs, failure string) error {
	key := args.key()
	key["failure"] = failure
	if _, err := q.Exec(ctx, setCertificateFailure, key); err != nil {
		return fmt.Errorf("note failure: %w", err)
	}
	return nil
}

// LockCertificate reads a certificate for its file.
func LockCertificate(ctx context.Context, tx pgx.Tx, args CertificateArgs) (Certificate, error) {
	return postgres.One[Certificate](ctx, tx, lockCertificate, args.key())
}

// KeepFile notes the PDF of a certificate that has none.
func (s *Service) KeepFile(ctx context.Context, tx pgx.Tx, args CertificateArgs, file int64) error {
	key := args.key()
	key["file"] = file
	return s.keep(ctx, tx, args, setCertificateFile, key)
}

// FailedCertificates lists the certificates whose PDF could not be made.
func FailedCertificates(ctx context.Context, q postgres.Querier) ([]CertificateArgs, error) {
	return postgres.Many[CertificateArgs](ctx, q, selectFailedCertificates, pgx.StrictNamedArgs{})
}
