package web

import (
	"maps"
	"sync"
	"time"
)

// Known keeps what a guest sees of things, by their number, for as long as the market stays as it is: pages of signed-in visitors are
// made of the same rows as the guests', and reading those is most of what such a page costs. Nothing of a visitor's can come in, because
// who reads them is always a guest. The zero value is ready; values are shared and must not be changed.
type Known[T any] struct {
	mu     sync.Mutex
	state  publicState
	until  time.Time
	values map[int64]T
}

// mostKnown bounds the things that are kept (about 2 KB each); when it is reached all are forgotten.
const mostKnown = 4000

// Read gives what a guest sees of the things; what he may not see is left out. read is asked, as a guest, for what is not known.
func (k *Known[T]) Read(c *Ctx, ids []int64, read func(guest *Ctx, ids []int64) (map[int64]T, error)) (map[int64]T, error) {
	guest := *c
	guest.guest = true
	if c.server.sharing == nil {
		return read(&guest, ids)
	}
	state, ok := c.server.state() // before reading: what changes meanwhile belongs to the next state
	if !ok {
		return read(&guest, ids)
	}
	out, missing := k.get(state, c.Now(), ids)
	if len(missing) == 0 {
		return out, nil
	}
	found, err := read(&guest, missing)
	if err != nil {
		return nil, err
	}
	k.put(state, c.Now(), found)
	maps.Copy(out, found)
	return out, nil
}

func (k *Known[T]) get(state publicState, now time.Time, ids []int64) (out map[int64]T, missing []int64) {
	out = make(map[int64]T, len(ids))
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh := k.state == state && now.Before(k.until)
	for _, id := range ids {
		if v, ok := k.values[id]; ok && fresh {
			out[id] = v
		} else {
			missing = append(missing, id)
		}
	}
	return out, missing
}

func (k *Known[T]) put(state publicState, now time.Time, found map[int64]T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.values == nil || k.state != state || !now.Before(k.until) || len(k.values)+len(found) > mostKnown {
		k.state, k.until, k.values = state, now.Add(longestShared), map[int64]T{}
	}
	maps.Copy(k.values, found)
}
