package archive

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// checkSignature checks that the manifest is signed for this purpose and, unless
// allowed is nil, by a key that allowed names.
func (v *verifier) checkSignature(text []byte, hasText bool, allowed []byte) error {
	armored, ok := v.read(signatureName, maxSignature)
	if !ok || !hasText {
		return nil // reported as missing
	}
	signature, err := sshsig.Unarmor(armored)
	if err != nil {
		v.problem(Signature, signatureName, "is not an SSH signature")
		return nil
	}
	if !bytes.Equal(armored, sshsig.Armor(signature)) {
		v.problem(Altered, signatureName, "holds more than a signature")
	}
	err = sshsig.Verify(bytes.NewReader(text), signature, signature.PublicKey, signature.HashAlgorithm, Namespace)
	if err != nil {
		v.problem(Signature, manifestName, "is not what was signed: %v", err)
		return nil
	}
	v.report.Fingerprint = ssh.FingerprintSHA256(signature.PublicKey)
	if allowed == nil {
		return nil
	}
	return v.checkSigner(signature.PublicKey, allowed)
}

func (v *verifier) checkSigner(key ssh.PublicKey, allowed []byte) error {
	ok, err := allows(allowed, key)
	if err != nil {
		return fmt.Errorf("%w: allowed signers: %w", ErrUnreadable, err)
	}
	v.report.SignerChecked = ok
	if !ok {
		v.problem(Signature, signatureName, "the key %s is not one of the allowed signers", ssh.FingerprintSHA256(key))
	}
	return nil
}

// allows reports whether an allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS)
// lets key sign archives under our Identity. Options that it does not know narrow
// what a line allows, so they are refused rather than passed over.
func allows(file []byte, key ssh.PublicKey) (bool, error) {
	found := false
	for i, line := range strings.Split(string(file), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		principals, rest, _ := strings.Cut(line, " ")
		other, _, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
		if err != nil {
			return false, fmt.Errorf("line %d is not \"principals [options] type key\"", i+1)
		}
		if !bytes.Equal(other.Marshal(), key.Marshal()) {
			continue
		}
		namespaces, err := namespacesOf(options)
		if err != nil {
			return false, fmt.Errorf("line %d: %w", i+1, err)
		}
		found = found || matches(strings.Trim(principals, `"`), Identity) && matches(namespaces, Namespace)
	}
	return found, nil
}

func namespacesOf(options []string) (string, error) {
	namespaces := "*"
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		if !strings.EqualFold(name, "namespaces") {
			return "", fmt.Errorf("the option %q is not supported here; use ssh-keygen -Y verify", name)
		}
		namespaces = strings.Trim(value, `"`)
	}
	return namespaces, nil
}

// matches reports whether a comma-separated list of patterns matches name: one does,
// and none that begins with "!" does.
func matches(patterns, name string) bool {
	found := false
	for _, pattern := range strings.Split(patterns, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if ok, _ := path.Match(pattern, name); ok && negated {
			return false
		} else if ok {
			found = true
		}
	}
	return found
}
