package app

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"techmarket/internal/platform/postgres"
	"techmarket/search"
)

// publicChange is the channel on which the database tells that a table which public pages read has changed (migration 00215).
const publicChange = "public_change"

// betweenDrops is the least time between two drops of what is kept for changes that nobody waits for: a night of certificates printed or
// an import of ten thousand rows would otherwise have every page worked out each time. An action's own change is shown at once (Sync).
const betweenDrops = time.Second

// longestSync bounds how long an answer waits for the news of its own change; then everything kept is dropped instead.
const longestSync = 300 * time.Millisecond

// changes tells the site when what guests see has changed, by whichever process.
type changes struct {
	db    *postgres.DB
	state atomic.Uint64
	live  atomic.Bool // somebody listens

	mu      sync.Mutex
	waiting map[string]chan struct{} // for the echo of an own message
	dropped time.Time                // last, for a change that was heard
	later   *time.Timer              // will drop for changes heard since; nil for none
}

func newChanges(db *postgres.DB) *changes {
	return &changes{db: db, waiting: map[string]chan struct{}{}}
}

// listen hears changes until the platform closes.
func (c *changes) listen(p *Platform) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			err := postgres.Listen(ctx, p.DB, publicChange, func() { c.bump(); c.live.Store(true) }, c.heard)
			c.live.Store(false)
			c.bump()
			if ctx.Err() != nil {
				return
			}
			p.Log.Warn("pages are worked out each time until the database is heard again", "error", err.Error())
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
	p.defers(func(context.Context) error {
		stop()
		<-ended
		return nil
	})
}

// State names the present state of what guests see; ok is false while nobody listens.
func (c *changes) State() (uint64, bool) { return c.state.Load(), c.live.Load() }

func (c *changes) bump() { c.state.Add(1) }

func (c *changes) heard(payload string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if payload == "" {
		if rest := betweenDrops - time.Since(c.dropped); rest <= 0 {
			c.drop()
		} else if c.later == nil {
			c.later = time.AfterFunc(rest, func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				if c.later != nil {
					c.drop()
				}
			})
		}
		return
	}
	if echo, ours := c.waiting[payload]; ours {
		if c.later != nil {
			c.drop()
		}
		close(echo)
		delete(c.waiting, payload)
	}
}

// drop tells of all changes heard so far. The lock is held.
func (c *changes) drop() {
	if c.later != nil {
		c.later.Stop()
		c.later = nil
	}
	c.dropped = time.Now()
	c.bump()
}

// Sync returns when State knows of all that was committed before: messages arrive in the order of the commits, so an own message that
// comes back has all others before it.
func (c *changes) Sync(ctx context.Context) {
	if !c.live.Load() {
		return // nothing is kept
	}
	name, echo := rand.Text(), make(chan struct{})
	c.mu.Lock()
	c.waiting[name] = echo
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestSync)
	defer cancel()
	err := postgres.Tell(ctx, c.db, publicChange, name)
	if err == nil {
		select {
		case <-echo:
			return
		case <-ctx.Done():
		}
	}
	c.bump()
	c.mu.Lock()
	delete(c.waiting, name)
	c.mu.Unlock()
}

// told is an engine whose writes are public changes: a list shows a new listing once it is indexed.
type told struct {
	search.Engine
	bump func()
}

// Index adds documents.
func (t told) Index(ctx context.Context, docs ...search.Document) error {
	defer t.bump()
	return t.Engine.Index(ctx, docs...)
}

// Delete removes documents.
func (t told) Delete(ctx context.Context, ids ...string) error {
	defer t.bump()
	return t.Engine.Delete(ctx, ids...)
}

// Rebuild swaps the index.
func (t told) Rebuild(ctx context.Context, fill func(emit func(...search.Document) error) error) error {
	defer t.bump()
	return t.Engine.Rebuild(ctx, fill)
}
