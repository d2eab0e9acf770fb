package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
)

// NewLog returns a log of JSON lines, whose times are UTC whatever the machine's zone is.
func NewLog(w io.Writer, least slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, logOptions(least)))
}

func logOptions(least slog.Level) *slog.HandlerOptions {
	return &slog.HandlerOptions{Level: least, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
}

// LogEnd logs why the service did not start or has ended: one line, or one for each fault of
// the configuration.
func LogEnd(log *slog.Logger, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		log.Error("the service ends", slog.String("err", strings.TrimSpace(line)))
	}
}

// errPanicked ends the service in order after a fault of the program.
var errPanicked = errors.New("a fault in the program stops the service; the log has its stack trace under \"panic\"")

// guarded wraps f for a goroutine of its own: a panic in it is logged as every error is, and
// ends the service in order. The value of a panic may hold anybody's data, so it is logged
// only when it comes from the Go runtime.
func (p *Program) guarded(ctx context.Context, f func(context.Context) error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				what := fmt.Sprintf("%T", v)
				if e, ok := v.(runtime.Error); ok {
					what = e.Error()
				}
				p.env.Log.ErrorContext(ctx, "panic", slog.String("err", what), slog.String("stack", string(debug.Stack())))
				err = errPanicked
			}
		}()
		return f(ctx)
	}
}
