package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"techmarket/internal/app"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/people/quota"
	"techmarket/web"
)

// newcomer is a new account with all that it can be without an officer's word.
func newcomer() actor.Actor {
	return actor.Actor{AccountID: 1, MembershipID: 1, OrgID: 1, OrgState: actor.Pending, OrgKind: actor.Agency, Unconfirmed: true,
		Roles: []actor.Role{actor.OrgAdmin, actor.Member, actor.Broker}}
}

// Whatever a stranger can fill has a verdict: what it uses up, or why it uses nothing. A new route without one fails here.
func TestCosts_EveryActionOfANewAccountHasAVerdict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := map[string]bool{}
	limits := map[quota.Name]bool{}
	for _, q := range quota.Quotas() {
		limits[q.Name] = false
	}
	costs := web.Costs(app.Kinds()...)
	for _, r := range w.site.Routes() {
		route := r.Method + " " + r.Path
		if r.Method == "GET" || !r.Access.Allows(newcomer()) && !r.Access.Allows(actor.Guest()) {
			continue
		}
		known[route] = true
		uses, free, _ := costs[route].Verdict()
		if (len(uses) == 0) == (free == "") {
			t.Errorf("web/cost.go has no verdict on %s", route)
		}
		for _, u := range uses {
			if _, ok := limits[u]; !ok {
				t.Errorf("%s uses %s, which has no limit", route, u)
			}
			limits[u] = true
		}
	}
	for route := range costs {
		if !known[route] {
			t.Errorf("web/cost.go judges %s, which no new account may use", route)
		}
	}
	for name, used := range limits { // three are counted where they happen
		if !used && name != quota.Mail && name != quota.Confirm && name != quota.Upload {
			t.Errorf("nothing uses %s", name)
		}
	}
}

// Before the mail address is confirmed nothing that costs a stranger is carried out, by page or program; drafts are.
func TestCosts_AnUnconfirmedAccountOnlyWritesDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visitor("newcomer")
	p.get("/signup").want(200, "打开我们发到您邮箱的确认信").submit("/signup", values{"organisation.kind": "agency", "organisation.name": "示范新来中心",
		"organisation.division": ownCounty, "displayName": "新来", "loginName": "newcomer", "email": "newcomer@example.com",
		"password": password}).want(200, "请确认邮箱")
	_, err := w.s.Platform.DB.Exec(t.Context(), `update membership set roles = '{org_admin,member,broker}'`+
		` where account_id = (select id from account where login_name = 'newcomer')`)
	if err != nil {
		t.Fatal(err)
	}
	p.post("/signout", nil)
	p.get("/signin").submit("/signin", values{"login": "newcomer", "password": password}).want(200)
	p.get("/achievements/new").submit("/achievements", meadowAchievement).want(200, "草稿已保存")
	parameter := regexp.MustCompile(`:\w+`)
	for route, cost := range web.Costs(app.Kinds()...) {
		if _, _, before := cost.Verdict(); before {
			continue
		}
		_, pattern, _ := strings.Cut(route, " ")
		letter, status, body := p.knock(route, parameter.ReplaceAllString(pattern, "1"))
		if letter != '-' || !bytes.Contains(body, []byte("确认邮箱")) {
			t.Errorf("%s: %d %s", route, status, bytes.TrimSpace(body[:min(200, len(body))]))
		}
	}
	p.get("/achievements/new").submit("/achievements", meadowAchievement, upload{"files", "a.pdf", pdf("x")}).want(403, "确认邮箱")
}

// The limit of sign-ups holds for pages and API together, answers 429 with Retry-After and says when to go on.
func TestCosts_SignUpsOfAnAddressEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visitor("crowd")
	for i := range 11 {
		p.client.Jar, _ = cookiejar.New(nil)
		g := p.get("/signup").submit("/signup", values{"organisation.kind": "enterprise", "organisation.name": fmt.Sprint("示范公司", i),
			"organisation.division": ownCounty, "displayName": "张三", "loginName": fmt.Sprint("crowd", i),
			"email": fmt.Sprint("crowd", i, "@example.com"), "password": password})
		if i < 10 {
			g.want(200, "请确认邮箱")
			continue
		}
		g.want(http.StatusTooManyRequests, "每个网络地址", "注册账号 10 个")
		if wait, err := strconv.Atoi(g.header.Get("Retry-After")); err != nil || wait < 1 || wait > 3600 {
			t.Errorf("Retry-After %q", g.header.Get("Retry-After"))
		}
	}
	if n := w.scan(`select count(*)::text from account where login_name like 'crowd%'`); n != "10" {
		t.Errorf("%s accounts", n)
	}
}
