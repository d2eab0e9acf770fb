package audit

// Kind names what happened. Kinds are never renamed: leaves hold them. A kind that an
// older program does not know is read and verified like any other.
type Kind string

// Requests.
const (
	RequestSubmitted  Kind = "request.submitted" // accepted and stored
	RequestPlanned    Kind = "request.planned"   // as_of is fixed, reading begins
	RequestViewed     Kind = "request.viewed"    // read in clear; once per principal, request and hour
	RequestReady      Kind = "request.ready"     // a run ended, the archive can be downloaded
	RequestInReview   Kind = "request.in_review" // a run ended, a person decides
	RequestFailed     Kind = "request.failed"    // our own fault, there is no archive
	RequestCancelled  Kind = "request.cancelled" // stopped by a person before it was ready
	RequestRetried    Kind = "request.retried"   // what is missing is to be read again
	RequestRevised    Kind = "request.revised"   // something else is to be searched for, anew
	RequestAmended    Kind = "request.amended"   // what is kept beside what is searched for; the fields by name
	RequestApproved   Kind = "request.approved"  // released from review
	RequestRejected   Kind = "request.rejected"  // not released from review
	RequestExtended   Kind = "request.extended"  // the deadline, with a reason (Art. 12(3) GDPR)
	RequestAnswered   Kind = "request.answered"  // the person has their answer; the clock stops
	RequestPaused     Kind = "request.paused"    // the clock rests until the person has answered
	RequestResumed    Kind = "request.resumed"   // the person has answered, and the clock runs
	RequestReopened   Kind = "request.reopened"  // the answer was taken back, with a reason
	RequestExpired    Kind = "request.expired"   // the archive's retention ended
	RequestPurged     Kind = "request.purged"    // everything but the receipt is gone
	RequestHeld       Kind = "request.held"      // a legal hold: nothing of it is deleted
	RequestReleased   Kind = "request.released"  // from the legal hold
	RequestWithheld   Kind = "request.withheld"  // parts of what was found are left out of its archive
	RequestDisclosed  Kind = "request.disclosed" // that was undone for one of them
	RepackagingAsked  Kind = "request.repackaging_asked"
	RequestRepackaged Kind = "request.repackaged" // its archive was made again, from what is sealed
	RepackagingFailed Kind = "request.repackaging_failed"
)

// What there was before the log repeated how rows stand: put on record once, together.
const (
	RowsNoted    Kind = "audit.rows_noted"
	RequestNoted Kind = "request.noted"
	PersonNoted  Kind = "user.noted"
	TokenNoted   Kind = "token.noted"
)

// Reading the results, and what staff write down about them.
const (
	ArchiveDownloaded Kind = "archive.downloaded"        // written before the first byte
	ArchiveDelivered  Kind = "archive.download_finished" // the last byte was sent
	ErasureListRead   Kind = "erasure_list.read"         // the ids of what was found, before they are sent
	LinkCreated       Kind = "link.created"              // a one-time download link
	LinkUsed          Kind = "link.used"
	LinkEnded         Kind = "link.ended"        // by hand, before its time
	AuditRead         Kind = "audit.read"        // the log itself
	CheckpointTaken   Kind = "checkpoint.taken"  // a signed checkpoint of the log, to be kept elsewhere
	RequestsSearched  Kind = "requests.searched" // for those that ask for a value
	ReportRead        Kind = "report.read"       // how all requests went; once per principal and hour
	NoteAdded         Kind = "note.added"        // about a request, by staff
	// What was found, read before its archive is released: each once per principal and hour.
	ConversationsListed Kind = "conversations.listed"
	ConversationRead    Kind = "conversation.read"
)

// People, tokens and access.
const (
	PersonCreated  Kind = "user.created"
	PasswordSet    Kind = "user.password_changed" // by the person, or by whoever may read the data folder
	PersonDisabled Kind = "user.disabled"
	PersonEnabled  Kind = "user.enabled"
	PersonReset    Kind = "user.reset" // nobody knows the password until the person has chosen another
	RoleChanged    Kind = "user.role_changed"
	SignedIn       Kind = "user.signed_in"
	SignInRefused  Kind = "user.sign_in_refused"   // with a count, as all refusals
	SignInSlowed   Kind = "user.sign_in_throttled" // too many have failed
	SignedOut      Kind = "user.signed_out"
	// The second factor of somebody's sign-in; codes are those for when it is not at hand.
	FactorSet         Kind = "factor.set"
	FactorRemoved     Kind = "factor.removed"
	RecoveryCodesMade Kind = "user.recovery_codes_made"
	// Somebody has chosen whether they want mail, and how.
	MailChosen Kind = "user.mail_chosen"
	// An account that belongs to somebody whom an identity provider knows.
	IdentityLinked Kind = "identity.linked"
	// A one-time link with which somebody chooses their password.
	InvitationCreated Kind = "invitation.created"

	TokenCreated  Kind = "token.created"
	TokenReplaced Kind = "token.replaced" // the same name, another secret
	TokenRotated  Kind = "token.rotated"  // another secret; the one before opens for a while
	TokenRevoked  Kind = "token.revoked"
	TokenRefused  Kind = "token.refused"  // of the API, of a link or of the first start: unknown, revoked or used
	CallRefused   Kind = "call.refused"   // the role may not do it, or it came from another site
	CallThrottled Kind = "call.throttled" // over a limit
)

// Webhooks, which are told of events.
const (
	WebhookCreated  Kind = "webhook.created"
	WebhookChanged  Kind = "webhook.changed"
	WebhookDeleted  Kind = "webhook.deleted"
	WebhookRotated  Kind = "webhook.secret_rotated"
	WebhookTested   Kind = "webhook.tested"
	WebhookReplayed Kind = "webhook.replayed" // an event is sent once more
)

// Operation.
const (
	KeyRotated         Kind = "key.rotated"          // every data key is wrapped by another master key
	SigningKeyReplaced Kind = "key.signing_replaced" // what is signed from now on is signed by another key
	BackupMade         Kind = "backup.made"          // of the data folder, and restored for a try
	JobRevived         Kind = "job.revived"          // a job that was given up is tried again
)

// Kinds are all of them.
var Kinds = []Kind{
	RequestSubmitted, RequestPlanned, RequestViewed, RequestReady, RequestInReview, RequestFailed,
	RequestCancelled, RequestRetried, RequestRevised, RequestAmended, RequestApproved, RequestRejected, RequestExtended, RequestAnswered, RequestReopened, RequestPaused, RequestResumed,
	RequestExpired, RequestPurged, RequestWithheld, RequestDisclosed, RepackagingAsked, RequestRepackaged, RepackagingFailed, RequestHeld, RequestReleased,
	PasswordSet,
	ArchiveDownloaded, ArchiveDelivered, ErasureListRead, LinkCreated, LinkUsed, LinkEnded, AuditRead, CheckpointTaken, RequestsSearched, ReportRead, NoteAdded, ConversationsListed, ConversationRead,
	PersonCreated, PersonDisabled, PersonEnabled, PersonReset, RoleChanged, InvitationCreated, IdentityLinked, FactorSet, FactorRemoved, RecoveryCodesMade, MailChosen, SignedIn, SignInRefused, SignInSlowed, SignedOut,
	TokenCreated, TokenReplaced, TokenRotated, TokenRevoked, TokenRefused, CallRefused, CallThrottled,
	WebhookCreated, WebhookChanged, WebhookDeleted, WebhookRotated, WebhookTested, WebhookReplayed,
	RowsNoted, RequestNoted, PersonNoted, TokenNoted, KeyRotated, SigningKeyReplaced, JobRevived,
}
