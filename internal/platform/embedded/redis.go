package embedded

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Redis is a Redis inside this process, for caches and limits only: it forgets everything when the process ends.
type Redis struct {
	server *miniredis.Miniredis
	stop   chan struct{}
	secret string
}

// StartRedis listens on a free loopback port under a random password (loopback is open to every user of the machine).
func StartRedis() (*Redis, error) {
	r := &Redis{server: miniredis.NewMiniRedis(), stop: make(chan struct{}), secret: rand.Text()}
	r.server.RequireAuth(r.secret)
	if err := r.server.Start(); err != nil {
		return nil, fmt.Errorf("start embedded redis: %w", err)
	}
	// miniredis was made for tests: its clock for expiry stands still unless pushed.
	go func() {
		const step = time.Second
		tick := time.NewTicker(step)
		defer tick.Stop()
		for {
			select {
			case <-r.stop:
				return
			case <-tick.C:
				r.server.FastForward(step)
			}
		}
	}()
	return r, nil
}

// URL is the address for the Redis client.
func (r *Redis) URL() string { return "redis://:" + r.secret + "@" + r.server.Addr() + "/0" }

// Stop ends the server and forgets what it held.
func (r *Redis) Stop() {
	close(r.stop)
	r.server.Close()
}
