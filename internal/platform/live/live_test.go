package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"techmarket/internal/foundation/fault"
)

// board is an object that a test changes.
type board struct {
	mu    sync.Mutex
	now   int
	over  bool
	drawn int
	fails bool
	gone  bool
}

func (b *board) set(f func(*board)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b)
}

func (b *board) hub(c Config) *Hub {
	c.Versions = func(_ context.Context, ids []int64) (map[int64]string, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.fails {
			return nil, errors.New("database away")
		}
		out := map[int64]string{}
		for _, id := range ids {
			if !b.over {
				out[id] = fmt.Sprint(b.now)
			}
		}
		return out, nil
	}
	c.Draw = func(_ context.Context, id int64) ([]byte, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.drawn++; b.gone {
			return nil, errors.New("no such object")
		}
		return fmt.Appendf(nil, "object %d\nshows %d over %t", id, b.now, b.over), nil
	}
	return New(c)
}

// Listeners is how many listen now.
func (h *Hub) Listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.listeners
}

// heard collects what one listener gets until the test ends it.
type heard struct {
	mu     sync.Mutex
	events []string
	err    error
}

func listen(ctx context.Context, h *Hub, id int64, address string) *heard {
	got := &heard{}
	go func() {
		line, err := h.Join(id, address)
		for err == nil {
			var event []byte
			if event, err = line.Next(ctx); err == nil {
				got.mu.Lock()
				got.events = append(got.events, string(event))
				got.mu.Unlock()
			}
		}
		if line != nil {
			line.Leave()
		}
		got.mu.Lock()
		defer got.mu.Unlock()
		got.err = err
	}()
	return got
}

func (g *heard) last(t *testing.T, want string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.events) == 0 || !strings.Contains(g.events[len(g.events)-1], want) {
		t.Errorf("heard %q, want %q last", g.events, want)
	}
}

func TestHub_TellsEveryListenerOfAChangeAndDrawsItOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		h := b.hub(Config{})
		ctx, end := context.WithCancel(t.Context())
		var all []*heard
		for range 50 {
			all = append(all, listen(ctx, h, 7, "a"))
		}
		time.Sleep(time.Second)
		for _, g := range all {
			g.last(t, "data: object 7\ndata: shows 0 over false\n\n")
		}
		b.set(func(b *board) { b.now = 1 })
		time.Sleep(time.Second)
		late := listen(ctx, h, 7, "a")
		synctest.Wait()
		for _, g := range append(all, late) {
			g.last(t, "shows 1 ")
		}
		synctest.Wait()
		if b.drawn != 2 {
			t.Errorf("drawn %d times for two states", b.drawn)
		}
		b.set(func(b *board) { b.fails = true })
		time.Sleep(time.Second)
		b.set(func(b *board) { b.fails, b.now = false, 2 })
		time.Sleep(time.Second)
		late.last(t, "shows 2 ")
		end()
		time.Sleep(time.Second)
		synctest.Wait()
		if h.Listeners() != 0 || h.running || len(h.addresses) != 0 {
			t.Errorf("%d listen, looks: %t, addresses %v", h.Listeners(), h.running, h.addresses)
		}
	})
}

func TestHub_LetsListenersGoWithTheLastWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		h := b.hub(Config{})
		g := listen(t.Context(), h, 7, "a")
		time.Sleep(time.Second)
		b.set(func(b *board) { b.now, b.over = 9, true })
		time.Sleep(time.Second)
		synctest.Wait()
		g.last(t, "event: over\ndata: object 7\ndata: shows 9 over true")
		if !errors.Is(g.err, io.EOF) || h.Listeners() != 0 {
			t.Errorf("%v, %d listen", g.err, h.Listeners())
		}
	})
}

func TestHub_LetsListenersGoWithTheErrorOfWhatCannotBeShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{gone: true, over: true}
		h := b.hub(Config{})
		g := listen(t.Context(), h, 7, "a")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(g.events) != 0 || g.err == nil || errors.Is(g.err, io.EOF) || h.Listeners() != 0 {
			t.Errorf("%q, %v, %d listen", g.events, g.err, h.Listeners())
		}
	})
}

func TestHub_ASlowListenerMissesOnlyWhatIsOutdated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		h := b.hub(Config{})
		ctx, end := context.WithCancel(t.Context())
		var seen []string
		line, err := h.Join(7, "a")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer line.Leave()
			for event, err := line.Next(ctx); err == nil; event, err = line.Next(ctx) {
				time.Sleep(5 * time.Second)
				seen = append(seen, string(event))
			}
		}()
		for n := range 10 {
			b.set(func(b *board) { b.now = n })
			time.Sleep(time.Second)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(seen) > 6 || !strings.Contains(strings.Join(seen, ""), "shows 9") {
			t.Errorf("saw %q", seen)
		}
		end()
		time.Sleep(time.Second)
	})
}

func TestHub_BeatsOnAQuietLineAndBoundsItsListeners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		h := b.hub(Config{Most: 3, OfOne: 2})
		ctx, end := context.WithCancel(t.Context())
		one := listen(ctx, h, 7, "a")
		listen(ctx, h, 7, "a")
		synctest.Wait()
		if _, err := h.Join(7, "a"); !fault.Is(err, fault.TooMany) {
			t.Errorf("third of an address: %v", err)
		}
		listen(ctx, h, 8, "b")
		synctest.Wait()
		if _, err := h.Join(8, "c"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("fourth of all: %v", err)
		}
		time.Sleep(20 * time.Second)
		one.last(t, ": \n\n")
		end()
		time.Sleep(time.Second)
	})
}
