// Package seal encrypts values under keys that are themselves encrypted under one
// master key. It keeps true that a sealed value opens only with its own key and in its
// own place (table, column, row), that a master key is synced to disk before anything
// is sealed with it, and that after a rotation which was cut short one key file is left,
// the one that fits. It knows no SQL; internal/store says what is sealed.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// Key is an AES-256 key: the master key, a request's data key or a source's.
type Key [32]byte

// NewKey makes a random key.
func NewKey() (k Key) {
	_, _ = rand.Read(k[:]) // never fails (crypto/rand)
	return k
}

// Place is where a sealed value belongs; it is authenticated with the value, which does
// not open in another table, column or row.
type Place struct{ Table, Column, Row string }

// At is the place of a value.
func At(table, column, row string) Place { return Place{table, column, row} }

func (p Place) bytes() []byte { return []byte(p.Table + "|" + p.Column + "|" + p.Row) }

func (p Place) versioned() []byte {
	return []byte(version + "|" + p.Table + "|" + p.Column + "|" + p.Row)
}

func (k Key) gcm() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // the key size is fixed
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// family and version are what a sealed value begins with. What follows in version 1 is a
// nonce and the text under AES-256-GCM; the version is authenticated with the place. Values
// from before versions have no such beginning; one in 2^32 of them looks as if it had.
const (
	family  = "dsr"
	version = family + "1"
)

// Seal encrypts a value for its place.
func (k Key) Seal(p Place, plain []byte) []byte {
	aead := k.gcm()
	sealed := append(make([]byte, 0, len(version)+len(plain)+aead.Overhead()), version...)
	return aead.Seal(sealed, nil, plain, p.versioned()) //nolint:gosec // G407: the AEAD draws a random nonce itself
}

// Open returns what Seal was given for the same place; nil opens to nil.
func (k Key) Open(p Place, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	aead := k.gcm()
	if value, is := bytes.CutPrefix(sealed, []byte(version)); is {
		if plain, err := aead.Open(nil, nil, value, p.versioned()); err == nil {
			return plain, nil
		}
	}
	plain, err := aead.Open(nil, nil, sealed, p.bytes())
	switch {
	case err == nil:
		return plain, nil
	case bytes.HasPrefix(sealed, []byte(family)) && !bytes.HasPrefix(sealed, []byte(version)):
		return nil, fmt.Errorf("open sealed %s.%s: it was sealed by a newer program, or the value was changed", p.Table, p.Column)
	}
	return nil, fmt.Errorf("open sealed %s.%s: the key does not fit or the value was changed", p.Table, p.Column)
}

// Wrap seals another key under k.
func (k Key) Wrap(p Place, inner Key) []byte { return k.Seal(p, inner[:]) }

// Unwrap returns what Wrap was given.
func (k Key) Unwrap(p Place, wrapped []byte) (inner Key, err error) {
	plain, err := k.Open(p, wrapped)
	if err != nil {
		return inner, err
	}
	if len(plain) != len(inner) {
		return inner, fmt.Errorf("open sealed %s.%s: the key is gone", p.Table, p.Column)
	}
	return Key(plain), nil
}

// MAC makes sealed values comparable: an HMAC under a key derived for one purpose.
func (k Key) MAC(purpose string, value []byte) []byte { return k.Derive(purpose).Tag(value) }

// Derive makes a key for one purpose, which says nothing about k.
func (k Key) Derive(purpose string) Key {
	return Key(k.Tag([]byte("dsr-server equality " + purpose)))
}

// Tag is the HMAC-SHA256 of value under k itself.
func (k Key) Tag(value []byte) []byte {
	h := hmac.New(sha256.New, k[:])
	h.Write(value)
	return h.Sum(nil)
}

// SealJSON is Seal of v as JSON.
func (k Key) SealJSON(p Place, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s.%s: %w", p.Table, p.Column, err)
	}
	return k.Seal(p, plain), nil
}

// OpenJSON decodes into v what SealJSON was given; nil leaves v as it is.
func (k Key) OpenJSON(p Place, sealed []byte, v any) error {
	plain, err := k.Open(p, sealed)
	if err != nil || plain == nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("decode %s.%s: %w", p.Table, p.Column, err)
	}
	return nil
}
