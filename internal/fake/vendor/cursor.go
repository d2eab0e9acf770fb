package vendor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"
)

// place is what a cursor says: which page of its chain comes next and after which record.
type place struct {
	issued  int64 // µs
	page    uint32
	started bool // after is set: records have been served
	after   position
}

const (
	payloadLen = 8 + 4 + 1 + 8 + 8
	tagLen     = 18 // with the payload not a multiple of 3: the text ends in `=`
)

// baker makes and reads cursors. It keeps no state: two servers with one seed read each
// other's, so that a scan can go on at a restarted server.
type baker struct {
	seed []byte
}

func newBaker(seed uint64) baker {
	return baker{seed: binary.BigEndian.AppendUint64([]byte("cursor"), seed)}
}

// bake makes the cursor for p, to be used only with this binding. It holds `+`, `/` and
// `=`, so that a client that does not encode it fails at once, not one time in three.
func (b baker) bake(p place, binding string) string {
	for nonce := byte(0); ; nonce++ {
		token := b.seal(p, binding, nonce)
		if strings.Contains(token, "+") && strings.Contains(token, "/") || nonce == 255 {
			return token
		}
	}
}

func (b baker) seal(p place, binding string, nonce byte) string {
	payload := make([]byte, 0, payloadLen)
	payload = binary.BigEndian.AppendUint64(payload, uint64(p.issued)) //nolint:gosec // bits
	payload = binary.BigEndian.AppendUint32(payload, p.page)
	payload = append(payload, 0)
	if p.started {
		payload[len(payload)-1] = 1
	}
	payload = binary.BigEndian.AppendUint64(payload, uint64(p.after.key)) //nolint:gosec // bits
	payload = binary.BigEndian.AppendUint64(payload, uint64(p.after.seq)) //nolint:gosec // bits
	tag := append(b.mac("tag", payload, []byte(binding), []byte{nonce})[:tagLen-1:tagLen-1], nonce)
	return base64.StdEncoding.EncodeToString(append(tag, b.mask(tag, payload)...))
}

// open reads a cursor; false if it is not one of ours or belongs to another query.
func (b baker) open(token, binding string) (place, bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tagLen+payloadLen {
		return place{}, false
	}
	tag := raw[:tagLen]
	payload := b.mask(tag, raw[tagLen:])
	want := b.mac("tag", payload, []byte(binding), tag[tagLen-1:])[:tagLen-1]
	if !hmac.Equal(want, tag[:tagLen-1]) {
		return place{}, false
	}
	return place{
		issued:  int64(binary.BigEndian.Uint64(payload)), //nolint:gosec // bits
		page:    binary.BigEndian.Uint32(payload[8:]),
		started: payload[12] == 1,
		after: position{
			key: int64(binary.BigEndian.Uint64(payload[13:])), //nolint:gosec // bits
			seq: int64(binary.BigEndian.Uint64(payload[21:])), //nolint:gosec // bits
		},
	}, true
}

// mask hides the payload, and shows it again: the token says nothing about a position.
func (b baker) mask(tag, payload []byte) []byte {
	stream := b.mac("mask", tag)
	out := make([]byte, len(payload))
	for i := range payload {
		out[i] = payload[i] ^ stream[i]
	}
	return out
}

func (b baker) mac(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, b.seed)
	h.Write([]byte(purpose))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// placeOf finds where a call goes on: page 1 without a cursor.
func (s *Server) placeOf(q query, key string, now time.Time) (place, *refusal) {
	if q.cursor == "" {
		return place{page: 1}, nil
	}
	p, ok := s.baker.open(q.cursor, q.binding+"\n"+key)
	if !ok {
		s.violation("%s: a cursor with other parameters, or no cursor of this server", q.endpoint)
		return p, refuse(http.StatusBadRequest, "invalid cursor")
	}
	age := time.Duration(now.UnixMicro()-p.issued) * time.Microsecond
	if ttl := s.options.Choices.CursorTTL; ttl > 0 && age > ttl {
		return p, refuse(s.options.Choices.ExpiredCursorStatus, "the cursor has expired")
	}
	return p, nil
}
