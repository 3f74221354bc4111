// Package registrytest builds a small market with registration points, staff and officers on a real database, for tests
// of the desk and of what reads it. Only _test.go files import it.
package registrytest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/archive"
	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/exchange"
	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

// World is a small market on a real database: a seller, a buyer, points with their staff, officers.
type World struct {
	T      testing.TB
	DB     *postgres.DB
	S      *registry.Service
	Jobs   *jobs.Client // Drain makes the certificates
	Files  *files.Store
	Reader *files.Reader
	Texts  *extract.Papers
	Reads  extract.Recogniser // nil: scans cannot be read
	Now    time.Time          // the clock of every service; starts on Friday 2026-04-10 10:00 in Shanghai

	Contracts *contract.Service
	Deadlines *deadline.Service
	Points    *point.Service
	Benefits  *benefits.Service
	Papers    *papers.Service
	Archive   *archive.Service
	Exchange  *exchange.Service
	Book      *witness.Book

	Seller, Seller2, Buyer                              actor.Actor // a university in 150103 with two people, a company in 150203
	Registrar, Registrar2, Reviewer, Head               actor.Actor // of the county point
	Expert, Expert2, League, OtherLeague, Regional, Tax actor.Actor
	County, LeaguePoint, RegionPoint, Elsewhere         point.Point // 150103, 150100, 150000, 150203
	Stranger                                            actor.Actor // registrar, reviewer and head of Elsewhere

	next atomic.Int64
}

type recorder struct{ now func() time.Time }

func (r recorder) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	entry := audit.Entry{
		At:         r.now(),
		Account:    e.Actor.AccountID,
		Org:        e.Actor.OrgID,
		Action:     e.Action,
		ObjectKind: e.ObjectKind,
		ObjectID:   e.ObjectID,
		Detail:     e.Detail,
	}
	if e.Refused {
		entry.Result = audit.Refused
	}
	return audit.Record(ctx, tx, entry)
}

type people struct{ db *postgres.DB }

func (p people) AccountsOf(ctx context.Context, org int64, roles ...actor.Role) ([]int64, error) {
	rows, _ := p.db.Query(ctx, `select account_id from membership where organisation_id = $1 and roles && $2`, org, roles)
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func (p people) OfficersFor(ctx context.Context, division string) ([]int64, error) {
	rows, _ := p.db.Query(ctx, `select account_id from membership m join organisation o on o.id = m.organisation_id
		where 'league_officer' = any(m.roles) and left(o.division, 4) = left($1, 4)`, division)
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func (p people) ExpertsFor(ctx context.Context, division string) ([]int64, error) {
	rows, _ := p.db.Query(ctx, `select account_id from membership m join organisation o on o.id = m.organisation_id
		where 'expert' = any(m.roles) and o.kind = 'government'`)
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func (p people) Names(ctx context.Context, ids []int64) (map[int64]string, error) {
	names := map[int64]string{}
	for _, id := range ids {
		names[id] = "人员" + strconv.FormatInt(id, 10)
	}
	return names, nil
}

func (w *World) recogniser(context.Context) (extract.Recogniser, error) {
	if w.Reads == nil {
		return nil, fault.New(fault.Unavailable, "scan_missing", "没有安装")
	}
	return w.Reads, nil
}

// Fonts are parsed once in a test binary.
var Fonts = sync.OnceValues(func() (*document.Fonts, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	folder, err := document.FindFonts("", cwd)
	if err != nil {
		return nil, err
	}
	return document.LoadFonts(folder, "")
})

// New builds the market on a fresh database.
func New(t testing.TB) *World {
	w := &World{T: t, DB: pgtest.New(t), Now: time.Date(2026, 4, 10, 10, 0, 0, 0, clock.Zone())}
	clock := func() time.Time { return w.Now }
	keys, err := ledger.OpenKeys(t.TempDir(), must(ledger.SuiteByName("intl")), rand.Reader)
	Check(t, err)
	workers := jobs.NewWorkers()
	w.Jobs, err = jobs.New(jobs.Config{DB: w.DB, Workers: workers, Log: slog.New(slog.DiscardHandler), Now: clock})
	Check(t, err)
	store, err := files.New(t.TempDir(), clock)
	Check(t, err)
	w.Files, w.Reader = store, files.NewReader(store, w.DB)
	w.wire(recorder{clock}, keys, clock)
	w.Texts.RegisterJobs(workers)
	w.S.RegisterJobs(workers)
	w.Papers.RegisterJobs(workers)
	w.Exchange.RegisterJobs(workers)

	w.Seller = w.Person(w.Org("university", "样例研究院", "150103"), actor.Member)
	w.Seller2 = w.Person(w.Seller, actor.Member)
	w.Buyer = w.Person(w.Org("enterprise", "样例矿业", "150203"), actor.Member)
	host := w.Org("point_host", "回民区科技服务中心", "150103")
	w.Registrar, w.Registrar2 = w.Person(host, actor.Registrar), w.Person(host, actor.Registrar)
	w.Reviewer, w.Head = w.Person(host, actor.Reviewer), w.Person(host, actor.PointHead)
	w.Expert, w.Expert2 = w.Person(host, actor.Expert), w.Person(host, actor.Expert)
	w.League = w.Person(w.Org("government", "呼和浩特市科技局", "150100"), actor.LeagueOfficer)
	w.OtherLeague = w.Person(w.Org("government", "包头市科技局", "150200"), actor.LeagueOfficer)
	w.Regional = w.Person(w.Org("government", "自治区科技厅", "150000"), actor.RegionOfficer)
	w.Tax = w.Person(w.Org("government", "呼和浩特市税务局", "150100"), actor.TaxReader)
	w.County = w.Point("回民区登记点", point.County, host, "150103", "03")
	w.LeaguePoint = w.Point("呼和浩特市登记点", point.League, w.Org("point_host", "呼和浩特市科技服务中心", "150100"), "150100", "01")
	w.RegionPoint = w.Point("自治区登记点", point.Region, w.Org("point_host", "自治区成果转化中心", "150000"), "150000", "00")
	far := w.Org("point_host", "昆都仑区科技服务中心", "150203")
	w.Elsewhere = w.Point("昆都仑区登记点", point.County, far, "150203", "02")
	w.Stranger = w.Person(far, actor.Registrar, actor.Reviewer, actor.PointHead)
	return w
}

// wire builds the rooms of registration as the binary does.
func (w *World) wire(trail audit.Recorder, keys *ledger.Keys, now func() time.Time) {
	chain := ledger.New(w.DB, keys, now)
	w.Book = witness.New(w.DB, chain, nil)
	contracts := contract.New(contract.Config{DB: w.DB, Audit: trail, Now: now,
		OrgOf: func(ctx context.Context, tx pgx.Tx, name, code string, _ bool) (id int64, err error) {
			err = tx.QueryRow(ctx, `select coalesce(max(id), 0) from organisation where name = $1 and credit_code = $2`, name, code).Scan(&id)
			return id, err
		}})
	w.Contracts = contracts
	who := people{w.DB}
	w.Deadlines = deadline.New(deadline.Config{DB: w.DB, Audit: trail, Now: now, Used: registry.PolicyUsed})
	w.Points = point.New(point.Config{DB: w.DB, Audit: trail, People: who, Now: now, Year: registry.YearOf})
	w.Texts = extract.NewPapers(extract.PapersConfig{DB: w.DB, Files: w.Files, Jobs: w.Jobs, Now: now, Recogniser: w.recogniser})
	w.S = registry.New(
		registry.Config{DB: w.DB, Contracts: contracts, Ledger: chain, Audit: trail, People: who, Jobs: w.Jobs, Files: w.Files,
			Reader: w.Reader, Now: now,
			Papers: w.Texts,
			Random: rand.Reader, Drawable: papers.Drawable(Fonts), Ended: w.end},
	)
	w.Benefits = benefits.New(
		benefits.Config{DB: w.DB, Registry: w.S, Ledger: chain, Audit: trail, Files: w.Files, Now: now, Random: rand.Reader},
	)
	w.Papers = papers.New(
		papers.Config{DB: w.DB, Registry: w.S, Benefits: w.Benefits, Ledger: chain, Files: w.Files, Jobs: w.Jobs, Fonts: Fonts,
			BaseURL: "https://example.test"},
	)
	w.Archive = archive.New(archive.Config{DB: w.DB, Registry: w.S, Papers: w.Papers, Ledger: chain, Files: w.Reader, Audit: trail, Now: now})
	w.Reader.Sees("filing", w.S.SeesFilingFiles)
	w.Reader.Sees("registration", w.S.SeesRegistrationFiles)
	w.Reader.Sees("export", func(ctx context.Context, a actor.Actor, of files.Object) ([]string, error) {
		return w.Exchange.SeesExportFiles(ctx, a, of)
	})
	w.Reader.Sees("contract", contracts.SeesFiles)
	w.Exchange = exchange.New(
		exchange.Config{DB: w.DB, Registry: w.S, Contracts: contracts, Archive: w.Archive, Audit: trail, Files: w.Files, Jobs: w.Jobs,
			Now: now},
	)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func Check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %v", err, cause(err))
	}
}

// Scan reads one value.
func (w *World) Scan(into any, sql string, args ...any) {
	w.T.Helper()
	Check(w.T, w.DB.QueryRow(context.Background(), sql, args...).Scan(into))
}

// Org adds a confirmed organisation; the actor returned is nobody yet.
func (w *World) Org(kind, name, division string) actor.Actor {
	a := actor.Actor{OrgKind: actor.OrgKind(kind), OrgName: name, OrgState: actor.Confirmed, Division: division}
	w.Scan(
		&a.OrgID,
		`insert into organisation (kind, name, division, state, created_at) values ($1, $2, $3, 'confirmed', now()) returning id`,
		kind,
		name,
		division,
	)
	return a
}

// Person adds a member with roles to the organisation of an actor.
func (w *World) Person(org actor.Actor, roles ...actor.Role) actor.Actor {
	a := org
	a.Roles = roles
	w.Scan(&a.AccountID, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now()) returning id`,
		fmt.Sprint("person", w.next.Add(1)))
	w.Scan(
		&a.MembershipID,
		`insert into membership (account_id, organisation_id, roles, created_at) values ($1, $2, $3, now()) returning id`,
		a.AccountID,
		a.OrgID,
		roles,
	)
	return a
}

// Point adds a registration point.
func (w *World) Point(name string, kind point.Kind, host actor.Actor, division, code string) point.Point {
	p, err := w.Points.Save(
		context.Background(),
		w.Regional,
		point.Input{Name: name, Kind: kind, OrganisationID: host.OrgID, Division: division, Code2: code,
			AuthorisedFrom: "2020-01-01"},
	)
	Check(w.T, err)
	return p
}

// Content is a complete development contract between the world's seller and buyer, C = 800,000 元.
func (w *World) Content() contract.Content {
	party := func(a actor.Actor, nature string) contract.Party {
		return contract.Party{
			OrgID:          a.OrgID,
			Name:           a.OrgName,
			CreditCode:     "12150000460029132D",
			Country:        contract.China,
			Division:       a.Division,
			Address:        "某路 1 号",
			Representative: "某人",
			Contact:        "某人",
			Phone:          "0471-0000000",
			Nature:         nature,
		}
	}
	b := party(w.Buyer, "150")
	b.CreditCode = "91150000114150629E"
	return contract.Content{Seller: party(w.Seller, "0211"), Buyers: []contract.Party{b},
		Elements: contract.Elements{Name: "牧草收割监测算法委托开发", ClassCode: "0101", Summary: "交付算法", SignedOn: "2026-03-02", BeginsOn: "2026-03-02",
			EndsOn: "2027-03-01", Amount: 800_000 * money.Yuan, Payment: "lump_sum", Royalty: contract.No, RelatedParty: contract.No,
			Medium:     "paper",
			PlanSource: "9", IP: []contract.IP{{Kind: "none"}}, OwnershipDone: contract.Yes, Field: "01", SocialGoal: "09",
			Industry: "A", Confidential: "none"},
		Technical: 800_000 * money.Yuan,
		Statement: contract.Statement{True: true, Same: true, Unfiled: true, Applicant: "某人", Phone: "0471-0000000"}}
}

// Draft stores a contract whose signed text is unique unless text names one.
func (w *World) Draft(c contract.Content, text string) int64 {
	return w.DraftOf(w.Seller, w.Buyer, w.Seller, c, text)
}

// DraftOf is Draft with the parties and the applicant given.
func (w *World) DraftOf(seller, buyer, applicant actor.Actor, c contract.Content, text string) int64 {
	w.T.Helper()
	if text == "" {
		text = fmt.Sprintf("%064x", w.next.Add(1))
	}
	var id, file int64
	w.Scan(&id, `insert into contract (seller_org, buyer_org, applicant_org, created_by, state, content, created_at, updated_at)
		values (nullif($1::bigint, 0), nullif($2::bigint, 0), $3, $4, 'draft', $5, now(), now())
		returning id`, seller.OrgID, buyer.OrgID, applicant.OrgID, applicant.AccountID, c)
	for _, role := range []contract.FileRole{contract.SignedText, contract.PlanConsent, contract.ImportCertificate, contract.IPCertificate} {
		w.Scan(
			&file,
			`insert into file (digest, name, mime, size, purpose, created_at) values ($1, '文件.pdf', 'application/pdf', 1, 'contract', now())
				returning id`,
			text,
		)
		_, err := w.DB.Exec(
			context.Background(),
			`insert into contract_file (contract_id, file_id, role, name, digest, size, added_at, added_by)
				values ($1, $2, $3, '文件.pdf', $4, 1, now(), $5)`,
			id,
			file,
			role,
			text,
			applicant.AccountID,
		)
		Check(w.T, err)
	}
	return id
}

// Edit changes the working document of a contract that is editable.
func (w *World) Edit(id int64, change func(*contract.Content)) {
	w.T.Helper()
	var c contract.Content
	w.Scan(&c, `select content from contract where id = $1`, id)
	change(&c)
	_, err := w.DB.Exec(context.Background(), `update contract set content = $2 where id = $1`, id, c)
	Check(w.T, err)
}

// Review completes the saved sheet of a filing.
func (w *World) Review(a actor.Actor, id int64, change func(*registry.Review)) registry.Filing {
	w.T.Helper()
	r := w.Filing(id).Review
	r.Opinion = "符合认定规则"
	if change != nil {
		change(&r)
	}
	for _, rule := range r.Unanswered() {
		if rule.ID != recognition.Disputed || !r.Disputed {
			r.Cleared = append(r.Cleared, rule.ID)
		}
	}
	f, err := FilingOf(w.S.Do(context.Background(), a, registry.Command{Filing: id, Event: registry.EventSaveReview, Review: r}))
	Check(w.T, err)
	return f
}

// Pass takes a submitted filing through both reviews; the filing comes back awaiting registration or experts.
func (w *World) Pass(id int64, change func(*registry.Review)) registry.Filing {
	w.T.Helper()
	ctx := context.Background()
	if w.Filing(id).State == registry.AwaitingAcceptance {
		_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: id, Event: registry.EventAccept})
		Check(w.T, err)
	}
	w.Review(w.Registrar, id, change)
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: id, Event: registry.EventPassFirstReview})
	Check(w.T, err)
	f, err := FilingOf(w.S.Do(ctx, w.Reviewer, registry.Command{Filing: id, Event: registry.EventPassSecondReview, Text: "同意"}))
	Check(w.T, err)
	return f
}

// Submit drafts and submits to the county point.
func (w *World) Submit(c contract.Content) registry.Filing {
	w.T.Helper()
	f, err := w.S.Submit(context.Background(), w.Seller, w.Draft(c, ""), w.County.ID)
	Check(w.T, err)
	return f
}

// Register takes a contract all the way.
func (w *World) Register(c contract.Content, change func(*registry.Review)) registry.Registration {
	w.T.Helper()
	f := w.Pass(w.Submit(c).ID, change)
	return w.Finish(f)
}

// Finish registers a filing that passed both reviews, through the experts where it must.
func (w *World) Finish(f registry.Filing) registry.Registration {
	w.T.Helper()
	if f.State == registry.AwaitingExperts {
		var assigned bool
		w.Scan(&assigned, `select exists (select from filing_part where filing_id = $1 and part = 'expert')`, f.ID)
		if !assigned {
			w.Assign(f.ID)
		}
		for _, expert := range []actor.Actor{w.Expert, w.Expert2} {
			_, err := w.S.Do(context.Background(), expert,
				registry.Command{Filing: f.ID, Event: registry.EventPassExperts, Text: "同意登记", Minutes: w.Paper(expert)})
			Check(w.T, err)
		}
	}
	reg, err := RegistrationOf(w.S.Do(context.Background(), w.Head, registry.Command{Filing: f.ID, Event: registry.EventRegister}))
	Check(w.T, err)
	return reg
}

// Assign names the world's experts for a case.
func (w *World) Assign(filing int64) {
	w.T.Helper()
	_, err := w.S.Do(context.Background(), w.Head, registry.Command{Filing: filing, Event: registry.EventAssignExperts,
		Experts: []int64{w.Expert.AccountID, w.Expert2.AccountID}})
	Check(w.T, err)
}

// Paper stores an uploaded paper of a person's organisation.
func (w *World) Paper(a actor.Actor) (id int64) {
	w.T.Helper()
	ctx := context.Background()
	content, err := w.Files.Receive(ctx, "文件.pdf", strings.NewReader("%PDF-1.4\n%%EOF\n"))
	Check(w.T, err)
	Check(w.T, w.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err := w.Files.Record(ctx, tx, content, files.Meta{Purpose: "paper", OwnerOrg: a.OrgID, UploadedBy: a.AccountID})
		id = f.ID
		return err
	}))
	return id
}

// Later moves the clock by days.
func (w *World) Later(days int) { w.Now = w.Now.AddDate(0, 0, days) }

func cause(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// Filing reads a filing as the desk's head sees it.
func (w *World) Filing(id int64) registry.Filing {
	w.T.Helper()
	c, err := w.S.Case(context.Background(), w.Regional, id)
	Check(w.T, err)
	return c.Filing
}

// Fire does an event with input that a permitted caller could send.
func (w *World) Fire(on registry.Aggregate, e registry.Event, a actor.Actor, f registry.Filing, number string) error {
	c := registry.Command{
		Filing:   f.ID,
		Event:    e,
		Text:     "理由",
		Code:     "oral",
		Items:    []registry.CorrectionItem{{Text: "补交", Reason: "R7"}},
		Answers:  []string{"已补"},
		Refusal:  registry.Refusal{Codes: []string{"R7"}, Text: "理由"},
		Minutes:  w.Paper(a),
		Paper:    w.Paper(a),
		Experts:  []int64{w.Expert.AccountID, w.Expert2.AccountID},
		Ground:   "rescinded",
		Approved: true,
		Amount:   100,
	}
	if on == registry.OnRegistration {
		c.Filing, c.Number = 0, number
	}
	if e == registry.EventAnnounceRevocation {
		c.Ground = "fraud"
	}
	_, err := w.S.Do(context.Background(), a, c)
	return err
}

// FilingOf is the filing of an outcome, RegistrationOf its registration.
func FilingOf(o registry.Outcome, err error) (registry.Filing, error) { return o.Filing, err }

// RegistrationOf is the registration of an outcome.
func RegistrationOf(o registry.Outcome, err error) (registry.Registration, error) {
	return o.Registration, err
}
