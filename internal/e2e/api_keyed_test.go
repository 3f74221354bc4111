package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"techmarket/internal/app/apptest"
	"techmarket/web/api"
)

// TestAPI_KeyedRequestsAreCarriedOutOnce sends every create five times at once and cuts some connections (docs/rules/security.md §4).
func TestAPI_KeyedRequestsAreCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.caller("member")
	storm(w, member)
	repetitions(w, member)
}

// storm sends every create five times at once and cuts some connections; each is carried out once.
func storm(w *world, member caller) {
	w.t.Helper()
	const keys, twins = 100, 5
	var group errgroup.Group
	group.SetLimit(20)
	answers := make([][twins]string, keys)
	for k := range keys {
		for i := range twins {
			group.Go(func() error {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				cut := i > 0 && (k+i)%3 == 0
				if cut {
					time.AfterFunc(time.Duration(k%7)*time.Millisecond, cancel)
				}
				body := strings.NewReader(fmt.Sprintf(`{"title":"第 %d 项样例成果"}`, k))
				r, err := http.NewRequestWithContext(ctx, "POST", w.server.URL+api.Prefix+"/achievements", body)
				if err != nil {
					return err
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer "+member.token)
				r.Header.Set("Idempotency-Key", fmt.Sprintf("key-%d", k))
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					if cut {
						return nil
					}
					return err
				}
				defer answer.Body.Close()
				b, err := io.ReadAll(answer.Body)
				if err != nil && cut {
					return nil
				}
				if answer.StatusCode != 201 {
					return fmt.Errorf("key %d: got %d %s", k, answer.StatusCode, b)
				}
				answers[k][i] = string(b)
				return err
			})
		}
	}
	apptest.NoErr(w.t, group.Wait())
	for k, twins := range answers {
		for _, a := range twins[1:] {
			if a != "" && a != twins[0] {
				w.t.Errorf("key %d: two answers\n%s\n%s", k, twins[0], a)
			}
		}
	}
	titles, cursor := map[string]int{}, ""
	for {
		page := member.get("/own/achievements?limit=60&cursor=" + cursor).want(200)
		for _, it := range page.list() {
			titles[it.(map[string]any)["content"].(map[string]any)["title"].(string)]++
		}
		if cursor = page.object()["next"].(string); cursor == "" {
			break
		}
	}
	sum := 0
	for _, n := range titles {
		sum += n
	}
	if len(titles) != keys || sum != keys {
		w.t.Errorf("got %d records of %d titles, want %d", sum, len(titles), keys)
	}
}

// repetitions: the same request gets the same answer, another one under its key is refused, and a secret is given once.
func repetitions(w *world, member caller) {
	w.t.Helper()
	again := member.send("POST", "/achievements", map[string]any{"title": "第 0 项样例成果"}, "Idempotency-Key", "key-0")
	again.want(201)
	if again.header.Get("Idempotency-Replayed") != "true" {
		w.t.Error("a repetition is not marked")
	}
	member.send("POST", "/achievements", map[string]any{"title": "另一项"}, "Idempotency-Key", "key-0").refused(422, "invalid_input")
	w.caller("rival").send("POST", "/achievements", map[string]any{"title": "另一家的"}, "Idempotency-Key", "key-0").want(201)
	// What failed leaves the key free for the mended request.
	for _, key := range []string{"", "a b", "键"} { // a key that is none is refused, not taken for no key
		member.send("POST", "/achievements", map[string]any{"title": "没有键"}, "Idempotency-Key", key).refused(422, "invalid_input")
	}
	member.send("POST", "/tokens", map[string]any{"name": "", "scopes": []string{"market:read"}}, "Idempotency-Key", "mended").want(422)
	made := member.send("POST", "/tokens", map[string]any{"name": "程序", "scopes": []string{"market:read"}}, "Idempotency-Key", "mended").
		want(201)
	// A secret is given once: it stands nowhere in the table and no repetition gets it.
	member.send("POST", "/tokens", map[string]any{"name": "程序", "scopes": []string{"market:read"}}, "Idempotency-Key", "mended").
		refused(409, "secret_not_repeated")
	secret := made.object()["secret"].(string)
	if n := w.scan(`select count(*)::text from idempotency_key k where k::text like '%' || $1 || '%'
		or position(convert_to($1, 'UTF8') in coalesce(body, '')) > 0`, secret); n != "0" {
		w.t.Error("a token stands in clear in the table of keys")
	}
	// Parameters are compared, not bytes.
	for i, raw := range []string{`{"title":"次序","summary":"甲"}`, "{ \"summary\" : \"甲\",\n \"title\":\"\u6b21序\" }"} {
		r := member.raw("POST", "/achievements", "application/json", strings.NewReader(raw), "Idempotency-Key", "order").want(201)
		if replayed := r.header.Get("Idempotency-Replayed") == "true"; replayed != (i == 1) {
			w.t.Errorf("%s: replayed %v", raw, replayed)
		}
	}
	content := []byte("成果名称,成果介绍\n样例导入成果一,用于测试的样例介绍\n")
	body, media := form(map[string]string{"kind": "achievement"}, "样例.csv", content)
	raw := body.Bytes()
	first := member.raw("POST", "/imports", media, bytes.NewReader(raw), "Idempotency-Key", "import").want(201)
	body, media = form(map[string]string{"kind": "achievement"}, "样例.csv", content) // another border between the parts
	if second := member.raw("POST", "/imports", media, bytes.NewReader(body.Bytes()), "Idempotency-Key",
		"import").want(201); second.id() != first.id() {
		w.t.Errorf("upload repeated: got batch %d, want %d", second.id(), first.id())
	}
}
