package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// key is an AES-256 key: the master key, a request's data key or a source's.
type key [32]byte

func newKey() (k key) {
	_, _ = rand.Read(k[:]) // never fails (crypto/rand)
	return k
}

// place is the AAD of a sealed value: moved to another table, column or row it
// does not open.
type place struct{ table, column, row string }

func (p place) bytes() []byte { return []byte(p.table + "|" + p.column + "|" + p.row) }

func (k key) gcm() cipher.AEAD {
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

func (k key) seal(p place, plain []byte) []byte {
	return k.gcm().Seal(nil, nil, plain, p.bytes()) //nolint:gosec // G407: the AEAD draws a random nonce itself
}

// open returns the sealed value; NULL opens to nil.
func (k key) open(p place, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	plain, err := k.gcm().Open(nil, nil, sealed, p.bytes())
	if err != nil {
		return nil, fmt.Errorf("open sealed %s.%s: the key does not fit or the value was changed", p.table, p.column)
	}
	return plain, nil
}

// wrap seals a data key under k.
func (k key) wrap(p place, inner key) []byte { return k.seal(p, inner[:]) }

func (k key) unwrap(p place, wrapped []byte) (inner key, err error) {
	plain, err := k.open(p, wrapped)
	if err != nil {
		return inner, err
	}
	if len(plain) != len(inner) {
		return inner, fmt.Errorf("open sealed %s.%s: the key is gone", p.table, p.column)
	}
	return key(plain), nil
}

// mac is equality on sealed values: an HMAC under a key derived for one purpose.
func (k key) mac(purpose string, value []byte) []byte { return k.derive(purpose).tag(value) }

func (k key) derive(purpose string) key {
	return key(k.tag([]byte("dsr-server equality " + purpose)))
}

func (k key) tag(value []byte) []byte {
	h := hmac.New(sha256.New, k[:])
	h.Write(value)
	return h.Sum(nil)
}

func (k key) sealJSON(p place, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s.%s: %w", p.table, p.column, err)
	}
	return k.seal(p, plain), nil
}

func (k key) openJSON(p place, sealed []byte, v any) error {
	plain, err := k.open(p, sealed)
	if err != nil || plain == nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("decode %s.%s: %w", p.table, p.column, err)
	}
	return nil
}

func readMasterKey(path string, create bool) (k key, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		return createMasterKey(path)
	case err != nil:
		return k, fmt.Errorf("master key: %w; without it nothing in this database can be read: restore it", err)
	case info.Mode().Perm()&0o077 != 0:
		return k, fmt.Errorf("master key: %s may be read by others; run: chmod 600 %s", path, path)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return k, fmt.Errorf("master key: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(body)))
	if err != nil || len(raw) != len(k) {
		return k, fmt.Errorf("master key: %s does not hold 64 hex digits; restore it", path)
	}
	return key(raw), nil
}

// createMasterKey writes the key durably before anything is sealed with it.
func createMasterKey(path string) (key, error) {
	k := newKey()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return k, fmt.Errorf("create master key: %w", err)
	}
	_, err = fmt.Fprintln(f, hex.EncodeToString(k[:]))
	err = errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path)))
	if err != nil {
		return k, fmt.Errorf("create master key: %w", err)
	}
	return k, nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
