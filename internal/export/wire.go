package export

import (
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"sync"
)

// This file sees to it that a connection carries answers and nothing else. net/http reads
// ahead, so it notices only later that a vendor sent more than the length it gave. By then
// the page counts, the rest may be taken for the answer to the next call, and the bytes,
// which are people's data, are printed by its logger.

// errLeftBehind is what net/http gets from a connection on which more was sent than answers.
var errLeftBehind = errors.New("there was more on the connection than answers")

const (
	// headBuffer is net/http's buffer of a connection. A read of at most so many bytes may
	// be one that reads ahead.
	headBuffer = 512
	// wireBuffer is how much a connection is read at once: a whole record of TLS, or more.
	wireBuffer = 32 << 10
)

// wire is a connection that gives net/http no byte before it needs it, so that what is
// left when an answer ends is still here. A read that may fill net/http's buffer gets one
// byte; a longer one goes straight into a body and never beyond its end.
type wire struct {
	net.Conn
	space []byte // for the goroutine that reads

	mu     sync.Mutex
	unread []byte // came and is not asked for yet; in space
	turn   int    // the call that has the connection, counted from 1
	asked  bool   // its answer is not over
	spoilt bool   // more came than answers: nothing is read or written any more
	by     int    // the turn after whose answer it came
}

func newWire(conn net.Conn) *wire { return &wire{Conn: conn, space: make([]byte, wireBuffer)} }

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	if n, err := w.take(p); n > 0 || err != nil || len(p) == 0 {
		return n, err
	}
	n, err := w.Conn.Read(w.space)
	if n == 0 {
		return 0, err
	}
	w.mu.Lock()
	w.unread = w.space[:n]
	w.mu.Unlock()
	return w.take(p)
}

func (w *wire) take(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.unread) > 0 && !w.asked {
		w.spoil()
	}
	if w.spoilt {
		return 0, errLeftBehind
	}
	if len(p) <= headBuffer {
		p = p[:min(1, len(p))]
	}
	n := copy(p, w.unread)
	w.unread = w.unread[n:]
	return n, nil
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	spoilt := w.spoilt
	w.mu.Unlock()
	if spoilt {
		return 0, errLeftBehind
	}
	return w.Conn.Write(p)
}

func (w *wire) spoil() {
	if !w.spoilt {
		w.spoilt, w.by = true, w.turn
	}
}

// begin gives the connection to a call, before anything of it is written; sound is false
// where nothing can be written any more.
func (w *wire) begin() (turn int, sound bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.unread) > 0 {
		w.spoil()
	}
	w.turn++
	w.asked = true
	return w.turn, !w.spoilt
}

// end says that a call's answer has been read to its end. Another call may have been given
// the connection in between.
func (w *wire) end(turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if turn != w.turn {
		return
	}
	w.asked = false
	if len(w.unread) > 0 {
		w.spoil()
	}
}

// leftBehind reports whether there was more after a call's answer.
func (w *wire) leftBehind(turn int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spoilt && w.by == turn || w.turn == turn && len(w.unread) > 0
}

// watch is the connection of one call.
type watch struct {
	wire   *wire // nil: HTTP/2, which has no room between its answers, or a proxy
	turn   int
	unsent bool // the connection was spoilt before the call was written to it
}

func (w *watch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			var sound bool
			if w.wire, _ = info.Conn.(*wire); w.wire != nil {
				w.turn, sound = w.wire.begin()
				w.unsent = !sound
			}
		},
		// Called by the goroutine that reads, before it waits for the next answer.
		PutIdleConn: func(error) {
			if w.wire != nil {
				w.wire.end(w.turn)
			}
		},
	}
}

// watchedBody ends with errLeftBehind where more came after the answer.
type watchedBody struct {
	io.ReadCloser
	watch *watch
}

// Read implements io.Reader.
func (b watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if w := b.watch; err == io.EOF && w.wire != nil && w.wire.leftBehind(w.turn) {
		err = errLeftBehind
	}
	return n, err
}
