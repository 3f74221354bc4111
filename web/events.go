package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// eventTime bounds how long one event may take to its reader: whoever can't be reached any more is let go.
const eventTime = 10 * time.Second

// Events answers with server-sent events until listen returns: it gets a function that sends one event, or fails when the reader is gone.
// Until the first event is sent, an error of listen is answered as usual. The route is Live.
func (c *Ctx) Events(listen func(send func(event []byte) error) error) error {
	w := c.echo.Response()
	control := http.NewResponseController(w)
	err := listen(func(event []byte) error {
		if !w.Committed {
			h := w.Header()
			h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
			h.Set("Cache-Control", "no-store")
			h.Set("X-Accel-Buffering", "no")                             // a proxy in front passes each event on at once
			if err := control.SetReadDeadline(time.Time{}); err != nil { // the server's own is for requests that arrive
				return err
			}
		}
		if err := control.SetWriteDeadline(time.Now().Add(eventTime)); err != nil {
			return err
		}
		if _, err := w.Write(event); err != nil {
			return err
		}
		return control.Flush()
	})
	if w.Committed { // the reader left, or the server ends: there is nobody to tell
		return nil
	}
	return err
}
