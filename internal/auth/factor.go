package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"dsr-server/internal/dsr"
)

// Factor is a second factor as an authenticator app takes it over: the codes of RFC 6238 with
// SHA-1, six digits and steps of 30 seconds, which every such app knows.
type Factor struct {
	Secret  string // 160 bits, base32
	Address string // otpauth://totp/…
	Picture []byte // the address as a QR code, PNG
}

const (
	stepSeconds = 30
	secretBytes = 20
	pictureSize = 240 // pixels
)

var base32Form = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewFactor makes a factor with a secret of its own; issuer and account are what the app shows.
func NewFactor(issuer, account string) (Factor, error) {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails (crypto/rand)
	return FactorOf(issuer, account, base32Form.EncodeToString(secret))
}

// FactorOf is the factor with a secret that NewFactor has made.
func FactorOf(issuer, account, secret string) (Factor, error) {
	raw, err := base32Form.DecodeString(secret)
	if err != nil || len(raw) != secretBytes {
		return Factor{}, dsr.Errorf(dsr.Malformed, "bad_secret", "the secret is not the one that was shown; begin again")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Secret: raw})
	if err != nil {
		return Factor{}, fmt.Errorf("second factor: %w", err)
	}
	picture, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return Factor{}, fmt.Errorf("second factor: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return Factor{}, fmt.Errorf("second factor: %w", err)
	}
	return Factor{Secret: key.Secret(), Address: key.URL(), Picture: b.Bytes()}, nil
}

// StepOf returns the step of time whose code this is; clocks may be one step apart.
func StepOf(secret, code string, now time.Time) (step int64, right bool) {
	code = strings.Join(strings.Fields(code), "")
	for _, away := range []int64{0, -1, 1} {
		step = now.Unix()/stepSeconds + away
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // a step of our time is not negative
		if err == nil && ok {
			return step, true
		}
	}
	return 0, false
}

// How many recovery codes there are, and of how many random bytes: from 112 bits on, a plain
// hash is enough (ASVS 6.5.2).
const (
	recoveryCodes = 10
	recoveryBytes = 15
	recoveryGroup = 6
)

// NewRecoveryCodes returns codes for when the app is not at hand, as they are written down.
func NewRecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		var b [recoveryBytes]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		code := strings.ToLower(base32Form.EncodeToString(b[:]))
		for ; len(code) > recoveryGroup; code = code[recoveryGroup:] {
			codes[i] += code[:recoveryGroup] + "-"
		}
		codes[i] += code
	}
	return codes
}

// HashRecoveryCode is what is stored of a recovery code, however it is typed.
func HashRecoveryCode(code string) [32]byte {
	return sha256.Sum256([]byte(strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(strings.TrimSpace(code)))))
}

// HashRecoveryCodes are the hashes of new ones.
func HashRecoveryCodes(codes []string) [][32]byte {
	hashes := make([][32]byte, len(codes))
	for i, code := range codes {
		hashes[i] = HashRecoveryCode(code)
	}
	return hashes
}

// Complete is the second half of a sign-in: a.Password is a code of the app, or a recovery
// code. Either opens once. The sign-in is then on record. Errors are those of SignIn.
func (g *Gate) Complete(ctx context.Context, person dsr.Person, a Attempt) error {
	try, throttled := g.Throttle.begin(g.codeClient(person.Login, a))
	if throttled != nil {
		return &Refusal{throttled, person.ID}
	}
	right, err := g.spend(ctx, person.ID, a.Password)
	switch {
	case err != nil:
		try.release()
		return err
	case !right:
		return &Refusal{dsr.Errorf(dsr.Unauthenticated, "code_refused", "That code is not right, or has been used. Wait for the next one."), person.ID}
	}
	try.succeed()
	return nil
}

// codeClient is one client for all browsers that have not signed in to the account before:
// whoever guesses codes knows the password, and six digits are few.
func (g *Gate) codeClient(login string, a Attempt) pair {
	account := "second factor of " + login
	if id, ok := g.Devices.owner(login, a.Device); ok {
		return pair{account, "device " + id, true}
	}
	return pair{account, account, false}
}

func (g *Gate) spend(ctx context.Context, person, code string) (bool, error) {
	secret, err := g.People.FactorSecret(ctx, person)
	if err != nil {
		return false, err
	}
	if step, right := StepOf(secret, code, g.now()); right {
		return g.People.SpendStep(ctx, person, step)
	}
	return g.People.SpendRecoveryCode(ctx, person, HashRecoveryCode(code))
}
