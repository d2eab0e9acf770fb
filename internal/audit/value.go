package audit

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Value is a fact for readers.
func Value(name, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case value == "":
		return "not set"
	case strings.HasSuffix(name, "_at") && err == nil:
		return time.UnixMilli(n).UTC().Format("2006-01-02T15:04:05.999Z07:00")
	case len(value) == 64:
		return value[:12] + "…"
	}
	return value
}

// DisagreementError says which rows of the database are not as the log says.
type DisagreementError struct{ Problems []string }

func (e *DisagreementError) Error() string {
	if len(e.Problems) == 1 {
		return "the database was changed outside this program: " + e.Problems[0]
	}
	return "the database was changed outside this program, " + strconv.Itoa(len(e.Problems)) + " differences were found, the first: " + e.Problems[0]
}

// Found reports whether err says that something was changed past the program: any other
// error of a check says that it could not be made.
func Found(err error) bool {
	_, altered := errors.AsType[*AlteredError](err)
	_, disagrees := errors.AsType[*DisagreementError](err)
	return altered || disagrees
}
