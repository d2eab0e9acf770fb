package ui

import (
	"context"
	"net/url"

	"github.com/alexedwards/scs/v2"

	"dsr-server/internal/auth"
	"dsr-server/internal/dsr"
)

// People is what the pages need to know about those who sign in; cmd joins it from
// the store. Every method that changes something is one transaction together with
// its audit event.
type People interface {
	auth.People
	// Person returns the person with this ID as they are now, or not_found.
	Person(ctx context.Context, id string) (dsr.Person, error)
	// SignInWithIdentity returns the account of somebody whom the identity provider knows, and
	// puts the sign-in on record; it is made, changed and disabled as their groups say. unknown
	// is the hash of a password that nobody knows.
	SignInWithIdentity(ctx context.Context, id dsr.StaffIdentity, unknown string) (dsr.Person, error)
	// RecordSignOut puts a sign-out on record.
	RecordSignOut(ctx context.Context, person string) error
	// ChangePassword stores the hash of another password and ends every session of the
	// person.
	ChangePassword(ctx context.Context, by dsr.Principal, login, hash string) error

	// Colleagues returns everybody who can sign in or could, by login.
	Colleagues(ctx context.Context) ([]dsr.Colleague, error)
	// DisablePerson ends the person's sessions and lets them sign in no more; EnablePerson
	// undoes that. Nobody changes their own account in these ways: that is a conflict.
	DisablePerson(ctx context.Context, by dsr.Principal, login string) error
	EnablePerson(ctx context.Context, by dsr.Principal, login string) error
	ChangeRole(ctx context.Context, by dsr.Principal, login string, role dsr.Role) error
	// Invite makes an account with a password that nobody knows, and the link, by the hash of
	// its token, with which the person chooses one. A login in use is a conflict.
	Invite(ctx context.Context, by dsr.Principal, p dsr.Person, hash [32]byte) (dsr.Invitation, error)
	// InviteAgain resets an account: what opened it until now no longer does. unknown is the
	// hash of a password that nobody knows.
	InviteAgain(ctx context.Context, by dsr.Principal, login, unknown string, hash [32]byte) (dsr.Invitation, error)
	// Invitation returns the one whose token has this hash while it can be used.
	Invitation(ctx context.Context, hash [32]byte) (dsr.Invitation, error)
	// AcceptInvitation uses it up, and puts the person's sign-in on record.
	AcceptInvitation(ctx context.Context, hash [32]byte, name, password string) (dsr.Person, error)

	// SecondFactor returns that of a person; the zero value where there is none.
	SecondFactor(ctx context.Context, person string) (dsr.SecondFactor, error)
	// SetSecondFactor begins to ask by for a second factor at each sign-in; step is that of
	// the code they have shown. One that is there already is a conflict.
	SetSecondFactor(ctx context.Context, by dsr.Principal, secret string, step int64, codes [][32]byte) error
	RenewRecoveryCodes(ctx context.Context, by dsr.Principal, codes [][32]byte) error
	RemoveSecondFactor(ctx context.Context, by dsr.Principal, login string) error

	// Mailbox is where a person gets mail; dsr.MailOff where there is none. SetMailbox
	// changes one's own.
	Mailbox(ctx context.Context, person string) (dsr.Mailbox, error)
	SetMailbox(ctx context.Context, by dsr.Principal, m dsr.Mailbox) error

	// NeedsSetup reports whether there are no accounts yet.
	NeedsSetup(ctx context.Context) (bool, error)
	// CheckSetupToken returns nil when hash is that of the token the first start
	// printed and there are no accounts yet; else Unauthenticated or Conflict.
	CheckSetupToken(ctx context.Context, hash [32]byte) error
	// CreateFirstAdmin makes the first person and uses the token up. Errors as
	// CheckSetupToken: of two calls at once, one is a Conflict.
	CreateFirstAdmin(ctx context.Context, hash [32]byte, p dsr.Person) (dsr.Person, error)
}

// Sessions keeps sessions, and lists and ends those of a person at their wish.
type Sessions interface {
	scs.Store
	// Live lists the sessions that have not ended, newest first.
	Live(ctx context.Context) ([]dsr.Session, error)
	// End ends these, which are the person's, and puts that on record.
	End(ctx context.Context, person string, keys []string) error
}

// Provider signs people in with an identity provider.
type Provider interface {
	Host() string
	Begin(ctx context.Context, fresh bool) (auth.Flow, string, error)
	Finish(ctx context.Context, f auth.Flow, answer url.Values) (dsr.StaffIdentity, error)
}

// providerPath is where a sign-in at the provider begins, and where it comes back below.
const providerPath = "/sign-in/provider"

// ProviderReturn is the address to which the provider sends browsers back.
const ProviderReturn = providerPath + "/done"
