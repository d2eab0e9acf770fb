package sign

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"golang.org/x/crypto/ssh"
)

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
