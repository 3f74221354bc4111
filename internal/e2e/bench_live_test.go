package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
)

// followers is how many follow one bidding at once in the measure.
const followers = 2000

// BenchmarkLive measures those who follow a bidding of the sample market: the memory of a quiet line, and how long a change takes to the
// last of them.
func BenchmarkLive(b *testing.B) {
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "techmarket"))
	apptest.NoErr(b, err)
	s := &served{b: b, program: program, data: benchFolder(b)}
	s.start("--demo")
	defer s.stop()
	s.following(func(what, format string, args ...any) { b.Logf("| %s | %s |", what, fmt.Sprintf(format, args...)) })
}

// following opens the lines, lets them rest and then moves the sale ten times.
func (s *served) following(row func(string, string, ...any)) {
	ctx := context.Background()
	db := s.database(ctx)
	defer db.Close(ctx)
	var sale int64
	apptest.NoErr(s.b, db.QueryRow(ctx, `select id from sale where state = 'disclosed' and begins_at < now()
		order by id desc limit 1`).Scan(&sale))

	const settle = 60 * time.Second // what the start took goes back to the system little by little
	time.Sleep(settle)
	before, _ := s.memory()
	heard := make(chan time.Time, followers)
	for i := range followers {
		line, err := net.Dial("tcp", s.addr)
		apptest.NoErr(s.b, err)
		defer line.Close()
		_, err = fmt.Fprintf(line, "GET /sales/%d/live HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: 203.0.113.%d\r\n\r\n", sale, s.addr, i%200)
		apptest.NoErr(s.b, err)
		go func() {
			in := bufio.NewReaderSize(line, 4096)
			for {
				text, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if strings.Contains(text, `id="standing"`) {
					heard <- time.Now()
				}
			}
		}()
	}
	all := func() (last time.Time) {
		late := time.After(30 * time.Second)
		for n := range followers {
			select {
			case at := <-heard:
				if at.After(last) {
					last = at
				}
			case <-late:
				s.b.Fatalf("%d of %d followers heard", n, followers)
			}
		}
		return last
	}
	all()
	const rest = 20 * time.Second // longer than a beat
	time.Sleep(rest)
	after, _ := s.memory()
	var worst time.Duration
	const moves = 10
	for range moves {
		_, err := db.Exec(ctx, `update sale set updated_at = clock_timestamp() where id = $1`, sale)
		apptest.NoErr(s.b, err)
		began := time.Now()
		worst = max(worst, all().Sub(began))
	}
	row(strconv.Itoa(followers)+" follow one bidding",
		"%.1f kB of the program's RSS for each quiet line; the last heard of a change after %d ms, worst of %d",
		float64(after-before)/1000/followers, worst.Milliseconds(), moves)
}
