package dsr

import (
	"errors"
	"fmt"
	"time"
)

// Kind sorts errors by what the caller can do about them. The HTTP edge maps it to
// a status code; nothing else does.
type Kind string

const (
	Malformed       Kind = "malformed"       // cannot be read at all
	Unauthenticated Kind = "unauthenticated" // no or unknown credentials
	Forbidden       Kind = "forbidden"       // known, but not allowed
	NotFound        Kind = "not_found"
	Conflict        Kind = "conflict"    // not from this state, or already there
	Gone            Kind = "gone"        // purged
	Changed         Kind = "changed"     // not the version that the call is meant for
	TooLarge        Kind = "too_large"   // over a size limit
	Invalid         Kind = "invalid"     // readable, but a value is not allowed
	TooMany         Kind = "too_many"    // over a rate or a number
	Unavailable     Kind = "unavailable" // storage cannot take it now; try again
)

// Error is an error that a person or a program at the other end may read: Detail
// holds no personal data and never repeats a rejected value. Errors of any other
// type are internal and are shown as such.
type Error struct {
	Kind   Kind
	Code   string // stable, for programs: "duplicate_reference"
	Field  string // of the input, "selectors[0].metadata.value"; may be empty
	Detail string // what is wrong, the limit, and how to mend it
	ID     string // of the object this conflicts with; may be empty
	// RetryAfter is after how long the call may be made again; zero where that says nothing.
	RetryAfter time.Duration
	// Fault is what is wrong with an input, to be said in other words; nil: Detail is all.
	Fault *Fault
	// Row is which row of a batch it is about, from 1; 0 where there is none.
	Row int
	// Rows are the rows' own errors, where a batch is refused for them.
	Rows []*Error
	// Scope is the one that would allow what is refused for lack of it; may be empty.
	Scope Scope
	// Receipt is the JSON of the receipt that is left of a purged request; may be nil.
	Receipt []byte
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Code + ": " + e.Detail
	}
	return e.Code + ": " + e.Field + ": " + e.Detail
}

// Errorf returns an *Error without a field.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// FieldErrorf returns an *Error of kind Invalid and code "invalid_value" about one field of the input.
func FieldErrorf(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: "invalid_value", Field: field, Detail: fmt.Sprintf(format, args...)}
}

// TooLong returns an *Error about a field that is longer than so many units ("bytes"),
// which no setting changes.
func TooLong(field string, limit int, unit string) *Error {
	return Fault{field, FaultTooLong, []any{limit, unit}}.Err()
}

// KindOf returns the kind of the first *Error in err's chain, or "" if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}
