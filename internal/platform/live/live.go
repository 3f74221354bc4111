// Package live tells many listeners at once what has changed, over server-sent events: what one object shows is worked out once for all
// of them. It knows nothing of what it sends.
package live

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"techmarket/internal/foundation/fault"
)

// Config is what the Hub needs; Versions and Draw must be set.
type Config struct {
	// Versions says of each object whether it has changed: another word than at the last look. An object without a word is over, and its
	// listeners are let go after a last drawing, which is sent as the event "over".
	Versions func(ctx context.Context, ids []int64) (map[int64]string, error)
	// Draw works out what an object shows now, for everybody; when it fails, the listeners are let go with its error.
	Draw func(ctx context.Context, id int64) ([]byte, error)
	// Every is the time between two looks; 0: 400 ms.
	Every time.Duration
	// Beat is the time after which a listener hears something in any case; 0: 15 s.
	Beat time.Duration
	// Most bounds the listeners, OfOne those of one address; 0: 4000 and 200.
	Most, OfOne int
	// Failed hears of a look that failed; the next one tries again. nil: nobody.
	Failed func(error)
}

// Hub keeps the listeners. It looks only while there are any.
type Hub struct {
	config Config

	mu        sync.Mutex
	topics    map[int64]*topic
	addresses map[string]int
	listeners int
	running   bool
}

// topic is an object with those who listen to it.
type topic struct {
	version string
	shows   []byte // as an event; nil before the first look
	heard   time.Time
	to      map[chan []byte]struct{}
	failed  error // set before its listeners are let go
}

// New makes the hub.
func New(c Config) *Hub {
	def := func(d *time.Duration, usual time.Duration) {
		if *d == 0 {
			*d = usual
		}
	}
	def(&c.Every, 400*time.Millisecond)
	def(&c.Beat, 15*time.Second)
	if c.Most == 0 {
		c.Most = 4000
	}
	if c.OfOne == 0 {
		c.OfOne = 200
	}
	return &Hub{config: c, topics: map[int64]*topic{}, addresses: map[string]int{}}
}

// Line is one listener. Its owner asks for the Next event until there is none, and then must Leave.
type Line struct {
	hub     *Hub
	topic   *topic
	id      int64
	address string
	inbox   chan []byte
}

// Next waits for the next event: what the object shows at first, then whenever it changes. A listener that is slow misses what is
// outdated, never the newest. io.EOF: the object is over and its last event was heard.
func (l *Line) Next(ctx context.Context) ([]byte, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case event, more := <-l.inbox:
		if !more {
			return nil, cmp.Or(l.topic.failed, io.EOF)
		}
		return event, nil
	}
}

// Join begins to listen. address bounds how many come from one place. Faults: Unavailable live_full, TooMany live_address.
func (h *Hub) Join(id int64, address string) (*Line, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners >= h.config.Most {
		return nil, fault.New(fault.Unavailable, "live_full", "现在同时观看的人太多，请刷新页面查看最新情况。")
	}
	if h.addresses[address] >= h.config.OfOne {
		return nil, fault.New(fault.TooMany, "live_address", "同一网络里同时观看的人太多，请刷新页面查看最新情况。")
	}
	t := h.topics[id]
	if t == nil {
		t = &topic{to: map[chan []byte]struct{}{}, heard: time.Now()}
		h.topics[id] = t
	}
	inbox := make(chan []byte, 1)
	t.to[inbox] = struct{}{}
	if t.shows != nil {
		inbox <- t.shows
	}
	h.listeners++
	h.addresses[address]++
	if !h.running {
		h.running = true
		go h.run()
	}
	return &Line{h, t, id, address, inbox}, nil
}

// Leave ends the listening, once.
func (l *Line) Leave() {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners--
	if h.addresses[l.address]--; h.addresses[l.address] == 0 {
		delete(h.addresses, l.address)
	}
	if delete(l.topic.to, l.inbox); len(l.topic.to) == 0 && h.topics[l.id] == l.topic {
		delete(h.topics, l.id)
	}
}

// run looks until nobody listens any more.
func (h *Hub) run() {
	tick := time.NewTicker(h.config.Every)
	defer tick.Stop()
	for {
		h.mu.Lock()
		if len(h.topics) == 0 {
			h.running = false
			h.mu.Unlock()
			return
		}
		ids := slices.Sorted(maps.Keys(h.topics))
		h.mu.Unlock()
		if err := h.look(ids); err != nil && h.config.Failed != nil {
			h.config.Failed(err)
		}
		<-tick.C
	}
}

// look compares the versions of the objects and sends what has changed. It belongs to no request: its listeners come and go.
func (h *Hub) look(ids []int64) error {
	const patience = 5 * time.Second
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	versions, err := h.config.Versions(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		version, runs := versions[id]
		h.mu.Lock()
		t := h.topics[id]
		same := t == nil || runs && t.version == version && t.shows != nil
		h.mu.Unlock()
		if same {
			h.beat(t)
			continue
		}
		text, err := h.config.Draw(ctx, id)
		switch {
		case err != nil:
			h.end(id, nil, err)
		case !runs:
			h.end(id, event("over", text), nil)
		default:
			h.send(id, version, event("", text))
		}
	}
	return nil
}

// beat lets the listeners of a quiet object know that the line still stands; a line that does not is found and closed by it.
func (h *Hub) beat(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t == nil || time.Since(t.heard) < h.config.Beat {
		return
	}
	t.heard = time.Now()
	for inbox := range t.to {
		select {
		case inbox <- []byte(": \n\n"):
		default: // it has something better to read
		}
	}
}

func (h *Hub) send(id int64, version string, event []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[id]
	if t == nil {
		return
	}
	t.version, t.shows, t.heard = version, event, time.Now()
	for inbox := range t.to {
		put(inbox, event)
	}
}

// end lets the listeners go with a last event, if there is one.
func (h *Hub) end(id int64, event []byte, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[id]
	if t == nil {
		return
	}
	t.failed = err
	for inbox := range t.to {
		if event != nil {
			put(inbox, event)
		}
		close(inbox)
	}
	delete(h.topics, id)
}

// put leaves the newest event for a listener: what was not fetched is outdated.
func put(inbox chan []byte, event []byte) {
	select {
	case <-inbox:
	default:
	}
	inbox <- event
}

// event is text as one server-sent event: a line for each of its lines.
func event(name string, text []byte) []byte {
	var b bytes.Buffer
	if name != "" {
		b.WriteString("event: " + name + "\n")
	}
	for line := range bytes.Lines(text) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}
