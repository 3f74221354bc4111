package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A favourite is one button on rows and pages, comes back to where it was pressed, survives a guest's signing in, and tells what has
// become of it since.
func TestFavourites_AreKeptAndTellWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.as("member")
	id := owner.publish("achievement", "league", meadowAchievement)
	owner.publish("achievement", "league", with(meadowAchievement, values{"title": "羊草收割台防堵装置", "ip.0.number": ""}))
	at := "/favourites/" + id

	// A guest is led through signing in and back; nothing is kept of one who does not sign in.
	p := w.visitor("rival")
	p.get("/achievements").want(200, "收藏")
	signin := p.get(p.get("/achievements?q="+url.QueryEscape("防堵")).link("/favourites/new?")).want(200, "登录后就收藏《羊草收割台防堵装置》")
	back := signin.submit("/signin", values{"login": "rival", "password": password}).want(200, "已收藏")
	if !strings.HasPrefix(back.path, "/achievements?q=") {
		t.Errorf("came back to %s", back.path)
	}
	p.get("/favourites").want(200, "羊草收割台防堵装置", "其余收藏（1）")
	if again := p.get("/favourites/return?back=/achievements").want(200).text(); strings.Contains(again, "已收藏。在") {
		t.Errorf("the address alone keeps a favourite: %s", again)
	}
	p.get("/favourites/new?listing="+id+"&back=/achievements/"+id).want(200).submit(at, nil).want(200, meadowAchievement["summary"], "已收藏")

	// One button, both ways, twice without harm.
	row := p.get("/achievements").want(200).submit(at, values{"on": "no"}).want(200)
	if row.path != "/achievements" {
		t.Errorf("came back to %s", row.path)
	}
	p.post(at, values{"on": "no"}).want(200)
	p.get("/achievements/"+id).submit(at, values{"on": "yes"}).want(200)
	p.post(at, values{"on": "yes"}).want(200, "其余收藏（2）")

	w.drain()
	p.cardsKeepFavourites(id)
	p.post(at, values{"on": "yes"}).want(200)

	// What ended, and what others may not see.
	desk := "/desk/achievements/" + id
	owner.get(desk).submit(desk+"/do", values{"event": "withdraw", "reason": "不再提供"}).want(200)
	p.get("/favourites").want(200, "有变化的（1）", "已撤下", meadowAchievement["title"])
	w.as("company").post(at, values{"on": "yes"}).want(404)
	w.as("company").get("/favourites").want(200, "还没有收藏")
	p.get("/favourites").submit(at, values{"on": "no"}).want(200, "其余收藏（1）")

	// Bounded.
	account := fmt.Sprint(w.who("rival").AccountID)
	w.scan(`with many as (insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
		select 'achievement', $1::bigint, $2::bigint, 'draft', '{}', now(), now() from generate_series(1, 499) returning id),
		kept as (insert into favourite select $2::bigint, id, 'x', 1, now() from many returning 1)
		select count(*)::text from kept`, fmt.Sprint(w.provided["agency"].OrgID), account)
	third := owner.publish("achievement", "league", with(meadowAchievement, values{"title": "羊草青贮捆包机", "ip.0.number": ""}))
	p.post("/favourites/"+third, values{"on": "yes"}).want(200, "最多收藏 500 项")
}

// cardsKeepFavourites: the button stands on the cards of matches too, and programs keep the same favourites.
func (p *person) cardsKeepFavourites(listing string) {
	p.w.t.Helper()
	at, problem := "/favourites/"+listing, "羊草青贮收割时割台堵塞，每天停机清理，"
	address := "/match?under=yes&q=" + url.QueryEscape(problem)
	card := p.get(address).want(200, "收藏").submit(at, values{"on": "yes"}).want(200, "已收藏")
	if !strings.HasPrefix(card.path, "/match?") {
		p.w.t.Errorf("came back to %s", card.path)
	}
	long := p.w.guest.get(address + url.QueryEscape(strings.Repeat(problem, 50))).want(200).link("/favourites/new?")
	if len(long) > 300 {
		p.w.t.Errorf("a button carries the pasted text: %d bytes", len(long))
	}
	program, number := p.w.caller(p.name), id(p.w.t, listing)
	keeps := func() bool {
		return slices.ContainsFunc(program.get("/favourites").want(200).list(), func(f any) bool {
			return f.(map[string]any)["id"].(float64) == float64(number)
		})
	}
	if !keeps() {
		p.w.t.Error("a program does not find the favourite")
	}
	for _, again := range []string{"once", "twice"} {
		program.send("DELETE", at, nil).want(204)
		if keeps() {
			p.w.t.Errorf("taken out %s, and still there", again)
		}
	}
	p.get(address).want(200).submit(at, values{"on": "yes"}).want(200)
	program.send("PUT", at, nil).want(204)
	program.send("PUT", "/favourites/999999", nil).refused(404, "listing")
	p.w.caller("").send("PUT", at, nil).refused(401, "sign_in_needed")
	program.send("DELETE", at, nil).want(204)
}
