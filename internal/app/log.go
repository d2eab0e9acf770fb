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

// NewLog writes JSON lines whose times are UTC, whatever the machine's zone.
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

// LogEnd logs why the service did not start or has ended, a line for each fault of a
// configuration.
func LogEnd(log *slog.Logger, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		log.Error("the service ends", slog.String("err", strings.TrimSpace(line)))
	}
}

// errPanicked ends the service in order after a fault of the program.
var errPanicked = errors.New("a part of the service panicked; the log has its stack")

// guarded is f as a goroutine of its own, in which a panic ends the service in order, with
// a line in the log as all others. What was panicked with may be anybody's data: it is
// shown only when it comes from the Go runtime.
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
