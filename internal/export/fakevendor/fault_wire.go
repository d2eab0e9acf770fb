package fakevendor

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// onWire spoils the sending of a reply. true: the reply is sent, or never will be.
var onWire map[FaultKind]func(*exchange, http.ResponseWriter, Fault) bool

func init() {
	onWire = map[FaultKind]func(*exchange, http.ResponseWriter, Fault) bool{
		Hang:          hang,
		ResetEarly:    resetEarly,
		SlowDrip:      slowDrip,
		ResetMidBody:  resetMidBody,
		TruncatedGzip: truncatedGzip,
		ChunkedAbort:  chunkedAbort,
		WrongLength:   wrongLength,
		DateSkew: func(x *exchange, _ http.ResponseWriter, f Fault) bool {
			x.reply.header.Set("Date", x.now.Add(f.Delay).UTC().Format(http.TimeFormat))
			return false
		},
	}
}

// hang answers after Delay, with what the page would have been; without Delay never.
func hang(x *exchange, _ http.ResponseWriter, f Fault) bool {
	if f.Delay > 0 {
		return !x.wait(f.Delay)
	}
	x.note(func(c *Call) { c.Status = 0 })
	<-x.r.Context().Done()
	return true
}

func resetEarly(x *exchange, w http.ResponseWriter, _ Fault) bool {
	x.note(func(c *Call) { c.Status = 0 })
	return cutConnection(w, nil)
}

// slowDrip spreads the body over Delay in 16 pieces.
func slowDrip(x *exchange, w http.ResponseWriter, f Fault) bool {
	const pieces = 16
	body := x.reply.body
	x.write(w, nil)
	for i := range pieces {
		if _, err := w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces]); err != nil {
			return true
		}
		flush(w)
		if !x.wait(f.Delay / pieces) {
			return true
		}
	}
	return true
}

func resetMidBody(x *exchange, w http.ResponseWriter, f Fault) bool {
	setDefault(&f.Bytes, len(x.reply.body)/2)
	body := x.reply.body
	return cutConnection(w, x.rawResponse(body[:min(f.Bytes, len(body))]))
}

// truncatedGzip ends cleanly as far as HTTP can tell; only the gzip stream is cut. Where the
// client does not take gzip, the text is.
func truncatedGzip(x *exchange, w http.ResponseWriter, f Fault) bool {
	setDefault(&f.Bytes, 8)
	body := x.reply.body
	x.reply.header.Del("Content-Length")
	x.write(w, body[:max(0, len(body)-f.Bytes)])
	flush(w)
	return true
}

// chunkedAbort sends the whole page and then, in place of the last chunk, nothing.
func chunkedAbort(x *exchange, w http.ResponseWriter, _ Fault) bool {
	x.reply.header.Del("Content-Length")
	x.write(w, x.reply.body)
	flush(w)
	panic(http.ErrAbortHandler)
}

// wrongLength announces Bytes more than there are; fewer, if negative, and sends them all.
func wrongLength(x *exchange, w http.ResponseWriter, f Fault) bool {
	setDefault(&f.Bytes, 10)
	x.reply.header.Set("Content-Length", strconv.Itoa(max(0, len(x.reply.body)+f.Bytes)))
	conn := takeOver(w)
	defer conn.Close() //nolint:errcheck // a closed connection is what is asked for
	_, _ = conn.Write(x.rawResponse(x.reply.body))
	return true
}

// rawResponse is the reply's head, and a body that need not fit it, as bytes.
func (x *exchange) rawResponse(body []byte) []byte {
	out := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\n", x.reply.status, http.StatusText(x.reply.status))
	for name, values := range x.reply.header {
		for _, v := range values {
			out = fmt.Appendf(out, "%s: %s\r\n", name, v)
		}
	}
	out = append(out, "Connection: close\r\n\r\n"...)
	return append(out, body...)
}

// cutConnection sends bytes and then resets the connection.
func cutConnection(w http.ResponseWriter, bytes []byte) bool {
	conn := takeOver(w)
	_, _ = conn.Write(bytes)
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	return true
}

// takeOver takes the connection from net/http. Where that cannot be, as in HTTP/2, it is
// closed without an answer.
func takeOver(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return conn
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
