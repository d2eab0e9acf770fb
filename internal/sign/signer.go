// Package sign signs what the service hands out with one Ed25519 key: manifests,
// receipts and lists for erasure as SSH signatures, checkpoints of the audit log as signed notes. It keeps
// true that a signature made for one purpose passes for no other, and that the private
// key is readable by its owner alone.
package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"dsr-server/internal/durable"
)

// What the signatures are for; one made for anything else is refused.
const (
	Namespace        = "dsr-archive" // manifests
	ReceiptNamespace = "dsr-receipt" // receipts of purged requests
	ErasureNamespace = "dsr-erasure" // lists of what is to be deleted at vendors
)

// Identity is the principal of the key in an allowed_signers file.
const Identity = "dsr-archive"

// Signer holds the Ed25519 key that signs manifests. Ed25519 is deterministic: the
// same manifest has the same signature.
type Signer struct{ key ssh.Signer }

// LoadOrCreate reads the OpenSSH private key at path, or makes one there with
// mode 0600. It refuses a key that its group or the world can read, one with a
// passphrase and one that is not Ed25519.
func LoadOrCreate(path string) (*Signer, error) {
	s, err := load(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createKey(path); err == nil || errors.Is(err, fs.ErrExist) {
			s, err = load(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return s, nil
}

// Load is LoadOrCreate for a key that must be there: the error wraps fs.ErrNotExist
// when it is not.
func Load(path string) (*Signer, error) {
	s, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return s, nil
}

func load(path string) (*Signer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others (mode %04o); chmod 600 it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not an OpenSSH private key without a passphrase", path)
	}
	if key.PublicKey().Type() != ssh.KeyAlgoED25519 {
		return nil, fmt.Errorf("%s is not an Ed25519 key", path)
	}
	return &Signer{key: key}, nil
}

// createKey writes the key to a new file and links it into place, so that the path
// never shows half a key and a key made meanwhile by another process stays.
func createKey(path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, Identity)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".signing-key-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(pem.EncodeToMemory(block))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return durable.SyncDir(dir)
}

// Sign returns the armored SSH signature of the manifest that r holds.
func (s *Signer) Sign(r io.Reader) ([]byte, error) { return s.sign(r, Namespace) }

// SignReceipt is Sign for the receipt of a purged request.
func (s *Signer) SignReceipt(text []byte) ([]byte, error) {
	return s.sign(bytes.NewReader(text), ReceiptNamespace)
}

// SignErasureList is Sign for a list of what is to be deleted at vendors.
func (s *Signer) SignErasureList(text []byte) ([]byte, error) {
	return s.sign(bytes.NewReader(text), ErasureNamespace)
}

func (s *Signer) sign(r io.Reader, namespace string) ([]byte, error) {
	sig, err := sshsig.Sign(r, s.key, sshsig.HashSHA512, namespace)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sshsig.Armor(sig), nil
}

// AuthorizedKey is the public key as in "ssh-ed25519 AAAA…".
func (s *Signer) AuthorizedKey() string {
	return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(s.key.PublicKey())))
}

// AllowedSigner is the line for an allowed_signers file, which lets ssh-keygen and
// `dsr-server verify` check archives, receipts and lists with this key and nothing else.
func (s *Signer) AllowedSigner() string {
	return fmt.Sprintf("%s namespaces=%q %s", Identity, strings.Join([]string{Namespace, ReceiptNamespace, ErasureNamespace}, ","), s.AuthorizedKey())
}

// Fingerprint is the key's fingerprint as OpenSSH shows it ("SHA256:…").
func (s *Signer) Fingerprint() string { return ssh.FingerprintSHA256(s.key.PublicKey()) }
