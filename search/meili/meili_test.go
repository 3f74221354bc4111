package meili_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"techmarket/search/enginetest"
	"techmarket/search/meili"
	"techmarket/search/zh"
)

// analyzer is read-only; loading it once keeps the tests fast.
var analyzer = sync.OnceValues(func() (*zh.Analyzer, error) { return zh.New() })

// server gives the address of a real Meilisearch: MEILI_URL, or a private one started from the program MEILI_BIN; "" without either.
var server = sync.OnceValues(func() (string, error) {
	if u := os.Getenv("MEILI_URL"); u != "" {
		return u, nil
	}
	bin := os.Getenv("MEILI_BIN")
	if bin == "" {
		return "", nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr := l.Addr().String()
	l.Close()
	dir, err := os.MkdirTemp("", "meili-test-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(bin, "--no-analytics", "--http-addr", addr, "--db-path", filepath.Join(dir, "db"))
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stopServer = func() {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
	}
	for range 100 {
		if res, err := http.Get("http://" + addr + "/health"); err == nil {
			res.Body.Close()
			return "http://" + addr, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "", fmt.Errorf("MEILI_BIN did not answer within 10 s")
})

var stopServer = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopServer()
	os.Exit(code)
}

// recordedCut is the version of the cut that the recordings were made with: with another one every request reads differently.
const recordedCut = "3"

// recordings are real answers of a Meilisearch v1.50, replayed when no server is at hand. MEILI_RECORD=1 with a server writes them anew.
func TestConformance(t *testing.T) {
	t.Parallel()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	url, err := server()
	if err != nil {
		t.Fatal(err)
	}
	record := os.Getenv("MEILI_RECORD") != ""
	if !record && url == "" && zh.Version != recordedCut {
		t.Skipf(
			"the recordings are of cut %s, the program's is %s: set MEILI_BIN, and MEILI_RECORD=1 to record them anew",
			recordedCut,
			zh.Version,
		)
	}
	for n, rule := range enginetest.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			o := meili.Options{URL: url, Index: fmt.Sprintf("conformance%d", n), SearchTimeout: 10 * time.Second}
			if url == "" || record {
				if rule.Large {
					t.Skip("too many requests for a recording: set MEILI_URL or MEILI_BIN")
				}
				o.URL, o.HTTP = recording(t, url, fmt.Sprintf("testdata/rule%02d", n))
			}
			e, err := meili.Open(context.Background(), o, a)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			defer func() {
				if err := e.Drop(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			rule.Check(t, e)
		})
	}
}

// recording plays, or with a server records, the file.
func recording(t *testing.T, server, file string) (string, *http.Client) {
	mode, address := recorder.ModeReplayOnly, "http://meili.invalid"
	if server != "" {
		mode, address = recorder.ModeRecordOnly, server
	}
	r, err := recorder.New(file, recorder.WithMode(mode), recorder.WithSkipRequestLatency(true),
		recorder.WithMatcher(sameRequest),
		recorder.WithHook(tidy, recorder.BeforeSaveHook))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return address, r.GetDefaultClient()
}

// tidy drops what says where the recording was made and what nobody compares.
func tidy(i *cassette.Interaction) error {
	u, err := url.Parse(i.Request.URL)
	if err != nil {
		return err
	}
	u.Host = "meili.invalid"
	i.Request.URL, i.Request.Host, i.Request.RemoteAddr = u.String(), "meili.invalid", ""
	i.Request.Headers, i.Request.TransferEncoding = nil, nil
	i.Response.Headers = http.Header{"Content-Type": {"application/json"}}
	i.Response.Duration = 0
	// of the polls for a task only the last one, with its end, is worth keeping
	i.DiscardOnSave = strings.HasPrefix(u.Path, "/tasks/") &&
		(strings.Contains(i.Response.Body, `"status":"enqueued"`) || strings.Contains(i.Response.Body, `"status":"processing"`))
	return nil
}

// sameRequest compares method, path, query and body; the host is another one.
func sameRequest(r *http.Request, recorded cassette.Request) bool {
	u, err := url.Parse(recorded.URL)
	if err != nil || r.Method != recorded.Method || r.URL.RequestURI() != u.RequestURI() {
		return false
	}
	if r.Body == nil {
		return recorded.Body == ""
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return string(body) == recorded.Body
}
