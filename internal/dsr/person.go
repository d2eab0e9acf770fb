package dsr

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Person is somebody who signs in, with a password kept here or with the identity provider.
type Person struct {
	ID           string // Principal.ID: "user:" and the login
	Login        string // lower case; what is typed to sign in
	Name         string // as shown to colleagues
	Role         Role
	PasswordHash string // argon2id, as auth.Hasher writes it
	Disabled     bool
	SecondFactor bool  // signing in takes a code beside the password
	External     bool  // an identity provider says who they are, and what role they have
	Epoch        int64 // goes up whenever every session of the person must end
	CreatedAt    time.Time
}

// SessionLifetime is how long a sign-in lasts at all (ASVS 7.3).
const SessionLifetime = 8 * time.Hour

// Session is a sign-in that has not ended.
type Session struct {
	Key     string // under which it is stored; it opens nothing
	Data    []byte // as the pages keep it
	BegunAt time.Time
}

// MaxNameRunes bounds a person's display name.
const MaxNameRunes = 100

var loginPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,63}$`)

// NewPerson returns a person with the ID that follows from login, or what is wrong with
// the fields "login", "name" and "role". The password is the caller's to check and hash.
func NewPerson(login, name string, role Role) (Person, Faults) {
	var f Faults
	login = NormalLogin(login)
	name = strings.TrimSpace(name)
	if !loginPattern.MatchString(login) {
		f.Add("login", FaultLogin)
	}
	if utf8.RuneCountInString(name) > MaxNameRunes {
		f.Add("name", FaultTooLong, MaxNameRunes, "characters")
	}
	if name != "" && !referencePattern.MatchString(name) {
		f.Add("name", FaultNotOneLine)
	}
	if len(rights[role]) == 0 {
		f.Add("role", FaultUnknownRole)
	}
	if len(f) > 0 {
		return Person{}, f
	}
	if name == "" {
		name = login
	}
	return Person{ID: "user:" + login, Login: login, Name: name, Role: role}, nil
}

// NormalLogin is the form in which logins are stored and looked up.
func NormalLogin(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Principal is the person as the one who acts.
func (p Person) Principal() Principal {
	return Principal{ID: p.ID, Name: p.Name, Role: p.Role}
}
