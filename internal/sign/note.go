package sign

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
	"golang.org/x/mod/sumdb/note"
)

// Checkpoints of the audit log are signed notes (https://c2sp.org/signed-note) with
// the same Ed25519 key: what is signed there begins with the log's name, and what is
// signed for SSH with "SSHSIG", so that neither signature passes for the other.

// LogName is the origin of the audit log's checkpoints and the name of their key. It
// follows from the key alone.
func (s *Signer) LogName() string {
	sum := sha256.Sum256(s.publicKey())
	return "dsr-server/" + hex.EncodeToString(sum[:8])
}

// Verifier is the key as golang.org/x/mod/sumdb/note and C2SP tools read it
// ("name+hash+key").
func (s *Signer) Verifier() (string, error) {
	v, err := note.NewEd25519VerifierKey(s.LogName(), s.publicKey())
	if err != nil {
		return "", fmt.Errorf("checkpoint key: %w", err)
	}
	return v, nil
}

func (s *Signer) noteVerifier() (note.Verifier, error) {
	key, err := s.Verifier()
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("checkpoint key: %w", err)
	}
	return v, nil
}

// SignCheckpoint returns the text as a signed note.
func (s *Signer) SignCheckpoint(text []byte) ([]byte, error) {
	v, err := s.noteVerifier()
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: string(text)}, noteSigner{v, s.key})
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// OpenCheckpoint returns the text of a note that this key has signed.
func (s *Signer) OpenCheckpoint(signed []byte) ([]byte, error) {
	v, err := s.noteVerifier()
	if err != nil {
		return nil, err
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return nil, errors.New("the checkpoint is not signed by this service's key")
	}
	return []byte(n.Text), nil
}

func (s *Signer) publicKey() ed25519.PublicKey {
	key, ok := s.key.PublicKey().(ssh.CryptoPublicKey)
	if !ok {
		return nil // load takes Ed25519 keys only
	}
	public, _ := key.CryptoPublicKey().(ed25519.PublicKey)
	return public
}

// noteSigner signs notes with an SSH key: the signature of an Ed25519 key is the same
// 64 bytes in both.
type noteSigner struct {
	note.Verifier
	key ssh.Signer
}

// Sign implements note.Signer.
func (n noteSigner) Sign(text []byte) ([]byte, error) {
	sig, err := n.key.Sign(rand.Reader, text)
	if err != nil {
		return nil, err
	}
	return sig.Blob, nil
}
