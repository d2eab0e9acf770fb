package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
)

// recordHash names a record within a chain: by its id, or by all of it when it has none.
func recordHash(id string, record json.RawMessage) uint64 {
	name := []byte(id)
	if len(name) == 0 {
		name = bytes.TrimSpace(record)
	}
	sum := sha256.Sum256(name)
	return binary.BigEndian.Uint64(sum[:])
}

// hashes are a set in order, which a position carries as the bytes that they are.
type hashes []uint64

// MarshalJSON implements json.Marshaler.
func (h hashes) MarshalJSON() ([]byte, error) {
	raw := make([]byte, 0, 8*len(h))
	for _, one := range h {
		raw = binary.BigEndian.AppendUint64(raw, one)
	}
	return json.Marshal(raw)
}

// UnmarshalJSON implements json.Unmarshaler.
func (h *hashes) UnmarshalJSON(text []byte) error {
	var raw []byte
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if len(raw)%8 != 0 {
		return errPosition
	}
	for ; len(raw) > 0; raw = raw[8:] {
		*h = append(*h, binary.BigEndian.Uint64(raw))
	}
	return nil
}

// add puts a hash in its place and reports whether it was new.
func (h *hashes) add(one uint64) bool {
	at, found := slices.BinarySearch(*h, one)
	if !found {
		*h = slices.Insert(*h, at, one)
	}
	return !found
}
