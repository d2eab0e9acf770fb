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
	// FreeFailures are those of one client at one account before pauses begin.
	FreeFailures = 5

	firstPause     = 2 * time.Second  // doubles with each further failure
	longestPause   = 15 * time.Minute // ASVS 6.3.1; also how long failures are remembered
	clientFailures = 50               // of one client at any accounts within longestPause
	accountBurst   = 100              // failures at one account from all addresses; marked devices are exempt ...
	accountPause   = 10 * time.Second // ... and then one attempt in this time
	freshFailures  = 3                // of one client, up to which it does not share the burst of those that fail more ...
	freshBurst     = 1000             // ... but has this one, so that few strangers cannot close an account to a new browser
	maxRemembered  = 100_000          // entries of each kind; beyond it the idle ones go
)

// Throttle counts failed sign-ins in memory. It is safe for concurrent use. An
// attempt counts as failed from its beginning until it succeeds, so that guesses
// sent side by side gain nothing.
type Throttle struct {
	now func() time.Time

	mu       sync.Mutex
	pairs    map[pair]failures    // one client at one account
	clients  map[string]failures  // one client at all accounts
	accounts map[account]failures // one account from all addresses
}

// account is one account as seen by clients that have hardly failed, or by the others.
type account struct {
	login string
	fresh bool
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
		now: now, pairs: map[pair]failures{}, clients: map[string]failures{}, accounts: map[account]failures{},
	}
}

// attempt is one try that has been let through.
type attempt struct {
	throttle *Throttle
	pair     pair
	account  account
}

// begin lets an attempt through, or returns TooMany with the time to wait.
func (t *Throttle) begin(p pair) (attempt, *dsr.Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	at := account{p.login, t.clients[p.client].since(now) < freshFailures}
	wait := max(pairWait(t.pairs[p], now), clientWait(t.clients[p.client], now))
	if !p.marked {
		wait = max(wait, accountWait(t.accounts[at], at, now))
	}
	if wait > 0 {
		return attempt{}, errTooMany(wait)
	}
	t.pairs[p] = t.pairs[p].more(now)
	t.clients[p.client] = t.clients[p.client].more(now)
	if !p.marked {
		t.accounts[at] = t.accounts[at].more(now)
	}
	t.forgetIdle(now)
	return attempt{t, p, at}, nil
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
		t.accounts[a.account] = t.accounts[a.account].less()
	}
}

func (f failures) more(now time.Time) failures { return failures{f.since(now) + 1, now} }

// since is how many failures are remembered.
func (f failures) since(now time.Time) int {
	if now.Sub(f.last) > longestPause {
		return 0
	}
	return f.count
}

func (f failures) less() failures { return failures{max(0, f.count-1), f.last} }

func pairWait(f failures, now time.Time) time.Duration {
	if f.count < FreeFailures {
		return 0
	}
	pause := longestPause
	if shift := f.count - FreeFailures; shift < 9 {
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

func accountWait(f failures, at account, now time.Time) time.Duration {
	burst := accountBurst
	if at.fresh {
		burst = freshBurst
	}
	if f.count < burst {
		return 0
	}
	return f.last.Add(accountPause).Sub(now)
}

func errTooMany(wait time.Duration) *dsr.Error {
	seconds := int((wait + time.Second - 1) / time.Second)
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	err := dsr.Errorf(dsr.TooMany, "sign_in_throttled",
		"Too many attempts have failed. Try again in %d %s; after %d failures each wait is longer, up to 15 minutes.", seconds, unit, FreeFailures)
	err.RetryAfter = wait
	return err
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
