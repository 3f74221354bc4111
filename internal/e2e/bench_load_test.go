package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo/sample"
)

// apart keeps the program on the first two cores where the sender has others; on two cores they share.
func apart(c *exec.Cmd) {
	taskset, err := exec.LookPath("taskset")
	if err != nil || runtime.NumCPU() < 4 {
		return
	}
	c.Args = append([]string{taskset, "-c", "0,1"}, c.Args...)
	c.Path = taskset
}

// load measures what the program answers when it is asked as fast as it can answer, and when it is asked for twice as much.
func (s *served) load(row func(string, string, ...any)) {
	const pages = 10 // the sample market alone has thirteen
	details := s.hrefs("/achievements", "/achievements/")
	for page := 2; page <= pages; page++ {
		details = append(details, s.hrefs(fmt.Sprintf("/achievements?page=%d", page), "/achievements/")...)
	}
	guests := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	rate := s.pull(guests, 16, 8*time.Second, func(i int) string {
		if i%2 == 0 {
			return "/achievements?page=" + strconv.Itoa(1+i/2%pages)
		}
		return details[i/2%len(details)]
	})
	row("guests' list and detail, as fast as answered; program and sender on the same cores: "+strconv.FormatBool(runtime.NumCPU() < 4),
		"%.0f per second", rate)
	member := s.member()
	rate = s.pull(member, 8, 8*time.Second, func(i int) string { return "/achievements?page=" + strconv.Itoa(1+i%pages) })
	row("signed-in list pages, as fast as answered", "%.0f per second", rate)

	rng := rand.New(rand.NewPCG(5, 5))
	var lock sync.Mutex
	fresh := func(i int) string { // worked out each time: nobody asked for it before
		lock.Lock()
		defer lock.Unlock()
		return s.filtered(rng) + "&q=" + url.QueryEscape(s.texts.typed(rng)) + strconv.Itoa(i%10)
	}
	capacity := s.pull(guests, 8, 8*time.Second, fresh)
	l := s.attack(int(2*capacity), 10, fresh)
	own, _ := s.memory()
	row(fmt.Sprintf("twice the capacity: %.0f new pages/s where %.0f are answered", 2*capacity, capacity),
		"answered p50 %.0f, p99 %.0f ms; %.0f per second, %d told to come back, RSS %d MiB", l.at(0.50), l.at(0.99), l.rate, l.failed, own>>20)
	time.Sleep(10 * time.Second)
	l = s.attack(50, 5, func(i int) string { return "/achievements?page=" + strconv.Itoa(1+i%pages) })
	row("ten seconds later, 50 list pages/s", "p99 %.0f ms, %d failed", l.at(0.99), l.failed)
}

// pull asks with n clients, each as soon as it has its answer, and returns the answers of status 200 per second.
func (s *served) pull(client *http.Client, n int, long time.Duration, path func(i int) string) float64 {
	var asked, answered atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range n {
		all.Go(func() {
			for time.Since(began) < long {
				answer, err := client.Get("http://" + s.addr + path(int(asked.Add(1))))
				if err != nil {
					continue
				}
				_, err = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if err == nil && answer.StatusCode == http.StatusOK {
					answered.Add(1)
				}
			}
		})
	}
	all.Wait()
	return float64(answered.Load()) / time.Since(began).Seconds()
}

// member is a signed-in person of the sample market.
func (s *served) member() *http.Client {
	jar, err := cookiejar.New(nil)
	apptest.NoErr(s.b, err)
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	answer, err := client.Get("http://" + s.addr + "/signin")
	apptest.NoErr(s.b, err)
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	apptest.NoErr(s.b, err)
	hidden := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindSubmatch(body)
		if m == nil {
			s.b.Fatalf("the sign-in page has no %s", name)
		}
		return string(m[1])
	}
	form := url.Values{"_csrf": {hidden("_csrf")}, "_once": {hidden("_once")}, "login": {"demo-university"}, "password": {sample.Password}}
	answer, err = client.Post("http://"+s.addr+"/signin", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	apptest.NoErr(s.b, err)
	defer answer.Body.Close()
	if answer.Request.URL.Path != "/desk" {
		s.b.Fatalf("signing in led to %s", answer.Request.URL.Path)
	}
	return client
}

// BenchmarkLoad measures the load on the sample market alone: a short run for a machine that others use too.
func BenchmarkLoad(b *testing.B) {
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "techmarket"))
	apptest.NoErr(b, err)
	s := &served{b: b, program: program, data: benchFolder(b), texts: readBenchTexts(b)}
	s.start("--demo")
	defer s.stop()
	s.load(func(what, format string, args ...any) { b.Logf("| %s | %s |", what, fmt.Sprintf(format, args...)) })
}
