package e2e

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/cli"
	"techmarket/internal/foundation/fault"
)

// setUp walks the set-up page and returns the secret and the recovery codes.
func (p *person) setUpTwoFactor() (secret string, recovery []string) {
	p.w.t.Helper()
	page := p.get("/account/two-factor").want(200, "扫描二维码", "密钥")
	secret = regexp.MustCompile(`name="secret" value="([A-Z2-7]{32})"`).FindStringSubmatch(string(page.body))[1]
	page = page.submit("/account/two-factor", values{"code": "000000"}).want(422, "验证码不对")
	if !strings.Contains(string(page.body), secret) {
		p.w.t.Error("a wrong code changes the secret that the phone has already scanned")
	}
	code, err := totp.GenerateCode(secret, p.w.s.Platform.Now())
	apptest.NoErr(p.w.t, err)
	done := page.submit("/account/two-factor", values{"code": code}).want(200, "两步登录已开启", "恢复码")
	return secret, regexp.MustCompile(`[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}`).FindAllString(done.text(), -1)
}

// Set up on the page, asked at the next sign-in, a recovery code instead of the phone, switched off with password and code.
func TestTwoFactor_ThePagesLeadFromSetUpToSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, recovery := w.as("member").setUpTwoFactor()
	if len(recovery) != 10 {
		t.Fatalf("recovery codes: %v", recovery)
	}
	p := w.visitor("member-again")
	second := p.get("/signin?next=%2Faccount").submit("/signin", values{"login": "member", "password": password}).want(200, "6 位数字")
	if page := p.get("/account"); !strings.HasPrefix(page.path, "/signin") {
		t.Errorf("signed in by the password alone: %s", page.path)
	}
	second = second.submit("/signin/code", values{"code": "123456"}).want(422, "验证码不对")
	second.submit("/signin/code", values{"code": recovery[0]}).want(200)
	if at := p.get("/account").path; at != "/account" {
		t.Errorf("not signed in: %s", at)
	}
	off := p.get("/account/two-factor").want(200, "还有 9 个恢复码")
	off.submit("/account/two-factor/off", values{"password": password, "code": "000000"}).want(422, "验证码不对")
	off.submit("/account/two-factor/off", values{"password": password, "code": recovery[1]}).want(200, "两步登录已关闭")
	w.visitor("member-third").get("/signin").submit("/signin", values{"login": "member", "password": password}).want(200, "您好")
	if n := w.scan(`select count(*)::text from audit_row where action in ('account.two_factor_on', 'account.two_factor_off')`); n != "2" {
		t.Errorf("audit rows: %s", n)
	}
}

// Who lost the phone is let in again by the organisation's administrator or a region officer; the audit trail has it.
func TestTwoFactor_AnAdministratorResetsWhoLostThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("colleague").setUpTwoFactor()
	page := w.as("member").get("/account/members").want(200, "重置两步登录")
	page.submit(resetAddress(page), nil).want(200, "两步登录已重置")
	if at := w.as("colleague").get("/account").path; !strings.HasPrefix(at, "/signin") {
		t.Errorf("the session lives on: %s", at)
	}
	w.visitor("colleague-again").get("/signin").submit("/signin", values{"login": "colleague", "password": password}).want(200, "您好")
	if w.scan(`select count(*)::text from audit_row where action = 'account.two_factor_reset'`) != "1" {
		t.Error("not in the audit trail")
	}

	w.as("registrar").setUpTwoFactor()
	host := w.provided["county"].OrgID
	page = w.as("region").get(fmt.Sprintf("/organisations/%d", host)).want(200, "重置两步登录")
	page.submit(resetAddress(page), nil).want(200, "两步登录已重置")
	if err := w.s.Identity.ResetTwoFactorFor(t.Context(), "registrar"); !fault.HasCode(err, "two_factor_off") {
		t.Errorf("still on: %v", err)
	}
}

// With TECHMARKET_REQUIRE_TOTP a registrar, an officer or an administrator comes to the set-up page and nowhere else, by
// page and by token, until it is done; a company does not notice.
func TestTwoFactor_WhereRequiredOfficesComeToTheSetUpPageFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Config) { c.RequireTOTP = true })
	w.as("company").get("/desk").want(200, "您好")
	for _, login := range []string{"registrar", "league", "region", "system", "tax"} {
		p := w.visitor(login)
		p.get("/signin").submit("/signin", values{"login": login, "password": password}).want(200, "请先设置两步登录")
		for _, path := range []string{"/", "/registry", "/account/tokens", "/review"} {
			if at := p.get(path).path; at != "/account/two-factor" {
				t.Errorf("%s reaches %s", login, at)
			}
		}
	}
	p := w.visitor("registrar")
	p.get("/signin").submit("/signin", values{"login": "registrar", "password": password})
	token, err := w.s.Identity.CreateTokenFor(t.Context(), "registrar", "test")
	apptest.NoErr(t, err)
	ask := func() int {
		r, err := http.NewRequest("GET", w.server.URL+"/api/v1/me", nil)
		apptest.NoErr(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		return w.visitor("program").send(r).status
	}
	if got := ask(); got != 403 {
		t.Errorf("by token: %d", got)
	}
	p.setUpTwoFactor()
	p.get("/registry").want(200)
	if got := ask(); got != 200 {
		t.Errorf("by token after the set-up: %d", got)
	}
}

func resetAddress(g *page) string {
	return html.UnescapeString(regexp.MustCompile(`action="(/account/members/\d+/two-factor[^"]*)"`).FindStringSubmatch(string(g.body))[1])
}

// A market without the sample gets its first administrator on the server; a weak password is asked again.
func TestAccount_TheFirstAdministratorIsMadeOnTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	apptest.NoErr(t, cli.CreateFirst(t.Context(), w.s.Identity, "first-officer", "样例厅管理员", "样例自治区科技厅"))
	out := &apptest.Output{}
	env := &app.Environment{Stdin: strings.NewReader("short\n" + password + "\n"), Stdout: out}
	apptest.NoErr(t, cli.AskPassword(t.Context(), env, w.s.Identity, "first-officer"))
	if !strings.Contains(out.String(), "至少") {
		t.Errorf("the weak password was taken: %s", out)
	}
	p := w.visitor("first-officer")
	p.get("/signin").submit("/signin", values{"login": "first-officer", "password": password}).want(200, "您好")
	p.get("/organisations").want(200)
	if err := cli.CreateFirst(t.Context(), w.s.Identity, "second", "样例", "样例自治区科技厅"); !fault.HasCode(err, "organisation_exists") {
		t.Errorf("the department twice: %v", err)
	}
}
