package vendor

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

// Reply is an answer ready to be sent.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// failure is an error as a gateway words it.
func (x *converseCall) failure(text string) []byte {
	return fmt.Appendf(nil, `{"message":%s}`, strconv.Quote(text))
}

func (x *call) json(body []byte) Reply {
	h := x.headers("application/json")
	if x.link != "" {
		h.Set("Link", `<`+x.link+`>; rel="next"`)
	}
	return Reply{Status: http.StatusOK, Body: body, Header: h}
}

func (x *call) html(status int, body string) Reply {
	return Reply{Status: status, Body: []byte(body), Header: x.headers("text/html; charset=utf-8")}
}

// message is an error the way a gateway words it: JSON, or an HTML page.
func (x *call) message(status int, text string, html bool) Reply {
	if html {
		return x.html(status, fmt.Sprintf("<html><head><title>%d %s</title></head><body><h1>%[2]s</h1></body></html>\n",
			status, http.StatusText(status)))
	}
	r := x.json(x.vendor.failure(text))
	r.Status = status
	return r
}

func (x *call) refusal(refused *refusal) Reply {
	r := x.message(refused.status, refused.message, refused.html || x.overRate && x.core.rateHTML)
	if x.overRate {
		x.retryAfter(r.Header, x.core.retryAfter)
	}
	if refused.status == http.StatusMethodNotAllowed {
		r.Header.Set("Allow", http.MethodGet)
	}
	return r
}

// headers of every answer. Date is the server's clock, which a test may have set.
func (x *call) headers(contentType string) http.Header {
	return http.Header{
		"Content-Type": {contentType},
		"Date":         {x.now.UTC().Format(http.TimeFormat)},
		"Vary":         {"Accept-Encoding"},
	}
}

func (x *call) retryAfter(h http.Header, form RetryAfter) {
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

// send writes the reply, compressed if the client takes that.
func (x *call) send(w http.ResponseWriter) {
	r := &x.reply
	x.note(func(c *Call) { c.Status, c.Limited = r.Status, x.overRate })
	if r.Status == http.StatusOK && !x.core.noGzip && acceptsGzip(x.r.Header) {
		r.Header.Set("Content-Encoding", "gzip")
		r.Body = compress(r.Body)
	}
	if r.Status != 0 {
		r.Header.Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	if x.sender != nil && x.sender(w, r) {
		return
	}
	x.write(w, r.Body)
}

// write sends the head and a body; a client that has gone is its own affair.
func (x *call) write(w http.ResponseWriter, body []byte) {
	for name, values := range x.reply.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(x.reply.Status)
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
