package dsr

import "strings"

// Warning says that a result may not be one person's. It holds the result in review,
// whatever the settings; it changes neither what is found nor whether that is complete.
type Warning struct {
	Code   string `json:"code"`
	Detail string `json:"detail"` // one sentence without personal data
	// Named are the values that look like somebody else's, for staff.
	Named []string `json:"named,omitempty"`
}

// Codes of warnings.
const (
	WarnManyMatches = "many_matches"
	// WarnSeveralIdentities: what one selector matched carries several e-mail addresses.
	WarnSeveralIdentities = "several_identities"
	// WarnIDsDifferInCase: ids that are equal but for case were taken for one.
	WarnIDsDifferInCase = "ids_differ_in_case"
)

// ForStaff is the warning with the values that it is about.
func (w Warning) ForStaff() Reason {
	if len(w.Named) == 0 {
		return Reason{Code: w.Code, Detail: w.Detail}
	}
	return Reason{Code: w.Code, Detail: w.Detail + ": " + strings.Join(w.Named, ", ")}
}
