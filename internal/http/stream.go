package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// StreamStall is how long the reader of a stream may take nothing before it is gone.
const StreamStall = 10 * time.Second

// ErrNotAllowed is why the context of WhileAllowed ended.
var ErrNotAllowed = errors.New("no longer allowed")

// lookAgain is how often it is asked whether a reader may still read.
const lookAgain = 500 * time.Millisecond

// WhileAllowed is ctx until may returns false, which is asked all the time: what a stream shows
// ends within a second of its reader's right to it.
func WhileAllowed(ctx context.Context, may func() bool) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(lookAgain)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if !may() {
				cancel(ErrNotAllowed)
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

// EventStream writes server-sent events.
type EventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    string
	empty   bool // HEAD asks for the headers alone
}

// StartStream begins an answer that is a stream of events.
func StartStream(w http.ResponseWriter, r *http.Request) *EventStream {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold the events back
	return &EventStream{w: w, control: http.NewResponseController(w), empty: r.Method == http.MethodHead}
}

// Send writes one event, or a comment when nothing has changed, so that a reader who
// has gone is noticed. It reports whether there is still somebody there.
func (e *EventStream) Send(event string, data any) bool {
	body, err := json.Marshal(data)
	if err != nil {
		return false
	}
	text := fmt.Sprintf("event: %s\ndata: %s\n\n", event, body)
	if text == e.last {
		text = ": still here\n\n"
	} else {
		e.last = text
	}
	return e.WriteText(text)
}

// WriteText sends text at once and reports whether there is still somebody there.
func (e *EventStream) WriteText(text string) bool {
	if e.empty {
		return false
	}
	// Deadlines of the connection follow the real clock. The one for reading would end
	// the call from behind. Where the writer has none there is nothing to move.
	_ = e.control.SetReadDeadline(time.Time{})
	_ = e.control.SetWriteDeadline(time.Now().Add(StreamStall))
	if _, err := e.w.Write([]byte(text)); err != nil {
		return false
	}
	return e.control.Flush() == nil
}
