package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/platform/document"
)

const pasted = "高炉煤气精脱硫\n我厂高炉煤气含硫高。目前硫含量为100mg/m³，要求硫含量不高于20mg/m³。\n先后试用过两种国产脱硫剂，效果都不理想。\n项目预算不超过80万元。\n联系人：王工 13800000000"

// Posting begins with one box: what the text says is in the form with the words it came from, nothing is stored, and whom to ask is not
// taken from the text.
func TestPosting_BeginsWithOneBox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.as("company")
	box := p.get("/demands/new").want(200, "从一段文字开始")
	read := box.submit("/demands/read", values{"text": pasted}).want(200, "已从文字里填好", "取自文中", "还缺这几项", "联系方式")
	for name, want := range map[string]string{"title": "高炉煤气精脱硫", "targets.0.name": "硫含量", "targets.0.present": "100",
		"targets.0.target": "≤20", "targets.0.unit": "mg/m³", "budget.maxFen": "80", "tried": "先后试用过两种国产脱硫剂，效果都不理想。",
		"contact.phone": "", "deadline": ""} {
		if got := read.form("/demands", nil).values.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(string(read.body), "13800000000") {
		t.Error("a phone number of the text is on the page")
	}
	var n int
	apptest.NoErr(t, w.s.Platform.DB.QueryRow(context.Background(), `select count(*) from listing`).Scan(&n))
	if n != 0 {
		t.Errorf("reading stored %d listings", n)
	}
	read.submit("/demands", nil).want(200, "草稿已保存", "高炉煤气精脱硫")

	doc := document.NewWord(document.WordOptions{Title: "征集表", At: workdayMorning})
	doc.Pairs([]document.Pair{{Label: "技术需求名称", Value: "喷雾干燥塔尾气治理"}, {Label: "主要问题", Value: "尾气粉尘浓度高"}, {Label: "联系电话", Value: "13900000000"}})
	content, err := doc.Bytes()
	apptest.NoErr(t, err)
	read = box.submit("/demands/read", values{}, upload{"source", "征集表.docx", content}).want(200, "已从文字里填好")
	if got := read.form("/demands", nil).values; got.Get("title") != "喷雾干燥塔尾气治理" || got.Get("problem") != "尾气粉尘浓度高" ||
		got.Get("contact.phone") != "" {
		t.Errorf("of the form: %q, %q, %q", got.Get("title"), got.Get("problem"), got.Get("contact.phone"))
	}
	box.submit("/demands/read", values{}, upload{"source", "征集表.docx", []byte("no archive")}).want(422, "不是能读取的 Word 文件")
	box.submit("/demands/read", values{"text": ""}).want(422, "请贴上文字")
	list := "需求名称,要解决的问题,技术领域\n甲难题名称,问题一,07\n乙难题名称,问题二,07\n"
	box.submit("/demands/read", values{}, upload{"source", "一览.csv", []byte(list)}).want(200, "这个表里有 2 条")
	p.get("/achievements/new").submit("/achievements/read", values{"text": "长寿命脱硫剂\n脱硫剂寿命由45天提高到90天。"}).want(200, "已从文字里填好")
}

// autosave sends a form as the script does.
func (p *person) autosave(path string, v values) map[string]string {
	p.w.t.Helper()
	form := url.Values{"_csrf": {p.csrf()}, "then": {"auto"}}
	for name, value := range v {
		form.Set(name, value)
	}
	r, err := http.NewRequest("POST", p.w.server.URL+path, strings.NewReader(form.Encode()))
	apptest.NoErr(p.w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Quiet", "1")
	got := p.send(r)
	if got.status == http.StatusUnauthorized {
		return map[string]string{"status": "401"}
	}
	out := map[string]string{}
	apptest.NoErr(p.w.t, json.Unmarshal(got.body, &out))
	return out
}

// A draft saves itself, makes one entry of the history however often it does, tells of one's own second tab, and can be deleted.
func TestPosting_DraftsSaveThemselvesAndCanBeDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.as("company")
	first := p.autosave("/demands", values{"title": "自动保存的需求"})
	at := first["action"]
	if !strings.HasPrefix(first["said"], "已保存 10:0") || !strings.HasSuffix(at, "/edit") {
		t.Fatalf("%v", first)
	}
	tab := p.get(at).want(200, "已保存 10:0")
	second := p.autosave(at, values{"title": "自动保存的需求", "problem": "第二次", "version": first["version"]})
	third := p.autosave(at, values{"title": "自动保存的需求", "problem": "第三次", "version": second["version"]})
	if third["version"] == second["version"] || third["action"] != at {
		t.Errorf("%v after %v", third, second)
	}
	if got := p.autosave(at, values{"title": "自动保存的需求", "version": first["version"]}); !strings.Contains(got["said"], "另一个窗口") ||
		got["action"] != "" {
		t.Errorf("an old tab: %v", got)
	}
	if got := p.autosave(at, values{"title": "自动保存的需求", "deadline": "2020-01-01", "version": third["version"]}); !strings.Contains(
		got["said"],
		"已经过去",
	) {
		t.Errorf("a past deadline: %v", got)
	}
	tab.submit(at, values{"problem": "这一窗口写的"}).want(409, "您自己在另一个窗口", "第三次", "这一窗口写的")
	desk := strings.TrimSuffix(at, "/edit")
	if n := strings.Count(p.get(desk).text(), "保存修改"); n > 1 {
		t.Errorf("%d entries of one sitting", n)
	}
	w.as("rival").get(desk + "/delete").want(404)
	ask := p.get(desk).want(200, "删除草稿").p.get(desk+"/delete").want(200, "不能恢复", "图片和附件")
	ask.submit(desk+"/delete", nil).want(200, "草稿已删除")
	p.get(desk).want(404)
	w.expire()
	if got := p.autosave("/demands", values{"title": "登录结束了"}); got["status"] != "401" {
		t.Errorf("after the session: %v", got)
	}
}
