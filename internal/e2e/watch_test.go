package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"techmarket/internal/app/apptest"
	"techmarket/internal/market/watch"
	"techmarket/internal/platform/jobs"
)

// suggested are the labels that the search box offers.
func suggested(t *testing.T, p *person, q string) []string {
	t.Helper()
	var body struct {
		Items []struct{ Kind, Label, Href string }
	}
	apptest.NoErr(t, json.Unmarshal(p.get("/suggest?json&q="+q).want(200).body, &body))
	var out []string
	for _, it := range body.Items {
		if it.Href == "" {
			t.Errorf("%s: %q leads nowhere", q, it.Label)
		}
		out = append(out, it.Label)
	}
	if len(out) > 8 {
		t.Errorf("%s: %d suggestions", q, len(out))
	}
	return out
}

func TestSuggest_NamesPublicListingsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seller := w.as("member")
	id := seller.publish("achievement", "league", meadowAchievement)
	draft := values{}
	maps.Copy(draft, meadowAchievement)
	draft["title"] = "羊草保密草稿"
	seller.get("/achievements/new").submit("/achievements", draft).want(200, "草稿已保存")
	w.drain()
	for _, who := range []*person{w.guest, w.as("rival"), seller} {
		for _, q := range []string{"羊草", "yangcao", "yc", "羊草种"} {
			got := strings.Join(suggested(t, who, q), "|")
			if !strings.Contains(got, meadowAchievement["title"]) || strings.Contains(got, "保密") {
				t.Errorf("%s types %s: got %s", who.name, q, got)
			}
		}
	}
	html := string(w.guest.get("/suggest?q=羊草&in=achievements").want(200).body)
	if !strings.Contains(html, `role="option"`) || !strings.Contains(html, "<mark>") || strings.Contains(html, "<html") {
		t.Errorf("fragment: %s", html)
	}
	if got := suggested(t, w.guest, "羊草&in=demands"); strings.Contains(strings.Join(got, "|"), meadowAchievement["title"]) {
		t.Errorf("needs only: got %v", got)
	}
	if got := strings.Join(suggested(t, w.guest, "PLC"), "|"); !strings.Contains(got, "可编程") {
		t.Errorf("other names of PLC: got %s", got)
	}
	for _, q := range []string{"", "%20", "%3Cscript%3E", "%22%27%5C*%28", strings.Repeat("a", 3000)} {
		w.guest.get("/suggest?q=" + q).want(200)
	}
	// Withdrawn, and the index has not heard yet.
	at := "/desk/achievements/" + id
	seller.get(at).submit(at+"/do", values{"event": "withdraw", "reason": "不再提供"}).want(200)
	if got := suggested(t, w.guest, "羊草"); strings.Contains(strings.Join(got, "|"), meadowAchievement["title"]) {
		t.Errorf("withdrawn: got %v", got)
	}
}

func TestWatch_FromAlertToAnswerAndQuality(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer, seller := w.as("company"), w.as("member")
	need := buyer.publish("demand", "otherLeague", meadowDemand)
	found := seller.publish("achievement", "league", meadowAchievement)
	matches := "/demands/" + need + "/matches"
	pair := matches + "/" + found

	// The owner hears of it, opens it, keeps it.
	news := buyer.get("/messages").want(200, "可能适合您的需求")
	buyer.get(news.link("/messages/")).want(200, meadowAchievement["title"], "新匹配提醒")
	if got := buyer.get(pair).want(200, meadowAchievement["summary"]).path; got != "/achievements/"+found {
		t.Errorf("opening a match leads to %s", got)
	}
	buyer.get(matches).submit(pair, values{"answer": "keep"}).want(200, "已收藏")
	buyer.get("/kept").want(200, meadowAchievement["title"], meadowDemand["title"])

	// Nobody else can answer or read the answers; the page of others carries neither.
	w.guest.get(pair).want(200, "登录")
	w.as("rival").get(pair).want(404)
	w.as("rival").post(pair, values{"answer": "keep"}).want(404)
	w.as("rival").post(matches+"/alerts", values{"alerts": "off"}).want(404)
	seller.post(pair, values{"answer": "refuse", "reason": "price"}).want(404)
	if others := w.as("rival").get(matches).want(200).text(); strings.Contains(others, "已收藏") || strings.Contains(others, "不合适") ||
		strings.Contains(others, "提醒") {
		t.Errorf("a stranger's match page: %s", others)
	}
	for _, p := range []*person{seller, w.as("rival")} {
		if kept := p.get("/kept").want(200).text(); strings.Contains(kept, meadowDemand["title"]) {
			t.Errorf("%s reads the buyer's list: %s", p.name, kept)
		}
	}

	// A refusal wants a reason, hides the pair from this organisation only, and can be taken back.
	buyer.get(matches).submit(pair, values{"answer": "refuse", "reason": ""}).want(200, "请选择不合适的原因")
	buyer.get(matches).submit(pair, values{"answer": "refuse", "reason": "maturity"}).want(200, "不再向本单位推荐", "暂无合适成果")
	w.as("rival").get(matches).want(200, meadowAchievement["title"])
	seller.get("/achievements/"+found+"/matches").want(200, meadowDemand["title"])
	buyer.get("/kept").want(200, "成熟度不够").submit(pair, values{"answer": "restore"}).want(200, "已恢复")
	buyer.get(matches).want(200, meadowAchievement["title"])
	buyer.get(matches).submit(matches+"/alerts", values{"alerts": "off"}).want(200, "提醒已关闭")

	// The sheet for the meeting holds the same list.
	sheet := w.guest.get(matches + ".xlsx").want(200)
	book, err := excelize.OpenReader(bytes.NewReader(sheet.body))
	apptest.NoErr(t, err)
	rows, err := book.GetRows(book.GetSheetName(0))
	apptest.NoErr(t, err)
	if all := strings.Join(flat(rows), "|"); !strings.Contains(all, meadowAchievement["title"]) ||
		!strings.Contains(all, meadowDemand["title"]) {
		t.Errorf("sheet: %s", all)
	}
	w.guest.get(matches+"/print").want(200, meadowAchievement["title"], "会上记录")

	// The operator sees what became of it.
	apptest.NoErr(t, w.s.Watch.Flush(context.Background()))
	w.as("region").get("/quality").want(200, "成熟度不够", "按盟市")
	if answer := w.as("league").get("/quality"); answer.status != 403 {
		t.Errorf("a league officer at /quality: got %d", answer.status)
	}
	trial := w.as("region").get("/quality/weights").want(200, "随程序发布")
	trial.submit("/quality/weights", values{"do": "try", "region": "1", "text": "0.1"}).want(200, "试算结果")
	trial.submit("/quality/weights", values{"do": "save", "text": "abc"}).want(422, "请填写 0 到 1 的数")
	trial.submit("/quality/weights", values{"do": "save", "text": "0.6", "note": "更看重文字"}).want(200, "已保存为第 2 版")
	w.as("region").get("/quality/weights").submit("/quality/weights", values{"do": "activate", "version": "2"}).want(200, "已启用")
	buyer.get(matches).want(200, meadowAchievement["title"])
}

func flat(rows [][]string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}

func TestSearches_SubscribeFeedAndEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.as("company")
	if text := w.guest.get("/achievements?q=羊草").want(200).text(); !strings.Contains(text, "登录后订阅") {
		t.Errorf("a guest is offered to sign in: %s", text)
	}
	list := buyer.get("/achievements?q=羊草").want(200)
	mine := list.submit("/searches", values{"q": "羊草"}).want(200, "已订阅", "羊草")
	feed := mine.link("/feeds/")
	w.as("member").publish("achievement", "league", meadowAchievement)

	var atom struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Updated string   `xml:"updated"`
		Entries []struct {
			Title, Updated, Summary string
			ID                      string `xml:"id"`
			Author                  string `xml:"author>name"`
		} `xml:"entry"`
	}
	answer := w.guest.get(feed).want(200)
	apptest.NoErr(t, xml.Unmarshal(answer.body, &atom))
	if len(atom.Entries) != 1 || atom.Entries[0].Author != "草原示范大学" || strings.Contains(string(answer.body), "其其格") || atom.ID == "" ||
		atom.Updated == "" {
		t.Errorf("feed: %s", answer.body)
	}
	apptest.NoErr(t, w.s.Platform.DB.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return w.s.Queue.Enqueue(ctx, tx, watch.DigestArgs{}, jobs.Options{})
	}))
	w.drain()
	buyer.get("/messages").want(200, "订阅“羊草”有 1 条新的成果")

	id := "/searches/1"
	w.as("rival").post(id, values{"end": "yes"}).want(404)
	buyer.get("/searches").submit(id, values{"notice": "immediate"}).want(200, "已更改")
	w.guest.get(feed+"/end").want(200, "结束提醒")
	once := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	// as a mail program does
	oneClick, err := once.Post(w.server.URL+feed+"/end", "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
	apptest.NoErr(t, err)
	oneClick.Body.Close()
	if oneClick.StatusCode != 200 {
		t.Errorf("one click in the mail program is answered at once: got %d", oneClick.StatusCode)
	}
	w.guest.get(feed).want(404)
	buyer.get("/searches").want(200, "还没有订阅")
}

func TestGate_NamesWhatIsMissingAndWhatIsThereAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.as("company")
	buyer.publish("demand", "otherLeague", meadowDemand)
	// Another company writes the same need: the public one is named, a stranger's draft is not.
	rival := w.as("rival")
	rival.get("/demands/new").want(200, "写清楚了吗")
	secret := values{}
	maps.Copy(secret, meadowDemand)
	mine := rival.get("/demands/new").submit("/demands", secret).want(200, "可能已经有同样的需求", meadowDemand["title"], "已公开", "六项里写明了 3 项", "谁来拍板")
	again := w.as("company").get("/demands/new").submit("/demands", secret).want(200, "本单位的")
	if strings.Contains(again.text(), path.Base(mine.path)) && again.path == mine.path {
		t.Errorf("a stranger's draft is shown: %s", again.text())
	}
	for _, l := range again.links() {
		if strings.HasSuffix(l, "/"+path.Base(mine.path)) {
			t.Errorf("the rival's draft is linked: %s", l)
		}
	}
	part := rival.post("/demands/gate", values{"problem": "目前出苗率 35%，要求达到 70% 以上，先后试过两种包衣剂，效果不理想"}).want(200, "六项里写明了 3 项")
	if bytes.Contains(part.body, []byte("<html")) {
		t.Errorf("the meter is a fragment: %s", part.body)
	}
	w.as("region").get("/quality").want(200, "需求审核的判断", "没有判断")
}
