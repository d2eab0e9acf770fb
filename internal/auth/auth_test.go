package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"dsr-server/internal/dsr"
)

// cheapKiB keeps the tests fast; the cost itself is tested on its own.
const cheapKiB = 64

type fakePeople struct {
	mu       sync.Mutex
	people   map[string]dsr.Person
	lookups  int
	recorded []string
	fault    error
}

func (f *fakePeople) PersonByLogin(_ context.Context, login string) (dsr.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lookups++
	if f.fault != nil {
		return dsr.Person{}, f.fault
	}
	if p, ok := f.people[login]; ok {
		return p, nil
	}
	return dsr.Person{}, dsr.Errorf(dsr.NotFound, "not_found", "nobody")
}

func (f *fakePeople) RecordSignIn(_ context.Context, person string, accepted bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recorded = append(f.recorded, fmt.Sprintf("%s %v", person, accepted))
	return nil
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

const rightPassword = "a-long-and-right-one"

func setup(t *testing.T) (*Gate, *fakePeople, *clock) {
	t.Helper()
	c := &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	people := &fakePeople{people: map[string]dsr.Person{}}
	g := NewGate(people, c.now)
	g.Hasher = NewHasher(cheapKiB)
	hash, err := g.Hasher.Hash(t.Context(), rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"ana", "ben"} {
		p, err := dsr.NewPerson(login, "", dsr.Requester)
		if err != nil {
			t.Fatal(err)
		}
		p.PasswordHash = hash
		people.people[login] = p
	}
	return g, people, c
}

func TestRightPasswordSignsIn(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	p, err := g.SignIn(t.Context(), Attempt{Login: " Ana ", Password: rightPassword, Address: "192.0.2.1"})
	if err != nil || p.ID != "user:ana" {
		t.Fatalf("got %v, %v", p, err)
	}
	if got := strings.Join(people.recorded, ";"); got != "user:ana true" {
		t.Errorf("on record: %q", got)
	}
}

func TestEveryRefusalReadsTheSame(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	disabled := people.people["ben"]
	disabled.Disabled = true
	people.people["ben"] = disabled
	var texts []string
	for i, a := range []Attempt{
		{Login: "ana", Password: "wrong-password"},
		{Login: "nobody", Password: rightPassword},
		{Login: "ben", Password: rightPassword},
		{Login: "ana", Password: strings.Repeat("x", 10_000)},
		{Login: "", Password: ""},
	} {
		a.Address = fmt.Sprintf("192.0.2.%d", i)
		_, err := g.SignIn(t.Context(), a)
		if dsr.KindOf(err) != dsr.Unauthenticated {
			t.Fatalf("%v: got %v", a.Login, err)
		}
		texts = append(texts, err.Error())
	}
	for _, text := range texts[1:] {
		if text != texts[0] {
			t.Errorf("%q differs from %q", text, texts[0])
		}
	}
	if got := strings.Join(people.recorded, ";"); got != "user:ana false; false;user:ben false;user:ana false; false" {
		t.Errorf("on record: %q", got)
	}
}

func TestUnknownLoginCostsAHashToo(t *testing.T) {
	t.Parallel()
	h := NewHasher(DefaultKiB)
	decoy := h.decoy()
	if !strings.HasPrefix(decoy, "$argon2id$v=19$m=65536,t=2,p=1$") {
		t.Fatalf("the decoy costs something else: %s", decoy)
	}
	if decoy != h.decoy() {
		t.Error("a decoy per try would cost twice")
	}
}

func TestHashesAreArgon2idAtTheShippedCost(t *testing.T) {
	t.Parallel()
	h := NewHasher(DefaultKiB)
	hash, err := h.Hash(t.Context(), rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=2,p=1$") {
		t.Errorf("got %s", hash)
	}
	if ok, err := h.Verify(t.Context(), rightPassword, hash); err != nil || !ok {
		t.Errorf("right password: %v, %v", ok, err)
	}
	if ok, err := h.Verify(t.Context(), rightPassword+"x", hash); err != nil || ok {
		t.Errorf("wrong password: %v, %v", ok, err)
	}
}

func TestNoMoreHashesThanSlotsAndWaitingEndsWithTheCall(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheapKiB)
	for range maxParallelHashes {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Verify(ctx, "x", h.decoy()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFiftyWrongTriesDoNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	g, _, _ := setup(t)
	throttled := 0
	for range 50 {
		_, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: "wrong-password", Address: "203.0.113.9"})
		if dsr.KindOf(err) == dsr.TooMany {
			throttled++
		}
	}
	if throttled != 50-freeFailures {
		t.Errorf("%d of 50 were throttled, want all but %d", throttled, freeFailures)
	}
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1"}); err != nil {
		t.Errorf("the owner, from elsewhere: %v", err)
	}
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "203.0.113.9"}); dsr.KindOf(err) != dsr.TooMany {
		t.Errorf("the stranger's address: %v, want a pause even for the right password", err)
	}
}

func TestKnownDeviceIsNotSlowedByStrangersAtTheSameAddress(t *testing.T) {
	t.Parallel()
	g, _, _ := setup(t)
	mark := g.Devices.Mark("ana")
	for range 10 {
		_, _ = g.SignIn(t.Context(), Attempt{Login: "ana", Password: "wrong-password", Address: "192.0.2.1"})
	}
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1", Device: mark}); err != nil {
		t.Errorf("the owner's own browser: %v", err)
	}
	for _, forged := range []string{g.Devices.Mark("ben"), "x.y", ".", NewDevices().Mark("ana")} {
		_, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1", Device: forged})
		if dsr.KindOf(err) != dsr.TooMany {
			t.Errorf("mark %q: got %v, want to be throttled like anybody", forged, err)
		}
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	t.Parallel()
	g, _, c := setup(t)
	wrong := Attempt{Login: "ana", Password: "wrong-password", Address: "203.0.113.9"}
	for range freeFailures {
		if _, err := g.SignIn(t.Context(), wrong); dsr.KindOf(err) != dsr.Unauthenticated {
			t.Fatal(err)
		}
	}
	for pause := firstPause; pause < longestPause; pause *= 2 {
		c.pass(pause - time.Millisecond)
		if _, err := g.SignIn(t.Context(), wrong); dsr.KindOf(err) != dsr.TooMany {
			t.Fatalf("just before %s: %v", pause, err)
		}
		c.pass(time.Millisecond)
		if _, err := g.SignIn(t.Context(), wrong); dsr.KindOf(err) != dsr.Unauthenticated {
			t.Fatalf("after %s: %v", pause, err)
		}
	}
	c.pass(longestPause + time.Second)
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "203.0.113.9"}); err != nil {
		t.Errorf("after the longest pause: %v", err)
	}
}

func TestOneAddressCannotTryManyAccounts(t *testing.T) {
	t.Parallel()
	g, _, _ := setup(t)
	for i := range clientFailures {
		_, err := g.SignIn(t.Context(), Attempt{Login: fmt.Sprintf("user%d", i), Password: "wrong-password", Address: "203.0.113.9"})
		if dsr.KindOf(err) != dsr.Unauthenticated {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if _, err := g.SignIn(t.Context(), Attempt{Login: "another", Password: "x", Address: "203.0.113.9"}); dsr.KindOf(err) != dsr.TooMany {
		t.Errorf("got %v", err)
	}
}

func TestManyAddressesSlowAnAccountButNeverCloseIt(t *testing.T) {
	t.Parallel()
	g, _, c := setup(t)
	for i := range accountBurst {
		_, _ = g.SignIn(t.Context(), Attempt{Login: "ana", Password: "wrong-password", Address: fmt.Sprintf("10.0.0.%d", i)})
	}
	owner := Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1"}
	if _, err := g.SignIn(t.Context(), owner); dsr.KindOf(err) != dsr.TooMany {
		t.Fatalf("got %v, want a pause", err)
	}
	c.pass(accountPause)
	if _, err := g.SignIn(t.Context(), owner); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ben", Password: rightPassword, Address: "192.0.2.1"}); err != nil {
		t.Errorf("another account: %v", err)
	}
}

func TestGuessesSideBySideAreCounted(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			_, _ = g.SignIn(context.WithoutCancel(t.Context()), Attempt{Login: "ana", Password: "wrong-password", Address: "203.0.113.9"})
		})
	}
	wg.Wait()
	if people.lookups != freeFailures {
		t.Errorf("%d passwords were checked, want %d", people.lookups, freeFailures)
	}
}

func TestFaultOfOursIsNobodysFailure(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	people.fault = errors.New("disk on fire")
	for range freeFailures * 2 {
		_, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1"})
		if !errors.Is(err, people.fault) || dsr.KindOf(err) != "" {
			t.Fatalf("got %v", err)
		}
	}
	people.fault = nil
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1"}); err != nil {
		t.Errorf("once it works again: %v", err)
	}
}

func TestUnusablePasswordsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ login, password, part string }{
		{"ana", "short77", "shorter than 8"},
		{"ana", strings.Repeat("ab", 65), "longer than 128"},
		{"ana@example.com", "Ana@Example.com", "same as the login"},
		{"ana", "Password123", "most used"},
		{"ana", "aaaaaaaaaaaa", "most used"},
		{"ana", "not\xffvalid-utf8", "UTF-8"},
	} {
		err := CheckPassword(c.login, c.password).Err()
		if err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%q: got %v, want %q", c.password, err, c.part)
		}
	}
	for _, fine := range []string{"correct horse battery", "ｐäßwörter", strings.Repeat("ab", 64), "        spaced out"} {
		if err := CheckPassword("ana", fine); err != nil {
			t.Errorf("%q: %v", fine, err)
		}
	}
}

func TestTokensAreLongAndTheirHashForgivesCopying(t *testing.T) {
	t.Parallel()
	a, b := NewToken(), NewToken()
	if a == b || len(a) != 43 {
		t.Errorf("got %q and %q", a, b)
	}
	if HashToken(a) != HashToken(" "+a+"\n") || HashToken(a) == HashToken(b) {
		t.Error("the hash does not fit")
	}
}

func TestEveryRefusalTakesAHashOfItsOwn(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	disabled := people.people["ben"]
	disabled.Disabled = true
	people.people["ben"] = disabled
	for range maxParallelHashes {
		g.Hasher.slots <- struct{}{} // whoever needs a hash has to wait now
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, login := range []string{"ana", "nobody", "ben", strings.Repeat("x", 5000)} {
		_, err := g.SignIn(ctx, Attempt{Login: login, Password: "x", Address: "192.0.2.1"})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%.10s was answered without a hash: %v", login, err)
		}
	}
}
