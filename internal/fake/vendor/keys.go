package vendor

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
)

// keyring knows which key opens which bots, and until when.
type keyring struct {
	bots    map[string][]string // nil: every bot
	left    int                 // calls until every key is revoked
	counted bool
}

func newKeyring(o Options) keyring {
	ring := keyring{bots: map[string][]string{}}
	for key, bots := range o.KeyBots {
		ring.bots[key] = slices.Clone(bots)
	}
	for _, key := range o.Keys {
		ring.bots[key] = nil
	}
	return ring
}

// AddKey makes a key valid: for the named bots, or for every bot.
func (s *Server) AddKey(key string, bots ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.bots[key] = slices.Clone(bots)
}

// RevokeKey makes a key invalid from the next call on.
func (s *Server) RevokeKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys.bots, key)
}

// RevokeKeyAfter answers n more calls that come with a valid key and then revokes every
// key valid at that time. Keys added later are valid.
func (s *Server) RevokeKeyAfter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.left, s.keys.counted = n, true
}

// checkKey admits a valid key. bot may be empty: then a later parameter check refuses.
func (s *Server) checkKey(key, bot string) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys.counted && s.keys.left == 0 {
		s.keys.bots, s.keys.counted = map[string][]string{}, false
	}
	bots, valid := s.keys.bots[key]
	if key == "" || !valid || bot != "" && len(bots) > 0 && !slices.Contains(bots, bot) {
		return refuse(s.options.Choices.BadKeyStatus, "%s", http.StatusText(s.options.Choices.BadKeyStatus))
	}
	if s.keys.counted {
		s.keys.left--
	}
	return nil
}

// KeyHash is how a [Call] names a key: the first 8 hex digits of its SHA-256.
func KeyHash(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:4])
}
