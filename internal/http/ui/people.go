package ui

import (
	"context"

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
	// RecordSignOut puts a sign-out on record.
	RecordSignOut(ctx context.Context, person string) error
	// ChangePassword stores the hash of another password and ends every session of the
	// person.
	ChangePassword(ctx context.Context, by dsr.Principal, login, hash string) error

	// NeedsSetup reports whether there are no accounts yet.
	NeedsSetup(ctx context.Context) (bool, error)
	// CheckSetupToken returns nil when hash is that of the token the first start
	// printed and there are no accounts yet; else Unauthenticated or Conflict.
	CheckSetupToken(ctx context.Context, hash [32]byte) error
	// CreateFirstAdmin makes the first person and uses the token up. Errors as
	// CheckSetupToken: of two calls at once, one is a Conflict.
	CreateFirstAdmin(ctx context.Context, hash [32]byte, p dsr.Person) (dsr.Person, error)
}
