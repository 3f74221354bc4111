package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/signintech/gopdf"

	"techmarket/internal/app/apptest"
)

// What people type wrongly gets a message at its place, nothing typed is lost, and nothing answers 5xx.
func TestBadInput_IsToldAtTheFieldAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.as("member")
	at := member.get("/contracts").submit("/contracts", nil).want(200).path
	elements := values{"elements.name": "乳品检测方法委托开发", "elements.classCode": "0101", "elements.beginsOn": "2027-04-01",
		"elements.endsOn": "2026-12-31", "elements.amountFen": "100"}

	run := func(name string, f func(*testing.T)) {
		t.Run(name, func(t *testing.T) { w.t = t; f(t) }) // one after the other
	}
	run("a wrong amount keeps what was typed", func(t *testing.T) {
		g := member.get(at+"/elements").submit(at+"/elements", with(elements, values{"elements.amountFen": "一百万"})).want(422, "请填写金额，单位元")
		if got := g.form(at+"/elements", nil).values; got.Get("elements.amountFen") != "一百万" ||
			got.Get("elements.name") != elements["elements.name"] {
			t.Errorf("typed text is lost: %v", got)
		}
	})
	run("an end before the start is saved as a draft and told", func(t *testing.T) {
		member.get(at+"/elements").submit(at+"/elements", elements).want(200)
		member.get(at+"/elements").want(200, "有效期止早于有效期起")
	})
	run("T above C", func(t *testing.T) {
		member.get(at+"/amounts").submit(at+"/amounts", values{"technicalFen": "200"}).want(200)
		member.get(at+"/amounts").want(200, "技术交易额不能大于合同成交总额")
		member.get(at+"/check").want(200, "技术交易额不能大于合同成交总额")
		member.post(at+"/submit", values{"point": fmt.Sprint(w.points["county"].ID)}).want(422, "技术交易额不能大于合同成交总额")
	})
	run("unknown codes", func(t *testing.T) {
		g := member.post("/achievements", with(meadowAchievement, values{"field": "zz", "maturity.level": "11",
			"industry": "'; drop table listing"}))
		if g.status != 422 {
			t.Errorf("got %d, want 422", g.status)
		}
		g.want(422, meadowAchievement["problem"])
	})
	run("10 MB of text", func(t *testing.T) {
		g := member.post("/achievements", with(meadowAchievement, values{"description": strings.Repeat("草", 10<<20/3)}))
		if g.status != 422 && g.status != 413 {
			t.Errorf("got %d, want a refusal", g.status)
		}
	})
	run("NUL and broken UTF-8", func(t *testing.T) {
		for _, bad := range []string{"羊\x00草", "羊\xff草"} {
			member.post("/achievements", with(meadowAchievement, values{"title": bad})).want(422, "无法保存的字符")
			if g := w.guest.get("/achievements?q=" + url.QueryEscape(bad)); g.status != 400 {
				t.Errorf("search for %q: got %d", bad, g.status)
			}
		}
	})
	run("addresses", func(t *testing.T) { oddAddresses(t, w) })
	run("a name that no certificate could show", func(*testing.T) { undrawableName(w) })
	run("files that are not what they say", func(t *testing.T) { falseFiles(t, member, at) })
}

func oddAddresses(t *testing.T, w *world) {
	t.Helper()
	for _, odd := range []string{"/achievements?page=999999999", "/achievements?page=-5", "/achievements?page=99999999999999999999",
		`/achievements?field='"><script>`, "/achievements?league=999999&sort=;--",
		"/achievements/9223372036854775807", "/achievements/99999999999999999999", "/points?league='", "/stats?from=abc&to=2026-13-45&rows=%27",
		"/stats/list?row=%00", "/verify?number=%27%27", "/compare?ids=1,x,%00", "/match?q=%00", "/v/' or 1=1?c=x"} {
		if g := w.guest.get(strings.ReplaceAll(odd, " ", "%20")); g.status >= 500 {
			t.Errorf("%s: got %d\n%s", odd, g.status, g.text())
		}
	}
	for _, odd := range []string{"/registry?cursor=%27", "/registry?state=nothing&class=%27&due=x", "/registrations?cursor=zzz",
		"/registrations/' or 1=1"} {
		if g := w.as("registrar").get(strings.ReplaceAll(odd, " ", "%20")); g.status >= 500 {
			t.Errorf("%s: got %d", odd, g.status)
		}
	}
}

func undrawableName(w *world) {
	filing := w.fileCase(w.as("member"), 800_000)
	w.as("member").get(filing).submit(filing+"/do", values{"event": "withdraw"}).want(200)
	contract := w.scan(`update contract set content = jsonb_set(content, '{elements,name}', to_jsonb('乳品𠀃ᠮ检测'::text))
	where id = (select contract_id from filing where id = $1::bigint) returning '/contracts/' || id`, path.Base(filing))
	w.as("member").get(contract+"/check").want(200, "U+20003", "U+182E", "蒙古文请改用汉字", "先把缺的填好")
	w.as("member").post(contract+"/submit", values{"point": fmt.Sprint(w.points["county"].ID),
		"version": w.scan(`select version::text from contract where id = $1::bigint`, path.Base(contract))}).want(422, "U+20003", "U+182E")
}

func falseFiles(t *testing.T, member *person, at string) {
	t.Helper()
	for name, content := range map[string][]byte{"合同.pdf": append([]byte("MZ\x90\x00"), bytes.Repeat([]byte{0}, 200)...),
		"清单.xlsx": []byte("PK\x03\x04 broken"), "炸弹.xlsx": bomb(t), "空.pdf": {}, "照片.pdf": []byte("\x89PNG\r\n\x1a\n photo"),
		"加密.pdf": locked(t)} {
		g := member.get(at+"/files").submit(at+"/files", values{"role": "other"}, upload{"file", name, content})
		if g.status != 422 || !bytes.Contains(g.body, []byte(`class="err"`)) {
			t.Errorf("%s: got %d without a message at the field\n%s", name, g.status, g.text())
		}
	}
	for name, content := range map[string][]byte{"清单.xlsx": []byte("PK\x03\x04 broken"), "炸弹.xlsx": bomb(t)} {
		if g := member.get("/imports").submit("/imports", values{"kind": "achievement"}, upload{"file", name, content}); g.status != 422 {
			t.Errorf("import of %s: got %d\n%s", name, g.status, g.text())
		}
	}
}

// locked is a PDF that asks for a password.
func locked(t *testing.T) []byte {
	t.Helper()
	p := gopdf.GoPdf{}
	p.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4, Protection: gopdf.PDFProtectionConfig{UseProtection: true, UserPass: []byte("secret"),
		OwnerPass: []byte("owner")}})
	p.AddPage()
	var b bytes.Buffer
	_, err := p.WriteTo(&b)
	apptest.NoErr(t, err)
	return b.Bytes()
}

// Two people write one draft: the second is told, sees both versions and loses nothing.
func TestBadInput_TheLaterSaveOfADraftShowsBothVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member, colleague := w.as("member"), w.as("colleague")
	member.get("/achievements/new").submit("/achievements", values{"title": "羊草包衣"}).want(200, "草稿已保存")
	edit := member.get("/desk/achievements").link("/desk/achievements/") + "/edit"
	mine, theirs := member.get(edit), colleague.get(edit)
	theirs.submit(edit, values{"title": "同事改的名称"}).want(200, "草稿已保存")
	both := mine.submit(edit, values{"title": "我改的名称"}).want(409, "同事改的名称", "我改的名称")
	both.submit(edit, nil).want(200, "我改的名称")

	at := member.get("/contracts").submit("/contracts", nil).want(200).path
	first, second := member.get(at+"/elements"), colleague.get(at+"/elements")
	second.submit(at+"/elements", values{"elements.name": "同事写的合同"}).want(200)
	conflict := first.submit(at+"/elements", values{"elements.name": "我写的合同"}).want(409, "同事写的合同", "我写的合同")
	conflict.submit(at+"/elements", nil).want(200)
	if got := member.get(at+"/elements").form(at+"/elements", nil).values.Get("elements.name"); got != "我写的合同" {
		t.Errorf("after keeping mine: got %q", got)
	}
}

// The same form sent twice does its work once.
func TestBadInput_ASecondSubmitOfTheSameFormDoesNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member, company := w.as("member"), w.as("company")
	achievement := member.publish("achievement", "league", meadowAchievement)
	form := company.get("/deals/new?supplyListingId=" + achievement)
	form.submit("/deals", values{"message": "想请贵校一起做中试。"}).want(200, "等待对方答复")
	form.submit("/deals", values{"message": "想请贵校一起做中试。"}).want(200, "等待对方答复", "没有重复办理")
	again := form.submit("/deals", values{"message": "换一句话再提一次。"})
	if again.status != 422 && again.status != 409 {
		t.Errorf("a second approach: got %d, want a refusal\n%s", again.status, again.text())
	}
	if n := w.scan(`select count(*)::text from deal`); n != "1" {
		t.Errorf("deals: got %s, want 1", n)
	}
	filing := w.openCase(member)
	contract := w.scan(`select contract_id::text from filing where id = $1::bigint`, path.Base(filing))
	if g := member.post("/contracts/"+contract+"/submit", values{"point": fmt.Sprint(w.points["county"].ID)}); g.status < 400 {
		t.Errorf("a contract was submitted twice: %d\n%s", g.status, g.text())
	}
	if n := w.scan(`select count(*)::text from filing where contract_id = $1::bigint`, contract); n != "1" {
		t.Errorf("filings: got %s, want 1", n)
	}
	before := w.refusals("siblingRegistrar")
	w.as("siblingRegistrar").get(filing).want(http.StatusNotFound)
	if w.refusals("siblingRegistrar") == before {
		t.Error("another county's registrar opened a case and nobody wrote it down")
	}
}

// bomb is a workbook whose one sheet unpacks to 600 MB.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml"} {
		f, err := z.Create(name)
		apptest.NoErr(t, err)
		_, err = f.Write([]byte("<x/>"))
		apptest.NoErr(t, err)
	}
	f, err := z.Create("xl/worksheets/sheet1.xml")
	apptest.NoErr(t, err)
	zeros := make([]byte, 1<<20)
	for range 600 {
		_, err = f.Write(zeros)
		apptest.NoErr(t, err)
	}
	apptest.NoErr(t, z.Close())
	return b.Bytes()
}
