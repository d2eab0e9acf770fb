package dsr

import (
	"slices"
	"strings"
)

// MeantFor returns nil when r is still as the caller knew it: an *Error of kind Changed
// when it has another version than those that the call names.
func (c Call) MeantFor(r Request) error {
	if c.Versions == nil || slices.Contains(c.Versions, r.Version) {
		return nil
	}
	return Errorf(Changed, "precondition_failed", "the request has changed since the version that If-Match names; look at it again")
}

// SameArchive returns nil when a is the archive that the caller has looked at, or when the
// call names none; else a Conflict.
func (c Call) SameArchive(a *ArchiveInfo) error {
	if c.Archive == "" || a != nil && strings.EqualFold(c.Archive, a.SHA256) {
		return nil
	}
	return ArchiveChanged()
}

// ArchiveChanged says that what was looked at is not what there is now.
func ArchiveChanged() error {
	e := Errorf(Conflict, "archive_changed", "this is not the archive that there is now: another run has made a new one, or it has been deleted; look at that first")
	e.Field = "archive_sha256"
	return e
}
