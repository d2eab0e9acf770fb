package dsr

import (
	"fmt"
	"slices"
	"strings"
)

// Scope confines what a program may do with its token to a part of what its role allows.
// What several scopes allow adds up, but for ScopeOwn, which hides other requests whatever
// else the token may do.
type Scope string

// The scopes, in the order in which they are shown.
const (
	ScopeSubmit   Scope = "submit"   // submit and estimate
	ScopeOwn      Scope = "own"      // everything a requester does, with requests of this token alone
	ScopeRead     Scope = "read"     // read requests, reports and the log, but not what was found
	ScopeArchives Scope = "archives" // read what was found, download archives
	ScopeMetrics  Scope = "metrics"  // the numbers for Prometheus
)

// ScopeNames are all of them.
var ScopeNames = []Scope{ScopeSubmit, ScopeOwn, ScopeRead, ScopeArchives, ScopeMetrics}

// grants are the actions that a scope allows, where the role does.
var grants = map[Scope][]Action{
	ScopeSubmit: {Submit, EstimateCost},
	ScopeOwn: {Submit, EstimateCost, Read, Cancel, Retry, Revise, Repackage, Amend, Extend, MarkAnswered, Download, Share,
		ReadReports},
	ScopeRead:     {Read, EstimateCost, KnowNames, ReadAudit, ReadReports, ReadPeople},
	ScopeArchives: {Download, DownloadReview},
	ScopeMetrics:  {ReadMetrics},
}

// granted reports whether one of the scopes allows the action.
func granted(scopes []Scope, a Action) bool {
	return slices.ContainsFunc(scopes, func(s Scope) bool { return slices.Contains(grants[s], a) })
}

// scopesFor are the scopes of which each allows the action; there may be none.
func scopesFor(a Action) (names []string) {
	for _, s := range ScopeNames {
		if slices.Contains(grants[s], a) {
			names = append(names, string(s))
		}
	}
	return names
}

// errScope is the refusal of an action that the role allows and no scope does.
func errScope(a Action) error {
	names := scopesFor(a)
	if len(names) == 0 {
		return Errorf(Forbidden, "insufficient_scope", "no scope allows to %s; this takes a token without scopes", a)
	}
	e := Errorf(Forbidden, "insufficient_scope", "the scopes of this token do not allow to %s; this needs one of: %s", a, strings.Join(names, ", "))
	e.Scope = narrowest(names)
	return e
}

// narrowest is the scope to ask for, of those that would do: own allows more than the others.
func narrowest(names []string) Scope {
	for _, name := range names {
		if name != string(ScopeOwn) {
			return Scope(name)
		}
	}
	return ScopeOwn
}

// NormalScopes are the scopes of these names in their order, each once. One that there is
// not is an *Error of kind Invalid.
func NormalScopes(field string, names []string) (scopes []Scope, err error) {
	for i, name := range names {
		if !slices.Contains(ScopeNames, Scope(name)) {
			return nil, FieldErrorf(fmt.Sprintf("%s[%d]", field, i), "is not one of %s", joined(ScopeNames))
		}
	}
	for _, s := range ScopeNames {
		if slices.Contains(names, string(s)) {
			scopes = append(scopes, s)
		}
	}
	return scopes, nil
}

func joined(scopes []Scope) string { return strings.Join(ScopeTexts(scopes), ", ") }

// ScopeTexts are the scopes as text.
func ScopeTexts(scopes []Scope) []string {
	texts := make([]string, len(scopes))
	for i, s := range scopes {
		texts[i] = string(s)
	}
	return texts
}
