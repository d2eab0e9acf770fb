package auth

import (
	"crypto/subtle"
	"encoding/json"
	"math"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// claims are those of a token whose signature has been checked.
type claims map[string]json.RawMessage

func claimsOf(t *oidc.IDToken) (claims, error) {
	c := claims{}
	if err := t.Claims(&c); err != nil {
		return nil, errAnswer("the claims cannot be read")
	}
	return c, nil
}

func (c claims) has(name string) bool { return len(c[name]) > 0 }

// text is a claim that is a text; empty where it is none.
func (c claims) text(name string) (s string) {
	_ = json.Unmarshal(c[name], &s) // another type is no text
	return s
}

// texts is a claim that is a list of texts, or one.
func (c claims) texts(name string) (list []string) {
	if json.Unmarshal(c[name], &list) == nil {
		return list
	}
	if one := c.text(name); one != "" {
		return []string{one}
	}
	return nil
}

// time is a claim of seconds since 1970; zero where there is none.
func (c claims) time(name string) time.Time {
	var seconds float64
	if json.Unmarshal(c[name], &seconds) != nil || seconds <= 0 || seconds > math.MaxUint32 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// same compares without telling how much of it is right.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
