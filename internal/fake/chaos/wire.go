package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"

	"dsr-server/internal/fake/vendor"
)

// onWire spoils the sending of a reply. true: the reply is sent, or never will be.
var onWire map[FaultKind]func(*spoiling, http.ResponseWriter, *vendor.Reply, Fault) bool

func init() {
	onWire = map[FaultKind]func(*spoiling, http.ResponseWriter, *vendor.Reply, Fault) bool{
		Hang:          hang,
		ResetEarly:    resetEarly,
		SlowDrip:      slowDrip,
		ResetMidBody:  resetMidBody,
		TruncatedGzip: truncatedGzip,
		ChunkedAbort:  chunkedAbort,
		WrongLength:   wrongLength,
		DateSkew: func(x *spoiling, _ http.ResponseWriter, r *vendor.Reply, f Fault) bool {
			r.Header.Set("Date", x.Now().Add(f.Delay).UTC().Format(http.TimeFormat))
			return false
		},
	}
}

// hang answers after Delay, with what the page would have been; without Delay never.
func hang(x *spoiling, _ http.ResponseWriter, _ *vendor.Reply, f Fault) bool {
	if f.Delay > 0 {
		return !x.Wait(f.Delay)
	}
	x.Unanswered()
	<-x.Request().Context().Done()
	return true
}

func resetEarly(x *spoiling, w http.ResponseWriter, _ *vendor.Reply, _ Fault) bool {
	x.Unanswered()
	return cutConnection(w, nil)
}

// slowDrip spreads the body over Delay in 16 pieces.
func slowDrip(x *spoiling, w http.ResponseWriter, r *vendor.Reply, f Fault) bool {
	const pieces = 16
	body := r.Body
	write(w, r, nil)
	for i := range pieces {
		if _, err := w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces]); err != nil {
			return true
		}
		flush(w)
		if !x.Wait(f.Delay / pieces) {
			return true
		}
	}
	return true
}

func resetMidBody(_ *spoiling, w http.ResponseWriter, r *vendor.Reply, f Fault) bool {
	n := min(cmp.Or(f.Bytes, len(r.Body)/2), len(r.Body))
	return cutConnection(w, rawResponse(r, r.Body[:n]))
}

// truncatedGzip ends cleanly as far as HTTP can tell; only the gzip stream is cut. Where the
// client does not take gzip, the text is.
func truncatedGzip(_ *spoiling, w http.ResponseWriter, r *vendor.Reply, f Fault) bool {
	n := max(0, len(r.Body)-cmp.Or(f.Bytes, 8))
	r.Header.Del("Content-Length")
	write(w, r, r.Body[:n])
	flush(w)
	return true
}

// chunkedAbort sends the whole page and then, in place of the last chunk, nothing.
func chunkedAbort(_ *spoiling, w http.ResponseWriter, r *vendor.Reply, _ Fault) bool {
	r.Header.Del("Content-Length")
	write(w, r, r.Body)
	flush(w)
	panic(http.ErrAbortHandler)
}

// wrongLength announces Bytes more than there are; fewer, if negative, and sends them all.
func wrongLength(_ *spoiling, w http.ResponseWriter, r *vendor.Reply, f Fault) bool {
	r.Header.Set("Content-Length", strconv.Itoa(max(0, len(r.Body)+cmp.Or(f.Bytes, 10))))
	conn := takeOver(w)
	defer conn.Close() //nolint:errcheck // a closed connection is what is asked for
	_, _ = conn.Write(rawResponse(r, r.Body))
	return true
}

// sender plays the faults of the wire; nil if there are none.
func (x *spoiling) sender(taken []Fault) vendor.Sender {
	taken = slices.DeleteFunc(slices.Clone(taken), func(f Fault) bool { return onWire[f.Kind] == nil })
	if len(taken) == 0 {
		return nil
	}
	return func(w http.ResponseWriter, r *vendor.Reply) bool {
		return slices.ContainsFunc(taken, func(f Fault) bool { return onWire[f.Kind](x, w, r, f) })
	}
}

// write sends the head and a body; a client that has gone is its own affair.
func write(w http.ResponseWriter, r *vendor.Reply, body []byte) {
	maps.Copy(w.Header(), r.Header)
	w.WriteHeader(r.Status)
	_, _ = w.Write(body)
}

// rawResponse is the reply's head, and a body that need not fit it, as bytes.
func rawResponse(r *vendor.Reply, body []byte) []byte {
	out := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\n", r.Status, http.StatusText(r.Status))
	for name, values := range r.Header {
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
