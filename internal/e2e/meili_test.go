package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/cli"
	"techmarket/internal/market/achievement"
	"techmarket/search"
)

// TestPages_GoOnWhileARealMeilisearchIsInTrouble breaks a real server in every way a proxy before it can, at a running site: pages answer
// in time with the notice, and what was written meanwhile is found afterwards.
func TestPages_GoOnWhileARealMeilisearchIsInTrouble(t *testing.T) {
	t.Parallel()
	address, _, _ := benchMeili(t)
	if address == "" {
		t.Skip("neither MEILI_URL nor MEILI_BIN is set: this rule needs a real Meilisearch")
	}
	target, err := url.Parse(address)
	apptest.NoErr(t, err)
	var mode atomic.Value
	mode.Store("up")
	front := httptest.NewServer(troubled(httputil.NewSingleHostReverseProxy(target), &mode))
	t.Cleanup(front.Close)
	w := newWorld(t, func(c *app.Config) { c.MeiliURL = front.URL })
	ctx := t.Context()
	rows := func(n string) {
		t.Helper()
		text := `{"id": "` + n + `", "abstract": "一种紫色氧化钨的制取工艺，由紫钨制得的碳化钨粉细而均匀，编号` + n + `，用于高性能硬质合金。"}` + "\n"
		apptest.NoErr(t, cli.ImportFile(ctx, w.s, &app.Environment{Stdin: strings.NewReader(""), Stdout: io.Discard}, strings.NewReader(text),
			cli.Importing{Kind: achievement.Kind, Name: n + ".jsonl", Yes: true}))
	}
	const notice = "以下结果由内置检索给出"
	page := func(path string) (string, time.Duration) {
		t.Helper()
		began := time.Now()
		p := w.guest.get(path).want(200)
		return string(p.body), time.Since(began)
	}
	held := func() (ours, theirs []string) {
		t.Helper()
		apptest.NoErr(t, w.s.Embedded.Refs(ctx, func(r search.Ref) error { ours = append(ours, r.ID); return nil }))
		apptest.NoErr(t, w.s.Meili.Refs(ctx, func(r search.Ref) error { theirs = append(theirs, r.ID); return nil }))
		slices.Sort(ours)
		slices.Sort(theirs)
		return ours, theirs
	}
	rows("before")
	apptest.NoErr(t, w.s.Rebuild(ctx)) // both, as at the first start
	apptest.NoErr(t, w.s.Heal(ctx))
	if text, _ := page("/achievements?q=紫色氧化钨"); strings.Contains(text, notice) || !strings.Contains(text, "紫色氧化钨") {
		t.Fatalf("healthy: the page must be Meilisearch's: %s", w.s.Fallback.Notice())
	}
	for _, trouble := range []string{"stopped", "slow", "full", "other", "empty"} {
		if trouble == "empty" {
			apptest.NoErr(t, dropIndex(address))
		} else {
			mode.Store(trouble)
		}
		rows(trouble)
		for _, path := range []string{"/", "/achievements", "/achievements?q=紫色氧化钨" + trouble, "/suggest?q=紫色"} {
			if _, took := page(path); took > 2*time.Second {
				t.Errorf("%s: %s took %v", trouble, path, took)
			}
		}
		if text, _ := page("/achievements?q=紫色氧化钨&sort=new"); !strings.Contains(text, notice) || !strings.Contains(text, "编号"+trouble) {
			t.Errorf("%s: the list lacks the notice or what was just written", trouble)
		}
		apptest.NoErr(t, w.s.Heal(ctx)) // as long as the trouble lasts it changes nothing; a slow server does catch up, slowly
		if trouble != "empty" && trouble != "slow" && !w.s.Fallback.Degraded() {
			t.Errorf("%s: Meilisearch is trusted again while the trouble lasts", trouble)
		}
		mode.Store("up")
		apptest.NoErr(t, w.s.Heal(ctx))
		if ours, theirs := held(); !slices.Equal(ours, theirs) || w.s.Fallback.Degraded() {
			t.Errorf("%s: afterwards Meilisearch holds %v, want %v; degraded %v", trouble, theirs, ours, w.s.Fallback.Degraded())
		}
	}
}

// troubled stands before a server and behaves as mode says: up, stopped, slow, full or other.
func troubled(proxy http.Handler, mode *atomic.Value) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := mode.Load()
		write := r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/fetch") && r.URL.Path != "/multi-search"
		switch {
		case m == "stopped":
			panic(http.ErrAbortHandler)
		case m == "slow":
			select {
			case <-time.After(2 * time.Second):
			case <-r.Context().Done():
			}
		case m == "full" && write:
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"message":"There is no more space left on the device.",` +
				`"code":"no_space_left_on_device","type":"system","link":""}`))
			return
		case m == "other" && !write: // a version whose answers nobody here understands
			_, _ = w.Write([]byte(`{"results":[{"hits":[{"id":"a1"}]},{"hits":[{"id":"a1"}]}]}`))
			return
		}
		proxy.ServeHTTP(w, r)
	})
}

// dropIndex empties the server behind the market's back.
func dropIndex(address string) error {
	r, err := http.NewRequest(http.MethodDelete, address+"/indexes/listings", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	time.Sleep(time.Second) // a task
	return nil
}
