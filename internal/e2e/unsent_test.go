package e2e

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
)

// expire ends all sessions as time does: the rows are there still, and over.
func (w *world) expire() {
	w.t.Helper()
	ctx := context.Background()
	rows, err := w.s.Platform.DB.Query(ctx, `update session set expires_at = created_at returning token_hash`)
	apptest.NoErr(w.t, err)
	defer rows.Close()
	for rows.Next() {
		var hash string
		apptest.NoErr(w.t, rows.Scan(&hash))
		w.s.Platform.Cache.Del(ctx, "session:"+hash)
	}
	apptest.NoErr(w.t, rows.Err())
}

// field is the value that a control of the page holds.
func (g *page) field(name string) string {
	for _, n := range find(g.doc, func(n *html.Node) bool { return n.Data == "form" }) {
		if f := read(n); f.values.Has(name) {
			return f.values.Get(name)
		}
	}
	return ""
}

// A form that meets no session is shown again, filled and with its files, to the person who filled it in and to nobody else.
func TestUnsent_ComesBackToItsAuthorOnly(t *testing.T) {
	t.Parallel()
	t.Run("old browser", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		unsentComesBack(t, w, w.as("company"))
	})
	t.Run("browser without a token", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		unsentComesBack(t, w, w.as("company").withoutToken())
	})
}

func unsentComesBack(t *testing.T, w *world, p *person) {
	form := p.get("/demands/new").want(200)
	w.expire()
	pdf := upload{"attachments", "工艺说明.pdf", []byte("%PDF-1.7\n")}
	problem := strings.Repeat("干燥塔出口粉尘浓度高。", 20)
	asked := form.submit("/demands", values{"title": "登录结束以后提交的需求", "problem": problem, "then": "preview"}, pdf).want(200, "没有丢失")
	if !strings.HasPrefix(asked.path, "/signin") {
		t.Fatalf("the form led to %s", asked.path)
	}
	var sealed int
	apptest.NoErr(t, w.s.Platform.DB.QueryRow(context.Background(),
		`select count(*) from kept_form where encode(sealed, 'escape') not like '%登录结束%'`).Scan(&sealed))
	if sealed != 1 || strings.Contains(w.log.String(), "登录结束以后") {
		t.Errorf("%d sealed forms; want 1, and nothing of it in the log", sealed)
	}
	// Somebody else at the same browser.
	asked.submit("/signin", values{"login": "rival", "password": password}).want(200)
	if got := p.get("/unsent"); strings.Contains(string(got.body), "登录结束以后") || got.path != "/desk" {
		t.Errorf("another person is shown the form at %s", got.path)
	}
	p.post("/signout", nil)
	again := p.get("/signin?next=/unsent").submit("/signin", values{"login": "company", "password": password}).
		want(200, "还没有提交", "工艺说明.pdf9 字节，已选好")
	if again.field("title") != "登录结束以后提交的需求" || again.field("problem") != problem {
		t.Errorf("title %q, problem of %d bytes", again.field("title"), len(again.field("problem")))
	}
	var listings int
	count := func() int {
		apptest.NoErr(t, w.s.Platform.DB.QueryRow(context.Background(), `select count(*) from listing`).Scan(&listings))
		return listings
	}
	if n := count(); n != 0 {
		t.Errorf("showing the form again made %d listings", n)
	}
	again.submit("/demands", values{"then": "preview"}).want(200, "草稿已保存", "登录结束以后提交的需求")
	p.get("/desk/demands/1/edit").want(200, "工艺说明.pdf")
	if got := p.get("/unsent"); got.path != "/desk" || count() != 1 {
		t.Errorf("submitted, and still offered at %s; %d listings", got.path, listings)
	}
}

// A tab that was opened by one person is not carried out as another who signed in beside it.
func TestUnsent_ATabOfAnotherPersonIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.as("company")
	form := p.get("/demands/new").want(200)
	p.post("/signout", nil)
	p.get("/signin").submit("/signin", values{"login": "rival", "password": password}).want(200)
	form.submit("/demands", values{"title": "前一个人的需求"}).want(409, "另一个账号")
	p.post("/signout", nil)
	p.get("/signin?next=/unsent").submit("/signin", values{"login": "company", "password": password}).want(200, "还没有提交")
}

// A button without a form of its own comes back as a button.
func TestUnsent_AButtonIsOfferedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.as("company")
	draft := p.get("/demands/new").submit("/demands", values{"title": "要提交审核的需求"}).want(200, "草稿已保存")
	w.expire()
	p.get(draft.path)
	at, _, _ := strings.Cut(draft.path, "?")
	draft.submit(at+"/do", values{"event": "submit"}).submit("/signin", values{"login": "company", "password": password}).
		want(200)
}

// Files that were chosen are not chosen twice: a refused form keeps them, one that is unticked is gone, and what the rules of files
// refuse is named at its field.
func TestUpload_SurvivesARefusedForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.as("company")
	pdf, broken := upload{"attachments", "现场照片说明.pdf", []byte("%PDF-1.7\n")}, upload{"attachments", "工艺说明.pdf", []byte("文字")}
	refused := p.get("/demands/new").submit("/demands", values{"title": "附件不丢的需求", "budget.minFen": "很多"}, pdf, broken).
		want(422, "请填写金额", "现场照片说明.pdf", "“工艺说明.pdf”没有保存")
	refused = refused.submit("/demands", values{"budget.minFen": "还是很多"}).want(422, "现场照片说明.pdf")
	id := refused.field("attachments.kept")
	if got := w.as("rival").get("/demands/new").submit("/demands", values{"title": "别人的附件"}); got.status != 200 {
		t.Fatal(got.text())
	}
	w.as("rival").post("/demands", values{"title": "拿别人附件的需求", "attachments.kept": id}).want(200)
	saved := refused.submit("/demands", values{"budget.minFen": "20"}).want(200, "草稿已保存")
	p.get(strings.Split(saved.path, "?")[0]+"/edit").want(200, "现场照片说明.pdf")
}
