package vendor

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// AddKey makes a key valid: a password or a client's secret, by the layout's [Auth].
func (s *Rest) AddKey(key string) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.valid = append(s.keys.valid, key)
}

// RevokeKeysAfter answers n more calls with a valid key, or gives out n more access tokens,
// and then revokes every key.
func (s *Rest) RevokeKeysAfter(n int) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.left, s.keys.counted = n, true
}

// ExpireTokens ends every access token given out so far.
func (s *Rest) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.issued)
}

// presented is the key, or the access token, that a call shows.
func (s *Rest) presented(r *http.Request) string {
	a := s.layout.auth
	switch {
	case a.Query != "":
		return r.URL.Query().Get(a.Query)
	case a.User != "":
		user, password, _ := r.BasicAuth()
		if user != a.User {
			return ""
		}
		return password
	default:
		key, ok := strings.CutPrefix(r.Header.Get(a.Header), a.Prefix)
		if !ok {
			return ""
		}
		return key
	}
}

// authorize admits a call that shows what opens the export.
func (s *Rest) authorize(x *call) *refusal {
	address := unescaped(x.r.URL.Path + "?" + x.r.URL.RawQuery)
	if s.layout.auth.Query == "" && (s.keys.appearIn(address) || x.key != "" && strings.Contains(address, x.key)) {
		s.violation("%s: a key in the address", x.endpoint)
	}
	admitted := false
	if s.layout.auth.TokenPath == "" {
		admitted = s.keys.admit(x.key)
	} else {
		admitted = s.live(x.key, x.now)
	}
	if !admitted {
		return refuse(s.choices.BadKeyStatus, "%s", http.StatusText(s.choices.BadKeyStatus))
	}
	return nil
}

// live is true for an access token that has not ended.
func (s *Rest) live(token string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, ok := s.issued[token]
	return ok && now.Before(end)
}

// askToken checks a request for an access token; the secret comes in the form alone.
func (x *restCall) askToken() *refusal {
	form, err := url.ParseQuery(string(x.sent))
	a := x.s.layout.auth
	switch {
	case err != nil || !strings.HasPrefix(x.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return refuse(http.StatusBadRequest, "invalid_request")
	case x.s.keys.appearIn(unescaped(x.r.URL.RawQuery)):
		x.s.violation("%s: a secret in the address", Token)
		return refuse(http.StatusBadRequest, "invalid_request")
	case form.Get("grant_type") != "client_credentials" && x.params.Get("grant_type") != "client_credentials":
		return refuse(http.StatusBadRequest, "unsupported_grant_type")
	case form.Get("scope") != a.Scope:
		return refuse(http.StatusBadRequest, "invalid_scope")
	case form.Get("client_id") != a.ClientID || !x.s.keys.admit(form.Get("client_secret")):
		return refuse(http.StatusUnauthorized, "invalid_client")
	}
	return nil
}

// token gives out an access token.
func (x *restCall) token() *Page {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	token := fmt.Sprintf("at.%s.%d", hexOf(8+s.options.Seed, uint64(x.index)), len(s.issued)) //nolint:gosec // index >= 0
	s.issued[token] = x.now.Add(s.choices.TokenLife)
	life := fmt.Sprintf(`,"expires_in":%d`, int(s.choices.TokenLife.Seconds()))
	if s.choices.NoLifetime {
		life = ""
	}
	return &Page{whole: fmt.Appendf(nil, `{"access_token":"%s","token_type":"Bearer"%s}`, token, life)}
}

func unescaped(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
