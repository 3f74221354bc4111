package cache

import (
	"context"
)

// Sub is one listener on a channel.
type Sub struct {
	cache   *Cache
	channel string
	events  chan []byte
}

// Events delivers what is published; it is closed by Close. A listener that does not keep up misses events: they are
// hints to look again, never data.
func (s *Sub) Events() <-chan []byte { return s.events }

// Close ends the subscription.
func (s *Sub) Close() {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	all := s.cache.subs[s.channel]
	if !all[s] {
		return
	}
	delete(all, s)
	close(s.events)
	if len(all) == 0 {
		delete(s.cache.subs, s.channel)
		if fan := s.cache.fans[s.channel]; fan != nil {
			_ = fan.Close()
			delete(s.cache.fans, s.channel)
		}
	}
}

// Subscribe listens on a channel, through one Redis connection per channel however many listeners there are.
func (c *Cache) Subscribe(channel string) *Sub {
	c.mu.Lock()
	defer c.mu.Unlock()
	sub := &Sub{cache: c, channel: channel, events: make(chan []byte, 16)}
	if c.closed {
		close(sub.events)
		return sub
	}
	if c.subs[channel] == nil {
		c.subs[channel] = map[*Sub]bool{}
		// go-redis reconnects by itself for as long as the subscription is open.
		fan := c.client.Subscribe(context.Background(), prefix+"event:"+channel)
		c.fans[channel] = fan
		go func() {
			for message := range fan.Channel() {
				c.deliver(channel, []byte(message.Payload))
			}
		}()
	}
	c.subs[channel][sub] = true
	return sub
}

// Publish sends an event to every listener of every process; with Redis gone, of this process.
func (c *Cache) Publish(ctx context.Context, channel string, event []byte) {
	if !c.try(ctx, func(ctx context.Context) error {
		return c.client.Publish(ctx, prefix+"event:"+channel, event).Err()
	}) {
		c.deliver(channel, event)
	}
}

func (c *Cache) deliver(channel string, event []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for sub := range c.subs[channel] {
		select {
		case sub.events <- event:
		default:
		}
	}
}
