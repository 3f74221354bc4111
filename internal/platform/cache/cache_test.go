package cache_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/cache"
)

type bundle struct {
	cache  *cache.Cache
	server *miniredis.Miniredis
	ahead  atomic.Int64 // nanoseconds
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{server: miniredis.RunT(t)}
	c, err := cache.Open("redis://"+b.server.Addr(), slog.New(slog.DiscardHandler),
		func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	b.cache = c
	return b
}

func TestCache_KeepsAValueUntilItsTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	b.cache.Set(ctx, "k", []byte("v"), time.Minute)
	if got, ok := b.cache.Get(ctx, "k"); !ok || string(got) != "v" {
		t.Errorf("got %q %v, want v", got, ok)
	}
	b.server.FastForward(time.Minute)
	if _, ok := b.cache.Get(ctx, "k"); ok {
		t.Error("the value outlived its time")
	}
	b.cache.Set(ctx, "k", []byte("v"), time.Minute)
	if !b.cache.Del(ctx, "k") {
		t.Error("delete was not confirmed")
	}
	if _, ok := b.cache.Get(ctx, "k"); ok {
		t.Error("the deleted value is still there")
	}
}

func TestAllow_CountsPerWindowWithAndWithoutRedis(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{false, true} {
		b := setup(t)
		pass := func(d time.Duration) {
			if gone {
				b.ahead.Add(int64(d))
			} else {
				b.server.FastForward(d)
			}
		}
		if gone {
			b.server.Close()
		}
		ctx := context.Background()
		for i := range 5 {
			ok, wait := b.cache.Allow(ctx, "a", 3, time.Minute)
			if ok != (i < 3) || (!ok && (wait <= 0 || wait > time.Minute)) {
				t.Errorf("redis gone %v, hit %d: got %v, wait %s", gone, i+1, ok, wait)
			}
		}
		if ok, _ := b.cache.Allow(ctx, "b", 3, time.Minute); !ok {
			t.Errorf("redis gone %v: another key is limited too", gone)
		}
		pass(time.Minute)
		if ok, _ := b.cache.Allow(ctx, "a", 3, time.Minute); !ok {
			t.Errorf("redis gone %v: still limited in the next window", gone)
		}
	}
}

func TestAllow_RefusesRatherThanForgetsWhenFull(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.server.Close()
	ctx := context.Background()
	for i := range 50_000 {
		b.cache.Allow(ctx, fmt.Sprint(i), 1, time.Hour)
	}
	if ok, _ := b.cache.Allow(ctx, "one more", 1, time.Hour); ok {
		t.Error("a full table let a new key in")
	}
	b.ahead.Add(int64(2 * time.Hour))
	if ok, _ := b.cache.Allow(ctx, "one more", 1, time.Hour); !ok {
		t.Error("ended windows were not cleared")
	}
}

func TestCache_WithoutRedisMissesQuickly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	b.cache.Set(ctx, "k", []byte("v"), time.Minute)
	b.server.Close()
	started := time.Now()
	for range 100 {
		if _, ok := b.cache.Get(ctx, "k"); ok {
			t.Fatal("a value came from nowhere")
		}
	}
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("100 misses took %s: every call waited for Redis", took)
	}
	if err := b.server.Restart(); err != nil {
		t.Fatal(err)
	}
	b.ahead.Add(int64(time.Minute))
	b.cache.Set(ctx, "k", []byte("again"), time.Minute)
	if got, _ := b.cache.Get(ctx, "k"); string(got) != "again" {
		t.Errorf("after Redis came back: got %q", got)
	}
}

func TestPublish_ReachesEveryListenerWithAndWithoutRedis(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	one, two := b.cache.Subscribe("desk"), b.cache.Subscribe("desk")
	defer two.Close()
	want := func(sub *cache.Sub, event string) {
		t.Helper()
		for deadline := time.After(5 * time.Second); ; {
			select {
			case got := <-sub.Events():
				if string(got) == event {
					return
				}
			case <-time.After(20 * time.Millisecond):
				b.cache.Publish(ctx, "desk", []byte(event)) // the subscription may not have been made yet
			case <-deadline:
				t.Fatalf("%q never came", event)
			}
		}
	}
	want(one, "first")
	want(two, "first")
	one.Close()
	b.server.Close()
	want(two, "second")
}

func TestOpen_NamesTheMend(t *testing.T) {
	t.Parallel()
	if _, err := cache.Open("nonsense", slog.New(slog.DiscardHandler), time.Now); !fault.HasCode(err, "redis_url_wrong") {
		t.Errorf("got %v, want redis_url_wrong", err)
	}
}
