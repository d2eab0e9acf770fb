package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// NewToken returns 256 random bits as 43 characters that survive copying: the
// secret of a one-time link or of the first start. Keep only HashToken of it.
func NewToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails; it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// HashToken is what is stored of a token and looked up by. A plain hash is enough:
// a token has 256 random bits, so there is nothing to guess. Outer white space, as
// copying from a terminal adds it, does not count.
func HashToken(token string) [32]byte {
	return sha256.Sum256([]byte(strings.TrimSpace(token)))
}

// HashPasscode is what is stored of the passcode of a token: nil of none. A plain hash is
// enough, because whoever has the hash alone lacks the token, which has 256 random bits.
func HashPasscode(token, passcode string) []byte {
	if passcode == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(token) + " " + passcode))
	return sum[:]
}
