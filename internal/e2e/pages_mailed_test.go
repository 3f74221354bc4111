package e2e

// mailed are the pages that a link in a mail leads to.
func (w *world) mailed() map[string]visit {
	w.t.Helper()
	w.signUp("forgetful", "enterprise", "样例健忘公司", ownCounty)
	w.visitor("forgetful-again").get("/signin/forgot").submit("/signin/forgot", values{"login": "forgetful"}).want(200)
	reset := w.linkIn("重设密码", "/signin/reset/")
	w.visitor("newcomer").get("/signup").submit("/signup", values{"organisation.kind": "enterprise", "organisation.name": "样例新来公司",
		"organisation.division": ownCounty, "displayName": "示范新来", "loginName": "newcomer", "email": "newcomer@example.com",
		"phone": "0471-5550124", "password": password}).want(200)
	confirm := w.linkIn("请确认您的邮箱", "/confirm/")
	feed := w.as("company").get("/achievements?q=羊草").submit("/searches", values{"q": "羊草"}).want(200, "已订阅").link("/feeds/")
	return map[string]visit{
		"GET /signin/reset/:token": {"", reset},
		"GET /confirm/:token":      {"", confirm},
		"GET /feeds/:token/end":    {"", feed + "/end"},
	}
}
