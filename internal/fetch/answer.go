package fetch

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dsr-server/internal/dsr"
	"dsr-server/internal/outbound"
)

// broken is a failure that may pass.
func broken(what string, args ...any) *Failure {
	f := failure(dsr.MissingBroken, what, args...)
	f.Again = true
	return f
}

// unanswered says why there was no answer. The cause repeats the address and is left out.
func unanswered(err error) error {
	if f, ok := errors.AsType[*Failure](err); ok { // of a redirect
		return f
	}
	if outbound.Refused(err) {
		return failure(dsr.MissingPrivateAddress, "the host's address is not a public one")
	}
	return broken("no answer")
}

// refusal says why an answer holds no file.
func refusal(resp *http.Response, limit int64) error {
	switch s := resp.StatusCode; {
	case s == http.StatusNotFound, s == http.StatusGone:
		return failure(dsr.MissingGone, "status %d", s)
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= 500:
		f := broken("status %d", s)
		f.After = after(resp.Header.Get("Retry-After"))
		return f
	case s >= 300:
		return failure(dsr.MissingRefused, "status %d", s)
	case s != http.StatusOK:
		return broken("status %d", s) // a part, or nothing
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return broken("packed in a way that was not asked for")
	}
	if resp.ContentLength > limit {
		return failure(dsr.MissingTooLarge, "%d bytes", resp.ContentLength)
	}
	return nil
}

// maxAfter bounds how long a server is waited for.
const maxAfter = 2 * time.Minute

// after reads a Retry-After in seconds; another is as good as none.
func after(header string) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(maxAfter.Seconds()))) * time.Second
}

// checkRedirect lets a redirect lead to listed hosts only, and never from https to http.
// The address that led there may be a key to the file, so it does not go along.
func (f *Fetcher) checkRedirect(req *http.Request, via []*http.Request) error {
	req.Header.Del("Referer")
	if len(via) > maxRedirects {
		return failure(dsr.MissingRefused, "more than %d redirects", maxRedirects)
	}
	if req.URL.Scheme == "http" && via[len(via)-1].URL.Scheme == "https" {
		return failure(dsr.MissingRefused, "a redirect from https to http")
	}
	if err := f.check(req.URL); err != nil {
		return err
	}
	secure(req.URL)
	return nil
}
