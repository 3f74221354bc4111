package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"techmarket/internal/app/apptest"
)

// chromium starts a browser, or skips the test visibly; in CI, or with TECHMARKET_REQUIRE_BROWSER=1, its absence fails.
func chromium(t testing.TB) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("browser test")
	}
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			program = p
			break
		}
	}
	if program == "" {
		const missing = "no Chromium here; install the package chromium to run this test"
		if os.Getenv("CI") != "" || os.Getenv("TECHMARKET_REQUIRE_BROWSER") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	apptest.NoErr(t, chromedp.Do(ctx))
	patience := 12 * time.Minute // all tests of the house share two cores with it
	if os.Getenv("TECHMARKET_SCREENS") != "" {
		patience = time.Hour
	}
	limited, end := context.WithTimeout(ctx, patience)
	t.Cleanup(end)
	return limited
}

// tab is one person's window: its own cookies, nothing shared with the others.
type tab struct {
	t    testing.TB
	ctx  context.Context
	base string
	name string

	lock     sync.Mutex
	problems []string // console errors and refusals of the content security policy
}

func newTab(browser context.Context, t testing.TB, base, name string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, base: base, name: name}
	apptest.NoErr(t, chromedp.Listen(ctx, func(ev any) {
		text := ""
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			// An answer of 4xx is an answer: pages show refused forms with 409 and 422.
			if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text,
				"Failed to load resource: the server responded with a status of 4") {
				text = e.Entry.Text
			}
		case *runtime.EventExceptionThrown:
			text = e.ExceptionDetails.Text
		}
		if text != "" {
			b.lock.Lock()
			b.problems = append(b.problems, text)
			b.lock.Unlock()
		}
	}))
	_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
	apptest.NoErr(t, err)
	apptest.NoErr(t, chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)))
	t.Cleanup(b.quiet)
	return b
}

// quiet fails the test when the console said something since the last call.
func (b *tab) quiet() {
	b.t.Helper()
	b.lock.Lock()
	defer b.lock.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("%s: console: %s", b.name, p)
	}
	b.problems = nil
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %s: %v\n%s", b.name, what, err, b.text())
	}
}

func (b *tab) eval(script string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", b.name, err, script)
	}
	return s
}

func (b *tab) text() string {
	s, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.pathname + "\n" + (document.querySelector("main")?.innerText || "")`))
	return s
}

func (b *tab) open(address string) *tab {
	b.t.Helper()
	b.do("open "+address, chromedp.Navigate(b.base+address), chromedp.WaitReady("main"))
	return b
}

// sees waits for the texts: a page may still be on its way.
func (b *tab) sees(texts ...string) *tab {
	b.t.Helper()
	for _, want := range texts {
		for deadline := time.Now().Add(20 * time.Second); !strings.Contains(b.text(), want); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.t.Fatalf("%s does not see %q:\n%s", b.name, want, b.text())
			}
		}
	}
	return b
}

func (b *tab) path() string { return b.eval(`location.pathname`) }

// link is the address of the first link that starts with prefix.
func (b *tab) link(prefix string) string {
	b.t.Helper()
	href := b.eval(fmt.Sprintf(`document.querySelector('main a[href^=%q]')?.getAttribute("href") || ""`, prefix))
	if href == "" {
		b.t.Fatalf("%s: no link to %s…\n%s", b.name, prefix, b.text())
	}
	return href
}

// fillScript puts values into the form that has them all, as typing and choosing would, and remembers it.
const fillScript = `((action, values) => {
	const fits = f => f.getAttribute("action") === action && Object.keys(values).every(n => {
		const c = [...f.elements].filter(e => e.name === n);
		return c.length && (n !== "event" || c.some(e => e.value === values[n]));
	});
	const form = [...document.forms].find(fits);
	if (!form) return "no form " + action + " with " + Object.keys(values);
	for (const d of document.querySelectorAll("details")) if (d.contains(form)) d.open = true;
	let button = [...form.querySelectorAll("button")].find(b => b.type === "submit");
	for (const [name, value] of Object.entries(values)) {
		const all = [...form.elements].filter(e => e.name === name), first = all[0];
		const pick = all.find(e => e.value === value);
		if (first.tagName === "BUTTON") { button = pick; continue; }
		if (first.type === "hidden") continue;
		if (first.type === "radio" || first.type === "checkbox") { if (!pick) return name + " offers no " + value;
			pick.click(); if (!pick.checked) pick.click(); continue; }
		first.value = value;
		if (first.value !== value) return name + " offers no " + value;
		for (const kind of ["input", "change"]) first.dispatchEvent(new Event(kind, {bubbles: true}));
	}
	document.querySelectorAll("[data-pressed]").forEach(e => e.removeAttribute("data-pressed"));
	form.setAttribute("data-filled", "");
	button.setAttribute("data-pressed", "");
	button.scrollIntoView({block: "center"});
	return "";
})`

// send fills a form, adds the files and presses its button with the mouse.
func (b *tab) send(action string, v values, uploads ...upload) *tab {
	b.t.Helper()
	raw, err := json.Marshal(v)
	apptest.NoErr(b.t, err)
	if v == nil {
		raw = []byte("{}")
	}
	if wrong := b.eval(fmt.Sprintf("%s(%q, %s)", fillScript, action, raw)); wrong != "" {
		b.t.Fatalf("%s: %s\n%s", b.name, wrong, b.text())
	}
	for _, u := range uploads {
		file := filepath.Join(b.t.(interface{ TempDir() string }).TempDir(), u.name)
		apptest.NoErr(b.t, os.WriteFile(file, u.content, 0o600))
		b.do("choose a file", chromedp.SetUploadFiles(fmt.Sprintf("form[data-filled] input[name=%s]", u.field), []string{file}))
	}
	b.do("press", chromedp.Click("[data-pressed]"))
	const ready = `String(document.readyState === "complete" && !document.querySelector("[data-pressed]"))`
	for deadline := time.Now().Add(20 * time.Second); b.eval(ready) != "true"; time.Sleep(30 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s: nothing happened after %s\n%s", b.name, action, b.text())
		}
	}
	return b
}

// signIn is done by keyboard alone: focus, typing, Tab, Enter.
func (b *tab) signIn(login string) *tab {
	b.t.Helper()
	b.open("/signin")
	b.do("sign in by keyboard", chromedp.Focus("input[name=login]"), chromedp.KeyEvent(login), chromedp.KeyEvent(kb.Tab),
		chromedp.KeyEvent(password), chromedp.KeyEvent(kb.Enter))
	return b.sees("您好")
}

// Steps 4 to 8 of the market in a real browser with seven people in windows of their own.
func TestBrowser_SevenPeopleTakeAnAchievementToItsCertificate(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newWorld(t)
	stop := w.work()
	defer stop()
	people := map[string]*tab{}
	as := func(login string) *tab {
		if people[login] == nil {
			people[login] = newTab(browser, t, w.server.URL, login).signIn(login)
		}
		return people[login]
	}
	publish := func(login, kind, editor string, v values) string {
		p := as(login).open("/"+kind+"s/new").send("/"+kind+"s", v).sees("草稿已保存", v["title"])
		desk := p.path()
		p.send(desk+"/do", values{"event": "submit"}).sees("已提交")
		review := "/review/" + path.Base(desk)
		as(editor).open(review).sees(v["title"]).send(review, values{"event": "publish"}).sees("发布单位会收到消息")
		return path.Base(desk)
	}
	publish("member", "achievement", "league", meadowAchievement)
	demand := publish("company", "demand", "otherLeague", meadowDemand)

	company, member := as("company"), as("member")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) { // the index follows by a job
		if company.open("/demands/" + demand + "/matches"); strings.Contains(company.text(), meadowAchievement["title"]) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no match:\n%s", company.text())
		}
	}
	talk := company.open(company.link("/deals/new?")).send("/deals", values{"message": "想请贵校一起做包衣种子的中试。"}).sees("等待对方答复").path()
	member.open(talk).send(talk+"/accept", nil).sees("洽谈中")
	member.send(talk+"/messages", values{"body": "可以，建议先做 300 亩。"}, upload{"files", "试验报告.pdf", pdf("trial")}).sees("试验报告.pdf")
	member.open(talk).send(talk+"/terms", values{"classCode": "0101", "object": "开发羊草种子包衣配方并完成 300 亩田间试验。", "amountFen": "800000",
		"payment":  "lump_sum",
		"startsOn": "2026-04-01", "endsOn": "2027-10-31", "ownership": "专利申请权归双方共有。"}).sees("条款已提出")
	company.open(talk).send(talk+"/accept-terms", values{"number": "1"}).sees("双方已达成一致")
	at := member.open(talk).send(talk+"/contract", nil).sees("合同草稿已生成").path()
	who := func(prefix string) values {
		return values{prefix + "agency": "no", prefix + "research": "no", prefix + "converted": "no"}
	}
	member.open(at+"/seller").send(at+"/seller", with(who("seller."), values{"seller.creditCode": "12150000460029132D"})).sees("卖方已保存")
	member.open(at+"/buyers").send(at+"/buyers", with(who("buyers.0."), values{"buyers.0.creditCode": "91150000114150629E"})).sees("买方已保存")
	member.open(at+"/elements").send(at+"/elements", values{"elements.signedOn": "2026-04-01", "elements.medium": "paper",
		"elements.royalty": "no", "elements.relatedParty": "no",
		"elements.planSource": "9", "elements.socialGoal": "09", "elements.confidential": "none"}).sees("合同要素已保存")
	member.open(at+"/amounts").send(at+"/amounts", values{"technicalFen": "800000"}).sees("金额拆分已保存")
	member.open(at+"/files").send(at+"/files", values{"role": "signed_text"}, upload{"file", "合同正本.pdf", pdf(at)}).sees("合同正本.pdf")
	member.open(at+"/statement").send(at+"/statement", values{"statement.true": "yes", "statement.same": "yes", "statement.unfiled": "yes",
		"statement.phone": "0471-5550123"}).sees("声明已保存")
	filing := member.open(at+"/check").sees("可以登记", "回民区示范登记点").send(at+"/submit", nil).sees("受理编号").path()

	as("registrar").open(filing).send(filing+"/do", values{"event": "accept"}).sees("已办")
	as("registrar").eval(`for (const r of document.querySelectorAll("[data-desk] .seg input[value=no]")) r.click(); ""`)
	as("registrar").send(filing+"/review", values{"class": "0101", "amountFen": "800000", "opinion": "属于委托开发。", "then": "pass"}).sees("初审通过")
	as("reviewer").open(filing).send(filing+"/do", values{"event": "pass_second_review", "text": "同意。"}).sees("已办")
	record := as("head").open(filing).send(filing+"/do", values{"event": "register"}).sees("登记编号").path()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) { // the certificate is made by a job
		if member.open(record); strings.Contains(member.text(), "证明 PDF") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no certificate:\n%s", member.text())
		}
	}
	guest := newTab(browser, t, w.server.URL, "guest")
	guest.open(member.link("/v/")).sees("有效", "800,000.00")
	guest.open("/stats").sees("80")
}

// work runs the jobs as serve does, until stop.
func (w *world) work() (stop func()) {
	apptest.NoErr(w.t, w.s.Queue.Start(context.Background()))
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = w.s.Queue.Stop(ctx)
	}
}
