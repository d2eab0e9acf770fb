package fakevendor

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// signIn is what a proxy that lost its session answers, with 200.
const signIn = "<!doctype html>\n<title>Sign in</title>\n<form action=\"/login\"><input name=\"user\"></form>\n"

// reply is an answer ready to be sent, and what happens to it on the way.
type reply struct {
	status int
	header http.Header
	body   []byte
	wire   []Fault
}

// failure is an error as a gateway words it.
func (x *converseCall) failure(text string) []byte {
	return fmt.Appendf(nil, `{"message":%s}`, strconv.Quote(text))
}

func (x *exchange) ok(body []byte) reply {
	return reply{status: http.StatusOK, body: body, header: x.headers("application/json")}
}

func (x *exchange) html(status int, body string) reply {
	return reply{status: status, body: []byte(body), header: x.headers("text/html; charset=utf-8")}
}

// message is an error the way a gateway words it: JSON, or an HTML page.
func (x *exchange) message(status int, text string, html bool) reply {
	if html {
		return x.html(status, fmt.Sprintf("<html><head><title>%d %s</title></head><body><h1>%[2]s</h1></body></html>\n",
			status, http.StatusText(status)))
	}
	r := x.ok(x.vendor.failure(text))
	r.status = status
	return r
}

func (x *exchange) refusal(refused *refusal) reply {
	r := x.message(refused.status, refused.message, refused.html || x.overRate && x.desk.rateHTML)
	if x.overRate {
		x.retryAfter(r.header, x.desk.retryAfter)
	}
	if refused.status == http.StatusMethodNotAllowed {
		r.header.Set("Allow", http.MethodGet)
	}
	return r
}

// headers of every answer. Date is the server's clock, which a test may have set.
func (x *exchange) headers(contentType string) http.Header {
	return http.Header{
		"Content-Type": {contentType},
		"Date":         {x.now.UTC().Format(http.TimeFormat)},
		"Vary":         {"Accept-Encoding"},
	}
}

func (x *exchange) retryAfter(h http.Header, form RetryAfter) {
	switch form {
	case RetryNone:
	case RetrySeconds:
		h.Set("Retry-After", "1")
	case RetryDate:
		h.Set("Retry-After", x.now.UTC().Add(time.Second).Format(http.TimeFormat))
	case RetryZero:
		h.Set("Retry-After", "0")
	case RetryDay:
		h.Set("Retry-After", "86400")
	}
}

// send writes the reply: compressed if the client takes that, and spoiled on the wire if a
// fault says so.
func (x *exchange) send(w http.ResponseWriter) {
	r := &x.reply
	x.note(func(c *Call) { c.Status, c.Limited = r.status, x.overRate })
	if r.status == http.StatusOK && !x.desk.noGzip && acceptsGzip(x.r.Header) {
		r.header.Set("Content-Encoding", "gzip")
		r.body = compress(r.body)
	}
	if r.status != 0 {
		r.header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	for _, f := range r.wire {
		if onWire[f.Kind](x, w, f) {
			return
		}
	}
	x.write(w, r.body)
}

// write sends the head and a body; a client that has gone is its own affair.
func (x *exchange) write(w http.ResponseWriter, body []byte) {
	for name, values := range x.reply.header {
		w.Header()[name] = values
	}
	w.WriteHeader(x.reply.status)
	_, _ = w.Write(body)
}

func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == "gzip" && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

var packers = sync.Pool{New: func() any {
	packer, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return packer
}}

func compress(body []byte) []byte {
	packer, _ := packers.Get().(*gzip.Writer)
	defer packers.Put(packer)
	out := bytes.NewBuffer(make([]byte, 0, len(body)/4+64))
	packer.Reset(out)
	_, _ = packer.Write(body) // a bytes.Buffer takes everything
	_ = packer.Close()
	return out.Bytes()
}
