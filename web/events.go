package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"techmarket/internal/foundation/fault"
)

// eventTime bounds how long one event may take to its reader: whoever can't be reached any more is let go.
const eventTime = 10 * time.Second

// Events is what a reader follows: see live.Line.
type Events interface {
	Next(ctx context.Context) ([]byte, error)
	Leave()
}

// Follow answers with server-sent events until there are no more, the reader is gone or the server ends; an error of the first event is
// answered as usual. The route is Live. The connection leaves the HTTP server, whose buffers and whose stack of this request would take
// four times the memory of a line that is quiet most of the time.
func (c *Ctx) Follow(events Events) error {
	first, err := events.Next(c.Context())
	if err != nil {
		events.Leave()
		return err
	}
	if c.echo.Request().Context().Value(headKey{}) != nil {
		events.Leave()
		c.echo.Response().Header().Set("Content-Type", eventType)
		return c.echo.NoContent(http.StatusOK)
	}
	conn, _, err := http.NewResponseController(c.echo.Response()).Hijack()
	if err != nil {
		events.Leave()
		return fault.Wrap(err, fault.Internal, "no_stream", "这里不能持续更新，请刷新页面查看最新情况。")
	}
	c.echo.Response().Committed, c.echo.Response().Status = true, http.StatusOK
	head := "HTTP/1.1 200 OK\r\nConnection: close\r\n"
	h := c.echo.Response().Header()
	h.Set("Content-Type", eventType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy in front passes each event on at once
	for name, values := range h {
		for _, value := range values {
			head += fmt.Sprintf("%s: %s\r\n", name, value)
		}
	}
	first = append([]byte(head+"\r\n"), first...)
	go follow(c.server.lines, conn, first, events)
	return nil
}

const eventType = "text/event-stream; charset=utf-8"

// follow sends what comes to one reader.
func follow(ctx context.Context, conn net.Conn, event []byte, events Events) {
	defer conn.Close()
	defer events.Leave()
	for {
		if err := conn.SetDeadline(time.Now().Add(eventTime)); err != nil {
			return
		}
		if _, err := conn.Write(event); err != nil {
			return
		}
		var err error
		if event, err = events.Next(ctx); err != nil {
			return
		}
	}
}

// headKey marks a request for the headers alone.
type headKey struct{}

// Close ends the answers that go on; http.Server.Shutdown does not know them.
func (s *Server) Close() { s.endLines() }
