package auth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"dsr-server/internal/dsr"
)

// Bounds of a password, in characters. There are no rules on its composition.
const (
	MinPassword = 8
	MaxPassword = 128
)

// lane is whose passwords are checked one after the other. Each has a slot of its own,
// which bounds the memory that sign-ins can take (64 MiB each), and keeps strangers from
// using up the time of those who have been here before.
type lane int

const (
	strangers lane = iota
	known          // browsers that carry a mark, and whoever has shown a one-time token
	lanes
)

// Hasher makes and checks password hashes, one of each lane at a time.
type Hasher struct {
	params argon2id.Params
	slots  [lanes]chan struct{}

	once      sync.Once
	decoyHash string
}

// DefaultKiB is the memory of one hash. The least that OWASP ASVS 5.0 (11.4.2) asks
// for is 19 MiB with two passes.
const DefaultKiB = 64 << 10

// NewHasher returns a Hasher with argon2id at so much memory, two passes, one lane.
func NewHasher(kib uint32) *Hasher {
	h := &Hasher{params: argon2id.Params{Memory: kib, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}}
	for i := range h.slots {
		h.slots[i] = make(chan struct{}, 1)
	}
	return h
}

// Hash returns the encoded hash of a password that passed CheckPassword. It waits
// for a free slot until ctx ends.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx, known); err != nil {
		return "", err
	}
	defer h.give(known)
	return argon2id.CreateHash(password, &h.params)
}

// verify reports whether hash was made from password. It waits for a free slot of
// the lane until ctx ends.
func (h *Hasher) verify(ctx context.Context, l lane, password, hash string) (bool, error) {
	if len(password) > MaxPassword*utf8.UTFMax {
		password = "" // no password is that long; the work stays the same
	}
	if err := h.take(ctx, l); err != nil {
		return false, err
	}
	defer h.give(l)
	return argon2id.ComparePasswordAndHash(password, hash)
}

func (h *Hasher) take(ctx context.Context, l lane) error {
	select {
	case h.slots[l] <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errNoSlot(ctx)
	}
}

func errNoSlot(ctx context.Context) error {
	return fmt.Errorf("wait for a password check: %w", ctx.Err())
}

func (h *Hasher) give(l lane) { <-h.slots[l] }

// decoy is a hash of a password nobody has: checking against it costs what checking
// a real one does.
func (h *Hasher) decoy() string {
	h.once.Do(func() {
		hash, err := argon2id.CreateHash(NewToken(), &h.params)
		if err != nil {
			panic(err) // only without a source of randomness, which never returns
		}
		h.decoyHash = hash
	})
	return h.decoyHash
}

// obvious are words that somebody tries first at this program: its names and roles, what it
// is about, whose exports it reads. docs/security.md has the same list. Longer ones first.
var obvious = []string{
	"administrator", "deepconverse", "datarequests", "datenschutz", "datarequest", "controller", "requester",
	"password", "passwort", "approver", "auskunft", "privacy", "request", "auditor", "chatbot", "welcome",
	"avaamo", "server", "agentx", "access", "secret", "admin", "dsgvo", "login", "gdpr", "dsar", "dsr",
}

// isObvious reports whether the letters of a password are nothing but such words and the
// login, as in "Admin-2026!".
func isObvious(lower, login string) bool {
	left := strings.Map(letters, lower)
	if left == "" {
		return false
	}
	name, _, _ := strings.Cut(login, "@")
	for _, word := range append([]string{strings.Map(letters, name)}, obvious...) {
		if word != "" {
			left = strings.ReplaceAll(left, word, "")
		}
	}
	return left == ""
}

// letters leaves out what is no letter.
func letters(r rune) rune {
	if unicode.IsLetter(r) {
		return r
	}
	return -1
}

// CheckPassword says of the field "password" when it is too short, too long, the login
// itself, made of obvious words, or among the most used ones.
func CheckPassword(login, password string) (f dsr.Faults) {
	const field = "password"
	lower := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		f.Add(field, dsr.FaultNotText)
	case n < MinPassword:
		f.Add(field, dsr.FaultTooShort, MinPassword)
	case n > MaxPassword:
		f.Add(field, dsr.FaultTooLong, MaxPassword, "characters")
	case lower == dsr.NormalLogin(login):
		f.Add(field, dsr.FaultLoginAsPassword)
	case isCommon(lower) || oneCharacter(lower):
		f.Add(field, dsr.FaultCommonPassword)
	case isObvious(lower, dsr.NormalLogin(login)):
		f.Add(field, dsr.FaultObviousPassword)
	}
	return f
}

func oneCharacter(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	return strings.TrimLeft(s[size:], string(first)) == ""
}
