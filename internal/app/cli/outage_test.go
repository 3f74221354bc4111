package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postmaster is the process of a market's embedded database.
func postmaster(t *testing.T, data string) int {
	t.Helper()
	for _, pattern := range []string{"postgres/cluster/postmaster.pid", "postgres/elsewhere/cluster/postmaster.pid"} {
		if raw, err := os.ReadFile(filepath.Join(data, pattern)); err == nil {
			pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(raw), "\n", 2)[0]))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatal("no postmaster.pid")
	return 0
}

// family is a process and its children.
func family(pid int) []int {
	all := []int{pid}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			all = append(all, child)
		}
	}
	return all
}

// asked reads a page that needs the database; it must be answered in time, whatever became of the database.
func asked(t *testing.T, url string) (status int) {
	t.Helper()
	begun := time.Now()
	client := http.Client{Timeout: 15 * time.Second}
	answer, err := client.Get(url + "?n=" + strconv.FormatInt(begun.UnixNano(), 36)) // a page of its own, which nobody keeps
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("%s: answered %d after %s", url, answer.StatusCode, took)
	}
	if answer.StatusCode == http.StatusServiceUnavailable {
		if answer.Header.Get("Retry-After") == "" || !strings.Contains(string(raw), "数据库暂时无法使用") && !strings.Contains(string(raw), "away") {
			t.Errorf("503 without words: %s", raw)
		}
	} else if answer.StatusCode != http.StatusOK {
		t.Errorf("%s: %d", url, answer.StatusCode)
	}
	return answer.StatusCode
}

// until asks until the status comes.
func until(t *testing.T, url string, want int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if status := asked(t, url); status == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer %d", url, want)
		}
	}
}

// A database that is killed is started again while the market goes on; one that is frozen ends requests in time, and all is well when it
// thaws.
func TestServe_OutlivesItsDatabase(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	r := startMarket(t, data)
	page := "http://" + r.addr + "/policies"
	until(t, page, http.StatusOK)

	if err := syscall.Kill(postmaster(t, data), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, page, http.StatusServiceUnavailable)
	until(t, page, http.StatusOK)
	ready := func(want int, words string) {
		t.Helper()
		for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			status, body := get(t, "http://"+r.ops+"/readyz")
			if status == want && strings.Contains(body, words) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("readyz: %d %s", status, body)
			}
		}
	}
	ready(http.StatusOK, `"database":"ok"`)

	frozen := family(postmaster(t, data))
	thaw := func() {
		for _, pid := range frozen {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	defer thaw() // also where the test ends early: a stopped process cannot be shut down
	for _, pid := range frozen {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(fmt.Errorf("stop %d: %w", pid, err))
		}
	}
	if status := asked(t, page); status != http.StatusServiceUnavailable {
		t.Errorf("frozen: %d", status)
	}
	begun := time.Now()
	if status := asked(t, page); status != http.StatusServiceUnavailable || time.Since(begun) > time.Second {
		t.Errorf("known to be frozen: %d after %s", status, time.Since(begun))
	}
	ready(http.StatusServiceUnavailable, "does not answer")
	thaw()
	until(t, page, http.StatusOK)
	ready(http.StatusOK, `"database":"ok"`)
	if code := r.stop(); code != 0 {
		t.Errorf("stop: %d\n%s", code, r.log.String())
	}
}
