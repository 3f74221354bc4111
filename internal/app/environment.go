// Package app makes one market of the rooms: configuration, the technology under them (Platform), the wiring (Services), the site,
// the jobs, the search index and what is learned from it, and the life of the process (Run). It is the only place where packages
// meet and holds no rule of the market.
package app

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

// Environment is the outside world as a command sees it, so that tests can give their own.
type Environment struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string // KEY=value
	Now            func() time.Time
}

// Getenv returns the last value of a variable, as the shell does.
func (e *Environment) Getenv(key string) string {
	for _, variable := range slices.Backward(e.Environ) {
		if value, found := strings.CutPrefix(variable, key+"="); found {
			return value
		}
	}
	return ""
}

// Words says an error to the person at the terminal: the fault's sentence and its fields; the cause too, because whoever
// runs commands on the server is the one who must mend it.
func Words(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString(f.Message)
	for _, field := range f.Fields {
		fmt.Fprintf(&b, "\n  %s：%s", field.Path, field.Message)
	}
	if cause := errors.Unwrap(f); cause != nil {
		fmt.Fprintf(&b, "\n  原因：%v", cause)
	}
	return b.String()
}
