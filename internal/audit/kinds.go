package audit

// Kind names what happened. Kinds are never renamed: leaves hold them. A kind that an
// older program does not know is read and verified like any other.
type Kind string

// Requests.
const (
	RequestSubmitted Kind = "request.submitted" // accepted and stored
	RequestPlanned   Kind = "request.planned"   // as_of is fixed, reading begins
	RequestViewed    Kind = "request.viewed"    // read in clear; once per principal, request and hour
	RequestReady     Kind = "request.ready"     // a run ended, the archive can be downloaded
	RequestInReview  Kind = "request.in_review" // a run ended, a person decides
	RequestFailed    Kind = "request.failed"    // our own fault, there is no archive
	RequestCancelled Kind = "request.cancelled" // stopped by a person before it was ready
	RequestRetried   Kind = "request.retried"   // what is missing is to be read again
	RequestApproved  Kind = "request.approved"  // released from review
	RequestRejected  Kind = "request.rejected"  // not released from review
	RequestExtended  Kind = "request.extended"  // the deadline, once, with a reason (Art. 12(3) GDPR)
	RequestAnswered  Kind = "request.answered"  // the person has their answer; the clock stops
	RequestExpired   Kind = "request.expired"   // the archive's retention ended
	RequestPurged    Kind = "request.purged"    // everything but the receipt is gone
	RequestHeld      Kind = "request.held"      // a legal hold: nothing of it is deleted
	RequestReleased  Kind = "request.released"  // from the legal hold
)

// Reading the results.
const (
	CoverageViewed    Kind = "coverage.viewed"           // the staff view, with near misses
	ArchiveDownloaded Kind = "archive.downloaded"        // written before the first byte
	ArchiveDelivered  Kind = "archive.download_finished" // the last byte was sent
	LinkCreated       Kind = "link.created"              // a one-time download link
	LinkUsed          Kind = "link.used"
	AuditRead         Kind = "audit.read" // the log itself
)

// People, tokens and access.
const (
	PersonCreated  Kind = "user.created"
	PersonChanged  Kind = "user.changed" // role, password, disabled
	PersonDisabled Kind = "user.disabled"
	SignedIn       Kind = "user.signed_in"
	SignInRefused  Kind = "user.sign_in_refused"
	SignedOut      Kind = "user.signed_out"
	TokenCreated   Kind = "token.created"
	TokenReplaced  Kind = "token.replaced" // the same name, another secret
	TokenRevoked   Kind = "token.revoked"
	AccessRefused  Kind = "access.refused" // known, but not allowed
)

// Operation.
const (
	LaneTakenOver   Kind = "lane.taken_over" // from a holder that did not give it back
	SourceChecked   Kind = "source.checked"  // live self-test asked for by a person
	WebhookCreated  Kind = "webhook.created" // what is told to whom
	WebhookRemoved  Kind = "webhook.removed"
	KeyCreated      Kind = "key.created" // signing or master key, at first start
	KeyRotated      Kind = "key.rotated" // every data key is wrapped by another master key
	BackupTaken     Kind = "backup.taken"
	SettingsChanged Kind = "settings.changed" // at start: the configuration differs from the last
)

// Kinds are all of them.
var Kinds = []Kind{
	RequestSubmitted, RequestPlanned, RequestViewed, RequestReady, RequestInReview, RequestFailed,
	RequestCancelled, RequestRetried, RequestApproved, RequestRejected, RequestExtended, RequestAnswered,
	RequestExpired, RequestPurged, RequestHeld, RequestReleased,
	CoverageViewed, ArchiveDownloaded, ArchiveDelivered, LinkCreated, LinkUsed, AuditRead,
	PersonCreated, PersonChanged, PersonDisabled, SignedIn, SignInRefused, SignedOut,
	TokenCreated, TokenReplaced, TokenRevoked, AccessRefused,
	LaneTakenOver, SourceChecked, WebhookCreated, WebhookRemoved, KeyCreated, KeyRotated, BackupTaken, SettingsChanged,
}
