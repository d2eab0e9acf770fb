// Package auth decides who somebody is. It keeps true that a password is only ever
// kept as an argon2id hash, that an unknown login is answered like a wrong password,
// in words and in time, that guessing is slowed down without anybody else being able
// to lock a person out, and that a token is only ever kept as its hash.
package auth

import (
	"context"
	"time"

	"dsr-server/internal/dsr"
)

// People is what signing in needs from the store.
type People interface {
	// PersonByLogin returns the person, or not_found. login is in NormalLogin's form.
	PersonByLogin(ctx context.Context, login string) (dsr.Person, error)
	// RecordSignIn puts a sign-in on record. Refused ones are the edge's to report,
	// together with everything else that is refused.
	RecordSignIn(ctx context.Context, person string) error

	// FactorSecret returns the secret of the person's second factor.
	FactorSecret(ctx context.Context, person string) (string, error)
	// SpendStep uses up the code of a step of time, with all before it, and puts the sign-in
	// on record; false: it was used up before.
	SpendStep(ctx context.Context, person string, step int64) (bool, error)
	// SpendRecoveryCode is SpendStep for the recovery code with this hash; false: it is none.
	SpendRecoveryCode(ctx context.Context, person string, hash [32]byte) (bool, error)
}

// Gate signs people in.
type Gate struct {
	People   People
	Hasher   *Hasher
	Throttle *Throttle
	Devices  *Devices

	now   func() time.Time
	turns turns
}

// Attempt is what somebody typed, and from where.
type Attempt struct {
	Login, Password string
	Address         string // of the client, or of the network that counts as one
	Device          string // the marks the browser carries, as Devices.Mark made them; may be empty
}

// NewGate returns a gate with the shipped cost and limits.
func NewGate(people People, devices *Devices, now func() time.Time) *Gate {
	return &Gate{People: people, Hasher: NewHasher(DefaultKiB), Throttle: NewThrottle(now), Devices: devices, now: now}
}

// Refusal is why somebody may not sign in.
type Refusal struct {
	why *dsr.Error
	// About is the id of whose login was typed, for the record alone. It is empty when
	// nobody has the login: what was typed may be a password in the wrong field.
	About string
}

func (r *Refusal) Error() string { return r.why.Error() }

// Unwrap is the error that whoever tried may read.
func (r *Refusal) Unwrap() error { return r.why }

// refused is one answer for an unknown login, a wrong password and a disabled account.
func refused(about string) error {
	return &Refusal{dsr.Errorf(dsr.Unauthenticated, "sign_in_refused", "That login and password do not match."), about}
}

// maxLogin is the most bytes of a login that are looked up and counted.
const maxLogin = 64

// SignIn returns the person whose password this is, and puts the sign-in on record, unless
// they have a second factor and it still has to be completed. A
// *Refusal is Unauthenticated (the same for an unknown login, a wrong password and a
// disabled account) or TooMany with the time to wait; any other error is internal.
func (g *Gate) SignIn(ctx context.Context, a Attempt) (dsr.Person, error) {
	return g.attempt(ctx, a, func(ctx context.Context, p dsr.Person) error {
		if p.SecondFactor {
			return nil
		}
		return g.People.RecordSignIn(ctx, p.ID)
	})
}

// Confirm is SignIn for somebody who is signed in already: it only says whether this is the
// password. Guesses count as those at the sign-in do.
func (g *Gate) Confirm(ctx context.Context, a Attempt) error {
	_, err := g.attempt(ctx, a, func(context.Context, dsr.Person) error { return nil })
	return err
}

// attempt returns the person whose password this is after record.
func (g *Gate) attempt(ctx context.Context, a Attempt, record func(context.Context, dsr.Person) error) (dsr.Person, error) {
	login := dsr.NormalLogin(a.Login)
	if len(login) > maxLogin {
		login = "" // nobody has it, and it is not worth remembering
	}
	person, err := g.lookUp(ctx, login)
	if err != nil {
		return dsr.Person{}, err
	}
	client := g.client(login, a)
	try, throttled := g.Throttle.begin(client)
	if throttled != nil {
		return dsr.Person{}, &Refusal{throttled, person.ID}
	}
	right, err := g.check(ctx, client, a.Password, person)
	if err == nil && right {
		err = record(ctx, person)
	}
	switch {
	case err != nil:
		try.release() // it says nothing about the password
		return dsr.Person{}, err
	case !right:
		return dsr.Person{}, refused(person.ID)
	}
	try.succeed()
	return person, nil
}

func (g *Gate) client(login string, a Attempt) pair {
	if id, ok := g.Devices.owner(login, a.Device); ok {
		return pair{login, "device " + id, true}
	}
	return pair{login, a.Address, false}
}

// lookUp returns whose login it is; nobody is a person without an id.
func (g *Gate) lookUp(ctx context.Context, login string) (dsr.Person, error) {
	person, err := g.People.PersonByLogin(ctx, login)
	if dsr.KindOf(err) == dsr.NotFound {
		return dsr.Person{}, nil
	}
	return person, err
}

// check takes the same time for everybody, also for nobody.
func (g *Gate) check(ctx context.Context, client pair, password string, person dsr.Person) (bool, error) {
	give, err := g.turns.take(ctx, client.client)
	if err != nil {
		return false, err
	}
	defer give()
	hash, from := person.PasswordHash, strangers
	if person.ID == "" {
		hash = g.Hasher.decoy()
	}
	if client.marked {
		from = known
	}
	right, err := g.Hasher.verify(ctx, from, password, hash)
	return right && person.ID != "" && !person.Disabled, err
}
