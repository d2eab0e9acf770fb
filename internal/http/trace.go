package http

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"
)

// Trace is the place of a call in a trace, as the header traceparent of W3C Trace Context
// has it. The zero value is none.
type Trace struct {
	ID    string // 32 hexadecimal digits
	Span  string // 16, of the call itself
	Flags string // 2
}

// traceParent is a header of version 00, or the part of a later one that means the same.
var traceParent = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$`)

const (
	noTraceID = "00000000000000000000000000000000"
	noSpanID  = "0000000000000000"
)

// parseTrace reads a traceparent; one that is not right is none at all, as the standard has it.
func parseTrace(header []string) (t Trace, ok bool) {
	if len(header) != 1 || len(header[0]) > 512 {
		return t, false
	}
	m := traceParent.FindStringSubmatch(header[0])
	if m == nil || m[1] == "ff" || m[1] == "00" && m[5] != "" || m[2] == noTraceID || m[3] == noSpanID {
		return t, false
	}
	return Trace{ID: m[2], Span: m[3], Flags: m[4]}, true
}

// String is the header that names the call as the parent of what it leads to.
func (t Trace) String() string { return "00-" + t.ID + "-" + t.Span + "-" + t.Flags }

type traceKey struct{}

// traceOf is the trace that the call belongs to.
func traceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

func newSpanID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
