package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/money"
	"techmarket/internal/trade/sale"
)

// running is a sale whose bidding is open, with company and rival admitted to it.
func (w *world) running() (at string, id int64) {
	w.t.Helper()
	ctx := context.Background()
	begins := time.Now().Add(48 * time.Hour)
	price := 10_000 * money.Yuan
	id, err := w.s.Sales.Create(ctx, w.who("member"), sale.Offer{Title: "种子包衣机专利", Object: "发明专利一件，权属清楚，没有质押和已有许可，附内部决策文件。",
		Start: price, Step: price / 10, BeginsAt: begins, PlannedEnd: begins.Add(30 * time.Hour), WindowMinutes: 5})
	apptest.NoErr(w.t, err)
	_, err = w.s.Sales.Do(ctx, w.who("member"), sale.Command{Sale: id, Event: sale.EventSubmit})
	apptest.NoErr(w.t, err)
	_, err = w.s.Sales.Do(ctx, w.who("league"), sale.Command{Sale: id, Event: sale.EventPublish})
	apptest.NoErr(w.t, err)
	for _, login := range []string{"company", "rival"} {
		code, err := w.s.Sales.FileIntent(ctx, w.who(login), id, false)
		apptest.NoErr(w.t, err)
		apptest.NoErr(w.t, w.s.Sales.Decide(ctx, w.who("league"), sale.Decision{Sale: id, Code: code, Qualify: true, Paid: true, Voucher: "样例"}))
	}
	w.scan(`update sale set begins_at = clock_timestamp() - interval '1 hour' where id = $1 returning id::text`, id)
	w.scan(`update sale_intent set confirmed_at = clock_timestamp() - interval '1 hour' where sale_id = $1 and code =
		(select min(code) from sale_intent where sale_id = $1) returning id::text`, id)
	return fmt.Sprintf("/sales/%d", id), id
}

// bids carries a bid out, which must be accepted.
func (w *world) bids(login string, id int64, amount money.Fen) {
	w.t.Helper()
	answer, err := w.s.Sales.Bid(context.Background(), w.who(login), id, fmt.Sprint(login, amount), amount)
	apptest.NoErr(w.t, err)
	if !answer.Accepted {
		w.t.Fatalf("%s bids %s and is refused: %s", login, amount, *answer.Refusal)
	}
}

// follower reads the events of a sale.
type follower struct {
	events chan string
	header http.Header
}

func (w *world) follow(ctx context.Context, at string) *follower {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+at+"/live", nil)
	apptest.NoErr(w.t, err)
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := http.DefaultTransport.RoundTrip(r)
	apptest.NoErr(w.t, err)
	if answer.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s", at, answer.Status)
	}
	f := &follower{make(chan string, 100), answer.Header}
	go func() {
		defer answer.Body.Close()
		defer close(f.events)
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		var event strings.Builder
		for lines.Scan() {
			if lines.Text() != "" {
				event.WriteString(lines.Text() + "\n")
				continue
			}
			f.events <- event.String()
			event.Reset()
		}
	}()
	return f
}

// hears waits for an event with the text.
func (f *follower) hears(t *testing.T, within time.Duration, text string) {
	t.Helper()
	late := time.After(within)
	var last string
	for {
		select {
		case event, more := <-f.events:
			if !more {
				t.Fatalf("the line ended before %q; last: %s", text, last)
			}
			if last = event; strings.Contains(event, text) {
				return
			}
		case <-late:
			t.Fatalf("no %q within %s; last: %s", text, within, last)
		}
	}
}

// Whoever follows a bidding hears of each bid within a second, of nobody's name, and is let go with the result.
func TestLive_EveryFollowerHearsOfABidAndOfTheResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at, id := w.running()
	var all []*follower
	for range 20 {
		all = append(all, w.follow(t.Context(), at))
	}
	for _, f := range all {
		f.hears(t, 5*time.Second, "下一次出价不低于 10,000.00 元")
		if f.header.Get("Content-Type") != "text/event-stream; charset=utf-8" || f.header.Get("Content-Encoding") != "" ||
			len(f.header.Values("Set-Cookie")) != 0 {
			t.Fatalf("headers %v", f.header)
		}
	}
	w.bids("company", id, 10_000*money.Yuan)
	for _, f := range all {
		f.hears(t, time.Second, "下一次出价不低于 11,000.00 元")
	}
	_, err := w.s.Sales.Do(t.Context(), w.who("league"), sale.Command{Sale: id, Event: sale.EventPause, Reason: "机房断电"})
	apptest.NoErr(t, err)
	all[0].hears(t, time.Second, "机房断电")
	_, err = w.s.Sales.Do(t.Context(), w.who("league"), sale.Command{Sale: id, Event: sale.EventResume})
	apptest.NoErr(t, err)
	for _, past := range []string{
		`update sale set begins_at = begins_at - interval '9 days', ends_at = ends_at - interval '9 days'`,
		`update sale_attempt set arrived_at = arrived_at - interval '9 days'`,
		`update sale_pause set from_at = from_at - interval '9 days', to_at = to_at - interval '9 days'`,
	} {
		_, err = w.s.Platform.DB.Exec(t.Context(), past)
		apptest.NoErr(t, err)
	}
	all[0].hears(t, time.Second, "正在确认结果")
	if n, err := w.s.Sales.Finish(context.Background()); err != nil || n != 1 {
		t.Fatalf("finished %d, %v", n, err)
	}
	for _, f := range all {
		f.hears(t, time.Second, "成交：竞买代码")
		if event, more := <-f.events; more {
			t.Fatalf("after the result: %s", event)
		}
	}
	w.guest.get(at+"/live").want(200, "event: over", "成交：竞买代码")
	begins := time.Now().Add(48 * time.Hour)
	draft, err := w.s.Sales.Create(t.Context(), w.who("member"), sale.Offer{Title: "还是草稿的挂牌",
		Object: "发明专利一件，权属清楚，没有质押和已有许可，附内部决策文件。", Start: money.Yuan * 1000, Step: money.Yuan, BeginsAt: begins,
		PlannedEnd: begins.Add(48 * time.Hour), WindowMinutes: 5})
	apptest.NoErr(t, err)
	w.guest.get(fmt.Sprintf("/sales/%d/live", draft)).want(404)
}

// wire is another address of a server, whose connections can be cut.
func wire(t *testing.T, to string) (base string, cut func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	apptest.NoErr(t, err)
	var lock sync.Mutex
	var open []net.Conn
	cut = func() {
		lock.Lock()
		defer lock.Unlock()
		for _, c := range open {
			c.Close()
		}
		open = nil
	}
	t.Cleanup(func() { listener.Close(); cut() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			lock.Lock()
			open = append(open, in, out)
			lock.Unlock()
			for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					way[0].Close()
				}()
			}
		}
	}()
	return "http://" + listener.Addr().String(), cut
}

// A bidder's page follows by itself: another's bid shows without a click and moves the amount that is offered, unless one was typed; a
// line that breaks is told and comes back.
func TestBrowser_ABidShowsByItselfToWhoBidsAgainstIt(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newWorld(t)
	at, id := w.running()
	base, cut := wire(t, w.server.Listener.Addr().String())
	rival := newTab(browser, t, base, "rival").signIn("rival")
	rival.open(at).sees("下一次出价不低于 10,000.00 元", "有新情况自动显示", "离结束还有")
	amount := `document.querySelector("main form [name=amount]").value`
	w.bids("company", id, 10_000*money.Yuan)
	rival.sees("最高出价 10,000.00 元", "下一次出价不低于 11,000.00 元")
	if got := rival.eval(amount); got != "11000.00" {
		t.Errorf("the form offers %s", got)
	}
	rival.send(at+"/bid", values{"amount": "11000.00"}).sees("是第 2 次出价")
	rival.sees("有新情况自动显示")
	rival.eval(`(e => { e.value = "15000"; return "" })(document.querySelector("main form [name=amount]"))`)
	w.bids("company", id, 12_000*money.Yuan)
	rival.sees("最高出价 12,000.00 元")
	if got := rival.eval(amount); got != "15000" {
		t.Errorf("what was typed became %s", got)
	}
	cut()
	rival.sees("连接中断").sees("有新情况自动显示")
	rival.lock.Lock()
	rival.problems = nil // the console tells of the broken line, which was the point
	rival.lock.Unlock()
	guest := newTab(browser, t, w.server.URL, "guest").open(at)
	guest.sees("最高出价 12,000.00 元", "有新情况自动显示")
	_, err := w.s.Sales.Do(t.Context(), w.who("league"), sale.Command{Sale: id, Event: sale.EventPause, Reason: "机房断电"})
	apptest.NoErr(t, err)
	guest.sees("竞价已暂停", "机房断电")
	rival.sees("现在能办的事有变化")
	if strings.Contains(guest.text(), path.Base(w.who("company").OrgName)) {
		t.Error("a bidder's name is shown")
	}
}
