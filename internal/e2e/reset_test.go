package e2e

import "testing"

// Who forgot the password asks, opens the mailed link and signs in again; a login that does not exist reads the same answer.
func TestReset_ThePagesLeadFromForgottenToSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signUp("forgetful", "enterprise", "样例健忘公司", ownCounty)
	p := w.visitor("forgetful-again")
	const said = "如果这个账号存在并登记了邮箱"
	p.get("/signin").want(200, "忘记密码")
	p.get("/signin/forgot").submit("/signin/forgot", values{"login": "nobody-at-all"}).want(200, said)
	p.get("/signin/forgot").submit("/signin/forgot", values{"login": "forgetful"}).want(200, said)
	link := w.linkIn("重设密码", "/signin/reset/")
	p.get(link).submit(link, values{"newPassword": "short"}).want(422, "密码")
	p.get(link).submit(link, values{"newPassword": "Another-lark-28"}).want(200, "新密码已设置")
	p.get(link).want(404, "重新申请")
	p.get("/signin").submit("/signin", values{"login": "forgetful", "password": "Another-lark-28"}).want(200)
	if at := p.get("/account").path; at != "/account" {
		t.Errorf("not signed in: %s", at)
	}
}
