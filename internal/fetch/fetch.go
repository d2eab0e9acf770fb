// Package fetch gets a file from an address that stands in somebody's record. The address
// is not to be trusted, nor is what answers there. It keeps true that
//
//   - only hosts that the configuration lists are asked, also by redirects, and only where
//     their name leads to a public address at the moment of the connection;
//   - nothing crosses a network in clear: an http address is asked for by https, but on this
//     machine;
//   - nothing of ours goes along: no key, no cookie, no address that led there;
//   - no more is read than was allowed, however much is sent and however slowly;
//   - one host is asked for one file at a time.
//
// It keeps nothing and repeats nothing: what a failure is worth, its Failure says.
package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dsr-server/internal/attachment"
	"dsr-server/internal/dsr"
	"dsr-server/internal/outbound"
)

// Options configure a Fetcher.
type Options struct {
	// Hosts are those that may be asked, in lower case; with a port if it is not the
	// scheme's own.
	Hosts []string
	// AllowLoopback lets a listed host be this machine.
	AllowLoopback bool
	Timeout       time.Duration // of one try, to its last byte
	Agent         string        // User-Agent
	Turns         *Turns        // shared by all that may ask the same hosts
}

// Fetcher gets files for one source. It may be used at the same time by many.
type Fetcher struct {
	o      Options
	hosts  map[string]bool
	client *http.Client
}

// maxRedirects is more than servers of files need.
const maxRedirects = 5

// New returns a Fetcher; it makes no call.
func New(o Options) *Fetcher {
	f := &Fetcher{o: o, hosts: map[string]bool{}}
	for _, h := range o.Hosts {
		f.hosts[h] = true
	}
	f.client = &http.Client{Transport: f.transport(), CheckRedirect: f.checkRedirect}
	return f
}

// Got is what came of a file.
type Got struct {
	Size     int64
	SHA256   [sha256.Size]byte
	Kind     attachment.Kind
	Declared string // the type that the server gave; not to be trusted
}

// Failure says why there is no file. It repeats no address and nothing of the answer.
type Failure struct {
	Reason string        // one of dsr.MissingReasons
	Again  bool          // another try may do better
	After  time.Duration // and not before, as the server asks
	what   string
}

func (f *Failure) Error() string { return "fetch a file: " + f.Reason + ": " + f.what }

func failure(reason, what string, args ...any) *Failure {
	return &Failure{Reason: reason, what: fmt.Sprintf(what, args...)}
}

// Listed says why an address will not be asked for, if that can be told without a call.
func (f *Fetcher) Listed(address string) error {
	_, err := f.parse(address)
	return err
}

func (f *Fetcher) parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, failure(dsr.MissingNotAllowed, "the address cannot be read")
	}
	if err := f.check(u); err != nil {
		return nil, err
	}
	secure(u)
	return u, nil
}

// secure makes an http address an https one, but on this machine. A port of its own stays,
// so that a server which has no TLS there gives no answer.
func secure(u *url.URL) {
	if u.Scheme != "http" || dsr.Loopback(u.Hostname()) {
		return
	}
	u.Scheme = "https"
	if u.Port() == outbound.OwnPorts["http"] {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
}

// check reports whether a URL may be asked for, first or after a redirect.
func (f *Fetcher) check(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return failure(dsr.MissingNotAllowed, "neither http nor https")
	case u.User != nil:
		return failure(dsr.MissingNotAllowed, "the address holds credentials")
	case !f.hosts[outbound.Host(u)]:
		return failure(dsr.MissingHostNotListed, "the host is not in files.hosts")
	}
	return nil
}

// Get writes the file at an address to w, limit bytes at most. An error is a *Failure, the
// context's, or one of w.
func (f *Fetcher) Get(ctx context.Context, address string, limit int64, w io.Writer) (Got, error) {
	u, err := f.parse(address)
	if err != nil {
		return Got{}, err
	}
	leave, err := f.o.Turns.enter(ctx, outbound.Host(u))
	if err != nil {
		return Got{}, err
	}
	defer leave()
	try, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	got, err := f.get(try, u, limit, w)
	if ctx.Err() != nil && err != nil {
		return Got{}, context.Cause(ctx)
	}
	return got, err
}

func (f *Fetcher) get(ctx context.Context, u *url.URL, limit int64, w io.Writer) (Got, error) {
	u.Fragment, u.RawFragment = "", ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return Got{}, failure(dsr.MissingNotAllowed, "the address cannot be asked for")
	}
	req.Header.Set("User-Agent", f.o.Agent)
	resp, err := f.client.Do(req)
	if err != nil {
		return Got{}, unanswered(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := refusal(resp, limit); err != nil {
		return Got{}, err
	}
	got, err := read(resp.Body, limit, w)
	got.Declared = declared(resp.Header.Get("Content-Type"))
	return got, err
}

// declared is a Content-Type as far as it is one.
func declared(header string) string {
	kind, _, err := mime.ParseMediaType(header)
	if err != nil || len(kind) > 100 {
		return ""
	}
	return kind
}

// read copies the body and looks at it on the way.
func read(body io.Reader, limit int64, w io.Writer) (got Got, err error) {
	sum, head, to := sha256.New(), &beginning{}, &target{w: w}
	got.Size, err = io.Copy(io.MultiWriter(to, sum, head), io.LimitReader(body, limit+1))
	switch {
	case to.err != nil:
		return got, to.err
	case err != nil:
		return got, broken("the answer was cut off")
	case got.Size > limit:
		return got, failure(dsr.MissingTooLarge, "more than %d bytes", limit)
	}
	sum.Sum(got.SHA256[:0])
	got.Kind = attachment.Sniff(head.bytes)
	return got, nil
}

// target keeps the error of what is written to, which is no fault of the server's.
type target struct {
	w   io.Writer
	err error
}

func (t *target) Write(b []byte) (int, error) {
	n, err := t.w.Write(b)
	t.err = errors.Join(t.err, err)
	return n, err
}

// beginning keeps the first bytes.
type beginning struct{ bytes []byte }

func (b *beginning) Write(p []byte) (int, error) {
	b.bytes = append(b.bytes, p[:min(len(p), attachment.SniffLength-len(b.bytes))]...)
	return len(p), nil
}
