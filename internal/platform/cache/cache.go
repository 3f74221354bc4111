// Package cache is the only user of Redis: short-lived copies, rate limits, and live events between processes.
//
// It owns every key. Nothing depends on it: each call has a short deadline, and with Redis gone reads miss, writes
// are dropped, limits count inside this process and events reach this process only. Nothing that must survive may be
// kept here, so losing Redis loses nothing.
package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"techmarket/internal/foundation/fault"
)

const (
	callTimeout = 150 * time.Millisecond
	restFor     = 2 * time.Second // after a failure Redis is left alone this long, so that requests do not queue on it
	prefix      = "tm:"
)

// Cache talks to one Redis.
type Cache struct {
	client *redis.Client
	log    *slog.Logger
	now    func() time.Time

	restUntil atomic.Int64 // unix nanoseconds

	mu     sync.Mutex
	limits map[string]window        // used while Redis is gone
	subs   map[string]map[*Sub]bool // by channel
	fans   map[string]*redis.PubSub // by channel
	closed bool
}

type window struct {
	ends  time.Time
	count int
}

// Open reads the address; it does not wait for Redis, which may come and go.
// Fault: Invalid redis_url_wrong.
func Open(url string, log *slog.Logger, now func() time.Time) (*Cache, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "redis_url_wrong", "Redis 地址无法识别，应形如 redis://:密码@主机:6379/0。请检查 REDIS_URL。")
	}
	redis.SetLogger(silent{})
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = callTimeout, callTimeout, callTimeout
	options.MaxRetries = -1
	options.PoolSize = 20
	options.ContextTimeoutEnabled = true
	return &Cache{client: redis.NewClient(options), log: log, now: now,
		limits: map[string]window{}, subs: map[string]map[*Sub]bool{}, fans: map[string]*redis.PubSub{}}, nil
}

// silent keeps the client's own lines out of the log: what fails is told by the callers, as JSON.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Close ends every subscription and the connections.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.closed = true
	for _, fan := range c.fans {
		_ = fan.Close()
	}
	for _, all := range c.subs {
		for sub := range all {
			close(sub.events)
		}
	}
	c.subs = map[string]map[*Sub]bool{}
	c.mu.Unlock()
	return c.client.Close()
}

// Ping says whether Redis answers; for readiness reports only.
func (c *Cache) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.client.Ping(ctx).Err()
}

// try runs one call unless Redis failed a moment ago; it reports whether the call worked.
func (c *Cache) try(ctx context.Context, call func(context.Context) error) bool {
	now := c.now()
	if now.UnixNano() < c.restUntil.Load() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := call(ctx)
	if err == nil || errors.Is(err, redis.Nil) {
		return err == nil
	}
	if !errors.Is(err, context.Canceled) {
		c.restUntil.Store(now.Add(restFor).UnixNano())
		c.log.WarnContext(ctx, "redis does not answer, working without it", "error", err)
	}
	return false
}

// Get returns the value and whether it was there.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, bool) {
	var value []byte
	ok := c.try(ctx, func(ctx context.Context) (err error) {
		value, err = c.client.Get(ctx, prefix+key).Bytes()
		return err
	})
	return value, ok
}

// Set keeps a value for at most ttl.
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) {
	c.try(ctx, func(ctx context.Context) error { return c.client.Set(ctx, prefix+key, value, ttl).Err() })
}

// Del forgets values. It reports whether Redis confirmed: who caches permission must keep ttl short, since a copy in
// an unreachable Redis may come back.
func (c *Cache) Del(ctx context.Context, keys ...string) bool {
	full := make([]string, len(keys))
	for i, key := range keys {
		full[i] = prefix + key
	}
	return c.try(ctx, func(ctx context.Context) error { return c.client.Del(ctx, full...).Err() })
}

// countScript counts a hit and starts the window with the first one, in one step: a crash between the two would leave a
// counter that never ends.
var countScript = redis.NewScript(`local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}`)

// Allow counts one hit on key and reports whether it is within n per window; when not, wait is how long until the
// window ends. With Redis gone this process counts for itself.
func (c *Cache) Allow(ctx context.Context, key string, n int, per time.Duration) (ok bool, wait time.Duration) {
	var count, left int64
	if c.try(ctx, func(ctx context.Context) error {
		got, err := countScript.Run(ctx, c.client, []string{prefix + "limit:" + key}, per.Milliseconds()).Int64Slice()
		if err != nil {
			return err
		}
		if len(got) != 2 {
			return fmt.Errorf("limit answer %v", got)
		}
		count, left = got[0], got[1]
		return nil
	}) {
		if count <= int64(n) {
			return true, 0
		}
		return false, time.Duration(max(left, 0)) * time.Millisecond
	}
	return c.allowHere(key, n, per)
}

// Spent reports whether the hits of key reached n, and how long until its window ends; it counts none.
func (c *Cache) Spent(ctx context.Context, key string, n int) (spent bool, wait time.Duration) {
	var count int64
	var left time.Duration
	if c.try(ctx, func(ctx context.Context) error {
		full := prefix + "limit:" + key
		got, err := c.client.Get(ctx, full).Int64()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		if err == nil {
			left, err = c.client.PTTL(ctx, full).Result()
		}
		count = got
		return err
	}) {
		return count >= int64(n), max(left, 0)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w, now := c.limits[key], c.now()
	if !now.Before(w.ends) {
		return false, 0
	}
	return w.count >= n, w.ends.Sub(now)
}

// maxWindows bounds the memory an attacker with many addresses can take.
const maxWindows = 50_000

func (c *Cache) allowHere(key string, n int, per time.Duration) (bool, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	w, known := c.limits[key]
	if !known && len(c.limits) >= maxWindows {
		for k, old := range c.limits {
			if !now.Before(old.ends) {
				delete(c.limits, k)
			}
		}
		if len(c.limits) >= maxWindows {
			return false, per // full of live windows: an attack; refuse rather than forget
		}
	}
	if !known || !now.Before(w.ends) {
		w = window{ends: now.Add(per)}
	}
	w.count++
	c.limits[key] = w
	if w.count <= n {
		return true, 0
	}
	return false, w.ends.Sub(now)
}
