package app

import (
	"context"
	"io"
	"log/slog"
	"regexp"

	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
)

// NewLogger writes JSON lines; each carries the request id of its context and no personal data.
func NewLogger(out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(requestHandler{slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})})
}

type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, masked(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		switch v := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(masked(v))
		case error:
			a.Value = slog.StringValue(masked(v.Error()))
		}
		line.AddAttrs(a)
		return true
	})
	if id := audit.Request(ctx); id != "" {
		line.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, line)
}

// personal is what must not stand in a log though an error of another program may say it: mail addresses, mobile and identity
// numbers, tokens of the API.
var personal = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b1[3-9]\d{9}\b|\b\d{17}[\dXx]\b|\b` + identity.TokenPrefix + `[\w-]{20,}`)

func masked(text string) string { return personal.ReplaceAllString(text, "（已隐去）") }

func (h requestHandler) WithAttrs(a []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(a)}
}

func (h requestHandler) WithGroup(n string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(n)}
}
