package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Devices marks browsers in which somebody has signed in, so that strangers' wrong
// passwords cannot slow them down (the device cookies of OWASP's guide on slowing
// down online guessing). A mark opens nothing. The key lives as long as the process,
// like the counts it protects from.
type Devices struct{ key [32]byte }

// NewDevices returns Devices with a fresh key.
func NewDevices() *Devices {
	d := &Devices{}
	_, _ = rand.Read(d.key[:]) // crypto/rand.Read never fails; it ends the program instead
	return d
}

// Mark returns a mark for a browser in which the owner of login has just signed in.
func (d *Devices) Mark(login string) string {
	id := NewToken()
	return id + "." + d.sign(login, id)
}

// owner returns the device's id when the mark was made for login.
func (d *Devices) owner(login, mark string) (string, bool) {
	id, signature, _ := strings.Cut(mark, ".")
	if !hmac.Equal([]byte(signature), []byte(d.sign(login, id))) {
		return "", false
	}
	return id, true
}

func (d *Devices) sign(login, id string) string {
	mac := hmac.New(sha256.New, d.key[:])
	mac.Write([]byte(id + "\x00" + login))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
