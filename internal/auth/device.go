package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Devices marks browsers in which somebody has signed in, so that strangers' wrong
// passwords cannot slow them down (the device cookies of OWASP's guide on slowing
// down online guessing). A mark opens nothing. The key outlives the process, so that a
// restart is no moment at which strangers could lock everybody out.
type Devices struct{ key [32]byte }

// NewDevices returns Devices that make and know the marks of this key.
func NewDevices(key [32]byte) *Devices { return &Devices{key} }

// A browser carries the marks of the people who signed in there last, so that
// colleagues at one machine do not take each other's away.
const (
	maxMarks   = 4
	betweenAll = "~"
)

// Mark returns the marks that a browser carries after the owner of login has signed in:
// those it came with, and one for login.
func (d *Devices) Mark(login, carried string) string {
	marks := marksIn(carried)
	if _, known := d.owner(login, carried); known {
		return strings.Join(marks, betweenAll)
	}
	id := NewToken()
	marks = append([]string{id + "." + d.sign(login, id)}, marks...)
	return strings.Join(marks[:min(len(marks), maxMarks)], betweenAll)
}

// maxMark is more than a mark has, so that a browser carries back nothing else for long.
const maxMark = 128

func marksIn(carried string) (marks []string) {
	for mark := range strings.SplitSeq(carried, betweenAll) {
		if mark != "" && len(mark) <= maxMark && len(marks) < maxMarks {
			marks = append(marks, mark)
		}
	}
	return marks
}

// owner returns the device's id when one of the marks was made for login.
func (d *Devices) owner(login, carried string) (string, bool) {
	for _, mark := range marksIn(carried) {
		id, signature, _ := strings.Cut(mark, ".")
		if hmac.Equal([]byte(signature), []byte(d.sign(login, id))) {
			return id, true
		}
	}
	return "", false
}

func (d *Devices) sign(login, id string) string {
	mac := hmac.New(sha256.New, d.key[:])
	mac.Write([]byte(id + "\x00" + login))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
