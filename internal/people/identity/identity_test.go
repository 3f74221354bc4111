package identity_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/internal/people/quota"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const good = "correct horse battery"

// trail keeps audit events of committed and rolled-back work alike; tests look at actions only.
type trail struct {
	mu      sync.Mutex
	actions []string
}

func (t *trail) Record(_ context.Context, tx pgx.Tx, e audit.Event) error {
	if tx == nil || e.ObjectKind == "" || e.ObjectID == "" {
		return errors.New("audit outside a transaction or without an object")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	action := e.Action
	if e.Refused {
		action += " refused"
	}
	t.actions = append(t.actions, action)
	return nil
}

type post struct{ bodies []string }

func (p *post) Mail(_ context.Context, _ pgx.Tx, to, subject, body string) error {
	p.bodies = append(p.bodies, to+"\n"+subject+"\n"+body)
	return nil
}

type bundle struct {
	*identity.Service
	db      *postgres.DB
	redis   *miniredis.Miniredis
	trail   *trail
	mail    *post
	offset  atomic.Int64
	changed []string // organisation states that the hook saw
}

func (b *bundle) now() time.Time {
	return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(b.offset.Load()))
}

func (b *bundle) advance(d time.Duration) { b.offset.Add(int64(d)); b.redis.FastForward(d) }

func setup(t *testing.T, change ...func(*identity.Policy)) *bundle {
	t.Helper()
	b := &bundle{db: pgtest.New(t), redis: miniredis.RunT(t), trail: &trail{}, mail: &post{}}
	c, err := cache.Open("redis://"+b.redis.Addr(), slog.New(slog.DiscardHandler), b.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1
	for _, c := range change {
		c(&policy)
	}
	b.Service, err = identity.New(identity.Config{DB: b.db, Audit: b.trail, Mail: b.mail, Quotas: quota.New(b.db, b.now), Cache: c,
		Limiter: c, Now: b.now,
		Policy: policy, BaseURL: "https://样例.example",
		OrganisationChanged: func(_ context.Context, _ pgx.Tx, o identity.Organisation) error {
			b.changed = append(b.changed, o.State)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Provision(t.Context(), []identity.ProvisionOrganisation{{
		Organisation: identity.Organisation{Name: "科技厅（样例）", Kind: actor.Government, Division: "150000", State: actor.Confirmed},
		People: []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: "region", DisplayName: "厅管理员", Password: good},
			Roles: []actor.Role{actor.RegionOfficer, actor.OrgAdmin}},
			{Person: identity.NewPerson{LoginName: "system", DisplayName: "运维", Password: good}, Roles: []actor.Role{actor.SystemAdmin}}},
	}}); err != nil {
		t.Fatal(err)
	}
	return b
}

func signUp(login, org string) identity.SignUp {
	return identity.SignUp{Person: identity.NewPerson{LoginName: login, DisplayName: login, Email: "a@example.com", Password: good},
		Organisation: identity.NewOrganisation{Kind: actor.Enterprise, Name: org, Division: "150204"}}
}

func (b *bundle) who(t *testing.T, login string) actor.Actor {
	t.Helper()
	a, err := b.ActorFor(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (b *bundle) signIn(t *testing.T, login string) identity.Session {
	t.Helper()
	s, err := b.SignIn(t.Context(), identity.SignIn{Login: login, Password: good, Address: "192.0.2.9"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *bundle) member(t *testing.T, admin actor.Actor, login string, roles ...actor.Role) actor.Actor {
	t.Helper()
	_, token, err := b.Invite(t.Context(), admin, admin.OrgID, login+"@example.com", roles)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.SignUpInvited(t.Context(), token, identity.NewPerson{LoginName: login, DisplayName: login,
		Email: login + "@example.com", Password: good}, ""); err != nil {
		t.Fatal(err)
	}
	return b.who(t, login)
}

func hasField(err error, path string) bool {
	var f *fault.Error
	return errors.As(err, &f) && slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Path == path && x.Message != "" })
}

func TestSignUp_FirstPersonIsAdminOfAPendingOrganisation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	in := signUp("zhang", "  样例  公司 ")
	in.Organisation.CreditCode = "9135 0100-m000100y43"
	account, org, err := b.SignUp(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	a := b.who(t, "ZHANG")
	if a.AccountID != account || a.OrgID != org || !a.Has(actor.OrgAdmin) || !a.Has(actor.Member) || a.OrgState != actor.Pending ||
		a.OrgName != "样例 公司" || a.Division != "150204" {
		t.Errorf("actor: %+v", a)
	}
	if o, _ := b.Organisation(ctx, org); o.CreditCode != "91350100M000100Y43" || len(o.Warnings()) != 0 {
		t.Errorf("organisation: %+v", o)
	}
	if _, _, err := b.SignUp(ctx, signUp("Zhang", "另一样例公司")); !fault.HasCode(err, "login_taken") || !hasField(err, "loginName") {
		t.Errorf("the login in other letters: %v", err)
	}
	in = signUp("li", "同码样例公司")
	in.Organisation.CreditCode = "91350100M000100Y43"
	if _, _, err := b.SignUp(ctx, in); !fault.HasCode(err, "credit_code_taken") || !hasField(err, "organisation.creditCode") {
		t.Errorf("the same credit code: %v", err)
	}
	if _, err := b.ActorFor(ctx, "li"); !fault.Is(err, fault.NotFound) {
		t.Errorf("half a sign-up stayed: %v", err)
	}
	in = signUp("wang", "校验位不符样例公司")
	in.Organisation.CreditCode = "91350100M000100Y44"
	_, org, err = b.SignUp(ctx, in)
	if err != nil {
		t.Fatalf("a wrong check digit blocks: %v", err)
	}
	if o, _ := b.Organisation(ctx, org); len(o.Warnings()) != 1 || o.Warnings()[0].Path != "creditCode" {
		t.Errorf("no warning: %+v", o.Warnings())
	}
}

func TestSignUp_NamesEveryWrongField(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := identity.SignUp{Person: identity.NewPerson{LoginName: "a b", Email: "nobody", Phone: "打我电话", Password: "short"},
		Organisation: identity.NewOrganisation{Kind: "club", Name: "甲", Division: "159999",
			Profile: identity.OrgProfile{Website: "javascript:alert(1)", Introduction: strings.Repeat("长", 3001)}}}
	_, _, err := b.SignUp(t.Context(), in)
	for _, path := range []string{"loginName", "displayName", "email", "phone", "password", "organisation.kind", "organisation.name",
		"organisation.division",
		"organisation.profile.website", "organisation.profile.introduction"} {
		if !hasField(err, path) {
			t.Errorf("no message at %s: %v", path, err)
		}
	}
	in = signUp("gov", "某样例局")
	in.Organisation.Kind = actor.Government
	if _, _, err := b.SignUp(t.Context(), in); !hasField(err, "organisation.kind") {
		t.Errorf("a government office signs itself up: %v", err)
	}
}

func TestPasswordRule(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, c := range []struct {
		password string
		ok       bool
	}{
		{"correct horse battery", true}, {"Ab3defgh", true}, {"abcdefgh", false}, {"Ab3defg", false}, {"aaaaaaaaaaaa", false},
		{"123456789012", false},
		{"Password1!", false}, {"这是一个足够长的中文密码呀", true}, {strings.Repeat("ab1C", 51), false}, {"Techmarket2026", false},
	} {
		in := signUp(fmt.Sprintf("user%d", i), fmt.Sprintf("样例公司%d", i))
		in.Person.Password = c.password
		if _, _, err := b.SignUp(t.Context(), in); (err == nil) != c.ok || (!c.ok && !hasField(err, "password")) {
			t.Errorf("%q: %v, want accepted %v", c.password, err, c.ok)
		}
	}
}

func TestSignIn_FailsWithoutSayingWhy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	_, err1 := b.SignIn(ctx, identity.SignIn{Login: "region", Password: "wrong", Address: "192.0.2.1"})
	_, err2 := b.SignIn(ctx, identity.SignIn{Login: "nobody here", Password: good, Address: "192.0.2.1"})
	if !fault.HasCode(err1, "sign_in_failed") || err1.Error() != err2.Error() {
		t.Errorf("told apart: %v / %v", err1, err2)
	}
	if got := b.trail.actions[len(b.trail.actions)-1]; got != "session.sign_in refused" {
		t.Errorf("audit: %s", got)
	}
	s := b.signIn(t, " Region ")
	if s.Actor.Name != "厅管理员" || !s.Actor.Has(actor.RegionOfficer) || len(s.Token) < 40 {
		t.Errorf("session: %+v", s)
	}
	var stored int
	if err := b.db.QueryRow(ctx, `select count(*) from session where token_hash = $1`, s.Token).Scan(&stored); err != nil || stored != 0 {
		t.Errorf("the cookie's value is in the table")
	}
}

func TestSignIn_OnlyFailuresLockAndOnlyWhereTheyHappen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	try := func(password, address string) error {
		_, err := b.SignIn(ctx, identity.SignIn{Login: "region", Password: password, Address: address})
		return err
	}
	for range 40 { // a campus behind one address
		if err := try(good, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		if err := try("wrong", "192.0.2.66"); !fault.HasCode(err, "sign_in_failed") {
			t.Fatalf("failure %d: %v", i, err)
		}
	}
	err := try(good, "192.0.2.66")
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "sign_in_throttled" || f.Wait <= 0 || f.Wait > 15*time.Minute {
		t.Errorf("after five failures, from there: %v", err)
	}
	for i := range 100 { // from everywhere
		_ = try("wrong", fmt.Sprint("198.51.100.", i))
	}
	if err := try(good, "203.0.113.200"); !fault.HasCode(err, "sign_in_throttled") {
		t.Errorf("an account that the world guesses at, from a new address: %v", err)
	}
	if err := try(good, "192.0.2.1"); err != nil {
		t.Errorf("the owner, from an address that he uses: %v", err)
	}
	b.advance(16 * time.Minute)
	if err := try(good, "203.0.113.200"); err != nil {
		t.Errorf("after the window: %v", err)
	}
	for i := range 30 {
		_, _ = b.SignIn(ctx, identity.SignIn{Login: fmt.Sprint("someone", i), Password: "x", Address: "203.0.113.7"})
	}
	if err := try(good, "203.0.113.7"); !fault.HasCode(err, "sign_in_throttled") {
		t.Errorf("the address after thirty failures: %v", err)
	}
}

func TestRoles_TheDeskIsNamedByTheHeadAndNobodyByHimself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, err := b.Provision(ctx, []identity.ProvisionOrganisation{{
		Organisation: identity.Organisation{Name: "样例大学", Kind: actor.University, Division: "150103", State: actor.Confirmed},
		People: []identity.ProvisionPerson{
			{Person: identity.NewPerson{LoginName: "dean", DisplayName: "院长", Password: good}, Roles: []actor.Role{actor.OrgAdmin}},
			{Person: identity.NewPerson{LoginName: "head", DisplayName: "负责人", Password: good},
				Roles: []actor.Role{actor.OrgAdmin, actor.PointHead}}}},
	}); err != nil {
		t.Fatal(err)
	}
	dean, head, region := b.who(t, "dean"), b.who(t, "head"), b.who(t, "region")
	for _, role := range []actor.Role{actor.Registrar, actor.Reviewer, actor.Expert, actor.PointHead, actor.LeagueOfficer,
		actor.TaxReader, "made_up"} {
		if _, _, err := b.Invite(ctx, dean, dean.OrgID, "x@example.com", []actor.Role{role}); !hasField(err, "roles") {
			t.Errorf("a university's administrator invites a %s: %v", role, err)
		}
	}
	if _, _, err := b.Invite(ctx, head, head.OrgID, "x@example.com", []actor.Role{actor.Registrar}); err != nil {
		t.Errorf("the head of its point invites a registrar: %v", err)
	}
	own := []actor.Role{actor.OrgAdmin, actor.PointHead, actor.Registrar}
	if err := b.SetRoles(ctx, head, head.MembershipID, own); !fault.HasCode(err, "own_roles") {
		t.Errorf("a head makes himself registrar: %v", err)
	}
	own = []actor.Role{actor.OrgAdmin, actor.RegionOfficer, actor.TaxReader}
	if err := b.SetRoles(ctx, region, region.MembershipID, own); !fault.HasCode(err, "own_roles") {
		t.Errorf("an officer gives himself a role: %v", err)
	}
	_, token, err := b.Invite(ctx, region, dean.OrgID, "me@example.com", []actor.Role{actor.PointHead})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.AcceptInvitation(ctx, region, token); !fault.HasCode(err, "own_roles") {
		t.Errorf("an officer invites himself: %v", err)
	}
}

func TestPassword_NeitherTheLoginNorTheSampleOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, password := range []string{"Zhang.San-2026", "zhang.san-2026", identity.SamplePassword} {
		in := signUp("zhang.san-2026", "样例公司")
		in.Person.Password = password
		if _, _, err := b.SignUp(t.Context(), in); !hasField(err, "person.password") && !hasField(err, "password") {
			t.Errorf("sign-up with %q: %v", password, err)
		}
		if _, err := b.Provision(t.Context(), []identity.ProvisionOrganisation{{
			Organisation: identity.Organisation{Name: "样例公司", Kind: actor.Enterprise, Division: "150204", State: actor.Confirmed},
			People:       []identity.ProvisionPerson{{Person: in.Person, Roles: []actor.Role{actor.Member}}}},
		}); !hasField(err, "password") {
			t.Errorf("provided with %q: %v", password, err)
		}
	}
}

// Each way that credentials end is tried with an account of its own, whose token works before.
func TestTokens_EndWithTheCredentials(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	region := b.who(t, "region")
	for i, c := range []struct {
		name string
		end  func(who actor.Actor, login string) error
	}{
		{"sign-out everywhere", func(who actor.Actor, _ string) error { return b.SignOutEverywhere(ctx, who) }},
		{"reset", func(_ actor.Actor, login string) error { return b.ResetPassword(ctx, login, good+"2") }},
		{"change", func(who actor.Actor, _ string) error { return b.ChangePassword(ctx, who, "", good, good+"3") }},
		{"disabled", func(who actor.Actor, _ string) error { return b.SetDisabled(ctx, region, who.AccountID, true) }},
		{"disabled and enabled again", func(who actor.Actor, _ string) error {
			if err := b.SetDisabled(ctx, region, who.AccountID, true); err != nil {
				return err
			}
			return b.SetDisabled(ctx, region, who.AccountID, false)
		}},
		{"organisation suspended", func(who actor.Actor, _ string) error {
			_, err := b.DoOrganisation(ctx, region, who.OrgID, identity.OrgSuspend, "核查")
			return err
		}},
	} {
		login := fmt.Sprintf("admin%d", i)
		if _, err := b.Provision(ctx, []identity.ProvisionOrganisation{{
			Organisation: identity.Organisation{Name: "样例公司" + login, Kind: actor.Enterprise, Division: "150204", State: actor.Confirmed},
			People: []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: login, DisplayName: login, Password: good},
				Roles: []actor.Role{actor.OrgAdmin, actor.Member}}}},
		}); err != nil {
			t.Fatal(err)
		}
		who := b.who(t, login)
		_, secret, err := b.CreateToken(ctx, who, "程序", identity.AllScopes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.ActorFromToken(ctx, secret, ""); err != nil {
			t.Fatalf("%s: the token does not work before: %v", c.name, err)
		}
		if err := c.end(who, login); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if _, err := b.ActorFromToken(ctx, secret, ""); err == nil {
			t.Errorf("a token works after: %s", c.name)
		}
	}
}

func TestSession_EndsIdleAndAbsolute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	s := b.signIn(t, "region")
	alive := func() error { _, err := b.Authenticate(ctx, s.Token, "r1"); return err }
	for range 36 { // twelve hours in steps of twenty minutes
		if err := alive(); err != nil {
			t.Fatalf("at %v: %v", b.now(), err)
		}
		b.advance(20 * time.Minute)
	}
	if err := alive(); !fault.HasCode(err, "session_ended") {
		t.Errorf("after twelve hours: %v", err)
	}
	s = b.signIn(t, "region")
	b.advance(29 * time.Minute)
	if err := alive(); err != nil {
		t.Errorf("after 29 idle minutes: %v", err)
	}
	b.advance(30 * time.Minute)
	if err := alive(); !fault.HasCode(err, "session_ended") {
		t.Errorf("after 30 idle minutes: %v", err)
	}
	if err := b.CleanSessions(ctx); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := b.db.QueryRow(ctx, `select count(*) from session`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d sessions left, %v", left, err)
	}
	if _, err := b.Authenticate(ctx, "made up", ""); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("an invented token: %v", err)
	}
}

func TestSession_EndsAtOnceDespiteTheCache(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	one, two, three := b.signIn(t, "region"), b.signIn(t, "region"), b.signIn(t, "region")
	all := func(want ...bool) {
		t.Helper()
		for i, s := range []identity.Session{one, two, three} {
			if _, err := b.Authenticate(ctx, s.Token, ""); (err == nil) != want[i] {
				t.Errorf("session %d: %v, want alive %v", i+1, err, want[i])
			}
		}
	}
	all(true, true, true)
	all(true, true, true) // from the cache
	if err := b.SignOut(ctx, one.Actor, one.Token); err != nil {
		t.Fatal(err)
	}
	all(false, true, true)
	if err := b.ChangePassword(ctx, two.Actor, two.Token, "wrong", "another long password"); !hasField(err, "oldPassword") {
		t.Errorf("wrong old password: %v", err)
	}
	if err := b.ChangePassword(ctx, two.Actor, two.Token, good, "another long password"); err != nil {
		t.Fatal(err)
	}
	all(false, true, false)
	if err := b.SignOutEverywhere(ctx, two.Actor); err != nil {
		t.Fatal(err)
	}
	all(false, false, false)
	if _, err := b.SignIn(ctx, identity.SignIn{Login: "region", Password: good}); !fault.HasCode(err, "sign_in_failed") {
		t.Errorf("the old password: %v", err)
	}
	// Losing Redis loses nobody.
	four, err := b.SignIn(ctx, identity.SignIn{Login: "region", Password: "another long password"})
	if err != nil {
		t.Fatal(err)
	}
	b.redis.Close()
	if _, err := b.Authenticate(ctx, four.Token, ""); err != nil {
		t.Errorf("without Redis: %v", err)
	}
}

func TestRoles_AChangeReachesTheSessionAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	admin := b.who(t, "admin")
	m := b.member(t, admin, "member", actor.Member)
	s := b.signIn(t, "member")
	roles := func() []actor.Role {
		t.Helper()
		a, err := b.Authenticate(ctx, s.Token, "")
		if err != nil {
			t.Fatal(err)
		}
		return a.Roles
	}
	if got := roles(); !slices.Equal(got, []actor.Role{actor.Member}) {
		t.Errorf("roles: %v", got)
	}
	if err := b.SetRoles(ctx, admin, m.MembershipID, []actor.Role{actor.Broker, actor.Member}); err != nil {
		t.Fatal(err)
	}
	if got := roles(); !slices.Equal(got, []actor.Role{actor.Broker, actor.Member}) {
		t.Errorf("roles after the change: %v", got)
	}
	token, secret, err := b.CreateToken(ctx, m, "脚本", identity.AllScopes(), nil)
	if err != nil || !strings.HasPrefix(secret, identity.TokenPrefix) || token.ID == 0 {
		t.Fatal(token, err)
	}
	if a, err := b.ActorFromToken(ctx, secret, "r"); err != nil || a.AccountID != m.AccountID || !a.Has(actor.Broker) {
		t.Fatalf("by token: %+v, %v", a, err)
	}
	if err := b.EndMembership(ctx, admin, m.MembershipID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(ctx, s.Token, ""); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("acts for the organisation after leaving it: %v", err)
	}
	if _, err := b.ActorFromToken(ctx, secret, ""); !fault.HasCode(err, "token_invalid") {
		t.Errorf("the token outlives the membership: %v", err)
	}
}

func TestRoles_NobodyGrantsMoreThanAllowed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.SignUp(ctx, signUp("rival", "竞争样例公司")); err != nil {
		t.Fatal(err)
	}
	admin, rival, region, system := b.who(t, "admin"), b.who(t, "rival"), b.who(t, "region"), b.who(t, "system")
	m := b.member(t, admin, "member", actor.Member)
	for name, c := range map[string]struct {
		who   actor.Actor
		roles []actor.Role
		ok    bool
	}{
		"admin makes a broker":               {admin, []actor.Role{actor.Broker}, true},
		"admin makes a registrar of a firm":  {admin, []actor.Role{actor.Registrar}, false},
		"admin makes a region officer":       {admin, []actor.Role{actor.RegionOfficer}, false},
		"member makes itself admin":          {m, []actor.Role{actor.OrgAdmin}, false},
		"admin of another organisation":      {rival, []actor.Role{actor.Broker}, false},
		"system administrator":               {system, []actor.Role{actor.Broker}, false},
		"region officer":                     {region, []actor.Role{actor.OrgAdmin, actor.Member}, true},
		"region officer, outside government": {region, []actor.Role{actor.LeagueOfficer}, false},
		"nothing":                            {admin, []actor.Role{}, false},
		"guest":                              {actor.Guest(), []actor.Role{actor.Broker}, false},
	} {
		if err := b.SetRoles(ctx, c.who, m.MembershipID, c.roles); (err == nil) != c.ok {
			t.Errorf("%s: %v, want allowed %v", name, err, c.ok)
		}
		if _, _, err := b.Invite(ctx, c.who, m.OrgID, "x@example.com", c.roles); (err == nil) != c.ok {
			t.Errorf("%s, by invitation: %v, want allowed %v", name, err, c.ok)
		}
	}
	if err := b.SetRoles(ctx, region, system.MembershipID, []actor.Role{actor.SystemAdmin, actor.RegionOfficer}); err == nil {
		t.Error("a system administrator holds another role")
	}
}

func TestMembers_NeverWithoutAnAdmin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	admin := b.who(t, "admin")
	if err := b.EndMembership(ctx, admin, admin.MembershipID); !fault.HasCode(err, "last_admin") {
		t.Errorf("the last admin leaves: %v", err)
	}
	if err := b.SetRoles(ctx, admin, admin.MembershipID, []actor.Role{actor.Member}); !fault.HasCode(err, "last_admin") {
		t.Errorf("the last admin steps down: %v", err)
	}
	second := b.member(t, admin, "second", actor.OrgAdmin)
	// Two admins remove each other at the same moment: one stays.
	for range 5 {
		var wg sync.WaitGroup
		var errs [2]error
		for i, pair := range [][2]actor.Actor{{admin, second}, {second, admin}} {
			wg.Go(func() {
				errs[i] = b.SetRoles(ctx, pair[0], pair[1].MembershipID, []actor.Role{actor.Member})
			})
		}
		wg.Wait()
		var admins int
		if err := b.db.QueryRow(ctx, `select count(*) from membership where organisation_id = $1 and 'org_admin' = any(roles)
			and ended_at is null`, admin.OrgID).Scan(&admins); err != nil || admins != 1 {
			t.Fatalf("%d admins left (%v, %v), %v", admins, errs[0], errs[1], err)
		}
		if _, err := b.db.Exec(ctx, `update membership set roles = '{org_admin}' where organisation_id = $1`, admin.OrgID); err != nil {
			t.Fatal(err)
		}
	}
	// Random sequences keep the invariant too.
	region := b.who(t, "region")
	third := b.member(t, admin, "third", actor.Member)
	rapid.Check(t, func(r *rapid.T) {
		people := []actor.Actor{admin, second, third}
		for range 8 {
			who := rapid.SampledFrom(append(people, region)).Draw(r, "who")
			whom := rapid.SampledFrom(people).Draw(r, "whom")
			roles := rapid.SampledFrom([][]actor.Role{{actor.Member}, {actor.OrgAdmin}, {actor.OrgAdmin, actor.Member}}).Draw(r, "roles")
			_ = b.SetRoles(ctx, who, whom.MembershipID, roles)
		}
		var admins int
		if err := b.db.QueryRow(ctx, `select count(*) from membership where organisation_id = $1 and 'org_admin' = any(roles)
			and ended_at is null`, admin.OrgID).Scan(&admins); err != nil || admins < 1 {
			r.Fatalf("%d admins, %v", admins, err)
		}
	})
}

func TestInvitation_OpensOnceAndOnlyInTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	admin, region := b.who(t, "admin"), b.who(t, "region")
	inv, token, err := b.Invite(ctx, admin, admin.OrgID, "new@example.com", []actor.Role{actor.Member})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(b.mail.bodies); n != 2 || !strings.Contains(b.mail.bodies[n-1], "/invitations/"+token) { // the first confirms the address
		t.Errorf("mail: %v", b.mail.bodies)
	}
	if got, err := b.InvitationByToken(ctx, token); err != nil || got.OrganisationName != "样例公司" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := b.AcceptInvitation(ctx, region, token); err != nil {
		t.Fatal(err)
	}
	if err := b.AcceptInvitation(ctx, b.who(t, "system"), token); !fault.HasCode(err, "invitation") {
		t.Errorf("used twice: %v", err)
	}
	// The person now switches between two organisations.
	s := b.signIn(t, "region")
	ms, err := b.Memberships(ctx, s.Actor)
	if err != nil || len(ms) != 2 {
		t.Fatal(ms, err)
	}
	if err := b.Switch(ctx, s.Actor, s.Token, ms[1].ID); err != nil {
		t.Fatal(err)
	}
	if a, _ := b.Authenticate(ctx, s.Token, ""); a.OrgID != admin.OrgID || a.Has(actor.RegionOfficer) {
		t.Errorf("after the switch: %+v", a)
	}
	if err := b.Switch(ctx, s.Actor, s.Token, admin.MembershipID); !fault.HasCode(err, "membership") {
		t.Errorf("switched to somebody else's membership: %v", err)
	}
	if err := b.RevokeInvitation(ctx, admin, admin.OrgID, inv.ID); !fault.HasCode(err, "invitation") {
		t.Errorf("revoked an accepted one: %v", err)
	}
	inv, token, _ = b.Invite(ctx, admin, admin.OrgID, "new@example.com", []actor.Role{actor.Member})
	if err := b.RevokeInvitation(ctx, admin, admin.OrgID, inv.ID); err != nil {
		t.Fatal(err)
	}
	person := identity.NewPerson{LoginName: "late", DisplayName: "迟到", Email: "late@example.com", Password: good}
	if _, err := b.SignUpInvited(ctx, token, person, ""); !fault.HasCode(err, "invitation") {
		t.Errorf("revoked: %v", err)
	}
	_, token, _ = b.Invite(ctx, admin, admin.OrgID, "new@example.com", []actor.Role{actor.Member})
	b.advance(15 * 24 * time.Hour)
	if _, err := b.SignUpInvited(ctx, token, person, ""); !fault.HasCode(err, "invitation") {
		t.Errorf("over time: %v", err)
	}
	if list, err := b.Invitations(ctx, admin, admin.OrgID); err != nil || len(list) != 3 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestOrganisation_WalksEveryStateEventAndRole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	_, org, err := b.SignUp(ctx, signUp("admin", "样例公司"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.SignUp(ctx, signUp("rival", "竞争样例公司")); err != nil {
		t.Fatal(err)
	}
	type key struct {
		state string
		event identity.OrgEvent
		who   string
	}
	expected := map[key]string{
		{actor.Pending, identity.OrgConfirm, "region"}:   actor.Confirmed,
		{actor.Pending, identity.OrgReturn, "region"}:    actor.Returned,
		{actor.Returned, identity.OrgResubmit, "admin"}:  actor.Pending,
		{actor.Confirmed, identity.OrgSuspend, "region"}: actor.Suspended,
		{actor.Suspended, identity.OrgRestore, "region"}: actor.Confirmed,
	}
	for _, state := range []string{actor.Pending, actor.Confirmed, actor.Returned, actor.Suspended} {
		for _, event := range []identity.OrgEvent{identity.OrgConfirm, identity.OrgReturn, identity.OrgResubmit, identity.OrgSuspend,
			identity.OrgRestore} {
			for _, login := range []string{"region", "admin", "rival", "system", ""} {
				if _, err := b.db.Exec(ctx, `update organisation set state = $2 where id = $1`, org, state); err != nil {
					t.Fatal(err)
				}
				who := actor.Guest()
				if login != "" {
					who = b.who(t, login)
				}
				want := expected[key{state, event, login}]
				got, err := b.DoOrganisation(ctx, who, org, event, "样例原因")
				if (want != "") != (err == nil) || (want != "" && got.State != want) {
					t.Errorf("%s + %s by %q: %s, %v, want %q", state, event, login, got.State, err, want)
				}
			}
		}
	}
	if _, err := b.db.Exec(ctx, `update organisation set state = 'pending' where id = $1`, org); err != nil {
		t.Fatal(err)
	}
	if _, err := b.DoOrganisation(ctx, b.who(t, "region"), org, identity.OrgReturn, "  "); !hasField(err, "reason") {
		t.Errorf("returned without a reason: %v", err)
	}
	if len(b.changed) != len(expected) {
		t.Errorf("the market heard of %d changes, want %d", len(b.changed), len(expected))
	}
}

func TestUpdateOrganisation_ConfirmedFactsBelongToTheOfficer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	_, org, err := b.SignUp(ctx, signUp("admin", "样例公司"))
	if err != nil {
		t.Fatal(err)
	}
	admin, region := b.who(t, "admin"), b.who(t, "region")
	name := "改名样例公司"
	o, err := b.UpdateOrganisation(ctx, admin, org, identity.OrganisationUpdate{Version: 1, Name: &name})
	if err != nil || o.Name != name || o.Version != 2 {
		t.Fatal(o, err)
	}
	if _, err := b.UpdateOrganisation(ctx, admin, org,
		identity.OrganisationUpdate{Version: 1, Name: &name}); !fault.HasCode(err, "stale_version") {
		t.Errorf("stale: %v", err)
	}
	if o, err = b.DoOrganisation(ctx, region, org, identity.OrgConfirm, ""); err != nil {
		t.Fatal(err)
	}
	other := "又改名样例公司"
	if _, err := b.UpdateOrganisation(ctx, admin, org,
		identity.OrganisationUpdate{Version: o.Version, Name: &other}); !fault.HasCode(err, "organisation_locked") {
		t.Errorf("renamed after confirmation: %v", err)
	}
	profile := identity.OrgProfile{Address: "青山区样例路 1 号"}
	if o, err = b.UpdateOrganisation(ctx, admin, org, identity.OrganisationUpdate{Version: o.Version, Profile: &profile}); err != nil ||
		o.State != actor.Confirmed {
		t.Errorf("profile: %+v, %v", o, err)
	}
	if _, err := b.UpdateOrganisation(ctx, region, org, identity.OrganisationUpdate{Version: o.Version, Name: &other}); err != nil {
		t.Errorf("the officer renames: %v", err)
	}
	if _, err := b.UpdateOrganisation(ctx, b.who(t, "system"), org,
		identity.OrganisationUpdate{Version: o.Version + 1, Profile: &profile}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the system administrator edits: %v", err)
	}
}

func TestFindOrganisations_StaysInsideTheArea(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	for i, division := range []string{"150204", "150302"} {
		in := signUp(fmt.Sprint("admin", i), fmt.Sprint("样例公司", division))
		in.Organisation.Division = division
		if _, _, err := b.SignUp(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	made, err := b.Provision(ctx, []identity.ProvisionOrganisation{{Organisation: identity.Organisation{Name: "包头局（样例）",
		Kind: actor.Government, Division: "150200", State: actor.Confirmed},
		People: []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: "league", DisplayName: "包头", Password: "x"},
			Roles: []actor.Role{actor.LeagueOfficer}}}}})
	if err != nil {
		t.Fatal(err)
	}
	count := func(login string, f identity.OrganisationFilter) int {
		t.Helper()
		os, err := b.FindOrganisations(ctx, b.who(t, login), f)
		if err != nil {
			t.Fatal(err)
		}
		return len(os)
	}
	pending := identity.OrganisationFilter{State: actor.Pending}
	for login, want := range map[string]int{"region": 2, "league": 1, "admin0": 1, "admin1": 1, "system": 0} {
		if got := count(login, pending); got != want {
			t.Errorf("%s sees %d pending, want %d", login, got, want)
		}
	}
	if got := count("region", identity.OrganisationFilter{Division: "150200"}); got != 2 {
		t.Errorf("in Baotou: %d", got)
	}
	if got := count("region", identity.OrganisationFilter{Text: "公司1502"}); got != 1 {
		t.Errorf("by name: %d", got)
	}
	if got := count("region", identity.OrganisationFilter{Text: "%"}); got != 0 {
		t.Errorf("a percent sign finds %d", got)
	}
	if _, err := b.FindOrganisations(ctx, actor.Guest(), identity.OrganisationFilter{}); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a guest lists organisations: %v", err)
	}
	if got, err := b.OfficersFor(ctx, "150204"); err != nil || !slices.Equal(got, made[0].AccountIDs) {
		t.Errorf("officers for Baotou: %v, %v", got, err)
	}
	if got, err := b.OfficersFor(ctx, "150302"); err != nil || !slices.Equal(got, []int64{b.who(t, "region").AccountID}) {
		t.Errorf("officers for a league without one: %v, %v", got, err)
	}
}

// twoFactor sets the second step of an account up and returns its codes by time and its recovery codes.
func (b *bundle) twoFactor(t *testing.T, login string) (code func() string, recovery []string) {
	t.Helper()
	who := b.who(t, login)
	secret, url, err := b.NewTwoFactor(t.Context(), who)
	if err != nil || !strings.HasPrefix(url, "otpauth://totp/") {
		t.Fatal(url, err)
	}
	if again, err := b.TwoFactorURL(t.Context(), who, secret); err != nil || again != url {
		t.Errorf("shown again: %s, %v", again, err)
	}
	code = func() string {
		t.Helper()
		c, err := totp.GenerateCode(secret, b.now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if _, err := b.EnableTwoFactor(t.Context(), who, secret, "000000"); !hasField(err, "code") {
		t.Errorf("a guessed code: %v", err)
	}
	if _, err := b.EnableTwoFactor(t.Context(), who, "ABCD", code()); !fault.HasCode(err, "secret") {
		t.Errorf("a short secret: %v", err)
	}
	recovery, err = b.EnableTwoFactor(t.Context(), who, secret, code())
	if err != nil || len(recovery) != 10 {
		t.Fatal(recovery, err)
	}
	if _, err := b.EnableTwoFactor(t.Context(), who, secret, code()); !fault.HasCode(err, "two_factor_on") {
		t.Errorf("replaced without switching off: %v", err)
	}
	b.advance(time.Minute)
	return code, recovery
}

func (b *bundle) firstStep(t *testing.T) identity.Session {
	t.Helper()
	session, err := b.SignIn(t.Context(), identity.SignIn{Login: "region", Password: good, Address: "192.0.2.1"})
	if err != nil || !session.NeedsCode {
		t.Fatalf("first step: %+v, %v", session, err)
	}
	return session
}

func TestTwoFactor_IsAskedAfterThePasswordAndTakesACodeOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	code, recovery := b.twoFactor(t, "region")
	second := func(step identity.Session, code string) error {
		_, err := b.SignInCode(ctx, step.Token, code, "192.0.2.1", "")
		return err
	}
	step := b.firstStep(t)
	if _, err := b.Authenticate(ctx, step.Token, ""); !fault.HasCode(err, "session_ended") {
		t.Errorf("the first step alone signs in: %v", err)
	}
	if err := second(step, "000000"); !hasField(err, "code") {
		t.Errorf("a guessed code: %v", err)
	}
	session, err := b.SignInCode(ctx, step.Token, code(), "192.0.2.1", "")
	if err != nil || session.Token == step.Token {
		t.Fatalf("right: %v", err)
	}
	if who, err := b.Authenticate(ctx, session.Token, ""); err != nil || !who.SignedIn() {
		t.Errorf("after the second step: %v", err)
	}
	if err := second(step, code()); !fault.HasCode(err, "first_step_over") {
		t.Errorf("the first step used again: %v", err)
	}
	if err := second(b.firstStep(t), code()); !hasField(err, "code") {
		t.Errorf("the same code again: %v", err)
	}
	late := b.firstStep(t)
	b.advance(6 * time.Minute)
	if err := second(late, code()); !fault.HasCode(err, "first_step_over") {
		t.Errorf("after six minutes: %v", err)
	}
	if err := second(b.firstStep(t), strings.ToUpper(recovery[3])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if err := second(b.firstStep(t), recovery[3]); !hasField(err, "code") {
		t.Errorf("the same recovery code again: %v", err)
	}
	if a, err := b.Account(ctx, b.who(t, "region")); err != nil || a.Recovery != 9 {
		t.Errorf("recovery codes left: %d, %v", a.Recovery, err)
	}
}

func TestTwoFactor_WrongCodesLockLikeWrongPasswords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code, _ := b.twoFactor(t, "region")
	step := b.firstStep(t)
	for range 5 {
		if _, err := b.SignInCode(t.Context(), step.Token, "000000", "192.0.2.1", ""); !hasField(err, "code") {
			t.Fatal(err)
		}
	}
	if _, err := b.SignInCode(t.Context(), step.Token, code(), "192.0.2.1", ""); !fault.HasCode(err, "sign_in_throttled") {
		t.Errorf("the sixth attempt: %v", err)
	}
}

func TestTwoFactor_IsSwitchedOffByPasswordAndCodeOrResetByAnAdministrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	code, recovery := b.twoFactor(t, "region")
	region := b.who(t, "region")
	if err := b.DisableTwoFactor(ctx, region, "wrong", code()); !hasField(err, "password") {
		t.Errorf("without the password: %v", err)
	}
	if err := b.DisableTwoFactor(ctx, region, good, "000000"); !hasField(err, "code") {
		t.Errorf("without a code: %v", err)
	}
	if err := b.DisableTwoFactor(ctx, region, good, recovery[0]); err != nil {
		t.Fatal(err)
	}
	if s, err := b.SignIn(ctx, identity.SignIn{Login: "region", Password: good, Address: "192.0.2.1"}); err != nil || s.NeedsCode {
		t.Errorf("after switching off: %v", err)
	}

	sign := func(login, org string) actor.Actor {
		if _, _, err := b.SignUp(ctx, signUp(login, org)); err != nil {
			t.Fatal(err)
		}
		return b.who(t, login)
	}
	admin, stranger := sign("two-admin", "样例两步公司"), sign("company", "样例外人公司")
	member := b.member(t, admin, "two-member", actor.Member)
	_, _ = b.twoFactor(t, "two-member")
	members, err := b.Members(ctx, admin, admin.OrgID)
	if err != nil || members[0].TwoFactor || !members[1].TwoFactor {
		t.Fatalf("members: %+v, %v", members, err)
	}
	of := members[1].MembershipID
	if err := b.ResetTwoFactor(ctx, member, of); err == nil {
		t.Error("a member resets the own")
	}
	if err := b.ResetTwoFactor(ctx, stranger, of); !fault.HasCode(err, "membership") {
		t.Errorf("somebody of another organisation: %v", err)
	}
	if err := b.ResetTwoFactor(ctx, admin, members[0].MembershipID); !fault.HasCode(err, "not_resettable") {
		t.Errorf("an administrator the own: %v", err)
	}
	if err := b.ResetTwoFactor(ctx, admin, of); err != nil {
		t.Fatal(err)
	}
	if s, err := b.SignIn(ctx, identity.SignIn{Login: "two-member", Password: good, Address: "192.0.2.1"}); err != nil || s.NeedsCode {
		t.Errorf("after the reset: %v", err)
	}
}

func TestTwoFactor_WhereRequiredOfficersMustSetItUpAndOthersNeedNot(t *testing.T) {
	t.Parallel()
	b := setup(t, func(p *identity.Policy) { p.RequireTwoFactor = true })
	if _, _, err := b.SignUp(t.Context(), signUp("company", "样例公司")); err != nil {
		t.Fatal(err)
	}
	if a := b.who(t, "company"); a.MustSetUpTwoFactor {
		t.Error("a company's administrator must")
	}
	if a := b.who(t, "region"); !a.MustSetUpTwoFactor {
		t.Error("a region officer need not")
	}
	b.twoFactor(t, "region")
	if a := b.who(t, "region"); a.MustSetUpTwoFactor {
		t.Error("still to be set up")
	}
}

func TestTokens_AreRevocableAndExpire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	who := b.who(t, "region")
	soon := b.now().Add(time.Hour)
	if _, _, err := b.CreateToken(ctx, who, "", identity.ReadScopes(), &longAgo); !hasField(err, "name") || !hasField(err, "expiresAt") {
		t.Errorf("no name, past end: %v", err)
	}
	short, shortSecret, err := b.CreateToken(ctx, who, "一小时", identity.ReadScopes(), &soon)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := b.CreateTokenFor(ctx, "region", "命令行")
	if err != nil {
		t.Fatal(err)
	}
	ok := func(s string) bool { _, err := b.ActorFromToken(ctx, s, ""); return err == nil }
	if !ok(shortSecret) || !ok(secret) || ok("tm_made_up") || ok(strings.TrimPrefix(secret, "tm_")) {
		t.Error("tokens are told apart wrongly")
	}
	b.advance(2 * time.Hour)
	if ok(shortSecret) || !ok(secret) {
		t.Error("expiry is wrong")
	}
	list, err := b.Tokens(ctx, who)
	if err != nil || len(list) != 2 || list[0].UsedAt == nil || list[1].ID != short.ID {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := b.RevokeToken(ctx, b.who(t, "system"), list[0].ID); !fault.HasCode(err, "api_token") {
		t.Errorf("somebody else revokes: %v", err)
	}
	if err := b.RevokeToken(ctx, who, list[0].ID); err != nil || ok(secret) {
		t.Errorf("revoked: %v", err)
	}
}

var longAgo = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAccount_UpdateAndReset(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	who := b.who(t, "region")
	theme, name := identity.ThemeElder, "𠮷样例"
	a, _, err := b.UpdateAccount(ctx, who, identity.AccountUpdate{Theme: &theme, DisplayName: &name})
	if err != nil || a.Theme != theme || a.DisplayName != name {
		t.Fatal(a, err)
	}
	bad := "dark"
	if _, _, err := b.UpdateAccount(ctx, who, identity.AccountUpdate{Theme: &bad}); !hasField(err, "theme") {
		t.Errorf("an unknown theme: %v", err)
	}
	if names, err := b.Names(ctx, []int64{who.AccountID, 1 << 40}); err != nil || len(names) != 1 || names[who.AccountID] != name {
		t.Errorf("%v, %v", names, err)
	}
	for range 6 {
		_, _ = b.SignIn(ctx, identity.SignIn{Login: "region", Password: "wrong", Address: "192.0.2.3"})
	}
	if err := b.ResetPassword(ctx, "region", "a fresh password"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SignIn(ctx, identity.SignIn{Login: "region", Password: "a fresh password", Address: "192.0.2.3"}); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestSetDisabled_LocksOutAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	admin, system := b.who(t, "admin"), b.who(t, "system")
	s := b.signIn(t, "admin")
	_, secret, err := b.CreateToken(ctx, admin, "脚本", identity.AllScopes(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetDisabled(ctx, admin, system.AccountID, true); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a member disables: %v", err)
	}
	if err := b.SetDisabled(ctx, system, system.AccountID, true); !fault.Is(err, fault.Forbidden) {
		t.Errorf("locks itself out: %v", err)
	}
	if err := b.SetDisabled(ctx, system, admin.AccountID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(ctx, s.Token, ""); err == nil {
		t.Error("the session lives on")
	}
	if _, err := b.ActorFromToken(ctx, secret, ""); err == nil {
		t.Error("the token lives on")
	}
	if _, err := b.SignIn(ctx, identity.SignIn{Login: "admin", Password: good}); !fault.HasCode(err, "sign_in_failed") {
		t.Errorf("signs in: %v", err)
	}
	if err := b.SetDisabled(ctx, system, admin.AccountID, false); err != nil {
		t.Fatal(err)
	}
	b.signIn(t, "admin")
}

func TestReset_ALinkWorksOnceInTimeAndTellsNobodyWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	if _, _, err := b.SignUp(ctx, signUp("admin", "样例公司")); err != nil {
		t.Fatal(err)
	}
	request := func(login string) {
		t.Helper()
		if err := b.RequestReset(ctx, login, ""); err != nil {
			t.Errorf("%s: %v", login, err)
		}
	}
	token := func() string {
		t.Helper()
		last := b.mail.bodies[len(b.mail.bodies)-1]
		_, rest, ok := strings.Cut(last, "https://样例.example/signin/reset/")
		if !ok || !strings.HasPrefix(last, "a@example.com\n") {
			t.Fatalf("mail: %s", last)
		}
		return strings.Fields(rest)[0]
	}
	request("nobody")
	request("region")            // has no mail address
	if len(b.mail.bodies) != 1 { // the confirmation of the sign-up
		t.Errorf("mailed %v", b.mail.bodies)
	}
	if err := b.RequestReset(ctx, " ", ""); !hasField(err, "login") {
		t.Errorf("empty login: %v", err)
	}

	session := b.signIn(t, "admin")
	request("admin")
	older := token()
	request("ADMIN")
	newer := token()
	if err := b.ResetOpen(ctx, older); !fault.HasCode(err, "reset") {
		t.Errorf("a replaced link: %v", err)
	}
	if err := b.ResetOpen(ctx, newer); err != nil {
		t.Error(err)
	}
	if err := b.Reset(ctx, newer, "short", ""); !hasField(err, "newPassword") {
		t.Errorf("a weak password: %v", err)
	}
	if err := b.Reset(ctx, newer, "a fresh password", ""); err != nil {
		t.Fatal(err)
	}
	if err := b.Reset(ctx, newer, "another password", ""); !fault.HasCode(err, "reset") {
		t.Errorf("used twice: %v", err)
	}
	if a, err := b.Authenticate(ctx, session.Token, ""); err == nil && a.SignedIn() {
		t.Error("the session lives on")
	}
	if _, err := b.SignIn(ctx, identity.SignIn{Login: "admin", Password: "a fresh password", Address: "192.0.2.9"}); err != nil {
		t.Error(err)
	}

	request("admin")
	late := token()
	mails := len(b.mail.bodies)
	request("admin") // the fourth in 15 minutes
	if len(b.mail.bodies) != mails {
		t.Error("a fourth mail went out")
	}
	b.advance(30 * time.Minute)
	if err := b.Reset(ctx, late, "another password", ""); !fault.HasCode(err, "reset") {
		t.Errorf("too late: %v", err)
	}
}

// A script that signs in again and again ends its own oldest sessions and nobody else's.
func TestSession_AnAccountHasAFixedNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other, first := b.signIn(t, "system"), b.signIn(t, "region")
	var last identity.Session
	for range 50 {
		b.advance(time.Second)
		last = b.signIn(t, "region")
	}
	var n int
	if err := b.db.QueryRow(t.Context(), `select count(*) from session s join account a on a.id = s.account_id where login_name = 'region'`).
		Scan(&n); err != nil || n != 50 {
		t.Errorf("%d sessions, %v", n, err)
	}
	if _, err := b.Authenticate(t.Context(), first.Token, ""); err == nil {
		t.Error("the oldest session stays")
	}
	for _, s := range []identity.Session{other, last} {
		if _, err := b.Authenticate(t.Context(), s.Token, ""); err != nil {
			t.Errorf("a newer or another's session ended: %v", err)
		}
	}
}
