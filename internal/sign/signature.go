package sign

import (
	"bytes"
	"errors"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Signature is an SSH signature that has been read, not yet checked.
type Signature struct {
	sig     *sshsig.Signature
	armored []byte
}

// ErrNotSignature is the error of ReadSignature.
var ErrNotSignature = errors.New("is not an SSH signature")

// ReadSignature reads an armored SSH signature.
func ReadSignature(armored []byte) (Signature, error) {
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		return Signature{}, ErrNotSignature
	}
	return Signature{sig, armored}, nil
}

// Bare reports whether the text held the signature and nothing else.
func (s Signature) Bare() bool { return bytes.Equal(s.armored, sshsig.Armor(s.sig)) }

// Verify returns nil when the text was signed for this purpose, by the signature's own
// key: AllowedBy says whether that key may sign.
func (s Signature) Verify(text []byte, namespace string) error {
	return sshsig.Verify(bytes.NewReader(text), s.sig, s.sig.PublicKey, s.sig.HashAlgorithm, namespace)
}

// Fingerprint is that of the signature's key, as OpenSSH shows it ("SHA256:…").
func (s Signature) Fingerprint() string { return ssh.FingerprintSHA256(s.sig.PublicKey) }

// AllowedBy reports whether an allowed_signers file lets the signature's key sign
// archives under Identity.
func (s Signature) AllowedBy(file []byte) (bool, error) { return allows(file, s.sig.PublicKey) }
