package web

import "github.com/labstack/echo/v4"

// answering sends the status with the first byte of a page, which the engine writes only when the whole page is drawn.
type answering struct {
	to     *echo.Response
	status int
}

func (a *answering) Write(b []byte) (int, error) {
	if !a.to.Committed {
		a.to.WriteHeader(a.status)
	}
	return a.to.Write(b)
}
