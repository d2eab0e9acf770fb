package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"dsr-server/internal/dsr"
)

// cheapKiB keeps the tests fast; the cost itself is tested on its own.
const cheapKiB = 64

type fakePeople struct {
	mu       sync.Mutex
	people   map[string]dsr.Person
	recorded []string
	fault    error
	secret   string // of a second factor
	spent    int64  // step of its codes
	codes    [][32]byte
}

func (f *fakePeople) PersonByLogin(_ context.Context, login string) (dsr.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault != nil {
		return dsr.Person{}, f.fault
	}
	if p, ok := f.people[login]; ok {
		return p, nil
	}
	return dsr.Person{}, dsr.Errorf(dsr.NotFound, "not_found", "nobody")
}

func (f *fakePeople) RecordSignIn(_ context.Context, person string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recorded = append(f.recorded, person)
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

var deviceKey = [32]byte{7}

func setup(t *testing.T) (*Gate, *fakePeople, *clock) {
	t.Helper()
	c := &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	people := &fakePeople{people: map[string]dsr.Person{}}
	g := NewGate(people, NewDevices(deviceKey), c.now)
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
	if got := strings.Join(people.recorded, ";"); got != "user:ana" {
		t.Errorf("on record: %q", got)
	}
}

// TestAPasswordIsConfirmedWithoutASignIn: guesses at it count as those at the sign-in do.
func TestAPasswordIsConfirmedWithoutASignIn(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	a := Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1"}
	if err := g.Confirm(t.Context(), a); err != nil || len(people.recorded) > 0 {
		t.Errorf("got %v, on record: %q", err, people.recorded)
	}
	a.Password = "wrong-password"
	for range FreeFailures {
		if err := g.Confirm(t.Context(), a); dsr.KindOf(err) != dsr.Unauthenticated {
			t.Fatalf("got %v", err)
		}
	}
	a.Password = rightPassword
	if _, err := g.SignIn(t.Context(), a); dsr.KindOf(err) != dsr.TooMany {
		t.Errorf("got %v", err)
	}
	if err := g.Confirm(t.Context(), a); dsr.KindOf(err) != dsr.TooMany {
		t.Errorf("got %v", err)
	}
}

func TestEveryRefusalReadsTheSame(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	disabled := people.people["ben"]
	disabled.Disabled = true
	people.people["ben"] = disabled
	var texts, about []string
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
		if refusal, ok := errors.AsType[*Refusal](err); ok {
			about = append(about, refusal.About)
		}
	}
	for _, text := range texts[1:] {
		if text != texts[0] {
			t.Errorf("%q differs from %q", text, texts[0])
		}
	}
	if got := strings.Join(about, ";"); got != "user:ana;;user:ben;user:ana;" || len(people.recorded) > 0 {
		t.Errorf("refusals are about %q, and %v signed in", got, people.recorded)
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
	if ok, err := h.verify(t.Context(), strangers, rightPassword, hash); err != nil || !ok {
		t.Errorf("right password: %v, %v", ok, err)
	}
	if ok, err := h.verify(t.Context(), strangers, rightPassword+"x", hash); err != nil || ok {
		t.Errorf("wrong password: %v, %v", ok, err)
	}
}

func TestWaitingForACheckEndsWithTheCall(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheapKiB)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for l := range lanes {
		h.slots[l] <- struct{}{}
		if _, err := h.verify(ctx, l, "x", h.decoy()); !errors.Is(err, context.Canceled) {
			t.Errorf("lane %d: got %v", l, err)
		}
	}
}

// TestStrangersDoNotUseUpTheChecks: while strangers keep theirs busy, a browser that has
// been here before, and whoever shows a one-time token, have one of their own.
func TestStrangersDoNotUseUpTheChecks(t *testing.T) {
	t.Parallel()
	g, _, _ := setup(t)
	g.Hasher.slots[strangers] <- struct{}{}
	owner := Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1", Device: g.Devices.Mark("ana", "")}
	if _, err := g.SignIn(t.Context(), owner); err != nil {
		t.Errorf("the owner's own browser: %v", err)
	}
	if _, err := g.Hasher.Hash(t.Context(), rightPassword); err != nil {
		t.Errorf("the first account: %v", err)
	}
}

// TestAClientHasOnePlaceAmongThoseWhoWait: a stranger's attempts wait for each other, so
// that somebody else waits for one of them at most.
func TestAClientHasOnePlaceAmongThoseWhoWait(t *testing.T) {
	t.Parallel()
	var all turns
	give, err := all.take(t.Context(), "203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all.take(gone, "203.0.113.9"); !errors.Is(err, context.Canceled) {
		t.Errorf("the second attempt did not wait: %v", err)
	}
	other, err := all.take(t.Context(), "192.0.2.1")
	if err != nil {
		t.Errorf("another client: %v", err)
	}
	other()
	give()
	if give, err = all.take(t.Context(), "203.0.113.9"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	give()
	if len(all.clients) != 0 {
		t.Errorf("%d clients are remembered", len(all.clients))
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
	if throttled != 50-FreeFailures {
		t.Errorf("%d of 50 were throttled, want all but %d", throttled, FreeFailures)
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
	mark := g.Devices.Mark("ana", "")
	for range 10 {
		_, _ = g.SignIn(t.Context(), Attempt{Login: "ana", Password: "wrong-password", Address: "192.0.2.1"})
	}
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1", Device: mark}); err != nil {
		t.Errorf("the owner's own browser: %v", err)
	}
	for _, forged := range []string{g.Devices.Mark("ben", ""), "x.y", ".", "~", NewDevices([32]byte{8}).Mark("ana", "")} {
		_, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1", Device: forged})
		if dsr.KindOf(err) != dsr.TooMany {
			t.Errorf("mark %q: got %v, want to be throttled like anybody", forged, err)
		}
	}
}

// TestMarksOutliveARestart: the next process knows the marks of this one, and strangers
// who fail in the meantime slow nobody down.
func TestMarksOutliveARestart(t *testing.T) {
	t.Parallel()
	g, people, c := setup(t)
	mark := g.Devices.Mark("ana", "")
	again := NewGate(people, NewDevices(deviceKey), c.now)
	again.Hasher = g.Hasher
	for range FreeFailures {
		_, _ = again.SignIn(t.Context(), Attempt{Login: "ana", Password: "wrong-password", Address: "192.0.2.1"})
	}
	if _, err := again.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: "192.0.2.1", Device: mark}); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

// TestColleaguesAtOneBrowserKeepTheirMarks: the last few who signed in there.
func TestColleaguesAtOneBrowserKeepTheirMarks(t *testing.T) {
	t.Parallel()
	d := NewDevices(deviceKey)
	carried := d.Mark("ana", strings.Repeat("x", 5000)+"~~")
	carried = d.Mark("ben", carried)
	if again := d.Mark("ana", carried); again != carried {
		t.Errorf("a mark that is there was replaced: %q, then %q", carried, again)
	}
	for i := range 2 * maxMarks {
		carried = d.Mark(fmt.Sprintf("user%d", i), carried)
	}
	for login, want := range map[string]bool{"ana": false, "user7": true, "user4": true, "user3": false} {
		if _, known := d.owner(login, carried); known != want {
			t.Errorf("%s: known is %v", login, known)
		}
	}
	if len(carried) > 1000 {
		t.Errorf("a cookie of %d bytes", len(carried))
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	t.Parallel()
	g, _, c := setup(t)
	wrong := Attempt{Login: "ana", Password: "wrong-password", Address: "203.0.113.9"}
	for range FreeFailures {
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

// TestManyAddressesSlowAnAccountButNeverCloseIt: addresses that keep failing are slowed
// down together, and their number does not matter to one that has not; so many that have
// not failed before are in the end.
func TestManyAddressesSlowAnAccountButNeverCloseIt(t *testing.T) {
	t.Parallel()
	g, _, c := setup(t)
	hammer := func(addresses, tries int) {
		for i := range addresses {
			for range tries {
				_, _ = g.Throttle.begin(pair{"ana", fmt.Sprintf("10.0.%d.%d", i/256, i%256), false})
			}
		}
	}
	refusedAt := func(address string, want dsr.Kind) {
		t.Helper()
		if _, err := g.SignIn(t.Context(), Attempt{Login: "ana", Password: rightPassword, Address: address}); dsr.KindOf(err) != want {
			t.Errorf("%s: got %v, want %q", address, err, want)
		}
	}
	hammer(accountBurst, FreeFailures)
	refusedAt("10.0.0.99", dsr.TooMany)
	refusedAt("192.0.2.1", "")
	hammer(freshBurst, 1)
	refusedAt("192.0.2.2", dsr.TooMany)
	c.pass(accountPause)
	refusedAt("192.0.2.3", "")
	if _, err := g.SignIn(t.Context(), Attempt{Login: "ben", Password: rightPassword, Address: "192.0.2.1"}); err != nil {
		t.Errorf("another account: %v", err)
	}
}

func TestGuessesSideBySideAreCounted(t *testing.T) {
	t.Parallel()
	g, _, _ := setup(t)
	var wg sync.WaitGroup
	var checked atomic.Int32
	for range 40 {
		wg.Go(func() {
			_, err := g.SignIn(context.WithoutCancel(t.Context()), Attempt{Login: "ana", Password: "wrong-password", Address: "203.0.113.9"})
			if dsr.KindOf(err) == dsr.Unauthenticated {
				checked.Add(1)
			}
		})
	}
	wg.Wait()
	if checked.Load() != FreeFailures {
		t.Errorf("%d passwords were checked, want %d", checked.Load(), FreeFailures)
	}
}

func TestFaultOfOursIsNobodysFailure(t *testing.T) {
	t.Parallel()
	g, people, _ := setup(t)
	people.fault = errors.New("disk on fire")
	for range FreeFailures * 2 {
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
		{"ana", "Superman1", "most used"},
		{"ana", "Admin-2026!", "try first"},
		{"ana", "dsr-server 2026", "try first"},
		{"ana.lopez@example.com", "AnaLopez!1999", "try first"},
		{"ana", "not\xffvalid-utf8", "UTF-8"},
	} {
		err := CheckPassword(c.login, c.password).Err()
		if err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("%q: got %v, want %q", c.password, err, c.part)
		}
	}
	for _, fine := range []string{"correct horse battery", "the server is on fire", "82039402931", "ｐäßwörter", strings.Repeat("ab", 64), "        spaced out"} {
		if err := CheckPassword("ana", fine); err != nil {
			t.Errorf("%q: %v", fine, err)
		}
	}
}

// TestTheMostUsedPasswordsAreMany: ASVS 5.0 (6.2.4) asks for 3,000 that could be chosen.
func TestTheMostUsedPasswordsAreMany(t *testing.T) {
	t.Parallel()
	linesOf := func(list string) []string { return strings.Split(strings.TrimSuffix(list, "\n"), "\n") }
	lines := linesOf(commonList())
	if n := len(slices.Compact(slices.Sorted(slices.Values(lines)))); n != 10_000 || lines[0] != "password" {
		t.Errorf("%d different ones, the first is %q", n, lines[0])
	}
	for _, password := range append(linesOf(commonOwn), lines[0], lines[9_999]) {
		if !isCommon(password) {
			t.Errorf("%q is not met", password)
		}
	}
	for _, password := range append(linesOf(commonOwn), lines...) {
		if password != strings.ToLower(password) || utf8.RuneCountInString(password) < MinPassword {
			t.Errorf("%q can never be met", password)
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
	g.Hasher.slots[strangers] <- struct{}{} // whoever needs a hash has to wait now
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, login := range []string{"ana", "nobody", "ben", strings.Repeat("x", 5000)} {
		_, err := g.SignIn(ctx, Attempt{Login: login, Password: "x", Address: "192.0.2.1"})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%.10s was answered without a hash: %v", login, err)
		}
	}
}
