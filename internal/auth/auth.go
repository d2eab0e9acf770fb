// Package auth decides who somebody is. It keeps true that a password is only ever
// kept as an argon2id hash, that an unknown login is answered like a wrong password,
// in words and in time, that guessing is slowed down without anybody else being able
// to lock a person out, and that a token is only ever kept as its hash.
package auth

import (
	"context"
	"errors"
	"time"

	"dsr-server/internal/dsr"
)

// People is what signing in needs from the store.
type People interface {
	// PersonByLogin returns the person, or not_found. login is in NormalLogin's form.
	PersonByLogin(ctx context.Context, login string) (dsr.Person, error)
	// RecordSignIn puts a sign-in, or a refused one, on record. person is empty
	// when nobody has the login: what was typed may be a password in the wrong field.
	RecordSignIn(ctx context.Context, person string, accepted bool) error
}

// Gate signs people in.
type Gate struct {
	People   People
	Hasher   *Hasher
	Throttle *Throttle
	Devices  *Devices
}

// Attempt is what somebody typed, and from where.
type Attempt struct {
	Login, Password string
	Address         string // of the client
	Device          string // the mark the browser carries, as Devices.Mark made it; may be empty
}

// NewGate returns a gate with the shipped cost and limits.
func NewGate(people People, now func() time.Time) *Gate {
	return &Gate{People: people, Hasher: NewHasher(DefaultKiB), Throttle: NewThrottle(now), Devices: NewDevices()}
}

// errRefused is one answer for an unknown login, a wrong password and a disabled account.
func errRefused() error {
	return dsr.Errorf(dsr.Unauthenticated, "sign_in_refused", "That login and password do not match.")
}

// maxLogin is the most bytes of a login that are looked up and counted.
const maxLogin = 64

// SignIn returns the person whose password this is. Errors: Unauthenticated (the
// same for an unknown login, a wrong password and a disabled account), TooMany with
// the time to wait; anything else is internal.
func (g *Gate) SignIn(ctx context.Context, a Attempt) (dsr.Person, error) {
	login := dsr.NormalLogin(a.Login)
	if len(login) > maxLogin {
		login = "" // nobody has it, and it is not worth remembering
	}
	try, err := g.Throttle.begin(g.client(login, a))
	if err != nil {
		return dsr.Person{}, err
	}
	person, err := g.check(ctx, login, a.Password)
	if errors.Is(err, errInternal) {
		try.release()
		return dsr.Person{}, err
	}
	if recordErr := g.People.RecordSignIn(ctx, person.ID, err == nil); recordErr != nil {
		try.release()
		return dsr.Person{}, recordErr
	}
	if err != nil {
		return dsr.Person{}, err
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

// errInternal marks errors that say nothing about the password.
var errInternal = errors.New("sign-in could not be checked")

// check returns the person with the error when the person is known, for the record.
func (g *Gate) check(ctx context.Context, login, password string) (dsr.Person, error) {
	person, err := g.People.PersonByLogin(ctx, login)
	known := err == nil
	if err != nil && dsr.KindOf(err) != dsr.NotFound {
		return dsr.Person{}, errors.Join(errInternal, err)
	}
	hash := person.PasswordHash
	if !known {
		hash = g.Hasher.decoy()
	}
	right, err := g.Hasher.Verify(ctx, password, hash)
	if err != nil {
		return dsr.Person{}, errors.Join(errInternal, err)
	}
	if !known || !right || person.Disabled {
		return person, errRefused()
	}
	return person, nil
}
