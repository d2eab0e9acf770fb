package auth

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"dsr-server/internal/dsr"
)

// Bounds of a password, in characters. There are no rules on its composition.
const (
	MinPassword = 8
	MaxPassword = 128
)

// maxParallelHashes bounds the memory that sign-ins can take: 64 MiB each.
const maxParallelHashes = 2

// Hasher makes and checks password hashes, a few at a time.
type Hasher struct {
	params argon2id.Params
	slots  chan struct{}

	once      sync.Once
	decoyHash string
}

// DefaultKiB is the memory of one hash. The least that OWASP ASVS 5.0 (11.4.2) asks
// for is 19 MiB with two passes.
const DefaultKiB = 64 << 10

// NewHasher returns a Hasher with argon2id at so much memory, two passes, one lane.
func NewHasher(kib uint32) *Hasher {
	return &Hasher{
		params: argon2id.Params{Memory: kib, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		slots:  make(chan struct{}, maxParallelHashes),
	}
}

// Hash returns the encoded hash of a password that passed CheckPassword. It waits
// for a free slot until ctx ends.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx); err != nil {
		return "", err
	}
	defer h.give()
	return argon2id.CreateHash(password, &h.params)
}

// Verify reports whether hash was made from password. It waits for a free slot
// until ctx ends.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > MaxPassword*utf8.UTFMax {
		password = "" // no password is that long; the work stays the same
	}
	if err := h.take(ctx); err != nil {
		return false, err
	}
	defer h.give()
	return argon2id.ComparePasswordAndHash(password, hash)
}

func (h *Hasher) take(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a password check: %w", ctx.Err())
	}
}

func (h *Hasher) give() { <-h.slots }

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

//go:embed common.txt
var commonFile string

var common = func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonFile) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}()

// CheckPassword says of the field "password" when it is too short, too long, the login
// itself or among the most used ones.
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
	case common[lower] || oneCharacter(lower):
		f.Add(field, dsr.FaultCommonPassword)
	}
	return f
}

func oneCharacter(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	return strings.TrimLeft(s[size:], string(first)) == ""
}
