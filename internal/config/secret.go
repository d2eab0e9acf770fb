package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSecretBytes is the size of a secret file at most, white space included.
const maxSecretBytes = 64 << 10

// API tokens are between these lengths, in characters.
const (
	minTokenRunes = 32
	maxTokenRunes = 256
)

// SecretFile is a secret in a file of its own. However it is printed,
// logged or marshalled, only the path shows.
type SecretFile struct {
	Path   string
	secret string
}

// Reveal returns the secret itself, without outer white space.
func (s SecretFile) Reveal() string { return s.secret }

// Format keeps the secret out of every verb.
func (s SecretFile) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.redacted()) }

// MarshalText keeps the secret out of JSON and of structured logs.
func (s SecretFile) MarshalText() ([]byte, error) { return []byte(s.redacted()), nil }

func (s SecretFile) redacted() string {
	if s.Path == "" {
		return ""
	}
	return s.Path + " (***)"
}

// readSecrets reads every secret file that was given and checks what it holds.
func (c *Config) readSecrets(r *report) {
	for i := range c.Sources {
		c.Sources[i].readSecrets(sourcePath(i), r)
	}
	c.Webhooks.readSecrets(r)
	c.OIDC.ClientSecretFile.read("oidc.client_secret_file", r, checkVendorSecret)
	c.Mail.PasswordFile.read("mail.password_file", r, checkVendorSecret)
	first := map[string]string{}
	for i := range c.Bootstrap.Tokens {
		path := tokenPath(i) + ".token_file"
		file := &c.Bootstrap.Tokens[i].TokenFile
		if !file.read(path, r, checkToken) {
			continue
		}
		if other := first[file.secret]; other != "" {
			r.fault(path, "holds the same token as %s; give each name its own", other)
		}
		first[file.secret] = path
	}
}

// read reports whether the secret could be read and passed check.
func (s *SecretFile) read(path string, r *report, check func(string) error) bool {
	if s.Path == "" || r.faulty[path] {
		return false
	}
	text, err := readSecretFile(s.Path)
	if err == nil {
		err = check(text)
	}
	if err != nil {
		r.fault(path, "%s", err)
		return false
	}
	s.secret = text
	return true
}

// readSecretFile returns the file's text without outer white space. Its errors do
// not repeat a path that leads nowhere: it may be the secret, put in the wrong place.
func readSecretFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errors.New("names a file that does not exist (a relative path starts from the folder of the configuration)")
	case err != nil:
		return "", errors.New("names a file that cannot be reached; look at the rights of its folders")
	case !info.Mode().IsRegular():
		return "", errors.New("names something that is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", errors.New("names a file that this user may not read; change its owner (chown)")
	}
	defer func() { _ = f.Close() }()
	return readSecret(f)
}

func readSecret(f *os.File) (string, error) {
	if err := checkMode(f); err != nil {
		return "", err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil {
		return "", errors.New("names a file that cannot be read")
	}
	if len(data) > maxSecretBytes {
		return "", fmt.Errorf("names a file larger than %d bytes; it should hold the secret alone", maxSecretBytes)
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", errors.New("names an empty file; put the secret into it")
	}
	return text, nil
}

// checkMode looks at the open file, not at its name, which may have changed
// meanwhile. A path that leads to a file may be shown: it is no secret.
func checkMode(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return errors.New("names a file whose rights cannot be read")
	}
	// Windows keeps rights elsewhere and shows every file as readable by all.
	if mode := info.Mode().Perm(); mode&0o066 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("names a file that others may read or change (mode %04o); run: chmod 600 %q", mode, f.Name())
	}
	return nil
}

// checkVendorSecret accepts any printable text: vendors do not say what theirs looks like.
func checkVendorSecret(text string) error {
	if !printable(text) {
		return errors.New("names a file with line breaks or control characters inside; it should hold the secret alone, as UTF-8 text")
	}
	return nil
}

func checkToken(text string) error {
	if n := utf8.RuneCountInString(text); n < minTokenRunes || n > maxTokenRunes || !printable(text) {
		return fmt.Errorf("names a file that does not hold a token of %d to %d printable characters; make one with: openssl rand -hex 32", minTokenRunes, maxTokenRunes)
	}
	return nil
}

func printable(text string) bool {
	notPrintable := func(r rune) bool { return !unicode.IsPrint(r) }
	return utf8.ValidString(text) && !strings.ContainsFunc(text, notPrintable)
}
