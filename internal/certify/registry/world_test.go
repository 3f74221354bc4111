package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/identity"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a small market on a real database: a seller, a buyer, points with their staff, officers.
type world struct {
	t    testing.TB
	db   *postgres.DB
	s    *Service
	now  time.Time
	next atomic.Int64

	seller, seller2, buyer                      identity.Actor // 回民区 150103
	registrar, registrar2, reviewer, head       identity.Actor // of the county point
	expert, league, otherLeague, regional, tax  identity.Actor
	county, leaguePoint, regionPoint, elsewhere Point
	foreign                                     identity.Actor // registrar of another county
}

type recorder struct{ now func() time.Time }

func (r recorder) Record(ctx context.Context, tx pgx.Tx, e identity.Event) error {
	entry := audit.Entry{At: r.now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail}
	if e.Refused {
		entry.Result = audit.Refused
	}
	return audit.Record(ctx, tx, entry)
}

type people struct{ db *postgres.DB }

func (p people) AccountsOf(ctx context.Context, org int64, roles ...identity.Role) ([]int64, error) {
	rows, _ := p.db.Query(ctx, `select account_id from membership where organisation_id = $1 and roles && $2`, org, roles)
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func (p people) Names(ctx context.Context, ids []int64) (map[int64]string, error) {
	names := map[int64]string{}
	for _, id := range ids {
		names[id] = "人员" + strconv.FormatInt(id, 10)
	}
	return names, nil
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, db: pgtest.New(t), now: time.Date(2026, 4, 10, 10, 0, 0, 0, shanghai())}
	clock := func() time.Time { return w.now }
	keys, err := ledger.OpenKeys(t.TempDir(), must(ledger.SuiteByName("intl")), rand.Reader)
	check(t, err)
	queue, err := jobs.New(jobs.Config{DB: w.db, Now: clock})
	check(t, err)
	w.s = New(Deps{DB: w.db, Contracts: contract.New(contract.Config{DB: w.db, Audit: recorder{clock}, Now: clock}), Ledger: ledger.New(w.db, keys, clock),
		Audit: recorder{clock}, People: people{w.db}, Jobs: queue, Now: clock, Random: rand.Reader, BaseURL: "https://example.test"})

	w.seller = w.person(w.org("university", "样例研究院", "150103"), identity.Member)
	w.seller2 = w.colleague(w.seller, identity.Member)
	w.buyer = w.person(w.org("enterprise", "样例矿业", "150203"), identity.Member)
	host := w.org("point_host", "回民区科技服务中心", "150103")
	w.registrar, w.registrar2 = w.person(host, identity.Registrar), w.person(host, identity.Registrar)
	w.reviewer, w.head = w.person(host, identity.Reviewer), w.person(host, identity.PointHead)
	w.expert = w.person(host, identity.Expert)
	w.league = w.person(w.org("government", "呼和浩特市科技局", "150100"), identity.LeagueOfficer)
	w.otherLeague = w.person(w.org("government", "包头市科技局", "150200"), identity.LeagueOfficer)
	w.regional = w.person(w.org("government", "自治区科技厅", "150000"), identity.RegionOfficer)
	w.tax = w.person(w.org("government", "呼和浩特市税务局", "150100"), identity.TaxReader)
	w.county = w.point("回民区登记点", CountyPoint, host, "150103", "03")
	w.leaguePoint = w.point("呼和浩特市登记点", LeaguePoint, w.org("point_host", "呼和浩特市科技服务中心", "150100"), "150100", "01")
	w.regionPoint = w.point("自治区登记点", RegionPoint, w.org("point_host", "自治区成果转化中心", "150000"), "150000", "00")
	far := w.org("point_host", "昆都仑区科技服务中心", "150203")
	w.elsewhere = w.point("昆都仑区登记点", CountyPoint, far, "150203", "02")
	w.foreign = w.person(far, identity.Registrar, identity.Reviewer, identity.PointHead)
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %v", err, cause(err))
	}
}

func (w *world) scan(into any, sql string, args ...any) {
	w.t.Helper()
	check(w.t, w.db.QueryRow(context.Background(), sql, args...).Scan(into))
}

func (w *world) org(kind, name, division string) identity.Actor {
	a := identity.Actor{OrgKind: identity.OrgKind(kind), OrgName: name, OrgState: identity.Confirmed, Division: division}
	w.scan(&a.OrgID, `insert into organisation (kind, name, division, state, created_at) values ($1, $2, $3, 'confirmed', now()) returning id`, kind, name, division)
	return a
}

func (w *world) person(org identity.Actor, roles ...identity.Role) identity.Actor {
	a := org
	a.Roles = roles
	w.scan(&a.AccountID, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now()) returning id`,
		fmt.Sprint("person", w.next.Add(1)))
	w.scan(&a.MembershipID, `insert into membership (account_id, organisation_id, roles, created_at) values ($1, $2, $3, now()) returning id`, a.AccountID, a.OrgID, roles)
	return a
}

func (w *world) colleague(of identity.Actor, roles ...identity.Role) identity.Actor {
	return w.person(of, roles...)
}

func (w *world) point(name string, kind PointKind, host identity.Actor, division, code string) Point {
	p, err := w.s.SavePoint(context.Background(), w.regional, PointInput{Name: name, Kind: kind, OrganisationID: host.OrgID, Division: division, Code2: code,
		AuthorisedFrom: "2020-01-01"})
	check(w.t, err)
	return p
}

// content is a complete development contract between the world's seller and buyer, C = 800,000 元.
func (w *world) content() contract.Content {
	party := func(a identity.Actor, nature string) contract.Party {
		return contract.Party{OrgID: a.OrgID, Name: a.OrgName, CreditCode: "12150000460029132U", Country: contract.China, Division: a.Division, Address: "某路 1 号",
			Representative: "某人", Contact: "某人", Phone: "0471-0000000", Nature: nature}
	}
	b := party(w.buyer, "150")
	b.CreditCode = "911500001141506290"
	return contract.Content{Seller: party(w.seller, "0211"), Buyers: []contract.Party{b},
		Elements: contract.Elements{Name: "牧草收割监测算法委托开发", ClassCode: "0101", Summary: "交付算法", SignedOn: "2026-03-02", BeginsOn: "2026-03-02",
			EndsOn: "2027-03-01", Amount: 800_000 * money.Yuan, Payment: "lump_sum", Royalty: contract.No, RelatedParty: contract.No, Medium: "paper",
			PlanSource: "9", IP: []contract.IP{{Kind: "none"}}, OwnershipDone: contract.Yes, Field: "01", SocialGoal: "09", Industry: "A", Confidential: "none"},
		Technical: 800_000 * money.Yuan,
		Statement: contract.Statement{True: true, Same: true, Unfiled: true, Applicant: "某人", Phone: "0471-0000000"}}
}

// draft stores a contract whose signed text is unique unless text names one.
func (w *world) draft(c contract.Content, text string) int64 {
	return w.draftOf(w.seller, w.buyer, w.seller, c, text)
}

func (w *world) draftOf(seller, buyer, applicant identity.Actor, c contract.Content, text string) int64 {
	w.t.Helper()
	if text == "" {
		text = fmt.Sprintf("%064x", w.next.Add(1))
	}
	var id, file int64
	w.scan(&id, `insert into contract (seller_org, buyer_org, applicant_org, created_by, state, content, created_at, updated_at)
		values (nullif($1::bigint, 0), nullif($2::bigint, 0), $3, $4, 'draft', $5, now(), now()) returning id`, seller.OrgID, buyer.OrgID, applicant.OrgID, applicant.AccountID, c)
	for _, role := range []contract.FileRole{contract.SignedText, contract.PlanConsent, contract.ImportCertificate, contract.IPCertificate} {
		w.scan(&file, `insert into file (digest, name, mime, size, purpose, created_at) values ($1, '文件.pdf', 'application/pdf', 1, 'contract', now()) returning id`,
			text)
		_, err := w.db.Exec(context.Background(), `insert into contract_file (contract_id, file_id, role, name, digest, size, added_at, added_by) values ($1, $2, $3, '文件.pdf', $4, 1, now(), $5)`,
			id, file, role, text, applicant.AccountID)
		check(w.t, err)
	}
	return id
}

// edit changes the working document of a contract that is editable.
func (w *world) edit(id int64, change func(*contract.Content)) {
	w.t.Helper()
	var c contract.Content
	w.scan(&c, `select content from contract where id = $1`, id)
	change(&c)
	_, err := w.db.Exec(context.Background(), `update contract set content = $2 where id = $1`, id, c)
	check(w.t, err)
}

// review completes the saved sheet of a filing.
func (w *world) review(a identity.Actor, id int64, change func(*Review)) Filing {
	w.t.Helper()
	f, err := w.s.filing(context.Background(), id)
	check(w.t, err)
	r := f.Review
	r.Opinion = "符合认定规则"
	if change != nil {
		change(&r)
	}
	f, err = w.s.SaveReview(context.Background(), a, Ref{ID: id}, r)
	check(w.t, err)
	return f
}

// pass takes a submitted filing through both reviews; the filing comes back awaiting registration or experts.
func (w *world) pass(id int64, change func(*Review)) Filing {
	w.t.Helper()
	ctx := context.Background()
	f, err := w.s.filing(ctx, id)
	check(w.t, err)
	if f.State == AwaitingAcceptance {
		_, err = w.s.Accept(ctx, w.registrar, Ref{ID: id})
		check(w.t, err)
	}
	w.review(w.registrar, id, change)
	_, err = w.s.PassFirstReview(ctx, w.registrar, Ref{ID: id})
	check(w.t, err)
	f, err = w.s.PassSecondReview(ctx, w.reviewer, Ref{ID: id}, "同意")
	check(w.t, err)
	return f
}

func (w *world) submit(c contract.Content) Filing {
	w.t.Helper()
	f, err := w.s.Submit(context.Background(), w.seller, w.draft(c, ""), w.county.ID)
	check(w.t, err)
	return f
}

func (w *world) register(c contract.Content, change func(*Review)) Registration {
	w.t.Helper()
	f := w.pass(w.submit(c).ID, change)
	return w.finish(f)
}

func (w *world) finish(f Filing) Registration {
	w.t.Helper()
	if f.State == AwaitingExperts {
		_, err := w.s.PassExperts(context.Background(), w.expert, Ref{ID: f.ID}, "同意登记", 1)
		check(w.t, err)
	}
	reg, err := w.s.Register(context.Background(), w.head, Ref{ID: f.ID}, "")
	check(w.t, err)
	return reg
}

func (w *world) later(days int) { w.now = w.now.AddDate(0, 0, days) }

func cause(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}
