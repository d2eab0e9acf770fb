package auth

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"dsr-server/internal/dsr"
)

func (f *fakePeople) FactorSecret(context.Context, string) (string, error) { return f.secret, f.fault }

func (f *fakePeople) SpendStep(_ context.Context, person string, step int64) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if step <= f.spent {
		return false, nil
	}
	f.spent, f.recorded = step, append(f.recorded, person)
	return true, nil
}

func (f *fakePeople) SpendRecoveryCode(_ context.Context, person string, hash [32]byte) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.codes, hash)
	if i < 0 {
		return false, nil
	}
	f.codes, f.recorded = slices.Delete(f.codes, i, i+1), append(f.recorded, person)
	return true, nil
}

// withFactor lets ana sign in with a second factor.
func withFactor(t *testing.T) (*Gate, *fakePeople, *clock, func() string) {
	t.Helper()
	g, people, c := setup(t)
	factor, err := NewFactor("Data requests", "ana")
	if err != nil {
		t.Fatal(err)
	}
	people.secret = factor.Secret
	ana := people.people["ana"]
	ana.SecondFactor = true
	people.people["ana"] = ana
	return g, people, c, func() string {
		code, err := totp.GenerateCode(factor.Secret, c.now())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
}

func TestThePasswordAloneIsNoSignInWhereThereIsASecondFactor(t *testing.T) {
	t.Parallel()
	g, people, _, code := withFactor(t)
	a := Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1"}
	p, err := g.SignIn(t.Context(), a)
	if err != nil || len(people.recorded) > 0 {
		t.Fatalf("got %v, on record: %v", err, people.recorded)
	}
	a.Password = " " + code()[:3] + " " + code()[3:]
	if err := g.Complete(t.Context(), p, a); err != nil || len(people.recorded) != 1 {
		t.Errorf("got %v, on record: %v", err, people.recorded)
	}
	if err := g.Complete(t.Context(), p, a); dsr.KindOf(err) != dsr.Unauthenticated {
		t.Errorf("the same code again: %v", err)
	}
}

func TestClocksMayBeOneStepApart(t *testing.T) {
	t.Parallel()
	_, people, c, code := withFactor(t)
	now := code()
	for away, want := range map[time.Duration]bool{0: true, 30 * time.Second: true, -30 * time.Second: true, 60 * time.Second: false, -60 * time.Second: false} {
		if _, right := StepOf(people.secret, now, c.now().Add(away)); right != want {
			t.Errorf("%v apart: %v", away, right)
		}
	}
	for _, wrong := range []string{"", "12345", "1234567", "abcdef"} {
		if _, right := StepOf(people.secret, wrong, c.now()); right {
			t.Errorf("%q opens", wrong)
		}
	}
}

func TestARecoveryCodeOpensOnceHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	g, people, _, _ := withFactor(t)
	codes := NewRecoveryCodes()
	people.codes = HashRecoveryCodes(codes)
	if len(codes) != 10 || len(codes[0]) != 27 || codes[0] == codes[1] {
		t.Errorf("got %v", codes)
	}
	ana := people.people["ana"]
	typed := " " + string(bytes.ToUpper([]byte(codes[3][:13]))) + " " + codes[3][14:] + "\n"
	if err := g.Complete(t.Context(), ana, Attempt{Login: "ana", Password: typed, Address: "192.0.2.1"}); err != nil {
		t.Errorf("%q: %v", typed, err)
	}
	if err := g.Complete(t.Context(), ana, Attempt{Login: "ana", Password: codes[3], Address: "192.0.2.1"}); dsr.KindOf(err) != dsr.Unauthenticated {
		t.Errorf("again: %v", err)
	}
}

// TestGuessesAtCodesAreSlowedDownFromAnywhere: but not those of a browser that has signed in.
func TestGuessesAtCodesAreSlowedDownFromAnywhere(t *testing.T) {
	t.Parallel()
	g, people, c, code := withFactor(t)
	ana := people.people["ana"]
	for i := range FreeFailures {
		err := g.Complete(t.Context(), ana, Attempt{Login: "ana", Password: "000000", Address: fmt.Sprintf("192.0.2.%d", i)})
		if dsr.KindOf(err) != dsr.Unauthenticated {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	stranger := Attempt{Login: "ana", Password: code(), Address: "198.51.100.7"}
	if err := g.Complete(t.Context(), ana, stranger); dsr.KindOf(err) != dsr.TooMany {
		t.Errorf("from yet another address: %v", err)
	}
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1"}); err != nil {
		t.Errorf("the password is slowed down too: %v", err)
	}
	known := stranger
	known.Device = g.Devices.Mark("ana", "")
	if err := g.Complete(t.Context(), ana, known); err != nil {
		t.Errorf("from a browser that is known: %v", err)
	}
	c.pass(longestPause)
	stranger.Password = code()
	if err := g.Complete(t.Context(), ana, stranger); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestAFactorIsWhatAppsTakeOver(t *testing.T) {
	t.Parallel()
	f, err := NewFactor("Data requests", "ana@example.com")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(f.Address)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Query().Get("secret") != f.Secret || len(f.Secret) != 32 {
		t.Errorf("got %s (%v)", f.Address, err)
	}
	if _, err := png.Decode(bytes.NewReader(f.Picture)); err != nil {
		t.Error(err)
	}
	again, err := FactorOf("Data requests", "ana@example.com", f.Secret)
	if err != nil || again.Address != f.Address {
		t.Errorf("again: %+v, %v", again, err)
	}
	for _, weak := range []string{"", "JBSWY3DP", "not base32"} {
		if _, err := FactorOf("x", "y", weak); dsr.KindOf(err) != dsr.Malformed {
			t.Errorf("the secret %q is taken: %v", weak, err)
		}
	}
}
