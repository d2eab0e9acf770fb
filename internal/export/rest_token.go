package export

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tokens are had for the id and secret of a client (OAuth 2, client credentials), and kept for
// as long as they work.
type tokens struct {
	r    *Rest
	call caller

	mu     sync.Mutex
	token  string
	until  time.Time // zero: it is not known
	worked bool
}

func newTokens(r *Rest) *tokens {
	return &tokens{r: r, call: newCaller(r.d.Auth.URL, r.cfg.Timeout, r.cfg.Agent, r.cfg.Budget)}
}

// soon is how long before its end a token is replaced.
const soon = 30 * time.Second

// get returns a token, asking for one if there is none. Where that call went to the vendor's
// own host, the next one waits for the gap between two.
func (t *tokens) get(ctx context.Context) (string, error) {
	if t == nil {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != "" && (t.until.IsZero() || time.Now().Before(t.until)) {
		return t.token, nil
	}
	if err := t.ask(ctx); err != nil {
		return "", err
	}
	if !sameHost(t.r.d.Auth.URL, t.r.cfg.BaseURL) {
		return t.token, nil
	}
	timer := time.NewTimer(t.r.cfg.Gap)
	defer timer.Stop()
	select {
	case <-timer.C:
		return t.token, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func sameHost(a, b string) bool {
	u, errA := url.Parse(a)
	v, errB := url.Parse(b)
	return errA != nil || errB != nil || u.Hostname() == v.Hostname()
}

// ask has a new token made.
func (t *tokens) ask(ctx context.Context) error {
	auth := t.r.d.Auth
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {auth.Name}, "client_secret": {t.r.cfg.Secret}}
	if auth.Scope != "" {
		form.Set("scope", auth.Scope)
	}
	got, err := t.call.send(ctx, http.MethodPost, auth.URL, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form.Encode()))
	if err != nil {
		return err
	}
	defer got.share.Close()
	if got.status != http.StatusOK {
		return refusedToken(got)
	}
	var said struct {
		Token string          `json:"access_token"`
		Lives json.RawMessage `json:"expires_in"`
	}
	if err := json.Unmarshal(got.body, &said); err != nil || said.Token == "" || !printableASCII(said.Token) {
		return &Error{Failure: Transient, Status: got.status, Detail: "the answer to the call for a token has none (access_token)"}
	}
	t.token, t.worked, t.until = said.Token, false, time.Time{}
	if lives := lifetime(said.Lives); lives > 0 {
		t.until = time.Now().Add(max(lives-soon, time.Second))
	}
	return nil
}

// lifetime is how long a token lives, which some vendors write as a text; 0: it is not known.
func lifetime(said json.RawMessage) time.Duration {
	seconds, err := strconv.ParseFloat(strings.Trim(string(said), `"`), 64)
	if err != nil || !(seconds > 0 && seconds < 1e9) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// refusedToken: what refuses a client's id or secret is 400 or 401 (RFC 6749, 5.2).
func refusedToken(got answer) *Error {
	e := statusError(got, false)
	if got.status == http.StatusBadRequest {
		e.Failure = KeyRefused
	}
	e.Detail += " (of the call for a token)"
	return e
}

// judge looks at a failure of a call that was made with a token. The first 401 to a token
// that worked says that it has run out: another is asked for, once.
func (t *tokens) judge(used string, e *Error) error {
	if t == nil || e.Status != http.StatusUnauthorized {
		return e
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if used == t.token {
		if !t.worked {
			return e
		}
		t.token = ""
	}
	return &Error{Failure: Transient, Status: e.Status, Detail: "the token has run out; a new one is asked for"}
}

// hold notes that a token was accepted.
func (t *tokens) hold(used string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.worked = t.worked || used == t.token
}

// Close drops idle connections.
func (t *tokens) Close() {
	if t != nil {
		t.call.Close()
	}
}

func printableASCII(text string) bool {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
