package dsr

import (
	"slices"
	"strings"
)

// Principal is who acts: a person or an API token.
type Principal struct {
	ID   string // "token:ci", "user:ana"; stable, goes into the audit log
	Name string
	Role Role
	// Scopes confine a token to a part of what its role allows; none: to all of it.
	Scopes []Scope
}

// Role says what a principal may do.
type Role string

const (
	Requester Role = "requester"
	Approver  Role = "approver"
	Auditor   Role = "auditor"
	Admin     Role = "admin"
)

// Roles are all of them.
var Roles = []Role{Requester, Approver, Auditor, Admin}

// Action is something a role may be allowed to do, in the words of a refusal.
type Action string

const (
	Submit         Action = "submit"
	EstimateCost   Action = "estimate" // what a submission would cost
	Read           Action = "read"
	Cancel         Action = "cancel"
	Retry          Action = "retry"
	Revise         Action = "revise"
	Repackage      Action = "package again"
	Amend          Action = "amend" // what is kept about a request beside what is searched for
	Extend         Action = "extend"
	MarkAnswered   Action = "mark as answered"
	Download       Action = "download"
	DownloadReview Action = "download in review"
	Share          Action = "make download links" // one-time links, which hand the archive to others
	Decide         Action = "approve or reject"
	Withhold       Action = "withhold" // parts of what was found
	ReadAudit      Action = "read the audit log"
	KnowNames      Action = "know who did what"
	ReadReports    Action = "read reports"
	CheckSources   Action = "check sources" // makes calls to vendors
	ReadPeople     Action = "read the list of people"
	Manage         Action = "manage people and tokens"
	ManageWebhooks Action = "manage webhooks"
	Purge          Action = "purge"
	SetHold        Action = "set a legal hold" // a legal hold keeps a request from being purged
	ReadMetrics    Action = "read the metrics"
)

var requesterMay = []Action{Submit, EstimateCost, Read, ReadMetrics, Cancel, Retry, Revise, Repackage, Amend, Extend, MarkAnswered, Download, Share, CheckSources}

var rights = map[Role][]Action{
	Requester: requesterMay,
	Approver:  append(slices.Clone(requesterMay), Decide, DownloadReview, Withhold, KnowNames, ReadReports),
	Auditor:   {Read, EstimateCost, ReadMetrics, ReadAudit, ReadReports, Download, KnowNames, ReadPeople},
	Admin:     append(slices.Clone(requesterMay), Decide, DownloadReview, Withhold, KnowNames, ReadAudit, ReadReports, ReadPeople, Manage, ManageWebhooks, Purge, SetHold),
}

// May reports whether the role allows the action. An unknown role allows nothing.
func (r Role) May(a Action) bool { return slices.Contains(rights[r], a) }

// May reports whether p's role allows the action, and one of its scopes if it has any.
func (p Principal) May(a Action) bool {
	return p.Role.May(a) && (len(p.Scopes) == 0 || granted(p.Scopes, a))
}

// OwnOnly reports whether p may know of no requests but those that it has submitted.
func (p Principal) OwnOnly() bool { return slices.Contains(p.Scopes, ScopeOwn) }

// Require returns nil when p may do the action, else an *Error of kind Forbidden.
func (p Principal) Require(a Action) error {
	if p.May(a) {
		return nil
	}
	if p.Role.May(a) {
		return errScope(a)
	}
	return Errorf(Forbidden, "forbidden", "the role %q may not %s; this needs one of: %s", p.Role, a, strings.Join(RolesThatMay(a), ", "))
}

// RolesThatMay are the names of the roles that allow the action.
func RolesThatMay(a Action) (names []string) {
	for _, r := range Roles {
		if r.May(a) {
			names = append(names, string(r))
		}
	}
	return names
}

// Call is who asks for a change and, optionally, under which idempotency key: a
// second call of one principal with the same key and the same body has the effect
// of one; with another body it is refused.
type Call struct {
	By  Principal
	Key IdempotencyKey
	// Versions are those that the request may have for the call to be meant for it (the
	// If-Match header); nil: whichever.
	Versions []int64
	// Archive is the SHA-256, in hex, of the archive that the caller has looked at; empty
	// where the caller names none.
	Archive string
	// Note is what the caller says about a decision; it is sealed.
	Note string
}

// IdempotencyKey is the Idempotency-Key header with what it is bound to. The zero
// value means there is none.
type IdempotencyKey struct {
	Key      string
	Route    string // method and path
	BodyHash [32]byte
}
