package auth

import (
	"sync"
	"time"

	"dsr-server/internal/dsr"
)

// How guessing is slowed down. A client is an address, or the browser that carries
// the device mark of an earlier sign-in to the account: so a stranger's failures,
// even from the same address, never slow the account's owner down.
const (
	freeFailures   = 5                // of one client at one account, before pauses begin
	firstPause     = 2 * time.Second  // doubles with each further failure
	longestPause   = 15 * time.Minute // ASVS 6.3.1; also how long failures are remembered
	clientFailures = 50               // of one client at any accounts within longestPause
	accountBurst   = 100              // failures at one account from all addresses; marked devices are exempt ...
	accountPause   = 10 * time.Second // ... and then one attempt in this time
	maxRemembered  = 100_000          // entries of each kind; beyond it the idle ones go
)

// Throttle counts failed sign-ins in memory. It is safe for concurrent use. An
// attempt counts as failed from its beginning until it succeeds, so that guesses
// sent side by side gain nothing.
type Throttle struct {
	now func() time.Time

	mu       sync.Mutex
	pairs    map[pair]failures   // one client at one account
	clients  map[string]failures // one client at all accounts
	accounts map[string]failures // one account from all addresses
}

// pair is one client at one account; marked means that the client is a device that
// has signed in to the account before.
type pair struct {
	login, client string
	marked        bool
}

type failures struct {
	count int
	last  time.Time
}

// NewThrottle returns an empty Throttle that reads the time from now.
func NewThrottle(now func() time.Time) *Throttle {
	return &Throttle{
		now: now, pairs: map[pair]failures{}, clients: map[string]failures{}, accounts: map[string]failures{},
	}
}

// attempt is one try that has been let through.
type attempt struct {
	throttle *Throttle
	pair     pair
}

// begin lets an attempt through, or returns TooMany with the time to wait.
func (t *Throttle) begin(p pair) (attempt, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	wait := max(pairWait(t.pairs[p], now), clientWait(t.clients[p.client], now))
	if !p.marked {
		wait = max(wait, accountWait(t.accounts[p.login], now))
	}
	if wait > 0 {
		return attempt{}, errTooMany(wait)
	}
	t.pairs[p] = t.pairs[p].more(now)
	t.clients[p.client] = t.clients[p.client].more(now)
	if !p.marked {
		t.accounts[p.login] = t.accounts[p.login].more(now)
	}
	t.forgetIdle(now)
	return attempt{t, p}, nil
}

// succeed takes the attempt back and forgets the client's failures at the account.
func (a attempt) succeed() {
	a.release()
	a.throttle.mu.Lock()
	defer a.throttle.mu.Unlock()
	delete(a.throttle.pairs, a.pair)
}

// release takes the attempt back: it could not be checked.
func (a attempt) release() {
	t, p := a.throttle, a.pair
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pairs[p] = t.pairs[p].less()
	t.clients[p.client] = t.clients[p.client].less()
	if !p.marked {
		t.accounts[p.login] = t.accounts[p.login].less()
	}
}

func (f failures) more(now time.Time) failures {
	if now.Sub(f.last) > longestPause {
		f.count = 0
	}
	return failures{f.count + 1, now}
}

func (f failures) less() failures { return failures{max(0, f.count-1), f.last} }

func pairWait(f failures, now time.Time) time.Duration {
	if f.count < freeFailures {
		return 0
	}
	pause := longestPause
	if shift := f.count - freeFailures; shift < 9 {
		pause = min(pause, firstPause<<shift)
	}
	return f.last.Add(pause).Sub(now)
}

func clientWait(f failures, now time.Time) time.Duration {
	if f.count < clientFailures {
		return 0
	}
	return f.last.Add(longestPause).Sub(now)
}

func accountWait(f failures, now time.Time) time.Duration {
	if f.count < accountBurst {
		return 0
	}
	return f.last.Add(accountPause).Sub(now)
}

func errTooMany(wait time.Duration) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	return dsr.Errorf(dsr.TooMany, "sign_in_throttled",
		"Too many sign-ins have failed. Try again in %d %s; after %d failures each wait is longer, up to 15 minutes.", seconds, unit, freeFailures)
}

// forgetIdle keeps the memory bounded: entries that no longer slow anybody go once
// there are very many.
func (t *Throttle) forgetIdle(now time.Time) {
	forget(t.pairs, now)
	forget(t.clients, now)
	forget(t.accounts, now)
}

func forget[K comparable](m map[K]failures, now time.Time) {
	if len(m) <= maxRemembered {
		return
	}
	for k, f := range m {
		if now.Sub(f.last) > longestPause {
			delete(m, k)
		}
	}
}
